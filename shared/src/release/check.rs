//! The check that a location's numbers are in a release: each once, as it stated them, and none
//! left out without a word. It needs the manifest, the chain, and what the hub sent this location
//! alone; no network.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
};

use serde::{Deserialize, Serialize};

use super::{
    Counted, Earlier, Heights, Manifest, ReleaseRow, RowName, Salt, SliceName, Tables, contribution,
};
use crate::{
    id::{IndicatorCode, LocationCode, LocationId, RosterHash},
    model::{
        indicator::Versions,
        number::Number,
        observation::{ObservationKey, Statement},
        release::{Link, ReleaseAct, ReleaseId},
    },
    period::PeriodRange,
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

/// A fault of a release, as one location sees it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// The chain does not name the release.
    #[error("the chain of releases does not name it")]
    NotInChain,
    /// The hub's announcements do not have the release.
    #[error("the hub announced no such release, or took the announcement back")]
    Unannounced,
    /// The hub announced it in another way before.
    #[error(
        "the hub announced it in another way before, with other indicators, rows, periods or days, \
         or for other readers: our answer was to that"
    )]
    Rewritten,
    /// A statement was counted without a yes.
    #[error("{} was counted, and we did not say yes to that", .0.typed())]
    Unagreed(ObservationKey),
    /// Anybody may read a figure, and the location did not say yes to that.
    #[error("anybody may read it without signing in, and we did not say yes to that for {0}")]
    OpenUnagreed(IndicatorCode),
    /// A row has the location's name, and it said yes to the sum alone.
    #[error("the files have the {0}, and we did not say yes to a row with our name")]
    RowUnagreed(RowName),
    /// The manifest is not the one that the chain names.
    #[error("its manifest is not the one that the chain of releases names")]
    OtherManifest,
    /// The manifest is of another release.
    #[error("its manifest is of another release")]
    OtherRelease,
    /// The location is not in the manifest, although the hub says that it counted its statements.
    #[error("our location is not in its manifest: we were left out")]
    Missing,
    /// The location is in the manifest several times.
    #[error("our location is in its manifest {0} times: we were counted more than once")]
    Doubled(usize),
    /// The salted hash is another than that of the statements that the hub says it counted.
    #[error("its proof of our numbers does not fit the numbers that the hub says it counted")]
    OtherContribution,
    /// One statement was counted twice.
    #[error("{} was counted twice", .0.typed())]
    Twice(ObservationKey),
    /// A statement was counted that the location did not make, or not so.
    #[error("{} was counted as {counted}, and we stated {stated}", key.typed())]
    Altered {
        /// The subject.
        key: ObservationKey,
        /// The counted figure.
        counted: String,
        /// The stated figure.
        stated: String,
    },
    /// A released statement is neither counted nor said to be left out.
    #[error("{} was left out without a word", .0.typed())]
    Omitted(ObservationKey),
    /// A statement was left out for a reason that does not hold.
    #[error(
        "{} was left out because {why}, and nothing on this computer says so: we had released it \
         and said yes before the release was announced, and took neither back",
        key.typed()
    )]
    Owed {
        /// The subject.
        key: ObservationKey,
        /// The hub's reason.
        why: String,
    },
    /// The manifest neither has the location nor says why not.
    #[error(
        "its manifest neither names our location nor says why it was left out. That is right only \
         if the network confirmed our location after the release went out"
    )]
    Unexplained,
    /// The logs had come further than the hub says.
    #[error(
        "the hub had acknowledged entry {acknowledged} of device {dix}, and counted only up to \
         entry {counted}"
    )]
    BackDated {
        /// The device's index.
        dix: u16,
        /// The last entry that it had acknowledged.
        acknowledged: u64,
        /// The last entry that it counted.
        counted: u64,
    },
    /// A table has the same row twice.
    #[error("the files have the {0} twice")]
    RowDoubled(RowName),
    /// A row differs between what the hub sent the location and the files.
    #[error("the {0} is another in the files than the hub showed us")]
    RowChanged(RowName),
    /// The files have a row about the location that the hub did not send it.
    #[error("the files have the {0}, and the hub did not show it to us")]
    RowHidden(RowName),
    /// The hub sent the location a row that the files do not have.
    #[error("the hub showed us the {0}, and the files do not have it")]
    RowInvented(RowName),
    /// The files have a row about the location with a figure that is not proved.
    #[error(
        "the files have the {0} with a figure: the hub sent us no proof of what it counted there, \
         and no office published it as far as this computer knows"
    )]
    RowUnproven(RowName),
    /// A statement was counted, and its location has no row.
    #[error(
        "{} was counted, and the files have no row of ours for it, as was announced",
        .0.typed()
    )]
    RowMissing(ObservationKey),
    /// The location's own row is too far from the sum of its statements.
    #[error(
        "the {row} shows the {part} {shown}, and what was counted of ours adds up to {counted}: \
         more than {most} apart, and no count of ours in an earlier release explains it"
    )]
    RowOff {
        /// The row.
        row: RowName,
        /// `numerator` or `denominator`.
        part: &'static str,
        /// The shown count.
        shown: Number,
        /// The sum of the counted statements.
        counted: Number,
        /// The most that rounding explains.
        most: i64,
    },
    /// A row follows another version of the definition than what was counted.
    #[error(
        "the {row} follows version {version} of its definition, and what was counted of ours is of \
         another that it is not added to"
    )]
    RowVersion {
        /// The row.
        row: RowName,
        /// The version as the file has it.
        version: String,
    },
    /// A row with numbers of the location is empty, and not withheld.
    #[error(
        "the {0} is empty and does not say that it is withheld, and a number of ours was counted \
         in it"
    )]
    RowBlank(RowName),
    /// A row lacks a count that its figure is made of.
    #[error("the {row} shows a figure without its {part}, and a number of ours was counted in it")]
    RowPartMissing {
        /// The row.
        row: RowName,
        /// `numerator` or `denominator`.
        part: &'static str,
    },
    /// A figure is another than what it is made of gives.
    #[error("the {row} shows {shown}, and what it is made of gives {expected}")]
    RowFigure {
        /// The row.
        row: RowName,
        /// The shown figure, in words.
        shown: String,
        /// The figure that it should be, in words.
        expected: String,
    },
    /// The network's row is too far from the sum of the rows of its locations.
    #[error(
        "the {row} shows the {part} {shown}, and its {rows} rows of locations add up to {sum}: \
         more than {most} apart"
    )]
    SumOff {
        /// The row.
        row: RowName,
        /// `numerator` or `denominator`.
        part: &'static str,
        /// The shown count.
        shown: Number,
        /// The sum over the rows of locations.
        sum: Number,
        /// The number of those rows.
        rows: usize,
        /// The most that rounding explains.
        most: i64,
    },
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
    (release, code): (&ReleaseId, &LocationCode),
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
    let why = manifest.left_out.get(code);
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
    let none = BTreeSet::new();
    let rows = tables.map(|tables| tables.unproven((code, &none), own));
    faults.extend(rows.into_iter().flatten());
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
    match ours.as_slice() {
        [] => vec![Fault::Missing],
        [one] => {
            let made = contribution(&proof.salt, &proof.roster, &proof.heights, &proof.counted);
            match one.contribution == made {
                true => Vec::new(),
                false => vec![Fault::OtherContribution],
            }
        }
        several => vec![Fault::Doubled(several.len())],
    }
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
