//! Connections come and go. Nodes return after a failure, and an end hears late of the other.

use weft_shared::{
    id::InviteKey,
    identity::{DeviceKey, Operation, Role, SignedOperation},
    sync::{Local, Session, backoff_ms},
    wire::message::{Join, JoinProof},
};

use crate::{
    host::Joining,
    network::{Connection, HUB, NODE, What},
    world::World,
};

impl World {
    /// A session has ended; the other end hears of it after the data in flight.
    pub(crate) fn ended(&mut self, connection: u64, end: usize) -> Result<(), String> {
        let wire = self
            .connections
            .get_mut(&connection)
            .expect("looked up before");
        wire.ends[end] = None;
        let at = wire.arrival(end, self.now, &mut self.random);
        let other = What::Gone {
            connection,
            end: 1 - end,
        };
        self.agenda.plan(at, other);
        self.left(connection, end);
        Ok(())
    }

    pub(crate) fn gone(&mut self, connection: u64, end: usize) -> Result<(), String> {
        if let Some(session) = self.session(connection, end) {
            session.handle_disconnected();
            self.pump(connection, end)?;
        }
        let empty = |wire: &Connection| wire.ends.iter().all(Option::is_none);
        if self.connections.get(&connection).is_some_and(empty) {
            self.connections.remove(&connection);
        }
        Ok(())
    }

    /// A node without a connection wants another one.
    fn left(&mut self, connection: u64, end: usize) {
        if end != NODE {
            return;
        }
        let node = self.connections[&connection].node;
        if self.hosts[node].connection == Some(connection) {
            self.hosts[node].connection = None;
            self.retry(node);
        }
    }

    pub(crate) fn retry(&mut self, node: usize) {
        let host = &mut self.hosts[node];
        if host.revoked || !host.up || host.connecting {
            return;
        }
        host.connecting = true;
        // Keep runs short: this wait is bounded, while a real one may be 15 minutes.
        let ms = backoff_ms(host.attempts.min(3), self.random.next());
        host.attempts += 1;
        self.plan_in(ms, What::Connect { host: node });
    }

    /// Cuts a connection. Its ends hear of it late, or only when they ask.
    pub(crate) fn cut(&mut self, connection: u64) {
        let Some(wire) = self.connections.get_mut(&connection) else {
            return;
        };
        wire.cut_at = wire.cut_at.min(self.now + self.random.between(0, 200));
        for end in [NODE, HUB] {
            let ms = self
                .random
                .between(0, if end == NODE { 800 } else { 5_000 });
            self.plan_in(200 + ms, What::Gone { connection, end });
        }
    }

    pub(crate) fn connect(&mut self, node: usize) -> Result<(), String> {
        let host = &mut self.hosts[node];
        host.connecting = false;
        let busy = host.connection.is_some() || host.revoked || !host.up;
        let given_up = host.joining.as_ref().is_some_and(|joining| joining.refused);
        let alone = !host.has_joined() && host.joining.is_none();
        if busy || given_up || alone {
            return Ok(());
        }
        if host.parted_until > self.now || !self.hosts[0].up {
            self.retry(node);
            return Ok(());
        }
        let now = self.clock(node);
        let host = &self.hosts[node];
        let ours = match &host.joining {
            Some(joining) if !host.has_joined() => Session::join(self.join(node, joining), now),
            _ => Session::connect(
                Local {
                    device: host.key.id(),
                    replica: host.store.replica(host.location, self.zero),
                    outbox: host.outbox(),
                    wants_zero: true,
                },
                now,
            ),
        };
        let theirs = Session::accept(host.key.id(), self.clock(0));
        self.connected += 1;
        let connection = self.connected;
        let delay_ms = self.random.between(1, 150);
        let wire = Connection::new(node, [ours, theirs], delay_ms);
        self.connections.insert(connection, wire);
        self.hosts[node].connection = Some(connection);
        self.pump(connection, NODE)?;
        self.pump(connection, HUB)
    }

    fn join(&self, node: usize, joining: &Joining) -> Join {
        let host = &self.hosts[node];
        let invite = &joining.invite;
        Join {
            version: 1,
            device: host.key.id(),
            proof: JoinProof::Device {
                location: host.location,
                key: InviteKey::new(*invite.id().as_bytes()),
            },
            operation: self.admission(node, invite).encode(),
        }
    }

    /// Returns the operation by which an invited device adds itself, on the roster that it knows.
    pub(crate) fn admission(&self, node: usize, invite: &DeviceKey) -> SignedOperation {
        let host = &self.hosts[node];
        let operation = Operation::AddDevice {
            device: host.key.id(),
            name: host.name.clone(),
            role: Role::Member,
        };
        SignedOperation::sign_invite(host.roster().slot(self.clock(node)), operation, invite)
    }
}
