//! A Unix socket at which a proxy of this computer asks for pages.
//!
//! The file system says who may ask: the account of the program, and those of its group.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use tokio::net::UnixListener;

use super::PageError;

/// A socket for pages. The file goes with it.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    file: SocketFile,
}

/// The file of a socket, which is removed once this is dropped.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    /// Keeps another hub from the same path. The system lets go of it when the program ends.
    _lock: File,
}

impl Socket {
    pub(super) fn into_parts(self) -> (UnixListener, SocketFile) {
        (self.listener, self.file)
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, "the socket of the pages could not be removed");
        }
    }
}

/// Binds a socket for pages at `path`, and takes the place of one that a killed program left.
///
/// # Errors
/// If the path is too long, its folder is missing, a program listens there, or something else than
/// a socket is there.
pub fn bind_socket(path: &Path) -> Result<Socket, PageError> {
    let failed = |source| PageError::Socket {
        path: path.to_owned(),
        source,
    };
    if path.as_os_str().len() > PATH_BYTES_MAX {
        return Err(PageError::LongPath {
            path: path.to_owned(),
            most: PATH_BYTES_MAX,
        });
    }
    let taken = || PageError::TakenSocket {
        path: path.to_owned(),
    };
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(beside(path, ".lock"))
        .map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(taken()),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => {
            return Err(PageError::NoSocket {
                path: path.to_owned(),
            });
        }
        Ok(_) if std::os::unix::net::UnixStream::connect(path).is_ok() => return Err(taken()),
        Ok(_) | Err(_) => {}
    }
    // It takes its name once its group, and no one else, may ask there.
    let fresh = beside(path, ".new");
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(&fresh).map_err(failed)?;
    fs::set_permissions(&fresh, fs::Permissions::from_mode(MODE)).map_err(failed)?;
    fs::rename(&fresh, path).map_err(failed)?;
    Ok(Socket {
        listener,
        file: SocketFile {
            path: path.to_owned(),
            _lock: lock,
        },
    })
}

/// The name of a file beside the socket.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// The bytes of a path that every system takes (108 on Linux, 104 on macOS, with a zero at the
/// end), less those of the longest name beside it.
const PATH_BYTES_MAX: usize = 103 - ".new".len();
const MODE: u32 = 0o660;

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &Path) -> String {
        bind_socket(path).unwrap_err().to_string()
    }

    #[tokio::test]
    async fn a_socket_is_for_its_group_takes_a_dead_ones_place_and_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.sock");
        // A program that was killed leaves its socket behind.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let socket = bind_socket(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, MODE);
        assert!(std::os::unix::net::UnixStream::connect(&path).is_ok());
        assert!(text(&path).contains("another program listens"));
        drop(socket);
        assert!(!path.exists());
        assert!(!beside(&path, ".new").exists());
        bind_socket(&path).unwrap();
    }

    #[tokio::test]
    async fn what_is_no_free_place_for_a_socket_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("other.sock");
        let theirs = std::os::unix::net::UnixListener::bind(&other).unwrap();
        assert!(text(&other).contains("another program listens"));
        drop(theirs);
        let file = folder.path().join("file");
        fs::write(&file, "kept").unwrap();
        assert!(text(&file).contains("is no socket"), "{}", text(&file));
        assert_eq!(fs::read_to_string(&file).unwrap(), "kept");
        let linked = folder.path().join("linked");
        std::os::unix::fs::symlink(&file, &linked).unwrap();
        assert!(text(&linked).contains("is no socket"));
        let long = folder.path().join("x".repeat(PATH_BYTES_MAX));
        assert!(text(&long).contains("at most 99 bytes"), "{}", text(&long));
        let nowhere = folder.path().join("none/hub.sock");
        assert!(text(&nowhere).contains("cannot serve pages"));
        // The longest path that is taken works.
        let rest = PATH_BYTES_MAX - folder.path().as_os_str().len() - 1;
        bind_socket(&folder.path().join("x".repeat(rest))).unwrap();
    }
}
