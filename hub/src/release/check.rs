//! The check of a proposal by a reviewer: what would go out, what would not, and what stops it.

use std::collections::BTreeSet;

use weft_host::clock;
use weft_shared::{
    disclosure::{CellKey, Reason},
    id::{IndicatorCode, LocationCode},
    model::{
        indicator::Protect,
        release::{ReleaseId, ReleaseState},
    },
    period::{Date, day_words},
    release::{ReleaseRow as Row, RowLine},
    rollup::Level,
    text::{counted, listed},
};

use super::{
    acts::{OPERATOR, ReleaseRow, plan},
    consent::{Consents, Refusal},
    error::ReleaseError,
    freeze::{self, Frozen, KeptSum, freeze},
    plan::Plan,
    shelf::Shelf,
};
use crate::{
    app::{AppHandle, Counted, OfLocations, Reading, Unrecorded},
    store::releases,
};

/// The facts that a reviewer must know of a release before it goes out.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The release.
    pub id: ReleaseId,
    /// The first day on which it may go out.
    pub due: Date,
    /// Number of rows.
    pub rows: usize,
    /// The first rows as they would go out, those of the network before those of locations: at most
    /// 500.
    pub first: Vec<RowLine>,
    /// The locations whose figures the reviewer reads of: shown, withheld, left out, changed, or in
    /// a sum that is kept as it was.
    read: BTreeSet<LocationCode>,
    /// The withheld rows, each with the rule. For the reviewer alone.
    pub withheld: Vec<(String, &'static str)>,
    /// Rows with a small count that earlier releases narrow to fewer values than they should. This
    /// release adds nothing to it.
    pub exposed: Vec<String>,
    /// The sums that are shown again as they were, each with its release.
    pub kept: Vec<String>,
    /// The answers of each location, a sentence each.
    pub consents: Vec<String>,
    /// The figures and locations that are not in it, in sentences.
    pub left_out: Vec<String>,
    /// The indicators whose small counts are not protected, with what they count.
    pub unprotected: Vec<String>,
    /// The inputs that changed since they were frozen, in sentences.
    pub changed: Vec<String>,
    /// Why it cannot go out now; empty if it can.
    pub stops: Vec<Stop>,
    /// Those of whom one must publish it in their own name, if it was checked without a name.
    pub publishers: Vec<String>,
    /// The hash of the rows as they would go out: who publishes says by it what they checked.
    pub rows_hash: String,
}

/// A reason why a release cannot go out now, with what to do about it in a shell and on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    why: String,
    command: String,
    page: String,
}

impl Stop {
    /// The reason as people at a page read it.
    pub fn page(&self) -> String {
        format!("{}{}", self.why, self.page)
    }
}

/// The reason as people in a shell read it.
impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.why, self.command)
    }
}

impl From<String> for Stop {
    fn from(why: String) -> Self {
        Self {
            why,
            command: String::new(),
            page: String::new(),
        }
    }
}

impl AppHandle {
    /// Works a proposal out as it would go out now, for a reviewer who would publish it. The ledger
    /// has a row for each location whose figures the reviewer sees.
    ///
    /// # Errors
    /// If there is none, or it is not a proposal any more.
    pub async fn check_release(
        &self,
        id: &ReleaseId,
        by: &str,
        reading: Reading,
    ) -> Result<Checked, ReleaseError> {
        let (id, by) = (id.clone(), by.to_owned());
        let checked = self.counted(move |at| Ok(check(at, &id, &by)));
        let checked = Unrecorded::new(checked.await??);
        Ok(self.shown(reading, checked).await?)
    }
}

impl OfLocations for Checked {
    fn locations(&self) -> BTreeSet<LocationCode> {
        self.read.clone()
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
    // A check without a name asks what stops the release, not who may publish it.
    let publishers = match by == OPERATOR && row.proposed_by != OPERATOR {
        true => publishers(&row, &at.nationals()?),
        false => Vec::new(),
    };
    let by = publishers.first().map_or(by, String::as_str);
    Ok(Checked {
        due: plan.due,
        rows: frozen.network.len() + frozen.locations.len(),
        first: frozen
            .network
            .iter()
            .chain(&frozen.locations)
            .take(FIRST_ROWS)
            .map(Row::line)
            .collect(),
        read: &frozen.collected.held | &frozen.contributors,
        withheld: frozen
            .protected
            .withheld
            .iter()
            .filter(|one| one.reason != Reason::Unnamed)
            .map(|one| (place(&one.key, &one.level), rule(one.reason)))
            .collect(),
        exposed: exposed(&frozen),
        kept: frozen.kept.iter().map(KeptSum::words).collect(),
        consents: consents(at, &plan, &frozen),
        left_out: left_out(&frozen),
        unprotected: unprotected(&frozen),
        changed: frozen.collected.changed.clone(),
        stops: stops(at, (&row, &plan), &frozen, by)?,
        rows_hash: frozen.rows_hash()?,
        publishers,
        id: row.id,
    })
}

fn exposed(frozen: &Frozen) -> Vec<String> {
    let exposed = frozen.protected.exposed.iter();
    let words = exposed.map(|one| place(&one.key, &one.level));
    words.collect::<BTreeSet<_>>().into_iter().collect()
}

/// A row by its figure and its location.
fn place(key: &CellKey, level: &Level) -> String {
    let whose = level.location().map_or("the network", LocationCode::as_str);
    format!("{key}, {whose}")
}

/// The indicators of the release to which each location said yes, and those of which it released
/// figures and that wait for its answer.
fn consents(at: &Counted<'_>, plan: &Plan, frozen: &Frozen) -> Vec<String> {
    let answers = Consents::of(at.network());
    let all = |codes: &[&IndicatorCode]| listed(codes, LISTED_MAX);
    let line = |code: &LocationCode| {
        let of = plan.indicators.iter();
        let yes = of.filter(|(indicator, rows)| answers.agrees(code, indicator, **rows));
        let yes: Vec<&IndicatorCode> = yes.map(|(indicator, _)| indicator).collect();
        let with = |refusal: Refusal| -> Vec<&IndicatorCode> {
            let unagreed = frozen.collected.unagreed.get(code).into_iter().flatten();
            let same = unagreed.filter(|(_, why)| **why == refusal);
            same.map(|(indicator, _)| indicator).collect()
        };
        let parts = [
            ("said yes to", yes),
            ("said yes to the sum alone of", with(Refusal::SumOnly)),
            ("said no to", with(Refusal::No)),
            ("is still to answer about", with(Refusal::Silent)),
        ];
        let said = parts.iter().filter(|(_, codes)| !codes.is_empty());
        let said: Vec<String> = said
            .map(|(verb, codes)| format!("{verb} {}", all(codes)))
            .collect();
        match said.is_empty() {
            true => format!("{code} said yes to nothing, and nothing waits for its answer"),
            false => format!("{code} {}", said.join(", and ")),
        }
    };
    let expected = at.network().expected();
    expected.map(|member| line(&member.code)).collect()
}

fn left_out(frozen: &Frozen) -> Vec<String> {
    let locations = frozen.left_out.iter();
    let mut lines: Vec<String> = locations
        .map(|(code, why)| {
            // The manifest, which analysts read, does not tell a no from silence.
            let refusals = frozen.collected.unagreed.get(code).into_iter().flatten();
            let refusals: BTreeSet<Refusal> = refusals.map(|(_, refusal)| *refusal).collect();
            let refusal = refusals.first().filter(|_| refusals.len() == 1);
            format!(
                "{code}: {}",
                refusal.map_or(why.as_str(), |one| one.words())
            )
        })
        .collect();
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

/// The refusal of a release whose inputs changed: a figure that its team took back or knows
/// to be wrong goes out with no one's word.
fn changed(row: &ReleaseRow, plan: &Plan, changed: &[String]) -> Option<Stop> {
    if changed.is_empty() {
        return None;
    }
    let ReleaseId { dataset, .. } = &row.id;
    let mut line = format!("weft-hub release propose {dataset}");
    if let Some(periods) = &plan.periods {
        line.push_str(&format!(" --period {periods}"));
    }
    if let Some(number) = plan.supersedes {
        line.push_str(&format!(" --supersedes {number}"));
    }
    if plan.open {
        line.push_str(" --open");
    }
    let count = counted(changed.len() as u64, "input", "inputs");
    let changed = listed(changed, LISTED_MAX);
    Some(Stop {
        why: format!(
            "{count} changed since it was proposed: {changed}. Drop it and propose it again"
        ),
        command: format!(": weft-hub release drop {}, then {line}", row.id),
        page: ": the button is at the end of this page".to_owned(),
    })
}

/// The people who may publish what a person proposed, if the operator must say which of them acts.
fn publishers(row: &ReleaseRow, people: &[String]) -> Vec<String> {
    if people.len() < 2 {
        return Vec::new();
    }
    let others = people.iter().filter(|name| **name != row.proposed_by);
    others.cloned().collect()
}

/// The refusal of a release for which one person alone would stand, though there are others. The
/// operator may be any of them.
fn alone(row: &ReleaseRow, by: &str, people: &[String]) -> Option<Stop> {
    let others = people
        .iter()
        .filter(|name| *name != by && **name != row.proposed_by);
    let others = listed(&others.collect::<Vec<_>>(), LISTED_MAX);
    let proposer = &row.proposed_by;
    let stands = match by == proposer {
        true => people.iter().any(|name| name != by),
        // The one person of the team and the operator may well be the same.
        false => people.len() > 1 && [by, proposer].contains(&OPERATOR),
    };
    if !stands {
        return None;
    }
    let (why, command, page) =
        if proposer == OPERATOR && people.len() > 1 {
            (
            "it was proposed without a name, so no one can tell whether a second person publishes \
             it. Drop it, and propose it again in your name"
                .to_owned(),
            format!(": weft-hub release drop {}, then propose it with --by NAME", row.id),
            " on the page of releases".to_owned(),
        )
        } else if by == OPERATOR {
            (
                format!("{proposer} proposed it, so somebody else publishes it in their name"),
                format!(", signed in or with --by NAME: {others}"),
                format!(": {others}"),
            )
        } else {
            (
                format!("{proposer} proposed it, so somebody else publishes it"),
                format!(", signed in or with --by NAME: {others}"),
                format!(": {others}, signed in with a passkey"),
            )
        };
    Some(Stop { why, command, page })
}

/// Why a release cannot go out now.
pub(super) fn stops(
    at: &Counted<'_>,
    (row, plan): (&ReleaseRow, &Plan),
    frozen: &Frozen,
    by: &str,
) -> Result<Vec<Stop>, ReleaseError> {
    let mut stops: Vec<String> = Vec::new();
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
             propose it again for readers of this hub alone",
            listed(&codes, LISTED_MAX)
        ));
    }
    for cell in &frozen.reversioned {
        stops.push(format!(
            "{cell} was released under another version of its definition: the two together could \
             tell a count. Propose it again with other periods"
        ));
    }
    let mut stops: Vec<Stop> = stops.into_iter().map(Stop::from).collect();
    stops.extend(changed(row, plan, &frozen.collected.changed));
    stops.extend(other_secret(at, frozen)?.map(Stop::from));
    let nationals = at.nationals()?;
    let is_person = |name: &str| {
        at.people()
            .map(|all| all.iter().any(|one| one.row.name == name))
    };
    if !nationals.iter().any(|name| name == by) && is_person(by)? {
        let stop = format!("{by} is not of the national team any more, so somebody else does it");
        stops.push(Stop::from(stop));
    }
    stops.extend(alone(row, by, &nationals));
    Ok(stops)
}

/// The refusal of a release that another secret rounds than the last one that went out: the same
/// counts would be shown in two ways, and the two together tell more than each.
fn other_secret(at: &Counted<'_>, frozen: &Frozen) -> Result<Option<String>, ReleaseError> {
    let shelf = Shelf::of(at.data_dir());
    let mut out = releases::all(at.conn)?;
    out.retain(|one| one.link.is_some());
    out.sort_by_key(|one| std::cmp::Reverse(one.link));
    let mut manifests = out
        .iter()
        .filter_map(|one| Some((one, shelf.manifest(one)?)));
    let commitment = data_encoding::HEXLOWER.encode(&frozen.commitment);
    let last = manifests.next();
    let other = last.filter(|(_, manifest)| manifest.secret_commitment != commitment);
    Ok(other.map(|(last, _)| {
        format!(
            "another secret rounds its counts than those of release {}, so the two together could \
             tell a count. This hub's data are not those that published it: bring them back from \
             the last backup",
            last.id
        )
    }))
}

/// Maximum number of items that a sentence names.
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

/// Number of rows that a reviewer sees.
const FIRST_ROWS: usize = 500;
