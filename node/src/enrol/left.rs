//! Leftovers of a failed attempt to join, and advice on them.

use std::{fs, io, path::Path};

use weft_host::data_dir::{BEGUN, DataDir};
use weft_shared::identity::Invite;

use super::{DEVICE_KEY, FOUNDING, Remains, clear_up};

/// A failed attempt.
pub(super) struct Attempt<'a> {
    pub(super) dir: &'a DataDir,
    pub(super) invite: &'a Invite,
    /// The file with a new location's recovery words.
    pub(super) recovery: Option<&'a Path>,
}

impl Attempt<'_> {
    /// Clears up what cannot serve, and describes what is left.
    pub(super) fn words(&self, remains: Remains) -> String {
        match remains {
            Remains::Nothing => self.clear_up(),
            Remains::Earlier => self.keep(true),
            Remains::Kept => self.keep(false),
        }
    }

    /// Removes everything that was made for this attempt, because the hub refused it without having
    /// heard of this device before, so none of it can serve. Describes what is left.
    fn clear_up(&self) -> String {
        let founds = self.invite.founds();
        let mut stays = clear_up(self.dir);
        if self.dir.remove(BEGUN).is_err() {
            stays.push(self.dir.path(BEGUN));
        }
        if let Some(file) = self.recovery.filter(|_| founds)
            && fs::remove_file(file).is_err_and(|error| error.kind() != io::ErrorKind::NotFound)
        {
            stays.push(file.to_path_buf());
        }
        if !stays.is_empty() {
            let stays: Vec<String> = stays
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            return format!(
                "What was made for this attempt serves nothing any more. Delete what could not be \
                 deleted: {}.",
                stays.join(", ")
            );
        }
        let what = match (founds, self.recovery) {
            (false, _) => "this device's key was deleted".to_owned(),
            (true, Some(file)) => format!(
                "this device's key and the recovery words in {} were deleted",
                file.display()
            ),
            (true, None) => "this device's key was deleted, and the recovery words that you wrote \
                             down count for nothing: destroy them"
                .to_owned(),
        };
        if self.invite.recovers() {
            return format!(
                "Nothing was joined. Keep your recovery words: they stay good. If the hub says \
                 that {} belongs to a location, the words are not those of that location. If the \
                 line was used, ask the national team for another one.",
                self.invite.code()
            );
        }
        let folder = self.dir.root().display();
        format!("Nothing was joined, and nothing of this attempt is left in {folder}: {what}.")
    }

    /// Keeps everything, because the hub may have heard of it, or will in another attempt.
    /// Describes what another attempt does with it.
    fn keep(&self, refused: bool) -> String {
        let folder = self.dir.root().display();
        if refused {
            let words = match (self.invite, self.recovery) {
                (Invite::Founding(_), Some(file)) => format!(", and {}", file.display()),
                (Invite::Founding(_) | Invite::Device(_), _) => String::new(),
            };
            return format!(
                "An earlier attempt may have reached the hub, so {folder}{words} stay as they are. \
                 Ask whether the hub knows this device: where it does not, delete them, and join \
                 with a new invite."
            );
        }
        if !self.invite.founds() {
            return format!(
                "{folder} keeps this device's key ({DEVICE_KEY}); another attempt uses it, nothing \
                 else was left."
            );
        }
        let words = match self.recovery {
            Some(file) => format!(
                "The recovery words in {} belong to it: give the same --recovery-file again.",
                file.display()
            ),
            None => "You will be asked for its recovery words again.".to_owned(),
        };
        format!(
            "{folder} keeps this device's key ({DEVICE_KEY}) and the location's signed beginning \
             ({FOUNDING}); another attempt uses them. {words}"
        )
    }
}
