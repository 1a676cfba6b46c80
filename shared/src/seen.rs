//! A location as the national team sees it: what its page at the hub shows of it, and each record
//! of it that they can open.
//!
//! The hub makes it by the functions that make its pages, and sends it to the location alone. It is
//! data and never markup. The figures of the network beside it are not in it: they hold those of
//! other locations.

use std::io::Read as _;

use serde::{Deserialize, Serialize};

use crate::wire::limits::SEEN_BYTES_MAX;

/// The national team's view of one location, in its own words and in those of the hub's pages.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LocationSeen {
    /// The sentence under its name.
    pub lede: String,
    /// Its key figures: name and number.
    pub facts: Vec<(String, String)>,
    /// Its initiatives.
    pub doing: Vec<Doing>,
    /// Markers, and initiatives whose status changed, the newest first.
    pub shifted: Vec<Shifted>,
    /// Opportunities, ties and reasons for not taking part.
    pub sayings: Vec<Saying>,
    /// Outcomes and targets of its own.
    pub matters: Vec<Matter>,
    /// Insights, the newest first.
    pub insights: Vec<Heard>,
    /// Its newest figure of each indicator.
    pub figures: Vec<FigureSeen>,
    /// When it was heard from, and what is late.
    pub fresh: Vec<String>,
    /// Its areas.
    pub areas: Vec<AreaSeen>,
    /// Every record that the hub shows of it, with all fields.
    pub records: Vec<RecordSeen>,
    /// Lines that were too many to be sent.
    pub more: u64,
}

/// The status of an initiative.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Status {
    /// The status in words.
    pub words: String,
    /// Its drawn length, from 0 to 5.
    pub step: u8,
}

/// An initiative.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Doing {
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: Status,
    /// Its description.
    pub description: String,
    /// Its outcomes, actions, setting and partners, in a line.
    pub meta: String,
}

/// Something that shifted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Shifted {
    /// The event in words.
    pub words: String,
    /// The status that an initiative has now.
    pub status: Option<Status>,
    /// Further lines, such as the evidence.
    pub more: Vec<String>,
    /// The day.
    pub when: String,
}

/// Something that the location says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Saying {
    /// Its subject.
    pub what: String,
    /// The location's words.
    pub words: String,
    /// Kind, state and day, in a line.
    pub meta: String,
}

/// An outcome or a target of the location's own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Matter {
    /// Its subject.
    pub what: String,
    /// Present if the location names the outcome as a priority.
    pub priority: Option<Priority>,
    /// The location's words.
    pub words: String,
    /// For whom, in a line.
    pub meta: String,
}

/// The location's own priority.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Priority {
    /// "Named as a priority", and by whom.
    pub words: String,
    /// The reason; empty if none is given.
    pub why: String,
}

/// An insight.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Heard {
    /// Its words; none if they have not arrived.
    pub words: Option<String>,
    /// The way in which the person who said it wants to be named.
    pub naming: String,
    /// Themes and day, in a line.
    pub meta: String,
}

/// The location's newest figure of an indicator.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FigureSeen {
    /// The indicator's code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its name in te reo Māori.
    pub name_mi: Option<String>,
    /// The part of the population, if it is not the total.
    pub group: Option<String>,
    /// The target, in words.
    pub target: Option<String>,
    /// The period, and its age if it is old.
    pub when: String,
    /// The value.
    pub own: String,
    /// A warning about the change from the period before.
    pub chip: Option<String>,
    /// The change from the period before.
    pub moved: Option<String>,
    /// Each period that is drawn, with its value.
    pub series: Vec<(String, String)>,
}

/// An area.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AreaSeen {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// From when to when the location has it; empty if always.
    pub when: String,
    /// The codes that others use for it.
    pub aliases: String,
}

/// A record as the hub has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RecordSeen {
    /// Its id.
    pub id: String,
    /// The kind, such as `initiative`.
    pub kind: String,
    /// The title shown in lists.
    pub title: String,
    /// The audience it was shared with.
    pub audience: String,
    /// Whether it was taken back: then it has no words.
    pub withdrawn: bool,
    /// The words of an insight.
    pub words: Option<String>,
    /// Each field and set that has a value, with its values.
    pub fields: Vec<(String, Vec<String>)>,
}

/// Maximum bytes of what is seen once it is inflated.
const JSON_BYTES_MAX: u64 = 16 << 20;
/// The memory that a packed one may ask for while it is inflated, as a power of two: enough for
/// the longest.
const WINDOW_LOG_MAX: u32 = 24;

impl LocationSeen {
    /// Packs it as it is sent: JSON, compressed by Zstandard, in at most [`SEEN_BYTES_MAX`]. Of
    /// lists that are too long, the first lines are sent and the others are counted.
    pub fn pack(mut self) -> Vec<u8> {
        let mut rows_max = self.rows();
        loop {
            let json = serde_json::to_vec(&self).expect("it has only texts and numbers");
            let bytes = zstd::encode_all(json.as_slice(), 9);
            let bytes = bytes.expect("compressing into memory cannot fail");
            let fits = bytes.len() <= SEEN_BYTES_MAX && json.len() as u64 <= JSON_BYTES_MAX;
            if fits || rows_max == 0 {
                return bytes;
            }
            rows_max /= 2;
            self.cut(rows_max);
        }
    }

    /// Reads what [`pack`](Self::pack) made; `None` if it is something else, or longer than any.
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > SEEN_BYTES_MAX {
            return None;
        }
        let mut json = Vec::new();
        let mut inflated = zstd::Decoder::new(bytes).ok()?;
        inflated.window_log_max(WINDOW_LOG_MAX).ok()?;
        inflated.take(JSON_BYTES_MAX).read_to_end(&mut json).ok()?;
        serde_json::from_slice(&json).ok()
    }

    /// The length of the longest list.
    fn rows(&self) -> usize {
        let lengths = [
            self.doing.len(),
            self.shifted.len(),
            self.sayings.len(),
            self.matters.len(),
            self.insights.len(),
            self.figures.len(),
            self.areas.len(),
            self.records.len(),
        ];
        lengths.into_iter().max().unwrap_or_default()
    }

    /// Cuts each list, and counts what is cut.
    fn cut(&mut self, rows_max: usize) {
        fn list<T>(all: &mut Vec<T>, rows_max: usize) -> usize {
            let cut = all.len().saturating_sub(rows_max);
            all.truncate(rows_max);
            cut
        }
        let cut = list(&mut self.doing, rows_max)
            + list(&mut self.shifted, rows_max)
            + list(&mut self.sayings, rows_max)
            + list(&mut self.matters, rows_max)
            + list(&mut self.insights, rows_max)
            + list(&mut self.figures, rows_max)
            + list(&mut self.areas, rows_max)
            + list(&mut self.records, rows_max);
        self.more += cut as u64;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(n: usize, words: &str) -> RecordSeen {
        RecordSeen {
            id: n.to_string(),
            kind: "insight".to_owned(),
            title: "Example: Kōrero".to_owned(),
            audience: "network".to_owned(),
            withdrawn: false,
            words: Some(words.to_owned()),
            fields: vec![("themes".to_owned(), vec!["kai".to_owned()])],
        }
    }

    /// Text that does not become smaller, from a small generator.
    fn noise(seed: u64, bytes: usize) -> String {
        let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let next = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(b'!' + u8::try_from(state % 90).unwrap_or_default())
        });
        next.take(bytes).collect()
    }

    #[test]
    fn what_is_packed_is_read_again() {
        let seen = LocationSeen {
            lede: "What this location chose to share".to_owned(),
            records: vec![record(1, "ngā wai")],
            ..LocationSeen::default()
        };
        let bytes = seen.clone().pack();
        assert_eq!(LocationSeen::unpack(&bytes), Some(seen));
        assert_eq!(LocationSeen::unpack(&bytes[..bytes.len() - 3]), None);
        assert_eq!(LocationSeen::unpack(b"{}"), None);
    }

    #[test]
    fn what_is_too_much_is_cut_and_counted() {
        let records: Vec<RecordSeen> = (0..64)
            .map(|n| record(n, &noise(n as u64, 16 << 10)))
            .collect();
        let seen = LocationSeen {
            records: records.clone(),
            ..LocationSeen::default()
        };
        let bytes = seen.pack();
        assert!(bytes.len() <= SEEN_BYTES_MAX, "{}", bytes.len());
        let read = LocationSeen::unpack(&bytes).unwrap();
        assert_eq!(read.records[..], records[..read.records.len()]);
        assert!(!read.records.is_empty());
        assert_eq!(read.records.len() as u64 + read.more, 64);
    }

    /// A megabyte of zeros in a kilobyte is not inflated past the limit.
    #[test]
    fn a_bomb_is_refused() {
        let bomb = vec![b' '; usize::try_from(JSON_BYTES_MAX).unwrap() + 1];
        let bytes = zstd::encode_all(bomb.as_slice(), 9).unwrap();
        assert!(bytes.len() < SEEN_BYTES_MAX);
        assert_eq!(LocationSeen::unpack(&bytes), None);
    }

    /// A frame of Zstandard that holds `json` as it is, and asks for a window of a size.
    fn frame(json: &[u8], window_log: u8) -> Vec<u8> {
        let block = u32::try_from(json.len() << 3 | 1).unwrap().to_le_bytes();
        let head = [0x28, 0xb5, 0x2f, 0xfd, 0, (window_log - 10) << 3];
        [&head, &block[..3], json].concat()
    }

    #[test]
    fn one_that_is_too_long_or_asks_for_too_much_memory_is_refused() {
        let seen = LocationSeen {
            lede: "What this location chose to share".to_owned(),
            ..LocationSeen::default()
        };
        let json = serde_json::to_vec(&seen).unwrap();
        assert_eq!(LocationSeen::unpack(&frame(&json, 24)), Some(seen.clone()));
        for window_log in [25, 27, 31] {
            assert_eq!(LocationSeen::unpack(&frame(&json, window_log)), None);
        }
        // Empty frames behind it make it longer, and say nothing more.
        let mut long = frame(&json, 24);
        long.extend(frame(b"", 24));
        assert_eq!(LocationSeen::unpack(&long), Some(seen));
        while long.len() <= SEEN_BYTES_MAX {
            long.extend(frame(b"", 24));
        }
        assert_eq!(LocationSeen::unpack(&long), None);
    }

    #[test]
    fn what_is_nested_too_deep_is_refused() {
        for open in ["[", "{\"more\":", "{\"x\":[", "{\"facts\":["] {
            let json = open.repeat(100_000);
            let bytes = zstd::encode_all(json.as_bytes(), 1).unwrap();
            assert_eq!(LocationSeen::unpack(&bytes), None, "{open}");
        }
    }

    fn sample() -> Vec<u8> {
        let seen = LocationSeen {
            lede: "Kōrero".to_owned(),
            facts: vec![("Areas".to_owned(), "3".to_owned())],
            shifted: vec![Shifted {
                words: "begun".to_owned(),
                status: Some(Status {
                    words: "testing".to_owned(),
                    step: 2,
                }),
                more: vec![String::new()],
                when: "1 May 2026".to_owned(),
            }],
            records: vec![record(1, "ngā wai")],
            ..LocationSeen::default()
        };
        serde_json::to_vec(&seen).unwrap()
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = LocationSeen::unpack(&bytes);
            let packed = zstd::encode_all(bytes.as_slice(), 1).unwrap();
            prop_assert_eq!(LocationSeen::unpack(&packed), None);
        }

        #[test]
        fn one_that_was_changed_on_its_way_is_read_the_same_again_or_refused(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
            cut in prop::option::of(any::<prop::sample::Index>()),
            is_packed in any::<bool>(),
        ) {
            let json = sample();
            let mut bytes = match is_packed {
                true => zstd::encode_all(json.as_slice(), 1).unwrap(),
                false => json,
            };
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            if !is_packed {
                bytes = zstd::encode_all(bytes.as_slice(), 1).unwrap();
            }
            if let Some(seen) = LocationSeen::unpack(&bytes) {
                prop_assert_eq!(LocationSeen::unpack(&seen.clone().pack()), Some(seen));
            }
        }
    }
}
