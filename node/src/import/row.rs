//! Reads one row as one observation.

mod terms;

use std::{collections::BTreeSet, str::FromStr};

use weft_shared::{
    id::{AreaCode, IndicatorCode},
    model::{
        Audience, clean_text,
        indicator::Definition,
        note::NotedFigure,
        observation::{
            BREAKDOWN_BYTES_MAX, Breakdown, CHECK_BYTES_MAX, CONFIRMED_MAX, ObservationKey,
            Statement, Status,
        },
    },
    period::Period,
    rollup::network::areas_in,
    validation,
};

use super::{
    Context, Next, Problem,
    answers::Answers,
    dated,
    figure::Figure,
    figures::Figures,
    names::Own,
    sheet::{Row, Sheet, one_line},
};

/// The result of reading a row.
#[derive(Debug)]
pub(super) enum Reading {
    /// An observation of ours.
    Ours(Box<Candidate>),
    /// A row that belongs to others, with the reason.
    NotOurs(Foreign),
    /// Not usable.
    Invalid {
        /// Everything that is wrong with it.
        wrong: Vec<Wrong>,
        /// The observation it is about, if that much can be read.
        key: Option<ObservationKey>,
    },
}

/// One problem of a row, and the step that solves it.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) next: Next,
    pub(super) message: String,
}

impl From<String> for Wrong {
    fn from(message: String) -> Self {
        let next = Next::Mend;
        Self { next, message }
    }
}

/// The reason why a row belongs to others.
#[derive(Debug)]
pub(super) struct Foreign {
    pub(super) message: String,
    /// The area as it may be shown, if the only reason is that we have no area of that name.
    pub(super) area: Option<String>,
    /// Whether the row names our location all the same, and so may be ours with a slip.
    pub(super) names_us: bool,
}

impl Foreign {
    /// The problem of its row, with a person's next step.
    pub(super) fn problem_of(self, row: &Row) -> Problem {
        let next = match self.names_us {
            true => Next::Mend,
            false => Next::LeaveOut { area: self.area },
        };
        row.solved_by(next, self.message)
    }
}

/// An observation that a row states.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) line: u64,
    /// Its place among the rows of the file.
    pub(super) row: usize,
    pub(super) key: ObservationKey,
    pub(super) statement: Statement,
    /// The widest audience that the row allows.
    pub(super) farthest: Audience,
    pub(super) note: Option<String>,
    /// The figure that the note was written for, if that is not the row's.
    pub(super) note_for: Option<NotedFigure>,
    /// Remarks for the person who takes the row.
    pub(super) notes: Vec<String>,
    /// The day of its source, as the file gives it.
    pub(super) as_at: Option<String>,
    /// A description of how its value differs from its parts.
    pub(super) against: Option<String>,
}

/// The data that rows are checked against.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) sheet: &'a Sheet,
    pub(super) context: &'a Context<'a>,
    pub(super) own: &'a Own,
    pub(super) answers: &'a Answers,
}

impl<'a> Reader<'a> {
    /// Reads the row at a place. Whether it is ours is decided first, because problems of other
    /// people's rows are not our business.
    pub(super) fn read(self, at: usize) -> Reading {
        let row = self.sheet.row(at);
        let fields = Fields {
            sheet: self.sheet,
            row,
            at,
            context: self.context,
            own: self.own,
            answers: self.answers,
        };
        if let Some(why) = fields.foreign() {
            return Reading::NotOurs(why);
        }
        let mut wrong = Vec::new();
        let candidate = fields.candidate(&mut wrong);
        match candidate {
            Some(candidate) if wrong.is_empty() => Reading::Ours(Box::new(candidate)),
            Some(_) | None => Reading::Invalid {
                wrong,
                key: fields.key(),
            },
        }
    }
}

struct Fields<'a> {
    sheet: &'a Sheet,
    row: &'a Row,
    at: usize,
    context: &'a Context<'a>,
    own: &'a Own,
    answers: &'a Answers,
}

impl<'a> Fields<'a> {
    fn field(&self, column: &str) -> &'a str {
        self.sheet.field(self.row, column)
    }

    /// Whether the row names our location.
    fn names_us(&self) -> bool {
        let location = self.field("location_code");
        !location.is_empty() && self.own.is_ours(location)
    }

    /// Returns the row's area, if it is one of ours.
    fn area(&self) -> Result<Option<AreaCode>, String> {
        match self.field("area_code") {
            "" => self.own.area(self.field("area_name")),
            area => self.own.area(area),
        }
    }

    /// Returns the reason if the row is not ours.
    fn foreign(&self) -> Option<Foreign> {
        let ours = self.context.code;
        let because = |message| Foreign {
            message,
            area: None,
            names_us: self.names_us(),
        };
        let location = self.field("location_code");
        if !location.is_empty() && !self.own.is_ours(location) {
            let shown = shown(location);
            return Some(because(format!(
                "the location is {shown}, and this computer belongs to {ours}"
            )));
        }
        let area = self.field("area_code");
        let named = self.own.area(self.field("area_name")).ok().flatten();
        let Ok(Some(code)) = self.area() else {
            // An empty field, or a name of several areas, is a problem in a row of ours.
            if area.is_empty() || self.area().is_err() {
                return None;
            }
            // A slip in a row of ours is a problem of that row.
            if named.is_none() && self.misspelt().is_some() {
                return None;
            }
            let area = shown(area);
            let message = match named {
                Some(named) => format!(
                    "{area} is not an area of {ours}, and the area's name is that of {named}: \
                     write {named} where it is meant"
                ),
                None => {
                    return Some(Foreign {
                        message: format!("{area} is not an area of {ours}"),
                        area: Some(area),
                        names_us: self.names_us(),
                    });
                }
            };
            return Some(Foreign {
                message,
                area: None,
                names_us: true,
            });
        };
        let period: Period = self.field("period").parse().ok()?;
        let then = areas_in(ours, self.context.place, period);
        if then.iter().any(|(one, _)| *one == code) {
            return None;
        }
        let area = if area.is_empty() { code.as_str() } else { area };
        Some(because(format!(
            "{area} is not an area of {ours} in {period}"
        )))
    }

    /// Returns the key of the row, if that much can be read.
    fn key(&self) -> Option<ObservationKey> {
        Some(ObservationKey {
            indicator: self.field("indicator_code").parse().ok()?,
            area: self.area().ok()??,
            period: self.field("period").parse().ok()?,
            breakdown: self.breakdown(&mut Vec::new())?,
        })
    }

    /// Reads the row, and finds all of its problems at once: what cannot be read has a stand-in, so
    /// that the rest is judged too. A row with a problem is never used.
    fn candidate(&self, problems: &mut Vec<Wrong>) -> Option<Candidate> {
        problems.extend(self.row.wrong.iter().cloned().map(Wrong::from));
        let code = self.parsed::<IndicatorCode>("indicator_code", problems);
        let period = self.period(problems);
        let area = self.our_area(problems);
        let breakdown = self.breakdown(problems);
        let figures = Figures::read(|column| self.field(column), self.answers, problems);
        let farthest = self.farthest(problems);
        let interval = self.interval(problems);
        let (indicator, adopted) = self.indicator(code.as_ref()?, problems)?;
        let definition = indicator.definition;
        let key = ObservationKey {
            indicator: definition.code.clone(),
            area: area.or_else(|| AreaCode::parse(definition.code.as_str()).ok())?,
            period: period.unwrap_or_else(|| terms::stand_in(definition.period)),
            breakdown: breakdown.unwrap_or_default(),
        };
        let indicator = match period {
            Some(_) => self.version(indicator, &key, problems)?,
            None => indicator,
        };
        if figures.is_none() {
            // Nothing is said about figures that cannot be read, only about the rest.
            let none = Statement::without_figure(indicator.hash, Status::Missing, adopted);
            let invalid = validation::observation(&key, &none, indicator.definition);
            problems.extend(invalid.iter().map(|one| one.to_string().into()));
        }
        let (figures, interval, farthest) = (figures?, interval?, farthest?);
        let key = self.context.spelled(&key, indicator.definition);
        let statement = Statement {
            numerator: figures.numerator.number(),
            denominator: figures.denominator.number(),
            value: match figures.numerator {
                // A value beside its numerator follows from it.
                Figure::Number(_) => None,
                Figure::Missing | Figure::Sign { .. } => figures.value.number(),
            },
            lower: interval[0],
            upper: interval[1],
            method: self.method(&figures),
            sign: figures.sign.clone(),
            confirmed: self.confirmed(problems),
            ..Statement::without_figure(indicator.hash, figures.status, adopted.min(farthest))
        };
        let note = Some(clean_text(self.field("note"))).filter(|note| !note.is_empty());
        let note_for = self.field("note_for");
        let note_for = (!note_for.is_empty()).then(|| note_for.parse::<NotedFigure>());
        let note_for = note_for.transpose();
        let note_for = note_for.map_err(|error| problems.push(error.to_string().into()));
        let mut invalid = validation::observation(&key, &statement, indicator.definition);
        invalid.extend(validation::future(key.period, self.context.today));
        invalid.extend(note.as_deref().and_then(validation::note));
        problems.extend(invalid.iter().map(|one| one.to_string().into()));
        let mut notes = notes(&key, &statement, &figures, indicator.definition);
        notes.extend(self.named_area(&key.area));
        Some(Candidate {
            line: self.row.line,
            row: self.at,
            notes,
            key,
            statement,
            farthest,
            note,
            note_for: note_for.ok().flatten(),
            against: figures.against_parts(indicator.definition),
            as_at: Some(self.field("as_at").to_owned()).filter(|day| !day.is_empty()),
        })
    }

    /// Returns the area of a row that is ours.
    fn our_area(&self, problems: &mut Vec<Wrong>) -> Option<AreaCode> {
        let area = match self.area() {
            Ok(Some(area)) => area,
            Ok(None) => {
                let (area, ours) = (shown(self.field("area_code")), self.context.code);
                problems.push(match self.misspelt() {
                    Some(like) => {
                        format!("{area} is not an area of {ours}: did you mean {like}?").into()
                    }
                    None => "area_code is empty".to_owned().into(),
                });
                return None;
            }
            Err(message) => {
                problems.push(message.into());
                return None;
            }
        };
        let named = self.own.area(self.field("area_name")).ok().flatten();
        match named.filter(|named| *named != area) {
            Some(named) => {
                let message = format!(
                    "the area's code is that of {area}, and its name is that of {named}: write the \
                     one that is meant"
                );
                problems.push(message.into());
                None
            }
            None => Some(area),
        }
    }

    /// A remark if an area was found by its name.
    fn named_area(&self, area: &AreaCode) -> Option<String> {
        let field = self.field("area_code");
        let given = AreaCode::parse(field).ok();
        (given.as_ref() != Some(area)).then(|| {
            let name = if field.is_empty() {
                self.field("area_name")
            } else {
                field
            };
            format!(
                "\"{}\" was read as {area}, the area of that name",
                shown(name)
            )
        })
    }

    /// Reads the period. If its form was looked at before, that says what is wrong with it.
    fn period(&self, problems: &mut Vec<Wrong>) -> Option<Period> {
        match &self.row.period_problem {
            Some(problem) => problems.push(problem.to_string().into()),
            None => return self.parsed("period", problems),
        }
        None
    }

    fn parsed<T: FromStr<Err: ToString>>(
        &self,
        column: &str,
        problems: &mut Vec<Wrong>,
    ) -> Option<T> {
        let field = self.field(column);
        if field.is_empty() {
            problems.push(format!("{column} is empty").into());
            return None;
        }
        field
            .parse()
            .map_err(|error: T::Err| problems.push(error.to_string().into()))
            .ok()
    }

    fn breakdown(&self, problems: &mut Vec<Wrong>) -> Option<Breakdown> {
        let (name, value) = (self.field("breakdown"), self.field("breakdown_value"));
        if name.is_empty() && value.is_empty() {
            return Some(Breakdown::Total);
        }
        let named = |part: &str| {
            let control = part.chars().any(char::is_control);
            !part.is_empty() && part.len() <= BREAKDOWN_BYTES_MAX && !control
        };
        let read = Breakdown::from_columns(&clean_text(name), &clean_text(value)).ok();
        let read = read.filter(|read| read.parts().iter().all(|(n, v)| named(n) && named(v)));
        let read = read.filter(|read| *read != Breakdown::Total);
        read.ok_or_else(|| {
            let message = format!(
                "breakdown \"{name}\" and breakdown_value \"{value}\" name no part of the \
                 population: give both, such as age and 12+, or none"
            );
            problems.push(message.into());
        })
        .ok()
    }

    /// Returns the answered checks for this figure, as an export names them.
    fn confirmed(&self, problems: &mut Vec<Wrong>) -> BTreeSet<String> {
        let names = self.field("confirmed").split(';').map(str::trim);
        let names: BTreeSet<String> = names
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        if names.len() > CONFIRMED_MAX || names.iter().any(|name| name.len() > CHECK_BYTES_MAX) {
            let message = "confirmed: that is more than the names of checks: leave it empty";
            problems.push(message.to_owned().into());
        }
        names
    }

    /// Returns the widest audience of the row. It may narrow the indicator's, never widen it.
    fn farthest(&self, problems: &mut Vec<Wrong>) -> Option<Audience> {
        let given = match self.field("audience") {
            "" => return Some(Audience::Released),
            given => given.to_lowercase().parse::<Audience>(),
        };
        given
            .map_err(|error| problems.push(error.to_string().into()))
            .ok()
    }

    fn method(&self, figures: &Figures) -> Option<String> {
        let as_at = self.field("as_at");
        let mut parts: Vec<String> = Vec::new();
        parts.extend(Some(clean_text(self.field("method"))).filter(|text| !text.is_empty()));
        parts.extend((!as_at.is_empty()).then(|| dated::method_of(&clean_text(as_at))));
        // A statement keeps one sign, that of its figure.
        let denominator = figures.denominator.sign();
        let denominator = denominator.filter(|sign| figures.sign.as_ref() != Some(sign));
        parts.extend(denominator.map(|sign| format!("denominator published as {sign}")));
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// Remarks about correct values that may not be as meant.
fn notes(
    key: &ObservationKey,
    statement: &Statement,
    figures: &Figures,
    definition: &Definition,
) -> Vec<String> {
    let code = &definition.code;
    let mut notes = Vec::new();
    if validation::value_alone(statement, definition).is_some() {
        notes.push(format!(
            "a value alone: {code} is a {}, so these rows count in no figure of the network; \
             give the parts where you have them",
            definition.kind
        ));
    }
    if let Some(sign) = figures.sign.as_ref().filter(|_| figures.taken_from_sign) {
        let status = statement.status;
        notes.push(format!(
            "published as {sign} and no obs_status: taken as {status}, {}",
            status.label()
        ));
    }
    if figures.assumed {
        let text = "no figure and no obs_status: taken as O, missing; write Q in obs_status where \
                    the publisher hides the figure";
        notes.push(text.to_owned());
    }
    if key.breakdown == Breakdown::Total && validation::which_breakdown(definition).is_some() {
        notes.push(format!(
            "no breakdown: taken as the total of {code}, which is reported in parts"
        ));
    }
    notes
}

/// A foreign row's field, shortened for showing.
fn shown(field: &str) -> String {
    one_line(field).chars().take(64).collect()
}
