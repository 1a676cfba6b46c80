//! One row of a release, and its columns. They are declared once: every format and the dictionary
//! are made from them, so that none has other decimals, names or meanings.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    model::{
        number::Number,
        release::{Dataset, ReleaseNumber},
    },
    rollup::columns::Field,
    text::counted,
    time::Timestamp,
};

/// The `status_reason` of a withheld figure. It is the same for all of them: the rule that withheld
/// one is a bound for it.
pub const WITHHELD: &str = "withheld";
/// The `status_reason` of a figure that its own publisher suppressed.
pub const SUPPRESSED: &str = "suppressed by its publisher";
/// The phrase for a figure that locations did not make.
pub const PUBLISHED: &str = "published by an office";

/// The numbers of places in a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct State {
    /// Number of locations in the figure; none if it is withheld.
    pub n_locations: Option<u32>,
    /// Number of locations that are expected in it.
    pub n_expected: u32,
    /// Number of areas in the figure; none if it is withheld.
    pub n_areas: Option<u32>,
    /// Number of areas that are expected in it.
    pub n_areas_expected: u32,
}

impl State {
    /// Whether it is shown, and no expected area is missing from it.
    pub fn covers_all(self) -> bool {
        self.n_areas_expected > 0 && self.n_areas == Some(self.n_areas_expected)
    }
}

/// The phrase for a figure that lacks something, such as `8 of 9 locations`; none if it is whole.
pub fn gap_words(state: State) -> Option<String> {
    let (n_locations, n_areas) = (state.n_locations?, state.n_areas?);
    if n_areas == 0 {
        return Some("no figure".to_owned());
    }
    if n_locations < state.n_expected {
        let all = counted(state.n_expected, "location", "locations");
        return Some(format!("{n_locations} of {all}"));
    }
    let all = counted(state.n_areas_expected, "area", "areas");
    (n_areas < state.n_areas_expected).then(|| format!("{n_areas} of {all}"))
}

/// The phrase for a figure that an office published, after the phrase for what it lacks.
pub fn published_words(gap: Option<String>) -> String {
    let parts = gap.into_iter().chain([PUBLISHED.to_owned()]);
    parts.collect::<Vec<_>>().join("; ")
}

/// A row of a release. Its counts are those that are shown: rounded, kept or withheld.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRow {
    /// `network` or `location`.
    pub level: String,
    /// The code of the indicator.
    pub indicator_code: String,
    /// Its name.
    pub indicator_name: String,
    /// Its name in te reo Māori.
    pub indicator_name_mi: Option<String>,
    /// The version of the definition.
    pub definition_version: Option<u32>,
    /// The code of the location.
    pub location_code: Option<String>,
    /// The name of the location.
    pub location_name: Option<String>,
    /// The code of the area, if the row covers just one.
    pub area_code: Option<String>,
    /// Its name.
    pub area_name: Option<String>,
    /// The frequency of the period.
    pub freq: String,
    /// The period.
    pub period: String,
    /// Its first day.
    pub period_start: String,
    /// Its last day.
    pub period_end: String,
    /// The name of the breakdown.
    pub breakdown: String,
    /// Its value.
    pub breakdown_value: String,
    /// The value.
    pub value: Option<Number>,
    /// The unit of the value and its bounds.
    pub unit: String,
    /// The numerator.
    pub numerator: Option<Number>,
    /// The denominator.
    pub denominator: Option<Number>,
    /// The state of the figure (SDMX `OBS_STATUS`).
    pub obs_status: String,
    /// `C` if the figure is withheld, else `F` (SDMX `CONF_STATUS`).
    pub conf_status: String,
    /// One of a few fixed phrases.
    pub status_reason: Option<String>,
    /// Number of locations in the figure.
    pub n_locations: Option<u32>,
    /// Number of locations that are expected in it.
    pub n_expected: u32,
    /// Number of areas in the figure.
    pub n_areas: Option<u32>,
    /// Number of areas that are expected in it.
    pub n_areas_expected: u32,
    /// Whether the base of the figure was stated to have changed in its period.
    pub base_changed: bool,
    /// The lower end of a survey's 95 % interval.
    pub lower: Option<Number>,
    /// The upper end of that interval.
    pub upper: Option<Number>,
}

/// A row as pages show it. A withheld figure has no numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowLine {
    /// The code of the indicator.
    pub indicator: String,
    /// The code of the location; empty for the network.
    pub location: String,
    /// The period.
    pub period: String,
    /// The breakdown with its value.
    pub part: String,
    /// The value.
    pub value: String,
    /// The numerator.
    pub numerator: String,
    /// The denominator.
    pub denominator: String,
    /// The state of the figure.
    pub status: String,
    /// The fixed phrase about it, such as "withheld"; empty if there is none.
    pub reason: String,
}

impl ReleaseRow {
    /// Its fields by the names of [`COLUMNS`], for JSON: numbers are numbers, and a field that does
    /// not apply is null.
    pub fn json(&self, head: &Head) -> Value {
        let fields = COLUMNS.iter();
        let fields = fields.map(|one| (one.name.to_owned(), one.field(self, head).json()));
        Value::Object(fields.collect())
    }

    /// Whether it is withheld to protect people.
    pub fn is_withheld(&self) -> bool {
        self.conf_status == "C"
    }

    /// The row as pages show it.
    pub fn line(&self) -> RowLine {
        let number =
            |number: Option<Number>| number.map_or_else(String::new, |one| one.to_string());
        RowLine {
            indicator: self.indicator_code.clone(),
            location: self.location_code.clone().unwrap_or_default(),
            period: self.period.clone(),
            part: match self.breakdown_value.is_empty() {
                true => self.breakdown.clone(),
                false => format!("{} {}", self.breakdown, self.breakdown_value),
            },
            value: number(self.value),
            numerator: number(self.numerator),
            denominator: number(self.denominator),
            status: self.obs_status.clone(),
            reason: self.status_reason.clone().unwrap_or_default(),
        }
    }

    /// The numbers of places in it.
    pub const fn state(&self) -> State {
        State {
            n_locations: self.n_locations,
            n_expected: self.n_expected,
            n_areas: self.n_areas,
            n_areas_expected: self.n_areas_expected,
        }
    }
}

/// The parts that all rows of a release have in common.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// The dataset.
    pub dataset: Dataset,
    /// The number of the release.
    pub number: ReleaseNumber,
    /// When it was published.
    pub at: Timestamp,
}

/// The kind of content that a column has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Text.
    Text,
    /// A date such as `2018-03-06`.
    Date,
    /// A whole number from zero.
    Count,
    /// A decimal number.
    Number,
    /// `true` or `false`.
    Flag,
}

/// A column of a release.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// The kind of content.
    pub kind: Kind,
    /// Its meaning, for the dictionary.
    pub about: &'static str,
    of: fn(&ReleaseRow, &Head) -> Field,
}

impl Column {
    /// Its content in a row.
    pub fn field(&self, row: &ReleaseRow, head: &Head) -> Field {
        (self.of)(row, head)
    }
}

const fn column(
    name: &'static str,
    kind: Kind,
    about: &'static str,
    of: fn(&ReleaseRow, &Head) -> Field,
) -> Column {
    Column {
        name,
        kind,
        about,
        of,
    }
}

fn text(text: &str) -> Field {
    text.into()
}

/// The columns of a release, in order. One that does not apply is empty, never zero.
pub const COLUMNS: &[Column] = &[
    column("dataset", Kind::Text, "Code of the dataset", |_, head| {
        text(head.dataset.as_str())
    }),
    column(
        "level",
        Kind::Text,
        "network or location. A file holds one level, so that a sum over a column counts nothing \
         twice",
        |row, _| text(&row.level),
    ),
    column(
        "release",
        Kind::Text,
        "Number of the release, as text: 2026.10 is the tenth, and 2026.1 the first",
        |_, head| Field::text(head.number),
    ),
    column(
        "indicator_code",
        Kind::Text,
        "Code of the indicator",
        |row, _| text(&row.indicator_code),
    ),
    column(
        "indicator_name",
        Kind::Text,
        "Its name in English",
        |row, _| text(&row.indicator_name),
    ),
    column(
        "indicator_name_mi",
        Kind::Text,
        "Its name in te reo Māori, if the network gave one",
        |row, _| row.indicator_name_mi.as_deref().into(),
    ),
    column(
        "definition_version",
        Kind::Count,
        "Version of the definition that the figure follows",
        |row, _| row.definition_version.into(),
    ),
    column(
        "location_code",
        Kind::Text,
        "Code of the location; empty at the level network",
        |row, _| row.location_code.as_deref().into(),
    ),
    column(
        "location_name",
        Kind::Text,
        "Name of the location",
        |row, _| row.location_name.as_deref().into(),
    ),
    column(
        "area_type",
        Kind::Text,
        "Kind of the area, if one is known",
        |_, _| Field::None,
    ),
    column(
        "area_code",
        Kind::Text,
        "Code of the area, if the figure covers just one",
        |row, _| row.area_code.as_deref().into(),
    ),
    column("area_name", Kind::Text, "Name of that area", |row, _| {
        row.area_name.as_deref().into()
    }),
    column(
        "freq",
        Kind::Text,
        "Frequency of the period: year, fiscal_year, quarter, month, week or pooled_years",
        |row, _| text(&row.freq),
    ),
    column(
        "period",
        Kind::Text,
        "The period, such as 2024-Q1",
        |row, _| text(&row.period),
    ),
    column(
        "period_start",
        Kind::Date,
        "First day of the period",
        |row, _| text(&row.period_start),
    ),
    column(
        "period_end",
        Kind::Date,
        "Last day of the period",
        |row, _| text(&row.period_end),
    ),
    column(
        "breakdown",
        Kind::Text,
        "Name of the breakdown; empty for the total. The total is a row of its own: never add the \
         parts of a breakdown to it",
        |row, _| text(&row.breakdown),
    ),
    column(
        "breakdown_value",
        Kind::Text,
        "Part of the population, such as 12+",
        |row, _| text(&row.breakdown_value),
    ),
    column(
        "value",
        Kind::Number,
        "Shown numerator / shown denominator x factor, rounded at six decimals; of a count the \
         count. Never average values: add numerators and denominators, and divide",
        |row, _| row.value.into(),
    ),
    column(
        "unit",
        Kind::Text,
        "Unit of value, lower and upper",
        |row, _| text(&row.unit),
    ),
    column(
        "numerator",
        Kind::Number,
        "Shown count: rounded to base 3, so a sum over rows may differ a little from the network's \
         own row. From one release to the next it may lag the true count by up to 5",
        |row, _| row.numerator.into(),
    ),
    column(
        "denominator",
        Kind::Number,
        "Shown denominator, rounded in the same way",
        |row, _| row.denominator.into(),
    ),
    column(
        "obs_status",
        Kind::Text,
        "A normal, B base changed, D definition differs, E estimated, L not collected, M cannot \
         exist, O missing, P provisional, Q withheld or suppressed",
        |row, _| text(&row.obs_status),
    ),
    column(
        "conf_status",
        Kind::Text,
        "F if the figure is shown, C if it is withheld to protect people",
        |row, _| text(&row.conf_status),
    ),
    column(
        "status_reason",
        Kind::Text,
        "A fixed phrase. All withheld figures have the same one, and each may be any of at least \
         five counts, zero included",
        |row, _| row.status_reason.as_deref().into(),
    ),
    column(
        "n_locations",
        Kind::Count,
        "Number of locations in the figure; empty if it is withheld",
        |row, _| row.n_locations.into(),
    ),
    column(
        "n_expected",
        Kind::Count,
        "Number of locations that the network expects in it",
        |row, _| row.n_expected.into(),
    ),
    column(
        "n_areas",
        Kind::Count,
        "Number of areas in the figure; empty if it is withheld",
        |row, _| row.n_areas.into(),
    ),
    column(
        "n_areas_expected",
        Kind::Count,
        "Number of areas that the network expects in it",
        |row, _| row.n_areas_expected.into(),
    ),
    column(
        "denominator_covered",
        Kind::Number,
        "1 if no expected area is missing from the figure; empty if one is, or if it is withheld",
        |row, _| row.state().covers_all().then(|| Number::from(1)).into(),
    ),
    column(
        "n_contested",
        Kind::Count,
        "Always 0: a figure with a contested value is in no release",
        |_, _| Field::Count(0),
    ),
    column(
        "base_changed",
        Kind::Flag,
        "Whether the base was stated to have changed in the period: compare with care",
        |row, _| Field::Flag(row.base_changed),
    ),
    column(
        "lower",
        Kind::Number,
        "Lower end of a survey's 95 % interval",
        |row, _| row.lower.into(),
    ),
    column(
        "upper",
        Kind::Number,
        "Upper end of that interval",
        |row, _| row.upper.into(),
    ),
    column(
        "contested_low",
        Kind::Number,
        "Always empty: a contested value is in no release",
        |_, _| Field::None,
    ),
    column(
        "contested_high",
        Kind::Number,
        "Always empty: a contested value is in no release",
        |_, _| Field::None,
    ),
    column(
        "updated_at",
        Kind::Text,
        "When the release was published",
        |_, head| text(&head.at.rfc3339()),
    ),
];
