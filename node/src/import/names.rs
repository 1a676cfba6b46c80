//! Identifies a row's area by its code or name, ignoring invisible characters.

use std::collections::BTreeMap;

use weft_shared::{
    id::{AreaCode, LocationCode},
    model::{
        profile::Place,
        spelling::{folded_name, without_footnotes},
    },
};

/// The location and its areas, by all of their names and codes.
#[derive(Debug)]
pub(super) struct Own {
    code: LocationCode,
    location: Vec<String>,
    /// The area of each name; `None` if several share it.
    areas: BTreeMap<String, Option<AreaCode>>,
}

impl Own {
    pub(super) fn new(code: &LocationCode, place: &Place) -> Self {
        let mut own = Self {
            code: code.clone(),
            location: vec![folded(code.as_str()), folded(&place.name)],
            areas: BTreeMap::new(),
        };
        own.location.extend(place.name_mi.as_deref().map(folded));
        if place.areas.is_empty()
            && let Ok(only) = AreaCode::parse(code.as_str())
        {
            let names = own.location.clone();
            own.areas = names
                .into_iter()
                .map(|name| (name, Some(only.clone())))
                .collect();
        }
        for area in &place.areas {
            for name in [area.code.as_str(), area.name.as_str()] {
                let known = own
                    .areas
                    .entry(folded(name))
                    .or_insert_with(|| Some(area.code.clone()));
                if known.as_ref() != Some(&area.code) {
                    *known = None;
                }
            }
        }
        // A code always means the area of that code, even if another area has it as a name.
        for area in &place.areas {
            own.areas
                .insert(folded(area.code.as_str()), Some(area.code.clone()));
        }
        own.areas.remove("");
        own
    }

    /// Whether a field names the location.
    pub(super) fn is_ours(&self, location: &str) -> bool {
        LocationCode::parse(location).is_ok_and(|code| code == self.code)
            || self.location.contains(&folded(location))
    }

    /// Returns the area that a field names.
    ///
    /// # Errors
    /// If several areas share the name.
    pub(super) fn area(&self, field: &str) -> Result<Option<AreaCode>, String> {
        match self.areas.get(&folded(field)) {
            Some(Some(area)) => Ok(Some(area.clone())),
            None => Ok(None),
            Some(None) => Err(format!(
                "several areas of {} are called {}: give the area's code",
                self.code,
                super::sheet::one_line(field)
            )),
        }
    }
}

/// Folds a name for comparison, without footnote marks.
fn folded(name: &str) -> String {
    folded_name(without_footnotes(name))
}
