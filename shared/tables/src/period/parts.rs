//! The readings of a text as a year, a month, a day and so on, whatever is reported.

use weft_shared::period::{Date, Frequency, POOLED_YEARS_MAX};

use super::Order;

/// One reading.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Written {
    Year(i16),
    /// A fiscal year, by the year it ends in.
    Fiscal(i16),
    /// The first and the last of several years.
    Pooled(i16, i16),
    Quarter(i16, i8),
    Month(i16, i8),
    /// July of a year: a month, or the fiscal year that begins with it.
    JulyOf(i16),
    Week(i16, i8),
    /// A day, and the order in which it was written if another would give another day.
    Day(Date, Option<Order>),
    /// A period of this length from a day on, as ISO 8601 writes it.
    Span(Date, Frequency),
}

impl Written {
    /// The day, if it is one.
    pub(super) const fn day(&self) -> Option<Date> {
        if let Self::Day(day, _) = self {
            return Some(*day);
        }
        None
    }
}

/// Longest text that is looked at.
const LENGTH_MAX: usize = 60;

/// Returns the order of a date's day and month, if one of them is above twelve.
pub(super) fn order(text: &str) -> Option<Order> {
    let tokens = tokens(text);
    let [a, b, year] = date_tokens(&tokens)?;
    let (a, b) = (small(a)?, small(b)?);
    (year.len() == 4 || year.len() == 2).then_some(())?;
    match (a > 12, b > 12) {
        (true, false) => Some(Order::DayFirst),
        (false, true) => Some(Order::MonthFirst),
        _ => None,
    }
}

/// Returns every reading of a text.
pub(super) fn read(text: &str, today: Date) -> Vec<Written> {
    if text.len() > LENGTH_MAX {
        return Vec::new();
    }
    if let Some(span) = span(text) {
        return vec![span];
    }
    let tokens = tokens(text);
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let year = |text: &str| year(text, today);
    let mut found = Vec::new();
    match tokens.as_slice() {
        [one] => digits(one, &mut found),
        ["fy", one] | [one, "fy"] => {
            found.extend(year(one).map(Written::Fiscal));
        }
        ["fy", first, last] => found.extend(fiscal(first, last)),
        [one, other] => pair(one, other, today, &mut found),
        [one, two, three] => triple([one, two, three], today, &mut found),
        _ => {}
    }
    found
}

/// The reading of digits without anything between.
fn digits(text: &str, found: &mut Vec<Written>) {
    let length = text.len();
    match text
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(length)
    {
        Some(4) => found.extend(full(text).map(Written::Year)),
        Some(6) => {
            let (year, month) = text.split_at(4);
            found.extend(month_of(year, month));
            found.extend(fiscal(year, month));
        }
        Some(8) => {
            let (year, rest) = text.split_at(4);
            let (month, day) = rest.split_at(2);
            let date = (full(year), small(month), small(day));
            found.extend(day_of(date, None));
        }
        _ => {}
    }
}

fn pair(one: &str, other: &str, today: Date, found: &mut Vec<Written>) {
    // The year is first or last.
    for (this, that) in [(one, other), (other, one)] {
        let year = full(this).or_else(|| year(this, today).filter(|_| month_name(that).is_some()));
        let Some(year) = year else { continue };
        if let Some(month) = month_name(that) {
            found.push(if month == 7 && that == "july" && this == one {
                Written::JulyOf(year)
            } else {
                Written::Month(year, month)
            });
        }
        let marked = |mark: &str| {
            let number = that.strip_prefix(mark).or_else(|| that.strip_suffix(mark));
            small(number?)
        };
        found.extend(marked("q").map(|quarter| Written::Quarter(year, quarter)));
        found.extend(marked("m").map(|month| Written::Month(year, month)));
        found.extend(marked("w").map(|week| Written::Week(year, week)));
        if that == "a1" {
            found.push(Written::Year(year));
        }
        found.extend(month_of(this, that));
    }
    found.extend(fiscal(one, other));
    if let (Some(first), Some(last)) = (full(one), full(other))
        && (2..i16::from(POOLED_YEARS_MAX)).contains(&last.saturating_sub(first))
    {
        found.push(Written::Pooled(first, last));
    }
    found.dedup();
}

fn triple(tokens: [&str; 3], today: Date, found: &mut Vec<Written>) {
    let [one, two, three] = tokens;
    // A month in words leaves no order to ask about.
    let named = tokens.iter().position(|token| month_name(token).is_some());
    match named {
        Some(0) => found.extend(day_of(
            (year(three, today), month_name(one), small(two)),
            None,
        )),
        Some(1) if full(one).is_some() => {
            found.extend(day_of((full(one), month_name(two), small(three)), None));
        }
        Some(1) => found.extend(day_of(
            (year(three, today), month_name(two), small(one)),
            None,
        )),
        Some(_) => {}
        None if full(one).is_some() => {
            found.extend(day_of((full(one), small(two), small(three)), None));
        }
        None => {
            let year = year(three, today);
            let (a, b) = (small(one), small(two));
            let same = a == b;
            let order = |order| (!same).then_some(order);
            found.extend(day_of((year, b, a), order(Order::DayFirst)));
            if !same {
                found.extend(day_of((year, a, b), order(Order::MonthFirst)));
            }
        }
    }
}

fn day_of(date: (Option<i16>, Option<i8>, Option<i8>), order: Option<Order>) -> Option<Written> {
    let date = Date::new(date.0?, date.1?, date.2?).ok()?;
    Some(Written::Day(date, order))
}

/// Two years that follow each other, such as 2022 and 23.
fn fiscal(first: &str, last: &str) -> Option<Written> {
    let first = full(first)?;
    let end = match last.len() {
        4 => full(last)?,
        2 => {
            let end: i16 = last.parse().ok()?;
            let century = first / 100 * 100;
            if end == 0 {
                century + 100
            } else {
                century + end
            }
        }
        _ => return None,
    };
    (end == first + 1).then_some(Written::Fiscal(end))
}

fn month_of(year: &str, month: &str) -> Option<Written> {
    let (year, month) = (full(year)?, small(month)?);
    (1..=12)
        .contains(&month)
        .then_some(Written::Month(year, month))
}

/// A day and a length after a stroke, as ADX and SDMX write a period.
fn span(text: &str) -> Option<Written> {
    let (day, length) = text.trim().split_once('/')?;
    let date: Date = day.split('T').next()?.parse().ok()?;
    let frequency = match length.to_ascii_uppercase().as_str() {
        "P1M" => Frequency::Month,
        "P3M" => Frequency::Quarter,
        "P7D" | "P1W" => Frequency::Week,
        "P1Y" | "P12M" if date.month() == 7 => Frequency::FiscalYear,
        "P1Y" | "P12M" => Frequency::Year,
        _ => return None,
    };
    Some(Written::Span(date, frequency))
}

/// The words and numbers of a text, without what only says that a date follows. A word that touches
/// a number is a token of its own, but for the marks of quarters, months and weeks.
fn tokens(text: &str) -> Vec<String> {
    let text = text
        .trim()
        .to_lowercase()
        .replace("w/c", "")
        .replace("w/e", "");
    let text = text.trim();
    // The time of day says nothing about the period.
    let text = match text.find(['t', ' ']) {
        Some(at) if is_midnight(text.get(at + 1..).unwrap_or_default()) => &text[..at],
        _ => text,
    };
    let mut tokens: Vec<String> = Vec::new();
    let mut kind = ' ';
    for c in text.chars() {
        let now = match c {
            _ if c.is_ascii_digit() => 'd',
            _ if c.is_alphabetic() => 'a',
            _ => ' ',
        };
        match tokens.last_mut() {
            _ if now == ' ' => {}
            Some(last) if now == kind => last.push(c),
            _ => tokens.push(c.to_string()),
        }
        kind = now;
    }
    tokens.retain(|token| !FILLING.contains(&token.as_str()));
    marked(tokens)
}

/// Puts the mark of a quarter, a month or a week and its number together.
fn marked(tokens: Vec<String>) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let is_mark = |token: &str| ["q", "m", "w", "a"].contains(&token);
        let short = |token: &str| token.len() <= 2 && token.bytes().all(|b| b.is_ascii_digit());
        match rest.peek() {
            Some(next) if is_mark(&token) && short(next) => {
                joined.push(token + next);
                rest.next();
            }
            Some(next) if short(&token) && next == "q" => {
                joined.push(format!("q{token}"));
                rest.next();
            }
            _ => joined.push(token),
        }
    }
    joined
}

fn is_midnight(text: &str) -> bool {
    let zone = text.trim_end_matches('z');
    let zone = zone.split('.').next().unwrap_or(zone);
    !zone.is_empty() && zone.contains(':') && zone.chars().all(|c| c == '0' || c == ':')
}

/// The three numbers of a date that is written in numbers alone.
fn date_tokens(tokens: &[String]) -> Option<&[String; 3]> {
    let three: &[String; 3] = tokens.try_into().ok()?;
    let digits = |token: &String| token.bytes().all(|byte| byte.is_ascii_digit());
    three.iter().all(digits).then_some(three)
}

/// Words that say nothing more than the date after them.
const FILLING: [&str; 22] = [
    "week",
    "weeks",
    "ending",
    "ended",
    "end",
    "beginning",
    "commencing",
    "starting",
    "month",
    "quarter",
    "year",
    "the",
    "of",
    "to",
    "period",
    "financial",
    "fiscal",
    "calendar",
    "and",
    "th",
    "st",
    "nd",
];

fn month_name(text: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let whole = text.len() == 3 || text == "sept";
    let at = MONTHS
        .iter()
        .position(|month| *month == text || (whole && month.starts_with(text)));
    at.and_then(|at| i8::try_from(at + 1).ok())
}

/// A year in four digits.
fn full(text: &str) -> Option<i16> {
    (text.len() == 4).then(|| text.parse().ok())?
}

/// A year in four digits, or in two: the last one with these that has begun.
fn year(text: &str, today: Date) -> Option<i16> {
    if text.len() != 2 {
        return full(text);
    }
    let short: i16 = text.parse().ok()?;
    let century = today.year() / 100 * 100;
    let year = century + short;
    Some(if year > today.year() {
        year - 100
    } else {
        year
    })
}

fn small(text: &str) -> Option<i8> {
    (text.len() <= 2).then(|| text.parse().ok())?
}
