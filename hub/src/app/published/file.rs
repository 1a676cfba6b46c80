//! A CSV file of published figures, read against the network's definitions.

use std::{collections::BTreeMap, fmt};

use csv::{ReaderBuilder, StringRecord};
use weft_host::csv::meant;
use weft_shared::{
    id::IndicatorCode,
    model::{
        Audience,
        indicator::Versions,
        number::Number,
        observation::{Breakdown, ObservationKey, Statement, Status},
        sign::Sign,
        spelling::without_blanks,
    },
    validation,
};

use crate::limits::PUBLISHED_ROWS_MAX;

/// The columns that are read. The first three must be there; others are left alone.
const COLUMNS: [&str; 14] = [
    "indicator_code",
    "area_code",
    "period",
    "breakdown",
    "breakdown_value",
    "numerator",
    "denominator",
    "value",
    "lower",
    "upper",
    "obs_status",
    "sign",
    "method",
    "definition_version",
];
const REQUIRED: usize = 3;
/// Problems that are looked for before reading stops.
const PROBLEMS_MAX: usize = 1_000;

/// A problem of a file, with its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The line, counted from 1; 0 if it is about the whole file.
    pub line: u64,
    /// The problem, and how to correct it.
    pub message: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.message),
            line => write!(f, "line {line}: {}", self.message),
        }
    }
}

/// Reads a file: each figure once, under the key as its definition spells it.
pub(super) fn read(
    bytes: &[u8],
    versions: &BTreeMap<IndicatorCode, Versions>,
) -> Result<BTreeMap<ObservationKey, Statement>, Vec<Wrong>> {
    let whole = |message: String| vec![Wrong { line: 0, message }];
    let Ok(text) = std::str::from_utf8(bytes) else {
        let message = "the file is not in UTF-8: save it as \"CSV UTF-8\"";
        return Err(whole(message.to_owned()));
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let headings = reader.headers().cloned().unwrap_or_default();
    let place = |name: &str| {
        let mut headings = headings.iter();
        headings.position(|heading| heading.trim().eq_ignore_ascii_case(name))
    };
    let places: Vec<Option<usize>> = COLUMNS.iter().map(|name| place(name)).collect();
    let missing: Vec<&str> = COLUMNS[..REQUIRED]
        .iter()
        .copied()
        .filter(|name| place(name).is_none())
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(whole(format!("the file lacks the columns {missing}")));
    }
    let (mut figures, mut lines) = (BTreeMap::new(), BTreeMap::new());
    let mut problems = Vec::new();
    for (count, record) in reader.records().enumerate() {
        if count >= PUBLISHED_ROWS_MAX {
            let most = format!("the file has more than {PUBLISHED_ROWS_MAX} rows: split it");
            return Err(whole(most));
        }
        let (line, found) = match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                let row = Row {
                    places: &places,
                    record: &record,
                };
                (line, row.read(versions))
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                (line, Err(vec![format!("the row cannot be read: {error}")]))
            }
        };
        match found {
            Ok((key, statement)) => match lines.insert(key.clone(), line) {
                None => drop(figures.insert(key, statement)),
                Some(first) => problems.push(Wrong {
                    line,
                    message: format!("it is about the same as line {first}: keep one of them"),
                }),
            },
            Err(messages) => {
                let messages = messages.into_iter();
                problems.extend(messages.map(|message| Wrong { line, message }));
            }
        }
        if problems.len() >= PROBLEMS_MAX {
            break;
        }
    }
    if figures.is_empty() && problems.is_empty() {
        return Err(whole("the file has no rows".to_owned()));
    }
    match problems.is_empty() {
        true => Ok(figures),
        false => Err(problems),
    }
}

/// One row, by the names of its columns.
struct Row<'a> {
    places: &'a [Option<usize>],
    record: &'a StringRecord,
}

impl Row<'_> {
    fn text(&self, name: &str) -> &str {
        let column = COLUMNS.iter().position(|one| *one == name);
        let place = column.and_then(|column| self.places[column]);
        let field = place.and_then(|place| self.record.get(place));
        field.map_or("", |field| meant(field.trim()).trim())
    }

    fn read(
        &self,
        versions: &BTreeMap<IndicatorCode, Versions>,
    ) -> Result<(ObservationKey, Statement), Vec<String>> {
        let one = |error: &dyn fmt::Display| vec![error.to_string()];
        let code: IndicatorCode = self.text("indicator_code").parse().map_err(|e| one(&e))?;
        let of_code = versions.get(&code);
        let of_code =
            of_code.ok_or_else(|| one(&format!("the network has no indicator {code}")))?;
        let period = self.text("period").parse().map_err(|e| one(&e))?;
        let asked = match self.text("definition_version") {
            "" => None,
            text => Some(
                text.parse()
                    .map_err(|_| one(&format!("\"{text}\" is no version: write a whole number")))?,
            ),
        };
        let definition = of_code.stating(period, &[], u32::MAX, asked);
        let definition = definition.map_err(|error| one(&error))?;
        let breakdown = match (self.text("breakdown"), self.text("breakdown_value")) {
            ("", "") => Breakdown::Total,
            (name, value) => Breakdown::from_columns(name, value).map_err(|e| one(&e))?,
        };
        let breakdown = definition.spelled(&breakdown).unwrap_or(breakdown);
        let key = ObservationKey {
            indicator: code,
            area: self.text("area_code").parse().map_err(|e| one(&e))?,
            period,
            breakdown,
        };
        let statement = self.statement(definition.hash())?;
        let wrong = validation::observation(&key, &statement, definition);
        match wrong.is_empty() {
            true => Ok((key, statement)),
            false => Err(wrong.iter().map(ToString::to_string).collect()),
        }
    }

    fn statement(
        &self,
        definition: weft_shared::id::DefinitionHash,
    ) -> Result<Statement, Vec<String>> {
        let mut problems = Vec::new();
        let mut sign = Some(self.text("sign")).filter(|text| !text.is_empty());
        let mut meant = None;
        let mut number = |name: &str| {
            let text = self.text(name);
            if text.is_empty() {
                return None;
            }
            if let Some(read) = Sign::read(text) {
                sign = Some(self.text(name));
                meant = match read {
                    Sign::Suppressed => Some(Status::Suppressed),
                    Sign::Missing => Some(Status::Missing),
                    Sign::Unclear => None,
                };
                return None;
            }
            match without_blanks(text).parse::<Number>() {
                Ok(number) => Some(number),
                Err(error) => {
                    problems.push(format!("{name}: {error}"));
                    None
                }
            }
        };
        let mut statement = Statement::without_figure(definition, Status::Normal, Audience::Public);
        statement.numerator = number("numerator");
        statement.denominator = number("denominator");
        statement.value = number("value");
        statement.lower = number("lower");
        statement.upper = number("upper");
        statement.status = match self.text("obs_status") {
            "" => meant.unwrap_or(Status::Normal),
            word => match word.parse() {
                Ok(status) => status,
                Err(error) => {
                    problems.push(format!("obs_status: {error}"));
                    Status::Normal
                }
            },
        };
        statement.sign = sign.map(str::to_owned);
        let method = self.text("method");
        statement.method = (!method.is_empty()).then(|| method.to_owned());
        match problems.is_empty() {
            true => Ok(statement),
            false => Err(problems),
        }
    }
}
