//! The headers of every route of the table, for everybody, and whatever comes of it.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};

use super::{Entrance, table::example};
use crate::{
    access::routes,
    tests::web::{Answer, ask},
};

/// Headers that every answer has.
const ALL: [(&str, &str); 6] = [
    (
        "permissions-policy",
        "publickey-credentials-create=(self), publickey-credentials-get=(self)",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

fn check(path: &str, answer: &Answer) {
    for (name, value) in ALL {
        assert_eq!(answer.header(name), value, "{path}");
    }
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
    assert!(!policy.contains("unsafe"), "{path}: {policy}");
    assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    // A browser asks again by its tag for what it may keep, and forgets all else.
    let kept = answer.header("cache-control");
    let is_tagged = !answer.header("etag").is_empty();
    let right = match (path.starts_with("/assets/"), is_tagged) {
        (true, true) => "no-cache",
        (false, true) => "private, no-cache",
        (_, false) => "private, no-store",
    };
    // A release that will have a newer one leads there, and may lead elsewhere tomorrow.
    let is_lead = answer.status == StatusCode::FOUND;
    assert!(
        kept == right || is_lead && kept == "private, no-cache",
        "{path}: {kept}"
    );
    let is_page = answer.header("content-type").starts_with("text/html");
    assert!(!(is_page && is_tagged), "{path}: a page is kept nowhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_with_the_safeguards() {
    let hub = Entrance::new().await;
    let mut person = hub.person("Aroha", "analyst national").await;
    let session = hub.sign_in(&mut person).await;
    let mut ok = 0;
    // The way out ends the session, so it is the last.
    let routes = routes::paths().filter(|route| *route != OUT);
    for route in routes.chain([OUT]) {
        let path = example(route);
        for cookie in ["", &session] {
            let answer = hub.get(&path, cookie).await;
            ok += usize::from(answer.status == StatusCode::OK);
            check(&path, &answer);
            check(&path, &hub.post(&path, cookie, "").await);
        }
    }
    assert!(ok > 20, "{ok} routes were answered");
}

const OUT: &str = "/sign-out";

#[tokio::test(flavor = "multi_thread")]
async fn refusals_carry_the_safeguards_too() {
    let hub = Entrance::new().await;
    for path in [
        "/nowhere",
        "/api/v1/nothing",
        "/indicators/%FF",
        "/%00",
        "/a//b",
    ] {
        check(path, &hub.get(path, "").await);
    }
}

/// Nothing of the data interface can be changed, and the answer to somebody who tries is the same
/// for a stranger, a person and a program of anywhere, and for what is not there.
#[tokio::test(flavor = "multi_thread")]
async fn data_are_only_read_and_each_visitor_hears_the_same_of_it() {
    let hub = Entrance::new().await;
    let mut person = hub.person("Aroha", "analyst national").await;
    let session = hub.sign_in(&mut person).await;
    let foreign = [("origin", "https://example.org")];
    let signed = [("cookie", session.as_str())];
    let program = [("authorization", "Bearer weft_nothing")];
    for path in [
        "/api/v1/rollups",
        "/api/v1/nothing",
        "/api",
        "/openapi.json",
        "/data.json",
        "/data/vaccination/2026.1/vaccination.csv",
    ] {
        let mut bodies = BTreeSet::new();
        for headers in [&[][..], &foreign, &signed, &program] {
            for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
                let answer = ask(&hub.router, method.clone(), path, headers, "x=1").await;
                let status = answer.status.as_u16();
                assert_eq!(status, 405, "{method} {path}: {}", answer.body);
                assert_eq!(answer.header("allow"), "GET, HEAD", "{path}");
                assert_eq!(answer.header("content-type"), "application/problem+json");
                assert_eq!(answer.header("set-cookie"), "");
                check(path, &answer);
                bodies.insert(answer.body);
            }
        }
        assert_eq!(bodies.len(), 1, "{path}: {bodies:?}");
        let body = bodies.first().unwrap();
        assert!(body.contains("Data are only read here"), "{body}");
    }
    // A page still takes no form that came from elsewhere.
    let form = ask(&hub.router, Method::POST, "/sign-in", &foreign, "x=1").await;
    assert_eq!(form.status, StatusCode::FORBIDDEN);
}
