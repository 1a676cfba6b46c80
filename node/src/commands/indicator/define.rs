//! `indicator define`: this location's own indicators. The model's table of fields gives the
//! options, as it does those of records.

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use weft_host::{failure::Failure, reply::Outcome};
use weft_shared::model::{
    Audience,
    indicator::{DRAFT, Settings, Texts},
};

use crate::{
    commands::{
        Context,
        record::{self, Given},
    },
    edits::define::{self, define, drafted, own_code},
    replica::Replica,
    view::Whose,
};

/// The definition of an own indicator, as given.
#[derive(Clone, Debug)]
pub(crate) struct Define {
    code: String,
    fields: Given,
    audience: Option<Audience>,
}

impl Args for Define {
    fn augment_args(command: Command) -> Command {
        let code = Arg::new("code")
            .required(true)
            .value_name("CODE")
            .help("Its code: your location's code, an underscore and a name, such as FN_SWIM");
        command
            .arg(code)
            .args(record::options(DRAFT, false))
            .arg(record::audience(
                "Without it, a new indicator is for our team only (team), and another keeps its \
                 audience",
            ))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Define {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self {
            code: matches
                .get_one::<String>("code")
                .cloned()
                .unwrap_or_default(),
            fields: record::given(DRAFT, matches),
            audience: matches.get_one::<Audience>("audience").copied(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The result of a definition.
struct Done {
    /// Its code and version.
    name: String,
    audience: Audience,
    is_changed: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: Define) -> Outcome {
    let now = weft_host::clock::now();
    let done = context.node.read(move |replica| {
        let edit = prepare(replica, args)?;
        let (edit, name, audience) = edit;
        let saved = replica.save(vec![edit], now)?;
        Ok::<_, Failure>(Done {
            name,
            audience,
            is_changed: saved.changed,
        })
    })??;
    if !done.is_changed {
        return context
            .io
            .tell("That is what it said already. Nothing was changed.");
    }
    context.io.tell(format_args!(
        "Defined {}. It is this location's own, and in no figure of the network. {}",
        done.name,
        super::reach::sentence(done.audience)
    ))
}

/// Reads what was given over what the indicator says already.
fn prepare(
    replica: &mut Replica,
    args: Define,
) -> Result<(crate::replica::Edit, String, Audience), Failure> {
    let code = own_code(replica, &args.code).map_err(|message| {
        let message = weft_shared::text::sentence(&message);
        Failure::usage(format_args!("{message} Nothing was saved."))
    })?;
    let row = replica
        .indicator(&code)?
        .filter(|row| row.whose == Whose::Own);
    let mut texts = row.as_ref().map_or_else(Texts::new, |row| {
        let newest = row.versions.version(row.definition.version);
        let settings = newest.map_or_else(Settings::default, |(_, settings)| settings.clone());
        row.definition.to_draft(&settings)
    });
    for (key, values) in args.fields {
        texts.insert(key.to_owned(), values.concat());
    }
    let drafted = drafted(replica, &code, &texts)?.map_err(|all| define::refused(&all))?;
    let before = row.as_ref().and_then(|row| row.adopted());
    let audience = args
        .audience
        .or_else(|| before.map(|adoption| adoption.audience));
    let audience = audience.unwrap_or(Audience::Team);
    let name = format!("{code} v{}", drafted.definition.version);
    Ok((define(replica, drafted, audience)?, name, audience))
}
