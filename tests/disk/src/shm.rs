//! Locks of a database file, and the memory that its connections share: the index of the
//! write-ahead log.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicU64},
};

/// A part of the shared memory. SQLite writes to it by its address, as another process would, so it
/// is made of atomics, and each connection keeps the parts that it has seen.
pub(crate) type Region = Arc<[AtomicU64]>;

/// A number of an open file.
pub(crate) type Owner = u64;

/// The locks on one database, by the open files that hold them.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    levels: BTreeMap<Owner, i32>,
    regions: Vec<Region>,
    slots: BTreeMap<Owner, Slots>,
}

/// The slots of the shared memory that one open file holds, a bit each.
#[derive(Clone, Copy, Debug, Default)]
struct Slots {
    shared: u8,
    exclusive: u8,
}

/// Levels of locks on the database file, as SQLite numbers them.
pub(crate) const SHARED: i32 = 1;
pub(crate) const RESERVED: i32 = 2;
pub(crate) const EXCLUSIVE: i32 = 4;

impl Locks {
    /// Raises the lock of `owner`; returns whether no other holds one against it.
    pub(crate) fn raise(&mut self, owner: Owner, level: i32) -> bool {
        let most = |limit| {
            let mut others = self.levels.iter().filter(|(other, _)| **other != owner);
            others.all(|(_, held)| *held < limit)
        };
        let free = match level {
            SHARED => most(EXCLUSIVE),
            RESERVED => most(RESERVED),
            _ => most(SHARED),
        };
        let held = self.levels.entry(owner).or_default();
        if free {
            *held = level.max(*held);
        }
        free
    }

    pub(crate) fn lower(&mut self, owner: Owner, level: i32) {
        let held = self.levels.entry(owner).or_default();
        *held = level.min(*held);
    }

    pub(crate) fn is_reserved(&self) -> bool {
        self.levels.values().any(|held| *held >= RESERVED)
    }

    pub(crate) fn forget(&mut self, owner: Owner) {
        self.levels.remove(&owner);
        self.unmap(owner);
    }

    /// Returns a region of `bytes`; none if it is not there and must not be made.
    pub(crate) fn region(
        &mut self,
        owner: Owner,
        index: usize,
        bytes: usize,
        extend: bool,
    ) -> Option<Region> {
        self.slots.entry(owner).or_default();
        while extend && self.regions.len() <= index {
            let words = (0..bytes / 8).map(|_| AtomicU64::new(0));
            self.regions.push(words.collect());
        }
        self.regions.get(index).cloned()
    }

    /// The memory goes with the last connection that uses it.
    pub(crate) fn unmap(&mut self, owner: Owner) {
        self.slots.remove(&owner);
        if self.slots.is_empty() {
            self.regions.clear();
        }
    }

    /// Takes slots; returns whether no other holds one against it.
    pub(crate) fn take(&mut self, owner: Owner, mask: u8, exclusive: bool) -> bool {
        let mut others = self.slots.iter().filter(|(other, _)| **other != owner);
        let taken = others.any(|(_, held)| {
            let against = match exclusive {
                true => held.shared | held.exclusive,
                false => held.exclusive,
            };
            against & mask != 0
        });
        let held = self.slots.entry(owner).or_default();
        if !taken {
            match exclusive {
                true => held.exclusive |= mask,
                false => held.shared |= mask,
            }
        }
        !taken
    }

    pub(crate) fn release(&mut self, owner: Owner, mask: u8) {
        let held = self.slots.entry(owner).or_default();
        held.shared &= !mask;
        held.exclusive &= !mask;
    }
}
