//! The network's indicators and this location's own, with its decisions about them.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::IndicatorCode,
    model::{
        indicator::{Definition, DefinitionKey, NoVersion, Settings, Versions},
        observation::Statement,
        profile::{Adoption, AdoptionStatus},
        schema::{Container, DocKind},
    },
    period::Period,
};

use super::{Whose, first};
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

/// An indicator: its newest definition, and this location's decision.
#[derive(Clone, Debug)]
pub(crate) struct IndicatorRow {
    pub(crate) whose: Whose,
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
    /// Whether others decided differently at the same time, or the team's own decision differs.
    pub(crate) contested: bool,
}

impl IndicatorRow {
    /// Returns `None` if there is no version at all.
    fn new(whose: Whose, versions: Versions, decision: Option<Decision>) -> Option<Self> {
        let definition = versions.newest()?.clone();
        let adopted = decision.as_ref().map(|one| one.adoption.definition);
        let pinned = adopted.and_then(|hash| versions.pinned(&hash));
        Some(Self {
            whose,
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

    /// Whether others decided differently at the same time, or the team's own decision differs.
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

/// Definitions, and those of their settings that are set.
type Defined = (Vec<Definition>, BTreeMap<DefinitionKey, Settings>);

/// The versions of indicators.
type ByCode = BTreeMap<IndicatorCode, Versions>;

impl Replica {
    /// Returns the versions of every indicator, with their settings: the network's, and our own.
    pub(crate) fn versions(&mut self) -> Result<ByCode, DocumentError> {
        let (mut network, own) = self.versions_by_owner()?;
        network.extend(own);
        Ok(network)
    }

    /// Returns every indicator in the order of their codes.
    pub(crate) fn indicators(&mut self) -> Result<Vec<IndicatorRow>, DocumentError> {
        let (network, own) = self.versions_by_owner()?;
        let mut decisions = self.decisions()?;
        let network = network.into_iter().map(|one| (Whose::Network, one));
        let own = own.into_iter().map(|one| (Whose::Own, one));
        let row = |(whose, (code, versions))| {
            let decision = decisions.remove(&code);
            IndicatorRow::new(whose, versions, decision)
        };
        let mut rows: Vec<IndicatorRow> = network.chain(own).filter_map(row).collect();
        rows.sort_by(|one, other| one.definition.code.cmp(&other.definition.code));
        Ok(rows)
    }

    /// Returns one indicator.
    pub(crate) fn indicator(
        &mut self,
        code: &IndicatorCode,
    ) -> Result<Option<IndicatorRow>, DocumentError> {
        let document = self.document(Owner::Hub, &first(DocKind::Definitions))?;
        let (definitions, settings) = document.definitions_of(code);
        let mut versions = Versions::by_code(definitions, &settings).remove(code);
        let mut whose = Whose::Network;
        if versions.is_none() && self.is_ours(code) {
            let (definitions, settings) = self.own_definitions(Some(code))?;
            versions = Versions::by_code(definitions, &settings).remove(code);
            whose = Whose::Own;
        }
        let decision = self.decisions()?.remove(code);
        Ok(versions.and_then(|versions| IndicatorRow::new(whose, versions, decision)))
    }

    /// Whether the code is one that only this location may define.
    pub(crate) fn is_ours(&self, code: &IndicatorCode) -> bool {
        code.location()
            .is_some_and(|location| Some(location) == self.code())
    }

    fn versions_by_owner(&mut self) -> Result<(ByCode, ByCode), DocumentError> {
        let document = self.document(Owner::Hub, &first(DocKind::Definitions))?;
        let settings = document.definition_settings();
        let network = Versions::by_code(document.definitions().into_values(), &settings);
        let (definitions, settings) = self.own_definitions(None)?;
        let mut own = Versions::by_code(definitions, &settings);
        // A code that the network has defined is the network's.
        own.retain(|code, _| !network.contains_key(code));
        Ok((network, own))
    }

    /// Returns the definitions of our own indicators, of one or of all. The same in two documents
    /// is one; of two with the same version, the shared one comes last, and so counts.
    fn own_definitions(&mut self, code: Option<&IndicatorCode>) -> Result<Defined, DocumentError> {
        let Some(location) = self.code() else {
            return Ok(Defined::default());
        };
        let mut seen = BTreeSet::new();
        let (mut definitions, mut settings) = (Vec::new(), BTreeMap::new());
        for kind in [DocKind::Team, DocKind::Profile] {
            let document = self.own_document(kind)?;
            settings.extend(document.definition_settings());
            let all = document.definitions().into_values();
            let ours = all.filter(|one| one.code.location().as_ref() == Some(&location));
            let wanted = ours.filter(|one| code.is_none_or(|code| one.code == *code));
            definitions.extend(wanted.filter(|one| seen.insert(one.hash())));
        }
        Ok((definitions, settings))
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
