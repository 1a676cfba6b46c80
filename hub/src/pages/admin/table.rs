//! A list as the table of a page, with what may be done to each row.

use std::collections::BTreeMap;

use weft_host::list::{List, PAGE};
use weft_shared::{text::capital, time::Zone};

use crate::pages::words::shortened;

/// A table of the administration.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// The label of the region that scrolls.
    pub(super) label: &'static str,
    pub(super) caption: &'static str,
    pub(super) headings: Vec<Heading>,
    pub(super) rows: Vec<Row>,
    pub(super) has_acts: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Heading {
    pub(super) text: String,
    pub(super) is_number: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    pub(super) acts: Vec<Act>,
}

#[derive(Clone, Debug)]
pub(super) struct Cell {
    /// The words; each line is a line.
    pub(super) text: String,
    /// Whether it names the row.
    pub(super) is_header: bool,
    pub(super) class: &'static str,
    pub(super) lang: &'static str,
}

/// An act that a person may do to a row.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// A page that asks first.
    Link { path: String, label: String },
    /// A form of one button, with the field that names the row.
    Post {
        path: String,
        field: Option<(&'static str, String)>,
        label: String,
    },
}

/// Returns the acts that a row allows.
type Acts<'a, T> = &'a dyn Fn(&T) -> Vec<Act>;

impl Table {
    /// Makes the table of a list. `acts` are those that a row allows. If no row allows any, there
    /// is no column for them.
    pub(super) fn of<T>(
        (label, caption): (&'static str, &'static str),
        list: &List<T>,
        rows: &[T],
        zone: &Zone,
        acts: Option<Acts<'_, T>>,
    ) -> Self {
        let headings = list.at(PAGE).map(|column| Heading {
            text: capital(column.heading),
            is_number: column.is_number,
        });
        let row = |row: &T| Row {
            cells: list
                .at(PAGE)
                .map(|column| Cell {
                    text: column.on_page(row, zone),
                    is_header: column.is_header,
                    class: match (column.is_number, column.is_moment(row)) {
                        (true, _) => "num",
                        (false, true) => "nowrap",
                        (false, false) => "",
                    },
                    lang: column.lang,
                })
                .collect(),
            acts: acts.map_or_else(Vec::new, |acts| acts(row)),
        };
        let rows: Vec<Row> = rows.iter().map(row).collect();
        let has_acts = rows.iter().any(|row| !row.acts.is_empty());
        let change = has_acts.then(|| Heading {
            text: "Change".to_owned(),
            is_number: false,
        });
        Self {
            label,
            caption,
            headings: headings.chain(change).collect(),
            rows,
            has_acts,
        }
    }

    /// Says a location by its name where a cell below `heading` is its code: "Far North (FN)".
    /// `is_of_location` says whether a row is about one: a person may be called like a code.
    pub(super) fn naming(
        mut self,
        heading: &str,
        names: &BTreeMap<String, String>,
        is_of_location: fn(&Row) -> bool,
    ) -> Self {
        let mut names = names.clone();
        shortened(names.values_mut());
        let at = self.headings.iter().position(|one| one.text == heading);
        let rows = self.rows.iter_mut().filter(|row| is_of_location(row));
        let cells = rows.filter_map(|row| row.cells.get_mut(at?));
        for cell in cells {
            if let Some(name) = names.get(&cell.text) {
                cell.text = format!("{name} ({})", cell.text);
            }
        }
        self
    }
}
