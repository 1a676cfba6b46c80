//! Spellings of names, and texts with footnote marks, as they occur in publishers' files.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use super::label::folded;

/// Returns the form in which names of places and columns are compared: [`folded`], without macrons
/// and without separators between words.
///
/// ```
/// use weft_shared::model::spelling::folded_name;
/// assert_eq!(folded_name("Ōpōtiki District"), folded_name("OPOTIKI_DISTRICT"));
/// ```
pub fn folded_name(text: &str) -> String {
    let letters = folded(text);
    let letters = letters.nfkd().filter(|c| !is_combining_mark(*c));
    let letters: String = letters
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    letters.split_whitespace().collect::<Vec<_>>().join("_")
}

/// Text without the footnote marks at its end, as in `Wairoa¹` or `np (2)`. Marks alone stay.
pub fn without_footnotes(text: &str) -> &str {
    let mut rest = text.trim();
    loop {
        let shorter = rest.trim_end_matches(|c| FOOTNOTES.contains(&c)).trim_end();
        let shorter = without_bracket(shorter).unwrap_or(shorter);
        if shorter.is_empty() || shorter == rest {
            return rest;
        }
        rest = shorter;
    }
}

/// Text without the blanks around it and between the groups of three digits of a whole number, as
/// people type them. Other blanks stay: `48 95` may be a slip.
///
/// ```
/// use weft_shared::model::spelling::without_blanks;
/// assert_eq!(without_blanks(" 48 950.5"), "48950.5");
/// assert_eq!(without_blanks("48 95"), "48 95");
/// ```
pub fn without_blanks(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let whole = text.split(['.', ',']).next().unwrap_or(text);
    let digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = whole.strip_prefix('-').unwrap_or(whole).split(BLANKS);
    let first = groups.next().unwrap_or_default();
    let begins = (1..=3).contains(&first.len()) && digits(first);
    if !(whole.contains(BLANKS) && begins && groups.all(|one| one.len() == 3 && digits(one))) {
        return Cow::Borrowed(text);
    }
    let (whole, rest) = text.split_at(whole.len());
    Cow::Owned(whole.replace(BLANKS, "") + rest)
}

/// Blanks that group digits: a space, and the two that do not break a line.
const BLANKS: [char; 3] = [' ', '\u{a0}', '\u{202f}'];

/// Removes `(1)`, `[2]`, `(b)` or `[note 3]` from the end, if there is text before it.
fn without_bracket(text: &str) -> Option<&str> {
    let (before, mark) = match text.strip_suffix(')') {
        Some(inner) => inner.rsplit_once('(')?,
        None => text.strip_suffix(']')?.rsplit_once('[')?,
    };
    let mark = mark.trim().to_lowercase();
    let number = mark.strip_prefix("note").unwrap_or(&mark).trim();
    let is_mark = number.chars().count() <= 2 && number.chars().all(char::is_alphanumeric);
    let before = before.trim_end();
    (is_mark && !number.is_empty() && !before.is_empty()).then_some(before)
}

const FOOTNOTES: [char; 17] = [
    '*', '†', '‡', '§', '¶', 'ª', 'º', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹', '⁰',
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn footnote_marks_end_a_text_and_are_none_alone() {
        for (text, bare) in [
            ("Wairoa¹", "Wairoa"),
            ("Wairoa (1)*", "Wairoa"),
            ("Hutt [note 3]", "Hutt"),
            ("Hutt (City)", "Hutt (City)"),
            ("(a)", "(a)"),
            ("**", "**"),
            ("", ""),
        ] {
            assert_eq!(without_footnotes(text), bare);
        }
    }

    proptest! {
        #[test]
        fn what_is_folded_stays_folded(text in "\\PC{0,30}") {
            let name = folded_name(&text);
            prop_assert_eq!(&folded_name(&name), &name);
            prop_assert_eq!(folded_name(&folded(&text)), name);
        }
    }
}
