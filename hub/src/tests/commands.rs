//! Tests of the text that commands print for people.

use std::{
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex},
};

use clap::Parser as _;
use expect_test::expect;
use weft_host::{
    output::{ExitCode, Io},
    shell,
    text::narrowed,
};
use weft_shared::id::LocationCode;

use super::web::Scene;
use crate::{
    app::{AppHandle, Confirmation, LocationState},
    commands::{self, cli::Cli},
    kit::{self, Device},
    limits::LAYOUT,
};

#[derive(Clone, Default)]
struct Sheet(Arc<Mutex<Vec<u8>>>);

impl Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sheet {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Runs a command. Returns its exit code, its data and its messages.
pub(super) async fn run(app: &AppHandle, arguments: &[&str]) -> (ExitCode, String, String) {
    let (out, err) = (Sheet::default(), Sheet::default());
    let mut io = Io::new(Box::new(out.clone()), Box::new(err.clone()), None);
    let words = ["weft-hub"].iter().chain(arguments);
    let code = match shell::parsed::<Cli>(LAYOUT, words, &mut io) {
        Ok(cli) => {
            let done = commands::run(app, cli.command, Path::new("."), &mut io).await;
            shell::conclude(done, &mut io)
        }
        Err(code) => code,
    };
    (code, out.text(), err.text())
}

/// The plan of columns that a refused import prints, as a person copies it.
pub(super) fn printed_plan(asked: &str) -> String {
    let (_, plan) = asked.split_once("known so far is:\n").expect("a plan");
    let lines = plan.lines().take_while(|line| line.starts_with("    "));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partial_figure_is_marked_and_the_mark_explained() {
    let mut scene = Scene::new().await;
    let (_, out, _) = run(&scene.app, &["rollup", "--level", "all"]).await;
    expect![[r#"
        VAX_PRIMARY: Completed primary course, in percent
        period   breakdown  where    value  numerator  denominator  areas  status
        2023-01  age=12+    FN       80.0         800         1000    2/2  A
        2023-01  age=12+    network  80.0         800         1000    2/2  A
        2023-02  age=12+    FN       60.0*         60          100    1/2  A
        2023-02  age=12+    network  60.0*         60          100    1/2  A
        2023-03  age=12+    FN       85.0         850         1000    2/2  A
        2023-03  age=12+    network  85.0         850         1000    2/2  A

        * partial: an area is missing from the figure. The column areas says how many
        are in it; weft-hub rollup explain says which are missing, and why.
        1 location is not confirmed yet and is not expected: WT.
        Status: A normal.
    "#]]
    .assert_eq(&out);
    scene.observe("SOUTH", "2023-02", Some(700), 900).await;
    let (_, out, _) = run(&scene.app, &["rollup", "--level", "all"]).await;
    assert!(!out.contains('*'), "nothing is missing: {out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_says_that_a_figure_is_partial_and_what_it_is_measured_in() {
    let scene = Scene::new().await;
    let explain = ["rollup", "explain", "VAX_PRIMARY", "--period"];
    let (_, out, _) = run(&scene.app, &[&explain[..], &["2023-02"]].concat()).await;
    assert!(out.contains("Result: 60 of 100 = 60%\n"), "{out}");
    assert!(
        out.contains("1 of 2 areas: the figure is partial\n"),
        "{out}"
    );
    let (_, out, _) = run(&scene.app, &[&explain[..], &["2023-03"]].concat()).await;
    assert!(out.contains("2 of 2 areas\n"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_found_says_why_and_what_to_do() {
    let (_dir, app) = kit::hub().await;
    let none = async |line: &str, words: &str| {
        let arguments: Vec<&str> = line.split(' ').collect();
        let (code, out, err) = run(&app, &arguments).await;
        assert_eq!((code, out.as_str()), (ExitCode::Ok, ""), "{line}");
        let err = err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(err.contains(words), "{line}: {err}");
    };
    none("location list", "Next: weft-hub location add").await;
    none("invite list", "Next: weft-hub invite create").await;
    none("token list", "Next: weft-hub token create").await;
    let (_, out, err) = run(&app, &["device", "list"]).await;
    assert_eq!(out.lines().count(), 2, "the hub's own device: {out}");
    assert!(err.contains("Next: weft-hub invite create"), "{err}");
    none("plan list", "no plan was shared yet").await;
    none("rollup", "none is confirmed yet. weft-hub location list").await;
    let code = kit::add_location(&app, "FN", &["NORTH"]).await;
    Device::found(&app, &code).await;
    none(
        "insight list --location FN",
        "no insight was shared by FN yet",
    )
    .await;
    none(
        "rollup --indicator VAX_PRIMARY",
        "no figures of VAX_PRIMARY yet",
    )
    .await;
    let scene = Scene::new().await;
    let asked = ["rollup", "--level", "all", "--period", "2025-01"];
    let (code, out, err) = run(&scene.app, &asked).await;
    assert_eq!((code, out.as_str()), (ExitCode::Ok, ""));
    let err = err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(err.contains("No figures match"), "{err}");
    assert!(
        err.contains("3 periods, 2023-01 to 2023-03: ask for other periods"),
        "{err}"
    );
    let (_, out, err) = run(&scene.app, &[&asked[..], &["--format", "csv"]].concat()).await;
    assert_eq!(out.lines().count(), 1, "CSV keeps its header: {out}");
    assert!(err.contains("No figures match"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_is_listed_as_far_as_it_has_come() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &["NORTH"]).await;
    let state = async || {
        let (_, out, _) = run(&app, &["location", "list", "--json"]).await;
        let list: serde_json::Value = serde_json::from_str(&out).unwrap();
        list[0]["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state().await, "not invited");
    app.create_invite(&code, 0).await.unwrap();
    assert_eq!(state().await, "invite expired");
    app.create_invite(&code, 60_000).await.unwrap();
    assert_eq!(state().await, "invited");
    app.revoke_invites(None, Some(code.clone())).await.unwrap();
    assert_eq!(state().await, "not invited");
    Device::unconfirmed(&app, &code).await;
    assert_eq!(state().await, "unconfirmed");
    app.confirm_location(&code).await.unwrap();
    assert_eq!(state().await, "confirmed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_is_renamed_aloud() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &["NORTH"]).await;
    let rename = async |name: &str| {
        run(&app, &["location", "add", "FN", "--name", name])
            .await
            .2
    };
    let said = rename("Another name").await;
    assert!(said.contains("was called \""), "{said}");
    assert!(said.contains("invite create FN"), "{said}");
    Device::unconfirmed(&app, &code).await;
    let said = rename("Another name").await;
    assert!(!said.contains("was called"), "{said}");
    assert!(!said.contains("invite create"), "{said}");
}

/// Confirms FN at a terminal, where a person types `typed`. Returns what was shown.
async fn confirm_at_terminal(app: &AppHandle, typed: &'static str) -> (ExitCode, String) {
    let shown = Sheet::default();
    let mut asked = shown.clone();
    let ask = move |question: &str| {
        write!(asked, "{question}")?;
        Ok(Some(typed.to_owned()))
    };
    let out = (Box::new(shown.clone()), Box::new(shown.clone()));
    let mut io = Io::new(out.0, out.1, Some(Box::new(ask)));
    let cli = Cli::try_parse_from(["weft-hub", "location", "confirm", "FN"]).unwrap();
    let done = commands::run(app, cli.command, Path::new("."), &mut io).await;
    let code = shell::conclude(done, &mut io);
    (code, shown.text())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_confirms_without_words_and_says_so() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    Device::unconfirmed(&app, &code).await;
    let (ended, _, said) = run(&app, &["location", "confirm", "FN"]).await;
    assert_eq!(ended, ExitCode::Ok, "{said}");
    let said: Vec<_> = said.split_whitespace().collect();
    assert!(
        said.join(" ").contains("words were not compared"),
        "{said:?}"
    );
    let location = app.locations().await.unwrap().remove(0);
    assert_eq!(location.state, LocationState::Confirmed);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_are_given_are_always_compared() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &["NORTH"]).await;
    Device::unconfirmed(&app, &code).await;
    let Confirmation::Waiting { words } = app.confirmation(&code).await.unwrap() else {
        panic!("it waits");
    };
    let say = async |words: &str| {
        let line = ["location", "confirm", "FN", "--words", words];
        let (code, _, err) = run(&app, &line).await;
        (code, err)
    };
    let (code, err) = say("zoo zoo zoo").await;
    assert_eq!(code, ExitCode::Usage);
    assert!(err.contains("four words are needed, not 3"), "{err}");
    let (code, err) = say("zoo zoo zoo zoo").await;
    assert_eq!(code, ExitCode::NeedsAction);
    assert!(!err.contains(&words), "they come by telephone: {err}");
    let (_, list, _) = run(&app, &["location", "list", "--json"]).await;
    assert!(!list.contains(&words), "they come by telephone: {list}");
    for (typed, code) in [
        ("zoo zoo zoo zoo", ExitCode::NeedsAction),
        ("y", ExitCode::Usage),
        ("", ExitCode::Usage),
    ] {
        let (ended, shown) = confirm_at_terminal(&app, typed).await;
        assert_eq!(ended, code, "{typed}: {shown}");
        assert!(!shown.contains(&words), "{typed}: {shown}");
    }
    let location = app.locations().await.unwrap().remove(0);
    assert_eq!(location.state, LocationState::Unconfirmed);
    assert_eq!(say(&words.to_uppercase()).await.0, ExitCode::Ok);
    assert_eq!(say(&words).await.0, ExitCode::Ok, "confirmed before");
    let (code, err) = say("zoo zoo zoo zoo").await;
    assert_eq!(code, ExitCode::NeedsAction, "confirmed before: {err}");
    assert!(
        err.contains("confirmed before, but not by these words"),
        "{err}"
    );
    let (code, _) = say("nonsense zoo zoo zoo").await;
    assert_eq!(code, ExitCode::Usage);
    let bare = run(&app, &["location", "confirm", "FN"]).await;
    assert_eq!(bare.0, ExitCode::Ok);
}

/// Names and areas as long as in the published network.
#[tokio::test(flavor = "multi_thread")]
async fn every_table_fits_80_columns() {
    let scene = Scene::new().await;
    let app = &scene.app;
    let areas = ["WHANGANUI", "RANGITIKEI", "RUAPEHU"].map(|code| format!("{code}=Example"));
    let mut add = vec!["location", "add", "WR", "--name"];
    add.push("Healthy Families Whanganui Rangitīkei Ruapehu");
    for area in &areas {
        add.extend(["--area", area]);
    }
    run(app, &add).await;
    let code = LocationCode::parse("WR").unwrap();
    app.create_invite(&code, 60_000).await.unwrap();
    app.create_token("Quarterly report to the ministry, for as long as it is asked for")
        .await
        .unwrap();
    for line in [
        "rollup",
        "location list",
        "invite list",
        "device list",
        "definitions list",
        "plan list",
        "insight list",
        "token list",
        "status",
        "doctor",
    ] {
        let arguments: Vec<&str> = line.split(' ').collect();
        let (code, out, _) = run(app, &arguments).await;
        assert_eq!(code, ExitCode::Ok, "{line}");
        for row in out.lines() {
            assert!(row.chars().count() <= 80, "{line}: {row}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_of_a_file_are_told_once_and_all_on_request() {
    let (dir, app) = kit::hub().await;
    let path = dir.path().join("wrong.csv");
    let file = path.to_str().unwrap();
    std::fs::write(&path, "code,name\n".repeat(300)).unwrap();
    let (code, _, err) = run(&app, &["definitions", "import", file]).await;
    assert_eq!(code, ExitCode::Failed);
    expect![[r#"
        Nothing was imported: the file has 300 problems.
          lines 1-300: key with no value, expected `=`
        Mend it and import it again: examples/data/indicators.toml shows the form.
        --all-problems names each problem with its line.
    "#]]
    .assert_eq(&err);
    let all = ["definitions", "import", file, "--all-problems"];
    let (code, _, err) = run(&app, &all).await;
    assert_eq!(code, ExitCode::Failed);
    assert_eq!(err.lines().count(), 301);
    assert!(err.contains("\nline 300: "), "{err}");
    std::fs::write(&path, "[[indicator]]\ncode = 7\n").unwrap();
    let (_, _, err) = run(&app, &["definitions", "import", file]).await;
    assert!(err.contains("\n  line 2: \"code\" should be text"), "{err}");
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    let (_, _, err) = run(&app, &["definitions", "import", file]).await;
    assert!(err.contains("it is not text in UTF-8"), "{err}");
}

#[test]
fn help_fits_80_columns_and_names_defaults_and_examples() {
    fn walk(command: &clap::Command, path: &str) {
        for help in [
            command.clone().render_help(),
            command.clone().render_long_help(),
        ] {
            // The help contains the default folder, however long its path is here.
            let ours = |line: &String| !line.contains("[default: /");
            for line in narrowed(&help.to_string()).into_iter().filter(ours) {
                assert!(line.chars().count() <= 80, "{path}: {line}");
            }
        }
        for inner in command.get_subcommands() {
            walk(inner, &format!("{path} {}", inner.get_name()));
        }
    }
    let mut cli = shell::command::<Cli>(LAYOUT).term_width(80);
    cli.build();
    walk(&cli, "weft-hub");
    let place = weft_host::data_dir::default_path("weft-hub").unwrap();
    let default = format!("[default: {}]", place.display());
    let help = cli.render_help().to_string();
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&default), "{help}");
    let long = |line: &[&str]| {
        let mut command = &cli;
        for word in line {
            command = command.find_subcommand(word).unwrap();
        }
        command.clone().render_long_help().to_string()
    };
    for line in [
        &["rollup"][..],
        &["rollup", "explain"],
        &["location", "add"],
    ] {
        let help = long(line);
        assert!(help.contains("Examples:\n  weft-hub "), "{help}");
        let (own, every) = help.split_once("Options of every command:").unwrap();
        assert!(
            every.contains("--data-dir") && !own.contains("--data-dir"),
            "{help}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_network_has_a_time_zone() {
    let (_dir, app) = kit::hub().await;
    let (code, out, told) = run(&app, &["network", "time-zone"]).await;
    assert_eq!((code, out.as_str()), (ExitCode::Ok, "UTC\n"));
    assert!(told.contains("No time zone is set"), "{told}");
    let (_, out, _) = run(&app, &["doctor"]).await;
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("weft-hub network time-zone"), "{out}");
    let refused = Cli::try_parse_from(["weft-hub", "network", "time-zone", "Auckland"]);
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains("did you mean Pacific/Auckland?"),
        "{refused}"
    );
    let (code, _, told) = run(&app, &["network", "time-zone", "Pacific/Auckland"]).await;
    assert_eq!(code, ExitCode::Ok);
    assert!(told.contains("NZ"), "{told}");
    let (_, out, _) = run(&app, &["network", "time-zone", "--json"]).await;
    assert_eq!(out, "{\"time_zone\":\"Pacific/Auckland\",\"set\":true}\n");
    kit::add_location(&app, "FN", &["NORTH"]).await;
    run(&app, &["invite", "create", "FN"]).await;
    let (_, out, _) = run(&app, &["invite", "list"]).await;
    assert!(out.contains(" NZ"), "{out}");
    let (_, out, _) = run(&app, &["invite", "list", "--json"]).await;
    assert!(out.contains("Z\""), "data stay in UTC: {out}");
    let (_, out, _) = run(&app, &["doctor"]).await;
    assert!(out.contains("time zone       Pacific/Auckland"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn areas_change_on_a_day_or_not_at_all() {
    let (_dir, app) = kit::hub().await;
    kit::add_location(&app, "AA", &["NORTH", "SOUTH"]).await;
    kit::add_location(&app, "BB", &["EAST"]).await;
    let before = app.locations().await.unwrap();
    let beta = [
        "location",
        "add",
        "BB",
        "--name",
        "Example: BB",
        "--area",
        "EAST=Area",
    ];
    let with = |more: &[&'static str]| [&beta, more].concat();
    let (code, _, told) = run(&app, &with(&["--area", "SOUTH=Area"])).await;
    assert_eq!(code, ExitCode::Usage);
    assert!(told.contains("--from 2024-01-01"), "{told}");
    let (code, _, told) = run(
        &app,
        &with(&["--area", "SOUTH=Area", "--from", "2024-01-01"]),
    )
    .await;
    assert_eq!(code, ExitCode::NeedsAction, "it is AA's still");
    assert!(told.contains("areas SOUTH=LOCATION --from DAY"), "{told}");
    let unchanged = app.locations().await.unwrap();
    for (one, other) in before.iter().zip(&unchanged) {
        assert_eq!(one.areas, other.areas);
    }
    let alpha = [
        "location",
        "add",
        "AA",
        "--name",
        "Example: AA",
        "--area",
        "NORTH=Area",
    ];
    let (code, _, told) = run(&app, &[&alpha[..], &["--from", "2024-01-01"]].concat()).await;
    assert_eq!(code, ExitCode::Ok);
    assert!(
        told.contains("SOUTH (Area) belongs to it until 2023-12-31"),
        "{told}"
    );
    let (code, _, told) = run(
        &app,
        &with(&["--area", "SOUTH=Area", "--from", "2024-01-01"]),
    )
    .await;
    assert_eq!(code, ExitCode::Ok, "{told}");
    let (_, out, _) = run(&app, &["location", "list"]).await;
    assert!(out.contains("SOUTH from 2024-01-01"), "{out}");
    // Repeating the command changes nothing and asks for nothing.
    let (code, _, told) = run(&app, &with(&["--area", "SOUTH=Area"])).await;
    assert_eq!(code, ExitCode::Ok, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_csv_file_has_one_rule_for_formulas() {
    let scene = Scene::new().await;
    let code = LocationCode::parse("FN").unwrap();
    let name = "=HYPERLINK(1)".to_owned();
    let renamed = scene.app.add_location(code, name, None, Vec::new());
    renamed.await.unwrap();
    let (_, out, _) = run(&scene.app, &["rollup", "--level", "all", "--format", "csv"]).await;
    assert!(out.contains(",FN,'=HYPERLINK(1),"), "{out}");
    let page = scene
        .get("/indicators/VAX_PRIMARY.csv?level=location")
        .await
        .body;
    assert!(page.contains(",FN,'=HYPERLINK(1),"), "{page}");
    let overview = scene.get("/").await.body;
    assert!(
        overview.contains("An import removes exactly one."),
        "{overview}"
    );
}
