//! Checks that our numbers are in a release, without the hub: from its manifest, the chain of
//! releases, and what the hub sent this location alone.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    document::Document,
    id::{DocId, IndicatorCode},
    model::{
        Audience,
        observation::{ObservationKey, Statement},
        release::{Link, Notice, ReleaseId},
        schema::DocKind,
    },
    release::{Fault, Heights, Manifest, Own, Proof, Tables, check::check},
    time::DAY_MS,
};

use super::Evidence as _;
use crate::{
    replica::{DocumentError, Replica},
    store::{Owner, proofs},
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
    },
    /// None of our numbers is in it, for this reason.
    Out(String),
    /// The hub has sent nothing about it yet.
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
        let Some(proof) = self.release_proof(id)? else {
            return self.without_proof(id, manifest, &links);
        };
        let notices = self.release_notices()?;
        let notice = notices.iter().find(|row| row.id == *id);
        let notice = notice.map(|row| &row.notice);
        let codes = notice.map(|notice| notice.indicators.keys().cloned().collect());
        let stated = self.stated_at(&proof.heights, &codes.unwrap_or_default())?;
        let acknowledged = self.acknowledged_before(notice)?;
        let own = Own {
            location: self.location(Owner::Location),
            acknowledged: &acknowledged,
            stated: &stated,
            periods: notice.and_then(|notice| notice.periods.as_ref()?.parse().ok()),
        };
        let mut faults = check((manifest, &links), &proof, &own);
        faults.extend(tables.into_iter().flat_map(|tables| tables.check(&proof)));
        if faults.is_empty() {
            let Proof {
                counted, left_out, ..
            } = proof;
            let counted = counted.len();
            return Ok(ReleaseChecked::In { counted, left_out });
        }
        Ok(ReleaseChecked::Faults(
            faults.iter().map(Fault::to_string).collect(),
        ))
    }

    /// The outcome where the hub sent no proof: it must not name us either.
    fn without_proof(
        &self,
        id: &ReleaseId,
        manifest: &str,
        links: &BTreeMap<u32, Link>,
    ) -> Result<ReleaseChecked, DocumentError> {
        if !links.values().any(|link| link.release == *id) {
            return Ok(ReleaseChecked::Unheard);
        }
        let hash = Manifest::hash(manifest);
        let is_linked = links
            .values()
            .any(|link| link.release == *id && link.manifest == hash);
        let read = Manifest::decode(manifest).ok().filter(|_| is_linked);
        let Some(read) = read else {
            let what = "its manifest is not the one that the chain of releases names";
            return Ok(ReleaseChecked::Faults(vec![what.to_owned()]));
        };
        let us = self.location(Owner::Location);
        if read.locations.iter().any(|one| one.id == us) {
            return Ok(ReleaseChecked::Unproven);
        }
        let code = &self.membership()?.code;
        let why = read.left_out.get(code).cloned();
        Ok(ReleaseChecked::Out(
            why.unwrap_or_else(|| "no reason is given".to_owned()),
        ))
    }

    /// Our released statements about some indicators, as the entries up to these heights say.
    fn stated_at(
        &self,
        heights: &Heights,
        codes: &BTreeSet<IndicatorCode>,
    ) -> Result<BTreeMap<ObservationKey, Statement>, DocumentError> {
        let mut runs: BTreeMap<DocId, Vec<Vec<Vec<u8>>>> = BTreeMap::new();
        for (dix, height) in heights {
            for dseq in 1..=*height {
                let stored = self.entry(*dix, dseq)?.filter(|one| one.void.is_none());
                let scanned = stored.map(|one| one.entry.scanned()).unwrap_or_default();
                for run in scanned {
                    runs.entry(run.doc).or_default().extend(run.changes);
                }
            }
        }
        let location = self.location(Owner::Location);
        let mut stated = BTreeMap::new();
        for name in self.own_documents(|kind| matches!(kind, DocKind::Observations(..))) {
            let (Some(of), Ok(mut document)) = (
                runs.get(&name.id(&location)),
                Document::genesis(&location, &name),
            ) else {
                continue;
            };
            let of: Vec<&[Vec<u8>]> = of.iter().map(Vec::as_slice).collect();
            document.apply_runs(&of);
            for observed in document.observations_where(|key| codes.contains(&key.indicator)) {
                let released = observed
                    .stated
                    .into_iter()
                    .map(|one| one.statement)
                    .find(|one| one.audience >= Audience::Released && !one.is_retraction());
                stated.extend(released.map(|one| (observed.key, one)));
            }
        }
        Ok(stated)
    }

    /// The heights that the hub had acknowledged before the day on which the release was proposed,
    /// as this computer noted them then.
    fn acknowledged_before(&mut self, notice: Option<&Notice>) -> Result<Heights, DocumentError> {
        let before = notice.and_then(|notice| notice.proposed.yesterday().ok());
        let Some(end) = before.and_then(|day| self.zone().end_of(day)) else {
            return Ok(Heights::new());
        };
        let day = end.ms().div_euclid(DAY_MS);
        Ok(proofs::acknowledged_before(&self.store().reader, day)?)
    }
}
