//! The locations that are in a row.

use crate::id::LocationCode;

/// The locations in the shown counts of a row, by code, each with the number of its areas.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Contributors(Held);

/// Nearly all rows of a release are of one location, so that one is held in place. It is never
/// among `Several`.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Held {
    One(LocationCode, usize),
    Several(Box<[(LocationCode, usize)]>),
}

impl Default for Held {
    fn default() -> Self {
        Self::Several(Box::default())
    }
}

impl Contributors {
    pub(super) const fn one(code: LocationCode, n_areas: usize) -> Self {
        Self(Held::One(code, n_areas))
    }

    /// Takes them sorted, each once.
    pub(super) fn of(all: impl IntoIterator<Item = (LocationCode, usize)>) -> Self {
        let all: Vec<_> = all.into_iter().collect();
        Self(match <[_; 1]>::try_from(all) {
            Ok([(code, n_areas)]) => Held::One(code, n_areas),
            Err(several) => Held::Several(several.into()),
        })
    }

    /// Their codes, sorted.
    pub fn codes(&self) -> impl Iterator<Item = &LocationCode> {
        let (one, several) = match &self.0 {
            Held::One(code, _) => (Some(code), &[][..]),
            Held::Several(several) => (None, &**several),
        };
        one.into_iter().chain(several.iter().map(|(code, _)| code))
    }

    /// The number of locations.
    pub const fn len(&self) -> usize {
        match &self.0 {
            Held::One(..) => 1,
            Held::Several(several) => several.len(),
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of areas of all of them.
    pub fn n_areas(&self) -> usize {
        match &self.0 {
            Held::One(_, n_areas) => *n_areas,
            Held::Several(several) => several.iter().map(|(_, n_areas)| n_areas).sum(),
        }
    }
}
