//! The hub's service of each location: the same columns for all, in the order of their codes, so
//! that everybody can see that none is favoured.

use std::collections::BTreeMap;

use weft_host::list::{Column, DATA, Datum, List, PAGE, TABLE};
use weft_shared::{
    id::LocationCode,
    model::release::{ReleaseId, ReleaseState},
    release::{Manifest, manifest::MANIFEST},
    text::{counted, size},
    time::{DAY_MS, Timestamp},
    wire::limits::LOCATION_BYTES_MAX,
};

use crate::{
    app::{AppError, AppHandle, Counted, LocationView},
    release::Shelf,
    store::{
        releases,
        treatment::{self, Served, served},
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

/// The cells of a page, each in words.
impl Treatment {
    fn standing(&self) -> Datum {
        let state = self.view.state.as_str();
        match self.waited() {
            Some(days) => {
                let days = counted(days, "day", "days");
                format!("{state}, after {days}").into()
            }
            None => state.into(),
        }
    }

    fn work(&self) -> Datum {
        let Some(served) = &self.served else {
            return Datum::Nothing;
        };
        let devices = counted(self.view.devices as u64, "device", "devices");
        let blocked = some(self.view.blocked as u64, "blocked");
        let entries = counted(served.entries, "entry", "entries");
        let refused = some(served.refused, "refused");
        format!("{devices}{blocked}; {entries}{refused}").into()
    }

    fn room(&self) -> Option<String> {
        let served = self.served.as_ref()?;
        let given = size(LOCATION_BYTES_MAX);
        Some(format!("{} of {given}", size(served.bytes)))
    }

    fn read_words(&self) -> Datum {
        let read = |served: &Served| {
            let reads = counted(served.reads, "read", "reads");
            format!("{reads}{}", some(served.insight_reads, "of insights"))
        };
        self.served.as_ref().map(read).into()
    }

    fn agenda_words(&self) -> Datum {
        let (answered, items) = (self.heard.answered, self.heard.items);
        match items {
            0 => "no items yet".into(),
            _ => format!("{answered} of {items} answered").into(),
        }
    }

    fn request_words(&self) -> Datum {
        let heard = &self.heard;
        if heard.requests == 0 {
            return "none".into();
        }
        let mut words = heard.requests.to_string();
        words.push_str(&some(heard.waiting as u64, "waiting"));
        words.push_str(&some(heard.late as u64, "late"));
        if let (Some(middle), Some(most)) = (heard.middle_days(), heard.days.last()) {
            let days = counted(middle, "day", "days");
            words.push_str(&format!(
                "; answered within {days} (the middle), at most {most}"
            ));
        }
        words.into()
    }

    fn release_words(&self) -> Datum {
        let Some(served) = &self.served else {
            return Datum::Nothing;
        };
        match (served.releases, self.left_out.len()) {
            (0, 0) => "none went out since it joined".into(),
            (of, 0) => format!("in {of}").into(),
            (of, out) => format!("in {of}, left out of {out}: {}", self.left_out_words()).into(),
        }
    }

    fn left_out_words(&self) -> String {
        let all = self.left_out.iter();
        let all: Vec<String> = all.map(|(id, why)| format!("{id}: {why}")).collect();
        all.join("; ")
    }
}

/// A number of something, after a comma; empty if there is none.
fn some(count: u64, what: &str) -> String {
    match count {
        0 => String::new(),
        count => format!(", {count} {what}"),
    }
}

/// Every location, as commands and pages list how it was served. A page has fewer columns, each of
/// which says in words what several say in the file: a wide table hides its end.
pub const TREATMENT: List<Treatment> = List::new(&[
    Column::new("location", |one: &Treatment| {
        format!("{} ({})", one.view.name, one.view.code).into()
    })
    .header()
    .only(PAGE),
    Column::new("code", |one: &Treatment| Datum::text(&one.view.code))
        .header()
        .only(DATA | TABLE),
    Column::new("name", |one: &Treatment| (&*one.view.name).into())
        .words()
        .only(DATA),
    Column::new("standing", Treatment::standing)
        .headed("state")
        .only(PAGE),
    Column::new("state", |one: &Treatment| one.view.state.as_str().into()).only(DATA | TABLE),
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
        .only(DATA)
        .number(),
    Column::new("last_received", |one: &Treatment| one.view.received.into())
        .headed("last received")
        .or("never"),
    Column::new("work", Treatment::work)
        .headed("devices and entries")
        .only(PAGE),
    Column::new("room", |one: &Treatment| one.room().into()).only(PAGE),
    Column::new("read", Treatment::read_words)
        .headed("reads")
        .only(PAGE),
    Column::new("agenda", Treatment::agenda_words).only(PAGE),
    Column::new("asked", Treatment::request_words)
        .headed("requests")
        .only(PAGE),
    Column::new("released", Treatment::release_words)
        .headed("releases")
        .only(PAGE),
    Column::new("last_synced", |one: &Treatment| {
        one.at(|served| served.synced)
    })
    .only(DATA),
    Column::new("devices", |one: &Treatment| one.view.devices.into())
        .only(DATA)
        .number(),
    Column::new("blocked", |one: &Treatment| one.view.blocked.into())
        .only(DATA)
        .number(),
    Column::new("entries", |one: &Treatment| {
        one.number(|served| served.entries)
    })
    .only(DATA)
    .number(),
    Column::new("refused", |one: &Treatment| {
        one.number(|served| served.refused)
    })
    .only(DATA)
    .number(),
    Column::new("bytes_used", |one: &Treatment| {
        one.number(|served| served.bytes)
    })
    .headed("room used")
    .only(DATA)
    .number(),
    Column::new("bytes_given", |_: &Treatment| LOCATION_BYTES_MAX.into())
        .headed("room given")
        .only(DATA)
        .number(),
    Column::new("reads", |one: &Treatment| one.number(|served| served.reads))
        .only(DATA | TABLE)
        .number(),
    Column::new("insight_reads", |one: &Treatment| {
        one.number(|served| served.insight_reads)
    })
    .headed("insight reads")
    .only(DATA)
    .number(),
    Column::new("items", |one: &Treatment| one.heard.items.into())
        .only(DATA)
        .number(),
    Column::new("items_answered", |one: &Treatment| {
        one.heard.answered.into()
    })
    .headed("items answered")
    .only(DATA)
    .number(),
    Column::new("requests", |one: &Treatment| one.heard.requests.into())
        .only(DATA | TABLE)
        .number(),
    Column::new("requests_waiting", |one: &Treatment| {
        one.heard.waiting.into()
    })
    .headed("requests waiting")
    .only(DATA)
    .number(),
    Column::new("requests_late", |one: &Treatment| one.heard.late.into())
        .headed("requests late")
        .only(DATA)
        .number(),
    Column::new("days_to_answer", |one: &Treatment| {
        one.heard.middle_days().into()
    })
    .headed("days to answer (the middle one)")
    .only(DATA)
    .number(),
    Column::new("days_to_answer_most", |one: &Treatment| {
        let most = one.heard.days.last();
        most.and_then(|days| u64::try_from(*days).ok()).into()
    })
    .headed("days to answer (the most)")
    .only(DATA)
    .number(),
    Column::new("releases_in", |one: &Treatment| {
        one.number(|served| served.releases)
    })
    .headed("in releases")
    .only(DATA | TABLE)
    .number(),
    Column::new("releases_out", |one: &Treatment| one.left_out.len().into())
        .headed("left out")
        .only(DATA | TABLE)
        .number(),
    Column::new("left_out_because", |one: &Treatment| {
        one.left_out_words().into()
    })
    .headed("left out because")
    .words()
    .only(DATA),
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
                let inputs = treatment::counted(at.conn, row.row)?;
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
                        let waited = served.as_ref().is_some_and(|served| {
                            served.confirmed.is_none_or(|at| Some(at) > row.published)
                        });
                        let why = match why.get(&view.code) {
                            Some(why) => why,
                            None if waited => UNCONFIRMED,
                            None => NO_REASON,
                        };
                        (row.id.clone(), why.to_owned())
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

/// For a release whose manifest does not name a location, because it was not confirmed.
const UNCONFIRMED: &str = "it was not confirmed yet";
/// For a release whose manifest names no reason.
const NO_REASON: &str = "its manifest names no reason";
