//! An indicator at a glance: a headline that says what it shows, a chart, and the same as a table.

use std::collections::BTreeSet;

use weft_shared::{
    model::{counted, indicator::Definition, observation::Status},
    period::Period,
};

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

/// The newest period in which a figure stands alone, each group of it in a few words; and beside it
/// what must be known.
fn headline(
    definition: &Definition,
    figures: &[&Figure],
    groups: &[(String, String)],
    measure: &Measure,
) -> (String, String) {
    let name = &definition.name;
    let Some(newest) = figures.iter().filter_map(|figure| figure.period()).max() else {
        return (format!("{name}: nothing shared yet"), String::new());
    };
    let standing = figures.iter().filter(|figure| figure.headline.is_some());
    let standing = standing.filter_map(|figure| figure.period()).max();
    let mut notes = Vec::new();
    for (breakdown, group) in groups {
        for period in BTreeSet::from([standing.unwrap_or(newest), newest]) {
            let mut at = figures.iter().filter(|f| f.period() == Some(period));
            match at.find(|figure| figure.breakdown() == *breakdown) {
                Some(figure) if figure.headline.is_some() => {}
                Some(figure) => notes.push(format!(
                    "No headline for {group} in {period}: {}.",
                    why_no_headline(figure)
                )),
                None => notes.push(format!("Nobody reported {group} for {period}.")),
            }
        }
    }
    let newest_figures = figures
        .iter()
        .filter(|figure| figure.period() == Some(newest));
    let most = newest_figures.max_by_key(|figure| figure.count("n_locations"));
    if let Some(most) = most {
        let part = most.count("n_locations");
        let all = counted(most.count("n_expected"), "location is", "locations are");
        notes.push(format!("{part} of {all} in the figures of {newest}."));
    }
    let text = match standing {
        Some(period) => {
            let of_period: Vec<&Figure> = figures
                .iter()
                .copied()
                .filter(|figure| figure.period() == Some(period))
                .collect();
            format!(
                "{name}, {period}{}",
                in_one_period(&of_period, groups, measure)
            )
        }
        None => format!("{name}: no figure covers enough to stand alone"),
    };
    (text, notes.join(" "))
}

/// The figures of one period that stand alone. That one is partial stands beside it, or once where
/// it holds for all alike.
fn in_one_period(figures: &[&Figure], groups: &[(String, String)], measure: &Measure) -> String {
    let shown = groups.iter().filter_map(|(breakdown, group)| {
        let mut of_group = figures.iter().filter(|f| f.breakdown() == *breakdown);
        let figure = of_group.find(|figure| figure.headline.is_some())?;
        let value = measure.shown(figure.headline.as_ref()?);
        Some((format!("{group} {value}"), partial(figure)))
    });
    let shown: Vec<(String, Option<String>)> = shown.collect();
    let mut marks: Vec<&Option<String>> = shown.iter().map(|(_, mark)| mark).collect();
    marks.dedup();
    if let [mark] = marks.as_slice() {
        let mark = mark
            .as_ref()
            .map_or_else(String::new, |mark| format!(", {mark}"));
        let words: Vec<&str> = shown.iter().map(|(words, _)| words.as_str()).collect();
        return format!("{mark}: {}", words.join("; "));
    }
    let words = shown.iter().map(|(words, mark)| match mark {
        Some(mark) => format!("{words} ({mark})"),
        None => words.clone(),
    });
    format!(": {}", words.collect::<Vec<_>>().join("; "))
}

/// That an area is missing from a figure, in words.
fn partial(figure: &Figure) -> Option<String> {
    let all = counted(figure.count("n_areas_expected"), "area", "areas");
    figure
        .is_partial()
        .then(|| format!("partial with {} of {all}", figure.count("n_areas")))
}

/// Why a figure may not stand alone.
fn why_no_headline(figure: &Figure) -> String {
    let contested = figure.count("n_contested");
    if contested > 0 {
        let observations = counted(contested, "observation stands", "observations stand");
        return format!("{observations} contested, until a person settles it");
    }
    let all = counted(figure.count("n_areas_expected"), "area is", "areas are");
    let areas = format!("{} of {all} in it", figure.count("n_areas"));
    let share = figure.number("denominator_covered");
    let enough = share.is_some_and(|share| share.parse().is_ok_and(|share: f64| share >= 0.8));
    match covered(figure) {
        // The share is of what is known, and of the other areas too little is.
        Some(_) if enough => format!("{areas}, and the denominators of the others are not known"),
        Some(share) => format!("it covers {share}\u{a0}% of the known denominators; {areas}"),
        None => areas,
    }
}

/// What marks a figure that is not what it seems.
fn tag(figure: &Figure) -> String {
    let has_value = figure.number("value").is_some();
    if figure.count("n_contested") > 0 {
        "contested".to_owned()
    } else if figure.word("obs_status") == Status::DefinitionDiffers.word() {
        "definitions differ".to_owned()
    } else if has_value && figure.headline.is_none() {
        "covers too little".to_owned()
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
    let share: weft_shared::model::number::Number =
        figure.number("denominator_covered")?.parse().ok()?;
    let percent = share.ratio(1.into(), 100.into(), 1)?;
    Some(words::rounded(&percent.to_string(), 1))
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

const GAP: &str = "A gap in a line is a period that nobody reported, or whose figure is contested \
     or covers less than 80\u{a0}% and cannot stand alone.";
/// More lines than this tell nobody anything; then the table speaks.
const LINES_MAX: usize = 4;
/// Periods on one axis.
const PERIODS_MAX: usize = 240;

#[cfg(test)]
mod tests {
    use serde_json::json;
    use weft_shared::model::indicator::definitions_from_toml;

    use super::*;
    use crate::kit;

    /// A figure of one group and month, from so many of 14 areas.
    fn figure(period: &str, age: &str, value: Option<&str>, n_areas: u64) -> Figure {
        let columns = json!({
            "indicator_code": "VAX_PRIMARY", "level": "network", "period": period,
            "breakdown": "age", "breakdown_value": age, "value": 50, "obs_status": "A",
            "n_locations": 7, "n_expected": 9, "n_areas": n_areas, "n_areas_expected": 14,
        });
        Figure {
            columns: columns.as_object().unwrap().clone(),
            headline: value.map(str::to_owned),
        }
    }

    fn said(figures: &[Figure]) -> (String, String) {
        let definition = &definitions_from_toml(kit::DEFINITIONS).unwrap()[0];
        let figures: Vec<&Figure> = figures.iter().collect();
        let card = Card::new(definition, &figures);
        (card.headline, card.note)
    }

    #[test]
    fn a_share_of_what_is_known_is_no_reason_against_itself() {
        let why = |covered: f64| {
            let mut figure = figure("2023-05", "12+", None, 7);
            let covered = serde_json::json!(covered);
            figure
                .columns
                .insert("denominator_covered".to_owned(), covered);
            why_no_headline(&figure)
        };
        assert_eq!(
            why(0.347),
            "it covers 34.7\u{a0}% of the known denominators; 7 of 14 areas are in it"
        );
        assert_eq!(
            why(1.0),
            "7 of 14 areas are in it, and the denominators of the others are not known"
        );
    }

    #[test]
    fn a_headline_is_about_one_period() {
        let (headline, note) = said(&[
            figure("2023-04", "12+", Some("89.8"), 14),
            figure("2023-04", "5-11", Some("25.9"), 14),
            figure("2023-05", "12+", Some("89.9"), 14),
            figure("2023-05", "5-11", None, 2),
        ]);
        assert_eq!(
            headline,
            "Completed primary course, 2023-05: age 12+ 89.9\u{a0}%"
        );
        assert_eq!(
            note,
            "No headline for age 5-11 in 2023-05: 2 of 14 areas are in it. 7 of 9 locations are in \
             the figures of 2023-05."
        );
        let (headline, note) = said(&[
            figure("2023-04", "12+", Some("89.8"), 14),
            figure("2023-04", "5-11", Some("25.9"), 14),
            figure("2023-05", "12+", None, 2),
        ]);
        assert_eq!(
            headline,
            "Completed primary course, 2023-04: age 12+ 89.8\u{a0}%; age 5-11 25.9\u{a0}%"
        );
        assert!(
            note.contains("No headline for age 12+ in 2023-05: "),
            "{note}"
        );
        assert!(
            note.contains("Nobody reported age 5-11 for 2023-05."),
            "{note}"
        );
    }

    #[test]
    fn a_headline_says_that_it_is_partial() {
        let (alike, _) = said(&[
            figure("2023-05", "12+", Some("89.9"), 12),
            figure("2023-05", "5-11", Some("26"), 12),
        ]);
        assert_eq!(
            alike,
            "Completed primary course, 2023-05, partial with 12 of 14 areas: age 12+ 89.9\u{a0}%; \
             age 5-11 26.0\u{a0}%"
        );
        let (one, _) = said(&[
            figure("2023-05", "12+", Some("89.9"), 12),
            figure("2023-05", "5-11", Some("26"), 14),
        ]);
        assert_eq!(
            one,
            "Completed primary course, 2023-05: age 12+ 89.9\u{a0}% (partial with 12 of 14 areas); \
             age 5-11 26.0\u{a0}%"
        );
    }
}
