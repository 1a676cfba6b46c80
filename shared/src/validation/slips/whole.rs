//! Totals and parts: a whole that is smaller than one of its parts is a slip in one of the two,
//! often a figure of a part whose breakdown was forgotten.

use std::collections::BTreeMap;

use super::{Kind, Point, Questions, Terms, Track, figure, hold};
use crate::{
    id::IndicatorCode,
    model::{
        indicator::IndicatorType,
        number::Number,
        observation::{Breakdown, Statement},
    },
    period::Period,
};

/// The figures of a series, by subject and period.
type Tracks<'a> = BTreeMap<Track<'a>, BTreeMap<Period, Point<'a>>>;

/// The figures of an indicator, an area and a period.
type Together<'t, 'a> = Vec<(&'a Breakdown, &'t Point<'a>)>;

/// A part that is larger than its whole.
struct Larger<'t, 'a> {
    what: &'static str,
    whole: (&'a Breakdown, &'t Point<'a>, Number),
    part: (&'a Breakdown, &'t Point<'a>, Number),
}

/// Asks about each new figure that is a whole below one of its parts, or a part above its whole.
pub(super) fn ask(
    tracks: &Tracks<'_>,
    terms: &BTreeMap<IndicatorCode, Terms<'_>>,
    questions: &mut Questions,
) {
    let mut places: BTreeMap<_, Together<'_, '_>> = BTreeMap::new();
    for (track, points) in tracks {
        for (period, point) in points {
            let place = (track.indicator, track.area, *period);
            let together = places.entry(place).or_default();
            together.push((track.breakdown, point));
        }
    }
    for ((indicator, ..), together) in places {
        let Some(terms) = terms.get(indicator) else {
            continue;
        };
        if together.iter().any(|(_, point)| point.comes) {
            ask_place(&together, terms.definition.kind, questions);
        }
    }
}

fn ask_place(together: &Together<'_, '_>, kind: IndicatorType, questions: &mut Questions) {
    for (whole, of_whole) in together {
        let parts = together.iter().filter(|(part, _)| is_part(part, whole));
        let new = parts.filter(|(_, of_part)| of_whole.comes || of_part.comes);
        let larger =
            new.filter_map(|(part, of_part)| larger((whole, of_whole), (part, of_part), kind));
        let (answered, open): (Vec<_>, Vec<_>) = larger.partition(Larger::is_answered);
        for one in answered {
            hold(Kind::Whole, [one.whole.1, one.part.1], questions);
        }
        if of_whole.comes {
            // One question is enough, about the largest part.
            if let Some(one) = open.iter().max_by_key(|one| one.part.2) {
                questions.add(Kind::Whole, of_whole.row(one.about_whole()));
            }
            continue;
        }
        for one in open {
            questions.add(Kind::Whole, one.part.1.row(one.about_part()));
        }
    }
}

/// Whether everybody in `part` is in `whole` too, and not the other way round.
fn is_part(part: &Breakdown, whole: &Breakdown) -> bool {
    let (part, whole) = (part.parts(), whole.parts());
    whole.len() < part.len() && whole.iter().all(|one| part.contains(one))
}

/// The first figure that is larger in the part, whichever of contested statements holds.
fn larger<'t, 'a>(
    (whole, of_whole): (&'a Breakdown, &'t Point<'a>),
    (part, of_part): (&'a Breakdown, &'t Point<'a>),
    kind: IndicatorType,
) -> Option<Larger<'t, 'a>> {
    let counted: &[&'static str] = match kind {
        IndicatorType::Count => &["count"],
        IndicatorType::Proportion | IndicatorType::Rate => &["numerator", "denominator"],
        // Their numerators are sums of anything, such as of scores below zero.
        IndicatorType::Mean => &["denominator"],
        IndicatorType::Index | IndicatorType::Ordinal => &[],
    };
    counted.iter().find_map(|what| {
        let of = |one: &&Statement| figure(one, what, kind);
        let most = of_whole.stated.iter().filter_map(of).max()?;
        let least = of_part.stated.iter().filter_map(of).min()?;
        (most < least).then_some(Larger {
            what,
            whole: (whole, of_whole, most),
            part: (part, of_part, least),
        })
    })
}

impl Larger<'_, '_> {
    /// Whether a person confirmed the two figures as they are, and neither of them changes.
    fn is_answered(&self) -> bool {
        let points = [self.whole.1, self.part.1];
        let held = points.iter().any(|point| point.held(Kind::Whole));
        held && points.iter().all(|point| point.stood(super::counts))
    }

    fn about_whole(&self) -> String {
        let (part, _, count) = self.part;
        format!(
            "{} {}, and {count} in its part {part}",
            self.what, self.whole.2
        )
    }

    fn about_part(&self) -> String {
        let (whole, _, count) = self.whole;
        format!(
            "{} {}, and {count} in the whole, {whole}",
            self.what, self.part.2
        )
    }
}
