//! Notes on a chart: changed bases, breaks, gaps, and where the figures end.

use weft_shared::{
    model::{indicator::Definition, number::Number},
    rollup::series::Step,
    text::{capital, counted, sentence},
};

use super::super::{
    told::{later, size, why_no_headline},
    words::Measure,
};
use crate::figures::{Figure, Sketch};

/// A note: what it is about, and what to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) what: String,
    pub(super) words: String,
}

pub(super) fn list((definition, measure): (&Definition, &Measure), sketch: &Sketch) -> Vec<Note> {
    let network = &sketch.network;
    let turns = network
        .iter()
        .filter_map(|figure| turn((definition, measure), figure, network));
    let turns: Vec<Note> = turns.collect();
    let skipped = turns.len().saturating_sub(TURNS_MAX);
    let mut notes: Vec<Note> = turns.into_iter().skip(skipped).collect();
    // The page names the later ones already.
    let before = &network[..network.len() - later(sketch).len()];
    let gaps: Vec<&Figure> = before
        .iter()
        .filter(|one| one.headline().is_none())
        .collect();
    let more = gaps.len().saturating_sub(GAPS_MAX);
    let shown: Vec<(String, String)> = gaps
        .into_iter()
        .skip(more)
        .map(|figure| {
            let why = why_no_headline(figure, sketch);
            (figure.cell.key.period.words(), why)
        })
        .collect();
    // A reason that several in a row share is given once.
    notes.extend(shown.chunk_by(|one, next| one.1 == next.1).map(|alike| {
        let periods: Vec<&str> = alike.iter().map(|(period, _)| period.as_str()).collect();
        Note {
            what: capital(&periods.join(", ")),
            words: format!("Not drawn: {}.", alike[0].1),
        }
    }));
    if more > 0 {
        notes.push(Note {
            what: "Earlier gaps".to_owned(),
            words: format!(
                "{} not drawn; the file says why.",
                counted(more, "earlier period is", "earlier periods are")
            ),
        });
    }
    if let Some(last) = network.last() {
        notes.push(Note {
            what: String::new(),
            words: format!(
                "No location has reported a period after {}. Nothing is forecast.",
                last.cell.key.period.words()
            ),
        });
    }
    notes
}

fn turn(
    (definition, measure): (&Definition, &Measure),
    figure: &Figure,
    network: &[Figure],
) -> Option<Note> {
    let compared = figure.compared.as_ref()?;
    let before = network
        .iter()
        .find(|one| one.cell.key.period == compared.before)?;
    let (then, now) = (compared.before.words(), figure.cell.key.period.words());
    let (what, words) = match &compared.step {
        Step::BaseChanged { reason, .. } => {
            let reason = reason.as_ref().map(|text| format!(" {}", sentence(text)));
            let words = bases((definition, measure), (before, figure), (&then, &now));
            (
                "Base changed.",
                format!("{words}{}", reason.unwrap_or_default()),
            )
        }
        Step::Break { from, reason } => {
            let versions = from.zip(figure.cell.labels.definition_version);
            let versions = versions.map_or_else(String::new, |(from, to)| {
                format!("Version {from} holds to {then}, version {to} from {now}. ")
            });
            let reason = reason
                .as_ref()
                .map_or_else(String::new, |text| sentence(text) + " ");
            (
                "Question changed.",
                format!("{versions}{reason}No line crosses it, and nothing is compared over it."),
            )
        }
        Step::CheckBase { before, after } => (
            "Check the base.",
            format!(
                "The same areas had {} {} in {then} and {} in {now}: growth, or another base?",
                before.grouped(),
                definition.unit,
                after.grouped()
            ),
        ),
        Step::Comparable | Step::OtherAreas => return None,
    };
    Some(Note {
        what: what.to_owned(),
        words,
    })
}

/// Says how share and number moved on a changed base, which is neither better nor worse.
fn bases(
    (definition, measure): (&Definition, &Measure),
    (before, after): (&Figure, &Figure),
    (then, now): (&str, &str),
) -> String {
    let denominators = before.cell.denominator.zip(after.cell.denominator);
    let mut words = denominators.map_or_else(String::new, |(one, other)| {
        let unit = &definition.unit;
        format!(
            "{} {unit} were counted in {then} and {} in {now}. ",
            one.grouped(),
            other.grouped()
        )
    });
    // A jump may come from areas that were left out before, and not from the base.
    let areas = |figure: &Figure| counted(figure.cell.n_areas, "area", "areas");
    if before.cell.n_areas != after.cell.n_areas {
        words.push_str(&format!(
            "{} were in the figure then and {} now, which is part of the difference. ",
            capital(&areas(before)),
            areas(after)
        ));
    }
    let difference = |of: fn(&Figure) -> Option<Number>| {
        of(before).zip(of(after)).map(|(one, other)| other - one)
    };
    let value = difference(|figure| figure.cell.value);
    let value = value.and_then(|change| size(change, measure));
    let number = difference(|figure| figure.cell.numerator);
    let number = number.filter(|change| !change.is_zero()).map(|change| {
        let way = if change.is_negative() { "down" } else { "up" };
        format!("{way} {}", change.size().grouped())
    });
    if let Some((value, number)) = value.zip(number) {
        words.push_str(&format!(
            "The figure went {value} and the number behind it {number}, so the page says neither \
             better nor worse. "
        ));
    }
    words + "Differences are taken before rounding."
}

/// Turns that are named; the newest ones.
const TURNS_MAX: usize = 6;
/// Gaps that are named; the newest ones.
const GAPS_MAX: usize = 3;
