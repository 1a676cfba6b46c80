//! An insight's words go only as far as their teller agreed, and are gone once taken back. The
//! tests check the bytes of the stores, not the programs' output.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use crate::{network::Network, program::Program};

/// Maximum time until the hub reads a mark into its documents. It only ends a test that fails.
const FORGET_TIME_MAX: Duration = Duration::from_secs(30);
const SHARED: [&str; 6] = [
    "--audience",
    "network",
    "--consent",
    "network",
    "--attribution",
    "none",
];

#[test]
fn private_words_are_in_no_file_of_the_hub() {
    let network = Network::start();
    let node = network.founded("FN", "desk");
    // Private at first, then shared in other words.
    let id = heard(&node, "Example: raw, first", &[]);
    edit(&node, &id, Some("Example: said, first"), &SHARED);
    sync(&node);
    // Shared, then made private with other words; also with an earlier private and shared version.
    let id = heard(&node, "Example: said, second", &SHARED);
    edit(&node, &id, Some("Example: raw, second"), &TEAM);
    let id = heard(&node, "Example: said, third", &SHARED);
    sync(&node);
    edit(&node, &id, Some("Example: raw, third"), &TEAM);
    sync(&node);
    edit(&node, &id, Some("Example: raw, third again"), &[]);
    edit(&node, &id, Some("Example: told, third"), &SHARED);
    sync(&node);
    // The same by the forms of the pages.
    let id = heard(&node, "Example: raw, fourth", &SHARED[2..]);
    edit(&node, &id, Some("Example: said, fourth"), &[]);
    by_form(&node, &id, "network");
    sync(&node);
    by_form(&node, &id, "team");
    edit(&node, &id, Some("Example: raw, fourth again"), &[]);
    sync(&node);
    // Private beside something shared, and taken back.
    let id = heard(&node, "Example: raw, fifth", &[]);
    heard(&node, "Example: said, fifth", &SHARED);
    sync(&node);
    node.run(&["insight", "withdraw", &id, "--yes"]).ok();
    sync(&node);
    let listed = network.hub.run(&["insight", "list"]).ok();
    for told in ["said, first", "told, third", "said, fifth"] {
        assert!(listed.contains(told), "{told} is not in {listed}");
    }
    assert_eq!(files_with(&network.hub.folder, "Example: raw"), NONE);
    node.run(&["verify"]).ok();
}

#[test]
fn words_taken_back_are_in_no_file_at_all() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let field = network.further(&desk, "field");
    // Shared, told again in other words, and taken back.
    let later = heard(&desk, "Example: gone, first", &SHARED);
    sync(&desk);
    edit(&desk, &later, Some("Example: gone, first again"), &[]);
    // Shared first, then made private, then taken back.
    let kept = heard(&desk, "Example: gone, second", &SHARED);
    sync(&desk);
    sync(&field);
    edit(&desk, &kept, None, &TEAM);
    sync(&desk);
    assert_ne!(files_with(&network.hub.folder, "Example: gone"), NONE);
    assert_ne!(files_with(&field.folder, "Example: gone"), NONE);
    for id in [&later, &kept] {
        desk.run(&["insight", "withdraw", id, "--yes"]).ok();
    }
    sync(&desk);
    sync(&field);
    for folder in [&desk.folder, &field.folder, &network.hub.folder] {
        let begin = Instant::now();
        while files_with(folder, "Example: gone") != NONE && begin.elapsed() < FORGET_TIME_MAX {
            thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(files_with(folder, "Example: gone"), NONE);
    }
    let to = network.path("export");
    let path = to.to_str().expect("the path is text");
    desk.run(&["export", "--to", path, "--format", "automerge"])
        .ok();
    assert_eq!(files_with(&to, "Example: gone"), NONE);
    assert_eq!(files_with(&to.join("words"), "Example: gone"), NONE);
}

const NONE: [String; 0] = [];
const TEAM: [&str; 2] = ["--audience", "team"];

fn sync(node: &Program) {
    node.run(&["sync", "--once"]).ok();
}

/// Adds an insight, and returns its id.
fn heard(node: &Program, text: &str, terms: &[&str]) -> String {
    node.run(&[&["insight", "add", "--text", text], terms].concat())
        .ok()
}

fn edit(node: &Program, id: &str, text: Option<&str>, terms: &[&str]) {
    let text = text.map_or_else(Vec::new, |text| vec!["--text", text]);
    node.run(&[&["insight", "edit", id], &text[..], terms].concat())
        .ok();
}

/// Chooses another audience as a browser would.
fn by_form(node: &Program, id: &str, audience: &str) {
    let running = node.start(&["--http", "127.0.0.1:0"], 1);
    let launch = running.line("pages ").trim_start_matches("http://");
    let (host, path) = launch.split_once('/').expect("an address with a path");
    let cookie = ask(host, &format!("GET /{path} HTTP/1.1"), "", "");
    let cookie = cookie
        .lines()
        .find_map(|line| line.split_once("et-cookie: ").map(|(_, value)| value))
        .and_then(|value| value.split(';').next())
        .unwrap_or_else(|| panic!("no cookie: {cookie}"));
    let head = format!("Cookie: {cookie}\r\nSec-Fetch-Site: same-origin\r\n");
    let form = format!("consent=network&attribution=none&audience={audience}");
    let answer = ask(host, &format!("POST /insights/{id} HTTP/1.1"), &head, &form);
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
}

fn ask(host: &str, line: &str, head: &str, form: &str) -> String {
    let mut stream = TcpStream::connect(host).expect("the pages answer");
    let request = format!(
        "{line}\r\nHost: {host}\r\n{head}Connection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).expect("they listen");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("they answer");
    answer
}

/// Returns the files of a folder that contain `words` anywhere in their bytes.
fn files_with(folder: &Path, words: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let found = entries.filter(|entry| {
        let bytes = fs::read(entry.path()).unwrap_or_default();
        let mut windows = bytes.windows(words.len());
        windows.any(|window| window == words.as_bytes())
    });
    found
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}
