//! The administration of people who signed in: who gets to it, and what the ledger says of them.

use axum::http::{Method, StatusCode};
use weft_host::clock;
use weft_shared::model::schema::RecordKind;

use super::Entrance;
use crate::{
    access::{
        routes::{self, Need},
        scope::Scope,
    },
    tests::web::{Scene, ask},
};

/// The forms of the administration, and the same filled in so that they would do something.
const FORMS: [(&str, &str); 5] = [
    ("/admin", "code=FN&name=Example"),
    ("/admin/invites", "code=FN&days=2"),
    ("/admin/invites/revoke", "number=1"),
    ("/admin/tokens/revoke", "name=Mere+1"),
    ("/admin/definitions", "toml=x"),
];

#[tokio::test(flavor = "multi_thread")]
async fn only_an_admin_who_signed_in_with_a_passkey_lately_administers() {
    let hub = Entrance::new().await;
    let admin = hub.with_passkey("Aroha", "admin").await;
    let mut others = vec![("a stranger", String::new())];
    for roles in ["analyst", "national"] {
        let mut person = hub.person(roles, roles).await;
        others.push((roles, hub.sign_in(&mut person).await));
    }
    // An admin by password is none.
    let mut person = hub.person("Hēmi", "national").await;
    let roles = "analyst national admin";
    hub.app
        .set_roles("Hēmi", roles.parse().unwrap())
        .await
        .unwrap();
    others.push((roles, hub.sign_in(&mut person).await));
    hub.person("Mere", "national").await;
    hub.token("Mere", Scope::Live).await;
    let before = hub.acts().await.len();
    for (path, form) in FORMS {
        for (who, session) in &others {
            let may = who.contains("national") && path.starts_with("/admin/definitions");
            let answer = hub.post(path, session, form).await;
            match *who {
                "a stranger" => {
                    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
                    assert_eq!(answer.header("location"), "/sign-in?next=");
                }
                _ if may => assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY),
                // They have the role, and hear that a passkey is missing.
                _ if who.contains("admin") => {
                    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
                    let words = "Looking after people needs a passkey";
                    assert!(answer.body.contains(words), "{}", answer.body);
                }
                _ => assert_eq!(answer.status, StatusCode::NOT_FOUND, "{who} {path}"),
            }
        }
    }
    assert_eq!(hub.acts().await.len(), before, "no one else did anything");
    for (path, form) in FORMS {
        let answer = hub.post(path, &admin, form).await;
        let status = match path {
            "/admin/definitions" => StatusCode::NOT_FOUND,
            "/admin/invites" => StatusCode::OK,
            _ => StatusCode::SEE_OTHER,
        };
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        if status == StatusCode::SEE_OTHER {
            assert!(answer.header("location").starts_with("/admin"), "{path}");
        }
    }
    let acts = hub.acts().await;
    let new = &acts[..acts.len() - before];
    let acts: Vec<&str> = new.iter().map(|(_, act, _)| act.as_str()).collect();
    assert_eq!(
        acts,
        [
            "token revoke",
            "invite revoke",
            "invite create",
            "location add"
        ]
    );
    assert!(new.iter().all(|(who, ..)| who == "Aroha"), "{new:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_admin_makes_a_token_there() {
    let hub = Entrance::new().await;
    let form = "name=Dashboard&scope=live&days=9&purpose=Quarterly+report";
    for roles in ["admin", "national admin"] {
        let admin = hub.with_passkey(&roles.replace(' ', "-"), roles).await;
        let answer = hub.post("/admin/tokens", &admin, form).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{roles}");
    }
    // Nor at their own account, if they do not read live figures themselves.
    let admin = hub.with_passkey("Aroha", "admin").await;
    hub.post("/account/tokens", &admin, form).await;
    assert!(hub.app.tokens().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_origin_changes_nothing() {
    let hub = Entrance::new().await;
    let admin = hub.with_passkey("Aroha", "admin").await;
    let before = hub.acts().await.len();
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("accept", "text/html"),
    ] {
        for (path, form) in FORMS {
            let headers = [
                ("cookie", admin.as_str()),
                (name, value),
                ("content-type", "application/x-www-form-urlencoded"),
            ];
            let answer = ask(&hub.router, Method::POST, path, &headers, form).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {name}");
        }
    }
    assert_eq!(hub.acts().await.len(), before);
}

#[tokio::test]
async fn an_admin_signs_in_again_after_ten_minutes() {
    let begin = clock::now();
    clock::simulate(begin);
    let hub = Entrance::new().await;
    let admin = hub.with_passkey("Aroha", "admin national").await;
    clock::simulate(begin.plus_ms(599_000));
    assert_eq!(hub.get("/admin", &admin).await.status, StatusCode::OK);
    clock::simulate(begin.plus_ms(601_000));
    for path in ["/admin", "/admin/definitions"] {
        let answer = hub.get(path, &admin).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        let again = answer.header("location");
        assert!(
            again.starts_with("/sign-in?again=1&next=%2Fadmin"),
            "{again}"
        );
    }
    let page = hub.get("/account", &admin).await;
    assert!(page.body.contains("<a href=\"/admin\">"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_who_is_not_national_reads_no_words_of_a_community() {
    let mut scene = Scene::new().await;
    let words = [("name", "Kōrero of the marae"), ("status", "testing")];
    scene.record(RecordKind::Initiative, 7, &words).await;
    let hub = Entrance {
        app: scene.app.clone(),
        router: scene.router.clone(),
        _dir: tempfile::TempDir::new().unwrap(),
    };
    let admin = hub.with_passkey("Aroha", "admin").await;
    let both = hub.with_passkey("Hēmi", "admin national").await;
    let shown = hub.get("/locations/FN", &both).await.body;
    assert!(shown.contains("alert("), "the record is there: {shown}");
    let pages = routes::paths().filter(|path| routes::need(path) == Some(Need::Admin));
    for path in pages.filter(|path| !path.contains('{')) {
        let body = hub.get(path, &admin).await.body;
        for words in ["alert(", "Kōrero of the marae"] {
            assert!(!body.contains(words), "{path}: {body}");
        }
        // Identifiers of devices may have the same digits.
        let mut words = body.split(|one: char| !one.is_alphanumeric());
        assert!(!words.any(|word| word == "780"), "{path}: {body}");
        // Every link and form stays inside.
        let targets = body.split(['"']).filter(|part| part.starts_with('/'));
        for target in targets.filter(|one| !one.starts_with("/assets/")) {
            let known = target.starts_with("/admin") || target == "/account";
            assert!(known, "{path}: {target}");
            assert!(!target.starts_with("/admin/definitions"), "{path}");
        }
    }
}
