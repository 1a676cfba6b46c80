//! The areas that are missing from a cell, one location after another.

use std::{borrow::Cow, collections::BTreeMap};

use super::{Part, Rest, Tally};
use crate::{
    id::{AreaCode, LocationCode},
    rollup::coverage::{Gap, Reason},
};

/// A missing area, and the number of its reason; silence has none.
type Missing = (usize, Option<usize>);

/// The missing areas of a cell in the order of locations and areas.
struct Gaps<'t, 'a> {
    tally: &'t Tally<'a>,
    missing: Vec<Missing>,
    reasons: Vec<&'t Reason>,
    /// Number of expected areas of each location that has rows for all.
    areas: BTreeMap<&'t LocationCode, usize>,
}

impl<'a> Tally<'a> {
    /// The gaps, by location and reason.
    pub(in crate::rollup) fn gaps(&self) -> impl Iterator<Item = Gap<'_>> {
        let gaps = Gaps::of(self);
        let mut next = 0;
        let of_location = move || {
            let first = *gaps.missing.get(next)?;
            let code = gaps.at(first.0).0;
            let rest = gaps.missing[next..].iter();
            let same = rest
                .take_while(|(rank, _)| gaps.at(*rank).0 == code)
                .count();
            let missing = next..next + same;
            next += same;
            Some(gaps.of_location(&gaps.missing[missing]))
        };
        std::iter::from_fn(of_location).flatten()
    }
}

impl<'t, 'a> Gaps<'t, 'a> {
    fn of(tally: &'t Tally<'a>) -> Self {
        let (mut missing, mut reasons): (Vec<Missing>, _) = (Vec::new(), Vec::new());
        let mut areas = BTreeMap::new();
        for row in &tally.rows {
            if tally.rest.is_none() {
                *areas.entry(&row.member.code).or_default() += 1;
            }
            if let Part::Left(reason) = &row.part {
                missing.push((row.rank, Some(reasons.len())));
                reasons.push(reason);
            }
        }
        if let Some(Rest {
            expected, silent, ..
        }) = &tally.rest
        {
            for group in &tally.groups {
                if let Part::Left(reason) = &group.part {
                    let ranks = group.sum.places.iter();
                    let ranks = ranks.filter_map(|place| expected.rank(place));
                    missing.extend(ranks.map(|rank| (rank, Some(reasons.len()))));
                    reasons.push(reason);
                }
            }
            let silent = silent.iter().filter_map(|place| expected.rank(place));
            missing.extend(silent.map(|rank| (rank, None)));
            missing.sort_unstable();
        }
        Self {
            tally,
            missing,
            reasons,
            areas,
        }
    }

    /// The location and the area with this rank.
    fn at(&self, rank: usize) -> (&'t LocationCode, &'t AreaCode) {
        if let Some(rest) = &self.tally.rest {
            let (_, location, area) = rest.expected.area(rank);
            return (location, area);
        }
        let row = &self.tally.rows[rank];
        (&row.member.code, &row.area)
    }

    /// The gaps of the location that has all of `missing`.
    fn of_location(&self, missing: &[Missing]) -> Vec<Gap<'t>> {
        let Some((first, _)) = missing.first() else {
            return Vec::new();
        };
        let location = self.at(*first).0;
        let areas_expected = match &self.tally.rest {
            Some(rest) => rest.day.areas[rest.expected.area(*first).0],
            None => self.areas.get(location).copied().unwrap_or_default(),
        };
        let mut gaps: BTreeMap<Cow<'t, Reason>, Vec<&'t AreaCode>> = BTreeMap::new();
        let mut silence: Option<Cow<'t, Reason>> = None;
        for (rank, reason) in missing {
            let reason = match reason {
                Some(at) => Cow::Borrowed(self.reasons[*at]),
                None => silence
                    .get_or_insert_with(|| Cow::Owned(self.silence(location)))
                    .clone(),
            };
            gaps.entry(reason).or_default().push(self.at(*rank).1);
        }
        let gap = |(reason, areas)| Gap {
            location,
            areas,
            areas_expected,
            reason,
        };
        gaps.into_iter().map(gap).collect()
    }

    fn silence(&self, location: &LocationCode) -> Reason {
        let member = self.tally.network.member(location);
        member.map_or(Reason::NotReported, |member| {
            Reason::of_silence(member, self.tally.key, self.tally.network)
        })
    }
}
