//! The reasons why a figure is missing, in the order in which they are tried.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use super::{
    CellKey,
    network::{Member, Network},
};
use crate::{
    id::{AreaCode, LocationCode},
    model::{
        observation::{Statement, Status},
        profile::AdoptionStatus,
    },
    period::Date,
    text::listed,
};

/// Maximum number of codes listed for one reason; the rest is only counted.
pub(super) const LISTED_MAX: usize = 12;

/// Maximum number of characters shown of a location's own reason.
const WORDS_MAX: usize = 120;

/// The heading for a value that was given without what could be added.
pub const WITHOUT_COUNTS: &str = "a value without its counts";

/// Why an area is missing from a figure. If several reasons apply, the first one here counts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// The indicator is one of published figures, and the national team has none of this.
    NotPublished,
    /// The location has not adopted the indicator and stated nothing.
    NotAdopted,
    /// The location declined the indicator, for this reason.
    Declined(String),
    /// Stated as not collected (L).
    NotCollected,
    /// Stated as impossible (M).
    CannotExist,
    /// Suppressed by its publisher (Q).
    Suppressed,
    /// Stated as an impossible figure, for this reason.
    Impossible(String),
    /// Stated under a definition that cannot be added to the others; its version if known.
    OtherDefinition(Option<u32>),
    /// Stated as a value that can never be added, such as an index or a survey's estimate.
    NotAddable,
    /// Stated as a value without the numerator and denominator that would be added.
    WithoutCounts,
    /// Once stated for the network, and since then for a narrower audience; only in an answer about
    /// the past.
    NoLongerShared,
    /// Nothing is stated, and the location dropped entries that the network had then; only in an
    /// answer about the past.
    Dropped,
    /// The location synced after the period ended, without this figure.
    NotReported,
    /// The location has not synced since this day, before the period ended; `None` if it never has.
    NotSynced(Option<Date>),
}

impl Reason {
    /// Why there is no statement about an area.
    pub(super) fn of_silence(member: &Member, key: &CellKey, network: &Network) -> Self {
        if network.is_published(&key.indicator) {
            return Self::NotPublished;
        }
        match member.adoptions.get(&key.indicator) {
            None => Self::NotAdopted,
            Some(adoption) if adoption.status == AdoptionStatus::Declined => {
                Self::Declined(adoption.reason.clone().unwrap_or_default())
            }
            Some(_) => match member.synced {
                Some(synced) if synced > key.period.end() => {
                    match network.has_dropped(&member.code) {
                        true => Self::Dropped,
                        false => Self::NotReported,
                    }
                }
                synced => Self::NotSynced(synced),
            },
        }
    }

    /// Why a statement has no figure; `None` if it has one.
    pub(super) fn of_statement(statement: &Statement) -> Option<Self> {
        if statement.is_narrow() {
            return Some(Self::NoLongerShared);
        }
        match statement.status {
            Status::NotCollected => Some(Self::NotCollected),
            Status::CannotExist => Some(Self::CannotExist),
            Status::Suppressed => Some(Self::Suppressed),
            Status::Missing => Some(Self::NotReported),
            Status::Normal
            | Status::Break
            | Status::DefinitionDiffers
            | Status::Estimated
            | Status::Provisional => None,
        }
    }

    /// The heading for all areas that are missing for the same kind of reason.
    fn heading(&self) -> &'static str {
        match self {
            Self::NotPublished => "no published figure loaded",
            Self::NotAdopted => "not adopted",
            Self::Declined(_) => "declined",
            Self::NotCollected => "not collected",
            Self::CannotExist => "cannot exist",
            Self::Suppressed => "suppressed",
            Self::Impossible(_) => "impossible",
            Self::OtherDefinition(_) => "another definition",
            Self::NotAddable => "a value that cannot be added",
            Self::WithoutCounts => WITHOUT_COUNTS,
            Self::NoLongerShared => "no longer shared",
            Self::Dropped => "not reported, or dropped since",
            Self::NotReported => "not reported",
            Self::NotSynced(_) => "not synced",
        }
    }

    /// Detail about one of them beside the heading.
    fn detail(&self) -> Option<String> {
        match self {
            Self::Declined(words) => Some(shortened(words)).filter(|words| !words.is_empty()),
            Self::Impossible(why) => Some(shortened(why)),
            Self::OtherDefinition(version) => version.map(|version| format!("v{version}")),
            Self::NotSynced(Some(day)) => Some(format!("since {day}")),
            Self::NotSynced(None) => Some("never".to_owned()),
            Self::NotAdopted
            | Self::NotCollected
            | Self::CannotExist
            | Self::Suppressed
            | Self::NotAddable
            | Self::WithoutCounts
            | Self::NoLongerShared
            | Self::Dropped
            | Self::NotPublished
            | Self::NotReported => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.detail()) {
            (Self::NotSynced(None), _) => f.write_str("never synced"),
            (Self::NotSynced(Some(_)), Some(detail)) => write!(f, "not synced {detail}"),
            (_, Some(detail)) => write!(f, "{}: {detail}", self.heading()),
            (_, None) => f.write_str(self.heading()),
        }
    }
}

fn shortened(words: &str) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(WORDS_MAX) {
        Some((cut, _)) => format!("{}...", &line[..cut]),
        None => line,
    }
}

/// Areas of one location that are missing from a figure for the same reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Gap<'a> {
    /// The location.
    pub(super) location: &'a LocationCode,
    /// The missing areas.
    pub(super) areas: Vec<&'a AreaCode>,
    /// Number of areas that it is expected to report.
    pub(super) areas_expected: usize,
    /// The reason.
    pub(super) reason: Cow<'a, Reason>,
}

impl Gap<'_> {
    fn words_in_network(&self) -> String {
        let part = (self.areas.len() < self.areas_expected)
            .then(|| format!("{} of {} areas", self.areas.len(), self.areas_expected));
        let details: Vec<_> = part.into_iter().chain(self.reason.detail()).collect();
        if details.is_empty() {
            self.location.to_string()
        } else {
            format!("{} ({})", self.location, details.join(", "))
        }
    }

    fn words_in_location(&self) -> String {
        if self.areas.len() == self.areas_expected {
            return self.reason.to_string();
        }
        format!("{}: {}", self.reason, listed(&self.areas, LISTED_MAX))
    }

    fn order(&self) -> (&Reason, &LocationCode) {
        (&self.reason, self.location)
    }
}

/// All gaps of a cell by heading. Of the network's, which may be tens of thousands, it keeps those
/// that are named and the number of the others.
#[derive(Debug)]
pub(super) struct Gaps<'a> {
    in_network: bool,
    lines: BTreeMap<&'static str, Line<'a>>,
}

/// The gaps under one heading.
#[derive(Debug, Default)]
struct Line<'a> {
    /// The first ones, by reason and location.
    first: Vec<Gap<'a>>,
    all: usize,
}

impl<'a> Gaps<'a> {
    pub(super) fn of(gaps: impl Iterator<Item = Gap<'a>>, in_network: bool) -> Self {
        let mut lines: BTreeMap<&str, Line<'_>> = BTreeMap::new();
        for gap in gaps {
            let line = lines.entry(gap.reason.heading()).or_default();
            line.all += 1;
            let at = line.first.partition_point(|one| one.order() < gap.order());
            if !in_network || at < LISTED_MAX {
                line.first.insert(at, gap);
            }
            if in_network {
                line.first.truncate(LISTED_MAX);
            }
        }
        Self { in_network, lines }
    }

    /// All gaps in words, such as `not collected: SA, WT` and `suppressed: HV (1 of 2 areas)`.
    pub(super) fn words(&self) -> Vec<String> {
        let mut lines: Vec<_> = self.lines.iter().collect();
        lines.sort_by(|(_, a), (_, b)| a.reason().cmp(&b.reason()));
        if !self.in_network {
            let gaps = lines.into_iter().flat_map(|(_, line)| &line.first);
            return gaps.map(Gap::words_in_location).collect();
        }
        let line = |(heading, line): (&&str, &Line<'_>)| {
            let items: Vec<_> = line.first.iter().map(Gap::words_in_network).collect();
            let more = match line.all - items.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("{heading}: {}{more}", items.join(", "))
        };
        lines.into_iter().map(line).collect()
    }

    /// The status of a cell without a figure, derived from the reasons for its gaps.
    pub(super) fn status_without_figure(&self) -> Status {
        let any = |reason: Reason| self.lines.contains_key(reason.heading());
        let all = |reason: Reason| self.lines.keys().all(|one| *one == reason.heading());
        if any(Reason::NotAddable) || all(Reason::CannotExist) {
            Status::CannotExist
        } else if any(Reason::Suppressed) {
            Status::Suppressed
        } else if all(Reason::NotCollected) {
            Status::NotCollected
        } else {
            Status::Missing
        }
    }
}

impl Line<'_> {
    fn reason(&self) -> Option<&Reason> {
        self.first.first().map(|gap| &*gap.reason)
    }
}

/// Names the locations that a figure of the network does not expect because no one has confirmed
/// them, though they have areas on the last day of its period; `None` if there are none.
pub(super) fn unconfirmed(network: &Network, day: Date) -> Option<String> {
    let waiting = network
        .members()
        .filter(|member| !member.counts() && !member.areas_on(day).is_empty());
    let codes: Vec<String> = waiting.map(|member| member.code.to_string()).collect();
    let (count, verb) = match codes.len() {
        0 => return None,
        1 => ("1 location".to_owned(), "is"),
        several => (format!("{several} locations"), "are"),
    };
    Some(format!(
        "{count} {verb} {UNCONFIRMED} {verb} not expected: {}",
        listed(&codes, LISTED_MAX)
    ))
}

/// The part of [`Cell::status_reason`](super::Cell::status_reason), always the last one, that names
/// locations which are not confirmed.
pub fn unconfirmed_part(status_reason: &str) -> Option<&str> {
    let last = status_reason.rsplit("; ").next()?;
    last.contains(UNCONFIRMED).then_some(last)
}

/// The text by which such a part is known.
const UNCONFIRMED: &str = "not confirmed yet and";
