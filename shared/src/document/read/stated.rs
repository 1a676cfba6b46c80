//! The statements under many keys of observations, without their notes.

use automerge::{ChangeHash, ReadDoc as _};

use super::{Stated, concurrent, values_in};
use crate::{
    document::{Document, Touched, standing},
    id::{AreaCode, IndicatorCode},
    model::{observation::ObservationKey, record::Concurrent, schema::Container},
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
    /// The content under a key of observations when these changes, and those that they build on,
    /// were all there was.
    #[must_use]
    pub fn stated_at<'t>(&self, key: &'t str, heads: &[[u8; 32]]) -> StatedUnder<'t> {
        let mut under = StatedUnder {
            key,
            stated: Vec::new(),
            unreadable: 0,
        };
        let heads: Vec<_> = heads.iter().map(|head| ChangeHash(*head)).collect();
        if let Some(map) = self.origin.id_of(Container::Observations) {
            let all = self.inner.get_all_at(&map, key, &heads).unwrap_or_default();
            let all = all.iter().rev();
            under.take(
                all.filter_map(|(value, id)| concurrent(key, value, id))
                    .collect(),
            );
        }
        under
    }

    /// The statements about one indicator and area, in the order of their keys and without notes.
    /// No other is decoded.
    pub fn observations_about(
        &self,
        indicator: &IndicatorCode,
        area: &AreaCode,
    ) -> impl Iterator<Item = (ObservationKey, Vec<Stated>)> + use<'_> {
        // A slash ends the area's code, and the next character is a zero.
        let keys = format!("{indicator}/{area}/")..format!("{indicator}/{area}0");
        let map = self.origin.id_of(Container::Observations).into_iter();
        let items = map.flat_map(move |map| {
            let items = self.inner.map_range(&map, keys.clone());
            items.map(|item| item.key.into_owned()).collect::<Vec<_>>()
        });
        items.filter_map(|text| {
            let key = text.parse().ok().filter(|key| self.kind.holds(key))?;
            let map = self.origin.id_of(Container::Observations)?;
            let (stated, _) = standing::statements(values_in(&self.inner, &map, &text));
            Some((key, stated))
        })
    }

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
                concurrent(&item.key, &value, &id).into_iter().collect()
            });
        }
        found
    }
}
