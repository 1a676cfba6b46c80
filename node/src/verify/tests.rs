//! A hub that says of us what we never said, or says it in our name.

use weft_shared::{
    document::{EditError, Editor},
    id::RecordId,
    model::{
        Audience,
        answer::{Answer, AnswerKey, Stance},
        item::wording_of,
        quote::{Dated, Quote, QuoteKey},
        record::Fields,
        schema::{DocKind, RecordKind},
    },
    time::DAY_MS,
};

use crate::{
    edits::records,
    kit::{Kit, Says, aligned::id, now},
    replica::{Edit, Replica},
    store::settings::Key,
};

const KIND: RecordKind = RecordKind::Initiative;

fn quoted(editor: &mut Editor<'_>, title: &str) -> Result<(), EditError> {
    let key = QuoteKey {
        location: "FN".parse().unwrap(),
        kind: KIND,
        id: id(9),
    };
    let quote = Quote {
        title: title.to_owned(),
        outcomes: [].into(),
        request: None,
    };
    editor.say(&key, &quote)
}

/// A location whose hub says something in the agenda.
fn hearing(says: Says) -> Replica {
    let mut kit = Kit::new();
    kit.more = vec![(DocKind::Agenda, says)];
    kit.open_published()
}

fn fields(given: &[(&str, &str)]) -> Fields {
    let given = given.iter();
    given
        .map(|(key, text)| ((*key).to_owned(), (*text).into()))
        .collect()
}

fn add(replica: &mut Replica, id: RecordId) {
    let mut edit = Edit::default();
    let said = fields(&[("name", "Example: clinics"), ("peers", "yes")]);
    records::add(
        replica,
        &mut edit,
        KIND,
        id,
        Audience::Network,
        said,
        now(10),
    )
    .unwrap();
    replica.save(vec![edit], now(10)).unwrap();
}

fn change(replica: &mut Replica, given: &[(&str, &str)]) {
    let row = replica.record(KIND, &id(9)).unwrap().unwrap();
    let mut edit = Edit::default();
    records::change(replica, &mut edit, &row, fields(given), None, now(20)).unwrap();
    replica.save(vec![edit], now(20)).unwrap();
}

fn complaints(replica: &mut Replica) -> Vec<String> {
    let exceptions = replica.verify().unwrap().exceptions.into_iter();
    exceptions.map(|one| one.what).collect()
}

#[test]
fn a_quote_that_we_never_said_fails() {
    let mut replica = hearing(|editor| quoted(editor, "Example: clinics"));
    let none = "the hub quotes us as \"Example: clinics\": this location has no such initiative";
    assert_eq!(complaints(&mut replica), [none]);
    add(&mut replica, id(9));
    assert_eq!(complaints(&mut replica), [] as [&str; 0]);

    let mut replica = hearing(|editor| quoted(editor, "Example: no clinics"));
    add(&mut replica, id(9));
    let bent = "the hub quotes us as \"Example: no clinics\": no device of this location said so";
    assert_eq!(complaints(&mut replica), [bent]);
}

#[test]
fn a_quote_has_a_day_to_follow_what_we_say_now() {
    let mut replica = hearing(|editor| quoted(editor, "Example: clinics"));
    add(&mut replica, id(9));
    change(&mut replica, &[("peers", "")]);
    assert_eq!(complaints(&mut replica), [] as [&str; 0]);
    replica
        .set_setting(Key::LastShared, now(21).ms() + DAY_MS)
        .unwrap();
    let said = complaints(&mut replica);
    assert!(
        said[0].ends_with("the hub has had the change since"),
        "{said:?}"
    );
}

#[test]
fn an_answer_or_a_priority_by_the_hub_fails() {
    let mut replica = hearing(|editor| {
        let answer = Answer {
            stance: Stance::Agree,
            reason: None,
            by: "team".to_owned(),
            until: None,
            wording: None,
            due: None,
        };
        editor.say(&AnswerKey::Item(id(3)), &answer)?;
        let outcome = [
            ("code", "VAX"),
            ("name", "Example: safe"),
            ("priority", "yes"),
        ];
        let outcome = fields(&outcome);
        editor.put_record(RecordKind::Outcome, &id(1), Audience::Network, &outcome)
    });
    let said = complaints(&mut replica);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said.iter()
            .all(|one| one.ends_with("which only a location does")),
        "{said:?}"
    );
}

const ASKED: [(&str, &str); 4] = [
    ("what", "Example: one form"),
    ("who", "backbone"),
    ("peers", "yes"),
    ("needed_by", "2026-12-01"),
];

/// A hub that quotes and answers request 9 of ours, due on a day.
fn answering(due: &'static str) -> Replica {
    let mut kit = Kit::new();
    let says: Says = match due {
        "2026-12-01" => |editor: &mut Editor<'_>| answered(editor, "2026-12-01"),
        _ => |editor: &mut Editor<'_>| answered(editor, "2027-06-01"),
    };
    kit.more = vec![(DocKind::Agenda, says)];
    kit.open_published()
}

fn answered(editor: &mut Editor<'_>, due: &str) -> Result<(), EditError> {
    let text = |key: &str| {
        let mut all = ASKED.iter();
        all.find(|one| one.0 == key).map(|one| one.1.to_owned())
    };
    let kind = RecordKind::Opportunity;
    let wording = wording_of(kind, text, |_| [].into()).unwrap();
    let due = due.parse().unwrap();
    let key = QuoteKey {
        location: "FN".parse().unwrap(),
        kind,
        id: id(9),
    };
    let quote = Quote {
        title: ASKED[0].1.to_owned(),
        outcomes: [].into(),
        request: Some(Dated {
            received: "2026-11-01".parse().unwrap(),
            due,
            wording,
        }),
    };
    editor.say(&key, &quote)?;
    let answer = Answer {
        stance: Stance::Yes,
        reason: Some("Example: it is in hand".to_owned()),
        by: "national team".to_owned(),
        until: None,
        wording: Some(wording),
        due: Some(due),
    };
    editor.say(&AnswerKey::Request("FN".parse().unwrap(), id(9)), &answer)
}

fn ask(replica: &mut Replica, given: &[(&str, &str)]) {
    let (mut edit, kind) = (Edit::default(), RecordKind::Opportunity);
    let said = fields(given);
    records::add(
        replica,
        &mut edit,
        kind,
        id(9),
        Audience::Network,
        said,
        now(10),
    )
    .unwrap();
    replica.save(vec![edit], now(10)).unwrap();
}

#[test]
fn an_answer_to_a_request_that_never_was_fails() {
    let never = format!(
        "the hub answers the request {}, which this location never made",
        id(9)
    );
    let mut replica = answering("2026-12-01");
    let said = complaints(&mut replica);
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(said[0], never);
    ask(&mut replica, &ASKED);
    assert_eq!(complaints(&mut replica), [] as [&str; 0]);

    let mut replica = answering("2026-12-01");
    let another = [ASKED[0], ("who", "local_government"), ASKED[2], ASKED[3]];
    ask(&mut replica, &another);
    let said = complaints(&mut replica);
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(said[0], never);
}

#[test]
fn a_request_with_another_day_or_wording_than_ours_fails() {
    let mut replica = answering("2027-06-01");
    ask(&mut replica, &ASKED);
    assert_eq!(
        complaints(&mut replica),
        [
            "the hub answers \"Example: one form\" as if it had been due on 1 June 2027",
            "the hub quotes us as \"Example: one form\": it says that an answer is due by 1 June \
             2027, and that is 1 December 2026",
        ]
    );
    let mut replica = answering("2026-12-01");
    let mut more = ASKED.to_vec();
    more.push(("description", "Example: four are too many"));
    ask(&mut replica, &more);
    replica
        .set_setting(Key::LastShared, now(11).ms() + DAY_MS)
        .unwrap();
    let said = complaints(&mut replica);
    assert!(
        said.len() == 1 && said[0].ends_with("the hub has had the change since"),
        "{said:?}"
    );
}
