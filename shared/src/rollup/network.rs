//! A rollup's input besides the facts: the expected locations, with their areas and definitions.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    id::{AreaCode, DefinitionHash, IndicatorCode, LocationCode, LocationId},
    model::{
        indicator::{Definition, DefinitionKey, Settings, Versions},
        profile::{Adoption, Place},
    },
    period::{Date, Period},
    time::Zone,
};

/// The locations and indicator definitions of a network.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Network {
    members: BTreeMap<LocationCode, Member>,
    codes: BTreeMap<LocationId, LocationCode>,
    definitions: BTreeMap<DefinitionHash, Definition>,
    zone: Zone,
    versions: BTreeMap<IndicatorCode, Versions>,
    /// The locations that dropped entries which the network had at the moment of the past that this
    /// describes.
    dropped: BTreeSet<LocationCode>,
}

impl Network {
    /// Builds a network from its locations and definitions. A code belongs to one location at a
    /// time: if two have the same code, the last one counts.
    pub fn new(
        members: impl IntoIterator<Item = Member>,
        definitions: impl IntoIterator<Item = Definition>,
    ) -> Self {
        let members: BTreeMap<_, _> = members
            .into_iter()
            .map(|member| (member.code.clone(), member))
            .collect();
        let codes = members
            .values()
            .filter_map(|member| Some((member.place.location_id?, member.code.clone())))
            .collect();
        let definitions: BTreeMap<_, _> = definitions
            .into_iter()
            .map(|definition| (definition.hash(), definition))
            .collect();
        let versions = Versions::by_code(definitions.values().cloned(), &BTreeMap::new());
        Self {
            members,
            codes,
            definitions,
            versions,
            zone: Zone::utc(),
            dropped: BTreeSet::new(),
        }
    }

    /// The same network in a time zone other than UTC.
    #[must_use]
    pub fn in_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// The same network as it was, without the entries that these locations dropped since.
    #[must_use]
    pub fn after_dropping(self, dropped: &BTreeSet<LocationId>) -> Self {
        let codes = dropped.iter().filter_map(|id| self.codes.get(id).cloned());
        Self {
            dropped: codes.collect(),
            ..self
        }
    }

    /// Whether a location dropped entries that the network had then.
    pub(super) fn has_dropped(&self, location: &LocationCode) -> bool {
        self.dropped.contains(location)
    }

    /// The time zone in which its days and periods end.
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The same network with the settings of its definitions.
    #[must_use]
    pub fn with_settings(self, settings: &BTreeMap<DefinitionKey, Settings>) -> Self {
        let versions = Versions::by_code(self.definitions.values().cloned(), settings);
        Self { versions, ..self }
    }

    /// The locations that count, by code: the confirmed ones.
    pub fn expected(&self) -> impl Iterator<Item = &Member> {
        self.members.values().filter(|member| member.counts())
    }

    /// The location with this id, if it counts.
    pub fn expected_member(&self, id: &LocationId) -> Option<&Member> {
        let member = self.members.get(self.codes.get(id)?)?;
        member.counts().then_some(member)
    }

    /// Every location, confirmed or not, by code.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// The location with this code, confirmed or not.
    pub fn member(&self, code: &LocationCode) -> Option<&Member> {
        self.members.get(code)
    }

    /// The definition with this hash.
    pub fn definition(&self, hash: &DefinitionHash) -> Option<&Definition> {
        self.definitions.get(hash)
    }

    /// The versions of the indicator with this code.
    pub fn versions(&self, code: &IndicatorCode) -> Option<&Versions> {
        self.versions.get(code)
    }

    /// The definition with this code and version.
    pub fn version(&self, code: &IndicatorCode, version: u32) -> Option<&Definition> {
        let (definition, _) = self.versions(code)?.version(version)?;
        Some(definition)
    }

    /// The settings of a definition.
    pub fn settings(&self, definition: &Definition) -> Option<&Settings> {
        let (_, settings) = self
            .versions(&definition.code)?
            .version(definition.version)?;
        Some(settings)
    }

    /// The definition with this code that holds for `period`: the newest version that covers it.
    pub fn holding(&self, code: &IndicatorCode, period: Period) -> Option<&Definition> {
        self.versions(code)?.holding(period, u32::MAX)
    }

    /// The definition with this code and the highest version.
    pub fn newest(&self, code: &IndicatorCode) -> Option<&Definition> {
        self.versions(code)?.newest()
    }
}

/// A location of the network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its code.
    pub code: LocationCode,
    /// Its id, names and areas, as the hub describes them.
    pub place: Place,
    /// Its decisions about indicators.
    pub adoptions: BTreeMap<IndicatorCode, Adoption>,
    /// The day on which it last synced, in the network's time zone.
    pub synced: Option<Date>,
}

impl Member {
    /// Whether rollups include it: it joined, and the national team and its steward compared words.
    pub const fn counts(&self) -> bool {
        self.place.location_id.is_some() && self.place.confirmed_at.is_some()
    }

    /// The areas that it is expected to report for a period; see [`areas_in`].
    pub fn areas_in(&self, period: Period) -> Vec<(AreaCode, &str)> {
        areas_in(&self.code, &self.place, period)
    }

    /// The areas that it has on `day`; see [`areas_in`].
    pub(super) fn areas_on(&self, day: Date) -> Vec<(AreaCode, &str)> {
        areas_on(&self.code, &self.place, day)
    }
}

/// Codes and names of the areas that a location is expected to report for a period: those that it
/// has on the period's last day. A location without areas counts as one area with its own code and
/// name.
pub fn areas_in<'a>(
    code: &LocationCode,
    place: &'a Place,
    period: Period,
) -> Vec<(AreaCode, &'a str)> {
    areas_on(code, place, period.end())
}

fn areas_on<'a>(code: &LocationCode, place: &'a Place, day: Date) -> Vec<(AreaCode, &'a str)> {
    let mut areas: Vec<_> = place
        .areas_on(day)
        .map(|area| (area.code.clone(), area.name.as_str()))
        .collect();
    if areas.is_empty() && place.areas.is_empty() {
        let own = AreaCode::parse(code.as_str()).ok();
        areas.extend(own.map(|own| (own, place.name.as_str())));
    }
    areas.sort();
    areas.dedup_by(|a, b| a.0 == b.0);
    areas
}
