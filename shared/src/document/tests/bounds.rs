//! The cost of one member's content to everyone who takes it in.

use automerge::{
    Change, ExpandedChange, ScalarValue,
    legacy::{Key, ObjectId, Op, OpId, OpType},
};

use super::{
    super::{derive::READS, wrap::FORKS},
    *,
};
use crate::{log::scan, wire::limits::CHANGE_OPS_MAX};

/// The newest change of a document, whose author goes on with operations that no editor makes.
#[derive(Clone)]
struct Forge {
    last: ExpandedChange,
    /// The operation that others are made like.
    like: Op,
}

impl Forge {
    /// Goes on after a change.
    fn after(change: &[u8]) -> Self {
        let last = Change::try_from(change).unwrap().decode();
        let like = last.operations[0].clone();
        Self { last, like }
    }

    /// An operation in the same map, under this key.
    fn op(&self, key: &str, pred: &[OpId], action: OpType) -> Op {
        Op {
            key: Key::Map(key.into()),
            pred: pred.to_vec().into(),
            action,
            ..self.like.clone()
        }
    }

    /// The id of an operation of the last change.
    fn id(&self, at: u64) -> OpId {
        OpId(self.last.start_op.get() + at, self.last.actor_id.clone())
    }

    /// The next change, which passes the gate.
    fn change(&mut self, operations: Vec<Op>) -> Vec<u8> {
        let before = Change::from(self.last.clone());
        self.last = ExpandedChange {
            operations,
            hash: None,
            seq: before.seq() + 1,
            start_op: (before.max_op() + 1).try_into().unwrap(),
            deps: vec![before.hash()],
            ..self.last.clone()
        };
        let change = Change::from(self.last.clone());
        let expected = scan::Expected {
            actor: change.actor_id().to_bytes().try_into().unwrap(),
            seq: change.seq(),
        };
        let bytes = change.raw_bytes().to_vec();
        scan::scan(&bytes, &expected).unwrap();
        bytes
    }
}

const PUT: OpType = OpType::Put(ScalarValue::Null);

/// The result of a run, and the number of times that a key was read for it.
fn applied(document: &mut Document, change: Vec<u8>) -> (bool, usize) {
    let before = READS.get();
    let applied = document.apply(&[change]);
    (applied.is_ok(), READS.get() - before)
}

/// 174 bytes held the hub's only thread of aggregation for minutes: each of 10,000 operations read
/// 10,000 values.
#[test]
fn no_change_adds_a_second_value_to_those_it_sees() {
    let mut document = document("observations/2022");
    let first = state(&mut document, 2, FN, 1);
    let heads = document.heads();
    let stands = Forge::after(&first).id(0);
    for pred in [vec![], vec![stands.clone(), stands.clone()]] {
        let mut forge = Forge::after(&first);
        let beside = forge.op(FN, &pred, PUT);
        let (takes, _) = applied(&mut document, forge.change(vec![beside]));
        assert!(!takes);
    }
    let mut forge = Forge::after(&first);
    let puts = vec![forge.op("many", &[], PUT); CHANGE_OPS_MAX as usize];
    let change = forge.change(puts);
    assert!(change.len() < 250, "{} bytes", change.len());
    // The container and the key, once for the batch and once for the run alone.
    assert_eq!(applied(&mut document, change), (false, 4));
    assert_eq!(document.heads(), heads);

    let mut forge = Forge::after(&first);
    let replaces = [forge.op(FN, &[stands], PUT), forge.op("other", &[], PUT)];
    let again = forge.op("other", &[OpId(forge.id(0).0 + 2, forge.id(0).1)], PUT);
    let change = forge.change([&replaces[..], &[again]].concat());
    assert_eq!(applied(&mut document, change), (true, 3));
    assert_eq!(document.view().values(Container::Observations, FN).len(), 1);
}

#[test]
fn the_values_of_a_key_are_read_once_however_many_operations_name_them() {
    let begun = document("observations/2022");
    let mut document = begun.clone();
    let changes: Vec<_> = (1..=200)
        .map(|device| state(&mut begun.clone(), device, FN, u32::from(device)))
        .collect();
    for change in &changes {
        document.apply(std::slice::from_ref(change)).unwrap();
    }
    assert_eq!(document.observation(&key(FN)).unwrap().stated.len(), 200);
    let id = |change: &Vec<u8>| Forge::after(change).id(0);
    let ids: Vec<OpId> = changes.iter().map(id).collect();
    let forge = |mut document: Document| {
        let joined = edit(&mut document, 1, |editor| {
            editor.put_scalar(Container::Notes, FN, "seen").unwrap();
        });
        let mut forge = Forge::after(&joined);
        forge.like = Forge::after(&changes[0]).like;
        (joined, forge)
    };
    let (joined, mut all) = forge(document.clone());
    document.apply(&[joined]).unwrap();
    let delete = |pred: &OpId| all.op(FN, std::slice::from_ref(pred), OpType::Delete);
    let deletes: Vec<Op> = ids.iter().skip(1).map(delete).collect();
    let mut twice = deletes.clone();
    twice.push(delete(&ids[7]));
    let change = all.clone().change(twice);
    assert_eq!(
        applied(&mut document, change),
        (false, 4),
        "one of them twice"
    );
    let change = all.change(deletes);
    assert_eq!(applied(&mut document, change), (true, 2));
    assert_eq!(document.observation(&key(FN)).unwrap().stated.len(), 1);
}

/// A record's map is written to as long as it stands, in whatever part of the past it is.
#[test]
fn no_change_writes_into_a_record_that_it_sees_replaced() {
    let mut plan = document("plan");
    let (kind, id) = (RecordKind::Action, record_id(3));
    let made = edit(&mut plan, 1, |editor| {
        editor.make_record(kind, &id).unwrap();
    });
    let named = edit(&mut plan, 1, |editor| {
        editor.put_raw(kind, &id, "what", "Example").unwrap();
    });
    let before = plan.clone();
    let record = Forge::after(&made).id(0);
    let mut forge = Forge::after(&named);
    let containers = Forge::after(&made).like.obj;
    let mut replaces = forge.op(
        &id.to_string(),
        &[record],
        OpType::Make(automerge::ObjType::Map),
    );
    replaces.obj = containers;
    let again = forge.last.start_op.get() + 1;
    let replaced = forge.change(vec![replaces]);
    let into = |forge: &Forge, map: OpId| {
        let mut op = forge.op("owner", &[], PUT);
        op.obj = ObjectId::Id(map);
        op
    };
    let lost = into(&forge, Forge::after(&made).id(0));
    let stands = into(&forge, OpId(again, forge.last.actor_id.clone()));
    let mut on = forge.clone();
    let (late, fits) = (forge.change(vec![lost]), on.change(vec![stands]));
    // In one batch with what it builds on, after it, and beside other changes.
    let other = state_owner(&mut before.clone(), kind, &id);
    for beside in [None, Some(other)] {
        for (change, takes) in [(&late, false), (&fits, true)] {
            let mut together = before.clone();
            let mut runs = vec![[replaced.clone()], [change.clone()]];
            runs.extend(beside.clone().map(|other| [other]));
            let runs: Vec<&[Vec<u8>]> = runs.iter().map(|run| &run[..]).collect();
            let derived = together.apply_runs(&runs);
            assert_eq!(derived[1].is_ok(), takes);
            let mut alone = before.clone();
            alone.apply(std::slice::from_ref(&replaced)).unwrap();
            if let Some(other) = &beside {
                alone.apply(std::slice::from_ref(other)).unwrap();
            }
            assert_eq!(alone.apply(std::slice::from_ref(change)).is_ok(), takes);
            assert_eq!(alone.heads(), together.heads());
        }
    }
}

fn state_owner(document: &mut Document, kind: RecordKind, id: &RecordId) -> Vec<u8> {
    edit(document, 2, |editor| {
        editor.put_raw(kind, id, "owner", "Ana").unwrap();
    })
}

/// Two devices that always see each other's last change join branches with each of theirs. Each
/// of these asked for all changes that it had not seen.
#[test]
fn changes_that_join_branches_cost_alike_wherever_they_stand() {
    let begun = document("observations/2022");
    let (mut a, mut b) = (begun.clone(), begun.clone());
    let mut changes = Vec::new();
    for turn in 0..TURNS {
        let at = format!("VAX_PRIMARY/FAR_NORTH/2022-12/age={turn}");
        let (of_a, of_b) = (state(&mut a, 1, &at, 1), state(&mut b, 2, &at, 2));
        a.take_own(&of_b).unwrap();
        b.take_own(&of_a).unwrap();
        changes.extend([of_a, of_b]);
    }
    let runs: Vec<&[Vec<u8>]> = changes.iter().map(std::slice::from_ref).collect();
    let (mut read, before) = (begun, READS.get());
    let derived = read.apply_runs(&runs);
    assert!(derived.iter().all(Result::is_ok));
    assert_eq!(READS.get() - before, 2 * changes.len(), "container and key");
    assert_eq!(read.heads(), a.heads());
}

const TURNS: u32 = 100;

#[test]
fn a_tail_is_made_again_without_a_copy_for_each_change() {
    let mut below = document("observations/2022");
    state(&mut below, 2, FN, 1);
    let mut mine = below.clone();
    let changes: Vec<_> = (0..50).map(|turn| state(&mut mine, 1, FN, turn)).collect();
    let mut again = below.clone();
    let mut remake = Remake::of(&below).unwrap();
    let before = FORKS.get();
    for change in &changes {
        let device = DeviceId::new([1; 32]);
        let made = remake.make(&mut again, device, AT, change, &|_, _| false);
        assert!(made.unwrap().is_some());
    }
    assert_eq!(FORKS.get() - before, 1, "to see what the first had seen");
    assert_eq!(again.dump(), mine.dump());
    assert_eq!(again.heads(), mine.heads());
}
