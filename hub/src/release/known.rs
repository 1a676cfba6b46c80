//! Figures that offices published: everybody has them, so disclosure control counts with them,
//! whether they are in a release or not.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use weft_shared::{
    disclosure::{Cell, CellKey, Contributions, Counts, Kind},
    model::indicator::{DefinitionKey, Protect, Rows},
    rollup::{Fact, Network},
};

use super::{relations::tied, since::is_published};
use crate::{app::Counted, store::StoreError};

/// The published figures of indicators, and of those that include them or are part of them: when
/// the inputs were frozen, and now.
///
/// # Errors
/// If the store fails.
pub(super) fn known(
    (then, now): (&Counted<'_>, &Counted<'_>),
    definitions: &BTreeSet<DefinitionKey>,
) -> Result<Vec<Cell>, StoreError> {
    let network = now.network();
    let own = definitions.iter().map(|key| &key.code);
    let codes = tied(own.collect(), &[network]);
    let mut cells: BTreeMap<CellKey, Cell> = BTreeMap::new();
    // An office may have published since the inputs were frozen, or taken back what readers had.
    for at in [then, now] {
        let (reader, offices) = (at.reader()?, at.network());
        for code in codes.iter().filter(|code| offices.is_published(code)) {
            for label in reader.labels(Some(code))? {
                for (_, facts) in reader.facts(&label, None)? {
                    for fact in facts.iter().filter(|fact| is_published(fact)) {
                        add(&mut cells, network, fact);
                    }
                }
            }
        }
    }
    Ok(cells.into_values().collect())
}

/// Adds a figure, unless it has no counts.
fn add(cells: &mut BTreeMap<CellKey, Cell>, network: &Network, fact: &Fact) {
    let Some(statement) = fact.stated.first().map(|one| &one.statement) else {
        return;
    };
    let definition = network.definition(&statement.definition);
    let found = definition.and_then(|definition| {
        let member = network.expected_member(&fact.location)?;
        Some((definition, member, Kind::of(definition.kind)?))
    });
    let (Some((definition, member, kind)), Some(numerator)) = (found, statement.numerator) else {
        return;
    };
    let key = CellKey::new(definition.key(), fact.key.period, &fact.key.breakdown);
    let cell = cells.entry(key.clone()).or_insert_with(|| Cell {
        key,
        kind,
        factor: definition.factor,
        rows: Rows::Locations,
        protect: Protect::Persons,
        contributions: Arc::new(Contributions::new()),
    });
    let counts = Counts {
        numerator,
        denominator: statement.denominator,
    };
    let of = Arc::make_mut(&mut cell.contributions);
    let of = of.entry(member.code.clone()).or_default();
    of.insert(fact.key.area.clone(), counts);
}
