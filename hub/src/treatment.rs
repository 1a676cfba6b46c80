//! The hub's service of each location: the same columns for all, in the order of their codes, so
//! that everybody can see that none is favoured.

use std::collections::BTreeMap;

use weft_host::list::{Column, DATA, Datum, List, PAGE};
use weft_shared::{
    id::LocationCode,
    model::release::{ReleaseId, ReleaseState},
    release::{Manifest, manifest::MANIFEST},
    text::size,
    time::{DAY_MS, Timestamp},
    wire::limits::LOCATION_BYTES_MAX,
};

use crate::{
    app::{AppError, AppHandle, Counted, LocationView},
    release::Shelf,
    store::{
        releases,
        treatment::{Served, counted, served},
    },
};

/// The hub's service of one location.
#[derive(Clone, Debug)]
pub struct Treatment {
    view: LocationView,
    /// None before it joined.
    served: Option<Served>,
    /// The releases that stand without it since it joined, each with the reason.
    left_out: Vec<(ReleaseId, String)>,
    /// The agenda and its requests.
    heard: Heard,
}

/// The items that a location could answer, and what it asked of the national team.
#[derive(Clone, Debug, Default)]
struct Heard {
    /// Items that were published: every one goes to all locations.
    items: usize,
    /// Those that it answered, in the wording that there is.
    answered: usize,
    requests: usize,
    /// Requests without an answer.
    waiting: usize,
    /// Requests that were answered late, or wait beyond their day.
    late: usize,
    /// Whole days from the receipt of each answered request to its answer, sorted.
    days: Vec<i64>,
}

impl Heard {
    /// The middle one of the days; of an even number the later of the two.
    fn middle_days(&self) -> Option<u64> {
        let days = self.days.get(self.days.len() / 2)?;
        u64::try_from(*days).ok()
    }

    fn read(at: &Counted<'_>) -> Result<BTreeMap<LocationCode, Self>, AppError> {
        let mut all: BTreeMap<LocationCode, Self> = BTreeMap::new();
        // A sum of acts and days, which shows no words of a location.
        for row in at.answer_rows()?.unshown() {
            let heard = all.entry(row.of.location.clone()).or_default();
            heard.items += 1;
            heard.answered += usize::from(row.of.answer().is_some());
        }
        for request in at.requests()?.unshown() {
            let heard = all.entry(request.location.clone()).or_default();
            heard.requests += 1;
            heard.late += usize::from(request.is_late);
            match request.answered {
                None => heard.waiting += 1,
                Some(on) => {
                    let days = request.received.until(on);
                    heard
                        .days
                        .push(days.map_or(0, |span| i64::from(span.get_days())));
                }
            }
        }
        for heard in all.values_mut() {
            heard.days.sort_unstable();
        }
        Ok(all)
    }
}

impl Treatment {
    fn number(&self, of: fn(&Served) -> u64) -> Datum {
        self.served.as_ref().map(of).into()
    }

    fn at(&self, of: fn(&Served) -> Option<Timestamp>) -> Datum {
        self.served.as_ref().and_then(of).into()
    }

    /// Days that it waited for its confirmation, whole ones.
    fn waited(&self) -> Option<u64> {
        let served = self.served.as_ref()?;
        let waited = served.confirmed?.since_ms(served.joined);
        u64::try_from(waited / DAY_MS).ok()
    }
}

/// Every location, as commands and pages list how it was served.
pub const TREATMENT: List<Treatment> = List::new(&[
    Column::new("code", |one: &Treatment| Datum::text(&one.view.code)).header(),
    Column::new("name", |one: &Treatment| (&*one.view.name).into())
        .words()
        .only(DATA | PAGE),
    Column::new("state", |one: &Treatment| one.view.state.as_str().into()),
    Column::new("invited", |one: &Treatment| one.at(|served| served.invited)).only(DATA),
    Column::new("joined", |one: &Treatment| {
        one.at(|served| Some(served.joined))
    })
    .only(DATA),
    Column::new("confirmed", |one: &Treatment| {
        one.at(|served| served.confirmed)
    })
    .only(DATA),
    Column::new("days_to_confirm", |one: &Treatment| one.waited().into())
        .headed("days to confirm")
        .only(DATA | PAGE)
        .number(),
    Column::new("last_received", |one: &Treatment| one.view.received.into())
        .headed("last received")
        .or("never"),
    Column::new("last_synced", |one: &Treatment| {
        one.at(|served| served.synced)
    })
    .only(DATA),
    Column::new("devices", |one: &Treatment| one.view.devices.into())
        .only(DATA | PAGE)
        .number(),
    Column::new("blocked", |one: &Treatment| one.view.blocked.into())
        .only(DATA | PAGE)
        .number(),
    Column::new("entries", |one: &Treatment| {
        one.number(|served| served.entries)
    })
    .only(DATA | PAGE)
    .number(),
    Column::new("refused", |one: &Treatment| {
        one.number(|served| served.refused)
    })
    .only(DATA | PAGE)
    .number(),
    Column::new("bytes_used", |one: &Treatment| {
        one.number(|served| served.bytes)
    })
    .headed("room used")
    .shown(|one| {
        let used = one.served.as_ref().map(|served| size(served.bytes));
        used.unwrap_or_default()
    })
    .only(DATA | PAGE)
    .number(),
    Column::new("bytes_given", |_: &Treatment| LOCATION_BYTES_MAX.into())
        .headed("room given")
        .shown(|_| size(LOCATION_BYTES_MAX))
        .only(DATA | PAGE)
        .number(),
    Column::new("reads", |one: &Treatment| one.number(|served| served.reads)).number(),
    Column::new("insight_reads", |one: &Treatment| {
        one.number(|served| served.insight_reads)
    })
    .headed("insight reads")
    .only(DATA | PAGE)
    .number(),
    Column::new("items", |one: &Treatment| one.heard.items.into())
        .only(DATA | PAGE)
        .number(),
    Column::new("items_answered", |one: &Treatment| {
        one.heard.answered.into()
    })
    .headed("items answered")
    .only(DATA | PAGE)
    .number(),
    Column::new("requests", |one: &Treatment| one.heard.requests.into()).number(),
    Column::new("requests_waiting", |one: &Treatment| {
        one.heard.waiting.into()
    })
    .headed("requests waiting")
    .only(DATA | PAGE)
    .number(),
    Column::new("requests_late", |one: &Treatment| one.heard.late.into())
        .headed("requests late")
        .only(DATA | PAGE)
        .number(),
    Column::new("days_to_answer", |one: &Treatment| {
        one.heard.middle_days().into()
    })
    .headed("days to answer (the middle one)")
    .only(DATA | PAGE)
    .number(),
    Column::new("days_to_answer_most", |one: &Treatment| {
        let most = one.heard.days.last();
        most.and_then(|days| u64::try_from(*days).ok()).into()
    })
    .headed("days to answer (the most)")
    .only(DATA | PAGE)
    .number(),
    Column::new("releases_in", |one: &Treatment| {
        one.number(|served| served.releases)
    })
    .headed("in releases")
    .number(),
    Column::new("releases_out", |one: &Treatment| one.left_out.len().into())
        .headed("left out")
        .number(),
    Column::new("left_out_because", |one: &Treatment| {
        let all = one.left_out.iter();
        let all: Vec<String> = all.map(|(id, why)| format!("{id}: {why}")).collect();
        all.join("; ").into()
    })
    .headed("left out because")
    .words()
    .only(DATA | PAGE),
])
.none("There are no locations yet. Next: weft-hub location add CODE --name NAME")
.notes(
    "; days_to_confirm are whole days from joining to confirmation, refused are entries whose \
     content was refused, bytes_given is the same for all, reads are those in the ledger of the \
     location, and releases are those that stand since it joined",
);

impl AppHandle {
    /// Returns how each location was served, in the order of codes.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn treatment(&self) -> Result<Vec<Treatment>, AppError> {
        let shelf = Shelf::of(self.data_dir());
        self.counted(move |at| {
            let mut heard = Heard::read(at)?;
            let of_code = served(at.conn)?.into_iter();
            let mut of_code: BTreeMap<LocationCode, Served> =
                of_code.map(|one| (one.code.clone(), one)).collect();
            let mut out = Vec::new();
            for row in releases::all(at.conn)? {
                if row.state != ReleaseState::Published {
                    continue;
                }
                let inputs = counted(at.conn, row.row)?;
                out.push((why_out(&shelf, &row.id), inputs, row));
            }
            let mut all: Vec<Treatment> = at
                .locations()?
                .into_iter()
                .map(|view| {
                    let served = of_code.remove(&view.code);
                    let joined = served.as_ref().map(|served| served.joined);
                    let left_out = out.iter().filter(|(_, inputs, row)| {
                        let was_here = joined.zip(row.published).is_some_and(|(a, b)| a <= b);
                        was_here && !inputs.contains(&view.code)
                    });
                    let left_out = left_out.map(|(why, _, row)| {
                        let why = why.get(&view.code).cloned();
                        (row.id.clone(), why.unwrap_or_else(|| NO_REASON.to_owned()))
                    });
                    Treatment {
                        left_out: left_out.collect(),
                        heard: heard.remove(&view.code).unwrap_or_default(),
                        served,
                        view,
                    }
                })
                .collect();
            all.sort_by(|a, b| a.view.code.cmp(&b.view.code));
            Ok(all)
        })
        .await
    }
}

/// The reasons for which a release left locations out, as its manifest says them.
fn why_out(shelf: &Shelf, id: &ReleaseId) -> BTreeMap<LocationCode, String> {
    let text = shelf.file(id, MANIFEST).ok();
    let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
    let manifest = text.and_then(|text| Manifest::decode(&text).ok());
    manifest.map_or_else(BTreeMap::new, |manifest| manifest.left_out)
}

/// For a release whose manifest names no reason.
const NO_REASON: &str = "its manifest names no reason";
