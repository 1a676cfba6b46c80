//! Derives documents again, one at a time, because entries of theirs were dropped.

use weft_shared::{
    id::{DocId, DocName, LocationId},
    model::schema::DocKind,
};

use super::{
    Aggregator, LocationRow, Seen, StoreError, Writes, asks, bite::Scanned, entries, library,
};

impl Aggregator {
    /// Derives the next requested document again from the entries that still count. Returns whether
    /// there was one.
    pub(super) fn make_next_again(&mut self) -> Result<bool, StoreError> {
        let Some((lix, doc, ask)) = asks::next(&self.conn)? else {
            return Ok(false);
        };
        self.land()?;
        self.next.forget();
        let location = self.location(lix)?;
        let mut writes = Writes {
            again: Some((lix, doc, ask)),
            ..Writes::default()
        };
        self.unread.remove(&(lix, doc));
        let names_network = lix == LocationRow::ZERO || doc == profile(&location);
        if names_network {
            self.context.adoptions.remove(&location);
        }
        self.straights.take(&(lix, doc));
        library::begin_again(&mut self.library, &self.conn, (lix, doc))?;
        let filling = entries::filling(&self.conn, lix, &doc, self.folded)?;
        let work = self
            .sort(Scanned::all(filling))?
            .remove(&(lix, doc))
            .unwrap_or_default();
        self.fold_document((lix, doc), work, &mut writes)?;
        if names_network {
            self.read_context(lix, &doc)?;
            self.network = Seen::new(self.context.network());
        }
        self.finish(writes, self.folded, false)?;
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
