//! A plan of columns proposed from the headings and contents of a file.

mod check;

use std::collections::BTreeMap;

use weft_shared::{
    model::{indicator::Definition, sign::Sign, spelling::folded_name},
    period::Frequency,
};

use self::check::check;
use crate::{
    headings::Layout,
    known::{Known, is_total},
    number, period,
    plan::{ColumnPlan, FigurePlan},
    roles::FIGURE,
    sheet::Sheet,
};

/// A plan for a file, and how sure it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// The plan.
    pub plan: ColumnPlan,
    /// Whether parts of it are guesses, which a person must confirm.
    pub guessed: bool,
    /// The layout, if the headings are of a known one.
    pub layout: Option<Layout>,
    /// Each heading with an example of what stands below it and, if the plan uses it, what it is.
    pub shown: Vec<(String, String, Option<String>)>,
}

impl Proposal {
    /// The open questions, in words.
    pub fn open(&self) -> Vec<String> {
        self.plan.open()
    }
}

/// Proposes a plan for a file; what is `given` goes before every guess.
///
/// # Errors
/// If the given plan does not fit the file; in words.
pub fn propose(
    sheet: &Sheet,
    known: &Known<'_>,
    given: &ColumnPlan,
) -> Result<Proposal, Vec<String>> {
    check(given, sheet, known)?;
    let layout = sheet.layout();
    let certain = sheet.plan_of_layout(known).with(given);
    let complete = certain.open().is_empty();
    let plan = if complete {
        certain.clone()
    } else {
        let guessed = Guess::of(sheet, known, &certain).plan();
        guessed.with(&certain)
    };
    check(&plan, sheet, known)?;
    let shown = sheet.names.iter().enumerate();
    let shown = shown.map(|(at, name)| {
        let mut cells = sheet
            .rows
            .iter()
            .map(|(_, row)| row.get(at).unwrap_or_default().trim());
        let example = cells.find(|cell| !cell.is_empty()).unwrap_or_default();
        let mut roles = plan.columns.iter().filter(|(_, column)| *column == name);
        let role = roles.next().map(|(role, _)| role.clone());
        let of_figures = || {
            let mut all = plan.figures.iter().flat_map(FigurePlan::columns);
            let found = all.find(|(_, column)| *column == name);
            found.map(|(role, _)| role.to_owned())
        };
        (name.clone(), example.to_owned(), role.or_else(of_figures))
    });
    Ok(Proposal {
        guessed: plan != certain,
        layout,
        shown: shown.collect(),
        plan,
    })
}

/// The contents of one column, in short.
struct Seen<'a> {
    name: &'a str,
    /// Rows that hold something in it.
    filled: usize,
    numbers: usize,
    areas: usize,
    indicators: usize,
    periods: usize,
}

impl Seen<'_> {
    fn mostly(&self, count: usize) -> bool {
        self.filled > 0 && count * 10 >= self.filled * 9
    }

    fn is_figures(&self) -> bool {
        self.mostly(self.numbers)
    }
}

struct Guess<'a, 'k> {
    sheet: &'a Sheet,
    known: &'a Known<'k>,
    given: &'a ColumnPlan,
    columns: Vec<Seen<'a>>,
    used: Vec<bool>,
    plan: ColumnPlan,
}

/// Rows that are looked at.
const LOOKED_AT: usize = 400;

impl<'a, 'k> Guess<'a, 'k> {
    fn of(sheet: &'a Sheet, known: &'a Known<'k>, given: &'a ColumnPlan) -> Self {
        let columns: Vec<Seen<'a>> = sheet
            .names
            .iter()
            .enumerate()
            .map(|(at, name)| seen(sheet, known, at, name))
            .collect();
        let in_figures = given.figures.iter().flat_map(FigurePlan::columns);
        let named: Vec<&String> = given
            .columns
            .values()
            .chain(in_figures.map(|(_, column)| column))
            .chain(&given.leave_out)
            .collect();
        let used = sheet.names.iter().enumerate();
        let used = used.map(|(at, _)| named.iter().any(|name| sheet.place(name) == Some(at)));
        Self {
            used: used.collect(),
            sheet,
            known,
            given,
            columns,
            plan: ColumnPlan::default(),
        }
    }

    fn plan(mut self) -> ColumnPlan {
        self.indicator();
        self.area();
        self.period();
        let indicator = self.indicator_of_all();
        self.parts(indicator);
        if !self.given.has_figures() {
            self.figures(indicator);
        }
        self.plan
    }

    /// Takes the first column that is not used and fits.
    fn take(&mut self, role: &str, fits: impl Fn(&Seen<'_>) -> bool) -> bool {
        let at = (0..self.columns.len()).find(|at| !self.used[*at] && fits(&self.columns[*at]));
        let Some(at) = at else { return false };
        self.used[at] = true;
        let name = self.columns[at].name.to_owned();
        self.plan.columns.insert(role.to_owned(), name);
        true
    }

    fn indicator(&mut self) {
        if !self.given.says("indicator") {
            self.take("indicator", |one| one.mostly(one.indicators));
        }
    }

    fn area(&mut self) {
        if self.given.says("area") || self.given.says("area_name") {
            return;
        }
        let most = self.columns.iter().map(|one| one.areas).max().unwrap_or(0);
        let found = (most > 0 && self.take("area", |one| one.areas == most))
            || self.take("area", |one| !one.is_figures() && called(one.name, &AREAS));
        if !found && let Some(only) = &self.known.only_area {
            self.plan.constants.insert("area".to_owned(), only.clone());
        }
    }

    fn period(&mut self) {
        if self.given.says("period") {
            return;
        }
        let by_name = |one: &Seen<'_>| one.mostly(one.periods) && called(one.name, &PERIODS);
        // A number of four digits may be a figure, so a column of years must say that it is one.
        let _ = self.take("period", by_name)
            || self.take("period", |one| one.mostly(one.periods) && !one.is_figures());
    }

    /// The indicator of every figure, if there is only one.
    fn indicator_of_all(&self) -> Option<&'k Definition> {
        let constant = self.given.constants.iter();
        let mut constant = constant.filter(|(role, _)| crate::plan::is(role, "indicator"));
        if let Some((_, text)) = constant.next() {
            return self.known.definition(text);
        }
        let column = self.plan.columns.get("indicator");
        let values = self.sheet.values(column?);
        let [only] = values.as_slice() else {
            return None;
        };
        self.known.definition(only)
    }

    /// Columns that are called as a breakdown is, or hold its values.
    fn parts(&mut self, indicator: Option<&Definition>) {
        for at in 0..self.columns.len() {
            if self.used[at] || self.columns[at].is_figures() {
                continue;
            }
            let name = self.columns[at].name;
            let by_values = || {
                let values = self.sheet.values(name);
                let mut values = values
                    .into_iter()
                    .filter(|value| !is_total(value))
                    .peekable();
                values.peek()?;
                let parts = values.map(|value| Known::part(indicator?, value));
                let names: Option<Vec<&str>> =
                    parts.map(|part| part.map(|(name, _)| name)).collect();
                let names = names?;
                let first = *names.first()?;
                names
                    .iter()
                    .all(|name| *name == first)
                    .then(|| first.to_owned())
            };
            let part = self
                .known
                .breakdown(name)
                .map(str::to_owned)
                .or_else(by_values);
            if let Some(part) = part
                && !self.plan.columns.contains_key(&part)
            {
                self.used[at] = true;
                self.plan.columns.insert(part, name.to_owned());
            }
        }
    }

    /// Columns of figures: headings that are indicators, periods or parts, or the only one left.
    fn figures(&mut self, indicator: Option<&'k Definition>) {
        let figures: Vec<usize> = (0..self.columns.len())
            .filter(|at| !self.used[*at] && self.columns[*at].is_figures())
            .collect();
        let said = |role: &str| self.given.says(role) || self.plan.says(role);
        let by_indicator: Vec<FigurePlan> = match said("indicator") {
            true => Vec::new(),
            false => self.by_indicator(&figures),
        };
        let by_period = match said("period") {
            true => Vec::new(),
            false => self.headings(&figures, |heading| {
                let is_period = read_period(heading, indicator.map(|one| one.period), self.known);
                is_period.then(|| ("period".to_owned(), heading.to_owned()))
            }),
        };
        let by_part = self.headings(&figures, |heading| {
            let (name, value) = Known::part(indicator?, heading)?;
            Some((name.to_owned(), value.to_owned()))
        });
        if let Some(found) = [by_indicator, by_period, by_part]
            .into_iter()
            .find(|found| !found.is_empty())
        {
            self.plan.figures = found;
            return;
        }
        self.take("denominator", |one| {
            one.is_figures() && called(one.name, &DENOMINATORS)
        });
        let _ = self.take("numerator", |one| {
            one.is_figures() && called(one.name, &NUMERATORS)
        }) || self.take("value", |one| one.is_figures() && called(one.name, &VALUES))
            || self.only_figure();
    }

    fn only_figure(&mut self) -> bool {
        let left = (0..self.columns.len()).filter(|at| !self.used[*at]);
        let left = left.filter(|at| self.columns[*at].is_figures()).count();
        let role = match self.plan.columns.contains_key("denominator") {
            true => "numerator",
            false => FIGURE,
        };
        left == 1 && self.take(role, |one| one.is_figures())
    }

    /// Figures whose headings name an indicator, or what it counts.
    fn by_indicator(&self, figures: &[usize]) -> Vec<FigurePlan> {
        let mut found = Vec::new();
        let named = |definition: &Definition, heading: &str| {
            let heading = folded_name(heading);
            let names = [definition.code.as_str(), &definition.name];
            let mut names = names.into_iter().chain(definition.numerator.as_deref());
            names.any(|name| folded_name(name) == heading)
        };
        for at in figures {
            let heading = self.columns[*at].name;
            let of: Vec<&Definition> = self
                .known
                .definitions()
                .filter(|one| named(one, heading))
                .collect();
            let [definition] = of[..] else { continue };
            let wanted = definition.denominator.as_deref().map(folded_name);
            let mut denominators = figures
                .iter()
                .map(|at| self.columns[*at].name)
                .filter(|name| wanted.as_deref() == Some(folded_name(name).as_str()));
            let constants =
                BTreeMap::from([("indicator".to_owned(), definition.code.as_str().to_owned())]);
            let below = denominators.next();
            // Without the column that it is a share of, it is the share itself.
            found.push(FigurePlan {
                numerator: below.map(|_| heading.to_owned()),
                denominator: below.map(str::to_owned),
                figure: below.is_none().then(|| heading.to_owned()),
                constants,
                ..FigurePlan::default()
            });
        }
        found
    }

    /// Figures whose headings say something of each of them, if two at least do.
    fn headings(
        &self,
        figures: &[usize],
        says: impl Fn(&str) -> Option<(String, String)>,
    ) -> Vec<FigurePlan> {
        let mut total = None;
        let mut found = Vec::new();
        for at in figures {
            let heading = self.columns[*at].name;
            match says(heading) {
                Some(constant) => found.push(FigurePlan {
                    constants: BTreeMap::from([constant]),
                    ..figure_of(heading)
                }),
                None if is_total(heading) => total = Some(figure_of(heading)),
                None => {}
            }
        }
        if found.len() < 2 {
            return Vec::new();
        }
        let by_part = found
            .iter()
            .all(|one| !one.constants.contains_key("period"));
        found.extend(total.filter(|_| by_part));
        found
    }
}

/// A figure in a column, whichever its indicator has.
fn figure_of(heading: &str) -> FigurePlan {
    FigurePlan {
        figure: Some(heading.to_owned()),
        ..FigurePlan::default()
    }
}

fn read_period(text: &str, frequency: Option<Frequency>, known: &Known<'_>) -> bool {
    let column = period::Column::of("", std::iter::once(text), known.today);
    let reads = |frequency| {
        column
            .read(text, frequency)
            .is_ok_and(|read| read.frequency() == frequency)
    };
    match frequency {
        Some(frequency) => reads(frequency),
        None => Frequency::ALL.into_iter().any(reads),
    }
}

fn seen<'a>(sheet: &'a Sheet, known: &Known<'_>, at: usize, name: &'a str) -> Seen<'a> {
    let mut seen = Seen {
        name,
        filled: 0,
        numbers: 0,
        areas: 0,
        indicators: 0,
        periods: 0,
    };
    for (_, row) in sheet.rows.iter().take(LOOKED_AT) {
        let cell = row.get(at).unwrap_or_default().trim();
        if cell.is_empty() {
            continue;
        }
        let is_number = number::plain(cell).is_some();
        seen.filled += 1;
        seen.numbers += usize::from(is_number || Sign::read(cell).is_some());
        seen.areas += usize::from(known.is_area(cell));
        seen.indicators += usize::from(known.definition(cell).is_some());
        seen.periods += usize::from(read_period(cell, None, known));
    }
    seen
}

/// Whether a heading has one of these words.
fn called(heading: &str, words: &[&str]) -> bool {
    let heading = folded_name(heading);
    let mut parts = heading.split('_');
    parts.any(|part| words.contains(&part)) || words.contains(&heading.as_str())
}

const AREAS: [&str; 12] = [
    "area",
    "areas",
    "district",
    "authority",
    "council",
    "region",
    "state",
    "county",
    "place",
    "locality",
    "ward",
    "geography",
];
const PERIODS: [&str; 8] = [
    "period", "year", "month", "quarter", "week", "date", "time", "fy",
];
const NUMERATORS: [&str; 5] = ["numerator", "count", "number", "events", "cases"];
const DENOMINATORS: [&str; 3] = ["denominator", "population", "base"];
const VALUES: [&str; 7] = [
    "value",
    "rate",
    "percent",
    "percentage",
    "share",
    "score",
    "average",
];
