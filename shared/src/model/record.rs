//! Records: maps of fields with an id, an audience and a place among others of their kind.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Audience, clean_text,
    number::Number,
    schema::{self, FieldKind, FieldSpec, RecordKind},
};
use crate::{
    id::{AreaCode, BlobHash, IndicatorCode, RecordId},
    period::{Date, Period},
};

/// Maximum number of members of one set field.
pub const SET_MEMBERS_MAX: usize = 64;
/// Maximum number of members read from one set: several devices may have filled it concurrently.
pub const SETS_READ_MAX: usize = 8 * SET_MEMBERS_MAX;
/// Maximum bytes read of a record's place among others.
pub const ORDER_BYTES_MAX: usize = 128;

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
    /// The text, if it is not a set.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Set(_) => None,
        }
    }
}

impl From<&str> for FieldValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for FieldValue {
    fn from(text: String) -> Self {
        Self::Text(text)
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
    /// Its place among others; see [`order_between`].
    pub order: String,
    /// The fields with content that is longer than a form accepts, and is therefore not read.
    pub unread: BTreeSet<String>,
}

impl Record {
    /// The value of a plain field.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        Some(self.fields.get(key)?.first()?.value.as_str())
    }

    /// The members of a set field.
    pub fn members(&self, key: &str) -> impl Iterator<Item = &str> {
        self.sets.get(key).into_iter().flatten().map(String::as_str)
    }

    /// The text that lists show.
    #[must_use]
    pub fn title(&self) -> String {
        let key = self.kind.title();
        self.text(key).map_or_else(
            || self.members(key).collect::<Vec<_>>().join(", "),
            str::to_owned,
        )
    }

    /// Whether lists include it: it is neither removed nor moved.
    #[must_use]
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
        let quiet = [
            schema::ORDER,
            schema::REMOVED,
            schema::MOVED,
            schema::WORDS_BYTES,
        ];
        let fields = self.fields.iter();
        let fields = fields.filter(move |(key, _)| !quiet.contains(&key.as_str()));
        let fields = fields.filter(move |(_, values)| differs(values));
        let removal = (!self.disputed.is_empty()).then_some(schema::REMOVED);
        fields.map(|(key, _)| key.as_str()).chain(removal)
    }

    /// The fields as a form would submit them, for copying the record elsewhere.
    #[must_use]
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
        for field in self.fields().iter().filter(|field| field.required) {
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
        if problems.is_empty() {
            Ok(checked)
        } else {
            Err(problems)
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
                let members = text.split(';').map(str::to_owned).collect();
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
        let says = |error: &dyn std::error::Error| error.to_string();
        match self.kind {
            FieldKind::Text { max } | FieldKind::Tags { max } => {
                short_enough(&text, max)?;
                if text.contains('\n') {
                    return Err("it takes one line".to_owned());
                }
                Ok(text)
            }
            FieldKind::Prose { max } => short_enough(&text, max).map(|()| text),
            FieldKind::Words => {
                Err("the words are stored beside the record: give their hash".to_owned())
            }
            FieldKind::Choice(words) if words.contains(&text.as_str()) => Ok(text),
            FieldKind::Choice(words) => Err(format!(
                "\"{text}\" is none of its words: {}",
                words.join(", ")
            )),
            FieldKind::Date => {
                let day: Result<Date, _> = text.parse();
                day.map(|day| day.to_string())
                    .map_err(|_| format!("\"{text}\" is no day: write it as 2026-11-21"))
            }
            FieldKind::Number => {
                let number: Result<Number, _> = text.parse();
                number
                    .map(|number| number.to_string())
                    .map_err(|e| says(&e))
            }
            FieldKind::Indicator => IndicatorCode::parse(&text)
                .map(|code| code.to_string())
                .map_err(|e| says(&e)),
            FieldKind::Area => AreaCode::parse(&text)
                .map(|code| code.to_string())
                .map_err(|e| says(&e)),
            FieldKind::Period => {
                let period: Result<Period, _> = text.parse();
                period
                    .map(|period| period.to_string())
                    .map_err(|e| says(&e))
            }
            FieldKind::Reference(_) | FieldKind::References(_) => {
                let id: Result<RecordId, _> = text.parse();
                id.map(|id| id.to_string()).map_err(|e| says(&e))
            }
        }
    }
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

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
/// The greatest digit.
const LAST: u8 = 35;
/// Maximum number of leading greatest digits of a key after which the end of a list is counted on.
const LEADING_MAX: usize = 4;

/// Returns a key that sorts between two others (either may be missing), so a record can be put
/// anywhere without moving the rest. If two people put records at one place, the keys are equal and
/// the ids decide.
///
/// ```
/// use weft_shared::model::record::order_between;
/// let first = order_between(None, None);
/// let second = order_between(Some(&first), None);
/// let between = order_between(Some(&first), Some(&second));
/// assert!(first < between && between < second);
/// ```
#[must_use]
pub fn order_between(before: Option<&str>, after: Option<&str>) -> String {
    let before = digits(before.unwrap_or(""));
    let after = after.map(digits).filter(|after| *after > before);
    if after.is_none()
        && let Some(key) = next_at_end(&before)
    {
        return text(&key);
    }
    let mut key = Vec::new();
    let mut bounded = after.is_some();
    for place in 0.. {
        let low = before.get(place).copied().unwrap_or(0);
        let high = match &after {
            Some(after) if bounded => after.get(place).copied().unwrap_or(0),
            _ => 36,
        };
        let past_both = place >= before.len();
        if high > low + 1 && (past_both || high - low > 1) {
            key.push(low + (high - low) / 2);
            break;
        }
        key.push(low);
        bounded = bounded && high == low;
    }
    text(&key)
}

/// Counts on at the end of a list, so that keys stay short: after `y` comes `z01`, after `zyz` comes
/// `zz0001`. Each leading `z` doubles the digits that count. `None` if there are too many of them.
fn next_at_end(before: &[u8]) -> Option<Vec<u8>> {
    let leading = before.iter().take_while(|digit| **digit == LAST).count();
    if leading > LEADING_MAX {
        return None;
    }
    let width = |leading: usize| 1 << leading;
    let mut key = before.to_vec();
    key.resize(leading + width(leading), 0);
    for digit in key[leading..].iter_mut().rev() {
        *digit += 1;
        if *digit <= LAST {
            break;
        }
        *digit = 0;
    }
    if key.last() == Some(&0) {
        key.pop();
        key.push(1);
    }
    if key[leading] == LAST {
        key = vec![LAST; leading + 1];
        key.resize(leading + 1 + width(leading + 1), 0);
        key.pop();
        key.push(1);
    }
    Some(key)
}

fn text(key: &[u8]) -> String {
    key.iter()
        .map(|digit| char::from(DIGITS[usize::from(*digit)]))
        .collect()
}

/// The digits of a key; any other character counts as the lowest digit. A key never ends with the
/// lowest digit, or nothing would fit before it.
fn digits(key: &str) -> Vec<u8> {
    let mut digits: Vec<u8> = key
        .bytes()
        .map(|byte| {
            let at = DIGITS.iter().position(|digit| *digit == byte);
            at.and_then(|at| u8::try_from(at).ok()).unwrap_or(0)
        })
        .collect();
    while digits.last() == Some(&0) {
        digits.pop();
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_fits_between_any_two() {
        let mut keys = vec![order_between(None, None)];
        for round in 0..400_usize {
            let at = (round * 7_919) % (keys.len() + 1);
            let before = at.checked_sub(1).map(|i| keys[i].as_str());
            let key = order_between(before, keys.get(at).map(String::as_str));
            assert!(
                before.is_none_or(|before| before < key.as_str()),
                "{before:?} {key}"
            );
            assert!(
                keys.get(at).is_none_or(|after| key < *after),
                "{key} {:?}",
                keys.get(at)
            );
            keys.insert(at, key);
        }
    }

    #[test]
    fn keys_at_the_end_of_a_long_list_stay_short() {
        let mut last = String::new();
        for _ in 0..100_000 {
            let next = order_between(Some(&last), None);
            assert!(next > last && !next.ends_with('0'), "{last} {next}");
            last = next;
        }
        assert!(last.len() <= 6, "{last}");
        // Keys of before, and keys that somebody made up.
        for before in [
            "z",
            "zzz",
            "zz5",
            "zyzzzz",
            &"z".repeat(90),
            "y0000001",
            "\u{101}",
        ] {
            let next = order_between(Some(before), None);
            assert!(digits(&next) > digits(before), "{before} {next}");
            assert!(next.len() <= ORDER_BYTES_MAX);
        }
    }

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
            due: "2026-02-30" is no day: write it as 2026-11-21
            state: "maybe" is none of its words: planned, doing, done, dropped"#]]
        .assert_eq(&texts.join("\n"));
        let fields = Fields::from([("what".to_owned(), " Mara kai\u{304} \r\n".into())]);
        let checked = RecordKind::Action.check(&fields, true).unwrap();
        assert_eq!(checked["what"], "Mara kaī".into());
        assert!(RecordKind::Action.check(&Fields::new(), true).is_err());
        assert!(RecordKind::Action.check(&Fields::new(), false).is_ok());
        let empty = Fields::from([("what".to_owned(), "".into())]);
        assert!(RecordKind::Action.check(&empty, false).is_err());
    }
}
