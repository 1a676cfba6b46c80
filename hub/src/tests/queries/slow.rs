//! Clients of releases that read slowly: only a few of their answers are in memory.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::time::timeout;

use super::{Hub, response};
use crate::limits::STREAMS_MAX;

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_read_slowly_hold_a_few_answers_of_releases_and_no_more() {
    let hub = Hub::new([1, 2, 0, 1]).await;
    hub.publish("vaccination").await;
    let streams = &hub.app().shared.streams;
    let headers = [("cookie", hub.cookie.as_str())];
    let formats = ["csv", "parquet", "xlsx", "csv&labels=mi"];
    assert_eq!(formats.len(), STREAMS_MAX);
    let mut held = Vec::new();
    for format in formats {
        let path = format!("/api/v1/rollups?format={format}");
        let answer = response(&hub.entrance.router, &path, &headers).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        held.push(answer);
    }
    assert_eq!(streams.available_permits(), 0);
    for path in ["rollups", "changes?since=2026.1", "coverage", "periods"] {
        let path = format!("/api/v1/{path}");
        let waits = timeout(Duration::from_millis(100), hub.get(&path));
        assert!(waits.await.is_err(), "{path} does not wait");
    }
    // Pages and files of releases wait for none of it.
    assert_eq!(hub.get("/data").await.status, StatusCode::OK);
    held.pop();
    let next = hub.get("/api/v1/rollups?format=xlsx");
    let next = timeout(Duration::from_secs(30), next).await.unwrap();
    assert_eq!(next.status, StatusCode::OK);
    held.clear();
    assert_eq!(streams.available_permits(), STREAMS_MAX);
}
