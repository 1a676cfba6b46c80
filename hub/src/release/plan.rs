//! A release as it was proposed. What it counts is fixed by a moment: the entries up to it, with
//! the locations and definitions of that time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use weft_shared::{
    id::{IndicatorCode, LocationCode, LocationId, RosterHash},
    model::{
        indicator::Rows,
        release::{Notice, ReleaseNumber, ReleaseState},
    },
    period::{Date, PeriodRange},
    release::{Heights, Salt},
    text::counted,
    time::Timestamp,
};

/// A proposal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    /// The dataset's title.
    pub(super) title: String,
    /// The indicators, with the rows that each has.
    pub(super) indicators: BTreeMap<IndicatorCode, Rows>,
    /// The periods, if not all.
    pub(super) periods: Option<String>,
    /// The moment at which its inputs were frozen.
    pub(super) at: Timestamp,
    /// The last entry that counts.
    pub(super) hub_seq: u64,
    /// The days of notice that teams have.
    pub(super) notice_days: u16,
    /// The first day on which it may go out.
    pub(super) due: Date,
    /// Whether anybody may read it without signing in.
    pub(super) open: bool,
    /// The release that it corrects.
    pub(super) supersedes: Option<ReleaseNumber>,
    /// Whether the one who proposed it had signed in. In a shell one person can name any.
    #[serde(default)]
    pub(super) is_signed: bool,
    /// The locations of the network, each with the state of its logs.
    pub(super) places: BTreeMap<LocationCode, PlaceAt>,
}

/// A location as its inputs were frozen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceAt {
    pub(super) id: LocationId,
    /// The head of its roster.
    pub(super) roster: RosterHash,
    /// The heights of its logs.
    pub(super) heights: Heights,
    /// The salt of its contribution, which goes to it alone.
    pub(super) salt: Salt,
}

impl Plan {
    /// The range of its periods; none if it has all.
    pub(super) fn range(&self) -> Option<PeriodRange> {
        self.periods.as_ref()?.parse().ok()
    }

    /// The notice of it that every node receives.
    pub(super) fn notice(&self, proposed: Date, state: ReleaseState) -> Notice {
        Notice {
            title: self.title.clone(),
            indicators: self.indicators.clone(),
            periods: self.periods.clone(),
            proposed,
            due: self.due,
            open: self.open,
            state,
        }
    }
}

/// The notice that teams had of a release, in a sentence.
pub(crate) fn notice_words(notice_days: u16) -> String {
    match notice_days {
        0 => "Published without notice to the teams.".to_owned(),
        days => format!(
            "Teams had {} to say no before it went out.",
            counted(u64::from(days), "day", "days")
        ),
    }
}
