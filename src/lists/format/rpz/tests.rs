//! Zone files: owners, targets, triggers, records over several lines.
