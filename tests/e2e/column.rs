//! Acceptance 14 of the backbone: a location's own column of the line of sight, computed offline,
//! is the hub's, cell by cell, with the built programs.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    network::{Network, set},
    program::Program,
};

const PERIOD: &str = "FY2023";

/// A cell, each of its marks under a name.
type Cell = BTreeMap<String, String>;

/// Text of a value: numbers and words alike, nothing for what is not stated.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn money(
    amount: &'static str,
    identifier: &'static str,
    places: &'static str,
) -> Vec<&'static str> {
    let fields = [
        ("--title", "Example: contract"),
        ("--funder", "Example: ministry"),
        ("--kind", "cash"),
        ("--amount", amount),
        ("--from", "2022-07-01"),
        ("--to", "2023-06-30"),
        ("--status", "committed"),
        ("--identifier", identifier),
        ("--source", "Example: letter"),
        ("--locations", places),
        ("--outcomes", "VAX"),
    ];
    let fields = fields.into_iter().flat_map(|(name, text)| [name, text]);
    ["investment", "add"].into_iter().chain(fields).collect()
}

/// The national team's statements: outcomes, targets and money, some of it for several.
fn fill_hub(hub: &Program) {
    let run = |line: &str| hub.run(&line.split(' ').collect::<Vec<_>>()).ok();
    run("outcome add VAX --name Protected --headline VAX_PRIMARY");
    run("outcome add KAI --name Fed");
    run("target set VAX_PRIMARY --value 90 --period 2023-12 --breakdown age=12+ --why Example");
    hub.run(&money("100000", "EX-1", "FN")).ok();
    hub.run(&money("90000", "EX-2", "ALL")).ok();
    hub.run(&[&money("5", "EX-3", "RT")[..], &["--part-of", "EX-2"]].concat())
        .ok();
    let line = "investment line EX-1 --what committed --period FY2023 --amount 60000";
    run(&format!("{line} --location FN --outcome VAX"));
    let line = "investment line EX-2 --what spent --period FY2023 --amount 900";
    run(&format!("{line} --location FN --location RT --outcome VAX"));
}

/// A location's own: figures, priorities, work, markers, and money that the hub states otherwise.
fn fill_node(node: &Program) {
    let run = |line: &str| node.run(&line.split(' ').collect::<Vec<_>>()).ok();
    for (period, count) in [("2021-12", "50000"), ("2022-12", "51000")] {
        node.run(&set(period, count)).ok();
    }
    let by = "--priority yes --by elders --why Example --audience network";
    let shared = run(&format!("outcome add --name Safe --shared VAX {by}"));
    let own = run("outcome add --name Warm --priority yes --audience network");
    let of = format!("--outcomes {} --audience network", shared.trim());
    let initiative = run(&format!(
        "initiative add --name Clinics --status testing {of}"
    ));
    run(&format!("initiative add --name Vans {of}"));
    let work = format!("--outcomes {}", own.trim());
    run(&format!(
        "initiative add --name Heaters --status scaling --audience network {work}"
    ));
    run(&format!("initiative add --name Kept {of}").replace("network", "team"));
    let action = format!("--initiative {} --audience network", initiative.trim());
    run(&format!("action add --what Ring --due 2020-01-01 {action}"));
    run(&format!("action add --what Write {action}"));
    run(&format!(
        "marker add --condition Water --on 2022-09-01 {of}"
    ));
    node.run(
        &[
            &money("80000", "EX-1", "FN")[..],
            &["--audience", "network"],
        ]
        .concat(),
    )
    .ok();
    let mut proposed = money("7", "EX-9", "FN");
    proposed.extend(["--audience", "network"]);
    let status = proposed.iter().position(|word| *word == "committed");
    proposed[status.expect("a status")] = "proposed";
    node.run(&proposed).ok();
}

/// The initiatives by stage as the hub writes them.
fn stages(stages: &Value) -> String {
    let stages = stages.as_object().expect("stages").iter();
    let mut all: Vec<String> = stages
        .map(|(stage, count)| format!("{} {count}", stage.replace('_', " ")))
        .collect();
    all.sort();
    all.join(", ")
}

/// The sum of cash in New Zealand dollars of a measure and part.
fn cash(row: &Value, measure: &str, part: &str) -> String {
    let mut money = row["money"].as_array().expect("money").iter();
    let found = money.find(|one| one["measure"] == measure && one["part"] == part);
    found.map(|one| text(&one["value"])).unwrap_or_default()
}

/// The need that stands first, as a cell shows it.
fn headline(row: &Value) -> Value {
    let needs = row["needs"].as_array().expect("needs");
    let first = needs.first();
    let same = |one: &&Value| Some(&one["indicator"]) == first.map(|first| &first["indicator"]);
    let known = needs
        .iter()
        .filter(same)
        .find(|one| !one["value"].is_null());
    known.or(first).cloned().unwrap_or_default()
}

fn of_node(row: &Value) -> (String, Cell) {
    let (need, work) = (headline(row), &row["work"]);
    let mut cell = Cell::new();
    let mut put = |name: &str, text: String| cell.insert(name.to_owned(), text);
    put("name", text(&row["name"]));
    for name in ["period", "value", "gap"] {
        put(name, text(&need[name]));
    }
    put("indicator", text(&need["indicator"]));
    for name in ["on", "by", "why"] {
        put(&format!("priority_{name}"), text(&row["priority"][name]));
    }
    put("stages", stages(&work["initiatives"]));
    for name in ["open", "overdue", "markers"] {
        put(name, text(&work[name]));
    }
    for measure in ["committed", "spent", "in_force"] {
        put(measure, cash(row, measure, "divided"));
        put(&format!("{measure}_shared"), cash(row, measure, "shared"));
    }
    for name in ["proposed", "withheld"] {
        put(
            name,
            row[name].as_array().expect("a list").len().to_string(),
        );
    }
    let outcome = match row["outcome"].as_str() {
        Some(outcome) => outcome.to_owned(),
        None => "not stated".to_owned(),
    };
    (outcome, cell)
}

fn of_hub(row: &Value) -> (String, Cell) {
    let mut cell = Cell::new();
    let mut put = |name: &str, key: &str| cell.insert(name.to_owned(), text(&row[key]));
    for (name, key) in [
        ("name", "outcome_name"),
        ("indicator", "indicator_code"),
        ("open", "actions_open"),
        ("overdue", "actions_overdue"),
    ] {
        put(name, key);
    }
    for name in ["period", "value", "gap", "markers", "proposed", "withheld"] {
        put(name, name);
    }
    for name in ["priority_on", "priority_by", "priority_why"] {
        put(name, name);
    }
    for measure in ["committed", "spent", "in_force"] {
        put(measure, &format!("cash_nzd_{measure}"));
        let shared = format!("{measure}_shared");
        put(&shared, &format!("cash_nzd_{shared}"));
    }
    let all = text(&row["initiatives_by_status"]);
    let mut stages: Vec<&str> = all.split(", ").filter(|one| !one.is_empty()).collect();
    stages.sort_unstable();
    cell.insert("stages".to_owned(), stages.join(", "));
    (text(&row["outcome"]), cell)
}

/// Each need by outcome, indicator and part: its numbers.
fn needs_of_node(column: &Value) -> BTreeMap<String, Vec<String>> {
    let rows = column["outcomes"].as_array().expect("a list").iter();
    let needs = rows.flat_map(|row| {
        let needs = row["needs"].as_array().expect("a list").iter();
        needs.map(|need| {
            let part = text(&need["breakdown"]).replace("%2B", "+");
            let of = format!(
                "{} {} {part}",
                text(&row["outcome"]),
                text(&need["indicator"])
            );
            (of, NUMBERS.iter().map(|name| text(&need[*name])).collect())
        })
    });
    needs.collect()
}

fn needs_of_hub(network: &Network) -> BTreeMap<String, Vec<String>> {
    let path = format!("/investment/need.csv?location=FN&period={PERIOD}");
    let answer = network.get(&path, None);
    let (_, file) = answer.split_once("\r\n\r\n").expect("a body");
    let mut rows = csv::Reader::from_reader(file.trim_start_matches('\u{feff}').as_bytes());
    let rows = rows.deserialize::<BTreeMap<String, String>>();
    let needs = rows.map(|row| {
        let row = row.unwrap_or_else(|error| panic!("{error}: {answer}"));
        let part = match row["breakdown"].as_str() {
            "" | "total" => "total".to_owned(),
            name => format!("{name}={}", row["breakdown_value"]),
        };
        let of = format!("{} {} {part}", row["outcome"], row["indicator_code"]);
        (of, NUMBERS.iter().map(|name| row[*name].clone()).collect())
    });
    needs.collect()
}

/// The numbers of a need.
const NUMBERS: [&str; 6] = [
    "numerator",
    "denominator",
    "value",
    "target",
    "gap",
    "change",
];

#[test]
fn our_column_offline_is_the_hubs_cell_by_cell() {
    let mut network = Network::start();
    fill_hub(&network.hub);
    let node = network.founded("FN", "desk");
    fill_node(&node);
    node.run(&["sync", "--once"]).ok();
    let ask = ["line-of-sight", "--period", PERIOD, "--json"];
    let at_hub = network.hub.run(&[&ask[..], &["--location", "FN"]].concat());
    let at_hub = at_hub.json();
    let needs = needs_of_hub(&network);
    network.kill_hub();
    let column = node.run(&ask).json();
    let ours = column["outcomes"].as_array().expect("a list");
    let ours: BTreeMap<String, Cell> = ours.iter().map(of_node).collect();
    let hubs = at_hub.as_array().expect("a list");
    let hubs: BTreeMap<String, Cell> = hubs.iter().map(of_hub).collect();
    assert_eq!(ours, hubs);
    assert_eq!(needs_of_node(&column), needs);
    // The column says something in each mark.
    let vax = &ours["VAX"];
    for name in [
        "value",
        "gap",
        "priority_why",
        "stages",
        "committed",
        "spent_shared",
        "in_force",
        "in_force_shared",
    ] {
        assert!(!vax[name].is_empty(), "{name}: {vax:?}");
    }
    let counts = ["open", "overdue", "markers", "proposed"].map(|name| vax[name].as_str());
    assert_eq!(counts, ["2", "1", "1", "1"]);
    assert_eq!(
        vax["stages"], "not stated 1, testing 1",
        "what the team keeps is not counted"
    );
    assert!(
        ours.len() >= 4,
        "VAX, KAI, our own, and not stated: {ours:?}"
    );
}
