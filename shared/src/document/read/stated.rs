//! The statements under many keys of observations, without their notes.

use automerge::ReadDoc as _;

use super::{Stated, concurrent, values_in};
use crate::{
    document::{Document, Touched, standing},
    model::{record::Concurrent, schema::Container},
};

/// One in how many keys of a map makes a walk over all of it the faster way.
const WALKED_SHARE: usize = 8;

/// The content under a key of observations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatedUnder<'t> {
    /// The key. It need not be that of an observation.
    pub key: &'t str,
    /// The different statements, with the one that every replica shows first.
    pub stated: Vec<Stated>,
    /// Number of texts that are not statements to this version.
    pub unreadable: usize,
}

impl StatedUnder<'_> {
    fn take(&mut self, values: Vec<Concurrent>) {
        let (stated, unreadable) = standing::statements(values);
        self.stated = stated;
        self.unreadable = unreadable.len();
    }
}

impl Document {
    /// The content under each of the touched keys of observations. The keys are not parsed.
    #[must_use]
    pub fn stated<'t>(&self, touched: &'t Touched) -> Vec<StatedUnder<'t>> {
        let first = (Container::Observations, String::new());
        let keys = touched.range(first..).map_while(|(container, key)| {
            (*container == Container::Observations).then_some(key.as_str())
        });
        let under = keys.map(|key| StatedUnder {
            key,
            stated: Vec::new(),
            unreadable: 0,
        });
        let mut found: Vec<_> = under.collect();
        let Some(map) = self.origin.id_of(Container::Observations) else {
            return found;
        };
        if found.len() < self.inner.length(&map) / WALKED_SHARE {
            for one in &mut found {
                one.take(values_in(&self.inner, &map, one.key));
            }
            return found;
        }
        for item in self.inner.map_range(&map, ..) {
            let Ok(at) = found.binary_search_by(|one| one.key.cmp(&*item.key)) else {
                continue;
            };
            found[at].take(if item.conflict {
                values_in(&self.inner, &map, &item.key)
            } else {
                let id = item.id();
                let value = item.value.into_value();
                concurrent(&value, &id).into_iter().collect()
            });
        }
        found
    }
}
