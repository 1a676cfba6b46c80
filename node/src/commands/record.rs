//! `initiative`, `action`, `outcome` and so on: the records of the plan and the insights. One table
//! in the model lists the fields of each kind, and the arguments are made from it.

mod line;
mod tree;
mod withdraw;

use weft_host::{
    clock,
    failure::Failure,
    list::beginnings,
    output::ExitCode,
    random::random_bytes,
    reply::Outcome,
    table::{Column, Table},
};
use weft_shared::{
    id::RecordId,
    model::{
        Audience, clean_text,
        line::NOWHERE,
        record::{FieldValue, Fields},
        schema::{FieldKind, RecordKind},
    },
};

pub(crate) use self::tree::{audience, given, options};
use super::{Context, travels_to};
use crate::{
    edits::records::{self, Moved},
    export::{shapes::record_json, statements::LINES},
    replica::{DocumentError, Edit, Replica},
    view::{RecordRow, Wanted, Whose},
};

/// A command about one kind of record.
#[derive(Clone, Debug)]
pub(crate) struct RecordCommand {
    pub(crate) kind: RecordKind,
    pub(crate) verb: Verb,
}

/// An operation on records of that kind.
#[derive(Clone, Debug)]
pub(crate) enum Verb {
    Add {
        fields: Given,
        audience: Option<Audience>,
    },
    List {
        json: bool,
        removed: bool,
    },
    Show {
        id: String,
        json: bool,
    },
    Edit {
        id: String,
        fields: Given,
        audience: Option<Audience>,
    },
    Remove {
        id: String,
        audience: Option<Audience>,
    },
    /// Puts a removed record back.
    Restore {
        id: String,
        audience: Option<Audience>,
    },
    /// Investments only: states a line of it, or takes one back.
    Line {
        id: String,
        fields: Given,
        take_back: bool,
    },
    /// Insights only: deletes the words everywhere.
    Withdraw {
        id: String,
        audience: Option<Audience>,
        yes: bool,
    },
}

/// Width of the label column of `show`.
const LABEL: usize = 15;

/// Fields as given: key and values, in the order of the table.
pub(crate) type Given = Vec<(&'static str, Vec<String>)>;

pub(crate) fn run(context: &mut Context<'_>, command: RecordCommand) -> Outcome {
    let kind = command.kind;
    match command.verb {
        Verb::Add { fields, audience } => add(context, kind, fields, audience),
        Verb::List { json, removed } => list(context, kind, json, removed),
        Verb::Show { id, json } => show(context, kind, &id, json),
        Verb::Edit {
            id,
            fields,
            audience,
        } => edit(context, kind, &id, fields, audience),
        Verb::Remove { id, audience } => remove(context, kind, &id, audience),
        Verb::Restore { id, audience } => restore(context, kind, &id, audience),
        Verb::Line {
            id,
            fields,
            take_back,
        } => line::run(context, &id, fields, take_back),
        Verb::Withdraw { id, audience, yes } => withdraw::run(context, kind, &id, (audience, yes)),
    }
}

fn add(
    context: &mut Context<'_>,
    kind: RecordKind,
    given: Given,
    audience: Option<Audience>,
) -> Outcome {
    let audience = audience.unwrap_or(Audience::Team);
    let id = RecordId::from_parts(clock::now(), random_bytes());
    let is_placed = kind != RecordKind::Investment
        || given
            .iter()
            .any(|(key, of)| *key == "locations" && !of.concat().is_empty());
    context.node.save(move |replica| {
        let mut edit = Edit::default();
        let fields = resolve(replica, (kind, None), given, &mut edit)?;
        records::add(replica, &mut edit, kind, id, audience, fields, clock::now())?;
        Ok(vec![edit])
    })?;
    context.io.say(id)?;
    let words = context.node.whereabouts(audience)?;
    if !is_placed {
        return context.io.tell(format_args!("{words} {NOWHERE}"));
    }
    context.io.tell(words)
}

fn list(context: &mut Context<'_>, kind: RecordKind, json: bool, removed: bool) -> Outcome {
    let listed = move |replica: &mut Replica, removed: bool| match removed {
        true => replica.removed_records(kind),
        false => replica.records(kind),
    };
    let rows = context
        .node
        .read(move |replica| listed(replica, removed))??;
    if json {
        return context.io.json_rows(rows.iter().map(record_json));
    }
    if kind == RecordKind::Target && !removed {
        of_network(context)?;
    }
    if rows.is_empty() {
        let others = context
            .node
            .read(move |replica| listed(replica, !removed).map(|rows| rows.len()))??;
        return context.io.tell(none_listed(kind, removed, others));
    }
    let row = |row: &RecordRow| {
        let title = match (row.record.withdrawn, &row.words) {
            (true, _) => "(withdrawn)".to_owned(),
            (false, Some(words)) => words.chars().take(60).collect(),
            (false, None) => row.record.title(),
        };
        let contested = row.record.contested().next().is_some();
        let remark = if contested { " (conflict)" } else { "" };
        [format!("{title}{remark}"), row.record.audience.to_string()]
    };
    let mut table = Table::new(&[
        Column::Words(kind.word()),
        Column::Text("audience"),
        Column::Text("id"),
    ]);
    let ids: Vec<String> = rows.iter().map(|one| one.record.id.to_string()).collect();
    for (one, id) in rows.iter().zip(beginnings(&ids)) {
        table.row(row(one).into_iter().chain([id]));
    }
    context.io.table(&table)?;
    if removed {
        let word = kind.word();
        return context
            .io
            .tell(format_args!("To put one back: weft-node {word} restore ID"));
    }
    Ok(ExitCode::Ok)
}

/// Lists the network's targets above our own.
fn of_network(context: &mut Context<'_>) -> Outcome {
    let read = |replica: &mut Replica| replica.targets(None, clock::now());
    let mut rows = context.node.read(read)??;
    rows.retain(|row| row.whose == Whose::Network);
    let mut table = Table::new(&[
        Column::Text("indicator"),
        Column::Words("the network's target"),
        Column::Words("why"),
    ]);
    for row in &rows {
        let why = row.target.why.clone().unwrap_or_default();
        let remarks = row.remarks.iter().map(|remark| format!("; {remark}"));
        let goal = format!("{}{}", row.goal(), remarks.collect::<String>());
        table.row([row.target.indicator.to_string(), goal, why]);
    }
    match rows.is_empty() {
        true => Ok(ExitCode::Ok),
        false => context.io.table(&table),
    }
}

/// Says that a list is empty, and how many records the other list has.
fn none_listed(kind: RecordKind, removed: bool, others: usize) -> String {
    let (label, word) = (kind.label(), kind.word());
    match (removed, others) {
        (true, _) => format!("No {label} is removed."),
        (false, 0) => {
            format!("There is no {label} yet. weft-node {word} add --help says how to begin one.")
        }
        (false, 1) => format!(
            "There is no {label} but one that was removed: weft-node {word} list --removed shows \
             it."
        ),
        (false, _) => format!(
            "There is no {label} but {others} that were removed: weft-node {word} list --removed \
             shows them."
        ),
    }
}

fn show(context: &mut Context<'_>, kind: RecordKind, id: &str, json: bool) -> Outcome {
    let text = id.to_owned();
    let (row, lines) = context.node.read(move |replica| {
        let row = found(replica, kind, &text)?;
        let lines = match kind {
            RecordKind::Investment => replica.lines_of(&row)?,
            _ => Vec::new(),
        };
        Ok::<_, Failure>((row, lines))
    })??;
    if json {
        let mut shown = record_json(&row);
        if kind == RecordKind::Investment {
            shown["lines"] = lines.iter().map(|line| LINES.json(line)).collect();
        }
        return context.io.json(&shown);
    }
    let record = &row.record;
    context
        .io
        .labelled(kind.label(), LABEL, &record.id.to_string())?;
    context
        .io
        .labelled("audience", LABEL, record.audience.word())?;
    for field in kind.fields() {
        let text = match field.kind {
            FieldKind::Words if record.withdrawn => {
                "(taken back by the person who said it)".to_owned()
            }
            FieldKind::Words => row.words.clone().unwrap_or_default(),
            _ if field.is_set() => record.members(field.key).collect::<Vec<_>>().join(", "),
            _ => record.text(field.key).unwrap_or_default().to_owned(),
        };
        if !text.is_empty() {
            context.io.labelled(field.label, LABEL, &text)?;
        }
    }
    line::list(context, &lines)
}

fn edit(
    context: &mut Context<'_>,
    kind: RecordKind,
    id: &str,
    given: Given,
    audience: Option<Audience>,
) -> Outcome {
    let text = id.to_owned();
    let moved = context.node.read(move |replica| {
        let row = found(replica, kind, &text)?;
        let mut edit = Edit::default();
        let fields = resolve(replica, (kind, Some(&row)), given, &mut edit)?;
        let moved = records::change(replica, &mut edit, &row, fields, audience, clock::now())?;
        let saved = replica.save(vec![edit], clock::now())?;
        Ok::<_, Failure>((moved, saved))
    })??;
    match moved {
        (_, saved) if !saved.changed => context.io.tell("That is what it said already."),
        (Moved::Stays(audience) | Moved::Widened(audience), _) => {
            let words = context.node.whereabouts(audience)?;
            context.io.tell(words)
        }
        (Moved::Narrowed { shared }, _) => context.io.tell(match shared {
            None => "Only your team's devices can read it now; it had not been shared.".to_owned(),
            Some(at) => format!(
                "Only your team's devices can read it from now on. It was already shared, on {}: \
                 what was shared cannot be recalled.",
                context.node.zone().minute(at)
            ),
        }),
    }
}

fn remove(
    context: &mut Context<'_>,
    kind: RecordKind,
    id: &str,
    audience: Option<Audience>,
) -> Outcome {
    let text = id.to_owned();
    let removed = context.node.read(move |replica| {
        if is_listed(replica, kind, &text, true)? {
            return Ok(false);
        }
        let row = found(replica, kind, &text)?;
        travels_to(audience, row.record.audience)?;
        replica.save(vec![records::remove(&row)?], clock::now())?;
        Ok::<_, Failure>(true)
    })??;
    if !removed {
        return context.io.tell(format_args!(
            "This {} was removed already. Nothing was changed.",
            kind.label()
        ));
    }
    let words = match kind {
        RecordKind::Insight => {
            " To delete its words everywhere, for good, put it back and then weft-node insight \
             withdraw ID"
        }
        _ => "",
    };
    context.io.tell(format_args!(
        "Removed from the lists; what it said stays in the history. To put it back: weft-node {} \
         restore ID{}{words}",
        kind.word(),
        if words.is_empty() { "" } else { "." }
    ))
}

fn restore(
    context: &mut Context<'_>,
    kind: RecordKind,
    id: &str,
    audience: Option<Audience>,
) -> Outcome {
    let text = id.to_owned();
    let restored = context.node.read(move |replica| {
        if is_listed(replica, kind, &text, false)? {
            return Ok(false);
        }
        let rows = replica.removed_records(kind)?;
        let row = one_of(rows, kind, &text, "list --removed")?;
        travels_to(audience, row.record.audience)?;
        replica.save(vec![records::restore(&row)?], clock::now())?;
        Ok::<_, Failure>(true)
    })??;
    if !restored {
        return context.io.tell(format_args!(
            "This {} is in the lists already. Nothing was changed.",
            kind.label()
        ));
    }
    context.io.tell("Put back into the lists.")
}

/// Turns given fields into the model's. The words of an insight become a blob beside the edit.
fn resolve(
    replica: &mut Replica,
    (kind, row): (RecordKind, Option<&RecordRow>),
    given: Given,
    edit: &mut Edit,
) -> Result<Fields, Failure> {
    let mut fields = Fields::new();
    for (key, values) in given {
        let Some(spec) = kind.field(key) else {
            continue;
        };
        let mut resolved = Vec::with_capacity(values.len());
        for value in values {
            resolved.push(match spec.kind {
                FieldKind::Reference(other) | FieldKind::References(other)
                    if !value.trim().is_empty() =>
                {
                    found(replica, other, &value)?.record.id.to_string()
                }
                _ => value,
            });
        }
        match spec.kind {
            FieldKind::Words => {
                let text = resolved.concat();
                let same = row.and_then(|row| row.words.as_ref()) == Some(&clean_text(&text));
                if !same {
                    fields.extend(records::say(edit, &text)?);
                }
            }
            _ if spec.is_set() => {
                let members = resolved.into_iter().filter(|text| !text.trim().is_empty());
                fields.insert(key.to_owned(), FieldValue::Set(members.collect()));
            }
            _ => {
                fields.insert(key.to_owned(), FieldValue::Text(resolved.concat()));
            }
        }
    }
    Ok(fields)
}

fn found(replica: &mut Replica, kind: RecordKind, text: &str) -> Result<RecordRow, Failure> {
    let rows = replica.records(kind)?;
    if Replica::find_in(&rows, text) == Wanted::None {
        let removed = replica.removed_records(kind)?;
        if let Wanted::Found(id) = Replica::find_in(&removed, text) {
            let word = kind.word();
            return Err(Failure::usage(format_args!(
                "This {} was removed. To put it back:\n  weft-node {word} restore {id}",
                kind.label()
            )));
        }
    }
    one_of(rows, kind, text, "list")
}

/// Whether an id names one record that is in the wanted list: the removed records, or the others.
fn is_listed(
    replica: &mut Replica,
    kind: RecordKind,
    text: &str,
    removed: bool,
) -> Result<bool, DocumentError> {
    let named = |rows: &[RecordRow]| matches!(Replica::find_in(rows, text), Wanted::Found(_));
    let live = named(&replica.records(kind)?);
    if live || !removed {
        return Ok(live && !removed);
    }
    Ok(named(&replica.removed_records(kind)?))
}

/// Finds the record that an id names. `list` is the command that lists the candidates.
fn one_of(
    rows: Vec<RecordRow>,
    kind: RecordKind,
    text: &str,
    list: &str,
) -> Result<RecordRow, Failure> {
    let (label, word) = (kind.label(), kind.word());
    let found = match Replica::find_in(&rows, text) {
        Wanted::Found(id) => rows.into_iter().find(|row| row.record.id == *id),
        Wanted::None => None,
        Wanted::Several(count) => {
            return Err(Failure::usage(format_args!(
                "\"{text}\" is the beginning of {count} ids. Give more of it, as weft-node {word} \
                 {list} shows it."
            )));
        }
    };
    found.ok_or_else(|| {
        Failure::usage(format_args!(
            "There is no {label} \"{text}\". weft-node {word} {list} shows what there is."
        ))
    })
}
