//! A device: the product's replica on a disk of its own, and the person in front of it.

use std::path::Path;

use weft_disk::{Disk, Remains, VFS};
use weft_node::Simulated;
use weft_shared::{
    id::{DeviceIndex, LocationId, sha256},
    identity::{DeviceKey, Roster},
    log::gate::Height,
    time::Timestamp,
    wire::message::Joined,
};

/// A device's attempt to join its location.
#[derive(Clone, Debug)]
pub(crate) struct Joining {
    pub(crate) invite: DeviceKey,
    /// The operation that it last asked with: it asks again with the same, as the answer may be
    /// lost.
    pub(crate) operation: Vec<u8>,
    /// Whether the hub refused it for good.
    pub(crate) refused: bool,
}

/// The state that a session last heard of the device that it serves.
#[derive(Debug, Default)]
pub(crate) struct Told {
    height: u64,
    rewrites: u64,
    operations: usize,
}

/// News for the session with the hub.
pub(crate) enum News {
    /// Something that was not offered yet was taken back: the session ends.
    Rewritten,
    Grown(Option<(DeviceIndex, Height)>, Option<Box<Roster>>),
}

#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) key: DeviceKey,
    /// The number of its location.
    pub(crate) place: usize,
    pub(crate) location: LocationId,
    /// Error of its clock in milliseconds.
    pub(crate) offset_ms: i64,
    pub(crate) disk: Disk,
    /// The program, if it runs and has joined.
    pub(crate) node: Option<Simulated>,
    pub(crate) up: bool,
    pub(crate) connection: Option<u64>,
    pub(crate) attempts: u32,
    pub(crate) connecting: bool,
    pub(crate) parted_until: u64,
    pub(crate) joining: Option<Joining>,
    /// Whether the hub has told it that it was revoked.
    pub(crate) revoked: bool,
    pub(crate) told: Told,
}

/// Random bytes of a device from a start on: each start has its own, and a run with the same seed
/// draws the same.
pub(crate) fn seeds(key: &DeviceKey, start: Timestamp) -> impl FnMut() -> [u8; 32] + use<> {
    let (key, start) = (*key.seed(), start.ms().to_be_bytes());
    let mut drawn = 0_u64;
    move || {
        drawn += 1;
        sha256("weft/sim/seeds", &[&key, &start, &drawn.to_be_bytes()])
    }
}

impl Device {
    pub(crate) fn new(
        name: String,
        (place, location): (usize, LocationId),
        key: DeviceKey,
        disk: Disk,
    ) -> Self {
        Self {
            name,
            key,
            place,
            location,
            offset_ms: 0,
            disk,
            node: None,
            up: false,
            connection: None,
            attempts: 0,
            connecting: false,
            parted_until: 0,
            joining: None,
            revoked: false,
            told: Told::default(),
        }
    }

    /// Starts the program. Returns whether the disk let it.
    pub(crate) fn start(&mut self, now: Timestamp) -> Result<(), String> {
        let path = self.disk.path("node.db");
        let seeds = seeds(&self.key, now);
        let opened = Simulated::open((Path::new(&path), VFS), self.key.clone(), seeds, now);
        self.node = opened.map_err(|error| error.to_string())?;
        self.up = true;
        Ok(())
    }

    pub(crate) fn join(
        &mut self,
        hub: weft_shared::id::HubRootHash,
        joined: &Joined,
        now: Timestamp,
    ) -> Result<(), String> {
        let path = self.disk.path("node.db");
        let place = (Path::new(&path), VFS);
        Simulated::join(place, hub, joined).map_err(|error| error.to_string())?;
        self.start(now)
    }

    /// Ends the program without a word; the disk keeps what `remains` says.
    pub(crate) fn crash(&mut self, remains: Remains) {
        self.node = None;
        self.up = false;
        self.connection = None;
        self.disk.restart(remains);
    }

    /// Whether the program must end because its disk has failed.
    pub(crate) fn has_failed(&self) -> bool {
        let closed = self.node.as_ref().is_some_and(Simulated::is_closed);
        self.up && (closed || self.disk.is_dead())
    }

    pub(crate) fn has_joined(&self) -> bool {
        self.node.as_ref().is_some_and(|node| node.dix().is_some())
    }

    pub(crate) fn height(&self) -> Option<(DeviceIndex, Height)> {
        let node = self.node.as_ref()?;
        let dix = node.dix()?;
        let mut heights = node.holds().heights.into_iter();
        let own = heights.find(|(log, _)| *log == dix);
        Some((dix, own.map_or(Height::ZERO, |(_, height)| height)))
    }

    /// Begins to tell a new session.
    pub(crate) fn meet(&mut self) {
        let node = self.node.as_ref();
        self.told = Told {
            height: self.height().map_or(0, |(_, height)| height.dseq),
            rewrites: node.map_or(0, Simulated::rewrites),
            operations: node.map_or(0, |node| node.holds().roster.len()),
        };
    }

    /// Returns what the session has not been told yet.
    pub(crate) fn news(&mut self) -> Option<News> {
        let node = self.node.as_ref()?;
        if node.rewrites() != self.told.rewrites {
            return Some(News::Rewritten);
        }
        let roster = node.holds().roster;
        let grown = (roster.len() != self.told.operations).then_some(roster);
        let height = self.height();
        let longer = height.filter(|(_, height)| height.dseq != self.told.height);
        if grown.is_none() && longer.is_none() {
            return None;
        }
        self.meet();
        Some(News::Grown(longer, grown.map(Box::new)))
    }
}
