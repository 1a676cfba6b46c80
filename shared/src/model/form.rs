//! Fields of what is one scalar and not a record, such as an answer: read against a table like
//! those of records, so that commands, forms and files have one check.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    outcome::JOINED_BY,
    record::{FieldProblem, FieldValue, Fields},
    schema::FieldSpec,
};

/// Fields in their stored form, and all problems found so far.
#[derive(Debug, Default)]
pub(super) struct Read {
    texts: BTreeMap<String, String>,
    /// The problems.
    pub(super) problems: Vec<FieldProblem>,
}

impl Read {
    /// Checks each field by itself, and that the required ones are filled in.
    pub(super) fn of(table: &[FieldSpec], fields: &Fields) -> Self {
        let mut read = Self::default();
        for (key, value) in fields {
            match one(table, key, value) {
                Ok(text) if text.is_empty() => {}
                Ok(text) => {
                    read.texts.insert(key.clone(), text);
                }
                Err(message) => read.wrong(key, message),
            }
        }
        for spec in table.iter().filter(|spec| spec.required) {
            if read.is_left_out(spec.key) {
                read.wrong(spec.key, format!("fill in \"{}\"", spec.label));
            }
        }
        read
    }

    /// The text of a field; `None` if it is empty, missing or wrong.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    /// Whether a field has no text, and no problem of its own either.
    pub(super) fn is_left_out(&self, key: &str) -> bool {
        let is_wrong = self.problems.iter().any(|problem| problem.field == key);
        !self.texts.contains_key(key) && !is_wrong
    }

    /// Adds a problem.
    pub(super) fn wrong(&mut self, field: &str, message: impl Into<String>) {
        self.problems.push(problem(field, message));
    }
}

/// A problem with a field.
pub(super) fn problem(field: &str, message: impl Into<String>) -> FieldProblem {
    FieldProblem {
        field: field.to_owned(),
        message: message.into(),
    }
}

fn one(table: &[FieldSpec], key: &str, value: &FieldValue) -> Result<String, String> {
    let Some(spec) = table.iter().find(|spec| spec.key == key) else {
        let keys: Vec<_> = table.iter().map(|spec| spec.key).collect();
        return Err(format!(
            "there is no such field: there are {}",
            keys.join(", ")
        ));
    };
    match value {
        FieldValue::Text(text) if !spec.is_set() => spec.check_text(text),
        FieldValue::Text(text) => joined(spec, text.split([';', JOINED_BY])),
        FieldValue::Set(members) if spec.is_set() => {
            joined(spec, members.iter().map(String::as_str))
        }
        FieldValue::Set(_) => Err("it takes one value, not several".to_owned()),
    }
}

/// The stored members of a set as one text, sorted and with `+` between them.
fn joined<'m>(spec: &FieldSpec, members: impl Iterator<Item = &'m str>) -> Result<String, String> {
    let members = members.map(|member| spec.check_text(member));
    let mut members: BTreeSet<String> = members.collect::<Result<_, _>>()?;
    members.remove("");
    let members: Vec<String> = members.into_iter().collect();
    Ok(members.join(&JOINED_BY.to_string()))
}
