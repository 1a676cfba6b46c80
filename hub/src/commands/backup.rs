//! `weft-hub backup`: everything of the hub in one file, checked and restored.

use std::path::{Path, PathBuf};

use tokio::runtime::Runtime;
use weft_host::{
    backup::{self, Backup, Named, Secret},
    failure::Failure,
    file, limits,
    output::{Io, plain},
    reply::Outcome,
};
use weft_shared::identity::RootKey;

use crate::app::{self, AppHandle};

/// Arguments of `backup`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(crate) backup: Backup,
    /// For restore: a file with the hub's root words, if neither the backup nor the words that open
    /// it are those.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) root_words_file: Option<PathBuf>,
}

pub(super) async fn run(app: &AppHandle, args: Args, cwd: &Path, io: &mut Io) -> Outcome {
    let zone = app.read(|at| Ok(at.zone())).await?;
    let own = app.root_kept()?;
    let named = Named {
        backups: app.backups(),
        of: app.backup_of(),
        own,
        zone,
    };
    backup::run(&named, args.backup, cwd, io)
}

/// Runs `verify`, or `restore` into `folder`.
pub(crate) fn run_apart(args: &Args, folder: &Path, runtime: &Runtime, io: &mut Io) -> Outcome {
    let given = args.root_words_file.as_deref().map(words).transpose()?;
    let settle = |dir: &_, opens: &Secret| {
        let opens = match opens {
            Secret::Words(words) => Some((**words).clone()),
            Secret::Passphrase(_) => None,
        };
        runtime.block_on(app::take_new_log(dir, given.or(opens)))
    };
    backup::run_apart(&args.backup, (&app::BACKUP, folder), io, settle, NEXT)
}

fn words(file: &Path) -> Result<RootKey, Failure> {
    let text = file::read_text(file, limits::BACKUP_SECRET_BYTES_MAX).map_err(|error| {
        let why = plain(&error);
        Failure::usage(format_args!("{} cannot be read: {why}.", file.display()))
    })?;
    RootKey::from_recovery_words(&text).map_err(Failure::usage_error)
}

/// The next step after a restore.
const NEXT: &str = "The hub has a new log device. Start it with weft-hub run. What locations and \
                    the hub itself wrote since the backup comes back from the nodes as they \
                    connect: wait for that before you change anything. Then make a new backup: \
                    one from before this restore must never be restored again. Never start the \
                    hub that was backed up beside this one.";
