//! The program `khien`; everything it does is in the library.

fn main() {}
