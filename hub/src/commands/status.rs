//! `weft-hub status` and `weft-hub doctor`.

use serde_json::json;
use weft_host::output::{ExitCode, Io};

use super::{
    Failure,
    table::{Column, Table},
};
use crate::{
    app::AppHandle,
    cli::Json,
    pages::words::{minute, never},
};

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

pub(super) async fn run(app: &AppHandle, args: Args, io: &mut Io) -> Result<ExitCode, Failure> {
    let status = app.status().await?;
    if args.json.json {
        let locations: Vec<_> = status
            .locations
            .iter()
            .map(|location| {
                json!({
                    "code": location.code,
                    "state": location.state.as_str(),
                    "devices": location.devices,
                    "last_received": location.received,
                })
            })
            .collect();
        let value = json!({
            "network": status.network,
            "operator": status.operator,
            "hub": status.hub,
            "log_device": status.log_device,
            "address": status.address,
            "running": status.running,
            "entries": status.entries,
            "waiting": status.entries.saturating_sub(status.derived_through),
            "held": status.held,
            "quarantined": status.quarantined,
            "derived_through": status.derived_through,
            "sessions": status.sessions,
            "locations": locations,
        });
        writeln!(io.out(), "{value}")?;
        return Ok(ExitCode::Ok);
    }
    writeln!(io.out(), "network     {}", status.network)?;
    writeln!(io.out(), "operator    {}", status.operator)?;
    writeln!(io.out(), "hub         {}", status.hub)?;
    let address = status.address.as_deref();
    writeln!(io.out(), "address     {}", address.unwrap_or("not running"))?;
    writeln!(
        io.out(),
        "entries     {} stored, {} not yet in figures, {} held, {} quarantined",
        status.entries,
        status.entries.saturating_sub(status.derived_through),
        status.held,
        status.quarantined
    )?;
    writeln!(io.out())?;
    let mut table = Table::new(&[
        Column::Text("location"),
        Column::Text("state"),
        Column::Number("devices"),
        Column::Text("last received"),
    ]);
    for location in &status.locations {
        table.row([
            location.code.to_string(),
            location.state.as_str().to_owned(),
            location.devices.to_string(),
            location.received.map_or_else(never, minute),
        ]);
    }
    table.write(io.out())?;
    Ok(ExitCode::Ok)
}

pub(super) async fn doctor(
    app: &AppHandle,
    args: DoctorArgs,
    io: &mut Io,
) -> Result<ExitCode, Failure> {
    let findings = app.doctor().await?;
    let sound = findings.iter().all(|finding| finding.ok);
    if args.json.json {
        let rows: Vec<_> = findings
            .iter()
            .map(|f| json!({"check": f.check, "ok": f.ok, "found": f.found}))
            .collect();
        writeln!(io.out(), "{}", json!(rows))?;
    } else {
        for finding in &findings {
            let mark = if finding.ok { "ok  " } else { "BAD " };
            writeln!(io.out(), "{mark} {}: {}", finding.check, finding.found)?;
        }
    }
    Ok(if sound {
        ExitCode::Ok
    } else {
        ExitCode::NeedsAction
    })
}
