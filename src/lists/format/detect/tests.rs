//! Formats by content, and texts that are no lists.
