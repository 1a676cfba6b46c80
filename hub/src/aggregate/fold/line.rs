//! Documents whose changes follow one another in one line: they are folded without Automerge, for
//! as long as that is so.

use weft_shared::{document::Straight, id::DocId};
use weft_store::documents;

use super::{Aggregator, LocationRow, StoreError, Work, Writes, library, quarantine};
use crate::{aggregate::straight::Line, limits, store::derived};

impl Aggregator {
    /// Folds a document's share of a bite without Automerge. Returns whether that was possible; if
    /// not, nothing has changed.
    pub(super) fn fold_straight(
        &mut self,
        (lix, doc): (LocationRow, DocId),
        work: &Work,
        writes: &mut Writes,
    ) -> Result<bool, StoreError> {
        // With care, each entry is noted before it is taken in.
        let off = self.straights.is_off() || self.intake.needs_care();
        if off || self.library.holds(&(lix, doc)) {
            return Ok(false);
        }
        let is_left_out = |place| self.ended.contains(&(lix, doc, place));
        let mut runs = work.runs.iter();
        if runs.any(|run| run.refused.is_some() || is_left_out(run.place)) {
            self.straights.take(&(lix, doc));
            return Ok(false);
        }
        let known = match self.straights.take(&(lix, doc)) {
            Some(known) => Some(known),
            None => self.line((lix, doc))?,
        };
        let Some(mut line) = known else {
            return Ok(false);
        };
        let names = &mut self.names;
        let folded = line.fold((lix, doc), (&work.runs, &work.hashes), names, writes);
        if folded.is_some() {
            self.straights.put((lix, doc), line);
        }
        Ok(folded.is_some())
    }

    /// A document as far as it is in the store, if that is empty or a short tail.
    fn line(&mut self, (lix, doc): (LocationRow, DocId)) -> Result<Option<Line>, StoreError> {
        let Some(name) = documents::name(&self.conn, lix, &doc)? else {
            return Ok(None);
        };
        let location = self.location(lix)?;
        let Some(empty) = Straight::genesis(&location, &name) else {
            return Ok(None);
        };
        let mut line = Line::new(empty);
        self.land_before(&(lix, doc))?;
        let (bytes, tail) = derived::snapshot(&self.conn, lix, &doc)?;
        let is_short = tail.len() as u64 <= limits::TAIL_LEFT_CHANGES_MAX;
        let holds = quarantine::held(&self.conn, lix, &doc)?;
        let unread = self.unread.contains(&(lix, doc));
        if bytes.is_some() || !is_short || !holds.is_empty() || unread {
            return Ok(None);
        }
        for hub_seq in tail {
            let run = library::run_at(&self.conn, hub_seq, &doc)?;
            if line.read_again(&run).is_none() {
                return Ok(None);
            }
        }
        Ok(Some(line))
    }

    /// Has documents leave memory beyond the limits. Those with many changes go into the library,
    /// which saves them.
    pub(super) fn make_room(&mut self) -> Result<(), StoreError> {
        for place in self.straights.surplus() {
            let line = self.straights.take(&place);
            if line.is_some_and(|line| line.is_worth_saving()) {
                self.land()?;
                self.load(place)?;
            }
        }
        Ok(())
    }

    /// Reads a document into the library.
    pub(super) fn load(&mut self, place: (LocationRow, DocId)) -> Result<(), StoreError> {
        let by = (&self.conn, &mut self.intake);
        library::open(&mut self.library, by, place).map(drop)
    }
}
