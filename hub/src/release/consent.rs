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
