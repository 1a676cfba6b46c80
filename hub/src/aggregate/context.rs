//! The input of rollups besides facts: the network's locations, definitions and adoptions.

use std::collections::BTreeMap;

use weft_shared::{
    document::Document,
    id::{IndicatorCode, LocationCode, LocationId},
    model::{
        indicator::{Definition, DefinitionKey, Settings},
        profile::{Adoption, Place},
        schema::DocKind,
        source::Source,
    },
    rollup::{Member, Network},
    time::{Timestamp, Zone},
};

/// The parts that make up a network. Each is replaced when its document changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    pub(super) places: BTreeMap<LocationCode, Place>,
    pub(super) definitions: BTreeMap<DefinitionKey, Definition>,
    pub(super) settings: BTreeMap<DefinitionKey, Settings>,
    pub(super) adoptions: BTreeMap<LocationId, BTreeMap<IndicatorCode, Adoption>>,
    pub(super) synced: BTreeMap<LocationId, Timestamp>,
    pub(super) zone: Zone,
    /// The sources of published figures.
    pub(super) sources: BTreeMap<u32, Source>,
}

impl Context {
    /// Updates the context from a document of the network; ignores other documents.
    pub(super) fn read(&mut self, location: LocationId, document: &Document) {
        match document.kind() {
            DocKind::Profile => {
                self.adoptions.insert(location, document.adoptions());
            }
            DocKind::Network => {
                self.places = document.places();
                self.zone = Zone::of_setting(document.time_zone().as_deref());
            }
            DocKind::Definitions => {
                self.definitions = document.definitions();
                self.settings = document.definition_settings();
            }
            DocKind::Sources => self.sources = document.sources(),
            DocKind::Plan(_)
            | DocKind::Observations(..)
            | DocKind::Insights(..)
            | DocKind::Money(_)
            | DocKind::Answers(..)
            | DocKind::Team
            | DocKind::Agenda
            | DocKind::Published(..)
            | DocKind::Releases
            | DocKind::Readers => {}
        }
    }

    pub(super) fn network(&self) -> Network {
        let members = self.places.iter().map(|(code, place)| {
            let id = place.location_id;
            Member {
                code: code.clone(),
                place: place.clone(),
                adoptions: id
                    .and_then(|id| self.adoptions.get(&id).cloned())
                    .unwrap_or_default(),
                synced: id
                    .and_then(|id| self.synced.get(&id))
                    .map(|at| self.zone.day(*at)),
            }
        });
        let network = Network::new(members, self.definitions.values().cloned());
        let network = network.with_settings(&self.settings);
        let network = network.with_sources(self.sources.clone());
        network.in_zone(self.zone.clone())
    }
}
