//! Texts that repeat in facts, numbered: each is written once, and facts have its number.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use weft_shared::{
    id::{AreaCode, DefinitionHash, DocId, IndicatorCode},
    model::{
        Audience,
        observation::{Breakdown, Statement, Status},
    },
    period::Period,
};

use super::{
    LocationRow, StoreError,
    years::{self, YearDocument},
};

/// The parts that many statements have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Form {
    /// The definition that they were entered under.
    pub(crate) definition: DefinitionHash,
    /// The kind of figure.
    pub(crate) status: Status,
    /// The audience.
    pub(crate) audience: Audience,
}

impl Form {
    /// The mark of statements of the past that are no longer shared with the network: the reason
    /// why an answer about the past lacks them.
    pub(crate) const NO_LONGER_SHARED: Self = Self {
        definition: DefinitionHash::new([0; 32]),
        status: Status::Missing,
        audience: Audience::Team,
    };

    pub(crate) const fn of(statement: &Statement) -> Self {
        Self {
            definition: statement.definition,
            status: statement.status,
            audience: statement.audience,
        }
    }
}

/// One spelling of a breakdown of an indicator.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) series: i64,
    pub(crate) indicator: IndicatorCode,
    pub(crate) breakdown: Breakdown,
    /// The number that all spellings of its label have in common.
    pub(crate) label: i64,
}

/// Every number that was given. Only the aggregation gives numbers, so it alone needs them all.
/// Codes and breakdowns are in their canonical spelling, so what is known need not be parsed.
#[derive(Debug, Default)]
pub(crate) struct Names {
    series: BTreeMap<String, BTreeMap<String, (i64, i64)>>,
    n_series: i64,
    /// The labels by indicator and folded breakdown.
    labels: BTreeMap<(IndicatorCode, Breakdown), i64>,
    /// The label of each series, and the series of each label.
    label_of: BTreeMap<i64, i64>,
    spellings: BTreeMap<i64, Vec<Series>>,
    slices: BTreeSet<(i64, u32)>,
    forms: BTreeMap<Form, i64>,
    form_of: BTreeMap<i64, Form>,
    places: BTreeMap<LocationRow, BTreeMap<String, i64>>,
    areas: BTreeMap<i64, AreaCode>,
    n_places: i64,
    documents: BTreeMap<(LocationRow, DocId), i64>,
    fresh: Fresh,
}

/// Numbers that are not in the store yet.
#[derive(Debug, Default)]
pub(crate) struct Fresh {
    series: Vec<Series>,
    slices: Vec<(i64, u32)>,
    forms: Vec<(i64, Form)>,
    places: Vec<(i64, LocationRow, AreaCode)>,
    documents: Vec<YearDocument>,
}

impl Names {
    /// Reads all that are in the store.
    pub(crate) fn read(conn: &Connection) -> Result<Self, StoreError> {
        let mut names = Self::default();
        for one in series(conn, None, true)? {
            names.n_series = names.n_series.max(one.series);
            names.add_series(&one);
        }
        let mut query = conn.prepare("SELECT series, period FROM slices")?;
        let slices = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        names.slices = slices.collect::<Result<_, _>>()?;
        names.form_of = forms(conn)?;
        let numbers = names.form_of.iter();
        names.forms = numbers.map(|(number, form)| (*form, *number)).collect();
        for (place, lix, area) in places(conn)? {
            let of_location = names.places.entry(lix).or_default();
            of_location.insert(area.to_string(), place);
            names.areas.insert(place, area);
            names.n_places = names.n_places.max(place);
        }
        for one in years::documents(conn, None)? {
            names.documents.insert((one.lix, one.doc), one.document);
        }
        Ok(names)
    }

    fn add_series(&mut self, one: &Series) {
        let of_indicator = self.series.entry(one.indicator.to_string()).or_default();
        of_indicator.insert(one.breakdown.key(), (one.series, one.label));
        let label = (one.indicator.clone(), one.breakdown.folded());
        self.labels.entry(label).or_insert(one.label);
        self.label_of.insert(one.series, one.label);
        let spellings = self.spellings.entry(one.label).or_default();
        spellings.push(one.clone());
    }

    /// The number of the label of a series.
    pub(crate) fn label_of(&self, series: i64) -> Option<i64> {
        self.label_of.get(&series).copied()
    }

    /// Every spelling of a label.
    pub(crate) fn spellings(&self, label: i64) -> &[Series] {
        self.spellings.get(&label).map_or(&[], Vec::as_slice)
    }

    /// The form with this number.
    pub(crate) fn form_of(&self, number: i64) -> Option<Form> {
        self.form_of.get(&number).copied()
    }

    /// The number of a document that has one.
    pub(crate) fn known_document(&self, lix: LocationRow, doc: &DocId) -> Option<i64> {
        self.documents.get(&(lix, *doc)).copied()
    }

    /// The area with this number.
    pub(crate) fn area(&self, place: i64) -> Option<&AreaCode> {
        self.areas.get(&place)
    }

    /// The number of a spelling that is known, and that of its label.
    pub(crate) fn known_series(&self, indicator: &str, breakdown: &str) -> Option<(i64, i64)> {
        self.series.get(indicator)?.get(breakdown).copied()
    }

    /// The number of a spelling, and that of its label.
    pub(crate) fn series(
        &mut self,
        indicator: &IndicatorCode,
        breakdown: &Breakdown,
    ) -> (i64, i64) {
        if let Some(known) = self.known_series(indicator.as_str(), &breakdown.key()) {
            return known;
        }
        self.n_series += 1;
        let label = (indicator.clone(), breakdown.folded());
        let one = Series {
            series: self.n_series,
            indicator: indicator.clone(),
            breakdown: breakdown.clone(),
            label: *self.labels.get(&label).unwrap_or(&self.n_series),
        };
        self.add_series(&one);
        let numbers = (one.series, one.label);
        self.fresh.series.push(one);
        numbers
    }

    /// Records that a label has a fact in a period.
    pub(crate) fn slice(&mut self, label: i64, period: Period) {
        let slice = (label, period.number());
        if self.slices.insert(slice) {
            self.fresh.slices.push(slice);
        }
    }

    /// The number of what a statement has in common with others.
    pub(crate) fn form(&mut self, form: Form) -> i64 {
        if let Some(known) = self.forms.get(&form) {
            return *known;
        }
        let number = next(self.forms.len());
        self.forms.insert(form, number);
        self.form_of.insert(number, form);
        self.fresh.forms.push((number, form));
        number
    }

    /// The number of a location's area that is known.
    pub(crate) fn known_place(&self, lix: LocationRow, area: &str) -> Option<i64> {
        self.places.get(&lix)?.get(area).copied()
    }

    /// The highest number of a location's area; 0 if it has none.
    pub(crate) fn last_place(&self, lix: LocationRow) -> i64 {
        let places = self.places.get(&lix).into_iter();
        places
            .flat_map(BTreeMap::values)
            .copied()
            .max()
            .unwrap_or(0)
    }

    /// The number of a location's area.
    pub(crate) fn place(&mut self, lix: LocationRow, area: &AreaCode) -> i64 {
        if let Some(known) = self.known_place(lix, area.as_str()) {
            return known;
        }
        self.n_places += 1;
        let of_location = self.places.entry(lix).or_default();
        of_location.insert(area.to_string(), self.n_places);
        self.areas.insert(self.n_places, area.clone());
        self.fresh.places.push((self.n_places, lix, area.clone()));
        self.n_places
    }

    /// The number of a document of observations.
    pub(crate) fn document(&mut self, lix: LocationRow, doc: &DocId, year: i16) -> i64 {
        if let Some(known) = self.documents.get(&(lix, *doc)) {
            return *known;
        }
        let document = next(self.documents.len());
        self.documents.insert((lix, *doc), document);
        self.fresh.documents.push(YearDocument {
            document,
            lix,
            year,
            doc: *doc,
            summed: false,
        });
        document
    }

    /// Takes the numbers that are not in the store yet.
    pub(crate) fn take_fresh(&mut self) -> Fresh {
        std::mem::take(&mut self.fresh)
    }
}

impl Fresh {
    /// Whether a document has no facts in the store.
    pub(crate) fn is_new(&self, document: i64) -> bool {
        let first = self.documents.first();
        first.is_some_and(|first| first.document <= document)
    }

    /// Whether any place is new.
    pub(crate) const fn has_places(&self) -> bool {
        !self.places.is_empty()
    }

    pub(crate) fn write(&self, conn: &Connection) -> Result<(), StoreError> {
        let mut put = conn.prepare_cached(
            "INSERT INTO series (series, indicator, breakdown, label, facts)
             VALUES (?, ?, ?, ?, 0)",
        )?;
        for one in &self.series {
            let breakdown = one.breakdown.key();
            put.execute(params![
                one.series,
                one.indicator.as_str(),
                breakdown,
                one.label
            ])?;
        }
        let mut put = conn.prepare_cached("INSERT INTO slices (series, period) VALUES (?, ?)")?;
        for (label, period) in &self.slices {
            put.execute(params![label, period])?;
        }
        let mut put = conn.prepare_cached(
            "INSERT INTO forms (form, definition, status, audience) VALUES (?, ?, ?, ?)",
        )?;
        for (number, form) in &self.forms {
            let words = (form.status.word(), form.audience.word());
            put.execute(params![
                number,
                form.definition.as_bytes(),
                words.0,
                words.1
            ])?;
        }
        let mut put =
            conn.prepare_cached("INSERT INTO places (place, lix, area) VALUES (?, ?, ?)")?;
        for (place, lix, area) in &self.places {
            put.execute(params![place, lix.0, area.as_str()])?;
        }
        let mut put = conn.prepare_cached(
            "INSERT INTO year_documents (document, lix, year, doc) VALUES (?, ?, ?, ?)",
        )?;
        for one in &self.documents {
            put.execute(params![
                one.document,
                one.lix.0,
                one.year,
                one.doc.as_bytes()
            ])?;
        }
        Ok(())
    }
}

/// Numbers are given one after another and never taken back.
fn next(given: usize) -> i64 {
    i64::try_from(given).unwrap_or(i64::MAX).saturating_add(1)
}

/// The spellings of one indicator, or of all: also those without facts if `all`.
pub(crate) fn series(
    conn: &Connection,
    indicator: Option<&IndicatorCode>,
    all: bool,
) -> Result<Vec<Series>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT series, indicator, breakdown, label FROM series
         WHERE (?1 IS NULL OR indicator = ?1) AND (?2 OR facts > 0) ORDER BY indicator, breakdown",
    )?;
    let mut rows = query.query(params![indicator.map(IndicatorCode::as_str), all])?;
    let unreadable = || StoreError::Derived("series");
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let indicator = row.get_ref(1)?.as_str()?.parse();
        let breakdown = Breakdown::from_key(row.get_ref(2)?.as_str()?);
        found.push(Series {
            series: row.get(0)?,
            indicator: indicator.map_err(|_| unreadable())?,
            breakdown: breakdown.map_err(|_| unreadable())?,
            label: row.get(3)?,
        });
    }
    Ok(found)
}

/// Every form, by its number.
pub(crate) fn forms(conn: &Connection) -> Result<BTreeMap<i64, Form>, StoreError> {
    let mut query = conn.prepare_cached("SELECT form, definition, status, audience FROM forms")?;
    let mut rows = query.query([])?;
    let mut forms = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let form = read_form(row)?.ok_or(StoreError::Derived("forms"))?;
        forms.insert(row.get(0)?, form);
    }
    Ok(forms)
}

fn read_form(row: &Row<'_>) -> Result<Option<Form>, StoreError> {
    let definition = DefinitionHash::from_slice(row.get_ref(1)?.as_blob()?);
    let status = row.get_ref(2)?.as_str()?.parse().ok();
    let audience = row.get_ref(3)?.as_str()?.parse().ok();
    let form = definition.zip(status).zip(audience);
    Ok(form.map(|((definition, status), audience)| Form {
        definition,
        status,
        audience,
    }))
}

/// A location's number, and its area of this number.
pub(crate) fn place(conn: &Connection, place: i64) -> Result<(LocationRow, AreaCode), StoreError> {
    let mut query = conn.prepare_cached("SELECT lix, area FROM places WHERE place = ?")?;
    let mut rows = query.query([place])?;
    let unreadable = || StoreError::Derived("places");
    let row = rows.next()?.ok_or_else(unreadable)?;
    let area = row.get_ref(1)?.as_str()?.parse();
    Ok((LocationRow(row.get(0)?), area.map_err(|_| unreadable())?))
}

/// The number of an area of a location, if it ever had a fact.
pub(crate) fn place_of(
    conn: &Connection,
    lix: LocationRow,
    area: &str,
) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT place FROM places WHERE lix = ? AND area = ?";
    let mut query = conn.prepare_cached(sql)?;
    let place = query.query_row(params![lix.0, area], |row| row.get(0));
    Ok(place.optional()?)
}

/// The periods of which a label ever had a fact, from one to another, in order.
pub(crate) fn periods(
    conn: &Connection,
    label: i64,
    (from, to): (u32, u32),
) -> Result<Vec<u32>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT period FROM slices WHERE series = ? AND period BETWEEN ? AND ? ORDER BY period",
    )?;
    let periods = query.query_map(params![label, from, to], |row| row.get(0))?;
    Ok(periods.collect::<Result<_, _>>()?)
}

/// Every place: its number, its location's and its area.
pub(crate) fn places(conn: &Connection) -> Result<Vec<(i64, LocationRow, AreaCode)>, StoreError> {
    let mut query = conn.prepare_cached("SELECT place, lix, area FROM places")?;
    let mut rows = query.query([])?;
    let mut places = Vec::new();
    while let Some(row) = rows.next()? {
        let area = row.get_ref(2)?.as_str()?.parse();
        let area = area.map_err(|_| StoreError::Derived("places"))?;
        places.push((row.get(0)?, LocationRow(row.get(1)?), area));
    }
    Ok(places)
}

/// Returns the number of places.
pub(crate) fn count_places(conn: &Connection) -> Result<usize, StoreError> {
    let mut query = conn.prepare_cached("SELECT count(*) FROM places")?;
    Ok(query.query_row([], |row| row.get(0))?)
}

/// Some labels and periods that ever had a fact, drawn at random.
pub(crate) fn some_slices(conn: &Connection, most: usize) -> Result<Vec<(i64, u32)>, StoreError> {
    let mut query = conn.prepare("SELECT series, period FROM slices ORDER BY random() LIMIT ?")?;
    let slices = query.query_map([most], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(slices.collect::<Result<_, _>>()?)
}
