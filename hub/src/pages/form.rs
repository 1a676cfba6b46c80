//! Forms made from the model's table of fields: what a page shows, and what comes back.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    model::{
        record::{FieldValue, Fields},
        schema::{FieldKind, FieldSpec},
    },
    text::{capital, sentence},
};

use crate::app::AppError;

/// The pairs of a form as they were sent.
pub(super) type Sent = Vec<(String, String)>;

/// A form: its fields, and what was wrong with it.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldForm {
    pub(super) fields: Vec<Field>,
    /// Each problem with the id of the field that it is about.
    pub(super) problems: Vec<(String, String)>,
    /// The mark of what it showed, if a save is to be refused once that has changed.
    pub(super) seen: Option<String>,
}

/// One field as a page shows it.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) key: &'static str,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) input: Input,
    pub(super) value: String,
    pub(super) choices: Vec<Choice>,
    pub(super) required: bool,
    pub(super) problem: Option<String>,
}

/// The control of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    Line,
    Lines,
    Day,
    One,
    Several,
}

/// Something that may be chosen.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// Choices of fields that offer something of the network, by the key of the field: each with
/// its value and its label.
pub(super) type Choices = BTreeMap<&'static str, Vec<(String, String)>>;

impl FieldForm {
    /// A form for these fields, filled in.
    pub(super) fn of(
        specs: impl IntoIterator<Item = &'static FieldSpec>,
        filled: &Fields,
        choices: &Choices,
    ) -> Self {
        let fields = specs.into_iter();
        let fields = fields.filter_map(|spec| Field::of(spec, filled, choices));
        Self {
            fields: fields.collect(),
            ..Self::default()
        }
    }

    /// The same form, which also needs this field.
    pub(super) fn requiring(mut self, key: &str) -> Self {
        let field = self.fields.iter_mut().find(|field| field.key == key);
        if let Some(field) = field {
            field.required = true;
        }
        self
    }

    /// Puts each problem of a refusal beside the field that it names.
    pub(super) fn refused(&mut self, problems: &[String]) {
        for problem in problems {
            let named = self.fields.iter_mut().find_map(|field| {
                let rest = problem.strip_prefix(field.key)?.strip_prefix(": ")?;
                Some((field, rest))
            });
            match named {
                Some((field, rest)) => {
                    let text = format!("{}: {rest}.", field.label);
                    field.problem = Some(text.clone());
                    self.problems.push((field.key.to_owned(), text));
                }
                None => self.problems.push(("form".to_owned(), sentence(problem))),
            }
        }
    }
}

impl Field {
    fn of(spec: &'static FieldSpec, filled: &Fields, choices: &Choices) -> Option<Self> {
        let (text, members) = match filled.get(spec.key) {
            Some(FieldValue::Text(text)) => (text.clone(), BTreeSet::new()),
            Some(FieldValue::Set(members)) => (String::new(), members.clone()),
            None => (String::new(), BTreeSet::new()),
        };
        let of_network = choices.get(spec.key);
        let input = match spec.kind {
            FieldKind::Choice(_) => Input::One,
            FieldKind::Date => Input::Day,
            FieldKind::Prose(_) | FieldKind::Words | FieldKind::Tags(_) => Input::Lines,
            _ if of_network.is_some() && spec.is_set() => Input::Several,
            _ if of_network.is_some() => Input::One,
            // Nothing of the network can be chosen, so there is nothing to ask.
            FieldKind::Outcomes | FieldKind::References(_) | FieldKind::Reference(_) => {
                return None;
            }
            _ => Input::Line,
        };
        let chosen = |value: &str| text == value || members.contains(value);
        let choice = |value: &str, label: String| Choice {
            chosen: chosen(value),
            value: value.to_owned(),
            label,
        };
        let offered: Vec<Choice> = match (spec.kind, of_network) {
            (FieldKind::Choice(words), None) => words
                .iter()
                .map(|word| choice(word, capital(&word.replace('_', " "))))
                .collect(),
            (_, Some(all)) => all
                .iter()
                .map(|(value, label)| choice(value, label.clone()))
                .collect(),
            (_, None) => Vec::new(),
        };
        if offered.is_empty() && matches!(input, Input::One | Input::Several) {
            return None;
        }
        let hint = match spec.kind {
            FieldKind::Tags(_) => format!("{}, one a line", spec.hint),
            FieldKind::Period => format!("{}, such as 2026-Q3, FY2027 or 2026", spec.hint),
            _ => spec.hint.to_owned(),
        };
        Some(Self {
            key: spec.key,
            label: spec.label.to_owned(),
            hint,
            input,
            value: match spec.is_set() {
                true => members.into_iter().collect::<Vec<_>>().join("\n"),
                false => text,
            },
            choices: offered,
            required: spec.required,
            problem: None,
        })
    }

    /// Whether it is drawn as the control `name`: templates have no names of types.
    pub(super) fn is(&self, name: &str) -> bool {
        let own = match self.input {
            Input::Line => "line",
            Input::Lines => "lines",
            Input::Day => "day",
            Input::One => "one",
            Input::Several => "several",
        };
        own == name
    }
}

/// Reads what came back. Fields that the form had and that came back empty clear what was there.
pub(super) fn read(specs: impl IntoIterator<Item = &'static FieldSpec>, sent: &Sent) -> Fields {
    let field = |spec: &'static FieldSpec| {
        let of = sent.iter().filter(|(name, _)| name == spec.key);
        let texts: Vec<String> = of.map(|(_, text)| text.replace("\r\n", "\n")).collect();
        let value = match (spec.is_set(), spec.kind) {
            (true, FieldKind::Tags(_)) => {
                let lines = texts.iter().flat_map(|text| text.lines());
                FieldValue::Set(filled(lines))
            }
            (true, _) => FieldValue::Set(filled(texts.iter().map(String::as_str))),
            (false, _) => FieldValue::Text(texts.first()?.trim().to_owned()),
        };
        Some((spec.key.to_owned(), value))
    };
    specs.into_iter().filter_map(field).collect()
}

fn filled<'t>(texts: impl Iterator<Item = &'t str>) -> BTreeSet<String> {
    let texts = texts.map(str::trim).filter(|text| !text.is_empty());
    texts.map(str::to_owned).collect()
}

/// Only those that say something: for what is new.
pub(super) fn said(fields: Fields) -> Fields {
    let says = |value: &FieldValue| match value {
        FieldValue::Text(text) => !text.is_empty(),
        FieldValue::Set(members) => !members.is_empty(),
    };
    fields
        .into_iter()
        .filter(|(_, value)| says(value))
        .collect()
}

/// The problems that the person can mend; any other error goes on.
pub(super) fn mendable(error: AppError) -> Result<Vec<String>, AppError> {
    match error {
        AppError::AgendaRefused(problems) => Ok(problems),
        other => Err(other),
    }
}
