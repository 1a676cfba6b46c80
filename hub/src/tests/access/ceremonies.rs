//! Ceremonies that pages carry: strangers push out no one's, and a slip costs no one theirs.

use axum::http::StatusCode;
use weft_host::clock;

use super::{Entrance, PASSWORD, between};
use crate::access::code::CodeSecret;

fn setup(body: &str) -> &str {
    between(body, "name=\"setup\" value=\"", "\"")
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_look_push_out_nobody() {
    let hub = Entrance::new().await;
    let mut person = hub.person("Aroha", "national").await;
    let path = hub.invite("Mere", "analyst").await;
    let (form, _) = hub.form(&path, clock::now()).await;
    // More than the hub could keep, of pages that begin a sign-in or a passkey.
    for _ in 0..600 {
        hub.get("/sign-in", "").await;
    }
    let other = hub.invite("Hēmi", "analyst").await;
    for _ in 0..300 {
        hub.get(&other, "").await;
    }
    let used = hub.post(&path, "", &form).await;
    assert_eq!(used.status, StatusCode::SEE_OTHER, "{}", used.body);
    hub.sign_in(&mut person).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_slip_the_app_that_was_set_up_still_counts() {
    let hub = Entrance::new().await;
    let path = hub.invite("Aroha", "national").await;
    let (form, secret) = hub.form(&path, clock::now()).await;
    let carried = between(&form, "setup=", "&").to_owned();
    let right = secret.code(clock::now());
    let wrong = if right == "000000" {
        "000001"
    } else {
        "000000"
    };
    for slip in [
        form.replace(&right, wrong),
        form.replacen(PASSWORD, "another password than that", 1),
        form.replace(PASSWORD, "short"),
    ] {
        let page = hub.post(&path, "", &slip).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(setup(&page.body), carried, "the same picture again");
        assert!(page.body.contains(&secret.typed()), "{}", page.body);
    }
    // An app that was set up with another link does not count, nor one that somebody made up.
    let other = hub.invite("Mere", "national").await;
    for foreign in [form.as_str(), &form.replace(&carried, "AAAA")] {
        let page = hub.post(&other, "", foreign).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_ne!(setup(&page.body), carried);
        assert!(page.body.contains("is over"), "{}", page.body);
    }
    let used = hub.post(&path, "", &form).await;
    assert_eq!(used.status, StatusCode::SEE_OTHER, "{}", used.body);
}

#[tokio::test]
async fn an_app_that_takes_too_long_begins_again() {
    let begin = clock::now();
    clock::simulate(begin);
    let hub = Entrance::new().await;
    let path = hub.invite("Aroha", "national").await;
    let page = hub.get(&path, "").await;
    let carried = setup(&page.body).to_owned();
    let typed = between(&page.body, "<code class=\"secret\">", "<").replace(' ', "");
    let bytes = data_encoding::BASE32_NOPAD.decode(typed.as_bytes());
    let secret = CodeSecret::new(bytes.unwrap().try_into().unwrap());
    let late = begin.plus_ms(crate::limits::CODE_SETUP_MS);
    clock::simulate(late);
    let code = secret.code(late);
    let form = format!("password={PASSWORD}&again={PASSWORD}&setup={carried}&code={code}");
    let page = hub.post(&path, "", &form).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("is over"), "{}", page.body);
    assert_ne!(setup(&page.body), carried);
}

/// NIST SP 800-63B, 5.1.1.2: what is guessed first is no password, and the invite stays.
#[tokio::test]
async fn a_password_that_is_guessed_first_is_refused_with_what_to_choose() {
    let hub = Entrance::new().await;
    let path = hub.invite("Aroha Ngata", "national").await;
    let (form, _) = hub.form(&path, clock::now()).await;
    for guessed in [
        "password password",
        "Aroha+Ngata+Aroha+Ngata",
        "0123456789abcdef",
    ] {
        let page = hub.post(&path, "", &form.replace(PASSWORD, guessed)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{guessed}");
        assert!(page.body.contains("guessed first"), "{}", page.body);
        assert!(page.body.contains("four or five words"), "{}", page.body);
    }
    let used = hub.post(&path, "", &form).await;
    assert_eq!(used.status, StatusCode::SEE_OTHER, "{}", used.body);
}

/// The address of a sign-in is known again after the hub starts again, for thirty days.
#[tokio::test]
async fn an_office_is_known_from_the_ledger() {
    let begin = clock::now();
    clock::simulate(begin);
    let hub = Entrance::new().await;
    let mut person = hub.person("Aroha", "national").await;
    person.used = begin;
    let office = "192.0.2.7".parse().unwrap();
    let said = |password: &str, code: String| crate::app::SignIn {
        name: "Aroha".to_owned(),
        password: password.to_owned(),
        code,
        purpose: "Quarterly report".to_owned(),
    };
    let known = async |days: i64| {
        let since = begin.plus_ms(days * 86_400_000);
        let found = hub
            .app
            .read(move |at| Ok(crate::store::ledger::addresses(at.conn, since)?))
            .await;
        found.unwrap()
    };
    let wrong = said("a password that is not it", "000000".to_owned());
    assert!(hub.app.sign_in(wrong, Some(office)).await.is_err());
    assert!(known(-1).await.is_empty(), "a failure makes none known");
    let right = said(PASSWORD, person.next_code());
    hub.app.sign_in(right, Some(office)).await.unwrap();
    assert_eq!(known(-1).await, [office]);
    assert!(known(1).await.is_empty());
}
