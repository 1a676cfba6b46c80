//! The acts and the reads of the ledger in the order of time, page by page.

use rusqlite::{Connection, params};
use weft_shared::time::Timestamp;
use weft_store::{LocationRow, rows};

use super::StoreError;
use crate::limits::{ADDRESS_KEPT_MS, LEDGER_PAGE_ROWS};

/// An act, or a read of what a location shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// Their organisation; empty for an act.
    pub organisation: String,
    /// The act.
    pub act: String,
    /// The object of the act, such as a page.
    pub subject: String,
    /// The code of the location whose records were read.
    pub location: Option<String>,
    /// The purpose; empty if they did not say.
    pub purpose: String,
    /// The number of times, within ten minutes of the first.
    pub count: u64,
    /// The address that it came from, for as long as it is kept.
    pub from: Option<String>,
}

/// The lines that are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// The first moment, and the first that is not wanted any more.
    pub(crate) span: (Timestamp, Timestamp),
    /// The one who did it, or to whom it was done.
    pub(crate) person: Option<String>,
    /// The location that was read or changed.
    pub(crate) place: Option<Place>,
}

/// A location, by its row and by the codes that it has had.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// None if no device joined: then there was nothing to read.
    pub(crate) lix: Option<LocationRow>,
    pub(crate) codes: Vec<String>,
}

/// The place of the next page: after these rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct After {
    act: (i64, i64),
    read: (i64, i64, i64),
}

impl Wanted {
    /// The place of the first page.
    pub(crate) fn first(&self) -> After {
        let at = self.span.0.ms();
        After {
            act: (at, i64::MIN),
            read: (at, i64::MIN, i64::MIN),
        }
    }
}

/// Returns the codes of a location.
pub(crate) fn codes(conn: &Connection, lix: LocationRow) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT code FROM codes WHERE lix = ?";
    rows::all(conn, sql, [lix.0], |row| Ok(row.get(0)?))
}

/// Whether any line is of somebody of this name, or about them.
pub(crate) fn has(conn: &Connection, name: &str) -> Result<bool, StoreError> {
    let (first, last) = (Timestamp::from_ms(i64::MIN), Timestamp::from_ms(i64::MAX));
    let wanted = Wanted {
        span: (first, last),
        person: Some(name.to_owned()),
        place: None,
    };
    let lines = next(conn, &wanted, &mut wanted.first(), last)?;
    Ok(!lines.is_empty())
}

/// Returns the next lines in the order of time; none at the end. Addresses are those of the last
/// 30 days before `now`.
pub(crate) fn next(
    conn: &Connection,
    wanted: &Wanted,
    after: &mut After,
    now: Timestamp,
) -> Result<Vec<Line>, StoreError> {
    let acts = acts(conn, wanted, after.act, now)?;
    let reads = reads(conn, wanted, after.read)?;
    // A full page may have others behind it, which come before the rest of the other page.
    let full = LEDGER_PAGE_ROWS as usize;
    let (more_acts, more_reads) = (acts.len() == full, reads.len() == full);
    let (mut acts, mut reads) = (acts.into_iter().peekable(), reads.into_iter().peekable());
    let mut lines = Vec::new();
    loop {
        let act_first = match (acts.peek(), reads.peek()) {
            (None, _) if more_acts => break,
            (_, None) if more_reads => break,
            (Some((act, _)), Some((read, _))) => act.at <= read.at,
            (act, _) => act.is_some(),
        };
        if act_first {
            let Some((line, key)) = acts.next() else {
                break;
            };
            after.act = key;
            lines.push(line);
        } else {
            let Some((line, key)) = reads.next() else {
                break;
            };
            after.read = key;
            lines.push(line);
        }
    }
    Ok(lines)
}

/// An act, and its place in the order.
type Act = (Line, (i64, i64));

fn acts(
    conn: &Connection,
    wanted: &Wanted,
    after: (i64, i64),
    now: Timestamp,
) -> Result<Vec<Act>, StoreError> {
    let sql = "SELECT ledger.at_ms, ledger.row, who, act, subject, purpose, address
               FROM ledger LEFT JOIN addresses
                    ON addresses.row = ledger.row AND addresses.at_ms >= ?1
               WHERE (ledger.at_ms, ledger.row) > (?2, ?3) AND ledger.at_ms < ?4
               AND (?5 IS NULL OR who = ?5 OR subject = ?5
                    OR substr(subject, 1, length(?5) + 2) = ?5 || ', '
                    -- A token of theirs, and a release that the operator acted on for them.
                    OR (act LIKE 'token %' AND instr(subject || ':', ', of ' || ?5 || ':') > 0)
                    OR (act LIKE 'release %'
                        AND substr(subject, -length(?5) - 4) = ' by ' || ?5))
               AND (?6 IS NULL OR ((act LIKE 'location %' OR act LIKE 'device %'
                                    OR act LIKE 'invite %')
                    AND EXISTS (SELECT 1 FROM json_each(?6) AS code WHERE subject = code.value
                        OR (substr(subject, 1, length(code.value)) = code.value
                            AND substr(subject, length(code.value) + 1, 1)
                                IN (' ', ':', ',', ';')))))
               ORDER BY ledger.at_ms, ledger.row LIMIT ?7";
    let codes = wanted.place.as_ref().map(|place| {
        let codes = place.codes.iter().map(String::as_str);
        serde_json::json!(codes.collect::<Vec<_>>()).to_string()
    });
    let known = params![
        now.plus_ms(-ADDRESS_KEPT_MS).ms(),
        after.0,
        after.1,
        wanted.span.1.ms(),
        wanted.person,
        codes,
        LEDGER_PAGE_ROWS
    ];
    rows::all(conn, sql, known, |row| {
        let at: i64 = row.get(0)?;
        let line = Line {
            at: Timestamp::from_ms(at),
            who: row.get(2)?,
            organisation: String::new(),
            act: row.get(3)?,
            subject: row.get(4)?,
            location: None,
            purpose: row.get(5)?,
            count: 1,
            from: row.get(6)?,
        };
        Ok((line, (at, row.get(1)?)))
    })
}

/// A read, and its place in the order.
type Read = (Line, (i64, i64, i64));

fn reads(
    conn: &Connection,
    wanted: &Wanted,
    after: (i64, i64, i64),
) -> Result<Vec<Read>, StoreError> {
    let lix = match &wanted.place {
        None => None,
        Some(Place { lix: Some(lix), .. }) => Some(lix.0),
        Some(Place { lix: None, .. }) => return Ok(Vec::new()),
    };
    // The sign keeps the order of time, in which the index has them.
    // Locations may know a person as "reader 7" alone; the hub's own file has the person.
    let sql = "SELECT at_ms, lix, n, coalesce(people.name, reader), reads.organisation, act,
                      subject, purpose, count,
                      (SELECT max(code) FROM codes WHERE codes.lix = reads.lix)
               FROM reads LEFT JOIN people USING (person)
               WHERE (at_ms, lix, n) > (?1, ?2, ?3) AND at_ms < ?4
               AND (?5 IS NULL OR reader = ?5 OR people.name = ?5) AND (?6 IS NULL OR +lix = ?6)
               ORDER BY at_ms, lix, n LIMIT ?7";
    let known = params![
        after.0,
        after.1,
        after.2,
        wanted.span.1.ms(),
        wanted.person,
        lix,
        LEDGER_PAGE_ROWS
    ];
    rows::all(conn, sql, known, |row| {
        let at: i64 = row.get(0)?;
        let line = Line {
            at: Timestamp::from_ms(at),
            who: row.get(3)?,
            organisation: row.get(4)?,
            act: row.get(5)?,
            subject: row.get(6)?,
            purpose: row.get(7)?,
            count: row.get(8)?,
            location: row.get(9)?,
            from: None,
        };
        Ok((line, (at, row.get(1)?, row.get(2)?)))
    })
}
