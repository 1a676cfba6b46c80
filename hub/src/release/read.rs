//! Releases that went out, as they are read: rows, files, and the locations that made them.

use std::collections::BTreeSet;

use weft_shared::{id::LocationCode, release::Head};

use super::{acts::ReleaseView, error::ReleaseError, files::Content, kept, publish::RowsKept};
use crate::{
    app::{OfLocations, Snapshot, Unrecorded},
    store::{StoreError, releases},
};

/// A file of a release that is about to be sent.
#[derive(Clone, Debug)]
pub struct Download(BTreeSet<LocationCode>);

impl OfLocations for Download {
    fn locations(&self) -> BTreeSet<LocationCode> {
        self.0.clone()
    }
}

impl Snapshot<'_> {
    /// Returns what the ledger must know before a file of a release is sent: each location whose
    /// numbers are in it.
    ///
    /// # Errors
    /// If the store fails.
    pub fn download(&self, view: &ReleaseView) -> Result<Unrecorded<Download>, ReleaseError> {
        let codes = self.release_contributors(view)?;
        Ok(Unrecorded::new(Download(codes)))
    }

    /// Returns the rows of a release as published.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn release_rows(&self, view: &ReleaseView) -> Result<RowsKept, StoreError> {
        let kept = releases::rows_of(self.conn, view.row.row)?;
        kept.map_or_else(|| Ok(RowsKept::default()), |it| kept::unpacked(&it))
    }

    /// Returns the locations whose records a release was made of.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn release_contributors(
        &self,
        view: &ReleaseView,
    ) -> Result<BTreeSet<LocationCode>, StoreError> {
        releases::contributors(self.conn, view.row.row)
    }

    /// Returns the content of a release as published, from which its files were made, without its
    /// changes.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn release_content(&self, view: &ReleaseView) -> Result<Content, StoreError> {
        let kept = self.release_rows(view)?;
        let id = &view.row.id;
        Ok(Content {
            head: Head {
                dataset: id.dataset.clone(),
                number: id.number,
                at: view.row.published.ok_or(StoreError::Damaged("releases"))?,
            },
            words: kept.words,
            network: kept.network,
            locations: kept.locations,
            changes: Vec::new(),
        })
    }
}
