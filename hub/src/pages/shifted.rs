//! Changes in locations' plans, in words: what shifted, and what is new.

use std::collections::BTreeMap;

use weft_host::chart::steps;
use weft_shared::{
    model::{plan::InitiativeStatus, schema::RecordKind},
    period::{Date, day_words},
    text::listed,
    time::{Timestamp, Zone},
};

use crate::app::{LocationView, SharedRecord};

/// Something that happened at a location.
#[derive(Clone, Debug)]
pub(super) struct Happened {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) words: String,
    /// A status, with how far it is drawn.
    pub(super) status: Option<(String, String)>,
    /// Further lines below it, such as the evidence.
    pub(super) more: Vec<String>,
    pub(super) when: String,
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
            happened.words = format!(
                "“{}” moved from {} to",
                record.title,
                status(&change.from).0
            );
            happened.status = Some(chip(record.text("status")));
            happened.when = self.day(change.at);
            return happened;
        }
        happened.words = record.title.clone();
        let told = [("Was", "from"), ("Is now", "to"), ("Evidence", "evidence")];
        let told = told
            .into_iter()
            .filter(|(_, field)| !record.text(field).is_empty());
        happened.more = told
            .map(|(word, field)| format!("{word}: {}", record.text(field)))
            .collect();
        if record.text("evidence").is_empty() {
            happened.more.push("No evidence is named.".to_owned());
        }
        if let Some(day) = given {
            happened.when = day_words(day);
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
        happened.words = match kind {
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
            happened.status = Some(chip(record.text("status")));
        }
        happened
    }

    fn of_record(&self, record: &SharedRecord) -> Happened {
        let name = self.names.get(record.location.as_str());
        Happened {
            code: record.location.clone(),
            name: name.map_or_else(|| record.location.clone(), |name| (*name).to_owned()),
            words: String::new(),
            status: None,
            more: Vec::new(),
            when: record.made().map_or_else(String::new, |at| self.day(at)),
        }
    }

    /// The day of a moment by a device's clock, which may be ahead of ours.
    fn day(&self, at: Timestamp) -> String {
        day_words(self.zone.day(at.min(self.now)))
    }
}

/// A status's words, and its step.
pub(crate) fn status(word: &str) -> (String, u8) {
    let mut all = InitiativeStatus::ALL.iter().zip(1..);
    let known = all.find(|(status, _)| status.word() == word);
    match known {
        Some((InitiativeStatus::Stopped, _)) => ("stopped".to_owned(), 0),
        Some((status, step)) => (status.label().to_owned(), step),
        None if word.is_empty() => ("not stated".to_owned(), 0),
        None => (word.to_owned(), 0),
    }
}

/// The chip of a status: its drawing and its words.
pub(crate) fn chip(word: &str) -> (String, String) {
    let (words, step) = status(word);
    (steps(step), words)
}

/// Themes that are named of one insight.
const THEMES_MAX: usize = 4;
