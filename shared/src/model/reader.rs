//! Readers: the people who may read what locations share, as the hub's document `readers` names
//! them. The hub signs it before any of them reads; a node has it with its next exchange.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{json::scalar, profile::NAME_BYTES_MAX, words};
use crate::time::{DAY_MS, Timestamp};

/// Maximum characters of the purpose for which somebody reads.
pub const PURPOSE_CHARS_MAX: usize = 200;
/// Time for which a reader is marked as new.
pub const NEW_READER_MS: i64 = 14 * DAY_MS;

words! {
    /// The role of a reader: it says what they may see. Roles add up.
    ReaderRole, "role" {
        /// Releases, and nothing else.
        Analyst = "analyst" / "analyst: reads releases",
        /// All that locations share with the network.
        National = "national" / "national team: reads what you share with the network",
        /// The hub's administration, and no words of a community.
        Admin = "admin" / "administrator: looks after the hub, reads none of your words there",
    }
}

/// A person who may read; one scalar under their number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reader {
    /// Their roles.
    pub roles: BTreeSet<ReaderRole>,
    /// The organisation that they read for.
    pub organisation: String,
    /// Their name, if they agreed that locations see it.
    pub name: Option<String>,
    /// The purpose that they stated, if any yet.
    pub purpose: Option<String>,
    /// When they were let in.
    pub since: Timestamp,
    /// When that ended; they may read nothing from then on.
    pub until: Option<Timestamp>,
}

scalar!(Reader, "reader");

impl Reader {
    /// Whether a form would have accepted its texts, and it has a role and an organisation.
    pub(super) fn fits(&self) -> bool {
        let short = |text: &str, chars_max: usize| text.chars().count() <= chars_max;
        !self.roles.is_empty()
            && (1..=NAME_BYTES_MAX).contains(&self.organisation.len())
            && self
                .name
                .as_ref()
                .is_none_or(|one| (1..=NAME_BYTES_MAX).contains(&one.len()))
            && self
                .purpose
                .as_ref()
                .is_none_or(|one| short(one, PURPOSE_CHARS_MAX))
    }

    /// Whether they may read at a moment.
    #[must_use]
    pub fn may_read(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|until| at < until)
    }

    /// Whether they were let in so lately that locations are to notice it.
    ///
    /// ```
    /// use weft_shared::{
    ///     model::reader::{NEW_READER_MS, Reader, ReaderRole},
    ///     time::Timestamp,
    /// };
    ///
    /// let since = Timestamp::from_ms(1_800_000_000_000);
    /// let reader = Reader {
    ///     roles: [ReaderRole::National].into(),
    ///     organisation: "Example organisation".to_owned(),
    ///     name: None,
    ///     purpose: None,
    ///     since,
    ///     until: None,
    /// };
    /// assert!(reader.is_new(since.plus_ms(NEW_READER_MS - 1)));
    /// assert!(!reader.is_new(since.plus_ms(NEW_READER_MS)));
    /// assert_eq!(Reader::decode(&reader.encode()), Ok(reader));
    /// ```
    #[must_use]
    pub fn is_new(&self, now: Timestamp) -> bool {
        self.may_read(now) && now < self.since.plus_ms(NEW_READER_MS)
    }

    /// Names them in a line: `A. Example, Example organisation`, or the organisation alone.
    #[must_use]
    pub fn line(&self) -> String {
        match &self.name {
            Some(name) => format!("{name}, {}", self.organisation),
            None => self.organisation.clone(),
        }
    }

    /// Their roles in words.
    #[must_use]
    pub fn role_words(&self) -> String {
        let roles = self.roles.iter().map(|role| role.label());
        roles.collect::<Vec<_>>().join("; ")
    }
}
