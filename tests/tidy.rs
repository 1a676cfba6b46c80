//! House rules that neither the compiler nor clippy checks. Each message says what to do.

mod repository;

use std::fs;

use weft_shared::wire::Message;

use self::repository::{File, Problems, file, files, numbered, root, sources};

const FILE_LINES_MAX: usize = 500;
const LINE_COLUMNS_MAX: usize = 100;
const FILE_BYTES_MAX: u64 = 200_000;

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
        (
            "node/Cargo.toml",
            "weft-shared weft-host weft-store weft-tables",
        ),
        ("shared/tables/Cargo.toml", "weft-shared"),
        (
            "hub/Cargo.toml",
            "weft-shared weft-host weft-store weft-tables",
        ),
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
        "host and tables -> shared; store -> host, shared; node and hub -> all four; shared \
         depends on nothing that touches the world. Move the code to the layer that may use it.",
    );
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
        .filter(|file| file.path.starts_with("tests/golden/"))
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
        let free = file.path.starts_with("examples/data/") || file.path == "Cargo.lock";
        // A picture is no text, so its length as one says nothing.
        let bytes = fs::metadata(root().join(&file.path)).unwrap().len();
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
    "automerge bip39 caseless chacha20poly1305 data-encoding ed25519-dalek hmac hpke jiff minicbor
    percent-encoding rand_chacha serde serde_json sha2 thiserror toml tracing
    unicode-normalization uuid zstd";

const TOP_LEVEL: &str = "ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md Cargo.lock Cargo.toml
    LICENSE-APACHE LICENSE-MIT README.md SECURITY.md clippy.toml examples hub node rustfmt.toml
    shared target tests";

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
