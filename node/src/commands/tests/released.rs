//! Releases at the command line: the audience of values that are there, the answers to a release,
//! its check, and the words of its chain.

use serde_json::Value;
use weft_host::text::columns;
use weft_shared::{
    document::{EditError, Editor},
    id::{ManifestHash, ReadHash},
    identity::reads::ReadRow,
    model::{
        indicator::Rows,
        reader::{Reader, ReaderRole},
        release::{Link, Notice, ReleaseAct, ReleaseState},
        schema::{Container, DocKind},
    },
    release::{Manifest, ManifestFile, manifest::FORMAT},
};

use super::desk::{Answer, Desk};
use crate::{
    kit::{Kit, notice, now},
    store::reads,
};

/// Two releases: one was published and withdrawn, and the other is announced with rows.
fn releases(editor: &mut Editor<'_>) -> Result<(), EditError> {
    let notice = |state, due: &str| Notice {
        due: due.parse().unwrap(),
        state,
        ..notice(Rows::Locations)
    };
    for (id, state) in [
        ("vax/2026.1", ReleaseState::Withdrawn),
        ("vax/2026.2", ReleaseState::Proposed),
    ] {
        let text = notice(state, "2026-12-11").encode();
        editor.put_text(Container::Notices, id, &text)?;
    }
    let first = Link {
        n: 1,
        act: ReleaseAct::Published,
        release: "vax/2026.1".parse().unwrap(),
        at: now(1),
        manifest: ManifestHash::new([1; 32]),
        before: None,
        supersedes: None,
        reason: None,
    };
    let second = Link {
        n: 2,
        act: ReleaseAct::Withdrawn,
        before: Some(first.hash()),
        reason: Some("Example: a column was wrong".to_owned()),
        ..first.clone()
    };
    for link in [first, second] {
        editor.put_text(Container::Releases, &link.key(), &link.encode())?;
    }
    Ok(())
}

fn desk() -> Desk {
    let mut kit = Kit::new();
    kit.more = vec![(DocKind::Releases, releases)];
    Desk::of(kit)
}

/// The words of a command, in one line.
pub(super) fn told(answer: &Answer) -> String {
    let both = format!("{} {}", answer.out, answer.err);
    both.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn runs(desk: &Desk, line: &str, words: &str) {
    let answer = desk.run(line);
    let said = told(&answer);
    assert_eq!(answer.code, 0, "{line}: {said}");
    assert!(said.contains(words), "{line}: no \"{words}\" in {said}");
}

const SET: &str = "observation set VAX_PRIMARY --area FAR_NORTH --breakdown age=12+ \
                   --denominator 1200 --numerator";

#[test]
fn values_that_are_there_stay_out_until_they_are_widened_and_every_command_says_so() {
    let desk = desk();
    runs(&desk, "indicator adopt VAX_PRIMARY --audience network", "");
    runs(&desk, &format!("{SET} 300 --period 2022-12"), "");
    runs(&desk, &format!("{SET} 310 --period 2023-01"), "");

    let adopt = "indicator adopt VAX_PRIMARY --audience released";
    let stays = "2 values have a narrower audience, and are in no release. To share them too: \
                 weft-node indicator adopt VAX_PRIMARY --audience released --widen";
    runs(
        &desk,
        adopt,
        "None of your values is for releases, so none goes out.",
    );
    runs(&desk, adopt, stays);
    runs(
        &desk,
        adopt,
        "Nothing goes out before you say yes: weft-node release agree VAX_PRIMARY",
    );
    let agree = "release agree VAX_PRIMARY --rows";
    runs(
        &desk,
        agree,
        "2 values have a narrower audience, and are in no release.",
    );
    runs(&desk, agree, "--audience released --widen");

    runs(
        &desk,
        &format!("{adopt} --widen"),
        "2 narrower values have the same audience.",
    );
    let listed = desk.run("observation list --json").out;
    assert_eq!(listed.matches("\"released\"").count(), 2, "{listed}");
    runs(&desk, adopt, "310 of 1,200 for January 2023");
    for line in [adopt, agree] {
        assert!(!told(&desk.run(line)).contains("narrower"), "{line}");
    }
}

#[test]
fn a_file_that_widens_what_stands_says_that_the_audience_is_all_that_differs() {
    let desk = desk();
    runs(&desk, "indicator adopt VAX_PRIMARY --audience network", "");
    runs(&desk, &format!("{SET} 300 --period 2022-12"), "");
    desk.file(
        "figures.csv",
        "indicator_code,area_code,period,breakdown,breakdown_value,numerator,denominator\n\
         VAX_PRIMARY,FAR_NORTH,2022-12,age,12+,300,1200\n",
    );
    runs(&desk, "indicator adopt VAX_PRIMARY --audience released", "");
    let answer = desk.run("import observations figures.csv --audience released");
    let said = told(&answer);
    let words = "stays at 300 of 1200, normal, for the audience network; the file says 300 of \
                 1200, normal, for the audience released";
    assert!(said.contains(words), "{said}");
    runs(
        &desk,
        "import observations figures.csv --audience released --replace",
        "1 changed",
    );
}

#[test]
fn a_no_is_no_silence_and_a_yes_to_the_sum_says_that_rows_leave_it_out() {
    let desk = desk();
    runs(&desk, "indicator adopt VAX_PRIMARY --audience released", "");
    runs(
        &desk,
        "release list --json",
        "no answer yet, so your figures stay out",
    );
    runs(
        &desk,
        "release agree VAX_PRIMARY",
        "vax/2026.2 has a row for each location, and so it leaves yours out of its rows and of \
         its sum. To be in it: weft-node release agree VAX_PRIMARY --rows",
    );
    runs(&desk, "release refuse VAX_PRIMARY", "Took the yes back");
    runs(
        &desk,
        "release list --json",
        "VAX_PRIMARY: no, which waits on this computer and holds once the hub has it",
    );
    runs(
        &desk,
        "release refuse VAX_PRIMARY",
        "You had said no to VAX_PRIMARY",
    );
    runs(
        &desk,
        "release agree VAX_PRIMARY --rows",
        "in a row with your name",
    );
    runs(&desk, "release list --json", "VAX_PRIMARY: yes");
    let again = told(&desk.run("release agree VAX_PRIMARY --rows"));
    assert!(!again.contains("leaves yours out"), "{again}");
}

#[test]
fn the_words_of_the_chain_say_up_to_which_release_they_count() {
    let desk = desk();
    let all = desk.run("release words");
    let said = told(&all);
    assert!(
        said.contains("up to vax/2026.1, withdrawn: number 2 of 2"),
        "{said}"
    );
    let one = desk.run("release words --up-to 1");
    assert!(told(&one).contains("up to vax/2026.1, published: number 1 of 2"));
    assert_ne!(all.out, one.out);
    assert_eq!(desk.run("release words --up-to 2").out, all.out);
    let past = desk.run("release words --up-to 3");
    assert_eq!(past.code, 2);
    assert!(told(&past).contains("ends with number 2"), "{}", past.err);
}

#[test]
fn a_release_that_was_not_heard_of_is_no_forgery_and_a_withdrawn_one_says_why() {
    let desk = desk();
    let reason = "Example: a column was wrong";
    runs(&desk, "release list --json", reason);
    let verify = |id: &str| desk.run(&format!("release verify {id} --from files"));
    desk.folder("files");
    assert!(told(&verify("vax/2026.9")).contains("Download all files"));
    desk.file("files/vax.zip", "PK");
    assert!(told(&verify("vax/2026.9")).contains("unpack it"));
    desk.folder("files/vax-2026.9");
    desk.file("files/vax-2026.9/manifest.json", "{}");
    let inside = told(&verify("vax/2026.9"));
    assert!(inside.contains("vax-2026.9: name that one"), "{inside}");
    desk.file("files/manifest.json", "{}");
    let unheard = verify("vax/2026.9");
    let said = told(&unheard);
    assert_eq!(unheard.code, 3, "{said}");
    assert!(said.contains("has not heard of vax/2026.9 yet"), "{said}");
    assert!(said.contains("weft-node sync --once"), "{said}");
    // One that the chain names is held against it, and nothing is said to be in it first.
    let other = verify("vax/2026.1");
    assert_eq!((other.code, &*other.out), (1, ""), "{}", other.err);
    assert!(
        told(&other).contains("not the one that the chain"),
        "{}",
        other.err
    );
}

/// The same releases, after the first was announced in another way.
fn rewritten(editor: &mut Editor<'_>) -> Result<(), EditError> {
    let text = notice(Rows::Network).encode();
    editor.put_text(Container::Notices, "vax/2026.1", &text)?;
    releases(editor)
}

#[test]
fn an_announcement_that_the_hub_changed_afterwards_is_caught() {
    let mut kit = Kit::new();
    kit.more = vec![(DocKind::Releases, rewritten)];
    for (desk, is_caught) in [(desk(), false), (Desk::of(kit), true)] {
        desk.folder("files");
        desk.file("files/manifest.json", "{}");
        let answer = desk.run("release verify vax/2026.1 --from files");
        let said = told(&answer);
        assert_eq!(answer.code, 1, "{said}");
        let words = "the hub announced it in another way before";
        assert_eq!(said.contains(words), is_caught, "{said}");
    }
}

/// A file that is not as its manifest says is named also if no more can be said of the release.
#[test]
fn a_release_that_was_not_heard_of_hides_no_fault_of_its_files() {
    let desk = desk();
    desk.folder("files");
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        dataset: "vax".parse().unwrap(),
        release: "2026.9".parse().unwrap(),
        title: "Example: vaccination".to_owned(),
        network: "Example network".to_owned(),
        operator: "Example operator".to_owned(),
        published_at: now(1),
        notice_days: 14,
        second_person: true,
        profile: "frr3".to_owned(),
        secret_commitment: String::new(),
        code_version: "0.1.0".to_owned(),
        supersedes: None,
        indicators: Vec::new(),
        files: vec![ManifestFile {
            name: "vax.csv".to_owned(),
            bytes: 3,
            sha256: Manifest::checksum(b"vax"),
        }],
        locations: Vec::new(),
        left_out: Default::default(),
        sources: Default::default(),
    };
    desk.file("files/manifest.json", &manifest.encode());
    let answer = desk.run("release verify vax/2026.9 --from files");
    let said = told(&answer);
    assert_eq!(answer.code, 1, "{said}");
    for words in ["vax.csv is missing", "has not heard of vax/2026.9 yet"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

/// Two people who may read.
fn readers(editor: &mut Editor<'_>) -> Result<(), EditError> {
    let reader = |name: Option<&str>| Reader {
        roles: [ReaderRole::National, ReaderRole::Admin].into(),
        organisation: "Example: Trust for the health of families".to_owned(),
        name: name.map(str::to_owned),
        purpose: None,
        since: now(1),
        until: None,
    };
    for (number, name) in [("1", None), ("2", Some("A. Example")), ("3", None)] {
        editor.put_text(Container::Readers, number, &reader(name).encode())?;
    }
    Ok(())
}

/// A read by somebody, for a purpose.
fn read(n: u64, reader: &str, purpose: &str) -> ReadRow {
    ReadRow {
        n,
        at: now(100),
        reader: reader.to_owned(),
        organisation: "Example: Trust for the health of families".to_owned(),
        act: "opened a page".to_owned(),
        subject: "/locations/FN".to_owned(),
        purpose: purpose.to_owned(),
        count: 2,
    }
}

/// A desk at which reads were kept.
fn read_desk() -> Desk {
    let mut kit = Kit::new();
    kit.more = vec![(DocKind::Readers, readers), (DocKind::Releases, releases)];
    let desk = Desk::of(kit);
    let rows = [
        read(1, "reader 1", "Example: an old reason, which was another"),
        read(
            2,
            "A. Example",
            "Example: the yearly report to the ministry",
        ),
        read(3, "reader 1", "Example: a visit to the far north"),
    ];
    let kept = desk.with(move |replica| {
        replica.store().write(move |db| {
            let mut rows = rows.iter();
            rows.try_for_each(|row| reads::put(db, row, &ReadHash::new([0; 32])))
        })
    });
    kept.unwrap();
    desk
}

#[test]
fn a_reader_has_the_purpose_of_their_last_read_and_the_name_of_the_ledger() {
    let desk = read_desk();
    let rows: Value = serde_json::from_str(&desk.run("readers --json").out).unwrap();
    let purposes: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["purpose"].as_str().unwrap_or("none"))
        .collect();
    assert_eq!(
        purposes,
        [
            "Example: a visit to the far north",
            "Example: the yearly report to the ministry",
            "none"
        ]
    );
    for line in ["readers", "ledger"] {
        let said = told(&desk.run(line));
        assert!(said.contains("reader 1,"), "{said}");
    }
}

#[test]
fn tables_fit_a_terminal_and_have_words_as_headings() {
    let desk = read_desk();
    runs(&desk, "indicator adopt VAX_PRIMARY --audience released", "");
    for line in ["readers", "ledger", "release list"] {
        let table = desk.run(line).out;
        let heading = table.lines().next().unwrap();
        assert!(!heading.contains('_'), "{heading}");
        for row in table.lines() {
            assert!(columns(row) <= 80, "{line}: {row}");
        }
    }
}

#[test]
fn a_file_of_another_location_says_that_it_names_another() {
    let desk = desk();
    runs(&desk, "indicator adopt VAX_PRIMARY --audience network", "");
    desk.file(
        "figures.csv",
        "location_code,indicator_code,area_code,period,breakdown,breakdown_value,numerator,\
         denominator\nEC,VAX_PRIMARY,FAR_NORTH,2022-12,age,12+,300,1200\n",
    );
    let answer = desk.run("import observations figures.csv --own-areas");
    let said = told(&answer);
    assert_eq!(answer.code, 1, "{said}");
    assert!(
        said.contains("the location is EC, and this computer belongs to FN"),
        "{said}"
    );
}
