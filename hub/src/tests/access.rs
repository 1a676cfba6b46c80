//! Tests of the entrance: who gets in, to what, and what the ledger says of it.

mod admin;
mod ceremonies;
mod headers;
mod ledger;
mod locks;
mod passkeys;
mod people;
mod table;
mod tokens;

use std::sync::Arc;

use axum::{
    Router,
    http::{Method, StatusCode},
};
use tempfile::TempDir;
use weft_host::{
    clock,
    page::{self, Guard},
};
use weft_shared::{model::spelling::folded_name, time::Timestamp};

use super::web::{Answer, HOST, ask, site};
use crate::{
    access::{code::CodeSecret, roles::Roles, secret},
    app::{AppHandle, Invitation, NewPassword},
    kit, serve,
    store::{
        StoreError, people as stored,
        sessions::{self, NewCredential},
    },
};

/// A hub with an entrance.
pub(super) struct Entrance {
    pub(super) app: AppHandle,
    pub(super) router: Router,
    _dir: TempDir,
}

/// Somebody who enrolled with a password.
pub(super) struct Enrolled {
    pub(super) name: String,
    pub(super) secret: CodeSecret,
    /// The step of the last code that they used.
    used: Timestamp,
}

impl Enrolled {
    /// The next code that counts: each counts once, and one of the step after is taken too. It
    /// follows the clock, which on a virtual machine may have jumped since the last one.
    pub(super) fn next_code(&mut self) -> String {
        self.used = self.used.plus_ms(30_000).max(clock::now());
        self.secret.code(self.used)
    }
}

pub(super) const PASSWORD: &str = "kererū over the harbour";
pub(super) const PURPOSE: &str = "Quarterly+report";

impl Entrance {
    pub(super) async fn new() -> Self {
        let (dir, app) = kit::hub().await;
        Self::of(dir, app)
    }

    pub(super) fn of(dir: TempDir, app: AppHandle) -> Self {
        let guard = Guard::new(HOST.parse().unwrap(), &["/"], "/");
        let guard = Arc::new(serve::guarding(guard));
        let router = page::protect(serve::national(&app, &site()), &guard);
        Self {
            app,
            router,
            _dir: dir,
        }
    }

    /// Invites a person, and returns the path of their link.
    pub(super) async fn invite(&self, name: &str, roles: &str) -> String {
        self.invite_as(name, roles, false).await
    }

    /// The same of somebody whom locations may or may not name.
    pub(super) async fn invite_as(&self, name: &str, roles: &str, named: bool) -> String {
        let invitation = Invitation {
            name: name.to_owned(),
            organisation: "Example: ministry".to_owned(),
            roles: roles.parse::<Roles>().unwrap(),
            named,
        };
        let link = self.app.invite_person(invitation).await.unwrap();
        let (_, path) = link.split_once("8433").unwrap();
        path.to_owned()
    }

    pub(super) async fn get(&self, path: &str, cookie: &str) -> Answer {
        ask(&self.router, Method::GET, path, &[("cookie", cookie)], "").await
    }

    pub(super) async fn post(&self, path: &str, cookie: &str, form: &str) -> Answer {
        let headers = [
            ("cookie", cookie),
            ("origin", "http://127.0.0.1:8433"),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        ask(&self.router, Method::POST, path, &headers, form).await
    }

    /// Uses a link with a password and an app. Returns the person, and the cookie of the browser.
    pub(super) async fn enrol(&self, name: &str, path: &str) -> (Enrolled, String) {
        let now = clock::now();
        let (form, secret) = self.form(path, now).await;
        let answer = self.post(path, "", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let person = Enrolled {
            name: name.to_owned(),
            secret,
            used: now,
        };
        (person, cookie(&answer))
    }

    /// Fills in the form of a link.
    async fn form(&self, path: &str, now: Timestamp) -> (String, CodeSecret) {
        let page = self.get(path, "").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let setup = between(&page.body, "name=\"setup\" value=\"", "\"");
        let typed = between(&page.body, "<code class=\"secret\">", "<").replace(' ', "");
        let secret = data_encoding::BASE32_NOPAD
            .decode(typed.as_bytes())
            .unwrap();
        let secret = CodeSecret::new(secret.try_into().unwrap());
        let code = secret.code(now);
        let form = format!("password={PASSWORD}&again={PASSWORD}&setup={setup}&code={code}");
        (form, secret)
    }

    /// Invites, enrols and confirms a person.
    pub(super) async fn person(&self, name: &str, roles: &str) -> Enrolled {
        let path = self.invite(name, roles).await;
        let (person, _) = self.enrol(name, &path).await;
        self.app.confirm_person(name, None).await.unwrap();
        person
    }

    /// Invites and confirms a person who has a passkey. Returns the cookie of a session that it
    /// began.
    pub(super) async fn with_passkey(&self, name: &str, roles: &str) -> String {
        self.invite(name, roles).await;
        let folded = folded_name(name);
        let enrolled = self.app.shared.store.write(move |tx| {
            let person = stored::named(tx, &folded)?.unwrap().number;
            let (waits, now) = (secret::hash("waits", "x"), clock::now());
            let words = "abandon abandon abandon abandon";
            stored::enrolled(tx, person, (words, &waits), now)?;
            Ok::<_, StoreError>(person)
        });
        let person = enrolled.await.unwrap();
        self.app.confirm_person(name, None).await.unwrap();
        self.session_of(person).await
    }

    /// Begins a session of a person by a new passkey.
    pub(super) async fn session_of(&self, person: i64) -> String {
        let cookie = secret::cookie();
        let hash = secret::hash("cookie", &cookie);
        let begun = self.app.shared.store.write(move |tx| {
            let key = secret::token().into_bytes();
            let new = NewCredential {
                person,
                key: Some(&key),
                label: "passkey of a test",
                secret: b"",
                step: 0,
            };
            let now = clock::now();
            let credential = sessions::add_credential(tx, &new, now)?;
            sessions::begin(tx, &hash, (person, credential, "Looking after people"), now)?;
            Ok::<_, StoreError>(())
        });
        begun.await.unwrap();
        format!("weft-8433={cookie}")
    }

    /// Signs a person in with the next code. Returns the answer.
    pub(super) async fn try_in(&self, person: &mut Enrolled, password: &str) -> Answer {
        let code = person.next_code();
        self.send_in(&person.name, password, &code).await
    }

    pub(super) async fn send_in(&self, name: &str, password: &str, code: &str) -> Answer {
        let form = format!(
            "name={name}&password={password}&code={code}&purpose={PURPOSE}&next=%2Findicators"
        );
        self.post("/sign-in", "", &form).await
    }

    /// Signs a person in, and returns the cookie of their session.
    pub(super) async fn sign_in(&self, person: &mut Enrolled) -> String {
        let answer = self.try_in(person, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert_eq!(answer.header("location"), "/indicators");
        cookie(&answer)
    }

    /// The acts of the ledger, newest first.
    pub(super) async fn acts(&self) -> Vec<(String, String, String)> {
        let rows = self.app.read(|at| at.ledger(1_000)).await.unwrap();
        let rows = rows.into_iter();
        rows.map(|row| (row.who, row.act, row.subject)).collect()
    }
}

pub(super) fn cookie(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.contains("HttpOnly; SameSite=Lax; Path=/"),
        "{cookie}"
    );
    cookie.split(';').next().unwrap().to_owned()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split_once(after).unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_without_people_is_open_here_and_says_so() {
    let hub = Entrance::new().await;
    let page = hub.get("/indicators", "").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("open for trying out"), "{}", page.body);
    assert_eq!(hub.get("/account", "").await.status, StatusCode::NOT_FOUND);
    hub.invite("Aroha", "national").await;
    for path in ["/", "/indicators", "/insights.csv", "/nowhere"] {
        let answer = hub.get(path, "").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert!(answer.header("location").starts_with("/sign-in?next=%2F"));
        assert_eq!(answer.body, "");
    }
    let answer = hub.get("/api/v1/rollups", "").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        hub.get("/openapi.json", "").await.status,
        StatusCode::UNAUTHORIZED
    );
    for open in ["/healthz", "/sign-in", "/assets/weft.css"] {
        assert_eq!(hub.get(open, "").await.status, StatusCode::OK, "{open}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_enrols_is_confirmed_reads_and_signs_out() {
    let hub = Entrance::new().await;
    let path = hub.invite("Hēmi Example", "national").await;
    // Looking spends nothing: programs that check mail look.
    for _ in 0..3 {
        let page = hub.get(&path, "").await;
        assert!(page.body.contains("Welcome, Hēmi Example"), "{}", page.body);
        assert!(
            page.body
                .contains("Example: ministry, as a member of the national team")
        );
    }
    let (mut person, browser) = hub.enrol("Hemi EXAMPLE", &path).await;
    // The browser that enrolled shows the words, and no other does.
    let page = hub.get(&path, &browser).await;
    let words = between(&page.body, "<code>", "</code>").to_owned();
    assert_eq!(words.split(' ').count(), 4, "{words}");
    let stranger = hub.get(&path, "").await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND);
    assert!(!stranger.body.contains(&words));
    // Until somebody compared them, the person is not in.
    let early = hub.try_in(&mut person, PASSWORD).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    let other = "abandon abandon abandon abandon";
    assert!(
        hub.app
            .confirm_person("Hēmi Example", Some(other))
            .await
            .is_err()
    );
    hub.app
        .confirm_person("hemi example", Some(&words))
        .await
        .unwrap();
    assert!(
        hub.get(&path, &browser)
            .await
            .body
            .contains("you may sign in")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_reads_and_signs_out() {
    let hub = Entrance::new().await;
    let mut person = hub.person("Hēmi Example", "national").await;
    let session = hub.sign_in(&mut person).await;
    let page = hub.get("/indicators", &session).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body.contains("href=\"/account\">Hēmi Example"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("open for trying out"));
    let account = hub.get("/account", &session).await;
    assert!(
        account.body.contains("Quarterly report"),
        "{}",
        account.body
    );
    assert!(
        hub.get("/api/v1/rollups", &session)
            .await
            .status
            .is_success()
    );
    assert_eq!(
        hub.get("/nowhere", &session).await.status,
        StatusCode::NOT_FOUND
    );

    let out = hub.post("/sign-out", &session, "").await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    assert_eq!(
        hub.get("/indicators", &session).await.status,
        StatusCode::SEE_OTHER
    );
    let acts = hub.acts().await;
    let acts: Vec<&str> = acts.iter().map(|(_, act, _)| act.as_str()).collect();
    let expected = ["sign out", "sign in", "person confirm", "enrol"];
    assert_eq!(acts[..4], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_redemptions_of_an_invite_at_once_one_enrols() {
    let hub = Arc::new(Entrance::new().await);
    let path = hub.invite("Aroha", "national").await;
    // Passwords are hashed a few at once, so proofs are made before.
    let secret = path.strip_prefix("/invite/").unwrap().to_owned();
    let mut proofs = Vec::new();
    let now = clock::now();
    for _ in 0..64 {
        let (form, app) = hub.form(&path, now).await;
        let setup = between(&form, "setup=", "&").to_owned();
        let code = app.code(now);
        let said = NewPassword {
            password: PASSWORD.to_owned(),
            again: PASSWORD,
            setup: &setup,
            code: &code,
        };
        proofs.push(hub.app.new_password(&secret, said).await.unwrap());
    }
    let tries = proofs.into_iter().map(|proof| {
        let (hub, secret) = (Arc::clone(&hub), secret.clone());
        tokio::spawn(async move { hub.app.enrol(&secret, proof).await.is_ok() })
    });
    let mut enrolled = 0;
    for one in tries.collect::<Vec<_>>() {
        enrolled += usize::from(one.await.unwrap());
    }
    assert_eq!(enrolled, 1);
    let acts = hub.acts().await;
    assert_eq!(acts.iter().filter(|(_, act, _)| act == "enrol").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_hears_who_may_read_before_they_read() {
    let hub = Entrance::new().await;
    let readers = async || hub.app.read(|at| Ok(at.readers())).await.unwrap();
    let path = hub.invite("Aroha", "national").await;
    hub.enrol("Aroha", &path).await;
    assert!(readers().await.is_empty());
    hub.app.confirm_person("Aroha", None).await.unwrap();
    let one = async || readers().await.into_values().next().unwrap();
    assert_eq!(one().await.line(), "Example: ministry");
    assert!(one().await.may_read(clock::now()));
    let both: Roles = "analyst national".parse().unwrap();
    hub.app.set_roles("Aroha", both).await.unwrap();
    assert_eq!(one().await.roles.len(), 2);
    hub.app.lock_person("Aroha", true).await.unwrap();
    assert!(!one().await.may_read(clock::now()));
    hub.app.lock_person("Aroha", false).await.unwrap();
    assert!(one().await.may_read(clock::now()));
    hub.app.end_person("Aroha").await.unwrap();
    assert!(!one().await.may_read(clock::now()));
}

/// Lets a minute pass, so that a person has another code.
fn later(person: &mut Enrolled) {
    clock::simulate(clock::now().plus_ms(60_000));
    person.used = clock::now().plus_ms(-30_000);
}

#[tokio::test]
async fn what_ends_a_session_ends_it_at_once() {
    clock::simulate(clock::now());
    let hub = Entrance::new().await;
    let mut person = hub.person("Aroha", "national analyst").await;
    let national: Roles = "national".parse().unwrap();
    later(&mut person);
    let session = hub.sign_in(&mut person).await;
    hub.app.set_roles("Aroha", national).await.unwrap();
    assert_eq!(
        hub.get("/account", &session).await.status,
        StatusCode::SEE_OTHER
    );
    later(&mut person);
    let session = hub.sign_in(&mut person).await;
    hub.app.lock_person("Aroha", true).await.unwrap();
    assert_eq!(
        hub.get("/account", &session).await.status,
        StatusCode::SEE_OTHER
    );
    let locked = hub.try_in(&mut person, PASSWORD).await;
    assert_eq!(locked.status, StatusCode::UNPROCESSABLE_ENTITY);
    hub.app.lock_person("Aroha", false).await.unwrap();
    later(&mut person);
    let session = hub.sign_in(&mut person).await;
    let link = hub.app.reset_person("Aroha").await.unwrap();
    assert_eq!(
        hub.get("/account", &session).await.status,
        StatusCode::SEE_OTHER
    );
    // The old password ends once the link is used, and the person is compared again.
    let (_, path) = link.split_once("8433").unwrap();
    let (mut again, _) = hub.enrol("Aroha", path).await;
    let refused = hub.try_in(&mut again, PASSWORD).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    hub.app.confirm_person("Aroha", None).await.unwrap();
    later(&mut again);
    let session = hub.sign_in(&mut again).await;
    hub.app.end_person("Aroha").await.unwrap();
    assert_eq!(
        hub.get("/account", &session).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(hub.app.reset_person("Aroha").await.is_err());
}
