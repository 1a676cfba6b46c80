//! Figures: the national team's rollups, and how each is explained.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::observation::Breakdown,
    period::{Period, PeriodRange},
    rollup::{COLUMNS, CellKey, Explanation, Level, Network, Slice, explain},
};

use super::{AppError, AppHandle};
use crate::{
    aggregate::{facts, origins},
    limits::ROLLUP_WAIT_MS_MAX,
    store::{
        StoreError,
        derived::{self, CellFilter},
        entries,
    },
};

/// Which figures are asked for; what is left out is not restricted.
#[derive(Clone, Debug, Default)]
pub struct RollupQuery {
    /// Of this indicator.
    pub indicator: Option<IndicatorCode>,
    /// Of these periods.
    pub period: Option<PeriodRange>,
    /// Of each location, or of the network.
    pub level: Option<LevelWord>,
    /// Of this location.
    pub location: Option<LocationCode>,
    /// Of this breakdown value.
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
    /// Its word.
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

/// One figure: the columns of a rollup.
#[derive(Clone, Debug)]
pub struct Figure {
    /// By the names of [`COLUMNS`]; numbers are numbers, what does not apply is null.
    pub columns: Map<String, Value>,
    /// The value where it covers enough to stand alone, in a headline or a chart.
    pub headline: Option<String>,
}

impl Figure {
    /// A column as text; empty where it does not apply.
    #[must_use]
    pub fn text(&self, column: &str) -> String {
        match self.columns.get(column) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            // Decimals in full: JSON writes small fractions with an exponent.
            Some(Value::Number(number)) => match number.as_f64() {
                Some(fraction) if number.is_f64() => fraction.to_string(),
                Some(_) | None => number.to_string(),
            },
            Some(other) => other.to_string(),
        }
    }

    /// Its fields in the order of [`COLUMNS`], for CSV.
    #[must_use]
    pub fn row(&self) -> Vec<String> {
        COLUMNS.iter().map(|column| self.text(column)).collect()
    }
}

/// Figures, and how many entries were in them.
#[derive(Clone, Debug)]
pub struct RollupAnswer {
    /// By indicator, period and breakdown; locations by code, the network after them.
    pub figures: Vec<Figure>,
    /// The last entry that was counted.
    pub hub_seq: u64,
}

impl AppHandle {
    /// Figures that count every entry acknowledged before this was asked.
    ///
    /// # Errors
    /// Where it takes longer than ten seconds to count them, or what is asked for is unknown.
    pub async fn rollup(&self, query: RollupQuery) -> Result<RollupAnswer, AppError> {
        let (hub_seq, network) = self.counted().await?;
        check_known(&query, &network)?;
        let filter = CellFilter {
            indicator: query.indicator.map(|code| code.to_string()),
            level: query.level.map(LevelWord::as_str),
            location: query.location.map(|code| code.to_string()),
            breakdown: query.breakdown.map(|breakdown| breakdown.to_string()),
        };
        let rows = self
            .shared
            .store
            .read(move |conn| derived::cells(conn, &filter));
        let wanted = |period: &str| {
            query.period.is_none_or(|range| {
                let period = period.parse::<Period>();
                period.is_ok_and(|period| range.contains(period))
            })
        };
        let rows = rows.await?.into_iter().filter(|row| wanted(&row.period));
        let figures = rows.map(|row| {
            let columns = serde_json::from_str(&row.columns);
            Ok(Figure {
                columns: columns.map_err(|_| StoreError::Damaged("cells"))?,
                headline: row.headline,
            })
        });
        let figures: Result<Vec<_>, StoreError> = figures.collect();
        Ok(RollupAnswer {
            figures: figures?,
            hub_seq,
        })
    }

    /// Everything that a figure is made of, down to the signed entries.
    ///
    /// # Errors
    /// Where there is no such figure.
    pub async fn explain(
        &self,
        indicator: IndicatorCode,
        period: Period,
        breakdown: Breakdown,
        location: Option<LocationCode>,
    ) -> Result<Explanation, AppError> {
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
        let of = slice.clone();
        let read = self.shared.store.read(move |conn| {
            let rows = derived::facts(conn, &of)?;
            let facts = rows.iter().map(|row| facts::decode(&of, row));
            let mut facts = facts.collect::<Result<Vec<_>, StoreError>>()?;
            origins::find(conn, &mut facts)?;
            Ok::<_, StoreError>(facts)
        });
        let facts = read.await?;
        let key: CellKey = slice.at(location.map_or(Level::Network, Level::Location));
        explain(&key, &facts, &network).ok_or_else(|| {
            AppError::NoFigure(format!(
                "nobody reported {} {} {}, so there is no figure to explain; weft-hub rollup \
                 --indicator {} shows the figures there are",
                key.indicator, key.period, key.breakdown, key.indicator
            ))
        })
    }

    /// The breakdown values that an indicator has figures for in a period.
    ///
    /// # Errors
    /// Where the store fails.
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
        let slices = self.shared.store.read(derived::slices).await?;
        let of = slices.into_iter();
        let of = of.filter(|slice| slice.indicator == *indicator && slice.period == period);
        Ok(of.map(|slice| slice.breakdown).collect())
    }

    /// The locations, definitions and adoptions as figures asked for now see them.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn network_context(&self) -> Result<Arc<Network>, AppError> {
        Ok(self.counted().await?.1)
    }

    /// Waits until every entry that is acknowledged by now is in the figures.
    pub(super) async fn counted(&self) -> Result<(u64, Arc<Network>), AppError> {
        let stored = self.shared.store.read(entries::last_hub_seq).await?;
        let most = Duration::from_millis(ROLLUP_WAIT_MS_MAX);
        let progress = self.shared.aggregate.reach(stored, most).await;
        if progress.hub_seq >= stored {
            return Ok((progress.hub_seq, progress.network));
        }
        match progress.failed {
            Some(why) => Err(AppError::Aggregation(why)),
            None => Err(AppError::Behind {
                behind: stored - progress.hub_seq,
                waited_ms: ROLLUP_WAIT_MS_MAX,
            }),
        }
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
