//! What a team does with the node's pages, without a single script.

use crate::{
    browser::{Browser, Scripts},
    network::{Network, picture_path},
};

#[tokio::test]
async fn a_team_enters_a_value_and_sees_it_at_the_hub() {
    let network = Network::start();
    let browser = Browser::start(Scripts::Off, "").await;
    browser
        .open("data:text/html,<noscript>no scripts</noscript>")
        .await;
    assert_eq!(browser.text().await, "no scripts");
    browser.open(&network.link()).await;
    assert_eq!(browser.url().await, format!("{}/", network.node()));
    assert_eq!(browser.title().await, "Today – Example: Ōpōtiki team");
    let name = browser.find("[lang=mi]").await.text().await;
    assert_eq!(name.expect("the name is there"), "Ōpōtiki");
    adopt(&browser, &network).await;
    enter(&browser, &network).await;
    picture(&browser, &network).await;
    at_the_hub(&browser, &network).await;
    second_use(&browser, &network).await;
    browser.close().await;
}

async fn adopt(browser: &Browser, network: &Network) {
    browser
        .open(&format!("{}/indicators/VAX_PRIMARY/decide", network.node()))
        .await;
    let form = browser.text().await;
    assert!(
        form.contains("The hub is run by Example: Backbone Trust."),
        "{form}"
    );
    // Without a choice nothing is saved, and the summary has the focus and leads to the field.
    browser.submit("main form button").await;
    assert!(browser.title().await.starts_with("Error: "));
    assert_eq!(browser.focused().await, "div#.errors");
    browser.click(".errors a[href='#audience-team']").await;
    assert_eq!(browser.focused().await, "input#audience-team.");
    browser.click("#status-adopted").await;
    browser.click("#audience-network").await;
    browser.submit("main form button").await;
    let page = browser.text().await;
    assert!(page.contains("Saved on this computer."), "{page}");
    assert!(page.contains("Values are seen by the network."), "{page}");
}

async fn enter(browser: &Browser, network: &Network) {
    let place = "indicators/VAX_PRIMARY/enter?area=OPOTIKI&from=2023-04&to=2023-05";
    browser.open(&format!("{}/{place}", network.node())).await;
    let rows = |text: String| text.matches("Error:").count();
    browser.fill("#cell-1-0-n", "9,000").await;
    browser.fill("#cell-1-0-d", "8,100").await;
    browser.fill("#cell-0-0-n", "6,480").await;
    browser.fill("#cell-0-0-d", "8,100").await;
    browser.submit("main form[method=post] button").await;
    assert!(browser.title().await.starts_with("Error: "));
    assert_eq!(
        rows(browser.text().await),
        1,
        "one cell is wrong, and says so"
    );
    assert_eq!(
        network.ask(&["observation", "list", "--json"]),
        serde_json::json!([])
    );
    browser.click(".errors a").await;
    assert_eq!(browser.focused().await, "input#cell-1-0-n.");
    browser.fill("#cell-1-0-n", "6,561").await;
    browser.submit("main form[method=post] button").await;
    let page = browser.text().await;
    assert!(page.contains("Saved on this computer."), "{page}");
    let values = network.ask(&["observation", "list", "--json"]);
    let numerators: Vec<_> = values
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["numerator"])
        .collect();
    assert_eq!(numerators, [6_480, 6_561]);
    browser
        .wait_for(&format!("{}/", network.node()), "Shared with the hub")
        .await;
}

/// Kept for people to look at; a page that is all of one colour would be a few kilobytes.
async fn picture(browser: &Browser, network: &Network) {
    browser
        .open(&format!("{}/indicators/VAX_PRIMARY", network.node()))
        .await;
    let page = browser.text().await;
    assert!(page.contains("6,561 of 8,100 (81.0 %)"), "{page}");
    assert!(page.contains("Ōpōtiki District"), "{page}");
    let picture = browser.picture().await;
    assert!(picture.starts_with(b"\x89PNG") && picture.len() > 20_000);
    std::fs::write(picture_path("indicator.png"), picture).expect("target/ can be written");
}

async fn at_the_hub(browser: &Browser, network: &Network) {
    let overview = browser.wait_for(&network.hub(), "81.0").await;
    assert!(overview.contains("Completed primary course"), "{overview}");
    let picture = browser.picture().await;
    std::fs::write(picture_path("overview.png"), picture).expect("target/ can be written");
}

/// Whoever finds the link in a history or a log opens nothing with it.
async fn second_use(browser: &Browser, network: &Network) {
    browser.open(&format!("{}/", network.node())).await;
    browser.forget_cookies().await;
    browser.open(&network.link()).await;
    let page = browser.text().await;
    assert!(page.contains("That link was used already"), "{page}");
    browser.open(&format!("{}/plan", network.node())).await;
    assert!(browser.text().await.contains("open by the one-time link"));
}
