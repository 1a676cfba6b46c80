//! Reads the national team's rollups and their explanations.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::clock;
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::observation::Breakdown,
    period::{Period, PeriodRange},
    rollup::{
        CellKey, Coverage, Explanation, Level, Network, Slice, Standing, coverage, explain, labels,
    },
    text::BadText,
};

use super::{Figure, compare};
use crate::{
    aggregate::{facts, origins},
    app::{AppError, Counted, OfLocations, Snapshot, Unrecorded},
    store::derived::{self, CellFilter},
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

impl Counted<'_> {
    /// Returns figures.
    ///
    /// # Errors
    /// If the query names something unknown, or the store fails.
    pub fn rollup(&self, query: &RollupQuery) -> Result<Unrecorded<RollupAnswer>, AppError> {
        check_known(query, &self.network)?;
        let filter = CellFilter {
            indicator: query.indicator.clone(),
            is_network: query.level.map(|level| level == LevelWord::Network),
            location: query.location.as_ref().map(ToString::to_string),
        };
        let cells = derived::cells(self.conn, &filter)?;
        let mut figures: Vec<Figure> = cells.into_iter().map(Figure::from).collect();
        for figure in &mut figures {
            let cell = &figure.cell;
            if cell.key.level == Level::Network && cell.n_locations == 1 {
                figure.of_one = derived::contributors(self.conn, &cell.key.slice())?;
            }
        }
        // Compare before filtering by period: the figure before may be outside the requested range.
        compare::compare(&mut figures, &self.network);
        let part = query.breakdown.as_ref().map(Breakdown::folded);
        figures.retain(|figure| {
            let key = &figure.cell.key;
            let in_period = query.period.is_none_or(|range| range.contains(key.period));
            in_period
                && part
                    .as_ref()
                    .is_none_or(|part| key.breakdown.folded() == *part)
        });
        let hub_seq = self.hub_seq;
        Ok(Unrecorded::new(RollupAnswer { figures, hub_seq }))
    }

    /// Works out what may be said of each figure, from the whole series of its indicator and the
    /// current day in the network's time zone.
    ///
    /// # Errors
    /// If the store fails.
    pub fn stand(&self, figures: &mut [Figure]) -> Result<(), AppError> {
        let today = self.network.zone().day(clock::now());
        let mut coverages: BTreeMap<CellKey, Coverage> = BTreeMap::new();
        // Only a missing area needs the series.
        let partial = figures.iter().filter(|figure| figure.cell.is_partial());
        let indicators: BTreeSet<IndicatorCode> = partial
            .map(|figure| figure.cell.key.indicator.clone())
            .collect();
        for indicator in indicators {
            let rows = derived::facts_of_indicator(self.conn, &indicator)?;
            let mut facts = Vec::new();
            for of in rows.chunk_by(|one, next| one.0 == next.0) {
                facts.extend(facts::decode(&of[0].0, of.iter().map(|(_, row)| row))?);
            }
            coverages.extend(coverage(&facts, &self.network));
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
        check_known(&query, &self.network)?;
        let slice = Slice {
            indicator,
            period,
            breakdown,
        };
        let label = slice.breakdown.folded();
        let known = derived::slices(self.conn)?.into_iter();
        let known: Vec<Slice> = known
            .filter(|one| one.indicator == slice.indicator && one.breakdown.folded() == label)
            .collect();
        let spellings = known.iter().map(|one| &one.breakdown);
        let shown = labels::shown(&slice.indicator, spellings, &self.network);
        let slice = Slice {
            breakdown: shown.unwrap_or_else(|| slice.breakdown.clone()),
            ..slice
        };
        let mut facts = Vec::new();
        for of in known.iter().filter(|one| one.period == period) {
            facts.extend(facts::decode(of, &derived::facts(self.conn, of)?)?);
        }
        origins::find(self.conn, &mut facts)?;
        let key: CellKey = slice.at(location.map_or(Level::Network, Level::Location));
        let mut explanation = explain(&key, &facts, &self.network).ok_or_else(|| {
            AppError::NoFigure(format!(
                "no one reported {} {} {}, so there is no figure to explain; weft-hub rollup \
                 --indicator {} shows the figures there are",
                key.indicator, key.period, key.breakdown, key.indicator
            ))
        })?;
        explanation.compared = self.compared_words(&key)?;
        Ok(Unrecorded::new(explanation))
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
        check_known(&asked, &self.network)?;
        let of: Vec<Slice> = derived::slices(self.conn)?
            .into_iter()
            .filter(|slice| slice.indicator == *indicator)
            .collect();
        let spelled = of.iter().filter(|slice| slice.period == period);
        let shown = spelled.filter_map(|slice| {
            let label = slice.breakdown.folded();
            let all = of.iter().map(|one| &one.breakdown);
            let spellings = all.filter(|one| one.folded() == label);
            labels::shown(indicator, spellings, &self.network)
        });
        let shown: BTreeSet<Breakdown> = shown.collect();
        Ok(shown.into_iter().collect())
    }

    /// Returns the locations, definitions and adoptions that figures are made with.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Returns the periods that have figures.
    pub(crate) fn periods(&self) -> Result<BTreeSet<Period>, AppError> {
        Ok(derived::periods(self.conn)?)
    }

    /// Returns all breakdowns that have figures.
    pub(crate) fn all_breakdowns(&self) -> Result<BTreeSet<Breakdown>, AppError> {
        Ok(derived::breakdowns(self.conn)?)
    }

    /// Returns the locations that have figures by each version of a definition.
    pub(crate) fn users(&self) -> Result<BTreeSet<(IndicatorCode, u32, LocationCode)>, AppError> {
        Ok(derived::users(self.conn)?)
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
        let of_one = self.iter().flat_map(|figure| &figure.of_one);
        of_one.cloned().collect()
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
