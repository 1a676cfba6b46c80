//! Locations: adding them, and confirming one that joined by comparing words.

use askama::Template;
use axum::{Form, extract::Path, response::Response};
use serde::Deserialize;
use weft_shared::{id::LocationCode, text::sentence};

use super::{
    Said, bad_id, mendable, missing,
    table::{Act, Table},
};
use crate::{
    app::{self, AppError, AreaWord, Confirmation, LOCATIONS, LocationState},
    pages::{
        Web,
        frame::{Frame, PageFailure, html},
    },
};

#[derive(Template)]
#[template(path = "admin/locations.html")]
struct Locations {
    frame: Frame,
    title: String,
    said: Said,
    table: Table,
    form: NewLocation,
}

/// The form that adds a location.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct NewLocation {
    #[serde(default)]
    code: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    name_mi: String,
    /// One per line: `FAR_NORTH=Far North District`.
    #[serde(default)]
    areas: String,
}

pub(super) async fn list(web: Web) -> Result<Response, PageFailure> {
    show(&web, Said::default(), NewLocation::default()).await
}

async fn show(web: &Web, said: Said, form: NewLocation) -> Result<Response, PageFailure> {
    let found = web.app.read(|at| Ok((at.locations()?, at.zone())));
    let (locations, zone) = found.await?;
    let page = Locations {
        frame: Frame::administration(web, "/"),
        title: said.title("Locations"),
        table: Table::of(
            (
                "Table of locations",
                "Locations in the order of their codes",
            ),
            &LOCATIONS,
            &locations,
            &zone,
            Some(&|location| {
                let code = &location.code;
                let confirm = Act::Link {
                    path: format!("/locations/{code}/confirm"),
                    label: format!("Compare words and confirm {code}"),
                };
                let waits = location.state == LocationState::Unconfirmed;
                waits.then_some(confirm).into_iter().collect()
            }),
        ),
        said,
        form,
    };
    html(page.said.status(), &page)
}

pub(super) async fn add(web: Web, Form(form): Form<NewLocation>) -> Result<Response, PageFailure> {
    let code = match LocationCode::parse(form.code.trim()) {
        Ok(code) => code,
        Err(error) => return show(&web, bad_id("code", &error), form).await,
    };
    let lines = form
        .areas
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let areas: Result<Vec<AreaWord>, String> = lines.map(AreaWord::parse).collect();
    let areas = match areas {
        Ok(areas) => areas,
        Err(text) => {
            let said = Said::problem("areas", sentence(&text));
            return show(&web, said, form).await;
        }
    };
    let name_mi = Some(form.name_mi.trim()).filter(|name| !name.is_empty());
    let planned = web.app.plan_location(app::Said {
        code: code.clone(),
        name: form.name.clone(),
        name_mi: name_mi.map(str::to_owned),
        areas,
        aliases: Vec::new(),
        since: None,
        ends: false,
    });
    let taken = |code: &LocationCode| {
        let text = format!(
            "There is a location {code} already. To change its names or areas: weft-hub location \
             add {code} --name NAME --area CODE=NAME --from DAY."
        );
        Said::problem("code", text)
    };
    let said = match planned {
        Ok(plan) if plan.exists => taken(&code),
        Err(AppError::AreasNeedDay { .. }) => taken(&code),
        Ok(plan) => match web.app.put_location(plan).await {
            Ok(()) => return Ok(web.see("/")),
            // Somebody else was quicker with this code.
            Err(AppError::NetworkMoved { .. }) => taken(&code),
            Err(error) => mendable(error, "name")?,
        },
        Err(error) => mendable(error, "name")?,
    };
    show(&web, said, form).await
}

#[derive(Template)]
#[template(path = "admin/confirm.html")]
struct Confirm {
    frame: Frame,
    title: String,
    said: Said,
    code: String,
    name: String,
}

/// The form that confirms a location.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Heard {
    #[serde(default)]
    words: String,
}

pub(super) async fn compare(web: Web, Path(code): Path<String>) -> Result<Response, PageFailure> {
    let (location, confirmation) = match joined(&web, &code).await? {
        Ok(joined) => joined,
        Err(nothing) => return Ok(nothing),
    };
    match confirmation.waits(&location.0)? {
        true => ask(&web, &location, Said::default()),
        false => nothing_to_confirm(&web, CONFIRMED),
    }
}

/// The words are not shown here: a person who must type what the steward reads out cannot just nod.
pub(super) async fn confirm(
    web: Web,
    Path(code): Path<String>,
    Form(heard): Form<Heard>,
) -> Result<Response, PageFailure> {
    let (location, confirmation) = match joined(&web, &code).await? {
        Ok(joined) => joined,
        Err(nothing) => return Ok(nothing),
    };
    if let Err(error) = confirmation.compare(&location.0, &heard.words) {
        return ask(&web, &location, mendable(error, "words")?);
    }
    if !confirmation.waits(&location.0)? {
        return nothing_to_confirm(&web, CONFIRMED);
    }
    web.app.confirm_location(&location.0).await?;
    Ok(web.see("/"))
}

/// A location's code and name.
type Named = (LocationCode, String);

/// A location that a device has joined, with its words; or the answer if none has.
async fn joined(
    web: &Web,
    code: &str,
) -> Result<Result<(Named, Confirmation), Response>, PageFailure> {
    let code = code.to_owned();
    let found = web.app.read(move |at| {
        let Ok(code) = LocationCode::parse(&code) else {
            return Ok(None);
        };
        let Some(place) = at.place(&code) else {
            return Ok(None);
        };
        let confirmation = at.confirmation(&code)?;
        Ok(Some(((code, place.name), confirmation)))
    });
    let text = match found.await? {
        None => "The network has no location of this code.".to_owned(),
        Some((location, confirmation)) => match confirmation.waits(&location.0) {
            Ok(_) => return Ok(Ok((location, confirmation))),
            Err(error) => sentence(&error.to_string()),
        },
    };
    nothing_to_confirm(web, &text).map(Err)
}

fn nothing_to_confirm(web: &Web, text: &str) -> Result<Response, PageFailure> {
    let links = [("/", "Locations"), ("/invites", "Invites")];
    missing(web, "There is nothing to confirm", text, &links)
}

const CONFIRMED: &str = "This location was confirmed before.";

fn ask(web: &Web, (code, name): &Named, said: Said) -> Result<Response, PageFailure> {
    let page = Confirm {
        frame: Frame::administration(web, ""),
        title: said.title("Confirm a location"),
        code: code.to_string(),
        name: name.clone(),
        said,
    };
    html(page.said.status(), &page)
}
