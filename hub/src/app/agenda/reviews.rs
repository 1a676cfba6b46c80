//! The national team's learning reviews.

use weft_shared::{
    document::Editor,
    id::RecordId,
    model::{
        Audience,
        record::{FieldValue, Fields, Record},
        schema::{DocKind, Owner, RecordKind},
    },
};

use super::{AppError, AppHandle, Edit, Snapshot, Standing, new_id, texts};

/// Reviews of the hub.
const REVIEWS_MAX: usize = 1_000;

impl AppHandle {
    /// Adds a review, or changes the given fields of the one that an id or its beginning names.
    /// Every node receives it. Returns its id.
    ///
    /// # Errors
    /// Returns all that is wrong with it, or if there is no such review.
    pub async fn set_review(
        &self,
        of: Option<String>,
        fields: Fields,
    ) -> Result<RecordId, AppError> {
        let decide = |standing: &Standing| {
            let held = standing.reviews();
            let known = of.as_deref().map(|id| one_of(&held, id)).transpose()?;
            let before = known.map(Record::to_fields).unwrap_or_default();
            let mut whole = before.clone();
            whole.extend(fields.clone());
            let checked = RecordKind::Review.check_of(Owner::Hub, &whole, true);
            let mut problems = texts(checked.as_ref().err());
            let untimely = RecordKind::Review.untimely(&fields, &before, standing.today());
            problems.extend(texts(Some(&untimely)));
            problems.extend(standing.unknown_outcomes(&whole));
            problems.extend(standing.unknown_indicators(&whole));
            problems.extend(standing.unknown_partners(&whole));
            if known.is_none() && held.len() >= REVIEWS_MAX {
                problems.push(format!(
                    "there are {REVIEWS_MAX} reviews, and that is the most"
                ));
            }
            let checked = checked.ok().filter(|_| problems.is_empty());
            let mut checked = checked.ok_or(AppError::AgendaRefused(problems))?;
            checked.retain(|key, _| fields.contains_key(key));
            let id = known.map_or_else(new_id, |known| known.id);
            let put = move |editor: &mut Editor<'_>| {
                editor.put_record(RecordKind::Review, &id, Audience::Network, &checked)
            };
            let act = match known {
                None => "review add",
                Some(_) => "review edit",
            };
            Ok(Edit::new(DocKind::Agenda, act, id.to_string(), id, put))
        };
        self.shared.own.edit(self, decide).await
    }
}

impl Snapshot<'_> {
    /// The national team's reviews, the latest first.
    pub fn reviews(&self) -> Vec<Record> {
        let mut reviews = self.standing.reviews();
        reviews.reverse();
        reviews
    }
}

impl Standing {
    /// The reviews, by the day they were held.
    fn reviews(&self) -> Vec<Record> {
        let records = self.agenda().records(RecordKind::Review).into_iter();
        let mut reviews: Vec<Record> = records.filter(Record::is_live).collect();
        reviews.sort_by(|a, b| (a.text("on"), a.id).cmp(&(b.text("on"), b.id)));
        reviews
    }

    /// Problems with partners that fields name and the network does not have.
    fn unknown_partners(&self, fields: &Fields) -> Vec<String> {
        let Some(FieldValue::Set(members)) = fields.get("partners") else {
            return Vec::new();
        };
        let known = |text: &str| {
            let id = text.trim().parse().ok();
            id.and_then(|id| self.agenda().record(RecordKind::Partner, &id))
                .is_some_and(|one| one.is_live())
        };
        let unknown = members.iter().filter(|text| !known(text));
        unknown
            .map(|text| format!("partners: the network has no partner {text}"))
            .collect()
    }
}

/// The review that an id or its beginning names.
fn one_of<'r>(reviews: &'r [Record], id: &str) -> Result<&'r Record, AppError> {
    let id = id.trim().to_ascii_lowercase();
    let named = |one: &&Record| !id.is_empty() && one.id.to_string().starts_with(&id);
    let found: Vec<&Record> = reviews.iter().filter(named).collect();
    match found.as_slice() {
        [only] => Ok(only),
        [] => Err(AppError::AgendaRefused(vec![format!(
            "there is no review \"{id}\": weft-hub review list shows those that there are"
        )])),
        several => Err(AppError::AgendaRefused(vec![format!(
            "{} reviews have ids that begin with \"{id}\": give more of it",
            several.len()
        )])),
    }
}
