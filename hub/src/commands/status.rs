//! `weft-hub status` and `weft-hub doctor`.

use serde_json::json;
use weft_host::{output::Io, reply::Outcome};
use weft_shared::text::counted;

use super::{Json, table::field};
use crate::app::{AppError, AppHandle, DISK_FULL, STATES, Status};

pub(super) async fn run(app: &AppHandle, Json { json }: Json, io: &mut Io) -> Outcome {
    let status = app.read(|at| at.status()).await?;
    let late = late(app).await?;
    if json {
        let locations = status.locations.iter();
        let locations: Vec<_> = locations.map(|one| STATES.json(one)).collect();
        let value = json!({
            "network": status.network,
            "operator": status.operator,
            "time_zone": status.zone.name(),
            "hub": status.hub,
            "log_device": status.log_device,
            "address": status.address,
            "running": status.running,
            "sync": status.sync.map(|at| at.to_string()),
            "pages": status.pages,
            "administration": status.administration,
            "entries": status.entries,
            "waiting": status.behind.entries,
            "figures": status.behind.words(),
            "held": status.held,
            "quarantined": status.quarantined,
            "newer": status.newer,
            "set_aside": status.set_aside,
            "derived_through": status.derived_through,
            "disk_full": status.disk_full,
            "late": late,
            "sessions": status.sessions,
            "locations": locations,
        });
        return io.json(&value);
    }
    for (name, value) in about(&status) {
        field(io.out(), FIELD_WIDTH, name, &value)?;
    }
    if let Some(late) = &late {
        field(io.out(), FIELD_WIDTH, "late", late)?;
    }
    if status.locations.is_empty() {
        let text = "There are no locations yet. Next: weft-hub location add CODE --name NAME";
        return io.tell(text);
    }
    writeln!(io.out())?;
    io.list(&STATES, &status.locations, false, &status.zone)
}

/// Says how many locations are late; none if no indicator has a calendar, or while figures are
/// behind what was shared.
async fn late(app: &AppHandle) -> Result<Option<String>, AppError> {
    let has_calendar = app.read(|at| Ok(at.has_calendar())).await?;
    if !has_calendar {
        return Ok(None);
    }
    match app.counted(|at| at.late_words()).await {
        Err(AppError::Behind { .. } | AppError::Aggregation(_)) => Ok(None),
        found => found,
    }
}

/// Describes the hub, line by line.
fn about(status: &Status) -> Vec<(&'static str, String)> {
    let entries = format!(
        "{} stored, {} held, {} quarantined",
        status.entries, status.held, status.quarantined
    );
    let running = match status.running {
        true => "yes".to_owned(),
        false => "no; weft-hub run starts it".to_owned(),
    };
    let mut lines = vec![
        ("network", status.network.clone()),
        ("operator", status.operator.clone()),
        ("time zone", status.zone.to_string()),
        ("hub", status.hub.to_string()),
        ("running", running),
    ];
    lines.extend(status.sync.map(|at| ("sync", at.to_string())));
    if let Some(pages) = &status.pages {
        lines.push(("pages", pages.clone()));
    }
    if let Some(at) = &status.administration {
        let how = "(weft-hub admin prints a link into it)";
        lines.push(("administration", format!("{at} {how}")));
    }
    let unknown = || "no address yet: weft-hub run finds it".to_owned();
    let address = status.address.clone();
    lines.push(("invites carry", address.unwrap_or_else(unknown)));
    if status.running {
        let sessions = status.sessions;
        lines.push(("sessions", format!("{sessions} open")));
    }
    lines.push(("entries", entries));
    lines.push(("figures", status.behind.words()));
    if status.disk_full {
        lines.push(("disk", DISK_FULL.to_owned()));
    }
    if status.newer > 0 {
        let hold = counted(status.newer, "document holds", "documents hold");
        let what = "something of a newer version, or a text that is too long";
        lines.push(("versions", format!("{hold} {what}")));
    }
    let set_aside = status.set_aside.iter();
    lines.extend(set_aside.map(|named| ("set aside", named.clone())));
    lines
}

/// Width of a line's name, with the blanks after it.
const FIELD_WIDTH: usize = 16;

pub(super) async fn doctor(app: &AppHandle, Json { json }: Json, io: &mut Io) -> Outcome {
    let findings = app.doctor().await?;
    io.findings(&findings, json)
}
