//! The hub's investments and lines, by command.

mod files;
mod forms;
mod pages;

use tempfile::TempDir;
use weft_host::output::ExitCode;

use super::commands::run;
use crate::{app::AppHandle, kit};

/// A hub with the nine locations of the examples and one outcome.
pub(super) async fn hub_of_nine() -> (TempDir, AppHandle) {
    let (dir, app) = kit::hub().await;
    for code in ["EC", "FN", "HV", "IN", "OC", "RT", "SA", "WR", "WT"] {
        kit::add_location(&app, code, &[]).await;
    }
    ok(
        &app,
        &["outcome", "add", "VAX", "--name", "Example: protected"],
    )
    .await;
    (dir, app)
}

/// Runs a command that succeeds. Returns what it printed.
pub(in crate::tests) async fn ok(app: &AppHandle, arguments: &[&str]) -> String {
    let (code, out, err) = run(app, arguments).await;
    assert_eq!(code, ExitCode::Ok, "{arguments:?}: {err}");
    format!("{out}{err}")
}

/// Runs a command that is refused. Returns why, on one line.
pub(super) async fn refused(app: &AppHandle, arguments: &[&str], as_code: ExitCode) -> String {
    let (code, _, err) = run(app, arguments).await;
    assert_eq!(code, as_code, "{arguments:?}: {err}");
    err.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The arguments that add an investment of this amount.
pub(in crate::tests) fn adding<'a>(
    identifier: &'a str,
    amount: &'a str,
    more: &[&'a str],
) -> Vec<&'a str> {
    let fields = [
        ("--title", "Example: fund"),
        ("--funder", "Example: ministry"),
        ("--kind", "cash"),
        ("--amount", amount),
        ("--from", "2026-07-01"),
        ("--to", "2028-06-30"),
        ("--status", "committed"),
        ("--identifier", identifier),
        ("--source", "Example: Budget"),
    ];
    let fields = fields.into_iter().flat_map(|(name, text)| [name, text]);
    let more = more.iter().copied();
    ["investment", "add"]
        .into_iter()
        .chain(fields)
        .chain(more)
        .collect()
}

/// The arguments that state a committed line.
fn dividing<'a>(period: &'a str, amount: &'a str, location: &'a str) -> Vec<&'a str> {
    let what = [
        "investment",
        "line",
        "EX-1",
        "--what",
        "committed",
        "--outcome",
        "VAX",
    ];
    let more = [
        "--period",
        period,
        "--amount",
        amount,
        "--location",
        location,
    ];
    what.into_iter().chain(more).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_investment_is_added_changed_divided_and_shown() {
    let (_dir, app) = hub_of_nine().await;
    ok(
        &app,
        &adding(
            "EX-1",
            "100000",
            &["--locations", "FN", "--outcomes", "VAX"],
        ),
    )
    .await;
    let table = ok(&app, &["investment", "list"]).await;
    assert!(
        table.contains("NZD 100,000") && table.contains("EX-1"),
        "{table}"
    );
    assert!(
        table.lines().all(|line| line.chars().count() <= 80),
        "{table}"
    );
    ok(&app, &dividing("FY2027", "60000", "FN")).await;
    ok(&app, &dividing("FY2028", "20000", "ALL")).await;
    // The same again says nothing new; another amount stands over the earlier one.
    let again = ok(&app, &dividing("FY2028", "20000", "ALL")).await;
    assert!(again.contains("already"), "{again}");
    ok(&app, &dividing("FY2028", "30000", "ALL")).await;
    let shown = ok(&app, &["investment", "show", "EX-1", "--json"]).await;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        (&shown["amount"], &shown["lines"]),
        (&100_000.into(), &2.into())
    );
    let said = shown["said"].as_array().unwrap();
    let amounts: Vec<_> = said
        .iter()
        .map(|one| (&one["locations"], &one["amount"]))
        .collect();
    assert_eq!(
        amounts,
        [
            (&"FN".into(), &60_000.into()),
            (&"ALL".into(), &30_000.into())
        ]
    );
    let text = ok(&app, &["investment", "show", "EX-1"]).await;
    assert!(
        text.contains("Not stated") && text.contains("60,000"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_investment_is_changed_and_its_line_taken_back() {
    let (_dir, app) = hub_of_nine().await;
    ok(&app, &adding("EX-1", "100000", &[])).await;
    ok(&app, &dividing("FY2027", "60000", "FN")).await;
    ok(
        &app,
        &["investment", "edit", "EX-1", "--title", "Example: renamed"],
    )
    .await;
    let same = ok(
        &app,
        &["investment", "edit", "EX-1", "--title", "Example: renamed"],
    )
    .await;
    assert!(same.contains("already"), "{same}");
    let line = [
        "--what",
        "committed",
        "--period",
        "FY2027",
        "--location",
        "FN",
    ];
    let back = [
        &["investment", "line", "EX-1"],
        &line[..],
        &["--outcome", "VAX", "--take-back"],
    ];
    ok(&app, &back.concat()).await;
    let shown = ok(&app, &["investment", "show", "EX-1"]).await;
    assert!(
        shown.contains("renamed") && !shown.contains("60,000"),
        "{shown}"
    );
    let none = refused(&app, &back.concat(), ExitCode::Usage).await;
    assert!(none.contains("no such line"), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_wrong_with_an_investment_is_said_at_once() {
    let (_dir, app) = hub_of_nine().await;
    let wrong = [
        ("--locations", "XX"),
        ("--outcomes", "NOPE"),
        ("--funder-id", "NZ-NZBN-9429041901978"),
        ("--recipient-id", "MY-LIST-7"),
        ("--awarded", "yesterday"),
    ];
    let wrong: Vec<&str> = wrong
        .into_iter()
        .flat_map(|(name, text)| [name, text])
        .collect();
    let why = refused(&app, &adding("EX-1", "0", &wrong), ExitCode::Usage).await;
    for word in ["amount:", "funder_id:", "recipient_id:", "awarded:"] {
        assert!(why.contains(word), "{word} is not in {why}");
    }
    let codes = &wrong[..4];
    let why = refused(&app, &adding("EX-1", "5", codes), ExitCode::Usage).await;
    assert!(
        why.contains("no location XX: its locations are EC, FN"),
        "{why}"
    );
    assert!(
        why.contains("no outcome NOPE: its outcomes are VAX"),
        "{why}"
    );
    let team = refused(
        &app,
        &adding("EX-1", "5", &["--audience", "team"]),
        ExitCode::Usage,
    )
    .await;
    assert!(team.contains("released"), "{team}");

    ok(&app, &adding("EX-1", "5", &["--audience", "released"])).await;
    let twice = refused(&app, &adding("EX-1", "5", &[]), ExitCode::Usage).await;
    assert!(twice.contains("EX-1 already"), "{twice}");
    let unknown = refused(&app, &["investment", "show", "EX-2"], ExitCode::Usage).await;
    assert!(unknown.contains("no investment \"EX-2\""), "{unknown}");
    let line = [
        "investment",
        "line",
        "EX-1",
        "--what",
        "given",
        "--location",
        "XX",
    ];
    let why = refused(&app, &line, ExitCode::Usage).await;
    for word in ["what:", "fill in \"Period\"", "fill in \"Amount\""] {
        assert!(why.contains(word), "{word} is not in {why}");
    }
    let outside = refused(&app, &dividing("FY2030", "5", "FN"), ExitCode::Usage).await;
    assert!(outside.contains("2028-06-30"), "{outside}");
    let place = refused(&app, &dividing("FY2027", "5", "XX"), ExitCode::Usage).await;
    assert!(place.contains("no location XX"), "{place}");
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_and_committed_lines_are_at_most_the_amount() {
    let (_dir, app) = hub_of_nine().await;
    ok(&app, &adding("EX-1", "100000", &[])).await;
    ok(&app, &dividing("FY2027", "70000", "FN")).await;
    let more = refused(&app, &dividing("FY2028", "30001", "FN"), ExitCode::Usage).await;
    assert!(more.contains("there is 100,000 for them"), "{more}");
    // A part of it leaves less for its lines, and its lines leave less for its parts.
    let part = ["--part-of", "EX-1"];
    let more = refused(&app, &adding("EX-2", "30001", &part), ExitCode::Usage).await;
    assert!(
        more.contains("NZD 1 more than its amount of 100,000"),
        "{more}"
    );
    ok(&app, &adding("EX-2", "20000", &part)).await;
    let more = refused(&app, &dividing("FY2028", "10001", "FN"), ExitCode::Usage).await;
    assert!(more.contains("there is 80,000 for them"), "{more}");
    ok(&app, &dividing("FY2028", "10000", "FN")).await;
    let less = ["investment", "edit", "EX-1", "--amount", "99999"];
    let less = refused(&app, &less, ExitCode::Usage).await;
    assert!(less.contains("more than its amount of 99,999"), "{less}");
    // A part that is only proposed, or of another currency, is not taken off.
    let proposed = adding("EX-3", "50000", &["--part-of", "EX-1", "--currency", "AUD"]);
    ok(&app, &proposed).await;
    let status = [
        "investment",
        "edit",
        "EX-3",
        "--currency",
        "NZD",
        "--status",
        "proposed",
    ];
    ok(&app, &status).await;
    let committed = ["investment", "edit", "EX-3", "--status", "committed"];
    let over = refused(&app, &committed, ExitCode::Usage).await;
    assert!(over.contains("50,000 more"), "{over}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_another_kind_leaves_all_of_it_and_too_large_parts_leave_nothing() {
    let (_dir, app) = hub_of_nine().await;
    ok(&app, &adding("EX-1", "100000", &[])).await;
    ok(&app, &adding("EX-2", "5", &["--part-of", "EX-1"])).await;
    ok(&app, &["investment", "edit", "EX-2", "--kind", "staff"]).await;
    ok(&app, &["investment", "edit", "EX-2", "--amount", "60000"]).await;
    ok(&app, &dividing("FY2027", "80000", "FN")).await;
    ok(&app, &["investment", "edit", "EX-2", "--amount", "20000"]).await;
    ok(&app, &["investment", "edit", "EX-2", "--kind", "cash"]).await;
    // A month is in the line of its year.
    ok(&app, &dividing("2027-03", "80000", "FN")).await;
    let more = refused(&app, &dividing("FY2028", "1", "FN"), ExitCode::Usage).await;
    assert!(more.contains("add up to 80,001"), "{more}");
}

/// Each is refused at once with what else is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn money_that_cannot_be_is_refused_with_all_that_is_wrong() {
    let (_dir, app) = hub_of_nine().await;
    let wrong = adding("EX-1", "5", &["--currency", "QQQ", "--outcomes", "NOPE"]);
    let why = refused(&app, &wrong, ExitCode::Usage).await;
    assert!(why.contains("ISO 4217"), "{why}");
    ok(&app, &adding("EX-1", "100", &[])).await;
    ok(&app, &adding("EX-2", "50", &["--part-of", "EX-1"])).await;
    for (whole, words) in [
        ("EX-1", "part_of: it is a part of itself"),
        ("EX-2", "part_of: \"Example: fund\" is a part of this one"),
    ] {
        let edit = [
            "investment",
            "edit",
            "EX-1",
            "--part-of",
            whole,
            "--locations",
            "XX",
        ];
        let why = refused(&app, &edit, ExitCode::Usage).await;
        assert!(
            why.contains(words) && why.contains("no location XX"),
            "{why}"
        );
    }
    let spent = [
        "investment",
        "line",
        "EX-1",
        "--what",
        "spent",
        "--period",
        "FY2190",
    ];
    let more = ["--amount", "5", "--location", "XX"];
    let why = refused(&app, &[&spent[..], &more].concat(), ExitCode::Usage).await;
    for words in ["nothing was spent in it yet", "no location XX"] {
        assert!(why.contains(words), "{words} is not in {why}");
    }
    let review = [
        "review",
        "add",
        "--question",
        "Example: what moved?",
        "--on",
        "2190-01-01",
        "--period",
        "2026-Q3",
        "--decided",
        "Example: go on",
        "--outcomes",
        "NOPE",
    ];
    let why = refused(&app, &review, ExitCode::Usage).await;
    for words in ["2190-01-01 has not come yet", "no outcome NOPE"] {
        assert!(why.contains(words), "{words} is not in {why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_location_has_the_code_of_all_of_them() {
    let (_dir, app) = kit::hub().await;
    let all = ["location", "add", "ALL", "--name", "Example: all"];
    let why = refused(&app, &all, ExitCode::Usage).await;
    assert!(why.contains("all locations"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_is_added_changed_and_listed() {
    let (_dir, app) = hub_of_nine().await;
    let review = |more: &[&'static str]| {
        let all = [
            "review",
            "add",
            "--question",
            "Example: what moved?",
            "--on",
            "2026-10-12",
        ];
        [
            &all[..],
            &["--period", "2026-Q3", "--decided", "Example: go on"],
            more,
        ]
        .concat()
    };
    let wrong = review(&[
        "--outcomes",
        "NOPE",
        "--indicator",
        "NONE",
        "--next",
        "soon",
    ]);
    let why = refused(&app, &wrong, ExitCode::Usage).await;
    for word in ["no outcome NOPE", "NONE", "next:"] {
        assert!(why.contains(word), "{word} is not in {why}");
    }
    let printed = ok(&app, &review(&["--outcomes", "VAX"])).await;
    let id = printed.lines().next().unwrap();
    ok(&app, &["review", "edit", id, "--story", "Example: a story"]).await;
    let listed = ok(&app, &["review", "list", "--json"]).await;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0]["story"], "Example: a story");
    assert_eq!(listed[0]["decided"], "Example: go on");
    assert_eq!(listed[0]["outcomes"], "VAX");
    let table = ok(&app, &["review", "list"]).await;
    assert!(
        table.lines().all(|line| line.chars().count() <= 80),
        "{table}"
    );
}
