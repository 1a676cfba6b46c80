//! All that this location knows of a release by itself: the statements that the release owes, and
//! the published figures that may stand in rows with its name.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::clock;
use weft_shared::{
    document::{Document, Observed},
    id::{DeviceIndex, DocId, IndicatorCode, LocationCode},
    identity::TeamKeys,
    log::entry::ScannedRun,
    model::{
        Audience,
        indicator::{Rows, SettingKey},
        observation::{ObservationKey, Statement},
        profile::{Adoption, AdoptionStatus, Place},
        release::Notice,
        schema::{Container, DocKind},
    },
    period::{Date, PeriodRange},
    release::{Agreed, Heights, SliceName},
};

use super::Evidence as _;
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
    view::{Answer, IndicatorRow, first},
};

/// All that is known here of a release.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) acknowledged: Heights,
    pub(super) periods: Option<PeriodRange>,
    pub(super) by_location: BTreeSet<IndicatorCode>,
    pub(super) owed: BTreeSet<ObservationKey>,
    pub(super) published: BTreeSet<SliceName>,
}

impl Replica {
    /// Returns what is known here of a release that was announced, and of which the hub had
    /// acknowledged so much before.
    pub(super) fn known_of(
        &mut self,
        notice: &Notice,
        acknowledged: Heights,
    ) -> Result<Known, DocumentError> {
        let mut published = BTreeSet::new();
        for code in notice.indicators.keys() {
            let figures = self.published(code)?;
            published.extend(figures.iter().map(|one| SliceName::of(&one.key)));
        }
        let of = notice.indicators.iter();
        let by_location = of.filter(|(_, rows)| **rows == Rows::Locations);
        let by_location = by_location.map(|(code, _)| code.clone()).collect();
        let periods: Option<PeriodRange> =
            notice.periods.as_ref().and_then(|text| text.parse().ok());
        let mut owed = self.owed(notice, &acknowledged)?;
        owed.retain(|key| {
            let in_range = periods.is_none_or(|periods| periods.contains(key.period));
            in_range && !published.contains(&SliceName::of(key))
        });
        Ok(Known {
            acknowledged,
            periods,
            by_location,
            owed,
            published,
        })
    }

    /// Our statements that must be counted: released and agreed to then and now, stated once, and
    /// added up by every rule.
    fn owed(
        &mut self,
        notice: &Notice,
        heights: &Heights,
    ) -> Result<BTreeSet<ObservationKey>, DocumentError> {
        let then = self.agreed_at(heights)?;
        let rows: Vec<IndicatorRow> = self.indicators()?;
        let agreed = rows.into_iter().filter(|row| {
            let code = &row.definition.code;
            let asked = notice.indicators.get(code);
            asked.is_some_and(|asked| {
                let answers = [row.adopted(), then.get(code)];
                // Without a yes to open reading the whole release waits: no figure is left out.
                let is_yes = |one: &Adoption| Answer::to((*asked, false), one) == Answer::Yes;
                answers.into_iter().all(|one| one.is_some_and(is_yes)) && !row.is_contested()
            })
        });
        let agreed: Vec<IndicatorRow> = agreed.collect();
        let codes: BTreeSet<_> = agreed
            .iter()
            .map(|row| row.definition.code.clone())
            .collect();
        if codes.is_empty() {
            return Ok(BTreeSet::new());
        }
        let mut before = alone(self.observed_at(heights, &codes)?);
        let mut now = BTreeMap::new();
        for name in self.own_documents(|kind| matches!(kind, DocKind::Observations(..))) {
            let document = self.document(Owner::Location, &name)?;
            let observed = document.observations_where(|key| codes.contains(&key.indicator));
            now.extend(alone(observed));
        }
        // One that was changed since may have been taken back in between.
        before.retain(|key, statement| now.get(key) == Some(statement));
        let mut owed = BTreeSet::new();
        for row in &agreed {
            owed.extend(self.added(row, &before, clock::now())?);
        }
        Ok(owed)
    }

    /// The names and areas that the network ever gave each location, as its own log says.
    pub(super) fn places_ever(&mut self) -> Result<Places, DocumentError> {
        let network = self.document(Owner::Hub, &first(DocKind::Network))?;
        let mut places = Places::new();
        for one in network.all_told().into_iter().flat_map(|(_, told)| told) {
            let place = one.value.map(|text| Place::decode(&text));
            if let (Container::Locations, Ok(code), Some(Ok(place))) =
                (one.container, one.key.parse(), place)
            {
                places.entry(code).or_default().push(place);
            }
        }
        Ok(places)
    }

    /// The names that the network and its operator ever had, as the hub's own log says, and those
    /// under which we joined.
    pub(super) fn names_ever(
        &mut self,
    ) -> Result<(BTreeSet<String>, BTreeSet<String>), DocumentError> {
        let membership = self.membership()?;
        let mut networks = BTreeSet::from([membership.network.clone()]);
        let mut operators = BTreeSet::from([membership.operator.clone()]);
        let network = self.document(Owner::Hub, &first(DocKind::Network))?;
        for one in network.all_told().into_iter().flat_map(|(_, told)| told) {
            match (one.container, &*one.key, one.value) {
                (Container::Settings, "name", Some(name)) => networks.insert(name),
                (Container::Settings, "operator", Some(name)) => operators.insert(name),
                _ => false,
            };
        }
        Ok((networks, operators))
    }

    /// The first days of the periods in which the network ever said that the base of an indicator
    /// changed: one that it took back since may be in a release.
    pub(super) fn base_changes_ever(&mut self) -> Result<BaseChanges, DocumentError> {
        let definitions = self.document(Owner::Hub, &first(DocKind::Definitions))?;
        let mut changes = BaseChanges::new();
        for one in definitions
            .all_told()
            .into_iter()
            .flat_map(|(_, told)| told)
        {
            let (
                Container::Definitions,
                Ok(SettingKey {
                    definition,
                    at: Some(at),
                    ..
                }),
            ) = (one.container, one.key.parse())
            else {
                continue;
            };
            changes
                .entry(definition.code)
                .or_default()
                .insert(at.start());
        }
        Ok(changes)
    }

    /// Our adoptions in the entries up to these heights.
    fn agreed_at(
        &self,
        heights: &Heights,
    ) -> Result<BTreeMap<IndicatorCode, Adoption>, DocumentError> {
        let profiles = self.replayed(heights, |kind| kind == DocKind::Profile)?;
        let adoptions = profiles.iter().flat_map(Document::adoptions);
        Ok(adoptions
            .filter(|(_, one)| one.status == AdoptionStatus::Adopted)
            .collect())
    }

    /// The most that we said yes to, as the entries up to these heights say or a later one: the hub
    /// goes by what it has when a release goes out, and counts what it had when it was announced.
    pub(super) fn agreed_since(
        &mut self,
        heights: &Heights,
    ) -> Result<BTreeMap<IndicatorCode, Agreed>, DocumentError> {
        let mut said: Vec<(String, String)> = Vec::new();
        for profile in self.replayed(heights, |kind| kind == DocKind::Profile)? {
            for code in profile.adoptions().into_keys() {
                let standing = profile.standing(Container::Adoptions, code.as_str());
                said.extend(
                    standing
                        .into_iter()
                        .map(|one| (code.to_string(), one.value)),
                );
            }
        }
        let location = self.location(Owner::Location);
        for name in self.own_documents(|kind| kind == DocKind::Profile) {
            let id = name.id(&location);
            let runs = self.runs_after(heights)?;
            let profile = self.document(Owner::Location, &name)?;
            for run in runs.into_iter().filter(|run| run.doc == id) {
                let told = profile.told(&run.changes.unwrap_or_default());
                let told = told
                    .into_iter()
                    .filter(|one| one.container == Container::Adoptions);
                said.extend(told.filter_map(|one| Some((one.key, one.value?))));
            }
        }
        let mut agreed: BTreeMap<IndicatorCode, Agreed> = BTreeMap::new();
        for (code, text) in said {
            let (Ok(code), Ok(one)) = (code.parse(), Adoption::decode(&text)) else {
                continue;
            };
            let rows = one
                .releases
                .filter(|_| one.status == AdoptionStatus::Adopted);
            if let Some(rows) = rows {
                let most = agreed.entry(code).or_default();
                most.rows |= rows == Rows::Locations;
                most.open |= one.open == Some(true);
            }
        }
        Ok(agreed)
    }

    /// The parts of our entries that came after these heights.
    fn runs_after(&self, heights: &Heights) -> Result<Vec<ScannedRun>, DocumentError> {
        let logs = self.logs(Owner::Location).iter();
        let ends: Vec<(DeviceIndex, u64)> =
            logs.map(|(dix, log)| (*dix, log.height.dseq)).collect();
        let mut runs = Vec::new();
        for (dix, end) in ends {
            let from = heights.get(&dix).copied().unwrap_or_default();
            for dseq in from + 1..=end {
                let stored = self.entry(dix, dseq)?.filter(|one| one.void.is_none());
                runs.extend(
                    stored
                        .map(|one| one.entry.scanned(&TeamKeys::NONE))
                        .unwrap_or_default(),
                );
            }
        }
        Ok(runs)
    }

    /// Our released statements about some indicators, as the entries up to these heights say.
    pub(super) fn stated_at(
        &self,
        heights: &Heights,
        codes: &BTreeSet<IndicatorCode>,
    ) -> Result<BTreeMap<ObservationKey, Statement>, DocumentError> {
        let observed = self.observed_at(heights, codes)?.into_iter();
        let stated = observed.filter_map(|one| {
            let mut statements = one.stated.into_iter().map(|one| one.statement);
            Some((one.key, statements.find(is_released)?))
        });
        Ok(stated.collect())
    }

    fn observed_at(
        &self,
        heights: &Heights,
        codes: &BTreeSet<IndicatorCode>,
    ) -> Result<Vec<Observed>, DocumentError> {
        let years = self.replayed(heights, |kind| matches!(kind, DocKind::Observations(..)))?;
        let observed = years.iter().flat_map(|document| {
            let of = document.observations_where(|key| codes.contains(&key.indicator));
            of.collect::<Vec<_>>()
        });
        Ok(observed.collect())
    }

    /// Our documents of some kinds, as the entries up to these heights say.
    fn replayed(
        &self,
        heights: &Heights,
        wanted: impl Fn(DocKind) -> bool,
    ) -> Result<Vec<Document>, DocumentError> {
        let mut runs: BTreeMap<DocId, Vec<Vec<Vec<u8>>>> = BTreeMap::new();
        for (dix, height) in heights {
            for dseq in 1..=*height {
                let stored = self.entry(*dix, dseq)?.filter(|one| one.void.is_none());
                let scanned = stored
                    .map(|one| one.entry.scanned(&TeamKeys::NONE))
                    .unwrap_or_default();
                for run in scanned {
                    runs.entry(run.doc).or_default().extend(run.changes);
                }
            }
        }
        let location = self.location(Owner::Location);
        let mut documents = Vec::new();
        for name in self.own_documents(wanted) {
            let (Some(of), Ok(mut document)) = (
                runs.get(&name.id(&location)),
                Document::genesis(&location, &name),
            ) else {
                continue;
            };
            let of: Vec<&[Vec<u8>]> = of.iter().map(Vec::as_slice).collect();
            document.apply_runs(&of);
            documents.push(document);
        }
        Ok(documents)
    }
}

type Places = BTreeMap<LocationCode, Vec<Place>>;
type BaseChanges = BTreeMap<IndicatorCode, BTreeSet<Date>>;

fn is_released(statement: &Statement) -> bool {
    statement.audience >= Audience::Released && !statement.is_retraction()
}

/// The released figures that stand alone for their subjects.
fn alone(observed: impl IntoIterator<Item = Observed>) -> BTreeMap<ObservationKey, Statement> {
    let whole = observed.into_iter().filter(|one| !one.is_contested());
    let stated = whole.filter_map(|one| {
        let statement = one.stated.into_iter().next()?.statement;
        let is_figure = is_released(&statement) && !statement.status.is_without_figure();
        is_figure.then_some((one.key, statement))
    });
    stated.collect()
}
