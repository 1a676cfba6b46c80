//! A host's answers to the events of its sessions.

use weft_shared::{
    id::{DeviceId, LocationId},
    identity::Roster,
    log::gate::Height,
    sync::{CloseReason, Event, Persisted, Refused, Replica, Side, Ticket},
    wire::NackCode,
};

use crate::{
    host::{At, Job},
    mutant::Mutant,
    network::{HUB, NODE, What},
    world::World,
};

impl World {
    /// Answers events at once from what is on disk.
    pub(crate) fn answer(&mut self, at: At, event: Event) -> Result<(), String> {
        let host = self.host_of(at.0, at.1);
        let now = self.clock(host);
        match event {
            Event::Hello {
                ticket,
                device,
                location,
            } => {
                let answer = self.admit(&device, location);
                self.tell(at, |end| end.handle_admitted(now, ticket, answer));
            }
            Event::LoadLog {
                ticket,
                location,
                dix,
            } => {
                let state = self.hosts[host].store.state(location, dix);
                self.tell(at, |end| end.handle_log(now, ticket, state));
            }
            Event::Load {
                ticket,
                location,
                dix,
                from_dseq,
                bytes_aim,
            } => {
                let host = &self.hosts[host];
                let is_own = (location, Some(dix)) == (host.location, host.dix());
                let key = is_own.then_some(&host.key);
                let outgoing = host.store.load((location, dix), from_dseq, bytes_aim, key);
                self.tell(at, |end| end.handle_loaded(now, ticket, outgoing));
            }
            Event::LoadVoids {
                ticket,
                location,
                dix,
                above,
            } => {
                let mut voids = self.hosts[host].store.voids((location, dix), above);
                if self.mutant == Some(Mutant::ForgetCodes) {
                    voids.clear();
                }
                self.tell(at, |end| end.handle_voids(now, ticket, &voids));
            }
            Event::LoadRoster {
                ticket,
                location,
                after,
            } => {
                let operations = self.hosts[host].store.operations(location);
                let operations = operations.get(after..).unwrap_or_default().to_vec();
                self.tell(at, |end| end.handle_roster_loaded(now, ticket, &operations));
            }
            other => return self.answer_later(at, other),
        }
        Ok(())
    }

    /// Queues events that are work for the writer; they are answered after its commit.
    fn answer_later(&mut self, at: At, event: Event) -> Result<(), String> {
        let job = match event {
            Event::Join { ticket, request } => Job::Join {
                at,
                ticket,
                request,
                again: false,
            },
            Event::Persist {
                ticket,
                location,
                dix,
                admission,
            } => {
                self.answer_early(Mutant::AckEarly, at, ticket);
                Job::Persist {
                    at,
                    ticket,
                    log: (location, dix),
                    admission: Box::new(admission),
                }
            }
            Event::PersistBlob {
                ticket,
                location,
                dix,
                dseq,
                hash,
                bytes,
            } => {
                self.answer_early(Mutant::BlobEarly, at, ticket);
                Job::Blob {
                    at,
                    ticket,
                    log: (location, dix),
                    dseq,
                    hash,
                    bytes,
                    again: false,
                }
            }
            Event::PersistRoster {
                ticket,
                location,
                after,
                operations,
            } => Job::Roster {
                at,
                ticket,
                location,
                after,
                operations,
            },
            news => return self.hear(at, news),
        };
        self.enqueue(self.host_of(at.0, at.1), job);
        Ok(())
    }

    /// Handles events that report an outcome.
    fn hear(&mut self, at: At, event: Event) -> Result<(), String> {
        match event {
            Event::Joined(_) | Event::JoinStale { .. } => self.joining(at, event),
            Event::Refused(refused) => self.refused(at, &refused),
            Event::Closed { reason, .. } => self.closed(at, &reason),
            other => self.progress(at, &other),
        }
    }

    fn answer_early(&mut self, mutant: Mutant, at: At, ticket: Ticket) {
        if self.mutant == Some(mutant) && at.1 == HUB {
            let now = self.clock(0);
            self.tell(at, |end| {
                end.handle_persisted(now, ticket, Persisted::Stored)
            });
        }
    }

    /// Answers a session, without handling its next wishes: the caller does that already.
    fn tell(&mut self, at: At, answer: impl FnOnce(&mut weft_shared::sync::Session)) {
        let wire = self
            .connections
            .get_mut(&at.0)
            .expect("its event is being answered");
        answer(
            wire.ends[at.1]
                .as_mut()
                .expect("its event is being answered"),
        );
    }

    fn admit(&self, device: &DeviceId, location: LocationId) -> Result<Replica, Refused> {
        let hub = &self.hosts[0];
        if hub.store.roster(location).dix_of(device).is_some() {
            return Ok(hub.store.replica(location, self.zero));
        }
        Err(Refused {
            by: Side::Here,
            code: NackCode::UnknownDevice,
            log: None,
            text: "not in the roster".into(),
        })
    }

    fn joining(&mut self, at: At, event: Event) -> Result<(), String> {
        let node = self.host_of(at.0, at.1);
        let location = self.hosts[node].location;
        if let Event::JoinStale { operations } = event {
            let roster =
                Roster::replay(location, &operations).map_err(|error| error.1.to_string())?;
            let joining = self.hosts[node]
                .joining
                .clone()
                .ok_or("no one invited it")?;
            // Sign on a roster that is not kept until the device is in it.
            let before = std::mem::take(&mut self.hosts[node].store);
            let kept = self.hosts[node].store.operate(location, &operations);
            let signed = self.admission(node, &joining.invite);
            self.hosts[node].store = before;
            kept?;
            if roster.head() != signed.slot.prev {
                return Err("a roster of another head".into());
            }
            self.tell(at, |session| session.rejoin(signed.encode()));
        } else if let Event::Joined(joined) = event {
            let operations = joined.roster.iter();
            let operations: Result<Vec<_>, _> = operations
                .map(|bytes| weft_shared::identity::SignedOperation::decode(bytes))
                .collect();
            let operations = operations.map_err(|error| error.to_string())?;
            let store = &mut self.hosts[node].store;
            let known = store.roster(location).len();
            store.operate(location, operations.get(known..).unwrap_or_default())?;
        }
        Ok(())
    }

    fn progress(&mut self, at: At, event: &Event) -> Result<(), String> {
        let node = self.host_of(at.0, at.1);
        if at.1 != NODE {
            return Ok(());
        }
        if matches!(event, Event::Live) {
            self.hosts[node].attempts = 0;
        }
        let Event::Acknowledged {
            location,
            dix,
            dseq,
            voids,
        } = event
        else {
            return Ok(());
        };
        let own = self.hosts[node].dix() == Some(*dix) && *location == self.hosts[node].location;
        if !voids.is_empty() && !self.hosts[node].store.spoilt {
            return Err(format!(
                "honest entries of log {dix} were voided: {voids:?}"
            ));
        }
        let behind = self.hosts[node].jobs.iter();
        let behind = behind
            .filter(|job| matches!(job, Job::Acked { .. }))
            .count();
        if own && (behind > 0 || !voids.is_empty()) {
            let (dseq, voids) = (*dseq, voids.clone());
            self.enqueue(node, Job::Acked { dseq, voids });
        } else if own {
            let acked = &mut self.hosts[node].store.acked;
            *acked = (*acked).max(*dseq);
            let hub = &self.hosts[0].store;
            self.oracle.shared((*location, *dix), *dseq, hub)?;
        }
        Ok(())
    }

    /// Among honest hosts only a revocation may be refused, if it comes too early or twice, and
    /// whatever follows from that.
    fn refused(&self, at: At, refused: &Refused) -> Result<(), String> {
        let early = refused.code == NackCode::RosterRefused && refused.log.is_none();
        if early || refused.code == NackCode::Revoked {
            return Ok(());
        }
        let host = &self.hosts[self.host_of(at.0, at.1)].name;
        Err(format!(
            "{host} heard a refusal among honest hosts: {refused:?}"
        ))
    }

    fn closed(&mut self, at: At, reason: &CloseReason) -> Result<(), String> {
        let node = self.host_of(at.0, NODE);
        if at.1 != NODE {
            return Ok(());
        }
        match reason {
            CloseReason::RefusedByPeer(NackCode::Revoked, _) => self.hosts[node].revoked = true,
            CloseReason::RefusedByPeer(NackCode::InviteSpent, _) => {
                if let Some(joining) = &mut self.hosts[node].joining {
                    joining.refused = true;
                }
            }
            CloseReason::RefusedByPeer(code, text) => {
                return Err(format!(
                    "{} was refused: {code:?} {text}",
                    self.hosts[node].name
                ));
            }
            CloseReason::RefusedHere(code, text) => {
                let name = &self.hosts[node].name;
                return Err(format!("{name} refused the hub: {code:?} {text}"));
            }
            CloseReason::JoinOver => {
                self.hosts[node].attempts = 0;
            }
            CloseReason::Shutdown
            | CloseReason::Disconnected
            | CloseReason::TimedOut
            | CloseReason::RetryAfter
            | CloseReason::StoreFailed => {}
        }
        Ok(())
    }

    pub(crate) fn enqueue(&mut self, host: usize, job: Job) {
        if self.hosts[host].jobs.is_empty() {
            let life = self.hosts[host].life;
            // Stall the disk now and then: whole sessions may start and end meanwhile.
            let stalls = self.unkind && self.random.chance(4);
            let ms = if stalls {
                self.random.between(500, 6_000)
            } else {
                self.random.between(1, 40)
            };
            self.plan_in(ms, What::Commit { host, life });
        }
        self.hosts[host].jobs.push(job);
    }

    /// Tells a host's sessions the new height of a log.
    pub(crate) fn poke(
        &mut self,
        host: usize,
        log: (LocationId, weft_shared::id::Dix),
        height: Height,
    ) -> Result<(), String> {
        if host == 0 && self.mutant == Some(Mutant::NoLivePush) {
            return Ok(());
        }
        let end = if host == 0 { HUB } else { NODE };
        let now = self.clock(host);
        for connection in self.connections_of(host) {
            self.with_session(connection, end, |session| {
                session.handle_stored(now, log.0, log.1, height);
            })?;
        }
        Ok(())
    }

    pub(crate) fn connections_of(&self, host: usize) -> Vec<u64> {
        let mine = self
            .connections
            .iter()
            .filter(|(_, wire)| host == 0 || wire.node == host);
        mine.map(|(connection, _)| *connection).collect()
    }
}
