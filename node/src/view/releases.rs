//! Releases as the hub announced them, with this location's part in each.

use std::collections::BTreeMap;

use weft_shared::{
    id::IndicatorCode,
    model::{
        indicator::Rows,
        release::{BrokenChain, Link, Notice, ReleaseId, ReleaseState, check_chain},
        schema::DocKind,
    },
};

use super::first;
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
}

/// The answer of this location to an indicator in releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It said yes to these rows.
    Yes,
    /// It has not said yes: its figures stay out.
    No,
    /// It said yes to the network's sum, and the release has rows of locations: its figures stay
    /// out.
    SumOnly,
}

impl Answer {
    /// The answer to rows of some kind.
    pub(crate) fn to(rows: Rows, yes: Option<Rows>) -> Self {
        match (rows, yes) {
            (_, None) => Self::No,
            (Rows::Locations, Some(Rows::Network)) => Self::SumOnly,
            (Rows::Network | Rows::Locations, Some(_)) => Self::Yes,
        }
    }

    /// The answer in words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no yes yet, so our figures stay out",
            Self::SumOnly => "yes to the sum alone, so our figures stay out",
        }
    }
}

impl NoticeRow {
    /// Whether it waits for an answer of this location.
    pub(crate) fn waits(&self) -> bool {
        self.notice.state == ReleaseState::Proposed
            && self.ours.values().any(|answer| *answer != Answer::Yes)
    }
}

impl Replica {
    /// Returns the releases that the hub announced, the newest first.
    pub(crate) fn release_notices(&mut self) -> Result<Vec<NoticeRow>, DocumentError> {
        let document = self.document(Owner::Hub, &first(DocKind::Releases))?;
        let notices = document.notices();
        let adopted: BTreeMap<IndicatorCode, Option<Rows>> = self
            .indicators()?
            .iter()
            .filter_map(|row| Some((row.definition.code.clone(), row.adopted()?.releases)))
            .collect();
        let mut rows: Vec<NoticeRow> = notices
            .into_iter()
            .map(|(id, notice)| {
                let of = notice.indicators.iter();
                let ours = of.filter_map(|(code, rows)| {
                    Some((code.clone(), Answer::to(*rows, *adopted.get(code)?)))
                });
                NoticeRow {
                    ours: ours.collect(),
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

    /// Returns the chain of releases, if it is whole.
    pub(crate) fn release_chain(
        &mut self,
    ) -> Result<Result<BTreeMap<u32, Link>, BrokenChain>, DocumentError> {
        let document = self.document(Owner::Hub, &first(DocKind::Releases))?;
        let links = document.release_links();
        Ok(check_chain(&links, &BTreeMap::new()).map(|()| links))
    }
}
