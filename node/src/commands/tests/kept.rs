//! `release verify` of a release that shows sums as an earlier one did, after we said no.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use weft_shared::{
    document::{EditError, Editor},
    id::{DefinitionHash, DeviceIndex, RosterHash},
    model::{
        indicator::{Rows, Settings, definitions_from_toml},
        number::Number,
        release::{Link, Notice, ReleaseAct, ReleaseState},
        schema::{Container, DocKind},
    },
    release::{
        COLUMNS, Counted, Head, Heights, KeptRow, Manifest, ManifestFile, Meaning, Proof,
        ReleaseRow, Salt, manifest::FORMAT, meaning::FIELDS,
    },
};

use super::{
    desk::Desk,
    released::{runs, told},
};
use crate::{
    kit::{Kit, Says, example, notice, now},
    store::proofs,
};

const FIRST: &str = "vax/2026.1";
const SECOND: &str = "vax/2026.2";
const WHY: &str = "it said no; sums that are kept as they were in vax/2026.1 have its numbers of \
                   then";
/// The months, each with its last day.
const MONTHS: [(&str, u8); 4] = [
    ("2022-09", 30),
    ("2022-10", 31),
    ("2022-11", 30),
    ("2022-12", 31),
];

/// The network's row of a month.
fn row((month, end): (&str, u8), numerator: i64) -> ReleaseRow {
    let row = json!({
        "level": "network", "indicator_code": "VAX_PRIMARY",
        "indicator_name": "Completed primary course",
        "indicator_name_mi": null, "definition_version": 1, "location_code": null,
        "location_name": null, "area_code": null, "area_name": null, "freq": "month",
        "period": month, "period_start": format!("{month}-01"),
        "period_end": format!("{month}-{end}"),
        "breakdown": "age", "breakdown_value": "12+", "value": Number::from(75),
        "unit": "percent", "numerator": Number::from(numerator),
        "denominator": Number::from(1200), "obs_status": "A", "conf_status": "F",
        "status_reason": null, "n_locations": 3, "n_expected": 3, "n_areas": 3,
        "n_areas_expected": 3, "base_changed": false, "lower": null, "upper": null,
    });
    serde_json::from_value(row).unwrap()
}

fn rows(numerator: i64) -> Vec<ReleaseRow> {
    MONTHS.map(|month| row(month, numerator)).into()
}

fn head() -> Head {
    Head {
        dataset: "vax".parse().unwrap(),
        number: "2026.2".parse().unwrap(),
        at: now(1),
    }
}

/// The files of the second release, as the hub makes them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Files {
    /// The list of changes has the sums as kept.
    Listed,
    /// It has none.
    Unlisted,
    /// It has them as kept, and the release has another title and another meaning.
    Misstated,
    /// It has them as kept, and the table of meanings is empty.
    Unexplained,
}

fn csv() -> String {
    let names = COLUMNS.iter().map(|column| column.name.to_owned());
    let mut csv = line(names);
    for row in rows(900) {
        csv += &line(COLUMNS.iter().map(|one| one.field(&row, &head()).csv()));
    }
    csv
}

fn line(fields: impl Iterator<Item = String>) -> String {
    format!("{}\n", fields.collect::<Vec<_>>().join(","))
}

/// The list of changes: each sum is kept from the first release, or none is.
fn changes(files: Files) -> String {
    let csv = csv();
    let rows = csv.lines().skip(1).filter(|_| files != Files::Unlisted);
    let rows = rows.map(|row| format!("kept,,,,,{FIRST},{row}\n"));
    let before = "change,value_before,numerator_before,denominator_before,obs_status_before";
    let names = csv.lines().next().unwrap();
    format!("{before},kept_from,{names}\n") + &rows.collect::<String>()
}

fn meanings(files: Files) -> String {
    let names = line(FIELDS.iter().map(|(name, _)| (*name).to_owned()));
    let mut definitions = definitions_from_toml(&example("indicators.toml")).unwrap();
    let vaccination = definitions
        .iter_mut()
        .find(|one| one.code.as_str() == "VAX_PRIMARY");
    let vaccination = vaccination.unwrap();
    if files == Files::Misstated {
        vaccination.name = "Example: another name".to_owned();
    }
    let fields = Meaning::of(vaccination, &Settings::default()).fields();
    let quoted = fields.into_iter().map(|field| format!("\"{field}\""));
    match files {
        Files::Unexplained => names,
        Files::Misstated | Files::Listed | Files::Unlisted => names + &line(quoted),
    }
}

fn files(of: Files) -> [(&'static str, String); 3] {
    [
        ("CHANGES.csv", changes(of)),
        ("indicators.csv", meanings(of)),
        ("vax.csv", csv()),
    ]
}

fn manifest(of: Files) -> Manifest {
    let title = match of {
        Files::Misstated => "Example: another title",
        Files::Listed | Files::Unlisted | Files::Unexplained => TITLE,
    };
    let files = files(of).map(|(name, text)| ManifestFile {
        name: name.to_owned(),
        bytes: text.len() as u64,
        sha256: Manifest::checksum(text.as_bytes()),
    });
    Manifest {
        format: FORMAT.to_owned(),
        dataset: head().dataset,
        release: head().number,
        title: title.to_owned(),
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
        files: files.into(),
        locations: Vec::new(),
        left_out: BTreeMap::from([("FN".parse().unwrap(), WHY.to_owned())]),
        sources: Default::default(),
    }
}

const TITLE: &str = "Example: vaccination";

fn published() -> Notice {
    Notice {
        title: TITLE.to_owned(),
        proposed: "2025-09-20".parse().unwrap(),
        due: "2025-10-04".parse().unwrap(),
        state: ReleaseState::Published,
        ..notice(Rows::Network)
    }
}

/// Both releases went out, each with the network's sums.
fn both_out(editor: &mut Editor<'_>, of: Files) -> Result<(), EditError> {
    let mut before = None;
    for (n, id) in [(1, FIRST), (2, SECOND)] {
        editor.put_text(Container::Notices, id, &published().encode())?;
        let link = Link {
            n,
            act: ReleaseAct::Published,
            release: id.parse().unwrap(),
            at: now(1),
            manifest: Manifest::hash(&manifest(of).encode()),
            before,
            supersedes: None,
            reason: None,
        };
        before = Some(link.hash());
        editor.put_text(Container::Releases, &link.key(), &link.encode())?;
    }
    Ok(())
}

/// The first release counted a number of ours a month, and showed these sums.
fn first(numerator: i64) -> Proof {
    let counted = MONTHS.map(|(month, _)| Counted {
        key: format!("VAX_PRIMARY/FAR_NORTH/{month}/age=12%2B")
            .parse()
            .unwrap(),
        definition: DefinitionHash::new([3; 32]),
        entry: (DeviceIndex(1), 1),
        numerator: Some(Number::from(300)),
        denominator: Some(Number::from(400)),
        value: None,
    });
    Proof {
        release: FIRST.parse().unwrap(),
        code: "FN".parse().unwrap(),
        roster: RosterHash::new([1; 32]),
        heights: Heights::new(),
        salt: Salt::new([1; 32]),
        counted: counted.into(),
        left_out: Vec::new(),
        rows: Some(rows(numerator)),
        kept: Vec::new(),
    }
}

/// The second release counts nothing of ours, and keeps sums or not.
fn second(keeps: bool) -> Proof {
    let kept = rows(900).into_iter().filter(|_| keeps).map(|row| KeptRow {
        release: FIRST.parse().unwrap(),
        row,
    });
    Proof {
        release: SECOND.parse().unwrap(),
        counted: Vec::new(),
        kept: kept.collect(),
        ..first(900)
    }
}

/// A desk to which the hub sent these proofs, with the files of the second release.
fn desk(of: Files, proofs: impl IntoIterator<Item = Proof>) -> Desk {
    let mut kit = Kit::new();
    let says: Says = match of {
        Files::Listed => |editor: &mut Editor<'_>| both_out(editor, Files::Listed),
        Files::Unlisted => |editor: &mut Editor<'_>| both_out(editor, Files::Unlisted),
        Files::Misstated => |editor: &mut Editor<'_>| both_out(editor, Files::Misstated),
        Files::Unexplained => |editor: &mut Editor<'_>| both_out(editor, Files::Unexplained),
    };
    kit.more = vec![(DocKind::Releases, says)];
    let desk = Desk::of(kit);
    sent(&desk, proofs);
    desk.folder("files");
    for (name, text) in files(of) {
        desk.file(&format!("files/{name}"), &text);
    }
    desk.file("files/manifest.json", &manifest(of).encode());
    desk
}

/// The hub sends these proofs.
fn sent(desk: &Desk, proofs: impl IntoIterator<Item = Proof>) {
    for (n, proof) in (1..).zip(proofs) {
        desk.with(move |replica| {
            let (id, bytes) = (proof.release.to_string(), proof.pack());
            let put = replica
                .store()
                .write(move |db| proofs::put(db, n, &id, &bytes));
            put.unwrap();
        });
    }
}

fn honest() -> Desk {
    desk(Files::Listed, [first(900), second(true)])
}

const VERIFY: &str = "release verify vax/2026.2 --from files";

/// Checks that the second release is refused with these words.
#[track_caller]
fn caught(desk: &Desk, words: &str) {
    let answer = desk.run(VERIFY);
    let said = told(&answer);
    assert_eq!(answer.code, 1, "{said}");
    assert!(said.contains(words), "{said}");
}

#[test]
fn who_counts_through_kept_sums_alone_hears_of_them_and_of_the_release_that_counted_them() {
    let desk = honest();
    runs(
        &desk,
        VERIFY,
        "No number of ours was counted for vax/2026.2",
    );
    runs(
        &desk,
        VERIFY,
        "VAX_PRIMARY: 4 sums (2022-09 age 12+, 2022-10 age 12+, 2022-11 age 12+ and 1 more) are as \
         vax/2026.1 showed them, with 4 numbers of ours as stated then: weft-node release verify \
         vax/2026.1 checks that.",
    );
    let all: Value = serde_json::from_str(&desk.run(&format!("{VERIFY} --json")).out).unwrap();
    let all = all.as_array().unwrap();
    assert!(
        all.iter()
            .all(|row| row["part"] == "kept" && row["numbers"] == 1),
        "{all:?}"
    );
    assert_eq!(all.len(), MONTHS.len());
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
    caught(
        &desk(Files::Listed, [first(903), second(true)]),
        "the row of the network for VAX_PRIMARY 2022-12 age 12+ is said to be as vax/2026.1 showed \
         it, and vax/2026.1 did not show it so",
    );
}

#[test]
fn a_kept_sum_that_the_hub_does_not_tell_us_or_does_not_list_is_caught() {
    caught(
        &desk(Files::Listed, [first(900), second(false)]),
        "the list of changes says that the row of the network for VAX_PRIMARY 2022-12 age 12+ is \
         as vax/2026.1 showed it, with a number of ours, and the hub did not tell us",
    );
    caught(
        &desk(Files::Unlisted, [first(900), second(true)]),
        "the hub told us that the row of the network for VAX_PRIMARY 2022-12 age 12+ is as \
         vax/2026.1 showed it, and the list of changes does not say so",
    );
    // It may be that the hub's word has not come yet.
    let waits = desk(Files::Listed, [first(900)]).run(VERIFY);
    assert_eq!(waits.code, 3, "{}", told(&waits));
    assert!(
        told(&waits).contains("weft-node sync --once"),
        "{}",
        waits.err
    );
}

#[test]
fn a_number_that_an_earlier_release_counted_and_this_one_does_not_name_is_said() {
    runs(
        &desk(Files::Unlisted, [first(900), second(false)]),
        VERIFY,
        "VAX_PRIMARY: 4 numbers of ours (FAR_NORTH/2022-09/age=12+, FAR_NORTH/2022-10/age=12+, \
         FAR_NORTH/2022-11/age=12+ and 1 more) are not counted in it, and the hub does not say \
         why. vax/2026.1 counted them as stated then",
    );
}

#[test]
fn what_a_release_says_of_itself_is_held_against_what_the_network_told_us() {
    let desk = desk(Files::Misstated, [first(900), second(true)]);
    caught(&desk, "\"Example: another title\" as title");
    caught(
        &desk,
        "\"Example: another name\" as indicator_name of VAX_PRIMARY version 1",
    );
}

#[test]
fn rows_of_an_indicator_that_the_table_of_meanings_does_not_have_are_caught() {
    caught(
        &desk(Files::Unexplained, [first(900), second(true)]),
        "indicators.csv has no line for VAX_PRIMARY",
    );
}

#[test]
fn what_was_not_read_is_said_and_a_file_of_another_origin_is_named() {
    let desk = honest();
    desk.file("files/notes.txt", "Example");
    runs(
        &desk,
        VERIFY,
        "In the folder, and not of this release: notes.txt.",
    );
    runs(&desk, VERIFY, "Whether a second person published it");
    // A folder that is not as it should be says so too.
    desk.file("files/vax.csv", "Example");
    caught(&desk, "In the folder, and not of this release: notes.txt.");
}

/// Both releases went out, and a third is announced.
fn third(editor: &mut Editor<'_>) -> Result<(), EditError> {
    both_out(editor, Files::Listed)?;
    let notice = Notice {
        state: ReleaseState::Proposed,
        ..published()
    };
    editor.put_text(Container::Notices, "vax/2026.3", &notice.encode())
}

#[test]
fn a_no_after_a_release_with_our_figures_says_that_a_sum_of_then_may_be_shown_again() {
    let mut kit = Kit::new();
    kit.more = vec![(DocKind::Releases, third)];
    let desk = Desk::of(kit);
    runs(&desk, "indicator adopt VAX_PRIMARY --audience released", "");
    runs(
        &desk,
        "release list --json",
        "no answer yet, so your figures stay out",
    );
    sent(&desk, [first(900)]);
    runs(
        &desk,
        "release list --json",
        "no answer yet, so what you state now stays out; a sum of an earlier release may be shown \
         again, with your figures of then in it",
    );
}
