//! A working folder, read.
