//! A location whose devices are all lost comes back with its recovery words.

use std::fs;

use crate::{
    network::{Network, set},
    program::Program,
};

#[test]
fn a_location_that_lost_every_device_comes_back_with_its_words() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    desk.run(&set("2022-01", "1000")).ok();
    desk.run(&["sync", "--once"]).ok();
    let field = network.further(&desk, "field");
    let words = network.path("FN.words");
    let words = words.to_str().expect("the path is text");
    // Both are lost; one of them is in somebody else's hands.
    fs::remove_dir_all(&desk.folder).expect("the folder is there");
    // An invite to found the location again is not made.
    let create = ["invite", "create", "FN"];
    network.hub.run(&create).ends_with(3).tells(&["--way-back"]);
    let line = network
        .hub
        .run(&[&create[..], &["--way-back"]].concat())
        .ok();
    // It is no invite to join with, and needs the words of this location.
    let new = network.node("new");
    new.run(&["join", &line])
        .ends_with(3)
        .tells(&["weft-node recover"]);
    let words = &put_together(&network, &new, words);
    let wrong = network.path("wrong.words");
    fs::copy(network.hub.folder.join("root.words"), &wrong).expect("the words are there");
    let wrong = wrong.to_str().expect("the path is text");
    let recover = |words| {
        [
            "recover",
            &line,
            "--device-name",
            "New desk",
            "--words-file",
            words,
        ]
    };
    new.run(&recover(wrong)).ends_with(21).tells(&[
        "refused",
        "keep your recovery words",
        "not those of that location",
    ]);
    new.run(
        &[
            &recover(words)[..],
            &["--revoke", "Desk", "--keep", "field"],
        ]
        .concat(),
    )
    .ends_with(0)
    .tells(&["\"desk\" is revoked", "\"field\" stays"]);
    let list = new
        .run(&["observation", "list", "--json"])
        .json()
        .to_string();
    assert!(list.contains("2022-01"), "{list}");
    new.run(&["verify"]).ok();
    check_goes_on(&network, (&new, &field));
    // The line admits one device.
    let again = network.node("again");
    again
        .run(&recover(words))
        .ends_with(21)
        .tells(&["used before"]);
}

/// The new device is an admin of the location, and the other one hears of it.
fn check_goes_on(network: &Network, (new, field): (&Program, &Program)) {
    new.run(&set("2022-02", "1001")).ok();
    new.run(&["sync", "--once"]).ok();
    assert!(
        network
            .rollup()
            .iter()
            .any(|row| row["period"] == "2022-02")
    );
    new.run(&["device", "invite"]).ok();
    // The other device goes on and hears of it.
    field.run(&["sync", "--once"]).ok();
    let devices = field.run(&["device", "list", "--json"]).json().to_string();
    assert!(devices.contains("New desk"), "{devices}");
}

/// Splits words over three people, and puts two parts together. Returns the file of the words.
fn put_together(network: &Network, new: &Program, words: &str) -> String {
    let part = |name: &str| {
        let part = network.path("parts").join(name);
        part.to_str().expect("the path is text").to_owned()
    };
    let split = [
        "words",
        "split",
        "--parts",
        "3",
        "--need",
        "2",
        "--words-file",
        words,
    ];
    let to = part("");
    new.run(&[&split[..], &["--to", &to]].concat())
        .tells(&["3 parts are in"])
        .ok();
    let joined = network.path("joined.words");
    let joined = joined.to_str().expect("the path is text");
    let one = part("part-3.txt");
    new.run(&["words", "join", &one, "--to", joined])
        .ends_with(2)
        .tells(&["1 of these parts differ, and 2 are needed"]);
    new.run(&["words", "join", &one, &part("part-1.txt"), "--to", joined])
        .ok();
    joined.to_owned()
}

#[test]
fn old_devices_of_which_nothing_was_said_are_named() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let words = network.path("FN.words");
    let words = words.to_str().expect("the path is text");
    let create = ["invite", "create", "FN", "--way-back"];
    let line = network.hub.run(&create).ok();
    let new = network.node("new");
    let recover = [
        "recover",
        &line,
        "--device-name",
        "New desk",
        "--words-file",
        words,
    ];
    new.run(&recover)
        .ends_with(3)
        .tells(&["these old devices can still share", "device revoke 1"]);
    new.run(&["device", "revoke", "Desk"]).ok();
    desk.run(&["sync", "--once"]).ends_with(21);
    // No one comes back to a location that never was.
    let none = ["invite", "create", "RT", "--way-back"];
    network
        .hub
        .run(&none)
        .ends_with(3)
        .tells(&["no device has joined as rt"]);
}
