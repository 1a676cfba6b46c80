//! Records and values that a report leaves out because of their audience: counted, never named.

use weft_shared::{
    model::{Audience, schema::RecordKind},
    text::counted,
};

use super::Reader;

/// The records and values of a report's period that are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// Those for our team only, each kind with its noun.
    kept: Vec<(Noun, usize)>,
    /// Those that travel, and not as far as the reader.
    further: usize,
    /// Insights whose audience reaches the reader, and whose consent does not, or is contested.
    unsettled: usize,
    /// Whether there is money that the reader may see: a report of a location tells none.
    money: bool,
}

/// A noun for one and for many.
type Noun = (&'static str, &'static str);

const VALUES: Noun = ("value", "values");
const MONEY: &str = "Money is not in this report.";

impl LeftOut {
    pub(super) fn record(&mut self, kind: RecordKind, audience: Audience) {
        let noun = match kind {
            RecordKind::Initiative => ("initiative", "initiatives"),
            RecordKind::Action => ("action", "actions"),
            RecordKind::Insight => ("insight", "insights"),
            RecordKind::Marker => ("system-change marker", "system-change markers"),
            _ => ("record", "records"),
        };
        self.add(noun, audience);
    }

    /// An insight that is left out although its audience may reach the reader.
    pub(super) fn insight(&mut self, audience: Audience, reader: Reader) {
        match reader.may_see(audience) {
            true => self.unsettled += 1,
            false => self.record(RecordKind::Insight, audience),
        }
    }

    pub(super) fn money(&mut self) {
        self.money = true;
    }

    pub(super) fn value(&mut self, audience: Audience) {
        self.add(VALUES, audience);
    }

    fn add(&mut self, noun: Noun, audience: Audience) {
        if audience != Audience::Team {
            self.further += 1;
            return;
        }
        match self.kept.iter_mut().find(|(known, _)| *known == noun) {
            Some((_, count)) => *count += 1,
            None => self.kept.push((noun, 1)),
        }
    }

    /// The sentences for every reader; empty if nothing is for our team only, and no money
    /// could be told.
    pub(crate) fn words(&self) -> String {
        let kept = self.kept_words();
        match (self.money, kept.is_empty()) {
            (false, _) => kept,
            (true, true) => MONEY.to_owned(),
            (true, false) => format!("{kept} {MONEY}"),
        }
    }

    fn kept_words(&self) -> String {
        let kept = self.kept.iter();
        let kept: Vec<String> = kept
            .map(|((one, many), count)| counted(*count as u64, one, many))
            .collect();
        let all: usize = self.kept.iter().map(|(_, count)| count).sum();
        let because = match all {
            0 => return String::new(),
            1 => "because it is for our team only",
            _ => "because they are for our team only",
        };
        let kept = match kept.split_last() {
            Some((last, before)) if !before.is_empty() => {
                format!("{} and {last}", before.join(", "))
            }
            _ => kept.join(""),
        };
        format!("Not in this report, {because}: {kept}.")
    }

    /// The sentence for the team alone; empty if all that travels goes as far as the reader.
    pub(crate) fn further_words(&self, reader: Reader) -> String {
        let to = match reader {
            Reader::Funder => "your funder",
            Reader::Board => "your board",
            Reader::Community => "your community",
        };
        let further = match self.further {
            0 => None,
            1 => Some(format!(
                "1 record or value is not in it, because its audience does not reach {to}."
            )),
            more => Some(format!(
                "{more} records and values are not in it, because their audience does not \
                 reach {to}."
            )),
        };
        let unsettled = match self.unsettled {
            0 => None,
            1 => Some(format!(
                "1 insight is not in it, because its consent does not reach {to}, or people \
                 differ about it."
            )),
            more => Some(format!(
                "{more} insights are not in it, because their consent does not reach {to}, or \
                 people differ about them."
            )),
        };
        let sentences: Vec<String> = further.into_iter().chain(unsettled).collect();
        match sentences.is_empty() {
            true => String::new(),
            false => format!("{} The report does not say so.", sentences.join(" ")),
        }
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.further + self.unsettled + self.kept.iter().map(|(_, count)| count).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_insight_whose_consent_is_narrower_is_not_blamed_on_its_audience() {
        let mut left_out = LeftOut::default();
        left_out.insight(Audience::Released, Reader::Funder);
        assert_eq!(
            left_out.further_words(Reader::Funder),
            "1 insight is not in it, because its consent does not reach your funder, or people \
             differ about it. The report does not say so."
        );
        left_out.insight(Audience::Network, Reader::Funder);
        let words = left_out.further_words(Reader::Funder);
        assert!(
            words.starts_with("1 record or value is not in it, because its audience does not"),
            "{words}"
        );
        left_out.insight(Audience::Team, Reader::Funder);
        let words = left_out.words();
        assert!(words.ends_with("our team only: 1 insight."), "{words}");
        assert_eq!(left_out.count(), 3);
    }

    #[test]
    fn a_report_says_that_money_is_not_in_it() {
        let mut left_out = LeftOut::default();
        assert_eq!(left_out.words(), "");
        left_out.money();
        assert_eq!(left_out.words(), "Money is not in this report.");
        left_out.value(Audience::Team);
        let words = left_out.words();
        let both = "our team only: 1 value. Money is not in this report.";
        assert!(words.ends_with(both), "{words}");
    }
}
