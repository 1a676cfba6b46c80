//! The fate of a row that can be used, beside the value that stands.

use weft_shared::{
    model::{
        note::{Note, NotedFigure},
        observation::Statement,
    },
    validation::{keep_marks, question::says_the_same},
};

use super::{Change, Context, Next, Options, Plan, Problem, dated, row::Candidate};

impl Plan {
    /// Adds a row's observation: a change, one that stands already, or one that is kept.
    pub(super) fn add(&mut self, candidate: Candidate, context: &Context<'_>, options: &Options) {
        let Candidate {
            line,
            key,
            mut statement,
            farthest,
            note,
            note_for,
            notes,
            as_at,
            against,
            ..
        } = candidate;
        let standing = context.existing.get(&key).cloned().unwrap_or_default();
        // A file does not change an audience that was chosen for one observation, but a row that
        // allows less narrows it.
        if let ([only], None) = (standing.as_slice(), context.audience) {
            statement.audience = only.audience.min(farthest);
        }
        let stands = as_it_stands(&statement, &standing);
        let same = stands.is_some();
        statement = stands.unwrap_or(statement);
        let known = context.notes.get(&key).map_or(&[][..], Vec::as_slice);
        let noted = known.iter().find(|one| one.is_about(&statement));
        let noted = noted.map(|one| &one.text);
        let (note, noted_for) = by_figure(note, note_for, known);
        // A note where there was none replaces nothing.
        let other_note = note
            .as_ref()
            .is_some_and(|note| noted.is_some_and(|noted| note != noted));
        let news = note.is_some() && noted.is_none();
        if same && !other_note && !news && noted_for.is_none() {
            self.unchanged += 1;
            let change = Change::stating(key, statement);
            self.same.push(Change { line, ..change });
            return;
        }
        let replaces = !standing.is_empty() && (!same || other_note);
        let change = Change {
            line,
            key,
            statement,
            note,
            noted_for,
            earlier: if replaces {
                dated::earlier(as_at.as_deref(), &standing)
            } else {
                None
            },
            standing: if replaces { standing } else { Vec::new() },
            noted: noted.filter(|_| other_note).cloned(),
        };
        if replaces && !options.replace {
            self.conflicts.push(change);
            return;
        }
        self.asked.extend(change.doubts(against));
        self.changes.push(change);
        self.notes.extend(notes.into_iter().map(|message| Problem {
            line,
            message,
            next: Next::Mend,
        }));
    }
}

/// Returns the current statement if the row says the same: that is no change, and removes no mark.
fn as_it_stands(said: &Statement, standing: &[Statement]) -> Option<Statement> {
    let [only] = standing else {
        return None;
    };
    let answered = said.confirmed.is_empty() && says_the_same(only, said);
    let same = answered || keep_marks(said.clone(), only) == *only;
    same.then(|| only.clone())
}

/// Assigns a row's note to the row's figure, or to the figure it was written for. A note for
/// another figure stays with that figure and replaces no note.
fn by_figure(
    note: Option<String>,
    figure: Option<NotedFigure>,
    known: &[Note],
) -> (Option<String>, Option<Note>) {
    let Some(figure) = figure else {
        return (note, None);
    };
    let note = note.filter(|_| known.is_empty());
    (None, note.map(|text| Note::about(&text, figure)))
}
