//! The code lists: indicators, locations, areas, periods, and the words used in columns.

use std::collections::BTreeMap;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, Uri},
    response::Response,
};
use serde_json::{Value, json};
use weft_shared::{
    model::{
        Audience,
        indicator::{
            Accountability, Class, Definition, Direction, IndicatorType, MappingKind, RollupRule,
        },
        observation::Status,
    },
    period::Frequency,
};

use super::{
    Api,
    answer::{Format, Table},
    problem::Problem,
    query::Query,
};
use crate::figures::{RollupQuery, source};

/// Every version of every indicator definition.
#[utoipa::path(
    get, path = "/api/v1/indicators", tag = "lists",
    params(("format" = Option<String>, Query, description = "csv or json")),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn indicators(
    State(api): State<Api>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let ask = Ask::read(&headers, &uri, "indicators")?;
    let definitions = api.app.definitions().await?;
    let rows: Vec<Value> = definitions.iter().map(indicator).collect();
    Ok(ask.answer(INDICATOR, &rows))
}

/// The locations of the network, by code.
#[utoipa::path(
    get, path = "/api/v1/locations", tag = "lists",
    params(("format" = Option<String>, Query, description = "csv or json")),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn locations(
    State(api): State<Api>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let ask = Ask::read(&headers, &uri, "locations")?;
    let locations = api.app.locations().await?;
    let rows: Vec<Value> = locations
        .iter()
        .map(|location| {
            json!({
                "location_code": location.code.as_str(),
                "location_name": location.name,
                "location_name_mi": location.name_mi,
                "state": location.state.as_str(),
                "n_areas": location.areas.len(),
                "joined_at": location.joined,
                "last_received_at": location.received,
            })
        })
        .collect();
    Ok(ask.answer(LOCATION, &rows))
}

/// The areas of the locations, each with its first and last day.
#[utoipa::path(
    get, path = "/api/v1/areas", tag = "lists",
    params(("format" = Option<String>, Query, description = "csv or json")),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn areas(
    State(api): State<Api>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let ask = Ask::read(&headers, &uri, "areas")?;
    let locations = api.app.locations().await?;
    let areas = locations
        .iter()
        .flat_map(|location| location.areas.iter().map(move |area| (location, area)));
    let rows: Vec<Value> = areas
        .map(|(location, area)| {
            json!({
                "area_code": area.code.as_str(),
                "area_name": area.name,
                "location_code": location.code.as_str(),
                "valid_from": area.from.map(|day| day.to_string()),
                "valid_to": area.to.map(|day| day.to_string()),
            })
        })
        .collect();
    Ok(ask.answer(AREA, &rows))
}

/// The periods that have figures.
#[utoipa::path(
    get, path = "/api/v1/periods", tag = "lists",
    params(("format" = Option<String>, Query, description = "csv or json")),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn periods(
    State(api): State<Api>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let ask = Ask::read(&headers, &uri, "periods")?;
    let figures = source::figures(&api.app, RollupQuery::default()).await?;
    let figures = figures.unshown();
    let periods: BTreeMap<_, _> = figures
        .iter()
        .filter_map(|figure| figure.period())
        .map(|period| ((period.frequency(), period), period))
        .collect();
    let rows: Vec<Value> = periods
        .values()
        .map(|period| {
            json!({
                "freq": period.frequency().as_str(),
                "period": period.to_string(),
                "period_start": period.start().to_string(),
                "period_end": period.end().to_string(),
            })
        })
        .collect();
    Ok(ask.answer(PERIOD, &rows))
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
pub(super) async fn codes(
    Path(list): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let Some(known) = LISTS.iter().find(|known| known.name == list) else {
        let shown: String = list.chars().take(super::query::SHOWN_MAX).collect();
        return Err(Problem::not_found(
            format!("There is no list \"{shown}\"."),
            LISTS.iter().map(|known| known.name),
        ));
    };
    let ask = Ask::read(&headers, &uri, known.name)?;
    let rows: Vec<Value> = (known.words)()
        .into_iter()
        .map(|(code, label)| json!({"code": code, "label": label}))
        .collect();
    Ok(ask.answer(&["code", "label"], &rows))
}

/// A request for a list, as all lists read and answer it.
struct Ask<'a> {
    name: &'static str,
    format: Format,
    headers: &'a HeaderMap,
}

impl<'a> Ask<'a> {
    fn read(headers: &'a HeaderMap, uri: &Uri, name: &'static str) -> Result<Self, Problem> {
        let query = Query::read(uri, &["format"])?;
        let format = Format::of(&query, headers)?;
        Ok(Self {
            name,
            format,
            headers,
        })
    }

    fn answer(&self, columns: &[&str], rows: &[Value]) -> Response {
        let table = Table {
            name: self.name,
            columns,
            rows,
            next: None,
        };
        table.answer(self.format, self.headers)
    }
}

fn indicator(one: &Definition) -> Value {
    let breakdowns: Vec<String> = one
        .breakdowns
        .iter()
        .map(|(name, values)| format!("{name}={}", values.join("|")))
        .collect();
    json!({
        "indicator_code": one.code.as_str(),
        "definition_version": one.version,
        "indicator_name": one.name,
        "indicator_name_mi": one.name_mi,
        "type": one.kind.word(),
        "unit": one.unit,
        "value_unit": one.measure().to_string(),
        "numerator": one.numerator,
        "denominator": one.denominator,
        "factor": one.factor.json(),
        "direction": one.direction.word(),
        "freq": one.period.as_str(),
        "accountability": one.accountability.word(),
        "class": one.class.word(),
        "rollup": one.rollup.word(),
        "person_level": one.person_level,
        "breakdowns": breakdowns.join("; "),
        "source": one.source,
        "previous_version": one.from.as_ref().map(|from| from.version),
        "mapping": one.from.as_ref().map(|from| from.kind.word()),
        "mapping_reason": one.from.as_ref().map(|from| from.reason.as_str()),
        "definition_hash": one.hash().to_string(),
    })
}

/// A list of words.
struct List {
    name: &'static str,
    words: fn() -> Vec<(&'static str, &'static str)>,
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

const LISTS: &[List] = &[
    List {
        name: "accountability",
        words: words_of!(Accountability),
    },
    List {
        name: "audience",
        words: words_of!(Audience),
    },
    List {
        name: "class",
        words: words_of!(Class),
    },
    List {
        name: "conf_status",
        words: || CONF_STATUS.to_vec(),
    },
    List {
        name: "direction",
        words: words_of!(Direction),
    },
    List {
        name: "freq",
        words: || {
            Frequency::ALL
                .iter()
                .map(|f| (f.as_str(), f.example()))
                .collect()
        },
    },
    List {
        name: "level",
        words: || LEVEL.to_vec(),
    },
    List {
        name: "mapping",
        words: words_of!(MappingKind),
    },
    List {
        name: "obs_status",
        words: words_of!(Status),
    },
    List {
        name: "rollup",
        words: words_of!(RollupRule),
    },
    List {
        name: "type",
        words: words_of!(IndicatorType),
    },
];

const LEVEL: [(&str, &str); 2] = [
    ("location", "one location"),
    ("network", "all confirmed locations together"),
];
/// The words of SDMX; empty in every row until disclosure is controlled here.
const CONF_STATUS: [(&str, &str); 4] = [
    ("D", "secondary confidentiality set by the location"),
    ("F", "free"),
    ("A", "primary confidentiality due to small counts"),
    ("S", "secondary confidentiality set by the hub"),
];
const INDICATOR: &[&str] = &[
    "indicator_code",
    "definition_version",
    "indicator_name",
    "indicator_name_mi",
    "type",
    "unit",
    "value_unit",
    "numerator",
    "denominator",
    "factor",
    "direction",
    "freq",
    "accountability",
    "class",
    "rollup",
    "person_level",
    "breakdowns",
    "source",
    "previous_version",
    "mapping",
    "mapping_reason",
    "definition_hash",
];
const LOCATION: &[&str] = &[
    "location_code",
    "location_name",
    "location_name_mi",
    "state",
    "n_areas",
    "joined_at",
    "last_received_at",
];
const AREA: &[&str] = &[
    "area_code",
    "area_name",
    "location_code",
    "valid_from",
    "valid_to",
];
const PERIOD: &[&str] = &["freq", "period", "period_start", "period_end"];
