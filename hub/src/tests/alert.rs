//! The operator is called when something needs a person, once for each time.

use std::{fs, path::Path};

use weft_host::clock;
use weft_shared::time::Timestamp;

use crate::{
    alert::{began, look, stopped},
    app::AppHandle,
    kit::{self, Device},
};

const DAY_MS: i64 = 86_400_000;

/// Looks at the hub at a moment, and returns what the command got.
async fn told(app: &AppHandle, folder: &Path, at: Timestamp) -> Option<String> {
    let file = folder.join("alert");
    let command = format!("cat > '{}'", file.display());
    look(app, &command, at, &mut None).await.unwrap();
    let text = fs::read_to_string(&file).ok()?;
    fs::remove_file(&file).unwrap();
    Some(text)
}

#[tokio::test]
async fn a_silent_location_is_told_once_and_again_after_it_was_heard() {
    let (dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &["NORTH"]).await;
    let _device = Device::found(&app, &code).await;
    // It is in no alert before it is confirmed.
    let waiting = kit::add_location(&app, "WT", &[]).await;
    let _unconfirmed = Device::unconfirmed(&app, &waiting).await;
    let later = clock::now().plus_ms(15 * DAY_MS);
    look(&app, "exit 1", later, &mut None).await.unwrap();
    // The command failed, so no one heard of it.
    let first = told(&app, dir.path(), later).await.unwrap();
    let silent = "Example: FN has not been heard from for 15 days";
    assert!(first.contains(silent) && !first.contains("WT"), "{first}");
    assert_eq!(told(&app, dir.path(), later).await, None, "once");
    // Nothing is silent now, so the next silence is another one. The disk may be full throughout.
    assert_eq!(told(&app, dir.path(), clock::now()).await, None);
    let second = told(&app, dir.path(), later).await.unwrap();
    assert!(second.contains(silent), "{second}");
}

#[tokio::test]
async fn a_hub_that_crashes_again_and_again_says_so_and_one_that_is_stopped_does_not() {
    let (dir, app) = kit::hub().await;
    let now = clock::now();
    // The disk of this computer may be full, so let that be said first.
    told(&app, dir.path(), now).await;
    for _ in 0..5 {
        began(&app).await;
        stopped(&app).await;
    }
    assert_eq!(told(&app, dir.path(), now).await, None);
    // The first of these follows a stop.
    for _ in 0..3 {
        began(&app).await;
    }
    assert_eq!(told(&app, dir.path(), now).await, None);
    began(&app).await;
    let text = told(&app, dir.path(), clock::now()).await.unwrap();
    assert!(text.contains("ended 3 times within a day"), "{text}");
}
