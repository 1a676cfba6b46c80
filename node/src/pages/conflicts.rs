//! Concurrent answers: each of them, who gave it and when, and a button to keep it.

mod answer;

use askama::Template;
use weft_host::failure::Failure;
use weft_shared::{
    model::{
        Audience,
        schema::{Container, FieldKind, RecordKind},
    },
    text::capital,
};

use self::answer::Card;
use super::{
    Answered, Fault, Reply, Visit, audience_phrase, done, figure,
    form::{Sent, seen},
    history::{Lines, PartView},
    plan,
    shell::{By, Section, Shell},
};
use crate::{
    edits::{audiences, settlement},
    view::{ConflictRow, ConflictValue, Described, Written, describe, observed_key},
};

#[derive(Template)]
#[template(path = "conflicts.html")]
struct ConflictsPage {
    shell: Shell,
    conflicts: Vec<Contested>,
    settled: Vec<Settled>,
}

/// Something that was settled lately.
struct Settled {
    title: String,
    href: Option<String>,
    part: PartView,
    by: By,
}

/// One thing with more than one answer.
struct Contested {
    id: String,
    title: String,
    href: String,
    field: String,
    /// The answer of the other pages until someone chooses.
    meanwhile: &'static str,
    /// The page where another answer can be given.
    neither: String,
    answers: Vec<SettlementForm>,
}

struct SettlementForm {
    text: String,
    card: Card,
    /// The steps of a status, as SVG.
    steps: String,
    local: bool,
    by: By,
    /// A mark for the exact value that the person saw.
    mark: String,
    /// The buttons that keep it.
    keeps: Vec<Keep>,
    /// The note beside a figure.
    note: Option<String>,
}

/// A button that keeps an answer.
struct Keep {
    /// The button's text.
    text: String,
    /// The audience that the button gives the answer, if it gives one.
    audience: String,
}

impl Visit<'_> {
    pub(super) fn conflict_list(&mut self, asked: &Sent) -> Answered {
        let rows = self.replica.conflicts()?;
        let shell = self.shell(Section::Conflicts, "To settle")?;
        let mut conflicts = Vec::with_capacity(rows.len());
        for row in &rows {
            conflicts.push(self.contested(row)?);
        }
        let page = ConflictsPage {
            settled: self.settled()?,
            shell: shell.after(done(asked)),
            conflicts,
        };
        Reply::page(false, &page)
    }

    /// Returns what was settled lately, with a button for each answer that was not kept.
    fn settled(&mut self) -> Result<Vec<Settled>, Fault> {
        let mut settled = Vec::new();
        let mut lines = Lines::read(self.replica, vec![("back", "conflicts".to_owned())])?;
        for save in self.replica.settled_lately()? {
            let written = Written {
                device: save.device.clone(),
                at: Some(save.at),
            };
            for change in &save.changes {
                for (title, href, part) in lines.settled(self.replica, &save, change)? {
                    settled.push(Settled {
                        title,
                        href,
                        part,
                        by: By::new(&written, &self.calendar),
                    });
                }
            }
        }
        Ok(settled)
    }

    pub(super) fn settle(&mut self, sent: &Sent) -> Answered {
        let rows = self.replica.conflicts()?;
        let row = rows.into_iter().find(|row| row.id == sent.first("id"));
        let marked = |value: &&ConflictValue| mark(value) == sent.first("value");
        let row = row.as_ref();
        let value = row.and_then(|row| row.values.iter().find(marked));
        let Some((row, value)) = row.zip(value) else {
            return Err(moved_on());
        };
        // The button of a value for the team alone also chooses its audience.
        let said = audiences(row).into_iter();
        let mut said = said.filter(|one| one.word() == sent.first("audience"));
        let audience = said.next().filter(|_| value.local);
        if value.local && audience.is_none() {
            return Err(moved_on());
        }
        let edit = settlement(self.replica, row, value, audience)?;
        let saved = self.save(vec![edit])?;
        Ok(Reply::see("/conflicts", saved, "settled"))
    }

    fn contested(&mut self, row: &ConflictRow) -> Result<Contested, Fault> {
        let described = describe(self.replica, row)?;
        let href = href(row, &described);
        let mut answers = Vec::with_capacity(row.values.len());
        let cards = cards(row, &described.answers);
        let texts = described.answers.iter().map(|text| capital(text));
        for ((value, text), card) in row.values.iter().zip(texts).zip(cards) {
            answers.push(SettlementForm {
                text,
                steps: match row.conflict.field.as_deref() {
                    Some("status") => plan::document::steps_of(&value.value),
                    _ => String::new(),
                },
                local: value.local,
                by: By::new(&value.written, &self.calendar),
                mark: mark(value),
                keeps: keeps(row, value, card.named.as_deref()),
                note: self.note(row, value)?,
                card,
            });
        }
        Ok(Contested {
            id: row.id.clone(),
            title: capital(&described.title),
            meanwhile: meanwhile(row),
            neither: neither(row, &href),
            href,
            field: described.part,
            answers,
        })
    }

    /// Returns the note on a contested figure.
    fn note(&mut self, row: &ConflictRow, value: &ConflictValue) -> Result<Option<String>, Fault> {
        let key = observed_key(&row.conflict);
        let key = key.filter(|_| row.conflict.container == Container::Observations && !value.local);
        let observed = match key {
            Some(key) => self.replica.observation(&key)?,
            None => None,
        };
        Ok(observed.and_then(|observed| {
            let stated = observed.stated.iter();
            let mut stated = stated.filter(|one| one.statement.encode() == value.value);
            observed.note_words(&stated.next()?.statement, figure::grouped_words)
        }))
    }
}

/// Lays out the answers: figures large, and short choices by their names.
fn cards(row: &ConflictRow, answers: &[String]) -> Vec<Card> {
    if row.conflict.container == Container::Observations
        && let Some(cards) = answer::figures(answers)
    {
        return cards;
    }
    let kind = RecordKind::of(row.conflict.container);
    let field = row.conflict.field.as_deref();
    let spec = kind.zip(field).and_then(|(kind, field)| kind.field(field));
    let chosen = matches!(
        spec.map(|spec| spec.kind),
        Some(FieldKind::Choice(_) | FieldKind::Date | FieldKind::Number | FieldKind::Period)
    );
    // The amount of a line is as short as a choice.
    let chosen = chosen || row.conflict.container == Container::Lines;
    if chosen && !answers.iter().any(|text| text == "nothing") {
        return answer::words(answers);
    }
    let texts: Vec<String> = answers.iter().map(|text| capital(text)).collect();
    let mut cards = answer::words(&texts);
    for card in &mut cards {
        card.named = None;
    }
    cards
}

/// The answer of the other pages until someone chooses.
fn meanwhile(row: &ConflictRow) -> &'static str {
    match row.conflict.container {
        Container::Observations if row.values.iter().any(|value| value.local) => {
            "Until you choose, the network counts what was shared, not what is for your team only."
        }
        Container::Observations | Container::Lines => {
            "Until you choose, the network's figures give the range from the lowest to the highest \
             answer."
        }
        Container::Adoptions => "Until you choose, the location's decision is open.",
        Container::Answers => {
            "Until you choose, the national team sees all of them, and none counts as our answer."
        }
        Container::Definitions => {
            "Until you choose, new values are entered under one of the answers, the same at every \
             device."
        }
        _ => "Until you choose, lists show one of the answers and say that there are two.",
    }
}

/// The page on which another answer can be given.
fn neither(row: &ConflictRow, href: &str) -> String {
    match row.conflict.container {
        Container::Observations => format!("{href}/enter"),
        Container::Adoptions => format!("{href}/decide"),
        Container::Definitions => format!("{href}/define"),
        _ => href.to_owned(),
    }
}

fn mark(value: &ConflictValue) -> String {
    seen(&format!("{}{}", value.local, value.value))
}

fn moved_on() -> Fault {
    Fault::Failed(Failure::needs_action(
        "Meanwhile somebody settled this, or changed it again. Nothing was changed now. Go back to \
         the conflicts and look again.",
    ))
}

fn keeps(row: &ConflictRow, value: &ConflictValue, named: Option<&str>) -> Vec<Keep> {
    let keep = format!("Keep {}", named.unwrap_or("this answer"));
    let removal = RecordKind::is_removal(row.conflict.field.as_deref());
    let plain = |text: &str| Keep {
        text: text.to_owned(),
        audience: String::new(),
    };
    match (removal, value.local) {
        (true, _) if weft_shared::model::schema::SET == value.value => vec![plain("Remove it")],
        (true, _) => vec![plain("Keep it")],
        (false, false) => vec![plain(&keep)],
        (false, true) => {
            let far = |audience: Audience| Keep {
                text: format!("{keep}, and share it with {}", audience_phrase(audience)),
                audience: audience.word().to_owned(),
            };
            audiences(row).into_iter().map(far).collect()
        }
    }
}

/// The page for the thing in conflict.
fn href(row: &ConflictRow, described: &Described) -> String {
    if let Some(record) = &described.record {
        return plan::href(record.record.kind, &record.record.id);
    }
    if let Some(key) = observed_key(&row.conflict) {
        return format!("/indicators/{}", key.indicator);
    }
    match row.conflict.container {
        Container::Adoptions => format!("/indicators/{}", row.conflict.key),
        Container::Definitions => {
            let code = row.conflict.key.split('/').next().unwrap_or_default();
            format!("/indicators/{code}")
        }
        container => {
            let of = plan::statement_href(container, &row.conflict.key);
            of.unwrap_or_else(|| "/".to_owned())
        }
    }
}
