//! `release verify` of a release that shows a sum as an earlier one did, after we said no.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use weft_shared::{
    document::{EditError, Editor},
    id::{DefinitionHash, DeviceIndex, RosterHash},
    model::{
        indicator::Rows,
        number::Number,
        release::{Link, Notice, ReleaseAct, ReleaseState},
        schema::{Container, DocKind},
    },
    release::{
        COLUMNS, Counted, Head, Heights, KeptRow, Manifest, ManifestFile, Proof, ReleaseRow, Salt,
        manifest::FORMAT,
    },
};

use super::{
    desk::Desk,
    released::{runs, told},
};
use crate::{
    kit::{Kit, now},
    store::proofs,
};

const FIRST: &str = "vax/2026.1";
const SECOND: &str = "vax/2026.2";
const WHY: &str = "it said no; sums that are kept as they were in vax/2026.1 have its numbers of \
                   then";

/// The network's row of December 2022.
fn row(name: &str, numerator: i64) -> ReleaseRow {
    let row = json!({
        "level": "network", "indicator_code": "VAX_PRIMARY", "indicator_name": name,
        "indicator_name_mi": null, "definition_version": 1, "location_code": null,
        "location_name": null, "area_code": null, "area_name": null, "freq": "month",
        "period": "2022-12", "period_start": "2022-12-01", "period_end": "2022-12-31",
        "breakdown": "age", "breakdown_value": "12+", "value": Number::from(75),
        "unit": "percent", "numerator": Number::from(numerator),
        "denominator": Number::from(1200), "obs_status": "A", "conf_status": "F",
        "status_reason": null, "n_locations": 3, "n_expected": 3, "n_areas": 3,
        "n_areas_expected": 3, "base_changed": false, "lower": null, "upper": null,
    });
    serde_json::from_value(row).unwrap()
}

fn head() -> Head {
    Head {
        dataset: "vax".parse().unwrap(),
        number: "2026.2".parse().unwrap(),
        at: now(1),
    }
}

fn csv() -> String {
    let row = row("Completed primary course", 900);
    let names = COLUMNS.iter().map(|column| column.name.to_owned());
    let fields = COLUMNS.iter().map(|one| one.field(&row, &head()).csv());
    let line = |fields: Vec<String>| format!("{}\n", fields.join(","));
    line(names.collect()) + &line(fields.collect())
}

fn manifest() -> Manifest {
    let csv = csv();
    Manifest {
        format: FORMAT.to_owned(),
        dataset: head().dataset,
        release: head().number,
        title: "Example: vaccination".to_owned(),
        network: "Example network".to_owned(),
        operator: "Example operator".to_owned(),
        published_at: head().at,
        notice_days: 14,
        second_person: true,
        profile: "frr3".to_owned(),
        secret_commitment: String::new(),
        code_version: "0.1.0".to_owned(),
        supersedes: None,
        indicators: vec!["VAX_PRIMARY".to_owned()],
        files: vec![ManifestFile {
            name: "vax.csv".to_owned(),
            bytes: csv.len() as u64,
            sha256: Manifest::checksum(csv.as_bytes()),
        }],
        locations: Vec::new(),
        left_out: BTreeMap::from([("FN".parse().unwrap(), WHY.to_owned())]),
        sources: Default::default(),
    }
}

/// Both releases went out, each with the network's sum.
fn both_out(editor: &mut Editor<'_>) -> Result<(), EditError> {
    let notice = Notice {
        title: "Example: vaccination".to_owned(),
        indicators: [("VAX_PRIMARY".parse().unwrap(), Rows::Network)].into(),
        periods: None,
        proposed: "2026-11-27".parse().unwrap(),
        due: "2026-12-11".parse().unwrap(),
        open: false,
        state: ReleaseState::Published,
    };
    let mut before = None;
    for (n, id) in [(1, FIRST), (2, SECOND)] {
        editor.put_text(Container::Notices, id, &notice.encode())?;
        let link = Link {
            n,
            act: ReleaseAct::Published,
            release: id.parse().unwrap(),
            at: now(1),
            manifest: Manifest::hash(&manifest().encode()),
            before,
            supersedes: None,
            reason: None,
        };
        before = Some(link.hash());
        editor.put_text(Container::Releases, &link.key(), &link.encode())?;
    }
    Ok(())
}

/// The first release counted a number of ours, and showed this sum.
fn first(numerator: i64) -> Proof {
    Proof {
        release: FIRST.parse().unwrap(),
        code: "FN".parse().unwrap(),
        roster: RosterHash::new([1; 32]),
        heights: Heights::new(),
        salt: Salt::new([1; 32]),
        counted: vec![Counted {
            key: "VAX_PRIMARY/FAR_NORTH/2022-12/age=12%2B".parse().unwrap(),
            definition: DefinitionHash::new([3; 32]),
            entry: (DeviceIndex(1), 1),
            numerator: Some(Number::from(300)),
            denominator: Some(Number::from(400)),
            value: None,
        }],
        left_out: Vec::new(),
        rows: Some(vec![row("Completed primary course", numerator)]),
        kept: Vec::new(),
    }
}

/// A desk to which the hub sent both proofs; the second release counts nothing of ours.
fn desk(numerator: i64) -> Desk {
    let mut kit = Kit::new();
    kit.more = vec![(DocKind::Releases, both_out)];
    let desk = Desk::of(kit);
    let second = Proof {
        release: SECOND.parse().unwrap(),
        counted: Vec::new(),
        kept: vec![KeptRow {
            release: FIRST.parse().unwrap(),
            row: row("Completed primary course", 900),
        }],
        ..first(900)
    };
    for (n, proof) in [(1, first(numerator)), (2, second)] {
        desk.with(move |replica| {
            let (id, bytes) = (proof.release.to_string(), proof.pack());
            let put = replica
                .store()
                .write(move |db| proofs::put(db, n, &id, &bytes));
            put.unwrap();
        });
    }
    desk.folder("files");
    desk.file("files/vax.csv", &csv());
    desk.file("files/manifest.json", &manifest().encode());
    desk
}

const VERIFY: &str = "release verify vax/2026.2 --from files";

#[test]
fn who_counts_through_a_kept_sum_alone_hears_of_it_and_of_the_release_that_counted_it() {
    let desk = desk(900);
    runs(
        &desk,
        VERIFY,
        "No number of ours was counted for vax/2026.2",
    );
    runs(
        &desk,
        VERIFY,
        "The row of the network for VAX_PRIMARY 2022-12 age 12+ is as vax/2026.1 showed it. It \
         has 1 number of ours, as stated then: weft-node release verify vax/2026.1 checks them.",
    );
    runs(&desk, "indicator adopt VAX_PRIMARY --audience released", "");
    let listed: Value = serde_json::from_str(&desk.run("release list --json").out).unwrap();
    let rows = listed.as_array().unwrap().iter();
    let ours = rows.filter_map(|row| row["ours"].as_str());
    let kept = "VAX_PRIMARY: none of your values are counted in it; it has sums as they were in \
                vax/2026.1";
    assert!(ours.collect::<Vec<_>>().contains(&kept), "{listed}");
}

#[test]
fn a_kept_sum_that_the_earlier_release_showed_in_another_way_is_caught() {
    let desk = desk(903);
    let answer = desk.run(VERIFY);
    let said = told(&answer);
    assert_eq!(answer.code, 1, "{said}");
    let words = "the row of the network for VAX_PRIMARY 2022-12 age 12+ is said to be as \
                 vax/2026.1 showed it, and vax/2026.1 did not show it so";
    assert!(said.contains(words), "{said}");
}
