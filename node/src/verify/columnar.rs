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
    release::{COLUMNS, ROWS_MAX, formats::Texts},
};

use super::pages::{UNPACKED_BYTES_MAX, are_bounded};

/// Reads the rows of a Parquet file; none if it is not a table of a release.
pub(super) fn rows_of_parquet(bytes: Vec<u8>) -> Option<Vec<Texts>> {
    // The library checks much of what it reads, and not all: what it trips over is no table.
    let read = panic::catch_unwind(move || rows(bytes.into()));
    read.ok()?.ok().flatten()
}

fn rows(bytes: Bytes) -> Result<Option<Vec<Texts>>, ParquetError> {
    // This reads the end of the file, and makes no more room than that is long.
    let reader = SerializedFileReader::new(bytes.clone())?;
    let columns = reader.metadata().file_metadata().schema_descr().columns();
    let names = COLUMNS.iter().map(|column| column.name);
    let is_table = columns.iter().map(|one| one.name()).eq(names);
    if !is_table || !are_bounded(&bytes, reader.metadata()) {
        return Ok(None);
    }
    let (mut rows, mut room) = (Vec::new(), UNPACKED_BYTES_MAX);
    for row in reader.get_row_iter(None)? {
        let texts = texts_of(&row?).filter(|_| rows.len() < ROWS_MAX);
        // One long text of a dictionary may be in every row.
        let left = texts.as_ref().and_then(|texts| {
            let length: usize = texts.iter().map(String::len).sum();
            room.checked_sub(length as u64)
        });
        let (Some(texts), Some(left)) = (texts, left) else {
            return Ok(None);
        };
        room = left;
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
    use std::sync::Arc;

    use parquet::{
        basic::{Compression, Encoding, Repetition, Type as Physical, ZstdLevel},
        data_type::{ByteArray, ByteArrayType},
        file::{properties::WriterProperties, writer::SerializedFileWriter},
        schema::types::Type,
    };

    use super::*;

    /// A file with the columns of a release, all of text, with the same text in each row.
    fn file(text: &str, rows: usize, encoding: Option<Encoding>) -> Vec<u8> {
        let field = |name: &str| {
            let field = Type::primitive_type_builder(name, Physical::BYTE_ARRAY);
            let field = field.with_repetition(Repetition::OPTIONAL);
            let text = parquet::basic::LogicalType::String;
            Arc::new(field.with_logical_type(Some(text)).build().unwrap())
        };
        let fields = COLUMNS.iter().map(|column| field(column.name)).collect();
        let schema = Type::group_type_builder("release").with_fields(fields);
        let level = ZstdLevel::try_new(6).unwrap();
        let written = WriterProperties::builder().set_compression(Compression::ZSTD(level));
        let written = match encoding {
            Some(encoding) => written.set_dictionary_enabled(false).set_encoding(encoding),
            None => written,
        };
        let schema = Arc::new(schema.build().unwrap());
        let mut writer =
            SerializedFileWriter::new(Vec::new(), schema, Arc::new(written.build())).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let values = vec![ByteArray::from(text); rows];
        let levels = vec![1; rows];
        while let Some(mut column) = group.next_column().unwrap() {
            let out = column.typed::<ByteArrayType>();
            out.write_batch(&values, Some(&levels), None).unwrap();
            column.close().unwrap();
        }
        group.close().unwrap();
        writer.into_inner().unwrap()
    }

    #[test]
    fn a_table_is_read_in_the_form_that_the_hub_writes() {
        for (text, rows) in [("a", 3), ("", 1), ("Ōtautahi", 70_000)] {
            let read = rows_of_parquet(file(text, rows, None)).unwrap();
            assert_eq!(read.len(), rows);
            assert!(read.iter().flatten().all(|one| one == text));
        }
        let plain = rows_of_parquet(file("a", 3, Some(Encoding::PLAIN)));
        assert_eq!(plain.map(|rows| rows.len()), Some(3));
        let other = file("a", 3, Some(Encoding::DELTA_BYTE_ARRAY));
        assert_eq!(rows_of_parquet(other), None);
        assert_eq!(rows_of_parquet(file("", ROWS_MAX + 1, None)), None);
    }

    #[test]
    fn a_short_file_does_not_unpack_to_more_than_a_release_has() {
        // One text that is written once and is in every row.
        let long = "x".repeat(1 << 17);
        let bytes = file(&long, 100, None);
        assert!(bytes.len() < 200_000, "{}", bytes.len());
        assert_eq!(rows_of_parquet(bytes), None);
        // Pages that say that they are longer than all of a release.
        let wide = "x".repeat(9 << 20);
        let bytes = file(&wide, 1, None);
        assert!(bytes.len() < 200_000, "{}", bytes.len());
        let reader = SerializedFileReader::new(Bytes::from(bytes.clone())).unwrap();
        assert!(!are_bounded(&bytes, reader.metadata()));
        assert_eq!(rows_of_parquet(bytes), None);
    }

    #[test]
    fn a_file_that_is_damaged_anywhere_is_read_or_refused() {
        let whole = file("a", 3, None);
        for at in (0..whole.len()).step_by(7) {
            for bits in [0x01, 0x80, 0xff] {
                let mut other = whole.clone();
                other[at] ^= bits;
                let _either = rows_of_parquet(other);
            }
        }
    }

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
