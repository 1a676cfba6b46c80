//! Areas that change hands on one day, all that are named together: two locations with one area
//! each can exchange them.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::clock;
use weft_shared::{
    id::{AreaCode, LocationCode},
    model::{
        profile::{AreaAlias, AreaChange, Place, area_changes},
        schema::DocKind,
    },
};

use super::{
    AppError, AppHandle,
    own::{Edit, Standing},
    place::{Since, refuse_taken},
    unexpected::unexpected,
};

/// An area and the location that it goes to, as the command line writes it: `NORTH=BB`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaTo {
    /// The area.
    pub area: AreaCode,
    /// The location that gets it.
    pub to: LocationCode,
}

impl std::str::FromStr for AreaTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('=');
        let (area, to) = parts
            .ok_or_else(|| format!("\"{text}\" names no area and location: write FAR_NORTH=FN"))?;
        Ok(Self {
            area: AreaCode::parse(area).map_err(|error| error.to_string())?,
            to: LocationCode::parse(to).map_err(|error| error.to_string())?,
        })
    }
}

/// Which areas change hands, and from when on.
#[derive(Clone, Debug)]
pub struct Handover {
    /// Each area once.
    pub areas: Vec<AreaTo>,
    /// Since when the locations have them.
    pub since: Since,
}

/// The changes of all locations' areas.
#[derive(Clone, Debug)]
pub struct HandoverPlan {
    said: Handover,
    places: BTreeMap<LocationCode, Place>,
    /// The changes of each location that gets other areas.
    pub changes: BTreeMap<LocationCode, Vec<AreaChange>>,
    /// The areas that no figure will expect any more, in words.
    pub warnings: Vec<String>,
}

/// The areas that one location gives away and gets, with their names.
#[derive(Default)]
struct Exchange {
    loses: BTreeSet<AreaCode>,
    gains: Vec<(AreaCode, String)>,
}

impl AppHandle {
    /// Returns the changes that [`AppHandle::hand_over`] will make.
    ///
    /// # Errors
    /// If an area is named twice or no one holds it, if there is no such location, if one would be
    /// left without any area, or if an area belongs to yet another location at that time.
    pub fn plan_handover(&self, said: Handover) -> Result<HandoverPlan, AppError> {
        HandoverPlan::of(said, self.shared.own.standing().places())
    }

    /// Does what a plan says, for all locations or for none; their devices hear of it.
    ///
    /// # Errors
    /// If it would now do something else than it said, because the network changed meanwhile, or
    /// if the store fails.
    pub async fn hand_over(&self, shown: HandoverPlan) -> Result<(), AppError> {
        let hand_over = move |standing: &Standing| {
            let plan = HandoverPlan::of(shown.said.clone(), standing.places())?;
            if plan.changes != shown.changes {
                let mut codes = shown.changes.into_keys().chain(plan.changes.into_keys());
                let code = codes
                    .next()
                    .unwrap_or_else(|| shown.said.areas[0].to.clone());
                return Err(AppError::NetworkMoved { code });
            }
            let words = plan.changes.iter().map(|(code, changes)| {
                let changes: Vec<_> = changes.iter().map(ToString::to_string).collect();
                format!("{code}: {}", changes.join("; "))
            });
            let subject = words.collect::<Vec<_>>().join("; ");
            let (kind, act, places) = (DocKind::Network, "location areas", plan.places);
            Ok(Edit::new(kind, act, subject, (), move |editor| {
                let mut places = places.iter();
                places.try_for_each(|(code, place)| editor.put_place(code, place))
            }))
        };
        self.shared.own.edit(self, hand_over).await
    }
}

impl HandoverPlan {
    /// Plans from the network's locations as they stand.
    fn of(said: Handover, mut places: BTreeMap<LocationCode, Place>) -> Result<Self, AppError> {
        let before = places.clone();
        let mut all: BTreeMap<LocationCode, Exchange> = BTreeMap::new();
        let mut named = BTreeSet::new();
        for AreaTo { area, to } in &said.areas {
            if !named.insert(area) {
                return Err(AppError::AreaTwice { area: area.clone() });
            }
            if !places.contains_key(to) {
                return Err(AppError::UnknownLocation { code: to.clone() });
            }
            let holders = places.iter().find_map(|(code, place)| {
                let held = place.held(code).into_iter();
                let mut lasting = held.filter(|one| one.code == *area && one.to.is_none());
                Some((code, lasting.next()?.name))
            });
            let Some((from, name)) = holders else {
                return Err(AppError::AreaOfNobody { area: area.clone() });
            };
            if from != to {
                all.entry(from.clone())
                    .or_default()
                    .loses
                    .insert(area.clone());
                let gains = &mut all.entry(to.clone()).or_default().gains;
                gains.push((area.clone(), name));
            }
        }
        let mut changes = BTreeMap::new();
        let now = clock::now();
        for (code, exchange) in &all {
            let Some(place) = places.get_mut(code) else {
                continue;
            };
            let areas = place.handed(code, &exchange.loses, &exchange.gains, said.since.day());
            if areas.iter().all(|area| area.to.is_some()) {
                return Err(AppError::NoAreaLeft { code: code.clone() });
            }
            let changed = area_changes(&place.held(code), &areas);
            place.areas = areas;
            place.areas_changed = Some(now);
            // The codes that others use for an area come with it; who had it keeps them for the
            // time before.
            let gained = |alias: &&AreaAlias| {
                let mut gains = exchange.gains.iter();
                gains.any(|(area, _)| *area == alias.area)
            };
            let others = before.values().flat_map(|place| &place.aliases);
            place.aliases.extend(others.filter(gained).cloned());
            place.aliases.sort();
            place.aliases.dedup();
            changes.insert(code.clone(), changed);
        }
        for code in all.keys() {
            refuse_taken(code, &places[code].areas, &places)?;
        }
        let moved = changes.iter().map(|(code, all)| (code, all.as_slice()));
        let warnings = unexpected(moved, Some(said.since), (&before, &places));
        places.retain(|code, _| all.contains_key(code));
        Ok(Self {
            said,
            places,
            changes,
            warnings,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_others_go_with_an_area_and_stay_for_the_time_before() {
        let place = |aliases: &str, areas: &str| {
            let areas = areas
                .split(' ')
                .map(|code| format!("{{\"code\":\"{code}\",\"name\":\"{code}\"}}"));
            let areas = areas.collect::<Vec<_>>().join(",");
            let text = format!("{{{aliases}\"areas\":[{areas}],\"name\":\"Example\"}}");
            Place::decode(&text).unwrap()
        };
        let north = "\"aliases\":[{\"area\":\"NORTH\",\"code\":\"001\",\"scheme\":\"stats_nz\"}],";
        let places = [
            ("AA", place(north, "NORTH SOUTH")),
            ("BB", place("", "WEST")),
        ];
        let places = places.map(|(code, place)| (code.parse().unwrap(), place));
        let said = Handover {
            areas: vec!["NORTH=BB".parse().unwrap()],
            since: "2024-01-01".parse().unwrap(),
        };
        let plan = HandoverPlan::of(said, places.into()).unwrap();
        for place in plan.places.values() {
            assert_eq!(place.aliases[0].to_string(), "stats_nz:001=NORTH");
            assert_eq!(place.aliases.len(), 1);
        }
    }
}
