//! A plain table for people, 80 columns wide if its words allow it. For programs there are `--json`
//! and CSV.

use std::io::{self, Write};

use serde::Serialize;

use crate::text::{WIDTH, columns, one_line, wrapped};

/// A column's heading and alignment.
#[derive(Clone, Copy, Debug)]
pub enum Column {
    /// A code, a word or a time: never broken, so that it can be copied.
    Text(&'static str),
    /// Words, which continue on the next line if there is no room.
    Words(&'static str),
    /// A number, aligned right.
    Number(&'static str),
}

impl Column {
    const fn heading(self) -> &'static str {
        match self {
            Self::Text(heading) | Self::Words(heading) | Self::Number(heading) => heading,
        }
    }
}

/// Columns as wide as their widest cell, separated by two blanks.
#[derive(Debug)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Makes an empty table with these columns.
    pub fn new(columns: &[Column]) -> Self {
        let headings = columns.iter().map(|column| column.heading().to_owned());
        Self {
            columns: columns.to_vec(),
            rows: vec![headings.collect()],
        }
    }

    /// Adds a row with a cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether its lines fit a terminal once all words are wrapped.
    pub fn fits(&self) -> bool {
        let widths = self.widths();
        widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1) <= WIDTH
    }

    /// Writes the table, headings first.
    ///
    /// # Errors
    /// If no one reads any more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let widths = self.widths();
        for row in &self.rows {
            for line in self.lines(row, &widths) {
                writeln!(out, "{}", one_line(line.trim_end()))?;
            }
        }
        Ok(())
    }

    /// Returns the widths of the cells. If these are too wide, the widest words shrink first.
    fn widths(&self) -> Vec<usize> {
        let widest = |at: usize, of: fn(&str) -> usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(at));
            cells.map(|cell| of(cell)).max().unwrap_or(0)
        };
        let places = 0..self.columns.len();
        let mut widths: Vec<usize> = places.map(|at| widest(at, columns)).collect();
        let least: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| match column {
                Column::Words(_) => widest(at, longest_word),
                Column::Text(_) | Column::Number(_) => widths[at],
            })
            .collect();
        let gaps = GAP * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > WIDTH {
            let pairs = widths.iter_mut().zip(&least);
            let can_give = pairs.filter(|(width, least)| **width > **least);
            let Some((width, _)) = can_give.max_by_key(|(width, _)| **width) else {
                break;
            };
            *width -= 1;
        }
        widths
    }

    /// Formats one row in as many lines as its longest cell needs.
    fn lines(&self, row: &[String], widths: &[usize]) -> Vec<String> {
        let cells = row.iter().zip(widths).zip(&self.columns);
        let cells: Vec<Vec<String>> = cells
            .map(|((cell, width), column)| match column {
                Column::Words(_) => wrapped(cell, *width),
                Column::Text(_) | Column::Number(_) => vec![cell.clone()],
            })
            .collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        let line = |n: usize| {
            let mut line = String::new();
            for ((cell, width), column) in cells.iter().zip(widths).zip(&self.columns) {
                let text = cell.get(n).map_or("", String::as_str);
                let blanks = " ".repeat(width.saturating_sub(columns(text)));
                match column {
                    Column::Number(_) => line.extend([&blanks, text]),
                    Column::Text(_) | Column::Words(_) => line.extend([text, &blanks]),
                }
                line.push_str(&" ".repeat(GAP));
            }
            line
        };
        (0..height).map(line).collect()
    }
}

/// Writes a name and its meaning, `indent` columns to the right and in lines that fit.
pub fn field(out: &mut dyn Write, indent: usize, name: &str, text: &str) -> io::Result<()> {
    // A long name keeps a blank between itself and its meaning.
    let mut first = indent.max(columns(name) + 1);
    let mut name = name;
    for line in wrapped(text, WIDTH - first) {
        writeln!(out, "{name:<first$}{}", one_line(&line))?;
        (name, first) = ("", indent);
    }
    Ok(())
}

/// The result of one check of `doctor`.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The name of the check, a word or two.
    pub check: &'static str,
    /// Whether no action is needed.
    pub ok: bool,
    /// The finding, and what to do about it.
    pub finding: String,
}

impl Finding {
    /// Makes a finding.
    pub fn new(check: &'static str, ok: bool, finding: impl Into<String>) -> Self {
        let finding = finding.into();
        Self { check, ok, finding }
    }
}

/// Writes the results of checks in lines that fit: the mark, the check, the finding.
///
/// # Errors
/// If no one reads any more.
pub fn findings(out: &mut dyn Write, all: &[Finding]) -> io::Result<()> {
    for one in all {
        let mark = if one.ok { "ok" } else { "BAD" };
        let label = format!("{mark:<MARK$}{}", one.check);
        field(out, MARK + CHECK, &label, &one.finding)?;
    }
    Ok(())
}

/// Width of a finding's mark, with the blanks after it.
const MARK: usize = 5;
/// Width of a check's name, with the blanks after it.
const CHECK: usize = 16;

fn longest_word(text: &str) -> usize {
    text.split_whitespace().map(columns).max().unwrap_or(0)
}

/// Blanks between two columns.
const GAP: usize = 2;

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_long_name_stands_apart_from_what_it_stands_for() {
        let mut out = Vec::new();
        for name in ["status", "system-change marker"] {
            field(&mut out, 20, name, "01a20293").unwrap();
        }
        let out = String::from_utf8(out).unwrap();
        let lines = "status              01a20293\nsystem-change marker 01a20293\n";
        assert_eq!(out, lines);
    }

    #[test]
    fn findings_stand_below_each_other() {
        let long = "entry 3 of device 2 cannot be read into its document; weft-node rebuild tries \
                    it again";
        let found = [
            (true, "store", "every page is sound"),
            (false, "data directory", long),
        ];
        let found = found.map(|(ok, check, finding)| Finding::new(check, ok, finding));
        let mut out = Vec::new();
        findings(&mut out, &found).unwrap();
        expect![[r#"
            ok   store           every page is sound
            BAD  data directory  entry 3 of device 2 cannot be read into its document;
                                 weft-node rebuild tries it again
        "#]]
        .assert_eq(&String::from_utf8(out).unwrap());
    }

    #[test]
    fn words_give_way_and_codes_do_not() {
        let mut table = Table::new(&[
            Column::Text("code"),
            Column::Words("name"),
            Column::Number("entries"),
            Column::Words("areas"),
            Column::Text("last received"),
        ]);
        let name = "Healthy Families Whanganui Rangitīkei Ruapehu";
        let areas = "WHANGANUI RANGITIKEI RUAPEHU";
        let received = "2026-11-22 04:39 UTC";
        for (code, entries, received) in [("WR", "12", received), ("WT", "1234", "never")] {
            table.row([code, name, entries, areas, received].map(str::to_owned));
        }
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        expect![[r#"
            code  name                   entries  areas                 last received
            WR    Healthy Families            12  WHANGANUI RANGITIKEI  2026-11-22 04:39 UTC
                  Whanganui Rangitīkei            RUAPEHU
                  Ruapehu
            WT    Healthy Families          1234  WHANGANUI RANGITIKEI  never
                  Whanganui Rangitīkei            RUAPEHU
                  Ruapehu
        "#]]
        .assert_eq(&String::from_utf8(out).unwrap());
    }
}
