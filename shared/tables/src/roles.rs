//! The roles of columns: the columns of Weft's own layout, and what else a plan may name.

use weft_shared::model::{label::folded, spelling::folded_name};

/// The columns of Weft's own layout, as files name them. Every table that is handed on has some of
/// them, in this order.
pub const COLUMNS: [&str; 21] = [
    "indicator_code",
    "area_code",
    "period",
    "location_code",
    "area_name",
    "breakdown",
    "breakdown_value",
    "as_at",
    "numerator",
    "denominator",
    "value",
    "lower",
    "upper",
    "obs_status",
    "sign",
    "confirmed",
    "definition_version",
    "method",
    "note",
    "note_for",
    "audience",
];

/// The columns that every file of Weft's own layout has.
pub const REQUIRED: [&str; 3] = ["indicator_code", "area_code", "period"];

/// The columns of figures, of which a file has at least one.
pub const FIGURES: [&str; 3] = ["numerator", "value", "obs_status"];

/// The figure of an indicator, whichever it has: a numerator if it is a count, else a value.
pub(crate) const FIGURE: &str = "figure";
/// A part of the population in one word, such as a combination of categories in DHIS2.
pub(crate) const PART: &str = "part";
/// Whether a row was deleted where the file is from.
pub(crate) const DELETED: &str = "deleted";
/// A power of ten by which a figure is to be multiplied, as in SDMX.
pub(crate) const MULTIPLIER: &str = "multiplier";
/// The order of day and month in dates: a setting, not a column.
pub(crate) const DATES: &str = "dates";

/// Short names that a plan may use for columns of our own layout.
const SHORT: [(&str, &str); 4] = [
    ("indicator", "indicator_code"),
    ("area", "area_code"),
    ("location", "location_code"),
    ("status", "obs_status"),
];

/// The role of a column, or a constant, of a plan.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Role {
    /// A column of our own layout.
    Own(&'static str),
    /// One of [`FIGURE`], [`PART`], [`DELETED`], [`MULTIPLIER`] and [`DATES`].
    Special(&'static str),
    /// The part of the population that a breakdown of this name tells.
    Part(String),
}

impl Role {
    pub(crate) fn of(name: &str) -> Self {
        let plain = plain(name);
        let short = SHORT.iter().find(|(short, _)| *short == plain);
        let wanted = short.map_or_else(|| plain.clone(), |(_, long)| self::plain(long));
        if let Some(own) = COLUMNS.iter().find(|own| self::plain(own) == wanted) {
            return Self::Own(own);
        }
        let special = [FIGURE, PART, DELETED, MULTIPLIER, DATES];
        let special = special.into_iter().find(|special| *special == plain);
        special.map_or_else(|| Self::Part(name.trim().to_owned()), Self::Special)
    }

    /// Its name in words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Own("indicator_code") => "the indicator".to_owned(),
            Self::Own("area_code" | "area_name") => "the area".to_owned(),
            Self::Own("location_code") => "the location".to_owned(),
            Self::Own("obs_status") => "the kind of figure (its status)".to_owned(),
            Self::Own("as_at") => "the day of its source".to_owned(),
            Self::Own(other) => format!("the {}", other.replace('_', " ")),
            Self::Special(FIGURE) => "the figure".to_owned(),
            Self::Special(PART) => "the part of the population".to_owned(),
            Self::Special(DELETED) => "whether the row was deleted".to_owned(),
            Self::Special(MULTIPLIER) => "the power of ten that multiplies the figure".to_owned(),
            Self::Special(other) => (*other).to_owned(),
            Self::Part(name) => format!("the part \"{name}\""),
        }
    }

    /// Its name in a plan.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Own(name) => {
                let short = SHORT.iter().find(|(_, long)| long == name);
                short.map_or(name, |(short, _)| short)
            }
            Self::Special(name) => name,
            Self::Part(name) => name,
        }
    }
}

/// Normalises a column's name for comparison: `OBS-Status` is `obs_status`.
pub fn plain(name: &str) -> String {
    folded(name).replace([' ', '-', '_', '.'], "")
}

/// Whether two headings, or two words of a file, are the same to a person.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one == other || folded_name(one) == folded_name(other)
}
