//! The network's indicators, and what this location decided about each.

use std::collections::BTreeMap;

use weft_shared::{
    id::{DefinitionHash, IndicatorCode},
    model::{
        indicator::Definition,
        profile::{Adoption, AdoptionStatus},
        schema::{Container, DocKind},
    },
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
    /// The definition that new values are entered under: the adopted one, else the newest.
    pub(crate) in_use: Definition,
    pub(crate) decision: Option<Decision>,
}

/// What this location decided about an indicator.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    /// What counts; see [`Adoption::until_settled`].
    pub(crate) adoption: Adoption,
    /// Whether others decided otherwise at once, or the location otherwise than this computer.
    pub(crate) contested: bool,
}

impl IndicatorRow {
    /// The adoption, where the location takes part.
    pub(crate) fn adopted(&self) -> Option<&Adoption> {
        let adoption = &self.decision.as_ref()?.adoption;
        (adoption.status == AdoptionStatus::Adopted).then_some(adoption)
    }
}

impl Replica {
    /// Every definition that the hub has published, by its hash.
    pub(crate) fn definitions(
        &mut self,
    ) -> Result<BTreeMap<DefinitionHash, Definition>, DocumentError> {
        let document = self.document(Owner::Hub, &first(DocKind::Definitions))?;
        let definitions = document.definitions().into_values();
        Ok(definitions
            .map(|definition| (definition.hash(), definition))
            .collect())
    }

    /// Every indicator in the order of their codes.
    pub(crate) fn indicators(&mut self) -> Result<Vec<IndicatorRow>, DocumentError> {
        let mut newest: BTreeMap<IndicatorCode, Definition> = BTreeMap::new();
        let all = self.definitions()?;
        for definition in all.values().cloned() {
            match newest.get(&definition.code) {
                Some(known) if known.version >= definition.version => {}
                _ => {
                    newest.insert(definition.code.clone(), definition);
                }
            }
        }
        let mut decisions = self.decisions()?;
        let row = |definition: Definition| {
            let decision = decisions.remove(&definition.code);
            let pinned = decision
                .as_ref()
                .and_then(|one| all.get(&one.adoption.definition));
            IndicatorRow {
                in_use: pinned.unwrap_or(&definition).clone(),
                decision,
                definition,
            }
        };
        Ok(newest.into_values().map(row).collect())
    }

    /// One indicator.
    pub(crate) fn indicator(
        &mut self,
        code: &IndicatorCode,
    ) -> Result<Option<IndicatorRow>, DocumentError> {
        let rows = self.indicators()?;
        Ok(rows.into_iter().find(|row| row.definition.code == *code))
    }

    /// What this location decided, by indicator; what stays here stands before what is shared.
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
