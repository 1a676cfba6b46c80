//! Entries with Automerge's own changes arrive as they were sent, or not at all.

use automerge::AutoCommit;
use proptest::prelude::*;

use super::*;
use crate::log::entry::RunChanges;
use crate::log::kit::{document, put, run};

/// Saves of one device: each makes a few changes to some of three documents.
#[derive(Clone, Debug)]
struct Save(Vec<(usize, Vec<String>)>);

fn saves() -> impl Strategy<Value = Vec<Save>> {
    let run = (0..3_usize, proptest::collection::vec(".{0,300}", 1..4));
    let save = proptest::collection::vec(run, 1..4).prop_map(Save);
    proptest::collection::vec(save, 1..8)
}

struct Desk {
    author: Author,
    documents: Vec<(DocName, AutoCommit, bool)>,
    /// Number of values put. Each begins with its own, because Automerge makes no change of a value
    /// that is there already.
    put: u64,
}

impl Desk {
    fn new() -> Self {
        let author = Author::new();
        let names = ["plan", "profile", "observations/2026"].map(DocName::first);
        let documents = names.map(|name| {
            let document = document(author.actor(&name, 0));
            (name, document, true)
        });
        Self {
            author,
            documents: documents.into(),
            put: 0,
        }
    }

    fn save(&mut self, save: Save) -> Entry {
        let runs: Vec<RunChanges> = save.0.into_iter().map(|part| self.run(part)).collect();
        let entry = Entry::compose(self.author.context(), runs).unwrap();
        self.author.height = Height {
            dseq: entry.header.dseq,
            hash: entry.hash,
        };
        entry
    }

    fn run(&mut self, (at, values): (usize, Vec<String>)) -> RunChanges {
        let (name, document, first) = &mut self.documents[at];
        let mut changes = Vec::new();
        for (key, value) in values.iter().enumerate() {
            self.put += 1;
            let value = format!("{} {value}", self.put);
            changes.push(put(document, &key.to_string(), &value));
        }
        let first = std::mem::take(first);
        run(&self.author, name, first, changes)
    }
}

fn batch(desk: &Desk, below: Height, entries: &[Entry]) -> Batch {
    let entries = entries.iter().cloned();
    let entries = entries.map(|entry| Received::from_entry(entry, None));
    desk.author.batch(below, entries.collect())
}

/// Alters one thing in a signed batch.
fn mutate(batch: &mut Batch, entry: prop::sample::Index, at: prop::sample::Index, value: u8) {
    let entry = entry.index(batch.entries.len());
    let Received::Whole {
        roster,
        seen,
        created,
        runs,
    } = &mut batch.entries[entry]
    else {
        unreachable!("the desk sends whole entries")
    };
    let n_runs = runs.len();
    let run = &mut runs[at.index(n_runs)];
    match value % 8 {
        0 => seen[at.index(32)] = value,
        1 => *created = created.plus_ms(i64::from(value)),
        2 => *roster = RosterHash::ZERO,
        3 => run.n = run.n.wrapping_add(value),
        4 => run.n_ops = run.n_ops.wrapping_add(u32::from(value)),
        5 => run.codec = value,
        6 => run.bytes.truncate(at.index(run.bytes.len())),
        _ => {
            let at = at.index(run.bytes.len());
            run.bytes[at] = run.bytes[at].wrapping_add(value);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn composed_sent_and_admitted_is_the_same(
        saves in saves(),
        cuts in proptest::collection::vec(1..4_usize, 8),
    ) {
        let mut desk = Desk::new();
        let mut state = empty();
        let mut saves = saves.into_iter();
        for cut in cuts {
            let below = desk.author.height;
            let sent: Vec<Entry> = saves.by_ref().take(cut).map(|save| desk.save(save)).collect();
            if sent.is_empty() {
                break;
            }
            let batch = batch(&desk, below, &sent);
            let admission = desk.author.gate().admit(&mut state, batch).unwrap().unwrap();
            prop_assert_eq!(admission.entries.len(), sent.len());
            for (admitted, sent) in admission.entries.iter().zip(&sent) {
                prop_assert_eq!(&admitted.entry, sent);
                prop_assert_eq!(admitted.void, None);
                let raw: Vec<Vec<u8>> = admitted.raw().map(<[u8]>::to_vec).collect();
                let runs = sent.changes(&TeamKeys::NONE).unwrap().into_iter();
                let changes: Vec<Vec<u8>> = runs.map(|run| run.changes.concat()).collect();
                prop_assert_eq!(raw, changes);
            }
            prop_assert_eq!(state.height, desk.author.height);
        }
    }

    #[test]
    fn no_mutation_panics_or_is_admitted(
        saves in saves(),
        entry in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        value in any::<u8>(),
    ) {
        let mut desk = Desk::new();
        let sent: Vec<Entry> = saves.into_iter().map(|save| desk.save(save)).collect();
        let good = batch(&desk, Height::ZERO, &sent);
        let mut bad = good.clone();
        mutate(&mut bad, entry, at, value);
        let mut state = empty();
        if let Ok(admission) = desk.author.gate().admit(&mut state, bad) {
            // Another packing of the same bytes does not make another entry.
            let admitted: Vec<EntryHash> =
                admission.unwrap().entries.iter().map(|it| it.entry.hash).collect();
            let sent: Vec<EntryHash> = sent.iter().map(|entry| entry.hash).collect();
            prop_assert_eq!(admitted, sent);
        } else {
            prop_assert_eq!(&state, &empty());
            let admission = desk.author.gate().admit(&mut state, good).unwrap().unwrap();
            prop_assert_eq!(admission.voids().count(), 0);
        }
    }
}
