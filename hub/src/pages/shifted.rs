//! Changes in locations' plans, in words: what shifted, and what is new.

use std::collections::BTreeMap;

use weft_host::chart::steps;
use weft_shared::{
    model::{plan::InitiativeStatus, schema::RecordKind},
    period::{Date, day_words},
    seen::{Shifted, Status},
    text::listed,
    time::{Timestamp, Zone},
};

use crate::app::{LocationView, SharedRecord};

/// Something that happened at a location.
#[derive(Clone, Debug)]
pub(super) struct Happened {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) seen: Shifted,
}

/// The names of locations, and the day.
pub(super) struct Names<'a> {
    names: BTreeMap<&'a str, &'a str>,
    zone: &'a Zone,
    now: Timestamp,
}

impl<'a> Names<'a> {
    pub(super) fn of(locations: &'a [LocationView], (zone, now): (&'a Zone, Timestamp)) -> Self {
        let names = locations
            .iter()
            .map(|one| (one.code.as_str(), one.name.as_str()));
        Self {
            names: names.collect(),
            zone,
            now,
        }
    }

    /// A marker or a change of status.
    pub(super) fn shifted(&self, record: &SharedRecord) -> Happened {
        let mut happened = self.of_record(record);
        let given = record.text("on").parse::<Date>().ok();
        if let Some(change) = &record.changed {
            happened.seen.words = format!(
                "“{}” moved from {} to",
                record.title,
                status(&change.from).words
            );
            happened.seen.status = Some(status(record.text("status")));
            happened.seen.when = self.day(change.at);
            return happened;
        }
        happened.seen.words = record.title.clone();
        let told = [("Was", "from"), ("Is now", "to"), ("Evidence", "evidence")];
        let told = told
            .into_iter()
            .filter(|(_, field)| !record.text(field).is_empty());
        happened.seen.more = told
            .map(|(word, field)| format!("{word}: {}", record.text(field)))
            .collect();
        if record.text("evidence").is_empty() {
            happened.seen.more.push("No evidence is named.".to_owned());
        }
        if let Some(day) = given {
            happened.seen.when = day_words(day);
        }
        happened
    }

    /// Something that was written down lately. Words of insights are not in it.
    pub(super) fn news(&self, record: &SharedRecord) -> Happened {
        let mut happened = self.of_record(record);
        let kind = RecordKind::ALL
            .iter()
            .find(|kind| kind.word() == record.kind);
        let label = kind.map_or(record.kind.as_str(), |kind| kind.label());
        happened.seen.words = match kind {
            Some(RecordKind::Insight) => {
                let themes: Vec<&str> = record.members("themes").collect();
                match themes.as_slice() {
                    [] => "insight, without a theme".to_owned(),
                    themes => format!("insight about {}", listed(themes, THEMES_MAX)),
                }
            }
            Some(RecordKind::Relationship) => "a tie with a partner changed".to_owned(),
            _ => format!("{label}: “{}”", record.title),
        };
        if kind == Some(&RecordKind::Initiative) && !record.text("status").is_empty() {
            happened.seen.status = Some(status(record.text("status")));
        }
        happened
    }

    fn of_record(&self, record: &SharedRecord) -> Happened {
        let name = self.names.get(record.location.as_str());
        Happened {
            code: record.location.clone(),
            name: name.map_or_else(|| record.location.clone(), |name| (*name).to_owned()),
            seen: Shifted {
                words: String::new(),
                status: None,
                more: Vec::new(),
                when: record.made().map_or_else(String::new, |at| self.day(at)),
            },
        }
    }

    /// The day of a moment by a device's clock, which may be ahead of ours.
    fn day(&self, at: Timestamp) -> String {
        day_words(self.zone.day(at.min(self.now)))
    }
}

/// A status in words, with how far it is drawn.
pub(crate) fn status(word: &str) -> Status {
    let mut all = InitiativeStatus::ALL.iter().zip(1..);
    let known = all.find(|(status, _)| status.word() == word);
    let (words, step) = match known {
        Some((InitiativeStatus::Stopped, _)) => ("stopped", 0),
        Some((status, step)) => (status.label(), step),
        None if word.is_empty() => ("not stated", 0),
        None => (word, 0),
    };
    Status {
        words: words.to_owned(),
        step,
    }
}

/// The chip of a status: its drawing and its words.
pub(crate) fn chip(word: &str) -> (String, String) {
    let status = status(word);
    (steps(status.step), status.words)
}

/// Themes that are named of one insight.
const THEMES_MAX: usize = 4;
