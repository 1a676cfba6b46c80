//! Alerts: a command of the operator's gets one plain text when the hub needs a person.
//!
//! [`judge`] and [`News`] are pure; `watch` looks at the hub every minute. What was told is kept in
//! the store, so a restart repeats nothing, and the operator hears again of something that passed
//! and came back.

mod watch;

use std::collections::BTreeSet;

use weft_shared::{text::counted, time::Timestamp};

#[cfg(test)]
pub(crate) use self::watch::look;
pub(crate) use self::watch::{began, stopped, watch};
use crate::limits;

/// The hub as it finds itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Percentage of the disk that is used, where the system says so.
    pub(crate) disk_percent: Option<u8>,
    /// The moment since which figures are behind, and why they are.
    pub(crate) behind: Option<(Timestamp, String)>,
    /// When the hub started after it had ended without being stopped.
    pub(crate) crashes: Vec<Timestamp>,
    /// The days since the last backup, if it is late.
    pub(crate) backup_days: Option<i64>,
    /// Each confirmed location, and when the hub last heard from it.
    pub(crate) heard: Vec<(String, Timestamp)>,
}

/// Something that needs a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alert {
    /// Names it among those told before.
    key: String,
    text: String,
}

/// Finds what needs a person `now`. `told` has the keys of what was told before: of a disk
/// that hovers around its limit the operator hears once.
pub(crate) fn judge(seen: &Seen, told: &BTreeSet<String>, now: Timestamp) -> Vec<Alert> {
    let mut alerts = Vec::new();
    let mut add = |key: &str, text: String| {
        let key = key.to_owned();
        alerts.push(Alert { key, text });
    };
    let full = match told.contains(DISK) {
        true => limits::ALERT_DISK_PERCENT_AGAIN,
        false => limits::ALERT_DISK_PERCENT,
    };
    if let Some(percent) = seen.disk_percent.filter(|percent| *percent >= full) {
        add(
            DISK,
            format!(
                "The disk is {percent}% full. If it fills up, the hub takes nothing more from \
                 nodes. Make room."
            ),
        );
    }
    if let Some((since, why)) = &seen.behind {
        let minutes = now.since_ms(*since) / 60_000;
        if minutes >= limits::ALERT_BEHIND_MINUTES {
            add(
                "figures",
                format!(
                    "Figures have been behind for {minutes} minutes: {why}. Run weft-hub doctor."
                ),
            );
        }
    }
    let day = now.plus_ms(-DAY_MS);
    let crashes = seen.crashes.iter().filter(|at| **at >= day).count();
    if crashes >= limits::ALERT_CRASHES {
        add(
            "crashes",
            format!(
                "The hub ended {} within a day without being stopped, and started again. Run \
                 weft-hub doctor, and look into its messages.",
                counted(crashes as u64, "time", "times")
            ),
        );
    }
    if let Some(days) = seen.backup_days {
        add(
            "backup",
            format!(
                "The last backup is {days} days old. weft-hub status says where backups go, and \
                 why the last attempt failed if it did."
            ),
        );
    }
    for (name, last) in &seen.heard {
        let days = now.since_ms(*last) / DAY_MS;
        if days >= limits::ALERT_SILENT_DAYS {
            add(
                &format!("silent {name}"),
                format!("{name} has not been heard from for {days} days. Call the team."),
            );
        }
    }
    alerts
}

/// The alerts that were not told before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct News {
    fresh: Vec<String>,
    /// Keys of all alerts that hold now, which are those told once the fresh ones are.
    pub(crate) told: BTreeSet<String>,
}

impl News {
    pub(crate) fn of(alerts: Vec<Alert>, told: &BTreeSet<String>) -> Self {
        let fresh = alerts.iter().filter(|alert| !told.contains(&alert.key));
        Self {
            fresh: fresh.map(|alert| alert.text.clone()).collect(),
            told: alerts.into_iter().map(|alert| alert.key).collect(),
        }
    }

    /// Returns the text for the operator's command, if there is anything to tell.
    pub(crate) fn letter(&self, network: &str) -> Option<String> {
        if self.fresh.is_empty() {
            return None;
        }
        let lines = self.fresh.iter().take(limits::ALERT_LINES_MAX);
        let lines: String = lines.map(|line| format!("- {line}\n")).collect();
        let left = self.fresh.len().saturating_sub(limits::ALERT_LINES_MAX);
        let more = match left {
            0 => String::new(),
            _ => format!("- and {left} more: weft-hub status lists the locations.\n"),
        };
        Some(format!(
            "The hub of {network} needs a person.\n\n{lines}{more}"
        ))
    }
}

/// Returns the text of a trial.
pub(crate) fn trial() -> String {
    let about = [
        format!("a disk is {}% full", limits::ALERT_DISK_PERCENT),
        format!(
            "figures have been behind for {} minutes",
            limits::ALERT_BEHIND_MINUTES
        ),
        format!(
            "the hub ended {} times within a day without being stopped",
            limits::ALERT_CRASHES
        ),
        "the last backup is older than twice the time between backups".to_owned(),
        format!(
            "a location has not been heard from for {} days",
            limits::ALERT_SILENT_DAYS
        ),
    ];
    let lines: String = about.iter().map(|line| format!("- {line}\n")).collect();
    format!(
        "This is a trial of the Weft hub's alerts. Nothing is wrong.\n\nThe hub writes if\n{lines}"
    )
}

const DISK: &str = "disk";
const DAY_MS: i64 = 86_400_000;

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(100 * DAY_MS);

    fn before(ms: i64) -> Timestamp {
        NOW.plus_ms(-ms)
    }

    fn keys(seen: &Seen, told: &[&str]) -> Vec<String> {
        let told = told.iter().map(|key| (*key).to_owned()).collect();
        let alerts = judge(seen, &told, NOW).into_iter();
        alerts.map(|alert| alert.key).collect()
    }

    #[test]
    fn each_alert_begins_at_its_limit() {
        assert!(keys(&Seen::default(), &[]).is_empty());
        let disk = |percent| Seen {
            disk_percent: Some(percent),
            ..Seen::default()
        };
        assert!(keys(&disk(84), &[]).is_empty());
        assert_eq!(keys(&disk(85), &[]), ["disk"]);
        // Once told, it holds until there is clearly more room.
        assert_eq!(keys(&disk(80), &["disk"]), ["disk"]);
        assert!(keys(&disk(79), &["disk"]).is_empty());

        let behind = |ms| Seen {
            behind: Some((before(ms), "reading new entries".to_owned())),
            ..Seen::default()
        };
        assert!(keys(&behind(10 * 60_000 - 1), &[]).is_empty());
        assert_eq!(keys(&behind(10 * 60_000), &[]), ["figures"]);

        let crashes = |moments: &[i64]| Seen {
            crashes: moments.iter().map(|ms| before(*ms)).collect(),
            ..Seen::default()
        };
        assert!(keys(&crashes(&[0, 1]), &[]).is_empty());
        assert!(keys(&crashes(&[0, 1, DAY_MS + 1]), &[]).is_empty());
        assert_eq!(keys(&crashes(&[0, 1, DAY_MS]), &[]), ["crashes"]);

        let backup = |days| Seen {
            backup_days: days,
            ..Seen::default()
        };
        assert!(keys(&backup(None), &[]).is_empty());
        assert_eq!(keys(&backup(Some(2)), &[]), ["backup"]);

        let silent = |ms| Seen {
            heard: vec![
                ("Example: FN".to_owned(), before(ms)),
                ("Example: WT".to_owned(), NOW),
            ],
            ..Seen::default()
        };
        assert!(keys(&silent(14 * DAY_MS - 1), &[]).is_empty());
        assert_eq!(keys(&silent(14 * DAY_MS), &[]), ["silent Example: FN"]);
    }

    #[test]
    fn what_was_told_is_not_told_again_until_it_has_passed() {
        let seen = Seen {
            disk_percent: Some(91),
            heard: vec![("Example: FN".to_owned(), before(15 * DAY_MS))],
            ..Seen::default()
        };
        let none = BTreeSet::new();
        let first = News::of(judge(&seen, &none, NOW), &none);
        expect![[r#"
            The hub of Example network needs a person.

            - The disk is 91% full. If it fills up, the hub takes nothing more from nodes. Make room.
            - Example: FN has not been heard from for 15 days. Call the team.
        "#]]
        .assert_eq(&first.letter("Example network").unwrap());
        let again = News::of(judge(&seen, &first.told, NOW), &first.told);
        assert_eq!(again.letter("Example network"), None);
        let heard = Seen {
            heard: vec![("Example: FN".to_owned(), NOW)],
            ..seen.clone()
        };
        let passed = News::of(judge(&heard, &again.told, NOW), &again.told);
        assert_eq!(passed.letter("Example network"), None);
        let back = News::of(judge(&seen, &passed.told, NOW), &passed.told);
        let letter = back.letter("Example network").unwrap();
        assert!(
            letter.contains("Example: FN") && !letter.contains("disk"),
            "{letter}"
        );
    }

    #[test]
    fn a_letter_has_a_limit() {
        let heard = (0..1_000).map(|n| (format!("Example: {n}"), before(20 * DAY_MS)));
        let seen = Seen {
            heard: heard.collect(),
            ..Seen::default()
        };
        let none = BTreeSet::new();
        let letter = News::of(judge(&seen, &none, NOW), &none)
            .letter("N")
            .unwrap();
        assert_eq!(letter.lines().count(), 2 + limits::ALERT_LINES_MAX + 1);
        assert!(letter.contains("more: weft-hub status"), "{letter}");
    }
}
