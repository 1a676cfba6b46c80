//! An indicator at a glance: a headline that says what it shows, a chart, and the same as a table.

use weft_shared::{
    model::{indicator::Definition, number::Number, observation::Status},
    period::Period,
    rollup::{Coverage, Standing},
};

mod headline;

use self::headline::{headline, percent};
use super::{
    chart::{Line, Trend},
    words::{self, Measure},
};
use crate::app::Figure;

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
    /// Whether any row bears the mark of a partial figure.
    pub(crate) partial: bool,
    pub(crate) page: String,
    pub(crate) csv: String,
    /// Whether the table stands open.
    pub(crate) open: bool,
    /// Whether it leads to a page of its own.
    pub(crate) more: bool,
}

/// One figure as a row of a table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) period: String,
    pub(crate) group: String,
    /// With `*` where an area is missing.
    pub(crate) value: String,
    pub(crate) partial: bool,
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
        let number = |column: &str| {
            let number = figure.number(column);
            number.map_or_else(String::new, |number| words::grouped(&number))
        };
        let part_of =
            |part: &str, all: &str| format!("{} of {}", figure.count(part), figure.count(all));
        let status: Result<Status, _> = figure.word("obs_status").parse();
        Self {
            code: figure.word("location_code").to_owned(),
            name: figure.word("location_name").to_owned(),
            period: figure.word("period").to_owned(),
            group: figure.group(),
            value: value(figure, measure) + if figure.is_partial() { "*" } else { "" },
            partial: figure.is_partial(),
            numerator: number("numerator"),
            denominator: number("denominator"),
            locations: part_of("n_locations", "n_expected"),
            areas: part_of("n_areas", "n_areas_expected"),
            covered: covered(figure).map_or_else(String::new, |share| format!("{share}\u{a0}%")),
            status: status.map_or_else(|_| String::new(), |status| status.label().to_owned()),
            tag: tag(figure),
            reason: figure.word("status_reason").to_owned(),
        }
    }
}

impl Card {
    /// From the newest definition and the figures of the whole network.
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
        newest_first.sort_by_key(|figure| (std::cmp::Reverse(figure.period()), figure.breakdown()));
        Self {
            name: definition.name.clone(),
            name_mi: definition.name_mi.clone(),
            headline,
            note,
            chart_note: GAP.to_owned(),
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

/// The unit of a column of bare values.
pub(crate) fn value_heading(measure: &Measure) -> String {
    format!("Value, {}", measure.axis)
}

/// The parts of the population that figures are about, in their order.
pub(crate) fn groups(figures: &[&Figure]) -> Vec<(String, String)> {
    let mut groups: Vec<_> = figures
        .iter()
        .map(|figure| (figure.breakdown(), figure.group()))
        .collect();
    groups.sort();
    groups.dedup();
    groups
}

/// What marks a figure that is not what it seems.
fn tag(figure: &Figure) -> String {
    let has_value = figure.number("value").is_some();
    if figure.count("n_contested") > 0 {
        "contested".to_owned()
    } else if figure.word("obs_status") == Status::DefinitionDiffers.word() {
        "definitions differ".to_owned()
    } else if let Some(Standing::Little(coverage)) = &figure.standing {
        match coverage {
            Coverage::Unknown(_) => "coverage unknown".to_owned(),
            _ => "covers too little".to_owned(),
        }
    } else if figure.standing == Some(Standing::SoFar) {
        "so far".to_owned()
    } else if has_value && figure.is_partial() {
        "partial".to_owned()
    } else {
        String::new()
    }
}

/// A value, the interval of a contested one, or that there is none.
fn value(figure: &Figure, measure: &Measure) -> String {
    if let Some(value) = figure.number("value") {
        return measure.bare(&value);
    }
    match (figure.number("value_low"), figure.number("value_high")) {
        (Some(low), Some(high)) => {
            format!("{} to {}", measure.bare(&low), measure.bare(&high))
        }
        _ => words::NO_FIGURE.to_owned(),
    }
}

/// The share of the known denominators in percent.
fn covered(figure: &Figure) -> Option<String> {
    let share: Number = figure.number("denominator_covered")?.parse().ok()?;
    Some(percent(share))
}

fn chart(
    definition: &Definition,
    figures: &[&Figure],
    groups: &[(String, String)],
    measure: &Measure,
) -> Option<String> {
    let frequency = definition.period;
    let periods = figures.iter().filter_map(|figure| figure.period());
    let periods: Vec<Period> = periods.filter(|one| one.frequency() == frequency).collect();
    let (first, last) = (*periods.iter().min()?, *periods.iter().max()?);
    // Every period between the ends is drawn, so that one that nobody reported is seen as a gap.
    let axis: Vec<Period> = std::iter::successors(Some(first), |period| period.next())
        .take_while(|period| *period <= last)
        .take(PERIODS_MAX)
        .collect();
    let lines = groups.iter().map(|(breakdown, group)| Line {
        name: group.clone(),
        points: axis
            .iter()
            .map(|period| {
                let mut at = figures.iter().filter(|f| f.period() == Some(*period));
                at.find(|figure| figure.breakdown() == *breakdown)?.point()
            })
            .collect(),
    });
    let trend = Trend {
        title: format!("{}: the whole network, {first} to {last}", definition.name),
        unit: measure.axis.clone(),
        periods: axis.iter().map(ToString::to_string).collect(),
        percent: measure.percent,
        lines: lines.collect(),
    };
    trend.svg()
}

const GAP: &str = "A gap in a line is a period that nobody reported, that has not ended, or whose \
     figure is contested or covers less than 80\u{a0}% and cannot stand alone.";
/// More lines than this tell nobody anything; then the table speaks.
const LINES_MAX: usize = 4;
/// Periods on one axis.
const PERIODS_MAX: usize = 240;
