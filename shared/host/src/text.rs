//! Text in lines that fit a terminal: what people read is broken between words, what they copy is
//! not.

use std::io::{self, Write};

/// Columns that every terminal shows.
pub const WIDTH: usize = 80;

/// How many columns a text takes.
#[must_use]
pub fn chars(text: &str) -> usize {
    text.chars().count()
}

/// Text in lines of at most `width`; a longer word, such as a link, has a line of its own.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if chars(line) + 1 + chars(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A line in lines that fit; what goes on stands two columns to the right of where it began.
#[must_use]
pub fn hanging(line: &str) -> Vec<String> {
    let indent = chars(line) - chars(line.trim_start());
    let indent = indent.min(WIDTH / 2);
    let lines = wrapped(line, WIDTH - indent - 2).into_iter().enumerate();
    lines
        .map(|(at, text)| {
            let indent = if at == 0 { indent } else { indent + 2 };
            format!("{:indent$}{text}", "")
        })
        .collect()
}

/// A message of one or more lines, in lines that fit. An indented line goes on further to the
/// right; a line that is a command and nothing else stays whole, so that it can be copied.
#[must_use]
pub fn fitted(text: &str) -> Vec<String> {
    let fit = |line: &str| {
        if line.trim_start().starts_with(COMMAND) {
            vec![line.to_owned()]
        } else if line.starts_with(' ') {
            hanging(line)
        } else {
            wrapped(line, WIDTH)
        }
    };
    text.lines().flat_map(fit).collect()
}

/// Text that is set already, such as help: a line that is too long goes on below, and no other one
/// changes.
#[must_use]
pub fn narrowed(text: &str) -> Vec<String> {
    let fit = |line: &str| {
        if chars(line) <= WIDTH || line.trim_start().starts_with(COMMAND) {
            vec![line.to_owned()]
        } else {
            hanging(line)
        }
    };
    text.lines().flat_map(fit).collect()
}

/// Says something to a person, in lines that fit.
///
/// # Errors
/// Where nobody reads any more.
pub fn say(out: &mut dyn Write, text: &str) -> io::Result<()> {
    fitted(text)
        .iter()
        .try_for_each(|line| writeln!(out, "{line}"))
}

/// What the names of both programs begin with.
const COMMAND: &str = "weft-";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_stays_on_its_line() {
        let blanks = format!("{}y", " ".repeat(79));
        assert_eq!(hanging(&blanks), [format!("{}y", " ".repeat(40))]);
        let words = format!("  {}", "word ".repeat(30));
        let lines = hanging(&words);
        assert!(lines.iter().all(|line| chars(line) <= WIDTH), "{lines:?}");
    }

    #[test]
    fn what_is_set_already_changes_where_it_is_too_long_alone() {
        let usage = format!("Usage: weft-node {}", "<--value <VALUE>> ".repeat(6));
        let lines = narrowed(&format!("  a   table\n\n{usage}"));
        assert_eq!(lines[..2], ["  a   table".to_owned(), String::new()]);
        assert!(lines[3].starts_with("  <--value"), "{lines:?}");
        assert!(lines.iter().all(|line| chars(line) <= WIDTH), "{lines:?}");
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
