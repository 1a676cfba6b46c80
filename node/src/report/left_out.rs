//! Records and values that a report leaves out because of their audience: counted, never named.

use weft_shared::{
    model::{Audience, schema::RecordKind},
    text::counted,
};

use super::Reader;

/// The records and values of a report's period that are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// Those for this computer only, each kind with its noun.
    kept: Vec<(Noun, usize)>,
    /// Those that travel, and not as far as the reader.
    further: usize,
}

/// A noun for one and for many.
type Noun = (&'static str, &'static str);

const VALUES: Noun = ("value", "values");

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

    /// The sentence for every reader; empty if nothing is for this computer only.
    pub(crate) fn words(&self) -> String {
        let kept = self.kept.iter();
        let kept: Vec<String> = kept
            .map(|((one, many), count)| counted(*count as u64, one, many))
            .collect();
        let all: usize = self.kept.iter().map(|(_, count)| count).sum();
        let because = match all {
            0 => return String::new(),
            1 => "because it is for this computer only",
            _ => "because they are for this computer only",
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
        match self.further {
            0 => String::new(),
            1 => format!(
                "1 record or value is not in it, because its audience does not reach {to}. \
                 The report does not say so."
            ),
            more => format!(
                "{more} records and values are not in it, because their audience does not \
                 reach {to}. The report does not say so."
            ),
        }
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.further + self.kept.iter().map(|(_, count)| count).sum::<usize>()
    }
}
