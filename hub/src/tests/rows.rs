//! Figures one after another: the same as all at once, in pages that cost the same wherever they
//! are, and in files that are never in memory.

use std::{sync::Arc, time::Duration};

use rusqlite::{Connection, params};
use tokio::time::{sleep, timeout};
use weft_shared::{
    id::{LocationCode, LocationId, sha256_prefix},
    period::Period,
    rollup::{Member, Network},
};

use super::{
    figures::{observe, statement},
    web::Scene,
};
use crate::{
    aggregate::reader::Reader,
    app::{AppHandle, OfLocations as _, Reading},
    figures::{Figure, LevelWord, RollupQuery, rows::Rows, source, stream},
    kit::{self, Device},
    limits::STREAMS_MAX,
    store::StoreError,
};

fn told(figures: &[Figure]) -> Vec<String> {
    let figures = figures.iter();
    let lines = figures.map(|one| format!("{:?} {:?}", one.row(), one.compared));
    lines.collect()
}

/// Two locations with months and years, some of them without a figure.
async fn series() -> Scene {
    let mut scene = Scene::new().await;
    let code = kit::add_location(&scene.app, "HV", &["EAST"]).await;
    let mut other = Device::found(&scene.app, &code).await;
    let definition = scene.definition;
    for (year, period, numerator) in [
        ("2022", "2022-11", 30),
        ("2022", "2022", 31),
        ("2023", "2023-02", 32),
        ("2023", "2023", 33),
        ("2024", "2024-01", 34),
    ] {
        let said = observe("EAST", period, statement(definition, numerator));
        let entry = other.edit(&format!("observations/{year}"), said);
        other.push(&scene.app, entry).await;
        let said = observe("NORTH", period, statement(definition, numerator + 20));
        let entry = scene.device.edit(&format!("observations/{year}"), said);
        scene.device.push(&scene.app, entry).await;
    }
    scene
}

fn queries() -> Vec<RollupQuery> {
    let all = RollupQuery::default();
    let network = RollupQuery {
        level: Some(LevelWord::Network),
        ..all.clone()
    };
    let of_one = RollupQuery {
        location: Some("HV".parse().unwrap()),
        ..all.clone()
    };
    let unconfirmed = RollupQuery {
        location: Some("WT".parse().unwrap()),
        ..all.clone()
    };
    let ranges = ["2023-02..2023-03", "2024-01", "2023", "2025-01"].map(|range| RollupQuery {
        period: Some(range.parse().unwrap()),
        ..all.clone()
    });
    [vec![all, network, of_one, unconfirmed], ranges.to_vec()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_what_comparing_whole_series_gives() {
    let scene = series().await;
    for query in queries() {
        let whole = source::figures(&scene.app, query.clone()).await.unwrap();
        let whole = told(&whole.unshown());
        let page = async |after, most| {
            let found = scene.app.page_of_rows(query.clone(), after, most).await;
            found.unwrap().unshown()
        };
        assert_eq!(told(&page(None, usize::MAX).await), whole, "{query:?}");
        for most in 1..4 {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let next = page(after.take(), most).await;
                let Some(last) = next.last() else {
                    break;
                };
                after = Some(last.key());
                found.extend(next);
            }
            assert_eq!(told(&found), whole, "{query:?} by {most}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_all_rows_and_its_readers_are_known_before_the_first() {
    let scene = series().await;
    for query in queries() {
        let whole = source::figures(&scene.app, query.clone()).await.unwrap();
        let whole = whole.unshown();
        let (tag, found) = scene.app.stream_rows(query.clone()).await.unwrap();
        let (again, _) = scene.app.stream_rows(query.clone()).await.unwrap();
        assert_eq!(tag, again);
        let stream = scene.app.shown(Reading::here("rollup", "x"), found);
        let stream = stream.await.unwrap();
        assert_eq!(stream.is_empty, whole.is_empty());
        assert!(stream.locations().is_superset(&whole.locations()));
        assert_eq!(stream.locations().is_empty(), whole.locations().is_empty());
        let mut pieces = stream.begin(stream::json);
        let mut json = Vec::new();
        while let Some(piece) = pieces.next().await {
            json.extend(piece.unwrap());
        }
        let json: Vec<serde_json::Value> = serde_json::from_slice(&json).unwrap();
        let rows: Vec<_> = whole.iter().map(Figure::json).collect();
        assert_eq!(json, rows, "{query:?}");
    }
}

/// A hub with one observation for each of so many months, before those of the scene.
async fn long(slices: usize) -> (Scene, Vec<Period>) {
    let scene = Scene::new().await;
    scene.app.network_context().await.unwrap();
    let first: Period = "1800-01".parse().unwrap();
    let periods = std::iter::successors(Some(first), |period| period.next());
    let periods: Vec<Period> = periods.take(slices).collect();
    let put = periods.clone();
    let written = scene.app.shared.store.write(move |tx| put_facts(tx, &put));
    written.await.unwrap();
    (scene, periods)
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
            "INSERT INTO slices (series, period) SELECT label, ? FROM series WHERE series = 1",
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

#[tokio::test(flavor = "multi_thread")]
async fn the_last_page_costs_what_the_first_does() {
    let (scene, periods) = long(600).await;
    let network = scene.app.network_context().await.unwrap();
    let read = scene.app.shared.store.read(move |conn| {
        let of_network = RollupQuery {
            level: Some(LevelWord::Network),
            ..RollupQuery::default()
        };
        let page = |after| {
            let reader = Reader::new(conn, &network)?;
            let mut rows = Rows::new(reader, &of_network)?.page(after, 20);
            let found = rows.by_ref().collect::<Result<Vec<Figure>, _>>()?;
            Ok::<_, StoreError>((found, rows.slices_read()))
        };
        let (mut after, mut costs, mut count) = (None, Vec::new(), 0);
        loop {
            let (found, cost) = page(after)?;
            count += found.len();
            let Some(last) = found.last().filter(|_| found.len() == 20) else {
                return Ok::<_, StoreError>((count, costs));
            };
            after = Some(last.key());
            costs.push(cost);
        }
    });
    let (count, costs) = read.await.unwrap();
    assert_eq!(count, periods.len() + 3, "with those of the scene");
    let least = *costs.iter().min().unwrap();
    // One more slice is read: that of the figure that the first one is compared with.
    assert!(costs.iter().all(|cost| *cost <= least + 1), "{costs:?}");
}

/// Makes up a network of so many locations around those of a real one: all but one are silent.
fn crowd(network: &Network, count: usize) -> Network {
    let real = network.expected().next().unwrap();
    let made_up = (0..count).map(|at| {
        let mut member: Member = real.clone();
        let letter = |place: usize| char::from(b'A' + u8::try_from(at / place % 26).unwrap());
        let code = format!("Z{}{}{}", letter(676), letter(26), letter(1));
        member.code = LocationCode::parse(&code).unwrap();
        member.place.location_id = Some(LocationId::new(sha256_prefix(
            "made up",
            &[&at.to_be_bytes()],
        )));
        member
    });
    let definitions = ["VAX_PRIMARY"].map(|code| network.newest(&code.parse().unwrap()));
    let definitions = definitions.into_iter().flatten().cloned();
    Network::new(made_up.chain([real.clone()]), definitions)
}

/// The most memory that this process had so far.
#[cfg(target_os = "linux")]
fn bytes_max() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kib = line.trim().trim_end_matches("kB").trim();
    kib.parse::<usize>().unwrap() << 10
}

/// A process of its own runs each test, so its memory is that of this one.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_takes_no_memory_of_its_size() {
    let (scene, _) = long(SLICES).await;
    let network = scene.app.network_context().await.unwrap();
    let network = Arc::new(crowd(&network, LOCATIONS));
    let write = |most: usize| {
        let network = Arc::clone(&network);
        scene.app.shared.store.read(move |conn| {
            let rows = Rows::new(Reader::new(conn, &network)?, &RollupQuery::default())?;
            let mut rows = rows
                .take(most)
                .map(|one| one.map_err(std::io::Error::other));
            let mut out = Counting(0);
            stream::csv(&mut rows, &mut out).unwrap();
            Ok::<_, StoreError>(out.0)
        })
    };
    write(2_000).await.unwrap();
    let before = bytes_max();
    let written = write(usize::MAX).await.unwrap();
    let more = bytes_max() - before;
    let rows = SLICES * (LOCATIONS + 2);
    assert!(written > rows * 100, "{written}");
    assert!(more < 4 << 20, "{rows} rows, {written} bytes: {more} more");
}

/// Counts what is written.
struct Counting(usize);

impl std::io::Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
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
    for _ in 0..STREAMS_MAX {
        let (_, found) = scene.app.stream_rows(query.clone()).await.unwrap();
        let mut pieces = found.unshown().begin(stream::csv);
        assert!(pieces.next().await.unwrap().is_ok());
        held.push(pieces);
    }
    // Clients that take nothing leave readers for everybody else.
    let page = scene.app.page_of_rows(query.clone(), None, 2).await;
    assert_eq!(page.unwrap().unshown().len(), 2);
    assert_eq!(scene.app.shared.streams.available_permits(), 0);
    held.clear();
    are_free(&scene.app).await;
    // So does one that only asks whether anything changed.
    drop(scene.app.stream_rows(query).await.unwrap());
    are_free(&scene.app).await;
}

const SLICES: usize = 250;
const LOCATIONS: usize = 398;
