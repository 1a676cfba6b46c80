//! A device's own entries of which the hub keeps only the header: which others fall with them, and
//! which are worth another try.

use std::collections::BTreeSet;

use super::entry::Header;
use super::gate::VoidCode;
use crate::id::DocId;

/// How often the content of an entry is written again where only something before it was at fault.
const TRIES_MAX: u32 = 8;

/// Whether what a void entry said may be written again as it is, after `tries` times.
///
/// What fell with another entry may: that one held its actor's last change, or named the document
/// first. What was refused for its own sake gets one new try in case the refusal has passed, or two
/// ends would go round for ever.
#[must_use]
pub fn may_say_again(code: VoidCode, tries: u32) -> bool {
    match code {
        // It is said again when the receiver has said that it has room.
        VoidCode::Room => true,
        VoidCode::Seq | VoidCode::Documents | VoidCode::Orphan => tries < TRIES_MAX,
        VoidCode::Size
        | VoidCode::Scan
        | VoidCode::Actor
        | VoidCode::StartOp
        | VoidCode::Operations
        | VoidCode::Counts
        | VoidCode::Roster
        | VoidCode::Full
        | VoidCode::Dropped
        | VoidCode::Other(_) => tries < 1,
    }
}

/// Finds the entries that the hub will void because they build on one that is: those of the same
/// actors behind it, until one that was accepted.
#[derive(Clone, Debug, Default)]
pub struct Doomed {
    actors: BTreeSet<(DocId, u8)>,
}

/// What is known of an entry of one's own log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// The hub said just now that it is void.
    Void,
    /// That was known before, and what it said was written again.
    SaidAgain,
    /// The hub has it, bodies included.
    Accepted,
    /// The hub has not acknowledged it.
    Unknown,
}

impl Doomed {
    /// Looks at the next entry of the log: whether it falls, too.
    pub fn next(&mut self, header: &Header, fate: Fate) -> bool {
        let actors = header.runs.iter().map(|run| (run.doc, run.n));
        match fate {
            Fate::Void => self.actors.extend(actors),
            Fate::SaidAgain => {}
            Fate::Accepted => actors.for_each(|actor| {
                self.actors.remove(&actor);
            }),
            Fate::Unknown if actors.clone().any(|actor| self.actors.contains(&actor)) => {
                self.actors.extend(actors);
                return true;
            }
            Fate::Unknown => {}
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{DeviceId, EntryHash, LocationId, RosterHash},
        log::entry::Run,
        time::Timestamp,
    };

    fn header(runs: &[(u8, u8)]) -> Header {
        let run = |(doc, n): &(u8, u8)| Run {
            doc: DocId::new([*doc; 16]),
            name: None,
            n: *n,
            n_changes: 1,
            n_ops: 1,
            raw_len: 1,
            raw_hash: [0; 32],
        };
        Header {
            version: 1,
            location: LocationId::new([1; 16]),
            device: DeviceId::new([2; 32]),
            dseq: 1,
            prev: EntryHash::ZERO,
            roster: RosterHash::new([3; 32]),
            seen: [0; 32],
            created: Timestamp::from_ms(0),
            runs: runs.iter().map(run).collect(),
        }
    }

    #[test]
    fn what_builds_on_a_void_entry_falls_with_it() {
        let mut doomed = Doomed::default();
        let plan = header(&[(1, 0)]);
        let both = header(&[(1, 0), (2, 0)]);
        let year = header(&[(2, 0)]);
        let form = header(&[(1, 1)]);
        assert!(!doomed.next(&plan, Fate::Unknown));
        assert!(!doomed.next(&plan, Fate::Void));
        assert!(!doomed.next(&year, Fate::Unknown), "another document");
        assert!(!doomed.next(&form, Fate::Unknown), "another actor");
        assert!(doomed.next(&both, Fate::Unknown));
        assert!(doomed.next(&year, Fate::Unknown), "it fell with the plan");
        assert!(!doomed.next(&plan, Fate::Accepted));
        assert!(!doomed.next(&plan, Fate::Unknown), "on what was accepted");
        assert!(doomed.next(&year, Fate::Unknown));
        assert!(!doomed.next(&plan, Fate::SaidAgain));
        assert!(!doomed.next(&plan, Fate::Unknown));
    }

    #[test]
    fn what_was_refused_for_its_own_sake_is_tried_once_more() {
        let tries = |code| (0..20).filter(|tries| may_say_again(code, *tries)).count();
        assert_eq!(tries(VoidCode::Size), 1);
        assert_eq!(tries(VoidCode::Full), 1);
        assert_eq!(tries(VoidCode::Other(99)), 1);
        assert_eq!(tries(VoidCode::Seq), 8);
        assert_eq!(tries(VoidCode::Documents), 8);
        assert_eq!(tries(VoidCode::Room), 20);
    }
}
