//! Cells of locations with one area of which one ordinary share is stated. They are those that all
//! the rules make, several times as fast: a location may have thousands.

use super::{
    AmountKind, Cell, Level, Slice,
    cell::{Labels, VALUE_DECIMALS, covered_share},
    network::{Member, Network},
    series::Base,
};
use crate::{
    id::{AreaCode, DefinitionHash},
    model::{
        indicator::Definition,
        observation::{ObservationKey, Statement},
    },
    time::Timestamp,
};

/// Makes plain cells of one location.
#[derive(Debug)]
pub struct Plain<'n> {
    network: &'n Network,
    member: &'n Member,
    /// The last key and definition, which the next one mostly has, too.
    key: Option<ObservationKey>,
    definition: Option<(DefinitionHash, &'n Definition)>,
}

impl<'n> Plain<'n> {
    /// For cells of a location that counts.
    #[must_use]
    pub const fn new(network: &'n Network, member: &'n Member) -> Self {
        Self {
            network,
            member,
            key: None,
            definition: None,
        }
    }

    /// The location's cell, if `statement`, made at `at` about `area`, is all that it states in the
    /// slice, and is plain.
    pub fn cell(
        &mut self,
        slice: &Slice,
        area: &AreaCode,
        (statement, at): (&Statement, Option<Timestamp>),
    ) -> Option<Cell> {
        let definition = self.definition(&statement.definition)?;
        let areas = self.member.areas_in(slice.period);
        let [(only, area_name)] = areas.as_slice() else {
            return None;
        };
        let settings = self.network.settings(definition);
        let changes = settings.is_some_and(|one| one.base_changed(None, slice.period).is_some());
        if only != area || changes || definition.code != slice.indicator {
            return None;
        }
        let network = self.network;
        let key = self.key(slice, area);
        if AmountKind::of_one(key, statement, network) != AmountKind::Share {
            return None;
        }
        let (numerator, denominator) = statement.numerator.zip(statement.denominator)?;
        Some(Cell {
            key: slice.at(Level::Location(self.member.code.clone())),
            labels: Labels {
                indicator_name: definition.name.clone(),
                indicator_name_mi: definition.name_mi.clone(),
                definition_version: Some(definition.version),
                unit: definition.measure().to_string(),
                location_name: Some(self.member.place.name.clone()),
                area: Some((area.clone(), (*area_name).to_owned())),
            },
            value: numerator.ratio(denominator, definition.factor, VALUE_DECIMALS),
            numerator: Some(numerator),
            denominator: Some(denominator),
            status: statement.status,
            status_reason: String::new(),
            n_locations: 1,
            n_expected: 1,
            n_areas: 1,
            n_areas_expected: 1,
            denominator_covered: covered_share(denominator, denominator),
            n_contested: 0,
            interval: None,
            base_changed: None,
            lower: None,
            upper: None,
            bases: vec![Base::of(area, statement)],
            updated_at: at,
        })
    }

    fn definition(&mut self, hash: &DefinitionHash) -> Option<&'n Definition> {
        if let Some((_, known)) = self.definition.filter(|(known, _)| known == hash) {
            return Some(known);
        }
        let found = self.network.definition(hash)?;
        self.definition = Some((*hash, found));
        Some(found)
    }

    fn key(&mut self, slice: &Slice, area: &AreaCode) -> &ObservationKey {
        let known = self.key.take().filter(|known| {
            (&known.indicator, &known.breakdown) == (&slice.indicator, &slice.breakdown)
        });
        let key = known.unwrap_or_else(|| ObservationKey {
            indicator: slice.indicator.clone(),
            area: area.clone(),
            period: slice.period,
            breakdown: slice.breakdown.clone(),
        });
        self.key.insert(ObservationKey {
            period: slice.period,
            ..key
        })
    }
}
