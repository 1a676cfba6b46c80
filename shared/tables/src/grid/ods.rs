//! The sheets of an OpenDocument spreadsheet.
//!
//! Calamine reads such files too, but it drops the percent sign of a cell, and repeats a cell as
//! often as the file says before anyone can stop it.

use roxmltree::{Document, Node, ParsingOptions};

use super::workbook::{Named, Rows, number_text, percent};
use crate::limits::{CELLS_MAX, COLUMNS_MAX, ROWS_MAX};

const TABLE: &str = "urn:oasis:names:tc:opendocument:xmlns:table:1.0";
const OFFICE: &str = "urn:oasis:names:tc:opendocument:xmlns:office:1.0";
const TEXT: &str = "urn:oasis:names:tc:opendocument:xmlns:text:1.0";

/// Reads every sheet of `content.xml`.
pub(super) fn sheets(content: &str) -> Result<Vec<Named>, String> {
    let options = ParsingOptions {
        nodes_limit: u32::try_from(4 * CELLS_MAX).unwrap_or(u32::MAX),
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(content, options).map_err(|error| {
        format!("this is a workbook that cannot be read ({error}): save it as .xlsx")
    })?;
    let tables = document
        .descendants()
        .filter(|node| node.has_tag_name((TABLE, "table")));
    let read = tables.map(|table| {
        let name = table.attribute((TABLE, "name")).unwrap_or_default();
        Ok((name.to_owned(), rows(table)?))
    });
    read.collect()
}

fn rows(table: Node<'_, '_>) -> Result<Vec<super::Record<'static>>, String> {
    let mut rows = Rows::default();
    let mut line = 1_u64;
    let of_table = |row: &Node<'_, '_>| {
        let mut above = row.ancestors().skip(1);
        above.find(|node| node.has_tag_name((TABLE, "table"))) == Some(table)
    };
    let all = table
        .descendants()
        .filter(|node| node.has_tag_name((TABLE, "table-row")));
    for row in all.filter(of_table) {
        let times = repeats(row, "number-rows-repeated");
        let cells = cells(row)?;
        if !cells.is_empty() {
            for again in 0..times {
                for (column, text) in &cells {
                    rows.put(line + again, *column, text)?;
                }
            }
        }
        line = line.saturating_add(times);
    }
    Ok(rows.finish())
}

/// Returns the cells of a row that hold something, with their columns.
fn cells(row: Node<'_, '_>) -> Result<Vec<(usize, String)>, String> {
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
