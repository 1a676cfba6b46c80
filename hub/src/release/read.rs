//! Releases that went out, as they are read: rows, files, and the locations that made them.

use std::collections::BTreeSet;

use weft_shared::{
    id::LocationCode,
    model::release::{ReleaseAct, ReleaseId, ReleaseState},
    release::{Head, manifest::CHANGES},
};

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
    /// Returns what the ledger must know before a file of a release, or its page, is sent: each
    /// location whose numbers are in it. A list of changes also has numbers of the release before.
    ///
    /// # Errors
    /// If the store fails.
    pub fn download(
        &self,
        view: &ReleaseView,
        file: Option<&str>,
    ) -> Result<Unrecorded<Download>, ReleaseError> {
        let mut codes = self.release_contributors(view)?;
        if file.is_some_and(lists_changes)
            && let Some(before) = self.changed_since(view)?
        {
            codes.extend(self.release_contributors(&before)?);
        }
        Ok(Unrecorded::new(Download(codes)))
    }

    /// Returns the release whose figures the list of changes of this one repeats, if that was
    /// withdrawn since.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn repeated_by(
        &self,
        view: &ReleaseView,
    ) -> Result<Option<ReleaseView>, ReleaseError> {
        let before = self.changed_since(view)?;
        Ok(before.filter(|one| one.row.state == ReleaseState::Withdrawn))
    }

    /// Returns the release since which the list of changes of this one is.
    fn changed_since(&self, view: &ReleaseView) -> Result<Option<ReleaseView>, ReleaseError> {
        let Some(link) = view.row.link else {
            return Ok(None);
        };
        let links = self.release_links();
        let before = links.values().filter(|one| one.n < link);
        // A list is since the last release that stood then.
        let gone = before.filter(|one| one.act == ReleaseAct::Withdrawn);
        let gone: BTreeSet<&ReleaseId> = gone.map(|one| &one.release).collect();
        let all = self.releases()?.into_iter();
        let earlier = all.filter(|one| {
            one.row.id.dataset == view.row.id.dataset
                && one.row.link.is_some_and(|one| one < link)
                && (!view.open || one.open)
                && !gone.contains(&one.row.id)
        });
        Ok(earlier.max_by_key(|one| one.row.link))
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

/// Whether a file of a release has the list of what changed in it since the one before.
pub(crate) fn lists_changes(name: &str) -> bool {
    name == CHANGES || name.ends_with(".zip")
}
