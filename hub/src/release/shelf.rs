//! The folder of published files: `releases/prevention/2026.1/`. A release is on it as a whole or
//! not at all: its files are written beside their place, flushed, and moved there by one rename.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use weft_host::data_dir::DataDir;
use weft_shared::{
    model::release::{Dataset, ReleaseId},
    release::{Manifest, manifest::MANIFEST},
    time::Timestamp,
};

use super::{acts::ReleaseRow, files::File};
use crate::limits::RELEASES_FOLDER;

/// The folder of published files.
#[derive(Clone, Debug)]
pub(crate) struct Shelf(PathBuf);

impl Shelf {
    pub(crate) fn of(data_dir: &DataDir) -> Self {
        Self(data_dir.path(RELEASES_FOLDER))
    }

    /// The folder of a release.
    pub(crate) fn folder(&self, id: &ReleaseId) -> PathBuf {
        self.dataset(&id.dataset).join(id.number.to_string())
    }

    fn dataset(&self, dataset: &Dataset) -> PathBuf {
        self.0.join(dataset.as_str())
    }

    /// Puts the files of a release in their place. What an interrupted publication left there is
    /// replaced: only a release that the store calls published is ever read.
    pub(super) fn put(&self, id: &ReleaseId, files: &[File], at: Timestamp) -> io::Result<()> {
        self.put_on(&mut Drive, id, (files, at))
    }

    /// Once this returns, the files survive a loss of power: the store calls them published then.
    fn put_on(
        &self,
        disk: &mut impl Disk,
        id: &ReleaseId,
        (files, at): (&[File], Timestamp),
    ) -> io::Result<()> {
        let (dataset, folder) = (self.dataset(&id.dataset), self.folder(id));
        let beside = dataset.join(format!(".{}.new", id.number));
        disk.remove(&beside)?;
        disk.create(&beside)?;
        let mtime = SystemTime::UNIX_EPOCH + since_1970(at);
        for file in files {
            let path = beside.join(&file.name);
            disk.write(&path, &file.bytes, mtime)?;
            disk.sync(&path)?;
        }
        disk.sync(&beside)?;
        disk.remove(&folder)?;
        disk.rename(&beside, &folder)?;
        disk.sync(&dataset)?;
        disk.sync(&self.0)?;
        // The first release makes this folder.
        self.0.parent().map_or(Ok(()), |parent| disk.sync(parent))
    }

    /// Takes a release away that was not published after all.
    pub(super) fn take_away(&self, id: &ReleaseId) -> io::Result<()> {
        Drive.remove(&self.folder(id))
    }

    /// The names of a release's files, sorted; none if it has no folder.
    pub(crate) fn names(&self, id: &ReleaseId) -> Vec<String> {
        let entries = fs::read_dir(self.folder(id))
            .into_iter()
            .flatten()
            .flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    /// The length of a file of a release in bytes.
    pub(crate) fn bytes(&self, id: &ReleaseId, name: &str) -> Option<u64> {
        Some(fs::metadata(self.folder(id).join(name)).ok()?.len())
    }

    /// Reads the manifest of a release; none if it is not the one that was published.
    pub(crate) fn manifest(&self, of: &ReleaseRow) -> Option<Manifest> {
        let text = String::from_utf8(self.file(&of.id, MANIFEST).ok()?).ok()?;
        let is_published = Some(Manifest::hash(&text)) == of.manifest;
        is_published.then(|| Manifest::decode(&text).ok())?
    }

    /// Reads a file of a release.
    pub(crate) fn file(&self, id: &ReleaseId, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.folder(id).join(name))
    }
}

fn since_1970(at: Timestamp) -> std::time::Duration {
    let seconds = u64::try_from(at.ms() / 1_000).unwrap_or_default();
    std::time::Duration::from_secs(seconds)
}

/// The steps of a publication on a disk. In tests the power fails after them.
trait Disk {
    /// Removes a folder with all in it, if there is one.
    fn remove(&mut self, folder: &Path) -> io::Result<()>;
    /// Makes a folder, and those above it.
    fn create(&mut self, folder: &Path) -> io::Result<()>;
    fn write(&mut self, path: &Path, bytes: &[u8], mtime: SystemTime) -> io::Result<()>;
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()>;
    /// Flushes the content of a file, or the names in a folder.
    fn sync(&mut self, path: &Path) -> io::Result<()>;
}

/// The computer's own disk.
struct Drive;

impl Disk for Drive {
    fn remove(&mut self, folder: &Path) -> io::Result<()> {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn create(&mut self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)
    }

    fn write(&mut self, path: &Path, bytes: &[u8], mtime: SystemTime) -> io::Result<()> {
        fs::write(path, bytes)?;
        let written = fs::File::options().write(true).open(path)?;
        written.set_modified(mtime)
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync(&mut self, path: &Path) -> io::Result<()> {
        match path.is_dir() {
            // Windows has no such call for folders.
            true if cfg!(not(unix)) => Ok(()),
            true => fs::File::open(path)?.sync_all(),
            false => fs::File::options().write(true).open(path)?.sync_all(),
        }
    }
}

#[cfg(test)]
mod tests;
