//! Checks that everything the documents name exists: paths, types, tests, links and commands.

mod repository;

use std::{collections::BTreeSet, fs, ops::RangeInclusive};

use clap::{CommandFactory as _, error::ErrorKind};

use self::repository::{File, Problems, file, files, numbered, root, sources};

const DOCUMENTS: [&str; 15] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "hub/ANALYSTS.md",
    "hub/COMMANDS.md",
    "hub/OPERATING.md",
    "node/COMMANDS.md",
    "node/STEWARD.md",
    "shared/LIMITS.md",
    "shared/MISSING.md",
    "shared/PROTOCOL.md",
    "shared/THREATS.md",
    "tests/FOUND.md",
    "tests/PROMISES.md",
];

/// The browser test `pictures_for_the_readme` takes them.
const PICTURES: [&str; 2] = [
    "examples/pictures/node-today.png",
    "examples/pictures/hub-overview.png",
];
const PICTURE_BYTES_MAX: usize = 150_000;

/// Words, commands included.
const README_WORDS: RangeInclusive<usize> = 500..=700;

#[test]
fn the_readme_is_short() {
    let words = file("README.md").text.split_whitespace().count();
    assert!(
        README_WORDS.contains(&words),
        "README.md has {words} words and should have {README_WORDS:?}: the rest belongs into files \
         beside the code that it is about."
    );
}

#[test]
fn the_readme_shows_a_teams_page_and_the_hub() {
    for path in PICTURES {
        let shown = file("README.md").text.contains(&format!("]({path})"));
        assert!(shown, "README.md shows {path}");
        let bytes = fs::read(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(bytes.starts_with(b"\x89PNG"), "{path} is a PNG");
        // Both sides of a PNG are in its first chunk.
        let side =
            |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        assert_eq!(side(16), 1280, "{path} is as wide as a laptop's screen");
        assert!(
            (600..=1100).contains(&side(20)),
            "{path} is {} px high",
            side(20)
        );
        assert!(
            bytes.len() < PICTURE_BYTES_MAX,
            "{path} has {} bytes: show less of the page",
            bytes.len()
        );
    }
}

#[test]
fn every_path_exists() {
    let paths: Vec<String> = files().into_iter().map(|file| file.path).collect();
    let mut problems = Problems::default();
    for (document, line, code) in DOCUMENTS.iter().flat_map(|document| quoted(document)) {
        if !is_path(&code) {
            continue;
        }
        for path in alternatives(&code) {
            let wanted = path
                .trim_start_matches("./")
                .trim_end_matches('/')
                .to_owned();
            let is = |known: &String| {
                let parts = known.match_indices('/').map(|(at, _)| &known[..at]);
                parts
                    .chain([known.as_str()])
                    .any(|known| ends_with_path(known, &wanted))
            };
            if !paths.iter().any(is) {
                problems.add(&document, line, &format!("there is no `{path}`"));
            }
        }
    }
    problems.report("A document names a path that does not exist: mend the document or the tree.");
}

#[test]
fn every_name_exists() {
    let sources = sources(&[".rs"]);
    let known: BTreeSet<&str> = sources
        .iter()
        .flat_map(|file| definitions(&file.text))
        .collect();
    let modules: BTreeSet<&str> = sources
        .iter()
        .flat_map(|file| modules(&file.path))
        .collect();
    let mut problems = Problems::default();
    for (document, line, code) in DOCUMENTS.iter().flat_map(|document| quoted(document)) {
        let Some(names) = names(&code) else {
            continue;
        };
        for name in names {
            if !known.contains(name) && !modules.contains(name) {
                problems.add(
                    &document,
                    line,
                    &format!("`{code}`: nothing defines `{name}`"),
                );
            }
        }
    }
    problems.report("A document names a type, function or test that does not exist.");
}

#[test]
fn every_link_leads_somewhere() {
    let mut problems = Problems::default();
    for document in DOCUMENTS.iter().map(|path| file(path)) {
        let folder = document
            .path
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder)
            .to_owned();
        for (line, text) in numbered(&document.text) {
            for link in text
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split(')').next())
            {
                if link.contains("://") || link.starts_with("mailto:") {
                    continue;
                }
                let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
                let target = root().join(&folder).join(path);
                let target = if path.is_empty() {
                    root().join(&document.path)
                } else {
                    target
                };
                let heading_missing = !anchor.is_empty()
                    && path
                        .rsplit('.')
                        .next()
                        .is_none_or(|end| path.is_empty() || end == "md")
                    && !fs::read_to_string(&target).is_ok_and(|text| has_heading(&text, anchor));
                if !target.exists() || heading_missing {
                    problems.add(&document, line, &format!("the link `{link}` leads nowhere"));
                }
            }
        }
    }
    problems.report("A link of a document leads nowhere.");
}

#[test]
fn every_command_is_understood() {
    let mut problems = Problems::default();
    let mut seen = 0;
    for document in DOCUMENTS.iter().map(|path| file(path)) {
        for (line, command) in commands(&document) {
            seen += 1;
            if let Err(why) = understand(&command) {
                problems.add(&document, line, &format!("`{command}`: {why}"));
            }
        }
    }
    problems.report("A document shows a command that does not work.");
    assert!(seen > 0, "README.md shows no command at all");
}

#[test]
fn every_command_is_in_the_reference() {
    let mut problems = Problems::default();
    let programs = [
        ("node/COMMANDS.md", weft_node::command()),
        ("hub/COMMANDS.md", weft_hub::commands::cli::Cli::command()),
    ];
    for (path, program) in programs {
        let document = file(path);
        let mut said: BTreeSet<String> = BTreeSet::new();
        for (_, command) in commands(&document) {
            let mut words = words(&command);
            words.truncate(3);
            while !words.is_empty() {
                said.insert(words.join(" "));
                words.pop();
            }
        }
        for command in leaves(&program, "") {
            // The kinds of records have the same commands, shown for one of them.
            let kind = command.split(' ').nth(1).unwrap_or_default();
            let of_kind = program.get_name() == "weft-node" && RECORDS.contains(&kind);
            let is_one_kinds = [" withdraw", " line"]
                .iter()
                .any(|end| command.ends_with(end));
            let shown = match of_kind && !is_one_kinds {
                true => command.replace(kind, "initiative"),
                false => command.clone(),
            };
            let named = !of_kind || said.contains(&format!("weft-node {kind}"));
            if !said.contains(&shown) || !named {
                problems.add(&document, 0, &format!("does not have `{command}`"));
            }
        }
    }
    problems.report("A command of a program is missing in its reference.");
}

/// Returns the commands that have no commands of their own.
fn leaves(command: &clap::Command, before: &str) -> Vec<String> {
    let name = format!("{before}{}", command.get_name());
    let mut parts = command.get_subcommands().peekable();
    if parts.peek().is_none() {
        return vec![name];
    }
    let own = parts.filter(|part| part.get_name() != "help");
    own.flat_map(|part| leaves(part, &format!("{name} ")))
        .collect()
}

/// Returns each text between backticks outside code blocks, with its document and line.
fn quoted(document: &str) -> Vec<(File, usize, String)> {
    let document = file(document);
    let mut found = Vec::new();
    let mut block = false;
    for (number, line) in numbered(&document.text) {
        block ^= line.trim_start().starts_with("```");
        if block {
            continue;
        }
        let quoted = line.split('`').skip(1).step_by(2);
        found.extend(quoted.map(|code| (file(&document.path), number, code.to_owned())));
    }
    found
}

fn is_path(code: &str) -> bool {
    let plain = |character: char| character.is_alphanumeric() || "._-/*{},".contains(character);
    let endings = [
        ".rs",
        ".md",
        ".toml",
        ".sql",
        ".csv",
        ".css",
        ".proptest-regressions",
    ];
    let folder = code.ends_with('/') || TOP.iter().any(|top| code.starts_with(top));
    // A path that begins with `/` is a page's address.
    let local = !code.starts_with('/') && code.chars().all(plain);
    let written = WRITTEN_BY_THE_PROGRAMS.contains(&code);
    local && !written && (folder || endings.iter().any(|ending| code.ends_with(ending)))
}

/// `a/{b,c}.rs` is two paths; anything after a `*` is left open.
fn alternatives(code: &str) -> Vec<String> {
    let expanded = match (code.split_once('{'), code.rsplit_once('}')) {
        (Some((before, _)), Some((_, after))) => {
            let inner = &code[before.len() + 1..code.len() - after.len() - 1];
            inner
                .split(',')
                .map(|part| format!("{before}{}{after}", part.trim()))
                .collect()
        }
        _ => vec![code.to_owned()],
    };
    let cut = expanded
        .into_iter()
        .map(|path| path.split('*').next().unwrap_or("").to_owned());
    cut.filter(|path| !path.is_empty()).collect()
}

fn ends_with_path(known: &str, wanted: &str) -> bool {
    let rest = known.strip_suffix(wanted);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

/// Returns the names in `module::Type::method()`, a type or a test; `None` for anything else.
fn names(code: &str) -> Option<Vec<&str>> {
    let path = code.strip_suffix("()").unwrap_or(code);
    let parts: Vec<&str> = path.split("::").collect();
    let plain = |part: &&str| part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let word = |part: &&str| part.starts_with(|c: char| c.is_ascii_alphabetic());
    if !parts.iter().all(|part| plain(part) && word(part)) || EXTERNAL.contains(&parts[0]) {
        return None;
    }
    let camel = path.starts_with(|c: char| c.is_ascii_uppercase())
        && path.contains(|c: char| c.is_ascii_lowercase())
        && path.len() > 3;
    // Two words might be a column or a key; three are the name of a test.
    let sentence = path.matches('_').count() >= 3 && path == path.to_ascii_lowercase();
    (parts.len() > 1 || camel || sentence || path != code).then_some(parts)
}

/// Returns everything a source file defines, including variants and fields.
fn definitions(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let line = line.trim_start();
        let words = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let keyword = words.iter().position(|word| KEYWORDS.contains(word));
        let named = keyword.and_then(|at| words.get(at + 1)).copied();
        let first = words
            .first()
            .copied()
            .filter(|first| line.starts_with(first));
        named.into_iter().chain(first)
    })
}

fn modules(path: &str) -> impl Iterator<Item = &str> {
    path.split(['/', '.'])
}

fn has_heading(text: &str, anchor: &str) -> bool {
    let slug = |heading: &str| {
        let lower = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = lower
            .chars()
            .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c })
            .collect::<String>()
    };
    text.lines()
        .filter(|line| line.starts_with('#'))
        .any(|line| slug(line) == anchor)
}

/// Returns lines of code blocks, and quoted texts, that begin with one of our commands.
fn commands(document: &File) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut block = false;
    for (number, line) in numbered(&document.text) {
        block ^= line.trim_start().starts_with("```");
        let texts: Vec<&str> = match block {
            true => vec![line],
            false => line.split('`').skip(1).step_by(2).collect(),
        };
        for text in texts {
            let text = text.trim_start().trim_start_matches("$ ");
            let text = text.trim_start_matches("target/release/");
            let text = text.trim_start_matches("sudo ");
            let text = text.trim_start_matches("-u weft-hub ");
            let text = assigned(text);
            let ours = ["cargo ", "tests/all", "weft-hub ", "weft-node "];
            if ours.iter().any(|start| text.starts_with(start)) && !text.contains("...") {
                found.push((number, text.to_owned()));
            }
        }
    }
    found
}

/// Returns the command in `NAME=$(COMMAND)`, or any other text unchanged.
fn assigned(text: &str) -> &str {
    let command = text.split_once("=$(").and_then(|(name, rest)| {
        let is_name = name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        rest.strip_suffix(')').filter(|_| is_name)
    });
    command.unwrap_or(text)
}

fn understand(command: &str) -> Result<(), String> {
    let words = words(command);
    match words[0].as_str() {
        "weft-node" => parse(weft_node::command(), &words),
        "weft-hub" => parse(weft_hub::commands::cli::Cli::command(), &words),
        "cargo" => words
            .windows(2)
            .try_for_each(|pair| cargo(&pair[0], &pair[1])),
        _ => Ok(()),
    }
}

fn parse(mut program: clap::Command, words: &[String]) -> Result<(), String> {
    match program.try_get_matches_from_mut(words) {
        Err(error)
            if !matches!(
                error.kind(),
                // A group of commands may be named without one of them.
                ErrorKind::DisplayHelp
                    | ErrorKind::DisplayVersion
                    | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                    | ErrorKind::MissingSubcommand
            ) =>
        {
            Err(error.to_string())
        }
        _ => Ok(()),
    }
}

/// Checks that the target of a cargo command exists.
fn cargo(option: &str, name: &str) -> Result<(), String> {
    let manifest = file("Cargo.toml").text;
    let there = match option {
        "--example" => {
            let example = format!("examples/{name}");
            root().join(format!("{example}.rs")).exists() || root().join(example).exists()
        }
        "--bench" => manifest.contains(&format!("name = \"{name}\"")),
        "--test" => ["", "shared/", "shared/store/"].iter().any(|package| {
            let test = format!("{package}tests/{name}");
            root().join(format!("{test}.rs")).exists() || root().join(test).exists()
        }),
        "-p" | "--package" => {
            manifest.contains(&format!("\n{name} = {{ path"))
                || ["weft", "weft-browser-tests"].contains(&name)
        }
        "--bin" => ["weft-node", "weft-hub"].contains(&name),
        _ => true,
    };
    there
        .then_some(())
        .ok_or_else(|| format!("there is no {option} {name}"))
}

/// Splits a shell command into words, up to a pipe, a redirection or a comment.
fn words(command: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut quote = None;
    for character in command.chars() {
        match (quote, character) {
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            (None, ' ') => found.push(String::new()),
            (None, '|' | '>' | '#' | '&' | ';') => break,
            (_, other) => found
                .last_mut()
                .expect("it begins with one word")
                .push(other),
        }
    }
    found.retain(|word| !word.is_empty());
    found
}

const TOP: &[&str] = &["shared/", "node/", "hub/", "tests/", "examples/", ".ci/"];
/// Files in data directories and exports.
const WRITTEN_BY_THE_PROGRAMS: &[&str] = &["config.toml"];
/// Commands of the node for one kind of record.
const RECORDS: &[&str] = &[
    "investment",
    "review",
    "outcome",
    "initiative",
    "action",
    "partner",
    "relationship",
    "opportunity",
    "marker",
    "target",
    "insight",
];
const KEYWORDS: &[&str] = &[
    "struct",
    "enum",
    "trait",
    "type",
    "fn",
    "const",
    "static",
    "mod",
    "macro_rules",
    "union",
];
/// External crates, and their names that documents mention.
const EXTERNAL: &[&str] = &[
    "std",
    "tokio",
    "quinn",
    "rusqlite",
    "rustls",
    "automerge",
    "Automerge",
    "axum",
    "clap",
    "Change",
    "SQLite",
    "Cargo",
    "File",
];
