//! `page`: prints a one-time link to the page of the running node.

use clap::Args;

use weft_host::{failure::Failure, reply::Outcome};

use super::Context;

/// Print a new one-time link to the page, while the node runs.
#[derive(Args, Debug)]
pub(crate) struct Page {}

pub(crate) fn run(context: &mut Context<'_>) -> Outcome {
    let link = context.node.page_link().ok_or_else(|| {
        Failure::needs_action(
            "The node is not running, so it serves no page. weft-node open starts it and opens the \
             page; weft-node run starts it and prints a link.",
        )
    })?;
    context.io.say(link)
}
