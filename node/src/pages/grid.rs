//! The entry grid: periods by breakdowns, all saved together or not at all.

mod ask;
mod cell;
mod columns;
mod copied;
mod range;
mod taken;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use weft_shared::{
    id::AreaCode,
    model::{
        Audience,
        indicator::{Adjustment, Definition, NoVersion},
        observation::{Breakdown, ObservationKey, Statement},
        profile::Area,
    },
    period::Period,
    text::capital,
};

use self::{
    ask::AskView,
    cell::{CellView, Typed},
    range::Range,
};
use super::{
    Answered, Fault, Reply, Visit, audience_phrase, done, figure,
    form::{OptionView, Sent},
    shell::{ErrorLink, Section, Shell},
};
use crate::{
    view::{DueRow, IndicatorRow, ObservationRow},
    words::replaces,
};

#[derive(Template)]
#[template(path = "grid.html")]
struct GridPage {
    shell: Shell,
    code: String,
    name: String,
    name_mi: Option<String>,
    numerator: String,
    denominator: String,
    audience: &'static str,
    areas: Vec<AreaLink>,
    area: String,
    area_code: String,
    range: Range,
    total: bool,
    has_breakdowns: bool,
    crosses: Vec<OptionView>,
    cross: String,
    survey: bool,
    /// The unsaved figures in a few words; empty if there is nothing.
    typed: String,
    /// A sentence about what was copied.
    copied: Option<String>,
    ratio: bool,
    /// The first number of a figure: a ratio has another below it.
    word: &'static str,
    columns: Vec<columns::Column>,
    /// Columns of the whole table.
    width: usize,
    /// 100 for percentages, 100,000 for a rate of so many.
    factor: String,
    rows: Vec<Line>,
}

struct AreaLink {
    code: String,
    name: String,
    current: bool,
}

struct Line {
    period: String,
    cells: Vec<CellView>,
    /// Whether a cell of it is of another kind than a normal figure, so that the kinds are shown.
    unusual: bool,
}

/// The part of the indicator's values that a grid shows.
struct Frame {
    row: IndicatorRow,
    audience: Audience,
    /// A sentence about what was copied into the form.
    copied: Option<String>,
    areas: Vec<Area>,
    area: Area,
    range: Range,
    total: bool,
    /// The names that the columns cross, separated by commas; empty for one breakdown at a time.
    cross: String,
    /// Whether there are fields for the interval of a survey.
    survey: bool,
    breakdowns: Vec<Breakdown>,
    known: BTreeMap<ObservationKey, ObservationRow>,
}

/// A submitted cell, with its problems and questions.
#[derive(Default)]
struct Returned {
    typed: Typed,
    /// Whether the person changed it.
    is_changed: bool,
    problems: Vec<String>,
    questions: Vec<AskView>,
}

impl Visit<'_> {
    /// Shows a grid, or the indicator if there is none.
    pub(super) fn show_grid(&mut self, code: &str, asked: &Sent) -> Answered {
        match self.frame(code, asked)? {
            Some(frame) => self.grid(&frame, &BTreeMap::new(), Some(asked)),
            None => Ok(Reply::See(format!("/indicators/{code}"))),
        }
    }

    /// Saves a grid, or shows the indicator if there is none.
    pub(super) fn take_grid(&mut self, code: &str, sent: &Sent) -> Answered {
        match self.frame(code, sent)? {
            Some(mut frame) => self.save_grid(&mut frame, sent),
            None => Ok(Reply::See(format!("/indicators/{code}"))),
        }
    }

    /// Reads a grid's frame. Returns `None` if this location does not take part or has no area.
    fn frame(&mut self, code: &str, asked: &Sent) -> Result<Option<Frame>, Fault> {
        let row = self.indicator(code)?;
        let areas = self.all_areas()?;
        let wanted: Option<AreaCode> = asked.first("area").parse().ok();
        let area = areas
            .iter()
            .find(|area| Some(&area.code) == wanted.as_ref());
        let (Some(adoption), Some(area)) = (row.adopted(), area.or_else(|| areas.first()).cloned())
        else {
            return Ok(None);
        };
        let code = row.definition.code.clone();
        let entered = self.replica.observation_keys()?.into_iter();
        let entered = entered.filter(|key| key.indicator == code);
        let entered: Vec<ObservationKey> = entered.collect();
        let of_area = entered.iter().filter(|key| key.area == area.code);
        let newest = of_area.map(|key| key.period).max();
        let entered: BTreeSet<Breakdown> = entered.into_iter().map(|key| key.breakdown).collect();
        let today = self.calendar.today();
        let is_late = |due: &DueRow| due.indicator == code && due.areas.contains(&area.code);
        let due = self.replica.due(self.calendar.now())?;
        let due = due.iter().find(|one| is_late(one));
        let after = newest.and_then(Period::next);
        let first = due.map(|one| one.due.period).or(after);
        let range = Range::read(row.in_use.period, asked, (first, today));
        let rows = self.replica.observations(|key| {
            key.indicator == code && key.area == area.code && range.periods.contains(&key.period)
        })?;
        let totals = rows.iter().any(|row| row.key.breakdown == Breakdown::Total);
        let definitions = columns::definitions(&row, &range.periods);
        let no_parts = definitions.iter().all(|one| one.breakdowns.is_empty());
        let total = totals || no_parts || !asked.first("total").is_empty();
        let crosses = columns::crosses(&definitions);
        let cross = asked.first("cross");
        let cross = crosses.into_iter().find(|one| one == cross);
        let cross = cross.unwrap_or_default();
        let breakdowns = columns::breakdowns(&definitions, &entered, &cross, total);
        let adjusted = |one: &&Definition| one.adjustment != Adjustment::None;
        let survey = definitions.iter().any(adjusted) || !asked.first("survey").is_empty();
        let known = rows.into_iter();
        Ok(Some(Frame {
            audience: adoption.audience,
            copied: None,
            known: known.map(|row| (row.key.clone(), row)).collect(),
            area,
            areas,
            range,
            total,
            cross,
            survey,
            breakdowns,
            row,
        }))
    }

    fn grid(
        &mut self,
        frame: &Frame,
        returned: &BTreeMap<ObservationKey, Returned>,
        asked: Option<&Sent>,
    ) -> Answered {
        let definition = &frame.row.in_use;
        let title = format!("Enter values of {}", definition.name);
        let shell = self.shell(Section::Indicators, &title)?;
        let mut shell = shell.after(asked.and_then(done));
        shell.told = asked.map_or_else(Vec::new, |asked| self.said.of(asked.first("said")));
        let mut rows: Vec<Line> = (0..)
            .zip(&frame.range.periods)
            .map(|(at, period)| {
                let cells = (0..).zip(&frame.breakdowns);
                let cells = cells.map(|(column, breakdown)| {
                    frame.cell((at, column), &frame.key(*period, breakdown), returned)
                });
                let cells: Vec<CellView> = cells.collect();
                Line {
                    period: capital(&period.words()),
                    unusual: cells.iter().any(|cell| !cell.typed.status.is_empty()),
                    cells,
                }
            })
            .collect();
        let columns = columns::aligned(&mut rows, &frame.breakdowns);
        let cells = rows.iter().flat_map(|row| &row.cells);
        let mut errors: Vec<ErrorLink> = cells.flat_map(CellView::error_links).collect();
        errors.extend(frame.range.error.iter().map(|text| ErrorLink {
            id: "from".to_owned(),
            text: text.clone(),
        }));
        let refused = !errors.is_empty();
        if refused {
            shell.refuse(errors);
        }
        let areas = frame.areas.iter().map(|area| AreaLink {
            code: area.code.to_string(),
            name: area.name.clone(),
            current: area.code == frame.area.code,
        });
        let page = GridPage {
            shell,
            code: definition.code.to_string(),
            name: definition.name.clone(),
            name_mi: definition.name_mi.clone(),
            numerator: definition.numerator.clone().unwrap_or_default(),
            denominator: definition.denominator.clone().unwrap_or_default(),
            audience: audience_phrase(frame.audience),
            areas: areas.collect(),
            area: frame.area.name.clone(),
            area_code: frame.area.code.to_string(),
            range: frame.range.clone(),
            total: frame.total,
            has_breakdowns: frame.row.declared().next().is_some(),
            crosses: frame.crosses(),
            cross: frame.cross.clone(),
            survey: frame.survey,
            typed: taken::counted(returned),
            copied: frame.copied.clone(),
            ratio: definition.kind.is_ratio(),
            word: if definition.kind.is_ratio() {
                "numerator"
            } else {
                "count"
            },
            width: columns.iter().map(|column| column.span).sum::<usize>() + 2,
            factor: definition.factor.to_string(),
            columns,
            rows,
        };
        Reply::page(refused, &page)
    }
}

impl Frame {
    fn key(&self, period: Period, breakdown: &Breakdown) -> ObservationKey {
        ObservationKey {
            indicator: self.row.definition.code.clone(),
            area: self.area.code.clone(),
            period,
            breakdown: breakdown.clone(),
        }
    }

    /// Returns the definition that a cell is entered under.
    fn definition(&self, key: &ObservationKey) -> Result<&Definition, NoVersion> {
        let stands = self.known.get(key).map(ObservationRow::statements);
        let stands = stands.unwrap_or_default();
        self.row.stating(key.period, &stands, None)
    }

    /// Returns the sets of breakdowns to choose from.
    fn crosses(&self) -> Vec<OptionView> {
        let definitions = columns::definitions(&self.row, &self.range.periods);
        let option = |value: String, label: String| OptionView {
            chosen: value == self.cross,
            value,
            label,
        };
        let crosses = columns::crosses(&definitions).into_iter().map(|names| {
            let label = names.replace(',', " by ");
            option(names, label)
        });
        let one = option(String::new(), "one breakdown at a time".to_owned());
        let options: Vec<_> = std::iter::once(one).chain(crosses).collect();
        if options.len() > 1 {
            options
        } else {
            Vec::new()
        }
    }

    fn is_ratio(&self) -> bool {
        self.row.in_use.kind.is_ratio()
    }

    fn holds(&self, key: &ObservationKey) -> bool {
        key.indicator == self.row.definition.code && key.area == self.area.code
    }

    /// Returns the cell's current contents.
    fn now(&self, key: &ObservationKey) -> Typed {
        let stated = self.known.get(key).and_then(|row| row.stated.first());
        stated.map_or_else(Typed::default, |stated| Typed::of(&stated.statement))
    }

    /// Repeats one saved cell, so that a typing slip shows.
    fn told(&self, key: &ObservationKey, statement: &Statement) -> String {
        let words = |one: &Statement| {
            let pinned = self.row.pinned(one).map(|(definition, _)| definition);
            figure::words(one, pinned)
        };
        let part = figure::heading(&key.breakdown);
        let when = capital(&key.period.words());
        let now = format!("{when}, {part}: {}", words(statement));
        let standing = self.known.get(key).map_or(&[][..], |row| &row.stated);
        let before: Vec<String> = standing
            .iter()
            .filter(|one| one.statement.contests(statement))
            .map(|one| {
                let device = one.written.device.as_deref();
                let by = device.map_or_else(String::new, |device| format!(", from {device}"));
                format!("{}{by}", words(&one.statement))
            })
            .collect();
        if before.is_empty() {
            return format!("{now}.");
        }
        format!("{now}. {}", replaces(&before))
    }

    fn cell(
        &self,
        place: (usize, usize),
        key: &ObservationKey,
        returned: &BTreeMap<ObservationKey, Returned>,
    ) -> CellView {
        let now = self.now(key);
        let answers = self.known.get(key).map_or(0, ObservationRow::answers);
        let (typed, wrong) = match returned.get(key) {
            Some(one) => {
                let wrong = (one.problems.clone(), one.questions.clone());
                (one.typed.clone(), wrong)
            }
            None => (now.clone(), (Vec::new(), Vec::new())),
        };
        CellView::new(
            place,
            key,
            (self.row.definition.kind, self.survey),
            typed,
            &now,
            answers,
            wrong,
        )
    }

    /// The query that shows this same grid again.
    fn query(&self) -> String {
        let flag = |on: bool, text: &'static str| if on { text } else { "" };
        let total = flag(self.total, "&total=on");
        let survey = flag(self.survey, "&survey=on");
        let cross = match self.cross.as_str() {
            "" => String::new(),
            cross => format!("&cross={}", utf8_percent_encode(cross, NON_ALPHANUMERIC)),
        };
        let Range { from, to, .. } = &self.range;
        let area = &self.area.code;
        format!("area={area}&from={from}&to={to}{total}{survey}{cross}")
    }
}
