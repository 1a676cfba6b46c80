//! Definition drift: the statements that may be added although their definitions differ.

use std::collections::BTreeMap;

use super::network::Network;
use crate::{
    id::DefinitionHash,
    model::indicator::{Definition, MappingKind, Versions},
    period::Period,
};

/// The relation of figures under one definition to those under another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Relation {
    /// The same definition.
    Same,
    /// Another one that measures the same thing: added.
    Exact,
    /// Another one that measures nearly the same thing: added, and the cell has status D.
    Approximate,
    /// Another one that measures something else, or an unknown one: not added.
    Broken,
}

/// A definition that statements of a cell were entered under.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Used {
    /// Its hash.
    pub hash: DefinitionHash,
    /// Its version, if the network knows it.
    pub version: Option<u32>,
    /// Number of locations (in a location's cell: areas) that report figures under it.
    pub users: usize,
    /// The relation of its figures to those of the cell's own definition.
    pub relation: Relation,
    /// The reason that the mappings between them give.
    pub reason: Option<String>,
}

/// The definitions in a cell. Its own is the one whose figures reach the most users. In a tie it is
/// the one that holds for the period, or else the newest.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Drift {
    /// The cell's own definition; `None` if nothing was reported, or only under unknown ones.
    pub base: Option<DefinitionHash>,
    /// All definitions, newest version first.
    pub used: Vec<Used>,
}

impl Drift {
    /// Computes the drift from the number of users of each definition.
    pub(super) fn of(
        users: &BTreeMap<DefinitionHash, usize>,
        period: Period,
        network: &Network,
    ) -> Self {
        let relation = |from: &DefinitionHash, to: &DefinitionHash| {
            let pair = (network.definition(from), network.definition(to));
            match pair {
                (Some(from), Some(to)) => match network.versions(&to.code) {
                    Some(versions) => relation(from, to, versions),
                    None => (Relation::Broken, None),
                },
                (None, _) | (_, None) => (Relation::Broken, None),
            }
        };
        let reach = |base: &DefinitionHash| -> usize {
            let added = users
                .iter()
                .filter(|(hash, _)| relation(hash, base).0 < Relation::Broken);
            added.map(|(_, users)| users).sum()
        };
        let version = |hash: &DefinitionHash| network.definition(hash).map(|one| one.version);
        let holds = |hash: &DefinitionHash| {
            let definition = network.definition(hash);
            definition.is_some_and(|one| network.holding(&one.code, period) == Some(one))
        };
        let known = users.keys().filter(|hash| version(hash).is_some());
        let base = known
            .max_by_key(|hash| (reach(hash), holds(hash), version(hash), **hash))
            .copied();
        let mut used: Vec<_> = users
            .iter()
            .map(|(hash, users)| {
                let (relation, reason) =
                    base.map_or((Relation::Broken, None), |base| relation(hash, &base));
                Used {
                    hash: *hash,
                    version: version(hash),
                    users: *users,
                    relation,
                    reason,
                }
            })
            .collect();
        used.sort_by_key(|one| (std::cmp::Reverse(one.version), one.hash));
        Self { base, used }
    }

    /// The relation of figures under `hash` to the cell's own definition.
    pub fn relation(&self, hash: &DefinitionHash) -> Relation {
        let used = self.used.iter().find(|one| one.hash == *hash);
        used.map_or(Relation::Broken, |one| one.relation)
    }

    /// The version of `hash`, if it is used and known.
    pub fn version(&self, hash: &DefinitionHash) -> Option<u32> {
        self.used.iter().find(|one| one.hash == *hash)?.version
    }

    /// Says `7 of 9 locations use v3; 2 use v2`, and why they are added or not; empty if all use
    /// the same.
    pub(super) fn words(&self, all: usize, what: &str) -> Vec<String> {
        let mut by_users: Vec<&Used> = self.used.iter().filter(|one| one.users > 0).collect();
        if by_users.len() < 2 {
            return Vec::new();
        }
        by_users.sort_by_key(|one| std::cmp::Reverse(one.users));
        let mut words: Vec<String> = by_users
            .iter()
            .enumerate()
            .map(|(index, one)| {
                let users = one.users;
                let name = version_words(one.version);
                let verb = if users == 1 { "uses" } else { "use" };
                if index == 0 {
                    format!("{users} of {all} {what} {verb} {name}")
                } else {
                    format!("{users} {verb} {name}")
                }
            })
            .collect();
        for one in by_users {
            let name = version_words(one.version);
            let reason = one.reason.as_ref().map(|reason| format!(": {reason}"));
            let reason = reason.unwrap_or_default();
            match one.relation {
                Relation::Same | Relation::Exact => {}
                Relation::Approximate => {
                    words.push(format!("{name} is added as approximately the same{reason}"));
                }
                Relation::Broken => words.push(format!("{name} is not added{reason}")),
            }
        }
        words
    }
}

fn version_words(version: Option<u32>) -> String {
    version.map_or_else(
        || "an unknown definition".to_owned(),
        |version| format!("v{version}"),
    )
}

/// Follows the mappings from the newer definition down to the older one; the weakest one counts.
pub(crate) fn relation(
    a: &Definition,
    b: &Definition,
    versions: &Versions,
) -> (Relation, Option<String>) {
    if a == b {
        return (Relation::Same, None);
    }
    let (older, mut newer) = if a.version < b.version {
        (a, b)
    } else {
        (b, a)
    };
    if older.kind != newer.kind {
        return (Relation::Broken, None);
    }
    let (mut weakest, mut reason) = (Relation::Exact, None);
    loop {
        let Some(from) = newer
            .from
            .as_ref()
            .filter(|from| from.version < newer.version)
        else {
            return (Relation::Broken, None);
        };
        let step = match from.kind {
            MappingKind::Exact => Relation::Exact,
            MappingKind::Approximate => Relation::Approximate,
            MappingKind::Break => Relation::Broken,
        };
        if step > weakest {
            (weakest, reason) = (step, Some(from.reason.clone()));
        }
        match versions.version(from.version).map(|(next, _)| next) {
            Some(next) if next == older => return (weakest, reason),
            Some(next) if next.version > older.version => newer = next,
            Some(_) | None => return (Relation::Broken, None),
        }
    }
}
