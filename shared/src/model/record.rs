//! Records: maps of fields with an id, an audience and a place among others of their kind.

mod days;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    str::FromStr,
};

use super::{
    Audience, clean_text,
    form::problem,
    investment, item,
    number::Number,
    organisation::OrganisationId,
    outcome::{JOINED_BY, OutcomeRef},
    places::ALL,
    plan::{self, LINE_BYTES_MAX},
    review,
    schema::{self, FieldKind, FieldSpec, Owner, RecordKind},
    spelling::without_blanks,
};
use crate::{
    id::{AreaCode, BlobHash, CurrencyCode, IndicatorCode, LocationCode, OutcomeCode, RecordId},
    period::Period,
};

/// Maximum number of members of one set field.
pub const SET_MEMBERS_MAX: usize = 64;
/// Maximum number of members read from one set: several devices may have filled it concurrently.
pub const SETS_READ_MAX: usize = 8 * SET_MEMBERS_MAX;

/// A value for one field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FieldValue {
    /// Text; empty text clears the field.
    Text(String),
    /// All members of a set field; members that are not named are removed.
    Set(BTreeSet<String>),
}

/// Fields by their keys.
pub type Fields = BTreeMap<String, FieldValue>;

impl FieldValue {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            Self::Set(members) => members.is_empty(),
        }
    }

    /// The text, if it is not a set.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Set(_) => None,
        }
    }
}

impl<T: Into<String>> From<T> for FieldValue {
    fn from(text: T) -> Self {
        Self::Text(text.into())
    }
}

/// One of the values that people wrote without knowing of each other's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Concurrent {
    /// The value.
    pub value: String,
    /// The Automerge actor that wrote it.
    pub actor: [u8; 16],
    /// The operation's counter.
    pub op: u64,
}

/// A record in a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// Its kind.
    pub kind: RecordKind,
    /// Plain fields that have a value. If people wrote concurrently there are several values; the
    /// first is the one that every replica shows. Fields of a newer schema are included.
    pub fields: BTreeMap<String, Vec<Concurrent>>,
    /// Set fields that have members.
    pub sets: BTreeMap<String, BTreeSet<String>>,
    /// Its audience; the narrowest if people chose concurrently.
    pub audience: Audience,
    /// Whether it is removed, without a dispute.
    pub removed: bool,
    /// The statements that it is removed and that it is kept, if both were made concurrently and no
    /// one has settled it. Empty otherwise.
    pub disputed: Vec<Concurrent>,
    /// The fields that were changed by a person who had not seen the disputed removal.
    pub unseen: BTreeSet<String>,
    /// The name of the document it was moved to.
    pub moved: Option<String>,
    /// Whether its teller took it back.
    pub withdrawn: bool,
    /// Its place among others; see [`order_after`](super::order::order_after).
    pub order: String,
    /// The fields with content that is longer than a form accepts, and is therefore not read.
    pub unread: BTreeSet<String>,
}

impl Record {
    /// A record of these fields in their stored form, as if one person had written them.
    pub fn of_fields(kind: RecordKind, id: RecordId, audience: Audience, fields: &Fields) -> Self {
        let mut record = Self {
            id,
            kind,
            fields: BTreeMap::new(),
            sets: BTreeMap::new(),
            audience,
            removed: false,
            disputed: Vec::new(),
            unseen: BTreeSet::new(),
            moved: None,
            withdrawn: false,
            order: String::new(),
            unread: BTreeSet::new(),
        };
        for (key, value) in fields {
            match value {
                FieldValue::Text(text) => {
                    let one = Concurrent {
                        value: text.clone(),
                        actor: [0; 16],
                        op: 0,
                    };
                    record.fields.insert(key.clone(), vec![one]);
                }
                FieldValue::Set(members) => {
                    record.sets.insert(key.clone(), members.clone());
                }
            }
        }
        record
    }

    /// The value of a plain field.
    pub fn text(&self, key: &str) -> Option<&str> {
        Some(self.fields.get(key)?.first()?.value.as_str())
    }

    /// The members of a set field.
    pub fn members(&self, key: &str) -> impl Iterator<Item = &str> {
        self.sets.get(key).into_iter().flatten().map(String::as_str)
    }

    /// The text that lists show.
    pub fn title(&self) -> String {
        let key = self.kind.title();
        self.text(key).map_or_else(
            || self.members(key).collect::<Vec<_>>().join(", "),
            str::to_owned,
        )
    }

    /// Whether lists include it: it is neither removed nor moved.
    pub const fn is_live(&self) -> bool {
        !self.removed && self.moved.is_none()
    }

    /// The plain fields with concurrent different values, and the removal if it is disputed.
    pub fn contested(&self) -> impl Iterator<Item = &str> {
        let differs = |values: &[Concurrent]| {
            let mut values = values.iter();
            let first = values.next();
            values.any(|one| Some(&one.value) != first.map(|first| &first.value))
        };
        let fields = self.fields.iter();
        let fields = fields.filter(|(key, _)| !schema::QUIET.contains(&key.as_str()));
        let fields = fields.filter(move |(_, values)| differs(values));
        let removal = (!self.disputed.is_empty()).then_some(schema::REMOVED);
        fields.map(|(key, _)| key.as_str()).chain(removal)
    }

    /// The fields as a form would submit them, for copying the record elsewhere.
    pub fn to_fields(&self) -> Fields {
        let system = [
            schema::AUDIENCE,
            schema::ORDER,
            schema::REMOVED,
            schema::MOVED,
            schema::WITHDRAWN,
        ];
        let texts = self
            .fields
            .iter()
            .filter(|(key, _)| !system.contains(&key.as_str()))
            .filter_map(|(key, values)| Some((key.clone(), values.first()?.value.clone().into())));
        let sets = self
            .sets
            .iter()
            .filter(|(key, _)| *key != schema::WORDS_BEFORE)
            .map(|(key, members)| (key.clone(), FieldValue::Set(members.clone())));
        texts.chain(sets).collect()
    }
}

/// One problem with a field's input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct FieldProblem {
    /// The field's key.
    pub field: String,
    /// The problem, and how to correct it.
    pub message: String,
}

impl RecordKind {
    /// Checks the input and returns it in its stored form (NFC, trimmed, codes in upper case). If
    /// `complete`, the required fields must be present, as in a new record.
    ///
    /// # Errors
    /// Returns all problems at once.
    pub fn check(self, fields: &Fields, complete: bool) -> Result<Fields, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let mut checked = Fields::new();
        for (key, value) in fields {
            match self.check_one(key, value) {
                Ok(value) => {
                    checked.insert(key.clone(), value);
                }
                Err(message) => problems.push(FieldProblem {
                    field: key.clone(),
                    message,
                }),
            }
        }
        // A field of one owner alone is asked for there; see `RecordKind::fields_of`.
        let required = |field: &&FieldSpec| field.required && field.only.is_none();
        for field in self.fields().iter().filter(required) {
            let key = if field.kind == FieldKind::Words {
                schema::WORDS_HASH
            } else {
                field.key
            };
            let missing = match checked.get(key) {
                Some(FieldValue::Text(text)) => text.is_empty(),
                Some(FieldValue::Set(members)) => members.is_empty(),
                None => complete && !fields.contains_key(key),
            };
            if missing {
                problems.push(FieldProblem {
                    field: field.key.to_owned(),
                    message: format!("fill in \"{}\"", field.label),
                });
            }
        }
        if complete {
            problems.extend(self.across(&checked));
            one_a_field(&mut problems);
        }
        if problems.is_empty() {
            Ok(checked)
        } else {
            Err(problems)
        }
    }

    /// As [`RecordKind::check`], for records of `owner`: it has no fields of the other one alone.
    ///
    /// # Errors
    /// Returns all problems at once.
    pub fn check_of(
        self,
        owner: Owner,
        fields: &Fields,
        complete: bool,
    ) -> Result<Fields, Vec<FieldProblem>> {
        let checked = self.check(fields, complete);
        let mut problems = checked.as_ref().err().cloned().unwrap_or_default();
        for field in self.fields().iter().filter(|field| field.only.is_some()) {
            let given = fields.get(field.key);
            let is_empty = given.is_none_or(|value| match value {
                FieldValue::Text(text) => clean_text(text).is_empty(),
                FieldValue::Set(members) => members.is_empty(),
            });
            let is_asked_for = complete || given.is_some();
            if !field.is_of(owner) && !is_empty {
                let message = match owner {
                    Owner::Hub => "a location says this of itself, and the hub does not",
                    Owner::Location => "the hub says this, and a location does not",
                };
                problems.push(problem(field.key, message));
            } else if field.is_of(owner) && field.required && is_empty && is_asked_for {
                problems.push(problem(field.key, format!("fill in \"{}\"", field.label)));
            }
        }
        one_a_field(&mut problems);
        if problems.is_empty() {
            return checked;
        }
        Err(problems)
    }

    /// The problems with the fields of one record together, such as a last day before the first.
    /// They are in their stored form.
    #[must_use]
    pub fn across(self, fields: &Fields) -> Vec<FieldProblem> {
        match self {
            Self::Item => item::across(fields),
            Self::Investment => investment::across(fields),
            Self::Opportunity => plan::across(fields),
            Self::Review => review::across(fields),
            Self::Outcome
            | Self::Initiative
            | Self::Action
            | Self::Partner
            | Self::Relationship
            | Self::Marker
            | Self::Target
            | Self::Insight => Vec::new(),
        }
    }

    fn check_one(self, key: &str, value: &FieldValue) -> Result<FieldValue, String> {
        if self == Self::Insight && [schema::WORDS_HASH, schema::WORDS_BYTES].contains(&key) {
            return check_words(key, value);
        }
        let keys = || {
            let keys: Vec<_> = self.fields().iter().map(|field| field.key).collect();
            format!("{self} has no such field: it has {}", keys.join(", "))
        };
        let field = self.field(key).ok_or_else(keys)?;
        match value {
            FieldValue::Text(text) if field.is_set() => {
                let codes = matches!(field.kind, FieldKind::Outcomes | FieldKind::Locations);
                let between = |c: char| c == ';' || (codes && c == JOINED_BY);
                let members = text.split(between).map(str::to_owned).collect();
                check_set(field, &members).map(FieldValue::Set)
            }
            FieldValue::Text(text) => field.check_text(text).map(FieldValue::Text),
            FieldValue::Set(members) if field.is_set() => {
                check_set(field, members).map(FieldValue::Set)
            }
            FieldValue::Set(_) => Err("it takes one value, not several".to_owned()),
        }
    }
}

fn check_words(key: &str, value: &FieldValue) -> Result<FieldValue, String> {
    let text = value.text().unwrap_or_default();
    let fits = match key {
        schema::WORDS_HASH => text.parse::<BlobHash>().is_ok(),
        _ => text.parse::<u64>().is_ok(),
    };
    if fits {
        Ok(value.clone())
    } else {
        Err("words are named by the hash and length of their bytes".to_owned())
    }
}

fn check_set(field: &FieldSpec, members: &BTreeSet<String>) -> Result<BTreeSet<String>, String> {
    let members: BTreeSet<String> = members
        .iter()
        .map(|member| field.check_text(member))
        .filter(|member| member.as_ref().map_or(true, |text| !text.is_empty()))
        .collect::<Result<_, _>>()?;
    if members.len() > SET_MEMBERS_MAX {
        return Err(format!("it takes at most {SET_MEMBERS_MAX} values"));
    }
    Ok(members)
}

impl FieldSpec {
    /// Checks one value (or one member of a set) and returns it in its stored form. Empty text is
    /// always valid and clears the field.
    ///
    /// # Errors
    /// Returns a sentence that says which values are valid.
    pub fn check_text(&self, text: &str) -> Result<String, String> {
        let text = clean_text(text);
        if text.is_empty() {
            return Ok(text);
        }
        match self.kind {
            FieldKind::Text(max) | FieldKind::Tags(max) => {
                short_enough(&text, max)?;
                if text.contains('\n') {
                    return Err("it takes one line".to_owned());
                }
                Ok(text)
            }
            FieldKind::Prose(max) => short_enough(&text, max).map(|()| text),
            FieldKind::Words => {
                Err("the words are stored beside the record: give their hash".to_owned())
            }
            FieldKind::Choice(words) if words.contains(&text.as_str()) => Ok(text),
            FieldKind::Choice(words) => {
                Err(format!("\"{text}\" is not one of: {}", words.join(", ")))
            }
            FieldKind::Date => days::stored(&text),
            FieldKind::Number => stored::<Number>(&without_blanks(&text)),
            FieldKind::Indicator => stored::<IndicatorCode>(&text),
            FieldKind::Area => stored::<AreaCode>(&text),
            FieldKind::Period => stored::<Period>(&text),
            FieldKind::Reference(_) | FieldKind::References(_) => stored::<RecordId>(&text),
            FieldKind::Outcome => stored::<OutcomeCode>(&text),
            FieldKind::Outcomes => stored::<OutcomeRef>(&text),
            FieldKind::Locations if text.eq_ignore_ascii_case(ALL) => Ok(ALL.to_owned()),
            FieldKind::Locations => stored::<LocationCode>(&text),
            FieldKind::Amount => investment::typed_amount(&without_blanks(&text))
                .map(|amount| amount.to_string())
                .map_err(|error| error.to_string()),
            FieldKind::Currency => stored::<CurrencyCode>(&text),
            FieldKind::Organisation => stored::<OrganisationId>(&text),
            FieldKind::Link => link(&text),
        }
    }
}

/// The stored form of a text that must be a `T`.
fn stored<T: FromStr<Err: Display> + Display>(text: &str) -> Result<String, String> {
    let read: T = text.parse().map_err(|error: T::Err| error.to_string())?;
    Ok(read.to_string())
}

/// An address on the web: pages make a link of it, so nothing but https is one.
fn link(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("https://").unwrap_or_default();
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>\"\\`{}|^".contains(c);
    if !host.contains('.') || host.contains('@') || !text.chars().all(plain) {
        return Err(
            "it is an address on the web, such as https://www.example.nz/plan.pdf".to_owned(),
        );
    }
    short_enough(text, LINE_BYTES_MAX).map(|()| text.to_owned())
}

/// Keeps the first problem of each field: a date that cannot be read is not missing as well.
pub fn one_a_field(problems: &mut Vec<FieldProblem>) {
    let mut seen = BTreeSet::new();
    problems.retain(|problem| seen.insert(problem.field.clone()));
}

fn short_enough(text: &str, max: usize) -> Result<(), String> {
    if text.len() <= max {
        return Ok(());
    }
    Err(format!(
        "it has {} bytes and may have {max}: shorten it",
        text.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_checked_all_at_once_and_stored_clean() {
        let fields = Fields::from([
            ("what".to_owned(), " Mara kai\u{304} \r\n".into()),
            ("due".to_owned(), "2026-02-30".into()),
            ("state".to_owned(), "maybe".into()),
            ("colour".to_owned(), "red".into()),
        ]);
        let problems = RecordKind::Action.check(&fields, true).unwrap_err();
        let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
        expect_test::expect![[r#"
            colour: action has no such field: it has what, owner, due, state, initiative, note
            due: "2026-02-30" is not a day: write it as 2026-11-21
            state: "maybe" is not one of: planned, doing, done, dropped"#]]
        .assert_eq(&texts.join("\n"));
        let fields = Fields::from([("what".to_owned(), " Mara kai\u{304} \r\n".into())]);
        let checked = RecordKind::Action.check(&fields, true).unwrap();
        assert_eq!(checked["what"], "Mara kaī".into());
        // Nothing in a title makes it read backwards.
        let turned = "\u{202e}lla rof eno\u{2069}\u{200f}\u{61c}\u{202c}";
        let fields = Fields::from([("what".to_owned(), turned.into())]);
        let checked = RecordKind::Action.check(&fields, true).unwrap();
        assert_eq!(checked["what"], "lla rof eno".into());
        assert!(RecordKind::Action.check(&Fields::new(), true).is_err());
        assert!(RecordKind::Action.check(&Fields::new(), false).is_ok());
        let empty = Fields::from([("what".to_owned(), "".into())]);
        assert!(RecordKind::Action.check(&empty, false).is_err());
    }
}
