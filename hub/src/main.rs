//! The hub program: parses the command line, and runs the command here or in the running hub.

use std::process::ExitCode;

fn main() -> ExitCode {
    weft_hub::program::main().into()
}
