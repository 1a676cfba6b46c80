//! The part of the population that a row is about.

use csv::StringRecord;
use weft_shared::model::{indicator::Definition, observation::Breakdown};

use super::{Figure, Maker, clean, one_line, source_text};
use crate::{
    known::{Known, is_total},
    roles::{PART, Role},
};

impl Maker<'_, '_> {
    /// Returns the part of the population that the roles of a row tell together; `None` if the file
    /// has columns for it as we do.
    pub(super) fn breakdown(
        &self,
        row: &StringRecord,
        figure: &Figure,
        definition: Option<&Definition>,
        problems: &mut Vec<String>,
    ) -> Option<Breakdown> {
        let mut parts: Vec<(String, String)> = Vec::new();
        let mut any = false;
        for (role, source) in &figure.roles {
            let cell = source_text(source, row);
            match role {
                Role::Part(name) => {
                    any = true;
                    let value = self.mapped(name, cell);
                    let name = self.known.breakdown(name).unwrap_or(name);
                    if !is_total(&value) {
                        parts.push((name.to_owned(), clean(&value)));
                    }
                }
                Role::Special(PART) => {
                    any = true;
                    match self.combined(cell, definition) {
                        Ok(found) => parts.extend(found),
                        Err(message) => problems.push(message),
                    }
                }
                Role::Own(_) | Role::Special(_) => {}
            }
        }
        if !any {
            return None;
        }
        match Breakdown::crossed(parts) {
            Ok(breakdown) => Some(breakdown),
            Err(error) => {
                problems.push(error.to_string());
                Some(Breakdown::Total)
            }
        }
    }

    /// Reads one word for a part of the population: as the plan maps it, or as values of the
    /// indicator's breakdowns with commas between.
    fn combined(
        &self,
        cell: &str,
        definition: Option<&Definition>,
    ) -> Result<Vec<(String, String)>, String> {
        let mapped = self.mapped(PART, cell);
        if is_total(&mapped) {
            return Ok(Vec::new());
        }
        let Some(definition) = definition else {
            return Ok(Vec::new());
        };
        let names = definition.breakdowns.keys().map(String::as_str);
        if mapped.contains('=')
            && let Ok(breakdown) = Breakdown::from_typed(&mapped, names)
        {
            return Ok(breakdown.parts().to_vec());
        }
        let whole = Known::part(definition, &mapped).map(|part| vec![part]);
        let pieces = mapped
            .split(',')
            .map(|piece| Known::part(definition, piece));
        let found = whole.or_else(|| pieces.collect());
        let owned = found.map(|parts| {
            let parts = parts.into_iter();
            parts
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect()
        });
        owned.ok_or_else(|| {
            let names: Vec<&str> = definition.breakdowns.keys().map(String::as_str).collect();
            let by = if names.is_empty() {
                format!(
                    "{} is reported for the whole population alone",
                    definition.code
                )
            } else {
                format!("{} is reported by {}", definition.code, names.join(" and "))
            };
            format!(
                "\"{}\" is no part of the population that Weft knows; {by}: say which it is in a \
                 file for --map, under [values.part]",
                one_line(&mapped)
            )
        })
    }
}
