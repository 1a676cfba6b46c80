//! The team's document: no device writes into it in the clear.

use weft_shared::{
    document::Document,
    id::{DeviceIndex, DocName, EntryHash},
    identity::TeamKeys,
    log::{
        entry::{Entry, HEADER_VERSION, Header, RunChanges, Tip},
        gate::{Admission, Batch, Gate, Received, VoidCode},
    },
    model::{observation::ObservationKey, schema::DocKind},
};

use super::observation;
use crate::{
    kit::{Kit, now},
    replica::{Edit, Replica, documents::runs_of},
    store::{LocationRow, Owner, logs},
};

/// An entry with which a device begins its log and a document.
pub(super) fn written_into(name: DocName, by: &Replica) -> Entry {
    let location = by.location(Owner::Location);
    let author = by.device_id();
    let (key, statement) = observation("6");
    let mut document = Document::genesis(&location, &name).unwrap();
    let edited = document.edit(author, now(2), |editor| {
        editor.put_observation(&key, &statement, None)
    });
    let run = RunChanges {
        doc: name.id(&location),
        name: Some(name),
        n: 0,
        changes: vec![edited.unwrap().change.unwrap()],
    };
    let context = Header {
        version: HEADER_VERSION,
        runs: Vec::new(),
        location,
        device: by.device_id(),
        dseq: 1,
        prev: EntryHash::ZERO,
        roster: by.roster(Owner::Location).head(),
        seen: [0; 32],
        created: now(2),
    };
    Entry::compose(context, vec![run]).unwrap()
}

/// The judgement of `one` on the first entry of device 2.
pub(super) fn admitted(one: &Replica, two: &Replica, entry: Entry) -> Admission {
    let tip = Tip::sign(&two.key, 1, entry.hash);
    let batch = Batch {
        dix: DeviceIndex(2),
        first_dseq: 1,
        prev_tag: [0; 8],
        entries: vec![Received::from_entry(entry, None)],
        tip: tip.signature,
    };
    let mut state = logs::state(&one.store.reader, LocationRow::OWN, DeviceIndex(2)).unwrap();
    let roster = one.roster(Owner::Location).clone();
    let gate = Gate {
        location: one.location(Owner::Location),
        zero: false,
        roster: &roster,
        device: roster.device(DeviceIndex(2)).unwrap(),
    };
    gate.admit(&mut state, batch).unwrap().unwrap()
}

fn keep_here(replica: &mut Replica, period: &str, at: i64) {
    let key: ObservationKey = format!("VAX_PRIMARY/FAR_NORTH/{period}/age=12%2B")
        .parse()
        .unwrap();
    let (_, statement) = observation("5");
    let mut edit = Edit::default();
    edit.on(DocKind::Team, move |editor| {
        editor.put_observation(&key, &statement, None)
    });
    replica.save(vec![edit], now(at)).unwrap();
}

fn kept_here(replica: &mut Replica) -> Vec<String> {
    let rows = replica.observations(|_| true).unwrap();
    rows.iter().map(|row| row.key.period.to_string()).collect()
}

#[test]
fn another_device_cannot_write_what_stays_on_this_computer() {
    let kit = Kit::new();
    let (mut one, two) = (kit.open(1), kit.open(2));
    keep_here(&mut one, "2022-01", 1);
    let entry = written_into(two.team(), &two);
    let admission = admitted(&one, &two, entry.clone());
    let voids: Vec<_> = admission.voids().collect();
    assert_eq!(voids, [(1, VoidCode::Documents)]);

    // An entry stored before the gate refused such entries does no harm either.
    let team = one.team();
    let runs = runs_of(DeviceIndex(2), &entry, &TeamKeys::NONE).map(|(_, run)| run);
    let runs = runs.collect();
    let taken = one.take_in(Owner::Location, &team, runs).unwrap();
    assert!(taken.applied.is_empty());
    keep_here(&mut one, "2022-02", 4);
    assert_eq!(kept_here(&mut one), ["2022-01", "2022-02"]);
    drop(one);
    let mut one = kit.open(1);
    assert_eq!(kept_here(&mut one), ["2022-01", "2022-02"]);
    one.rebuild().unwrap();
    keep_here(&mut one, "2022-03", 6);
    assert_eq!(kept_here(&mut one), ["2022-01", "2022-02", "2022-03"]);
}
