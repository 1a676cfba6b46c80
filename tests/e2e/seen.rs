//! A location sees itself as the national team and analysts see it, with the built programs.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    network::{Network, set},
    program::Program,
    releases::publish,
};

const PLACE: &str = "/locations/FN";

/// The national team's view, as the node tells it.
fn seen(node: &Program) -> Value {
    node.run(&["sync", "--once"]).ok();
    let line = ["seen", "--by", "national", "--json"];
    let mut said = node.run(&line).json();
    assert!(said["made"].is_string(), "{said}");
    said["seen"].take()
}

fn texts<'a>(all: &'a Value, fields: &[&str]) -> Vec<String> {
    let text = |one: &'a Value, field: &str| -> String {
        let found = field.split('.').fold(one, |at, name| &at[name]);
        match found {
            Value::Array(lines) => {
                let lines = lines.iter().filter_map(Value::as_str);
                lines.collect::<Vec<_>>().join(" ")
            }
            other => other.as_str().unwrap_or_default().to_owned(),
        }
    };
    let all = all.as_array().expect("a list").iter();
    all.map(|one| {
        let parts = fields.iter().map(|field| text(one, field));
        squeezed(&parts.collect::<Vec<_>>().join(" "))
    })
    .collect()
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text of a page's part, without its tags.
fn plain(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        let (_, after) = piece.split_once('>').unwrap_or(("", piece));
        text.push(' ');
        text.push_str(after);
    }
    for (code, character) in [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
    ] {
        text = text.replace(code, character);
    }
    squeezed(&text)
}

/// The parts of a section that begin with a tag, without their tags.
fn lines(page: &str, section: &str, tag: &str) -> Vec<String> {
    let begin = format!("aria-labelledby=\"{section}\"");
    let Some((_, rest)) = page.split_once(&begin) else {
        return Vec::new();
    };
    let (rest, _) = rest.split_once("</section>").expect("sections end");
    let end = tag.replace('<', "</");
    let items = rest.split(tag).skip(1);
    items
        .map(|item| plain(item.split(&*end).next().unwrap_or(item)))
        .collect()
}

/// Compares each part of the page of the location with what the node says.
fn same(network: &Network, seen: &Value) {
    let page = network.get(PLACE, None);
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    let parts: [(&str, &str, &[&str]); 4] = [
        (
            "doing",
            "doing",
            &["name", "status.words", "description", "meta"],
        ),
        (
            "shifted",
            "shifted",
            &["words", "status.words", "more", "when"],
        ),
        ("says", "sayings", &["what", "words", "meta"]),
        (
            "matters",
            "matters",
            &["what", "meta", "words", "priority.words", "priority.why"],
        ),
    ];
    for (section, name, fields) in parts {
        let shown: Vec<String> = lines(&page, section, "<li>")
            .iter()
            .map(|line| squeezed(&line.replace(['“', '”'], " ")))
            .collect();
        let said: Vec<String> = texts(&seen[name], fields)
            .iter()
            .map(|line| squeezed(&line.replace(['“', '”'], " ")))
            .collect();
        assert_eq!(shown, said, "{section}");
    }
    let insights = texts(&seen["insights"], &["words", "meta"]);
    let shown = lines(&page, "ins", "<li>").into_iter();
    let shown: Vec<String> = shown
        .map(|line| squeezed(&line.replace(['“', '”'], " ")))
        .collect();
    assert_eq!(shown, insights, "insights");
    figures(&page, seen);
    assert!(page.contains(seen["lede"].as_str().expect("a sentence")));
    for fact in seen["facts"].as_array().expect("facts") {
        let (name, number) = (fact[0].as_str().expect("text"), fact[1].as_str());
        let shown = format!("<dt>{name}</dt><dd>{}</dd>", number.expect("text"));
        assert!(page.contains(&shown), "{shown}");
    }
}

/// Compares the rows of figures: name, period, value, and change.
fn figures(page: &str, seen: &Value) {
    let rows = lines(page, "place", "<tr>");
    let rows = rows.get(1..).unwrap_or_default();
    let said = seen["figures"].as_array().expect("a list");
    assert_eq!(rows.len(), said.len(), "{rows:?}");
    for (row, one) in rows.iter().zip(said) {
        for field in ["name", "when", "own", "group", "chip", "moved"] {
            let text = one[field].as_str().unwrap_or_default();
            assert!(row.contains(&squeezed(text)), "{field} {text}: {row}");
        }
        let series = one["series"].as_array().expect("a list");
        assert!(!series.is_empty(), "{one}");
    }
}

/// Compares each record with what the hub's own commands list, field by field.
fn records(network: &Network, seen: &Value) -> BTreeMap<String, Value> {
    let mut listed = BTreeMap::new();
    for what in ["plan", "insight"] {
        let rows = network
            .hub
            .run(&[what, "list", "--location", "FN", "--json"])
            .json();
        for mut row in rows.as_array().expect("a list").clone() {
            let fields = row["fields"].as_object_mut().expect("fields");
            fields.retain(|_, values| {
                let values = values.as_array().expect("values");
                values.iter().any(|one| one != "")
            });
            let id = row["id"].as_str().expect("an id").to_owned();
            listed.insert(id, row);
        }
    }
    let said = seen["records"].as_array().expect("a list");
    assert_eq!(said.len(), listed.len(), "{said:?}: {listed:?}");
    for one in said {
        let row = &listed[one["id"].as_str().expect("an id")];
        for field in ["kind", "audience"] {
            assert_eq!(one[field], row[field], "{one}: {row}");
        }
        assert_eq!(one["words"].as_str(), row["words"].as_str(), "{row}");
        let fields = one["fields"].as_array().expect("pairs").iter();
        let fields: BTreeMap<&str, &Value> = fields
            .map(|pair| (pair[0].as_str().expect("a name"), &pair[1]))
            .collect();
        let theirs = row["fields"].as_object().expect("fields");
        assert_eq!(fields.len(), theirs.len(), "{one}: {row}");
        for (name, values) in theirs {
            assert_eq!(fields[&**name], values, "{name}: {one}");
        }
    }
    listed
}

fn add(node: &Program, kind: &str, fields: &[&str]) -> String {
    let line = [&[kind, "add"], fields, &["--audience", "network"]].concat();
    node.run(&line).ok().trim().to_owned()
}

/// Writes a record of each kind for the network, and one for the team. Returns the ids of an
/// initiative and of an insight for the network.
fn fill(node: &Program) -> (String, String) {
    let outcome = add(
        node,
        "outcome",
        &[
            "--name",
            "Example: children are well & protected",
            "--priority",
            "yes",
        ],
    );
    let garden = add(
        node,
        "initiative",
        &[
            "--name",
            "Example: Māra kai <b>garden</b>",
            "--description",
            "Example: begun with \"forty\" gardens",
            "--status",
            "testing",
            "--outcomes",
            &outcome,
        ],
    );
    add(
        node,
        "action",
        &["--what", "Example: dig", "--initiative", &garden],
    );
    add(
        node,
        "marker",
        &[
            "--condition",
            "policies",
            "--to",
            "Example: the council asks first",
            "--evidence",
            "Example: minutes",
        ],
    );
    add(
        node,
        "opportunity",
        &["--what", "Example: an empty hall", "--who", "community"],
    );
    let heard = add(
        node,
        "insight",
        &[
            "--text",
            "Example: kai brings us together",
            "--consent",
            "network",
            "--attribution",
            "none",
        ],
    );
    // A record that stays with the team is in neither.
    node.run(&[
        "initiative",
        "add",
        "--name",
        "Example: secret plan",
        "--audience",
        "team",
    ])
    .ok();
    (garden, heard)
}

#[test]
fn a_team_sees_exactly_what_the_national_team_sees_and_a_record_vanishes_from_both() {
    let network = Network::start();
    let node = network.founded("FN", "desk");
    let said = node.run(&["seen", "--by", "national", "--json"]);
    assert!(said.code == 0 || said.code == 3, "{}", said.err);
    let (garden, heard) = fill(&node);
    node.run(&set("2022-12", "49461")).ok();
    node.run(&set("2023-01", "50000")).ok();

    let first = seen(&node);
    same(&network, &first);
    let listed = records(&network, &first);
    assert!(listed.contains_key(&garden) && listed.contains_key(&heard));
    assert_eq!(
        first["figures"][0]["series"].as_array().map(Vec::len),
        Some(2)
    );
    assert!(!first.to_string().contains("secret plan"), "{first}");
    let text = node.run(&["seen", "--by", "national"]).ok();
    assert!(text.contains("Māra kai <b>garden</b>"), "{text}");

    // One record goes back to the team, and is gone from both.
    node.run(&["initiative", "edit", &garden, "--audience", "team"])
        .ok();
    let later = seen(&node);
    same(&network, &later);
    assert!(!records(&network, &later).contains_key(&garden));
    assert_eq!(later["doing"].as_array().map(Vec::len), Some(0), "{later}");
    assert!(!network.get(PLACE, None).contains("Māra kai"));
    assert!(!later.to_string().contains("Māra kai"), "{later}");
    // The rest is as it was, and no one read anything of it by this.
    assert_eq!(later["insights"], first["insights"]);
}

/// The rows of a release's files are the rows that the location is shown, withheld ones included.
#[test]
fn a_team_sees_its_rows_of_a_release_as_they_stand_in_its_files() {
    let network = Network::start();
    let mut nodes = Vec::new();
    for (code, area) in [("FN", "FAR_NORTH"), ("RT", "ROTORUA")] {
        let node = network.founded(code, code);
        let adopt = [
            "indicator",
            "adopt",
            "VAX_PRIMARY",
            "--audience",
            "released",
        ];
        node.run(&adopt).ok();
        for (period, numerator) in [("2022-12", "49461"), ("2023-01", "3")] {
            let mut line = [&set(period, numerator)[..], &["--confirm", "jump"]].concat();
            line[4] = area;
            node.run(&line).ok();
        }
        node.run(&["release", "agree", "VAX_PRIMARY"]).ok();
        node.run(&["sync", "--once"]).ok();
        nodes.push(node);
    }
    let none = nodes[0].run(&["seen", "--by", "analyst", "--json"]).json();
    assert_eq!(none.as_array().map(Vec::len), Some(0));
    let id = publish(&network, "vaccination", &["VAX_PRIMARY"]);
    nodes[0].run(&["sync", "--once"]).ok();
    let seen = nodes[0].run(&["seen", "--by", "analyst", "--json"]).json();
    assert_eq!(seen[0]["release"], id, "{seen}");
    let rows = seen[0]["rows"].as_array().expect("rows");

    let file = network.get(&format!("/data/{id}/vaccination.csv"), None);
    let (_, file) = file.split_once("\r\n\r\n").expect("a body");
    let mut file = file.lines();
    let names: Vec<&str> = file.next().expect("a heading").split(',').collect();
    let written: Vec<Vec<&str>> = file.map(|line| line.split(',').collect()).collect();
    let at = |name: &str| names.iter().position(|one| *one == name).expect("a column");
    assert_eq!(rows.len(), written.len(), "{seen}");
    assert!(rows.len() >= 2, "{seen}");
    for (row, line) in rows.iter().zip(&written) {
        for name in [
            "period",
            "value",
            "numerator",
            "denominator",
            "conf_status",
            "obs_status",
        ] {
            let said = match &row[name] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            assert_eq!(said, line[at(name)], "{name}: {row}");
        }
    }
    assert!(rows.iter().any(|row| row["conf_status"] == "C"), "{seen}");
    let text = nodes[0].run(&["seen", "--by", "analyst"]).ok();
    assert!(text.contains(&id) && text.contains("withheld"), "{text}");
}
