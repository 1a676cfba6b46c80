//! The rows of a release, from the figures as they are and the counts that are shown of them.

use std::collections::BTreeMap;

use weft_shared::{
    disclosure::{CellKey, Protected, Row},
    id::LocationCode,
    model::{
        indicator::{IndicatorType, Rows},
        number::Number,
        observation::Status,
    },
    release::{
        ReleaseRow,
        row::{SUPPRESSED, WITHHELD, gap_words, published_words},
    },
    rollup::{Cell, Level},
};

use super::collect::{MadeOf, SliceOf, Unagreed};

/// The rows of the network, and those of locations, in the order of slices and codes.
pub(super) fn rows(
    slices: &[SliceOf],
    protected: &Protected,
    unagreed: &Unagreed,
) -> (Vec<ReleaseRow>, Vec<ReleaseRow>) {
    let shown: BTreeMap<(&CellKey, &Level), &Row> = protected
        .rows
        .iter()
        .map(|row| ((&row.key, &row.level), row))
        .collect();
    let (mut network, mut locations) = (Vec::new(), Vec::new());
    for slice in slices {
        for cell in &slice.cells {
            let level = &cell.key.level;
            let Some(row) = (match &slice.made_of {
                // An index is never added up, so the network has none.
                MadeOf::Published if *level == Level::Network && is_rank(slice) => None,
                MadeOf::Published => Some(plain(slice, cell)),
                MadeOf::Values(codes) => match level.location() {
                    Some(code) if codes.contains(code) => Some(plain(slice, cell)),
                    Some(_) | None => protect(slice, cell, None, unagreed),
                },
                MadeOf::Counts(..) => {
                    let row = shown.get(&(&slice.key, level)).copied();
                    protect(slice, cell, row, unagreed)
                }
            }) else {
                continue;
            };
            match level {
                Level::Network => network.push(row),
                Level::Location(_) => locations.push(row),
            }
        }
    }
    (network, locations)
}

/// Whether figures of an indicator are never added up.
const fn is_rank(slice: &SliceOf) -> bool {
    matches!(
        slice.definition.kind,
        IndicatorType::Index | IndicatorType::Ordinal
    )
}

/// A figure as it is, because an office published it or it is not made of counts. It is never
/// added, so it may be of another version than the others of its slice.
fn plain(slice: &SliceOf, cell: &Cell) -> ReleaseRow {
    let mut row = base(slice, cell);
    if let Some(version) = cell.labels.definition_version {
        row.definition_version = Some(version);
        row.unit.clone_from(&cell.labels.unit);
    }
    row.value = cell.value;
    row.numerator = cell.numerator;
    row.denominator = cell.denominator;
    (row.lower, row.upper) = (cell.lower, cell.upper);
    // The row may have the name of a location, which did not make the figure.
    if let MadeOf::Published = slice.made_of {
        row.status_reason = Some(published_words(row.status_reason));
    }
    if cell.status == Status::Suppressed {
        row.conf_status = "C".to_owned();
        row.status_reason = Some(SUPPRESSED.to_owned());
    }
    row
}

/// A figure of counts: as disclosure control shows it. None if the release has no such row: a
/// location that did not agree has none, which would say that it reported nothing.
fn protect(
    slice: &SliceOf,
    cell: &Cell,
    shown: Option<&Row>,
    unagreed: &Unagreed,
) -> Option<ReleaseRow> {
    let mut row = base(slice, cell);
    let Some(shown) = shown else {
        // A location without a figure has a row beside those of the others.
        let code = cell.key.level.location()?;
        let has_agreed = unagreed
            .get(code)
            .is_none_or(|indicators| !indicators.contains_key(&slice.definition.code));
        let is_beside = slice.rows == Rows::Locations && has_agreed;
        // Its own suppression looks like any other.
        if cell.status == Status::Suppressed {
            withhold(&mut row);
        }
        return is_beside.then_some(row);
    };
    if shown.withheld {
        if slice.rows == Rows::Network && cell.key.level != Level::Network {
            return None;
        }
        withhold(&mut row);
        return Some(row);
    }
    let of_count = |count: u64| Number::from(i64::try_from(count).unwrap_or(i64::MAX));
    row.numerator = shown.numerator.map(of_count);
    row.denominator = shown.denominator.map(of_count);
    row.value = shown.value;
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    row.n_locations = Some(number(shown.contributors.len()));
    row.n_areas = Some(number(shown.contributors.n_areas()));
    row.status_reason = gap_words(row.state());
    Some(row)
}

/// Empties a row in the way that all withheld rows are empty.
fn withhold(row: &mut ReleaseRow) {
    row.obs_status = Status::Suppressed.word().to_owned();
    row.conf_status = "C".to_owned();
    row.status_reason = Some(WITHHELD.to_owned());
    (row.n_locations, row.n_areas) = (None, None);
    (row.area_code, row.area_name) = (None, None);
    row.base_changed = false;
}

/// A row without its figures.
fn base(slice: &SliceOf, cell: &Cell) -> ReleaseRow {
    let (key, labels) = (&cell.key, &cell.labels);
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let area = labels.area.as_ref();
    let mut row = ReleaseRow {
        level: key.level.as_str().to_owned(),
        indicator_code: key.indicator.to_string(),
        indicator_name: labels.indicator_name.clone(),
        indicator_name_mi: labels.indicator_name_mi.clone(),
        definition_version: Some(slice.definition.version),
        location_code: key.level.location().map(LocationCode::to_string),
        location_name: labels.location_name.clone(),
        area_code: area.map(|(code, _)| code.to_string()),
        area_name: area.map(|(_, name)| name.clone()),
        freq: key.period.frequency().as_str().to_owned(),
        period: key.period.to_string(),
        period_start: key.period.start().to_string(),
        period_end: key.period.end().to_string(),
        breakdown: key.breakdown.name().into_owned(),
        breakdown_value: key.breakdown.value().into_owned(),
        value: None,
        unit: slice.definition.measure().to_string(),
        numerator: None,
        denominator: None,
        obs_status: cell.status.word().to_owned(),
        conf_status: "F".to_owned(),
        status_reason: None,
        n_locations: Some(number(cell.n_locations)),
        n_expected: number(cell.n_expected),
        n_areas: Some(number(cell.n_areas)),
        n_areas_expected: number(cell.n_areas_expected),
        base_changed: cell.base_changed.is_some(),
        lower: None,
        upper: None,
    };
    row.status_reason = gap_words(row.state());
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Anything that a withheld row says beside its words would tell rows apart.
    #[test]
    fn a_withheld_row_says_nothing_of_its_figure() {
        let row = |withheld: bool| {
            let row = serde_json::json!({
                "level": "network", "indicator_code": "A", "indicator_name": "A",
                "indicator_name_mi": null, "definition_version": 1, "location_code": null,
                "location_name": null, "area_code": withheld.then_some("A"),
                "area_name": withheld.then_some("A"), "freq": "month", "period": "2023-05",
                "period_start": "2023-05-01", "period_end": "2023-05-31", "breakdown": "",
                "breakdown_value": "", "value": null, "unit": "people", "numerator": null,
                "denominator": null, "obs_status": "A", "conf_status": "F",
                "status_reason": withheld.then_some("3 of 4 locations"),
                "n_locations": withheld.then_some(3), "n_expected": 4,
                "n_areas": withheld.then_some(3), "n_areas_expected": 4,
                "base_changed": withheld, "lower": null, "upper": null,
            });
            let mut row: ReleaseRow = serde_json::from_value(row).unwrap();
            withhold(&mut row);
            row
        };
        assert_eq!(row(true), row(false));
        assert!(!row(true).base_changed);
    }
}
