//! `backup`: everything of this computer in one file, checked and restored.

use std::path::Path;

use weft_host::{
    backup::{self, Backup, Named},
    output::Io,
    reply::Outcome,
};

use super::Context;
use crate::app::BACKUP;

pub(super) fn run(context: &mut Context<'_>, backup: Backup) -> Outcome {
    let named = Named {
        backups: context.node.backups(),
        of: context.node.backup_of(),
        own: None,
        zone: context.node.zone(),
    };
    backup::run(&named, backup, context.folder, context.io)
}

/// Runs `verify`, or `restore` into `folder`.
pub(crate) fn run_apart(backup: &Backup, folder: &Path, io: &mut Io) -> Outcome {
    let settle = |_: &_, _: &_| Ok(());
    backup::run_apart(backup, (&BACKUP, folder), io, settle, NEXT)
}

/// The next step after a restore.
const NEXT: &str = "Now run weft-node sync --once. If this computer had shared something after the \
                    backup, it says so and takes no more changes: that work is at the hub, and a \
                    device invite or weft-node recover brings it back into another folder. Never \
                    use the computer that was backed up beside this one.";
