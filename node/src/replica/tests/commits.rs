//! Memory follows the disk: a commit that fails changes nothing in memory, and what it was for can
//! be done again.

use weft_shared::{
    id::DeviceIndex,
    identity::{Operation, Role},
    log::{gate::VoidCode, room::Left},
};
use weft_store::{StoreError, host::HostReply};

use super::{carry, deliver, session, set, values};
use crate::{
    kit::{self, Kit, now},
    replica::{Edit, Replica, Stopped},
    store::Owner,
};

/// From now on every commit fails, or none.
fn commits_fail(replica: &Replica, fail: bool) {
    let set = replica.store().write(move |db| -> Result<(), StoreError> {
        Ok(db.commit_hook(fail.then_some(|| true))?)
    });
    assert_eq!(set.is_err(), fail);
}

/// Memory's view of our side.
fn memory(replica: &Replica) -> String {
    let logs = replica.logs(Owner::Location);
    let roster = replica.roster(Owner::Location).len();
    let names = replica.names(Owner::Location);
    let (stopped, named) = (replica.stopped(), &replica.named);
    let counters = (replica.version(), replica.rewrites(), replica.waiting());
    format!(
        "{logs:?} {roster} {names:?} {stopped:?} {named:?} {counters:?} {:?}",
        replica.share
    )
}

#[test]
fn memory_is_never_ahead_of_the_store() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    set(&mut two, "7", 1);
    set(&mut one, "5", 1);
    one.hear_room(
        Left {
            documents: 9,
            bytes: 1 << 20,
            headers: 0,
        },
        0,
    )
    .unwrap();
    let key = weft_shared::identity::DeviceKey::from_seed([9; 32]).id();
    let invite = Operation::Invite {
        key: weft_shared::id::InviteKey::new(*key.as_bytes()),
        role: Role::Member,
        expires: now(60_000),
    };
    let signed = one.sign(invite, now(2)).unwrap();
    let edit = || {
        let mut edit = Edit::default();
        let (key, statement) = super::observation("6");
        edit.on(super::DocKind::Observations(2022, 1), move |editor| {
            editor.put_observation(&key, &statement, None)
        });
        vec![edit]
    };

    let before = memory(&one);
    commits_fail(&one, true);
    one.save(edit(), now(3)).unwrap_err();
    one.hear_room(Left::default(), 1).unwrap_err();
    one.stop(Stopped::Cloned).unwrap_err();
    for question in [
        kit::load(&one, DeviceIndex(1), 1),
        session::append(&one, signed.clone()),
    ] {
        let (answer, _) = one.answer(question, now(3)).unwrap();
        assert!(matches!(answer, Some(HostReply::Failed(_))), "{answer:?}");
    }
    one.acknowledged(DeviceIndex(1), 1, &[(1, VoidCode::Size)], now(3))
        .unwrap_err();
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        deliver(&mut two, &mut one, DeviceIndex(2), 3)
    }));
    assert!(refused.is_err(), "nothing is taken");
    assert_eq!(memory(&one), before);
    assert_eq!(values(&mut one), ["5"]);

    commits_fail(&one, false);
    session::grow(&mut one, signed, 4);
    one.save(edit(), now(4)).unwrap();
    carry(&mut two, &mut one, DeviceIndex(2), 5);
    assert_eq!(values(&mut one), ["6", "7"]);
}

#[test]
fn what_was_read_and_not_recorded_is_read_again() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    set(&mut two, "7", 1);
    let stored = deliver(&mut two, &mut one, DeviceIndex(2), 2);
    commits_fail(&one, true);
    one.read_soon(stored);
    one.read_in();
    let derived = |replica: &Replica| replica.logs(Owner::Location)[&DeviceIndex(2)].derived;
    assert_eq!(derived(&one), 0);
    commits_fail(&one, false);
    // More of the log comes meanwhile.
    set(&mut two, "8", 3);
    let stored = deliver(&mut two, &mut one, DeviceIndex(2), 4);
    one.read_soon(stored);
    one.read_in();
    assert_eq!(derived(&one), 2);
    assert_eq!(values(&mut one), ["8"]);
    let history = one.history(None).unwrap();
    let entries: Vec<_> = history.iter().map(|touch| touch.entry).collect();
    assert_eq!(
        entries,
        [Some((DeviceIndex(2), 1)), Some((DeviceIndex(2), 2))]
    );
}

#[test]
fn what_is_saved_is_called_saved_although_no_snapshot_could_be_taken() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    set(&mut one, "0", 1);
    let broken = "CREATE TRIGGER broken BEFORE INSERT ON snapshots
                  BEGIN SELECT RAISE(ABORT, 'no room'); END";
    one.store()
        .write(move |db| db.execute_batch(broken))
        .unwrap();
    let many = i64::try_from(crate::limits::SNAPSHOT_CHANGES_MAX).unwrap() + 2;
    for at in 1..=many {
        set(&mut one, &at.to_string(), at);
    }
    assert_eq!(values(&mut one), [many.to_string()]);
    one.store()
        .write(|db| db.execute_batch("DROP TRIGGER broken"))
        .unwrap();
    one.tidy();
    let count = "SELECT count(*) FROM snapshots";
    let saved: i64 = one
        .store()
        .reader
        .query_row(count, [], |row| row.get(0))
        .unwrap();
    assert_eq!(saved, 1, "it is taken once it can be");
}
