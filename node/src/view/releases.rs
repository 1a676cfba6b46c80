//! Releases as the hub announced them, with this location's part in each.

use std::collections::BTreeMap;

use weft_shared::{
    id::IndicatorCode,
    model::{
        indicator::Rows,
        profile::Adoption,
        release::{BrokenChain, Link, Notice, ReleaseAct, ReleaseId, ReleaseState, check_chain},
        schema::DocKind,
    },
};

use super::{IndicatorRow, first};
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

/// A release that was announced.
#[derive(Clone, Debug)]
pub(crate) struct NoticeRow {
    pub(crate) id: ReleaseId,
    pub(crate) notice: Notice,
    /// This location's indicators in it, each with its answer.
    pub(crate) ours: BTreeMap<IndicatorCode, Answer>,
    /// The reason for its withdrawal.
    pub(crate) gone: Option<String>,
}

/// The answer of this location to an indicator in releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It said yes to these rows.
    Yes,
    /// It has not answered: its figures stay out.
    Silent,
    /// It said no: its figures stay out.
    No,
    /// It said yes to the network's sum, and the release has rows of locations: its figures stay
    /// out.
    SumOnly,
}

impl Answer {
    /// The answer to rows of some kind.
    pub(crate) fn to(rows: Rows, adoption: &Adoption) -> Self {
        match (rows, adoption.releases) {
            (_, None) if adoption.said_no() => Self::No,
            (_, None) => Self::Silent,
            (Rows::Locations, Some(Rows::Network)) => Self::SumOnly,
            (Rows::Network | Rows::Locations, Some(_)) => Self::Yes,
        }
    }

    /// The answer in words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Silent => "no answer yet, so your figures stay out",
            Self::No => "no, so your figures stay out",
            Self::SumOnly => "yes to the sum alone, so your figures stay out",
        }
    }
}

impl NoticeRow {
    /// Whether it waits for an answer of this location.
    pub(crate) fn waits(&self) -> bool {
        self.notice.state == ReleaseState::Proposed
            && self
                .ours
                .values()
                .any(|answer| !matches!(answer, Answer::Yes | Answer::No))
    }

    /// Whether it is announced with rows of locations of an indicator.
    pub(crate) fn wants_rows_of(&self, row: &IndicatorRow) -> bool {
        self.notice.state == ReleaseState::Proposed
            && self.notice.indicators.get(&row.definition.code) == Some(&Rows::Locations)
    }
}

/// The reason for which a release was withdrawn.
fn withdrawal(links: &BTreeMap<u32, Link>, id: &ReleaseId) -> Option<String> {
    let mut of = links.values().filter(|link| link.release == *id);
    of.find(|link| link.act == ReleaseAct::Withdrawn)
        .and_then(|link| link.reason.clone())
}

impl Replica {
    /// Returns the releases that the hub announced, the newest first.
    pub(crate) fn release_notices(&mut self) -> Result<Vec<NoticeRow>, DocumentError> {
        let document = self.document(Owner::Hub, &first(DocKind::Releases))?;
        let notices = document.notices();
        let links = document.release_links();
        let adopted: BTreeMap<IndicatorCode, Adoption> = self
            .indicators()?
            .iter()
            .filter_map(|row| Some((row.definition.code.clone(), row.adopted()?.clone())))
            .collect();
        let mut rows: Vec<NoticeRow> = notices
            .into_iter()
            .map(|(id, notice)| {
                let of = notice.indicators.iter();
                let ours = of.filter_map(|(code, rows)| {
                    Some((code.clone(), Answer::to(*rows, adopted.get(code)?)))
                });
                NoticeRow {
                    ours: ours.collect(),
                    gone: withdrawal(&links, &id),
                    notice,
                    id,
                }
            })
            .collect();
        rows.sort_by(|one, other| {
            (other.notice.proposed, &other.id).cmp(&(one.notice.proposed, &one.id))
        });
        Ok(rows)
    }

    /// Returns the reason for which a release was withdrawn; `None` if it was not.
    pub(crate) fn release_gone(&mut self, id: &ReleaseId) -> Result<Option<String>, DocumentError> {
        let document = self.document(Owner::Hub, &first(DocKind::Releases))?;
        Ok(withdrawal(&document.release_links(), id))
    }

    /// Returns the number of links of the chain of releases.
    pub(crate) fn count_release_links(&mut self) -> Result<usize, DocumentError> {
        let document = self.document(Owner::Hub, &first(DocKind::Releases))?;
        Ok(document.release_links().len())
    }

    /// Returns the chain of releases, if it is whole and goes on from what was seen of it here.
    pub(crate) fn release_chain(
        &mut self,
    ) -> Result<Result<BTreeMap<u32, Link>, BrokenChain>, DocumentError> {
        let document = self.document(Owner::Hub, &first(DocKind::Releases))?;
        let links = document.release_links();
        let seen = self.links_seen()?;
        Ok(check_chain(&links, &seen).map(|()| links))
    }
}
