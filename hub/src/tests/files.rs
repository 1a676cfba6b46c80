//! Files of figures: one level by default, and each says what it is; workbooks that keep codes as
//! text.

use std::io::Cursor;

use axum::{body::to_bytes, http::StatusCode};
use calamine::{Data, Range, Reader as _, Xlsx, open_workbook_from_rs};
use weft_host::{clock, output::ExitCode};
use weft_shared::{model::observation::Status, period::day_words};

use super::{
    commands::run,
    web::{Scene, response},
};
use crate::{
    figures::{About, Figure, NOTICE, workbook},
    kit,
};

/// Reads both sheets of a workbook.
fn sheets(bytes: Vec<u8>) -> (Range<Data>, Range<Data>) {
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["Figures", "About"]);
    let mut sheet = |name: &str| book.worksheet_range(name).unwrap();
    (sheet("Figures"), sheet("About"))
}

fn column(sheet: &Range<Data>, name: &str) -> Vec<Data> {
    let mut rows = sheet.rows();
    let headings = rows.next().unwrap();
    let at = headings
        .iter()
        .position(|one| *one == Data::String(name.to_owned()));
    let at = at.unwrap_or_else(|| panic!("no column {name}"));
    rows.map(|row| row[at].clone()).collect()
}

fn text(of: &str) -> Data {
    Data::String(of.to_owned())
}

#[test]
fn codes_stay_text_and_numbers_stay_numbers() {
    let figure = |breakdown: &str, value: &str| {
        let mut cell = kit::cell("VAX_PRIMARY", "2021-12");
        cell.key.breakdown = breakdown.parse().unwrap();
        cell.value = Some(value.parse().unwrap());
        cell.numerator = Some(12.into());
        cell.labels.indicator_name = "=1+1".to_owned();
        cell.base_changed = Some("gaps filled".to_owned());
        Ok(Figure::from(cell))
    };
    let mut figures = [figure("age=5-11", "84.25"), figure("age=12+", "0")].into_iter();
    let mut bytes = Vec::new();
    workbook::xlsx(&mut figures, &About::default(), &mut bytes).unwrap();
    let (sheet, about) = sheets(bytes.clone());
    assert_eq!(column(&sheet, "period"), [text("2021-12"), text("2021-12")]);
    assert_eq!(
        column(&sheet, "breakdown_value"),
        [text("5-11"), text("12+")]
    );
    let values = [Data::Float(84.25), Data::Float(0.0)];
    assert_eq!(column(&sheet, "value"), values);
    assert_eq!(column(&sheet, "numerator")[0], Data::Float(12.0));
    assert_eq!(column(&sheet, "denominator")[0], Data::Empty, "never zero");
    // A text is no formula here, so it needs no apostrophe.
    assert_eq!(column(&sheet, "indicator_name")[0], text("=1+1"));
    assert_eq!(column(&sheet, "base_changed")[0], Data::Bool(true));
    assert_eq!(column(&sheet, "notice")[0], text(NOTICE));
    assert_eq!(about.get((0, 1)), Some(&text(NOTICE)));
    // The same figures are the same file.
    let mut figures = [figure("age=5-11", "84.25"), figure("age=12+", "0")].into_iter();
    let mut again = Vec::new();
    workbook::xlsx(&mut figures, &About::default(), &mut again).unwrap();
    assert!(bytes == again);
}

#[test]
fn a_workbook_of_too_many_figures_is_refused_before_its_first_byte() {
    let figure = Figure::from(kit::cell("VAX_PRIMARY", "2021-12"));
    let mut figures = std::iter::repeat_n(figure, workbook::ROWS_MAX as usize + 1).map(Ok);
    let mut bytes = Vec::new();
    let error = workbook::xlsx(&mut figures, &About::default(), &mut bytes).unwrap_err();
    assert!(
        error.to_string().contains("a workbook holds at most"),
        "{error}"
    );
    assert!(bytes.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_level_is_the_default_and_a_file_says_what_it_is() {
    let scene = Scene::new().await;
    for (line, levels) in [
        ("rollup --format csv", &["network"][..]),
        ("rollup --format csv --location FN", &["location"]),
        ("rollup --format csv --level location", &["location"]),
        ("rollup --format csv --level all", &["location", "network"]),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let (code, out, err) = run(&scene.app, &words).await;
        assert_eq!(code, ExitCode::Ok, "{err}");
        let mut reader = csv::Reader::from_reader(out.as_bytes());
        let headings = reader.headers().unwrap().clone();
        let last: Vec<&str> = headings.iter().rev().take(3).collect();
        assert_eq!(last, ["notice", "licence", "source"]);
        let mut found: Vec<String> = Vec::new();
        for row in reader.records() {
            let row = row.unwrap();
            found.push(row[1].to_owned());
            let own: Vec<&str> = row.iter().rev().take(3).collect();
            assert_eq!(own, [NOTICE, "", "Example"]);
        }
        found.sort();
        found.dedup();
        assert_eq!(found, levels, "{line}");
    }
    let json = scene.read("/api/v1/rollups").await.json();
    let rows = json["data"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row["level"] == "network"));
    let own = scene.read("/api/v1/rollups?location=FN").await.json();
    assert_eq!(own["data"].as_array().unwrap().len(), 3);
    let page = scene.get("/indicators/VAX_PRIMARY.csv").await.body;
    assert!(
        page.starts_with('\u{feff}') && !page.contains(",location,"),
        "{page}"
    );
    let page = scene
        .get("/indicators/VAX_PRIMARY.csv?level=location")
        .await
        .body;
    assert_eq!(page.matches("rollups,location,").count(), 3, "{page}");
    let wrong = scene.get("/indicators/VAX_PRIMARY.csv?level=region").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_comes_from_the_command_the_interface_and_the_page() {
    let scene = Scene::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("figures.xlsx");
    let to = path.to_str().unwrap();
    let (code, out, err) = run(&scene.app, &["rollup", "--to", to]).await;
    assert_eq!((code, out.as_str()), (ExitCode::Ok, ""), "{err}");
    let written = std::fs::read(&path).unwrap();
    let (sheet, about) = sheets(written.clone());
    assert_eq!(sheet.height(), 4);
    assert_eq!(column(&sheet, "period")[0], text("2023-01"));
    let facts: Vec<&[Data]> = about.rows().collect();
    let zone = scene.app.read(|at| Ok(at.zone())).await.unwrap();
    let today = text(&day_words(zone.day(clock::now())));
    for name in ["made on", "figures as of"] {
        let row = facts.iter().find(|row| row[0] == text(name)).unwrap();
        assert_eq!(row[1], today, "{name}");
    }
    for status in Status::ALL {
        let row = [text(status.word()), text(status.label())];
        assert!(facts.iter().any(|facts| facts.starts_with(&row)), "{row:?}");
    }
    assert!(facts.iter().any(|row| row[1] == text("Example: network")));
    assert!(facts.iter().any(|row| row.contains(&text("VAX_PRIMARY"))));
    // A file that is there stays as it is, and nothing is left beside it.
    let (code, _, told) = run(&scene.app, &["rollup", "--to", to]).await;
    assert_eq!(code, ExitCode::Usage);
    assert!(
        told.contains("cannot be written: there is one of this"),
        "{told}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), written);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let (code, _, told) = run(&scene.app, &["rollup", "--format", "xlsx"]).await;
    assert_eq!(code, ExitCode::Usage);
    assert!(told.contains("--to FILE.xlsx"), "{told}");

    let token = scene.app.create_token("files").await.unwrap();
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let path = "/api/v1/rollups?format=xlsx";
    for (path, headers) in [(path, &headers[..]), ("/indicators/VAX_PRIMARY.xlsx", &[])] {
        let answer = response(&scene.router, path, headers).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), workbook::XLSX_TYPE);
        assert!(header("content-disposition").contains("-not-for-publication.xlsx"));
        let tag = header("etag");
        let body = to_bytes(answer.into_body(), 16 << 20).await.unwrap();
        assert_eq!(sheets(body.to_vec()).0.height(), 4, "{path}");
        let known = [headers, &[("if-none-match", tag.as_str())]].concat();
        let again = response(&scene.router, path, &known).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
    }
    let csv = scene.read("/api/v1/rollups?format=csv").await;
    let xlsx = scene.read(path).await;
    assert_ne!(csv.header("etag"), xlsx.header("etag"));
    // A workbook names the day on which it is made, so one of yesterday is another.
    let day = scene.app.read(|at| {
        let now = clock::now();
        Ok(at.zone().day(now).to_string())
    });
    let (tag, day) = (xlsx.header("etag").to_owned(), day.await.unwrap());
    let again = scene.read(path).await.header("etag").to_owned();
    // Midnight may lie between the two.
    assert!(tag.contains(&day) || again != tag, "{tag}");
    let list = scene.read("/api/v1/indicators?format=xlsx").await;
    assert_eq!(list.status, StatusCode::BAD_REQUEST);
}
