//! The acts on a release: propose, check, publish, drop and withdraw.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::clock;
use weft_shared::{
    disclosure::Reason,
    id::{IndicatorCode, ManifestHash},
    model::{
        clean_text,
        indicator::Protect,
        release::{
            Dataset, Link, REASON_BYTES_MAX, ReleaseAct, ReleaseId, ReleaseNumber, ReleaseState,
        },
    },
    period::{Date, PeriodRange, day_words},
    text::listed,
    time::Timestamp,
};

use super::{
    error::ReleaseError,
    freeze::{self, Frozen, freeze},
    plan::Plan,
    propose::planned,
};
use crate::{
    access::roles::Role,
    app::{Announced, AppError, AppHandle, Counted, ReleaseEdit, Snapshot},
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

/// The facts that a reviewer must know of a release before it goes out.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The release.
    pub id: ReleaseId,
    /// The first day on which it may go out.
    pub due: Date,
    /// Number of rows.
    pub rows: usize,
    /// The withheld rows, each with the rule. For the reviewer alone.
    pub withheld: Vec<(String, &'static str)>,
    /// Rows with a small count that earlier releases narrow to fewer values than they should. This
    /// release adds nothing to it.
    pub exposed: Vec<String>,
    /// The figures and locations that are not in it, in sentences.
    pub left_out: Vec<String>,
    /// The indicators whose small counts are not protected, with what they count.
    pub unprotected: Vec<String>,
    /// Why it cannot go out now; empty if it can.
    pub stops: Vec<String>,
}

impl Snapshot<'_> {
    /// Returns all releases, by dataset and number.
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
    fn nationals(&self) -> Result<Vec<String>, ReleaseError> {
        let people = self.people()?.into_iter().map(|one| one.row);
        let may = people.filter(|row| row.is_in() && row.roles.has(Role::National));
        Ok(may.map(|row| row.name).collect())
    }

    fn release_row(&self, id: &ReleaseId) -> Result<ReleaseRow, ReleaseError> {
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
        let planned = self.counted(move |at| {
            let today = at.zone().day(now);
            let plan = planned(at, &new, now, today);
            Ok((plan.map(|plan| (new.dataset, plan)), today))
        });
        let (planned, today) = planned.await?;
        let (dataset, plan) = planned?;
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

    /// Works a proposal out as it would go out now, for a reviewer who would publish it.
    ///
    /// # Errors
    /// If there is none, or it is not a proposal any more.
    pub async fn check_release(&self, id: &ReleaseId, by: &str) -> Result<Checked, ReleaseError> {
        let (id, by) = (id.clone(), by.to_owned());
        let checked = self.counted(move |at| Ok(check(at, &id, &by)));
        checked.await?
    }

    /// Drops a proposal: it will not go out.
    ///
    /// # Errors
    /// If there is none, or it is not a proposal any more.
    pub async fn drop_release(&self, id: &ReleaseId) -> Result<(), ReleaseError> {
        let row = self.one_in(id, ReleaseState::Proposed, "dropped").await?;
        let (id, number) = (id.clone(), row.row);
        let decide = move |announced: &Announced| {
            let mut notice = announced.notices.get(&id).cloned().ok_or_else(gone)?;
            notice.state = ReleaseState::Dropped;
            Ok(ReleaseEdit {
                act: "release drop",
                id,
                by: OPERATOR.to_owned(),
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
    /// If there is none, it is not published, or there is no reason.
    pub async fn withdraw_release(&self, id: &ReleaseId, why: &str) -> Result<(), ReleaseError> {
        let why = clean_text(why);
        if why.is_empty() || why.len() > REASON_BYTES_MAX {
            return Err(ReleaseError::refused(format!(
                "the reason has 1 to {REASON_BYTES_MAX} bytes: readers of the address see it"
            )));
        }
        let row = self
            .one_in(id, ReleaseState::Published, "withdrawn")
            .await?;
        let (id, number, now) = (id.clone(), row.row, clock::now());
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
                by: OPERATOR.to_owned(),
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

fn check(at: &Counted<'_>, id: &ReleaseId, by: &str) -> Result<Checked, ReleaseError> {
    let row = at.release_row(id)?;
    if row.state != ReleaseState::Proposed {
        return Err(ReleaseError::State {
            id: row.id,
            state: row.state,
            act: "checked",
        });
    }
    let plan = plan(&row)?;
    let frozen = freeze(at, &plan, &freeze::secret(at.conn)?)?;
    Ok(Checked {
        due: plan.due,
        rows: frozen.network.len() + frozen.locations.len(),
        withheld: frozen
            .protected
            .withheld
            .iter()
            .filter(|one| one.reason != Reason::Unnamed)
            .map(|one| {
                (
                    format!("{} {}", one.key, one.level.as_str()),
                    rule(one.reason),
                )
            })
            .collect(),
        exposed: exposed(&frozen),
        left_out: left_out(&frozen),
        unprotected: unprotected(&frozen),
        stops: stops(at, (&row, &plan), &frozen, by)?,
        id: row.id,
    })
}

fn exposed(frozen: &Frozen) -> Vec<String> {
    let exposed = frozen.protected.exposed.iter();
    let words = exposed.map(|one| format!("{} {}", one.key, one.level.as_str()));
    words.collect::<BTreeSet<_>>().into_iter().collect()
}

fn left_out(frozen: &Frozen) -> Vec<String> {
    let locations = frozen.left_out.iter();
    let mut lines: Vec<String> = locations
        .map(|(code, why)| format!("{code}: {why}"))
        .collect();
    for (code, indicators) in &frozen.collected.unagreed {
        let codes: Vec<String> = indicators.iter().map(IndicatorCode::to_string).collect();
        let all = listed(&codes, LISTED_MAX);
        lines.push(format!("{code} has not said yes to {all} in a release"));
    }
    lines.extend(frozen.collected.left_out.iter().cloned());
    lines
}

fn unprotected(frozen: &Frozen) -> Vec<String> {
    let slices = frozen.collected.slices.iter();
    let cells = slices.filter_map(|slice| Some((slice.cell()?, &slice.definition)));
    let unprotected = cells.filter(|(cell, _)| cell.protect == Protect::None);
    let lines = unprotected.map(|(_, definition)| {
        format!(
            "{} counts {}, and small counts are shown",
            definition.code, definition.unit
        )
    });
    lines.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Why a release cannot go out now.
pub(super) fn stops(
    at: &Counted<'_>,
    (row, plan): (&ReleaseRow, &Plan),
    frozen: &Frozen,
    by: &str,
) -> Result<Vec<String>, ReleaseError> {
    let mut stops = Vec::new();
    let today = at.zone().day(clock::now());
    if today < plan.due {
        let due = day_words(plan.due);
        stops.push(format!(
            "teams have until {due} to say no: publish it on that day or later"
        ));
    }
    if frozen.network.is_empty() && frozen.locations.is_empty() {
        stops.push(
            "it has no rows: no location has released figures in it and said yes, and no office \
             published any"
                .to_owned(),
        );
    }
    for (code, indicators) in &frozen.not_open {
        let codes: Vec<String> = indicators.iter().map(IndicatorCode::to_string).collect();
        stops.push(format!(
            "{code} did not agree that anybody may read {} without signing in: ask the team, or \
             propose it without --open",
            listed(&codes, LISTED_MAX)
        ));
    }
    for cell in &frozen.reversioned {
        stops.push(format!(
            "{cell} was released under another version of its definition: the two together could \
             tell a count. Leave the period out with --period"
        ));
    }
    let others = at.nationals()?.into_iter().filter(|name| name != by);
    let others: Vec<String> = others.collect();
    if by == row.proposed_by && !others.is_empty() {
        stops.push(format!(
            "{by} proposed it, so somebody else publishes it, with --by NAME: {}",
            listed(&others, LISTED_MAX)
        ));
    }
    Ok(stops)
}

/// The operator, at the hub's own computer.
pub(super) const OPERATOR: &str = "operator";
const LISTED_MAX: usize = 12;

/// The rule that withheld a row, in words for the reviewer.
const fn rule(reason: Reason) -> &'static str {
    match reason {
        Reason::Unnamed => "the release has the sum alone",
        Reason::RowsChanged => "its rows were others in an earlier release",
        Reason::Contributors => "too few locations contribute, or one contributes too much",
        Reason::NotCounts => "it is not made of whole counts",
        Reason::Numerator => "a small count",
        Reason::Complement => "a small rest of the denominator",
        Reason::Denominator => "a small denominator",
        Reason::Mean => "a mean of too few people",
        Reason::PartOf => "nearly all of a count that includes it",
        Reason::Audit => "without it, a withheld count would have fewer than five candidates",
    }
}
