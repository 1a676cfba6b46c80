//! The words beside the curve: what was heard, what is being done, and what offices published.

use weft_shared::{
    id::IndicatorCode,
    model::{plan::InitiativeStatus, schema::RecordKind},
};

use super::super::{Fault, Visit, moment::day, plan};
use crate::{
    view::{RecordRow, word_label},
    words::excerpt,
};

/// Maximum number of insights beside a curve.
const STORY_MAX: usize = 4;
/// Maximum characters of each.
const STORY_CHARS_MAX: usize = 180;

/// The records that belong to an indicator by its outcomes.
#[derive(Default)]
pub(super) struct About {
    pub(super) outcomes: Vec<Link>,
    pub(super) initiatives: Vec<Link>,
    pub(super) story: Vec<Told>,
}

/// A record with its page.
pub(super) struct Link {
    pub(super) href: String,
    pub(super) title: String,
    /// Its status in words; empty if it has none.
    pub(super) status: String,
}

/// Something heard.
pub(super) struct Told {
    pub(super) href: String,
    pub(super) words: String,
    /// Themes and the day, on one line.
    pub(super) meta: String,
}

impl Visit<'_> {
    /// Finds the outcomes that an indicator measures, their initiatives, and what was heard about
    /// these.
    pub(super) fn about_indicator(&mut self, code: &IndicatorCode) -> Result<About, Fault> {
        let mut outcomes = self.replica.records(RecordKind::Outcome)?;
        outcomes.retain(|row| {
            row.record
                .members("indicators")
                .any(|one| one == code.as_str())
        });
        let mut initiatives = self.replica.records(RecordKind::Initiative)?;
        initiatives.retain(|row| refers(row, "outcomes", &outcomes));
        let mut insights = self.replica.records(RecordKind::Insight)?;
        insights.retain(|row| refers(row, "initiatives", &initiatives));
        let told = insights.iter().rev().filter_map(told).take(STORY_MAX);
        Ok(About {
            outcomes: outcomes.iter().map(link).collect(),
            initiatives: initiatives.iter().map(link).collect(),
            story: told.collect(),
        })
    }
}

fn refers(row: &RecordRow, field: &str, to: &[RecordRow]) -> bool {
    let mut members = row.record.members(field);
    members.any(|id| to.iter().any(|one| one.record.id.to_string() == id))
}

fn link(row: &RecordRow) -> Link {
    let record = &row.record;
    let status = record.text("status").filter(|status| !status.is_empty());
    Link {
        href: plan::href(record.kind, &record.id),
        title: row.title(),
        status: status.map_or_else(String::new, |word| {
            word_label(InitiativeStatus::WORDS, word).to_owned()
        }),
    }
}

fn told(row: &RecordRow) -> Option<Told> {
    let record = &row.record;
    let words = row.words.as_ref().filter(|_| !record.withdrawn)?;
    let themes: Vec<&str> = record.members("themes").collect();
    let heard = record.text("heard_on").map(day);
    let meta = [Some(themes.join(", ")), heard].into_iter().flatten();
    let meta: Vec<String> = meta.filter(|part| !part.is_empty()).collect();
    Some(Told {
        href: plan::href(record.kind, &record.id),
        words: excerpt(words, STORY_CHARS_MAX),
        meta: meta.join(" · "),
    })
}
