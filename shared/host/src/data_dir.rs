//! A program's data directory: a local disk, one process at a time, and no reader but its owner.

mod place;
mod room;
#[cfg(test)]
mod tests;
mod unfinished;

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    iter,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Instant,
};

pub(crate) use self::place::flush_directory;
pub use self::place::{default_path, is_private};
use crate::{file, limits};

/// The program that owns a data directory, and the version of its layout.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The program's name, such as `weft-node`.
    pub program: &'static str,
    /// The thing that the directory holds, such as `node`.
    pub holds: &'static str,
    /// Advice for the owner of an empty directory, such as `Make one with weft-hub init`.
    pub begin: &'static str,
    /// The files of a complete set-up, besides its version. One of them shows that a directory was
    /// set up, even where its version is lost.
    pub files: &'static [&'static str],
    /// Those of them that a person may keep elsewhere.
    pub movable: &'static [&'static str],
    /// Increased whenever an older program could no longer read the directory.
    pub version: u32,
}

/// An open data directory, locked until it is dropped.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    layout: Layout,
    new: AtomicBool,
    /// Whether this process made the directory.
    made: bool,
    /// Held while the room is tried.
    trying: Mutex<()>,
    _lock: File,
}

impl DataDir {
    /// Opens and locks the directory at `path`.
    ///
    /// With `create`, sets up an empty or missing directory. It [is new](Self::is_new) until the
    /// program has added what it needs and calls [`complete`](Self::complete). A set-up that was
    /// interrupted starts over; without `create` it does not count as a data directory. If a short
    /// command holds the lock, this waits for it.
    ///
    /// # Errors
    /// If the directory cannot be used. The error says why and what to do.
    pub fn open(path: &Path, layout: Layout, create: bool) -> Result<Self, DataDirError> {
        let until = Instant::now() + limits::LOCK_WAIT_MAX;
        loop {
            match Self::try_open(path, layout, create) {
                Err(DataDirError::InUse { .. }) if Instant::now() < until => {
                    thread::sleep(limits::LOCK_POLL_INTERVAL);
                }
                result => return result,
            }
        }
    }

    /// As [`DataDir::open`], without waiting for another holder of the lock.
    ///
    /// # Errors
    /// If the directory cannot be used, as for [`DataDir::open`], or is locked.
    pub fn try_open(path: &Path, layout: Layout, create: bool) -> Result<Self, DataDirError> {
        if !create && !path.join(VERSION).exists() && found(path, layout).is_empty() {
            return Err(DataDirError::Missing {
                path: path.to_owned(),
                layout,
            });
        }
        let made = create && !path.exists();
        if create {
            make(path, layout)?;
        }
        let path = path
            .canonicalize()
            .map_err(|error| failed("open", path, error))?;
        place::check(&path)?;
        let lock = lock(&path)?;
        let new = check_version(&path, layout)?;
        let begun = path.join(BEGUN).exists();
        if new && !begun && !found(&path, layout).is_empty() {
            return Err(DataDirError::Lost {
                missing: in_quotes(&missing(&path, layout)),
                path,
                holds: layout.holds,
            });
        }
        if new && !create {
            return Err(DataDirError::Missing { path, layout });
        }
        place::restrict(&path).map_err(|error| failed("restrict", &path, error))?;
        let dir = Self {
            path,
            layout,
            new: AtomicBool::new(new),
            made,
            trying: Mutex::default(),
            _lock: lock,
        };
        match (new, begun) {
            (true, false) => dir.write_secret(BEGUN, b"")?,
            // A crash came between the two steps of `complete`. If the version were lost later, a
            // mark that stayed would let a set-up overwrite everything.
            (false, true) => dir.remove(BEGUN)?,
            _ => {}
        }
        Ok(dir)
    }

    /// Whether the set-up is not complete yet.
    pub fn is_new(&self) -> bool {
        self.new.load(Ordering::Relaxed)
    }

    /// Marks the set-up as complete, durably. From now on the directory is used as it is.
    ///
    /// # Errors
    /// If the mark cannot be written.
    pub fn complete(&self) -> Result<(), DataDirError> {
        let Layout {
            program, version, ..
        } = self.layout;
        self.write_secret(VERSION, format!("{program} {version}\n").as_bytes())?;
        self.new.store(false, Ordering::Relaxed);
        self.remove(BEGUN)
    }

    /// The layout of the directory.
    pub(crate) const fn layout(&self) -> Layout {
        self.layout
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.path
    }

    /// Returns the path of the file `name` in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file that only its owner may read, whole or not at all, and flushes it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_secret(&self, name: &str, bytes: &[u8]) -> Result<(), DataDirError> {
        let path = self.path(name);
        replace(&path, bytes).map_err(|error| failed("write", &path, error))
    }

    /// Reads a file. Returns `None` if it does not exist.
    ///
    /// # Errors
    /// If it cannot be read, or is too large to be a secret.
    pub fn read_secret(&self, name: &str) -> Result<Option<Vec<u8>>, DataDirError> {
        let path = self.path(name);
        read(&path).map_err(|error| failed("read", &path, error))
    }

    /// Removes a file. It is no error if it does not exist.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), DataDirError> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed("remove", &path, error))
            }
            _ => Ok(()),
        }
    }
}

/// Writes a new file, at any path, that only its owner may read, and flushes it. Leaves an existing
/// file alone.
///
/// # Errors
/// If the file exists, or cannot be written.
pub fn write_new_secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    place::owner_only(&mut options);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a directory that only its owner may read, and any missing parents.
///
/// # Errors
/// If it cannot be made.
pub fn make_own_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    place::directories_of_owner(&mut builder);
    builder.recursive(true).create(path)
}

/// Makes sure that the file exists, and that only its owner may read it.
pub fn make_own_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    place::owner_only(&mut options);
    options.open(path)?;
    place::restrict_file(path)
}

/// The reason a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Nothing was set up there.
    #[error(
        "there is no {} at {}. {}, or name the directory of one with --data-dir",
        layout.holds, path.display(), layout.begin
    )]
    Missing {
        /// The path that was checked.
        path: PathBuf,
        /// The layout that was expected there.
        layout: Layout,
    },
    /// It was set up, and has lost the file that says so.
    #[error(
        "the {} at {} has lost {missing}, and nothing was changed; restore it from a backup of \
         this directory", holds, path.display()
    )]
    Lost {
        /// The directory.
        path: PathBuf,
        /// The thing that it holds, such as `node`.
        holds: &'static str,
        /// The files that are missing, as a person reads them.
        missing: String,
    },
    /// Another process has it open.
    #[error(
        "another program is using the data directory {}; close it and try again", path.display()
    )]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The program that has it open does not answer.
    #[error(
        "{program} is running on {} and does not answer. It may be stopped or suspended, or this \
         computer is overloaded. Nothing was done. Let it go on, or end it and start it again",
        path.display()
    )]
    Silent {
        /// The directory.
        path: PathBuf,
        /// The program.
        program: &'static str,
    },
    /// A newer version of the program wrote it.
    #[error(
        "the data directory {} is of version {found}, written by a newer {program}; this one knows \
         versions up to {known}. Install the newer {program}; nothing was changed", path.display()
    )]
    NewerVersion {
        /// The directory.
        path: PathBuf,
        /// The program.
        program: &'static str,
        /// The version of its layout.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// It belongs to another program.
    #[error(
        "the data directory {} belongs to {found}, not to {program}; name another with --data-dir",
        path.display()
    )]
    OtherProgram {
        /// The directory.
        path: PathBuf,
        /// The program that owns it.
        found: String,
        /// The program that tried to open it.
        program: &'static str,
    },
    /// Its version file was overwritten.
    #[error(
        "the file `version` in {} is damaged; restore the data directory from a backup",
        path.display()
    )]
    Damaged {
        /// The directory.
        path: PathBuf,
    },
    /// The directory holds other files.
    #[error(
        "the directory {} holds other files; name an empty or a new one with --data-dir",
        path.display()
    )]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// Locks and flushes over a network cannot be trusted.
    #[error(
        "the data directory {} is on a network file system ({kind}), where a database gets \
         damaged; name a directory on this computer's own disk with --data-dir", path.display()
    )]
    OnNetwork {
        /// The directory.
        path: PathBuf,
        /// The file system.
        kind: &'static str,
    },
    /// A program that copies files in the background damages databases.
    #[error(
        "the data directory {} is in a folder that {service} copies to other computers, which \
         damages a database; name a directory outside it with --data-dir", path.display()
    )]
    Synchronised {
        /// The directory.
        path: PathBuf,
        /// The service that owns the folder.
        service: &'static str,
    },
    /// No space left. What was saved before is safe.
    #[error(
        "cannot {what} {}: the disk is full; everything saved before is safe. Free some space and \
         try again", path.display()
    )]
    Full {
        /// The operation that was tried.
        what: &'static str,
        /// The file or directory.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {what} {}", path.display())]
    Io {
        /// The operation that was tried.
        what: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The reason it failed.
        #[source]
        source: io::Error,
    },
}

fn failed(what: &'static str, path: &Path, source: io::Error) -> DataDirError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::StorageFull => DataDirError::Full { what, path },
        _ => DataDirError::Io { what, path, source },
    }
}

/// Makes the directory, unless it holds other files.
fn make(path: &Path, layout: Layout) -> Result<(), DataDirError> {
    fs::create_dir_all(path).map_err(|error| failed("create", path, error))?;
    let ours = [VERSION, BEGUN].iter().chain(layout.files);
    if ours.into_iter().any(|name| path.join(name).exists()) {
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(|error| failed("list", path, error))?;
    let foreign = entries.filter_map(Result::ok).any(|entry| {
        let name = entry.file_name();
        !ALLOWED_BEFORE_SETUP.iter().any(|allowed| name == *allowed)
    });
    if foreign {
        return Err(DataDirError::NotEmpty {
            path: path.to_owned(),
        });
    }
    Ok(())
}

/// Returns the files of a set-up that `dir` holds, the version aside.
fn found(dir: &Path, layout: Layout) -> Vec<&'static str> {
    let files = layout.files.iter().copied();
    files.filter(|name| dir.join(name).exists()).collect()
}

/// Returns the files of a set-up that `dir` has lost, if it has lost its version.
fn missing(dir: &Path, layout: Layout) -> Vec<&'static str> {
    let found = found(dir, layout);
    let files = layout.files.iter().copied();
    let files = files.filter(|name| !found.contains(name) && !layout.movable.contains(name));
    iter::once(VERSION).chain(files).collect()
}

/// Returns "the file `a`", or "the files `a`, `b`".
fn in_quotes(names: &[&str]) -> String {
    let noun = if names.len() == 1 { "file" } else { "files" };
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("the {noun} {}", names.join(", "))
}

fn lock(dir: &Path) -> Result<File, DataDirError> {
    let path = dir.join(LOCK);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let file = file.map_err(|error| failed("open", &path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DataDirError::InUse {
            path: dir.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(failed("lock", &path, error)),
    }
}

/// Whether the directory is new. Returns an error if its version is not ours to touch.
fn check_version(dir: &Path, layout: Layout) -> Result<bool, DataDirError> {
    let path = dir.join(VERSION);
    let Some(bytes) = read(&path).map_err(|error| failed("read", &path, error))? else {
        return Ok(true);
    };
    let text = String::from_utf8_lossy(&bytes);
    let path = dir.to_owned();
    let Some((found, version)) = text.trim().split_once(' ') else {
        return Err(DataDirError::Damaged { path });
    };
    let Ok(version) = version.parse::<u32>() else {
        return Err(DataDirError::Damaged { path });
    };
    if found != layout.program {
        return Err(DataDirError::OtherProgram {
            path,
            found: found.to_owned(),
            program: layout.program,
        });
    }
    if version > layout.version {
        return Err(DataDirError::NewerVersion {
            path,
            program: layout.program,
            found: version,
            known: layout.version,
        });
    }
    Ok(false)
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match file::read(path, limits::SECRET_BYTES_MAX) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        bytes => bytes.map(Some),
    }
}

/// Writes to a file beside it, flushes that, renames it over `path`, and flushes the directory.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(true);
    place::owner_only(&mut options);
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&beside, path)?;
    flush_directory(
        path.parent()
            .expect("files of a data directory are inside it"),
    )
}

const VERSION: &str = "version";
const LOCK: &str = "lock";
/// The mark of a set-up that is not complete, so that only what it left is begun again.
pub const BEGUN: &str = "begun";
/// Files that a directory may hold before it becomes a data directory.
const ALLOWED_BEFORE_SETUP: &[&str] = &["config.toml", "lost+found", LOCK];
