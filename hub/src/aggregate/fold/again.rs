//! Derives documents again, one at a time, because entries of theirs were dropped.

use weft_shared::{
    id::{DocId, DocName, LocationId},
    model::schema::DocKind,
};

use super::{Aggregator, Dirty, LocationRow, StoreError, Writes, asks, entries, library};

impl Aggregator {
    /// Derives the next requested document again from the entries that still count. Returns whether
    /// there was one.
    pub(super) fn make_next_again(&mut self) -> Result<bool, StoreError> {
        let Some((lix, doc, ask)) = asks::next(&self.conn)? else {
            return Ok(false);
        };
        let location = self.location(lix)?;
        let mut writes = Writes {
            again: Some((lix, doc, ask)),
            ..Writes::default()
        };
        let mut dirty = Dirty::default();
        self.unread.remove(&(lix, doc));
        // Its statements go, unless the remaining entries make them again.
        for place in asks::stated(&self.conn, self.slices.iter(), lix, &doc)? {
            dirty.slices.insert(place.slice.clone());
            writes.facts.insert(place, None);
        }
        let names_network = lix == LocationRow::ZERO || doc == profile(&location);
        if names_network {
            dirty.network = true;
            match self.context.adoptions.remove(&location) {
                Some(before) => dirty.indicators.extend(before.into_keys()),
                // It has not been read since entries of it were dropped.
                None => dirty.all = true,
            }
        }
        library::begin_again(&mut self.library, &self.conn, (lix, doc))?;
        let filling = entries::filling(&self.conn, lix, &doc, self.folded)?;
        let work = self.sort(filling)?.remove(&(lix, doc)).unwrap_or_default();
        self.fold_document((lix, doc), work, (&mut writes, &mut dirty))?;
        if names_network {
            self.read_context(lix, &doc)?;
        }
        self.finish(writes, dirty, self.folded)?;
        self.intake.done();
        Ok(true)
    }

    /// The last ask whose dropped entries, with all earlier ones, are out of the derived state; 0
    /// if that cannot be read now.
    pub(in crate::aggregate) fn answered(&self) -> u64 {
        asks::answered(&self.conn).unwrap_or(0)
    }
}

fn profile(location: &LocationId) -> DocId {
    DocName::first(DocKind::Profile.to_string()).id(location)
}
