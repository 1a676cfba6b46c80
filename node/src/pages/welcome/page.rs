//! The page of each step, in words.

use std::path::Path;

use askama::Template;
use weft_host::words::{Lang, words};
use weft_shared::{
    identity::{Invite, InviteNames, Role},
    time::{Timestamp, Zone, length_words},
};

use super::{
    super::{Fault, Reply},
    desk::{Desk, FIELDS, Step, Wrong},
};
use crate::{enrol::Remains, limits::DEVICE_NAME_BYTES_MAX};

#[derive(Template)]
#[template(path = "welcome.html")]
struct WelcomePage {
    title: String,
    wrong: Option<Wrong>,
    line: String,
    name: String,
    name_max: usize,
    named: Option<Named>,
    /// Whether it works alone.
    alone: bool,
    start_alone: String,
    folder: String,
}

/// The statements of a line, before the hub has been asked.
struct Named {
    network: String,
    operator: String,
    code: String,
    hub: String,
    founds: bool,
    /// Whether it brings a location back that lost its devices.
    recovers: bool,
    may: &'static str,
    left: String,
}

#[derive(Template)]
#[template(path = "welcome-words.html")]
struct WordsPage {
    title: String,
    wrong: Option<Wrong>,
    starts: bool,
    words: Vec<String>,
}

#[derive(Template)]
#[template(path = "welcome-check.html")]
struct CheckPage {
    title: String,
    wrong: Option<Wrong>,
    starts: bool,
    fields: Vec<(&'static str, u8)>,
}

#[derive(Template)]
#[template(path = "welcome-earlier.html")]
struct EarlierPage {
    title: String,
    wrong: Option<Wrong>,
}

#[derive(Template)]
#[template(path = "welcome-back.html")]
struct BackPage {
    title: String,
    wrong: Option<Wrong>,
}

#[derive(Template)]
#[template(path = "welcome-joining.html")]
struct JoiningPage {
    title: String,
    wrong: Option<Wrong>,
    hub: String,
}

#[derive(Template)]
#[template(path = "welcome-joined.html")]
struct JoinedPage {
    title: String,
    wrong: Option<Wrong>,
    network: String,
    operator: String,
    location: String,
    words: String,
    founded: bool,
    /// Whether the location came back with its recovery words.
    back: bool,
    claimed: Option<InviteNames>,
}

/// Makes the page of the present step.
pub(super) fn of(desk: &Desk, folder: &Path, refused: bool) -> Result<Reply, Fault> {
    let (title, wrong) = (title(desk.step, desk.alone), desk.wrong.clone());
    match desk.step {
        Step::Line => {
            let page = WelcomePage {
                title,
                wrong,
                line: desk.line.clone(),
                name: desk.name.clone(),
                name_max: DEVICE_NAME_BYTES_MAX,
                named: desk.invite.as_ref().map(Named::new),
                alone: desk.alone,
                start_alone: words(Lang::English, "start-alone").0,
                folder: folder.display().to_string(),
            };
            Reply::page(refused, &page)
        }
        Step::Words => {
            let words = desk.words();
            Reply::page(
                refused,
                &WordsPage {
                    title,
                    wrong,
                    starts: desk.starts,
                    words,
                },
            )
        }
        Step::Check => {
            let fields = FIELDS.into_iter().zip(desk.places).collect();
            Reply::page(
                refused,
                &CheckPage {
                    title,
                    wrong,
                    starts: desk.starts,
                    fields,
                },
            )
        }
        Step::Earlier => Reply::page(refused, &EarlierPage { title, wrong }),
        Step::WayBack => Reply::page(refused, &BackPage { title, wrong }),
        Step::Joining => {
            let hub = desk.invite.as_ref().map(Invite::address);
            let hub = hub.unwrap_or_default().to_owned();
            Reply::page(refused, &JoiningPage { title, wrong, hub })
        }
        Step::Joined => joined(desk, title),
    }
}

fn joined(desk: &Desk, title: String) -> Result<Reply, Fault> {
    let enrolled = desk.enrolled.as_ref().ok_or(Fault::NotFound)?;
    let page = JoinedPage {
        title,
        wrong: None,
        network: enrolled.network.clone(),
        operator: enrolled.operator.clone(),
        location: enrolled.location.clone(),
        words: enrolled.words.to_string(),
        founded: enrolled.founded,
        back: enrolled.back,
        claimed: enrolled.claimed.clone(),
    };
    Reply::page(false, &page)
}

fn title(step: Step, alone: bool) -> String {
    let id = match step {
        Step::Line if alone => "join-network",
        Step::Line => "set-up",
        Step::Words => "recovery-words",
        Step::Check => "recovery-check",
        Step::Earlier => "recovery-earlier",
        Step::WayBack => "recovery-way-back",
        Step::Joining => "joining",
        Step::Joined => "joined",
    };
    words(Lang::English, id).0
}

impl Named {
    fn new(invite: &Invite) -> Self {
        let now = weft_host::clock::now();
        let left_ms = invite.expires().since_ms(now);
        Self {
            network: invite.names().network().to_owned(),
            operator: invite.names().operator().to_owned(),
            code: invite.code().to_string(),
            hub: invite.address().to_owned(),
            founds: invite.founds(),
            recovers: invite.recovers(),
            may: match invite {
                Invite::Founding(_) => "",
                Invite::Device(invite) => match invite.role {
                    Role::Admin => "write here, and invite and remove other devices",
                    Role::Member => "write here",
                },
            },
            left: length_words(u64::try_from(left_ms).unwrap_or(0)),
        }
    }
}

/// The words if an earlier attempt may have reached a hub.
pub(super) fn asked_before() -> String {
    "An earlier attempt to join may have reached its hub, so this computer does not start alone. \
     Paste that line again, above."
        .to_owned()
}

/// The words for the line of a further device, given to a computer that works alone.
pub(super) fn no_further() -> String {
    "This line is for a device of a location that exists, and this computer has begun a \
     location of its own. Ask the national team for a line that founds a location. Nothing was \
     changed."
        .to_owned()
}

/// The words for a line whose time is over by this computer's clock.
pub(super) fn expired(expires: Timestamp, now: Timestamp) -> String {
    let ago = length_words(u64::try_from(now.since_ms(expires)).unwrap_or(0));
    // The network's time zone is not known yet.
    let clock = Zone::utc().told(now, Timestamp::from_ms(0));
    format!(
        "This line was good until {ago} ago, by this computer's clock, which says {clock}. If the \
         clock is right, ask for a new line; if it is wrong, set it and press the button again."
    )
}

/// The words for what is left of an attempt.
pub(super) const fn remains(remains: Remains, founds: bool) -> &'static str {
    match (remains, founds) {
        (Remains::Nothing, false) => "Nothing was joined, and nothing of the attempt is left here.",
        (Remains::Nothing, true) => {
            "Nothing was joined. The recovery words that you wrote down count for nothing: destroy \
             that paper."
        }
        (Remains::Earlier, _) => {
            "An earlier attempt may have reached the hub, so its keys stay on this computer. Ask \
             the national team whether their hub knows this computer already."
        }
        (Remains::Kept, false) => "Nothing is lost: press Join to try again with the same line.",
        (Remains::Kept, true) => {
            "Nothing is lost: press Join to try again with the same line. The recovery words that \
             you wrote down stay good."
        }
    }
}
