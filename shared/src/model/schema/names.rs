//! The names of documents: each has one spelling.

use std::{fmt, str::FromStr};

use super::{DocKind, UnknownDocument};

impl fmt::Display for DocKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile => f.write_str("profile"),
            Self::Plan(1) => f.write_str("plan"),
            Self::Plan(part) => write!(f, "plan/{part}"),
            Self::Observations(year, 1) => write!(f, "observations/{year}"),
            Self::Observations(year, part) => write!(f, "observations/{year}/{part}"),
            Self::Insights(year, 1) => write!(f, "insights/{year}"),
            Self::Insights(year, part) => write!(f, "insights/{year}/{part}"),
            Self::Money(1) => f.write_str("money"),
            Self::Money(part) => write!(f, "money/{part}"),
            Self::Answers(year, 1) => write!(f, "answers/{year}"),
            Self::Answers(year, part) => write!(f, "answers/{year}/{part}"),
            Self::Team => f.write_str("team"),
            Self::Network => f.write_str("network"),
            Self::Definitions => f.write_str("definitions"),
            Self::Agenda => f.write_str("agenda"),
            Self::Sources => f.write_str("sources"),
            Self::Releases => f.write_str("releases"),
            Self::Readers => f.write_str("readers"),
            Self::Published(source, year, 1) => write!(f, "published/{source}/{year}"),
            Self::Published(source, year, part) => write!(f, "published/{source}/{year}/{part}"),
        }
    }
}

impl FromStr for DocKind {
    type Err = UnknownDocument;

    fn from_str(name: &str) -> Result<Self, UnknownDocument> {
        // The first part of a document has no number in its name.
        let further = |part: &str| part.parse::<u32>().ok().filter(|part| *part > 1);
        let of_year = |numbers: &[&str]| match numbers {
            [year] => Some((year.parse().ok()?, 1)),
            [year, part] => Some((year.parse().ok()?, further(part)?)),
            _ => None,
        };
        let parts: Vec<&str> = name.split('/').collect();
        let kind = match parts.as_slice() {
            ["profile"] => Some(Self::Profile),
            ["team"] => Some(Self::Team),
            ["network"] => Some(Self::Network),
            ["definitions"] => Some(Self::Definitions),
            ["agenda"] => Some(Self::Agenda),
            ["sources"] => Some(Self::Sources),
            ["releases"] => Some(Self::Releases),
            ["readers"] => Some(Self::Readers),
            ["published", source, numbers @ ..] => {
                let source = source.parse().ok();
                let of_source = |(year, part)| Some(Self::Published(source?, year, part));
                of_year(numbers).and_then(of_source)
            }
            ["plan"] => Some(Self::Plan(1)),
            ["plan", part] => further(part).map(Self::Plan),
            ["money"] => Some(Self::Money(1)),
            ["money", part] => further(part).map(Self::Money),
            ["answers", numbers @ ..] => {
                of_year(numbers).map(|(year, part)| Self::Answers(year, part))
            }
            ["observations", numbers @ ..] => {
                of_year(numbers).map(|(year, part)| Self::Observations(year, part))
            }
            ["insights", numbers @ ..] => {
                of_year(numbers).map(|(year, part)| Self::Insights(year, part))
            }
            _ => None,
        };
        // A name has only one valid spelling: `plan/1` and `plan/02` name no document.
        kind.filter(|kind| kind.to_string() == name)
            .ok_or_else(|| UnknownDocument::of(name))
    }
}
