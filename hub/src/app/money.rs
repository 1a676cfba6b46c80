//! The hub's own investments and their lines, in the documents `money`, `money/2` and so on. An act
//! reads what is derived of them, and loads only the documents that it writes in: a network may
//! have ten thousand investments.

mod check;
mod checks;
mod file;
mod held;
mod import;
mod list;
mod merge;
mod plan;
mod rows;
mod stated;

use std::{collections::BTreeMap, sync::Arc};

use weft_host::{clock, random::random_bytes};
use weft_shared::{
    document::{EditError, Editor, RecordPlace},
    id::{RecordId, sha256_prefix},
    model::{
        Audience,
        investment::{INVESTMENTS_MAX, Investment},
        line::{Heard, Line, LineKey, line, line_key},
        number::Number,
        order::order_after,
        record::{FieldProblem, FieldValue, Fields, Record},
        schema::{AUDIENCE, Owner, RecordKind},
    },
};
use weft_store::Transaction;

pub use self::{
    check::{FINDINGS, MoneyFinding, MoneyFindings},
    file::exported,
    import::{ImportedMoney, NewMoney},
    list::{INVESTMENTS, LINES},
    stated::{MONEY, MoneyLine, MoneyRows, STATED, Stated},
};
use self::{
    checks::{Codes, Sum, overdrawn, rings, sums, taken},
    held::{Held, Kept},
};
use super::{AppError, AppHandle, Counted, own::Standing};
use crate::limits::{MONEY_ENTRY_BYTES, MONEY_ENTRY_STATEMENTS};

/// An investment of the hub with its lines.
#[derive(Clone, Debug)]
pub struct InvestmentView {
    /// The investment.
    pub investment: Investment,
    /// Its audience.
    pub audience: Audience,
    /// Its fields in their stored form, as a form shows them.
    pub fields: Fields,
    /// Its lines, in the order of their keys; of a contested one all statements.
    pub lines: Vec<(LineKey, Line)>,
    /// A short mark of all that its fields say. Another one says something else.
    pub mark: String,
}

impl InvestmentView {
    /// The name by which commands find it: its identifier, or else its id.
    pub fn name(&self) -> String {
        let identifier = self.investment.identifier.clone();
        identifier.unwrap_or_else(|| self.investment.id.to_string())
    }
}

/// A short mark of all that the fields of an investment say. Another one says something else.
fn mark(record: &Record) -> String {
    let mut said = record.to_fields();
    said.insert(AUDIENCE.to_owned(), record.audience.word().into());
    let said = format!("{said:?}");
    let hash = sha256_prefix::<8>("weft/investment-form/1", &[said.as_bytes()]);
    format!("{:016x}", u64::from_be_bytes(hash))
}

/// The problem of a form that was opened before somebody else saved.
const CHANGED: &str = "somebody changed this investment since you opened the form: compare what it \
                       says now, above the fields, and save again if yours is right";

impl From<Kept> for InvestmentView {
    fn from(kept: Kept) -> Self {
        Self {
            lines: kept.stated(),
            audience: kept.audience(),
            mark: mark(&kept.record),
            fields: kept.record.to_fields(),
            investment: kept.investment,
        }
    }
}

/// A statement that is to be written.
#[derive(Clone, Debug)]
enum Write {
    /// Fields of an investment, which may be new.
    Investment(RecordId, Audience, Fields),
    /// A line of one; `None` takes it back.
    Line(LineKey, Option<Line>),
}

/// The statements of an act, each with the number of its document.
struct Decided<T> {
    writes: Vec<(u32, Write)>,
    /// The subject, for the ledger.
    subject: String,
    answer: T,
}

impl AppHandle {
    /// Adds an investment. Every node receives it.
    ///
    /// # Errors
    /// Returns all that is wrong with it.
    pub async fn add_investment(
        &self,
        fields: Fields,
        audience: Option<Audience>,
    ) -> Result<RecordId, AppError> {
        let audience = hub_audience(audience)?.unwrap_or(Audience::Network);
        let decide = move |standing: &Standing, held: &mut Held| {
            let id = RecordId::from_parts(clock::now(), random_bytes());
            let checked = checked((standing, held), (id, audience), fields);
            let checked = checked.map_err(AppError::AgendaRefused)?;
            let part = held.place(bytes_of(&checked))?;
            Ok(Decided {
                writes: vec![(part, Write::Investment(id, audience, checked))],
                subject: id.to_string(),
                answer: id,
            })
        };
        Ok(self.edit_money("investment add", decide).await?.0)
    }

    /// Changes the given fields of an investment; empty text clears one. Returns whether anything
    /// changed. `seen` is the [mark](InvestmentView::mark) of the investment that a form showed.
    ///
    /// # Errors
    /// Returns all that is wrong with it, or if the hub has no such investment, or it is not what
    /// was seen any more.
    pub async fn edit_investment(
        &self,
        named: &str,
        fields: Fields,
        audience: Option<Audience>,
        seen: Option<String>,
    ) -> Result<bool, AppError> {
        let named = named.to_owned();
        let audience = hub_audience(audience)?;
        let decide = move |standing: &Standing, held: &mut Held| {
            let kept = held.find(&named)?;
            let (part, id) = (kept.part, kept.record.id);
            let audience = audience.unwrap_or_else(|| kept.audience());
            let given: Vec<String> = fields.keys().cloned().collect();
            let mut whole = kept.record.to_fields();
            whole.extend(fields);
            let mut problems = Vec::new();
            if seen.is_some_and(|seen| seen != mark(&kept.record)) {
                problems.push(CHANGED.to_owned());
            }
            let found = checked((standing, held), (id, audience), whole);
            let mut checked = found.unwrap_or_else(|found| {
                problems.extend(found);
                Fields::new()
            });
            if !problems.is_empty() {
                return Err(AppError::AgendaRefused(problems));
            }
            checked.retain(|key, _| given.contains(key));
            Ok(Decided {
                writes: vec![(part, Write::Investment(id, audience, checked))],
                subject: id.to_string(),
                answer: (),
            })
        };
        Ok(self.edit_money("investment edit", decide).await?.1)
    }

    /// States a line of an investment, over an earlier statement of the same. Returns what the
    /// person should hear of it, and whether anything changed.
    ///
    /// # Errors
    /// Returns all that is wrong with it, or if the hub has no such investment.
    pub async fn state_line(&self, named: &str, fields: Fields) -> Result<(Heard, bool), AppError> {
        let named = named.to_owned();
        let decide = move |standing: &Standing, held: &mut Held| {
            let kept = held.find(&named)?;
            let mut room = kept.investment.clone();
            let parts = taken(&sums(held)).remove(&kept.record.id);
            // The parts have their own lines, so only the rest can be divided.
            room.amount = room.own(parts.unwrap_or_default());
            let stated = line(&fields, &room, &kept.stated(), standing.today());
            let mut problems = texts(stated.as_ref().err());
            problems.extend(Codes::of(standing).problems_of(&fields, ("location", "outcome")));
            let (key, said) = match stated {
                Ok(stated) if problems.is_empty() => stated,
                _ => return Err(AppError::AgendaRefused(problems)),
            };
            Ok(Decided {
                subject: key.to_string(),
                answer: Heard::of(&key, &said, &kept.stated()),
                writes: vec![(kept.part, Write::Line(key, Some(said)))],
            })
        };
        self.edit_money("investment line", decide).await
    }

    /// Takes a line of an investment back. It stays in the history.
    ///
    /// # Errors
    /// If there is no such line.
    pub async fn take_line_back(&self, named: &str, fields: Fields) -> Result<(), AppError> {
        let named = named.to_owned();
        let decide = move |_: &Standing, held: &mut Held| {
            let kept = held.find(&named)?;
            let key = line_key(&fields, kept.record.id).map_err(|problems| refused(&problems))?;
            if !kept.lines.iter().any(|(stated, _)| *stated == key) {
                let why = format!(
                    "\"{}\" has no such line: weft-hub investment show {named} lists them",
                    kept.investment.title
                );
                return Err(AppError::AgendaRefused(vec![why]));
            }
            Ok(Decided {
                subject: key.to_string(),
                writes: vec![(kept.part, Write::Line(key, None))],
                answer: (),
            })
        };
        self.edit_money("investment line back", decide).await?;
        Ok(())
    }

    /// Decides under the lock of the hub's own documents, and writes what is decided: entries and
    /// ledger in one transaction. Returns the answer, and whether anything was written.
    async fn edit_money<T: Send + 'static>(
        &self,
        act: &'static str,
        decide: impl FnOnce(&Standing, &mut Held) -> Result<Decided<T>, AppError> + Send + 'static,
    ) -> Result<(T, bool), AppError> {
        let (own, shared) = (&self.shared.own, &self.shared);
        let zero = own.roster(shared).await?;
        let alone = own.alone(shared).await?;
        let location = shared.identity.zero;
        let decided = self.counted(move |at| {
            let mut held = Held::load(at.conn, &location)?;
            let mut decided = decide(at.standing, &mut held)?;
            // Lines and fields of one document go into it together.
            decided.writes.sort_by_key(|(part, _)| *part);
            let mut documents = BTreeMap::new();
            for (part, _) in &decided.writes {
                if !documents.contains_key(part) {
                    documents.insert(*part, held::document(at.conn, &location, *part)?);
                }
            }
            Ok((decided, documents))
        });
        let (decided, mut documents) = decided.await?;
        let Decided {
            writes,
            subject,
            answer,
        } = decided;
        let mut next = Box::new(Standing::clone(&own.standing()));
        let (identity, now) = (&shared.identity, clock::now());
        let mut admissions = Vec::new();
        for of_part in writes.chunk_by(|(a, _), (b, _)| a == b) {
            let Some(mut document) = documents.remove(&of_part[0].0) else {
                continue;
            };
            let place = (*document.id(), document.name().clone());
            for some in entries_of(of_part) {
                let edited = document.edit(identity.log_device(), now, |editor| put(editor, some));
                let edited = edited.map_err(|error| AppError::Own(error.to_string()))?;
                if let Some(change) = edited.change {
                    admissions.push(next.sign(identity, &zero, place.clone(), change, now)?);
                }
            }
        }
        if admissions.is_empty() {
            return Ok((answer, false));
        }
        let by = Arc::clone(&self.by);
        let ledger = move |tx: &Transaction<'_>| Ok(by.record(tx, now, act, &subject)?);
        own.commit(shared, (next, alone), admissions, ledger)
            .await?;
        Ok((answer, true))
    }
}

impl Counted<'_> {
    /// The hub's investments, in the order in which they were entered, and the number of those with
    /// a field that this version cannot read.
    ///
    /// # Errors
    /// If the store fails.
    pub fn investments(&self) -> Result<(Vec<InvestmentView>, usize), AppError> {
        let held = Held::load(self.conn, &self.shared.identity.zero)?;
        let views = held.all.into_iter().map(InvestmentView::from);
        Ok((views.collect(), held.unread))
    }

    /// The investment of an identifier, of an id, or of the beginning of an id.
    ///
    /// # Errors
    /// If there is none, or several.
    pub fn investment(&self, named: &str) -> Result<InvestmentView, AppError> {
        let held = Held::load(self.conn, &self.shared.identity.zero)?;
        Ok(held.find(named)?.clone().into())
    }
}

/// Checks an investment as it will be, beside all others.
fn checked(
    (standing, held): (&Standing, &Held),
    (id, audience): (RecordId, Audience),
    fields: Fields,
) -> Result<Fields, Vec<String>> {
    let checked = RecordKind::Investment.check_of(Owner::Hub, &fields, true);
    let mut problems: Vec<String> = texts(checked.as_ref().err());
    if let Ok(checked) = &checked {
        problems.extend(beside(standing, held, (id, audience, checked)));
    }
    match checked.ok().filter(|_| problems.is_empty()) {
        Some(checked) => Ok(checked),
        None => Err(problems),
    }
}

/// The problems of an investment with others and with the codes of the network.
fn beside(
    standing: &Standing,
    held: &Held,
    (id, audience, fields): (RecordId, Audience, &Fields),
) -> Vec<String> {
    let Some(investment) = read(id, audience, fields) else {
        return vec!["a field cannot be read".to_owned()];
    };
    let codes = Codes::of(standing);
    let names = ("locations", "outcomes");
    let mut problems = codes.problems(names, &investment.places, &investment.outcomes);
    problems.extend(taken_identifier(held, &investment));
    if held.of(id).is_none() && held.all.len() >= INVESTMENTS_MAX {
        problems.push(format!(
            "the hub has {INVESTMENTS_MAX} investments, and that is the most"
        ));
    }
    let before = sums(held);
    let mut after = before.clone();
    let committed = held.of(id).map_or(Number::ZERO, Kept::committed);
    let sum = Sum {
        investment,
        committed,
    };
    after.insert(id, sum);
    problems.extend(rings(&before, &after).into_iter().map(|(_, text)| text));
    let over = overdrawn(&before, &after).into_iter();
    problems.extend(over.map(|(_, text)| format!("amount: {text}")));
    problems
}

/// The problem of an identifier that another investment of the hub has.
fn taken_identifier(held: &Held, investment: &Investment) -> Option<String> {
    let identifier = investment.identifier.as_ref()?;
    let mut others = held.all.iter().filter(|one| one.record.id != investment.id);
    let other = others.find(|one| one.investment.identifier.as_ref() == Some(identifier))?;
    Some(format!(
        "identifier: \"{}\" has {identifier} already: change that one, or leave it out here",
        other.investment.title
    ))
}

/// The investment that checked fields will be.
fn read(id: RecordId, audience: Audience, fields: &Fields) -> Option<Investment> {
    Investment::read(&Record::of_fields(
        RecordKind::Investment,
        id,
        audience,
        fields,
    ))
}

/// The audience of a record of the hub: its words go to all nodes.
fn hub_audience(audience: Option<Audience>) -> Result<Option<Audience>, AppError> {
    match audience {
        Some(Audience::Team) => Err(AppError::AgendaRefused(vec![
            "audience: what the hub writes goes to all nodes: write network, or released"
                .to_owned(),
        ])),
        audience => Ok(audience),
    }
}

fn texts(problems: Option<&Vec<FieldProblem>>) -> Vec<String> {
    let problems = problems.into_iter().flatten();
    problems.map(FieldProblem::to_string).collect()
}

fn refused(problems: &Vec<FieldProblem>) -> AppError {
    AppError::AgendaRefused(texts(Some(problems)))
}

/// About so many bytes a record of these fields takes.
fn bytes_of(fields: &Fields) -> usize {
    let field = |(key, value): (&String, &FieldValue)| {
        let value = match value {
            FieldValue::Text(text) => text.len(),
            FieldValue::Set(members) => members.iter().map(|one| one.len() + key.len()).sum(),
        };
        key.len() + value + FIELD_BYTES
    };
    fields.iter().map(field).sum()
}

/// About so many bytes an operation takes beside its key and its value.
const FIELD_BYTES: usize = 24;

impl Write {
    fn bytes(&self) -> usize {
        match self {
            Self::Investment(_, _, fields) => bytes_of(fields),
            Self::Line(key, line) => {
                let texts = line.iter().flat_map(|one| [&one.source, &one.note]);
                let texts: usize = texts.flatten().map(String::len).sum();
                2 * FIELD_BYTES + key.to_string().len() + texts
            }
        }
    }
}

/// The statements of one document, as its entries take them.
fn entries_of(writes: &[(u32, Write)]) -> Vec<&[(u32, Write)]> {
    let (mut entries, mut start, mut bytes) = (Vec::new(), 0, 0);
    for (at, (_, write)) in writes.iter().enumerate() {
        bytes += write.bytes();
        let is_full = at - start >= MONEY_ENTRY_STATEMENTS || bytes > MONEY_ENTRY_BYTES;
        if is_full && at > start {
            entries.push(&writes[start..at]);
            (start, bytes) = (at, write.bytes());
        }
    }
    entries.push(&writes[start..]);
    entries
}

fn put(editor: &mut Editor<'_>, writes: &[(u32, Write)]) -> Result<(), EditError> {
    let kind = RecordKind::Investment;
    // Looked up once: a list of a thousand records is long to read.
    let mut last = editor.view().records(kind).pop().map(|one| one.order);
    for (_, write) in writes {
        match write {
            Write::Investment(id, audience, fields) => {
                let order = order_after(last.as_deref());
                let place = RecordPlace::At(order.clone());
                editor.put_record_at(kind, id, *audience, fields, &place)?;
                last = Some(order);
            }
            Write::Line(key, Some(line)) => editor.say(key, line)?,
            Write::Line(key, None) => editor.take_back::<Line>(key)?,
        }
    }
    Ok(())
}
