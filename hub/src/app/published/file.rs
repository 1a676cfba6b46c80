//! A file of published figures as its office put it out, read against the network's definitions.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use weft_host::csv::meant;
use weft_shared::{
    id::{AreaCode, DefinitionHash, IndicatorCode, LocationCode},
    model::{
        Audience,
        indicator::{Definition, Versions},
        number::Number,
        observation::{Breakdown, ObservationKey, Statement, Status},
        profile::Place,
        sign::Sign,
        spelling::{folded_name, without_blanks, without_footnotes},
    },
    period::Date,
    text::capital,
    validation,
};
use weft_tables::{
    ColumnPlan, Fault, Known, Proposal, Sheet, Table, TableColumn, TableRow, number::plain, propose,
};

use crate::limits::PUBLISHED_ROWS_MAX;

/// Problems that are looked for before reading stops.
const PROBLEMS_MAX: usize = 1_000;

/// A person's statements about the columns of a file.
#[derive(Clone, Debug, Default)]
pub struct PublishedColumns {
    /// Which column is what.
    pub given: ColumnPlan,
    /// The sheet of a workbook that has several.
    pub sheet: Option<String>,
    /// Whether what was guessed is right.
    pub confirmed: bool,
}

/// The reason a file gives no figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Its problems.
    Wrong(Vec<Wrong>),
    /// A person must say or confirm which column is what: the proposal, and what to do.
    Ask(String),
}

/// The figures of a file, and notes on what was read how.
pub(super) struct Read {
    pub(super) figures: BTreeMap<ObservationKey, Statement>,
    pub(super) notes: Vec<String>,
}

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

/// The network that a file is read against.
pub(super) struct Against<'a> {
    pub(super) definitions: &'a [Definition],
    pub(super) versions: &'a BTreeMap<IndicatorCode, Versions>,
    pub(super) places: &'a BTreeMap<LocationCode, Place>,
    /// The latest day today in any time zone.
    pub(super) today: Date,
}

/// Reads a file: each figure once, under the key as its definition spells it.
pub(super) fn read(
    bytes: &[u8],
    against: &Against<'_>,
    columns: &PublishedColumns,
) -> Result<Read, Refused> {
    let areas = Areas::of(against.places);
    let (definitions, names) = (against.definitions.iter(), areas.names());
    let known = Known::new(definitions, names, None, against.today);
    let sheet = Sheet::read(bytes, columns.sheet.as_deref(), &known).map_err(wrong)?;
    if sheet.len() > PUBLISHED_ROWS_MAX {
        let message = format!("the file has more than {PUBLISHED_ROWS_MAX} rows: split it");
        return Err(Refused::Wrong(vec![Wrong { line: 0, message }]));
    }
    let proposal = propose(&sheet, &known, &columns.given).map_err(|messages| {
        let line = sheet.header_line();
        let faults = messages.into_iter().map(|message| Fault { line, message });
        wrong(faults.collect())
    })?;
    if !proposal.open().is_empty() || (proposal.guessed && !columns.confirmed) {
        return Err(Refused::Ask(asked(&sheet, &proposal)));
    }
    let table = sheet.table(&known, &proposal).map_err(wrong)?;
    figures(&table, &areas, against)
}

fn wrong(faults: Vec<Fault>) -> Refused {
    let problems = faults.into_iter().map(|fault| Wrong {
        line: fault.line,
        message: fault.message,
    });
    Refused::Wrong(problems.collect())
}

/// The proposal in words, and what to do about it.
fn asked(sheet: &Sheet, proposal: &Proposal) -> String {
    let mut text = String::from("it is not in Weft's own columns.\nWhat goes where:\n");
    for line in proposal.plan.to_string().lines() {
        text.push_str(&format!("  {line}\n"));
    }
    for note in sheet.notes() {
        text.push_str(&format!("{}.\n", capital(note)));
    }
    text.push_str(&proposal.plan.next_steps(&proposal.open()));
    text
}

fn figures(table: &Table, areas: &Areas, against: &Against<'_>) -> Result<Read, Refused> {
    let (mut figures, mut lines) = (BTreeMap::new(), BTreeMap::new());
    let of_lines = table.problems.iter().map(|fault| Wrong {
        line: fault.line,
        message: fault.message.clone(),
    });
    let mut problems: Vec<Wrong> = of_lines.collect();
    for row in &table.rows {
        let line = row.line;
        match (Row { table, row }).read(areas, against) {
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
        let message = "there are no rows below the headings".to_owned();
        problems.push(Wrong { line: 1, message });
    }
    match problems.is_empty() {
        true => Ok(Read {
            figures,
            notes: table.notes.clone(),
        }),
        false => Err(Refused::Wrong(problems)),
    }
}

/// The areas of all locations by their codes, their names and the codes that offices use.
struct Areas(BTreeMap<String, BTreeSet<AreaCode>>);

impl Areas {
    fn of(places: &BTreeMap<LocationCode, Place>) -> Self {
        let mut all: BTreeMap<String, BTreeSet<AreaCode>> = BTreeMap::new();
        let mut add = |name: &str, area: &AreaCode| {
            let of_name = all.entry(folded(name)).or_default();
            of_name.insert(area.clone());
        };
        for (code, place) in places {
            if place.areas.is_empty()
                && let Ok(only) = AreaCode::parse(code.as_str())
            {
                add(code.as_str(), &only);
                add(&place.name, &only);
            }
            for area in &place.areas {
                add(&area.name, &area.code);
                for alias in place.aliases_of(&area.code) {
                    add(&alias.code, &area.code);
                    add(&format!("{}:{}", alias.scheme, alias.code), &area.code);
                }
            }
        }
        // A code means the area of that code, even if another area has it as a name.
        for area in places.values().flat_map(|place| &place.areas) {
            all.insert(folded(area.code.as_str()), [area.code.clone()].into());
        }
        all.remove("");
        Self(all)
    }

    fn names(&self) -> impl Iterator<Item = String> {
        self.0.keys().cloned()
    }

    /// The area that a field names: one of a location, or one of no location by its code.
    fn area(&self, field: &str) -> Result<AreaCode, String> {
        let found = self.0.get(&folded(field));
        let found: Vec<&AreaCode> = found.into_iter().flatten().collect();
        match found.as_slice() {
            [only] => Ok((*only).clone()),
            [] => field
                .parse::<AreaCode>()
                .map_err(|error| format!("no location has an area of this name or code: {error}")),
            [_, ..] => {
                let codes: Vec<&str> = found.iter().map(|one| one.as_str()).collect();
                let codes = codes.join(", ");
                Err(format!(
                    "several areas are called \"{field}\": {codes}. Give the code"
                ))
            }
        }
    }
}

fn folded(name: &str) -> String {
    folded_name(without_footnotes(name))
}

/// One row, by the names of its columns.
struct Row<'a> {
    table: &'a Table,
    row: &'a TableRow,
}

impl Row<'_> {
    fn text(&self, name: &str) -> &str {
        let mut columns = self.table.columns.iter();
        let place = columns.position(|one| matches!(one, TableColumn::Own(own) if *own == name));
        let field = place.and_then(|place| self.row.cells.get(place));
        field.map_or("", |field| meant(field.trim()).trim())
    }

    fn read(
        &self,
        areas: &Areas,
        against: &Against<'_>,
    ) -> Result<(ObservationKey, Statement), Vec<String>> {
        let one = |error: &dyn fmt::Display| vec![error.to_string()];
        if !self.row.problems.is_empty() {
            return Err(self.row.problems.clone());
        }
        let code: IndicatorCode = self.text("indicator_code").parse().map_err(|e| one(&e))?;
        let of_code = against.versions.get(&code);
        let of_code =
            of_code.ok_or_else(|| one(&format!("the network has no indicator {code}")))?;
        if let Some(problem) = &self.row.period_problem {
            return Err(one(problem));
        }
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
            area: areas.area(self.text("area_code")).map_err(|e| one(&e))?,
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

    fn statement(&self, definition: DefinitionHash) -> Result<Statement, Vec<String>> {
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
            // A comma between thousands says nothing more about the number.
            let plain = plain(text).map(|plain| plain.text.replace(',', ""));
            let number = plain.unwrap_or_else(|| without_blanks(text).into_owned());
            match number.parse::<Number>() {
                Ok(number) => Some(number),
                Err(error) => {
                    problems.push(format!("{name}: {error}"));
                    None
                }
            }
        };
        let mut statement =
            Statement::without_figure(definition, Status::Normal, Audience::Released);
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
