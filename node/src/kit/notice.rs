//! A notice of a release, as the hub announces it.

use weft_shared::model::{
    indicator::Rows,
    release::{Notice, ReleaseState},
};

/// A proposed release of one indicator with these rows. Tests change what they are about.
pub(crate) fn notice(rows: Rows) -> Notice {
    Notice {
        title: "Example: vaccination".to_owned(),
        indicators: [("VAX_PRIMARY".parse().unwrap(), rows)].into(),
        periods: None,
        proposed: "2026-11-27".parse().unwrap(),
        due: "2026-12-11".parse().unwrap(),
        open: false,
        state: ReleaseState::Proposed,
    }
}
