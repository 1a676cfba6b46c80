//! The signed log in an export: everything that is needed to check, without this program's data
//! directory and without the hub, that nobody changed the documents beside it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use weft_host::{file, output::plain};
use weft_shared::{
    document::Document,
    id::{BlobHash, Dix, DocName, Signature},
    identity::{Roster, SignedOperation},
    log::{
        codec::Codec,
        entry::{Body, Entry, Header},
        gate::Height,
    },
    model::schema::DocKind,
};

use super::File;
use crate::{
    failure::Failure,
    limits::EXPORT_FILE_BYTES_MAX,
    replica::{DocumentError, Replica},
    store::{Owner, entries, entries::Stored, roster},
    verify::{Check, Evidence, Verified},
};

/// A line of `log/roster.jsonl`.
#[derive(Debug, Deserialize, Serialize)]
struct OperationLine {
    operation: String,
}

/// A line of `log/N.jsonl`.
#[derive(Debug, Deserialize, Serialize)]
struct EntryLine {
    dseq: u64,
    hash: String,
    void: Option<u8>,
    header: String,
    bodies: Vec<BodyLine>,
    /// The device's signature over the hash, where one was made here.
    tip: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
struct BodyLine {
    codec: u8,
    bytes: String,
}

/// What of `manifest.json` is read again.
#[derive(Debug, Deserialize)]
struct DocumentLine {
    name: String,
    epoch: u32,
    of: String,
    file: String,
    dump: String,
}

/// The roster and the logs of the location, one JSON object a line.
pub(super) fn files(replica: &Replica) -> Result<Vec<File>, DocumentError> {
    let db = &replica.store().reader;
    let operations = roster::operations(db, Owner::Location, 0)?;
    let operations = operations.iter().map(|bytes| OperationLine {
        operation: hex(bytes),
    });
    let mut files = vec![File::new("log/roster.jsonl", lines(operations))];
    for (dix, log) in replica.logs(Owner::Location) {
        let mut tips = BTreeMap::new();
        let mut from = 1;
        while let Some((dseq, tip)) = entries::tip_from(db, Owner::Location, *dix, from)? {
            tips.insert(dseq, tip);
            from = dseq + 1;
        }
        let mut text = Vec::new();
        for dseq in 1..=log.height.dseq {
            if let Some(stored) = entries::one(db, Owner::Location, *dix, dseq)? {
                let line = EntryLine::of(stored, tips.get(&dseq));
                text.extend(lines(std::iter::once(line)));
            }
        }
        files.push(File::new(format!("log/{dix}.jsonl"), text));
    }
    Ok(files)
}

impl EntryLine {
    fn of(stored: Stored, tip: Option<&Signature>) -> Self {
        let entry = stored.entry;
        let bodies = entry.bodies.iter().map(|body| BodyLine {
            codec: body.codec.number(),
            bytes: hex(&body.bytes),
        });
        Self {
            dseq: entry.header.dseq,
            hash: entry.hash.to_string(),
            void: stored.void,
            header: hex(&entry.header.encode()),
            bodies: bodies.collect(),
            tip: tip.map(|tip| hex(tip.as_bytes())),
        }
    }

    fn read(self) -> Option<(Stored, Option<Signature>)> {
        let header = Header::decode(&unhex(&self.header)?).ok()?;
        let bodies = self.bodies.into_iter().map(|body| {
            Some(Body {
                codec: Codec::from_number(body.codec)?,
                bytes: unhex(&body.bytes)?,
            })
        });
        let tip = match self.tip {
            Some(tip) => Some(Signature::new(unhex(&tip)?.try_into().ok()?)),
            None => None,
        };
        let entry = Entry {
            hash: self.hash.parse().ok()?,
            header,
            bodies: bodies.collect::<Option<_>>()?,
        };
        let void = self.void;
        Some((Stored { entry, void }, tip))
    }
}

/// An export as it lies on a disk.
struct Export {
    roster: Roster,
    logs: BTreeMap<Dix, BTreeMap<u64, Stored>>,
    tips: BTreeMap<Dix, (u64, Signature)>,
}

/// Checks an export of the form `automerge`: logs, documents, their texts and the words. Gives the
/// id of the location whose root signed the roster, for people to compare with the one they know.
pub(crate) fn verify(folder: &Path) -> Result<(String, Verified), Failure> {
    let export = Export::read(folder)?;
    let location = export.roster.location();
    let mut check = Check::default();
    let Ok(()) = check.logs(&export);
    let manifest = read(&folder.join("manifest.json"))?;
    let manifest: Vec<DocumentLine> =
        serde_json::from_slice(&manifest).map_err(|_| unreadable(&folder.join("manifest.json")))?;
    for line in manifest.into_iter().filter(|line| line.of == "location") {
        let name = DocName {
            name: line.name,
            epoch: line.epoch,
        };
        if name.name.parse() == Ok(DocKind::Team) {
            continue;
        }
        let saved = read(&folder.join(&line.file))?;
        match Document::load(&location, &name, &saved) {
            Ok(document) => {
                check.document(&document);
                if read(&folder.join(&line.dump))? != document.dump().into_bytes() {
                    let what = format!("{} is not what the document {name} says", line.dump);
                    check.complain(None, None, what);
                }
            }
            Err(error) => check.complain(None, None, format!("{}: {error}", line.file)),
        }
    }
    check_words(folder, &mut check)?;
    Ok((location.to_string(), check.verified))
}

/// The words of insights are named by their hash and what goes before them in it.
fn check_words(folder: &Path, check: &mut Check) -> Result<(), Failure> {
    let Ok(inside) = fs::read_dir(folder.join("words")) else {
        return Ok(());
    };
    let mut paths: Vec<PathBuf> = inside.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let (hash, salt) = stem.split_once('-').unwrap_or_default();
        let salt = u128::from_str_radix(salt, 16).unwrap_or_default();
        let blob = [&salt.to_be_bytes()[..], &read(&path)?].concat();
        if hash != BlobHash::of(&blob).to_string() {
            let what = format!("{} holds other words than its name says", path.display());
            check.complain(None, None, what);
        }
    }
    Ok(())
}

impl Export {
    fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("log").join("roster.jsonl");
        let mut operations = Vec::new();
        for line in parse::<OperationLine>(&path)? {
            let bytes = unhex(&line.operation).ok_or_else(|| unreadable(&path))?;
            let operation = SignedOperation::decode(&bytes).map_err(|_| unreadable(&path))?;
            operations.push(operation);
        }
        let first = operations.first().ok_or_else(|| unreadable(&path))?;
        let roster = Roster::replay(first.slot.location, &operations).map_err(|(at, error)| {
            Failure::failed(format_args!(
                "The roster in {} does not hold at operation {at}: {error}. Nothing below it can \
                 be trusted.",
                path.display()
            ))
        })?;
        let mut export = Self {
            roster,
            logs: BTreeMap::new(),
            tips: BTreeMap::new(),
        };
        let inside = fs::read_dir(folder.join("log")).map_err(|_| unreadable(&path))?;
        for path in inside.flatten().map(|entry| entry.path()) {
            let stem = path
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned());
            let dix = stem.and_then(|stem| stem.parse().ok()).map(Dix);
            let Some(dix) = dix else {
                continue;
            };
            let mut log = BTreeMap::new();
            for line in parse::<EntryLine>(&path)? {
                let dseq = line.dseq;
                let (stored, tip) = line.read().ok_or_else(|| unreadable(&path))?;
                log.insert(dseq, stored);
                if let Some(tip) = tip {
                    export.tips.insert(dix, (dseq, tip));
                }
            }
            export.logs.insert(dix, log);
        }
        Ok(export)
    }
}

impl Evidence for Export {
    type Error = std::convert::Infallible;

    fn roster(&self) -> &Roster {
        &self.roster
    }

    fn logs(&self) -> Vec<(Dix, Height)> {
        let last = |log: &BTreeMap<u64, Stored>| {
            log.last_key_value()
                .map_or(Height::ZERO, |(dseq, stored)| Height {
                    dseq: *dseq,
                    hash: stored.entry.hash,
                })
        };
        let logs = self.logs.iter();
        logs.map(|(dix, log)| (*dix, last(log))).collect()
    }

    fn entry(&self, dix: Dix, dseq: u64) -> Result<Option<Stored>, Self::Error> {
        let log = self.logs.get(&dix);
        Ok(log.and_then(|log| log.get(&dseq)).cloned())
    }

    fn last_tip(&self, dix: Dix) -> Result<Option<(u64, Signature)>, Self::Error> {
        Ok(self.tips.get(&dix).copied())
    }

    /// Which device wrote the export is nobody's word but the export's.
    fn may_be_unsigned(&self, _: Dix) -> bool {
        true
    }
}

fn parse<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Vec<T>, Failure> {
    let bytes = read(path)?;
    let lines = bytes.split(|byte| *byte == b'\n');
    let lines = lines.filter(|line| !line.is_empty());
    let parsed: Result<_, _> = lines.map(serde_json::from_slice).collect();
    parsed.map_err(|_| unreadable(path))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    file::read(path, EXPORT_FILE_BYTES_MAX).map_err(|error| {
        Failure::failed(format_args!(
            "{} cannot be read ({}). Give --from the directory that weft-node export --format \
             automerge wrote, whole.",
            path.display(),
            plain(&error)
        ))
    })
}

fn unreadable(path: &Path) -> Failure {
    Failure::failed(format_args!(
        "{} is not what an export holds: it was cut off, or changed. Nothing was proved.",
        path.display()
    ))
}

fn lines(of: impl Iterator<Item = impl Serialize>) -> Vec<u8> {
    let mut text = Vec::new();
    for line in of {
        serde_json::to_writer(&mut text, &line).expect("strings and numbers are JSON");
        text.push(b'\n');
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |one: u8| char::from(one).to_digit(16);
    let byte = |pair: &[u8; 2]| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok();
    let bytes = pairs.iter().map(byte).collect();
    if rest.is_empty() { bytes } else { None }
}
