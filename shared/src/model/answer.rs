//! Answers: what a location says to an item of the agenda or a question about itself, and what the
//! hub says to a request. Each is one scalar under its key, like an observation.

mod check;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use self::check::{ANSWER, Answered, answer};
use super::{
    item::ItemType,
    json::scalar,
    outcome::OutcomeRef,
    plan::{LINE_BYTES_MAX, PROSE_BYTES_MAX},
    words,
};
use crate::{
    id::{LocationCode, RecordId, WordingHash},
    period::Date,
    text::{BadText, is_written_as, parsed},
};

words! {
    /// A question that Weft asks of each location about an outcome, always in the same words.
    Asked, "question" {
        /// There is a gap and a priority, and no money is known.
        NeedNoMoney = "need_no_money" / "a need and a priority, and no money known",
        /// Nothing is known of the need.
        NeedUnknown = "need_unknown" / "need not known",
        /// There are figures, but no target.
        NoTarget = "no_target" / "no target",
        /// Money ends within a year, with nothing after it and a gap.
        EndsSoon = "ends_soon" / "money that ends soon",
        /// Hub and location state different amounts for one investment.
        AmountsDiffer = "amounts_differ" / "amounts that differ",
    }
}

words! {
    /// The position that an answer takes.
    Stance, "answer" {
        /// To a proposal: as it is.
        Agree = "agree" / "we agree",
        /// To a proposal: in another form.
        Change = "change" / "we would change it",
        /// To a proposal: against it.
        Disagree = "disagree" / "we disagree",
        /// To an item that does not concern the location.
        NotForUs = "not_for_us" / "not for us",
        /// To a resource: it is in use.
        Use = "use" / "we use it",
        /// To a resource: it was in use.
        Tried = "tried" / "we tried it",
        /// To an opportunity.
        Want = "want" / "we want it",
        /// To an opportunity: it is under way.
        TakenUp = "taken_up" / "we took it up",
        /// To a question.
        Reply = "reply" / "our reply",
        /// By the hub, to a request.
        Yes = "yes" / "yes",
        /// By the hub, to a request: a part of it.
        Partly = "partly" / "partly",
        /// By the hub, to a request.
        No = "no" / "no",
        /// By the hub, to a request that others must decide.
        PassedOn = "passed_on" / "passed on",
        /// By the hub, to a request, once and with a day.
        NeedsTime = "needs_time" / "needs more time",
        /// To a question that Weft asks.
        Explain = "explain" / "our explanation",
    }
}

impl Asked {
    /// The question in full, the same words for every location.
    #[must_use]
    pub const fn question(self) -> &'static str {
        match self {
            Self::NeedNoMoney => {
                "There is a gap to the target, the location names it as a priority, and no money \
                 for it is known. Is there money that is not stated here?"
            }
            Self::NeedUnknown => {
                "No figure shows the need here. Is there one, or another way to tell?"
            }
            Self::NoTarget => "There are figures, but no target. What is hoped for, and by when?",
            Self::EndsSoon => {
                "Money ends within 12 months of the end of the period, with nothing after it, and \
                 the target is not reached. What comes next?"
            }
            Self::AmountsDiffer => {
                "The national team and the location state different amounts for one investment. \
                 Why do they differ?"
            }
        }
    }
}

impl Stance {
    /// Whether an answer may take it without a reason. The hub's always has one.
    #[must_use]
    pub const fn speaks_for_itself(self) -> bool {
        matches!(self, Self::Agree | Self::Use | Self::Want)
    }
}

impl ItemType {
    /// The stances that answer an item of this type.
    #[must_use]
    pub const fn stances(self) -> &'static [Stance] {
        use Stance as S;
        match self {
            Self::Proposal => &[S::Agree, S::Change, S::Disagree, S::NotForUs],
            Self::Resource => &[S::Use, S::Tried, S::NotForUs],
            Self::Opportunity => &[S::Want, S::TakenUp, S::NotForUs],
            Self::Question => &[S::Reply],
        }
    }
}

/// The subject of an answer. Its text is the key in documents.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnswerKey {
    /// An item of the hub's agenda, by a location: `item/<id>`.
    Item(RecordId),
    /// A location's request, by the hub: `request/FN/<id>`.
    Request(LocationCode, RecordId),
    /// A question that Weft asks of the location that answers: `question/no_target/VAX`, or
    /// `question/amounts_differ/not_stated` about money of which no outcome is stated.
    Question(Asked, Option<OutcomeRef>),
}

/// The place of an outcome in the key of a question about money that states none. No outcome has
/// such a code: theirs have capitals.
const NOT_STATED: &str = "not_stated";

impl AnswerKey {
    /// The question that a name such as `no_target/VAX` means, in any case; none for another text.
    #[must_use]
    pub fn question(name: &str) -> Option<Self> {
        let (asked, outcome) = name.trim().split_once('/')?;
        let asked = asked.to_ascii_lowercase().parse().ok()?;
        let outcome = match outcome.eq_ignore_ascii_case(NOT_STATED) {
            true => None,
            false => Some(outcome.parse().ok()?),
        };
        Some(Self::Question(asked, outcome))
    }

    /// The name of a question in commands and addresses, such as `no_target/VAX`; none for what is
    /// no question.
    #[must_use]
    pub fn question_name(&self) -> Option<String> {
        let text = self.to_string();
        text.strip_prefix("question/").map(str::to_owned)
    }
}

impl fmt::Display for AnswerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(id) => write!(f, "item/{id}"),
            Self::Request(location, id) => write!(f, "request/{location}/{id}"),
            Self::Question(asked, Some(outcome)) => write!(f, "question/{asked}/{outcome}"),
            Self::Question(asked, None) => write!(f, "question/{asked}/{NOT_STATED}"),
        }
    }
}

impl fmt::Debug for AnswerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for AnswerKey {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        // A key has only one valid spelling, or one answer could be stored under two.
        read_key(text)
            .filter(|key| is_written_as(key, text))
            .ok_or_else(|| {
                let form = "it looks like item/<id>, request/FN/<id> or question/no_target/VAX";
                BadText::new(text, format!("is nothing that can be answered: {form}"))
            })
    }
}

fn read_key(text: &str) -> Option<AnswerKey> {
    let parts: Vec<&str> = text.splitn(4, '/').collect();
    match parts.as_slice() {
        ["item", id] => id.parse().ok().map(AnswerKey::Item),
        ["request", location, id] => {
            Some(AnswerKey::Request(location.parse().ok()?, id.parse().ok()?))
        }
        ["question", asked, outcome] => Some(AnswerKey::Question(
            asked.parse().ok()?,
            match *outcome {
                NOT_STATED => None,
                outcome => Some(outcome.parse().ok()?),
            },
        )),
        _ => None,
    }
}

impl Serialize for AnswerKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AnswerKey {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        parsed(d)
    }
}

/// The statement under an [`AnswerKey`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The position.
    pub stance: Stance,
    /// The reason, in the words of those who answer.
    pub reason: Option<String>,
    /// The role of those who answer, such as `leadership group`. Never a person.
    pub by: String,
    /// The day by which there will be another answer.
    pub until: Option<Date>,
    /// The wording that was answered; `None` for a question that Weft asks, which has one wording.
    pub wording: Option<WordingHash>,
    /// Of an answer to a request: the last day on which it was in time. So a late one shows as late
    /// to all locations, who do not have the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
}

scalar!(Answer, "answer");

impl Answer {
    /// Whether a form would have accepted its texts.
    pub(super) fn fits(&self) -> bool {
        let reason = self.reason.as_ref();
        reason.is_none_or(|text| (1..=PROSE_BYTES_MAX).contains(&text.len()))
            && (1..=LINE_BYTES_MAX).contains(&self.by.len())
    }

    /// Whether it came too late, if it was given on this day. To ask for time is no answer.
    #[must_use]
    pub fn is_late(&self, on: Date) -> bool {
        self.stance != Stance::NeedsTime && self.due.is_some_and(|due| on > due)
    }

    /// Whether it settles a request in this wording: to ask for time does not.
    #[must_use]
    pub fn settles(&self, wording: &WordingHash) -> bool {
        self.stance != Stance::NeedsTime && self.is_to(Some(wording))
    }

    /// Whether it answers this wording. An answer to an earlier one is shown as such and counts as
    /// none.
    #[must_use]
    pub fn is_to(&self, wording: Option<&WordingHash>) -> bool {
        self.wording.as_ref() == wording
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_about_money_without_an_outcome_has_a_key() {
        let key = AnswerKey::question("Amounts_Differ/NOT_stated").unwrap();
        assert_eq!(key, AnswerKey::Question(Asked::AmountsDiffer, None));
        assert_eq!(key.to_string(), "question/amounts_differ/not_stated");
        assert_eq!(key.to_string().parse(), Ok(key.clone()));
        assert_eq!(
            key.question_name().as_deref(),
            Some("amounts_differ/not_stated")
        );
        for other in ["", "no_target", "maybe/VAX", "no_target/"] {
            assert_eq!(AnswerKey::question(other), None, "{other}");
        }
    }
}
