//! `/definitions`: the meaning of figures, and the locations that use each version.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::{
    extract::Query,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use weft_host::list::{Column, Datum, List};
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::indicator::{Definition, Settings},
};

use super::{
    Web,
    asked::Asked,
    csv,
    frame::{Frame, PageFailure, html},
    indicators::pages_of,
    meaning::meaning,
    search::{Search, address},
    words::Pages,
};
use crate::app::{AppError, Counted, OfLocations, Unrecorded};

#[derive(Template)]
#[template(path = "definitions.html")]
struct Page {
    frame: Frame,
    lede: String,
    search: String,
    definitions: Vec<Shown>,
    pages: Pages,
}

/// One version of a definition.
struct Shown {
    anchor: String,
    code: String,
    page: String,
    version: u32,
    name: String,
    name_mi: Option<String>,
    /// The locations whose figures follow it.
    users: String,
    facts: Vec<(&'static str, String)>,
}

pub(super) async fn page(web: Web, Query(asked): Query<Asked>) -> Result<Response, PageFailure> {
    let frame = Frame::national(&web, "/definitions");
    let search = Search::of(asked.get("q"));
    let page = asked.get("page").and_then(|text| text.parse().ok());
    let base = address("/definitions", &[("q", search.typed())]);
    let words = search.clone();
    let found = web.app.counted(move |at| {
        let (mut users, definitions) = read(at)?.unshown();
        let names = at.places().into_iter();
        let names: Names = names.map(|(code, place)| (code, place.name)).collect();
        let all = definitions.len();
        let fitting = definitions.into_iter().filter(|one| fits(one, &words));
        let fitting: Vec<Definition> = fitting.collect();
        let (shown, pages) = pages_of(&fitting, page.unwrap_or(1), (&base, "page"), ROWS_MAX);
        users.retain(|(code, version), _| {
            let mut shown = shown.iter();
            shown.any(|one| (&one.code, one.version) == (code, *version))
        });
        let settings = at.definition_settings();
        let shown = (shown, settings, pages, all, names);
        Ok(Unrecorded::new((users, shown)))
    });
    let reading = web.reading("/definitions");
    let (users, (definitions, settings, pages, all, names)) =
        web.app.shown(reading, found.await?).await?;
    let mut seen = BTreeSet::new();
    let shown = definitions.iter().map(|one| Shown {
        // Links lead to a code, so its first version has the anchor of all.
        anchor: match seen.insert(one.code.clone()) {
            true => one.code.to_string(),
            false => format!("{}-{}", one.code, one.version),
        },
        code: one.code.to_string(),
        page: format!("/indicators/{}", one.code),
        version: one.version,
        name: one.name.clone(),
        name_mi: one.name_mi.clone(),
        users: users_of(&users, one, |code| names.get(code).cloned()),
        facts: facts(one, settings.get(&one.key())),
    });
    let page = Page {
        definitions: shown.collect(),
        lede: match all {
            0 => "The network has no definitions yet. They are imported in the administration, or \
                  with: weft-hub definitions import FILE"
                .to_owned(),
            _ => "Each value refers to the definition under which it was stated. Values under two \
                  versions are added only if the newer version says that both measure the same, \
                  or nearly the same. Such a figure is flagged."
                .to_owned(),
        },
        search: search.typed().to_owned(),
        pages,
        frame,
    };
    html(StatusCode::OK, &page)
}

/// The names of locations.
type Names = BTreeMap<LocationCode, String>;

fn fits(one: &Definition, words: &Search) -> bool {
    let names = [one.code.as_str(), &one.name];
    words.finds(names.into_iter().chain(one.name_mi.as_deref()))
}

fn facts(one: &Definition, settings: Option<&Settings>) -> Vec<(&'static str, String)> {
    let mut facts = meaning(one);
    let breakdowns = one.breakdowns.iter();
    let breakdowns: Vec<_> = breakdowns
        .map(|(name, values)| format!("{name}: {}", values.join(", ").replace('*', "any value")))
        .collect();
    if !breakdowns.is_empty() {
        facts.push(("Reported for", breakdowns.join("; ")));
    }
    let person = if one.person_level {
        "people, so small counts matter"
    } else {
        "no people"
    };
    facts.push(("Counts", person.to_owned()));
    facts.extend(one.licence.clone().map(|text| ("Licence", text)));
    let words = settings.map(Settings::words).unwrap_or_default();
    let words = words
        .iter()
        .map(|(one, text)| format!("{}: {text}", one.label()));
    let words: Vec<String> = words.collect();
    if !words.is_empty() {
        facts.push(("Settings", words.join("; ")));
    }
    facts
}

pub(super) async fn csv(web: Web, headers: HeaderMap) -> Result<Response, PageFailure> {
    let found = web.app.counted(read).await?;
    let reading = web.reading("/definitions.csv");
    let (users, definitions) = web.app.shown(reading, found).await?;
    let rows = definitions.into_iter().map(|one| {
        let users = users_of(&users, &one, |_| None);
        (one, users)
    });
    let rows: Vec<Used> = rows.collect();
    Ok(csv::list("definitions", &DEFINITIONS, &rows, &headers))
}

/// A definition, and the locations whose figures follow it.
type Used = (Definition, String);

const DEFINITIONS: List<Used> = List::new(&[
    Column::new("code", |(one, _): &Used| one.code.as_str().into()),
    Column::new("version", |(one, _): &Used| u64::from(one.version).into()),
    Column::new("name", |(one, _): &Used| (&*one.name).into()),
    Column::new("name_mi", |(one, _): &Used| one.name_mi.clone().into()),
    Column::new("type", |(one, _): &Used| one.kind.word().into()),
    Column::new("unit", |(one, _): &Used| (&*one.unit).into()),
    Column::new("numerator", |(one, _): &Used| one.numerator.clone().into()),
    Column::new("denominator", |(one, _): &Used| {
        one.denominator.clone().into()
    }),
    Column::new("factor", |(one, _): &Used| Datum::text(one.factor)),
    Column::new("direction", |(one, _): &Used| one.direction.word().into()),
    Column::new("period", |(one, _): &Used| one.period.as_str().into()),
    Column::new("source", |(one, _): &Used| one.source.clone().into()),
    Column::new("previous_version", |(one, _): &Used| {
        one.from.as_ref().map(|from| u64::from(from.version)).into()
    }),
    Column::new("mapping", |(one, _): &Used| {
        one.from.as_ref().map(|from| from.kind.word()).into()
    }),
    Column::new("reason", |(one, _): &Used| {
        one.from.as_ref().map(|from| &*from.reason).into()
    }),
    Column::new("locations", |(_, users): &Used| (&**users).into()),
    Column::new("hash", |(one, _): &Used| Datum::text(one.hash())),
]);

/// Locations by the code and version of the definition that their figures follow.
type Users = BTreeMap<(IndicatorCode, u32), BTreeSet<LocationCode>>;

impl OfLocations for Users {
    fn locations(&self) -> BTreeSet<LocationCode> {
        self.values().flatten().cloned().collect()
    }
}

fn read(at: &Counted<'_>) -> Result<Unrecorded<(Users, Vec<Definition>)>, AppError> {
    let mut definitions = at.definitions();
    definitions.sort_by(|a, b| (&a.code, a.version).cmp(&(&b.code, b.version)));
    let mut users = Users::new();
    for (indicator, version, location) in at.users()? {
        let of_version = users.entry((indicator, version));
        of_version.or_default().insert(location);
    }
    Ok(Unrecorded::new((users, definitions)))
}

/// Names the locations whose figures follow a version.
fn users_of(
    users: &Users,
    one: &Definition,
    name: impl Fn(&LocationCode) -> Option<String>,
) -> String {
    let key = (one.code.clone(), one.version);
    let Some(codes) = users.get(&key) else {
        return "no location".to_owned();
    };
    let names = codes.iter();
    let names = names.map(|code| name(code).unwrap_or_else(|| code.to_string()));
    names.collect::<Vec<_>>().join(", ")
}

/// Versions on one page.
const ROWS_MAX: usize = 60;
