//! The agenda: the network's outcomes, and items as drafts and as published. Every word of it goes
//! to all nodes in one feed; nothing can be addressed to some of them.

mod answers;
mod drafts;
mod lists;
mod reviews;

use std::collections::BTreeSet;

use weft_host::{clock, random::random_bytes};
use weft_shared::{
    document::Editor,
    id::{LocationCode, OutcomeCode, RecordId},
    model::{
        Audience,
        item::{Item, ItemState, items},
        outcome::NetworkOutcome,
        record::{FieldProblem, FieldValue, Fields, Record},
        schema::{DocKind, Owner, RecordKind},
    },
    text::listed,
};

use self::drafts::ITEM;
pub use self::{
    answers::{AnswerView, RequestView},
    drafts::Published,
    lists::{AGENDA_ROWS, ANSWER_ROWS, AnswerRow, REQUEST_ROWS},
};
use super::{
    AppError, AppHandle, Counted, OfLocations, Snapshot,
    own::{Edit, Standing},
};
use crate::store::{LocationRow, desk};

/// Codes that an error names.
const LISTED_MAX: usize = 12;

/// An item of the agenda, published or a draft.
#[derive(Clone, Debug)]
pub struct ItemView {
    /// The item; of one that is to be published again, as it will be.
    pub item: Item,
    /// Whether it can be answered; `None` for a draft.
    pub state: Option<ItemState>,
}

impl ItemView {
    /// The word for its state: `draft`, `open`, `closed` or `replaced`.
    pub fn word(&self) -> &'static str {
        self.state.map_or("draft", ItemState::word)
    }
}

/// Items are the hub's own.
impl OfLocations for Vec<ItemView> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        BTreeSet::new()
    }
}

impl AppHandle {
    /// Adds an outcome of the network, or changes the given fields of the one with this code. Every
    /// node receives it. Returns whether it was added.
    ///
    /// # Errors
    /// Returns all that is wrong with it.
    pub async fn set_outcome(&self, fields: Fields, adds: bool) -> Result<bool, AppError> {
        let decide = |standing: &Standing| {
            let held = standing.outcomes();
            let code = fields.get("code").and_then(FieldValue::text);
            let code = code.unwrap_or_default().trim().to_ascii_uppercase();
            let known = held.iter().find(|one| one.code.as_str() == code);
            if let (true, Some(known)) = (adds, known) {
                let there = format!(
                    "there is an outcome {code} already, \"{}\": weft-hub outcome edit {code}",
                    known.name
                );
                return Err(AppError::AgendaRefused(vec![there]));
            }
            if !adds && known.is_none() {
                let codes: Vec<_> = held.iter().map(|one| &one.code).collect();
                let there = format!("there is no outcome {code}: {}", there_are(&codes));
                return Err(AppError::AgendaRefused(vec![there]));
            }
            let checked = RecordKind::Outcome.check_of(Owner::Hub, &fields, known.is_none());
            let mut problems = texts(checked.as_ref().err());
            problems.extend(standing.unknown_indicators(&fields));
            let checked = checked.ok().filter(|_| problems.is_empty());
            let checked = checked.ok_or(AppError::AgendaRefused(problems))?;
            let id = known.map_or_else(new_id, |known| known.id);
            let put = move |editor: &mut Editor<'_>| {
                editor.put_record(RecordKind::Outcome, &id, Audience::Network, &checked)
            };
            let act = if known.is_none() {
                "outcome add"
            } else {
                "outcome edit"
            };
            Ok(Edit::new(DocKind::Agenda, act, code, known.is_none(), put))
        };
        self.shared.own.edit(self, decide).await
    }

    /// Closes an item, for a reason that all locations read. A draft of it is dropped.
    ///
    /// # Errors
    /// If there is no such item that was published and is open.
    pub async fn close_item(&self, id: &str, reason: &str) -> Result<Item, AppError> {
        let decide = |standing: &Standing| {
            let item = one_of(&standing.items(), id)?.clone();
            let fields = Fields::from([("closed".to_owned(), reason.into())]);
            let checked = RecordKind::Item.check_of(Owner::Hub, &fields, false);
            let mut problems = texts(checked.as_ref().err());
            if item.closed.is_some() {
                problems.push(format!("\"{}\" is closed already", item.title));
            }
            if reason.trim().is_empty() {
                problems.push("reason: say why".to_owned());
            }
            let checked = checked.ok().filter(|_| problems.is_empty());
            let checked = checked.ok_or(AppError::AgendaRefused(problems))?;
            let id = item.id;
            let put = move |editor: &mut Editor<'_>| {
                editor.put_record(RecordKind::Item, &id, Audience::Network, &checked)
            };
            let act = "agenda close";
            let mut edit = Edit::new(DocKind::Agenda, act, id.to_string(), item, put);
            // Another wording that was not published would void the answers to this one.
            edit.beside = Box::new(move |tx, _| Ok(desk::forget(tx, ITEM, &id.to_string())?));
            Ok(edit)
        };
        self.shared.own.edit(self, decide).await
    }
}

impl Snapshot<'_> {
    /// The network's outcomes, by code.
    pub fn outcomes(&self) -> Vec<NetworkOutcome> {
        self.standing.outcomes()
    }
}

impl Counted<'_> {
    /// The items that were published, in the order of their publication, each with its state on
    /// the day as of which this is.
    ///
    /// # Errors
    /// If the store fails.
    pub fn items(&self) -> Result<Vec<ItemView>, AppError> {
        let today = self.today();
        let all = match self.as_of {
            None => self.standing.items(),
            Some(_) => {
                let told = self
                    .stood()?
                    .records(LocationRow::ZERO, RecordKind::Item)?
                    .told;
                let mut records: Vec<Record> = told.into_iter().map(|one| one.record).collect();
                records.sort_by(|a, b| (&a.order, a.id).cmp(&(&b.order, b.id)));
                items(&records)
            }
        };
        let view = |item: &Item| ItemView {
            state: Some(item.state(&all, today)),
            item: item.clone(),
        };
        Ok(all.iter().map(view).collect())
    }

    /// The published item that an id or its beginning names.
    ///
    /// # Errors
    /// If there is none, or several.
    pub fn item(&self, id: &str) -> Result<ItemView, AppError> {
        let views = self.items()?;
        let items: Vec<Item> = views.iter().map(|view| view.item.clone()).collect();
        let found = one_of(&items, id)?.id;
        let view = views.into_iter().find(|view| view.item.id == found);
        view.ok_or_else(|| AppError::AgendaRefused(vec![format!("no item is called {id}")]))
    }

    /// The text by which all replicas of the agenda are seen to be the same.
    pub fn agenda_digest(&self) -> String {
        self.standing.agenda().digest()
    }
}

impl Standing {
    /// The items that were published, in the order of their publication.
    pub(super) fn items(&self) -> Vec<Item> {
        items(&self.agenda().records(RecordKind::Item))
    }

    /// The network's outcomes, by code.
    pub(super) fn outcomes(&self) -> Vec<NetworkOutcome> {
        let records = self.agenda().records(RecordKind::Outcome).into_iter();
        let live = records.filter(Record::is_live);
        let mut outcomes: Vec<_> = live.filter_map(|one| NetworkOutcome::read(&one)).collect();
        outcomes.sort_by(|a, b| (&a.code, a.id).cmp(&(&b.code, b.id)));
        outcomes
    }

    /// Problems with indicators that fields name and the network does not have.
    pub(super) fn unknown_indicators(&self, fields: &Fields) -> Vec<String> {
        let named = |key: &str| match fields.get(key) {
            Some(FieldValue::Text(text)) => vec![text.clone()],
            Some(FieldValue::Set(members)) => members.iter().cloned().collect(),
            None => Vec::new(),
        };
        let all = ["headline", "indicators", "indicator"]
            .into_iter()
            .flat_map(named);
        let codes = all.filter_map(|text| text.parse().ok());
        let unknown = codes.filter_map(|code| self.newest(&code).err());
        unknown
            .map(|error| match error {
                AppError::TargetRefused(problems) => problems.join("; "),
                other => other.to_string(),
            })
            .collect()
    }

    /// Problems with outcomes that fields name and the network does not have.
    pub(super) fn unknown_outcomes(&self, fields: &Fields) -> Vec<String> {
        let Some(FieldValue::Set(members)) = fields.get("outcomes") else {
            return Vec::new();
        };
        let held = self.outcomes();
        let codes: Vec<_> = held.iter().map(|one| &one.code).collect();
        let is = |code: &OutcomeCode, text: &str| code.as_str().eq_ignore_ascii_case(text.trim());
        let known = |text: &str| codes.iter().any(|code| is(code, text));
        let unknown = members.iter().filter(|text| !known(text));
        unknown
            .map(|text| {
                format!(
                    "outcomes: the network has no outcome {text}: {}",
                    there_are(&codes)
                )
            })
            .collect()
    }
}

fn there_are(codes: &[&OutcomeCode]) -> String {
    match codes {
        [] => "it has none yet: weft-hub outcome add CODE --name TEXT".to_owned(),
        codes => format!("it has {}", listed(codes, LISTED_MAX)),
    }
}

fn new_id() -> RecordId {
    RecordId::from_parts(clock::now(), random_bytes())
}

fn texts(problems: Option<&Vec<FieldProblem>>) -> Vec<String> {
    let problems = problems.into_iter().flatten();
    problems.map(FieldProblem::to_string).collect()
}

/// The item that an id or its beginning names.
fn one_of<'i>(items: &'i [Item], id: &str) -> Result<&'i Item, AppError> {
    let id = id.trim().to_ascii_lowercase();
    let named = |item: &&Item| !id.is_empty() && item.id.to_string().starts_with(&id);
    let found: Vec<&Item> = items.iter().filter(named).collect();
    match found.as_slice() {
        [only] => Ok(only),
        [] => Err(AppError::AgendaRefused(vec![format!(
            "the agenda has no item \"{id}\": weft-hub agenda list shows those that there are"
        )])),
        several => Err(AppError::AgendaRefused(vec![format!(
            "{} items have ids that begin with \"{id}\": give more of it",
            several.len()
        )])),
    }
}
