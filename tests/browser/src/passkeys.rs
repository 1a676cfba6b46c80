//! People enrol and sign in with passkeys, in a browser with a security key that the driver
//! pretends to have.

use serde_json::json;

use crate::{
    browser::{Browser, Scripts},
    network::Network,
};

const PURPOSE: &str = "Example: looking after the hub";

/// Invites a person, enrols them in the browser, and confirms them by the words that it shows.
async fn enrol(network: &Network, browser: &Browser, name: &str, roles: &[&str]) {
    let mut arguments = vec!["person", "invite", name, "--organisation", "Example: Trust"];
    for role in roles {
        arguments.extend(["--role", role]);
    }
    let link = network.tell_hub(&arguments);
    browser.open(link.trim()).await;
    browser.see(&format!("Welcome, {name}")).await;
    browser.click("form[data-passkey] button").await;
    browser.see("One step more").await;
    let words = browser.texts("main code").await.concat();
    network.tell_hub(&["person", "confirm", name, "--words", &words]);
    browser.click("main a.btn").await;
    browser.see("you may sign in").await;
}

async fn sign_in(network: &Network, browser: &Browser) {
    let page = format!("{}sign-in?next=%2Faccount", network.hub());
    browser.open(&page).await;
    browser.fill("#purpose-passkey", PURPOSE).await;
    browser.click("form[data-passkey] button").await;
}

#[tokio::test]
async fn a_person_enrols_signs_in_and_adds_a_second_passkey() {
    let network = Network::start();
    let browser = Browser::start(Scripts::On, "").await;
    let first = browser.plug_in(true).await;
    enrol(&network, &browser, "Aroha", &["admin", "national"]).await;
    sign_in(&network, &browser).await;
    browser.see(PURPOSE).await;
    browser.see("admin").await;
    browser.see("Signed in with a passkey").await;
    browser.open(&network.hub()).await;
    browser.see("What shifted").await;

    // A second key, on another device.
    browser
        .command(
            "DELETE",
            &format!("webauthn/authenticator/{first}"),
            &json!({}),
        )
        .await;
    browser.plug_in(true).await;
    browser.open(&format!("{}account", network.hub())).await;
    browser.click("form[data-passkey] button").await;
    browser.see("End this passkey").await;
    browser.click("form[action=\"/sign-out\"] button").await;
    browser.see("With a passkey").await;
    sign_in(&network, &browser).await;
    browser.see("Signed in with a passkey").await;
    browser.click("form[action=\"/sign-out\"] button").await;
    browser.see("With a passkey").await;
    browser.close().await;
}

#[tokio::test]
async fn a_key_that_does_not_know_its_owner_is_refused() {
    let network = Network::start();
    let browser = Browser::start(Scripts::On, "").await;
    let key = browser.plug_in(true).await;
    enrol(&network, &browser, "Aroha", &["national"]).await;
    // From now on the finger is another one.
    let path = format!("webauthn/authenticator/{key}/uv");
    let not = json!({"isUserVerified": false});
    browser.command("POST", &path, &not).await;
    sign_in(&network, &browser).await;
    browser.see("The browser gave no passkey").await;
    browser.open(&format!("{}account", network.hub())).await;
    browser.see("With a password and a code").await;
    browser.close().await;
}

#[tokio::test]
async fn a_counter_that_goes_back_is_refused() {
    let network = Network::start();
    let browser = Browser::start(Scripts::On, "").await;
    let first = browser.plug_in(true).await;
    enrol(&network, &browser, "Aroha", &["national"]).await;
    let path = format!("webauthn/authenticator/{first}/credentials");
    let mut copy = browser.command("GET", &path, &json!({})).await[0].clone();
    for _ in 0..2 {
        sign_in(&network, &browser).await;
        browser.see("Signed in with a passkey").await;
        browser.click("form[action=\"/sign-out\"] button").await;
        browser.see("With a passkey").await;
    }
    // A copy of the key, as it was before it signed in twice.
    browser
        .command(
            "DELETE",
            &format!("webauthn/authenticator/{first}"),
            &json!({}),
        )
        .await;
    let second = browser.plug_in(true).await;
    copy["signCount"] = json!(1);
    let path = format!("webauthn/authenticator/{second}/credential");
    browser.command("POST", &path, &copy).await;
    sign_in(&network, &browser).await;
    browser.see("You are not signed in").await;
    browser.close().await;
}
