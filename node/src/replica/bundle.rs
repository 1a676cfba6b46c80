//! Bundles: our logs and what we know of the hub's in a file, and such files of our other devices.

use std::path::Path;

use weft_shared::{sync::bundle::About, time::Timestamp};
use weft_store::bundle::{self, Bundle, BundleError, Carried, Held, Takes};

use super::{Replica, membership::Alone};
use crate::store::Owner;

/// Why a bundle was not made or taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CarryError {
    #[error(transparent)]
    Alone(#[from] Alone),
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error("that bundle is of another location, and nothing of it was taken")]
    Foreign,
}

impl Replica {
    /// Writes everything that this device holds of its location's logs, and of the hub's, to a new
    /// file. After that it counts as offered to somebody.
    pub(crate) fn write_bundle(&mut self, path: &Path, now: Timestamp) -> Result<Held, CarryError> {
        self.membership()?;
        let about = self.about(now);
        let reader = self.store.writer.reader().map_err(BundleError::Store)?;
        let mut ask = |event| {
            let (answer, _) = self.answer(event, now)?;
            Ok(answer.expect("a question of a session has an answer"))
        };
        Ok(bundle::create(path, &about, &reader, &mut ask)?)
    }

    /// Takes in what is new in a bundle. Nothing of it counts as shared with the hub.
    pub(crate) fn take_bundle(
        &mut self,
        bundle: &Bundle,
        now: Timestamp,
    ) -> Result<Carried, CarryError> {
        self.membership()?;
        let own = self.about(now);
        if (bundle.about.location, bundle.about.zero) != (own.location, own.zero) {
            return Err(CarryError::Foreign);
        }
        let rosters = self.rosters.clone();
        let mut ask = |event| {
            let (answer, after) = self.answer(event, now)?;
            self.read_soon(after);
            Ok(answer.expect("a question of a session has an answer"))
        };
        let pieces = bundle.pieces()?;
        let taken = bundle::apply(pieces, (bundle.about, Takes::AtNode), &rosters, &mut ask);
        self.read_in();
        self.tend_team(now);
        Ok(taken?)
    }

    fn about(&self, made: Timestamp) -> About {
        About {
            location: self.location(Owner::Location),
            zero: self.location(Owner::Hub),
            made,
        }
    }
}
