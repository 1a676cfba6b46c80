//! Unread columns that may change the meaning of the figures in their rows.

use std::collections::BTreeSet;

use weft_shared::{
    model::{
        indicator::{ANY_VALUE, Definition},
        label::folded,
        observation::{Breakdown, Status},
        sign::Sign,
    },
    text::quoted,
};

use super::{
    Next,
    answers::Answers,
    figure::number,
    row::{Candidate, Wrong},
    sheet::{Sheet, Unread, one_line},
};

/// The contents of unread columns in the rows that are about to be taken.
#[derive(Debug)]
pub(super) struct Columns<'a> {
    sheet: &'a Sheet,
    /// Columns without an answer.
    open: Vec<Open<'a>>,
}

/// A column without an answer.
#[derive(Debug)]
struct Open<'a> {
    unread: &'a Unread,
    /// Its values, up to the number that is shown.
    values: BTreeSet<&'a str>,
    /// Whether it holds only marks: yes and no, letters, signs.
    is_marks: bool,
    /// Whether it holds a number.
    has_number: bool,
    /// Whether it holds nothing but numbers and signs.
    is_numbers: bool,
}

impl<'a> Columns<'a> {
    /// Looks at the columns of `rows`, the rows that are about to be taken.
    pub(super) fn of(sheet: &'a Sheet, rows: &[Candidate], answers: &Answers) -> Self {
        let unread = sheet.unread.iter();
        let unread = unread.filter(|one| !one.is_technical() && !answers.settles(&one.name));
        let open = unread.map(|unread| Open::of(unread, sheet, rows)).collect();
        Self { sheet, open }
    }

    /// Returns the reasons why a row's figures may not mean what they seem to, with the name of the
    /// column.
    pub(super) fn doubts(
        &self,
        candidate: &Candidate,
        definition: &Definition,
        any_figure: bool,
    ) -> Vec<(String, Wrong)> {
        let row = self.sheet.row(candidate.row);
        let doubt = |open: &Open<'_>| {
            let value = open.unread.value(row);
            if value.is_empty() {
                return None;
            }
            let doubt = open.doubt(value, candidate, definition, any_figure)?;
            Some((open.unread.name.clone(), doubt))
        };
        self.open.iter().filter_map(doubt).collect()
    }

    /// Returns the columns that distinguish rows about the same observation. Other figures differ
    /// anyway, so they count only if nothing else differs, `added_up` columns included.
    pub(super) fn differing(&self, rows: &[&Candidate], added_up: bool) -> Vec<&'a Unread> {
        let differs = |open: &&Open<'a>| {
            let mut values = rows
                .iter()
                .map(|one| open.unread.value(self.sheet.row(one.row)));
            let first = values.next();
            values.any(|value| Some(value) != first)
        };
        let differing = self.open.iter().filter(differs);
        let (figures, others): (Vec<_>, Vec<_>) = differing.partition(|open| open.is_figures());
        let counts = if others.is_empty() && !added_up {
            figures
        } else {
            others
        };
        counts.into_iter().map(|open| open.unread).collect()
    }

    /// Describes what to do about rows that such columns distinguish.
    pub(super) fn told_apart(&self, columns: &[&Unread], definition: &Definition) -> Wrong {
        let names: Vec<&str> = columns.iter().map(|one| one.name.as_str()).collect();
        let add_up: Vec<_> = names.iter().map(|name| option("--add-up", name)).collect();
        let only = columns.iter().filter_map(|column| {
            let open = self
                .open
                .iter()
                .find(|open| open.unread.name == column.name)?;
            let value = open.values.first()?;
            Some(option("--only", &format!("{}={value}", column.name)))
        });
        let only: Vec<_> = only.collect();
        let breakdown = names.iter().find(|name| is_breakdown(name, definition));
        let breakdown = breakdown.map_or_else(String::new, |name| {
            format!(
                ". {} is reported by {name}: give it in the columns breakdown and breakdown_value",
                definition.code
            )
        });
        let noun = if names.len() == 1 {
            "column"
        } else {
            "columns"
        };
        Wrong {
            next: Next::Answer,
            message: format!(
                "these rows are about the same and differ in the {noun} {}, not read: add them up \
                 ({}), or choose one ({}){breakdown}",
                names.join(", "),
                add_up.join(" "),
                only.join(" ")
            ),
        }
    }
}

/// Writes an option so that a shell takes its value as one word.
fn option(name: &str, value: &str) -> String {
    format!("{name} {}", quoted(value))
}

impl<'a> Open<'a> {
    fn of(unread: &'a Unread, sheet: &'a Sheet, rows: &[Candidate]) -> Self {
        let mut open = Self {
            unread,
            values: BTreeSet::new(),
            is_marks: true,
            has_number: false,
            is_numbers: true,
        };
        for candidate in rows {
            let value = unread.value(sheet.row(candidate.row));
            if value.is_empty() {
                continue;
            }
            open.is_marks &= is_mark(value);
            let is_number = number(value.trim_end_matches('%')).is_ok();
            open.has_number |= is_number;
            open.is_numbers &= is_number || Sign::read(value).is_some();
            if open.values.len() < VALUES_MAX {
                open.values.insert(value);
            }
        }
        open
    }

    /// Whether it is a column of other figures, rather than of parts of a population.
    fn is_figures(&self) -> bool {
        self.has_number && self.is_numbers && !says_more(&self.unread.name)
    }

    fn doubt(
        &self,
        value: &str,
        candidate: &Candidate,
        definition: &Definition,
        any_figure: bool,
    ) -> Option<Wrong> {
        let name = self.unread.name.as_str();
        if !any_figure && self.has_number {
            let message = format!(
                "no row has a figure, and numbers stand in the column {name}, not read: call it \
                 numerator or value, or say that it is none with {}",
                option("--ignore", name)
            );
            return Some(answered(message));
        }
        let code = &definition.code;
        let is_total = candidate.key.breakdown == Breakdown::Total;
        if is_total && (is_breakdown(name, definition) || is_part(value, definition)) {
            let message = format!(
                "the column {name} is not read, and {code} is reported in such parts: give it in \
                 the columns breakdown and breakdown_value, or say that it changes nothing with {}",
                option("--ignore", name)
            );
            return Some(answered(message));
        }
        let marks = self.is_marks || says_more(name);
        if !marks || says_nothing(value) || folded(value) == folded(&definition.unit) {
            return None;
        }
        let values: Vec<String> = self.values.iter().map(|value| shown(value)).collect();
        let status = if is_status(name) {
            "; if it is the status, call it obs_status"
        } else {
            ""
        };
        Some(answered(format!(
            "the column {name} is not read, and what it says ({}) may change what the figures \
             mean: leave such rows out, or say that it changes nothing with {}{status}",
            values.join(", "),
            option("--ignore", name)
        )))
    }
}

const fn answered(message: String) -> Wrong {
    let next = Next::Answer;
    Wrong { next, message }
}

fn shown(value: &str) -> String {
    one_line(value).chars().take(24).collect()
}

fn is_breakdown(name: &str, definition: &Definition) -> bool {
    let mut known = definition.breakdowns.keys();
    known.any(|known| folded(known) == folded(name))
}

/// Whether a definition names this value as a part of the population.
fn is_part(value: &str, definition: &Definition) -> bool {
    let value = folded(value);
    let mut known = definition.breakdowns.values().flatten();
    known.any(|known| known != ANY_VALUE && folded(known) == value)
}

/// Yes or no, one or two letters, or signs.
fn is_mark(value: &str) -> bool {
    let value = folded(value);
    let short = value.chars().count() <= MARK_MAX && !value.contains(|c: char| c.is_numeric());
    short || YES.contains(&value.as_str()) || NO.contains(&value.as_str())
}

/// Whether a value says that a row is nothing special.
fn says_nothing(value: &str) -> bool {
    let value = folded(value);
    NO.contains(&value.as_str())
        || value == folded(Status::Normal.word())
        || value == Status::Normal.label()
}

/// Whether a column's name suggests that it qualifies the figures.
fn says_more(name: &str) -> bool {
    let words = words(name);
    words.iter().any(|word| {
        WHOLE_WORDS.contains(&word.as_str()) || STEMS.iter().any(|stem| word.starts_with(stem))
    })
}

fn is_status(name: &str) -> bool {
    let mut words = words(name).into_iter();
    words.any(|word| word.starts_with("status") || word.starts_with("flag"))
}

/// The words of a name, such as `obs`, `conf` of `OBS_CONF`, and `is`, `deleted` of `isDeleted`.
fn words(name: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut lower = false;
    for c in name.chars() {
        if c.is_uppercase() && lower {
            spaced.push(' ');
        }
        lower = c.is_lowercase();
        spaced.push(c);
    }
    let plain = folded(&spaced);
    let words = plain.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Maximum number of a column's values that are shown.
const VALUES_MAX: usize = 4;
/// Maximum number of letters in a mark.
const MARK_MAX: usize = 2;
const YES: [&str; 4] = ["true", "yes", "on", "1"];
const NO: [&str; 8] = ["false", "no", "n", "f", "off", "0", "none", "-"];
/// Stems of words in names of qualifying columns.
const STEMS: [&str; 32] = [
    "delet",
    "remov",
    "withdr",
    "void",
    "cancel",
    "invalid",
    "obsolet",
    "supersed",
    "exclu",
    "suppress",
    "confid",
    "mask",
    "status",
    "flag",
    "symbol",
    "qualif",
    "quality",
    "reliab",
    "estimat",
    "provision",
    "prelim",
    "draft",
    "imput",
    "break",
    "rebas",
    "multipl",
    "scal",
    "ethnic",
    "gender",
    "footnote",
    "adjust",
    "sensitiv",
];
/// Whole words in such names, because other words begin with them too.
const WHOLE_WORDS: [&str; 8] = [
    "age", "sex", "unit", "units", "mult", "conf", "measure", "test",
];
