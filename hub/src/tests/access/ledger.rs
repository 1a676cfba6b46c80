//! The ledger as a file: by command and by page.

use axum::http::StatusCode;
use serde_json::Value;
use weft_host::{clock, output::ExitCode};
use weft_shared::{period::Date, time::Timestamp};

use super::Entrance;
use crate::{
    access::scope::Scope,
    app::Reading,
    store::{StoreError, reads},
    tests::{
        commands::run,
        web::{HOST, Scene, ask},
    },
};

async fn lines(hub: &Entrance, args: &[&str]) -> Vec<Value> {
    let line = [&["ledger", "--format", "json"][..], args].concat();
    let (code, out, told) = run(&hub.app, &line).await;
    assert_eq!(code, ExitCode::Ok, "{told}");
    serde_json::from_str::<Vec<Value>>(&out).unwrap()
}

fn acts(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|one| one["act"].as_str().unwrap())
        .collect()
}

async fn scene() -> (Scene, Entrance) {
    let scene = Scene::new().await;
    let hub = Entrance {
        app: scene.app.clone(),
        router: scene.router.clone(),
        _dir: tempfile::TempDir::new().unwrap(),
    };
    (scene, hub)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_says_who_did_and_saw_what() {
    let (_scene, hub) = scene().await;
    let mut person = hub.person("Nikau", "national").await;
    let session = hub.sign_in(&mut person).await;
    for _ in 0..3 {
        let page = hub.get("/locations/FN", &session).await;
        assert_eq!(page.status, StatusCode::OK);
    }
    let all = lines(&hub, &["--person", "NIKAU"]).await;
    let expected = [
        "person invite",
        "enrol",
        "person confirm",
        "sign in",
        "opened a page",
        "ledger export",
    ];
    assert_eq!(acts(&all)[..5], expected[..5], "{all:?}");
    let read = &all[4];
    assert_eq!(read["who"], "Nikau");
    assert_eq!(read["organisation"], "Example: ministry");
    assert_eq!(read["location"], "FN");
    assert_eq!(read["subject"], "/locations/FN");
    assert_eq!(read["times"], 3);
    assert_eq!(read["purpose"], "Quarterly report");
    assert!(read["local_time"].as_str().unwrap().ends_with(" UTC"));

    let of_place = lines(&hub, &["--location", "FN"]).await;
    assert_eq!(
        acts(&of_place),
        [
            "location add",
            "invite create",
            "location join",
            "location confirm",
            "opened a page"
        ]
    );
    let both = lines(&hub, &["--location", "FN", "--person", "Nikau"]).await;
    assert_eq!(acts(&both), ["opened a page"]);
    let before = ["ledger", "--person", "Nikau", "--until", "2001-01-01"];
    let (code, out, told) = run(&hub.app, &before).await;
    assert_eq!((code, out.as_str()), (ExitCode::Ok, ""));
    assert!(told.contains("nothing of that"), "{told}");
    for (line, words) in [
        (&["--person", "Nikua"][..], "There are: Nikau."),
        (&["--location", "XX"], "no location XX"),
        (
            &["--since", "2026-11-02", "--until", "2026-11-01"],
            "before the first",
        ),
    ] {
        let line = [&["ledger"][..], line].concat();
        let (code, _, told) = run(&hub.app, &line).await;
        assert_eq!(code, ExitCode::Usage);
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(words), "{told}");
    }
    let (_, text, _) = run(&hub.app, &["ledger", "--location", "FN"]).await;
    let last = text.lines().last().unwrap();
    let words = "Nikau (Example: ministry): opened a page: the page of location FN, of FN, \
                 3 times, for: Quarterly report";
    assert!(last.ends_with(words), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_finds_one_whom_no_location_may_name() {
    let (_scene, hub) = scene().await;
    let mut person = hub.person("Nikau", "national").await;
    let token = hub.token("Nikau", Scope::Live).await;
    let session = hub.sign_in(&mut person).await;
    let page = hub.get("/locations/FN", &session).await;
    assert_eq!(page.status, StatusCode::OK);
    let read = hub.read("/api/v1/rollups?level=all", &token).await;
    assert_eq!(read.status, StatusCode::OK, "{}", read.body);
    assert_eq!(hub.app.reads(10).await.unwrap()[0].reader, "reader 1");
    hub.app.revoke_token("Nikau 1").await.unwrap();
    let all = lines(&hub, &["--person", "nikau"]).await;
    let found = acts(&all);
    for act in [
        "opened a page",
        "read rollups",
        "token create",
        "token revoke",
    ] {
        assert!(found.contains(&act), "{act}: {all:?}");
    }
    let reads: Vec<&Value> = all.iter().filter(|one| one["location"] == "FN").collect();
    assert_eq!(reads.len(), 2);
    assert!(reads.iter().all(|one| one["who"] == "Nikau"), "{reads:?}");
    // A location asks about the number that it knows.
    let of_number = lines(&hub, &["--person", "reader 1"]).await;
    assert_eq!(acts(&of_number), ["opened a page", "read rollups"]);
    hub.person("Mere", "national").await;
    let other = lines(&hub, &["--person", "Mere"]).await;
    assert!(
        other.iter().all(|one| one["location"].is_null()),
        "{other:?}"
    );
    let admin = hub.with_passkey("Aroha", "admin").await;
    let file = hub.get("/admin/ledger.csv?person=Nikau", &admin).await;
    assert!(file.body.contains("/locations/FN,FN,"), "{}", file.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_those_of_the_network() {
    let hub = Entrance::new().await;
    let zone = weft_shared::time::Zone::parse("Pacific/Auckland").unwrap();
    hub.app.set_time_zone(&zone).await.unwrap();
    // The first and the last moment of a day in Auckland, and those beside it.
    let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
    let moments = [
        "2026-03-01T10:59:59.999Z",
        "2026-03-01T11:00:00.000Z",
        "2026-03-02T10:59:59.999Z",
        "2026-03-02T11:00:00.000Z",
    ];
    for (n, moment) in moments.into_iter().enumerate() {
        let (now, subject) = (at(moment), n.to_string());
        let write = hub
            .app
            .shared
            .store
            .write(move |tx| crate::store::ledger::record(tx, now, "Mere", "look", &subject));
        write.await.unwrap();
    }
    let of = async |args: &[&str]| {
        let args = [&["--person", "Mere"][..], args].concat();
        let found = lines(&hub, &args).await;
        let subjects = found.iter().map(|one| one["subject"].as_str().unwrap());
        subjects.collect::<String>()
    };
    let day: Date = "2026-03-02".parse().unwrap();
    assert_eq!(day.to_string(), "2026-03-02");
    assert_eq!(
        of(&["--since", "2026-03-02", "--until", "2026-03-02"]).await,
        "12"
    );
    assert_eq!(of(&["--since", "2026-03-03"]).await, "3");
    assert_eq!(of(&["--until", "2026-03-01"]).await, "0");
    for bad in ["2026-3-2", "yesterday", "2026-02-30", ""] {
        let (code, _, told) = run(&hub.app, &["ledger", "--since", bad]).await;
        assert_eq!(code, ExitCode::Usage, "{bad}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_acts_and_reads_are_merged_in_the_order_of_time() {
    let (_scene, hub) = scene().await;
    let begin = clock::now().plus_ms(-86_400_000);
    let code = "FN".parse().unwrap();
    let locations = std::iter::once(code).collect();
    let write = hub.app.shared.store.write(move |tx| {
        for n in 0..2_500 {
            let at = begin.plus_ms(n / 3);
            crate::store::ledger::record(tx, at, "Mere", "look", &n.to_string())?;
            let reading = Reading::by("Mere", "opened a page", &n.to_string());
            if n % 2 == 0 {
                reads::record(tx, at, &reading, &locations)?;
            }
        }
        Ok::<_, StoreError>(())
    });
    write.await.unwrap();
    let all = lines(&hub, &["--person", "Mere"]).await;
    assert_eq!(all.len(), 2_500 + 1_250);
    let order = all.iter().map(|one| one["at"].as_str().unwrap());
    assert!(order.is_sorted());
    let (mut looks, mut pages): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
    for one in &all {
        let n = one["subject"].as_str().unwrap().parse().unwrap();
        match one["act"] == "look" {
            true => looks.push(n),
            false => pages.push(n),
        }
    }
    assert_eq!(looks, (0..2_500).collect::<Vec<_>>());
    assert_eq!(pages, (0..2_500).step_by(2).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_file_for_people_runs_no_formula_and_names_addresses_for_30_days() {
    let begin = clock::now();
    clock::simulate(begin);
    let hub = Entrance::new().await;
    let admin = hub.with_passkey("Aroha", "admin").await;
    let _link = hub.invite("=1+1", "analyst").await;
    let from = "203.0.113.9".parse().unwrap();
    let signed = hub
        .app
        .visitor(admin.strip_prefix("weft-8433=").map(str::to_owned), false);
    let signed = signed.await.unwrap();
    let acting = hub.app.acting_as(signed.signed().unwrap(), Some(from));
    acting.lock_person("=1+1", true).await.unwrap();
    let answer = hub.get("/admin/ledger.csv?person=%3D1%2B1", &admin).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let file = answer.header("content-disposition");
    assert!(file.contains("ledger") && file.contains(".csv"), "{file}");
    let mut rows = answer.body.lines();
    let head = "\u{feff}at,local_time,who,organisation,act,subject,location,times,purpose,address";
    assert_eq!(rows.next(), Some(head));
    let rows: Vec<&str> = rows.collect();
    assert_eq!(rows.len(), 2, "{}", answer.body);
    assert!(rows[0].contains(",person invite,\"'=1+1, Example: ministry: analyst\","));
    let lock = ",Aroha,,person lock,'=1+1,,1,Looking after people,203.0.113.9";
    assert!(rows[1].ends_with(lock), "{}", answer.body);
    clock::simulate(begin.plus_ms(31 * 86_400_000));
    let (_, csv, _) = run(&hub.app, &["ledger", "--format", "csv", "--person", "=1+1"]).await;
    assert!(
        csv.contains("person lock") && !csv.contains("203.0.113.9"),
        "{csv}"
    );
    let kept = hub.app.shared.store.read(|conn| {
        let count = conn.query_row("SELECT count(*) FROM addresses", [], |row| row.get(0));
        Ok::<i64, StoreError>(count?)
    });
    assert_eq!(kept.await.unwrap(), 0, "any act forgets old addresses");
    let acts = hub.acts().await;
    let exports = acts.iter().filter(|(_, act, _)| act == "ledger export");
    let exports: Vec<_> = exports
        .map(|(who, _, what)| (who.as_str(), what.as_str()))
        .collect();
    assert_eq!(exports[1], ("Aroha", "person =1+1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_part_of_the_ledger_is_refused_in_words() {
    let hub = Entrance::new().await;
    let admin = hub.with_passkey("Aroha", "admin").await;
    let analyst = hub.with_passkey("Nikau", "analyst").await;
    for (query, status, words) in [
        ("since=x", StatusCode::UNPROCESSABLE_ENTITY, "is not a day"),
        (
            "person=Arohaa",
            StatusCode::UNPROCESSABLE_ENTITY,
            "There are: Aroha, Nikau.",
        ),
        (
            "location=XX",
            StatusCode::UNPROCESSABLE_ENTITY,
            "no location XX",
        ),
        (
            "location=%3Cb%3E",
            StatusCode::UNPROCESSABLE_ENTITY,
            "location-error",
        ),
        (
            "since=2026-11-02&until=2026-11-01",
            StatusCode::UNPROCESSABLE_ENTITY,
            "before the first",
        ),
        ("colour=red", StatusCode::BAD_REQUEST, "no parameter"),
        (
            "since=2026-11-02&since=2026-11-03",
            StatusCode::BAD_REQUEST,
            "given twice",
        ),
    ] {
        let path = format!("/admin/ledger.csv?{query}");
        let answer = hub.get(&path, &admin).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.body);
        assert!(answer.body.contains(words), "{query}: {}", answer.body);
        assert_eq!(hub.get(&path, &analyst).await.status, StatusCode::NOT_FOUND);
    }
    let empty = "/admin/ledger.csv?person=&location=&since=&until=";
    let headers = [("cookie", admin.as_str()), ("host", HOST)];
    let answer = ask(&hub.router, axum::http::Method::GET, empty, &headers, "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("person invite"), "{}", answer.body);
}
