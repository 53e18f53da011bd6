//! Ad blockers' rules: hosts, modifiers, and what is skipped.
