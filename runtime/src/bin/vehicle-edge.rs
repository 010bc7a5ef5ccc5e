//! The program. Everything is in the library; only the order matters here.

use std::process::ExitCode;

use vehicle_edge_runtime::{cli, sandbox};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    // The shim and the sandbox's init fork: no thread may exist before they have gone their way.
    match sandbox::dispatch(&arguments) {
        Some(code) => code,
        None => cli::main(),
    }
}
