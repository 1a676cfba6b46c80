//! The plan of a program's backups: the lock, the schedule, and how the last one went. Pure, but
//! for the clock that its caller reads.

use std::path::Path;

use serde::{Deserialize, Serialize};
use weft_shared::time::{DAY_MS, Timestamp, Zone};

use super::{Lock, Program};
use crate::{file, limits};

/// The backups of one program, as its data directory keeps them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The public half of the key; none if no words were given yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// A few letters in the names of its backups: another computer of the location, or one that was
    /// restored, may use the same folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// When to make backups by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// The last backup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Done>,
    /// The last attempt, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Failed>,
}

/// A schedule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The folder, in which each backup is a file.
    pub folder: String,
    /// The time between backups.
    pub every: Every,
    /// The number of backups that stay.
    pub keep: u16,
}

/// The time between backups.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Every {
    /// Each day.
    #[default]
    Day,
    /// Each week.
    Week,
}

impl Every {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Day, Self::Week]
            .into_iter()
            .find(|one| one.word() == text)
    }

    const fn ms(self) -> i64 {
        match self {
            Self::Day => DAY_MS,
            Self::Week => 7 * DAY_MS,
        }
    }
}

/// A backup that was made and read again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// When it was begun.
    pub at: Timestamp,
    /// The file.
    pub file: String,
    /// Its length.
    pub bytes: u64,
}

/// An attempt that failed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    /// When it was begun.
    pub at: Timestamp,
    /// The reason, in words.
    pub why: String,
}

impl Plan {
    /// The lock of backups that the program makes by itself.
    #[must_use]
    pub fn lock(&self) -> Option<Lock> {
        Lock::of_kept(self.lock.as_deref()?)
    }

    /// Whether the program should make a backup now. After an attempt that failed it waits an hour.
    /// A time
    /// well after `now` is of a clock that was wrong.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        let Some(schedule) = &self.schedule else {
            return false;
        };
        let is_wrong = |at: Timestamp| at.since_ms(now) > limits::BACKUP_RETRY_MS;
        let passed = |at: Timestamp, ms: i64| now.since_ms(at) >= ms || is_wrong(at);
        let last = self.last.as_ref();
        let failed = self.failed.as_ref();
        // One in another folder is not of this schedule.
        let is_here = |one: &Done| Path::new(&one.file).starts_with(&schedule.folder);
        last.is_none_or(|one| passed(one.at, schedule.every.ms()) || !is_here(one))
            && failed.is_none_or(|one| passed(one.at, limits::BACKUP_RETRY_MS))
    }

    /// The days since the last backup, if there should be one and it is older than twice its time.
    #[must_use]
    pub fn days_late(&self, now: Timestamp) -> Option<i64> {
        let last = self.last.as_ref()?;
        let every = self.schedule.as_ref().map_or(Every::Day, |one| one.every);
        let since = now.since_ms(last.at);
        (since > 2 * every.ms()).then_some(since / DAY_MS)
    }

    /// The last backup and the schedule, in words. `program` names the command that sets it up.
    #[must_use]
    pub fn words(&self, zone: &Zone, program: &str) -> String {
        let last = match &self.last {
            None => format!("none yet: {program} backup schedule --to FOLDER makes one each day"),
            Some(Done { at, file, bytes }) => {
                format!("{}, {file} ({})", zone.minute(*at), file::size(*bytes))
            }
        };
        let later = |one: &&Failed| self.last.as_ref().is_none_or(|last| last.at <= one.at);
        let failed = self.failed.as_ref().filter(later);
        let failed = failed.map_or_else(String::new, |one| {
            format!(
                "; the attempt at {} failed: {}",
                zone.minute(one.at),
                one.why
            )
        });
        let last = match (&self.last, &self.schedule) {
            (None, Some(_)) => "none yet".to_owned(),
            _ => last,
        };
        let schedule = match (&self.schedule, &self.last) {
            (Some(one), _) => format!("; {}", one.words()),
            (None, Some(_)) => "; no schedule".to_owned(),
            (None, None) => String::new(),
        };
        format!("{last}{failed}{schedule}")
    }
}

impl Schedule {
    /// The schedule in words: `each day to /backup, the last 14 stay`.
    #[must_use]
    pub fn words(&self) -> String {
        let stay = match self.keep {
            1 => "the last one stays".to_owned(),
            n => format!("the last {n} stay"),
        };
        format!("each {} to {}, {stay}", self.every.word(), self.folder)
    }
}

/// The name of a backup: `weft-node-fn-3f9a-2026-11-28-120000.weft-backup`, by universal time.
pub(super) fn file_name(program: &Program, (of, id): (&str, &str), at: Timestamp) -> String {
    let text = at.rfc3339();
    let (day, time) = text.split_once('T').unwrap_or((&text, ""));
    let time: String = time.chars().filter(char::is_ascii_digit).take(6).collect();
    format!("{}-{day}-{time}{SUFFIX}", prefix(program, of, id))
}

/// The backups of this program in a folder that are older than the last `keep`, by their names.
/// The one that was just `made` is not among them, even if the clock had been ahead.
pub(super) fn to_remove(
    names: impl Iterator<Item = String>,
    (program, of, id): (&Program, &str, &str),
    (made, keep): (&str, u16),
) -> Vec<String> {
    let start = format!("{}-", prefix(program, of, id));
    let is_own = |name: &String| {
        let time = name
            .strip_prefix(&start)
            .and_then(|rest| rest.strip_suffix(SUFFIX));
        time.is_some_and(|time| {
            let form = |one: (char, char)| match one.1 {
                '0' => one.0.is_ascii_digit(),
                other => one.0 == other,
            };
            time.len() == TIME.len() && time.chars().zip(TIME.chars()).all(form)
        })
    };
    let mut own: Vec<String> = names.filter(is_own).filter(|name| name != made).collect();
    own.sort_unstable();
    let more = own.len().saturating_sub(usize::from(keep.max(1)) - 1);
    own.truncate(more);
    own
}

fn prefix(program: &Program, of: &str, id: &str) -> String {
    format!("{}-{}-{id}", program.layout.program, of.to_lowercase())
}

/// Whether a path ends as backups do.
pub(super) fn is_named(path: &Path) -> bool {
    path.to_string_lossy().ends_with(SUFFIX)
}

const SUFFIX: &str = ".weft-backup";
const TIME: &str = "0000-00-00-000000";
