//! CSV files, which people open in spreadsheets. All programs write them here.

use std::{
    borrow::Cow,
    io::{self, Write},
};

/// Tells a spreadsheet that a file is UTF-8, so that macrons survive.
pub const MARK: &str = "\u{feff}";

/// The note shown wherever such a file is offered.
pub const NOTICE: &str = "In a CSV file, a text that looks like a formula has an apostrophe in \
    front of it, so that no spreadsheet runs it; a number never has one. An import removes \
    exactly one.";

/// A CSV file that is being written.
#[derive(Debug)]
pub struct CsvWriter<W: Write> {
    writer: ::csv::Writer<W>,
}

impl<W: Write> CsvWriter<W> {
    /// Starts with the headings. A file for people begins with [`MARK`], which the caller writes
    /// first.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn new(out: W, headings: &[&str]) -> io::Result<Self> {
        let mut file = Self {
            writer: ::csv::Writer::from_writer(out),
        };
        file.row(headings)?;
        Ok(file)
    }

    /// Writes one row with as many cells as there are headings.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) -> io::Result<()> {
        for cell in cells {
            self.writer.write_field(&*harmless(cell.as_ref()))?;
        }
        self.writer.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Flushes the file and returns the output.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.writer
            .into_inner()
            .map_err(::csv::IntoInnerError::into_error)
    }
}

/// Returns a whole file in memory.
pub fn file<T: AsRef<str>, R: IntoIterator<Item = T>>(
    marked: bool,
    headings: &[&str],
    rows: impl IntoIterator<Item = R>,
) -> Vec<u8> {
    let begun = if marked { MARK } else { "" };
    let written = CsvWriter::new(begun.as_bytes().to_vec(), headings).and_then(|mut csv| {
        rows.into_iter().try_for_each(|row| csv.row(row))?;
        csv.finish()
    });
    written.expect("memory takes every write, and each row has a cell for each heading")
}

/// Returns rows in memory, without headings: the rest of a file that has them.
pub fn lines<T: AsRef<str>, R: IntoIterator<Item = T>>(
    rows: impl IntoIterator<Item = R>,
) -> Vec<u8> {
    let mut csv = CsvWriter {
        writer: ::csv::Writer::from_writer(Vec::new()),
    };
    let written = rows.into_iter().try_for_each(|row| csv.row(row));
    let written = written.and_then(|()| csv.finish());
    written.expect("memory takes every write, and each row has as many cells as the one before")
}

/// Puts an apostrophe, which spreadsheets hide, before text that begins like a formula. Numbers may
/// begin with a sign.
fn harmless(text: &str) -> Cow<'_, str> {
    // Text with apostrophes before a formula would be mistaken for our own output.
    let bare = text.trim_start_matches('\'');
    if bare.starts_with(FORMULA) && !is_number(text) {
        return Cow::Owned(format!("'{text}"));
    }
    Cow::Borrowed(text)
}

/// Returns the text that a cell was written from: without exactly one apostrophe, if one was added.
pub fn meant(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if text.trim_start_matches('\'').starts_with(FORMULA) => text,
        Some(_) | None => cell,
    }
}

/// Whether the text is digits, perhaps with a sign and decimals. Spreadsheets read `-inf` as a
/// formula.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<f64>().is_ok()
}

/// The characters that may begin a formula, including full-width signs.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text_and_numbers_stay_numbers() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            (
                "=HYPERLINK(\"http://example.org\")",
                "'=HYPERLINK(\"http://example.org\")",
            ),
            ("+cmd|'/c calc'!A1", "'+cmd|'/c calc'!A1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\n=1", "'\n=1"),
            ("＝1+1", "'＝1+1"),
            ("-2+3", "'-2+3"),
            ("-inf", "'-inf"),
            ("+nan", "'+nan"),
            ("-", "'-"),
            ("-2.25", "-2.25"),
            ("-2e-7", "-2e-7"),
            ("+64", "+64"),
            ("12+", "12+"),
            ("Ōpōtiki", "Ōpōtiki"),
            ("'twas", "'twas"),
            ("'=1+1", "''=1+1"),
            ("'-2", "''-2"),
            ("", ""),
        ] {
            assert_eq!(harmless(text), written);
            assert_eq!(meant(written), text);
            let rows = [[text, "1"]];
            let file = String::from_utf8(file(false, &["a", "b"], rows)).unwrap();
            let mut reader = ::csv::Reader::from_reader(file.as_bytes());
            let row = reader.records().next().unwrap().unwrap();
            assert_eq!(&row[0], written);
            assert_eq!(&row[1], "1");
        }
    }
}
