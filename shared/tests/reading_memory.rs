//! Memory that reading and dumping a document of many values take. A separate program, because it
//! counts every byte that is allocated.

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

const VALUES: u64 = 4_000;
/// The values alone, all at once, take more.
const BYTES_MAX: usize = 1 << 20;

/// The most bytes that `work` held.
fn most(work: impl FnOnce()) -> usize {
    ALLOCATED.reset_peak_usage();
    let before = ALLOCATED.current_usage();
    work();
    ALLOCATED.peak_usage() - before
}

fn key(number: u64) -> ObservationKey {
    ObservationKey {
        indicator: "VAX_PRIMARY".parse().expect("made here"),
        area: "FAR_NORTH".parse().expect("made here"),
        period: format!("2022-{:02}", number % 12 + 1)
            .parse()
            .expect("made here"),
        breakdown: Breakdown::by("part", &number.to_string()),
    }
}

#[test]
fn many_values_are_never_all_in_memory() {
    let name = DocName::first("observations/2022");
    let mut document = Document::genesis(&LocationId::new([1; 16]), &name).unwrap();
    let author = DeviceId::new([2; 32]);
    let definition = DefinitionHash::new([3; 32]);
    let written = document.edit(author, Timestamp::from_ms(1), |editor| {
        (0..VALUES).try_for_each(|number| {
            let statement = Statement {
                value: Some(i64::try_from(number).unwrap().into()),
                ..Statement::without_figure(definition, Status::Normal, Audience::Network)
            };
            editor.put_observation(&key(number), &statement, None)
        })
    });
    let _: Result<_, EditError> = written;
    let (mut values, mut bytes) = (0, 0);
    let read = most(|| values = document.observations_where(|_| true).count());
    assert_eq!(values as u64, VALUES);
    let dumped = most(|| document.dump_to(&mut |piece| bytes += piece.len()));
    assert_eq!(bytes, document.dump().len());
    assert!(
        read <= BYTES_MAX && dumped <= BYTES_MAX,
        "{read} bytes to read {VALUES} values, {dumped} to write them down"
    );
}
