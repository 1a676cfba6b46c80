//! `indicator`: the network's indicators, this location's own, and its decisions about them.

mod define;
mod reach;

use clap::{Args, Subcommand};
use weft_host::{
    clock,
    failure::Failure,
    list::{Column, DATA, Datum, List},
    output::ExitCode,
    reply::Outcome,
};
use weft_shared::{
    id::IndicatorCode,
    model::{
        Audience, clean_text,
        indicator::Definition,
        profile::{Adoption, AdoptionStatus, REASON_BYTES_MAX},
    },
    text::counted,
};

use super::{AudienceArg, Context, Json};
use crate::{
    edits::{answer_after, decision, loses_yes, observations::widen, records},
    replica::{DocumentError, Replica},
    view::{IndicatorRow, PublishedRow, TargetRow, Whose},
};

/// List, show, adopt and decline the network's indicators, and define this location's own.
#[derive(Args, Debug)]
pub(crate) struct Indicator {
    #[command(subcommand)]
    pub(crate) command: IndicatorCommand,
}

/// The subcommands of `indicator`.
#[derive(Debug, Subcommand)]
pub(crate) enum IndicatorCommand {
    /// List the network's indicators and this location's own, and what it decided about each.
    #[command(after_help = format!("With --json: {}.", INDICATORS.shape()))]
    List(Json),
    /// Show one indicator's definition.
    #[command(after_help = SHOW_NAMES)]
    Show(Show),
    /// Adopt an indicator, and choose the audience of its values.
    Adopt(Adopt),
    /// Decline an indicator, with the reason.
    Decline(Decline),
    /// Define an indicator of this location's own, or change one.
    ///
    /// It is in no figure of the network. For one that exists, give only what changes. Another
    /// meaning becomes a new version, and needs --mapping and --reason; values entered before keep
    /// theirs.
    #[command(after_help = DEFINE_EXAMPLE)]
    Define(define::Define),
}

#[derive(Args, Debug)]
pub(crate) struct Show {
    /// The indicator's code, such as VAX_PRIMARY.
    pub(crate) code: String,
    #[command(flatten)]
    pub(crate) json: Json,
}

#[derive(Args, Debug)]
pub(crate) struct Adopt {
    /// The indicator's code.
    pub(crate) code: String,
    /// The audience of its values, unless a value has its own: team (our team only), network or
    /// released.
    #[arg(long, value_name = "AUDIENCE", value_parser = crate::commands::parse_audience)]
    pub(crate) audience: Audience,
    /// Give this audience to values with a narrower one as well. What has been shared cannot be
    /// recalled.
    #[arg(long)]
    pub(crate) widen: bool,
    /// Do not ask, if a yes to releases goes with it.
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Decline {
    /// The indicator's code.
    pub(crate) code: String,
    /// The reason, in a sentence; --audience is its audience too.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) audience: AudienceArg,
}

const DEFINE_EXAMPLE: &str = "\
Example:
  weft-node indicator define FN_SWIM --name \"Example: children who can swim\" --type proportion
    --unit children --numerator \"children who swam 25 m\" --denominator \"children asked\"
    --period quarter --direction up --breakdowns \"age: 5-7, 8-12\" --audience network";

const SHOW_NAMES: &str = "\
With --json: the definition in its canonical form, with whose (network or own), hash, decision,
audience, published figures and targets beside it. A published figure is {area, period,
breakdown, numerator, denominator, value, lower, upper, obs_status, publisher, licence, as_at}. A
target is {whose, value, period, area, breakdown, every_group, by, why, remarks}; whose is network
or own.";

/// Every indicator, as `indicator list` lists them.
const INDICATORS: List<IndicatorRow> = List::new(&[
    Column::new("code", |row: &IndicatorRow| {
        Datum::text(&row.definition.code)
    }),
    Column::new("version", |row: &IndicatorRow| {
        u64::from(row.definition.version).into()
    })
    .shown(|row| format!("v{}", row.definition.version)),
    Column::new("in_use", |row: &IndicatorRow| {
        u64::from(row.in_use.version).into()
    })
    .only(DATA),
    Column::new("whose", |row: &IndicatorRow| row.whose.word().into()),
    Column::new("decision", |row: &IndicatorRow| {
        row.decided().map(|adoption| adoption.status.word()).into()
    })
    .shown(decided)
    .words(),
    Column::new("audience", |row: &IndicatorRow| {
        row.decided()
            .map(|adoption| adoption.audience.word())
            .into()
    })
    .words(),
    Column::new("name", |row: &IndicatorRow| (&*row.definition.name).into()).words(),
    Column::new("type", |row: &IndicatorRow| {
        Datum::text(row.definition.kind)
    })
    .only(DATA),
    Column::new("period", |row: &IndicatorRow| {
        Datum::text(row.definition.period)
    })
    .only(DATA),
    Column::new("reason", |row: &IndicatorRow| {
        row.decided()
            .and_then(|adoption| adoption.reason.clone())
            .into()
    })
    .only(DATA),
    Column::new("contested", |row: &IndicatorRow| row.is_contested().into()).only(DATA),
    Column::new("definition", |row: &IndicatorRow| {
        Datum::text(row.definition.hash())
    })
    .only(DATA),
])
.none(
    "The hub has published no indicators yet, or this computer has not taken them: \
     weft-node sync --once.",
)
.notes(
    "; whose is network or own, version is the newest, in_use the one that values are entered \
            under, decision is \
            adopted, declined or null. If people decided at once, contested is true, and a decline \
            and the narrowest audience count until somebody settles it",
);

/// The decision in words, with the version in use if it is not the newest.
fn decided(row: &IndicatorRow) -> String {
    let Some(Adoption { status, .. }) = row.decided() else {
        return String::new();
    };
    if row.is_contested() {
        format!("{status} (conflict)")
    } else if row.in_use.version == row.definition.version {
        status.to_string()
    } else {
        format!("{status} v{}", row.in_use.version)
    }
}

pub(crate) fn run(context: &mut Context<'_>, args: Indicator) -> Outcome {
    match args.command {
        IndicatorCommand::List(json) => list(context, json),
        IndicatorCommand::Show(args) => show(context, &args),
        IndicatorCommand::Adopt(args) => adopt(context, &args),
        IndicatorCommand::Decline(args) => decline(context, args),
        IndicatorCommand::Define(args) => define::run(context, args),
    }
}

fn list(context: &mut Context<'_>, json: Json) -> Outcome {
    let rows = context.node.read(Replica::indicators)??;
    let zone = context.node.zone();
    context.io.list(&INDICATORS, &rows, json.json, &zone)
}

/// Width of the label column of `show`.
const LABEL: usize = 15;

fn show(context: &mut Context<'_>, args: &Show) -> Outcome {
    let row = wanted(context, &args.code)?;
    let targets = targets(context, &row)?;
    let published = published(context, &row)?;
    let adoption = row.decided();
    if args.json.json {
        let mut value: serde_json::Value =
            serde_json::from_str(&row.definition.encode()).map_err(|error| {
                Failure::failed(format_args!("The definition is unreadable: {error}."))
            })?;
        value["whose"] = row.whose.word().into();
        value["hash"] = row.definition.hash().to_string().into();
        value["decision"] = adoption.map(|adoption| adoption.status.word()).into();
        value["audience"] = adoption.map(|adoption| adoption.audience.word()).into();
        value["published"] = published.iter().map(published_json).collect();
        value["targets"] = targets.iter().map(target_json).collect();
        return context.io.json(&value);
    }
    let definition = &row.definition;
    context.io.say(format_args!(
        "{} v{}  {}",
        definition.code, definition.version, definition.name
    ))?;
    let decision = adoption.map(|adoption| match newer(&row) {
        _ if row.is_contested() => format!(
            "{}; others decided otherwise: weft-node conflicts",
            adoption.status
        ),
        Some(words) => format!("{}; {words}", adoption.status),
        None => adoption.status.to_string(),
    });
    for (label, text) in [
        ("whose", own_words(&row)),
        ("te reo", definition.name_mi.clone()),
        (
            "type",
            Some(format!("{}, in {}", definition.kind, definition.measure())),
        ),
        ("numerator", definition.numerator.clone()),
        ("denominator", definition.denominator.clone()),
        ("period", Some(definition.period.to_string())),
        ("breakdowns", Some(breakdowns(definition))),
        ("source", definition.source.clone()),
        ("hash", Some(definition.hash().to_string())),
        ("decision", decision),
        (
            "audience",
            adoption.map(|adoption| adoption.audience.to_string()),
        ),
        (
            "reason",
            adoption.and_then(|adoption| adoption.reason.clone()),
        ),
    ] {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            context.io.labelled(&format!("  {label}"), LABEL, &text)?;
        }
    }
    // The newest figure is enough here; JSON has them all.
    let newest = published.iter().map(|one| one.key.period.end()).max();
    for one in published
        .iter()
        .filter(|one| Some(one.key.period.end()) == newest)
    {
        let line = one.line(&row.definition);
        context.io.labelled("  published", LABEL, &line)?;
    }
    for target in &targets {
        context.io.labelled("  target", LABEL, &target.line())?;
    }
    Ok(ExitCode::Ok)
}

/// Says that an indicator is this location's own.
fn own_words(row: &IndicatorRow) -> Option<String> {
    (row.whose == Whose::Own).then(|| "this location's own; in no figure of the network".to_owned())
}

/// The breakdowns of a definition, each with its values.
fn breakdowns(definition: &Definition) -> String {
    let all = definition.breakdowns.iter();
    let all = all.map(|(name, values)| format!("{name}: {}", values.join(", ")));
    all.collect::<Vec<_>>().join("; ")
}

/// The network's targets of an indicator, and our own.
fn targets(context: &Context<'_>, row: &IndicatorRow) -> Result<Vec<TargetRow>, Failure> {
    let code = row.definition.code.clone();
    let read = move |replica: &mut Replica| replica.targets(Some(&code), clock::now());
    Ok(context.node.read(read)??)
}

/// The published figures of an indicator about our areas.
fn published(context: &Context<'_>, row: &IndicatorRow) -> Result<Vec<PublishedRow>, Failure> {
    let code = row.definition.code.clone();
    let read = move |replica: &mut Replica| replica.published(&code);
    Ok(context.node.read(read)??)
}

fn published_json(row: &PublishedRow) -> serde_json::Value {
    let (key, said, source) = (&row.key, &row.statement, &row.source);
    serde_json::json!({
        "area": key.area,
        "period": key.period.to_string(),
        "breakdown": key.breakdown.typed(),
        "numerator": said.numerator,
        "denominator": said.denominator,
        "value": said.value,
        "lower": said.lower,
        "upper": said.upper,
        "obs_status": said.status,
        "publisher": source.publisher,
        "licence": source.licence,
        "as_at": source.as_at.to_string(),
    })
}

fn target_json(row: &TargetRow) -> serde_json::Value {
    let target = &row.target;
    serde_json::json!({
        "whose": row.whose.word(),
        "value": target.value,
        "period": target.period.map(|period| period.to_string()),
        "area": target.area,
        "breakdown": Some(&target.breakdown).filter(|text| !text.is_empty()),
        "every_group": target.every_group,
        "by": target.by,
        "why": target.why,
        "remarks": row.remarks,
    })
}

/// A hint if the network has a newer definition than the one adopted here.
pub(super) fn newer(row: &IndicatorRow) -> Option<String> {
    let (adopted, newest) = (row.in_use.version, row.definition.version);
    let code = &row.definition.code;
    (row.adopted().is_some() && adopted != newest).then(|| {
        format!(
            "values are entered under v{adopted}, and there is v{newest}: weft-node indicator \
             adopt {code} takes it up"
        )
    })
}

fn adopt(context: &mut Context<'_>, args: &Adopt) -> Outcome {
    let row = wanted(context, &args.code)?;
    let (status, before) = (AdoptionStatus::Adopted, row.decided());
    let (releases, open) = answer_after(before, status, args.audience);
    let adoption = Adoption {
        status,
        definition: row.definition.hash(),
        audience: args.audience,
        reason: None,
        releases,
        open,
    };
    let loses_yes = loses_yes(before, &adoption);
    let plan = format!(
        "New values of {} are for your team only, and your yes to releases is taken back with it.",
        row.definition.code
    );
    if loses_yes && !args.yes && !context.io.types_yes(&plan, "Take it back?")? {
        return Err(Failure::needs_action(format_args!(
            "{plan} Nothing was changed. Say so with --yes."
        )));
    }
    let answer = (adoption.releases.is_some(), adoption.said_no());
    let widened = adopted(context, &row, adoption, args.widen)?;
    let code = row.definition.code.clone();
    let version = row.definition.version;
    let (words, when) = reach::words(args.audience, answer, &code);
    context
        .io
        .tell(format_args!("Adopted {code} v{version}. {words}"))?;
    if args.widen {
        context.io.tell(format_args!(
            "{} the same audience.",
            counted(widened, "narrower value has", "narrower values have")
        ))?;
    }
    if loses_yes {
        context.io.tell(YES_GOES)?;
    }
    if args.audience < Audience::Released {
        return Ok(ExitCode::Ok);
    }
    let outgoing = context.node.read(move |replica| replica.outgoing(&row))??;
    let mut words = outgoing.words.clone();
    if let Some(narrower) = outgoing.narrower_words() {
        words.push_str(&format!(
            " {narrower} To share them too: weft-node indicator adopt {code} --audience released \
             --widen"
        ));
    }
    context.io.tell(format_args!(
        "What would go out in a release {when}: {words}"
    ))
}

/// Saves an adoption, with the values that are narrower if they are to follow. Returns the number
/// of those.
fn adopted(
    context: &Context<'_>,
    row: &IndicatorRow,
    adoption: Adoption,
    widens: bool,
) -> Result<u64, Failure> {
    let code = row.definition.code.clone();
    let audience = adoption.audience;
    context.node.read(move |replica| {
        let mut rows = match widens {
            true => replica.observations(|key| key.indicator == code)?,
            false => Vec::new(),
        };
        rows.retain(|one| one.is_narrower(audience));
        let mut edit = decision(replica, &code, adoption)?;
        widen(replica, &mut edit, &rows, audience)?;
        replica.save(vec![edit], clock::now())?;
        Ok::<_, Failure>(rows.len() as u64)
    })?
}

fn decline(context: &mut Context<'_>, args: Decline) -> Outcome {
    let row = wanted(context, &args.code)?;
    let reason = clean_text(&args.reason);
    if reason.is_empty() {
        return Err(Failure::usage("Say why in a sentence: --reason TEXT."));
    }
    if reason.len() > REASON_BYTES_MAX {
        return Err(Failure::usage(format_args!(
            "The reason has {} bytes, and {REASON_BYTES_MAX} is the most: shorten it.",
            reason.len()
        )));
    }
    let audience = args.audience.audience.unwrap_or(Audience::Team);
    let adoption = Adoption {
        status: AdoptionStatus::Declined,
        definition: row.definition.hash(),
        audience,
        reason: Some(reason),
        releases: None,
        open: None,
    };
    let loses_yes = loses_yes(row.decided(), &adoption);
    decide(context, &row, adoption)?;
    let travels = match audience {
        Audience::Team => {
            "Only your team's devices can read this: with --audience network the national team \
             sees that and why, and rollups say \"declined\"."
        }
        Audience::Network | Audience::Released => "The national team sees that and why.",
    };
    context
        .io
        .tell(format_args!("Declined {}. {travels}", row.definition.code))?;
    match loses_yes {
        true => context.io.tell(YES_GOES),
        false => Ok(ExitCode::Ok),
    }
}

/// Said after a decision that takes a yes away.
const YES_GOES: &str = "Your yes to releases is taken back with it. That holds once the hub has \
    it: weft-node sync --once. A release that is published before that keeps your figures.";

/// Saves a decision about an indicator.
fn decide(context: &Context<'_>, row: &IndicatorRow, adoption: Adoption) -> Outcome {
    let code = row.definition.code.clone();
    context
        .node
        .save(move |replica| Ok(vec![decision(replica, &code, adoption)?]))?;
    Ok(ExitCode::Ok)
}

/// Finds the indicator that a person named.
pub(crate) fn wanted(context: &Context<'_>, text: &str) -> Result<IndicatorRow, Failure> {
    let code: IndicatorCode = text.parse().map_err(Failure::usage_error)?;
    let wanted = code.clone();
    let (row, known) = context.node.read(move |replica| {
        let rows = replica.indicators()?;
        let known: Vec<String> = rows
            .iter()
            .map(|row| row.definition.code.to_string())
            .collect();
        let row = rows.into_iter().find(|row| row.definition.code == wanted);
        Ok::<_, DocumentError>((row, known))
    })??;
    row.ok_or_else(|| {
        let known = records::there_are(text, &known);
        Failure::usage(format_args!("There is no indicator {code}. {known}"))
    })
}
