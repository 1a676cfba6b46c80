//! A device's own entries of which the hub keeps only the header: which others fall with them, and
//! which may be tried again.

use std::collections::BTreeSet;

use super::entry::Header;
use super::gate::VoidCode;
use crate::id::DocId;

/// Maximum number of times an entry's content is written again if only an earlier one was at fault.
const TRIES_MAX: u32 = 8;

/// Whether the content of a void entry may be written again unchanged, after `tries` tries.
///
/// It may if the entry fell with another one, which held its actor's last change or named the
/// document first. If it was refused for its own sake, it gets one new try in case the cause has
/// passed. Without that limit the two ends could go round for ever.
pub fn may_say_again(code: VoidCode, tries: u32) -> bool {
    // Written again once the receiver has announced that it has room.
    if code == VoidCode::Room {
        return true;
    }
    let passes = matches!(code, VoidCode::Seq | VoidCode::Documents | VoidCode::Orphan);
    tries < if passes { TRIES_MAX } else { 1 }
}

/// Finds the entries that the hub will void because they build on a void one: later entries of the
/// same actors, up to the next accepted one.
#[derive(Clone, Debug, Default)]
pub struct Rejected {
    actors: BTreeSet<(DocId, u8)>,
}

/// The known state of an entry of the device's own log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disposition {
    /// The hub has just voided it.
    Void,
    /// It was void before, and its content has been written again.
    SaidAgain,
    /// The hub has it, including its bodies.
    Accepted,
    /// The hub has not acknowledged it.
    Unknown,
}

impl Rejected {
    /// Takes the next entry of the log. Returns whether it falls too.
    pub fn next(&mut self, header: &Header, disposition: Disposition) -> bool {
        let actors = header.runs.iter().map(|run| (run.doc, run.n));
        match disposition {
            Disposition::Void => self.actors.extend(actors),
            Disposition::SaidAgain => {}
            Disposition::Accepted => actors.for_each(|actor| {
                self.actors.remove(&actor);
            }),
            Disposition::Unknown if actors.clone().any(|actor| self.actors.contains(&actor)) => {
                self.actors.extend(actors);
                return true;
            }
            Disposition::Unknown => {}
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
        let mut rejected = Rejected::default();
        let plan = header(&[(1, 0)]);
        let both = header(&[(1, 0), (2, 0)]);
        let year = header(&[(2, 0)]);
        let form = header(&[(1, 1)]);
        assert!(!rejected.next(&plan, Disposition::Unknown));
        assert!(!rejected.next(&plan, Disposition::Void));
        assert!(
            !rejected.next(&year, Disposition::Unknown),
            "another document"
        );
        assert!(!rejected.next(&form, Disposition::Unknown), "another actor");
        assert!(rejected.next(&both, Disposition::Unknown));
        assert!(
            rejected.next(&year, Disposition::Unknown),
            "it fell with the plan"
        );
        assert!(!rejected.next(&plan, Disposition::Accepted));
        assert!(
            !rejected.next(&plan, Disposition::Unknown),
            "on what was accepted"
        );
        assert!(rejected.next(&year, Disposition::Unknown));
        assert!(!rejected.next(&plan, Disposition::SaidAgain));
        assert!(!rejected.next(&plan, Disposition::Unknown));
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
