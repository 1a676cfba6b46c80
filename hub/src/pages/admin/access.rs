//! Invites, devices and tokens.

use askama::Template;
use axum::{Form, extract::Path, http::StatusCode, response::Response};
use serde::Deserialize;
use weft_shared::{
    id::LocationCode,
    identity::{INVITE_DAYS_MAX, invite_life_ms},
    text::sentence,
};

use super::{
    Said, Sure, bad_id, mendable, missing,
    table::{Act, Table},
};
use crate::{
    app::{AppError, DEVICES, DeviceState, DeviceView, HUB, INVITES, TOKENS},
    pages::{
        Web,
        frame::{Frame, PageFailure, html},
    },
};

#[derive(Template)]
#[template(path = "admin/invites.html")]
struct Invites {
    frame: Frame,
    title: String,
    said: Said,
    table: Table,
    /// Locations that no device has joined yet: code and name.
    open: Vec<(String, String)>,
    /// Those that have joined.
    joined: Vec<(String, String)>,
    days_max: i64,
}

/// The form that makes an invite.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct NewInvite {
    #[serde(default)]
    code: String,
    #[serde(default)]
    days: String,
    /// [`YES`] for a way back.
    #[serde(default)]
    way_back: String,
}

const YES: &str = "yes";

/// A form that names one thing by its number.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Numbered {
    #[serde(default)]
    number: String,
}

/// A form that names one thing by its name.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Named {
    #[serde(default)]
    name: String,
}

pub(super) async fn invites(web: Web) -> Result<Response, PageFailure> {
    show_invites(&web, Said::default()).await
}

async fn show_invites(web: &Web, said: Said) -> Result<Response, PageFailure> {
    let found = web
        .app
        .read(|at| Ok((at.invites()?, at.not_joined()?, at.names(), at.zone())));
    let (mut rows, open, names, zone) = found.await?;
    rows.reverse();
    let open = open
        .into_iter()
        .map(|(code, name)| (code.to_string(), name));
    let open: Vec<(String, String)> = open.collect();
    let all = names
        .iter()
        .map(|(code, name)| (code.clone(), name.clone()));
    let joined = all.filter(|one| open.iter().all(|(code, _)| *code != one.0));
    let joined: Vec<(String, String)> = joined.collect();
    let page = Invites {
        frame: Frame::administration(web, "/invites"),
        title: said.title("Invites"),
        table: Table::of(
            ("Table of invites", "Founding invites, newest first"),
            &INVITES,
            &rows,
            &zone,
            Some(&|row| {
                let revoke = Act::Post {
                    path: "/invites/revoke".to_owned(),
                    field: Some(("number", row.number.to_string())),
                    label: format!("Revoke invite {}", row.number),
                };
                (row.state == "open")
                    .then_some(revoke)
                    .into_iter()
                    .collect()
            }),
        )
        .naming("Location", &names, |_| true),
        joined,
        open,
        days_max: INVITE_DAYS_MAX,
        said,
    };
    html(page.said.status(), &page)
}

pub(super) async fn create_invite(
    web: Web,
    Form(form): Form<NewInvite>,
) -> Result<Response, PageFailure> {
    let life_ms = invite_life_ms(form.days.trim());
    let said = match (LocationCode::parse(form.code.trim()), life_ms) {
        (Err(error), _) => bad_id("code", &error),
        (_, Err(text)) => Said::problem("days", sentence(&text)),
        (Ok(code), Ok(life_ms)) => {
            let (made, what) = match form.way_back == YES {
                true => (
                    web.app.create_way_back(&code, life_ms).await,
                    "Way back for",
                ),
                false => (web.app.create_invite(&code, life_ms).await, "Invite for"),
            };
            match made {
                Ok(line) => Said::secret(
                    format!("{what} {code}. Give this line to its steward; it is shown this once:"),
                    line,
                ),
                Err(error) => mendable(error, "code")?,
            }
        }
    };
    show_invites(&web, said).await
}

pub(super) async fn revoke_invite(
    web: Web,
    Form(form): Form<Numbered>,
) -> Result<Response, PageFailure> {
    match web.app.revoke_named(&form.number).await {
        Ok(_) => Ok(web.see("/invites")),
        Err(error) => show_invites(&web, mendable(error, "revoke")?).await,
    }
}

#[derive(Template)]
#[template(path = "admin/devices.html")]
struct Devices {
    frame: Frame,
    table: Table,
}

pub(super) async fn devices(web: Web) -> Result<Response, PageFailure> {
    let found = web
        .app
        .read(|at| Ok((at.devices()?, at.names(), at.zone())));
    let (mut devices, names, zone) = found.await?;
    // The hub itself comes first, as its place is not a code of a location.
    devices.sort_by(|a, b| {
        let of = |one: &DeviceView| (one.location != HUB, one.location.clone(), one.name.clone());
        of(a).cmp(&of(b))
    });
    let acts = |device: &DeviceView| {
        // Many locations have a device of the same name.
        let (id, name) = (device.id, format!("{} of {}", device.name, device.location));
        if can_block(device) {
            return vec![Act::Link {
                path: format!("/devices/{id}/block"),
                label: format!("Block {name}"),
            }];
        }
        let unblock = Act::Post {
            path: format!("/devices/{id}/unblock"),
            field: None,
            label: format!("Serve {name} again"),
        };
        is_blocked(device).then_some(unblock).into_iter().collect()
    };
    let page = Devices {
        frame: Frame::administration(&web, "/devices"),
        table: Table::of(
            (
                "Table of devices",
                "Devices in the order of their locations’ codes",
            ),
            &DEVICES,
            &devices,
            &zone,
            Some(&acts),
        )
        .naming("Location", &names, |_| true),
    };
    html(StatusCode::OK, &page)
}

fn can_block(device: &DeviceView) -> bool {
    device.state == DeviceState::Live && device.location != HUB
}

fn is_blocked(device: &DeviceView) -> bool {
    device.state == DeviceState::Blocked
}

pub(super) async fn ask_block(web: Web, Path(id): Path<String>) -> Result<Response, PageFailure> {
    let Some((device, all)) = named(&web, id, can_block).await? else {
        return not_served(&web);
    };
    let (name, location, path) = (
        &device.name,
        &device.location,
        format!("/devices/{}", device.id),
    );
    let sure = Sure {
        heading: format!("Block {name} of {location}?"),
        warn: device.lost_if_blocked(&all),
        text:
            "The hub will take nothing more from this device and send it nothing. What it shared \
               before stays. You can serve it again at any time. Only its location can revoke it; \
               if a device is lost, ask the steward to do that."
                .to_owned(),
        button: format!("Block {name}"),
        path: format!("{path}/block"),
        back: "/devices".to_owned(),
    };
    sure.page(&web, "/devices")
}

pub(super) async fn block(web: Web, Path(id): Path<String>) -> Result<Response, PageFailure> {
    let Some((device, _)) = named(&web, id, can_block).await? else {
        return not_served(&web);
    };
    web.app.block_device(device.id).await?;
    Ok(web.see("/devices"))
}

pub(super) async fn unblock(web: Web, Path(id): Path<String>) -> Result<Response, PageFailure> {
    let Some((device, _)) = named(&web, id, is_blocked).await? else {
        let text = "There is no such device, or it is not blocked.";
        return missing(&web, "There is nothing to unblock", text, DEVICES_LINK);
    };
    web.app.unblock_device(device.id).await?;
    Ok(web.see("/devices"))
}

/// The device of this id, if it `may`, and all of its location.
async fn named(
    web: &Web,
    id: String,
    may: fn(&DeviceView) -> bool,
) -> Result<Option<(DeviceView, Vec<DeviceView>)>, AppError> {
    let found = web.app.read(move |at| at.device(&id)).await?;
    Ok(found.filter(|(device, _)| may(device)))
}

fn not_served(web: &Web) -> Result<Response, PageFailure> {
    let text = "There is no such device, or it is blocked or revoked already.";
    missing(web, "There is nothing to block", text, DEVICES_LINK)
}

const DEVICES_LINK: &[(&str, &str)] = &[("/devices", "Devices")];

#[derive(Template)]
#[template(path = "admin/tokens.html")]
struct Tokens {
    frame: Frame,
    title: String,
    said: Said,
    table: Table,
}

pub(super) async fn tokens(web: Web) -> Result<Response, PageFailure> {
    show_tokens(&web, Said::default()).await
}

async fn show_tokens(web: &Web, said: Said) -> Result<Response, PageFailure> {
    let found = web.app.read(|at| Ok((at.tokens()?, at.zone())));
    let (tokens, zone) = found.await?;
    let page = Tokens {
        frame: Frame::administration(web, "/tokens"),
        title: said.title("Tokens"),
        table: Table::of(
            ("Table of tokens", "Tokens by name"),
            &TOKENS,
            &tokens,
            &zone,
            Some(&|token| {
                let revoke = Act::Post {
                    path: "/tokens/revoke".to_owned(),
                    field: Some(("name", token.name.clone())),
                    label: format!("Revoke {}", token.name),
                };
                token
                    .revoked
                    .is_none()
                    .then_some(revoke)
                    .into_iter()
                    .collect()
            }),
        ),
        said,
    };
    html(page.said.status(), &page)
}

pub(super) async fn revoke_token(
    web: Web,
    Form(form): Form<Named>,
) -> Result<Response, PageFailure> {
    if web.app.revoke_token(&form.name).await? {
        return Ok(web.see("/tokens"));
    }
    let said = Said::problem(
        "revoke",
        "No live token has this name: nothing was revoked.",
    );
    show_tokens(&web, said).await
}
