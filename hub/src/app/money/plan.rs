//! Which column of a file of investments is which field: by Weft's own headings, by a plan that was
//! given or remembered, or proposed for a person to confirm.

use std::collections::BTreeSet;

use weft_shared::text::{capital, listed};
use weft_tables::{ColumnPlan, Sheet, plain};

use super::file;

/// The field of a plan for the order of day and month in dates: `day first` or `month first`.
pub(super) const DATES: &str = "dates";
/// Headings that a proposal names as left out.
const LEFT_OUT_SHOWN: usize = 12;

/// The headings by which others name our fields, without blanks, hyphens and dots. The first that a
/// file has is taken. The addresses of recipients are in none: they are not where money went.
const HEADINGS: [(&str, &[&str]); 12] = [
    (
        "title",
        &[
            "title",
            "granttitle",
            "projecttitle",
            "contracttitle",
            "projectname",
        ],
    ),
    (
        "funder",
        &[
            "fundingorg:name",
            "fundingorganisation",
            "funder",
            "fundername",
            "fundingagency",
        ],
    ),
    ("funder_id", &["fundingorg:identifier", "funderidentifier"]),
    (
        "recipient",
        &[
            "recipientorg:name",
            "recipient",
            "recipientname",
            "organisation",
            "supplier",
            "grantee",
        ],
    ),
    (
        "recipient_id",
        &["recipientorg:identifier", "recipientidentifier"],
    ),
    (
        "amount",
        &[
            "amountawarded",
            "amount",
            "grantamount",
            "amountapproved",
            "contractvalue",
            "value",
        ],
    ),
    ("currency", &["currency"]),
    (
        "awarded",
        &[
            "awarddate",
            "awarded",
            "dateawarded",
            "approvaldate",
            "dateapproved",
        ],
    ),
    (
        "from",
        &["planneddates:startdate", "startdate", "from", "start"],
    ),
    ("to", &["planneddates:enddate", "enddate", "to", "end"]),
    (
        "identifier",
        &[
            "identifier",
            "grantid",
            "reference",
            "contractnumber",
            "grantnumber",
        ],
    ),
    ("note", &["description", "note", "notes", "purpose"]),
];

/// The fields that every investment of a file must have.
const NEEDED: [&str; 6] = ["identifier", "title", "funder", "amount", "from", "to"];
/// The headings of which a file in Weft's own form has all.
const OWN: [&str; 5] = ["title", "funder", "amount", "status", "source"];
/// Beginnings of headings of the 360Giving standard whose cells are about a person.
const INDIVIDUAL: [&str; 2] = ["recipientind", "toindividualsdetails"];

/// A plan for a file.
#[derive(Debug)]
pub(super) struct Proposal {
    pub(super) plan: ColumnPlan,
    /// Whether parts of it are guesses, which a person must confirm.
    pub(super) guessed: bool,
    /// Whether the file is in Weft's own form.
    pub(super) is_own: bool,
    /// Headings that the plan does not use.
    pub(super) unused: Vec<String>,
}

/// The place of the text of a field.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Column(usize),
    Text(String),
}

/// Proposes a plan; what is `given` goes before every guess. `name` is that of the file.
pub(super) fn propose(
    sheet: &Sheet,
    given: &ColumnPlan,
    name: &str,
) -> Result<Proposal, Vec<String>> {
    check(sheet, given)?;
    let names: Vec<String> = sheet.headings().iter().map(|one| plain(one)).collect();
    let has = |name: &str| names.iter().any(|one| *one == plain(name));
    let is_own = OWN.iter().all(|name| has(name)) && (has("identifier") || has(file::ID));
    let mut plan = ColumnPlan::default();
    let heading = |at: usize| sheet.headings()[at].clone();
    let at = |wanted: &str| names.iter().position(|one| *one == plain(wanted));
    if is_own {
        for column in file::columns() {
            if let Some(at) = at(column) {
                plan.columns.insert(column.to_owned(), heading(at));
            }
        }
    } else {
        for (field, headings) in HEADINGS {
            if let Some(at) = headings.iter().find_map(|one| at(one)) {
                plan.columns.insert(field.to_owned(), heading(at));
            }
        }
        let constants = [("kind", "cash"), ("status", "committed"), ("source", name)];
        for (field, text) in constants {
            plan.constants.insert(field.to_owned(), text.to_owned());
        }
    }
    let plan = plan.with(given);
    twice(sheet, &plan)?;
    let used: BTreeSet<String> = plan.columns.values().map(|one| plain(one)).collect();
    let headings = sheet.headings().iter();
    let unused = headings.filter(|one| !one.is_empty() && !used.contains(&plain(one)));
    // The name of the file is another one each time, and is shown with every investment.
    let said = |plan: &ColumnPlan| {
        let mut constants = plan.constants.clone();
        constants.retain(|field, text| field != "source" || text != name);
        (plan.columns.clone(), constants)
    };
    Ok(Proposal {
        guessed: !is_own && said(&plan) != said(given),
        unused: unused.cloned().collect(),
        is_own,
        plan,
    })
}

/// Refuses columns that are used and have the heading of another one: no one knows which is meant.
fn twice(sheet: &Sheet, plan: &ColumnPlan) -> Result<(), Vec<String>> {
    let of = |heading: &&String| {
        let alike = |one: &&String| plain(one) == plain(heading);
        sheet.headings().iter().filter(alike).count()
    };
    let used: BTreeSet<&String> = plan.columns.values().collect();
    let several = used.into_iter().filter(|heading| of(heading) > 1);
    let problems: Vec<String> = several
        .map(|heading| {
            format!(
                "the file has {} columns \"{heading}\": leave the one that is meant, or give the \
                 others different headings",
                of(&heading)
            )
        })
        .collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems),
    }
}

/// The problems of a plan that a person gave.
fn check(sheet: &Sheet, given: &ColumnPlan) -> Result<(), Vec<String>> {
    let mut problems = Vec::new();
    let known: Vec<&str> = file::fields().map(|field| field.key).collect();
    for field in given
        .columns
        .keys()
        .chain(given.constants.keys())
        .chain(given.values.keys())
    {
        if field != DATES && !known.contains(&field.as_str()) {
            problems.push(format!(
                "there is no field {field}: there are {}",
                known.join(", ")
            ));
        }
    }
    for column in given.columns.values() {
        if !sheet
            .headings()
            .iter()
            .any(|one| plain(one) == plain(column))
        {
            let headings = listed(sheet.headings(), LEFT_OUT_SHOWN);
            problems.push(format!(
                "the file has no column \"{column}\": it has {headings}"
            ));
        }
    }
    let dates = given.constants.get(DATES).map(String::as_str);
    if given.columns.contains_key(DATES)
        || dates.is_some_and(|text| !["day first", "month first"].contains(&text))
    {
        problems.push("dates are \"day first\" or \"month first\"".to_owned());
    }
    let figures = !given.figures.is_empty() || !given.add_up.is_empty();
    if figures {
        problems.push("a plan for money has columns, constants and values, no figures".to_owned());
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems),
    }
}

impl Proposal {
    /// The things that must be said before rows can be read, in words.
    pub(super) fn open(&self) -> Vec<String> {
        let says = |field: &str| {
            self.plan.columns.contains_key(field) || self.plan.constants.contains_key(field)
        };
        // A file of Weft's own may name investments by their ids.
        let needed = NEEDED.iter().filter(|field| !self.is_own && !says(field));
        needed
            .map(|field| match *field {
                "identifier" => "which column identifies each one, so that no import counts it \
                                 twice: --column identifier=HEADING"
                    .to_owned(),
                field => {
                    format!("{field}: --column {field}=HEADING, or --constant {field}=TEXT")
                }
            })
            .collect()
    }

    /// The place of each field in a row.
    pub(super) fn sources(&self, sheet: &Sheet) -> Vec<(String, Source)> {
        let constants = self.plan.constants.iter();
        let constants = constants.map(|(field, text)| (field.clone(), Source::Text(text.clone())));
        let columns = self.plan.columns.iter().filter_map(|(field, column)| {
            let mut headings = sheet.headings().iter();
            let at = headings.position(|one| plain(one) == plain(column))?;
            Some((field.clone(), Source::Column(at)))
        });
        columns.chain(constants).collect()
    }

    /// The plan in words, and what to do about it.
    pub(super) fn asked(&self, sheet: &Sheet) -> String {
        let mut text = String::from("it is not in Weft's own columns.\nWhat goes where:");
        for (field, column) in &self.plan.columns {
            text.push_str(&format!("\n  {column} is {}.", label(field)));
        }
        for (field, constant) in &self.plan.constants {
            text.push_str(&format!(
                "\n  In every row, {} is {constant}.",
                label(field)
            ));
        }
        if !self.unused.is_empty() {
            let unused = listed(&self.unused, LEFT_OUT_SHOWN);
            text.push_str(&format!("\n  Left out: {unused}."));
        }
        for note in sheet.notes() {
            text.push_str(&format!("\n{}.", capital(note)));
        }
        text.push('\n');
        text.push_str(&self.plan.next_steps(&self.open()));
        text
    }
}

fn label(field: &str) -> String {
    let label = file::fields().find(|one| one.key == field);
    let label = label.map_or(field, |one| one.label);
    format!("\"{label}\"")
}

/// The columns about persons.
pub(super) fn individual(sheet: &Sheet) -> Vec<usize> {
    let headings = sheet.headings().iter().enumerate();
    let about = headings.filter(|(_, name)| {
        let name = plain(name);
        INDIVIDUAL.iter().any(|start| name.starts_with(start))
    });
    about.map(|(at, _)| at).collect()
}
