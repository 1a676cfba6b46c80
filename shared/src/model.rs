//! The data that a location team enters: records, observations, definitions and their audiences.
//!
//! Only [`schema`] knows the names of these things in documents; the other modules give them types.

pub mod answer;
mod fits;
mod form;
pub mod indicator;
pub mod insight;
pub mod investment;
pub mod item;
pub mod json;
pub mod label;
pub mod line;
pub mod note;
pub mod number;
pub mod observation;
pub mod order;
pub mod organisation;
pub mod outcome;
pub mod places;
pub mod plan;
pub mod profile;
pub mod quote;
pub mod reader;
pub mod record;
pub mod release;
pub mod review;
pub mod schema;
pub mod sign;
pub mod source;
pub mod spelling;
pub mod target;
pub mod values;

pub use self::fits::TEXT_KEY_BYTES_MAX;

use std::{borrow::Cow, str::FromStr};

/// Defines an enum of fixed words, which are parsed and printed the same way everywhere.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal {
        $($(#[$variant_doc:meta])* $variant:ident = $word:literal / $label:literal,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// Every word, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word,)+];

            /// The word for it in documents, files and commands.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The text that people read.
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text::BadText;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .find(|one| one.word() == text)
                    .copied()
                    .ok_or_else(|| {
                        let words = Self::WORDS.join(", ");
                        let fault = format!("is no {}: it is one of {words}", $what);
                        $crate::text::BadText::new(text, fault)
                    })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.word())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                $crate::text::parsed(d)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// The audience to which a record may travel; each step includes those before it.
    Audience, "audience" {
        /// This location's devices only: sealed, so that no one else can read it.
        Team = "team" / "our team only",
        /// The national team too.
        Network = "network" / "the network and its national team",
        /// Figures count in releases, and go to all who hold one.
        Released = "released" / "the network’s releases, and all who hold one",
    }
}

/// The words of earlier versions for audiences that [`Audience::Released`] has replaced.
const EARLIER: [&str; 2] = ["government", "public"];

impl Audience {
    /// Reads the audience of a stored record. A missing or unreadable one counts as `team`, and one
    /// of an earlier version, `government` or `public`, as `released`.
    ///
    /// ```
    /// use weft_shared::model::Audience;
    ///
    /// assert_eq!(Audience::or_team(Some("public")), Audience::Released);
    /// assert_eq!(Audience::or_team(Some("everybody")), Audience::Team);
    /// assert!("public".parse::<Audience>().is_err(), "people choose among three");
    /// ```
    pub fn or_team(text: Option<&str>) -> Self {
        match text {
            Some(text) if EARLIER.contains(&text) => Self::Released,
            Some(text) => Self::from_str(text).unwrap_or(Self::Team),
            None => Self::Team,
        }
    }

    /// The consent of an earlier version as this one reads it; `None` for a word of this version.
    ///
    /// A release can go to anyone. Those who agreed to government analysts alone did not agree to
    /// that, and an upgrade widens no one's consent, so theirs is to the network.
    fn earlier_consent(text: &str) -> Option<Self> {
        match text {
            "government" => Some(Self::Network),
            "public" => Some(Self::Released),
            _ => None,
        }
    }
}

/// A stored text as this version writes it: one of an earlier version may name an audience that
/// there is no more. `key` is its key in its container or record.
pub(crate) fn present(key: &str, text: String) -> String {
    match key {
        schema::AUDIENCE if EARLIER.contains(&text.as_str()) => {
            Audience::Released.word().to_owned()
        }
        schema::CONSENT => {
            Audience::earlier_consent(&text).map_or(text, |consent| consent.word().to_owned())
        }
        _ => match present_scalar(&text) {
            Cow::Owned(present) => present,
            Cow::Borrowed(_) => text,
        },
    }
}

/// The same for a scalar that holds a whole statement or decision: its audience comes first.
fn present_scalar(text: &str) -> Cow<'_, str> {
    const START: &str = "{\"audience\":\"";
    let rest = text.strip_prefix(START).and_then(|rest| {
        let after = |word: &&str| rest.strip_prefix(*word)?.strip_prefix('"');
        EARLIER.iter().find_map(after)
    });
    match rest {
        Some(rest) => Cow::Owned(format!("{START}{}\"{rest}", Audience::Released)),
        None => Cow::Borrowed(text),
    }
}

/// Normalises text for storage: NFC, trimmed, no control characters except line ends, and none that
/// turns the direction of text, by which a title could read as something else.
pub fn clean_text(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let text: String = text
        .replace("\r\n", "\n")
        .nfc()
        .filter(|c| !c.is_control() || *c == '\n' || *c == '\t')
        .filter(|c| !label::turns_text(*c))
        .collect();
    text.trim().to_owned()
}

/// The first words of a text, cut between words.
#[must_use]
pub fn excerpt(text: &str, chars_max: usize) -> String {
    let text = clean_text(text);
    if text.chars().count() <= chars_max {
        return text;
    }
    let cut: String = text.chars().take(chars_max).collect();
    let cut = cut
        .rsplit_once(char::is_whitespace)
        .map_or(cut.as_str(), |(head, _)| head);
    format!("{cut} …")
}
