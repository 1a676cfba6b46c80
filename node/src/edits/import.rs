//! Plans what a file of values would change here, and saves it.
//!
//! A large file takes its time. So its owner reads what stands document by document, the plan is
//! made beside it, and the changes become a draft entry by entry: pages and the link are served
//! between two steps. One transaction saves the draft. If anything has changed meanwhile, it all
//! begins again, and in the end without a pause.

pub(crate) mod undo;

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use weft_host::failure::Failure;
use weft_shared::{
    id::{DocName, LocationCode},
    model::{
        Audience,
        note::Note,
        observation::{ObservationKey, Statement},
        profile::Place,
    },
    period::Date,
    time::Timestamp,
};

use weft_tables::ColumnPlan;

use super::observations::{Filling, planned, state, write};
use crate::{
    import::{self, Change, Indicator, Options, Plan, Remembered},
    limits::{IMPORT_BYTES_PER_ENTRY, IMPORT_ROWS_PER_ENTRY, IMPORT_TRIES_MAX},
    replica::{DocumentError, Draft, Edit, Replica, SaveError},
    store::imports::{Record, Value},
    view::{IndicatorRow, ObservationRow},
};

/// A way to run work on a replica. Its owner may serve others between two calls.
pub(crate) trait Calls {
    /// Runs `work`.
    ///
    /// # Errors
    /// If the owner has ended.
    fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Replica) -> T + Send + 'static,
    ) -> Result<T, Failure>;
}

/// A replica that serves no one else meanwhile.
struct AtOnce<'a>(RefCell<&'a mut Replica>);

impl Calls for AtOnce<'_> {
    fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Replica) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        Ok(work(&mut self.0.borrow_mut()))
    }
}

/// A file to be imported.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Its name, by which it is listed.
    pub(crate) name: String,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) audience: Option<Audience>,
    pub(crate) options: Options,
    pub(crate) now: Timestamp,
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

impl From<Failure> for ImportError {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
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

/// Plans the changes that a file would make, and saves all of them or none if `may_save` says so.
pub(crate) fn import(
    owner: &impl Calls,
    file: &File,
    may_save: impl Fn(&Plan) -> bool + Send + 'static,
) -> Result<Plan, ImportError> {
    for _ in 0..IMPORT_TRIES_MAX {
        if let Some(plan) = attempt(owner, file, &may_save)? {
            return Ok(plan);
        }
    }
    let file = file.clone();
    owner.call(move |replica| {
        let made = attempt(&AtOnce(RefCell::new(replica)), &file, &may_save)?;
        Ok(made.expect("nothing changes while the replica serves no one else"))
    })?
}

/// Returns `None`, with nothing saved, if something changed meanwhile.
fn attempt(
    owner: &impl Calls,
    file: &File,
    may_save: &impl Fn(&Plan) -> bool,
) -> Result<Option<Plan>, ImportError> {
    let Some(ground) = Ground::read(owner, file.now)? else {
        return Ok(None);
    };
    let plan = Arc::new(ground.plan(file)?);
    if may_save(&plan) {
        let record = ground.record(file, &plan);
        if !save(owner, ground.version, &plan, file.now, record)? {
            return Ok(None);
        }
    }
    Ok(Some(Arc::unwrap_or_clone(plan)))
}

/// The base that a file is compared with: the state of one version of the replica.
struct Ground {
    version: u64,
    code: LocationCode,
    place: Place,
    indicators: Vec<IndicatorRow>,
    existing: BTreeMap<ObservationKey, Vec<Statement>>,
    notes: BTreeMap<ObservationKey, Vec<Note>>,
    remembered: Remembered,
    today: Date,
}

impl Ground {
    /// Reads it, one document at a time. Returns `None` if something changed meanwhile.
    fn read(owner: &impl Calls, now: Timestamp) -> Result<Option<Self>, ImportError> {
        let (mut ground, documents) = owner.call(move |replica| Self::begin(replica, now))??;
        let mut rows = Vec::new();
        for name in documents {
            let read = owner.call(move |replica| {
                let rows = replica.observations_in(&name, &|_| true)?;
                Ok::<_, DocumentError>((replica.version(), rows))
            });
            let (version, read) = read??;
            if version != ground.version {
                return Ok(None);
            }
            rows.extend(read);
        }
        for row in ObservationRow::merged(rows) {
            ground.existing.insert(row.key.clone(), row.statements());
            ground.notes.insert(row.key, row.notes);
        }
        Ok(Some(ground))
    }

    fn begin(replica: &mut Replica, now: Timestamp) -> Result<(Self, Vec<DocName>), ImportError> {
        let place = replica.place()?.ok_or(ImportError::NoPlace)?;
        let indicators = replica.indicators()?;
        if indicators.is_empty() {
            return Err(ImportError::NoIndicators);
        }
        let ground = Self {
            version: replica.version(),
            code: replica
                .membership()
                .map_err(DocumentError::from)?
                .code
                .clone(),
            place,
            indicators,
            existing: BTreeMap::new(),
            notes: BTreeMap::new(),
            remembered: remembered(replica)?,
            today: replica.today(now).map_err(DocumentError::from)?,
        };
        Ok((ground, replica.observing()))
    }

    fn plan(&self, file: &File) -> Result<Plan, import::Refused> {
        let indicators = self.indicators.iter().map(|row| {
            let audience = row.adopted().map(|adoption| adoption.audience);
            (
                row.definition.code.clone(),
                Indicator::new(&row.in_use, audience).with_versions(&row.versions),
            )
        });
        let context = import::Context {
            code: &self.code,
            place: &self.place,
            indicators: indicators.collect(),
            existing: &self.existing,
            notes: &self.notes,
            remembered: &self.remembered,
            audience: file.audience,
            today: self.today,
        };
        import::plan(&file.bytes, &context, &file.options)
    }

    /// The record that is kept of an imported file. A value that only gets a note is none.
    fn record(&self, file: &File, plan: &Plan) -> Record {
        let before = |key| self.existing.get(key).cloned().unwrap_or_default();
        let changes = plan.changes.iter();
        let changed = changes.map(|change| (&change.key, &change.statement));
        // An answer about a figure beside those of the file goes when the import goes.
        let beside = plan.answered_beside.iter();
        let beside = beside.map(|(key, statement)| (key, statement));
        let values = changed.chain(beside).map(|(key, stated)| Value {
            key: key.clone(),
            stated: stated.clone(),
            before: before(key),
        });
        let values = values.filter(|one| one.before != [one.stated.clone()]);
        let columns = plan.used.as_ref();
        Record::Imported {
            file: file.name.clone(),
            values: values.collect(),
            columns: columns.map(|used| (used.signature.clone(), used.plan.to_toml())),
        }
    }
}

/// The plans of columns that this computer remembers. One that cannot be read any more is asked for
/// again.
fn remembered(replica: &Replica) -> Result<Remembered, ImportError> {
    let plans = replica.column_plans().map_err(DocumentError::from)?;
    let plans = plans
        .into_iter()
        .filter_map(|(headings, plan)| Some((headings, ColumnPlan::from_toml(&plan).ok()?)));
    Ok(plans.collect())
}

/// Saves the changes of a plan that was made for `version`. Returns false, with nothing saved, if
/// something has changed.
fn save(
    owner: &impl Calls,
    version: u64,
    plan: &Arc<Plan>,
    now: Timestamp,
    record: Record,
) -> Result<bool, ImportError> {
    let mut saving = owner.call(move |replica| Saving::begin(replica, version, now))??;
    // The last one is for answers about other figures.
    for bite in bites(&plan.changes).into_iter().chain([Vec::new()]) {
        let Some(mut begun) = saving else {
            return Ok(false);
        };
        let plan = Arc::clone(plan);
        saving = owner.call(move |replica| {
            let added = begun.add(replica, &plan, &bite);
            added.map(|()| begun.if_current(replica))
        })??;
    }
    let Some(Saving { mut draft, .. }) = saving else {
        return Ok(false);
    };
    // A file that changes nothing is no import.
    if !plan.changes.is_empty() || !plan.answered_beside.is_empty() {
        Replica::add_import(&mut draft, record);
    }
    let saved = owner.call(move |replica| replica.save_draft(draft))??;
    Ok(saved.is_some())
}

/// A file's changes on their way into the documents.
struct Saving {
    draft: Draft,
    filling: Filling,
}

impl Saving {
    fn begin(replica: &Replica, version: u64, now: Timestamp) -> Result<Option<Self>, SaveError> {
        let draft = replica.draft(now)?;
        let filling = Filling::default();
        Ok((replica.version() == version).then_some(Self { draft, filling }))
    }

    fn if_current(self, replica: &Replica) -> Option<Self> {
        replica.is_current(&self.draft).then_some(self)
    }

    /// Adds some of the plan's changes as one entry; after the last of them, the answers about
    /// other figures.
    fn add(
        &mut self,
        replica: &mut Replica,
        plan: &Plan,
        bite: &[usize],
    ) -> Result<(), ImportError> {
        let filling = &mut self.filling;
        replica.add_to(&mut self.draft, |replica| {
            let mut edit = Edit::default();
            for at in bite {
                add(replica, &mut edit, &plan.changes[*at], filling)?;
            }
            if bite.is_empty() {
                for (key, statement) in &plan.answered_beside {
                    state(replica, &mut edit, key, statement.clone(), None)?;
                }
            }
            Ok::<_, Failure>(edit)
        })?;
        Ok(())
    }
}

fn add(
    replica: &mut Replica,
    edit: &mut Edit,
    change: &Change,
    filling: &mut Filling,
) -> Result<(), Failure> {
    let (statement, note) = (change.statement.clone(), change.note.clone());
    let documents = write(
        replica,
        edit,
        &change.key,
        statement,
        (note, false),
        filling,
    )?;
    for document in documents {
        if let Some(note) = change.noted_for.clone() {
            let key = change.key.clone();
            edit.on(document, move |editor| editor.put_note(&key, &note));
        }
    }
    Ok(())
}

/// Splits the changes into pieces of one year that fit into an entry. Returns their indices, in the
/// order of their lines.
fn bites(changes: &[Change]) -> Vec<Vec<usize>> {
    let year = |at: &usize| changes[*at].key.period.reporting_year();
    let mut order: Vec<usize> = (0..changes.len()).collect();
    order.sort_by_key(|at| (year(at), changes[*at].line));
    let mut bites: Vec<Vec<usize>> = Vec::new();
    let mut bytes = 0;
    for at in order {
        let change = &changes[at];
        let noted = change.noted_for.as_ref().map(Note::encode);
        let note = change.note.as_deref().or(noted.as_deref());
        let takes = planned(&change.key, &change.statement, note).raw_bytes;
        let fits = |bite: &&mut Vec<usize>| {
            let same_year = bite.last().map(year) == Some(year(&at));
            same_year
                && bite.len() < IMPORT_ROWS_PER_ENTRY
                && bytes + takes <= IMPORT_BYTES_PER_ENTRY
        };
        match bites.last_mut().filter(fits) {
            Some(bite) => {
                bite.push(at);
                bytes += takes;
            }
            // A single row always fits: its limit is far below that of an entry.
            None => {
                bites.push(vec![at]);
                bytes = takes;
            }
        }
    }
    bites
}
