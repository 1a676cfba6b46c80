//! Whether a plan fits its file.

use weft_shared::text::listed;

use crate::{
    known::Known,
    plan::{ColumnPlan, DATE_WORDS, FigurePlan, dates_of},
    roles::{DATES, Role},
    sheet::Sheet,
};

/// Checks that the columns exist and the parts are known.
///
/// # Errors
/// Returns everything that does not fit, in words.
pub(super) fn check(
    plan: &ColumnPlan,
    sheet: &Sheet,
    known: &Known<'_>,
) -> Result<(), Vec<String>> {
    let mut wrong = Vec::new();
    let of_figures = plan.figures.iter().flat_map(FigurePlan::columns);
    let columns = plan
        .columns
        .values()
        .chain(of_figures.map(|(_, column)| column));
    for column in columns.chain(&plan.leave_out).chain(&plan.add_up) {
        if sheet.place(column).is_none() {
            let names: Vec<&str> = sheet.names.iter().map(String::as_str).collect();
            wrong.push(format!(
                "the file has no column \"{column}\"; it has {}",
                listed(&names, NAMES_SHOWN)
            ));
        }
    }
    let of_figures = plan
        .figures
        .iter()
        .flat_map(|figure| figure.constants.keys());
    let roles = plan
        .columns
        .keys()
        .chain(plan.constants.keys())
        .chain(of_figures);
    let mut unknown: Vec<&String> = roles
        .filter(|role| match Role::of(role) {
            Role::Part(name) => known.breakdown(&name).is_none(),
            Role::Own(_) | Role::Special(_) => false,
        })
        .collect();
    unknown.sort();
    unknown.dedup();
    for role in unknown {
        wrong.push(format!(
            "\"{role}\" is nothing that a column can be: write indicator, area, period, \
             numerator, denominator, value, status, part, or a breakdown of the indicator"
        ));
    }
    let dates = plan.constants.get(DATES).map(String::as_str);
    if dates.is_some_and(|dates| dates_of(dates).is_none()) {
        wrong.push(format!(
            "dates is one of {}",
            DATE_WORDS.map(|(word, _)| word).join(", ")
        ));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// Number of headings that are named in a message.
const NAMES_SHOWN: usize = 12;
