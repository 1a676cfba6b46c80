//! A change in the history, for people and as JSON.

use serde_json::{Value, json};
use weft_shared::{
    document::Told,
    model::{
        note::Note,
        observation::Statement,
        profile::Adoption,
        schema::{self, Container, RecordKind},
    },
};

use crate::words::figure::as_stored;

/// A change to a record, or to one of its fields, as JSON.
pub(crate) fn told_json(told: &Told) -> Value {
    let value = |text: &String| match told.container {
        Container::Observations | Container::Adoptions => {
            serde_json::from_str(text).unwrap_or(Value::Null)
        }
        Container::Notes => Value::from(Note::decode(text).text),
        _ => Value::from(text.as_str()),
    };
    json!({
        "field": told.field,
        "value": told.value.as_ref().map(value),
        "not_chosen": told.not_chosen.iter().map(value).collect::<Vec<_>>(),
    })
}

/// A change on one line, with the values that were not chosen.
pub(crate) fn in_words(told: &Told) -> String {
    let value = told.value.as_ref();
    let value = value.map_or_else(
        || "not kept here any more".to_owned(),
        |text| words(told, text),
    );
    let field = told.field.as_ref().map(|field| format!("{field}: "));
    let chosen = format!("{}{value}", field.unwrap_or_default());
    match not_chosen(told) {
        None => chosen,
        Some(others) => format!("{chosen} (settled; not chosen: {others})"),
    }
}

/// The values that a settled conflict did not keep.
pub(crate) fn not_chosen(told: &Told) -> Option<String> {
    let others = told.not_chosen.iter().map(|text| words(told, text));
    let others: Vec<String> = others.collect();
    (!others.is_empty()).then(|| others.join("; "))
}

fn words(told: &Told, text: &str) -> String {
    let newer = || "something that this version of Weft does not read".to_owned();
    match told.container {
        Container::Observations => match Statement::decode(text) {
            Ok(statement) => as_stored(&statement),
            Err(_) => newer(),
        },
        Container::Adoptions => Adoption::decode(text).map_or_else(
            |_| newer(),
            |said| format!("{}, audience {}", said.status.label(), said.audience),
        ),
        Container::Notes => {
            let note = Note::decode(text);
            let figure = note.figure.as_ref();
            let figure = figure.map_or_else(String::new, |one| format!(" on {}", one.words()));
            format!("note{figure}: {}", note.text)
        }
        _ if !RecordKind::is_removal(told.field.as_deref()) => text.to_owned(),
        _ if text == schema::KEPT => "no".to_owned(),
        _ => "yes".to_owned(),
    }
}
