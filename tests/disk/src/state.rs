//! The state of a disk: its files, what is to fail, and whether there is power.

use std::collections::BTreeMap;

use rusqlite::ffi;

use crate::{
    Failure, Operation, Remains,
    file::File,
    random::Random,
    shm::{Locks, Owner},
};

#[derive(Debug)]
pub(crate) struct State {
    random: Random,
    files: BTreeMap<String, File>,
    /// Files whose deletion may be lost, as they would come back.
    deleted: BTreeMap<String, Vec<u8>>,
    pub(crate) locks: BTreeMap<String, Locks>,
    opened: u64,
    /// Number of restarts: what was opened before one is void.
    pub(crate) life: u64,
    pub(crate) points: u64,
    pub(crate) cut_at: Option<u64>,
    pub(crate) dead: bool,
    planned: Vec<(Operation, u64, Failure)>,
    pub(crate) failed: bool,
    /// Whether a failure was not asked about yet.
    pub(crate) untold: bool,
}

/// An error number of SQLite.
pub(crate) type Code = i32;

/// The name of an open file, and the numbers of its opening.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) owner: Owner,
    life: u64,
    is_log: bool,
    /// Whether it is a file of SQLite's own that no restart brings back.
    is_temporary: bool,
}

impl State {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            files: BTreeMap::new(),
            deleted: BTreeMap::new(),
            locks: BTreeMap::new(),
            opened: 0,
            life: 0,
            points: 0,
            cut_at: None,
            dead: false,
            planned: Vec::new(),
            failed: false,
            untold: false,
        }
    }

    /// Takes over the files of another disk, as they lie there durably.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        let files = other.files.iter();
        let files = files.filter_map(|(name, file)| Some((name, file.durable()?.to_vec())));
        self.files = files
            .map(|(name, bytes)| (name.clone(), File::restored(bytes)))
            .collect();
    }

    /// Opens a file; `name` is none for a temporary one.
    pub(crate) fn open(&mut self, name: Option<&str>, flags: i32) -> Result<Place, Code> {
        if self.dead {
            return Err(ffi::SQLITE_CANTOPEN);
        }
        self.opened += 1;
        let is_temporary = name.is_none() || flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0;
        let temporary = format!("temporary {}", self.opened);
        let name = name.unwrap_or(&temporary).to_owned();
        if !self.files.contains_key(&name) {
            if flags & ffi::SQLITE_OPEN_CREATE == 0 {
                return Err(ffi::SQLITE_CANTOPEN);
            }
            self.files.insert(name.clone(), File::default());
        }
        let is_log = flags & ffi::SQLITE_OPEN_WAL != 0;
        Ok(Place {
            name,
            owner: self.opened,
            life: self.life,
            is_log,
            is_temporary,
        })
    }

    pub(crate) fn close(&mut self, place: &Place) {
        if place.life != self.life {
            return;
        }
        if let Some(locks) = self.locks.get_mut(&place.name) {
            locks.forget(place.owner);
        }
        if place.is_temporary {
            self.files.remove(&place.name);
        }
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        // An empty file is none, as for SQLite's own systems.
        let there = self.files.get(name).filter(|file| !file.bytes.is_empty());
        there.is_some()
    }

    pub(crate) fn delete(&mut self, name: &str, sync: bool) -> Result<(), Code> {
        self.point().ok_or(ffi::SQLITE_IOERR_DELETE)?;
        let file = self.files.remove(name);
        let file = file.ok_or(ffi::SQLITE_IOERR_DELETE_NOENT)?;
        match file.into_durable() {
            Some(durable) if !sync => drop(self.deleted.insert(name.to_owned(), durable)),
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn read(&mut self, place: &Place, at: usize, out: &mut [u8]) -> Result<(), Code> {
        if self.is_void(place) || self.fails(Operation::Read, place).is_some() {
            return Err(ffi::SQLITE_IOERR_READ);
        }
        let file = self.files.get(&place.name);
        let read = file.ok_or(ffi::SQLITE_IOERR_READ)?.read(at, out);
        out[read..].fill(0);
        match read == out.len() {
            true => Ok(()),
            false => Err(ffi::SQLITE_IOERR_SHORT_READ),
        }
    }

    pub(crate) fn write(&mut self, place: &Place, at: usize, bytes: &[u8]) -> Result<(), Code> {
        let error = ffi::SQLITE_IOERR_WRITE;
        let failure = self.fails(place.writes(), place);
        let cut = self.may_change(place);
        let file = self.files.get_mut(&place.name).ok_or(error)?;
        if cut.is_err() {
            // The power is lost while it is written.
            if cut == Err(true) {
                file.write(at, bytes);
            }
            return Err(error);
        }
        match failure {
            None => file.write(at, bytes),
            Some(Failure::Io) => return Err(error),
            Some(Failure::Full) => return Err(ffi::SQLITE_FULL),
            Some(Failure::Short) => {
                file.write(at, &bytes[..bytes.len() / 2]);
                return Err(ffi::SQLITE_FULL);
            }
        }
        Ok(())
    }

    pub(crate) fn resize(&mut self, place: &Place, len: usize) -> Result<(), Code> {
        let error = ffi::SQLITE_IOERR_TRUNCATE;
        let failure = self.fails(place.writes(), place);
        self.may_change(place).map_err(|_| error)?;
        if failure.is_some() {
            return Err(error);
        }
        self.files.get_mut(&place.name).ok_or(error)?.resize(len);
        Ok(())
    }

    pub(crate) fn sync(&mut self, place: &Place) -> Result<(), Code> {
        let error = ffi::SQLITE_IOERR_FSYNC;
        let operation = match place.is_log {
            true => Operation::Sync,
            false => Operation::Checkpoint,
        };
        let failure = self.fails(operation, place);
        self.may_change(place).map_err(|_| error)?;
        let file = self.files.get_mut(&place.name).ok_or(error)?;
        if failure.is_some() {
            file.fail_sync(&mut self.random);
            return Err(error);
        }
        file.sync();
        // A file system writes its names before the data that came after them.
        self.deleted.clear();
        Ok(())
    }

    pub(crate) fn len(&self, place: &Place) -> Result<usize, Code> {
        let file = self.files.get(&place.name).filter(|_| !self.is_void(place));
        Ok(file.ok_or(ffi::SQLITE_IOERR_FSTAT)?.bytes.len())
    }

    /// Returns the locks of an open file; none if its time is over.
    pub(crate) fn locks(&mut self, place: &Place) -> Option<&mut Locks> {
        let there = !self.is_void(place);
        there.then(|| self.locks.entry(place.name.clone()).or_default())
    }

    pub(crate) fn plan(&mut self, operation: Operation, after: u64, failure: Failure) {
        self.planned.push((operation, after, failure));
    }

    pub(crate) fn heal(&mut self) -> bool {
        self.planned.clear();
        self.cut_at = None;
        std::mem::take(&mut self.failed)
    }

    pub(crate) fn restart(&mut self, remains: Remains) {
        self.life += 1;
        self.dead = false;
        self.cut_at = None;
        self.planned.clear();
        self.failed = false;
        self.locks.clear();
        let random = &mut self.random;
        let mut left = BTreeMap::new();
        for (name, file) in std::mem::take(&mut self.files) {
            if let Some(file) = file.lose_power(remains, random) {
                left.insert(name, file);
            }
        }
        for (name, durable) in std::mem::take(&mut self.deleted) {
            let back = match remains {
                Remains::Everything => false,
                Remains::Nothing => true,
                Remains::Torn | Remains::Reordered => random.chance(50),
            };
            if back {
                left.entry(name).or_insert_with(|| File::restored(durable));
            }
        }
        self.files = left;
    }

    pub(crate) fn holds(&self, bytes: &[u8]) -> bool {
        let mut files = self.files.values();
        files.any(|file| file.bytes.windows(bytes.len()).any(|part| part == bytes))
    }

    const fn is_void(&self, place: &Place) -> bool {
        self.dead || place.life != self.life
    }

    /// Counts a change; `Err` says whether the power is lost just now.
    fn may_change(&mut self, place: &Place) -> Result<(), bool> {
        if place.is_temporary && !self.is_void(place) {
            return Ok(());
        }
        if self.is_void(place) {
            return Err(false);
        }
        self.point().ok_or(true)
    }

    /// Counts a change; none if there is no power for it.
    fn point(&mut self) -> Option<()> {
        if self.dead {
            return None;
        }
        self.points += 1;
        self.dead = self.cut_at.is_some_and(|at| self.points >= at);
        self.untold |= self.dead;
        (!self.dead).then_some(())
    }

    fn fails(&mut self, operation: Operation, place: &Place) -> Option<Failure> {
        if place.is_temporary || self.is_void(place) {
            return None;
        }
        let mut due = None;
        self.planned.retain_mut(|(planned, after, failure)| {
            if *planned != operation {
                return true;
            }
            let now = *after == 0;
            *after = after.saturating_sub(1);
            if now {
                due = Some(*failure);
            }
            !now
        });
        self.failed |= due.is_some();
        self.untold |= due.is_some();
        due
    }
}

impl Place {
    const fn writes(&self) -> Operation {
        match self.is_log {
            true => Operation::Write,
            false => Operation::Checkpoint,
        }
    }
}
