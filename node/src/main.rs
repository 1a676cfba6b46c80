//! The node program: `weft-node`.

use std::process::ExitCode;

use weft_host::output::Io;

/// Documents are many small allocations: it reads them in a fifth less time than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => weft_node::run_process(&runtime).into(),
        Err(error) => {
            let mut io = Io::of_process();
            let _ = writeln!(io.err(), "No threads can be started: {error}.");
            ExitCode::FAILURE
        }
    }
}
