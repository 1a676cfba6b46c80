//! Facts and cells do not depend on the order of entries, or on the documents they were written to.

use proptest::{prelude::*, sample::Index};

use super::*;
use crate::{
    document::{Document, EditError, Editor, Observed},
    id::{DeviceId, DocName},
    model::{
        observation::one_of_each_figure,
        schema::{Container, DocKind},
    },
    rollup::rollup,
};

const DOCUMENTS: [&str; 4] = [
    "observations/2022",
    "observations/2023",
    "observations/2023/2",
    "observations/2023/3",
];
const KEYS: [&str; 4] = [
    "VAX_PRIMARY/ONE/2022-12/age=12%2B",
    "VAX_PRIMARY/ONE/2023-05/age=12%2B",
    "VAX_PRIMARY/TWO/2023-05/age=12%2B",
    "VAX_PRIMARY/TWO/2023-06/age=12%2B",
];
const DEVICES: usize = 3;

/// One step by one device.
#[derive(Clone, Debug)]
enum Step {
    /// States a figure in a document, which may be that of another year.
    State {
        device: usize,
        document: usize,
        key: usize,
        numerator: u8,
    },
    /// Receives the changes up to a point.
    Hear { device: usize, upto: Index },
}

fn step() -> impl Strategy<Value = Step> {
    let device = 0..DEVICES;
    let state = (device.clone(), 0..DOCUMENTS.len(), 0..KEYS.len(), 0..3_u8);
    prop_oneof![
        3 => state.prop_map(|(device, document, key, numerator)| Step::State {
            device,
            document,
            key,
            numerator,
        }),
        1 => (device, any::<Index>()).prop_map(|(device, upto)| Step::Hear { device, upto }),
    ]
}

/// A change by an entry to one document.
type Change = (usize, Vec<u8>);

/// A location's documents and their statements, read again only as far as they were touched.
struct Replica {
    documents: Vec<Document>,
    known: BTreeMap<(usize, String), Observed>,
    waiting: Vec<Change>,
}

impl Replica {
    fn new() -> Self {
        let location = location_id(&LocationCode::parse("AA").unwrap());
        let genesis = |name| Document::genesis(&location, &DocName::first(name)).unwrap();
        Self {
            documents: DOCUMENTS.map(genesis).into(),
            known: BTreeMap::new(),
            waiting: Vec::new(),
        }
    }

    fn state(&mut self, device: usize, at: usize, key: &str, text: &str) -> Option<Change> {
        let author = DeviceId::new([u8::try_from(device).unwrap(); 32]);
        let put = |editor: &mut Editor<'_>| {
            editor.put_text(Container::Observations, key, text)?;
            Ok::<_, EditError>(())
        };
        let edited = self.documents[at].edit(author, Timestamp::from_ms(7), put);
        edited.unwrap().change.map(|change| (at, change))
    }

    /// Applies changes; those that build on missing ones wait.
    fn hear(&mut self, changes: &[Change]) {
        self.waiting.extend(changes.iter().cloned());
        let mut held = Vec::new();
        for at in 0..self.documents.len() {
            let own = self.waiting.iter().filter(|(document, _)| *document == at);
            let own: Vec<&Vec<u8>> = own.map(|(_, change)| change).collect();
            let runs: Vec<&[Vec<u8>]> = own.iter().map(|one| std::slice::from_ref(*one)).collect();
            let derived = self.documents[at].apply_runs(&runs);
            let results = own.iter().zip(&derived);
            let failed = results.filter(|(_, result)| result.is_err());
            held.extend(failed.map(|(change, _)| (at, (*change).clone())));
            for (_, key) in derived.into_iter().flatten().flatten() {
                let read = self.documents[at].observation(&key.parse().unwrap());
                match read {
                    Some(observed) => self.known.insert((at, key), observed),
                    None => self.known.remove(&(at, key)),
                };
            }
        }
        self.waiting = held;
    }

    /// The location's facts, as known from the keys that were touched.
    fn facts(&self) -> Vec<Fact> {
        let mut stated: BTreeMap<ObservationKey, Vec<Stated>> = BTreeMap::new();
        for ((at, _), observed) in &self.known {
            let document = &self.documents[*at];
            let all = observed.stated.iter().map(|one| Stated {
                statement: one.statement.clone(),
                device: None,
                at: document
                    .change_of(&one.actor, one.op)
                    .map(|change| change.at),
                entry: None,
                published: None,
            });
            stated.entry(observed.key.clone()).or_default().extend(all);
        }
        let location = location_id(&LocationCode::parse("AA").unwrap());
        let facts = stated.into_iter().map(|(key, mut stated)| {
            stated.sort_by_key(|one| one.statement.encode());
            Fact {
                location,
                key,
                stated: one_of_each_figure(stated, |one| &one.statement),
            }
        });
        facts.collect()
    }

    /// The same, as a rebuild reads it.
    fn reread(&self) -> BTreeMap<(usize, String), Observed> {
        let documents = self.documents.iter().enumerate();
        let all = documents.flat_map(|(at, document)| {
            let observed = document.observations();
            observed.map(move |one| ((at, one.key.to_string()), one))
        });
        all.collect()
    }
}

/// All changes by three devices, in the order in which they were written.
fn written(steps: &[Step]) -> Vec<Change> {
    let mut all = definitions().into_iter();
    let definition = all.find(|one| one.code.as_str() == "VAX_PRIMARY").unwrap();
    let mut devices: Vec<Replica> = (0..DEVICES).map(|_| Replica::new()).collect();
    let mut changes = Vec::new();
    for step in steps {
        match step {
            Step::State {
                device,
                document,
                key,
                numerator,
            } => {
                let text = statement(&definition, &format!("{numerator}/100"), "A").encode();
                let replica = &mut devices[*device];
                changes.extend(replica.state(*device, *document, KEYS[*key], &text));
            }
            Step::Hear { device, upto } if !changes.is_empty() => {
                let upto = upto.index(changes.len()) + 1;
                devices[*device].hear(&changes[..upto]);
            }
            Step::Hear { .. } => {}
        }
    }
    changes
}

fn two_areas() -> Network {
    let definitions = definitions();
    let adopted: Vec<&Definition> = definitions.iter().filter(|one| one.version == 1).collect();
    let areas = [("ONE", "One"), ("TWO", "Two")];
    let members = [
        member("AA", "A place", &areas, &adopted),
        member("BB", "B place", &[], &adopted),
    ];
    Network::new(members, definitions)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn order_and_documents_leave_no_trace(
        steps in prop::collection::vec(step(), 1..30),
        turns in prop::collection::vec(any::<u32>(), 30),
        bite in 1..9_usize,
    ) {
        let changes = written(&steps);
        let mut shuffled: Vec<_> = changes.iter().cloned().zip(turns).collect();
        shuffled.sort_by_key(|(_, turn)| *turn);
        let shuffled: Vec<Change> = shuffled.into_iter().map(|(change, _)| change).collect();
        let (mut early, mut late) = (Replica::new(), Replica::new());
        early.hear(&changes);
        for some in shuffled.chunks(bite) {
            late.hear(some);
            prop_assert_eq!(&late.known, &late.reread());
        }
        prop_assert!(early.waiting.is_empty() && late.waiting.is_empty());
        let (facts, other) = (early.facts(), late.facts());
        prop_assert_eq!(&facts, &other);
        let network = two_areas();
        prop_assert_eq!(rollup(&facts, &network), rollup(&other, &network));

        // A key in the document of another year states nothing.
        for (at, key) in late.known.keys() {
            let key: ObservationKey = key.parse().unwrap();
            let kind: DocKind = DOCUMENTS[*at].parse().unwrap();
            let year = key.period.reporting_year();
            prop_assert!(matches!(kind, DocKind::Observations(of, _) if of == year));
        }
        let mut own = steps.iter().filter(|step| match step {
            Step::State { document, key, .. } => (*document == 0) == (*key == 0),
            Step::Hear { .. } => false,
        });
        prop_assert_eq!(facts.is_empty(), own.next().is_none());
    }
}
