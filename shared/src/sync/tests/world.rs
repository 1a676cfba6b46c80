//! A hub, a location with three devices, and the connections that a script drives.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each function takes the events that it is about"
)]

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Write as _,
};

use super::store::Store;
use crate::{
    id::{BlobHash, DeviceId, DeviceIndex, LocationId},
    identity::{DeviceKey, Operation, Role, RootKey, SignedOperation},
    log::room::Left,
    sync::{
        Admittance, Event, Local, Outgoing, Persisted, Refused, RosterRefusal, Session, Side,
        Ticket,
    },
    time::Timestamp,
    wire::NackCode,
};

/// One end: a store, a key and its settings.
pub(super) struct End {
    pub(super) name: &'static str,
    pub(super) key: DeviceKey,
    pub(super) store: Store,
    pub(super) acked: u64,
    /// Answers to `Persist` wait for `release`.
    pub(super) hold: bool,
    /// It can store nothing.
    pub(super) full: bool,
}

/// A connection between node `node` and the hub.
pub(super) struct Wire {
    pub(super) node: usize,
    pub(super) ends: [Session; 2],
    /// Bytes in flight: to the hub, to the node.
    pub(super) way: [VecDeque<Vec<u8>>; 2],
    pub(super) held: [Vec<Ticket>; 2],
}

/// The kind of a saved entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    /// It introduces a blob.
    Words,
    /// Its change skips a number, so that its body is refused.
    Spoilt,
}

pub(super) const NODE: usize = 0;
pub(super) const HUB: usize = 1;

pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) own: LocationId,
    pub(super) zero: LocationId,
    pub(super) hub: End,
    pub(super) nodes: Vec<End>,
    pub(super) wires: Vec<Wire>,
    pub(super) bytes: [usize; 2],
    /// Size of the portions in which bytes are delivered.
    pub(super) portion: usize,
    pub(super) report: String,
    /// The room that the hub says is left for a device.
    pub(super) left: Option<Left>,
}

impl World {
    pub(super) fn new() -> Self {
        let root = RootKey::from_seed([1; 32]);
        let hub_root = RootKey::from_seed([2; 32]);
        let (own, zero) = (root.public().location_id(), hub_root.public().location_id());
        let names = ["a", "b", "c"];
        let keys = |n: u8| DeviceKey::from_seed([10 + n; 32]);
        let mut store = Store {
            rosters: BTreeMap::new(),
            logs: BTreeMap::new(),
        };
        for (n, name) in (0..).zip(names) {
            add_device(&mut store, own, &root, &keys(n), name);
        }
        add_device(&mut store, zero, &hub_root, &keys(9), "hub");
        let end = |(n, name)| End {
            name,
            key: keys(n),
            store: store.clone(),
            acked: 0,
            hold: false,
            full: false,
        };
        Self {
            now: Timestamp::from_ms(1_795_000_000_000),
            own,
            zero,
            hub: end((9, "hub")),
            nodes: (0..).zip(names).map(end).collect(),
            wires: Vec::new(),
            bytes: [0; 2],
            portion: usize::MAX,
            report: String::new(),
            left: None,
        }
    }

    pub(super) fn say(&mut self, text: &str) {
        writeln!(self.report, "{text}").unwrap();
    }

    pub(super) fn up(&mut self, node: usize) {
        let end = &self.nodes[node];
        let dix = end.store.roster(self.own).dix_of(&end.key.id()).unwrap();
        let log = end.store.logs.get(&(self.own, dix));
        let local = Local {
            device: end.key.id(),
            replica: end.store.replica(self.own, self.zero),
            outbox: log
                .map_or(0, |log| log.height().dseq)
                .saturating_sub(end.acked),
            wants_zero: true,
        };
        let ends = [
            Session::connect(local, self.now),
            Session::accept(end.key.id(), self.now),
        ];
        self.wires.push(Wire {
            node,
            ends,
            way: [VecDeque::new(), VecDeque::new()],
            held: [Vec::new(), Vec::new()],
        });
    }

    pub(super) fn down(&mut self, node: usize) {
        self.wires.retain(|wire| wire.node != node);
    }

    /// Delivers until nothing moves, or `steps` portions have been delivered.
    pub(super) fn run(&mut self, mut steps: usize) {
        loop {
            for wire in 0..self.wires.len() {
                for side in [NODE, HUB] {
                    self.events(wire, side);
                    if let Some(bytes) = self.wires[wire].ends[side].poll_transmit() {
                        self.bytes[side] += bytes.len();
                        let portions = bytes.chunks(self.portion.min(bytes.len()));
                        self.wires[wire].way[side].extend(portions.map(<[u8]>::to_vec));
                    }
                }
            }
            if steps == 0 || !self.deliver() {
                return;
            }
            steps -= 1;
        }
    }

    fn deliver(&mut self) -> bool {
        let mut moved = false;
        for wire in 0..self.wires.len() {
            for side in [NODE, HUB] {
                let Some(bytes) = self.wires[wire].way[side].pop_front() else {
                    continue;
                };
                moved = true;
                let to = &mut self.wires[wire].ends[1 - side];
                if to.is_over() {
                    continue;
                }
                if let Err(error) = to.handle_bytes(self.now, &bytes) {
                    let name = self.name(wire, 1 - side);
                    self.say(&format!("{name}: {error}"));
                }
            }
        }
        moved
    }

    pub(super) fn name(&self, wire: usize, side: usize) -> &'static str {
        match side {
            NODE => self.nodes[self.wires[wire].node].name,
            _ => self.hub.name,
        }
    }

    fn end(&mut self, wire: usize, side: usize) -> &mut End {
        match side {
            NODE => &mut self.nodes[self.wires[wire].node],
            _ => &mut self.hub,
        }
    }

    fn events(&mut self, wire: usize, side: usize) {
        while let Some(event) = self.wires[wire].ends[side].poll_event() {
            self.answer(wire, side, event);
        }
    }

    fn answer(&mut self, wire: usize, side: usize, event: Event) {
        let now = self.now;
        match event {
            Event::Hello {
                ticket,
                device,
                location,
            } => {
                let answer = self.admit(&device, location);
                self.wires[wire].ends[side].handle_admitted(now, ticket, answer);
            }
            Event::LoadLog {
                ticket,
                location,
                dix,
            } => {
                let state = self.end(wire, side).store.state(location, dix);
                self.wires[wire].ends[side].handle_log(now, ticket, state);
            }
            Event::Persist {
                ticket,
                location,
                dix,
                admission,
            } => {
                let end = self.end(wire, side);
                let answer = if end.full {
                    Persisted::Failed
                } else {
                    end.store.append(location, dix, admission)
                };
                let stored = matches!(answer, Persisted::Stored);
                if stored && self.end(wire, side).hold {
                    self.wires[wire].held[side].push(ticket);
                    return;
                }
                self.wires[wire].ends[side].handle_persisted(now, ticket, answer);
                if stored {
                    self.poke(side, wire, location, dix);
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
                let logs = &mut self.end(wire, side).store.logs;
                let log = logs.entry((location, dix)).or_default();
                log.blobs.insert(hash, (dseq, bytes));
                self.wires[wire].ends[side].handle_persisted(now, ticket, Persisted::Stored);
            }
            Event::Load {
                ticket,
                location,
                dix,
                from_dseq,
                bytes_aim,
            } => {
                let outgoing = self.load(wire, side, (location, dix), from_dseq, bytes_aim);
                self.wires[wire].ends[side].handle_loaded(now, ticket, outgoing);
            }
            other => self.answer_roster(wire, side, other),
        }
    }

    /// Reads entries to send, signed if they are of this end's own log.
    fn load(
        &mut self,
        wire: usize,
        side: usize,
        log: (LocationId, DeviceIndex),
        from_dseq: u64,
        bytes_aim: usize,
    ) -> Outgoing {
        let location = if side == NODE { self.own } else { self.zero };
        let end = self.end(wire, side);
        let mine = end.store.roster(location).dix_of(&end.key.id());
        let is_own = (log.0, Some(log.1)) == (location, mine);
        let key = is_own.then_some(&end.key);
        end.store.load(log, from_dseq, bytes_aim, key)
    }

    fn answer_roster(&mut self, wire: usize, side: usize, event: Event) {
        let now = self.now;
        match event {
            Event::LoadVoids {
                ticket,
                location,
                dix,
                above,
            } => {
                let voids = self.end(wire, side).store.voids((location, dix), above);
                self.wires[wire].ends[side].handle_voids(now, ticket, &voids);
            }
            Event::LoadRoster {
                ticket,
                location,
                after,
            } => {
                let operations = self.end(wire, side).store.rosters[&location].1[after..].to_vec();
                self.wires[wire].ends[side].handle_roster_loaded(now, ticket, &operations);
            }
            Event::PersistRoster {
                ticket,
                location,
                after,
                operations,
            } => {
                self.persist_roster(wire, side, (ticket, location, after), operations);
            }
            told => self.tell(wire, side, told),
        }
    }

    fn admit(&self, device: &DeviceId, location: LocationId) -> Result<Admittance, Refused> {
        if location == self.own && self.hub.store.roster(self.own).dix_of(device).is_some() {
            return Ok(Admittance {
                left: self.left,
                ..self.hub.store.replica(self.own, self.zero).into()
            });
        }
        Err(Refused {
            by: Side::Here,
            code: NackCode::UnknownDevice,
            log: None,
            text: "who are you?".into(),
        })
    }

    fn persist_roster(
        &mut self,
        wire: usize,
        side: usize,
        (ticket, location, after): (Ticket, LocationId, usize),
        operations: Vec<SignedOperation>,
    ) {
        let store = &mut self.end(wire, side).store;
        let grown = store.roster(location).len() == after && store.operate(location, operations);
        let roster = store.roster(location);
        let answer = if grown {
            Ok(roster.clone())
        } else {
            Err(RosterRefusal {
                roster: roster.clone(),
                code: NackCode::RosterStale,
                text: "sign it again".into(),
            })
        };
        let now = self.now;
        self.wires[wire].ends[side].handle_roster(now, ticket, answer);
        if grown && side == HUB {
            for wire in &mut self.wires {
                wire.ends[HUB].handle_roster_changed(now, roster.clone());
            }
        }
    }

    /// Tells the other sessions of this end that a log has grown.
    pub(super) fn poke(
        &mut self,
        side: usize,
        wire: usize,
        location: LocationId,
        dix: DeviceIndex,
    ) {
        let height = self.end(wire, side).store.logs[&(location, dix)].height();
        let node = self.wires[wire].node;
        let now = self.now;
        for wire in &mut self.wires {
            if side == HUB || wire.node == node {
                wire.ends[side].handle_stored(now, location, dix, height);
            }
        }
    }

    pub(super) fn save(&mut self, who: &str, count: usize, size: usize, kind: Kind) {
        let (words, spoilt) = (kind == Kind::Words, kind == Kind::Spoilt);
        for _ in 0..count {
            let (own, zero, now) = (self.own, self.zero, self.now);
            let node = self.nodes.iter().position(|end| end.name == who);
            let end = node.map_or(&mut self.hub, |node| &mut self.nodes[node]);
            let location = if node.is_some() { own } else { zero };
            let height = end.store.save(location, &end.key, now, size, spoilt);
            let dix = end.store.roster(location).dix_of(&end.key.id()).unwrap();
            if words {
                let bytes = format!("the words of {who} {}", height.dseq).into_bytes();
                let log = end.store.logs.get_mut(&(location, dix)).unwrap();
                log.blobs.insert(BlobHash::of(&bytes), (height.dseq, bytes));
            }
            for wire in &mut self.wires {
                match node {
                    Some(node) if wire.node != node => {}
                    Some(_) => wire.ends[NODE].handle_stored(now, location, dix, height),
                    None => wire.ends[HUB].handle_stored(now, location, dix, height),
                }
            }
        }
    }
}

fn add_device(
    store: &mut Store,
    location: LocationId,
    root: &RootKey,
    key: &DeviceKey,
    name: &str,
) {
    let operation = Operation::AddDevice {
        device: key.id(),
        name: name.into(),
        role: Role::Admin,
    };
    let slot = store.roster(location).slot(Timestamp::from_ms(1_000));
    let signed = SignedOperation::sign_root(slot, operation, root);
    assert!(store.operate(location, vec![signed]));
}

/// Restores a node from a backup: its own log ends lower, and it does not know that.
pub(super) fn rewind(world: &mut World, node: usize, keep: usize) {
    let own = world.own;
    let end = &mut world.nodes[node];
    let dix = end.store.roster(own).dix_of(&end.key.id()).unwrap();
    end.store
        .logs
        .get_mut(&(own, dix))
        .unwrap()
        .entries
        .truncate(keep);
    end.acked = end.acked.min(keep as u64);
}

pub(super) fn rewind_hub(world: &mut World, keep: usize) {
    let own = world.own;
    for ((location, _), log) in &mut world.hub.store.logs {
        if *location == own {
            log.entries.truncate(keep);
        }
    }
}
