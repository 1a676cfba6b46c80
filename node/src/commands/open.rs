//! `open`: shows the page in this computer's browser, and starts the node if it is not running.

use std::net::SocketAddr;

use clap::Args;

/// Open the page in this computer's browser. If the node is not running, this starts it and goes on
/// until Ctrl-C, as weft-node run does.
///
/// On a computer that has joined no network yet, the page asks for the invite and joins.
#[derive(Args, Debug)]
pub(crate) struct Open {
    /// The address of the page, if this starts the node; as in weft-node run.
    #[arg(long, value_name = "ADDRESS:PORT", env = "WEFT_HTTP")]
    pub(crate) http: Option<SocketAddr>,
}
