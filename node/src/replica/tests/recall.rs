//! A tail that was offered to no one is rewritten without a record. Everything else shows as
//! before.

use proptest::prelude::*;
use weft_shared::{
    id::{DeviceIndex, RecordId},
    model::{
        Audience,
        observation::Statement,
        record::Fields,
        schema::{DocKind, RecordKind},
    },
    time::Timestamp,
};

use weft_host::failure::Failure;

use super::{add_initiative, carry, set};
use crate::{
    edits::{observations, records},
    kit::{Kit, now},
    replica::{Edit, Replica},
};

const KIND: RecordKind = RecordKind::Initiative;

/// A step of one of two devices.
#[derive(Clone, Copy, Debug)]
enum Step {
    Set(u8),
    Confirm,
    Status(bool),
    Remove,
    Restore,
    Settle(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..4_u8).prop_map(Step::Set),
        1 => Just(Step::Confirm),
        2 => any::<bool>().prop_map(Step::Status),
        2 => Just(Step::Remove),
        1 => Just(Step::Restore),
        1 => any::<bool>().prop_map(Step::Settle),
    ]
}

fn take(replica: &mut Replica, id: RecordId, step: Step, at: i64) {
    let mut edit = Edit::default();
    match step {
        Step::Set(value) => return set(replica, &value.to_string(), at),
        Step::Confirm => {
            let (key, _) = super::observation("0");
            let Some(row) = replica.observation(&key).unwrap() else {
                return;
            };
            let statement = row.stated[0].statement.clone();
            edit.on(DocKind::Observations(2022, 1), move |editor| {
                editor.confirm_observation(&key, &statement, None)
            });
        }
        Step::Status(scaling) => edit.on(DocKind::Plan(1), move |editor| {
            let status = if scaling { "scaling" } else { "testing" };
            editor.set_field(KIND, &id, "status", &status.into())
        }),
        Step::Remove => edit.on(DocKind::Plan(1), move |editor| {
            editor.remove_record(KIND, &id)
        }),
        Step::Restore => edit.on(DocKind::Plan(1), move |editor| {
            editor.restore_record(KIND, &id)
        }),
        Step::Settle(first) => {
            for row in replica.conflicts().unwrap() {
                let choice = if first { 1 } else { row.conflict.values.len() };
                let kind: DocKind = row.document.name.parse().unwrap();
                edit.on(kind, move |editor| editor.settle(&row.conflict, choice));
            }
        }
    }
    replica.save(vec![edit], now(at)).unwrap();
}

/// Adds a record, and takes it back before it is offered to anyone.
fn recall(replica: &mut Replica, at: i64) -> RecordId {
    let id = add_initiative(replica, Audience::Network, at);
    let row = replica.record(KIND, &id).unwrap().unwrap();
    let mut edit = Edit::default();
    let team = Some(Audience::Team);
    records::change(replica, &mut edit, &row, Fields::new(), team, now(at + 1)).unwrap();
    replica.save(vec![edit], now(at + 1)).unwrap();
    id
}

type Line = (Timestamp, Option<String>, String, String, String);

/// Conflicts and history except those about one record, and without entry numbers.
fn shown(replica: &mut Replica, without: Option<RecordId>) -> (Vec<String>, Vec<Line>) {
    let conflicts = replica.conflicts().unwrap().into_iter().map(|row| {
        let values = row.values.iter();
        let values: Vec<_> = values
            .map(|one| (&one.value, one.written.at, &one.written.device))
            .collect();
        format!("{} {values:?}", row.id)
    });
    let conflicts = conflicts.collect();
    let without = without.map(|id| id.to_string());
    let rows = replica.history_told(None).unwrap().into_iter();
    let rows = rows.filter(|row| Some(&row.record) != without.as_ref());
    let rows = rows.map(|row| {
        let told = format!("{:?}", row.told);
        let place = format!("{}/{}", row.document, row.container);
        (row.at, row.device, place, row.record, told)
    });
    (conflicts, rows.collect())
}

/// Runs steps on two devices that share one value and one record. The first receives the other's
/// entries at the steps in `hears`, and sends none.
fn check(steps: &[(bool, Step)], hears: &[usize]) {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    let id = add_initiative(&mut one, Audience::Network, 1);
    set(&mut one, "9", 2);
    carry(&mut one, &mut two, DeviceIndex(1), 3);
    for (at, (first, step)) in steps.iter().enumerate() {
        let moment = 10 + i64::try_from(at).unwrap();
        take(if *first { &mut one } else { &mut two }, id, *step, moment);
        if hears.contains(&at) {
            carry(&mut two, &mut one, DeviceIndex(2), moment);
        }
    }
    carry(&mut two, &mut one, DeviceIndex(2), 50);
    let before = shown(&mut one, None);
    let recalled = recall(&mut one, 60);
    assert_eq!(shown(&mut one, Some(recalled)), before, "{steps:?}");
    assert!(one.verify().unwrap().exceptions.is_empty());
    drop(one);
    let mut one = kit.open(1);
    assert_eq!(shown(&mut one, Some(recalled)), before, "{steps:?}");
    // The other device ends up with the same.
    carry(&mut one, &mut two, DeviceIndex(1), 70);
    assert_eq!(shown(&mut two, None).0, before.0, "{steps:?}");
    for ((_, name), dump) in two.dumps().unwrap() {
        let names = dump.contains(&recalled.to_string());
        assert_eq!(names, name == two.team(), "{name}: it is for the team now");
    }
}

#[test]
fn what_is_contested_stays_contested_where_a_tail_is_written_again() {
    // Both state a value before seeing the other's; one removes what the other changes.
    check(
        &[
            (true, Step::Set(1)),
            (false, Step::Set(2)),
            (true, Step::Remove),
            (false, Step::Status(true)),
        ],
        &[],
    );
    // A settlement in the tail stays one, and an edit that it had not seen conflicts with it.
    check(
        &[
            (true, Step::Set(1)),
            (false, Step::Set(2)),
            (true, Step::Settle(true)),
            (false, Step::Set(3)),
        ],
        &[1],
    );
}

#[test]
fn a_value_is_taken_back_before_it_is_offered_and_not_after() {
    let kit = Kit::new();
    let mut replica = kit.open(1);
    let (key, statement) = super::observation("54321");
    let say = |replica: &mut Replica, audience, at| {
        let statement = Statement {
            audience,
            ..statement.clone()
        };
        let note = Some("a note on 54321".to_owned());
        let mut edit = Edit::default();
        observations::state(replica, &mut edit, &key, statement, note)?;
        replica.save(vec![edit], now(at)).unwrap();
        Ok::<_, Failure>(())
    };
    say(&mut replica, Audience::Network, 1).unwrap();
    say(&mut replica, Audience::Team, 2).unwrap();
    assert!(replica.observation_shared(&key).unwrap().is_none());
    let row = replica.observation(&key).unwrap().unwrap();
    assert_eq!(row.audience(), Audience::Team);
    let shared = replica.dumps().unwrap().into_iter();
    let shared = shared.filter(|((_, name), _)| name.name != DocKind::Team.to_string());
    let mut shared = shared.map(|(_, dump)| dump);
    assert!(!shared.any(|dump| dump.contains("54321")));
    // Once offered, it stays shared.
    say(&mut replica, Audience::Network, 3).unwrap();
    let mut two = kit.open(2);
    carry(&mut replica, &mut two, DeviceIndex(1), 4);
    let refused = say(&mut replica, Audience::Team, 5).unwrap_err();
    assert!(
        refused.to_string().contains("is shared already"),
        "{refused}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_recall_changes_nothing_else_that_is_shown(
        steps in prop::collection::vec((any::<bool>(), step()), 1..9),
        hears in prop::collection::vec(0..9_usize, 0..3),
    ) {
        check(&steps, &hears);
    }
}
