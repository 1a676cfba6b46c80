//! Plans and refusals in words for people.

use std::{collections::BTreeMap, fmt};

use weft_host::problems::line_words;
use weft_shared::{
    model::observation::Statement,
    text::{capital, counted, listed},
};

use crate::words::figure::as_stored;

use super::{Change, Next, Plan, Problem, Refused, rows_of};

/// Maximum number of messages listed. The rest are counted.
const MESSAGES_MAX: usize = 24;
/// Maximum number of areas named in one message.
const AREAS_MAX: usize = 3;
/// Maximum number of areas named that were left out. One that looks like ours is refused before.
const AREAS_LEFT_OUT_MAX: usize = 8;

pub(super) fn refused(refused: &Refused) -> String {
    let mut text = String::from("Nothing was imported.");
    if let Some(asked) = &refused.asked {
        return format!("{text}\n{}\n{}", asked.words(), asked.next_steps());
    }
    for line in shortened(grouped(&refused.problems)) {
        text.push_str("\n  ");
        text.push_str(&line);
    }
    text.push('\n');
    if let Some(ignored) = ignored(&refused.ignored_columns) {
        text.push_str(&format!("{ignored}\n"));
    }
    text.push_str(&next_steps(refused));
    text
}

fn ignored(columns: &[String]) -> Option<String> {
    let names = columns.join(", ");
    (!columns.is_empty()).then(|| format!("Columns that mean nothing here were ignored: {names}."))
}

impl Refused {
    /// Whether the only problems are open questions.
    pub(crate) fn only_asks(&self) -> bool {
        let mut problems = self.problems.iter();
        problems.all(|one| matches!(one.next, Next::Answer))
    }
}

/// The next steps for these problems. A correct file needs no mending.
fn next_steps(refused: &Refused) -> String {
    let any = |wanted: fn(&Next) -> bool| refused.problems.iter().any(|one| wanted(&one.next));
    let mend = any(|next| matches!(next, Next::Mend));
    let open = any(|next| matches!(next, Next::Answer));
    let foreign = any(|next| matches!(next, Next::LeaveOut { .. }));
    let steps = [
        (mend, "mend the file"),
        (open, "say what the file leaves open"),
        (
            any(|next| matches!(next, Next::Adopt)),
            "adopt what is not adopted",
        ),
    ];
    let mut steps: Vec<&str> = steps
        .iter()
        .filter(|step| step.0)
        .map(|step| step.1)
        .collect();
    let again = if foreign {
        "import it with --own-areas, which takes just our own rows"
    } else {
        "import it again"
    };
    steps.push(again);
    let mut text = steps.join(", and ");
    let bad = rows_of(&refused.problems);
    if (mend || open) && bad < refused.rows {
        text.push_str(&format!(
            "; or leave out the {} with problems, of {}, with --skip-invalid",
            counted(bad, "row", "rows"),
            refused.rows
        ));
    }
    let intact = if mend || open {
        ""
    } else {
        " Nothing in the file has to be mended."
    };
    format!("{}.{intact}", capital(&text))
}

/// Writes remarks besides the numbers; nothing if there are none.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        list(f, "How the file was read:", self.reading.clone())?;
        if let Some(ignored) = ignored(&self.ignored_columns) {
            writeln!(f, "{ignored}")?;
        }
        if self.not_asked_for > 0 {
            let rows = counted(self.not_asked_for, "row says", "rows say");
            writeln!(f, "{rows} something else than --only asks for.")?;
        }
        let notes = self.changes.iter().filter(|one| one.note.is_some()).count();
        if notes > 0 {
            let notes = counted(notes, "note is", "notes are");
            writeln!(
                f,
                "{notes} taken too, seen by all who see the figures beside them."
            )?;
        }
        let left_out = self.left_out.iter();
        let doubtful: Vec<_> = left_out
            .filter(|one| one.next == Next::Mend)
            .cloned()
            .collect();
        let heading = "Left out, though these rows name this location; look for slips:";
        list(f, heading, grouped(&doubtful))?;
        let areas: Vec<_> = self.areas_left_out().into_iter().collect();
        if !areas.is_empty() {
            let named = areas[..areas.len().min(AREAS_LEFT_OUT_MAX)].join(", ");
            let more = match areas.len().saturating_sub(AREAS_LEFT_OUT_MAX) {
                0 => String::new(),
                more => format!(" and {more} more: --json lists all"),
            };
            writeln!(f, "Left out, areas that are not ours: {named}{more}.")?;
        }
        list(f, "Left out, because of problems:", grouped(&self.invalid))?;
        list(f, "Taken as they are:", grouped(&self.notes))?;
        let compared = |change: &Change, verb: &str| {
            let (line, key) = (change.line, change.key.typed());
            let (standing, file) = (change.standing_words().join(" or "), change.file_words());
            let earlier = change.earlier.iter().map(|words| format!(" ({words})"));
            let earlier: String = earlier.collect();
            format!("line {line}: {key} {verb} {standing}; the file says {file}{earlier}")
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

impl Change {
    /// The current statements in words, with the note if the file has another one.
    pub(crate) fn standing_words(&self) -> Vec<String> {
        let noted = self.noted.as_deref();
        let standing = self.standing.iter();
        standing
            .map(|one| with_note(one, noted) + &self.audience_words(one))
            .collect()
    }

    /// The audience of a statement, if it is all that the file changes.
    fn audience_words(&self, of: &Statement) -> String {
        let audience = self.statement.audience;
        match self.standing.as_slice() {
            [only]
                if only.audience != audience && as_stored(only) == as_stored(&self.statement) =>
            {
                format!(", for the audience {}", of.audience)
            }
            _ => String::new(),
        }
    }

    /// The file's statement in words.
    pub(crate) fn file_words(&self) -> String {
        let note = self.note.as_deref().filter(|_| self.noted.is_some());
        with_note(&self.statement, note) + &self.audience_words(&self.statement)
    }
}

fn with_note(statement: &Statement, note: Option<&str>) -> String {
    let note = note.map_or_else(String::new, |note| format!(" (note: {note})"));
    as_stored(statement) + &note
}

fn list(f: &mut fmt::Formatter<'_>, heading: &str, lines: Vec<String>) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(f, "{heading}")?;
    let lines = shortened(lines);
    lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
}

/// The first lines of many, and the number of the rest.
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

/// Writes one line for each message, with all the lines of the file that it is about. Rows of
/// foreign areas share one message, however many areas there are.
fn grouped(problems: &[Problem]) -> Vec<String> {
    let mut groups: Vec<(&Problem, Vec<u64>, Vec<&str>)> = Vec::new();
    let mut places = BTreeMap::new();
    for problem in problems {
        let area = match &problem.next {
            Next::LeaveOut { area } => area.as_deref(),
            Next::Adopt | Next::Mend | Next::Answer => None,
        };
        let group = area.is_none().then_some(problem.message.as_str());
        let place = *places.entry(group).or_insert_with(|| {
            groups.push((problem, Vec::new(), Vec::new()));
            groups.len() - 1
        });
        if let Some((_, lines, areas)) = groups.get_mut(place) {
            lines.push(problem.line);
            areas.extend(area);
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
    format!(
        "rows of areas that are not ours ({})",
        listed(areas, AREAS_MAX)
    )
}
