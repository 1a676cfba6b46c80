//! Rows in the columns of Weft's own layout, made of a file by a plan of its columns.

mod figures;
mod parts;
mod readings;

use std::collections::BTreeMap;

use csv::StringRecord;
use weft_shared::model::{
    indicator::{Definition, IndicatorType},
    label::is_invisible,
};

use self::{figures::Figures, readings::Readings};
use crate::{
    grid::{Fault, room::Room},
    headings::Layout,
    known::Known,
    limits::{ROWS_MAX, UNFOLDED_BYTES_MAX},
    period::{Column, Order, Stands},
    plan::{ColumnPlan, Dates, FigurePlan, dates_of},
    propose::Proposal,
    roles::{COLUMNS, DATES, DELETED, FIGURE, PART, Role, plain, same},
    sheet::Sheet,
};

/// Rows in the columns of Weft's own layout.
#[derive(Debug)]
pub struct Table {
    /// The columns, in the order of the cells.
    pub columns: Vec<TableColumn>,
    /// The rows, in the order of the file; several of one line if that has several figures.
    pub rows: Vec<TableRow>,
    /// Problems of lines that are no rows.
    pub problems: Vec<Fault>,
    /// Notes on the reading for a person: what was left out, and what was read how.
    pub notes: Vec<String>,
    /// Columns over which rows about the same are added up.
    pub add_up: Vec<String>,
}

/// A column of a [`Table`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TableColumn {
    /// One of [`COLUMNS`].
    Own(&'static str),
    /// A column of the file that the plan does not name.
    Unread(String),
}

/// One row: what one figure says.
#[derive(Debug)]
pub struct TableRow {
    /// The line of a text file, or the row of a sheet, from 1.
    pub line: u64,
    /// Its cells. Periods and numbers are in Weft's own form if they could be read.
    pub cells: StringRecord,
    /// Why its period cannot be read, if it cannot.
    pub period_problem: Option<Box<str>>,
    /// Further problems of it.
    pub problems: Vec<String>,
}

/// The place of a role's text.
#[derive(Clone, Debug)]
enum Source {
    Column(usize),
    Text(String),
}

/// The parts of one figure of a row.
struct Figure {
    roles: Vec<(Role, Source)>,
    /// The reading of its periods.
    period: Column,
    /// Whether its columns are its own, so that a row may leave them empty.
    is_own: bool,
}

impl Sheet {
    /// Makes a table of the file by the plan of `proposal`.
    ///
    /// # Errors
    /// Returns every problem of the whole file.
    pub fn table(&self, known: &Known<'_>, proposal: &Proposal) -> Result<Table, Vec<Fault>> {
        let wrong = self.wrong_headings(proposal);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let plan = &proposal.plan;
        let figures: Vec<Figure> = match plan.figures.as_slice() {
            [] => vec![self.figure(plan, None, known)],
            several => several
                .iter()
                .map(|one| self.figure(plan, Some(one), known))
                .collect(),
        };
        Maker::of(self, known, plan, figures).make()
    }

    /// Columns of our own layout that are there twice, or without the one that they need.
    fn wrong_headings(&self, proposal: &Proposal) -> Vec<Fault> {
        let fault = |message: String| Fault::new(self.header_line, message);
        let mut wrong = Vec::new();
        let own = |column: &&&str| {
            let names = self
                .names
                .iter()
                .filter(|name| plain(name) == plain(column));
            names.count() > 1
        };
        let is_own = proposal.layout == Some(Layout::Own);
        for column in COLUMNS.iter().filter(own).filter(|_| is_own) {
            wrong.push(fault(format!("two columns are called {column}: keep one")));
        }
        let has = |name: &str| proposal.plan.says(name);
        if has("breakdown") != has("breakdown_value") {
            let message = "breakdown and breakdown_value only have a meaning together: one is \
                           missing";
            wrong.push(fault(message.to_owned()));
        }
        let in_figures = proposal.plan.figures.iter().flat_map(FigurePlan::columns);
        let used = proposal.plan.columns.values();
        for column in used.chain(in_figures.map(|(_, column)| column)) {
            let twice = self.names.iter().filter(|name| *name == column).count() > 1;
            if twice && !is_own {
                wrong.push(fault(format!(
                    "two columns are called {column}: give one another heading"
                )));
            }
        }
        wrong
    }

    fn figure(&self, plan: &ColumnPlan, one: Option<&FigurePlan>, known: &Known<'_>) -> Figure {
        let mut roles: BTreeMap<Role, Source> = BTreeMap::new();
        let text = |(role, text): (&String, &String)| (Role::of(role), Source::Text(text.clone()));
        roles.extend(plan.constants.iter().map(text));
        for (role, column) in &plan.columns {
            let at = self.place(column).map(Source::Column);
            roles.extend(at.map(|at| (Role::of(role), at)));
        }
        if let Some(one) = one {
            for (role, column) in one.columns() {
                let at = self.place(column).map(Source::Column);
                roles.extend(at.map(|at| (Role::of(role), at)));
            }
            roles.extend(one.constants.iter().map(text));
        }
        let dates = plan.constants.get(DATES).and_then(|text| dates_of(text));
        let at = match roles.get(&Role::Own("period")) {
            Some(Source::Column(at)) => Some(*at),
            Some(Source::Text(_)) | None => None,
        };
        let heading = at
            .and_then(|at| self.names.get(at))
            .map_or("", String::as_str);
        let cells = self.rows.iter().filter_map(|(_, row)| row.get(at?));
        let mut period = Column::of(heading, cells, known.today);
        match dates {
            Some(Dates::DayFirst) => period.order = Some(Order::DayFirst),
            Some(Dates::MonthFirst) => period.order = Some(Order::MonthFirst),
            Some(Dates::Within) => period.stands = Stands::Within,
            None => {}
        }
        Figure {
            roles: roles.into_iter().collect(),
            period,
            is_own: one.is_some(),
        }
    }
}

struct Maker<'a, 'k> {
    sheet: &'a Sheet,
    known: &'a Known<'k>,
    plan: &'a ColumnPlan,
    layout: Option<Layout>,
    figures: Vec<Figure>,
    columns: Vec<TableColumn>,
    /// The places of the columns that the plan does not name.
    unread: Vec<usize>,
    readings: Readings,
    notes: Vec<String>,
}

impl<'a, 'k> Maker<'a, 'k> {
    fn of(
        sheet: &'a Sheet,
        known: &'a Known<'k>,
        plan: &'a ColumnPlan,
        figures: Vec<Figure>,
    ) -> Self {
        let mut maker = Self {
            sheet,
            known,
            plan,
            layout: sheet.layout(),
            columns: Vec::new(),
            unread: Vec::new(),
            readings: Readings::default(),
            notes: sheet.notes.clone(),
            figures,
        };
        let roles = maker.figures.iter().flat_map(|figure| &figure.roles);
        let roles: Vec<Role> = roles.map(|(role, _)| role.clone()).collect();
        let parts = roles
            .iter()
            .any(|role| matches!(role, Role::Part(_) | Role::Special(PART)));
        let figure = roles.contains(&Role::Special(FIGURE));
        let own = COLUMNS.into_iter().filter(|own| {
            roles.contains(&Role::Own(own))
                || (parts && ["breakdown", "breakdown_value"].contains(own))
                || (figure && ["numerator", "value"].contains(own))
        });
        maker.columns = own.map(TableColumn::Own).collect();
        maker.find_unread();
        maker
    }

    fn find_unread(&mut self) {
        let used = |at: &usize| {
            let mut all = self.figures.iter().flat_map(|figure| &figure.roles);
            all.any(|(_, source)| matches!(source, Source::Column(column) if column == at))
        };
        let left_out = |at: &usize| {
            let mut names = self.plan.leave_out.iter();
            names.any(|name| self.sheet.place(name) == Some(*at))
        };
        let places = 0..self.sheet.names.len();
        let rest: Vec<usize> = places.filter(|at| !used(at) && !left_out(at)).collect();
        let (mut unread, mut same) = (Vec::new(), Vec::new());
        for at in rest {
            match self.same_in_all(at) {
                Some("") => {}
                Some(text) => same.push(format!("{} {text}", self.sheet.names[at])),
                None => unread.push(at),
            }
        }
        if !same.is_empty() {
            let same = same.join(", ");
            self.notes
                .push(format!("the same in every row, and not read: {same}"));
        }
        for at in &unread {
            let shown: String = one_line(&self.sheet.names[*at]).chars().take(64).collect();
            let name = if shown.is_empty() {
                format!("column {} without a name", at + 1)
            } else {
                shown
            };
            self.columns.push(TableColumn::Unread(name));
        }
        self.unread = unread;
    }

    /// The text of a column that says the same in every row and describes the series as a whole.
    fn same_in_all(&self, at: usize) -> Option<&'a str> {
        let name = self.sheet.names[at].to_uppercase();
        if !self.plan.same_throughout || name.starts_with("OBS_") || name.contains("CONF") {
            return None;
        }
        let mut cells = self.sheet.rows.iter();
        let mut cells = cells
            .by_ref()
            .map(|(_, row)| row.get(at).unwrap_or_default().trim());
        let first = cells.next()?;
        cells.all(|cell| cell == first).then_some(first)
    }

    fn make(mut self) -> Result<Table, Vec<Fault>> {
        let mut rows = Vec::new();
        let mut room = Room::of(UNFOLDED_BYTES_MAX);
        let (mut deleted, mut empty) = (Vec::new(), 0_usize);
        let figures = std::mem::take(&mut self.figures);
        for (line, row) in &self.sheet.rows {
            if figures.iter().any(|figure| self.is_deleted(figure, row)) {
                deleted.push(*line);
                continue;
            }
            for figure in &figures {
                if figure.is_own && self.is_empty(figure, row) {
                    empty += 1;
                    continue;
                }
                if rows.len() >= ROWS_MAX {
                    let message = format!("a file may have {ROWS_MAX} figures: split it");
                    return Err(vec![Fault::new(*line, message)]);
                }
                let row = self.row(*line, row, figure);
                let bytes = row.cells.as_slice().len();
                let taken = room.bytes(bytes);
                taken.map_err(|message| vec![Fault::new(*line, message)])?;
                rows.push(row);
            }
        }
        if !deleted.is_empty() {
            let lines: Vec<String> = deleted.iter().take(8).map(u64::to_string).collect();
            let more = match deleted.len().saturating_sub(lines.len()) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let noun = if deleted.len() == 1 { "line" } else { "lines" };
            self.notes.push(format!(
                "deleted where the file is from, and left out: {noun} {}{more}",
                lines.join(", ")
            ));
        }
        if empty > 0 {
            let noun = if empty == 1 { "cell" } else { "cells" };
            self.notes.push(format!("{empty} empty {noun} left out"));
        }
        self.notes.extend(self.readings.words());
        Ok(Table {
            columns: self.columns,
            rows,
            problems: self.sheet.problems.clone(),
            notes: self.notes,
            add_up: self.plan.add_up.clone(),
        })
    }

    fn is_deleted(&self, figure: &Figure, row: &StringRecord) -> bool {
        let deleted = text(figure, row, &Role::Special(DELETED))
            .trim()
            .to_lowercase();
        ["true", "yes", "1", "d"].contains(&deleted.as_str())
    }

    fn is_empty(&self, figure: &Figure, row: &StringRecord) -> bool {
        let figures = [
            Role::Own("numerator"),
            Role::Own("value"),
            Role::Special(FIGURE),
            Role::Own("obs_status"),
        ];
        let mut texts = figures.iter().map(|role| text(figure, row, role));
        texts.all(|text| text.trim().is_empty())
    }

    fn row(&mut self, line: u64, row: &StringRecord, figure: &Figure) -> TableRow {
        let mut problems = Vec::new();
        let indicator = self.mapped(
            "indicator_code",
            text(figure, row, &Role::Own("indicator_code")),
        );
        let definition = self.known.definition(&indicator);
        let (period, period_problem) = self.period(line, row, figure, definition);
        let figures = Figures::of(
            |role| text(figure, row, &role),
            definition,
            line,
            &mut self.readings,
            &mut problems,
        );
        let breakdown = self.breakdown(row, figure, definition, &mut problems);
        let mut cells = StringRecord::new();
        for column in &self.columns {
            let TableColumn::Own(own) = column else { break };
            let cell = text(figure, row, &Role::Own(own));
            match *own {
                "indicator_code" => match definition {
                    Some(definition) if self.layout != Some(Layout::Own) => {
                        cells.push_field(definition.code.as_str());
                    }
                    _ => cells.push_field(&clean(&indicator)),
                },
                "area_code" => cells.push_field(&clean(&self.mapped(own, cell))),
                "period" => cells.push_field(&clean(&period)),
                "breakdown" | "breakdown_value" => {
                    let composed = breakdown.as_ref().map(|one| match *own {
                        "breakdown" => one.name().into_owned(),
                        _ => one.value().into_owned(),
                    });
                    cells.push_field(&composed.unwrap_or_else(|| clean(cell)));
                }
                "note" | "method" => cells.push_field(cell),
                _ => match figures.get(own) {
                    Some(number) => cells.push_field(number),
                    None => cells.push_field(&clean(cell)),
                },
            }
        }
        for at in &self.unread {
            cells.push_field(&clean(row.get(*at).unwrap_or_default()));
        }
        TableRow {
            line,
            cells,
            period_problem,
            problems,
        }
    }

    /// The text that stands for a word of the file, as the plan maps it.
    fn mapped(&self, role: &str, text: &str) -> String {
        let text = text.trim();
        let role = Role::of(role);
        let mut maps = self.plan.values.iter();
        let map = maps.find(|(name, _)| Role::of(name) == role);
        let found = map.and_then(|(_, map)| map.iter().find(|(theirs, _)| same(theirs, text)));
        let text = found.map_or(text, |(_, ours)| ours.as_str());
        // SDMX may write a label after the id.
        let labelled = self.layout == Some(Layout::Sdmx);
        let id = text.split_once(": ").filter(|_| labelled);
        id.map_or(text, |(id, _)| id).to_owned()
    }

    fn period(
        &mut self,
        line: u64,
        row: &StringRecord,
        figure: &Figure,
        definition: Option<&Definition>,
    ) -> (String, Option<Box<str>>) {
        let cell = self.mapped("period", text(figure, row, &Role::Own("period")));
        let visible: String = cell.chars().filter(|c| !is_invisible(*c)).collect();
        let bare = visible.trim().trim_start_matches('\'');
        let Some(definition) = definition.filter(|_| !bare.is_empty()) else {
            return (cell, None);
        };
        match figure.period.read(bare, definition.period) {
            Ok(period) => {
                let read = period.to_string();
                self.readings.period(line, bare, &read);
                (read, None)
            }
            Err(problem) => (cell, Some(problem.into())),
        }
    }
}

/// The text of a role in a row; empty if the plan does not name it.
fn text<'t>(figure: &'t Figure, row: &'t StringRecord, role: &Role) -> &'t str {
    let mut roles = figure.roles.iter();
    let found = roles.find(|(one, _)| one == role);
    found.map_or("", |(_, source)| source_text(source, row))
}

fn source_text<'t>(source: &'t Source, row: &'t StringRecord) -> &'t str {
    match source {
        Source::Column(at) => row.get(*at).unwrap_or_default(),
        Source::Text(text) => text,
    }
}

/// A text without invisible characters.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !is_invisible(*c)).collect()
}

/// Puts a text on one line, without control characters.
fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// The kind of figure of an indicator: `numerator` if it counts, else `value`.
fn kind_of(definition: Option<&Definition>) -> &'static str {
    match definition.map(|one| one.kind) {
        None | Some(IndicatorType::Count) => "numerator",
        Some(_) => "value",
    }
}
