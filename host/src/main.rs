//! The `assay` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    assay::cli::main()
}
