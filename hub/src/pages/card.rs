//! An indicator at a glance: a headline, a chart, and the same figures as a table.

use std::collections::BTreeSet;

use weft_shared::{
    model::{
        indicator::Definition,
        number::Number,
        observation::{Breakdown, Status},
    },
    rollup::{Coverage, Standing, coverage::unconfirmed_part, series::Step},
};

mod headline;

use self::headline::{covered_percent, headline};
use super::{
    trend::{chart, chart_note},
    words::{Measure, NO_FIGURE},
};
use crate::figures::{Figure, group};

/// An indicator as pages show it.
#[derive(Clone, Debug)]
pub(crate) struct Card {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) name_mi: Option<String>,
    pub(crate) headline: String,
    pub(crate) note: String,
    pub(crate) chart: Option<String>,
    pub(crate) chart_note: String,
    pub(crate) value_heading: String,
    pub(crate) rows: Vec<Row>,
    /// Whether any row is marked as partial.
    pub(crate) partial: bool,
    pub(crate) page: String,
    pub(crate) csv: String,
    /// Whether the table is open.
    pub(crate) open: bool,
    /// Whether it links to a page of its own.
    pub(crate) more: bool,
}

/// One figure as a row of a table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) period: String,
    pub(crate) group: String,
    /// With `*` if an area is missing.
    pub(crate) value: String,
    pub(crate) partial: bool,
    /// The change from the figure before it.
    pub(crate) change: String,
    pub(crate) numerator: String,
    pub(crate) denominator: String,
    pub(crate) locations: String,
    pub(crate) areas: String,
    pub(crate) covered: String,
    pub(crate) status: String,
    pub(crate) tag: String,
    pub(crate) reason: String,
}

impl Row {
    pub(crate) fn of(figure: &Figure, measure: &Measure) -> Self {
        let cell = &figure.cell;
        let number = |number: Option<Number>| number.map_or_else(String::new, Number::grouped);
        let part_of = |part: usize, all: usize| format!("{part} of {all}");
        Self {
            code: figure.location().to_owned(),
            name: cell.labels.location_name.clone().unwrap_or_default(),
            period: cell.key.period.to_string(),
            group: group(&cell.key.breakdown),
            value: value(figure, measure) + if figure.is_partial() { "*" } else { "" },
            partial: figure.is_partial(),
            change: change(figure, measure),
            numerator: number(cell.numerator),
            denominator: number(cell.denominator),
            locations: part_of(cell.n_locations, cell.n_expected),
            areas: part_of(cell.n_areas, cell.n_areas_expected),
            covered: covered(figure),
            status: cell.status.label().to_owned(),
            tag: tag(figure),
            reason: reason(figure),
        }
    }
}

impl Card {
    /// Makes a card from the newest definition and the figures of the whole network.
    pub(crate) fn new(definition: &Definition, figures: &[&Figure]) -> Self {
        let measure = Measure::of(definition);
        let groups = groups(figures);
        let code = definition.code.to_string();
        let (headline, note) = headline(definition, figures, &groups, &measure);
        let charted = groups.len() <= LINES_MAX;
        let chart = charted
            .then(|| chart(definition, figures, &groups, &measure))
            .flatten();
        let mut newest_first = figures.to_vec();
        newest_first.sort_by_key(|figure| {
            let key = &figure.cell.key;
            (std::cmp::Reverse(key.period), key.breakdown.to_string())
        });
        Self {
            name: definition.name.clone(),
            name_mi: definition.name_mi.clone(),
            headline,
            note,
            chart_note: chart_note(figures),
            open: chart.is_none(),
            chart,
            value_heading: value_heading(&measure),
            partial: figures.iter().any(|figure| figure.is_partial()),
            rows: newest_first
                .iter()
                .map(|figure| Row::of(figure, &measure))
                .collect(),
            page: format!("/indicators/{code}"),
            csv: format!("/indicators/{code}.csv"),
            more: true,
            code,
        }
    }
}

/// Heading of a column of bare values.
pub(crate) fn value_heading(measure: &Measure) -> String {
    format!("Value, {}", measure.axis)
}

/// Returns the parts of the population that figures are about, in order.
pub(crate) fn groups(figures: &[&Figure]) -> Vec<Breakdown> {
    let groups = figures.iter().map(|figure| &figure.cell.key.breakdown);
    let groups: BTreeSet<&Breakdown> = groups.collect();
    let mut groups: Vec<Breakdown> = groups.into_iter().cloned().collect();
    groups.sort_by_cached_key(ToString::to_string);
    groups
}

/// Returns the label of a figure that needs a caution.
fn tag(figure: &Figure) -> String {
    let cell = &figure.cell;
    if cell.n_contested > 0 {
        "contested".to_owned()
    } else if cell.status == Status::DefinitionDiffers {
        "definitions differ".to_owned()
    } else if let Some(tag) = step_tag(figure) {
        tag.to_owned()
    } else if let Some(Standing::Little(coverage)) = &figure.standing {
        match coverage {
            Coverage::Unknown(_) => "coverage unknown".to_owned(),
            _ => "covers too little".to_owned(),
        }
    } else if figure.standing == Some(Standing::SoFar) {
        "so far".to_owned()
    } else if cell.value.is_some() && figure.is_partial() {
        "partial".to_owned()
    } else {
        String::new()
    }
}

/// Returns the label of a figure that cannot simply be compared with the one before it.
fn step_tag(figure: &Figure) -> Option<&'static str> {
    let base_changed = figure.cell.base_changed.is_some();
    match figure.compared.as_ref().map(|compared| &compared.step) {
        Some(Step::Break { .. }) => Some("not comparable"),
        Some(Step::BaseChanged { .. }) => Some("base changed"),
        Some(Step::CheckBase { .. }) => Some("check the base"),
        Some(Step::OtherAreas | Step::Comparable) | None => base_changed.then_some("base changed"),
    }
}

/// Returns the change from the figure before it; empty if no one measured that change.
fn change(figure: &Figure, measure: &Measure) -> String {
    let Some(compared) = &figure.compared else {
        return String::new();
    };
    let before = compared.before;
    let Some(change) = compared.change else {
        let why = match compared.step {
            Step::OtherAreas => ": other areas",
            _ => "",
        };
        return format!("not compared with {before}{why}");
    };
    if change.is_zero() {
        return format!("the same as {before}");
    }
    let way = if change.is_negative() { "down" } else { "up" };
    let points = if measure.percent { " points" } else { "" };
    let size = measure.amount(change.size());
    format!("{way} {size}{points} since {before}")
}

/// Returns a value, with its interval if it comes from a survey; the interval of a contested
/// figure; or words that there is none.
fn value(figure: &Figure, measure: &Measure) -> String {
    let cell = &figure.cell;
    if let Some(value) = cell.value {
        let survey = cell.lower.zip(cell.upper);
        let survey = survey
            .map(|(lower, upper)| format!(" ({} to {})", measure.bare(lower), measure.bare(upper)));
        return measure.bare(value) + &survey.unwrap_or_default();
    }
    let Some(contested) = cell.interval else {
        return NO_FIGURE.to_owned();
    };
    match contested.value_low.zip(contested.value_high) {
        Some(ends) if contested.or_none => format!("{} or {NO_FIGURE}", measure.ends(ends)),
        Some(ends) => measure.ends(ends),
        None => NO_FIGURE.to_owned(),
    }
}

/// Returns the share of the denominators that a figure covers; empty if the measure has none.
fn covered(figure: &Figure) -> String {
    let share = match &figure.coverage {
        Some(Coverage::Unknown(_)) => return "unknown".to_owned(),
        Some(Coverage::Share(share)) => Some(*share),
        Some(Coverage::Whole | Coverage::Areas(..)) | None => figure.cell.denominator_covered,
    };
    share.map_or_else(String::new, covered_percent)
}

/// Returns the reason for a figure's state, without what its label says already, and without who is
/// not confirmed, which the text above the chart says once.
fn reason(figure: &Figure) -> String {
    let mut reason = figure.reason_once();
    if let Some(part) = unconfirmed_part(&reason).filter(|_| figure.is_network()) {
        let rest = reason.strip_suffix(part).unwrap_or_default();
        reason = rest.trim_end_matches("; ").to_owned();
    }
    let rest = reason.strip_prefix(&tag(figure));
    let rest = rest.and_then(|rest| rest.strip_prefix(' '));
    rest.map_or_else(|| reason.clone(), str::to_owned)
}

/// Maximum number of lines on a chart. More cannot be told apart, so then there is only the table.
const LINES_MAX: usize = 4;
