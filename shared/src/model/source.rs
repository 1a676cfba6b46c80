//! Sources of published figures: what an office put out, and under which licence.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{json::scalar, plan::LINE_BYTES_MAX, profile::NAME_BYTES_MAX};
use crate::{
    id::IndicatorCode,
    period::{Date, day_words},
};

/// One import of published figures: one scalar under its number. Later dates outrank earlier ones
/// where two sources have the same figure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The name of the publisher.
    pub publisher: String,
    /// The licence under which they did.
    pub licence: String,
    /// The day as at which the figures stood.
    pub as_at: Date,
    /// The name of the file that was imported.
    pub file: String,
    /// Number of figures.
    pub figures: u32,
    /// The indicators that they are of.
    pub indicators: BTreeSet<IndicatorCode>,
    /// The day on which the national team removed them; they count nowhere from then on.
    pub removed: Option<Date>,
}

scalar!(Source, "source");

impl Source {
    /// Whether a form would have accepted its texts.
    pub(super) fn fits(&self) -> bool {
        self.publisher.len() <= NAME_BYTES_MAX
            && self.licence.len() <= NAME_BYTES_MAX
            && self.file.len() <= LINE_BYTES_MAX
    }

    /// Whether its figures count: no one removed it.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.removed.is_none()
    }

    /// Names it in a line for people: `Stats NZ, as at 6 March 2018, CC BY 4.0`.
    #[must_use]
    pub fn line(&self) -> String {
        let Self {
            publisher,
            licence,
            as_at,
            ..
        } = self;
        format!("{publisher}, as at {}, {licence}", day_words(*as_at))
    }
}
