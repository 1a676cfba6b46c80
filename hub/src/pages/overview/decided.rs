//! Since the last review: the decisions of reviews, and the requests that wait.

use std::collections::BTreeSet;

use weft_shared::{
    id::LocationCode,
    period::{Date, day_words},
    time::Zone,
};

use super::super::{
    agenda::{Places, place_of, places, waits_words},
    learning::whose,
};
use crate::app::{AppError, Counted, OfLocations, RequestView, ReviewView, SharedRecord};

/// The decision of a review.
#[derive(Clone, Debug)]
pub(super) struct Decided {
    pub(super) decided: String,
    pub(super) meta: String,
}

/// The requests that wait for the national team, in words.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    pub(super) words: String,
    /// The late ones: the location, and what it asks.
    pub(super) late: Vec<String>,
}

/// Reviews and requests, from one state of the hub.
pub(super) struct Seen {
    /// The day of the national team's last review.
    since: Option<Date>,
    reviews: Vec<ReviewView>,
    requests: Vec<RequestView>,
    places: Places,
}

impl OfLocations for Seen {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let reviews = self.reviews.iter().filter_map(|one| one.location.clone());
        reviews.chain(self.requests.locations()).collect()
    }
}

impl Seen {
    pub(super) fn read(at: &Counted<'_>) -> Result<Self, AppError> {
        let today = at.today();
        let mut reviews = at.learnt()?.unshown().reviews;
        // A review that is still to be held has decided nothing.
        reviews.retain(|one| one.on().is_some_and(|on| on <= today));
        let since = reviews.iter().find(|one| one.location.is_none());
        let since = since.and_then(ReviewView::on);
        reviews.retain(|one| one.on() >= since);
        reviews.truncate(DECIDED_MAX);
        let mut requests = at.requests()?.unshown();
        requests.retain(|one| one.answered.is_none());
        Ok(Self {
            since,
            reviews,
            requests,
            places: places(at),
        })
    }

    /// Whether a marker or a change of status is of the day of the last review or later.
    pub(super) fn is_since(&self, record: &SharedRecord, zone: &Zone) -> bool {
        let given = record.text("on").parse::<Date>().ok();
        let changed = record.changed.as_ref().map(|change| zone.day(change.at));
        let made = || record.made().map(|at| zone.day(at));
        given.or(changed).or_else(made) >= self.since
    }

    pub(super) fn since_words(&self) -> String {
        self.since.map_or_else(String::new, |since| {
            format!("Since the national team’s review of {}.", day_words(since))
        })
    }

    pub(super) fn decided(&self) -> Vec<Decided> {
        let reviews = self.reviews.iter().map(|one| Decided {
            decided: one.text("decided").to_owned(),
            meta: format!(
                "{} · {}",
                whose(one, &self.places),
                one.on().map_or_else(String::new, day_words)
            ),
        });
        reviews.collect()
    }

    pub(super) fn requests(&self) -> Requests {
        let late = self.requests.iter().filter(|one| one.is_late);
        let late: Vec<String> = late
            .map(|one| format!("{}: {}", place_of(&self.places, &one.location), one.what))
            .collect();
        Requests {
            words: waits_words(&self.requests),
            late: late.into_iter().take(DECIDED_MAX).collect(),
        }
    }
}

/// Decisions, and late requests, on the page.
const DECIDED_MAX: usize = 4;
