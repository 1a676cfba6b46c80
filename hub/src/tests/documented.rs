//! Compares the JSON that `--help` describes with the JSON that is printed.

use std::collections::BTreeSet;

use clap::CommandFactory as _;
use serde_json::Value;
use weft_host::output::ExitCode;

use super::commands;
use crate::{
    app::AppHandle,
    commands::cli::Cli,
    kit::{self, Device},
};

async fn json(app: &AppHandle, line: &str) -> Value {
    let arguments: Vec<&str> = line.split(' ').chain(["--json"]).collect();
    let (code, out, _) = commands::run(app, &arguments).await;
    assert_eq!(code, ExitCode::Ok, "{line}");
    serde_json::from_str(&out).unwrap()
}

/// Returns the command that `line` names, with its long help.
fn help(line: &str) -> String {
    let mut command = Cli::command();
    for word in line.split(' ') {
        command = command.find_subcommand(word).unwrap().clone();
    }
    command.render_long_help().to_string()
}

/// Returns the names on the first level after "JSON: ".
fn documented(help: &str) -> BTreeSet<String> {
    let (_, shape) = help
        .split_once("JSON: ")
        .expect("--help says what --json prints");
    let (mut names, mut name, mut depth) = (BTreeSet::new(), String::new(), 0);
    for c in shape.chars().skip_while(|c| *c != '{') {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            'a'..='z' | '0'..='9' | '_' if depth == 1 => name.push(c),
            _ => {}
        }
        if !matches!(c, 'a'..='z' | '0'..='9' | '_') && !name.is_empty() {
            names.insert(std::mem::take(&mut name));
        }
        if depth == 0 {
            break;
        }
    }
    names
}

#[test]
fn every_command_with_json_says_what_it_prints() {
    fn walk(command: &clap::Command, path: &str, silent: &mut Vec<String>) {
        let has_json = command.get_arguments().any(|arg| arg.get_id() == "json");
        let help = command.clone().render_long_help().to_string();
        if has_json && !help.contains("JSON:") {
            silent.push(path.to_owned());
        }
        for inner in command.get_subcommands() {
            walk(inner, &format!("{path} {}", inner.get_name()), silent);
        }
    }
    let mut silent = Vec::new();
    walk(&Cli::command(), "weft-hub", &mut silent);
    assert!(
        silent.is_empty(),
        "--help does not name the JSON of {silent:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_names_in_help_are_the_names_that_come_out() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    Device::found(&app, &code).await;
    app.create_token("Dashboard").await.unwrap();
    for line in [
        "status",
        "doctor",
        "location list",
        "device list",
        "invite list",
        "token list",
        "rebuild",
    ] {
        let found = json(&app, line).await;
        let one = found.get(0).unwrap_or(&found);
        let names: BTreeSet<String> = one.as_object().unwrap().keys().cloned().collect();
        assert_eq!(documented(&help(line)), names, "{line}");
    }
}

#[test]
fn the_help_of_rollup_names_every_column() {
    let help = help("rollup");
    let words: Vec<&str> = help
        .split(|c: char| !matches!(c, 'a'..='z' | '0'..='9' | '_'))
        .filter(|word| !word.is_empty())
        .collect();
    let mut rest = words.as_slice();
    for column in weft_shared::rollup::COLUMNS {
        let at = rest.iter().position(|word| word == column);
        let at = at.unwrap_or_else(|| panic!("{column} is not named in its place: {help}"));
        rest = &rest[at + 1..];
    }
}
