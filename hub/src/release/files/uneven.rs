//! Sums of a release that hold more locations in some periods than in others.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::release::ReleaseRow;

/// The names of indicators whose sums do not hold the same number of locations in each period, each
/// with a sentence.
pub(crate) fn uneven(rows: &[ReleaseRow]) -> Vec<(String, String)> {
    let mut series: BTreeMap<_, (&str, BTreeSet<u32>, u32)> = BTreeMap::new();
    for row in rows {
        let version = row.definition_version;
        let key = (
            &row.indicator_code,
            version,
            &row.breakdown,
            &row.breakdown_value,
        );
        let of = series.entry(key).or_default();
        of.0 = &row.indicator_name;
        of.1.extend(row.n_locations.filter(|_| row.value.is_some()));
        of.2 = of.2.max(row.n_expected);
    }
    let mut names: BTreeMap<(&str, &str), (u32, u32, u32)> = BTreeMap::new();
    for ((code, ..), (name, counts, expected)) in &series {
        if let (Some(least), Some(most)) = (counts.first(), counts.last())
            && least != most
        {
            let of = names
                .entry((code.as_str(), name))
                .or_insert((*least, *most, 0));
            *of = (of.0.min(*least), of.1.max(*most), of.2.max(*expected));
        }
    }
    let names = names.into_iter();
    names
        .map(|((_, name), (least, most, expected))| {
            let text = format!(
                "sums hold {least} to {most} of {expected} locations, more in some periods than \
                 in others. A change from one period to the next may be a change of who is in it."
            );
            (name.to_owned(), text)
        })
        .collect()
}
