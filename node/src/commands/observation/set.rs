//! `observation set` and `observation retract`: one value, checked against its definition before it
//! is saved.

use weft_host::{clock, failure::Failure, reply::Outcome};
use weft_shared::{
    id::IndicatorCode,
    model::{
        Audience, clean_text,
        indicator::{Adjustment, Definition, IndicatorType, Measure},
        observation::{Breakdown, ObservationKey, Statement, Status},
    },
    period::Period,
    rollup::cell::VALUE_DECIMALS,
    text::{percent, quoted},
    validation::{
        self, Invalid,
        question::{ANOTHER_BASE, Answers, GROWTH, Kind, Question, Row, keep, says_the_same},
        signs::{self, Expected},
    },
};

use super::{Retract, Set};
use crate::{
    commands::{
        Context,
        ask::{self, Asking},
        indicator,
    },
    edits::observations::{self, Problems},
    replica::{Edit, Replica, Saved},
    view::{
        IndicatorRow, ObservationRow,
        questions::{self, Standing, StatusIs},
    },
    words::{figure::as_stored, replaces},
};

pub(super) fn set(context: &mut Context<'_>, args: Set) -> Outcome {
    let row = indicator::wanted(context, &args.code)?;
    let breakdown = one_breakdown(&row, &args.breakdown)?;
    let key = key(&row, &args.area, &args.period, breakdown)?;
    let meant = meant(context, &row, &key, args.version)?;
    let audience = args
        .audience
        .audience
        .or_else(|| row.adopted().map(|one| one.audience));
    let audience = audience.ok_or_else(|| not_chosen(&row.definition.code))?;
    if let Some(long) = args.note.as_deref().and_then(validation::note) {
        return Err(refused(&key, &vec![long]));
    }
    let definition = meant.clone();
    let key = context
        .node
        .read(move |replica| observations::spelled(replica, &key, &definition))??;
    let mut asking = Asking::of(&args.confirm)?;
    let made = loop {
        let (statement, signs) = said(&args, &meant, audience, &asking.answers)?;
        let attempt = Attempt {
            key: key.clone(),
            statement,
            signs,
            definition: meant.clone(),
            note: args.note.clone(),
            status: match args.status {
                Some(_) => StatusIs::Chosen,
                None => StatusIs::Left,
            },
            asking: asking.clone(),
        };
        let make = move |replica: &mut Replica| attempt.make(replica);
        match context.node.read(make)?? {
            Ok(made) => break made,
            Err(open) => asking.ask(context, &open)?,
        }
    };
    context.io.say(key.typed())?;
    let echo = echo(&made.statement, &meant);
    if !made.saved.changed {
        return context.io.tell(format_args!(
            "That is what stood there already: {echo}. Nothing was changed."
        ));
    }
    context.io.tell(format_args!("Saved as {echo}."))?;
    let standing = made.standing.as_ref();
    if let Some(words) = standing.and_then(|standing| replaced(standing, &made.statement)) {
        context.io.tell(words)?;
    }
    let mut doubts = doubts(&made.statement, &meant, breakdown);
    doubts.extend(other_version(&row, &meant, key.period));
    doubts.extend(indicator::newer(&row).map(|words| format!("{}: {words}.", args.code)));
    doubts.extend(made.keeps_base.then(|| KEEPS_BASE.to_owned()));
    doubts.extend(made.left_open.iter().map(ask::shown));
    let beside = made.open_beside.iter();
    doubts.extend(beside.map(|(question, standing)| ask::shown_beside(question, standing)));
    for doubt in doubts {
        context.io.tell(doubt)?;
    }
    let words = context.node.whereabouts(audience)?;
    context.io.tell(words)
}

/// Reads the statement from the arguments, with the signs that can be read in two ways.
fn said(
    args: &Set,
    definition: &Definition,
    audience: Audience,
    answers: &Answers,
) -> Result<(Statement, Vec<String>), Failure> {
    let status = match args.status.as_deref() {
        Some(code) => code
            .to_ascii_uppercase()
            .parse()
            .map_err(Failure::usage_error)?,
        None => Status::Normal,
    };
    let method = args.method.as_deref().map(clean_text);
    let mut signs = Vec::new();
    let [numerator, denominator, value] = Expected::of(definition);
    let mut number = |option: &str, text: Option<&str>, expected| {
        let Some(text) = text else { return Ok(None) };
        let read = signs::typed(text, expected, answers);
        let read = read.map_err(|error| Failure::usage(format_args!("--{option}: {error}.")))?;
        signs.extend(read.doubt_words(option, text));
        Ok::<_, Failure>(Some(read.number))
    };
    let statement = Statement {
        numerator: number("numerator", args.numerator.as_deref(), numerator)?,
        denominator: number("denominator", args.denominator.as_deref(), denominator)?,
        value: number("value", args.value.as_deref(), value)?,
        lower: number("lower", args.lower.as_deref(), value)?,
        upper: number("upper", args.upper.as_deref(), value)?,
        method: method.filter(|text| !text.is_empty()),
        ..Statement::without_figure(definition.hash(), status, audience)
    };
    Ok((statement, signs))
}

/// One try to save a value.
struct Attempt {
    key: ObservationKey,
    statement: Statement,
    /// Its signs that can be read in two ways.
    signs: Vec<String>,
    definition: Definition,
    note: Option<String>,
    status: StatusIs,
    asking: Asking,
}

/// A value that was saved, or was there already.
struct Made {
    saved: Saved,
    statement: Statement,
    standing: Option<ObservationRow>,
    left_open: Vec<Question>,
    /// Whether it keeps a changed base because the earlier value stated one.
    keeps_base: bool,
    /// The questions about other figures that this one raises.
    open_beside: Vec<(Question, Standing)>,
}

impl Attempt {
    /// Saves, or returns the questions to answer first.
    fn make(self, replica: &mut Replica) -> Result<Result<Made, Vec<Question>>, Failure> {
        let now = clock::now();
        let (key, mut statement, asking) = (self.key, self.statement, self.asking);
        let problems = observations::problems(replica, &key, &statement, &self.definition, now)?;
        if !problems.is_empty() {
            return Err(refused(&key, &problems));
        }
        let standing = replica.observation(&key)?;
        let settled = standing.as_ref().and_then(ObservationRow::settled);
        let keeps_base = match settled {
            Some(only) if self.status == StatusIs::Left => keeps_base(&only.statement, &statement),
            _ => false,
        } && !asking.answers.says(GROWTH);
        if keeps_base {
            statement.status = Status::Break;
        }
        let same = settled.map(|only| &only.statement);
        let same = same.filter(|only| says_the_same(only, &statement));
        let coming = [(key.clone(), statement.clone())];
        let mut doubts = questions::doubts(replica, &coming, self.status)?;
        for words in self.signs {
            let (line, key) = (None, key.clone());
            doubts.questions.add(Kind::Sign, Row { line, key, words });
        }
        let open = asking.before_saving(&doubts.questions);
        if same.is_none() && !open.is_empty() {
            return Ok(Err(open));
        }
        if let Some(same) = same {
            statement = same.clone();
        }
        let answered = doubts.questions.confirmed(&key, &asking.answers);
        keep(&mut statement, answered);
        let mut edit = Edit::default();
        observations::state(replica, &mut edit, &key, statement.clone(), self.note)?;
        let shown = &asking.shown;
        for (key, statement) in doubts.answered_beside(&coming, &asking.answers, shown) {
            observations::state(replica, &mut edit, &key, statement, None)?;
        }
        let saved = replica.save(vec![edit], now)?;
        let mut left_open = asking.left_open(&doubts.questions);
        for question in &mut left_open {
            question.rows.retain(|row| row.key == key);
        }
        left_open.retain(|question| !question.rows.is_empty());
        Ok(Ok(Made {
            saved,
            statement,
            standing,
            left_open,
            keeps_base,
            open_beside: doubts.open_beside(&key, shown),
        }))
    }
}

/// Shown after a figure that keeps its earlier status because none was chosen.
const KEEPS_BASE: &str = "That its base changed was stated before, and stays so. --status A takes \
                          it back.";

/// Whether a figure without a chosen status keeps the earlier value's `Break`. A stated change of
/// base in that period is not taken back by another count. A change of base that answered a
/// question holds for its counts alone, and is judged with the questions.
fn keeps_base(standing: &Statement, said: &Statement) -> bool {
    standing.status == Status::Break
        && !standing.confirmed.contains(ANOTHER_BASE)
        && said.status == Status::Normal
        && said.definition == standing.definition
}

pub(super) fn retract(context: &mut Context<'_>, args: Retract) -> Outcome {
    let key = match (&args.area, &args.period) {
        (Some(area), Some(period)) => {
            let row = indicator::wanted(context, &args.what)?;
            let breakdown = one_breakdown(&row, &args.breakdown)?;
            key(&row, area, period, breakdown)?
        }
        (None | Some(_), _) => named(&args.what)?,
    };
    let audience = args.audience.audience;
    let id = key.typed();
    let saved = context.node.save(move |replica| {
        let row = replica.observation(&key)?.ok_or_else(|| {
            Failure::usage(format_args!(
                "There is no value {}. weft-node observation list shows what there is.",
                key.typed()
            ))
        })?;
        let first = &row.stated.first().ok_or_else(|| {
            Failure::failed(format_args!(
                "{} is of a newer version of Weft: upgrade.",
                key.typed()
            ))
        })?;
        let definition = first.statement.definition;
        let audience = audience.unwrap_or(first.statement.audience);
        let statement = Statement::retraction(definition, audience);
        let mut edit = Edit::default();
        observations::state(replica, &mut edit, &key, statement, args.note)?;
        Ok(vec![edit])
    })?;
    context.io.tell(if saved.changed {
        format!("{id} is taken back; the value that stood there stays in its history.")
    } else {
        format!("{id} had been taken back already.")
    })
}

/// The definition that a value is entered under: the one that `--version` names, else that of the
/// existing value, else the one in force for the period.
fn meant(
    context: &Context<'_>,
    row: &IndicatorRow,
    key: &ObservationKey,
    asked: Option<u32>,
) -> Result<Definition, Failure> {
    let about = key.clone();
    let standing = context
        .node
        .read(move |replica| replica.observation(&about))??;
    let stands = standing.map_or_else(Vec::new, |row| row.statements());
    let meant = row.stating(key.period, &stands, asked);
    meant.cloned().map_err(|error| {
        let text = error
            .to_string()
            .replace("name a version", "name one with --version");
        Failure::usage(format_args!("Nothing was saved: {text}."))
    })
}

/// A hint if a value is entered under another version than the one in force for its period.
fn other_version(row: &IndicatorRow, meant: &Definition, period: Period) -> Option<String> {
    let holds = row.stating(period, &[], None).ok()?.version;
    let (code, version) = (&meant.code, meant.version);
    (holds != version).then(|| {
        format!(
            "It is entered under version {version} of {code}, and for {period} version {holds} \
             holds: --version {holds} enters it under that one."
        )
    })
}

/// The one breakdown that a value may have.
fn one_breakdown<'a>(row: &IndicatorRow, given: &'a [String]) -> Result<Option<&'a str>, Failure> {
    let several = match given {
        [] => return Ok(None),
        [one] => return Ok(Some(one)),
        several => several.join(","),
    };
    let definition = &row.in_use;
    let crosses = definition.crossed.iter().map(|names| names.join(" by "));
    let crosses: Vec<String> = crosses.collect();
    let crosses = if crosses.is_empty() {
        "crosses none of them".to_owned()
    } else {
        format!("crosses {}", crosses.join(", "))
    };
    let code = &definition.code;
    let has = match validation::which_breakdown(definition) {
        Some(Invalid::WhichBreakdown { known, .. }) => {
            format!("{code} has {}, and {crosses}", known.join(", "))
        }
        _ => format!("{code} has no breakdowns"),
    };
    Err(Failure::usage(format_args!(
        "A value has one --breakdown. Nothing was saved. Several names are written in one, if the \
         definition crosses them: --breakdown {}. {has}.",
        quoted(&several)
    )))
}

/// Builds the key from code, area, period and breakdown. Without a breakdown it is the total.
fn key(
    row: &IndicatorRow,
    area: &str,
    period: &str,
    breakdown: Option<&str>,
) -> Result<ObservationKey, Failure> {
    Ok(ObservationKey {
        indicator: row.definition.code.clone(),
        area: area.parse().map_err(Failure::usage_error)?,
        period: period.parse().map_err(Failure::usage_error)?,
        breakdown: match breakdown {
            Some(text) => {
                Breakdown::from_typed(text, row.declared()).map_err(Failure::usage_error)?
            }
            None => Breakdown::Total,
        },
    })
}

/// Repeats what is saved, so that a typing slip shows: `48850 of 60463 (80.8%), normal`.
fn echo(said: &Statement, definition: &Definition) -> String {
    let share = said.numerator.zip(said.denominator);
    let share = share.filter(|_| definition.kind.is_ratio());
    let share = share.and_then(|(numerator, denominator)| {
        let share = numerator.ratio(denominator, definition.factor, VALUE_DECIMALS)?;
        let all = (definition.kind == IndicatorType::Proportion).then_some(definition.factor);
        Some(share.shown(1, all))
    });
    let words = as_stored(said);
    let is_percent = definition.measure() == Measure::Percent;
    match share {
        Some(share) if is_percent => words.replacen(", ", &format!(" ({}), ", percent(share)), 1),
        Some(share) => {
            let share = share.strip_suffix(".0").unwrap_or(&share);
            words.replacen(", ", &format!(" ({share} {}), ", definition.measure()), 1)
        }
        None => match said.value.filter(|_| is_percent) {
            Some(value) => words.replacen(&value.to_string(), &percent(value), 1),
            None => words,
        },
    }
}

/// Warnings about a value that was saved as given but may not be as meant.
fn doubts(said: &Statement, definition: &Definition, breakdown: Option<&str>) -> Vec<String> {
    let code = &definition.code;
    let mut doubts = Vec::new();
    if breakdown.is_none()
        && let Some(Invalid::WhichBreakdown { known, .. }) = validation::which_breakdown(definition)
    {
        doubts.push(format!(
            "No --breakdown was named, so this is the figure for everybody together. {code} is \
             also reported in parts: {}.",
            known.join(", ")
        ));
    }
    if validation::value_alone(said, definition).is_some() {
        doubts.push(format!(
            "A value alone cannot be added up, and {code} is a {}: this one counts in no figure of \
             the network until numerator and denominator are given.",
            definition.kind
        ));
    }
    if said.lower.is_some() || definition.adjustment != Adjustment::None {
        doubts.push("A survey's value is shown as it is, and never added up.".to_owned());
    }
    doubts
}

fn named(text: &str) -> Result<ObservationKey, Failure> {
    if text.parse::<IndicatorCode>().is_ok() {
        return Err(Failure::usage(format_args!(
            "Say which value of {text}: --area CODE --period PERIOD, and --breakdown NAME=VALUE \
             where it has parts; or give its id, as weft-node observation list shows it."
        )));
    }
    ObservationKey::from_typed(text).map_err(Failure::usage_error)
}

fn refused(key: &ObservationKey, problems: &Problems) -> Failure {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let mut text = format!("Nothing was saved: {}.", lines.join("; "));
    let alone = |problem: &Invalid| matches!(problem, Invalid::ValueAlone { .. });
    if problems.iter().any(alone) {
        let breakdown = &key.breakdown;
        text.push_str(&format!(
            "\n  weft-node observation set {} --area {} --period {} --breakdown \"{breakdown}\" \
             --numerator N --denominator D",
            key.indicator, key.area, key.period
        ));
    }
    Failure::usage(text)
}

/// Describes the earlier statements that this one replaced.
fn replaced(standing: &ObservationRow, now: &Statement) -> Option<String> {
    let before: Vec<String> = standing
        .stated
        .iter()
        .filter(|one| one.statement.contests(now))
        .map(|one| {
            let words = as_stored(&one.statement);
            let device = one.written.device.as_deref();
            device.map_or_else(|| words.clone(), |device| format!("{words}, from {device}"))
        })
        .collect();
    (!before.is_empty()).then(|| replaces(&before))
}

/// The failure if no audience has been chosen for an indicator's values.
fn not_chosen(code: &IndicatorCode) -> Failure {
    Failure::needs_action(format_args!(
        "No one has chosen how far values of {code} may travel. Choose it once (weft-node \
         indicator adopt {code} --audience network), or give --audience with this value."
    ))
}
