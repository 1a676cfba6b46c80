//! The state of joining: what was typed, what was shown, and what the hub answered.

use std::path::Path;

use weft_host::{failure::Failure, output::sentence, random::random_bytes};
use weft_shared::{
    identity::{INVITE_CHARS_MAX, Invite, RootKey},
    time::Timestamp,
};

use super::{
    super::{Fault, Reply, form::Sent},
    page,
};
use crate::enrol::{Enrolled, NotJoined, Remains, check_name, words::fresh};

/// Number of recovery words that a person types back.
pub(super) const ASKED_BACK: usize = 3;

/// Number of recovery words.
const RECOVERY_WORDS: u8 = 24;

/// A form of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// The line that was sent, and the name of this computer.
    Line,
    /// Recovery words were written down.
    Written,
    /// Some of them, typed back.
    Check,
    /// Back to the words.
    Again,
    /// The words of an earlier attempt.
    Earlier,
    /// Back to the line.
    Back,
    /// Forgets an earlier attempt.
    Afresh,
    /// The name of a computer that starts without a line.
    Alone,
}

impl Act {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "line" => Self::Line,
            "written" => Self::Written,
            "check" => Self::Check,
            "again" => Self::Again,
            "earlier" => Self::Earlier,
            "back" => Self::Back,
            "afresh" => Self::Afresh,
            "alone" => Self::Alone,
            _ => return None,
        })
    }
}

/// The step that a person is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Step {
    #[default]
    Line,
    Words,
    Check,
    Earlier,
    /// The words of a location that lost its devices.
    WayBack,
    Joining,
    Joined,
}

/// An error of a form, with the field that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) field: &'static str,
    pub(super) text: String,
}

impl Wrong {
    pub(super) fn is_at(&self, field: impl AsRef<str>) -> bool {
        self.field == field.as_ref()
    }
}

/// The step after a form.
pub(super) enum Next {
    /// The page of the present step.
    Page,
    /// The hub is asked.
    Ask(Ask),
    /// This computer starts alone.
    Start(Start),
    /// The keys of an earlier attempt are removed.
    ClearUp,
}

/// Everything that joining needs.
pub(super) struct Ask {
    pub(super) invite: Invite,
    pub(super) name: String,
    /// The root of a new location.
    pub(super) root: Option<Box<RootKey>>,
}

/// Everything that starting alone needs.
pub(super) struct Start {
    pub(super) name: String,
    pub(super) root: Box<RootKey>,
}

#[derive(Default)]
pub(super) struct Desk {
    /// Whether this computer works alone, so that it has a location and a name.
    pub(super) alone: bool,
    /// Whether the words are those of a computer that is to start alone.
    pub(super) starts: bool,
    pub(super) step: Step,
    /// The line as it was pasted.
    pub(super) line: String,
    pub(super) name: String,
    /// The invite in the line, once the page has shown what it names.
    pub(super) invite: Option<Invite>,
    pub(super) wrong: Option<Wrong>,
    /// The root of a new location, whose words were shown or given.
    root: Option<Box<RootKey>>,
    /// Whether a person has shown that the words are on paper.
    kept: bool,
    /// The places of the words that are asked back, from 1.
    pub(super) places: [u8; ASKED_BACK],
    pub(super) enrolled: Option<Enrolled>,
}

impl Desk {
    pub(super) fn page(&self, folder: &Path, refused: bool) -> Result<Reply, Fault> {
        page::of(self, folder, refused)
    }

    pub(super) const fn is_wrong(&self) -> bool {
        self.wrong.is_some()
    }

    /// Takes a form. `begun` says whether an earlier attempt needs its recovery words.
    pub(super) fn take(&mut self, act: Act, sent: &Sent, begun: bool, now: Timestamp) -> Next {
        // A form of another window changes nothing.
        if !self.expects(act) {
            return Next::Page;
        }
        self.wrong = None;
        let ask = match act {
            Act::Line => self.take_line(sent, begun, now),
            Act::Alone => self.take_alone(sent, begun),
            Act::Check => return self.take_back(sent),
            Act::Earlier => self.take_earlier(sent),
            Act::Written => self.ask_back(),
            Act::Again => self.goes_to(Step::Words),
            Act::Back => {
                if self.starts {
                    self.starts = false;
                    self.root = None;
                }
                self.goes_to(Step::Line)
            }
            Act::Afresh => {
                *self = Self {
                    name: std::mem::take(&mut self.name),
                    ..Self::default()
                };
                return Next::ClearUp;
            }
        };
        ask.map_or(Next::Page, Next::Ask)
    }

    const fn goes_to(&mut self, step: Step) -> Option<Ask> {
        self.step = step;
        None
    }

    fn expects(&self, act: Act) -> bool {
        match act {
            Act::Line => self.step == Step::Line,
            Act::Alone => self.step == Step::Line && !self.alone,
            Act::Written => self.step == Step::Words,
            Act::Check | Act::Again => self.step == Step::Check,
            Act::Earlier => matches!(self.step, Step::Earlier | Step::WayBack),
            Act::Afresh => self.step == Step::Earlier,
            Act::Back => matches!(
                self.step,
                Step::Words | Step::Check | Step::Earlier | Step::WayBack
            ),
        }
    }

    /// Shows what a line names before anything is done with it.
    fn take_line(&mut self, sent: &Sent, begun: bool, now: Timestamp) -> Option<Ask> {
        let line = sent.first("line");
        self.line = line.chars().take(INVITE_CHARS_MAX).collect();
        self.name = sent.first("name").chars().take(NAME_CHARS_MAX).collect();
        let invite: Invite = match line.parse() {
            Ok(invite) => invite,
            Err(error) => return self.wrong_line(sentence(&error)),
        };
        if now >= invite.expires() {
            return self.wrong_line(page::expired(invite.expires(), now));
        }
        if self.alone && !invite.founds() {
            return self.wrong_line(page::no_further());
        }
        if self.invite.as_ref() != Some(&invite) {
            self.invite = Some(invite);
            return None;
        }
        if self.alone {
            return self.ask();
        }
        if let Err(failure) = check_name(&self.name) {
            let (field, text) = ("name", of_name(&failure));
            self.wrong = Some(Wrong { field, text });
            return None;
        }
        if invite.recovers() {
            self.forget_root();
            return self.goes_to(Step::WayBack);
        }
        match (&invite, self.kept, begun && self.root.is_none()) {
            (Invite::Device(_), _, _) | (Invite::Founding(_), true, _) => return self.ask(),
            (Invite::Founding(_), false, true) => self.step = Step::Earlier,
            (Invite::Founding(_), false, false) => {
                self.root.get_or_insert_with(|| Box::new(fresh()));
                self.step = Step::Words;
            }
        }
        None
    }

    /// A computer without a line gets its recovery words. `begun` says whether an earlier attempt
    /// may have reached a hub.
    fn take_alone(&mut self, sent: &Sent, begun: bool) -> Option<Ask> {
        self.name = sent.first("name").chars().take(NAME_CHARS_MAX).collect();
        let wrong = match (begun, check_name(&self.name)) {
            (true, _) => Some(page::asked_before()),
            (false, Err(failure)) => Some(of_name(&failure)),
            (false, Ok(_)) => None,
        };
        let field = "alone-name";
        self.wrong = wrong.map(|text| Wrong { field, text });
        if self.wrong.is_none() {
            self.starts = true;
            self.root = Some(Box::new(fresh()));
            self.step = Step::Words;
        }
        None
    }

    fn wrong_line(&mut self, text: String) -> Option<Ask> {
        self.invite = None;
        let field = "line";
        self.wrong = Some(Wrong { field, text });
        None
    }

    /// Returns the recovery words that are shown.
    pub(super) fn words(&self) -> Vec<String> {
        let words = self.root.as_ref().map(|root| root.recovery_words());
        let words = words.unwrap_or_default();
        words.split_whitespace().map(str::to_owned).collect()
    }

    /// Chooses one word of each third.
    fn ask_back(&mut self) -> Option<Ask> {
        let bytes: [u8; ASKED_BACK] = random_bytes();
        let third = RECOVERY_WORDS / 3;
        let mut first = 1;
        for (place, byte) in self.places.iter_mut().zip(bytes) {
            *place = first + byte % third;
            first += third;
        }
        self.goes_to(Step::Check)
    }

    fn take_back(&mut self, sent: &Sent) -> Next {
        let words = self.words();
        for (field, place) in FIELDS.into_iter().zip(self.places) {
            let typed = sent.first(field).trim().to_lowercase();
            if words.get(usize::from(place) - 1) != Some(&typed) {
                let text = format!("This is not word {place} of the recovery words.");
                self.wrong = Some(Wrong { field, text });
                return Next::Page;
            }
        }
        self.kept = true;
        if self.starts
            && let Some(root) = self.root.take()
        {
            self.kept = false;
            let name = self.name.clone();
            return Next::Start(Start { name, root });
        }
        self.ask().map_or(Next::Page, Next::Ask)
    }

    fn take_earlier(&mut self, sent: &Sent) -> Option<Ask> {
        match RootKey::from_recovery_words(sent.first("words")) {
            Ok(root) => {
                self.root = Some(Box::new(root));
                self.kept = true;
                self.ask()
            }
            Err(error) => {
                let (field, text) = ("words", sentence(&error));
                self.wrong = Some(Wrong { field, text });
                None
            }
        }
    }

    fn ask(&mut self) -> Option<Ask> {
        let invite = self.invite.clone()?;
        self.step = Step::Joining;
        Some(Ask {
            invite,
            name: self.name.clone(),
            root: self.root.clone(),
        })
    }

    /// The hub did not admit this computer: back to the line, which is kept.
    pub(super) fn refuse(&mut self, invite: &Invite, not_joined: NotJoined) {
        let founds = invite.founds();
        self.step = Step::Line;
        let text = match not_joined {
            NotJoined::Before(failure) => {
                // Words of another location lead nowhere.
                self.forget_root();
                failure.to_string()
            }
            NotJoined::Asked { failure, remains } => {
                if remains == Remains::Nothing {
                    self.forget_root();
                }
                format!("{failure} {}", page::remains(remains, founds))
            }
        };
        let field = "line";
        self.wrong = Some(Wrong { field, text });
    }

    fn forget_root(&mut self) {
        self.root = None;
        self.kept = false;
    }

    /// The hub did not admit the location of this computer, which goes on alone.
    pub(super) fn stays_alone(&mut self, failure: &Failure) {
        let (field, text) = ("line", failure.to_string());
        self.step = Step::Line;
        self.wrong = Some(Wrong { field, text });
    }

    /// This computer works alone from now on; or did not start, for a reason.
    pub(super) fn started(&mut self, outcome: Result<(), Failure>) {
        let field = "alone-name";
        let text = outcome.err().map(|failure| failure.to_string());
        *self = Self {
            alone: text.is_none(),
            name: std::mem::take(&mut self.name),
            wrong: text.map(|text| Wrong { field, text }),
            ..Self::default()
        };
    }

    /// This computer has joined.
    pub(super) fn arrive(&mut self, enrolled: Enrolled) {
        *self = Self {
            step: Step::Joined,
            enrolled: Some(enrolled),
            ..Self::default()
        };
    }

    /// This computer has joined, and its node cannot be opened.
    pub(super) fn stop(&mut self, failure: &Failure) {
        self.step = Step::Line;
        let field = "line";
        let text = format!(
            "This computer has joined, but its data cannot be opened: {failure} Close Weft and \
             start it again."
        );
        self.wrong = Some(Wrong { field, text });
    }
}

/// The words for a name that does not fit. The command names its flag; a page has a field.
fn of_name(failure: &Failure) -> String {
    failure
        .to_string()
        .replace(" Give another --device-name.", "")
}

/// The fields of the words that are asked back.
pub(super) const FIELDS: [&str; ASKED_BACK] = ["first", "second", "third"];

/// Characters of a name that are kept in the field. A valid name has fewer.
const NAME_CHARS_MAX: usize = 256;
