//! Sums over the facts of all locations, kept so that any place can be taken out again.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};
use weft_shared::{
    model::number::Number,
    rollup::{
        AmountKind,
        places::{BLOCK_PLACES, Block},
    },
    time::Timestamp,
};

use super::{
    StoreError,
    facts::{Exact, exact},
};

/// The form of places whose facts are read one by one.
pub(crate) const ODD: i64 = 0;

/// A label's facts of a period about the places of one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BlockPlace {
    pub(crate) label: i64,
    pub(crate) period: u32,
    pub(crate) block: u32,
}

/// The form of the statements that are added, and the part of them that is.
pub(crate) type Kind = (i64, AmountKind);

/// The sums of one block.
pub(crate) type Sums = BTreeMap<Kind, SumRow>;

/// A sum of the statements of one kind about the places of one block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SumRow {
    pub(crate) numerator: Number,
    pub(crate) denominator: Number,
    /// The places that are in it.
    pub(crate) places: Block,
    /// When the latest was stated; `None` if that is not known.
    pub(crate) latest: Option<Timestamp>,
    /// Whether it is another one than is stored.
    pub(crate) is_changed: bool,
}

impl SumRow {
    /// Whether it has the place.
    pub(crate) const fn has(&self, place: u32) -> bool {
        let (byte, bit) = position(place);
        self.places[byte] & bit != 0
    }

    /// Whether it has no places.
    pub(crate) fn is_empty(&self) -> bool {
        self.places == Block::default()
    }

    /// Adds a place that it does not have.
    pub(crate) fn add(
        &mut self,
        place: u32,
        (numerator, denominator): (Number, Number),
        at: Option<Timestamp>,
    ) {
        self.is_changed = true;
        self.latest = match self.latest {
            None if self.is_empty() => at,
            None => None,
            Some(latest) => Some(at.map_or(latest, |at| at.max(latest))),
        };
        self.numerator += numerator;
        self.denominator += denominator;
        let (byte, bit) = position(place);
        self.places[byte] |= bit;
    }

    /// Adds all places of another sum of its kind, none of which it has.
    pub(crate) fn add_all(&mut self, other: &Self) {
        self.is_changed = true;
        self.latest = match self.is_empty() {
            true => other.latest,
            false => self.latest.zip(other.latest).map(|(one, two)| one.max(two)),
        };
        self.numerator += other.numerator;
        self.denominator += other.denominator;
        for (byte, more) in self.places.iter_mut().zip(other.places) {
            *byte |= more;
        }
    }

    /// Whether it has any of the places of another.
    pub(crate) fn has_any(&self, other: &Self) -> bool {
        let mut bytes = self.places.iter().zip(other.places);
        bytes.any(|(byte, other)| byte & other != 0)
    }

    /// Takes out a place that it has.
    pub(crate) fn subtract(
        &mut self,
        place: u32,
        (numerator, denominator): (Number, Number),
        at: Option<Timestamp>,
    ) {
        self.is_changed = true;
        self.numerator = self.numerator - numerator;
        self.denominator = self.denominator - denominator;
        let (byte, bit) = position(place);
        self.places[byte] &= !bit;
        if self.is_empty() || (at.is_some() && at >= self.latest) {
            self.latest = None;
        }
    }
}

/// The byte and the bit of a place in its block.
const fn position(place: u32) -> (usize, u8) {
    let place = place % BLOCK_PLACES;
    ((place / 8) as usize, 1 << (place % 8))
}

/// The sums of one block.
pub(crate) fn of_block(conn: &Connection, at: BlockPlace) -> Result<Sums, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT period, block, form, amount, numerator, denominator, places, latest_s FROM sums
         WHERE label = ? AND period = ? AND block = ?",
    )?;
    let mut rows = query.query(params![at.label, at.period, at.block])?;
    let mut sums = Sums::new();
    while let Some(row) = rows.next()? {
        let (_, kind, sum) = read(at.label, row)?;
        sums.insert(kind, sum);
    }
    Ok(sums)
}

/// Passes on the sums of a label from one period to another, in the order of periods.
pub(crate) fn each(
    conn: &Connection,
    label: i64,
    (from, to): (u32, u32),
    mut take: impl FnMut(BlockPlace, Kind, SumRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT period, block, form, amount, numerator, denominator, places, latest_s FROM sums
         WHERE label = ? AND period BETWEEN ? AND ? ORDER BY period, block, form, amount",
    )?;
    let mut rows = query.query(params![label, from, to])?;
    while let Some(row) = rows.next()? {
        let (at, kind, sum) = read(label, row)?;
        take(at, kind, sum)?;
    }
    Ok(())
}

/// Passes on the places of all sums, by label and period.
pub(crate) fn each_of_all(
    conn: &Connection,
    mut take: impl FnMut(BlockPlace, Kind, &Block) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT label, period, block, form, amount, places FROM sums
         ORDER BY label, period, block, form, amount",
    )?;
    let mut rows = query.query([])?;
    let unreadable = || StoreError::Derived("sums");
    while let Some(row) = rows.next()? {
        let at = BlockPlace {
            label: row.get(0)?,
            period: row.get(1)?,
            block: row.get(2)?,
        };
        let amount = AmountKind::parse(row.get_ref(4)?.as_str()?).ok_or_else(unreadable)?;
        let places = row.get_ref(5)?.as_blob()?;
        let places = places.try_into().map_err(|_| unreadable())?;
        take(at, (row.get(3)?, amount), places)?;
    }
    Ok(())
}

fn read(label: i64, row: &Row<'_>) -> Result<(BlockPlace, Kind, SumRow), StoreError> {
    let unreadable = || StoreError::Derived("sums");
    let amount = AmountKind::parse(row.get_ref(3)?.as_str()?).ok_or_else(unreadable)?;
    let number = |at| exact(row, at, "sums")?.ok_or_else(unreadable);
    let latest: Option<i64> = row.get(7)?;
    let at = BlockPlace {
        label,
        period: row.get(0)?,
        block: row.get(1)?,
    };
    let sum = SumRow {
        numerator: number(4)?,
        denominator: number(5)?,
        places: row
            .get_ref(6)?
            .as_blob()?
            .try_into()
            .map_err(|_| unreadable())?,
        latest: latest.map(|seconds| Timestamp::from_ms(seconds.saturating_mul(1_000))),
        is_changed: false,
    };
    Ok((at, (row.get(2)?, amount), sum))
}

/// Replaces the sums of a block that have changed; those of no places go.
pub(crate) fn put(conn: &Connection, at: BlockPlace, sums: &Sums) -> Result<(), StoreError> {
    let BlockPlace {
        label,
        period,
        block,
    } = at;
    for ((form, amount), sum) in sums.iter().filter(|(_, sum)| sum.is_changed) {
        let amount = amount.as_str();
        if sum.is_empty() {
            conn.prepare_cached(
                "DELETE FROM sums WHERE label = ? AND period = ? AND block = ? AND form = ?
                 AND amount = ?",
            )?
            .execute(params![label, period, block, form, amount])?;
            continue;
        }
        conn.prepare_cached(
            "INSERT OR REPLACE INTO sums (label, period, block, form, amount, numerator,
                                          denominator, places, latest_s)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            label,
            period,
            block,
            form,
            amount,
            Exact(Some(sum.numerator)),
            Exact(Some(sum.denominator)),
            sum.places,
            sum.latest.map(|at| at.ms() / 1_000)
        ])?;
    }
    Ok(())
}

/// Forgets all sums, so that they are made again from the facts.
pub(crate) fn forget(conn: &Connection) -> Result<(), StoreError> {
    conn.execute_batch("DELETE FROM sums; UPDATE year_documents SET summed = 0")?;
    Ok(())
}

/// Records whether the facts of a document are in the sums.
pub(crate) fn set_summed(conn: &Connection, document: i64, summed: bool) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE year_documents SET summed = ? WHERE document = ?")?
        .execute(params![summed, document])?;
    Ok(())
}
