//! A hub that has an agenda, states one contract for the location, and quotes another location.

use weft_shared::{
    document::{EditError, Editor},
    id::{RecordId, WordingHash},
    model::{
        Audience,
        answer::{Answer, AnswerKey, Stance},
        line::{Line, LineKey},
        quote::{Dated, Quote, QuoteKey},
        record::Fields,
        schema::{DocKind, RecordKind},
    },
    time::Timestamp,
};

use super::Kit;

/// A location with such a hub: outcome VAX (1) with a target (2), a proposal (3), a quote of
/// another location (4), and a contract (5).
pub(crate) fn aligned() -> Kit {
    let mut kit = Kit::new();
    kit.more = vec![(DocKind::Agenda, agenda), (DocKind::Money(1), money)];
    kit
}

/// The id of record `n` of the hub.
pub(crate) fn id(n: u8) -> RecordId {
    RecordId::from_parts(Timestamp::from_ms(1_760_000_000_000), [n; 10])
}

fn fields(given: &[(&str, &str)]) -> Fields {
    let given = given.iter();
    given
        .map(|(key, text)| ((*key).to_owned(), (*text).into()))
        .collect()
}

fn agenda(editor: &mut Editor<'_>) -> Result<(), EditError> {
    let put = |editor: &mut Editor<'_>, kind, n, given: &[(&str, &str)]| {
        editor.put_record(kind, &id(n), Audience::Network, &fields(given))
    };
    let vax = [
        ("code", "VAX"),
        ("name", "Example: protected"),
        ("headline", "VAX_PRIMARY"),
    ];
    put(editor, RecordKind::Outcome, 1, &vax)?;
    let target = [
        ("indicator", "VAX_PRIMARY"),
        ("value", "90"),
        ("period", "2023"),
    ];
    put(editor, RecordKind::Target, 2, &target)?;
    let item = [("type", "proposal"), ("title", "Example: one aim for all")];
    put(editor, RecordKind::Item, 3, &item)?;
    let key = QuoteKey {
        location: "RT".parse().unwrap(),
        kind: RecordKind::Initiative,
        id: id(4),
    };
    let quote = Quote {
        title: "Example: clinics at kura".to_owned(),
        outcomes: ["VAX".parse().unwrap()].into(),
        request: None,
    };
    editor.say(&key, &quote)?;
    asked(editor, 6, "Example: one form")?;
    asked(editor, 7, "Example: a guide")?;
    let key = AnswerKey::Request("RT".parse().unwrap(), id(6));
    let answer = Answer {
        stance: Stance::Partly,
        reason: Some("Example: a shorter one".to_owned()),
        by: "national team".to_owned(),
        until: None,
        wording: Some(WordingHash::new([6; 32])),
        due: None,
    };
    editor.say(&key, &answer)
}

/// A request of the other location, as the hub quotes it.
fn asked(editor: &mut Editor<'_>, n: u8, title: &str) -> Result<(), EditError> {
    let key = QuoteKey {
        location: "RT".parse().unwrap(),
        kind: RecordKind::Opportunity,
        id: id(n),
    };
    let dated = Dated {
        received: "2025-09-01".parse().unwrap(),
        due: "2025-09-29".parse().unwrap(),
        wording: WordingHash::new([n; 32]),
    };
    let quote = Quote {
        title: title.to_owned(),
        outcomes: [].into(),
        request: Some(dated),
    };
    editor.say(&key, &quote)
}

fn money(editor: &mut Editor<'_>) -> Result<(), EditError> {
    let contract = [
        ("title", "Example: a contract"),
        ("funder", "Example: a ministry"),
        ("kind", "cash"),
        ("amount", "120000"),
        ("from", "2026-07-01"),
        ("to", "2027-06-30"),
        ("identifier", "C-1"),
        ("status", "committed"),
        ("source", "Example: the ministry"),
    ];
    let investment = id(5);
    let kind = RecordKind::Investment;
    editor.put_record(kind, &investment, Audience::Network, &fields(&contract))?;
    let key: LineKey = format!("{investment}/committed/FY2027/FN/VAX")
        .parse()
        .unwrap();
    let line = Line {
        amount: 120_000.into(),
        source: None,
        note: None,
    };
    editor.say(&key, &line)
}
