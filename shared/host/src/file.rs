//! Files that people name: read whole, up to a limit, and only if they are regular files.
//!
//! A device or a pipe may give endless bytes, or none for ever; neither is read.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _},
    path::Path,
};

/// Reads a file of at most `bytes_max` bytes.
///
/// # Errors
/// If the file does not exist, may not be read, is not a regular file, or is larger.
pub fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    up_to(open_regular(path)?, bytes_max)
}

/// Opens a regular file to read it.
///
/// # Errors
/// If the file does not exist, may not be read, or is not a regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let file = open_at_once(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !kind.is_file() {
        return Err(io::Error::other(
            "it is a device or a pipe: save what comes from it as a file, and name that",
        ));
    }
    Ok(file)
}

/// Makes a file that only this user can read, if there is none.
///
/// # Errors
/// If there is something of that name, or it cannot be made.
pub fn create_new_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Reads everything, if it is at most `bytes_max` bytes.
pub(crate) fn up_to(from: impl io::Read, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(bytes_max.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(io::Error::other(format!(
            "it is larger than {}, the most that is read",
            size(bytes_max)
        )));
    }
    Ok(bytes)
}

/// Reads a UTF-8 text file.
///
/// # Errors
/// If [`read`] returns one, or the file is not UTF-8.
pub fn read_text(path: &Path, bytes_max: u64) -> io::Result<String> {
    to_text(read(path, bytes_max)?)
}

/// The text that these bytes are.
pub(crate) fn to_text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| {
        let why = "it is not text in UTF-8";
        io::Error::new(io::ErrorKind::InvalidData, why)
    })
}

/// Opens a file without waiting for a writer at the other end of a pipe.
#[cfg(unix)]
fn open_at_once(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;

    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    let mut options = File::options();
    options.read(true).custom_flags(flags.bits().cast_signed());
    options.open(path)
}

/// Opens a file; files cannot be pipes here.
#[cfg(not(unix))]
fn open_at_once(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// A size in words, such as "1 MiB".
pub fn size(bytes: u64) -> String {
    match bytes {
        0..=0xF_FFFF => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, vec![b'x'; 2_048]).unwrap();
        assert_eq!(read(&path, 2_048).unwrap().len(), 2_048);
        assert_eq!(read_text(&path, 2_048).unwrap().len(), 2_048);
        let error = read(&path, 2_047).unwrap_err().to_string();
        assert_eq!(error, "it is larger than 1 KiB, the most that is read");
        std::fs::write(&path, b"\xff").unwrap();
        let error = read_text(&path, 2_048).unwrap_err().to_string();
        assert_eq!(error, "it is not text in UTF-8");
        let kind = |path: &Path| read(path, 1).unwrap_err().kind();
        assert_eq!(kind(&folder.path().join("none")), io::ErrorKind::NotFound);
        assert_eq!(kind(folder.path()), io::ErrorKind::IsADirectory);
    }
}
