//! The page of the report, its file, and a wrong period.

use std::io::Read as _;

use axum::http::StatusCode;
use weft_shared::model::schema::RecordKind;

use super::kit::Site;
use crate::pages::plan;

#[tokio::test]
async fn a_report_is_shown_and_downloaded_and_a_wrong_period_is_said() {
    let site = Site::open().await;
    let mut form = site.form(&plan::add_href(RecordKind::Initiative)).await;
    form.set("name", "Example: Māra kai");
    form.set("status", "testing");
    form.set("audience", "public");
    site.done(&form).await;
    let (status, page) = site.get("/report").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Report to our funder"), "{page}");
    assert!(page.contains("Māra kai"), "{page}");
    assert!(page.contains("aria-current=\"page\">Report"), "{page}");
    let (_, page) = site.get("/report?for=community").await;
    assert!(page.contains("What we are doing"), "{page}");
    let (status, bytes) = site
        .download("/report/file?for=board&period=2020..2026")
        .await;
    assert_eq!(status, StatusCode::OK);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut page = archive
        .by_name("report-board-2020-to-2026.html")
        .expect("the page is in it");
    let mut file = String::new();
    page.read_to_string(&mut file).unwrap();
    assert!(file.starts_with("<!doctype html>"), "{file}");
    assert!(
        file.contains("Report to our board") && !file.contains("<nav"),
        "{file}"
    );
    let (status, page) = site.get("/report?period=last+year").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("is not a period: write FY2027"), "{page}");
    assert!(page.contains("<title>Error: "), "{page}");
    let (status, _) = site.get("/report/file?for=neighbour&period=2026").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
