//! The arguments of every kind of record, made from the model's table of fields.

use std::str::FromStr as _;

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches, Subcommand, error::ErrorKind};
use weft_shared::{
    model::{
        Audience,
        line::LINE_FIELDS,
        schema::{FieldKind, FieldSpec, Owner, RecordKind},
    },
    text::capital,
};

use super::{Given, RecordCommand, Verb};
use crate::commands::parse_audience;

/// The help of `--audience` on commands that change an existing record.
const ONLY_WHERE: &str = "Change nothing unless this is its audience";
const SHOW_NAMES: &str = "With --json: {id, kind, audience, order, fields, contested, at, device}; \
fields has the names of the options, sets as lists.";
const LIST_NAMES: &str = "With --json: a list of {id, kind, audience, order, fields, contested, \
at, device}; fields has the names of the options, sets as lists.";

impl Subcommand for RecordCommand {
    fn augment_subcommands(command: Command) -> Command {
        let kinds = RecordKind::ALL.iter().copied();
        kinds
            .filter(|kind| kind.is_of(Owner::Location))
            .fold(command, |command, kind| command.subcommand(tree(kind)))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        RecordKind::from_str(name).is_ok_and(|kind| kind.is_of(Owner::Location))
    }
}

impl FromArgMatches for RecordCommand {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(ErrorKind::MissingSubcommand);
        let (kind, matches) = matches.subcommand().ok_or_else(missing)?;
        let kind = RecordKind::from_str(kind)
            .map_err(|error| clap::Error::raw(ErrorKind::InvalidSubcommand, error))?;
        let (verb, matches) = matches.subcommand().ok_or_else(missing)?;
        let id = || matches.get_one::<String>("id").cloned().unwrap_or_default();
        let audience = || matches.get_one::<Audience>("audience").copied();
        let verb = match verb {
            "add" => Verb::Add {
                fields: given(kind.fields_of(Owner::Location), matches),
                audience: audience(),
            },
            "list" => Verb::List {
                json: matches.get_flag("json"),
                removed: matches.get_flag("removed"),
            },
            "show" => Verb::Show {
                id: id(),
                json: matches.get_flag("json"),
            },
            "edit" => Verb::Edit {
                id: id(),
                fields: given(kind.fields_of(Owner::Location), matches),
                audience: audience(),
            },
            "remove" => Verb::Remove {
                id: id(),
                audience: audience(),
            },
            "restore" => Verb::Restore {
                id: id(),
                audience: audience(),
            },
            "line" => Verb::Line {
                id: id(),
                fields: given(LINE_FIELDS, matches),
                take_back: matches.get_flag("take-back"),
            },
            "withdraw" => Verb::Withdraw {
                id: id(),
                audience: audience(),
                yes: matches.get_flag("yes"),
            },
            _ => return Err(missing()),
        };
        Ok(Self { kind, verb })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn tree(kind: RecordKind) -> Command {
    let (word, label) = (kind.word(), kind.label());
    let id = || {
        Arg::new("id").required(true).value_name("ID").help(format!(
            "The {label}'s id, or its beginning, as `{word} list` shows it"
        ))
    };
    let json = || {
        Arg::new("json")
            .long("json")
            .action(ArgAction::SetTrue)
            .help("Print JSON, with the names below")
    };
    let tree = Command::new(word)
        .about(format!(
            "{}: add, list, show, edit, remove, restore",
            capital(kind.container().label())
        ))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("add")
                .about(format!("Add a new {label} and print its id"))
                .args(fields(kind, true))
                .arg(audience("Without it, it is for our team only (team)")),
        )
        .subcommand(
            Command::new("list")
                .about(format!("List every {label}"))
                .args([removed(), json()])
                .after_help(LIST_NAMES),
        )
        .subcommand(
            Command::new("show")
                .about(format!("Show one {label} with all its fields"))
                .arg(id())
                .arg(json())
                .after_help(SHOW_NAMES),
        )
        .subcommand(
            Command::new("edit")
                .about("Change the fields that are given; an empty value clears a field")
                .arg(id())
                .args(fields(kind, false))
                .arg(audience("Without it, the audience stays the same")),
        )
        .subcommand(
            Command::new("remove")
                .about(format!(
                    "Take one {label} out of the lists; its history stays"
                ))
                .arg(id())
                .arg(audience(ONLY_WHERE)),
        )
        .subcommand(
            Command::new("restore")
                .about(format!("Put a removed {label} back into the lists"))
                .args([id(), audience(ONLY_WHERE)]),
        );
    match kind {
        RecordKind::Insight => tree.subcommand(withdraw().args([id(), audience(ONLY_WHERE)])),
        RecordKind::Investment => tree.subcommand(
            Command::new("line")
                .about("State what of an investment was committed or spent, when and where")
                .arg(id())
                .args(line())
                .arg(take_back()),
        ),
        _ => tree,
    }
}

/// The options of a line. One that is taken back is named without its amount.
fn line() -> impl Iterator<Item = Arg> {
    let options = options(LINE_FIELDS, true).into_iter();
    options.map(|arg| match arg.get_id() == "amount" {
        true => arg.required(false).required_unless_present("take-back"),
        false => arg,
    })
}

fn take_back() -> Arg {
    Arg::new("take-back")
        .long("take-back")
        .action(ArgAction::SetTrue)
        .help("Take the line back that the other options name; it stays in the history")
}

fn withdraw() -> Command {
    let yes = Arg::new("yes").long("yes").action(ArgAction::SetTrue);
    Command::new("withdraw")
        .about(
            "The person who said it took it back: delete its words here and at the hub, for good",
        )
        .arg(yes.help("Do not ask"))
}

fn removed() -> Arg {
    Arg::new("removed")
        .long("removed")
        .action(ArgAction::SetTrue)
        .help("List the removed ones instead")
}

fn fields(kind: RecordKind, adding: bool) -> Vec<Arg> {
    options(kind.fields_of(Owner::Location), adding)
}

/// The options for a table of fields.
pub(crate) fn options(
    fields: impl IntoIterator<Item = &'static FieldSpec>,
    adding: bool,
) -> Vec<Arg> {
    let option = |field: &'static FieldSpec| {
        let arg = Arg::new(field.key)
            .long(field.key.replace('_', "-"))
            .help(field.hint)
            .required(adding && field.required)
            .allow_hyphen_values(true);
        let shown_by = |other: RecordKind| format!("an id that `{} list` shows", other.word());
        let arg = match field.kind {
            FieldKind::Reference(other) => arg.help(format!("{}: {}", field.hint, shown_by(other))),
            FieldKind::References(other) => arg.help(format!(
                "{}: {}; once for each",
                field.hint,
                shown_by(other)
            )),
            FieldKind::Tags { .. } => {
                arg.help(format!("{}: a word or two; once for each", field.hint))
            }
            FieldKind::Outcomes | FieldKind::Locations => {
                arg.help(format!("{}: once for each", field.hint))
            }
            _ => arg,
        };
        let arg = match (field.kind, field.key) {
            // The hub's commands and ours have one name in the singular and one in the plural.
            (FieldKind::Outcomes, "outcomes") => arg.alias("outcome"),
            (FieldKind::Outcomes, _) => arg.alias("outcomes"),
            (FieldKind::Locations, "locations") => arg.alias("location"),
            (FieldKind::Locations, _) => arg.alias("locations"),
            _ => arg,
        };
        let arg = match field.kind {
            FieldKind::Choice(words) => {
                arg.value_name("WORD")
                    .help(format!("{}: {}", field.hint, words.join(", ")))
            }
            FieldKind::Text { .. } | FieldKind::Prose { .. } | FieldKind::Words => {
                arg.value_name("TEXT")
            }
            FieldKind::Date => arg.value_name("YYYY-MM-DD"),
            FieldKind::Number => arg.value_name("NUMBER"),
            FieldKind::Amount => arg.value_name("AMOUNT"),
            FieldKind::Link => arg.value_name("URL"),
            FieldKind::Indicator
            | FieldKind::Area
            | FieldKind::Outcome
            | FieldKind::Outcomes
            | FieldKind::Locations
            | FieldKind::Currency => arg.value_name("CODE"),
            FieldKind::Period => arg.value_name("PERIOD"),
            FieldKind::Reference(_) | FieldKind::References(_) | FieldKind::Organisation => {
                arg.value_name("ID")
            }
            FieldKind::Tags { .. } => arg.value_name("WORD"),
        };
        if field.is_set() {
            arg.action(ArgAction::Append)
        } else {
            arg
        }
    };
    fields.into_iter().map(option).collect()
}

/// The option for how far a thing may travel.
pub(crate) fn audience(without: &str) -> Arg {
    Arg::new("audience")
        .long("audience")
        .value_name("AUDIENCE")
        .value_parser(parse_audience)
        .help(format!(
            "The widest audience: team (our team only), network or released. {without}"
        ))
}

/// The fields of a table that were given.
pub(crate) fn given(
    fields: impl IntoIterator<Item = &'static FieldSpec>,
    matches: &ArgMatches,
) -> Given {
    let values = |key| {
        let values = matches.get_many::<String>(key)?;
        Some((key, values.cloned().collect()))
    };
    fields
        .into_iter()
        .filter_map(|field| values(field.key))
        .collect()
}
