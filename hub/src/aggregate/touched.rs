//! The effect of a document's changed keys on facts, shared records and the network itself.

use std::collections::BTreeSet;

use weft_shared::{
    document::{Scalar, Touched},
    id::{LocationId, RecordId},
    model::{
        Audience,
        answer::Answer,
        insight::Words,
        line::Line,
        record::Record,
        schema::{self, Container, RecordKind},
    },
};

use super::{context::Context, library::Loaded, writes::Writes};
use crate::store::{LocationRow, derived::RecordText};

/// Reads the touched keys again, but for observations. Returns whether the network itself has
/// changed.
pub(super) fn read(
    loaded: &Loaded,
    (lix, location): (LocationRow, LocationId),
    touched: &Touched,
    context: &mut Context,
    writes: &mut Writes,
) -> bool {
    let own = lix == LocationRow::ZERO;
    let mut names_network = false;
    for (container, key) in touched {
        match container {
            Container::Adoptions if !own => names_network = true,
            Container::Locations
            | Container::Settings
            | Container::Definitions
            | Container::Sources
                if own =>
            {
                names_network = true;
            }
            Container::Answers if !own => said::<Answer>(loaded, lix, key, writes),
            Container::Lines if !own => said::<Line>(loaded, lix, key, writes),
            // The hub's own records are read where they are shown, and are no location's.
            other if !own => {
                if let Some(kind) = RecordKind::of(*other) {
                    record(loaded, lix, (kind, key), writes);
                }
            }
            _ => {}
        }
    }
    if names_network {
        context.read(location, &loaded.document);
    }
    names_network
}

/// Takes the statements under a key. A key that cannot be read here is counted as unread.
fn said<T: Scalar>(loaded: &Loaded, lix: LocationRow, key: &str, writes: &mut Writes) {
    let Ok(subject) = key.parse::<T::Key>() else {
        return;
    };
    let under = loaded.document.said::<T>(&subject).into_iter();
    let texts = under.flat_map(|under| under.said);
    let texts = texts.map(|one| one.value.to_scalar()).collect();
    let doc = *loaded.document.id();
    let place = (T::CONTAINER, key.to_owned());
    writes.said.push((lix, doc, place, texts));
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
        changed: match kind {
            RecordKind::Initiative => loaded.document.changed(kind, &id, STATUS),
            _ => None,
        },
    });
    let kind = kind.word().to_owned();
    let doc = *loaded.document.id();
    writes.records.push((lix, doc, kind, id.to_string(), text));
}

/// The field of an initiative whose changes pages show.
const STATUS: &str = "status";

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
