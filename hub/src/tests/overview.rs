//! The national team's pages.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use weft_host::{
    output::ExitCode,
    page::{self, Guard},
};
use weft_shared::model::schema::RecordKind;

use super::{
    commands::run,
    web::{HOST, HOSTILE, Scene, ask},
};
use crate::serve;

const PAGES: [&str; 9] = [
    "/",
    "/indicators",
    "/locations",
    "/locations/FN",
    "/insights",
    "/coverage",
    "/definitions",
    "/indicators/VAX_PRIMARY",
    "/indicators/VAX_PRIMARY?period=2023-02&breakdown=age%3D12%2B",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_headline_stands_only_on_enough() {
    let mut scene = Scene::new().await;
    let page = scene.get("/").await.body;
    assert!(
        page.contains(
            "<p class=\"big aged\"><small>March 2023, three years old:</small> 85.0\u{a0}%"
        ),
        "{page}"
    );
    assert!(
        page.contains("<dt>Heard from in seven days</dt><dd>1 of 1 location</dd>"),
        "{page}"
    );
    assert!(page.contains("1 of 2 locations is confirmed and counted"));
    // February covers a tenth of the known denominators: no line may lead to it, in the panel and
    // on the indicator's own page.
    let own = scene.get("/indicators/VAX_PRIMARY").await.body;
    let left_out = "<b>February 2023</b> Not drawn: it covers 10.0\u{a0}% of the denominators";
    assert!(own.contains(left_out), "{own}");
    let lines = |page: &str| page.matches("<line class=\"own\"").count();
    assert_eq!((lines(&page), lines(&own)), (1, 0), "the sample alone");
    scene.observe("SOUTH", "2023-02", Some(700), 900).await;
    let filled = scene.get("/").await.body;
    let own = scene.get("/indicators/VAX_PRIMARY").await.body;
    assert!(!own.contains("Not drawn"));
    assert_eq!((lines(&filled), lines(&own)), (3, 2));
    scene.observe("SOUTH", "2023-04", None, 900).await;
    scene.observe("NORTH", "2023-04", Some(80), 100).await;
    let page = scene.get("/").await.body;
    assert!(
        page.contains("March 2023, three years old:</small> 85.0\u{a0}%"),
        "the last one that stands"
    );
    let why = "April 2023 is left out: it covers 10.0\u{a0}% of the denominators, counting each \
               missing area as it last was; 1 of 2 areas is in it.";
    assert!(page.contains(why), "{page}");
    let add = ["location", "add", "FN", "--name", "FN", "--from", "start"];
    let areas = ["NORTH=North", "SOUTH=South", "EAST=East"];
    let areas = areas.iter().flat_map(|area| ["--area", area]);
    let arguments: Vec<&str> = add.into_iter().chain(areas).collect();
    let (_, _, told) = run(&scene.app, &arguments).await;
    let page = scene.get("/").await.body;
    let why = "April 2023 is left out: coverage unknown, because East has no denominator";
    assert!(page.contains(why), "{told} {page}");
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
    let why = "April 2023 is left out: 1 observation is contested until a person settles it.";
    assert!(page.contains(why), "{page}");
    assert!(
        page.contains("March 2023, three years old:</small> 85.0\u{a0}%"),
        "{page}"
    );
    let own = scene
        .get("/indicators/VAX_PRIMARY?period=2023-04")
        .await
        .body;
    assert!(own.contains("<b>85.0 to 86.0</b>"), "{own}");
    assert!(own.contains("contested"), "{own}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partial_figure_is_marked_in_words_and_in_the_table() {
    let mut scene = Scene::new().await;
    scene.observe("SOUTH", "2023-04", Some(720), 900).await;
    scene.observe("NORTH", "2023-04", None, 100).await;
    let page = scene.get("/").await.body;
    assert!(
        page.contains("April 2023, three years old:</small> 80.0\u{a0}%"),
        "{page}"
    );
    assert!(
        page.contains("<p class=\"small quiet\">1 of 2 areas is in it.</p>"),
        "{page}"
    );
    let own = scene
        .get("/indicators/VAX_PRIMARY?period=2023-04")
        .await
        .body;
    assert!(own.contains("<td class=\"num\"><b>80.0*</b></td>"), "{own}");
    let missing = "* an area is missing from the figure.";
    assert!(own.contains(missing));
    let whole = scene.get("/locations/SOUTH").await.body;
    assert!(!whole.contains(missing), "nothing on the page has a star");
    let before = scene
        .get("/indicators/VAX_PRIMARY?period=2023-03")
        .await
        .body;
    assert!(
        before.contains("<td class=\"num\"><b>85.0</b></td>"),
        "{before}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_national_team_says_what_comes_first_and_where_locations_stand() {
    let scene = Scene::new().await;
    let more: String = (0..20)
        .map(|at| {
            let code = format!("code = \"VAX_{at:02}\"");
            crate::kit::DEFINITIONS.replace("code = \"VAX_PRIMARY\"", &code)
        })
        .collect();
    scene.app.import_definitions(&more).await.unwrap();
    let first = |page: &str| page.matches("<div class=\"outcome\">").count();
    let page = scene.get("/").await.body;
    assert_eq!(first(&page), 1, "only one has figures");
    assert!(
        page.contains("<caption>The network’s newest figure of each"),
        "{page}"
    );
    assert!(page.contains("No one has reported it yet."));
    let (code, _, told) = run(&scene.app, &["network", "headline", "NONE"]).await;
    assert_ne!(code, ExitCode::Ok, "{told}");
    let many: Vec<String> = (0..13).map(|at| format!("VAX_{at:02}")).collect();
    let arguments = ["network", "headline"]
        .into_iter()
        .chain(many.iter().map(String::as_str));
    let (code, _, told) = run(&scene.app, &arguments.collect::<Vec<_>>()).await;
    assert_ne!(code, ExitCode::Ok);
    assert!(told.contains("at most 12"), "{told}");
    let (_, out, _) = run(
        &scene.app,
        &["network", "headline", "VAX_03", "VAX_PRIMARY"],
    )
    .await;
    assert_eq!(out, "VAX_03\nVAX_PRIMARY\n");
    let (_, out, _) = run(&scene.app, &["network", "headline", "--json"]).await;
    assert_eq!(
        out,
        "{\"headline\":[\"VAX_03\",\"VAX_PRIMARY\"],\"set\":true}\n"
    );
    let page = scene.get("/").await.body;
    assert_eq!(first(&page), 1, "VAX_03 has no figure to draw");
    assert!(page.contains(
        "<ol class=\"tiles part-s\" aria-label=\"Locations in the order of their codes\">"
    ));
    run(&scene.app, &["network", "tiles", "FN=2,3"]).await;
    let page = scene.get("/").await.body;
    assert!(page.contains("<li class=\"r2 c3\">"), "{page}");
    assert!(page.contains("Not on the map: "), "{page}");
    for wrong in [
        ["FN=2,9", "WT=1,1"],
        ["FN=2,3", "WT=2,3"],
        ["FN=2,3", "XX=1,1"],
    ] {
        let arguments = ["network", "tiles"].into_iter().chain(wrong);
        let (code, ..) = run(&scene.app, &arguments.collect::<Vec<_>>()).await;
        assert_ne!(code, ExitCode::Ok, "{wrong:?}");
    }
    let (_, out, _) = run(&scene.app, &["network", "tiles"]).await;
    assert_eq!(out, "FN=2,3\n", "what was refused changed nothing");
    run(&scene.app, &["network", "tiles", "--none"]).await;
    run(&scene.app, &["network", "headline", "--none"]).await;
    assert!(!scene.get("/").await.body.contains("Not on the map"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_shifted_has_its_location_evidence_and_date() {
    let mut scene = Scene::new().await;
    let empty = scene.get("/").await.body;
    assert!(
        empty
            .contains("Nothing yet. A system-change marker appears here once a location shares it"),
        "{empty}"
    );
    scene
        .record(
            RecordKind::Initiative,
            1,
            &[("name", "Bikes"), ("status", "scaling")],
        )
        .await;
    let marker = [
        ("condition", "Who decides on the route"),
        ("from", "The council"),
        ("to", "The marae and the council"),
        ("evidence", "Minutes of 3 March"),
        ("on", "2026-03-03"),
    ];
    scene.record(RecordKind::Marker, 2, &marker).await;
    let page = scene.get("/").await.body;
    let (_, shifted) = page.split_once("<h2 id=\"shifted\">").unwrap();
    let (shifted, _) = shifted.split_once("</section>").unwrap();
    for words in [
        "“Bikes” moved from testing to <span class=\"chip\">",
        "scaling</span>",
        "Who decides on the route",
        "Was: The council",
        "Is now: The marae and the council",
        "Evidence: Minutes of 3 March",
        "Example: FN · 3 March 2026",
    ] {
        assert!(shifted.contains(words), "{words}: {shifted}");
    }
    let csv = scene.get("/shifted.csv").await.body;
    assert!(
        csv.contains("FN,initiative,Bikes,testing,scaling,"),
        "{csv}"
    );
    assert!(csv.contains("Minutes of 3 March"), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_beside_an_indicator_comes_by_outcome_and_initiative() {
    let mut scene = Scene::new().await;
    let page = scene.get("/indicators/VAX_PRIMARY").await.body;
    assert!(
        page.contains("No shared initiative works towards an outcome"),
        "{page}"
    );
    let outcome = scene
        .record(
            RecordKind::Outcome,
            3,
            &[("name", "Fewer are ill"), ("indicators", "VAX_PRIMARY")],
        )
        .await;
    let fields = [
        ("name", "Clinic van"),
        ("status", "prototyping"),
        ("outcomes", &*outcome),
    ];
    scene.record(RecordKind::Initiative, 4, &fields).await;
    let page = scene.get("/indicators/VAX_PRIMARY").await.body;
    assert!(
        page.contains("<li>Clinic van <span class=\"chip\">"),
        "{page}"
    );
    assert!(page.contains("prototyping</span>"), "{page}");
    assert!(
        !page.contains("testing</span>"),
        "an initiative of no outcome"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_without_anything_says_what_will_come() {
    let (_dir, app) = crate::kit::hub().await;
    let guard = Arc::new(Guard::new(HOST.parse().unwrap(), &["/"], "/"));
    let router = page::protect(serve::national(&app, &super::web::site()), &guard);
    for (path, words) in [
        ("/", "Figures appear here once a location shares one."),
        ("/", "The network has no locations yet."),
        ("/indicators", "No one has reported it yet."),
        ("/indicators/VAX_PRIMARY", "No one has reported it yet."),
        ("/coverage", "Nothing has been reported yet."),
    ] {
        let answer = ask(&router, Method::GET, path, &[], "").await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.body.contains(words), "{path}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn indicators_are_searched_by_name_and_code() {
    let scene = Scene::new().await;
    let found =
        |page: &str| page.contains("<th scope=\"row\"><a href=\"/indicators/VAX_PRIMARY\">");
    for (path, is_there) in [
        ("/indicators", true),
        ("/indicators?q=PRIMARY%20course", true),
        ("/indicators?q=vax_", true),
        ("/indicators?q=smoking", false),
    ] {
        let page = scene.get(path).await.body;
        assert_eq!(found(&page), is_there, "{path}: {page}");
    }
    let page = scene.get("/indicators?q=%3Cscript%3E").await.body;
    assert!(!page.contains("<script>"));
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
        assert_eq!(page.matches("<caption").count(), tables, "{path}");
        let regions = page.matches("tabindex=\"0\">\n<table").count();
        assert_eq!(
            regions, tables,
            "{path}: a table that cannot be scrolled by keys"
        );
        let headings = page.split("<th").skip(1);
        let headings = headings.filter(|one| !one.starts_with("ead"));
        for heading in headings {
            let (tag, _) = heading.split_once('>').unwrap();
            assert!(tag.contains("scope="), "{path}: {tag}");
        }
        let fields = page.matches("<select").count() + page.matches("type=\"search\"").count();
        assert_eq!(fields, page.matches("<label").count(), "{path}");
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
    assert!(!page.contains("<script>alert"), "{page}");
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

#[tokio::test(flavor = "multi_thread")]
async fn every_table_has_its_file() {
    let scene = Scene::new().await;
    for (path, lines) in [
        ("/locations.csv", 3),
        ("/initiatives.csv", 2),
        ("/insights.csv", 3),
        ("/coverage.csv", 4),
        ("/coverage.csv?indicator=VAX_PRIMARY", 4),
        ("/coverage.csv?location=WT", 1),
        ("/shifted.csv", 1),
        ("/indicators.csv", 2),
        ("/definitions.csv", 2),
        ("/indicators/VAX_PRIMARY.csv", 4),
        ("/indicators/VAX_PRIMARY.csv?level=location", 4),
        ("/indicators/VAX_PRIMARY.csv?level=all", 7),
        ("/indicators/VAX_PRIMARY.csv?period=2023-02", 2),
        (
            "/indicators/VAX_PRIMARY.csv?breakdown=age%3D12%2B&period=2023-01..2023-02",
            3,
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

/// The one script that pages may have.
const OWN_SCRIPT: &str = "<script src=\"/assets/weft.js\" defer></script>";
