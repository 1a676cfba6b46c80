//! Connections and time: data in flight, its arrival, and its loss.

use std::collections::BTreeMap;

use weft_disk::Random;
use weft_shared::sync::Session;

use crate::hub::End;

/// The node's end of a connection, and the hub's.
pub(crate) const NODE: usize = 0;
pub(crate) const HUB: usize = 1;
/// The node of a connection at whose end no program is.
pub(crate) const NO_NODE: usize = usize::MAX;

/// One connection between a node and the hub. Bytes arrive in order or not at all.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) node: usize,
    pub(crate) here: Option<Session>,
    pub(crate) there: Option<End>,
    /// Nothing arrives before what was sent earlier in the same direction.
    arrives: [u64; 2],
    /// Anything that would arrive later is lost.
    pub(crate) cut_at: u64,
    delay_ms: u64,
}

impl Connection {
    pub(crate) fn new(node: usize, here: Session, there: End, delay_ms: u64) -> Self {
        Self {
            node,
            here: Some(here),
            there: Some(there),
            arrives: [0; 2],
            cut_at: u64::MAX,
            delay_ms,
        }
    }

    /// A connection at whose end no program is.
    pub(crate) fn bare(there: End, delay_ms: u64) -> Self {
        Self {
            node: NO_NODE,
            here: None,
            there: Some(there),
            arrives: [0; 2],
            cut_at: u64::MAX,
            delay_ms,
        }
    }

    pub(crate) fn session(&mut self, end: usize) -> Option<&mut Session> {
        match end {
            NODE => self.here.as_mut(),
            _ => self.there.as_mut().map(|end| &mut end.session),
        }
    }

    pub(crate) fn forget(&mut self, end: usize) {
        match end {
            NODE => self.here = None,
            _ => self.there = None,
        }
    }

    /// The arrival time of bytes that this end sends now.
    pub(crate) fn arrival(&mut self, from: usize, now: u64, random: &mut Random) -> u64 {
        let at = now + self.delay_ms + random.between(0, 1 + self.delay_ms);
        self.arrives[from] = self.arrives[from].max(at);
        self.arrives[from]
    }
}

/// A planned event.
#[derive(Debug)]
pub(crate) enum What {
    Deliver {
        connection: u64,
        to: usize,
        bytes: Vec<u8>,
    },
    /// An end hears that its connection is gone.
    Gone {
        connection: u64,
        end: usize,
    },
    Timer {
        connection: u64,
        end: usize,
    },
    /// The hub's writer commits some of its queue.
    Commit {
        life: u64,
    },
    Connect {
        device: usize,
    },
    RestartHub,
    RestartDevice {
        device: usize,
    },
    Act(Act),
}

/// An act of a person, or a fault. A device is one by its number; the hub is none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Edit {
        device: usize,
    },
    /// The hostile device begins a session.
    Attack,
    /// The national team looks at figures and records.
    Look,
    /// The national team gives a location another name.
    Rename {
        place: usize,
    },
    /// The room of a location at the hub is nearly used up.
    Fill {
        place: usize,
    },
    Cut {
        device: usize,
    },
    Part {
        device: usize,
        ms: u64,
    },
    /// The power goes, after `points` more writes or syncs.
    Crash {
        device: Option<usize>,
        points: u64,
    },
    /// An operation of the disk fails.
    Fail {
        device: Option<usize>,
    },
    Revoke {
        by: usize,
        whom: usize,
    },
    Invite {
        by: usize,
        first: usize,
        count: usize,
    },
}

/// Events in order of time; events of one time in the order in which they were planned.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    events: BTreeMap<(u64, u64), What>,
    planned: u64,
}

impl Agenda {
    pub(crate) fn plan(&mut self, at: u64, what: What) {
        self.planned += 1;
        self.events.insert((at, self.planned), what);
    }

    pub(crate) fn next_before(&mut self, until: u64) -> Option<(u64, What)> {
        let next = self
            .events
            .first_entry()
            .filter(|entry| entry.key().0 < until)?;
        let at = next.key().0;
        Some((at, next.remove()))
    }
}

/// FNV-1a over everything that happened: two runs of one seed must agree to the last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trace(pub(crate) u64);

impl Trace {
    pub(crate) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) fn note(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    pub(crate) fn note_number(&mut self, number: u64) {
        self.note(&number.to_le_bytes());
    }
}
