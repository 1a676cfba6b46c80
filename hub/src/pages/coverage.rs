//! `/coverage`: what each location reported of each period, and why something is missing.

mod table;
#[cfg(test)]
mod tests;
mod why;

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use askama::Template;
use axum::{
    extract::Query,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use weft_host::{
    clock,
    csv::{CsvWriter, MARK},
    list::{Column, Datum, List},
};
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::indicator::Definition,
    period::{Period, day_words},
    text::{counted, sentence},
    time::{Timestamp, Zone},
};

use self::table::{Names, Table};
use super::{
    Web, asked,
    csv::{self, NoFile},
    frame::{Frame, PageFailure, PageLink, Past, html},
    indicator::Choice,
    indicators::{newest_of_each, pages_of},
    words::Pages,
};
use crate::{
    app::{AppError, Counted, Moment, OfLocations, Unrecorded},
    figures::{
        AS_OF, About, Figure, Grid, LevelWord, Missing, NOTICE, RollupQuery, source,
        stream::Figures,
    },
};

#[derive(Template)]
#[template(path = "coverage.html")]
struct Page {
    frame: Frame,
    as_of: String,
    lede: String,
    indicators: Vec<Choice>,
    locations: Vec<Choice>,
    keys: Vec<(String, &'static str)>,
    tables: Vec<Table>,
    pages: Pages,
    /// The figures that were due and did not come, and why.
    due: Vec<(String, String)>,
    csv: String,
}

pub(super) async fn page(
    web: Web,
    Query(asked): Query<asked::Asked>,
) -> Result<Response, PageFailure> {
    let mut frame = Frame::national(&web, "/coverage");
    let asked = Asked::of(&asked)?;
    let of = asked.clone();
    let found = web.app.counted(move |now| {
        let at = now.at(of.moment)?;
        Ok((Seen::read(&at, &of)?, Past::of(&at, of.moment)))
    });
    let (found, past) = found.await?;
    frame.past = past;
    let seen = web.app.shown(web.reading("/coverage"), found).await?;
    frame.name_definitions(
        &seen.definitions,
        seen.grids.iter().map(|grid| &grid.indicator),
    );
    html(StatusCode::OK, &seen.page(frame, &asked))
}

/// The filters in the address. One that fits nothing is left out.
#[derive(Clone, Debug, Default)]
struct Asked {
    indicator: Option<String>,
    location: Option<String>,
    /// The last period that is shown.
    until: Option<Period>,
    page: usize,
    moment: Option<Moment>,
}

impl Asked {
    fn of(asked: &asked::Asked) -> Result<Self, AppError> {
        let text = |name: &str| asked.get(name).filter(|text| !text.is_empty()).cloned();
        Ok(Self {
            indicator: text("indicator"),
            location: text("location"),
            until: text("until").and_then(|text| text.parse().ok()),
            page: text("page").and_then(|text| text.parse().ok()).unwrap_or(1),
            moment: asked::moment(asked)?,
        })
    }

    fn address(&self, base: &str) -> String {
        let fields = [("indicator", &self.indicator), ("location", &self.location)];
        let fields = fields.into_iter().filter_map(|(name, value)| {
            let value = utf8_percent_encode(value.as_ref()?, NON_ALPHANUMERIC);
            Some(format!("{name}={value}"))
        });
        let fields: Vec<String> = fields.collect();
        let path = match fields.is_empty() {
            true => base.to_owned(),
            false => format!("{base}?{}", fields.join("&")),
        };
        asked::with_moment(&path, self.moment)
    }
}

/// The contents of the page, of one state of the hub.
struct Seen {
    now: Timestamp,
    zone: Zone,
    definitions: Vec<Definition>,
    /// The indicators that have figures.
    reported: Vec<IndicatorCode>,
    /// The grids of those on this page.
    grids: Vec<Grid>,
    names: Names,
    pages: Pages,
    late: Vec<Missing>,
}

impl OfLocations for Seen {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let mut locations = self.grids.locations();
        locations.extend(self.late.locations());
        locations
    }
}

impl Seen {
    fn read(at: &Counted<'_>, asked: &Asked) -> Result<Unrecorded<Self>, AppError> {
        let reported = at.reported()?;
        let wanted = reported.iter();
        let wanted = wanted.filter(|code| asked.indicator.as_deref() == Some(code.as_str()));
        let mut wanted: Vec<IndicatorCode> = wanted.cloned().collect();
        if wanted.is_empty() {
            wanted.clone_from(&reported);
        }
        let counting = at.network().expected().count().max(1);
        let most = (CELLS_MAX / (counting * table::PERIODS_MAX)).max(1);
        let base = asked.address("/coverage");
        let (shown, pages) = pages_of(&wanted, asked.page, (&base, "page"), most);
        let mut grids = Vec::new();
        for code in &shown {
            let mut of_code = at.grids(code)?.unshown();
            of_code.sort_by_cached_key(|grid| grid.breakdown.order());
            grids.extend(of_code);
        }
        grids.retain(|grid| !grid.periods.is_empty());
        let names = Names::of(at.places());
        let location = asked.location.as_deref();
        if names.has(location) {
            for grid in &mut grids {
                grid.rows.retain(|code, _| Some(code.as_str()) == location);
            }
        }
        Ok(Unrecorded::new(Self {
            now: at.as_of.unwrap_or_else(clock::now),
            zone: at.zone(),
            definitions: newest_of_each(source::definitions(at)),
            late: match asked.moment {
                None => at.missing(None)?.unshown(),
                Some(_) => Vec::new(),
            },
            reported,
            grids,
            names,
            pages,
        }))
    }

    fn page(&self, frame: Frame, asked: &Asked) -> Page {
        let name = |code: &IndicatorCode| {
            let mut all = self.definitions.iter();
            let definition = all.find(|one| one.code == *code);
            definition.map_or_else(|| code.to_string(), |one| one.name.clone())
        };
        let indicators = self.reported.iter().map(|code| Choice {
            value: code.to_string(),
            label: name(code),
            chosen: asked.indicator.as_deref() == Some(code.as_str()),
        });
        Page {
            as_of: format!(
                "As of {}, {}",
                day_words(self.zone.day(self.now)),
                self.zone.told(self.now, self.now)
            ),
            lede: self.lede(),
            indicators: indicators.collect(),
            locations: self.names.choices(asked.location.as_deref()),
            keys: table::KEYS
                .iter()
                .map(|(mark, words)| (mark.svg(), *words))
                .collect(),
            tables: table::tables(
                &self.grids,
                (&self.definitions, &self.names),
                (asked.until, asked.moment),
            ),
            pages: self.pages.clone(),
            due: self.due(asked),
            csv: asked.address("/coverage.csv"),
            frame,
        }
    }

    /// The page's figures that were due by the calendars and did not come.
    fn due(&self, asked: &Asked) -> Vec<(String, String)> {
        let is =
            |wanted: &Option<String>, own: &str| wanted.as_ref().is_none_or(|wanted| wanted == own);
        let late = self.late.iter().filter(|one| {
            is(&asked.indicator, one.indicator.as_str())
                && is(&asked.location, one.location.as_str())
        });
        let lines = late.map(|one| {
            let periods: Vec<Period> = one.periods.iter().map(|due| due.period).collect();
            let place = self.names.location(&one.location);
            let what = format!("{place}, {}, {}:", one.name, why::span(&periods));
            let by = one.periods.first().filter(|_| one.is_late);
            let by = by.map_or_else(String::new, |due| format!(" Due by {}.", day_words(due.by)));
            (what, format!("{}{by}", sentence(&one.why.to_string())))
        });
        lines.take(DUE_MAX).collect()
    }

    /// The share of figures that are here, in one sentence.
    fn lede(&self) -> String {
        if self.grids.is_empty() {
            return "Nothing has been reported yet. A row for each location appears here with the \
                    first figure that one of them shares."
                .to_owned();
        }
        let (whole, all) = table::share(&self.grids);
        let part = match self.pages.are_several() {
            true => "Of the indicators below, ",
            false => "",
        };
        format!(
            "{part}{whole} of {} came in full. Each location is expected to report every period \
             that any location reported.",
            counted(all, "expected figure", "expected figures")
        )
    }
}

pub(super) async fn csv(
    web: Web,
    Query(asked): Query<asked::Asked>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    let asked = Asked::of(&asked)?;
    let indicator = asked.indicator.as_deref().map(str::parse).transpose();
    let location = asked.location.as_deref().map(str::parse).transpose();
    let (Ok(indicator), Ok(location)) = (indicator, location) else {
        return nothing(&web);
    };
    let query = RollupQuery {
        indicator,
        location,
        level: Some(LevelWord::Location),
        ..RollupQuery::default()
    };
    let of = (web.reading("/coverage.csv"), &headers);
    let kind = csv::Kind::Of(write);
    let asked = (asked.moment, move |_: &Counted<'_>| Ok(query));
    let file = csv::figures(&web, ("coverage", kind), asked, of).await;
    file.or_else(|why| match why {
        NoFile::App(AppError::UnknownIndicator { .. } | AppError::UnknownLocation { .. }) => {
            nothing(&web)
        }
        NoFile::App(error) => Err(error.into()),
        NoFile::Unknown(_) => nothing(&web),
    })
}

fn nothing(web: &Web) -> Result<Response, PageFailure> {
    let frame = Frame::national(web, "/coverage");
    let text = "No indicator or no location has this code. The address may be mistyped.";
    let links = vec![PageLink::new("/coverage", "Coverage")];
    frame.message(StatusCode::NOT_FOUND, "There is no such file", text, links)
}

/// Writes the rows of coverage, without their figures.
fn write(figures: &mut Figures<'_>, about: &About, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(MARK.as_bytes())?;
    let mut names = COVERAGE.names();
    names.push("notice");
    names.extend(about.as_of.map(|_| AS_OF));
    let mut file = CsvWriter::new(out, &names)?;
    for figure in figures {
        let mut cells = COVERAGE.cells(&figure?);
        cells.push(NOTICE.to_owned());
        cells.extend(about.as_of.map(Timestamp::rfc3339));
        file.row(cells)?;
    }
    file.finish()?;
    Ok(())
}

const COVERAGE: List<Figure> = List::new(&[
    Column::new("indicator_code", |one: &Figure| {
        one.cell.key.indicator.as_str().into()
    }),
    Column::new("breakdown", |one: &Figure| {
        (&*one.cell.key.breakdown.name()).into()
    }),
    Column::new("breakdown_value", |one: &Figure| {
        (&*one.cell.key.breakdown.value()).into()
    }),
    Column::new("period", |one: &Figure| Datum::text(one.cell.key.period)),
    Column::new("location_code", |one: &Figure| one.location().into()),
    Column::new("n_areas", |one: &Figure| one.cell.n_areas.into()),
    Column::new("n_areas_expected", |one: &Figure| {
        one.cell.n_areas_expected.into()
    }),
    Column::new("obs_status", |one: &Figure| one.cell.status.word().into()),
    Column::new("status_reason", |one: &Figure| {
        (&*one.cell.status_reason).into()
    }),
]);

/// Marks on one page, about.
const CELLS_MAX: usize = 6_000;
/// Lines of what was due.
const DUE_MAX: usize = 60;
