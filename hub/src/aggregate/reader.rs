//! Makes figures of facts when they are read. One reader sees one state of the store; the network
//! may be of another moment, because nothing that is stored depends on it.

mod check;
mod grid;
mod location;
mod network;
mod overview;
mod published;
mod slices;
mod texts;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use rusqlite::{Connection, OptionalExtension as _};
use weft_shared::{
    id::{AreaCode, DeviceId, DeviceIndex, IndicatorCode, LocationCode, LocationId},
    model::observation::{Breakdown, Statement, Status, one_of_each_figure},
    period::Period,
    rollup::{Cell, EntryRef, Fact, Level, Slice, Stated, cells_at, labels},
};

pub use self::grid::{Grid, Mark, Shared};
pub(crate) use self::overview::Overview;
use super::seen::Seen;
use crate::store::{
    LocationRow, StoreError,
    derived::{
        facts::{self, FactRow},
        names::{self, Form, Series},
        past,
        years::{self, YearDocument},
    },
    rosters,
};

/// A query for figures; a field that is left out restricts nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct CellFilter {
    pub(crate) indicator: Option<IndicatorCode>,
    /// Only of this label, in any spelling.
    pub(crate) breakdown: Option<Breakdown>,
    /// Only the network, or only locations.
    pub(crate) is_network: Option<bool>,
    pub(crate) location: Option<LocationCode>,
}

impl CellFilter {
    pub(crate) fn takes(&self, level: &Level) -> bool {
        let is_network = *level == Level::Network;
        let location = self.location.as_ref();
        self.is_network.is_none_or(|wanted| wanted == is_network)
            && location.is_none_or(|code| level.location() == Some(code))
    }
}

/// A breakdown of an indicator in all its spellings.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) indicator: IndicatorCode,
    /// The spelling that is shown.
    pub(crate) breakdown: Breakdown,
    /// The number that all spellings have in common.
    number: i64,
    /// Each spelling by its number.
    spellings: BTreeMap<i64, Breakdown>,
    /// Whether a late period of the indicator that no one reported has a row here.
    is_due: bool,
}

impl Label {
    pub(crate) fn slice(&self, period: Period) -> Slice {
        Slice {
            indicator: self.indicator.clone(),
            period,
            breakdown: self.breakdown.clone(),
        }
    }
}

/// A signed entry of a location.
#[derive(Clone, Copy)]
struct Source {
    dix: DeviceIndex,
    dseq: u64,
    device: Option<DeviceId>,
}

/// The documents of a location's year.
type Documents = Rc<[YearDocument]>;

/// Reads facts, and makes figures of them.
pub(crate) struct Reader<'a> {
    conn: &'a Connection,
    network: &'a Seen,
    forms: BTreeMap<i64, Form>,
    /// The last entry that counts, if not all do.
    at: Option<u64>,
    /// Whether statements are to name their entries.
    names_entries: bool,
    places: RefCell<BTreeMap<i64, (LocationRow, LocationId, AreaCode)>>,
    sources: RefCell<BTreeMap<u64, Option<Source>>>,
    documents: RefCell<BTreeMap<(LocationRow, i16), Documents>>,
    /// The import of each document of published figures; none if its figures do not count.
    imports: RefCell<BTreeMap<i64, Option<u32>>>,
    /// Locations that count and have documents that are not in the sums, by year.
    late: RefCell<BTreeMap<i16, Rc<[LocationRow]>>>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(conn: &'a Connection, network: &'a Seen) -> Result<Self, StoreError> {
        Ok(Self {
            conn,
            network,
            forms: names::forms(conn)?,
            at: None,
            names_entries: false,
            places: RefCell::default(),
            sources: RefCell::default(),
            documents: RefCell::default(),
            imports: RefCell::default(),
            late: RefCell::default(),
        })
    }

    /// The same reader, for facts whose statements name their devices and entries.
    pub(crate) fn naming_entries(self) -> Self {
        Self {
            names_entries: true,
            ..self
        }
    }

    /// The same reader, for facts as they were when the entries up to `hub_seq` were all there
    /// were. What was withdrawn since is not among them.
    pub(crate) fn until(self, hub_seq: Option<u64>) -> Self {
        Self {
            at: hub_seq,
            ..self
        }
    }

    /// Whether its facts are those of a moment of the past.
    pub(crate) const fn is_past(&self) -> bool {
        self.at.is_some()
    }

    /// The labels about which something is stated, of one indicator or of all, by indicator. A
    /// location's own indicators have none: they are in no figure of the network.
    pub(crate) fn labels(
        &self,
        indicator: Option<&IndicatorCode>,
    ) -> Result<Vec<Label>, StoreError> {
        let mut found: BTreeMap<(IndicatorCode, i64), BTreeMap<i64, Breakdown>> = BTreeMap::new();
        for one in self.spellings(indicator)? {
            let spellings = found.entry((one.indicator, one.label)).or_default();
            spellings.insert(one.series, one.breakdown);
        }
        let labels = found
            .into_iter()
            .filter(|((indicator, _), _)| !self.network.is_own(indicator))
            .filter_map(|((indicator, number), spellings)| {
                Some(Label {
                    number,
                    breakdown: labels::shown(&indicator, spellings.values(), self.network)?,
                    indicator,
                    spellings,
                    is_due: false,
                })
            });
        let mut labels = labels.collect();
        self.mark_due(&mut labels, indicator);
        Ok(labels)
    }

    /// The spellings about which something is stated.
    fn spellings(&self, indicator: Option<&IndicatorCode>) -> Result<Vec<Series>, StoreError> {
        let Some(hub_seq) = self.at else {
            return names::series(self.conn, indicator, false);
        };
        let documents = years::documents(self.conn, None)?;
        let mut found = Vec::new();
        for one in names::series(self.conn, indicator, true)? {
            for document in &documents {
                let place = (document.document, one.series);
                if past::is_any_at(self.conn, place, hub_seq)? {
                    found.push(one);
                    break;
                }
            }
        }
        Ok(found)
    }

    /// The label of a breakdown in any spelling, if anything is stated about it.
    pub(crate) fn label(
        &self,
        indicator: &IndicatorCode,
        breakdown: &Breakdown,
    ) -> Result<Option<Label>, StoreError> {
        let folded = breakdown.folded();
        let mut labels = self.labels(Some(indicator))?.into_iter();
        Ok(labels.find(|label| label.breakdown.folded() == folded))
    }

    /// Whether anything is stated about a label in a period.
    pub(crate) fn is_stated(&self, label: &Label, period: Period) -> Result<bool, StoreError> {
        let range = (period.number(), period.number());
        let mut is_any = false;
        for document in years::documents(self.conn, Some(period.reporting_year()))? {
            for series in label.spellings.keys() {
                self.each(&document, *series, range, |_, _| is_any = true)?;
            }
        }
        Ok(is_any)
    }

    /// The facts of a label by period, of one period or of all. A late period that has a row is
    /// among them, even if it has no facts.
    pub(crate) fn facts(
        &self,
        label: &Label,
        period: Option<Period>,
    ) -> Result<BTreeMap<Period, Vec<Fact>>, StoreError> {
        let documents = years::documents(self.conn, period.map(Period::reporting_year))?;
        let range = period.map_or((0, u32::MAX), |one| (one.number(), one.number()));
        let mut facts = self.facts_in(&documents, label, range)?;
        for late in self.late_periods(label) {
            if period.is_none_or(|one| one == late) {
                facts.entry(late).or_default();
            }
        }
        Ok(facts)
    }

    /// The facts of a label in some documents, from one period to another.
    fn facts_in(
        &self,
        documents: &[YearDocument],
        label: &Label,
        range: (u32, u32),
    ) -> Result<BTreeMap<Period, Vec<Fact>>, StoreError> {
        let mut found: BTreeMap<(u32, i64, i64), Vec<(i64, FactRow)>> = BTreeMap::new();
        for document in documents {
            for series in label.spellings.keys() {
                self.each(document, *series, range, |place, row| {
                    let at = (place.period, place.series, place.place);
                    found.entry(at).or_default().push((document.document, row));
                })?;
            }
        }
        let mut facts: BTreeMap<Period, Vec<Fact>> = BTreeMap::new();
        let mut found = found.into_iter().peekable();
        while let Some(((period, ..), _)) = found.peek() {
            let (number, mut of_period) = (*period, Vec::new());
            let period = Period::from_number(number).ok_or(StoreError::Derived("facts"))?;
            while let Some(((_, series, place), rows)) = found.next_if(|(at, _)| at.0 == number) {
                of_period.extend(self.fact(label, period, (series, place), rows)?);
            }
            facts.insert(period, published::first(of_period));
        }
        Ok(facts)
    }

    fn labels_of(&self, filter: &CellFilter) -> Result<Vec<Label>, StoreError> {
        let folded = filter.breakdown.as_ref().map(Breakdown::folded);
        let mut labels = self.labels(filter.indicator.as_ref())?;
        labels.retain(|label| {
            let folded = folded.as_ref();
            folded.is_none_or(|folded| label.breakdown.folded() == *folded)
        });
        Ok(labels)
    }

    /// The figures by indicator, period and breakdown; locations by code, the network after them.
    pub(crate) fn cells(
        &self,
        filter: &CellFilter,
        mut take: impl FnMut(Cell),
    ) -> Result<(), StoreError> {
        if let Some(code) = &filter.location {
            return match filter.is_network {
                Some(true) => Ok(()),
                Some(false) | None => {
                    let labels = self.labels_of(filter)?;
                    self.cells_of_location(code, &labels, |_, cell| take(cell))
                }
            };
        }
        let labels = self.labels_of(filter)?;
        for of_indicator in labels.chunk_by(|one, next| one.indicator == next.indicator) {
            let mut slices = BTreeMap::new();
            for label in of_indicator {
                let breakdown = label.breakdown.key();
                for (period, facts) in self.facts(label, None)? {
                    let key = (period.to_string(), breakdown.clone());
                    slices.insert(key, (label.slice(period), facts));
                }
            }
            for (slice, facts) in slices.into_values() {
                let cells = cells_at(&slice, &facts, self.network, |level| filter.takes(level));
                cells.into_iter().for_each(&mut take);
            }
        }
        Ok(())
    }

    /// The number of figures: one of each expected location and of the network, for each slice of
    /// which any of them reported something.
    pub(crate) fn count(&self) -> Result<u64, StoreError> {
        let mut expected: BTreeMap<(i64, u32), bool> = BTreeMap::new();
        let mut slices: u64 = 0;
        let documents = years::documents(self.conn, None)?;
        for label in self.labels(None)? {
            let mut reported = BTreeSet::new();
            for document in &documents {
                for series in label.spellings.keys() {
                    let mut places = BTreeSet::new();
                    self.each(document, *series, (0, u32::MAX), |at, row| {
                        if is_report(&row.statement) && !reported.contains(&at.period) {
                            places.insert((at.place, at.period));
                        }
                    })?;
                    for (place, period) in places {
                        let is_expected = match expected.get(&(place, period)) {
                            Some(known) => *known,
                            None => self.is_expected(place, period)?,
                        };
                        expected.insert((place, period), is_expected);
                        if is_expected {
                            reported.insert(period);
                        }
                    }
                }
            }
            reported.extend(self.late_periods(&label).map(Period::number));
            slices += reported.len() as u64;
        }
        Ok(slices * (self.network.expected().count() as u64 + 1))
    }

    /// Whether a place belongs to a location that counts, in this period.
    fn is_expected(&self, place: i64, period: u32) -> Result<bool, StoreError> {
        let period = Period::from_number(period).ok_or(StoreError::Derived("facts"))?;
        let (lix, location, area) = self.place(place)?;
        if lix == LocationRow::ZERO {
            return Ok(self.network.holder(&area, period).is_some());
        }
        let Some(member) = self.network.expected_member(&location) else {
            return Ok(false);
        };
        let mut areas = member.areas_in(period).into_iter();
        Ok(areas.any(|(code, _)| code == area))
    }

    fn each(
        &self,
        document: &YearDocument,
        series: i64,
        range: (u32, u32),
        take: impl FnMut(facts::FactPlace, FactRow),
    ) -> Result<(), StoreError> {
        let place = (document.document, series);
        let form = |form| self.forms.get(&form).copied();
        match self.at {
            None => facts::each(self.conn, place, range, form, take),
            Some(at) => past::each_at(self.conn, place, range, at, form, take),
        }
    }

    fn place(&self, place: i64) -> Result<(LocationRow, LocationId, AreaCode), StoreError> {
        if let Some(known) = self.places.borrow().get(&place) {
            return Ok(known.clone());
        }
        let (lix, area) = names::place(self.conn, place)?;
        let found = (lix, rosters::location_id(self.conn, lix)?, area);
        self.places.borrow_mut().insert(place, found.clone());
        Ok(found)
    }

    /// The statements about a place, in the order of their text: neither the order of documents nor
    /// the order of arrival may show.
    fn stated(
        &self,
        location: LocationId,
        mut rows: Vec<FactRow>,
    ) -> Result<Vec<Stated>, StoreError> {
        // A value that is no longer shared is a reason only where nothing else stands.
        if rows.iter().any(|row| !row.statement.is_narrow()) {
            rows.retain(|row| !row.statement.is_narrow());
        }
        let names_entries = self.names_entries || rows.len() > 1;
        let stated = rows.into_iter().map(|row| {
            let source = match row.entry.filter(|_| names_entries) {
                Some(entry) => self.source(entry)?,
                None => None,
            };
            let named = source.filter(|_| self.names_entries);
            Ok::<_, StoreError>(Stated {
                statement: row.statement,
                device: source.and_then(|source| source.device),
                at: row.at,
                entry: named.map(|Source { dix, dseq, .. }| EntryRef {
                    location,
                    dix,
                    dseq,
                }),
                published: None,
            })
        });
        let mut stated = stated.collect::<Result<Vec<_>, _>>()?;
        if stated.len() > 1 {
            stated.sort_by_cached_key(|one| (one.statement.encode(), one.device, one.at));
            stated = one_of_each_figure(stated, |one| &one.statement);
        }
        Ok(stated)
    }

    fn source(&self, entry: u64) -> Result<Option<Source>, StoreError> {
        if let Some(known) = self.sources.borrow().get(&entry) {
            return Ok(*known);
        }
        let mut query = self.conn.prepare_cached(
            "SELECT dix, entries.dseq, device_id FROM entries JOIN logs USING (log)
             LEFT JOIN devices USING (lix, dix) WHERE hub_seq = ?",
        )?;
        let found = query.query_row([entry], |row| {
            let device = row.get_ref(2)?.as_blob_or_null()?;
            Ok(Source {
                dix: DeviceIndex(row.get(0)?),
                dseq: row.get(1)?,
                device: device.and_then(DeviceId::from_slice),
            })
        });
        let found = found.optional()?;
        self.sources.borrow_mut().insert(entry, found);
        Ok(found)
    }
}

/// Whether the statement reports something: a figure, or that its publisher hides one.
fn is_report(statement: &Statement) -> bool {
    let has_figure = statement.numerator.is_some() || statement.value.is_some();
    let status = statement.status;
    status == Status::Suppressed || (has_figure && !status.is_without_figure())
}
