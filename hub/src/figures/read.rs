//! Reads the national team's rollups and their explanations.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rusqlite::Connection;
use weft_host::clock;
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::observation::Breakdown,
    period::{Period, PeriodRange},
    rollup::{CellKey, Coverage, Explanation, Level, Network, Slice, Standing, coverage, explain},
    text::BadText,
    time::Timestamp,
};

use super::{Figure, compare};
use crate::{
    aggregate::{
        past::network_at,
        reader::{CellFilter, Reader},
    },
    app::{AppError, AppHandle, OfLocations, Unrecorded},
    store::StoreError,
};

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
    /// As they were at this moment, of the entries received by then and not withdrawn since.
    pub as_of: Option<Timestamp>,
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
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Location => "location",
            Self::Network => "network",
        }
    }
}

impl std::str::FromStr for LevelWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "location" => Ok(Self::Location),
            "network" => Ok(Self::Network),
            _ => Err(format!("\"{text}\" is no level: it is location or network")),
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

impl AppHandle {
    /// Returns figures that count every entry acknowledged before the call.
    ///
    /// # Errors
    /// If counting them takes longer than ten seconds, or the query names something unknown.
    pub async fn rollup(&self, query: RollupQuery) -> Result<Unrecorded<RollupAnswer>, AppError> {
        let (hub_seq, network, until) = self.counted_at(&query).await?;
        let filter = CellFilter {
            indicator: query.indicator,
            breakdown: query.breakdown,
            is_network: query.level.map(|level| level == LevelWord::Network),
            location: query.location,
        };
        let mut figures = self
            .read_figures(&network, move |reader| {
                let mut figures = Vec::new();
                let reader = reader.as_of(until);
                reader.cells(&filter, |cell| figures.push(Figure::from(cell)))?;
                Ok(figures)
            })
            .await?;
        // Compare before filtering by period: the figure before may be outside the requested range.
        compare::compare(&mut figures, &network);
        figures.retain(|figure| {
            let range = query.period;
            range.is_none_or(|range| range.contains(figure.cell.key.period))
        });
        Ok(Unrecorded::new(RollupAnswer { figures, hub_seq }))
    }

    /// The last entry that counts for a query, and the network with which its figures are made; the
    /// former once more if the query asks for a moment that is past.
    async fn counted_at(
        &self,
        query: &RollupQuery,
    ) -> Result<(u64, Arc<Network>, Option<u64>), AppError> {
        let (hub_seq, network) = self.counted().await?;
        let known = check_known(query, &network);
        let Some(at) = query.as_of else {
            return known.map(|()| (hub_seq, network, None));
        };
        let read = move |conn: &Connection| network_at(conn, at, hub_seq);
        let (until, then) = self.shared.store.read(read).await?;
        // What was known then may have another name now, and what is known now came later.
        check_known(query, &then).or(known)?;
        Ok((until, Arc::new(then), Some(until)))
    }

    /// Runs a query that makes figures with this network, in one state of the store.
    async fn read_figures<T: Send + 'static>(
        &self,
        network: &Arc<Network>,
        query: impl FnOnce(Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, AppError> {
        let network = Arc::clone(network);
        let read = move |conn: &Connection| query(Reader::new(conn, &network)?);
        Ok(self.shared.store.read(read).await?)
    }

    /// Works out what may be said of each figure, from the whole series of its indicator and the
    /// current day in the network's time zone.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn stand(&self, figures: &mut [Figure]) -> Result<(), AppError> {
        let (_, network) = self.counted().await?;
        let today = network.zone().day(clock::now());
        let mut coverages: BTreeMap<CellKey, Coverage> = BTreeMap::new();
        // Only a missing area needs the series.
        let partial = figures.iter().filter(|figure| figure.cell.is_partial());
        let indicators: BTreeSet<IndicatorCode> = partial
            .map(|figure| figure.cell.key.indicator.clone())
            .collect();
        for indicator in indicators {
            let facts = self
                .read_figures(&network, move |reader| reader.facts_of(&indicator))
                .await?;
            coverages.extend(coverage(&facts, &network));
        }
        for figure in figures {
            let cell = &figure.cell;
            let coverage = coverages.remove(&cell.key).unwrap_or(Coverage::Whole);
            figure.coverage = Some(coverage.clone());
            figure.standing = Some(Standing::of(
                cell.value.is_some(),
                cell.n_contested > 0,
                cell.key.period.end(),
                coverage,
                today,
            ));
        }
        Ok(())
    }

    /// Explains a figure down to the signed entries.
    ///
    /// # Errors
    /// If there is no such figure.
    pub async fn explain(
        &self,
        indicator: IndicatorCode,
        period: Period,
        breakdown: Breakdown,
        location: Option<LocationCode>,
    ) -> Result<Unrecorded<Explanation>, AppError> {
        let (_, network) = self.counted().await?;
        let query = RollupQuery {
            indicator: Some(indicator.clone()),
            location: location.clone(),
            ..RollupQuery::default()
        };
        check_known(&query, &network)?;
        let slice = Slice {
            indicator,
            period,
            breakdown,
        };
        let found = self
            .read_figures(&network, move |reader| {
                let reader = reader.naming_entries();
                let Some(label) = reader.label(&slice.indicator, &slice.breakdown)? else {
                    return Ok((slice, Vec::new()));
                };
                let mut facts = reader.facts(&label, Some(period))?;
                Ok((
                    label.slice(period),
                    facts.remove(&period).unwrap_or_default(),
                ))
            })
            .await?;
        let (slice, facts) = found;
        let key: CellKey = slice.at(location.map_or(Level::Network, Level::Location));
        let mut explanation = explain(&key, &facts, &network).ok_or_else(|| {
            AppError::NoFigure(format!(
                "no one reported {} {} {}, so there is no figure to explain; weft-hub rollup \
                 --indicator {} shows the figures there are",
                key.indicator, key.period, key.breakdown, key.indicator
            ))
        })?;
        explanation.compared = self.compared_words(&key).await?;
        Ok(Unrecorded::new(explanation))
    }

    /// Returns the note about a figure's comparison with the figure before it.
    async fn compared_words(&self, key: &CellKey) -> Result<Option<String>, AppError> {
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
            as_of: None,
        };
        let figures = self.rollup(query).await?.unshown().figures;
        let compared = figures.into_iter().find_map(|figure| figure.compared);
        Ok(compared.and_then(|one| one.words))
    }

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
        let all = self.shared.own.standing().definitions();
        let of_code = all
            .values()
            .filter(|one| indicator.is_none_or(|code| one.code == *code));
        let declared = of_code.flat_map(|one| one.breakdowns.keys().map(String::as_str));
        Breakdown::from_typed(text, declared)
    }

    /// Returns the breakdown values that an indicator has figures for in a period.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn breakdowns(
        &self,
        indicator: &IndicatorCode,
        period: Period,
    ) -> Result<Vec<Breakdown>, AppError> {
        let (_, network) = self.counted().await?;
        let asked = RollupQuery {
            indicator: Some(indicator.clone()),
            ..RollupQuery::default()
        };
        check_known(&asked, &network)?;
        let indicator = indicator.clone();
        self.read_figures(&network, move |reader| {
            let mut shown = BTreeSet::new();
            for label in reader.labels(Some(&indicator))? {
                if reader.is_stated(&label, period)? {
                    shown.insert(label.breakdown);
                }
            }
            Ok(shown.into_iter().collect())
        })
        .await
    }
}

impl OfLocations for Vec<Figure> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let levels = self.iter().map(|figure| &figure.cell.key.level);
        levels.filter_map(Level::location).cloned().collect()
    }
}

impl OfLocations for Vec<Explanation> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let lines = self.iter().flat_map(|one| &one.lines);
        let stated = lines.filter(|line| !line.sources.is_empty());
        stated.map(|line| line.location.clone()).collect()
    }
}

fn check_known(query: &RollupQuery, network: &Network) -> Result<(), AppError> {
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
