//! Rolls dirty slices up into cells.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use weft_shared::{
    id::{DocId, LocationId},
    model::observation::Breakdown,
    rollup::{Fact, Slice, cells},
};

use super::{
    super::{facts, slices::Label, touched::Dirty, writes::Writes},
    Aggregator,
};
use crate::store::{
    LocationRow, StoreError,
    derived::{self, FactPlace, FactRow},
};

impl Aggregator {
    /// Makes the cells of what is dirty. Spellings of one label are one slice under the spelling
    /// shown; a spelling that was shown before loses its cells.
    pub(super) fn roll_up(&mut self, writes: &mut Writes, dirty: &Dirty) -> Result<(), StoreError> {
        let before = Arc::clone(&self.network);
        if dirty.network {
            self.network = Arc::new(self.context.network());
        }
        let mut shown_before: BTreeMap<Label, Option<Breakdown>> = BTreeMap::new();
        let mut read: BTreeMap<Slice, Vec<Fact>> = BTreeMap::new();
        let mut due = self.dirty_slices(dirty);
        for slice in &due {
            let label = Label::of(slice);
            shown_before
                .entry(label)
                .or_insert_with_key(|label| self.slices.shown(label, &before));
        }
        for slice in &dirty.slices {
            let facts = self.facts_of(slice, &writes.facts)?;
            let respelled = match facts.is_empty() {
                true => self.slices.remove(slice),
                false => self.slices.insert(slice.clone()),
            };
            read.insert(slice.clone(), facts);
            if respelled {
                due.extend(self.slices.of(&Label::of(slice)));
            }
        }
        let mut done = BTreeSet::new();
        for slice in due {
            let label = Label::of(&slice);
            if !done.insert((label.clone(), slice.period)) {
                continue;
            }
            let mut facts = Vec::new();
            for spelled in self.slices.in_period(&label, slice.period) {
                facts.extend(match read.remove(&spelled) {
                    Some(facts) => facts,
                    None => self.facts_of(&spelled, &writes.facts)?,
                });
            }
            let shown = self.slices.shown(&label, &self.network);
            let earlier = shown_before.get(&label).cloned().flatten();
            let now = Slice {
                breakdown: shown.unwrap_or_else(|| slice.breakdown.clone()),
                ..slice
            };
            if let Some(breakdown) = earlier.filter(|earlier| *earlier != now.breakdown) {
                let earlier = Slice {
                    breakdown,
                    ..now.clone()
                };
                writes.cells.push((earlier, Vec::new()));
            }
            let cells = cells(&now, &facts, &self.network);
            writes.cells.push((now, cells));
        }
        Ok(())
    }

    fn dirty_slices(&self, dirty: &Dirty) -> BTreeSet<Slice> {
        let also = self.slices.iter().filter(|slice| {
            dirty.all
                || dirty.indicators.contains(&slice.indicator)
                || dirty.since.is_some_and(|since| slice.period.end() >= since)
        });
        let mut slices = dirty.slices.clone();
        slices.extend(also.cloned());
        slices
    }

    /// The facts of a slice as they will be once this bite is written.
    fn facts_of(
        &self,
        slice: &Slice,
        changed: &BTreeMap<FactPlace, Option<String>>,
    ) -> Result<Vec<Fact>, StoreError> {
        let mut rows: BTreeMap<(LocationId, String, DocId), FactRow> = BTreeMap::new();
        for row in derived::facts(&self.conn, slice)? {
            rows.insert((row.location, row.area.clone(), row.doc), row);
        }
        let first = FactPlace {
            slice: slice.clone(),
            lix: LocationRow(i64::MIN),
            area: String::new(),
            doc: DocId::new(Default::default()),
        };
        let of_slice = changed.range(first..);
        for (place, stated) in of_slice.take_while(|(place, _)| place.slice == *slice) {
            let location = self.locations[&place.lix];
            let key = (location, place.area.clone(), place.doc);
            match stated {
                Some(stated) => {
                    let row = FactRow {
                        location,
                        area: place.area.clone(),
                        doc: place.doc,
                        stated: stated.clone(),
                    };
                    rows.insert(key, row);
                }
                None => drop(rows.remove(&key)),
            }
        }
        facts::decode(slice, rows.values())
    }
}
