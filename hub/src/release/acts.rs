//! The acts on a release: propose, drop and withdraw.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::clock;
use weft_shared::{
    id::{IndicatorCode, ManifestHash},
    model::{
        clean_text,
        release::{
            Dataset, Link, REASON_BYTES_MAX, REASON_CHARS_MIN, ReleaseAct, ReleaseId,
            ReleaseNumber, ReleaseState,
        },
    },
    period::{Date, PeriodRange},
    text::{counted, listed},
    time::Timestamp,
};

use super::{error::ReleaseError, freeze, plan::Plan, propose::planned};
use crate::{
    access::roles::Role,
    app::{Announced, AppError, AppHandle, ReleaseEdit, Snapshot},
    store::{StoreError, releases},
};

pub use crate::store::releases::ReleaseRow;

/// A release as somebody asks for it.
#[derive(Clone, Debug)]
pub struct NewRelease {
    /// The dataset.
    pub dataset: Dataset,
    /// Its title; that of the dataset's last release if none is given.
    pub title: Option<String>,
    /// Its indicators; those of the dataset's last release if none are given.
    pub indicators: BTreeSet<IndicatorCode>,
    /// Its periods; all if none are given.
    pub periods: Option<PeriodRange>,
    /// The days that teams have before it may go out.
    pub notice_days: u16,
    /// Whether anybody may read it without signing in.
    pub open: bool,
    /// The release that it corrects.
    pub supersedes: Option<ReleaseNumber>,
}

/// A proposal that was made.
#[derive(Clone, Debug)]
pub struct Proposed {
    /// Its number.
    pub id: ReleaseId,
    /// The first day on which it may go out.
    pub due: Date,
}

/// A release as a list shows it.
#[derive(Clone, Debug)]
pub struct ReleaseView {
    /// The release.
    pub row: ReleaseRow,
    /// The dataset's title.
    pub title: String,
    /// The days of notice that teams have, or had.
    pub notice_days: u16,
    /// The first day on which it may go out, or might have.
    pub due: Date,
    /// Whether anybody may read it without signing in.
    pub open: bool,
    /// Its indicators.
    pub indicators: Vec<IndicatorCode>,
    /// The release that it corrects.
    pub supersedes: Option<ReleaseNumber>,
}

impl ReleaseView {
    /// Returns the one of `all` that stands and corrects this one.
    pub(crate) fn corrected_by<'a>(&self, all: &'a [Self]) -> Option<&'a ReleaseId> {
        let standing = all.iter().filter(|one| {
            one.row.state == ReleaseState::Published
                && one.row.id.dataset == self.row.id.dataset
                && one.supersedes == Some(self.row.id.number)
        });
        standing.map(|one| &one.row.id).next_back()
    }
}

impl Snapshot<'_> {
    /// Returns all releases by dataset: those that went out in the order of the chain, then the
    /// others in the order of their proposals.
    ///
    /// # Errors
    /// If the store fails.
    pub fn releases(&self) -> Result<Vec<ReleaseView>, ReleaseError> {
        let rows = releases::all(self.conn)?;
        rows.into_iter().map(view).collect()
    }

    /// Returns one release.
    ///
    /// # Errors
    /// If there is none, or the store fails.
    pub fn release(&self, id: &ReleaseId) -> Result<ReleaseView, ReleaseError> {
        view(self.release_row(id)?)
    }

    /// Whether a release that went out corrects this one.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn is_corrected(&self, id: &ReleaseId) -> Result<bool, ReleaseError> {
        let all = self.releases()?;
        let out = all.iter().filter(|one| one.row.link.is_some());
        let mut of = out.filter(|one| one.row.id.dataset == id.dataset);
        Ok(of.any(|one| one.supersedes == Some(id.number)))
    }

    /// Returns the name of who acts on a release: the operator if no one is named, else a person of
    /// the national team.
    ///
    /// # Errors
    /// If there is no such person, or they may not sign in.
    pub fn actor(&self, name: Option<&str>) -> Result<String, ReleaseError> {
        let Some(name) = name else {
            return Ok(OPERATOR.to_owned());
        };
        let known = self.nationals()?;
        let found = known
            .iter()
            .find(|one| one.eq_ignore_ascii_case(name.trim()));
        found.cloned().ok_or_else(|| {
            ReleaseError::refused(match known.is_empty() {
                true => "the hub has no people of the national team yet; leave --by out".to_owned(),
                false => format!(
                    "{name} is not a person of the national team who may sign in; these are: {}",
                    listed(&known, LISTED_MAX)
                ),
            })
        })
    }

    /// The names of those people of the national team who may sign in.
    pub(super) fn nationals(&self) -> Result<Vec<String>, ReleaseError> {
        let people = self.people()?.into_iter().map(|one| one.row);
        let may = people.filter(|row| row.is_in() && row.roles.has(Role::National));
        Ok(may.map(|row| row.name).collect())
    }

    pub(super) fn release_row(&self, id: &ReleaseId) -> Result<ReleaseRow, ReleaseError> {
        let found = releases::one(self.conn, id)?;
        found.ok_or_else(|| ReleaseError::Unknown(id.clone()))
    }
}

fn view(row: ReleaseRow) -> Result<ReleaseView, ReleaseError> {
    let plan = plan(&row)?;
    Ok(ReleaseView {
        title: plan.title,
        notice_days: plan.notice_days,
        due: plan.due,
        open: plan.open,
        supersedes: plan.supersedes,
        indicators: plan.indicators.into_keys().collect(),
        row,
    })
}

pub(super) fn plan(row: &ReleaseRow) -> Result<Plan, StoreError> {
    serde_json::from_str(&row.plan).map_err(|_| StoreError::Damaged("releases"))
}

impl AppHandle {
    /// Proposes a release. Its inputs are frozen now, and every node receives the notice.
    ///
    /// # Errors
    /// Returns all that is wrong with it.
    pub async fn propose_release(
        &self,
        new: NewRelease,
        by: &str,
    ) -> Result<Proposed, ReleaseError> {
        let now = clock::now();
        let proposer = by.to_owned();
        let planned = self.counted(move |at| {
            let today = at.zone().day(now);
            let plan = named(&proposer, at).and_then(|()| planned(at, &new, now, today));
            Ok((plan.map(|plan| (new.dataset, plan)), today))
        });
        let (planned, today) = planned.await?;
        let (dataset, mut plan) = planned?;
        plan.is_signed = self.is_signed();
        let by = by.to_owned();
        let due = plan.due;
        let text = serde_json::to_string(&plan).map_err(ReleaseError::format)?;
        let decide = move |announced: &Announced| {
            let of_year = announced
                .notices
                .keys()
                .filter(|id| id.dataset == dataset && id.number.year == today.year());
            let last = of_year.map(|id| id.number.n).max().unwrap_or_default();
            let id = ReleaseId {
                dataset,
                number: ReleaseNumber {
                    year: today.year(),
                    n: last.saturating_add(1),
                },
            };
            let row = id.clone();
            Ok(ReleaseEdit {
                act: "release propose",
                id: id.clone(),
                by: by.clone(),
                notice: plan.notice(today, ReleaseState::Proposed),
                link: None,
                beside: Box::new(move |tx, _| {
                    freeze::make_secret(tx)?;
                    Ok(releases::propose(tx, &row, &text, (now, &by))?)
                }),
                answer: Proposed { id, due },
            })
        };
        Ok(self.edit_releases(decide).await?)
    }

    /// Drops a proposal: it will not go out.
    ///
    /// # Errors
    /// If there is none, or it is not a proposal any more.
    pub async fn drop_release(&self, id: &ReleaseId, by: &str) -> Result<(), ReleaseError> {
        let row = self.one_in(id, ReleaseState::Proposed, "dropped").await?;
        let (id, number, by) = (id.clone(), row.row, by.to_owned());
        let decide = move |announced: &Announced| {
            let mut notice = announced.notices.get(&id).cloned().ok_or_else(gone)?;
            notice.state = ReleaseState::Dropped;
            Ok(ReleaseEdit {
                act: "release drop",
                id,
                by,
                notice,
                link: None,
                beside: Box::new(move |tx, _| stood(releases::drop_proposal(tx, number)?)),
                answer: (),
            })
        };
        Ok(self.edit_releases(decide).await?)
    }

    /// Withdraws a release: its address answers with the reason from now on. Those who have its
    /// files keep them.
    ///
    /// # Errors
    /// If there is none, it is not published, or the reason is no sentence.
    pub async fn withdraw_release(
        &self,
        id: &ReleaseId,
        why: &str,
        by: &str,
    ) -> Result<(), ReleaseError> {
        let why = clean_text(why);
        let found = why.chars().count();
        if found < REASON_CHARS_MIN || why.len() > REASON_BYTES_MAX {
            return Err(ReleaseError::refused(format!(
                "the reason has {}, and needs at least {REASON_CHARS_MIN}, and at most \
                 {REASON_BYTES_MAX} bytes: readers of the address see it, so say in a sentence \
                 what was wrong. Nothing was withdrawn",
                counted(found as u64, "character", "characters")
            )));
        }
        let row = self
            .one_in(id, ReleaseState::Published, "withdrawn")
            .await?;
        let (id, number, now, by) = (id.clone(), row.row, clock::now(), by.to_owned());
        let manifest = row.manifest.ok_or(StoreError::Damaged("releases"))?;
        let decide = move |announced: &Announced| {
            let mut notice = announced.notices.get(&id).cloned().ok_or_else(gone)?;
            notice.state = ReleaseState::Withdrawn;
            let link = Link {
                act: ReleaseAct::Withdrawn,
                reason: Some(why.clone()),
                ..next_link(&announced.links, (&id, manifest, now))
            };
            Ok(ReleaseEdit {
                act: "release withdraw",
                id,
                by,
                notice,
                link: Some(link),
                beside: Box::new(move |tx, _| stood(releases::withdraw(tx, number, (now, &why))?)),
                answer: (),
            })
        };
        Ok(self.edit_releases(decide).await?)
    }

    /// Returns a release that is in some state.
    pub(super) async fn one_in(
        &self,
        id: &ReleaseId,
        state: ReleaseState,
        act: &'static str,
    ) -> Result<ReleaseRow, ReleaseError> {
        let id = id.clone();
        let found = self.read(move |at| Ok(at.release_row(&id)));
        let row = found.await??;
        match row.state == state {
            true => Ok(row),
            false => Err(ReleaseError::State {
                id: row.id,
                state: row.state,
                act,
            }),
        }
    }
}

/// Refuses a proposal without a name if the national team has two people: no one could tell
/// afterwards whether a second person published it, so it could never go out.
fn named(by: &str, at: &Snapshot<'_>) -> Result<(), ReleaseError> {
    let people = at.nationals()?;
    if by != OPERATOR || people.len() < 2 {
        return Ok(());
    }
    Err(ReleaseError::refused(format!(
        "the national team has more than one person, so say who proposes it: --by NAME, one of {}. \
         Another of them publishes it",
        listed(&people, LISTED_MAX)
    )))
}

/// The link that goes on from the last one.
pub(super) fn next_link(
    links: &BTreeMap<u32, Link>,
    (id, manifest, at): (&ReleaseId, ManifestHash, Timestamp),
) -> Link {
    let last = links.values().next_back();
    Link {
        n: last.map_or(1, |last| last.n + 1),
        act: ReleaseAct::Published,
        release: id.clone(),
        at,
        manifest,
        before: last.map(Link::hash),
        supersedes: None,
        reason: None,
    }
}

pub(super) fn gone() -> AppError {
    AppError::Own("its notice is not in the document of releases".to_owned())
}

/// Refuses an act on a release whose state changed meanwhile.
pub(super) fn stood(changed: bool) -> Result<(), AppError> {
    match changed {
        true => Ok(()),
        false => Err(AppError::Own("somebody else has just done it".to_owned())),
    }
}

/// The operator, at the hub's own computer.
pub(crate) const OPERATOR: &str = "operator";
const LISTED_MAX: usize = 12;
