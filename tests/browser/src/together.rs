//! Two people on one record, an open page that hears of changes.

use serde_json::{Value, json};

use crate::{
    browser::{Browser, Colours, Scripts},
    demo::Demo,
};

/// Opens the same page in two browsers, each with a session of its own.
async fn two(demo: &Demo, path: &str) -> [Browser; 2] {
    let first = Browser::start(Scripts::On, "").await;
    first.open(&demo.team).await;
    let second = Browser::start(Scripts::Off, "").await;
    second.open(demo.tell(&["page"]).trim()).await;
    let site = crate::looks::origin(&first.url().await);
    for browser in [&first, &second] {
        browser.open(&format!("{site}{path}")).await;
    }
    [first, second]
}

/// Returns the path of the first initiative's page.
fn initiative(demo: &Demo) -> String {
    let rows: Value = serde_json::from_str(&demo.tell(&["initiative", "list", "--json"]))
        .expect("the list is JSON");
    let id = rows[0]["id"].as_str().expect("records have ids");
    format!("/plan/initiatives/{id}")
}

#[tokio::test]
async fn two_people_change_different_fields_and_both_stay() {
    let demo = Demo::start();
    let [first, second] = two(&demo, &initiative(&demo)).await;
    first.fill("#field-setting", "Example: schools").await;
    second
        .fill("#field-description", "Example: walking to school")
        .await;
    first.submit("main form button").await;
    second.submit("main form button").await;
    assert!(
        !second.title().await.starts_with("Error"),
        "{}",
        second.text().await
    );
    let rows = demo.tell(&["initiative", "list", "--json"]);
    let rows: Value = serde_json::from_str(&rows).expect("the list is JSON");
    assert_eq!(rows[0]["fields"]["setting"], "Example: schools");
    assert_eq!(
        rows[0]["fields"]["description"],
        "Example: walking to school"
    );
}

#[tokio::test]
async fn two_people_change_the_same_field_and_both_are_kept_and_shown() {
    let demo = Demo::start();
    let path = initiative(&demo);
    let [first, second] = two(&demo, &path).await;
    first.fill("#field-setting", "Example: schools").await;
    second.fill("#field-setting", "Example: marae").await;
    first.submit("main form button").await;
    second.submit("main form button").await;
    assert!(second.title().await.starts_with("Error: "));
    let page = second.text().await;
    assert!(page.contains("it now says: Example: schools"), "{page}");
    let typed = second.find("#field-setting").await.prop("value").await;
    assert_eq!(
        typed.expect("it is a field").as_deref(),
        Some("Example: marae")
    );
    // Saving again is a decision; each save is in the history.
    second.submit("main form button").await;
    let id = path.rsplit('/').next().expect("a path has an end");
    let saved: Value = serde_json::from_str(&demo.tell(&["history", "--record", id, "--json"]))
        .expect("the history is JSON");
    let times = saved.as_array().expect("a list").len();
    assert!(times >= 3, "it was made, and changed twice: {saved}");
}

#[tokio::test]
async fn an_open_page_hears_of_a_change_and_leaves_the_field_in_use_alone() {
    let demo = Demo::start();
    let browser = Browser::coloured(Colours::Light).await;
    browser.open(&demo.team).await;
    let site = crate::looks::origin(&browser.url().await);
    browser.open(&format!("{site}/plan")).await;
    browser.run(MARK).await;
    demo.tell(&[
        "initiative",
        "add",
        "--name",
        "Example: a walk on Sundays",
        "--audience",
        "team",
    ]);
    browser.see("Example: a walk on Sundays").await;
    assert_eq!(
        browser.run(MARKED).await,
        json!(true),
        "the page was loaded again"
    );
}

/// Leaves a mark that a reload would take away.
const MARK: &str = "window.stays = true; arguments[arguments.length - 1](null);";
const MARKED: &str = "arguments[arguments.length - 1](window.stays === true);";

#[tokio::test]
async fn a_first_page_and_its_assets_are_light() {
    const MOST: u64 = 60_000;
    let demo = Demo::start();
    for link in [&demo.team, &demo.hub] {
        let browser = Browser::coloured(Colours::Light).await;
        browser.open(link).await;
        let bytes = browser.run(WEIGHT).await;
        let bytes = bytes.as_u64().expect("a number of bytes");
        println!("{}: {bytes} bytes over the wire", browser.url().await);
        assert!((10_000..=MOST).contains(&bytes), "{bytes} bytes");
    }
}

/// Bytes of the page and everything it loaded, as they came, compressed.
const WEIGHT: &str = "
    const all = [...performance.getEntriesByType('navigation'),
                 ...performance.getEntriesByType('resource')];
    arguments[arguments.length - 1](
        all.reduce((sum, one) => sum + (one.encodedBodySize || 0), 0));
";
