//! A release that says something else of itself than the network told its locations.

use super::*;
use crate::{
    id::ManifestHash,
    model::{
        indicator::{Rows, definitions_from_toml},
        release::{ReleaseAct, ReleaseState},
    },
    release::manifest::FORMAT,
    time::Timestamp,
};

const DEFINITION: &str = r#"
    [[indicator]]
    code = "SMOKING"
    version = 1
    name = "Smoking"
    type = "proportion"
    unit = "people"
    numerator = "people who smoke"
    denominator = "people"
    factor = 100
    direction = "down"
    period = "year"
    accountability = "population"
    class = "better_off"
    rollup = "sum"
    person_level = true
"#;

fn manifest() -> Manifest {
    Manifest {
        format: FORMAT.to_owned(),
        dataset: "prevention".parse().unwrap(),
        release: "2026.2".parse().unwrap(),
        title: "Example: prevention".to_owned(),
        network: "Example network".to_owned(),
        operator: "Example operator".to_owned(),
        published_at: Timestamp::from_ms(1_797_000_000_000),
        notice_days: 14,
        second_person: true,
        profile: "frr3".to_owned(),
        secret_commitment: String::new(),
        code_version: "0.1.0".to_owned(),
        supersedes: Some("2026.1".parse().unwrap()),
        indicators: vec!["SMOKING".to_owned()],
        files: Vec::new(),
        locations: Vec::new(),
        left_out: BTreeMap::new(),
        sources: BTreeSet::new(),
    }
}

fn meaning_of() -> Texts {
    let definition = definitions_from_toml(DEFINITION).unwrap().remove(0);
    Meaning::of(&definition, &Default::default())
        .fields()
        .into()
}

/// The faults of a manifest and of a table of meanings that went out on a day.
fn found(manifest: &Manifest, meanings: &[Texts], day: &str) -> Vec<String> {
    let notice = Notice {
        title: "Example: prevention".to_owned(),
        indicators: [("SMOKING".parse().unwrap(), Rows::Network)].into(),
        periods: None,
        proposed: "2026-11-27".parse().unwrap(),
        due: "2026-12-11".parse().unwrap(),
        open: false,
        state: ReleaseState::Published,
    };
    let link = Link {
        n: 2,
        act: ReleaseAct::Published,
        release: "prevention/2026.2".parse().unwrap(),
        at: Timestamp::from_ms(1_797_000_000_000),
        manifest: ManifestHash::new([1; 32]),
        before: None,
        supersedes: Some("2026.1".parse().unwrap()),
        reason: None,
    };
    let names = |names: &[&str]| names.iter().map(|one| (*one).to_owned()).collect();
    let definitions = definitions_from_toml(DEFINITION).unwrap();
    let of = Announcement {
        notice: &notice,
        link: &link,
        day: day.parse().unwrap(),
        networks: &names(&["Example network", "Example: its old name"]),
        operators: &names(&["Example operator"]),
        versions: &Versions::by_code(definitions, &BTreeMap::new()),
    };
    let faults = said(manifest, meanings, &of).into_iter();
    faults.map(|fault| fault.to_string()).collect()
}

#[test]
fn each_word_of_a_manifest_that_the_network_told_us_is_held_against_it() {
    assert_eq!(found(&manifest(), &[meaning_of()], "2026-12-11"), [""; 0]);
    let old = Manifest {
        network: "Example: its old name".to_owned(),
        ..manifest()
    };
    assert_eq!(found(&old, &[], "2026-12-11"), [""; 0]);
    let other = Manifest {
        supersedes: Some("2025.9".parse().unwrap()),
        ..manifest()
    };
    let said = found(&other, &[], "2026-12-11");
    let words = "\"2025.9\" as supersedes, and what the network told us has \"2026.1\"";
    assert!(said.len() == 1 && said[0].contains(words), "{said:?}");
    let false_one = Manifest {
        title: "Example: another".to_owned(),
        network: "Example: another network".to_owned(),
        operator: "Example: another operator".to_owned(),
        published_at: Timestamp::from_ms(1_797_000_060_000),
        notice_days: 30,
        profile: "none".to_owned(),
        supersedes: None,
        indicators: vec!["SMOKING".to_owned(), "VISITS".to_owned()],
        ..manifest()
    };
    let said = found(&false_one, &[], "2026-12-11");
    let fields = [
        "\"Example: another\" as title",
        "\"Example: another network\" as network",
        "\"Example: another operator\" as operator",
        "as published_at",
        "\"nothing\" as supersedes, and what the network told us has \"2026.1\"",
        "\"SMOKING, VISITS\" as indicators",
        "\"none\" as profile",
        "teams had 30 days of notice: it was announced on 27 November 2026, for 11 December 2026",
    ];
    assert_eq!(said.len(), fields.len(), "{said:#?}");
    for (said, words) in said.iter().zip(fields) {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn a_release_that_went_out_before_its_day_is_caught() {
    let early = "it went out on 4 December 2026, and teams had until 11 December 2026 to say no";
    assert_eq!(found(&manifest(), &[], "2026-12-04"), [early]);
}

#[test]
fn another_meaning_than_that_of_the_definition_is_caught() {
    for (at, (column, _)) in FIELDS.iter().enumerate().skip(2) {
        let mut line = meaning_of();
        line[at] = "Example: something else".to_owned();
        let said = found(&manifest(), &[line], "2026-12-11");
        // Breaks are said in settings, and those may have changed since.
        let is_held = *column != "breaks";
        let words = format!("\"Example: something else\" as {column} of SMOKING version 1");
        assert_eq!(
            said.iter().any(|one| one.contains(&words)),
            is_held,
            "{said:?}"
        );
        assert_eq!(said.len(), usize::from(is_held), "{said:?}");
    }
    let mut unknown = meaning_of();
    unknown[1] = "7".to_owned();
    let said = found(&manifest(), &[unknown], "2026-12-11");
    assert_eq!(
        said,
        ["indicators.csv has version 7 of SMOKING, and the network told us of no such version"]
    );
}
