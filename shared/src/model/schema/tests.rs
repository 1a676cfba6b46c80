//! Tests of the names of documents and the table of records.

use super::*;

#[test]
fn names_of_documents_read_back_and_have_one_spelling() {
    for name in [
        "profile",
        "plan",
        "plan/2",
        "observations/2026",
        "observations/2026/2",
        "insights/2026",
        "insights/2026/3",
        "money",
        "money/2",
        "answers/2026",
        "answers/2026/2",
        "team",
        "network",
        "definitions",
    ] {
        assert_eq!(name.parse::<DocKind>().unwrap().to_string(), name);
    }
    for name in [
        "",
        "plan/0",
        "plan/1",
        "plan/02",
        "insights/2026/0",
        "insights/2026/1",
        "plan/2/3",
        "observations/",
        "observations/2026/0",
        "observations/2026/1",
        "observations/2026/02",
        "observations/2026/2/3",
        "money/1",
        "money/2026/2",
        "answers",
        "answers/2026/1",
        "x",
    ] {
        assert!(name.parse::<DocKind>().is_err(), "{name}");
    }
}

#[test]
fn a_document_has_the_owners_that_its_kind_says() {
    for (name, hub, location) in [
        ("agenda", true, false),
        ("network", true, false),
        ("money", true, true),
        ("money/7", true, true),
        ("answers/2026", false, true),
        ("plan", false, true),
        ("team", false, true),
    ] {
        let kind: DocKind = name.parse().unwrap();
        let owners = [Owner::Hub, Owner::Location].map(|owner| kind.is_of(owner));
        assert_eq!(owners, [hub, location], "{name}");
    }
    assert!(!RecordKind::Item.is_of(Owner::Location));
    assert!(!RecordKind::Initiative.is_of(Owner::Hub) && RecordKind::Review.is_of(Owner::Hub));
}

#[test]
fn documents_of_the_first_epoch_alone_are_read() {
    let document = |epoch| DocName {
        name: "profile".to_owned(),
        epoch,
    };
    assert_eq!(DocKind::of(&document(0)), Ok(DocKind::Profile));
    for epoch in [1, 7, u32::MAX] {
        let unknown = DocKind::of(&document(epoch)).unwrap_err();
        assert_eq!(unknown.name, format!("profile@{epoch}"));
    }
    DocKind::of(&DocName::first("x")).unwrap_err();
}

#[test]
fn every_kind_of_record_has_its_fields_and_a_document() {
    for kind in RecordKind::ALL.iter().copied() {
        assert_eq!(RecordKind::of(kind.container()), Some(kind));
        assert!(kind.field(kind.title()).is_some(), "{kind}");
        for audience in Audience::ALL.iter().copied() {
            let document = kind.document(audience, 2026);
            assert_eq!(
                document.has(kind.container()),
                kind.is_of(Owner::Location),
                "{kind}"
            );
        }
        for field in kind.fields() {
            assert!(!field.key.contains('/') && !field.label.is_empty());
            let system = [
                AUDIENCE,
                ORDER,
                REMOVED,
                MOVED,
                WITHDRAWN,
                WORDS_HASH,
                WORDS_BYTES,
                WORDS_BEFORE,
            ];
            assert!(!system.contains(&field.key), "{}", field.key);
        }
    }
}
