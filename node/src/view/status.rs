//! The node's status: what is saved, what is shared, and what needs a person's attention.

use weft_host::words::Lang;
use weft_shared::{
    model::profile::{Area, Place},
    period::Date,
    time::{DAY_MS, Timestamp, Zone, length_words},
};
use weft_store::{
    LocationRow, StoreError,
    quarantine::{Quarantined, State},
};

use crate::{
    limits::EARLIEST_ZONE_MS,
    replica::{DocumentError, Halted, Owner, Replica, Stopped},
    store::{lost, quarantine, settings::Key},
};

/// The state of saved work, and what a person must know at once: every page shows it. It is read
/// without opening a document of the location.
#[derive(Clone, Debug)]
pub(crate) struct Brief {
    /// This location, as the hub has it.
    pub(crate) place: Option<Place>,
    pub(crate) confirmed: bool,
    /// Whether this computer has joined no network.
    pub(crate) alone: bool,
    /// The words to compare with the national team.
    pub(crate) words: Option<String>,
    pub(crate) saved: Option<Timestamp>,
    pub(crate) last_shared: Option<Timestamp>,
    pub(crate) last_reached: Option<Timestamp>,
    pub(crate) waiting: u64,
    pub(crate) stopped: Option<Halted>,
    /// Whether the hub refused to serve this device, at the last attempt.
    pub(crate) hub_blocks: bool,
    /// Whether the hub had no room for what this device saved, at the last attempt.
    pub(crate) hub_full: bool,
    /// Changes that wait for others.
    pub(crate) held: u64,
    /// Changes that cannot be read.
    pub(crate) quarantined: u64,
    /// Sealed entries of the team's other devices to which this one has no key yet.
    pub(crate) sealed: u64,
    /// Whether no other device of the team is left that could give it one.
    pub(crate) is_last_device: bool,
    /// Number of entries that the hub did not take and that were not sent again in full.
    pub(crate) void: u64,
    /// Number of entries that the hub did not take and that were sent again.
    pub(crate) said_again: u64,
    /// Milliseconds that this computer's clock was behind the hub's at the last exchange, if it was
    /// far off.
    pub(crate) clock_behind_ms: Option<i64>,
}

/// The whole status of this node.
#[derive(Clone, Debug)]
pub(crate) struct StatusRow {
    pub(crate) brief: Brief,
    pub(crate) waiting_since: Option<Timestamp>,
    pub(crate) team_only: u64,
    /// Whether the last attempt reached the hub, in this run or an earlier one.
    pub(crate) hub_reachable: Option<bool>,
    /// Whether this device was revoked, by its roster or by the hub's word.
    pub(crate) revoked: bool,
    /// Documents that are not read in full: their name is unknown here, or they hold something that
    /// cannot be read.
    pub(crate) newer: u64,
    /// Entries among them at which the program aborted, each named.
    pub(crate) set_aside: Vec<String>,
    pub(crate) conflicts: u64,
}

/// News of a change of the location's areas.
#[derive(Clone, Debug)]
pub(crate) struct News {
    pub(crate) text: String,
    /// The time of the change.
    pub(crate) at: Timestamp,
}

impl Replica {
    /// Returns what every page shows.
    pub(crate) fn brief(&mut self) -> Result<Brief, DocumentError> {
        let place = self.place()?;
        let location = self.location(Owner::Location);
        let (held, quarantined) = quarantine::counts(&self.store().reader)?;
        let (said_again, void) = lost::counts(&self.store().reader)?;
        Ok(Brief {
            confirmed: place.as_ref().is_some_and(|place| {
                place.location_id == Some(location) && place.confirmed_at.is_some()
            }),
            place,
            alone: self.is_alone(),
            words: self.setting(Key::Words)?,
            saved: self.last_saved()?,
            last_shared: self.moment(Key::LastShared)?,
            last_reached: self.moment(Key::LastReached)?,
            waiting: self.waiting(),
            hub_blocks: self.is_blocked()?,
            hub_full: self.setting(Key::SaidFull)? == Some(1),
            stopped: self.halted(),
            held,
            quarantined,
            sealed: self.sealed_waiting()?,
            is_last_device: self.is_last_device(),
            void,
            said_again,
            clock_behind_ms: self.clock_behind_ms()?,
        })
    }

    /// Returns the status of this node, for which every document is opened.
    pub(crate) fn status(&mut self) -> Result<StatusRow, DocumentError> {
        let reachable: Option<i64> = self.setting(Key::HubReachable)?;
        Ok(StatusRow {
            brief: self.brief()?,
            waiting_since: self.waiting_since()?,
            team_only: self.team_only()?,
            hub_reachable: reachable.map(|reachable| reachable != 0),
            revoked: self.is_revoked()?,
            newer: self.newer()?,
            set_aside: set_aside(&self.quarantined()?),
            conflicts: self.conflict_count()?,
        })
    }

    /// Whether the hub's operator blocked this device, as the hub said last.
    pub(crate) fn is_blocked(&self) -> Result<bool, StoreError> {
        Ok(self.setting(Key::SaidBlocked)? == Some(1))
    }

    fn moment(&self, key: Key) -> Result<Option<Timestamp>, StoreError> {
        let ms: Option<i64> = self.setting(key)?;
        Ok(ms.map(Timestamp::from_ms))
    }

    /// Returns the number of documents that are not read in full.
    pub(crate) fn newer(&mut self) -> Result<u64, DocumentError> {
        let known = self.known_names();
        let owners = [Owner::Hub, Owner::Location].into_iter();
        let all: usize = owners.map(|owner| self.names(owner).len()).sum();
        let mut newer = (all - known.len()) as u64;
        for (owner, name) in known {
            newer += u64::from(self.document(owner, &name)?.unread() > 0);
        }
        Ok(newer)
    }

    /// Returns the language of the navigation.
    pub(crate) fn language(&self) -> Result<Lang, StoreError> {
        let tag: Option<String> = self.setting(Key::Language)?;
        Ok(tag.and_then(|tag| Lang::parse(&tag)).unwrap_or_default())
    }

    /// Sets it.
    pub(crate) fn speak(&self, lang: Lang) -> Result<(), StoreError> {
        self.set_setting(Key::Language, lang.tag())
    }

    /// Returns the milliseconds that this computer's clock was behind the hub's at the last
    /// exchange, if it was far off.
    pub(crate) fn clock_behind_ms(&self) -> Result<Option<i64>, StoreError> {
        let behind: Option<i64> = self.setting(Key::ClockBehind)?;
        Ok(behind.filter(|behind| *behind != 0))
    }

    /// Returns the latest date that it can be anywhere on Earth, by the clock that is furthest
    /// ahead: this computer's now or at the last exchange, or the hub's. A slow clock must not stop
    /// anyone.
    pub(crate) fn today(&self, now: Timestamp) -> Result<Date, StoreError> {
        let behind = self.clock_behind_ms()?.unwrap_or(0).max(0);
        let reached: Option<i64> = self.setting(Key::LastReached)?;
        let reached = reached.map_or(now, Timestamp::from_ms);
        let at = now.max(reached).plus_ms(behind);
        let at = at.plus_ms(EARLIEST_ZONE_MS);
        Ok(jiff::Timestamp::from_millisecond(at.ms())
            .map_or(Date::MAX, |at| at.to_zoned(jiff::tz::TimeZone::UTC).date()))
    }

    /// Records that a person has read of the change of areas made at that time.
    pub(crate) fn read_of_areas(&mut self, at: Timestamp) -> Result<(), DocumentError> {
        let changed = self.place()?.and_then(|place| place.areas_changed);
        if changed == Some(at) {
            self.set_setting(Key::AreasRead, at.ms())?;
        }
        Ok(())
    }

    /// Returns news of a change of the location's areas, until a person here has read it or it is
    /// too old.
    pub(crate) fn news(&mut self, now: Timestamp) -> Result<Option<News>, DocumentError> {
        let place = self.place()?;
        let Some((place, at)) = place.and_then(|place| place.areas_changed.map(|at| (place, at)))
        else {
            return Ok(None);
        };
        if self.moment(Key::AreasRead)? >= Some(at) || now.since_ms(at) >= AREAS_NEWS_MS {
            return Ok(None);
        }
        let named = |area: &Area| {
            let words = area.to_string();
            let days = words.strip_prefix(area.code.as_str()).unwrap_or_default();
            format!("{} ({}){days}", area.name, area.code)
        };
        let areas: Vec<String> = place.areas.iter().map(named).collect();
        let text = format!(
            "The national team changed which areas this location has, on {}. They are now: {}. A \
             figure counts for the location that holds its area on the last day of the period.",
            self.zone().minute(at),
            areas.join(", ")
        );
        Ok(Some(News { text, at }))
    }

    /// Whether this device was revoked, by its roster or by the hub's word.
    pub(crate) fn is_revoked(&self) -> Result<bool, StoreError> {
        let said: Option<i64> = self.setting(Key::SaidRevoked)?;
        Ok(self.stopped() == Some(Stopped::Revoked) || said == Some(1))
    }
}

impl Brief {
    /// States the age of the hub's decisions as known here; empty if they are current.
    pub(crate) fn as_at(&self, live: bool, zone: &Zone) -> String {
        match (live, self.last_reached) {
            (true, _) | (false, None) => String::new(),
            (false, Some(at)) => format!(" (as at the last exchange, on {})", zone.minute(at)),
        }
    }

    /// The location's areas over time, as the hub has them.
    pub(crate) fn areas(&self) -> &[Area] {
        self.place.as_ref().map_or(&[], |place| &place.areas)
    }

    /// The areas on one line.
    pub(crate) fn areas_in_words(&self) -> String {
        let areas: Vec<_> = self.areas().iter().map(ToString::to_string).collect();
        areas.join(", ")
    }
}

/// Age up to which a change of areas is news, in milliseconds.
const AREAS_NEWS_MS: i64 = 60 * DAY_MS;

/// Names the entries at which the program aborted, by log and number.
fn set_aside(quarantined: &[Quarantined]) -> Vec<String> {
    let ended = quarantined.iter().filter(|one| one.state == State::Ended);
    let mut names: Vec<_> = ended
        .map(|one| {
            let whose = match one.lix {
                LocationRow::ZERO => "the hub's device",
                _ => "device",
            };
            format!("entry {} of {whose} {}", one.dseq, one.dix.0)
        })
        .collect();
    names.dedup();
    names
}

/// Tells a person that the clock is off, by how much, and what to do.
pub(crate) fn clock_words(behind_ms: i64) -> String {
    let off = length_words(behind_ms.unsigned_abs());
    let direction = if behind_ms > 0 { "behind" } else { "ahead of" };
    format!(
        "This computer's clock is about {off} {direction} the hub's. What you \
         save carries this computer's time: set the clock, or tell the national team if it is \
         theirs that is wrong."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_off_by_something_a_person_can_picture() {
        for (behind_ms, words) in [
            (10 * 31_556_952_000, "about 10 years behind the hub's"),
            (-31_556_952_000, "about 365 days ahead of the hub's"),
            (2 * DAY_MS - 1_000, "about 2 days behind the hub's"),
            (-11 * 60_000, "about 11 minutes ahead of the hub's"),
        ] {
            let text = clock_words(behind_ms);
            assert!(text.contains(words), "{text}");
        }
    }
}
