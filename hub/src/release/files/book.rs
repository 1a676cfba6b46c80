//! A release as a workbook: the figures first, since programs read the first sheet; then what it
//! is, and the meaning of each column.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use weft_shared::{
    release::{COLUMNS, Head, Kind, Meaning, ReleaseRow, meaning::FIELDS},
    rollup::columns::Field,
};

use super::{shown, words::Fact};

/// Makes a workbook of sheets of rows by name, and of what is said of them. The first sheet has
/// rows, and the second says what they are.
pub(super) fn xlsx(
    head: &Head,
    (facts, meanings): (&[Fact], &[Meaning]),
    sheets: &[(&str, Vec<&ReleaseRow>)],
) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // The same release makes the same file, byte by byte.
    let at = head.at.rfc3339();
    let made = ExcelDateTime::parse_from_str(at.get(..19).unwrap_or("2000-01-01T00:00:00"))?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let bold = Format::new().set_bold();
    for (at, (name, rows)) in sheets.iter().enumerate() {
        let sheet = book.add_worksheet_with_constant_memory()?;
        sheet.set_name(*name)?;
        figures(sheet, rows, head, &bold)?;
        if at == 0 {
            let sheet = book.add_worksheet_with_constant_memory()?;
            sheet.set_name("About")?;
            about(sheet, facts, &bold)?;
        }
    }
    if !meanings.is_empty() {
        let sheet = book.add_worksheet_with_constant_memory()?;
        sheet.set_name("Indicators")?;
        indicators(sheet, meanings, &bold)?;
    }
    let sheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_name("Dictionary")?;
    dictionary(sheet, &bold)?;
    book.save_to_buffer()
}

fn about(sheet: &mut Worksheet, facts: &[Fact], bold: &Format) -> Result<(), XlsxError> {
    sheet.set_column_width(0, 18)?;
    sheet.set_column_width(1, 100)?;
    let mut row = 0;
    for (name, text) in facts {
        sheet.write_string_with_format(row, 0, *name, bold)?;
        for piece in pieces(text, CELL_UNITS_MAX) {
            sheet.write_string(row, 1, piece)?;
            row += 1;
        }
    }
    Ok(())
}

/// Divides a text that is too long for one cell among several, after a blank where there is one.
/// The pieces together are the text, and an empty text is one piece.
fn pieces(text: &str, units_max: usize) -> Vec<&str> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    loop {
        let mut units = 0;
        let end = rest.char_indices().find(|(_, letter)| {
            units += letter.len_utf16();
            units > units_max
        });
        let Some((end, _)) = end else {
            pieces.push(rest);
            return pieces;
        };
        let blank = rest[..end].rfind(' ').map(|at| at + 1);
        let (piece, after) = rest.split_at(blank.unwrap_or(end));
        pieces.push(piece);
        rest = after;
    }
}

fn figures(
    sheet: &mut Worksheet,
    rows: &[&ReleaseRow],
    head: &Head,
    bold: &Format,
) -> Result<(), XlsxError> {
    sheet.set_freeze_panes(1, 0)?;
    for (at, column) in (0_u16..).zip(COLUMNS) {
        sheet.write_string_with_format(0, at, column.name, bold)?;
    }
    for (line, row) in (1_u32..).zip(rows) {
        for (at, column) in (0_u16..).zip(COLUMNS) {
            put(sheet, (line, at), column.field(row, head), column.kind)?;
        }
    }
    Ok(())
}

/// Writes one cell. Codes and periods stay text, so that no spreadsheet turns `5-11` into a day.
fn put(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    field: Field,
    kind: Kind,
) -> Result<(), XlsxError> {
    match (field, kind) {
        (Field::None, _) => {}
        (Field::Flag(is), _) => {
            sheet.write_boolean(row, column, is)?;
        }
        (field, Kind::Count | Kind::Number) => {
            let text = shown(field);
            match text.parse::<f64>() {
                Ok(number) => sheet.write_number(row, column, number)?,
                Err(_) => sheet.write_string(row, column, text)?,
            };
        }
        (field, _) => {
            sheet.write_string(row, column, shown(field))?;
        }
    }
    Ok(())
}

fn indicators(sheet: &mut Worksheet, meanings: &[Meaning], bold: &Format) -> Result<(), XlsxError> {
    sheet.set_freeze_panes(1, 0)?;
    for (at, (name, _)) in (0_u16..).zip(FIELDS) {
        sheet.write_string_with_format(0, at, name, bold)?;
    }
    for (line, meaning) in (1_u32..).zip(meanings) {
        for (at, text) in (0_u16..).zip(meaning.fields()) {
            sheet.write_string(line, at, text)?;
        }
    }
    Ok(())
}

fn dictionary(sheet: &mut Worksheet, bold: &Format) -> Result<(), XlsxError> {
    sheet.set_column_width(0, 20)?;
    sheet.set_column_width(1, 100)?;
    for (column, name) in (0_u16..).zip(["column", "meaning"]) {
        sheet.write_string_with_format(0, column, name, bold)?;
    }
    for (line, column) in (1_u32..).zip(COLUMNS) {
        sheet.write_string(line, 0, column.name)?;
        sheet.write_string(line, 1, column.about)?;
    }
    Ok(())
}

/// Maximum UTF-16 units in a cell, as Excel counts them.
const CELL_UNITS_MAX: usize = 32_767;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use weft_shared::time::Timestamp;

    use super::*;
    use crate::release::files::{Content, Credit, Words};

    #[test]
    fn a_long_text_is_divided_after_a_blank_and_nothing_is_lost() {
        let check = |text: &str, expected: &[&str]| {
            let found = pieces(text, 6);
            assert_eq!(found, expected);
            assert_eq!(found.concat(), text);
            assert!(found.iter().all(|one| one.encode_utf16().count() <= 6));
        };
        check("", &[""]);
        check("six le", &["six le"]);
        check("Stats NZ, census", &["Stats ", "NZ, ", "census"]);
        check("Whangārei", &["Whangā", "rei"]);
        // A letter outside the basic plane counts twice.
        check("a😀😀😀", &["a😀😀", "😀"]);
    }

    #[test]
    fn more_sources_than_a_cell_holds_are_no_error_at_the_end_of_a_publication() {
        let long = |n: usize| Credit {
            source: format!("Indicator {n}: {}", "an office ".repeat(40)),
            licence: "CC BY 4.0".to_owned(),
        };
        let content = Content {
            head: Head {
                dataset: "prevention".parse().unwrap(),
                number: "2026.1".parse().unwrap(),
                at: Timestamp::from_ms(0),
            },
            words: Words {
                credits: (0..200).map(long).collect::<BTreeSet<_>>(),
                ..Words::default()
            },
            network: Vec::new(),
            locations: Vec::new(),
            changes: Vec::new(),
        };
        let citation = content.words.citation(&content.head);
        assert!(citation.len() > CELL_UNITS_MAX, "{}", citation.len());
        assert!(content.files().is_ok());
    }
}
