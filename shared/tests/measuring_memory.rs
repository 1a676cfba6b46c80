//! Memory that measuring a document of large changes takes. A separate program, because it counts
//! every byte that is allocated.

use peak_alloc::PeakAlloc;
use weft_shared::{
    document::{Document, EditError},
    id::{DefinitionHash, DeviceId, DocName, LocationId},
    model::{
        Audience,
        observation::{Breakdown, ObservationKey, Statement, Status},
    },
    time::Timestamp,
};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const VALUES: u64 = 1_000;

/// A document of so many changes with [`VALUES`] values each.
fn document(changes: u64) -> Document {
    let name = DocName::first("observations/2022");
    let mut document = Document::genesis(&LocationId::new([1; 16]), &name).expect("made here");
    let author = DeviceId::new([2; 32]);
    for change in 0..changes {
        let written = document.edit(author, Timestamp::from_ms(1), |editor| {
            (0..VALUES).try_for_each(|number| {
                let key = ObservationKey {
                    indicator: "VAX_PRIMARY".parse().expect("made here"),
                    area: "FAR_NORTH".parse().expect("made here"),
                    period: "2022-03".parse().expect("made here"),
                    breakdown: Breakdown::by("part", &(change * VALUES + number).to_string()),
                };
                let hash = DefinitionHash::new([3; 32]);
                let statement = Statement {
                    value: Some(i64::try_from(number).expect("made here").into()),
                    ..Statement::without_figure(hash, Status::Normal, Audience::Network)
                };
                editor.put_observation(&key, &statement, None)
            })
        });
        let _: Result<_, EditError> = written;
    }
    document
}

/// The most bytes that measuring took, beside the document, and the number of its changes.
fn measured(mut document: Document) -> (usize, u64) {
    ALLOCATED.reset_peak_usage();
    let before = ALLOCATED.current_usage();
    let measured = document.measure();
    assert!(measured.operations >= measured.changes * VALUES && measured.raw_bytes > 0);
    (ALLOCATED.peak_usage() - before, measured.changes)
}

#[test]
fn large_changes_are_measured_one_at_a_time() {
    let (one, changes) = measured(document(1));
    assert_eq!(changes, 1);
    let (sixteen, changes) = measured(document(16));
    assert_eq!(changes, 16);
    assert!(
        sixteen < one * 4,
        "{one} bytes to measure one change, {sixteen} for sixteen"
    );
}
