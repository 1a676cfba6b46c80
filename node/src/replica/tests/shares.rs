//! Saves that the hub has no room for: refused beforehand, or kept until there is room.

use weft_shared::{
    id::DeviceIndex,
    log::{gate::VoidCode, room::Left},
};

use super::{set, values};
use crate::{
    kit::{Kit, now},
    replica::{Replica, SaveError},
};

fn left(documents: u64, bytes: u64) -> Left {
    Left {
        documents,
        bytes,
        headers: 0,
    }
}

fn save(replica: &mut Replica, numerator: &str, at: i64) -> Result<(), SaveError> {
    let (key, statement) = super::observation(numerator);
    let mut edit = crate::replica::Edit::default();
    let kind = weft_shared::model::schema::DocKind::Observations(2022, 1);
    edit.on(kind, move |editor| {
        editor.put_observation(&key, &statement, None)
    });
    replica.save(vec![edit], now(at)).map(|_| ())
}

#[test]
fn what_the_hub_has_no_room_for_is_refused_before_it_is_written() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    set(&mut one, "5", 1);
    one.hear_room(left(0, 1_000), 1).unwrap();
    // About 400 bytes a save.
    save(&mut one, "6", 2).unwrap();
    save(&mut one, "7", 3).unwrap();
    let refused = save(&mut one, "8", 4).unwrap_err();
    assert!(matches!(refused, SaveError::NoRoom(_)), "{refused}");
    let text = refused.to_string();
    assert!(text.starts_with("Nothing was saved"), "{text}");
    assert_eq!(values(&mut one), ["7"]);
    // It still counts after a restart, also for a save that is sealed.
    drop(one);
    let mut one = kit.open(1);
    assert!(save(&mut one, "8", 5).is_err());
    let mut edit = crate::replica::Edit::default();
    let (key, statement) = super::observation("9");
    edit.on(weft_shared::model::schema::DocKind::Team, move |editor| {
        editor.put_observation(&key, &statement, None)
    });
    assert!(matches!(
        one.save(vec![edit], now(6)),
        Err(SaveError::NoRoom(_))
    ));
    // There is room for bytes now, but not for another document.
    one.hear_room(left(0, 100_000), 3).unwrap();
    save(&mut one, "8", 7).unwrap();
    assert_eq!(values(&mut one), ["8"]);
}

#[test]
fn what_the_hub_has_no_room_for_is_said_again_when_it_has() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    set(&mut one, "5", 1);
    one.hear_room(left(100, 100_000), 1).unwrap();
    set(&mut one, "6", 2);
    let voids = [(2, VoidCode::Room)];
    one.acknowledged(DeviceIndex(1), 2, &voids, now(3)).unwrap();
    one.say_lost_again(now(3)).unwrap();
    assert_eq!(values(&mut one), ["5"]);
    let status = one.brief().unwrap();
    assert_eq!((status.said_again, status.void, status.waiting), (0, 1, 0));
    let checks = one.doctor(now(4)).unwrap();
    let check = checks.iter().find(|check| check.check == "not taken");
    let finding = &check.unwrap().finding;
    assert!(finding.contains("no room left at the hub"), "{finding}");
    assert!(finding.contains("value 6"), "{finding}");
    drop(one);
    let mut one = kit.open(1);
    assert_eq!(one.brief().unwrap().void, 1, "nor after a restart");

    // An admin has made room.
    one.hear_room(left(100, 100_000), 2).unwrap();
    one.say_lost_again(now(5)).unwrap();
    assert_eq!(values(&mut one), ["6"]);
    let status = one.brief().unwrap();
    assert_eq!((status.said_again, status.void, status.waiting), (1, 0, 1));
}

#[test]
fn what_fell_with_something_for_lack_of_room_is_said_again_with_it() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    set(&mut one, "5", 1);
    one.hear_room(left(100, 100_000), 1).unwrap();
    set(&mut one, "6", 2);
    set(&mut one, "7", 3);
    // The third falls with the second, and then the hub says so too.
    for (upto, code) in [(2, VoidCode::Room), (3, VoidCode::Documents)] {
        one.acknowledged(DeviceIndex(1), upto, &[(upto, code)], now(4))
            .unwrap();
        one.say_lost_again(now(4)).unwrap();
    }
    assert_eq!(values(&mut one), ["5"]);
    assert_eq!(one.brief().unwrap().void, 2);
    drop(one);
    let mut one = kit.open(1);
    one.hear_room(left(100, 100_000), 3).unwrap();
    one.say_lost_again(now(5)).unwrap();
    assert_eq!(values(&mut one), ["7"]);
    assert_eq!(one.brief().unwrap().void, 0);
}

#[test]
fn what_the_hub_judged_before_it_named_its_room_is_said_again_at_once() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    set(&mut one, "5", 1);
    // It holds the first entry by its header, and has room again.
    one.hear_room(left(100, 100_000), 1).unwrap();
    one.acknowledged(DeviceIndex(1), 1, &[(1, VoidCode::Room)], now(2))
        .unwrap();
    one.say_lost_again(now(2)).unwrap();
    assert_eq!(values(&mut one), ["5"]);
    let status = one.brief().unwrap();
    assert_eq!((status.said_again, status.void, status.waiting), (1, 0, 1));
}
