//! Releases in memory, as queries read them. A release never changes, so it is unpacked once for
//! many queries.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use weft_shared::{id::LocationCode, release::ReleaseRow};

use super::{super::problem::Problem, filter::Known};
use crate::{
    app::{AppError, Snapshot},
    release::{Content, ReleaseView},
};

/// A release in memory.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) content: Arc<Content>,
    /// The locations whose records it was made of.
    pub(super) contributors: BTreeSet<LocationCode>,
    pub(super) known: Known,
}

/// The releases that were asked for last.
#[derive(Clone, Debug, Default)]
pub(in crate::api) struct Shelves(Arc<Mutex<Rows>>);

/// Releases by the numbers of their rows in the store, the last one asked for first.
type Rows = VecDeque<(i64, Arc<Held>)>;

impl Shelves {
    /// Returns a release that went out.
    pub(super) fn get(&self, at: &Snapshot<'_>, view: &ReleaseView) -> Result<Arc<Held>, Problem> {
        let row = view.row.row;
        let known = self.with(|held| held.iter().find(|(one, _)| *one == row).cloned());
        if let Some((_, held)) = known {
            return Ok(held);
        }
        let content = at.release_content(view).map_err(AppError::from)?;
        let contributors = at.release_contributors(view).map_err(AppError::from)?;
        let mut known = Known::default();
        known.add(&content);
        let held = Arc::new(Held {
            content: Arc::new(content),
            contributors,
            known,
        });
        self.with(|all| {
            all.push_front((row, Arc::clone(&held)));
            let mut left = HELD_ROWS_MAX;
            all.retain(|(_, held)| {
                let rows = held.content.rows().count();
                let fits = rows <= left;
                left = left.saturating_sub(rows);
                fits
            });
        });
        Ok(held)
    }

    fn with<T>(&self, of: impl FnOnce(&mut Rows) -> T) -> T {
        of(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Held {
    /// The release with names in te reo Māori where the network gave them.
    pub(super) fn in_te_reo(&self) -> Arc<Content> {
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

/// Rows that stay in memory: some 60 MB. A larger release is unpacked for each query.
const HELD_ROWS_MAX: usize = 100_000;
