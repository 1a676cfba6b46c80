//! The network as it was: made of the entries up to a moment when somebody asks.

use rusqlite::Connection;
use weft_shared::{model::schema::DocKind, rollup::Network, time::Timestamp};
use weft_store::undone;

use super::{context::Context, library};
use crate::store::{LocationRow, StoreError, documents, entries, quarantine, rosters};

/// The last entry that had been received at a moment, and the network as a hub knew it that had
/// received no more; both within the entries up to `most`.
///
/// A location that synced without saying anything left no entry, so here its last entry tells when
/// it last synced.
pub(crate) fn network_at(
    conn: &Connection,
    at: Timestamp,
    most: u64,
) -> Result<(u64, Network), StoreError> {
    let hub_seq = entries::last_received_by(conn, at)?.min(most);
    let ended = quarantine::ended(conn)?.into_iter();
    let ended = ended.map(|(lix, doc, seq, _)| (lix, doc, seq)).collect();
    let mut context = Context::default();
    for named in documents::all(conn)? {
        if !describes_network(&named) {
            continue;
        }
        let place = (named.lix, named.doc);
        if let Some(document) = library::load_at(conn, place, hub_seq, &ended)? {
            let location = rosters::location_id(conn, named.lix)?;
            context.read(location, &document);
        }
    }
    for (lix, received) in entries::received(conn, hub_seq)? {
        let location = rosters::location_id(conn, lix)?;
        context.synced.insert(location, received);
    }
    // A dropped entry stood at no moment that can be named, so it is a reason until the last entry.
    let dropped = match hub_seq < most {
        true => undone::dropped(conn, hub_seq)?.into_iter(),
        false => Vec::new().into_iter(),
    };
    let dropped = dropped.map(|lix| rosters::location_id(conn, lix));
    let dropped = dropped.collect::<Result<_, StoreError>>()?;
    Ok((hub_seq, context.network().after_dropping(&dropped)))
}

/// Whether a document is part of what makes the network.
pub(super) fn describes_network(named: &documents::Named) -> bool {
    match DocKind::of(&named.name) {
        Ok(DocKind::Profile) => named.lix != LocationRow::ZERO,
        Ok(DocKind::Network | DocKind::Definitions | DocKind::Sources) => {
            named.lix == LocationRow::ZERO
        }
        Ok(_) | Err(_) => false,
    }
}
