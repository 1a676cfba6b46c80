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

#[cfg(unix)]
impl DataDir {
    /// Returns the percentage of the disk that is used, as `df` counts it, rounded up. `None` if
    /// the file system does not say.
    ///
    /// # Errors
    /// If the directory cannot be looked at.
    pub fn used_percent(&self) -> Result<Option<u8>, DataDirError> {
        let disk = rustix::fs::statvfs(&self.path)
            .map_err(|error| failed("look at", &self.path, error.into()))?;
        let used = disk.f_blocks.saturating_sub(disk.f_bfree);
        Ok(percent(used, used.saturating_add(disk.f_bavail)))
    }
}

#[cfg(not(unix))]
impl DataDir {
    /// Other systems are not asked.
    ///
    /// # Errors
    /// Returns none.
    pub fn used_percent(&self) -> Result<Option<u8>, DataDirError> {
        Ok(None)
    }
}

/// Returns the part of a whole in percent, rounded up.
#[cfg(unix)]
fn percent(part: u64, whole: u64) -> Option<u8> {
    let hundredths = u128::from(part) * 100;
    let percent = (whole > 0).then(|| hundredths.div_ceil(u128::from(whole)))?;
    u8::try_from(percent).ok()
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

const TRIAL: &str = "room.trial";
const PIECE_BYTES: usize = 64 << 10;

#[cfg(all(test, unix))]
mod tests {
    use super::percent;

    #[test]
    fn a_percentage_is_rounded_up() {
        assert_eq!(percent(0, 0), None);
        assert_eq!(percent(0, 10), Some(0));
        assert_eq!(percent(1, 1_000), Some(1));
        assert_eq!(percent(85, 100), Some(85));
        assert_eq!(percent(u64::MAX, u64::MAX), Some(100));
    }
}
