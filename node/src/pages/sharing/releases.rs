//! Releases on the page Sharing: what the network announced, what would go out of ours, our yes or
//! no, and what went out.

use weft_shared::{
    id::IndicatorCode,
    model::{Audience, indicator::Rows, profile::Adoption, release::ReleaseState},
    period::day_words,
};

use super::super::{Answered, Fault, Reply, Visit, form::Sent};
use crate::{
    edits::decision,
    view::{Answer, NoticeRow, Outgoing, Part, Standing, WAITS},
};

/// The releases of the network, and this location's answers.
pub(super) struct Releases {
    /// Each that is announced, then the newest of the others.
    pub(super) rows: Vec<ReleaseView>,
    /// Number of the others that are not shown.
    pub(super) more: usize,
    /// The answers about indicators of which no release is announced.
    pub(super) standing: Vec<Stands>,
}

/// A release that the network announced.
pub(super) struct ReleaseView {
    pub(super) id: String,
    pub(super) title: String,
    /// Its state in words, with its day.
    pub(super) state: String,
    /// Whether anybody may read it.
    pub(super) anybody: bool,
    /// Our indicators in it, while a yes or no of today reaches it.
    pub(super) open: Vec<Ours>,
    /// Our indicators in it once no answer reaches it: the name, and the words of what went out.
    pub(super) past: Vec<(String, String)>,
}

/// One of our indicators in a release that is announced.
pub(super) struct Ours {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) answer: String,
    /// The yes that it waits for: the value of its button, and the button's words.
    pub(super) yes: Option<(&'static str, String)>,
    /// The words of the button that says no, unless that was said.
    pub(super) no: Option<String>,
    /// Whether its values reach releases at all.
    pub(super) is_released: bool,
    /// The part of our own figure that would go out.
    pub(super) words: String,
    /// Those of our values that stay out because of their audience.
    pub(super) narrower: Option<String>,
}

/// An answer that stands for releases to come.
pub(super) struct Stands {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) answer: String,
    pub(super) said_yes: bool,
}

impl Visit<'_> {
    /// The releases that the network announced, and our answers.
    pub(super) fn releases(&mut self) -> Result<Releases, Fault> {
        let notices = self.replica.release_notices()?;
        let (announced, past): (Vec<_>, Vec<_>) =
            notices.into_iter().partition(NoticeRow::is_announced);
        let more = past.len().saturating_sub(PAST_MAX);
        let asked = announced.iter().flat_map(|row| row.answers.keys().cloned());
        let asked: Vec<IndicatorCode> = asked.collect();
        let shown = announced.into_iter().chain(past.into_iter().take(PAST_MAX));
        let rows: Result<_, Fault> = shown.map(|row| self.release(row)).collect();
        Ok(Releases {
            rows: rows?,
            more,
            standing: self.standing(&asked)?,
        })
    }

    fn release(&mut self, row: NoticeRow) -> Result<ReleaseView, Fault> {
        let (mut open, mut past) = (Vec::new(), Vec::new());
        for (code, part) in self.replica.release_parts(&row)? {
            match part {
                Part::Announced(standing) => {
                    let rows = row.notice.indicators.get(&code) == Some(&Rows::Locations);
                    open.push(self.ours(&code, standing, (rows, row.notice.open))?);
                }
                _ => past.push((self.name_of(&code)?, part.words())),
            }
        }
        let NoticeRow {
            id, notice, gone, ..
        } = row;
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
            open,
            past,
        })
    }

    /// The name of an indicator, or its code if it is not defined any more.
    fn name_of(&mut self, code: &IndicatorCode) -> Result<String, Fault> {
        let row = self.replica.indicator(code)?;
        Ok(row.map_or_else(|| code.to_string(), |row| row.definition.name))
    }

    fn ours(
        &mut self,
        code: &IndicatorCode,
        standing: Standing,
        asked: (bool, bool),
    ) -> Result<Ours, Fault> {
        let row = self.indicator(code.as_str())?;
        let outgoing = self.replica.outgoing(&row)?;
        let audience = row.adopted().map(|one| one.audience);
        Ok(Ours {
            yes: (standing.answer != Answer::Yes).then(|| yes(code, asked)),
            no: match standing.answer {
                Answer::No => None,
                Answer::Silent => Some("No, leave yours out".to_owned()),
                Answer::Yes | Answer::SumOnly | Answer::NotOpen => {
                    Some(format!("Take your yes to {code} back"))
                }
            },
            answer: standing.words(),
            is_released: audience == Some(Audience::Released),
            narrower: Outgoing::narrower_words(&outgoing),
            words: outgoing.words,
            name: row.definition.name,
            code: code.to_string(),
        })
    }

    /// The answers about indicators other than these.
    fn standing(&mut self, asked: &[IndicatorCode]) -> Result<Vec<Stands>, Fault> {
        let answers = self.replica.release_answers()?.into_iter();
        let others = answers.filter(|(row, ..)| !asked.contains(&row.definition.code));
        let standing = others.map(|(row, adoption, waits)| {
            let rows = match adoption.releases {
                None => "no",
                Some(Rows::Network) => "yes, in the network’s sum",
                Some(Rows::Locations) => "yes, in a row with your name and in the network’s sum",
            };
            let open = match adoption.releases.is_some() && adoption.open == Some(true) {
                true => ", also for anybody to read",
                false => "",
            };
            Stands {
                answer: format!("{rows}{open}{}", if waits { WAITS } else { "" }),
                said_yes: adoption.releases.is_some(),
                code: row.definition.code.to_string(),
                name: row.definition.name,
            }
        });
        Ok(standing.collect())
    }

    /// Takes this location's yes or no to an indicator in releases.
    pub(in crate::pages) fn answer_release(&mut self, sent: &Sent) -> Answered {
        let row = self.indicator(sent.first("code"))?;
        let Some(before) = row.adopted().cloned() else {
            return Err(Fault::NotFound);
        };
        let (rows, open) = match sent.first("answer") {
            "sum" => (Some(Rows::Network), false),
            "sum-open" => (Some(Rows::Network), true),
            "rows" => (Some(Rows::Locations), false),
            "rows-open" => (Some(Rows::Locations), true),
            "no" => (None, false),
            _ => return Err(Fault::NotFound),
        };
        let (adoption, done) = match rows {
            None => {
                let done = match before.releases {
                    Some(_) => "refusal",
                    None => "saved",
                };
                (before.refusing(), done)
            }
            // A yes on this page takes nothing back of one that went further.
            Some(_) => {
                let yes = Adoption {
                    releases: rows.max(before.releases),
                    open: (open || before.open == Some(true)).then_some(true),
                    ..before
                };
                (yes, "saved")
            }
        };
        let edit = decision(self.replica, &row.definition.code, adoption)?;
        let saved = self.save(vec![edit])?;
        Ok(Reply::see("/sharing", saved, done))
    }
}

/// The button that says yes to rows of locations or the sum, for anybody to read or not.
fn yes(code: &IndicatorCode, asked: (bool, bool)) -> (&'static str, String) {
    let row = format!("Yes, show your row of {code}");
    let sum = format!("Yes, add your {code} to the sum");
    match asked {
        (true, false) => ("rows", row),
        (true, true) => ("rows-open", format!("{row}, for anybody to read")),
        (false, false) => ("sum", sum),
        (false, true) => ("sum-open", format!("{sum}, for anybody to read")),
    }
}

/// Number of releases on the page that are not to come; the command lists all.
const PAST_MAX: usize = 5;
