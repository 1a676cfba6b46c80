//! A hub, a location with three devices, and the connections that a script drives.

use std::{
    cell::OnceCell,
    collections::VecDeque,
    fmt::Write as _,
    sync::{Arc, LazyLock},
};

use weft_disk::Disk;
use weft_shared::{
    id::{DeviceIndex, LocationId},
    identity::{DeviceKey, Operation, Role, RootKey, Roster, SignedOperation},
    sync::{Event, Local, Persisted, Session},
    time::Timestamp,
};
use weft_store::host::HostReply;

use crate::store::{LogId, Store};

/// One end: a store, a key and its settings.
pub(super) struct End {
    pub(super) name: &'static str,
    pub(super) key: Arc<DeviceKey>,
    /// Opened when it is first needed.
    store: OnceCell<Store>,
    /// Its location, and its index there.
    log: LogId,
    pub(super) acked: u64,
    /// Answers to `Persist` wait for `release`.
    pub(super) hold: bool,
}

impl End {
    pub(super) fn store(&self) -> &Store {
        self.store.get_or_init(|| {
            let zero = START.zero;
            let (location, dix) = self.log;
            let own = (location != zero).then(|| (location, dix, Arc::clone(&self.key)));
            Store::open(&START.disk, zero, own)
        })
    }

    pub(super) fn store_mut(&mut self) -> &mut Store {
        self.store();
        self.store.get_mut().expect("it was just opened")
    }
}

/// A network in which nothing was said yet: its rosters on a disk, and who is in them.
struct Start {
    own: LocationId,
    zero: LocationId,
    keys: [(&'static str, Arc<DeviceKey>, LogId); 4],
    disk: Disk,
}

static START: LazyLock<Start> = LazyLock::new(|| {
    let (root, hub_root) = (RootKey::from_seed([1; 32]), RootKey::from_seed([2; 32]));
    let (own, zero) = (root.public().location_id(), hub_root.public().location_id());
    let mut rosters = [(zero, hub_root), (own, root)].map(|(location, root)| Founded {
        root,
        roster: Roster::new(location),
        operations: Vec::new(),
    });
    let ends = [
        ("a", 10, own),
        ("b", 11, own),
        ("c", 12, own),
        ("hub", 19, zero),
    ];
    let keys = ends.map(|(name, seed, location)| {
        let key = DeviceKey::from_seed([seed; 32]);
        let founded = &mut rosters[usize::from(location == own)];
        let dix = founded.add(&key, name);
        (name, Arc::new(key), (location, dix))
    });
    let known = rosters.map(|founded| (founded.roster.location(), founded.operations));
    Start {
        own,
        zero,
        keys,
        disk: Store::disk(&known),
    }
});

/// A location, and the operations on its roster so far.
struct Founded {
    root: RootKey,
    roster: Roster,
    operations: Vec<SignedOperation>,
}

impl Founded {
    fn add(&mut self, key: &DeviceKey, name: &str) -> DeviceIndex {
        let operation = Operation::AddDevice {
            device: key.id(),
            name: name.into(),
            role: Role::Admin,
        };
        let slot = self.roster.slot(Timestamp::from_ms(1_000));
        let signed = SignedOperation::sign_root(slot, operation, &self.root);
        self.roster.apply(&signed).unwrap();
        self.operations.push(signed);
        self.roster.dix_of(&key.id()).unwrap()
    }
}

/// A connection between node `node` and the hub.
pub(super) struct Wire {
    pub(super) node: usize,
    pub(super) ends: [Session; 2],
    /// Bytes in flight: to the hub, to the node.
    pub(super) way: [VecDeque<Vec<u8>>; 2],
    pub(super) held: [Vec<HostReply>; 2],
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
}

impl World {
    pub(super) fn new() -> Self {
        let end = |(name, key, log): &(&'static str, Arc<DeviceKey>, LogId)| End {
            name,
            key: Arc::clone(key),
            store: OnceCell::new(),
            log: *log,
            acked: 0,
            hold: false,
        };
        let [nodes @ .., hub] = &START.keys;
        Self {
            now: Timestamp::from_ms(1_795_000_000_000),
            own: START.own,
            zero: START.zero,
            hub: end(hub),
            nodes: nodes.iter().map(end).collect(),
            wires: Vec::new(),
            bytes: [0; 2],
            portion: usize::MAX,
            report: String::new(),
        }
    }

    pub(super) fn say(&mut self, text: &str) {
        writeln!(self.report, "{text}").unwrap();
    }

    /// The state in which a node begins a session.
    pub(super) fn local(&self, node: usize) -> Local {
        let end = &self.nodes[node];
        let store = end.store();
        Local {
            device: end.key.id(),
            replica: store.replica(self.own, self.zero),
            outbox: store.height(end.log).dseq.saturating_sub(end.acked),
            wants_zero: true,
        }
    }

    pub(super) fn up(&mut self, node: usize) {
        let ends = [
            Session::connect(self.local(node), self.now),
            Session::accept(self.nodes[node].key.id(), self.now),
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

    fn end(&self, wire: usize, side: usize) -> &End {
        match side {
            NODE => &self.nodes[self.wires[wire].node],
            _ => &self.hub,
        }
    }

    fn events(&mut self, wire: usize, side: usize) {
        while let Some(event) = self.wires[wire].ends[side].poll_event() {
            self.answer(wire, side, event);
        }
    }

    /// Answers an event as both programs do, and tells the other sessions of what was stored.
    fn answer(&mut self, wire: usize, side: usize, event: Event) {
        let now = self.now;
        let appends = match &event {
            Event::Persist { location, dix, .. } => Some((*location, *dix)),
            _ => None,
        };
        let end = self.end(wire, side);
        let (hold, answer) = (end.hold, end.store().answer(event, now));
        let answer = match answer {
            Ok(answer) => answer,
            Err(news) => return self.tell(wire, side, *news),
        };
        let appended = match &answer {
            HostReply::Persisted(_, Persisted::Stored) => appends,
            _ => None,
        };
        if hold && appended.is_some() {
            self.wires[wire].held[side].push(answer);
            return;
        }
        let grown = match &answer {
            HostReply::Roster(_, grown) if side == HUB => (**grown).clone().ok(),
            _ => None,
        };
        answer.give(&mut self.wires[wire].ends[side], now);
        if let Some((location, dix)) = appended {
            self.poke(side, wire, location, dix);
        }
        if let Some(roster) = grown {
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
        let height = self.end(wire, side).store().height((location, dix));
        let node = self.wires[wire].node;
        let now = self.now;
        for wire in &mut self.wires {
            if side == HUB || wire.node == node {
                wire.ends[side].handle_stored(now, location, dix, height);
            }
        }
    }

    pub(super) fn save(&mut self, who: &str, count: usize, size: usize, kind: Kind) {
        let now = self.now;
        let node = self.nodes.iter().position(|end| end.name == who);
        let end = node.map_or(&self.hub, |node| &self.nodes[node]);
        let (location, dix) = end.log;
        let saved = end
            .store()
            .save((who, location), &end.key, now, count, (size, kind));
        for wire in &mut self.wires {
            let side = match node {
                Some(node) if wire.node != node => continue,
                Some(_) => NODE,
                None => HUB,
            };
            for height in &saved {
                wire.ends[side].handle_stored(now, location, dix, *height);
            }
        }
    }
}

/// Restores a node from a backup: its own log ends lower, and it does not know that.
pub(super) fn rewind(world: &mut World, node: usize, keep: u64) {
    let end = &mut world.nodes[node];
    end.store().cut(end.log, keep);
    end.acked = end.acked.min(keep);
}

pub(super) fn rewind_hub(world: &World, keep: u64) {
    let (store, own) = (world.hub.store(), world.own);
    for (dix, height) in store.heights(own) {
        store.cut((own, dix), height.dseq.min(keep));
    }
}
