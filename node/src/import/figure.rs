//! What stands in a field for a figure.

use weft_shared::model::number::{BadNumber, Number};

/// A figure as publishers write it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Figure {
    /// Empty, or `NA`.
    Missing,
    /// Hidden below a threshold, such as `<5`.
    Hidden(String),
    /// A number.
    Number(Number),
}

impl Figure {
    /// Reads a field. A comma in it can only have come from within quotes, because it separates
    /// fields otherwise.
    pub(super) fn read(field: &str) -> Result<Self, String> {
        if field.is_empty()
            || ["NA", "N/A"]
                .iter()
                .any(|word| field.eq_ignore_ascii_case(word))
        {
            return Ok(Self::Missing);
        }
        if let Some(threshold) = field.strip_prefix('<') {
            let threshold = number(threshold)?;
            return Ok(Self::Hidden(format!("<{threshold}")));
        }
        number(field).map(Self::Number).map_err(|error| {
            if field.contains(|one: char| one.is_ascii_digit()) {
                error
            } else {
                format!("{error}; leave it empty or write NA where there is none")
            }
        })
    }

    /// The number, where it is one.
    pub(super) const fn number(&self) -> Option<Number> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Missing | Self::Hidden(_) => None,
        }
    }

    /// The threshold, where it is hidden below one.
    pub(super) const fn hidden(&self) -> Option<&String> {
        match self {
            Self::Hidden(threshold) => Some(threshold),
            Self::Missing | Self::Number(_) => None,
        }
    }
}

/// Reads a number as people write it, with commas between its thousands or without.
pub(crate) fn number(text: &str) -> Result<Number, String> {
    let text = text.trim();
    let plain = if text.contains(',') {
        without_thousands(text).ok_or_else(|| {
            format!(
                "\"{text}\" is no number: a comma may only stand between thousands, as in \
                 \"56,393\", and decimals follow a point"
            )
        })?
    } else {
        text.to_owned()
    };
    plain.parse().map_err(|error: BadNumber| error.to_string())
}

/// The digits of a number with commas between its thousands.
fn without_thousands(field: &str) -> Option<String> {
    let (whole, decimals) = match field.split_once('.') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (field, None),
    };
    let mut groups = whole.strip_prefix('-').unwrap_or(whole).split(',');
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let first = groups.next()?;
    let well_formed = (1..=3).contains(&first.len())
        && is_digits(first)
        && groups.all(|group| group.len() == 3 && is_digits(group))
        && decimals.is_none_or(is_digits);
    well_formed.then(|| field.replace(',', ""))
}
