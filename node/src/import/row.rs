//! One row as one observation.

use std::str::FromStr;

use weft_shared::{
    id::{AreaCode, IndicatorCode, LocationCode},
    model::{
        Audience, clean_text,
        indicator::Definition,
        observation::{Breakdown, ObservationKey, Statement, Status},
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
}

/// An observation that a row states.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) line: u64,
    pub(super) key: ObservationKey,
    pub(super) statement: Statement,
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
}

impl<'a> Fields<'a> {
    fn field(&self, column: &str) -> &'a str {
        self.sheet.field(self.row, column)
    }

    /// Why the row is not ours, where it is not.
    fn foreign(&self) -> Option<Foreign> {
        let ours = self.context.code;
        let because = |message| Foreign {
            message,
            area: None,
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
        let (indicator, audience) = self.indicator(code.as_ref()?, problems)?;
        let (figures, breakdown) = (figures?, breakdown?);
        let key = ObservationKey {
            indicator: code?,
            area: area?,
            period: period?,
            breakdown,
        };
        let statement = Statement {
            definition: indicator.hash,
            numerator: figures.numerator.number(),
            denominator: figures.denominator.number(),
            value: match figures.numerator {
                // A value beside its numerator follows from it.
                Figure::Number(_) => None,
                Figure::Missing | Figure::Hidden(_) => figures.value.number(),
            },
            status: figures.status,
            method: self.method(&figures),
            audience,
        };
        let note = Some(clean_text(self.field("note"))).filter(|note| !note.is_empty());
        let mut invalid = validation::observation(&key, &statement, indicator.definition);
        invalid.extend(validation::future(key.period, self.context.today));
        invalid.extend(note.as_deref().and_then(validation::note));
        problems.extend(invalid.iter().map(|one| one.to_string().into()));
        Some(Candidate {
            line: self.row.line,
            notes: notes(&key, &statement, figures.assumed, indicator.definition),
            key,
            statement,
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
        let read = format!("{name}={value}").parse();
        read.map_err(|_| {
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
        Some(Figures {
            numerator,
            denominator,
            value,
            status,
            assumed,
        })
    }

    /// A row may travel less far than its indicator, and never farther: a file is nobody's choice.
    fn audience(&self, adopted: Audience, problems: &mut Vec<Wrong>) -> Option<Audience> {
        let given = match (self.field("audience"), self.context.audience) {
            ("", _) | (_, Some(_)) => return Some(adopted),
            (given, None) => given.to_lowercase().parse::<Audience>(),
        };
        given
            .map(|given| given.min(adopted))
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
        let audience = self.audience(adopted, problems)?;
        Some((indicator, audience))
    }
}

/// What is right as it stands and may not be what was meant.
fn notes(
    key: &ObservationKey,
    statement: &Statement,
    assumed: bool,
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
    if assumed {
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
