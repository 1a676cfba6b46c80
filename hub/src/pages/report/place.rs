//! The aims of a report and the figures about the place: those of the network in the releases that
//! stand.

use weft_shared::{
    alignment::{
        money::Owner,
        need::{Figure, Need, Remark},
    },
    model::{indicator::Definition, number::Number, observation::Status},
    period::{Date, Period},
    text::{counted, listed, spelled},
};

use super::{
    make::team,
    read::{Content, headline},
    section::{Column, Item, Part, Section, Table},
};
use crate::pages::{told::size, words::Measure};

/// Rows of a table, and outcomes of locations in a list.
const ROWS_MAX: usize = 10;
const LINES_MAX: usize = 6;
/// Outcomes that a cell names.
const NAMED_MAX: usize = 2;

/// The section of aims: the outcomes of the network, and those that locations named for themselves.
pub(super) fn aims(content: &Content) -> Section {
    let mut section = Section::new("aims", "What we aim for");
    let network = content
        .outcomes
        .iter()
        .filter(|one| one.owner == Owner::Hub);
    let rows = network.map(|one| {
        let definition = one
            .indicators
            .first()
            .and_then(|code| content.definitions.get(code));
        let need = one
            .indicators
            .first()
            .and_then(|code| headline(&content.needs, code));
        let latest = definition
            .zip(need)
            .map(|(of, (_, need))| figure(of, need, content));
        vec![
            one.name.clone(),
            definition
                .map_or("not measured yet", |of| of.name.as_str())
                .to_owned(),
            latest.unwrap_or_else(|| "in no release".to_owned()),
            definition
                .and_then(|of| goal(content, of))
                .unwrap_or_else(|| "no target yet".to_owned()),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    if rows.is_empty() {
        section.words("The network has named no outcome yet.");
    } else {
        let table = Table {
            caption: "Outcomes of the network".to_owned(),
            columns: AIMS,
            rows,
        };
        section.table(table, (ROWS_MAX, "need.csv"));
    }
    let own = content
        .outcomes
        .iter()
        .filter(|one| one.owner != Owner::Hub);
    let own = own.filter(|one| one.shared.is_none()).map(|one| Item {
        what: one.name.clone(),
        lines: one
            .priority
            .iter()
            .map(|_| "Named as a priority.".to_owned())
            .collect(),
        meta: team(content, &one.owner),
    });
    let own: Vec<Item> = own.collect();
    if !own.is_empty() {
        section
            .parts
            .push(Part::Heading("Named by the locations".to_owned()));
        section.list(own, (LINES_MAX, "need.csv"));
    }
    section
}

/// The section about the place, with its charts.
pub(super) fn place(content: &Content) -> Section {
    let mut section = Section::new("place", "About the place");
    section.words(about(content));
    let mut seen: Vec<(&str, String)> = Vec::new();
    let mut rows = Vec::new();
    for row in content
        .needs
        .rows
        .iter()
        .filter(|row| row.line.column().is_none())
    {
        let need = &row.line.need;
        let key = (need.indicator.as_str(), need.part.to_string());
        let Some(definition) = content.definitions.get(&need.indicator) else {
            continue;
        };
        // One indicator of several outcomes has one row.
        if !seen.contains(&key) {
            seen.push(key);
            rows.push(of_need(content, definition, need));
        }
    }
    if rows.is_empty() {
        section.words(match content.releases.is_empty() {
            true => "No release has gone out yet, so there are no figures to tell.",
            false => "The releases that stand have no figure of an outcome’s indicators.",
        });
        return section;
    }
    let table = Table {
        caption: "Latest figures by the end of the period".to_owned(),
        columns: PLACE,
        rows,
    };
    section.table(table, (ROWS_MAX, "need.csv"));
    section.small(
        "Counts of people that locations reported are rounded, and small ones withheld. Figures of \
         offices are as they were published.",
    );
    section.parts.extend(
        content
            .charts
            .iter()
            .cloned()
            .map(|one| Part::Chart(Box::new(one))),
    );
    for release in content.told() {
        let words = &release.content.words;
        section.small(format!("Source: {}", words.citation(&release.content.head)));
    }
    section
}

/// The people whom the figures describe: everybody only if no area is missing from any of them.
fn about(content: &Content) -> &'static str {
    let mut figures = content
        .needs
        .rows
        .iter()
        .filter(|row| row.line.column().is_none())
        .filter_map(|row| row.line.need.figure.as_ref());
    match figures.any(|figure| areas(figure).is_some()) {
        true => {
            "Figures of the network. Areas are missing from some of them: beside each figure is \
             the number of areas that it holds. They are no team’s result."
        }
        false => {
            "Figures of the whole network. They describe everybody who lives there, and are no \
             team’s result."
        }
    }
}

/// The areas that a figure holds, such as "12 of 19 areas"; `None` if it holds all of them.
fn areas(figure: &Figure) -> Option<String> {
    let (part, all) = (figure.n_areas, figure.n_areas_expected);
    let is_partial = figure.value.is_some() && part < all;
    is_partial.then(|| format!("{part} of {}", counted(all, "area", "areas")))
}

fn of_need(content: &Content, definition: &Definition, need: &Need) -> Vec<String> {
    let name = match need.part.words() {
        Some(part) => format!("{}: {part}", definition.name),
        None => definition.name.clone(),
    };
    let measure = Measure::of(definition);
    let figure = need.figure.as_ref();
    let value = need.value().map(|value| measure.shown(value));
    let when = figure.map(|figure| when(content, figure.period));
    vec![
        name,
        when.unwrap_or_default(),
        value.unwrap_or_else(|| "no figure".to_owned()),
        target(need, &measure, content.today),
        change(need, &measure),
        figure.map_or_else(String::new, |of| match need.value() {
            Some(_) => {
                areas(of).unwrap_or_else(|| format!("{} of {}", of.n_areas, of.n_areas_expected))
            }
            None => no_value(of.status).to_owned(),
        }),
    ]
}

/// A period, with its age if it ended more than three years ago.
fn when(content: &Content, period: Period) -> String {
    match period.age(content.today) {
        Some(years) => format!(
            "{}, {} years old",
            period.words(),
            spelled(usize::from(years))
        ),
        None => period.words(),
    }
}

/// The latest figure of a need in a cell, with what it holds: "84.1 % in 2024 (age 12+), 12 of 19
/// areas". Without any it says of which period it is withheld.
fn figure(definition: &Definition, need: &Need, content: &Content) -> String {
    let Some(figure) = &need.figure else {
        return "no figure".to_owned();
    };
    let part = need.part.words().map(|part| format!(" ({part})"));
    let when = format!(
        "{}{}",
        when(content, figure.period),
        part.unwrap_or_default()
    );
    let Some(value) = figure.value else {
        return format!("{}: {when}", no_value(figure.status));
    };
    let value = Measure::of(definition).shown(value);
    match areas(figure) {
        Some(areas) => format!("{value} in {when}, {areas}"),
        None => format!("{value} in {when}"),
    }
}

/// Why a figure has no value: only what protects people is withheld.
const fn no_value(status: Status) -> &'static str {
    match status {
        Status::Suppressed => "withheld",
        _ => "no figure",
    }
}

/// The network's targets for an indicator: the goal that is due last, for each part.
fn goal(content: &Content, definition: &Definition) -> Option<String> {
    let targets = content.targets.iter();
    let targets = targets.filter(|one| one.indicator == definition.code && one.area.is_none());
    let mut goals: Vec<_> = targets
        .map(|one| (one.period.map(Period::end), one))
        .collect();
    goals.sort_by_key(|(end, one)| (std::cmp::Reverse(*end), one.id));
    let measure = Measure::of(definition);
    let words = goals.iter().map(|(_, one)| {
        let part = one.part(definition).and_then(|part| part.words());
        let part = part.map(|part| format!(" ({part})")).unwrap_or_default();
        format!(
            "{}{part}",
            by(one.value, one.period, (&measure, content.today))
        )
    });
    let goals: Vec<String> = words.collect();
    (!goals.is_empty()).then(|| listed(&goals, NAMED_MAX))
}

/// A value and the period by which it is hoped for, which may have passed.
fn by(value: Number, period: Option<Period>, (measure, today): (&Measure, Date)) -> String {
    let by = period.map(|period| {
        let passed = match period.end() < today {
            true => ", which has passed",
            false => "",
        };
        format!(" by {}{passed}", period.words())
    });
    format!("{}{}", measure.shown(value), by.unwrap_or_default())
}

fn target(need: &Need, measure: &Measure, today: Date) -> String {
    let Some(aim) = &need.target else {
        return "no target".to_owned();
    };
    let goal = by(aim.value, aim.period, (measure, today));
    match (need.gap, need.is_reached()) {
        (Some(_), Some(true)) => format!("{goal}: reached"),
        (Some(gap), _) => {
            let points = if measure.percent { " points" } else { "" };
            format!("{goal}: {}{points} to go", measure.amount(gap))
        }
        (None, _) => goal,
    }
}

/// The change of a figure in words, or why there is none. A changed base is never better or worse.
fn change(need: &Need, measure: &Measure) -> String {
    let remarks = need.remarks.iter().filter(|one| {
        !matches!(
            one,
            Remark::NoTarget | Remark::NoDirection | Remark::Partial(..)
        )
    });
    let mut words: Vec<String> = remarks.map(ToString::to_string).collect();
    if let Some(change) = &need.change {
        let since = change.before.period.words();
        let rebased = |one: &Remark| matches!(one, Remark::BaseChanged(_));
        if let (true, Some(was)) = (need.remarks.iter().any(rebased), change.before.value) {
            let was = measure.shown(was);
            return format!("{was} in {since}, of another base: neither better nor worse");
        }
        let moved = match size(change.by, measure) {
            Some(size) => format!("{size} since {since}"),
            None => format!("the same as in {since}"),
        };
        words.insert(0, moved);
    }
    words.join("; ")
}

const AIMS: &[Column] = &[
    ("Outcome", false, 34),
    ("Measured by", false, 24),
    ("Latest figure", false, 22),
    ("Target", false, 20),
];
const PLACE: &[Column] = &[
    ("What is measured", false, 22),
    ("When", false, 14),
    ("Figure", true, 11),
    ("Target", false, 19),
    ("Change", false, 24),
    ("Areas", true, 10),
];

#[cfg(test)]
mod tests {
    use weft_shared::model::indicator::definitions_from_toml;

    use super::*;
    use crate::kit;

    #[test]
    fn only_what_protects_people_is_called_withheld() {
        assert_eq!(no_value(Status::Suppressed), "withheld");
        for status in [Status::Missing, Status::NotCollected, Status::Provisional] {
            assert_eq!(no_value(status), "no figure");
        }
    }

    #[test]
    fn a_goal_whose_day_has_passed_says_so() {
        let definitions = definitions_from_toml(kit::DEFINITIONS).unwrap();
        let measure = Measure::of(&definitions[0]);
        let words = |today: &str| {
            let today = today.parse().unwrap();
            let year = Some("2025".parse().unwrap());
            by(Number::from(5), year, (&measure, today))
        };
        assert!(
            words("2025-12-31").ends_with(" by 2025"),
            "{}",
            words("2025-12-31")
        );
        assert!(
            words("2026-01-01").ends_with(" by 2025, which has passed"),
            "{}",
            words("2026-01-01")
        );
    }
}
