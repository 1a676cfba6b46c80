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

/// The folder of published files.
#[derive(Clone, Debug)]
pub(crate) struct Shelf(PathBuf);

impl Shelf {
    pub(crate) fn of(data_dir: &DataDir) -> Self {
        Self(data_dir.path("releases"))
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
        let (dataset, folder) = (self.dataset(&id.dataset), self.folder(id));
        let beside = dataset.join(format!(".{}.new", id.number));
        remove(&beside)?;
        fs::create_dir_all(&beside)?;
        let mtime = SystemTime::UNIX_EPOCH + since_1970(at);
        for file in files {
            let path = beside.join(&file.name);
            fs::write(&path, &file.bytes)?;
            let written = fs::File::options().write(true).open(&path)?;
            written.set_modified(mtime)?;
            written.sync_all()?;
        }
        sync(&beside)?;
        remove(&folder)?;
        fs::rename(&beside, &folder)?;
        sync(&dataset)?;
        sync(&self.0)?;
        // The first release makes this folder.
        self.0.parent().map_or(Ok(()), sync)
    }

    /// Takes a release away that was not published after all.
    pub(super) fn take_away(&self, id: &ReleaseId) -> io::Result<()> {
        remove(&self.folder(id))
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

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Flushes a folder, so that a rename in it survives a loss of power. Windows has no such call.
fn sync(folder: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => fs::File::open(folder)?.sync_all(),
        false => Ok(()),
    }
}
