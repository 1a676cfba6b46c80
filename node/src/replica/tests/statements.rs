//! Answers and lines of money by two devices: their conflicts and their history are in words.

use expect_test::expect;
use weft_shared::{
    id::{DeviceIndex, RecordId},
    model::{
        Audience,
        answer::AnswerKey,
        record::{FieldValue, Fields},
        schema::RecordKind,
    },
};

use super::carry;
use crate::{
    edits::{agenda, investment, records},
    kit::{self, aligned::id, now},
    replica::{Edit, Replica},
    view::describe,
};

const KIND: RecordKind = RecordKind::Investment;

fn fields(given: &[(&str, &str)]) -> Fields {
    let given = given.iter();
    given
        .map(|(key, text)| ((*key).to_owned(), (*text).into()))
        .collect()
}

/// Adds an investment of ours.
fn invest(replica: &mut Replica) -> RecordId {
    let id = RecordId::from_parts(now(11), [7; 10]);
    let fields = fields(&[
        ("title", "Example: ours"),
        ("funder", "Example: a ministry"),
        ("kind", "cash"),
        ("amount", "100000"),
        ("from", "2026-07-01"),
        ("to", "2027-06-30"),
        ("status", "committed"),
        ("source", "Example: our books"),
    ]);
    let mut edit = Edit::default();
    let to = Audience::Network;
    records::add(replica, &mut edit, KIND, id, to, fields, now(11)).unwrap();
    replica.save(vec![edit], now(11)).unwrap();
    id
}

/// Says something to the proposal and to a question, and states a line.
fn say(
    replica: &mut Replica,
    id_of: RecordId,
    (stance, reason, amount): (&str, &str, &str),
    at: i64,
) {
    let mut edit = Edit::default();
    let rows = replica.item(&id(3).to_string(), "2025-10-10".parse().unwrap());
    let said = fields(&[("stance", stance), ("reason", reason), ("by", "team")]);
    let item = &rows.unwrap()[0];
    agenda::answer_item(replica, &mut edit, item, &said, now(at)).unwrap();
    let key = AnswerKey::question("need_unknown/VAX").unwrap();
    let said = fields(&[("stance", "explain"), ("reason", reason), ("by", "team")]);
    let asked = (key, "FY2027".parse().unwrap());
    agenda::answer_question(replica, &mut edit, asked, &said, now(at)).unwrap();
    let row = replica.record(KIND, &id_of).unwrap().unwrap();
    let mut line = fields(&[
        ("what", "committed"),
        ("period", "FY2027"),
        ("amount", amount),
        ("note", reason),
    ]);
    for (key, code) in [("location", "FN"), ("outcome", "VAX")] {
        line.insert(key.to_owned(), FieldValue::Set([code.to_owned()].into()));
    }
    investment::line(replica, &mut edit, &row, &line, now(at)).unwrap();
    replica.save(vec![edit], now(at)).unwrap();
}

#[test]
fn contested_answers_and_lines_are_in_words_and_are_settled() {
    let kit = kit::aligned();
    let (mut one, mut two) = (kit.open_published(), kit.open_second());
    let of = invest(&mut one);
    carry(&mut one, &mut two, DeviceIndex(1), 12);
    say(
        &mut one,
        of,
        ("change", "Example: more clinics", "60000"),
        13,
    );
    say(&mut two, of, ("disagree", "Example: not here", "70000"), 14);
    carry(&mut one, &mut two, DeviceIndex(1), 15);
    let mut text = String::new();
    let rows = two.conflicts().unwrap();
    for row in &rows {
        let described = describe(&mut two, row).unwrap();
        text.push_str(&format!("{}\n", described.title));
        for words in described.answers {
            text.push_str(&format!("  {words}\n"));
        }
    }
    expect![[r#"
        our answer: Example: one aim for all
          we would change it: Example: more clinics (team)
          we disagree: Example: not here (team)
        our answer: need not known: Example: protected
          our explanation: Example: more clinics (team)
          our explanation: Example: not here (team)
        line of money: Example: ours, committed in the year to June 2027 for Example: protected in Healthy Families Far North
          NZD 60,000; note: Example: more clinics
          NZD 70,000; note: Example: not here
    "#]]
    .assert_eq(&text);
    let mut edits = Vec::new();
    for row in &rows {
        let kept = crate::edits::settlement(&mut two, row, &row.values[0], None);
        edits.push(kept.unwrap());
    }
    two.save(edits, now(16)).unwrap();
    assert!(two.conflicts().unwrap().is_empty());
}
