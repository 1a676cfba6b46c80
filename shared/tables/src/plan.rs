//! A plan of columns: which column of a file is what.
//!
//! As a file it is TOML:
//!
//! ```toml
//! [columns]
//! area = "Territorial Authority"
//! age = "Age"                      # a breakdown that the indicator has
//!
//! [constants]
//! period = "2022-03"
//!
//! [[figure]]                       # one for each figure of a row
//! indicator = "VAX_PRIMARY"
//! numerator = "Completed primary course"
//! denominator = "Population"
//!
//! [values.part]                    # what the file writes, and what it is here
//! F_Under5 = "age=Under 5,sex=Female"
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};

use crate::{
    limits::PLAN_BYTES_MAX,
    roles::{DATES, FIGURE, Role},
};

/// Which column of a file is what. Names of columns are those of the file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnPlan {
    /// The columns by what they are: `area`, `period`, `numerator`, the name of a breakdown, and so
    /// on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, String>,
    /// The constants of every row, by what they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub constants: BTreeMap<String, String>,
    /// The figures of a row, if it has several or its headings say what they are.
    #[serde(default, rename = "figure", skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<FigurePlan>,
    /// The file's words and ours, by what they name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// Columns that change nothing.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub leave_out: BTreeSet<String>,
    /// Columns over which rows about the same are added up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_up: Vec<String>,
    /// Whether a column that says the same in every row changes nothing, as in SDMX.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub same_throughout: bool,
}

/// One figure of a row: its columns, and what its heading says of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FigurePlan {
    /// The column of numerators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numerator: Option<String>,
    /// The column of denominators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denominator: Option<String>,
    /// The column of values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The column of figures, numerators or values by the kind of the indicator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure: Option<String>,
    /// The constants of this figure: `indicator`, `period`, or a breakdown by its name.
    #[serde(flatten)]
    pub constants: BTreeMap<String, String>,
}

impl FigurePlan {
    /// Its columns, by what they are.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let all = [
            ("numerator", &self.numerator),
            ("denominator", &self.denominator),
            ("value", &self.value),
            (FIGURE, &self.figure),
        ];
        all.into_iter()
            .filter_map(|(role, column)| Some((role, column.as_ref()?)))
    }
}

/// A plan that does not fit its file, or is none.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadPlan(pub(crate) String);

impl ColumnPlan {
    /// A plan that says nothing.
    pub const NONE: Self = Self {
        columns: BTreeMap::new(),
        constants: BTreeMap::new(),
        figures: Vec::new(),
        values: BTreeMap::new(),
        leave_out: BTreeSet::new(),
        add_up: Vec::new(),
        same_throughout: false,
    };

    /// Reads a plan from the text of a TOML file.
    ///
    /// # Errors
    /// If it is none; in words.
    pub fn from_toml(text: &str) -> Result<Self, BadPlan> {
        if text.len() > PLAN_BYTES_MAX {
            let kibibytes = PLAN_BYTES_MAX >> 10;
            return Err(BadPlan(format!(
                "a plan of columns may have {kibibytes} KiB"
            )));
        }
        toml::from_str(text)
            .map_err(|error| BadPlan(format!("this is no plan of columns: {error}")))
    }

    /// The plan as the text of a TOML file.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// The next steps of a person: the plan as a file for `--map`, and what to do. `open` are the
    /// questions that are open. The lines of the file are indented by four blanks, and a sentence
    /// ends the text, so that no full stop is added to the file.
    pub fn next_steps(&self, open: &[String]) -> String {
        let mut text = String::new();
        if !open.is_empty() {
            text.push_str("What is open:\n");
            text.extend(open.iter().map(|one| format!("  {one}\n")));
        }
        if !self.is_empty() {
            text.push_str("As a file for --map, what is known so far is:\n");
            let lines = self.to_toml();
            text.extend(lines.lines().map(|line| format!("    {line}\n")));
        }
        text.push_str(match open {
            [] => {
                "If that is right, import the file again with --yes. If not, say which column is \
                 what with --column, --constant or --map FILE."
            }
            _ => "Say what is open, and import the file again.",
        });
        text
    }

    /// Adds a column or a constant, as `area=Territorial Authority`.
    ///
    /// # Errors
    /// If the text is not a role, `=`, and something.
    pub fn pair(text: &str) -> Result<(String, String), String> {
        let pair = text
            .split_once('=')
            .map(|(role, text)| (role.trim(), text.trim()));
        pair.filter(|(role, text)| !role.is_empty() && !text.is_empty())
            .map(|(role, text)| (role.to_owned(), text.to_owned()))
            .ok_or_else(|| {
                format!(
                    "\"{text}\" says nothing about a column: write what it is, =, and the heading, \
                     such as numerator=\"People vaccinated\""
                )
            })
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::NONE
    }

    /// The part that fits the next file of this shape too: all but the period, which differs from
    /// file to file.
    #[must_use]
    pub fn lasting(&self) -> Self {
        let mut lasting = self.clone();
        lasting.constants.retain(|role, _| !is(role, "period"));
        lasting
    }

    /// This plan with what `given` says, which goes before.
    #[must_use]
    pub fn with(mut self, given: &Self) -> Self {
        for (role, column) in &given.columns {
            self.clear(role);
            // A column is one thing: what was guessed of it goes.
            self.columns.retain(|_, one| one != column);
            self.columns.insert(role.clone(), column.clone());
        }
        for (role, text) in &given.constants {
            self.clear(role);
            self.constants.insert(role.clone(), text.clone());
        }
        let figure = |role: &&String| {
            ["numerator", "value", FIGURE]
                .iter()
                .any(|one| is(role, one))
        };
        if !given.figures.is_empty() || given.columns.keys().any(|role| figure(&role)) {
            self.figures.clear();
        }
        if !given.figures.is_empty() {
            self.columns.retain(|role, _| !figure(&role));
            self.figures.clone_from(&given.figures);
        }
        for (role, values) in &given.values {
            self.values
                .entry(role.clone())
                .or_default()
                .extend(values.clone());
        }
        self.leave_out.extend(given.leave_out.iter().cloned());
        for column in &given.leave_out {
            self.columns.retain(|_, one| one != column);
        }
        self.add_up.extend(given.add_up.iter().cloned());
        self.same_throughout |= given.same_throughout;
        self
    }

    /// Takes away what says the same as a role.
    fn clear(&mut self, role: &str) {
        self.columns.retain(|one, _| !is(one, role));
        self.constants.retain(|one, _| !is(one, role));
        for figure in &mut self.figures {
            figure.constants.retain(|one, _| !is(one, role));
        }
    }

    /// Whether it says what the role is, in every row.
    pub fn says(&self, role: &str) -> bool {
        let in_all = !self.figures.is_empty()
            && self
                .figures
                .iter()
                .all(|figure| figure.constants.keys().any(|one| is(one, role)));
        in_all
            || self
                .columns
                .keys()
                .chain(self.constants.keys())
                .any(|one| is(one, role))
    }

    /// Whether it says where figures stand.
    pub fn has_figures(&self) -> bool {
        let figure = |role: &String| {
            ["numerator", "value", "obs_status", FIGURE]
                .iter()
                .any(|one| is(role, one))
        };
        !self.figures.is_empty() || self.columns.keys().any(figure)
    }

    /// Questions that are open before rows can be read, in words.
    pub fn open(&self) -> Vec<String> {
        let mut open = Vec::new();
        if !self.says("indicator") {
            open.push(
                "which indicator the figures are of: --constant indicator=CODE, or --column \
                 indicator=HEADING"
                    .to_owned(),
            );
        }
        if !self.says("area") && !self.says("area_name") {
            open.push(
                "which area they are about: --column area=HEADING, or --constant area=CODE"
                    .to_owned(),
            );
        }
        if !self.says("period") {
            open.push(
                "which period they are of: --constant period=2024-03, or --column period=HEADING"
                    .to_owned(),
            );
        }
        if !self.has_figures() {
            open.push(
                "where the figures stand: --column numerator=HEADING, and --column \
                 denominator=HEADING if it has one, or --column value=HEADING"
                    .to_owned(),
            );
        }
        open
    }
}

/// The statements that a plan may make of dates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dates {
    DayFirst,
    MonthFirst,
    Within,
}

pub(crate) const DATE_WORDS: [(&str, Dates); 3] = [
    ("day first", Dates::DayFirst),
    ("month first", Dates::MonthFirst),
    ("within", Dates::Within),
];

pub(crate) fn dates_of(text: &str) -> Option<Dates> {
    let found = DATE_WORDS.iter().find(|(word, _)| *word == text.trim());
    found.map(|(_, dates)| *dates)
}

/// Whether two names of a role mean the same.
pub(crate) fn is(one: &str, other: &str) -> bool {
    Role::of(one) == Role::of(other)
}

/// Writes a line for each column and constant, in the order of the roles.
impl fmt::Display for ColumnPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (role, column) in &self.columns {
            writeln!(f, "{column} is {}.", Role::of(role).words())?;
        }
        for figure in &self.figures {
            let columns = figure.columns();
            let columns: Vec<String> = columns
                .map(|(role, column)| format!("{column} is {}", Role::of(role).words()))
                .collect();
            let says = figure.constants.iter();
            let says: Vec<String> = says
                .map(|(role, text)| format!("{} {text}", Role::of(role).name()))
                .collect();
            let says = if says.is_empty() {
                String::new()
            } else {
                format!(" of {}", says.join(", "))
            };
            writeln!(f, "{}{says}.", columns.join(", "))?;
        }
        for (role, text) in &self.constants {
            match (Role::of(role), dates_of(text)) {
                (Role::Special(DATES), Some(Dates::Within)) => {
                    writeln!(f, "A date counts for the period that it is in.")?;
                }
                (Role::Special(DATES), _) => writeln!(f, "Dates are written {text}.")?,
                (role, _) => writeln!(f, "In every row, {} is {text}.", role.words())?,
            }
        }
        if !self.add_up.is_empty() {
            writeln!(
                f,
                "Rows that differ in {} alone are added up.",
                self.add_up.join(", ")
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_written_as_it_is_read() {
        let text = "add_up = [\"Identifier\"]\n\n[columns]\narea = \"State\"\n\n[constants]\n\
                    period = \"2010\"\n\n[[figure]]\nnumerator = \"TOTAL\"\nindicator = \"VA\"\n\n\
                    [values.part]\nF = \"sex=Female\"\n";
        let plan = ColumnPlan::from_toml(text).unwrap();
        assert_eq!(ColumnPlan::from_toml(&plan.to_toml()), Ok(plan.clone()));
        assert_eq!(plan.figures[0].numerator.as_deref(), Some("TOTAL"));
        assert!(plan.lasting().constants.is_empty());
        assert_eq!(plan.open(), Vec::<String>::new());
        assert!(ColumnPlan::from_toml("colums = 1").is_err());
        expect_test::expect![[r#"
            State is the area.
            TOTAL is the numerator of indicator VA.
            In every row, the period is 2010.
            Rows that differ in Identifier alone are added up.
        "#]]
        .assert_eq(&plan.to_string());
    }

    #[test]
    fn what_is_given_goes_before_what_is_guessed() {
        let guessed = "[columns]\narea = \"Place\"\nnumerator = \"Count\"\nperiod = \"Year\"";
        let given = "[columns]\nindicator_code = \"Place\"\n[constants]\nperiod = \"2024\"";
        let [guessed, given] = [guessed, given].map(|text| ColumnPlan::from_toml(text).unwrap());
        let plan = guessed.with(&given);
        assert!(plan.says("indicator") && plan.says("period") && !plan.says("area"));
        assert_eq!(plan.columns.len(), 2);
    }
}
