//! `weft-hub agenda`: items as drafts and as published, and the locations' answers.

use std::path::Path;

use clap::Subcommand;
use weft_host::{
    list::{Column, DATA, Datum, List, TABLE},
    output::{ExitCode, Io},
    reply::Outcome,
};
use weft_shared::{
    model::schema::{FieldSpec, Owner, RecordKind},
    text::counted,
};

use super::{
    Json,
    fields::{TextFile, field_args},
    json_help,
};
use crate::app::{AnswerView, AppError, AppHandle, ItemView, Reading};

/// Commands for the agenda.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Put a new item among the drafts. No location sees it until `agenda publish`.
    #[command(after_long_help = EXAMPLES)]
    Add(AddItem),
    /// Put another wording of an item among the drafts.
    ///
    /// Once it is published, answers to the earlier wording are shown as such and count as none.
    Edit(EditItem),
    /// Publish all drafts, answers to requests included, in one entry that goes to every node.
    Publish,
    /// List the items, drafts first.
    #[command(after_long_help = json_help(ITEMS.shape()))]
    List(ListArgs),
    /// Show one item with the answer of each location.
    #[command(after_long_help = json_help(ANSWERS.shape()))]
    Show(ShowArgs),
    /// Close an item. It stays in the list.
    Close(CloseArgs),
}

fn item_fields() -> impl Iterator<Item = &'static FieldSpec> {
    // A reason for closing is given by `agenda close`, and a text in a file.
    let fields = RecordKind::Item.fields_of(Owner::Hub);
    fields.filter(|field| !["closed", "text"].contains(&field.key))
}

field_args!(
    /// The fields of a new item.
    NewItem,
    item_fields(),
    true
);
field_args!(
    /// The fields of an item that are to change.
    ItemChanges,
    item_fields(),
    false
);

/// Arguments of `agenda add`.
#[derive(Debug, clap::Args)]
pub struct AddItem {
    /// Everything that one must know to answer.
    #[command(flatten)]
    pub text: TextFile,
    /// The other fields.
    #[command(flatten)]
    pub fields: NewItem,
}

/// Arguments of `agenda edit`.
#[derive(Debug, clap::Args)]
pub struct EditItem {
    /// The item's id, or its beginning.
    pub id: String,
    /// Everything that one must know to answer.
    #[command(flatten)]
    pub text: TextFile,
    /// The fields; an empty value clears one.
    #[command(flatten)]
    pub fields: ItemChanges,
}

/// Arguments of `agenda list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only those that can be answered.
    #[arg(long)]
    pub open: bool,
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

/// Arguments of `agenda show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The item's id, or its beginning.
    pub id: String,
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

/// Arguments of `agenda close`.
#[derive(Debug, clap::Args)]
pub struct CloseArgs {
    /// The item's id, or its beginning.
    pub id: String,
    /// Why it is closed, which all locations read.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Shown below the long help of `agenda add`.
const EXAMPLES: &str = "\
Examples:
  weft-hub agenda add --type proposal --title \"Example: one aim\" --outcome VAX \\
    --text aim.txt --answer-by 2027-02-26
  weft-hub agenda publish";

pub(super) async fn run(app: &AppHandle, command: Command, cwd: &Path, io: &mut Io) -> Outcome {
    match command {
        Command::Add(AddItem { text, fields }) => {
            let mut fields = fields.0;
            text.read_into(&mut fields, cwd, io)?;
            let id = app.draft_item(None, fields).await?;
            drafted(io, id)
        }
        Command::Edit(EditItem { id, text, fields }) => {
            let mut fields = fields.0;
            text.read_into(&mut fields, cwd, io)?;
            let id = app.draft_item(Some(id), fields).await?;
            drafted(io, id)
        }
        Command::Publish => {
            let done = app.publish_agenda().await?;
            io.tell(format_args!(
                "Published {} and {}. Each node has them with its next sync.",
                counted(done.items as u64, "item", "items"),
                counted(
                    done.answers as u64,
                    "answer to a request",
                    "answers to requests"
                )
            ))
        }
        Command::List(args) => list(app, args, io).await,
        Command::Show(args) => show(app, args, io).await,
        Command::Close(args) => {
            let item = app.close_item(&args.id, &args.reason).await?;
            io.tell(format_args!(
                "Closed \"{}\". Each node hears of it with its next sync.",
                item.title
            ))
        }
    }
}

fn drafted(io: &mut Io, id: weft_shared::id::RecordId) -> Outcome {
    io.say(id)?;
    io.tell("It is a draft, which no location sees. Next: weft-hub agenda publish")
}

async fn list(app: &AppHandle, args: ListArgs, io: &mut Io) -> Outcome {
    let mut views = app.draft_items().await?;
    let found = app.counted(|at| Ok((at.items()?, at.agenda_digest(), at.zone())));
    let (published, digest, zone) = found.await?;
    views.extend(published);
    let all = views.len();
    views.retain(|view| !args.open || view.word() == "open");
    let list = match all > 0 && views.is_empty() {
        true => ITEMS.none(NOT_OPEN),
        false => ITEMS,
    };
    io.list(&list, &views, args.json.json, &zone)?;
    if args.json.json {
        return Ok(ExitCode::Ok);
    }
    io.say(format_args!("Digest of the agenda: {digest}"))?;
    Ok(ExitCode::Ok)
}

async fn show(app: &AppHandle, args: ShowArgs, io: &mut Io) -> Outcome {
    let id = args.id.clone();
    let found = app.counted(move |at| {
        let view = at.item(&id)?;
        let answers = at.answers(&view)?;
        Ok::<_, AppError>((view, answers, at.zone()))
    });
    let (view, answers, zone) = found.await?;
    let reading = Reading::here("agenda show", &view.item.id.to_string());
    let answers = app.shown(reading, answers).await?;
    if !args.json.json {
        let item = &view.item;
        io.say(format_args!(
            "{}: {} ({})",
            item.kind.label(),
            item.title,
            view.word()
        ))?;
        for text in [&item.text, &item.link, &item.closed].into_iter().flatten() {
            io.say(text)?;
        }
    }
    io.list(&ANSWERS, &answers, args.json.json, &zone)
}

/// Said if there are items, and none is open.
const NOT_OPEN: &str = "No item is open. weft-hub agenda list shows drafts and closed ones too.";

/// The items, as `agenda list` lists them.
const ITEMS: List<ItemView> = List::new(&[
    Column::new("title", |view: &ItemView| (&*view.item.title).into()).words(),
    Column::new("type", |view: &ItemView| view.item.kind.word().into()),
    Column::new("id", |view: &ItemView| Datum::text(view.item.id)).id(),
    Column::new("state", |view: &ItemView| view.word().into()),
    Column::new("answer_by", |view: &ItemView| {
        view.item.answer_by.map(Datum::text).into()
    }),
    Column::new("wording", |view: &ItemView| Datum::text(view.item.wording)).only(DATA),
])
.none("The agenda is empty. Next: weft-hub agenda add --type proposal --title TEXT");

/// The answers to an item, as `agenda show` lists them.
const ANSWERS: List<AnswerView> = List::new(&[
    Column::new("location", |one: &AnswerView| {
        (one.location.as_str()).into()
    }),
    Column::new("answer", |one: &AnswerView| one.words().into())
        .words()
        .only(TABLE),
    Column::new("stance", |one: &AnswerView| {
        one.answer()
            .map(|answer| answer.stance.word().to_owned())
            .into()
    })
    .only(DATA),
    Column::new("said", |one: &AnswerView| {
        let all = serde_json::to_value(&one.answers);
        all.map_or(Datum::Nothing, Datum::Json)
    })
    .only(DATA),
    Column::new("reason", |one: &AnswerView| {
        let reasons = one.answers.iter().filter_map(|one| one.reason.clone());
        Some(reasons.collect::<Vec<_>>().join("; "))
            .filter(|text| !text.is_empty())
            .into()
    })
    .words()
    .only(TABLE),
])
.none("The network has no locations yet.");
