//! Runs the node until somebody ends it, with its page on this computer and the hub connected.

use std::{io, net::SocketAddr, sync::Arc};

use tokio::runtime::Handle;
use weft_host::{
    config::Config,
    control::shutdown_asked,
    data_dir::DataDir,
    failure::Failure,
    output::{ExitCode, Io},
    page::{self, Guard, SessionKey},
    reply::Outcome,
    shell, text,
};
use weft_shared::text::counted;

use crate::{
    app::{AppHandle, Node},
    commands::{self, cli::Cli},
    pages,
};

/// Gives the person the link to the page.
type Show<'a> = &'a dyn Fn(&str, &mut Io) -> io::Result<()>;

/// Runs the node in `dir`. Once it serves, `show` gives the person the link to its page.
pub(super) fn run(
    dir: DataDir,
    config: &Config,
    show: Show<'_>,
    io: &mut Io,
    runtime: &Handle,
) -> Outcome {
    let address = config.require("http").map_err(Failure::usage_error)?;
    run_at(dir, address, show, io, runtime)
}

/// Does the same, with the page at `address`.
pub(super) fn run_at(
    dir: DataDir,
    address: SocketAddr,
    show: Show<'_>,
    io: &mut Io,
    runtime: &Handle,
) -> Outcome {
    let dir = Arc::new(dir);
    let node = Node::open_dir(Arc::clone(&dir), runtime)?;
    let outcome = runtime.block_on(serve(&dir, &node, (address, show), io));
    let waiting = node.read(|replica| replica.waiting());
    runtime.block_on(node.close());
    let code = outcome?;
    text::say(io.err(), &stopped(waiting.ok()))?;
    Ok(code)
}

/// Prints the link.
pub(super) fn print_link(link: &str, io: &mut Io) -> io::Result<()> {
    writeln!(io.out(), "pages {link}")
}

/// The last line of output: it tells the person who ended the node that nothing is lost.
fn stopped(waiting: Option<u64>) -> String {
    let shared = match waiting {
        None => String::new(),
        Some(0) => "; all that is to be shared is".to_owned(),
        Some(waits) => format!(
            "; {} to be shared at the next start",
            counted(waits, "entry waits", "entries wait")
        ),
    };
    format!("The node has stopped. Your work is saved on this computer{shared}.")
}

async fn serve(
    dir: &DataDir,
    node: &AppHandle,
    (address, show): (SocketAddr, Show<'_>),
    io: &mut Io,
) -> Outcome {
    let at = page::bind_loopback(address).await.map_err(|error| {
        if error.is_usage() {
            Failure::usage_error(error)
        } else {
            Failure::failed_error(error)
        }
    })?;
    let key = SessionKey::of(dir)?;
    let guard = Guard::new(at.address(), &["/assets/"], "/");
    let guard = guard.remembers(key).renewed_by("weft-node open");
    let guard = Arc::new(guard);
    node.serves_pages(&guard);
    let router = page::protect(pages::router(node.clone()), &guard);
    let served = node.clone();
    let control = shell::serve(dir, move |cli: Cli, call, io| {
        let at = (&*call.directory, &*call.arguments);
        shell::conclude(commands::run(&served, cli.command, io, at), io)
    });
    let control = control.await?;
    node.live(true).await;
    // A caller who reads that the node is ready may end it at once.
    let asked = shutdown_asked();
    let ends = node.clone();
    let asked = async move {
        asked.await;
        // Open pages hear changes by answers that never end by themselves.
        ends.ends_pages();
    };
    text::say(
        io.err(),
        "The node is running; Ctrl-C ends it. Your work is saved on this computer, and shared when \
         the hub is there.",
    )
    .and_then(|()| show(&guard.launch_url(), io))
    .and_then(|()| io.flush())?;
    page::serve(at, router, asked).await;
    drop(control);
    Ok(ExitCode::Ok)
}
