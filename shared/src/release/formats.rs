//! The rows of a release in its other formats against those of its CSV: a reader of one must find
//! what a reader of another finds.

use std::fmt;

use serde_json::{Map, Value};

use super::{COLUMNS, Kind, table::Line};
use crate::text::counted;

/// One row: a text for each of [`COLUMNS`], as the CSV has them. A column that does not apply is
/// empty.
pub type Texts = Vec<String>;

/// The first place where a table differs from the CSV.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Difference {
    /// It has another number of rows.
    Rows {
        /// Its number of rows.
        found: usize,
        /// That of the CSV.
        expected: usize,
    },
    /// A row differs.
    Column {
        /// The row in words, as the CSV has it.
        row: String,
        /// The name of the column.
        column: &'static str,
        /// Its text.
        found: String,
        /// That of the CSV.
        expected: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows { found, expected } => {
                let found = counted(*found, "row", "rows");
                write!(f, "it has {found}, and the CSV {expected}")
            }
            Self::Column {
                row,
                column,
                found,
                expected,
            } => {
                let (found, expected) = (or_empty(found), or_empty(expected));
                write!(
                    f,
                    "in the {row} {column} is {found}, and {expected} in the CSV"
                )
            }
        }
    }
}

fn or_empty(text: &str) -> &str {
    match text {
        "" => "empty",
        text => text,
    }
}

/// Returns the first difference between the rows of a table and those of the CSV, in their order.
pub fn difference(found: &[Texts], csv: &[Texts]) -> Option<Difference> {
    let rows = found.iter().zip(csv);
    let mut columns = rows.flat_map(|(found, csv)| {
        let pairs = COLUMNS.iter().zip(found.iter().zip(csv));
        pairs.map(move |(column, texts)| (csv, column, texts))
    });
    let other = columns.find(|(_, column, (found, csv))| !is_same(column.kind, found, csv));
    if let Some((row, column, (found, expected))) = other {
        return Some(Difference::Column {
            row: Line(row.clone()).name().to_string(),
            column: column.name,
            found: found.clone(),
            expected: expected.clone(),
        });
    }
    (found.len() != csv.len()).then_some(Difference::Rows {
        found: found.len(),
        expected: csv.len(),
    })
}

/// Whether two texts say the same: a number may be written in several ways.
fn is_same(kind: Kind, one: &str, other: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    one == other
        || match kind {
            Kind::Number | Kind::Count => {
                number(one).is_some_and(|one| number(other).is_some_and(|other| one == other))
            }
            Kind::Text | Kind::Date | Kind::Flag => false,
        }
}

/// Reads the rows of a release's JSON; `None` if it is something else.
pub fn rows_of_json(bytes: &[u8]) -> Option<Vec<Texts>> {
    let Value::Object(page) = serde_json::from_slice(bytes).ok()? else {
        return None;
    };
    let rows = page.get("data")?.as_array()?.iter();
    rows.map(|row| texts_of(row.as_object()?)).collect()
}

fn texts_of(row: &Map<String, Value>) -> Option<Texts> {
    if row.len() != COLUMNS.len() {
        return None;
    }
    let texts = COLUMNS.iter().map(|column| match row.get(column.name)? {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Bool(is) => Some(is.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::number::Number,
        release::{Head, ReleaseRow, table::sample},
        time::Timestamp,
    };

    fn head() -> Head {
        Head {
            dataset: "prevention".parse().unwrap(),
            number: "2026.1".parse().unwrap(),
            at: Timestamp::from_ms(0),
        }
    }

    fn json(row: &ReleaseRow) -> String {
        format!("{{\"data\":[{}],\"next\":null}}", row.json(&head()))
    }

    fn rows(row: &ReleaseRow) -> Vec<Texts> {
        rows_of_json(json(row).as_bytes()).unwrap()
    }

    #[test]
    fn the_json_of_a_row_says_what_its_csv_says_and_nothing_else_does() {
        let mut row = sample(Some("FN"), 300, 1);
        row.value = Number::read_back("0.000012");
        let csv = vec![Line::of(&row, &head()).0];
        assert_eq!(difference(&rows(&row), &csv), None);
        let mut other = row.clone();
        other.value = Number::read_back("0.000013");
        let said = difference(&rows(&other), &csv).unwrap().to_string();
        let us = "in the row of FN for SMOKING 2018";
        assert!(said.starts_with(&format!("{us} value is ")), "{said}");
        assert!(said.ends_with("and 0.000012 in the CSV"), "{said}");
        other = row.clone();
        other.numerator = None;
        let said = difference(&rows(&other), &csv).unwrap().to_string();
        assert_eq!(said, format!("{us} numerator is empty, and 300 in the CSV"));
        other = row.clone();
        other.area_name = Some("Far North".to_owned());
        let said = difference(&rows(&other), &csv).unwrap().to_string();
        assert_eq!(
            said,
            format!("{us} area_name is Far North, and empty in the CSV")
        );
        let twice = [csv.clone(), csv].concat();
        let said = difference(&rows(&row), &twice).unwrap().to_string();
        assert_eq!(said, "it has 1 row, and the CSV 2");
    }

    #[test]
    fn json_of_another_form_has_no_rows() {
        let whole = json(&sample(None, 300, 1));
        assert!(rows_of_json(whole.as_bytes()).is_some());
        for other in [
            "",
            "[]",
            "{}",
            "{\"data\":{}}",
            "{\"data\":[[]]}",
            "{\"data\":[{\"value\":1}]}",
            &whole.replacen("\"level\"", "\"levels\"", 1),
            &whole.replacen("\"lower\":null", "\"lower\":[]", 1),
        ] {
            assert_eq!(rows_of_json(other.as_bytes()), None, "{other}");
        }
    }
}
