//! Our numbers in a release that was checked: by row for programs, and by indicator and reason for
//! people, so that many rows of one kind are one line.

use std::collections::BTreeMap;

use weft_host::list::{Column, Datum, List};
use weft_shared::{
    model::{observation::ObservationKey, release::ReleaseId},
    text::{counted, listed},
};

use crate::verify::release::PartBefore;

/// Our numbers in a release.
#[derive(Clone, Debug, Default)]
pub(super) struct Ours {
    /// Why nothing is counted, if nothing is.
    why: Option<String>,
    rows: Vec<Row>,
}

/// A number of ours, or a sum that is kept.
#[derive(Clone, Debug)]
pub(super) struct Row {
    part: Part,
    indicator: String,
    /// Its period and part in words.
    of: String,
    /// Number of our numbers; none if it is not known.
    numbers: Option<usize>,
}

/// The part of a row in a release.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Part {
    /// It is counted, as we stated it.
    Counted,
    /// It is in none of its figures, for this reason.
    LeftOut(String),
    /// A sum is as an earlier release showed it.
    Kept(ReleaseId, Then),
    /// An earlier release counted it, and the hub says nothing of it now.
    Gone(ReleaseId),
}

/// Our numbers that an earlier release counted in a sum.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Then {
    Some,
    None,
    Unknown,
}

impl Ours {
    /// Our numbers by what was counted, what was left out, and our part in earlier releases. A
    /// number in a sum that is kept as it was is not in that sum as it is now.
    pub(super) fn of(
        counted: Vec<ObservationKey>,
        left_out: Vec<(ObservationKey, String)>,
        before: PartBefore,
    ) -> Self {
        let is_kept = |key: &ObservationKey| before.kept.iter().any(|part| part.has(key));
        let now = counted.into_iter().map(|key| match is_kept(&key) {
            true => (key, Part::LeftOut(KEPT.to_owned())),
            false => (key, Part::Counted),
        });
        let left_out = left_out.into_iter();
        let left_out = left_out.map(|(key, why)| (key, Part::LeftOut(why)));
        let gone = before.gone.iter().cloned();
        let gone = gone.map(|(key, release)| (key, Part::Gone(release)));
        let mut rows: Vec<Row> = now.chain(left_out).chain(gone).map(Row::of).collect();
        rows.extend(before.kept.iter().map(|part| Row {
            indicator: part.row.indicator().to_owned(),
            of: part.row.part(),
            numbers: part.counted,
            part: Part::Kept(
                part.release.clone(),
                match part.counted {
                    None => Then::Unknown,
                    Some(0) => Then::None,
                    Some(_) => Then::Some,
                },
            ),
        }));
        Self { why: None, rows }
    }

    /// The same, of a location of which nothing was counted.
    pub(super) fn without(self, why: String) -> Self {
        Self {
            why: Some(why),
            ..self
        }
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The lines for people.
    pub(super) fn lines(&self, id: &ReleaseId) -> Vec<String> {
        let verdict = format!("{id} is as it should be, as far as this computer can tell.");
        let first = match &self.why {
            Some(why) => {
                format!("No number of ours was counted for {id}. It says of our location: {why}.")
            }
            None => {
                let rows = self.rows.iter();
                let counted_now = rows.filter(|row| row.part == Part::Counted).count();
                let numbers = counted(counted_now as u64, "number", "numbers");
                let are = if counted_now == 1 { "is" } else { "are" };
                format!("{numbers} of ours {are} counted in {id}, each once, as we stated them.")
            }
        };
        let mut groups: BTreeMap<(&str, &Part), Vec<&Row>> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| row.part != Part::Counted) {
            groups
                .entry((&row.indicator, &row.part))
                .or_default()
                .push(row);
        }
        let groups = groups.into_iter();
        let lines = groups.map(|((indicator, part), rows)| part.line(indicator, &rows));
        [verdict, first].into_iter().chain(lines).collect()
    }
}

impl Row {
    fn of((key, part): (ObservationKey, Part)) -> Self {
        Self {
            part,
            indicator: key.indicator.to_string(),
            of: format!("{}/{}/{}", key.area, key.period, key.breakdown.typed()),
            numbers: Some(1),
        }
    }
}

impl Part {
    const fn word(&self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::LeftOut(_) => "left_out",
            Self::Kept(..) => "kept",
            Self::Gone(_) => "gone",
        }
    }

    fn release(&self) -> Option<&ReleaseId> {
        match self {
            Self::Kept(release, _) | Self::Gone(release) => Some(release),
            Self::Counted | Self::LeftOut(_) => None,
        }
    }

    /// The line of all rows of an indicator with this part.
    fn line(&self, indicator: &str, rows: &[&Row]) -> String {
        let which: Vec<&str> = rows.iter().map(|row| &*row.of).collect();
        let which = listed(&which, LISTED_MAX);
        let is_one = rows.len() == 1;
        let numbers = rows.iter().filter_map(|row| row.numbers).sum::<usize>() as u64;
        let numbers = counted(numbers, "number of ours", "numbers of ours");
        let (are, them) = match is_one {
            true => ("is", "it"),
            false => ("are", "them"),
        };
        let ours = format!("{indicator}: {numbers} ({which}) {are}");
        match self {
            Self::Counted => format!("{ours} counted in it, as we stated {them}."),
            Self::LeftOut(why) => format!("{ours} not counted in it as stated now, because {why}."),
            Self::Gone(release) => format!(
                "{ours} not counted in it, and the hub does not say why. {release} counted {them} \
                 as stated then: did you take {them} back, or choose a narrower audience?"
            ),
            Self::Kept(release, then) => {
                let sums = counted(rows.len() as u64, "sum", "sums");
                let then = match then {
                    Then::Some => format!(
                        ", with {numbers} as stated then: weft-node release verify {release} \
                         checks that"
                    ),
                    Then::None => ", without a number of ours".to_owned(),
                    Then::Unknown => ". This computer has no proof that a number of ours was \
                                      counted then"
                        .to_owned(),
                };
                format!("{indicator}: {sums} ({which}) {are} as {release} showed {them}{then}.")
            }
        }
    }
}

const KEPT: &str = "the sum is kept as an earlier release showed it";
/// Maximum number of rows that a line names; JSON has all of them.
const LISTED_MAX: usize = 3;

/// Our numbers, as `release verify` prints them for programs.
pub(super) const OURS: List<Row> = List::new(&[
    Column::new("part", |one: &Row| one.part.word().into()),
    Column::new("indicator", |one: &Row| (&*one.indicator).into()),
    Column::new("of", |one: &Row| (&*one.of).into()),
    Column::new("numbers", |one: &Row| match one.numbers {
        Some(numbers) => (numbers as u64).into(),
        None => Datum::Nothing,
    }),
    Column::new("release", |one: &Row| match one.part.release() {
        Some(release) => Datum::text(release),
        None => Datum::Nothing,
    }),
    Column::new("why", |one: &Row| match &one.part {
        Part::LeftOut(why) => (&**why).into(),
        Part::Counted | Part::Kept(..) | Part::Gone(_) => Datum::Nothing,
    }),
])
.notes(
    "; part is counted, left_out, kept (a sum as an earlier release showed it) or gone (an earlier \
     release counted it, and the hub says nothing of it now); release is the earlier one",
);
