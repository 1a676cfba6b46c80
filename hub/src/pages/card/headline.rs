//! The text above a chart: the last whole period that covers enough, with its caveats.

use std::collections::BTreeSet;

use weft_shared::{
    id::AreaCode,
    model::{indicator::Definition, number::Number, observation::Breakdown},
    period::Period,
    rollup::{
        Coverage, Standing,
        cell::{COVERED_DECIMALS, HEADLINE_PERCENT_MIN},
        coverage::unconfirmed_part,
    },
    text::{counted, listed, part_of, percent},
};

use super::super::words::{self, Measure};
use crate::figures::{Figure, group};

/// Describes the last whole period in which a figure stands alone, each group in a few words, and
/// its caveats.
pub(super) fn headline(
    definition: &Definition,
    figures: &[&Figure],
    groups: &[Breakdown],
    measure: &Measure,
) -> (String, String) {
    let name = &definition.name;
    let Some(newest) = figures.iter().map(|figure| figure.cell.key.period).max() else {
        return (format!("{name}: nothing shared yet"), String::new());
    };
    let so_far = |figure: &&&Figure| figure.standing == Some(Standing::SoFar);
    let ended = figures.iter().filter(|figure| !so_far(figure));
    let newest_ended = ended.map(|figure| figure.cell.key.period).max();
    let standing = figures.iter().filter(|figure| figure.headline().is_some());
    let standing = standing.map(|figure| figure.cell.key.period).max();
    let mut notes = Vec::new();
    for breakdown in groups {
        let group = group(breakdown);
        let periods = [standing, newest_ended].into_iter().flatten();
        for period in periods.collect::<BTreeSet<Period>>() {
            let mut at = figures.iter().filter(|f| f.cell.key.period == period);
            match at.find(|figure| figure.cell.key.breakdown == *breakdown) {
                Some(figure) if figure.headline().is_some() => {}
                Some(figure) => notes.push(format!(
                    "No headline for {group} in {period}: {}.",
                    why_no_headline(figure)
                )),
                // Others are there, so the indicator is reported in parts.
                None if *breakdown == Breakdown::Total => {}
                None => notes.push(format!("No one reported {group} for {period}.")),
            }
        }
        let later = figures.iter().filter(so_far);
        let later = later.filter(|figure| figure.cell.key.breakdown == *breakdown);
        if let Some(figure) = later.max_by_key(|figure| figure.cell.key.period) {
            notes.push(words_so_far(figure, &group, measure));
        }
    }
    let newest_figures = figures
        .iter()
        .filter(|figure| figure.cell.key.period == newest);
    let most = newest_figures.max_by_key(|figure| figure.cell.n_locations);
    if let Some(most) = most {
        let (part, all) = (most.cell.n_locations, most.cell.n_expected);
        let part = part_of(part, all, "location", "locations");
        notes.push(format!("{part} in the figures of {newest}."));
        let waiting = unconfirmed_part(&most.cell.status_reason);
        notes.extend(waiting.map(|part| format!("{part}.")));
    }
    let text = match standing {
        Some(period) => {
            let of_period: Vec<&Figure> = figures
                .iter()
                .copied()
                .filter(|figure| figure.cell.key.period == period)
                .collect();
            format!(
                "{name}, {period}{}",
                in_one_period(&of_period, groups, measure)
            )
        }
        None if newest_ended.is_none() => format!("{name}: no period has ended yet"),
        None => format!("{name}: no figure covers enough to stand alone"),
    };
    (text, notes.join(" "))
}

/// Describes a period that has not ended, up to now.
fn words_so_far(figure: &Figure, group: &str, measure: &Measure) -> String {
    let cell = &figure.cell;
    let value = cell.value;
    let value = value.map_or_else(|| words::NO_FIGURE.to_owned(), |one| measure.shown(one));
    let all = counted(cell.n_areas_expected, "area", "areas");
    let (period, part) = (cell.key.period, cell.n_areas);
    format!("{period} so far, {part} of {all}: {group} {value}.")
}

/// Describes the figures of one period that stand alone. A partial figure is marked as such, or
/// once for all if all are equally partial.
fn in_one_period(figures: &[&Figure], groups: &[Breakdown], measure: &Measure) -> String {
    let shown = groups.iter().filter_map(|breakdown| {
        let mut of_group = figures
            .iter()
            .copied()
            .filter(|f| f.cell.key.breakdown == *breakdown);
        let (figure, value) = of_group.find_map(|figure| Some((figure, figure.headline()?)))?;
        let words = format!("{} {}", group(breakdown), measure.shown(value));
        Some((words, partial(figure)))
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

/// Says in words that areas are missing from a figure.
fn partial(figure: &Figure) -> Option<String> {
    let all = counted(figure.cell.n_areas_expected, "area", "areas");
    figure
        .is_partial()
        .then(|| format!("partial with {} of {all}", figure.cell.n_areas))
}

/// Explains why a figure may not stand alone.
fn why_no_headline(figure: &Figure) -> String {
    let contested = figure.cell.n_contested;
    if contested > 0 {
        let observations = counted(contested, "observation is", "observations are");
        return format!("{observations} contested until a person settles it");
    }
    let (part, all) = (figure.cell.n_areas, figure.cell.n_areas_expected);
    let areas = format!("{} in it", part_of(part, all, "area", "areas"));
    match &figure.standing {
        Some(Standing::Little(Coverage::Share(share))) => format!(
            "it covers {} of the denominators, counting each missing area as it last was; \
             {areas}",
            short_of_enough(*share)
        ),
        Some(Standing::Little(Coverage::Unknown(unknown))) => {
            format!(
                "coverage unknown, because {}; {areas}",
                never_known(unknown)
            )
        }
        Some(_) | None => areas,
    }
}

/// Names the areas that have never had a denominator. Names none if the known denominators add up
/// to nothing.
fn never_known(areas: &[AreaCode]) -> String {
    if areas.is_empty() {
        return "the denominators add up to nothing".to_owned();
    }
    let verb = if areas.len() == 1 { "has" } else { "have" };
    format!("{} {verb} no denominator", listed(areas, AREAS_MAX))
}

/// Returns a share of 1 in percent.
pub(super) fn covered_percent(share: Number) -> String {
    in_percent(share, 100)
}

/// A share in percent that is too little for a headline: 79.99 does not read as 80.0.
fn short_of_enough(share: Number) -> String {
    in_percent(share, HEADLINE_PERCENT_MIN)
}

/// A share in percent that does not read as `bound` unless it is.
fn in_percent(share: Number, bound: i64) -> String {
    let number = share.ratio(1.into(), 100.into(), COVERED_DECIMALS);
    number.map_or_else(String::new, |number| {
        percent(number.shown(1, Some(bound.into())))
    })
}

/// Maximum number of area codes named in one sentence; the rest are only counted.
const AREAS_MAX: usize = 6;

#[cfg(test)]
mod tests {
    use weft_shared::model::indicator::definitions_from_toml;

    use super::{super::*, *};
    use crate::kit;

    /// Makes a figure of one group and month, from `n_areas` of 14 areas.
    fn figure(period: &str, age: &str, value: Option<&str>, n_areas: usize) -> Figure {
        let mut figure = Figure::from(kit::cell("VAX_PRIMARY", period));
        figure.cell.key.breakdown = Breakdown::by("age", age);
        figure.cell.value = Some(value.unwrap_or("50").parse().unwrap());
        (figure.cell.n_locations, figure.cell.n_expected) = (7, 9);
        (figure.cell.n_areas, figure.cell.n_areas_expected) = (n_areas, 14);
        figure.standing = Some(match value {
            Some(_) => Standing::Alone,
            None => Standing::Little(Coverage::Share("0.2".parse().unwrap())),
        });
        figure
    }

    fn said(figures: &[Figure]) -> (String, String) {
        let definition = &definitions_from_toml(kit::DEFINITIONS).unwrap()[0];
        let figures: Vec<&Figure> = figures.iter().collect();
        let card = Card::new(definition, &figures);
        (card.headline, card.note)
    }

    #[test]
    fn a_share_of_what_is_known_is_no_reason_against_itself() {
        let why = |coverage: Coverage| {
            let mut figure = figure("2023-05", "12+", None, 7);
            figure.standing = Some(Standing::Little(coverage));
            (why_no_headline(&figure), tag(&figure))
        };
        assert_eq!(
            why(Coverage::Share("0.347".parse().unwrap())),
            (
                "it covers 34.7% of the denominators, counting each missing area as it last \
                 was; 7 of 14 areas are in it"
                    .to_owned(),
                "covers too little".to_owned()
            )
        );
        let (just_short, _) = why(Coverage::Share("0.7999".parse().unwrap()));
        assert!(just_short.starts_with("it covers 79.99%"), "{just_short}");
        assert_eq!(
            why(Coverage::Unknown(vec![
                "SA".parse().unwrap(),
                "WT".parse().unwrap()
            ])),
            (
                "coverage unknown, because SA, WT have no denominator; 7 of 14 areas are in it"
                    .to_owned(),
                "coverage unknown".to_owned()
            )
        );
    }

    #[test]
    fn no_area_is_named_if_none_is_unknown() {
        let mut figure = figure("2023-05", "12+", None, 7);
        figure.standing = Some(Standing::Little(Coverage::Unknown(Vec::new())));
        assert_eq!(
            why_no_headline(&figure),
            "coverage unknown, because the denominators add up to nothing; 7 of 14 areas are in it"
        );
    }

    #[test]
    fn a_later_period_is_so_far() {
        let mut later = figure("2026-12", "12+", Some("95"), 3);
        later.standing = Some(Standing::SoFar);
        let (headline, note) = said(&[figure("2026-11", "12+", Some("89.8"), 14), later.clone()]);
        assert_eq!(headline, "Completed primary course, 2026-11: age 12+ 89.8%");
        assert!(
            note.contains("2026-12 so far, 3 of 14 areas: age 12+ 95.0%."),
            "{note}"
        );
        assert_eq!(tag(&later), "so far");
        let (headline, _) = said(&[later]);
        assert_eq!(
            headline,
            "Completed primary course: no period has ended yet"
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
        assert_eq!(headline, "Completed primary course, 2023-05: age 12+ 89.9%");
        assert_eq!(
            note,
            "No headline for age 5-11 in 2023-05: it covers 20.0% of the denominators, \
             counting each missing area as it last was; 2 of 14 areas are in it. 7 of 9 locations \
             are in the figures of 2023-05."
        );
        let (headline, note) = said(&[
            figure("2023-04", "12+", Some("89.8"), 14),
            figure("2023-04", "5-11", Some("25.9"), 14),
            figure("2023-05", "12+", None, 2),
        ]);
        assert_eq!(
            headline,
            "Completed primary course, 2023-04: age 12+ 89.8%; age 5-11 25.9%"
        );
        assert!(
            note.contains("No headline for age 12+ in 2023-05: "),
            "{note}"
        );
        assert!(
            note.contains("No one reported age 5-11 for 2023-05."),
            "{note}"
        );
        // If an indicator is reported in parts, no one misses its total.
        let mut total = figure("2023-04", "", Some("88"), 14);
        total.cell.key.breakdown = Breakdown::Total;
        let (_, note) = said(&[total, figure("2023-05", "12+", Some("89.9"), 14)]);
        assert!(!note.contains("No one reported"), "{note}");
    }

    #[test]
    fn a_headline_says_that_it_is_partial() {
        let (alike, _) = said(&[
            figure("2023-05", "12+", Some("89.9"), 12),
            figure("2023-05", "5-11", Some("26"), 12),
        ]);
        assert_eq!(
            alike,
            "Completed primary course, 2023-05, partial with 12 of 14 areas: age 12+ 89.9%; \
             age 5-11 26.0%"
        );
        let (one, _) = said(&[
            figure("2023-05", "12+", Some("89.9"), 12),
            figure("2023-05", "5-11", Some("26"), 14),
        ]);
        assert_eq!(
            one,
            "Completed primary course, 2023-05: age 12+ 89.9% (partial with 12 of 14 areas); \
             age 5-11 26.0%"
        );
    }
}
