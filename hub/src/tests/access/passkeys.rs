//! Passkeys through the pages, with a key that this test holds: each answer counts once, and a
//! password makes and ends none.

use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use ring::{
    digest::{SHA256, digest},
    signature::{Ed25519KeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use weft_host::{clock, random::random_bytes};

use super::{Answer, Entrance, PASSWORD, PURPOSE, between, cookie};
use crate::{
    app::{EnrolError, Proof},
    kit,
    limits::ATTEMPTS_OF_STRANGERS_A_MINUTE,
    store::{people, sessions},
    tests::web::site,
};

const ORIGIN: &str = "http://localhost:8433";
const VERIFIED: u8 = 0b101;
const ATTESTED: u8 = 0b100_0000;

/// A security key with one passkey.
struct SecurityKey {
    pair: Ed25519KeyPair,
    id: [u8; 32],
    user: String,
}

impl SecurityKey {
    fn new() -> Self {
        Self {
            pair: Ed25519KeyPair::from_seed_unchecked(&random_bytes::<32>()).unwrap(),
            id: random_bytes(),
            user: String::new(),
        }
    }

    fn id(&self) -> String {
        BASE64URL_NOPAD.encode(&self.id)
    }

    fn data(flags: u8) -> Vec<u8> {
        let party = digest(&SHA256, b"localhost");
        [party.as_ref(), &[flags], &[0; 4]].concat()
    }

    fn said(kind: &str, options: &Value) -> Vec<u8> {
        let challenge = &options["challenge"];
        let said = format!(
            r#"{{"type":"{kind}","challenge":{challenge},"origin":"{ORIGIN}","crossOrigin":false}}"#
        );
        said.into_bytes()
    }

    /// Answers a page that asks for a new passkey, as its form.
    fn make(&mut self, page: &str) -> String {
        let (ceremony, options) = offer(page);
        options["user"]["id"]
            .as_str()
            .unwrap()
            .clone_into(&mut self.user);
        let public = self.pair.public_key().as_ref();
        // An Ed25519 key in COSE, behind an authenticator of no known make.
        let cose = [b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20", public].concat();
        let made = [&[0; 16], &[0, 32][..], &self.id, &cose].concat();
        let data = [Self::data(VERIFIED | ATTESTED), made].concat();
        let head = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58";
        let object = [&head[..], &[u8::try_from(data.len()).unwrap()], &data].concat();
        let response = json!({
            "clientDataJSON": BASE64URL_NOPAD.encode(&Self::said("webauthn.create", &options)),
            "attestationObject": BASE64URL_NOPAD.encode(&object),
            "transports": ["usb"],
        });
        self.form(&ceremony, &response)
    }

    /// Answers a page that asks for a sign-in, as its form.
    fn sign(&self, page: &str) -> String {
        let (ceremony, options) = offer(page);
        let said = Self::said("webauthn.get", &options);
        let data = Self::data(VERIFIED);
        let heard = [data.as_slice(), digest(&SHA256, &said).as_ref()].concat();
        let response = json!({
            "clientDataJSON": BASE64URL_NOPAD.encode(&said),
            "authenticatorData": BASE64URL_NOPAD.encode(&data),
            "signature": BASE64URL_NOPAD.encode(self.pair.sign(&heard).as_ref()),
            "userHandle": self.user,
        });
        let form = self.form(&ceremony, &response);
        format!("{form}&purpose={PURPOSE}")
    }

    fn form(&self, ceremony: &str, response: &Value) -> String {
        let answer = json!({
            "id": self.id(),
            "rawId": self.id(),
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "response": response,
            "clientExtensionResults": {},
        });
        format!("ceremony={ceremony}&answer={answer}")
    }
}

/// The ceremony that a page offers, and its options.
fn offer(page: &str) -> (String, Value) {
    let ceremony = between(page, "name=\"ceremony\" value=\"", "\"");
    let options = between(page, "data-options=\"", "\"").replace("&#34;", "\"");
    (
        ceremony.to_owned(),
        serde_json::from_str(&options).expect(&options),
    )
}

impl Entrance {
    /// Enrols a person with a passkey, by their link. Returns the key.
    async fn keyed(&self, name: &str, roles: &str) -> SecurityKey {
        let path = self.invite(name, roles).await;
        let mut key = SecurityKey::new();
        let form = key.make(&self.get(&path, "").await.body);
        let used = self.post(&format!("{path}/passkey"), "", &form).await;
        assert_eq!(used.status, StatusCode::SEE_OTHER, "{}", used.body);
        self.app.confirm_person(name, None).await.unwrap();
        key
    }

    async fn by_key(&self, key: &SecurityKey) -> (Answer, String) {
        let form = key.sign(&self.get("/sign-in", "").await.body);
        (self.post("/sign-in/passkey", "", &form).await, form)
    }

    async fn number(&self, name: &'static str) -> i64 {
        let found = self.app.read(move |at| {
            let folded = weft_shared::model::spelling::folded_name(name);
            Ok(people::named(at.conn, &folded)?.unwrap().number)
        });
        found.await.unwrap()
    }

    /// The numbers of what a person signs in with, oldest first.
    async fn credentials(&self, person: i64) -> Vec<i64> {
        let found = self.app.read(move |at| {
            let all = sessions::credentials(at.conn, person)?;
            Ok(all.iter().map(|one| one.number).collect())
        });
        found.await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_heard_signs_no_second_browser_in() {
    let hub = Entrance::new().await;
    let key = hub.keyed("Aroha", "national").await;
    let (first, heard) = hub.by_key(&key).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.body);
    let page = hub.get("/account", &cookie(&first)).await;
    assert!(page.body.contains("Signed in with a passkey"));
    // This key counts no uses, so nothing but the ceremony tells the two apart.
    let again = hub.post("/sign-in/passkey", "", &heard).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.body.contains("was over; try again"), "{}", again.body);
    let (next, _) = hub.by_key(&key).await;
    assert_eq!(next.status, StatusCode::SEE_OTHER, "{}", next.body);
}

/// Both are open when they come, and this key counts no uses.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_answers_at_once_one_signs_in() {
    let hub = Entrance::new().await;
    let key = hub.keyed("Aroha", "national").await;
    let form = key.sign(&hub.get("/sign-in", "").await.body);
    let post = || hub.post("/sign-in/passkey", "", &form);
    let (one, other) = tokio::join!(post(), post());
    let mut both = [one.status, other.status];
    both.sort();
    assert_eq!(
        both,
        [StatusCode::SEE_OTHER, StatusCode::UNPROCESSABLE_ENTITY]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_make_many_passkeys_keep_no_one_from_signing_in() {
    let hub = Entrance::new().await;
    let key = hub.keyed("Aroha", "national").await;
    let (first, _) = hub.by_key(&key).await;
    let session = cookie(&first);
    let mut second = SecurityKey::new();
    let form = second.make(&hub.get("/account", &session).await.body);
    let added = hub.post("/account/passkeys", &session, &form).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.body);
    // The same once more, and as somebody else's: a refusal in words.
    let again = hub.post("/account/passkeys", &session, &form).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.body.contains("refused"), "{}", again.body);
    let path = hub.invite("Mere", "analyst").await;
    let form = second.make(&hub.get(&path, "").await.body);
    let other = hub.post(&format!("{path}/passkey"), "", &form).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(other.body.contains("refused"), "{}", other.body);
    // The link is not spent by that.
    let (mere, _) = hub.enrol("Mere", &path).await;
    assert_eq!(mere.name, "Mere");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_twenty_passkeys_and_no_more() {
    let hub = Entrance::new().await;
    let key = hub.keyed("Aroha", "national").await;
    let session = cookie(&hub.by_key(&key).await.0);
    let person = hub.number("Aroha").await;
    for _ in 0..18 {
        hub.session_of(person).await;
    }
    for (count, status) in [
        (20, StatusCode::SEE_OTHER),
        (20, StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let mut another = SecurityKey::new();
        let form = another.make(&hub.get("/account", &session).await.body);
        let added = hub.post("/account/passkeys", &session, &form).await;
        assert_eq!(added.status, status, "{}", added.body);
        assert_eq!(hub.credentials(person).await.len(), count);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_counts_once_even_if_it_ended() {
    let hub = Entrance::new().await;
    let proof = Proof {
        key: Some(b"one passkey".to_vec()),
        label: "passkey".to_owned(),
        secret: Vec::new(),
        step: 0,
    };
    let secret = |path: &str| path.strip_prefix("/invite/").unwrap().to_owned();
    let first = secret(&hub.invite("Aroha", "national").await);
    hub.app.enrol(&first, proof.clone()).await.unwrap();
    let person = hub.number("Aroha").await;
    let number = hub.credentials(person).await[0];
    let end = hub
        .app
        .shared
        .store
        .write(move |tx| sessions::end_credential(tx, number, clock::now()));
    end.await.unwrap();
    let second = secret(&hub.invite("Mere", "national").await);
    let refused = hub.app.enrol(&second, proof).await.unwrap_err();
    assert!(matches!(refused, EnrolError::Passkey), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_adds_and_ends_no_passkey() {
    let hub = Entrance::new().await;
    let mut people = [
        hub.person("Aroha", "national").await,
        hub.person("Mere", "national").await,
    ];
    let roles = "national admin".parse().unwrap();
    hub.app.set_roles("Aroha", roles).await.unwrap();
    for (person, name) in people.iter_mut().zip(["Aroha", "Mere"]) {
        let session = hub.sign_in(person).await;
        let number = hub.number(name).await;
        hub.session_of(number).await;
        let before = hub.credentials(number).await;
        assert_eq!(before.len(), 2);
        let page = hub.get("/account", &session).await.body;
        assert!(!page.contains("End this passkey"), "{page}");
        assert!(!page.contains("Add a passkey"), "{page}");
        assert!(page.contains("ask an admin of the hub for a reset link"));
        let form = format!("number={}", before[1]);
        for (path, form) in [
            ("/account/passkeys/end", form.as_str()),
            ("/account/passkeys", "ceremony=a&answer=b"),
        ] {
            let answer = hub.post(path, &session, form).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name} {path}");
        }
        assert_eq!(hub.credentials(number).await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_that_ends_takes_its_sessions_along_and_the_last_one_stays() {
    let hub = Entrance::new().await;
    let session = hub.with_passkey("Aroha", "national").await;
    let person = hub.number("Aroha").await;
    let lost = hub.session_of(person).await;
    let all = hub.credentials(person).await;
    assert_eq!(hub.get("/account", &lost).await.status, StatusCode::OK);
    let end = async |number: i64| {
        let form = format!("number={number}");
        let answer = hub.post("/account/passkeys/end", &session, &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    };
    end(all[1]).await;
    assert_eq!(hub.credentials(person).await, all[..1]);
    let kept_out = hub.get("/account", &lost).await;
    assert_eq!(kept_out.status, StatusCode::SEE_OTHER);
    assert_eq!(kept_out.header("location"), "/sign-in?next=%2Faccount");
    end(all[0]).await;
    assert_eq!(hub.credentials(person).await, all[..1], "the last one");
    assert_eq!(hub.get("/account", &session).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_and_accounts_have_the_pace_of_sign_ins() {
    for path in ["/invite/x", "/invite/x/passkey", "/account/passkeys"] {
        let hub = Entrance::new().await;
        let session = hub.with_passkey("Aroha", "national").await;
        let mut tries = 0;
        let slow = loop {
            let answer = hub.post(path, &session, "purpose=short").await;
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                break answer;
            }
            tries += 1;
            assert!(tries < 4 * ATTEMPTS_OF_STRANGERS_A_MINUTE, "{path}");
        };
        assert_eq!(slow.header("retry-after"), "60", "{path}");
    }
    // An attempt that says too little counts as well.
    let hub = Entrance::new().await;
    let mut slow = false;
    for _ in 0..4 * ATTEMPTS_OF_STRANGERS_A_MINUTE {
        let answer = hub.post("/sign-in", "", "purpose=short").await;
        slow |= answer.status == StatusCode::TOO_MANY_REQUESTS;
    }
    assert!(slow);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_passkey_that_failed_the_picture_is_the_same() {
    let hub = Entrance::new().await;
    let path = hub.invite("Aroha", "national").await;
    let (form, _) = hub.form(&path, clock::now()).await;
    let carried = between(&form, "setup=", "&").to_owned();
    let failed = format!("ceremony=a&answer=b&setup={carried}");
    let page = hub.post(&format!("{path}/passkey"), "", &failed).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    // One for each of the two forms.
    let same = format!("name=\"setup\" value=\"{carried}\"");
    assert_eq!(page.body.matches(&same).count(), 2, "{}", page.body);
}

/// An office that signed in waits for no stranger, at once and after the hub starts again.
#[tokio::test(flavor = "multi_thread")]
async fn an_office_that_signed_in_is_known_at_once_and_after_a_start() {
    let (dir, app) = kit::hub().await;
    let mut hub = Entrance::of(dir, app);
    let mut person = hub.person("Aroha", "national").await;
    let office = "192.0.2.7".parse().unwrap();
    let said = crate::app::SignIn {
        name: "Aroha".to_owned(),
        password: PASSWORD.to_owned(),
        code: person.next_code(),
        purpose: "Quarterly report".to_owned(),
    };
    hub.app.sign_in(said, Some(office)).await.unwrap();
    for start in 0..2 {
        let pace = &hub.app.shared.entrance.pace;
        // Strangers of many networks use up what they share.
        for network in 0..=255_u8 {
            pace.admits_attempt(Some([203, 0, network, 1].into()));
        }
        let all = |from| (0..20).all(|_| pace.admits_attempt(Some(from)));
        assert!(all(office), "start {start}");
        assert!(!all("198.51.100.7".parse().unwrap()), "start {start}");
        if start == 0 {
            let Entrance {
                app,
                router,
                _dir: dir,
            } = hub;
            drop((app, router));
            let app = kit::reopen(dir.path()).await;
            hub = Entrance::of(dir, app);
        }
    }
}

/// The same with a passkey.
#[tokio::test(flavor = "multi_thread")]
async fn an_office_that_signed_in_with_a_passkey_is_known() {
    let hub = Entrance::new().await;
    let key = hub.keyed("Aroha", "national").await;
    let form = key.sign(&hub.get("/sign-in", "").await.body);
    let (ceremony, answer) = (
        between(&form, "ceremony=", "&answer="),
        between(&form, "&answer=", "&purpose="),
    );
    let office = "192.0.2.7".parse().unwrap();
    let site = site();
    let signs = hub
        .app
        .sign_in_by_passkey(&site, (ceremony, answer), PURPOSE, Some(office));
    signs.await.unwrap();
    let pace = &hub.app.shared.entrance.pace;
    for network in 0..=255_u8 {
        pace.admits_attempt(Some([203, 0, network, 1].into()));
    }
    let all = |from| (0..20).all(|_| pace.admits_attempt(Some(from)));
    assert!(all(office));
    assert!(!all("198.51.100.7".parse().unwrap()));
}

/// A browser makes no second passkey on a key that has one, because the page names those there are.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_offers_a_passkey_names_those_that_the_person_has() {
    let hub = Entrance::new().await;
    let key = hub.keyed("Aroha", "national").await;
    let (first, _) = hub.by_key(&key).await;
    let page = hub.get("/account", &cookie(&first)).await;
    let (_, options) = offer(&page.body);
    let known = options["excludeCredentials"].as_array().unwrap();
    let known: Vec<&Value> = known.iter().map(|one| &one["id"]).collect();
    assert_eq!(known, [&Value::from(key.id())]);
}
