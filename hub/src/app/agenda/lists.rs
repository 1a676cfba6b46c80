//! The agenda as files: its items, the answers of locations, and requests, one grain each.

use weft_host::list::{Column, Datum, List};
use weft_shared::model::answer::Answer;

use super::{AnswerView, ItemView, RequestView};

/// The answers of one location to one item.
#[derive(Clone, Debug)]
pub struct AnswerRow {
    /// The item.
    pub item: ItemView,
    /// The location's answers to it.
    pub of: AnswerView,
}

impl AnswerRow {
    /// The wording that it answers: the one that there is, an earlier one, or none.
    fn to(&self) -> &'static str {
        match self.of.answers.as_slice() {
            [] => "",
            _ if self.of.answer().is_some() => "this wording",
            [_] => "an earlier wording",
            _ => "several answers, not settled",
        }
    }

    /// Something of each answer. If there are several, each part stands after its answer.
    fn each(&self, of: impl Fn(&Answer) -> Option<String>) -> Datum {
        let of_each = |one: &Answer| match (self.of.answers.len(), of(one)) {
            (1, said) => said,
            (_, said) => Some(format!(
                "{}: {}",
                one.stance.word(),
                said.unwrap_or_else(|| "none given".to_owned())
            )),
        };
        let all: Vec<String> = self.of.answers.iter().filter_map(of_each).collect();
        Some(all.join("; ")).filter(|text| !text.is_empty()).into()
    }
}

/// The items of the agenda that were published, a row each.
pub const AGENDA_ROWS: List<ItemView> = List::new(&[
    Column::new("item", |view: &ItemView| Datum::text(view.item.id)),
    Column::new("type", |view: &ItemView| view.item.kind.word().into()),
    Column::new("title", |view: &ItemView| (&*view.item.title).into()),
    Column::new("text", |view: &ItemView| view.item.text.clone().into()),
    Column::new("link", |view: &ItemView| view.item.link.clone().into()),
    Column::new("outcomes", |view: &ItemView| {
        let codes = view.item.outcomes.iter().map(ToString::to_string);
        Some(codes.collect::<Vec<_>>().join("+"))
            .filter(|text| !text.is_empty())
            .into()
    }),
    Column::new("answer_by", |view: &ItemView| {
        view.item.answer_by.map(Datum::text).into()
    }),
    Column::new("closes", |view: &ItemView| {
        view.item.closes.map(Datum::text).into()
    }),
    Column::new("state", |view: &ItemView| view.word().into()),
    Column::new("closed_because", |view: &ItemView| {
        view.item.closed.clone().into()
    }),
    Column::new("replaces", |view: &ItemView| {
        view.item.replaces.map(Datum::text).into()
    }),
    Column::new("wording", |view: &ItemView| Datum::text(view.item.wording)),
]);

/// Items by locations, a row each, also where there is no answer. `stance` is the answer that
/// counts; `said` is what the location said, to which wording `answers` says.
pub const ANSWER_ROWS: List<AnswerRow> = List::new(&[
    Column::new("item", |row: &AnswerRow| Datum::text(row.item.item.id)),
    Column::new("title", |row: &AnswerRow| (&*row.item.item.title).into()),
    Column::new("location_code", |row: &AnswerRow| {
        row.of.location.as_str().into()
    }),
    Column::new("stance", |row: &AnswerRow| {
        row.of.answer().map(|answer| answer.stance.word()).into()
    }),
    Column::new("answers", |row: &AnswerRow| row.to().into()),
    Column::new("said", |row: &AnswerRow| {
        let said: Vec<&str> = row.of.answers.iter().map(|one| one.stance.word()).collect();
        Some(said.join("; ")).filter(|text| !text.is_empty()).into()
    }),
    Column::new("reason", |row: &AnswerRow| {
        row.each(|answer| answer.reason.clone())
    }),
    Column::new("by", |row: &AnswerRow| {
        row.each(|answer| Some(answer.by.clone()))
    }),
]);

/// The requests of locations, a row each. `late` stays true of an answer that came too late.
pub const REQUEST_ROWS: List<RequestView> = List::new(&[
    Column::new("location_code", |one: &RequestView| {
        one.location.as_str().into()
    }),
    Column::new("request", |one: &RequestView| Datum::text(one.id)),
    Column::new("what", |one: &RequestView| (&*one.what).into()),
    Column::new("description", |one: &RequestView| {
        one.description.clone().into()
    }),
    Column::new("received", |one: &RequestView| Datum::text(one.received)),
    Column::new("needed_by", |one: &RequestView| {
        one.needed_by.map(Datum::text).into()
    }),
    Column::new("due", |one: &RequestView| Datum::text(one.due)),
    Column::new("late", |one: &RequestView| one.is_late.into()),
    Column::new("answered", |one: &RequestView| {
        one.answered.map(Datum::text).into()
    }),
    Column::new("stance", |one: &RequestView| {
        one.answer().map(|answer| answer.stance.word()).into()
    }),
    Column::new("reason", |one: &RequestView| {
        one.answer().and_then(|answer| answer.reason.clone()).into()
    }),
    Column::new("until", |one: &RequestView| {
        one.answer()
            .and_then(|answer| answer.until)
            .map(Datum::text)
            .into()
    }),
]);

#[cfg(test)]
mod tests {
    use weft_shared::model::{
        Audience,
        answer::Stance,
        item::Item,
        record::{Fields, Record},
        schema::RecordKind,
    };

    use super::{super::new_id, *};

    #[test]
    fn each_of_two_answers_has_its_reason() {
        let fields = Fields::from([
            ("type".to_owned(), "proposal".into()),
            ("title".to_owned(), "Example: an aim".into()),
        ]);
        let record = Record::of_fields(RecordKind::Item, new_id(), Audience::Network, &fields);
        let item = Item::read(&record).unwrap();
        let answer = |stance, reason: Option<&str>, by: &str| Answer {
            stance,
            reason: reason.map(str::to_owned),
            by: by.to_owned(),
            until: None,
            wording: Some(item.wording),
            due: None,
        };
        let agree = answer(Stance::Agree, None, "team");
        let change = answer(Stance::Change, Some("Example: later"), "leadership group");
        let row = |answers: Vec<Answer>| {
            let row = AnswerRow {
                of: AnswerView {
                    location: "FN".parse().unwrap(),
                    answers,
                    wording: item.wording,
                    waits: false,
                },
                item: ItemView {
                    item: item.clone(),
                    state: None,
                },
            };
            let json = ANSWER_ROWS.json(&row);
            ["said", "reason", "by"].map(|name| json[name].as_str().unwrap_or("").to_owned())
        };
        assert_eq!(
            row(vec![change.clone()]),
            ["change", "Example: later", "leadership group"]
        );
        assert_eq!(
            row(vec![agree, change]),
            [
                "agree; change",
                "agree: none given; change: Example: later",
                "agree: team; change: leadership group"
            ]
        );
        assert_eq!(row(Vec::new()), ["", "", ""]);
    }
}
