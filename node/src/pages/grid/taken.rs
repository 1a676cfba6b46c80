//! A submitted grid: checked and asked about, then saved as one entry or not at all.

use std::collections::BTreeMap;

use weft_shared::{
    model::observation::{ObservationKey, Statement},
    text::counted as number_of,
    validation::question::{Kind, Row, keep},
};

use super::{Frame, Returned, ask::Said, cell::Typed};
use crate::{
    edits::observations::{problems, state},
    pages::{
        Answered, Fault, Reply, Visit,
        form::{Sent, meanwhile},
    },
    replica::Edit,
    view::questions::{Coming, StatusIs, doubts},
};

/// The request of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Save,
    /// Only to hear what would be asked, while somebody types.
    Check,
    /// To fill in the denominators of the periods before.
    Copy,
}

impl Then {
    fn read(sent: &Sent) -> Self {
        match sent.first("then") {
            "check" => Self::Check,
            "copy" => Self::Copy,
            _ => Self::Save,
        }
    }
}

/// A cell that may be saved.
struct Entered {
    key: ObservationKey,
    statement: Statement,
    /// Its signs that can be read in two ways.
    signs: Vec<String>,
    said: Said,
}

/// Counts what was typed and what is to be looked at: `2 changed, 1 to look at.`
pub(super) fn counted(returned: &BTreeMap<ObservationKey, Returned>) -> String {
    let changed = returned.values().filter(|one| one.is_changed).count();
    let open = |one: &&Returned| !one.problems.is_empty() || !one.questions.is_empty();
    match (changed, returned.values().filter(open).count()) {
        (0, 0) => String::new(),
        (changed, 0) => format!(
            "{} changed.",
            number_of(changed as u64, "figure", "figures")
        ),
        (changed, open) => {
            let changed = number_of(changed as u64, "figure", "figures");
            format!("{changed} changed, {open} to look at.")
        }
    }
}

impl Visit<'_> {
    /// Checks every cell that the person changed, then saves all of them as one entry.
    pub(super) fn save_grid(&mut self, frame: &mut Frame, sent: &Sent) -> Answered {
        let then = Then::read(sent);
        let mut all = Typed::read_all(sent);
        if then == Then::Copy {
            frame.copied = Some(self.copy_denominators(frame, &mut all)?);
        }
        let frame = &*frame;
        let mut returned = BTreeMap::new();
        let mut entered = Vec::new();
        for (key, typed) in all {
            if !frame.holds(&key) {
                return Err(Fault::NotFound);
            }
            let now = frame.now(&key);
            let typed = typed.with_figure(&now);
            let mut problems = Vec::new();
            let is_changed = typed.was_changed() && typed != now && !typed.is_copied_alone();
            if is_changed {
                if typed.is_outdated(&now) {
                    problems.push(meanwhile(&now.words()));
                }
                let said = Said::read(sent, &key, &typed);
                // Somebody may still be typing, or be about to.
                let waits = then != Then::Save && frame.is_ratio() && typed.is_half();
                match self.enter(frame, &key, &typed, &now, said)? {
                    Ok(cell) => entered.push(cell),
                    Err(_) if waits => {}
                    Err(found) => problems.extend(found),
                }
            }
            let cell = Returned {
                typed,
                is_changed,
                problems,
                questions: Vec::new(),
            };
            returned.insert(key, cell);
        }
        self.ask(&mut entered, &mut returned)?;
        let open = |one: &Returned| !one.problems.is_empty() || !one.questions.is_empty();
        if then != Then::Save || returned.values().any(open) {
            return self.grid(frame, &returned, None);
        }
        let mut edit = Edit::default();
        let mut told = Vec::new();
        for Entered { key, statement, .. } in entered {
            match state(self.replica, &mut edit, &key, statement.clone(), None) {
                Ok(()) => told.push(frame.told(&key, &statement)),
                Err(failure) => {
                    let cell = returned.entry(key).or_default();
                    cell.problems.push(failure.to_string());
                }
            }
        }
        if returned.values().any(open) {
            return self.grid(frame, &returned, None);
        }
        let saved = self.save(vec![edit])?;
        let done = if saved.changed {
            format!("saved&said={}", self.said.keep(told))
        } else {
            "unchanged".to_owned()
        };
        let place = format!("/indicators/{}/enter", frame.row.definition.code);
        Ok(Reply::See(format!("{place}?{}&done={done}", frame.query())))
    }

    /// Puts open questions beside their cells, and adds the answers to the statements.
    fn ask(
        &mut self,
        entered: &mut [Entered],
        returned: &mut BTreeMap<ObservationKey, Returned>,
    ) -> Result<(), Fault> {
        let coming: Vec<Coming> = entered
            .iter()
            .map(|cell| (cell.key.clone(), cell.statement.clone()))
            .collect();
        let mut questions = doubts(self.replica, &coming, StatusIs::Chosen)?.questions;
        for Entered { key, signs, .. } in &*entered {
            for words in signs.clone() {
                let (line, key) = (None, key.clone());
                questions.add(Kind::Sign, Row { line, key, words });
            }
        }
        for cell in entered {
            if let Some(returned) = returned.get_mut(&cell.key) {
                returned.questions = cell.said.still_open(&questions, &cell.key, &returned.typed);
            }
            let answered = questions.confirmed(&cell.key, &cell.said.answers);
            keep(&mut cell.statement, answered);
        }
        Ok(())
    }

    /// Returns the observation in one cell, or its problems.
    fn enter(
        &mut self,
        frame: &Frame,
        key: &ObservationKey,
        typed: &Typed,
        now: &Typed,
        said: Said,
    ) -> Result<Result<Entered, Vec<String>>, Fault> {
        let definition = match frame.definition(key) {
            Ok(definition) => definition,
            Err(none) => return Ok(Err(vec![none.to_string()])),
        };
        if typed.is_empty() && !now.is_empty() {
            let text = "A value stood here, and what was said cannot be unsaid: choose why there \
                        is no figure, such as \"missing\".";
            return Ok(Err(vec![text.to_owned()]));
        }
        let (statement, signs) = match typed.statement(definition, frame.audience, &said.answers) {
            Ok(stated) => stated,
            Err(problems) => return Ok(Err(problems)),
        };
        let now = self.calendar.now();
        let found = problems(self.replica, key, &statement, definition, now)?;
        if !found.is_empty() {
            return Ok(Err(found.iter().map(ToString::to_string).collect()));
        }
        Ok(Ok(Entered {
            key: key.clone(),
            statement,
            signs,
            said,
        }))
    }
}
