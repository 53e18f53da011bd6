//! The program `khien`; everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    khien::cli::run()
}
