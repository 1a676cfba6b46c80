//! The entry grid with scripts: a pasted block, moving by keys, and what is said while somebody
//! types.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    browser::{Browser, Scripts},
    network::Network,
};

/// Maximum time until a check stands under its row.
const CHECK_MAX: Duration = Duration::from_secs(30);

/// A block as a spreadsheet copies it: headings, and a percentage beside each pair of counts.
const BLOCK: &str = "completed\\tpeople\\t%\\tcompleted\\tpeople\\t%\\n\
                     6,480\\t8,100\\t80.0\\t786\\t7,197\\t10.9\\n\
                     65,610\\t8,100\\t810.0\\t780\\t7,197\\t10.8\\n";

#[tokio::test]
async fn a_pasted_block_fills_matching_fields_and_is_checked_before_it_is_saved() {
    let network = Network::start();
    let adopt = ["indicator", "adopt", "VAX_PRIMARY", "--audience", "network"];
    network.tell(&adopt);
    let browser = Browser::start(Scripts::On, "").await;
    browser.open(&network.link()).await;
    let place = "indicators/VAX_PRIMARY/enter?area=OPOTIKI&from=2023-04&to=2023-05";
    browser.open(&format!("{}/{place}", network.node())).await;
    let paste = format!(
        "const field = document.getElementById('cell-0-0-n');
         const clipboardData = new DataTransfer();
         clipboardData.setData('text/plain', '{BLOCK}');
         field.focus();
         const bubbles = true, cancelable = true;
         field.dispatchEvent(new ClipboardEvent('paste', {{ clipboardData, bubbles, cancelable }}));
         const fields = [...document.querySelectorAll('.sheet input[type=text]')];
         arguments[0](fields.map((one) => one.value));"
    );
    let values = browser.run(&paste).await;
    let expected = [
        "6,480", "8,100", "786", "7,197", "65,610", "8,100", "780", "7,197",
    ];
    assert_eq!(
        values,
        json!(expected),
        "headings and percentages have no field"
    );
    assert_eq!(text(&browser, ".calc").await, "80.0");
    // The check of a save stands under its row while nothing is saved.
    let said = until(&browser, ".says", |text| {
        text.contains("above the denominator")
    })
    .await;
    assert!(said.contains("Error:"), "{said}");
    let counted = text(&browser, "#checked").await;
    assert_eq!(counted, "4 figures changed, 1 to look at.");
    assert_eq!(network.ask(&["observation", "list", "--json"]), json!([]));
    // Enter goes down, an arrow goes right at the end of a field, and neither saves.
    browser.click("#cell-0-0-n").await;
    press(&browser, "Enter").await;
    browser.waits_for_focus("input#cell-1-0-n.").await;
    browser.fill("#cell-1-0-n", "6,561").await;
    until(&browser, "#checked", |text| text == "4 figures changed.").await;
    assert_eq!(text(&browser, ".says").await, "");
    press(&browser, "ArrowRight").await;
    browser.waits_for_focus("input#cell-1-0-d.").await;
    browser.submit(".savebar button").await;
    let page = browser.text().await;
    assert!(page.contains("Saved on this computer."), "{page}");
    let values = network.ask(&["observation", "list", "--json"]);
    assert_eq!(values.as_array().map(Vec::len), Some(4), "{values}");
    browser.close().await;
}

/// Returns the text of the first such element; empty if there is none.
async fn text(browser: &Browser, css: &str) -> String {
    let script = format!(
        "arguments[0](document.querySelector('{css}')?.textContent.trim().replace(/\\s+/g, ' '));"
    );
    match browser.run(&script).await {
        Value::String(text) => text,
        _ => String::new(),
    }
}

/// Waits until an element says something.
async fn until(browser: &Browser, css: &str, is: impl Fn(&str) -> bool) -> String {
    let begin = Instant::now();
    loop {
        let said = text(browser, css).await;
        if is(&said) {
            return said;
        }
        assert!(begin.elapsed() < CHECK_MAX, "{css} says: {said}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Presses a key in the field that has the focus.
async fn press(browser: &Browser, key: &str) {
    let script = format!(
        "const event = {{ key: '{key}', bubbles: true, cancelable: true }};
         document.activeElement.dispatchEvent(new KeyboardEvent('keydown', event));
         arguments[0]();"
    );
    browser.run(&script).await;
}
