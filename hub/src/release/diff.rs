//! The differences between two releases of a dataset, by cell.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use weft_shared::{
    id::LocationCode,
    model::release::{ReleaseId, ReleaseState},
    release::{COLUMNS, Head, KeptRow, ReleaseRow},
};

use super::{
    acts::ReleaseView,
    error::ReleaseError,
    files::{self, Change, Kind},
    publish::RowsKept,
};
use crate::{
    app::{OfLocations, Snapshot, Unrecorded},
    store::{StoreError, releases},
};

/// The cells that differ between two releases. It has shown figures alone, and of a cell that is
/// gone or withheld now, or of a sum with one, none.
#[derive(Clone, Debug)]
pub struct Differences {
    changes: Vec<Change>,
    head: Head,
    locations: BTreeSet<LocationCode>,
}

impl OfLocations for Differences {
    fn locations(&self) -> BTreeSet<LocationCode> {
        self.locations.clone()
    }
}

impl Differences {
    /// The differences as the columns of `CHANGES.csv`, in JSON.
    pub fn json(&self) -> Value {
        self.changes
            .iter()
            .map(|one| one.json(&self.head))
            .collect()
    }

    /// The differences as `CHANGES.csv` has them.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn csv(&self) -> Result<Vec<u8>, ReleaseError> {
        files::changes(&self.changes, &self.head)
    }

    /// The differences in a line each, for people.
    pub fn lines(&self) -> Vec<String> {
        self.changes.iter().map(line).collect()
    }

    /// The number of cells of each kind, in the order in which kinds are listed.
    pub fn counts(&self) -> Vec<(&'static str, usize)> {
        let count = |kind: Kind| {
            let of = self.changes.iter().filter(|one| one.kind == kind);
            (kind.word(), of.count())
        };
        Kind::ALL.map(count).to_vec()
    }
}

impl Snapshot<'_> {
    /// Returns the cells that differ from one release of a dataset to another.
    ///
    /// # Errors
    /// If one of them is not published, or they are of two datasets.
    pub fn release_differences(
        &self,
        from: &ReleaseId,
        to: &ReleaseId,
    ) -> Result<Unrecorded<Differences>, ReleaseError> {
        let (from, to) = (self.readable(from)?, self.readable(to)?);
        if from.row.id.dataset != to.row.id.dataset {
            return Err(ReleaseError::refused(format!(
                "{} and {} are of two datasets: only releases of one have the same cells",
                from.row.id, to.row.id
            )));
        }
        let mut locations = releases::contributors(self.conn, from.row.row)?;
        locations.extend(releases::contributors(self.conn, to.row.row)?);
        let ((before, _), (after, kept)) = (self.all_rows(&from)?, self.all_rows(&to)?);
        let at = to.row.published.ok_or(StoreError::Damaged("releases"))?;
        Ok(Unrecorded::new(Differences {
            changes: files::differences(&before, (&after, &kept), self.is_corrected(&from.row.id)?),
            head: Head {
                dataset: to.row.id.dataset,
                number: to.row.id.number,
                at,
            },
            locations,
        }))
    }

    /// A release whose figures may be repeated.
    fn readable(&self, id: &ReleaseId) -> Result<ReleaseView, ReleaseError> {
        let view = self.release(id)?;
        match view.row.state {
            ReleaseState::Published => Ok(view),
            ReleaseState::Withdrawn => Err(ReleaseError::refused(format!(
                "release {id} was withdrawn, and its figures are not repeated: {}",
                view.row.reason.unwrap_or_default()
            ))),
            ReleaseState::Proposed | ReleaseState::Dropped => Err(ReleaseError::State {
                id: view.row.id,
                state: view.row.state,
                act: "compared",
            }),
        }
    }

    /// The rows of a release, and the sums among them that it kept.
    fn all_rows(&self, view: &ReleaseView) -> Result<(Vec<ReleaseRow>, Vec<KeptRow>), StoreError> {
        let RowsKept {
            network,
            locations,
            words,
        } = self.release_rows(view)?;
        let rows = network.into_iter().chain(locations);
        Ok((rows.collect(), words.kept))
    }
}

impl Change {
    /// The difference by the names of the columns of `CHANGES.csv`.
    pub(crate) fn json(&self, head: &Head) -> Value {
        let mut fields: Map<String, Value> = Map::new();
        fields.insert("change".to_owned(), self.kind.word().into());
        for (name, field) in self.before() {
            fields.insert(name.to_owned(), field.json());
        }
        for column in COLUMNS {
            let field = column.field(&self.row, head);
            fields.insert(column.name.to_owned(), field.json());
        }
        Value::Object(fields)
    }
}

/// The last line for people.
pub(crate) const ROUNDED: &str = "Shown counts are rounded, and a sum may be kept as it was \
    before: a shown count may differ from the true one by up to 5, so a small difference says \
    little. Of figures that are gone, withheld or corrected nothing is repeated, nor of the sums \
    that they were in.";

/// A change for people: `changed: SMOKING 2018 age 15-24, FN: 15.7 -> 15.9 percent`.
fn line(change: &Change) -> String {
    let row = &change.row;
    let mut cell = format!("{} {}", row.indicator_code, row.period);
    for part in [&row.breakdown, &row.breakdown_value] {
        if !part.is_empty() {
            cell.push_str(&format!(" {part}"));
        }
    }
    if let Some(code) = &row.location_code {
        cell.push_str(&format!(", {code}"));
    }
    let shown = |row: &ReleaseRow| {
        let of = match (row.numerator, row.denominator) {
            (Some(numerator), Some(denominator)) => format!(" ({numerator} of {denominator})"),
            _ => String::new(),
        };
        row.value.map(|value| format!("{value} {}{of}", row.unit))
    };
    let none = || "no figure".to_owned();
    let is = || shown(row).unwrap_or_else(none);
    let words = match (change.kind, &change.before) {
        (Kind::Changed, Some(before)) => {
            format!(": {} -> {}", shown(before).unwrap_or_else(none), is())
        }
        (Kind::Added | Kind::Changed, _) => format!(": {}", is()),
        (Kind::Kept, _) => format!(": {}", is()),
        (Kind::Withheld | Kind::Gone, _) => String::new(),
    };
    let words = match &change.kept_from {
        Some(release) => format!("{words}, as in {release}"),
        None => words,
    };
    format!("{}: {cell}{words}", change.kind.word())
}
