//! Records for a team alone: its devices read them, and the hub has no byte of them in the clear.

use std::{fs, path::Path};

use crate::{network::Network, program::Program};

fn heard(node: &Program, text: &str) {
    node.run(&["insight", "add", "--text", text]).ok();
}

fn sync(node: &Program) {
    node.run(&["sync", "--once"]).ok();
}

fn told(node: &Program) -> String {
    node.run(&["insight", "list"]).ok()
}

/// Whether any file below a folder holds these bytes.
fn holds(folder: &Path, words: &str) -> bool {
    let inside = fs::read_dir(folder).expect("the folder can be read");
    inside.flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return holds(&path, words);
        }
        let bytes = fs::read(&path).unwrap_or_default();
        bytes
            .windows(words.len())
            .any(|part| part == words.as_bytes())
    })
}

#[test]
fn colleagues_read_what_is_for_the_team_and_the_hub_relays_it_unread() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let early = "Example: the path by the river is dark";
    heard(&desk, early);
    sync(&desk);

    // A device joins while no other is there: it has the entries, and no key to them.
    let invite = desk.run(&["device", "invite", "--role", "admin"]).ok();
    let field = network.node("field");
    field.run(&["join", &invite, "--device-name", "field"]).ok();
    sync(&field);
    assert!(!told(&field).contains(early));
    let status = field.run(&["status", "--json"]).json();
    assert_eq!(
        (&status["sealed"], &status["team_only"]),
        (&1.into(), &0.into()),
        "{status}"
    );
    let words = field.run(&["status"]).ok();
    assert!(words.contains("cannot read yet"), "{words}");
    // It saves for the team meanwhile.
    let meanwhile = "Example: the bridge is closed";
    heard(&field, meanwhile);
    sync(&field);

    // The first gives it the key as soon as it hears of it.
    sync(&desk);
    sync(&field);
    sync(&desk);
    for node in [&desk, &field] {
        let told = told(node);
        assert!(told.contains(early) && told.contains(meanwhile), "{told}");
        let status = node.run(&["status", "--json"]).json();
        assert_eq!(
            (&status["sealed"], &status["team_only"]),
            (&0.into(), &2.into()),
            "{status}"
        );
        node.run(&["verify"]).ok();
    }
    let listed = network.hub.run(&["insight", "list"]).ok();
    assert!(!listed.contains("Example"), "{listed}");
    for words in [early, meanwhile] {
        assert!(
            !holds(&network.hub.folder, words),
            "the hub has \"{words}\""
        );
    }
    network.hub.run(&["doctor"]).ok();

    // Revoked, it reads nothing more, whatever it still gets.
    desk.run(&["device", "revoke", "field"]).ok();
    sync(&desk);
    let later = "Example: only for those who are still here";
    heard(&desk, later);
    sync(&desk);
    field.run(&["sync", "--once"]).ends_with(21);
    assert!(!told(&field).contains(later));
    assert!(!holds(&network.hub.folder, later));
    // A third device has all of it, from before it joined too.
    let third = network.further(&desk, "third");
    sync(&third);
    let told = told(&third);
    for words in [early, meanwhile, later] {
        assert!(told.contains(words), "{told}");
    }
    third.run(&["rebuild"]).ok();
    third.run(&["verify"]).ok();
}
