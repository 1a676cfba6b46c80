//! `weft-hub missing`: what was due and did not come.

use weft_host::{
    list::{Column, DATA, Datum, List, TABLE},
    output::Io,
    reply::Outcome,
};
use weft_shared::id::IndicatorCode;

use super::Json;
use crate::{
    app::{AppHandle, Reading},
    figures::Missing,
};

/// Arguments of `missing`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this indicator's.
    #[arg(long, value_name = "CODE")]
    pub indicator: Option<IndicatorCode>,
    /// Print JSON.
    #[command(flatten)]
    pub json: Json,
}

pub(super) async fn run(app: &AppHandle, args: Args, io: &mut Io) -> Outcome {
    let code = args.indicator.clone();
    let found = app.counted(move |at| Ok((at.missing(code.as_ref())?, at.zone())));
    let (missing, zone) = found.await?;
    let subject = args.indicator.as_ref();
    let subject = subject.map_or("all indicators", IndicatorCode::as_str);
    let missing = app
        .shown(Reading::here("missing", subject), missing)
        .await?;
    io.list(&MISSING, &missing, args.json.json, &zone)
}

/// Describes the JSON of `missing`.
pub(super) fn shape() -> String {
    MISSING.shape()
}

/// The figures that were due and did not come, as `missing` lists it.
const MISSING: List<Missing> = List::new(&[
    Column::new("indicator", |one: &Missing| Datum::text(&one.indicator)),
    Column::new("name", |one: &Missing| (&*one.name).into()).only(DATA),
    Column::new("location", |one: &Missing| Datum::text(&one.location)),
    Column::new("which", |one: &Missing| one.which().into())
        .words()
        .only(TABLE),
    Column::new("periods", |one: &Missing| {
        let periods = one.periods.iter().map(|due| due.period.to_string());
        Datum::Json(periods.collect::<Vec<_>>().into())
    })
    .only(DATA),
    Column::new("late_since", |one: &Missing| {
        let first = one.periods.first().filter(|_| one.is_late);
        first.map(|due| Datum::text(due.late_since())).into()
    }),
    Column::new("why", |one: &Missing| Datum::text(&one.why)).words(),
])
.none(
    "Nothing that was due is missing. An indicator is due once it has a calendar: weft-hub \
     definitions set CODE VERSION due_days=30 reported_from=PERIOD",
)
.notes("; late_since is null for a location that has not adopted the indicator, or declined it");
