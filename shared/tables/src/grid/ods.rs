//! The sheets of an OpenDocument spreadsheet.
//!
//! Calamine reads such files too, but it drops the percent sign of a cell, and repeats a cell as
//! often as the file says before anyone can stop it.

use roxmltree::{Document, Node, ParsingOptions};

use super::{
    markup,
    room::{Room, fits},
    workbook::{Named, Rows, number_text, percent},
};
use crate::limits::{COLUMNS_MAX, NODES_MAX, ROWS_MAX};

const TABLE: &str = "urn:oasis:names:tc:opendocument:xmlns:table:1.0";
const OFFICE: &str = "urn:oasis:names:tc:opendocument:xmlns:office:1.0";
const TEXT: &str = "urn:oasis:names:tc:opendocument:xmlns:text:1.0";

/// Reads every sheet of `content.xml`.
pub(super) fn sheets(content: &str, room: &mut Room) -> Result<Vec<Named>, String> {
    let damaged = |error: &dyn std::fmt::Display| {
        format!("this is a workbook that cannot be read ({error}): save it as .xlsx")
    };
    markup::check(content).map_err(|fault| damaged(&fault.message))?;
    let options = ParsingOptions {
        nodes_limit: u32::try_from(2 * NODES_MAX).unwrap_or(u32::MAX),
        ..ParsingOptions::default()
    };
    let document =
        Document::parse_with_options(content, options).map_err(|error| damaged(&error))?;
    // Tables within a cell, or among tracked changes, are no sheets.
    let bodies = children(document.root_element(), (OFFICE, "body"));
    let books = bodies.flat_map(|body| children(body, (OFFICE, "spreadsheet")));
    let tables = books.flat_map(|book| children(book, (TABLE, "table")));
    let read = tables.map(|table| {
        let name = table.attribute((TABLE, "name")).unwrap_or_default();
        let mut rows = Rows::default();
        fill(&mut rows, &mut 1, table, room)?;
        Ok((name.to_owned(), rows.finish()))
    });
    read.collect()
}

fn children<'a, 'i>(
    node: Node<'a, 'i>,
    name: (&'static str, &'static str),
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |node| node.has_tag_name(name))
}

/// Takes in the rows of a table, or of a group of rows in it, which are no deeper than markup may
/// be.
fn fill(
    rows: &mut Rows,
    line: &mut u64,
    parent: Node<'_, '_>,
    room: &mut Room,
) -> Result<(), String> {
    for node in parent.children() {
        if GROUPS.iter().any(|name| node.has_tag_name((TABLE, *name))) {
            fill(rows, line, node, room)?;
        }
        if !node.has_tag_name((TABLE, "table-row")) {
            continue;
        }
        let times = repeats(node, "number-rows-repeated");
        let cells = cells(node, *line)?;
        if !cells.is_empty() {
            for again in 0..times {
                for (column, text) in &cells {
                    rows.put(room, (*line + again, *column), text)?;
                }
            }
        }
        *line = line.saturating_add(times);
    }
    Ok(())
}

/// Elements of a table that hold its rows.
const GROUPS: [&str; 3] = ["table-header-rows", "table-row-group", "table-rows"];

/// Returns the cells of a row that hold something, with their columns.
fn cells(row: Node<'_, '_>, line: u64) -> Result<Vec<(usize, String)>, String> {
    let mut cells = Vec::new();
    let mut column = 0_usize;
    let all = row.children().filter(|node| {
        node.has_tag_name((TABLE, "table-cell")) || node.has_tag_name((TABLE, "covered-table-cell"))
    });
    for cell in all {
        let times = usize::try_from(repeats(cell, "number-columns-repeated")).unwrap_or(usize::MAX);
        let text = text(cell);
        if !text.trim().is_empty() {
            if times.saturating_add(column) > COLUMNS_MAX {
                return Err(format!(
                    "a sheet may have {COLUMNS_MAX} columns: leave some out"
                ));
            }
            fits(&text).map_err(|message| format!("row {line}: {message}"))?;
            cells.extend((column..column + times).map(|at| (at, text.clone())));
        }
        column = column.saturating_add(times);
    }
    Ok(cells)
}

fn repeats(node: Node<'_, '_>, name: &str) -> u64 {
    let times = node.attribute((TABLE, name));
    let times = times.and_then(|times| times.parse().ok()).unwrap_or(1);
    // One more than fits is refused, or is nothing but blanks below the table.
    times.min(2 * ROWS_MAX as u64)
}

/// The text of a cell: a number exactly, a date by its day, and anything else as it is shown.
fn text(cell: Node<'_, '_>) -> String {
    let value = |name: &str| cell.attribute((OFFICE, name));
    let number = || value("value").and_then(|text| text.parse::<f64>().ok());
    let known = match value("value-type") {
        Some("float" | "currency") => number().map(number_text),
        Some("percentage") => number().map(percent),
        Some("date") => value("date-value").map(str::to_owned),
        Some("boolean") => value("boolean-value").map(str::to_owned),
        _ => None,
    };
    known.unwrap_or_else(|| {
        let paragraphs = cell
            .children()
            .filter(|node| node.has_tag_name((TEXT, "p")));
        let lines = paragraphs.map(|paragraph| {
            let texts = paragraph.descendants().filter(Node::is_text);
            texts.filter_map(|text| text.text()).collect::<String>()
        });
        lines.collect::<Vec<_>>().join(" ")
    })
}
