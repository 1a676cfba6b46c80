//! The state of a hub, line by line, as the command and the page of its health show it.

use weft_shared::text::counted;

use super::{DISK_FULL, Status};
use crate::limits::LAYOUT;

impl Status {
    /// Describes the hub: names and words.
    pub(crate) fn lines(&self) -> Vec<(&'static str, String)> {
        let entries = format!(
            "{} stored, {} held, {} quarantined",
            self.entries, self.held, self.quarantined
        );
        let running = match self.running {
            true => "yes".to_owned(),
            false => "no; weft-hub run starts it".to_owned(),
        };
        let mut lines = vec![
            ("network", self.network.clone()),
            ("operator", self.operator.clone()),
            ("country", self.country.clone()),
            ("time zone", self.zone.to_string()),
            ("hub", self.hub.to_string()),
            ("running", running),
        ];
        lines.extend(self.sync.map(|at| ("sync", at.to_string())));
        if let Some(pages) = &self.pages {
            lines.push(("pages", pages.clone()));
        }
        if let Some(at) = &self.administration {
            let how = "(weft-hub admin prints a link into it)";
            lines.push(("administration", format!("{at} {how}")));
        }
        let unknown = || "no address yet: weft-hub run finds it".to_owned();
        let address = self.address.clone();
        lines.push(("invites carry", address.unwrap_or_else(unknown)));
        if self.running {
            let sessions = self.sessions;
            lines.push(("sessions", format!("{sessions} open")));
        }
        lines.push(("entries", entries));
        lines.push(("figures", self.behind.words()));
        let backup = self.backup.as_ref();
        let backup = backup.map(|plan| plan.words(&self.zone, LAYOUT.program));
        lines.push(("last backup", backup.unwrap_or_else(Clone::clone)));
        if self.disk_full {
            lines.push(("disk", DISK_FULL.to_owned()));
        }
        if self.newer > 0 {
            let hold = counted(self.newer, "document holds", "documents hold");
            let what = "something of a newer version, or a text that is too long";
            lines.push(("versions", format!("{hold} {what}")));
        }
        let set_aside = self.set_aside.iter();
        lines.extend(set_aside.map(|named| ("set aside", named.clone())));
        lines
    }
}
