//! Words of insights: the entries they travel with, and their deletion.

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use weft_shared::{
    id::{DeviceIndex, RecordId},
    log::sealed::are_sealed,
    model::{Audience, insight::Words, record::Fields, schema::RecordKind},
};

use super::{add_insight, add_insight_for, carry, session, set};
use crate::{
    edits::records,
    kit::{Kit, now},
    replica::{Edit, Replica},
};

#[test]
fn words_that_were_taken_back_are_deleted_wherever_they_are() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    let id = add_insight(&mut one, "Example: the path is dark", 1);
    carry(&mut one, &mut two, DeviceIndex(1), 2);
    let words = |replica: &mut Replica| {
        let row = replica.record(RecordKind::Insight, &id).unwrap().unwrap();
        (row.words, row.record.withdrawn)
    };
    assert_eq!(
        words(&mut two),
        (Some("Example: the path is dark".to_owned()), false)
    );
    let row = one.record(RecordKind::Insight, &id).unwrap().unwrap();
    let (edit, _) = records::withdraw(&mut one, &row).unwrap();
    one.save(vec![edit], now(3)).unwrap();
    carry(&mut one, &mut two, DeviceIndex(1), 4);
    for replica in [&mut one, &mut two] {
        assert_eq!(words(replica), (None, true));
    }
}

#[test]
fn what_was_saved_is_called_saved_if_the_log_of_changes_cannot_be_emptied() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    let id = add_insight(&mut one, "Example: the path is dark", 1);
    let denied = one.store().write(|db| {
        db.authorizer(Some(|context: AuthContext<'_>| match context.action {
            AuthAction::Pragma {
                pragma_name: "wal_checkpoint",
                ..
            } => Authorization::Deny,
            _ => Authorization::Allow,
        }))
    });
    denied.unwrap();
    withdraw(&mut one, &id, 2);
    assert_eq!(held(&one), Vec::<String>::new());
    assert!(
        one.record(RecordKind::Insight, &id)
            .unwrap()
            .unwrap()
            .record
            .withdrawn
    );
}

#[test]
fn words_go_with_the_entry_that_names_them_and_with_no_other() {
    let kit = Kit::new();
    let mut replica = kit.open(1);
    let private = Audience::Team;
    let told = add_insight_for(&mut replica, "raw, first", private, 1);
    change(
        &mut replica,
        &told,
        Some("said, first"),
        Some(Audience::Network),
        2,
    );
    let kept = add_insight(&mut replica, "said, second", 3);
    assert_eq!(offered(&replica), ["said, first", "said, second"]);
    change(&mut replica, &kept, Some("raw, second"), Some(private), 4);
    assert_eq!(offered(&replica), ["said, first", "sealed: raw, second"]);
    change(&mut replica, &kept, Some("raw, again"), None, 5);
    assert_eq!(offered(&replica), ["said, first", "sealed: raw, again"]);
    change(&mut replica, &kept, None, Some(Audience::Network), 6);
    assert_eq!(offered(&replica), ["said, first", "raw, again"]);
    // Once a record was offered, its further words are kept back too, even if they were not.
    session::offered(&mut replica, DeviceIndex(1), 3);
    change(&mut replica, &told, Some("raw, third"), None, 7);
    change(&mut replica, &told, None, Some(private), 8);
    assert_eq!(offered(&replica), ["raw, again", "sealed: raw, third"]);
    assert_eq!(text(&mut replica, &told).as_deref(), Some("raw, third"));
    change(&mut replica, &told, None, Some(Audience::Network), 9);
    assert_eq!(offered(&replica), ["raw, again", "raw, third"]);
}

#[test]
fn the_same_words_said_twice_are_taken_back_once() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    let text_of = "Example: the path is dark";
    let ids = [1, 2].map(|at| add_insight(&mut one, text_of, at));
    let hashes = ids.map(|id| Words::in_record(&row(&mut one, &id).record).unwrap().hash);
    assert_ne!(hashes[0], hashes[1]);
    withdraw(&mut one, &ids[0], 3);
    let again = add_insight(&mut one, text_of, 4);
    carry(&mut one, &mut two, DeviceIndex(1), 5);
    for replica in [&mut one, &mut two] {
        assert_eq!(text(replica, &ids[0]), None);
        for id in [&ids[1], &again] {
            assert_eq!(text(replica, id).as_deref(), Some(text_of));
        }
    }
}

#[test]
fn what_was_replaced_or_kept_here_again_is_forgotten_with_the_rest() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    let later = add_insight(&mut one, "first", 1);
    let kept = add_insight(&mut one, "second", 2);
    carry(&mut one, &mut two, DeviceIndex(1), 3);
    change(&mut one, &later, Some("first again"), None, 4);
    change(&mut one, &kept, None, Some(Audience::Team), 5);
    carry(&mut one, &mut two, DeviceIndex(1), 6);
    // Others may have the plain words, which cannot be recalled; the team has them sealed.
    assert_eq!(held(&one), ["first again", "sealed: second", "second"]);
    assert_eq!(held(&two), ["first again", "sealed: second", "second"]);
    withdraw(&mut one, &later, 7);
    withdraw(&mut one, &kept, 8);
    carry(&mut one, &mut two, DeviceIndex(1), 9);
    for replica in [&mut one, &mut two] {
        assert_eq!(held(replica), [""; 0]);
        replica.rebuild().unwrap();
        assert_eq!(held(replica), [""; 0]);
    }
}

#[test]
fn words_that_another_device_replaced_stay_where_a_copy_still_speaks_with_them() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    let id = add_insight(&mut one, "first", 1);
    carry(&mut one, &mut two, DeviceIndex(1), 2);
    change(&mut two, &id, None, Some(Audience::Team), 3);
    change(&mut one, &id, Some("first again"), None, 3);
    carry(&mut one, &mut two, DeviceIndex(1), 4);
    assert_eq!(text(&mut two, &id).as_deref(), Some("first"));
    withdraw(&mut one, &id, 5);
    carry(&mut one, &mut two, DeviceIndex(1), 6);
    assert_eq!(held(&two), [""; 0]);
}

#[test]
fn what_was_taken_back_stays_so_where_the_tail_is_written_anew() {
    let kit = Kit::new();
    let mut replica = kit.open(1);
    let gone = add_insight(&mut replica, "first", 1);
    let kept = add_insight(&mut replica, "second", 2);
    withdraw(&mut replica, &gone, 3);
    set(&mut replica, "5", 4);
    change(&mut replica, &kept, None, Some(Audience::Team), 5);
    assert!(row(&mut replica, &gone).record.withdrawn);
    assert_eq!(text(&mut replica, &kept).as_deref(), Some("second"));
    assert_eq!(held(&replica), ["sealed: second"]);
}

fn row(replica: &mut Replica, id: &RecordId) -> crate::view::RecordRow {
    replica.record(RecordKind::Insight, id).unwrap().unwrap()
}

fn text(replica: &mut Replica, id: &RecordId) -> Option<String> {
    row(replica, id).words
}

fn change(
    replica: &mut Replica,
    id: &RecordId,
    text: Option<&str>,
    audience: Option<Audience>,
    at: i64,
) {
    let row = row(replica, id);
    let mut edit = Edit::default();
    let fields = text.map_or_else(Fields::new, |text| records::say(&mut edit, text).unwrap());
    records::change(replica, &mut edit, &row, fields, audience, now(at)).unwrap();
    replica.save(vec![edit], now(at)).unwrap();
}

fn withdraw(replica: &mut Replica, id: &RecordId, at: i64) {
    let row = row(replica, id);
    let (edit, _) = records::withdraw(replica, &row).unwrap();
    replica.save(vec![edit], now(at)).unwrap();
}

/// The words that would go to the hub, in the order of their entries, without offering them.
fn offered(replica: &Replica) -> Vec<String> {
    let db = &replica.store().reader;
    let mut query = db
        .prepare(
            "SELECT bytes FROM blobs JOIN logs USING (log)
             WHERE lix = 2 AND dix = 1 AND blobs.dseq > 0 AND bytes NOT NULL
             ORDER BY blobs.dseq, blobs.hash",
        )
        .unwrap();
    let rows = query.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    rows.map(|row| said(replica, row.unwrap())).collect()
}

/// The text in a blob, marked if it is sealed.
fn said(replica: &Replica, blob: Vec<u8>) -> String {
    let seal = if are_sealed(&blob) { "sealed: " } else { "" };
    let opened = replica.opened(blob).unwrap();
    format!("{seal}{}", Words::text(&opened).unwrap())
}

/// All words that are held.
fn held(replica: &Replica) -> Vec<String> {
    let db = &replica.store().reader;
    let mut query = db
        .prepare("SELECT bytes FROM blobs WHERE bytes NOT NULL")
        .unwrap();
    let rows = query.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    let mut held: Vec<_> = rows.map(|row| said(replica, row.unwrap())).collect();
    held.sort();
    held
}
