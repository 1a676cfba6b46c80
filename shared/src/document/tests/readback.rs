//! One parser for each value: anything that a document accepts is parsed back, and content that
//! this version cannot read is kept and counted.

use proptest::prelude::*;

use super::*;
use crate::{
    id::AreaCode,
    model::{
        indicator::{
            BASE_CHANGES_MAX, Definition, SettingChange, SettingKey, definitions_from_toml,
        },
        observation::{BREAKDOWN_BYTES_MAX, Breakdown},
        profile::{Adoption, AdoptionStatus, Area, NAME_BYTES_MAX, Place},
    },
};

/// Texts of every kind, including the characters with a meaning in keys.
fn texts() -> impl Strategy<Value = Vec<String>> {
    let one = prop_oneof![
        "(?s).{0,40}",
        "[a-z=,%/+ \\n\\t\\*\"]{0,12}",
        "[āx]{90,110}"
    ];
    prop::collection::vec(one, 8)
}

fn definition(name: &str, value: &str) -> Definition {
    let text = include_str!("../../../../examples/data/indicators.toml");
    let mut definition = definitions_from_toml(text).unwrap().remove(0);
    definition.breakdowns = [(name.to_owned(), vec![value.to_owned()])].into();
    definition
}

/// Edits, and returns whether the edit was accepted; a refused one changes nothing.
fn take(
    document: &mut Document,
    edit: impl FnOnce(&mut Editor<'_>) -> Result<(), EditError>,
) -> bool {
    let before = document.dump();
    let taken = document.edit(author(1), AT, edit).is_ok();
    assert!(taken || document.dump() == before);
    taken
}

proptest! {
    #[test]
    fn an_observation_is_read_back_or_refused(texts in texts()) {
        let [name, value, second, other, method, sign, check, note] = &texts[..] else {
            unreachable!("eight texts")
        };
        let parts = [(name, value), (second, other)];
        let parts = parts.map(|(name, value)| (name.clone(), value.clone()));
        let one = Breakdown::by(name, value);
        for breakdown in [Ok(one), Breakdown::crossed(parts)].into_iter().flatten() {
            let key = ObservationKey { breakdown, ..key(FN) };
            let statement = Statement {
                method: Some(method.clone()),
                sign: Some(sign.clone()),
                confirmed: [check.clone()].into(),
                ..stated(900)
            };
            let mut document = document("observations/2022");
            if take(&mut document, |editor| editor.put_observation(&key, &statement, Some(note))) {
                let read = document.observations().next().unwrap();
                prop_assert_eq!(&read.key, &key);
                prop_assert_eq!(&read.stated[0].statement, &statement);
                prop_assert_eq!(document.unread(), 0);
                let again = Document::load(&LOCATION, document.name(), &document.save().unwrap());
                prop_assert_eq!(again.unwrap().dump(), document.dump());
            } else {
                let reads = key.to_string().parse::<ObservationKey>().as_ref() == Ok(&key);
                prop_assert!(!reads || Statement::decode(&statement.encode()).is_err());
            }
            let typed = ObservationKey::from_typed(&key.word());
            if key.breakdown.parts().iter().all(|(name, value)| Breakdown::is_usable(name, value)) {
                prop_assert_eq!(typed.unwrap(), key);
            }
        }
    }

    #[test]
    fn what_the_hub_and_the_profile_say_is_read_back_or_refused(texts in texts()) {
        let [name, value, third, ..] = &texts[..] else {
            unreachable!("eight texts")
        };
        let definition = definition(name, value);
        let mut definitions = document("definitions");
        let taken = take(&mut definitions, |editor| editor.put_definition(&definition));
        prop_assert_eq!(taken, name.len().max(value.len()) <= BREAKDOWN_BYTES_MAX);
        let said = taken.then(|| definition.clone());
        prop_assert_eq!(definitions.definitions().into_values().next(), said);
        let place = Place {
            name: name.clone(),
            name_mi: Some(value.clone()),
            areas: vec![Area {
                code: AreaCode::parse("FAR_NORTH").unwrap(),
                name: third.clone(),
                from: "2014-07-01".parse().ok(),
                to: None,
            }],
            location_id: Some(LOCATION),
            confirmed_at: Some(AT),
            aliases: Vec::new(),
            areas_changed: None,
        };
        let mut network = document("network");
        let code = "FN".parse().unwrap();
        let taken = take(&mut network, |editor| editor.put_place(&code, &place));
        let longest = name.len().max(value.len()).max(third.len());
        prop_assert_eq!(taken, longest <= NAME_BYTES_MAX);
        prop_assert_eq!(network.places().into_values().next(), taken.then_some(place));
        let adoption = Adoption {
            status: AdoptionStatus::Declined,
            definition: definition.hash(),
            audience: Audience::Network,
            reason: Some(third.clone()), releases: None, open: None };
        let mut profile = document("profile");
        let code = definition.code.clone();
        prop_assert!(take(&mut profile, |editor| editor.put_adoption(&code, &adoption)));
        prop_assert_eq!(profile.adoptions().into_values().next(), Some(adoption));
        for document in [definitions, network, profile] {
            prop_assert_eq!(document.unread(), 0);
        }
    }

    /// For anything that a file of definitions may declare, a figure can be entered.
    #[test]
    fn a_declared_breakdown_can_be_entered(texts in texts()) {
        let [name, value, ..] = &texts[..] else {
            unreachable!("eight texts")
        };
        let quoted = |text: &str| serde_json::to_string(text).unwrap();
        let file = include_str!("../../../../examples/data/indicators-v2.toml");
        let line = format!("{} = [{}]", quoted(name), quoted(value));
        let file = file.replace("age = [\"12+\", \"5-11\"]", &line);
        prop_assert!(file.contains(&line));
        let Ok(read) = definitions_from_toml(&file) else {
            return Ok(());
        };
        for (name, values) in &read[0].breakdowns {
            for value in values {
                let typed = format!("{name}={value}");
                let breakdown = Breakdown::from_typed(&typed, [name.as_str()]).unwrap();
                prop_assert_eq!(&breakdown, &Breakdown::by(name, value));
                let key = ObservationKey { breakdown, ..key(FN) };
                let mut document = document("observations/2022");
                let put = |editor: &mut Editor<'_>| editor.put_observation(&key, &stated(1), None);
                prop_assert!(take(&mut document, put));
            }
        }
    }
}

#[test]
fn a_breakdown_that_nobody_could_enter_is_refused_with_its_line() {
    let file = include_str!("../../../../examples/data/indicators-v2.toml");
    for (age, is_usable) in [
        ("age = [\"12+\", \"5-11\"]", true),
        ("age = [\"*\"]", true),
        ("age = [\"a\\nb\"]", false),
        ("\"a=b\" = [\"c\"]", false),
        ("\"a,b\" = [\"c\"]", false),
        ("age = [\"\"]", false),
    ] {
        let file = file.replace("age = [\"12+\", \"5-11\"]", age);
        let line = file.lines().position(|line| line == age).unwrap() + 1;
        match definitions_from_toml(&file) {
            Ok(_) => assert!(is_usable, "{age}"),
            Err(problems) => {
                assert!(!is_usable, "{age}: {problems:?}");
                assert!(problems.iter().all(|one| one.line == line), "{problems:?}");
            }
        }
    }
    let long = file.replace("12+", &"x".repeat(101));
    assert!(definitions_from_toml(&long).is_err());
}

fn change(name: &str, text: &str) -> SettingChange {
    let key = format!("SMOKING/1/{name}").parse().unwrap();
    let text = text.to_owned();
    SettingChange { key, text }
}

#[test]
fn a_setting_is_read_back_or_refused() {
    let mut definitions = document("definitions");
    for (name, text, is_taken) in [
        ("valid_from", "2018", true),
        ("valid_from", "soon", false),
        ("base_from/2018", "The census filled gaps", true),
        ("base_from/2018", "", true),
        ("due_days", "30", true),
        ("due_days", "-1", false),
        ("due_days", "3651", false),
        ("reported_from", "2013", true),
        ("protect", "persons", true),
        ("protect", "everybody", false),
        ("part_of", "WELLBEING", true),
        ("part_of", "no code", false),
        ("over_time", "cumulative", true),
        ("complete", "age,sex", true),
        ("rows", "locations", true),
        ("rows", "some", false),
        ("valid_from", "", true),
    ] {
        let change = change(name, text);
        let before = definitions.definition_settings();
        let put = |editor: &mut Editor<'_>| editor.put_setting(&change);
        assert_eq!(take(&mut definitions, put), is_taken, "{name} {text}");
        let mut expected = before
            .get(&change.key.definition)
            .cloned()
            .unwrap_or_default();
        if is_taken && !text.is_empty() {
            let SettingKey { setting, at, .. } = change.key;
            assert!(expected.take(setting, at, text));
            assert_eq!(
                definitions.definition_settings()[&change.key.definition],
                expected
            );
        }
        assert_eq!(definitions.unread(), 0, "{name} {text}");
    }
    let read = definitions
        .definition_settings()
        .into_values()
        .next()
        .unwrap();
    assert_eq!(
        (read.valid_from, read.base_from.len()),
        (None, 0),
        "both were cleared"
    );
    // Only changes of base have a period.
    let mut stray = change("valid_from", "2018");
    stray.key.at = Some("2018".parse().unwrap());
    assert!(!take(&mut definitions, |editor| editor.put_setting(&stray)));
}

#[test]
fn a_change_of_base_too_many_is_refused_and_each_may_be_corrected() {
    let mut definitions = document("definitions");
    let most = BASE_CHANGES_MAX;
    let at = |n: usize| format!("base_from/{}", 1_950 + n);
    for n in 0..most {
        let change = change(&at(n), "why");
        assert!(take(&mut definitions, |editor| editor.put_setting(&change)));
    }
    let count = |document: &Document| {
        let settings = document.definition_settings().into_values();
        settings.map(|one| one.base_from.len()).sum::<usize>()
    };
    assert_eq!(count(&definitions), most);
    let further = change(&at(most), "one too many");
    assert!(!take(&mut definitions, |editor| editor.put_setting(&further)));
    let mended = change(&at(0), "another reason");
    assert!(take(&mut definitions, |editor| editor.put_setting(&mended)));
    let settings = definitions
        .definition_settings()
        .into_values()
        .next()
        .unwrap();
    assert_eq!(settings.base_from[0].reason, "another reason");
    assert_eq!((count(&definitions), definitions.unread()), (most, 0));
    let gone = change(&at(0), "");
    assert!(take(&mut definitions, |editor| editor.put_setting(&gone)));
    assert!(take(&mut definitions, |editor| editor.put_setting(&further)));
    assert_eq!(count(&definitions), most);
}

#[test]
fn what_a_newer_version_wrote_is_kept_and_counted() {
    let mut observations = document("observations/2022");
    let newer = stated(900)
        .encode()
        .replace("{\"audience\"", "{\"accuracy\":1,\"audience\"");
    assert!(take(&mut observations, |editor| {
        editor.put_scalar(Container::Observations, FN, &newer)
    }));
    assert!(observations.is_unread(Container::Observations, FN));
    assert_eq!(observations.unread(), 1);
    assert!(observations.dump().contains("accuracy"));
    let mut plan = document("plan");
    let id = RecordId::from_parts(AT, [1; 10]);
    edit(&mut plan, 1, |editor| {
        let fields = fields(&[("name", "Example")]);
        let kind = RecordKind::Initiative;
        editor
            .put_record(kind, &id, Audience::Network, &fields)
            .unwrap();
    });
    assert_eq!(plan.unread(), 0);
    edit(&mut plan, 2, |editor| {
        editor
            .put_raw(RecordKind::Initiative, &id, "mood", "good")
            .unwrap();
    });
    assert!(plan.is_unread(Container::Initiatives, &id.to_string()));
    assert_eq!(plan.unread(), 1);
    let record = plan.record(RecordKind::Initiative, &id).unwrap();
    assert_eq!(record.text("name"), Some("Example"), "the rest is read");
}
