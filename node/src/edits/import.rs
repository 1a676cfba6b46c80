//! Plans what a file of values would change here, and saves it.

use std::collections::BTreeMap;

use weft_host::failure::Failure;
use weft_shared::{
    model::{Audience, note::Note, observation::Statement, profile::Place},
    time::Timestamp,
};

use super::observations::{Filling, planned, state, write};
use crate::{
    import::{self, Indicator, Options, Plan},
    limits::{IMPORT_BYTES_PER_ENTRY, IMPORT_ROWS_PER_ENTRY},
    replica::{DocumentError, Edit, Replica, SaveError, Saved},
};

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
