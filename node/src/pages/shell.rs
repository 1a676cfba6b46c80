//! The frame of every page: the location, the state of saved work, and links to the other pages.

use weft_host::words::{Lang, words};
use weft_shared::{period::day_words, time::Timestamp};

use super::moment::{Calendar, Moment};
use crate::{
    link::{Phase, Status},
    replica::{DocumentError, Replica},
    view::{Brief, News, Written, clock_words},
    words::{no_key, not_taken},
};

/// The frame of a page.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    pub(crate) title: String,
    section: Section,
    lang: Lang,
    pub(crate) location: String,
    pub(crate) location_mi: Option<String>,
    pub(crate) network: String,
    pub(crate) operator: String,
    pub(crate) device: String,
    /// The places of the words: on this computer, on their way, with the hub.
    pub(crate) kept: Vec<Kept>,
    /// A message about what was just done.
    pub(crate) done: Option<&'static str>,
    /// The values that were saved, and those they replaced.
    pub(crate) told: Vec<String>,
    pub(crate) warnings: Vec<String>,
    /// Changes at the hub, shown only on Today until the person has read them.
    pub(crate) news: Option<News>,
    pub(crate) error: bool,
    pub(crate) errors: Vec<ErrorLink>,
    pub(crate) brief: Brief,
    pub(crate) conflicts: u64,
    /// Number of indicators with values that are late.
    pub(crate) late: u64,
    /// Number of open actions whose day has passed.
    pub(crate) overdue: u64,
    /// Number of items of the agenda without our answer.
    pub(crate) unanswered: u64,
    /// The day, for paper.
    pub(crate) printed: String,
}

/// One line of the error summary, with the field that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ErrorLink {
    pub(crate) id: String,
    pub(crate) text: String,
}

/// The pages that every page links to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Today,
    Indicators,
    Plan,
    Insights,
    Agenda,
    Sight,
    Money,
    Reviews,
    Conflicts,
    Join,
    Import,
    Sharing,
    Report,
    History,
    Settings,
    Help,
}

impl Section {
    /// Each with its address and the id of its words.
    const ALL: [(Self, &'static str, &'static str); 16] = [
        (Self::Today, "/", "today"),
        (Self::Plan, "/plan", "plan"),
        (Self::Indicators, "/indicators", "indicators"),
        (Self::Insights, "/insights", "insights"),
        (Self::Agenda, "/agenda", "agenda"),
        (Self::Sight, "/sight", "line-of-sight"),
        (Self::Money, "/money", "money"),
        (Self::Reviews, "/reviews", "learning-reviews"),
        (Self::Conflicts, "/conflicts", "to-settle"),
        (Self::Join, "/welcome", "join-network"),
        (Self::Import, "/import", "import"),
        (Self::Sharing, "/sharing", "sharing"),
        (Self::Report, "/report", "report"),
        (Self::History, "/history", "history"),
        (Self::Settings, "/settings", "settings"),
        (Self::Help, "/help", "help"),
    ];

    /// Whether the navigation names it: what needs a network waits until there is one.
    const fn is_offered(self, alone: bool) -> bool {
        match self {
            Self::Join => alone,
            Self::Indicators
            | Self::Agenda
            | Self::Sight
            | Self::Import
            | Self::Sharing
            | Self::Report => !alone,
            Self::Today
            | Self::Plan
            | Self::Insights
            | Self::Money
            | Self::Reviews
            | Self::Conflicts
            | Self::History
            | Self::Settings
            | Self::Help => true,
        }
    }
}

/// A link of the navigation.
#[derive(Clone, Debug)]
pub(crate) struct NavLink {
    pub(crate) href: &'static str,
    pub(crate) label: String,
    /// The language of the label, if it is not English.
    pub(crate) lang: Option<&'static str>,
    /// Whether a gap stands above it.
    pub(crate) gap: bool,
    pub(crate) current: bool,
    /// The value of `aria-current`: this page, or one below it.
    pub(crate) state: &'static str,
    /// The number of things that wait there; none shows nothing.
    pub(crate) count: u64,
    /// Whether they wait for this person.
    pub(crate) due: bool,
    /// The words for the number.
    pub(crate) waits: &'static str,
}

impl Shell {
    /// Reads the frame of a page.
    pub(crate) fn read(
        replica: &mut Replica,
        link: &Status,
        calendar: &Calendar,
        section: Section,
        title: &str,
    ) -> Result<Self, DocumentError> {
        let brief = replica.brief()?;
        let news = match section {
            Section::Today => replica.news(calendar.now())?,
            _ => None,
        };
        let conflicts = replica.conflict_count()?;
        let late = replica.late_count(calendar.now())?;
        let overdue = replica.overdue_count(calendar.now())?;
        let unanswered = match replica.is_alone() {
            true => 0,
            false => replica.waiting_items(calendar.today())?,
        };
        let membership = replica.membership().ok();
        let (network, operator) = membership
            .map(|one| (one.network.clone(), one.operator.clone()))
            .unwrap_or_default();
        let code = replica.code().map(|code| code.to_string());
        let device = replica.device().map(|device| device.name.clone());
        let kept = kept(&brief, link, calendar);
        let warnings = warnings(&brief, link, calendar);
        let place = brief.place.clone();
        let (name, name_mi) = place.map(|place| (place.name, place.name_mi)).unzip();
        Ok(Self {
            title: title.to_owned(),
            section,
            lang: replica.language()?,
            location: name.or(code).unwrap_or_else(|| "Our location".to_owned()),
            location_mi: name_mi.flatten(),
            network,
            operator,
            device: device.unwrap_or_else(|| "this device".to_owned()),
            kept,
            done: None,
            told: Vec::new(),
            warnings,
            news,
            error: false,
            errors: Vec::new(),
            brief,
            conflicts,
            late,
            overdue,
            unanswered,
            printed: day_words(calendar.today()),
        })
    }

    /// The words with this id: a heading, a button.
    pub(crate) fn word(&self, id: &str) -> String {
        words(Lang::English, id).0
    }

    /// Returns the links of the navigation.
    pub(crate) fn nav(&self) -> Vec<NavLink> {
        let link = |(section, href, id): (Section, &'static str, &'static str)| {
            let (label, lang) = words(self.lang, id);
            let at_page = self.title == words(Lang::English, id).0;
            let (count, waits) = match section {
                Section::Today => (self.overdue, "late"),
                Section::Agenda => (self.unanswered, "waiting for our answer"),
                Section::Conflicts => (self.conflicts, "to settle"),
                Section::Indicators => (self.late, "with missing values"),
                Section::Sharing => (self.brief.waiting, "waiting to be shared"),
                _ => (0, ""),
            };
            NavLink {
                href,
                label,
                lang: Some(lang.tag()).filter(|_| lang != Lang::English),
                gap: matches!(section, Section::Import | Section::Join),
                current: section == self.section,
                state: if at_page { "page" } else { "true" },
                count,
                due: section != Section::Sharing,
                waits,
            }
        };
        let alone = self.brief.alone;
        let offered = Section::ALL.into_iter();
        let offered = offered.filter(|(section, ..)| section.is_offered(alone));
        offered.map(link).collect()
    }

    /// Shows at the top that nothing was saved, and why.
    pub(crate) fn refuse(&mut self, errors: Vec<ErrorLink>) {
        self.error = true;
        self.errors = errors;
    }

    /// Shows a message about what was just done, by the word in the address.
    pub(crate) fn after(mut self, word: Option<&str>) -> Self {
        self.done = word.and_then(|word| {
            let known = DONE.iter().find(|(known, _)| *known == word);
            known.map(|(_, text)| *text)
        });
        self
    }
}

/// Messages by the word in the address. Any other word shows nothing.
const DONE: [(&str, &str); 32] = [
    (
        "backups",
        "Saved. The first backup is made within a minute, while Weft runs.",
    ),
    (
        "nobackups",
        "No more backups are made. Those that are there stay.",
    ),
    ("backedup", "Backed up, and read again."),
    (
        "answered",
        "Answered, and saved on this computer. The national team has it with the next exchange.",
    ),
    (
        "answeredagain",
        "Answered in place of our earlier answer, and saved on this computer. The earlier one \
         stays in the history. The national team has the new one with the next exchange.",
    ),
    (
        "linereplaced",
        "Saved on this computer. The line takes the place of the one before, which stays in the \
         history.",
    ),
    (
        "linenowhere",
        "Saved on this computer. No location is stated, so no location’s column has it: it \
         stands under “not stated”.",
    ),
    (
        "linereplacednowhere",
        "Saved on this computer. The line takes the place of the one before, which stays in the \
         history. No location is stated, so no location’s column has it: it stands under “not \
         stated”.",
    ),
    (
        "addednowhere",
        "Added, and saved on this computer. No location is stated, so no location’s column has \
         it: it stands under “not stated”.",
    ),
    (
        "addedunsent",
        "Added for our team only, so the national team cannot read it. Change who may see it to \
         “The network” if they are to answer.",
    ),
    (
        "linetakenback",
        "The line is taken back. What it said stays in the history.",
    ),
    (
        "accepted",
        "Accepted, and kept with your reason. The ledger comes again with the next exchange.",
    ),
    ("revoked", "Removed: nothing later of that device is taken."),
    ("imported", "Imported, and saved on this computer."),
    (
        "takenback",
        "The import is taken back. All of it stays in the history.",
    ),
    (
        "takenout",
        "Taken out of the lists and figures. It stays in the history, and can be brought back.",
    ),
    (
        "undone",
        "Undone: what stood there before stands again. Both stay in the history.",
    ),
    (
        "broughtback",
        "Brought back, and saved on this computer. What it replaces stays in the history.",
    ),
    ("added", "Added, and saved on this computer."),
    ("saved", "Saved on this computer."),
    (
        "refusal",
        "Saved on this computer. Your no holds once the hub has it; a release that is published \
         before that keeps your figures.",
    ),
    (
        "yes-taken",
        "Saved on this computer. Your yes to releases is taken back with it. That holds once the \
         hub has it; a release that is published before that keeps your figures.",
    ),
    (
        "widened",
        "Saved on this computer, to be shared with the next exchange.",
    ),
    ("unchanged", "Nothing was different, so nothing was saved."),
    (
        "removed",
        "Removed from the lists. What it says stays, and can be put back.",
    ),
    (
        "restored",
        "Put back into the lists, and saved on this computer.",
    ),
    (
        "narrowed",
        "Saved. From now on only your team’s devices can read it; what was shared before cannot \
         be recalled.",
    ),
    (
        "withdrawn",
        "Withdrawn. Its words are deleted on this computer, and the hub and your colleagues' \
         devices delete theirs as soon as they hear of it.",
    ),
    (
        "settled",
        "Settled, and saved on this computer. The other values stay in the history.",
    ),
    ("shared", "Everything that waited is shared with the hub."),
    (
        "unreached",
        "The hub could not be reached just now. Your work is safe on this computer, and this \
         computer keeps trying.",
    ),
    (
        "refused",
        "The hub took nothing just now, for the reason below. Your work is safe on this computer.",
    ),
];

/// One line of where the words are: a mark, what matters, and the rest of the sentence.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// Whether the words are on their way; otherwise they have arrived.
    pub(crate) waits: bool,
    pub(crate) strong: String,
    pub(crate) rest: String,
}

impl Kept {
    fn arrived(strong: &str, rest: String) -> Self {
        let strong = strong.to_owned();
        Self {
            waits: false,
            strong,
            rest,
        }
    }

    fn waits(strong: String, rest: String) -> Self {
        Self {
            waits: true,
            strong,
            rest,
        }
    }
}

/// The places of the words: "Saved on this computer 10:42", and "3 changes wait to be shared".
fn kept(brief: &Brief, link: &Status, calendar: &Calendar) -> Vec<Kept> {
    let Some(at) = brief.saved else {
        let rest = "on this computer yet".to_owned();
        return vec![Kept::arrived("Nothing is saved", rest)];
    };
    let saved = Kept::arrived(
        "Saved",
        format!("on this computer {}", calendar.moment(at).text),
    );
    if brief.alone {
        let rest = "alone: nothing is shared".to_owned();
        return vec![saved, Kept::arrived("It works", rest)];
    }
    let changes = match brief.waiting {
        0 => None,
        1 => Some("1 change waits".to_owned()),
        count => Some(format!("{count} changes wait")),
    };
    let shared = match (changes, brief.last_shared) {
        (None, Some(at)) => Kept::arrived(
            "Shared",
            format!("with the hub {}", calendar.moment(at).text),
        ),
        (None, None) => Kept::arrived("Nothing is shared", "with the hub yet".to_owned()),
        (Some(changes), _) => Kept::waits(changes, format!("to be shared{}", away(link, calendar))),
    };
    vec![saved, shared]
}

/// The reason why waiting work still waits.
fn away(link: &Status, calendar: &Calendar) -> String {
    match link.phase {
        Phase::Waiting(until) => format!(
            ": the hub cannot be reached, the next try is at {}",
            calendar.moment(until).text
        ),
        Phase::Quiet | Phase::Connecting | Phase::CatchingUp | Phase::Live => String::new(),
    }
}

fn warnings(brief: &Brief, link: &Status, calendar: &Calendar) -> Vec<String> {
    let stopped = brief.stopped.as_ref().map(ToString::to_string);
    let not_taken = (brief.void > 0).then(|| not_taken(brief.void));
    let unconfirmed = (!brief.confirmed && !brief.alone).then(|| {
        let since = brief.as_at(link.reachable == Some(true), calendar.zone());
        let words = brief.words.as_ref().map_or_else(String::new, |words| {
            format!(" Telephone them and compare these four words: {words}.")
        });
        format!(
            "The national team has not confirmed this location yet{since}, so its values are in no \
             rollup.{words}"
        )
    });
    let unread = (brief.held + brief.quarantined > 0).then(|| {
        "Some changes that arrived could not be read yet. Nothing is lost; weft-node doctor says \
         which."
            .to_owned()
    });
    let sealed = no_key(brief.sealed, brief.is_last_device);
    let sealed = (brief.sealed > 0).then(|| format!("{sealed}."));
    let clock = brief.clock_behind_ms.map(clock_words);
    let device = [stopped, not_taken, sealed];
    let rest = [unconfirmed, unread, clock, link.said()];
    device.into_iter().chain(rest).flatten().collect()
}

/// The author of something, as pages show it.
#[derive(Clone, Debug)]
pub(crate) struct By {
    pub(crate) device: String,
    pub(crate) at: Option<Moment>,
}

impl By {
    pub(crate) fn new(written: &Written, calendar: &Calendar) -> Self {
        let device = written.device.clone();
        Self {
            device: device.unwrap_or_else(|| "a device that is not known here".to_owned()),
            at: written.at.map(|at: Timestamp| calendar.moment(at)),
        }
    }

    /// The author and the time on one line.
    pub(crate) fn line(&self) -> String {
        let at = self.at.as_ref();
        at.map_or_else(
            || self.device.clone(),
            |at| format!("{}, {}", self.device, at.text),
        )
    }
}
