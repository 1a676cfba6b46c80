//! Notes beside figures: the text, and the figure it was written for.

use std::{fmt, str::FromStr};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::{
    clean_text, json,
    number::Number,
    observation::{Statement, Status},
};
use crate::{id::sha256_prefix, text::BadText};

/// Maximum characters of the words for a note's figure.
const WORDS_CHARS_MAX: usize = 120;

/// A note, as one scalar beside the statement that it is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// The text of the note.
    pub text: String,
    /// The figure that it was written for. `None` for an older note that names no figure: it counts
    /// as written for the current figure.
    pub figure: Option<NotedFigure>,
}

/// The figure that a note was written for: `50 of 100 #1f2e3d4c5b6a7988` in files.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NotedFigure {
    /// Tells the figure from every other one that the key may hold.
    hash: FigureHash,
    /// The figure as people read it, such as `50 of 100`.
    words: String,
}

/// The first eight bytes of the SHA-256 of a figure's definition, numbers and status. The audience
/// is not included, because it does not change the figure.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct FigureHash([u8; 8]);

/// A note in a document. Members from a newer version are ignored.
#[derive(Serialize, Deserialize)]
struct Parts {
    r#for: String,
    text: String,
    #[serde(default)]
    words: String,
}

impl Note {
    /// A note about the figure of `statement`.
    pub fn of(text: &str, statement: &Statement) -> Self {
        Self {
            text: clean_text(text),
            figure: Some(NotedFigure::of(statement)),
        }
    }

    /// A note about a figure that is known only by its name in a file.
    pub fn about(text: &str, figure: NotedFigure) -> Self {
        Self {
            text: clean_text(text),
            figure: Some(figure),
        }
    }

    /// The text for the document. An empty text clears the note.
    pub fn encode(&self) -> String {
        let Some(figure) = self.figure.as_ref().filter(|_| !self.text.is_empty()) else {
            return self.text.clone();
        };
        let member = |text: &str| Some(json::string(text));
        json::members([
            ("for", member(&figure.hash.to_string())),
            ("text", member(&self.text)),
            ("words", member(&figure.words)),
        ])
    }

    /// Parses the text in a document. Text that names no figure is a plain note.
    pub fn decode(text: &str) -> Self {
        let figure = |parts: &Parts| {
            Some(NotedFigure {
                hash: parts.r#for.parse().ok()?,
                words: short(&parts.words),
            })
        };
        let parts = serde_json::from_str::<Parts>(text).ok();
        match parts.and_then(|parts| Some((figure(&parts)?, parts.text))) {
            Some((figure, text)) => Self {
                text,
                figure: Some(figure),
            },
            None => Self {
                text: text.to_owned(),
                figure: None,
            },
        }
    }

    /// Whether the note is about the figure of `statement`.
    pub fn is_about(&self, statement: &Statement) -> bool {
        let hash = self.figure.as_ref().map(|figure| figure.hash);
        hash.is_none_or(|hash| hash == FigureHash::of(statement))
    }

    /// The figure that the note was written for, if `statement` has another one. Pages then say
    /// "written for 50 of 100".
    pub fn written_for(&self, statement: &Statement) -> Option<&NotedFigure> {
        let figure = self.figure.as_ref();
        figure.filter(|figure| figure.hash != FigureHash::of(statement))
    }

    /// The note to show beside `statement`, out of those beside its key: one that was written for
    /// it, or else the first.
    pub fn beside<'a>(notes: &'a [Self], statement: &Statement) -> Option<&'a Self> {
        let own = notes.iter().find(|note| note.is_about(statement));
        own.or_else(|| notes.first())
    }

    /// Whether this covers all of `other`, which is about `statement`.
    pub(crate) fn says(&self, other: &Self, statement: &Statement) -> bool {
        self.text == other.text && self.is_about(statement)
    }
}

impl NotedFigure {
    /// The figure of `statement`.
    pub fn of(statement: &Statement) -> Self {
        Self {
            hash: FigureHash::of(statement),
            words: short(&statement.figure_words()),
        }
    }

    /// The figure as people read it, such as `50 of 100`; `another figure` if it is not known.
    pub fn words(&self) -> &str {
        if self.words.is_empty() {
            "another figure"
        } else {
            &self.words
        }
    }
}

impl NotedFigure {
    /// The figure as people read it beside `statement`, which has another one. The words tell the
    /// two apart, even if only the status differs.
    pub fn words_beside(&self, statement: &Statement) -> String {
        let (own, other) = (self.words(), short(&statement.figure_words()));
        if own == other {
            return format!("{own} as stated before");
        }
        let only_marked = other
            .strip_prefix(own)
            .is_some_and(|rest| rest.starts_with(", "));
        match only_marked {
            true => format!("{own}, {}", Status::Normal.label()),
            false => own.to_owned(),
        }
    }
}

/// The form in files.
impl fmt::Display for NotedFigure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.words.is_empty() {
            write!(f, "{} ", self.words)?;
        }
        write!(f, "#{}", self.hash)
    }
}

impl FromStr for NotedFigure {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let fault = "names no figure of a note: leave it as it was exported, or empty";
        let bad = || BadText::new(text, fault);
        let (words, hash) = text.rsplit_once('#').ok_or_else(bad)?;
        Ok(Self {
            hash: hash.trim().parse().map_err(|()| bad())?,
            words: short(words),
        })
    }
}

impl FigureHash {
    fn of(statement: &Statement) -> Self {
        let part = |number: Option<Number>| number.map_or_else(String::new, |one| one.to_string());
        let definition = statement.definition.to_string();
        let numbers = [
            statement.numerator,
            statement.denominator,
            statement.value,
            statement.lower,
            statement.upper,
        ];
        let numbers = numbers.map(part).join("|");
        let parts = [&definition, statement.status.word(), &numbers];
        Self(sha256_prefix("weft/noted/1", &[parts.join("|").as_bytes()]))
    }
}

impl fmt::Display for FigureHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", HEXLOWER.encode_display(&self.0))
    }
}

impl FromStr for FigureHash {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        // A figure has only one spelling: no capitals.
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| ())?;
        bytes.try_into().map(Self).map_err(|_| ())
    }
}

impl Statement {
    /// The figure as people read it, without grouped digits: `50 of 100`, or the reason why there
    /// is none.
    pub fn figure_words(&self) -> String {
        let figure = match (self.numerator, self.denominator, self.value) {
            (Some(numerator), Some(denominator), _) => format!("{numerator} of {denominator}"),
            (Some(number), None, _) | (None, _, Some(number)) => number.to_string(),
            (None, _, None) => return self.status.label().to_owned(),
        };
        let between = match (self.lower, self.upper) {
            (Some(lower), Some(upper)) => format!(" ({lower} to {upper})"),
            _ => String::new(),
        };
        let status = if self.status == Status::Normal {
            String::new()
        } else {
            format!(", {}", self.status.label())
        };
        format!("{figure}{between}{status}")
    }
}

/// Words on one line, cut short in case a hostile device made them long.
fn short(words: &str) -> String {
    let words = clean_text(words).replace(['\n', '\t'], " ");
    words.chars().take(WORDS_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{id::DefinitionHash, model::Audience};

    fn stated(numerator: i64) -> Statement {
        Statement {
            numerator: Some(Number::from(numerator)),
            denominator: Some(Number::from(100)),
            ..Statement::without_figure(
                DefinitionHash::new([9; 32]),
                Status::Normal,
                Audience::Network,
            )
        }
    }

    #[test]
    fn a_note_knows_the_figure_that_it_was_written_for() {
        let note = Note::of(" 50 is right \n", &stated(50));
        expect_test::expect![[
            r#"{"for":"f208acc29ea02200","text":"50 is right","words":"50 of 100"}"#
        ]]
        .assert_eq(&note.encode());
        assert!(note.written_for(&stated(50)).is_none());
        let wider = Statement {
            audience: Audience::Released,
            method: Some("counted".to_owned()),
            ..stated(50)
        };
        assert!(note.is_about(&wider), "neither is part of the figure");
        let other = note.written_for(&stated(52)).unwrap();
        assert_eq!(other.words(), "50 of 100");
        assert_eq!(other.words_beside(&stated(52)), "50 of 100");
        let marked = Statement {
            status: Status::Provisional,
            ..stated(50)
        };
        assert_eq!(other.words_beside(&marked), "50 of 100, normal");
        let noted = NotedFigure::of(&marked);
        assert_eq!(noted.words_beside(&stated(50)), "50 of 100, provisional");
        let redefined = Statement {
            definition: DefinitionHash::new([8; 32]),
            ..stated(50)
        };
        let before = NotedFigure::of(&redefined);
        assert_eq!(
            before.words_beside(&stated(50)),
            "50 of 100 as stated before"
        );
        let plain = Note::decode("50 is right");
        assert!(plain.is_about(&stated(50)) && plain.is_about(&stated(52)));
    }

    proptest! {
        /// Any text that a person writes is parsed back.
        #[test]
        fn every_note_reads_back(text in "\\PC{0,40}", odd in any::<bool>(), n in -9..9_i64) {
            let text = if odd { format!("{{\"for\":\"{text}\",\"text\":\"{n}\"}}") } else { text };
            let note = Note::of(&text, &stated(n));
            let read = Note::decode(&note.encode());
            prop_assert_eq!(&read.text, &note.text);
            if !note.text.is_empty() {
                prop_assert_eq!(&read, &note);
                let figure = note.figure.unwrap();
                prop_assert_eq!(figure.to_string().parse(), Ok(figure));
            }
            // An older, plain note is written again as it was read.
            let plain = Note::decode(&clean_text(&text));
            prop_assert_eq!(Note::decode(&plain.encode()), plain);
        }
    }
}
