//! A release as a workbook for people: what it is, the figures, and the meaning of each column.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use weft_shared::{
    release::{COLUMNS, Head, Kind, ReleaseRow},
    rollup::columns::Field,
};

use super::{Content, shown};

pub(super) fn xlsx(content: &Content) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // The same release makes the same file, byte by byte.
    let at = content.head.at.rfc3339();
    let made = ExcelDateTime::parse_from_str(at.get(..19).unwrap_or("2000-01-01T00:00:00"))?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let bold = Format::new().set_bold();
    let sheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_name("About")?;
    about(sheet, content, &bold)?;
    let sheets = ["Network", "Locations"];
    for (name, (_, rows)) in sheets.iter().zip(content.tables()) {
        let sheet = book.add_worksheet_with_constant_memory()?;
        sheet.set_name(*name)?;
        figures(sheet, rows, &content.head, &bold)?;
    }
    let sheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_name("Dictionary")?;
    dictionary(sheet, &bold)?;
    book.save_to_buffer()
}

fn about(sheet: &mut Worksheet, content: &Content, bold: &Format) -> Result<(), XlsxError> {
    sheet.set_column_width(0, 18)?;
    sheet.set_column_width(1, 100)?;
    for (row, (name, text)) in (0_u32..).zip(content.words.facts(content)) {
        sheet.write_string_with_format(row, 0, name, bold)?;
        sheet.write_string(row, 1, text)?;
    }
    Ok(())
}

fn figures(
    sheet: &mut Worksheet,
    rows: &[ReleaseRow],
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
