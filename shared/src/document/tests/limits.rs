//! The limits of forms apply to reading: a longer text is kept and counted, and the content beside
//! it is read.

use super::*;
use crate::model::{
    indicator::{
        DEFINITION_TEXT_BYTES_MAX, Definition, SETTING_BYTES_MAX, Setting, definitions_from_toml,
    },
    note::Note,
    observation::{BREAKDOWN_BYTES_MAX, NOTE_BYTES_MAX},
    order::ORDER_BYTES_MAX,
    profile::{Adoption, AdoptionStatus, Area, NAME_BYTES_MAX, Place, REASON_BYTES_MAX},
    record::{SET_MEMBERS_MAX, SETS_READ_MAX},
    schema::{self, DocKind, FieldKind},
};

/// Writes as a device without forms would. Returns the number of unread keys afterwards.
fn unread_after(document: &mut Document, container: Container, key: &str, text: &str) -> usize {
    edit(document, 2, |editor| {
        editor.put_scalar(container, key, text).unwrap();
    });
    let kept = document.view().values(container, key);
    assert_eq!(kept[0].value, text, "it stays in the document");
    document.unread()
}

fn plan_with(kind: RecordKind, raw: &[(String, String)]) -> Document {
    let mut document = document(if kind == RecordKind::Insight {
        "insights/2026"
    } else {
        let homes = ["plan", "money", "agenda"].into_iter();
        let mut homes = homes.filter(|name| {
            let document: DocKind = name.parse().unwrap();
            document.has(kind.container())
        });
        homes.next().unwrap()
    });
    let id = record_id(1);
    edit(&mut document, 1, |editor| {
        editor.make_record(kind, &id).unwrap();
        for (key, value) in [(schema::AUDIENCE, "network"), (schema::ORDER, "b")] {
            editor.put_raw(kind, &id, key, value).unwrap();
        }
        for (key, value) in raw {
            editor.put_raw(kind, &id, key, value).unwrap();
        }
    });
    document
}

#[test]
fn every_field_that_a_form_limits_is_limited_where_it_is_read() {
    for kind in RecordKind::ALL.iter().copied() {
        for field in kind
            .fields()
            .iter()
            .filter(|one| one.kind != FieldKind::Words)
        {
            let most = field.kind.bytes_max();
            assert!(field.check_text(&"x".repeat(most + 1)).is_err());
            for (bytes, reads) in [(most, true), (most + 1, false)] {
                let text = "x".repeat(bytes);
                let (at, value) = if field.is_set() {
                    (schema::member_key(field.key, &text), schema::SET.to_owned())
                } else {
                    (field.key.to_owned(), text.clone())
                };
                let document = plan_with(kind, &[(at, value)]);
                let record = document.record(kind, &record_id(1)).unwrap();
                let read = record
                    .text(field.key)
                    .or_else(|| record.members(field.key).next());
                assert_eq!(read, reads.then_some(&*text), "{kind} {}", field.key);
                assert_eq!(record.audience, Audience::Network, "the rest is read");
                assert_eq!(
                    document.unread(),
                    usize::from(!reads),
                    "{kind} {}",
                    field.key
                );
                assert!(document.dump().contains(&text), "it is kept");
            }
        }
    }
}

#[test]
fn a_long_flag_keeps_its_meaning_and_a_long_order_ends() {
    let kind = RecordKind::Initiative;
    let long = || "z".repeat(10_000);
    for flag in [
        schema::REMOVED,
        schema::MOVED,
        schema::WITHDRAWN,
        schema::AUDIENCE,
    ] {
        let document = plan_with(kind, &[(flag.to_owned(), long())]);
        let record = document.record(kind, &record_id(1)).unwrap();
        match flag {
            schema::AUDIENCE => assert_eq!(record.audience, Audience::Team),
            schema::WITHDRAWN => assert!(record.withdrawn),
            _ => assert!(!record.is_live(), "{flag}"),
        }
        assert_eq!(document.unread(), 1);
    }
    let mut document = plan_with(kind, &[(schema::ORDER.to_owned(), long())]);
    let record = document.record(kind, &record_id(1)).unwrap();
    assert_eq!(record.order.len(), ORDER_BYTES_MAX);
    // A record that is added after it does not get the long order.
    edit(&mut document, 3, |editor| {
        let fields = fields(&[("name", "Next")]);
        let id = record_id(2);
        editor
            .put_record(kind, &id, Audience::Network, &fields)
            .unwrap();
    });
    let next = document.record(kind, &record_id(2)).unwrap();
    assert_eq!(next.order, record.order, "their ids tell them apart");
    assert_eq!(document.unread(), 1);
}

#[test]
fn a_set_that_several_devices_filled_is_read_and_has_an_end() {
    let kind = RecordKind::Insight;
    let members = |count: usize| -> Vec<(String, String)> {
        let keys = (0..count).map(|n| schema::member_key("themes", &format!("{n:04}")));
        keys.map(|key| (key, schema::SET.to_owned())).collect()
    };
    for (count, reads) in [(2 * SET_MEMBERS_MAX, true), (SETS_READ_MAX + 1, false)] {
        let document = plan_with(kind, &members(count));
        let record = document.record(kind, &record_id(1)).unwrap();
        assert_eq!(record.members("themes").count(), count.min(SETS_READ_MAX));
        assert_eq!(document.unread(), usize::from(!reads));
    }
}

#[test]
fn notes_and_names_have_the_limits_of_their_forms() {
    for (bytes, unread) in [(NOTE_BYTES_MAX, 0), (NOTE_BYTES_MAX + 1, 1)] {
        let mut year = document("observations/2022");
        state(&mut year, 1, FN, 50);
        let text = "x".repeat(bytes);
        for note in [Note::of(&text, &stated(50)).encode(), text.clone()] {
            assert_eq!(unread_after(&mut year, Container::Notes, FN, &note), unread);
            let read = year.observation(&key(FN)).unwrap();
            assert_eq!(read.notes.len(), 1 - unread);
            assert!(read.settled().is_some(), "the figure stands");
        }
        let replaces = |editor: &mut Editor<'_>| {
            let put = editor.put_observation(&key(FN), &stated(50), Some("short"));
            put.unwrap();
        };
        edit(&mut year, 1, replaces);
        assert_eq!(year.unread(), 0, "a note that is written over it stands");
    }
    for (bytes, unread) in [(NAME_BYTES_MAX, 0), (NAME_BYTES_MAX + 1, 1)] {
        let name = "x".repeat(bytes);
        for container in [Container::Names, Container::Providers, Container::People] {
            let mut profile = document("profile");
            assert_eq!(unread_after(&mut profile, container, "en", &name), unread);
            assert_eq!(profile.view().texts(container).len(), 1 - unread);
            let key = "k".repeat(bytes);
            assert_eq!(unread_after(&mut profile, container, &key, "x"), unread + 1);
        }
        let mut network = document("network");
        let setting = schema::TIME_ZONE;
        assert_eq!(
            unread_after(&mut network, Container::Settings, setting, &name),
            unread
        );
        assert_eq!(network.time_zone().is_some(), unread == 0);
    }
}

#[test]
fn scalars_with_a_part_that_no_form_takes_are_not_read() {
    let reason = |bytes: usize| Adoption {
        status: AdoptionStatus::Declined,
        definition: DefinitionHash::new([9; 32]),
        audience: Audience::Network,
        reason: Some("x".repeat(bytes)),
        releases: None,
        open: None,
    };
    for (bytes, unread) in [(REASON_BYTES_MAX, 0), (REASON_BYTES_MAX + 1, 1)] {
        let mut profile = document("profile");
        let text = reason(bytes).encode();
        assert_eq!(
            unread_after(&mut profile, Container::Adoptions, "SMOKING", &text),
            unread
        );
        assert_eq!(profile.adoptions().len(), 1 - unread);
    }
    for (bytes, unread) in [(NAME_BYTES_MAX, 0), (NAME_BYTES_MAX + 1, 1)] {
        for part in 0..3 {
            let name = |own| {
                if own == part {
                    "x".repeat(bytes)
                } else {
                    "x".to_owned()
                }
            };
            let place = Place {
                name: name(0),
                name_mi: Some(name(1)),
                areas: vec![Area {
                    code: "FAR_NORTH".parse().unwrap(),
                    name: name(2),
                    from: None,
                    to: None,
                }],
                location_id: None,
                confirmed_at: None,
                aliases: Vec::new(),
                areas_changed: None,
            };
            let mut network = document("network");
            let text = place.encode();
            assert_eq!(
                unread_after(&mut network, Container::Locations, "FN", &text),
                unread
            );
            assert_eq!(network.places().len(), 1 - unread);
        }
    }
}

#[test]
fn definitions_and_their_settings_have_the_limits_of_their_files() {
    let toml = include_str!("../../../../examples/data/indicators-v2.toml");
    let definition = definitions_from_toml(toml).unwrap().remove(0);
    let texts: [fn(&mut Definition, String); 8] = [
        |one, text| one.name = text,
        |one, text| one.name_mi = Some(text),
        |one, text| one.unit = text,
        |one, text| one.numerator = Some(text),
        |one, text| one.denominator = Some(text),
        |one, text| one.source = Some(text),
        |one, text| one.licence = Some(text),
        |one, text| one.from.as_mut().unwrap().reason = text,
    ];
    let labels: [fn(&mut Definition, String); 2] = [
        |one, text| drop(one.breakdowns.insert(text, vec!["a".to_owned()])),
        |one, text| drop(one.breakdowns.insert("age".to_owned(), vec![text])),
    ];
    let texts = texts.iter().map(|set| (set, DEFINITION_TEXT_BYTES_MAX));
    let labels = labels.iter().map(|set| (set, BREAKDOWN_BYTES_MAX));
    for (set, most) in texts.chain(labels) {
        for (bytes, unread) in [(most, 0), (most + 1, 1)] {
            let mut changed = definition.clone();
            set(&mut changed, "x".repeat(bytes));
            let mut definitions = document("definitions");
            let (at, text) = (changed.key().to_string(), changed.encode());
            assert_eq!(
                unread_after(&mut definitions, Container::Definitions, &at, &text),
                unread
            );
            assert_eq!(definitions.definitions().len(), 1 - unread);
        }
    }
    for (bytes, unread) in [(SETTING_BYTES_MAX, 0), (SETTING_BYTES_MAX + 1, 1)] {
        let mut definitions = document("definitions");
        for (setting, at) in [(Setting::BaseFrom, "/2018"), (Setting::Complete, "")] {
            let at = format!("{}/{setting}{at}", definition.key());
            let text = "x".repeat(bytes);
            let before = definitions.unread();
            let after = unread_after(&mut definitions, Container::Definitions, &at, &text);
            assert_eq!(after, before + unread);
        }
    }
}
