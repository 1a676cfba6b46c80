//! Backups: everything of a program in one file, which only 24 words or a passphrase open.
//!
//! A backup is made while the program runs. Its database is copied as it stands at one moment, and
//! the copy is checked; then all of it is written to a new file, read again and compared. Only then
//! the file gets its name, so one that was cut short is never taken for a backup. The file is a tar
//! archive, compressed with zstd and encrypted with age.

mod archive;
mod command;
mod error;
mod key;
mod plan;
mod restore;
mod scratch;
#[cfg(test)]
mod tests;

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError, TryLockError},
    time::UNIX_EPOCH,
};

use data_encoding::HEXLOWER;
use weft_shared::time::Timestamp;

use self::{
    archive::{FORMAT, Source},
    key::Opener,
    scratch::{Partial, Scratch, sync_folder},
};
pub use self::{
    archive::{Manifest, Packed},
    command::{Backup, Named, run, run_apart},
    error::BackupError,
    key::{Lock, Secret},
    plan::{Done, Every, Failed, Plan, Schedule},
    restore::{content, restore, verify},
};
use crate::{
    clock,
    data_dir::{Layout, replace},
    limits,
    random::random_bytes,
    task,
};

/// The content of a program's data directory, as far as it goes into a backup.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The layout, whose files must be there but for those that a person may keep elsewhere.
    pub layout: Layout,
    /// The database among them.
    pub database: &'static str,
    /// Further files, if they are there.
    pub beside: &'static [&'static str],
    /// Folders with all in them, if they are there.
    pub folders: &'static [&'static str],
    /// Copies an open database as it stands at one moment. Says what failed.
    pub copy: fn(from: &Path, to: &Path) -> Result<(), String>,
    /// Checks every page of a database. Says what is wrong with it.
    pub check: fn(&Path) -> Result<(), String>,
}

/// The backups of an open program. Only one is made at a time.
#[derive(Debug)]
pub struct Backups {
    program: Program,
    root: PathBuf,
    /// Held while a backup is made.
    working: Mutex<()>,
    /// Held while the plan is changed.
    planning: Mutex<()>,
}

/// The place of a new backup.
#[derive(Clone, Debug)]
pub enum To {
    /// In this folder, under a name of its own.
    Folder(PathBuf),
    /// This file, which does not exist yet.
    File(PathBuf),
}

/// The location or network that a backup is of.
#[derive(Clone, Debug)]
pub struct Of {
    /// Its code, as it is in the names of files.
    pub code: String,
    /// Its name, in words.
    pub name: String,
}

impl Backups {
    /// Takes the backups of the program that has the data directory `root` open.
    #[must_use]
    pub fn new(program: Program, root: &Path) -> Self {
        Self {
            program,
            root: root.to_owned(),
            working: Mutex::default(),
            planning: Mutex::default(),
        }
    }

    /// The program's command, such as `weft-node`.
    #[must_use]
    pub const fn command(&self) -> &'static str {
        self.program.layout.program
    }

    /// Returns what is planned, and how the last backup went.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn plan(&self) -> Result<Plan, BackupError> {
        let path = self.root.join(PLAN);
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|_| BackupError::Plan(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Plan::default()),
            Err(error) => Err(BackupError::Source(PLAN.to_owned(), error)),
        }
    }

    /// Changes the plan.
    ///
    /// # Errors
    /// If it cannot be read or written; it stays as it was then.
    pub fn change(&self, change: impl FnOnce(&mut Plan)) -> Result<Plan, BackupError> {
        let _alone = self.planning.lock().unwrap_or_else(PoisonError::into_inner);
        let mut plan = self.plan()?;
        change(&mut plan);
        let text = serde_json::to_vec_pretty(&plan).expect("a plan is JSON");
        replace(&self.root.join(PLAN), &text).map_err(BackupError::Write)?;
        Ok(plan)
    }

    /// Sets the schedule. The folder must be there, and not in the data directory.
    ///
    /// # Errors
    /// If there is no lock yet, the folder cannot be used, or the plan cannot be written.
    pub fn schedule(
        &self,
        schedule: Option<Schedule>,
        lock: Option<&Lock>,
    ) -> Result<Plan, BackupError> {
        let kept = lock.map(|lock| lock.kept().ok_or(BackupError::OnlyWords));
        let kept = kept.transpose()?;
        if let Some(one) = &schedule {
            self.fits(Path::new(&one.folder))?;
            if kept.is_none() && self.plan()?.lock.is_none() {
                return Err(BackupError::NoLock);
            }
        }
        self.change(|plan| {
            plan.lock = kept.or_else(|| plan.lock.take());
            plan.schedule = schedule;
            plan.failed = None;
        })
    }

    /// Refuses a folder in which a backup would be lost with the data, or that does not exist.
    fn fits(&self, folder: &Path) -> Result<(), BackupError> {
        if !folder.is_absolute() {
            return Err(BackupError::Relative(folder.to_owned()));
        }
        if !folder.is_dir() {
            return Err(BackupError::NoFolder(folder.to_owned()));
        }
        let whole = folder.canonicalize().map_err(BackupError::Write)?;
        match whole.starts_with(&self.root) {
            true => Err(BackupError::Inside(folder.to_owned())),
            false => Ok(()),
        }
    }

    /// Makes a backup, and notes how it went.
    ///
    /// # Errors
    /// If it could not be made, or another one is being made. Nothing of it is left then.
    pub fn create(&self, of: &Of, to: &To, lock: &Lock) -> Result<Done, BackupError> {
        let alone = match self.working.try_lock() {
            Ok(alone) => alone,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(BackupError::Busy),
        };
        let at = clock::now();
        let done = self.make(of, to, lock, at);
        drop(alone);
        match done {
            Ok(done) => {
                let last = done.clone();
                self.change(|plan| (plan.last, plan.failed) = (Some(last), None))?;
                Ok(done)
            }
            Err(error) => {
                let why = crate::output::explain(&error);
                // The reason that the person reads is the first one.
                let _unsaid = self.change(|plan| plan.failed = Some(Failed { at, why }));
                Err(error)
            }
        }
    }

    fn make(&self, of: &Of, to: &To, lock: &Lock, at: Timestamp) -> Result<Done, BackupError> {
        let target = match to {
            To::Folder(folder) => {
                let id = self.id()?;
                folder.join(plan::file_name(&self.program, (&of.code, &id), at))
            }
            To::File(file) => file.clone(),
        };
        let folder = target.parent().unwrap_or(&target);
        self.fits(folder)?;
        if target.exists() {
            return Err(BackupError::Exists(target));
        }
        let scratch = Scratch::make(self.root.join(SCRATCH))?;
        let copy = scratch.path.join(self.program.database);
        (self.program.copy)(&self.root.join(self.program.database), &copy)
            .and_then(|()| (self.program.check)(&copy))
            .map_err(BackupError::Database)?;
        let sources = self.sources(copy)?;
        let manifest = self.manifest(of, at, &sources)?;
        let partial = Partial::beside(&target)?;
        let bytes = write(&partial, lock, &manifest, &sources)?;
        fs::rename(&partial.path, &target).map_err(BackupError::Write)?;
        sync_folder(folder).map_err(BackupError::Write)?;
        Ok(Done {
            at,
            file: target.display().to_string(),
            bytes,
        })
    }

    /// The letters in the names of its backups, which are made once.
    fn id(&self) -> Result<String, BackupError> {
        if let Some(id) = self.plan()?.id {
            return Ok(id);
        }
        let fresh = HEXLOWER.encode(&random_bytes::<2>());
        let plan = self.change(|plan| {
            plan.id.get_or_insert(fresh);
        })?;
        Ok(plan.id.unwrap_or_default())
    }

    /// The files that go into a backup, the database last.
    fn sources(&self, copy: PathBuf) -> Result<Vec<Source>, BackupError> {
        let layout = &self.program.layout;
        let mut all = Vec::new();
        let beside = self.program.beside.iter().chain(&[PLAN]);
        let must = layout
            .files
            .iter()
            .filter(|name| **name != self.program.database);
        for name in must.chain(beside) {
            let path = self.root.join(name);
            let may_lack = !layout.files.contains(name) || layout.movable.contains(name);
            if path.exists() || !may_lack {
                let name = (*name).to_owned();
                all.push(Source { name, path });
            }
        }
        for folder in self.program.folders {
            walk(&self.root.join(folder), folder, &mut all)?;
        }
        all.push(Source {
            name: self.program.database.to_owned(),
            path: copy,
        });
        match all.len() > limits::BACKUP_FILES_MAX {
            true => Err(BackupError::Many),
            false => Ok(all),
        }
    }

    fn manifest(
        &self,
        of: &Of,
        made: Timestamp,
        sources: &[Source],
    ) -> Result<Manifest, BackupError> {
        let files = sources.iter().map(|source| {
            let found = fs::metadata(&source.path);
            let found = found.map_err(|error| BackupError::Source(source.name.clone(), error))?;
            let modified = found.modified().ok();
            let modified = modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
            Ok(Packed {
                name: source.name.clone(),
                bytes: found.len(),
                modified: modified.unwrap_or_default().as_secs(),
            })
        });
        Ok(Manifest {
            format: FORMAT,
            program: self.program.layout.program.to_owned(),
            layout: self.program.layout.version,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            made,
            of: of.name.clone(),
            files: files.collect::<Result<_, BackupError>>()?,
        })
    }

    /// Makes the backup that is due, if one is, and removes those that the schedule no longer
    /// keeps. Returns whether it made one.
    ///
    /// # Errors
    /// If it could not be made.
    pub fn make_due(&self, of: &Of, now: Timestamp) -> Result<bool, BackupError> {
        let plan = self.plan()?;
        let Some(schedule) = plan.schedule.as_ref().filter(|_| plan.is_due(now)) else {
            return Ok(false);
        };
        let Some(lock) = plan.lock() else {
            let why = crate::output::explain(&BackupError::NoLock);
            self.change(|plan| plan.failed = Some(Failed { at: now, why }))?;
            return Err(BackupError::NoLock);
        };
        let folder = PathBuf::from(&schedule.folder);
        let done = self.create(of, &To::Folder(folder.clone()), &lock)?;
        self.prune(of, &folder, (&done, schedule.keep))?;
        Ok(true)
    }

    /// Removes all but the last `keep` backups of this program from a folder.
    fn prune(&self, of: &Of, folder: &Path, (done, keep): (&Done, u16)) -> Result<(), BackupError> {
        let (id, made) = (self.id()?, Path::new(&done.file).file_name());
        let made = made.map(|name| name.to_string_lossy().into_owned());
        let made = made.unwrap_or_default();
        let names = fs::read_dir(folder).map_err(BackupError::Write)?;
        let names = names.filter_map(|one| one.ok()?.file_name().into_string().ok());
        for name in plan::to_remove(names, (&self.program, &of.code, &id), (&made, keep)) {
            fs::remove_file(folder.join(name)).map_err(BackupError::Write)?;
        }
        Ok(())
    }
}

/// Makes the backups of a program when they are due, until the task is dropped.
pub async fn keep(backups: std::sync::Arc<Backups>, of: impl Fn() -> Of + Send + Sync + 'static) {
    let of = std::sync::Arc::new(of);
    loop {
        let (one, of) = (std::sync::Arc::clone(&backups), std::sync::Arc::clone(&of));
        let made = tokio::task::spawn_blocking(move || one.make_due(&of(), clock::now()));
        match made.await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                let error = crate::output::explain(&error);
                tracing::error!(error, "the backup that was due was not made");
            }
            Err(error) => tracing::error!(%error, "the backup that was due was not made"),
        }
        tokio::time::sleep(limits::BACKUP_LOOK_INTERVAL).await;
    }
}

/// Makes backups when they are due, until the result is dropped.
///
/// # Panics
/// If called outside a runtime.
#[must_use]
pub fn keeps(
    backups: std::sync::Arc<Backups>,
    of: impl Fn() -> Of + Send + Sync + 'static,
) -> Keeping {
    Keeping(task::spawn(keep(backups, of)))
}

/// A program that makes its backups; see [`keeps`].
#[derive(Debug)]
pub struct Keeping(tokio::task::JoinHandle<()>);

impl Drop for Keeping {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Writes a backup, and reads it again. Returns its length.
fn write(
    partial: &Partial,
    lock: &Lock,
    manifest: &Manifest,
    sources: &[Source],
) -> Result<u64, BackupError> {
    let (encryptor, opener) = lock.begin()?;
    let writing = BackupError::Write;
    let file = File::options()
        .write(true)
        .open(&partial.path)
        .map_err(writing)?;
    let age = encryptor
        .wrap_output(BufWriter::new(file))
        .map_err(writing)?;
    let (age, written) = archive::write(age, manifest, sources)?;
    let mut file = age.finish().map_err(writing)?;
    file.flush().map_err(writing)?;
    let file = file
        .into_inner()
        .map_err(|error| writing(error.into_error()))?;
    file.sync_all().map_err(writing)?;
    let bytes = file.metadata().map_err(writing)?.len();
    let again = File::open(&partial.path).map_err(BackupError::Read)?;
    let inside = opener.open(BufReader::new(again))?;
    let (found, read) = archive::read(inside, &|_| Ok(()), &mut |_, file| {
        io::copy(file, &mut io::sink()).map_err(archive::unread)?;
        Ok(())
    })?;
    match found == *manifest && read == written {
        true => Ok(bytes),
        false => Err(BackupError::Different),
    }
}

/// Adds the files of a folder, in the order of their names.
fn walk(folder: &Path, name: &str, all: &mut Vec<Source>) -> Result<(), BackupError> {
    let failed = |error| BackupError::Source(name.to_owned(), error);
    let inside = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        inside => inside.map_err(failed)?,
    };
    let mut inside: Vec<_> = inside.collect::<Result<_, _>>().map_err(failed)?;
    inside.sort_by_key(fs::DirEntry::file_name);
    for entry in inside {
        let path = entry.path();
        let own = entry.file_name();
        let whole = format!("{name}/{}", own.to_string_lossy());
        let kind = entry.file_type().map_err(failed)?;
        // Something that is being written has a name that begins with a point.
        match (archive::plain(&whole), kind.is_dir()) {
            (false, _) => {}
            (true, true) => walk(&path, &whole, all)?,
            (true, false) if kind.is_file() => all.push(Source { name: whole, path }),
            (true, false) => {}
        }
    }
    Ok(())
}

/// The file of the plan, in the data directory.
pub const PLAN: &str = "backup.json";
const SCRATCH: &str = "backup.tmp";
