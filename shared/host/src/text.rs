//! Wraps text to lines that fit a terminal. Text for reading is broken between words; text for
//! copying is not.

use std::io::{self, Write};

use strsim::levenshtein;
use unicode_width::UnicodeWidthStr as _;

/// Columns that every terminal shows.
pub const WIDTH: usize = 80;

/// Returns the number of columns a text takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// Returns text of others that changes nothing on a terminal: each control character becomes a
/// blank, except those that `keeps` lets be.
fn calmed(text: &str, keeps: &[char]) -> String {
    let is_calm = |c: &char| !c.is_control() || keeps.contains(c);
    let calm = text.chars();
    calm.map(|c| if is_calm(&c) { c } else { ' ' }).collect()
}

/// Returns text as it is printed: without control characters, except ends of lines and tabs.
pub fn printed(text: &str) -> String {
    calmed(text, &['\n', '\t'])
}

/// Returns text of others as one line, so that it cannot look like a line of the program's own.
pub fn one_line(text: &str) -> String {
    calmed(text, &[])
}

/// Wraps text to lines of at most `width`. A longer word, such as a link, has its own line.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if columns(line) + 1 + columns(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Wraps a line; continuation lines are indented two columns further.
pub fn hanging(line: &str) -> Vec<String> {
    let indent = columns(line) - columns(line.trim_start());
    let indent = indent.min(WIDTH / 2);
    let lines = wrapped(line, WIDTH - indent - 2).into_iter().enumerate();
    lines
        .map(|(at, text)| {
            let indent = if at == 0 { indent } else { indent + 2 };
            format!("{:indent$}{text}", "")
        })
        .collect()
}

/// Wraps a message of one or more lines. Continuations of an indented line are indented further.
/// A line that is only a command, or is indented by four blanks as those of files are, stays whole,
/// so that it can be copied.
pub fn fitted(text: &str) -> Vec<String> {
    let fit = |line: &str| {
        if line.trim_start().starts_with(COMMAND) || line.starts_with(OF_FILE) {
            vec![line.to_owned()]
        } else if line.starts_with(' ') {
            hanging(line)
        } else {
            wrapped(line, WIDTH)
        }
    };
    text.lines().flat_map(fit).collect()
}

/// Wraps only the lines of formatted text, such as help, that are too long.
pub fn narrowed(text: &str) -> Vec<String> {
    let fit = |line: &str| {
        if columns(line) <= WIDTH || line.trim_start().starts_with(COMMAND) {
            vec![line.to_owned()]
        } else {
            hanging(line)
        }
    };
    text.lines().flat_map(fit).collect()
}

/// Sorts the known names by their similarity to the typed one.
pub fn nearest(typed: &str, known: &[String]) -> Vec<String> {
    let typed = typed.to_lowercase();
    let mut known = known.to_vec();
    known.sort_by_cached_key(|name| (levenshtein(&typed, &name.to_lowercase()), name.clone()));
    known
}

/// Lists the known names, most similar first, or says `none`.
pub fn there_are(typed: &str, known: &[String], none: &str) -> String {
    let mut names = nearest(typed, known);
    let more = names.len().saturating_sub(NAMES_MAX);
    names.truncate(NAMES_MAX);
    match (names.is_empty(), more) {
        (true, _) => none.to_owned(),
        (false, 0) => format!("There are: {}.", names.join(", ")),
        (false, more) => format!("The most similar are: {}; {more} more.", names.join(", ")),
    }
}

/// Known names that a refusal lists.
const NAMES_MAX: usize = 8;

/// Prints a message to a person in lines that fit.
///
/// # Errors
/// If no one reads any more.
pub fn say(out: &mut dyn Write, text: &str) -> io::Result<()> {
    fitted(&printed(text))
        .iter()
        .try_for_each(|line| writeln!(out, "{line}"))
}

/// The prefix of both programs' names.
const COMMAND: &str = "weft-";
/// The beginning of a line of a file that a message quotes.
const OF_FILE: &str = "    ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likest_name_comes_first() {
        let known = ["HEAT_MAIN", "VAX_PARTIAL", "VAX_PRIMARY"].map(str::to_owned);
        assert_eq!(nearest("vax_primery", &known)[0], "VAX_PRIMARY");
        assert_eq!(nearest("HEATMAIN", &known)[0], "HEAT_MAIN");
        let said = there_are("heat", &known[..2], "None.");
        assert_eq!(said, "There are: HEAT_MAIN, VAX_PARTIAL.");
        assert_eq!(there_are("heat", &[], "None."), "None.");
        let many: Vec<String> = (0..10).map(|n| format!("N{n}")).collect();
        let said = there_are("n7", &many, "None.");
        assert!(said.starts_with("The most similar are: N7, N0,"), "{said}");
        assert!(said.ends_with("; 2 more."), "{said}");
    }

    #[test]
    fn what_others_wrote_moves_no_cursor_and_makes_no_line() {
        let evil = "a\u{1b}[2Kb\rc\u{9b}d\ne\tf";
        assert_eq!(printed(evil), "a [2Kb c d\ne\tf");
        assert_eq!(one_line(evil), "a [2Kb c d e f");
        let mut told = Vec::new();
        say(&mut told, evil).unwrap();
        assert_eq!(String::from_utf8(told).unwrap(), "a [2Kb c d\ne f\n");
    }

    #[test]
    fn what_others_wrote_stays_on_its_line() {
        let blanks = format!("{}y", " ".repeat(79));
        assert_eq!(hanging(&blanks), [format!("{}y", " ".repeat(40))]);
        let words = format!("  {}", "word ".repeat(30));
        let lines = hanging(&words);
        assert!(lines.iter().all(|line| columns(line) <= WIDTH), "{lines:?}");
    }

    #[test]
    fn what_is_set_already_changes_where_it_is_too_long_alone() {
        let usage = format!("Usage: weft-node {}", "<--value <VALUE>> ".repeat(6));
        let lines = narrowed(&format!("  a   table\n\n{usage}"));
        assert_eq!(lines[..2], ["  a   table".to_owned(), String::new()]);
        assert!(lines[3].starts_with("  <--value"), "{lines:?}");
        assert!(lines.iter().all(|line| columns(line) <= WIDTH), "{lines:?}");
    }

    #[test]
    fn a_macron_of_its_own_takes_no_column() {
        assert_eq!(columns("Ōtaki"), 5);
        assert_eq!(columns("O\u{304}taki"), 5);
        assert_eq!(columns("日本"), 4);
    }

    #[test]
    fn what_is_copied_stays_whole() {
        let link = format!("weft://127.0.0.1:4433/#{}", "a".repeat(90));
        let told = fitted(&format!(
            "Send this invite to the team by phone: {link} now."
        ));
        assert_eq!(
            told,
            ["Send this invite to the team by phone:", &link, "now."]
        );
        let command = format!("  weft-node join {}", "a".repeat(90));
        let told = fitted(&format!("Next:\n{command}\n  {}", "word ".repeat(20)));
        assert_eq!(told[..2], ["Next:".to_owned(), command]);
        assert!(told[2].starts_with("  word"), "{told:?}");
        assert!(told[3].starts_with("    word"), "{told:?}");
        assert_eq!(told.len(), 4);
    }
}
