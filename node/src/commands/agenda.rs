//! `agenda`: what the national team puts to all locations, and our answers.

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Subcommand};
use weft_host::{
    clock,
    failure::Failure,
    list::{Column, DATA, Datum, List, TABLE},
    output::ExitCode,
    reply::Outcome,
};
use weft_shared::{
    model::{
        answer::{ANSWER, AnswerKey, Stance},
        record::{FieldValue, Fields},
    },
    period::Period,
    text::counted,
    time::Timestamp,
};

use super::{Context, Json, line_of_sight::parse_period, record};
use crate::{
    edits::agenda,
    replica::{DocumentError, Edit, Replica},
    view::ItemRow,
    words::answer_line,
};

/// Read what the national team proposes, offers and asks, and answer it.
#[derive(Args, Debug)]
pub(crate) struct Agenda {
    #[command(subcommand)]
    pub(crate) command: AgendaCommand,
}

/// The subcommands of `agenda`.
#[derive(Debug, Subcommand)]
pub(crate) enum AgendaCommand {
    /// List the items with our answers.
    ///
    /// The last line is a digest. Locations that print the same one have the same agenda, word for
    /// word, with all answers of the national team.
    #[command(after_help = format!("With --json: {}.", ITEMS.shape()))]
    List(ListArgs),
    /// Show one item with its text and our answer.
    Show(Show),
    /// Answer an item as it is worded now, or a question about one of our outcomes. The national
    /// team and its readers see the answer.
    ///
    /// A question is one that `line-of-sight` asks: name it as that does, such as no_target/VAX.
    Answer(Answer),
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Only open items without our answer.
    #[arg(long)]
    pub(crate) unanswered: bool,
    #[command(flatten)]
    pub(crate) json: Json,
}

#[derive(Args, Debug)]
pub(crate) struct Show {
    /// The item's id, or its beginning.
    pub(crate) id: String,
}

/// The arguments of `agenda answer`, made from the model's table.
#[derive(Debug)]
pub(crate) struct Answer {
    id: String,
    /// The period that asks, if it is a question of the line of sight.
    period: Option<Period>,
    fields: Fields,
}

impl Args for Answer {
    fn augment_args(command: Command) -> Command {
        let id = Arg::new("id").required(true).value_name("ID");
        let options = record::options(ANSWER, true).into_iter().map(|arg| {
            // The team is who answers, if no one else is named.
            match arg.get_id().as_str() {
                "by" => arg.required(false).default_value(TEAM),
                // A question of the line of sight has one stance.
                "stance" => arg.required(false),
                _ => arg,
            }
        });
        let period = Arg::new("period").long("period").value_name("PERIOD");
        let period = period.value_parser(parse_period).help(
            "The period of the line of sight that asks the question; without it the present \
             fiscal year",
        );
        command
            .arg(id.help("The item's id, or its beginning, or the name of a question"))
            .arg(period)
            .args(options)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Answer {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = record::given(ANSWER, matches).into_iter();
        let fields = given.map(|(key, values)| (key.to_owned(), FieldValue::Text(values.concat())));
        Ok(Self {
            id: matches.get_one::<String>("id").cloned().unwrap_or_default(),
            period: matches.get_one::<Period>("period").copied(),
            fields: fields.collect(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The role of those who answer, if none is given.
const TEAM: &str = "team";

/// Width of the label column of `show`.
const LABEL: usize = 12;

pub(crate) fn run(context: &mut Context<'_>, args: &Agenda) -> Outcome {
    match &args.command {
        AgendaCommand::List(args) => list(context, args),
        AgendaCommand::Show(args) => show(context, &args.id),
        AgendaCommand::Answer(args) => answer(context, args),
    }
}

fn list(context: &mut Context<'_>, args: &ListArgs) -> Outcome {
    let unanswered = args.unanswered;
    let (rows, to_go, digest, zone) = context.node.read(move |replica| {
        let zone = replica.zone();
        let mut rows = replica.agenda(zone.day(clock::now()))?;
        let to_go = rows.iter().filter(|row| row.is_waiting()).count();
        rows.retain(|row| !unanswered || row.is_waiting());
        Ok::<_, DocumentError>((rows, to_go, replica.agenda_digest()?, zone))
    })??;
    context.io.list(&ITEMS, &rows, args.json.json, &zone)?;
    if args.json.json {
        return Ok(ExitCode::Ok);
    }
    if to_go > 0 {
        let items = counted(to_go, "item", "items");
        context
            .io
            .say(format_args!("{items} still without our answer."))?;
    }
    context
        .io
        .say(format_args!("Digest of the agenda: {digest}"))?;
    Ok(ExitCode::Ok)
}

fn show(context: &mut Context<'_>, id: &str) -> Outcome {
    let text = id.to_owned();
    let row = context
        .node
        .read(move |replica| found(replica, &text, clock::now()))??;
    let item = &row.item;
    let mut lines = vec![
        ("id", item.id.to_string()),
        ("type", item.kind.label().to_owned()),
        ("title", item.title.clone()),
        ("state", row.state.label().to_owned()),
    ];
    let mut add = |label, text: Option<String>| lines.extend(text.map(|text| (label, text)));
    add("text", item.text.clone());
    add("link", item.link.clone());
    let outcomes: Vec<_> = item.outcomes.iter().map(ToString::to_string).collect();
    add(
        "outcomes",
        Some(outcomes.join(", ")).filter(|text| !text.is_empty()),
    );
    add("answer by", item.answer_by.map(|day| day.to_string()));
    add("closes", item.closes.map(|day| day.to_string()));
    add("why closed", item.closed.clone());
    add("our answer", Some(row.answer_words()));
    for (one, on) in row.answers.iter().zip(&row.given) {
        add("reason", one.reason.clone());
        add("by", Some(one.by.clone()));
        add("on", on.map(|on| on.to_string()));
    }
    if let Some(was) = &row.earlier {
        add("it was to", Some(was.title.clone()));
        add("with the text", was.text.clone());
        add("changed on", Some(was.changed.to_string()));
    }
    for (label, text) in lines {
        context.io.labelled(label, LABEL, &text)?;
    }
    Ok(ExitCode::Ok)
}

fn answer(context: &mut Context<'_>, args: &Answer) -> Outcome {
    let (id, mut fields, period) = (args.id.clone(), args.fields.clone(), args.period);
    let question = AnswerKey::question(&id);
    let beside = match question {
        Some(_) => "the question",
        None => "the item",
    };
    let (before, is_asked) = context.node.read(move |replica| {
        let now = clock::now();
        let mut edit = Edit::default();
        let before = if let Some(key) = question {
            let stance = fields.entry("stance".to_owned());
            stance.or_insert_with(|| Stance::Explain.word().into());
            let period = period.unwrap_or_else(|| Period::fiscal_year(replica.zone().day(now)));
            agenda::answer_question(replica, &mut edit, (key, period), &fields, now)?
        } else {
            let row = found(replica, &id, now)?;
            let before = agenda::answer_item(replica, &mut edit, &row, &fields, now)?;
            (before, true)
        };
        replica.save(vec![edit], now)?;
        Ok::<_, Failure>(before)
    })??;
    let replaced: Vec<String> = before.iter().map(answer_line).collect();
    let replaced = match replaced.as_slice() {
        [] => String::new(),
        all => format!(", in place of our earlier answer, {}", all.join("; ")),
    };
    let of_all = match (replaced.is_empty(), beside) {
        (false, "the question") => " A question has one answer, for all periods.",
        _ => "",
    };
    let not_here = match is_asked {
        true => "",
        false => {
            " This computer does not ask the question. The hub may, because it has the money that \
             other locations state: if it does not either, the answer is beside nothing."
        }
    };
    context.io.tell(format_args!(
        "Answered{replaced}. The national team has it with the next sync, beside \
         {beside}.{of_all}{not_here}"
    ))
}

/// The item that an id names.
fn found(replica: &mut Replica, text: &str, now: Timestamp) -> Result<ItemRow, Failure> {
    let today = replica.zone().day(now);
    let mut rows = replica.item(text, today)?;
    match (rows.pop(), rows.len()) {
        (Some(row), 0) => Ok(row),
        (Some(_), more) => Err(Failure::usage(format_args!(
            "{} items have ids that begin with \"{text}\": give more of it. weft-node agenda list \
             shows them.",
            more + 1
        ))),
        (None, _) => Err(Failure::usage(format_args!(
            "The agenda has no item \"{text}\". weft-node agenda list shows those that there are; \
             weft-node sync --once takes new ones from the hub."
        ))),
    }
}

/// The items, as `agenda list` lists them.
const ITEMS: List<ItemRow> = List::new(&[
    Column::new("title", |row: &ItemRow| (&*row.item.title).into()).words(),
    Column::new("type", |row: &ItemRow| row.item.kind.word().into()),
    Column::new("id", |row: &ItemRow| Datum::text(row.item.id)).id(),
    Column::new("state", |row: &ItemRow| row.state.word().into()),
    Column::new("answer_by", |row: &ItemRow| {
        row.item.answer_by.map(Datum::text).into()
    }),
    Column::new("answer", |row: &ItemRow| row.answer_words().into())
        .words()
        .only(TABLE),
    Column::new("stance", |row: &ItemRow| {
        row.answer()
            .map(|answer| answer.stance.word().to_owned())
            .into()
    })
    .only(DATA),
    Column::new("wording", |row: &ItemRow| Datum::text(row.item.wording)).only(DATA),
])
.none("There is nothing to answer. weft-node sync --once takes the agenda from the hub.");
