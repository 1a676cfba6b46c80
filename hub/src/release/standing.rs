//! The releases that stand, and their rows as figures: what people outside the network may have.

use std::{collections::BTreeSet, sync::Arc};

use weft_shared::{
    id::{AreaCode, IndicatorCode, LocationCode},
    model::{observation::Breakdown, release::ReleaseId},
    release::ReleaseRow,
    rollup::{Cell, CellKey, Level, cell::Labels, series::Base},
    time::Timestamp,
};

use super::{acts::ReleaseView, error::ReleaseError, files::Content};
use crate::{
    app::{AppError, Snapshot},
    store::StoreError,
};

/// A release that went out, with its content.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) id: ReleaseId,
    pub(crate) content: Arc<Content>,
    /// The locations whose records it was made of.
    pub(crate) contributors: BTreeSet<LocationCode>,
}

impl Snapshot<'_> {
    /// Returns the release of each dataset that stands now, or stood at a moment; none of a dataset
    /// whose release of then was withdrawn since.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn standing_releases(
        &self,
        at: Option<Timestamp>,
    ) -> Result<Vec<Standing>, AppError> {
        let mut current: Vec<ReleaseView> = Vec::new();
        let all = self.releases().map_err(|error| match error {
            ReleaseError::App(error) => error,
            // Nothing else goes wrong with a list of what there is.
            _ => AppError::Store(StoreError::Damaged("releases")),
        });
        for view in all? {
            let withdrawn = |gone: Timestamp| at.is_none_or(|at| gone <= at);
            let stood = (view.row.published).is_some_and(|out| at.is_none_or(|at| out <= at))
                && !view.row.withdrawn.is_some_and(withdrawn);
            if stood {
                current.retain(|one| one.row.id.dataset != view.row.id.dataset);
                current.push(view);
            }
        }
        current.retain(|one| one.row.withdrawn.is_none());
        let standing = current.iter().map(|view| {
            Ok(Standing {
                id: view.row.id.clone(),
                content: Arc::new(self.release_content(view)?),
                contributors: self.release_contributors(view)?,
            })
        });
        standing.collect()
    }
}

impl Standing {
    /// Its figures as they were shown. A row that cannot be read is left out.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell> {
        self.content.rows().filter_map(cell)
    }
}

/// The figure of a row: shown counts, and none where they are withheld.
fn cell(row: &ReleaseRow) -> Option<Cell> {
    let level = match &row.location_code {
        Some(code) => Level::Location(LocationCode::parse(code).ok()?),
        None => Level::Network,
    };
    let breakdown = match row.breakdown.as_str() {
        "" => Breakdown::Total,
        name => Breakdown::from_columns(name, &row.breakdown_value).ok()?,
    };
    let count = |count: Option<u32>| usize::try_from(count.unwrap_or_default()).ok();
    let base = row.value.and_then(|_| base(row));
    Some(Cell {
        key: CellKey {
            indicator: IndicatorCode::parse(&row.indicator_code).ok()?,
            period: row.period.parse().ok()?,
            breakdown,
            level,
        },
        labels: Labels {
            indicator_name: row.indicator_name.clone(),
            indicator_name_mi: row.indicator_name_mi.clone(),
            definition_version: row.definition_version,
            unit: row.unit.clone(),
            location_name: row.location_name.clone(),
            area: None,
        },
        value: row.value,
        numerator: row.numerator,
        denominator: row.denominator,
        status: row.obs_status.parse().ok()?,
        status_reason: row.status_reason.clone().unwrap_or_default(),
        n_locations: count(row.n_locations)?,
        n_expected: count(Some(row.n_expected))?,
        n_areas: count(row.n_areas)?,
        n_areas_expected: count(Some(row.n_areas_expected))?,
        denominator_covered: None,
        n_contested: 0,
        interval: None,
        base_changed: row.base_changed.then(String::new),
        lower: row.lower,
        upper: row.upper,
        bases: base.into_iter().collect(),
        updated_at: None,
    })
}

/// The areas of a row, all together: a release says how many they are, and which only of one.
/// Figures of another number of areas are not compared.
fn base(row: &ReleaseRow) -> Option<Base> {
    let counted = || Some(format!("AREAS{}", row.n_areas?));
    let area = row.area_code.clone().or_else(counted)?;
    Some(Base {
        area: AreaCode::parse(&area).ok()?,
        denominator: row.denominator,
        is_growth: false,
        asked_beside: None,
    })
}
