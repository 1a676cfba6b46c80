//! Whose area a row is about: a code, its name, or either with something in it that nobody sees.

use std::collections::BTreeMap;

use weft_shared::{
    id::{AreaCode, LocationCode},
    model::{
        profile::Place,
        spelling::{folded_name, without_footnotes},
    },
};

/// The location and its areas, by everything that they may be called.
#[derive(Debug)]
pub(super) struct Own {
    code: LocationCode,
    location: Vec<String>,
    /// The area of each name; nothing where several are called so.
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
        // A code is always the area of that code, whatever others are called.
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

    /// The area that a field names.
    ///
    /// # Errors
    /// If several areas are called so.
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

/// A name as it is compared; footnote marks are none of it.
fn folded(name: &str) -> String {
    folded_name(without_footnotes(name))
}
