//! The rows of a release's Parquet file. Its bytes are another's, so nothing is believed of them.

use std::panic;

use axum::body::Bytes;
use jiff::Span;
use parquet::{
    errors::ParquetError,
    file::reader::{FileReader as _, SerializedFileReader},
    record::{Field, Row},
};
use weft_shared::{
    period::Date,
    release::{COLUMNS, formats::Texts},
};

/// Maximum number of rows: more than any release has.
const ROWS_MAX: i64 = 1_000_000;

/// Reads the rows of a Parquet file; none if it is not a table of a release.
pub(super) fn rows_of_parquet(bytes: Vec<u8>) -> Option<Vec<Texts>> {
    // The library checks much of what it reads, and not all: what it trips over is no table.
    let read = panic::catch_unwind(move || rows(bytes.into()));
    read.ok()?.ok().flatten()
}

fn rows(bytes: Bytes) -> Result<Option<Vec<Texts>>, ParquetError> {
    let reader = SerializedFileReader::new(bytes)?;
    let file = reader.metadata().file_metadata();
    let found = file.schema_descr().columns().iter();
    let names = COLUMNS.iter().map(|column| column.name);
    if !found.map(|one| one.name()).eq(names) || file.num_rows() > ROWS_MAX {
        return Ok(None);
    }
    let mut rows = Vec::new();
    for row in reader.get_row_iter(None)? {
        let Some(texts) = texts_of(&row?) else {
            return Ok(None);
        };
        rows.push(texts);
    }
    Ok(Some(rows))
}

fn texts_of(row: &Row) -> Option<Texts> {
    let fields = row.get_column_iter();
    fields.map(|(_, field)| text_of(field)).collect()
}

fn text_of(field: &Field) -> Option<String> {
    match field {
        Field::Null => Some(String::new()),
        Field::Str(text) => Some(text.clone()),
        Field::Long(count) => Some(count.to_string()),
        Field::Double(number) => Some(number.to_string()),
        Field::Bool(is) => Some(is.to_string()),
        Field::Date(days) => {
            let first = Date::constant(1970, 1, 1);
            let span = Span::new().try_days(*days).ok()?;
            Some(first.checked_add(span).ok()?.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_parquet_has_no_rows() {
        for bytes in [&b""[..], b"PAR1", b"PAR1\0\0\0\0PAR1", &[0xff; 64]] {
            assert_eq!(rows_of_parquet(bytes.to_vec()), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_day_is_written_as_the_csv_writes_it() {
        assert_eq!(text_of(&Field::Date(17_532)).unwrap(), "2018-01-01");
        assert_eq!(text_of(&Field::Double(0.000_012)).unwrap(), "0.000012");
        assert_eq!(text_of(&Field::Date(i32::MAX)), None);
    }
}
