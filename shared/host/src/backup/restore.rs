//! A backup that is read again: checked, or put into a new data directory.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read},
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use super::{
    BackupError, Manifest, Opener, PLAN, Packed, Plan, Program, SCRATCH, Secret, archive,
    scratch::{Scratch, sync_folder},
};
use crate::{
    data_dir::{DataDir, make_own_directory, replace, write_new_secret},
    failure::Failure,
    random::random_bytes,
};

/// Reads a backup to its end, and checks the database in it.
///
/// # Errors
/// If it is damaged, of another program, or the secret does not open it.
pub fn verify(file: &Path, secret: &Secret, program: &Program) -> Result<Manifest, BackupError> {
    let number = u64::from_be_bytes(random_bytes());
    let scratch = std::env::temp_dir().join(format!("weft-backup-{number:016x}"));
    let scratch = Scratch::make(scratch)?;
    let copy = scratch.path.join(program.database);
    let manifest = unpack(
        file,
        &secret.opener(),
        program,
        &mut |packed, inside| match packed.name == program.database {
            true => keep(packed, inside, &copy),
            false => skip(inside),
        },
    )?;
    (program.check)(&copy).map_err(BackupError::Database)?;
    Ok(manifest)
}

/// Puts a backup into a data directory that is new. `settle` does what the program needs before it
/// counts as set up.
///
/// # Errors
/// If the backup cannot be used, or there is no room. Nothing of it is left in the directory then.
pub fn restore(
    file: &Path,
    secret: &Secret,
    (dir, program): (&DataDir, &Program),
    settle: impl FnOnce(&DataDir, &Manifest) -> Result<(), Failure>,
) -> Result<Manifest, Failure> {
    let placed = place(file, secret, (dir, program));
    let begun = placed.and_then(|manifest| afresh(dir).map(|()| manifest));
    let settled = begun.map_err(Failure::from).and_then(|manifest| {
        settle(dir, &manifest)?;
        dir.complete()?;
        Ok(manifest)
    });
    if settled.is_err() {
        take_away(dir, program);
    }
    settled
}

fn place(
    file: &Path,
    secret: &Secret,
    (dir, program): (&DataDir, &Program),
) -> Result<Manifest, BackupError> {
    let scratch = Scratch::make(dir.path(SCRATCH))?;
    let manifest = unpack(file, &secret.opener(), program, &mut |packed, inside| {
        let path = scratch.path.join(&packed.name);
        let folder = path.parent().unwrap_or(&scratch.path);
        make_own_directory(folder).map_err(BackupError::Write)?;
        keep(packed, inside, &path)
    })?;
    let database = scratch.path.join(program.database);
    (program.check)(&database).map_err(BackupError::Database)?;
    for name in fs::read_dir(&scratch.path).map_err(BackupError::Write)? {
        let name = name.map_err(BackupError::Write)?.file_name();
        let moved = fs::rename(scratch.path.join(&name), dir.root().join(&name));
        moved.map_err(BackupError::Write)?;
    }
    sync_folder(dir.root()).map_err(BackupError::Write)?;
    Ok(manifest)
}

/// Leaves the lock of the plan alone. A computer that is restored, perhaps to try a backup, must
/// not remove those of the one that was backed up.
fn afresh(dir: &DataDir) -> Result<(), BackupError> {
    let path = dir.path(PLAN);
    let Ok(text) = fs::read(&path) else {
        return Ok(());
    };
    let before: Plan = serde_json::from_slice(&text).unwrap_or_default();
    let plan = Plan {
        lock: before.lock,
        ..Plan::default()
    };
    let text = serde_json::to_vec_pretty(&plan).expect("a plan is JSON");
    replace(&path, &text).map_err(BackupError::Write)
}

/// Removes all that a restore put into a directory.
fn take_away(dir: &DataDir, program: &Program) {
    let files = program.layout.files.iter().chain(program.beside);
    // If something stays, the next attempt names it: it refuses a directory that is not empty.
    for name in files.chain(&[PLAN]) {
        let _stays = fs::remove_file(dir.path(name));
    }
    for name in program.folders.iter().chain(&[SCRATCH]) {
        let _stays = fs::remove_dir_all(dir.path(name));
    }
    dir.give_up(&[]);
}

/// Opens a file, and gives each of its files to `take`.
fn unpack(
    file: &Path,
    opener: &Opener,
    program: &Program,
    take: &mut dyn FnMut(&Packed, &mut dyn Read) -> Result<(), BackupError>,
) -> Result<Manifest, BackupError> {
    let is_fit = |manifest: &Manifest| fits(manifest, program);
    // A device or a pipe may give no end.
    let is_file = fs::metadata(file).map_err(BackupError::Read)?.is_file();
    if !is_file {
        return Err(BackupError::Foreign);
    }
    let file = File::open(file).map_err(BackupError::Read)?;
    let inside = opener.open(BufReader::new(file))?;
    Ok(archive::read(inside, &is_fit, take)?.0)
}

/// Reads the content of a backup, as it is once it is decrypted, and keeps nothing: what any bytes
/// there may do.
///
/// # Errors
/// If it is not the content of a backup.
pub fn content(inside: impl Read) -> Result<Manifest, BackupError> {
    let read = archive::read(inside, &|_| Ok(()), &mut |_, file| skip(file));
    Ok(read?.0)
}

/// Refuses a backup of another program, one of a later layout, and one whose files have no place
/// here.
fn fits(manifest: &Manifest, program: &Program) -> Result<(), BackupError> {
    let layout = &program.layout;
    if manifest.program != layout.program {
        return Err(BackupError::OtherProgram {
            found: crate::text::printed(&manifest.program),
            program: layout.program,
        });
    }
    if manifest.layout > layout.version {
        return Err(BackupError::Newer);
    }
    let has = |name: &str| manifest.files.iter().any(|one| one.name == name);
    let must = layout
        .files
        .iter()
        .filter(|name| !layout.movable.contains(name));
    let is_known = |name: &str| {
        let single = layout.files.iter().chain(program.beside).chain(&[PLAN]);
        let mut single = single.copied();
        let folder = name.split_once('/').map(|(folder, _)| folder);
        match folder {
            Some(folder) => program.folders.contains(&folder),
            None => single.any(|one| one == name),
        }
    };
    let all = must.copied().all(has) && manifest.files.iter().all(|one| is_known(&one.name));
    if all {
        Ok(())
    } else {
        Err(BackupError::Damaged)
    }
}

fn skip(inside: &mut dyn Read) -> Result<(), BackupError> {
    io::copy(inside, &mut io::sink()).map_err(archive::unread)?;
    Ok(())
}

/// Writes a file that only its owner may read, and flushes it.
fn keep(packed: &Packed, inside: &mut dyn Read, path: &Path) -> Result<(), BackupError> {
    write_new_secret(path, b"").map_err(BackupError::Write)?;
    let to = File::options().write(true).open(path);
    let mut to = to.map_err(BackupError::Write)?;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let n = inside.read(&mut piece).map_err(archive::unread)?;
        if n == 0 {
            break;
        }
        io::Write::write_all(&mut to, &piece[..n]).map_err(BackupError::Write)?;
    }
    let modified = UNIX_EPOCH.checked_add(Duration::from_secs(packed.modified));
    if let Some(modified) = modified {
        // A disk that keeps no such time loses nothing that counts.
        let _unkept = to.set_modified(modified);
    }
    to.sync_all().map_err(BackupError::Write)
}

const PIECE_BYTES: usize = 128 << 10;
