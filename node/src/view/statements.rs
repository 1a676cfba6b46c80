//! Answers and lines of money in words: both for conflicts and for the history.

use weft_shared::{
    id::LocationCode,
    model::{
        answer::{Answer, AnswerKey},
        investment::CURRENCY,
        item::items,
        line::{Line, LineKey},
        outcome::OutcomeRef,
        places::Places,
        schema::{Container, DocKind, RecordKind},
    },
    text::listed,
};

use super::{RecordRow, first};
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
    words::answer_line,
};

impl Replica {
    /// Names what an answer or a line of money is about, such as `Example: ours, committed in
    /// FY2027 for VAX in Far North`; `None` if the key is of neither.
    pub(crate) fn statement_title(
        &mut self,
        container: Container,
        key: &str,
    ) -> Result<Option<String>, DocumentError> {
        match container {
            Container::Answers => {
                let key = key.parse().ok();
                key.map_or(Ok(None), |key| self.answer_title(&key))
            }
            Container::Lines => {
                let key = key.parse().ok();
                key.map(|key| self.line_title(&key)).transpose()
            }
            _ => Ok(None),
        }
    }

    /// One of our answers, or a line of our money, in words; `None` if it is neither.
    pub(crate) fn statement_words(
        &mut self,
        (container, key): (Container, &str),
        value: &str,
    ) -> Result<Option<String>, DocumentError> {
        match container {
            Container::Answers => {
                let Ok(answer) = Answer::decode(value) else {
                    return Ok(None);
                };
                let earlier = match key.parse() {
                    Ok(AnswerKey::Item(id)) => {
                        let item = self.item_of(&id)?;
                        item.is_some_and(|item| !answer.is_to(Some(&item.wording)))
                    }
                    _ => false,
                };
                let words = answer_line(&answer);
                Ok(Some(match earlier {
                    true => format!("{words}, to an earlier wording"),
                    false => words,
                }))
            }
            Container::Lines => {
                let (Ok(line), Ok(key)) = (Line::decode(value), key.parse::<LineKey>()) else {
                    return Ok(None);
                };
                let row = self.record_anywhere(RecordKind::Investment, &key.investment)?;
                let currency = row.as_ref().and_then(|row| row.record.text("currency"));
                let more = [("source", &line.source), ("note", &line.note)];
                let more = more.into_iter();
                let more =
                    more.filter_map(|(what, text)| Some(format!("; {what}: {}", text.as_ref()?)));
                Ok(Some(format!(
                    "{} {}{}",
                    currency.unwrap_or(CURRENCY),
                    line.amount.grouped(),
                    more.collect::<String>()
                )))
            }
            _ => Ok(None),
        }
    }

    fn answer_title(&mut self, key: &AnswerKey) -> Result<Option<String>, DocumentError> {
        Ok(match key {
            AnswerKey::Item(id) => {
                let item = self.item_of(id)?;
                Some(item.map_or_else(|| "an item that is not here".to_owned(), |item| item.title))
            }
            AnswerKey::Question(asked, outcome) => {
                let outcome = match outcome {
                    Some(outcome) => self.outcome_name(outcome)?,
                    None => "no outcome stated".to_owned(),
                };
                Some(format!("{}: {outcome}", asked.label()))
            }
            AnswerKey::Request(..) => None,
        })
    }

    fn line_title(&mut self, key: &LineKey) -> Result<String, DocumentError> {
        let row = self.record_anywhere(RecordKind::Investment, &key.investment)?;
        let title = row.as_ref().map_or_else(
            || "an investment that is not here".to_owned(),
            RecordRow::title,
        );
        let mut outcomes = Vec::with_capacity(key.outcomes.len());
        for outcome in key.outcomes.iter() {
            outcomes.push(self.outcome_name(outcome)?);
        }
        let outcomes = match outcomes.is_empty() {
            true => String::new(),
            false => format!(" for {}", listed(&outcomes, usize::MAX)),
        };
        let places = match &key.places {
            Places::NotStated => String::new(),
            Places::All => " in all locations".to_owned(),
            Places::Of(codes) => {
                let known = self.places()?;
                let name = |code: &LocationCode| {
                    known
                        .get(code)
                        .map_or_else(|| code.to_string(), |place| place.name.clone())
                };
                let names: Vec<String> = codes.iter().map(name).collect();
                format!(" in {}", listed(&names, usize::MAX))
            }
        };
        Ok(format!(
            "{title}, {} in {}{outcomes}{places}",
            key.what.label(),
            key.period.words()
        ))
    }

    fn item_of(
        &mut self,
        id: &weft_shared::id::RecordId,
    ) -> Result<Option<weft_shared::model::item::Item>, DocumentError> {
        let agenda = self.document(Owner::Hub, &first(DocKind::Agenda))?;
        let items = items(&agenda.records(RecordKind::Item)).into_iter();
        Ok(items.into_iter().find(|item| item.id == *id))
    }

    /// The name of an outcome: the network's, or one of ours.
    fn outcome_name(&mut self, outcome: &OutcomeRef) -> Result<String, DocumentError> {
        let name = match outcome {
            OutcomeRef::Network(code) => {
                let network = self.network_outcomes()?.into_iter();
                let mut named = network.filter(|one| one.code == *code);
                named.next().map(|one| one.name)
            }
            OutcomeRef::Own(id) => {
                let row = self.record_anywhere(RecordKind::Outcome, id)?;
                row.map(|row| row.title())
            }
        };
        Ok(name.unwrap_or_else(|| match outcome {
            OutcomeRef::Network(code) => code.to_string(),
            OutcomeRef::Own(_) => "an outcome that is not here".to_owned(),
        }))
    }
}
