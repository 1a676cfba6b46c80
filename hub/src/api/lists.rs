//! The code lists: indicators, locations, areas, periods, and the words used in columns.

use axum::{extract::Path, http::HeaderMap, response::Response};
use weft_host::list::{Column, Datum, List};
use weft_shared::{
    id::LocationCode,
    model::{
        Audience,
        indicator::{
            Accountability, Class, Definition, Direction, IndicatorType, MappingKind, RollupRule,
        },
        observation::Status,
        profile::Area,
    },
    period::{Frequency, Period},
};

use super::{
    answer::{Format, csv, json},
    problem::Problem,
    query::Query,
    question::{Live, Question, Wanted},
    released,
};
use crate::app::LocationView;

/// Every version of every indicator definition.
#[utoipa::path(
    get, path = "/api/v1/indicators", tag = "lists",
    params(
        ("dataset" = Option<String>, Query, description = "Only of this dataset's release"),
        ("release" = Option<String>, Query, description = "Only of this release"),
        ("as_of" = Option<String>, Query, description = "Of the releases current then"),
        ("format" = Option<String>, Query, description = "csv or json"),
    ),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn indicators(wanted: Wanted) -> Result<Response, Problem> {
    let live = match wanted {
        Wanted::Released(question) => return released::indicators(&question).await,
        Wanted::Live(live) => live,
    };
    let ask = Ask::read(&live, "indicators")?;
    let definitions = live.app().read(|at| Ok(at.definitions())).await?;
    Ok(ask.answer(&INDICATOR, &definitions))
}

/// The locations of the network, by code.
#[utoipa::path(
    get, path = "/api/v1/locations", tag = "lists",
    params(
        ("dataset" = Option<String>, Query, description = "Only of this dataset's release"),
        ("release" = Option<String>, Query, description = "Only of this release"),
        ("as_of" = Option<String>, Query, description = "Of the releases current then"),
        ("format" = Option<String>, Query, description = "csv or json"),
    ),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn locations(wanted: Wanted) -> Result<Response, Problem> {
    let live = match wanted {
        Wanted::Released(question) => return released::locations(&question).await,
        Wanted::Live(live) => live,
    };
    let ask = Ask::read(&live, "locations")?;
    let locations = live.app().read(|at| at.locations()).await?;
    Ok(ask.answer(&LOCATION, &locations))
}

/// The areas of the locations, each with its first and last day.
#[utoipa::path(
    get, path = "/api/v1/areas", tag = "lists",
    params(
        ("dataset" = Option<String>, Query, description = "Only of this dataset's release"),
        ("release" = Option<String>, Query, description = "Only of this release"),
        ("as_of" = Option<String>, Query, description = "Of the releases current then"),
        ("format" = Option<String>, Query, description = "csv or json"),
    ),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn areas(wanted: Wanted) -> Result<Response, Problem> {
    let live = match wanted {
        Wanted::Released(question) => return released::areas(&question).await,
        Wanted::Live(live) => live,
    };
    let ask = Ask::read(&live, "areas")?;
    let places = live.app().read(|at| Ok(at.places())).await?.into_iter();
    let areas = places.flat_map(|(code, place)| {
        let areas = place.areas.into_iter();
        areas.map(move |area| (code.clone(), area))
    });
    Ok(ask.answer(&AREA, &areas.collect::<Vec<_>>()))
}

/// The periods that have figures.
#[utoipa::path(
    get, path = "/api/v1/periods", tag = "lists",
    params(
        ("dataset" = Option<String>, Query, description = "Only of this dataset's release"),
        ("release" = Option<String>, Query, description = "Only of this release"),
        ("as_of" = Option<String>, Query, description = "Of the releases current then"),
        ("format" = Option<String>, Query, description = "csv or json"),
    ),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn periods(wanted: Wanted) -> Result<Response, Problem> {
    let live = match wanted {
        Wanted::Released(question) => return released::periods(&question).await,
        Wanted::Live(live) => live,
    };
    let ask = Ask::read(&live, "periods")?;
    let periods = live.app().counted(|at| at.periods(None)).await?;
    let mut periods: Vec<Period> = periods.into_iter().collect();
    periods.sort_by_key(|period| period.frequency());
    Ok(ask.answer(&PERIOD, &periods))
}

/// The words of one list, with their meanings.
#[utoipa::path(
    get, path = "/api/v1/codes/{list}", tag = "lists",
    params(
        ("list" = String, Path, description = "The list's name, such as obs_status"),
        ("format" = Option<String>, Query, description = "csv or json"),
    ),
    responses(
        (status = 200, body = super::openapi::ListPage),
        (status = 404, description = "No such list; the problem names the lists",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn codes(Path(list): Path<String>, wanted: Wanted) -> Result<Response, Problem> {
    match wanted {
        Wanted::Released(question) => {
            let lists = LISTS.iter();
            let lists = lists.filter(|one| released::CODES.contains(&one.name));
            let known = named(&list, lists).map_err(Problem::of_releases)?;
            released::list(&question, known.name, (&WORD, (known.words)()))
        }
        Wanted::Live(live) => {
            let known = named(&list, LISTS.iter())?;
            Ok(Ask::read(&live, known.name)?.answer(&WORD, &(known.words)()))
        }
    }
}

fn named(
    name: &str,
    mut lists: impl Iterator<Item = &'static WordList> + Clone,
) -> Result<&'static WordList, Problem> {
    let all = lists.clone();
    lists.find(|known| known.name == name).ok_or_else(|| {
        let shown = crate::query::shown(name);
        let detail = format!("There is no list \"{shown}\".");
        Problem::not_found(detail, all.map(|known| known.name))
    })
}

/// The locations and areas in each figure of the network, by indicator and period: of releases.
#[utoipa::path(
    get, path = "/api/v1/coverage", tag = "releases",
    params(
        ("dataset" = Option<String>, Query, description = "Only of this dataset's release"),
        ("release" = Option<String>, Query, description = "Only of this release"),
        ("as_of" = Option<String>, Query, description = "Of the releases current then"),
        ("format" = Option<String>, Query, description = "csv or json"),
    ),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn coverage(question: Question) -> Result<Response, Problem> {
    released::coverage(&question).await
}

/// A request for a list, as all lists read and answer it.
pub(super) struct Ask<'a> {
    name: &'static str,
    format: Format,
    headers: &'a HeaderMap,
}

impl<'a> Ask<'a> {
    pub(super) fn read(live: &'a Live, name: &'static str) -> Result<Self, Problem> {
        Self::of(live, name, &["format"])
    }

    /// Reads a request for a list that has these parameters.
    pub(super) fn of(live: &'a Live, name: &'static str, known: &[&str]) -> Result<Self, Problem> {
        let query = Query::read(&live.uri, known)?;
        let headers = &live.headers;
        Ok(Self {
            name,
            format: Format::of(&query, headers, Format::OF_LISTS)?,
            headers,
        })
    }

    pub(super) fn answer<T>(&self, list: &List<T>, rows: &[T]) -> Response {
        match self.format {
            Format::Json => json(rows.iter().map(|row| list.json(row)), None, self.headers),
            Format::Csv | Format::Xlsx | Format::Parquet => {
                csv(self.name, list.csv(rows, false), self.headers)
            }
        }
    }
}

/// A word and its meaning.
type Word = (&'static str, &'static str);
/// An area of a location.
type InLocation = (LocationCode, Area);

/// A list of words.
struct WordList {
    name: &'static str,
    words: fn() -> Vec<Word>,
}

macro_rules! words_of {
    ($type:ty) => {
        || {
            <$type>::ALL
                .iter()
                .map(|one| (one.word(), one.label()))
                .collect()
        }
    };
}

const LISTS: &[WordList] = &[
    WordList {
        name: "accountability",
        words: words_of!(Accountability),
    },
    WordList {
        name: "audience",
        words: words_of!(Audience),
    },
    WordList {
        name: "class",
        words: words_of!(Class),
    },
    WordList {
        name: "conf_status",
        words: || CONF_STATUS.to_vec(),
    },
    WordList {
        name: "direction",
        words: words_of!(Direction),
    },
    WordList {
        name: "freq",
        words: || {
            Frequency::ALL
                .iter()
                .map(|f| (f.as_str(), f.example()))
                .collect()
        },
    },
    WordList {
        name: "level",
        words: || LEVEL.to_vec(),
    },
    WordList {
        name: "mapping",
        words: words_of!(MappingKind),
    },
    WordList {
        name: "obs_status",
        words: words_of!(Status),
    },
    WordList {
        name: "rollup",
        words: words_of!(RollupRule),
    },
    WordList {
        name: "type",
        words: words_of!(IndicatorType),
    },
];

const LEVEL: [(&str, &str); 2] = [
    ("location", "one location"),
    ("network", "all confirmed locations together"),
];
/// The words of SDMX; empty in every row of live figures, and stated in releases.
const CONF_STATUS: [(&str, &str); 2] = [
    (
        "C",
        "withheld to protect people, or suppressed by its publisher",
    ),
    ("F", "shown"),
];
const INDICATOR: List<Definition> = List::new(&[
    Column::new("indicator_code", |one: &Definition| {
        one.code.as_str().into()
    }),
    Column::new("definition_version", |one: &Definition| {
        u64::from(one.version).into()
    }),
    Column::new("indicator_name", |one: &Definition| {
        one.name.as_str().into()
    }),
    Column::new("indicator_name_mi", |one: &Definition| {
        one.name_mi.clone().into()
    }),
    Column::new("type", |one: &Definition| one.kind.word().into()),
    Column::new("unit", |one: &Definition| one.unit.as_str().into()),
    Column::new("value_unit", |one: &Definition| {
        one.measure().to_string().into()
    }),
    Column::new("numerator", |one: &Definition| one.numerator.clone().into()),
    Column::new("denominator", |one: &Definition| {
        one.denominator.clone().into()
    }),
    Column::new("factor", |one: &Definition| Datum::Json(one.factor.json())),
    Column::new("direction", |one: &Definition| one.direction.word().into()),
    Column::new("freq", |one: &Definition| one.period.as_str().into()),
    Column::new("accountability", |one: &Definition| {
        one.accountability.word().into()
    }),
    Column::new("class", |one: &Definition| one.class.word().into()),
    Column::new("rollup", |one: &Definition| one.rollup.word().into()),
    Column::new("person_level", |one: &Definition| one.person_level.into()),
    Column::new("breakdowns", |one: &Definition| {
        let breakdowns = one.breakdowns.iter();
        let breakdowns: Vec<String> = breakdowns
            .map(|(name, values)| format!("{name}={}", values.join("|")))
            .collect();
        breakdowns.join("; ").into()
    }),
    Column::new("source", |one: &Definition| one.source.clone().into()),
    Column::new("previous_version", |one: &Definition| {
        one.from.as_ref().map(|from| u64::from(from.version)).into()
    }),
    Column::new("mapping", |one: &Definition| {
        one.from.as_ref().map(|from| from.kind.word()).into()
    }),
    Column::new("mapping_reason", |one: &Definition| {
        one.from.as_ref().map(|from| from.reason.as_str()).into()
    }),
    Column::new("definition_hash", |one: &Definition| {
        one.hash().to_string().into()
    }),
]);
const LOCATION: List<LocationView> = List::new(&[
    Column::new("location_code", |one: &LocationView| {
        one.code.as_str().into()
    }),
    Column::new("location_name", |one: &LocationView| {
        one.name.as_str().into()
    }),
    Column::new("location_name_mi", |one: &LocationView| {
        one.name_mi.clone().into()
    }),
    Column::new("state", |one: &LocationView| one.state.as_str().into()),
    Column::new("n_areas", |one: &LocationView| one.areas.len().into()),
    Column::new("joined_at", |one: &LocationView| one.joined.into()),
    Column::new("last_received_at", |one: &LocationView| one.received.into()),
]);
const AREA: List<InLocation> = List::new(&[
    Column::new("area_code", |(_, area): &InLocation| {
        area.code.as_str().into()
    }),
    Column::new("area_name", |(_, area): &InLocation| {
        area.name.as_str().into()
    }),
    Column::new("location_code", |(code, _): &InLocation| {
        code.as_str().into()
    }),
    Column::new("valid_from", |(_, area): &InLocation| {
        area.from.map(|day| day.to_string()).into()
    }),
    Column::new("valid_to", |(_, area): &InLocation| {
        area.to.map(|day| day.to_string()).into()
    }),
]);
const PERIOD: List<Period> = List::new(&[
    Column::new("freq", |one: &Period| one.frequency().as_str().into()),
    Column::new("period", |one: &Period| one.to_string().into()),
    Column::new("period_start", |one: &Period| {
        one.start().to_string().into()
    }),
    Column::new("period_end", |one: &Period| one.end().to_string().into()),
]);
const WORD: List<Word> = List::new(&[
    Column::new("code", |(code, _): &Word| (*code).into()),
    Column::new("label", |(_, label): &Word| (*label).into()),
]);
