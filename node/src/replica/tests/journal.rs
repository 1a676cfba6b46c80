//! The journal of an earlier version, in which records for the team stayed on their computer.

use weft_shared::{document::Document, id::DocName, model::insight::Words};

use super::{
    team::{WORDS, for_team, told},
    *,
};
use crate::store::blobs;

/// The journal of an earlier version, with a value, a record and an insight with its words.
#[test]
fn a_journal_is_sealed_when_the_store_is_opened_and_its_words_too() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    set(&mut one, "5", 1);
    let location = one.location(Owner::Location);
    let name = DocName::first("team");
    let mut document = Document::genesis(&location, &name).unwrap();
    let (words, blob) = Words::salted([3; 16], WORDS);
    let id = RecordId::from_parts(now(2), [7; 10]);
    let mut fields = words.fields();
    fields.extend([("attribution".to_owned(), "none".into())]);
    let told_then = document.edit(one.device_id(), now(2), |editor| {
        editor.put_record(RecordKind::Insight, &id, Audience::Team, &fields)
    });
    let (key, mut statement) = observation("7");
    statement.audience = Audience::Team;
    let stated = document.edit(one.device_id(), now(3), |editor| {
        editor.put_observation(&key, &statement, None)
    });
    let changes = [told_then, stated].map(|edited| edited.unwrap().change.unwrap());
    let doc = name.id(&location);
    let written = one.store().write(move |db| {
        for (at, change) in (2..).zip(&changes) {
            let sql = "INSERT INTO journal (document, at, change) VALUES (?1, ?2, ?3)";
            db.execute(sql, (doc.as_bytes(), now(at).ms(), change))?;
        }
        let log = logs::log(db, LocationRow::OWN, DeviceIndex(1))?;
        blobs::put(db, log, 0, &words.hash, &blob, now(2))
    });
    written.unwrap();
    drop(one);

    let mut one = kit.open(1);
    assert_eq!(told(&mut one, &id), for_team(WORDS));
    assert_eq!(values(&mut one), ["5"]);
    assert_eq!(one.observations_kept().unwrap().len(), 1);
    // Its words are sealed once the hub is there: that changes the record.
    let row = one.record(RecordKind::Insight, &id).unwrap().unwrap();
    assert_eq!(Words::in_record(&row.record).unwrap().hash, words.hash);
    let outgoing = session::offered(&mut one, DeviceIndex(1), 1);
    assert!(outgoing.blobs.is_empty(), "plain words do not travel");
    one.tend_team(now(3));
    let row = one.record(RecordKind::Insight, &id).unwrap().unwrap();
    assert_ne!(Words::in_record(&row.record).unwrap().hash, words.hash);
    let height = one.height(Owner::Location, DeviceIndex(1));
    one.tend_team(now(4));
    assert_eq!(one.height(Owner::Location, DeviceIndex(1)), height);
    let db = &one.store().reader;
    assert_eq!(
        blobs::bytes(db, LocationRow::OWN, &words.hash).unwrap(),
        None
    );
    let left: u64 = db
        .query_row("SELECT count(*) FROM journal", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
    assert!(one.verify().unwrap().exceptions.is_empty());
    let mut two = kit.open(2);
    carry(&mut one, &mut two, DeviceIndex(1), 4);
    assert_eq!(told(&mut two, &id), for_team(WORDS));
    assert_eq!(two.dumps().unwrap(), one.dumps().unwrap());
}
