//! The values that remain after any edits by devices that sync now and then: all that were not
//! overwritten by someone who saw them. The model has sets of acts, and no Automerge.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{prelude::*, sample::Index};

use super::*;
use crate::{
    id::IndicatorCode,
    model::{
        profile::{Adoption, AdoptionStatus},
        schema,
    },
};

const KIND: RecordKind = RecordKind::Initiative;
const DEVICES: u8 = 3;

/// The places to write: two observations, a decision, a field, and the removal of the record.
const SLOTS: u8 = 5;
const DECISION: u8 = 2;
const FIELD: u8 = 3;
const REMOVAL: u8 = 4;

#[derive(Clone, Debug)]
enum Step {
    /// Writes a value in a slot, as a form or an import does.
    State(u8, u8, u8),
    /// Repeats the value that is shown first.
    Confirm(u8, u8),
    /// Settles every conflict on the first or the last value.
    Settle(u8, bool),
    /// Receives the changes up to one.
    Hear(u8, Index),
}

fn step() -> impl Strategy<Value = Step> {
    let device = 0..DEVICES;
    prop_oneof![
        4 => (device.clone(), 0..SLOTS, 0..3_u8).prop_map(|(d, s, v)| Step::State(d, s, v)),
        1 => (device.clone(), 0..DECISION).prop_map(|(d, s)| Step::Confirm(d, s)),
        2 => (device.clone(), any::<bool>()).prop_map(|(d, last)| Step::Settle(d, last)),
        3 => (device, any::<Index>()).prop_map(|(d, upto)| Step::Hear(d, upto)),
    ]
}

/// One value that a device wrote, and the acts that it had seen.
#[derive(Clone, Debug)]
struct Act {
    slot: u8,
    value: u8,
    seen: BTreeSet<usize>,
}

struct Team {
    documents: Vec<Document>,
    /// The changes that each device knows besides its own.
    knows: Vec<BTreeSet<usize>>,
    changes: Vec<Vec<u8>>,
    /// The acts of each change.
    acts: Vec<Vec<Act>>,
}

const KEYS: [&str; 2] = ["A1/AB/2022/total", FN];
const STATUS: [&str; 3] = ["exploring", "testing", "scaling"];

fn adoption(value: u8) -> Adoption {
    let audience = [Audience::Team, Audience::Network, Audience::Released];
    Adoption {
        status: AdoptionStatus::Adopted,
        definition: DefinitionHash::new([9; 32]),
        audience: audience[usize::from(value)],
        reason: None,
        releases: None,
        open: None,
    }
}

fn code() -> IndicatorCode {
    IndicatorCode::parse("A1").unwrap()
}

fn write(editor: &mut Editor<'_>, slot: u8, value: u8) {
    let id = record_id(1);
    match slot {
        DECISION => editor.put_adoption(&code(), &adoption(value)),
        FIELD => editor.set_field(KIND, &id, "status", &STATUS[usize::from(value)].into()),
        REMOVAL if value == 0 => editor.restore_record(KIND, &id),
        REMOVAL => editor.remove_record(KIND, &id),
        _ => {
            let key = key(KEYS[usize::from(slot)]);
            editor.put_observation(&key, &stated(u32::from(value)), None)
        }
    }
    .unwrap();
}

/// The values that a document shows in a slot, as their numbers.
fn shown(document: &Document, slot: u8) -> BTreeSet<u8> {
    let place = |all: &[String], text: &str| {
        let at = all.iter().position(|one| one == text);
        u8::try_from(at.unwrap()).unwrap()
    };
    let texts = |slot| match slot {
        DECISION => [0, 1, 2].map(|one| adoption(one).encode()).to_vec(),
        FIELD => STATUS.map(str::to_owned).to_vec(),
        REMOVAL => [schema::KEPT, schema::SET].map(str::to_owned).to_vec(),
        _ => [0, 1, 2].map(|one| stated(one).encode()).to_vec(),
    };
    let record = document.record(KIND, &record_id(1)).unwrap();
    let values = match slot {
        DECISION => document.view().values(Container::Adoptions, "A1"),
        FIELD => record.fields.get("status").cloned().unwrap_or_default(),
        REMOVAL => record
            .fields
            .get(schema::REMOVED)
            .cloned()
            .unwrap_or_default(),
        _ => {
            let observed = document.observation(&key(KEYS[usize::from(slot)]));
            let stated = observed.into_iter().flat_map(|one| one.stated);
            return stated
                .map(|one| place(&texts(slot), &one.statement.encode()))
                .collect();
        }
    };
    values
        .iter()
        .map(|one| place(&texts(slot), &one.value))
        .collect()
}

impl Team {
    fn new() -> Self {
        let mut first = document("team");
        let made = edit(&mut first, 9, |editor| {
            let all = fields(&[("name", "Example")]);
            editor
                .put_record(KIND, &record_id(1), Audience::Team, &all)
                .unwrap();
        });
        let mut other = document("team");
        other.apply(&[made]).unwrap();
        Self {
            documents: vec![other; usize::from(DEVICES)],
            knows: vec![BTreeSet::new(); usize::from(DEVICES)],
            changes: Vec::new(),
            acts: Vec::new(),
        }
    }

    /// The acts in a slot that a device knows and that no known act overwrote.
    fn standing(&self, device: u8, slot: u8) -> Vec<(usize, &Act)> {
        let knows = &self.knows[usize::from(device)];
        let acts = || {
            let acts = knows
                .iter()
                .flat_map(|at| self.acts[*at].iter().map(move |act| (*at, act)));
            acts.filter(move |(_, act)| act.slot == slot)
        };
        let over: BTreeSet<usize> = acts().flat_map(|(_, act)| act.seen.clone()).collect();
        acts().filter(|(at, _)| !over.contains(at)).collect()
    }

    fn values(&self, device: u8, slot: u8) -> BTreeSet<u8> {
        let standing = self.standing(device, slot).into_iter();
        standing.map(|(_, act)| act.value).collect()
    }

    /// Whether the record's removal is disputed, according to the model.
    fn disputed(&self, device: u8) -> bool {
        let removal = self.standing(device, REMOVAL);
        let gone: Vec<_> = removal.iter().filter(|(_, act)| act.value == 1).collect();
        let seen: BTreeSet<usize> = gone
            .iter()
            .flat_map(|(at, act)| act.seen.iter().copied().chain([*at]))
            .collect();
        let field = self.standing(device, FIELD);
        let unseen = field.iter().any(|(at, _)| !seen.contains(at));
        !gone.is_empty() && (gone.len() < removal.len() || unseen)
    }

    /// Makes one change of `device`, which writes these values.
    fn act(&mut self, device: u8, written: &[(u8, u8)], run: impl FnOnce(&mut Editor<'_>)) {
        let run = |editor: &mut Editor<'_>| {
            run(editor);
            Ok::<(), EditError>(())
        };
        let at = usize::from(device);
        let edited = self.documents[at].edit(author(device), AT, run).unwrap();
        assert_eq!(edited.change.is_some(), !written.is_empty(), "{written:?}");
        let Some(change) = edited.change else {
            return;
        };
        let seen = &self.knows[at];
        let acts = written.iter().map(|(slot, value)| Act {
            slot: *slot,
            value: *value,
            seen: seen.clone(),
        });
        self.acts.push(acts.collect());
        self.knows[at].insert(self.changes.len());
        self.changes.push(change);
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::State(device, slot, value) => {
                let standing = self.values(device, slot);
                let value = if slot == REMOVAL { value.min(1) } else { value };
                let says = match (slot, value) {
                    (REMOVAL, 0) => standing.contains(&1),
                    (REMOVAL, _) => true,
                    _ => standing != BTreeSet::from([value]),
                };
                let written: &[_] = if says { &[(slot, value)] } else { &[] };
                self.act(device, written, |editor| write(editor, slot, value));
            }
            Step::Confirm(device, slot) => {
                let key = key(KEYS[usize::from(slot)]);
                let observed = self.documents[usize::from(device)].observation(&key);
                let Some(first) = observed.and_then(|one| one.stated.into_iter().next()) else {
                    return;
                };
                let value = first.statement.numerator.unwrap().to_string();
                let written = [(slot, value.parse().unwrap())];
                self.act(device, &written, |editor| {
                    editor
                        .confirm_observation(&key, &first.statement, None)
                        .unwrap();
                });
            }
            Step::Settle(device, last) => self.settle(device, last),
            Step::Hear(device, ref upto) => {
                if !self.changes.is_empty() {
                    self.hear(device, upto.index(self.changes.len()) + 1);
                }
            }
        }
    }

    fn settle(&mut self, device: u8, last: bool) {
        let document = &self.documents[usize::from(device)];
        let conflicts = document.conflicts();
        let contested = |slot| match slot {
            REMOVAL => self.disputed(device),
            _ => self.values(device, slot).len() > 1,
        };
        let slots: BTreeSet<u8> = (0..SLOTS).filter(|slot| contested(*slot)).collect();
        let mut written = BTreeMap::new();
        for conflict in &conflicts {
            let choice = if last { conflict.values.len() - 1 } else { 0 };
            let value = &conflict.values[choice].value;
            let slot = match (conflict.container, conflict.field.as_deref()) {
                (Container::Observations, _) if conflict.key == KEYS[0] => 0,
                (Container::Observations, _) => 1,
                (Container::Adoptions, _) => DECISION,
                (_, Some("status")) => FIELD,
                _ => REMOVAL,
            };
            let value = (0..3_u8).find(|one| match slot {
                DECISION => adoption(*one).encode() == *value,
                FIELD => STATUS[usize::from(*one)] == value,
                REMOVAL => (*value == schema::SET) == (*one == 1),
                _ => stated(u32::from(*one)).encode() == *value,
            });
            written.insert(slot, value.unwrap());
        }
        // A record that is gone for good has no conflicts in its fields.
        let gone = self.values(device, REMOVAL).contains(&1) && !self.disputed(device);
        let slots: BTreeSet<u8> = slots
            .into_iter()
            .filter(|slot| *slot != FIELD || !gone)
            .collect();
        assert_eq!(written.keys().copied().collect::<BTreeSet<_>>(), slots);
        let written: Vec<(u8, u8)> = written.into_iter().collect();
        self.act(device, &written, |editor| {
            for conflict in &conflicts {
                let choice = if last { conflict.values.len() } else { 1 };
                editor.settle(conflict, choice).unwrap();
            }
        });
    }

    fn hear(&mut self, device: u8, upto: usize) {
        let runs: Vec<&[Vec<u8>]> = self.changes[..upto]
            .iter()
            .map(std::slice::from_ref)
            .collect();
        let derived = self.documents[usize::from(device)].apply_runs(&runs);
        assert!(derived.iter().all(Result::is_ok), "{:?}", derived);
        self.knows[usize::from(device)].extend(0..upto);
    }

    fn check(&self, device: u8) {
        let document = &self.documents[usize::from(device)];
        for slot in 0..SLOTS {
            assert_eq!(
                shown(document, slot),
                self.values(device, slot),
                "slot {slot}"
            );
        }
        let record = document.record(KIND, &record_id(1)).unwrap();
        let disputed = self.disputed(device);
        let gone = self.values(device, REMOVAL).contains(&1);
        assert_eq!(!record.disputed.is_empty(), disputed, "{record:?}");
        assert_eq!(record.is_live(), disputed || !gone);
        let decided = self.values(device, DECISION).into_iter();
        let narrowest = decided.map(|one| adoption(one).audience).min();
        let taken = document.adoptions().remove(&code());
        assert_eq!(taken.map(|one| one.audience), narrowest);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// Different settlements contest each other, and equal ones agree. A settlement is contested by
    /// an edit that it had not seen, and a removal that was not seen leads to a question.
    #[test]
    fn what_nobody_who_saw_it_wrote_over_stands(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let mut team = Team::new();
        for step in &steps {
            team.step(step);
            let (Step::State(device, ..) | Step::Confirm(device, _) | Step::Settle(device, _)
                | Step::Hear(device, _)) = *step;
            team.check(device);
        }
        for device in 0..DEVICES {
            team.hear(device, team.changes.len());
            team.check(device);
        }
        let dumps: BTreeSet<String> = team.documents.iter().map(Document::dump).collect();
        prop_assert_eq!(dumps.len(), 1);
    }
}

#[test]
fn two_who_settle_one_contest_differently_are_asked_again() {
    for (mine, yours, after) in [(1, 2, 2), (1, 1, 1), (2, 2, 1)] {
        let (mut a, mut b) = (document("observations/2022"), document("observations/2022"));
        let first = state(&mut a, 1, FN, 50);
        b.apply(&[first]).unwrap();
        let (from_a, from_b) = (state(&mut a, 1, FN, 61), state(&mut b, 2, FN, 72));
        a.apply(&[from_b]).unwrap();
        b.apply(&[from_a]).unwrap();
        let conflict = a.conflicts().remove(0);
        let settle = |document: &mut Document, device, choice| {
            edit(document, device, |editor| {
                editor.settle(&conflict, choice).unwrap()
            })
        };
        let (from_a, from_b) = (settle(&mut a, 1, mine), settle(&mut b, 2, yours));
        a.apply(&[from_b]).unwrap();
        b.apply(&[from_a]).unwrap();
        let stands = |document: &Document| document.observation(&key(FN)).unwrap().stated.len();
        assert_eq!((stands(&a), stands(&b)), (after, after), "{mine} {yours}");
        assert_eq!(a.dump(), b.dump());
    }
}

#[test]
fn a_withdrawn_insight_stays_withdrawn() {
    let (mut a, mut b) = (document("insights/2026"), document("insights/2026"));
    let (kind, id) = (RecordKind::Insight, record_id(1));
    let made = edit(&mut a, 1, |editor| {
        let hash = "ab".repeat(32);
        let all = fields(&[
            ("setting", "marae"),
            ("text_hash", &hash),
            ("text_bytes", "3"),
        ]);
        editor
            .put_record(kind, &id, Audience::Network, &all)
            .unwrap();
    });
    b.apply(&[made]).unwrap();
    let withdrawn = edit(&mut a, 1, |editor| {
        editor.withdraw(kind, &id).unwrap();
        editor.remove_record(kind, &id).unwrap();
    });
    let changed = edit(&mut b, 2, |editor| {
        editor
            .set_field(kind, &id, "setting", &"school".into())
            .unwrap();
    });
    a.apply(&[changed]).unwrap();
    b.apply(&[withdrawn]).unwrap();
    for document in [&a, &b] {
        let record = document.record(kind, &id).unwrap();
        assert!(record.withdrawn && record.disputed.is_empty());
        assert!(document.conflicts().is_empty());
    }
}

#[test]
fn a_lost_settlement_is_said_again_as_one() {
    let (mut a, mut b) = (document("observations/2022"), document("observations/2022"));
    let (from_a, from_b) = (state(&mut a, 1, FN, 61), state(&mut b, 2, FN, 72));
    a.apply(&[from_b]).unwrap();
    b.apply(&[from_a]).unwrap();
    let conflict = a.conflicts().remove(0);
    let base = a.clone();
    let lost = edit(&mut a, 1, |editor| editor.settle(&conflict, 1).unwrap());
    let said = Lost::of(&base).read(&[lost]);
    assert_eq!((said.again.len(), said.overtaken.len()), (1, 0));
    let mut again = base.clone();
    edit(&mut again, 1, |editor| {
        editor.say_again(&said.again).unwrap()
    });
    assert!(again.conflicts().is_empty());
    // An edit that no one had seen overtakes the settlement.
    let mut moved = base;
    edit(&mut moved, 2, |editor| {
        editor.put_observation(&key(FN), &stated(99), None).unwrap();
    });
    let lost = edit(&mut a, 1, |editor| {
        editor
            .confirm_observation(&key(FN), &stated(61), None)
            .unwrap();
    });
    let said = Lost::of(&moved).read(&[lost]);
    assert_eq!((said.again.len(), said.overtaken.len()), (0, 1));
}
