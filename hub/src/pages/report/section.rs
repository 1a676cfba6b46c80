//! The parts of a report: headings, tables, lists and words, as page and file both show them.

use super::chart::Chart;

/// A report that is ready to be shown.
pub(crate) struct Report {
    pub(crate) title: String,
    pub(crate) network: String,
    pub(crate) period: String,
    /// The day as of which it is, and who made it.
    pub(crate) made: String,
    pub(crate) sections: Vec<Section>,
}

/// A part under a heading of its own.
pub(crate) struct Section {
    pub(crate) id: &'static str,
    pub(crate) heading: &'static str,
    pub(crate) parts: Vec<Part>,
}

/// The content of a section.
pub(crate) enum Part {
    /// A smaller heading.
    Heading(String),
    Words(String),
    /// Words that explain what is above them.
    Small(String),
    Table(Table),
    List(Vec<Item>),
    Chart(Box<Chart>),
}

/// A heading, whether numbers are below it, and the part of the width in percent: word processors
/// break words where a column is too narrow.
pub(crate) type Column = (&'static str, bool, u8);

/// A table with a heading for each column. The first cell of a row names it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) caption: String,
    pub(crate) columns: &'static [Column],
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// Whether the column at this place has numbers.
    pub(crate) fn is_number(&self, at: &usize) -> bool {
        self.columns.get(*at).is_some_and(|(_, number, _)| *number)
    }
}

/// An entry of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) what: String,
    /// Further lines; none of them is empty.
    pub(crate) lines: Vec<String>,
    pub(crate) meta: String,
}

impl Report {
    /// The charts, in order.
    pub(crate) fn charts(&self) -> impl Iterator<Item = &Chart> {
        let parts = self.sections.iter().flat_map(|one| &one.parts);
        parts.filter_map(|part| match part {
            Part::Chart(chart) => Some(&**chart),
            _ => None,
        })
    }
}

impl Section {
    pub(super) const fn new(id: &'static str, heading: &'static str) -> Self {
        let parts = Vec::new();
        Self { id, heading, parts }
    }

    pub(super) fn words(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Words(text.into()));
    }

    pub(super) fn small(&mut self, text: impl Into<String>) {
        self.parts.push(Part::Small(text.into()));
    }

    /// Adds a list, cut to its length; `file` has the rest.
    pub(super) fn list(&mut self, mut items: Vec<Item>, (most, file): (usize, &str)) {
        let more = items.len().saturating_sub(most);
        items.truncate(most);
        self.parts.push(Part::List(items));
        self.rest(more, file);
    }

    /// Adds a table, cut to its length; `file` has the rest.
    pub(super) fn table(&mut self, mut table: Table, (most, file): (usize, &str)) {
        let more = table.rows.len().saturating_sub(most);
        table.rows.truncate(most);
        self.parts.push(Part::Table(table));
        self.rest(more, file);
    }

    fn rest(&mut self, more: usize, file: &str) {
        if more > 0 {
            self.small(format!("{more} more are in {file}."));
        }
    }
}
