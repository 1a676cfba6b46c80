//! A list that is declared once. Its columns make the table of a command, its JSON, its CSV, its
//! help and the table of a page.

use serde_json::{Map, Value};
use weft_shared::{
    period::day_words,
    time::{Timestamp, Zone},
};

use crate::{
    csv,
    table::{self, Table},
};

/// The content of one column in one row.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    /// The column does not apply: null in JSON, empty elsewhere.
    Nothing,
    /// A text, a code or a word.
    Text(String),
    /// A number of things.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// A moment: RFC 3339 for programs, a minute of the network's time zone for people.
    At(Timestamp),
    /// JSON of a form of its own, which [`Column::shown`] says in words.
    Json(Value),
}

impl Datum {
    /// A text that something displays.
    pub fn text(of: impl ToString) -> Self {
        Self::Text(of.to_string())
    }

    /// Returns it as JSON.
    pub fn json(self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Text(text) => text.into(),
            Self::Number(number) => number.into(),
            Self::Flag(flag) => flag.into(),
            Self::At(at) => at.rfc3339().into(),
            Self::Json(value) => value,
        }
    }

    fn csv(self) -> String {
        match self.json() {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        }
    }
}

impl From<String> for Datum {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Datum {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u64> for Datum {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Datum {
    fn from(number: usize) -> Self {
        Self::Number(number as u64)
    }
}

impl From<i64> for Datum {
    fn from(number: i64) -> Self {
        Self::Json(number.into())
    }
}

impl From<bool> for Datum {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Timestamp> for Datum {
    fn from(at: Timestamp) -> Self {
        Self::At(at)
    }
}

impl<T: Into<Self>> From<Option<T>> for Datum {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

/// The JSON and the CSV of a list.
pub const DATA: u8 = 1;
/// The table of a command.
pub const TABLE: u8 = 2;
/// The table of a page.
pub const PAGE: u8 = 4;

/// One column of a list of `T`.
#[derive(Debug)]
pub struct Column<T> {
    /// The key in JSON, and the name in CSV.
    pub name: &'static str,
    /// The heading in tables.
    pub heading: &'static str,
    /// Whether its cells are numbers, aligned right.
    pub is_number: bool,
    /// Whether its cell names the row.
    pub is_header: bool,
    /// The language of its words, if it is not English.
    pub lang: &'static str,
    datum: fn(&T) -> Datum,
    shown: Option<fn(&T) -> String>,
    empty: &'static str,
    wraps: bool,
    is_id: bool,
    places: u8,
}

impl<T> Column<T> {
    /// Declares a column of every place. Its heading is its name, and its cells are never broken.
    pub const fn new(name: &'static str, datum: fn(&T) -> Datum) -> Self {
        Self {
            name,
            heading: name,
            is_number: false,
            is_header: false,
            lang: "",
            datum,
            shown: None,
            empty: "",
            wraps: false,
            is_id: false,
            places: DATA | TABLE | PAGE,
        }
    }

    /// Sets the heading of tables.
    #[must_use]
    pub const fn headed(mut self, heading: &'static str) -> Self {
        self.heading = heading;
        self
    }

    /// Sets the words of tables, if they are not those of the datum.
    #[must_use]
    pub const fn shown(mut self, shown: fn(&T) -> String) -> Self {
        self.shown = Some(shown);
        self
    }

    /// Sets the word of tables for a datum that does not apply.
    #[must_use]
    pub const fn or(mut self, empty: &'static str) -> Self {
        self.empty = empty;
        self
    }

    /// Lets words continue on the next line if there is no room.
    #[must_use]
    pub const fn words(mut self) -> Self {
        self.wraps = true;
        self
    }

    /// Shortens ids in the tables of commands to beginnings that tell them apart. Data has them
    /// whole.
    #[must_use]
    pub const fn id(mut self) -> Self {
        self.is_id = true;
        self
    }

    /// Aligns numbers right.
    #[must_use]
    pub const fn number(mut self) -> Self {
        self.is_number = true;
        self
    }

    /// Names the row by its cell, for those who hear the table of a page.
    #[must_use]
    pub const fn header(mut self) -> Self {
        self.is_header = true;
        self
    }

    /// Sets the language of its words, such as `mi`.
    #[must_use]
    pub const fn lang(mut self, lang: &'static str) -> Self {
        self.lang = lang;
        self
    }

    /// Restricts it to places: a sum of [`DATA`], [`TABLE`] and [`PAGE`].
    #[must_use]
    pub const fn only(mut self, places: u8) -> Self {
        self.places = places;
        self
    }

    /// Returns the words of its cell on a page: each line is a line, and a moment is written out.
    pub fn on_page(&self, row: &T, zone: &Zone) -> String {
        match (self.shown, (self.datum)(row)) {
            (None, Datum::At(at)) => {
                format!("{}, {}", day_words(zone.day(at)), zone.time_of_day(at))
            }
            _ => self.cell(row, zone),
        }
    }

    /// Returns the words of its cell in the table of a command.
    pub fn cell(&self, row: &T, zone: &Zone) -> String {
        match self.shown {
            Some(shown) => shown(row),
            None => match (self.datum)(row) {
                Datum::Nothing => self.empty.to_owned(),
                Datum::At(at) => zone.minute(at),
                other => other.csv(),
            },
        }
    }

    /// Whether the cell of `row` is a moment.
    pub fn is_moment(&self, row: &T) -> bool {
        matches!((self.datum)(row), Datum::At(_))
    }

    const fn heading(&self) -> table::Column {
        match (self.is_number, self.wraps) {
            (true, _) => table::Column::Number(self.heading),
            (false, true) => table::Column::Words(self.heading),
            (false, false) => table::Column::Text(self.heading),
        }
    }
}

/// A list of `T`: its columns, in the order in which every place has them.
#[derive(Debug)]
pub struct List<T: 'static> {
    columns: &'static [Column<T>],
    notes: &'static str,
    pub(crate) none: &'static str,
}

impl<T> List<T> {
    /// Declares a list with these columns.
    pub const fn new(columns: &'static [Column<T>]) -> Self {
        let (notes, none) = ("", "");
        Self {
            columns,
            notes,
            none,
        }
    }

    /// Sets the meaning of the names in JSON, after them in help, such as `; revoked is null if it
    /// is not`.
    #[must_use]
    pub const fn notes(mut self, notes: &'static str) -> Self {
        self.notes = notes;
        self
    }

    /// Sets what a command says if there is nothing to list, and what to do next.
    #[must_use]
    pub const fn none(mut self, none: &'static str) -> Self {
        self.none = none;
        self
    }

    /// Returns the shape of its JSON for help, such as `[{code, name, state}]`.
    pub fn shape(&self) -> String {
        let names: Vec<&str> = self.at(DATA).map(|column| column.name).collect();
        format!("[{{{}}}]{}", names.join(", "), self.notes)
    }

    /// Returns a row as a JSON object.
    pub fn json(&self, row: &T) -> Value {
        let pairs = self.at(DATA).map(|column| {
            let value = (column.datum)(row).json();
            (column.name.to_owned(), value)
        });
        Value::Object(pairs.collect::<Map<_, _>>())
    }

    /// Returns the rows as a CSV file. One for people is `marked` with a byte order mark.
    pub fn csv(&self, rows: &[T], marked: bool) -> Vec<u8> {
        csv::file(
            marked,
            &self.names(),
            rows.iter().map(|row| self.cells(row)),
        )
    }

    /// Returns the names of the columns of its CSV.
    pub fn names(&self) -> Vec<&'static str> {
        self.at(DATA).map(|column| column.name).collect()
    }

    /// Returns the cells of a row of its CSV.
    pub fn cells(&self, row: &T) -> Vec<String> {
        let cells = self.at(DATA).map(|column| (column.datum)(row).csv());
        cells.collect()
    }

    /// Returns the rows as the table of a command.
    pub fn table(&self, rows: &[T], zone: &Zone) -> Table {
        let headings: Vec<_> = self.at(TABLE).map(Column::heading).collect();
        let mut table = Table::new(&headings);
        let columns = self.at(TABLE).map(|column| {
            let cells: Vec<String> = rows.iter().map(|row| column.cell(row, zone)).collect();
            match column.is_id {
                true => beginnings(&cells).into_iter(),
                false => cells.into_iter(),
            }
        });
        let mut columns: Vec<_> = columns.collect();
        for _ in rows {
            table.row(columns.iter_mut().filter_map(Iterator::next));
        }
        table
    }

    /// Returns the columns of one place, in their order.
    pub fn at(&self, place: u8) -> impl Iterator<Item = &Column<T>> {
        let columns = self.columns.iter();
        columns.filter(move |column| column.places & place != 0)
    }
}

/// Least characters of the beginning of an id: the moment in which it was made, so that another
/// one that a list leaves out has the same beginning only if it was made in that moment too.
const BEGINNING_CHARS: usize = 13;

/// Characters of a whole id. Other names, such as a contract's identifier, are never shortened.
const ID_CHARS: usize = 36;

/// Shortens ids to beginnings that tell them apart. What stands before a slash stays whole.
///
/// ```
/// use weft_host::list::beginnings;
/// let ids = [8, 9].map(|n| format!("FN/0198bd3f-7a00-7000-{n}000-000000000001"));
/// assert_eq!(beginnings(&ids), ["FN/0198bd3f-7a00-7000-8", "FN/0198bd3f-7a00-7000-9"]);
/// assert_eq!(beginnings(&ids[..1]), ["FN/0198bd3f-7a00"]);
/// assert_eq!(beginnings(&["HFNZ-BUDGET-2014"]), ["HFNZ-BUDGET-2014"]);
/// ```
pub fn beginnings(ids: &[impl AsRef<str>]) -> Vec<String> {
    let mut sorted: Vec<&str> = ids.iter().map(AsRef::as_ref).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let alike = |one: &str, other: &str| {
        let pairs = one.bytes().zip(other.bytes());
        pairs.take_while(|(one, other)| one == other).count()
    };
    let short = |id: &str| {
        let at = sorted.partition_point(|one| *one < id);
        let before = at.checked_sub(1).and_then(|at| sorted.get(at));
        let beside = before.into_iter().chain(sorted.get(at + 1));
        let alike = beside.map(|other| alike(id, other) + 1).max().unwrap_or(0);
        let of = id.rfind('/').map_or(0, |slash| slash + 1);
        if id.len() - of != ID_CHARS {
            return id.to_owned();
        }
        let long = alike.max(of + BEGINNING_CHARS);
        id.get(..long).unwrap_or(id).to_owned()
    };
    ids.iter().map(|id| short(id.as_ref())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Device {
        name: &'static str,
        entries: u64,
        received: Option<Timestamp>,
    }

    const DEVICES: List<Device> = List::new(&[
        Column::new("name", |one: &Device| one.name.into()).words(),
        Column::new("entries", |one: &Device| one.entries.into()).number(),
        Column::new("last_received", |one: &Device| one.received.into())
            .headed("last received")
            .or("never"),
        Column::new("idle", |one: &Device| (one.entries == 0).into()).only(DATA),
        Column::new("note", |_: &Device| Datum::Nothing)
            .shown(|one| format!("{}!", one.name))
            .only(PAGE),
    ])
    .notes("; last_received is null if it never sent anything");

    fn rows() -> [Device; 2] {
        let device = |name, entries, received| Device {
            name,
            entries,
            received,
        };
        let at = Timestamp::parse_rfc3339("2026-11-26T09:30:00Z").unwrap();
        [device("Desk", 12, Some(at)), device("=Field", 0, None)]
    }

    #[test]
    fn one_declaration_makes_every_place() {
        let rows = rows();
        assert_eq!(
            DEVICES.shape(),
            "[{name, entries, last_received, idle}]; last_received is null if it never sent \
             anything"
        );
        assert_eq!(
            DEVICES.json(&rows[0]),
            json!({
                "name": "Desk",
                "entries": 12,
                "last_received": "2026-11-26T09:30:00.000Z",
                "idle": false,
            })
        );
        assert_eq!(
            String::from_utf8(DEVICES.csv(&rows, false)).unwrap(),
            "name,entries,last_received,idle\nDesk,12,2026-11-26T09:30:00.000Z,false\n\
             '=Field,0,,true\n"
        );
        let mut table = Vec::new();
        DEVICES
            .table(&rows, &Zone::utc())
            .write(&mut table)
            .unwrap();
        assert_eq!(
            String::from_utf8(table).unwrap(),
            "name    entries  last received\n\
             Desk         12  2026-11-26 09:30 UTC\n\
             =Field        0  never\n"
        );
        let page = DEVICES
            .at(PAGE)
            .map(|column| column.on_page(&rows[1], &Zone::utc()));
        assert_eq!(
            page.collect::<Vec<_>>(),
            ["=Field", "0", "never", "=Field!"]
        );
        let moment = DEVICES
            .at(PAGE)
            .map(|column| column.on_page(&rows[0], &Zone::utc()));
        assert!(
            moment
                .collect::<Vec<_>>()
                .contains(&"26 November 2026, 09:30".to_owned())
        );
    }
}
