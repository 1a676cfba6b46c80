//! `weft-hub device`: list devices, and refuse service to one.

use clap::Subcommand;
use serde_json::json;
use weft_host::{
    output::{ExitCode, Io},
    text::say,
};
use weft_shared::model::counted;

use super::{
    Failure,
    table::{Column, Table},
};
use crate::{
    app::{AppHandle, HUB},
    cli::Json,
};

/// Commands upon devices.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the devices of every location, as its own roster names them.
    ///
    /// JSON: [{device, location, dix, name, role, added, state, entries, last_received}], state one
    /// of "live", "revoked", "blocked".
    List(Json),
    /// Refuse service to a device.
    ///
    /// It stays in its location's roster, which only the location changes; the block is written in
    /// the ledger.
    Block(Block),
}

/// Arguments of `device block`.
#[derive(Debug, clap::Args)]
pub struct Block {
    /// The device's id, or its first eight or more characters.
    pub device: String,
}

pub(super) async fn run(
    app: &AppHandle,
    command: Command,
    io: &mut Io,
) -> Result<ExitCode, Failure> {
    match command {
        Command::List(Json { json }) => list(app, json, io).await,
        Command::Block(Block { device }) => block(app, &device, io).await,
    }
}

async fn list(app: &AppHandle, json: bool, io: &mut Io) -> Result<ExitCode, Failure> {
    let devices = app.devices().await?;
    if devices.iter().all(|device| device.location == HUB) {
        let text = "No location has a device yet: none has joined. Next: weft-hub invite create \
                    CODE, for a location that weft-hub location list shows.";
        say(io.err(), text)?;
    }
    if json {
        let rows: Vec<_> = devices
            .iter()
            .map(|device| {
                json!({
                    "device": device.id,
                    "location": device.location,
                    "dix": device.dix,
                    "name": device.name,
                    "role": device.role,
                    "added": device.added,
                    "state": device.state,
                    "entries": device.entries,
                    "last_received": device.received,
                })
            })
            .collect();
        writeln!(io.out(), "{}", json!(rows))?;
        return Ok(ExitCode::Ok);
    }
    let mut table = Table::new(&[
        Column::Text("device"),
        Column::Text("location"),
        Column::Words("name"),
        Column::Text("role"),
        Column::Text("state"),
        Column::Number("entries"),
    ]);
    for device in &devices {
        table.row([
            device.id.to_string()[..16].to_owned(),
            device.location.clone(),
            device.name.clone(),
            device.role.to_owned(),
            device.state.to_owned(),
            device.entries.to_string(),
        ]);
    }
    table.write(io.out())?;
    Ok(ExitCode::Ok)
}

async fn block(app: &AppHandle, device: &str, io: &mut Io) -> Result<ExitCode, Failure> {
    let prefix = device.to_ascii_lowercase();
    let devices = app.devices().await?;
    let found: Vec<_> = devices
        .iter()
        .filter(|d| prefix.len() >= 8 && d.id.to_string().starts_with(&prefix))
        .collect();
    let [device] = found.as_slice() else {
        return Err(Failure::usage(format!(
            "{} with \"{device}\", so nothing was blocked. Give at least the first eight \
             characters of one device, as weft-hub device list shows them.",
            match found.len() {
                0 => "No device begins".to_owned(),
                more => counted(more, "device begins", "devices begin"),
            }
        )));
    };
    app.block_device(device.id).await?;
    say(
        io.err(),
        &format!(
            "The hub no longer serves {} of {}. Its location can still revoke it for good: \
             weft-node device revoke",
            device.name, device.location
        ),
    )?;
    Ok(ExitCode::Ok)
}
