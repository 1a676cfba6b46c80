//! Many spellings of one label.

use weft_shared::model::observation::{Breakdown, ObservationKey};

use super::figures::{definition, key, statement, sums::settled};
use crate::kit::{self, Device};

/// A spelling of one label: the bits of `n` say which letters are large.
fn spelling(n: usize) -> Breakdown {
    let letters = "abcdefghijklmnop".chars().enumerate();
    let letters = letters.map(|(at, letter)| match n >> at & 1 {
        0 => letter,
        _ => letter.to_ascii_uppercase(),
    });
    Breakdown::by("age", &letters.collect::<String>())
}

/// If each looked up all others, they would take minutes.
#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_spellings_of_one_label_hold_up_no_sum() {
    let (_dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut device = Device::found(&app, &code).await;
    for part in 0..8 {
        let entry = device.edit("observations/2023", |editor| {
            (part * 500..(part + 1) * 500).try_for_each(|n| {
                let key = ObservationKey {
                    breakdown: spelling(n),
                    ..key("FAR_NORTH", "2023-05")
                };
                editor.put_observation(&key, &statement(hash, 7), None)
            })
        });
        device.push(&app, entry).await;
    }
    app.network_context().await.unwrap();
    assert_eq!(settled(&app).await, 1);
}
