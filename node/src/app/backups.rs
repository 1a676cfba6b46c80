//! The backups of this computer's node.

use std::{path::Path, sync::Arc};

use weft_host::{
    backup::{self, Backups, Keeping, Of, Program},
    shell::CONFIG_FILE,
};
use weft_store::copy;

use super::AppHandle;
use crate::{enrol::STORE, limits::LAYOUT};

/// The files of a node that a backup holds.
pub(crate) const PROGRAM: Program = Program {
    layout: LAYOUT,
    database: STORE,
    beside: &[CONFIG_FILE],
    folders: &[],
    copy: copy::copy,
    check: copy::check,
};

/// The backups of the node in this folder.
pub(super) fn of(folder: &Path) -> Arc<Backups> {
    Arc::new(Backups::new(PROGRAM, folder))
}

impl AppHandle {
    /// The backups of this node.
    pub(crate) const fn backups(&self) -> &Arc<Backups> {
        &self.backups
    }

    /// The location, as its backups name it. Outside the asynchronous runtime.
    pub(crate) fn backup_of(&self) -> Of {
        let code = self.read(|replica| replica.code()).ok().flatten();
        match code {
            Some(code) => Of {
                code: code.to_string(),
                name: format!("location {code}"),
            },
            None => Of {
                code: ALONE.to_owned(),
                name: "a computer that works alone".to_owned(),
            },
        }
    }

    /// Makes backups when they are due, until the result is dropped.
    ///
    /// # Panics
    /// If called outside a runtime.
    pub(crate) fn keeps_backups(&self) -> Keeping {
        let node = self.clone();
        backup::keeps(Arc::clone(&self.backups), move || node.backup_of())
    }
}

/// Stands for a location's code in the names of files.
const ALONE: &str = "alone";
