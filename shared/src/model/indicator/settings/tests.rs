//! Settings are parsed back as written, and determine which version holds.

use proptest::prelude::*;

use super::*;
use crate::model::{
    Audience,
    indicator::{NoVersion, Versions, definitions_from_toml},
    observation::{Statement, Status},
};

const DEFINITIONS: &str = include_str!("../../../../../examples/data/indicators.toml");

/// `VAX_PRIMARY` of the examples, reported monthly, as `version`.
fn definition(version: u32) -> Definition {
    let all = definitions_from_toml(DEFINITIONS).unwrap();
    let first = all.into_iter().next().unwrap();
    Definition { version, ..first }
}

fn change(name: &str, value: &str) -> Result<SettingChange, BadSetting> {
    SettingChange::read(name, value, &definition(1))
}

/// The settings after `changes`, each as `name=value`.
fn settings(changes: &[&str]) -> Settings {
    let mut settings = Settings::default();
    for text in changes {
        let (name, value) = text.split_once('=').unwrap();
        let change = change(name, value).unwrap();
        assert!(settings.take(change.key.setting, change.key.at, &change.text));
    }
    settings
}

#[test]
fn every_setting_reads_back_from_its_own_words() {
    let typed = [
        "valid_from=2022-08",
        "base_from=2022-08: The publisher rebased its population",
        "base_from=2023-03: It did so again: more people are known",
        "due_days=30",
        "reported_from=2021-12",
        "protect=none",
        "part_of=VAX_PARTIAL",
        "over_time=cumulative",
        "complete=age",
        "rows=locations",
    ];
    let all = settings(&typed);
    let words = all.words();
    let words: Vec<_> = words
        .iter()
        .map(|(one, text)| format!("{one}={text}"))
        .collect();
    assert_eq!(words, typed);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(settings(&words), all);
    let named: BTreeSet<Setting> = all.words().into_iter().map(|(one, _)| one).collect();
    assert_eq!(
        named.len(),
        Setting::ALL.len(),
        "each setting is in this test"
    );
}

#[test]
fn what_does_not_fit_is_refused_with_what_would() {
    for (name, value, words) in [
        ("valid_form", "2022-08", "is no setting"),
        ("valid_from", "2022", "write a month such as 2024-03"),
        ("valid_from", "soon", "write a month"),
        ("base_from", "", "\"2024-03:\" clears"),
        ("base_from", "2022-08", "a period and why"),
        ("base_from", "rebased", "a period and why"),
        ("base_from", "2022: rebased", "a period and why"),
        ("due_days", "-1", "at most 3650"),
        ("due_days", "3651", "at most 3650"),
        ("protect", "people", "persons or none"),
        ("part_of", "VAX_PRIMARY", "another indicator"),
        ("part_of", "vax primary", "another indicator"),
        ("complete", "age,sex", "its breakdowns are age"),
        ("rows", "all", "network or locations"),
        (
            "base_from",
            &format!("2022-08: {}", "x".repeat(2_000)),
            "at most 2000 bytes",
        ),
    ] {
        let refused = change(name, value).unwrap_err().to_string();
        assert!(refused.contains(words), "{name}={value}: {refused}");
    }
}

#[test]
fn an_empty_value_clears() {
    let cleared = change("valid_from", " ").unwrap();
    assert_eq!((cleared.key.at, cleared.text.as_str()), (None, ""));
    let cleared = change("base_from", "2022-08:").unwrap();
    assert_eq!(cleared.key.to_string(), "VAX_PRIMARY/1/base_from/2022-08");
    assert_eq!(cleared.text, "");
}

/// Versions 1 to n, each valid from the given period, or from the start.
fn versions(valid_from: &[&str]) -> Versions {
    let numbered = || (1..).zip(valid_from);
    let definitions = numbered().map(|(version, _)| definition(version));
    let settings = numbered().map(|(version, from)| {
        let mut settings = Settings::default();
        settings.take(Setting::ValidFrom, None, from);
        (definition(version).key(), settings)
    });
    let all = Versions::by_code(definitions, &settings.collect());
    all.into_values().next().unwrap()
}

#[test]
fn the_newest_version_that_covers_a_period_holds() {
    let holding = |from: &[&str], period: &str, most: u32| {
        let versions = versions(from);
        let found = versions.holding(period.parse().unwrap(), most);
        found.map(|definition| definition.version)
    };
    assert_eq!(holding(&["", ""], "2020-01", 9), Some(2));
    assert_eq!(holding(&["", "2022-08"], "2022-07", 9), Some(1));
    assert_eq!(holding(&["", "2022-08"], "2022-08", 9), Some(2));
    assert_eq!(holding(&["", "2022-08", "2022-01"], "2022-03", 9), Some(3));
    assert_eq!(holding(&["", "2022-08", ""], "2022-09", 2), Some(2));
    assert_eq!(holding(&["2022-01", "2022-08"], "2021-12", 9), None);
    let begins = |from: &[&str]| versions(from).begins(9).map(|period| period.to_string());
    assert_eq!(begins(&["2022-01", "2021-08"]).as_deref(), Some("2021-08"));
    assert_eq!(begins(&["", "2021-08"]), None);
}

#[test]
fn a_value_that_stands_is_corrected_under_its_own_version() {
    let versions = versions(&["", "2022-08", ""]);
    let under = |version: u32, status: Status| {
        Statement::without_figure(definition(version).hash(), status, Audience::Network)
    };
    let retraction = Statement::retraction(definition(1).hash(), Audience::Network);
    let stating = |period: &str, stands: &[Statement], asked| {
        let found = versions.stating(period.parse().unwrap(), stands, 2, asked);
        found.map(|definition| definition.version)
    };
    assert_eq!(stating("2022-07", &[], None), Ok(1));
    assert_eq!(stating("2022-08", &[], None), Ok(2));
    assert_eq!(stating("2022-08", &[under(1, Status::Normal)], None), Ok(1));
    assert_eq!(
        stating("2022-07", &[under(3, Status::Suppressed)], None),
        Ok(3)
    );
    let contested = [under(1, Status::Normal), under(2, Status::Normal)];
    assert_eq!(stating("2022-07", &contested, None), Ok(2));
    assert_eq!(stating("2022-08", &[retraction], None), Ok(2));
    assert_eq!(stating("2022-08", &contested, Some(3)), Ok(3));
    let unknown = stating("2022-08", &[], Some(4)).unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "VAX_PRIMARY has no version 4: it has 1, 2, 3"
    );
}

#[test]
fn a_period_before_every_version_has_none() {
    let versions = versions(&["2022-01"]);
    let found = versions.stating("2021-12".parse().unwrap(), &[], 1, None);
    assert!(matches!(found, Err(NoVersion::Before { .. })));
    assert_eq!(
        found.unwrap_err().to_string(),
        "no version of VAX_PRIMARY holds for 2021-12, the first begins with 2022-01: check the \
         period, or name a version"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// One parser: a value that is accepted as typed is parsed back from the document's text.
    #[test]
    fn whatever_is_written_reads_back(
        setting in prop::sample::select(Setting::ALL.to_vec()),
        value in prop_oneof![
            ".{0,40}",
            "[0-9]{1,4}",
            "20[0-9]{2}-(0[1-9]|1[0-2])(: .{1,20})?",
            prop::sample::select(vec!["persons", "none", "cumulative", "network", "locations",
                "age", "VAX_PARTIAL"]).prop_map(str::to_owned),
        ],
    ) {
        let Ok(change) = SettingChange::read(setting.word(), &value, &definition(1)) else {
            return Ok(());
        };
        let key: SettingKey = change.key.to_string().parse().unwrap();
        prop_assert_eq!(&key, &change.key);
        prop_assert_eq!(&clean_text(&change.text), &change.text);
        if change.text.is_empty() {
            return Ok(());
        }
        let mut settings = Settings::default();
        prop_assert!(settings.take(key.setting, key.at, &change.text));
        let words = settings.words();
        let typed = words.iter().map(|(one, text)| {
            SettingChange::read(one.word(), text, &definition(1)).unwrap()
        });
        let mut again = Settings::default();
        for one in typed {
            prop_assert!(again.take(one.key.setting, one.key.at, &one.text));
        }
        prop_assert_eq!(again, settings);
    }

    /// Any text is a key or is refused; a definition's key is never a setting's key.
    #[test]
    fn only_one_spelling_of_a_key_is_a_key(
        text in "[A-Z_]{2,6}/[0-9]{1,2}(/[a-z_]{1,12})?(/.{0,9})?",
    ) {
        if let Ok(key) = text.parse::<SettingKey>() {
            prop_assert_eq!(key.to_string(), text.clone());
            prop_assert!(text.parse::<DefinitionKey>().is_err());
        }
    }
}
