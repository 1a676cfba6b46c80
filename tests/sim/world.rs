//! The simulated world: the hub, the devices, and the loop that runs one event after another.

use std::collections::{BTreeMap, BTreeSet};

use weft_disk::{Disk, Failure, Operation, Random, Remains};
use weft_host::{clock, random};
use weft_shared::{id::LocationId, time::Timestamp};
use weft_store::StoreError;

use crate::{
    acts::FILLED_BYTES,
    device::Device,
    errors,
    hostile::Hostile,
    hub::Running,
    network::{Act, Agenda, Connection, HUB, NODE, Trace, What},
    oracle::Oracle,
    setting::{self, BEGIN, FOUNDERS, LOCATIONS, Setting},
};

/// Simulated milliseconds within which everything must converge after the faults.
const FINISH_MS_MAX: u64 = 120_000;
const YEAR_MS: i64 = 365 * 24 * 60 * 60 * 1_000;

pub(crate) struct World<'a> {
    pub(crate) setting: &'a Setting,
    pub(crate) random: Random,
    pub(crate) now: u64,
    pub(crate) agenda: Agenda,
    pub(crate) trace: Trace,
    pub(crate) connections: BTreeMap<u64, Connection>,
    pub(crate) hub: Option<Running>,
    pub(crate) disk: Disk,
    /// Number of the hub's starts, so that plans made before one are void.
    pub(crate) life: u64,
    /// Whether a commit of the hub is planned.
    committing: bool,
    pub(crate) devices: Vec<Device>,
    pub(crate) hostile: Option<Hostile>,
    pub(crate) connected: u64,
    /// Number of locations that take part.
    pub(crate) places: usize,
    pub(crate) oracle: Oracle,
    pub(crate) edits: u64,
    /// Whether faults still happen.
    pub(crate) unkind: bool,
    /// Joiners that share one invite: exactly one of them may be admitted.
    pub(crate) invited: Vec<(usize, Vec<usize>)>,
    /// Number of invites that are planned and not handed out yet.
    pub(crate) inviting: usize,
    /// The devices that in the end must hold what the hub holds.
    pub(crate) part: Vec<usize>,
    /// The devices that may have news for their sessions.
    pub(crate) touched: BTreeSet<usize>,
}

impl<'a> World<'a> {
    /// Runs one seed to its end.
    ///
    /// # Errors
    /// Returns the first violation.
    pub(crate) fn run(setting: &'a Setting, seed: u64) -> Result<Trace, String> {
        let mut world = Self::new(setting, seed);
        world.start_hub()?;
        let faults_end = world.plan();
        world.until(faults_end, false)?;
        world.heal()?;
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
        world.trace.note_number(world.disk.points());
        Ok(world.trace)
    }

    fn new(setting: &'a Setting, seed: u64) -> Self {
        let mut random = Random::new(seed);
        random::simulate(random.bytes());
        let disk = setting.disk.copy(seed);
        let places = random.index(LOCATIONS) + 1;
        let mut world = Self {
            setting,
            random,
            now: 0,
            agenda: Agenda::default(),
            trace: Trace::new(),
            connections: BTreeMap::new(),
            hub: None,
            disk,
            life: 0,
            committing: false,
            devices: Vec::new(),
            hostile: None,
            connected: 0,
            places,
            oracle: Oracle::default(),
            edits: 0,
            unkind: true,
            invited: Vec::new(),
            inviting: 0,
            part: Vec::new(),
            touched: BTreeSet::new(),
        };
        for place in 0..places {
            let founders = world.random.between(2, FOUNDERS as u64 + 1);
            let founders = usize::try_from(founders).expect("few");
            for n in 0..founders {
                world.add_founder(seed, place, n);
            }
            if founders < FOUNDERS {
                world.add_hostile(place);
            }
        }
        world
    }

    fn add_founder(&mut self, seed: u64, place: usize, n: usize) {
        let founded = &self.setting.places[place];
        let (key, disk) = &founded.devices[n];
        let name = format!("{place}.{n}");
        let disk = disk.copy(seed + n as u64);
        let mut device = Device::new(name, (place, founded.location), key.clone(), disk);
        if n > 0 && self.random.chance(30) {
            let years = i64::try_from(self.random.between(0, 21)).expect("small") - 10;
            device.offset_ms = years * YEAR_MS;
        }
        self.devices.push(device);
        let device = self.devices.len() - 1;
        self.start_device(device).expect("a sound disk");
    }

    /// Returns the time on a clock; the hub's is right.
    pub(crate) fn clock(&self, device: Option<usize>) -> Timestamp {
        let now = i64::try_from(self.now).expect("a simulation is short");
        let offset_ms = device.map_or(0, |device| self.devices[device].offset_ms);
        BEGIN.plus_ms(now + offset_ms)
    }

    /// Whose end of a connection it is.
    pub(crate) fn whose(&self, connection: u64, end: usize) -> Option<usize> {
        (end == NODE).then(|| self.connections[&connection].node)
    }

    pub(crate) fn plan_in(&mut self, ms: u64, what: What) {
        self.agenda.plan(self.now + ms, what);
    }

    /// Runs everything before `end`; with `stop`, only until all has converged.
    fn until(&mut self, end: u64, stop: bool) -> Result<bool, String> {
        let mut look_at = self.now;
        loop {
            if stop && self.now >= look_at {
                look_at = self.now + 500;
                if self.unfinished().is_none() {
                    return Ok(true);
                }
            }
            let Some((at, what)) = self.agenda.next_before(end) else {
                break;
            };
            self.now = at;
            self.trace.note_number(at);
            clock::simulate(self.clock(None));
            self.happen(what)?;
            self.settle()?;
            self.judge_errors()?;
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
                let now = self.clock(self.whose(connection, end));
                self.with_session(connection, end, |session| {
                    if session.poll_timeout().is_some_and(|at| at <= now) {
                        session.handle_timeout(now);
                    }
                })
            }
            What::Commit { life } => {
                if life == self.life
                    && let Some(hub) = &self.hub
                {
                    self.committing = false;
                    let jobs = self.random.index(8) + 1;
                    hub.app.writer().commit(jobs);
                }
                Ok(())
            }
            What::Connect { device } => self.connect(device),
            What::RestartHub => self.start_hub(),
            What::RestartDevice { device } => {
                self.start_device(device)?;
                self.retry(device);
                Ok(())
            }
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
        let hostile = self.is_hostile(connection);
        if hostile && to == NODE {
            return self.hear_hostile(connection, bytes);
        }
        let now = self.clock(self.whose(connection, to));
        let mut misbehaved = None;
        self.with_session(connection, to, |session| {
            if !session.is_over() {
                misbehaved = session.handle_bytes(now, bytes).err();
            }
        })?;
        misbehaved.filter(|_| !hostile).map_or(Ok(()), |error| {
            Err(format!("an honest peer was refused: {error:?}"))
        })
    }

    /// Lets the hub's tasks go on, plans its next commit, and ends what has failed.
    fn settle(&mut self) -> Result<(), String> {
        loop {
            let now = self.clock(None);
            let Some(hub) = &self.hub else {
                break;
            };
            let ends = self.connections.values_mut();
            let ends = ends.filter_map(|wire| wire.there.as_mut());
            let moved = hub.run(ends, now);
            let waiting = hub.app.writer().commit(0);
            if waiting > 0 && !self.committing {
                self.committing = true;
                let (ms, life) = (self.random.between(1, 40), self.life);
                self.plan_in(ms, What::Commit { life });
            }
            if !moved {
                break;
            }
            let all: Vec<u64> = self.connections.keys().copied().collect();
            all.into_iter()
                .try_for_each(|connection| self.pump(connection, HUB))?;
        }
        self.look_for_failures();
        self.tell_sessions()
    }

    /// Ends every program whose disk has failed.
    fn look_for_failures(&mut self) {
        let failed = |hub: &Running| hub.app.writer().is_closed();
        if self.disk.is_dead() || self.hub.as_ref().is_some_and(failed) {
            self.crash_hub();
        }
        for device in 0..self.devices.len() {
            if self.devices[device].has_failed() {
                self.crash_device(device);
            }
        }
    }

    /// Errors are for faults of the disk alone.
    fn judge_errors(&self) -> Result<(), String> {
        let errors = errors::take();
        let mut faulty = self.disk.take_failed();
        for device in &self.devices {
            faulty |= device.disk.take_failed();
        }
        match errors.first().filter(|_| !faulty) {
            Some(error) => Err(format!("an error was logged without a fault: {error}")),
            None => Ok(()),
        }
    }

    /// The end of a program: killed, or with the power gone too.
    fn remains(&mut self) -> Remains {
        let all = [
            Remains::Everything,
            Remains::Nothing,
            Remains::Torn,
            Remains::Reordered,
        ];
        all[self.random.index(all.len())]
    }

    fn start_hub(&mut self) -> Result<(), String> {
        self.life += 1;
        self.committing = false;
        match Running::open(self.setting.folder.path(), &self.disk) {
            Ok(hub) => {
                if !self.unkind {
                    Self::empty(&hub)?;
                }
                self.hub = Some(hub);
            }
            Err(error) if !self.disk.has_failed() => {
                return Err(format!("the hub does not start: {error}"));
            }
            Err(_) => self.crash_hub(),
        }
        Ok(())
    }

    fn crash_hub(&mut self) {
        self.life += 1;
        let all: Vec<u64> = self.connections.keys().copied().collect();
        for connection in all {
            self.cut(connection);
            let wire = self.connections.get_mut(&connection).expect("listed above");
            wire.forget(HUB);
        }
        self.hub = None;
        let remains = self.remains();
        self.disk.restart(remains);
        let ms = self.random.between(100, 6_000);
        self.plan_in(ms, What::RestartHub);
    }

    pub(crate) fn start_device(&mut self, device: usize) -> Result<(), String> {
        let now = self.clock(Some(device));
        let found = self.devices[device].start(now);
        let started = &mut self.devices[device];
        match found {
            Err(_) if started.disk.has_failed() => self.crash_device(device),
            Err(error) => return Err(format!("{} does not start: {error}", started.name)),
            Ok(()) => {}
        }
        Ok(())
    }

    pub(crate) fn crash_device(&mut self, device: usize) {
        let mine = self.devices[device].connection;
        if let Some(connection) = mine {
            self.cut(connection);
            if let Some(wire) = self.connections.get_mut(&connection) {
                wire.forget(NODE);
            }
        }
        let remains = self.remains();
        self.devices[device].crash(remains);
        let ms = self.random.between(100, 6_000);
        self.plan_in(ms, What::RestartDevice { device });
    }

    /// Ends the faults: every program runs and can reach the hub, and there is room.
    fn heal(&mut self) -> Result<(), String> {
        self.unkind = false;
        self.attack_with_all();
        self.disk.heal();
        if let Some(hub) = &self.hub {
            Self::empty(hub)?;
        }
        for device in 0..self.devices.len() {
            let healed = &mut self.devices[device];
            healed.disk.heal();
            healed.parted_until = 0;
            healed.attempts = 0;
            // Entries that wait for room are sent when the hub says that there is some.
            if let Some(connection) = healed.connection {
                self.cut(connection);
            } else if !healed.connecting {
                self.retry(device);
            }
        }
        Ok(())
    }

    /// Gives every location its room back.
    fn empty(hub: &Running) -> Result<(), String> {
        let writer = hub.app.writer().clone();
        let emptied = hub.finish(async move {
            let sql = "UPDATE logs SET body_bytes = body_bytes - ?1 WHERE body_bytes >= ?1";
            writer
                .run(move |db| Ok::<_, StoreError>(db.execute(sql, [FILLED_BYTES])?))
                .await
        });
        emptied.map(drop).map_err(|error| error.to_string())
    }

    fn act(&mut self, act: Act) -> Result<(), String> {
        match act {
            Act::Edit { device } => self.edit(device),
            Act::Attack => self.attack(),
            Act::Look => self.look(),
            Act::Rename { place } => self.rename(place),
            Act::Fill { place } => self.fill(place),
            Act::Cut { device } => {
                if let Some(connection) = self.devices[device].connection {
                    self.cut(connection);
                }
                Ok(())
            }
            Act::Part { device, ms } => {
                self.devices[device].parted_until = self.now + ms;
                self.act(Act::Cut { device })
            }
            Act::Crash { device, points } => {
                let disk = self.disk_of(device);
                disk.cut_power_at(disk.points() + points);
                Ok(())
            }
            Act::Fail { device } => {
                self.fail(device);
                Ok(())
            }
            Act::Revoke { by, whom } => self.revoke(by, whom),
            Act::Invite { by, first, count } => self.invite(by, first, count),
        }
    }

    fn disk_of(&self, device: Option<usize>) -> &Disk {
        device.map_or(&self.disk, |device| &self.devices[device].disk)
    }

    fn fail(&mut self, device: Option<usize>) {
        let operations = [
            Operation::Read,
            Operation::Write,
            Operation::Write,
            Operation::Sync,
            Operation::Checkpoint,
        ];
        let failures = [Failure::Io, Failure::Full, Failure::Short];
        let operation = operations[self.random.index(operations.len())];
        let failure = failures[self.random.index(failures.len())];
        let after = self.random.between(0, 30);
        self.disk_of(device).fail(operation, after, failure);
    }

    pub(crate) fn location(&self, place: usize) -> LocationId {
        self.setting.places[place].location
    }

    pub(crate) fn code(&self, place: usize) -> weft_shared::id::LocationCode {
        setting::code(place)
    }
}
