//! The network's indicators, and this location's decisions about them.

use std::collections::BTreeMap;

use weft_shared::{
    id::IndicatorCode,
    model::{
        indicator::{Definition, NoVersion, Settings, Versions},
        observation::Statement,
        profile::{Adoption, AdoptionStatus},
        schema::{Container, DocKind},
    },
    period::Period,
};

use super::first;
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

/// An indicator: its newest definition, and this location's decision.
#[derive(Clone, Debug)]
pub(crate) struct IndicatorRow {
    pub(crate) definition: Definition,
    /// The newest definition that new values may be entered under: the adopted one, else the
    /// newest. [`IndicatorRow::stating`] has the one for a period.
    pub(crate) in_use: Definition,
    /// All versions, with their settings.
    pub(crate) versions: Versions,
    pub(crate) decision: Option<Decision>,
}

/// This location's decision about an indicator.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    /// The decision in force; see [`Adoption::until_settled`].
    pub(crate) adoption: Adoption,
    /// Whether others decided differently at the same time, or this computer does.
    pub(crate) contested: bool,
}

impl IndicatorRow {
    /// Returns `None` if there is no version at all.
    fn new(versions: Versions, decision: Option<Decision>) -> Option<Self> {
        let definition = versions.newest()?.clone();
        let adopted = decision.as_ref().map(|one| one.adoption.definition);
        let pinned = adopted.and_then(|hash| versions.pinned(&hash));
        Some(Self {
            in_use: pinned.map_or(&definition, |(one, _)| one).clone(),
            versions,
            decision,
            definition,
        })
    }

    /// Returns the decision in force.
    pub(crate) fn decided(&self) -> Option<&Adoption> {
        self.decision.as_ref().map(|decision| &decision.adoption)
    }

    /// Whether others decided differently at the same time, or this computer does.
    pub(crate) fn is_contested(&self) -> bool {
        self.decision.as_ref().is_some_and(|one| one.contested)
    }

    /// Returns the adoption, if the location takes part.
    pub(crate) fn adopted(&self) -> Option<&Adoption> {
        self.decided()
            .filter(|one| one.status == AdoptionStatus::Adopted)
    }

    /// Returns the definition for a statement about `period`. `stands` holds the current statements
    /// there, and `asked` is the version that a person named.
    ///
    /// # Errors
    /// If there is no such version, or none that holds for the period.
    pub(crate) fn stating(
        &self,
        period: Period,
        stands: &[Statement],
        asked: Option<u32>,
    ) -> Result<&Definition, NoVersion> {
        let most = self.in_use.version;
        self.versions.stating(period, stands, most, asked)
    }

    /// Returns the definition that a statement was entered under, and its settings.
    pub(crate) fn pinned(&self, statement: &Statement) -> Option<&(Definition, Settings)> {
        self.versions.pinned(&statement.definition)
    }

    /// Returns the names of the breakdowns that any version declares.
    pub(crate) fn declared(&self) -> impl Iterator<Item = &str> {
        let versions = self.versions.iter();
        versions.flat_map(|(one, _)| one.breakdowns.keys().map(String::as_str))
    }
}

/// Returns the version of the definition that a statement was entered under, if it is known here.
pub(crate) fn version_of(rows: &[IndicatorRow], statement: &Statement) -> Option<u32> {
    let mut pinned = rows.iter().filter_map(|row| row.pinned(statement));
    pinned.next().map(|(definition, _)| definition.version)
}

impl Replica {
    /// Returns the versions of every indicator, with their settings.
    pub(crate) fn versions(&mut self) -> Result<BTreeMap<IndicatorCode, Versions>, DocumentError> {
        let document = self.document(Owner::Hub, &first(DocKind::Definitions))?;
        let settings = document.definition_settings();
        Ok(Versions::by_code(
            document.definitions().into_values(),
            &settings,
        ))
    }

    /// Returns every indicator in the order of their codes.
    pub(crate) fn indicators(&mut self) -> Result<Vec<IndicatorRow>, DocumentError> {
        let all = self.versions()?;
        let mut decisions = self.decisions()?;
        let row = |(code, versions)| IndicatorRow::new(versions, decisions.remove(&code));
        Ok(all.into_iter().filter_map(row).collect())
    }

    /// Returns one indicator.
    pub(crate) fn indicator(
        &mut self,
        code: &IndicatorCode,
    ) -> Result<Option<IndicatorRow>, DocumentError> {
        let document = self.document(Owner::Hub, &first(DocKind::Definitions))?;
        let (definitions, settings) = document.definitions_of(code);
        let versions = Versions::by_code(definitions, &settings).remove(code);
        let decision = self.decisions()?.remove(code);
        Ok(versions.and_then(|versions| IndicatorRow::new(versions, decision)))
    }

    /// Returns this location's decisions. A private one takes precedence over a shared one.
    pub(crate) fn decisions(&mut self) -> Result<BTreeMap<IndicatorCode, Decision>, DocumentError> {
        let mut decisions = BTreeMap::new();
        for kind in [DocKind::Profile, DocKind::Team] {
            let document = self.own_document(kind)?;
            for (code, adoption) in document.adoptions() {
                let standing = document.standing(Container::Adoptions, code.as_str());
                let contested = standing.len() > 1 || decisions.contains_key(&code);
                decisions.insert(
                    code,
                    Decision {
                        adoption,
                        contested,
                    },
                );
            }
        }
        Ok(decisions)
    }
}
