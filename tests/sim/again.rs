//! Entries that no gate accepts, from a faulty or malicious device; and the author's reaction when
//! it hears of this.

use std::collections::BTreeSet;

use weft_shared::{
    document::{Assignment, Author, Lost},
    id::{DeviceId, Dix, LocationId, sha256},
    log::{
        codec::Codec,
        entry::Body,
        gate::{Admission, VoidCode},
        lost::{Disposition, Rejected, may_say_again},
        scan,
    },
    model::observation::ObservationKey,
    time::Timestamp,
};

use crate::{
    derived::Derived,
    host::{Host, Job, statement},
    mutant::Mutant,
    oracle::document,
    world::World,
};

/// A lost entry, and what it said.
struct Words {
    dseq: u64,
    hash: weft_shared::id::EntryHash,
    again: Vec<Assignment>,
}

impl World {
    /// A malicious device writes in a sibling's name.
    pub(crate) fn forge(&mut self, host: usize, number: u64, key: ObservationKey) {
        let mine = &self.hosts[host];
        let siblings = self
            .hosts
            .iter()
            .filter(|other| other.location == mine.location && other.key.id() != mine.key.id());
        let siblings: Vec<DeviceId> = siblings.map(|other| other.key.id()).collect();
        let sibling = siblings[self.random.index(siblings.len())];
        let forged = Job::Forge {
            number,
            key,
            sibling,
        };
        self.enqueue(host, forged);
    }

    /// The mutant's gate does not check the actor of a change.
    pub(crate) fn take_forged(&self, (location, dix): (LocationId, Dix), of: &mut Admission) {
        let author = self
            .hosts
            .iter()
            .find(|host| host.location == location && host.dix() == Some(dix));
        let Some(author) = author else {
            return;
        };
        for admitted in &mut of.entries {
            let bodies = author.store.forged.get(&admitted.entry.header.dseq);
            if let Some(bodies) = bodies.filter(|_| admitted.void == Some(VoidCode::Actor)) {
                admitted.entry.bodies.clone_from(bodies);
                admitted.void = None;
            }
        }
    }

    /// A device hears that the hub has its log up to `dseq`, but only the headers of some entries.
    /// Their content leaves its documents and is said again, all in one transaction.
    pub(crate) fn acked(
        &mut self,
        host: usize,
        dseq: u64,
        voids: &[(u64, VoidCode)],
    ) -> Result<(), String> {
        let Some(dix) = self.hosts[host].dix() else {
            return Ok(());
        };
        let log = (self.hosts[host].location, dix);
        let acked = &mut self.hosts[host].store.acked;
        *acked = (*acked).max(dseq);
        self.oracle.shared(log, dseq, &self.hosts[0].store)?;
        let now = self.clock(host);
        let drops_held = self.mutant == Some(Mutant::DropHeld);
        let device = &mut self.hosts[host];
        let lost = device.take_out(log, voids);
        if lost.is_empty() {
            return Ok(());
        }
        let words = device.lost_words(&lost, drops_held)?;
        let sealed = device.roster().device(dix).and_then(|device| device.sealed);
        if sealed.is_some() {
            return Ok(());
        }
        for words in words {
            if words.again.is_empty() {
                self.oracle.overtaken(log, words.dseq);
                continue;
            }
            let again = self.hosts[host].say_again(&words, now)?;
            self.oracle.said_again(log, words.dseq, again);
        }
        Ok(())
    }
}

impl Host {
    /// Writes an entry into its own log that only a sibling may write.
    pub(crate) fn forge(
        &mut self,
        number: u64,
        key: &ObservationKey,
        sibling: DeviceId,
        now: Timestamp,
    ) -> Result<(), String> {
        let Some(dix) = self.dix() else {
            return Ok(());
        };
        let sealed = self.roster().device(dix).and_then(|device| device.sealed);
        if sealed.is_some() {
            return Ok(());
        }
        let name = document();
        let scratch = self.derived.document(self.location, &name)?.clone();
        let change = |device| {
            let author = Author { device, n: 0 };
            let mut scratch = scratch.clone();
            let edited = scratch.edit(author, now, |editor| {
                editor.put_observation(key, &statement(number), None)
            });
            let edited = edited.map_err(|error| error.to_string())?;
            edited
                .change
                .ok_or_else(|| "an edit that changes nothing".to_owned())
        };
        let (own, forged) = (change(self.key.id())?, change(sibling)?);
        let mut entry = self.compose(dix, &name, own, now)?;
        let run = &mut entry.header.runs[0];
        run.n_ops = scan::read(&forged)
            .map_err(|error| error.to_string())?
            .n_ops;
        run.raw_len = u32::try_from(forged.len()).expect("a small change");
        run.raw_hash = sha256("", &[&forged]);
        let codec = Codec::Raw;
        let bytes = forged;
        entry.hash = entry.header.hash();
        entry.bodies.clear();
        let dseq = entry.header.dseq;
        self.store.forged.insert(dseq, vec![Body { codec, bytes }]);
        self.store.spoilt = true;
        let log = self.store.logs.entry((self.location, dix)).or_default();
        log.entries.push((entry, Some(VoidCode::Actor)));
        Ok(())
    }

    /// Marks entries as void, with those that build on them. Returns those that are newly void and
    /// worth another try.
    fn take_out(&mut self, log: (LocationId, Dix), voids: &[(u64, VoidCode)]) -> BTreeSet<u64> {
        let acked = self.store.acked;
        let mut rejected = Rejected::default();
        let mut lost = BTreeSet::new();
        let Some(held) = self.store.logs.get_mut(&log) else {
            return lost;
        };
        for (entry, void) in &mut held.entries {
            let dseq = entry.header.dseq;
            let told = voids.iter().find(|(voided, _)| *voided == dseq);
            let disposition = match (&void, told) {
                (Some(_), _) => Disposition::SaidAgain,
                (None, Some(_)) => Disposition::Void,
                (None, None) if dseq <= acked => Disposition::Accepted,
                (None, None) => Disposition::Unknown,
            };
            let falls = rejected.next(&entry.header, disposition);
            if falls || disposition == Disposition::Void {
                let code = told.map_or(VoidCode::Seq, |(_, code)| *code);
                *void = Some(code);
                let tries = self.store.tries.get(&dseq).copied().unwrap_or(0);
                if may_say_again(code, tries) {
                    lost.insert(dseq);
                }
            }
        }
        lost
    }

    /// Returns what lost entries said, compared with the documents without them.
    fn lost_words(&mut self, lost: &BTreeSet<u64>, drops_held: bool) -> Result<Vec<Words>, String> {
        self.derived = Derived::rebuild(&self.store, drops_held)?;
        let Some(dix) = self.dix() else {
            return Ok(Vec::new());
        };
        let base = self.derived.document(self.location, &document())?.clone();
        let mut reader = Lost::of(&base);
        let log = self.store.logs.get(&(self.location, dix));
        let entries = log.into_iter().flat_map(|log| &log.entries);
        let entries = entries.filter(|(entry, _)| lost.contains(&entry.header.dseq));
        let mut words = Vec::new();
        for (entry, _) in entries {
            let mut again = Vec::new();
            for run in entry.changes().map_err(|error| error.to_string())? {
                again.extend(reader.read(&run.changes).again);
            }
            words.push(Words {
                dseq: entry.header.dseq,
                hash: entry.hash,
                again,
            });
        }
        Ok(words)
    }

    fn say_again(
        &mut self,
        words: &Words,
        now: Timestamp,
    ) -> Result<(u64, weft_shared::id::EntryHash), String> {
        let dix = self.dix().ok_or("it was a device before")?;
        let name = document();
        let author = Author {
            device: self.key.id(),
            n: 0,
        };
        let held = self.derived.document(self.location, &name)?;
        let edited = held.edit(author, now, |editor| {
            editor.name_lost(&words.hash);
            editor.say_again(&words.again)
        });
        let edited = edited.map_err(|error| error.to_string())?;
        let change = edited.change.ok_or("what was lost is said already")?;
        let entry = self.compose(dix, &name, change, now)?;
        let (dseq, hash) = (entry.header.dseq, entry.hash);
        let tries = self.store.tries.get(&words.dseq).copied().unwrap_or(0);
        self.store.tries.insert(dseq, tries + 1);
        let log = self.store.logs.entry((self.location, dix)).or_default();
        log.entries.push((entry, None));
        let moved = log.blobs.iter().find(|(at, _)| *at == words.dseq).copied();
        if let Some((at, blob)) = moved {
            log.blobs.remove(&(at, blob));
            log.blobs.insert((dseq, blob));
        }
        Ok((dseq, hash))
    }
}
