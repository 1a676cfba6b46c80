//! Lines of money: what of an investment was committed or spent, in which period, where and for
//! which outcomes. Each is one scalar under its key, like an observation.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{
    form::Read,
    investment::{Investment, LINES_MAX, is_amount},
    json::scalar,
    number::Number,
    outcome::{OutcomeRef, joined, split},
    places::Places,
    plan::{LINE, LINE_BYTES_MAX, PROSE, PROSE_BYTES_MAX},
    record::{FieldProblem, FieldValue, Fields},
    schema::{FieldKind as Kind, FieldSpec},
    words,
};
use crate::{
    id::RecordId,
    period::{Date, Period},
    text::{BadText, is_written_as, listed, parsed},
};

words! {
    /// Whether money of a line was promised or is gone.
    LineWhat, "kind of line" {
        /// It was promised for the period.
        Committed = "committed" / "committed",
        /// It was spent in the period.
        Spent = "spent" / "spent",
    }
}

/// The subject of a line. Its text is the key in documents:
/// `<investment>/committed/FY2027/FN+WT/VAX`; places and outcomes are empty if they are not stated.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineKey {
    /// The investment, a record of the same owner.
    pub investment: RecordId,
    /// Whether it was committed or spent.
    pub what: LineWhat,
    /// The period.
    pub period: Period,
    /// The locations.
    pub places: Places,
    /// The outcomes; none if they are not stated. Many lines have the same in common.
    pub outcomes: Arc<BTreeSet<OutcomeRef>>,
}

impl fmt::Display for LineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            investment,
            what,
            period,
            places,
            outcomes,
        } = self;
        let outcomes = joined(outcomes);
        write!(f, "{investment}/{what}/{period}/{places}/{outcomes}")
    }
}

impl fmt::Debug for LineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for LineKey {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        // A key has only one valid spelling, or one line could be stored under two.
        read_key(text)
            .filter(|key| is_written_as(key, text))
            .ok_or_else(|| {
                let form = "it looks like <id of the investment>/committed/FY2027/FN+WT/VAX";
                BadText::new(text, format!("is not a line of money: {form}"))
            })
    }
}

fn read_key(text: &str) -> Option<LineKey> {
    let mut parts = text.splitn(5, '/');
    Some(LineKey {
        investment: parts.next()?.parse().ok()?,
        what: parts.next()?.parse().ok()?,
        period: parts.next()?.parse().ok()?,
        places: parts.next()?.parse().ok()?,
        outcomes: split(parts.next()?).ok()?.into(),
    })
}

impl Serialize for LineKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LineKey {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        parsed(d)
    }
}

/// The statement under a [`LineKey`]. Kind and currency are those of the investment.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The amount, above zero.
    pub amount: Number,
    /// The document or person that it is from.
    pub source: Option<String>,
    /// Anything else should be known.
    pub note: Option<String>,
}

scalar!(Line, "line of money");

/// The days of the lines that come before each of an investment's lines: lines of the same kind,
/// locations and outcomes, whose period has all of its days and more, or begins earlier and has
/// some of them. The money of a month is in that of its year, and some of that of a calendar year
/// in that of a fiscal year, so where the line that comes before counts the other does not.
///
/// ```
/// use weft_shared::model::line::preceding;
/// let key = |what: &str| format!("0198bd3f-7a00-7000-8000-000000000001/{what}/FN/VAX");
/// let keys = ["spent/FY2027", "spent/2027-03", "committed/2027-03", "spent/2027"];
/// let keys = keys.map(|what| key(what).parse().unwrap());
/// let preceding = preceding(&keys);
/// assert_eq!(preceding.map(|all| all.len()).collect::<Vec<_>>(), [0, 2, 0, 1]);
/// ```
pub fn preceding<'k>(
    keys: impl IntoIterator<Item = &'k LineKey>,
) -> impl Iterator<Item = Vec<(Date, Date)>> {
    let keys: Vec<&LineKey> = keys.into_iter().collect();
    let days = |at: usize| (keys[at].period.start(), keys[at].period.end());
    let of = |at: usize| (keys[at].what, &keys[at].places, &keys[at].outcomes);
    let mut order: Vec<usize> = (0..keys.len()).collect();
    // Each comes after those that it may be in, and those that begin before it.
    order.sort_by_key(|at| (of(*at), days(*at).0, Reverse(days(*at).1)));
    let mut preceding = vec![Vec::new(); keys.len()];
    let mut open: Vec<usize> = Vec::new();
    for at in order {
        let (from, to) = days(at);
        open.retain(|one| of(*one) == of(at) && days(*one).1 >= from);
        let before = open.iter().map(|one| days(*one));
        preceding[at].extend(before.filter(|days| *days != (from, to)));
        open.push(at);
    }
    preceding.into_iter()
}

/// The sum of lines over all periods, each month once: what comes after another line is not added;
/// see [`preceding`].
#[must_use]
pub fn sum_of(lines: &[(&LineKey, Number)]) -> Number {
    let preceding = preceding(lines.iter().map(|(key, _)| *key));
    let lines = lines.iter().zip(preceding);
    let whole = lines.filter(|(_, preceding)| preceding.is_empty());
    whole.map(|((_, amount), _)| *amount).sum()
}

/// The most of some lines that can count in one period, whichever is asked for: of those of one
/// group, which have the same words, only lines that have no day in common.
pub fn most_together<G: Ord>(lines: impl IntoIterator<Item = (G, (Date, Date), Number)>) -> Number {
    let mut groups: BTreeMap<G, Vec<_>> = BTreeMap::new();
    for (group, days, amount) in lines {
        groups.entry(group).or_default().push((days, amount));
    }
    let most = groups.into_values().map(|mut lines| {
        lines.sort_by_key(|((_, end), _)| *end);
        // The most of all lines that end by a day.
        let mut most: Vec<(Date, Number)> = Vec::with_capacity(lines.len());
        for ((from, end), amount) in lines {
            let before = most.partition_point(|(by, _)| *by < from);
            let before = before.checked_sub(1).map(|at| most[at].1);
            let with = before.unwrap_or_default() + amount;
            let without = most.last().map(|(_, amount)| *amount);
            most.push((end, with.max(without.unwrap_or_default())));
        }
        most.last().map(|(_, amount)| *amount).unwrap_or_default()
    });
    most.sum()
}

/// The most of these lines that can count in one period; see [`most_together`].
#[must_use]
pub fn most_of(lines: &[(&LineKey, Number)]) -> Number {
    let lines = lines.iter().map(|(key, amount)| {
        let days = (key.period.start(), key.period.end());
        ((key.what, &key.places, &key.outcomes), days, *amount)
    });
    most_together(lines)
}

/// The fields of a line, in the order of a form. Kind and currency are the investment's.
pub const LINE_FIELDS: &[FieldSpec] = &[
    FieldSpec::required("what", "What", Kind::Choice(LineWhat::WORDS))
        .hint("Whether it was promised or spent"),
    FieldSpec::required("period", "Period", Kind::Period)
        .hint("The time in which it was promised or spent"),
    FieldSpec::required("amount", "Amount", Kind::Amount).hint("The amount of the period"),
    FieldSpec::optional("location", "Locations", Kind::Locations)
        .hint("The locations that it is for, or ALL; leave it out if no place is stated"),
    FieldSpec::optional("outcome", "Outcomes", Kind::Outcomes)
        .hint("What it is for; nothing if it is not stated"),
    FieldSpec::optional("source", "Source", LINE).hint("The document or office that it is from"),
    FieldSpec::optional("note", "Note", PROSE).hint("Anything else that should be known"),
];

/// Reads a line of an investment from its fields; `others` are the lines that it has already, and
/// nothing was spent in a period that begins after `today`.
///
/// # Errors
/// Returns all problems at once.
pub fn line(
    fields: &Fields,
    investment: &Investment,
    others: &[(LineKey, Line)],
    today: Date,
) -> Result<(LineKey, Line), Vec<FieldProblem>> {
    let mut read = Read::of(LINE_FIELDS, fields);
    let key = named(&mut read, investment.id);
    let amount = read.text("amount").and_then(|text| text.parse().ok());
    let period = read
        .text("period")
        .and_then(|text| text.parse::<Period>().ok());
    if let Some(period) = period
        && (period.end() < investment.from || investment.to < period.start())
    {
        let (from, to) = (investment.from, investment.to);
        read.wrong("period", format!("the investment is from {from} to {to}"));
    }
    let spent = read.text("what") == Some(LineWhat::Spent.word());
    if let Some(period) = period.filter(|period| spent && period.start() > today) {
        let from = period.start();
        let message = format!("it begins on {from}, so nothing was spent in it yet");
        read.wrong("period", message);
    }
    let (Some(key), Some(amount)) = (key, amount) else {
        return Err(read.problems);
    };
    let what = key.what;
    let beside = others.iter().filter(|(other, _)| *other != key);
    if what == LineWhat::Committed {
        let committed = beside.clone().filter(|(one, _)| one.what == what);
        let committed = committed.map(|(key, one)| (key, one.amount));
        let committed: Vec<_> = committed.chain([(&key, amount)]).collect();
        let sum = most_of(&committed);
        if let Some(all) = investment.amount.filter(|all| sum > *all) {
            let message = format!(
                "the committed lines would add up to {}, and there is {} for them",
                sum.grouped(),
                all.grouped()
            );
            read.wrong("amount", message);
        }
    }
    if beside.count() >= LINES_MAX {
        read.wrong(
            "period",
            format!("an investment has at most {LINES_MAX} lines"),
        );
    }
    if !read.problems.is_empty() {
        return Err(read.problems);
    }
    let text = |key: &str| read.text(key).map(str::to_owned);
    let line = Line {
        amount,
        source: text("source"),
        note: text("note"),
    };
    Ok((key, line))
}

/// The things that a person should hear of a line that was stated.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Heard {
    /// The amounts of which it takes the place.
    pub replaced: Vec<Number>,
    /// Whether it has no location, so that no location's column has it.
    pub is_nowhere: bool,
    /// The periods of the lines that it is never added to, as they have days in common.
    pub meets: BTreeSet<Period>,
}

impl Heard {
    /// The words for a line beside the lines that its investment has.
    #[must_use]
    pub fn of(key: &LineKey, line: &Line, others: &[(LineKey, Line)]) -> Self {
        let before = others.iter().filter(|(other, _)| other == key);
        let before = before.map(|(_, other)| other.amount);
        let before: BTreeSet<Number> = before.filter(|other| *other != line.amount).collect();
        let of = |one: &LineKey| (one.what, one.places.clone(), one.outcomes.clone());
        let alike = others.iter().map(|(other, _)| other);
        let alike = alike.filter(|other| *other != key && of(other) == of(key));
        let periods = alike.map(|other| other.period);
        let meets = periods
            .filter(|other| other.start() <= key.period.end() && key.period.start() <= other.end());
        Self {
            replaced: before.into_iter().collect(),
            is_nowhere: key.places == Places::NotStated,
            meets: meets.collect(),
        }
    }
}

/// The words for a person who states money without a location.
pub const NOWHERE: &str = "No location is stated, so no location’s column has it: it stands under \
                           “not stated”.";

/// Periods of other lines that are named.
const PERIODS_LISTED_MAX: usize = 4;

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amounts: Vec<String> = self.replaced.iter().map(|one| one.grouped()).collect();
        let replaced = (!amounts.is_empty()).then(|| {
            format!(
                "It takes the place of {}, which stays in the history.",
                listed(&amounts, usize::MAX)
            )
        });
        let nowhere = self.is_nowhere.then(|| NOWHERE.to_owned());
        let periods: Vec<String> = self.meets.iter().map(|one| one.words()).collect();
        let meets = (!periods.is_empty()).then(|| {
            let (lines, these) = match periods.len() {
                1 => ("line", "the two"),
                _ => ("lines", "they"),
            };
            format!(
                "It has days in common with the {lines} for {}, so {these} are never added. Where \
                 both lie in the period that is asked for, the one that begins first counts, or \
                 the longer of two that begin on one day.",
                listed(&periods, PERIODS_LISTED_MAX)
            )
        });
        let words: Vec<String> = replaced.into_iter().chain(nowhere).chain(meets).collect();
        f.write_str(&words.join(" "))
    }
}

/// Reads which line of an investment is meant from its fields, without the amount: one that is to
/// be taken back.
///
/// # Errors
/// Returns all problems at once.
pub fn line_key(fields: &Fields, investment: RecordId) -> Result<LineKey, Vec<FieldProblem>> {
    let naming = ["what", "period", "location", "outcome"];
    let table = LINE_FIELDS.iter().copied();
    let table: Vec<FieldSpec> = table.filter(|one| naming.contains(&one.key)).collect();
    let mut read = Read::of(&table, fields);
    match named(&mut read, investment).filter(|_| read.problems.is_empty()) {
        Some(key) => Ok(key),
        None => Err(read.problems),
    }
}

/// The key that fields name. What is wrong with places and outcomes is a problem then.
fn named(read: &mut Read, investment: RecordId) -> Option<LineKey> {
    let places = read.text("location").unwrap_or_default().parse::<Places>();
    let outcomes = split(read.text("outcome").unwrap_or_default());
    let what = read.text("what").and_then(|word| word.parse().ok());
    let period = read.text("period").and_then(|text| text.parse().ok());
    for (field, error) in [
        ("location", places.as_ref().err()),
        ("outcome", outcomes.as_ref().err()),
    ] {
        if let Some(error) = error {
            read.wrong(field, error.to_string());
        }
    }
    Some(LineKey {
        investment,
        what: what?,
        period: period?,
        places: places.ok()?,
        outcomes: outcomes.ok()?.into(),
    })
}

impl LineKey {
    /// The fields of [`LINE_FIELDS`] that name this line.
    #[must_use]
    pub fn to_fields(&self) -> Fields {
        let mut fields = subject(&self.places, joined(&self.outcomes));
        fields.insert("what".to_owned(), self.what.word().into());
        fields.insert("period".to_owned(), self.period.to_string().into());
        fields
    }
}

impl Investment {
    /// The fields of [`LINE_FIELDS`] with which a line of it begins: its locations and outcomes.
    #[must_use]
    pub fn to_line_fields(&self) -> Fields {
        subject(&self.places, joined(&self.outcomes))
    }
}

/// The fields of a line for locations and outcomes.
fn subject(places: &Places, outcomes: String) -> Fields {
    let members = |joined: String| {
        let members = joined.split('+').filter(|one| !one.is_empty());
        FieldValue::Set(members.map(str::to_owned).collect())
    };
    Fields::from([
        ("location".to_owned(), members(places.to_string())),
        ("outcome".to_owned(), members(outcomes)),
    ])
}

impl Line {
    /// The fields of [`LINE_FIELDS`] that state this line.
    #[must_use]
    pub fn to_fields(&self, key: &LineKey) -> Fields {
        let mut fields = key.to_fields();
        let said = [
            ("amount", Some(self.amount.to_string())),
            ("source", self.source.clone()),
            ("note", self.note.clone()),
        ];
        let said = said.into_iter();
        fields.extend(said.filter_map(|(key, text)| Some((key.to_owned(), text?.into()))));
        fields
    }

    /// Whether a form would have accepted it.
    pub(super) fn fits(&self) -> bool {
        let short = |text: &Option<String>, max: usize| {
            text.as_ref()
                .is_none_or(|text| (1..=max).contains(&text.len()))
        };
        is_amount(self.amount)
            && short(&self.source, LINE_BYTES_MAX)
            && short(&self.note, PROSE_BYTES_MAX)
    }
}
