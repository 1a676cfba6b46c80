//! The figures shown before, as the store keeps them: the cells of each release with their true
//! counts.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use weft_shared::{
    disclosure::{Areas, Before, Cell, CellKey, Counts, Kind, Last, Published, Rounded, Shown},
    id::{AreaCode, LocationCode},
    model::{
        indicator::{Protect, Rows},
        number::Number,
        observation::Breakdown,
        release::ReleaseId,
    },
    rollup::Level,
};

use crate::store::{StoreError, releases};

/// A published cell in the store.
#[derive(Serialize, Deserialize)]
struct Kept {
    release: u64,
    definition: String,
    period: String,
    breakdown: String,
    kind: String,
    factor: Number,
    rows: Rows,
    protect: Protect,
    contributions: BTreeMap<LocationCode, BTreeMap<AreaCode, (Number, Option<Number>)>>,
    /// By location; the network has none. Nothing where the row is withheld.
    shown: Vec<(Option<LocationCode>, Option<KeptRow>)>,
}

/// A shown row: true and shown numerator, true and shown denominator, and the sum of a mean.
#[derive(Serialize, Deserialize)]
struct KeptRow(
    Option<(u64, u64)>,
    Option<(u64, u64)>,
    #[serde(default)] Option<Number>,
);

const KINDS: [(&str, Kind); 4] = [
    ("count", Kind::Count),
    ("proportion", Kind::Proportion),
    ("rate", Kind::Rate),
    ("mean", Kind::Mean),
];

impl From<&Published> for Kept {
    fn from(published: &Published) -> Self {
        let cell = &published.cell;
        let counts = |counts: &Counts| (counts.numerator, counts.denominator);
        let areas = |areas: &BTreeMap<AreaCode, Counts>| {
            areas
                .iter()
                .map(|(area, one)| (area.clone(), counts(one)))
                .collect()
        };
        let of = cell.contributions.iter();
        let last = |last: Option<Last>| last.map(|last| (last.raw, last.shown));
        let row = |shown: &Shown| {
            let (numerator, denominator) = (last(shown.numerator), last(shown.denominator));
            KeptRow(numerator, denominator, shown.sum)
        };
        let kind = KINDS.iter().find(|(_, kind)| *kind == cell.kind);
        let shown = published.rows.iter();
        Self {
            release: published.release,
            definition: cell.key.definition.to_string(),
            period: cell.key.period.to_string(),
            breakdown: cell.key.breakdown().key(),
            kind: kind.map_or("count", |(word, _)| word).to_owned(),
            factor: cell.factor,
            rows: cell.rows,
            protect: cell.protect,
            contributions: of.map(|(code, of)| (code.clone(), areas(of))).collect(),
            shown: shown
                .map(|(level, shown)| (level.location().cloned(), shown.as_ref().map(row)))
                .collect(),
        }
    }
}

impl Kept {
    fn read(self) -> Option<Published> {
        let counts = |(numerator, denominator)| Counts {
            numerator,
            denominator,
        };
        let areas = |areas: BTreeMap<AreaCode, _>| {
            areas
                .into_iter()
                .map(|(area, one)| (area, counts(one)))
                .collect()
        };
        let last = |last: Option<(u64, u64)>| last.map(|(raw, shown)| Last { raw, shown });
        let level = |code: Option<LocationCode>| code.map_or(Level::Network, Level::Location);
        let row = |KeptRow(numerator, denominator, sum)| Shown {
            numerator: last(numerator),
            denominator: last(denominator),
            sum,
        };
        let kind = KINDS.iter().find(|(word, _)| *word == self.kind)?;
        let contributions = self.contributions.into_iter();
        let shown = self.shown.into_iter();
        Some(Published {
            release: self.release,
            cell: Cell {
                key: CellKey::new(
                    self.definition.parse().ok()?,
                    self.period.parse().ok()?,
                    &Breakdown::from_key(&self.breakdown).ok()?,
                ),
                kind: kind.1,
                factor: self.factor,
                rows: self.rows,
                protect: self.protect,
                contributions: Arc::new(
                    contributions.map(|(code, of)| (code, areas(of))).collect(),
                ),
            },
            rows: shown
                .map(|(code, shown)| (level(code), shown.map(row)))
                .collect(),
        })
    }
}

/// Published cells as compressed JSON.
///
/// # Errors
/// If they cannot be compressed.
pub(super) fn pack(published: &[Published]) -> Result<Vec<u8>, StoreError> {
    let kept: Vec<Kept> = published.iter().map(Kept::from).collect();
    packed(&kept)
}

/// Anything as compressed JSON.
///
/// # Errors
/// If it cannot be compressed.
pub(super) fn packed<T: Serialize>(what: &T) -> Result<Vec<u8>, StoreError> {
    let json = serde_json::to_vec(what).map_err(|_| DAMAGED)?;
    zstd::encode_all(json.as_slice(), LEVEL).map_err(|_| DAMAGED)
}

/// Reads what [`packed`] made.
///
/// # Errors
/// If it is damaged.
pub(super) fn unpacked<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    let json = zstd::decode_all(bytes).map_err(|_| DAMAGED)?;
    serde_json::from_slice(&json).map_err(|_| DAMAGED)
}

/// The releases by their numbers in [`Before`], each with whether it was withdrawn.
pub(super) type Releases = BTreeMap<u64, (ReleaseId, bool)>;

/// Reads all that was shown before, and by which releases.
///
/// # Errors
/// If the store fails or is damaged.
pub(super) fn before(conn: &rusqlite::Connection) -> Result<(Before, Releases), StoreError> {
    let mut rounded = Rounded::default();
    for (areas, raw, shown) in releases::rounded(conn)? {
        rounded.add(&Areas::new(areas.split(SEPARATOR)), raw, shown);
    }
    let (mut cells, mut of) = (Vec::new(), Releases::new());
    for shown in releases::shown_cells(conn)? {
        let kept: Vec<Kept> = unpacked(&shown.cells)?;
        if let Some(first) = kept.first() {
            of.insert(first.release, (shown.id, shown.was_withdrawn));
        }
        let read = kept.into_iter().map(|one| one.read().ok_or(DAMAGED));
        cells.extend(read.collect::<Result<Vec<_>, _>>()?);
    }
    Ok((Before::new(rounded, cells), of))
}

/// The new roundings of a release, as the store keeps them.
pub(super) fn roundings(rounded: &Rounded) -> Vec<(String, u64, u64)> {
    let of = rounded.iter().map(|(areas, raw, shown)| {
        let codes: Vec<&str> = areas.codes().collect();
        (codes.join(SEPARATOR), raw, shown)
    });
    of.collect()
}

const DAMAGED: StoreError = StoreError::Damaged("shown_cells");
const SEPARATOR: &str = ",";
const LEVEL: i32 = 9;
