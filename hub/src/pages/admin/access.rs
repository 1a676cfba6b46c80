//! Invites, devices, tokens and the ledger.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use weft_host::clock;
use weft_shared::{
    id::{DeviceId, LocationCode},
    identity::FOUNDING_INVITE_LIFE_MS_MAX,
    time::DAY_MS,
};

use super::{Said, bad_id, mendable, see};
use crate::{
    app::{DeviceState, HUB},
    limits::{LEDGER_KEPT_YEARS, LEDGER_ROWS_MAX},
    pages::{
        Web,
        frame::{Failure, Frame, Link, html},
        words::never,
    },
};

#[derive(Template)]
#[template(path = "admin/invites.html")]
struct Invites {
    frame: Frame,
    title: String,
    said: Said,
    rows: Vec<InviteShown>,
    /// Locations that no device has joined yet: code and name.
    open: Vec<(String, String)>,
    days_max: i64,
}

struct InviteShown {
    number: i64,
    code: String,
    created: String,
    expires: String,
    state: &'static str,
    open: bool,
}

/// The form that makes an invite.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct NewInvite {
    #[serde(default)]
    code: String,
    #[serde(default)]
    days: String,
}

/// A form that names one thing by its number.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Numbered {
    number: i64,
}

/// A form that names one thing by its name.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Named {
    #[serde(default)]
    name: String,
}

pub(super) async fn invites(State(web): State<Web>) -> Result<Response, Failure> {
    show_invites(&web, Said::default()).await
}

async fn show_invites(web: &Web, said: Said) -> Result<Response, Failure> {
    let now = clock::now();
    let zone = web.app.zone().await;
    let rows = web.app.invites().await?;
    let locations = web.app.locations().await?;
    let open = locations
        .into_iter()
        .filter(|location| !location.state.has_joined())
        .map(|location| (location.code.to_string(), location.name));
    let page = Invites {
        frame: Frame::administration(&web.app, "/invites").await?,
        title: said.title("Invites"),
        rows: rows
            .iter()
            .rev()
            .map(|row| {
                let state = row.state(now);
                InviteShown {
                    number: row.number,
                    code: row.code.to_string(),
                    created: zone.minute(row.created),
                    expires: zone.minute(row.expires),
                    state,
                    open: state == "open",
                }
            })
            .collect(),
        open: open.collect(),
        days_max: FOUNDING_INVITE_LIFE_MS_MAX / DAY_MS,
        said,
    };
    html(page.said.status(), &page)
}

pub(super) async fn create_invite(
    State(web): State<Web>,
    Form(form): Form<NewInvite>,
) -> Result<Response, Failure> {
    let days = form.days.trim().parse::<i64>().ok();
    let days = days.filter(|days| (1..=FOUNDING_INVITE_LIFE_MS_MAX / DAY_MS).contains(days));
    let said = match (LocationCode::parse(form.code.trim()), days) {
        (Err(error), _) => bad_id("code", &error),
        (_, None) => Said::problem(
            "days",
            format!(
                "An invite is open for 1 to {} days.",
                FOUNDING_INVITE_LIFE_MS_MAX / DAY_MS
            ),
        ),
        (Ok(code), Some(days)) => match web.app.create_invite(&code, days * DAY_MS).await {
            Ok(invite) => Said::secret(
                format!("Invite for {code}. Give this line to its steward; it is shown this once:"),
                invite,
            ),
            Err(error) => mendable(error, "code")?,
        },
    };
    show_invites(&web, said).await
}

pub(super) async fn revoke_invite(
    State(web): State<Web>,
    Form(form): Form<Numbered>,
) -> Result<Response, Failure> {
    web.app.revoke_invites(Some(form.number), None).await?;
    Ok(see("/invites"))
}

#[derive(Template)]
#[template(path = "admin/devices.html")]
struct Devices {
    frame: Frame,
    rows: Vec<DeviceShown>,
}

struct DeviceShown {
    id: String,
    short: String,
    location: String,
    name: String,
    role: &'static str,
    state: &'static str,
    entries: u64,
    received: String,
    can_block: bool,
    can_unblock: bool,
    /// The loss to its location if it is blocked.
    lost: Option<String>,
}

pub(super) async fn devices(State(web): State<Web>) -> Result<Response, Failure> {
    let page = Devices {
        frame: Frame::administration(&web.app, "/devices").await?,
        rows: shown_devices(&web).await?,
    };
    html(StatusCode::OK, &page)
}

async fn shown_devices(web: &Web) -> Result<Vec<DeviceShown>, Failure> {
    let zone = web.app.zone().await;
    let devices = web.app.devices().await?;
    let shown = devices.iter().map(|device| {
        let id = device.id.to_string();
        let ours = device.location == HUB;
        let state = device.state;
        DeviceShown {
            short: id.chars().take(12).collect(),
            id,
            can_block: state == DeviceState::Live && !ours,
            can_unblock: state == DeviceState::Blocked,
            lost: device.lost_if_blocked(&devices),
            location: device.location.clone(),
            name: device.name.clone(),
            role: device.role,
            state: state.as_str(),
            entries: device.entries,
            received: device.received.map_or_else(never, |at| zone.minute(at)),
        }
    });
    Ok(shown.collect())
}

#[derive(Template)]
#[template(path = "admin/block.html")]
struct Block {
    frame: Frame,
    device: DeviceShown,
}

pub(super) async fn ask_block(
    State(web): State<Web>,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let mut devices = shown_devices(&web).await?.into_iter();
    match devices.find(|device| device.id == id && device.can_block) {
        Some(device) => {
            let frame = Frame::administration(&web.app, "/devices").await?;
            html(StatusCode::OK, &Block { frame, device })
        }
        None => nothing_here(&web, "There is nothing to block", NOT_SERVED).await,
    }
}

pub(super) async fn block(
    State(web): State<Web>,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let devices = shown_devices(&web).await?;
    let known = devices
        .iter()
        .any(|device| device.id == id && device.can_block);
    match id.parse::<DeviceId>() {
        Ok(device) if known => {
            web.app.block_device(device).await?;
            Ok(see("/devices"))
        }
        _ => nothing_here(&web, "There is nothing to block", NOT_SERVED).await,
    }
}

pub(super) async fn unblock(
    State(web): State<Web>,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let devices = shown_devices(&web).await?;
    let blocked = devices
        .iter()
        .any(|device| device.id == id && device.can_unblock);
    match id.parse::<DeviceId>() {
        Ok(device) if blocked => {
            web.app.unblock_device(device).await?;
            Ok(see("/devices"))
        }
        _ => nothing_here(&web, "There is nothing to unblock", NOT_BLOCKED).await,
    }
}

async fn nothing_here(web: &Web, title: &str, text: &str) -> Result<Response, Failure> {
    let frame = Frame::administration(&web.app, "/devices").await?;
    let links = vec![Link::new("/devices", "Devices")];
    frame.message(StatusCode::NOT_FOUND, title, text, links)
}

const NOT_SERVED: &str = "There is no such device, or it is blocked or revoked already.";
const NOT_BLOCKED: &str = "There is no such device, or it is not blocked.";

#[derive(Template)]
#[template(path = "admin/tokens.html")]
struct Tokens {
    frame: Frame,
    title: String,
    said: Said,
    name: String,
    rows: Vec<TokenShown>,
}

struct TokenShown {
    name: String,
    role: String,
    created: String,
    revoked: Option<String>,
}

pub(super) async fn tokens(State(web): State<Web>) -> Result<Response, Failure> {
    show_tokens(&web, Said::default(), String::new()).await
}

async fn show_tokens(web: &Web, said: Said, name: String) -> Result<Response, Failure> {
    let zone = web.app.zone().await;
    let tokens = web.app.tokens().await?;
    let page = Tokens {
        frame: Frame::administration(&web.app, "/tokens").await?,
        title: said.title("Tokens"),
        rows: tokens
            .into_iter()
            .map(|token| TokenShown {
                name: token.name,
                role: token.role,
                created: zone.minute(token.created),
                revoked: token.revoked.map(|at| zone.minute(at)),
            })
            .collect(),
        said,
        name,
    };
    html(page.said.status(), &page)
}

pub(super) async fn create_token(
    State(web): State<Web>,
    Form(form): Form<Named>,
) -> Result<Response, Failure> {
    match web.app.create_token(&form.name).await {
        Ok(token) => {
            let done = format!(
                "Token \"{}\". Copy it now; it is shown this once:",
                form.name
            );
            show_tokens(&web, Said::secret(done, token), String::new()).await
        }
        Err(error) => {
            let said = mendable(error, "name")?;
            show_tokens(&web, said, form.name).await
        }
    }
}

pub(super) async fn revoke_token(
    State(web): State<Web>,
    Form(form): Form<Named>,
) -> Result<Response, Failure> {
    if web.app.revoke_token(&form.name).await? {
        return Ok(see("/tokens"));
    }
    let said = Said::problem(
        "revoke",
        "No live token has this name: nothing was revoked.",
    );
    show_tokens(&web, said, String::new()).await
}

#[derive(Template)]
#[template(path = "admin/ledger.html")]
struct Ledger {
    frame: Frame,
    rows: Vec<[String; 4]>,
    reads: Vec<[String; 6]>,
    rows_max: u32,
    years: i64,
}

pub(super) async fn ledger(State(web): State<Web>) -> Result<Response, Failure> {
    let zone = web.app.zone().await;
    let rows = web.app.ledger(LEDGER_ROWS_MAX).await?;
    let reads = web.app.reads(LEDGER_ROWS_MAX).await?.into_iter();
    let page = Ledger {
        frame: Frame::administration(&web.app, "/ledger").await?,
        rows: rows
            .into_iter()
            .map(|row| [zone.minute(row.at), row.who, row.act, row.subject])
            .collect(),
        reads: reads
            .map(|row| {
                let at = zone.minute(row.at);
                let count = row.count.to_string();
                [at, row.code, row.reader, row.act, row.subject, count]
            })
            .collect(),
        rows_max: LEDGER_ROWS_MAX,
        years: LEDGER_KEPT_YEARS,
    };
    html(StatusCode::OK, &page)
}
