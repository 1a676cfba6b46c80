//! Four words that two people compare by phone, so that a person who intercepted an invite cannot
//! pass for the location.

use std::{fmt, str::FromStr};

use bip39::Language;

use crate::id::{DeviceId, HubRootHash, RootPublic, sha256_prefix};

/// Four words of the BIP 39 list: 44 bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ConfirmationWords([u16; WORDS]);

/// The words for one enrolment: 44 bits of
/// SHA-256("weft/words/1" || hub root hash || location root || device key || secret).
///
/// `secret` is the founding invite's secret; for a device invite it is the invite's public key,
/// which every device of the location knows from the roster.
pub fn confirmation_words(
    hub: &HubRootHash,
    location_root: &RootPublic,
    device: &DeviceId,
    secret: &[u8],
) -> ConfirmationWords {
    let parts: [&[u8]; 4] = [
        hub.as_bytes(),
        location_root.as_bytes(),
        device.as_bytes(),
        secret,
    ];
    ConfirmationWords::of_bits(u64::from_be_bytes(sha256_prefix("weft/words/1", &parts)))
}

impl ConfirmationWords {
    /// The words for the first 44 of these bits, such as random ones.
    pub fn of_bits(bits: u64) -> Self {
        Self([53, 42, 31, 20].map(|shift| {
            u16::try_from((bits >> shift) & WORD_MASK).expect("a word's index has 11 bits")
        }))
    }

    /// The words in order.
    pub fn words(&self) -> impl Iterator<Item = &'static str> + use<> {
        let list = Language::English.word_list();
        self.0.into_iter().map(|index| list[usize::from(index)])
    }
}

impl fmt::Display for ConfirmationWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.words().collect();
        f.pad(&words.join(" "))
    }
}

impl fmt::Debug for ConfirmationWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfirmationWords({self})")
    }
}

impl FromStr for ConfirmationWords {
    type Err = BadWords;

    /// Parses four words. Capitals, extra blanks, commas, full stops and hyphens are allowed.
    fn from_str(text: &str) -> Result<Self, BadWords> {
        let separates = |c: char| c.is_whitespace() || matches!(c, ',' | '-' | '.');
        let words: Vec<&str> = text
            .split(separates)
            .filter(|word| !word.is_empty())
            .collect();
        let words: [&str; WORDS] = words
            .try_into()
            .map_err(|words: Vec<&str>| BadWords::Count(words.len()))?;
        let mut indices = [0; WORDS];
        for (position, (index, word)) in indices.iter_mut().zip(words).enumerate() {
            let found = Language::English.find_word(&word.to_lowercase());
            *index = found.ok_or_else(|| BadWords::Unknown {
                position: position + 1,
                word: word.chars().take(SHOWN_CHARS_MAX).collect(),
            })?;
        }
        Ok(Self(indices))
    }
}

/// Text that is not four words of the list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadWords {
    /// There are not four.
    #[error("four words are needed, not {0}")]
    Count(usize),
    /// A word is not in the list.
    #[error("\"{word}\" (word {position}) is no confirmation word: have it spelt out again")]
    Unknown {
        /// Position of the word, counted from 1.
        position: usize,
        /// The word, cut short.
        word: String,
    },
}

const WORDS: usize = 4;
const WORD_MASK: u64 = (1 << 11) - 1;
const SHOWN_CHARS_MAX: usize = 24;
