//! Writes indicator values to the documents for their audiences. Commands, imports and pages use
//! the same functions.

use std::collections::{BTreeMap, btree_map::Entry};

use weft_shared::{
    id::DocName,
    log::size::DocumentSize,
    model::{
        Audience,
        indicator::Definition,
        note::Note,
        observation::{ObservationKey, Statement, Status},
        profile::Place,
        schema::{Container, DocKind},
    },
    time::Timestamp,
    validation::{self, Invalid, keep_marks},
};

use crate::{
    failure::Failure,
    import::{self, Indicator, Options, Plan},
    limits::{DOCUMENT_FILL_PERCENT, IMPORT_BYTES_PER_ENTRY, IMPORT_ROWS_PER_ENTRY},
    replica::{DocumentError, Edit, Replica, SaveError, Saved},
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
fn write(
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
            let (audience, key) = (shared.audience(), key.word());
            return Err(Failure::needs_action(format_args!(
                "{key} is shared already, with the audience {audience}: what was shared cannot be \
                 recalled. Take it back first (weft-node observation retract {key}), or give the \
                 audience {audience}."
            )));
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
            // The value kept here is shared now. A copy would only go stale.
            let text = key.to_string();
            edit.on(DocKind::Team, move |editor| {
                editor.put_text(Container::Observations, &text, "")?;
                editor.put_text(Container::Notes, &text, "")
            });
        }
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
struct Filling {
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
fn planned(key: &ObservationKey, statement: &Statement, note: Option<&str>) -> DocumentSize {
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

/// The reason why a file was not imported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    #[error(
        "The hub has not told this computer its areas yet, so no file can be held against them. \
         Run weft-node sync --once first."
    )]
    NoPlace,
    #[error(
        "The hub has not told this computer any indicator yet, so no file can be held against \
         their definitions. Nothing was imported. Run weft-node sync --once first; if that brings \
         none, the national team has published none yet."
    )]
    NoIndicators,
    #[error(transparent)]
    Refused(#[from] import::Refused),
    #[error(transparent)]
    Document(#[from] DocumentError),
    #[error(transparent)]
    Save(#[from] SaveError),
    #[error("{0}")]
    Other(Failure),
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::NoPlace | ImportError::NoIndicators => Self::needs_action(error),
            ImportError::Refused(ref refused) if refused.only_asks() => Self::needs_action(error),
            ImportError::Refused(_) => Self::failed(error),
            ImportError::Document(error) => error.into(),
            ImportError::Save(error) => error.into(),
            ImportError::Other(failure) => failure,
        }
    }
}

/// Plans the changes that a file would make.
pub(crate) fn plan(
    replica: &mut Replica,
    bytes: &[u8],
    audience: Option<Audience>,
    options: &Options,
    now: Timestamp,
) -> Result<Plan, ImportError> {
    let place: Place = replica.place()?.ok_or(ImportError::NoPlace)?;
    let code = replica.membership.code.clone();
    let rows = replica.indicators()?;
    if rows.is_empty() {
        return Err(ImportError::NoIndicators);
    }
    let indicators = rows.iter().map(|row| {
        let audience = row.adopted().map(|adoption| adoption.audience);
        (
            row.definition.code.clone(),
            Indicator::new(&row.in_use, audience).with_versions(&row.versions),
        )
    });
    let mut existing = BTreeMap::new();
    let mut notes = BTreeMap::new();
    for row in replica.observations(|_| true)? {
        let stated: Vec<Statement> = row.stated.into_iter().map(|one| one.statement).collect();
        notes.insert(row.key.clone(), row.notes);
        existing.insert(row.key, stated);
    }
    let context = import::Context {
        code: &code,
        place: &place,
        indicators: indicators.collect(),
        existing: &existing,
        notes: &notes,
        audience,
        today: replica.today(now).map_err(DocumentError::from)?,
    };
    Ok(import::plan(bytes, &context, options)?)
}

/// Splits the rows of a year into pieces that fit into an entry.
fn bites<'a, 'p>(mut year: &'a [&'p import::Change]) -> Vec<&'a [&'p import::Change]> {
    let mut bites = Vec::new();
    while !year.is_empty() {
        let mut bytes = 0;
        let fits = year.iter().take(IMPORT_ROWS_PER_ENTRY).take_while(|one| {
            let noted = one.noted_for.as_ref().map(Note::encode);
            let note = one.note.as_deref().or(noted.as_deref());
            bytes += planned(&one.key, &one.statement, note).raw_bytes;
            bytes <= IMPORT_BYTES_PER_ENTRY
        });
        // A single row always fits: its limit is far below that of an entry.
        let (bite, rest) = year.split_at(fits.count().max(1));
        bites.push(bite);
        year = rest;
    }
    bites
}

/// Saves the changes of a plan: all of them, or none.
pub(crate) fn carry_out(
    replica: &mut Replica,
    plan: &Plan,
    now: Timestamp,
) -> Result<Saved, ImportError> {
    let mut changes: Vec<_> = plan.changes.iter().collect();
    changes.sort_by_key(|change| (change.key.period.reporting_year(), change.line));
    let mut edits = Vec::new();
    let mut filling = Filling::default();
    let years =
        changes.chunk_by(|a, b| a.key.period.reporting_year() == b.key.period.reporting_year());
    for chunk in years.flat_map(bites) {
        let mut edit = Edit::default();
        for change in chunk {
            let documents = write(
                replica,
                &mut edit,
                &change.key,
                change.statement.clone(),
                (change.note.clone(), false),
                &mut filling,
            )
            .map_err(ImportError::Other)?;
            for document in documents {
                if let Some(note) = change.noted_for.clone() {
                    let key = change.key.clone();
                    edit.on(document, move |editor| editor.put_note(&key, &note));
                }
            }
        }
        edits.push(edit);
    }
    let mut edit = Edit::default();
    for (key, statement) in &plan.answered_beside {
        state(replica, &mut edit, key, statement.clone(), None).map_err(ImportError::Other)?;
    }
    edits.push(edit);
    Ok(replica.save(edits, now)?)
}
