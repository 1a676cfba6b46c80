//! This location as others see it: the national team by its page at the hub, and analysts by
//! releases. The hub made both by the functions that make its own pages and files.

use std::collections::BTreeMap;

use weft_shared::{
    model::{
        observation::ObservationKey,
        release::{Notice, ReleaseId},
    },
    release::{Proof, ReleaseRow},
    seen::LocationSeen,
    time::Timestamp,
};

use crate::{
    replica::{DocumentError, Replica},
    store::{StoreError, proofs, seen},
};

/// The view of the national team.
#[derive(Clone, Debug)]
pub(crate) struct SeenByTeam {
    /// When the hub made it.
    pub(crate) at: Timestamp,
    /// The content; none if this version cannot read it.
    pub(crate) content: Option<LocationSeen>,
}

/// The part of one release that is about this location.
#[derive(Clone, Debug)]
pub(crate) struct SeenByAnalysts {
    /// The release.
    pub(crate) id: ReleaseId,
    /// Its notice, as the hub announced it.
    pub(crate) notice: Option<Notice>,
    /// Number of our statements in it.
    pub(crate) counted: usize,
    /// The rows about us; none if they were too many to be sent.
    pub(crate) rows: Option<Vec<ReleaseRow>>,
    /// Our statements that are not in it, with the reason.
    pub(crate) left_out: Vec<(ObservationKey, String)>,
}

impl Replica {
    /// Returns what the national team saw of this location when the hub last said so.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn seen_by_team(&self) -> Result<Option<SeenByTeam>, StoreError> {
        let kept = seen::get(&self.store().reader)?;
        Ok(kept.map(|(at, bytes)| SeenByTeam {
            at,
            content: LocationSeen::unpack(&bytes),
        }))
    }

    /// Returns what analysts see of this location in its last releases, the newest first.
    ///
    /// # Errors
    /// If the store or a document fails.
    pub(crate) fn seen_by_analysts(
        &mut self,
        releases_max: usize,
    ) -> Result<Vec<SeenByAnalysts>, DocumentError> {
        let packed = proofs::newest(&self.store().reader, releases_max)?;
        let notices = self.release_notices()?.into_iter();
        let notices: BTreeMap<ReleaseId, Notice> =
            notices.map(|row| (row.id, row.notice)).collect();
        let proofs = packed.iter().filter_map(|bytes| Proof::unpack(bytes));
        let seen = proofs.map(|proof| SeenByAnalysts {
            notice: notices.get(&proof.release).cloned(),
            counted: proof.counted.len(),
            rows: proof.rows,
            left_out: proof.left_out,
            id: proof.release,
        });
        Ok(seen.collect())
    }
}
