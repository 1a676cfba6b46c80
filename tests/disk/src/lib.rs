//! A disk in memory for SQLite, whose faults and power losses a test chooses.
//!
//! SQLite reaches it by the name [`VFS`] and a [`Disk::path`]. A write counts as durable only after
//! a sync, as on a real disk. [`Disk::fail`] makes one operation fail; [`Disk::cut_power_at`] stops
//! everything at one write or sync, and [`Disk::restart`] decides by its seed what remains of the
//! writes that were not synced.

mod file;
mod random;
mod shm;
mod state;
#[cfg(test)]
mod tests;
mod vfs;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::state::State;
pub use self::{random::Random, vfs::VFS};

/// A kind of operation that may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Any read.
    Read,
    /// A write to the write-ahead log, or a change of its length.
    Write,
    /// A sync of the write-ahead log.
    Sync,
    /// A write or sync of the database itself. In WAL mode only checkpoints make any.
    Checkpoint,
}

/// The way in which an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// EIO: the disk is broken. After a failed sync, what it should have written may be lost even
    /// if a later sync succeeds.
    Io,
    /// ENOSPC.
    Full,
    /// Half of the bytes are written; SQLite calls it a full disk.
    Short,
}

/// The rest, after a power loss, of the writes that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remains {
    /// None of them.
    Nothing,
    /// The first ones; the last of these is torn at a multiple of 512 bytes.
    Torn,
    /// Any of their sectors of 512 bytes, in any combination.
    Reordered,
    /// All of them: only the program ended.
    Everything,
}

impl Remains {
    /// Everything that a loss of power may leave.
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Torn, Self::Reordered];
}

/// One computer's disk.
#[derive(Debug)]
pub struct Disk {
    number: u64,
    state: Arc<Mutex<State>>,
}

impl Disk {
    /// Makes an empty disk; `seed` decides what a power loss leaves.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let state = Arc::new(Mutex::new(State::new(seed)));
        let number = vfs::mount(&state);
        Self { number, state }
    }

    /// Makes a disk that holds what this one has durably.
    #[must_use]
    pub fn copy(&self, seed: u64) -> Self {
        let copy = Self::new(seed);
        copy.state().copy_from(&self.state());
        copy
    }

    /// Returns the path of a file on it.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        format!("/{}-{}/{name}", VFS, self.number)
    }

    /// Returns the number of writes, syncs and deletions so far.
    #[must_use]
    pub fn points(&self) -> u64 {
        self.state().points
    }

    /// Cuts the power at that point, counted as by [`Disk::points`]: from there on nothing works.
    pub fn cut_power_at(&self, point: u64) {
        self.state().cut_at = Some(point);
    }

    /// Cuts the power now.
    pub fn cut_power(&self) {
        self.state().dead = true;
    }

    /// Whether the power was cut.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// Makes an operation fail, after `after` others of its kind.
    pub fn fail(&self, operation: Operation, after: u64, failure: Failure) {
        self.state().plan(operation, after, failure);
    }

    /// Whether an operation has failed since the last restart.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        let state = self.state();
        state.failed || state.dead
    }

    /// Whether an operation has failed since this was last asked, or there is no power.
    #[must_use]
    pub fn take_failed(&self) -> bool {
        let mut state = self.state();
        std::mem::take(&mut state.untold) || state.dead
    }

    /// Forgets the failures and the loss of power that have not happened yet, and returns whether
    /// any failure has happened.
    pub fn heal(&self) -> bool {
        self.state().heal()
    }

    /// Turns the power on again, after a loss if it was on. Connections that were open before work
    /// no more.
    pub fn restart(&self, remains: Remains) {
        self.state().restart(remains);
    }

    /// Whether one of its files has these bytes somewhere.
    #[must_use]
    pub fn holds(&self, bytes: &[u8]) -> bool {
        self.state().holds(bytes)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `scenario` on a copy of `first` as a whole, and then once for each of its writes, syncs and
/// deletions and each of these [`Remains`]: the power goes at that point, and comes back. Each
/// time, `check` then looks at what is there, and at what the scenario was told.
///
/// The scenario must end, and not panic, when its disk dies.
///
/// # Panics
/// If the scenario changes nothing, and whenever `check` does.
pub fn at_every_point<Told: Default>(
    (first, all): (&Disk, &[Remains]),
    scenario: impl Fn(&Disk, &mut Told),
    check: impl Fn(&Disk, &Told, &str),
) {
    let whole = first.copy(0);
    let mut told = Told::default();
    scenario(&whole, &mut told);
    check(&whole, &told, "without a loss of power");
    let points = whole.points();
    assert!(points > 0, "the scenario changes nothing");
    for point in 1..=points {
        for remains in all.iter().copied() {
            let disk = first.copy(point);
            disk.cut_power_at(point);
            let mut told = Told::default();
            scenario(&disk, &mut told);
            disk.restart(remains);
            check(
                &disk,
                &told,
                &format!("{remains:?} at point {point} of {points}"),
            );
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        vfs::unmount(self.number);
    }
}
