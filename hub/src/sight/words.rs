//! The four marks of a cell in words: need, priority, work and money; and the sum of all money.

use std::{collections::BTreeMap, fmt};

use weft_host::list::{Column, Datum, List};
use weft_shared::{
    alignment::{
        money::{Column as Place, Figures, Measure, Purse, Row, Totals},
        sight::{Cell, Work},
    },
    model::{answer::Answer, number::Number, observation::Breakdown},
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
    say(work.n_open, "open action", "open actions");
    say(work.n_overdue, "of them overdue", "of them overdue");
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
            let value = range.value.grouped();
            let differ = match range.is_provisional() {
                true => format!(" ({} to {})", range.low.grouped(), range.high.grouped()),
                false => String::new(),
            };
            let mixed = match totals.gst.is_mixed() {
                true => ", mixed GST",
                false => "",
            };
            format!("{purse} {value}{differ} {what}{shared}{mixed}")
        })
    });
    measures.collect()
}

/// The money of one kind and measure: the total is what is divided, what is shared and what is not
/// stated where or for what, each line once.
#[derive(Clone, Debug)]
pub struct Identity {
    purse: Purse,
    measure: Measure,
    /// All of it.
    pub total: Number,
    /// The part that is for one outcome and one location alone.
    pub divided: Number,
    /// The part of which the outcome, the location or both are not stated.
    pub not_stated: Number,
    /// The part that is for several.
    pub shared: Number,
}

impl SightView {
    /// The money of the whole network in the period, for each kind and measure that has any.
    pub fn identity(&self) -> Vec<Identity> {
        let mut all = Vec::new();
        for (purse, pot) in &self.sight.money.pots {
            for measure in Measure::ALL {
                let total = pot.total.get(measure);
                let of = |is_stated: bool| {
                    let heads = pot.cells.of.iter();
                    let heads = heads.filter(|((row, column), _)| {
                        (*row != Row::NotStated && *column != Place::NotStated) == is_stated
                    });
                    heads.map(|(_, of)| of.divided.get(measure).value).sum()
                };
                if !total.is_zero() {
                    all.push(Identity {
                        purse: purse.clone(),
                        measure,
                        total: total.value,
                        divided: of(true),
                        not_stated: of(false),
                        shared: pot.cells.shared.get(measure).value,
                    });
                }
            }
        }
        all
    }
}

impl Identity {
    /// The kind, currency and measure in words.
    pub fn what(&self) -> String {
        format!("{}, {}", self.purse, measure_words(self.measure))
    }

    /// The share that is divided, in percent with one decimal.
    pub fn percent(&self) -> String {
        let share = self.divided.ratio(self.total, 100.into(), 1);
        share.map(|share| share.fixed(1)).unwrap_or_default()
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} in all = {} divided + {} shared",
            self.what(),
            self.total.grouped(),
            self.divided.grouped(),
            self.shared.grouped()
        )?;
        if self.not_stated != Number::ZERO {
            let sum = self.not_stated.grouped();
            write!(f, " + {sum} not stated where or for what")?;
        }
        f.write_str(".")
    }
}

/// The columns of the sum of all money.
pub const IDENTITY: List<Identity> = List::new(&[
    Column::new("kind", |one: &Identity| Datum::text(one.purse.kind)),
    Column::new("currency", |one: &Identity| {
        Datum::text(&one.purse.currency)
    }),
    Column::new("measure", |one: &Identity| one.measure.word().into()),
    Column::new("total", |one: &Identity| Datum::Json(one.total.json())),
    Column::new("divided", |one: &Identity| Datum::Json(one.divided.json())),
    Column::new("shared", |one: &Identity| Datum::Json(one.shared.json())),
    Column::new("not_stated", |one: &Identity| {
        Datum::Json(one.not_stated.json())
    }),
    Column::new("percent_divided", |one: &Identity| one.percent().into()),
]);

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
