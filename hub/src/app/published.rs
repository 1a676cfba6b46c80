//! Published figures: what an office put out for areas, loaded once by the national team.
//!
//! Each import has documents of its own, `published/3/2018` and so on, written once and never
//! again. Its source is in the document `sources`, written last: figures without a source count
//! nowhere. To remove an import, its source says so.

mod file;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tokio::sync::OwnedMutexGuard;
use weft_host::clock;
use weft_shared::{
    document::{Document, Editor},
    id::{AreaCode, DocName},
    identity::Roster,
    log::gate::Admission,
    model::{
        clean_text,
        indicator::Versions,
        observation::{ObservationKey, Statement},
        profile::NAME_BYTES_MAX,
        schema::{Container, DocKind},
        source::Source,
    },
    period::Date,
    text::counted,
    time::{Timestamp, Zone},
};
use weft_store::Transaction;

pub use self::file::{PublishedColumns, Wrong};
use super::{
    AppError, AppHandle, Snapshot,
    network::clean_name,
    own::{Edit, Standing},
};
use crate::{
    keys::Identity,
    limits::{FILES_READ_MAX, PUBLISHED_DOCUMENT_FIGURES, PUBLISHED_ENTRY_FIGURES, SOURCES_MAX},
};

/// Number of times that a file is read if the network changes meanwhile.
const READINGS_MAX: usize = 3;
/// The first time zone in which a day begins, ahead of UTC.
const FURTHEST_EAST_MS: i64 = 14 * 3_600_000;

/// A file of published figures, and where it is from.
#[derive(Clone, Debug)]
pub struct NewPublished {
    /// The name of the file.
    pub file: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The publisher.
    pub publisher: String,
    /// The licence of its figures.
    pub licence: String,
    /// The day as at which they stood.
    pub as_at: Date,
    /// Which column is what, if the headings are not ours.
    pub columns: PublishedColumns,
}

/// The outcome of an import of published figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The number of the import.
    pub number: u32,
    /// The source of the figures.
    pub source: Source,
    /// The areas of the file that belong to no location.
    pub elsewhere: BTreeSet<AreaCode>,
    /// Notes on what was left out, and on what was read how.
    pub notes: Vec<String>,
}

/// The figures of one document, in the order of their keys.
type Figures = Vec<(ObservationKey, Statement)>;

impl AppHandle {
    /// Imports a file of published figures, all of it or nothing. Every node receives them.
    ///
    /// # Errors
    /// Returns all problems of the file at once.
    pub async fn import_published(&self, new: NewPublished) -> Result<Published, AppError> {
        let publisher = clean_name("publisher's name", &new.publisher)?;
        let licence = clean_name("licence's name", &new.licence)?;
        let (own, shared) = (&self.shared.own, &self.shared);
        let new = Arc::new(new);
        let file = Arc::clone(&new);
        let read = move |standing: &Standing| read(&file, standing);
        let (file::Read { figures, notes }, alone) = self.read_beside(read).await?;
        let mut next = Box::new(Standing::clone(&own.standing()));
        let numbers = next.sources();
        if numbers.len() >= SOURCES_MAX {
            return Err(AppError::PublishedRefused(format!(
                "there are {SOURCES_MAX} imports, and that is the most"
            )));
        }
        let standing = own.standing();
        let source = Source {
            publisher,
            licence,
            as_at: new.as_at,
            file: short(&clean_text(&new.file)),
            figures: u32::try_from(figures.len()).unwrap_or(u32::MAX),
            indicators: figures.keys().map(|key| key.indicator.clone()).collect(),
            removed: None,
        };
        if let Some((number, _)) = numbers.iter().find(|(_, one)| **one == source) {
            return Err(AppError::PublishedRefused(format!(
                "import {number} is of the same file, publisher and day. To load it again, remove \
                 that one first: weft-hub published remove {number}"
            )));
        }
        let number = numbers.keys().max().map_or(1, |last| last + 1);
        let elsewhere = elsewhere(&figures, &standing);
        let zero = own.roster(shared).await?;
        let now = clock::now();
        let identity = &shared.identity;
        let mut admissions = entries(&mut next, (identity, &zero), number, figures, now)?;
        let (key, text) = (number.to_string(), source.encode());
        let kind = DocKind::Sources;
        let put = |editor: &mut Editor<'_>| editor.put_text(Container::Sources, &key, &text);
        if let Some(change) = next.change(identity, kind, now, put)? {
            let place = next.place_of(kind);
            admissions.push(next.sign(identity, &zero, place, change, now)?);
        }
        let subject = format!("{number} {} {}", source.publisher, source.file);
        let by = Arc::clone(&self.by);
        let ledger =
            move |tx: &Transaction<'_>| Ok(by.record(tx, now, "published import", &subject)?);
        own.commit(shared, (next, alone), admissions, ledger)
            .await?;
        Ok(Published {
            number,
            source,
            elsewhere,
            notes,
        })
    }

    /// Reads a file on a thread of its own, beside every other edit. It returns the result of
    /// `read`, with the lock under which that still fits what stands.
    ///
    /// # Errors
    /// If too many files are being read: each takes memory and a processor.
    pub(crate) async fn read_beside<T: Send + 'static>(
        &self,
        read: impl Fn(&Standing) -> Result<T, AppError> + Send + Sync + 'static,
    ) -> Result<(T, OwnedMutexGuard<()>), AppError> {
        let (own, read) = (&self.shared.own, Arc::new(read));
        let place = Arc::clone(&self.shared.files).try_acquire_owned();
        let place = Arc::new(place.map_err(|_| {
            AppError::PublishedRefused(format!(
                "{} are being read now, and that is the most: import it again once one of them is \
                 done",
                counted(FILES_READ_MAX, "other file", "other files")
            ))
        })?);
        for _ in 0..READINGS_MAX {
            let against = own.standing();
            let (read, before) = (Arc::clone(&read), Arc::clone(&against));
            // The thread goes on if its caller is gone, and keeps its place until it ends.
            let place = Arc::clone(&place);
            let work = tokio::task::spawn_blocking(move || {
                let _place = place;
                read(&before)
            });
            let work = work.await;
            let figures = work.map_err(|error| AppError::Own(error.to_string()))??;
            let alone = own.alone(&self.shared).await?;
            if still_fits(&against, &own.standing()) {
                return Ok((figures, alone));
            }
        }
        Err(AppError::PublishedRefused(
            "the network's locations or definitions changed while the file was read: import it \
             again"
                .to_owned(),
        ))
    }

    /// Removes an import of published figures: they count nowhere from now on. They stay in the
    /// history.
    ///
    /// # Errors
    /// If there is no such import.
    pub async fn remove_published(&self, number: u32) -> Result<Source, AppError> {
        let decide = |standing: &Standing| {
            let sources = standing.sources();
            let source = sources.get(&number).filter(|one| one.removed.is_none());
            let mut source = source.cloned().ok_or_else(|| {
                AppError::PublishedRefused(format!(
                    "there is no import {number}: weft-hub published list shows what there is"
                ))
            })?;
            source.removed = Some(standing.zone().day(clock::now()));
            let (key, text) = (number.to_string(), source.encode());
            let subject = format!("{number} {} {}", source.publisher, source.file);
            let (kind, act) = (DocKind::Sources, "published remove");
            Ok(Edit::new(kind, act, subject, source, move |editor| {
                editor.put_text(Container::Sources, &key, &text)
            }))
        };
        self.shared.own.edit(self, decide).await
    }
}

impl Snapshot<'_> {
    /// Returns the sources of published figures by the number of their import, removed ones
    /// included.
    pub fn sources(&self) -> BTreeMap<u32, Source> {
        self.standing.sources()
    }
}

/// Whether a file that was read against `before` reads the same now.
fn still_fits(before: &Standing, now: &Standing) -> bool {
    before.definitions() == now.definitions()
        && before.definition_settings() == now.definition_settings()
        && before.places() == now.places()
}

/// Reads a file against the network's definitions and areas.
fn read(new: &NewPublished, standing: &Standing) -> Result<file::Read, AppError> {
    let definitions: Vec<_> = standing.definitions().into_values().collect();
    let settings = standing.definition_settings();
    let versions = Versions::by_code(definitions.iter().cloned(), &settings);
    let against = file::Against {
        definitions: &definitions,
        versions: &versions,
        places: &standing.places(),
        today: Zone::utc().day(clock::now().plus_ms(FURTHEST_EAST_MS)),
    };
    let read = file::read(&new.bytes, &against, &new.columns);
    read.map_err(|refused| match refused {
        file::Refused::Wrong(problems) => AppError::PublishedFile { problems },
        file::Refused::Ask(text) => AppError::PublishedColumns(text),
    })
}

/// Signs the entries of an import's own documents, each document's in their order.
fn entries(
    next: &mut Standing,
    (identity, zero): (&Identity, &Roster),
    number: u32,
    figures: BTreeMap<ObservationKey, Statement>,
    now: Timestamp,
) -> Result<Vec<Admission>, AppError> {
    let own = |error: &dyn std::fmt::Display| AppError::Own(error.to_string());
    let mut admissions = Vec::new();
    for (kind, figures) in documents(number, figures) {
        let name = DocName::first(kind.to_string());
        let document = Document::genesis(&identity.zero, &name);
        let mut document = document.map_err(|error| own(&error))?;
        for some in figures.chunks(PUBLISHED_ENTRY_FIGURES) {
            let edited = document.edit(identity.log_device(), now, |editor| {
                let mut some = some.iter();
                some.try_for_each(|(key, one)| editor.put_observation(key, one, None))
            });
            if let Some(change) = edited.map_err(|error| own(&error))?.change {
                let place = (*document.id(), name.clone());
                admissions.push(next.sign(identity, zero, place, change, now)?);
            }
        }
    }
    Ok(admissions)
}

/// The areas that belong to no location at any time.
fn elsewhere(
    figures: &BTreeMap<ObservationKey, Statement>,
    standing: &Standing,
) -> BTreeSet<AreaCode> {
    let places = standing.places();
    let mut known: BTreeSet<AreaCode> = BTreeSet::new();
    for (code, place) in &places {
        known.extend(place.areas.iter().map(|area| area.code.clone()));
        known.extend(code.as_str().parse());
    }
    let areas = figures.keys().map(|key| &key.area);
    areas
        .filter(|area| !known.contains(*area))
        .cloned()
        .collect()
}

/// Shares out figures over documents, by year and then by number.
fn documents(number: u32, figures: BTreeMap<ObservationKey, Statement>) -> Vec<(DocKind, Figures)> {
    let mut years: BTreeMap<i16, Figures> = BTreeMap::new();
    for (key, statement) in figures {
        let of_year = years.entry(key.period.reporting_year()).or_default();
        of_year.push((key, statement));
    }
    let mut documents = Vec::new();
    for (year, figures) in years {
        for (part, some) in (1..).zip(figures.chunks(PUBLISHED_DOCUMENT_FIGURES)) {
            documents.push((DocKind::Published(number, year, part), some.to_vec()));
        }
    }
    documents
}

/// Cuts the name of a file to what a source takes.
fn short(name: &str) -> String {
    let mut end = name.len().min(NAME_BYTES_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name[..end].to_owned()
}

impl Published {
    /// Says in a line what was imported.
    pub fn line(&self) -> String {
        let count = counted(self.source.figures, "figure", "figures");
        format!("Import {}: {count} of {}.", self.number, self.source.line())
    }
}
