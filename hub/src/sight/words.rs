//! The four marks of a cell in words: need, priority, work and money; and the sum of all money.

use std::{collections::BTreeMap, fmt};

use weft_host::list::{Column, Datum, List};
use weft_shared::{
    alignment::{
        money::{Column as Place, Contribution, Figures, Measure, Purse, Range, Row, Totals},
        sight::{Cell, Work},
    },
    model::{
        answer::Answer,
        observation::{Breakdown, Status},
    },
    period::{Date, Period, day_words},
    text::counted,
};

use super::SightView;

/// The need of a cell's headline indicator in words: its gap, its value, or why there is none; and
/// what must be known to read them.
pub(crate) fn need_words(cell: &Cell) -> String {
    let Some(need) = cell.headline() else {
        return "not measured".to_owned();
    };
    let figure = need.figure.as_ref();
    let value = figure.and_then(|figure| figure.value);
    let mut words: Vec<String> = need.remarks.iter().map(ToString::to_string).collect();
    let Some((value, figure)) = value.zip(figure) else {
        return words.join("; ");
    };
    let part = match need.part {
        Breakdown::Total => String::new(),
        ref part => format!(", {}", part.typed()),
    };
    let of = format!("{} in {}{part}", value.fixed(1), figure.period.words());
    match (need.gap, need.is_reached()) {
        (Some(_), Some(true)) => words.insert(0, format!("reached ({of})")),
        (Some(gap), _) => words.insert(0, format!("gap {} ({of})", gap.fixed(1))),
        (None, _) => words.insert(0, format!("{of}, no gap to a target")),
    }
    words.join("; ")
}

/// The work of a cell in words.
pub(crate) fn work_words(work: &Work) -> String {
    if *work == Work::default() {
        return "none shared".to_owned();
    }
    let n: usize = work.initiatives.values().sum();
    let mut words = Vec::new();
    let mut say = |n: usize, one: &str, many: &str| {
        if n > 0 {
            words.push(counted(n, one, many));
        }
    };
    say(n, "initiative", "initiatives");
    if (work.n_open, work.n_overdue) == (1, 1) {
        say(1, "open action, overdue", "");
    } else {
        say(work.n_open, "open action", "open actions");
        say(work.n_overdue, "of them overdue", "of them overdue");
    }
    say(work.n_markers, "marker", "markers");
    words.join(", ")
}

/// The money of a cell in words, a phrase for each sum: those of this cell alone, and those that it
/// shares with others.
pub(crate) fn money_words(money: &BTreeMap<Purse, Figures>) -> Vec<String> {
    let mut words = Vec::new();
    for (purse, figures) in money {
        for (totals, is_shared) in [(&figures.divided, false), (&figures.shared, true)] {
            words.extend(sums(purse, totals, is_shared));
        }
    }
    words
}

fn sums(purse: &Purse, totals: &Totals, is_shared: bool) -> Vec<String> {
    let measures = Measure::ALL.iter().filter_map(|measure| {
        let range = totals.get(*measure);
        (!range.is_zero()).then(|| {
            let what = measure_words(*measure);
            let shared = if is_shared {
                ", shared with others"
            } else {
                ""
            };
            let mixed = match totals.gst.is_mixed() {
                true => ", mixed GST",
                false => "",
            };
            if range.value.is_zero() {
                let stated = range.high.grouped();
                return format!(
                    "{purse} {stated} {what}{shared}{mixed} is stated, but another statement of \
                     the same money counts"
                );
            }
            let value = range_words(&range);
            format!("{purse} {value} {what}{shared}{mixed}")
        })
    });
    measures.collect()
}

/// A sum, and from what to what it goes where teams differ.
pub(crate) fn range_words(range: &Range) -> String {
    let value = range.value.grouped();
    match range.is_provisional() {
        true => format!(
            "{value} ({} to {})",
            range.low.grouped(),
            range.high.grouped()
        ),
        false => value,
    }
}

/// The money of one kind and measure: the total is what is divided, what is shared and what is not
/// stated where or for what, each line once.
#[derive(Clone, Debug)]
pub struct Identity {
    purse: Purse,
    measure: Measure,
    /// All of it.
    pub total: Range,
    /// The part that is for one outcome and one location alone.
    pub divided: Range,
    /// The part of which the outcome, the location or both are not stated.
    pub not_stated: Range,
    /// Of that, the part with an outcome and no location.
    no_location: Range,
    /// Of that, the part with a location and no outcome.
    no_outcome: Range,
    /// Of that, the part with neither.
    neither: Range,
    /// The period that was asked for.
    asked: Period,
    /// The first and last day of the lines and investments in the total.
    days: Option<(Date, Date)>,
    /// The part that is for several.
    pub shared: Range,
}

impl SightView {
    /// The money of the whole network in the period, for each kind and measure that has any.
    pub fn identity(&self) -> Vec<Identity> {
        let mut all = Vec::new();
        let days = self.days_of_money();
        for (purse, pot) in &self.sight.money.pots {
            for measure in Measure::ALL {
                let total = pot.total.get(measure);
                let with = |outcome: bool, location: bool| {
                    let heads = pot.cells.of.iter();
                    let heads = heads.filter(|((row, column), _)| {
                        let of = (*row != Row::NotStated, *column != Place::NotStated);
                        of == (outcome, location)
                    });
                    let mut sum = Range::default();
                    heads.for_each(|(_, of)| sum += of.divided.get(measure));
                    sum
                };
                let of = |is_stated: bool| match is_stated {
                    true => with(true, true),
                    false => {
                        let mut sum = with(true, false);
                        sum += with(false, true);
                        sum += with(false, false);
                        sum
                    }
                };
                if !total.is_zero() {
                    all.push(Identity {
                        purse: purse.clone(),
                        measure,
                        total,
                        divided: of(true),
                        not_stated: of(false),
                        no_location: with(true, false),
                        no_outcome: with(false, true),
                        neither: with(false, false),
                        asked: self.period,
                        days: days.get(&(purse.clone(), measure)).copied(),
                        shared: pot.cells.shared.get(measure),
                    });
                }
            }
        }
        all
    }

    /// The first and last day of what counts in the period, for each kind and measure. What is not
    /// divided by year is of more days than those that were asked for.
    fn days_of_money(&self) -> BTreeMap<(Purse, Measure), (Date, Date)> {
        let mut days: BTreeMap<(Purse, Measure), (Date, Date)> = BTreeMap::new();
        let all = self.aligned.books().contributions(self.period).into_iter();
        for one in all.filter(Contribution::is_counted) {
            let of = days.entry((one.purse, one.measure)).or_insert(one.days);
            *of = (of.0.min(one.days.0), of.1.max(one.days.1));
        }
        days
    }
}

impl Identity {
    /// The kind, currency and measure in words.
    pub fn what(&self) -> String {
        format!("{}, {}", self.purse, measure_words(self.measure))
    }

    /// The share that is divided, in percent with one decimal.
    pub fn percent(&self) -> String {
        let share = self.divided.value.ratio(self.total.value, 100.into(), 1);
        share.map(|share| share.fixed(1)).unwrap_or_default()
    }

    /// Each sum in words, in the order of the page: divided, shared, not stated, total.
    pub fn sums(&self) -> [String; 4] {
        [&self.divided, &self.shared, &self.not_stated, &self.total].map(range_words)
    }

    /// Whether it has days beyond those that were asked for.
    fn is_of_other_days(&self) -> bool {
        let is_other =
            |(from, to): (Date, Date)| from < self.asked.start() || to > self.asked.end();
        self.days.is_some_and(is_other)
    }

    /// Whether teams differ about a sum.
    fn status(&self) -> Status {
        let all = [self.total, self.divided, self.not_stated, self.shared];
        match all.into_iter().any(Range::is_provisional) {
            true => Status::Provisional,
            false => Status::Normal,
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [divided, shared, not_stated, total] = self.sums();
        write!(
            f,
            "{}: {total} in all = {divided} divided + {shared} shared",
            self.what(),
        )?;
        if !self.not_stated.is_zero() {
            let parts = [
                (self.no_location, "for an outcome, and not stated where"),
                (self.no_outcome, "for a location, and not stated for what"),
                (self.neither, "not stated where nor for what"),
            ];
            let stated = parts.iter().filter(|(range, _)| !range.is_zero());
            let stated = stated.map(|(range, words)| format!("{} {words}", range_words(range)));
            let stated: Vec<String> = stated.collect();
            match stated.as_slice() {
                [only] => write!(f, " + {only}")?,
                parts => write!(f, " + {not_stated} not stated ({})", parts.join("; "))?,
            }
        }
        f.write_str(".")?;
        if let Some((from, to)) = self.days.filter(|_| self.is_of_other_days()) {
            let (from, to) = (day_words(from), day_words(to));
            write!(f, " It is of {from} to {to}, and not divided by year.")?;
        }
        Ok(())
    }
}

/// The columns of the sum of all money.
pub const IDENTITY: List<Identity> = List::new(&[
    Column::new("kind", |one: &Identity| Datum::text(one.purse.kind)),
    Column::new("currency", |one: &Identity| {
        Datum::text(&one.purse.currency)
    }),
    Column::new("measure", |one: &Identity| one.measure.word().into()),
    Column::new("asked_period", |one: &Identity| Datum::text(one.asked)),
    Column::new("from", |one: &Identity| {
        one.days.map(|(from, _)| Datum::text(from)).into()
    }),
    Column::new("to", |one: &Identity| {
        one.days.map(|(_, to)| Datum::text(to)).into()
    }),
    Column::new("total", |one: &Identity| value(one.total)),
    Column::new("total_low", |one: &Identity| low(one.total)),
    Column::new("total_high", |one: &Identity| high(one.total)),
    Column::new("divided", |one: &Identity| value(one.divided)),
    Column::new("divided_low", |one: &Identity| low(one.divided)),
    Column::new("divided_high", |one: &Identity| high(one.divided)),
    Column::new("shared", |one: &Identity| value(one.shared)),
    Column::new("shared_low", |one: &Identity| low(one.shared)),
    Column::new("shared_high", |one: &Identity| high(one.shared)),
    Column::new("not_stated", |one: &Identity| value(one.not_stated)),
    Column::new("not_stated_low", |one: &Identity| low(one.not_stated)),
    Column::new("not_stated_high", |one: &Identity| high(one.not_stated)),
    Column::new("no_location", |one: &Identity| value(one.no_location)),
    Column::new("no_outcome", |one: &Identity| value(one.no_outcome)),
    Column::new("no_location_no_outcome", |one: &Identity| {
        value(one.neither)
    }),
    Column::new("status", |one: &Identity| one.status().word().into()),
    Column::new("percent_divided", |one: &Identity| one.percent().into()),
]);

fn value(range: Range) -> Datum {
    Datum::Json(range.value.json())
}

fn low(range: Range) -> Datum {
    Datum::Json(range.low.json())
}

fn high(range: Range) -> Datum {
    Datum::Json(range.high.json())
}

/// A measure of money in words.
pub(crate) const fn measure_words(measure: Measure) -> &'static str {
    match measure {
        Measure::Committed => "committed",
        Measure::Spent => "spent",
        Measure::InForce => "in force, not divided by year",
    }
}

/// An answer to a question, verbatim.
pub(crate) fn answer_words(one: &Answer) -> String {
    let reason = one.reason.as_deref().unwrap_or_else(|| one.stance.word());
    format!("{} ({})", reason, one.by)
}
