//! Cells of tables that people open in a spreadsheet.

use std::borrow::Cow;

/// Text that begins like a formula gets an apostrophe in front, which spreadsheets do not show;
/// numbers may begin with a sign.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    // What begins with an apostrophe before that would be taken for what is written here.
    let bare = text.trim_start_matches('\'');
    if bare.starts_with(FORMULA) && text.parse::<f64>().is_err() {
        return Cow::Owned(format!("'{text}"));
    }
    Cow::Borrowed(text)
}

/// What [`harmless`] was made from; anything else is what it says.
#[must_use]
pub fn meant(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if text.trim_start_matches('\'').starts_with(FORMULA) => text,
        Some(_) | None => cell,
    }
}

/// What a formula may begin with, full-width signs too.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text_and_numbers_stay_numbers() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("+cmd|'/c calc'!A1", "'+cmd|'/c calc'!A1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\n=1", "'\n=1"),
            ("＝1+1", "'＝1+1"),
            ("-2+3", "'-2+3"),
            ("-2.25", "-2.25"),
            ("12+", "12+"),
            ("Ōpōtiki", "Ōpōtiki"),
            ("'twas", "'twas"),
            ("'=1+1", "''=1+1"),
            ("'-2", "''-2"),
            ("", ""),
        ] {
            assert_eq!(harmless(text), written);
            assert_eq!(meant(written), text);
        }
    }
}
