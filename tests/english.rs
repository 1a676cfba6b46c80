//! Plain English, as far as a test can hold it. Each message says what to write instead.

mod repository;

use self::repository::{Problems, numbered, sources};

#[test]
fn comments_begin_with_their_subject() {
    let mut problems = Problems::default();
    for file in &sources(&[".rs"]) {
        let mut before = None;
        for (number, line) in numbered(&file.text) {
            let comment = comment(line);
            // A block begins where no comment of the same kind is above.
            let begins = comment.is_some() && comment.map(|(kind, _)| kind) != before;
            before = comment.map(|(kind, _)| kind);
            let Some((_, text)) = comment.filter(|_| begins) else {
                continue;
            };
            let first = text.split_whitespace().next().unwrap_or_default();
            if NOUN_CLAUSES.contains(&first) {
                problems.add(file, number, &format!("begins with \"{first}\""));
            }
        }
    }
    problems.report(
        "A comment begins with its subject: \"Maximum wait\", not \"How long something waits\"; \
         \"The records to send\", not \"What is sent\"; \"If the disk is full\", not \"Where it \
         is\".",
    );
}

#[test]
fn errors_begin_with_their_condition() {
    let mut problems = Problems::default();
    for file in &sources(&[".rs"]) {
        let mut lines = numbered(&file.text).peekable();
        while let Some((number, line)) = lines.next() {
            if comment(line).is_none_or(|(_, text)| text != "# Errors") {
                continue;
            }
            let next = lines.peek().and_then(|(_, next)| comment(next));
            let text = next.map_or("", |(_, text)| text);
            if !["If ", "Returns "]
                .iter()
                .any(|start| text.starts_with(start))
            {
                problems.add(file, number + 1, &format!("begins \"{text}\""));
            }
        }
    }
    problems.report(
        "`# Errors` begins with \"If\" and the condition, or with \"Returns\" and the error.",
    );
}

#[test]
fn words_are_ordinary() {
    let mut problems = Problems::default();
    let mut unused: Vec<_> = EXCEPTIONS.iter().collect();
    let all = sources(&[".rs", ".md", ".sql", ".html", ".js", ".sh", ".toml"]);
    // This file lists the words.
    for file in all.iter().filter(|file| file.path != "tests/english.rs") {
        let lower = file.text.to_lowercase();
        for (number, line) in numbered(&lower) {
            for (word, instead) in WORDS.iter().filter(|(word, _)| has_words(line, word)) {
                let is_excepted = |path: &str, spared: &str| path == file.path && spared == *word;
                unused.retain(|(path, spared, _)| !is_excepted(path, spared));
                let excepted = EXCEPTIONS.iter();
                if !excepted
                    .clone()
                    .any(|(path, spared, _)| is_excepted(path, spared))
                {
                    let what = format!("has \"{word}\": write {instead}");
                    problems.add(file, number, &what);
                }
            }
        }
    }
    problems.report("Write the ordinary word, as a good editor prints it.");
    assert!(
        unused.is_empty(),
        "No longer needed, so delete them from EXCEPTIONS in tests/english.rs: {unused:?}"
    );
}

/// Returns the kind of a line's comment, such as `///`, and its text. A comment behind code does
/// not count.
fn comment(line: &str) -> Option<(&'static str, &str)> {
    let line = line.trim_start();
    let kind = ["///", "//!", "//"]
        .into_iter()
        .find(|kind| line.starts_with(kind))?;
    Some((kind, line[kind.len()..].trim()))
}

/// Whether the words stand in a line by themselves, and not in a name such as `nobody_waits`.
fn has_words(line: &str, words: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(words).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + words.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[test]
fn words_are_found_and_names_are_not() {
    assert!(has_words("so nobody can", "nobody"));
    assert!(has_words("nobody", "nobody"));
    assert!(!has_words("fn nobody_waits()", "nobody"));
    assert!(!has_words("renewed", "anew"));
    assert_eq!(comment("    /// What waits"), Some(("///", "What waits")));
    assert_eq!(comment("//! A file."), Some(("//!", "A file.")));
    assert_eq!(comment("let a = 1; // What is this"), None);
}

/// Words that begin a clause used as a noun.
const NOUN_CLAUSES: [&str; 8] = [
    "What",
    "Whatever",
    "Where",
    "Wherever",
    "Who",
    "Whoever",
    "How",
    "Whichever",
];

/// Words in lower case, and the ordinary ones.
const WORDS: &[(&str, &str)] = &[
    ("anew", "\"again\", or name the change"),
    ("for now", "the condition that ends it, or leave it out"),
    ("forthwith", "\"at once\""),
    ("henceforth", "\"from then on\""),
    ("hitherto", "\"until now\""),
    (
        "is told",
        "who does it: \"the hub tells the node\", or \"hears\"",
    ),
    ("likest", "\"most similar\""),
    ("nobody", "\"no one\", or say it with \"not\""),
    ("stands in", "\"is in\", or \"replaces\""),
    ("take down", "\"stop\", \"remove\" or \"record\""),
    ("takes down", "\"stops\", \"removes\" or \"records\""),
    ("thereof", "\"of it\""),
    ("thereupon", "\"then\""),
    ("upon", "\"on\""),
    ("whence", "\"from which\""),
    (
        "whoever",
        "\"the person who\", \"those who\" or \"anyone who\"",
    ),
    ("whomever", "\"the person whom\" or \"anyone\""),
];

/// Places that keep such a word: path, word, reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "shared/src/rollup/cell.rs",
        "nobody",
        "golden figures have this reason",
    ),
    (
        "shared/src/rollup/tests/scenario.rs",
        "nobody",
        "golden figures have this reason",
    ),
    (
        "tests/e2e/figures.rs",
        "nobody",
        "golden figures have this reason",
    ),
];
