//! The national team's pages.

use axum::http::{Method, StatusCode};

use super::{
    commands::run,
    web::{HOSTILE, Scene, ask},
};

const PAGES: [&str; 5] = [
    "/",
    "/coverage",
    "/definitions",
    "/indicators/VAX_PRIMARY",
    "/indicators/VAX_PRIMARY?period=2023-02&breakdown=age%3D12%2B",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_headline_stands_only_on_enough() {
    let mut scene = Scene::new().await;
    let page = scene.get("/").await.body;
    assert!(page.contains("Completed primary course, 2023-03: age 12+ 85.0%"));
    assert!(page.contains("1 of 1 location is in the figures of 2023-03."));
    assert!(page.contains("1 of 2 locations is confirmed and counted; 1 has shared figures."));
    assert!(page.contains("VAX_PRIMARY: 3 figures, to 2023-03"));
    // February covers a tenth of the known denominators: no line may lead to it.
    assert!(page.contains("covers too little"));
    let marks = page.matches("<circle").count();
    scene.observe("SOUTH", "2023-02", Some(700), 900).await;
    let filled = scene.get("/").await.body;
    assert!(!filled.contains("covers too little"));
    assert_eq!(filled.matches("<circle").count(), marks + 1);
    scene.observe("SOUTH", "2023-04", None, 900).await;
    scene.observe("NORTH", "2023-04", Some(80), 100).await;
    let page = scene.get("/").await.body;
    assert!(
        page.contains("Completed primary course, 2023-03: age 12+ 85.0%"),
        "the last one that stands"
    );
    let why = "No headline for age 12+ in 2023-04: it covers 10.0% of the denominators, \
               counting each missing area as it last was; 1 of 2 areas is in it.";
    assert!(page.contains(why));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_column_covered_says_what_the_headline_says() {
    let mut scene = Scene::new().await;
    // South has not reported: it counts with its last known size.
    scene.observe("NORTH", "2023-04", Some(80), 100).await;
    let page = scene.get("/").await.body;
    let headline = "No headline for age 12+ in 2023-04: it covers 10.0%";
    assert!(page.contains(headline), "{page}");
    assert_eq!(covered(&page, "2023-04"), "10.0%");
    let add = ["location", "add", "FN", "--name", "FN", "--from", "start"];
    let areas = ["NORTH=North", "SOUTH=South", "EAST=East"];
    let areas = areas.iter().flat_map(|area| ["--area", area]);
    let arguments: Vec<&str> = add.into_iter().chain(areas).collect();
    let (_, _, told) = run(&scene.app, &arguments).await;
    let page = scene.get("/").await.body;
    let headline = "No headline for age 12+ in 2023-04: coverage unknown, because EAST";
    assert!(page.contains(headline), "{told} {page}");
    assert_eq!(covered(&page, "2023-04"), "unknown");
}

/// Returns the coverage of a period in the network's table.
fn covered<'a>(page: &'a str, period: &str) -> &'a str {
    let row = format!("<tr><th scope=\"row\" class=\"nowrap\">{period}</th>");
    let (_, row) = page.split_once(&row).unwrap();
    let (row, _) = row.split_once("</tr>").unwrap();
    let cell = row.rsplit("<td class=\"num\">").next().unwrap();
    cell.split_once("</td>").unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contested_figure_is_an_interval_and_no_headline() {
    let mut scene = Scene::new().await;
    scene.observe("SOUTH", "2023-04", Some(800), 900).await;
    let mut second = scene.device.second(&scene.app).await;
    scene.observe("NORTH", "2023-04", Some(50), 100).await;
    std::mem::swap(&mut scene.device, &mut second);
    scene.observe("NORTH", "2023-04", Some(60), 100).await;
    let page = scene.get("/").await.body;
    assert!(
        page.contains("<td class=\"num\">85.0 to 86.0</td>"),
        "{page}"
    );
    assert!(page.contains("<span class=\"chip aim\">contested</span>"));
    let why = "No headline for age 12+ in 2023-04: 1 observation is contested until a person \
               settles it.";
    assert!(page.contains(why));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partial_figure_is_marked_in_headline_and_table() {
    let mut scene = Scene::new().await;
    scene.observe("SOUTH", "2023-04", Some(720), 900).await;
    scene.observe("NORTH", "2023-04", None, 100).await;
    let legend = "* partial: an area is missing from the figure.";
    for (path, legends) in [("/", 1), ("/indicators/VAX_PRIMARY?period=2023-04", 2)] {
        let page = scene.get(path).await.body;
        let headline = "2023-04, partial with 1 of 2 areas: age 12+ 80.0%";
        assert!(page.contains(headline), "{path}: {page}");
        assert!(page.contains("<td class=\"num\">80.0*</td>"), "{path}");
        assert_eq!(page.matches(legend).count(), legends, "{path}");
    }
    let whole = scene.get("/indicators/VAX_PRIMARY?period=2023-03").await;
    assert_eq!(
        whole.body.matches(legend).count(),
        1,
        "its locations are whole"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_indicator_says_what_is_counted_and_what_figures_are_in() {
    let scene = Scene::new().await;
    let page = scene.get("/indicators/VAX_PRIMARY").await.body;
    assert!(
        page.contains("<dt>Figures in</dt><dd>percent</dd>"),
        "{page}"
    );
    assert!(page.contains("<dt>What is counted</dt><dd>people</dd>"));
    let csv = scene.get("/indicators/VAX_PRIMARY.csv").await.body;
    assert!(csv.contains(",80,percent,800,1000,A,"), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_can_be_read_by_everybody() {
    let scene = Scene::new().await;
    for path in PAGES {
        let answer = scene.get(path).await;
        let page = &answer.body;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(page.contains("<html lang=\"en-NZ\">"), "{path}");
        assert!(page.contains("<a class=\"skip\" href=\"#main\">"), "{path}");
        assert!(
            page.contains("Not disclosure-controlled, not for publication."),
            "{path}"
        );
        assert_eq!(page.matches("<h1").count(), 1, "{path}");
        let tables = page.matches("<table").count();
        assert_eq!(page.matches("<caption>").count(), tables, "{path}");
        let regions = page.matches("tabindex=\"0\">\n<table>").count();
        assert_eq!(
            regions, tables,
            "{path}: a table that cannot be scrolled by keys"
        );
        let headings = page.matches("<th ").count() + page.matches("<th>").count();
        assert_eq!(page.matches("<th scope=").count(), headings, "{path}");
        assert_eq!(
            page.matches("<select").count(),
            page.matches("<label").count(),
            "{path}"
        );
        assert_eq!(page.matches(OWN_SCRIPT).count(), 1, "{path}");
        let rest = page.replace(OWN_SCRIPT, "");
        for forbidden in ["style=", "<style", "<script", "onclick", "javascript:"] {
            assert!(!rest.contains(forbidden), "{path}: {forbidden}");
        }
        let bytes = page.len();
        assert!(bytes <= 60_000, "{path} has {bytes} bytes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_text_stays_text() {
    let scene = Scene::new().await;
    let page = scene.get("/").await.body;
    assert!(page.contains("FN: =1+1&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;"));
    let csv = scene.get("/initiatives.csv").await;
    let expected = format!("FN,'{HOSTILE},testing,");
    assert!(csv.body.contains(&expected), "{}", csv.body);
    assert!(
        csv.body.starts_with('\u{feff}'),
        "spreadsheets need the byte order mark"
    );
    let missing = scene.get("/indicators/%3Cscript%3E").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let rest = missing.body.replace(OWN_SCRIPT, "");
    assert!(!rest.contains("<script"), "{rest}");
}

/// The one script that pages may have.
const OWN_SCRIPT: &str = "<script src=\"/assets/weft.js\" defer></script>";

#[tokio::test(flavor = "multi_thread")]
async fn every_table_has_its_file() {
    let scene = Scene::new().await;
    for (path, lines) in [
        ("/locations.csv", 3),
        ("/initiatives.csv", 2),
        ("/insights.csv", 3),
        ("/coverage.csv", 4),
        ("/coverage.csv?indicator=VAX_PRIMARY", 4),
        ("/definitions.csv", 2),
        ("/indicators/VAX_PRIMARY.csv", 7),
        ("/indicators/VAX_PRIMARY.csv?period=2023-02", 3),
        (
            "/indicators/VAX_PRIMARY.csv?breakdown=age%3D12%2B&period=2023-01..2023-02",
            5,
        ),
    ] {
        let answer = scene.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(
            answer.body.lines().count(),
            lines,
            "{path}: {}",
            answer.body
        );
        assert!(
            answer
                .header("content-disposition")
                .contains("not-for-publication")
        );
    }
    let bad = scene.get("/indicators/VAX_PRIMARY.csv?period=soon").await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        scene.get("/indicators/NONE.csv").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn other_addresses_and_changes_are_refused() {
    let scene = Scene::new().await;
    let rebound = [("host", "evil.example:8433")];
    let answer = ask(&scene.router, Method::GET, "/", &rebound, "").await;
    assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
    let own = [
        ("origin", "http://127.0.0.1:8433"),
        ("sec-fetch-site", "same-origin"),
    ];
    for path in PAGES.into_iter().chain(["/api/v1/rollups", "/metrics"]) {
        let answer = ask(&scene.router, Method::POST, path, &own, "").await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
    }
    let before = scene.app.status().await.unwrap().entries;
    for path in PAGES {
        scene.get(path).await;
    }
    assert_eq!(scene.app.status().await.unwrap().entries, before);
}
