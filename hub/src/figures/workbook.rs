//! Figures as a workbook. Codes and periods stay text, so that no spreadsheet turns `5-11` into a
//! day; numbers stay numbers; and a sheet says what the file is.

use std::io::{self, Write};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use serde_json::Value;
use weft_shared::{model::observation::Status, period::day_words};

use super::{About, NOTICE, about::OWN, stream::Figures};
use crate::app::AppError;

/// Writes figures as a workbook, and then nothing more: it has no rows before its last one.
///
/// # Errors
/// If a figure cannot be read, or there are more than [`ROWS_MAX`].
pub(crate) fn xlsx(
    figures: &mut Figures<'_>,
    about: &About,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut book = Workbook::new();
    // The same figures make the same file, byte by byte: an entity tag stands for it.
    let made = ExcelDateTime::from_ymd(2000, 1, 1).map_err(failed)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let bold = Format::new().set_bold();
    let sheet = book.add_worksheet_with_constant_memory().map_err(failed)?;
    fill(sheet, (figures, about), &bold)?;
    let sheet = book.add_worksheet_with_constant_memory().map_err(failed)?;
    explain(sheet, about, &bold).map_err(failed)?;
    let bytes = book.save_to_buffer().map_err(failed)?;
    out.write_all(&bytes)
}

fn fill(
    sheet: &mut Worksheet,
    (figures, about): (&mut Figures<'_>, &About),
    bold: &Format,
) -> io::Result<()> {
    let columns = about.columns();
    sheet.set_name("Figures").map_err(failed)?;
    sheet.set_freeze_panes(1, 0).map_err(failed)?;
    for (at, name) in (0_u16..).zip(&columns) {
        let put = sheet.write_string_with_format(0, at, *name, bold);
        put.map_err(failed)?;
    }
    for (at, figure) in (1_u32..).zip(figures) {
        let figure = figure?;
        if at > ROWS_MAX {
            return Err(io::Error::other(AppError::WorkbookFull { most: ROWS_MAX }));
        }
        let mut fields = figure.json_as_of(about.as_of);
        for (name, text) in OWN.iter().zip(about.told(&figure)) {
            fields[*name] = text.into();
        }
        for (column, name) in (0_u16..).zip(&columns) {
            put(sheet, (at, column), fields[*name].take()).map_err(failed)?;
        }
    }
    Ok(())
}

/// Writes one cell; a field that does not apply has none.
fn put(sheet: &mut Worksheet, (row, column): (u32, u16), field: Value) -> Result<(), XlsxError> {
    match field {
        Value::Null => {}
        Value::Bool(is) => {
            sheet.write_boolean(row, column, is)?;
        }
        Value::Number(number) => match number.to_string().parse::<f64>() {
            Ok(number) => {
                sheet.write_number(row, column, number)?;
            }
            Err(_) => {
                sheet.write_string(row, column, number.to_string())?;
            }
        },
        Value::String(text) if text.is_empty() => {}
        Value::String(text) => {
            sheet.write_string(row, column, short(&text))?;
        }
        other => {
            sheet.write_string(row, column, short(&other.to_string()))?;
        }
    }
    Ok(())
}

/// A text of as many characters as a cell may have.
fn short(text: &str) -> String {
    if text.chars().count() <= CELL_CHARS_MAX {
        return text.to_owned();
    }
    let cut: String = text.chars().take(CELL_CHARS_MAX - 2).collect();
    format!("{cut} …")
}

/// The sheet that says what the file is.
fn explain(sheet: &mut Worksheet, about: &About, bold: &Format) -> Result<(), XlsxError> {
    sheet.set_name("About")?;
    let as_of = about.as_of.map(|moment| moment.rfc3339());
    let made = about.made.map_or_else(String::new, day_words);
    let facts = [
        ("notice", NOTICE.to_owned()),
        ("network", about.network.clone()),
        ("hub run by", about.operator.clone()),
        ("made on", made.clone()),
        ("figures as of", as_of.unwrap_or(made)),
        (
            "a field that does not apply",
            "is empty, and never zero".to_owned(),
        ),
    ];
    let mut row = 0;
    for (name, fact) in facts {
        sheet.write_string_with_format(row, 0, name, bold)?;
        sheet.write_string(row, 1, short(&fact))?;
        row += 1;
    }
    row += 1;
    for (column, name) in (0_u16..).zip(["obs_status", "meaning"]) {
        sheet.write_string_with_format(row, column, name, bold)?;
    }
    for status in Status::ALL {
        row += 1;
        put(sheet, (row, 0), status.word().into())?;
        put(sheet, (row, 1), status.label().into())?;
    }
    row += 2;
    for (column, name) in (0_u16..).zip(["indicator_code", "indicator_name", "source", "licence"]) {
        sheet.write_string_with_format(row, column, name, bold)?;
    }
    for (code, credit) in about.credits() {
        row += 1;
        let texts = [code.as_str(), &credit.name, &credit.source, &credit.licence];
        for (column, text) in (0_u16..).zip(texts) {
            put(sheet, (row, column), text.into())?;
        }
    }
    Ok(())
}

fn failed(error: XlsxError) -> io::Error {
    io::Error::other(error)
}

/// The content type of a workbook.
pub(crate) const XLSX_TYPE: &str =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Maximum number of figures in a workbook.
pub(crate) const ROWS_MAX: u32 = 100_000;
/// Characters of one cell that spreadsheets take.
const CELL_CHARS_MAX: usize = 32_000;
const _: () = assert!(
    ROWS_MAX < 1_048_576,
    "a sheet has 1,048,576 rows with its headings"
);
