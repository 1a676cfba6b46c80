//! The combined content of the documents: the hub's and the location's, shared and sealed.
//!
//! Commands, pages and exports read these. Nothing else combines documents.

mod agenda;
mod changes;
mod choices;
mod conflicts;
mod described;
mod due;
mod figures;
mod history;
mod indicators;
mod money;
mod observations;
mod published;
pub(crate) mod questions;
mod quotes;
mod readers;
mod records;
mod released;
mod releases;
mod requests;
mod seen;
pub(crate) mod sight;
mod statements;
mod status;
mod targets;
#[cfg(test)]
mod tests;
mod told;

pub(crate) use self::{
    agenda::{AnswerRow, ItemRow},
    changes::{ChangeFilter, ChangeRow, SaveId, SaveRow, value_title},
    choices::{Choices, word_label},
    conflicts::{ConflictRow, ConflictValue, observed_key},
    described::{Described, describe},
    due::{DueRow, LateLine, open_until, which},
    figures::Figures,
    history::{HistoryRow, Seen},
    indicators::{IndicatorRow, version_of},
    money::{LineRow, StatedInvestment},
    observations::{ObservationRow, StatedRow},
    published::PublishedRow,
    quotes::QuoteRow,
    readers::ReaderRow,
    records::{RecordRow, Wanted},
    released::Outgoing,
    releases::{Answer, NoticeRow, Part, Standing, WAITS},
    requests::{RequestRow, is_request},
    seen::SeenByAnalysts,
    sight::{OutcomeRow, QuestionRow},
    status::{Brief, News, StatusRow, clock_words},
    targets::{TargetRow, Whose},
    told::{Teller, ToldWords},
};

use std::collections::BTreeMap;

use weft_shared::{
    document::Document,
    id::{AreaCode, DocName},
    model::{observation::ObservationKey, profile::Place, schema::DocKind},
    period::Period,
    rollup::network::areas_in,
    time::{Timestamp, Zone},
};

use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

/// The author of a change, and its time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// The device's name; `None` if the roster has no such device.
    pub(crate) device: Option<String>,
    pub(crate) at: Option<Timestamp>,
}

/// The authors of one document's changes. Each is looked up once: to find whose an actor is takes a
/// hash for each device.
pub(crate) struct Authors<'a> {
    replica: &'a Replica,
    document: &'a Document,
    names: BTreeMap<[u8; 16], Option<String>>,
}

impl<'a> Authors<'a> {
    /// Begins with none, in a document of our own location.
    pub(crate) const fn new(replica: &'a Replica, document: &'a Document) -> Self {
        Self {
            replica,
            document,
            names: BTreeMap::new(),
        }
    }

    /// Returns the author of the change that holds an operation.
    pub(crate) fn written(&mut self, actor: &[u8; 16], op: u64) -> Written {
        let name = self.names.entry(*actor).or_insert_with(|| {
            let id = self.document.id();
            let device = self.replica.author(Owner::Location, id, actor);
            device.map(|device| device.name.clone())
        });
        Written {
            device: name.clone(),
            at: self.document.change_of(actor, op).map(|meta| meta.at),
        }
    }
}

impl Replica {
    /// Returns this location's names and areas, as the hub has them.
    pub(crate) fn place(&mut self) -> Result<Option<Place>, DocumentError> {
        let Some(code) = self.code() else {
            return Ok(None);
        };
        let network = self.document(Owner::Hub, &first(DocKind::Network))?;
        Ok(network.place(&code))
    }

    /// Returns the network's time zone, as the hub has it; UTC if it has not arrived or cannot be
    /// read.
    pub(crate) fn zone(&mut self) -> Zone {
        let network = self.document(Owner::Hub, &first(DocKind::Network));
        let setting = network.ok().and_then(Document::time_zone);
        Zone::of_setting(setting.as_deref())
    }

    /// Returns the codes of the areas that are ours in a period, as the hub has them.
    pub(crate) fn areas(&mut self, period: Period) -> Result<Vec<AreaCode>, DocumentError> {
        let (Some(code), Some(place)) = (self.code(), self.place()?) else {
            return Ok(Vec::new());
        };
        let areas = areas_in(&code, &place, period).into_iter();
        Ok(areas.map(|(code, _)| code).collect())
    }

    /// Returns the documents of our own location that `wanted` selects, including the local one.
    pub(crate) fn own_documents(&self, wanted: impl Fn(DocKind) -> bool) -> Vec<DocName> {
        let documents = self.documents_where(Owner::Location, wanted);
        documents.into_iter().map(|(_, name)| name).collect()
    }

    /// Returns the documents that hold one year's values, by their parts. The first is there even
    /// while it is empty.
    pub(crate) fn parts_of(&self, year: i16) -> Vec<DocKind> {
        let mut parts = vec![DocKind::Observations(year, 1)];
        let known = self.own_documents(
            |kind| matches!(kind, DocKind::Observations(one, part) if one == year && part > 1),
        );
        parts.extend(known.iter().filter_map(|name| DocKind::of(name).ok()));
        parts.sort_unstable();
        parts
    }

    /// Returns those of them that hold a key.
    pub(crate) fn parts_holding(
        &mut self,
        key: &ObservationKey,
    ) -> Result<Vec<DocKind>, DocumentError> {
        let mut holding = Vec::new();
        for part in self.parts_of(key.period.reporting_year()) {
            if self.own_document(part)?.observation(key).is_some() {
                holding.push(part);
            }
        }
        Ok(holding)
    }

    /// Returns the author of the change that holds an operation.
    pub(crate) fn written(
        &mut self,
        name: &DocName,
        actor: &[u8; 16],
        op: u64,
    ) -> Result<Written, DocumentError> {
        let (replica, document) = self.with_document(Owner::Location, name)?;
        Ok(Authors::new(replica, document).written(actor, op))
    }

    /// Returns a document of our own location.
    pub(crate) fn own_document(&mut self, kind: DocKind) -> Result<&Document, DocumentError> {
        self.document(Owner::Location, &first(kind))
    }
}

/// Returns the document of a kind in its first epoch.
pub(crate) fn first(kind: DocKind) -> DocName {
    DocName::first(kind.to_string())
}
