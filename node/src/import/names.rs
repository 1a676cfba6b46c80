//! Identifies a row's area by its code or name, ignoring invisible characters.

use std::collections::BTreeMap;

use strsim::levenshtein;
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
            let aliases = place.aliases_of(&area.code);
            let aliases =
                aliases.flat_map(|one| [one.code.clone(), format!("{}:{}", one.scheme, one.code)]);
            let names = [area.code.to_string(), area.name.clone()];
            for name in names.into_iter().chain(aliases) {
                let known = own
                    .areas
                    .entry(folded(&name))
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

    /// Returns our area whose code or name the field seems to misspell: one letter is wrong,
    /// missing or too many, or a separator. Digits tell areas apart, so they must be the same.
    pub(super) fn like(&self, field: &str) -> Option<&AreaCode> {
        let letters = |name: &str| name.chars().filter(|c| c.is_alphanumeric()).collect();
        let digits = |name: &str| -> String { name.chars().filter(char::is_ascii_digit).collect() };
        let given: String = letters(&folded(field));
        if given.chars().count() < LIKE_LETTERS_MIN {
            return None;
        }
        let is_like = |name: &String| {
            let name: String = letters(name);
            digits(&name) == digits(&given) && levenshtein(&given, &name) <= 1
        };
        let mut alike = self.areas.iter().filter(|(name, _)| is_like(name));
        alike.find_map(|(_, area)| area.as_ref())
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

/// Minimum letters and digits of a name that may be a misspelt one: short codes differ by little.
const LIKE_LETTERS_MIN: usize = 6;

/// Folds a name for comparison, without footnote marks.
fn folded(name: &str) -> String {
    folded_name(without_footnotes(name))
}

#[cfg(test)]
mod tests {
    use weft_shared::model::profile::Area;

    use super::*;

    #[test]
    fn areas_are_found_by_the_codes_of_others_and_by_names_with_a_slip() {
        let area = |code: &str, name: &str| Area {
            code: code.parse().unwrap(),
            name: name.to_owned(),
            from: None,
            to: None,
        };
        let place = Place {
            name: "Example".to_owned(),
            name_mi: None,
            areas: vec![
                area("FAR_NORTH", "Far North District"),
                area("AHIPARA", "Ward 1 North"),
                area("WARD_A", "Te Hiku"),
            ],
            aliases: [
                "stats_nz:001=FAR_NORTH",
                "ons:001=WARD_A",
                "stats_nz:31001=AHIPARA",
            ]
            .map(|alias| alias.parse().unwrap())
            .into(),
            areas_changed: None,
            location_id: None,
            confirmed_at: None,
        };
        let own = Own::new(&"FN".parse().unwrap(), &place);
        let found = |field: &str| own.area(field).unwrap().map(|area| area.to_string());
        assert_eq!(found("31001").as_deref(), Some("AHIPARA"));
        assert_eq!(found("ons:001").as_deref(), Some("WARD_A"));
        assert_eq!(found("002"), None);
        // Two schemes may use one code.
        assert!(own.area("001").unwrap_err().contains("several areas"));
        for (field, like) in [
            ("FARNORTH", Some("FAR_NORTH")),
            ("Far Nort District", Some("FAR_NORTH")),
            ("FAR_NORTHE", Some("FAR_NORTH")),
            ("FARNOTH", Some("FAR_NORTH")),
            ("FAR_NROTH", None),
            ("Ward 1 Nort", Some("AHIPARA")),
            ("Ward 2 North", None),
            ("WARD_B", None),
            ("ASHBURTON", None),
        ] {
            assert_eq!(own.like(field).map(AreaCode::as_str), like, "{field}");
        }
    }
}
