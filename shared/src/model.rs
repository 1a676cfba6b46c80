//! The data that a location team enters: records, observations, definitions and their audiences.
//!
//! Only [`schema`] knows the names of these things in documents; the other modules give them types.

mod fits;
pub mod indicator;
pub mod insight;
pub mod json;
pub mod label;
pub mod note;
pub mod number;
pub mod observation;
pub mod order;
pub mod plan;
pub mod profile;
pub mod record;
pub mod release;
pub mod schema;
pub mod sign;
pub mod source;
pub mod spelling;
pub mod target;

pub use self::fits::TEXT_KEY_BYTES_MAX;

use std::str::FromStr;

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
        /// This location's devices only. Until sealing exists, this computer only.
        Team = "team" / "this computer only",
        /// The national team too.
        Network = "network" / "the network and its national team",
        /// May enter rollups that government analysts see.
        Government = "government" / "government analysts, in rollups",
        /// Anyone.
        Public = "public" / "everybody",
    }
}

impl Audience {
    /// Parses the audience of a record. A missing or unreadable one counts as `team`.
    pub fn or_team(text: Option<&str>) -> Self {
        text.and_then(|text| Self::from_str(text).ok())
            .unwrap_or(Self::Team)
    }
}

/// Normalises text for storage: NFC, trimmed, no control characters except line ends.
pub fn clean_text(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let text: String = text
        .replace("\r\n", "\n")
        .nfc()
        .filter(|c| !c.is_control() || *c == '\n' || *c == '\t')
        .collect();
    text.trim().to_owned()
}
