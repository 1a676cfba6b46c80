//! The rows of a file of investments, as its plan of columns reads them.

use std::collections::BTreeMap;

use weft_host::csv::meant;
use weft_shared::{
    model::{
        investment::{CURRENCY, ungrouped},
        organisation::OrganisationId,
        schema::{FieldKind, FieldSpec},
    },
    period::Date,
    text::{counted, listed},
};
use weft_tables::{Sheet, number::plain};

use super::{
    file,
    plan::{self, DATES, Proposal, Source},
};
use crate::app::Wrong;

/// Lines that a note names.
const LINES_SHOWN: usize = 8;
/// Problems that are looked for before reading stops.
pub(super) const PROBLEMS_MAX: usize = 1_000;

/// A row of a file: the texts of its fields, by their names.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) texts: BTreeMap<String, String>,
}

impl Row {
    /// The text of a column; nothing if it is empty or not there.
    pub(super) fn text(&self, column: &str) -> Option<&str> {
        let text = self.texts.get(column)?;
        Some(text.as_str()).filter(|text| !text.is_empty())
    }

    pub(super) fn is_line(&self) -> bool {
        self.text(file::RECORD) == Some(file::LINE)
    }
}

/// The rows of a file, and notes on them for a person.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    pub(super) notes: Vec<String>,
    /// Whether the file is in Weft's own form: there, an empty cell clears a field.
    pub(super) is_own: bool,
}

/// Reads the rows by their plan.
pub(super) fn read(sheet: &Sheet, proposal: &Proposal) -> Result<Rows, Vec<Wrong>> {
    let problems = sheet.problems().iter().map(|fault| Wrong {
        line: fault.line,
        message: fault.message.clone(),
    });
    let mut problems: Vec<Wrong> = problems.collect();
    let mut reading = Reading {
        sources: proposal.sources(sheet),
        order: proposal.plan.constants.get(DATES).map(String::as_str),
        proposal,
        undescribed: Vec::new(),
        unreceived: Vec::new(),
        unlisted: Vec::new(),
    };
    let individual = plan::individual(sheet);
    let mut rows = Vec::with_capacity(sheet.len());
    for (line, cells) in sheet.rows() {
        let is_of_person = |at: &usize| !cells.get(*at).unwrap_or_default().trim().is_empty();
        if individual.iter().any(is_of_person) {
            let message = "it is a grant to a person, and those are not recorded: take it out";
            problems.push(Wrong {
                line,
                message: message.to_owned(),
            });
        }
        let cell = |at: usize| cells.get(at).unwrap_or_default();
        match reading.row(line, cell) {
            Ok(row) => rows.push(row),
            Err(message) => problems.push(Wrong { line, message }),
        }
        if problems.len() >= PROBLEMS_MAX {
            break;
        }
    }
    if rows.is_empty() && problems.is_empty() {
        let message = "there are no rows below the headings".to_owned();
        problems.push(Wrong { line: 1, message });
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut notes: Vec<String> = sheet.notes().to_vec();
    notes.extend(reading.notes());
    Ok(Rows {
        rows,
        notes,
        is_own: proposal.is_own,
    })
}

struct Reading<'p> {
    sources: Vec<(String, Source)>,
    /// The order of day and month in dates.
    order: Option<&'p str>,
    proposal: &'p Proposal,
    /// Lines without a description.
    undescribed: Vec<u64>,
    /// Lines without a recipient.
    unreceived: Vec<u64>,
    /// Lines with an identifier that is of no list that is known here.
    unlisted: Vec<u64>,
}

impl Reading<'_> {
    fn row<'c>(&mut self, line: u64, cell: impl Fn(usize) -> &'c str) -> Result<Row, String> {
        let (mut texts, mut signed) = (BTreeMap::new(), Vec::new());
        for (field, source) in &self.sources {
            let text = match source {
                Source::Column(at) => meant(cell(*at).trim()).trim(),
                Source::Text(text) => text,
            };
            let words = self.proposal.plan.values.get(field);
            let text = words
                .and_then(|words| words.get(text))
                .map_or(text, String::as_str);
            let spec = file::fields().find(|one| one.key == field);
            if spec.is_some_and(|spec| matches!(spec.kind, FieldKind::Amount)) {
                signed.push((field, text.to_owned()));
            }
            let text = spec.map_or_else(|| text.to_owned(), |spec| ours(spec, text, self.order));
            texts.insert(field.clone(), text);
        }
        texts.remove(DATES);
        let row = Row { line, texts };
        let currency = row.text("currency").unwrap_or(CURRENCY);
        for (field, text) in signed {
            if !fits(&text, currency) {
                return Err(format!(
                    "{field}: \"{text}\" has the sign of another currency than {currency}, the \
                     row's: name a column for the currency, or state it with --constant"
                ));
            }
        }
        match row.text(file::RECORD) {
            None | Some(file::INVESTMENT | file::LINE) => {}
            Some(other) => {
                return Err(format!(
                    "record: \"{other}\" is neither {} nor {}",
                    file::INVESTMENT,
                    file::LINE
                ));
            }
        }
        Ok(self.noted(row))
    }

    /// Notes what a row of others lacks, and leaves out identifiers that no one could look up.
    fn noted(&mut self, mut row: Row) -> Row {
        if self.proposal.is_own {
            return row;
        }
        if row.text("note").is_none() {
            self.undescribed.push(row.line);
        }
        if row.text("recipient").is_none() {
            self.unreceived.push(row.line);
        }
        for field in ["funder_id", "recipient_id"] {
            let text = row.text(field);
            if text.is_some_and(|text| text.parse::<OrganisationId>().is_err()) {
                row.texts.remove(field);
                self.unlisted.push(row.line);
            }
        }
        row
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let mut note = |lines: &[u64], what: &str| {
            if !lines.is_empty() {
                let count = counted(lines.len(), "line", "lines");
                notes.push(format!("{count} {what}: {}", listed(lines, LINES_SHOWN)));
            }
        };
        let says = |field: &str| self.proposal.plan.columns.contains_key(field);
        if says("note") {
            note(&self.undescribed, "without a description");
        }
        note(
            &self.unreceived,
            "without a recipient, shown as \"Not stated\"",
        );
        let unlisted = "with an organisation's identifier that is of no list known here, left out";
        note(&self.unlisted, unlisted);
        if !self.proposal.is_own && !says("locations") {
            let text = "the file does not say for which locations the money is: not stated";
            notes.push(text.to_owned());
        }
        let unused = &self.proposal.unused;
        if self.proposal.is_own && !unused.is_empty() {
            notes.push(format!(
                "{} of a heading that Weft's own form does not have, left out: {}",
                counted(unused.len(), "column", "columns"),
                listed(unused, LINES_SHOWN)
            ));
        }
        notes
    }
}

/// A text of others in the form that our fields read; as it is if there is nothing to be done.
fn ours(spec: &FieldSpec, text: &str, order: Option<&str>) -> String {
    let read = match spec.kind {
        FieldKind::Amount => amount(text),
        FieldKind::Date => day(text, order),
        _ => None,
    };
    read.unwrap_or_else(|| text.to_owned())
}

/// Whether the sign of a currency before an amount may be this currency's. A dollar is many's.
fn fits(amount: &str, currency: &str) -> bool {
    let signs = [('£', "GBP"), ('€', "EUR"), ('¥', "JPY")];
    let own = signs.iter().find(|(sign, _)| amount.contains(*sign));
    match own {
        Some((_, code)) => *code == currency,
        None => !amount.contains('$') || signs.iter().all(|(_, code)| *code != currency),
    }
}

/// An amount without the sign of a currency, and without commas between thousands. With three
/// decimals it is none: the point may separate thousands. With an exponent a spreadsheet has
/// shortened it, and digits may be lost.
fn amount(text: &str) -> Option<String> {
    let mut pairs = text.as_bytes().windows(2);
    if pairs.any(|pair| pair[0].is_ascii_digit() && pair[1].eq_ignore_ascii_case(&b'e')) {
        return None;
    }
    let number = ungrouped(&plain(text)?.text)?;
    let (whole, decimals) = number.split_once('.').unwrap_or((&number, ""));
    if decimals.len() > 2 {
        return None;
    }
    let decimals = decimals.trim_end_matches('0');
    Some(match decimals {
        "" => whole.to_owned(),
        decimals => format!("{whole}.{decimals}"),
    })
}

/// A day of a moment, or with day and month in this order and a year of four digits.
fn day(text: &str, order: Option<&str>) -> Option<String> {
    if let Some((day, _)) = text.split_once(['T', ' ']) {
        return day.parse::<Date>().ok().map(|day| day.to_string());
    }
    let parts: Vec<&str> = text.split(['/', '.', '-']).collect();
    let [one, two, year] = parts.as_slice() else {
        return None;
    };
    let (day, month) = match order? {
        "month first" => (two, one),
        _ => (one, two),
    };
    let text = format!("{year}-{month:0>2}-{day:0>2}");
    text.parse::<Date>().ok().map(|day| day.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_days_of_others_are_read_only_if_they_are_plain() {
        for (text, expected) in [
            ("$40,000,000", Some("40000000")),
            ("50000.00", Some("50000")),
            ("£1,250.50", Some("1250.5")),
            ("1,5", None),
            ("1,2500", None),
            ("about 5", None),
            ("50.000", None),
            ("1.2E+11", None),
            ("5e3", None),
        ] {
            assert_eq!(amount(text).as_deref(), expected, "{text}");
        }
        for (text, order, expected) in [
            ("2015-11-11T00:00:00+00:00", None, Some("2015-11-11")),
            ("11/12/2015", None, None),
            ("11/12/2015", Some("day first"), Some("2015-12-11")),
            ("11/12/2015", Some("month first"), Some("2015-11-12")),
            ("31/31/2015", Some("day first"), None),
            // A year of two digits is of no century, and none of the first.
            ("1/7/26", Some("day first"), None),
        ] {
            assert_eq!(day(text, order).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_sign_of_a_currency_is_the_rows() {
        for (amount, currency, fit) in [
            ("£1,250", "GBP", true),
            ("£1,250", "NZD", false),
            ("$1,250", "NZD", true),
            ("NZ$1,250", "NZD", true),
            ("$1,250", "EUR", false),
            ("1,250", "GBP", true),
        ] {
            assert_eq!(fits(amount, currency), fit, "{amount} {currency}");
        }
    }
}
