//! Exports of DHIS2: a dataValueSet as JSON, and ADX, the exchange of aggregate data as XML.
//!
//! Both become rows with the columns that the same export has as CSV. In ADX, the parts of a figure
//! are attributes of their own, such as `sex`, and become columns of their own.

use std::{borrow::Cow, collections::BTreeMap};

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::Value;

use super::{Fault, markup, owned, records::Record, room::Room};
use crate::limits::{CELLS_MAX, COLUMNS_MAX, NODES_MAX, ROWS_MAX, TEXT_BYTES_MAX};

/// The attributes of a group or a value, and the columns that they are in CSV.
const NAMES: [(&str, &str); 6] = [
    ("dataElement", "dataelement"),
    ("period", "period"),
    ("orgUnit", "orgunit"),
    ("categoryOptionCombo", "categoryoptioncombo"),
    ("attributeOptionCombo", "attributeoptioncombo"),
    ("value", "value"),
];
/// Parts of a group, or of a value, that are about the export alone.
const ABOUT: [&str; 4] = ["dataSet", "exported", "completeDate", "dataValues"];

/// Whether a text begins like JSON, rather than like a heading in brackets.
pub(super) fn is_json(text: &str) -> bool {
    let second = text
        .get(1..)
        .unwrap_or_default()
        .trim_start()
        .chars()
        .next();
    second.is_some_and(|c| ['"', '{', '[', '}', ']'].contains(&c))
}

/// Reads a dataValueSet as JSON.
pub(super) fn from_json(text: &str) -> Result<Vec<Record<'static>>, Vec<Fault>> {
    let other = || {
        let message = "this is JSON, and no dataValueSet of DHIS2: get the same figures as CSV or \
                       XLSX";
        vec![Fault::new(1, message)]
    };
    // Each comma may part values that take far more memory than bytes.
    if text.bytes().filter(|byte| *byte == b',').count() > CELLS_MAX {
        let message = format!("a file may have {CELLS_MAX} cells: split it");
        return Err(vec![Fault::new(1, message)]);
    }
    let set: Value = serde_json::from_str(text).map_err(|error| {
        let line = u64::try_from(error.line()).unwrap_or(1);
        vec![Fault::new(line, format!("this is no JSON: {error}"))]
    })?;
    let set = set.as_object().ok_or_else(other)?;
    let values = set.get("dataValues").and_then(Value::as_array);
    let values = values.ok_or_else(other)?;
    // JSON does not say on which line a value stands: DHIS2 writes one a line, in their order.
    let lines = lines_of_values(text, values.len());
    let cells = set.iter().filter_map(|(name, value)| cell(name, value));
    let defaults: Vec<_> = cells.take(COLUMNS_MAX + 1).collect();
    let mut table = Exported::new();
    for (at, value) in values.iter().enumerate() {
        let line = lines.get(at).copied().unwrap_or(1);
        let Some(value) = value.as_object() else {
            return Err(vec![Fault::new(line, "a data value is no object")]);
        };
        let above = defaults
            .iter()
            .filter(|(name, _)| !value.contains_key(*name));
        let above = above.map(|(name, text)| (*name, Cow::Borrowed(&**text)));
        let own = value.iter().filter_map(|(name, value)| cell(name, value));
        let row = above.chain(own);
        table.add(line, row).map_err(|fault| vec![fault])?;
    }
    Ok(table.records())
}

fn cell<'a>(name: &'a str, value: &'a Value) -> Option<(&'a str, Cow<'a, str>)> {
    let text = match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text.as_str()),
        Value::Bool(_) | Value::Number(_) => Cow::Owned(value.to_string()),
        Value::Array(_) | Value::Object(_) => return None,
    };
    (!ABOUT.contains(&name)).then_some((name, text))
}

/// The lines on which the objects within `dataValues` begin, if there are as many as values.
fn lines_of_values(text: &str, count: usize) -> Vec<u64> {
    let from = text.find("\"dataValues\"").unwrap_or(0);
    let (before, rest) = text.split_at(from);
    let mut line = 1 + before.matches('\n').count() as u64;
    let (mut lines, mut quoted, mut escaped) = (Vec::new(), false, false);
    for c in rest.chars() {
        match c {
            '\n' => line += 1,
            _ if escaped => {
                escaped = false;
                continue;
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => lines.push(line),
            _ => {}
        }
    }
    lines.truncate(count);
    lines
}

/// Reads ADX.
pub(super) fn from_adx(text: &str) -> Result<Vec<Record<'static>>, Fault> {
    markup::check(text)?;
    let options = ParsingOptions {
        nodes_limit: u32::try_from(2 * NODES_MAX).unwrap_or(u32::MAX),
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        let line = u64::from(error.pos().row);
        Fault::new(
            line,
            format!(
                "this is XML or a web page that cannot be read ({error}): get the same figures \
                     as CSV or XLSX"
            ),
        )
    })?;
    if document.root_element().tag_name().name() != "adx" {
        let message = "this is XML or a web page, and no ADX: get the same figures as CSV or XLSX";
        return Err(Fault::new(1, message));
    }
    let mut table = Exported::new();
    let mut line = Lines::of(text);
    for value in document
        .descendants()
        .filter(|node| node.has_tag_name_local("dataValue"))
    {
        let at = line.at(value.range().start);
        let group = value
            .parent_element()
            .filter(|one| one.has_tag_name_local("group"));
        let own = |name: &str| value.attribute(name).is_some();
        let above = group.iter().flat_map(Node::attributes);
        let above = above.filter(|attribute| !own(attribute.name()));
        let all = above.chain(value.attributes());
        let all = all.filter(|attribute| !ABOUT.contains(&attribute.name()));
        let row = all.map(|attribute| (attribute.name(), Cow::Borrowed(attribute.value())));
        table.add(at, row)?;
    }
    Ok(table.records())
}

/// Whether an element has a name, in whatever namespace.
trait LocalName {
    fn has_tag_name_local(&self, name: &str) -> bool;
}

impl LocalName for Node<'_, '_> {
    fn has_tag_name_local(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

/// Counts the lines of a text up to places in it that only go on.
struct Lines<'a> {
    text: &'a str,
    from: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    const fn of(text: &'a str) -> Self {
        Self {
            text,
            from: 0,
            line: 1,
        }
    }

    fn at(&mut self, place: usize) -> u64 {
        let between = self.text.get(self.from..place).unwrap_or_default();
        self.line += between.matches('\n').count() as u64;
        self.from = place.max(self.from);
        self.line
    }
}

/// Rows that name their own columns.
struct Exported {
    room: Room,
    names: Vec<String>,
    /// The column of each name.
    places: BTreeMap<String, usize>,
    rows: Vec<(u64, Vec<String>)>,
}

impl Exported {
    const fn new() -> Self {
        Self {
            room: Room::of(TEXT_BYTES_MAX),
            names: Vec::new(),
            places: BTreeMap::new(),
            rows: Vec::new(),
        }
    }

    fn add<'n>(
        &mut self,
        line: u64,
        row: impl Iterator<Item = (&'n str, Cow<'n, str>)>,
    ) -> Result<(), Fault> {
        if self.rows.len() >= ROWS_MAX {
            let message = format!("a file may have {ROWS_MAX} values: split it");
            return Err(Fault::new(line, message));
        }
        let fault = |message: String| Fault::new(line, message);
        let mut cells = vec![String::new(); self.names.len()];
        for (name, text) in row {
            let known = NAMES.iter().find(|(theirs, _)| *theirs == name);
            let name = known.map_or(name, |(_, ours)| ours);
            let at = self.places.get(name).copied();
            let at = at.unwrap_or_else(|| {
                self.places.insert(name.to_owned(), self.names.len());
                self.names.push(name.to_owned());
                cells.push(String::new());
                self.names.len() - 1
            });
            if self.names.len() > COLUMNS_MAX {
                let message = format!("a file may have {COLUMNS_MAX} columns: leave some out");
                return Err(Fault::new(line, message));
            }
            if let Some(cell) = cells.get_mut(at) {
                self.room.text(&text).map_err(fault)?;
                *cell = text.into_owned();
            }
        }
        self.rows.push((line, cells));
        // Each row becomes as wide as the header, whichever row brought the names.
        let wide = self.rows.len() * self.names.len();
        self.room.all_cells(wide).map_err(fault)?;
        Ok(())
    }

    /// The rows below a header, each as wide as the header.
    fn records(self) -> Vec<Record<'static>> {
        let count = self.names.len();
        let header = owned(1, self.names);
        let rows = self.rows.into_iter().map(|(line, mut cells)| {
            cells.resize(count, String::new());
            owned(line, cells)
        });
        std::iter::once(header).chain(rows).collect()
    }
}
