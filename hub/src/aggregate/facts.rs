//! Observations as the facts that are stored: what a document states for the network under one key.

use weft_shared::{
    document::{Document, Stated},
    model::{Audience, observation::ObservationKey, schema::DocKind},
};

use super::{library::Authors, origins::Origins, writes::Writes};
use crate::store::{
    Lix, StoreError,
    derived::{
        facts::{FactPlace, FactRow},
        names::{Form, Names},
    },
};

/// Reads the changed observations of one document.
pub(super) struct Observations<'a> {
    document: &'a Document,
    authors: &'a Authors,
    names: &'a mut Names,
    origins: Origins<'a>,
    /// The number of the document.
    number: i64,
    lix: Lix,
}

impl<'a> Observations<'a> {
    /// Returns `None` for a document that holds no observations.
    pub(super) fn of(
        lix: Lix,
        (document, authors): (&'a Document, &'a Authors),
        names: &'a mut Names,
        origins: Origins<'a>,
    ) -> Option<Self> {
        let DocKind::Observations(year, _) = document.kind() else {
            return None;
        };
        let number = names.document(lix, document.id(), year);
        Some(Self {
            document,
            authors,
            names,
            origins,
            number,
            lix,
        })
    }

    /// Reads one key again.
    pub(super) fn read(&mut self, key: &str, writes: &mut Writes) -> Result<(), StoreError> {
        let Ok(key) = key.parse::<ObservationKey>() else {
            return Ok(());
        };
        // A key from another document's year is not an observation and says nothing about one.
        if !self.document.kind().holds(&key) {
            return Ok(());
        }
        let observed = self.document.observation(&key).into_iter();
        let mut stated: Vec<Stated> = observed.flat_map(|observed| observed.stated).collect();
        stated.retain(|stated| stated.statement.audience >= Audience::Network);
        if stated.len() > 1 {
            // Replicas with the same entries number them alike.
            stated.sort_by_cached_key(|one| {
                (
                    one.statement.encode(),
                    self.authors.get(&one.actor).copied(),
                )
            });
        }
        let rows = stated.into_iter().map(|stated| self.row(stated));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let (series, label) = self.names.series(&key.indicator, &key.breakdown);
        if !rows.is_empty() {
            self.names.slice(label, key.period);
        }
        let place = FactPlace {
            document: self.number,
            series,
            period: key.period.number(),
            place: self.names.place(self.lix, &key.area),
        };
        writes.facts.insert(place, rows);
        Ok(())
    }

    fn row(&mut self, stated: Stated) -> Result<FactRow, StoreError> {
        let (entry, at) = self.origins.of(self.document, self.authors, &stated)?;
        Ok(FactRow {
            form: self.names.form(Form::of(&stated.statement)),
            statement: stated.statement,
            at,
            entry,
        })
    }
}
