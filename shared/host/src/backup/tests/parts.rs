//! The plan and the archive of a backup, each alone.

use std::io::Write as _;

use proptest::prelude::*;
use weft_shared::time::{DAY_MS, Timestamp, Zone};

use crate::backup::{
    BackupError, Done, Every, FORMAT, Failed, Manifest, Packed, Plan, Schedule, content,
};

#[test]
fn a_plan_knows_when_a_backup_is_due_and_when_it_is_late() {
    let at = |days: i64| Timestamp::from_ms(days * DAY_MS);
    let mut plan = Plan {
        schedule: Some(Schedule {
            folder: "/backup".to_owned(),
            every: Every::Day,
            keep: 14,
        }),
        ..Plan::default()
    };
    assert!(plan.is_due(at(10)));
    assert_eq!(plan.days_late(at(10)), None);
    plan.last = Some(Done {
        at: at(10),
        file: "/backup/one".to_owned(),
        bytes: 3 << 20,
    });
    assert!(!plan.is_due(at(11).plus_ms(-1)) && plan.is_due(at(11)));
    // The last one is in another folder.
    let mut moved = plan.clone();
    moved.schedule.as_mut().unwrap().folder = "/other".to_owned();
    assert!(moved.is_due(at(10)));
    // The clock had been wrong.
    assert!(plan.is_due(at(9)));
    assert_eq!(
        (plan.days_late(at(12)), plan.days_late(at(12).plus_ms(1))),
        (None, Some(2))
    );
    plan.failed = Some(Failed {
        at: at(11),
        why: "there is no folder /backup".to_owned(),
    });
    assert!(!plan.is_due(at(11).plus_ms(3_599_999)) && plan.is_due(at(11).plus_ms(3_600_000)));
    let words = plan.words(&Zone::utc(), "weft-test");
    let all = [
        "1970-01-11 00:00 UTC, /backup/one (3 MiB)",
        "the attempt at 1970-01-12 00:00 UTC failed: there is no folder /backup",
        "each day to /backup, the last 14 stay",
    ];
    assert_eq!(words, all.join("; "));
    let none = Plan::default().words(&Zone::utc(), "weft-test");
    assert_eq!(
        none,
        "none yet: weft-test backup schedule --to FOLDER makes one each day"
    );
    plan.schedule.as_mut().unwrap().every = Every::Week;
    assert!(!plan.is_due(at(16)) && plan.is_due(at(17)));
    // Without a schedule a backup that a person made is late after two days.
    plan.schedule = None;
    assert_eq!(plan.days_late(at(13)), Some(3));
}

/// The list of an archive, and its files as they are written.
fn packed(names: &[(&str, u64)], files: &[(&str, &[u8], tar::EntryType)]) -> Vec<u8> {
    let files_of = names.iter().map(|(name, bytes)| Packed {
        name: (*name).to_owned(),
        bytes: *bytes,
        modified: 0,
    });
    let manifest = Manifest {
        format: FORMAT,
        program: "weft-test".to_owned(),
        layout: 1,
        version: "1".to_owned(),
        made: Timestamp::from_ms(0),
        of: "location FN".to_owned(),
        files: files_of.collect(),
    };
    let mut tar = tar::Builder::new(Vec::new());
    let list = serde_json::to_vec(&manifest).unwrap();
    let all = [("manifest.json", &*list, tar::EntryType::Regular)];
    for (name, bytes, kind) in all.iter().chain(files) {
        let mut header = tar::Header::new_ustar();
        // As somebody writes it who keeps to no rule.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_entry_type(*kind);
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    zstd::encode_all(&*tar.into_inner().unwrap(), 1).unwrap()
}

#[test]
fn an_archive_names_nothing_outside_and_nothing_but_its_list() {
    use tar::EntryType::{GNULongName, Link, Regular, Symlink, XHeader};
    let fine = packed(
        &[("a", 1), ("b/c", 2)],
        &[("a", b"x", Regular), ("b/c", b"yy", Regular)],
    );
    assert_eq!(content(&*fine).unwrap().files.len(), 2);
    for name in [
        "../a",
        "/a",
        "a//b",
        "a/../b",
        ".a",
        "a/.b",
        "a.",
        "a\\b",
        "c:",
        "ä",
        "",
        "a/b/c/d/e",
    ] {
        let bad = packed(&[(name, 1)], &[(name, b"x", Regular)]);
        assert!(
            matches!(content(&*bad), Err(BackupError::Damaged)),
            "{name}"
        );
    }
    for kind in [
        Link,
        Symlink,
        XHeader,
        GNULongName,
        tar::EntryType::Directory,
    ] {
        let bad = packed(&[("a", 1)], &[("a", b"x", kind)]);
        assert!(content(&*bad).is_err(), "{kind:?}");
    }
    let a = ("a", &b"x"[..], Regular);
    for (names, files) in [
        (&[("a", 1), ("a", 1)][..], &[a, a][..]),
        (&[("a", 2)], &[a]),
        (&[("a", 1)], &[]),
        (&[("a", 1)], &[a, ("b", b"", Regular)]),
        (&[("b", 1)], &[a]),
    ] {
        assert!(content(&*packed(names, files)).is_err(), "{names:?}");
    }
    let mut tar = zstd::decode_all(&*fine).unwrap();
    tar.resize(tar.len() + (1 << 20), 0);
    let long = zstd::encode_all(&*tar, 1).unwrap();
    assert!(
        matches!(content(&*long), Err(BackupError::Damaged)),
        "zeros without end"
    );
}

proptest! {
    #[test]
    fn any_bytes_of_an_archive_are_read_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..2_000),
        at in 0_usize..4_000,
    ) {
        let _ = content(&*bytes);
        let one = packed(&[("a", 1)], &[("a", b"x", tar::EntryType::Regular)]);
        let mut tar = zstd::decode_all(&*one).unwrap();
        for (n, byte) in bytes.iter().take(40).enumerate() {
            let len = tar.len();
            tar[(at + n * 97) % len] = *byte;
        }
        let mut zstd = zstd::Encoder::new(Vec::new(), 1).unwrap();
        zstd.write_all(&tar).unwrap();
        let _ = content(&*zstd.finish().unwrap());
    }
}
