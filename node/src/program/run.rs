//! Runs the node until somebody ends it, with its page on this computer and the hub connected.

use std::{io, net::SocketAddr, sync::Arc};

use axum::Router;
use tokio::runtime::Handle;
use weft_host::{
    config::Config,
    control::{Call, shutdown_asked},
    data_dir::DataDir,
    failure::Failure,
    output::{ExitCode, Io},
    page::{self, Guard, Place, SessionKey},
    reply::Outcome,
    shell, text,
};
use weft_shared::text::counted;

use crate::{
    app::{AppHandle, Node},
    commands::{
        self,
        cli::{Cli, Command},
    },
    pages::{self, Welcome},
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

/// Does the same, with the page at `address`. If the directory is new, its page is the welcome page
/// until somebody has joined there.
pub(super) fn run_at(
    dir: DataDir,
    address: SocketAddr,
    show: Show<'_>,
    io: &mut Io,
    runtime: &Handle,
) -> Outcome {
    let dir = Arc::new(dir);
    let behind = match dir.is_new() {
        true => Behind::Welcome(Arc::new(Welcome::new(Arc::clone(&dir), runtime))),
        false => Behind::of(Node::open_dir(Arc::clone(&dir), runtime)?, &dir, runtime),
    };
    let outcome = runtime.block_on(serve(&dir, &behind, (address, show), io));
    let Some(node) = behind.node() else {
        dir.give_up(&[page::SESSION_FILE]);
        let code = outcome?;
        io.tell_at_end(NOTHING_JOINED);
        return Ok(code);
    };
    let waiting = node.read(|replica| replica.waiting());
    // A computer that works alone has no hub for which its work waits.
    let waiting = waiting.ok().filter(|_| !node.is_alone());
    runtime.block_on(node.close());
    let code = outcome?;
    io.tell_at_end(stopped(waiting));
    Ok(code)
}

/// The owner of the pages.
#[derive(Clone)]
enum Behind {
    Node(AppHandle),
    Welcome(Arc<Welcome>),
}

impl Behind {
    /// A node that works alone has the welcome page beside its own.
    fn of(node: AppHandle, dir: &Arc<DataDir>, runtime: &Handle) -> Self {
        match node.is_alone() {
            true => Self::Welcome(Arc::new(Welcome::of_alone(Arc::clone(dir), node, runtime))),
            false => Self::Node(node),
        }
    }

    /// Returns the node, unless this computer has begun nothing yet.
    fn node(&self) -> Option<AppHandle> {
        match self {
            Self::Node(node) => Some(node.clone()),
            Self::Welcome(welcome) => welcome.node(),
        }
    }

    /// Returns the pages, whose links `guard` hands out.
    fn pages(&self, guard: &Arc<Guard>) -> Router {
        match self {
            Self::Node(node) => {
                node.serves_pages(guard);
                pages::router(node.clone())
            }
            Self::Welcome(welcome) => {
                welcome.serves_pages(guard);
                pages::welcome(welcome)
            }
        }
    }

    /// Runs a command that was handed to this process.
    fn command(&self, command: Command, (call, io): (&Call, &mut Io)) -> Outcome {
        match (self.node(), self) {
            (Some(node), _) => {
                let at = (&*call.directory, &*call.arguments);
                commands::run(&node, command, io, at)
            }
            (None, Self::Welcome(welcome)) if matches!(command, Command::Page(_)) => {
                let link = welcome.page_link();
                io.say(link.as_deref().unwrap_or_default())
            }
            (None, _) => Err(commands::join::joins_on_page()),
        }
    }

    fn ready(&self) -> &'static str {
        match self {
            _ if self.node().is_some_and(|node| node.is_alone()) => {
                "The node is running; Ctrl-C ends it. It works alone: your work is saved on this \
                 computer, and nothing is shared."
            }
            Self::Node(_) => {
                "The node is running; Ctrl-C ends it. Your work is saved on this computer, and \
                 shared when the hub is there."
            }
            Self::Welcome(_) => {
                "This computer has joined no network yet: its page helps you to join. Ctrl-C ends \
                 it."
            }
        }
    }
}

/// The last line of output if no one has joined.
const NOTHING_JOINED: &str = "This computer has joined no network. weft-node open shows the page \
                              again.";

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
    behind: &Behind,
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
    let router = page::protect(behind.pages(&guard), &guard);
    let served = behind.clone();
    let control = shell::serve(dir, move |cli: Cli, call, io| {
        shell::conclude(served.command(cli.command, (call, io)), io)
    });
    let control = control.await?;
    if let Some(node) = behind.node() {
        node.live(true).await;
    }
    // A node that begins on its welcome page makes backups from its next start on.
    let keeping = behind.node().map(|node| node.keeps_backups());
    // A caller who reads that the node is ready may end it at once.
    let asked = shutdown_asked();
    let ends = behind.clone();
    let asked = async move {
        asked.await;
        // Open pages hear changes by answers that never end by themselves.
        if let Some(node) = ends.node() {
            node.ends_pages();
        }
    };
    text::say(io.err(), behind.ready())
        .and_then(|()| show(&guard.launch_url(), io))
        .and_then(|()| io.flush())?;
    page::serve(Place::Port(at), router, asked).await;
    drop(keeping);
    drop(control);
    Ok(ExitCode::Ok)
}
