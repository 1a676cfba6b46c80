//! Money as this location sees it: what the national team states, and what it shared itself.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    alignment::money::LineAmount,
    document::Document,
    id::RecordId,
    model::{
        Audience,
        investment::{CURRENCY, Investment},
        line::{Line, LineKey},
        number::Number,
        record::Record,
        schema::{DocKind, RecordKind},
    },
};

use super::RecordRow;
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

/// An investment as the national team states it.
#[derive(Clone, Debug)]
pub(crate) struct StatedInvestment {
    pub(crate) investment: Investment,
    pub(crate) lines: Vec<LineAmount>,
}

/// A statement of one of our own lines.
#[derive(Clone, Debug)]
pub(crate) struct LineRow {
    pub(crate) key: LineKey,
    pub(crate) line: Line,
    pub(crate) contested: bool,
    /// The title of its investment.
    pub(crate) title: String,
    pub(crate) currency: String,
    pub(crate) audience: Audience,
}

impl Replica {
    /// Shows each investment that the national team states, with its lines. One is in memory at a
    /// time: ten thousand with their lines take more than a small computer has to spare.
    pub(crate) fn each_of_hub(
        &mut self,
        mut take: impl FnMut(StatedInvestment),
    ) -> Result<(), DocumentError> {
        self.each_money(Owner::Hub, |record, lines| {
            if let Some(investment) = Investment::read(&record) {
                take(StatedInvestment { investment, lines });
            }
        })
    }

    /// Shows each record of an investment that the hub, or this location, shares with the network,
    /// with its lines. What is for the team alone is not among them.
    pub(super) fn each_money(
        &mut self,
        owner: Owner,
        mut take: impl FnMut(Record, Vec<LineAmount>),
    ) -> Result<(), DocumentError> {
        let mut documents = self.documents_where(owner, |kind| matches!(kind, DocKind::Money(_)));
        documents.sort_by(|(_, a), (_, b)| a.cmp(b));
        let mut seen = BTreeSet::new();
        for (_, name) in documents {
            let document = self.document(owner, &name)?;
            let mut lines = line_amounts(document);
            let records = document.records(RecordKind::Investment).into_iter();
            for record in records.filter(Record::is_live) {
                if seen.insert(record.id) {
                    let lines = lines.remove(&record.id).unwrap_or_default();
                    take(record, lines);
                }
            }
        }
        Ok(())
    }

    /// Returns the lines of one of our investments, in the order of their keys.
    pub(crate) fn lines_of(&mut self, row: &RecordRow) -> Result<Vec<LineRow>, DocumentError> {
        let record = &row.record;
        let document = self.document(Owner::Location, &row.document)?;
        let lines = document.all_said::<Line>();
        let of_row = lines.filter(|under| under.key.investment == record.id);
        let rows = of_row.flat_map(|under| {
            let contested = under.is_contested();
            let key = under.key.clone();
            under.said.into_iter().map(move |one| LineRow {
                key: key.clone(),
                line: one.value,
                contested,
                title: row.title(),
                currency: record.text("currency").unwrap_or(CURRENCY).to_owned(),
                audience: record.audience,
            })
        });
        Ok(rows.collect())
    }

    /// Returns the lines of all our investments.
    pub(crate) fn lines(&mut self) -> Result<Vec<LineRow>, DocumentError> {
        let mut lines = Vec::new();
        for row in self.records(RecordKind::Investment)? {
            lines.extend(self.lines_of(&row)?);
        }
        Ok(lines)
    }

    /// Returns the amount of one of our investments that is left for its own lines: its amount less
    /// those of its parts that are committed or ended, as far as this location states them. `None`
    /// if it has no amount.
    pub(crate) fn own_amount(
        &mut self,
        investment: &Investment,
    ) -> Result<Option<Number>, DocumentError> {
        let id = investment.id.to_string();
        let names = [Some(&id), investment.identifier.as_ref()];
        let mut taken = Number::ZERO;
        for row in self.records(RecordKind::Investment)? {
            let Some(part) = Investment::read(&row.record) else {
                continue;
            };
            let is_part = part.part_of.is_some() && names.contains(&part.part_of.as_ref());
            if is_part && part.id != investment.id {
                taken += part.takes_off(investment).unwrap_or_default();
            }
        }
        Ok(investment.own(taken))
    }
}

/// The lines of a document by investment; a contested one has the least and the most amount.
fn line_amounts(document: &Document) -> BTreeMap<RecordId, Vec<LineAmount>> {
    let mut lines: BTreeMap<RecordId, Vec<LineAmount>> = BTreeMap::new();
    for under in document.all_said::<Line>() {
        let key: LineKey = under.key;
        let amounts = under.said.iter().map(|one| one.value.amount);
        let id = key.investment;
        lines
            .entry(id)
            .or_default()
            .extend(LineAmount::of(key, amounts));
    }
    lines
}
