//! Figures one after another: the same as all at once, in pages that cost the same wherever they
//! are, and in files that are never in memory.

mod groups;
mod whole;

use std::{
    collections::BTreeSet,
    future::poll_fn,
    io::{self, Write},
    path::Path,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use clap::Parser as _;
use futures_core::Stream as _;
use rusqlite::{Connection, params};
use tokio::time::{sleep, timeout};
use weft_host::{clock, output::Io};
use weft_shared::{
    id::{DocId, LocationCode, LocationId, sha256_prefix},
    model::{Audience, observation::Statement},
    period::Period,
    rollup::{COLUMNS, Member, Network},
};

use self::whole::{of_network, queries, series, whole};
use super::{
    figures::{observe, statement},
    web::{Scene, response},
};
use crate::{
    aggregate::{reader::Reader, seen::Seen},
    app::{AppError, AppHandle, Moment, OfLocations as _, Reading, Unrecorded},
    commands::{self, cli::Cli},
    figures::{
        About, Figure, FigureKey, RollupQuery,
        rows::Rows,
        stream::{self, Head, Pieces, RowStream, WriteRows},
    },
    kit::{self, Device},
    limits::STREAMS_MAX,
    store::{StoreError, derived::again, rosters},
};

fn told(figures: &[Figure]) -> Vec<String> {
    let figures = figures.iter();
    let lines = figures.map(|one| format!("{:?} {:?}", one.row(), one.compared));
    lines.collect()
}

async fn page(
    app: &AppHandle,
    query: &RollupQuery,
    after: Option<FigureKey>,
    most: usize,
) -> Vec<Figure> {
    let query = query.clone();
    let found = app.counted(move |at| at.page_of_rows(&query, after, most));
    found.await.unwrap().unshown()
}

async fn begun(app: &AppHandle, query: &RollupQuery) -> (Head, Unrecorded<RowStream>) {
    let query = query.clone();
    let begun = app.stream_rows("a test", move |_| Ok::<_, AppError>((None, query)));
    begun.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_what_comparing_whole_series_gives() {
    let scene = series().await;
    let mut seen = 0;
    for query in queries() {
        let whole = told(&whole(&scene.app, &query).await);
        let page = async |after, most| page(&scene.app, &query, after, most).await;
        assert_eq!(told(&page(None, usize::MAX).await), whole, "{query:?}");
        let pooled = whole
            .iter()
            .filter(|line| line.contains("before: Y2018-2019"));
        seen += pooled.count();
        for most in 1..4 {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let next = page(after.take(), most).await;
                let Some(last) = next.last() else {
                    break;
                };
                after = Some(last.key());
                found.extend(next);
                assert!(found.len() <= whole.len(), "{query:?} by {most}");
            }
            assert_eq!(told(&found), whole, "{query:?} by {most}");
        }
    }
    assert!(
        seen > 0,
        "pooled years are compared with those that end before them"
    );
}

/// Reads a file to its end, or to the error that ends it.
async fn read(mut pieces: Pieces) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await {
        bytes.extend(piece?);
    }
    Ok(bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_all_rows_and_each_of_its_locations_is_in_the_ledger() {
    let scene = series().await;
    for (at, query) in queries().into_iter().enumerate() {
        let whole = whole(&scene.app, &query).await;
        let (head, rows) = begun(&scene.app, &query).await;
        assert_eq!(head.tag, begun(&scene.app, &query).await.0.tag);
        assert_eq!(head.is_empty, whole.is_empty());
        let subject = format!("query {at}");
        let reading = Reading::here("rollup", &subject);
        let pieces = scene.app.shown_rows(reading, rows, stream::json).await;
        let json = read(pieces.unwrap()).await.unwrap();
        let mut json: Vec<serde_json::Value> = serde_json::from_slice(&json).unwrap();
        for row in &mut json {
            let row = row.as_object_mut().unwrap();
            let own = ["source", "licence", "notice"].map(|name| row.remove(name).unwrap());
            assert_eq!(own[2], "not disclosure-controlled, not for publication");
        }
        let rows: Vec<_> = whole.iter().map(Figure::json).collect();
        assert_eq!(json, rows, "{query:?}");
        let reads = scene.app.reads(1_000).await.unwrap().into_iter();
        let reads = reads.filter(|row| row.subject == subject && row.count == 1);
        let reads: BTreeSet<String> = reads.map(|row| row.code).collect();
        let locations = whole.locations();
        let locations = locations.iter().map(ToString::to_string).collect();
        assert_eq!(reads, locations, "{query:?}");
    }
}

/// A day of a sync is in no entry, and reasons name it.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_another_tag_after_an_entry_and_after_a_sync() {
    let mut scene = Scene::new().await;
    let (first, _) = begun(&scene.app, &of_network()).await;
    scene.observe("NORTH", "2023-04", Some(80), 100).await;
    let (second, _) = begun(&scene.app, &of_network()).await;
    assert_ne!(first.tag, second.tag);
    let (location, wakes) = (scene.device.location, scene.app.shared.wakes());
    let noted = scene.app.shared.store.write(move |tx| {
        let lix = rosters::lix(tx, &location)?.unwrap();
        rosters::put_synced(tx, lix, kit::THEN)?;
        wakes.synced(tx);
        Ok::<_, StoreError>(())
    });
    noted.await.unwrap();
    let changed = async {
        while begun(&scene.app, &of_network()).await.0.tag == second.tag {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(10), changed).await.unwrap();
}

/// A document that is made again may differ, although no entry came and none was counted.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_another_tag_once_a_document_was_made_again() {
    let mut scene = Scene::new().await;
    scene.observe("NORTH", "2023-04", Some(80), 100).await;
    let (first, _) = begun(&scene.app, &of_network()).await;
    let (location, wakes) = (scene.device.location, scene.app.shared.wakes());
    let doc = DocId::derive(&location, "observations/2023", 0);
    let asked = scene.app.shared.store.write(move |tx| {
        let lix = rosters::lix(tx, &location)?.unwrap();
        again::ask(tx, lix, &doc)?;
        wakes.synced(tx);
        Ok::<_, StoreError>(())
    });
    asked.await.unwrap();
    let (second, _) = begun(&scene.app, &of_network()).await;
    assert_ne!(first.tag, second.tag);
}

/// A withdrawn text goes from the past too, although no entry came before the moment.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_the_past_has_another_tag_once_something_in_it_is_withdrawn() {
    let mut scene = Scene::new().await;
    scene.observe("NORTH", "2023-04", Some(80), 100).await;
    let moment = Moment::At(clock::now());
    let begun = async |app: &AppHandle| {
        let begun = app.stream_rows("a test", move |now| {
            Ok::<_, AppError>((Some(now.as_of(moment)?), of_network()))
        });
        let (head, rows) = begun.await.unwrap();
        let reading = Reading::here("rollup", "the past");
        let pieces = app.shown_rows(reading, rows, stream::json).await;
        (head.tag, read(pieces.unwrap()).await.unwrap())
    };
    let before = begun(&scene.app).await;
    let mut taken_back = Statement::retraction(scene.definition, Audience::Team);
    taken_back.method = None;
    let entry = scene
        .device
        .edit("observations/2023", observe("NORTH", "2023-04", taken_back));
    scene.device.push(&scene.app, entry).await;
    let after = begun(&scene.app).await;
    assert_ne!(before.1, after.1);
    assert_ne!(before.0, after.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_of_one_location_leaves_the_hub_after_its_row_in_the_ledger() {
    let scene = series().await;
    let (_, rows) = begun(&scene.app, &of_network()).await;
    let failing = scene.app.shared.store.write(kit::commits_fail(true)).await;
    failing.unwrap_err();
    // The first figure has a part of several locations.
    let reading = Reading::here("rollup", "all indicators");
    let pieces = scene.app.shown_rows(reading, rows, stream::json).await;
    let error = read(pieces.unwrap()).await.unwrap_err().to_string();
    assert!(
        error.contains("only once the ledger says who read it"),
        "{error}"
    );
}

/// A hub with one observation for each of so many months, before those of the scene.
async fn long(months: usize) -> (Scene, Vec<Period>) {
    let scene = Scene::new().await;
    let periods = lengthen(&scene, months).await;
    (scene, periods)
}

async fn lengthen(scene: &Scene, months: usize) -> Vec<Period> {
    scene.app.network_context().await.unwrap();
    let first: Period = "1800-01".parse().unwrap();
    let periods = std::iter::successors(Some(first), |period| period.next());
    let periods: Vec<Period> = periods.take(months).collect();
    let put = periods.clone();
    let written = scene.app.shared.store.write(move |tx| put_facts(tx, &put));
    written.await.unwrap();
    periods
}

/// Puts a fact of the first series and place into each period, as folding does.
fn put_facts(conn: &Connection, periods: &[Period]) -> Result<(), StoreError> {
    let (lix, doc): (u32, Vec<u8>) = conn.query_row(
        "SELECT lix, doc FROM year_documents ORDER BY document LIMIT 1",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    for period in periods {
        let year = period.reporting_year();
        conn.execute(
            "INSERT OR IGNORE INTO year_documents (document, lix, year, doc) VALUES (?, ?, ?, ?)",
            params![1_000 + i64::from(year), lix, year, doc],
        )?;
        conn.execute(
            "INSERT OR IGNORE INTO slices (series, period)
             SELECT label, ? FROM series WHERE series = 1",
            [period.number()],
        )?;
        conn.execute(
            "INSERT INTO facts (document, series, period, place, n, form, numerator, denominator)
             VALUES (?, 1, ?, 1, 0, 1, 40, 100)",
            params![1_000 + i64::from(year), period.number()],
        )?;
    }
    Ok(())
}

/// Makes up a network of so many locations around the real ones: they are silent.
fn crowd(network: &Network, count: usize) -> Arc<Seen> {
    let real = network.expected().next().unwrap();
    let made_up = (0..count).map(|at| {
        let mut member: Member = real.clone();
        let letter = |place: usize| char::from(b'A' + u8::try_from(at / place % 26).unwrap());
        let code = format!("Z{}{}", letter(26), letter(1));
        member.code = LocationCode::parse(&code).unwrap();
        let id = sha256_prefix("made up", &[&at.to_be_bytes()]);
        member.place.location_id = Some(LocationId::new(id));
        member
    });
    let definition = network.newest(&"VAX_PRIMARY".parse().unwrap());
    let real: Vec<Member> = network.expected().cloned().collect();
    Seen::new(Network::new(made_up.chain(real), definition.cloned()))
}

/// Counts the steps that SQLite takes on a connection while `work` runs.
fn steps<T>(conn: &Connection, work: impl FnOnce(&AtomicU64) -> T) -> T {
    let steps = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&steps);
    let count = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        false
    };
    conn.progress_handler(1, Some(count)).unwrap();
    let done = work(&steps);
    conn.progress_handler(0, None::<fn() -> bool>).unwrap();
    done
}

/// The number of figures, and the steps that SQLite takes for each page of twenty.
fn costs(
    conn: &Connection,
    network: &Seen,
    query: &RollupQuery,
) -> Result<(usize, Vec<u64>), StoreError> {
    let (mut after, mut costs, mut count) = (None, Vec::new(), 0);
    loop {
        let (found, cost) = steps(conn, |steps| {
            let rows = Rows::new(Reader::new(conn, network)?, query)?.page(after, 20);
            let found = rows.collect::<Result<Vec<Figure>, _>>()?;
            Ok::<_, StoreError>((found, steps.load(Ordering::Relaxed)))
        })?;
        count += found.len();
        let Some(last) = found.last().filter(|_| found.len() == 20) else {
            return Ok((count, costs));
        };
        after = Some(last.key());
        costs.push(cost);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_page_costs_what_the_first_does() {
    let scene = Scene::new().await;
    // A location whose first value is in the last of the periods has none to be compared with.
    let code = kit::add_location(&scene.app, "HV", &["EAST"]).await;
    let mut other = Device::found(&scene.app, &code).await;
    let said = observe("EAST", "1829-12", statement(scene.definition, 30));
    let entry = other.edit("observations/1829", said);
    other.push(&scene.app, entry).await;
    let periods = lengthen(&scene, 360).await;
    assert_eq!(periods.last().unwrap().to_string(), "1829-12");
    let network = scene.app.network_context().await.unwrap();
    let network = crowd(&network, 30);
    let read = scene.app.shared.store.read(move |conn| {
        let [all, of_network] =
            [RollupQuery::default(), of_network()].map(|query| costs(conn, &network, &query));
        Ok::<_, StoreError>([(all?, 30 + 2 + 1), (of_network?, 1)])
    });
    for ((count, costs), levels) in read.await.unwrap() {
        assert_eq!(
            count,
            (periods.len() + 3) * levels,
            "with those of the scene"
        );
        let tenth = costs.len() / 10;
        let first = costs[..tenth.max(2)].iter().max().unwrap();
        let last = costs[costs.len() - tenth.max(2)..].iter().max().unwrap();
        assert!(*last < first * 2, "{costs:?}");
        let whole: u64 = costs.iter().sum();
        assert!(first * 5 < whole, "a page reads a part: {costs:?}");
    }
}

/// Notes how many steps SQLite had taken when the first byte was written.
struct FirstByte<'a> {
    steps: &'a AtomicU64,
    taken: Option<u64>,
    bytes: usize,
}

impl Write for FirstByte<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let steps = self.steps.load(Ordering::Relaxed);
        self.taken.get_or_insert(steps);
        self.bytes += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_line_is_written_before_most_is_read() {
    let (scene, _) = long(600).await;
    let network = scene.app.network_context().await.unwrap();
    let network = crowd(&network, 48);
    let read = scene.app.shared.store.read(move |conn| {
        let formats: [(WriteRows, u64); 3] = [
            // A table has the rows of some slices together, because its columns have one width.
            (commands::figures::write, 4),
            (stream::csv, 10),
            (stream::json, 10),
        ];
        let told = formats.map(|(write, part)| {
            steps(conn, |steps| {
                let reader = Reader::new(conn, &network).unwrap();
                let rows = Rows::new(reader, &RollupQuery::default()).unwrap();
                let mut rows = rows.map(|one| one.map_err(io::Error::other));
                let mut out = FirstByte {
                    steps,
                    taken: None,
                    bytes: 0,
                };
                write(&mut rows, &About::default(), &mut out).unwrap();
                let (first, all) = (out.taken.unwrap(), steps.load(Ordering::Relaxed));
                (first, all, part, out.bytes)
            })
        });
        Ok::<_, StoreError>(told)
    });
    for (first, all, part, bytes) in read.await.unwrap() {
        assert!(bytes > (600 + 3) * 50 * 50, "{bytes}");
        assert!(
            first * part < all,
            "{first} of {all} steps at the first byte"
        );
    }
}

/// Notes how many streams were free when a command wrote the first byte.
struct FreeAtFirst(AppHandle, Arc<Mutex<Option<usize>>>);

impl Write for FreeAtFirst {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let free = self.0.shared.streams.available_permits();
        self.1.lock().unwrap().get_or_insert(free);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// More than all pieces that wait for a command: the reader cannot have come to its end.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_prints_while_its_figures_are_read() {
    let (scene, _) = long(2_600).await;
    let free = Arc::new(Mutex::new(None));
    let out = FreeAtFirst(scene.app.clone(), Arc::clone(&free));
    let mut io = Io::new(Box::new(out), Box::new(io::sink()), None);
    let cli =
        Cli::try_parse_from(["weft-hub", "rollup", "--level", "all", "--format", "csv"]).unwrap();
    let ran = commands::run(&scene.app, cli.command, Path::new("."), &mut io).await;
    assert!(ran.is_ok());
    assert_eq!(*free.lock().unwrap(), Some(STREAMS_MAX - 1));
    are_free(&scene.app).await;
}

async fn are_free(app: &AppHandle) {
    let streams = &app.shared.streams;
    let free = async {
        while streams.available_permits() < STREAMS_MAX {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(10), free).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_whose_client_stops_gives_its_reader_back() {
    let (scene, _) = long(2_600).await;
    let query = RollupQuery::default();
    let mut held = Vec::new();
    for n in 0..STREAMS_MAX {
        // One reader has two of them at most.
        let token = scene.app.create_token(&format!("test {n}")).await.unwrap();
        let bearer = format!("Bearer {token}");
        let path = "/api/v1/rollups?level=all&format=csv";
        let answer = response(&scene.router, path, &[("authorization", &bearer)]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let mut pieces = answer.into_body().into_data_stream();
        let piece = poll_fn(|context| Pin::new(&mut pieces).poll_next(context)).await;
        assert!(piece.unwrap().unwrap().starts_with(COLUMNS[0].as_bytes()));
        held.push(pieces);
    }
    // Clients that take nothing leave readers for everybody else.
    assert_eq!(page(&scene.app, &query, None, 2).await.len(), 2);
    assert_eq!(scene.app.shared.streams.available_permits(), 0);
    held.clear();
    are_free(&scene.app).await;
    // So does one that only asks whether anything changed.
    drop(begun(&scene.app, &query).await);
    are_free(&scene.app).await;
}
