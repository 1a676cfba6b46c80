//! Reads the content of a report from the documents: only what its reader may see.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    document::Told,
    id::IndicatorCode,
    model::{
        indicator::Accountability,
        insight::{Attribution, Consent},
        observation::ObservationKey,
        plan::InitiativeStatus,
        schema::{Container, RecordKind},
    },
    period::{Date, day_words},
    time::{Timestamp, Zone},
};

use super::{
    Action, COUNTED_MAX, Content, Heard, Initiative, MEASURES_MAX, Marker, Measure, PLACE_MAX,
    Reader, Span,
};
use crate::{
    curve,
    replica::{DocumentError, Replica},
    view::{ObservationRow, RecordRow, TargetRow, Whose, word_label},
};

/// Reads what a report of this span may say to this reader.
pub(crate) fn read(
    replica: &mut Replica,
    reader: Reader,
    span: &Span,
    now: Timestamp,
) -> Result<Content, DocumentError> {
    let zone = replica.zone();
    let membership = replica.membership()?;
    let (code, network) = (membership.code.to_string(), membership.network.clone());
    let place = replica.place()?.map_or(code, |place| place.name);
    let containers = [Container::Initiatives, Container::Actions];
    let changes = replica.field_changes(&containers, &["status", "state"])?;
    let mut moves: BTreeMap<String, Vec<(Date, Told)>> = BTreeMap::new();
    for (at, told) in changes.into_iter().rev() {
        let moves = moves.entry(told.key.clone()).or_default();
        moves.push((zone.day(at), told));
    }
    let mut content = Content {
        place,
        network,
        ..Content::default()
    };
    let source = Source {
        reader,
        span,
        zone,
        moves,
    };
    source.initiatives(replica, &mut content)?;
    source.actions(replica, &mut content)?;
    source.markers(replica, &mut content)?;
    source.insights(replica, &mut content)?;
    let money = replica.records(RecordKind::Investment)?;
    if money.iter().any(|row| reader.may_see(row.record.audience)) {
        content.left_out.money();
    }
    measures(replica, (reader, span, now), &mut content)?;
    content.figures = curve::place_figures(replica, PLACE_MAX, Some(span.to), now)?;
    Ok(content)
}

/// The reader, the span, and the changes that parts are read by.
struct Source<'a> {
    reader: Reader,
    span: &'a Span,
    zone: Zone,
    /// Changes of status and state by record, oldest first.
    moves: BTreeMap<String, Vec<(Date, Told)>>,
}

impl Source<'_> {
    /// Whether the reader may see a record; if not, it is counted.
    fn sees(&self, row: &RecordRow, content: &mut Content) -> bool {
        let (kind, audience) = (row.record.kind, row.record.audience);
        let sees = self.reader.may_see(audience);
        if !sees {
            content.left_out.record(kind, audience);
        }
        sees
    }

    fn moves(&self, row: &RecordRow) -> &[(Date, Told)] {
        let moves = self.moves.get(&row.record.id.to_string());
        moves.map_or(&[], Vec::as_slice)
    }

    /// The day on which a record was made, as its id says.
    fn made(&self, row: &RecordRow) -> Option<Date> {
        row.record.id.made().map(|at| self.zone.day(at))
    }

    fn initiatives(
        &self,
        replica: &mut Replica,
        content: &mut Content,
    ) -> Result<(), DocumentError> {
        let outcomes = titles(replica, RecordKind::Outcome, self.reader)?;
        let partners = titles(replica, RecordKind::Partner, self.reader)?;
        let named = |row: &RecordRow, field: &str, names: &BTreeMap<String, String>| {
            let members = row.record.members(field);
            members.filter_map(|id| names.get(id).cloned()).collect()
        };
        for row in replica.records(RecordKind::Initiative)? {
            let record = &row.record;
            let moves = self.moves(&row);
            let until = moves.iter().filter(|(on, _)| *on <= self.span.to);
            let last = until.rev().find_map(|(_, told)| told.value.clone());
            let status = match moves.is_empty() {
                true => record.text("status").map(str::to_owned),
                false => last,
            };
            let stopped = InitiativeStatus::Stopped.word();
            let moved = moves.iter().filter(|(on, _)| self.span.has(*on));
            let moved: Vec<_> = moved.filter_map(|(on, told)| moved_to(*on, told)).collect();
            let over = status.as_deref() == Some(stopped) && moved.is_empty();
            let ended = date(&row, "ended").is_some_and(|on| on < self.span.from);
            let began = date(&row, "started").or_else(|| self.made(&row));
            let later = began.is_some_and(|on| on > self.span.to);
            if over || ended || later || !self.sees(&row, content) {
                continue;
            }
            content.initiatives.push(Initiative {
                id: record.id.to_string(),
                title: row.title(),
                description: record.text("description").unwrap_or_default().to_owned(),
                outcomes: named(&row, "outcomes", &outcomes),
                partners: named(&row, "partners", &partners),
                status: status.map_or_else(String::new, |word| label(&word)),
                moves: moved,
            });
        }
        Ok(())
    }

    fn actions(&self, replica: &mut Replica, content: &mut Content) -> Result<(), DocumentError> {
        for row in replica.records(RecordKind::Action)? {
            let record = &row.record;
            let due = date(&row, "due");
            let done = self.moves(&row).iter().rev();
            let mut done = done.filter(|(_, told)| told.value.as_deref() == Some("done"));
            let state = record.text("state").and_then(|word| word.parse().ok());
            let done_on = done.next().map(|(on, _)| *on);
            let of_period = due.is_some_and(|on| self.span.has(on))
                || (due.is_none() && done_on.is_some_and(|on| self.span.has(on)));
            if !of_period || !self.sees(&row, content) {
                continue;
            }
            let initiative = record.text("initiative").map(str::to_owned);
            let initiative = initiative.map(|id| {
                let title = content.initiatives.iter().find(|one| one.id == id);
                let title = title.map_or_else(String::new, |one| one.title.clone());
                (id, title)
            });
            content.actions.push(Action {
                what: row.title(),
                owner: record.text("owner").map(str::to_owned),
                due,
                state,
                initiative,
            });
        }
        Ok(())
    }

    fn markers(&self, replica: &mut Replica, content: &mut Content) -> Result<(), DocumentError> {
        for row in replica.records(RecordKind::Marker)? {
            let on = date(&row, "on").or_else(|| self.made(&row));
            let of_period = on.is_some_and(|on| self.span.has(on));
            if !of_period || !self.sees(&row, content) {
                continue;
            }
            let text = |key: &str| row.record.text(key).unwrap_or_default().to_owned();
            content.markers.push(Marker {
                condition: text("condition"),
                from: text("from"),
                to: text("to"),
                evidence: text("evidence"),
                on,
            });
        }
        Ok(())
    }

    /// Takes an insight only if it was not withdrawn, and if both its audience and the consent of
    /// the person who said it reach this reader.
    fn insights(&self, replica: &mut Replica, content: &mut Content) -> Result<(), DocumentError> {
        for row in replica.records(RecordKind::Insight)? {
            let record = &row.record;
            let on = date(&row, "heard_on").or_else(|| self.made(&row));
            let Some(on) = on.filter(|on| self.span.has(*on) && !record.withdrawn) else {
                continue;
            };
            let consent = Consent::of(&record.to_fields());
            let agreed = consent.is_some_and(|one| self.reader.may_see(one.scope));
            let contested = record.contested().next().is_some();
            let words = row.words.clone();
            if !agreed || contested || !self.reader.may_see(record.audience) {
                content.left_out.insight(record.audience, self.reader);
                continue;
            }
            let Some(words) = words else { continue };
            let who = match consent.map(|one| one.attribution) {
                Some(Attribution::Named | Attribution::Pseudonym) => record.text("teller"),
                Some(Attribution::None) | None => None,
            };
            let setting = record.text("setting").map(str::to_owned);
            let meta = [who.map(str::to_owned), setting, Some(day_words(on))];
            let meta: Vec<String> = meta.into_iter().flatten().collect();
            content.insights.push(Heard {
                words,
                meta: meta.join(" · "),
                on,
            });
        }
        Ok(())
    }
}

/// Draws the indicators that the location adopted, as far as its values may travel: those of its
/// work, and those about the place.
fn measures(
    replica: &mut Replica,
    (reader, span, now): (Reader, &Span, Timestamp),
    content: &mut Content,
) -> Result<(), DocumentError> {
    let today = replica.zone().day(now);
    let published = replica.published_indicators()?;
    let mut rows = replica.indicators()?;
    rows.retain(|row| row.adopted().is_some() && !published.contains(&row.definition.code));
    // One pass for all of them: each pass looks at every key of every year.
    let codes: BTreeSet<_> = rows.iter().map(|row| &row.definition.code).collect();
    let wanted =
        |key: &ObservationKey| codes.contains(&key.indicator) && key.period.end() <= span.to;
    let mut by_indicator: BTreeMap<IndicatorCode, Vec<ObservationRow>> = BTreeMap::new();
    for value in replica.observations(wanted)? {
        let of = by_indicator.entry(value.key.indicator.clone()).or_default();
        of.push(value);
    }
    for row in &rows {
        let code = &row.definition.code;
        let mut values = by_indicator.remove(code).unwrap_or_default();
        values.retain(|one| {
            let sees = reader.may_see(one.audience());
            if !sees && !one.is_taken_out() {
                content.left_out.value(one.audience());
            }
            sees
        });
        let (drawn, max) = match row.definition.accountability {
            Accountability::Population => (&mut content.counted, COUNTED_MAX),
            Accountability::Performance => (&mut content.measures, MEASURES_MAX),
        };
        // One more than fit, so that the report can say that there are more.
        if values.is_empty() || drawn.len() > max {
            continue;
        }
        let figures = replica.figures(row, &values, now)?;
        if figures.own.iter().all(|cell| cell.value.is_none()) {
            continue;
        }
        let targets = targets(replica, code, reader, now)?;
        let curve = curve::curve(row, &figures, &targets, (&content.place, today));
        let who = [&row.definition.numerator, &row.definition.denominator];
        let who: Vec<&str> = who.into_iter().filter_map(Option::as_deref).collect();
        drawn.extend(curve.map(|curve| Measure {
            number: 0,
            name: row.definition.name.clone(),
            who: who.join(", of: "),
            curve,
        }));
    }
    Ok(())
}

/// The network's targets, and those of the location that the reader may see.
pub(super) fn targets(
    replica: &mut Replica,
    code: &IndicatorCode,
    reader: Reader,
    now: Timestamp,
) -> Result<Vec<TargetRow>, DocumentError> {
    let own = replica.records(RecordKind::Target)?.into_iter();
    let hidden = own.filter(|row| !reader.may_see(row.record.audience));
    let hidden: BTreeSet<_> = hidden.map(|row| row.record.id).collect();
    let mut targets = replica.targets(Some(code), now)?;
    targets.retain(|one| one.whose == Whose::Network || !hidden.contains(&one.target.id));
    Ok(targets)
}

/// The names of records of a kind that the reader may see, by id.
fn titles(
    replica: &mut Replica,
    kind: RecordKind,
    reader: Reader,
) -> Result<BTreeMap<String, String>, DocumentError> {
    let rows = replica.records(kind)?.into_iter();
    let seen = rows.filter(|row| reader.may_see(row.record.audience));
    Ok(seen
        .map(|row| (row.record.id.to_string(), row.title()))
        .collect())
}

fn date(row: &RecordRow, field: &str) -> Option<Date> {
    row.record.text(field).and_then(|on| on.parse().ok())
}

fn label(word: &str) -> String {
    word_label(InitiativeStatus::WORDS, word).to_owned()
}

/// A change of status; `None` if there was no other before it.
fn moved_to(on: Date, told: &Told) -> Option<(Date, String, String)> {
    let (from, to) = (told.before.as_deref()?, told.value.as_deref()?);
    (from != to).then(|| (on, label(from), label(to)))
}
