//! The areas of a location over time: each belongs to it from one day to another.

use std::{collections::BTreeSet, fmt};

use super::{Area, Place};
use crate::{
    id::{AreaCode, LocationCode},
    period::Date,
};

/// A change to one area of a location.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AreaChange {
    /// It belongs to the location from a day on, or from the start if there is no day.
    Gained(Area),
    /// It gets a last day there, or it never belonged to the location.
    Lost(Area),
}

impl Place {
    /// Returns its areas if it has `wanted` (codes and names) from the day `from` on; without a
    /// day, from the start and no others. Areas that ended before stay as they were.
    ///
    /// A location without areas counts as one area under its own code; that area ends too.
    pub fn areas_from(
        &self,
        code: &LocationCode,
        wanted: &[(AreaCode, String)],
        from: Option<Date>,
    ) -> Vec<Area> {
        let all = self.held(code).into_iter().map(|area| area.code).collect();
        let mut areas = self.handed(code, &all, wanted, from);
        for area in &mut areas {
            if let Some((_, name)) = wanted.iter().find(|(code, _)| *code == area.code) {
                area.name.clone_from(name);
            }
        }
        areas
    }

    /// Its areas once it has given away those that it `loses` and got what it `gains`, codes and
    /// names, from the day `from` on, or from the start. Whatever ended before, and what begins
    /// later, stays.
    ///
    /// The area that a location is itself, having none of its own, ends once it gets others.
    pub fn handed(
        &self,
        code: &LocationCode,
        loses: &BTreeSet<AreaCode>,
        gains: &[(AreaCode, String)],
        from: Option<Date>,
    ) -> Vec<Area> {
        let last = from.map(|from| from.yesterday().unwrap_or(Date::MIN));
        let itself = self.areas.is_empty() && !gains.is_empty();
        let mut areas = Vec::new();
        for mut area in self.held(code) {
            let gained = gains.iter().any(|(gained, _)| *gained == area.code);
            let over = area.to.is_some_and(|to| last.is_some_and(|last| to < last));
            let goes = itself || loses.contains(&area.code) || gained;
            if over || !goes {
                areas.push(area);
                continue;
            }
            let begun = last.is_some_and(|last| area.from.is_none_or(|begin| begin <= last));
            if begun {
                area.to = last.filter(|_| !gained);
                areas.push(area);
            }
        }
        for (gained, name) in gains {
            let goes_on = areas
                .iter()
                .any(|area| area.code == *gained && area.to.is_none());
            if !goes_on {
                areas.push(Area {
                    code: gained.clone(),
                    name: name.clone(),
                    from,
                    to: None,
                });
            }
        }
        areas
    }

    /// Its areas; the one that it is itself if it has none of its own.
    pub fn held(&self, code: &LocationCode) -> Vec<Area> {
        if !self.areas.is_empty() {
            return self.areas.clone();
        }
        let own = AreaCode::parse(code.as_str()).ok().map(|code| Area {
            code,
            name: self.name.clone(),
            from: None,
            to: None,
        });
        own.into_iter().collect()
    }

    /// The codes of the areas that it holds without a last day.
    pub fn lasting(&self) -> BTreeSet<AreaCode> {
        let lasting = self.areas.iter().filter(|area| area.to.is_none());
        lasting.map(|area| area.code.clone()).collect()
    }
}

/// Returns the differences between a location's old and new areas. A new name is not a change.
pub fn area_changes(before: &[Area], after: &[Area]) -> Vec<AreaChange> {
    let span = |area: &Area| (area.code.clone(), area.from, area.to);
    let had: BTreeSet<_> = before.iter().map(span).collect();
    let has: BTreeSet<_> = after.iter().map(span).collect();
    let begins = |areas: &[Area], area: &Area| {
        let mut areas = areas.iter();
        areas.any(|one| one.code == area.code && one.from == area.from)
    };
    let new = after.iter().filter(|area| !had.contains(&span(area)));
    let new = new.map(|area| match area.to {
        Some(_) if begins(before, area) => AreaChange::Lost(area.clone()),
        Some(_) | None => AreaChange::Gained(area.clone()),
    });
    let gone = before
        .iter()
        .filter(|area| !has.contains(&span(area)) && !begins(after, area));
    // Skip a span that was replaced: the new one reports the change.
    let moved = |area: &Area| {
        let mut same = after.iter().filter(|one| one.code == area.code);
        same.any(|one| !had.contains(&span(one)))
    };
    let gone = gone.filter(|area| !moved(area));
    let gone = gone.map(|area| {
        AreaChange::Lost(Area {
            to: None,
            ..area.clone()
        })
    });
    new.chain(gone).collect()
}

impl fmt::Display for AreaChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gained(Area {
                code, name, from, ..
            }) => match from {
                Some(from) => write!(f, "{code} ({name}) belongs to it from {from}"),
                None => write!(f, "{code} ({name}) belongs to it from the start"),
            },
            Self::Lost(Area { code, name, to, .. }) => match to {
                Some(to) => write!(f, "{code} ({name}) belongs to it until {to}"),
                None => write!(f, "{code} ({name}) never belonged to it"),
            },
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(from) = self.from {
            write!(f, " from {from}")?;
        }
        if let Some(to) = self.to {
            write!(f, " until {to}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(areas: &str) -> Place {
        let areas = areas.split_whitespace().map(|text| {
            let mut parts = text.split(',');
            Area {
                code: parts.next().unwrap().parse().unwrap(),
                name: "Area".to_owned(),
                from: parts.next().and_then(|day| day.parse().ok()),
                to: parts.next().and_then(|day| day.parse().ok()),
            }
        });
        Place {
            name: "Beta".to_owned(),
            name_mi: None,
            areas: areas.collect(),
            aliases: Vec::new(),
            areas_changed: None,
            location_id: None,
            confirmed_at: None,
        }
    }

    fn after(areas: &str, wanted: &str, from: &str) -> String {
        let wanted = wanted.split_whitespace();
        let wanted: Vec<_> = wanted
            .map(|code| (code.parse().unwrap(), "Area".to_owned()))
            .collect();
        let code = "BB".parse().unwrap();
        let place = place(areas);
        let areas = place.areas_from(&code, &wanted, from.parse().ok());
        let changes = area_changes(&place.held(&code), &areas);
        let changes: Vec<_> = changes.iter().map(ToString::to_string).collect();
        let areas: Vec<_> = areas.iter().map(ToString::to_string).collect();
        format!("{}; {}", areas.join(", "), changes.join(", "))
    }

    #[test]
    fn what_is_handed_over_leaves_the_rest_as_it_was() {
        for (areas, loses, gains, from, expected) in [
            (
                "NORTH",
                "NORTH",
                "SOUTH",
                "2024-01-01",
                "NORTH until 2023-12-31, SOUTH from 2024-01-01",
            ),
            (
                "NORTH EAST,2025-01-01",
                "NORTH",
                "",
                "2024-01-01",
                "NORTH until 2023-12-31, EAST from 2025-01-01",
            ),
            ("NORTH SOUTH,2025-01-01", "SOUTH", "", "2024-01-01", "NORTH"),
            // It comes back on the day on which it went, or after a while.
            (
                "EAST NORTH,,2023-12-31",
                "",
                "NORTH",
                "2024-01-01",
                "EAST, NORTH",
            ),
            (
                "EAST NORTH,,2020-06-30",
                "",
                "NORTH",
                "2024-01-01",
                "EAST, NORTH until 2020-06-30, NORTH from 2024-01-01",
            ),
            ("NORTH", "NORTH", "SOUTH", "start", "SOUTH"),
            (
                "",
                "",
                "SOUTH",
                "2024-01-01",
                "BB until 2023-12-31, SOUTH from 2024-01-01",
            ),
        ] {
            let codes = |text: &str| -> Vec<AreaCode> {
                text.split_whitespace()
                    .map(|code| code.parse().unwrap())
                    .collect()
            };
            let gains: Vec<_> = codes(gains)
                .into_iter()
                .map(|code| (code, "Area".to_owned()))
                .collect();
            let loses = codes(loses).into_iter().collect();
            let code = "BB".parse().unwrap();
            let handed = place(areas).handed(&code, &loses, &gains, from.parse().ok());
            let handed: Vec<_> = handed.iter().map(ToString::to_string).collect();
            assert_eq!(handed.join(", "), expected, "{areas}");
        }
    }

    #[test]
    fn earlier_days_stay_with_the_location_that_held_the_area() {
        for (areas, wanted, from, expected) in [
            (
                "EAST",
                "EAST SOUTH",
                "2024-01-01",
                "EAST, SOUTH from 2024-01-01; SOUTH (Area) belongs to it from 2024-01-01",
            ),
            (
                "NORTH SOUTH",
                "NORTH",
                "2024-01-01",
                "NORTH, SOUTH until 2023-12-31; SOUTH (Area) belongs to it until 2023-12-31",
            ),
            // No change.
            ("NORTH SOUTH", "SOUTH NORTH", "2024-01-01", "NORTH, SOUTH; "),
            // It returns after a gap, and both spans stay.
            (
                "NORTH SOUTH,,2020-06-30",
                "NORTH SOUTH",
                "2024-01-01",
                "NORTH, SOUTH until 2020-06-30, SOUTH from 2024-01-01; SOUTH (Area) belongs to it \
                 from 2024-01-01",
            ),
            // Set again before it took effect.
            (
                "NORTH SOUTH,2025-01-01",
                "NORTH",
                "2024-01-01",
                "NORTH; SOUTH (Area) never belonged to it",
            ),
            // A location that counted as one area.
            (
                "",
                "NORTH",
                "2024-01-01",
                "BB until 2023-12-31, NORTH from 2024-01-01; BB (Beta) belongs to it until \
                 2023-12-31, NORTH (Area) belongs to it from 2024-01-01",
            ),
            (
                "NORTH",
                "SOUTH",
                "start",
                "SOUTH; SOUTH (Area) belongs to it from the start, NORTH (Area) never belonged to \
                 it",
            ),
            // An area that was wrong from the start is reported once.
            (
                "NORTH SOUTH,2023-01-01,2023-03-31",
                "NORTH SOUTH",
                "start",
                "NORTH, SOUTH; SOUTH (Area) belongs to it from the start",
            ),
            (
                "NORTH SOUTH,,2024-04-30",
                "NORTH",
                "start",
                "NORTH; SOUTH (Area) never belonged to it",
            ),
        ] {
            assert_eq!(after(areas, wanted, from), expected);
        }
    }
}
