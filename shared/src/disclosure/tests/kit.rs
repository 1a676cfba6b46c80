//! Cells in a line, for tests.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    disclosure::{
        Before, Cell, CellKey, Contributions, Counts, FRR3, Kind, Protected, Relations, Row,
        Secret, Sum, protect,
    },
    id::LocationCode,
    model::{
        indicator::{Protect, Rows},
        number::Number,
        observation::Breakdown,
    },
    rollup::Level,
};

pub(super) fn secret() -> Secret {
    let bytes: Vec<u8> = (0..32).collect();
    Secret::new(bytes.try_into().unwrap())
}

/// `SMOKING 2018 age=12+`; the breakdown may be missing.
pub(super) fn key(text: &str) -> CellKey {
    let mut words = text.split(' ');
    let code = words.next().unwrap();
    let period = words.next().unwrap_or("2018").parse().unwrap();
    let parts = words.next().unwrap_or_default();
    let parts = parts.split(',').filter_map(|part| part.split_once('='));
    let parts = parts.map(|(name, value)| (name.to_owned(), value.to_owned()));
    CellKey::new(
        format!("{code}/1").parse().unwrap(),
        period,
        &Breakdown::crossed(parts).unwrap(),
    )
}

/// `FN:100 EC.GISBORNE:19/5499`: location, area if it is not the location's only one, numerator and
/// denominator.
pub(super) fn contributions(text: &str) -> Contributions {
    let mut all = Contributions::new();
    for figure in text.split_whitespace() {
        let (place, counts) = figure.split_once(':').unwrap();
        let (location, area) = place.split_once('.').unwrap_or((place, place));
        let (numerator, denominator) = match counts.split_once('/') {
            Some((numerator, denominator)) => (numerator, Some(denominator.parse().unwrap())),
            None => (counts, None),
        };
        let counts = Counts {
            numerator: numerator.parse().unwrap(),
            denominator,
        };
        let areas = all.entry(location.parse().unwrap()).or_default();
        assert_eq!(areas.insert(area.parse().unwrap(), counts), None);
    }
    all
}

/// A count of people in all rows; its figures as [`contributions`] reads them.
pub(super) fn count(key: CellKey, figures: &str) -> Cell {
    Cell {
        key,
        kind: Kind::Count,
        factor: Number::from(1),
        rows: Rows::Locations,
        protect: Protect::Persons,
        contributions: contributions(figures).into(),
    }
}

pub(super) fn proportion(key: CellKey, figures: &str) -> Cell {
    Cell {
        kind: Kind::Proportion,
        factor: Number::from(100),
        ..count(key, figures)
    }
}

/// The cell with the sum alone.
pub(super) fn unnamed(cell: Cell) -> Cell {
    Cell {
        rows: Rows::Network,
        ..cell
    }
}

pub(super) fn protected(cells: &[Cell], before: &Before) -> Protected {
    protect(&FRR3, &secret(), cells, &Relations::default(), before)
}

/// Protects the cells and adds them to what was shown.
pub(super) fn release(cells: &[Cell], before: &mut Before) -> Protected {
    let protected = protected(cells, before);
    before.add(protected.clone());
    protected
}

/// The row of a location, or with an empty code that of the network.
pub(super) fn row<'a>(protected: &'a Protected, key: &CellKey, code: &str) -> &'a Row {
    let mut rows = protected.rows.iter();
    let found = rows.find(|row| row.key == *key && row.level == level(code));
    found.unwrap_or_else(|| panic!("no row {code} of {key}"))
}

pub(super) fn level(code: &str) -> Level {
    match code {
        "" => Level::Network,
        code => Level::Location(code.parse::<LocationCode>().unwrap()),
    }
}

/// The rows of a cell in a line: `EC 21/6396 IN - network 135/65493`.
pub(super) fn line(protected: &Protected, key: &CellKey) -> String {
    let rows = protected.rows.iter().filter(|row| row.key == *key);
    let rows = rows.map(|row| {
        let name = row.level.location().map_or("network", |code| code.as_str());
        let shown = match (row.numerator, row.denominator) {
            (Some(numerator), Some(denominator)) => format!("{numerator}/{denominator}"),
            (Some(count), None) | (None, Some(count)) => count.to_string(),
            (None, None) => "-".to_owned(),
        };
        format!("{name} {shown}")
    });
    rows.collect::<Vec<_>>().join(" ")
}

/// The same figures with some others in their place.
pub(super) fn with(cell: &Cell, figures: &str) -> Cell {
    let mut cell = cell.clone();
    let changed: BTreeMap<_, _> = contributions(figures);
    for (code, areas) in changed {
        let all = Arc::make_mut(&mut cell.contributions);
        all.entry(code).or_default().extend(areas);
    }
    cell
}

/// The relation of a total, which comes first, to its complete parts.
pub(super) fn sum_of(cells: &[Cell]) -> Relations {
    let (total, parts) = cells.split_first().unwrap();
    let sum = Sum {
        total: total.key.clone(),
        parts: parts.iter().map(|part| part.key.clone()).collect(),
        denominators: true,
        over_time: false,
    };
    Relations {
        sums: vec![sum],
        ..Relations::default()
    }
}
