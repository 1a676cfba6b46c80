//! `/definitions`: the meaning of figures, and the locations that use each version.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use weft_shared::{id::IndicatorCode, model::indicator::Definition};

use super::{
    Web,
    csv::CsvDownload,
    frame::{Frame, PageFailure, html},
    indicator::meaning,
};
use crate::figures::source;

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
    let frame = Frame::national(&web.app, "/definitions").await?;
    let (definitions, users) = read(&web).await?;
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
    let (definitions, users) = read(&web).await?;
    let mut csv = CsvDownload::new(
        "definitions",
        &[
            "code",
            "version",
            "name",
            "name_mi",
            "type",
            "unit",
            "numerator",
            "denominator",
            "factor",
            "direction",
            "period",
            "source",
            "previous_version",
            "mapping",
            "reason",
            "locations",
            "hash",
        ],
    );
    for one in &definitions {
        let from = one.from.as_ref();
        csv.row([
            one.code.to_string(),
            one.version.to_string(),
            one.name.clone(),
            one.name_mi.clone().unwrap_or_default(),
            one.kind.word().to_owned(),
            one.unit.clone(),
            one.numerator.clone().unwrap_or_default(),
            one.denominator.clone().unwrap_or_default(),
            one.factor.to_string(),
            one.direction.word().to_owned(),
            one.period.as_str().to_owned(),
            one.source.clone().unwrap_or_default(),
            from.map_or_else(String::new, |from| from.version.to_string()),
            from.map_or_else(String::new, |from| from.kind.word().to_owned()),
            from.map_or_else(String::new, |from| from.reason.clone()),
            users_of(&users, one),
            one.hash().to_string(),
        ]);
    }
    Ok(csv.answer(&headers))
}

/// Locations by the code and version of the definition that their figures follow.
type Users = BTreeMap<(IndicatorCode, u32), BTreeSet<String>>;

async fn read(web: &Web) -> Result<(Vec<Definition>, Users), PageFailure> {
    let mut definitions = web.app.definitions()?;
    definitions.sort_by(|a, b| (&a.code, a.version).cmp(&(&b.code, b.version)));
    // Only which locations have figures, and none of these.
    let figures = source::of_locations(&web.app).await?.unshown();
    let mut users = Users::new();
    for figure in figures {
        if let Some(version) = figure.cell.labels.definition_version {
            let location = figure.location().to_owned();
            let of_version = users.entry((figure.cell.key.indicator, version));
            of_version.or_default().insert(location);
        }
    }
    Ok((definitions, users))
}

fn users_of(users: &Users, one: &Definition) -> String {
    let key = (one.code.clone(), one.version);
    users.get(&key).map_or_else(
        || "no location".to_owned(),
        |codes| {
            codes
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        },
    )
}
