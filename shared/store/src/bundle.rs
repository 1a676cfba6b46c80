//! Bundles as files: written from a store, and taken in piece by piece by the same questions that a
//! session asks, so that everything in one passes the gate.

mod apply;
#[cfg(test)]
mod tests;

use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Write},
    path::{Path, PathBuf},
};

use weft_host::{file, random::random_hex};
use weft_shared::{
    id::{DeviceIndex, LocationId},
    sync::{
        Event, Outgoing, Ticket,
        bundle::{self, About, BadBundle, BundleReader, MAGIC, Piece},
    },
    wire::{limits::BATCH_BYTES_AIM, message::Scope},
};

pub use self::apply::{Carried, Takes, apply};
use crate::{LocationRow, StoreError, host::HostReply, logs, rosters};

/// The ticket of a question that no session asked.
const TICKET: Ticket = Ticket(0);
/// The most that a bundle holds, once it is inflated.
const BUNDLE_BYTES_MAX: u64 = 1 << 30;
const ZSTD_LEVEL: i32 = 3;

/// Why a bundle was not written or read. Nothing was taken from it.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A file is there already.
    #[error("there is a file {} already; give another name", .0.display())]
    Exists(PathBuf),
    /// The file cannot be read or written.
    #[error("the file {} cannot be used: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        why: String,
    },
    /// It is no bundle, or a damaged one.
    #[error("{} cannot be used: {why}", path.display())]
    Bad {
        /// The file.
        path: PathBuf,
        /// The fault.
        why: BadBundle,
    },
    /// It ends too early.
    #[error(
        "{} was cut short, or is still being copied: copy it again, whole",
        .0.display()
    )]
    Short(PathBuf),
    /// It holds more than a bundle may.
    #[error(
        "{} holds more than {} MiB, which no bundle does",
        .0.display(),
        BUNDLE_BYTES_MAX >> 20
    )]
    TooLarge(PathBuf),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The numbers of what a bundle holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Entries of the location's devices.
    pub entries: u64,
    /// The hub's own entries.
    pub of_hub: u64,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Writes the logs and rosters of a node's store as a new file at `path`. `ask` answers questions
/// as it answers a session's: it signs the node's own log.
///
/// # Errors
/// If there is such a file, it cannot be written, or the store fails: no file is left.
pub fn create(
    path: &Path,
    about: &About,
    conn: &rusqlite::Connection,
    ask: &mut dyn FnMut(Event) -> Result<HostReply, StoreError>,
) -> Result<Held, BundleError> {
    if path.exists() {
        return Err(BundleError::Exists(path.to_owned()));
    }
    // A name that nothing else has, beside the file that it becomes.
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.part", random_hex::<8>()));
    let part = PathBuf::from(part);
    let failed = |error: io::Error| BundleError::File {
        path: path.to_owned(),
        why: error.to_string(),
    };
    let written = match write_to(&part, about, conn, ask) {
        Ok(held) => fs::rename(&part, path).map(|()| held).map_err(failed),
        // People know the file by the name that they gave.
        Err(BundleError::File { why, .. }) => Err(BundleError::File {
            path: path.to_owned(),
            why,
        }),
        Err(other) => Err(other),
    };
    if written.is_err() {
        // It is worth nothing; if it cannot be removed, its name says so.
        let _left = fs::remove_file(&part);
    }
    written
}

fn write_to(
    path: &Path,
    about: &About,
    conn: &rusqlite::Connection,
    ask: &mut dyn FnMut(Event) -> Result<HostReply, StoreError>,
) -> Result<Held, BundleError> {
    let failed = |error: io::Error| BundleError::File {
        path: path.to_owned(),
        why: error.to_string(),
    };
    let mut file = file::create_new_private(path).map_err(failed)?;
    file.write_all(MAGIC).map_err(failed)?;
    let mut out = zstd::stream::Encoder::new(file, ZSTD_LEVEL).map_err(failed)?;
    out.include_checksum(true).map_err(failed)?;
    let mut held = Held::default();
    let mut bytes = Vec::new();
    about.write(&mut bytes);
    for (scope, location, lix) in [
        (Scope::Zero, about.zero, LocationRow::ZERO),
        (Scope::Own, about.location, LocationRow::OWN),
    ] {
        bundle::write_roster(scope, &rosters::signed(conn, lix, 0)?, &mut bytes);
        for (dix, _) in logs::logs(conn, lix)? {
            let mut from = 1;
            while let Some(outgoing) = load(ask, location, (dix, from))? {
                let count = outgoing.entries.len() as u64;
                from += count;
                match scope {
                    Scope::Zero => held.of_hub += count,
                    Scope::Own => held.entries += count,
                }
                bundle::write_entries((scope, dix), outgoing, &mut bytes);
                out.write_all(&bytes).map_err(failed)?;
                bytes.clear();
            }
        }
    }
    bundle::write_end(&mut bytes);
    out.write_all(&bytes).map_err(failed)?;
    let file = out.finish().map_err(failed)?;
    file.sync_all().map_err(failed)?;
    held.bytes = file.metadata().map_err(failed)?.len();
    Ok(held)
}

/// The next entries of a log, if there are more.
fn load(
    ask: &mut dyn FnMut(Event) -> Result<HostReply, StoreError>,
    location: LocationId,
    (dix, from_dseq): (DeviceIndex, u64),
) -> Result<Option<Outgoing>, StoreError> {
    let load = Event::Load {
        ticket: TICKET,
        location,
        dix,
        from_dseq,
        bytes_aim: BATCH_BYTES_AIM,
    };
    match ask(load)? {
        HostReply::Loaded(_, outgoing) => {
            let ends = outgoing.entries.is_empty() || outgoing.tip.is_none();
            Ok((!ends).then_some(outgoing))
        }
        HostReply::Failed(error) => Err(error),
        _ => Err(StoreError::Damaged("entries")),
    }
}

/// A bundle that was read once from its beginning to its end.
#[derive(Debug)]
pub struct Bundle {
    path: PathBuf,
    /// Whose it is.
    pub about: About,
}

impl Bundle {
    /// Reads a file whole, so that a damaged one is refused before anything is taken from it.
    ///
    /// # Errors
    /// If it cannot be read, or is no whole bundle.
    pub fn open(path: &Path) -> Result<Self, BundleError> {
        let mut pieces = Pieces::open(path)?;
        let mut ended = false;
        for piece in &mut pieces {
            ended = piece? == Piece::End;
        }
        let short = || BundleError::Short(path.to_owned());
        Ok(Self {
            path: path.to_owned(),
            about: pieces.about.filter(|_| ended).ok_or_else(short)?,
        })
    }

    /// Reads it again, piece by piece.
    ///
    /// # Errors
    /// If the file has changed meanwhile.
    pub fn pieces(&self) -> Result<Pieces, BundleError> {
        Pieces::open(&self.path)
    }
}

/// The pieces of a bundle, in their order.
pub struct Pieces {
    path: PathBuf,
    file: zstd::stream::Decoder<'static, BufReader<File>>,
    reader: BundleReader,
    about: Option<About>,
    left: u64,
    over: bool,
}

impl std::fmt::Debug for Pieces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pieces")
            .field("about", &self.about)
            .finish_non_exhaustive()
    }
}

impl Pieces {
    fn open(path: &Path) -> Result<Self, BundleError> {
        let failed = |error: io::Error| BundleError::File {
            path: path.to_owned(),
            why: error.to_string(),
        };
        let other = || BundleError::Bad {
            path: path.to_owned(),
            why: BadBundle::Other,
        };
        let mut file = file::open_regular(path).map_err(failed)?;
        let mut magic = [0; MAGIC.len()];
        file.read_exact(&mut magic).map_err(|_| other())?;
        if magic != MAGIC {
            return Err(other());
        }
        Ok(Self {
            path: path.to_owned(),
            file: zstd::stream::Decoder::new(file).map_err(failed)?,
            reader: BundleReader::default(),
            about: None,
            left: BUNDLE_BYTES_MAX,
            over: false,
        })
    }

    fn bad(&self, why: BadBundle) -> BundleError {
        BundleError::Bad {
            path: self.path.clone(),
            why,
        }
    }

    /// Reads on until there is a piece, or the end.
    fn advance(&mut self) -> Result<Option<Piece>, BundleError> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            if self.about.is_none() {
                self.about = self.reader.about().map_err(|why| self.bad(why))?;
            }
            if self.about.is_some()
                && let Some(piece) = self.reader.piece().map_err(|why| self.bad(why))?
            {
                return Ok(Some(piece));
            }
            let read = match self.file.read(&mut buffer) {
                Ok(0) => return Ok(None),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(BundleError::Short(self.path.clone()));
                }
                Err(error) => {
                    return Err(BundleError::File {
                        path: self.path.clone(),
                        why: error.to_string(),
                    });
                }
            };
            self.left = self.left.saturating_sub(read as u64);
            if self.left == 0 {
                return Err(BundleError::TooLarge(self.path.clone()));
            }
            self.reader.push(&buffer[..read]);
        }
    }
}

impl Iterator for Pieces {
    type Item = Result<Piece, BundleError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let next = self.advance();
        self.over = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}
