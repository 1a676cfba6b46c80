//! A release as it would go out: its rows, its contributions, and what a reviewer must know.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use weft_host::random::random_bytes;
use weft_shared::{
    disclosure::{Before, Cell, CellKey, FRR3, Protected, Secret, protect},
    id::{IndicatorCode, LocationCode},
    model::{
        observation::{Breakdown, ObservationKey},
        release::ReleaseId,
        source::Source,
    },
    release::{Counted as Input, KeptRow, Manifest, Meaning, ROWS_MAX, ReleaseRow},
    rollup::{Level, Network},
    text::listed,
};
use weft_store::Transaction;

use super::{
    collect::{Collected, MadeOf, OFFICES, SliceOf, collect},
    consent::{Consents, Refusal},
    error::ReleaseError,
    files::Credit,
    kept::{self, Releases},
    known,
    plan::Plan,
    relations::{relations, tied},
    rows, since,
};
use crate::{
    app::Counted,
    store::{self, StoreError, releases},
};

/// A release as it would go out.
pub(super) struct Frozen {
    pub(super) network: Vec<ReleaseRow>,
    pub(super) locations: Vec<ReleaseRow>,
    pub(super) protected: Protected,
    pub(super) collected: Collected,
    pub(super) credits: BTreeSet<Credit>,
    /// The meaning of each indicator, by code and version.
    pub(super) meanings: Vec<Meaning>,
    pub(super) commitment: [u8; 32],
    /// The locations that are not in it, each with the reason.
    pub(super) left_out: BTreeMap<LocationCode, String>,
    /// The locations whose counts are shown.
    pub(super) contributors: BTreeSet<LocationCode>,
    /// The sums that are shown as an earlier release showed them.
    pub(super) kept: Vec<KeptSum>,
    /// The cells that an earlier release showed under another version of their definition.
    pub(super) reversioned: BTreeSet<String>,
    /// For a release that anybody may read: who has a row in it and did not agree to that.
    pub(super) not_open: BTreeMap<LocationCode, BTreeSet<IndicatorCode>>,
}

/// A sum that is shown again as it was, because too few joined or left.
pub(super) struct KeptSum {
    key: CellKey,
    /// Its row, and the earlier release.
    pub(super) kept: KeptRow,
    was_withdrawn: bool,
    /// The locations whose numbers of that time are in it.
    contributors: BTreeSet<LocationCode>,
}

impl KeptSum {
    /// The sum in words for the reviewer.
    pub(super) fn words(&self) -> String {
        let withdrawn = match self.was_withdrawn {
            true => ", which was withdrawn",
            false => "",
        };
        format!("{}: as in {}{withdrawn}", self.key, self.kept.release)
    }

    /// Whether numbers of a location are in it, or would be if it were made again.
    pub(super) fn concerns(&self, code: &LocationCode, counted: &[Input]) -> bool {
        let is_of = |key: &ObservationKey| {
            let of = (&key.indicator, key.period, &key.breakdown.folded());
            of == (
                &self.key.definition.code,
                self.key.period,
                self.key.breakdown(),
            )
        };
        self.contributors.contains(code) || counted.iter().any(|one| is_of(&one.key))
    }
}

impl Frozen {
    /// The hash of what a reviewer checks: its rows, the sums that are kept, and the locations that
    /// are left out.
    ///
    /// # Errors
    /// If they cannot be written.
    pub(super) fn rows_hash(&self) -> Result<String, ReleaseError> {
        let kept: Vec<String> = self.kept.iter().map(KeptSum::words).collect();
        let all = (&self.network, &self.locations, kept, &self.left_out);
        let bytes = serde_json::to_vec(&all).map_err(ReleaseError::format)?;
        Ok(Manifest::checksum(&bytes))
    }
}

/// Makes a release from its plan. It is a function of the entries up to the plan's moment, of what
/// locations agree to now, and of what was shown before.
///
/// # Errors
/// If the store fails, there is too much for one release, or the hub has no secret yet.
pub(super) fn freeze(
    now: &Counted<'_>,
    plan: &Plan,
    secret: &Secret,
) -> Result<Frozen, ReleaseError> {
    let then = now.as_of_answer(plan.at, plan.hub_seq)?;
    let consents = Consents::of(now.network());
    let mut collected = collect((&then, now), plan)?;
    let (before, releases) = kept::before(now.conn)?;
    let shown = before.published().map(|one| &one.cell.key.definition);
    let mut keys: BTreeSet<_> = shown.cloned().collect();
    keys.extend(collected.slices.iter().map(|slice| slice.definition.key()));
    let newest = plan.indicators.keys();
    let newest = newest.filter_map(|code| then.network().newest(code));
    keys.extend(newest.map(|definition| definition.key()));
    let own = plan.indicators.keys().collect();
    let own = tied(own, &[then.network(), now.network()]);
    let own = keys.iter().filter(|key| own.contains(&key.code));
    let settings = since::settings(own, then.network(), now.network());
    collected.changed.extend(settings);
    let cells: Vec<_> = collected
        .slices
        .iter()
        .filter_map(|slice| slice.cell())
        .collect();
    let known = known::known((&then, now), &keys)?;
    let relations = relations(&collected.slices, known, &before, then.network());
    let protected = protect(&FRR3, secret, &cells, &relations, &before);
    let (network, locations) = rows::rows(&collected.slices, &protected, &collected.unagreed);
    if network.len() + locations.len() > ROWS_MAX {
        return Err(ReleaseError::refused(format!(
            "the release would have {} rows, and {ROWS_MAX} is the most: name fewer indicators, or \
             fewer periods with --period",
            network.len() + locations.len()
        )));
    }
    let kept = kept_sums(&protected, &releases, &network);
    Ok(Frozen {
        credits: credits(&then, &collected),
        meanings: meanings(
            &collected.slices,
            network.iter().chain(&locations),
            then.network(),
        ),
        left_out: left_out(now, plan, &collected, &kept),
        kept,
        reversioned: reversioned(&cells, &before),
        not_open: not_open(plan, &protected, &collected.slices, &consents),
        contributors: contributors(&protected),
        network,
        locations,
        protected,
        collected,
        commitment: secret.commitment(),
    })
}

/// Makes the secret that rounds counts, if there is none yet.
///
/// # Errors
/// If the store fails.
pub(super) fn make_secret(tx: &Transaction<'_>) -> Result<(), StoreError> {
    match store::meta(tx, ROUND_SECRET)? {
        Some(_) => Ok(()),
        // Another secret would round the same counts in another way.
        None if releases::any_published(tx)? => Err(StoreError::Damaged("the rounding secret")),
        None => store::put_meta(tx, ROUND_SECRET, &random_bytes::<32>()),
    }
}

/// The secret that a proposal made.
///
/// # Errors
/// If the store fails or is damaged.
pub(super) fn secret(conn: &Connection) -> Result<Secret, StoreError> {
    let bytes = store::meta(conn, ROUND_SECRET)?.map(<[u8; 32]>::try_from);
    match bytes {
        Some(Ok(bytes)) => Ok(Secret::new(bytes)),
        Some(Err(_)) | None => Err(StoreError::Damaged("meta")),
    }
}

fn credits(then: &Counted<'_>, collected: &Collected) -> BTreeSet<Credit> {
    let sources = then.sources().into_values();
    let sources: Vec<Source> = sources.filter(Source::is_live).collect();
    let mut credits = BTreeSet::new();
    for slice in &collected.slices {
        let definition = &slice.definition;
        if let MadeOf::Published = slice.made_of {
            let of = sources
                .iter()
                .filter(|one| one.indicators.contains(&definition.code));
            credits.extend(of.map(|one| Credit {
                source: format!("{}: {}", definition.name, one.publisher),
                licence: one.licence.clone(),
            }));
        } else {
            let source = definition
                .source
                .as_deref()
                .unwrap_or("the locations of the network");
            credits.insert(Credit {
                source: format!("{}: {source}", definition.name),
                licence: definition.licence.clone().unwrap_or_default(),
            });
        }
    }
    credits
}

/// The sums that are kept, with the releases that they are kept from.
fn kept_sums(protected: &Protected, releases: &Releases, network: &[ReleaseRow]) -> Vec<KeptSum> {
    let kept = protected.kept.iter().filter_map(|one| {
        let (release, was_withdrawn) = releases.get(&one.release)?;
        let mut rows = protected.rows.iter();
        let row = rows.find(|row| row.key == one.key && row.level == Level::Network)?;
        let shown = network.iter().find(|row| is_of(row, &one.key))?;
        Some(KeptSum {
            key: one.key.clone(),
            kept: KeptRow {
                release: release.clone(),
                row: shown.clone(),
            },
            was_withdrawn: *was_withdrawn,
            contributors: row.contributors.codes().cloned().collect(),
        })
    });
    kept.collect()
}

/// Whether a row of the network is that of a cell.
fn is_of(row: &ReleaseRow, key: &CellKey) -> bool {
    let part = Breakdown::from_columns(&row.breakdown, &row.breakdown_value);
    row.indicator_code == key.definition.code.as_str()
        && row.definition_version == Some(key.definition.version)
        && row.period == key.period.to_string()
        && part.is_ok_and(|part| part.folded() == *key.breakdown())
}

/// Why each other location is not in it, the first reason that fits.
fn left_out(
    now: &Counted<'_>,
    plan: &Plan,
    collected: &Collected,
    kept: &[KeptSum],
) -> BTreeMap<LocationCode, String> {
    let expected = now.network().expected().map(|member| &member.code);
    let mut left_out: BTreeMap<LocationCode, String> = expected
        .map(|code| (code.clone(), reason(code, plan, collected).to_owned()))
        .collect();
    // A sum that stays as it was goes on telling numbers of those who left.
    let mut from: BTreeMap<&LocationCode, BTreeSet<&ReleaseId>> = BTreeMap::new();
    for sum in kept {
        for code in &sum.contributors {
            from.entry(code).or_default().insert(&sum.kept.release);
        }
    }
    for (code, releases) in from {
        let why = left_out.entry(code.clone());
        let why = why.or_insert_with(|| "it is not in the network any more".to_owned());
        let releases: Vec<_> = releases.into_iter().collect();
        let releases = listed(&releases, RELEASES_LISTED_MAX);
        why.push_str(&format!(
            "; sums that are kept as they were in {releases} have its numbers of then"
        ));
    }
    left_out.retain(|code, _| !collected.inputs.contains_key(code));
    left_out
}

fn reason(code: &LocationCode, plan: &Plan, collected: &Collected) -> &'static str {
    let apart = collected.apart.get(code);
    if let Some(unagreed) = collected.unagreed.get(code) {
        // A no is not told to everybody: it is the same as no answer.
        return match unagreed.values().all(|why| *why == Refusal::SumOnly) {
            true => Refusal::SumOnly.words(),
            false => Refusal::Silent.words(),
        };
    }
    let is_offices = |apart: &Vec<(_, String)>| apart.iter().all(|(_, why)| why == OFFICES);
    match apart {
        Some(apart) if is_offices(apart) => "an office published its figures, and those are in it",
        Some(_) => "none of its released figures could be counted",
        None if !plan.places.contains_key(code) => "it came after the release was proposed",
        None => "it has no released figures in it",
    }
}

/// The meaning of each version of which there are figures, by code and version.
fn meanings<'r>(
    slices: &[SliceOf],
    rows: impl Iterator<Item = &'r ReleaseRow>,
    network: &Network,
) -> Vec<Meaning> {
    let of_slice = |slice: &SliceOf| {
        let meaning = Meaning::of(&slice.definition, &slice.settings);
        (slice.definition.key(), meaning)
    };
    let mut used: BTreeMap<_, _> = slices.iter().map(of_slice).collect();
    let rows = rows.filter_map(|row| Some((&*row.indicator_code, row.definition_version?)));
    let shown: BTreeSet<_> = rows.collect();
    // Scores are never added, so a row of one may be of another version than its slice.
    for (code, version) in shown {
        let code = code.parse().ok();
        let Some(definition) = code.and_then(|code| network.version(&code, version)) else {
            continue;
        };
        let settings = network.settings(definition).cloned().unwrap_or_default();
        let meaning = Meaning::of(definition, &settings);
        used.entry(definition.key()).or_insert(meaning);
    }
    used.into_values().collect()
}

/// The cells that were shown before under another version: no rule compares the two, and together
/// they could tell a count.
fn reversioned(cells: &[Cell], before: &Before) -> BTreeSet<String> {
    let mut shown: BTreeMap<_, BTreeSet<u32>> = BTreeMap::new();
    for key in before.published().map(|one| &one.cell.key) {
        let of = shown.entry((&key.definition.code, key.period, key.breakdown()));
        of.or_default().insert(key.definition.version);
    }
    let is_other = |cell: &&Cell| {
        let key = &cell.key;
        let same = (&key.definition.code, key.period, key.breakdown());
        let mut versions = shown.get(&same).into_iter().flatten();
        versions.any(|version| *version != key.definition.version)
    };
    let cells = cells.iter().filter(is_other);
    cells
        .map(|cell| format!("{} {}", cell.key.definition.code, cell.key.period))
        .collect()
}

/// The locations whose counts are shown, those of sums that are kept as they were included.
fn contributors(protected: &Protected) -> BTreeSet<LocationCode> {
    let rows = protected.rows.iter();
    rows.flat_map(|row| row.contributors.codes().cloned())
        .collect()
}

fn not_open(
    plan: &Plan,
    protected: &Protected,
    slices: &[SliceOf],
    consents: &Consents<'_>,
) -> BTreeMap<LocationCode, BTreeSet<IndicatorCode>> {
    let mut not_open: BTreeMap<LocationCode, BTreeSet<IndicatorCode>> = BTreeMap::new();
    let mut note = |code: &LocationCode, indicator: &IndicatorCode| {
        if !consents.agrees_to_open(code, indicator) {
            let of = not_open.entry(code.clone()).or_default();
            of.insert(indicator.clone());
        }
    };
    for row in protected.rows.iter().filter(|_| plan.open) {
        let indicator = &row.key.definition.code;
        for code in row.contributors.codes() {
            note(code, indicator);
        }
    }
    for slice in slices.iter().filter(|_| plan.open) {
        if let MadeOf::Values(codes) = &slice.made_of {
            for code in codes {
                note(code, &slice.definition.code);
            }
        }
    }
    not_open
}

/// Maximum number of releases that a reason names.
const RELEASES_LISTED_MAX: usize = 5;
const ROUND_SECRET: &str = "round_secret";
