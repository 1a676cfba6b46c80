//! A Unix socket at which a proxy of this computer asks for pages. Other systems have none, and say
//! so.
//!
//! The file system says who may ask: the account of the program, and those of its group.

#[cfg(not(unix))]
use std::convert::Infallible;
#[cfg(unix)]
use std::{
    fs::{self, File, TryLockError},
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
};
use std::{
    io,
    path::{Path, PathBuf},
    task::{Context, Poll},
};

#[cfg(unix)]
use tokio::net::UnixListener;

use super::Stream;

/// The reason a socket cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// The path is longer than systems take.
    #[error(
        "{} is too long for a socket: its path has at most {PATH_BYTES_MAX} bytes; choose a \
         shorter one, such as unix:/run/weft-hub/web.sock",
        .0.display()
    )]
    Long(PathBuf),
    /// A program listens there.
    #[error(
        "another program listens at {} already: stop it, or choose another path",
        .0.display()
    )]
    Taken(PathBuf),
    /// A file that is no socket has its place.
    #[error(
        "{} is no socket, so it was left alone: move it away, or choose another path",
        .0.display()
    )]
    Other(PathBuf),
    /// Others may write in its folder.
    #[error(
        "accounts other than this program's may write in the folder of {}, and could put a socket \
         of theirs there: take that from them (chmod go-w), or choose another folder, such as \
         unix:/run/weft-hub/web.sock",
        .0.display()
    )]
    Shared(PathBuf),
    /// This system has no such sockets.
    #[error("this system has no Unix sockets: give an address and a port, such as 127.0.0.1:8433")]
    Unknown,
    /// It cannot be made.
    #[error(
        "cannot serve pages at the socket {}; its folder must be there, and this program must be \
         allowed to write in it",
        path.display()
    )]
    Io {
        /// The path.
        path: PathBuf,
        /// The reason.
        #[source]
        source: io::Error,
    },
}

/// A socket that listens. Its file goes with it.
#[cfg(unix)]
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
    /// Keeps another hub from the same path. The system lets go of it when the program ends.
    _lock: File,
}

/// A socket that listens, of which there is none here.
#[cfg(not(unix))]
#[derive(Debug)]
pub struct Socket(Infallible);

#[cfg(unix)]
impl Socket {
    /// Listens at `path`, and takes the place of a socket that a killed program left.
    ///
    /// # Errors
    /// If the path is too long, its folder is missing, a program listens there, or something else
    /// than a socket is there.
    pub fn bind(path: &Path) -> Result<Self, SocketError> {
        let failed = |source| SocketError::Io {
            path: path.to_owned(),
            source,
        };
        if path.as_os_str().len() > PATH_BYTES_MAX {
            return Err(SocketError::Long(path.to_owned()));
        }
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(LOCK_MODE)
            .custom_flags(NO_LINK)
            .open(beside(path, ".lock"))
            .map_err(failed)?;
        if !is_ours(path, &lock).map_err(failed)? {
            return Err(SocketError::Shared(path.to_owned()));
        }
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(SocketError::Taken(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        match fs::symlink_metadata(path) {
            Ok(found) if !found.file_type().is_socket() => {
                return Err(SocketError::Other(path.to_owned()));
            }
            Ok(_) if std::os::unix::net::UnixStream::connect(path).is_ok() => {
                return Err(SocketError::Taken(path.to_owned()));
            }
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
        Ok(Self {
            listener,
            path: path.to_owned(),
            _lock: lock,
        })
    }

    pub(super) fn poll_accept(
        &self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Box<dyn Stream>>> {
        self.listener.poll_accept(context).map_ok(|(stream, _)| {
            let stream: Box<dyn Stream> = Box::new(stream);
            stream
        })
    }
}

#[cfg(unix)]
impl Drop for Socket {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, "the socket of the pages could not be removed");
        }
    }
}

#[cfg(not(unix))]
impl Socket {
    /// Refuses to listen.
    ///
    /// # Errors
    /// Returns [`SocketError::Unknown`], on every path.
    pub fn bind(_path: &Path) -> Result<Self, SocketError> {
        Err(SocketError::Unknown)
    }

    pub(super) fn poll_accept(
        &self,
        _context: &mut Context<'_>,
    ) -> Poll<io::Result<Box<dyn Stream>>> {
        match self.0 {}
    }
}

/// Whether no account but that of the program, which owns the lock, and the system's may take away
/// what is in the folder. In one like `/tmp` all may write, and each takes away its own alone.
#[cfg(unix)]
fn is_ours(path: &Path, lock: &File) -> io::Result<bool> {
    let folder = path.parent().filter(|one| !one.as_os_str().is_empty());
    let folder = fs::metadata(folder.unwrap_or_else(|| Path::new(".")))?;
    let keeps = [0, lock.metadata()?.uid()].contains(&folder.uid());
    Ok(folder.mode() & OTHERS_WRITE == 0 || folder.mode() & STICKY != 0 && keeps)
}

/// Returns the name of a file beside the socket.
#[cfg(unix)]
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// The bytes of a path that every system takes (108 on Linux, 104 on macOS, with a zero at the
/// end), less those of the longest name beside it.
const PATH_BYTES_MAX: usize = 103 - ".new".len();
#[cfg(unix)]
const MODE: u32 = 0o660;
#[cfg(unix)]
const LOCK_MODE: u32 = 0o600;
#[cfg(unix)]
const OTHERS_WRITE: u32 = 0o022;
#[cfg(unix)]
const STICKY: u32 = 0o1000;
/// Opens no file by a link.
#[cfg(unix)]
const NO_LINK: i32 = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn text(path: &Path) -> String {
        Socket::bind(path).unwrap_err().to_string()
    }

    #[tokio::test]
    async fn a_socket_is_for_its_group_takes_a_dead_ones_place_and_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.sock");
        // A program that was killed leaves its socket behind.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let socket = Socket::bind(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, MODE);
        assert!(std::os::unix::net::UnixStream::connect(&path).is_ok());
        assert!(text(&path).contains("another program listens"));
        drop(socket);
        assert!(!path.exists());
        assert!(!beside(&path, ".new").exists());
        Socket::bind(&path).unwrap();
    }

    #[tokio::test]
    async fn a_second_hub_is_refused_by_the_lock_and_others_by_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.sock");
        let mode = |mode| {
            let mode = fs::Permissions::from_mode(mode);
            fs::set_permissions(folder.path(), mode).unwrap();
        };
        // There is nothing to connect to, so the lock alone refuses.
        let first = Socket::bind(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(text(&path).contains("another program listens"));
        assert!(!path.exists());
        drop(first);
        let lock = beside(&path, ".lock");
        let found = fs::symlink_metadata(&lock).unwrap().permissions().mode();
        assert_eq!(found & 0o777, LOCK_MODE);
        for open in [0o720, 0o702, 0o777] {
            mode(open);
            assert!(text(&path).contains("chmod go-w"), "{open:o}");
        }
        for ours in [0o1777, 0o755] {
            mode(ours);
            drop(Socket::bind(&path).unwrap());
        }
        // A link in the place of the lock leads nowhere.
        fs::remove_file(&lock).unwrap();
        let other = folder.path().join("other");
        std::os::unix::fs::symlink(&other, &lock).unwrap();
        assert!(text(&path).contains("cannot serve pages"));
        assert!(!other.exists());
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
        Socket::bind(&folder.path().join("x".repeat(rest))).unwrap();
    }
}
