//! The history of saves, and the location's devices.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    document::{Path, Told},
    id::{DeviceIndex, RecordId},
    identity::Role,
    model::{
        observation::ObservationKey,
        schema::{self, Container, RecordKind},
    },
    time::Timestamp,
};
use weft_store::StoreError;

use crate::{
    replica::{DocumentError, Owner, Replica},
    store::{
        LocationRow, entries, journal,
        settings::Key,
        touches::{self, Touch},
    },
};

/// One save: an entry, or a change of the journal.
pub(super) type Save = (Option<(DeviceIndex, u64)>, Timestamp, String);

/// The changes of other devices that a person at this computer has seen. It goes by entries, not by
/// times, because what a colleague wrote offline last week may arrive today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// When they said so; `None` if no one has yet.
    pub(crate) at: Option<Timestamp>,
    /// The last entry seen of each device's log.
    entries: BTreeMap<DeviceIndex, u64>,
}

impl Seen {
    /// The entries as text: `1:5 2:8`.
    pub(crate) fn mark(&self) -> String {
        let entries = self.entries.iter();
        let entries = entries.map(|(dix, dseq)| format!("{}:{dseq}", dix.0));
        entries.collect::<Vec<_>>().join(" ")
    }

    /// Reads such text; what makes no sense counts as not seen.
    pub(crate) fn of_mark(at: Option<Timestamp>, mark: &str) -> Self {
        let entry = |text: &str| {
            let (dix, dseq) = text.split_once(':')?;
            Some((DeviceIndex(dix.parse().ok()?), dseq.parse().ok()?))
        };
        Self {
            at,
            entries: mark.split(' ').filter_map(entry).collect(),
        }
    }

    /// Whether a row was seen.
    pub(crate) fn has(&self, row: &HistoryRow) -> bool {
        let entry = row.dix.zip(row.entry);
        entry.is_some_and(|(dix, dseq)| self.entries.get(&dix).is_some_and(|seen| dseq <= *seen))
    }

    /// Whether everything of `all` was seen.
    pub(crate) fn has_all(&self, all: &Self) -> bool {
        let mut entries = all.entries.iter();
        entries.all(|(dix, dseq)| self.entries.get(dix).is_some_and(|seen| dseq <= seen))
    }
}

/// One record that one save touched.
#[derive(Clone, Debug)]
pub(crate) struct HistoryRow {
    pub(crate) at: Timestamp,
    /// The device's place in the roster; `None` if an earlier version kept it in no entry.
    pub(crate) dix: Option<DeviceIndex>,
    /// The device's name; `None` if the roster has no such device.
    pub(crate) device: Option<String>,
    /// The number of its entry; `None` if it is in none.
    pub(crate) entry: Option<u64>,
    /// Whether the hub has it; `None` if it is in no entry.
    pub(crate) shared: Option<bool>,
    pub(crate) document: String,
    pub(crate) container: String,
    pub(crate) record: String,
    /// The values that it stated; see [`Replica::told`].
    pub(crate) told: Vec<Told>,
}

/// Minimum number of characters of an id that name a record.
const ID_CHARS_MIN: usize = 4;

/// Whether people see it: figures always, other fields if they settled something.
fn is_shown(told: &Told) -> bool {
    let bookkeeping = [schema::WORDS_HASH, schema::WORDS_BYTES, schema::ORDER];
    let field = told.field.as_deref();
    let scalars = [
        Container::Observations,
        Container::Notes,
        Container::Adoptions,
    ];
    scalars.contains(&told.container)
        || RecordKind::is_removal(field)
        || (!told.not_chosen.is_empty() && !field.is_some_and(|field| bookkeeping.contains(&field)))
}

/// A device of this location, as the roster has it.
#[derive(Clone, Debug)]
pub(crate) struct DeviceRow {
    pub(crate) name: String,
    pub(crate) this: bool,
    pub(crate) admin: bool,
    pub(crate) revoked: bool,
    /// Number of entries of its log that are on this computer.
    pub(crate) entries: u64,
}

impl Replica {
    /// Returns the history, oldest first, of one record or of all.
    pub(crate) fn history_rows(&self, record: Option<&str>) -> Result<Vec<HistoryRow>, StoreError> {
        Ok(self.as_rows(self.history(record)?))
    }

    /// Returns how far somebody here has seen what other devices saved.
    pub(crate) fn changes_seen(&self) -> Result<Seen, StoreError> {
        let at: Option<i64> = self.setting(Key::ChangesSeenAt)?;
        let mark: Option<String> = self.setting(Key::ChangesSeen)?;
        let at = at.map(Timestamp::from_ms);
        Ok(Seen::of_mark(at, mark.as_deref().unwrap_or_default()))
    }

    /// Returns how far there is something of other devices to see.
    pub(crate) fn changes_of_others(&self) -> Seen {
        let logs = self.logs(Owner::Location);
        let others = logs.iter().filter(|(dix, _)| Some(**dix) != self.dix());
        Seen {
            at: None,
            entries: others.map(|(dix, log)| (*dix, log.height.dseq)).collect(),
        }
    }

    /// Remembers on this computer how far somebody has seen what other devices saved.
    pub(crate) fn saw_changes(&self, seen: &Seen) -> Result<(), StoreError> {
        self.set_setting(Key::ChangesSeen, seen.mark())?;
        if let Some(at) = seen.at {
            self.set_setting(Key::ChangesSeenAt, at.ms())?;
        }
        Ok(())
    }

    /// Returns some of what other devices saved, newest first, after the first `skipped`.
    pub(crate) fn history_of_others(
        &self,
        skipped: usize,
        rows_max: usize,
    ) -> Result<Vec<HistoryRow>, StoreError> {
        let touches = touches::of_others(&self.store().reader, self.dix(), skipped, rows_max)?;
        Ok(self.as_rows(touches))
    }

    fn as_rows(&self, touches: Vec<Touch>) -> Vec<HistoryRow> {
        let own = self.dix();
        let this = self.device().map(|device| device.name.clone());
        let logs = self.logs(Owner::Location);
        let roster = self.roster(Owner::Location);
        let rows = touches.into_iter().map(|touch| HistoryRow {
            at: touch.at,
            dix: touch.entry.map(|(dix, _)| dix),
            device: match touch.entry {
                Some((dix, _)) => roster.device(dix).map(|device| device.name.clone()),
                None => this.clone(),
            },
            entry: touch.entry.map(|(_, dseq)| dseq),
            shared: touch.entry.map(|(dix, dseq)| {
                let log = logs.get(&dix);
                log.is_some_and(|log| Some(dix) != own || log.acknowledged >= dseq)
            }),
            document: touch.document,
            container: touch.container,
            record: touch.record,
            told: Vec::new(),
        });
        rows.collect()
    }

    /// Does the same as [`Replica::history_rows`], with the values that were stated.
    pub(crate) fn history_told(
        &mut self,
        record: Option<&str>,
    ) -> Result<Vec<HistoryRow>, DocumentError> {
        let touches = self.history(record)?;
        let told = self.told(&touches)?;
        let mut rows = self.history_rows(record)?;
        for (row, told) in rows.iter_mut().zip(told) {
            row.told = told;
        }
        Ok(rows)
    }

    /// Returns the values of each touch: the statement about an observation, and the text of a
    /// field if it settled concurrent changes by two devices.
    pub(crate) fn told(&mut self, touches: &[Touch]) -> Result<Vec<Vec<Told>>, DocumentError> {
        let mut all = Vec::with_capacity(touches.len());
        let mut last: Option<(Save, Vec<Told>)> = None;
        for touch in touches {
            let save = (touch.entry, touch.at, touch.document.clone());
            let known = last.take().filter(|(known, _)| *known == save);
            let (_, told) = match known {
                Some(known) => last.insert(known),
                None => {
                    let told = self.told_in(&save, &|_| true)?;
                    last.insert((save, told))
                }
            };
            let of_it = |one: &&Told| {
                one.container.word() == touch.container && one.key == touch.record && is_shown(one)
            };
            all.push(told.iter().filter(of_it).cloned().collect());
        }
        Ok(all)
    }

    /// Returns the values that a save stated in a document, of the places that `wanted` selects.
    pub(super) fn told_in(
        &mut self,
        (entry, at, name): &Save,
        wanted: &dyn Fn(&Path) -> bool,
    ) -> Result<Vec<Told>, DocumentError> {
        let Some(name) = self
            .own_documents(|_| true)
            .into_iter()
            .find(|one| one.to_string() == *name)
        else {
            return Ok(Vec::new());
        };
        let id = name.id(&self.location(Owner::Location));
        let db = &self.store().reader;
        let runs: Vec<Vec<Vec<u8>>> = match entry {
            Some((dix, dseq)) => {
                let stored = entries::one(db, LocationRow::OWN, *dix, *dseq)?;
                let keys = self.keys_of(Owner::Location);
                let runs = stored.map(|stored| stored.entry.scanned(keys));
                let runs = runs.unwrap_or_default().into_iter();
                runs.filter(|run| run.doc == id)
                    .filter_map(|run| run.changes.ok())
                    .collect()
            }
            None => {
                let kept = journal::changes(db, &id)?.into_iter();
                let then = kept.filter(|kept| kept.at == *at);
                vec![then.map(|kept| kept.change).collect()]
            }
        };
        let document = self.document(Owner::Location, &name)?;
        let told = runs.iter();
        let told = told.flat_map(|run| document.told_about(run, wanted));
        Ok(told.collect())
    }

    /// Finds the record that a person means: by its id or the beginning of it, with or without the
    /// name of its list, or an observation as it is typed. Returns `None` if the history has none.
    pub(crate) fn touched_record(&self, text: &str) -> Result<Option<String>, StoreError> {
        let text = text.trim();
        if let Ok(key) = ObservationKey::from_typed(text) {
            let key = key.to_string();
            let known = !self.history(Some(&key))?.is_empty();
            return Ok(known.then_some(key));
        }
        let mut records: BTreeSet<String> = BTreeSet::new();
        for touch in self.history(None)? {
            let whole = format!("{}/{}", touch.container, touch.record) == text;
            if whole || touch.record == text {
                return Ok(Some(touch.record));
            }
            let is_id = touch.record.parse::<RecordId>().is_ok();
            if is_id && text.len() >= ID_CHARS_MIN && touch.record.starts_with(text) {
                records.insert(touch.record);
            }
        }
        Ok(match records.len() {
            1 => records.into_iter().next(),
            _ => None,
        })
    }

    /// Returns the devices of this location, in the order in which they were added.
    pub(crate) fn devices(&self) -> Vec<DeviceRow> {
        let logs = self.logs(Owner::Location);
        let row = |device: &weft_shared::identity::Device| DeviceRow {
            name: device.name.clone(),
            this: Some(device.dix) == self.dix(),
            admin: device.role == Role::Admin,
            revoked: device.sealed.is_some(),
            entries: logs.get(&device.dix).map_or(0, |log| log.height.dseq),
        };
        self.roster(Owner::Location).devices().map(row).collect()
    }
}
