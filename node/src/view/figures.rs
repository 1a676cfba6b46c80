//! This location's figures of an indicator, over all its areas, by the rules of every rollup.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    disclosure::Kind,
    id::{AreaCode, IndicatorCode},
    model::{
        Audience,
        indicator::{Adjustment, RollupRule},
        observation::{ObservationKey, Statement},
        schema::DocKind,
    },
    rollup::{
        Cell, Fact, Level, Member, Network, Slice, Stated, cells_at, explain, explain::LinePart,
        published_first,
    },
    time::Timestamp,
};

use super::{IndicatorRow, ObservationRow, first};
use crate::replica::{DocumentError, Owner, Replica};

/// The figures of one indicator over this location's areas, by period and part.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    /// Those that this location stated.
    pub(crate) own: Vec<Cell>,
    /// Those that offices published about the same areas.
    pub(crate) published: Vec<Cell>,
    /// The published figures of the whole network. Empty if none is published about this place, or
    /// if the network has more areas than a page adds up.
    pub(crate) network: Vec<Cell>,
}

/// Maximum number of areas whose published figures are added up for a page. Reading 64 takes a few
/// milliseconds for each year.
const NETWORK_AREAS_MAX: usize = 64;

impl Replica {
    /// Adds up what `rows` and what offices say, each by itself, over the areas of each period. It
    /// needs no connection. Rows for the team alone count like all others: a caller whose
    /// reader may not see them leaves them out of `rows`.
    pub(crate) fn figures(
        &mut self,
        row: &IndicatorRow,
        rows: &[ObservationRow],
        now: Timestamp,
    ) -> Result<Figures, DocumentError> {
        let Some(network) = self.as_counted(row, now)? else {
            return Ok(Figures::default());
        };
        let location = self.location(Owner::Location);
        // A text that this version cannot read is an answer too, so no figure stands without it.
        let readable = rows.iter().filter(|row| row.unreadable.is_empty());
        let own = readable.map(|row| Fact {
            location,
            key: row.key.clone(),
            stated: row
                .stated
                .iter()
                .map(|one| stated(&one.statement, one.written.at))
                .collect(),
        });
        let published = self.published(&row.definition.code)?.into_iter();
        let published = published.map(|one| Fact {
            location,
            key: one.key,
            stated: vec![stated(&one.statement, None)],
        });
        let Some(code) = self.code() else {
            return Ok(Figures::default());
        };
        let level = Level::Location(code);
        let published = added_up(published.collect(), &network, &level);
        Ok(Figures {
            own: added_up(own.collect(), &network, &level),
            network: match published.is_empty() {
                true => Vec::new(),
                false => self.of_network(row)?,
            },
            published,
        })
    }

    /// Adds up what this location shared together with what offices publish about its areas, as the
    /// hub does: a published figure of an area comes before the location's own, which stands beside
    /// it.
    pub(crate) fn cells_shared(&mut self, row: &IndicatorRow) -> Result<Vec<Cell>, DocumentError> {
        let (Some(code), Some(mut place)) = (self.code(), self.place()?) else {
            return Ok(Vec::new());
        };
        let indicator = row.definition.code.clone();
        let location = self.location(Owner::Location);
        place.location_id = Some(location);
        let mut adoptions = self.own_document(DocKind::Profile)?.adoptions();
        adoptions.retain(|one, _| *one == indicator);
        let member = Member {
            code: code.clone(),
            place,
            adoptions,
            synced: None,
        };
        let sources = self.sources()?;
        let network = self.network_of(row, [member]).with_sources(sources);
        let mut rows = Vec::new();
        for name in self.own_documents(|kind| matches!(kind, DocKind::Observations(..))) {
            rows.extend(self.observations_in(&name, &|key| key.indicator == indicator)?);
        }
        let rows = ObservationRow::merged(rows);
        let own = rows.iter().filter(|row| row.unreadable.is_empty());
        let own = own.map(|row| Fact {
            location,
            key: row.key.clone(),
            stated: row
                .stated
                .iter()
                .map(|one| Stated {
                    statement: one.statement.clone(),
                    device: None,
                    at: one.written.at,
                    entry: None,
                    published: None,
                })
                .collect(),
        });
        let published = self.published(&indicator)?.into_iter();
        let published = published.map(|one| Fact {
            location,
            key: one.key,
            stated: vec![Stated {
                published: Some(one.source.line()),
                ..stated(&one.statement, None)
            }],
        });
        let facts = published.chain(own).collect();
        Ok(added_up(facts, &network, &Level::Location(code)))
    }

    /// Returns the subjects of those statements about an indicator that a network adds up as they
    /// are: under its newest definition, with their counts, and left out by no rule.
    pub(crate) fn added(
        &mut self,
        row: &IndicatorRow,
        said: &BTreeMap<ObservationKey, Statement>,
        now: Timestamp,
    ) -> Result<BTreeSet<ObservationKey>, DocumentError> {
        let definition = &row.definition;
        let adds_up = Kind::of(definition.kind).is_some()
            && definition.rollup == RollupRule::Sum
            && definition.adjustment == Adjustment::None;
        let Some(network) = self.as_counted(row, now)?.filter(|_| adds_up) else {
            return Ok(BTreeSet::new());
        };
        let (location, newest) = (self.location(Owner::Location), definition.hash());
        let mut slices: BTreeMap<_, (Slice, Vec<Fact>)> = BTreeMap::new();
        for (key, statement) in said
            .iter()
            .filter(|(key, _)| key.indicator == definition.code)
        {
            let fact = Fact {
                location,
                key: key.clone(),
                stated: vec![stated(statement, None)],
            };
            // Several spellings are one slice.
            let of = slices.entry((key.period, key.breakdown.folded()));
            let (_, facts) = of.or_insert_with(|| (Slice::of(key), Vec::new()));
            facts.push(fact);
        }
        let mut added = BTreeSet::new();
        for (slice, facts) in slices.values() {
            let explained = explain(&slice.at(Level::Network), facts, &network);
            let lines = explained.map_or_else(Vec::new, |explained| explained.lines);
            let counted = lines.iter().filter(|line| line.part == LinePart::Counted);
            let areas: BTreeSet<&AreaCode> = counted.map(|line| &line.area).collect();
            let whole = facts.iter().filter(|fact| {
                let statement = &fact.stated[0].statement;
                areas.contains(&fact.key.area)
                    && statement.numerator.is_some()
                    && statement.definition == newest
            });
            added.extend(whole.map(|fact| fact.key.clone()));
        }
        Ok(added)
    }

    /// Adds up what offices say about all areas of the network, as the hub does it.
    fn of_network(&mut self, row: &IndicatorRow) -> Result<Vec<Cell>, DocumentError> {
        let places = self
            .document(Owner::Hub, &first(DocKind::Network))?
            .places();
        let areas = places.iter().flat_map(|(code, place)| {
            let areas = place.areas.iter().map(|area| area.code.clone());
            areas.chain(code.as_str().parse())
        });
        let areas: BTreeSet<AreaCode> = areas.collect();
        if areas.len() > NETWORK_AREAS_MAX + places.len() {
            return Ok(Vec::new());
        }
        let members = places.into_iter().map(|(code, place)| Member {
            code,
            place,
            adoptions: BTreeMap::new(),
            synced: None,
        });
        let network = self.network_of(row, members);
        let network = network.with_sources(self.sources()?);
        let published = self.published_about(&row.definition.code, &areas)?;
        let facts = published.into_iter().filter_map(|one| {
            let holder = network.holder(&one.key.area, one.key.period)?;
            Some(Fact {
                location: holder.place.location_id?,
                key: one.key,
                stated: vec![stated(&one.statement, None)],
            })
        });
        Ok(added_up(facts.collect(), &network, &Level::Network))
    }

    /// Returns a network of this location alone. Its own page counts it even before the national
    /// team has confirmed it.
    fn as_counted(
        &mut self,
        row: &IndicatorRow,
        now: Timestamp,
    ) -> Result<Option<Network>, DocumentError> {
        let (Some(code), Some(mut place)) = (self.code(), self.place()?) else {
            return Ok(None);
        };
        place.location_id = Some(self.location(Owner::Location));
        place.confirmed_at = place.confirmed_at.or(Some(now));
        let decided = row.decision.as_ref().map(|one| one.adoption.clone());
        let adoptions = decided.map(|adoption| (row.definition.code.clone(), adoption));
        let member = Member {
            code,
            place,
            adoptions: adoptions
                .into_iter()
                .collect::<BTreeMap<IndicatorCode, _>>(),
            synced: None,
        };
        Ok(Some(self.network_of(row, [member])))
    }

    fn network_of(
        &mut self,
        row: &IndicatorRow,
        members: impl IntoIterator<Item = Member>,
    ) -> Network {
        let zone = self.zone();
        let definitions = row.versions.iter().map(|(one, _)| one.clone());
        let settings = row.versions.iter();
        let settings = settings.map(|(one, settings)| (one.key(), settings.clone()));
        let network = Network::new(members, definitions);
        network.with_settings(&settings.collect()).in_zone(zone)
    }
}

fn added_up(facts: Vec<Fact>, network: &Network, level: &Level) -> Vec<Cell> {
    let mut slices: BTreeMap<Slice, Vec<Fact>> = BTreeMap::new();
    for fact in facts {
        slices.entry(Slice::of(&fact.key)).or_default().push(fact);
    }
    let cells = slices.iter().flat_map(|(slice, facts)| {
        let facts = published_first(facts);
        cells_at(slice, &facts, network, |one| one == level)
    });
    cells.collect()
}

fn stated(statement: &Statement, at: Option<Timestamp>) -> Stated {
    Stated {
        // A rollup leaves out what may not reach the network; these figures go nowhere.
        statement: Statement {
            audience: statement.audience.max(Audience::Network),
            ..statement.clone()
        },
        device: None,
        at,
        entry: None,
        published: None,
    }
}
