//! `line-of-sight`: our own column, as the national team sees it.

use clap::Args;
use serde_json::{Map, Value, json};
use weft_host::{
    clock,
    list::{Column, Datum, List},
    output::ExitCode,
    reply::Outcome,
};
use weft_shared::{
    alignment::{
        money::{Figures, InvestmentKey, Measure, Purse, Row},
        need::Need,
        sight::{Stage, not_counted},
    },
    model::number::Number,
    period::{Period, day_words},
    text::BadText,
};

use super::{Context, Json};
use crate::{
    replica::{DocumentError, Replica},
    view::{OutcomeRow, sight::OurSight},
    words::{answer_line, sight},
};

/// Show our own column of the line of sight: need, our priority, our work and money for each
/// outcome.
///
/// It is what the national team sees of us, made on this computer from what we shared and what the
/// hub published, and needs no connection. Nothing is ranked, scored or blended.
#[derive(Args, Debug)]
#[command(after_help = NAMES)]
pub(crate) struct LineOfSight {
    /// The period; without it the present fiscal year, July to June.
    #[arg(long, value_name = "PERIOD", value_parser = parse_period)]
    pub(crate) period: Option<Period>,
    #[command(flatten)]
    pub(crate) json: Json,
}

const NAMES: &str = "\
With --json: {location, period, as_of, outcomes}. Money that other locations state for this place \
is not in it; the hub's files of the line of sight name those locations in stated_by_others. Each \
of outcomes is {outcome, name, named_by, priority, needs, work, money, proposed, withheld, \
questions, others}: outcome is a code, the id of an outcome of ours, or null for money of which \
none is stated; needs is a list of {indicator, breakdown, period, value, numerator, denominator, \
status, target, target_period, target_of, gap, change, change_from, remarks}; money a list of \
{kind, currency, measure, part, value, low, high, gst_mixed} in which part is divided or shared, \
and nothing is added over lists; questions a list of {question, answers}.";

pub(super) fn parse_period(text: &str) -> Result<Period, String> {
    text.parse().map_err(|error: BadText| error.to_string())
}

/// Width of the label column.
const LABEL: usize = 12;

pub(crate) fn run(context: &mut Context<'_>, args: &LineOfSight) -> Outcome {
    let (now, asked) = (clock::now(), args.period);
    let (column, today) = context.node.read(move |replica: &mut Replica| {
        let today = replica.zone().day(now);
        let period = asked.unwrap_or_else(|| Period::fiscal_year(today));
        Ok::<_, DocumentError>((replica.sight(period, now)?, today))
    })??;
    if args.json.json {
        let outcomes: Vec<_> = column.rows.iter().map(|row| OUTCOMES.json(row)).collect();
        return context.io.json(&json!({
            "location": column.code,
            "period": column.period.to_string(),
            "as_of": today.to_string(),
            "outcomes": outcomes,
        }));
    }
    context.io.say(format_args!(
        "{} in {}, as of {}: what the national team sees of what we shared.",
        column.code,
        column.period,
        day_words(today)
    ))?;
    for row in &column.rows {
        outcome(context, row, &column)?;
    }
    context.io.tell(column.not_here())?;
    let not_counted = not_counted(column.period, today);
    context.io.tell(format_args!("Of work, {not_counted}."))
}

fn outcome(context: &mut Context<'_>, row: &OutcomeRow, column: &OurSight) -> Outcome {
    let io = &mut context.io;
    io.say("")?;
    io.say(row.heading())?;
    let mut line = |label: &str, text: &str| io.labelled(label, LABEL, text);
    for need in &row.cell.needs {
        line("need", &need_words(need, column))?;
    }
    if row.cell.needs.is_empty() && row.head != Row::NotStated {
        line("need", "not measured")?;
    }
    if row.head != Row::NotStated {
        line("priority", &sight::priority(row.cell.priority.as_ref()))?;
        line("work", &sight::work(&row.cell.work))?;
    }
    for text in row.money_lines() {
        line("money", &text)?;
    }
    for question in &row.questions {
        line(
            "question",
            &format!("{}: {}", question.name(), question.asked.question()),
        )?;
        let mut answers = question.answers.iter().map(answer_line).peekable();
        if answers.peek().is_none() {
            line("our answer", "no answer yet")?;
        }
        for said in answers {
            line("our answer", &said)?;
        }
    }
    for other in &row.others {
        let text = format!(
            "{} ({}, {})",
            other.quote.title,
            other.name,
            other.kind.label()
        );
        line("others", &text)?;
    }
    Ok(ExitCode::Ok)
}

fn need_words(need: &Need, column: &OurSight) -> String {
    let of = column.definitions.get(&need.indicator);
    let target = sight::target(need, of, column.today).map(|target| format!("target {target}"));
    let remarks = Some(sight::remarks(need)).filter(|text| !text.is_empty());
    let parts = [
        Some(sight::figure(need, of)),
        target,
        sight::gap(need, of),
        sight::change(need, of),
        remarks,
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{}: {}", sight::named(need, of), parts.join("; "))
}

/// The outcomes of a column, as `--json` gives them.
const OUTCOMES: List<OutcomeRow> = List::new(&[
    Column::new("outcome", |row: &OutcomeRow| {
        row.head.outcome().map(Datum::text).into()
    }),
    Column::new("name", |row: &OutcomeRow| {
        Some(row.name.clone())
            .filter(|name| !name.is_empty())
            .into()
    }),
    Column::new("named_by", |row: &OutcomeRow| {
        let by = match row.ours {
            true => "location",
            false => "network",
        };
        Some(by).filter(|_| row.head != Row::NotStated).into()
    }),
    Column::new("priority", |row: &OutcomeRow| {
        let said = row.cell.priority.as_ref();
        Datum::Json(said.map_or(
            Value::Null,
            |said| json!({"on": said.on.to_string(), "by": said.by, "why": said.why}),
        ))
    }),
    Column::new("needs", |row: &OutcomeRow| {
        Datum::Json(row.cell.needs.iter().map(need_json).collect())
    }),
    Column::new("work", |row: &OutcomeRow| {
        let work = &row.cell.work;
        let stages = work.initiatives.iter();
        let stages: Map<_, _> = stages
            .map(|(stage, count)| (stage_word(*stage).to_owned(), (*count).into()))
            .collect();
        Datum::Json(json!({
            "initiatives": stages,
            "open": work.n_open,
            "overdue": work.n_overdue,
            "markers": work.n_markers,
        }))
    }),
    Column::new("money", |row: &OutcomeRow| {
        let money = row.cell.money.iter();
        Datum::Json(
            money
                .flat_map(|(purse, figures)| money_json(purse, figures))
                .collect(),
        )
    }),
    Column::new("proposed", |row: &OutcomeRow| ids(&row.cell.proposed)),
    Column::new("withheld", |row: &OutcomeRow| ids(&row.cell.withheld)),
    Column::new("questions", |row: &OutcomeRow| {
        let questions = row.questions.iter();
        Datum::Json(
            questions
                .map(|one| json!({"question": one.asked, "answers": one.answers}))
                .collect(),
        )
    }),
    Column::new("others", |row: &OutcomeRow| {
        let others = row.others.iter();
        Datum::Json(
            others
                .map(|one| {
                    json!({
                        "location": one.location,
                        "kind": one.kind,
                        "id": one.id,
                        "title": one.quote.title,
                    })
                })
                .collect(),
        )
    }),
]);

const fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Of(status) => status.word(),
        Stage::NotStated => "not_stated",
    }
}

fn ids(of: &[InvestmentKey]) -> Datum {
    Datum::Json(of.iter().map(|(_, id)| id.to_string()).collect())
}

fn need_json(need: &Need) -> Value {
    let figure = need.figure.as_ref();
    let number = |number: Option<Number>| number.map(Number::json);
    let target = need.target.as_ref();
    let change = need.change.as_ref();
    json!({
        "indicator": need.indicator,
        "breakdown": need.part.key(),
        "period": figure.map(|one| one.period.to_string()),
        "value": number(figure.and_then(|one| one.value)),
        "numerator": number(figure.and_then(|one| one.numerator)),
        "denominator": number(figure.and_then(|one| one.denominator)),
        "status": figure.map(|one| one.status),
        "target": number(target.map(|one| one.value)),
        "target_period": target.and_then(|one| one.period).map(|one| one.to_string()),
        "target_of": target.map(|one| one.of.word()),
        "gap": number(need.gap),
        "change": number(change.map(|one| one.by)),
        "change_from": change.map(|one| one.before.period.to_string()),
        "remarks": need.remarks.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn money_json(purse: &Purse, figures: &Figures) -> Vec<Value> {
    let parts = [("divided", &figures.divided), ("shared", &figures.shared)];
    let sums = parts.into_iter().flat_map(|(part, totals)| {
        let measures = Measure::ALL.iter();
        measures.filter_map(move |measure| {
            let range = totals.get(*measure);
            (!range.is_zero()).then(|| {
                json!({
                    "kind": purse.kind,
                    "currency": purse.currency.to_string(),
                    "measure": measure.word(),
                    "part": part,
                    "value": range.value.json(),
                    "low": range.low.json(),
                    "high": range.high.json(),
                    "gst_mixed": totals.gst.is_mixed(),
                })
            })
        })
    });
    sums.collect()
}
