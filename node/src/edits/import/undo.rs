//! Takes a whole import back: what it stated is taken out, and what it replaced stands again.

use std::sync::Arc;

use weft_host::failure::Failure;
use weft_shared::{
    model::observation::Statement, text::listed, time::Timestamp,
    validation::question::says_the_same,
};

use super::{Calls, Ground, ImportError, save};
use crate::{
    import::{Change, Plan},
    limits::IMPORT_TRIES_MAX,
    replica::{DocumentError, Replica},
    store::imports::{self, Record},
    words::figure::as_stored,
};

/// An import of this computer, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Imported {
    /// Its number.
    pub(crate) number: i64,
    /// When it was made.
    pub(crate) at: Timestamp,
    /// The name of its file.
    pub(crate) file: String,
    /// Number of its values.
    pub(crate) values: u64,
    /// When it was taken back.
    pub(crate) undone: Option<Timestamp>,
}

/// Lists the imports of this computer, the latest first.
pub(crate) fn imports(replica: &Replica) -> Result<Vec<Imported>, ImportError> {
    let listed = replica.imports().map_err(DocumentError::from)?;
    let listed = listed.into_iter().map(|one| Imported {
        number: one.id,
        at: one.at,
        file: one.file,
        values: one.values,
        undone: one.undone,
    });
    Ok(listed.collect())
}

/// The outcome of taking an import back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Undone {
    /// The name of its file.
    pub(crate) file: String,
    /// Number of values that were taken out.
    pub(crate) taken_out: usize,
    /// Number of values that stand again as before.
    pub(crate) restored: usize,
    /// Values that someone has changed since, in words.
    pub(crate) kept: Vec<String>,
}

/// Number of changed values that are named in a refusal.
const CHANGED_SHOWN: usize = 8;

/// Takes an import back, all of it; or, with `keep_changed`, all that no one has changed since.
pub(crate) fn undo(
    owner: &impl Calls,
    number: Option<i64>,
    keep_changed: bool,
    now: Timestamp,
) -> Result<Undone, ImportError> {
    for _ in 0..IMPORT_TRIES_MAX {
        if let Some(undone) = attempt(owner, number, keep_changed, now)? {
            return Ok(undone);
        }
    }
    Err(ImportError::Other(Failure::needs_action(
        "Values changed while the import was being taken back, so nothing was. Try again.",
    )))
}

/// Returns `None`, with nothing changed, if something changed meanwhile.
fn attempt(
    owner: &impl Calls,
    number: Option<i64>,
    keep_changed: bool,
    now: Timestamp,
) -> Result<Option<Undone>, ImportError> {
    let import = wanted(owner, number)?;
    let id = import.number;
    let values = owner.call(move |replica| replica.imported_values(id))?;
    let values = values.map_err(DocumentError::from)?;
    let Some(ground) = Ground::read(owner, now)? else {
        return Ok(None);
    };
    let mut undone = Undone {
        file: import.file,
        taken_out: 0,
        restored: 0,
        kept: Vec::new(),
    };
    let mut plan = Plan::default();
    for value in values {
        let standing = ground
            .existing
            .get(&value.key)
            .map_or(&[][..], Vec::as_slice);
        match back(&value, standing) {
            Back::Already => {}
            Back::Changed(words) => undone.kept.push(words),
            Back::To(statement) => {
                match statement.is_retraction() {
                    true => undone.taken_out += 1,
                    false => undone.restored += 1,
                }
                plan.changes.push(Change::stating(value.key, *statement));
            }
            Back::Home(before, retraction) => {
                undone.restored += 1;
                plan.changes
                    .push(Change::stating(value.key.clone(), *retraction));
                // These are stated last.
                plan.answered_beside.push((value.key, *before));
            }
        }
    }
    if !undone.kept.is_empty() && !keep_changed {
        return Err(ImportError::Other(refusal(&undone)));
    }
    if plan.changes.is_empty() {
        return Err(ImportError::Other(Failure::needs_action(format_args!(
            "Nothing of the import of {} stands any more as it said, so there is nothing to take \
             back.",
            undone.file
        ))));
    }
    let saved = save(
        owner,
        ground.version,
        &Arc::new(plan),
        now,
        Record::Undone(id),
    )?;
    Ok(saved.then_some(undone))
}

fn wanted(owner: &impl Calls, number: Option<i64>) -> Result<Imported, ImportError> {
    let all = owner.call(|replica| imports(replica))??;
    let open = |one: &&Imported| one.undone.is_none();
    let found = match number {
        Some(number) => all.iter().find(|one| one.number == number),
        None => all.iter().find(open),
    };
    let found = found.cloned().ok_or_else(|| match number {
        Some(number) => Failure::usage(format_args!(
            "There is no import {number} on this computer. weft-node import list shows them."
        )),
        None => Failure::needs_action(
            "There is no import on this computer to take back. weft-node import list shows them.",
        ),
    })?;
    if found.undone.is_some() {
        return Err(ImportError::Other(Failure::needs_action(format_args!(
            "The import of {} was taken back already.",
            found.file
        ))));
    }
    Ok(found)
}

fn refusal(undone: &Undone) -> Failure {
    let shown: Vec<&str> = undone.kept.iter().map(String::as_str).collect();
    Failure::needs_action(format_args!(
        "Nothing was taken back, because someone has changed values of {} since: {}. To leave \
         those as they are now and take the rest back, give --keep-changed.",
        undone.file,
        listed(&shown, CHANGED_SHOWN)
    ))
}

/// The fate of one value.
enum Back {
    /// It does not stand any more.
    Already,
    /// Somebody has changed it since, in words.
    Changed(String),
    /// This is to be stated.
    To(Box<Statement>),
    /// This is to be stated again, for the narrower audience that it had, once the other is out.
    Home(Box<Statement>, Box<Statement>),
}

/// The statement that takes another out of figures.
fn retraction(of: &Statement) -> Box<Statement> {
    Box::new(Statement::retraction(of.definition, of.audience))
}

fn back(value: &imports::Value, standing: &[Statement]) -> Back {
    let changed = |why: String| Back::Changed(format!("{} ({why})", value.key.word()));
    let stated = &value.stated;
    let only = match standing {
        [] => return Back::Already,
        [only] if only.is_retraction() => return Back::Already,
        [only] if says_the_same(only, stated) || only == stated => only,
        [only] => {
            let (said, now) = (as_stored(stated), as_stored(only));
            return changed(format!("the import said {said}, and {now} stands"));
        }
        [_, ..] => return changed("several values stand there".to_owned()),
    };
    match value.before.as_slice() {
        [] => Back::To(retraction(only)),
        // No one has said that the earlier value may go further than it went.
        [before] if before.audience < only.audience => {
            Back::Home(Box::new(before.clone()), retraction(only))
        }
        [before] => Back::To(Box::new(Statement {
            audience: only.audience,
            ..before.clone()
        })),
        [_, ..] => changed("several values stood there before the import".to_owned()),
    }
}
