//! Sums over several sets of locations: what all of them together tell of a few locations.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::LocationCode;

/// The locations that are in one sum.
pub(super) type Set<'c> = BTreeSet<&'c LocationCode>;

/// Whether some combination of the sums over these sets is of fewer than `fewest` locations: added
/// and subtracted, each as often as one likes, all others cancel out.
///
/// A combination gives the same weight to all locations that are in the same sets. Such a group
/// alone, or two of them, can be what is left if the sums say less without it.
pub(super) fn leave_few(sets: &[Set<'_>], fewest: usize) -> bool {
    let groups = groups(sets);
    let groups: Vec<(&Vec<bool>, usize)> = groups.iter().map(|(of, n)| (of, *n)).collect();
    let rank_without = |left: &[usize]| {
        let others = groups.iter().enumerate();
        let others = others.filter(|(at, _)| !left.contains(at));
        rank(others.map(|(_, (of, _))| of.as_slice()))
    };
    let all = rank_without(&[]);
    few(&groups, fewest)
        .iter()
        .any(|left| rank_without(left) < all)
}

/// The largest choices of groups that have fewer than `fewest` locations together.
fn few(groups: &[(&Vec<bool>, usize)], fewest: usize) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = vec![Vec::new()];
    for (at, (_, n)) in groups.iter().enumerate() {
        let fits = |chosen: &&Vec<usize>| {
            let chosen: usize = chosen.iter().map(|at| groups[*at].1).sum();
            chosen + n < fewest
        };
        let more = found.iter().filter(fits);
        let more = more.map(|chosen| [chosen.as_slice(), &[at]].concat());
        let more: Vec<_> = more.collect();
        found.extend(more);
    }
    found
}

/// The number of locations in each combination of sets.
fn groups(sets: &[Set<'_>]) -> BTreeMap<Vec<bool>, usize> {
    let locations: Set<'_> = sets.iter().flatten().copied().collect();
    let mut groups = BTreeMap::new();
    for code in locations {
        let of: Vec<bool> = sets.iter().map(|set| set.contains(code)).collect();
        *groups.entry(of).or_default() += 1;
    }
    groups
}

/// A prime above every determinant of zeros and ones of a size that occurs, so that the rank is
/// that of whole numbers.
const PRIME: u64 = 2_305_843_009_213_693_951;

/// The rank of rows of zeros and ones.
fn rank<'r>(rows: impl Iterator<Item = &'r [bool]>) -> usize {
    let mut reduced: Vec<(usize, Vec<u64>)> = Vec::new();
    for row in rows {
        let mut row: Vec<u64> = row.iter().map(|one| u64::from(*one)).collect();
        for (lead, known) in &reduced {
            let times = row[*lead];
            for (value, of) in row.iter_mut().zip(known) {
                *value = sum(*value, PRIME - product(times, *of));
            }
        }
        let Some(lead) = row.iter().position(|value| *value != 0) else {
            continue;
        };
        let by = inverse(row[lead]);
        let row = row.iter().map(|value| product(*value, by)).collect();
        reduced.push((lead, row));
    }
    reduced.len()
}

fn sum(a: u64, b: u64) -> u64 {
    let both = u128::from(a) + u128::from(b);
    narrow(both % u128::from(PRIME))
}

fn product(a: u64, b: u64) -> u64 {
    narrow(u128::from(a) * u128::from(b) % u128::from(PRIME))
}

fn inverse(of: u64) -> u64 {
    let (mut power, mut left, mut found) = (of, PRIME - 2, 1);
    while left > 0 {
        if left % 2 == 1 {
            found = product(found, power);
        }
        power = product(power, power);
        left /= 2;
    }
    found
}

/// A rest of a division by [`PRIME`] fits.
fn narrow(rest: u128) -> u64 {
    u64::try_from(rest).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(sets: &[&str]) -> bool {
        let codes: Vec<Vec<LocationCode>> = sets
            .iter()
            .map(|set| {
                let letters = set.chars();
                letters
                    .map(|one| format!("L{one}").parse().unwrap())
                    .collect()
            })
            .collect();
        let sets: Vec<Set<'_>> = codes.iter().map(|set| set.iter().collect()).collect();
        leave_few(&sets, 3)
    }

    #[test]
    fn combinations_that_leave_one_or_two_locations_are_found() {
        for (sets, expected) in [
            (&["ABCDEFG"][..], false),
            (&["AB"], true),
            (&["ABCDEFG", "ABC"], false),
            (&["ABCDEFG", "ABCDE"], true),
            // A whole less two sets that share nothing.
            (&["ABCDEFG", "ABC", "DEF"], true),
            (&["ABCDEFGHI", "ABC", "DEF"], false),
            // Two wholes less three each have one location in common.
            (&["ABCDEFG", "ABCD", "DEFG"], true),
            // Each is in two of three: half of their sum is all six.
            (&["ABCD", "CDEF", "ABEF"], true),
            (&["ABCDEF", "DEFGHI", "ABCGHI"], false),
            (&["ABCDEFGHIJ", "ABC", "DEF", "GHIJ", "ABCD"], true),
        ] {
            assert_eq!(leaves(sets), expected, "{sets:?}");
        }
    }
}
