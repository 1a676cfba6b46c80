//! Plans and refusals as people read them.

use std::fmt;

use weft_shared::model::observation::Statement;

use super::{Plan, Problem, Refused, rows_of};

/// Ranges of lines listed for one message.
const RANGES_MAX: usize = 8;

pub(super) fn refused(refused: &Refused) -> String {
    let mut text = String::from("Nothing was imported.");
    for line in grouped(&refused.problems) {
        text.push_str("\n  ");
        text.push_str(&line);
    }
    text.push_str("\nMend the file and import it again");
    if refused.rows > 0 {
        let bad = rows(rows_of(&refused.problems));
        text.push_str(&format!(
            "; or leave out the {bad} with problems, of {}, with --skip-invalid",
            refused.rows
        ));
    }
    text + "."
}

/// What a person should know besides the numbers; nothing where there is nothing.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.ignored_columns.is_empty() {
            let columns = self.ignored_columns.join(", ");
            writeln!(f, "Columns that mean nothing here were ignored: {columns}.")?;
        }
        list(f, "Left out, because of problems:", &grouped(&self.invalid))?;
        let conflicts: Vec<String> = self
            .conflicts
            .iter()
            .map(|change| {
                let standing: Vec<_> = change.standing.iter().map(in_words).collect();
                let (line, key) = (change.line, &change.key);
                let (standing, file) = (standing.join(" or "), in_words(&change.statement));
                format!("line {line}: {key} stays at {standing}; the file says {file}")
            })
            .collect();
        let heading =
            "Kept, because other values stand there already (--replace takes the file's):";
        list(f, heading, &conflicts)
    }
}

/// A statement on one line, for people.
pub(crate) fn in_words(statement: &Statement) -> String {
    let status = statement.status.label();
    match (statement.numerator, statement.denominator, statement.value) {
        (Some(numerator), Some(denominator), _) => {
            format!("{numerator} of {denominator}, {status}")
        }
        (Some(number), None, _) | (None, _, Some(number)) => format!("{number}, {status}"),
        (None, _, None) => status.to_owned(),
    }
}

fn list(f: &mut fmt::Formatter<'_>, heading: &str, lines: &[String]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(f, "{heading}")?;
    lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
}

fn rows(count: usize) -> String {
    if count == 1 {
        "1 row".to_owned()
    } else {
        format!("{count} rows")
    }
}

/// One line for each message, with all the lines of the file that it is about.
fn grouped(problems: &[Problem]) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<u64>)> = Vec::new();
    let mut places = std::collections::BTreeMap::new();
    for Problem { line, message } in problems {
        let place = *places.entry(message.as_str()).or_insert_with(|| {
            groups.push((message, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, lines)) = groups.get_mut(place) {
            lines.push(*line);
        }
    }
    let words = |(message, lines): (&str, Vec<u64>)| format!("{}: {message}", line_words(&lines));
    groups.into_iter().map(words).collect()
}

/// `line 7`, or `lines 2-65, 130 and 3 more`.
fn line_words(lines: &[u64]) -> String {
    let ranges: Vec<&[u64]> = lines.chunk_by(|a, b| a + 1 == *b).collect();
    let shown = ranges.iter().take(RANGES_MAX).map(|range| match range {
        [first, .., last] => format!("{first}-{last}"),
        [only] => only.to_string(),
        [] => String::new(),
    });
    let shown: Vec<String> = shown.collect();
    let rest: usize = ranges
        .iter()
        .skip(RANGES_MAX)
        .map(|range| range.len())
        .sum();
    let noun = if lines.len() == 1 { "line" } else { "lines" };
    let more = if rest == 0 {
        String::new()
    } else {
        format!(" and {rest} more")
    };
    format!("{noun} {}{more}", shown.join(", "))
}
