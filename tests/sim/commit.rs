//! A host's writer. Everything queued becomes durable at one time, then the answers go out.

use weft_shared::{
    id::{Dix, LocationId},
    identity::{Operation, RosterError, SignedOperation},
    log::{
        entry::Entry,
        gate::{Admission, Height},
    },
    model::observation::ObservationKey,
    sync::{JoinRefusal, Persisted, RosterRefusal, Ticket},
    wire::{
        NackCode,
        message::{Join, JoinProof, Joined},
    },
};

use crate::{
    host::{At, Job},
    mutant::Mutant,
    network::{HUB, NODE},
    setting,
    world::World,
};

/// An answer that goes out after a commit.
enum Answer {
    Persisted(At, Ticket, Persisted),
    Stored((LocationId, Dix), Height),
    Roster(At, Ticket, LocationId, Result<(), Box<RosterRefusal>>),
    Joined(At, Ticket, LocationId, Box<Result<Joined, JoinRefusal>>),
}

impl World {
    pub(crate) fn commit(&mut self, host: usize, life: u64) -> Result<(), String> {
        if self.hosts[host].life != life {
            return Ok(());
        }
        let mut answers = Vec::new();
        let mut later = Vec::new();
        for job in std::mem::take(&mut self.hosts[host].jobs) {
            self.work(host, job, &mut answers, &mut later)?;
        }
        for answer in answers {
            self.give(host, answer)?;
        }
        later.into_iter().for_each(|job| self.enqueue(host, job));
        Ok(())
    }

    #[expect(clippy::too_many_lines, reason = "one arm per job")]
    fn work(
        &mut self,
        host: usize,
        job: Job,
        answers: &mut Vec<Answer>,
        later: &mut Vec<Job>,
    ) -> Result<(), String> {
        match job {
            Job::Edit {
                number,
                key,
                words,
                spoilt,
            } => {
                answers.extend(self.save(host, number, key.as_ref(), (words, spoilt))?);
            }
            Job::Forge {
                number,
                key,
                sibling,
            } => {
                let now = self.clock(host);
                self.hosts[host].forge(number, &key, sibling, now)?;
                answers.extend(self.own_height(host));
            }
            Job::Acked { dseq, voids } => {
                self.acked(host, dseq, &voids)?;
                answers.extend(self.own_height(host));
            }
            Job::Persist {
                at,
                ticket,
                log,
                admission,
            } => {
                let (answer, stored) = self.persist(host, log, *admission)?;
                answers.extend(stored);
                answers.push(Answer::Persisted(at, ticket, answer));
            }
            Job::Blob {
                at,
                ticket,
                log,
                dseq,
                hash,
                bytes,
                again,
            } => {
                if self.mutant == Some(Mutant::BlobEarly) && host == 0 && !again {
                    let again = true;
                    later.push(Job::Blob {
                        at,
                        ticket,
                        log,
                        dseq,
                        hash,
                        bytes,
                        again,
                    });
                    return Ok(());
                }
                let store = &mut self.hosts[host].store;
                store.blobs.insert(hash, bytes);
                store
                    .logs
                    .entry(log)
                    .or_default()
                    .blobs
                    .insert((dseq, hash));
                answers.push(Answer::Persisted(at, ticket, Persisted::Stored));
            }
            Job::Roster {
                at,
                ticket,
                location,
                after,
                operations,
            } => {
                let outcome = self.append_roster(host, location, after, &operations);
                answers.push(Answer::Roster(at, ticket, location, outcome));
            }
            Job::Join {
                at,
                ticket,
                request,
                again,
            } => {
                self.admit_joiner((at, ticket), request, again, answers, later);
            }
        }
        Ok(())
    }

    /// Saves an entry of a person, and reports it to the oracle.
    fn save(
        &mut self,
        host: usize,
        number: u64,
        key: Option<&ObservationKey>,
        how: (bool, bool),
    ) -> Result<Option<Answer>, String> {
        let now = self.clock(host);
        let written = self.hosts[host].edit(number, key, how, now)?;
        match written {
            Some(written) => {
                self.oracle.written.insert(number, written);
                self.oracle.saved(number);
            }
            // A sealed device saves nothing, and no one was promised that it would.
            None => self.oracle.unsaved(number),
        }
        Ok(self.own_height(host))
    }

    fn own_height(&self, host: usize) -> Option<Answer> {
        let host = &self.hosts[host];
        let log = (host.location, host.dix()?);
        Some(Answer::Stored(log, host.store.height(log.0, log.1)))
    }

    /// Appends what passed the gate, if the log is still where it continues from.
    fn persist(
        &mut self,
        host: usize,
        log: (LocationId, Dix),
        mut admission: Admission,
    ) -> Result<(Persisted, Option<Answer>), String> {
        let mutant = self.mutant;
        if host == 0 && mutant == Some(Mutant::AcceptForeignActor) {
            self.take_forged(log, &mut admission);
        }
        let host = &mut self.hosts[host];
        let entries = admission.entries.iter().filter(|one| one.void.is_none());
        let entries: Vec<Entry> = entries.map(|one| one.entry.clone()).collect();
        let answer = host.store.append(log, admission, mutant);
        if !matches!(answer, Persisted::Stored) {
            return Ok((answer, None));
        }
        // The hub's documents are made from its logs at the end.
        if host.name != "hub" {
            let mut entries = entries.iter();
            entries.try_for_each(|entry| host.derived.take(log.0, entry))?;
        }
        let height = host.store.height(log.0, log.1);
        Ok((answer, Some(Answer::Stored(log, height))))
    }

    /// Appends by compare-and-set on the length. A revocation seals a log exactly where the hub
    /// holds it.
    fn append_roster(
        &mut self,
        host: usize,
        location: LocationId,
        after: usize,
        operations: &[SignedOperation],
    ) -> Result<(), Box<RosterRefusal>> {
        let forgotten = self.mutant == Some(Mutant::ForgottenSeal);
        let store = &mut self.hosts[host].store;
        let before = store.roster(location);
        let sealed_elsewhere = operations.iter().any(|signed| match &signed.operation {
            Operation::RevokeDevice { dix, dseq, hash } if host == 0 && !forgotten => {
                let held = store.height(location, *dix);
                (*dseq, *hash) != (held.dseq, held.hash)
            }
            _ => false,
        });
        let refusal = |code, text: String| {
            let roster = before.clone();
            Box::new(RosterRefusal { roster, code, text })
        };
        if sealed_elsewhere {
            let text = "the log is not that high here";
            return Err(refusal(NackCode::RosterRefused, text.into()));
        }
        if before.len() != after {
            return Err(refusal(NackCode::RosterStale, "sign it again".into()));
        }
        let done = store.operate(location, operations);
        done.map_err(|error| refusal(NackCode::RosterStale, error))
    }

    fn admit_joiner(
        &mut self,
        (at, ticket): (At, Ticket),
        request: Box<Join>,
        again: bool,
        answers: &mut Vec<Answer>,
        later: &mut Vec<Job>,
    ) {
        let JoinProof::Device { location, key } = &request.proof else {
            return;
        };
        let (location, key) = (*location, *key);
        let apart = self.mutant == Some(Mutant::TwoTransactionInvite);
        let spent = &mut self.hosts[0].store.spent;
        let outcome = if apart && !again && !spent.insert(*key.as_bytes()) {
            self.join_again(&request, location)
        } else {
            let tried = self.try_join(&request, location, key);
            if apart && !again && tried.is_ok() {
                later.push(Job::Join {
                    at,
                    ticket,
                    request,
                    again: true,
                });
                return;
            }
            if apart && tried.is_err() && !again {
                self.hosts[0].store.spent.remove(key.as_bytes());
            }
            tried.and_then(|operation| {
                let store = &mut self.hosts[0].store;
                if let Some(operation) = operation {
                    let done = store.operate(location, &[operation]);
                    done.map_err(|text| refused(NackCode::InviteSpent, &text))?;
                }
                Ok(self.joined(location))
            })
        };
        answers.push(Answer::Joined(at, ticket, location, Box::new(outcome)));
    }

    /// Answers a device again whose JOINED was lost.
    fn join_again(&self, request: &Join, location: LocationId) -> Result<Joined, JoinRefusal> {
        if self.hosts[0]
            .store
            .roster(location)
            .dix_of(&request.device)
            .is_some()
        {
            return Ok(self.joined(location));
        }
        Err(refused(NackCode::InviteSpent, "the invite was used"))
    }

    /// Returns the operation to append; none if the device is in the roster already.
    fn try_join(
        &self,
        request: &Join,
        location: LocationId,
        key: weft_shared::id::InviteKey,
    ) -> Result<Option<SignedOperation>, JoinRefusal> {
        let store = &self.hosts[0].store;
        let mut roster = store.roster(location);
        if roster.dix_of(&request.device).is_some() {
            return Ok(None);
        }
        let text = |error: RosterError| refused(NackCode::InviteSpent, &error.to_string());
        roster.open_invite(&key, self.clock(0)).map_err(text)?;
        let operation = SignedOperation::decode(&request.operation)
            .map_err(|error| refused(NackCode::Malformed, &error.to_string()))?;
        match roster.apply(&operation) {
            Ok(_) => Ok(Some(operation)),
            Err(RosterError::OutOfPlace { .. }) => {
                Err(JoinRefusal::Stale(store.operations(location).to_vec()))
            }
            Err(error) => Err(text(error)),
        }
    }

    fn joined(&self, location: LocationId) -> Joined {
        let place = self.locations.iter().position(|one| *one == location);
        let place = place.expect("a location of this network");
        let operations = self.hosts[0].store.operations(location).iter();
        Joined {
            network: "Simulated".into(),
            operator: "No one".into(),
            location,
            code: setting::code(place),
            name: format!("Location {place}"),
            name_mi: None,
            roster: operations
                .map(|operation| operation.encode().into())
                .collect(),
            zero: self.zero,
            server_time: self.clock(0),
        }
    }

    fn give(&mut self, host: usize, answer: Answer) -> Result<(), String> {
        let now = self.clock(host);
        match answer {
            Answer::Persisted((connection, end), ticket, answer) => {
                self.with_session(connection, end, |session| {
                    session.handle_persisted(now, ticket, answer);
                })
            }
            Answer::Stored(log, height) => self.poke(host, log, height),
            Answer::Roster((connection, end), ticket, location, outcome) => {
                let roster = self.hosts[host].store.roster(location);
                let answer = match outcome {
                    Ok(()) => Ok(roster),
                    Err(refusal) => Err(RosterRefusal { roster, ..*refusal }),
                };
                self.with_session(connection, end, |session| {
                    session.handle_roster(now, ticket, answer);
                })?;
                self.roster_changed(host, location)
            }
            Answer::Joined((connection, end), ticket, location, answer) => {
                self.with_session(connection, end, |session| {
                    session.handle_joined(now, ticket, *answer);
                })?;
                self.roster_changed(host, location)
            }
        }
    }

    fn roster_changed(&mut self, host: usize, location: LocationId) -> Result<(), String> {
        let forgets = host == 0 && self.mutant == Some(Mutant::ForgottenSeal);
        let end = if host == 0 { HUB } else { NODE };
        let now = self.clock(host);
        for connection in self.connections_of(host) {
            let roster = self.hosts[host].store.roster(location);
            let node = self
                .connections
                .get(&connection)
                .map(|wire| self.hosts[wire.node].key.id());
            let dix = node.and_then(|id| roster.dix_of(&id));
            let device = dix.and_then(|dix| roster.device(dix));
            if forgets && device.is_some_and(|device| device.sealed.is_some()) {
                continue;
            }
            self.with_session(connection, end, |session| {
                session.handle_roster_changed(now, roster);
            })?;
        }
        Ok(())
    }
}

fn refused(code: NackCode, text: &str) -> JoinRefusal {
    JoinRefusal::Refused {
        code,
        text: text.into(),
    }
}
