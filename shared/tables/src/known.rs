//! The things that a file is compared with: the indicators, the areas and the day.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    id::IndicatorCode,
    model::{
        indicator::{ANY_VALUE, Definition},
        spelling::{folded_name, without_footnotes},
    },
    period::Date,
};

/// The knowledge of a file's reader.
#[derive(Debug)]
pub struct Known<'a> {
    definitions: BTreeMap<IndicatorCode, &'a Definition>,
    /// The indicator of each name; `None` if several share it.
    names: BTreeMap<String, Option<&'a Definition>>,
    areas: BTreeSet<String>,
    /// The area, if there is no other.
    pub(crate) only_area: Option<String>,
    pub(crate) today: Date,
}

impl<'a> Known<'a> {
    /// Takes the indicators, every name and code of every area, the area that figures without one
    /// are about if there is no other, and the latest day today in any time zone.
    pub fn new(
        definitions: impl IntoIterator<Item = &'a Definition>,
        areas: impl IntoIterator<Item = String>,
        only_area: Option<String>,
        today: Date,
    ) -> Self {
        let mut known = Self {
            definitions: BTreeMap::new(),
            names: BTreeMap::new(),
            areas: areas.into_iter().map(|name| folded_name(&name)).collect(),
            only_area,
            today,
        };
        known.areas.remove("");
        for definition in definitions {
            known
                .definitions
                .insert(definition.code.clone(), definition);
            let name = folded_name(&definition.name);
            let named = known.names.entry(name).or_insert(Some(definition));
            if named.is_some_and(|one| one.code != definition.code) {
                *named = None;
            }
        }
        known
    }

    /// Every indicator.
    pub(crate) fn definitions(&self) -> impl Iterator<Item = &'a Definition> {
        self.definitions.values().copied()
    }

    /// Returns the indicator of a code or a name.
    pub(crate) fn definition(&self, text: &str) -> Option<&'a Definition> {
        let code = IndicatorCode::parse(text).ok();
        let coded = code.and_then(|code| self.definitions.get(&code)).copied();
        coded.or_else(|| {
            let named = self.names.get(&folded_name(without_footnotes(text)));
            named.copied().flatten()
        })
    }

    /// Whether a text names an area.
    pub(crate) fn is_area(&self, text: &str) -> bool {
        self.areas.contains(&folded_name(without_footnotes(text)))
    }

    /// Returns the names of the breakdowns that some indicator has.
    pub(crate) fn breakdown(&self, name: &str) -> Option<&'a str> {
        let wanted = folded_name(name);
        let mut names = self.definitions().flat_map(|one| one.breakdowns.keys());
        names
            .find(|one| folded_name(one) == wanted)
            .map(String::as_str)
    }

    /// Returns the breakdown of `definition` that has a value of this name, if only one has.
    pub(crate) fn part<'d>(definition: &'d Definition, value: &str) -> Option<(&'d str, &'d str)> {
        let wanted = folded_name(value);
        let values = definition.breakdowns.iter().flat_map(|(name, values)| {
            let values = values.iter().filter(|value| *value != ANY_VALUE);
            values.map(move |value| (name.as_str(), value.as_str()))
        });
        let mut found = values.filter(|(_, value)| folded_name(value) == wanted);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }
}

/// Whether a text means the whole population.
pub(crate) fn is_total(text: &str) -> bool {
    let text = folded_name(text);
    // HllvX50cXC0 is the combination of no categories in every DHIS2.
    ["", "total", "t", "all", "default", "hllvx50cxc0"].contains(&text.as_str())
}
