//! 24 words split into parts for several people, of which a few together give the words again
//! (Shamir's secret sharing). Fewer parts tell nothing of the words.
//!
//! A part is a text that can be written on paper: a line that says which part it is, and 24 words
//! of the same list, which have a checksum of their own.

use std::collections::BTreeMap;

use blahaj::{Share, Sharks};
use data_encoding::HEXLOWER;
use weft_shared::{id::sha256, identity::RootKey};

use crate::text;

/// A part of split words.
#[derive(Clone)]
struct Part {
    number: u8,
    of: u8,
    need: u8,
    /// Tells parts of other words apart, and shows whether the parts give the words.
    set: [u8; 4],
    share: RootKey,
}

/// The reason words cannot be split, or parts not be put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// Numbers that make no sense.
    #[error(
        "words are split into at most {PARTS_MAX} parts, of which at least 2 are needed and not \
         more than there are"
    )]
    Numbers,
    /// A text that is no part.
    #[error(
        "{place} is not a part: it begins with \"Weft recovery part 1 of 5\" and has 24 words; \
         {why}"
    )]
    NotPart {
        /// The text, by its name or place.
        place: String,
        /// The fault.
        why: String,
    },
    /// Parts of different words.
    #[error("{place} is a part of other words than the first one, or of another split of them")]
    OtherSet {
        /// The text, by its name or place.
        place: String,
    },
    /// There are not enough.
    #[error("{have} of these parts differ, and {need} are needed; {of} were made")]
    Few {
        /// Parts that differ.
        have: usize,
        /// Parts that are needed.
        need: u8,
        /// Parts that were made.
        of: u8,
    },
    /// The parts do not fit together.
    #[error("these parts do not give the words: the number of one of them is wrong")]
    Wrong,
}

/// Splits words into `of` parts, of which any `need` give them again. Returns the text of each.
///
/// # Errors
/// If the numbers make no sense.
pub fn split(words: &RootKey, (need, of): (u8, u8)) -> Result<Vec<String>, SplitError> {
    if need < 2 || need > of || of > PARTS_MAX {
        return Err(SplitError::Numbers);
    }
    let shares = Sharks(need).dealer(words.seed()).take(of.into());
    let texts = (1..=of).zip(shares).map(|(number, share)| {
        let bytes = Vec::from(&share);
        let share: [u8; 32] = bytes[1..]
            .try_into()
            .expect("a share is as long as the secret");
        let part = Part {
            number,
            of,
            need,
            set: set_of(words),
            share: RootKey::from_seed(share),
        };
        part.text()
    });
    Ok(texts.collect())
}

/// Puts parts together, each with the name or place of its text. More than are needed do no harm.
///
/// # Errors
/// If one of them is no part, they are of different words, or there are not enough.
pub fn join(texts: &[(String, String)]) -> Result<RootKey, SplitError> {
    let mut parts: BTreeMap<u8, Part> = BTreeMap::new();
    let mut first: Option<Part> = None;
    for (place, text) in texts {
        let part = Part::read(text).map_err(|why| SplitError::NotPart {
            place: place.clone(),
            why,
        })?;
        let begun = first.get_or_insert_with(|| part.clone());
        if (part.set, part.need, part.of) != (begun.set, begun.need, begun.of) {
            return Err(SplitError::OtherSet {
                place: place.clone(),
            });
        }
        parts.insert(part.number, part);
    }
    let (need, of) = first.map_or((2, 2), |part| (part.need, part.of));
    if parts.len() < need.into() {
        return Err(SplitError::Few {
            have: parts.len(),
            need,
            of,
        });
    }
    let shares = parts.values().take(need.into()).map(|part| {
        let bytes = [&[part.number], part.share.seed().as_slice()].concat();
        Share::try_from(bytes.as_slice()).expect("33 bytes are a share")
    });
    let shares: Vec<Share> = shares.collect();
    let secret = Sharks(need)
        .recover(&shares)
        .map_err(|_| SplitError::Wrong)?;
    let secret: [u8; 32] = secret.try_into().map_err(|_| SplitError::Wrong)?;
    let words = RootKey::from_seed(secret);
    match parts.values().all(|part| part.set == set_of(&words)) {
        true => Ok(words),
        false => Err(SplitError::Wrong),
    }
}

/// Four bytes that name the words and tell nothing of them: they have 256 bits.
fn set_of(words: &RootKey) -> [u8; 4] {
    let [a, b, c, d, ..] = sha256("weft/split/1", &[words.seed()]);
    [a, b, c, d]
}

impl Part {
    fn text(&self) -> String {
        let Self {
            number, of, need, ..
        } = self;
        let set = HEXLOWER.encode(&self.set);
        let words = text::wrapped(&self.share.recovery_words(), WIDTH).join("\n");
        format!(
            "Weft recovery part {number} of {of}, any {need} give the words, set {set}\n\n{words}\n"
        )
    }

    /// Reads a part. Capitals, line ends, commas and further blanks do not count.
    fn read(text: &str) -> Result<Self, String> {
        let text = text.to_lowercase().replace(',', " ");
        let all: Vec<&str> = text.split_whitespace().collect();
        let head = all.get(..HEAD.len()).ok_or("it is too short")?;
        let number = |place: usize| -> Result<u8, String> {
            let number = head[place].parse().ok();
            number.ok_or_else(|| format!("\"{}\" is no number of a part", head[place]))
        };
        for (place, word) in HEAD.iter().enumerate() {
            if !word.is_empty() && head[place] != *word {
                return Err(format!(
                    "its beginning has \"{}\" instead of \"{word}\"",
                    head[place]
                ));
            }
        }
        let (number, of, need) = (number(3)?, number(5)?, number(7)?);
        if number < 1 || number > of || need < 2 || need > of || of > PARTS_MAX {
            return Err("its numbers make no sense".to_owned());
        }
        let set = HEXLOWER.decode(head[12].as_bytes()).ok();
        let set = set.and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
        let set = set.ok_or_else(|| format!("\"{}\" is no set", head[12]))?;
        let words = all[HEAD.len()..].join(" ");
        let share = RootKey::from_recovery_words(&words).map_err(|error| error.to_string())?;
        Ok(Self {
            number,
            of,
            need,
            set,
            share,
        })
    }
}

/// The most parts.
const PARTS_MAX: u8 = 16;
/// Columns of the words of a part.
const WIDTH: usize = 60;
/// The beginning of a part; empty for what differs.
const HEAD: [&str; 13] = [
    "weft", "recovery", "part", "", "of", "", "any", "", "give", "the", "words", "set", "",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> RootKey {
        RootKey::from_seed([3; 32])
    }

    fn named(texts: &[&String]) -> Vec<(String, String)> {
        let named = texts.iter().enumerate();
        named
            .map(|(n, text)| (format!("text {n}"), (*text).clone()))
            .collect()
    }

    #[test]
    fn any_three_of_five_parts_give_the_words_and_two_do_not() {
        let parts = split(&words(), (3, 5)).unwrap();
        assert_eq!(parts.len(), 5);
        let seed = *words().seed();
        for (a, b, c) in [(0, 1, 2), (4, 2, 0), (1, 3, 4), (3, 0, 2)] {
            let some = named(&[&parts[a], &parts[b], &parts[c]]);
            assert_eq!(*join(&some).unwrap().seed(), seed, "{a} {b} {c}");
        }
        let all: Vec<&String> = parts.iter().collect();
        assert_eq!(*join(&named(&all)).unwrap().seed(), seed);
        // A part that comes twice is one.
        let few = join(&named(&[&parts[0], &parts[1], &parts[1]])).map(drop);
        let error = few.unwrap_err();
        assert_eq!(
            error.to_string(),
            "2 of these parts differ, and 3 are needed; 5 were made"
        );
        assert!(join(&[]).is_err());
        // Each split is another one, and a part is not the words.
        assert_ne!(split(&words(), (3, 5)).unwrap(), parts);
        assert!(
            parts
                .iter()
                .all(|part| !part.contains(&words().recovery_words()))
        );
    }

    #[test]
    fn a_part_is_read_as_people_write_it_and_refused_with_its_fault() {
        let parts = split(&words(), (2, 3)).unwrap();
        let typed = parts[1].to_uppercase().replace('\n', "  \r\n ");
        assert!(join(&named(&[&parts[0], &typed])).is_ok());
        let refused = |second: String| join(&named(&[&parts[0], &second])).map(drop).unwrap_err();
        let other = split(&RootKey::from_seed([4; 32]), (2, 3)).unwrap();
        assert_eq!(
            refused(other[1].clone()),
            SplitError::OtherSet {
                place: "text 1".to_owned()
            }
        );
        // Another number gives other words, which is noticed.
        let moved = parts[1].replace("part 2 of", "part 3 of");
        assert_eq!(refused(moved), SplitError::Wrong);
        for (fault, words) in [
            (parts[1].replace("part 2 of", "part 9 of"), "make no sense"),
            (
                parts[1].replace("part 2 of", "part two of"),
                "\"two\" is no number",
            ),
            (parts[1].replace("set ", "set x"), "is no set"),
            (parts[1].replace("any", "all"), "\"all\" instead of \"any\""),
            ("Weft".to_owned(), "too short"),
            (format!("{} zoo", parts[1]), "24"),
        ] {
            let error = refused(fault).to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn numbers_that_make_no_sense_split_nothing() {
        for numbers in [(1, 3), (0, 0), (4, 3), (2, 17)] {
            assert_eq!(split(&words(), numbers), Err(SplitError::Numbers));
        }
        assert_eq!(split(&words(), (16, 16)).unwrap().len(), 16);
    }
}
