//! Figures that are acceptable but may be slips: one set of checks for the page, the command and
//! the import.
//!
//! [`Series`] takes the current statements and those about to be saved; [`Series::questions`]
//! returns the questions. Beside its neighbours, a figure is asked about once, by the first check
//! that doubts it; beside its parts and its whole, once more.

mod base;
mod tenfold;
mod whole;

use std::{cmp::Ordering, collections::BTreeMap};

pub use self::base::{BASE_PERCENT, asked_beside, is_another_base, says_base_changed};
use super::{
    question::{Kind, Questions, Row},
    sentinel::is_made_up,
};
use crate::{
    id::{AreaCode, IndicatorCode},
    model::{
        indicator::{Definition, IndicatorType},
        number::Number,
        observation::{Breakdown, ObservationKey, Statement, Status},
    },
    period::{Frequency, Period},
    text::percent,
};

/// Ratio that counts as ten times or a tenth. It is below ten because the neighbouring figure moves
/// too: 4,895 for 48,950 beside 48,799 is 9.97 times. Published neighbours that are not slips stay
/// below 2.1 times in 2,800 pairs.
pub const TENFOLD_TIMES: i64 = 8;
/// Counts up to this one move tenfold by chance, and are not compared.
pub const TENFOLD_COUNT_ABOVE: i64 = 20;
/// Percentage points by which a share must move between two periods to count as a jump.
pub const JUMP_POINTS: i64 = 25;
/// Maximum years between two shares that are compared. Censuses may be seven years apart.
pub const JUMP_YEARS_MAX: i64 = 10;
/// A number that often stands for "no figure" counts as a figure if another one is at most this
/// many times away.
pub const SENTINEL_FAR_TIMES: i64 = 2;

/// Number of decimals to which shares are compared.
const SHARE_DECIMALS: u32 = 9;

/// The facts about an indicator that the checks need.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The definition in use.
    pub definition: &'a Definition,
    /// The periods from which its denominators are stated to have another base.
    pub base_from: &'a [Period],
}

/// Figures by their subject, in the order of their periods.
#[derive(Clone, Debug, Default)]
pub struct Series<'a> {
    tracks: BTreeMap<Track<'a>, BTreeMap<Period, Point<'a>>>,
}

/// The common subject of the figures of a series.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Track<'a> {
    indicator: &'a IndicatorCode,
    area: &'a AreaCode,
    breakdown: &'a Breakdown,
    frequency: Frequency,
}

/// The statements of one period; several if it is contested.
#[derive(Clone, Debug)]
struct Point<'a> {
    key: &'a ObservationKey,
    stated: Vec<&'a Statement>,
    /// The current statements, if there is a new one to replace them.
    was: Vec<&'a Statement>,
    line: Option<u64>,
    comes: bool,
    /// Whether the status was chosen too, instead of left unchanged.
    status_chosen: bool,
}

impl<'a> Series<'a> {
    /// Adds a current statement.
    pub fn stands(
        &mut self,
        key: &'a ObservationKey,
        stated: impl IntoIterator<Item = &'a Statement>,
    ) {
        self.put(Point {
            comes: false,
            ..Point::coming(key, stated.into_iter().collect())
        });
    }

    /// Adds a statement about to be saved, in place of the current one, which must be added before.
    /// An answer about the current one holds for it if the counts are those that it was given for.
    pub fn comes(&mut self, key: &'a ObservationKey, statement: &'a Statement, line: Option<u64>) {
        self.put(Point {
            line,
            ..Point::coming(key, vec![statement])
        });
    }

    /// Like [`Series::comes`], if a person also chose the status: "another base" does not hold for
    /// a figure with a status that says otherwise.
    pub fn comes_with_status(&mut self, key: &'a ObservationKey, statement: &'a Statement) {
        self.put(Point {
            status_chosen: true,
            ..Point::coming(key, vec![statement])
        });
    }

    fn put(&mut self, mut point: Point<'a>) {
        let key = point.key;
        let track = Track {
            indicator: &key.indicator,
            area: &key.area,
            breakdown: &key.breakdown,
            frequency: key.period.frequency(),
        };
        let points = self.tracks.entry(track).or_default();
        if let Some(standing) = points.remove(&key.period) {
            point.was = standing.stated;
        }
        points.insert(key.period, point);
    }

    /// The questions to ask before saving. Indicators without terms are not judged.
    pub fn questions(&self, terms: &BTreeMap<IndicatorCode, Terms<'_>>) -> Questions {
        let mut questions = Questions::default();
        let ranges = self.ranges(terms);
        for (track, points) in &self.tracks {
            let asked = points.values().any(|point| point.comes);
            let Some(terms) = terms.get(track.indicator).filter(|_| asked) else {
                continue;
            };
            let points: Vec<&Point<'_>> = points.values().collect();
            let definition = terms.definition;
            let judged = |at: usize| {
                let range = |what| ranges.get(&(track.indicator, what));
                sentinel(&points, at, definition.kind, &range)
            };
            let doubted: Vec<Option<String>> = (0..points.len()).map(judged).collect();
            for (point, words) in points.iter().zip(&doubted) {
                let Some(words) = words else { continue };
                if point.held(Kind::Sentinel) && point.stood(counts) {
                    questions.hold(Kind::Sentinel, point.key, Kind::Sentinel.word());
                } else {
                    questions.add(Kind::Sentinel, point.row(words.clone()));
                }
            }
            let sound = |at: &usize| doubted[*at].is_none() && points[*at].has_figure();
            let sound: Vec<usize> = (0..points.len()).filter(sound).collect();
            neighbours(&points, &sound, definition, &mut questions);
            base::ask(&points, &sound, terms, &mut questions);
        }
        whole::ask(&self.tracks, terms, &mut questions);
        questions
    }

    /// The smallest and the largest of an indicator's figures, without those that look made up.
    fn ranges(
        &self,
        terms: &BTreeMap<IndicatorCode, Terms<'_>>,
    ) -> BTreeMap<(&'a IndicatorCode, &'static str), (Number, Number)> {
        let mut ranges = BTreeMap::new();
        for (track, points) in &self.tracks {
            let Some(terms) = terms.get(track.indicator) else {
                continue;
            };
            let stated = points.values().flat_map(|point| &point.stated);
            let figures = stated.flat_map(|one| figures(one, terms.definition.kind));
            for (what, number) in figures.filter(|(_, number)| !is_made_up(*number)) {
                let range = ranges.entry((track.indicator, what));
                let (least, largest) = range.or_insert((number, number));
                *least = (*least).min(number);
                *largest = (*largest).max(number);
            }
        }
        ranges
    }
}

impl<'a> Point<'a> {
    const fn coming(key: &'a ObservationKey, stated: Vec<&'a Statement>) -> Self {
        Self {
            key,
            stated,
            was: Vec::new(),
            line: None,
            comes: true,
            status_chosen: false,
        }
    }

    fn row(&self, words: String) -> Row {
        Row {
            line: self.line,
            key: self.key.clone(),
            words,
        }
    }

    fn has_figure(&self) -> bool {
        let mut stated = self.stated.iter();
        stated.any(|one| one.numerator.or(one.value).is_some())
    }

    /// Whether its counts are unchanged from the current statement, whatever else changed.
    fn stood<T: PartialEq>(&self, counts: impl Fn(&Statement) -> T) -> bool {
        let said = |all: &[&Statement]| all.iter().map(|one| counts(one)).collect::<Vec<_>>();
        !self.comes || said(&self.was) == said(&self.stated)
    }

    /// Whether a question of this kind, with a single answer, was answered for the current one.
    fn held(&self, kind: Kind) -> bool {
        let standing = if self.comes { &self.was } else { &self.stated };
        let mut standing = standing.iter();
        standing.any(|one| one.confirmed.contains(kind.word()))
    }

    fn figure(&self, what: &str, kind: IndicatorType) -> Option<Number> {
        let mut stated = self.stated.iter();
        stated.find_map(|one| figure(one, what, kind))
    }
}

/// Keeps the answers that stand with the figures that come.
fn hold(kind: Kind, points: [&Point<'_>; 2], questions: &mut Questions) {
    for point in points {
        if point.comes && point.held(kind) {
            questions.hold(kind, point.key, kind.word());
        }
    }
}

/// The numbers that a question about a single figure or a share concerns.
fn counts(statement: &Statement) -> [Option<Number>; 3] {
    [statement.numerator, statement.denominator, statement.value]
}

/// The figures of a statement by name.
fn figures(
    statement: &Statement,
    kind: IndicatorType,
) -> impl Iterator<Item = (&'static str, Number)> {
    let count = kind == IndicatorType::Count;
    let numerator = statement
        .numerator
        .or_else(|| statement.value.filter(|_| count));
    let name = if count { "count" } else { "numerator" };
    let figures = [
        (name, numerator),
        ("denominator", statement.denominator),
        ("value", statement.value.filter(|_| !count)),
    ];
    let given = figures.into_iter();
    given.filter_map(|(what, number)| Some((what, number?)))
}

fn figure(statement: &Statement, what: &str, kind: IndicatorType) -> Option<Number> {
    let mut figures = figures(statement, kind);
    figures
        .find(|(name, _)| *name == what)
        .map(|(_, number)| number)
}

/// Why a figure about to be saved may stand for "no figure".
fn sentinel<'r>(
    points: &[&Point<'_>],
    at: usize,
    kind: IndicatorType,
    range: &impl Fn(&'static str) -> Option<&'r (Number, Number)>,
) -> Option<String> {
    let point = points.get(at).filter(|point| point.comes)?;
    let statement = point.stated.first()?;
    let made_up = figures(statement, kind).find(|(what, number)| {
        let sound = |one: &&Point<'_>| {
            let other = one.figure(what, kind);
            other.filter(|other| !is_made_up(*other))
        };
        let before = points[..at].iter().rev().find_map(sound);
        let after = points[at + 1..].iter().find_map(sound);
        let beside: Vec<Number> = before.into_iter().chain(after).collect();
        is_made_up(*number) && is_far(*number, &beside, range(what))
    });
    made_up.map(|(what, number)| format!("{what} {number}"))
}

/// Whether a number is far from its neighbours or, if it has none or is below zero, from all other
/// figures of its indicator. It is far if there are no others at all.
fn is_far(number: Number, beside: &[Number], range: Option<&(Number, Number)>) -> bool {
    let far = Number::from(SENTINEL_FAR_TIMES);
    let near = |other: &Number| {
        number.is_negative() == other.is_negative() && !exceeds(number, *other, far)
    };
    if beside.iter().any(near) {
        return false;
    }
    let within = range.is_some_and(|(least, largest)| {
        if number.is_negative() {
            // -9 is near if others go down to -4.5.
            least.is_negative() && number >= *least + *least
        } else {
            number <= *largest + *largest && number + number >= *least
        }
    });
    let alone = beside.is_empty() || number.is_negative();
    !(alone && within)
}

/// Whether the larger of two numbers is more than `times` the smaller one, ignoring signs.
fn exceeds(one: Number, other: Number, times: Number) -> bool {
    times_of(one, other, times).is_gt()
}

fn times_of(one: Number, other: Number, times: Number) -> Ordering {
    let (one, other) = (one.size(), other.size());
    Number::compare_products((one.max(other), Number::from(1)), (one.min(other), times))
}

/// The oddity of two neighbouring figures.
struct Odd {
    kind: Kind,
    what: &'static str,
}

impl Odd {
    /// Whether a person confirmed both figures as they are, and neither of them changes.
    fn is_answered(&self, earlier: &Point<'_>, later: &Point<'_>, kind: IndicatorType) -> bool {
        let stood = |point: &Point<'_>| {
            if self.kind == Kind::Tenfold {
                point.stood(|one| figure(one, self.what, kind))
            } else {
                point.stood(counts)
            }
        };
        let held = earlier.held(self.kind) || later.held(self.kind);
        held && stood(earlier) && stood(later)
    }
}

/// Compares each figure with its neighbours. If two differ, the later one is asked about if it is
/// new; of three, the one in the middle if its neighbours agree with each other.
fn neighbours(
    points: &[&Point<'_>],
    sound: &[usize],
    definition: &Definition,
    questions: &mut Questions,
) {
    let compared = |a: usize, b: usize| odd(points, a, b, definition);
    let mut pairs = sound.windows(2).enumerate();
    while let Some((place, pair)) = pairs.next() {
        let &[a, b] = pair else { continue };
        if !points[a].comes && !points[b].comes {
            continue;
        }
        let Some(odd) = compared(a, b) else { continue };
        if odd.is_answered(points[a], points[b], definition.kind) {
            hold(odd.kind, [points[a], points[b]], questions);
            continue;
        }
        let asked = if points[b].comes { b } else { a };
        let mut beside = vec![if asked == b { a } else { b }];
        let next = sound.get(place + 2).copied().filter(|_| asked == b);
        if let Some(next) = next
            && compared(b, next).is_some()
            && compared(a, next).is_none()
        {
            beside.push(next);
            pairs.next();
        }
        let words = beside_words(points[asked], &beside, points, &odd, definition);
        questions.add(odd.kind, points[asked].row(words));
    }
}

fn odd(points: &[&Point<'_>], a: usize, b: usize, definition: &Definition) -> Option<Odd> {
    let (earlier, later) = (points[a], points[b]);
    let mut pairs = Vec::new();
    for one in &earlier.stated {
        pairs.extend(later.stated.iter().map(|other| (*one, *other)));
    }
    let of = |found: &dyn Fn(&Statement, &Statement) -> bool| {
        !pairs.is_empty() && pairs.iter().all(|(one, other)| found(one, other))
    };
    let whats = ["count", "numerator", "denominator", "value"];
    let tenfold = whats
        .into_iter()
        .find(|what| of(&|one, other| is_tenfold(one, other, what, definition.kind)));
    if let Some(what) = tenfold {
        let kind = Kind::Tenfold;
        return Some(Odd { kind, what });
    }
    // A share may move if a period between the two has no figure.
    let near = base::months_between(earlier.key.period, later.key.period) <= JUMP_YEARS_MAX * 12;
    let jump = near && b == a + 1 && of(&|one, other| is_jump(one, other, definition));
    jump.then_some(Odd {
        kind: Kind::Jump,
        what: "share",
    })
}

fn is_tenfold(one: &Statement, other: &Statement, what: &str, kind: IndicatorType) -> bool {
    let (Some(one), Some(other)) = (figure(one, what, kind), figure(other, what, kind)) else {
        return false;
    };
    let score = what == "value"
        && matches!(
            kind,
            IndicatorType::Mean | IndicatorType::Index | IndicatorType::Ordinal
        );
    let above = Number::from(if score { 0 } else { TENFOLD_COUNT_ABOVE });
    one > above && other > above && times_of(one, other, Number::from(TENFOLD_TIMES)).is_ge()
}

/// The value of a proportion, as a percentage.
fn share(statement: &Statement, definition: &Definition) -> Option<Number> {
    let hundred = Number::from(100);
    if definition.kind != IndicatorType::Proportion {
        return None;
    }
    match (statement.numerator, statement.denominator, statement.value) {
        (Some(numerator), Some(denominator), _) => {
            numerator.ratio(denominator, hundred, SHARE_DECIMALS)
        }
        (None, _, Some(value)) => value.ratio(definition.factor, hundred, SHARE_DECIMALS),
        (Some(_) | None, _, _) => None,
    }
}

/// Whether a share jumped, unless the later figure is stated not to be comparable.
fn is_jump(earlier: &Statement, later: &Statement, definition: &Definition) -> bool {
    let shares = (share(earlier, definition), share(later, definition));
    let (Some(before), Some(after)) = shares else {
        return false;
    };
    earlier.definition == later.definition
        && later.status != Status::Break
        && (before - after).size() >= Number::from(JUMP_POINTS)
}

/// Says `numerator 5850, beside 64 in 2022-02`, or which of the two is ten times the other.
fn beside_words(
    asked: &Point<'_>,
    beside: &[usize],
    points: &[&Point<'_>],
    odd: &Odd,
    definition: &Definition,
) -> String {
    let number = |point: &Point<'_>| point.figure(odd.what, definition.kind);
    let figure = |point: &Point<'_>| {
        let shown = if odd.kind == Kind::Jump {
            let share = point.stated.iter().find_map(|one| share(one, definition));
            share.map(|share| percent(share.fixed(1)))
        } else {
            number(point).map(|figure| figure.to_string())
        };
        shown.unwrap_or_default()
    };
    let beside = beside.iter().map(|at| points[*at]);
    let words = |one: &Point<'_>| format!("{} in {}", figure(one), one.key.period);
    let all: Vec<String> = beside.clone().map(words).collect();
    let pair = number(asked).zip(beside.clone().find_map(number));
    let (how, meant) = match pair.filter(|_| odd.kind == Kind::Tenfold) {
        Some((asked, beside)) => (
            tenfold::how(asked, beside),
            tenfold::meant(asked, beside, odd.what),
        ),
        None => ("beside", None),
    };
    let meant = meant.map_or_else(String::new, |meant| format!(": did you mean {meant}?"));
    format!(
        "{} {}, {how} {}{meant}",
        odd.what,
        figure(asked),
        all.join(" and "),
    )
}

#[cfg(test)]
mod tests;
