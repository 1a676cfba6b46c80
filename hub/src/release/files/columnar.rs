//! Rows as Parquet: one group of rows, compressed by Zstandard, for R, Python, DuckDB and Power BI.

use std::sync::Arc;

use parquet::{
    basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel},
    data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type},
    errors::ParquetError,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::types::{Type, TypePtr},
};
use weft_shared::{
    period::Date,
    release::{COLUMNS, Column, Head, Kind, ReleaseRow},
    rollup::columns::Field,
};

pub(super) fn parquet(rows: &[&ReleaseRow], head: &Head) -> Result<Vec<u8>, ParquetError> {
    let fields = COLUMNS.iter().map(|column| field(column).map(Arc::new));
    let fields: Vec<TypePtr> = fields.collect::<Result<_, _>>()?;
    let schema = Type::group_type_builder("release").with_fields(fields);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(6)?))
        // A version of the program in the file would change its bytes with every upgrade.
        .set_created_by("weft".to_owned());
    let (schema, properties) = (Arc::new(schema.build()?), Arc::new(properties.build()));
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties)?;
    let mut group = writer.next_row_group()?;
    for column in COLUMNS {
        let Some(mut out) = group.next_column()? else {
            break;
        };
        let fields: Vec<Field> = rows.iter().map(|row| column.field(row, head)).collect();
        // A field that does not apply is null: its level is 0, and it has no value.
        let levels: Vec<i16> = fields
            .iter()
            .map(|field| (*field != Field::None).into())
            .collect();
        let present = fields.into_iter().filter(|field| *field != Field::None);
        let levels = Some(levels.as_slice());
        match column.kind {
            Kind::Text => {
                let values: Vec<ByteArray> = present.map(|field| bytes(&field.csv())).collect();
                out.typed::<ByteArrayType>()
                    .write_batch(&values, levels, None)?;
            }
            Kind::Date => {
                let values: Vec<i32> = present.map(|field| days(&field.csv())).collect();
                out.typed::<Int32Type>()
                    .write_batch(&values, levels, None)?;
            }
            Kind::Count => {
                let values: Vec<i64> = present.map(count).collect();
                out.typed::<Int64Type>()
                    .write_batch(&values, levels, None)?;
            }
            Kind::Number => {
                let values: Vec<f64> = present.map(number).collect();
                out.typed::<DoubleType>()
                    .write_batch(&values, levels, None)?;
            }
            Kind::Flag => {
                let values: Vec<bool> = present.map(|field| field == Field::Flag(true)).collect();
                out.typed::<BoolType>().write_batch(&values, levels, None)?;
            }
        }
        out.close()?;
    }
    group.close()?;
    writer.into_inner()
}

fn field(column: &Column) -> Result<Type, ParquetError> {
    let (physical, logical) = match column.kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Date => (Physical::INT32, Some(LogicalType::Date)),
        Kind::Count => (Physical::INT64, None),
        Kind::Number => (Physical::DOUBLE, None),
        Kind::Flag => (Physical::BOOLEAN, None),
    };
    Type::primitive_type_builder(column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()
}

fn bytes(text: &str) -> ByteArray {
    ByteArray::from(text.as_bytes().to_vec())
}

/// The days from 1970-01-01 to a date; a text that is none counts as that day.
fn days(text: &str) -> i32 {
    let first = Date::constant(1970, 1, 1);
    let date: Date = text.parse().unwrap_or(first);
    (date - first).get_days()
}

fn count(field: Field) -> i64 {
    match field {
        Field::Count(count) => i64::try_from(count).unwrap_or(i64::MAX),
        _ => 0,
    }
}

/// A number of at most 15 digits, which a double holds exactly as written.
fn number(field: Field) -> f64 {
    field.csv().parse().unwrap_or(f64::NAN)
}
