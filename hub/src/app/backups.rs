//! The backups of the hub, and what a hub that was restored from one needs.

use std::sync::Arc;

use weft_host::{
    backup::{self, Backups, Keeping, Of, Program},
    clock,
    data_dir::DataDir,
    failure::Failure,
    random::random_bytes,
    shell::CONFIG_FILE,
};
use weft_shared::identity::{RootKey, Roster};
use weft_store::{Open, copy};

use super::{AppError, AppHandle, HUB_LOG, STORE_FILES, admit_log_device};
use crate::{
    access::visitor::HERE,
    keys::Identity,
    limits::{LAYOUT, RELEASES_FOLDER},
    store::{self, LocationRow, Store, StoreError, ledger as acts, rosters},
};

/// The files of a hub that a backup holds.
pub(crate) const PROGRAM: Program = Program {
    layout: LAYOUT,
    database: STORE_FILES[0],
    beside: &[CONFIG_FILE],
    folders: &[RELEASES_FOLDER],
    copy: copy::copy,
    check: copy::check,
};

/// The backups of the hub in this directory.
pub(super) fn of(dir: &DataDir) -> Arc<Backups> {
    Arc::new(Backups::new(PROGRAM, dir.root()))
}

impl AppHandle {
    /// The backups of this hub.
    pub(crate) fn backups(&self) -> &Arc<Backups> {
        &self.shared.backups
    }

    /// The hub's root, if its words are still in the data directory.
    ///
    /// # Errors
    /// If the file is damaged.
    pub(crate) fn root_kept(&self) -> Result<Option<RootKey>, AppError> {
        Ok(Identity::root_kept(self.data_dir())?)
    }

    /// The network, as its backups name it.
    pub(crate) fn backup_of(&self) -> Of {
        let name = self.network().to_owned();
        Of {
            code: short(&name),
            name,
        }
    }

    /// Makes backups when they are due, until the result is dropped.
    ///
    /// # Panics
    /// If called outside a runtime.
    pub(crate) fn keeps_backups(&self) -> Keeping {
        let of = self.backup_of();
        backup::keeps(Arc::clone(self.backups()), move || of.clone())
    }
}

/// A name as a part of the name of a file.
fn short(name: &str) -> String {
    let letters = name.chars().map(|one| match one.is_ascii_alphanumeric() {
        true => one.to_ascii_lowercase(),
        false => ' ',
    });
    let letters: String = letters.collect();
    let words: Vec<&str> = letters.split_whitespace().collect();
    let short: String = words.join("-").chars().take(SHORT_MAX).collect();
    match short.trim_end_matches('-') {
        "" => "network".to_owned(),
        short => short.to_owned(),
    }
}

/// Gives a hub that was restored a log device of its own, which its root certifies: nodes may hold
/// entries of the one before that the backup does not have, and no log may have two entries of one
/// number.
///
/// # Errors
/// If the root is not this hub's, or the store fails.
pub(crate) async fn take_new_log(dir: &DataDir, given: Option<RootKey>) -> Result<(), Failure> {
    let identity = Identity::load(dir).map_err(AppError::from)?;
    let kept = Identity::root_kept(dir).map_err(AppError::from)?;
    let is_own = |root: &RootKey| root.public().hash() == identity.hub;
    let root = given.into_iter().chain(kept).find(is_own);
    let root = root.ok_or_else(|| Failure::needs_action(NO_ROOT))?;
    let log = Identity::new_log(dir).map_err(AppError::from)?;
    let store = Store::open(&dir.path(STORE_FILES[0]), Open::Existing).map_err(AppError::from)?;
    let (zero, now) = (identity.zero, clock::now());
    let written = store.write(move |conn| {
        let before = rosters::signed(conn, LocationRow::ZERO, 0)?;
        let mut roster = Roster::new(zero);
        for operation in &before {
            roster
                .apply(operation)
                .map_err(|_| StoreError::Damaged("roster"))?;
        }
        let admit = admit_log_device(&roster, &log.id(), (&root, now));
        roster
            .apply(&admit)
            .map_err(|_| StoreError::Damaged("roster"))?;
        let dix = roster
            .dix_of(&log.id())
            .ok_or(StoreError::Damaged("roster"))?;
        rosters::append(conn, LocationRow::ZERO, before.len(), &admit.encode())?;
        store::devices::add_device(conn, LocationRow::ZERO, dix, &log.id())?;
        store::put_meta(conn, HUB_LOG, &random_bytes::<16>())?;
        acts::record(conn, now, HERE, "restore", "from a backup")
    });
    written.await.map_err(|error| AppError::from(error).into())
}

/// Letters of a network's name in the name of a backup.
const SHORT_MAX: usize = 40;

/// Said if a hub cannot be restored without its root.
const NO_ROOT: &str = "A restored hub takes a new log device, which its root certifies, and the \
                       backup does not hold the root's words. Give them: --root-words-file FILE.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_s_name_is_short_in_the_name_of_a_file() {
        assert_eq!(short("Healthy Families NZ"), "healthy-families-nz");
        assert_eq!(
            short("Te Whatu Ora – Taranaki/2"),
            "te-whatu-ora-taranaki-2"
        );
        assert_eq!(short("…"), "network");
        assert_eq!(short(&"a b".repeat(40)).len(), 40);
    }
}
