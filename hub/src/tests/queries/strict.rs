//! Two hubs that differ in withheld counts alone give the same answers to the same queries, byte by
//! byte: rows, errors, tags and cursors.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    body::{Bytes, to_bytes},
    http::HeaderMap,
};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use weft_host::clock;
use weft_shared::model::release::ReleaseId;

use super::{CODES, Hub, response};
use crate::{
    kit::THEN,
    store::{self, StoreError},
};

/// An answer in all its parts.
type Whole = (u16, HeaderMap, Bytes);

impl Hub {
    async fn whole(&self, path: &str) -> Whole {
        // No one asks so many things in a minute.
        clock::simulate(clock::now().plus_ms(600));
        let headers = [("cookie", self.cookie.as_str())];
        let answer = response(&self.entrance.router, path, &headers).await;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = to_bytes(answer.into_body(), 1 << 24).await.unwrap();
        (status, headers, body)
    }

    /// Rounds with the same secret as any other hub of these tests.
    async fn share_secret(&self) {
        let write = self.app().shared.store.write(|tx| {
            store::put_meta(tx, "round_secret", &[7; 32])?;
            Ok::<_, StoreError>(())
        });
        write.await.unwrap();
    }

    /// Publishes, at the same moment as any other hub of these tests: it is in each row.
    async fn publish_at(&self, day: i64) -> ReleaseId {
        let id = self.publish("vaccination").await;
        let ms = THEN.plus_ms(day * 86_400_000).ms();
        let (year, n) = (id.number.year, id.number.n);
        let write = self.app().shared.store.write(move |tx| {
            let sql = "UPDATE releases SET published_ms = ? WHERE year = ? AND n = ?";
            tx.execute(sql, (ms, year, n))?;
            Ok::<_, StoreError>(())
        });
        write.await.unwrap();
        id
    }
}

/// The names of parameters, each with values that are right or wrong.
fn values(first: &ReleaseId) -> Vec<(&'static str, Vec<String>)> {
    let number = first.number.to_string();
    let list = |words: &[&str]| {
        words
            .iter()
            .map(|one| (*one).to_owned())
            .collect::<Vec<_>>()
    };
    vec![
        (
            "dataset",
            list(&["vaccination", "vaccination", "other", ""]),
        ),
        (
            "release",
            list(&["latest", &number, &first.to_string(), "2020.1", "x"]),
        ),
        (
            "as_of",
            list(&["2026-11-25", "2001-01-01", "2999-01-01", "x", ""]),
        ),
        ("since", list(&[&number, "2026-11-25", "x"])),
        (
            "indicator",
            list(&["VAX_PRIMARY", "VAX_FIRST", "VAX_FIRST", "SMOKING"]),
        ),
        (
            "level",
            list(&["network", "location", "all", "all", "region"]),
        ),
        ("location", list(&["EC", "FN", "RT", "XX"])),
        (
            "period",
            list(&["2023-05", "2023-06", "2023-05..2023-06", "1999-01", "x"]),
        ),
        (
            "breakdown",
            list(&["total", "age=12%2B", "age=5-11", "age=5-11", "age=99"]),
        ),
        ("labels", list(&["en", "mi", "fr"])),
        ("format", list(&["csv", "json", "parquet", "xlsx", "sas"])),
        ("limit", list(&["1", "2", "1000", "0"])),
        ("cursor", list(&["x", "W10"])),
    ]
}

/// Queries that a fixed seed chooses: some right, some wrong.
fn queries(first: &ReleaseId) -> BTreeSet<String> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[12; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let all = values(first);
    let paths = [
        "rollups",
        "rollups",
        "rollups",
        "changes",
        "coverage",
        "indicators",
        "locations",
        "areas",
        "periods",
        "codes/obs_status",
    ];
    let indexes = 0..all.len();
    let some = prop::sample::subsequence(indexes.collect::<Vec<_>>(), 0..=4);
    let strategy = (
        prop::sample::select(paths.to_vec()),
        some,
        any::<[prop::sample::Index; 4]>(),
    );
    let mut query = || {
        let tree = strategy.new_tree(&mut runner).unwrap();
        let (path, names, chosen) = tree.current();
        let pairs = names.iter().zip(chosen).map(|(at, chosen)| {
            let (name, values) = &all[*at];
            format!("{name}={}", chosen.get(values))
        });
        let mut pairs: Vec<String> = pairs.collect();
        if path == "changes" && !names.contains(&3) {
            pairs.push(format!("since={}", first.number));
        }
        format!("/api/v1/{path}?{}", pairs.join("&"))
    };
    (0..QUERIES).map(|_| query()).collect()
}

/// Asks both hubs, and compares all of what they answer. Follows cursors to the last page.
async fn same(hubs: &[Hub; 2], path: &str) -> Whole {
    let [one, other] = hubs;
    let (answer, second) = (one.whole(path).await, other.whole(path).await);
    assert_eq!(answer, second, "{path}");
    let json = serde_json::from_slice::<serde_json::Value>(&answer.2).ok();
    let mut next = json.and_then(|json| Some(json["next"].as_str()?.to_owned()));
    while let Some(cursor) = next {
        let path = format!("{path}&cursor={cursor}");
        let page = one.whole(&path).await;
        assert_eq!(page, other.whole(&path).await, "{path}");
        assert_eq!(page.0, 200, "{path}");
        let json: serde_json::Value = serde_json::from_slice(&page.2).unwrap();
        next = json["next"].as_str().map(str::to_owned);
    }
    answer
}

fn lines(body: &Bytes) -> Vec<String> {
    let text = std::str::from_utf8(body).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn withheld_counts_change_no_byte_of_any_answer() {
    let mut hubs = [Hub::new([1, 2, 0, 1]).await, Hub::new([0, 0, 3, 2]).await];
    let mut releases = Vec::new();
    for hub in &mut hubs {
        hub.share_secret().await;
        let first = hub.publish_at(0).await;
        for at in 0..CODES.len() {
            hub.state(at, ("VAX_PRIMARY", "2023-05", "age=12%2B"), 500)
                .await;
        }
        let second = hub.publish_at(8).await;
        releases = vec![first, second];
    }
    let mut released = BTreeSet::new();
    for id in &releases {
        let all = format!("/api/v1/rollups?release={id}&level=all&format=csv");
        let all = lines(&same(&hubs, &all).await.2);
        let withheld = all
            .iter()
            .filter(|line| line.contains(",Q,C,withheld,"))
            .count();
        assert!(withheld >= 6, "{all:#?}");
        released.extend(all);
    }
    let mut seen: BTreeMap<u16, usize> = BTreeMap::new();
    for path in queries(&releases[0]) {
        let (status, headers, body) = same(&hubs, &path).await;
        *seen.entry(status).or_default() += 1;
        let is_csv = headers
            .get("content-type")
            .is_some_and(|kind| kind.to_str().unwrap().starts_with("text/csv"));
        if is_csv && path.contains("/rollups?") && !path.contains("labels=mi") {
            for line in lines(&body) {
                assert!(
                    released.contains(&line),
                    "{path} has a row of no release: {line}"
                );
            }
        }
    }
    assert!(seen[&200] > 60 && seen[&400] > 60, "{seen:?}");
    // A release is proposed on this thread and published on another: both on the same day.
    let ahead = clock::now();
    clock::end_simulation();
    // The comparison notices a count that is shown.
    hubs[0]
        .state(0, ("VAX_PRIMARY", "2023-05", "age=12%2B"), 700)
        .await;
    for hub in &hubs {
        hub.publish_at(9).await;
    }
    // The analyst signed in for a time that does not run backwards.
    clock::simulate(ahead);
    let path = "/api/v1/rollups?indicator=VAX_PRIMARY&period=2023-05";
    assert_ne!(hubs[0].whole(path).await, hubs[1].whole(path).await);
}

const QUERIES: usize = 800;
