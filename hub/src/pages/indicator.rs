//! `/indicators/{code}`: one indicator over time and by location, with what locations say and do
//! about it; also as CSV.

mod about;
mod locations;
mod notes;

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use weft_host::{
    chart::{Name, Trend},
    clock,
};
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::{
        indicator::{Adjustment, Definition},
        number::Number,
        observation::Breakdown,
    },
    period::{Date, PeriodRange},
    text::{capital, counted, spelled, uncapital},
};

use self::{about::About, locations::Table, notes::Note};
use super::{
    Web,
    asked::{self, Asked, with_moment},
    csv,
    drawn::{Said, Series, tick, ticks, turns},
    frame::{Frame, PageFailure, PageLink, Past, html},
    meaning::{meaning, rule},
    search::address,
    told::{Aim, Glance, age},
    words::{Measure, in_lists},
};
use crate::{
    app::{AppError, Counted, LocationView, Moment, OfLocations, TargetView, Unrecorded},
    figures::{Figure, FileLevel, RollupQuery, Sketch, group, source},
};

#[derive(Template)]
#[template(path = "indicator.html")]
struct Page {
    frame: Frame,
    glance: Glance,
    said: String,
    counted: String,
    chart: Option<String>,
    notes: Vec<Note>,
    facts: Vec<(String, String)>,
    aged: bool,
    about: About,
    groups: Vec<Choice>,
    periods: Vec<Choice>,
    table: Option<Table>,
    not_standardised: bool,
    /// Its files: addresses and names.
    files: Vec<(String, &'static str)>,
    coverage: String,
    newest_code: String,
    rule: String,
    meaning: Vec<(&'static str, String)>,
    version: u32,
}

/// An option in a list.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// Serves the page, or its figures as a file if the code ends in `.csv` or `.xlsx`.
pub(super) async fn page(
    web: Web,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    for (ending, kind) in [(".csv", csv::Kind::Csv), (".xlsx", csv::Kind::Xlsx)] {
        if let Some(code) = code.strip_suffix(ending) {
            return file(&web, (code, kind), &asked, &headers).await;
        }
    }
    let mut frame = Frame::national(&web, "/indicators");
    let of = (code.clone(), asked.get("breakdown").cloned());
    let moment = asked::moment(&asked)?;
    let found = web.app.counted(move |now| {
        let at = now.at(moment)?;
        Ok((Seen::read(&at, &of, moment)?, Past::of(&at, moment)))
    });
    let ((definitions, found), past) = found.await?;
    frame.past = past;
    let Some(found) = found else {
        return unknown(frame, &definitions);
    };
    let reading = web.reading(&format!("/indicators/{code}"));
    let seen = web.app.shown(reading, found).await?;
    frame.name_sources(
        &definitions,
        seen.sketch.iter().flat_map(|one| &one.network),
    );
    html(StatusCode::OK, &seen.page(frame, asked.get("period")))
}

/// The contents of the page, of one state of the hub.
struct Seen {
    definition: Definition,
    sketch: Option<Sketch>,
    about: About,
    places: Vec<LocationView>,
    today: Date,
    /// Number of locations that count.
    counting: usize,
    /// The moment of the past that the figures are of.
    moment: Option<Moment>,
    targets: Vec<TargetView>,
}

impl OfLocations for Seen {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let figures: Vec<Sketch> = self.sketch.iter().cloned().collect();
        let mut locations = figures.locations();
        locations.extend(self.about.locations());
        locations
    }
}

/// The definitions, and what the page is made of; none if the network has no such indicator.
type Found = (Vec<Definition>, Option<Unrecorded<Seen>>);

impl Seen {
    fn read(
        at: &Counted<'_>,
        (code, breakdown): &(String, Option<String>),
        moment: Option<Moment>,
    ) -> Result<Found, AppError> {
        let definitions = source::definitions(at);
        let Some(definition) = source::newest(&definitions, code).cloned() else {
            return Ok((definitions, None));
        };
        let declared = definition.breakdowns.keys().map(String::as_str);
        let breakdown = breakdown
            .as_ref()
            .and_then(|text| Breakdown::from_typed(text, declared).ok());
        let counting: Vec<LocationCode> = at
            .network()
            .expected()
            .map(|member| member.code.clone())
            .collect();
        let wanted = [(definition.code.clone(), breakdown)];
        let seen = Self {
            sketch: at.sketches(&wanted, &counting)?.unshown().pop(),
            // Plans and insights are those of today, which say nothing about the past.
            about: match moment {
                None => About::read(at, &definition.code)?.unshown(),
                Some(_) => About::default(),
            },
            places: in_lists(at.locations()?),
            today: at.zone().day(at.as_of.unwrap_or_else(clock::now)),
            counting: counting.len(),
            moment,
            // Targets are those of today.
            targets: match moment {
                None => at.targets_shown(Some(&definition.code))?,
                Some(_) => Vec::new(),
            },
            definition,
        };
        Ok((definitions, Some(Unrecorded::new(seen))))
    }

    fn page(self, frame: Frame, period: Option<&String>) -> Page {
        let (definition, today) = (&self.definition, self.today);
        let measure = Measure::of(definition);
        let sketch = self.sketch.as_ref();
        let newest = sketch.and_then(Sketch::newest);
        let aim = sketch.and_then(|one| Aim::of(&self.targets, definition, one));
        let table = sketch.and_then(|one| {
            let until = period.and_then(|text| text.parse().ok());
            let drawn = (one, aim.as_ref());
            Table::of((definition, &measure), drawn, (&self.places, until))
        });
        let glance = Glance::of(definition, sketch, (&self.targets, today));
        Page {
            said: said(definition, (&glance, newest), today),
            counted: self.counted(),
            chart: sketch.and_then(|one| chart(one, &measure, aim.as_ref())),
            notes: sketch
                .map(|one| notes::list((definition, &measure), one))
                .unwrap_or_default(),
            facts: newest
                .map(|one| facts((definition, &measure), one, aim.as_ref()))
                .unwrap_or_default(),
            aged: newest.is_some_and(|figure| age(figure, today).is_some()),
            groups: sketch.map(groups).unwrap_or_default(),
            periods: table
                .as_ref()
                .map(|one| one.choices.clone())
                .unwrap_or_default(),
            not_standardised: definition.adjustment == Adjustment::None && table.is_some(),
            files: files(&definition.code, sketch, self.moment),
            coverage: {
                let path = format!("/coverage?indicator={}", definition.code);
                with_moment(&path, self.moment)
            },
            newest_code: newest
                .map(|one| one.cell.key.period.to_string())
                .unwrap_or_default(),
            table,
            rule: rule(definition),
            meaning: meaning(definition),
            version: definition.version,
            about: self.about,
            glance,
            frame,
        }
    }

    /// The people counted, as the definition says, and the meaning of the thin lines.
    fn counted(&self) -> String {
        let one = &self.definition;
        let mut text = match (&one.numerator, &one.denominator) {
            (Some(part), Some(all)) => format!("{part}, of {}.", uncapital(all)),
            (Some(text), None) | (None, Some(text)) => format!("{text}."),
            (None, None) => format!("Counted: {}.", one.unit),
        };
        match self.counting {
            0 | 1 => {}
            many => text.push_str(&format!(" Thin lines: the {} locations.", spelled(many))),
        }
        text
    }
}

/// The headline: what the chart shows.
fn said(
    definition: &Definition,
    (glance, newest): (&Glance, Option<&Figure>),
    today: Date,
) -> String {
    let group = glance.group.as_ref();
    let group = group.map_or_else(String::new, |group| format!(", {group}"));
    let Some((value, figure)) = glance.value.as_ref().zip(newest) else {
        return format!("{}{group}: no figure stands alone yet", definition.name);
    };
    match age(figure, today) {
        Some(age) => format!("{}, {age}: {value}{group}", capital(&glance.when)),
        None => format!("{value}{group} in {}", glance.when),
    }
}

fn chart(sketch: &Sketch, measure: &Measure, aim: Option<&Aim<'_>>) -> Option<String> {
    sketch.newest()?;
    let unit = if measure.percent { "%" } else { "" };
    let others = sketch.locations.values();
    let others = others.map(|figures| Series::of(figures, measure, Said::Nothing).other());
    let own = Series::of(&sketch.network, measure, Said::Values).own("Network");
    let mut ticks = ticks(&sketch.network);
    let last = ticks.last().map(|tick| tick.at);
    let until = aim.and_then(Aim::until).map(tick);
    ticks.extend(until.filter(|tick| last.is_none_or(|last| last < tick.at)));
    let trend = Trend {
        name: Name::Of("said"),
        unit,
        ticks,
        lines: others.chain([own]).collect(),
        turns: turns(&sketch.network),
        target: aim.and_then(|aim| aim.drawn(measure)).map(|mut target| {
            target.words = format!("Target: {}", target.words);
            target
        }),
        ..Trend::default()
    };
    Some(trend.svg())
}

/// The figures of the newest period.
fn facts(
    (definition, measure): (&Definition, &Measure),
    figure: &Figure,
    aim: Option<&Aim<'_>>,
) -> Vec<(String, String)> {
    let cell = &figure.cell;
    let mut facts = Vec::new();
    if let Some(value) = figure.headline() {
        facts.push((
            format!("Network, {}", cell.key.period.words()),
            measure.shown(value),
        ));
    }
    let distance = aim.and_then(|aim| aim.distance(Some(figure), measure));
    facts.push((
        "Target".to_owned(),
        distance.map_or_else(|| "none yet".to_owned(), |words| format!("{words} it")),
    ));
    let unit = capital(&definition.unit);
    facts.extend(cell.numerator.map(|number| (unit, Number::grouped(number))));
    facts.extend(
        cell.denominator
            .map(|number| ("Of".to_owned(), Number::grouped(number))),
    );
    let part = format!("{} of {}", cell.n_locations, cell.n_expected);
    facts.push(("Locations in it".to_owned(), part));
    facts.push((
        "Areas in it".to_owned(),
        format!(
            "{} of {}",
            cell.n_areas,
            counted(cell.n_areas_expected, "area", "areas")
        )
        .trim_end_matches(" areas")
        .trim_end_matches(" area")
        .to_owned(),
    ));
    facts
}

fn groups(sketch: &Sketch) -> Vec<Choice> {
    let groups = sketch.groups.iter().map(|one| Choice {
        value: one.to_string(),
        label: group(one),
        chosen: *one == sketch.breakdown,
    });
    groups.collect()
}

/// The files of what a page shows: one level each, so that a sum over one is right.
fn files(
    code: &IndicatorCode,
    sketch: Option<&Sketch>,
    moment: Option<Moment>,
) -> Vec<(String, &'static str)> {
    let several = sketch.filter(|one| one.groups.len() > 1);
    let breakdown = several.map(|one| one.breakdown.to_string());
    let breakdown = breakdown.unwrap_or_default();
    let file = |ending: &str, level: &str| {
        let pairs = [("level", level), ("breakdown", breakdown.as_str())];
        let path = address(&format!("/indicators/{code}.{ending}"), &pairs);
        with_moment(&path, moment)
    };
    vec![
        (file("csv", ""), "Network, CSV"),
        (file("xlsx", ""), "Network, XLSX"),
        (file("csv", "location"), "Locations, CSV"),
        (file("xlsx", "location"), "Locations, XLSX"),
    ]
}

async fn file(
    web: &Web,
    (code, kind): (&str, csv::Kind),
    asked: &Asked,
    headers: &HeaderMap,
) -> Result<Response, PageFailure> {
    let given = |name: &str| asked.get(name).filter(|value| !value.is_empty());
    let period = given("period").map(|text| text.parse::<PeriodRange>());
    let period = match period.transpose() {
        Ok(period) => period,
        Err(error) => {
            let frame = Frame::national(web, "");
            let links = vec![PageLink::new(&format!("/indicators/{code}"), "Back")];
            let (status, text) = (StatusCode::BAD_REQUEST, format!("{error}."));
            return frame.message(status, "This is not a period", &text, links);
        }
    };
    let level = given("level").map(|text| text.parse::<FileLevel>());
    let Ok(level) = level.transpose() else {
        let frame = Frame::national(web, "");
        let links = vec![PageLink::new(&format!("/indicators/{code}"), "Back")];
        let text = format!("A level is one of: {}.", FileLevel::WORDS.join(", "));
        return frame.message(StatusCode::BAD_REQUEST, "This is no level", &text, links);
    };
    let (of, moment) = (code.to_owned(), asked::moment(asked)?);
    let breakdown = given("breakdown").cloned();
    let asked = move |at: &Counted<'_>| {
        let definitions = source::definitions(at);
        let indicator = source::newest(&definitions, &of).map(|one| one.code.clone());
        let typed = |text: String| at.typed_breakdown(&text, indicator.as_ref());
        match (indicator.clone(), breakdown.map(typed).transpose()) {
            (Some(_), Ok(breakdown)) => Ok(RollupQuery {
                indicator,
                period,
                level: FileLevel::query(level, None),
                location: None,
                breakdown,
            }),
            _ => Err(csv::NoFile::Unknown(definitions)),
        }
    };
    let ending = match kind {
        csv::Kind::Xlsx => "xlsx",
        csv::Kind::Csv | csv::Kind::Of(_) => "csv",
    };
    let reading = web.reading(&format!("/indicators/{code}.{ending}"));
    let file = csv::figures(web, (code, kind), (moment, asked), (reading, headers)).await;
    file.or_else(|why| match why {
        csv::NoFile::App(error) => Err(error.into()),
        csv::NoFile::Unknown(definitions) => unknown(Frame::national(web, ""), &definitions),
    })
}

fn unknown(frame: Frame, definitions: &[Definition]) -> Result<Response, PageFailure> {
    let mut links: Vec<PageLink> = definitions
        .iter()
        .map(|one| PageLink::new(&format!("/indicators/{}", one.code), &one.name))
        .collect();
    links.dedup_by(|a, b| a.path == b.path);
    let text = "The network has no indicator of this code. It has these:";
    frame.message(
        StatusCode::NOT_FOUND,
        "There is no such indicator",
        text,
        links,
    )
}
