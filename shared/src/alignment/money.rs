//! Money counted once: what was committed, what was spent and what is in force, by outcome and
//! location.
//!
//! An investment is counted where somebody said that it went, and nowhere else. [`Books`] reads all
//! investments once; [`Books::count`] makes the figures of a period from them.

mod beside;
mod books;
mod chain;
mod committed;
mod count;
mod doubles;
mod explain;
mod figures;
pub(super) mod heads;
mod merge;
mod notes;
mod problem;
mod stated;
#[cfg(test)]
pub(crate) mod tests;

use std::{collections::BTreeSet, fmt};

pub use self::{
    books::{Books, LeftOut, WhyLeft},
    count::Money,
    doubles::Double,
    explain::{Contribution, Explained, Moved},
    figures::{Cut, Figures, Gsts, Measure, Pot, Purse, Range, Totals},
    heads::{Column, Row, SharedOutcomes},
    problem::{Difference, Problem, Said, Subject},
};
use crate::{
    id::{CurrencyCode, LocationCode, RecordId},
    model::{
        investment::{Gst, Investment, InvestmentKind, InvestmentStatus},
        line::LineKey,
        number::Number,
        outcome::OutcomeRef,
        places::Places,
    },
    period::Date,
};

/// The team that states an investment. The hub sorts first, then locations by code.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Owner {
    /// The national team.
    Hub,
    /// A location.
    Location(LocationCode),
}

impl Owner {
    /// The location, if it is one.
    #[must_use]
    pub const fn location(&self) -> Option<&LocationCode> {
        match self {
            Self::Hub => None,
            Self::Location(code) => Some(code),
        }
    }
}

/// A team and the id of its record. The id alone names nothing: another location may copy it.
pub type InvestmentKey = (Owner, RecordId);

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hub => f.pad("the national team"),
            Self::Location(code) => code.fmt(f),
        }
    }
}

/// An investment with its lines, as one team states it. Amounts are in units of its currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invested {
    /// The team that states it.
    pub owner: Owner,
    /// The id of its record.
    pub id: RecordId,
    /// The number by which others know it, such as that of a contract. The same number stated by
    /// several teams is one investment.
    pub identifier: Option<String>,
    /// The organisation that gives it.
    pub funder: String,
    /// The organisation that receives it, if it is stated.
    pub recipient: Option<String>,
    /// Money, goods or time.
    pub kind: InvestmentKind,
    /// The currency; figures of different ones are never added.
    pub currency: CurrencyCode,
    /// Whether goods and services tax is in its amounts.
    pub gst: Gst,
    /// Its status: how certain it is.
    pub status: InvestmentStatus,
    /// The whole amount; `None` if it is withheld or not stated.
    pub amount: Option<Number>,
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub to: Date,
    /// The locations that it is for.
    pub places: Places,
    /// The outcomes that it is for; none if they are not stated.
    pub outcomes: BTreeSet<OutcomeRef>,
    /// The investment that it is a part of: its identifier, or the id of its record.
    pub part_of: Option<String>,
    /// The day until which its amount is withheld.
    pub until: Option<Date>,
    /// Its lines: what of it was committed or spent, by period, locations and outcomes.
    pub lines: Vec<LineAmount>,
}

impl Invested {
    /// The team that states it and the id of its record.
    #[must_use]
    pub fn key(&self) -> InvestmentKey {
        (self.owner.clone(), self.id)
    }

    /// An investment as it is recorded, with its lines.
    #[must_use]
    pub fn new(owner: Owner, recorded: Investment, lines: Vec<LineAmount>) -> Self {
        Self {
            owner,
            id: recorded.id,
            identifier: recorded.identifier,
            funder: recorded.funder.0,
            recipient: recorded.recipient.0,
            kind: recorded.kind,
            currency: recorded.currency,
            gst: recorded.gst,
            status: recorded.status,
            amount: recorded.amount,
            from: recorded.from,
            to: recorded.to,
            places: recorded.places,
            outcomes: recorded.outcomes,
            part_of: recorded.part_of,
            until: recorded.until,
            lines,
        }
    }
}

/// The amount of a line. A line that is contested has the least and the most of what people said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineAmount {
    /// Its key.
    pub key: LineKey,
    /// The least amount stated. It is the one that counts: all who stated it agree on that much.
    pub least: Number,
    /// The most stated; the same if the line is not contested.
    pub most: Number,
}

impl LineAmount {
    /// A line of which these amounts are stated; `None` if there are none.
    #[must_use]
    pub fn of(key: LineKey, amounts: impl IntoIterator<Item = Number>) -> Option<Self> {
        let mut amounts = amounts.into_iter();
        let first = amounts.next()?;
        let (least, most) = amounts.fold((first, first), |(least, most), amount| {
            (least.min(amount), most.max(amount))
        });
        Some(Self { key, least, most })
    }

    /// Whether people stated different amounts that are not settled.
    #[must_use]
    pub fn is_contested(&self) -> bool {
        self.least != self.most
    }
}
