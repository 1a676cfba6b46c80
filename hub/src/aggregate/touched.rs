//! The effect of a document's changed keys on facts, shared records and the network itself.

use std::collections::BTreeSet;

use weft_shared::{
    document::Touched,
    id::{IndicatorCode, LocationId, RecordId},
    model::{
        Audience,
        insight::Words,
        observation::ObservationKey,
        record::Record,
        schema::{self, Container, RecordKind},
    },
    period::Date,
    rollup::Slice,
};

use super::{context::Context, facts, library::Loaded, writes::Writes};
use crate::store::{
    LocationRow,
    derived::{FactPlace, RecordText},
};

/// The slices that must be rolled up again.
#[derive(Default)]
pub(super) struct Dirty {
    pub(super) slices: BTreeSet<Slice>,
    pub(super) indicators: BTreeSet<IndicatorCode>,
    /// Every slice whose period ends on this day or later.
    pub(super) since: Option<Date>,
    pub(super) all: bool,
    /// Whether the network itself has changed.
    pub(super) network: bool,
}

/// Reads the touched keys again.
pub(super) fn read(
    loaded: &Loaded,
    (lix, location): (LocationRow, LocationId),
    touched: &Touched,
    context: &mut Context,
    (writes, dirty): (&mut Writes, &mut Dirty),
) {
    let own = lix == LocationRow::ZERO;
    let mut names_network = false;
    for (container, key) in touched {
        match container {
            Container::Observations if !own => observation(loaded, lix, key, writes, dirty),
            Container::Adoptions if !own => {
                names_network = true;
                dirty.indicators.extend(key.parse::<IndicatorCode>());
            }
            Container::Locations | Container::Settings if own => {
                names_network = true;
                dirty.all = true;
            }
            Container::Definitions if own => {
                names_network = true;
                let code = key.split('/').next().unwrap_or_default();
                dirty.indicators.extend(code.parse::<IndicatorCode>());
            }
            other => {
                if let Some(kind) = RecordKind::of(*other) {
                    record(loaded, lix, (kind, key), writes);
                }
            }
        }
    }
    if names_network {
        context.read(location, &loaded.document);
        dirty.network = true;
    }
}

fn observation(
    loaded: &Loaded,
    lix: LocationRow,
    key: &str,
    writes: &mut Writes,
    dirty: &mut Dirty,
) {
    let Ok(key) = key.parse::<ObservationKey>() else {
        return;
    };
    // A key from another document's year is not an observation and says nothing about one.
    if !loaded.document.kind().holds(&key) {
        return;
    }
    let observed = loaded.document.observation(&key);
    let stated =
        observed.and_then(|observed| facts::encode(&loaded.document, &observed, &loaded.beside));
    let place = FactPlace {
        slice: Slice::of(&key),
        lix,
        area: key.area.to_string(),
        doc: *loaded.document.id(),
    };
    dirty.slices.insert(place.slice.clone());
    writes.facts.insert(place, stated);
}

fn record(loaded: &Loaded, lix: LocationRow, (kind, key): (RecordKind, &str), writes: &mut Writes) {
    let Ok(id) = key.parse::<RecordId>() else {
        return;
    };
    let Some(record) = loaded.document.record(kind, &id) else {
        return;
    };
    let forgotten = Words::forgotten(&record).into_iter();
    writes.forgotten.extend(forgotten.map(|hash| (lix, hash)));
    let live = record.is_live() && record.audience >= Audience::Network;
    // One that was taken back here is taken back wherever else it stands.
    let text = (live || record.withdrawn).then(|| RecordText {
        text: record_text(&record),
        live,
        withdrawn: record.withdrawn,
    });
    let kind = kind.word().to_owned();
    let doc = *loaded.document.id();
    writes.records.push((lix, doc, kind, id.to_string(), text));
}

/// Encodes a record: its fields with all concurrent values, the one shown to everyone first.
fn record_text(record: &Record) -> String {
    const FLAGS: [&str; 5] = [
        schema::AUDIENCE,
        schema::ORDER,
        schema::REMOVED,
        schema::MOVED,
        schema::WITHDRAWN,
    ];
    let fields = record.fields.iter();
    let fields = fields.filter(|(key, _)| !FLAGS.contains(&key.as_str()));
    let fields: serde_json::Map<_, _> = fields
        .map(|(key, values)| {
            let mut seen = BTreeSet::new();
            let texts = values.iter().map(|one| one.value.as_str());
            let texts: Vec<&str> = texts.filter(|text| seen.insert(*text)).collect();
            (key.clone(), texts.into())
        })
        .collect();
    let sets: serde_json::Map<_, _> = record
        .sets
        .iter()
        .filter(|(key, _)| *key != schema::WORDS_BEFORE)
        .map(|(key, members)| {
            (
                key.clone(),
                members.iter().cloned().collect::<Vec<_>>().into(),
            )
        })
        .collect();
    serde_json::json!({
        "audience": record.audience.word(),
        "withdrawn": record.withdrawn,
        "order": record.order,
        "title": record.title(),
        "fields": fields,
        "sets": sets,
    })
    .to_string()
}
