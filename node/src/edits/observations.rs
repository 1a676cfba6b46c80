//! Writes indicator values to the documents for their audiences. Commands, imports and pages use
//! the same functions.

use std::collections::{BTreeMap, btree_map::Entry};

use weft_host::failure::Failure;
use weft_shared::{
    id::DocName,
    log::size::DocumentSize,
    model::{
        Audience,
        indicator::Definition,
        observation::{ObservationKey, Statement, Status},
        schema::{Container, DocKind},
    },
    time::Timestamp,
    validation::{self, Invalid, keep_marks},
};

use super::define::share_definitions;
use crate::{
    limits::DOCUMENT_FILL_PERCENT,
    replica::{DocumentError, Edit, Replica},
    store::Owner,
    view::ObservationRow,
};

/// Writes a statement to the documents for its audience, and takes it back elsewhere. The same
/// figure again writes nothing, but a new note confirms it.
pub(crate) fn state(
    replica: &mut Replica,
    edit: &mut Edit,
    key: &ObservationKey,
    statement: Statement,
    note: Option<String>,
) -> Result<(), Failure> {
    let mut filling = Filling::default();
    write(replica, edit, key, statement, (note, false), &mut filling).map(drop)
}

/// Lets values that one person's word settles travel as far as an audience.
///
/// # Errors
/// If one cannot be written.
pub(crate) fn widen<'a>(
    replica: &mut Replica,
    edit: &mut Edit,
    rows: impl IntoIterator<Item = &'a ObservationRow>,
    audience: Audience,
) -> Result<(), Failure> {
    let mut filling = Filling::default();
    for row in rows {
        let Some(stated) = row.settled() else {
            continue;
        };
        let wider = Statement {
            audience,
            ..stated.statement.clone()
        };
        write(replica, edit, &row.key, wider, (None, false), &mut filling)?;
    }
    Ok(())
}

/// Does the same as [`state`] for an answered check or `--confirm`. The figure is stated again even
/// if it is the current one, and contests what others state at the same time. The statement's
/// `confirmed` names the checks.
pub(crate) fn confirm(
    replica: &mut Replica,
    edit: &mut Edit,
    key: &ObservationKey,
    statement: Statement,
    note: Option<String>,
) -> Result<(), Failure> {
    let mut filling = Filling::default();
    write(replica, edit, key, statement, (note, true), &mut filling).map(drop)
}

/// Writes to each part of the year that holds the key, so that a value is corrected in all of them.
pub(super) fn write(
    replica: &mut Replica,
    edit: &mut Edit,
    key: &ObservationKey,
    mut statement: Statement,
    (note, confirms): (Option<String>, bool),
    filling: &mut Filling,
) -> Result<Vec<DocKind>, Failure> {
    let local = statement.audience == Audience::Team;
    let shared = replica.observation_shared(key)?;
    let kept = replica.own_document(DocKind::Team)?.observation(key);
    let mut kept_note = None;
    let documents = if local {
        if let Some(shared) = shared.filter(|row| !is_retracted(row)) {
            let text = key.to_string();
            if !replica.is_unoffered(Container::Observations, &text)? {
                let (audience, key) = (shared.audience(), key.word());
                return Err(Failure::needs_action(format_args!(
                    "{key} is shared already, with the audience {audience}: what was shared \
                     cannot be recalled. Take it back first (weft-node observation retract \
                     {key}), or give the audience {audience}."
                )));
            }
            edit.recall(Container::Notes, text.clone());
            edit.recall(Container::Observations, text);
        }
        vec![DocKind::Team]
    } else {
        if let Some(kept) = kept {
            // The figure is the same, and only travels farther.
            if let (None, Some(one)) = (&shared, kept.settled()) {
                statement = keep_marks(statement, one);
            }
            kept_note = kept.notes.first().cloned();
            kept_note = kept_note.filter(|_| shared.is_none() && note.is_none());
            // The team's own value is shared now. A copy would only go stale.
            let text = key.to_string();
            edit.on(DocKind::Team, move |editor| {
                editor.put_text(Container::Observations, &text, "")?;
                editor.put_text(Container::Notes, &text, "")
            });
        }
        share_definitions(replica, edit, &key.indicator)?;
        filling.documents(replica, key, &statement, note.as_deref())?
    };
    for document in &documents {
        let (key, statement, note) = (key.clone(), statement.clone(), note.clone());
        let kept_note = kept_note.clone();
        edit.on(*document, move |editor| {
            if confirms {
                editor.confirm_observation(&key, &statement, note.as_deref())?;
            } else {
                editor.put_observation(&key, &statement, note.as_deref())?;
            }
            let mut kept = kept_note.iter();
            kept.try_for_each(|note| editor.put_note(&key, note))
        });
    }
    Ok(documents)
}

/// The sizes of the parts of years once the planned changes are saved.
#[derive(Debug, Default)]
pub(super) struct Filling {
    parts: BTreeMap<DocKind, DocumentSize>,
}

impl Filling {
    /// Returns the documents for a statement: every part of its year that holds the key, or else
    /// the first part that has room for new keys. Counts the statement there.
    fn documents(
        &mut self,
        replica: &mut Replica,
        key: &ObservationKey,
        statement: &Statement,
        note: Option<&str>,
    ) -> Result<Vec<DocKind>, DocumentError> {
        let mut documents = replica.parts_holding(key)?;
        if documents.is_empty() {
            let year = key.period.reporting_year();
            let mut part = 1;
            while self.is_filled(replica, DocKind::Observations(year, part))? {
                part += 1;
            }
            documents.push(DocKind::Observations(year, part));
        }
        for document in &documents {
            *self.size(replica, *document)? += planned(key, statement, note);
        }
        Ok(documents)
    }

    fn is_filled(&mut self, replica: &mut Replica, part: DocKind) -> Result<bool, DocumentError> {
        Ok(self.size(replica, part)?.percent_full() >= DOCUMENT_FILL_PERCENT)
    }

    fn size(
        &mut self,
        replica: &mut Replica,
        part: DocKind,
    ) -> Result<&mut DocumentSize, DocumentError> {
        Ok(match self.parts.entry(part) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                let name = DocName::first(part.to_string());
                free.insert(replica.size_of(Owner::Location, &name)?)
            }
        })
    }
}

/// Estimates what a statement adds to its document, erring on the high side: its texts, and an
/// operation for each. Many statements share the change around them.
pub(super) fn planned(
    key: &ObservationKey,
    statement: &Statement,
    note: Option<&str>,
) -> DocumentSize {
    const AROUND: usize = 16;
    let key = key.to_string().len() + AROUND;
    let note = note.map_or(0, |note| key + note.len() + AROUND);
    DocumentSize {
        raw_bytes: (key + statement.encode().len() + note) as u64,
        operations: 1 + u64::from(note > 0),
        changes: 0,
    }
}

/// Spells the key of a statement as existing values spell its label, or else as the definition
/// does.
pub(crate) fn spelled(
    replica: &mut Replica,
    key: &ObservationKey,
    definition: &Definition,
) -> Result<ObservationKey, DocumentError> {
    let of_place = |one: &ObservationKey| {
        (&one.indicator, &one.area, one.period) == (&key.indicator, &key.area, key.period)
    };
    let standing = replica.observations(of_place)?;
    Ok(key.spelled(definition, standing.iter().map(|row| &row.key)))
}

/// Problems of a statement; empty if it is acceptable.
pub(crate) type Problems = Vec<Invalid>;

/// Finds every problem of a statement that a person enters, under its definition and for our own
/// areas.
pub(crate) fn problems(
    replica: &mut Replica,
    key: &ObservationKey,
    statement: &Statement,
    definition: &Definition,
    now: Timestamp,
) -> Result<Problems, DocumentError> {
    let mut problems = Vec::new();
    let areas = replica.areas(key.period)?;
    if !areas.contains(&key.area) {
        problems.push(Invalid::UnknownArea {
            area: key.area.clone(),
            period: key.period,
            known: areas.iter().map(ToString::to_string).collect(),
        });
    }
    problems.extend(validation::observation(key, statement, definition));
    problems.extend(validation::future(key.period, replica.today(now)?));
    let standing = replica.observation(key)?;
    let has_counts = |row: &ObservationRow| {
        let mut stated = row.stated.iter();
        stated.any(|one| one.statement.numerator.is_some())
    };
    if standing.as_ref().is_some_and(has_counts) {
        problems.extend(validation::value_alone(statement, definition));
    }
    Ok(problems)
}

fn is_retracted(row: &ObservationRow) -> bool {
    row.stated
        .iter()
        .all(|stated| stated.statement.status == Status::Missing)
}
