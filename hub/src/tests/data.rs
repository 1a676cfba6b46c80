//! Tests of the data interface: access, requests and answers.

use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

use axum::http::{Method, StatusCode};
use data_encoding::BASE64;
use expect_test::expect;
use weft_shared::rollup::COLUMNS;

use super::{
    figures::{observe, statement},
    sight::outcome,
    web::{Answer, Scene, ask},
};
use crate::store::StoreError;

const NOTICE: &str = "not disclosure-controlled, not for publication";

fn rows(answer: &Answer) -> Vec<Vec<String>> {
    let reader = csv::Reader::from_reader(answer.body.as_bytes());
    let records = reader.into_records();
    records
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

fn column(row: &[String], name: &str) -> String {
    let at = COLUMNS.iter().position(|column| *column == name).unwrap();
    row[at].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_for_trying_out_needs_a_token_for_live_figures_alone() {
    let scene = Scene::new().await;
    for (path, status) in [
        ("changes?since=2026.1", StatusCode::NOT_FOUND),
        ("coverage", StatusCode::OK),
        ("rollups?dataset=none", StatusCode::BAD_REQUEST),
        ("periods?release=latest", StatusCode::OK),
    ] {
        let answer = scene.get(&format!("/api/v1/{path}")).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert!(answer.headers.get("weft-notice").is_none(), "{path}");
    }
    for path in [
        "rollups",
        "rollups?as_of=2023-06-01",
        "indicators",
        "locations",
        "areas",
        "periods?dataset=",
        "codes/freq",
    ] {
        let answer = scene.get(&format!("/api/v1/{path}")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_live_token_opens_it_and_never_one_in_an_address() {
    let scene = Scene::new().await;
    let token = scene.app.create_token("Dashboard").await.unwrap();
    let with = async |authorization: &str, path: &str| {
        let headers = [("authorization", authorization)];
        ask(&scene.router, Method::GET, path, &headers, "").await
    };
    let path = "/api/v1/rollups";
    let refused = scene.get(path).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.header("weft-notice"), NOTICE);
    let schemes: Vec<_> = refused.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(schemes.len(), 2);
    let basic = BASE64.encode(format!("anybody:{token}").as_bytes());
    for good in [format!("Bearer {token}"), format!("Basic {basic}")] {
        assert_eq!(with(&good, path).await.status, StatusCode::OK, "{good}");
    }
    for bad in ["Bearer weft_0", "Basic d3Jvbmc6d3Jvbmc=", "Bearer"] {
        assert_eq!(
            with(bad, path).await.status,
            StatusCode::UNAUTHORIZED,
            "{bad}"
        );
    }
    let in_address = scene.get(&format!("{path}?token={token}")).await;
    assert_eq!(in_address.status, StatusCode::BAD_REQUEST);
    assert!(
        in_address.body.contains("never in an address"),
        "{}",
        in_address.body
    );
    let reads = scene.app.reads(10).await.unwrap();
    let read = reads.iter().find(|row| row.act == "read rollups").unwrap();
    assert_eq!(read.reader, "token Dashboard");
    scene.app.revoke_token("Dashboard").await.unwrap();
    let revoked = with(&format!("Bearer {token}"), path).await;
    assert_eq!(revoked.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_and_json_say_the_same() {
    let scene = Scene::new().await;
    let csv = scene.read("/api/v1/rollups?level=all&format=csv").await;
    assert_eq!(
        csv.header("content-type"),
        "text/csv; charset=utf-8; header=present"
    );
    assert_eq!(csv.header("weft-notice"), NOTICE);
    assert!(
        csv.header("content-disposition")
            .contains("not-for-publication")
    );
    let described = "</openapi.json>; rel=\"describedby\"";
    assert_eq!(csv.header("link"), described);
    assert!(
        csv.body.starts_with("dataset,"),
        "machines get no byte order mark"
    );
    let rows = rows(&csv);
    let json = scene
        .read("/api/v1/rollups?level=all&format=json")
        .await
        .json();
    assert_eq!(json["notice"], NOTICE);
    assert_eq!(json["next"], serde_json::Value::Null);
    let data = json["data"].as_array().unwrap();
    assert_eq!(data.len(), rows.len());
    for (row, object) in rows.iter().zip(data) {
        let names: Vec<_> = object.as_object().unwrap().keys().collect();
        assert_eq!(names, COLUMNS);
        let own: Vec<&str> = row[COLUMNS.len()..].iter().map(|one| &**one).collect();
        assert_eq!(own, ["Example", "", NOTICE]);
        for (text, name) in row.iter().zip(COLUMNS) {
            let value = &object[*name];
            let shown = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            assert_eq!(
                *text,
                if value.is_null() {
                    String::new()
                } else {
                    shown
                },
                "{name}"
            );
        }
    }
    let network = rows.iter().filter(|row| column(row, "level") == "network");
    let values: Vec<_> = network
        .map(|row| {
            let names = [
                "period",
                "value",
                "numerator",
                "denominator",
                "denominator_covered",
            ];
            names.map(|name| column(row, name)).join(" ")
        })
        .collect();
    expect![[r#"
        2023-01 80 800 1000 1
        2023-02 60 60 100 0.1
        2023-03 85 850 1000 1"#]]
    .assert_eq(&values.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_keep_what_they_name() {
    let scene = Scene::new().await;
    for (query, count) in [
        ("", 6),
        ("level=network", 3),
        ("level=location", 3),
        ("location=FN", 3),
        ("location=WT", 0),
        (
            "indicator=VAX_PRIMARY&level=network&period=2023-02..2023-03",
            2,
        ),
        ("period=2023-01", 2),
        ("period=2023", 0),
        ("breakdown=age=12%2B", 6),
        ("breakdown=age=12+", 6),
        ("indicator=&level=&format=", 3),
        ("location=FN", 3),
    ] {
        let all = if query.contains("level=") {
            ""
        } else {
            "level=all&"
        };
        let answer = scene.read(&format!("/api/v1/rollups?{all}{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.body);
        let data = answer.json()["data"].as_array().unwrap().len();
        assert_eq!(data, count, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_by_cursor_give_each_row_once() {
    let scene = Scene::new().await;
    let whole = scene.read("/api/v1/rollups?level=all").await.json();
    let mut pages = Vec::new();
    let mut path = "/api/v1/rollups?level=all&limit=2".to_owned();
    loop {
        let page = scene.read(&path).await.json();
        pages.extend(page["data"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/v1/rollups?level=all&limit=2&cursor={next}");
        assert!(pages.len() < 10);
    }
    assert_eq!(pages, *whole["data"].as_array().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_come_between_two_pages_neither_repeat_nor_hide_others() {
    let mut scene = Scene::new().await;
    let whole = scene.read("/api/v1/rollups?level=all").await.json();
    let first = scene.read("/api/v1/rollups?level=all&limit=2").await.json();
    // These are listed before all others.
    let earlier = observe("NORTH", "2022-12", statement(scene.definition, 40));
    let entry = scene.device.edit("observations/2022", earlier);
    scene.device.push(&scene.app, entry).await;
    let next = first["next"].as_str().unwrap();
    let rest = scene
        .read(&format!("/api/v1/rollups?level=all&cursor={next}"))
        .await;
    let mut rows = first["data"].as_array().unwrap().clone();
    rows.extend(rest.json()["data"].as_array().unwrap().clone());
    assert_eq!(rows, *whole["data"].as_array().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_parameter_is_named_with_what_it_may_be() {
    let scene = Scene::new().await;
    let mut said = String::new();
    for query in [
        "indicator=VAX",
        "level=region",
        "location=XX",
        "breakdown=age=99",
        "period=2023-03..2023-01",
        "format=xml",
        "limit=0",
        "cursor=x",
        "level=network&location=FN",
        "level=network&level=location",
        "format=csv&limit=5",
        "colour=red",
    ] {
        let answer = scene.read(&format!("/api/v1/rollups?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(problem["status"], 400);
        assert_eq!(problem["notice"], NOTICE);
        let text = |name: &str| problem[name].as_str().unwrap().to_owned();
        let (parameter, detail) = (text("parameter"), text("detail"));
        let allowed = problem["allowed"].as_array().cloned().unwrap_or_default();
        let allowed: Vec<_> = allowed.iter().map(|one| one.as_str().unwrap()).collect();
        writeln!(said, "{parameter}: {detail}").unwrap();
        if !allowed.is_empty() {
            writeln!(said, "    {}", allowed.join(" ")).unwrap();
        }
    }
    expect![[r#"
        indicator: There is no indicator "VAX" here.
            VAX_PRIMARY
        level: There is no level "region" here.
            all location network
        location: There is no location "XX" here.
            FN WT
        breakdown: No figure has the breakdown "age=99".
            age=12+
        period: 2023-03 is later than 2023-01: write 2023-01..2023-03.
            2023 FY2024 2024-Q1 2024-03 2024-W05 Y2017-2020 2022-01..2023-05
        format: There is no format "xml".
            csv json xlsx
        limit: limit is the number of rows of one page.
            1..1000
        cursor: This cursor was not made here. Begin without one, then send what "next" says.
        level: The level network has no locations: give level=location, or leave it out.
            location all
        level: "level" is given twice: give it once, or leave it out to ask for all.
        limit: A file always has every row: limit and cursor are for JSON.
        colour: There is no parameter "colour" here.
            indicator level location period breakdown as_of format limit cursor
    "#]]
    .assert_eq(&said);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entity_tag_holds_until_a_figure_changes() {
    let mut scene = Scene::new().await;
    let token = scene.app.create_token("tags").await.unwrap();
    let bearer = format!("Bearer {token}");
    let path = "/api/v1/rollups?level=all&format=csv";
    let with_tag = async |scene: &Scene, tag: &str| {
        let headers = [("authorization", bearer.as_str()), ("if-none-match", tag)];
        ask(&scene.router, Method::GET, path, &headers, "").await
    };
    let first = with_tag(&scene, "\"none\"").await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"'), "strong: {tag}");
    let same = with_tag(&scene, &format!("\"other\", {tag}")).await;
    assert_eq!(
        (same.status, same.body.as_str()),
        (StatusCode::NOT_MODIFIED, "")
    );
    assert_eq!(same.header("etag"), tag);
    assert_eq!(same.header("weft-notice"), NOTICE);
    scene.observe("NORTH", "2023-03", Some(71), 100).await;
    let changed = with_tag(&scene, &tag).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_ne!(changed.header("etag"), tag);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_names_what_answers() {
    let scene = Scene::new().await;
    let description = scene.get("/openapi.json").await;
    assert_eq!(description.status, StatusCode::OK);
    let description = description.json();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    let schemes = &description["components"]["securitySchemes"];
    for scheme in ["bearer", "basic"] {
        assert_eq!(schemes[scheme]["scheme"], scheme);
        assert!(
            schemes[scheme]["description"]
                .as_str()
                .unwrap()
                .contains("token")
        );
    }
    for (path, item) in description["paths"].as_object().unwrap() {
        for status in ["401", "429"] {
            let problem = &item["get"]["responses"][status]["content"];
            assert!(
                problem["application/problem+json"].is_object(),
                "{path} {status}"
            );
        }
        assert_eq!(
            item["get"]["security"].as_array().unwrap().len(),
            2,
            "{path}"
        );
    }
    let paths: Vec<String> = description["paths"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(paths.len(), 19);
    outcome(&scene.app, "VAX", "VAX_PRIMARY").await;
    let money = super::money::adding("EX-1", "100000", &[]);
    super::money::ok(&scene.app, &money).await;
    let of_releases = ["/api/v1/changes", "/api/v1/coverage"];
    let is_agenda = |path: &str| description["paths"][path]["get"]["tags"][0] == "agenda";
    for path in paths
        .iter()
        .filter(|path| !of_releases.contains(&path.as_str()) && !is_agenda(path))
    {
        let path = path.replace("{list}", "obs_status");
        let json = scene.read(&path).await;
        assert_eq!(json.status, StatusCode::OK, "{path}: {}", json.body);
        let data = json.json()["data"].as_array().unwrap().clone();
        assert!(!data.is_empty(), "{path}");
        let csv = scene.read(&format!("{path}?format=csv")).await;
        let headings: BTreeSet<_> = csv.body.lines().next().unwrap().split(',').collect();
        let names = data[0].as_object().unwrap().keys().map(String::as_str);
        let own: &[&str] = match path.as_str() {
            "/api/v1/rollups" => &["source", "licence", "notice"],
            _ => &[],
        };
        let names = names.chain(own.iter().copied());
        assert_eq!(headings, names.collect(), "{path}");
        assert_eq!(rows(&csv).len(), data.len(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_there_names_those_that_are() {
    let scene = Scene::new().await;
    let unknown = scene.read("/api/v1/codes/colours").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(
        unknown.json()["allowed"]
            .as_array()
            .unwrap()
            .contains(&"obs_status".into())
    );
    let nowhere = scene.read("/api/v2/rollups").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    assert_eq!(nowhere.header("content-type"), "application/problem+json");
}

#[tokio::test(flavor = "multi_thread")]
async fn monitors_need_no_token() {
    let scene = Scene::new().await;
    for path in ["/healthz", "/readyz", "/metrics"] {
        let answer = scene.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.header("weft-notice"), NOTICE);
    }
    let metrics = scene.get("/metrics").await.body;
    let entries = scene.app.status().await.unwrap().entries;
    let gauge = format!("weft_hub_entries {entries}\n");
    assert!(metrics.contains(&gauge), "{metrics}");
    let counted = "weft_hub_http_answers_total{route=\"/healthz\",status=\"2xx\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn monitors_learn_how_far_figures_are_behind_and_why() {
    let scene = Scene::new().await;
    let behind = async || {
        let metrics = scene.get("/metrics").await.body;
        let lines = metrics.lines().filter(|line| {
            let names = ["weft_hub_figures_behind{", "weft_hub_documents_waiting "];
            names.iter().any(|name| line.starts_with(name)) && !line.ends_with(" 0")
        });
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    scene.app.network_context().await.unwrap();
    assert_eq!(behind().await, Vec::<String>::new());
    let ask = "INSERT INTO again (ask, lix, doc) VALUES (9, 9, zeroblob(16))";
    // The aggregation answers it at its next look unless the writer is busy.
    let (committed, is_committed) = std::sync::mpsc::channel();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let shared = Arc::clone(&scene.app.shared);
    let asked = tokio::spawn(async move {
        let asked = shared.store.write(move |tx| {
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
    let said = [
        "weft_hub_figures_behind{why=\"making documents again\"} 1",
        "weft_hub_documents_waiting 1",
    ];
    assert_eq!(
        sorted(behind().await),
        sorted(said.map(str::to_owned).to_vec())
    );
    let status = scene.app.status().await.unwrap().behind.words();
    assert_eq!(
        status,
        "making documents again; 1 document is to be made again"
    );
    drop(release);
    asked.await.unwrap().unwrap();
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}
