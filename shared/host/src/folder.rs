//! A directory of files that is written whole or not at all: beside the place where it is to be,
//! and moved there at the end.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    data_dir::{make_own_directory, write_new_secret},
    failure::Failure,
    output::plain,
};

/// Writes files, each with its path within the directory, into one that is empty or does not exist
/// yet: all of them or none. Only the person who writes may read them. `noun` is what they are
/// together, such as `export`.
///
/// # Errors
/// If the directory holds something, or it cannot be written; then nothing of it is left.
pub fn write(to: &Path, noun: &str, files: &[(&str, &[u8])]) -> Result<(), Failure> {
    let failed = |(what, path, error): (&str, PathBuf, io::Error)| {
        Failure::failed(format_args!(
            "The {noun} could not {what} {} ({}). Nothing was written; name another directory with \
             --to, or make room.",
            path.display(),
            plain(&error)
        ))
    };
    if to.exists() && fs::read_dir(to).is_ok_and(|mut inside| inside.next().is_some()) {
        return Err(Failure::usage(format_args!(
            "{} holds files already. Name a directory that does not exist yet.",
            to.display()
        )));
    }
    // An existing directory may be a shell's current one, so it is filled rather than replaced.
    let filled = to.is_dir();
    let partial = if filled { to.join(PARTIAL) } else { beside(to) };
    let written = write_all(&partial, files).and_then(|()| {
        if filled {
            move_into(&partial, to)
        } else {
            fs::rename(&partial, to).map_err(|error| ("move the files to", to.to_owned(), error))
        }
    });
    if written.is_err() {
        // The name marks any leftovers as partial.
        let _ = fs::remove_dir_all(&partial);
    }
    written.map_err(failed)
}

/// The step that failed, its path, and the error.
type Fault = (&'static str, PathBuf, io::Error);

fn write_all(partial: &Path, files: &[(&str, &[u8])]) -> Result<(), Fault> {
    let make = |folder: &Path| {
        make_own_directory(folder).map_err(|error| ("create", folder.to_owned(), error))
    };
    make(partial)?;
    for (name, bytes) in files {
        let path = partial.join(name);
        if let Some(folder) = path.parent() {
            make(folder)?;
        }
        write_new_secret(&path, bytes).map_err(|error| ("write", path, error))?;
    }
    Ok(())
}

/// Moves the contents of `partial` into the directory around it. If that fails, removes all of it.
fn move_into(partial: &Path, to: &Path) -> Result<(), Fault> {
    let failed = |error| ("move the files to", to.to_owned(), error);
    let mut moved = Vec::new();
    let done = (|| {
        for entry in fs::read_dir(partial)? {
            let name = entry?.file_name();
            fs::rename(partial.join(&name), to.join(&name))?;
            moved.push(to.join(&name));
        }
        fs::remove_dir(partial)
    })();
    if done.is_err() {
        for path in &moved {
            // It is a file or a directory, and the error already reports leftovers.
            let _ = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
        }
    }
    done.map_err(failed)
}

fn beside(to: &Path) -> PathBuf {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(PARTIAL);
    to.with_file_name(name)
}

const PARTIAL: &str = ".partial";
