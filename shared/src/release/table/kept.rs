//! Sums that a release shows as an earlier one did. Numbers of a location may be in a release
//! through such a sum alone, and the proof of the earlier release says which.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::{FIGURES, Line, RowName, SliceName, Tables};
use crate::{
    model::release::ReleaseId,
    release::{Fault, Proof, ReleaseRow},
    text::counted,
};

/// A sum that a release shows again as an earlier one did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptRow {
    /// The earlier release.
    pub release: ReleaseId,
    /// The network's row, as the later release has it.
    pub row: ReleaseRow,
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

impl fmt::Display for KeptPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (row, release) = (&self.row, &self.release);
        write!(f, "The {row} is as {release} showed it. ")?;
        match self.counted {
            None => write!(
                f,
                "This computer has no proof that a number of ours was counted then"
            ),
            Some(0) => write!(f, "No number of ours was counted then, so it has none"),
            Some(some) => {
                let numbers = counted(some as u64, "number of ours", "numbers of ours");
                write!(f, "It has {numbers}, as stated then")
            }
        }
    }
}

/// The columns that a kept sum has as it had them.
const PLACES: [&str; 2] = ["n_locations", "n_areas"];

impl Tables {
    /// Holds the sums that the hub says it kept against the files, and against the proofs of the
    /// releases that they are kept from. `earlier` has the releases that went out before, each with
    /// its proof if there is one.
    pub fn kept(
        &self,
        kept: &[KeptRow],
        earlier: &BTreeMap<ReleaseId, Option<Proof>>,
    ) -> (Vec<KeptPart>, Vec<Fault>) {
        let (mut parts, mut faults) = (Vec::new(), Vec::new());
        for one in kept {
            let line = Line::of(&one.row, &self.head);
            let row = line.name();
            match self.lines.get(&row) {
                None => faults.push(Fault::RowInvented(row.clone())),
                Some(filed) if *filed != line => faults.push(Fault::RowChanged(row.clone())),
                Some(_) => {}
            }
            let release = one.release.clone();
            let Some(then) = earlier.get(&release) else {
                faults.push(Fault::KeptFromNone { row, release });
                continue;
            };
            if then.as_ref().is_some_and(|then| !self.was(&line, then)) {
                faults.push(Fault::KeptChanged { row, release });
                continue;
            }
            let of_row = |then: &Proof| {
                let slices = then.counted.iter().map(|one| SliceName::of(&one.key));
                slices.filter(|one| row.of().as_ref() == Some(one)).count()
            };
            parts.push(KeptPart {
                counted: then.as_ref().map(of_row),
                row,
                release,
            });
        }
        (parts, faults)
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
