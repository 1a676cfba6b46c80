//! Lists of what is in releases: the current ones of all datasets, or those that a query names.

use std::collections::{BTreeMap, BTreeSet};

use axum::{http::header, response::Response};
use serde_json::{Value, json};
use weft_host::{
    answer::{put, tagged},
    list::{Column, List},
};
use weft_shared::{id::LocationCode, model::release::ReleaseId, release::ReleaseRow};

use super::{
    super::{answer::Format, problem::Problem, query::Query, question::Question},
    Catalogue, Which,
    filter::breakdown_of,
    held::Held,
    of_releases,
};
use crate::app::{OfLocations, Unrecorded};

/// The lists of words whose columns releases have.
pub(in crate::api) const CODES: [&str; 4] = ["conf_status", "freq", "level", "obs_status"];

/// Something that rows of a release name.
struct Listed {
    release: ReleaseId,
    /// The first row that names it.
    row: ReleaseRow,
    /// Its periods by their first days.
    periods: BTreeSet<(String, String)>,
    breakdowns: BTreeSet<String>,
    levels: BTreeSet<String>,
}

/// The texts of a row by which a list tells things apart; none if the row has no such thing.
type Key = fn(&ReleaseRow) -> Option<Vec<String>>;

/// The things of some releases, and the locations that contributed to those.
struct Found<T> {
    things: Vec<T>,
    contributors: BTreeSet<LocationCode>,
}

impl<T> OfLocations for Found<T> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        self.contributors.clone()
    }
}

/// The indicators of releases.
pub(in crate::api) async fn indicators(question: &Question) -> Result<Response, Problem> {
    let key: Key = |row| {
        let version = row.definition_version.map(|it| format!("{it:010}"));
        Some(vec![
            row.indicator_code.clone(),
            version.unwrap_or_default(),
        ])
    };
    named(question, "indicators", key, &INDICATOR).await
}

/// The locations of releases that have a row of their own.
pub(in crate::api) async fn locations(question: &Question) -> Result<Response, Problem> {
    let key: Key = |row| Some(vec![row.location_code.clone()?]);
    named(question, "locations", key, &LOCATION).await
}

/// The areas of releases: those that are alone in a row.
pub(in crate::api) async fn areas(question: &Question) -> Result<Response, Problem> {
    let key: Key = |row| {
        let location = row.location_code.clone().unwrap_or_default();
        Some(vec![row.area_code.clone()?, location])
    };
    named(question, "areas", key, &AREA).await
}

/// The periods of releases.
pub(in crate::api) async fn periods(question: &Question) -> Result<Response, Problem> {
    let key: Key = |row| {
        let (freq, start) = (row.freq.clone(), row.period_start.clone());
        Some(vec![freq, start, row.period.clone()])
    };
    named(question, "periods", key, &PERIOD).await
}

async fn named(
    question: &Question,
    name: &'static str,
    key: Key,
    list: &List<Listed>,
) -> Result<Response, Problem> {
    let of = move |release: &ReleaseId, held: &Held| listed(release, held, key);
    // Names are not records of locations.
    let (_, found) = found(question, of).await.map_err(Problem::of_releases)?;
    self::list(question, name, (list, found.unshown().things))
}

/// The coverage of the network's figures in releases.
pub(in crate::api) async fn coverage(question: &Question) -> Result<Response, Problem> {
    let found = found(question, covered)
        .await
        .map_err(Problem::of_releases)?;
    // The same list is the same row, in whatever words somebody asks for it.
    let (releases, found) = found;
    let reading = ("read released coverage", &*releases);
    let found = question.shown(reading, found).await;
    let found = found.map_err(Problem::of_releases)?;
    list(question, "coverage", (&COVERAGE, found.things))
}

/// Answers with a list of releases.
pub(in crate::api) fn list<T>(
    question: &Question,
    name: &str,
    (list, rows): (&List<T>, Vec<T>),
) -> Result<Response, Problem> {
    let query = Query::read(&question.uri, &PARAMETERS).map_err(Problem::of_releases)?;
    let json = || rows.iter().map(|row| list.json(row)).collect();
    file(question, (name, &query), json, || list.csv(&rows, false))
}

/// Answers with rows of what went out, in the format that a query asks for.
pub(in crate::api) fn file(
    question: &Question,
    (name, query): (&str, &Query),
    json_rows: impl FnOnce() -> Vec<Value>,
    csv: impl FnOnce() -> Vec<u8>,
) -> Result<Response, Problem> {
    let answer = || {
        let format = Format::of(query, &question.headers, Format::OF_LISTS)?;
        let (file, body) = match format {
            Format::Json => {
                let body = json!({ "data": json_rows(), "next": null }).to_string();
                (None, body.into_bytes())
            }
            _ => {
                let file = format!("attachment; filename=\"{name}.csv\"");
                (Some(file), csv())
            }
        };
        let headers = &question.headers;
        let mut response = tagged(headers, format.kind(), file.as_deref(), body);
        put(
            &mut response,
            header::LINK,
            "</openapi.json>; rel=\"describedby\"",
        );
        Ok(response)
    };
    of_releases(answer())
}

/// Makes things of each release that a query names.
async fn found<T: Send + 'static>(
    question: &Question,
    of: impl Fn(&ReleaseId, &Held) -> Vec<T> + Send + 'static,
) -> Result<(String, Unrecorded<Found<T>>), Problem> {
    let query = Query::read(&question.uri, &PARAMETERS)?;
    Format::of(&query, &question.headers, Format::OF_LISTS)?;
    let which = Which::read(&query)?;
    let found = question.look(move |out| {
        let catalogue = Catalogue::of(out)?;
        let mut found = Found {
            things: Vec::new(),
            contributors: BTreeSet::new(),
        };
        let mut releases = Vec::new();
        for view in which.each(&catalogue)? {
            releases.push(view.row.id.to_string());
            let held = out.held(view)?;
            found.things.extend(of(&view.row.id, &held));
            found.contributors.extend(held.contributors.iter().cloned());
        }
        let releases = weft_shared::text::listed(&releases, NAMED_MAX);
        Ok((format!("releases {releases}"), Unrecorded::new(found)))
    });
    // A list is small, and holds nothing of the releases that it was made from.
    Ok(found.await?.0)
}

fn listed(release: &ReleaseId, held: &Held, key: Key) -> Vec<Listed> {
    let mut things: BTreeMap<Vec<String>, Listed> = BTreeMap::new();
    for row in held.content.rows() {
        let Some(key) = key(row) else {
            continue;
        };
        let thing = things.entry(key).or_insert_with(|| Listed {
            release: release.clone(),
            row: row.clone(),
            periods: BTreeSet::new(),
            breakdowns: BTreeSet::new(),
            levels: BTreeSet::new(),
        });
        thing.breakdowns.insert(breakdown_of(row));
        thing.levels.insert(row.level.clone());
        let period = (row.period_start.clone(), row.period.clone());
        thing.periods.insert(period);
    }
    things.into_values().collect()
}

impl Listed {
    fn first(&self) -> &str {
        self.periods.first().map_or("", |(_, period)| period)
    }

    fn last(&self) -> &str {
        self.periods.last().map_or("", |(_, period)| period)
    }
}

/// The network's figures of one indicator and period, counted.
struct Covered {
    release: ReleaseId,
    /// The first of its rows.
    row: ReleaseRow,
    rows: u64,
    shown: u64,
    withheld: u64,
    partial: u64,
    /// The fewest and the most of the shown rows.
    locations: Option<(u32, u32)>,
    areas: Option<(u32, u32)>,
}

/// Counts the network's rows of a release. All of it is in the rows themselves, so it tells nothing
/// of a withheld one that the row does not.
fn covered(release: &ReleaseId, held: &Held) -> Vec<Covered> {
    let mut all: BTreeMap<_, Covered> = BTreeMap::new();
    for row in &held.content.network {
        let (code, version) = (&row.indicator_code, row.definition_version);
        let key = (code, version, &row.freq, &row.period_start, &row.period);
        let of = all.entry(key).or_insert_with(|| Covered {
            release: release.clone(),
            row: row.clone(),
            rows: 0,
            shown: 0,
            withheld: 0,
            partial: 0,
            locations: None,
            areas: None,
        });
        of.rows += 1;
        of.withheld += u64::from(row.conf_status == "C");
        if row.value.is_some() {
            of.shown += 1;
            let is_partial = row.n_locations.is_some_and(|it| it < row.n_expected)
                || row.n_areas.is_some_and(|it| it < row.n_areas_expected);
            of.partial += u64::from(is_partial);
            widen(&mut of.locations, row.n_locations);
            widen(&mut of.areas, row.n_areas);
        }
    }
    all.into_values().collect()
}

fn widen(range: &mut Option<(u32, u32)>, with: Option<u32>) {
    if let Some(with) = with {
        let (least, most) = range.unwrap_or((with, with));
        *range = Some((least.min(with), most.max(with)));
    }
}

/// The parameters of a list.
const PARAMETERS: [&str; 4] = ["dataset", "release", "as_of", "format"];

fn number(number: Option<u32>) -> weft_host::list::Datum {
    number.map(u64::from).into()
}

macro_rules! columns {
    ($of:ty: $($name:literal = |$one:ident| $datum:expr,)*) => {
        List::new(&[
            Column::new("dataset", |one: &$of| one.release.dataset.as_str().into()),
            Column::new("release", |one: &$of| one.release.number.to_string().into()),
            $(Column::new($name, |$one: &$of| $datum.into()),)*
        ])
    };
}

const INDICATOR: List<Listed> = columns!(Listed:
    "indicator_code" = |one| one.row.indicator_code.as_str(),
    "definition_version" = |one| number(one.row.definition_version),
    "indicator_name" = |one| one.row.indicator_name.as_str(),
    "indicator_name_mi" = |one| one.row.indicator_name_mi.clone(),
    "unit" = |one| one.row.unit.as_str(),
    "freq" = |one| one.row.freq.as_str(),
    "levels" = |one| joined(&one.levels),
    "breakdowns" = |one| joined(&one.breakdowns),
    "first_period" = |one| one.first(),
    "last_period" = |one| one.last(),
);
const LOCATION: List<Listed> = columns!(Listed:
    "location_code" = |one| one.row.location_code.clone(),
    "location_name" = |one| one.row.location_name.clone(),
    "first_period" = |one| one.first(),
    "last_period" = |one| one.last(),
);
const AREA: List<Listed> = columns!(Listed:
    "area_code" = |one| one.row.area_code.clone(),
    "area_name" = |one| one.row.area_name.clone(),
    "location_code" = |one| one.row.location_code.clone(),
);
const PERIOD: List<Listed> = columns!(Listed:
    "freq" = |one| one.row.freq.as_str(),
    "period" = |one| one.row.period.as_str(),
    "period_start" = |one| one.row.period_start.as_str(),
    "period_end" = |one| one.row.period_end.as_str(),
);
const COVERAGE: List<Covered> = columns!(Covered:
    "indicator_code" = |one| one.row.indicator_code.as_str(),
    "definition_version" = |one| number(one.row.definition_version),
    "freq" = |one| one.row.freq.as_str(),
    "period" = |one| one.row.period.as_str(),
    "period_start" = |one| one.row.period_start.as_str(),
    "period_end" = |one| one.row.period_end.as_str(),
    "rows" = |one| one.rows,
    "shown" = |one| one.shown,
    "withheld" = |one| one.withheld,
    "partial" = |one| one.partial,
    "n_locations_min" = |one| number(one.locations.map(|it| it.0)),
    "n_locations_max" = |one| number(one.locations.map(|it| it.1)),
    "n_expected" = |one| u64::from(one.row.n_expected),
    "n_areas_min" = |one| number(one.areas.map(|it| it.0)),
    "n_areas_max" = |one| number(one.areas.map(|it| it.1)),
    "n_areas_expected" = |one| u64::from(one.row.n_areas_expected),
);

fn joined(words: &BTreeSet<String>) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.join("; ")
}

/// Releases that a row of the ledger names.
const NAMED_MAX: usize = 8;

#[cfg(test)]
mod tests {
    use super::{super::held::tests::of, *};

    #[test]
    fn a_figure_is_partial_that_lacks_a_location_or_an_area() {
        let row = |locations: u32, areas: u32, is_shown: bool| {
            let mut row = super::super::held::tests::row();
            row.n_locations = Some(locations);
            row.n_areas = Some(areas);
            if !is_shown {
                row.value = None;
                row.conf_status = "C".to_owned();
            }
            row
        };
        let held = of(vec![
            row(4, 4, true),
            row(3, 4, true),
            row(4, 3, true),
            row(2, 2, false),
        ]);
        let id = "prevention/2026.1".parse().unwrap();
        let [of] = covered(&id, &held).try_into().ok().unwrap();
        assert_eq!((of.rows, of.shown, of.withheld, of.partial), (4, 3, 1, 2));
        // A withheld figure tells nothing of itself.
        assert_eq!((of.locations, of.areas), (Some((3, 4)), Some((3, 4))));
    }
}
