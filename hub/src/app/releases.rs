//! Notices of releases and their chain: the hub's document `releases`, which every node receives.

use std::collections::BTreeMap;

use weft_shared::model::release::{Link, Notice, ReleaseId};

use super::Snapshot;

impl Snapshot<'_> {
    /// Returns the notices of releases.
    pub fn notices(&self) -> BTreeMap<ReleaseId, Notice> {
        self.standing.releases().notices()
    }

    /// Returns the links of the chain of releases, by their numbers.
    pub fn release_links(&self) -> BTreeMap<u32, Link> {
        self.standing.releases().release_links()
    }
}
