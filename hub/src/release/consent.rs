//! The yes of locations: a released value goes out only in rows to which its location said yes.

use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::{
        indicator::Rows,
        profile::{Adoption, AdoptionStatus},
    },
    rollup::Network,
};

/// The answers of a network's locations.
pub(super) struct Consents<'a>(&'a Network);

/// Why the figures of a location stay out of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refusal {
    /// It has not answered.
    Silent,
    /// It said yes to the network's sum, and the release has rows of locations.
    SumOnly,
    /// It said no.
    No,
}

impl Refusal {
    /// The reason as the location itself reads it beside its figure.
    pub(super) const fn of_location(self) -> &'static str {
        match self {
            Self::Silent => "the location has not said yes",
            Self::SumOnly => "the location said yes to the sum alone",
            Self::No => "the location said no",
        }
    }

    /// The reason after the name of the location or "it".
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Silent => "it has not said yes",
            Self::SumOnly => "it said yes to the sum alone, and this has rows of locations",
            Self::No => "it said no",
        }
    }
}

impl<'a> Consents<'a> {
    pub(super) const fn of(network: &'a Network) -> Self {
        Self(network)
    }

    /// Whether a location's figures of an indicator may be in such rows.
    pub(super) fn agrees(
        &self,
        code: &LocationCode,
        indicator: &IndicatorCode,
        rows: Rows,
    ) -> bool {
        let yes = self.adopted(code, indicator).and_then(|one| one.releases);
        match rows {
            Rows::Network => yes.is_some(),
            Rows::Locations => yes == Some(Rows::Locations),
        }
    }

    /// Why a location's figures of an indicator may not be in such rows, in words after its name.
    pub(super) fn refusal(
        &self,
        code: &LocationCode,
        indicator: &IndicatorCode,
        rows: Rows,
    ) -> Option<Refusal> {
        if self.agrees(code, indicator, rows) {
            return None;
        }
        let adopted = self.adopted(code, indicator);
        Some(match adopted {
            Some(one) if one.said_no() => Refusal::No,
            Some(one) if one.releases.is_some() => Refusal::SumOnly,
            _ => Refusal::Silent,
        })
    }

    /// Whether anybody may read them without signing in.
    pub(super) fn agrees_to_open(&self, code: &LocationCode, indicator: &IndicatorCode) -> bool {
        let adopted = self.adopted(code, indicator);
        adopted.is_some_and(|one| one.releases.is_some() && one.open == Some(true))
    }

    fn adopted(&self, code: &LocationCode, indicator: &IndicatorCode) -> Option<&'a Adoption> {
        let adoption = self.0.member(code)?.adoptions.get(indicator)?;
        (adoption.status == AdoptionStatus::Adopted).then_some(adoption)
    }
}
