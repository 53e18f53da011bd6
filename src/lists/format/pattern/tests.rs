//! Wildcards and regular expressions as patterns, and those that are too broad.
