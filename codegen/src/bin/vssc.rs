//! `vssc`, the VSS compiler. Everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    vss_codegen::cli::main()
}
