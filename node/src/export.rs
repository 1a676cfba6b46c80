//! Leaving with everything: plain files that need no Weft to be read.
//!
//! The files are written beside the directory and moved there at the end, so that an export is
//! whole or not there at all.

mod csv;
mod documents;
mod json;
mod log;
#[cfg(test)]
mod tests;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub(crate) use self::log::verify;

use weft_shared::{model::schema::RecordKind, time::Timestamp};

use crate::{
    failure::Failure,
    replica::{DocumentError, Replica},
    store::{Owner, touches::Touch},
    view::{IndicatorRow, ObservationRow, RecordRow},
};

/// In which form.
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
    path: String,
    bytes: Vec<u8>,
}

impl File {
    fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            bytes: bytes.into(),
        }
    }
}

/// Everything that people wrote, put together from all documents.
pub(super) struct Content {
    code: String,
    name: Option<String>,
    network: String,
    at: Timestamp,
    indicators: Vec<IndicatorRow>,
    observations: Vec<ObservationRow>,
    records: Vec<(RecordKind, Vec<RecordRow>)>,
    devices: Vec<DeviceRow>,
    history: Vec<Touch>,
}

/// A device of the location.
pub(super) struct DeviceRow {
    number: u16,
    id: String,
    name: String,
    role: String,
    added: Timestamp,
    revoked: Option<Timestamp>,
}

/// The files of an export in `format`.
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

/// Writes files into a directory that does not exist yet, or is empty: all of them or none.
pub(crate) fn write(to: &Path, files: &[File]) -> Result<(), Failure> {
    let failed = |what: &str, path: &Path, error: io::Error| {
        Failure::failed(format_args!(
            "The export could not {what} {} ({error}). Nothing was exported; name another \
             directory with --to, or make room.",
            path.display()
        ))
    };
    if to.exists() && fs::read_dir(to).is_ok_and(|mut inside| inside.next().is_some()) {
        return Err(Failure::usage(format_args!(
            "{} holds files already. Name a directory that does not exist yet.",
            to.display()
        )));
    }
    let partial = beside(to);
    let written = (|| {
        fs::create_dir_all(&partial).map_err(|error| failed("create", &partial, error))?;
        for file in files {
            let path = partial.join(&file.path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(|error| failed("create", folder, error))?;
            }
            fs::write(&path, &file.bytes).map_err(|error| failed("write", &path, error))?;
        }
        if to.exists() {
            fs::remove_dir(to).map_err(|error| failed("replace", to, error))?;
        }
        fs::rename(&partial, to).map_err(|error| failed("move the files to", to, error))
    })();
    if written.is_err() {
        // What stays of it is marked as partial by its name.
        let _ = fs::remove_dir_all(&partial);
    }
    written
}

fn beside(to: &Path) -> PathBuf {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    to.with_file_name(name)
}

impl Content {
    fn gather(replica: &mut Replica, now: Timestamp) -> Result<Self, DocumentError> {
        let mut records = Vec::new();
        for kind in RecordKind::ALL {
            records.push((*kind, replica.records(*kind)?));
        }
        let devices = replica.roster(Owner::Location).devices();
        let devices = devices.map(|device| DeviceRow {
            number: device.dix.0,
            id: device.id.to_string(),
            name: device.name.clone(),
            role: device.role.to_string(),
            added: device.added,
            revoked: device.sealed.map(|seal| seal.at),
        });
        Ok(Self {
            devices: devices.collect(),
            code: replica.membership.code.to_string(),
            name: replica.place()?.map(|place| place.name),
            network: replica.membership.network.clone(),
            at: now,
            indicators: replica.indicators()?,
            observations: replica.observations(|_| true)?,
            records,
            history: replica.history(None)?,
        })
    }
}
