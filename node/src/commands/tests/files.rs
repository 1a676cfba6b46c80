//! Files that come and go, and the width of the lines that people read.

use expect_test::expect;
use weft_shared::id::DeviceIndex;

use super::desk::{Desk, check};
use crate::kit::{self, Kit};

#[test]
fn a_file_is_imported_once_and_keeps_what_a_person_entered() {
    check(
        "import observations FILE --own-areas
         indicator adopt VAX_PRIMARY --audience network
         indicator adopt VAX_PARTIAL --audience network
         import observations FILE --own-areas
         import observations FILE --own-areas
         SET 2023-05 --breakdown age=12+ --numerator 1 --denominator 2 --confirm jump
         import observations FILE --own-areas
         import observations FILE --own-areas --replace
         verify",
        expect![[r##"
            # Nothing was imported.
            #   lines 642-658, 676-690: VAX_PARTIAL is not adopted, so no one chose who may
            #     see its figures: `weft-node indicator adopt VAX_PARTIAL --audience network`,
            #     or import with --audience
            #   lines 659-675, 691-705: VAX_PRIMARY is not adopted, so no one chose who may
            #     see its figures: `weft-node indicator adopt VAX_PRIMARY --audience network`,
            #     or import with --audience
            # Adopt what is not adopted, and import it again. Nothing in the file has to be
            # mended.
            exit 1
            # Adopted VAX_PRIMARY v1. New values go to the network and its national team,
            # unless one has its own audience.
            # Adopted VAX_PARTIAL v1. New values go to the network and its national team,
            # unless one has its own audience.
            4288 rows: 64 changed, 0 unchanged, 0 kept, 4224 not ours, 0 with problems
            # Left out, areas that are not ours: ASHBURTON, AUCKLAND, BULLER, CARTERTON,
            # CENTRAL_HAWKES_BAY, CENTRAL_OTAGO, CHATHAM_ISLANDS, CLUTHA and 47 more: --json
            # lists all.
            # Saved on this computer; 5 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            4288 rows: 0 changed, 64 unchanged, 0 kept, 4224 not ours, 0 with problems
            # Left out, areas that are not ours: ASHBURTON, AUCKLAND, BULLER, CARTERTON,
            # CENTRAL_HAWKES_BAY, CENTRAL_OTAGO, CHATHAM_ISLANDS, CLUTHA and 47 more: --json
            # lists all.
            VAX_PRIMARY/FAR_NORTH/2023-05/age=12+
            # Saved as 1 of 2 (50.0%), normal.
            # It replaces 48799 of 60463, normal, from Device 1, which stays in the history.
            # This denominator moved by more than 2% a year. Did what it counts grow or
            # shrink, or is it another base? Until somebody says, comparisons say "check the
            # base".
            #   VAX_PRIMARY/FAR_NORTH/2023-05/age=12+: denominator 2, beside 60464 in
            #     2023-04
            #   --confirm growth: it grew or shrank itself
            #   --confirm base: it is another base: counted in another way
            # Saved on this computer; 6 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            4288 rows: 0 changed, 63 unchanged, 1 kept, 4224 not ours, 0 with problems
            # Left out, areas that are not ours: ASHBURTON, AUCKLAND, BULLER, CARTERTON,
            # CENTRAL_HAWKES_BAY, CENTRAL_OTAGO, CHATHAM_ISLANDS, CLUTHA and 47 more: --json
            # lists all.
            # Kept, because other values stand there already (--replace takes the file's):
            #   line 675: VAX_PRIMARY/FAR_NORTH/2023-05/age=12+ stays at 1 of 2, normal; the
            #     file says 48799 of 60463, normal
            exit 3
            4288 rows: 1 changed, 63 unchanged, 0 kept, 4224 not ours, 0 with problems
            # Left out, areas that are not ours: ASHBURTON, AUCKLAND, BULLER, CARTERTON,
            # CENTRAL_HAWKES_BAY, CENTRAL_OTAGO, CHATHAM_ISLANDS, CLUTHA and 47 more: --json
            # lists all.
            # Replaced; what stood there stays in the history:
            #   line 675: VAX_PRIMARY/FAR_NORTH/2023-05/age=12+ was 1 of 2, normal; the file
            #     says 48799 of 60463, normal
            # Saved on this computer; 7 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            7 entries of 1 device, 7 changes: 0 exceptions
            # 7 entries stand above the last signature of their device: a device signs what it
            # offers, and this it has not offered to anybody.
        "##]],
    );
}

/// A file of observations in its own folder.
fn file_of(rows: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.csv");
    let heading = "location_code,area_code,indicator_code,breakdown,breakdown_value,period,\
                   numerator,denominator,obs_status,note";
    std::fs::write(&path, format!("{heading}\n{rows}")).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

/// Imports these rows; returns the exit code and the output.
fn imported(desk: &Desk, rows: &str, options: &str) -> (u8, String) {
    let (_folder, path) = file_of(rows);
    let answer = desk.run(format!("import observations {path} {options}").trim_end());
    let words = answer.err.split_whitespace().collect::<Vec<_>>().join(" ");
    (answer.code, words)
}

#[test]
fn a_file_without_a_row_of_ours_is_no_success() {
    let desk = Desk::new();
    assert_eq!(
        desk.run("indicator adopt VAX_PRIMARY --audience network")
            .code,
        0
    );
    let ours = "FN,FAR_NORTH,VAX_PRIMARY,age,12+,2023-05,48799,60463,A,\n";
    let foreign = "WR,RUAPEHU,VAX_PRIMARY,age,12+,2023-05,1,2,A,\n";
    for (rows, options, code, words) in [
        ("", "", 1, "no row below it"),
        ("", "--dry-run", 1, "no row below it"),
        (
            foreign,
            "--own-areas",
            1,
            "No row of the file is this location's",
        ),
        (
            "FN,FAR_NORTH,VAX_PRIMARY,age,99,2023-05,1,2,A,\n",
            "--skip-invalid",
            1,
            "Every row",
        ),
        (ours, "", 0, "Saved"),
        (ours, "", 0, ""),
        (&format!("{ours}{foreign}"), "--own-areas", 0, ""),
    ] {
        let (ended, told) = imported(&desk, rows, options);
        assert_eq!(ended, code, "{rows}{told}");
        assert!(told.contains(words), "{rows}{told}");
    }
}

#[test]
fn what_to_do_next_follows_from_what_is_wrong() {
    let desk = Desk::new();
    let open = "FN,FAR_NORTH,VAX_PRIMARY,age,12+,2023-05,48799,60463,A,\n";
    let foreign = "WR,RUAPEHU,VAX_PRIMARY,age,12+,2023-05,1,2,A,\n";
    let wrong = "FN,FAR_NORTH,VAX_PRIMARY,age,12+,2023-05,many,2,A,\n";
    for (rows, next, mend) in [
        (
            open.to_owned(),
            "Adopt what is not adopted, and import it again. Nothing in",
            false,
        ),
        (
            foreign.to_owned(),
            "Import it with --own-areas, which takes just our own rows. Nothing in",
            false,
        ),
        (
            format!("{open}{foreign}"),
            "Adopt what is not adopted, and import it with --own-areas",
            false,
        ),
        (
            format!("{open}{wrong}"),
            "Mend the file, and adopt what is not adopted",
            true,
        ),
    ] {
        let (code, told) = imported(&desk, &rows, "");
        assert_eq!(code, 1, "{told}");
        assert!(told.contains(next), "{told}");
        assert_eq!(told.contains("end the file"), mend, "{told}");
    }
}

/// The current values, without their devices and times.
fn standing(desk: &Desk) -> Vec<serde_json::Value> {
    let listed = desk.run("observation list --json").out;
    let mut rows: Vec<serde_json::Value> = serde_json::from_str(&listed).unwrap();
    for row in &mut rows {
        let row = row.as_object_mut().unwrap();
        row.retain(|key, _| !["device", "at"].contains(&key.as_str()));
    }
    rows
}

#[test]
fn what_is_exported_is_imported_without_a_loss() {
    let desk = Desk::new();
    let adopt = |desk: &Desk| {
        for code in ["VAX_PRIMARY", "VAX_PARTIAL", "HEAT_MAIN"] {
            let line = format!("indicator adopt {code} --audience network");
            assert_eq!(desk.run(&line).code, 0);
        }
    };
    adopt(&desk);
    let set = "observation set VAX_PRIMARY --area FAR_NORTH --period";
    for line in [
        format!("{set} 2023-05 --breakdown age=12+ --numerator 9 --denominator 12 --note =1+1"),
        format!("{set} 2023-06 --breakdown age=12+ --status L --method by~hand,~\"so\"~to~say"),
        format!("{set} 2023-06 --numerator 7 --denominator 9 --status P --audience team"),
        format!("{set} 2023-07 --value 80.5 --note 'twas~a~guess"),
        format!("{set} 2023-08 --numerator 7 --denominator 9"),
        format!("{set} 2023-09 --value 80.5 --note '=1+1"),
        // The note stays with the figure that it was written for.
        format!("{set} 2023-10 --numerator 9 --denominator 12 --note checked"),
        format!("{set} 2023-10 --numerator 10 --denominator 12"),
        "observation retract VAX_PRIMARY/FAR_NORTH/2023-08/total --note wrong~month".to_owned(),
        "observation set HEAT_MAIN --area FAR_NORTH --period 2023 --breakdown \
         heating=No~heating/used --numerator 1 --denominator 2"
            .to_owned(),
    ] {
        let answer = desk.run(&line);
        assert_eq!(answer.code, 0, "{line}: {}", answer.err);
    }
    let signs = "FN,FAR_NORTH,VAX_PRIMARY,age,12+,2022-01,..C,9,,\n\
                 FN,FAR_NORTH,VAX_PRIMARY,age,12+,2022-02,-,9,,\n\
                 FN,FAR_NORTH,VAX_PRIMARY,age,12+,2022-03,S,9,,small numbers\n";
    let (code, told) = imported(&desk, signs, "--sign -=M --sign S=L");
    assert_eq!(code, 0, "{told}");
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("out");
    let answer = desk.run(&format!("export --to {}", to.display()));
    assert_eq!(answer.code, 0, "{}", answer.err);
    let import = format!(
        "import observations {}",
        to.join("observations.csv").display()
    );
    let again = desk.run(&import);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(
        again.out.contains(": 0 changed, 11 unchanged"),
        "{}",
        again.out
    );

    let fresh = Desk::new();
    adopt(&fresh);
    let answer = fresh.run(&import);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert_eq!(standing(&fresh), standing(&desk));
    let notes = fresh.run("observation list --period 2023-10").out;
    assert!(notes.contains("written for 9 of 12: checked"), "{notes}");
    // A note by another person is kept, as another figure is.
    let key = "VAX_PRIMARY/FAR_NORTH/2023-05/age=12+";
    let (code, told) = imported(
        &fresh,
        "FN,FAR_NORTH,VAX_PRIMARY,age,12+,2023-05,9,12,A,other\n",
        "",
    );
    assert_eq!(code, 3, "{told}");
    let words =
        format!("{key} stays at 9 of 12, normal (note: =1+1); the file says 9 of 12, normal");
    assert!(told.contains(&words), "{told}");
    let long = "x".repeat(4_001);
    let row = format!("FN,FAR_NORTH,VAX_PRIMARY,age,12+,2023-05,9,12,A,{long}\n");
    let (code, told) = imported(&fresh, &row, "");
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("4000 is the most"), "{told}");
}

#[test]
fn a_row_that_keeps_back_is_kept_back() {
    let desk = Desk::new();
    desk.run("indicator adopt VAX_PRIMARY --audience network");
    let row = |period: &str, figures: &str| {
        format!("FN,FAR_NORTH,VAX_PRIMARY,age,12+,{period},{figures},A,team,\n")
    };
    let audiences = |desk: &Desk| {
        let list = desk.run("observation list --json").out;
        let list: serde_json::Value = serde_json::from_str(&list).unwrap();
        let list = list.as_array().unwrap().clone();
        let audience = |one: serde_json::Value| one["audience"].as_str().unwrap().to_owned();
        list.into_iter().map(audience).collect::<Vec<_>>()
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    let header = "location_code,area_code,indicator_code,breakdown,breakdown_value,period,\
                  numerator,denominator,status,audience,note\n";
    std::fs::write(file.path(), format!("{header}{}", row("2023-06", "3,12"))).unwrap();
    let import = format!("import observations {}", file.path().display());
    let asked = desk.run(&format!("{import} --audience network"));
    assert_eq!(asked.code, 0, "{}", asked.err);
    assert_eq!(audiences(&desk), ["team"]);
    // A value that was offered cannot be called back. The command says so, and does not share it
    // again.
    let set = "observation set VAX_PRIMARY --area FAR_NORTH --period 2023-05";
    desk.run(&format!(
        "{set} --breakdown age=12+ --numerator 9 --denominator 12 --confirm jump"
    ));
    desk.with(|replica| kit::offered(replica, DeviceIndex(1), 1));
    std::fs::write(file.path(), format!("{header}{}", row("2023-05", "4,12"))).unwrap();
    let refused = desk.run(&format!("{import} --replace --confirm jump"));
    assert_eq!(refused.code, 3, "{}", refused.err);
    assert!(
        refused.err.contains("cannot be recalled"),
        "{}",
        refused.err
    );
    let mut stand = audiences(&desk);
    stand.sort();
    assert_eq!(stand, ["network", "team"]);
}

#[test]
fn lines_of_people_fit_80_columns() {
    let desk = Desk::new();
    desk.run("indicator adopt HEAT_MAIN --audience network");
    let set = "observation set HEAT_MAIN --area FAR_NORTH --period 2023 --numerator 1111112 \
               --denominator 2222223 --status P --breakdown";
    for value in ["gas", "Wood~burner~or~another~fire"] {
        let answer = desk.run(&format!("{set} heating={value}"));
        assert_eq!(answer.code, 0, "{}", answer.err);
    }
    for line in [
        "status",
        "device list",
        "indicator show VAX_PRIMARY",
        "indicator list",
        "doctor",
        "sync --once",
        "observation list",
        "history",
        "import observations none.csv",
        "observation set HEAT_MAIN --area FAR_NORTH",
        "observation set HEAT_MAIN --area FAR_NORTH --period 2023 --value 1 --status everything",
    ] {
        let answer = desk.run(line);
        for line in answer.out.lines().chain(answer.err.lines()) {
            let whole = line
                .split_whitespace()
                .any(|word| word.chars().count() > 60);
            assert!(line.chars().count() <= 80 || whole, "{line}");
        }
    }
    let listed = desk.run("observation list").out;
    let id = "HEAT_MAIN/FAR_NORTH/2023/heating=Wood burner or another fire";
    let stacked = format!("{id}\n  1111112 of 2222223  P  network\n");
    assert!(listed.contains(&stacked), "{listed}");
}

#[test]
fn doctor_and_rebuild_count_the_same_entries() {
    let desk = Desk::new();
    desk.run("indicator adopt VAX_PRIMARY --audience network");
    let rebuilt = desk.run("rebuild");
    let told = rebuilt.err.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, own) = told.split_once(" entries: ").unwrap();
    let (own, _) = own.split_once(" of this location and ").unwrap();
    assert_ne!(own, "0", "{told}");
    assert!(rebuilt.out.starts_with("fingerprint "), "{}", rebuilt.out);
    let found = desk.run("doctor").out;
    let found = found.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, of_doctor) = found.split_once("entries ").unwrap();
    assert!(of_doctor.starts_with(&format!("{own} ")), "{own}: {found}");
    for jargon in ["quarantined", "runs", "dump"] {
        assert!(!told.contains(jargon), "{told}");
    }
}

/// The file is fine, but the definitions are missing.
#[test]
fn a_file_waits_for_the_first_definitions() {
    let desk = Desk::of(Kit::publishing(String::new()));
    desk.file("figures.csv", "indicator_code,area_code,period,value\n");
    let answer = desk.run("import observations figures.csv");
    assert_eq!(answer.code, 3, "{}", answer.err);
    assert!(
        answer.err.contains("weft-node sync --once"),
        "{}",
        answer.err
    );
    assert!(!answer.err.contains("Mend"), "{}", answer.err);
}

#[test]
fn an_unconfirmed_location_says_as_at_when() {
    let mut kit = Kit::new();
    kit.confirmed_at = None;
    let desk = Desk::of(kit);
    let told = |desk: &Desk| {
        let answer = desk.run("status");
        let words: Vec<&str> = answer.out.split_whitespace().collect();
        words.join(" ")
    };
    let before = told(&desk);
    assert!(before.contains("unconfirmed"), "{before}");
    assert!(!before.contains("as at the last exchange"), "{before}");
    desk.reached(1_760_000_000_000);
    let after = told(&desk);
    let when = "counts in no figure yet (as at the last exchange, on 2025-10-09 08:53 UTC)";
    assert!(after.contains(when), "{after}");
}

#[test]
fn help_says_what_a_list_takes() {
    let desk = Desk::new();
    let outcomes = desk.run("initiative add --help").out;
    let outcomes = outcomes.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        outcomes.contains("`outcome list` shows; once for each"),
        "{outcomes}"
    );
    let themes = desk.run("insight add --help").out;
    let themes = themes.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(themes.contains("a word or two; once for each"), "{themes}");
}
