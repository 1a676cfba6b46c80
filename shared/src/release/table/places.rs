//! The numbers of locations and areas in rows against what is proven of them. A row that says that
//! it has more than its rows of locations would be held against no sum.

use std::collections::BTreeSet;

use super::{Line, RowName, SliceName, Tables};
use crate::{
    id::AreaCode,
    release::{Fault, Own, Proof, earlier::by_slice},
    text::counted,
};

/// A column of places, with one and several of them in words.
struct Places {
    column: &'static str,
    expected: &'static str,
    one: &'static str,
    several: &'static str,
}

const LOCATIONS: Places = Places {
    column: "n_locations",
    expected: "n_expected",
    one: "location",
    several: "locations",
};

const AREAS: Places = Places {
    column: "n_areas",
    expected: "n_areas_expected",
    one: "area",
    several: "areas",
};

impl Line {
    fn places(&self, column: &str) -> Option<u64> {
        self.get(column).parse().ok()
    }

    fn is_withheld(&self) -> bool {
        self.get("conf_status") == "C"
    }
}

impl Tables {
    /// Checks the places of the rows with counts of ours. Rows without any are another's word.
    pub(super) fn places(&self, proof: &Proof, own: &Own<'_>, faults: &mut Vec<Fault>) {
        for (slice, of_it) in by_slice(&proof.counted) {
            let areas: BTreeSet<&AreaCode> = of_it.iter().map(|one| &one.key.area).collect();
            let ours = areas.len() as u64;
            let rows = self.lines.iter();
            for (name, line) in rows.filter(|(name, _)| name.of().as_ref() == Some(&slice)) {
                match name.location() {
                    _ if !line.has_figure() => {}
                    Some(code) if code == own.code.as_str() => {
                        hold((name, line), &LOCATIONS, (1, 1), faults);
                        hold((name, line), &AREAS, (ours, ours), faults);
                    }
                    Some(_) => {}
                    None => self.of_network((name, line), (&slice, ours), own, faults),
                }
            }
        }
    }

    fn of_network(
        &self,
        (name, line): (&RowName, &Line),
        (slice, ours): (&SliceName, u64),
        own: &Own<'_>,
        faults: &mut Vec<Fault>,
    ) {
        let grows = own.is_cumulative(name.indicator());
        // A sum that is kept as it was has those who were in it then.
        if own.earlier.may_have_shown(name, grows) {
            return;
        }
        let proven = self.proven as u64;
        let most = |of: &Places| line.places(of.expected).unwrap_or(u64::MAX);
        let is_named = own
            .by_location
            .iter()
            .any(|code| code.as_str() == name.indicator());
        let others = self
            .lines
            .iter()
            .filter(|(one, _)| one.location().is_some() && one.of().as_ref() == Some(slice));
        let (mut shown, mut areas, mut withheld) = (0, 0, 0);
        for (_, row) in others.filter(|_| is_named) {
            if row.is_withheld() {
                withheld += 1;
            } else if row.has_figure() {
                shown += 1;
                areas += row.places(AREAS.column).unwrap_or_default();
            }
        }
        // Each contributor has a row, shown or withheld, if there are rows at all.
        let (locations, areas) = match (shown, withheld) {
            (0, _) => ((1, proven.min(most(&LOCATIONS))), (ours, most(&AREAS))),
            (_, 0) => ((shown, shown), (areas, areas)),
            (_, some) => (
                (shown, (shown + some).min(proven)),
                (areas.max(ours), most(&AREAS)),
            ),
        };
        hold((name, line), &LOCATIONS, locations, faults);
        hold((name, line), &AREAS, areas, faults);
    }
}

/// Holds a number of places between the least and the most that it may be.
fn hold(
    (name, line): (&RowName, &Line),
    of: &Places,
    (least, most): (u64, u64),
    faults: &mut Vec<Fault>,
) {
    let shown = line.places(of.column);
    if shown.is_some_and(|shown| (least..=most).contains(&shown)) {
        return;
    }
    let words = |count: u64| counted(count, of.one, of.several);
    let expected = match shown {
        _ if least >= most => words(least),
        Some(shown) if shown > most => format!("at most {}", words(most)),
        Some(_) | None => format!("at least {}", words(least)),
    };
    faults.push(Fault::RowFigure {
        row: name.clone(),
        shown: shown.map_or_else(|| format!("no number of {}", of.several), words),
        expected,
    });
}
