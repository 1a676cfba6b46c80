//! `weft-hub device`: list devices, block one and serve it again.

use clap::Subcommand;
use weft_host::{output::Io, reply::Outcome};
use weft_shared::text::counted;

use super::{Failure, Json, json_help};
use crate::app::{AppHandle, DEVICES, DeviceState, DeviceView, HUB};

/// Commands for devices.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the devices of every location, as its own roster names them.
    #[command(after_long_help = json_help(DEVICES.shape()))]
    List(Json),
    /// Block a device: take nothing more from it, and send it nothing.
    ///
    /// It stays a device of its location, which alone can revoke it. Block a device only to stop
    /// abuse: if it is the only one of its location, the location can share nothing and add no
    /// other device. unblock serves it again. Both are written in the ledger.
    Block(Blocked),
    /// Serve a blocked device again.
    Unblock(Blocked),
}

/// Arguments of `device block` and `device unblock`.
#[derive(Debug, clap::Args)]
pub struct Blocked {
    /// The device's id, or its first eight or more characters.
    pub device: String,
}

pub(super) async fn run(app: &AppHandle, command: Command, io: &mut Io) -> Outcome {
    match command {
        Command::List(Json { json }) => list(app, json, io).await,
        Command::Block(Blocked { device }) => block(app, &device, io).await,
        Command::Unblock(Blocked { device }) => unblock(app, &device, io).await,
    }
}

async fn list(app: &AppHandle, json: bool, io: &mut Io) -> Outcome {
    let found = app.read(|at| Ok((at.devices()?, at.zone())));
    let (devices, zone) = found.await?;
    if devices.iter().all(|device| device.location == HUB) {
        let text = "No location has a device yet: none has joined. Next: weft-hub invite create \
                    CODE, for a location that weft-hub location list shows.";
        io.tell(text)?;
    }
    io.list(&DEVICES, &devices, json, &zone)
}

async fn block(app: &AppHandle, device: &str, io: &mut Io) -> Outcome {
    let devices = app.read(|at| at.devices()).await?;
    let device = one_of(&devices, device, "blocked")?;
    let (name, code) = (&device.name, &device.location);
    if device.location == HUB {
        return Err(Failure::usage(
            "This is the hub's own device, so it was not blocked. weft-hub device list shows \
             those of the locations.",
        ));
    }
    let already = match device.state {
        DeviceState::Live => None,
        DeviceState::Blocked => Some("is blocked already"),
        DeviceState::Revoked => Some("was revoked by its location: the hub serves it no more"),
    };
    if let Some(already) = already {
        return io.tell(format_args!("{name} of {code} {already}."));
    }
    if let Some(lost) = device.lost_if_blocked(&devices) {
        io.tell(lost)?;
        if !io.agrees(&format!("Block {name} of {code}?"))? {
            let text = format_args!("{name} of {code} was not blocked.");
            return Err(Failure::needs_action(text));
        }
    }
    app.block_device(device.id).await?;
    io.tell(format_args!(
        "{name} of {code} is blocked: the hub takes nothing more from it and sends it \
         nothing. Its work stays on it.\n\
         To serve it again: weft-hub device unblock {}\n\
         To end it for good, its location revokes it: weft-node device revoke",
        device.short_id()
    ))
}

async fn unblock(app: &AppHandle, device: &str, io: &mut Io) -> Outcome {
    let devices = app.read(|at| at.devices()).await?;
    let device = one_of(&devices, device, "unblocked")?;
    let (name, code) = (&device.name, &device.location);
    let text = match device.state {
        DeviceState::Live => format!("{name} of {code} is not blocked."),
        DeviceState::Revoked => {
            return Err(Failure::needs_action(format!(
                "{name} of {code} was revoked by its location, which is for good: nothing was \
                 changed. {code} invites it again as a new device: weft-node device invite"
            )));
        }
        DeviceState::Blocked => {
            app.unblock_device(device.id).await?;
            format!(
                "{name} of {code} is served again, and shares what has waited with its next sync."
            )
        }
    };
    io.tell(text)
}

/// Returns the one device whose id begins with `typed`.
fn one_of<'a>(
    devices: &'a [DeviceView],
    typed: &str,
    what: &str,
) -> Result<&'a DeviceView, Failure> {
    let prefix = typed.to_ascii_lowercase();
    let found: Vec<_> = devices
        .iter()
        .filter(|d| prefix.len() >= 8 && d.id.to_string().starts_with(&prefix))
        .collect();
    match found.as_slice() {
        [device] => Ok(device),
        found => Err(Failure::usage(format!(
            "{} with \"{typed}\", so nothing was {what}. Give at least the first eight \
             characters of one device, as weft-hub device list shows them.",
            match found.len() {
                0 => "No device begins".to_owned(),
                more => counted(more, "device begins", "devices begin"),
            }
        ))),
    }
}
