//! Files of releases over HTTP: the same bytes, ranges, and errors that name what there is.

use std::{collections::BTreeSet, fs};

use axum::http::HeaderMap;

use super::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn files_are_sent_with_tags_and_ranges_and_downloads_are_in_the_ledger() {
    let scene = Scene::new().await;
    let id = scene.publish().await;
    let whole = scene.get(&format!("/data/{id}/vaccination.csv"), &[]).await;
    assert_eq!(whole.0, 200);
    let csv = fs::read(scene.folder(&id).join("vaccination.csv")).unwrap();
    assert_eq!(whole.2, csv);
    let tag = whole.1.get("etag").unwrap().to_str().unwrap().to_owned();
    assert!(!tag.starts_with("W/"));
    assert!(whole.1.get("weft-notice").is_none());
    let known = [("if-none-match", &*tag)];
    let again = scene
        .get(&format!("/data/{id}/vaccination.csv"), &known)
        .await;
    assert_eq!(again.0, 304);
    let path = format!("/data/{id}/vaccination.parquet");
    let parquet = fs::read(scene.folder(&id).join("vaccination.parquet")).unwrap();
    let part = scene.get(&path, &[("range", "bytes=-8")]).await;
    assert_eq!(
        (part.0, part.2.as_slice()),
        (206, &parquet[parquet.len() - 8..])
    );
    let other = [("range", "bytes=0-3"), ("if-range", "\"another\"")];
    assert_eq!(scene.get(&path, &other).await.2, parquet);

    let latest = scene.get("/data/vaccination/latest", &[]).await;
    assert_eq!(latest.0, 302);
    assert_eq!(latest.1.get("location").unwrap(), &format!("/data/{id}/"));
    let latest = scene
        .get("/data/vaccination/latest/vaccination.csv", &[])
        .await;
    assert_eq!(
        latest.1.get("location").unwrap(),
        &format!("/data/{id}/vaccination.csv")
    );

    let reads = scene.app.read(|at| at.reads(100)).await.unwrap();
    let csv = reads
        .iter()
        .filter(|row| row.subject == format!("{id}/vaccination.csv"));
    let codes: BTreeSet<&str> = csv.map(|row| row.code.as_str()).collect();
    assert_eq!(codes, BTreeSet::from(["EC", "FN", "RT", "WR"]));

    scene
        .app
        .withdraw_release(&id, "A slip in one count.")
        .await
        .unwrap();
    let gone = scene.get(&format!("/data/{id}/vaccination.csv"), &[]).await;
    assert_eq!(gone.0, 410);
    assert!(
        String::from_utf8(gone.2)
            .unwrap()
            .contains("A slip in one count.")
    );
    assert_eq!(scene.get("/data/vaccination/latest", &[]).await.0, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_of_data_names_what_there_is_and_leads_out_of_no_folder() {
    let scene = Scene::new().await;
    let id = scene.publish().await;
    let told = |answer: (u16, HeaderMap, Vec<u8>)| (answer.0, String::from_utf8(answer.2).unwrap());
    let (status, text) = told(
        scene
            .get(&format!("/data/{id}/vaccination.sas7bdat"), &[])
            .await,
    );
    assert_eq!(status, 404);
    assert!(text.contains("\"vaccination.csv\""), "{text}");
    assert!(!text.contains("notice"), "{text}");
    for path in [
        format!("/data/{id}/..%2f..%2fhub.db"),
        format!("/data/{id}/%2e%2e"),
        "/data/..%2f/2026.1/hub.db".to_owned(),
        "/data/vaccination/2026.99/vaccination.csv".to_owned(),
        "/data/nothing/latest".to_owned(),
        "/data/nothing/releases.json".to_owned(),
        "/data/nothing".to_owned(),
    ] {
        let (status, text) = told(scene.get(&path, &[]).await);
        assert_eq!(status, 404, "{path}: {text}");
    }
    let (status, text) = told(scene.get("/data/vaccination/releases.json", &[]).await);
    assert_eq!(status, 200);
    assert!(text.contains(&id.number.to_string()), "{text}");
    let (status, text) = told(scene.get("/data.json", &[]).await);
    assert_eq!(status, 200);
    assert!(text.contains("vaccination.parquet"), "{text}");
    let (status, text) = told(scene.get("/data/vaccination", &[]).await);
    assert_eq!(status, 200);
    assert!(text.contains("vaccination.xlsx"), "{text}");
    assert!(text.contains("readr::read_csv(\"http"), "{text}");
    let (status, text) = told(scene.get("/data", &[]).await);
    assert_eq!(status, 200);
    assert!(text.contains("/data/vaccination"), "{text}");
}
