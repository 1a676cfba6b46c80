//! House rules that neither the compiler nor clippy checks. Each message says what to do.

mod repository;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use weft_shared::wire::Message;

use self::repository::{File, Problems, file, files, numbered, root};

const FILE_LINES_MAX: usize = 500;
const LINE_COLUMNS_MAX: usize = 100;
const FILE_BYTES_MAX: usize = 200_000;

#[test]
fn files_are_short_and_lines_fit() {
    let mut problems = Problems::default();
    for file in sources(&[".rs", ".sql", ".sh", ".css", ".js"]) {
        let lines = file.text.lines().count();
        if lines > FILE_LINES_MAX {
            let what = format!("{lines} lines: split it by idea, not by type");
            problems.add(&file, 0, &what);
        }
        let mut expected_output = false;
        for (number, line) in numbered(&file.text) {
            let columns = line.chars().count();
            expected_output |= line.contains("expect![[r#");
            expected_output &= !line.contains("#]]");
            // Neither a URL nor a program's output can be broken.
            let fixed = expected_output || line.contains("://");
            if columns > LINE_COLUMNS_MAX && !fixed {
                problems.add(&file, number, &format!("{columns} columns: break the line"));
            }
        }
    }
    problems.report(&format!(
        "A file has at most {FILE_LINES_MAX} lines, a line at most {LINE_COLUMNS_MAX} columns."
    ));
}

#[test]
fn every_file_says_first_what_it_is() {
    let mut problems = Problems::default();
    for file in sources(&[".rs"]) {
        if !file.text.starts_with("//! ") {
            problems.add(&file, 1, "begin it with `//! ` and one sentence");
        }
    }
    for file in sources(&[".sql"]) {
        if !file.text.starts_with("-- ") {
            problems.add(&file, 1, "begin it with `-- ` and one sentence");
        }
    }
    problems.report("The first line of a file says what it is.");
}

#[test]
fn nothing_is_left_for_later() {
    // Spelt in two halves, or this file would find itself.
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("#[ig", "nore"),
        concat!("not yet imple", "mented"),
    ];
    let mut problems = Problems::default();
    for file in sources(&[
        ".rs", ".sql", ".html", ".css", ".js", ".sh", ".toml", "/all", "/run",
    ]) {
        for (number, line) in numbered(&file.text) {
            for mark in marks.iter().filter(|mark| line.contains(**mark)) {
                problems.add(&file, number, &format!("has `{mark}`"));
            }
        }
    }
    problems.report("Nothing is left for later: do it now, or write an issue and say so there.");
}

#[test]
fn manifests_name_only_what_their_layer_may_use() {
    let mut problems = Problems::default();
    for (path, allowed) in [
        ("shared/Cargo.toml", SHARED_DEPENDENCIES),
        ("shared/host/Cargo.toml", "weft-shared"),
        ("shared/store/Cargo.toml", "weft-shared weft-host"),
        ("node/Cargo.toml", "weft-shared weft-host weft-store"),
        ("hub/Cargo.toml", "weft-shared weft-host weft-store"),
    ] {
        let file = file(path);
        let pure = path == "shared/Cargo.toml";
        for name in dependencies(&file.text) {
            // Documents are called only through shared, behind the gate.
            let ours = pure || name.starts_with("weft-") || name == "automerge";
            if ours && !has_word(allowed, &name) {
                problems.add(&file, 0, &format!("must not depend on `{name}`"));
            }
        }
    }
    problems.report(
        "host -> shared; store -> host, shared; node and hub -> all three; shared depends on \
         nothing that touches the world. Move the code to the layer that may use it.",
    );
}

#[test]
fn shared_touches_nothing() {
    let banned = ["fs", "net", "env", "thread", "process", "os"];
    let mut problems = Problems::default();
    for file in rust_in("shared/src") {
        // Tests read their vectors.
        if is_test(&file) {
            continue;
        }
        for path in imports(&file.text, "std::") {
            if banned.contains(&path[0].as_str()) {
                problems.add(&file, 0, &format!("uses `std::{}`", path[0]));
            }
        }
    }
    problems.report("shared performs no I/O: take bytes, time and seeds as arguments.");
}

#[test]
fn modules_import_in_one_direction() {
    let rules = MODULES
        .lines()
        .filter_map(|line| line.trim().split_once(':'));
    let rules: BTreeMap<&str, &str> = rules.collect();
    let mut problems = Problems::default();
    for file in sources(&[".rs"]).into_iter().filter(|file| !is_test(file)) {
        let Some((root, rest)) = file.path.split_once("/src/") else {
            continue;
        };
        let module = rest.split(['/', '.']).next().unwrap_or_default();
        let Some(allowed) = rules.get(format!("{root} {module}").as_str()) else {
            continue;
        };
        for path in imports(&file.text, "crate::") {
            let used = &path[0];
            let ruled = rules.contains_key(format!("{root} {used}").as_str());
            // The protocol's limits are plain numbers, and every part of it has some.
            let limits = path.join("::") == "wire::limits";
            if ruled && !limits && used != module && !has_word(allowed, used) {
                problems.add(&file, 0, &format!("`{module}` must not import `{used}`"));
            }
        }
    }
    problems.report(
        "Modules import in one direction; the table is MODULES in tests/tidy.rs. Move what both \
         need down, or pass it as an argument.",
    );
}

#[test]
fn node_and_hub_do_not_name_each_other() {
    let mut problems = Problems::default();
    for (folder, other) in [("node/src", "weft_hub"), ("hub/src", "weft_node")] {
        for file in rust_in(folder) {
            for (number, line) in numbered(&file.text).filter(|(_, line)| line.contains(other)) {
                problems.add(&file, number, &format!("names {other}: {}", line.trim()));
            }
        }
    }
    problems.report("What node and hub both need belongs into shared or shared/host.");
}

#[test]
fn documents_have_one_caller_and_one_dictionary() {
    let mut problems = Problems::default();
    let keys: BTreeSet<String> = constants(&file("shared/src/model/schema.rs").text).collect();
    assert!(
        keys.len() > 3,
        "schema.rs no longer declares keys as `pub const NAME: &str`"
    );
    for file in rust_in("shared/src") {
        let documents = file.path.starts_with("shared/src/document");
        let code = without_comments(&file.text);
        if !documents && !is_test(&file) && code.contains("automerge::") {
            problems.add(&file, 0, "calls Automerge outside shared/src/document");
        }
        for key in keys.iter().filter(|_| documents && !is_test(&file)) {
            if code.contains(&format!("\"{key}\"")) {
                let what = format!("spells the key \"{key}\" instead of naming it");
                problems.add(&file, 0, &what);
            }
        }
    }
    problems.report(
        "Only shared/src/document calls Automerge, and only shared/src/model/schema.rs knows how \
         documents name their keys.",
    );
}

#[test]
fn systems_differ_in_three_places() {
    let allowed = ["data_dir", "control.rs", "intake/marks.rs"];
    let allowed = allowed.map(|place| format!("shared/host/src/{place}"));
    let marks = ["cfg(", "cfg(not(", "std::os::"].map(|start| format!("{start}{}", "unix"));
    let mut problems = Problems::default();
    for file in sources(&[".rs"]) {
        let tests = file.path.starts_with("tests/");
        if tests || allowed.iter().any(|allowed| file.path.starts_with(allowed)) {
            continue;
        }
        for (number, line) in numbered(&file.text) {
            if marks.iter().any(|mark| line.contains(mark)) {
                problems.add(&file, number, line.trim());
            }
        }
    }
    problems.report("What differs between systems stands in host's data_dir, control and marks.");
}

#[test]
fn one_crypto_provider_and_one_sqlite() {
    let lock = file("Cargo.lock").text;
    let versions = |name: &str| lock.matches(&format!("name = \"{name}\"\n")).count();
    for banned in ["aws-lc-rs", "aws-lc-sys", "openssl", "native-tls"] {
        assert_eq!(
            versions(banned),
            0,
            "`{banned}` is in Cargo.lock: `cargo tree -i {banned}` says who brings it; switch its \
             feature off. Two TLS providers in one program panic at the first handshake."
        );
    }
    for single in ["rustls", "ring", "libsqlite3-sys", "quinn", "automerge"] {
        let found = versions(single);
        assert_eq!(
            found, 1,
            "Cargo.lock has {found} versions of `{single}`: keep exactly one"
        );
    }
}

#[test]
fn every_message_has_a_paragraph_and_a_vector() {
    let specification = file("shared/PROTOCOL.md").text;
    let vectors: String = files()
        .into_iter()
        .filter(|file| is_in(file, "tests/golden"))
        .map(|file| file.text)
        .collect();
    for (number, label) in Message::ALL {
        assert!(
            has_word(&specification, label),
            "shared/PROTOCOL.md does not describe {label} ({number:#04x})"
        );
        assert!(
            has_word(&vectors, label),
            "tests/golden has no vector of {label}"
        );
    }
}

#[test]
fn no_file_is_dead() {
    let all = files();
    let mut problems = Problems::default();
    for file in &all {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let stem = name.split('.').next().unwrap_or_default();
        let used = if name.ends_with(".rs") {
            is_target(&file.path) || all.iter().any(|parent| declares(parent, &file.path, stem))
        } else if ["/templates/", "/assets/", "/data/", "/golden/", "/vectors/"]
            .iter()
            .any(|folder| file.path.contains(folder))
        {
            let by_name = |other: &&File| other.path != file.path && other.text.contains(name);
            name == "README.md" || all.iter().any(|other| by_name(&other))
        } else {
            true
        };
        if !used {
            problems.add(file, 0, "nothing names it: use it or delete it");
        }
    }
    problems.report("No file is dead.");
}

#[test]
fn no_file_is_huge() {
    let mut problems = Problems::default();
    for file in files() {
        let free = is_in(&file, "examples/data") || file.path == "Cargo.lock";
        let bytes = file.text.len();
        if !free && bytes > FILE_BYTES_MAX {
            let what = format!("{bytes} bytes: generate it, or cut it down");
            problems.add(&file, 0, &what);
        }
    }
    problems.report("A clone stays small: large files belong into examples/data, if anywhere.");
}

#[test]
fn the_top_level_is_the_map() {
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let known =
            name.starts_with('.') || TOP_LEVEL.split_whitespace().any(|known| known == name);
        assert!(
            known,
            "`{name}` at the top level: put it where the architecture has a place for it"
        );
    }
}

/// Dependencies allowed in shared: pure computation.
const SHARED_DEPENDENCIES: &str =
    "automerge bip39 caseless data-encoding ed25519-dalek jiff minicbor percent-encoding
    serde serde_json sha2 thiserror toml tracing unicode-normalization uuid zstd";

/// Crate and module, then the modules of the same crate that it may import.
const MODULES: &str = "
    shared text:
    shared time: text
    shared id: time
    shared period: id time
    shared model: text id time period
    shared validation: text id time period model
    shared document: id time period model validation
    shared rollup: text id time period model validation document
    shared identity: id time
    shared log: id time identity model
    shared wire: id time identity log
    shared sync: id time identity log wire
    node store:
    node replica: store
    node app: store replica link enrol
    node link: app replica store
    node pages: app replica import link commands
    node commands: app replica cli import export pages
    hub store:
    hub aggregate: store
    hub release: store
    hub app: store aggregate release listener
    hub peer: app store
    hub listener: app peer
    hub api: app store pages
    hub pages: app store api
    hub commands: app cli pages
";

const TOP_LEVEL: &str = "ARCHITECTURE.md CHANGELOG.md Cargo.lock Cargo.toml README.md clippy.toml
    examples hub node rustfmt.toml shared target tests";

fn is_in(file: &File, folder: &str) -> bool {
    file.path
        .strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}

fn is_test(file: &File) -> bool {
    ["tests.rs", "tests/", "/kit.rs"]
        .iter()
        .any(|mark| file.path.contains(mark))
}

fn sources(endings: &[&str]) -> Vec<File> {
    let mut all = files();
    all.retain(|file| endings.iter().any(|ending| file.path.ends_with(ending)));
    all
}

fn rust_in(folder: &str) -> Vec<File> {
    let mut all = sources(&[".rs"]);
    all.retain(|file| is_in(file, folder));
    all
}

fn without_comments(text: &str) -> String {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    code.collect::<Vec<_>>().join("\n")
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || "_-".contains(character);
    text.split(|character| !is_part(character))
        .any(|found| found == word)
}

/// Returns the names of the packages under `[dependencies]`.
fn dependencies(manifest: &str) -> Vec<String> {
    let section = manifest
        .split("\n[dependencies]\n")
        .nth(1)
        .unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let names = section
        .lines()
        .filter_map(|line| line.split(['.', ' ', '=']).next());
    names
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// Returns the first one or two names below `root` of every import; `root::{a, b::c}` is two.
fn imports(text: &str, root: &str) -> Vec<Vec<String>> {
    let code = without_comments(text);
    let mut found = Vec::new();
    for (at, _) in code.match_indices(root) {
        let rest = &code[at + root.len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(members(group).iter().map(|path| names(path))),
            None => found.push(names(rest)),
        }
    }
    found.retain(|path| !path.is_empty());
    found
}

/// Returns the members of an open group, up to its end.
fn members(group: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut found = vec![String::new()];
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => found.push(String::new()),
            _ => {}
        }
        found
            .last_mut()
            .expect("it begins with one member")
            .push(character);
    }
    let trimmed = found
        .iter()
        .map(|member| member.trim_start_matches([',', ' ', '\n']).to_owned());
    trimmed.collect()
}

fn names(path: &str) -> Vec<String> {
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    let parts = path.split("::").take(2).map(|part| {
        let end = part
            .find(|character| !is_name(character))
            .unwrap_or(part.len());
        part[..end].to_owned()
    });
    parts.filter(|part| !part.is_empty()).collect()
}

/// Returns the values of `pub const NAME: &str = "value";`.
fn constants(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| {
        let (_, value) = line.strip_prefix("pub const ")?.split_once(": &str = \"")?;
        Some(value.strip_suffix("\";")?.to_owned())
    })
}

/// Whether Cargo builds it as a target.
fn is_target(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let folder = path.rsplit('/').nth(1);
    let top = (folder == Some("tests") && !path.contains("/src/")) || folder == Some("examples");
    let declared = file("Cargo.toml")
        .text
        .contains(&format!("path = \"{path}\""));
    ["lib.rs", "main.rs", "build.rs"].contains(&name) || top || declared
}

/// Whether `parent` has `mod stem;` for the file at `path`, or names its path.
fn declares(parent: &File, path: &str, stem: &str) -> bool {
    let by_path = path
        .strip_prefix("tests/")
        .map(|path| format!("#[path = \"../{path}\"]"));
    if by_path.is_some_and(|line| parent.text.contains(&line)) {
        return true;
    }
    let path = path.strip_suffix("/mod.rs").unwrap_or(path);
    let stem = if path.ends_with(".rs") {
        stem
    } else {
        path.rsplit('/').next().unwrap_or(stem)
    };
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = parent
        .path
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder)
        == folder;
    let above = parent.path.strip_suffix(".rs") == Some(folder);
    let wanted = format!("mod {stem};");
    (beside || above)
        && parent
            .text
            .lines()
            .any(|line| line.trim_end().ends_with(&wanted))
}
