//! Compares the estimate of a document's memory with what it takes. A separate program, because it
//! counts every byte that is allocated.

use peak_alloc::PeakAlloc;
use weft_shared::{
    document::{Document, EditError, Editor},
    id::{DefinitionHash, DeviceId, DocName, LocationId},
    model::{
        Audience,
        observation::{Breakdown, ObservationKey, Statement, Status},
        schema::Container,
    },
    time::Timestamp,
};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const LOCATION: LocationId = LocationId::new([1; 16]);

fn name() -> DocName {
    DocName::first("observations/2022")
}

fn change(
    document: &mut Document,
    edit: impl FnOnce(&mut Editor<'_>) -> Result<(), EditError>,
) -> Vec<u8> {
    let author = DeviceId::new([2; 32]);
    let edited = document.edit(author, Timestamp::from_ms(1), edit);
    edited.expect("it takes edits").change.expect("a change")
}

fn observe(editor: &mut Editor<'_>, number: u64) -> Result<(), EditError> {
    let key = ObservationKey {
        indicator: "VAX_PRIMARY".parse().expect("made here"),
        area: "FAR_NORTH".parse().expect("made here"),
        period: format!("2022-{:02}", number % 12 + 1)
            .parse()
            .expect("made here"),
        breakdown: Breakdown::by("part", &(number / 12).to_string()),
    };
    let definition = DefinitionHash::new([3; 32]);
    let statement = Statement {
        value: Some(i64::try_from(number).expect("made here").into()),
        ..Statement::without_figure(definition, Status::Normal, Audience::Network)
    };
    editor.put_observation(&key, &statement, None)
}

/// Calls `step` for each of `changes` changes.
fn write(
    changes: u64,
    step: impl Fn(&mut Editor<'_>, u64) -> Result<(), EditError>,
) -> (Document, Vec<Vec<u8>>) {
    let mut written = Document::genesis(&LOCATION, &name()).expect("made here");
    let numbers = 0..changes;
    let changes = numbers.map(|at| change(&mut written, |editor| step(editor, at)));
    let changes = changes.collect();
    (written, changes)
}

/// Short texts, `each` in a change, over those of the change before.
fn texts(changes: u64, each: u64) -> (Document, Vec<Vec<u8>>) {
    write(changes, |editor, at| {
        (0..each).try_for_each(|n| {
            let key = format!("VAX_PRIMARY/FAR_NORTH/2022-01/age={n}");
            editor.put_text(Container::Notes, &key, &at.to_string())
        })
    })
}

/// Values, `each` in a change.
fn values(changes: u64, each: u64) -> (Document, Vec<Vec<u8>>) {
    write(changes, |editor, at| {
        (0..each).try_for_each(|n| observe(editor, at * each + n))
    })
}

/// Long texts of one letter, which take next to nothing in a saved file.
fn notes(changes: u64, bytes: usize) -> (Document, Vec<Vec<u8>>) {
    write(changes, |editor, at| {
        let key = format!("VAX_PRIMARY/FAR_NORTH/2022-01/age={}", at % 4);
        let letter = if at % 8 < 4 { "x" } else { "y" };
        editor.put_text(Container::Notes, &key, &letter.repeat(bytes))
    })
}

/// A document in one state, and its bytes in memory.
struct Taken {
    document: Document,
    raw_bytes: u64,
    bytes: u64,
}

impl Taken {
    fn of(make: impl FnOnce() -> (Document, u64)) -> Self {
        let before = ALLOCATED.current_usage();
        let (document, raw_bytes) = make();
        let bytes = (ALLOCATED.current_usage() - before) as u64;
        Self {
            document,
            raw_bytes,
            bytes,
        }
    }

    /// Compares it with the estimate, which fits less well if `grown`: many changes came since the
    /// document was saved. They count with their size, and columns have spare room.
    fn check(&self, what: &str, grown: bool) {
        let guess = self.document.memory_bytes(self.raw_bytes);
        let (changes, operations) = (self.document.changes(), self.document.operations());
        let told = format!(
            "{what}: {} taken, {guess} guessed: {changes} changes, {operations} operations, {} raw",
            self.bytes, self.raw_bytes
        );
        let factor = if grown { 3 } else { 2 };
        assert!(self.bytes <= guess * factor, "{told}");
        assert!(grown || guess <= self.bytes * 2, "{told}");
    }
}

fn check(what: &str, write: impl FnOnce() -> (Document, Vec<Vec<u8>>)) {
    let before = ALLOCATED.current_usage();
    let (written, changes) = write();
    let own = (ALLOCATED.current_usage() - before) as u64;
    let raw_bytes = changes.iter().map(|one| one.len() as u64).sum();
    let kept: usize = changes.iter().map(|one| one.capacity() + 24).sum();
    let written = Taken {
        document: written,
        raw_bytes,
        bytes: own - kept as u64,
    };
    written.check(&format!("{what}, written"), true);
    drop(written);
    let grown = Taken::of(|| {
        let mut document = Document::genesis(&LOCATION, &name()).expect("made here");
        for some in changes.chunks(1_000) {
            document.apply(some).expect("made here");
        }
        (document, raw_bytes)
    });
    grown.check(&format!("{what}, applied"), true);
    let bytes = grown.document.save().expect("made here");
    drop(grown);
    let mut loaded = Taken::of(|| {
        let document = Document::load(&LOCATION, &name(), &bytes).expect("made here");
        let raw_bytes = document.unpacked_bytes();
        (document, raw_bytes)
    });
    loaded.check(&format!("{what}, loaded"), false);
    let before = ALLOCATED.current_usage();
    for n in 0..10 {
        let edited = change(&mut loaded.document, |editor| {
            observe(editor, 1_000_000 + n)
        });
        loaded.raw_bytes += edited.len() as u64;
    }
    loaded.bytes += ALLOCATED.current_usage().saturating_sub(before) as u64;
    loaded.check(&format!("{what}, edited"), false);
}

/// At their limits these took 1.5 MB (250,000 operations) and 7.7 MB (50,000 changes), and 2.3 and
/// 8.5 MB were estimated.
#[test]
fn the_estimate_fits_documents_of_many_kinds() {
    check("few", || texts(3, 3));
    check("many operations", || texts(6, 10_000));
    check("many changes", || texts(6_000, 1));
    check("values, 400 at once", || values(125, 400));
    check("values, one by one", || values(4_000, 1));
    check("long texts, overwritten", || notes(160, 48 << 10));
}
