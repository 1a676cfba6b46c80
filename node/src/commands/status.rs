//! `status`: what is saved, what is shared, and what needs a person's attention.

use clap::Args;
use serde::Serialize;
use weft_host::{clock, intake::ended_words, output::ExitCode, reply::Outcome};
use weft_shared::{
    id::{DeviceId, LocationId},
    model::profile::Area,
    text::counted,
    time::Timestamp,
};

use super::Context;
use crate::{
    replica::{DocumentError, Halted, Stopped, VERSION},
    view::{StatusRow, clock_words},
    words::HUB_FULL,
};

use crate::commands::Json;

/// Show what is saved here, what the hub has, and what needs a person.
#[derive(Args, Debug)]
#[command(after_help = NAMES)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) json: Json,
}

const NAMES: &str = "\
With --json: {location, device, saved, last_shared, waiting, local_only, hub_reachable, ...}: \
saved and last_shared are RFC 3339 or null; waiting counts entries that the hub has not \
acknowledged; local_only counts records that stay on this computer; hub_reachable is true or \
false as at the last try, or null where nothing was tried. Further: location_id, location_name, \
device_name, hub, network, operator, last_reached, words, confirmed, revoked, hub_full, cloned, \
held, quarantined, newer, set_aside, void, said_again, conflicts, clock_behind_ms (null unless \
the clock was far from the hub's at the last exchange), time_zone, areas ([{code, name, from, \
to}], from and to left out for an area that is yours from the start or for good), areas_changed.";

/// The shape of `status --json`.
#[derive(Debug, Serialize)]
struct StatusJson {
    location: String,
    location_id: LocationId,
    location_name: Option<String>,
    device: DeviceId,
    device_name: Option<String>,
    network: String,
    operator: String,
    hub: String,
    confirmed: bool,
    words: Option<String>,
    saved: Option<Timestamp>,
    last_shared: Option<Timestamp>,
    waiting: u64,
    local_only: u64,
    hub_reachable: Option<bool>,
    last_reached: Option<Timestamp>,
    revoked: bool,
    hub_full: bool,
    cloned: bool,
    held: u64,
    quarantined: u64,
    newer: u64,
    set_aside: Vec<String>,
    void: u64,
    said_again: u64,
    conflicts: u64,
    clock_behind_ms: Option<i64>,
    time_zone: String,
    areas: Vec<Area>,
    areas_changed: Option<Timestamp>,
}

pub(crate) fn run(context: &mut Context<'_>, args: Status) -> Outcome {
    let (row, news, membership, device) = context.node.read(|replica| {
        let device = replica.device().map(|device| device.name.clone());
        let (row, news) = (replica.status()?, replica.news(clock::now())?);
        Ok::<_, DocumentError>((row, news, replica.membership.clone(), device))
    })??;
    let link = context.node.link().status();
    let brief = &row.brief;
    let place = brief.place.as_ref();
    let shape = StatusJson {
        location: membership.code.to_string(),
        location_id: membership.location,
        location_name: place.map(|place| place.name.clone()),
        device: context.node.device(),
        device_name: device,
        network: membership.network,
        operator: membership.operator,
        hub: membership.address,
        confirmed: brief.confirmed,
        words: brief.words.clone(),
        saved: brief.saved,
        last_shared: brief.last_shared,
        waiting: brief.waiting,
        local_only: row.local_only,
        hub_reachable: link.reachable.or(row.hub_reachable),
        last_reached: brief.last_reached,
        revoked: row.revoked,
        hub_full: brief.hub_full,
        cloned: brief
            .stopped
            .as_ref()
            .is_some_and(|halted| halted.why == Stopped::Cloned),
        held: brief.held,
        quarantined: brief.quarantined,
        newer: row.newer,
        set_aside: row.set_aside.clone(),
        void: brief.void,
        said_again: brief.said_again,
        conflicts: row.conflicts,
        clock_behind_ms: brief.clock_behind_ms,
        time_zone: context.node.zone().to_string(),
        areas: brief.areas().to_vec(),
        areas_changed: place.and_then(|place| place.areas_changed),
    };
    if args.json.json {
        return context.io.json(&shape);
    }
    tell(context, &shape, &row, link.reachable == Some(true))?;
    let notices = [
        link.trouble,
        link.notice,
        brief.clock_behind_ms.map(clock_words),
        news.map(|news| news.text),
    ];
    for words in notices.into_iter().flatten() {
        context.io.tell(words)?;
    }
    Ok(ExitCode::Ok)
}

/// Writes the status. `live` says whether the running program has heard from the hub.
fn tell(context: &mut Context<'_>, shape: &StatusJson, row: &StatusRow, live: bool) -> Outcome {
    let name = shape
        .location_name
        .as_deref()
        .unwrap_or("(the hub has not sent its name yet)");
    let zone = context.node.zone();
    let moment =
        |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| zone.minute(at));
    let device = shape
        .device_name
        .as_deref()
        .unwrap_or("(not in the roster)");
    let since = row
        .waiting_since
        .map_or_else(String::new, |at| format!(" (since {})", zone.minute(at)));
    let reachable = match (shape.hub_reachable, live) {
        (Some(true), true) => "reachable now",
        (Some(true), false) => "reachable when it was last tried",
        (Some(false), _) => "not reachable when it was last tried",
        (None, _) => "not tried yet",
    };
    let mut say = |label: &str, words: String| context.io.labelled(label, LABEL, &words);
    say("location", format!("{} {name}", shape.location))?;
    say("device", format!("{device}, {}", shape.device))?;
    let operator = &shape.operator;
    say(
        "network",
        format!("{}, operated by {operator}", shape.network),
    )?;
    let areas = Some(row.brief.areas_in_words()).filter(|areas| !areas.is_empty());
    areas.map_or(Ok(ExitCode::Ok), |areas| say("areas", areas))?;
    say("time zone", zone.to_string())?;
    say("saved", moment(shape.saved))?;
    say("last shared", moment(shape.last_shared))?;
    let waiting = counted(shape.waiting, "entry", "entries");
    say("waiting", format!("{waiting}{since}"))?;
    let local = counted(shape.local_only, "record", "records");
    say(
        "local only",
        format!("{local}: this computer only, not backed up, not seen by your colleagues"),
    )?;
    say("hub", format!("{}, {reachable}", shape.hub))?;
    needs(context, shape, row, live)
}

/// Width of the label column.
const LABEL: usize = 13;

/// Writes everything that needs a person's attention, each with what to do.
fn needs(context: &mut Context<'_>, shape: &StatusJson, row: &StatusRow, live: bool) -> Outcome {
    let since = row.brief.as_at(live, &context.node.zone());
    let mut say = |label: &str, words: &str| context.io.labelled(label, LABEL, words);
    if !shape.confirmed {
        let words = shape.words.as_deref().unwrap_or_default();
        let advice = "the national team confirms it by telephone; your words:";
        let text = format!("the location counts in no figure yet{since}; {advice} {words}");
        say("unconfirmed", &text)?;
    }
    if let Some(stopped) = &row.brief.stopped {
        say("stopped", &stopped.to_string())?;
    } else if shape.revoked {
        say("revoked", &Halted::REVOKED.to_string())?;
    }
    if shape.hub_full {
        say("hub is full", HUB_FULL)?;
    }
    let conflicts = if shape.revoked || row.brief.stopped.is_some() {
        "two devices changed the same; settle it on another device of the location, because what \
         is settled here reaches no one any more"
    } else {
        "two devices changed the same: weft-node conflicts"
    };
    for (count, label, advice) in [
        (shape.conflicts, "conflicts", conflicts),
        (
            shape.held,
            "held",
            "changes wait for others that have not arrived yet",
        ),
        (
            shape.quarantined,
            "quarantined",
            "changes cannot be read into their document; weft-node doctor names them",
        ),
        (
            shape.newer,
            "not read",
            "documents hold something of a newer version, or a text that is too long: kept and \
             passed on; an upgrade reads what is newer",
        ),
        (
            shape.void,
            "not taken",
            "the hub did not take what some saves of this device said, and no one else has it: \
             weft-node doctor lists it and says why",
        ),
        (
            shape.said_again,
            "said again",
            "the hub did not take these saves as they were; nothing is to be done",
        ),
    ] {
        if count > 0 {
            say(label, &format!("{count}: {advice}"))?;
        }
    }
    if !shape.set_aside.is_empty() {
        let (which, why) = (shape.set_aside.join(", "), ended_words(VERSION));
        say("set aside", &format!("{which}: {why}"))?;
    }
    Ok(ExitCode::Ok)
}
