//! The entries and documents that figures lack, and why. Everything that says so has the words from
//! here.

use weft_host::table::Finding;
use weft_shared::text::counted;

use super::Snapshot;
use crate::{
    aggregate::Progress,
    store::{
        StoreError,
        derived::{self, again},
        entries,
    },
};

/// The entries and documents that figures lack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// Entries that are stored and not in the figures yet.
    pub entries: u64,
    /// Documents to be made again, because entries of theirs were dropped.
    pub documents: u64,
    /// Why; none if nothing is missing.
    pub why: Option<Why>,
}

/// Why figures are behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Entries came in.
    Reading,
    /// Documents are made again.
    Again,
    /// All is made again.
    Rebuilding,
    /// The aggregation cannot go on.
    Stopped(String),
}

impl Why {
    /// The words of all.
    pub(crate) const WORDS: [&str; 4] = [
        "reading new entries",
        "making documents again",
        "rebuilding",
        "stopped",
    ];

    /// Returns its words, which name no one and nothing.
    #[must_use]
    pub const fn words(&self) -> &'static str {
        let [reading, again, rebuilding, stopped] = Self::WORDS;
        match self {
            Self::Reading => reading,
            Self::Again => again,
            Self::Rebuilding => rebuilding,
            Self::Stopped(_) => stopped,
        }
    }
}

impl Behind {
    /// Says why so much is missing, by what the aggregation says of itself.
    fn of(progress: &Progress, entries: u64, documents: u64) -> Self {
        let why = match &progress.failed {
            Some(why) => Some(Why::Stopped(why.clone())),
            None if entries > 0 && progress.is_rebuilding => Some(Why::Rebuilding),
            None if entries > 0 => Some(Why::Reading),
            None if documents > 0 => Some(Why::Again),
            None => None,
        };
        Self {
            entries,
            documents,
            why,
        }
    }

    /// Returns how far behind the figures are, and why: for people.
    #[must_use]
    pub fn words(&self) -> String {
        let Some(why) = &self.why else {
            return "up to date".to_owned();
        };
        let entries = (self.entries > 0)
            .then(|| counted(self.entries, "entry is", "entries are") + " not in them yet");
        let documents = (self.documents > 0).then(|| {
            let are = counted(self.documents, "document is", "documents are");
            format!("{are} to be made again")
        });
        let mut parts = vec![why.words().to_owned()];
        parts.extend(entries);
        parts.extend(documents);
        if let Why::Stopped(detail) = why {
            parts.push(detail.clone());
        }
        parts.join("; ")
    }
}

impl Behind {
    /// Says whether the figures have every one of so many entries. It is no fault that they are
    /// behind, but that they cannot go on.
    pub(super) fn finding(&self, entries: u64) -> Finding {
        let up_to_date = || {
            let entries = counted(entries, "entry is", "entries are");
            format!("{}: {entries} in the figures", self.words())
        };
        Finding {
            check: "aggregation",
            ok: !matches!(self.why, Some(Why::Stopped(_))),
            finding: match self.why {
                None => up_to_date(),
                Some(_) => self.words(),
            },
        }
    }
}

impl Snapshot<'_> {
    /// Returns what the figures lack, and why.
    ///
    /// # Errors
    /// If the store fails.
    pub fn behind(&self) -> Result<Behind, StoreError> {
        let (stored, folded) = (
            entries::last_hub_seq(self.conn)?,
            derived::folded(self.conn)?,
        );
        let entries = stored.saturating_sub(folded);
        let progress = self.shared.aggregate.progress();
        Ok(Behind::of(&progress, entries, again::count(self.conn)?))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::expect;
    use weft_shared::rollup::Network;

    use super::*;
    use crate::aggregate::seen::Seen;

    #[test]
    fn each_state_has_its_words() {
        let mut said = String::new();
        for (entries, documents, is_rebuilding, failed) in [
            (0, 0, false, None),
            (1, 0, false, None),
            (2, 2, false, None),
            (0, 1, false, None),
            (2, 0, true, None),
            (0, 0, true, None),
            (2, 0, false, Some("the disk is full")),
        ] {
            let progress = Progress {
                hub_seq: 7,
                answered: 0,
                failed: failed.map(str::to_owned),
                is_rebuilding,
                network: Seen::new(Network::default()),
            };
            let behind = Behind::of(&progress, entries, documents);
            writeln!(said, "{}", behind.words()).unwrap();
        }
        expect![[r#"
            up to date
            reading new entries; 1 entry is not in them yet
            reading new entries; 2 entries are not in them yet; 2 documents are to be made again
            making documents again; 1 document is to be made again
            rebuilding; 2 entries are not in them yet
            up to date
            stopped; 2 entries are not in them yet; the disk is full
        "#]]
        .assert_eq(&said);
    }
}
