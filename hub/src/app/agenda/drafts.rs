//! Drafts of items and of answers to requests, and their publication in one entry.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use weft_shared::{
    document::{Editor, Scalar as _},
    id::RecordId,
    model::{
        Audience,
        answer::{Answer, AnswerKey},
        item::{self, Item, ItemState, OPEN_ITEMS_MAX},
        record::{Concurrent, FieldProblem, FieldValue, Fields, Record},
        schema::{DocKind, Owner, RecordKind},
    },
    period::Date,
    text::counted,
};

use super::{AppError, AppHandle, Edit, ItemView, Standing, new_id, one_of, texts};
use crate::store::desk::{self, DraftRow};

/// The kind of a draft of an item.
pub(super) const ITEM: &str = "item";
/// The kind of a draft of an answer to a request.
pub(super) const ANSWER: &str = "answer";

/// The number of drafts that were published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Items, new or reworded.
    pub items: usize,
    /// Answers to requests.
    pub answers: usize,
}

impl AppHandle {
    /// Puts a new item, or another wording of one (`of`, an id or its beginning), among the drafts.
    /// No location sees it until [`AppHandle::publish_agenda`].
    ///
    /// # Errors
    /// Returns all that is wrong with it.
    pub async fn draft_item(
        &self,
        of: Option<String>,
        fields: Fields,
    ) -> Result<RecordId, AppError> {
        // Two edits of one draft, or an edit and a publication, would lose one of them.
        let _alone = self.shared.own.alone(&self.shared).await?;
        let drafts = self.drafts().await?;
        let standing = self.shared.own.standing();
        let id = match of {
            None => new_id(),
            Some(of) => one_of(&all_items(&standing, &drafts), &of)?.id,
        };
        let published = standing.agenda().record(RecordKind::Item, &id);
        let mut whole = published
            .as_ref()
            .map(Record::to_fields)
            .unwrap_or_default();
        let mut draft = drafts
            .iter()
            .find(|row| row.kind == ITEM && row.id == id.to_string())
            .map(|row| read(&row.fields))
            .transpose()?
            .unwrap_or_default();
        whole.extend(draft.clone());
        let untimely = RecordKind::Item.untimely(&fields, &whole, standing.today());
        draft.extend(fields);
        whole.extend(draft.clone());
        let checked = RecordKind::Item.check_of(Owner::Hub, &whole, true);
        let mut problems = texts(checked.as_ref().err());
        let items = all_items(&standing, &drafts);
        let replacing = item::replacing(id, &whole, &items);
        let more: Vec<FieldProblem> = untimely.into_iter().chain(replacing).collect();
        problems.extend(texts(Some(&more)));
        let published = standing.items();
        let of = published.iter().find(|one| one.id == id);
        problems.extend(of.and_then(closed));
        problems.extend(standing.unknown_outcomes(&whole));
        let checked = checked.ok().filter(|_| problems.is_empty());
        let mut checked = checked.ok_or(AppError::AgendaRefused(problems))?;
        checked.retain(|key, _| draft.contains_key(key));
        let row = DraftRow {
            kind: ITEM.to_owned(),
            id: id.to_string(),
            fields: written(&checked),
        };
        self.put_draft("agenda draft", row).await?;
        Ok(id)
    }

    /// The items among the drafts, as they will be published.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn draft_items(&self) -> Result<Vec<ItemView>, AppError> {
        let (drafts, standing) = (self.drafts().await?, self.shared.own.standing());
        let ids: BTreeSet<&str> = drafts.iter().map(|row| row.id.as_str()).collect();
        let mut items = all_items(&standing, &drafts);
        items.retain(|item| ids.contains(item.id.to_string().as_str()));
        let view = |item| ItemView { item, state: None };
        Ok(items.into_iter().map(view).collect())
    }

    /// The answers to requests among the drafts, by the keys of the requests.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn draft_answers(&self) -> Result<Vec<(AnswerKey, Answer)>, AppError> {
        let drafts = self.drafts().await?.into_iter();
        let answers = drafts.filter(|row| row.kind == ANSWER).filter_map(|row| {
            let answer = Answer::from_scalar(&row.fields).ok()?;
            Some((row.id.parse().ok()?, answer))
        });
        Ok(answers.collect())
    }

    /// The fields of an item as they are, or will be once the drafts are published.
    ///
    /// # Errors
    /// If there is no such item, or several have ids that begin so.
    pub async fn item_fields(&self, of: &str) -> Result<(RecordId, Fields), AppError> {
        let (drafts, standing) = (self.drafts().await?, self.shared.own.standing());
        let id = one_of(&all_items(&standing, &drafts), of)?.id;
        let published = standing.agenda().record(RecordKind::Item, &id);
        let mut fields = published
            .as_ref()
            .map_or_else(Fields::new, Record::to_fields);
        let draft = drafts.iter().find(|row| row.id == id.to_string());
        if let Some(row) = draft {
            fields.extend(read(&row.fields)?);
        }
        Ok((id, fields))
    }

    /// Publishes all drafts, answers to requests included, in one entry.
    ///
    /// # Errors
    /// If there is none, or too many items would be open.
    pub async fn publish_agenda(&self) -> Result<Published, AppError> {
        let own = &self.shared.own;
        let alone = own.alone(&self.shared).await?;
        let drafts = self.drafts().await?;
        let decide = |standing: &Standing| publish(standing, &drafts);
        let published = own.edit_alone(self, alone, decide).await?;
        // Drafts that are what was published already were in no edit.
        let store = &self.shared.store;
        store.write(move |tx| desk::take(tx, &drafts)).await?;
        Ok(published)
    }

    pub(super) async fn drafts(&self) -> Result<Vec<DraftRow>, AppError> {
        Ok(self.shared.store.read(desk::all).await?)
    }

    pub(super) async fn put_draft(&self, act: &str, row: DraftRow) -> Result<(), AppError> {
        let put = move |tx: &weft_store::Transaction<'_>, now| {
            desk::put(tx, &row, now)?;
            Ok(Some((format!("{} {}", row.kind, row.id), ())))
        };
        self.act(act, put).await?;
        Ok(())
    }
}

/// Refuses another wording of a closed item: it would void answers that no location can give again.
fn closed(item: &Item) -> Option<String> {
    item.closed.as_ref().map(|_| {
        let title = &item.title;
        format!("\"{title}\" is closed, so its words stay: add an item that replaces it")
    })
}

fn publish(standing: &Standing, drafts: &[DraftRow]) -> Result<Edit<Published>, AppError> {
    let refused = |why: String| Err(AppError::AgendaRefused(vec![why]));
    if drafts.is_empty() {
        return refused("there are no drafts: weft-hub agenda add makes one".to_owned());
    }
    let all = all_items(standing, drafts);
    let today = standing.today();
    let open = all
        .iter()
        .filter(|item| item.state(&all, today) == ItemState::Open);
    let open = open.count();
    if open > OPEN_ITEMS_MAX {
        return refused(format!(
            "{open} items would be open, and {OPEN_ITEMS_MAX} is the most: close some first"
        ));
    }
    let (mut items, mut answers) = (Vec::new(), Vec::new());
    for row in drafts {
        let damaged = || AppError::Own(format!("the draft {} is damaged", row.id));
        if row.kind == ITEM {
            let id: RecordId = row.id.parse().map_err(|_| damaged())?;
            let fields = read(&row.fields)?;
            still_timely(standing, (id, &fields), today)?;
            items.push((id, fields));
        } else {
            let key: AnswerKey = row.id.parse().map_err(|_| damaged())?;
            answers.push((
                key,
                Answer::from_scalar(&row.fields).map_err(|_| damaged())?,
            ));
        }
    }
    let published = Published {
        items: items.len(),
        answers: answers.len(),
    };
    let subject = format!(
        "{}, {}",
        counted(published.items as u64, "item", "items"),
        counted(published.answers as u64, "answer", "answers")
    );
    let put = move |editor: &mut Editor<'_>| {
        for (id, fields) in &items {
            editor.put_record(RecordKind::Item, id, Audience::Network, fields)?;
        }
        for (key, answer) in &answers {
            editor.say(key, answer)?;
        }
        Ok(())
    };
    let (act, taken) = ("agenda publish", drafts.to_vec());
    let mut edit = Edit::new(DocKind::Agenda, act, subject, published, put);
    edit.beside = Box::new(move |tx, _| Ok(desk::take(tx, &taken)?));
    Ok(edit)
}

/// Refuses a draft with a day that has passed since it was written.
fn still_timely(
    standing: &Standing,
    (id, fields): (RecordId, &Fields),
    today: Date,
) -> Result<(), AppError> {
    let published = standing.agenda().record(RecordKind::Item, &id);
    let before = published.as_ref().map(Record::to_fields);
    let title_before = || before.as_ref().and_then(|of| of.get("title"));
    let title = fields.get("title").or_else(title_before);
    let title = title
        .and_then(FieldValue::text)
        .unwrap_or_default()
        .to_owned();
    let found = RecordKind::Item.untimely(fields, &before.unwrap_or_default(), today);
    if found.is_empty() {
        return Ok(());
    }
    let found = texts(Some(&found)).into_iter();
    let found = found.map(|text| format!("\"{title}\": {text}: weft-hub agenda edit {id}"));
    Err(AppError::AgendaRefused(found.collect()))
}

/// The items as they will be once the drafts are published.
fn all_items(standing: &Standing, drafts: &[DraftRow]) -> Vec<Item> {
    let mut items = standing.items();
    for row in drafts.iter().filter(|row| row.kind == ITEM) {
        let (Ok(id), Ok(fields)) = (row.id.parse(), read(&row.fields)) else {
            continue;
        };
        let Some(item) = drafted(standing, id, fields) else {
            continue;
        };
        match items.iter_mut().find(|one| one.id == id) {
            Some(known) => *known = item,
            None => items.push(item),
        }
    }
    items
}

/// An item with the fields of a draft over those that were published.
fn drafted(standing: &Standing, id: RecordId, fields: Fields) -> Option<Item> {
    let published = standing.agenda().record(RecordKind::Item, &id);
    let mut record = published.unwrap_or_else(|| Record {
        id,
        kind: RecordKind::Item,
        fields: Default::default(),
        sets: Default::default(),
        audience: Audience::Network,
        removed: false,
        disputed: Vec::new(),
        unseen: BTreeSet::new(),
        moved: None,
        withdrawn: false,
        order: String::new(),
        unread: BTreeSet::new(),
    });
    for (key, value) in fields {
        match value {
            FieldValue::Set(members) => {
                record.sets.insert(key, members);
            }
            FieldValue::Text(value) => {
                let (actor, op) = ([0; 16], 0);
                let said = Concurrent { value, actor, op };
                record.fields.insert(key, vec![said]);
            }
        }
    }
    Item::read(&record)
}

/// The fields of a draft as canonical JSON.
fn written(fields: &Fields) -> String {
    let value = |value: &FieldValue| match value {
        FieldValue::Text(text) => Value::from(text.as_str()),
        FieldValue::Set(members) => members.iter().map(String::as_str).collect(),
    };
    let fields = fields.iter().map(|(key, one)| (key.clone(), value(one)));
    weft_shared::model::json::canonical(&Value::Object(fields.collect::<Map<_, _>>()))
}

fn read(text: &str) -> Result<Fields, AppError> {
    let damaged = || AppError::Own("a draft is damaged".to_owned());
    let map: Map<String, Value> = serde_json::from_str(text).map_err(|_| damaged())?;
    let field = |(key, value): (String, Value)| {
        let value = match value {
            Value::String(text) => FieldValue::Text(text),
            other => FieldValue::Set(serde_json::from_value(other).ok()?),
        };
        Some((key, value))
    };
    map.into_iter()
        .map(|one| field(one).ok_or_else(damaged))
        .collect()
}
