//! Rules about the location of a data directory and its readers, which differ between systems.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use super::DataDirError;

/// Returns the default folder for a program's data.
pub fn default_path(program: &str) -> Option<PathBuf> {
    let folder = |name: &str| {
        env::var_os(name)
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    };
    let base = if cfg!(windows) {
        folder("LOCALAPPDATA")?
    } else if cfg!(target_os = "macos") {
        folder("HOME")?.join("Library/Application Support")
    } else {
        folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")))?
    };
    Some(base.join(program))
}

/// Refuses places that damage databases.
pub(super) fn check(path: &Path) -> Result<(), DataDirError> {
    if let Some(service) = synchronised(path) {
        return Err(DataDirError::Synchronised {
            path: path.to_owned(),
            service,
        });
    }
    match network_file_system(path) {
        Some(kind) => Err(DataDirError::OnNetwork {
            path: path.to_owned(),
            kind,
        }),
        None => Ok(()),
    }
}

/// Returns the service that owns the folder of `path`, by the folder names these services use.
pub(super) fn synchronised(path: &Path) -> Option<&'static str> {
    path.components().find_map(|part| {
        let part = part.as_os_str().to_string_lossy().to_lowercase();
        let named = |name: &str| {
            let rest = part.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '-']))
        };
        SYNCHRONISED
            .iter()
            .find_map(|(name, service)| named(name).then_some(*service))
    })
}

const SYNCHRONISED: &[(&str, &str)] = &[
    ("onedrive", "OneDrive"),
    ("dropbox", "Dropbox"),
    ("google drive", "Google Drive"),
    ("googledrive", "Google Drive"),
    ("icloud", "iCloud"),
    ("iclouddrive", "iCloud"),
    ("mobile documents", "iCloud"),
    ("cloudstorage", "a cloud service"),
    ("box sync", "Box"),
    ("nextcloud", "Nextcloud"),
    ("owncloud", "ownCloud"),
    ("syncthing", "Syncthing"),
];

/// Returns the network file system that `path` is on, by the numbers of `statfs(2)`.
#[cfg(target_os = "linux")]
fn network_file_system(path: &Path) -> Option<&'static str> {
    let number = rustix::fs::statfs(path).ok()?.f_type;
    // Compare 32 bits: the width and sign of the field differ between systems.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "all of these numbers have 32 bits"
    )]
    let number = number as u32;
    if number == FUSE {
        let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
        return network_fuse(&mounts, path);
    }
    NETWORK
        .iter()
        .find_map(|(known, name)| (*known == number).then_some(*name))
}

/// Other systems check only the folder's name.
#[cfg(not(target_os = "linux"))]
fn network_file_system(_: &Path) -> Option<&'static str> {
    None
}

/// Returns the network file system behind a FUSE mount, by its name in `/proc/self/mountinfo`.
/// Other FUSE mounts are local disks.
#[cfg(target_os = "linux")]
pub(super) fn network_fuse(mounts: &str, path: &Path) -> Option<&'static str> {
    let mounts = mounts.lines().filter_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let point = place.split(' ').nth(4)?.replace("\\040", " ");
        path.starts_with(&point)
            .then_some((point.len(), kind.split(' ').next()?))
    });
    let (_, kind) = mounts.max_by_key(|(length, _)| *length)?;
    FUSE_NETWORK
        .iter()
        .find_map(|(known, name)| kind.contains(known).then_some(*name))
}

#[cfg(target_os = "linux")]
const FUSE: u32 = 0x6573_5546;
#[cfg(target_os = "linux")]
const NETWORK: &[(u32, &str)] = &[
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB"),
    (0x0102_1997, "9P"),
    (0x5346_414f, "AFS"),
    (0x00c3_6400, "Ceph"),
    (0x564c, "NetWare"),
    (0x7375_7245, "Coda"),
    (0x0116_1970, "GFS2"),
    (0x7461_636f, "OCFS2"),
    (0x0bd0_0bd0, "Lustre"),
];
#[cfg(target_os = "linux")]
const FUSE_NETWORK: &[(&str, &str)] = &[
    ("sshfs", "SSHFS"),
    ("rclone", "rclone"),
    ("s3fs", "S3"),
    ("gluster", "GlusterFS"),
    ("gvfsd", "GVfs"),
    ("onedriver", "OneDrive"),
    ("google-drive", "Google Drive"),
    ("davfs", "WebDAV"),
    ("smbnetfs", "SMB"),
];

/// Whether only its owner may read a file or directory.
///
/// # Errors
/// If it cannot be inspected.
#[cfg(unix)]
pub fn is_private(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;

    Ok(fs::metadata(path)?.permissions().mode() & 0o077 == 0)
}

/// The user's own profile is private already.
///
/// # Errors
/// If it cannot be inspected.
#[cfg(not(unix))]
pub fn is_private(path: &Path) -> io::Result<bool> {
    fs::metadata(path).map(|_| true)
}

/// Makes the directory accessible only to its owner.
#[cfg(unix)]
pub(super) fn restrict(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    if is_private(path)? {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

/// The user's own profile is private already.
#[cfg(not(unix))]
pub(super) fn restrict(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes new files readable only by their owner.
#[cfg(unix)]
pub(super) fn owner_only(options: &mut fs::OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;

    options.mode(0o600);
}

/// Makes a file accessible only to its owner.
#[cfg(unix)]
pub(super) fn restrict_file(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    if is_private(path)? {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

/// The user's own profile is private already.
#[cfg(not(unix))]
pub(super) fn restrict_file(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes new directories accessible only to their owner.
#[cfg(unix)]
pub(super) fn directories_of_owner(builder: &mut fs::DirBuilder) {
    use std::os::unix::fs::DirBuilderExt as _;

    builder.mode(0o700);
}

/// They inherit the rules of their parent directory.
#[cfg(not(unix))]
pub(super) fn directories_of_owner(_: &mut fs::DirBuilder) {}

/// The user's own profile is private already.
#[cfg(not(unix))]
pub(super) fn owner_only(_: &mut fs::OpenOptions) {}

/// Flushes the directory, without which a renamed file may be lost in a power cut.
#[cfg(unix)]
pub(crate) fn flush_directory(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

/// Directories cannot be opened for flushing here, and the file system journals renames.
#[cfg(not(unix))]
pub(crate) fn flush_directory(_: &Path) -> io::Result<()> {
    Ok(())
}
