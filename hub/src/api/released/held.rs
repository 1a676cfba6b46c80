//! Releases in memory, as queries read them. A release never changes, so it is unpacked once for
//! many queries.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use weft_shared::{id::LocationCode, release::ReleaseRow};

use super::{super::problem::Problem, filter::Known};
use crate::release::Content;

/// A release in memory.
#[derive(Debug)]
pub(in crate::api) struct Held {
    pub(super) content: Arc<Content>,
    /// The locations whose records it was made of.
    pub(super) contributors: BTreeSet<LocationCode>,
    pub(super) known: Known,
    /// The same with names in te reo Māori, once somebody asked for them.
    in_te_reo: OnceLock<Arc<Content>>,
}

/// The releases that were asked for last.
#[derive(Clone, Debug, Default)]
pub(in crate::api) struct Shelves(Arc<Both>);

#[derive(Debug, Default)]
struct Both {
    rows: Mutex<Rows>,
    /// Held while a release is unpacked, so that those who want it too wait for that.
    unpacking: Mutex<()>,
}

/// Releases by the numbers of their rows in the store, the last one asked for first.
type Rows = VecDeque<(i64, Arc<Held>)>;

impl Shelves {
    /// Returns the release with this number, which `unpack` makes if it is not here.
    pub(in crate::api) fn get(
        &self,
        row: i64,
        unpack: impl FnOnce() -> Result<Held, Problem>,
    ) -> Result<Arc<Held>, Problem> {
        if let Some(held) = self.known(row) {
            return Ok(held);
        }
        let _turn = locked(&self.0.unpacking);
        if let Some(held) = self.known(row) {
            return Ok(held);
        }
        let held = Arc::new(unpack()?);
        let mut all = locked(&self.0.rows);
        all.push_front((row, Arc::clone(&held)));
        trim(&mut all);
        Ok(held)
    }

    /// Returns a release that is here, and puts it in front.
    fn known(&self, row: i64) -> Option<Arc<Held>> {
        let mut all = locked(&self.0.rows);
        let at = all.iter().position(|(one, _)| *one == row)?;
        let (_, held) = all.remove(at)?;
        all.push_front((row, Arc::clone(&held)));
        // It may have got its second language since.
        trim(&mut all);
        Some(held)
    }
}

/// Leaves what was asked for last: the first release whatever its size, for it may be the only one,
/// and further ones as long as there is room.
fn trim(all: &mut Rows) {
    let mut left = HELD_ROWS_MAX;
    let mut is_first = true;
    all.retain(|(_, held)| {
        let rows = held.rows();
        let fits = is_first || rows <= left;
        left = left.saturating_sub(rows);
        is_first = false;
        fits
    });
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Held {
    pub(in crate::api) fn new(content: Content, contributors: BTreeSet<LocationCode>) -> Self {
        let mut known = Known::default();
        known.add(&content);
        Self {
            content: Arc::new(content),
            contributors,
            known,
            in_te_reo: OnceLock::new(),
        }
    }

    /// The rows in memory, in each language.
    fn rows(&self) -> usize {
        let languages = 1 + usize::from(self.in_te_reo.get().is_some());
        self.content.rows().count() * languages
    }

    /// The release with names in te reo Māori where the network gave them.
    pub(super) fn in_te_reo(&self) -> Arc<Content> {
        Arc::clone(self.in_te_reo.get_or_init(|| self.renamed()))
    }

    fn renamed(&self) -> Arc<Content> {
        let named = |rows: &[ReleaseRow]| {
            let rows = rows.iter().cloned();
            rows.map(|mut row| {
                row.indicator_name = row.indicator_name_mi.clone().unwrap_or(row.indicator_name);
                row
            })
            .collect()
        };
        Arc::new(Content {
            head: self.content.head.clone(),
            words: self.content.words.clone(),
            network: named(&self.content.network),
            locations: named(&self.content.locations),
            changes: Vec::new(),
        })
    }
}

/// Rows that stay in memory: some 60 MB. A larger release stays alone.
const HELD_ROWS_MAX: usize = 100_000;

#[cfg(test)]
pub(super) mod tests {
    use std::{
        sync::{
            Barrier,
            atomic::{AtomicUsize, Ordering},
        },
        thread,
    };

    use weft_shared::{release::Head, time::Timestamp};

    use super::*;
    use crate::release::Words;

    /// A row of the network, of four locations and areas.
    pub(in crate::api::released) fn row() -> ReleaseRow {
        let text = || "x".to_owned();
        ReleaseRow {
            level: "network".to_owned(),
            indicator_code: text(),
            indicator_name: text(),
            indicator_name_mi: Some("y".to_owned()),
            definition_version: Some(1),
            location_code: None,
            location_name: None,
            area_code: None,
            area_name: None,
            freq: "month".to_owned(),
            period: "2023-05".to_owned(),
            period_start: "2023-05-01".to_owned(),
            period_end: "2023-05-31".to_owned(),
            breakdown: String::new(),
            breakdown_value: String::new(),
            value: Some(weft_shared::model::number::Number::from(1)),
            unit: text(),
            numerator: None,
            denominator: None,
            obs_status: "A".to_owned(),
            conf_status: "F".to_owned(),
            status_reason: None,
            n_locations: Some(4),
            n_expected: 4,
            n_areas: Some(4),
            n_areas_expected: 4,
            base_changed: false,
            lower: None,
            upper: None,
        }
    }

    /// A release with these rows of the network.
    pub(in crate::api::released) fn of(rows: Vec<ReleaseRow>) -> Held {
        let content = Content {
            head: Head {
                dataset: "prevention".parse().unwrap(),
                number: "2026.1".parse().unwrap(),
                at: Timestamp::from_ms(0),
            },
            words: Words::default(),
            network: rows,
            locations: Vec::new(),
            changes: Vec::new(),
        };
        Held::new(content, BTreeSet::new())
    }

    /// The shelves with a count of how often they unpacked.
    #[derive(Default)]
    struct Counted(Shelves, AtomicUsize);

    impl Counted {
        fn get(&self, row: i64, rows: usize) -> Arc<Held> {
            let unpack = || {
                self.1.fetch_add(1, Ordering::Relaxed);
                Ok(of(vec![self::row(); rows]))
            };
            self.0.get(row, unpack).unwrap()
        }

        fn count(&self) -> usize {
            self.1.load(Ordering::Relaxed)
        }

        fn numbers(&self) -> Vec<i64> {
            let rows = locked(&self.0.0.rows);
            rows.iter().map(|(number, _)| *number).collect()
        }
    }

    #[test]
    fn two_first_queries_at_once_unpack_a_release_once() {
        let shelves = Counted::default();
        let together = Barrier::new(8);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    together.wait();
                    shelves.get(1, 2_000);
                });
            }
        });
        assert_eq!((shelves.count(), shelves.numbers()), (1, vec![1]));
    }

    #[test]
    fn the_last_release_stays_whatever_its_size_and_others_while_there_is_room() {
        let shelves = Counted::default();
        let part = HELD_ROWS_MAX / 2;
        shelves.get(1, part);
        shelves.get(2, part);
        shelves.get(1, part);
        assert_eq!((shelves.count(), shelves.numbers()), (2, vec![1, 2]));
        // The one that was asked for last stays.
        shelves.get(3, part);
        assert_eq!((shelves.count(), shelves.numbers()), (3, vec![3, 1]));
        shelves.get(4, HELD_ROWS_MAX + 1);
        shelves.get(4, HELD_ROWS_MAX + 1);
        assert_eq!((shelves.count(), shelves.numbers()), (4, vec![4]));
    }

    #[test]
    fn a_second_language_is_made_once_and_counts() {
        let shelves = Counted::default();
        shelves.get(1, 1);
        let held = shelves.get(2, HELD_ROWS_MAX - 1);
        let (first, second) = (held.in_te_reo(), held.in_te_reo());
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(first.network[0].indicator_name, "y");
        assert_eq!(shelves.numbers(), [2, 1]);
        shelves.get(2, 0);
        assert_eq!(shelves.numbers(), [2]);
    }
}
