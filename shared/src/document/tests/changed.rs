//! The value of a record's field before, and since when it is another.

use super::*;

fn put(document: &mut Document, device: u8, status: &str, at: Timestamp) -> Vec<u8> {
    let edited = document.edit::<EditError>(author(device), at, |editor| {
        let fields = fields(&[("name", "Bikes"), ("status", status)]);
        editor.put_record(
            RecordKind::Initiative,
            &record_id(1),
            Audience::Network,
            &fields,
        )
    });
    edited.unwrap().change.unwrap()
}

fn changed(document: &Document) -> Option<(String, i64)> {
    let found = document.changed(RecordKind::Initiative, &record_id(1), "status");
    found.map(|one| (one.from, one.at.ms()))
}

#[test]
fn a_field_knows_what_it_was_before_in_any_order_of_arrival() {
    let at = |seconds: i64| AT.plus_ms(seconds * 1_000 - 500);
    let mut a = document("plan");
    let first = put(&mut a, 1, "exploring", at(0));
    assert_eq!(changed(&a), None, "it has had no other value");
    let second = put(&mut a, 1, "testing", at(10));
    assert_eq!(changed(&a), Some(("exploring".to_owned(), at(10).ms())));
    let third = edit(&mut a, 1, |editor| {
        let fields = fields(&[("setting", "schools")]);
        editor
            .put_record(
                RecordKind::Initiative,
                &record_id(1),
                Audience::Network,
                &fields,
            )
            .unwrap();
    });
    let same = Some(("exploring".to_owned(), at(10).ms()));
    assert_eq!(changed(&a), same, "another field changed since");
    let mut b = document("plan");
    for change in [&second, &third, &first] {
        // A change waits until those that it builds on are here.
        let _waits = b.apply(std::slice::from_ref(change));
    }
    b.apply(&[first, second, third]).unwrap();
    assert_eq!(changed(&b), same);
    assert_eq!(
        b.changed(RecordKind::Initiative, &record_id(2), "status"),
        None
    );
}
