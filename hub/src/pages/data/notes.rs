//! The notes of a dataset's page for everybody who compares its figures.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    period::Period,
    release::{Meaning, ReleaseRow},
    text::{counted, listed},
};

use crate::release::uneven;

/// Says a period as people do: "May 2023".
pub(super) fn in_words(period: &str) -> String {
    let read = period.parse::<Period>();
    read.map_or_else(|_| period.to_owned(), Period::words)
}

/// Notes for everybody who compares the figures, each with its subject.
pub(super) fn notes(rows: &[ReleaseRow], meanings: &[Meaning]) -> Vec<(String, String)> {
    let mut changed: BTreeMap<&str, (&str, BTreeSet<&str>)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.base_changed) {
        let of = changed.entry(&row.indicator_code).or_default();
        of.0 = &row.indicator_name;
        of.1.insert(&row.period);
    }
    let broken = meanings.iter().filter(|one| !one.breaks.is_empty());
    let mut notes: Vec<_> = broken
        .map(|one| (one.name.clone(), one.breaks.clone()))
        .collect();
    for (name, periods) in changed.into_values() {
        let periods: Vec<String> = periods.into_iter().map(in_words).collect();
        let text = format!(
            "the base changed in {}. Compare with care.",
            listed(&periods, usize::MAX)
        );
        notes.push((name.to_owned(), text));
    }
    notes.extend(uneven(rows));
    let partial = rows
        .iter()
        .filter(|row| row.status_reason.is_some())
        .count();
    if partial > 0 {
        let rows = counted(partial as u64, "row says", "rows say");
        let text = format!("{rows} so in status_reason.");
        notes.push(("Withheld or partial".to_owned(), text));
    }
    notes
}
