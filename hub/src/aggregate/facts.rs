//! Observations as the facts that are stored: what a document states for the network under one key.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    document::{Document, Stated, StatedUnder, Touched},
    model::{observation::ObservationKey, schema::DocKind},
    period::Period,
    text::BadText,
};

use super::{
    library::{Authors, Loaded},
    moments::Moments,
    origins::Origins,
    writes::Writes,
};
use crate::store::{
    LocationRow, StoreError,
    derived::{
        facts::{FactPlace, FactRow},
        names::{Form, Names},
        past::Standing,
    },
};

/// Reads the changed observations of one document.
pub(super) struct Observations<'a> {
    document: &'a Document,
    authors: &'a Authors,
    keys: Keys<'a>,
    origins: Origins<'a>,
    /// The number of the document, and its year.
    number: i64,
    year: i16,
}

/// Reads the keys of one location's observations.
pub(super) struct Keys<'a> {
    pub(super) names: &'a mut Names,
    lix: LocationRow,
    /// The periods of keys that were read, by their text.
    periods: BTreeMap<String, Period>,
}

/// A key of an observation, in numbers of this store.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) series: i64,
    pub(super) label: i64,
    pub(super) place: i64,
}

/// The reporting year of a document of observations; `None` for any other.
pub(super) fn year_of(lix: LocationRow, kind: DocKind) -> Option<i16> {
    match kind {
        DocKind::Observations(year, _) if lix != LocationRow::ZERO => Some(year),
        DocKind::Published(_, year, _) if lix == LocationRow::ZERO => Some(year),
        _ => None,
    }
}

impl<'a> Observations<'a> {
    /// Gives the origins back for a document that holds no observations.
    pub(super) fn of(
        lix: LocationRow,
        loaded: &'a Loaded,
        names: &'a mut Names,
        origins: Origins<'a>,
    ) -> Result<Self, Origins<'a>> {
        let Some(year) = year_of(lix, loaded.document.kind()) else {
            return Err(origins);
        };
        let number = names.document(lix, loaded.document.id(), year);
        Ok(Self {
            document: &loaded.document,
            authors: &loaded.beside,
            keys: Keys::new(names, lix),
            origins,
            number,
            year,
        })
    }

    /// Reads the touched keys again. Returns those with content that this version cannot read.
    pub(super) fn read(
        &mut self,
        touched: &Touched,
        moments: &Moments<'_>,
        writes: &mut Writes,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut unread = BTreeSet::new();
        for under in self.document.stated(touched) {
            let key = under.key;
            let is_empty = under.stated.is_empty() && under.unreadable == 0;
            let Ok((period, place)) = self.keys.read(key) else {
                if !is_empty {
                    unread.insert(key.to_owned());
                }
                continue;
            };
            // A key from another document's year is not an observation and says nothing about one.
            if period.reporting_year() != self.year {
                continue;
            }
            if under.unreadable > 0 {
                unread.insert(key.to_owned());
            }
            let standing = self.standing(under, moments)?;
            let place = match place {
                Some(known) => known,
                // Nothing was ever stored of it.
                None if standing.iter().all(|one| one.rows.is_empty()) => continue,
                None => match key.parse() {
                    Ok(key) => self.keys.numbers(&key),
                    Err(_) => continue,
                },
            };
            if standing.iter().any(|one| !one.rows.is_empty()) {
                self.keys.names.slice(place.label, period);
            }
            let fact = FactPlace {
                document: self.number,
                series: place.series,
                period: period.number(),
                place: place.place,
            };
            writes.facts.insert(fact, standing);
        }
        Ok(unread)
    }

    /// The statements under a key after each run that touched it, one after another.
    fn standing(
        &mut self,
        under: StatedUnder<'_>,
        moments: &Moments<'_>,
    ) -> Result<Vec<Standing>, StoreError> {
        let mut steps: Vec<_> = moments.under(under.key).collect();
        let last = steps.pop().map_or(0, |(place, _)| *place);
        let mut all = Vec::with_capacity(steps.len() + 1);
        let key = under.key;
        let mut states = Vec::with_capacity(steps.len() + 1);
        for (place, heads) in steps {
            states.push((*place, self.document.stated_at(key, heads)));
        }
        states.push((last, under));
        let mut narrowed = None;
        for (place, under) in states {
            let now = narrow(&under);
            // A value that is narrowed already takes nothing back again when another value changes.
            let known = match (narrowed, now.is_empty()) {
                (Some(known), _) => known,
                (None, true) => BTreeSet::new(),
                (None, false) => narrow(&self.document.stated_at(key, moments.before())),
            };
            let is_new = !now.is_subset(&known);
            all.push(self.stands(place, under, is_new)?);
            narrowed = Some(now);
        }
        Ok(all)
    }

    /// The statement that stands from an entry on. It takes back what stood before if someone
    /// `narrows` it, or if nothing is left. A retraction does not: it is a status, and the value
    /// that it retracts was true to what the network knew until then.
    fn stands(
        &mut self,
        since: u64,
        under: StatedUnder<'_>,
        narrows: bool,
    ) -> Result<Standing, StoreError> {
        let mut stated = under.stated;
        let is_gone = stated.is_empty() && under.unreadable == 0;
        let withdraws = (is_gone || narrows).then(|| self.keys.names.form(Form::NO_LONGER_SHARED));
        stated.retain(|stated| !stated.statement.is_narrow());
        if stated.len() > 1 {
            // Replicas with the same entries number them alike.
            stated.sort_by_cached_key(|one| {
                let device = self.authors.get(&one.actor).copied();
                (one.statement.encode(), device)
            });
        }
        let rows = stated.into_iter().map(|stated| self.row(stated));
        Ok(Standing {
            since,
            withdraws,
            rows: rows.collect::<Result<_, _>>()?,
        })
    }

    fn row(&mut self, stated: Stated) -> Result<FactRow, StoreError> {
        let (entry, at) = self.origins.of(self.document, self.authors, &stated)?;
        Ok(FactRow {
            form: self.keys.names.form(Form::of(&stated.statement)),
            statement: stated.statement,
            at,
            entry,
        })
    }
}

impl<'a> Keys<'a> {
    pub(super) const fn new(names: &'a mut Names, lix: LocationRow) -> Self {
        Self {
            names,
            lix,
            periods: BTreeMap::new(),
        }
    }

    /// The period of a key of an observation, and the numbers of its parts, if they have any. A key
    /// whose parts are all known in their one spelling is one, and need not be parsed.
    pub(super) fn read(&mut self, text: &str) -> Result<(Period, Option<Place>), BadText> {
        let period = text.split('/').nth(2);
        let period = period.and_then(|period| self.periods.get(period));
        if let Some(period) = period
            && let Some(known) = self.known(text)
        {
            return Ok((*period, Some(known)));
        }
        let key: ObservationKey = text.parse()?;
        self.periods.insert(key.period.to_string(), key.period);
        Ok((key.period, self.known(text)))
    }

    /// The numbers of a key's parts, if they have any.
    pub(super) fn known(&self, key: &str) -> Option<Place> {
        let mut parts = key.splitn(4, '/');
        let (indicator, area, _) = (parts.next()?, parts.next()?, parts.next()?);
        let (series, label) = self.names.known_series(indicator, parts.next()?)?;
        Some(Place {
            series,
            label,
            place: self.names.known_place(self.lix, area)?,
        })
    }

    /// The numbers of a key's parts, given now if there are none.
    pub(super) fn numbers(&mut self, key: &ObservationKey) -> Place {
        let (series, label) = self.names.series(&key.indicator, &key.breakdown);
        Place {
            series,
            label,
            place: self.names.place(self.lix, &key.area),
        }
    }
}

/// The statements under a key that are for a narrower audience than the network.
fn narrow(under: &StatedUnder<'_>) -> BTreeSet<([u8; 16], u64)> {
    let all = under.stated.iter();
    let narrow = all.filter(|one| one.statement.is_narrow());
    narrow.map(|one| (one.actor, one.op)).collect()
}
