//! Releases as the hub announced them, with this location's part in each.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use weft_shared::{
    id::IndicatorCode,
    model::{
        indicator::Rows,
        profile::Adoption,
        release::{BrokenChain, Link, Notice, ReleaseAct, ReleaseId, ReleaseState, check_chain},
        schema::{Container, DocKind},
    },
    text::{counted, listed},
};

use super::{IndicatorRow, Whose, first};
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

/// A release that was announced.
#[derive(Clone, Debug)]
pub(crate) struct NoticeRow {
    pub(crate) id: ReleaseId,
    pub(crate) notice: Notice,
    /// This location's indicators in it, each with its answer of today, while that can still reach
    /// it; empty afterwards.
    pub(crate) answers: BTreeMap<IndicatorCode, Standing>,
    /// The reason for its withdrawal.
    pub(crate) gone: Option<String>,
}

/// The answer of this location to an indicator in releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It said yes to these rows.
    Yes,
    /// It has not answered: what it states now stays out.
    Silent,
    /// It said no: what it states now stays out.
    No,
    /// It said yes to the network's sum, and the release has rows of locations: its figures stay
    /// out.
    SumOnly,
    /// It said yes to these rows, and not that anybody may read them: the release waits for that.
    NotOpen,
}

/// An answer, and whether the hub may not have it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) answer: Answer,
    pub(crate) waits: bool,
    /// Whether an earlier release counted figures of ours, so that a sum of it may be shown again.
    pub(crate) was_out: bool,
}

/// The part of this location's values of an indicator in a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// It is announced, and this answer stands.
    Announced(Standing),
    /// It went out.
    Out(OutOf),
    /// It went out, and the hub has sent no proof that values of ours are in it.
    Unproven,
    /// It was announced, and never went out.
    Dropped,
}

/// This location's values in a release that went out.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct OutOf {
    /// Number of values that were counted.
    pub(crate) counted: u64,
    /// Number of those that were not.
    pub(crate) left_out: u64,
    /// The reasons for that.
    pub(crate) why: BTreeSet<String>,
    /// The earlier releases that sums are kept from as they were.
    pub(crate) kept: BTreeSet<ReleaseId>,
}

impl Answer {
    /// The answer to rows of some kind, of a release that anybody may read or not.
    pub(crate) fn to((rows, open): (Rows, bool), adoption: &Adoption) -> Self {
        match (rows, adoption.releases) {
            (_, None) if adoption.said_no() => Self::No,
            (_, None) => Self::Silent,
            (Rows::Locations, Some(Rows::Network)) => Self::SumOnly,
            (Rows::Network | Rows::Locations, Some(_)) if open && adoption.open != Some(true) => {
                Self::NotOpen
            }
            (Rows::Network | Rows::Locations, Some(_)) => Self::Yes,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Silent => "no answer yet",
            Self::No => "no",
            Self::SumOnly => "yes to the sum alone",
            Self::NotOpen => "yes, but not for anybody to read",
        }
    }

    /// The consequence of the answer, after a comma, for a location with figures in an earlier
    /// release or not.
    const fn so(self, was_out: bool) -> &'static str {
        match self {
            Self::Yes => "",
            Self::Silent | Self::No | Self::SumOnly if was_out => KEPT,
            Self::Silent | Self::No | Self::SumOnly => ", so your figures stay out",
            Self::NotOpen => ", so the release cannot go out",
        }
    }
}

impl Standing {
    /// The answer in words.
    pub(crate) fn words(self) -> String {
        let (word, so) = (self.answer.word(), self.answer.so(self.was_out));
        match self.waits && self.answer != Answer::Silent {
            // The hub may still have another answer, so this one has no consequence yet.
            true => format!("{word}{WAITS}"),
            false => format!("{word}{so}"),
        }
    }
}

/// The consequence of a no after an earlier yes: a sum that too few left stays as it was.
const KEPT: &str = ", so what you state now stays out; a sum of an earlier release may be shown \
                    again, with your figures of then in it";
/// The words after an answer that the hub may not have.
pub(crate) const WAITS: &str = ", which waits on this computer and holds once the hub has it";

impl Part {
    /// The part in words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Announced(standing) => standing.words(),
            Self::Out(of) => of.words(),
            Self::Unproven => {
                "the hub has sent no proof that values of yours are counted in it".to_owned()
            }
            Self::Dropped => "it did not go out".to_owned(),
        }
    }
}

impl OutOf {
    /// It in words.
    fn words(&self) -> String {
        let out = match (self.counted, self.left_out) {
            (0, _) => match (self.why.first(), self.why.len()) {
                (Some(why), 1) => format!("none of your values are counted in it: {why}"),
                _ => "none of your values are counted in it".to_owned(),
            },
            (some, not) => {
                let out = counted(some, "value of yours is", "values of yours are");
                match not {
                    0 => format!("{out} counted in it"),
                    some => format!("{out} counted in it, and {some} not"),
                }
            }
        };
        match self.kept.iter().collect::<Vec<_>>().as_slice() {
            [] => out,
            from => {
                let from = listed(from, KEPT_LISTED_MAX);
                format!("{out}; it has sums as they were in {from}")
            }
        }
    }
}

/// Maximum number of earlier releases that a list names.
const KEPT_LISTED_MAX: usize = 3;

impl NoticeRow {
    pub(crate) fn is_announced(&self) -> bool {
        self.notice.state == ReleaseState::Proposed
    }

    /// Whether it waits for an answer of this location.
    pub(crate) fn waits(&self) -> bool {
        let mut answers = self.answers.values().map(|one| one.answer);
        answers.any(|answer| !matches!(answer, Answer::Yes | Answer::No))
    }

    /// Whether figures of this location may go out with it: the announcement is the chance to say
    /// no.
    pub(crate) fn takes_ours(&self) -> bool {
        let mut answers = self.answers.values();
        answers.any(|one| one.answer == Answer::Yes)
    }

    /// The answers in words, each with its indicator's code.
    pub(crate) fn answer_words(&self) -> String {
        let answers = self.answers.iter();
        let answers = answers.map(|(code, answer)| format!("{code}: {}", answer.words()));
        answers.collect::<Vec<_>>().join("; ")
    }
}

/// The reason for which a release was withdrawn.
fn withdrawal(links: &BTreeMap<u32, Link>, id: &ReleaseId) -> Option<String> {
    let mut of = links.values().filter(|link| link.release == *id);
    of.find(|link| link.act == ReleaseAct::Withdrawn)
        .and_then(|link| link.reason.clone())
}

/// The link with which a release went out.
fn publication<'a>(links: &'a BTreeMap<u32, Link>, id: &ReleaseId) -> Option<&'a Link> {
    let mut of = links.values().filter(|link| link.release == *id);
    of.find(|link| link.act == ReleaseAct::Published)
}

impl Replica {
    /// Returns the releases that the hub announced: those that are still to come, then the others,
    /// each the newest first.
    pub(crate) fn release_notices(&mut self) -> Result<Vec<NoticeRow>, DocumentError> {
        let document = self.document(Owner::Hub, &first(DocKind::Releases))?;
        let notices = document.notices();
        let links = document.release_links();
        let adopted: BTreeMap<IndicatorCode, Adoption> = self
            .indicators()?
            .iter()
            .filter_map(|row| Some((row.definition.code.clone(), row.adopted()?.clone())))
            .collect();
        let waiting = self.waiting_in(Container::Adoptions)?;
        let mut announced = notices.values();
        let was_out = match announced.any(|one| one.state == ReleaseState::Proposed) {
            true => self.counted_ever(&links)?,
            false => BTreeSet::new(),
        };
        let standing = |notice: &Notice, code: &IndicatorCode| {
            let asked = (*notice.indicators.get(code)?, notice.open);
            Some(Standing {
                answer: Answer::to(asked, adopted.get(code)?),
                waits: waiting.contains(code.as_str()),
                was_out: was_out.contains(code),
            })
        };
        let mut rows: Vec<NoticeRow> = notices
            .into_iter()
            .map(|(id, notice)| {
                let reached = notice.indicators.keys();
                let reached = reached.filter(|_| notice.state == ReleaseState::Proposed);
                let answers =
                    reached.filter_map(|code| Some((code.clone(), standing(&notice, code)?)));
                NoticeRow {
                    answers: answers.collect(),
                    gone: withdrawal(&links, &id),
                    notice,
                    id,
                }
            })
            .collect();
        rows.sort_by_cached_key(|row| {
            let out = publication(&links, &row.id).map(|link| link.at);
            let order = (row.id.number, row.id.clone());
            (
                !row.is_announced(),
                Reverse((row.notice.proposed, out, order)),
            )
        });
        Ok(rows)
    }

    /// The indicators of which a release counted figures of ours.
    fn counted_ever(
        &self,
        links: &BTreeMap<u32, Link>,
    ) -> Result<BTreeSet<IndicatorCode>, DocumentError> {
        let mut codes = BTreeSet::new();
        let out = links
            .values()
            .filter(|link| link.act == ReleaseAct::Published);
        for link in out {
            let proof = self.release_proof(&link.release)?;
            let counted = proof.into_iter().flat_map(|proof| proof.counted);
            codes.extend(counted.map(|one| one.key.indicator));
        }
        Ok(codes)
    }

    /// Returns the part of this location in a release, by indicator: what may go out while it is
    /// announced, and what went out afterwards, by the proof that the hub sent.
    pub(crate) fn release_parts(
        &mut self,
        row: &NoticeRow,
    ) -> Result<BTreeMap<IndicatorCode, Part>, DocumentError> {
        let announced = row.answers.iter();
        let announced = announced.map(|(code, one)| (code.clone(), Part::Announced(*one)));
        if row.is_announced() {
            return Ok(announced.collect());
        }
        let adopted = self.indicators()?.into_iter().filter(|one| {
            let is_in_it = row.notice.indicators.contains_key(&one.definition.code);
            is_in_it && one.adopted().is_some()
        });
        let codes = adopted.map(|one| one.definition.code);
        if row.notice.state == ReleaseState::Dropped {
            return Ok(codes.map(|code| (code, Part::Dropped)).collect());
        }
        let Some(proof) = self.release_proof(&row.id)? else {
            return Ok(codes.map(|code| (code, Part::Unproven)).collect());
        };
        let mut parts: BTreeMap<IndicatorCode, OutOf> =
            codes.map(|code| (code, OutOf::default())).collect();
        for one in proof.counted {
            parts.entry(one.key.indicator).or_default().counted += 1;
        }
        for (key, why) in proof.left_out {
            let part = parts.entry(key.indicator).or_default();
            part.left_out += 1;
            part.why.insert(why);
        }
        for sum in proof.kept {
            if let Ok(code) = sum.row.indicator_code.parse() {
                parts.entry(code).or_default().kept.insert(sum.release);
            }
        }
        let out = parts.into_iter().map(|(code, of)| (code, Part::Out(of)));
        Ok(out.collect())
    }

    /// Returns the network's indicators about which this location answered, each with its adoption
    /// and whether the answer may not be at the hub yet.
    pub(crate) fn release_answers(
        &mut self,
    ) -> Result<Vec<(IndicatorRow, Adoption, bool)>, DocumentError> {
        let waiting = self.waiting_in(Container::Adoptions)?;
        let rows = self.indicators()?.into_iter();
        let answers = rows.filter_map(|row| {
            let adoption = row.adopted().filter(|_| row.whose == Whose::Network);
            let answered = adoption.filter(|one| one.releases.is_some() || one.said_no());
            let adoption = answered?.clone();
            let waits = waiting.contains(row.definition.code.as_str());
            Some((row, adoption, waits))
        });
        Ok(answers.collect())
    }

    /// Returns the withdrawn release of which the list of changes of another repeats figures: the
    /// hub gives that list to no one any more.
    pub(crate) fn release_repeats(
        &mut self,
        id: &ReleaseId,
    ) -> Result<Option<ReleaseId>, DocumentError> {
        let document = self.document(Owner::Hub, &first(DocKind::Releases))?;
        let (links, notices) = (document.release_links(), document.notices());
        let is_open = |id: &ReleaseId| notices.get(id).is_some_and(|notice| notice.open);
        let Some(own) = publication(&links, id) else {
            return Ok(None);
        };
        let withdrawn = |id: &ReleaseId| {
            let mut of = links.values().filter(|link| link.release == *id);
            of.find(|link| link.act == ReleaseAct::Withdrawn)
                .map(|link| link.n)
        };
        // The list names what changed since the last release that stood then, for the same readers.
        let before = links.values().rev().find(|link| {
            link.n < own.n
                && link.act == ReleaseAct::Published
                && link.release.dataset == id.dataset
                && (!is_open(id) || is_open(&link.release))
                && withdrawn(&link.release).is_none_or(|n| n > own.n)
        });
        let before = before.map(|link| link.release.clone());
        Ok(before.filter(|before| withdrawn(before).is_some()))
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
