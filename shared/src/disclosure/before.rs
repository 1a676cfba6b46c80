//! Earlier releases: all that an attacker may hold already.

use std::collections::BTreeMap;

use super::{
    cell::{Cell, CellKey},
    protect::Protected,
    rounding::Rounded,
};
use crate::{model::number::Number, rollup::Level};

/// All that earlier releases showed. It is never cut: a release that was read stays read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Before {
    /// The roundings that were used.
    pub rounded: Rounded,
    cells: BTreeMap<CellKey, Vec<Published>>,
}

/// A cell as it was released, with the true figures of that time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Published {
    /// The number of the release; later ones have larger numbers.
    pub release: u64,
    /// The cell.
    pub cell: Cell,
    /// Its rows; `None` is a withheld one. A row that was kept as an earlier release had it, with
    /// the contributors of that time, is not among them.
    pub rows: BTreeMap<Level, Option<Shown>>,
}

/// The counts of a shown row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shown {
    /// The numerator; a mean has none.
    pub numerator: Option<Last>,
    /// The denominator.
    pub denominator: Option<Last>,
    /// The sum of which a mean was made, which stays as long as the denominator does. Only a mean
    /// has one.
    pub sum: Option<Number>,
}

/// A shown count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Last {
    /// The true count that was rounded: that of an earlier release if the shown count was kept.
    pub raw: u64,
    /// The shown count.
    pub shown: u64,
}

impl Before {
    /// Earlier releases, from the roundings and the published cells, the oldest first.
    pub fn new(rounded: Rounded, cells: impl IntoIterator<Item = Published>) -> Self {
        let mut before = Self {
            rounded,
            cells: BTreeMap::new(),
        };
        for published in cells {
            before.push(published);
        }
        before
    }

    /// Adds a release.
    pub fn add(&mut self, released: Protected) {
        for (areas, raw, shown) in released.rounded.iter() {
            self.rounded.add(areas, raw, shown);
        }
        for published in released.published {
            self.push(published);
        }
    }

    fn push(&mut self, published: Published) {
        let key = published.cell.key.clone();
        self.cells.entry(key).or_default().push(published);
    }

    /// The number of the next release.
    pub(super) fn next_release(&self) -> u64 {
        let last = self.published().map(|published| published.release).max();
        last.map_or(1, |last| last.saturating_add(1))
    }

    /// All published cells by key, the oldest first within a key.
    pub fn published(&self) -> impl Iterator<Item = &Published> {
        self.cells.values().flatten()
    }

    /// The releases of a cell in which something about it changed, the oldest first.
    pub fn of(&self, key: &CellKey) -> &[Published] {
        self.cells.get(key).map_or(&[], Vec::as_slice)
    }

    /// The shown rows of a cell at `level`, the newest first.
    pub(super) fn shown(
        &self,
        key: &CellKey,
        level: &Level,
    ) -> impl Iterator<Item = (&Cell, Shown)> {
        let level = level.clone();
        let newest_first = self.of(key).iter().rev();
        newest_first.filter_map(move |published| {
            let shown = (*published.rows.get(&level)?)?;
            Some((&published.cell, shown))
        })
    }
}
