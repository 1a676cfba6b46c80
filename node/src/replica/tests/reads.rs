//! The hub's ledger of reads as a location checks it: what goes on is taken, and what does not is
//! an alarm, until a person accepts it.

use weft_host::clock;
use weft_shared::{
    document::{EditError, Editor},
    id::{DeviceIndex, DocName, LocationId, RosterHash},
    identity::{
        DeviceKey, Operation, Role, RootKey, SignedOperation, Slot,
        reads::{ReadChain, ReadPart, ReadRow, SentSeen},
    },
    model::{
        indicator::Rows,
        release::Notice,
        schema::{Container, DocKind},
    },
    release::Heights,
    time::DAY_MS,
};

use super::super::{NotAccepted, Replica, reads::ReadLedger};
use crate::{
    kit::{Kit, notice, now},
    store::{LocationRow, Owner, proofs, rosters, seen},
};

const REASON: &str = "Example: the operator restored Tuesday's backup, and said so by phone";

/// A replica that knows the hub's log device.
fn joined() -> (Kit, Replica) {
    let root = RootKey::from_seed([7; 32]);
    let mut kit = Kit::new();
    kit.membership.hub = root.public().hash();
    kit.membership.zero = root.public().location_id();
    let replica = kit.open(1);
    let slot = Slot {
        location: kit.membership.zero,
        prev: RosterHash::ZERO,
        at: now(0),
    };
    let add = Operation::AddDevice {
        device: hub().id(),
        name: "Log device".to_owned(),
        role: Role::Admin,
    };
    let signed = SignedOperation::sign_root(slot, add, &root).encode();
    let append = replica
        .store
        .write(move |db| rosters::append(db, LocationRow::ZERO, 0, &signed));
    append.unwrap();
    drop(replica);
    let replica = kit.open(1);
    (kit, replica)
}

fn hub() -> DeviceKey {
    DeviceKey::from_seed([8; 32])
}

/// Row `n` of a ledger in which `subject` was read.
fn row(n: u64, subject: &str) -> ReadRow {
    ReadRow {
        n,
        at: now(i64::try_from(n).unwrap()),
        reader: "Example reader".to_owned(),
        organisation: "Example organisation".to_owned(),
        act: "opened a page".to_owned(),
        subject: subject.to_owned(),
        purpose: "Example: the yearly report".to_owned(),
        count: 1,
    }
}

/// The rows of a ledger by their subjects.
fn ledger(subjects: &[&str]) -> Vec<ReadRow> {
    (1..).zip(subjects).map(|(n, one)| row(n, one)).collect()
}

fn chain(location: &LocationId, rows: &[ReadRow]) -> ReadChain {
    let mut rows = rows.iter();
    let chain = rows.try_fold(ReadChain::default(), |chain, row| chain.with(location, row));
    chain.unwrap()
}

/// The hub answers with what it has after the rows that the replica holds.
fn sync(replica: &Replica, rows: &[ReadRow]) {
    let location = replica.location(Owner::Location);
    let after = usize::try_from(replica.reads_after().unwrap().row).unwrap();
    let after = after.min(rows.len());
    let part = ReadPart {
        before: chain(&location, &rows[..after]),
        rows: rows[after..].to_vec(),
        head: chain(&location, rows).sign(&location, &hub()),
        proof: None,
        seen: None,
    };
    replica.take_reads(&part).unwrap();
}

/// The rows that are held, the newest first: what was read, with a mark where the hub has it no
/// more.
fn held(replica: &Replica) -> Vec<String> {
    let ReadLedger { rows, .. } = replica.read_ledger(100).unwrap();
    let rows = rows.into_iter();
    rows.map(|one| match one.is_gone {
        true => format!("{} gone", one.row.subject),
        false => one.row.subject,
    })
    .collect()
}

fn alarm(replica: &Replica) -> Option<String> {
    replica.reads_alarm().unwrap().map(|one| one.alarm)
}

/// The finding of `doctor` about the ledger.
fn finding(replica: &mut Replica) -> (bool, String) {
    let findings = replica.doctor(now(100)).unwrap();
    let found = findings.into_iter().find(|one| one.check == "reads");
    found.map(|one| (one.ok, one.finding)).unwrap()
}

#[test]
fn an_altered_row_is_an_alarm_that_stays_until_a_person_accepts_it() {
    let (kit, mut replica) = joined();
    sync(&replica, &ledger(&["a", "b", "c"]));
    assert_eq!(held(&replica), ["c", "b", "a"]);
    assert!(finding(&mut replica).0);
    assert!(matches!(
        replica.accept_reads(REASON, now(1)),
        Err(NotAccepted::NoAlarm)
    ));

    let altered = ledger(&["a", "other", "c", "d"]);
    sync(&replica, &altered);
    let text = alarm(&replica).unwrap();
    assert!(text.contains("a row up to 3 is another"), "{text}");
    let (ok, words) = finding(&mut replica);
    assert!(!ok && words.contains("ledger shows") && words.contains("row up to 3"));
    // The true ledger, a restart, and time change nothing about it.
    sync(&replica, &ledger(&["a", "b", "c", "d"]));
    drop(replica);
    let mut replica = kit.open(1);
    assert_eq!(alarm(&replica), Some(text.clone()));
    assert_eq!(held(&replica), ["c", "b", "a"]);

    for short in ["", "  it is ok  ", &"x".repeat(501)] {
        let refused = replica.accept_reads(short, now(2));
        assert!(
            matches!(refused, Err(NotAccepted::Reason { .. })),
            "{short}"
        );
    }
    assert!(alarm(&replica).is_some());
    replica.accept_reads(REASON, now(3)).unwrap();
    assert_eq!(alarm(&replica), None);
    assert_eq!(
        held(&replica),
        ["c", "b", "a"],
        "nothing is known of the hub's yet"
    );
    sync(&replica, &altered);
    let now_held = ["d", "c", "other", "a", "c gone", "b gone"];
    assert_eq!(held(&replica), now_held);
    assert!(finding(&mut replica).0);

    let kept = replica.read_ledger(1).unwrap().alarms;
    let by = kept[0].accepted.clone().unwrap();
    assert_eq!((kept.len(), kept[0].alarm.clone()), (1, text));
    assert_eq!((by.at, by.reason.as_str()), (now(3), REASON));
    assert_eq!(by.device, "Device 1");
}

#[test]
fn a_gap_is_an_alarm_and_the_next_one_is_another() {
    let (_kit, replica) = joined();
    sync(&replica, &ledger(&["a"]));
    let location = replica.location(Owner::Location);
    let rows = ledger(&["a", "b", "c"]);
    let part = ReadPart {
        before: chain(&location, &rows[..1]),
        rows: rows[2..].to_vec(),
        head: chain(&location, &rows).sign(&location, &hub()),
        proof: None,
        seen: None,
    };
    replica.take_reads(&part).unwrap();
    let text = alarm(&replica).unwrap();
    assert!(text.contains("row 3 came where row 2 belongs"), "{text}");
    replica.accept_reads(REASON, clock::now()).unwrap();
    sync(&replica, &rows);
    assert_eq!(held(&replica), ["c", "b", "a"]);
    sync(&replica, &ledger(&["a", "b", "x"]));
    assert!(alarm(&replica).unwrap().contains("a row up to 3"));
    assert_eq!(replica.read_ledger(1).unwrap().alarms.len(), 2);
}

#[test]
fn a_restored_hub_is_an_alarm_and_its_ledger_goes_on_once_that_is_accepted() {
    let (_kit, replica) = joined();
    sync(&replica, &ledger(&["a", "b", "c"]));
    // The backup was made after row 2, and has read nothing since.
    sync(&replica, &ledger(&["a", "b"]));
    let text = alarm(&replica).unwrap();
    assert!(
        text.contains("the hub shows 2 rows, and had shown 3"),
        "{text}"
    );
    replica.accept_reads(REASON, now(3)).unwrap();
    sync(&replica, &ledger(&["a", "b"]));
    assert_eq!(held(&replica), ["b", "a", "c gone"]);
    sync(&replica, &ledger(&["a", "b", "d", "e"]));
    assert_eq!(held(&replica), ["e", "d", "b", "a", "c gone"]);
    assert_eq!(alarm(&replica), None);
    assert_eq!(replica.reads_checked().unwrap(), 4);
}

#[test]
fn a_view_without_bytes_confirms_only_what_is_held() {
    let (_kit, replica) = joined();
    let location = replica.location(Owner::Location);
    let take = |seen: SentSeen| {
        let part = ReadPart {
            before: chain(&location, &[]),
            rows: Vec::new(),
            head: chain(&location, &[]).sign(&location, &hub()),
            proof: None,
            seen: Some(seen),
        };
        replica.take_reads(&part).unwrap();
        seen::get(&replica.store.reader).unwrap().map(|(at, _)| at)
    };
    let first = SentSeen::new(now(1), vec![1, 2, 3]);
    assert_eq!(take(first.clone()), Some(now(1)));
    let mut same = first;
    (same.at, same.bytes) = (now(2), None);
    assert_eq!(take(same.clone()), Some(now(2)));
    // Of another view it says nothing about the one that is held.
    (same.at, same.tag) = (now(3), [9; 8]);
    assert_eq!(take(same), Some(now(2)));
}

fn announce(editor: &mut Editor<'_>) -> Result<(), EditError> {
    let notice = Notice {
        // The hub may write any day.
        proposed: "2001-01-01".parse().unwrap(),
        due: "2001-01-02".parse().unwrap(),
        ..notice(Rows::Network)
    };
    editor.put_text(Container::Notices, "vaccination/2026.1", &notice.encode())
}

#[test]
fn a_release_is_noted_with_what_was_acknowledged_before_its_day() {
    let mut kit = Kit::new();
    kit.more = vec![(DocKind::Releases, announce)];
    let mut replica = kit.open_published();
    let seen = now(0);
    let today = seen.ms().div_euclid(DAY_MS);
    let device = DeviceIndex(1);
    let noted = [(today - 2, 3), (today - 1, 5), (today, 9)];
    for (day, dseq) in noted {
        let heights = Heights::from([(device, dseq)]);
        let note = replica
            .store
            .write(move |db| proofs::note_acknowledged(db, day, &heights));
        note.unwrap();
    }
    let id = "vaccination/2026.1".parse().unwrap();
    assert_eq!(replica.acknowledged_at(&id).unwrap(), Heights::new());
    let name = DocName::first(DocKind::Releases.to_string());
    let document = replica.document(Owner::Hub, &name).unwrap();
    assert_eq!(document.notices().len(), 1, "the node heard of the release");
    // Heights that were noted today may have come after the announcement. A later look changes
    // nothing.
    for later in [0, 3 * DAY_MS] {
        replica.note_releases(seen.plus_ms(later)).unwrap();
        let expected = Heights::from([(device, 5)]);
        assert_eq!(replica.acknowledged_at(&id).unwrap(), expected);
    }
}
