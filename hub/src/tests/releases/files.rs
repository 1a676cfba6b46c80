//! Files of releases over HTTP: the same bytes, ranges, and errors that name what there is.

use std::{collections::BTreeSet, fs};

use axum::http::HeaderMap;
use calamine::{Data, Reader as _, Xlsx, open_workbook_from_rs};
use weft_shared::release::Manifest;

use super::Scene;
use crate::{app::Invitation, release::NewRelease};

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
    for headers in [&whole.1, &again.1] {
        assert_eq!(headers.get("cache-control").unwrap(), "private, no-cache");
        assert_eq!(headers.get("etag").unwrap(), &tag);
    }
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
        .withdraw_release(&id, "A slip in one count.", "operator")
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

/// Not even an open release may stay in a cache that several people share: it may be withdrawn.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_release_is_asked_for_again_by_its_tag() {
    let scene = Scene::agreed(true).await;
    let new = NewRelease {
        open: true,
        ..scene.new_release()
    };
    let id = scene.app.propose_release(new, "operator").await.unwrap().id;
    scene
        .app
        .publish_release(&id, "operator", None)
        .await
        .unwrap();
    // From now on those who have not signed in are strangers.
    let invitation = Invitation {
        name: "Aroha".to_owned(),
        organisation: "Example: ministry".to_owned(),
        roles: "analyst".parse().unwrap(),
        named: false,
    };
    scene.app.invite_person(invitation).await.unwrap();
    let path = format!("/data/{id}/vaccination.csv");
    let file = scene.get(&path, &[]).await;
    assert_eq!(file.0, 200);
    let tag = file.1.get("etag").unwrap().to_str().unwrap();
    assert_eq!(file.1.get("cache-control").unwrap(), "private, no-cache");
    let again = scene.get(&path, &[("if-none-match", tag)]).await;
    assert_eq!(again.0, 304);
    assert_eq!(again.1.get("cache-control").unwrap(), "private, no-cache");
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

#[tokio::test(flavor = "multi_thread")]
async fn a_release_says_how_much_notice_teams_had_wherever_somebody_may_look() {
    let scene = Scene::new().await;
    let id = scene.publish().await;
    let read = |name: &str| fs::read_to_string(scene.folder(&id).join(name)).unwrap();
    let manifest = Manifest::decode(&read("manifest.json")).unwrap();
    assert_eq!(manifest.notice_days, 0);
    let page = scene.get(&format!("/data/{id}/"), &[]).await.2;
    for text in [read("README.txt"), String::from_utf8(page).unwrap()] {
        let words = "Published without notice to the teams.";
        assert!(text.contains(words), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_json_of_a_release_has_the_columns_and_decimals_of_its_csv() {
    let scene = Scene::new().await;
    let id = scene.publish().await;
    let read = |name: &str| fs::read(scene.folder(&id).join(name)).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&read("vaccination.json")).unwrap();
    assert_eq!(json["next"], serde_json::Value::Null);
    let csv = read("vaccination.csv");
    let mut csv = csv::Reader::from_reader(csv.as_slice());
    let names = csv.headers().unwrap().clone();
    let rows = json["data"].as_array().unwrap();
    let mut n = 0;
    for (row, record) in rows.iter().zip(csv.records()) {
        for (name, text) in names.iter().zip(&record.unwrap()) {
            let said = match &row[name] {
                serde_json::Value::Null => String::new(),
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            assert_eq!(said, text, "{name}");
        }
        assert_eq!(row.as_object().unwrap().len(), names.len());
        n += 1;
    }
    assert_eq!((n, rows.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_release_is_a_read_of_those_in_it() {
    let scene = Scene::new().await;
    let id = scene.publish().await;
    assert_eq!(scene.get(&format!("/data/{id}/"), &[]).await.0, 200);
    let reads = scene.app.read(|at| at.reads(100)).await.unwrap();
    let page = reads
        .iter()
        .filter(|row| row.subject == format!("/data/{id}/"));
    let codes: BTreeSet<&str> = page.map(|row| row.code.as_str()).collect();
    assert_eq!(codes, BTreeSet::from(["EC", "FN", "RT", "WR"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_names_an_indicator_that_has_rows_in_the_last_release_of_the_chain() {
    let scene = Scene::new().await;
    let index = super::ranks::INDEX.replace("WALKABILITY", "ABLE");
    scene.app.import_definitions(&index).await.unwrap();
    scene.publish().await;
    let mut new = scene.new_release();
    new.indicators.insert("ABLE".parse().unwrap());
    let id = scene.app.propose_release(new, "operator").await.unwrap().id;
    scene
        .app
        .publish_release(&id, "operator", None)
        .await
        .unwrap();
    // The clock was ahead when the first one went out.
    let ahead = scene.app.shared.store.write(|tx| {
        let sql = "UPDATE releases SET published_ms = published_ms + 31536000000 WHERE link = 1";
        tx.execute(sql, [])?;
        Ok::<_, crate::store::StoreError>(())
    });
    ahead.await.unwrap();
    let (status, _, page) = scene.get("/api", &[]).await;
    assert_eq!(status, 200);
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains(&id.to_string()), "{page}");
    assert!(
        page.contains("VAX_PRIMARY") && !page.contains("ABLE"),
        "{page}"
    );
}

/// Excel takes 2026.10 for 2026.1 if it is a number.
#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_has_the_number_of_its_release_as_text() {
    let scene = Scene::new().await;
    let id = scene.publish().await;
    let bytes = fs::read(scene.folder(&id).join("vaccination.xlsx")).unwrap();
    let mut book: Xlsx<_> = open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range("Network").unwrap();
    let mut rows = sheet.rows();
    let mut names = rows.next().unwrap().iter();
    let at = names.position(|name| *name == Data::String("release".to_owned()));
    let number = Data::String(id.number.to_string());
    assert_eq!(rows.next().unwrap()[at.unwrap()], number);
    let readme = fs::read_to_string(scene.folder(&id).join("README.txt")).unwrap();
    assert!(
        readme.contains("Excel takes 2026.10 in a CSV for 2026.1"),
        "{readme}"
    );
}
