//! Checks that our numbers are in a release, without the hub: from its manifest, the chain of
//! releases, what was seen of it here, and what the hub sent this location alone.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::IndicatorCode,
    model::{
        indicator::Versions,
        observation::ObservationKey,
        release::{Link, Notice, ReleaseAct, ReleaseId},
        schema::{Container, DocKind},
    },
    release::{
        Announcement, Earlier, Fault, KeptPart, Manifest, Own, Proof, ProofsBefore, Tables,
        Unproven,
        check::{check, check_unproven},
        not_any_more, said as said_of,
    },
};

use super::files::ReleaseFiles;
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
    view::first,
};

/// The outcome of a check.
#[derive(Clone, Debug)]
pub(crate) enum ReleaseChecked {
    /// Our numbers are in it, each once, as we stated them.
    In {
        /// The statements that were counted.
        counted: Vec<ObservationKey>,
        /// Those that were not, with the reason.
        left_out: Vec<(ObservationKey, String)>,
        /// Our part in earlier releases.
        before: PartBefore,
    },
    /// None of our numbers was counted for it.
    Out {
        /// The reason.
        why: String,
        /// Our part in earlier releases.
        before: PartBefore,
    },
    /// It names us, and the hub has sent no proof yet.
    Unproven,
    /// The chain of releases, as far as this computer has it, does not name it.
    Unheard,
    /// It is not as it should be.
    Faults(Vec<String>),
}

/// Our part in earlier releases, as far as a later one has to do with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct PartBefore {
    /// The sums that it kept from an earlier release.
    pub(crate) kept: Vec<KeptPart>,
    /// The statements that an earlier release of the dataset counted, each with the last that did,
    /// and of which the hub says nothing now.
    pub(crate) gone: Vec<(ObservationKey, ReleaseId)>,
    /// Whether a sum with numbers of ours is kept, and the hub has sent nothing about the release.
    waits: bool,
}

impl Replica {
    /// Checks a release by the text of its manifest and what was read of its files.
    ///
    /// # Errors
    /// If the documents cannot be read.
    pub(crate) fn check_release(
        &mut self,
        id: &ReleaseId,
        (manifest, files): (&str, &ReleaseFiles),
    ) -> Result<ReleaseChecked, DocumentError> {
        let tables = files.tables.as_ref();
        let links = match self.release_chain()? {
            Ok(links) => links,
            Err(broken) => return Ok(ReleaseChecked::Faults(vec![broken.to_string()])),
        };
        let sent = self.release_proof(id)?;
        let proof = sent.clone().filter(counts);
        if proof.is_none() && !links.values().any(|link| link.release == *id) {
            return Ok(ReleaseChecked::Unheard);
        }
        let notices = self.release_notices()?.into_iter();
        let announced: Announced = notices.map(|row| (row.id, row.notice)).collect();
        let Some(notice) = announced.get(id) else {
            return Ok(said([Fault::Unannounced]));
        };
        let acknowledged = self.acknowledged_at(id)?;
        let known = self.known_of(notice, acknowledged)?;
        let codes: BTreeSet<_> = notice.indicators.keys().cloned().collect();
        let (stated, agreed) = match &proof {
            Some(proof) => (
                self.stated_at(&proof.heights, &codes)?,
                self.agreed_since(&proof.heights)?,
            ),
            None => Default::default(),
        };
        let versions = self.versions()?;
        let before = self.proofs_before(id, &links)?;
        let earlier = earlier_releases(id, &links, (&announced, &before));
        let code = self.membership()?.code.clone();
        let (places, base_changes) = (self.places_ever()?, self.base_changes_ever()?);
        let own = Own {
            location: self.location(Owner::Location),
            code: &code,
            places: &places,
            base_changes: &base_changes,
            acknowledged: &known.acknowledged,
            stated: &stated,
            periods: known.periods,
            by_location: &known.by_location,
            owed: &known.owed,
            published: &known.published,
            versions: &versions,
            earlier: &earlier,
            agreed: &agreed,
            is_open: notice.open,
        };
        let (mut part, mut faults) = part_before(id, tables, (sent.as_ref(), &before));
        let is_asked = |key: &ObservationKey| {
            let is_in_range = known
                .periods
                .is_none_or(|periods| periods.contains(key.period));
            is_in_range && notice.indicators.contains_key(&key.indicator)
        };
        part.gone.retain(|(key, _)| is_asked(key));
        faults.extend(self.is_rewritten(id, notice)?.then_some(Fault::Rewritten));
        faults.extend(self.misstated(id, manifest, (files, notice, &links), &versions)?);
        let of = (manifest, &links);
        Ok(match proof {
            Some(proof) => proven(of, proof, (tables, &own), (faults, part)),
            None => unproven(of, id, (tables, &own), (faults, part)),
        })
    }

    /// The words of a release about itself that are other than the network told us.
    fn misstated(
        &mut self,
        id: &ReleaseId,
        manifest: &str,
        (files, notice, links): (&ReleaseFiles, &Notice, &BTreeMap<u32, Link>),
        versions: &BTreeMap<IndicatorCode, Versions>,
    ) -> Result<Vec<Fault>, DocumentError> {
        let mut links = links.values();
        let link = links.find(|one| one.release == *id && one.act == ReleaseAct::Published);
        // Another manifest than the chain names, or one of no release, is a fault of its own.
        let (Some(link), Ok(read)) = (link, Manifest::decode(manifest)) else {
            return Ok(Vec::new());
        };
        let (networks, operators) = self.names_ever()?;
        let of = Announcement {
            notice,
            link,
            day: self.zone().day(link.at),
            networks: &networks,
            operators: &operators,
            versions,
        };
        let mut faults = said_of(&read, &files.meanings, &of);
        let tables = files.tables.iter();
        faults.extend(tables.flat_map(|it| it.unexplained(&files.meanings)));
        Ok(faults)
    }

    /// The releases that went out before this one: each with its proof, if that counted something
    /// of ours. One that counts nothing has rows about us alone, and says why nothing was counted:
    /// it proves no more than none does.
    fn proofs_before(
        &self,
        id: &ReleaseId,
        links: &BTreeMap<u32, Link>,
    ) -> Result<ProofsBefore, DocumentError> {
        let mut proofs = ProofsBefore::new();
        for link in before(links, id) {
            let proof = self.release_proof(&link.release)?.filter(counts);
            proofs.insert(link.release.clone(), proof);
        }
        Ok(proofs)
    }

    /// Whether the hub's own log announced a release in another way before: a team answers to what
    /// it read then.
    fn is_rewritten(&mut self, id: &ReleaseId, notice: &Notice) -> Result<bool, DocumentError> {
        let document = self.document(Owner::Hub, &first(DocKind::Releases))?;
        let other = |text: &str| {
            let then = Notice::decode(text);
            then.is_ok_and(|then| {
                let state = notice.state;
                Notice { state, ..then } != *notice
            })
        };
        let said = document.first_said(Container::Notices, &id.to_string(), &other);
        Ok(said.is_some())
    }
}

/// The releases that went out before this one, as far as they are known here.
fn earlier_releases(
    id: &ReleaseId,
    links: &BTreeMap<u32, Link>,
    (announced, proofs): (&Announced, &ProofsBefore),
) -> Earlier {
    let mut earlier = Earlier::default();
    for link in before(links, id) {
        let proof = proofs.get(&link.release).and_then(Option::as_ref);
        earlier.add(announced.get(&link.release), proof);
    }
    earlier
}

/// The releases that the hub announced.
type Announced = BTreeMap<ReleaseId, Notice>;

/// Our part in earlier releases, with its faults.
fn part_before(
    id: &ReleaseId,
    tables: Option<&Tables>,
    (sent, before): (Option<&Proof>, &ProofsBefore),
) -> (PartBefore, Vec<Fault>) {
    let kept = tables.map(|it| it.kept(sent, before));
    let (kept, faults) = kept.unwrap_or_default();
    let hidden = tables.filter(|it| sent.is_none() && !it.kept_hidden(None, before).is_empty());
    let part = PartBefore {
        kept,
        gone: not_any_more(&id.dataset, sent, before),
        waits: hidden.is_some(),
    };
    (part, faults)
}

/// The outcome for a location with a proof, after these faults.
fn proven(
    of: (&str, &BTreeMap<u32, Link>),
    proof: Proof,
    (tables, own): (Option<&Tables>, &Own<'_>),
    (mut faults, before): (Vec<Fault>, PartBefore),
) -> ReleaseChecked {
    faults.extend(check(of, &proof, own));
    faults.extend(tables.into_iter().flat_map(|it| it.check(&proof, own)));
    if !faults.is_empty() {
        return said(faults);
    }
    ReleaseChecked::In {
        counted: proof.counted.into_iter().map(|one| one.key).collect(),
        left_out: proof.left_out,
        before,
    }
}

/// The outcome for a location of which nothing was counted, after these faults.
fn unproven(
    of: (&str, &BTreeMap<u32, Link>),
    id: &ReleaseId,
    (tables, own): (Option<&Tables>, &Own<'_>),
    (faults, before): (Vec<Fault>, PartBefore),
) -> ReleaseChecked {
    match check_unproven(of, id, tables, own) {
        Unproven::Faults(more) => said(faults.into_iter().chain(more)),
        _ if !faults.is_empty() => said(faults),
        Unproven::Named => ReleaseChecked::Unproven,
        Unproven::Out(_) if before.waits => ReleaseChecked::Unproven,
        Unproven::Out(why) => ReleaseChecked::Out { why, before },
    }
}

fn counts(proof: &Proof) -> bool {
    !proof.counted.is_empty()
}

/// The links of the releases that went out before one.
fn before<'l>(links: &'l BTreeMap<u32, Link>, id: &'l ReleaseId) -> impl Iterator<Item = &'l Link> {
    let out = links.values();
    let out = out.filter(|link| link.act == ReleaseAct::Published);
    out.take_while(move |link| link.release != *id)
}

fn said(faults: impl IntoIterator<Item = Fault>) -> ReleaseChecked {
    let mut said: Vec<String> = Vec::new();
    for fault in faults.into_iter().map(|fault| fault.to_string()) {
        if !said.contains(&fault) {
            said.push(fault);
        }
    }
    ReleaseChecked::Faults(said)
}
