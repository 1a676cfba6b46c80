//! Entries at which the program ended. The note condemns them, their document leaves them out, and
//! another version or a person's request tries them again.

use weft_shared::id::DocId;
use weft_store::Transaction;

use super::fold::Aggregator;
use crate::store::{
    LocationRow, StoreError,
    derived::{self, again},
    quarantine::{self, State},
};

/// The version that left an entry out. A later version tries it again.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Aggregator {
    /// Records the entry that the note condemns. If another version left entries out, they are
    /// tried again, and all state is derived again with them.
    pub(super) fn look_at_ended(&mut self) -> Result<(), StoreError> {
        let condemned = self.intake.condemned().and_then(|suspect| {
            let (lix, doc) = suspect.document.split_once('/')?;
            let doc: DocId = doc.parse().ok()?;
            Some((
                LocationRow(lix.parse().ok()?),
                doc,
                suspect.entry.parse().ok()?,
            ))
        });
        if let Some((lix, doc, hub_seq)) = condemned {
            tracing::error!(hub_seq, "an entry is set aside: the program ended at it");
            let put = move |conn: &Transaction<'_>| {
                // One that the facts had already is taken out of them.
                if derived::snapshot(conn, lix, &doc)?.1.contains(&hub_seq) {
                    again::ask(conn, lix, &doc)?;
                }
                quarantine::put(conn, lix, &doc, hub_seq, (State::Ended, VERSION))
            };
            self.store.writer().run_blocking(put)?;
        }
        self.intake.settle();
        self.store.writer().begin_again_blocking(|conn| {
            match quarantine::forget_ended(conn, Some(VERSION))? {
                0 => Ok(()),
                _ => derived::clear(conn),
            }
        })
    }

    /// Empties all derived state at a person's request, so that entries left out are tried again.
    pub(super) fn begin_again(&mut self) -> Result<(), StoreError> {
        self.store.writer().begin_again_blocking(|conn| {
            derived::clear(conn)?;
            quarantine::forget_ended(conn, None).map(drop)
        })?;
        self.read_back()
    }
}
