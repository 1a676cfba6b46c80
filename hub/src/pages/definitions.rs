//! `/definitions`: the meaning of figures, and the locations that use each version.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use weft_host::list::{Column, Datum, List};
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::indicator::Definition,
};

use super::{
    Web, csv,
    frame::{Frame, PageFailure, html},
    meaning::meaning,
};
use crate::app::{AppError, Counted, OfLocations, Reading, Unrecorded};

#[derive(Template)]
#[template(path = "definitions.html")]
struct Page {
    frame: Frame,
    definitions: Vec<Shown>,
}

/// One version of a definition.
struct Shown {
    anchor: String,
    code: String,
    version: u32,
    name: String,
    name_mi: Option<String>,
    facts: Vec<(&'static str, String)>,
}

pub(super) async fn page(State(web): State<Web>) -> Result<Response, PageFailure> {
    let frame = Frame::national(&web.app, "/definitions");
    let found = web.app.counted(read).await?;
    let reading = Reading::page("/definitions");
    let (users, definitions) = web.app.shown(reading, found).await?;
    let mut seen = BTreeSet::new();
    let shown = definitions.iter().map(|one| {
        let mut facts = meaning(one);
        let breakdowns = one.breakdowns.iter();
        let breakdowns: Vec<_> = breakdowns
            .map(|(name, values)| {
                format!("{name}: {}", values.join(", ").replace('*', "any value"))
            })
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
        facts.push(("In the figures of", users_of(&users, one)));
        facts.push(("Hash", one.hash().to_string().chars().take(16).collect()));
        Shown {
            // Links lead to a code, so its first version has the anchor of all.
            anchor: match seen.insert(one.code.clone()) {
                true => one.code.to_string(),
                false => format!("{}-{}", one.code, one.version),
            },
            code: one.code.to_string(),
            version: one.version,
            name: one.name.clone(),
            name_mi: one.name_mi.clone(),
            facts,
        }
    });
    let page = Page {
        definitions: shown.collect(),
        frame,
    };
    html(StatusCode::OK, &page)
}

pub(super) async fn csv(
    State(web): State<Web>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    let found = web.app.counted(read).await?;
    let reading = Reading::page("/definitions.csv");
    let (users, definitions) = web.app.shown(reading, found).await?;
    let rows = definitions.into_iter().map(|one| {
        let users = users_of(&users, &one);
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

fn users_of(users: &Users, one: &Definition) -> String {
    let key = (one.code.clone(), one.version);
    users.get(&key).map_or_else(
        || "no location".to_owned(),
        |codes| {
            codes
                .iter()
                .map(LocationCode::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        },
    )
}
