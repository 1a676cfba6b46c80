//! Checks that our numbers are in a release, without the hub: from its manifest, the chain of
//! releases, what was seen of it here, and what the hub sent this location alone.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    model::{
        observation::ObservationKey,
        release::{Link, Notice, ReleaseAct, ReleaseId},
        schema::{Container, DocKind},
    },
    release::{
        Earlier, Fault, KeptPart, KeptRow, Own, Proof, Tables, Unproven,
        check::{check, check_unproven},
    },
};

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
        /// Number of statements that were counted.
        counted: usize,
        /// Those that were not, with the reason.
        left_out: Vec<(ObservationKey, String)>,
        /// The sums that it kept from an earlier release.
        kept: Vec<KeptPart>,
    },
    /// None of our numbers was counted for it.
    Out {
        /// The reason.
        why: String,
        /// The sums that it kept from an earlier release.
        kept: Vec<KeptPart>,
    },
    /// It names us, and the hub has sent no proof yet.
    Unproven,
    /// The chain of releases, as far as this computer has it, does not name it.
    Unheard,
    /// It is not as it should be.
    Faults(Vec<String>),
}

impl Replica {
    /// Checks a release by the text of its manifest and the rows of its tables.
    ///
    /// # Errors
    /// If the documents cannot be read.
    pub(crate) fn check_release(
        &mut self,
        id: &ReleaseId,
        (manifest, tables): (&str, Option<&Tables>),
    ) -> Result<ReleaseChecked, DocumentError> {
        let links = match self.release_chain()? {
            Ok(links) => links,
            Err(broken) => return Ok(ReleaseChecked::Faults(vec![broken.to_string()])),
        };
        let sent = self.release_proof(id)?;
        let kept = sent
            .as_ref()
            .map_or_else(Vec::new, |proof| proof.kept.clone());
        let proof = sent.filter(counts);
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
        let stated = match &proof {
            Some(proof) => self.stated_at(&proof.heights, &codes)?,
            None => Default::default(),
        };
        let agreed = match &proof {
            Some(proof) => self.agreed_since(&proof.heights)?,
            None => Default::default(),
        };
        let rewritten = self.is_rewritten(id, notice)?.then_some(Fault::Rewritten);
        let versions = self.versions()?;
        let earlier = self.earlier_releases(id, &links, &announced)?;
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
        let before = self.kept_from(&kept, id, &links)?;
        let (kept, other) = tables.map_or_else(Default::default, |it| it.kept(&kept, &before));
        let faults: Vec<Fault> = rewritten.into_iter().chain(other).collect();
        let of = (manifest, &links);
        Ok(match proof {
            Some(proof) => proven(of, proof, (tables, &own), (faults, kept)),
            None => unproven(of, id, (tables, &own), (faults, kept)),
        })
    }

    /// The releases that sums are kept from, if they went out before this one: each with its proof,
    /// if that counted something of ours.
    fn kept_from(
        &self,
        kept: &[KeptRow],
        id: &ReleaseId,
        links: &BTreeMap<u32, Link>,
    ) -> Result<BTreeMap<ReleaseId, Option<Proof>>, DocumentError> {
        let mut from = BTreeMap::new();
        for link in before(links, id) {
            if kept.iter().any(|one| one.release == link.release) {
                let proof = self.counting_proof(&link.release)?;
                from.insert(link.release.clone(), proof);
            }
        }
        Ok(from)
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

    /// The proof about a release that counted something of ours. One that counts nothing has rows
    /// about us alone, and says why nothing was counted: it proves no more than none does.
    fn counting_proof(&self, id: &ReleaseId) -> Result<Option<Proof>, DocumentError> {
        Ok(self.release_proof(id)?.filter(counts))
    }

    /// The releases that went out before this one, as far as they are known here.
    fn earlier_releases(
        &self,
        id: &ReleaseId,
        links: &BTreeMap<u32, Link>,
        announced: &Announced,
    ) -> Result<Earlier, DocumentError> {
        let mut earlier = Earlier::default();
        for link in before(links, id) {
            let proof = self.counting_proof(&link.release)?;
            earlier.add(announced.get(&link.release), proof.as_ref());
        }
        Ok(earlier)
    }
}

/// The releases that the hub announced.
type Announced = BTreeMap<ReleaseId, Notice>;

/// The outcome for a location with a proof, after these faults.
fn proven(
    of: (&str, &BTreeMap<u32, Link>),
    proof: Proof,
    (tables, own): (Option<&Tables>, &Own<'_>),
    (mut faults, kept): (Vec<Fault>, Vec<KeptPart>),
) -> ReleaseChecked {
    faults.extend(check(of, &proof, own));
    faults.extend(tables.into_iter().flat_map(|it| it.check(&proof, own)));
    if !faults.is_empty() {
        return said(faults);
    }
    ReleaseChecked::In {
        counted: proof.counted.len(),
        left_out: proof.left_out,
        kept,
    }
}

/// The outcome for a location of which nothing was counted, after these faults.
fn unproven(
    of: (&str, &BTreeMap<u32, Link>),
    id: &ReleaseId,
    (tables, own): (Option<&Tables>, &Own<'_>),
    (faults, kept): (Vec<Fault>, Vec<KeptPart>),
) -> ReleaseChecked {
    match check_unproven(of, id, tables, own) {
        Unproven::Faults(more) => said(faults.into_iter().chain(more)),
        _ if !faults.is_empty() => said(faults),
        Unproven::Named => ReleaseChecked::Unproven,
        Unproven::Out(why) => ReleaseChecked::Out { why, kept },
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
