//! `weft-hub status` and `weft-hub doctor`.

use serde_json::json;
use weft_host::{output::Io, reply::Outcome};

use super::{Json, table::field};
use crate::{
    app::{AppError, AppHandle, STATES},
    settings::Country,
};

pub(super) async fn run(app: &AppHandle, Json { json }: Json, io: &mut Io) -> Outcome {
    let status = app.read(|at| at.status()).await?;
    let late = late(app).await?;
    if json {
        let locations = status.locations.iter();
        let locations: Vec<_> = locations.map(|one| STATES.json(one)).collect();
        let value = json!({
            "network": status.network,
            "operator": status.operator,
            "country": country(&status.countries.hub),
            "backup_country": country(&status.countries.backups),
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
            "backup": status.backup.ok(),
            "sessions": status.sessions,
            "locations": locations,
        });
        return io.json(&value);
    }
    for (name, value) in status.lines() {
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

fn country(country: &Option<Country>) -> Option<&str> {
    country.as_ref().map(|country| country.0.as_str())
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

/// Width of a line's name, with the blanks after it.
const FIELD_WIDTH: usize = 16;

pub(super) async fn doctor(app: &AppHandle, Json { json }: Json, io: &mut Io) -> Outcome {
    let findings = app.doctor().await?;
    io.findings(&findings, json)
}
