//! The hub's reports about itself: status, doctor, rebuild.

use std::{collections::BTreeMap, net::SocketAddr};

use rusqlite::Connection;
use weft_host::{backup::Plan, output::explain, table::Finding};
use weft_shared::{
    id::{DeviceId, Hasher, HubRootHash},
    log::size::DOCUMENT_WARN_PERCENT,
    model::schema::goes_on,
    text::{counted, first_lines, listed, percent},
    time::Zone,
};
use weft_store::integrity_problems;

use super::{AppError, AppHandle, Behind, LocationView, Snapshot, serving, zone::UNSET_ZONE};
use crate::{
    aggregate::{library, reader::Reader},
    settings::{self, Countries},
    store::{
        LocationRow, StoreError, derived,
        documents::{self, Named},
        entries, invites,
        quarantine::{self, Quarantined, State},
        rosters, unread,
    },
};

/// The state of the hub.
#[derive(Clone, Debug)]
pub struct Status {
    /// The network's name.
    pub network: String,
    /// The legal entity that runs the hub.
    pub operator: String,
    /// The network's time zone.
    pub zone: Zone,
    /// The hash of the hub's root, which every invite pins.
    pub hub: HubRootHash,
    /// The device that signs the hub's own entries.
    pub log_device: DeviceId,
    /// The address that invites carry, if it is known.
    pub address: Option<String>,
    /// Whether it listens now.
    pub running: bool,
    /// The address on which it listens for nodes, while it does.
    pub sync: Option<SocketAddr>,
    /// The address of its pages, while they are served.
    pub pages: Option<String>,
    /// The address of the administration, while it is served.
    pub administration: Option<String>,
    /// The countries in which it and its backups are.
    pub(crate) countries: Countries,
    /// The same in words, with what to do if they must be known and are not.
    pub(crate) country: String,
    /// Entries stored.
    pub entries: u64,
    /// The last entry in the figures.
    pub derived_through: u64,
    /// The entries and documents that the figures lack, and why.
    pub behind: Behind,
    /// Entries that wait for others.
    pub held: u64,
    /// Entries that no document can take.
    pub quarantined: u64,
    /// Documents that are not read in full, because their name or epoch is unknown here or they
    /// hold something that cannot be read.
    pub newer: u64,
    /// Names and reasons of those documents at which the program ended.
    pub set_aside: Vec<String>,
    /// Whether the disk takes nothing more, or soon nothing.
    pub disk_full: bool,
    /// The backups: the last one, and when they are made; or why that cannot be read.
    pub backup: Result<Plan, String>,
    /// Sessions that are open.
    pub sessions: usize,
    /// The locations.
    pub locations: Vec<LocationView>,
}

/// The result of a rebuild.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuildReport {
    /// Entries read.
    pub entries: u64,
    /// Documents.
    pub documents: u64,
    /// Facts.
    pub facts: u64,
    /// Figures.
    pub cells: u64,
    /// The hash over all derived state that is stored: what [`AppHandle::dump`] returns, without
    /// the figures, which are made of it.
    pub dump_hash: [u8; 32],
    /// Each document by location and name, with the SHA-256 of its canonical dump.
    pub dumps: Vec<(String, [u8; 32])>,
}

/// Reports a disk that takes nothing more.
fn disk(has_room: bool) -> Finding {
    Finding {
        check: "disk",
        ok: has_room,
        finding: match has_room {
            true => "there is room".to_owned(),
            false => DISK_FULL.to_owned(),
        },
    }
}

/// Says what a full disk means, and what to do.
pub const DISK_FULL: &str = "the disk is full, or will be soon: what nodes send is refused and \
    waits on their computers, and what locations shared is not shown, because the ledger cannot \
    say who read it. Everything saved before is safe. Free some space; it goes on by itself";

/// Reports the entries that are in no document. The hub can do nothing about entries of locations,
/// and their documents continue, so only one of its own entries is a fault here.
fn versions(newer: u64) -> Finding {
    Finding {
        check: "versions",
        ok: true,
        finding: match newer {
            0 => "this version reads every document".to_owned(),
            _ => format!(
                "{} something of a newer version, or a text that is too long: kept and passed \
                 on; an upgrade reads what is newer",
                counted(newer, "document holds", "documents hold")
            ),
        },
    }
}

fn set_aside(
    (held, quarantined): (u64, u64),
    named: &[Quarantined],
    codes: &BTreeMap<LocationRow, String>,
) -> Finding {
    let own = named.iter().any(|row| row.lix == LocationRow::ZERO);
    if held + quarantined == 0 {
        return Finding {
            check: "documents",
            ok: true,
            finding: "every entry is in its document".to_owned(),
        };
    }
    let lines = named.iter().map(|row| {
        format!(
            "{} device {} entry {} in {}: {}",
            codes.get(&row.lix).map_or("hub", String::as_str),
            row.dix,
            row.dseq,
            row.document,
            row.reason
        )
    });
    let all = usize::try_from(held + quarantined).unwrap_or(usize::MAX);
    let lines = first_lines(lines, named.len(), all);
    let advice = if own {
        "run weft-hub rebuild; if it stays, restore the data directory from a backup"
    } else {
        "nothing is wrong with the hub, and its figures go on without them; what waits comes in \
         with what it builds on; for the others, ask the location's team to enter it again on \
         another device, and to revoke a device that it does not trust"
    };
    Finding {
        check: "documents",
        ok: !own,
        finding: format!(
            "{} for others, {} be read: {advice}. {}",
            counted(held, "entry waits", "entries wait"),
            counted(quarantined, "entry cannot", "entries cannot"),
            lines.join(" | ")
        ),
    }
}

fn named_zone(time_zone: Option<String>) -> Finding {
    Finding {
        check: "time zone",
        ok: true,
        finding: time_zone.unwrap_or_else(|| UNSET_ZONE.to_owned()),
    }
}

/// Lists the documents that are at half of their limits or more; nothing is wrong with them yet.
fn sizes(filled: &[(Named, u64)], codes: &BTreeMap<LocationRow, String>) -> Finding {
    let lines = filled.iter().map(|(one, full)| {
        let place = codes.get(&one.lix).map_or("hub", String::as_str);
        let (name, full) = (&one.name.name, percent(*full));
        format!("{place} {name} {full} full: {}", goes_on(name.parse().ok()))
    });
    let lines = first_lines(lines, NAMED_MAX, filled.len());
    Finding {
        check: "sizes",
        ok: true,
        finding: if lines.is_empty() {
            "every document is less than half full".to_owned()
        } else {
            lines.join("; ")
        },
    }
}

/// Entries that the doctor names.
const NAMED_MAX: usize = 10;
/// Figures that doctor makes both ways.
const CHECKED_SLICES: usize = 100;

fn named(one: &Quarantined) -> String {
    let (hub_seq, document, why) = (one.hub_seq, &one.document, &one.reason);
    format!("entry {hub_seq} ({document}): {why}")
}

impl Snapshot<'_> {
    /// Returns the state of the hub.
    ///
    /// # Errors
    /// If the store fails.
    pub fn status(&self) -> Result<Status, AppError> {
        let (conn, shared) = (self.conn, self.shared);
        let (held, quarantined) = quarantine::counts(conn)?;
        let ended = quarantine::all(conn, usize::MAX)?.into_iter();
        let ended = ended.filter(|one| one.state == State::Ended);
        let serving = shared.serving();
        let (pages, administration) = serving
            .pages
            .map(|at| (at.national, at.administration))
            .unzip();
        Ok(Status {
            network: shared.network.clone(),
            operator: shared.operator.clone(),
            zone: self.zone(),
            hub: shared.identity.hub,
            log_device: shared.identity.log_device(),
            address: self.address()?,
            running: serving.nodes.is_some(),
            sync: serving.nodes,
            pages,
            administration,
            countries: settings::countries(&shared.data_dir)?,
            country: serving::country(&shared.data_dir)?.finding,
            entries: entries::last_hub_seq(conn)?,
            derived_through: derived::folded(conn)?,
            behind: self.behind()?,
            held,
            quarantined,
            newer: unread::newer_count(conn)?,
            set_aside: ended.map(|one| named(&one)).collect(),
            disk_full: !shared.data_dir.has_room()?,
            backup: shared.backups.plan().map_err(|error| explain(&error)),
            sessions: shared.sessions.len(),
            locations: self.locations()?,
        })
    }

    /// Returns how much the hub has done.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn counts(&self) -> Result<Counts, AppError> {
        let (held, quarantined) = quarantine::counts(self.conn)?;
        Ok(Counts {
            entries: entries::last_hub_seq(self.conn)?,
            behind: self.behind()?,
            held,
            quarantined,
            sessions: self.shared.sessions.len(),
            locations: self.standing.location_count(),
        })
    }
}

/// Numbers of the hub's work.
pub(crate) struct Counts {
    /// Entries stored.
    pub(crate) entries: u64,
    /// The entries and documents that the figures lack, and why.
    pub(crate) behind: Behind,
    /// Entries that wait for others.
    pub(crate) held: u64,
    /// Entries that no document can take.
    pub(crate) quarantined: u64,
    /// Sessions that are open.
    pub(crate) sessions: usize,
    /// The locations of the network.
    pub(crate) locations: usize,
}

impl AppHandle {
    /// Checks the store, the logs and the state derived from them.
    ///
    /// # Errors
    /// If the store cannot be read at all.
    pub async fn doctor(&self) -> Result<Vec<Finding>, AppError> {
        Ok(self.health().await?.1)
    }

    /// Returns the state of the hub, and the same checks of the same state.
    ///
    /// # Errors
    /// If the store cannot be read at all.
    pub async fn health(&self) -> Result<(Status, Vec<Finding>), AppError> {
        let read = self.read(|at| {
            let conn = at.conn;
            let problems = integrity_problems(conn)?;
            let broken = entries::broken_chains(conn)?;
            let counts = quarantine::counts(conn)?;
            let named = quarantine::all(conn, NAMED_MAX)?;
            let codes: BTreeMap<_, _> = invites::bound_codes(conn)?
                .into_iter()
                .map(|bound| (bound.lix, bound.code.to_string()))
                .collect();
            let newer = unread::newer_count(conn)?;
            let filled = documents::filled(conn, DOCUMENT_WARN_PERCENT)?;
            let documents = (counts, named, codes, filled, newer);
            Ok((problems, broken, at.status()?, (documents, at.time_zone())))
        });
        let (problems, broken, status, (documents, time_zone)) = read.await?;
        let (counts, named, codes, filled, newer) = documents;
        let sums = self.sums().await?;
        let finding = |check, ok, good: &str, bad: String| Finding {
            check,
            ok,
            finding: if ok { good.to_owned() } else { bad },
        };
        let findings = vec![
            finding(
                "store",
                problems.is_empty(),
                "every page is sound",
                format!(
                    "{}; run weft-hub rebuild; if it stays, restore the data directory from a \
                     backup",
                    problems.join("; ")
                ),
            ),
            finding(
                "logs",
                broken.is_empty(),
                "every log is whole, from its first entry to its height",
                format!(
                    "{}; restore the data directory from a backup",
                    broken.join("; ")
                ),
            ),
            status.behind.finding(status.entries),
            sums,
            set_aside(counts, &named, &codes),
            disk(self.data_dir().has_room()?),
            serving::reach(self.data_dir(), self.has_people())?,
            serving::country(self.data_dir())?,
            sizes(&filled, &codes),
            versions(newer),
            named_zone(time_zone),
        ];
        Ok((status, findings))
    }

    /// Whether figures of the network from sums are those from facts.
    async fn sums(&self) -> Result<Finding, AppError> {
        let network = self.shared.aggregate.progress().network;
        let read = self.read(move |at| {
            let reader = Reader::new(at.conn, &network)?;
            Ok(reader.differing(CHECKED_SLICES)?)
        });
        let (differing, checked) = match read.await {
            Ok(found) => found,
            Err(AppError::Store(error @ StoreError::Derived(_))) => {
                return Ok(Finding {
                    check: "sums",
                    ok: true,
                    finding: error.to_string(),
                });
            }
            Err(error) => return Err(error),
        };
        let ok = differing.is_empty();
        let finding = match ok {
            true => format!(
                "{} checked, the same from sums as from facts",
                counted(checked as u64, "figure", "figures")
            ),
            false => format!(
                "not those of the facts: {}; run weft-hub rebuild",
                listed(&differing, NAMED_MAX)
            ),
        };
        Ok(Finding {
            check: "sums",
            ok,
            finding,
        })
    }

    /// Discards all derived state and derives it again from the entries.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn rebuild(&self) -> Result<RebuildReport, AppError> {
        self.shared.aggregate.rebuild().await?;
        let counts = self.counted(|at| {
            let conn = at.conn;
            let reader = Reader::new(conn, &at.network)?;
            let mut all = Hasher::new("weft/dumps/1");
            let mut dumps: Vec<(String, Hasher)> = Vec::new();
            // Piece by piece: even one text of a full document takes much memory.
            each_dump(conn, &reader, |key, piece| {
                all.add(piece.as_bytes());
                let Some(name) = key.strip_prefix("document ") else {
                    return;
                };
                match dumps.last_mut().filter(|(last, _)| last == name) {
                    Some((_, one)) => one.add(piece.as_bytes()),
                    None => {
                        let mut one = Hasher::new("");
                        one.add(piece.as_bytes());
                        dumps.push((name.to_owned(), one));
                    }
                }
            })?;
            let dump_hash = all.finish();
            let dumps = dumps.into_iter().map(|(name, one)| (name, one.finish()));
            let dumps = dumps.collect();
            let count = |table| derived::count(conn, table);
            Ok(RebuildReport {
                entries: entries::last_hub_seq(conn)?,
                documents: count("documents")?,
                facts: derived::facts::count(conn)?,
                cells: reader.count()?,
                dump_hash,
                dumps,
            })
        });
        counts.await
    }

    /// Returns the number of entries in the figures, and the number stored.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn derived(&self) -> Result<(u64, u64), AppError> {
        let read = self.read(|at| Ok((derived::folded(at.conn)?, entries::last_hub_seq(at.conn)?)));
        read.await
    }

    /// Returns all derived state as text: facts, figures, shared records, and the canonical dump of
    /// each document. Two hubs with the same entries have the same text, byte for byte.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn dump(&self) -> Result<BTreeMap<String, String>, AppError> {
        let dump = self.counted(|at| {
            let reader = Reader::new(at.conn, &at.network)?;
            let mut dump: BTreeMap<String, String> = BTreeMap::new();
            each_dump(at.conn, &reader, |key, piece| match dump.get_mut(key) {
                Some(text) => text.push_str(piece),
                None => {
                    dump.insert(key.to_owned(), piece.to_owned());
                }
            })?;
            reader.figure_texts(|key, text| {
                dump.insert(key, text);
            })?;
            Ok(dump)
        });
        dump.await
    }
}

/// Passes all that is stored of derived state to `take`, in one order; the text of a document comes
/// in pieces.
fn each_dump(
    conn: &Connection,
    reader: &Reader<'_>,
    mut take: impl FnMut(&str, &str),
) -> Result<(), StoreError> {
    let mut documents = BTreeMap::new();
    for named in documents::all(conn)? {
        let location = rosters::location_id(conn, named.lix)?;
        documents.insert(format!("document {location} {}", named.name), named);
    }
    for (key, named) in documents {
        if let Some(loaded) = library::load(conn, named.lix, &named.doc)? {
            loaded.document.dump_to(&mut |piece| take(&key, piece));
        }
    }
    reader.fact_texts(|key, text| take(&key, &text))?;
    derived::each_record(conn, |key, text| take(&key, &text))
}
