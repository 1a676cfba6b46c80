//! The plan of a file's columns as a form: each column with an example and what it is.

use std::collections::BTreeMap;

use weft_shared::model::profile::Area;
use weft_tables::{ColumnPlan, Proposal, plain};

use super::super::form::{OptionView, Sent};
use crate::{import::Columns, view::IndicatorRow};

/// Maximum number of columns in the form.
const COLUMNS_MAX: usize = 200;
/// Maximum characters of an example.
const EXAMPLE_CHARS_MAX: usize = 40;

/// The roles of columns, as a plan names them, and in words.
const ROLES: [(&str, &str); 19] = [
    ("indicator", "Indicator"),
    ("area", "Area"),
    ("period", "Period"),
    ("numerator", "Numerator"),
    ("denominator", "Denominator"),
    ("value", "Value"),
    ("figure", "Figure (numerator or value)"),
    ("status", "Kind of figure"),
    ("part", "Part of the population"),
    ("breakdown", "Breakdown: its name"),
    ("breakdown_value", "Breakdown: its value"),
    ("lower", "Lower end of the interval"),
    ("upper", "Upper end of the interval"),
    ("sign", "Publisher's sign"),
    ("as_at", "Day of its source"),
    ("method", "Method"),
    ("note", "Note"),
    ("location", "Location"),
    ("multiplier", "Power of ten"),
];

/// The roles of which a file may have several columns, each a figure of its own.
const FIGURES: [&str; 3] = ["numerator", "value", "figure"];

/// One column of the form.
#[derive(Debug)]
pub(super) struct ColumnView {
    pub(super) field: String,
    /// The heading; a column without one cannot be named.
    pub(super) heading: String,
    pub(super) example: String,
    pub(super) options: Vec<OptionView>,
}

/// Returns the columns with their choices.
pub(super) fn columns(proposal: &Proposal, indicators: &[IndicatorRow]) -> Vec<ColumnView> {
    let shown = proposal.shown.iter().enumerate().take(COLUMNS_MAX);
    let view = |(at, (heading, example, role)): (usize, &(String, String, Option<String>))| {
        let chosen = role.as_deref().map(short).unwrap_or_default();
        ColumnView {
            field: field(at),
            heading: heading.clone(),
            example: example.chars().take(EXAMPLE_CHARS_MAX).collect(),
            options: options(&chosen, indicators),
        }
    };
    shown.map(view).collect()
}

fn options(chosen: &str, indicators: &[IndicatorRow]) -> Vec<OptionView> {
    let option = |value: &str, label: &str| OptionView {
        value: value.to_owned(),
        label: label.to_owned(),
        chosen: value == chosen,
    };
    let mut options = vec![option("", "Leave out")];
    options.extend(ROLES.map(|(role, label)| option(role, label)));
    let mut parts: Vec<&str> = indicators.iter().flat_map(IndicatorRow::declared).collect();
    parts.sort_unstable();
    parts.dedup();
    let parts = parts.into_iter();
    options.extend(parts.map(|part| option(part, &format!("Part: {part}"))));
    if options.iter().all(|one| !one.chosen) {
        options.push(option(chosen, chosen));
    }
    options
}

/// The name that the form uses for a role: `obs_status` is `status`.
fn short(role: &str) -> String {
    let long = |(short, _): &&(&str, &str)| {
        let plain = plain(role);
        plain == self::plain(short)
            || plain.strip_suffix("code") == Some(short)
            || (plain == "obsstatus" && *short == "status")
            || (plain == "areaname" && *short == "area")
    };
    let known = ROLES.iter().find(long);
    known.map_or_else(|| role.to_owned(), |(short, _)| (*short).to_owned())
}

fn field(at: usize) -> String {
    format!("column-{at}")
}

/// A constant that holds for every row, as a field.
#[derive(Debug)]
pub(super) struct ConstantView {
    pub(super) field: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    /// Examples of it; empty if there are choices.
    pub(super) example: &'static str,
    pub(super) value: String,
    /// The choices; a field of text if there are none.
    pub(super) options: Vec<OptionView>,
    /// Whether nothing says it yet.
    pub(super) missing: bool,
}

/// Returns the constants that a person may state.
pub(super) fn constants(
    plan: &ColumnPlan,
    indicators: &[IndicatorRow],
    areas: &[Area],
) -> Vec<ConstantView> {
    let indicators = indicators.iter().map(|row| {
        let code = row.definition.code.to_string();
        (code, row.in_use.name.clone())
    });
    let areas = areas
        .iter()
        .map(|area| (area.code.to_string(), area.name.clone()));
    let constant = |field, label, (hint, example), all: Vec<(String, String)>| {
        let value = constant_of(plan, field);
        ConstantView {
            field,
            label,
            hint,
            example,
            options: chosen_of(&value, all),
            missing: !(plan.says(field) || field == "area" && plan.says("area_name")),
            value,
        }
    };
    vec![
        constant(
            "indicator",
            "Indicator of every row",
            ("If no column says it.", ""),
            indicators.collect(),
        ),
        constant(
            "area",
            "Area of every row",
            ("If no column says it.", ""),
            areas.collect(),
        ),
        constant(
            "period",
            "Period of every row",
            (
                "If no column says it, such as 2024, 2024-03 or 2024-Q1.",
                "Such as 2024, 2024-03 or 2024-Q1.",
            ),
            Vec::new(),
        ),
    ]
}

fn constant_of(plan: &ColumnPlan, role: &str) -> String {
    let mut constants = plan.constants.iter();
    let found = constants.find(|(one, _)| short(one) == role);
    found.map_or_else(String::new, |(_, text)| text.clone())
}

fn chosen_of(value: &str, all: Vec<(String, String)>) -> Vec<OptionView> {
    if all.is_empty() {
        return Vec::new();
    }
    let none = (String::new(), "As the columns say".to_owned());
    let option = |(code, label): (String, String)| OptionView {
        chosen: code == value,
        value: code,
        label,
    };
    [none].into_iter().chain(all).map(option).collect()
}

/// Reads the form: what differs from the proposal is a person's statement.
///
/// # Errors
/// Returns the field and the reason if two columns are the same thing.
pub(super) fn read(
    sent: &Sent,
    proposal: &Proposal,
    before: &Columns,
) -> Result<Columns, (String, String)> {
    let mut given = before.given.clone();
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    for (at, (heading, _, role)) in proposal.shown.iter().enumerate().take(COLUMNS_MAX) {
        let was = role.as_deref().map(short).unwrap_or_default();
        let said = sent.first(&field(at)).to_owned();
        let in_figures = !proposal.plan.figures.is_empty() && said == was;
        if !said.is_empty()
            && !in_figures
            && let Some(other) = taken.insert(said.clone(), heading)
        {
            let known = ROLES.iter().find(|(role, _)| *role == said);
            let label = known.map_or(said.as_str(), |(_, label)| label);
            let text = match FIGURES.contains(&said.as_str()) {
                true => format!(
                    "One import takes one column as \"{label}\", and \"{other}\" and \"{heading}\" \
                     both are. Leave one of them out, import the file, and then import it again \
                     with the other one."
                ),
                false => format!(
                    "\"{other}\" and \"{heading}\" cannot both be \"{label}\": leave one of \
                     them out."
                ),
            };
            return Err((field(at), text));
        }
        if said == was {
            continue;
        }
        given.columns.retain(|_, column| column != heading);
        given.leave_out.remove(heading);
        match said.is_empty() {
            true => drop(given.leave_out.insert(heading.clone())),
            false => {
                given.constants.retain(|one, _| short(one) != said);
                given.columns.insert(said, heading.clone());
            }
        }
    }
    for role in ["indicator", "area", "period"] {
        let said = sent.first(&format!("constant-{role}")).trim();
        if said == constant_of(&proposal.plan, role) {
            continue;
        }
        given.constants.retain(|one, _| short(one) != role);
        if !said.is_empty() {
            given.constants.insert(role.to_owned(), said.to_owned());
        }
    }
    Ok(Columns {
        given,
        confirmed: true,
        shown: false,
        ..before.clone()
    })
}
