//! Releases on the page Sharing: what the network announced, what would go out of ours, and our
//! yes or no.

use weft_shared::{
    model::{Audience, indicator::Rows, profile::Adoption, release::ReleaseState},
    period::day_words,
};

use super::super::{Answered, Fault, Reply, Visit, form::Sent};
use crate::{
    edits::decision,
    view::{Answer, NoticeRow, Outgoing},
};

/// A release that the network announced.
pub(super) struct ReleaseView {
    pub(super) id: String,
    pub(super) title: String,
    /// Its state in words, with its day.
    pub(super) state: String,
    /// Whether a yes or no of today reaches it.
    pub(super) is_open: bool,
    /// Whether anybody may read it.
    pub(super) anybody: bool,
    pub(super) ours: Vec<Ours>,
}

/// One of our indicators in it.
pub(super) struct Ours {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) answer: &'static str,
    pub(super) said_yes: bool,
    pub(super) said_no: bool,
    /// Whether the release has a row for each location.
    pub(super) rows: bool,
    /// Whether its values reach releases at all.
    pub(super) is_released: bool,
    /// The part of our own figure that would go out.
    pub(super) words: String,
    /// Those of our values that stay out because of their audience.
    pub(super) narrower: Option<String>,
}

impl Visit<'_> {
    /// The releases that the network announced, the newest first.
    pub(super) fn releases(&mut self) -> Result<Vec<ReleaseView>, Fault> {
        let notices = self.replica.release_notices()?;
        let shown = notices.into_iter().take(RELEASES_MAX);
        shown.map(|row| self.release(row)).collect()
    }

    fn release(&mut self, row: NoticeRow) -> Result<ReleaseView, Fault> {
        let NoticeRow {
            id,
            notice,
            ours,
            gone,
        } = row;
        let is_open = notice.state == ReleaseState::Proposed;
        let mut views = Vec::new();
        for (code, answer) in ours {
            let row = self.indicator(code.as_str())?;
            let rows = notice.indicators.get(&code) == Some(&Rows::Locations);
            let outgoing = match is_open {
                true => Some(self.replica.outgoing(&row)?),
                false => None,
            };
            views.push(Ours {
                name: row.definition.name.clone(),
                answer: answer.words(),
                said_yes: answer == Answer::Yes,
                said_no: answer == Answer::No,
                rows,
                is_released: row
                    .adopted()
                    .is_some_and(|one| one.audience == Audience::Released),
                narrower: outgoing.as_ref().and_then(Outgoing::narrower_words),
                words: outgoing.map_or_else(String::new, |one| one.words),
                code: code.to_string(),
            });
        }
        Ok(ReleaseView {
            state: match notice.state {
                ReleaseState::Proposed => {
                    format!("may go out from {}", day_words(notice.due))
                }
                other => match gone {
                    Some(why) => format!("{}: {why}", other.label()),
                    None => other.label().to_owned(),
                },
            },
            anybody: notice.open,
            title: notice.title,
            id: id.to_string(),
            ours: views,
            is_open,
        })
    }

    /// Takes this location's yes or no to an indicator in releases.
    pub(in crate::pages) fn answer_release(&mut self, sent: &Sent) -> Answered {
        let row = self.indicator(sent.first("code"))?;
        let Some(before) = row.adopted().cloned() else {
            return Err(Fault::NotFound);
        };
        let releases = match sent.first("answer") {
            "sum" => Some(Rows::Network),
            "rows" => Some(Rows::Locations),
            "no" => None,
            _ => return Err(Fault::NotFound),
        };
        let adoption = match releases {
            None => before.refusing(),
            Some(_) => Adoption {
                releases,
                open: before.open.filter(|open| *open),
                ..before
            },
        };
        let edit = decision(self.replica, &row.definition.code, adoption)?;
        let saved = self.save(vec![edit])?;
        Ok(Reply::see("/sharing", saved, "saved"))
    }
}

/// Number of releases on the page; the command lists all.
const RELEASES_MAX: usize = 5;
