//! The columns of a file: which is what, by their names, by a plan that was given, or as last time.

use std::collections::BTreeMap;

use weft_shared::text::{counted, listed};
use weft_tables::{ColumnPlan, Known, Layout, Proposal, Sheet, propose};

use super::{Context, Problem, Refused, sheet};

/// A person's statements about the columns of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Columns {
    /// Which column is what.
    pub(crate) given: ColumnPlan,
    /// The sheet of a workbook.
    pub(crate) sheet: Option<String>,
    /// Whether what was guessed is right.
    pub(crate) confirmed: bool,
    /// Whether the plan is to be shown, even if it is certain or remembered.
    pub(crate) shown: bool,
    /// Whether a person confirms the plan of a known layout too, the first time.
    pub(crate) confirms_layouts: bool,
}

/// The plans of columns that this computer remembers, by the headings of their files.
pub(crate) type Remembered = BTreeMap<String, ColumnPlan>;

/// A plan of columns that was used, to be remembered for the next file of that shape.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Used {
    /// The headings.
    pub(crate) signature: String,
    /// The plan.
    pub(crate) plan: ColumnPlan,
}

/// A plan of columns that a person has to confirm or complete.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Asked {
    /// The proposal.
    pub(crate) proposal: Proposal,
    /// The text around the table, and how the file was read.
    pub(crate) notes: Vec<String>,
    /// Number of rows below the headings.
    pub(crate) rows: usize,
}

/// A file that was read as a table, and by which plan.
pub(super) struct Laid {
    pub(super) table: weft_tables::Table,
    /// Set if the file is not in our own layout.
    pub(super) used: Option<Used>,
}

/// Reads a file as a table.
pub(super) fn lay(bytes: &[u8], context: &Context<'_>, columns: &Columns) -> Result<Laid, Refused> {
    let whole = |problems: Vec<Problem>| Refused::of(problems);
    let faults = |faults| whole(sheet::problems(faults));
    let known = known(context);
    let read = Sheet::read(bytes, columns.sheet.as_deref(), &known).map_err(faults)?;
    let signature = read.signature();
    let remembered = context.remembered.get(&signature);
    let given = match remembered {
        // A statement of now goes before one of last time.
        Some(remembered) => remembered.clone().with(&columns.given),
        None => columns.given.clone(),
    };
    let line = read.header_line();
    let proposal = propose(&read, &known, &given).map_err(|wrong| {
        let faults = wrong.into_iter();
        let faults = faults.map(|message| weft_tables::Fault { line, message });
        whole(sheet::problems(faults.collect()))
    })?;
    let is_new = columns.confirms_layouts && remembered.is_none();
    let is_foreign = proposal.layout.is_some_and(|one| one != Layout::Own);
    let unsure = (proposal.guessed || is_new && is_foreign) && !columns.confirmed;
    if !proposal.open().is_empty() || unsure || columns.shown {
        return Err(Refused {
            asked: Some(Box::new(Asked {
                notes: read.notes().to_vec(),
                rows: read.len(),
                proposal,
            })),
            ..Refused::of(Vec::new())
        });
    }
    let table = read.table(&known, &proposal).map_err(faults)?;
    let used = (proposal.layout != Some(Layout::Own) || !columns.given.is_empty()).then(|| Used {
        signature,
        plan: proposal.plan.lasting(),
    });
    Ok(Laid { table, used })
}

/// The definitions and areas that a file is compared with.
fn known<'a>(context: &Context<'a>) -> Known<'a> {
    let place = context.place;
    let own = [context.code.as_str(), place.name.as_str()];
    let own = own.into_iter().filter(|_| place.areas.is_empty());
    let areas = place.areas.iter().flat_map(|area| {
        let aliases = place
            .aliases_of(&area.code)
            .map(|alias| alias.code.as_str());
        [area.code.as_str(), area.name.as_str()]
            .into_iter()
            .chain(aliases)
    });
    let names: Vec<String> = own.chain(areas).map(str::to_owned).collect();
    let only = match place.areas.as_slice() {
        [] => Some(context.code.as_str().to_owned()),
        [only] => Some(only.code.as_str().to_owned()),
        [_, ..] => None,
    };
    let definitions = context.indicators.values().map(|one| one.definition);
    Known::new(definitions, names, only, context.today)
}

/// Number of headings that are named as left out.
const LEFT_OUT_SHOWN: usize = 12;

impl Asked {
    /// Whether nothing is missing but a yes.
    pub(crate) fn is_complete(&self) -> bool {
        self.proposal.open().is_empty()
    }

    /// The column of each part, in words.
    pub(crate) fn words(&self) -> String {
        let mut text = String::new();
        for note in &self.notes {
            text.push_str(&format!("{}.\n", weft_shared::text::capital(note)));
        }
        if let Some(layout) = self.proposal.layout.filter(|one| *one != Layout::Own) {
            text.push_str(&format!("The file is {}.\n", layout.words()));
        }
        text.push_str("What goes where:\n");
        for line in self.proposal.plan.to_string().lines() {
            text.push_str(&format!("  {line}\n"));
        }
        let unused = self
            .proposal
            .shown
            .iter()
            .filter(|(_, _, role)| role.is_none());
        let unused: Vec<String> = unused
            .map(
                |(name, example, _)| match (name.as_str(), example.as_str()) {
                    ("", _) => "a column without a heading".to_owned(),
                    (name, "") => name.to_owned(),
                    (name, example) => {
                        let example: String = example.chars().take(24).collect();
                        format!("{name} (such as {example})")
                    }
                },
            )
            .collect();
        if !unused.is_empty() {
            let unused: Vec<&str> = unused.iter().map(String::as_str).collect();
            let unused = listed(&unused, LEFT_OUT_SHOWN);
            text.push_str(&format!("  Not read: {unused}.\n"));
        }
        text.push_str(&format!(
            "The file has {}.",
            counted(self.rows, "row", "rows")
        ));
        text
    }

    /// The next steps of a person if no one can be asked.
    pub(super) fn next_steps(&self) -> String {
        self.proposal.plan.next_steps(&self.proposal.open())
    }
}
