//! Looks for trouble. Each finding says what to do about it.

use weft_host::table::Finding;
use weft_shared::{
    log::size::DOCUMENT_WARN_PERCENT,
    model::schema::goes_on,
    text::{counted, first_lines},
    time::{DAY_MS, Timestamp, Zone},
};
use weft_store::{
    LocationRow,
    quarantine::{Quarantined, State},
};

use crate::{
    replica::{DocumentError, Halted, Replica},
    store::{Owner, lost},
    view::clock_words,
    words::HUB_BLOCKS,
};

/// Maximum number of entries that are named one by one.
const NAMED_MAX: usize = 10;

/// Waiting time beyond which an entry is worth a mention, in milliseconds.
const WAITING_MS_MAX: i64 = 7 * DAY_MS;

impl Replica {
    /// Runs every check that does not need the hub.
    pub(crate) fn doctor(&mut self, now: Timestamp) -> Result<Vec<Finding>, DocumentError> {
        let zone = self.zone();
        let mut checks = vec![self.check_store()?];
        let verified = self.verify()?;
        checks.push(Finding::new(
            "entries",
            verified.exceptions.is_empty(),
            match verified.exceptions.len() {
                0 => format!(
                    "{} of this location, all as signed",
                    counted(verified.entries, "entry", "entries")
                ),
                1 => "1 exception: weft-node verify lists it".to_owned(),
                count => format!("{count} exceptions: weft-node verify lists them"),
            },
        ));
        checks.push(self.check_documents()?);
        checks.push(self.check_sizes()?);
        let newer = self.newer()?;
        if newer > 0 {
            let hold = counted(newer, "document holds", "documents hold");
            let advice = "kept and passed on; an upgrade reads what is newer";
            checks.push(Finding::new(
                "versions",
                true,
                format!(
                    "{hold} something of a newer version, or a text that is too long: {advice}"
                ),
            ));
        }
        checks.push(self.check_lost()?);
        checks.push(match &self.halted() {
            None if self.is_revoked()? => {
                Finding::new("device", false, Halted::REVOKED.to_string())
            }
            None if self.is_blocked()? => Finding::new("device", false, HUB_BLOCKS),
            None => Finding::new("device", true, "may write"),
            Some(stopped) => Finding::new("device", false, stopped.to_string()),
        });
        let waits = self
            .waiting_since()?
            .filter(|since| now.since_ms(*since) > WAITING_MS_MAX);
        checks.push(Finding::new(
            "outbox",
            waits.is_none(),
            waits.map_or_else(
                || match self.waiting() {
                    0 => "nothing waits to be shared".to_owned(),
                    count => format!(
                        "{} to be shared: weft-node sync --once does it now",
                        counted(count, "entry waits", "entries wait")
                    ),
                },
                |since| {
                    format!(
                        "entries wait since {}: weft-node sync --once says why",
                        zone.minute(since)
                    )
                },
            ),
        ));
        if self.membership().is_ok() {
            checks.push(self.check_reads(&zone)?);
        }
        checks.push(self.check_clock(now, &zone)?);
        Ok(checks)
    }

    /// Reports whether the hub's ledger of who read this location goes on.
    fn check_reads(&self, zone: &Zone) -> Result<Finding, DocumentError> {
        let alarm = self.reads_alarm()?;
        let finding = match &alarm {
            None => format!(
                "{} of who read this location, each goes on from the one before",
                counted(self.reads_checked()?, "row", "rows")
            ),
            Some(one) => format!(
                "found {}: {} weft-node ledger shows what is held here, and accepts it with a \
                 reason",
                zone.minute(one.at),
                one.alarm
            ),
        };
        Ok(Finding::new("reads", alarm.is_none(), finding))
    }

    /// Reports entries in no document. Only those of this device count as a fault here. Those of
    /// others are kept, and everything else goes on.
    fn check_documents(&self) -> Result<Finding, DocumentError> {
        let quarantined = self.quarantined()?;
        if quarantined.is_empty() {
            let count = self.documents_where(Owner::Location, |_| true).len() as u64;
            let count = counted(count, "document", "documents");
            return Ok(Finding::new(
                "documents",
                true,
                format!("{count}, all entries read"),
            ));
        }
        let own = self.dix();
        let is_own = |one: &Quarantined| one.lix == LocationRow::OWN && Some(one.dix) == own;
        let any_own = quarantined.iter().any(is_own);
        let held = quarantined
            .iter()
            .filter(|one| one.state == State::Held)
            .count();
        let lines = quarantined.iter().map(|one| {
            let owner = match one.lix {
                LocationRow::ZERO => Owner::Hub,
                _ => Owner::Location,
            };
            let device = self.roster(owner).device(one.dix);
            let name = device.map_or("unknown", |device| device.name.as_str());
            format!("{name}, entry {}: {}", one.dseq, one.reason)
        });
        let lines = first_lines(lines, NAMED_MAX, quarantined.len());
        let advice = if any_own {
            "weft-node sync --once, then weft-node rebuild; if it stays, enter it again"
        } else {
            "they are kept and nothing of yours is missing; the people who wrote them can enter it \
             again, and an admin takes out a device that the team does not trust (weft-node \
             device revoke)"
        };
        Ok(Finding::new(
            "documents",
            !any_own,
            format!(
                "{} for others that have not arrived, {} be read: {advice}. {}",
                counted(held, "change waits", "changes wait"),
                counted(
                    (quarantined.len() - held) as u64,
                    "change cannot",
                    "changes cannot"
                ),
                lines.join(" | ")
            ),
        ))
    }

    /// Lists the documents at half of their limits or more. Nothing is wrong with them yet.
    fn check_sizes(&mut self) -> Result<Finding, DocumentError> {
        let mut lines = Vec::new();
        for name in self.own_documents(|kind| !kind.is_sealed()) {
            let percent = self.size_of(Owner::Location, &name)?.percent_full();
            if percent >= DOCUMENT_WARN_PERCENT {
                let kind = name.name.parse().ok();
                lines.push(format!("{name} {percent}% full: {}", goes_on(kind)));
            }
            self.evict();
        }
        Ok(Finding::new(
            "sizes",
            true,
            if lines.is_empty() {
                "every document is less than half full".to_owned()
            } else {
                lines.join(" | ")
            },
        ))
    }

    fn check_store(&self) -> Result<Finding, DocumentError> {
        let problems = weft_store::integrity_problems(&self.store().reader)?;
        Ok(match problems.first() {
            None => Finding::new("store", true, "the database is whole"),
            Some(first) => Finding::new(
                "store",
                false,
                format!(
                    "the database is damaged ({first}): make a copy of the data directory, then \
                     run weft-node rebuild; if it stays, join again with a device invite into a \
                     new data directory; what was shared comes back"
                ),
            ),
        })
    }

    /// Reports work that the hub did not take and that was sent again, or kept for a person.
    fn check_lost(&self) -> Result<Finding, DocumentError> {
        let (said_again, _) = lost::counts(&self.store().reader)?;
        let kept = lost::kept(&self.store().reader)?;
        if kept.is_empty() {
            return Ok(Finding::new(
                "not taken",
                true,
                match said_again {
                    0 => "the hub took every save it was offered".to_owned(),
                    1 => "1 save was not taken by the hub as it was, and was said again".to_owned(),
                    count => format!(
                        "{count} saves were not taken by the hub as they were, and were said again"
                    ),
                },
            ));
        }
        let lines = kept
            .iter()
            .map(|(dseq, what)| format!("entry {dseq}: {what}"));
        let lines: Vec<_> = lines.collect();
        Ok(Finding::new(
            "not taken",
            false,
            format!(
                "the hub did not take what {} said; look whether it still holds, and enter it \
                 again in smaller steps (the entries stay in this data directory): {}",
                counted(lines.len(), "save", "saves"),
                lines.join(" | ")
            ),
        ))
    }

    /// An inaccurate clock shows by the hub's clock, or by entries from the future.
    fn check_clock(&self, now: Timestamp, zone: &Zone) -> Result<Finding, DocumentError> {
        if let Some(behind_ms) = self.clock_behind_ms()? {
            return Ok(Finding::new("clock", false, clock_words(behind_ms)));
        }
        let ahead = self
            .last_saved()?
            .filter(|saved| saved.since_ms(now) > DAY_MS);
        Ok(match ahead {
            None => Finding::new("clock", true, format!("it is {}", zone.minute(now))),
            Some(saved) => Finding::new(
                "clock",
                false,
                format!(
                    "the last save says {}, and it is {}: set the computer's clock if it is wrong \
                     now; if it was wrong then, the next save puts this right",
                    zone.minute(saved),
                    zone.minute(now)
                ),
            ),
        })
    }
}
