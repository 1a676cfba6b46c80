//! A rollup's input besides the facts: the expected locations, with their areas and definitions.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    id::{AreaCode, DefinitionHash, IndicatorCode, LocationCode, LocationId},
    model::{
        indicator::{Definition, DefinitionKey, Due, Settings, Versions},
        profile::{Adoption, Place},
        source::Source,
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
    /// The day on which figures are late or not; without it none is.
    today: Option<Date>,
    versions: BTreeMap<IndicatorCode, Versions>,
    /// The locations that dropped entries which the network had at the moment of the past that this
    /// describes.
    dropped: BTreeSet<LocationCode>,
    /// The sources of published figures, by the number of their import.
    sources: BTreeMap<u32, Source>,
    /// The indicators of which figures are published.
    published: BTreeSet<IndicatorCode>,
    /// The locations that ever have an area.
    holders: BTreeMap<AreaCode, Vec<LocationCode>>,
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
        let mut holders: BTreeMap<AreaCode, Vec<LocationCode>> = BTreeMap::new();
        for (code, member) in &members {
            // A location without areas is one area with its own code.
            let own = member
                .place
                .areas
                .is_empty()
                .then(|| code.as_str().parse().ok());
            let areas = member.place.areas.iter().map(|area| area.code.clone());
            let areas: BTreeSet<AreaCode> = areas.chain(own.flatten()).collect();
            for area in areas {
                holders.entry(area).or_default().push(code.clone());
            }
        }
        Self {
            members,
            codes,
            definitions,
            versions,
            zone: Zone::utc(),
            dropped: BTreeSet::new(),
            today: None,
            sources: BTreeMap::new(),
            published: BTreeSet::new(),
            holders,
        }
    }

    /// The same network with the sources of published figures.
    #[must_use]
    pub fn with_sources(self, sources: BTreeMap<u32, Source>) -> Self {
        let live = sources.values().filter(|one| one.is_live());
        let published = live.flat_map(|one| &one.indicators).cloned().collect();
        Self {
            sources,
            published,
            ..self
        }
    }

    /// The source of a published figure by the number of its import; `None` if it was removed.
    pub fn source(&self, number: u32) -> Option<&Source> {
        self.sources.get(&number).filter(|one| one.is_live())
    }

    /// Whether it is a location's own indicator, which is in no figure of the network: its code has
    /// the prefix of a location, and the network has not defined it.
    pub fn is_own(&self, indicator: &IndicatorCode) -> bool {
        let location = indicator.location();
        location.is_some_and(|code| self.members.contains_key(&code))
            && !self.versions.contains_key(indicator)
    }

    /// Whether figures of the indicator are published, so that they are due from no location.
    pub fn is_published(&self, indicator: &IndicatorCode) -> bool {
        self.published.contains(indicator)
    }

    /// The location that counts and has an area on a period's last day.
    pub fn holder(&self, area: &AreaCode, period: Period) -> Option<&Member> {
        let codes = self.holders.get(area)?.iter();
        let mut members = codes.filter_map(|code| self.members.get(code));
        members.find(|member| {
            let has = || {
                member
                    .areas_in(period)
                    .into_iter()
                    .any(|(one, _)| one == *area)
            };
            member.counts() && has()
        })
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

    /// The same network on a day: periods whose figures are late by then have rows even if no one
    /// reported them.
    #[must_use]
    pub fn on(self, today: Date) -> Self {
        let today = Some(today);
        Self { today, ..self }
    }

    /// The day on which figures are late or not, if one is known.
    pub const fn today(&self) -> Option<Date> {
        self.today
    }

    /// Whether any indicator has a reporting calendar.
    pub fn has_calendar(&self) -> bool {
        let settings = self.versions.values().flat_map(Versions::iter);
        let mut settings = settings.map(|(_, settings)| settings);
        settings.any(|one| one.reported_from.is_some())
    }

    /// Whether figures of a period are late by the indicator's calendar.
    pub fn is_late(&self, indicator: &IndicatorCode, period: Period) -> bool {
        let versions = self.versions.get(indicator).zip(self.today);
        versions.is_some_and(|(versions, today)| versions.is_late(period, today))
    }

    /// The periods whose figures are late by the indicator's calendar, oldest first.
    pub fn late_periods(&self, indicator: &IndicatorCode) -> Vec<Due> {
        let Some((versions, today)) = self.versions.get(indicator).zip(self.today) else {
            return Vec::new();
        };
        let mut due = versions.due_periods(today);
        due.retain(|due| due.is_late(today));
        due
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

    /// The codes of its indicators, in order.
    pub fn indicators(&self) -> impl Iterator<Item = &IndicatorCode> {
        self.versions.keys()
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
