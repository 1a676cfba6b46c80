//! Plans and refusals as people read them.

use std::{collections::BTreeMap, fmt};

use weft_host::problems::line_words;
use weft_shared::model::observation::Statement;

use super::{Change, Plan, Problem, Refused, rows_of};

/// Messages listed; the rest is counted.
const MESSAGES_MAX: usize = 24;
/// Areas named in one message.
const AREAS_MAX: usize = 3;

pub(super) fn refused(refused: &Refused) -> String {
    let mut text = String::from("Nothing was imported.");
    for line in shortened(grouped(&refused.problems)) {
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
        list(f, "Left out, because of problems:", grouped(&self.invalid))?;
        list(f, "Taken as they are:", grouped(&self.notes))?;
        let compared = |change: &Change, verb: &str| {
            let standing: Vec<_> = change.standing.iter().map(in_words).collect();
            let (line, key) = (change.line, &change.key);
            let (standing, file) = (standing.join(" or "), in_words(&change.statement));
            format!("line {line}: {key} {verb} {standing}; the file says {file}")
        };
        let replaced = self.replaced();
        let replaced = replaced.map(|change| compared(change, "was")).collect();
        let heading = "Replaced; what stood there stays in the history:";
        list(f, heading, replaced)?;
        let kept = self.conflicts.iter();
        let kept = kept.map(|change| compared(change, "stays at")).collect();
        let heading =
            "Kept, because other values stand there already (--replace takes the file's):";
        list(f, heading, kept)
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

fn list(f: &mut fmt::Formatter<'_>, heading: &str, lines: Vec<String>) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(f, "{heading}")?;
    let lines = shortened(lines);
    lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
}

/// The first of many lines, and how many more there are.
fn shortened(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(MESSAGES_MAX);
    if more > 1 {
        lines.truncate(MESSAGES_MAX);
        lines.push(format!(
            "and {more} more lines like these: --json lists all"
        ));
    }
    lines
}

/// A number of rows.
pub(crate) fn rows(count: usize) -> String {
    if count == 1 {
        "1 row".to_owned()
    } else {
        format!("{count} rows")
    }
}

/// One line for each message, with all the lines of the file that it is about. Rows of areas that
/// are not ours are one message, however many areas there are.
fn grouped(problems: &[Problem]) -> Vec<String> {
    let mut groups: Vec<(&Problem, Vec<u64>, Vec<&str>)> = Vec::new();
    let mut places = BTreeMap::new();
    for problem in problems {
        let group = problem.area.is_none().then_some(problem.message.as_str());
        let place = *places.entry(group).or_insert_with(|| {
            groups.push((problem, Vec::new(), Vec::new()));
            groups.len() - 1
        });
        if let Some((_, lines, areas)) = groups.get_mut(place) {
            lines.push(problem.line);
            areas.extend(problem.area.as_deref());
        }
    }
    let words = |(first, lines, mut areas): (&Problem, Vec<u64>, Vec<&str>)| {
        areas.sort_unstable();
        areas.dedup();
        let lines = line_words(&lines);
        match areas.as_slice() {
            [] | [_] => format!("{lines}: {}", first.message),
            areas => format!("{lines}: {}", foreign(areas)),
        }
    };
    groups.into_iter().map(words).collect()
}

fn foreign(areas: &[&str]) -> String {
    let named = areas.iter().take(AREAS_MAX).copied();
    let named = named.collect::<Vec<_>>().join(", ");
    let more = match areas.len().saturating_sub(AREAS_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("rows of areas that are not ours ({named}{more}); --own-areas takes just our own rows")
}
