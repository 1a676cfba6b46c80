//! Data directories as people meet them.

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
};

use super::*;

const LAYOUT: Layout = Layout {
    program: "weft-test",
    holds: "node",
    begin: "Join first",
    files: &["a.key", "test.db", "root.words"],
    movable: &["root.words"],
    version: 2,
};
const HOLDER: &str = "WEFT_TEST_HOLDS_DIRECTORY";

fn set_up(path: &Path) -> DataDir {
    let dir = DataDir::open(path, LAYOUT, true).unwrap();
    dir.complete().unwrap();
    dir
}

/// Not a test: the next one starts this binary again with only this function, as a second process
/// that holds the directory until its input ends.
#[test]
fn holds_a_directory_for_another_process() {
    let Some(path) = env::var_os(HOLDER) else {
        return;
    };
    let _dir = DataDir::open(Path::new(&path), LAYOUT, false).unwrap();
    println!("\nheld");
    io::stdout().flush().unwrap();
    let mut line = String::new();
    io::stdin().read_line(&mut line).unwrap();
}

#[test]
fn two_processes_cannot_open_one_directory() {
    let place = tempfile::tempdir().unwrap();
    drop(set_up(place.path()));
    let mut holder = Command::new(env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("data_dir::tests::holds_a_directory_for_another_process")
        .env(HOLDER, place.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "held"));

    let error = DataDir::try_open(place.path(), LAYOUT, false).unwrap_err();
    assert!(matches!(error, DataDirError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("close it and try again"));

    drop(holder.stdin.take());
    assert!(holder.wait().unwrap().success());
    DataDir::try_open(place.path(), LAYOUT, false).unwrap();
}

#[test]
fn a_short_command_is_waited_for() {
    let place = tempfile::tempdir().unwrap();
    let dir = set_up(place.path());
    let short = thread::spawn(move || {
        thread::sleep(limits::LOCK_POLL_INTERVAL * 4);
        drop(dir);
    });
    DataDir::open(place.path(), LAYOUT, false).unwrap();
    short.join().unwrap();
}

#[test]
fn a_newer_version_is_refused_and_left_alone() {
    let place = tempfile::tempdir().unwrap();
    drop(set_up(place.path()));
    let newer = Layout {
        version: 3,
        ..LAYOUT
    };
    DataDir::open(place.path(), newer, false)
        .unwrap()
        .complete()
        .unwrap();
    let error = DataDir::open(place.path(), LAYOUT, false).unwrap_err();
    assert!(
        matches!(
            error,
            DataDirError::NewerVersion {
                found: 3,
                known: 2,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error.to_string().contains("Install the newer weft-test"),
        "{error}"
    );
    assert_eq!(
        fs::read_to_string(place.path().join(VERSION)).unwrap(),
        "weft-test 3\n"
    );
}

#[test]
fn a_set_up_that_was_cut_short_counts_as_none_and_begins_again() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("new");
    let missing = |error| matches!(error, DataDirError::Missing { .. });
    assert!(missing(DataDir::open(&path, LAYOUT, false).unwrap_err()));
    assert!(!path.exists(), "looking must not create anything");

    let dir = DataDir::open(&path, LAYOUT, true).unwrap();
    assert!(dir.is_new());
    dir.write_secret("half.key", b"half").unwrap();
    drop(dir);
    assert!(missing(DataDir::open(&path, LAYOUT, false).unwrap_err()));

    let dir = DataDir::open(&path, LAYOUT, true).unwrap();
    assert!(dir.is_new());
    dir.complete().unwrap();
    drop(dir);
    assert!(!DataDir::open(&path, LAYOUT, true).unwrap().is_new());
}

/// The file `version` says whose directory it is. Without it, the keys and the database of a hub
/// were taken for what a set-up had left, and replaced.
#[test]
fn a_lost_version_begins_nothing() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path();
    let check = |lost: &str| {
        for create in [false, true] {
            let error = DataDir::open(path, LAYOUT, create).unwrap_err();
            assert!(matches!(error, DataDirError::Lost { .. }), "{error}");
            let told = error.to_string();
            assert!(told.contains(lost), "{told}");
            assert!(told.contains("restore it from a backup"), "{told}");
        }
    };
    let dir = set_up(path);
    dir.write_secret("a.key", b"one").unwrap();
    dir.write_secret("test.db", b"two").unwrap();
    drop(dir);
    assert!(!path.join(BEGUN).exists());
    fs::remove_file(path.join(VERSION)).unwrap();
    check("has lost the file `version`,");
    // As if the backup of a single file had been copied to a new place.
    fs::remove_file(path.join(LOCK)).unwrap();
    fs::remove_file(path.join("test.db")).unwrap();
    check("has lost the files `version`, `test.db`,");
    assert_eq!(fs::read(path.join("a.key")).unwrap(), b"one");
}

#[test]
fn the_mark_of_a_set_up_goes_once_it_is_complete() {
    let place = tempfile::tempdir().unwrap();
    let dir = DataDir::open(place.path(), LAYOUT, true).unwrap();
    dir.write_secret("a.key", b"one").unwrap();
    dir.complete().unwrap();
    drop(dir);
    // A crash before the mark went.
    fs::write(place.path().join(BEGUN), "").unwrap();
    drop(DataDir::open(place.path(), LAYOUT, false).unwrap());
    fs::remove_file(place.path().join(VERSION)).unwrap();
    let error = DataDir::open(place.path(), LAYOUT, true).unwrap_err();
    assert!(matches!(error, DataDirError::Lost { .. }), "{error}");
}

/// A lock alone says nothing of who made the other files.
#[test]
fn a_lock_does_not_make_other_files_ours() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join(LOCK), "").unwrap();
    fs::write(place.path().join("letter.txt"), "dear").unwrap();
    let error = DataDir::open(place.path(), LAYOUT, true).unwrap_err();
    assert!(matches!(error, DataDirError::NotEmpty { .. }), "{error}");
}

#[test]
fn somebody_elses_directories_are_refused() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("letter.txt"), "dear").unwrap();
    let error = DataDir::open(place.path(), LAYOUT, true).unwrap_err();
    assert!(matches!(error, DataDirError::NotEmpty { .. }), "{error}");

    let place = tempfile::tempdir().unwrap();
    drop(set_up(place.path()));
    let other = Layout {
        program: "weft-other",
        holds: "node",
        begin: "Join first",
        files: &["a.key", "test.db", "root.words"],
        movable: &["root.words"],
        version: 9,
    };
    let error = DataDir::open(place.path(), other, false).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("belongs to weft-test, not to weft-other"),
        "{error}"
    );
}

#[test]
fn a_damaged_version_is_named() {
    for garbage in ["", "weft-test", "weft-test two", "\u{0}\u{1}"] {
        let place = tempfile::tempdir().unwrap();
        drop(set_up(place.path()));
        fs::write(place.path().join(VERSION), garbage).unwrap();
        let error = DataDir::open(place.path(), LAYOUT, false).unwrap_err();
        assert!(
            matches!(error, DataDirError::Damaged { .. }),
            "{garbage:?}: {error}"
        );
    }
}

#[test]
fn secrets_are_replaced_whole() {
    let place = tempfile::tempdir().unwrap();
    let dir = set_up(place.path());
    assert_eq!(dir.read_secret("a.key").unwrap(), None);
    dir.write_secret("a.key", b"one").unwrap();
    dir.write_secret("a.key", b"two").unwrap();
    assert_eq!(
        dir.read_secret("a.key").unwrap().as_deref(),
        Some(&b"two"[..])
    );
    let left = fs::read_dir(place.path()).unwrap().count();
    assert_eq!(left, 3, "the secret, the version and the lock");
    dir.remove("a.key").unwrap();
    dir.remove("a.key").unwrap();
    assert_eq!(dir.read_secret("a.key").unwrap(), None);
}

#[test]
fn room_is_tried_and_nothing_stays() {
    let place = tempfile::tempdir().unwrap();
    let dir = set_up(place.path());
    assert!(dir.has_room().unwrap());
    let left = fs::read_dir(place.path()).unwrap().count();
    assert_eq!(left, 2, "the version and the lock");
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("data");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let dir = set_up(&path);
    dir.write_secret("a.key", b"one").unwrap();
    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(&path.join("a.key")), 0o600);
    drop(dir);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let _dir = DataDir::open(&path, LAYOUT, false).unwrap();
    assert_eq!(
        mode(&path),
        0o700,
        "an opened directory is closed to others again"
    );
}

#[test]
fn synchronised_folders_are_told_by_name() {
    let check = |path: &str, service: Option<&str>| {
        assert_eq!(place::synchronised(Path::new(path)), service, "{path}");
    };
    check("/home/a/OneDrive/weft", Some("OneDrive"));
    check("/home/a/OneDrive - Kaupapa Trust/weft", Some("OneDrive"));
    check("/home/a/Dropbox (Team)/weft", Some("Dropbox"));
    check(
        "/Users/a/Library/CloudStorage/GoogleDrive-a@b.nz/weft",
        Some("a cloud service"),
    );
    check(
        "/Users/a/Library/Mobile Documents/com~apple~CloudDocs/weft",
        Some("iCloud"),
    );
    check("/home/a/.local/share/weft-node", None);
    check("/home/a/dropboxes/weft", None);
}

#[test]
fn a_synchronised_folder_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let error = DataDir::open(&place.path().join("OneDrive/weft"), LAYOUT, true).unwrap_err();
    assert!(
        matches!(error, DataDirError::Synchronised { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("--data-dir"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn network_mounts_behind_fuse_are_told_by_their_type() {
    let mounts = "\
        22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
        40 22 0:44 / /home/a/remote rw - fuse.sshfs a@b:/ rw\n\
        41 22 0:45 / /media/my\\040stick rw - fuseblk /dev/sdb1 rw\n";
    let check = |path: &str, kind: Option<&str>| {
        assert_eq!(place::network_fuse(mounts, Path::new(path)), kind, "{path}");
    };
    check("/home/a/remote/weft", Some("SSHFS"));
    check("/media/my stick/weft", None);
    check("/home/a/weft", None);
}

#[cfg(unix)]
#[test]
fn devices_and_pipes_are_named_and_not_waited_for() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for path in [&pipe, Path::new("/dev/zero"), Path::new("/dev/null")] {
        let error = file::read(path, 1).unwrap_err().to_string();
        assert!(error.contains("a device or a pipe"), "{error}");
    }
    assert!(file::read(&socket, 1).is_err());
}
