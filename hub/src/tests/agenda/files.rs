//! The agenda and what was learnt as files, one grain each.

use axum::http::StatusCode;
use serde_json::Value;
use weft_shared::model::schema::RecordKind;

use super::{YES, answer, ask, ok, put};
use crate::tests::{access::Entrance, records::id, web::Scene};

const LISTS: [&str; 7] = [
    "agenda", "answers", "requests", "markers", "reviews", "partners", "ties",
];

/// Puts a marker, a partner with two ties, and a review into the location's documents.
async fn learn(scene: &mut Scene) {
    let marker = [
        ("condition", "Example: practices"),
        ("evidence", "Example: a vote"),
    ];
    put(scene, RecordKind::Marker, 2, &marker).await;
    let partner = [("name", "Example: Hauora"), ("kind", "iwi")];
    put(scene, RecordKind::Partner, 3, &partner).await;
    let of = id(3).to_string();
    for (n, tie, on) in [
        (4, "collaborating", "2026-05-01"),
        (5, "in_touch", "2025-01-01"),
    ] {
        let tie = [("partner", of.as_str()), ("tie", tie), ("on", on)];
        put(scene, RecordKind::Relationship, n, &tie).await;
    }
    let review = [
        ("question", "Example: what moved?"),
        ("period", "2026-Q1"),
        ("on", "2026-04-02"),
        ("decided", "Example: go on"),
    ];
    put(scene, RecordKind::Review, 6, &review).await;
}

/// The rows of each list, which are as many in each place.
async fn all_lists(scene: &Scene) -> Vec<Vec<Value>> {
    let mut all = Vec::new();
    for list in LISTS {
        let path = format!("/api/v1/{list}");
        let found = scene.read(&path).await;
        assert_eq!(found.status, StatusCode::OK, "{list}: {}", found.body);
        let rows = found.json()["data"].as_array().unwrap().clone();
        let csv = scene.read(&format!("{path}?format=csv")).await;
        assert_eq!(
            csv.body.lines().count(),
            rows.len() + 1,
            "{list}: {}",
            csv.body
        );
        let page = scene.get(&format!("/{list}.csv")).await;
        let same = page.body.trim_start_matches('\u{feff}').lines().count();
        assert_eq!(same, rows.len() + 1, "{list}: {}", page.body);
        all.push(rows);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn each_list_has_its_grain_in_json_and_csv_and_its_reading_is_recorded() {
    let mut scene = Scene::new().await;
    let add = [
        "agenda",
        "add",
        "--type",
        "question",
        "--title",
        "Example: what is missing?",
    ];
    let item = ok(&scene, &add).await;
    ok(&scene, &["agenda", "publish"]).await;
    answer(&mut scene, &item, "reply", "Example: =time").await;
    let request = ask(&mut scene, 1, "Example: one form", "2026-01-31").await;
    ok(
        &scene,
        &[&["request", "answer", &request], &YES[..]].concat(),
    )
    .await;
    ok(&scene, &["agenda", "publish"]).await;
    learn(&mut scene).await;
    let all = all_lists(&scene).await;
    let cell = |list: usize, row: usize, name: &str| all[list][row][name].clone();
    assert_eq!(cell(0, 0, "item"), item.as_str());
    // Silence has a row, and no answer in it.
    assert_eq!(
        (cell(1, 0, "stance"), cell(1, 0, "reason")),
        ("reply".into(), "Example: =time".into())
    );
    assert_eq!(
        (cell(1, 1, "location_code"), cell(1, 1, "stance")),
        ("WT".into(), Value::Null)
    );
    assert_eq!(
        (cell(2, 0, "late"), cell(2, 0, "stance")),
        (true.into(), "yes".into())
    );
    assert_eq!(cell(3, 0, "evidence"), "Example: a vote");
    assert_eq!(cell(4, 0, "decided"), "Example: go on");
    assert_eq!(
        (cell(5, 0, "tie"), cell(5, 0, "since")),
        ("collaborating".into(), "2026-05-01".into())
    );
    let ties: Vec<Value> = (0..2).map(|row| cell(6, row, "tie")).collect();
    assert_eq!(
        ties,
        ["in_touch", "collaborating"],
        "from the first to the latest"
    );
    // The location sees that its requests were read, and where.
    let reads = scene.app.read(|at| at.reads(50)).await.unwrap();
    let read = |about: &str| {
        reads
            .iter()
            .any(|row| row.subject == about && row.code == "FN")
    };
    for list in [
        "answers", "requests", "markers", "reviews", "partners", "ties",
    ] {
        assert!(read(list), "{list}: {reads:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lists_are_the_national_teams_and_no_analysts() {
    let hub = Entrance::new().await;
    let mut analyst = hub.person("Rewi", "analyst").await;
    let analyst = hub.sign_in(&mut analyst).await;
    let mut national = hub.person("Aroha", "national").await;
    let national = hub.sign_in(&mut national).await;
    for list in LISTS {
        let path = format!("/api/v1/{list}");
        assert_eq!(
            hub.get(&path, &analyst).await.status,
            StatusCode::NOT_FOUND,
            "{list}"
        );
        let released = hub
            .get(&format!("{path}?dataset=prevention"), &national)
            .await;
        assert_eq!(released.status, StatusCode::NOT_FOUND, "{}", released.body);
        assert!(released.body.contains("in no release"), "{}", released.body);
        let file = format!("/{list}.csv");
        assert_eq!(
            hub.get(&file, &analyst).await.status,
            StatusCode::NOT_FOUND,
            "{list}"
        );
        assert_eq!(
            hub.get(&path, &national).await.status,
            StatusCode::OK,
            "{list}"
        );
        let odd = hub.get(&format!("{path}?sort=gap"), &national).await;
        assert_eq!(odd.status, StatusCode::BAD_REQUEST, "{}", odd.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_as_of_a_moment_is_as_it_stood_then() {
    let mut scene = Scene::new().await;
    let add = ["agenda", "add", "--type", "proposal", "--title"];
    let item = ok(&scene, &[&add[..], &["Example: first"]].concat()).await;
    ok(&scene, &["agenda", "publish"]).await;
    answer(&mut scene, &item, "agree", "").await;
    learn(&mut scene).await;
    let request = ask(&mut scene, 20, "Example: one form", "2026-01-31").await;
    let pause = std::time::Duration::from_millis(20);
    tokio::time::sleep(pause).await;
    let then = weft_host::clock::now().rfc3339();
    tokio::time::sleep(pause).await;
    ok(
        &scene,
        &["agenda", "edit", &item, "--title", "Example: second"],
    )
    .await;
    ok(&scene, &[&add[..], &["Example: another"]].concat()).await;
    ok(
        &scene,
        &[&["request", "answer", &request], &YES[..]].concat(),
    )
    .await;
    ok(&scene, &["agenda", "publish"]).await;
    ask(&mut scene, 21, "Example: a guide", "").await;
    put(
        &mut scene,
        RecordKind::Marker,
        9,
        &[("condition", "Example: later")],
    )
    .await;
    let rows = async |list: &str, as_of: &str| {
        let found = scene.read(&format!("/api/v1/{list}{as_of}")).await;
        assert_eq!(found.status, StatusCode::OK, "{list}: {}", found.body);
        found.json()["data"].as_array().unwrap().clone()
    };
    let past = format!("?as_of={}", then.replace('+', "%2B"));
    let (now, before) = (rows("agenda", "").await, rows("agenda", &past).await);
    assert_eq!((now.len(), before.len()), (2, 1));
    assert_eq!(before[0]["title"], "Example: first");
    let (now, before) = (rows("answers", "").await, rows("answers", &past).await);
    assert_eq!(
        (&now[0]["stance"], &before[0]["stance"]),
        (&Value::Null, &"agree".into())
    );
    let (now, before) = (rows("markers", "").await, rows("markers", &past).await);
    assert_eq!((now.len(), before.len()), (2, 1));
    for list in ["reviews", "partners", "ties"] {
        assert_eq!(rows(list, "").await, rows(list, &past).await, "{list}");
    }
    let (now, before) = (rows("requests", "").await, rows("requests", &past).await);
    assert_eq!((now.len(), before.len()), (2, 1));
    let stances = [&now[0]["stance"], &before[0]["stance"]];
    assert_eq!(stances, [&Value::from("yes"), &Value::Null]);
    assert_eq!(now[0]["received"], before[0]["received"]);
    is_refused_before_all(&scene).await;
    requests_are_as_they_stood(&scene, &past).await;
}

/// Before the hub received anything there is nothing to show.
async fn is_refused_before_all(scene: &Scene) {
    for list in LISTS {
        let early = scene
            .read(&format!("/api/v1/{list}?as_of=2020-01-01"))
            .await;
        assert_eq!(
            early.status,
            StatusCode::BAD_REQUEST,
            "{list}: {}",
            early.body
        );
    }
}

async fn requests_are_as_they_stood(scene: &Scene, past: &str) {
    let page = scene.get(&format!("/requests{past}")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    for (words, is_there) in [
        ("Example: one form", true),
        ("Example: a guide", false),
        ("Our answer", false),
        ("/requests.csv?as_of=", true),
    ] {
        assert_eq!(
            page.body.contains(words),
            is_there,
            "{words}: {}",
            page.body
        );
    }
    let file = scene.get(&format!("/requests.csv{past}")).await;
    assert_eq!(file.body.lines().count(), 2, "{}", file.body);
}
