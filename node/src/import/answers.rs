//! A person's answers about a file: the meaning of its signs and of its columns.

use std::str::FromStr;

use weft_shared::model::{label::folded, number::Number, observation::Status, sign};

/// Answers to questions that a file leaves open.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Answers {
    /// The meanings of signs that replace figures.
    pub(crate) signs: Vec<SignMeans>,
    /// Columns that change nothing.
    pub(crate) ignored: Vec<String>,
    /// The only rows to take, by column and value.
    pub(crate) only: Vec<Only>,
    /// Columns over which rows are added up.
    pub(crate) added_up: Vec<String>,
}

/// The meaning of a sign, such as `x=M` or `-=0`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SignMeans {
    sign: String,
    pub(super) meaning: Meaning,
}

/// The value behind a sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    /// No figure, for this reason.
    Status(Status),
    /// Zero.
    Nil,
}

impl FromStr for SignMeans {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "\"{text}\" gives no sign a meaning: write the sign, =, and Q (suppressed), O \
                 (missing), L (not collected), M (cannot exist) or 0 (nil), such as x=M"
            )
        };
        let (sign, meaning) = text.rsplit_once('=').ok_or_else(wrong)?;
        let meaning = match meaning.trim() {
            "0" => Meaning::Nil,
            status => {
                let status = status.to_ascii_uppercase().parse::<Status>().ok();
                let status = status.filter(|status| status.is_without_figure());
                Meaning::Status(status.ok_or_else(wrong)?)
            }
        };
        let sign = sign::plain(sign);
        if sign.is_empty() || sign.parse::<Number>().is_ok() {
            return Err(wrong());
        }
        Ok(Self { sign, meaning })
    }
}

/// A column and the value that its rows must have, such as `age=5-11`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Only {
    pub(super) column: String,
    pub(super) value: String,
}

impl FromStr for Only {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (column, value) = text
            .split_once('=')
            .filter(|(column, _)| !column.trim().is_empty())
            .ok_or_else(|| {
                format!("\"{text}\" names no rows: write a column, =, and a value, such as sex=all")
            })?;
        Ok(Self {
            column: column.trim().to_owned(),
            value: value.trim().to_owned(),
        })
    }
}

impl Answers {
    /// Returns the meaning that a person gave for this sign.
    pub(super) fn meaning(&self, field: &str) -> Option<Meaning> {
        if self.signs.is_empty() {
            return None;
        }
        let plain = sign::plain(field);
        let given = self.signs.iter().find(|given| given.sign == plain);
        given.map(|given| given.meaning)
    }

    /// Whether a person has answered the question about a column.
    pub(super) fn settles(&self, column: &str) -> bool {
        self.columns().any(|named| is_same(named, column))
    }

    /// Whether rows are added up over a column.
    pub(super) fn adds_up(&self, column: &str) -> bool {
        self.added_up.iter().any(|named| is_same(named, column))
    }

    /// Returns every column that is named.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        let only = self.only.iter().map(|only| only.column.as_str());
        let named = self.ignored.iter().chain(&self.added_up);
        named.map(String::as_str).chain(only)
    }
}

/// Whether people would take two names, or two values, for the same.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    one == other || folded(one) == folded(other)
}
