//! Reads of locations' own records: a row for what one page, command or answer showed.

pub(crate) mod chain;

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, params};
use weft_shared::{id::LocationCode, time::Timestamp};
use weft_store::{Transaction, rows};

use super::{LocationRow, StoreError, ledger};
use crate::{
    access::visitor::{ANYBODY, HERE, ReadsAs, Visitor},
    limits::READ_OPEN_MS,
};

/// A reader and the things read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The person's number, which stays at the hub.
    pub(crate) person: Option<i64>,
    pub(crate) reader: String,
    pub(crate) organisation: String,
    pub(crate) purpose: String,
    pub(crate) act: &'static str,
    pub(crate) subject: String,
}

impl Reading {
    /// Somebody who uses the hub's own computer, as long as no one signs in there.
    pub fn here(act: &'static str, subject: &str) -> Self {
        Self::by(HERE, act, subject)
    }

    /// Creates a reading of a named reader.
    pub fn by(reader: &str, act: &'static str, subject: &str) -> Self {
        let (reader, subject) = (reader.to_owned(), subject.to_owned());
        Self {
            person: None,
            reader,
            organisation: String::new(),
            purpose: String::new(),
            act,
            subject,
        }
    }

    /// Somebody with a sign-in or a token.
    pub(crate) fn of(one: &ReadsAs, act: &'static str, subject: &str) -> Self {
        Self {
            person: one.person,
            organisation: one.organisation.clone(),
            purpose: one.purpose.clone(),
            ..Self::by(&one.reader, act, subject)
        }
    }

    /// See [`ReadsAs::key`].
    pub(crate) fn key(&self) -> String {
        match self.person {
            Some(number) => format!("person {number}"),
            None => self.reader.clone(),
        }
    }

    /// Somebody who opened a page, by its path.
    pub(crate) fn page(visitor: &Visitor, path: &str) -> Self {
        let act = "opened a page";
        match visitor {
            Visitor::Here => Self::here(act, path),
            Visitor::Stranger => Self::by(ANYBODY, act, path),
            Visitor::Signed(signed) => Self::of(&signed.reads_as, act, path),
            Visitor::Token(bearer) => Self::of(&bearer.reads_as, act, path),
        }
    }
}

/// One row: a reading, and how often it was repeated soon after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRow {
    /// The location's code.
    pub code: String,
    /// Its number among the readings of this location.
    pub n: u64,
    /// The time of the first.
    pub at: Timestamp,
    /// The reader, as the location sees them.
    pub reader: String,
    /// The name of the person, for the hub alone; none if it was no person.
    pub person: Option<String>,
    /// The reader's organisation; empty until people sign in.
    pub organisation: String,
    /// The act, such as "opened a page".
    pub act: String,
    /// The thing that was read, such as a page's path.
    pub subject: String,
    /// The purpose; empty until people sign in.
    pub purpose: String,
    /// The number of times, within ten minutes of the first.
    pub count: u64,
}

/// Records a reading of each of these locations. The same again within ten minutes raises the count
/// of its row.
pub(crate) fn record(
    tx: &Transaction<'_>,
    now: Timestamp,
    reading: &Reading,
    locations: &BTreeSet<LocationCode>,
) -> Result<(), StoreError> {
    ledger::forget_old(tx, now)?;
    for code in locations {
        let sql = "SELECT lix FROM codes WHERE code = ?";
        let lix = rows::one(tx, sql, [code.as_str()], |row| Ok(LocationRow(row.get(0)?)))?;
        let Some(lix) = lix else {
            // No device joined under it, so it shared nothing.
            continue;
        };
        let open: Option<u64> = tx
            .prepare_cached(
                "SELECT n FROM reads WHERE at_ms BETWEEN ? AND ? AND prev IS NULL AND lix = ?
                 AND reader = ? AND person IS ?
                 AND organisation = ? AND act = ? AND subject = ? AND purpose = ?
                 ORDER BY n DESC LIMIT 1",
            )?
            .query_row(
                params![
                    now.plus_ms(-READ_OPEN_MS).ms(),
                    now.ms(),
                    lix.0,
                    reading.reader,
                    reading.person,
                    reading.organisation,
                    reading.act,
                    reading.subject,
                    reading.purpose
                ],
                |row| row.get(0),
            )
            .optional()?;
        if let Some(n) = open {
            tx.prepare_cached("UPDATE reads SET count = count + 1 WHERE lix = ? AND n = ?")?
                .execute(params![lix.0, n])?;
            continue;
        }
        let n: u64 = tx
            .prepare_cached("UPDATE codes SET reads = reads + 1 WHERE code = ? RETURNING reads")?
            .query_row([code.as_str()], |row| row.get(0))?;
        tx.prepare_cached(
            "INSERT INTO reads (lix, n, at_ms, person, reader, organisation, act, subject, purpose)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            lix.0,
            n,
            now.ms(),
            reading.person,
            reading.reader,
            reading.organisation,
            reading.act,
            reading.subject,
            reading.purpose
        ])?;
    }
    Ok(())
}

/// The newest rows first, `rows_max` of them.
pub(crate) fn list(conn: &Connection, rows_max: u32) -> Result<Vec<ReadRow>, StoreError> {
    let sql = "SELECT code, n, at_ms, reader, reads.organisation, act, subject, purpose, count,
               people.name
               FROM reads JOIN codes USING (lix) LEFT JOIN people USING (person)
               ORDER BY at_ms DESC, code, n DESC LIMIT ?";
    rows::all(conn, sql, [rows_max], |row| {
        Ok(ReadRow {
            code: row.get(0)?,
            n: row.get(1)?,
            at: Timestamp::from_ms(row.get(2)?),
            reader: row.get(3)?,
            organisation: row.get(4)?,
            act: row.get(5)?,
            subject: row.get(6)?,
            purpose: row.get(7)?,
            count: row.get(8)?,
            person: row.get(9)?,
        })
    })
}
