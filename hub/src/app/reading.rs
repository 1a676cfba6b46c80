//! Reads of locations' records: each is in the ledger before the records are shown.
//!
//! Whatever a location shared leaves this module as [`Unrecorded`], and
//! [`shown`](AppHandle::shown) opens it once the reading is committed.

use std::collections::BTreeSet;

use weft_host::{
    clock,
    list::{Column, List},
};
use weft_shared::{id::LocationCode, identity::reads::about};

use super::{AppError, AppHandle, Snapshot};
pub use crate::store::reads::Reading;
use crate::{
    limits,
    store::reads::{self, ReadRow},
};

/// Reads of what locations shared, as a page lists them.
pub const READS: List<ReadRow> = List::new(&[
    Column::new("when", |row: &ReadRow| row.at.into()),
    Column::new("location", |row: &ReadRow| (&*row.code).into()),
    // An admin finds a person by their name; locations see it only if the person agreed.
    Column::new("who", |row: &ReadRow| {
        row.person.as_deref().unwrap_or(&row.reader).into()
    }),
    Column::new("what", |row: &ReadRow| (&*row.act).into()),
    Column::new("about", |row: &ReadRow| (&*row.subject).into()).shown(|row| about(&row.subject)),
    Column::new("times", |row: &ReadRow| row.count.into()).number(),
]);

/// Something that locations shared.
pub trait OfLocations {
    /// Returns the locations whose own records it holds.
    fn locations(&self) -> BTreeSet<LocationCode>;
}

/// Only the first of a pair is of locations.
impl<T: OfLocations, U> OfLocations for (T, U) {
    fn locations(&self) -> BTreeSet<LocationCode> {
        self.0.locations()
    }
}

/// Something that locations shared, whose reading is not in the ledger yet.
#[derive(Clone, Debug)]
#[must_use]
pub struct Unrecorded<T>(T);

impl<T> Unrecorded<T> {
    pub(crate) const fn new(found: T) -> Self {
        Self(found)
    }

    /// Turns it into what will be shown of it.
    pub fn map<U>(self, shown: impl FnOnce(T) -> U) -> Unrecorded<U> {
        Unrecorded(shown(self.0))
    }

    /// For what shows nothing of one location: a sum over several, a test.
    pub fn unshown(self) -> T {
        self.0
    }
}

impl AppHandle {
    /// Returns what is about to be shown, once each location whose records it holds has the reading
    /// in the ledger.
    ///
    /// # Errors
    /// If it cannot be recorded; then nothing may be shown.
    pub async fn shown<T: OfLocations>(
        &self,
        reading: Reading,
        what: Unrecorded<T>,
    ) -> Result<T, AppError> {
        let (locations, now) = (what.0.locations(), clock::now());
        if !locations.is_empty() {
            let record = self
                .shared
                .store
                .write(move |tx| reads::record(tx, now, &reading, &locations));
            record.await.map_err(AppError::Unrecorded)?;
        }
        Ok(what.0)
    }
}

impl Snapshot<'_> {
    /// Returns rows of who read what of which location, newest first.
    ///
    /// # Errors
    /// If the store fails.
    pub fn reads(&self, rows_max: u32) -> Result<Vec<ReadRow>, AppError> {
        let rows_max = rows_max.min(limits::LEDGER_ROWS_MAX);
        Ok(reads::list(self.conn, rows_max)?)
    }
}
