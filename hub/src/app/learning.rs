//! Learning: markers of system change, reviews of the national team and of locations, and partners
//! with the ties to them.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::list::{Column, Datum, List};
use weft_shared::{
    id::LocationCode,
    model::{
        plan::{PartnerKind, Tie},
        record::Record,
        schema::RecordKind,
    },
    period::Date,
};

use super::{AppError, Counted, OfLocations, SharedRecord, Unrecorded};
use crate::store::LocationRow;

/// A learning review of the national team or of a location.
#[derive(Clone, Debug)]
pub struct ReviewView {
    /// The location; `None` for the national team's.
    pub location: Option<LocationCode>,
    /// The id of its record.
    pub id: String,
    /// Its fields by their keys; those of a set are joined.
    fields: BTreeMap<String, String>,
    /// The outcomes that it was about: codes, or names of a location's own.
    pub outcomes: Vec<String>,
    /// The roles and organisations that took part.
    pub took_part: Vec<String>,
    /// The names of partners who have a part in doing better.
    pub partners: Vec<String>,
}

impl ReviewView {
    /// A field of it; empty if it has none.
    pub fn text(&self, key: &str) -> &str {
        self.fields.get(key).map_or("", String::as_str)
    }

    /// The day on which it was held.
    pub fn on(&self) -> Option<Date> {
        self.text("on").parse().ok()
    }

    fn of_hub(record: &Record) -> Self {
        let fields = record.fields.iter();
        let members = |key: &str| record.members(key).map(str::to_owned).collect();
        Self {
            location: None,
            id: record.id.to_string(),
            fields: fields
                .filter_map(|(key, said)| Some((key.clone(), said.first()?.value.clone())))
                .collect(),
            outcomes: members("outcomes"),
            took_part: members("took_part"),
            partners: Vec::new(),
        }
    }

    fn of_location(record: &SharedRecord, names: &Names) -> Option<Self> {
        let named = |key: &str| {
            let ids = record.members(key);
            ids.map(|id| names.of(&record.location, id).to_owned())
                .collect()
        };
        Some(Self {
            location: Some(record.location.parse().ok()?),
            id: record.id.clone(),
            fields: record
                .fields
                .keys()
                .map(|key| (key.clone(), record.text(key).to_owned()))
                .collect(),
            outcomes: named("outcomes"),
            took_part: record.members("took_part").map(str::to_owned).collect(),
            partners: named("partners"),
        })
    }
}

/// A marker of system change.
#[derive(Clone, Debug)]
pub struct MarkerView {
    /// Its record.
    pub record: SharedRecord,
    /// The names of the outcomes that it brings nearer.
    pub outcomes: Vec<String>,
    /// The names of the initiatives that helped it.
    pub initiatives: Vec<String>,
}

/// A partner of a location, and the ties with it from the first to the latest.
#[derive(Clone, Debug)]
pub struct PartnerView {
    /// Its record.
    pub record: SharedRecord,
    /// The ties.
    pub ties: Vec<TieView>,
}

/// The closeness of a tie from a day on.
#[derive(Clone, Debug)]
pub struct TieView {
    /// Its record.
    pub record: SharedRecord,
    /// The name of the partner.
    pub partner: String,
}

impl PartnerView {
    /// The kind of organisation, in words; empty if it is not stated.
    pub fn kind(&self) -> &str {
        let word = self.record.text("kind");
        match word.parse::<PartnerKind>() {
            Ok(kind) => kind.label(),
            Err(_) => word,
        }
    }
}

impl TieView {
    /// The closeness of the tie, in words.
    pub fn words(&self) -> &str {
        let word = self.record.text("tie");
        match word.parse::<Tie>() {
            Ok(tie) => tie.label(),
            Err(_) => word,
        }
    }

    /// The day on which it was so.
    pub fn on(&self) -> Option<Date> {
        self.record.text("on").parse().ok()
    }
}

/// Reviews, markers and partners, from one state of the hub.
#[derive(Clone, Debug, Default)]
pub struct Learnt {
    /// All reviews, the latest first.
    pub reviews: Vec<ReviewView>,
    /// All markers, the latest first.
    pub markers: Vec<MarkerView>,
    /// All partners, by name and location.
    pub partners: Vec<PartnerView>,
}

impl Learnt {
    /// Only its reviews.
    #[must_use]
    pub fn only_reviews(self) -> Self {
        Self {
            reviews: self.reviews,
            ..Self::default()
        }
    }

    /// Only its markers.
    #[must_use]
    pub fn only_markers(self) -> Self {
        Self {
            markers: self.markers,
            ..Self::default()
        }
    }

    /// Only its partners.
    #[must_use]
    pub fn only_partners(self) -> Self {
        Self {
            partners: self.partners,
            ..Self::default()
        }
    }
}

impl OfLocations for Learnt {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let reviews = self.reviews.iter().filter_map(|one| one.location.clone());
        let markers = self.markers.iter().map(|one| &one.record);
        let partners = self.partners.iter().map(|one| &one.record);
        let records = markers.chain(partners);
        reviews
            .chain(records.filter_map(|one| one.location.parse().ok()))
            .collect()
    }
}

/// The titles of records of locations by location and id.
struct Names(BTreeMap<(String, String), String>);

impl Names {
    /// The title of a record; what names it, if there is no such record.
    fn of<'n>(&'n self, location: &str, id: &'n str) -> &'n str {
        let key = (location.to_owned(), id.to_owned());
        self.0.get(&key).map_or(id, String::as_str)
    }

    /// The titles of those that are there.
    fn all(&self, record: &SharedRecord, set: &str) -> Vec<String> {
        let ids = record.members(set);
        let known = ids.filter_map(|id| {
            let key = (record.location.clone(), id.to_owned());
            self.0.get(&key).cloned()
        });
        known.collect()
    }
}

impl Counted<'_> {
    /// Reads what was learnt, of the whole network.
    ///
    /// # Errors
    /// If the store fails.
    pub fn learnt(&self) -> Result<Unrecorded<Learnt>, AppError> {
        let plan = self.told()?;
        let hub = match self.as_of {
            None => self.standing.agenda().records(RecordKind::Review),
            Some(_) => {
                let told = self
                    .stood()?
                    .records(LocationRow::ZERO, RecordKind::Review)?
                    .told;
                told.into_iter().map(|one| one.record).collect()
            }
        };
        Ok(Unrecorded::new(Learnt::of(&plan, &hub)))
    }

    /// The part of it that people outside the network may have. Names of other records are not in
    /// it.
    ///
    /// # Errors
    /// If the store fails.
    pub fn learnt_released(&self) -> Result<Unrecorded<Learnt>, AppError> {
        let plan = self.released_plan()?;
        Ok(plan.map(|plan| Learnt::of(&plan, &[])))
    }
}

impl Learnt {
    /// Makes it of the plans of locations and of the national team's reviews.
    fn of(plan: &[SharedRecord], hub: &[Record]) -> Self {
        let names = plan.iter().map(|one| {
            let key = (one.location.clone(), one.id.clone());
            (key, one.title.clone())
        });
        let names = Names(names.collect());
        let of = |kind: RecordKind| plan.iter().filter(move |one| one.kind == kind.word());
        let hub = hub.iter().filter(|one| one.is_live());
        let theirs = of(RecordKind::Review);
        let theirs = theirs.filter_map(|one| ReviewView::of_location(one, &names));
        let mut reviews: Vec<_> = hub.map(ReviewView::of_hub).chain(theirs).collect();
        reviews.sort_by(|a, b| (b.on(), &b.id).cmp(&(a.on(), &a.id)));
        let mut markers: Vec<_> = of(RecordKind::Marker)
            .map(|one| MarkerView {
                outcomes: names.all(one, "outcomes"),
                initiatives: names.all(one, "initiatives"),
                record: one.clone(),
            })
            .collect();
        markers.sort_by_key(|one| std::cmp::Reverse(one.record.shifted_on()));
        Self {
            reviews,
            markers,
            partners: partners(plan, &names),
        }
    }
}

impl Counted<'_> {
    /// The plans of the locations that are confirmed, as they stand or stood at this moment.
    fn told(&self) -> Result<Vec<SharedRecord>, AppError> {
        if self.as_of.is_none() {
            return Ok(self.plan(None)?.unshown());
        }
        let (stood, mut all) = (self.stood()?, Vec::new());
        for (owner, lix) in self.teams()? {
            let Some(code) = owner.location() else {
                continue;
            };
            for kind in LEARNT {
                let told = stood.records(lix, kind)?.told.into_iter();
                all.extend(told.map(|one| SharedRecord::of(code, &one.record)));
            }
        }
        Ok(all)
    }
}

/// The kinds of records of which this is made, and of those that they name.
const LEARNT: [RecordKind; 6] = [
    RecordKind::Review,
    RecordKind::Marker,
    RecordKind::Partner,
    RecordKind::Relationship,
    RecordKind::Outcome,
    RecordKind::Initiative,
];

fn partners(plan: &[SharedRecord], names: &Names) -> Vec<PartnerView> {
    let of = |kind: RecordKind| plan.iter().filter(move |one| one.kind == kind.word());
    let mut partners: Vec<_> = of(RecordKind::Partner)
        .map(|one| {
            let mut ties: Vec<_> = of(RecordKind::Relationship)
                .filter(|tie| tie.location == one.location && tie.text("partner") == one.id)
                .map(|tie| TieView {
                    partner: names.of(&one.location, &one.id).to_owned(),
                    record: tie.clone(),
                })
                .collect();
            ties.sort_by_cached_key(|tie| (tie.on(), tie.record.id.clone()));
            PartnerView {
                record: one.clone(),
                ties,
            }
        })
        .collect();
    partners.sort_by_cached_key(|one| {
        let record = &one.record;
        let name = weft_shared::model::spelling::folded_name(&record.title);
        (name, record.location.clone(), record.id.clone())
    });
    partners
}

fn of_review(review: &ReviewView, key: &str) -> Datum {
    Some(review.text(key))
        .filter(|text| !text.is_empty())
        .into()
}

fn of_record(record: &SharedRecord, key: &str) -> Datum {
    Some(record.text(key))
        .filter(|text| !text.is_empty())
        .into()
}

fn joined(texts: &[String]) -> Datum {
    Some(texts.join("; "))
        .filter(|text| !text.is_empty())
        .into()
}

/// Reviews, a row each; `location_code` is empty for those of the national team.
pub const REVIEW_ROWS: List<ReviewView> = List::new(&[
    Column::new("location_code", |one: &ReviewView| {
        one.location.as_ref().map(LocationCode::as_str).into()
    }),
    Column::new("review", |one: &ReviewView| (&*one.id).into()),
    Column::new("on", |one: &ReviewView| of_review(one, "on")),
    Column::new("period", |one: &ReviewView| of_review(one, "period")),
    Column::new("question", |one: &ReviewView| of_review(one, "question")),
    Column::new("indicator", |one: &ReviewView| of_review(one, "indicator")),
    Column::new("outcomes", |one: &ReviewView| joined(&one.outcomes)),
    Column::new("took_part", |one: &ReviewView| joined(&one.took_part)),
    Column::new("story", |one: &ReviewView| of_review(one, "story")),
    Column::new("partners", |one: &ReviewView| joined(&one.partners)),
    Column::new("works", |one: &ReviewView| of_review(one, "works")),
    Column::new("decided", |one: &ReviewView| of_review(one, "decided")),
    Column::new("next", |one: &ReviewView| of_review(one, "next")),
]);

/// Markers of system change, a row each.
pub const MARKER_ROWS: List<MarkerView> = List::new(&[
    Column::new("location_code", |one: &MarkerView| {
        (&*one.record.location).into()
    }),
    Column::new("marker", |one: &MarkerView| (&*one.record.id).into()),
    Column::new("on", |one: &MarkerView| of_record(&one.record, "on")),
    Column::new("condition", |one: &MarkerView| {
        of_record(&one.record, "condition")
    }),
    Column::new("from", |one: &MarkerView| of_record(&one.record, "from")),
    Column::new("to", |one: &MarkerView| of_record(&one.record, "to")),
    Column::new("evidence", |one: &MarkerView| {
        of_record(&one.record, "evidence")
    }),
    Column::new("outcomes", |one: &MarkerView| joined(&one.outcomes)),
    Column::new("initiatives", |one: &MarkerView| joined(&one.initiatives)),
]);

/// Partners of locations, a row each.
pub const PARTNER_ROWS: List<PartnerView> = List::new(&[
    Column::new("location_code", |one: &PartnerView| {
        (&*one.record.location).into()
    }),
    Column::new("partner", |one: &PartnerView| (&*one.record.id).into()),
    Column::new("name", |one: &PartnerView| of_record(&one.record, "name")),
    Column::new("kind", |one: &PartnerView| of_record(&one.record, "kind")),
    Column::new("identifier", |one: &PartnerView| {
        of_record(&one.record, "identifier")
    }),
    Column::new("tie", |one: &PartnerView| {
        one.ties.last().map(|tie| tie.record.text("tie")).into()
    }),
    Column::new("since", |one: &PartnerView| {
        one.ties
            .last()
            .and_then(TieView::on)
            .map(Datum::text)
            .into()
    }),
]);

/// Ties with partners, a row each.
pub const TIE_ROWS: List<TieView> = List::new(&[
    Column::new("location_code", |one: &TieView| {
        (&*one.record.location).into()
    }),
    Column::new("tie_id", |one: &TieView| (&*one.record.id).into()),
    Column::new("partner", |one: &TieView| of_record(&one.record, "partner")),
    Column::new("name", |one: &TieView| (&*one.partner).into()),
    Column::new("tie", |one: &TieView| of_record(&one.record, "tie")),
    Column::new("on", |one: &TieView| of_record(&one.record, "on")),
    Column::new("note", |one: &TieView| of_record(&one.record, "note")),
]);
