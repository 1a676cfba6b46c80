//! The way in without scripts, and a look at each step of it.

use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE32_NOPAD;

use crate::{
    browser::{Browser, Colours, Scripts},
    demo::axe,
    looks::faults,
    network::Network,
};

const PASSWORD: &str = "four words that no one puts together";
const PURPOSE: &str = "Example: report of the quarter";

/// Invites a person. Returns the link.
fn invite(network: &Network, name: &str, roles: &[&str]) -> String {
    let mut arguments = vec!["person", "invite", name, "--organisation", "Example: Trust"];
    for role in roles {
        arguments.extend(["--role", role]);
    }
    network.tell_hub(&arguments).trim().to_owned()
}

/// Reads the letters that an authenticator app takes from the open page.
async fn secret(browser: &Browser) -> [u8; 20] {
    let typed = browser.texts("code.secret").await.concat();
    let typed: String = typed.split_whitespace().collect();
    let bytes = BASE32_NOPAD.decode(typed.as_bytes()).expect("letters");
    bytes.try_into().expect("160 bits")
}

/// Returns the code that an app shows so many seconds from now.
fn code(secret: &[u8; 20], later: u64) -> String {
    let totp = totp_rs::Builder::new().with_secret(*secret).build();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("a clock after 1970").as_secs();
    totp.expect("160 bits are enough")
        .generate(now + later)
        .to_string()
}

/// Fills in the form of an invite, and sends it.
async fn use_invite(browser: &Browser, code: &str) {
    browser.fill("#password", PASSWORD).await;
    browser.fill("#again", PASSWORD).await;
    browser.fill("#code", code).await;
    browser.submit("form:not([data-passkey]) button").await;
}

async fn sign_in(browser: &Browser, name: &str, code: &str) {
    browser.fill("#purpose", PURPOSE).await;
    browser.fill("#name", name).await;
    browser.fill("#password", PASSWORD).await;
    browser.fill("#code", code).await;
    browser.submit("form:not([data-passkey]) button").await;
}

#[tokio::test]
async fn without_scripts_a_person_enrols_signs_in_and_ends_a_session() {
    let network = Network::start();
    let browser = Browser::start(Scripts::Off, "").await;
    let link = invite(&network, "Aroha", &["national"]);
    browser.open(&link).await;
    let page = browser.text().await;
    assert!(page.contains("Welcome, Aroha"), "{page}");
    // A way that needs scripts is not shown at all.
    assert!(!page.contains("Make a passkey"), "{page}");
    let secret = secret(&browser).await;
    // A slip: the page says so, and the app that was set up still counts.
    let right = code(&secret, 0);
    use_invite(
        &browser,
        if right == "000000" {
            "000001"
        } else {
            "000000"
        },
    )
    .await;
    let page = browser.text().await;
    assert!(page.contains("There is a problem"), "{page}");
    assert_eq!(self::secret(&browser).await, secret);
    use_invite(&browser, &code(&secret, 0)).await;
    let words = browser.texts("main code").await.concat();
    assert_eq!(words.split(' ').count(), 4, "{words}");
    network.tell_hub(&["person", "confirm", "Aroha", "--words", &words]);
    browser.submit("main a.btn").await;
    browser.see("you may sign in").await;
    browser.submit("main a.btn").await;

    let first = code(&secret, 30);
    sign_in(&browser, "Aroha", &first).await;
    // A sign-in without another place to go leads to the overview.
    browser.see("What shifted").await;
    browser.open(&format!("{}account", network.hub())).await;
    browser.see("Signed in with a password and a code").await;
    browser.see(PURPOSE).await;

    // Another browser, with the next code.
    let other = Browser::start(Scripts::Off, "").await;
    let sign_in_page = format!("{}sign-in?next=%2Faccount", network.hub());
    let second = loop {
        let next = code(&secret, 30);
        if next != first {
            break next;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    };
    other.open(&sign_in_page).await;
    sign_in(&other, "Aroha", &first).await;
    other.see("There is a problem").await;
    sign_in(&other, "Aroha", &second).await;
    other.see("End this session").await;
    // It ends the first one's session, which is at its door from then on.
    other
        .submit("form[action=\"/account/sessions/end\"] button")
        .await;
    assert!(!other.text().await.contains("End this session"));
    browser.open(&network.hub()).await;
    browser.see("Why are you signing in?").await;
    other.submit("form[action=\"/sign-out\"] button").await;
    other.open(&format!("{}account", network.hub())).await;
    other.see("Why are you signing in?").await;
    browser.close().await;
    other.close().await;
}

#[tokio::test]
async fn the_way_in_looks_right_in_light() {
    look(Colours::Light).await;
}

#[tokio::test]
async fn the_way_in_looks_right_in_the_dark() {
    look(Colours::Dark).await;
}

/// Looks at each step, and says everything that is wrong at the end.
async fn look(colours: Colours) {
    let network = Network::start();
    let browser = Browser::coloured(colours).await;
    browser.plug_in(true).await;
    let axe = axe();
    let mut wrong = Vec::new();
    let mut step = async |name: &str| {
        let name = format!("entrance-{name}");
        wrong.extend(faults(&browser, &browser.url().await, &name, &axe, colours).await);
    };
    let link = invite(&network, "Aroha Example", &["national", "analyst"]);
    let other = invite(&network, "Hēmi Example", &["admin"]);
    browser.open(&link).await;
    step("invite").await;
    use_invite(&browser, "000000").await;
    step("invite-slip").await;
    browser.open(&other).await;
    step("invite-admin").await;
    browser.open(&format!("{other}0")).await;
    step("invite-closed").await;
    browser.open(&link).await;
    browser.click("form[data-passkey] button").await;
    browser.see("One step more").await;
    step("invite-words").await;
    let words = browser.texts("main code").await.concat();
    network.tell_hub(&["person", "confirm", "Aroha Example", "--words", &words]);
    browser.click("main a.btn").await;
    browser.see("you may sign in").await;
    step("invite-confirmed").await;

    browser
        .open(&format!("{}sign-in?next=%2Findicators", network.hub()))
        .await;
    step("sign-in").await;
    sign_in(&browser, "Aroha Example", "000000").await;
    step("sign-in-slip").await;
    browser.fill("#purpose-passkey", PURPOSE).await;
    browser.click("form[data-passkey] button").await;
    browser.see("Indicators").await;
    browser.open(&format!("{}account", network.hub())).await;
    step("account").await;
    browser
        .open(&format!("{}sign-in?again=1&next=%2Faccount", network.hub()))
        .await;
    step("sign-in-again").await;
    browser.close().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
