//! The room of a file's cells. A file may say once what counts in thousands of cells, so its own
//! size bounds neither their number nor their texts.

use crate::limits::{CELL_CHARS_MAX, CELLS_MAX};

/// The room that is left to the cells of one file.
#[derive(Debug)]
pub(crate) struct Room {
    bytes_max: usize,
    bytes: usize,
    cells: usize,
}

impl Room {
    /// Room for `bytes_max` bytes of text.
    pub(crate) const fn of(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            bytes: 0,
            cells: 0,
        }
    }

    /// Takes room for the text of a cell, before it is copied.
    ///
    /// # Errors
    /// If the text is too long for a cell, or all texts together are; in words.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), String> {
        fits(text)?;
        self.bytes(text.len())
    }

    /// Takes room for texts that each fit a cell.
    ///
    /// # Errors
    /// If all texts together are too long, in words.
    pub(crate) fn bytes(&mut self, bytes: usize) -> Result<(), String> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.bytes_max {
            let mebibytes = self.bytes_max >> 20;
            return Err(format!(
                "the texts of all cells up to here are more than {mebibytes} MiB: split the file, \
                 or leave out columns with long texts"
            ));
        }
        Ok(())
    }

    /// Takes room for further cells, empty ones included.
    ///
    /// # Errors
    /// If there are too many, in words.
    pub(crate) fn cells(&mut self, more: usize) -> Result<(), String> {
        self.all_cells(self.cells.saturating_add(more))
    }

    /// Sets the number of cells, of a table that becomes wider as it is read.
    ///
    /// # Errors
    /// If there are too many, in words.
    pub(crate) fn all_cells(&mut self, all: usize) -> Result<(), String> {
        self.cells = all;
        if all > CELLS_MAX {
            return Err(format!("a file may have {CELLS_MAX} cells: split it"));
        }
        Ok(())
    }
}

/// Checks that a text is no longer than that of a cell.
///
/// # Errors
/// If it is, in words.
pub(crate) fn fits(text: &str) -> Result<(), String> {
    if text.len() > CELL_CHARS_MAX && text.chars().count() > CELL_CHARS_MAX {
        return Err(format!(
            "a cell has more than {CELL_CHARS_MAX} characters: shorten its text, or leave its \
             column out"
        ));
    }
    Ok(())
}
