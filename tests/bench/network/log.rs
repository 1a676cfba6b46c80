//! Logs of single-change entries, made before anything is measured.

use anyhow::{Context as _, Result};
use weft_host::{clock, random::random_bytes};
use weft_shared::{
    document::Document,
    id::{DeviceId, DocName, RecordId},
    identity::DeviceKey,
    log::{
        entry::{Entry, HEADER_VERSION, Header, RunChanges, Tip, seen_hash},
        gate::Height,
    },
    model::{
        Audience,
        record::{FieldValue, Fields},
        schema::RecordKind,
    },
};

use crate::device::Device;

/// The contents of a log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// The number of the first document. Devices of one location write to different documents.
    pub(crate) first_document: usize,
    /// Number of documents.
    pub(crate) documents: usize,
    /// Changes in each.
    pub(crate) changes: usize,
    /// Changes in one entry.
    pub(crate) changes_per_entry: usize,
}

/// A device's log, in memory.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Its entries, starting with number 1.
    pub(crate) entries: Vec<Entry>,
    /// Signatures over each of them, if made in advance.
    tips: Vec<Tip>,
}

impl Log {
    /// Makes a log that is signed as it is sent.
    pub(crate) const fn of(entries: Vec<Entry>) -> Self {
        Self {
            entries,
            tips: Vec::new(),
        }
    }

    /// Signs each entry separately, like a device that saves one thing at a time.
    pub(crate) fn sign_each(&mut self, key: &DeviceKey) {
        let sign = |entry: &Entry| Tip::sign(key, entry.header.dseq, entry.hash);
        self.tips = self.entries.iter().map(sign).collect();
    }

    /// Returns the signature over `entry`.
    pub(crate) fn tip(&self, key: &DeviceKey, entry: &Entry) -> Tip {
        let (dseq, hash) = (entry.header.dseq, entry.hash);
        let made = usize::try_from(dseq - 1)
            .ok()
            .and_then(|at| self.tips.get(at));
        made.cloned().unwrap_or_else(|| Tip::sign(key, dseq, hash))
    }
}

/// Makes the device's log: each change renames an initiative.
pub(crate) fn make(device: &Device, shape: Shape) -> Result<Log> {
    let mut log = Vec::with_capacity(shape.documents * shape.changes / shape.changes_per_entry);
    let mut tip = Height::ZERO;
    for number in 0..shape.documents {
        let mut writer = Writer::new(device, shape.first_document + number)?;
        for first in (0..shape.changes).step_by(shape.changes_per_entry) {
            let last = (first + shape.changes_per_entry).min(shape.changes);
            let changes = (first..last)
                .map(|at| writer.change(at))
                .collect::<Result<_>>()?;
            let run = RunChanges {
                doc: *writer.document.id(),
                name: (first == 0).then(|| writer.name.clone()),
                n: 0,
                changes,
            };
            let context = Header {
                version: HEADER_VERSION,
                runs: Vec::new(),
                location: device.location,
                device: device.key.id(),
                dseq: tip.dseq + 1,
                prev: tip.hash,
                roster: device.roster.head(),
                seen: seen_hash(std::iter::empty()),
                created: clock::now(),
            };
            let entry = Entry::compose(context, vec![run])?;
            tip = Height {
                dseq: entry.header.dseq,
                hash: entry.hash,
            };
            log.push(entry);
        }
    }
    Ok(Log::of(log))
}

/// Writes to one plan document: the first change makes an initiative, each later one renames it.
struct Writer {
    name: DocName,
    document: Document,
    author: DeviceId,
    initiative: RecordId,
}

impl Writer {
    fn new(device: &Device, number: usize) -> Result<Self> {
        let name = match number {
            0 => "plan".to_owned(),
            number => format!("plan/{}", number + 1),
        };
        let name = DocName { name, epoch: 0 };
        Ok(Self {
            document: Document::genesis(&device.location, &name)?,
            name,
            author: device.key.id(),
            initiative: RecordId::from_parts(clock::now(), random_bytes()),
        })
    }

    fn change(&mut self, at: usize) -> Result<Vec<u8>> {
        let (kind, id) = (RecordKind::Initiative, self.initiative);
        let name = FieldValue::Text(format!("Initiative as of change {at}"));
        let edited = self
            .document
            .edit(self.author, clock::now(), |editor| match at {
                0 => {
                    let fields = Fields::from([("name".to_owned(), name.clone())]);
                    editor.put_record(kind, &id, Audience::Network, &fields)
                }
                _ => editor.set_field(kind, &id, "name", &name),
            })?;
        edited.change.context("the change changed nothing")
    }
}
