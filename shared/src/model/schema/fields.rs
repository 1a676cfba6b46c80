//! The fields of a kind of record, and the values that they accept.

use super::RecordKind;

/// The owner of a record: one kind may have other fields at the hub than at a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The hub, location zero.
    Hub,
    /// Any other location.
    Location,
}

/// One field of a kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its key in documents, commands, forms and JSON.
    pub key: &'static str,
    /// The label beside it.
    pub label: &'static str,
    /// A sentence that helps people to fill it in.
    pub hint: &'static str,
    /// The values that it accepts.
    pub kind: FieldKind,
    /// Whether a record without it is refused.
    pub required: bool,
    /// The owner whose records alone have it; `None` for both.
    pub only: Option<Owner>,
}

impl FieldSpec {
    pub(in crate::model) const fn optional(
        key: &'static str,
        label: &'static str,
        kind: FieldKind,
    ) -> Self {
        Self {
            key,
            label,
            hint: "",
            kind,
            required: false,
            only: None,
        }
    }

    pub(in crate::model) const fn required(
        key: &'static str,
        label: &'static str,
        kind: FieldKind,
    ) -> Self {
        Self {
            required: true,
            ..Self::optional(key, label, kind)
        }
    }

    pub(in crate::model) const fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    pub(in crate::model) const fn hub_only(self) -> Self {
        Self {
            only: Some(Owner::Hub),
            ..self
        }
    }

    pub(in crate::model) const fn location_only(self) -> Self {
        Self {
            only: Some(Owner::Location),
            ..self
        }
    }

    /// Whether records of `owner` have it.
    #[must_use]
    pub fn is_of(&self, owner: Owner) -> bool {
        self.only.is_none_or(|only| only == owner)
    }

    /// Whether it holds a set of values, each under its own key (`partner/<id>`), so that the
    /// additions of two people are both kept.
    pub const fn is_set(&self) -> bool {
        matches!(
            self.kind,
            FieldKind::References(_)
                | FieldKind::Tags(_)
                | FieldKind::Outcomes
                | FieldKind::Locations
        )
    }
}

/// The values that a field accepts. Every value is text in the document; sets are keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// One line, and its maximum bytes.
    Text(usize),
    /// Lines of text, and their maximum bytes.
    Prose(usize),
    /// Words of any length that may have to be deleted later: a blob, of which the record keeps
    /// [`WORDS_HASH`](super::WORDS_HASH) and [`WORDS_BYTES`](super::WORDS_BYTES). This field's own
    /// key never occurs in a document.
    Words,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A day, such as `2026-11-21`.
    Date,
    /// An exact decimal number.
    Number,
    /// The code of an indicator.
    Indicator,
    /// The code of an area.
    Area,
    /// A period.
    Period,
    /// The id of another record.
    Reference(RecordKind),
    /// The ids of other records, as a set.
    References(RecordKind),
    /// The code of one of the network's outcomes.
    Outcome,
    /// Outcomes, the network's by code and a location's own by id, as a set.
    Outcomes,
    /// Codes of locations, or `ALL`, as a set.
    Locations,
    /// An amount of money; see [`amount`](crate::model::investment::amount).
    Amount,
    /// The code of a currency.
    Currency,
    /// The identifier of an organisation in a public list.
    Organisation,
    /// An address on the web, with https.
    Link,
    /// Short texts, as a set, and the maximum bytes of each.
    Tags(usize),
}
