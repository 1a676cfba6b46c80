//! Records that the hub quotes of locations to each other, because their records say so.

use std::collections::BTreeMap;

use weft_shared::{
    id::{LocationCode, OutcomeCode, RecordId},
    model::{
        profile::Place,
        quote::{Quote, QuoteKey},
        schema::{DocKind, RecordKind},
    },
};

use super::first;
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

/// A record of a location, as the hub quotes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QuoteRow {
    pub(crate) location: LocationCode,
    /// The location's name, if the network has it.
    pub(crate) name: String,
    pub(crate) kind: RecordKind,
    pub(crate) id: RecordId,
    pub(crate) quote: Quote,
}

/// The name of a location, or its code if the network has no name.
pub(crate) fn name_of(places: &BTreeMap<LocationCode, Place>, code: &LocationCode) -> String {
    let place = places.get(code);
    place.map_or_else(|| code.to_string(), |place| place.name.clone())
}

impl Replica {
    /// Returns our outcomes that are one of the network's, by id: the others know them by code.
    pub(crate) fn shared_as(&mut self) -> Result<BTreeMap<RecordId, OutcomeCode>, DocumentError> {
        let rows = self.records_shared(RecordKind::Outcome)?.into_iter();
        let rows = rows.filter_map(|row| {
            let code = row.record.text("shared")?.parse().ok()?;
            Some((row.record.id, code))
        });
        Ok(rows.collect())
    }

    /// Returns the quotes of all locations, by location, kind and title.
    pub(crate) fn quotes(&mut self) -> Result<Vec<QuoteRow>, DocumentError> {
        let agenda = self.document(Owner::Hub, &first(DocKind::Agenda))?;
        let all = agenda.all_said::<Quote>();
        let mut quotes: Vec<(QuoteKey, Quote)> = all
            .filter_map(|under| Some((under.key.clone(), under.settled()?.clone())))
            .collect();
        quotes.sort_by(|(a, one), (b, other)| {
            (&a.location, a.kind, &one.title, a.id).cmp(&(&b.location, b.kind, &other.title, b.id))
        });
        let places = self.places()?;
        let row = |(key, quote): (QuoteKey, Quote)| QuoteRow {
            name: name_of(&places, &key.location),
            location: key.location,
            kind: key.kind,
            id: key.id,
            quote,
        };
        Ok(quotes.into_iter().map(row).collect())
    }
}
