//! Keeps the sums in step with the facts.
//!
//! The facts of a document are all in the sums, or none of them. A bite that changes facts of a
//! document that is in them changes its sums in the same transaction. When nothing waits to be
//! folded, the other documents of locations that count are added.

mod settle;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use rusqlite::Connection;
use weft_shared::{
    model::observation::ObservationKey,
    period::Period,
    rollup::{AmountKind, Network, expected::PLACES_MAX, places::BLOCK_PLACES},
};
use weft_store::Transaction;

use super::{Aggregator, Writes};
use crate::store::{
    LocationRow, StoreError,
    derived::{
        facts::{self, FactPlace, FactRow},
        names::Names,
        sums::{self, BlockPlace, ODD, Sums},
        years::{self, YearDocument},
    },
};

/// The changes of sums that belong to a bite.
#[derive(Default)]
pub(in crate::aggregate) struct SumWrites {
    blocks: BTreeMap<BlockPlace, Sums>,
    /// Documents of which all facts are in the sums now, or none any more.
    summed: Vec<(i64, bool)>,
}

impl SumWrites {
    /// Whether no document is added or taken out.
    pub(in crate::aggregate) const fn is_empty(&self) -> bool {
        self.summed.is_empty()
    }

    /// Writes all of it.
    pub(in crate::aggregate) fn write(&self, conn: &Transaction<'_>) -> Result<(), StoreError> {
        for (at, sums) in &self.blocks {
            sums::put(conn, *at, sums)?;
        }
        for (document, summed) in &self.summed {
            sums::set_summed(conn, *document, *summed)?;
        }
        Ok(())
    }
}

/// A location's facts of a label and a period about one area. At most one statement in all of them
/// can be in a sum.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    label: i64,
    period: u32,
    place: i64,
}

/// The statements of a slot, each with the number of its series.
type Rows = Vec<(i64, FactRow)>;

impl Aggregator {
    /// The sums as they are after these writes.
    pub(super) fn sums_of(&self, writes: &Writes) -> Result<SumWrites, StoreError> {
        Deltas::new(&self.conn, &self.names, &self.network).of_bite(writes)
    }
}

/// Has the reads until the end of what is returned made together: each alone would lock the store
/// and unlock it.
fn together(conn: &Connection) -> Result<Option<rusqlite::Transaction<'_>>, StoreError> {
    let alone = conn.is_autocommit().then(|| conn.unchecked_transaction());
    Ok(alone.transpose()?)
}

/// Works out which sums change. It reads the store as it is before.
pub(in crate::aggregate) struct Deltas<'a> {
    conn: &'a Connection,
    names: &'a Names,
    network: &'a Network,
    documents: BTreeMap<(LocationRow, i16), Vec<YearDocument>>,
    writes: SumWrites,
}

impl<'a> Deltas<'a> {
    pub(in crate::aggregate) fn new(
        conn: &'a Connection,
        names: &'a Names,
        network: &'a Network,
    ) -> Self {
        Self {
            conn,
            names,
            network,
            documents: BTreeMap::new(),
            writes: SumWrites::default(),
        }
    }

    pub(in crate::aggregate) fn of_bite(
        mut self,
        writes: &Writes,
    ) -> Result<SumWrites, StoreError> {
        let _reading = together(self.conn)?;
        let mut touched: BTreeSet<((LocationRow, i16), Slot)> = BTreeSet::new();
        let mut gone: BTreeMap<i64, YearDocument> = BTreeMap::new();
        let mut last: Option<(i64, Option<YearDocument>)> = None;
        for at in writes.facts.keys() {
            if last
                .as_ref()
                .is_none_or(|(number, _)| *number != at.document)
            {
                let known = match writes.names.is_new(at.document) {
                    true => None,
                    false => years::document(self.conn, at.document)?,
                };
                last = Some((at.document, known.filter(|one| one.summed)));
            }
            if let Some((_, Some(one))) = &last {
                touched.insert(((one.lix, one.year), self.slot(*at)?));
                if at.place >= i64::from(PLACES_MAX) {
                    gone.insert(at.document, one.clone());
                }
            }
        }
        if let Some((lix, doc, _)) = &writes.again
            && let Some(number) = self.names.known_document(*lix, doc)
            && let Some(one) = years::document(self.conn, number)?.filter(|one| one.summed)
        {
            gone.insert(number, one);
        }
        for (number, one) in &gone {
            self.writes.summed.push((*number, false));
            let slots = self.slots(*number)?;
            touched.extend(slots.into_iter().map(|slot| ((one.lix, one.year), slot)));
        }
        for ((lix, year), slot) in touched {
            let documents = self.summed(lix, year)?;
            let before = self.stored(&documents, slot)?;
            let mut after = Rows::new();
            for document in documents.into_iter().filter(|one| !gone.contains_key(one)) {
                for series in self.names.spellings(slot.label) {
                    let at = slot.at(document, series.series);
                    let rows = match writes.facts.get(&at) {
                        Some(since) => since.last().map_or_else(Vec::new, |now| now.rows.clone()),
                        None => self.rows(at)?,
                    };
                    after.extend(rows.into_iter().map(|row| (series.series, row)));
                }
            }
            self.change(slot, &before, &after)?;
        }
        Ok(self.writes)
    }

    /// The sums of the block that a slot is in, and the number of its place.
    fn block(&mut self, slot: Slot) -> Result<(&mut Sums, u32), StoreError> {
        let (at, place) = slot.block()?;
        Ok((self.block_at(at)?, place))
    }

    fn block_at(&mut self, at: BlockPlace) -> Result<&mut Sums, StoreError> {
        Ok(match self.writes.blocks.entry(at) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(sums::of_block(self.conn, at)?),
        })
    }

    /// Replaces what the sums have of a slot.
    fn change(
        &mut self,
        slot: Slot,
        before: &[(i64, FactRow)],
        after: &[(i64, FactRow)],
    ) -> Result<(), StoreError> {
        let added = self.kind(slot, after)?;
        let (sums, place) = self.block(slot)?;
        // When the latest statement that is taken out of a sum was made: the others are not after.
        let mut at_most = None;
        for ((form, amount), sum) in sums.iter_mut().filter(|(_, sum)| sum.has(place)) {
            // The sum itself says how the statement was added: definitions may have come since.
            let mut old = before.iter().map(|(_, row)| row);
            let (amounts, at) = match old.find(|row| row.form == *form) {
                Some(row) => (amount.amounts(&row.statement), row.at),
                None if *form == ODD => Default::default(),
                None => return Err(StoreError::Derived("sums")),
            };
            at_most = Some(((*form, *amount), sum.latest));
            sum.subtract(place, amounts, at);
        }
        if let Some(kind) = added {
            let (amounts, at) = match after {
                [(_, row)] if kind.0 != ODD => (kind.1.amounts(&row.statement), row.at),
                _ => Default::default(),
            };
            let sum = sums.entry(kind).or_default();
            sum.add(place, amounts, at);
            if at_most.is_some_and(|(of, latest)| of == kind && latest.is_some() && at >= latest) {
                sum.latest = at;
            }
        }
        Ok(())
    }

    /// The sum that a slot with these statements is in.
    fn kind(&self, slot: Slot, rows: &[(i64, FactRow)]) -> Result<Option<sums::Kind>, StoreError> {
        let (series, row) = match rows {
            [] => return Ok(None),
            [one] => one,
            [_, _, ..] => return Ok(Some((ODD, AmountKind::Odd))),
        };
        let period = Period::from_number(slot.period).ok_or(StoreError::Derived("facts"))?;
        let key = observation_key(self.names, slot, *series, period)?;
        Ok(Some(kind(&key, row, self.network)))
    }

    fn slot(&self, at: FactPlace) -> Result<Slot, StoreError> {
        slot(self.names, at)
    }

    /// The slots about which a document states anything.
    fn slots(&self, document: i64) -> Result<BTreeSet<Slot>, StoreError> {
        let mut found = BTreeSet::new();
        let form = |number| self.names.form_of(number);
        facts::of_document(self.conn, document, form, |at, _| {
            found.insert(at);
        })?;
        found.into_iter().map(|at| self.slot(at)).collect()
    }

    /// The documents of a location and year that are in the sums, also since this began.
    fn summed(&mut self, lix: LocationRow, year: i16) -> Result<Vec<i64>, StoreError> {
        let known = match self.documents.entry((lix, year)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(years::documents_of(self.conn, lix, year)?),
        };
        let added = |number: i64| self.writes.summed.contains(&(number, true));
        let summed = known.iter().filter(|one| one.summed || added(one.document));
        Ok(summed.map(|one| one.document).collect())
    }

    /// The stored statements of these documents in a slot.
    fn stored(&self, documents: &[i64], slot: Slot) -> Result<Rows, StoreError> {
        let mut found = Rows::new();
        for document in documents {
            for series in self.names.spellings(slot.label) {
                let rows = self.rows(slot.at(*document, series.series))?;
                found.extend(rows.into_iter().map(|row| (series.series, row)));
            }
        }
        Ok(found)
    }

    fn rows(&self, at: FactPlace) -> Result<Vec<FactRow>, StoreError> {
        facts::at(self.conn, at, |number| self.names.form_of(number))
    }
}

impl Slot {
    /// The block that it is in, and the number of its place.
    fn block(self) -> Result<(BlockPlace, u32), StoreError> {
        let place = u32::try_from(self.place).map_err(|_| StoreError::Derived("sums"))?;
        let at = BlockPlace {
            label: self.label,
            period: self.period,
            block: place / BLOCK_PLACES,
        };
        Ok((at, place))
    }

    const fn at(self, document: i64, series: i64) -> FactPlace {
        FactPlace {
            document,
            series,
            period: self.period,
            place: self.place,
        }
    }
}

fn slot(names: &Names, at: FactPlace) -> Result<Slot, StoreError> {
    let label = names.label_of(at.series);
    Ok(Slot {
        label: label.ok_or(StoreError::Derived("series"))?,
        period: at.period,
        place: at.place,
    })
}

fn observation_key(
    names: &Names,
    slot: Slot,
    series: i64,
    period: Period,
) -> Result<ObservationKey, StoreError> {
    let mut spellings = names.spellings(slot.label).iter();
    let spelling = spellings.find(|one| one.series == series);
    let spelling = spelling.ok_or(StoreError::Derived("series"))?;
    let area = names.area(slot.place);
    Ok(ObservationKey {
        indicator: spelling.indicator.clone(),
        area: area.ok_or(StoreError::Derived("places"))?.clone(),
        period,
        breakdown: spelling.breakdown.clone(),
    })
}

/// The sum that the only statement of a slot is in.
fn kind(key: &ObservationKey, row: &FactRow, network: &Network) -> sums::Kind {
    match AmountKind::of_one(key, &row.statement, network) {
        AmountKind::Odd => (ODD, AmountKind::Odd),
        amount => (row.form, amount),
    }
}
