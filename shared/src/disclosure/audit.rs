//! The audit: whether all that is public, now and from earlier releases, leaves enough possible
//! values for every withheld small count. Rows that tell too much are withheld.

mod atoms;
mod beside;
mod constraint;
mod groups;
mod revisions;
mod row;
mod rows;
mod system;

use std::collections::{BTreeMap, BTreeSet};

#[cfg(test)]
pub(super) use self::{rows::bounds, system::System};

use self::{
    beside::Beside,
    groups::{Group, groups, is_audited},
    row::{AuditRow, State},
    rows::Rows,
    system::Atom,
};
use super::{
    before::Before,
    cell::{Cell, CellKey, Relations},
    profile::Profile,
    protect::{Draft, Exposed},
};
use crate::rollup::Level;

/// The outcome of an audit.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    /// Rows to be withheld.
    pub(super) withheld: Vec<(&'a CellKey, Level)>,
    /// Targets that no withholding protects.
    pub(super) exposed: Vec<Exposed>,
}

/// Audits a release, group by group.
pub(super) fn audit<'a>(
    profile: &Profile,
    cells: &BTreeMap<&'a CellKey, &'a Cell>,
    drafts: &BTreeMap<&'a CellKey, Vec<Draft<'a>>>,
    relations: &Relations,
    before: &Before,
) -> Found<'a> {
    let audited = cells.iter().filter(|(_, cell)| is_audited(cell));
    let audited = audited.filter_map(|(key, cell)| Some((*key, (*cell, drafts.get(key)?))));
    let audited = audited.map(|(key, (cell, drafts))| (key, (cell, drafts.as_slice())));
    let audited: BTreeMap<_, _> = audited.collect();
    let mut found = Found::default();
    for group in groups(&audited, relations, before) {
        let own = |key: &CellKey| cells.get_key_value(key).map(|(key, _)| *key);
        let rows = Rows::of(profile, &group);
        let mut audit = Audit {
            profile,
            group: &group,
            beside: Beside::of(&rows, &group),
            rows,
            exposed: BTreeSet::new(),
        };
        audit.counts();
        audit.differences();
        let (rows, exposed) = (&audit.rows, &audit.exposed);
        for row in rows.all.iter().filter(|row| row.state == State::Audited) {
            let (key, level) = rows.place(&group, row);
            found.withheld.extend(own(key).map(|key| (key, level)));
        }
        found.exposed.extend(exposed.iter().cloned());
    }
    found
}

struct Audit<'g, 'a> {
    profile: &'g Profile,
    group: &'g Group<'a>,
    rows: Rows<'a>,
    beside: Beside,
    exposed: BTreeSet<Exposed>,
}

impl Audit<'_, '_> {
    /// Withholds rows until each small count of a withheld row has enough possible values.
    fn counts(&mut self) {
        for at in 0..self.rows.all.len() {
            if self.rows.all[at].state != State::Withheld {
                continue;
            }
            for target in self.rows.targets(self.profile, at) {
                while !self.is_safe(&target) {
                    if !self.withhold_beside(&target) {
                        self.expose(at);
                        break;
                    }
                }
            }
        }
    }

    /// Withholds rows until each small difference between nested shown sets has enough possible
    /// values.
    fn differences(&mut self) {
        for at in 0..self.rows.all.len() {
            for other in self.rows.around(self.profile, at) {
                for target in self.rows.difference(self.profile, at, other) {
                    while self.rows.are_shown(at, other) && !self.is_safe(&target) {
                        let of_two = [at, other].into_iter();
                        let mut of_two = of_two.filter(|row| self.rows.is_open(*row));
                        if let Some(smaller) = of_two.next() {
                            self.rows.withhold(smaller);
                        } else if !self.withhold_beside(&target) {
                            self.expose(at);
                            break;
                        }
                    }
                }
            }
        }
    }

    fn is_safe(&mut self, target: &[Atom]) -> bool {
        let candidates = self.profile.candidates_min;
        self.rows.system.is_safe(target, candidates)
    }

    /// Withholds a row beside a target that is not safe. Returns whether there was one. Rows beside
    /// a constraint that stopped the search come first.
    fn withhold_beside(&mut self, target: &[Atom]) -> bool {
        let stuck = self.rows.system.stuck().iter().copied();
        let first = self.beside.first(&self.rows, stuck).or_else(|| {
            let tied = self.rows.tied(target.iter().copied());
            let system = &self.rows.system;
            let all = tied.iter().flat_map(|atom| system.constraints_of(*atom));
            self.beside.first(&self.rows, all)
        });
        if let Some(row) = first {
            self.rows.withhold(row);
        }
        first.is_some()
    }

    fn expose(&mut self, row: usize) {
        let row: &AuditRow<'_> = &self.rows.all[row];
        let (key, level) = self.rows.place(self.group, row);
        self.exposed.insert(Exposed {
            key: key.clone(),
            level,
        });
    }
}
