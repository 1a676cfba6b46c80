//! Known layouts, and what they say of the columns of a file.

use weft_shared::model::label::folded;

use crate::{
    headings::{Layout, id, of},
    known::Known,
    plan::ColumnPlan,
    roles::{COLUMNS, plain},
    sheet::Sheet,
};

impl Sheet {
    /// The layout of the file, if its headings are of a known one.
    pub fn layout(&self) -> Option<Layout> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        of(&names)
    }

    /// Returns the heading of this id.
    fn heading(&self, name: &str) -> Option<&str> {
        let wanted = plain(name);
        let mut names = self.names.iter();
        names.find(|one| id(one) == wanted).map(String::as_str)
    }

    /// The layout's columns, as a plan; empty if it is not known.
    pub(crate) fn plan_of_layout(&self, known: &Known<'_>) -> ColumnPlan {
        let mut plan = ColumnPlan::default();
        let mut column = |role: &str, names: &[&str]| {
            let found = names.iter().find_map(|name| self.heading(name));
            if let Some(found) = found {
                plan.columns.insert(role.to_owned(), found.to_owned());
            }
        };
        match self.layout() {
            None => {
                for own in ALONE {
                    column(own, &[own]);
                }
                column("figure", &["value"]);
            }
            Some(Layout::Own) => {
                for own in COLUMNS {
                    column(own, &[own]);
                }
            }
            Some(Layout::Dhis2) => {
                column("indicator", &["dataelement"]);
                column("area", &["orgunit"]);
                column("period", &["period"]);
                column("part", &["categoryoptioncombo"]);
                column("figure", &["value"]);
                column("deleted", &["deleted"]);
                for name in &self.names {
                    if let Some(part) = known.breakdown(name) {
                        plan.columns.insert(part.to_owned(), name.clone());
                    }
                }
            }
            Some(Layout::Sdmx) => {
                column("area", &["REF_AREA", "GEO", "GEOGRAPHY", "AREA"]);
                column("period", &["TIME_PERIOD"]);
                column("figure", &["OBS_VALUE"]);
                column("obs_status", &["OBS_STATUS"]);
                column("multiplier", &["UNIT_MULT"]);
                column("deleted", &["ACTION"]);
                let indicator = self.sdmx_indicator(known);
                plan.columns
                    .extend(indicator.map(|name| ("indicator".to_owned(), name)));
                plan.same_throughout = true;
            }
            Some(Layout::Grants) => {
                column("numerator", &["Amount Awarded"]);
                column("period", &["Award Date"]);
                column(
                    "area",
                    &[
                        "Beneficiary Location:0:Geographic Code",
                        "Beneficiary Location:Geographic Code",
                        "Beneficiary Location:0:Name",
                        "Beneficiary Location:Name",
                    ],
                );
                plan.constants
                    .insert("dates".to_owned(), "within".to_owned());
                plan.add_up
                    .extend(self.heading("Identifier").map(str::to_owned));
            }
        }
        plan
    }

    /// Returns the heading of the dimension that names indicators, if we know all of them.
    fn sdmx_indicator(&self, known: &Known<'_>) -> Option<String> {
        let names = ["INDICATOR", "MEASURE", "SERIES", "SUBJECT"];
        let name = names.iter().find_map(|name| self.heading(name))?;
        let values = self.values(name);
        let mut values = values.iter();
        let all = values.all(|value| known.definition(value).is_some());
        all.then(|| name.to_owned())
    }

    /// Returns the different texts of a column, a few of them.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        let mut values: Vec<&str> = Vec::new();
        let Some(at) = self.place(name) else {
            return values;
        };
        for (_, row) in &self.rows {
            let value = row.get(at).unwrap_or_default().trim();
            if !values.contains(&value) {
                values.push(value);
            }
            if values.len() >= VALUES_MAX {
                break;
            }
        }
        values
    }

    /// Returns the place of a column that a plan names, however it spells it.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        let exactly = self.names.iter().position(|one| one == name.trim());
        exactly.or_else(|| {
            let wanted = folded(name);
            self.names.iter().position(|one| folded(one) == wanted)
        })
    }
}

/// Headings of our own layout that mean the same in any file.
const ALONE: [&str; 10] = [
    "indicator_code",
    "area_code",
    "area_name",
    "location_code",
    "period",
    "numerator",
    "denominator",
    "breakdown",
    "breakdown_value",
    "obs_status",
];

/// Number of different texts of a column that are looked at.
const VALUES_MAX: usize = 400;
