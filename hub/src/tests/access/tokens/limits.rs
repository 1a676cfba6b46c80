//! The most that may be asked with one token, and what may not be done with one at all.

use axum::http::{Method, StatusCode};
use weft_host::clock;

use super::{LIVE, RELEASED};
use crate::{
    access::scope::Scope,
    app::NewToken,
    limits::{TOKEN_REQUESTS_A_MINUTE, TOKEN_REQUESTS_AT_ONCE, TOKENS_OF_A_PERSON_MAX},
    tests::{
        access::{Entrance, PASSWORD, later},
        web::{ask, response},
    },
};

#[tokio::test]
async fn a_token_has_120_requests_a_minute() {
    let begin = clock::now();
    clock::simulate(begin);
    let hub = Entrance::new().await;
    hub.person("Aroha", "national").await;
    let token = hub.token("Aroha", Scope::Live).await;
    let other = hub.token("Aroha", Scope::Releases).await;
    for n in 0..TOKEN_REQUESTS_A_MINUTE {
        assert_eq!(
            hub.read(RELEASED, &token).await.status,
            StatusCode::OK,
            "{n}"
        );
    }
    let busy = hub.read(RELEASED, &token).await;
    assert_eq!(busy.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(busy.header("retry-after"), "1");
    assert!(busy.body.contains("120 requests a minute"), "{}", busy.body);
    assert_eq!(hub.read(RELEASED, &other).await.status, StatusCode::OK);
    clock::simulate(begin.plus_ms(60_000));
    for n in 0..TOKEN_REQUESTS_A_MINUTE {
        assert_eq!(
            hub.read(RELEASED, &token).await.status,
            StatusCode::OK,
            "{n}"
        );
    }
    let busy = hub.read(RELEASED, &token).await;
    assert_eq!(busy.status, StatusCode::TOO_MANY_REQUESTS);
}

/// Each answer may be a row in the ledgers of all locations.
#[tokio::test]
async fn people_have_the_pace_of_tokens() {
    clock::simulate(clock::now());
    let hub = Entrance::new().await;
    let mut person = hub.person("Aroha", "national").await;
    let session = hub.sign_in(&mut person).await;
    for n in 0..TOKEN_REQUESTS_A_MINUTE {
        let answer = hub.get(RELEASED, &session).await;
        assert_eq!(answer.status, StatusCode::OK, "{n}");
    }
    let busy = hub.get(RELEASED, &session).await;
    assert_eq!(busy.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        busy.body.contains("a person who signed in"),
        "{}",
        busy.body
    );
    assert!(!busy.header("retry-after").is_empty());
    // Their pages go on.
    assert_eq!(hub.get("/account", &session).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn four_answers_at_once_until_their_last_byte() {
    let hub = Entrance::new().await;
    hub.person("Aroha", "national").await;
    let token = hub.token("Aroha", Scope::Live).await;
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let mut held = Vec::new();
    for _ in 0..TOKEN_REQUESTS_AT_ONCE {
        let answer = response(&hub.router, LIVE, &headers).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.headers().contains_key("content-length"));
        held.push(answer);
    }
    let busy = hub.read(LIVE, &token).await;
    assert_eq!(busy.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(busy.header("retry-after"), "1");
    held.pop();
    assert_eq!(hub.read(LIVE, &token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_makes_no_token_and_a_stale_sign_in_makes_none() {
    clock::simulate(clock::now());
    let hub = Entrance::new().await;
    let mut person = hub.person("Aroha", "national").await;
    let token = hub.token("Aroha", Scope::Live).await;
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("origin", "http://127.0.0.1:8433"),
        ("sec-fetch-site", "same-origin"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let form = "purpose=Dashboard+one&days=30&scope=live";
    let by_token = ask(&hub.router, Method::POST, "/account/tokens", &headers, form).await;
    assert_eq!(by_token.status, StatusCode::SEE_OTHER);
    assert!(by_token.header("location").starts_with("/sign-in"));
    later(&mut person);
    let answer = hub.try_in(&mut person, PASSWORD).await;
    let session = super::super::cookie(&answer);
    clock::simulate(clock::now().plus_ms(11 * 60_000));
    let stale = hub.post("/account/tokens", &session, form).await;
    assert!(stale.header("location").starts_with("/sign-in?again=1"));
    let page = hub.get("/account", &session).await.body;
    assert!(page.contains("Sign in again to make a token"), "{page}");
    assert_eq!(hub.app.tokens().await.unwrap().len(), 1);
    // Revoking needs no fresh sign-in.
    let number = hub.app.tokens().await.unwrap()[0].number;
    let form = format!("number={number}");
    hub.post("/account/tokens/revoke", &session, &form).await;
    assert_eq!(
        hub.read(LIVE, &token).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_no_more_tokens_than_somebody_could_look_through() {
    let hub = Entrance::new().await;
    hub.person("Aroha", "analyst").await;
    for _ in 0..TOKENS_OF_A_PERSON_MAX {
        hub.token("Aroha", Scope::Releases).await;
    }
    let new = NewToken {
        name: None,
        purpose: "Quarterly report".to_owned(),
        days: 1,
        scope: Scope::Releases,
    };
    let refused = hub.app.create_token_for("Aroha", new.clone()).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("Aroha has 20 that stand"), "{refused}");
    assert!(hub.app.revoke_token("Aroha 7").await.unwrap());
    hub.app.create_token_for("Aroha", new).await.unwrap();
}
