//! Entries that the hub did not take: sent again, or kept for a person.

use weft_shared::{
    id::DeviceIndex,
    log::gate::VoidCode,
    model::{Audience, schema::RecordKind},
};

use super::{add_initiative, add_insight, carry, session, set, values};
use crate::{
    kit::{Kit, now},
    replica::Replica,
    store::Owner,
};

const LOG: DeviceIndex = DeviceIndex(1);

/// The hub acknowledges entries up to `dseq`, some of them by header only.
fn hear(replica: &mut Replica, dseq: u64, voids: &[(u64, VoidCode)], at: i64) {
    replica.acknowledged(LOG, dseq, voids, now(at)).unwrap();
    replica.say_lost_again(now(at)).unwrap();
}

fn height(replica: &Replica) -> u64 {
    replica.height(Owner::Location, LOG).dseq
}

/// Number of saves that were sent again, and of those that were not, or only in part.
fn counts(replica: &mut Replica) -> (u64, u64) {
    let status = replica.brief().unwrap();
    (status.said_again, status.void)
}

#[test]
fn what_could_not_be_written_down_is_heard_again() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    set(&mut one, "5", 1);
    let run = |replica: &Replica, sql: &'static str| {
        replica
            .store()
            .write(move |db| db.execute_batch(sql))
            .unwrap();
    };
    run(
        &one,
        "CREATE TRIGGER broken BEFORE UPDATE ON logs BEGIN SELECT RAISE(ABORT, 'no room'); END",
    );
    let hear = |replica: &mut Replica| {
        let voids = [(1, VoidCode::Size)];
        replica.acknowledged(LOG, 1, &voids, now(2))
    };
    hear(&mut one).unwrap_err();
    let acknowledged = |replica: &Replica| replica.logs(Owner::Location)[&LOG].acknowledged;
    assert_eq!((acknowledged(&one), one.waiting()), (0, 1));
    assert_eq!(values(&mut one), ["5"]);
    run(&one, "DROP TRIGGER broken");
    hear(&mut one).unwrap();
    assert_eq!((acknowledged(&one), one.waiting()), (1, 0));
    assert_eq!(values(&mut one), Vec::<String>::new());
}

#[test]
fn what_the_hub_did_not_take_is_said_again() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    set(&mut one, "5", 1);
    set(&mut one, "6", 2);
    let plan = add_initiative(&mut one, Audience::Network, 3);
    set(&mut one, "7", 4);
    let before = one.history(None).unwrap().len();
    hear(&mut one, 3, &[(2, VoidCode::Size)], 5);
    assert_eq!(height(&one), 6, "6 and 7 are said again, one entry each");
    assert_eq!(one.waiting(), 3, "what falls with it waits to be heard of");
    assert_eq!(counts(&mut one), (2, 0));
    assert_eq!(one.history(None).unwrap().len(), before);

    // The hub confirms about entry 4 what was already clear.
    hear(&mut one, 6, &[(4, VoidCode::Seq)], 6);
    assert_eq!((height(&one), one.waiting()), (6, 0));
    drop(one);
    let mut one = kit.open(1);
    assert_eq!(values(&mut one), ["7"]);
    assert!(one.record(RecordKind::Initiative, &plan).unwrap().is_some());
    assert!(one.verify().unwrap().exceptions.is_empty());
    let dumps = one.dumps().unwrap();
    one.rebuild().unwrap();
    assert_eq!(one.dumps().unwrap(), dumps);
    assert_eq!(counts(&mut one), (2, 0));

    // A device with only the headers of void entries reads the same.
    let mut two = kit.open(2);
    carry(&mut one, &mut two, LOG, 8);
    assert_eq!(two.dumps().unwrap(), dumps);
    assert!(two.verify().unwrap().exceptions.is_empty());
    set(&mut one, "8", 9);
    carry(&mut one, &mut two, LOG, 10);
    assert_eq!(values(&mut two), ["8"]);
    assert_eq!(counts(&mut two), (0, 0));
}

#[test]
fn a_document_that_a_lost_entry_named_is_named_again() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    set(&mut one, "5", 1);
    set(&mut one, "6", 2);
    let voids = [(1, VoidCode::Counts), (2, VoidCode::Documents)];
    hear(&mut one, 2, &voids, 3);
    assert_eq!(height(&one), 4);
    carry(&mut one, &mut two, LOG, 4);
    assert_eq!(values(&mut two), ["6"]);
    assert_eq!(two.dumps().unwrap(), one.dumps().unwrap());
}

#[test]
fn what_is_refused_for_its_own_sake_is_kept_for_a_person() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    set(&mut one, "5", 1);
    set(&mut one, "6", 2);
    hear(&mut one, 2, &[(2, VoidCode::Size)], 3);
    assert_eq!((height(&one), values(&mut one)), (3, vec!["6".to_owned()]));
    let plan = add_initiative(&mut one, Audience::Network, 4);
    hear(&mut one, 4, &[(3, VoidCode::Size)], 5);
    assert_eq!(height(&one), 4, "it is not said a third time");
    assert_eq!(values(&mut one), ["5"], "documents hold what was accepted");
    assert!(one.record(RecordKind::Initiative, &plan).unwrap().is_some());
    assert_eq!(counts(&mut one), (1, 1));
    let checks = one.doctor(now(6)).unwrap();
    let check = checks.iter().find(|check| check.check == "not taken");
    let finding = &check.unwrap().finding;
    assert!(!check.unwrap().ok);
    assert!(finding.contains("entry 3: it is larger than an entry may be"));
    assert!(
        finding.contains("VAX_PRIMARY/FAR_NORTH/2022-12"),
        "{finding}"
    );
    assert!(finding.contains("status A, value 6"), "{finding}");
    // Its bodies are still here, in case they are needed.
    assert!(one.verify().unwrap().exceptions.is_empty());
    set(&mut one, "7", 7);
    assert_eq!((height(&one), values(&mut one)), (5, vec!["7".to_owned()]));
}

#[test]
fn what_others_wrote_since_is_not_hidden() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    set(&mut one, "5", 1);
    carry(&mut one, &mut two, LOG, 2);
    set(&mut one, "6", 3);
    set(&mut two, "8", 4);
    carry(&mut two, &mut one, DeviceIndex(2), 5);
    assert_eq!(values(&mut one), ["6", "8"]);
    hear(&mut one, 2, &[(2, VoidCode::Scan)], 6);
    assert_eq!((height(&one), values(&mut one)), (2, vec!["8".to_owned()]));
    assert_eq!(counts(&mut one), (0, 1));
    let checks = one.doctor(now(6)).unwrap();
    let mut findings = checks.into_iter().map(|check| check.finding);
    assert!(findings.any(|finding| finding.contains("somebody has written something else there")));
}

#[test]
fn words_travel_again_and_a_crash_between_loses_nothing() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    set(&mut one, "5", 1);
    let id = add_insight(&mut one, "Example: the path is dark", 2);
    // The program ends before the lost entry is sent again.
    one.acknowledged(LOG, 2, &[(2, VoidCode::Scan)], now(3))
        .unwrap();
    assert_eq!(height(&one), 2);
    drop(one);
    let mut one = kit.open(1);
    assert_eq!(height(&one), 3);
    let sent = session::offered(&mut one, LOG, 1);
    assert_eq!(sent.blobs.len(), 1);
    assert_eq!((sent.blobs[0].dseq, sent.voids.len()), (3, 1));
    assert!(sent.entries[1].bodies.is_empty(), "it costs no credit");
    let mut two = kit.open(2);
    carry(&mut one, &mut two, LOG, 4);
    let row = two.record(RecordKind::Insight, &id).unwrap().unwrap();
    assert_eq!(row.words.as_deref(), Some("Example: the path is dark"));
}

#[test]
fn what_was_said_again_can_be_taken_back_before_it_leaves() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    set(&mut one, "5", 1);
    session::offered(&mut one, LOG, 1);
    set(&mut one, "6", 2);
    hear(&mut one, 1, &[(1, VoidCode::Counts)], 3);
    assert_eq!(height(&one), 4, "5 and 6 are said again");
    let id = add_initiative(&mut one, Audience::Network, 4);
    let row = one.record(RecordKind::Initiative, &id).unwrap().unwrap();
    let mut edit = super::Edit::default();
    let team = Some(Audience::Team);
    let fields = weft_shared::model::record::Fields::new();
    crate::edits::records::change(&mut one, &mut edit, &row, fields, team, now(5)).unwrap();
    one.save(vec![edit], now(5)).unwrap();
    assert_eq!(values(&mut one), ["6"]);
    assert!(one.verify().unwrap().exceptions.is_empty());
    let mut two = kit.open(2);
    carry(&mut one, &mut two, LOG, 6);
    assert_eq!(values(&mut two), ["6"]);
    set(&mut one, "7", 7);
    carry(&mut one, &mut two, LOG, 8);
    assert_eq!(values(&mut two), ["7"]);
}

/// The entry that says something again becomes another one if a record before it is taken back.
#[test]
fn what_is_said_again_elsewhere_is_not_said_a_third_time() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    set(&mut one, "5", 1);
    session::offered(&mut one, LOG, 1);
    let id = add_initiative(&mut one, Audience::Network, 2);
    hear(&mut one, 1, &[(1, VoidCode::Size)], 3);
    assert_eq!(height(&one), 3, "5 is said again after the initiative");
    let row = one.record(RecordKind::Initiative, &id).unwrap().unwrap();
    let mut edit = super::Edit::default();
    let team = Some(Audience::Team);
    let fields = weft_shared::model::record::Fields::new();
    crate::edits::records::change(&mut one, &mut edit, &row, fields, team, now(4)).unwrap();
    one.save(vec![edit], now(4)).unwrap();
    assert_eq!((height(&one), counts(&mut one)), (3, (1, 0)));
    session::offered(&mut one, LOG, 3);
    hear(&mut one, 3, &[(2, VoidCode::Size)], 5);
    assert_eq!((height(&one), counts(&mut one)), (3, (1, 1)));
    assert_eq!(values(&mut one), [""; 0]);
}
