//! This location's figures of an indicator, over all its areas, by the rules of every rollup.

use std::collections::BTreeMap;

use weft_shared::{
    id::IndicatorCode,
    model::observation::Statement,
    rollup::{Cell, Fact, Level, Member, Network, Slice, Stated, cells_at},
    time::Timestamp,
};

use super::{IndicatorRow, ObservationRow};
use crate::replica::{DocumentError, Owner, Replica};

/// The figures of one indicator over this location's areas, by period and part.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    /// Those that this location stated.
    pub(crate) own: Vec<Cell>,
    /// Those that offices published about the same areas.
    pub(crate) published: Vec<Cell>,
}

impl Replica {
    /// Adds up what `rows` and what offices say, each by itself, over the areas of each period. It
    /// needs no connection.
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
        Ok(Figures {
            own: self.added_up(own.collect(), &network),
            published: self.added_up(published.collect(), &network),
        })
    }

    fn added_up(&self, facts: Vec<Fact>, network: &Network) -> Vec<Cell> {
        let mut slices: BTreeMap<Slice, Vec<Fact>> = BTreeMap::new();
        for fact in facts {
            slices.entry(Slice::of(&fact.key)).or_default().push(fact);
        }
        let Some(code) = self.code() else {
            return Vec::new();
        };
        let level = Level::Location(code);
        let cells = slices
            .iter()
            .flat_map(|(slice, facts)| cells_at(slice, facts, network, |one| *one == level));
        cells.collect()
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
        let zone = self.zone();
        let definitions = row.versions.iter().map(|(one, _)| one.clone());
        let settings = row.versions.iter();
        let settings = settings.map(|(one, settings)| (one.key(), settings.clone()));
        let network = Network::new([member], definitions);
        let network = network.with_settings(&settings.collect());
        Ok(Some(network.in_zone(zone)))
    }
}

fn stated(statement: &Statement, at: Option<Timestamp>) -> Stated {
    Stated {
        statement: statement.clone(),
        device: None,
        at,
        entry: None,
        published: None,
    }
}
