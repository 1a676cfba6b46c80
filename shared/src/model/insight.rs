//! Insights: what was heard or learnt, and on whose terms it may travel.

use std::collections::BTreeMap;

use super::{
    Audience,
    plan::{LINE_BYTES_MAX, TAG_BYTES_MAX},
    record::{FieldValue, Fields, Record},
    schema::{self, FieldKind as Kind, FieldSpec, RecordKind},
    words,
};
use crate::id::BlobHash;

/// Most bytes of an insight's words.
pub const WORDS_BYTES_MAX: usize = 64 << 10;

words! {
    /// How the teller of an insight wants to be named.
    Attribution, "attribution" {
        /// By name.
        Named = "named" / "by name",
        /// By another name.
        Pseudonym = "pseudonym" / "by another name",
        /// Not at all.
        None = "none" / "not named",
    }
}

pub(super) const INSIGHT: &[FieldSpec] = &[
    FieldSpec::new("text", "What was heard", Kind::Words, "In their words").required(),
    FieldSpec::new(
        "themes",
        "Themes",
        Kind::Tags { max: TAG_BYTES_MAX },
        "What it is about",
    ),
    FieldSpec::new(
        "setting",
        "Setting",
        Kind::Text {
            max: LINE_BYTES_MAX,
        },
        "Where it was heard, such as a marae or a school",
    ),
    FieldSpec::new("heard_on", "Heard on", Kind::Date, "The day it was heard"),
    FieldSpec::new(
        "consent",
        "Consent",
        Kind::Choice(Audience::WORDS),
        "How far its teller agreed that it may travel",
    ),
    FieldSpec::new(
        "attribution",
        "Attribution",
        Kind::Choice(Attribution::WORDS),
        "How its teller wants to be named",
    ),
    FieldSpec::new(
        "teller",
        "Teller",
        Kind::Text {
            max: LINE_BYTES_MAX,
        },
        "The name to give, where one may be given",
    ),
    FieldSpec::new(
        "initiatives",
        "Initiatives",
        Kind::References(RecordKind::Initiative),
        "What it is about in the plan",
    ),
];

/// What the teller of an insight agreed to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Consent {
    /// How far it may travel.
    pub scope: Audience,
    /// How the teller is named.
    pub attribution: Attribution,
}

/// Why an insight may not have the audience asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoConsent {
    /// Nobody said what the teller agreed to.
    #[error(
        "an insight that leaves this computer needs its teller's consent: say how far it may \
         travel (--consent network, government or public) and how they are named (--attribution \
         named, pseudonym or none)"
    )]
    Missing,
    /// The teller agreed to less.
    #[error(
        "the teller agreed to the audience \"{consent}\", which does not include \"{audience}\": \
         ask them again, or choose a narrower audience"
    )]
    Narrower {
        /// What they agreed to.
        consent: Audience,
        /// What was asked for.
        audience: Audience,
    },
}

impl Consent {
    /// Reads the consent from an insight's fields.
    #[must_use]
    pub fn of(fields: &Fields) -> Option<Self> {
        let word = |key: &str| fields.get(key).and_then(FieldValue::text);
        Some(Self {
            scope: word("consent")?.parse().ok()?,
            attribution: word("attribution")?.parse().ok()?,
        })
    }

    /// Holds an insight's fields against the audience it should have.
    ///
    /// # Errors
    /// Says what to ask the teller where the audience goes beyond this computer without consent.
    pub fn check(fields: &Fields, audience: Audience) -> Result<(), NoConsent> {
        if audience == Audience::Team {
            return Ok(());
        }
        let consent = Self::of(fields).ok_or(NoConsent::Missing)?;
        if audience <= consent.scope {
            Ok(())
        } else {
            Err(NoConsent::Narrower {
                consent: consent.scope,
                audience,
            })
        }
    }
}

/// The words of an insight as its record knows them: a blob's hash and length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Words {
    /// The blob's hash.
    pub hash: BlobHash,
    /// Its length in bytes.
    pub bytes: u64,
}

impl Words {
    /// The name of the blob that holds `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self {
            hash: BlobHash::of(text.as_bytes()),
            bytes: text.len() as u64,
        }
    }

    /// Reads them from an insight; nothing where it has none or they were taken back.
    #[must_use]
    pub fn in_record(record: &Record) -> Option<Self> {
        if record.withdrawn {
            return None;
        }
        Some(Self {
            hash: record.text(schema::WORDS_HASH)?.parse().ok()?,
            bytes: record.text(schema::WORDS_BYTES)?.parse().ok()?,
        })
    }

    /// The two fields that name the blob, to be put into the record.
    #[must_use]
    pub fn fields(&self) -> Fields {
        BTreeMap::from([
            (
                schema::WORDS_HASH.to_owned(),
                FieldValue::Text(self.hash.to_string()),
            ),
            (
                schema::WORDS_BYTES.to_owned(),
                FieldValue::Text(self.bytes.to_string()),
            ),
        ])
    }
}
