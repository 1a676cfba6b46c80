//! Connections come and go; their sessions ask and answer.

use weft_shared::{
    id::InviteKey,
    identity::{DeviceKey, Operation, Role, Roster, SignedOperation},
    sync::{CloseReason, Event, Session, backoff_ms},
    wire::{
        NackCode,
        message::{Join, JoinProof},
    },
};

use crate::{
    device::{Joining, News},
    hub::End,
    network::{Connection, HUB, NODE, What},
    world::World,
};

impl World<'_> {
    pub(crate) fn session(&mut self, connection: u64, end: usize) -> Option<&mut Session> {
        self.connections.get_mut(&connection)?.session(end)
    }

    /// Changes a session, then handles the consequences.
    pub(crate) fn with_session(
        &mut self,
        connection: u64,
        end: usize,
        change: impl FnOnce(&mut Session),
    ) -> Result<(), String> {
        if let Some(session) = self.session(connection, end) {
            change(session);
            self.pump(connection, end)?;
        }
        Ok(())
    }

    /// Handles what a session wants done, and sends its output.
    pub(crate) fn pump(&mut self, connection: u64, end: usize) -> Result<(), String> {
        if end == HUB {
            let there = self.connections.get_mut(&connection);
            let there = there.and_then(|wire| wire.there.as_mut());
            if let (Some(end), Some(hub)) = (there, &self.hub) {
                end.handle_events(hub);
            }
        } else {
            while let Some(event) = self.session(connection, NODE).and_then(Session::poll_event) {
                self.hear(connection, event)?;
            }
        }
        let now = self.now;
        let whose = match self.connections.contains_key(&connection) {
            true => self.whose(connection, end),
            false => return Ok(()),
        };
        let clock = self.clock(whose);
        let Some(wire) = self.connections.get_mut(&connection) else {
            return Ok(());
        };
        let Some(session) = wire.session(end) else {
            return Ok(());
        };
        let sent = session.poll_transmit();
        let (wakes, over) = (session.poll_timeout(), session.is_over());
        if let Some(bytes) = sent {
            // Now and then in two portions.
            let cut = match self.random.chance(10) {
                true => self.random.index(bytes.len()),
                false => 0,
            };
            let parts = [&bytes[..cut], &bytes[cut..]];
            for part in parts.into_iter().filter(|part| !part.is_empty()) {
                let at = wire.arrival(end, now, &mut self.random);
                let what = What::Deliver {
                    connection,
                    to: 1 - end,
                    bytes: part.to_vec(),
                };
                self.agenda.plan(at, what);
            }
        }
        if over {
            return self.ended(connection, end);
        }
        if let Some(wakes) = wakes {
            let ms = wakes.since_ms(clock).max(0).unsigned_abs();
            self.plan_in(ms, What::Timer { connection, end });
        }
        Ok(())
    }

    /// A device hears an event of its session.
    fn hear(&mut self, connection: u64, event: Event) -> Result<(), String> {
        let device = self.connections[&connection].node;
        let now = self.clock(Some(device));
        self.touched.insert(device);
        match &event {
            Event::Joined(joined) => {
                // A disk that fails here lets the device ask again.
                let root = self.setting.root;
                let _ends_it = self.devices[device].join(root, joined, now);
                return Ok(());
            }
            Event::JoinStale { operations } => return self.rejoin(connection, operations),
            Event::Refused(refused) if refused.log.is_none() => match refused.code {
                NackCode::Revoked => self.devices[device].revoked = true,
                NackCode::RosterRefused | NackCode::RosterStale | NackCode::Full => {}
                NackCode::InviteSpent if self.devices[device].node.is_none() => {}
                code => return Err(format!("a refusal among honest hosts: {code:?}")),
            },
            Event::Closed { reason, .. } => self.closed(device, reason),
            Event::Acknowledged {
                location,
                dix,
                dseq,
                voids,
            } => {
                let own = self.devices[device].height().map(|(own, _)| own);
                if own == Some(*dix) && *location == self.devices[device].location {
                    self.acknowledged(device, *dseq, voids)?;
                }
            }
            _ => {}
        }
        let Some(node) = &mut self.devices[device].node else {
            return Ok(());
        };
        match node.answer(event, now) {
            Ok(Some(answer)) => {
                if let Some(session) = self.session(connection, NODE) {
                    answer.give(session, now);
                }
            }
            Ok(None) => {}
            // The disk has failed: the session ends, as the product's link ends it.
            Err(_) => {
                if let Some(session) = self.session(connection, NODE) {
                    session.close();
                }
            }
        }
        if self.devices[device]
            .node
            .as_ref()
            .is_some_and(|node| node.is_halted())
            && let Some(session) = self.session(connection, NODE)
        {
            session.close();
        }
        Ok(())
    }

    fn closed(&mut self, device: usize, reason: &CloseReason) {
        let refused = match reason {
            CloseReason::RefusedByPeer(code, _) | CloseReason::RefusedHere(code, _) => *code,
            CloseReason::JoinOver => {
                self.devices[device].attempts = 0;
                return;
            }
            _ => return,
        };
        match (refused, &mut self.devices[device].joining) {
            (NackCode::Revoked, _) => self.devices[device].revoked = true,
            (NackCode::InviteSpent | NackCode::InviteUnknown, Some(joining)) => {
                joining.refused = true;
            }
            _ => {}
        }
    }

    /// Tells every session of a device what the device has saved and stored meanwhile.
    pub(crate) fn tell_sessions(&mut self) -> Result<(), String> {
        while let Some(device) = self.touched.pop_first() {
            let Some(connection) = self.devices[device].connection else {
                continue;
            };
            let now = self.clock(Some(device));
            let location = self.devices[device].location;
            match self.devices[device].news() {
                None => {}
                Some(News::Rewritten) => {
                    self.with_session(connection, NODE, Session::close)?;
                }
                Some(News::Grown(height, roster)) => {
                    self.with_session(connection, NODE, |session| {
                        if let Some(roster) = roster {
                            session.handle_roster_changed(now, *roster);
                        }
                        if let Some((dix, height)) = height {
                            session.handle_stored(now, location, dix, height);
                        }
                    })?;
                }
            }
        }
        Ok(())
    }

    /// A session has ended; the other end hears of it after the data in flight.
    fn ended(&mut self, connection: u64, end: usize) -> Result<(), String> {
        let wire = self.connections.get_mut(&connection);
        let wire = wire.expect("looked up before");
        wire.forget(end);
        let at = wire.arrival(end, self.now, &mut self.random);
        let (other, node) = (1 - end, wire.node);
        self.agenda.plan(
            at,
            What::Gone {
                connection,
                end: other,
            },
        );
        if end == NODE && self.devices[node].connection == Some(connection) {
            self.devices[node].connection = None;
            self.retry(node);
        }
        Ok(())
    }

    pub(crate) fn gone(&mut self, connection: u64, end: usize) -> Result<(), String> {
        if end == NODE {
            self.lost(connection);
        }
        if let Some(session) = self.session(connection, end) {
            session.handle_disconnected();
            self.pump(connection, end)?;
        }
        let empty = |wire: &Connection| wire.here.is_none() && wire.there.is_none();
        if self.connections.get(&connection).is_some_and(empty) {
            self.connections.remove(&connection);
        }
        Ok(())
    }

    pub(crate) fn retry(&mut self, device: usize) {
        let host = &mut self.devices[device];
        if host.revoked || !host.up || host.connecting {
            return;
        }
        host.connecting = true;
        // Keep runs short: this wait is bounded, while a real one may be 15 minutes.
        let ms = backoff_ms(host.attempts.min(3), self.random.next());
        host.attempts += 1;
        self.plan_in(ms, What::Connect { device });
    }

    /// Cuts a connection. Its ends hear of it late, or only when they ask.
    pub(crate) fn cut(&mut self, connection: u64) {
        let Some(wire) = self.connections.get_mut(&connection) else {
            return;
        };
        wire.cut_at = wire.cut_at.min(self.now + self.random.between(0, 200));
        for end in [NODE, HUB] {
            let most = if end == NODE { 800 } else { 5_000 };
            let ms = self.random.between(0, most);
            self.plan_in(200 + ms, What::Gone { connection, end });
        }
    }

    pub(crate) fn connect(&mut self, device: usize) -> Result<(), String> {
        let host = &mut self.devices[device];
        host.connecting = false;
        let halted = host.node.as_ref().is_some_and(|node| node.is_halted());
        let busy = host.connection.is_some() || host.revoked || !host.up || halted;
        let given_up = host.joining.as_ref().is_some_and(|joining| joining.refused);
        let alone = host.node.is_none() && host.joining.is_none();
        if busy || alone || (given_up && host.node.is_none()) {
            return Ok(());
        }
        if host.parted_until > self.now || self.hub.is_none() {
            self.retry(device);
            return Ok(());
        }
        let now = self.clock(Some(device));
        let host = &mut self.devices[device];
        let known = host.node.as_mut().map(|node| node.session(now));
        let host = &self.devices[device];
        let ours = match (known, &host.joining) {
            (Some(session), _) => session,
            (None, Some(joining)) => Session::join(self.join(device, joining), now),
            (None, None) => return Ok(()),
        };
        let Some(hub) = &self.hub else {
            return Ok(());
        };
        let theirs = End::accept(hub, host.key.id());
        self.connected += 1;
        let connection = self.connected;
        let delay_ms = self.random.between(1, 150);
        let wire = Connection::new(device, ours, theirs, delay_ms);
        self.connections.insert(connection, wire);
        self.devices[device].connection = Some(connection);
        self.devices[device].meet();
        self.pump(connection, NODE)?;
        self.pump(connection, HUB)
    }

    fn join(&self, device: usize, joining: &Joining) -> Join {
        let host = &self.devices[device];
        Join {
            version: 1,
            device: host.key.id(),
            proof: JoinProof::Device {
                location: host.location,
                key: InviteKey::new(*joining.invite.id().as_bytes()),
            },
            operation: joining.operation.clone(),
        }
    }

    /// Signs the operation by which an invited device adds itself.
    pub(crate) fn admission(&self, device: usize, roster: &Roster, invite: &DeviceKey) -> Vec<u8> {
        let host = &self.devices[device];
        let operation = Operation::AddDevice {
            device: host.key.id(),
            name: host.name.clone(),
            role: Role::Member,
        };
        let slot = roster.slot(self.clock(Some(device)));
        SignedOperation::sign_invite(slot, operation, invite).encode()
    }

    /// A joiner hears the location's roster, and signs on top of it.
    fn rejoin(&mut self, connection: u64, operations: &[SignedOperation]) -> Result<(), String> {
        let device = self.connections[&connection].node;
        let location = self.devices[device].location;
        let roster = Roster::replay(location, operations);
        let roster = roster.map_err(|error| error.1.to_string())?;
        let joining = self.devices[device].joining.clone();
        let mut joining = joining.ok_or("no invite is known")?;
        let signed = self.admission(device, &roster, &joining.invite);
        joining.operation.clone_from(&signed);
        self.devices[device].joining = Some(joining);
        if let Some(session) = self.session(connection, NODE) {
            session.rejoin(signed);
        }
        Ok(())
    }
}
