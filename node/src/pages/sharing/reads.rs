//! "Who read you" on the page Sharing: the rows of the hub's ledger, and the alarm if it does not
//! go on, which a person looks at and accepts.

use weft_host::clock;

use super::super::{
    Answered, Fault, Reply, Visit,
    form::Sent,
    moment::{Calendar, Moment},
    shell::ErrorLink,
};
use crate::replica::{KeptRead, NotAccepted, ReadAlarm};

/// The readings of this location, and whether the hub's word can be relied on.
pub(super) struct Reads {
    pub(super) rows: Vec<ReadView>,
    /// The alarm that waits for a person.
    pub(super) alarm: Option<String>,
    /// Alarms that were accepted.
    pub(super) accepted: Vec<Accepted>,
    /// The reason as typed, and what is wrong with it.
    pub(super) reason: String,
    pub(super) error: Option<String>,
}

/// Somebody read something of this location.
pub(super) struct ReadView {
    pub(super) at: Moment,
    pub(super) who: String,
    pub(super) what: String,
    pub(super) purpose: String,
    pub(super) times: u64,
    /// Whether the hub does not have the row any more.
    pub(super) is_gone: bool,
}

/// An alarm that a person accepted.
pub(super) struct Accepted {
    pub(super) found: Moment,
    pub(super) at: Moment,
    pub(super) device: String,
    pub(super) reason: String,
    pub(super) alarm: String,
}

/// Somebody who may read what this location shares.
pub(super) struct ReaderView {
    pub(super) who: String,
    pub(super) role: String,
    pub(super) purpose: String,
    pub(super) since: Moment,
    pub(super) until: Option<Moment>,
    pub(super) is_new: bool,
}

/// Number of reads on the page; the command lists more.
const READS_MAX: usize = 20;
/// Number of accepted alarms on the page.
const ACCEPTED_MAX: usize = 5;

impl Visit<'_> {
    /// The newest reads, and the alarms.
    pub(super) fn reads(&self) -> Result<Reads, Fault> {
        let ledger = self.replica.read_ledger(READS_MAX)?;
        let calendar = &self.calendar;
        let alarm = ledger.alarm().map(|one| one.alarm.clone());
        let accepted = ledger.alarms.into_iter();
        let accepted = accepted.filter_map(|one| Accepted::of(one, calendar));
        Ok(Reads {
            accepted: accepted.take(ACCEPTED_MAX).collect(),
            rows: ledger
                .rows
                .into_iter()
                .map(|one| ReadView::of(one, calendar))
                .collect(),
            alarm,
            reason: String::new(),
            error: None,
        })
    }

    /// Takes a person's word that the hub's ledger may go on from what it is now.
    pub(in crate::pages) fn accept_reads(&mut self, sent: &Sent) -> Answered {
        let reason = sent.first("reason");
        match self.replica.accept_reads(reason, clock::now()) {
            Ok(()) => Ok(Reply::See("/sharing?done=accepted".to_owned())),
            // Somebody else accepted it meanwhile.
            Err(NotAccepted::NoAlarm) => Ok(Reply::See("/sharing".to_owned())),
            Err(NotAccepted::Store(error)) => Err(error.into()),
            Err(why @ NotAccepted::Reason { .. }) => {
                let mut page = self.sharing_page(sent)?;
                page.reads.error = Some(why.to_string());
                reason.clone_into(&mut page.reads.reason);
                page.shell.refuse(vec![ErrorLink {
                    id: "reason".to_owned(),
                    text: why.to_string(),
                }]);
                Reply::page(true, &page)
            }
        }
    }

    /// The people who may read, the newest first.
    pub(super) fn readers(&mut self) -> Result<Vec<ReaderView>, Fault> {
        let now = clock::now();
        let mut readers = self.replica.readers()?;
        readers.sort_by_key(|one| std::cmp::Reverse(one.reader.since));
        let views = readers.into_iter().map(|one| ReaderView {
            who: one.line(),
            role: one.reader.role_words(),
            is_new: one.reader.is_new(now),
            since: self.calendar.moment(one.reader.since),
            until: one.reader.until.map(|until| self.calendar.moment(until)),
            purpose: one.purpose.unwrap_or_default(),
        });
        Ok(views.collect())
    }
}

impl ReadView {
    fn of(KeptRead { row, is_gone }: KeptRead, calendar: &Calendar) -> Self {
        let what = match row.about() {
            about if about.is_empty() => row.act.clone(),
            about => format!("{}: {about}", row.act),
        };
        Self {
            at: calendar.moment(row.at),
            who: match row.organisation.is_empty() {
                true => row.reader,
                false => format!("{}, {}", row.reader, row.organisation),
            },
            what,
            purpose: row.purpose,
            times: row.count,
            is_gone,
        }
    }
}

impl Accepted {
    fn of(one: ReadAlarm, calendar: &Calendar) -> Option<Self> {
        let by = one.accepted?;
        Some(Self {
            found: calendar.moment(one.at),
            at: calendar.moment(by.at),
            device: by.device,
            reason: by.reason,
            alarm: one.alarm,
        })
    }
}
