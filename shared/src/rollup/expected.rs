//! The places that a network expects, made once for a network and read by all figures.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use super::{
    coverage,
    network::{Member, Network},
    places::PlaceSet,
};
use crate::{
    id::{AreaCode, LocationCode, LocationId},
    period::Date,
};

/// Places with this number or a higher one are not known: a store that counts further has no sums.
pub const PLACES_MAX: u32 = 1 << 20;

/// The places of a network's locations by number, and which of them are expected when.
#[derive(Debug)]
pub struct Expected {
    network: Arc<Network>,
    /// The locations that count, by code, each with the rank of its first area.
    members: Vec<(LocationCode, usize)>,
    /// Their areas of any day, by location and code. An area's index is its rank.
    areas: Vec<Area>,
    /// The ranks of places; [`usize::MAX`] for a place that no location has.
    ranks: Vec<usize>,
    /// One place for each area that several locations have, at different times.
    moved: BTreeMap<u32, u32>,
    /// The expectations from these days on, each up to the next; made when first asked about.
    days: Vec<(Date, OnceLock<Day>)>,
}

#[derive(Debug)]
struct Area {
    /// The index of its location.
    member: usize,
    code: AreaCode,
    /// Its place; a number from [`PLACES_MAX`] on if it never had a fact.
    place: u32,
}

/// The expectations for the periods that end on a day.
#[derive(Debug)]
pub(super) struct Day {
    /// The expected places.
    pub(super) places: PlaceSet,
    /// Number of expected areas of each location.
    pub(super) areas: Vec<usize>,
    /// Whether no location has two areas.
    is_one_each: bool,
    /// Names the locations that are not expected because no one has confirmed them.
    pub(super) unconfirmed: Option<String>,
}

impl Expected {
    /// Numbers the areas of `network`; `places` are those that have facts. An area that is not
    /// among them is expected too, and silent.
    #[must_use]
    pub fn new(
        network: Arc<Network>,
        places: impl IntoIterator<Item = (u32, LocationId, AreaCode)>,
    ) -> Self {
        let places = places.into_iter().filter(|(place, ..)| *place < PLACES_MAX);
        let mut places: BTreeMap<_, _> = places
            .map(|(place, location, area)| ((location, area), place))
            .collect();
        let last = places.values().max().map_or(0, |last| *last as usize + 1);
        let mut ranks = vec![usize::MAX; last];
        let (mut members, mut areas) = (Vec::new(), Vec::new());
        for (index, member) in network.expected().enumerate() {
            members.push((member.code.clone(), areas.len()));
            // Of two locations with one id, the facts are those of the last.
            let id = member.place.location_id.filter(|id| {
                let known = network.expected_member(id);
                known.is_some_and(|known| known.code == member.code)
            });
            for code in codes(member) {
                let rank = areas.len();
                let place = id.and_then(|id| places.remove(&(id, code.clone())));
                if let Some(place) = place {
                    ranks[place as usize] = rank;
                }
                areas.push(Area {
                    member: index,
                    code,
                    place: place.unwrap_or_else(|| unknown(rank)),
                });
            }
        }
        let days = first_days(&network).into_iter();
        Self {
            moved: moved(&areas),
            days: days.map(|day| (day, OnceLock::new())).collect(),
            network,
            members,
            areas,
            ranks,
        }
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The places that are expected to report for a period that ends on `end`.
    #[must_use]
    pub fn places(&self, end: Date) -> &PlaceSet {
        &self.day(end).places
    }

    /// The codes of the locations that count, in order.
    #[must_use]
    pub fn members(&self) -> impl ExactSizeIterator<Item = &LocationCode> {
        self.members.iter().map(|(code, _)| code)
    }

    /// The index of a location among [`members`](Self::members).
    #[must_use]
    pub fn location_with(&self, code: &LocationCode) -> Option<usize> {
        let found = self.members.binary_search_by(|(one, _)| one.cmp(code));
        found.ok()
    }

    /// The index of the location that has a place.
    #[must_use]
    pub fn location_of(&self, place: u32) -> Option<usize> {
        Some(self.areas[self.rank(place)?].member)
    }

    /// Whether no location has two areas on this day.
    #[must_use]
    pub fn is_one_each(&self, day: Date) -> bool {
        self.day(day).is_one_each
    }

    /// The places of all areas that a location that counts ever has.
    pub(super) fn places_of(&self, location: &LocationCode) -> impl Iterator<Item = u32> {
        let found = self
            .members
            .binary_search_by(|(code, _)| code.cmp(location));
        let areas = found.map_or(&[][..], |member| self.areas_of(member).1);
        areas.iter().map(|area| area.place)
    }

    /// These places, and all others that are the same areas in other locations.
    #[must_use]
    pub fn with_moved(&self, places: &PlaceSet) -> PlaceSet {
        let areas: BTreeSet<u32> = places
            .iter()
            .filter_map(|place| self.moved.get(&place).copied())
            .collect();
        let moved = self.moved.iter().filter(|(_, area)| areas.contains(area));
        places.union(&moved.map(|(place, _)| *place).collect())
    }

    /// These places as areas, whichever location has them; `None` if two are the same area.
    pub(super) fn as_areas(&self, places: &PlaceSet) -> Option<PlaceSet> {
        let mut areas = places.clone();
        for (place, area) in &self.moved {
            if place != area && areas.remove(*place) && !areas.insert(*area) {
                return None;
            }
        }
        Some(areas)
    }

    pub(super) const fn n_members(&self) -> usize {
        self.members.len()
    }

    /// The code of the location with an index, and the places of all areas that it ever has.
    ///
    /// # Panics
    /// If no location has the index.
    pub fn member(&self, member: usize) -> (&LocationCode, impl Iterator<Item = u32> + Clone) {
        let areas = self.areas_of(member).1.iter();
        (&self.members[member].0, areas.map(|area| area.place))
    }

    pub(super) fn day(&self, end: Date) -> &Day {
        let next = self.days.partition_point(|(first, _)| *first <= end);
        let (first, day) = &self.days[next.saturating_sub(1)];
        day.get_or_init(|| Day::of(*first, self))
    }

    /// The rank of a place that is expected on some day.
    pub(super) fn rank(&self, place: u32) -> Option<usize> {
        let rank = match place.checked_sub(PLACES_MAX) {
            Some(rank) => rank as usize,
            None => self.ranks.get(place as usize).copied()?,
        };
        (rank < self.areas.len()).then_some(rank)
    }

    /// The rank of an area of a location that counts.
    pub(super) fn rank_of(&self, location: &LocationCode, area: &AreaCode) -> Option<usize> {
        let found = self
            .members
            .binary_search_by(|(code, _)| code.cmp(location));
        let (first, areas) = self.areas_of(found.ok()?);
        let at = areas.binary_search_by(|one| one.code.cmp(area)).ok()?;
        Some(first + at)
    }

    /// The place of the area with this rank.
    pub(super) fn place(&self, rank: usize) -> u32 {
        self.areas[rank].place
    }

    /// The index of the location of the area with this rank, its code, and the area's.
    pub(super) fn area(&self, rank: usize) -> (usize, &LocationCode, &AreaCode) {
        let area = &self.areas[rank];
        (area.member, &self.members[area.member].0, &area.code)
    }

    /// A set as large as the set of the locations of these places.
    pub(super) fn locations(&self, places: &PlaceSet, day: &Day) -> PlaceSet {
        if day.is_one_each {
            return places.clone();
        }
        let ranks = places.iter().filter_map(|place| self.rank(place));
        ranks.map(|rank| self.location(rank, day)).collect()
    }

    /// The member of that set for the area with this rank.
    pub(super) fn location(&self, rank: usize, day: &Day) -> u32 {
        if day.is_one_each {
            return self.place(rank);
        }
        u32::try_from(self.areas[rank].member).unwrap_or(u32::MAX)
    }

    fn areas_of(&self, member: usize) -> (usize, &[Area]) {
        let first = self.members[member].1;
        let next = self.members.get(member + 1);
        let next = next.map_or(self.areas.len(), |(_, next)| *next);
        (first, &self.areas[first..next])
    }
}

impl Day {
    fn of(day: Date, expected: &Expected) -> Self {
        let mut places = PlaceSet::default();
        let mut areas = Vec::with_capacity(expected.members.len());
        for member in expected.network.expected() {
            let on_day = member.areas_on(day);
            areas.push(on_day.len());
            let ranks = on_day.iter();
            let ranks = ranks.filter_map(|(area, _)| expected.rank_of(&member.code, area));
            for rank in ranks {
                places.insert(expected.place(rank));
            }
        }
        Self {
            is_one_each: areas.iter().all(|areas| *areas < 2),
            unconfirmed: coverage::unconfirmed(&expected.network, day),
            places,
            areas,
        }
    }
}

/// The number of an area that has no place, by its rank.
fn unknown(rank: usize) -> u32 {
    let rank = u32::try_from(rank).unwrap_or(u32::MAX);
    PLACES_MAX.saturating_add(rank)
}

/// The codes of all areas that the location ever has.
fn codes(member: &Member) -> BTreeSet<AreaCode> {
    let areas = member.place.areas.iter().map(|area| area.code.clone());
    let own = || member.areas_on(Date::MIN).into_iter().map(|(code, _)| code);
    match member.place.areas.is_empty() {
        true => own().collect(),
        false => areas.collect(),
    }
}

/// The days from which on other areas may be expected, in order; the first is before all others.
fn first_days(network: &Network) -> BTreeSet<Date> {
    let areas = network.members().flat_map(|member| &member.place.areas);
    let days = areas.flat_map(|area| {
        let after = area.to.and_then(|to| to.tomorrow().ok());
        area.from.into_iter().chain(after)
    });
    days.chain([Date::MIN]).collect()
}

fn moved(areas: &[Area]) -> BTreeMap<u32, u32> {
    let mut by_code: BTreeMap<&AreaCode, Vec<u32>> = BTreeMap::new();
    for area in areas {
        by_code.entry(&area.code).or_default().push(area.place);
    }
    let several = by_code.into_values().filter(|places| places.len() > 1);
    let moved = several.flat_map(|places| {
        let first = places.iter().copied().min().unwrap_or_default();
        places.into_iter().map(move |place| (place, first))
    });
    moved.collect()
}
