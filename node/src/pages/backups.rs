//! Backups under Settings: the folder, how often, and the words that open them.

use askama::Template;
use axum::{
    Router,
    extract::{Form, Query, State},
    routing::{get, post},
};
use weft_host::{
    backup::{Every, Lock, Plan, Schedule, Secret, To},
    failure::Failure,
    random::random_bytes,
};
use weft_shared::{identity::RootKey, time::Zone};

use super::{
    Answered, Here, Pages, Pairs, Reply,
    form::{OptionView, Sent},
    settings::aside,
    shell::{Section, Shell},
};
use crate::limits::LAYOUT;

/// The addresses of the part.
pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/settings/backup", post(plan))
        .route("/settings/backup/now", post(now))
        .route("/settings/backup/words", get(words))
}

/// The part of the page about backups.
pub(super) struct BackupView {
    /// The last backup and the schedule, or why they are not known.
    pub(super) words: String,
    /// Whether words lock the backups already.
    pub(super) has_words: bool,
    pub(super) folder: String,
    pub(super) every: Vec<OptionView>,
    pub(super) keep: String,
}

impl BackupView {
    /// The state, and the form; with what somebody `sent` if it was refused.
    pub(super) fn of(plan: Result<&Plan, String>, zone: &Zone, sent: Option<&Sent>) -> Self {
        let none = Plan::default();
        let (plan, words) = match plan {
            // The form below takes the place of the command that the words name.
            Ok(plan) if *plan == none => (plan, "none yet".to_owned()),
            Ok(plan) => (plan, plan.words(zone, LAYOUT.program)),
            Err(why) => (&none, why),
        };
        let schedule = plan.schedule.as_ref();
        let every = schedule.map_or_else(Every::default, |one| one.every);
        let every = sent
            .and_then(|sent| Every::parse(sent.first("every")))
            .unwrap_or(every);
        let text = |key: &str, kept: Option<String>| match sent {
            Some(sent) => sent.first(key).to_owned(),
            None => kept.unwrap_or_default(),
        };
        let keep = schedule.map_or(KEEP, |one| one.keep);
        Self {
            words,
            has_words: plan.lock.is_some(),
            folder: text("folder", schedule.map(|one| one.folder.clone())),
            every: [(Every::Day, "Each day"), (Every::Week, "Each week")]
                .map(|(one, label)| OptionView {
                    value: one.word().to_owned(),
                    label: label.to_owned(),
                    chosen: one == every,
                })
                .into(),
            keep: text("keep", Some(keep.to_string())),
        }
    }
}

#[derive(Template)]
#[template(path = "settings-words.html")]
struct WordsPage {
    shell: Shell,
    words: String,
}

/// Sets the schedule. New words are shown once.
async fn plan(State(pages): Here, Form(sent): Form<Pairs>) -> Answered {
    let sent = Sent(sent);
    let backups = pages.node.backups();
    let wanted = match schedule(&sent) {
        Ok(schedule) => schedule,
        Err((field, failure)) => return pages.refused(field, &failure, &sent).await,
    };
    let (lock, new) = match lock(&sent) {
        Ok(locked) => locked,
        Err(failure) => return pages.refused("typed", &failure, &sent).await,
    };
    let lock = lock.filter(|_| wanted.is_some());
    let is_off = wanted.is_none();
    match backups.schedule(wanted, lock.as_ref()) {
        Err(error) => pages.refused("folder", &error.into(), &sent).await,
        Ok(_) if is_off => Ok(Reply::See("/settings?done=nobackups".to_owned())),
        Ok(_) => match new {
            Some(words) => {
                let said = pages.said.keep(vec![words]);
                Ok(Reply::See(format!("/settings/backup/words?said={said}")))
            }
            None => Ok(Reply::See("/settings?done=backups".to_owned())),
        },
    }
}

/// Reads the schedule of a form; none for no more backups.
fn schedule(sent: &Sent) -> Result<Option<Schedule>, (&'static str, Failure)> {
    let folder = sent.first("folder").trim();
    if folder.is_empty() {
        return Ok(None);
    }
    let keep = sent.first("keep").trim().parse::<u16>().ok();
    let keep = keep.filter(|keep| (1..=KEEP_MAX).contains(keep));
    let keep = keep.ok_or_else(|| {
        let text = format!("Backups that stay: write a number from 1 to {KEEP_MAX}.");
        ("keep", Failure::usage(text))
    })?;
    Ok(Some(Schedule {
        folder: folder.to_owned(),
        every: Every::parse(sent.first("every")).unwrap_or_default(),
        keep,
    }))
}

/// The lock of a form, with the words if they are new; none for the one that is there.
fn lock(sent: &Sent) -> Result<(Option<Lock>, Option<String>), Failure> {
    match sent.first("words") {
        "new" => {
            let words = RootKey::from_seed(random_bytes());
            Ok((Some(Lock::of_words(&words)), Some(words.recovery_words())))
        }
        "typed" => {
            let secret = Secret::of_words(sent.first("typed"))?;
            Ok((Some(secret.lock()), None))
        }
        _ => Ok((None, None)),
    }
}

async fn words(State(pages): Here, Query(asked): Query<Pairs>) -> Answered {
    let said = pages.said.of(Sent(asked).first("said"));
    let [words] = said.as_slice() else {
        return Ok(Reply::See("/settings".to_owned()));
    };
    let words = words.clone();
    pages
        .visit(move |visit| {
            let page = WordsPage {
                shell: visit.shell(Section::Settings, "The words of your backups")?,
                words,
            };
            Reply::page(false, &page)
        })
        .await
}

/// Makes a backup at once.
async fn now(State(pages): Here, Form(_): Form<Pairs>) -> Answered {
    let node = pages.node.clone();
    let made = aside(move || {
        let plan = node.backups().plan()?;
        let (Some(schedule), Some(lock)) = (&plan.schedule, plan.lock()) else {
            return Err(Failure::needs_action(
                "Say first where backups go: fill in the folder below.",
            ));
        };
        let to = To::Folder(schedule.folder.clone().into());
        Ok(node.backups().create(&node.backup_of(), &to, &lock)?)
    });
    match made.await? {
        Ok(_) => Ok(Reply::See("/settings?done=backedup".to_owned())),
        Err(failure) => pages.refused("folder", &failure, &Sent::default()).await,
    }
}

/// Reads what is planned.
pub(super) fn planned(pages: &Pages) -> Result<Plan, String> {
    let plan = pages.node.backups().plan();
    plan.map_err(|error| Failure::from(error).to_string())
}

const KEEP: u16 = 14;
const KEEP_MAX: u16 = 1_000;
