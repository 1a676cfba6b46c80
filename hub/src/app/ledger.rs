//! The ledger for a file: who did and saw what, in the order of time.

use weft_host::{
    clock,
    list::{Column, List},
};
use weft_shared::{
    id::LocationCode,
    identity::reads::about,
    model::{clean_text, spelling::folded_name},
    period::Date,
    time::{Timestamp, Zone},
};
use weft_store::Transaction;

use super::{
    AppError, AppHandle, Snapshot,
    people::{PersonError, like},
};
use crate::store::{
    invites,
    ledger::pages::{self, After, Line, Place, Wanted},
    people,
};

/// The part of the ledger that is asked for. All of it if nothing is named.
#[derive(Clone, Debug, Default)]
pub struct LedgerAsked {
    /// The one who did it, or to whom it was done.
    pub person: Option<String>,
    /// The location that was read or changed.
    pub location: Option<LocationCode>,
    /// The first day, in the network's time zone.
    pub since: Option<Date>,
    /// The last day.
    pub until: Option<Date>,
}

impl LedgerAsked {
    /// Says it in words, for the ledger itself.
    fn words(&self) -> String {
        let person = self.person.iter().map(|name| format!("person {name}"));
        let location = self.location.iter().map(|code| format!("location {code}"));
        let since = self.since.iter().map(|day| format!("since {day}"));
        let until = self.until.iter().map(|day| format!("until {day}"));
        let parts: Vec<String> = person.chain(location).chain(since).chain(until).collect();
        match parts.is_empty() {
            true => "the whole ledger".to_owned(),
            false => parts.join(", "),
        }
    }
}

/// A line of the ledger, and its time for people.
#[derive(Clone, Debug)]
pub struct LedgerLine {
    line: Line,
    local_time: String,
}

impl LedgerLine {
    /// Says it in one line.
    pub(crate) fn words(&self) -> String {
        let Line {
            who,
            organisation,
            act,
            subject,
            location,
            purpose,
            count,
            from,
            ..
        } = &self.line;
        let mut words = format!("{}  {who}", self.local_time);
        let mut add = |before: &str, text: &str, after: &str| {
            if !text.is_empty() {
                words.extend([before, text, after]);
            }
        };
        add(" (", organisation, ")");
        add(": ", act, "");
        // Only a read has a location; the subject of an act is no page's address.
        match location {
            Some(_) => add(": ", &about(subject), ""),
            None => add(" ", subject, ""),
        }
        add(", of ", location.as_deref().unwrap_or_default(), "");
        if *count > 1 {
            add(", ", &count.to_string(), " times");
        }
        add(", for: ", purpose, "");
        add(", from ", from.as_deref().unwrap_or_default(), "");
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        words.chars().map(plain).collect()
    }
}

/// A file of the ledger, line by line.
pub const LEDGER_FILE: List<LedgerLine> = List::new(&[
    Column::new("at", |one: &LedgerLine| one.line.at.into()),
    Column::new("local_time", |one: &LedgerLine| {
        one.local_time.clone().into()
    }),
    Column::new("who", |one: &LedgerLine| (&*one.line.who).into()),
    Column::new("organisation", |one: &LedgerLine| {
        (&*one.line.organisation).into()
    }),
    Column::new("act", |one: &LedgerLine| (&*one.line.act).into()),
    Column::new("subject", |one: &LedgerLine| (&*one.line.subject).into()),
    Column::new("location", |one: &LedgerLine| {
        one.line.location.clone().into()
    }),
    Column::new("times", |one: &LedgerLine| one.line.count.into()),
    Column::new("purpose", |one: &LedgerLine| (&*one.line.purpose).into()),
    Column::new("address", |one: &LedgerLine| one.line.from.clone().into()),
])
.notes(
    "; location is the one whose records were read; address is null once 30 days are over, and \
     for a read",
);

/// The way through a file of the ledger.
#[derive(Clone, Debug)]
pub(crate) struct LedgerWay {
    wanted: Wanted,
    after: After,
    zone: Zone,
}

/// Reads a day as `2026-11-27`.
///
/// # Errors
/// If the text is no day.
pub fn ledger_day(text: &str) -> Result<Date, String> {
    let day = text.trim().parse::<Date>().ok();
    let day = day.filter(|day| day.to_string() == text.trim());
    day.ok_or_else(|| format!("\"{text}\" is not a day: write one as 2026-11-27"))
}

impl Snapshot<'_> {
    fn ledger_way(&self, asked: &LedgerAsked) -> Result<LedgerWay, AppError> {
        let zone = self.zone();
        // The day before ends where a day begins.
        let begins = |day: Date| zone.end_of(day.yesterday().ok()?);
        let since = asked.since.and_then(begins);
        let until = asked.until.and_then(|day| zone.end_of(day));
        // A clock that was set back leaves rows of a time to come: they are not hidden.
        let until = until.unwrap_or(Timestamp::from_ms(i64::MAX));
        let since = since.unwrap_or(Timestamp::from_ms(i64::MIN));
        let wanted = Wanted {
            span: (since, until),
            person: asked
                .person
                .as_deref()
                .map(|name| self.known_as(name))
                .transpose()?,
            place: asked
                .location
                .as_ref()
                .map(|code| self.was(code))
                .transpose()?,
        };
        Ok(LedgerWay {
            after: wanted.first(),
            wanted,
            zone,
        })
    }

    /// The name that the ledger has for a person, however it is typed. Those who are no person,
    /// such as a token, are found by the name as it is, if it is in the ledger at all.
    fn known_as(&self, name: &str) -> Result<String, AppError> {
        let name = clean_text(name);
        if let Some(person) = people::named(self.conn, &folded_name(&name))? {
            return Ok(person.name);
        }
        match pages::has(self.conn, &name)? {
            true => Ok(name),
            false => {
                let near = like(self.conn, &name)?;
                Err(PersonError::NotInLedger { name, near }.into())
            }
        }
    }

    /// A location that the network has or had.
    fn was(&self, code: &LocationCode) -> Result<Place, AppError> {
        let lix = invites::bound(self.conn, code)?.map(|bound| bound.lix);
        if lix.is_none() && self.place(code).is_none() {
            return Err(AppError::UnknownLocation { code: code.clone() });
        }
        let mut codes = match lix {
            Some(lix) => pages::codes(self.conn, lix)?,
            None => Vec::new(),
        };
        if !codes.iter().any(|one| one == code.as_str()) {
            codes.push(code.to_string());
        }
        Ok(Place { lix, codes })
    }
}

impl AppHandle {
    /// Records that somebody reads the ledger, and returns the way through what they asked for.
    ///
    /// # Errors
    /// If there is no such person or location, or the days are in the wrong order.
    pub(crate) async fn open_ledger(&self, asked: LedgerAsked) -> Result<LedgerWay, AppError> {
        if let (Some(since), Some(until)) = (asked.since, asked.until)
            && until < since
        {
            return Err(AppError::LedgerDays { since, until });
        }
        let words = asked.words();
        let way = self.read(move |at| at.ledger_way(&asked)).await?;
        let record = move |_: &Transaction<'_>, _| Ok(Some((words, ())));
        self.act("ledger export", record).await?;
        Ok(way)
    }

    /// Returns the next lines in the order of time; none at the end.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn ledger_lines(
        &self,
        mut way: LedgerWay,
    ) -> Result<(Vec<LedgerLine>, LedgerWay), AppError> {
        self.read(move |at| {
            let lines = pages::next(at.conn, &way.wanted, &mut way.after, clock::now())?;
            let lines = lines.into_iter().map(|line| LedgerLine {
                local_time: way.zone.second(line.at),
                line,
            });
            Ok((lines.collect(), way))
        })
        .await
    }
}
