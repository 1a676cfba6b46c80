//! `weft-hub admin`: a one-time link into the administration.

use weft_host::{output::Io, reply::Outcome};

use super::Failure;
use crate::app::AppHandle;

pub(super) fn run(app: &AppHandle, io: &mut Io) -> Outcome {
    let Some(link) = app.administration_link() else {
        return Err(Failure::needs_action(
            "The hub is not running, so it serves no pages. Start it with weft-hub run, then ask \
             again.",
        ));
    };
    io.say(link)
}
