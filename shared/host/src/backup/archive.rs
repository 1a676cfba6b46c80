//! The content of a backup: a tar archive, compressed with zstd. Its first file says what the
//! others are, so that a reader knows what to expect before it takes anything.
//!
//! The bytes may be anyone's. Nothing is read beyond what that list says: the names are plain, and
//! no header of tar can name a place outside.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read, Write},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};
use weft_shared::{id::Hasher, time::Timestamp};

use super::BackupError;
use crate::limits;

/// The list of what is in a backup.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of this form.
    pub format: u32,
    /// The program that made it, such as `weft-node`.
    pub program: String,
    /// The version of the layout of its data directory.
    pub layout: u32,
    /// The version of the program.
    pub version: String,
    /// When it was made.
    pub made: Timestamp,
    /// The location or network that it is of, in words.
    pub of: String,
    /// The files, in their order.
    pub files: Vec<Packed>,
}

/// A file of a backup.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packed {
    /// Its path in the data directory, with `/` between names.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// When it was written, in seconds since 1970.
    pub modified: u64,
}

/// A file that goes into a backup.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) path: PathBuf,
}

/// The version of the form that this program writes and reads.
pub(super) const FORMAT: u32 = 1;
/// The list, as a file of the archive.
const MANIFEST: &str = "manifest.json";

/// Writes an archive. Returns the hash over its files.
pub(super) fn write<W: Write>(
    to: W,
    manifest: &Manifest,
    sources: &[Source],
) -> Result<(W, [u8; 32]), BackupError> {
    let writing = BackupError::Write;
    let zstd = zstd::Encoder::new(to, zstd::DEFAULT_COMPRESSION_LEVEL).map_err(writing)?;
    let mut tar = tar::Builder::new(zstd);
    let list = serde_json::to_vec_pretty(manifest).expect("a list of names is JSON");
    let first = header(MANIFEST, list.len() as u64)?;
    tar.append(&first, &*list).map_err(writing)?;
    let mut hash = hasher();
    for (source, packed) in sources.iter().zip(&manifest.files) {
        let reading = |error| BackupError::Source(source.name.clone(), error);
        let file = File::open(&source.path).map_err(reading)?;
        begin(&mut hash, packed);
        let mut hashed = Hashed {
            from: file,
            hash: &mut hash,
            bytes: 0,
        };
        let of = header(&packed.name, packed.bytes)?;
        // One byte more shows that it grew.
        let taken = (&mut hashed).take(packed.bytes.saturating_add(1));
        tar.append(&of, taken).map_err(writing)?;
        if hashed.bytes != packed.bytes {
            return Err(BackupError::Changed(source.name.clone()));
        }
    }
    let zstd = tar.into_inner().map_err(writing)?;
    Ok((zstd.finish().map_err(writing)?, hash.finish()))
}

fn header(name: &str, bytes: u64) -> Result<tar::Header, BackupError> {
    let mut header = tar::Header::new_ustar();
    header.set_path(name).map_err(BackupError::Write)?;
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_entry_type(tar::EntryType::Regular);
    header.set_cksum();
    Ok(header)
}

/// Takes the next file of an archive, up to its end.
type Take<'t> = &'t mut dyn FnMut(&Packed, &mut dyn Read) -> Result<(), BackupError>;

/// Reads an archive to its end, and gives each file to `take`, which reads all of it. `is_fit` may
/// refuse the list before that. Returns the list, and the hash over the files.
pub(super) fn read(
    from: impl Read,
    is_fit: &dyn Fn(&Manifest) -> Result<(), BackupError>,
    take: Take<'_>,
) -> Result<(Manifest, [u8; 32]), BackupError> {
    let zstd = zstd::Decoder::new(from).map_err(BackupError::Read)?;
    let mut tar = tar::Archive::new(zstd);
    // Long names and other extensions of tar would be read into memory, whatever their length.
    let mut entries = tar.entries().map_err(damaged)?.raw(true);
    let mut first = entries
        .next()
        .ok_or(BackupError::Damaged)?
        .map_err(damaged)?;
    let manifest = manifest(&mut first)?;
    is_fit(&manifest)?;
    drop(first);
    let mut hash = hasher();
    for packed in &manifest.files {
        let mut entry = entries
            .next()
            .ok_or(BackupError::Damaged)?
            .map_err(damaged)?;
        if !is(&entry, &packed.name) || entry.size() != packed.bytes {
            return Err(BackupError::Damaged);
        }
        begin(&mut hash, packed);
        let mut hashed = Hashed {
            from: &mut entry,
            hash: &mut hash,
            bytes: 0,
        };
        take(packed, &mut hashed)?;
        if hashed.bytes != packed.bytes {
            return Err(BackupError::Damaged);
        }
    }
    if entries.next().is_some() {
        return Err(BackupError::Damaged);
    }
    // Only the end of the file shows that nothing of it is missing.
    let mut rest = tar.into_inner().take(limits::BACKUP_END_BYTES_MAX + 1);
    let more = io::copy(&mut rest, &mut io::sink()).map_err(damaged)?;
    match more > limits::BACKUP_END_BYTES_MAX {
        true => Err(BackupError::Damaged),
        false => Ok((manifest, hash.finish())),
    }
}

fn manifest<R: Read>(first: &mut tar::Entry<'_, R>) -> Result<Manifest, BackupError> {
    if !is(first, MANIFEST) || first.size() > limits::BACKUP_MANIFEST_BYTES_MAX {
        return Err(BackupError::Damaged);
    }
    let mut text = Vec::new();
    first.read_to_end(&mut text).map_err(damaged)?;
    // A later form may have other fields, and says so in this one.
    #[derive(Deserialize)]
    struct Form {
        format: u32,
    }
    let form: Form = serde_json::from_slice(&text).map_err(|_| BackupError::Damaged)?;
    if form.format != FORMAT {
        return Err(BackupError::Newer);
    }
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|_| BackupError::Damaged)?;
    let names: BTreeSet<&str> = manifest.files.iter().map(|one| &*one.name).collect();
    let all = manifest.files.len();
    if names.len() != all || all > limits::BACKUP_FILES_MAX || !names.iter().all(|one| plain(one)) {
        return Err(BackupError::Damaged);
    }
    Ok(manifest)
}

/// Whether a header is that of a plain file of this name.
fn is<R: Read>(entry: &tar::Entry<'_, R>, name: &str) -> bool {
    let header = entry.header();
    header.entry_type() == tar::EntryType::Regular && *header.path_bytes() == *name.as_bytes()
}

/// Whether a path leads to a place in the data directory, on every system.
pub(super) fn plain(path: &str) -> bool {
    let is_name = |name: &str| {
        let letters = |one: char| one.is_ascii_alphanumeric() || "._-".contains(one);
        (1..=limits::BACKUP_NAME_BYTES_MAX).contains(&name.len())
            && name.chars().all(letters)
            && !name.starts_with('.')
            && !name.ends_with('.')
    };
    path.split('/').count() <= limits::BACKUP_DEPTH_MAX && path.split('/').all(is_name)
}

/// Bytes that cannot be read are damaged, or were cut short.
fn damaged(error: io::Error) -> BackupError {
    use io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    match error.kind() {
        InvalidData | InvalidInput | Other | UnexpectedEof => BackupError::Damaged,
        _ => BackupError::Read(error),
    }
}

/// The error of reading a file of an archive.
pub(super) fn unread(error: io::Error) -> BackupError {
    damaged(error)
}

fn hasher() -> Hasher {
    Hasher::new("weft/backup/content/1")
}

fn begin(hash: &mut Hasher, packed: &Packed) {
    hash.add(packed.name.as_bytes());
    hash.add(&packed.bytes.to_be_bytes());
}

/// Bytes that are counted and hashed as they are read.
struct Hashed<'h, R> {
    from: R,
    hash: &'h mut Hasher,
    bytes: u64,
}

impl<R: Read> Read for Hashed<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(into)?;
        self.hash.add(&into[..n]);
        self.bytes += n as u64;
        Ok(n)
    }
}
