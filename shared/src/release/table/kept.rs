//! Sums that a release shows as an earlier one did. Numbers of a location may be in a release
//! through such a sum alone, and the proof of the earlier release says which.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{FIGURES, Line, RowName, SliceName, Tables};
use crate::{
    model::{
        observation::ObservationKey,
        release::{Dataset, ReleaseId},
    },
    release::{Fault, Proof, ReleaseRow},
};

/// The releases that went out before one, each with its proof if that counted something.
pub type ProofsBefore = BTreeMap<ReleaseId, Option<Proof>>;

/// A sum that a release shows again as an earlier one did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptRow {
    /// The earlier release.
    pub release: ReleaseId,
    /// The network's row, as the later release has it.
    pub row: ReleaseRow,
}

/// A line of the list of changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Changed {
    /// The columns of the row.
    pub row: Vec<String>,
    /// Whether the row is gone, or its figure is.
    pub is_gone: bool,
    /// The earlier release, if it is a sum that is kept as that one showed it.
    pub kept_from: Option<ReleaseId>,
}

/// The part of a location in a sum that was kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptPart {
    /// The row.
    pub row: RowName,
    /// The earlier release.
    pub release: ReleaseId,
    /// Number of the location's statements that the earlier release counted in it; none without a
    /// proof of that release.
    pub counted: Option<usize>,
}

impl KeptPart {
    /// Whether a statement would be counted in the row.
    pub fn has(&self, key: &ObservationKey) -> bool {
        self.row.of() == Some(SliceName::of(key))
    }
}

/// The columns that a kept sum has as it had them.
const PLACES: [&str; 2] = ["n_locations", "n_areas"];

impl Tables {
    /// Takes the list of changes: each row with the release that it is kept from, if it is. Returns
    /// the first row that is not in the tables so, or comes twice. A row that `is_gone` may be in
    /// no table.
    pub fn list(&mut self, changes: Vec<Changed>) -> Option<RowName> {
        let mut listed = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for change in changes {
            let line = Line(change.row);
            let name = line.name();
            let is_so = match self.lines.get(&name) {
                Some(filed) => *filed == line,
                None => change.is_gone,
            };
            if !is_so || !seen.insert(name.clone()) {
                return Some(name);
            }
            if let Some(release) = change.kept_from {
                listed.insert(name, release);
            }
        }
        self.listed = Some(listed);
        None
    }

    /// Holds the sums that the hub says it kept against the files, against the list of changes, and
    /// against the proofs of the releases that they are kept from.
    pub fn kept(
        &self,
        sent: Option<&Proof>,
        earlier: &ProofsBefore,
    ) -> (Vec<KeptPart>, Vec<Fault>) {
        let (mut parts, mut faults) = (Vec::new(), Vec::new());
        for one in sent.into_iter().flat_map(|sent| &sent.kept) {
            let line = Line::of(&one.row, &self.head);
            let row = line.name();
            match self.lines.get(&row) {
                None => faults.push(Fault::RowInvented(row.clone())),
                Some(filed) if *filed != line => faults.push(Fault::RowChanged(row.clone())),
                Some(_) => {}
            }
            let release = one.release.clone();
            if self
                .listed
                .as_ref()
                .is_some_and(|listed| listed.get(&row) != Some(&release))
            {
                let (row, release) = (row.clone(), release.clone());
                faults.push(Fault::KeptUnlisted { row, release });
            }
            let Some(then) = earlier.get(&release) else {
                faults.push(Fault::KeptFromNone { row, release });
                continue;
            };
            if then.as_ref().is_some_and(|then| !self.was(&line, then)) {
                faults.push(Fault::KeptChanged { row, release });
                continue;
            }
            parts.push(KeptPart {
                counted: then.as_ref().map(|then| in_row(then, &row)),
                row,
                release,
            });
        }
        // A location to which nothing was sent may have to sync first.
        faults.extend(
            sent.into_iter()
                .flat_map(|sent| self.kept_hidden(Some(sent), earlier)),
        );
        (parts, faults)
    }

    /// The sums that the list of changes says are kept, with numbers of the location of then or of
    /// now, and that the hub did not send it.
    pub fn kept_hidden(&self, sent: Option<&Proof>, earlier: &ProofsBefore) -> Vec<Fault> {
        let said: Vec<(RowName, &ReleaseId)> = sent
            .into_iter()
            .flat_map(|sent| &sent.kept)
            .map(|one| (Line::of(&one.row, &self.head).name(), &one.release))
            .collect();
        let listed = self.listed.iter().flatten();
        let hidden = listed.filter(|(row, release)| {
            let then = earlier.get(*release).and_then(Option::as_ref);
            let mut proofs = sent.into_iter().chain(then);
            proofs.any(|proof| in_row(proof, row) > 0)
                && !said
                    .iter()
                    .any(|(one, from)| (one, *from) == (*row, *release))
        });
        let faults = hidden.map(|(row, release)| Fault::KeptHidden {
            row: row.clone(),
            release: release.clone(),
        });
        faults.collect()
    }

    /// Whether an earlier release showed a sum so, as far as its proof has rows.
    fn was(&self, line: &Line, then: &Proof) -> bool {
        let is_same = |row: &ReleaseRow| {
            let then = Line::of(row, &self.head);
            let mut columns = FIGURES.iter().chain(&PLACES);
            then.name() == line.name() && columns.all(|name| then.get(name) == line.get(name))
        };
        let rows = then.rows.as_ref();
        rows.is_none_or(|rows| rows.iter().any(is_same))
    }
}

/// Number of a location's statements that were counted in the network's row.
fn in_row(proof: &Proof, row: &RowName) -> usize {
    let (whole, of) = (row.location().is_none(), row.of());
    let slices = proof.counted.iter().map(|one| SliceName::of(&one.key));
    slices
        .filter(|one| whole && of.as_ref() == Some(one))
        .count()
}

/// The statements that an earlier release of the dataset counted, each with the last that did, and
/// of which the hub says nothing now: neither that it is counted or left out, nor that its sum is
/// kept. There may be a good reason, such as a narrower audience, and its team must know.
pub fn not_any_more(
    dataset: &Dataset,
    sent: Option<&Proof>,
    earlier: &ProofsBefore,
) -> Vec<(ObservationKey, ReleaseId)> {
    let mut now: BTreeSet<SliceName> = BTreeSet::new();
    if let Some(proof) = sent {
        now.extend(proof.counted.iter().map(|one| SliceName::of(&one.key)));
        now.extend(proof.left_out.iter().map(|(key, _)| SliceName::of(key)));
        let kept = proof.kept.iter();
        now.extend(kept.filter_map(|one| SliceName::of_row(&one.row)));
    }
    let mut gone: BTreeMap<&ObservationKey, &ReleaseId> = BTreeMap::new();
    for (release, then) in earlier.iter().filter(|(id, _)| id.dataset == *dataset) {
        for one in then.iter().flat_map(|then| &then.counted) {
            if !now.contains(&SliceName::of(&one.key)) {
                gone.insert(&one.key, release);
            }
        }
    }
    let gone = gone.into_iter();
    gone.map(|(key, release)| (key.clone(), release.clone()))
        .collect()
}
