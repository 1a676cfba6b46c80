//! Items of the agenda: what the national team puts to all locations at once.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    form::problem,
    json::canonical,
    outcome::OutcomeRef,
    plan::{LINE, PROSE},
    record::{FieldProblem, Fields, Record},
    schema::{FieldKind as Kind, FieldSpec, RecordKind, split_member},
    words,
};
use crate::{
    id::{RecordId, WordingHash, sha256},
    period::Date,
};

/// Maximum number of items that are open at once.
pub const OPEN_ITEMS_MAX: usize = 200;

words! {
    /// The type of an item; it says which answers there are.
    ItemType, "type of item" {
        /// Something that the national team proposes.
        Proposal = "proposal" / "proposal",
        /// Something that locations may use.
        Resource = "resource" / "resource",
        /// Something that locations may take up.
        Opportunity = "opportunity" / "opportunity",
        /// Something that the national team asks.
        Question = "question" / "question",
    }
}

words! {
    /// Whether an item can be answered.
    ItemState, "state of an item" {
        /// It can.
        Open = "open" / "open",
        /// Someone closed it, or its last day has passed.
        Closed = "closed" / "closed",
        /// Another item took its place.
        Replaced = "replaced" / "replaced",
    }
}

pub(super) const ITEM: &[FieldSpec] = &[
    FieldSpec::required("type", "Type", Kind::Choice(ItemType::WORDS))
        .hint("It says which answers there are"),
    FieldSpec::required("title", "Title", LINE).hint("What it is, in one line"),
    FieldSpec::optional("text", "Text", PROSE).hint("Everything that one must know to answer"),
    FieldSpec::optional("link", "Link", Kind::Link).hint("The address of a document, with https"),
    FieldSpec::optional("outcomes", "Outcomes", Kind::Outcomes).hint("Codes of what it is for"),
    FieldSpec::optional("answer_by", "Answer by", Kind::Date)
        .hint("The day by which answers are hoped for"),
    FieldSpec::optional("closes", "Closes", Kind::Date).hint("The last day on which it is open"),
    FieldSpec::optional("closed", "Why closed", PROSE).hint("Why it was closed"),
    FieldSpec::optional("replaces", "Replaces", Kind::Reference(RecordKind::Item))
        .hint("The item that this one replaces"),
];

/// An item as people read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// The id of its record.
    pub id: RecordId,
    /// Its type.
    pub kind: ItemType,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: Option<String>,
    /// The address of a document.
    pub link: Option<String>,
    /// The outcomes that it is for.
    pub outcomes: BTreeSet<OutcomeRef>,
    /// The day by which answers are hoped for.
    pub answer_by: Option<Date>,
    /// The last day on which it is open.
    pub closes: Option<Date>,
    /// Why it was closed, if a person did.
    pub closed: Option<String>,
    /// The item that it replaces.
    pub replaces: Option<RecordId>,
    /// The hash of its wording; see [`wording`].
    pub wording: WordingHash,
}

impl Item {
    /// Reads a record; `None` if it is no item, or has no title or no type that this version knows.
    #[must_use]
    pub fn read(record: &Record) -> Option<Self> {
        if record.kind != RecordKind::Item {
            return None;
        }
        let text = |key: &str| record.text(key).filter(|text| !text.is_empty());
        let owned = |key: &str| text(key).map(str::to_owned);
        let outcomes = record.members("outcomes");
        Some(Self {
            id: record.id,
            kind: text("type")?.parse().ok()?,
            title: owned("title")?,
            text: owned("text"),
            link: owned("link"),
            outcomes: outcomes.filter_map(|text| text.parse().ok()).collect(),
            answer_by: text("answer_by").and_then(|day| day.parse().ok()),
            closes: text("closes").and_then(|day| day.parse().ok()),
            closed: owned("closed"),
            replaces: text("replaces").and_then(|id| id.parse().ok()),
            wording: wording(record)?,
        })
    }

    /// Whether it can be answered on a day, among `all` items of the agenda.
    #[must_use]
    pub fn state(&self, all: &[Self], today: Date) -> ItemState {
        if all.iter().any(|one| one.replaces == Some(self.id)) {
            ItemState::Replaced
        } else if self.closed.is_some() || self.closes.is_some_and(|last| last < today) {
            ItemState::Closed
        } else {
            ItemState::Open
        }
    }
}

/// The items of an agenda's records, in their order; those that were removed are left out.
#[must_use]
pub fn items(records: &[Record]) -> Vec<Item> {
    let live = records.iter().filter(|record| record.is_live());
    live.filter_map(Item::read).collect()
}

/// The hash of the fields that a person answers: another one is another wording. `None` if records
/// of this kind are not answered.
#[must_use]
pub fn wording(record: &Record) -> Option<WordingHash> {
    let members = |key: &str| record.members(key).map(str::to_owned).collect();
    wording_of(
        record.kind,
        |key| record.text(key).map(str::to_owned),
        members,
    )
}

/// As [`wording`], of a record that is not read from its document: `text` and `members` give its
/// fields.
#[must_use]
pub fn wording_of(
    kind: RecordKind,
    text: impl Fn(&str) -> Option<String>,
    members: impl Fn(&str) -> BTreeSet<String>,
) -> Option<WordingHash> {
    let (texts, sets) = worded(kind)?;
    let mut words = Map::new();
    for key in texts {
        if let Some(text) = text(key).filter(|text| !text.is_empty()) {
            words.insert((*key).to_owned(), text.into());
        }
    }
    for key in sets {
        let members: Vec<Value> = members(key).into_iter().map(Value::from).collect();
        if !members.is_empty() {
            words.insert((*key).to_owned(), members.into());
        }
    }
    let kind = kind.word().as_bytes();
    let words = canonical(&Value::Object(words));
    let hash = sha256("weft/wording/1", &[kind, b"\n", words.as_bytes()]);
    Some(WordingHash::new(hash))
}

/// The fields that a person answers, and the sets. `None` if records of this kind are not answered.
const fn worded(kind: RecordKind) -> Option<(&'static [&'static str], &'static [&'static str])> {
    match kind {
        RecordKind::Item => Some((
            &["type", "title", "text", "link", "answer_by"],
            &["outcomes"],
        )),
        RecordKind::Opportunity => Some((&["what", "description", "needed_by"], &["outcomes"])),
        RecordKind::Outcome
        | RecordKind::Initiative
        | RecordKind::Action
        | RecordKind::Partner
        | RecordKind::Relationship
        | RecordKind::Marker
        | RecordKind::Target
        | RecordKind::Insight
        | RecordKind::Investment
        | RecordKind::Review => None,
    }
}

/// Whether a field of a record, or one member of a set, belongs to its wording.
#[must_use]
pub fn is_worded(kind: RecordKind, field: &str) -> bool {
    worded(kind).is_some_and(|(texts, sets)| match split_member(field) {
        Some((set, _)) => sets.contains(&set),
        None => texts.contains(&field),
    })
}

/// The problems with the fields of an item together.
pub(super) fn across(fields: &Fields) -> Vec<FieldProblem> {
    let day = |key: &str| fields.get(key)?.text()?.parse::<Date>().ok();
    match (day("answer_by"), day("closes")) {
        (Some(by), Some(last)) if last < by => {
            let message = "it would close before the day by which answers are hoped for";
            vec![problem("closes", message)]
        }
        _ => Vec::new(),
    }
}

/// The problem with the item that these fields replace, among `all` items: there is none, it would
/// replace itself, or another item took its place already.
#[must_use]
pub fn replacing(id: RecordId, fields: &Fields, all: &[Item]) -> Option<FieldProblem> {
    let old: RecordId = fields.get("replaces")?.text()?.trim().parse().ok()?;
    let of = |id: RecordId| all.iter().find(|one| one.id == id);
    let Some(item) = of(old) else {
        return Some(problem("replaces", "the agenda has no such item"));
    };
    let taken = all
        .iter()
        .find(|one| one.replaces == Some(old) && one.id != id);
    if let Some(taken) = taken {
        let message = format!(
            "\"{}\" was replaced by \"{}\" already: replace that one",
            item.title, taken.title
        );
        return Some(problem("replaces", message));
    }
    // A chain has no more links than there are items.
    let mut chain = std::iter::successors(Some(old), |at| of(*at)?.replaces).take(all.len() + 1);
    let is_circle = chain.any(|at| at == id);
    is_circle.then(|| problem("replaces", "an item does not replace itself"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Audience, time::Timestamp};

    #[test]
    fn one_item_takes_the_place_of_another() {
        let id = |n: u8| RecordId::from_parts(Timestamp::from_ms(1_760_000_000_000), [n; 10]);
        let fields = |replaces: Option<u8>| {
            let mut fields = Fields::from([
                ("type".to_owned(), "question".into()),
                ("title".to_owned(), "Example: an item".into()),
            ]);
            let replaces = replaces.map(|n| ("replaces".to_owned(), id(n).to_string().into()));
            fields.extend(replaces);
            fields
        };
        let item = |n: u8, replaces: Option<u8>| {
            let kind = RecordKind::Item;
            Item::read(&Record::of_fields(
                kind,
                id(n),
                Audience::Network,
                &fields(replaces),
            ))
        };
        let all: Vec<Item> = [item(1, None), item(2, Some(1)), item(3, Some(2))]
            .into_iter()
            .flatten()
            .collect();
        let check = |n: u8, old: u8| {
            let found = replacing(id(n), &fields(Some(old)), &all);
            found.map(|one| one.message).unwrap_or_default()
        };
        assert_eq!(check(4, 3), "");
        assert_eq!(check(2, 1), "", "it does already");
        assert!(check(4, 1).contains("was replaced by"), "{}", check(4, 1));
        assert!(check(4, 9).contains("no such item"));
        for (n, old) in [(3, 3), (1, 3)] {
            assert!(
                check(n, old).contains("does not replace itself"),
                "{n} {old}"
            );
        }
        assert_eq!(replacing(id(4), &fields(None), &all), None);
    }
}
