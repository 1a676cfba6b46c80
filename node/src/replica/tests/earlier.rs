//! Offers of the history: a value goes out by the hand of its author, and settled answers return.

use weft_shared::{document::Told, id::DeviceIndex, model::observation::Statement};

use super::{carry, observation, set, values};
use crate::{
    edits::{
        earlier::{Offer, offers, take},
        settlement,
    },
    kit::{Kit, now},
    replica::Replica,
    view::ChangeFilter,
};

/// The newest change of the value of the tests, and whether this device made it.
fn newest(replica: &mut Replica) -> (Told, bool) {
    let page = replica.change_page(&ChangeFilter::default(), 0).unwrap();
    let save = page.saves.into_iter().next().unwrap();
    let told = save.changes[0].told[0].clone();
    (told, save.own)
}

fn offered(replica: &mut Replica) -> Vec<Offer> {
    let (told, own) = newest(replica);
    offers(replica, &told, own).unwrap().0
}

fn stated(value: &str) -> String {
    observation(value).1.encode()
}

#[test]
fn only_its_author_takes_a_value_out() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    set(&mut one, "5", 1);
    carry(&mut one, &mut two, DeviceIndex(1), 2);
    assert_eq!(offered(&mut one), [Offer::TakeOut]);
    assert_eq!(offered(&mut two), []);
    set(&mut one, "6", 3);
    assert_eq!(offered(&mut one), [Offer::Undo(stated("5"))]);
    let (told, _) = newest(&mut one);
    let edit = take(&mut one, &told, &Offer::Undo(stated("5")), now(4)).unwrap();
    one.save(vec![edit], now(4)).unwrap();
    assert_eq!(values(&mut one), ["5"]);
    // A colleague's later value is not the author's to take out.
    carry(&mut one, &mut two, DeviceIndex(1), 5);
    set(&mut two, "7", 6);
    carry(&mut two, &mut one, DeviceIndex(2), 7);
    assert_eq!(offered(&mut one), []);
    assert_eq!(offered(&mut two), [Offer::Undo(stated("5"))]);
}

#[test]
fn a_settlement_is_undone_by_the_other_answer() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    set(&mut one, "5", 1);
    set(&mut two, "6", 1);
    carry(&mut one, &mut two, DeviceIndex(1), 2);
    carry(&mut two, &mut one, DeviceIndex(2), 2);
    assert!(
        offered(&mut one).is_empty(),
        "it is settled on its own page"
    );
    let row = one.conflicts().unwrap().remove(0);
    let six = row.values.iter().find(|one| one.value == stated("6"));
    let edit = settlement(&mut one, &row, six.unwrap(), None).unwrap();
    one.save(vec![edit], now(3)).unwrap();
    let settled = one.settled_lately().unwrap();
    assert_eq!(settled.len(), 1);
    assert_eq!(settled[0].changes[0].told[0].not_chosen, [stated("5")]);
    assert_eq!(offered(&mut one), [Offer::Back(stated("5"))]);
    let (told, _) = newest(&mut one);
    let edit = take(&mut one, &told, &Offer::Back(stated("5")), now(4)).unwrap();
    one.save(vec![edit], now(4)).unwrap();
    assert_eq!(values(&mut one), ["5"]);
    carry(&mut one, &mut two, DeviceIndex(1), 5);
    assert_eq!(values(&mut two), ["5"]);
    assert!(Statement::decode(&stated("5")).is_ok());
}
