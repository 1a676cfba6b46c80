//! Reads the national team's rollups and their explanations.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::clock;
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::observation::Breakdown,
    period::{Period, PeriodRange},
    rollup::{CellKey, Coverage, Explanation, Fact, Level, Member, Network, Slice, explain},
    text::{BadText, listed},
};

use super::{Figure, FigureKey, rows::Rows};
use crate::{
    aggregate::reader::Reader,
    app::{AppError, Counted, OfLocations, Snapshot, Unrecorded},
    store::StoreError,
};

/// Maximum number of places that a reason names.
const NAMED_MAX: usize = 12;

/// The figures to return. A field that is left out does not restrict them.
#[derive(Clone, Debug, Default)]
pub struct RollupQuery {
    /// Only of this indicator.
    pub indicator: Option<IndicatorCode>,
    /// Only of these periods.
    pub period: Option<PeriodRange>,
    /// Only of single locations, or only of the network.
    pub level: Option<LevelWord>,
    /// Only of this location.
    pub location: Option<LocationCode>,
    /// Only of this breakdown value.
    pub breakdown: Option<Breakdown>,
}

/// The levels of a rollup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevelWord {
    /// Each location.
    Location,
    /// The whole network.
    Network,
}

impl LevelWord {
    /// The name of the level.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Location => "location",
            Self::Network => "network",
        }
    }
}

/// The levels of a file: one, so that a sum over the file is right, unless both are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileLevel {
    /// One of them.
    One(LevelWord),
    /// Both, to look at side by side. A sum over them counts everything twice.
    All,
}

impl FileLevel {
    /// The names of the levels.
    pub const WORDS: [&str; 3] = ["network", "location", "all"];

    /// The level to query: what was asked for, else that of the location, else the network.
    pub fn query(asked: Option<Self>, location: Option<&LocationCode>) -> Option<LevelWord> {
        match (asked, location) {
            (Some(Self::One(level)), _) => Some(level),
            (Some(Self::All), _) => None,
            (None, Some(_)) => Some(LevelWord::Location),
            (None, None) => Some(LevelWord::Network),
        }
    }
}

impl std::str::FromStr for FileLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "network" => Ok(Self::One(LevelWord::Network)),
            "location" => Ok(Self::One(LevelWord::Location)),
            "all" => Ok(Self::All),
            _ => Err(format!(
                "\"{text}\" is no level: it is network, location or all"
            )),
        }
    }
}

/// Figures, and the number of entries counted in them.
#[derive(Clone, Debug)]
pub struct RollupAnswer {
    /// Sorted by indicator, period and breakdown; locations by code, then the network.
    pub figures: Vec<Figure>,
    /// The last entry that was counted.
    pub hub_seq: u64,
}

impl Counted<'_> {
    /// Returns figures.
    ///
    /// # Errors
    /// If the query names something unknown, or the store fails.
    pub fn rollup(&self, query: &RollupQuery) -> Result<Unrecorded<RollupAnswer>, AppError> {
        let figures = self.rows(query)?.collect::<Result<_, _>>()?;
        let hub_seq = self.hub_seq;
        Ok(Unrecorded::new(RollupAnswer { figures, hub_seq }))
    }

    /// Passes on figures one by one, as files and streams are written: they are never in memory
    /// together.
    ///
    /// # Errors
    /// If the query names something unknown, or the store fails.
    pub fn each_figure(
        &self,
        query: &RollupQuery,
        mut take: impl FnMut(Figure),
    ) -> Result<(), AppError> {
        self.rows(query)?.try_for_each(|figure| {
            take(figure?);
            Ok(())
        })
    }

    /// Returns so many figures after a key, in the order of their keys. However many there are
    /// before them, they take the same time.
    ///
    /// # Errors
    /// If the query names something unknown, or the store fails.
    pub(crate) fn page_of_rows(
        &self,
        query: &RollupQuery,
        after: Option<FigureKey>,
        most: usize,
    ) -> Result<Unrecorded<Vec<Figure>>, AppError> {
        let rows = self.rows(query)?.page(after, most);
        Ok(Unrecorded::new(rows.collect::<Result<_, _>>()?))
    }

    /// Returns figures one after another, in the order of their keys.
    ///
    /// # Errors
    /// If the query names something unknown, or the store fails.
    pub(super) fn rows(&self, query: &RollupQuery) -> Result<Rows<'_>, AppError> {
        check_known(query, &self.network)?;
        Ok(Rows::new(self.reader()?, query)?)
    }

    /// Works out what may be said of each figure, from the whole series of its indicator and the
    /// current day in the network's time zone.
    ///
    /// # Errors
    /// If the store fails.
    pub fn stand(&self, figures: &mut [Figure]) -> Result<(), AppError> {
        let today = self
            .network
            .zone()
            .day(self.as_of.unwrap_or_else(clock::now));
        // Only a missing area needs the series.
        let partial = figures.iter().filter(|figure| figure.cell.is_partial());
        let mut asked: BTreeMap<(IndicatorCode, Breakdown), BTreeSet<Level>> = BTreeMap::new();
        for key in partial.map(|figure| figure.cell.key.clone()) {
            let levels = asked.entry((key.indicator, key.breakdown)).or_default();
            levels.insert(key.level);
        }
        let (reader, mut coverages) = (self.reader()?, BTreeMap::new());
        for ((indicator, breakdown), levels) in asked {
            if let Some(label) = reader.label(&indicator, &breakdown)? {
                coverages.extend(reader.coverage(&label, &levels)?);
            }
        }
        for figure in figures {
            let coverage = coverages
                .remove(&figure.cell.key)
                .unwrap_or(Coverage::Whole);
            figure.stand(coverage, today);
        }
        Ok(())
    }

    /// Explains a figure down to the signed entries.
    ///
    /// # Errors
    /// If there is no such figure.
    pub fn explain(
        &self,
        indicator: IndicatorCode,
        period: Period,
        breakdown: Breakdown,
        location: Option<LocationCode>,
    ) -> Result<Unrecorded<Explanation>, AppError> {
        let query = RollupQuery {
            indicator: Some(indicator.clone()),
            location: location.clone(),
            ..RollupQuery::default()
        };
        self.check_known(&query)?;
        let slice = Slice {
            indicator,
            period,
            breakdown,
        };
        let reader = self.reader()?.naming_entries();
        let (slice, facts) = match reader.label(&slice.indicator, &slice.breakdown)? {
            Some(label) => {
                let mut facts = reader.facts(&label, Some(period))?;
                (
                    label.slice(period),
                    facts.remove(&period).unwrap_or_default(),
                )
            }
            None => (slice, Vec::new()),
        };
        let key: CellKey = slice.at(location.map_or(Level::Network, Level::Location));
        let mut explanation = explain(&key, &facts, &self.network).ok_or_else(|| {
            AppError::NoFigure(format!(
                "{}, so there is no figure to explain; weft-hub rollup --indicator {} shows the \
                 figures there are",
                self.why_no_figure(&key, &facts),
                key.indicator
            ))
        })?;
        explanation.compared = self.compared_words(&key)?;
        Ok(Unrecorded::new(explanation))
    }

    /// Says why nothing that is stated about a slice makes a figure.
    fn why_no_figure(&self, key: &CellKey, facts: &[Fact]) -> String {
        let what = format!("{} {} {}", key.indicator, key.period, key.breakdown);
        let is_past = self.as_of.is_some();
        let (mut unconfirmed, mut elsewhere) = (BTreeSet::new(), BTreeSet::new());
        let reporting = facts.iter().filter(|fact| {
            let mut stated = fact.stated.iter();
            stated.any(|one| !one.statement.is_narrow() && !one.statement.is_retraction())
        });
        for fact in reporting {
            let of_fact = |member: &&Member| member.place.location_id == Some(fact.location);
            match self.network.members().find(of_fact) {
                Some(member) if !member.counts() => {
                    unconfirmed.insert(member.code.to_string());
                }
                Some(member) => {
                    let mut areas = member.areas_in(key.period).into_iter();
                    if !areas.any(|(area, _)| area == fact.key.area) {
                        elsewhere.insert(format!("{} of {}", fact.key.area, member.code));
                    }
                }
                None => {}
            }
        }
        if !unconfirmed.is_empty() {
            let codes = listed(&Vec::from_iter(unconfirmed), NAMED_MAX);
            return match is_past {
                true => {
                    format!("no one had confirmed {codes} then, and no one else reported {what}")
                }
                false => format!("no one has confirmed {codes}, and no one else reported {what}"),
            };
        }
        if !elsewhere.is_empty() {
            let areas = listed(&Vec::from_iter(elsewhere), NAMED_MAX);
            return format!(
                "{what} was reported for {areas} alone, which did not have the area then"
            );
        }
        let mut stated = facts.iter().flat_map(|fact| &fact.stated);
        match stated.any(|one| one.statement.is_narrow()) {
            true => format!("what was reported of {what} is no longer shared"),
            false => format!("no one reported {what}"),
        }
    }

    /// Returns the note about a figure's comparison with the figure before it.
    fn compared_words(&self, key: &CellKey) -> Result<Option<String>, AppError> {
        let level = match key.level {
            Level::Location(_) => LevelWord::Location,
            Level::Network => LevelWord::Network,
        };
        let query = RollupQuery {
            indicator: Some(key.indicator.clone()),
            period: Some(key.period.into()),
            level: Some(level),
            location: key.level.location().cloned(),
            breakdown: Some(key.breakdown.clone()),
        };
        let figures = self.rollup(&query)?.unshown().figures;
        let compared = figures.into_iter().find_map(|figure| figure.compared);
        Ok(compared.and_then(|one| one.words))
    }

    /// Returns the breakdown values that an indicator has figures for in a period.
    ///
    /// # Errors
    /// If the store fails.
    pub fn breakdowns(
        &self,
        indicator: &IndicatorCode,
        period: Period,
    ) -> Result<Vec<Breakdown>, AppError> {
        let asked = RollupQuery {
            indicator: Some(indicator.clone()),
            ..RollupQuery::default()
        };
        self.check_known(&asked)?;
        let (reader, mut shown) = (self.reader()?, BTreeSet::new());
        for label in reader.labels(Some(indicator))? {
            if reader.is_stated(&label, period)? {
                shown.insert(label.breakdown);
            }
        }
        Ok(shown.into_iter().collect())
    }

    fn check_known(&self, query: &RollupQuery) -> Result<(), AppError> {
        check_known(query, &self.network).map_err(|error| match self.as_of {
            Some(_) => AppError::NoMoment(
                "the network had no such indicator or location at that moment; name a later one"
                    .to_owned(),
            ),
            None => error,
        })
    }

    /// Returns what makes figures of facts.
    pub(crate) fn reader(&self) -> Result<Reader<'_>, StoreError> {
        Ok(Reader::new(self.conn, &self.network)?.until(self.as_of.map(|_| self.hub_seq)))
    }

    /// Returns the locations, definitions and adoptions that figures are made with.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Returns the periods that have figures, of one indicator or of all.
    pub(crate) fn periods(
        &self,
        indicator: Option<&IndicatorCode>,
    ) -> Result<BTreeSet<Period>, AppError> {
        Ok(self.reader()?.periods_with_figures(indicator)?)
    }

    /// Returns all breakdowns that have figures.
    pub(crate) fn all_breakdowns(&self) -> Result<BTreeSet<Breakdown>, AppError> {
        Ok(self.reader()?.breakdowns_with_figures()?)
    }

    /// Returns the locations that have figures by each version of a definition.
    pub(crate) fn users(&self) -> Result<BTreeSet<(IndicatorCode, u32, LocationCode)>, AppError> {
        Ok(self.reader()?.users()?)
    }
}

impl Snapshot<'_> {
    /// Parses a breakdown that a person typed: `age=12+`, or `age=5-11,sex=female`. A comma begins
    /// another part only before a name that a definition declares, of one indicator or of all.
    ///
    /// # Errors
    /// If the text is not a breakdown.
    pub fn typed_breakdown(
        &self,
        text: &str,
        indicator: Option<&IndicatorCode>,
    ) -> Result<Breakdown, BadText> {
        let all = self.definitions();
        let of_code = all
            .iter()
            .filter(|one| indicator.is_none_or(|code| one.code == *code));
        let declared = of_code.flat_map(|one| one.breakdowns.keys().map(String::as_str));
        Breakdown::from_typed(text, declared)
    }
}

impl OfLocations for Vec<Figure> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let told_of = self.iter().flat_map(|figure| &figure.told_of);
        told_of.cloned().collect()
    }
}

impl OfLocations for Vec<Explanation> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let lines = self.iter().flat_map(|one| &one.lines);
        let stated = lines.filter(|line| !line.sources.is_empty());
        stated.map(|line| line.location.clone()).collect()
    }
}

pub(super) fn check_known(query: &RollupQuery, network: &Network) -> Result<(), AppError> {
    if let Some(code) = &query.indicator
        && network.newest(code).is_none()
    {
        return Err(AppError::NoFigure(format!(
            "the network has no indicator {code}; weft-hub definitions list shows those it has"
        )));
    }
    match &query.location {
        Some(code) if network.member(code).is_none() => {
            Err(AppError::UnknownLocation { code: code.clone() })
        }
        Some(_) | None => Ok(()),
    }
}
