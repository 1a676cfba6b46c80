//! The aims of the outcomes of a plan: their indicators with the newest figures and targets, and
//! whether this location names them as a priority.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::chart::Mark;
use weft_shared::{
    id::{IndicatorCode, RecordId},
    model::{plan::Priority as Word, profile::Area, schema::RecordKind},
};

use super::document::OutcomePart;
use crate::{
    curve,
    pages::{Fault, Visit, goal, moment::day},
    view::{ObservationRow, RecordRow, Whose},
};

/// The aims of an outcome.
#[derive(Default)]
pub(super) struct Aims {
    pub(super) shown_by: Vec<ShownBy>,
    /// `None` if the location does not name it; that is never said.
    pub(super) priority: Option<Priority>,
}

/// An indicator that shows an outcome, with its newest figure and its targets.
pub(super) struct ShownBy {
    pub(super) href: Option<String>,
    pub(super) name: String,
    /// The newest figure over all areas; empty if there is none.
    pub(super) figure: String,
    pub(super) targets: Vec<String>,
    /// The curve as a strip.
    pub(super) strip: Option<String>,
}

/// A priority that this location names.
pub(super) struct Priority {
    pub(super) mark: String,
    /// The reason in the location's words; empty if it gives none.
    pub(super) why: String,
    /// The people who decided and the day, on one line.
    pub(super) meta: String,
}

impl Visit<'_> {
    /// Returns the aims of the outcomes that are shown, by their ids.
    pub(super) fn aims(
        &mut self,
        rows: &[RecordRow],
        shown: &[OutcomePart],
    ) -> Result<BTreeMap<String, Aims>, Fault> {
        let codes = shown.iter().flat_map(|outcome| &outcome.codes);
        let codes: BTreeSet<IndicatorCode> = codes.filter_map(|code| code.parse().ok()).collect();
        let mut values: BTreeMap<IndicatorCode, Vec<ObservationRow>> = BTreeMap::new();
        for row in self
            .replica
            .observations(|key| codes.contains(&key.indicator))?
        {
            let code = row.key.indicator.clone();
            values.entry(code).or_default().push(row);
        }
        let areas = self.all_areas()?;
        let mut all = BTreeMap::new();
        for outcome in shown {
            let mut aims = Aims::default();
            for code in &outcome.codes {
                let values = code.parse().ok().and_then(|code| values.get(&code));
                let values = values.map_or(&[][..], Vec::as_slice);
                aims.shown_by.push(self.shown_by(code, values, &areas)?);
            }
            let row = rows
                .iter()
                .find(|row| row.record.id.to_string() == outcome.id);
            aims.priority = match row {
                Some(row) => self.priority(row)?,
                None => None,
            };
            all.insert(outcome.id.clone(), aims);
        }
        Ok(all)
    }

    fn shown_by(
        &mut self,
        code: &str,
        values: &[ObservationRow],
        areas: &[Area],
    ) -> Result<ShownBy, Fault> {
        let known = match code.parse() {
            Ok(code) => self.replica.indicator(&code)?,
            Err(_) => None,
        };
        let Some(row) = known else {
            return Ok(ShownBy {
                href: None,
                name: format!("{code}, which is not defined here"),
                figure: String::new(),
                targets: Vec::new(),
                strip: None,
            });
        };
        let now = self.calendar.now();
        let targets = self.replica.targets(Some(&row.definition.code), now)?;
        let figures = self.replica.figures(&row, values, now)?;
        let brief = curve::brief(&row, &figures, &targets, self.calendar.today());
        let kept = values.iter().any(|row| row.local && !row.is_taken_out());
        let (figure, strip) = brief.map_or_else(
            || (String::new(), None),
            |brief| {
                // The plan is printed and handed on, so it says that this is not what others see.
                let kept = match kept && brief.is_own {
                    true => ", counting values for our team only",
                    false => "",
                };
                (format!("{}{kept}", brief.words), Some(brief.strip))
            },
        );
        let phrases = targets.iter().map(|target| goal::phrase(target, areas));
        Ok(ShownBy {
            href: Some(format!("/indicators/{}", row.definition.code)),
            targets: phrases.collect(),
            name: row.definition.name,
            figure,
            strip,
        })
    }

    fn priority(&mut self, row: &RecordRow) -> Result<Option<Priority>, Fault> {
        let record = &row.record;
        let text = |key: &str| record.text(key).unwrap_or_default().to_owned();
        if text("priority") != Word::Yes.word() {
            return Ok(None);
        }
        let by = Some(text("by")).filter(|by| !by.is_empty());
        let by = by.map(|by| format!("decided by {by}"));
        let said = record.fields.get("priority").and_then(|said| said.first());
        let at = match said {
            Some(said) => {
                self.replica
                    .written(&row.document, &said.actor, said.op)?
                    .at
            }
            None => None,
        };
        let zone = self.calendar.zone();
        let on = at.map(|at| day(&zone.day(at).to_string()));
        let meta: Vec<String> = by.into_iter().chain(on).collect();
        Ok(Some(Priority {
            mark: Mark::DiamondFull.svg(),
            why: text("why"),
            meta: meta.join(", "),
        }))
    }

    /// Returns what each target of this location hopes for, in words, if `kind` is targets.
    pub(super) fn goals(&mut self, kind: RecordKind) -> Result<BTreeMap<RecordId, String>, Fault> {
        if kind != RecordKind::Target {
            return Ok(BTreeMap::new());
        }
        let areas = self.all_areas()?;
        let targets = self.replica.targets(None, self.calendar.now())?;
        let own = targets.iter().filter(|row| row.whose == Whose::Own);
        let words = own.map(|row| {
            let remarks = row.remarks.iter().map(|remark| format!("; {remark}"));
            let remarks: String = remarks.collect();
            (
                row.target.id,
                format!("{}{remarks}", goal::whole(row, &areas)),
            )
        });
        Ok(words.collect())
    }
}
