//! `run`: keeps the node running, with its page on this computer and the hub connected.

use std::net::SocketAddr;

use clap::Args;
use weft_host::failure::Failure;

/// Keep the node running: its page on this computer, and sharing with the hub.
///
/// The last line once ready is `pages http://localhost:8434/...`, a link that works once and signs
/// this computer's browser in for 30 days. While it runs, `weft-node open` opens the page, and
/// `weft-node page` prints another link. On a computer that has joined no network yet, the page
/// asks for the invite and joins.
#[derive(Args, Debug)]
pub(crate) struct Run {
    /// The address of the page, on this computer only; port 0 takes any free one. [default:
    /// 127.0.0.1:8434]
    #[arg(long, value_name = "ADDRESS:PORT", env = "WEFT_HTTP")]
    pub(crate) http: Option<SocketAddr>,
}

/// The failure of a second `run`.
pub(crate) fn runs_already() -> Failure {
    Failure::needs_action(
        "The node is running already, with this data directory. weft-node open opens its page in \
         the browser, weft-node page prints a link to it.",
    )
}
