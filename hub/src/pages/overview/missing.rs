//! Missing figures: what has not arrived, who has not been heard from, what cannot be compared yet.

use std::collections::BTreeMap;

use weft_shared::{
    id::LocationCode,
    model::indicator::Definition,
    period::{Period, day_words},
    text::{capital, counted, listed, spelled},
};

use super::super::fresh::Freshness;
use crate::{
    app::{LocationState, LocationView},
    figures::{self, Overview, Sketch},
};

/// One thing that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) what: String,
    pub(super) words: String,
    /// A page with more about it, and its name.
    pub(super) link: Option<(&'static str, &'static str)>,
}

/// The known facts.
pub(super) struct Known<'a> {
    pub(super) definitions: &'a [Definition],
    pub(super) locations: &'a [LocationView],
    pub(super) overview: &'a Overview,
    pub(super) sketches: &'a [Sketch],
    pub(super) late: &'a [figures::Missing],
}

pub(super) fn list(known: &Known<'_>, freshness: &Freshness<'_>) -> Vec<Missing> {
    let mut missing = late(known);
    // A figure with a calendar is late by that, and not because others were quicker.
    missing.extend(not_reported(known));
    missing.extend(one_period(known));
    missing.extend(no_figure(known));
    missing.extend(silent(freshness));
    missing.extend(outside(freshness));
    missing
}

/// The figures that were due by the calendars, and did not come.
fn late(known: &Known<'_>) -> Vec<Missing> {
    let mut by_indicator: BTreeMap<&str, Vec<&figures::Missing>> = BTreeMap::new();
    for one in known.late.iter().filter(|one| one.is_late) {
        by_indicator.entry(&one.name).or_default().push(one);
    }
    let lines = by_indicator.into_iter().map(|(name, late)| {
        let codes: Vec<&LocationCode> = late.iter().map(|one| &one.location).collect();
        let due = late.iter().filter_map(|one| one.periods.first()).min();
        let due = due.map_or_else(String::new, |due| {
            let (period, by) = (due.period.words(), day_words(due.by));
            format!(" Late since {period}, which was due by {by}.")
        });
        Missing {
            what: format!("Late: {name}"),
            words: format!("Not reported by {}.{due}", places(known.locations, &codes)),
            link: Some(("/coverage#due", "What was due and did not come")),
        }
    });
    lines.take(LATE_MAX).collect()
}

/// Locations that have not reported the newest period of an indicator that others have.
fn not_reported(known: &Known<'_>) -> Vec<Missing> {
    let mut late: BTreeMap<(Period, Vec<&LocationCode>), Vec<&str>> = BTreeMap::new();
    let has_calendar = |definition: &&Definition| {
        known
            .late
            .iter()
            .any(|one| one.indicator == definition.code)
    };
    for definition in known.definitions.iter().filter(|one| !has_calendar(one)) {
        let lines = known.overview.lines().iter();
        let of_indicator: Vec<_> = lines
            .filter_map(|(code, of_location)| Some((code, of_location.get(&definition.code)?)))
            .collect();
        let Some(newest) = of_indicator
            .iter()
            .filter_map(|(_, shared)| shared.last)
            .max()
        else {
            continue;
        };
        let lacking = of_indicator.iter();
        let lacking: Vec<&LocationCode> = lacking
            .filter(|(_, shared)| shared.last < Some(newest) && !shared.not_collected)
            .map(|(code, _)| *code)
            .collect();
        if !lacking.is_empty() {
            late.entry((newest, lacking))
                .or_default()
                .push(&definition.name);
        }
    }
    let count = late.len();
    let shown = late.into_iter().rev().take(LATE_MAX);
    let mut missing: Vec<Missing> = shown
        .map(|((period, lacking), names)| Missing {
            what: format!(
                "{}: {}",
                capital(&period.words()),
                listed(&names, NAMES_MAX)
            ),
            words: format!(
                "Not reported by {}, while others have.",
                places(known.locations, &lacking)
            ),
            link: None,
        })
        .collect();
    if let Some(last) = missing.last_mut() {
        last.link = Some(("/coverage", "Coverage, and why something is missing"));
        if let more @ 1.. = count.saturating_sub(LATE_MAX) {
            last.words.push_str(&format!(
                " The same is so of {}.",
                counted(more, "other period", "other periods")
            ));
        }
    }
    missing
}

/// Indicators that cannot show a change yet.
fn one_period(known: &Known<'_>) -> Option<Missing> {
    let single = known
        .sketches
        .iter()
        .filter(|sketch| sketch.network.len() == 1);
    let names: Vec<&str> = single
        .filter_map(|sketch| {
            let mut all = known.definitions.iter();
            let definition = all.find(|one| one.code == sketch.indicator)?;
            Some(definition.name.as_str())
        })
        .collect();
    let count = names.len();
    (count > 0).then(|| Missing {
        what: match count {
            1 => "One indicator with one period".to_owned(),
            _ => format!("{} indicators with one period", capital(&spelled(count))),
        },
        words: format!("{}: no trend can be drawn yet.", listed(&names, NAMES_MAX)),
        link: None,
    })
}

/// Indicators of the network that no one has reported.
fn no_figure(known: &Known<'_>) -> Option<Missing> {
    let has_figures = |definition: &&Definition| {
        let mut last = known.overview.last.iter();
        last.any(|figure| figure.cell.key.indicator == definition.code)
    };
    let without = known.definitions.iter().filter(|one| !has_figures(one));
    let names: Vec<&str> = without.map(|one| one.name.as_str()).collect();
    (!names.is_empty()).then(|| Missing {
        what: "No figure yet".to_owned(),
        words: format!(
            "No location has shared a figure of {}.",
            listed(&names, NAMES_MAX)
        ),
        link: Some(("/indicators", "All indicators")),
    })
}

fn silent(freshness: &Freshness<'_>) -> Option<Missing> {
    let silent: Vec<(&LocationView, i64)> = freshness.silent(SILENT_DAYS).collect();
    let (first, days) = silent.iter().min_by_key(|(_, days)| *days)?;
    let names: Vec<&str> = silent.iter().map(|(view, _)| view.name.as_str()).collect();
    let what = match names.len() {
        1 => format!("Not heard from for {days} days: {}", first.name),
        _ => format!(
            "Not heard from for {days} days or more: {}",
            listed(&names, NAMES_MAX)
        ),
    };
    Some(Missing {
        what,
        words: "Nothing is lost. What a location wrote since is on its own computers.".to_owned(),
        link: None,
    })
}

fn outside(freshness: &Freshness<'_>) -> Option<Missing> {
    let outside = freshness.outside();
    let lines: Vec<String> = outside
        .map(|(view, why)| format!("{} ({why})", view.name))
        .collect();
    (!lines.is_empty()).then(|| Missing {
        what: freshness.counted(),
        words: format!("Not in any figure: {}.", listed(&lines, NAMES_MAX)),
        link: None,
    })
}

/// Names locations; one that is not in the list has its code.
fn places(locations: &[LocationView], codes: &[&LocationCode]) -> String {
    let all = locations
        .iter()
        .filter(|one| one.state == LocationState::Confirmed)
        .count();
    if codes.len() == all && all > NAMES_MAX {
        return format!("any of the {} locations", spelled(all));
    }
    let name = |code: &LocationCode| {
        let mut all = locations.iter();
        let view = all.find(|one| one.code == *code);
        view.map_or_else(|| code.to_string(), |view| view.name.clone())
    };
    let names: Vec<String> = codes.iter().map(|code| name(code)).collect();
    listed(&names, NAMES_MAX)
}

/// Periods that are named as late.
const LATE_MAX: usize = 4;
/// Names in one list.
const NAMES_MAX: usize = 6;
/// Days after which a silence is named.
const SILENT_DAYS: i64 = 7;
