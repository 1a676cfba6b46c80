//! The national team's views that were made for locations, each until something that it shows may
//! have changed. A location that asks again and again has one of them made at a time, so that it
//! cannot hold the readers, which the pages use as well.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use weft_shared::{id::LocationId, period::Date, time::Timestamp};

/// Bytes of all views that are kept. Beyond it, all are made again when they are asked for.
const KEPT_BYTES_MAX: usize = 32 << 20;

/// The state that a view was made of: the last entry, the last drop, the day, and the last sync.
pub(crate) type Basis = (u64, u64, Date, Option<Timestamp>);

/// The views.
#[derive(Debug, Default)]
pub(crate) struct Views(Mutex<BTreeMap<LocationId, View>>);

#[derive(Debug, Default)]
struct View {
    in_work: bool,
    made: Option<(Basis, Vec<u8>)>,
}

impl Views {
    /// Begins to make a location's view; `None` while it is being made.
    pub(crate) fn begin(self: &Arc<Self>, location: LocationId) -> Option<Work> {
        let mut views = self.lock();
        let view = views.entry(location).or_default();
        if view.in_work {
            return None;
        }
        view.in_work = true;
        Some(Work {
            views: Arc::clone(self),
            location,
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<LocationId, View>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The making of one location's view. It ends when this is dropped: with the read, and not with
/// the wait for it.
#[derive(Debug)]
pub(crate) struct Work {
    views: Arc<Views>,
    location: LocationId,
}

impl Work {
    /// The view, if it was made of this.
    pub(crate) fn made(&self, basis: Basis) -> Option<Vec<u8>> {
        let views = self.views.lock();
        let made = views.get(&self.location)?.made.as_ref();
        made.filter(|(of, _)| *of == basis)
            .map(|(_, bytes)| bytes.clone())
    }

    /// Keeps the view.
    pub(crate) fn keep(&self, basis: Basis, bytes: &[u8]) {
        let mut views = self.views.lock();
        let kept = views.values().filter_map(|view| view.made.as_ref());
        let kept: usize = kept.map(|(_, bytes)| bytes.len()).sum();
        if kept + bytes.len() > KEPT_BYTES_MAX {
            views.values_mut().for_each(|view| view.made = None);
        }
        let view = views.entry(self.location).or_default();
        view.made = Some((basis, bytes.to_vec()));
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let mut views = self.views.lock();
        if let Some(view) = views.get_mut(&self.location) {
            view.in_work = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_has_one_view_in_work_and_the_same_one_is_made_once() {
        let views = Arc::new(Views::default());
        let [one, two] = [1, 2].map(|n| LocationId::new([n; LocationId::LEN]));
        let day: Date = "2026-11-27".parse().unwrap();
        let work = views.begin(one).unwrap();
        assert!(views.begin(one).is_none());
        assert!(views.begin(two).is_some());
        assert_eq!(work.made((1, 0, day, None)), None);
        work.keep((1, 0, day, None), b"view");
        drop(work);
        let again = views.begin(one).unwrap();
        assert_eq!(again.made((1, 0, day, None)).unwrap(), b"view");
        // Another entry, another drop or another day may show something else.
        let next: Date = "2026-11-28".parse().unwrap();
        for other in [(2, 0, day, None), (1, 1, day, None), (1, 0, next, None)] {
            assert_eq!(again.made(other), None);
        }
        let large = vec![0; KEPT_BYTES_MAX];
        views.begin(two).unwrap().keep((1, 0, day, None), &large);
        assert_eq!(again.made((1, 0, day, None)), None);
    }
}
