//! Lists and changes of releases, and errors that name what there is.

use std::fmt::Write as _;

use axum::http::{Method, StatusCode};
use expect_test::expect;
use weft_shared::model::{
    Audience,
    observation::{Statement, Status},
};

use super::Hub;
use crate::{release::NewRelease, tests::web::ask};

/// The same lines, each broken after a blank or a comma where it is long.
fn wrapped(text: &str) -> String {
    let mut wrapped = String::new();
    for line in text.lines() {
        let mut row = String::new();
        for piece in line.trim_end().split_inclusive([' ', ',']) {
            if !row.trim().is_empty() && row.chars().count() + piece.chars().count() > 76 {
                writeln!(wrapped, "{}", row.trim_end()).unwrap();
                row = "  ".to_owned();
            }
            row.push_str(piece);
        }
        writeln!(wrapped, "{}", row.trim_end()).unwrap();
    }
    wrapped
}

/// The rows of a list in CSV, without the number of the release.
async fn list(hub: &Hub, path: &str) -> String {
    let answer = hub.get(&format!("/api/v1/{path}format=csv")).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    assert!(answer.headers.get("weft-notice").is_none());
    let json = hub.get(&format!("/api/v1/{path}format=json")).await;
    let rows = json.json()["data"].as_array().unwrap().len();
    assert_eq!(answer.body.lines().count(), rows + 1, "{path}");
    assert!(json.json().get("notice").is_none());
    answer.body
}

#[tokio::test(flavor = "multi_thread")]
async fn analysts_see_what_is_in_releases_and_never_live_figures() {
    let hub = Hub::new([1, 2, 0, 1]).await;
    for path in ["indicators", "locations", "areas", "periods", "coverage"] {
        let lines = list(&hub, &format!("{path}?")).await.lines().count();
        assert_eq!(lines, 1, "{path}");
    }
    for path in [
        "rollups",
        "rollups?indicator=VAX_PRIMARY",
        "changes?since=2026.1",
    ] {
        let none = hub.get(&format!("/api/v1/{path}")).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "{path}: {}", none.body);
        assert!(none.body.contains("No release has gone out yet"));
    }
    let id = hub.propose("vaccination", &["VAX_PRIMARY"]).await;
    for query in [
        "dataset=vaccination",
        "release=vaccination/2026.1",
        "dataset=none",
    ] {
        let none = hub.get(&format!("/api/v1/rollups?{query}")).await;
        assert_eq!(none.status, StatusCode::BAD_REQUEST, "{query}");
        let words = none.body.replace("vaccination", "none");
        assert!(
            words.contains("There is no dataset \\\"none\\\" here."),
            "{words}"
        );
    }
    hub.app()
        .publish_release(&id, "operator", None)
        .await
        .unwrap();
    let number = id.number.to_string();
    let mut said = String::new();
    for path in ["indicators", "locations", "areas", "periods", "coverage"] {
        let rows = list(&hub, &format!("{path}?")).await.replace(&number, "N");
        write!(said, "{path}\n{rows}").unwrap();
    }
    expect![[r#"
        indicators
        dataset,release,indicator_code,definition_version,indicator_name,
          indicator_name_mi,unit,freq,levels,breakdowns,first_period,last_period
        vaccination,N,VAX_PRIMARY,1,Completed primary course,,percent,month,network,
          age=12+; age=5-11,2023-05,2023-06
        locations
        dataset,release,location_code,location_name,first_period,last_period
        areas
        dataset,release,area_code,area_name,location_code
        periods
        dataset,release,freq,period,period_start,period_end
        vaccination,N,month,2023-05,2023-05-01,2023-05-31
        vaccination,N,month,2023-06,2023-06-01,2023-06-30
        coverage
        dataset,release,indicator_code,definition_version,freq,period,period_start,
          period_end,rows,shown,withheld,partial,n_locations_min,n_locations_max,
          n_expected,n_areas_min,n_areas_max,n_areas_expected
        vaccination,N,VAX_PRIMARY,1,month,2023-05,2023-05-01,2023-05-31,2,2,0,0,4,4,
          4,4,4,4
        vaccination,N,VAX_PRIMARY,1,month,2023-06,2023-06-01,2023-06-30,2,1,1,0,4,4,
          4,4,4,4
    "#]]
    .assert_eq(&wrapped(&said));
    let unreleased = hub.get("/api/v1/rollups?indicator=VAX_FIRST").await;
    let unknown = hub.get("/api/v1/rollups?indicator=NO_SUCH_1").await;
    assert_eq!(
        unreleased.body.replace("VAX_FIRST", "NO_SUCH_1"),
        unknown.body
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn analysts_get_the_words_that_releases_have() {
    let hub = Hub::new([1, 2, 0, 1]).await;
    let codes = hub.get("/api/v1/codes/conf_status").await;
    assert!(codes.body.contains("\"C\""), "{}", codes.body);
    for list in ["audience", "colours"] {
        let none = hub.get(&format!("/api/v1/codes/{list}")).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "{list}");
        assert!(none.json().get("notice").is_none(), "{}", none.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_named_in_a_few_ways() {
    let hub = Hub::new([1, 2, 0, 1]).await;
    let first = hub.publish("vaccination").await;
    let second = hub.publish("vaccination").await;
    let release = async |query: &str| {
        let answer = hub.get(&format!("/api/v1/rollups?limit=1&{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.body);
        let row = &answer.json()["data"][0];
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        format!("{}/{}", text("dataset"), text("release"))
    };
    let published = hub
        .app()
        .read(|at| Ok(at.releases()))
        .await
        .unwrap()
        .unwrap();
    let between = published[1].row.published.unwrap().plus_ms(-1).rfc3339();
    for (query, id) in [
        (String::new(), &second),
        ("release=latest".to_owned(), &second),
        ("dataset=vaccination".to_owned(), &second),
        ("release=vaccination/latest".to_owned(), &second),
        (format!("release={}", first.number), &first),
        (format!("release={first}"), &first),
        (format!("dataset=vaccination&release={first}"), &first),
        (
            format!("dataset=vaccination&release={}", first.number),
            &first,
        ),
        (format!("as_of={between}"), &first),
    ] {
        assert_eq!(release(&query).await, id.to_string(), "{query}");
    }
    hub.app()
        .withdraw_release(&second, "A slip in one count.", "operator")
        .await
        .unwrap();
    let path = format!("/api/v1/rollups?release={second}");
    let gone = hub.get(&path).await;
    assert_eq!(gone.status, StatusCode::GONE);
    assert!(gone.body.contains("A slip in one count."), "{}", gone.body);
    assert_eq!(release("dataset=vaccination").await, first.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_value_is_answered_with_those_there_are() {
    let hub = Hub::new([1, 2, 0, 1]).await;
    let first = hub.publish("vaccination").await;
    hub.publish("vaccination").await;
    hub.publish("other").await;
    let mut said = String::new();
    for query in WRONG {
        let answer = hub.get(&format!("/api/v1/rollups?{query}")).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{query}: {}",
            answer.body
        );
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert!(answer.headers.get("weft-notice").is_none());
        let problem = answer.json();
        let (parameter, detail) = (&problem["parameter"], &problem["detail"]);
        let allowed = problem["allowed"].as_array().cloned().unwrap_or_default();
        let allowed: Vec<_> = allowed.iter().map(|one| one.as_str().unwrap()).collect();
        let year = first.number.year.to_string();
        let line = format!("{parameter} {detail} {}", allowed.join(", "));
        let line = match line.find("or later") {
            Some(_) => format!("{parameter} {detail} T or later"),
            None => line.replace(&format!("{year}."), "Y."),
        };
        writeln!(said, "{line}").unwrap();
    }
    expect![[r#"
        "dataset" "There are releases of several datasets, and an answer is of one:
          name it." other, vaccination
        "dataset" "There is no dataset \"none\" here." other, vaccination
        "release" "There is no release other/2020.1 here." Y.1, latest
        "release" "There is no release vaccination/2020.1x here." Y.1, Y.2, latest
        "dataset" "release says \"vaccination\" and dataset says \"other\": say the
          same, or leave it out."
        "as_of" "No release of other stood at \"2001-01-01\"." T or later
        "as_of" "\"2999-01-01\" is in the future." 2023-06-01, 2023-06-01T09:00:00Z,
           2023-06-01T21:00:00%2B12:00
        "as_of" "\"x\" is neither a day nor a time." 2023-06-01,
          2023-06-01T09:00:00Z, 2023-06-01T21:00:00%2B12:00
        "level" "There is no level \"region\"." network, location, all
        "indicator" "There is no indicator \"VAX\" in this release." VAX_FIRST,
          VAX_PRIMARY
        "location" "There is no location \"XX\" in this release." EC, FN, RT, WR
        "level" "The level network has no locations: give level=location, or leave
          it out." location, all
        "breakdown" "There is no breakdown \"age=99\" in this release." age=12+,
          age=5-11, total
        "period" "This release has no period in 1999." 2023-05..2023-06
        "period" "\"x\" is not a period: write a year as 2023, a fiscal year as
          FY2024, a quarter as 2024-Q1, a month as 2024-03, a week as 2024-W05 or
          pooled years as Y2017-2020." 2023-05..2023-06
        "labels" "There are no labels in \"fr\"." en, mi
        "format" "There is no format \"sas\"." csv, json, parquet, xlsx
        "limit" "limit is the number of rows of one page." 1..1000
        "limit" "A file always has every row: limit and cursor are for JSON."
        "colour" "There is no parameter \"colour\" here." dataset, release, as_of,
          indicator, level, location, period, breakdown, labels, format, limit,
          cursor
    "#]]
    .assert_eq(&wrapped(&said));
    let long = "x".repeat(600);
    let answer = hub.get(&format!("/api/v1/rollups?indicator={long}")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.body.len() < 400, "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_those_of_the_file() {
    let mut hub = Hub::new([1, 2, 0, 1]).await;
    let first = hub.publish("vaccination").await;
    hub.state(0, ("VAX_PRIMARY", "2023-05", "age=12%2B"), 360)
        .await;
    hub.state(0, ("VAX_FIRST", "2023-05", "total"), 460).await;
    let second = hub.publish("vaccination").await;
    let number = first.number;
    let (_, csv) = hub
        .bytes(&format!("/api/v1/changes?since={number}&format=csv"))
        .await;
    let file = hub.file(&second, "CHANGES.csv");
    assert_eq!(csv, file, "{}", String::from_utf8_lossy(&file));
    assert!(csv.iter().filter(|byte| **byte == b'\n').count() > 2);
    let path = format!("/api/v1/changes?since={number}&level=location&location=EC");
    let some = hub.get(&path).await.json();
    let data = some["data"].as_array().unwrap();
    assert_eq!(data.len(), 1, "{some}");
    assert_eq!(
        (&data[0]["change"], &data[0]["location_code"]),
        (&"changed".into(), &"EC".into())
    );
    let same = hub
        .get(&format!("/api/v1/changes?since={}", second.number))
        .await
        .json();
    assert!(same["data"].as_array().unwrap().is_empty());
    for since in [
        "",
        "since=",
        "since=x",
        "since=2020.1",
        "since=2001-01-01",
        "since=2999-01-01",
    ] {
        let answer = hub.get(&format!("/api/v1/changes?{since}")).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{since}: {}",
            answer.body
        );
        assert_eq!(answer.json()["parameter"], "since", "{since}");
    }
    let allowed = async |query: &str| {
        let answer = hub.get(&format!("/api/v1/changes{query}")).await;
        answer.json()["allowed"].to_string()
    };
    assert_eq!(allowed("").await, format!("[\"{number}\"]"));
    assert_eq!(allowed(&format!("?release={number}")).await, "null");
    hub.app()
        .withdraw_release(&first, "A slip in one count.", "operator")
        .await
        .unwrap();
    let gone = hub.get(&format!("/api/v1/changes?since={number}")).await;
    assert_eq!(gone.status, StatusCode::GONE, "{}", gone.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_release_names_the_one_that_corrects_it() {
    let hub = Hub::new([1, 2, 0, 1]).await;
    let first = hub.publish("vaccination").await;
    let app = hub.app();
    let codes = ["VAX_PRIMARY"].map(|code| code.parse().unwrap());
    let new = NewRelease {
        dataset: first.dataset.clone(),
        title: None,
        indicators: codes.into_iter().collect(),
        periods: None,
        notice_days: 0,
        open: false,
        supersedes: Some(first.number),
    };
    let second = app.propose_release(new, "operator").await.unwrap().id;
    app.publish_release(&second, "operator", None)
        .await
        .unwrap();
    app.withdraw_release(&first, "A slip in one count.", "operator")
        .await
        .unwrap();
    let words = format!("A slip in one count. Release {second} corrects it.");
    for path in [
        format!("/api/v1/rollups?release={}", first.number),
        format!("/data/{first}/vaccination.csv"),
    ] {
        let gone = hub.get(&path).await;
        assert_eq!(gone.status, StatusCode::GONE, "{path}");
        assert!(gone.body.contains(&words), "{}", gone.body);
    }
    let page = hub.get(&format!("/data/{first}/")).await.body;
    assert!(
        page.contains(&format!("href=\"/data/{second}/\"")),
        "{page}"
    );
    // The second one has no rows of locations, and says so.
    let none = hub.get("/api/v1/rollups?level=location").await;
    assert_eq!(none.status, StatusCode::BAD_REQUEST, "{}", none.body);
    let detail = &none.json()["detail"];
    assert_eq!(detail, "This release has no rows of locations.");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_publisher_suppressed_is_withheld_and_not_missing() {
    let mut hub = Hub::new([1, 2, 0, 1]).await;
    let hash = hub.hash("VAX_FIRST");
    let suppressed = Statement::without_figure(hash, Status::Suppressed, Audience::Released);
    hub.say(3, ("VAX_FIRST", "2023-05", "total"), suppressed)
        .await;
    hub.publish("vaccination").await;
    let query = "indicator=VAX_FIRST&location=WR&period=2023-05&breakdown=total";
    let rows = hub.get(&format!("/api/v1/rollups?{query}")).await.json();
    let row = &rows["data"][0];
    assert_eq!(row["obs_status"], "Q", "{rows}");
    assert_eq!(row["conf_status"], "C", "{rows}");
    assert_eq!(row["status_reason"], "withheld", "{rows}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_at_an_address_of_a_release_does_not_call_it_unprotected() {
    let hub = Hub::new([1, 2, 0, 1]).await;
    let id = hub.publish("vaccination").await;
    for path in [
        format!("/data/{id}/vaccination.csv"),
        format!("/api/v1/rollups?release={id}"),
        "/api/v1/rollups?dataset=vaccination".to_owned(),
    ] {
        for headers in [&[][..], &[("authorization", "Bearer x")]] {
            let router = &hub.entrance.router;
            let answer = ask(router, Method::GET, &path, headers, "").await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
            assert!(!answer.body.contains("not for publication"), "{path}");
            assert!(answer.headers.get("weft-notice").is_none(), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_release_that_needs_a_token_has_lines_that_send_one() {
    let hub = Hub::new([1, 2, 0, 1]).await;
    let id = hub.publish("vaccination").await;
    let page = hub.get(&format!("/data/{id}/")).await.body;
    let page = page.replace("&#34;", "\"").replace("&#39;", "'");
    for program in [
        r#"headers = c(Authorization = paste("Bearer", Sys.getenv("TOKEN")))), na = "", col"#,
        r#"storage_options={"Authorization": "Bearer " + os.environ["TOKEN"]})"#,
        "create secret (type http, bearer_token 'weft_...');",
        r#""Authorization"="Bearer %sysget(TOKEN)""#,
    ] {
        assert!(page.contains(program), "{program} in {page}");
    }
    assert!(!page.contains("polars.read_parquet(\"http"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_has_lines_of_a_release_of_this_hub() {
    let hub = Hub::new([1, 2, 0, 1]).await;
    let id = hub.publish("vaccination").await;
    let guide = hub.get("/api").await;
    assert_eq!(guide.status, StatusCode::OK, "{}", guide.body);
    assert!(guide.headers.get("weft-notice").is_none());
    let query = "http://127.0.0.1:8433/api/v1/rollups?dataset=vaccination&#38;indicator=VAX_FIRST";
    for part in [
        format!("http://127.0.0.1:8433/data/{id}/vaccination.csv"),
        query.to_owned(),
    ] {
        assert!(guide.body.contains(&part), "{part} in {}", guide.body);
    }
    assert!(
        !guide.body.contains("weft-hub rollup"),
        "live figures are not for analysts"
    );
    let stranger = hub.entrance.get("/api", "").await;
    assert_eq!(stranger.status, StatusCode::SEE_OTHER);
}

/// Queries of rows with something wrong in each.
const WRONG: [&str; 20] = [
    "",
    "dataset=none",
    "release=2020.1&dataset=other",
    "release=vaccination/2020.1x",
    "release=vaccination/latest&dataset=other",
    "dataset=other&as_of=2001-01-01",
    "dataset=other&as_of=2999-01-01",
    "dataset=other&as_of=x",
    "dataset=other&release=latest&level=region",
    "dataset=other&indicator=VAX",
    "dataset=other&location=XX",
    "dataset=other&level=network&location=FN",
    "dataset=other&breakdown=age=99",
    "dataset=other&period=1999",
    "dataset=other&period=x",
    "dataset=other&labels=fr",
    "dataset=other&format=sas",
    "dataset=other&limit=0",
    "dataset=other&format=csv&limit=5",
    "dataset=other&colour=red",
];
