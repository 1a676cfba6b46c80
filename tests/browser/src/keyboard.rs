//! From a computer that has joined nothing to a first saved value, with the keyboard alone.

use std::time::Instant;

use crate::{
    browser::{Browser, Key, Scripts},
    network::{Network, Unjoined},
};

/// Most fields and links between two that a person uses.
const TABS_MAX: usize = 80;

#[tokio::test]
async fn a_team_without_a_mouse_joins_and_saves_a_first_value() {
    by_keyboard(Scripts::On).await;
}

#[tokio::test]
async fn a_team_without_a_mouse_or_scripts_joins_and_saves_a_first_value() {
    by_keyboard(Scripts::Off).await;
}

async fn by_keyboard(scripts: Scripts) {
    let network = Network::unjoined();
    let browser = Browser::start(scripts, "").await;
    browser.open(&network.link()).await;
    let begun = Instant::now();
    join(&browser, &network).await;
    adopt(&browser).await;
    enter(&browser).await;
    println!(
        "{:.0?} of scripted steps, scripts {scripts:?}",
        begun.elapsed()
    );
    browser.close().await;
    let values = network.ask(&["observation", "list", "--json"]);
    let values = values.as_array().expect("a list");
    assert_eq!(values.len(), 1, "{values:?}");
    assert_eq!(values[0]["numerator"], 6_480);
    assert_eq!(values[0]["denominator"], 8_100);
}

async fn join(browser: &Browser, network: &Unjoined) {
    tab_to(browser, "#line").await;
    browser.write(&network.invite).await;
    send(browser).await;
    tab_to(browser, "#name").await;
    browser.write("Front desk laptop").await;
    send(browser).await;
    let list = browser.texts("ol.recovery li").await;
    assert_eq!(list.len(), 24, "{list:?}");
    tab_to(browser, "form[action='/welcome/written'] button").await;
    send(browser).await;
    for label in browser.texts("form.card label").await {
        let place: usize = label
            .rsplit(' ')
            .next()
            .and_then(|number| number.parse().ok())
            .unwrap_or_else(|| panic!("no number in {label:?}"));
        browser.press(Key::Tab).await;
        while browser.focused_name().await != "input" {
            browser.press(Key::Tab).await;
        }
        browser.write(&list[place - 1]).await;
    }
    send(browser).await;
    browser.see("Four words").await;
    let words = browser.texts("#words").await.concat();
    network.confirm(&words);
    tab_to(browser, "a.btn[href='/']").await;
    send(browser).await;
    assert!(
        browser.title().await.starts_with("Today"),
        "{}",
        browser.title().await
    );
}

async fn adopt(browser: &Browser) {
    tab_to(browser, "nav a[href='/indicators']").await;
    send(browser).await;
    tab_to(browser, "a[href='/indicators/VAX_PRIMARY/decide']").await;
    send(browser).await;
    tab_to(browser, "#status-adopted").await;
    browser.press(Key::Space).await;
    tab_to(browser, "[name=audience]").await;
    // A group of choices is one stop of the Tab key; the arrows choose within it.
    while browser.focused_id().await != "audience-network" {
        browser.press(Key::Down).await;
    }
    tab_to(browser, "main form button").await;
    send(browser).await;
    let page = browser.text().await;
    assert!(page.contains("Saved on this computer."), "{page}");
}

async fn enter(browser: &Browser) {
    tab_to(browser, "a[href^='/indicators/VAX_PRIMARY/enter']").await;
    send(browser).await;
    tab_to(browser, "[data-grid] input[type=text]").await;
    browser.write("6480").await;
    browser.press(Key::Tab).await;
    browser.write("8100").await;
    tab_to(browser, "main form[method=post] button:not([name])").await;
    send(browser).await;
    let page = browser.text().await;
    assert!(page.contains("Saved on this computer."), "{page}");
}

/// Presses Tab until what `css` finds has the focus.
pub(crate) async fn tab_to(browser: &Browser, css: &str) {
    for _ in 0..TABS_MAX {
        browser.press(Key::Tab).await;
        if browser.has_focus(css).await {
            return;
        }
    }
    panic!(
        "no Tab leads to {css} on {}:\n{}",
        browser.url().await,
        browser.text().await
    );
}

/// Presses Enter, and waits for the next page.
pub(crate) async fn send(browser: &Browser) {
    browser.follow(|| browser.press(Key::Enter)).await;
}
