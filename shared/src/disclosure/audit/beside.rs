//! The rows that can be withheld beside a constraint, each time the first of them.

use std::collections::BTreeMap;

use super::{groups::Group, rows::Rows};

/// Rows by constraint. The list of a constraint is made once and only grows shorter, because a row
/// that was withheld stays so: a network's constraint has all rows of a cell.
#[derive(Debug)]
pub(super) struct Beside {
    /// The rows that could be withheld at the start, in their order.
    in_order: Vec<u32>,
    /// The place of each row in that order; none of a row that could not be withheld.
    places: Vec<Option<u32>>,
    /// For constraints that were asked for: the places of their rows, the first one last.
    lists: BTreeMap<u32, Vec<u32>>,
}

impl Beside {
    pub(super) fn of(rows: &Rows<'_>, group: &Group<'_>) -> Self {
        let in_order = rows.in_order(group);
        let mut places = vec![None; rows.all.len()];
        for (place, row) in (0..).zip(&in_order) {
            places[*row as usize] = Some(place);
        }
        Self {
            in_order,
            places,
            lists: BTreeMap::new(),
        }
    }

    /// The first row that can be withheld and shares an atom, or one that a relation ties to it,
    /// with one of these constraints. One of few atoms comes first: in a large network all rows
    /// share the network's, and most of them would be withheld in vain.
    pub(super) fn first(
        &mut self,
        rows: &Rows<'_>,
        constraints: impl IntoIterator<Item = u32>,
    ) -> Option<usize> {
        let mut constraints: Vec<u32> = constraints.into_iter().collect();
        constraints.sort_unstable_by_key(|constraint| (rows.system.size(*constraint), *constraint));
        constraints.dedup();
        let mut firsts = constraints.into_iter().filter_map(|constraint| {
            let list = self.lists.entry(constraint);
            let list = list.or_insert_with(|| list_of(rows, &self.places, constraint));
            let row_at = |place: u32| self.in_order[place as usize] as usize;
            while list.pop_if(|place| !rows.is_open(row_at(*place))).is_some() {}
            list.last().map(|place| row_at(*place))
        });
        firsts.next()
    }
}

fn list_of(rows: &Rows<'_>, places: &[Option<u32>], constraint: u32) -> Vec<u32> {
    let atoms = rows.tied(rows.system.atoms_of(constraint));
    let shared = atoms
        .iter()
        .flat_map(|atom| rows.system.constraints_of(*atom));
    let owners = shared.filter_map(|id| rows.owner(id));
    let mut list: Vec<u32> = owners.filter_map(|row| places[row]).collect();
    list.sort_unstable_by(|one, other| other.cmp(one));
    list.dedup();
    list
}
