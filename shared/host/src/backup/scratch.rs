//! Files and folders of a backup that are not complete yet.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::BackupError;
use crate::data_dir::{flush_directory, make_own_directory, write_new_secret};

/// A folder of the owner alone, which goes with everything in it.
pub(super) struct Scratch {
    pub(super) path: PathBuf,
}

impl Scratch {
    pub(super) fn make(path: PathBuf) -> Result<Self, BackupError> {
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(BackupError::Write(error));
            }
            _ => {}
        }
        make_own_directory(&path).map_err(BackupError::Write)?;
        Ok(Self { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The next one begins by removing it.
        let _stays = fs::remove_dir_all(&self.path);
    }
}

/// A file that is being written, which goes unless it gets its name.
pub(super) struct Partial {
    pub(super) path: PathBuf,
}

impl Partial {
    pub(super) fn beside(target: &Path) -> Result<Self, BackupError> {
        let name = target
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let name = format!(".{}.part", name.unwrap_or_default());
        let path = target.with_file_name(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(BackupError::Write(error));
            }
            _ => {}
        }
        write_new_secret(&path, b"").map_err(BackupError::Write)?;
        Ok(Self { path })
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // It is gone already if it got its name.
        let _gone = fs::remove_file(&self.path);
    }
}

/// Flushes the names in a folder.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    match flush_directory(folder) {
        // A share of another computer may not know how.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        done => done,
    }
}
