//! The command `dataproduct`.

use std::process::ExitCode;

fn main() -> ExitCode {
    dataproduct_cli::main()
}
