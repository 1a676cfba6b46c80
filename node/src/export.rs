//! Exports everything as plain files that need no Weft to be read.
//!
//! The files are written beside the directory and moved there at the end, so that an export is
//! either complete or absent.

mod csv;
mod documents;
mod json;
mod log;
pub(crate) mod shapes;
pub(crate) mod statements;
#[cfg(test)]
mod tests;
pub(crate) mod told;
pub(crate) mod values;

use std::{io, path::Path};

pub(crate) use self::log::{Checked, verify};

use weft_host::{
    failure::Failure,
    folder,
    list::{Column, Datum, List},
};
use weft_shared::{document::Told, identity::Device, model::schema::RecordKind, time::Timestamp};

use crate::{
    replica::{DocumentError, Replica},
    store::{Owner, touches::Touch},
    view::{AnswerRow, IndicatorRow, LineRow, ObservationRow, RecordRow},
};

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For spreadsheets.
    Csv,
    /// For programs.
    Json,
    /// The documents themselves, with their history.
    Automerge,
}

/// A file of the export.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Its path within the directory.
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

impl Format {
    /// Its name, as the command has it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Automerge => "automerge",
        }
    }
}

impl File {
    /// Its path within the directory.
    #[cfg(test)]
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Its content.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            bytes: bytes.into(),
        }
    }
}

/// Everything that people wrote, gathered from all documents.
pub(super) struct Content {
    code: Option<String>,
    name: Option<String>,
    /// `None` while the computer works alone, as is the code.
    network: Option<String>,
    at: Timestamp,
    indicators: Vec<IndicatorRow>,
    observations: Vec<ObservationRow>,
    records: Vec<(RecordKind, Vec<RecordRow>)>,
    lines: Vec<LineRow>,
    answers: Vec<AnswerRow>,
    devices: Vec<Device>,
    history: Vec<(Touch, Vec<Told>)>,
}

/// The location's devices, in files for spreadsheets and for programs.
const DEVICES: List<Device> = List::new(&[
    Column::new("number", |device: &Device| u64::from(device.dix.0).into()),
    Column::new("id", |device: &Device| Datum::text(device.id)),
    Column::new("name", |device: &Device| (&*device.name).into()),
    Column::new("role", |device: &Device| Datum::text(device.role)),
    Column::new("added", |device: &Device| device.added.into()),
    Column::new("revoked", |device: &Device| {
        device.sealed.map(|seal| seal.at).into()
    }),
]);

/// Builds the files of an export in `format`.
pub(crate) fn files(
    replica: &mut Replica,
    format: Format,
    now: Timestamp,
) -> Result<Vec<File>, DocumentError> {
    match format {
        Format::Csv => Ok(csv::files(&Content::gather(replica, now)?)),
        Format::Json => Ok(json::files(&Content::gather(replica, now)?)),
        Format::Automerge => documents::files(replica),
    }
}

/// Writes files into a directory that is empty or does not exist yet: all of them or none. Only the
/// person who exports may read them.
pub(crate) fn write(to: &Path, files: &[File]) -> Result<(), Failure> {
    let files = files.iter().map(|file| (&*file.path, &*file.bytes));
    folder::write(to, "export", &files.collect::<Vec<_>>())
}

/// Packs the files into one archive.
///
/// # Errors
/// If a file cannot be packed, which no file of an export should be.
pub(crate) fn archive(files: &[File]) -> Result<Vec<u8>, Failure> {
    let failed = |error: zip::result::ZipError| {
        Failure::failed(format_args!(
            "The archive could not be made ({error}). weft-node export --to DIR writes the same \
             files into a folder."
        ))
    };
    let mut archive = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    for file in files {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(&*file.path, options).map_err(failed)?;
        let written = io::Write::write_all(&mut archive, &file.bytes);
        written.map_err(|error| failed(error.into()))?;
    }
    Ok(archive.finish().map_err(failed)?.into_inner())
}

impl Content {
    fn gather(replica: &mut Replica, now: Timestamp) -> Result<Self, DocumentError> {
        let mut records = Vec::new();
        for kind in RecordKind::ALL {
            records.push((*kind, replica.records(*kind)?));
        }
        let devices = replica.roster(Owner::Location).devices();
        let devices = devices.cloned().collect();
        let history = replica.history(None)?;
        let told = replica.told(&history)?;
        let history = history.into_iter().zip(told).collect();
        Ok(Self {
            devices,
            code: replica.code().map(|code| code.to_string()),
            name: replica.place()?.map(|place| place.name),
            network: replica.membership().ok().map(|one| one.network.clone()),
            at: now,
            indicators: replica.indicators()?,
            observations: replica.observations(|_| true)?,
            records,
            lines: replica.lines()?,
            answers: match replica.is_alone() {
                true => Vec::new(),
                false => replica.answers()?,
            },
            history,
        })
    }
}
