//! The check that a location's numbers are in a release: each once, as it stated them, and none
//! left out without a word. It needs the manifest, the chain, and what the hub sent this location
//! alone; no network.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
};

use serde::{Deserialize, Serialize};

use super::{
    Counted, Earlier, Fault, Heights, KeptRow, Manifest, ReleaseRow, Salt, SliceName, Tables,
    contribution,
};
use crate::{
    id::{IndicatorCode, LocationCode, LocationId, RosterHash},
    model::{
        indicator::Versions,
        number::Number,
        observation::{ObservationKey, Statement},
        profile::Place,
        release::{Link, ReleaseAct, ReleaseId},
    },
    period::{Date, PeriodRange},
};

/// The facts that the hub sends one location about a release: its salt, the state of its logs, and
/// its statements that were counted. No other location receives them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The release.
    pub release: ReleaseId,
    /// The location's code in it.
    pub code: LocationCode,
    /// The head of its roster when the release was frozen.
    pub roster: RosterHash,
    /// The heights of its logs then.
    pub heights: Heights,
    /// The salt of its contribution.
    pub salt: Salt,
    /// Its statements that were counted.
    pub counted: Vec<Counted>,
    /// Its released statements that were not, each with the reason.
    pub left_out: Vec<(ObservationKey, String)>,
    /// The rows of the release that are about it, as everybody reads them: its own, and the
    /// network's of its indicators. None if they are too many to be sent.
    pub rows: Option<Vec<ReleaseRow>>,
    /// The sums with numbers of it, of then or of now, that the release shows as an earlier one
    /// did.
    #[serde(default)]
    pub kept: Vec<KeptRow>,
}

/// Maximum bytes of a proof once it is inflated.
pub const PROOF_JSON_BYTES_MAX: u64 = 32 << 20;

impl Proof {
    /// The proof as it is stored and sent: JSON, compressed by Zstandard.
    pub fn pack(&self) -> Vec<u8> {
        let json = serde_json::to_vec(self).expect("a proof has only texts and numbers");
        zstd::encode_all(json.as_slice(), 9).expect("compressing into memory cannot fail")
    }

    /// Reads what [`pack`](Self::pack) made; `None` if it is something else, or longer than any.
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        let mut json = Vec::new();
        let inflated = zstd::Decoder::new(bytes).ok()?;
        inflated
            .take(PROOF_JSON_BYTES_MAX)
            .read_to_end(&mut json)
            .ok()?;
        serde_json::from_slice(&json).ok()
    }
}

/// The location's own knowledge.
#[derive(Clone, Debug)]
pub struct Own<'a> {
    /// Its id.
    pub location: LocationId,
    /// Its code, as it has it from the network: the code that the hub says is held against it.
    pub code: &'a LocationCode,
    /// The names and areas that the network ever gave each location, the latest last.
    pub places: &'a BTreeMap<LocationCode, Vec<Place>>,
    /// The first days of the periods in which the network ever said that the base of an indicator
    /// changed.
    pub base_changes: &'a BTreeMap<IndicatorCode, BTreeSet<Date>>,
    /// Heights of its logs that the hub had acknowledged before the day on which this computer
    /// first saw that the release was announced.
    pub acknowledged: &'a Heights,
    /// Its released statements about the release's indicators, at the heights of the proof.
    pub stated: &'a BTreeMap<ObservationKey, Statement>,
    /// The periods of the release; all if there are none.
    pub periods: Option<PeriodRange>,
    /// The indicators that the release has rows of locations of.
    pub by_location: &'a BTreeSet<IndicatorCode>,
    /// Its statements that the release owes: at the acknowledged heights it had released them and
    /// said yes, it took nothing back since, and no rule leaves them out.
    pub owed: &'a BTreeSet<ObservationKey>,
    /// The slices of which offices published figures about its areas.
    pub published: &'a BTreeSet<SliceName>,
    /// The versions of the definitions that it knows.
    pub versions: &'a BTreeMap<IndicatorCode, Versions>,
    /// The releases that went out before this one.
    pub earlier: &'a Earlier,
    /// The most that it said yes to, at the heights of the proof or later.
    pub agreed: &'a BTreeMap<IndicatorCode, Agreed>,
    /// Whether the release was announced for anybody to read without signing in.
    pub is_open: bool,
}

/// A yes to an indicator in releases. Without one there is none in [`Own::agreed`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Agreed {
    /// Whether the location may have a row with its name.
    pub rows: bool,
    /// Whether anybody may read it without signing in.
    pub open: bool,
}

impl Own<'_> {
    /// The versions of an indicator, if it is known.
    pub(super) fn versions_of(&self, indicator: &str) -> Option<&Versions> {
        let code: IndicatorCode = indicator.parse().ok()?;
        self.versions.get(&code)
    }

    /// Whether each figure of an indicator includes those of the periods before.
    pub(super) fn is_cumulative(&self, indicator: &str) -> bool {
        let versions = self.versions_of(indicator).into_iter();
        let mut settings = versions
            .flat_map(Versions::iter)
            .map(|(_, settings)| settings);
        settings.any(|one| one.over_time.is_some())
    }
}

/// Checks a release for one location. Returns every fault.
pub fn check(
    (text, links): (&str, &BTreeMap<u32, Link>),
    proof: &Proof,
    own: &Own<'_>,
) -> Vec<Fault> {
    let mut faults: Vec<Fault> = of_chain(text, (links, &proof.release)).collect();
    match Manifest::decode(text) {
        Err(_) => faults.push(Fault::OtherManifest),
        Ok(manifest) => faults.extend(of_manifest(&manifest, proof, own)),
    }
    faults.extend(of_heights(proof, own));
    faults.extend(of_statements(proof, own));
    faults.extend(of_answers(proof, own));
    faults.dedup();
    faults
}

/// The outcome for a location to which the hub sent no proof.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unproven {
    /// The manifest names it, so a proof must come.
    Named,
    /// Nothing of it is in the release, for this reason.
    Out(String),
    /// The release is not as it should be.
    Faults(Vec<Fault>),
}

/// Checks a release for a location to which the hub sent no proof: then nothing of it may be in
/// the release, and nothing of it may be missing.
pub fn check_unproven(
    (text, links): (&str, &BTreeMap<u32, Link>),
    release: &ReleaseId,
    tables: Option<&Tables>,
    own: &Own<'_>,
) -> Unproven {
    let mut faults: Vec<Fault> = of_chain(text, (links, release)).collect();
    let Ok(manifest) = Manifest::decode(text) else {
        faults.push(Fault::OtherManifest);
        faults.dedup();
        return Unproven::Faults(faults);
    };
    if (&manifest.dataset, manifest.release) != (&release.dataset, release.number) {
        faults.push(Fault::OtherRelease);
    }
    if faults.is_empty() && manifest.locations.iter().any(|one| one.id == own.location) {
        return Unproven::Named;
    }
    let why = manifest.left_out.get(own.code);
    if why.is_none() {
        faults.push(Fault::Unexplained);
    }
    faults.extend(own.owed.iter().map(|key| match why {
        Some(why) => Fault::Owed {
            key: key.clone(),
            why: why.clone(),
        },
        None => Fault::Omitted(key.clone()),
    }));
    faults.extend(of_codes(&manifest, own));
    if let Some(tables) = tables {
        faults.extend(tables.unproven(&BTreeSet::new(), own));
        faults.extend(tables.in_itself(own));
    }
    match (why, faults.is_empty()) {
        (Some(why), true) => Unproven::Out(why.clone()),
        _ => Unproven::Faults(faults),
    }
}

/// The fault of a release in the chain, if it has one.
fn of_chain(
    text: &str,
    (links, release): (&BTreeMap<u32, Link>, &ReleaseId),
) -> impl Iterator<Item = Fault> {
    let link = links
        .values()
        .find(|link| link.release == *release && link.act == ReleaseAct::Published);
    let fault = match link {
        None => Some(Fault::NotInChain),
        Some(link) if link.manifest != Manifest::hash(text) => Some(Fault::OtherManifest),
        Some(_) => None,
    };
    fault.into_iter()
}

fn of_manifest(manifest: &Manifest, proof: &Proof, own: &Own<'_>) -> Vec<Fault> {
    let is_other =
        (&manifest.dataset, manifest.release) != (&proof.release.dataset, proof.release.number);
    if is_other {
        return vec![Fault::OtherRelease];
    }
    let ours: Vec<_> = manifest
        .locations
        .iter()
        .filter(|one| one.id == own.location)
        .collect();
    let said = (proof.code != *own.code).then(|| Fault::OtherCode(proof.code.clone()));
    let mut faults: Vec<Fault> = said.into_iter().chain(of_codes(manifest, own)).collect();
    faults.extend(match ours.as_slice() {
        [] => vec![Fault::Missing],
        [one] => {
            let made = contribution(&proof.salt, &proof.roster, &proof.heights, &proof.counted);
            match one.contribution == made {
                true => Vec::new(),
                false => vec![Fault::OtherContribution],
            }
        }
        several => vec![Fault::Doubled(several.len())],
    });
    faults
}

/// The places of a manifest where our id has another code, or our code another id: rows of that
/// code would be held against the numbers of another location.
fn of_codes(manifest: &Manifest, own: &Own<'_>) -> impl Iterator<Item = Fault> {
    manifest.locations.iter().filter_map(|one| {
        match (one.id == own.location, one.code == *own.code) {
            (true, false) => Some(Fault::OtherCode(one.code.clone())),
            (false, true) => Some(Fault::CodeOfAnother(one.code.clone())),
            (true, true) | (false, false) => None,
        }
    })
}

fn of_heights(proof: &Proof, own: &Own<'_>) -> Vec<Fault> {
    let behind = own.acknowledged.iter().filter_map(|(dix, acknowledged)| {
        let counted = proof.heights.get(dix).copied().unwrap_or_default();
        (counted < *acknowledged).then_some(Fault::BackDated {
            dix: dix.0,
            acknowledged: *acknowledged,
            counted,
        })
    });
    behind.collect()
}

fn of_statements(proof: &Proof, own: &Own<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut known: BTreeSet<&ObservationKey> = BTreeSet::new();
    for one in &proof.counted {
        if !known.insert(&one.key) {
            faults.push(Fault::Twice(one.key.clone()));
        }
        let stated = own.stated.get(&one.key);
        let same = stated.is_some_and(|stated| {
            (
                stated.numerator,
                stated.denominator,
                stated.value,
                stated.definition,
            ) == (one.numerator, one.denominator, one.value, one.definition)
        });
        if !same {
            faults.push(Fault::Altered {
                key: one.key.clone(),
                counted: words(one),
                stated: stated.map_or_else(|| "nothing released".to_owned(), words_of),
            });
        }
    }
    for (key, why) in &proof.left_out {
        if own.owed.contains(key) && !known.contains(key) {
            faults.push(Fault::Owed {
                key: key.clone(),
                why: why.clone(),
            });
        }
    }
    known.extend(proof.left_out.iter().map(|(key, _)| key));
    let in_range = |key: &ObservationKey| {
        own.periods
            .is_none_or(|periods| periods.contains(key.period))
    };
    let omitted = own.stated.iter().filter(|(key, stated)| {
        in_range(key) && !known.contains(key) && !stated.status.is_without_figure()
    });
    faults.extend(omitted.map(|(key, _)| Fault::Omitted(key.clone())));
    faults
}

/// Holds the statements that were counted against those that the location said yes to.
fn of_answers(proof: &Proof, own: &Own<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut closed: BTreeSet<&IndicatorCode> = BTreeSet::new();
    for one in &proof.counted {
        let code = &one.key.indicator;
        match own.agreed.get(code) {
            None => faults.push(Fault::Unagreed(one.key.clone())),
            Some(agreed) if own.is_open && !agreed.open && closed.insert(code) => {
                faults.push(Fault::OpenUnagreed(code.clone()));
            }
            Some(_) => {}
        }
    }
    faults
}

fn words(one: &Counted) -> String {
    figure(one.numerator, one.denominator, one.value)
}

fn words_of(stated: &Statement) -> String {
    figure(stated.numerator, stated.denominator, stated.value)
}

fn figure(numerator: Option<Number>, denominator: Option<Number>, value: Option<Number>) -> String {
    match (numerator, denominator, value) {
        (Some(numerator), Some(denominator), _) => format!("{numerator} of {denominator}"),
        (Some(count), None, _) => count.to_string(),
        (None, _, Some(value)) => value.to_string(),
        (None, _, None) => "no figure".to_owned(),
    }
}

#[cfg(test)]
mod tests;
