//! The signed log in an export. With it, anyone can check that no one changed the documents beside
//! it, without this program's data directory and without the hub.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::{Deserialize, Serialize};
use weft_host::{failure::Failure, file, output::plain};
use weft_shared::{
    document::Document,
    id::{BlobHash, DeviceIndex, DocName, Signature},
    identity::{Roster, SignedOperation, TeamKeys},
    log::{
        codec::Codec,
        entry::{Body, Entry, Header},
        gate::{Height, VoidCode},
    },
    model::schema::DocKind,
};

use super::File;
use crate::{
    limits::EXPORT_FILE_BYTES_MAX,
    replica::{DocumentError, Replica},
    store::{
        Owner,
        entries::{self, StoredEntry},
        rosters,
    },
    verify::{Check, Evidence, Verified},
};

/// The directories of the location's logs and of the hub's logs in an export.
const LOG: &str = "log";
const HUB_LOG: &str = "hub-log";
const MANIFEST: &str = "manifest.json";

/// A line of `roster.jsonl`.
#[derive(Debug, Deserialize, Serialize)]
struct OperationLine {
    operation: String,
}

/// A line of `N.jsonl`.
#[derive(Debug, Deserialize, Serialize)]
struct EntryLine {
    dseq: u64,
    hash: String,
    void: Option<u8>,
    header: String,
    bodies: Vec<BodyLine>,
    /// The device's signature over the hash, if one was made here.
    tip: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
struct BodyLine {
    codec: u8,
    bytes: String,
}

/// The parts of `manifest.json` that are read back.
#[derive(Debug, Deserialize)]
struct DocumentLine {
    name: String,
    epoch: u32,
    of: String,
    file: String,
    dump: String,
}

/// Builds the files of rosters and logs, for the location and the hub, with one JSON object a line.
pub(super) fn files(replica: &Replica) -> Result<Vec<File>, DocumentError> {
    let mut files = files_of(replica, Owner::Location, LOG)?;
    // Nothing of the hub has arrived before the first exchange with it.
    if !replica.roster(Owner::Hub).is_empty() {
        files.extend(files_of(replica, Owner::Hub, HUB_LOG)?);
    }
    Ok(files)
}

fn files_of(replica: &Replica, owner: Owner, folder: &str) -> Result<Vec<File>, DocumentError> {
    let db = &replica.store().reader;
    let operations = rosters::operations(db, owner.lix(), 0)?;
    let operations = operations.iter().map(|bytes| OperationLine {
        operation: HEXLOWER.encode(bytes),
    });
    let mut files = vec![File::new(
        format!("{folder}/roster.jsonl"),
        lines(operations),
    )];
    for (dix, log) in replica.logs(owner) {
        let mut tips = BTreeMap::new();
        let mut from = 1;
        while let Some((dseq, tip)) = entries::tip_from(db, owner.lix(), *dix, from)? {
            tips.insert(dseq, tip);
            from = dseq + 1;
        }
        let mut text = Vec::new();
        for dseq in 1..=log.height.dseq {
            if let Some(stored) = entries::one(db, owner.lix(), *dix, dseq)? {
                let line = EntryLine::of(stored, tips.get(&dseq));
                text.extend(lines(std::iter::once(line)));
            }
        }
        files.push(File::new(format!("{folder}/{dix}.jsonl"), text));
    }
    Ok(files)
}

impl EntryLine {
    fn of(stored: StoredEntry, tip: Option<&Signature>) -> Self {
        let entry = stored.entry;
        let bodies = entry.bodies.iter().map(|body| BodyLine {
            codec: body.codec.number(),
            bytes: HEXLOWER.encode(&body.bytes),
        });
        Self {
            dseq: entry.header.dseq,
            hash: entry.hash.to_string(),
            void: stored.void.map(VoidCode::number),
            header: HEXLOWER.encode(&entry.header.encode()),
            bodies: bodies.collect(),
            tip: tip.map(|tip| HEXLOWER.encode(tip.as_bytes())),
        }
    }

    fn read(self) -> Option<(StoredEntry, Option<Signature>)> {
        let header =
            Header::decode(&HEXLOWER_PERMISSIVE.decode(self.header.as_bytes()).ok()?).ok()?;
        let bodies = self.bodies.into_iter().map(|body| {
            Some(Body {
                codec: Codec::from_number(body.codec)?,
                bytes: HEXLOWER_PERMISSIVE.decode(body.bytes.as_bytes()).ok()?,
            })
        });
        let tip = match self.tip {
            Some(tip) => Some(Signature::new(
                HEXLOWER_PERMISSIVE
                    .decode(tip.as_bytes())
                    .ok()?
                    .try_into()
                    .ok()?,
            )),
            None => None,
        };
        let entry = Entry {
            hash: self.hash.parse().ok()?,
            header,
            bodies: bodies.collect::<Option<_>>()?,
        };
        let stored = StoredEntry {
            hub_seq: 0,
            entry,
            void: self.void.map(VoidCode::from_number),
            tip,
        };
        Some((stored, tip))
    }
}

/// The keys in an export: its sealed entries stay sealed.
static NO_KEYS: TeamKeys = TeamKeys::NONE;

/// Behind the hash in the name of a file with words that were sealed.
pub(super) const SEALED: &str = "sealed";

/// An export read from disk.
struct Export {
    roster: Roster,
    logs: BTreeMap<DeviceIndex, BTreeMap<u64, StoredEntry>>,
    tips: BTreeMap<DeviceIndex, (u64, Signature)>,
}

/// The result of checking an export.
pub(crate) struct Checked {
    /// The id of the location whose root signed the roster. People compare it with the one they
    /// know; there is none to compare where the node itself is checked.
    pub(crate) location: Option<String>,
    pub(crate) verified: Verified,
    /// Files that no signature covers.
    pub(crate) not_covered: Vec<String>,
}

/// Checks an export in `automerge` form: logs, documents with their texts, words, and what the hub
/// signed.
pub(crate) fn verify(folder: &Path) -> Result<Checked, Failure> {
    let path = folder.join(MANIFEST);
    if !path.exists() {
        return Err(Failure::usage(format_args!(
            "There is no export in {}: it has no file {MANIFEST}. Give --from the directory that \
             weft-node export --format automerge wrote, whole.",
            folder.display()
        )));
    }
    let manifest: Vec<DocumentLine> =
        serde_json::from_slice(&read(&path)?).map_err(|_| unreadable(&path))?;
    let mut covered = BTreeSet::new();
    let mut check = Check::default();
    let location = check_side(folder, LOG, &manifest, &mut check, &mut covered)?;
    if folder.join(HUB_LOG).exists() {
        let mut hub = Check::default();
        check_side(folder, HUB_LOG, &manifest, &mut hub, &mut covered)?;
        for one in hub.verified.exceptions {
            check.complain(one.log, one.entry, format!("of the hub: {}", one.what));
        }
    }
    check_words(folder, &mut check, &mut covered)?;
    Ok(Checked {
        location: Some(location),
        verified: check.verified,
        not_covered: others(folder, &covered),
    })
}

/// Checks the logs in the directory `log`, and the documents that they cover.
fn check_side(
    folder: &Path,
    log: &str,
    manifest: &[DocumentLine],
    check: &mut Check,
    covered: &mut BTreeSet<PathBuf>,
) -> Result<String, Failure> {
    let of = if log == LOG { "location" } else { "hub" };
    let export = Export::read(&folder.join(log), covered)?;
    let location = export.roster.location();
    let Ok(()) = check.logs(&export);
    for line in manifest.iter().filter(|line| line.of == of) {
        let name = DocName {
            name: line.name.clone(),
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
        covered.extend([&line.file, &line.dump].map(|file| folder.join(file)));
    }
    Ok(location.to_string())
}

/// Returns the files of an export that are not `covered`, by their paths in it.
fn others(folder: &Path, covered: &BTreeSet<PathBuf>) -> Vec<String> {
    let mut others = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inside) = folders.pop() {
        for entry in fs::read_dir(&inside).into_iter().flatten().flatten() {
            let path = entry.path();
            // Links are never followed: in another person's folder one may form a loop.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if !covered.contains(&path) {
                let name = path.strip_prefix(folder).unwrap_or(&path);
                others.push(name.display().to_string());
            }
        }
    }
    others.sort();
    others
}

/// Checks the words of insights: each file is named by the hash of its salt and words. Words that
/// were sealed are left out, because their hash is that of the sealed form.
fn check_words(
    folder: &Path,
    check: &mut Check,
    covered: &mut BTreeSet<PathBuf>,
) -> Result<(), Failure> {
    let Ok(inside) = fs::read_dir(folder.join("words")) else {
        return Ok(());
    };
    let mut paths: Vec<PathBuf> = inside.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let (hash, salt) = stem.split_once('-').unwrap_or_default();
        if salt == SEALED {
            continue;
        }
        let salt = u128::from_str_radix(salt, 16).unwrap_or_default();
        let blob = [&salt.to_be_bytes()[..], &read(&path)?].concat();
        if hash != BlobHash::of(&blob).to_string() {
            let what = format!("{} holds other words than its name says", path.display());
            check.complain(None, None, what);
        }
        covered.insert(path);
    }
    Ok(())
}

impl Export {
    fn read(folder: &Path, covered: &mut BTreeSet<PathBuf>) -> Result<Self, Failure> {
        let path = folder.join("roster.jsonl");
        covered.insert(path.clone());
        let mut operations = Vec::new();
        for line in parse::<OperationLine>(&path)? {
            let bytes = HEXLOWER_PERMISSIVE
                .decode(line.operation.as_bytes())
                .map_err(|_| unreadable(&path))?;
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
        let inside = fs::read_dir(folder).map_err(|_| unreadable(&path))?;
        for path in inside.flatten().map(|entry| entry.path()) {
            let stem = path
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned());
            let dix = stem.and_then(|stem| stem.parse().ok()).map(DeviceIndex);
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
            covered.insert(path);
        }
        Ok(export)
    }
}

impl Evidence for Export {
    type Error = std::convert::Infallible;

    fn roster(&self) -> &Roster {
        &self.roster
    }

    fn logs(&self) -> Vec<(DeviceIndex, Height)> {
        let last = |log: &BTreeMap<u64, StoredEntry>| {
            log.last_key_value()
                .map_or(Height::ZERO, |(dseq, stored)| Height {
                    dseq: *dseq,
                    hash: stored.entry.hash,
                })
        };
        let logs = self.logs.iter();
        logs.map(|(dix, log)| (*dix, last(log))).collect()
    }

    fn entry(&self, dix: DeviceIndex, dseq: u64) -> Result<Option<StoredEntry>, Self::Error> {
        let log = self.logs.get(&dix);
        Ok(log.and_then(|log| log.get(&dseq)).cloned())
    }

    fn last_tip(&self, dix: DeviceIndex) -> Result<Option<(u64, Signature)>, Self::Error> {
        Ok(self.tips.get(&dix).copied())
    }

    /// An export has what a team sealed as it is at the hub, and no key to it.
    fn keys(&self) -> &TeamKeys {
        &NO_KEYS
    }

    /// Only the export itself says which device wrote it.
    fn may_be_unsigned(&self, _: DeviceIndex) -> bool {
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
