//! The matrix as rows: an outcome in a location.

use std::collections::BTreeMap;

use weft_host::list::{Column, DATA, Datum, List, TABLE};
use weft_shared::{
    alignment::{
        money::{Column as Place, Figures, Measure, Owner, Purse, Range, Row},
        need::Need,
        sight::{Cell, Priority, SightRow, Stage},
    },
    id::LocationCode,
    model::{investment::InvestmentKind, number::Number, observation::Status},
    text::listed,
    time::Timestamp,
};

use super::{
    SightView,
    words::{money_words, need_words, work_words},
};

/// One outcome in one location.
#[derive(Clone, Debug)]
pub struct SightLine {
    outcome: Row,
    outcome_name: String,
    named_by: Option<Owner>,
    location_name: String,
    cell: Cell,
    asked: String,
    /// The other locations whose statements are in this column's money.
    beyond: Vec<LocationCode>,
    as_of: Option<Timestamp>,
}

impl SightView {
    /// The cells as rows, in the order of the matrix.
    pub fn lines(&self) -> Vec<SightLine> {
        let lines = self.cells().map(|(row, cell)| self.line(row, cell));
        lines.collect()
    }

    fn line(&self, row: &SightRow, cell: &Cell) -> SightLine {
        let beyond = match &cell.column {
            Place::Of(code) => self.aligned.books().beyond(code),
            Place::NotStated => Default::default(),
        };
        SightLine {
            outcome: row.head.clone(),
            outcome_name: row.name.clone(),
            named_by: row.owner.clone(),
            location_name: self.column(&cell.column),
            cell: cell.clone(),
            asked: self.period.to_string(),
            beyond: beyond.into_iter().collect(),
            as_of: self.as_of,
        }
    }
}

impl SightLine {
    /// Its column.
    pub(crate) const fn column(&self) -> &Place {
        &self.cell.column
    }

    /// Whether it is a row of an outcome: money of which none is stated has no other marks.
    fn of_outcome(&self) -> bool {
        self.outcome != Row::NotStated
    }

    fn headline(&self) -> Option<&Need> {
        self.cell.headline()
    }

    fn priority(&self) -> Option<&Priority> {
        self.cell.priority.as_ref()
    }

    /// The figures of cash in New Zealand dollars.
    fn cash(&self) -> Option<&Figures> {
        let cash = self.cell.money.iter().find(|(purse, _)| is_cash(purse));
        cash.map(|(_, figures)| figures)
    }

    /// Money of other kinds and currencies, in words.
    fn other(&self) -> Option<String> {
        let others = self.cell.money.iter().filter(|(purse, _)| !is_cash(purse));
        let others: BTreeMap<Purse, Figures> = others
            .map(|(purse, figures)| (purse.clone(), *figures))
            .collect();
        (!others.is_empty()).then(|| money_words(&others).join("; "))
    }

    /// Whether amounts with and without tax were added in any sum of its cash.
    fn is_gst_mixed(&self) -> bool {
        let both = self.cash().map(|figures| [figures.divided, figures.shared]);
        both.is_some_and(|both| both.iter().any(|totals| totals.gst.is_mixed()))
    }

    /// Whether teams differ about a sum of its cash.
    fn cash_status(&self) -> Option<Status> {
        let both = self
            .cash()
            .map(|figures| [figures.divided, figures.shared])?;
        let mut ranges = both
            .iter()
            .flat_map(|totals| Measure::ALL.map(|of| totals.get(of)));
        let differ = ranges.any(Range::is_provisional);
        Some(match differ {
            true => Status::Provisional,
            false => Status::Normal,
        })
    }
}

/// One of the sums of cash; nothing if nothing is stated.
fn cash(
    one: &SightLine,
    (measure, is_shared): (Measure, bool),
    bound: fn(&Range) -> Number,
) -> Datum {
    let range = one.cash().map(|figures| match is_shared {
        true => figures.shared.get(measure),
        false => figures.divided.get(measure),
    });
    number(
        range
            .filter(|range| !range.is_zero())
            .map(|range| bound(&range)),
    )
}

fn is_cash(purse: &Purse) -> bool {
    purse.kind == InvestmentKind::Cash && purse.currency.as_str() == CURRENCY
}

fn number(number: Option<Number>) -> Datum {
    number.map_or(Datum::Nothing, |number| Datum::Json(number.json()))
}

/// The initiatives by stage in words, such as `testing 2, scaling 1`.
fn stages(cell: &Cell) -> String {
    let stages = cell.work.initiatives.iter().map(|(stage, n)| match stage {
        Stage::Of(status) => format!("{} {n}", status.word()),
        Stage::NotStated => format!("not stated {n}"),
    });
    stages.collect::<Vec<_>>().join(", ")
}

/// The currency whose cash has columns of its own.
const CURRENCY: &str = "NZD";

/// The columns of the matrix, one row an outcome and location.
pub const SIGHT: List<SightLine> = List::new(&[
    Column::new("outcome", |one: &SightLine| Datum::text(&one.outcome)).only(DATA),
    Column::new("outcome_name", |one: &SightLine| {
        (&*one.outcome_name).into()
    })
    .only(DATA),
    Column::new("named_by", |one: &SightLine| {
        one.named_by
            .as_ref()
            .map(|owner| match owner {
                Owner::Hub => Datum::text("network"),
                Owner::Location(code) => Datum::text(code),
            })
            .into()
    })
    .only(DATA),
    Column::new("location_code", |one: &SightLine| {
        Datum::text(&one.cell.column)
    })
    .headed("location"),
    Column::new("location_name", |one: &SightLine| {
        (&*one.location_name).into()
    })
    .only(DATA),
    Column::new("need", |one: &SightLine| {
        one.of_outcome().then(|| need_words(&one.cell)).into()
    })
    .only(TABLE)
    .words(),
    Column::new("priority", |one: &SightLine| {
        one.priority().map(|_| "yes").into()
    })
    .only(DATA),
    Column::new("priority", |one: &SightLine| match one.priority() {
        Some(_) => "yes".into(),
        None => one.of_outcome().then_some("not stated").into(),
    })
    .only(TABLE),
    Column::new("work", |one: &SightLine| {
        one.of_outcome().then(|| work_words(&one.cell.work)).into()
    })
    .only(TABLE)
    .words(),
    Column::new("money", |one: &SightLine| {
        match money_words(&one.cell.money) {
            words if words.is_empty() => "not stated".into(),
            words => words.join("; ").into(),
        }
    })
    .only(TABLE)
    .words(),
    Column::new("asked_period", |one: &SightLine| (&*one.asked).into()).only(DATA),
    Column::new("indicator_code", |one: &SightLine| {
        one.headline().map(|need| need.indicator.as_str()).into()
    })
    .only(DATA),
    Column::new("breakdown", |one: &SightLine| {
        one.headline()
            .map(|need| need.part.name().into_owned())
            .into()
    })
    .only(DATA),
    Column::new("breakdown_value", |one: &SightLine| {
        one.headline()
            .map(|need| need.part.value().into_owned())
            .into()
    })
    .only(DATA),
    Column::new("period", |one: &SightLine| {
        let figure = one.headline().and_then(|need| need.figure.as_ref());
        figure.map(|figure| Datum::text(figure.period)).into()
    })
    .only(DATA),
    Column::new("value", |one: &SightLine| {
        let figure = one.headline().and_then(|need| need.figure.as_ref());
        number(figure.and_then(|figure| figure.value))
    })
    .only(DATA),
    Column::new("gap", |one: &SightLine| {
        number(one.headline().and_then(|need| need.gap))
    })
    .only(DATA),
    Column::new("need_reason", |one: &SightLine| {
        let remarks = one.headline().map(|need| {
            let remarks: Vec<String> = need.remarks.iter().map(ToString::to_string).collect();
            remarks.join("; ")
        });
        let remarks = remarks.or_else(|| one.of_outcome().then(|| "not measured".to_owned()));
        remarks.into()
    })
    .only(DATA),
    Column::new("priority_on", |one: &SightLine| {
        one.priority().map(|word| Datum::text(word.on)).into()
    })
    .only(DATA),
    Column::new("priority_by", |one: &SightLine| {
        one.priority().and_then(|word| word.by.clone()).into()
    })
    .only(DATA),
    Column::new("priority_why", |one: &SightLine| {
        one.priority().and_then(|word| word.why.clone()).into()
    })
    .only(DATA),
    Column::new("initiatives", |one: &SightLine| {
        one.cell.work.initiatives.values().sum::<usize>().into()
    })
    .only(DATA),
    Column::new("initiatives_by_status", |one: &SightLine| {
        stages(&one.cell).into()
    })
    .only(DATA),
    Column::new("actions_open", |one: &SightLine| {
        one.cell.work.n_open.into()
    })
    .only(DATA),
    Column::new("actions_overdue", |one: &SightLine| {
        one.cell.work.n_overdue.into()
    })
    .only(DATA),
    Column::new("markers", |one: &SightLine| one.cell.work.n_markers.into()).only(DATA),
    Column::new("cash_nzd_committed", |one: &SightLine| {
        cash(one, (Measure::Committed, false), |range| range.value)
    })
    .only(DATA),
    Column::new("cash_nzd_committed_low", |one: &SightLine| {
        cash(one, (Measure::Committed, false), |range| range.low)
    })
    .only(DATA),
    Column::new("cash_nzd_committed_high", |one: &SightLine| {
        cash(one, (Measure::Committed, false), |range| range.high)
    })
    .only(DATA),
    Column::new("cash_nzd_committed_shared", |one: &SightLine| {
        cash(one, (Measure::Committed, true), |range| range.value)
    })
    .only(DATA),
    Column::new("cash_nzd_committed_shared_low", |one: &SightLine| {
        cash(one, (Measure::Committed, true), |range| range.low)
    })
    .only(DATA),
    Column::new("cash_nzd_committed_shared_high", |one: &SightLine| {
        cash(one, (Measure::Committed, true), |range| range.high)
    })
    .only(DATA),
    Column::new("cash_nzd_spent", |one: &SightLine| {
        cash(one, (Measure::Spent, false), |range| range.value)
    })
    .only(DATA),
    Column::new("cash_nzd_spent_low", |one: &SightLine| {
        cash(one, (Measure::Spent, false), |range| range.low)
    })
    .only(DATA),
    Column::new("cash_nzd_spent_high", |one: &SightLine| {
        cash(one, (Measure::Spent, false), |range| range.high)
    })
    .only(DATA),
    Column::new("cash_nzd_spent_shared", |one: &SightLine| {
        cash(one, (Measure::Spent, true), |range| range.value)
    })
    .only(DATA),
    Column::new("cash_nzd_spent_shared_low", |one: &SightLine| {
        cash(one, (Measure::Spent, true), |range| range.low)
    })
    .only(DATA),
    Column::new("cash_nzd_spent_shared_high", |one: &SightLine| {
        cash(one, (Measure::Spent, true), |range| range.high)
    })
    .only(DATA),
    Column::new("cash_nzd_in_force", |one: &SightLine| {
        cash(one, (Measure::InForce, false), |range| range.value)
    })
    .only(DATA),
    Column::new("cash_nzd_in_force_low", |one: &SightLine| {
        cash(one, (Measure::InForce, false), |range| range.low)
    })
    .only(DATA),
    Column::new("cash_nzd_in_force_high", |one: &SightLine| {
        cash(one, (Measure::InForce, false), |range| range.high)
    })
    .only(DATA),
    Column::new("cash_nzd_in_force_shared", |one: &SightLine| {
        cash(one, (Measure::InForce, true), |range| range.value)
    })
    .only(DATA),
    Column::new("cash_nzd_in_force_shared_low", |one: &SightLine| {
        cash(one, (Measure::InForce, true), |range| range.low)
    })
    .only(DATA),
    Column::new("cash_nzd_in_force_shared_high", |one: &SightLine| {
        cash(one, (Measure::InForce, true), |range| range.high)
    })
    .only(DATA),
    Column::new("cash_nzd_status", |one: &SightLine| {
        one.cash_status().map(Status::word).into()
    })
    .only(DATA),
    Column::new("gst_mixed", |one: &SightLine| one.is_gst_mixed().into()).only(DATA),
    Column::new("other_money", |one: &SightLine| one.other().into()).only(DATA),
    Column::new("proposed", |one: &SightLine| one.cell.proposed.len().into()).only(DATA),
    Column::new("withheld", |one: &SightLine| one.cell.withheld.len().into()).only(DATA),
    Column::new("stated_by_others", |one: &SightLine| {
        listed(&one.beyond, usize::MAX).into()
    })
    .only(DATA),
    Column::new("as_of", |one: &SightLine| one.as_of.into()).only(DATA),
])
.none("Nothing is known of this outcome.");
