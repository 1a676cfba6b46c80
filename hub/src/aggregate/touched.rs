//! The effect of a document's changed keys on facts, shared records and the network itself.

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

use super::{context::Context, library::Loaded, origins::Origins, told::Told, writes::Writes};
use crate::store::{LocationRow, StoreError, derived::RecordText};

/// Reads the touched keys again, but for observations. Returns whether the network itself has
/// changed.
pub(super) fn read(
    loaded: &Loaded,
    (lix, location): (LocationRow, LocationId),
    touched: &Touched,
    (context, mut origins): (&mut Context, Option<&mut Origins<'_>>),
    writes: &mut Writes,
) -> Result<bool, StoreError> {
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
            Container::Answers => said::<Answer>(loaded, lix, key, writes),
            Container::Lines => said::<Line>(loaded, lix, key, writes),
            other => {
                if let Some(kind) = RecordKind::of(*other) {
                    record(loaded, lix, (kind, key), origins.as_deref_mut(), writes)?;
                }
            }
        }
    }
    if names_network {
        context.read(location, &loaded.document);
    }
    Ok(names_network)
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

fn record(
    loaded: &Loaded,
    lix: LocationRow,
    (kind, key): (RecordKind, &str),
    origins: Option<&mut Origins<'_>>,
    writes: &mut Writes,
) -> Result<(), StoreError> {
    let Ok(id) = key.parse::<RecordId>() else {
        return Ok(());
    };
    let Some(record) = loaded.document.record(kind, &id) else {
        return Ok(());
    };
    let forgotten = Words::forgotten(&record).into_iter();
    writes.forgotten.extend(forgotten.map(|hash| (lix, hash)));
    let live = record.is_live() && record.audience >= Audience::Network;
    // One that was taken back here is taken back wherever else it stands.
    let asked = match (kind, origins) {
        (RecordKind::Opportunity, Some(origins)) => asked(loaded, &record, origins)?,
        _ => None,
    };
    let text = (live || record.withdrawn).then(|| RecordText {
        text: Told {
            asked,
            ..Told::of(&loaded.document, record.clone())
        }
        .text(),
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
    Ok(())
}

/// The entry with which an opportunity became a request that the hub may show: the last of those
/// that say so, in the order in which the hub stored them.
fn asked(
    loaded: &Loaded,
    record: &Record,
    origins: &mut Origins<'_>,
) -> Result<Option<u64>, StoreError> {
    let mut last = None;
    for key in [schema::AUDIENCE, "who", "peers"] {
        let Some(said) = record.fields.get(key).and_then(|values| values.first()) else {
            continue;
        };
        let place = (&said.actor, said.op);
        let (entry, _) = origins.of_operation(&loaded.document, &loaded.beside, place)?;
        last = last.max(entry);
    }
    Ok(last)
}

/// The field of an initiative whose changes pages show.
const STATUS: &str = "status";
