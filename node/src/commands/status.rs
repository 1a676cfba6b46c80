//! `status`: what is saved, what is shared, and what needs a person's attention.

use clap::Args;
use serde_json::{Value, json};
use weft_host::{
    backup::Plan,
    clock,
    intake::ended_words,
    output::{ExitCode, Io, explain},
    reply::Outcome,
};
use weft_shared::{
    id::{DeviceId, LocationId},
    period::day_words,
    text::counted,
    time::{Timestamp, Zone},
};

use super::{Context, Json};
use crate::{
    limits::LAYOUT,
    link,
    replica::{Alone, DocumentError, Halted, Membership, Owner, Stopped, VERSION},
    view::{Brief, LateLine, NoticeRow, StatusRow, clock_words},
    words::{HUB_BLOCKS, HUB_FULL, no_key},
};

/// Show what is saved here, what the hub has, and what needs a person.
#[derive(Args, Debug)]
#[command(after_help = NAMES)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) json: Json,
}

const NAMES: &str = "\
With --json: {alone, location, device, saved, last_shared, waiting, team_only, hub_reachable, \
...}: saved and last_shared are RFC 3339 or null; waiting counts entries that the hub has not \
acknowledged; team_only counts records that only your team's devices can read; hub_reachable is \
true or false as at the last try, or null where nothing was tried; alone says whether this \
computer has joined no network, and location, hub, network and operator are null then. Further: \
location_id, location_name, device_name, hub, network, operator, last_reached, words, confirmed, \
revoked, blocked, hub_full, cloned, held, quarantined, sealed (entries of the team to which this \
device has no key), newer, set_aside, void, said_again, conflicts, late ([{indicator, periods, \
since}]), releases ([{release, title, due, waits_for_us}], \
those that are announced and wait for our answer or may have our figures), clock_behind_ms (null \
unless the clock was far from the hub's at the last exchange), time_zone, areas ([{code, name, \
from, to}], from and to left out for an area that is yours from the start or for good), \
areas_changed, backup ({lock, schedule: {folder, every, keep}, last: {at, file, bytes}, failed: \
{at, why}}, each left out if there is none; null if it cannot be read).";

pub(crate) fn run(context: &mut Context<'_>, args: Status) -> Outcome {
    let (row, (news, releases), late, (of, location), name) = context.node.read(|replica| {
        let name = replica.device().map(|device| device.name.clone());
        let (row, news) = (replica.status()?, replica.news(clock::now())?);
        let mut releases = replica.release_notices()?;
        releases.retain(|one| one.waits() || one.takes_ours());
        let late = replica.late(clock::now())?;
        let of = replica.membership().ok().cloned();
        let of = (of, replica.location(Owner::Location));
        Ok::<_, DocumentError>((row, (news, releases), late, of, name))
    })??;
    let state = State {
        row,
        late,
        releases,
        of,
        location,
        device: context.node.device(),
        device_name: name,
        link: context.node.link().status(),
        zone: context.node.zone(),
        backup: context
            .node
            .backups()
            .plan()
            .map_err(|error| explain(&error)),
    };
    if args.json.json {
        return context.io.json(&state.json());
    }
    state.tell(context.io)?;
    state.needs(context.io)?;
    let notices = [
        state.link.trouble.clone(),
        state.link.said(),
        state.row.brief.clock_behind_ms.map(clock_words),
        news.map(|news| news.text),
    ];
    for words in notices.into_iter().flatten() {
        context.io.tell(words)?;
    }
    Ok(ExitCode::Ok)
}

/// The status of this node, with all that its words and its JSON need.
struct State {
    row: StatusRow,
    /// The periods with which this location is late.
    late: Vec<LateLine>,
    /// The announced releases that wait for an answer, or that may go out with our figures.
    releases: Vec<NoticeRow>,
    /// `None` while this computer works alone.
    of: Option<Membership>,
    location: LocationId,
    device: DeviceId,
    device_name: Option<String>,
    link: link::Status,
    zone: Zone,
    /// The backups, or why their settings cannot be read.
    backup: Result<Plan, String>,
}

impl State {
    fn reachable(&self) -> Option<bool> {
        self.link.reachable.or(self.row.hub_reachable)
    }

    /// Whether the running program has heard from the hub.
    fn is_live(&self) -> bool {
        self.link.reachable == Some(true)
    }

    fn json(&self) -> Value {
        let (row, brief, of) = (&self.row, &self.row.brief, self.of.as_ref());
        let place = brief.place.as_ref();
        let stopped = brief.stopped.as_ref();
        json!({
            "alone": brief.alone,
            "location": of.map(|of| &of.code),
            "location_id": self.location,
            "location_name": place.map(|place| &place.name),
            "device": self.device,
            "device_name": self.device_name,
            "network": of.map(|of| &of.network),
            "operator": of.map(|of| &of.operator),
            "hub": of.map(|of| &of.address),
            "confirmed": brief.confirmed,
            "words": brief.words,
            "saved": brief.saved,
            "last_shared": brief.last_shared,
            "waiting": brief.waiting,
            "team_only": row.team_only,
            "hub_reachable": self.reachable(),
            "last_reached": brief.last_reached,
            "revoked": row.revoked,
            "blocked": brief.hub_blocks,
            "hub_full": brief.hub_full,
            "cloned": stopped.is_some_and(|halted| halted.why == Stopped::Cloned),
            "held": brief.held,
            "quarantined": brief.quarantined,
            "sealed": brief.sealed,
            "newer": row.newer,
            "set_aside": row.set_aside,
            "void": brief.void,
            "said_again": brief.said_again,
            "conflicts": row.conflicts,
            "late": self.late.iter().map(late_json).collect::<Vec<_>>(),
            "releases": self.releases.iter().map(release_json).collect::<Vec<_>>(),
            "clock_behind_ms": brief.clock_behind_ms,
            "time_zone": self.zone.to_string(),
            "areas": brief.areas(),
            "areas_changed": place.and_then(|place| place.areas_changed),
            "backup": self.backup.as_ref().ok(),
        })
    }

    /// Writes the status.
    fn tell(&self, io: &mut Io) -> Outcome {
        let (row, brief, zone) = (&self.row, &self.row.brief, &self.zone);
        let moment =
            |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| zone.minute(at));
        let name = brief.place.as_ref().map(|place| place.name.as_str());
        let name = name.unwrap_or("(the hub has not sent its name yet)");
        let device = self.device_name.as_deref().unwrap_or("(not in the roster)");
        let since = row
            .waiting_since
            .map_or_else(String::new, |at| format!(" (since {})", zone.minute(at)));
        let reachable = match (self.reachable(), self.is_live()) {
            (Some(true), true) => "reachable now",
            (Some(true), false) => "reachable when it was last tried",
            (Some(false), _) => "not reachable when it was last tried",
            (None, _) => "not tried yet",
        };
        let mut say = |label: &str, words: String| io.labelled(label, LABEL, &words);
        if let Some(of) = &self.of {
            say("location", format!("{} {name}", of.code))?;
        }
        say("device", format!("{device}, {}", self.device))?;
        match &self.of {
            Some(of) => say(
                "network",
                format!("{}, operated by {}", of.network, of.operator),
            )?,
            None => say("network", format!("none. {Alone}"))?,
        };
        let areas = Some(brief.areas_in_words()).filter(|areas| !areas.is_empty());
        areas.map_or(Ok(ExitCode::Ok), |areas| say("areas", areas))?;
        say("time zone", zone.to_string())?;
        say("saved", moment(brief.saved))?;
        say("last shared", moment(brief.last_shared))?;
        let waiting = counted(brief.waiting, "entry", "entries");
        say("waiting", format!("{waiting}{since}"))?;
        let sealed = counted(row.team_only, "record", "records");
        let them = if row.team_only == 1 { "it" } else { "them" };
        say(
            "team only",
            format!("{sealed}: only your team's devices can read {them}"),
        )?;
        let backup = self.backup.as_ref();
        let backup = backup.map(|plan| plan.words(zone, LAYOUT.program));
        say("last backup", backup.unwrap_or_else(Clone::clone))?;
        match &self.of {
            Some(of) => say("hub", format!("{}, {reachable}", of.address)),
            None => Ok(ExitCode::Ok),
        }
    }

    /// Writes everything that needs a person's attention, each with what to do.
    fn needs(&self, io: &mut Io) -> Outcome {
        let (row, brief) = (&self.row, &self.row.brief);
        let since = brief.as_at(self.is_live(), &self.zone);
        let mut say = |label: &str, words: &str| io.labelled(label, LABEL, words);
        if !brief.confirmed && !brief.alone {
            let words = brief.words.as_deref().unwrap_or_default();
            let advice = "the national team confirms it by telephone; your words:";
            let text = format!("the location counts in no figure yet{since}; {advice} {words}");
            say("unconfirmed", &text)?;
        }
        if let Some(stopped) = &brief.stopped {
            say("stopped", &stopped.to_string())?;
        } else if row.revoked {
            say("revoked", &Halted::REVOKED.to_string())?;
        }
        for (label, words) in obstacles(brief) {
            say(label, &words)?;
        }
        let conflicts = if row.revoked || brief.stopped.is_some() {
            "two devices changed the same; settle it on another device of the location, because \
             what is settled here reaches no one any more"
        } else {
            "two devices changed the same: weft-node conflicts"
        };
        for (count, label, advice) in [
            (row.conflicts, "conflicts", conflicts),
            (
                brief.held,
                "held",
                "changes wait for others that have not arrived yet",
            ),
            (
                brief.quarantined,
                "quarantined",
                "changes cannot be read into their document; weft-node doctor names them",
            ),
            (
                row.newer,
                "not read",
                "documents hold something of a newer version, or a text that is too long: kept and \
                 passed on; an upgrade reads what is newer",
            ),
            (
                brief.void,
                "not taken",
                "the hub did not take what some saves of this device said, and no one else has it: \
                 weft-node doctor lists it and says why",
            ),
            (
                brief.said_again,
                "said again",
                "the hub did not take these saves as they were; nothing is to be done",
            ),
        ] {
            if count > 0 {
                say(label, &format!("{count}: {advice}"))?;
            }
        }
        for (label, words) in self.to_do() {
            say(label, &words)?;
        }
        if !row.set_aside.is_empty() {
            let (which, why) = (row.set_aside.join(", "), ended_words(VERSION));
            say("set aside", &format!("{which}: {why}"))?;
        }
        Ok(ExitCode::Ok)
    }
}

impl State {
    /// The values that are late, and the releases that are announced, each after its label.
    fn to_do(&self) -> impl Iterator<Item = (&'static str, String)> {
        let late = self.late.iter().map(|late| ("late", late.words()));
        let releases = self.releases.iter();
        late.chain(releases.map(|release| ("release", release_words(release))))
    }
}

fn late_json(late: &LateLine) -> Value {
    let periods = late.periods.iter().map(|due| due.period.to_string());
    json!({
        "indicator": late.indicator,
        "periods": periods.collect::<Vec<_>>(),
        "since": late.periods.first().map(|due| due.late_since().to_string()),
    })
}

/// An announced release, with what it is to do.
fn release_words(row: &NoticeRow) -> String {
    let (id, due, answers) = (&row.id, day_words(row.notice.due), row.answer_words());
    let title = &row.notice.title;
    match row.waits() {
        true => format!(
            "{title} ({id}) may go out from {due}: say yes or no. {answers}. weft-node release \
             agree CODE, or weft-node release refuse CODE"
        ),
        false => format!(
            "{title} ({id}) may go out from {due} with your figures. {answers}. weft-node release \
             refuse CODE takes a yes back"
        ),
    }
}

fn release_json(row: &NoticeRow) -> Value {
    json!({
        "release": row.id.to_string(),
        "title": row.notice.title,
        "due": row.notice.due.to_string(),
        "waits_for_us": row.waits(),
    })
}

/// Width of the label column.
const LABEL: usize = 13;

/// The refusals of the hub, and the lack of a key.
fn obstacles(brief: &Brief) -> Vec<(&'static str, String)> {
    let all = [
        (brief.hub_blocks, "blocked", HUB_BLOCKS.to_owned()),
        (brief.hub_full, "hub is full", HUB_FULL.to_owned()),
        (
            brief.sealed > 0,
            "sealed",
            no_key(brief.sealed, brief.is_last_device),
        ),
    ];
    let is_so = all.into_iter().filter(|(is_so, ..)| *is_so);
    is_so.map(|(_, label, words)| (label, words)).collect()
}
