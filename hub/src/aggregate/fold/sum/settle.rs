//! Adds the facts of documents that are in no sum, many of one year at a time: they have most of
//! their slices in common.
//!
//! Most documents are the only one of their location and year. Their facts are added up in two
//! threads, without a look at the stored sums, and then added to these. Years in several documents,
//! and slots of which a document has several statements, are worked out slot by slot.

use std::{collections::BTreeMap, thread};

use rusqlite::Connection;
use weft_shared::{
    id::LocationId,
    model::{
        number::Number,
        observation::{ObservationKey, Statement},
    },
    period::Period,
    rollup::{AmountKind, Network, expected::PLACES_MAX},
};

use super::{Aggregator, Deltas, Slot, SumWrites, kind, observation_key, slot, together};
use crate::{
    limits,
    store::{
        LocationRow, Store, StoreError,
        derived::{
            self,
            facts::{self, FactPlace, Scanned},
            names::{Form, Names},
            sums::{BlockPlace, ODD, Sums},
            years::{self, YearDocument},
        },
    },
};

impl Aggregator {
    /// Adds facts of documents that are not in the sums. Returns whether there were any.
    pub(in crate::aggregate) fn settle(&mut self) -> Result<bool, StoreError> {
        if self.ahead {
            return Ok(false);
        }
        let settled = self.try_settle();
        Ok(self.mend(settled)? > 0)
    }

    fn try_settle(&self) -> Result<usize, StoreError> {
        let deltas = Deltas::new(&self.conn, &self.names, &self.network);
        let writes = deltas.of_late(&self.locations, &self.store)?;
        let settled = writes.summed.len();
        if writes.is_empty() {
            return Ok(0);
        }
        let before = self.folded;
        self.store.writer().run_blocking(move |conn| {
            if derived::folded(conn)? != before {
                return Err(StoreError::Damaged("folded, by another process"));
            }
            writes.write(conn)
        })?;
        Ok(settled)
    }
}

impl<'a> Deltas<'a> {
    /// Adds the next documents of one year that are not in the sums, of locations that count.
    pub(in crate::aggregate) fn of_late(
        mut self,
        locations: &BTreeMap<LocationRow, LocationId>,
        store: &Store,
    ) -> Result<SumWrites, StoreError> {
        let _reading = together(self.conn)?;
        let (alone, beside) = self.late(locations)?;
        for part in self.add_up(&alone, store)? {
            self.add_part(part)?;
        }
        let mut count = 0;
        for one in beside {
            if count >= limits::SETTLE_FACTS_MAX
                || self.writes.blocks.len() >= limits::SETTLE_BLOCKS_MAX
            {
                break;
            }
            let others = self.summed(one.lix, one.year)?;
            for slot in self.slots(one.document)? {
                let before = self.stored(&others, slot)?;
                let mut after = before.clone();
                after.extend(self.stored(&[one.document], slot)?);
                self.change(slot, &before, &after)?;
                count += 1;
            }
            self.writes.summed.push((one.document, true));
        }
        Ok(self.writes)
    }

    /// The next documents of one year that are not in the sums, of locations that count: those that
    /// are the only ones of their location and year, and the others.
    fn late(
        &self,
        locations: &BTreeMap<LocationRow, LocationId>,
    ) -> Result<(Vec<i64>, Vec<YearDocument>), StoreError> {
        let (mut alone, mut beside) = (Vec::new(), Vec::new());
        let mut year = None;
        years::each_late(self.conn, |one, is_alone| {
            let is_enough = alone.len() + beside.len() >= limits::SETTLE_DOCUMENTS_MAX;
            if is_enough || year.is_some_and(|year| year != one.year) {
                return false;
            }
            let location = locations.get(&one.lix);
            // No sum can have a higher number of a place.
            if self.names.last_place(one.lix) < i64::from(PLACES_MAX)
                && location.is_some_and(|id| self.network.expected_member(id).is_some())
            {
                year = Some(one.year);
                match is_alone {
                    true => alone.push(one.document),
                    false => beside.push(one),
                }
            }
            true
        })?;
        Ok((alone, beside))
    }

    /// Adds up documents, each the only one of its location and year.
    fn add_up(&self, documents: &[i64], store: &Store) -> Result<Vec<Part<'a>>, StoreError> {
        let part = |most| Part::new(self.names, self.network, most);
        if store.writer().is_simulated() || documents.len() < 2 {
            return Ok(vec![part(1).add_up(self.conn, documents.iter())?]);
        }
        let (first, second) = (
            documents.iter().step_by(2),
            documents[1..].iter().step_by(2),
        );
        let beside = store.reader()?;
        let (names, network) = (self.names, self.network);
        thread::scope(|scope| {
            let second = scope.spawn(move || Part::new(names, network, 2).add_up(&beside, second));
            let first = part(2).add_up(self.conn, first)?;
            let second = second.join();
            let second = second.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok(vec![first, second?])
        })
    }

    /// Adds what was added up to the stored sums.
    fn add_part(&mut self, part: Part<'_>) -> Result<(), StoreError> {
        for Added { at, sums, .. } in part.blocks {
            let stored = self.block_at(at)?;
            let has_any = |sum| stored.values().any(|one| one.has_any(sum));
            if sums.values().any(has_any) {
                return Err(StoreError::Derived("sums"));
            }
            for (kind, sum) in &sums {
                stored.entry(*kind).or_default().add_all(sum);
            }
        }
        for (document, slot) in part.several {
            let mut rows = self.stored(&[document], slot)?;
            rows.sort_by_key(|(series, _)| *series);
            self.change(slot, &rows[..1], &rows)?;
        }
        let summed = part.documents.into_iter().map(|number| (number, true));
        self.writes.summed.extend(summed);
        Ok(())
    }
}

/// The sums of some documents alone. Each is the only one of its location and year.
struct Part<'a> {
    names: &'a Names,
    network: &'a Network,
    /// The parts that are made beside each other: together they stay below the limits.
    parts: usize,
    blocks: Vec<Added>,
    /// The number of each block, and of the last one that was added to.
    numbers: BTreeMap<BlockPlace, usize>,
    last: usize,
    /// The last series, and its label.
    label: Option<(i64, i64)>,
    documents: Vec<i64>,
    /// Slots with several statements. The sums have the first one, in the order of series.
    several: Vec<(i64, Slot)>,
}

/// The sums to add to a block.
struct Added {
    at: BlockPlace,
    sums: Sums,
    /// The last series and form of it, and whether whole shares of them are ordinary.
    shares: Option<(i64, i64, bool)>,
}

impl<'a> Part<'a> {
    fn new(names: &'a Names, network: &'a Network, parts: usize) -> Self {
        Self {
            names,
            network,
            parts,
            blocks: Vec::new(),
            numbers: BTreeMap::new(),
            last: 0,
            label: None,
            documents: Vec::new(),
            several: Vec::new(),
        }
    }

    fn add_up<'b>(
        mut self,
        conn: &Connection,
        documents: impl Iterator<Item = &'b i64>,
    ) -> Result<Self, StoreError> {
        let mut count = 0;
        for document in documents {
            if count >= limits::SETTLE_FACTS_MAX / self.parts
                || self.blocks.len() >= limits::SETTLE_BLOCKS_MAX / self.parts
            {
                break;
            }
            facts::scan(conn, *document, |at, row| {
                count += 1;
                self.add(at, row)
            })?;
            self.documents.push(*document);
        }
        self.several.sort_unstable();
        self.several.dedup();
        Ok(self)
    }

    fn add(&mut self, at: FactPlace, row: &Scanned<'_>) -> Result<(), StoreError> {
        let label = match self.label.filter(|(series, _)| *series == at.series) {
            Some((_, label)) => label,
            None => slot(self.names, at)?.label,
        };
        self.label = Some((at.series, label));
        let slot = Slot {
            label,
            period: at.period,
            place: at.place,
        };
        let (block, place) = slot.block()?;
        let number = self.number(block);
        if self.blocks[number].sums.values().any(|sum| sum.has(place)) {
            self.several.push((at.document, slot));
            return Ok(());
        }
        let (kind, amounts) = match self.whole_share(number, (slot, at.series), row)? {
            Some(counts) => ((row.form()?, AmountKind::Share), counts),
            None => {
                let key = self.key(slot, at.series)?;
                let row = row.read(|form| self.names.form_of(form))?;
                let kind = kind(&key, &row, self.network);
                (kind, kind.1.amounts(&row.statement))
            }
        };
        let time = match kind.0 {
            ODD => None,
            _ => row.at()?,
        };
        let sum = self.blocks[number].sums.entry(kind).or_default();
        sum.add(place, amounts, time);
        Ok(())
    }

    /// The counts of a row that is an ordinary share of whole numbers, as most are: their kind is
    /// looked up once for a slice. `None` says nothing.
    fn whole_share(
        &mut self,
        number: usize,
        (slot, series): (Slot, i64),
        row: &Scanned<'_>,
    ) -> Result<Option<(Number, Number)>, StoreError> {
        let Some((numerator, denominator)) = row.counts()? else {
            return Ok(None);
        };
        let form = row.form()?;
        let known = self.blocks[number].shares;
        let is_share = match known.filter(|(of, in_form, _)| (*of, *in_form) == (series, form)) {
            Some((.., known)) => known,
            None => {
                let common = self.names.form_of(form);
                let Form {
                    definition,
                    status,
                    audience,
                } = common.ok_or(StoreError::Derived("facts"))?;
                let without = Statement::without_figure(definition, status, audience);
                let key = self.key(slot, series)?;
                AmountKind::is_share_if_whole(&key, &without, self.network)
            }
        };
        self.blocks[number].shares = Some((series, form, is_share));
        let is_whole = numerator.is_whole() && denominator.is_whole();
        let is_part = !numerator.is_negative() && numerator <= denominator;
        let is_ordinary = is_share && is_whole && is_part && !denominator.is_zero();
        Ok(is_ordinary.then_some((numerator, denominator)))
    }

    fn key(&self, slot: Slot, series: i64) -> Result<ObservationKey, StoreError> {
        let period = Period::from_number(slot.period).ok_or(StoreError::Derived("facts"))?;
        observation_key(self.names, slot, series, period)
    }

    /// The number of a block.
    fn number(&mut self, at: BlockPlace) -> usize {
        // Documents mostly have the same slices in the same order.
        let next = self.last + 1;
        self.last = match self.blocks.get(next) {
            Some(block) if block.at == at => next,
            Some(_) | None => *self.numbers.entry(at).or_insert_with(|| {
                self.blocks.push(Added {
                    at,
                    sums: Sums::new(),
                    shares: None,
                });
                self.blocks.len() - 1
            }),
        };
        self.last
    }
}
