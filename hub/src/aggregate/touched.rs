//! The effect of a document's changed keys on facts, shared records and the network itself.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
};

use weft_shared::{
    document::{Path, Scalar, Touched},
    id::{LocationId, RecordId},
    model::{
        Audience,
        answer::Answer,
        insight::Words,
        item::is_worded,
        line::Line,
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
    let (mut names_network, asking) = (false, Asking::new());
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
                    let origins = origins.as_deref_mut().map(|origins| (origins, &asking));
                    record(loaded, lix, (kind, key), origins, writes)?;
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
    origins: Option<(&mut Origins<'_>, &Asking)>,
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
        (RecordKind::Opportunity, Some(origins)) => asked(loaded, key, origins)?,
        _ => Vec::new(),
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

/// The writings that made opportunities of a document requests that the hub may show, or worded
/// them, by record: their actors and operations. Read once, and only if one was touched.
type Asking = OnceCell<BTreeMap<String, Vec<([u8; 16], u64)>>>;

fn asking(loaded: &Loaded) -> BTreeMap<String, Vec<([u8; 16], u64)>> {
    let kind = RecordKind::Opportunity;
    let asks =
        |field: &str| [schema::AUDIENCE, "who", "peers"].contains(&field) || is_worded(kind, field);
    let wanted =
        |path: &Path| path.container == kind.container() && path.field.as_deref().is_some_and(asks);
    let mut all: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for (path, by) in loaded.document.writings(&wanted) {
        all.entry(path.key).or_default().push(by);
    }
    all
}

/// The entries that made an opportunity a request that the hub may show, or worded it, in the order
/// in which the hub stored them: an answer is due by when the last of them arrived.
fn asked(
    loaded: &Loaded,
    key: &str,
    (origins, all): (&mut Origins<'_>, &Asking),
) -> Result<Vec<u64>, StoreError> {
    let all = all.get_or_init(|| asking(loaded));
    let mut entries = BTreeSet::new();
    for (actor, op) in all.get(key).into_iter().flatten() {
        let (entry, _) = origins.of_operation(&loaded.document, &loaded.beside, (actor, *op))?;
        entries.extend(entry);
    }
    Ok(entries.into_iter().collect())
}

/// The field of an initiative whose changes pages show.
const STATUS: &str = "status";
