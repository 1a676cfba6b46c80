//! One row as one observation.

use std::str::FromStr;

use weft_shared::{
    id::{AreaCode, IndicatorCode, LocationCode},
    model::{
        Audience, clean_text,
        indicator::Definition,
        observation::{BREAKDOWN_BYTES_MAX, Breakdown, ObservationKey, Statement, Status},
    },
    period::Period,
    rollup::network::areas_in,
    validation::{self, Invalid},
};

use super::{
    Context, Indicator, Next,
    figure::Figure,
    sheet::{Row, Sheet, one_line},
};

/// What a row turns out to be.
#[derive(Debug)]
pub(super) enum Reading {
    /// An observation of ours.
    Ours(Box<Candidate>),
    /// Somebody else's; why.
    NotOurs(Foreign),
    /// Not usable; everything that is wrong with it.
    Invalid(Vec<Wrong>),
}

/// One thing that is wrong with a row, and what solves it.
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

/// Why a row is somebody else's.
#[derive(Debug)]
pub(super) struct Foreign {
    pub(super) message: String,
    /// The area as it may be shown, where all there is to it is that no area of ours is named so.
    pub(super) area: Option<String>,
    /// Whether the row names our location all the same: then it may well be a slip in one of ours.
    pub(super) names_us: bool,
}

impl Foreign {
    /// What a person does about it.
    pub(super) fn next(self) -> Next {
        if self.names_us {
            return Next::Mend;
        }
        Next::LeaveOut { area: self.area }
    }
}

/// An observation that a row states.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) line: u64,
    pub(super) key: ObservationKey,
    pub(super) statement: Statement,
    /// The audience that the row itself gives at most.
    pub(super) farthest: Audience,
    pub(super) note: Option<String>,
    /// What a person should know who takes the row.
    pub(super) notes: Vec<String>,
}

/// Reads a row. Whether it is ours is asked first: what is wrong with other people's rows is not
/// our business.
pub(super) fn read(sheet: &Sheet, row: &Row, context: &Context<'_>) -> Reading {
    let fields = Fields {
        sheet,
        row,
        context,
    };
    if let Some(why) = fields.foreign() {
        return Reading::NotOurs(why);
    }
    let mut problems = Vec::new();
    let candidate = fields.candidate(&mut problems);
    match candidate {
        Some(candidate) if problems.is_empty() => Reading::Ours(Box::new(candidate)),
        Some(_) | None => Reading::Invalid(problems),
    }
}

struct Fields<'a> {
    sheet: &'a Sheet,
    row: &'a Row,
    context: &'a Context<'a>,
}

/// The figures of a row, and what follows from how they are written.
struct Figures {
    numerator: Figure,
    denominator: Figure,
    value: Figure,
    status: Status,
    /// Whether nothing in the row says why it has no figure.
    assumed: bool,
    /// The threshold below which a figure is hidden, where the row gives no status.
    taken_as_hidden: Option<String>,
}

impl<'a> Fields<'a> {
    fn field(&self, column: &str) -> &'a str {
        self.sheet.field(self.row, column)
    }

    /// Whether the row says by itself that it is ours.
    fn names_us(&self) -> bool {
        let location = LocationCode::parse(self.field("location_code"));
        location.is_ok_and(|location| location == *self.context.code)
    }

    /// Why the row is not ours, where it is not.
    fn foreign(&self) -> Option<Foreign> {
        let ours = self.context.code;
        let because = |message| Foreign {
            message,
            area: None,
            names_us: self.names_us(),
        };
        let location = self.field("location_code");
        if !location.is_empty() && LocationCode::parse(location).ok().as_ref() != Some(ours) {
            let shown = shown(location);
            return Some(because(format!(
                "the row is of location {shown}, and this is {ours}"
            )));
        }
        let area = self.field("area_code");
        let code = AreaCode::parse(area).ok();
        let place = self.context.place;
        let ever = |code| match place.areas.as_slice() {
            [] => code == ours.as_str(),
            areas => areas.iter().any(|one| one.code.as_str() == code),
        };
        let known = code.as_ref().is_some_and(|code| ever(code.as_str()));
        let period: Option<Period> = self.field("period").parse().ok();
        let then = period.is_none_or(|period| {
            let areas = areas_in(ours, place, period);
            areas.iter().any(|(one, _)| Some(one) == code.as_ref())
        });
        match (area, known, period) {
            ("", ..) => None,
            (_, true, Some(period)) if !then => {
                Some(because(format!("{area} is no area of {ours} in {period}")))
            }
            (_, true, _) => None,
            (_, false, _) => {
                let area = shown(area);
                Some(Foreign {
                    message: format!("{area} is no area of {ours}"),
                    area: Some(area),
                    names_us: self.names_us(),
                })
            }
        }
    }

    fn candidate(&self, problems: &mut Vec<Wrong>) -> Option<Candidate> {
        let code = self.parsed::<IndicatorCode>("indicator_code", problems);
        let period = self.parsed::<Period>("period", problems);
        let area = self.parsed::<AreaCode>("area_code", problems);
        let breakdown = self.breakdown(problems);
        let figures = self.figures(problems);
        let farthest = self.farthest(problems);
        let (indicator, adopted) = self.indicator(code.as_ref()?, problems)?;
        let farthest = farthest?;
        let (figures, breakdown) = (figures?, breakdown?);
        let key = ObservationKey {
            indicator: code?,
            area: area?,
            period: period?,
            breakdown,
        };
        let statement = Statement {
            numerator: figures.numerator.number(),
            denominator: figures.denominator.number(),
            value: match figures.numerator {
                // A value beside its numerator follows from it.
                Figure::Number(_) => None,
                Figure::Missing | Figure::Hidden(_) => figures.value.number(),
            },
            method: self.method(&figures),
            ..Statement::without_figure(indicator.hash, figures.status, adopted.min(farthest))
        };
        let note = Some(clean_text(self.field("note"))).filter(|note| !note.is_empty());
        let mut invalid = validation::observation(&key, &statement, indicator.definition);
        invalid.extend(validation::future(key.period, self.context.today));
        invalid.extend(note.as_deref().and_then(validation::note));
        problems.extend(invalid.iter().map(|one| one.to_string().into()));
        Some(Candidate {
            line: self.row.line,
            notes: notes(&key, &statement, &figures, indicator.definition),
            key,
            statement,
            farthest,
            note,
        })
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
        let named = |part: &str| !part.is_empty() && part.len() <= BREAKDOWN_BYTES_MAX;
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

    fn figures(&self, problems: &mut Vec<Wrong>) -> Option<Figures> {
        let mut figure = |column: &str| {
            let read = Figure::read(self.field(column));
            read.map_err(|error| problems.push(format!("{column}: {error}").into()))
                .ok()
        };
        let figures = (figure("numerator"), figure("denominator"), figure("value"));
        let status = self.field("obs_status").to_ascii_uppercase();
        let given = match status.as_str() {
            "" => Ok(None),
            status => status.parse::<Status>().map(Some),
        };
        let given = given
            .map_err(|_| problems.push(status_words(&status).into()))
            .ok()?;
        let (Some(numerator), Some(denominator), Some(value)) = figures else {
            return None;
        };
        let hidden = [&numerator, &value, &denominator]
            .into_iter()
            .find_map(Figure::hidden);
        let number = numerator.number().or_else(|| value.number());
        let assumed = given.is_none() && hidden.is_none() && number.is_none();
        let status = match (given, hidden) {
            (None | Some(Status::Suppressed), Some(_)) => Status::Suppressed,
            (Some(status), Some(threshold)) => {
                let message = format!(
                    "{threshold} hides a figure, which is status Q, and the row has status \
                     {status}: write Q, or leave the status empty"
                );
                problems.push(message.into());
                return None;
            }
            (Some(status), None) => status,
            (None, None) if number.is_some() => Status::Normal,
            (None, None) => Status::Missing,
        };
        let taken_as_hidden = hidden.filter(|_| given.is_none()).cloned();
        Some(Figures {
            numerator,
            denominator,
            value,
            status,
            assumed,
            taken_as_hidden,
        })
    }

    /// A row may travel less far than its indicator, and never farther: a file is nobody's choice.
    fn farthest(&self, problems: &mut Vec<Wrong>) -> Option<Audience> {
        let given = match self.field("audience") {
            "" => return Some(Audience::Public),
            given => given.to_lowercase().parse::<Audience>(),
        };
        given
            .map_err(|error| problems.push(error.to_string().into()))
            .ok()
    }

    fn method(&self, figures: &Figures) -> Option<String> {
        let as_at = self.field("as_at");
        let hidden = [
            ("", &figures.numerator),
            ("denominator ", &figures.denominator),
            ("", &figures.value),
        ];
        let hidden = hidden.into_iter().filter_map(|(what, figure)| {
            let threshold = figure.hidden()?;
            Some(format!("{what}published as {threshold}"))
        });
        let mut parts: Vec<String> = Vec::new();
        parts.extend(Some(clean_text(self.field("method"))).filter(|text| !text.is_empty()));
        parts.extend((!as_at.is_empty()).then(|| format!("as at {}", clean_text(as_at))));
        parts.extend(hidden);
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    fn indicator(
        &self,
        code: &IndicatorCode,
        problems: &mut Vec<Wrong>,
    ) -> Option<(Indicator<'a>, Audience)> {
        let Some(indicator) = self.context.indicators.get(code).copied() else {
            let known = self
                .context
                .indicators
                .keys()
                .map(ToString::to_string)
                .collect();
            let code = code.clone();
            problems.push(Invalid::UnknownIndicator { code, known }.to_string().into());
            return None;
        };
        let Some(adopted) = self.context.audience.or(indicator.audience) else {
            let message = format!(
                "{code} is not adopted, so nobody chose who may see its figures: \
                 `weft-node indicator adopt {code} --audience network`, or import with --audience"
            );
            let next = Next::Adopt;
            problems.push(Wrong { next, message });
            return None;
        };
        Some((indicator, adopted))
    }
}

/// What is right as it stands and may not be what was meant.
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
    if let Some(threshold) = &figures.taken_as_hidden {
        notes.push(format!(
            "published as {threshold} and no obs_status: taken as Q, suppressed"
        ));
    }
    if figures.assumed {
        let text = "no figure and no obs_status: taken as O, missing";
        notes.push(text.to_owned());
    }
    if key.breakdown == Breakdown::Total && validation::which_breakdown(definition).is_some() {
        notes.push(format!(
            "no breakdown: taken as the total of {code}, which is reported in parts"
        ));
    }
    notes
}

/// A field of a foreign row as it may be shown.
fn shown(field: &str) -> String {
    one_line(field).chars().take(64).collect()
}

fn status_words(given: &str) -> String {
    let known = Status::ALL
        .iter()
        .map(|status| format!("{status} {}", status.label()));
    let given: String = given.chars().take(40).collect();
    format!(
        "\"{given}\" is no status; there are {}",
        known.collect::<Vec<_>>().join(", ")
    )
}
