//! Answers to releases at the command line: a no that waits, what went out, and open reading.

use serde_json::Value;
use weft_host::output::ExitCode;
use weft_shared::{
    document::{EditError, Editor},
    id::{DeviceIndex, ManifestHash, RosterHash},
    model::{
        indicator::Rows,
        release::{Link, Notice, ReleaseAct, ReleaseState},
        schema::{Container, DocKind},
    },
    release::{Counted, Heights, Proof, Salt},
};

use super::{
    desk::Desk,
    released::{runs, told},
};
use crate::{
    kit::{Kit, notice, now},
    store::{Owner, proofs},
};

/// Announces a release of the network's sum.
fn announce(
    editor: &mut Editor<'_>,
    id: &str,
    state: ReleaseState,
    open: bool,
) -> Result<(), EditError> {
    let notice = Notice {
        open,
        state,
        ..notice(Rows::Network)
    };
    editor.put_text(Container::Notices, id, &notice.encode())
}

fn desk(says: crate::kit::Says) -> Desk {
    let mut kit = Kit::new();
    kit.more = vec![(DocKind::Releases, says)];
    Desk::of(kit)
}

/// The hub acknowledges all that was saved.
fn acknowledge(desk: &Desk) {
    desk.with(|replica| {
        let dix = DeviceIndex(1);
        let last = replica.height(Owner::Location, dix).dseq;
        replica.acknowledged(dix, last, &[], now(9)).unwrap();
        assert_eq!(replica.waiting(), 0);
    });
}

/// The words about our part in a release.
fn ours(desk: &Desk, id: &str) -> String {
    let rows: Value = serde_json::from_str(&desk.run("release list --json").out).unwrap();
    let mut rows = rows.as_array().unwrap().iter();
    let row = rows.find(|row| row["release"] == id).unwrap();
    row["ours"].as_str().unwrap().to_owned()
}

#[test]
fn a_no_holds_once_the_hub_has_it_and_every_command_says_so() {
    let desk = desk(|editor| announce(editor, "vax/2026.1", ReleaseState::Proposed, false));
    runs(&desk, "indicator adopt VAX_PRIMARY --audience released", "");
    runs(
        &desk,
        "release agree VAX_PRIMARY",
        "2 entries wait: weft-node sync --once shares now",
    );
    acknowledge(&desk);
    assert_eq!(ours(&desk, "vax/2026.1"), "VAX_PRIMARY: yes");

    let refuse = told(&desk.run("release refuse VAX_PRIMARY"));
    for words in [
        "It holds once the hub has it; a release that is published before that keeps your figures",
        "1 entry waits: weft-node sync --once shares now",
    ] {
        assert!(refuse.contains(words), "no \"{words}\" in {refuse}");
    }
    let waits = "VAX_PRIMARY: no, which waits on this computer and holds once the hub has it";
    assert_eq!(ours(&desk, "vax/2026.1"), waits);
    let again = told(&desk.run("release refuse VAX_PRIMARY"));
    assert!(again.contains("1 entry waits"), "{again}");

    acknowledge(&desk);
    let no = "VAX_PRIMARY: no, so your figures stay out";
    assert_eq!(ours(&desk, "vax/2026.1"), no);
    let again = told(&desk.run("release refuse VAX_PRIMARY"));
    assert!(!again.contains("wait"), "{again}");
}

#[test]
fn a_decline_takes_a_yes_back_and_says_so() {
    let desk = desk(|editor| announce(editor, "vax/2026.1", ReleaseState::Proposed, false));
    runs(&desk, "indicator adopt VAX_PRIMARY --audience released", "");
    let decline = "indicator decline VAX_PRIMARY --reason Example:~no~time";
    let said = told(&desk.run(decline));
    assert!(!said.contains("yes to releases"), "{said}");
    runs(&desk, "indicator adopt VAX_PRIMARY --audience released", "");
    runs(&desk, "release agree VAX_PRIMARY", "");
    runs(
        &desk,
        decline,
        "Your yes to releases is taken back with it. That holds once the hub has it",
    );
}

#[test]
fn keeping_values_here_takes_a_yes_back_once_somebody_agreed_to_that() {
    let desk = desk(|editor| announce(editor, "vax/2026.1", ReleaseState::Proposed, false));
    runs(&desk, "indicator adopt VAX_PRIMARY --audience released", "");
    runs(&desk, "release agree VAX_PRIMARY", "");
    let narrow = "indicator adopt VAX_PRIMARY --audience team";
    let asked = desk.run(narrow);
    assert_eq!(asked.code, ExitCode::NeedsAction.number(), "{}", asked.err);
    for words in [
        "yes to releases is taken back",
        "Nothing was changed",
        "--yes",
    ] {
        assert!(told(&asked).contains(words), "{}", asked.err);
    }
    acknowledge(&desk);
    assert_eq!(ours(&desk, "vax/2026.1"), "VAX_PRIMARY: yes");
    // A narrower audience that leaves the yes asks nothing.
    runs(&desk, "indicator adopt VAX_PRIMARY --audience network", "");
    let said = told(&desk.run(&format!("{narrow} --yes")));
    let words = "Your yes to releases is taken back with it. That holds once the hub has it";
    assert!(said.contains(words), "{said}");
    // It does not come back by itself.
    runs(
        &desk,
        "indicator adopt VAX_PRIMARY --audience released",
        "Nothing goes out",
    );
}

fn went_out(editor: &mut Editor<'_>) -> Result<(), EditError> {
    announce(editor, "vax/2026.1", ReleaseState::Published, false)?;
    announce(editor, "vax/2026.2", ReleaseState::Withdrawn, false)?;
    announce(editor, "vax/2026.3", ReleaseState::Dropped, false)?;
    announce(editor, "vax/2026.4", ReleaseState::Published, false)
}

fn proof(id: &str, counted: &[&str], left_out: &[(&str, &str)]) -> Proof {
    let counted = counted.iter().map(|key| Counted {
        key: key.parse().unwrap(),
        definition: weft_shared::id::DefinitionHash::new([3; 32]),
        entry: (DeviceIndex(1), 1),
        numerator: None,
        denominator: None,
        value: None,
    });
    let left_out = left_out.iter();
    Proof {
        release: id.parse().unwrap(),
        code: "FN".parse().unwrap(),
        roster: RosterHash::new([1; 32]),
        heights: Heights::new(),
        salt: Salt::new([1; 32]),
        counted: counted.collect(),
        left_out: left_out
            .map(|(key, why)| (key.parse().unwrap(), (*why).to_owned()))
            .collect(),
        rows: None,
        kept: Vec::new(),
    }
}

#[test]
fn of_a_release_that_went_out_the_list_says_what_is_in_it_and_no_answer_of_today() {
    let desk = desk(went_out);
    let key = |month: &str| format!("VAX_PRIMARY/FAR_NORTH/{month}/age=12%2B");
    let (one, two, three) = (key("2022-10"), key("2022-11"), key("2022-12"));
    let why = "the location said no";
    let proofs = [
        proof("vax/2026.1", &[&one, &two], &[(&three, why)]),
        proof("vax/2026.4", &[], &[(&one, why), (&two, why)]),
    ];
    let put = desk.with(move |replica| {
        replica.store().write(move |db| {
            let mut proofs = (1..).zip(&proofs);
            proofs
                .try_for_each(|(n, one)| proofs::put(db, n, &one.release.to_string(), &one.pack()))
        })
    });
    put.unwrap();
    runs(&desk, "indicator adopt VAX_PRIMARY --audience released", "");
    for answer in ["agree", "refuse"] {
        runs(&desk, &format!("release {answer} VAX_PRIMARY"), "");
        for (id, words) in [
            (
                "vax/2026.1",
                "2 values of yours are counted in it, and 1 not",
            ),
            (
                "vax/2026.2",
                "the hub has sent no proof that values of yours are counted in it",
            ),
            ("vax/2026.3", "it did not go out"),
            (
                "vax/2026.4",
                "none of your values are counted in it: the location said no",
            ),
        ] {
            assert_eq!(ours(&desk, id), format!("VAX_PRIMARY: {words}"), "{answer}");
        }
    }
}

#[test]
fn an_open_release_needs_a_yes_to_open_reading_and_a_later_yes_says_if_it_drops_that() {
    let desk = desk(|editor| announce(editor, "vax/2026.1", ReleaseState::Proposed, true));
    runs(&desk, "indicator adopt VAX_PRIMARY --audience released", "");
    let open = "weft-node release agree VAX_PRIMARY --open";
    runs(
        &desk,
        "release agree VAX_PRIMARY",
        &format!(
            "vax/2026.1 is for anybody to read without signing in, and cannot go out with your \
             values before you say yes to that: {open}"
        ),
    );
    acknowledge(&desk);
    let stops = "VAX_PRIMARY: yes, but not for anybody to read, so the release cannot go out";
    assert_eq!(ours(&desk, "vax/2026.1"), stops);
    runs(&desk, "release list --json", "\"waits_for_us\": true");

    let agree = "release agree VAX_PRIMARY --open";
    runs(
        &desk,
        agree,
        "Anybody may read such a release without signing in.",
    );
    acknowledge(&desk);
    assert_eq!(ours(&desk, "vax/2026.1"), "VAX_PRIMARY: yes");
    runs(&desk, "release list --json", "\"waits_for_us\": false");
    runs(
        &desk,
        "release agree VAX_PRIMARY --rows --open",
        "in a row with your name",
    );
    runs(
        &desk,
        "release agree VAX_PRIMARY --rows",
        &format!(
            "This takes back the yes to releases that anybody may read without signing in. To say \
             that again: {} --rows --open",
            "weft-node release agree VAX_PRIMARY"
        ),
    );
    let said = told(&desk.run("release agree VAX_PRIMARY"));
    assert!(
        said.contains("This takes back the yes to a row with your name. To say"),
        "{said}"
    );
}

#[test]
fn status_names_a_release_that_waits_for_an_answer_and_one_that_takes_our_figures() {
    let desk = desk(|editor| announce(editor, "vax/2026.1", ReleaseState::Proposed, false));
    let named = "Example: vaccination (vax/2026.1) may go out from 11 December 2026";
    assert!(!told(&desk.run("status")).contains(named), "it is not ours");
    runs(&desk, "indicator adopt VAX_PRIMARY --audience released", "");
    runs(&desk, "status", &format!("{named}: say yes or no."));
    runs(&desk, "status --json", "\"waits_for_us\": true");
    runs(&desk, "release agree VAX_PRIMARY", "");
    runs(&desk, "status", &format!("{named} with your figures."));
    runs(&desk, "release refuse VAX_PRIMARY", "");
    assert!(!told(&desk.run("status")).contains(named), "it has a no");
}

#[test]
fn an_adoption_for_releases_says_first_what_stops_them() {
    let desk = desk(|editor| announce(editor, "vax/2026.1", ReleaseState::Proposed, false));
    let adopt = "indicator adopt VAX_PRIMARY --audience released";
    runs(
        &desk,
        adopt,
        "Adopted VAX_PRIMARY v1. Nothing goes out before you say yes: weft-node release agree \
         VAX_PRIMARY. After that, new values go to",
    );
    runs(
        &desk,
        adopt,
        "What would go out in a release after a yes: You have no value yet. One for releases \
         would be added into the sum",
    );
    runs(&desk, "release agree VAX_PRIMARY", "");
    runs(&desk, adopt, "Adopted VAX_PRIMARY v1. New values go to");
    runs(&desk, adopt, "What would go out in a release now: You have");
    runs(&desk, "release refuse VAX_PRIMARY", "");
    runs(
        &desk,
        adopt,
        "Adopted VAX_PRIMARY v1. Nothing goes out, because you said no.",
    );
}

/// Publishes two releases, withdraws the first, and publishes a third.
fn chain(editor: &mut Editor<'_>) -> Result<(), EditError> {
    for id in ["vax/2026.1", "vax/2026.2", "vax/2026.3", "op/2026.1"] {
        announce(editor, id, ReleaseState::Published, false)?;
    }
    let mut before = None;
    for (n, id, act) in [
        (1, "vax/2026.1", ReleaseAct::Published),
        (2, "op/2026.1", ReleaseAct::Published),
        (3, "vax/2026.2", ReleaseAct::Published),
        (4, "vax/2026.1", ReleaseAct::Withdrawn),
        (5, "vax/2026.3", ReleaseAct::Published),
    ] {
        let link = Link {
            n,
            act,
            release: id.parse().unwrap(),
            at: now(i64::from(n)),
            manifest: ManifestHash::new([1; 32]),
            before,
            supersedes: None,
            reason: (act == ReleaseAct::Withdrawn).then(|| "Example: a slip".to_owned()),
        };
        before = Some(link.hash());
        editor.put_text(Container::Releases, &link.key(), &link.encode())?;
    }
    Ok(())
}

#[test]
fn a_list_of_changes_since_a_withdrawn_release_is_known_to_be_given_to_no_one() {
    let desk = desk(chain);
    for (id, expected) in [
        ("vax/2026.1", None),
        ("op/2026.1", None),
        ("vax/2026.2", Some("vax/2026.1")),
        ("vax/2026.3", None),
        ("vax/2026.9", None),
    ] {
        let id = id.parse().unwrap();
        let found = desk.with(move |replica| replica.release_repeats(&id).unwrap());
        assert_eq!(found.map(|id| id.to_string()).as_deref(), expected);
    }
}
