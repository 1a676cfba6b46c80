//! The contents of one field for a figure.

use weft_shared::{
    model::{
        number::Number,
        observation::{SIGN_BYTES_MAX, Status},
        sign::Sign,
    },
    validation::{
        question,
        signs::{self, Expected},
    },
};

use super::{
    Next,
    answers::{Answers, Meaning},
    row::Wrong,
    sheet::one_line,
};

/// A figure as publishers write it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Figure {
    /// Empty.
    Missing,
    /// A sign in place of a figure, and why there is none.
    Sign {
        /// As its publisher writes it, such as `..C`.
        text: String,
        /// Its meaning; `None` if the row's status has to give it.
        status: Option<Status>,
    },
    Number(Number),
}

impl Figure {
    /// Reads a field. A comma in it must have been within quotes, because it separates fields
    /// otherwise.
    ///
    /// # Errors
    /// If it is neither a number nor a sign that publishers use.
    pub(super) fn read(field: &str, answers: &Answers) -> Result<Self, String> {
        if field.is_empty() {
            return Ok(Self::Missing);
        }
        let sign = |status| Self::Sign {
            text: kept(field),
            status,
        };
        let meaning = match answers.meaning(field) {
            Some(Meaning::Nil) => return Ok(Self::Number(Number::ZERO)),
            Some(Meaning::Status(status)) => return Ok(sign(Some(status))),
            None => Sign::read(field),
        };
        match meaning {
            Some(Sign::Suppressed) => Ok(sign(Some(Status::Suppressed))),
            Some(Sign::Missing) => Ok(sign(Some(Status::Missing))),
            Some(Sign::Unclear) => Ok(sign(None)),
            None => number(field).map(Self::Number).map_err(|error| {
                let is_word = !field.contains(|one: char| one.is_ascii_digit());
                let otherwise = if is_word {
                    otherwise(field)
                } else {
                    String::new()
                };
                format!("{error}{otherwise}")
            }),
        }
    }

    /// Returns the number, if it is one.
    pub(super) const fn number(&self) -> Option<Number> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Missing | Self::Sign { .. } => None,
        }
    }

    /// Returns the sign, if it is one.
    pub(super) const fn sign(&self) -> Option<&String> {
        match self {
            Self::Sign { text, .. } => Some(text),
            Self::Missing | Self::Number(_) => None,
        }
    }

    /// Returns the meaning of a sign.
    pub(super) const fn status(&self) -> Option<Status> {
        match self {
            Self::Sign { status, .. } => *status,
            Self::Missing | Self::Number(_) => None,
        }
    }

    /// Returns a sign that only its publisher can explain.
    pub(super) const fn unclear(&self) -> Option<&String> {
        match self {
            Self::Sign { text, status: None } => Some(text),
            Self::Missing | Self::Sign { .. } | Self::Number(_) => None,
        }
    }
}

/// The question about a sign whose meaning depends on the publisher.
pub(super) fn unclear(column: &str, sign: &str) -> Wrong {
    Wrong {
        next: Next::Answer,
        message: format!(
            "{column}: \"{sign}\" means another thing with each publisher: suppressed, missing, \
             cannot exist or nil. Look it up where the file is from, and say it with --sign \
             '{sign}=Q', '{sign}=O', '{sign}=M' or '{sign}=0'"
        ),
    }
}

/// A hint that a word may be a sign rather than a number.
fn otherwise(field: &str) -> String {
    let sign = kept(field);
    format!(
        "; if it says why there is no figure, say so with --sign '{sign}=Q' (suppressed), \
         '{sign}=O' (missing), '{sign}=L' (not collected) or '{sign}=M' (cannot exist)"
    )
}

/// Shortens a sign to the form that is kept with a statement.
pub(super) fn kept(field: &str) -> String {
    let mut sign = one_line(field);
    if sign.len() > SIGN_BYTES_MAX {
        let room = SIGN_BYTES_MAX - '…'.len_utf8();
        sign.truncate(sign.floor_char_boundary(room));
        sign.push('…');
    }
    sign
}

/// Parses a number as people write it, with or without commas between its thousands.
pub(super) fn number(text: &str) -> Result<Number, String> {
    let written = signs::typed(text, Expected::Whole, &question::Answers::NONE)?;
    Ok(written.number)
}
