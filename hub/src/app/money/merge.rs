//! The rows of a file beside what the hub has: which investments and lines are new or changed.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::{clock, random::random_bytes};
use weft_shared::{
    alignment::money::Purse,
    id::RecordId,
    model::{
        Audience,
        investment::{INVESTMENTS_MAX, Investment, InvestmentStatus, LINES_MAX},
        line::{LineWhat, line, most_of},
        number::Number,
        record::{FieldValue, Fields},
        schema::{FieldSpec, Owner, RecordKind},
    },
    period::Date,
};

use super::{
    super::{AppError, Wrong, own::Standing},
    Write, bytes_of,
    checks::{Codes, Sum, Sums, overdrawn, rings, sums, taken},
    file,
    held::{Held, Kept},
    import::{ImportedMoney, Lines, LinesOf, audience, members},
    read as read_fields,
    rows::{PROBLEMS_MAX, Row, Rows},
    texts,
};

/// The changes that a file makes.
pub(super) struct Merged {
    pub(super) writes: Vec<(u32, Write)>,
    pub(super) imported: ImportedMoney,
}

/// Compares a file with what the hub has.
pub(super) fn merged(standing: &Standing, held: &mut Held, rows: Rows) -> Result<Merged, AppError> {
    let before = sums(held);
    let mut merge = Merge {
        codes: Codes::of(standing),
        today: standing.today(),
        is_own: rows.is_own,
        after: before.clone(),
        by_identifier: BTreeMap::new(),
        by_id: BTreeMap::new(),
        parts: BTreeMap::new(),
        lines: BTreeMap::new(),
        stated: BTreeMap::new(),
        named: Lines::new(),
        writes: Vec::new(),
        problems: Vec::new(),
        imported: ImportedMoney::default(),
        held,
    };
    merge.note_held();
    for row in rows.rows.iter().filter(|row| !row.is_line()) {
        merge.investment(row)?;
        if merge.problems.len() >= PROBLEMS_MAX {
            break;
        }
    }
    for row in rows.rows.iter().filter(|row| row.is_line()) {
        if merge.problems.len() >= PROBLEMS_MAX {
            break;
        }
        merge.line(row);
    }
    merge.add_up(&before);
    if !merge.problems.is_empty() {
        merge.problems.sort_by_key(|one| one.line);
        return Err(AppError::PublishedFile {
            problems: merge.problems,
        });
    }
    merge.note_vanished();
    merge.imported.notes = rows.notes;
    Ok(Merged {
        writes: merge.writes,
        imported: merge.imported,
    })
}

struct Merge<'h> {
    held: &'h mut Held,
    codes: Codes,
    today: Date,
    is_own: bool,
    /// All investments as they will be.
    after: Sums,
    by_identifier: BTreeMap<String, RecordId>,
    /// The places of the hub's investments in `held`.
    by_id: BTreeMap<RecordId, usize>,
    /// The documents of the file's investments.
    parts: BTreeMap<RecordId, u32>,
    /// The lines of the file's investments as they will be.
    lines: BTreeMap<RecordId, LinesOf>,
    /// The lines that the file states, by where.
    stated: BTreeMap<RecordId, BTreeMap<String, u64>>,
    /// The investments of the file.
    named: Lines,
    writes: Vec<(u32, Write)>,
    problems: Vec<Wrong>,
    imported: ImportedMoney,
}

impl Merge<'_> {
    fn note_held(&mut self) {
        for (at, one) in self.held.all.iter().enumerate() {
            self.by_id.insert(one.record.id, at);
            let identifier = one.investment.identifier.clone();
            self.by_identifier
                .extend(identifier.map(|name| (name, one.record.id)));
        }
    }

    fn kept(&self, id: RecordId) -> Option<&Kept> {
        self.held.all.get(*self.by_id.get(&id)?)
    }

    fn wrong(&mut self, line: u64, messages: impl IntoIterator<Item = String>) {
        let messages = messages.into_iter();
        self.problems
            .extend(messages.map(|message| Wrong { line, message }));
    }

    /// The investment that a row names, and whether its id was given.
    fn id_of(&self, row: &Row) -> Result<Option<RecordId>, String> {
        let id = row.text(file::ID).map(str::parse::<RecordId>).transpose();
        let id = id.map_err(|error| format!("id: {error}"))?;
        let identified = row
            .text("identifier")
            .and_then(|name| self.by_identifier.get(name));
        match (id, identified) {
            (Some(id), Some(other)) if id != *other => Err(
                "the id is of one investment and the identifier of another: correct one of them"
                    .to_owned(),
            ),
            (None, identified) => Ok(identified.copied()),
            (id, _) => Ok(id),
        }
    }

    fn investment(&mut self, row: &Row) -> Result<(), AppError> {
        if row.text(file::ID).is_none() && row.text("identifier").is_none() {
            let message = "identifier: fill it in: without one, a second import of the file would \
                           count the money twice";
            self.wrong(row.line, [message.to_owned()]);
            return Ok(());
        }
        let known = match self.id_of(row) {
            Ok(known) => known,
            Err(message) => {
                self.wrong(row.line, [message]);
                return Ok(());
            }
        };
        let id = known.unwrap_or_else(|| RecordId::from_parts(clock::now(), random_bytes()));
        if let Some(first) = self.named.get(&id).copied() {
            let message = format!("it is the same investment as line {first}: keep one of them");
            self.wrong(row.line, [message]);
            return Ok(());
        }
        self.named.insert(id, row.line);
        match self.checked(row, id) {
            Ok((audience, fields)) => self.take(row, id, (audience, fields)),
            Err(messages) => {
                self.wrong(row.line, messages);
                Ok(())
            }
        }
    }

    /// Checks an investment as it will be. Returns the fields that its row gives.
    fn checked(&self, row: &Row, id: RecordId) -> Result<(Audience, Fields), Vec<String>> {
        let kept = self.kept(id);
        let asked = audience(row.text(file::AUDIENCE)).map_err(|error| vec![error])?;
        let now = kept.map_or(Audience::Network, Kept::audience);
        let given: Fields = file::fields()
            .filter_map(|field| {
                let text = row.texts.get(field.key)?;
                let clears = self.is_own && kept.is_some();
                (clears || !text.is_empty()).then(|| (field.key.to_owned(), value(field, text)))
            })
            .collect();
        let mut whole = kept.map(|one| one.record.to_fields()).unwrap_or_default();
        whole.extend(given.clone());
        let checked = RecordKind::Investment.check_of(Owner::Hub, &whole, true);
        let mut checked = checked.map_err(|problems| texts(Some(&problems)))?;
        let audience = asked.unwrap_or(now);
        let investment = read_fields(id, audience, &checked);
        let investment = investment.ok_or_else(|| vec!["a field cannot be read".to_owned()])?;
        let names = ("locations", "outcomes");
        let codes = &self.codes;
        let problems = codes.problems(names, &investment.places, &investment.outcomes);
        if !problems.is_empty() {
            return Err(problems);
        }
        checked.retain(|key, _| given.contains_key(key));
        Ok((audience, checked))
    }

    /// Takes an investment in: as new, changed, or the same.
    fn take(
        &mut self,
        row: &Row,
        id: RecordId,
        (audience, fields): (Audience, Fields),
    ) -> Result<(), AppError> {
        let kept = self.kept(id).cloned();
        let mut whole = kept
            .as_ref()
            .map(|one| one.record.to_fields())
            .unwrap_or_default();
        let is_same = kept.as_ref().is_some_and(|one| {
            one.audience() == audience
                && fields
                    .iter()
                    .all(|(key, value)| is_as_before(whole.get(key), value))
        });
        whole.extend(fields.clone());
        if let Some(identifier) = whole.get("identifier").and_then(FieldValue::text) {
            let other = self.by_identifier.insert(identifier.to_owned(), id);
            if other.is_some_and(|other| other != id) && !identifier.is_empty() {
                let message = format!("identifier: another investment has {identifier} already");
                self.wrong(row.line, [message]);
                return Ok(());
            }
        }
        let part = match &kept {
            Some(kept) => kept.part,
            None => self.held.place(bytes_of(&fields))?,
        };
        self.parts.insert(id, part);
        let lines = kept.as_ref().map(Kept::stated).unwrap_or_default();
        self.lines.insert(id, lines.into_iter().collect());
        if let Some(investment) = read_fields(id, audience, &whole) {
            let committed = kept.as_ref().map_or(Number::ZERO, Kept::committed);
            let sum = Sum {
                investment,
                committed,
            };
            self.after.insert(id, sum);
        }
        if self.after.len() > INVESTMENTS_MAX {
            let message = format!("the hub would have more than {INVESTMENTS_MAX} investments");
            self.wrong(row.line, [message]);
        }
        let counts = &mut self.imported;
        match (kept.is_some(), is_same) {
            (false, _) => counts.added += 1,
            (true, true) => counts.same += 1,
            (true, false) => counts.changed += 1,
        }
        if !is_same {
            self.writes
                .push((part, Write::Investment(id, audience, fields)));
        }
        Ok(())
    }

    fn line(&mut self, row: &Row) {
        let id = match self.id_of(row) {
            Ok(Some(id)) if self.after.contains_key(&id) => id,
            Ok(_) => {
                let message = "it is a line of no investment of the file or the hub: give its id \
                               or its identifier";
                return self.wrong(row.line, [message.to_owned()]);
            }
            Err(message) => return self.wrong(row.line, [message]),
        };
        let names = [("locations", "location"), ("outcomes", "outcome")];
        let same = ["what", "period", "amount", "source", "note"].map(|name| (name, name));
        let fields: Fields = names
            .into_iter()
            .chain(same)
            .filter_map(|(column, field)| Some((field.to_owned(), row.text(column)?.into())))
            .collect();
        // The sum of all lines is looked at once all are read.
        let mut investment = self.after[&id].investment.clone();
        investment.amount = None;
        let (key, said) = match line(&fields, &investment, &[], self.today) {
            Ok(line) => line,
            Err(problems) => return self.wrong(row.line, texts(Some(&problems))),
        };
        let codes = &self.codes;
        let unknown = codes.problems(("locations", "outcomes"), &key.places, &key.outcomes);
        if !unknown.is_empty() {
            return self.wrong(row.line, unknown);
        }
        let stated = self.stated.entry(id).or_default();
        if let Some(first) = stated.insert(key.to_string(), row.line) {
            let message = format!("it is the same line of money as line {first}: keep one of them");
            return self.wrong(row.line, [message]);
        }
        let kept = self.kept(id);
        let stands = kept.and_then(|one| one.lines.iter().find(|(stated, _)| *stated == key));
        let is_same = stands.is_some_and(|(_, stated)| *stated == [said.clone()]);
        let part = kept.map(|one| one.part);
        let part = self.parts.get(&id).copied().or(part);
        // Its lines are looked up with the first of them alone.
        let is_first = !self.lines.contains_key(&id);
        let held = kept.filter(|_| is_first).map(Kept::stated);
        let lines = self.lines.entry(id).or_default();
        lines.extend(held.into_iter().flatten());
        lines.insert(key.clone(), said.clone());
        if lines.len() > LINES_MAX {
            let message = format!("an investment has at most {LINES_MAX} lines");
            return self.wrong(row.line, [message]);
        }
        match is_same {
            true => self.imported.lines_same += 1,
            false => {
                self.imported.lines_changed += 1;
                let write = Write::Line(key, Some(said));
                self.writes.extend(part.map(|part| (part, write)));
            }
        }
    }

    /// Looks at the sums of what will be, and adds up the file's own money.
    fn add_up(&mut self, before: &Sums) {
        for (id, lines) in &self.lines {
            let committed = lines
                .iter()
                .filter(|(key, _)| key.what == LineWhat::Committed);
            let committed = committed.map(|(key, line)| (key, line.amount));
            let committed = most_of(&committed.collect::<Vec<_>>());
            if let Some(sum) = self.after.get_mut(id) {
                sum.committed = committed;
            }
        }
        let wrong = rings(before, &self.after).into_iter();
        for (id, message) in wrong.chain(overdrawn(before, &self.after)) {
            let line = self.named.get(&id).copied();
            let line = line.or_else(|| self.part_in_file(id)).unwrap_or(0);
            self.wrong(line, [message]);
        }
        let taken = taken(&self.after);
        for id in self.named.keys() {
            let Some(sum) = self.after.get(id) else {
                continue;
            };
            let one = &sum.investment;
            let counts = matches!(
                one.status,
                InvestmentStatus::Committed | InvestmentStatus::Ended
            );
            if let (true, Some(amount)) = (counts, one.amount) {
                let purse = Purse {
                    kind: one.kind,
                    currency: one.currency.clone(),
                };
                let own = amount - taken.get(id).copied().unwrap_or(Number::ZERO);
                *self.imported.totals.entry(purse).or_insert(Number::ZERO) += own;
            }
        }
    }

    /// The line of the last part of an investment in the file.
    fn part_in_file(&self, whole: RecordId) -> Option<u64> {
        let whole = &self.after[&whole].investment;
        let names = [Some(whole.id.to_string()), whole.identifier.clone()];
        let parts = self.named.iter().filter(|(id, _)| {
            let part = self
                .after
                .get(*id)
                .and_then(|one| one.investment.part_of.clone());
            part.is_some() && names.contains(&part)
        });
        parts.map(|(_, line)| *line).max()
    }

    /// Notes what the hub has of the same funders and years, and the file does not.
    fn note_vanished(&mut self) {
        let named = self.named.keys().filter_map(|id| self.after.get(id));
        let named: Vec<&Investment> = named.map(|one| &one.investment).collect();
        let funders: BTreeSet<&str> = named.iter().map(|one| one.funder.0.as_str()).collect();
        let days: Option<(Date, Date)> =
            (named.iter().map(|one| one.from).min()).zip(named.iter().map(|one| one.from).max());
        let Some((first, last)) = days else { return };
        let others = self.held.all.iter().filter(|one| {
            let day = one.investment.from;
            !self.named.contains_key(&one.record.id)
                && funders.contains(one.investment.funder.0.as_str())
                && (first..=last).contains(&day)
        });
        let vanished: Vec<String> = others
            .map(|one| {
                let name = one.investment.identifier.clone();
                name.unwrap_or_else(|| one.record.id.to_string())
            })
            .collect();
        let lines_vanished = self.stated.iter().map(|(id, stated)| {
            let lines = self.lines.get(id).into_iter().flatten();
            lines
                .filter(|(key, _)| !stated.contains_key(&key.to_string()))
                .count()
        });
        self.imported.lines_vanished = lines_vanished.sum();
        self.imported.vanished = vanished;
    }
}

fn value(field: &FieldSpec, text: &str) -> FieldValue {
    match field.is_set() {
        true => FieldValue::Set(members(text)),
        false => FieldValue::Text(text.to_owned()),
    }
}

/// Whether a field says what it said; an empty one says nothing.
fn is_as_before(before: Option<&FieldValue>, now: &FieldValue) -> bool {
    let is_empty = match now {
        FieldValue::Text(text) => text.is_empty(),
        FieldValue::Set(members) => members.is_empty(),
    };
    before.map_or(is_empty, |before| before == now)
}
