//! The people whom a report is for.

use std::{fmt, str::FromStr};

use weft_shared::{model::plan::Actor, text::BadText};

/// The people whom a report is for. All are outside the network: each gets what may go to anybody,
/// in an order of its own, and what is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A minister, and those who advise one.
    Minister,
    /// An organisation that gives money.
    Funder,
    /// The people of the places.
    Community,
}

impl Reader {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Minister, Self::Funder, Self::Community];

    /// Its word on the command line, in addresses and in names of files.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Minister => "minister",
            Self::Funder => "funder",
            Self::Community => "community",
        }
    }

    /// The title of its report.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Minister => "Report to the minister",
            Self::Funder => "Report to our funders",
            Self::Community => "Report to our communities",
        }
    }

    /// Whether an opportunity that names this actor, or none, is something to ask of this reader.
    pub(super) fn is_asked(self, actor: Option<Actor>) -> bool {
        match self {
            Self::Minister => actor == Some(Actor::CentralGovernment),
            Self::Funder => actor.is_none(),
            Self::Community => actor == Some(Actor::Community),
        }
    }
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Reader {
    type Err = BadText;

    fn from_str(word: &str) -> Result<Self, BadText> {
        let known = Self::ALL.into_iter().find(|one| one.word() == word);
        known.ok_or_else(|| BadText::new(word, "is no reader: write minister, funder or community"))
    }
}
