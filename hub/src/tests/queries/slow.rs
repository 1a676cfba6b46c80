//! Clients of releases that read slowly: only a few of their answers are in memory.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::time::timeout;

use super::{Hub, response};
use crate::limits::{STREAM_WAIT_MAX, STREAMS_MAX};

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_read_slowly_hold_a_few_answers_of_releases_and_no_more() {
    let hub = Hub::new([1, 2, 0, 1]).await;
    hub.publish("vaccination").await;
    let streams = &hub.app().shared.streams;
    let second = hub.entrance.with_passkey("Second", "analyst").await;
    let third = hub.entrance.with_passkey("Third", "analyst").await;
    let formats = ["csv", "parquet", "xlsx", "csv&labels=mi"];
    assert_eq!(formats.len(), STREAMS_MAX);
    let mut held = Vec::new();
    let readers = [&hub.cookie, &hub.cookie, &second, &second];
    for (format, cookie) in formats.iter().zip(readers) {
        let path = format!("/api/v1/rollups?format={format}");
        let headers = [("cookie", cookie.as_str())];
        let answer = response(&hub.entrance.router, &path, &headers).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        held.push(answer);
    }
    assert_eq!(streams.available_permits(), 0);
    for path in ["rollups", "changes?since=2026.1", "coverage", "periods"] {
        let path = format!("/api/v1/{path}");
        let waits = timeout(Duration::from_millis(100), hub.entrance.get(&path, &third));
        assert!(waits.await.is_err(), "{path} does not wait");
    }
    // Pages and files of releases wait for none of it.
    assert_eq!(hub.get("/data").await.status, StatusCode::OK);
    held.pop();
    // One who holds two takes no third, and hears when to ask again.
    let path = "/api/v1/rollups?format=xlsx";
    let busy = timeout(2 * STREAM_WAIT_MAX, hub.get(path)).await.unwrap();
    assert_eq!(busy.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(busy.header("retry-after"), "10");
    assert!(busy.body.contains("two by you alone"), "{}", busy.body);
    let next = hub.entrance.get(path, &third);
    let next = timeout(Duration::from_secs(30), next).await.unwrap();
    assert_eq!(next.status, StatusCode::OK);
    held.clear();
    assert_eq!(streams.available_permits(), STREAMS_MAX);
}
