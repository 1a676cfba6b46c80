//! Facts and figures as text: two hubs with the same entries have the same.

use weft_shared::{
    id::{DocId, DocName, LocationId},
    period::Period,
    rollup::Cell,
};

use super::{CellFilter, Reader};
use crate::store::{
    LocationRow, StoreError,
    derived::{
        facts::FactRow,
        names,
        years::{self, YearDocument},
    },
    documents, rosters,
};

/// A fact's place in the order of texts: period, location, area and document.
type Place = (String, LocationId, String, String);

impl Reader<'_> {
    /// Passes on facts as text, by their keys; locations by their ids, because a row's number
    /// depends on who joined first. A fact of a document that goes on from another has its name.
    pub(crate) fn fact_texts(
        &self,
        mut take: impl FnMut(String, String),
    ) -> Result<(), StoreError> {
        let documents = years::documents(self.conn, None)?.into_iter();
        let documents = documents.map(|one| {
            let further = further(self.conn, one.lix, &one.doc)?;
            Ok::<_, StoreError>((one, further))
        });
        let documents: Vec<(YearDocument, String)> = documents.collect::<Result<_, _>>()?;
        for series in names::series(self.conn, None, false)? {
            let mut found: Vec<(Place, FactRow)> = Vec::new();
            for (document, further) in &documents {
                let location = rosters::location_id(self.conn, document.lix)?;
                let mut places = Vec::new();
                self.each(document, series.series, (0, u32::MAX), |at, row| {
                    places.push((at.period, at.place, row));
                })?;
                for (period, place, row) in places {
                    let period = Period::from_number(period).ok_or(StoreError::Derived("facts"))?;
                    let area = self.place(place)?.2.to_string();
                    let place = (period.to_string(), location, area, further.clone());
                    found.push((place, row));
                }
            }
            // Statements about one place stay in their order.
            found.sort_by(|(one, _), (other, _)| one.cmp(other));
            let breakdown = series.breakdown.key();
            for of_place in found.chunk_by(|(one, _), (other, _)| one == other) {
                let (period, location, area, further) = &of_place[0].0;
                let key = format!(
                    "fact {} {period} {breakdown} {location} {area}{further}",
                    series.indicator
                );
                let texts = of_place.iter().map(|(_, row)| self.text(row));
                let texts = texts.collect::<Result<Vec<_>, _>>()?;
                take(key, texts.join("\n"));
            }
        }
        Ok(())
    }

    fn text(&self, row: &FactRow) -> Result<String, StoreError> {
        let source = match row.entry {
            Some(entry) => self.source(entry)?,
            None => None,
        };
        let device = source.and_then(|source| source.device);
        let device = device.map_or_else(String::new, |device| device.to_string());
        let at = row.at.map_or_else(String::new, |at| at.ms().to_string());
        Ok(format!("{}\t{device}\t{at}", row.statement.encode()))
    }

    /// Passes on figures as text, by their keys.
    pub(crate) fn figure_texts(
        &self,
        mut take: impl FnMut(String, String),
    ) -> Result<(), StoreError> {
        self.cells(&CellFilter::default(), |cell| {
            let Cell { key, bases, .. } = &cell;
            let location = key.level.location().map_or("", |code| code.as_str());
            let (period, breakdown) = (key.period, key.breakdown.key());
            let key = format!("{} {period} {breakdown} {location}", key.indicator);
            for base in bases {
                let text = format!(
                    "{:?}\t{}\t{:?}",
                    base.denominator, base.is_growth, base.asked_beside
                );
                take(format!("base {key} {}", base.area), text);
            }
            take(format!("figure {key}"), cell.row().join("\t"));
        })
    }
}

/// The name of a document of a later epoch, or one that goes on from another; else nothing.
fn further(
    conn: &rusqlite::Connection,
    lix: LocationRow,
    doc: &DocId,
) -> Result<String, StoreError> {
    let name: Option<DocName> = documents::name(conn, lix, doc)?;
    let name = name.filter(|one| one.epoch != 0 || one.name.matches('/').count() > 1);
    Ok(name.map_or_else(String::new, |one| format!(" {}@{}", one.name, one.epoch)))
}
