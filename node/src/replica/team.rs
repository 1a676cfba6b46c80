//! The team's keys: who has them, and which of them seals the next save.
//!
//! A device seals only with keys that it drew itself, and with none of them after a revocation that
//! came later than its first entry with the key. So neither what others say nor what the hub leaves
//! out can keep a key in use that a revoked device has. The device that drew a key gives it to all
//! that are admitted; any other passes it on to those that were admitted later. Each device keeps
//! the keys that it got in its own log.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use weft_shared::{
    id::{BlobHash, DeviceId, DeviceIndex, DocId, DocName, TeamKeyId},
    identity::{NONCE_BYTES, Roster, TeamKey, TeamKeys},
    log::{
        entry::Entry,
        gate::VoidCode,
        sealed::{Envelope, Grant, are_sealed, open_words, seal_words, team_document},
    },
    model::schema::DocKind,
    wire::limits::RUN_GRANTS_MAX,
};
use weft_store::StoreError;

use super::{DocumentError, Replica, derive::Derivation, documents::Basis};
use crate::store::{LocationRow, Owner, blobs, entries, runs, team, undone};

/// The keys of the team, as far as this device knows them.
#[derive(Clone, Debug, Default)]
pub(super) struct Team {
    /// Those that it can open.
    keys: TeamKeys,
    /// Those that sealed entries need: the device that seals with each, and the position of the
    /// roster at its first entry.
    needed: BTreeMap<TeamKeyId, (DeviceIndex, usize)>,
    /// Those that this device drew: it has sealed with them, and with no others.
    drawn: BTreeMap<TeamKeyId, usize>,
    given: BTreeMap<TeamKeyId, Given>,
    /// The number of keys that came from each log.
    came: BTreeMap<DeviceIndex, usize>,
}

/// The devices that have a key, as far as this one can know.
#[derive(Clone, Debug, Default)]
struct Given {
    /// Those to which this device gave it, in entries that count.
    by_us: BTreeSet<DeviceId>,
    /// Those that keep it in their own log.
    kept: BTreeSet<DeviceId>,
}

/// The key for the entries of one save. The first of them gives keys to those who lack them.
#[derive(Debug)]
pub(super) struct Sealing {
    key: TeamKey,
    grants: Vec<Grant>,
}

impl Sealing {
    /// The grants to send with the next entry.
    pub(super) fn next(&mut self) -> Vec<Grant> {
        std::mem::take(&mut self.grants)
    }

    /// The key.
    pub(super) const fn key(&self) -> &TeamKey {
        &self.key
    }
}

/// The clear part of a sealed entry.
pub(super) struct ClearPart {
    pub(super) dix: DeviceIndex,
    pub(super) dseq: u64,
    /// The position of the roster that the entry names.
    pub(super) roster: usize,
    pub(super) envelope: Envelope,
}

/// The clear parts of sealed entries.
pub(super) type Envelopes = Vec<ClearPart>;

/// Keys that this device takes from one log: more than honest devices need for years.
const KEYS_FROM_LOG_MAX: usize = 1_024;

/// Entries that a key opens, by their log and number.
pub(super) type Opened = BTreeSet<(DeviceIndex, u64)>;

/// Reads the clear part of a sealed entry. The gate admits none that cannot be read.
pub(super) fn envelope(entry: &Entry) -> Option<Envelope> {
    let (_, body) = entry.sealed()?;
    Envelope::decode(&body.bytes).ok()
}

impl Team {
    /// The keys that open the sealed runs of a location's logs. The hub has none.
    pub(super) const fn keys(&self, owner: Owner) -> &TeamKeys {
        const NONE: &TeamKeys = &TeamKeys::NONE;
        match owner {
            Owner::Location => &self.keys,
            Owner::Hub => NONE,
        }
    }

    /// Adds a key that this device drew, with the position of the roster at its first entry.
    pub(super) fn insert(&mut self, key: TeamKey, roster: usize) {
        self.drawn.insert(key.id(), roster);
        self.keys.insert(key);
    }

    /// Notes who gave a key to whom, in an entry that counts.
    fn note(&mut self, by: Option<DeviceId>, is_own: bool, grant: &Grant) {
        let given = self.given.entry(grant.key).or_default();
        if is_own {
            given.by_us.insert(grant.to);
        } else if by == Some(grant.to) {
            given.kept.insert(grant.to);
        }
    }

    /// A key that may seal new words.
    fn usable(&self, roster: &Roster) -> Option<&TeamKey> {
        let mut drawn = self.drawn.iter();
        let usable = drawn.find(|(_, at)| **at >= roster.last_revocation());
        usable.and_then(|(id, _)| self.keys.get(id))
    }

    /// The devices to which this one should still give a key: all of them if it drew the key, or if
    /// the device that did is revoked, and else those that were admitted after the first entry with
    /// it; and itself until its own log has the key.
    fn lacking<'a>(
        &'a self,
        id: &TeamKeyId,
        own: DeviceIndex,
        roster: &'a Roster,
    ) -> impl Iterator<Item = DeviceId> + use<'a> {
        let given = self.given.get(id);
        let is_live = |dix| {
            let device = roster.device(dix);
            device.is_some_and(|device| device.sealed.is_none())
        };
        let others = self.needed.get(id).filter(|_| !self.drawn.contains_key(id));
        let since = others
            .filter(|(by, _)| is_live(*by))
            .map(|(_, since)| *since);
        roster.devices().filter_map(move |device| {
            let has = given.is_some_and(|given| {
                let kept = device.dix != own && given.kept.contains(&device.id);
                kept || given.by_us.contains(&device.id)
            });
            let is_ours = device.dix == own || since.is_none_or(|since| device.added_at > since);
            (device.sealed.is_none() && is_ours && !has).then_some(device.id)
        })
    }
}

impl Replica {
    /// Returns the name of the document of everything with the audience `team`.
    pub(crate) fn team(&self) -> DocName {
        team_document()
    }

    /// Returns the keys that open the sealed runs of a location's logs. The hub has none.
    pub(crate) const fn keys_of(&self, owner: Owner) -> &TeamKeys {
        self.team.keys(owner)
    }

    /// Returns the id of a document of our own location.
    pub(super) fn own_id(&self, name: &DocName) -> DocId {
        name.id(&self.own.location)
    }

    /// Reads who has which key, and opens those given to this device.
    pub(super) fn load_team(&self, db: &Connection) -> Result<Team, StoreError> {
        let mut team = Team::default();
        for (dix, grant, counts) in team::grants(db)? {
            self.take_grant(&mut team, dix, &grant, counts);
        }
        let own = self.dix().unwrap_or(DeviceIndex(0));
        for one in team::keys(db, own)? {
            team.needed.insert(one.key, (one.by, one.since));
            team.drawn.extend(one.own.map(|at| (one.key, at)));
        }
        Ok(team)
    }

    /// Returns whether the grant brought a key that this device could not open before. If it does
    /// not count, because its entry is void, it only brings the key.
    fn take_grant(&self, team: &mut Team, dix: DeviceIndex, grant: &Grant, counts: bool) -> bool {
        let by = self.own.roster.device(dix).map(|device| device.id);
        if counts {
            team.note(by, Some(dix) == self.dix(), grant);
        }
        if grant.to != self.device_id() || team.keys.get(&grant.key).is_some() {
            return false;
        }
        let came = team.came.entry(dix).or_default();
        if *came >= KEYS_FROM_LOG_MAX {
            return false;
        }
        *came += 1;
        let location = &self.own.location;
        match TeamKey::from_grant(location, &self.key, &grant.key, &grant.sealed) {
            Ok(key) => team.keys.insert(key),
            Err(error) => {
                tracing::warn!(%error, log = dix.0, "a key that was given to us does not open");
                false
            }
        }
    }

    /// Takes in what envelopes say. Returns the entries that were read before, and that keys which
    /// have just come open.
    pub(super) fn learn(&mut self, envelopes: &Envelopes) -> Result<Opened, StoreError> {
        let mut team = Team::clone(&self.team);
        let mut fresh = BTreeSet::new();
        for told in envelopes {
            let envelope = &told.envelope;
            if !envelope.sealed.is_empty() {
                let (_, since) = team
                    .needed
                    .entry(envelope.key)
                    .or_insert((told.dix, told.roster));
                *since = told.roster.min(*since);
            }
            for grant in &envelope.grants {
                if self.take_grant(&mut team, told.dix, grant, true) {
                    fresh.insert(grant.key);
                }
            }
        }
        self.team = team;
        team::sealed_with(&self.store.reader, &fresh)
    }

    /// Returns the key for the next save. If there is no usable one, it is drawn, and stays until
    /// it has sealed something.
    fn sealing_key(&mut self) -> TeamKey {
        if let Some(key) = self.team.usable(&self.own.roster) {
            return key.clone();
        }
        let seeds = &mut self.seeds;
        let unused = self
            .unused
            .get_or_insert_with(|| TeamKey::from_seed(seeds()));
        unused.clone()
    }

    /// Returns the key for the next save, and all grants that this device owes.
    pub(super) fn sealing(&mut self, own: DeviceIndex) -> Sealing {
        let key = self.sealing_key();
        let grants = self.grants_owed(own, Some(&key));
        Sealing { key, grants }
    }

    fn grant(&mut self, key: &TeamKey, to: &DeviceId) -> Option<Grant> {
        let seed = (self.seeds)();
        let sealed = key.grant(&self.own.location, to, seed)?;
        let (key, to) = (key.id(), *to);
        Some(Grant { key, to, sealed })
    }

    /// Returns grants to the devices that lack one: of the key for the next save, if there is one,
    /// and then of all that this device can open and that sealed entries need.
    pub(super) fn grants_owed(&mut self, own: DeviceIndex, next: Option<&TeamKey>) -> Vec<Grant> {
        let is_needed = |(id, _): &(&TeamKeyId, &TeamKey)| self.team.needed.contains_key(*id);
        let known = self.team.keys.iter().filter(is_needed);
        let known = known.map(|(_, key)| key.clone());
        let mut keys: Vec<TeamKey> = next.into_iter().cloned().chain(known).collect();
        keys.dedup();
        let mut owed: Vec<Grant> = Vec::new();
        for key in keys {
            let id = key.id();
            let to: Vec<DeviceId> = self.team.lacking(&id, own, &self.own.roster).collect();
            for to in to {
                let is_new = !owed.iter().any(|grant| (grant.key, grant.to) == (id, to));
                if is_new && owed.len() < RUN_GRANTS_MAX {
                    owed.extend(self.grant(&key, &to));
                }
            }
        }
        owed
    }

    /// Seals the words of an insight. Returns the blob and its hash.
    pub(crate) fn seal(&mut self, words: &[u8]) -> Option<(BlobHash, Vec<u8>)> {
        self.dix()?;
        let key = self.sealing_key();
        let nonce = self.nonce();
        let blob = seal_words(&self.own.location, (&key, nonce), words);
        Some((BlobHash::of(&blob), blob))
    }

    pub(super) fn nonce(&mut self) -> [u8; NONCE_BYTES] {
        let seed = (self.seeds)();
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&seed[..NONCE_BYTES]);
        nonce
    }

    /// Returns the words in a blob of our location, opened if they are sealed; `None` if this
    /// device has no key to them.
    pub(crate) fn opened(&self, blob: Vec<u8>) -> Option<Vec<u8>> {
        if !are_sealed(&blob) {
            return Some(blob);
        }
        open_words(&self.own.location, &self.team.keys, &blob).ok()
    }

    /// Returns those of the blobs that are sealed: their holders delete them without reading why.
    pub(super) fn sealed_among(&self, hashes: &[BlobHash]) -> Result<Vec<BlobHash>, StoreError> {
        let mut sealed = Vec::new();
        for hash in hashes {
            let blob = blobs::bytes(&self.store.reader, LocationRow::OWN, hash)?;
            if blob.is_some_and(|blob| are_sealed(&blob)) {
                sealed.push(*hash);
            }
        }
        Ok(sealed)
    }

    /// Returns the number of sealed entries that wait for a key.
    pub(crate) fn sealed_waiting(&self) -> Result<u64, StoreError> {
        let needed = self.team.needed.keys().copied();
        let waits = needed.filter(|key| self.team.keys.get(key).is_none());
        Ok(team::count(&self.store.reader, waits)?)
    }

    /// Whether no other device of the team is admitted, so that only a backup brings keys.
    pub(crate) fn is_last_device(&self) -> bool {
        let mut devices = self.own.roster.devices();
        !devices.any(|device| device.sealed.is_none() && device.id != self.device_id())
    }

    /// Writes down what every sealed entry says in the clear, in tables that were just reset, and
    /// takes the keys from it.
    pub(super) fn gather_team(&mut self) -> Result<(), DocumentError> {
        let doc = self.own_id(&self.team());
        let db = &self.store.reader;
        let mut envelopes = Envelopes::new();
        for (dix, dseq, _) in runs::above(db, Owner::Location, &doc, &BTreeMap::new())? {
            let stored = entries::one(db, LocationRow::OWN, dix, dseq)?;
            let stored = stored.filter(|stored| stored.void.is_none());
            envelopes.extend(stored.and_then(|stored| self.clear_part(dix, &stored.entry)));
        }
        // Entries that the hub did not take are still here, and are said again.
        for (dseq, _) in self.own_voids()? {
            let dix = self.dix().unwrap_or(DeviceIndex(0));
            let stored = entries::one(db, LocationRow::OWN, dix, dseq)?;
            envelopes.extend(stored.and_then(|stored| self.clear_part(dix, &stored.entry)));
        }
        self.store.write(move |db| record(db, &envelopes))?;
        self.team = self.load_team(&self.store.reader)?;
        Ok(())
    }

    /// Reads the clear part of an entry, if it is sealed.
    pub(super) fn clear_part(&self, dix: DeviceIndex, entry: &Entry) -> Option<ClearPart> {
        let roster = self.own.roster.position(&entry.header.roster);
        Some(ClearPart {
            dix,
            dseq: entry.header.dseq,
            roster: roster.unwrap_or_default(),
            envelope: envelope(entry)?,
        })
    }

    fn own_voids(&self) -> Result<Vec<(u64, VoidCode)>, StoreError> {
        match self.dix() {
            Some(dix) => undone::voids(&self.store.reader, LocationRow::OWN, dix, 0),
            None => Ok(Vec::new()),
        }
    }

    /// Reads the team's document again from its first entry, because keys have come that open more
    /// of it.
    pub(super) fn reread_team(&mut self, opened: &Opened) -> Result<Derivation, DocumentError> {
        let name = self.team();
        let place = (Owner::Location, self.own_id(&name));
        self.forget([place]);
        let (mut loaded, runs) = self.load(Owner::Location, &name, Vec::new(), Basis::Entries)?;
        let db = &self.store.reader;
        let keys = self.team.keys(Owner::Location);
        let taken = self.ends.hand_over(db, (place, keys), &mut loaded, runs)?;
        self.documents.put(place, loaded);
        self.derivation(Owner::Location, &name, taken, opened)
    }
}

/// Writes down the clear parts of entries.
pub(super) fn record(db: &Connection, envelopes: &Envelopes) -> Result<(), StoreError> {
    for told in envelopes {
        team::put(db, told.dix, (told.dseq, told.roster), &told.envelope)?;
    }
    Ok(())
}

/// Whether a run's document is the team's.
pub(super) fn is_teams(name: &DocName) -> bool {
    name.name.parse::<DocKind>().is_ok_and(DocKind::is_sealed)
}
