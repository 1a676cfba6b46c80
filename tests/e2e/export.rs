//! Exported Automerge documents, read by Automerge's own JavaScript library.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    judge,
    network::{Network, data, set},
};

#[test]
fn javascript_reads_what_the_program_exports() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let field = network.further(&desk, "field");
    let published = data("nz-vaccination-by-territorial-authority.csv");
    desk.run(&["import", "observations", &published, "--own-areas"])
        .ok();
    for (node, numerator) in [(&desk, "49461"), (&field, "49581")] {
        node.run(&set("2023-06", numerator)).ok();
        let name = format!("Example: Māra kai \"{numerator}\" 🌱");
        node.run(&[
            "initiative",
            "add",
            "--name",
            &name,
            "--audience",
            "network",
        ])
        .ok();
        node.run(&["action", "add", "--what", "Example: for the team"])
            .ok();
    }
    let insight = [
        "insight",
        "add",
        "--text",
        "Example: water first",
        "--audience",
        "network",
    ];
    let consent = ["--consent", "network", "--attribution", "none"];
    desk.run(&[&insight[..], &consent].concat()).ok();
    for node in [&desk, &field, &desk] {
        node.run(&["sync", "--once"]).ok();
    }
    let to = network.path("export");
    let text = to.to_str().expect("the path is text");
    desk.run(&["export", "--to", text, "--format", "automerge"])
        .ok();
    let files = listed(&to);
    let said = judge::check(&to).expect("the same content");
    assert_eq!(
        said,
        format!("{} documents read, 0 differences\n", files.len())
    );
    for name in [
        "plan",
        "team",
        "profile",
        "observations/2023",
        "definitions",
        "network",
    ] {
        assert!(
            files.iter().any(|(listed, _)| listed == name),
            "{name}: {files:?}"
        );
    }
    let read = |wanted: &str| {
        let mut found = files.iter().filter(|(name, _)| name == wanted);
        let dump = to.join(&found.next().expect("it is listed").1);
        fs::read_to_string(dump).expect("it can be read")
    };
    // Both values of one thing, and the words of both devices, are part of the comparison.
    let observations = read("observations/2023");
    assert!(observations.contains("49461") && observations.contains("49581"));
    assert!(read("plan").contains("Māra kai") && read("team").contains("for the team"));
}

/// Returns the documents listed in `manifest.json`: the name, and the file with their text.
fn listed(export: &Path) -> Vec<(String, String)> {
    let manifest = fs::read(export.join("manifest.json")).expect("a manifest");
    let manifest: Vec<Value> = serde_json::from_slice(&manifest).expect("a list");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let pair = |one: &Value| (text(&one["name"]), text(&one["dump"]));
    manifest.iter().map(pair).collect()
}
