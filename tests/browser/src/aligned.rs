//! The node's pages of the agenda, the line of sight, money and reviews, with the keyboard alone,
//! without scripts, on the screen of a phone.

use serde_json::Value;

use crate::{
    browser::{Browser, Scripts},
    keyboard::{send, tab_to},
    network::Network,
};

/// A day that reads the same whether the month or the day of the month is typed first.
const A_DAY: &str = "10102026";
/// A later one.
const LATER: &str = "11112027";

#[tokio::test]
async fn a_team_answers_and_states_money_with_the_keyboard_alone() {
    let network = Network::start();
    network.tell(&["indicator", "adopt", "VAX_PRIMARY", "--audience", "network"]);
    let outcome = ["outcome", "add", "VAX", "--name", "Example: protected"];
    network.tell_hub(&[&outcome[..], &["--headline", "VAX_PRIMARY"]].concat());
    let item = ["agenda", "add", "--type", "proposal"];
    network.tell_hub(&[&item[..], &["--title", "Example: one aim for all"]].concat());
    network.tell_hub(&["agenda", "publish"]);
    let browser = Browser::start(Scripts::Off, "").await;
    browser.resize(390, 900).await;
    browser.open(&network.link()).await;
    let agenda = format!("{}/agenda", network.node());
    browser.wait_for(&agenda, "Example: one aim for all").await;
    answer(&browser).await;
    explain(&browser).await;
    invest(&browser).await;
    review(&browser).await;
    browser.close().await;
    let reviews = network.ask(&["review", "list", "--json"]);
    let question = &reviews[0]["fields"]["question"];
    assert_eq!(question, "Example: what moved?", "{reviews}");
}

async fn answer(browser: &Browser) {
    goes_to(browser, "/agenda").await;
    tab_to(browser, "main li a[href^='/agenda/']").await;
    send(browser).await;
    fits(browser).await;
    tab_to(browser, "#field-stance").await;
    browser.write("we agree").await;
    save(browser).await;
    assert!(browser.text().await.contains("Our answer: we agree"));
}

async fn explain(browser: &Browser) {
    goes_to(browser, "/sight").await;
    tab_to(browser, "main a[href^='/sight/need_unknown/VAX']").await;
    send(browser).await;
    fits(browser).await;
    // A question without an answer is sent back, and the summary says what to do.
    tab_to(browser, "main form[method=post] button").await;
    send(browser).await;
    assert!(browser.title().await.starts_with("Error: "));
    tab_to(browser, "#field-reason").await;
    browser.write("Example: we count it next year").await;
    save(browser).await;
    let page = browser.text().await;
    assert!(page.contains("our explanation: Example: we count it next year"));
}

async fn invest(browser: &Browser) {
    goes_to(browser, "/money").await;
    tab_to(browser, "a.btn[href^='/plan/investments/add']").await;
    send(browser).await;
    fits(browser).await;
    for (field, text) in [
        ("title", "Example: a grant"),
        ("funder", "Example: a trust"),
        ("kind", "money"),
        ("amount", "1200"),
        ("from", A_DAY),
        ("to", LATER),
        ("status", "committed"),
        ("source", "Example: our books"),
    ] {
        write(browser, field, text).await;
    }
    tab_to(browser, "[name=audience]").await;
    browser.press(crate::browser::Key::Space).await;
    save(browser).await;
    goes_to(browser, "/money").await;
    let page = browser.text().await;
    assert!(page.contains("Example: a grant"), "{page}");
    assert!(
        page.contains("In force and not divided by year: NZD 1,200."),
        "{page}"
    );
}

async fn review(browser: &Browser) {
    goes_to(browser, "/reviews").await;
    tab_to(browser, "a.btn[href^='/plan/reviews/add']").await;
    send(browser).await;
    fits(browser).await;
    for (field, text) in [
        ("question", "Example: what moved?"),
        ("period", "2026-Q3"),
        ("on", A_DAY),
        ("decided", "Example: more of it"),
    ] {
        write(browser, field, text).await;
    }
    tab_to(browser, "[name=audience]").await;
    browser.press(crate::browser::Key::Space).await;
    save(browser).await;
    goes_to(browser, "/reviews").await;
    assert!(browser.text().await.contains("Example: what moved?"));
}

async fn write(browser: &Browser, field: &str, text: &str) {
    tab_to(browser, &format!("#field-{field}")).await;
    browser.write(text).await;
}

/// Follows the navigation to a page.
async fn goes_to(browser: &Browser, path: &str) {
    tab_to(browser, &format!("nav a[href='{path}']")).await;
    send(browser).await;
    fits(browser).await;
}

async fn save(browser: &Browser) {
    tab_to(browser, "main form[method=post] button").await;
    send(browser).await;
    let page = browser.text().await;
    assert!(page.contains("aved on this computer"), "{page}");
    fits(browser).await;
}

/// Nothing is wider than the screen but what scrolls by itself.
async fn fits(browser: &Browser) {
    let wide = browser.run(WIDE).await;
    assert_eq!(wide, Value::Bool(false), "{}", browser.url().await);
}

const WIDE: &str = "
    const page = document.documentElement;
    arguments[arguments.length - 1](page.scrollWidth > page.clientWidth);
";
