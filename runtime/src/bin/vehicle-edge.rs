use std::process::ExitCode;

fn main() -> ExitCode {
    // Before any thread exists: the shim and what it starts fork.
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    if let Some(code) = vehicle_edge_runtime::sandbox::dispatch(&args) {
        return code;
    }
    ExitCode::SUCCESS
}
