//! Memory that a loaded document takes during scattered insertions. A separate program, because it
//! counts every byte that is allocated.

use peak_alloc::PeakAlloc;
use weft_shared::{
    document::{Document, EditError, Editor},
    id::{DefinitionHash, DeviceId, DocName, LocationId},
    model::{
        Audience,
        observation::{Breakdown, ObservationKey, Statement, Status},
    },
    time::Timestamp,
};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// Without evening out, the edit below takes 95 MB, and the changes of others take far more.
const MORE_BYTES_MAX: usize = 48 << 20;
const LOCATION: LocationId = LocationId::new([1; 16]);

/// 100 values for as many areas; each step writes other values.
fn step(editor: &mut Editor<'_>, step: u64) -> Result<(), EditError> {
    let definition: DefinitionHash = "a".repeat(64).parse().expect("a hash");
    let statement = Statement::without_figure(definition, Status::Normal, Audience::Network);
    let letter = |at: u64| char::from(b'A' + u8::try_from(at).expect("a digit"));
    for area in 0..100 {
        let area_code = format!("AREA_{}{}", letter(area / 10), letter(area % 10));
        let key = ObservationKey {
            indicator: "BENCH".parse().expect("a code"),
            area: area_code.parse().expect("a code"),
            period: format!("2022-{:02}", step % 12 + 1)
                .parse()
                .expect("a month"),
            breakdown: Breakdown::by("part", &(step / 12).to_string()),
        };
        let statement = Statement {
            value: Some(i64::try_from(step).expect("small").into()),
            ..statement.clone()
        };
        editor.put_observation(&key, &statement, None)?;
    }
    Ok(())
}

fn more(before: usize) -> usize {
    ALLOCATED.peak_usage().saturating_sub(before)
}

#[test]
fn values_here_and_there_take_little_memory() {
    let name = DocName::first("observations/2022");
    let author = |seed| DeviceId::new([seed; 32]);
    let mut written = Document::genesis(&LOCATION, &name).expect("a name");
    let write = |document: &mut Document, seed, number| {
        let edited = document.edit(author(seed), Timestamp::from_ms(1), |editor| {
            step(editor, number)
        });
        edited.expect("it takes edits").change.expect("a change")
    };
    for number in 0..150 {
        write(&mut written, 2, number);
    }
    let bytes = written.save().expect("it can be saved");
    let others: Vec<_> = (0..20)
        .map(|number| write(&mut written, 2, 150 + number))
        .collect();
    let load = || Document::load(&LOCATION, &name, &bytes).expect("it loads again");

    let mut document = load();
    ALLOCATED.reset_peak_usage();
    let before = ALLOCATED.current_usage();
    write(&mut document, 3, 200);
    let edited = more(before);
    drop(document);

    let mut document = load();
    ALLOCATED.reset_peak_usage();
    let before = ALLOCATED.current_usage();
    document.apply(&others).expect("they follow");
    let applied = more(before);
    assert_eq!(document.heads(), written.heads());
    assert!(edited < MORE_BYTES_MAX, "{edited} bytes for an edit");
    assert!(applied < MORE_BYTES_MAX, "{applied} bytes for changes");
}
