//! The indicators that the national team puts first, and the places of locations on its map:
//! settings in the hub's `network` document.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    alignment::late,
    id::{IndicatorCode, LocationCode},
    model::schema::{self, Container, DocKind},
};

use super::{
    AppError, AppHandle, Snapshot,
    own::{Edit, Standing},
};

/// Indicators that the overview shows first.
pub const HEADLINE_MAX: usize = 12;
/// Rows of the map.
pub const TILE_ROWS_MAX: u8 = 12;
/// Columns of the map: more are too narrow for a name on a phone.
pub const TILE_COLUMNS_MAX: u8 = 6;

/// The place of a location on the map, as written on the command line: `FN=1,2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// The location.
    pub code: LocationCode,
    /// Its row from the top, 1 to [`TILE_ROWS_MAX`].
    pub row: u8,
    /// Its column from the left, 1 to [`TILE_COLUMNS_MAX`].
    pub column: u8,
}

impl Tile {
    /// Parses `CODE=ROW,COLUMN`.
    ///
    /// # Errors
    /// Returns the expected form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = || {
            format!(
                "\"{text}\" is no place on the map: write FN=1,2, a row from 1 to {TILE_ROWS_MAX} \
                 and a column from 1 to {TILE_COLUMNS_MAX}"
            )
        };
        let (code, place) = text.split_once('=').ok_or_else(form)?;
        let (row, column) = place.split_once(',').ok_or_else(form)?;
        let number = |text: &str, most: u8| {
            let number = text.parse().ok();
            number.filter(|number| (1..=most).contains(number))
        };
        Ok(Self {
            code: LocationCode::parse(code).map_err(|error| error.to_string())?,
            row: number(row, TILE_ROWS_MAX).ok_or_else(form)?,
            column: number(column, TILE_COLUMNS_MAX).ok_or_else(form)?,
        })
    }

    fn text(&self) -> String {
        format!("{}={},{}", self.code, self.row, self.column)
    }
}

impl Snapshot<'_> {
    /// The indicators that the overview shows first, as set; empty if none are set. A code that the
    /// network no longer has stays in the setting.
    pub fn headline(&self) -> Vec<IndicatorCode> {
        let text = self.standing.setting(schema::HEADLINE).unwrap_or_default();
        let codes = text.split_whitespace().filter_map(|code| code.parse().ok());
        codes.take(HEADLINE_MAX).collect()
    }

    /// The days that the national team has to answer a request that names no day, and whether the
    /// network set them.
    pub fn answer_days(&self) -> (u16, bool) {
        let text = self.standing.setting(schema::ANSWER_DAYS);
        (late::answer_days(text.as_deref()), text.is_some())
    }

    /// The places of locations on the map, as set.
    pub fn tiles(&self) -> Vec<Tile> {
        let text = self.standing.setting(schema::TILES).unwrap_or_default();
        let tiles = text.split_whitespace().map(Tile::parse);
        tiles.filter_map(Result::ok).collect()
    }
}

impl AppHandle {
    /// Sets the indicators that the overview shows first; none to go back to the order of codes.
    ///
    /// # Errors
    /// If one is unknown, if there are too many, or if the store fails.
    pub async fn set_headline(&self, codes: Vec<IndicatorCode>) -> Result<(), AppError> {
        let mut seen = BTreeSet::new();
        let codes: Vec<_> = codes
            .into_iter()
            .filter(|one| seen.insert(one.clone()))
            .collect();
        if codes.len() > HEADLINE_MAX {
            return Err(AppError::HeadlineTooLong {
                named: codes.len(),
                most: HEADLINE_MAX,
            });
        }
        let known = self.shared.own.standing().definitions();
        let known: BTreeSet<_> = known.into_keys().map(|key| key.code).collect();
        if let Some(code) = codes.iter().find(|code| !known.contains(code)) {
            return Err(AppError::UnknownIndicator { code: code.clone() });
        }
        let texts: Vec<String> = codes.iter().map(ToString::to_string).collect();
        self.put_setting("network headline", schema::HEADLINE, texts.join(" "))
            .await
    }

    /// Sets the days that the national team has to answer a request that names no day.
    ///
    /// # Errors
    /// If they are none or more than [`late::ANSWER_DAYS_MAX`], or if the store fails.
    pub async fn set_answer_days(&self, days: u16) -> Result<(), AppError> {
        if !(1..=late::ANSWER_DAYS_MAX).contains(&days) {
            let most = late::ANSWER_DAYS_MAX;
            return Err(AppError::AgendaRefused(vec![format!(
                "a request is answered within 1 to {most} days, not {days}"
            )]));
        }
        self.put_setting("network answer-days", schema::ANSWER_DAYS, days.to_string())
            .await
    }

    /// Sets where locations stand on the map; none to go back to the order of codes.
    ///
    /// # Errors
    /// If a location is unknown, if two stand on one tile, or if the store fails.
    pub async fn set_tiles(&self, tiles: Vec<Tile>) -> Result<(), AppError> {
        let mut taken: BTreeMap<(u8, u8), &LocationCode> = BTreeMap::new();
        for tile in &tiles {
            if let Some(first) = taken.insert((tile.row, tile.column), &tile.code) {
                return Err(AppError::TileTaken {
                    first: first.clone(),
                    second: tile.code.clone(),
                });
            }
        }
        let known = self.shared.own.standing().places();
        if let Some(tile) = tiles.iter().find(|tile| !known.contains_key(&tile.code)) {
            let code = tile.code.clone();
            return Err(AppError::UnknownLocation { code });
        }
        let texts: Vec<String> = tiles.iter().map(Tile::text).collect();
        self.put_setting("network tiles", schema::TILES, texts.join(" "))
            .await
    }

    async fn put_setting(
        &self,
        act: &'static str,
        name: &'static str,
        text: String,
    ) -> Result<(), AppError> {
        let put = move |_: &Standing| {
            let subject = text.clone();
            Ok(Edit::new(
                DocKind::Network,
                act,
                subject,
                (),
                move |editor| editor.put_text(Container::Settings, name, &text),
            ))
        };
        self.shared.own.edit(self, put).await
    }
}
