//! Backups are made, read again and restored, and refused if anything is wrong with them.

mod parts;

use std::{fs, path::Path};

use tempfile::TempDir;
use weft_shared::identity::RootKey;

use super::*;
use crate::{
    data_dir::{DataDir, is_private},
    failure::Failure,
};

const LAYOUT: Layout = Layout {
    program: "weft-test",
    holds: "test",
    begin: "Begin",
    files: &["device.key", "node.db", "root.words"],
    movable: &["root.words"],
    version: 2,
};

const PROGRAM: Program = Program {
    layout: LAYOUT,
    database: "node.db",
    beside: &["config.toml"],
    folders: &["releases"],
    copy,
    check,
};

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to)
        .map(drop)
        .map_err(|error| error.to_string())
}

fn check(path: &Path) -> Result<(), String> {
    let text = fs::read(path).map_err(|error| error.to_string())?;
    match text.starts_with(b"sound") {
        true => Ok(()),
        false => Err("it is not sound".to_owned()),
    }
}

/// A program with its data directory, and a folder on another disk.
struct Desk {
    _place: TempDir,
    dir: DataDir,
    backups: Backups,
    disk: PathBuf,
}

impl Desk {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let dir = DataDir::open(&place.path().join("data"), LAYOUT, true).unwrap();
        dir.write_secret("device.key", &[7; 32]).unwrap();
        // Something that does not compress, so that cut bytes are bytes of it.
        let noise: Vec<u8> = (0..4_000_u32)
            .flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes())
            .collect();
        dir.write_secret("node.db", &[b"sound".as_slice(), &noise].concat())
            .unwrap();
        dir.complete().unwrap();
        let disk = place.path().join("disk");
        fs::create_dir(&disk).unwrap();
        Self {
            backups: Backups::new(PROGRAM, dir.root()),
            dir,
            disk,
            _place: place,
        }
    }

    fn make(&self, lock: &Lock) -> Result<Done, BackupError> {
        self.backups
            .create(&of(), &To::Folder(self.disk.clone()), lock)
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(&self.disk).unwrap();
        let mut names: Vec<_> = names
            .map(|one| one.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Restores a file into a directory of this name.
    fn restore(&self, file: &Path, secret: &Secret, name: &str) -> Result<DataDir, Failure> {
        let dir = DataDir::open(&self.disk.with_file_name(name), LAYOUT, true).unwrap();
        restore(file, secret, (&dir, &PROGRAM), |_, _| Ok(())).map(|_| dir)
    }
}

fn of() -> Of {
    Of {
        code: "FN".to_owned(),
        name: "location FN".to_owned(),
    }
}

fn words() -> RootKey {
    RootKey::from_seed([5; 32])
}

fn said(error: impl Into<Failure>) -> String {
    error.into().to_string()
}

#[test]
fn everything_comes_back_from_a_backup_as_it_was() {
    let desk = Desk::new();
    desk.dir
        .write_secret("config.toml", b"http = \"127.0.0.1:1\"")
        .unwrap();
    let release = desk.dir.path("releases/prevention/2026.1");
    fs::create_dir_all(&release).unwrap();
    fs::write(release.join("data.csv"), b"a,b\n1,2\n").unwrap();
    fs::write(release.join(".half"), b"being written").unwrap();
    let file = File::options()
        .write(true)
        .open(release.join("data.csv"))
        .unwrap();
    file.set_modified(UNIX_EPOCH + std::time::Duration::from_secs(1_000_000))
        .unwrap();
    desk.backups
        .change(|plan| plan.lock = Lock::of_words(&words()).kept())
        .unwrap();
    let done = desk.make(&Lock::of_words(&words())).unwrap();
    assert!(is_private(Path::new(&done.file)).unwrap());
    assert_eq!(fs::metadata(&done.file).unwrap().len(), done.bytes);
    assert!(!desk.dir.path(SCRATCH).exists());
    // Capitals and blanks of the words do not count.
    let typed = words().recovery_words().to_uppercase().replace(' ', "\n  ");
    let secret = Secret::of_words(&typed).unwrap();
    let manifest = verify(Path::new(&done.file), &secret, &PROGRAM).unwrap();
    let names: Vec<&str> = manifest.files.iter().map(|one| &*one.name).collect();
    let all = [
        "device.key",
        "config.toml",
        "backup.json",
        "releases/prevention/2026.1/data.csv",
        "node.db",
    ];
    assert_eq!(names, all);
    assert_eq!(
        (manifest.of.as_str(), manifest.made),
        ("location FN", done.at)
    );
    let restored = desk
        .restore(Path::new(&done.file), &secret, "again")
        .unwrap();
    assert!(!restored.is_new());
    for name in all {
        // The plan has the last backup since.
        if name != PLAN {
            assert_eq!(
                fs::read(restored.path(name)).unwrap(),
                fs::read(desk.dir.path(name)).unwrap()
            );
        }
        assert!(is_private(&restored.path(name)).unwrap(), "{name}");
    }
    let at = fs::metadata(restored.path(all[3]))
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(at.duration_since(UNIX_EPOCH).unwrap().as_secs(), 1_000_000);
    assert!(!restored.path(SCRATCH).exists());
    let plan = desk.backups.plan().unwrap();
    assert_eq!((plan.last, plan.failed), (Some(done), None));
}

#[test]
fn only_what_locked_a_backup_opens_it() {
    let desk = Desk::new();
    let by_words = PathBuf::from(desk.make(&Lock::of_words(&words())).unwrap().file);
    let passphrase = |text: &str| Secret::of_passphrase(text).unwrap();
    let lock = passphrase("a river runs to the sea\n").lock();
    assert_eq!(lock.kept(), None);
    let to = To::File(desk.disk.join("stick.weft-backup"));
    let by_phrase = desk.backups.create(&of(), &to, &lock).unwrap();
    let by_phrase = PathBuf::from(by_phrase.file);
    let check = |file: &Path, secret: &Secret| verify(file, secret, &PROGRAM).map(drop);
    let own = Secret::Words(words().into());
    check(&by_words, &own).unwrap();
    check(&by_phrase, &passphrase("a river runs to the sea")).unwrap();
    let other = Secret::Words(RootKey::from_seed([6; 32]).into());
    let refused = [
        (&by_words, other, "These words do not open this backup."),
        (
            &by_phrase,
            passphrase("a river runs to the lake"),
            "This passphrase does not open this backup.",
        ),
        (
            &by_words,
            passphrase("a river runs to the sea"),
            "This backup is locked with 24 words, not with a passphrase. Give --words-file FILE.",
        ),
        (
            &by_phrase,
            own,
            "This backup is locked with a passphrase, not with words. Give --passphrase-file FILE.",
        ),
    ];
    for (file, secret, words) in refused {
        assert_eq!(said(check(file, &secret).unwrap_err()), words);
    }
    for bad in [
        "short",
        "elevenchars",
        "two lines of\na passphrase",
        &"x".repeat(1_025),
    ] {
        assert!(
            matches!(Secret::of_passphrase(bad), Err(BackupError::Passphrase)),
            "{bad}"
        );
    }
    assert!(matches!(
        Secret::of_words("river sea"),
        Err(BackupError::Words(_))
    ));
}

#[test]
fn a_file_that_asks_for_a_year_of_work_is_not_opened() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("backup");
    let (salt, key, mac) = ("A".repeat(22), "A".repeat(43), "A".repeat(43));
    let header = format!("age-encryption.org/v1\n-> scrypt {salt} 40\n{key}\n--- {mac}\n");
    fs::write(&file, [header.as_bytes(), &[0; 64]].concat()).unwrap();
    let secret = Secret::of_passphrase("a river runs to the sea").unwrap();
    let error = verify(&file, &secret, &PROGRAM).unwrap_err();
    assert!(matches!(error, BackupError::Work), "{error}");
}

#[test]
fn a_damaged_or_shortened_backup_is_refused_and_leaves_nothing() {
    let desk = Desk::new();
    let done = desk.make(&Lock::of_words(&words())).unwrap();
    let whole = fs::read(&done.file).unwrap();
    let secret = Secret::Words(words().into());
    let file = desk.disk.join("damaged");
    let step = whole.len() / 60;
    for at in (0..whole.len()).step_by(step).chain([whole.len() - 1]) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        for (bytes, what) in [(&*flipped, "one bit"), (&whole[..at], "cut")] {
            fs::write(&file, bytes).unwrap();
            let error = desk.restore(&file, &secret, "again").unwrap_err();
            let words = error.to_string();
            let fits = ["damaged", "not a backup of Weft", "do not open"];
            assert!(
                fits.iter().any(|part| words.contains(part)),
                "{what} at {at}: {words}"
            );
            assert!(
                !desk.disk.with_file_name("again").exists(),
                "{what} at {at}"
            );
        }
    }
    let mut longer = whole;
    longer.push(0);
    fs::write(&file, longer).unwrap();
    assert!(verify(&file, &secret, &PROGRAM).is_err());
    desk.restore(Path::new(&done.file), &secret, "again")
        .unwrap();
}

#[test]
fn a_backup_of_another_program_or_a_later_one_is_refused() {
    let desk = Desk::new();
    let file = PathBuf::from(desk.make(&Lock::of_words(&words())).unwrap().file);
    let secret = Secret::Words(words().into());
    let refuse = |program: Program| said(verify(&file, &secret, &program).unwrap_err());
    let other = Layout {
        program: "weft-hub",
        ..LAYOUT
    };
    let said_of = refuse(Program {
        layout: other,
        ..PROGRAM
    });
    assert_eq!(said_of, "This is a backup of weft-test, not of weft-hub.");
    let older = Layout {
        version: 1,
        ..LAYOUT
    };
    assert!(
        refuse(Program {
            layout: older,
            ..PROGRAM
        })
        .contains("later version")
    );
    // A file that it must have, and one that has no place.
    let more = Layout {
        files: &["device.key", "node.db", "log.key"],
        ..LAYOUT
    };
    assert!(
        refuse(Program {
            layout: more,
            ..PROGRAM
        })
        .contains("damaged")
    );
    let less = Layout {
        files: &["node.db"],
        ..LAYOUT
    };
    assert!(
        refuse(Program {
            layout: less,
            ..PROGRAM
        })
        .contains("damaged")
    );
    let unsound = Program {
        check: |_| Err("page 3 is torn".to_owned()),
        ..PROGRAM
    };
    assert!(refuse(unsound).contains("page 3 is torn"));
}

#[test]
fn a_place_that_is_lost_with_the_data_is_refused_and_the_reason_is_kept() {
    let desk = Desk::new();
    let lock = Lock::of_words(&words());
    let inside = desk.dir.path("backups");
    fs::create_dir(&inside).unwrap();
    let to = |folder: &Path| {
        desk.backups
            .create(&of(), &To::Folder(folder.to_owned()), &lock)
    };
    assert!(matches!(to(&inside), Err(BackupError::Inside(_))));
    assert!(matches!(
        to(&desk.disk.join("none")),
        Err(BackupError::NoFolder(_))
    ));
    assert!(matches!(
        to(Path::new("here")),
        Err(BackupError::Relative(_))
    ));
    let to = To::File(desk.disk.join("first.weft-backup"));
    desk.backups.create(&of(), &to, &lock).unwrap();
    let again = desk.backups.create(&of(), &to, &lock);
    assert!(matches!(again, Err(BackupError::Exists(_))));
    let failed = desk.backups.plan().unwrap().failed.unwrap();
    assert!(failed.why.contains("is there already"), "{}", failed.why);
    // A database that is damaged is in no backup, and nothing is left of the attempt.
    desk.dir.write_secret("node.db", b"torn").unwrap();
    let before = desk.names();
    assert!(said(desk.make(&lock).unwrap_err()).contains("it is not sound"));
    assert_eq!(desk.names(), before);
    assert!(!desk.dir.path(SCRATCH).exists());
}

#[test]
fn a_schedule_needs_words_and_a_folder() {
    let desk = Desk::new();
    let schedule = |folder: &Path| {
        Some(Schedule {
            folder: folder.display().to_string(),
            every: Every::Day,
            keep: 3,
        })
    };
    let phrase = Secret::of_passphrase("a river runs to the sea")
        .unwrap()
        .lock();
    let set = |folder: &Path, lock: Option<&Lock>| desk.backups.schedule(schedule(folder), lock);
    assert!(matches!(set(&desk.disk, None), Err(BackupError::NoLock)));
    assert!(matches!(
        set(&desk.disk, Some(&phrase)),
        Err(BackupError::OnlyWords)
    ));
    let lock = Lock::of_words(&words());
    assert!(matches!(
        set(&desk.disk.join("none"), Some(&lock)),
        Err(BackupError::NoFolder(_))
    ));
    assert_eq!(desk.backups.plan().unwrap(), Plan::default());
    set(&desk.disk, Some(&lock)).unwrap();
    // The words stay when the folder changes, or there is no schedule.
    desk.backups.schedule(None, None).unwrap();
    let plan = set(&desk.disk, None).unwrap();
    assert_eq!(plan.lock, lock.kept());
    let text = fs::read_to_string(desk.dir.path(PLAN)).unwrap();
    assert!(
        text.contains("age1") && !text.contains("AGE-SECRET"),
        "{text}"
    );
    fs::write(desk.dir.path(PLAN), "{").unwrap();
    assert!(said(desk.backups.plan().unwrap_err()).contains("Remove it"));
}

#[test]
fn backups_are_made_when_they_are_due_and_old_ones_go() {
    let desk = Desk::new();
    let id = Some("ab12".to_owned());
    desk.backups.change(|plan| plan.id = id).unwrap();
    for name in [
        "notes.txt",
        "weft-test-wt-2026-01-01-000000.weft-backup",
        "weft-test-fn-old.weft-backup",
        "weft-test-fn-cd34-2026-01-01-000000.weft-backup",
    ] {
        fs::write(desk.disk.join(name), b"somebody else's").unwrap();
    }
    for day in 1..=3 {
        let name = format!("weft-test-fn-ab12-2026-01-0{day}-235959.weft-backup");
        fs::write(desk.disk.join(name), b"old").unwrap();
    }
    let now = clock::now();
    assert!(!desk.backups.make_due(&of(), now).unwrap());
    let schedule = Schedule {
        folder: desk.disk.display().to_string(),
        every: Every::Day,
        keep: 2,
    };
    desk.backups
        .schedule(Some(schedule), Some(&Lock::of_words(&words())))
        .unwrap();
    assert!(desk.backups.make_due(&of(), now).unwrap());
    assert!(!desk.backups.make_due(&of(), now).unwrap());
    let names = desk.names();
    let gone = [
        "weft-test-fn-ab12-2026-01-01-235959.weft-backup",
        "weft-test-fn-ab12-2026-01-02-235959.weft-backup",
    ];
    assert!(
        gone.iter().all(|name| !names.contains(&(*name).to_owned())),
        "{names:?}"
    );
    assert_eq!(names.len(), 6, "{names:?}");
}

#[test]
fn only_one_backup_is_made_at_a_time() {
    let desk = Desk::new();
    let _working = desk.backups.working.lock().unwrap();
    let error = desk.make(&Lock::of_words(&words())).unwrap_err();
    assert!(matches!(error, BackupError::Busy));
    // That is no failure of the one that is being made.
    assert_eq!(desk.backups.plan().unwrap().failed, None);
}
