//! The simulated world: hosts, connections, and the loop that runs one event after another.

use std::collections::{BTreeMap, BTreeSet};

use weft_disk::Random;
use weft_shared::{
    id::LocationId,
    identity::{DeviceKey, Operation, Role, RootKey, SignedOperation},
    sync::Session,
    time::Timestamp,
};

use crate::{
    derived::Derived,
    host::Host,
    mutant::Mutant,
    network::{Act, Agenda, Connection, HUB, NODE, Trace, What},
    oracle::Oracle,
};

/// The time at which every simulation begins.
const BEGIN_MS: i64 = 1_795_000_000_000;
/// Simulated milliseconds within which everything must converge after the faults.
const FINISH_MS_MAX: u64 = 60_000;
const YEAR_MS: i64 = 365 * 24 * 60 * 60 * 1_000;

pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) mutant: Option<Mutant>,
    pub(crate) now: u64,
    pub(crate) agenda: Agenda,
    pub(crate) trace: Trace,
    /// The hosts; the hub is the first.
    pub(crate) hosts: Vec<Host>,
    pub(crate) connections: BTreeMap<u64, Connection>,
    pub(crate) connected: u64,
    pub(crate) locations: Vec<LocationId>,
    pub(crate) zero: LocationId,
    pub(crate) oracle: Oracle,
    pub(crate) edits: u64,
    /// Whether faults still happen.
    pub(crate) unkind: bool,
    /// Joiners that share one invite: exactly one of them may be admitted.
    pub(crate) invited: Vec<(LocationId, Vec<usize>)>,
    /// Number of invites that are planned and not handed out yet.
    pub(crate) inviting: usize,
}

impl World {
    /// Runs one seed to its end.
    ///
    /// # Errors
    /// Returns the first violation.
    pub(crate) fn run(seed: u64, mutant: Option<Mutant>) -> Result<Trace, String> {
        let mut world = Self::new(seed, mutant);
        let faults_end = world.plan();
        world.until(faults_end, false)?;
        world.heal();
        let limit = faults_end + FINISH_MS_MAX;
        if !world.until(limit, true)? {
            return Err(format!(
                "not finished {FINISH_MS_MAX} ms after the faults: {}",
                world.unfinished().unwrap_or_default()
            ));
        }
        // Data still in flight must change nothing.
        world.until(world.now + 3_000, false)?;
        world.check()?;
        Ok(world.trace)
    }

    fn new(seed: u64, mutant: Option<Mutant>) -> Self {
        let mut random = Random::new(seed);
        let hub_root = RootKey::from_seed(random.bytes());
        let zero = hub_root.public().location_id();
        let hub = Host::new("hub".into(), DeviceKey::from_seed(random.bytes()), zero);
        let mut world = Self {
            random,
            mutant,
            now: 0,
            agenda: Agenda::default(),
            trace: Trace::new(),
            hosts: vec![hub],
            connections: BTreeMap::new(),
            connected: 0,
            locations: Vec::new(),
            zero,
            oracle: Oracle::default(),
            edits: 0,
            unkind: true,
            invited: Vec::new(),
            inviting: 0,
        };
        world.found(&hub_root, zero, &[0]);
        for _ in 0..world.random.between(1, 4) {
            world.add_location();
        }
        world
    }

    /// Adds a location with two or three devices that are in its roster from the beginning.
    fn add_location(&mut self) {
        let root = RootKey::from_seed(self.random.bytes());
        let location = root.public().location_id();
        let place = self.locations.len();
        self.locations.push(location);
        let first = self.hosts.len();
        let devices = self.random.between(2, 4);
        for n in 0..devices {
            let key = DeviceKey::from_seed(self.random.bytes());
            let mut host = Host::new(format!("{place}.{n}"), key, location);
            if n > 0 && self.random.chance(30) {
                let years = i64::try_from(self.random.between(0, 21)).expect("small") - 10;
                host.offset_ms = years * YEAR_MS;
            }
            host.derived.drops_held = self.mutant == Some(Mutant::DropHeld);
            self.hosts.push(host);
        }
        let all: Vec<usize> = (first..self.hosts.len()).collect();
        self.found(&root, location, &all);
    }

    /// Signs the devices into a new roster, which they and the hub hold.
    fn found(&mut self, root: &RootKey, location: LocationId, devices: &[usize]) {
        for host in devices {
            let operation = Operation::AddDevice {
                device: self.hosts[*host].key.id(),
                name: self.hosts[*host].name.clone(),
                role: Role::Admin,
            };
            let slot = self.hosts[0]
                .store
                .roster(location)
                .slot(Timestamp::from_ms(BEGIN_MS));
            let signed = SignedOperation::sign_root(slot, operation, root);
            let hub = &mut self.hosts[0].store;
            hub.operate(location, &[signed])
                .expect("the root may add devices");
        }
        let operations = self.hosts[0].store.operations(location).to_vec();
        for host in devices.iter().filter(|host| **host > 0) {
            let store = &mut self.hosts[*host].store;
            store
                .operate(location, &operations)
                .expect("the hub holds a whole roster");
        }
    }

    /// Returns the time on a host's clock.
    pub(crate) fn clock(&self, host: usize) -> Timestamp {
        let now = i64::try_from(self.now).expect("a simulation is short");
        Timestamp::from_ms(BEGIN_MS + now + self.hosts[host].offset_ms)
    }

    /// Returns the host at that end of a connection.
    pub(crate) fn host_of(&self, connection: u64, end: usize) -> usize {
        match end {
            NODE => self.connections[&connection].node,
            _ => 0,
        }
    }

    pub(crate) fn plan_in(&mut self, ms: u64, what: What) {
        self.agenda.plan(self.now + ms, what);
    }

    /// Runs everything before `end`; with `stop`, only until all has converged.
    fn until(&mut self, end: u64, stop: bool) -> Result<bool, String> {
        let mut look_at = self.now;
        loop {
            if stop && self.now >= look_at {
                look_at = self.now + 100;
                if self.unfinished().is_none() {
                    return Ok(true);
                }
            }
            let Some((at, what)) = self.agenda.next_before(end) else {
                break;
            };
            self.now = at;
            self.trace.note_number(at);
            self.happen(what)?;
        }
        self.now = end;
        Ok(!stop || self.unfinished().is_none())
    }

    fn happen(&mut self, what: What) -> Result<(), String> {
        match what {
            What::Deliver {
                connection,
                to,
                bytes,
            } => self.deliver(connection, to, &bytes),
            What::Gone { connection, end } => self.gone(connection, end),
            What::Timer { connection, end } => {
                if !self.connections.contains_key(&connection) {
                    return Ok(());
                }
                let now = self.clock(self.host_of(connection, end));
                self.with_session(connection, end, |session| {
                    if session.poll_timeout().is_some_and(|at| at <= now) {
                        session.handle_timeout(now);
                    }
                })
            }
            What::Commit { host, life } => self.commit(host, life),
            What::Connect { host } => self.connect(host),
            What::Restart { host } => self.restart(host),
            What::Act(act) => self.act(act),
        }
    }

    fn deliver(&mut self, connection: u64, to: usize, bytes: &[u8]) -> Result<(), String> {
        let Some(wire) = self.connections.get(&connection) else {
            return Ok(());
        };
        if self.now >= wire.cut_at {
            return Ok(());
        }
        self.trace.note_number(connection);
        self.trace.note(bytes);
        let now = self.clock(self.host_of(connection, to));
        let mut misbehaved = None;
        self.with_session(connection, to, |session| {
            if !session.is_over() {
                misbehaved = session.handle_bytes(now, bytes).err();
            }
        })?;
        misbehaved.map_or(Ok(()), |error| {
            Err(format!("an honest peer was refused: {error:?}"))
        })
    }

    /// Changes a session, then handles the consequences.
    pub(crate) fn with_session(
        &mut self,
        connection: u64,
        end: usize,
        change: impl FnOnce(&mut Session),
    ) -> Result<(), String> {
        if let Some(wire) = self.connections.get_mut(&connection)
            && let Some(session) = &mut wire.ends[end]
        {
            change(session);
            self.pump(connection, end)?;
        }
        Ok(())
    }

    /// Handles what a session wants done, and sends its output.
    pub(crate) fn pump(&mut self, connection: u64, end: usize) -> Result<(), String> {
        while let Some(session) = self.session(connection, end) {
            let Some(event) = session.poll_event() else {
                break;
            };
            self.answer((connection, end), event)?;
        }
        let now = self.now;
        let Some(wire) = self.connections.get_mut(&connection) else {
            return Ok(());
        };
        let Some(session) = &mut wire.ends[end] else {
            return Ok(());
        };
        let sent = session.poll_transmit();
        let (wakes, over) = (session.poll_timeout(), session.is_over());
        if let Some(bytes) = sent {
            // Now and then in two portions.
            let cut = if self.random.chance(10) {
                self.random.index(bytes.len())
            } else {
                0
            };
            for part in [&bytes[..cut], &bytes[cut..]]
                .into_iter()
                .filter(|part| !part.is_empty())
            {
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
            let host = self.host_of(connection, end);
            let ms = wakes.since_ms(self.clock(host)).max(0).unsigned_abs();
            self.plan_in(ms, What::Timer { connection, end });
        }
        Ok(())
    }

    pub(crate) fn session(&mut self, connection: u64, end: usize) -> Option<&mut Session> {
        self.connections.get_mut(&connection)?.ends[end].as_mut()
    }

    /// Crashes a host: everything that is not on disk is lost.
    pub(crate) fn crash(&mut self, host: usize, ms: u64) {
        if !self.hosts[host].up {
            return;
        }
        let crashed = &mut self.hosts[host];
        crashed.up = false;
        crashed.life += 1;
        crashed.jobs.clear();
        crashed.connection = None;
        crashed.derived = Derived::default();
        let end = if host == 0 { HUB } else { NODE };
        let mine = self
            .connections
            .iter()
            .filter(|(_, wire)| host == 0 || wire.node == host);
        let mine: BTreeSet<u64> = mine.map(|(connection, _)| *connection).collect();
        for connection in mine {
            self.cut(connection);
            let wire = self.connections.get_mut(&connection).expect("listed above");
            wire.ends[end] = None;
        }
        self.plan_in(ms, What::Restart { host });
    }

    fn restart(&mut self, host: usize) -> Result<(), String> {
        let drops_held = host > 0 && self.mutant == Some(Mutant::DropHeld);
        let restarted = &mut self.hosts[host];
        restarted.up = true;
        restarted.derived = Derived::rebuild(&restarted.store, drops_held)?;
        if host > 0 {
            self.retry(host);
        }
        Ok(())
    }

    /// Ends the faults: every host is up and can reach the hub.
    fn heal(&mut self) {
        self.unkind = false;
        for node in 1..self.hosts.len() {
            let host = &mut self.hosts[node];
            host.parted_until = 0;
            host.attempts = 0;
            if host.connection.is_none() && !host.connecting {
                self.retry(node);
            }
        }
    }

    fn act(&mut self, act: Act) -> Result<(), String> {
        match act {
            Act::Edit { host } => {
                self.edit(host);
                Ok(())
            }
            Act::Cut { host } => {
                if let Some(connection) = self.hosts[host].connection {
                    self.cut(connection);
                }
                Ok(())
            }
            Act::Part { host, ms } => {
                self.hosts[host].parted_until = self.now + ms;
                if let Some(connection) = self.hosts[host].connection {
                    self.cut(connection);
                }
                Ok(())
            }
            Act::Crash { host, ms } => {
                self.crash(host, ms);
                Ok(())
            }
            Act::Revoke { by, whom } => self.revoke(by, whom),
            Act::Invite { by, first, count } => self.invite(by, first, count),
        }
    }
}
