//! `/api/v1/investments`, and `/api/v1/money` with a row for each line and each rest: those of all
//! teams for the national team, and for analysts those whose audience is `released`.

use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use weft_host::list::List;
use weft_shared::period::Period;

use super::{
    answer::{Format, csv, dated, json},
    problem::Problem,
    query::{MOMENTS, PERIODS, Query},
    question::{Live, Question, Wanted},
    released,
};
use crate::app::{
    AppError, Counted, MONEY, Moment, MoneyLine, MoneyRows, OfLocations, STATED, Stated, Unrecorded,
};

/// The investments of all teams.
///
/// One identifier that the hub and a location state is one investment, and has a row of each.
/// Analysts get those whose audience is `released`, in one answer.
#[utoipa::path(
    get, path = "/api/v1/investments", tag = "lists",
    params(
        ("as_of" = Option<String>, Query, description = "A day, or a time with its offset from \
            UTC: the investments as they stood then"),
        ("format" = Option<String>, Query, description = "csv or json"),
        ("limit" = Option<u32>, Query, description = "Rows of one JSON page, 1 to 1000"),
        ("cursor" = Option<String>, Query,
            description = "The value of \"next\" on the page before"),
    ),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn investments(wanted: Wanted) -> Result<Response, Problem> {
    match wanted {
        Wanted::Released(question) => released_alone(&question).await,
        Wanted::Live(live) => of_today(&live).await,
    }
}

/// The investments whose audience lets them go to all who hold a release.
async fn released_alone(question: &Question) -> Result<Response, Problem> {
    let known = Query::read(&question.uri, &["format"]);
    known.map_err(Problem::of_releases)?;
    let act = ("read investments", "audience released");
    let rows = question.investments(act).await;
    let rows = rows.map_err(Problem::of_releases)?;
    released::list(question, "investments", (&STATED, rows.0))
}

async fn of_today(live: &Live) -> Result<Response, Problem> {
    let query = Query::read(&live.uri, &["as_of", "format", "limit", "cursor"])?;
    let table = Table {
        name: "investments",
        act: "read investments",
        list: &STATED,
        key: Stated::key,
    };
    table.answer(live, &query, |at| at.stated_money()).await
}

/// The money of a period: a row for each line, and for each rest that no line divides.
///
/// The rows that count add up to the totals of the period. Analysts get those of investments whose
/// audience is `released`, as if there were no others, in one answer.
#[utoipa::path(
    get, path = "/api/v1/money", tag = "lists",
    params(
        ("period" = Option<String>, Query, description = "A period, such as FY2027; the fiscal \
            year of the day is the default"),
        ("as_of" = Option<String>, Query, description = "A day, or a time with its offset from \
            UTC: the money as it stood then"),
        ("format" = Option<String>, Query, description = "csv or json"),
        ("limit" = Option<u32>, Query, description = "Rows of one JSON page, 1 to 1000"),
        ("cursor" = Option<String>, Query,
            description = "The value of \"next\" on the page before"),
    ),
    responses((status = 200, body = super::openapi::ListPage)),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn money(wanted: Wanted) -> Result<Response, Problem> {
    match wanted {
        Wanted::Released(question) => released_money(&question).await,
        Wanted::Live(live) => {
            let known = ["period", "as_of", "format", "limit", "cursor"];
            let query = Query::read(&live.uri, &known)?;
            let period = period(&query)?;
            let table = Table {
                name: "money",
                act: "read money",
                list: &MONEY,
                key: MoneyLine::key,
            };
            table
                .answer(&live, &query, move |at| at.money_lines(period))
                .await
        }
    }
}

/// The lines of investments whose audience lets them go to all who hold a release.
async fn released_money(question: &Question) -> Result<Response, Problem> {
    let read = async {
        let query = Query::read(&question.uri, &["period", "as_of", "format"])?;
        let asked = (period(&query)?, moment(&query)?);
        let rows = question.money(asked, &query.words()).await?;
        Ok::<_, Problem>((query, rows.0))
    };
    let (query, rows) = read.await.map_err(Problem::of_releases)?;
    let json = || rows.iter().map(|row| MONEY.json(row)).collect();
    released::file(question, ("money", &query), json, || {
        MONEY.csv(&rows, false)
    })
}

fn period(query: &Query) -> Result<Option<Period>, Problem> {
    let period = query.one("period").map(str::parse).transpose();
    period.map_err(|error: weft_shared::text::BadText| {
        Problem::parameter("period", format!("period: {error}."), PERIODS)
    })
}

fn moment(query: &Query) -> Result<Option<Moment>, Problem> {
    let moment = query.one("as_of").map(Moment::in_query).transpose();
    moment.map_err(|error| Problem::parameter("as_of", format!("as_of: {error}."), MOMENTS))
}

/// Rows that were read, and are not in the ledger yet.
type Found<T> = Result<Unrecorded<MoneyRows<T>>, AppError>;

/// A list of live rows that JSON pages through.
struct Table<T: 'static> {
    name: &'static str,
    act: &'static str,
    list: &'static List<T>,
    key: fn(&T) -> String,
}

impl<T: Send + 'static> Table<T>
where
    MoneyRows<T>: OfLocations,
{
    /// Answers with the rows as they stand, or stood at the moment that is asked for.
    async fn answer(
        self,
        live: &Live,
        query: &Query,
        read: impl FnOnce(&Counted<'_>) -> Found<T> + Send + 'static,
    ) -> Result<Response, Problem> {
        let format = Format::of(query, &live.headers, Format::OF_LISTS)?;
        let rows_max = format.rows_max(query)?;
        let after = query.one("cursor").map(cursor).transpose()?;
        let (moment, key) = (moment(query)?, self.key);
        let found = live.app().counted(move |at| {
            let past = moment.map(|moment| at.as_of(moment)).transpose()?;
            let at = past.as_ref().unwrap_or(at);
            Ok(read(at)?.map(|rows| {
                let (rows, next) = cut(rows.0, (after.as_deref(), rows_max), key);
                (MoneyRows(rows), (next, at.as_of))
            }))
        });
        let reading = live.reader.reads(self.act, &query.words());
        let (rows, (next, as_of)) = live.app().shown(reading, found.await?).await?;
        let (rows, list) = (&rows.0, self.list);
        let response = match format {
            Format::Json => json(rows.iter().map(|row| list.json(row)), next, &live.headers),
            Format::Csv | Format::Xlsx | Format::Parquet => {
                csv(self.name, list.csv(rows, false), &live.headers)
            }
        };
        Ok(dated(response, as_of))
    }
}

/// The rows of a page, and the cursor of the next one. Rows come sorted by their key.
fn cut<T>(
    mut rows: Vec<T>,
    (after, rows_max): (Option<&str>, usize),
    key: fn(&T) -> String,
) -> (Vec<T>, Option<String>) {
    rows.sort_by_cached_key(key);
    if let Some(after) = after {
        rows.retain(|row| key(row).as_str() > after);
    }
    let more = rows.len() > rows_max;
    rows.truncate(rows_max);
    let last = rows.last().filter(|_| more);
    let next = last.map(|row| BASE64URL_NOPAD.encode(key(row).as_bytes()));
    (rows, next)
}

/// The key of the last row of the page before.
fn cursor(text: &str) -> Result<String, Problem> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
    let key = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    key.ok_or_else(|| {
        Problem::parameter(
            "cursor",
            "This cursor was not made here. Begin without one, then send what \"next\" says.",
            Vec::<String>::new(),
        )
    })
}
