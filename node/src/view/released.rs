//! The part of this location's values that the network's releases would have, in a sentence.

use std::{collections::BTreeMap, sync::Arc};

use weft_shared::{
    disclosure::{Cell, CellKey, Counts, FRR3, Kind, Ours, Span, ours},
    id::{AreaCode, IndicatorCode, LocationCode},
    model::{
        Audience,
        indicator::{Definition, Protect, Rows, Setting, SettingKey, Settings},
        number::Number,
        observation::Breakdown,
        schema::{Container, DocKind},
    },
    period::{Period, day_words},
    text::{counted, grouped},
    time::{Timestamp, Zone},
};

use super::{IndicatorRow, ObservationRow, Whose, first};
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

/// The network's last change of the rows that releases of an indicator have.
#[derive(Clone, Copy, Debug)]
struct RowsChange {
    at: Timestamp,
    rows: Rows,
}

impl RowsChange {
    fn words(self, zone: &Zone) -> String {
        let rows = match self.rows {
            Rows::Network => "its sum alone",
            Rows::Locations => "a row for each location, with its name",
        };
        format!(
            "The network chose on {} that releases have {rows}. This holds for periods that are \
             not released yet.",
            day_words(zone.day(self.at))
        )
    }
}

/// The part of an indicator's values that would go out now.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    /// It in a sentence or two, by the values for the audience `released` alone.
    pub(crate) words: String,
    /// Number of values with a narrower audience: they are in no release.
    pub(crate) narrower: u64,
}

impl Outgoing {
    /// The values that stay out because of their audience, in a sentence; `None` if there are none.
    pub(crate) fn narrower_words(&self) -> Option<String> {
        (self.narrower > 0).then(|| {
            format!(
                "{} a narrower audience, and {} in no release.",
                counted(self.narrower, "value has", "values have"),
                if self.narrower == 1 { "is" } else { "are" }
            )
        })
    }
}

impl ObservationRow {
    /// Whether one person's word settles it, with a narrower audience than this.
    pub(crate) fn is_narrower(&self, than: Audience) -> bool {
        let settled = self.settled().map(|one| &one.statement);
        settled.is_some_and(|one| one.audience < than && !one.is_retraction())
    }
}

impl Replica {
    /// Says what would go out of an indicator's values for the audience `released`, by the figure
    /// of the latest period, and since when the network wants it so if it changed that.
    ///
    /// # Errors
    /// If the documents cannot be read.
    pub(crate) fn outgoing(&mut self, row: &IndicatorRow) -> Result<Outgoing, DocumentError> {
        if row.whose == Whose::Own {
            return Ok(Outgoing {
                words: "Nothing: an indicator of your own is in no release.".to_owned(),
                narrower: 0,
            });
        }
        let code = row.definition.code.clone();
        let mut values = self.observations(|key| key.indicator == code)?;
        let narrower = values
            .iter()
            .filter(|one| one.is_narrower(Audience::Released));
        let narrower = narrower.count() as u64;
        values.retain(|one| one.audience() == Audience::Released);
        let location = self.membership()?.code.clone();
        let sentence = sentence(row, &location, (&values, narrower));
        let change = self.rows_change(&code)?;
        let words = match change.map(|change| change.words(&self.zone())) {
            Some(change) => format!("{sentence} {change}"),
            None => sentence,
        };
        Ok(Outgoing { words, narrower })
    }

    /// Returns the last change of the rows that releases of an indicator have, if there was one.
    fn rows_change(&mut self, code: &IndicatorCode) -> Result<Option<RowsChange>, DocumentError> {
        let definitions = self.document(Owner::Hub, &first(DocKind::Definitions))?;
        let changes = definitions.all_told().into_iter().flat_map(|(meta, told)| {
            let of_rows = told.into_iter().filter_map(move |one| {
                let key: SettingKey = one.key.parse().ok()?;
                let is_one = one.container == Container::Definitions
                    && key.setting == Setting::Rows
                    && key.definition.code == *code;
                let rows = match one.value {
                    Some(text) => text.parse().ok()?,
                    None => Rows::Network,
                };
                is_one.then_some(RowsChange { at: meta.at, rows })
            });
            of_rows.collect::<Vec<_>>()
        });
        Ok(changes.max_by_key(|change| change.at))
    }
}

/// The figure of the latest period: the sum of the location's areas.
struct Latest<'a> {
    period: Period,
    breakdown: Breakdown,
    pinned: &'a (Definition, Settings),
    by_area: BTreeMap<AreaCode, Counts>,
}

/// Finds the figure of the latest period: the total, or the first group if there is none. A
/// contested value is in no release.
fn latest<'a>(row: &'a IndicatorRow, values: &[ObservationRow]) -> Option<Latest<'a>> {
    let settled = values.iter().filter_map(|value| {
        let statement = &value.settled()?.statement;
        let counts = Counts {
            numerator: statement.numerator?,
            denominator: statement.denominator,
        };
        Some((&value.key, row.pinned(statement)?, counts))
    });
    let settled: Vec<_> = settled.collect();
    let periods = settled.iter().map(|(key, ..)| key.period);
    let period = periods.max_by_key(|period| (period.end(), *period))?;
    let of_period = settled.iter().filter(|(key, ..)| key.period == period);
    let (first, pinned, _) = of_period
        .clone()
        .min_by_key(|(key, ..)| key.breakdown.order())?;
    let same = of_period.filter(|(key, of, _)| key.breakdown == first.breakdown && of == pinned);
    let by_area = same.map(|(key, _, counts)| (key.area.clone(), *counts));
    Some(Latest {
        period,
        breakdown: first.breakdown.clone(),
        pinned,
        by_area: by_area.collect(),
    })
}

fn sentence(
    row: &IndicatorRow,
    location: &LocationCode,
    (values, narrower): (&[ObservationRow], u64),
) -> String {
    let latest = latest(row, values);
    let newest = row.versions.iter().next_back();
    let (definition, settings) = match &latest {
        Some(latest) => (&latest.pinned.0, &latest.pinned.1),
        None => match newest {
            Some((definition, settings)) => (definition, settings),
            None => return String::new(),
        },
    };
    let rows = settings.rows.unwrap_or(Rows::Network);
    // The absence comes first, and what one would be is said of one to come.
    let (none, one) = match narrower {
        0 => ("You have no value yet.", "One for releases"),
        _ => (
            "None of your values is for releases, so none goes out.",
            "One that is",
        ),
    };
    let Some(kind) = Kind::of(definition.kind) else {
        return match rows {
            Rows::Network => "Nothing: figures of this type are in releases only as rows of \
                              locations, and the network releases its sum alone."
                .to_owned(),
            Rows::Locations if values.is_empty() => {
                format!("{none} {one} would be a row with your name, with your figure as it is.")
            }
            Rows::Locations => "A row with your name, with your figure as it is.".to_owned(),
        };
    };
    let Some(latest) = latest else {
        return match rows {
            Rows::Network => format!(
                "{none} {one} would be added into the sum of the network’s locations, and not \
                 shown by itself."
            ),
            Rows::Locations => format!(
                "{none} {one} would be a row with your name, with rounded counts; small counts \
                 are withheld."
            ),
        };
    };
    let protect = settings.protect.unwrap_or(match definition.person_level {
        true => Protect::Persons,
        false => Protect::None,
    });
    let cell = Cell {
        key: CellKey::new(definition.key(), latest.period, &latest.breakdown),
        kind,
        factor: definition.factor,
        rows,
        protect,
        contributions: Arc::new([(location.clone(), latest.by_area)].into()),
    };
    said(
        &cell,
        &cell.contributions[location],
        ours(&FRR3, &cell, location),
    )
}

fn said(cell: &Cell, areas: &BTreeMap<AreaCode, Counts>, ours: Ours) -> String {
    let mut period = cell.key.period.words();
    if let Some(group) = cell.key.breakdown().words() {
        period = format!("{period}, {group},");
    }
    match ours {
        Ours::Nothing => format!(
            "Nothing for {period}: your figure is no whole number from zero, or its denominator \
             is missing."
        ),
        Ours::Added => {
            let numerator: Number = areas.values().map(|counts| counts.numerator).sum();
            let denominators = areas.values().filter_map(|counts| counts.denominator);
            let of = match cell.kind.is_ratio() {
                true => format!(" of {}", shown(denominators.sum())),
                false => String::new(),
            };
            format!(
                "Only the sum of the network’s locations: your {}{of} for {period} is added in and \
                 not shown by itself.",
                shown(numerator)
            )
        }
        Ours::Withheld => format!(
            "A row with your name, which is empty for {period}: its numbers are small, so they are \
             withheld."
        ),
        Ours::Row {
            numerator,
            denominator,
        } => {
            let counts = match (numerator, denominator) {
                (Some(numerator), Some(denominator)) => {
                    format!("{} of {}", between(numerator), between(denominator))
                }
                (Some(count), None) => between(count),
                (None, Some(count)) => format!("a mean of {} people", between(count)),
                (None, None) => String::new(),
            };
            let period = period.trim_end_matches(',');
            format!("A row with your name: {counts} for {period}.")
        }
    }
}

fn between(span: Span) -> String {
    let number = |number: u64| grouped(&number.to_string());
    format!("between {} and {}", number(span.low), number(span.high))
}

fn shown(number: Number) -> String {
    grouped(&number.to_string())
}
