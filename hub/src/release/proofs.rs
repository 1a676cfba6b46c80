//! The proofs of a release: what each location is sent of it, and no other location receives.

use std::collections::BTreeSet;

use weft_shared::{
    id::LocationCode,
    model::release::ReleaseId,
    release::{Counted as Input, KeptRow, Proof, ReleaseRow as Row, Salt},
    wire::limits::PROOF_BYTES_MAX,
};

use super::{
    collect::MadeOf,
    error::ReleaseError,
    freeze::Frozen,
    plan::{PlaceAt, Plan},
};
use crate::{
    app::Counted,
    store::{
        releases,
        releases::{LocationProof, PartOf},
        rosters,
    },
};

/// The proof of each location whose numbers are in the release, or about which it has a row.
pub(super) fn proofs(
    at: &Counted<'_>,
    plan: &Plan,
    id: &ReleaseId,
    frozen: &Frozen,
) -> Result<Vec<LocationProof>, ReleaseError> {
    let mut proofs = Vec::new();
    for (code, place) in &plan.places {
        let (counted, part) = match frozen.collected.inputs.get(code) {
            Some(counted) => (counted.clone(), PartOf::Counted),
            None if frozen.contributors.contains(code) => (Vec::new(), PartOf::Kept),
            None => (Vec::new(), PartOf::About),
        };
        proofs.extend(proof(at, (id, code), place, (frozen, counted, part))?);
    }
    // A sum that is kept as it was holds counts of those who left the network too.
    let contributors = frozen.contributors.iter();
    for code in contributors.filter(|code| !plan.places.contains_key(code)) {
        if let Some(place) = left(at, plan, code)? {
            let of = (frozen, Vec::new(), PartOf::Kept);
            proofs.extend(proof(at, (id, code), &place, of)?);
        }
    }
    Ok(proofs)
}

/// A location that left the network before the release was proposed. Nothing of it is counted now,
/// so its salt hides nothing.
fn left(
    at: &Counted<'_>,
    plan: &Plan,
    code: &LocationCode,
) -> Result<Option<PlaceAt>, ReleaseError> {
    let member = at.network().member(code);
    let Some(id) = member.and_then(|member| member.place.location_id) else {
        return Ok(None);
    };
    let standing = releases::standing(at.conn, &id, plan.hub_seq)?;
    Ok(standing.map(|(roster, heights)| PlaceAt {
        id,
        roster,
        heights,
        salt: Salt::new([0; 32]),
    }))
}

/// The proof of one location; none if nothing in the release is of it or about it.
fn proof(
    at: &Counted<'_>,
    (id, code): (&ReleaseId, &LocationCode),
    place: &PlaceAt,
    (frozen, counted, part): (&Frozen, Vec<Input>, PartOf),
) -> Result<Option<LocationProof>, ReleaseError> {
    let kept = frozen.kept.iter();
    let kept = kept.filter(|sum| sum.concerns(code, &counted));
    let kept: Vec<KeptRow> = kept.map(|sum| sum.kept.clone()).collect();
    let rows = seen_rows(frozen, code, (&counted, &kept));
    if part == PartOf::About && rows.is_empty() {
        return Ok(None);
    }
    let lix = rosters::lix(at.conn, &place.id)?;
    let lix = lix.ok_or_else(|| ReleaseError::format(format!("{code} has no log here")))?;
    let apart = frozen.collected.apart.get(code);
    let mut proof = Proof {
        release: id.clone(),
        code: code.clone(),
        roster: place.roster,
        heights: place.heights.clone(),
        salt: place.salt,
        counted,
        left_out: apart.cloned().unwrap_or_default(),
        rows: Some(rows),
        kept,
    };
    let mut packed = proof.pack();
    if packed.len() > PROOF_BYTES_MAX {
        proof.rows = None;
        packed = proof.pack();
    }
    Ok(Some(LocationProof {
        lix,
        code: code.clone(),
        proof: packed,
        part,
    }))
}

/// The rows of a release that are about one location: its own, those that an office published about
/// it, the network's of each indicator of either, and the sums that are kept as they were.
fn seen_rows(
    frozen: &Frozen,
    code: &LocationCode,
    (counted, kept): (&[Input], &[KeptRow]),
) -> Vec<Row> {
    let is_own = |row: &&Row| row.location_code.as_deref() == Some(code.as_str());
    let own = frozen.locations.iter().filter(is_own);
    let counted = counted.iter().map(|one| one.key.indicator.as_str());
    let slices = frozen.collected.slices.iter();
    let published = slices.filter(|slice| matches!(slice.made_of, MadeOf::Published));
    let published: BTreeSet<&str> = published.map(|one| one.definition.code.as_str()).collect();
    let about = own.clone().map(|row| row.indicator_code.as_str());
    let published = about.filter(|code| published.contains(code));
    let indicators: BTreeSet<&str> = counted.chain(published).collect();
    let network = frozen.network.iter().filter(|row| {
        let is_kept = || kept.iter().any(|one| one.row == **row);
        indicators.contains(row.indicator_code.as_str()) || is_kept()
    });
    own.chain(network).cloned().collect()
}
