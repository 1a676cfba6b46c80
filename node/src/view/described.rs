//! Conflicts in words, for both commands and pages.

use weft_shared::{
    document::Conflict,
    model::{
        indicator::DefinitionKey,
        schema::{Container, RecordKind},
    },
};

use super::{ConflictRow, RecordRow, Teller, observed_key, told::part};
use crate::{
    replica::{DocumentError, Replica},
    words::figure,
};

/// A conflict as people read it.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    /// The title, such as `Smoking, Northland, 2023, Total`.
    pub(crate) title: String,
    /// The part that is in conflict; empty if that is the whole.
    pub(crate) part: String,
    /// Its answers, in the order of the row's values.
    pub(crate) answers: Vec<String>,
    /// The record that the conflict is about.
    pub(crate) record: Option<Box<RecordRow>>,
}

/// Puts a conflict into words.
pub(crate) fn describe(
    replica: &mut Replica,
    row: &ConflictRow,
) -> Result<Described, DocumentError> {
    let record = match (
        RecordKind::of(row.conflict.container),
        row.conflict.key.parse(),
    ) {
        (Some(kind), Ok(id)) => replica.record_anywhere(kind, &id)?,
        (Some(_) | None, _) => None,
    };
    let mut answers = Vec::with_capacity(row.values.len());
    let mut teller = Teller::default();
    for value in &row.values {
        let said = teller.said(replica, &row.conflict, record.as_ref(), &value.value);
        answers.push(said?);
    }
    Ok(Described {
        title: title(replica, &row.conflict, record.as_ref())?,
        part: part(&row.conflict),
        answers,
        record: record.map(Box::new),
    })
}

fn title(
    replica: &mut Replica,
    conflict: &Conflict,
    record: Option<&RecordRow>,
) -> Result<String, DocumentError> {
    if let Some(kind) = RecordKind::of(conflict.container) {
        let title = record.map_or_else(|| conflict.key.clone(), RecordRow::title);
        return Ok(format!("{}: {title}", kind.label()));
    }
    if let Some(key) = observed_key(conflict) {
        let areas = replica
            .place()?
            .map(|place| place.areas)
            .unwrap_or_default();
        let row = replica.indicator(&key.indicator)?;
        let name = row.map(|row| row.definition.name);
        let parts = [
            name.unwrap_or_else(|| key.indicator.to_string()),
            figure::area_name(&areas, &key.area),
            key.period.words(),
            figure::heading(&key.breakdown),
        ];
        return Ok(parts.join(", "));
    }
    if conflict.container == Container::Adoptions {
        let row = conflict.key.parse().ok();
        let row = row.map(|code| replica.indicator(&code)).transpose()?;
        let name = row.flatten().map(|row| row.definition.name);
        return Ok(format!(
            "whether this location takes part: {}",
            name.unwrap_or_else(|| conflict.key.clone())
        ));
    }
    if let (Container::Definitions, Ok(key)) =
        (conflict.container, conflict.key.parse::<DefinitionKey>())
    {
        let row = replica.indicator(&key.code)?;
        let name = row.map_or_else(|| key.code.to_string(), |row| row.definition.name);
        return Ok(format!("what {name} measures, version {}", key.version));
    }
    let title = replica.statement_title(conflict.container, &conflict.key)?;
    let title = title.unwrap_or_else(|| conflict.key.clone());
    let label = match conflict.container {
        Container::Answers => "our answer",
        Container::Lines => "line of money",
        other => other.label(),
    };
    Ok(format!("{label}: {title}"))
}
