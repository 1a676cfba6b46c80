//! The hub program: parses the command line, and runs the command here or in the running hub.

use std::process::ExitCode;

/// Documents are many small pieces: reading them takes a fifth less time than with the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    weft_hub::program::main().into()
}
