//! Layouts whose headings have a meaning of their own: Weft's, and those of DHIS2, SDMX and
//! 360Giving.

use crate::roles::{COLUMNS, FIGURES, REQUIRED, plain};

/// A layout that is known by its headings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Layout {
    /// Weft's own.
    Own,
    /// A dataValueSet of DHIS2, as CSV, JSON or ADX.
    Dhis2,
    /// SDMX-CSV 1.0, 2.0 or 2.1.
    Sdmx,
    /// Grants as 360Giving publishes them.
    Grants,
}

impl Layout {
    /// Its name, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Own => "Weft's own columns",
            Self::Dhis2 => "an export of DHIS2",
            Self::Sdmx => "SDMX-CSV",
            Self::Grants => "grants in the form of 360Giving",
        }
    }
}

/// Whether a line of a file is a header of a known layout, or has two of Weft's own headings.
pub(crate) fn is_header(names: &[&str]) -> bool {
    let own = names.iter().filter(|name| is_own(name));
    own.count() > 1 || of(names).is_some()
}

fn is_own(name: &str) -> bool {
    let name = plain(name);
    COLUMNS.iter().any(|column| plain(column) == name)
}

/// Returns the layout that headings have.
pub(crate) fn of(names: &[&str]) -> Option<Layout> {
    let names: Vec<String> = names.iter().map(|name| id(name)).collect();
    let has = |name: &str| names.iter().any(|one| *one == plain(name));
    let any = |all: &[&str]| all.iter().any(|name| has(name));
    if REQUIRED.iter().all(|name| has(name)) && any(&FIGURES) {
        return Some(Layout::Own);
    }
    if ["dataelement", "period", "orgunit", "value"]
        .iter()
        .all(|name| has(name))
    {
        return Some(Layout::Dhis2);
    }
    if any(&["DATAFLOW", "STRUCTURE"]) && has("TIME_PERIOD") && has("OBS_VALUE") {
        return Some(Layout::Sdmx);
    }
    let grants = ["Identifier", "Amount Awarded", "Award Date"];
    grants
        .iter()
        .all(|name| has(name))
        .then_some(Layout::Grants)
}

/// The id in a heading of SDMX, which may have a label after it: `REF_AREA: Reference area`.
pub(crate) fn id(name: &str) -> String {
    let id = name.split_once(": ").map_or(name, |(id, _)| id);
    plain(id)
}
