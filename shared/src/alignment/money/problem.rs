//! Problems and differences in what teams state about money. Each is named, and none stops a count.

use std::fmt;

use super::{InvestmentKey, Owner};
use crate::{
    id::RecordId,
    model::{
        line::{LineKey, LineWhat},
        number::Number,
        places::Places,
    },
};

/// Something that a person must put right, and what counts meanwhile.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Problem {
    /// The parts of an investment exceed it by this much; its own amount counts as 0.
    PartsExceed(InvestmentKey, Number),
    /// The committed lines of an investment exceed its own amount by this much; the rest counts
    /// as 0.
    LinesExceed(InvestmentKey, Number),
    /// The spent lines of an investment exceed its own amount by this much; all of them count.
    SpentExceeds(InvestmentKey, Number),
    /// The lines of shorter periods in this line exceed it by this much; where the period of this
    /// line is asked for, its amount counts.
    ShorterExceed(Owner, LineKey, Number),
    /// It is a part of an investment that is not stated; it counts as a part of none.
    NoParent(InvestmentKey, String),
    /// These are parts of each other in a circle; each counts as a part of none.
    Circle(Vec<InvestmentKey>),
    /// It is a part of an investment of another kind or currency, from which it is not taken off.
    OtherPurse(InvestmentKey, InvestmentKey),
    /// It is a part of an investment of another location, from which it is not taken off.
    OtherTeam(InvestmentKey, InvestmentKey),
    /// Teams state different investments with this identifier; each of them counts.
    SeveralNamed(String, Vec<InvestmentKey>),
    /// One team states several investments with this identifier; the first of them counts.
    Twice(String, Vec<InvestmentKey>),
    /// Teams state one investment with different kinds or currencies; the first of them counts.
    PursesDiffer(String, Vec<InvestmentKey>),
    /// Teams state one investment with different statuses; that of the first counts.
    StatusesDiffer(String, Vec<InvestmentKey>),
    /// People of one team stated different amounts of a line; the least counts.
    Contested(Owner, LineKey),
    /// The period of a line lies outside the dates of its investment; it counts in its period.
    Outside(Owner, LineKey),
    /// An investment has no amount and does not say that it is withheld; it is in no figure.
    NoAmount(InvestmentKey),
}

impl Problem {
    /// The investments that it is about.
    #[must_use]
    pub fn investments(&self) -> Vec<InvestmentKey> {
        match self {
            Self::PartsExceed(of, _)
            | Self::LinesExceed(of, _)
            | Self::SpentExceeds(of, _)
            | Self::NoParent(of, _)
            | Self::NoAmount(of) => vec![of.clone()],
            Self::OtherPurse(of, parent) | Self::OtherTeam(of, parent) => {
                vec![of.clone(), parent.clone()]
            }
            Self::Circle(all)
            | Self::Twice(_, all)
            | Self::SeveralNamed(_, all)
            | Self::PursesDiffer(_, all)
            | Self::StatusesDiffer(_, all) => all.clone(),
            Self::Contested(owner, key)
            | Self::Outside(owner, key)
            | Self::ShorterExceed(owner, key, _) => {
                vec![(owner.clone(), key.investment)]
            }
        }
    }
}

const PARTS: &str = "so its own amount counts as 0: correct the amounts, or what is a part of it";
const LINES: &str = "so the rest counts as 0: correct the lines, or the amount";
const SPENT: &str = "and all of them count: correct the lines, or the amount";
const OF_ITSELF: &str = "it is a part of itself, so it counts as a part of none: clear the field";
const CONTESTED: &str =
    "has different amounts that are not settled, and the least counts: choose one";
const OUTSIDE: &str = "is of a period outside the dates of its investment: correct one of them";
const NO_AMOUNT: &str =
    "it has no amount and is in no figure: enter the amount, or set its status to withheld";

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PartsExceed(_, by) => {
                write!(f, "its parts exceed it by {}, {PARTS}", by.grouped())
            }
            Self::LinesExceed(_, by) => {
                let by = by.grouped();
                write!(
                    f,
                    "its committed lines exceed its own amount by {by}, {LINES}"
                )
            }
            Self::SpentExceeds(_, by) => {
                let by = by.grouped();
                write!(f, "its spent lines exceed its own amount by {by}, {SPENT}")
            }
            Self::ShorterExceed(_, key, by) => write!(
                f,
                "the lines of shorter periods in {key} exceed it by {}, and in its period it is \
                 what counts: correct it, or take it back",
                by.grouped()
            ),
            Self::NoParent(_, parent) => write!(
                f,
                "it is a part of {parent}, which is not stated: enter that investment, or correct \
                 the field"
            ),
            Self::Circle(ids) if ids.len() == 1 => f.write_str(OF_ITSELF),
            Self::Circle(ids) => write!(
                f,
                "{} investments are parts of each other in a circle, so each counts as a part of \
                 none: clear the field of one of them",
                ids.len()
            ),
            Self::OtherPurse(_, (_, parent)) => write!(
                f,
                "it is a part of {parent}, which is of another kind or currency, so it is not \
                 taken off: correct one of them"
            ),
            Self::OtherTeam(_, (_, parent)) => write!(
                f,
                "it is a part of {parent}, which another location states, so it is not taken off: \
                 only that location and the national team may state its parts"
            ),
            Self::SeveralNamed(identifier, ids) => write!(
                f,
                "{} statements have the identifier {identifier} and differ in funder, kind, \
                 currency or place, so they count as different investments: if they are one, agree \
                 on these; if not, give them different identifiers",
                ids.len()
            ),
            Self::Twice(identifier, _) => write!(
                f,
                "one team states {identifier} more than once, and only the first counts: remove \
                 the others, or give them identifiers of their own"
            ),
            Self::PursesDiffer(identifier, _) => write!(
                f,
                "{identifier} is stated with different kinds or currencies, and only the first \
                 counts: agree on one"
            ),
            Self::StatusesDiffer(identifier, _) => write!(
                f,
                "{identifier} is stated with different statuses, and that of the first counts: \
                 agree on one"
            ),
            Self::Contested(_, key) => write!(f, "{key} {CONTESTED}"),
            Self::Outside(_, key) => write!(f, "{key} {OUTSIDE}"),
            Self::NoAmount(_) => f.write_str(NO_AMOUNT),
        }
    }
}

/// The thing of which teams state different amounts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Subject {
    /// The whole amount.
    Amount,
    /// The lines of one kind that are for these places.
    Lines(LineWhat, Places),
}

/// One team's amount.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// The team.
    pub owner: Owner,
    /// Its record.
    pub id: RecordId,
    /// Its amount; the sum of its lines, of all periods.
    pub amount: Number,
    /// Whether it is the one that counts.
    pub counts: bool,
}

/// Different amounts that teams state of one investment. Both stand until they agree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The investment's identifier.
    pub identifier: String,
    /// The thing of which they differ.
    pub subject: Subject,
    /// The amounts, by team.
    pub said: Vec<Said>,
}
