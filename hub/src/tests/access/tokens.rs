//! Tokens, request by request: what they open, for how long, and what the ledgers say of it.

mod acts;
mod limits;

use axum::http::{Method, StatusCode};
use data_encoding::BASE64;
use weft_host::clock;
use weft_shared::time::DAY_MS;

use super::{Entrance, between};
use crate::{
    access::{roles::Roles, scope::Scope},
    app::NewToken,
    tests::web::{Answer, ask},
};

const LIVE: &str = "/api/v1/indicators";
const RELEASED: &str = "/openapi.json";

impl Entrance {
    pub(super) async fn token(&self, person: &str, scope: Scope) -> String {
        let new = NewToken {
            name: None,
            purpose: "Quarterly report".to_owned(),
            days: 90,
            scope,
        };
        self.app.create_token_for(person, new).await.unwrap()
    }

    async fn with(&self, path: &str, authorization: &str, cookie: &str) -> Answer {
        let headers = [("authorization", authorization), ("cookie", cookie)];
        ask(&self.router, Method::GET, path, &headers, "").await
    }

    /// Reads with a token as `Bearer`.
    pub(super) async fn read(&self, path: &str, token: &str) -> Answer {
        self.with(path, &format!("Bearer {token}"), "").await
    }

    async fn set_roles(&self, name: &str, roles: &str) {
        let roles: Roles = roles.parse().unwrap();
        self.app.set_roles(name, roles).await.unwrap();
    }
}

/// Whether an answer has live figures, which say that they are not for publication.
fn is_live(answer: &Answer) -> bool {
    answer.status == StatusCode::OK && !answer.header("weft-notice").is_empty()
}

fn challenges(answer: &Answer) -> Vec<&str> {
    let all = answer.headers.get_all("www-authenticate").iter();
    all.map(|one| one.to_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_reads_no_more_than_its_scope_and_the_roles_of_today() {
    let hub = Entrance::new().await;
    hub.person("Aroha", "national").await;
    hub.person("Nikau", "analyst").await;
    let live = hub.token("Aroha", Scope::Live).await;
    let narrow = hub.token("Aroha", Scope::Releases).await;
    let analyst = hub.token("Nikau", Scope::Releases).await;
    for token in [&live, &narrow, &analyst] {
        assert_eq!(hub.read(RELEASED, token).await.status, StatusCode::OK);
        let releases = hub.read("/data.json", token).await;
        assert_eq!(releases.status, StatusCode::OK, "{}", releases.body);
    }
    assert_eq!(hub.read(LIVE, &live).await.status, StatusCode::OK);
    assert!(is_live(&hub.read(LIVE, &live).await));
    for token in [&narrow, &analyst] {
        assert!(!is_live(&hub.read(LIVE, token).await));
    }
    for path in ["/api/v1/agenda", "/api/v1/sight"] {
        assert_eq!(hub.read(path, &live).await.status, StatusCode::OK);
        let refused = hub.read(path, &narrow).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
        let says = refused.body.contains("a token of the scope live");
        assert!(says, "{}", refused.body);
    }
    hub.set_roles("Aroha", "analyst").await;
    assert!(!is_live(&hub.read(LIVE, &live).await));
    assert_eq!(hub.read(RELEASED, &live).await.status, StatusCode::OK);
    hub.set_roles("Aroha", "national").await;
    assert_eq!(hub.read(LIVE, &live).await.status, StatusCode::OK);
    hub.set_roles("Aroha", "admin").await;
    let none = hub.read(RELEASED, &live).await;
    assert_eq!(none.status, StatusCode::UNAUTHORIZED);
    assert!(
        none.body.contains("reads no figures any more"),
        "{}",
        none.body
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_comes_as_bearer_or_basic_and_both_are_offered() {
    let hub = Entrance::new().await;
    hub.person("Aroha", "national").await;
    let token = hub.token("Aroha", Scope::Live).await;
    let basic = |pair: String| format!("Basic {}", BASE64.encode(pair.as_bytes()));
    for good in [
        format!("Bearer {token}"),
        basic(format!("excel:{token}")),
        basic(format!(":{token}")),
    ] {
        assert_eq!(
            hub.with(LIVE, &good, "").await.status,
            StatusCode::OK,
            "{good}"
        );
    }
    for none in ["", "Negotiate abc"] {
        let missing = hub.with(LIVE, none, "").await;
        assert_eq!(missing.status, StatusCode::UNAUTHORIZED, "{none}");
        let offered = [
            "Bearer realm=\"weft\"",
            "Basic realm=\"weft\", charset=\"UTF-8\"",
        ];
        assert_eq!(challenges(&missing), offered);
    }
    let cut = &token[..token.len() - 1];
    for mistyped in [
        format!("Bearer {cut}"),
        basic(format!("{token}:")),
        "Bearer".to_owned(),
    ] {
        let refused = hub.with(LIVE, &mistyped, "").await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{mistyped}");
        assert!(
            refused.body.contains("mistyped or cut short"),
            "{}",
            refused.body
        );
        let invalid = "Bearer realm=\"weft\", error=\"invalid_token\"";
        assert_eq!(challenges(&refused)[0], invalid);
    }
}

#[tokio::test]
async fn a_token_ends_is_revoked_and_sleeps_while_its_person_is_locked() {
    let begin = clock::now();
    clock::simulate(begin);
    let hub = Entrance::new().await;
    hub.person("Aroha", "national").await;
    let token = hub.token("Aroha", Scope::Live).await;
    let refused = async |words: &str| {
        let answer = hub.read(LIVE, &token).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{words}");
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
        let offered = challenges(&answer);
        assert!(
            offered[0].ends_with("error=\"invalid_token\""),
            "{offered:?}"
        );
        assert!(offered[1].starts_with("Basic "), "{offered:?}");
    };
    assert_eq!(hub.read(LIVE, &token).await.status, StatusCode::OK);
    hub.app.lock_person("Aroha", true).await.unwrap();
    refused("may not sign in now").await;
    hub.app.lock_person("Aroha", false).await.unwrap();
    clock::simulate(begin.plus_ms(90 * DAY_MS - 1));
    assert_eq!(hub.read(LIVE, &token).await.status, StatusCode::OK);
    clock::simulate(begin.plus_ms(90 * DAY_MS));
    refused("is over: it lasted until").await;
    clock::simulate(begin.plus_ms(DAY_MS));
    assert!(hub.app.revoke_token("Aroha 1").await.unwrap());
    refused("was revoked").await;
    let unknown = hub.read(LIVE, &crate::access::secret::token()).await;
    assert_eq!(unknown.status, StatusCode::UNAUTHORIZED);
    assert!(
        unknown.body.contains("made no such token"),
        "{}",
        unknown.body
    );

    // Somebody who lost what they sign in with begins again without the old tokens.
    let token = hub.token("Aroha", Scope::Live).await;
    let link = hub.app.reset_person("Aroha").await.unwrap();
    let (_, path) = link.split_once("8433").unwrap();
    hub.enrol("Aroha", path).await;
    hub.app.confirm_person("Aroha", None).await.unwrap();
    let after = hub.read(LIVE, &token).await;
    assert_eq!(after.status, StatusCode::UNAUTHORIZED);
    let token = hub.token("Aroha", Scope::Live).await;
    hub.app.end_person("Aroha").await.unwrap();
    assert_eq!(
        hub.read(LIVE, &token).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_counts_alone_beside_a_session_and_nowhere_else() {
    let hub = Entrance::new().await;
    let mut national = hub.person("Aroha", "national").await;
    let mut analyst = hub.person("Nikau", "analyst").await;
    let (wide, narrow) = (
        hub.sign_in(&mut national).await,
        hub.sign_in(&mut analyst).await,
    );
    let live = hub.token("Aroha", Scope::Live).await;
    let releases = hub.token("Nikau", Scope::Releases).await;
    let with = async |path: &str, token: &str, session: &str| {
        hub.with(path, &format!("Bearer {token}"), session)
            .await
            .status
    };
    assert_eq!(with(LIVE, &live, &narrow).await, StatusCode::OK);
    let narrowed = hub.with(LIVE, &format!("Bearer {releases}"), &wide).await;
    assert!(!is_live(&narrowed), "{}", narrowed.body);
    assert_eq!(with(LIVE, "weft_0", &wide).await, StatusCode::UNAUTHORIZED);
    assert_eq!(
        hub.with(LIVE, "Negotiate x", &wide).await.status,
        StatusCode::OK
    );
    // The pages are for people: a token opens none of them, and closes none.
    for page in ["/", "/indicators", "/account"] {
        assert_eq!(with(page, &live, "").await, StatusCode::SEE_OTHER, "{page}");
        assert_eq!(with(page, "weft_0", &wide).await, StatusCode::OK, "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_an_address_is_refused_with_the_reason() {
    let hub = Entrance::new().await;
    hub.person("Aroha", "national").await;
    let token = hub.token("Aroha", Scope::Live).await;
    for path in [
        format!("{LIVE}?token={token}"),
        format!("/data?x={token}"),
        format!("{RELEASED}?access_token=abc"),
    ] {
        for authorization in [String::new(), format!("Bearer {token}")] {
            let refused = hub.with(&path, &authorization, "").await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{path}");
            for words in ["logs, histories", "Revoke this one", "not Web API"] {
                assert!(refused.body.contains(words), "{}", refused.body);
            }
            assert!(!refused.body.contains(&token[5..]), "{}", refused.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_makes_lists_and_revokes_their_tokens() {
    let hub = Entrance::new().await;
    let mut person = hub.person("Aroha", "national").await;
    let mut other = hub.person("Nikau", "analyst").await;
    let (own, foreign) = (
        hub.sign_in(&mut person).await,
        hub.sign_in(&mut other).await,
    );
    let form = "purpose=Dashboard+%3Cb%3E&days=30&scope=live";
    let made = hub.post("/account/tokens", &own, form).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    let token = between(&made.body, "<code class=\"secret\">", "<").to_owned();
    assert_eq!(hub.read(LIVE, &token).await.status, StatusCode::OK);
    let page = hub.get("/account", &own).await.body;
    assert!(!page.contains(&token), "it is shown once");
    let who = " · a member of the national team. You signed in for: ";
    assert!(page.contains(who), "{page}");
    assert!(
        page.contains("Dashboard &#60;b&#62;: reads live; until "),
        "{page}"
    );
    assert!(page.contains("; last used "), "{page}");
    for (form, words) in [
        ("purpose=short&days=30&scope=live", "10 to 200 characters"),
        ("purpose=Dashboard+one&days=366&scope=live", "1 to 365 days"),
        ("purpose=Dashboard+one&days=0&scope=live", "1 to 365 days"),
        (
            "purpose=Dashboard+one&days=soon&scope=live",
            "1 to 365 days",
        ),
        (
            "purpose=Dashboard+one&days=30&scope=all",
            "releases or live",
        ),
    ] {
        let refused = hub.post("/account/tokens", &own, form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(refused.body.contains(words), "{form}: {}", refused.body);
    }
    // An analyst is not offered live figures, and does not get them.
    let choices = hub.get("/account", &foreign).await.body;
    assert!(!choices.contains("value=\"live\""), "{choices}");
    let form = "purpose=Dashboard+one&days=30&scope=live";
    let refused = hub.post("/account/tokens", &foreign, form).await;
    assert!(
        refused.body.contains("Nikau is an analyst"),
        "{}",
        refused.body
    );

    // A token of somebody else stays.
    let number = between(
        &page,
        "tokens/revoke\"><input type=\"hidden\" name=\"number\" value=\"",
        "\"",
    );
    let form = format!("number={number}");
    hub.post("/account/tokens/revoke", &foreign, &form).await;
    assert_eq!(hub.read(LIVE, &token).await.status, StatusCode::OK);
    let revoked = hub.post("/account/tokens/revoke", &own, &form).await;
    assert_eq!(revoked.header("location"), "/account");
    assert_eq!(
        hub.read(LIVE, &token).await.status,
        StatusCode::UNAUTHORIZED
    );
}
