//! The versions of one indicator, and the one that a figure is entered under.

use std::collections::BTreeMap;

use super::{Definition, DefinitionKey, Settings};
use crate::{
    id::{DefinitionHash, IndicatorCode},
    model::observation::Statement,
    period::Period,
    text::listed,
};

/// The versions of one indicator with their settings, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Versions {
    list: Vec<(Definition, Settings)>,
    /// The hash of each version, computed once.
    hashes: Vec<DefinitionHash>,
}

impl Versions {
    /// Groups all versions by indicator; `settings` holds those that are set.
    pub fn by_code(
        definitions: impl IntoIterator<Item = Definition>,
        settings: &BTreeMap<DefinitionKey, Settings>,
    ) -> BTreeMap<IndicatorCode, Self> {
        let mut all: BTreeMap<IndicatorCode, Self> = BTreeMap::new();
        for definition in definitions {
            let set = settings.get(&definition.key()).cloned().unwrap_or_default();
            let versions = all.entry(definition.code.clone()).or_default();
            versions.list.push((definition, set));
        }
        for versions in all.values_mut() {
            versions
                .list
                .sort_by_key(|(definition, _)| definition.version);
            let hashes = versions.iter().map(|(definition, _)| definition.hash());
            versions.hashes = hashes.collect();
        }
        all
    }

    /// Every version with its settings, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &(Definition, Settings)> {
        self.list.iter()
    }

    /// The version with the highest number.
    pub fn newest(&self) -> Option<&Definition> {
        self.list.last().map(|(definition, _)| definition)
    }

    /// The version with this number, and its settings.
    pub fn version(&self, version: u32) -> Option<&(Definition, Settings)> {
        self.iter().find(|(one, _)| one.version == version)
    }

    /// The version with this hash, and its settings.
    pub fn pinned(&self, hash: &DefinitionHash) -> Option<&(Definition, Settings)> {
        let at = self.hashes.iter().position(|one| one == hash)?;
        self.list.get(at)
    }

    /// The hash of a version.
    pub fn hash(&self, version: u32) -> Option<DefinitionHash> {
        let at = self.iter().position(|(one, _)| one.version == version)?;
        self.hashes.get(at).copied()
    }

    /// Returns the definition that holds for `period`: the newest version that covers it, up to the
    /// version `most`. `None` if all of them begin later.
    pub fn holding(&self, period: Period, most: u32) -> Option<&Definition> {
        let mut newest_first = self.iter().rev();
        let holds = |(one, settings): &&(Definition, Settings)| {
            one.version <= most && settings.covers(period)
        };
        newest_first.find(holds).map(|(definition, _)| definition)
    }

    /// The periods in which the base of any version's denominators changed.
    pub fn base_from(&self) -> Vec<Period> {
        let settings = self.iter().flat_map(|(_, settings)| &settings.base_from);
        settings.map(|change| change.period).collect()
    }

    /// The first period that any version up to `most` covers; `None` if one holds from the start.
    pub fn begins(&self, most: u32) -> Option<Period> {
        let versions = self.iter().filter(|(one, _)| one.version <= most);
        let from: Option<Vec<Period>> = versions.map(|(_, set)| set.valid_from).collect();
        from?.into_iter().min_by_key(|period| period.start())
    }

    /// Returns the definition under which a statement about `period` is entered. It is the version
    /// `asked` for; without it, the version of the value that `stands` there, so that it can be
    /// corrected; without that, the one that holds, up to the version `most`.
    ///
    /// # Errors
    /// If there is no version of that number, or none that holds for the period.
    pub fn stating(
        &self,
        period: Period,
        stands: &[Statement],
        most: u32,
        asked: Option<u32>,
    ) -> Result<&Definition, NoVersion> {
        let code = || {
            let newest = self.newest();
            newest.map_or_else(String::new, |one| one.code.to_string())
        };
        if let Some(version) = asked {
            let found = self.version(version).map(|(definition, _)| definition);
            return found.ok_or_else(|| NoVersion::Unknown {
                code: code(),
                version,
                known: self.iter().map(|(one, _)| one.version).collect(),
            });
        }
        let standing = stands.iter().filter(|one| !one.is_retraction());
        let standing = standing.filter_map(|one| self.pinned(&one.definition));
        let standing = standing.map(|(definition, _)| definition);
        let own = standing.max_by_key(|definition| definition.version);
        own.or_else(|| self.holding(period, most))
            .ok_or_else(|| NoVersion::Before {
                code: code(),
                period,
                begins: self.begins(most),
            })
    }
}

/// There is no version of a definition for a statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoVersion {
    /// No version has this number.
    #[error(
        "{code} has no version {version}: it has {}",
        listed(known, usize::MAX)
    )]
    Unknown {
        /// The indicator's code.
        code: String,
        /// The number asked for.
        version: u32,
        /// The numbers that exist.
        known: Vec<u32>,
    },
    /// Every version begins later.
    #[error(
        "no version of {code} holds for {period}{}: check the period, or name a version",
        begins.map_or_else(String::new, |first| format!(", the first begins with {first}"))
    )]
    Before {
        /// The indicator's code.
        code: String,
        /// The period of the statement.
        period: Period,
        /// The first period for which a version holds.
        begins: Option<Period>,
    },
}
