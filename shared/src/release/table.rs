//! The rows in the tables of a release against what the hub sent one location about them, and
//! against what rounding explains. The hub's word for its rows is worth nothing without this.

mod figures;
mod kept;
mod places;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

pub use self::kept::{Changed, KeptPart, KeptRow, ProofsBefore, not_any_more};
use super::{
    COLUMNS, Fault, Head, Own, Proof, ReleaseRow,
    earlier::{LAGS_MOST, ROUNDED_MOST, Sums, by_slice, explains, is_apart},
    formats::Texts,
};
use crate::{
    id::LocationCode,
    model::{
        number::Number,
        observation::{Breakdown, ObservationKey},
        release::{Dataset, ReleaseId},
    },
    period::Period,
};

/// The columns of counts.
const PARTS: [&str; 2] = ["numerator", "denominator"];
/// The columns of figures: a row without any of them says nothing of its location.
const FIGURES: [&str; 5] = ["value", "numerator", "denominator", "lower", "upper"];
/// The columns that tell one row of a table from another.
const KEY: [&str; 6] = [
    "location_code",
    "indicator_code",
    "definition_version",
    "period",
    "breakdown",
    "breakdown_value",
];

/// A row by the words that name it: its location, or none for the network, and its other keys.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RowName([String; 6]);

impl RowName {
    /// The same indicator, period and part, whatever the location.
    fn slice(&self) -> &[String] {
        &self.0[1..]
    }

    fn location(&self) -> Option<&str> {
        Some(&*self.0[0]).filter(|code| !code.is_empty())
    }

    /// The code of its indicator.
    pub fn indicator(&self) -> &str {
        &self.0[1]
    }

    /// The code of its indicator, and the version of that one's definition.
    fn version(&self) -> (&str, &str) {
        (&self.0[1], &self.0[2])
    }

    pub(super) fn period(&self) -> Option<Period> {
        self.0[3].parse().ok()
    }

    /// Its indicator, period and part; none if its part is no breakdown.
    fn of(&self) -> Option<SliceName> {
        let [_, indicator, _, period, breakdown, value] = &self.0;
        let part = Breakdown::from_columns(breakdown, value).ok()?;
        Some(SliceName(indicator.clone(), period.clone(), part.folded()))
    }
}

impl RowName {
    /// Its period and part in words, without its indicator.
    pub fn part(&self) -> String {
        let [_, _, _, period, breakdown, value] = &self.0;
        match breakdown.is_empty() {
            true => period.clone(),
            false => format!("{period} {breakdown} {value}"),
        }
    }
}

impl fmt::Display for RowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = self.location().unwrap_or("the network");
        write!(f, "row of {whose} for {} {}", self.indicator(), self.part())
    }
}

/// An indicator, a period and a part of the population, in any spelling of the part.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SliceName(String, String, Breakdown);

impl SliceName {
    /// That of an observation.
    pub fn of(key: &ObservationKey) -> Self {
        let part = key.breakdown.folded();
        Self(key.indicator.to_string(), key.period.to_string(), part)
    }

    /// That of a row; none if its part is no breakdown.
    fn of_row(row: &ReleaseRow) -> Option<Self> {
        let part = Breakdown::from_columns(&row.breakdown, &row.breakdown_value).ok()?;
        let (indicator, period) = (row.indicator_code.clone(), row.period.clone());
        Some(Self(indicator, period, part.folded()))
    }

    /// Whether it is another period of the same.
    pub(super) fn is_other_period(&self, of: &Self) -> bool {
        (&self.0, &self.2) == (&of.0, &of.2) && self.1 != of.1
    }
}

/// One row: a text for each of [`COLUMNS`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line(pub(super) Vec<String>);

impl Line {
    pub(super) fn of(row: &ReleaseRow, head: &Head) -> Self {
        let fields = COLUMNS.iter();
        Self(fields.map(|one| one.field(row, head).csv()).collect())
    }

    fn get(&self, name: &str) -> &str {
        let at = COLUMNS.iter().position(|one| one.name == name);
        at.and_then(|at| self.0.get(at)).map_or("", String::as_str)
    }

    fn number(&self, name: &str) -> Option<Number> {
        Number::read_back(self.get(name))
    }

    pub(super) fn name(&self) -> RowName {
        RowName(KEY.map(|name| self.get(name).to_owned()))
    }

    fn has_figure(&self) -> bool {
        FIGURES.iter().any(|name| !self.get(name).is_empty())
    }
}

/// All tables of one release, as its files have them.
#[derive(Clone, Debug)]
pub struct Tables {
    head: Head,
    /// The number of locations whose numbers are proven to be in the release.
    proven: usize,
    lines: BTreeMap<RowName, Line>,
    doubled: Vec<RowName>,
    /// The rows that the list of changes says are kept, each with the earlier release; none without
    /// a list.
    listed: Option<BTreeMap<RowName, ReleaseId>>,
}

impl Tables {
    /// No rows yet, of a release whose manifest proves the numbers of so many locations.
    pub const fn new(head: Head, proven: usize) -> Self {
        Self {
            head,
            proven,
            lines: BTreeMap::new(),
            doubled: Vec::new(),
            listed: None,
        }
    }

    /// The names of the files that have the rows: the network's, and those of locations, if there
    /// are any.
    pub fn files(dataset: &Dataset) -> [String; 2] {
        let dataset = dataset.as_str();
        [format!("{dataset}.csv"), format!("{dataset}-locations.csv")]
    }

    /// Adds one line of a file: a text for each of [`COLUMNS`], in order. Whether it had as many.
    pub fn add(&mut self, fields: Vec<String>) -> bool {
        if fields.len() != COLUMNS.len() {
            return false;
        }
        let line = Line(fields);
        let name = line.name();
        if self.lines.insert(name.clone(), line).is_some() {
            self.doubled.push(name);
        }
        true
    }

    /// Checks the rows for one location. Returns every fault.
    pub fn check(&self, proof: &Proof, own: &Own<'_>) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Some(rows) = &proof.rows {
            self.compare(rows, (proof, own), &mut faults);
        }
        self.own_rows(proof, own, &mut faults);
        self.figures(proof, own, &mut faults);
        self.places(proof, own, &mut faults);
        let counted: BTreeSet<_> = proof.counted.iter().map(|one| &one.key).collect();
        let slices = counted.iter().map(|key| SliceName::of(key)).collect();
        faults.extend(self.unproven(&slices, own));
        let named = self.of_location(own.code);
        let named: BTreeSet<_> = named.filter_map(|(name, _)| name.of()).collect();
        faults.extend(self.unagreed(proof, own));
        let unnamed = counted.into_iter().filter(|key| {
            own.by_location.contains(&key.indicator) && !named.contains(&SliceName::of(key))
        });
        faults.extend(unnamed.cloned().map(Fault::RowMissing));
        faults.extend(self.in_itself(own));
        faults
    }

    /// The faults of the rows that need no number of the location to be seen.
    pub(super) fn in_itself(&self, own: &Own<'_>) -> Vec<Fault> {
        let doubled = self.doubled.iter().cloned().map(Fault::RowDoubled);
        let mut faults: Vec<Fault> = doubled.collect();
        self.sums(own, &mut faults);
        self.words(own, &mut faults);
        faults
    }

    /// The versions of indicators with rows that have no line in a table of meanings, and those
    /// that have several.
    pub fn unexplained(&self, meanings: &[Texts]) -> Vec<Fault> {
        let mut lines: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for line in meanings {
            if let [code, version, ..] = line.as_slice() {
                *lines.entry((code, version)).or_default() += 1;
            }
        }
        let used: BTreeSet<(&str, &str)> = self.lines.keys().map(RowName::version).collect();
        let missing = used.iter().filter(|version| !lines.contains_key(version));
        let missing = missing.map(|(code, version)| Fault::NoMeaningOf {
            code: (*code).to_owned(),
            version: (*version).to_owned(),
        });
        let twice = lines.iter().filter(|(_, lines)| **lines > 1);
        let twice = twice.map(|((code, version), lines)| Fault::MeaningLines {
            code: (*code).to_owned(),
            version: (*version).to_owned(),
            lines: *lines,
        });
        missing.chain(twice).collect()
    }

    /// The rows of a location with a figure that is neither of what was counted of it nor one that
    /// an office published.
    pub(super) fn unproven(
        &self,
        counted: &BTreeSet<SliceName>,
        own: &Own<'_>,
    ) -> impl Iterator<Item = Fault> {
        let ours = self.of_location(own.code);
        let ours = ours.filter(|(_, line)| line.has_figure());
        let unknown = ours.filter(|(name, _)| {
            let slice = name.of();
            !slice.is_some_and(|it| counted.contains(&it) || own.published.contains(&it))
        });
        unknown.map(|(name, _)| Fault::RowUnproven(name.clone()))
    }

    /// The rows with a figure of what was counted of a location that said yes to the sum alone.
    fn unagreed(&self, proof: &Proof, own: &Own<'_>) -> impl Iterator<Item = Fault> {
        let counted = proof.counted.iter();
        let unnamed = counted.filter(|one| {
            let agreed = own.agreed.get(&one.key.indicator);
            agreed.is_some_and(|agreed| !agreed.rows)
        });
        let unnamed: BTreeSet<_> = unnamed.map(|one| SliceName::of(&one.key)).collect();
        let rows = self.of_location(own.code);
        let rows = rows.filter(move |(name, line)| {
            line.has_figure() && name.of().is_some_and(|of| unnamed.contains(&of))
        });
        rows.map(|(name, _)| Fault::RowUnagreed(name.clone()))
    }

    /// The rows of one location.
    fn of_location(&self, code: &LocationCode) -> impl Iterator<Item = (&RowName, &Line)> {
        let lines = self.lines.iter();
        lines.filter(|(name, _)| name.location() == Some(code.as_str()))
    }

    /// The rows that the hub sent against those in the files, column by column.
    fn compare(
        &self,
        rows: &[ReleaseRow],
        (proof, own): (&Proof, &Own<'_>),
        faults: &mut Vec<Fault>,
    ) {
        let counted = proof.counted.iter();
        let indicators: BTreeSet<&str> = counted.map(|one| one.key.indicator.as_str()).collect();
        let is_about = |name: &RowName| match name.location() {
            Some(code) => code == own.code.as_str(),
            None => indicators.contains(name.indicator()),
        };
        let mut shown: BTreeSet<RowName> = BTreeSet::new();
        for row in rows {
            let line = Line::of(row, &self.head);
            let name = line.name();
            match self.lines.get(&name) {
                None => faults.push(Fault::RowInvented(name.clone())),
                Some(filed) if *filed != line => faults.push(Fault::RowChanged(name.clone())),
                Some(_) => {}
            }
            shown.insert(name);
        }
        let hidden = self.lines.keys();
        let hidden = hidden.filter(|name| is_about(name) && !shown.contains(name));
        faults.extend(hidden.cloned().map(Fault::RowHidden));
    }

    /// The location's own rows against the sum of what was counted of it, now or when a row was
    /// shown first: that is kept until the count has moved far enough.
    fn own_rows(&self, proof: &Proof, own: &Own<'_>, faults: &mut Vec<Fault>) {
        let counted = by_slice(&proof.counted);
        let sums: BTreeMap<SliceName, Sums> = counted
            .into_iter()
            .map(|(slice, of_it)| (slice, Sums::of(&of_it)))
            .collect();
        for (name, line) in self.of_location(own.code) {
            let slice = name.of();
            let Some((slice, now)) = slice.as_ref().and_then(|it| sums.get_key_value(it)) else {
                continue;
            };
            let grows = own.is_cumulative(name.indicator());
            let is_unknown = own.earlier.is_unknown(name, grows);
            for part in PARTS {
                let (Some(shown), Some(counted)) = (line.number(part), now.part(part)) else {
                    continue;
                };
                // A denominator is kept from the same period alone.
                let others = grows && part == "numerator";
                let others = others.then(|| {
                    let here = sums.iter().filter(|(one, _)| one.is_other_period(slice));
                    let here = here.map(|(_, sums)| *sums);
                    here.chain(own.earlier.in_other_periods(slice))
                });
                let before = own
                    .earlier
                    .counted(slice)
                    .chain(others.into_iter().flatten());
                let before = before.filter_map(|sums| sums.part(part));
                let most = if is_unknown { LAGS_MOST } else { ROUNDED_MOST };
                let is_explained = explains(shown, counted, before)
                    || is_unknown && !is_apart(shown, counted.round(0), LAGS_MOST);
                if !is_explained {
                    faults.push(Fault::RowOff {
                        row: name.clone(),
                        part,
                        shown,
                        counted,
                        most,
                    });
                }
            }
        }
    }

    /// The network's rows against the rows of locations, where all of those are shown.
    fn sums(&self, own: &Own<'_>, faults: &mut Vec<Fault>) {
        let mut by_slice: BTreeMap<&[String], Vec<&Line>> = BTreeMap::new();
        for (name, line) in self
            .lines
            .iter()
            .filter(|(one, _)| one.location().is_some())
        {
            // A mean shows the number of people alone.
            let is_shown = PARTS.iter().any(|part| line.number(part).is_some());
            let of = by_slice.entry(name.slice()).or_default();
            of.extend(is_shown.then_some(line));
        }
        for (name, line) in self
            .lines
            .iter()
            .filter(|(one, _)| one.location().is_none())
        {
            let Some(rows) = by_slice.get(name.slice()).filter(|rows| !rows.is_empty()) else {
                continue;
            };
            let areas = rows
                .iter()
                .map(|row| row.number("n_areas"))
                .sum::<Option<Number>>();
            let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
            let is_whole = line.number("n_locations") == Some(Number::from(count))
                && line.number("n_areas") == areas;
            if !is_whole {
                continue;
            }
            let grows = own.is_cumulative(name.indicator());
            // Rows of others may be kept too, and what was counted of them is not known here.
            let lags = grows || own.earlier.may_have_shown(name, grows);
            let most = if lags { LAGS_MOST } else { ROUNDED_MOST };
            let most = most.saturating_mul(count.saturating_add(1));
            if let Some(mean) = figures::mean_off(line, rows).filter(|_| !lags && is_mean(line)) {
                faults.push(figures::mean_fault(name, line, mean));
            }
            for part in PARTS {
                let sum = rows
                    .iter()
                    .map(|row| row.number(part))
                    .sum::<Option<Number>>();
                let (Some(shown), Some(sum)) = (line.number(part), sum) else {
                    continue;
                };
                if is_apart(shown, sum, most) {
                    faults.push(Fault::SumOff {
                        row: name.clone(),
                        part,
                        shown,
                        sum,
                        rows: rows.len(),
                        most,
                    });
                }
            }
        }
    }
}

/// Whether a row shows a value and the number of people alone.
fn is_mean(line: &Line) -> bool {
    line.number("numerator").is_none() && line.number("denominator").is_some()
}

#[cfg(test)]
pub(super) use self::tests::{places as sample_places, row as sample, tables as sample_tables};
#[cfg(test)]
mod tests;
