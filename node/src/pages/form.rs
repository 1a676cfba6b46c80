//! Forms made from the model's table of fields, and the submitted forms.
//!
//! A form carries a mark of each field's value when it was shown. Only fields that the person
//! changed are saved. If somebody else changed the same field meanwhile, the person sees their
//! value before anything is saved, so two people's forms never overwrite each other's words.

use std::collections::BTreeSet;

use weft_shared::{
    id::sha256_prefix,
    model::{
        clean_text,
        record::{FieldProblem, FieldValue, Fields, Record},
        schema::{FieldKind, FieldSpec, Owner, RecordKind},
    },
    text::sentence,
};

use super::shell::ErrorLink;
use crate::view::Choices;

/// A submitted form: names and values in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent(pub(crate) Vec<(String, String)>);

impl Sent {
    /// The form of a new line of an investment: it is for the same locations and outcomes.
    pub(crate) fn of_line(investment: &Record) -> Self {
        let pairs = [("location", "locations"), ("outcome", "outcomes")].into_iter();
        let pairs = pairs.flat_map(|(name, of)| {
            let members = investment.members(of);
            members.map(move |one| (name.to_owned(), one.to_owned()))
        });
        Self(pairs.collect())
    }

    /// Returns the first value under a name; empty if there is none.
    pub(crate) fn first(&self, name: &str) -> &str {
        let pair = self.0.iter().find(|(known, _)| known == name);
        pair.map_or("", |(_, value)| value)
    }

    /// Returns every value under a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let pairs = self.0.iter().filter(move |(known, _)| known == name);
        pairs.map(|(_, value)| value.as_str())
    }

    /// Returns what was chosen or written for a field, as [`Said`].
    fn said(&self, field: &FieldSpec) -> Said {
        let members = |text: &str| {
            let parts = text.split(';').map(clean_text);
            parts.filter(|part| !part.is_empty()).collect::<Vec<_>>()
        };
        if field.is_set() {
            Said::Set(self.all(field.key).flat_map(members).collect())
        } else {
            Said::Text(clean_text(self.first(field.key)))
        }
    }

    /// The value of a field of a form that is no record's.
    pub(crate) fn value(&self, field: &FieldSpec) -> FieldValue {
        self.said(field).value()
    }
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Text(String),
    Set(BTreeSet<String>),
}

impl Said {
    fn of(record: &Record, words: Option<&str>, field: &FieldSpec) -> Self {
        if field.is_set() {
            Self::Set(record.members(field.key).map(str::to_owned).collect())
        } else if field.kind == FieldKind::Words {
            Self::Text(words.unwrap_or_default().to_owned())
        } else {
            Self::Text(record.text(field.key).unwrap_or_default().to_owned())
        }
    }

    fn nothing(field: &FieldSpec) -> Self {
        if field.is_set() {
            Self::Set(BTreeSet::new())
        } else {
            Self::Text(String::new())
        }
    }

    fn value(self) -> FieldValue {
        match self {
            Self::Text(text) => FieldValue::Text(text),
            Self::Set(members) => FieldValue::Set(members),
        }
    }

    fn line(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Set(members) => members.iter().cloned().collect::<Vec<_>>().join("; "),
        }
    }

    fn has(&self, value: &str) -> bool {
        match self {
            Self::Text(text) => text == value,
            Self::Set(members) => members.contains(value),
        }
    }

    fn seen(&self) -> String {
        seen(&self.line())
    }
}

/// A short mark of a field's value, to be sent back with the form.
pub(crate) fn seen(text: &str) -> String {
    let hash = sha256_prefix::<8>("weft/form-field/1", &[text.as_bytes()]);
    format!("{:016x}", u64::from_be_bytes(hash))
}

/// One field of a form.
#[derive(Clone, Debug)]
pub(crate) struct FieldView {
    pub(crate) key: &'static str,
    pub(crate) id: String,
    pub(crate) label: &'static str,
    pub(crate) hint: String,
    /// When the field may stay empty, for its label; empty if it never may.
    pub(crate) needed: &'static str,
    pub(crate) required: bool,
    pub(crate) error: Option<String>,
    pub(crate) value: String,
    pub(crate) seen: String,
    pub(crate) options: Vec<OptionView>,
    control: Control,
}

/// The kind of a field's control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    Line,
    Number,
    Day,
    Prose,
    Choice,
    Group,
}

/// One option of a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OptionView {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) chosen: bool,
}

impl FieldView {
    fn new(field: &'static FieldSpec, said: &Said, choices: &Choices) -> Self {
        let known = choices.of(field);
        let control = match field.kind {
            FieldKind::Prose { .. } | FieldKind::Words => Control::Prose,
            FieldKind::Date => Control::Day,
            FieldKind::Number | FieldKind::Amount => Control::Number,
            FieldKind::References(_) => Control::Group,
            FieldKind::Tags(_) | FieldKind::Outcomes | FieldKind::Locations if known.is_some() => {
                Control::Group
            }
            _ if known.is_some() => Control::Choice,
            _ => Control::Line,
        };
        let mut hint = field.hint.to_owned();
        match field.kind {
            FieldKind::Tags(_) if known.is_some() => "Those that show it".clone_into(&mut hint),
            FieldKind::Outcomes | FieldKind::Locations if known.is_some() => {}
            FieldKind::Tags { .. } | FieldKind::Outcomes | FieldKind::Locations => {
                hint.push_str("; several with a semicolon between them");
            }
            FieldKind::Period => {
                hint.push_str(", such as FY2027 (July 2026 to June 2027), 2027-Q1 or 2027-03")
            }
            FieldKind::References(kind) if known.as_ref().is_some_and(Vec::is_empty) => {
                hint.push_str(&format!(" (the plan has no {} yet)", kind.label()));
            }
            _ => {}
        }
        Self {
            key: field.key,
            id: field_id(field.key),
            label: field.label,
            hint,
            needed: match field.key {
                _ if field.required => "",
                "consent" | "attribution" => "(needed unless it is for our team only)",
                _ => "(optional)",
            },
            required: field.required,
            error: None,
            value: said.line(),
            seen: said.seen(),
            options: options(control, said, known.unwrap_or_default()),
            control,
        }
    }

    /// A field as it was sent, of a form that is no record's.
    pub(crate) fn sent(
        field: &'static FieldSpec,
        sent: &Sent,
        error: Option<String>,
        choices: &Choices,
    ) -> Self {
        Self {
            error,
            ..Self::new(field, &sent.said(field), choices)
        }
    }

    /// The same field with those options alone, and the one that says nothing.
    pub(crate) fn only(mut self, words: impl Iterator<Item = &'static str>) -> Self {
        if self.is_choice() {
            let words: BTreeSet<&str> = words.chain([""]).collect();
            self.options
                .retain(|one| words.contains(one.value.as_str()));
            // A single choice is made already.
            if let [nothing, one] = self.options.as_mut_slice()
                && nothing.value.is_empty()
            {
                (nothing.chosen, one.chosen) = (false, true);
            }
        }
        self
    }

    /// The same field with other words on whether it is needed; none if it always is.
    pub(crate) const fn needed(mut self, words: &'static str) -> Self {
        self.needed = words;
        self.required = words.is_empty();
        self
    }

    /// A field with a text as typed, of a form that is no record's.
    pub(crate) fn typed(
        field: &'static FieldSpec,
        text: &str,
        error: Option<String>,
        choices: &Choices,
    ) -> Self {
        Self {
            error,
            ..Self::new(field, &Said::Text(text.to_owned()), choices)
        }
    }

    pub(crate) fn is_group(&self) -> bool {
        self.control == Control::Group
    }

    pub(crate) fn is_choice(&self) -> bool {
        self.control == Control::Choice
    }

    pub(crate) fn is_prose(&self) -> bool {
        self.control == Control::Prose
    }

    pub(crate) fn is_number(&self) -> bool {
        self.control == Control::Number
    }

    pub(crate) fn input_type(&self) -> &'static str {
        if self.control == Control::Day {
            "date"
        } else {
            "text"
        }
    }

    /// The ids of the hint and the error that describe it.
    pub(crate) fn described(&self) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.id));
        let error = self.error.is_some().then(|| format!("{}-error", self.id));
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        ids.join(" ")
    }
}

/// The id of a field on its page.
pub(crate) fn field_id(key: &str) -> String {
    format!("field-{key}")
}

fn options(control: Control, said: &Said, known: Vec<(String, String)>) -> Vec<OptionView> {
    let mut options: Vec<OptionView> = Vec::with_capacity(known.len() + 1);
    if control == Control::Choice {
        options.push(OptionView {
            value: String::new(),
            label: "–".to_owned(),
            chosen: said.has(""),
        });
    }
    options.extend(known.into_iter().map(|(value, label)| OptionView {
        chosen: said.has(&value),
        value,
        label,
    }));
    // An earlier choice stays chosen, even if it is in no list any more.
    let chosen: Vec<String> = match (control, said) {
        (Control::Choice, Said::Text(text)) => vec![text.clone()],
        (Control::Group, Said::Set(members)) => members.iter().cloned().collect(),
        _ => Vec::new(),
    };
    for value in chosen {
        if !options.iter().any(|option| option.value == value) {
            options.push(OptionView {
                label: format!("{value} (not in the lists any more)"),
                value,
                chosen: true,
            });
        }
    }
    options
}

/// An empty form for a new record.
pub(crate) fn empty(kind: RecordKind, choices: &Choices) -> Vec<FieldView> {
    let fields = kind.fields_of(Owner::Location);
    fields
        .map(|field| FieldView::new(field, &Said::nothing(field), choices))
        .collect()
}

/// The form of a record in its current state.
pub(crate) fn filled(record: &Record, choices: &Choices) -> Vec<FieldView> {
    let fields = editable(record.kind);
    fields
        .map(|field| FieldView::new(field, &Said::of(record, None, field), choices))
        .collect()
}

/// The form with the submitted values and their problems.
pub(crate) fn returned(
    kind: RecordKind,
    record: Option<&Record>,
    sent: &Sent,
    problems: &[FieldProblem],
    choices: &Choices,
) -> Vec<FieldView> {
    let view = |field: &'static FieldSpec| {
        let mut view = FieldView::new(field, &sent.said(field), choices);
        // From here on the person has seen the current value.
        let now = record.map_or_else(|| Said::nothing(field), |now| Said::of(now, None, field));
        view.seen = now.seen();
        let problem = problems.iter().find(|problem| problem.field == field.key);
        view.error = problem.map(|problem| sentence(&problem.message));
        view
    };
    match record {
        Some(_) => editable(kind).map(view).collect(),
        None => kind.fields_of(Owner::Location).map(view).collect(),
    }
}

/// Returns the fields that can change later. The words of an insight belong to its teller.
fn editable(kind: RecordKind) -> impl Iterator<Item = &'static FieldSpec> {
    kind.fields_of(Owner::Location)
        .filter(|field| field.kind != FieldKind::Words)
}

/// Returns the fields of a new record without its words, which travel beside it.
pub(crate) fn fresh(kind: RecordKind, sent: &Sent) -> Fields {
    let fields = editable(kind).map(|field| (field.key.to_owned(), sent.said(field).value()));
    fields.filter(|(_, value)| !is_empty(value)).collect()
}

/// Returns the fields that the person changed.
///
/// # Errors
/// Returns the value that somebody else wrote, if they changed one of them meanwhile.
pub(crate) fn changed(record: &Record, sent: &Sent) -> Result<Fields, Vec<FieldProblem>> {
    let mut fields = Fields::new();
    let mut problems = Vec::new();
    for field in editable(record.kind) {
        let said = sent.said(field);
        let now = Said::of(record, None, field);
        let seen = sent.first(&format!("seen-{}", field.key));
        if said.seen() == seen || said == now {
            continue;
        }
        if now.seen() != seen {
            problems.push(FieldProblem {
                field: field.key.to_owned(),
                message: meanwhile(&now.line()),
            });
        }
        fields.insert(field.key.to_owned(), said.value());
    }
    if problems.is_empty() {
        Ok(fields)
    } else {
        Err(problems)
    }
}

/// The message if somebody else changed the field first.
pub(crate) fn meanwhile(now: &str) -> String {
    let now = if now.is_empty() { "nothing" } else { now };
    format!(
        "somebody changed this while you were writing; it now says: {now}. Save again to put yours \
         in its place (theirs stays in the history), or copy theirs"
    )
}

fn is_empty(value: &FieldValue) -> bool {
    match value {
        FieldValue::Text(text) => text.is_empty(),
        FieldValue::Set(members) => members.is_empty(),
    }
}

/// The lines of the error summary.
pub(crate) fn links(kind: RecordKind, problems: &[FieldProblem]) -> Vec<ErrorLink> {
    let link = |problem: &FieldProblem| {
        let label = kind.field(&problem.field).map_or("", |field| field.label);
        ErrorLink {
            id: field_id(&problem.field),
            text: format!("{label}: {}", problem.message),
        }
    };
    problems.iter().map(link).collect()
}
