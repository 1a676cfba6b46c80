//! Insights: what a community said or a team learnt, and the terms on which it may travel.

use std::collections::BTreeSet;

use super::{
    Audience,
    plan::{LINE, TAG_BYTES_MAX},
    record::{FieldValue, Fields, Record},
    schema::{self, FieldKind as Kind, FieldSpec, RecordKind},
    words,
};
use crate::id::BlobHash;

/// Maximum bytes of an insight's words.
pub const WORDS_BYTES_MAX: usize = (64 << 10) - WORDS_SALT_BYTES - 4;
/// Number of random bytes before the words in their blob. They keep short words from being guessed
/// from their hash. The same words said twice are two blobs, and one can be taken back.
pub const WORDS_SALT_BYTES: usize = 16;

words! {
    /// The way in which the teller of an insight wants to be named.
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
    FieldSpec::required("text", "What was heard", Kind::Words).hint("In their words"),
    FieldSpec::optional("themes", "Themes", Kind::Tags(TAG_BYTES_MAX)).hint("What it is about"),
    FieldSpec::optional("setting", "Setting", LINE)
        .hint("Where it was heard, such as a marae or a school"),
    FieldSpec::optional("heard_on", "Heard on", Kind::Date).hint("The day it was heard"),
    FieldSpec::optional(schema::CONSENT, "Consent", Kind::Choice(Audience::WORDS))
        .hint("How far the person who said it agreed that it may travel"),
    FieldSpec::optional(
        "attribution",
        "Attribution",
        Kind::Choice(Attribution::WORDS),
    )
    .hint("How the person who said it wants to be named"),
    FieldSpec::optional("teller", "Who said it", LINE).hint(
        "The name to give, where one may be given; never the real one where they chose another",
    ),
    FieldSpec::optional(
        "initiatives",
        "Initiatives",
        Kind::References(RecordKind::Initiative),
    )
    .hint("What it is about in the plan"),
];

/// The consent of an insight's teller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Consent {
    /// The widest audience it may have.
    pub scope: Audience,
    /// The way in which the teller is named.
    pub attribution: Attribution,
}

/// Why an insight may not have the requested audience.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoConsent {
    /// There is no record of the teller's consent.
    #[error(
        "an insight that goes further than your team needs the consent of the person who said it: \
         say how far it may travel (--consent network or released) and how they are named \
         (--attribution named, pseudonym or none)"
    )]
    Missing,
    /// A person is named who does not want to be.
    #[error(
        "the person who said it wants not to be named, and \"teller\" names somebody: a name that \
         was shared stays in the log for ever, so leave it empty (--teller \"\"), or ask them how \
         they want to be named"
    )]
    Unnamed,
    /// The teller agreed to less.
    #[error(
        "the person who said it agreed to the audience \"{consent}\", which does not include \
         \"{audience}\": ask them again, or choose a narrower audience"
    )]
    Narrower {
        /// The audience that they agreed to.
        consent: Audience,
        /// The audience asked for.
        audience: Audience,
    },
}

impl Consent {
    /// Reads the consent from an insight's fields.
    pub fn of(fields: &Fields) -> Option<Self> {
        let word = |key: &str| fields.get(key).and_then(FieldValue::text);
        Some(Self {
            scope: word(schema::CONSENT)?.parse().ok()?,
            attribution: word("attribution")?.parse().ok()?,
        })
    }

    /// Checks an insight's fields against the audience that it is to have.
    ///
    /// # Errors
    /// If it goes further than the team without consent. The error says what to ask the teller.
    pub fn check(fields: &Fields, audience: Audience) -> Result<(), NoConsent> {
        if audience == Audience::Team {
            return Ok(());
        }
        let consent = Self::of(fields).ok_or(NoConsent::Missing)?;
        if audience > consent.scope {
            return Err(NoConsent::Narrower {
                consent: consent.scope,
                audience,
            });
        }
        let teller = fields.get("teller").and_then(FieldValue::text);
        let named = teller.is_some_and(|teller| !teller.trim().is_empty());
        if named && consent.attribution == Attribution::None {
            return Err(NoConsent::Unnamed);
        }
        Ok(())
    }
}

/// The words of an insight as its record names them: a blob's hash and length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Words {
    /// The blob's hash.
    pub hash: BlobHash,
    /// Its length in bytes.
    pub bytes: u64,
}

impl Words {
    /// Returns the blob that holds `text`, and the words as their record names them.
    ///
    /// ```
    /// use weft_shared::model::insight::Words;
    ///
    /// let (words, blob) = Words::salted([7; 16], "kia ora");
    /// assert_eq!((words.bytes, Words::text(&blob).as_deref()), (7, Some("kia ora")));
    /// assert_ne!(words.hash, Words::salted([8; 16], "kia ora").0.hash);
    /// ```
    pub fn salted(salt: [u8; WORDS_SALT_BYTES], text: &str) -> (Self, Vec<u8>) {
        let blob = [&salt, text.as_bytes()].concat();
        let words = Self {
            hash: BlobHash::of(&blob),
            bytes: text.len() as u64,
        };
        (words, blob)
    }

    /// The text in a blob; `None` if it is not valid.
    pub fn text(blob: &[u8]) -> Option<String> {
        let text = blob.get(WORDS_SALT_BYTES..)?;
        std::str::from_utf8(text).ok().map(str::to_owned)
    }

    /// The blobs that hold an insight's words. There can be several if people wrote at once. There
    /// are none if it was taken back or moved to another document.
    pub fn named(record: &Record) -> BTreeSet<BlobHash> {
        if record.withdrawn || record.moved.is_some() {
            return BTreeSet::new();
        }
        hashes(record).collect()
    }

    /// Every blob that an insight names or has named, also if it was moved to another document.
    pub fn all(record: &Record) -> BTreeSet<BlobHash> {
        let before = record.members(schema::WORDS_BEFORE);
        let before = before.filter_map(|hash| hash.parse().ok());
        before.chain(hashes(record)).collect()
    }

    /// The blobs that must be deleted everywhere, as far as this record knows: all blobs of an
    /// insight that was taken back, and words that were replaced.
    pub fn forgotten(record: &Record) -> BTreeSet<BlobHash> {
        if record.withdrawn {
            return Self::all(record);
        }
        let before = record.members(schema::WORDS_BEFORE);
        let before = before.filter_map(|hash| hash.parse().ok());
        let named = Self::named(record);
        before.filter(|hash| !named.contains(hash)).collect()
    }

    /// Reads the words of an insight; `None` if it has none or they were taken back.
    pub fn in_record(record: &Record) -> Option<Self> {
        if record.withdrawn {
            return None;
        }
        Some(Self {
            hash: record.text(schema::WORDS_HASH)?.parse().ok()?,
            bytes: record.text(schema::WORDS_BYTES)?.parse().ok()?,
        })
    }

    /// The two fields that name the blob in the record.
    pub fn fields(&self) -> Fields {
        let fields = [
            (schema::WORDS_HASH, self.hash.to_string()),
            (schema::WORDS_BYTES, self.bytes.to_string()),
        ];
        Fields::from(fields.map(|(key, text)| (key.to_owned(), text.into())))
    }
}

fn hashes(record: &Record) -> impl Iterator<Item = BlobHash> {
    let values = record.fields.get(schema::WORDS_HASH).into_iter().flatten();
    values.filter_map(|one| one.value.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_named_who_wants_not_to_be() {
        let fields = |attribution: &str, teller: &str| {
            let fields = [
                ("consent", "network"),
                ("attribution", attribution),
                ("teller", teller),
            ];
            Fields::from(fields.map(|(key, value)| (key.to_owned(), value.into())))
        };
        let check = |fields| Consent::check(&fields, Audience::Network);
        assert_eq!(
            check(fields("none", "Example name")),
            Err(NoConsent::Unnamed)
        );
        assert_eq!(check(fields("none", " ")), Ok(()));
        assert_eq!(check(fields("pseudonym", "Example bird")), Ok(()));
        assert_eq!(check(fields("named", "Example name")), Ok(()));
        let kept = Consent::check(&fields("none", "Example name"), Audience::Team);
        assert_eq!(kept, Ok(()), "it is for the team alone");
    }
}
