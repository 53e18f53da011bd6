//! Hosts lines: sinks, rewrites, own names, several names, none.
