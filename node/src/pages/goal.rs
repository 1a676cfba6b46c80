//! Targets in words: whose they are, for which place and part, and what must be known of them.

use weft_shared::model::{observation::Breakdown, profile::Area};

use super::figure;
use crate::{
    curve::goal,
    view::{TargetRow, Whose},
};

/// A target with its place and part: `5 % by 2025 for Far North District, age 12 and over`. One
/// without an area is for the whole place, and names none.
pub(super) fn whole(row: &TargetRow, areas: &[Area]) -> String {
    let goal = match &row.definition {
        Some(definition) => goal(definition, row),
        None => row.target.value.to_string(),
    };
    let part = row.definition.as_ref();
    let part = part.and_then(|definition| row.target.part(definition));
    let part = match part {
        Some(Breakdown::Total) => None,
        Some(part) => Some(figure::heading(&part)),
        None => Some(row.target.breakdown.clone()).filter(|text| !text.is_empty()),
    };
    let area = row.target.area.as_ref();
    let area = area.map(|code| figure::area_name(areas, code));
    let parts: Vec<String> = area.into_iter().chain(part).collect();
    match parts.is_empty() {
        true => goal,
        false => format!("{goal} for {}", parts.join(", ")),
    }
}

/// A target with whose it is and what must be known of it, as a sentence.
pub(super) fn line(row: &TargetRow, areas: &[Area]) -> String {
    let whose = match row.whose {
        Whose::Network => "The network’s",
        Whose::Own => "Our own",
    };
    format!("{whose}: {}{}.", whole(row, areas), remarks(row))
}

/// The same within a sentence: `5 % by 2025 (the network’s; its date, 2025, has passed)`.
pub(super) fn phrase(row: &TargetRow, areas: &[Area]) -> String {
    let whose = match row.whose {
        Whose::Network => "the network’s",
        Whose::Own => "our own",
    };
    format!("{} ({whose}{})", whole(row, areas), remarks(row))
}

fn remarks(row: &TargetRow) -> String {
    let remarks = row.remarks.iter();
    remarks.map(|remark| format!("; {remark}")).collect()
}
