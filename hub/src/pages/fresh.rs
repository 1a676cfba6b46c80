//! When each location was last heard from: place and freshness, never a value.

use std::collections::BTreeMap;

use weft_host::chart::Mark;
use weft_shared::{
    period::{Date, day_words},
    text::{counted, part_of},
    time::{DAY_MS, Timestamp, Zone},
};

use super::words::place_page;
use crate::app::{self, LocationState, LocationView};

/// The key to the marks: each drawn, and its words.
pub(super) fn keys() -> Vec<(String, &'static str)> {
    KEYS.iter()
        .map(|(mark, words)| (mark.svg(), *words))
        .collect()
}

const KEYS: [(Mark, &str); 4] = [
    (Mark::Disc, "today"),
    (Mark::Half, "within seven days"),
    (Mark::Ring, "longer ago"),
    (Mark::Dash, "not yet"),
];

/// A location on the map.
#[derive(Clone, Debug)]
pub(super) struct Tile {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) page: String,
    pub(super) mark: String,
    pub(super) heard: String,
    /// The class of its place; empty if it comes in the order of codes.
    pub(super) place: String,
}

/// A location, and when it was last heard from.
pub(super) struct Heard<'a> {
    pub(super) view: &'a LocationView,
    mark: Mark,
    words: String,
    /// Whole days since then.
    pub(super) days: Option<i64>,
}

impl Heard<'_> {
    /// The drawing of its mark.
    pub(super) fn mark(&self) -> String {
        self.mark.svg()
    }

    /// When that was: "today 10:42", "3 Nov".
    pub(super) fn words(&self) -> &str {
        &self.words
    }
}

/// All locations by their codes.
pub(super) struct Freshness<'a>(pub(super) Vec<Heard<'a>>);

impl<'a> Freshness<'a> {
    pub(super) fn of(locations: &'a [LocationView], (zone, now): (&Zone, Timestamp)) -> Self {
        let today = zone.day(now);
        let heard = locations.iter().map(|view| {
            let days = view.received.map(|at| now.since_ms(at).max(0) / DAY_MS);
            let (mark, words) = match (view.received, days) {
                (Some(at), _) if zone.day(at) == today => {
                    (Mark::Disc, format!("today {}", zone.time_of_day(at)))
                }
                (Some(at), Some(0..=6)) => (Mark::Half, short(zone.day(at), today)),
                (Some(at), _) => (Mark::Ring, short(zone.day(at), today)),
                (None, _) => (Mark::Dash, state(view.state).to_owned()),
            };
            Heard {
                view,
                mark,
                words,
                days,
            }
        });
        Self(heard.collect())
    }

    /// "8 of 9 locations" of those that count.
    pub(super) fn heard(&self) -> String {
        let confirmed = self.0.iter();
        let confirmed = confirmed.filter(|one| one.view.state == LocationState::Confirmed);
        let all: Vec<&Heard<'_>> = confirmed.collect();
        if all.is_empty() {
            return "no location has joined yet".to_owned();
        }
        let lately = all
            .iter()
            .filter(|one| one.days.is_some_and(|days| days < 7));
        format!(
            "{} of {}",
            lately.count(),
            counted(all.len(), "location", "locations")
        )
    }

    /// The tiles of the map, and the locations that have no place on it although others have.
    pub(super) fn tiles(&self, map: &[app::Tile]) -> (Vec<Tile>, Vec<Tile>) {
        let places: BTreeMap<_, _> = map
            .iter()
            .map(|one| (&one.code, (one.row, one.column)))
            .collect();
        let tiles = self.0.iter().map(|one| {
            let place = places.get(&one.view.code);
            let place = place.map(|(row, column)| format!("r{row} c{column}"));
            Tile {
                code: one.view.code.to_string(),
                name: one.view.name.clone(),
                page: place_page(one.view.code.as_str()),
                mark: one.mark.svg(),
                heard: one.words.clone(),
                place: place.unwrap_or_default(),
            }
        });
        tiles.partition(|tile| map.is_empty() || !tile.place.is_empty())
    }

    /// The locations that count and were not heard from for so long, longest first by code.
    pub(super) fn silent(&self, days_min: i64) -> impl Iterator<Item = (&LocationView, i64)> {
        let confirmed = self.0.iter();
        let confirmed = confirmed.filter(|one| one.view.state == LocationState::Confirmed);
        confirmed
            .filter_map(move |one| Some((one.view, one.days?)))
            .filter(move |(_, days)| *days >= days_min)
    }

    /// The locations that do not count yet, each with why.
    pub(super) fn outside(&self) -> impl Iterator<Item = (&LocationView, &'static str)> {
        let outside = self.0.iter().filter(|one| {
            ![LocationState::Confirmed, LocationState::Ended].contains(&one.view.state)
        });
        outside.map(|one| (one.view, state(one.view.state)))
    }

    /// The number of locations that count, as a part of all.
    pub(super) fn counted(&self) -> String {
        let confirmed = self.0.iter();
        let confirmed = confirmed.filter(|one| one.view.state == LocationState::Confirmed);
        let count = confirmed.count();
        let ended = self.0.iter();
        let ended = ended.filter(|one| one.view.state == LocationState::Ended);
        let all = self.0.len() - ended.count();
        let words = part_of(count, all, "location", "locations");
        format!("{words} confirmed and counted")
    }
}

/// A location's state in words.
fn state(state: LocationState) -> &'static str {
    match state {
        LocationState::Confirmed => "nothing sent yet",
        LocationState::Unconfirmed => "joined, not confirmed: it counts nowhere",
        LocationState::Added => "not invited yet",
        LocationState::Invited => "invited, has not joined",
        LocationState::InviteExpired => "its invite expired before it joined",
        LocationState::Ended => "ended: only earlier figures have it",
    }
}

/// A day of this year without its year.
fn short(day: Date, today: Date) -> String {
    match day.year() == today.year() {
        true => day.strftime("%-d %b").to_string(),
        false => day_words(day),
    }
}
