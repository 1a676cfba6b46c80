//! Queries of the past: what was withdrawn since is never left out without a word.

use axum::http::{Method, StatusCode};
use weft_shared::{model::release::ReleaseId, time::Timestamp};

use super::{Hub, ask};

impl Hub {
    /// When a release went out, and when it was withdrawn.
    async fn times(&self, id: &ReleaseId) -> (Timestamp, Option<Timestamp>) {
        let id = id.clone();
        let view = self.app().read(move |at| Ok(at.release(&id)));
        let row = view.await.unwrap().unwrap().row;
        (row.published.unwrap(), row.withdrawn)
    }

    async fn withdraw(&self, id: &ReleaseId) {
        let withdrawn = self
            .app()
            .withdraw_release(id, "A slip in one count.", "operator");
        withdrawn.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_the_past_says_what_was_withdrawn_since() {
    let hub = Hub::new([1, 2, 0, 1]).await;
    hub.publish("vaccination").await;
    let slip = hub.publish("other").await;
    let then = hub.times(&slip).await.0.rfc3339();
    let lists = ["indicators", "locations", "areas", "periods", "coverage"];
    for list in lists {
        let whole = hub.get(&format!("/api/v1/{list}?as_of={then}")).await;
        assert_eq!(whole.status, StatusCode::OK, "{list}: {}", whole.body);
    }
    hub.withdraw(&slip).await;
    let since = hub.times(&slip).await.1.unwrap().rfc3339();
    for list in lists {
        let gone = hub.get(&format!("/api/v1/{list}?as_of={then}")).await;
        assert_eq!(gone.status, StatusCode::GONE, "{list}: {}", gone.body);
        let problem = gone.json();
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(&format!("{slip} was current then")));
        assert!(detail.contains("A slip in one count."), "{detail}");
        assert_eq!(problem["allowed"], serde_json::json!(["vaccination"]));
        for query in [
            format!("as_of={since}"),
            format!("as_of={then}&dataset=vaccination"),
            String::new(),
        ] {
            let rest = hub.get(&format!("/api/v1/{list}?{query}")).await;
            assert_eq!(rest.status, StatusCode::OK, "{query}: {}", rest.body);
            let rows = rest.json()["data"].as_array().unwrap().clone();
            let is_of = |row: &serde_json::Value| row["dataset"] == "vaccination";
            assert!(rows.iter().all(is_of), "{list} {query}: {}", rest.body);
            assert!(list == "areas" || !rows.is_empty(), "{list} {query}");
        }
    }
    let gone = hub
        .get(&format!("/api/v1/rollups?dataset=other&as_of={then}"))
        .await;
    assert_eq!(gone.status, StatusCode::GONE, "{}", gone.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_release_is_not_current_from_then_on() {
    let hub = Hub::new([1, 2, 0, 1]).await;
    let first = hub.publish("vaccination").await;
    let second = hub.publish("vaccination").await;
    hub.withdraw(&second).await;
    let since = hub.times(&second).await.1.unwrap().rfc3339();
    for query in [
        format!("rollups?limit=1&as_of={since}"),
        format!("indicators?as_of={since}"),
    ] {
        let answer = hub.get(&format!("/api/v1/{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.body);
        let release = &answer.json()["data"][0]["release"];
        assert_eq!(*release, *first.number.to_string(), "{query}");
    }
}

/// A program that has one version of an answer may ask for that alone (RFC 9110, 13.1.1).
#[tokio::test(flavor = "multi_thread")]
async fn a_query_of_another_version_than_there_is_is_refused() {
    let hub = Hub::new([1, 2, 0, 1]).await;
    hub.publish("vaccination").await;
    let router = &hub.entrance.router;
    let cookie = ("cookie", &*hub.cookie);
    for path in ["rollups?format=csv", "rollups", "indicators", "periods"] {
        let path = format!("/api/v1/{path}");
        let (headers, _) = hub.bytes(&path).await;
        let tag = headers.get("etag").unwrap().to_str().unwrap();
        for (wanted, status) in [
            (tag, StatusCode::OK),
            ("*", StatusCode::OK),
            ("\"old\"", StatusCode::PRECONDITION_FAILED),
        ] {
            let asked = [cookie, ("if-match", wanted)];
            let answer = ask(router, Method::GET, &path, &asked, "").await;
            assert_eq!(answer.status, status, "{path} {wanted}");
            if status != StatusCode::OK {
                assert!(answer.body.contains("If-Match"), "{}", answer.body);
            }
        }
    }
    // A format that a client accepts is sent, and what none of its formats is, is refused.
    let parquet = ("accept", "application/vnd.apache.parquet");
    let found = ask(
        router,
        Method::HEAD,
        "/api/v1/rollups",
        &[cookie, parquet],
        "",
    )
    .await;
    assert_eq!(found.header("content-type"), parquet.1);
    let list = ask(
        router,
        Method::GET,
        "/api/v1/periods",
        &[cookie, parquet],
        "",
    )
    .await;
    assert_eq!(list.status, StatusCode::NOT_ACCEPTABLE);
    assert!(list.body.contains("text/csv"), "{}", list.body);
}
