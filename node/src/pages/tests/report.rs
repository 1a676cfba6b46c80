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
    form.set("audience", "released");
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

/// Defines a measure of the work, adopts an indicator about the place, and enters values of both.
async fn counted(site: &Site, audience: &str) {
    let mut form = site.form("/indicators/define").await;
    for (name, value) in [
        ("code", "fn_swim"),
        ("name", "Example: children who can swim"),
        ("type", "count"),
        ("unit", "children"),
        ("period", "month"),
        ("direction", "up"),
        ("audience", audience),
    ] {
        form.set(name, value);
    }
    site.done(&form).await;
    site.adopt("released").await;
    let path = "enter?from=2023-01&to=2023-01&total=on";
    for (code, parts) in [
        ("FN_SWIM", &[("n", "12")][..]),
        ("VAX_PRIMARY", &[("n", "30"), ("d", "40")]),
    ] {
        let mut grid = site.form(&format!("/indicators/{code}/{path}")).await;
        for (field, value) in parts {
            grid.set(&format!("{field}:{code}/FAR_NORTH/2023-01/total"), value);
        }
        site.done(&grid).await;
    }
}

#[tokio::test]
async fn a_figure_about_the_place_stands_among_no_measures_of_ours() {
    let site = Site::open().await;
    counted(&site, "released").await;
    let (_, page) = site.get("/report?period=2023").await;
    let (_, ours) = page.split_once("id=\"measures\"").expect("we have one");
    let (ours, place) = ours
        .split_once("id=\"place\"")
        .expect("the place has figures");
    assert!(ours.contains("children who can swim"), "{ours}");
    assert!(!ours.contains("Completed primary course"), "{ours}");
    assert!(place.contains("Completed primary course") && place.contains("75.0"));
    let (status, bytes) = site.download("/report/file?for=funder&period=2023").await;
    assert_eq!(status, StatusCode::OK);
    let archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut names: Vec<String> = archive
        .file_names()
        .map(|one| one.unwrap().into())
        .collect();
    names.sort_unstable();
    let pictures = [1, 2].map(|n| format!("report-funder-2023_files/chart-{n}.png"));
    assert_eq!(names[1..], pictures, "the page, and a picture each");
}

#[tokio::test]
async fn a_report_says_how_much_of_it_is_for_this_computer_only() {
    let site = Site::open().await;
    counted(&site, "team").await;
    for (what, audience) in [("one", "team"), ("two", "team"), ("three", "network")] {
        let mut form = site.form(&plan::add_href(RecordKind::Action)).await;
        form.set("what", what);
        form.set("due", "2023-03-01");
        form.set("audience", audience);
        site.done(&form).await;
    }
    let (_, page) = site.get("/report?period=2023").await;
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = "Not in this report, because they are for our team only: 2 actions and 1 value.";
    assert!(page.contains(said), "{page}");
    let further = "1 record or value is not in it, because its audience does not reach your \
                   funder.";
    assert!(page.contains(further), "{page}");
    let (_, bytes) = site.download("/report/file?for=funder&period=2023").await;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut file = String::new();
    let mut printed = archive.by_name("report-funder-2023.html").unwrap();
    printed.read_to_string(&mut file).unwrap();
    assert!(file.contains(said), "{file}");
    assert!(!file.contains("does not reach your funder"), "{file}");
}
