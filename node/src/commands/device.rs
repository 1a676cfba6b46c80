//! `device`: the location's devices, and invites for further ones.

mod drop_end;

use clap::{Args, Subcommand};
use weft_host::{
    failure::Failure,
    list::{Column, Datum, List},
    reply::Outcome,
};
use weft_shared::{
    identity::{self, Role, invite_life_ms},
    text::counted,
};

use super::{Context, Json};
use crate::{app::NOTHING_REVOKED, replica::Owner};

/// Invite, list and revoke the location's devices, and drop what a revoked one wrote last.
#[derive(Args, Debug)]
pub(crate) struct Device {
    #[command(subcommand)]
    pub(crate) command: DeviceCommand,
}

/// The subcommands of `device`.
#[derive(Debug, Subcommand)]
pub(crate) enum DeviceCommand {
    /// Print an invite for one further device of this location, as the only line on stdout.
    Invite(Invite),
    /// List the devices.
    #[command(after_help = format!("With --json: {}.", DEVICES.shape()))]
    List(Json),
    /// Revoke a device for good: what it shared stays, and nothing later of it is accepted.
    Revoke(Revoke),
    /// Drop what a revoked device wrote last, if no other device has built on it.
    ///
    /// It leaves all documents for good, at the hub and on every device. It no longer counts
    /// towards the location's room. The signed headers stay: verify counts them.
    Drop(drop_end::Drop),
}

#[derive(Args, Debug)]
pub(crate) struct Invite {
    /// Rights of the new device: an admin invites and revokes devices too.
    #[arg(long, default_value = "member", value_parser = ["admin", "member"])]
    pub(crate) role: String,
    /// Time until the invite expires: 12h, 5m, 30s, or days as 3d or just 3; at most 7d.
    #[arg(
        long,
        visible_alias = "days",
        value_name = "TIME",
        default_value = "7d",
        value_parser = invite_life_ms
    )]
    pub(crate) expires: i64,
}

#[derive(Args, Debug)]
pub(crate) struct Revoke {
    /// The device's number, its name, or the beginning of its id, as `device list` shows them.
    pub(crate) device: String,
}

/// A device, and whether it is this one.
type Row = (identity::Device, bool);

/// The location's devices, as `device list` lists them.
const DEVICES: List<Row> = List::new(&[
    Column::new("number", |(device, _): &Row| u64::from(device.dix.0).into()),
    Column::new("id", |(device, _): &Row| Datum::text(device.id))
        .shown(|(device, _)| device.id.to_string().chars().take(12).collect()),
    Column::new("role", |(device, _): &Row| Datum::text(device.role)),
    Column::new("added", |(device, _): &Row| device.added.into()).words(),
    Column::new("name", |(device, _): &Row| (&*device.name).into()).words(),
    Column::new("this", |(_, this): &Row| (*this).into())
        .headed("")
        .shown(|(_, this)| if *this { "this device" } else { "" }.to_owned())
        .words(),
    Column::new("revoked", |(device, _): &Row| {
        device.sealed.map(|seal| seal.at).into()
    })
    .words(),
])
.notes("; revoked is null for a live device");

pub(crate) fn run(context: &mut Context<'_>, args: Device) -> Outcome {
    match args.command {
        DeviceCommand::Invite(args) => invite(context, &args),
        DeviceCommand::List(json) => list(context, json),
        DeviceCommand::Revoke(args) => revoke(context, &args.device),
        DeviceCommand::Drop(args) => drop_end::run(context, &args),
    }
}

fn invite(context: &mut Context<'_>, args: &Invite) -> Outcome {
    let role: Role = args.role.parse().map_err(Failure::usage_error)?;
    let invite = context.node.invite_device(role, args.expires)?;
    context.io.tell(format_args!(
        "The hub has the invite; it admits one {role} device until {}. Anybody who has \
         this line can use it: hand it over in person.",
        context.node.zone().minute(invite.expires)
    ))?;
    context.io.say(identity::Invite::Device(invite))
}

fn list(context: &mut Context<'_>, json: Json) -> Outcome {
    let devices: Vec<Row> = context.node.devices()?;
    let zone = context.node.zone();
    context.io.list(&DEVICES, &devices, json.json, &zone)
}

fn revoke(context: &mut Context<'_>, text: &str) -> Outcome {
    // Exchange first to learn how far the device's log reaches, because the seal goes there.
    let undone = |why: Failure| why.undone(NOTHING_REVOKED);
    context.node.exchange().map_err(undone)?;
    let device = named(context, text, "Nothing was revoked.")?;
    let name = &device.name;
    if let Some(seal) = device.sealed {
        let at = context.node.zone().minute(seal.at);
        return context
            .io
            .tell(format_args!("\"{name}\" was revoked already, on {at}."));
    }
    let revoked = context.node.revoke_device(device.dix)?;
    context.io.tell(format_args!(
        "\"{name}\" is revoked. What it had shared stays ({}); nothing later of it is taken.",
        counted(revoked.entries, "entry", "entries")
    ))
}

/// Finds the one device that a person names by its number, its name or the beginning of its id.
fn named(context: &Context<'_>, text: &str, undone: &str) -> Result<identity::Device, Failure> {
    let wanted = text.trim().to_owned();
    let mut found: Vec<identity::Device> = context.node.read(move |replica| {
        let devices = replica.roster(Owner::Location).devices();
        let fits = devices.filter(|device| {
            device.dix.to_string() == wanted
                || device.name == wanted
                || (wanted.len() >= DEVICE_ID_CHARS_MIN
                    && device.id.to_string().starts_with(&wanted.to_lowercase()))
        });
        fits.cloned().collect()
    })?;
    let what = match found.len() {
        0 => format!("There is no device \"{text}\" at this location."),
        1 => return Ok(found.remove(0)),
        count => format!("\"{text}\" names {count} devices of this location."),
    };
    Err(Failure::usage(format_args!(
        "{what} {undone} Give the number that weft-node device list shows."
    )))
}

/// Minimum number of characters of an id that name a device.
const DEVICE_ID_CHARS_MIN: usize = 6;
