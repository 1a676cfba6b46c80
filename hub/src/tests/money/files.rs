//! Files of investments: Weft's own out and in, and those of others.

use std::path::{Path, PathBuf};

use weft_host::output::ExitCode;

use super::{adding, hub_of_nine, ok, refused};
use crate::{
    app::AppHandle,
    tests::commands::{printed_plan, run},
};

pub(super) fn data(file: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data");
    format!("{folder}/{file}")
}

/// Writes a file. Returns its path.
fn written(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

async fn exported(app: &AppHandle, to: PathBuf, more: &[&str]) -> String {
    let path = to.to_str().unwrap();
    ok(
        app,
        &[&["investment", "export", "--to", path], more].concat(),
    )
    .await;
    std::fs::read_to_string(&to).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_that_were_guessed_are_confirmed_and_json_is_shown_the_way() {
    let (_dir, app) = hub_of_nine().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.csv");
    let file = "title,funder,kind,amount,from,to,status,source,identifier\n\
                Example: caf\u{e9},Example: a trust,cash,100,2026-07-01,2027-06-30,committed,\
                Example: a letter,C-1\n";
    // Windows-1252 writes each letter of this file as one byte.
    let bytes: Vec<u8> = file.chars().map(|c| u8::try_from(c).unwrap()).collect();
    std::fs::write(&path, bytes).unwrap();
    let import = ["investment", "import", path.to_str().unwrap()];
    let (code, _, err) = run(&app, &import).await;
    let err = err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(code, ExitCode::NeedsAction, "{err}");
    for part in ["was read as Windows-1252", "import it again with --yes"] {
        assert!(err.contains(part), "{part}: {err}");
    }
    assert!(
        ok(&app, &["investment", "list", "--json"])
            .await
            .starts_with("[]")
    );
    ok(&app, &[&import[..], &["--yes"]].concat()).await;
    assert!(ok(&app, &["investment", "list"]).await.contains("café"));

    let json = written(folder.path(), "grants.json", "\n{\"grants\": []}\n");
    let (_, _, err) = run(&app, &["investment", "import", &json]).await;
    assert!(err.contains("CSV") && err.contains("GrantNav"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_two_columns_of_one_name_or_shortened_amounts_is_refused() {
    let (dir, app) = hub_of_nine().await;
    let heads = "title,funder,kind,amount,from,to,status,source,identifier";
    let row = |amount: &str| {
        format!(
            "Example: fund,Example: trust,cash,{amount},2026-07-01,2027-06-30,committed,Example: \
             letter,C-1"
        )
    };
    for second in ["amount", " Amount", "identifier"] {
        let text = format!("{heads},{second}\n{},700\n", row("5"));
        let file = written(dir.path(), "twice.csv", &text);
        let import = ["investment", "import", &file, "--yes"];
        let (code, _, why) = run(&app, &import).await;
        assert_ne!(code, ExitCode::Ok, "{second}: {why}");
        let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(why.contains("the file has 2 columns"), "{second}: {why}");
    }
    let text = format!("{heads}\n{}\n", row("1.2E+11"));
    let file = written(dir.path(), "short.csv", &text);
    let (code, _, why) = run(&app, &["investment", "import", &file, "--yes"]).await;
    assert_ne!(code, ExitCode::Ok, "{why}");
    assert!(why.contains("exponent"), "{why}");
    let none = ok(&app, &["investment", "list", "--json"]).await;
    assert!(none.starts_with("[]"), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_with_an_invisible_letter_is_the_same_one() {
    let (_dir, app) = hub_of_nine().await;
    ok(&app, &adding("EX-1", "5", &[])).await;
    for alike in ["EX\u{200b}-1", "EX-1\u{ad}", "E\u{2060}X-1"] {
        let why = refused(&app, &adding(alike, "5", &[]), ExitCode::Usage).await;
        assert!(why.contains("has EX-1 already"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn published_funding_twice_is_forty_million() {
    let (_dir, app) = hub_of_nine().await;
    let file = data("hfnz-published-funding.csv");
    let dry = ok(&app, &["investment", "import", &file, "--dry-run"]).await;
    assert!(dry.contains("3 new") && dry.contains("dry run"), "{dry}");
    let none = ok(&app, &["investment", "list", "--json"]).await;
    assert!(none.starts_with("[]"), "{none}");
    let first = ok(&app, &["investment", "import", &file]).await;
    assert!(
        first.contains("3 investments: 3 new, 0 changed, 0 the same"),
        "{first}"
    );
    assert!(
        first.contains("cash NZD 40,000,000 in this file"),
        "{first}"
    );
    let second = ok(&app, &["investment", "import", &file]).await;
    assert!(second.contains("0 new, 0 changed, 3 the same"), "{second}");
    assert!(
        second.contains("40,000,000") && !second.contains("46,596,420"),
        "{second}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_of_others_come_in_by_a_plan_that_is_confirmed_and_remembered() {
    let (dir, app) = hub_of_nine().await;
    let file = data("grants-360giving-2015.csv");
    let import = ["investment", "import", &file];
    let (code, _, asked) = run(&app, &import).await;
    assert_eq!(code, ExitCode::NeedsAction, "{asked}");
    // The plan that is printed is a file as it stands.
    let map = written(dir.path(), "map.toml", &printed_plan(&asked));
    let mapped = ok(&app, &[&import[..], &["--dry-run", "--map", &map]].concat()).await;
    assert!(mapped.contains("96 investments: 96 new"), "{mapped}");
    let asked = asked.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "Amount Awarded is \"Amount\"",
        "In every row, \"Status\" is committed",
        "Left out: Planned Dates:Duration (months)",
        "--yes",
        "identifier = \"Identifier\"",
    ] {
        assert!(asked.contains(words), "{words} is not in {asked}");
    }
    let done = ok(&app, &[&import[..], &["--yes"]].concat()).await;
    assert!(done.contains("96 investments: 96 new"), "{done}");
    assert!(done.contains("cash GBP 3,559,858 in this file"), "{done}");
    assert!(
        done.contains("2 lines without a description: 96, 97"),
        "{done}"
    );
    // No one said where it was used, nor for which outcome: it is not divided.
    let sight = ok(&app, &["line-of-sight", "--period", "FY2016"]).await;
    let sight = sight.split_whitespace().collect::<Vec<&str>>().join(" ");
    let none = "= 0 divided + 0 shared + 3,559,858 not stated where nor for what.";
    assert!(sight.contains(none), "{sight}");
    let listed = ok(&app, &["investment", "list", "--json"]).await;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let rows = listed.as_array().unwrap();
    assert_eq!(rows.len(), 96);
    assert!(
        rows.iter()
            .all(|row| row["locations"].is_null() && row["outcomes"].is_null())
    );
    // The same headings are read the same way from now on; one amount changed, one grant is gone.
    let text = std::fs::read_to_string(&file).unwrap();
    let kept = text
        .lines()
        .filter(|line| !line.starts_with("360G-LBFEW-113743"));
    let kept: Vec<&str> = kept.collect();
    let text = kept.join("\n").replacen(",GBP,72718,", ",GBP,72719,", 1);
    let changed = written(dir.path(), "changed.csv", &text);
    // The other name of the file is not asked about, and is shown with what changed.
    let done = ok(&app, &["investment", "import", &changed]).await;
    assert!(done.contains("95 investments: 0 new"), "{done}");
    assert!(
        done.contains("does not have 1 investment") && done.contains("113743"),
        "{done}"
    );
    let shown = ok(&app, &["investment", "show", "360G-LBFEW-113748"]).await;
    assert!(shown.contains("GBP 72,719"), "{shown}");
    ok(&app, &["investment", "show", "360G-LBFEW-113743"]).await;
}

/// Enters investments and lines with each kind of field: five and two.
async fn fill(app: &AppHandle) {
    ok(
        app,
        &["investment", "import", &data("hfnz-published-funding.csv")],
    )
    .await;
    let more = "--audience released --gst excluded --note";
    let more: Vec<&str> = more.split(' ').chain(["=1+1\nŌtautahi"]).collect();
    ok(app, &adding("EX-1", "100000", &more)).await;
    let withheld = "investment add --title Stub --funder Ministry --kind staff \
                    --from 2026-07-01 --to 2027-06-30 --status withheld --until 2027-01-01 \
                    --note Example --source Office --locations FN";
    ok(app, &withheld.split_whitespace().collect::<Vec<_>>()).await;
    for line in [
        "--what committed --period FY2027 --location FN --location WT --outcome VAX \
         --amount 1250.50 --source Letter --note Example",
        "--what spent --period 2026-08 --amount 7 --location ALL",
    ] {
        let all = ["investment", "line", "EX-1"].into_iter();
        ok(app, &all.chain(line.split_whitespace()).collect::<Vec<_>>()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hubs_own_file_goes_out_and_comes_back_unchanged() {
    let (dir, app) = hub_of_nine().await;
    fill(&app).await;
    let out = exported(&app, dir.path().join("out.csv"), &[]).await;
    let path = dir.path().join("out.csv");
    let path = path.to_str().unwrap();
    let again = ok(&app, &["investment", "import", path]).await;
    assert!(
        again.contains("5 investments: 0 new, 0 changed, 5 the same"),
        "{again}"
    );
    assert!(
        again.contains("2 lines: 0 new or changed, 2 the same"),
        "{again}"
    );
    assert!(again.contains("is here already"), "{again}");
    // Another hub takes all of it, with the ids, and writes the same file.
    let (other_dir, other) = hub_of_nine().await;
    let taken = ok(&other, &["investment", "import", path]).await;
    assert!(
        taken.contains("5 new") && taken.contains("2 new or changed"),
        "{taken}"
    );
    let back = exported(&other, other_dir.path().join("back.csv"), &[]).await;
    assert_eq!(back, out);
    let released = exported(&app, dir.path().join("r.csv"), &["--audience", "released"]).await;
    assert!(
        released.contains("EX-1") && !released.contains("HFNZ"),
        "{released}"
    );
    let taken = ["investment", "export", "--to", path];
    let exists = refused(&app, &taken, ExitCode::Usage).await;
    assert!(exists.contains("one of this name"), "{exists}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_weft_does_not_have_is_named() {
    let (dir, app) = hub_of_nine().await;
    let text = "identifier,title,funder,kind,amount,from,to,status,source,Region\n\
                C-1,Example,Fund,cash,100,2026-07-01,2027-06-30,committed,A letter,North\n";
    let file = written(dir.path(), "own.csv", text);
    let said = ok(&app, &["investment", "import", &file]).await;
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = "1 column of a heading that Weft's own form does not have, left out: Region";
    assert!(said.contains(words), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_problems_changes_nothing_and_each_has_its_line() {
    let (dir, app) = hub_of_nine().await;
    let head = "record,identifier,title,funder,kind,amount,currency,from,to,locations,status,\
                source,part_of,what,period\n";
    let row = |fields: &str| format!("{fields}\n");
    let text = [
        head.to_owned(),
        row("investment,A,Example,Fund,cash,100,NZD,2026-07-01,2027-06-30,FN,committed,S,,,"),
        row("investment,B,Example,Fund,cash,-5,NZD,2026-07-01,2027-06-30,FN,committed,S,,,"),
        row("investment,C,Example,Fund,cash,5,NZD,2026-07-01,2025-06-30,FN,committed,S,,,"),
        row("investment,A,Example,Fund,cash,5,NZD,2026-07-01,2027-06-30,FN,committed,S,,,"),
        row("investment,,Example,Fund,cash,5,NZD,2026-07-01,2027-06-30,FN,committed,S,,,"),
        row("investment,E,Example,Fund,cash,5,NZD,2026-07-01,2027-06-30,XX,committed,S,,,"),
        row("line,A,,,,60,,,,FN,,,,committed,FY2027"),
        row("line,A,,,,60,,,,FN,,,,committed,FY2027"),
        row("line,Z,,,,60,,,,FN,,,,committed,FY2027"),
        row("investment,F,Example,Fund,cash,50,NZD,2026-07-01,2027-06-30,FN,committed,S,A,,"),
        row("grant,G,,,,60,,,,FN,,,,committed,FY2027"),
    ];
    let without = text[..11].concat();
    let file = written(dir.path(), "wrong.csv", &text.concat());
    let import = ["investment", "import", &file];
    let why = refused(&app, &import, ExitCode::Failed).await;
    assert!(why.contains("line 12: record: \"grant\""), "{why}");
    let file = written(dir.path(), "wrong2.csv", &without);
    let why = refused(&app, &["investment", "import", &file], ExitCode::Failed).await;
    for words in [
        "line 2: the parts and committed lines of \"Example\" would be NZD 10 more",
        "line 3: amount:",
        "line 4: to: it ends before it begins",
        "line 5: it is the same investment as line 2",
        "line 6: identifier: fill it in",
        "line 7: locations: the network has no location XX",
        "line 9: it is the same line of money as line 8",
        "line 10: it is a line of no investment",
    ] {
        assert!(why.contains(words), "{words} is not in {why}");
    }
    let none = ok(&app, &["investment", "list", "--json"]).await;
    assert!(none.starts_with("[]"), "{none}");
    let persons = "Identifier,Title,Currency,Amount Awarded,Award Date,Planned Dates:Start Date,\
                   Planned Dates:End Date,Recipient Ind:Name,Recipient Org:Name,Funding Org:Name\n\
                   1,Example,NZD,5,2026-01-01,2026-01-01,2026-12-31,Example: a person,,Fund\n";
    let file = written(dir.path(), "persons.csv", persons);
    let yes = ["investment", "import", &file, "--yes"];
    let why = refused(&app, &yes, ExitCode::Failed).await;
    assert!(why.contains("line 2: it is a grant to a person"), "{why}");
    let column = ["investment", "import", &file, "--column", "amont=Title"];
    let why = refused(&app, &column, ExitCode::Failed).await;
    assert!(why.contains("there is no field amont"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_parts_of_each_other_and_of_no_currency_changes_nothing() {
    let (dir, app) = hub_of_nine().await;
    let text = "identifier,title,funder,kind,amount,currency,from,to,status,source,part_of\n\
                A,Example,Fund,cash,5,NZD,2026-07-01,2027-06-30,committed,S,B\n\
                B,Example,Fund,cash,5,NZD,2026-07-01,2027-06-30,committed,S,A\n\
                C,Example,Fund,cash,5,QQQ,2026-07-01,2027-06-30,committed,S,\n";
    let file = written(dir.path(), "rings.csv", text);
    let why = refused(&app, &["investment", "import", &file], ExitCode::Failed).await;
    for words in ["lines 2-3: part_of:", "line 4: currency:"] {
        assert!(why.contains(words), "{words} is not in {why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_document_begins_if_one_has_a_thousand() {
    let (dir, app) = hub_of_nine().await;
    let mut text = "identifier,title,funder,kind,amount,from,to,status,source\n".to_owned();
    for number in 1..=1_001 {
        let row = "Example,Fund,cash,5,2026-07-01,2027-06-30,committed,S";
        text.push_str(&format!("N-{number},{row}\n"));
    }
    let file = written(dir.path(), "many.csv", &text);
    let done = ok(&app, &["investment", "import", &file]).await;
    assert!(
        done.contains("1001 new") && done.contains("5,005"),
        "{done}"
    );
    let names = app.shared.store.read(crate::store::documents::all);
    let names: Vec<String> = names
        .await
        .unwrap()
        .iter()
        .map(|one| one.name.to_string())
        .collect();
    assert!(names.contains(&"money/2".to_owned()) && !names.contains(&"money/3".to_owned()));
    let listed = ok(&app, &["investment", "list", "--json"]).await;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1_001);
    ok(&app, &["investment", "edit", "N-1001", "--amount", "6"]).await;
    let shown = ok(&app, &["investment", "show", "N-1001"]).await;
    assert!(shown.contains("NZD 6"), "{shown}");
    let again = ok(&app, &["investment", "import", &file]).await;
    assert!(again.contains("0 new, 1 changed, 1000 the same"), "{again}");
}
