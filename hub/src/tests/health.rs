//! The administration's pages of definitions and of the hub's health.

use std::sync::mpsc;

use axum::http::StatusCode;

use super::administration::Desk;
use crate::{kit, limits, store::StoreError};

#[tokio::test(flavor = "multi_thread")]
async fn definitions_are_imported_and_their_settings_changed_in_the_administration() {
    let desk = Desk::new().await;
    let list = desk.get("/definitions").await.body;
    assert!(
        list.contains("Settings of VAX_PRIMARY, version 1"),
        "{list}"
    );
    let empty = desk.post("/definitions", "toml=+").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = desk.post("/definitions", "toml=%5B%5Bindicator").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("id=\"toml-error\""), "{}", wrong.body);
    assert!(wrong.body.contains("[[indicator"), "what was typed stays");
    let more = kit::DEFINITIONS.replace("VAX_PRIMARY", "VAX_MORE");
    let more: String =
        percent_encoding::utf8_percent_encode(&more, percent_encoding::NON_ALPHANUMERIC).collect();
    let done = desk.post("/definitions", &format!("toml={more}")).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert!(done.body.contains("Added VAX_MORE/1"), "{}", done.body);
    let again = desk
        .post("/definitions", &format!("toml={more}"))
        .await
        .body;
    assert!(
        again.contains("0 definitions were added, 1 already there"),
        "{again}"
    );

    let path = "/definitions/VAX_PRIMARY/1";
    let bad = desk.post(path, "due_days=soon&reported_from=2023-01").await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", bad.body);
    assert!(bad.body.contains("value=\"soon\""), "what was typed stays");
    let form = "due_days=60&reported_from=2023-01&rows=&base_period=2023-02&base_why=gaps+filled";
    let done = desk.post(path, form).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert!(
        done.body.contains("Set VAX_PRIMARY/1 due_days 60"),
        "{}",
        done.body
    );
    let page = desk.get(path).await.body;
    assert!(page.contains("name=\"due_days\" value=\"60\""), "{page}");
    assert!(page.contains("February 2023: gaps filled"), "{page}");
    let settings = desk
        .app
        .read(|at| Ok(at.definition_settings()))
        .await
        .unwrap();
    assert_eq!(settings.values().next().unwrap().due_days, Some(60));
    for path in [
        "/definitions/NONE/1",
        "/definitions/VAX_PRIMARY/9",
        "/definitions/x/y",
    ] {
        assert_eq!(desk.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_health_of_the_hub_is_a_page() {
    let desk = Desk::new().await;
    let page = desk.get("/health").await.body;
    let findings = desk.app.doctor().await.unwrap();
    let wrong = findings.iter().filter(|one| !one.ok).count();
    assert_eq!(page.matches("to look at</span>").count(), wrong, "{page}");
    assert_eq!(page.contains("All checks are well."), wrong == 0);
    assert!(
        page.contains("<dt>Operator</dt><dd>Example: operator</dd>"),
        "{page}"
    );
}

/// The checks and the facts of the page are of one state, and say the same of it.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_health_says_one_thing_of_a_hub_that_is_behind() {
    let desk = Desk::new().await;
    desk.app.counted(|_| Ok(())).await.unwrap();
    let (status, findings) = desk.app.health().await.unwrap();
    let of = |name: &str| findings.iter().find(|one| one.check == name).unwrap();
    assert_eq!(of("country").finding, status.country);
    assert!(
        status.country.ends_with("not named yet."),
        "{}",
        status.country
    );
    let finding = &of("aggregation").finding;
    assert!(finding.starts_with("up to date: "), "{finding}");
    assert!(finding.contains(&status.entries.to_string()), "{finding}");
    let page = desk.get("/health").await.body;
    assert!(page.contains("<caption>Each location"), "{page}");

    // The writer is busy, so the aggregation cannot go on.
    let (committed, is_committed) = mpsc::channel();
    let (release, held) = mpsc::channel::<()>();
    let store = desk.app.shared.clone();
    let asked = tokio::spawn(async move {
        let asked = store.store.write(move |tx| {
            let ask = "INSERT INTO again (ask, lix, doc) VALUES (9, 9, zeroblob(16))";
            tx.execute(ask, [])?;
            tx.on_commit(move || {
                committed.send(()).unwrap();
                let _released = held.recv();
            });
            Ok::<_, StoreError>(())
        });
        asked.await
    });
    tokio::task::block_in_place(|| is_committed.recv()).unwrap();
    let page = desk.get("/health").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let behind = "aking documents again; 1 document is to be made again";
    assert_eq!(page.body.matches(behind).count(), 2, "{}", page.body);
    assert!(!page.body.contains("up to date:"), "{}", page.body);
    drop(release);
    asked.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_are_imported_from_a_file_in_the_administration() {
    let desk = Desk::new().await;
    let path = "/definitions/file";
    let more = kit::DEFINITIONS.replace("VAX_PRIMARY", "VAX_MORE");
    for (bytes, why) in [
        (&b""[..], "The file more.toml is empty."),
        (b"\xff\xfe[\0[\0", "more.toml is not text in UTF-8."),
        (b"[[indicator", "id=\"file-error\""),
        (&vec![b'#'; limits::DEFINITIONS_BYTES_MAX + 1], "split it"),
    ] {
        let refused = desk.upload(path, ("more.toml", bytes)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
        assert!(refused.body.contains(why), "{why}: {}", refused.body);
    }
    let none = desk.upload(path, ("", b"")).await;
    assert!(none.body.contains("Choose a file first."), "{}", none.body);
    let marked = format!("\u{feff}{more}");
    let done = desk.upload(path, ("more.toml", marked.as_bytes())).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert!(done.body.contains("Added VAX_MORE/1"), "{}", done.body);
}
