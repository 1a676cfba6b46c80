//! The matrix: a band for each outcome, with four marks in each location.

use std::collections::BTreeSet;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use weft_shared::{
    alignment::{
        money::{Column, Figures, Measure, Purse, Range, Row},
        need::{Aim, AimOf, Need},
        sight::{Cell, SightRow},
    },
    model::{indicator::Measure as Unit, investment::InvestmentKind, number::Number},
    period::Period,
    text::spelled,
};

use crate::{
    pages::words::shortened,
    sight::{NOT_STATED, SightView, measure_words, need_words, work_words},
};

/// A column: its code and its name.
pub(super) struct Head {
    pub(super) code: String,
    pub(super) name: String,
}

/// One outcome.
pub(super) struct Band {
    pub(super) title: String,
    /// The headline indicator, its period and the target.
    pub(super) words: String,
    /// The page of the outcome; none for money of which none is stated.
    pub(super) page: Option<String>,
    /// Whether it is an outcome: money of which none is stated has no other marks.
    pub(super) is_outcome: bool,
    /// The name of the row of figures, with its unit: the need, or the value without a target.
    pub(super) measure: String,
    pub(super) cells: Vec<Marks>,
    /// A row for each kind of money that any cell has, and one for what is in no sum.
    pub(super) money: Vec<MoneyRow>,
}

/// One measure of money, in each cell of a row.
pub(super) struct MoneyRow {
    pub(super) label: String,
    pub(super) cells: Vec<MoneyCell>,
}

/// One measure of money in one cell.
pub(super) struct MoneyCell {
    pub(super) amounts: Vec<Amount>,
    /// Words if the cell has no money at all, or has some that is in no sum.
    pub(super) words: String,
}

/// The marks of one cell.
pub(super) struct Marks {
    /// The number that stands large; empty if there is none.
    pub(super) need: String,
    pub(super) need_words: String,
    /// The target and whose it is, if they differ by location.
    pub(super) aim: Option<String>,
    /// The length of the bar in percent; none for no bar.
    pub(super) bar: Option<String>,
    /// Whether the bar shows a value without a target.
    pub(super) open: bool,
    /// The day on which the location named it as a priority.
    pub(super) priority: Option<String>,
    pub(super) work: String,
    /// The number of initiatives, to be drawn.
    pub(super) initiatives: Vec<usize>,
    pub(super) money: Vec<Amount>,
    pub(super) more: Option<String>,
}

/// An outcome that one location named, in one location.
pub(super) struct OwnLine {
    pub(super) page: Option<String>,
    pub(super) title: String,
    /// The location that named it.
    pub(super) by: String,
    pub(super) location: String,
    pub(super) marks: Marks,
}

/// A sum of money.
pub(super) struct Amount {
    pub(super) words: String,
    pub(super) shared: bool,
}

pub(super) fn heads(view: &SightView) -> Vec<Head> {
    let columns = view.sight.columns.iter();
    let mut heads: Vec<Head> = columns
        .map(|column| match column {
            Column::Of(code) => Head {
                code: code.to_string(),
                name: view.column(column),
            },
            Column::NotStated => Head {
                code: String::new(),
                name: "Not stated where".to_owned(),
            },
        })
        .collect();
    let places = heads.iter_mut().filter(|head| !head.code.is_empty());
    shortened(places.map(|head| &mut head.name));
    heads
}

pub(super) fn title(row: &SightRow) -> String {
    match (
        &row.head,
        row.owner.as_ref().and_then(|owner| owner.location()),
    ) {
        (Row::NotStated, _) => "Not stated for what".to_owned(),
        (_, Some(code)) => format!("{} (named by {code})", row.name),
        (head, None) if row.name.is_empty() => format!("{head}, which is gone"),
        (_, None) => row.name.clone(),
    }
}

pub(super) fn band(view: &SightView, row: &SightRow, query: &str) -> Band {
    let heads = row.cells.iter().filter_map(Cell::headline);
    let gap = |need: &Need| need.gap.filter(|gap| !gap.is_negative());
    let value = |need: &Need| need.figure.as_ref().and_then(|figure| figure.value);
    let has_gap = heads.clone().any(|need| need.gap.is_some());
    let length = |need: &Need| if has_gap { gap(need) } else { value(need) };
    // Distances to different targets are on no common scale.
    let differ = aims(heads.clone()).len() > 1;
    let longest = heads.clone().filter_map(length).max().filter(|_| !differ);
    let cells = row.cells.iter().map(|cell| {
        let of = cell.headline().and_then(length).zip(longest);
        let bar = of.and_then(|(of, all)| of.ratio(all, BAR_PERCENT_MAX.into(), 2));
        let aim = cell.headline().and_then(|need| need.target.as_ref());
        Marks {
            aim: aim.filter(|_| differ).map(aim_words),
            ..marks(cell, bar.map(|bar| format!("{bar}%")), !has_gap)
        }
    });
    let page = page_of(&row.head, query);
    Band {
        money: money_rows(row),
        title: title(row),
        words: words(view, row),
        is_outcome: page.is_some(),
        measure: measure(view, heads, has_gap),
        page,
        cells: cells.collect(),
    }
}

/// Whether a location named the outcome of a row by itself.
fn is_own(row: &SightRow) -> bool {
    row.owner.as_ref().is_some_and(|of| of.location().is_some())
}

/// The bands of the whole matrix: outcomes of the network, and what is stated for none.
pub(super) fn bands(view: &SightView, query: &str) -> Vec<Band> {
    let rows = view.sight.rows.iter().filter(|row| !is_own(row));
    rows.map(|row| band(view, row, query)).collect()
}

/// The outcomes that one location named each. Nearly all of a band of theirs would be empty, so
/// they are lines, one for each location that anything is said of.
pub(super) fn own_lines(view: &SightView, query: &str) -> Vec<OwnLine> {
    let rows = view.sight.rows.iter().filter(|row| is_own(row));
    let lines = rows.flat_map(|row| {
        let owner = row.owner.as_ref().and_then(|owner| owner.location());
        let page = page_of(&row.head, query);
        row.cells.iter().filter_map(move |cell| {
            let location = match &cell.column {
                Column::Of(code) => Some(code),
                Column::NotStated => None,
            };
            let is_owners = location.is_some() && location == owner;
            (is_owners || !cell.is_empty()).then(|| OwnLine {
                page: page.clone(),
                title: row.name.clone(),
                by: owner.map(ToString::to_string).unwrap_or_default(),
                location: location.map_or_else(|| NOT_STATED.to_owned(), ToString::to_string),
                marks: marks(cell, None, false),
            })
        })
    });
    lines.collect()
}

/// The page of an outcome.
fn page_of(head: &Row, query: &str) -> Option<String> {
    let code = head.outcome()?.to_string();
    let code = utf8_percent_encode(&code, NON_ALPHANUMERIC);
    Some(format!("/investment/{code}{query}"))
}

/// The headline indicator with its target, in words.
fn words(view: &SightView, row: &SightRow) -> String {
    if row.head == Row::NotStated {
        return "Money with no outcome stated.".to_owned();
    }
    let mut needs = row.cells.iter().filter_map(Cell::headline);
    let Some(first) = needs.next() else {
        return "Not measured.".to_owned();
    };
    let definition = view.definitions.get(&first.indicator);
    let name = definition.map_or_else(|| first.indicator.to_string(), |one| one.name.clone());
    let all = [first].into_iter().chain(needs);
    let name = format!("{name}{}", periods(view, all.clone()));
    let mut targets = aims(all).into_iter();
    match (targets.next(), targets.next()) {
        (None, _) => format!("{name}. No target: the bar shows the value, outlined."),
        (Some((words, by)), None) => match by.is_some_and(|by| by.end() < view.today()) {
            true => format!("{name}. Target {words}, which has passed."),
            false => format!("{name}. Target {words}."),
        },
        (Some(_), Some(_)) => {
            format!("{name}. Targets differ by location: each is below its figure, without a bar.")
        }
    }
}

/// The different targets of needs, each with the period by which it should be reached.
fn aims<'n>(needs: impl Iterator<Item = &'n Need>) -> BTreeSet<(String, Option<Period>)> {
    let targets = needs.filter_map(|need| need.target.as_ref());
    let aims = targets.map(|target| {
        let by = target
            .period
            .map(|period| format!(" by {}", period.words()));
        let words = format!("{}{}", target.value, by.unwrap_or_default());
        (words, target.period)
    });
    aims.collect()
}

/// A target and whose it is.
fn aim_words(aim: &Aim) -> String {
    let by = aim.period.map(|period| format!(" by {}", period.words()));
    let whose = match aim.of {
        AimOf::Location => "its own",
        AimOf::Network => "the network’s",
    };
    format!("target {}{}, {whose}", aim.value, by.unwrap_or_default())
}

/// The name of the row of figures: the distance to a target, or the value without one.
fn measure<'n>(
    view: &SightView,
    mut needs: impl Iterator<Item = &'n Need>,
    has_gap: bool,
) -> String {
    let definition = needs.next();
    let definition = definition.and_then(|need| view.definitions.get(&need.indicator));
    let is_percent = definition.is_some_and(|one| one.measure() == Unit::Percent);
    let words = match (has_gap, is_percent) {
        (true, true) => "Need, points",
        (true, false) => "Need",
        (false, true) => "Value, %",
        (false, false) => "Value",
    };
    words.to_owned()
}

/// The period of the figures with its age if it is old; the first and the last if they differ.
fn periods<'n>(view: &SightView, needs: impl Iterator<Item = &'n Need>) -> String {
    let known = needs.filter_map(|need| Some(need.figure.as_ref()?.period));
    let all: BTreeSet<Period> = known.collect();
    let (Some(first), Some(last)) = (all.first(), all.last()) else {
        return String::new();
    };
    let words = match first == last {
        true => first.words(),
        false => format!("{} to {}", first.words(), last.words()),
    };
    match last.age(view.today()) {
        Some(years) => format!(", {words}, {} years old", spelled(usize::from(years))),
        None => format!(", {words}"),
    }
}

fn marks(cell: &Cell, bar: Option<String>, open: bool) -> Marks {
    let headline = cell.headline();
    let value = headline.and_then(|need| need.figure.as_ref()?.value);
    let number = headline.and_then(|need| need.gap.filter(|_| value.is_some()).or(value));
    let reached = headline.and_then(Need::is_reached) == Some(true);
    let money = cell
        .money
        .iter()
        .flat_map(|(purse, figures)| amounts(purse, figures));
    let is_place = matches!(cell.column, Column::Of(_));
    Marks {
        need: match (number, reached) {
            (Some(_), true) => "reached".to_owned(),
            (Some(number), false) => number.fixed(1),
            (None, _) => String::new(),
        },
        need_words: if is_place {
            need_words(cell)
        } else {
            String::new()
        },
        aim: None,
        bar: bar.filter(|_| !reached),
        open,
        priority: cell.priority.as_ref().map(|word| word.on.to_string()),
        work: if is_place {
            work_words(&cell.work)
        } else {
            String::new()
        },
        initiatives: squares(cell.work.initiatives.values().sum()),
        money: money.collect(),
        more: in_no_sum(cell),
    }
}

/// The investments of a cell that are in no sum.
fn in_no_sum(cell: &Cell) -> Option<String> {
    let all = [(&cell.proposed, "proposed"), (&cell.withheld, "withheld")].into_iter();
    let all = all.filter(|(of, _)| !of.is_empty());
    let words: Vec<String> = all
        .map(|(of, what)| format!("{} {what}", of.len()))
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// The money of a row: a line for each kind and measure, so that figures of one kind are beside
/// each other.
fn money_rows(row: &SightRow) -> Vec<MoneyRow> {
    let purses = row.cells.iter().flat_map(|cell| cell.money.keys());
    let purses: BTreeSet<&Purse> = purses.collect();
    let all = purses
        .into_iter()
        .flat_map(|purse| Measure::ALL.iter().map(move |measure| (purse, *measure)));
    let mut rows: Vec<MoneyRow> = Vec::new();
    for (purse, measure) in all {
        let is_first = rows.is_empty();
        let cells = row.cells.iter().map(|cell| {
            let figures = cell.money.get(purse);
            let amounts = figures.map(|figures| amounts_of(measure, figures));
            let is_empty = cell.money.is_empty() && in_no_sum(cell).is_none();
            let words = if is_first && is_empty { NOTHING } else { "" };
            MoneyCell {
                amounts: amounts.unwrap_or_default(),
                words: words.to_owned(),
            }
        });
        let cells: Vec<MoneyCell> = cells.collect();
        if cells.iter().any(|cell| !cell.amounts.is_empty()) {
            let label = money_label(purse, measure);
            rows.push(MoneyRow { label, cells });
        }
    }
    let no_sum = row.cells.iter().map(|cell| MoneyCell {
        amounts: Vec::new(),
        words: match in_no_sum(cell) {
            None if rows.is_empty() => NOTHING.to_owned(),
            words => words.unwrap_or_default(),
        },
    });
    let no_sum: Vec<MoneyCell> = no_sum.collect();
    if rows.is_empty() || no_sum.iter().any(|cell| !cell.words.is_empty()) {
        let label = if rows.is_empty() {
            "Money, $"
        } else {
            "In no sum"
        };
        rows.push(MoneyRow {
            label: label.to_owned(),
            cells: no_sum,
        });
    }
    rows
}

/// The name of a row of money.
fn money_label(purse: &Purse, measure: Measure) -> String {
    let measure = match measure {
        Measure::Committed => "Committed",
        Measure::Spent => "Spent",
        Measure::InForce => "Not by year",
    };
    match is_plain(purse) {
        true => format!("{measure}, $"),
        false => format!("{measure}, {} {}", purse.kind.label(), purse.currency),
    }
}

/// The sums of one measure in a cell.
fn amounts_of(measure: Measure, figures: &Figures) -> Vec<Amount> {
    let both = [(&figures.divided, false), (&figures.shared, true)].into_iter();
    let stated = both.filter(|(totals, _)| !totals.get(measure).is_zero());
    let amounts = stated.map(|(totals, shared)| {
        let mixed = if totals.gst.is_mixed() {
            ", mixed GST"
        } else {
            ""
        };
        Amount {
            words: format!("{}{mixed}", range_of(totals.get(measure))),
            shared,
        }
    });
    amounts.collect()
}

/// Whether it is plain money in dollars, which is named by no more than a sign.
fn is_plain(purse: &Purse) -> bool {
    purse.kind == InvestmentKind::Cash && purse.currency.as_str() == "NZD"
}

fn range_of(range: Range) -> String {
    match range.is_provisional() {
        true => format!("{} to {}", grouped(range.low), grouped(range.high)),
        false => grouped(range.value),
    }
}

/// The places of squares that are drawn for initiatives, from the left; a few at the most.
fn squares(n: usize) -> Vec<usize> {
    (0..n.min(SQUARES_MAX)).map(|at| at * 9).collect()
}

fn amounts(purse: &Purse, figures: &Figures) -> Vec<Amount> {
    let mut amounts = Vec::new();
    for (totals, shared) in [(&figures.divided, false), (&figures.shared, true)] {
        for measure in Measure::ALL {
            let range = totals.get(measure);
            if range.is_zero() {
                continue;
            }
            let of = match is_plain(purse) {
                true => String::new(),
                false => format!("{} {} ", purse.kind.label(), purse.currency),
            };
            let value = range_of(range);
            let mixed = if totals.gst.is_mixed() {
                ", mixed GST"
            } else {
                ""
            };
            let words = format!("{of}{value} {}{mixed}", measure_words(measure));
            amounts.push(Amount { words, shared });
        }
    }
    amounts
}

fn grouped(number: Number) -> String {
    number.grouped()
}

/// The words of a cell of which no money is stated.
const NOTHING: &str = "not stated";
/// The length of the longest bar.
const BAR_PERCENT_MAX: i64 = 88;
/// Initiatives that are drawn one by one; their number is in words.
const SQUARES_MAX: usize = 8;
