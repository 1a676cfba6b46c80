//! Rows about the same observation: repeated, contradictory, or distinguished by an unread column.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use weft_host::problems::line_words;
use weft_shared::{
    model::{
        indicator::{Adjustment, Definition, RollupRule},
        note::NotedFigure,
        number::Number,
        observation::{ObservationKey, Statement},
    },
    period::Frequency,
    validation,
};

use super::{
    Context, Problem,
    answers::Answers,
    columns::Columns,
    row::{Candidate, Wrong},
    sheet::Sheet,
};
use crate::words::figure::as_stored;

/// The result of comparing rows with each other.
#[derive(Debug, Default)]
pub(super) struct Together {
    /// The observations, each once, in the order of the file.
    pub(super) said: Vec<Candidate>,
    /// Number of rows that repeat another one.
    pub(super) repeated: usize,
    /// Problems of rows that cannot be taken.
    pub(super) problems: Vec<Problem>,
    /// Names of the columns that those are about.
    pub(super) asked: BTreeSet<String>,
}

/// Unusable rows, by the observation they are about.
pub(super) type Broken = BTreeMap<ObservationKey, Vec<u64>>;

/// Compares the rows of a file with each other. Takes none of the rows that contradict each other.
pub(super) fn together(
    sheet: &Sheet,
    rows: Vec<Candidate>,
    broken: &Broken,
    context: &Context<'_>,
    answers: &Answers,
) -> Together {
    let any_figure = rows.iter().any(Candidate::has_figure);
    let columns = Columns::of(sheet, &rows, answers);
    let mut groups: BTreeMap<ObservationKey, Vec<Candidate>> = BTreeMap::new();
    for row in rows {
        groups.entry(row.key.clone()).or_default().push(row);
    }
    let mut together = Together::default();
    for (key, rows) in groups {
        let Some(indicator) = context.indicators.get(&key.indicator) else {
            continue;
        };
        let group = Group {
            definition: indicator.definition,
            sheet,
            columns: &columns,
            answers,
        };
        let broken = broken.get(&key).map_or(&[][..], Vec::as_slice);
        group.take(rows, broken, any_figure, &mut together);
    }
    together.said.sort_by_key(|one| one.line);
    together
}

/// The data that rows about one observation are checked against.
struct Group<'a> {
    definition: &'a Definition,
    sheet: &'a Sheet,
    columns: &'a Columns<'a>,
    answers: &'a Answers,
}

impl Group<'_> {
    fn take(
        &self,
        rows: Vec<Candidate>,
        broken: &[u64],
        any_figure: bool,
        together: &mut Together,
    ) {
        let refuse = |together: &mut Together, rows: &[Candidate], wrong: Wrong| {
            self.refuse(rows, &wrong, together);
        };
        let refs: Vec<&Candidate> = rows.iter().collect();
        let parts: BTreeSet<_> = rows.iter().map(|row| self.part(row)).collect();
        let differing = self.columns.differing(&refs, parts.len() > 1);
        if !differing.is_empty() {
            let wrong = self.columns.told_apart(&differing, self.definition);
            let names = differing.iter().map(|one| one.name.clone());
            together.asked.extend(names);
            refuse(together, &rows, wrong);
        }
        // All questions are asked at once, even if an answer to one makes a sum of the rows.
        let is_differing = |name: &str| differing.iter().any(|one| one.name == name);
        let doubts: Vec<_> = rows
            .iter()
            .map(|row| {
                let mut doubts = self.columns.doubts(row, self.definition, any_figure);
                doubts.retain(|(name, _)| !is_differing(name));
                doubts
            })
            .collect();
        if !differing.is_empty() {
            return self.refuse_doubts(&rows, doubts, together);
        }
        if !broken.is_empty() {
            let (key, lines) = (rows[0].key.typed(), line_words(broken));
            let message = format!(
                "{key} stands on {lines} too, which cannot be used: mend both, or take one out"
            );
            return refuse(together, &rows, message.into());
        }
        if doubts.iter().any(|doubts| !doubts.is_empty()) {
            return self.refuse_doubts(&rows, doubts, together);
        }
        let (parts, repeated) = self.parts(rows);
        match self.whole(parts) {
            Ok(one) => {
                together.said.push(one);
                together.repeated += repeated.len();
            }
            Err((mut rows, wrong)) => {
                rows.extend(repeated);
                refuse(together, &rows, wrong);
            }
        }
    }

    /// Refuses rows for one reason.
    fn refuse(&self, rows: &[Candidate], Wrong { next, message }: &Wrong, together: &mut Together) {
        let problem = |row: &Candidate| {
            let row = self.sheet.row(row.row);
            row.solved_by(next.clone(), message.clone())
        };
        together.problems.extend(rows.iter().map(problem));
    }

    /// Refuses each row for the doubts about its columns.
    fn refuse_doubts(
        &self,
        rows: &[Candidate],
        doubts: Vec<Vec<(String, Wrong)>>,
        together: &mut Together,
    ) {
        for (row, doubts) in rows.iter().zip(doubts) {
            for (name, wrong) in doubts {
                self.refuse(std::slice::from_ref(row), &wrong, together);
                together.asked.insert(name);
            }
        }
    }

    /// Separates the rows from those that only repeat another.
    fn parts(&self, rows: Vec<Candidate>) -> (Vec<Candidate>, Vec<Candidate>) {
        let mut seen = HashSet::new();
        let is_new = |row| seen.insert((Said::of(row), self.part(row)));
        let new: Vec<bool> = rows.iter().map(is_new).collect();
        let (mut parts, mut repeated) = (Vec::new(), Vec::new());
        for (row, is_new) in rows.into_iter().zip(new) {
            if is_new { &mut parts } else { &mut repeated }.push(row);
        }
        (parts, repeated)
    }

    /// Returns a row's values in the columns over which rows are added up.
    fn part(&self, row: &Candidate) -> Vec<&str> {
        let row = self.sheet.row(row.row);
        let unread = self.sheet.unread.iter();
        let added_up = unread.filter(|one| self.answers.adds_up(&one.name));
        added_up.map(|one| one.value(row)).collect()
    }

    /// Returns the one observation that the rows state together.
    fn whole(&self, mut rows: Vec<Candidate>) -> Result<Candidate, (Vec<Candidate>, Wrong)> {
        let parts: BTreeSet<_> = rows.iter().map(|row| self.part(row)).collect();
        let distinct = parts.len() == rows.len();
        match rows.as_slice() {
            [_] => Ok(rows.remove(0)),
            [_, ..] if distinct => match add_up(&rows, self.definition) {
                Ok(sum) => Ok(sum),
                Err(message) => Err((rows, message.into())),
            },
            _ => {
                let (key, what) = (rows[0].key.typed(), what_differs(&rows));
                let message = format!("{key} stands here with {what}: keep one of these rows");
                Err((rows, message.into()))
            }
        }
    }
}

/// Names what differs between rows about the same observation.
fn what_differs(rows: &[Candidate]) -> &'static str {
    let Some((first, others)) = rows.split_first() else {
        return "nothing else";
    };
    let one = &first.statement;
    let figures = |row: &Candidate| {
        let other = &row.statement;
        (one.numerator, one.denominator, one.value, one.status)
            != (
                other.numerator,
                other.denominator,
                other.value,
                other.status,
            )
    };
    if others.iter().any(figures) {
        "other figures"
    } else if others
        .iter()
        .any(|row| row.statement.audience != one.audience)
    {
        "another audience"
    } else if others.iter().any(|row| row.note != first.note) {
        "another note"
    } else {
        "another method"
    }
}

/// Returns a reason why rows are not parts of a whole, whatever their figures.
fn no_sum(rows: &[Candidate], definition: &Definition) -> Option<String> {
    let first = &rows[0].statement;
    let any = |odd: &dyn Fn(&Candidate) -> bool| rows.iter().any(odd);
    let survey = |row: &Candidate| {
        let pooled = row.key.period.frequency() == Frequency::PooledYears;
        pooled || row.statement.lower.is_some() || row.statement.upper.is_some()
    };
    if definition.rollup != RollupRule::Sum {
        Some(format!("{} is never a sum", definition.code))
    } else if any(&|row| row.statement.status != first.status) {
        Some("the rows have different statuses".to_owned())
    } else if any(&survey) || definition.adjustment != Adjustment::None {
        Some("a survey's values are never added up".to_owned())
    } else if any(&|row| row.statement.sign != first.sign) {
        Some("the publisher marked the rows differently".to_owned())
    } else {
        None
    }
}

/// Adds up numerators and denominators to one row.
fn add_up(rows: &[Candidate], definition: &Definition) -> Result<Candidate, String> {
    let refused = |why: &str| {
        let key = rows[0].key.typed();
        Err(format!(
            "{key} cannot be added up: {why}; choose one row with --only"
        ))
    };
    let first = &rows[0].statement;
    if let Some(why) = no_sum(rows, definition) {
        return refused(&why);
    }
    let sum = |number: fn(&Candidate) -> Option<Number>| {
        rows.iter().map(number).collect::<Option<Vec<_>>>()
    };
    let Some(numerators) = sum(|row| row.statement.numerator) else {
        return refused("not each row has a numerator");
    };
    // Men, women and everybody together would count each person twice.
    let all: Number = numerators.iter().copied().sum();
    let is_total = |one: &Number| *one + *one == all;
    if rows.len() > 2 && all > Number::ZERO && numerators.iter().any(is_total) {
        return refused("one of the rows is the sum of the others");
    }
    let denominators = sum(|row| row.statement.denominator);
    if denominators.is_none() && rows.iter().any(|row| row.statement.denominator.is_some()) {
        return refused("not each row has a denominator");
    }
    let mut statement = first.clone();
    statement.numerator = Some(numerators.into_iter().sum());
    statement.denominator = denominators.map(|all| all.into_iter().sum());
    statement.audience = rows
        .iter()
        .map(|row| row.statement.audience)
        .min()
        .unwrap_or(first.audience);
    statement.method = joined(rows.iter().map(|row| row.statement.method.as_deref()));
    let parts: Vec<String> = rows.iter().map(|row| as_stored(&row.statement)).collect();
    let mut notes: BTreeSet<String> = rows.iter().flat_map(|row| row.notes.clone()).collect();
    notes.insert(format!(
        "added up: {} is {}",
        parts.join(" and "),
        as_stored(&statement)
    ));
    let sum = Candidate {
        line: rows[0].line,
        row: rows[0].row,
        key: rows[0].key.clone(),
        farthest: rows
            .iter()
            .map(|row| row.farthest)
            .min()
            .unwrap_or(rows[0].farthest),
        note: joined(rows.iter().map(|row| row.note.as_deref())),
        note_for: None,
        notes: notes.into_iter().collect(),
        statement,
        against: rows.iter().find_map(|row| row.against.clone()),
        as_at: rows.iter().filter_map(|row| row.as_at.clone()).min(),
    };
    let wrong = validation::observation(&sum.key, &sum.statement, definition);
    let mut wrong = wrong
        .into_iter()
        .chain(sum.note.as_deref().and_then(validation::note));
    match wrong.next() {
        None => Ok(sum),
        Some(wrong) => Err(format!("added up, {wrong}")),
    }
}

/// Joins different texts, one after the other.
fn joined<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> Option<String> {
    let mut seen = HashSet::new();
    let different = texts.flatten().filter(|text| seen.insert(*text));
    let different: Vec<&str> = different.collect();
    (!different.is_empty()).then(|| different.join("; "))
}

/// The contents of a row, whatever else is taken with it.
#[derive(PartialEq, Eq, Hash)]
struct Said<'a> {
    statement: &'a Statement,
    note: Option<&'a str>,
    note_for: Option<&'a NotedFigure>,
}

impl<'a> Said<'a> {
    fn of(row: &'a Candidate) -> Self {
        Self {
            statement: &row.statement,
            note: row.note.as_deref(),
            note_for: row.note_for.as_ref(),
        }
    }
}

impl Candidate {
    fn has_figure(&self) -> bool {
        let statement = &self.statement;
        statement.numerator.or(statement.value).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use weft_shared::{
        id::DefinitionHash,
        model::{Audience, indicator::definitions_from_toml, observation::Status},
    };

    use weft_shared::period::Date;
    use weft_tables::ColumnPlan;

    use super::*;

    const DEFINITIONS: &str = include_str!("../../../examples/data/indicators.toml");
    const FILE: &[u8] = b"area_code,indicator_code,period,numerator\n\
                          WAIROA,VAX_PRIMARY,2023-05,1\n";

    fn row(n: u32) -> Candidate {
        let definition = DefinitionHash::new([0; 32]);
        let without = Statement::without_figure(definition, Status::Normal, Audience::Network);
        Candidate {
            line: u64::from(n),
            row: 0,
            key: "VAX_PRIMARY/WAIROA/2023-05/total".parse().unwrap(),
            statement: Statement {
                numerator: Some(i64::from(n).into()),
                ..without
            },
            farthest: Audience::Network,
            note: None,
            note_for: None,
            notes: Vec::new(),
            as_at: None,
            against: None,
        }
    }

    /// Each row with each other one takes minutes.
    #[test]
    fn many_rows_about_the_same_are_not_compared_in_pairs() {
        let definitions = definitions_from_toml(DEFINITIONS).unwrap();
        let known = weft_tables::Known::new(&definitions, [], None, Date::constant(2026, 11, 27));
        let read = weft_tables::Sheet::read(FILE, None, &known).unwrap();
        let proposal = weft_tables::propose(&read, &known, &ColumnPlan::NONE).unwrap();
        let sheet = Sheet::of(read.table(&known, &proposal).unwrap());
        let group = Group {
            definition: &definitions[0],
            sheet: &sheet,
            columns: &Columns::of(&sheet, &[], &Answers::default()),
            answers: &Answers::default(),
        };
        let mut rows: Vec<_> = (0..100_000).map(row).collect();
        rows.extend((0..3).map(row));
        let texts: Vec<String> = rows.iter().map(|row| row.line.to_string()).collect();
        let begun = Instant::now();
        let (parts, repeated) = group.parts(rows);
        let text = joined(texts.iter().map(|text| Some(text.as_str())));
        let took = begun.elapsed();
        assert_eq!((parts.len(), repeated.len()), (100_000, 3));
        assert!(text.is_some_and(|text| text.ends_with("; 99999")));
        assert!(took < Duration::from_secs(60), "{took:?}");
    }
}
