//! A team's work on the node's pages, without any script.

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
    // Without a choice nothing is saved; the summary has the focus and links to the field.
    browser.submit("main form button").await;
    assert!(browser.title().await.starts_with("Error: "));
    browser.waits_for_focus("div#.errors").await;
    browser.click(".errors a[href='#audience-team']").await;
    browser.waits_for_focus("input#audience-team.").await;
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
    browser.waits_for_focus("input#cell-1-0-n.").await;
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

/// Keeps a picture for people. A page of a single colour would be only a few kilobytes.
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

/// A link found in a history or a log opens nothing.
async fn second_use(browser: &Browser, network: &Network) {
    browser.open(&format!("{}/", network.node())).await;
    browser.forget_cookies().await;
    browser.open(&network.link()).await;
    let page = browser.text().await;
    assert!(page.contains("That link was used already"), "{page}");
    browser.open(&format!("{}/plan", network.node())).await;
    assert!(browser.text().await.contains("weft-node open"));
}

#[tokio::test]
async fn on_a_narrow_screen_what_does_not_fit_says_so() {
    let network = Network::start();
    network.tell(&["indicator", "adopt", "VAX_PRIMARY", "--audience", "network"]);
    let figure = [
        "--area",
        "OPOTIKI",
        "--breakdown",
        "age=12+",
        "--denominator",
        "8100",
    ];
    for (period, numerator) in [("2023-04", "6480"), ("2023-05", "6561")] {
        let value = ["--period", period, "--numerator", numerator];
        let set = ["observation", "set", "VAX_PRIMARY"];
        network.tell(&[&set[..], &figure, &value].concat());
    }
    network.tell(&["sync", "--once"]);
    let browser = Browser::narrow().await;
    let hub = network.hub();
    browser.wait_for(&hub, "81.0").await;
    let mut scrolls = 0;
    for path in ["", "coverage", "definitions", "indicators/VAX_PRIMARY"] {
        browser.open(&format!("{hub}{path}")).await;
        let found = browser.run(CUT).await;
        assert_eq!(found["wide"], false, "{path} scrolls as a whole: {found}");
        assert_eq!(found["silent"], serde_json::json!([]), "{path}: {found}");
        scrolls += found["overflowing"].as_u64().unwrap_or_default();
    }
    // Otherwise no region was seen to scroll, and the check above sees nothing.
    assert!(scrolls > 0);
    let picture = browser.picture().await;
    std::fs::write(picture_path("narrow.png"), picture).expect("target/ can be written");
    browser.close().await;
}

#[tokio::test]
async fn on_a_narrow_screen_what_belongs_together_stays_together() {
    let network = Network::start();
    network.tell(&["indicator", "adopt", "VAX_PRIMARY", "--audience", "network"]);
    let figure = ["--area", "OPOTIKI", "--breakdown", "age=12+"];
    for (period, numerator, denominator) in
        [("2023-04", "6480", "8100"), ("2023-05", "7561", "9100")]
    {
        let value = ["--numerator", numerator, "--denominator", denominator];
        let set = ["observation", "set", "VAX_PRIMARY", "--period", period];
        network.tell(&[&set[..], &figure, &value].concat());
    }
    let browser = Browser::narrow().await;
    browser.open(&network.link()).await;
    let page = format!("{}/indicators/VAX_PRIMARY", network.node());
    let place = "enter?area=OPOTIKI&from=2023-04&to=2023-05&survey=on";
    browser.open(&format!("{page}/{place}")).await;
    let tops = browser.run(TOPS).await;
    assert_eq!(tops["numerator"], tops["denominator"], "{tops}");
    assert_eq!(tops["lower"], tops["upper"], "{tops}");
    assert_eq!(tops["denominator"], tops["lower"], "{tops}");
    assert_eq!(tops["wide"], false, "{tops}");
    browser.open(&page).await;
    let text = browser.text().await;
    assert!(text.contains("Check the base: 8,100 people"), "{text}");
    let buttons = browser.run(BUTTONS).await;
    assert_eq!(buttons["count"], 2, "{buttons}");
    assert_eq!(buttons["touching"], 0, "{buttons}");
    assert_eq!(buttons["lines"], 1, "a figure is on one line: {buttons}");
    assert_eq!(buttons["wide"], false, "{buttons}");
    browser.close().await;
}

/// Vertical positions of the first cell's fields.
const TOPS: &str = "
    const top = part => document.getElementById(`cell-0-0-${part}`).getBoundingClientRect().top;
    arguments[arguments.length - 1](
        {numerator: top('n'), denominator: top('d'), lower: top('l'), upper: top('u'),
         wide: document.documentElement.scrollWidth > document.documentElement.clientWidth});
";

/// The buttons that answer a question, the number that touch the one above, and the number of lines
/// of the figure above them.
const BUTTONS: &str = "
    const all = [...document.querySelectorAll('td button')];
    const box = one => one.getBoundingClientRect();
    const near = all.slice(1).filter((one, at) => box(one).top < box(all[at]).bottom + 4);
    const page = document.documentElement;
    arguments[arguments.length - 1]({
        count: all.length,
        touching: near.length,
        lines: all[0].closest('td').firstElementChild.getClientRects().length,
        wide: page.scrollWidth > page.clientWidth,
    });
";

/// Whether the page is wider than the screen, the number of regions wider than it, and those that
/// no key reaches, no shadow shows or no words announce.
const CUT: &str = "
    document.querySelectorAll('details').forEach(one => { one.open = true; });
    const done = arguments[arguments.length - 1];
    requestAnimationFrame(() => requestAnimationFrame(() => {
        const regions = [...document.querySelectorAll('.scroll')];
        const cut = regions.filter(one => one.scrollWidth > one.clientWidth);
        const silent = cut.filter(one => {
            // A shadow at the edge says that there is more.
            const seen = getComputedStyle(one).backgroundImage.includes('gradient');
            return !seen || one.tabIndex !== 0 || !one.getAttribute('aria-label');
        });
        const page = document.documentElement;
        done({
            wide: page.scrollWidth > page.clientWidth,
            overflowing: cut.length,
            silent: silent.map(one => one.getAttribute('aria-label')),
        });
    }));
";
