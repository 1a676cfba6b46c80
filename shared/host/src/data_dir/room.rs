//! Whether the disk of a data directory has room.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    sync::PoisonError,
};

use super::{DataDir, DataDirError, failed, place};
use crate::limits;

impl DataDir {
    /// Whether the disk takes [`DISK_ROOM_BYTES_MIN`](limits::DISK_ROOM_BYTES_MIN) more. It is
    /// tried with a file that is removed at once: free space alone says nothing of quotas.
    ///
    /// # Errors
    /// If the file cannot be written for another reason.
    pub fn has_room(&self) -> Result<bool, DataDirError> {
        let _alone = self.trying.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.path(TRIAL);
        let written = (|| {
            let mut options = OpenOptions::new();
            options.create(true).write(true).truncate(true);
            place::owner_only(&mut options);
            let mut file = options.open(&path)?;
            let piece = vec![0; PIECE_BYTES];
            (0..limits::DISK_ROOM_BYTES_MIN / PIECE_BYTES).try_for_each(|_| file.write_all(&piece))
        })();
        let removed = fs::remove_file(&path);
        match written {
            Err(error) if is_full(&error) => Ok(false),
            Err(error) => Err(failed("write", &path, error)),
            Ok(()) => removed
                .map(|()| true)
                .map_err(|error| failed("remove", &path, error)),
        }
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

const TRIAL: &str = "room.trial";
const PIECE_BYTES: usize = 64 << 10;
