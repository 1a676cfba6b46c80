//! The sheets of a workbook, XLSX or ODS, as its cells show them.

use std::borrow::Cow;

use calamine::{Data, DataRef, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xlsx};
use weft_shared::{
    model::{label::folded, number::DIGITS_MAX},
    text::listed,
};

use super::{
    archive::{Archive, Metered},
    ods, owned,
    records::Record,
    room::Room,
};
use crate::limits::{COLUMNS_MAX, ROWS_MAX, TEXT_BYTES_MAX};

/// One sheet: its name and its rows.
pub(super) type Named = (String, Vec<Record<'static>>);

/// Reads the sheet called `wanted`, or else the only one that holds something.
///
/// # Errors
/// If there is no such sheet, or more than one to choose from; in words.
pub(super) fn read(bytes: &[u8], wanted: Option<&str>) -> Result<Vec<Record<'static>>, String> {
    let mut archive = Archive::open(bytes)?;
    let room = &mut Room::of(TEXT_BYTES_MAX);
    let sheets = if archive.has("content.xml") {
        ods::sheets(&archive.text("content.xml")?, room)?
    } else if archive.has("xl/workbook.xml") {
        xlsx(archive.checked()?, wanted, room)?
    } else {
        return Err(
            "this is a packed file and no workbook that Weft reads: save it as .xlsx, .ods \
             or CSV"
                .to_owned(),
        );
    };
    chosen(sheets, wanted)
}

fn chosen(sheets: Vec<Named>, wanted: Option<&str>) -> Result<Vec<Record<'static>>, String> {
    let names = |sheets: &[Named]| -> String {
        let names: Vec<&str> = sheets.iter().map(|(name, _)| name.as_str()).collect();
        listed(&names, SHEETS_NAMED)
    };
    if let Some(wanted) = wanted {
        let all = names(&sheets);
        let mut named = sheets
            .into_iter()
            .filter(|(name, _)| folded(name) == folded(wanted));
        return named.next().map(|(_, rows)| rows).ok_or_else(|| {
            format!("the workbook has no sheet called {wanted}; its sheets are {all}")
        });
    }
    let mut filled: Vec<Named> = sheets
        .into_iter()
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    if filled.len() > 1 {
        return Err(format!(
            "the workbook has several sheets ({}): choose one with --sheet",
            names(&filled)
        ));
    }
    Ok(filled.pop().map_or_else(Vec::new, |(_, rows)| rows))
}

/// Number of sheets that are named in a message.
const SHEETS_NAMED: usize = 12;

fn xlsx(file: Metered, wanted: Option<&str>, room: &mut Room) -> Result<Vec<Named>, String> {
    let damaged = |error: calamine::XlsxError| {
        format!("this is a workbook that cannot be read ({error}): save it as .xlsx again")
    };
    let mut book = Xlsx::new(file).map_err(damaged)?;
    let sheets = book.sheets_metadata().iter().filter(|sheet| {
        let named = wanted.is_some_and(|wanted| folded(wanted) == folded(&sheet.name));
        sheet.typ == SheetType::WorkSheet && (named || sheet.visible == SheetVisible::Visible)
    });
    let names: Vec<String> = sheets.map(|sheet| sheet.name.clone()).collect();
    let mut read = Vec::new();
    for name in names {
        let mut rows = Rows::default();
        let mut cells = book.worksheet_cells_reader(&name).map_err(damaged)?;
        while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(damaged)? {
            let format = cells.styles().get(style);
            let format = format.and_then(|style| style.number_format.as_ref());
            let format = format.map_or("", |format| format.format_code.as_str());
            let (row, column) = cell.get_position();
            let text = shown(cell.get_value(), format);
            rows.put(room, (u64::from(row) + 1, column as usize), &text)?;
        }
        read.push((name, rows.finish()));
    }
    Ok(read)
}

/// Rows that are being filled with cells.
#[derive(Default)]
pub(super) struct Rows {
    records: Vec<Record<'static>>,
    /// The row that is being filled, and its number.
    line: u64,
    row: Vec<String>,
}

impl Rows {
    /// Puts a text into a row (from 1) and a column (from 0).
    pub(super) fn put(
        &mut self,
        room: &mut Room,
        (line, column): (u64, usize),
        text: &str,
    ) -> Result<(), String> {
        if text.trim().is_empty() {
            return Ok(());
        }
        if column >= COLUMNS_MAX {
            return Err(format!(
                "row {line} has more than {COLUMNS_MAX} columns: leave some out"
            ));
        }
        if line < self.line {
            return Err(format!(
                "row {line} follows a later one: save the workbook again"
            ));
        }
        if line > self.line {
            self.end_row();
            self.line = line;
        }
        if self.records.len() > ROWS_MAX {
            return Err(format!("a sheet may have {ROWS_MAX} rows: split it"));
        }
        let in_row = |message: String| format!("row {line}: {message}");
        room.text(text).map_err(in_row)?;
        let before = self.row.len();
        if before <= column {
            room.cells(column + 1 - before).map_err(in_row)?;
            self.row.resize(column + 1, String::new());
        }
        text.clone_into(&mut self.row[column]);
        Ok(())
    }

    fn end_row(&mut self) {
        let row = std::mem::take(&mut self.row);
        if !row.is_empty() {
            self.records.push(owned(self.line, row));
        }
    }

    pub(super) fn finish(mut self) -> Vec<Record<'static>> {
        self.end_row();
        self.records
    }
}

/// The text of a cell, as the sheet shows it where that changes what it means.
fn shown<'a>(value: &'a DataRef<'_>, format: &str) -> Cow<'a, str> {
    match value {
        DataRef::Int(number) => Cow::Owned(number.to_string()),
        DataRef::Float(number) => Cow::Owned(match percent_sign(format) {
            Some(Sign::Scales) => percent(*number),
            Some(Sign::Text) => number_text(*number) + "%",
            None => number_text(*number),
        }),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            Cow::Borrowed(text)
        }
        DataRef::SharedString(text) => Cow::Borrowed(text),
        DataRef::Bool(true) => Cow::Borrowed("true"),
        DataRef::Bool(false) => Cow::Borrowed("false"),
        DataRef::DateTime(moment) => Cow::Owned(date_text(moment, format)),
        DataRef::Error(error) => Cow::Owned(error.to_string()),
        DataRef::Empty => Cow::Borrowed(""),
    }
}

/// A number with as many digits as a spreadsheet keeps: 0.1 + 0.2 is 0.3.
pub(super) fn number_text(number: f64) -> String {
    let digits = format!("{number:.*e}", DIGITS_MAX - 1);
    let number = digits.parse::<f64>().unwrap_or(number);
    Data::Float(number).to_string()
}

/// A share as a percentage, with its sign.
pub(super) fn percent(share: f64) -> String {
    number_text(share * 100.0) + "%"
}

/// The percent sign of a format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sign {
    /// The number is a share, shown a hundred times as large.
    Scales,
    /// The sign is text beside the number, which is shown as it is.
    Text,
}

/// Looks for a percent sign in the part of a format that is for numbers above zero. One in quotes,
/// or after a backslash, is text.
fn percent_sign(format: &str) -> Option<Sign> {
    let (mut in_quotes, mut is_escaped) = (false, false);
    let mut found = None;
    for letter in format.chars() {
        let is_text = in_quotes || is_escaped;
        match letter {
            _ if is_escaped => is_escaped = false,
            '"' => in_quotes = !in_quotes,
            '\\' | '_' | '*' if !in_quotes => is_escaped = true,
            ';' if !in_quotes => return found,
            _ => {}
        }
        match (letter, is_text) {
            ('%', false) => return Some(Sign::Scales),
            ('%', true) => found = Some(Sign::Text),
            _ => {}
        }
    }
    found
}

/// A date as the sheet shows it: without a day, or without a month, if its format has none.
fn date_text(moment: &ExcelDateTime, format: &str) -> String {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let format = format.to_ascii_lowercase();
    let has = |letter: char| format.is_empty() || format.contains(letter);
    let is_builtin = !format.contains('y');
    match (has('d'), has('m')) {
        (false, false) if !is_builtin => format!("{year:04}"),
        (false, true) if !is_builtin => format!("{year:04}-{month:02}"),
        _ if (hour, minute, second) == (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Sign, percent_sign};

    #[test]
    fn a_percent_sign_scales_unless_it_is_text() {
        for (format, sign) in [
            ("0%", Some(Sign::Scales)),
            ("0.0%;-0.0%;\"-\"", Some(Sign::Scales)),
            ("[Red]0.0%", Some(Sign::Scales)),
            ("\"about \"0%", Some(Sign::Scales)),
            ("0.0\\%", Some(Sign::Text)),
            ("0.0\"%\"", Some(Sign::Text)),
            ("0.0;0%", None),
            ("General", None),
            ("", None),
        ] {
            assert_eq!(percent_sign(format), sign, "{format}");
        }
    }
}
