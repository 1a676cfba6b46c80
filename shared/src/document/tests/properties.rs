//! Properties that hold for any edits, in any order of arrival, and for false changes.

use std::collections::BTreeMap;

use automerge::legacy::{Key, ObjectId, OpId};
use proptest::{prelude::*, sample::Index};

use super::*;
use crate::model::schema::RecordKind;

/// One step of a device: an edit, or receiving another's changes.
#[derive(Clone, Debug)]
enum Step {
    State(u8, u8, u32),
    Field(u8, u8, u8, u8),
    Tag(u8, u8, u8),
    Remove(u8, u8),
    Settle(u8),
    Hear(u8, Index),
}

fn step() -> impl Strategy<Value = Step> {
    let device = 0..3_u8;
    prop_oneof![
        (device.clone(), 0..4_u8, 0..3_u32).prop_map(|(d, k, v)| Step::State(d, k, v)),
        (device.clone(), 0..3_u8, 0..3_u8, 0..3_u8)
            .prop_map(|(d, r, f, v)| Step::Field(d, r, f, v)),
        (device.clone(), 0..3_u8, 0..3_u8).prop_map(|(d, r, v)| Step::Tag(d, r, v)),
        (device.clone(), 0..3_u8).prop_map(|(d, r)| Step::Remove(d, r)),
        device.clone().prop_map(Step::Settle),
        (device, any::<Index>()).prop_map(|(d, from)| Step::Hear(d, from)),
    ]
}

const KEYS: [&str; 4] = [
    "A1/AB/2022/total",
    "A1/AB/2023/total",
    "A1/CD/2022/age=12%2B",
    "B2/AB/2022/total",
];

/// Three devices with a `team`-shaped document, which has every container.
struct Team {
    documents: Vec<Document>,
    changes: Vec<Vec<u8>>,
}

impl Team {
    fn run(steps: &[Step]) -> Self {
        let mut team = Self {
            documents: vec![document("team"); 3],
            changes: Vec::new(),
        };
        for step in steps {
            team.step(step);
        }
        team
    }

    fn step(&mut self, step: &Step) {
        match step.clone() {
            Step::State(device, at, value) => self.edit(device, |editor| {
                let key = key(KEYS[usize::from(at)]);
                let note = value.to_string();
                editor
                    .put_observation(&key, &stated(value), Some(&note))
                    .unwrap();
            }),
            Step::Field(device, record, field, value) => self.edit(device, |editor| {
                let field = ["name", "setting", "status"][usize::from(field)];
                let value = match field {
                    "status" => ["exploring", "testing", "scaling"][usize::from(value)].to_owned(),
                    "setting" if value == 0 => String::new(),
                    _ => value.to_string(),
                };
                let all = fields(&[("name", "Example"), (field, &value)]);
                editor
                    .put_record(KIND, &record_id(record), Audience::Team, &all)
                    .unwrap();
            }),
            Step::Tag(device, record, value) => self.edit(device, |editor| {
                let members = (0..value).map(|one| record_id(one).to_string()).collect();
                let all = Fields::from([
                    ("name".to_owned(), "Example".into()),
                    ("partners".to_owned(), FieldValue::Set(members)),
                ]);
                editor
                    .put_record(KIND, &record_id(record), Audience::Team, &all)
                    .unwrap();
            }),
            Step::Remove(device, record) => self.edit(device, |editor| {
                // No one removes a record that they never received.
                let _ = editor.remove_record(KIND, &record_id(record));
            }),
            Step::Settle(device) => {
                let conflicts = self.documents[usize::from(device)].conflicts();
                self.edit(device, |editor| {
                    for conflict in &conflicts {
                        editor.settle(conflict, conflict.values.len()).unwrap();
                    }
                });
            }
            Step::Hear(device, from) => {
                if !self.changes.is_empty() {
                    let upto = from.index(self.changes.len()) + 1;
                    hear(
                        &mut self.documents[usize::from(device)],
                        &self.changes[..upto],
                    );
                }
            }
        }
    }

    fn edit(&mut self, device: u8, run: impl FnOnce(&mut Editor<'_>)) {
        let run = |editor: &mut Editor<'_>| {
            run(editor);
            Ok::<(), EditError>(())
        };
        let document = &mut self.documents[usize::from(device)];
        let edited = document.edit(author(device), AT, run).unwrap();
        self.changes.extend(edited.change);
    }
}

const KIND: RecordKind = RecordKind::Initiative;

fn hear(document: &mut Document, changes: &[Vec<u8>]) -> Vec<Derived> {
    let runs: Vec<&[Vec<u8>]> = changes.iter().map(std::slice::from_ref).collect();
    document.apply_runs(&runs)
}

/// Everything that reads return, by the places of `Touched`.
fn read_all(document: &Document) -> BTreeMap<(Container, String), String> {
    let mut all = BTreeMap::new();
    for observed in document.observations() {
        let key = observed.key.to_string();
        let text = format!("{:?} {:?}", observed.stated, observed.unreadable);
        all.insert((Container::Observations, key.clone()), text);
        all.insert((Container::Notes, key), format!("{:?}", observed.notes));
    }
    for record in document.records(KIND) {
        let key = (KIND.container(), record.id.to_string());
        all.insert(key, format!("{record:?}"));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_arrival_is_invisible(
        steps in prop::collection::vec(step(), 1..40),
        order in any::<prop::sample::Selector>(),
        batch in 1..20_usize,
    ) {
        let mut team = Team::run(&steps);
        let changes = team.changes.clone();
        for document in &mut team.documents {
            hear(document, &changes);
        }
        let mut late = document("team");
        let mut shuffled: Vec<_> = (0..changes.len()).collect();
        shuffled.sort_by_key(|at| order.select((0..*at + 1).map(|one| one * 7 % 11)));
        // Held runs are tried again with the next batch, as a replica does.
        let mut waiting = Vec::new();
        for at in shuffled.chunks(batch) {
            waiting.extend(at.iter().map(|at| changes[*at].clone()));
            let derived = hear(&mut late, &waiting);
            let mut results = derived.iter();
            waiting.retain(|_| results.next().is_some_and(Result::is_err));
        }
        prop_assert!(waiting.is_empty());
        for document in &team.documents {
            prop_assert_eq!(document.heads(), late.heads());
            prop_assert_eq!(document.dump(), late.dump());
            prop_assert_eq!(read_all(document), read_all(&late));
            prop_assert_eq!(document.conflicts(), late.conflicts());
        }
        let saved = late.save().unwrap();
        let loaded = Document::load(&LOCATION, late.name(), &saved).unwrap();
        prop_assert_eq!(loaded.dump(), late.dump());
    }

    #[test]
    fn what_is_touched_is_all_that_changes(
        steps in prop::collection::vec(step(), 1..40),
        batch in 1..9_usize,
    ) {
        let team = Team::run(&steps);
        let mut reader = document("team");
        let mut known = read_all(&reader);
        for changes in team.changes.chunks(batch) {
            let derived = hear(&mut reader, changes);
            let fresh = read_all(&reader);
            for at in derived.into_iter().flatten().flatten() {
                match fresh.get(&at) {
                    Some(text) => known.insert(at, text.clone()),
                    None => known.remove(&at),
                };
            }
            prop_assert_eq!(&known, &fresh);
        }
    }

    #[test]
    fn a_damaged_save_is_refused_or_reads_the_same(
        steps in prop::collection::vec(step(), 1..12),
        at in any::<Index>(),
        byte in any::<u8>(),
        cut in any::<Index>(),
    ) {
        let team = Team::run(&steps);
        let document = &team.documents[0];
        let saved = document.save().unwrap();
        let mut spoilt = saved.clone();
        spoilt[at.index(saved.len())] = byte;
        let cut = &saved[..cut.index(saved.len())];
        for bytes in [spoilt.as_slice(), cut] {
            if let Ok(loaded) = Document::load(&LOCATION, document.name(), bytes) {
                prop_assert_eq!(loaded.dump(), document.dump());
            }
        }
    }

    #[test]
    fn a_change_that_lies_harms_nobody_else(
        steps in prop::collection::vec(step(), 2..20),
        at in any::<Index>(),
        lie in lie(),
    ) {
        let team = Team::run(&steps);
        prop_assume!(!team.changes.is_empty());
        let at = at.index(team.changes.len());
        let lying = lie.told(&team.changes[at]);
        let mut changes = team.changes;
        changes[at] = lying;
        let mut reader = document("team");
        // Together and one by one, the same changes are refused.
        let together = hear(&mut reader, &changes);
        let mut alone = document("team");
        for (change, result) in changes.iter().zip(&together) {
            let one = alone.apply(std::slice::from_ref(change));
            prop_assert_eq!(one.is_ok(), result.is_ok(), "{:?} {:?}", one, result);
        }
        prop_assert_eq!(alone.heads(), reader.heads());
        prop_assert_eq!(alone.dump(), reader.dump());
        // The document can still be read and saved, and takes edits.
        read_all(&reader);
        let _ = reader.conflicts();
        prop_assert!(reader.save().is_ok(), "accepted: {:?}", together);
        state(&mut reader, 9, FN, 77);
        prop_assert!(reader.save().is_ok());
    }
}

/// A change that passes the gate although no honest device would write it.
#[derive(Clone, Debug)]
pub(super) enum Lie {
    Pred(Index, u64),
    Object(Index, u64),
    Key(Index, String),
    Action(Index, u8),
    StartOp(u64),
    NoDeps,
    Byte(Index, u8),
    NoPred(Index),
    Insert(Index),
}

pub(super) fn lie() -> impl Strategy<Value = Lie> {
    prop_oneof![
        (any::<Index>(), 0..40_u64).prop_map(|(at, id)| Lie::Pred(at, id)),
        (any::<Index>(), 0..40_u64).prop_map(|(at, id)| Lie::Object(at, id)),
        (any::<Index>(), "[a-z/]{0,4}").prop_map(|(at, key)| Lie::Key(at, key)),
        (any::<Index>(), 0..6_u8).prop_map(|(at, action)| Lie::Action(at, action)),
        (1..600_000_u64).prop_map(Lie::StartOp),
        Just(Lie::NoDeps),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Lie::Byte(at, byte)),
        any::<Index>().prop_map(Lie::NoPred),
        any::<Index>().prop_map(Lie::Insert),
    ]
}

impl Lie {
    pub(super) fn told(&self, change: &[u8]) -> Vec<u8> {
        use automerge::{ObjType, ScalarValue, legacy::OpType};
        if let Self::Byte(at, byte) = self {
            return spoil(change, at, *byte);
        }
        let change = Change::try_from(change).unwrap();
        let mut told = change.decode();
        let actor = told.actor_id.clone();
        let count = told.operations.len();
        match self {
            Self::Pred(at, id) => {
                let id = OpId(*id, actor);
                told.operations[at.index(count)].pred = vec![id].into();
            }
            Self::NoPred(at) => told.operations[at.index(count)].pred = Vec::new().into(),
            Self::Object(at, id) => {
                told.operations[at.index(count)].obj = ObjectId::Id(OpId(*id, actor));
            }
            Self::Key(at, key) => {
                told.operations[at.index(count)].key = Key::Map(key.as_str().into());
            }
            Self::Action(at, action) => {
                told.operations[at.index(count)].action = match action {
                    0 => OpType::Delete,
                    1 => OpType::Increment(3),
                    2 => OpType::Make(ObjType::List),
                    3 => OpType::Make(ObjType::Map),
                    4 => OpType::Put(ScalarValue::counter(4)),
                    _ => OpType::Put(ScalarValue::Null),
                };
            }
            Self::StartOp(start) => told.start_op = (*start).try_into().unwrap(),
            Self::NoDeps => told.deps.clear(),
            Self::Insert(at) => told.operations[at.index(count)].insert = true,
            Self::Byte(..) => {}
        }
        Change::from(told).raw_bytes().to_vec()
    }
}

/// Changes one byte after the checksum, and corrects the checksum.
fn spoil(change: &[u8], at: &Index, byte: u8) -> Vec<u8> {
    use sha2::{Digest as _, Sha256};
    let mut change = change.to_vec();
    let body = 10 + at.index(change.len() - 10);
    change[body] = byte;
    let hash = Sha256::digest(&change[8..]);
    change[4..8].copy_from_slice(&hash[..4]);
    change
}
