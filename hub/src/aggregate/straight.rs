//! Documents of observations whose changes follow one another in one line: their facts are read
//! from the changes, without Automerge. Their entries are their tail, and nothing else of them is
//! stored until someone writes beside others.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use weft_shared::{
    document::Straight,
    id::DocId,
    log::scan,
    model::{
        observation::{ObservationKey, Statement},
        schema::Container,
    },
    period::Period,
    time::Timestamp,
};
use weft_store::cache::Run;

use super::{
    facts::{Keys, Place, year_of},
    writes::Writes,
};
use crate::{
    limits,
    store::{
        LocationRow,
        derived::{
            facts::{FactPlace, FactRow},
            names::{Form, Names},
            past::Standing,
        },
    },
};

/// The documents in memory that are read so.
#[derive(Debug)]
pub(super) struct Straights {
    all: BTreeMap<(LocationRow, DocId), Line>,
    clock: u64,
    bytes_max: u64,
}

/// A document that is read without Automerge.
#[derive(Debug)]
pub(super) struct Line {
    document: Straight,
    /// Its changes since it was last saved.
    fresh: u64,
    used: u64,
}

/// The statement of a change, with the numbers of its key, if it has some.
struct Said<'a> {
    /// The entry.
    since: u64,
    at: Timestamp,
    key: &'a str,
    period: Period,
    place: Option<Place>,
    statement: Statement,
}

impl Straights {
    /// None yet, and a limit on their estimated memory; with 0 no document is read so.
    pub(super) const fn new(bytes_max: u64) -> Self {
        Self {
            all: BTreeMap::new(),
            clock: 0,
            bytes_max,
        }
    }

    pub(super) const fn is_off(&self) -> bool {
        self.bytes_max == 0
    }

    /// Takes a document out, to be put back if it goes on in one line.
    pub(super) fn take(&mut self, place: &(LocationRow, DocId)) -> Option<Line> {
        self.all.remove(place)
    }

    pub(super) fn put(&mut self, place: (LocationRow, DocId), mut line: Line) {
        self.clock += 1;
        line.used = self.clock;
        self.all.insert(place, line);
    }

    pub(super) fn clear(&mut self) {
        self.all.clear();
    }

    /// The documents that are to leave memory: those with many changes, and beyond the limit on
    /// memory those not used for longest.
    pub(super) fn surplus(&self) -> Vec<(LocationRow, DocId)> {
        let mut bytes: u64 = self.all.values().map(Line::memory_bytes).sum();
        let mut by_use: Vec<_> = self.all.iter().collect();
        by_use.sort_unstable_by_key(|(_, line)| line.used);
        let surplus = by_use.into_iter().filter(|(_, line)| {
            let is_surplus = bytes > self.bytes_max;
            bytes -= if is_surplus { line.memory_bytes() } else { 0 };
            is_surplus || line.fresh >= limits::STRAIGHT_CHANGES_MAX
        });
        surplus.map(|(place, _)| *place).collect()
    }

    /// The next document with more changes than are left unsaved.
    pub(super) fn unsaved(&self) -> Option<(LocationRow, DocId)> {
        let mut all = self.all.iter();
        all.find_map(|(place, line)| line.is_worth_saving().then_some(*place))
    }
}

impl Line {
    pub(super) const fn new(document: Straight) -> Self {
        Self {
            document,
            fresh: 0,
            used: 0,
        }
    }

    /// Whether to read its changes again takes more than to save it.
    pub(super) const fn is_worth_saving(&self) -> bool {
        self.fresh > limits::TAIL_LEFT_CHANGES_MAX
    }

    const fn memory_bytes(&self) -> u64 {
        self.document.memory_bytes()
    }

    /// Takes in a run that is in the store's facts already. Returns `None` if it does not go on in
    /// one line.
    pub(super) fn read_again(&mut self, run: &Run<u64>) -> Option<()> {
        for change in &run.changes {
            let hash = scan::read(change).ok()?.hash;
            self.document.take((change, hash), |_| Some(()))?;
            self.fresh += 1;
        }
        Some(())
    }

    /// Takes in runs, whose changes have these hashes, and writes what they state. Returns `None`,
    /// and has written nothing, if they do not go on in one line, or if something in them must be
    /// read with more care.
    pub(super) fn fold(
        &mut self,
        (lix, doc): (LocationRow, DocId),
        (runs, hashes): (&[Run<u64>], &[[u8; 32]]),
        names: &mut Names,
        writes: &mut Writes,
    ) -> Option<()> {
        let year = year_of(lix, self.document.kind())?;
        let mut keys = Keys::new(names, lix);
        let (mut said, mut hashes) = (Vec::new(), hashes.iter());
        for run in runs {
            for change in &run.changes {
                self.document.take((change, *hashes.next()?), |put| {
                    // Notes are in no fact.
                    if put.container == Container::Observations {
                        let (period, place) = keys.read(put.key).ok()?;
                        said.push(Said {
                            since: run.place,
                            at: put.at,
                            key: put.key,
                            period,
                            place,
                            statement: Statement::decode(put.text).ok()?,
                        });
                    }
                    Some(())
                })?;
                self.fresh += 1;
            }
        }
        let is_of_year = |one: &Said<'_>| one.period.reporting_year() == year;
        said.iter().all(is_of_year).then_some(())?;
        leave_last(&mut said);
        number(&mut said, &mut keys)?;
        let document = keys.names.document(lix, &doc, year);
        for one in said {
            // Nothing was ever stored of it.
            let Some(place) = one.place.or_else(|| keys.known(one.key)) else {
                continue;
            };
            let at = FactPlace {
                document,
                series: place.series,
                period: one.period.number(),
                place: place.place,
            };
            let standing = standing(one, keys.names);
            match writes.facts.entry(at) {
                Entry::Vacant(new) => drop(new.insert(vec![standing])),
                Entry::Occupied(mut known) => match known.get_mut().last_mut() {
                    // A value that its own entry replaces never stood.
                    Some(last) if last.since == standing.since => *last = standing,
                    Some(_) | None => known.get_mut().push(standing),
                },
            }
        }
        writes
            .tails
            .extend(runs.iter().map(|run| (lix, doc, run.place)));
        Some(())
    }
}

/// Leaves the last of several statements of one entry about one key: the others never stood. Only
/// one that was never for the network would show, as a key of which nothing is known.
fn leave_last(said: &mut Vec<Said<'_>>) {
    if !said.iter().any(|one| one.statement.is_narrow()) {
        return;
    }
    let mut later = BTreeSet::new();
    said.reverse();
    said.retain(|one| later.insert((one.since, one.key)));
    said.reverse();
}

/// Gives numbers to what is stated for the first time, and slices.
fn number(said: &mut [Said<'_>], keys: &mut Keys<'_>) -> Option<()> {
    for one in said.iter().filter(|one| one.place.is_none()) {
        one.key.parse::<ObservationKey>().ok()?;
    }
    for one in said.iter_mut().filter(|one| !one.statement.is_narrow()) {
        let place = match one.place.or_else(|| keys.known(one.key)) {
            Some(known) => known,
            None => keys.numbers(&one.key.parse().ok()?),
        };
        one.place = Some(place);
        keys.names.slice(place.label, one.period);
    }
    Some(())
}

/// The statement that stands from its entry on. One for a narrower audience than the network takes
/// back what stood before.
fn standing(one: Said<'_>, names: &mut Names) -> Standing {
    let is_narrow = one.statement.is_narrow();
    let withdraws = is_narrow.then(|| names.form(Form::NO_LONGER_SHARED));
    let row = |statement: Statement, names: &mut Names| FactRow {
        form: names.form(Form::of(&statement)),
        statement,
        at: Some(one.at),
        entry: Some(one.since),
    };
    let rows = match is_narrow {
        true => Vec::new(),
        false => vec![row(one.statement, names)],
    };
    Standing {
        since: one.since,
        withdraws,
        rows,
    }
}
