//! Documents at their limits, each kind in three ways: by operations, by changes and by bytes.

use anyhow::{Context as _, Result};
use weft_host::{clock, random::random_bytes};
use weft_shared::{
    document::{Document, EditError, Editor},
    id::{DocName, RecordId},
    log::entry::{Entry, HEADER_VERSION, Header, RunChanges, seen_hash},
    log::gate::Height,
    model::{
        Audience,
        observation::{Breakdown, ObservationKey, Statement},
        record::{FieldValue, Fields},
        schema::{Container, RecordKind, WORDS_BYTES, WORDS_HASH},
    },
    time::Timestamp,
    wire::limits,
};

use crate::{device::Device, log::Log};

/// The content that fills a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// Operations: the same 5,000 keys, stated repeatedly.
    Operations,
    /// Changes, each of one operation.
    Changes,
    /// Bytes: text that people write, as observations or as records with long descriptions.
    Bytes,
}

/// Every kind of document that a location writes, with the containers used here.
const KINDS: [(&str, Container); 4] = [
    ("profile", Container::Names),
    ("plan", Container::Initiatives),
    ("observations/", Container::Observations),
    ("insights/", Container::Insights),
];

/// A document at its limit.
#[derive(Clone, Debug)]
pub(crate) struct FullDocument {
    /// Its name, such as `observations/2020`.
    pub(crate) name: String,
    /// The content that fills it.
    pub(crate) full: Full,
    container: Container,
}

/// Returns one document per kind and way; there is only one profile.
pub(crate) fn documents() -> Vec<FullDocument> {
    let mut documents = Vec::new();
    for (kind, container) in KINDS {
        for (at, full) in [Full::Operations, Full::Changes, Full::Bytes]
            .into_iter()
            .enumerate()
        {
            let name = match kind {
                "profile" if at > 0 => continue,
                "plan" if at > 0 => format!("plan/{}", at + 1),
                "profile" | "plan" => kind.to_owned(),
                years => format!("{years}{}", 2020 + at),
            };
            documents.push(FullDocument {
                name,
                full,
                container,
            });
        }
    }
    documents
}

/// Makes one log of such documents.
pub(crate) fn make(
    device: &Device,
    statement: &Statement,
    documents: &[FullDocument],
) -> Result<Log> {
    let mut writer = Writer::new(device);
    for document in documents {
        writer.document(document, statement)?;
    }
    Ok(writer.finish())
}

/// Appends entries to the log of a device.
pub(crate) struct Writer<'a> {
    device: &'a Device,
    entries: Vec<Entry>,
    tip: Height,
}

impl<'a> Writer<'a> {
    pub(crate) const fn new(device: &'a Device) -> Self {
        Self {
            device,
            entries: Vec::new(),
            tip: Height::ZERO,
        }
    }

    pub(crate) fn finish(self) -> Log {
        Log::of(self.entries)
    }

    fn document(&mut self, document: &FullDocument, statement: &Statement) -> Result<()> {
        let FullDocument {
            name,
            full,
            container,
        } = document;
        let (full, container) = (*full, *container);
        let name = DocName::first(name.as_str());
        let mut document = Document::genesis(&self.device.location, &name)?;
        let mut filled = Filled::default();
        for turn in 0.. {
            let (mut changes, mut bytes, mut operations) = (Vec::new(), 0, 0);
            while let Some(step) = filled.next(full, (changes.len(), bytes, operations)) {
                let before = document.operations();
                let author = self.device.key.id();
                let edited = document.edit(author, clock::now(), |editor| {
                    put(editor, container, full, step, statement)
                })?;
                let change = edited.change.context("the change changed nothing")?;
                bytes += change.len();
                operations += document.operations() - before;
                filled.add(change.len() as u64, document.operations() - before);
                changes.push(change);
            }
            if changes.is_empty() {
                break;
            }
            let run = RunChanges {
                doc: *document.id(),
                name: (turn == 0).then(|| name.clone()),
                n: 0,
                changes,
            };
            self.append(run)?;
        }
        Ok(())
    }

    pub(crate) fn append(&mut self, run: RunChanges) -> Result<()> {
        let context = Header {
            version: HEADER_VERSION,
            runs: Vec::new(),
            location: self.device.location,
            device: self.device.key.id(),
            dseq: self.tip.dseq + 1,
            prev: self.tip.hash,
            roster: self.device.roster.head(),
            seen: seen_hash(std::iter::empty()),
            created: clock::now(),
        };
        let entry = Entry::compose(context, vec![run])?;
        self.tip = Height {
            dseq: entry.header.dseq,
            hash: entry.hash,
        };
        self.entries.push(entry);
        Ok(())
    }
}

/// The fill level of a document.
#[derive(Debug, Default)]
struct Filled {
    changes: u64,
    bytes: u64,
    operations: u64,
}

impl Filled {
    /// Returns the number of the next change, unless the document or the entry is full.
    fn next(&self, full: Full, (changes, bytes, operations): (usize, usize, u64)) -> Option<u64> {
        let (step_bytes, step_operations) = match full {
            Full::Operations => (100_000, KEYS),
            Full::Changes => (400, 4),
            Full::Bytes => (40_000, 400),
        };
        let room = self.changes < limits::DOCUMENT_CHANGES_MAX
            && self.bytes + step_bytes <= limits::DOCUMENT_RAW_BYTES_MAX
            && self.operations + step_operations <= limits::DOCUMENT_OPS_MAX
            && changes < 1_000
            // Text hardly compresses, so an entry holds about as much as is sent.
            && bytes as u64 + step_bytes <= (limits::ENTRY_WIRE_BYTES_MAX as u64) * 3 / 4
            && operations + step_operations <= u64::from(limits::ENTRY_OPS_MAX);
        room.then_some(self.changes)
    }

    fn add(&mut self, bytes: u64, operations: u64) {
        self.changes += 1;
        self.bytes += bytes;
        self.operations += operations;
    }
}

const KEYS: u64 = 5_000;

fn put(
    editor: &mut Editor<'_>,
    container: Container,
    full: Full,
    step: u64,
    statement: &Statement,
) -> Result<(), EditError> {
    match full {
        Full::Operations | Full::Changes if kind_of(container).is_some() => {
            let kind = kind_of(container).expect("looked at above");
            let records = if full == Full::Changes { 1 } else { 500 };
            for number in 0..records {
                let id = RecordId::from_parts(Timestamp::from_ms(number), [7; 10]);
                let text = FieldValue::Text(format!("{}", step % 10));
                if step == 0 {
                    let fields = fields(kind, text);
                    editor.put_record(kind, &id, Audience::Network, &fields)?;
                } else {
                    editor.set_field(kind, &id, field(kind), &text)?;
                }
            }
        }
        Full::Operations => {
            for key in 0..KEYS {
                editor.put_text(container, &format!("key {key}"), &(step % 10).to_string())?;
            }
        }
        Full::Changes => editor.put_text(container, "key", &(step % 10).to_string())?,
        Full::Bytes if container == Container::Observations => {
            for number in 0..100 {
                let number = step * 100 + number;
                let key = observation(number).expect("such keys can be read");
                let statement = Statement {
                    value: Some(i64::try_from(number).unwrap_or_default().into()),
                    ..statement.clone()
                };
                editor.put_observation(&key, &statement, None)?;
            }
        }
        Full::Bytes if container == Container::Initiatives => {
            for _ in 0..8 {
                let id = RecordId::from_parts(clock::now(), random_bytes());
                let text = |key: &str, text: String| (key.to_owned(), FieldValue::Text(text));
                let fields = Fields::from([
                    text("name", format!("Initiative {step}")),
                    text("description", words()),
                ]);
                editor.put_record(RecordKind::Initiative, &id, Audience::Network, &fields)?;
            }
        }
        Full::Bytes => {
            for number in 0..400 {
                let id = RecordId::from_parts(clock::now(), random_bytes());
                let kind = RecordKind::Insight;
                let text = FieldValue::Text(format!("{} {number}", &words()[..150]));
                let fields = fields(kind, text);
                editor.put_record(kind, &id, Audience::Network, &fields)?;
            }
        }
    }
    Ok(())
}

fn kind_of(container: Container) -> Option<RecordKind> {
    RecordKind::of(container)
}

/// Returns a plain text field of such a record.
const fn field(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Insight => "setting",
        _ => "name",
    }
}

/// Makes a record with this text, leaving out an insight's words.
fn fields(kind: RecordKind, text: FieldValue) -> Fields {
    let mut fields = Fields::from([(field(kind).to_owned(), text)]);
    if kind == RecordKind::Insight {
        let one = |key: &str, text: &str| (key.to_owned(), FieldValue::Text(text.to_owned()));
        fields.extend([one(WORDS_HASH, &"a".repeat(64)), one(WORDS_BYTES, "100")]);
    }
    fields
}

/// Returns 2,000 letters that hardly compress.
fn words() -> String {
    let bytes: [[u8; 32]; 63] = std::array::from_fn(|_| random_bytes());
    let letters = bytes.as_flattened().iter().take(2_000);
    letters.map(|byte| char::from(b'a' + byte % 26)).collect()
}

/// Returns a key unique to the number: 12 months of a hundred areas, in as many parts as needed.
fn observation(number: u64) -> Result<ObservationKey> {
    let letter = |at: u64| char::from(b'A' + u8::try_from(at).unwrap_or_default());
    let (area, month, part) = (number % 100, number / 100 % 12 + 1, number / 1_200);
    Ok(ObservationKey {
        indicator: "BENCH".parse()?,
        area: format!("AREA_{}{}", letter(area / 10), letter(area % 10)).parse()?,
        period: format!("2022-{month:02}").parse()?,
        breakdown: Breakdown::by("part", &part.to_string()),
    })
}
