//! The agenda and the requests of locations at the hub.

mod drafts;
mod files;
mod pages;

use serde_json::Value;
use weft_host::output::ExitCode;
use weft_shared::{
    model::{
        Audience,
        answer::{Answer, AnswerKey},
        quote::Quote,
        record::{FieldValue, Fields},
        schema::RecordKind,
    },
    time::Timestamp,
};

use super::{commands::run, records::id, web::Scene};
use crate::{kit::Device, store::StoreError};

pub(super) async fn ok(scene: &Scene, arguments: &[&str]) -> String {
    let (code, out, err) = run(&scene.app, arguments).await;
    assert_eq!(code, ExitCode::Ok, "{arguments:?}: {err}");
    out.trim().to_owned()
}

pub(super) async fn rows(scene: &Scene, arguments: &[&str]) -> Vec<Value> {
    let out = ok(scene, &[arguments, &["--json"]].concat()).await;
    serde_json::from_str(&out).unwrap()
}

pub(super) fn fields(pairs: &[(&str, &str)]) -> Fields {
    let pairs = pairs.iter();
    pairs
        .map(|(key, text)| ((*key).to_owned(), FieldValue::from(*text)))
        .collect()
}

/// Puts a record into the location's plan, for the network.
pub(super) async fn put(scene: &mut Scene, kind: RecordKind, n: u8, pairs: &[(&str, &str)]) {
    let fields = fields(pairs);
    let document = match kind {
        RecordKind::Review => "answers/2026",
        _ => "plan",
    };
    let entry = scene.device.edit(document, |editor| {
        editor.put_record(kind, &id(n), Audience::Network, &fields)
    });
    scene.device.push(&scene.app, entry).await;
}

/// Has the location ask something of the national team.
pub(super) async fn ask(scene: &mut Scene, n: u8, what: &str, needed_by: &str) -> String {
    let pairs = [
        ("what", what),
        ("who", "backbone"),
        ("peers", "yes"),
        ("needed_by", needed_by),
    ];
    let given = pairs.iter().filter(|(_, text)| !text.is_empty());
    let given: Vec<_> = given.copied().collect();
    put(scene, RecordKind::Opportunity, n, &given).await;
    if !needed_by.is_empty() {
        backdate(scene).await;
    }
    format!("FN/{}", id(n))
}

/// Lets the hub have received the last entry on 2 January 2026, so that days since then count.
pub(super) async fn backdate(scene: &Scene) {
    let at = Timestamp::parse_rfc3339("2026-01-02T00:00:00Z").unwrap();
    let set = scene.app.shared.store.write(move |tx| {
        let last = "(SELECT max(hub_seq) FROM entries)";
        let sql = format!("UPDATE entries SET received_ms = ? WHERE hub_seq = {last}");
        tx.execute(&sql, [at.ms()])?;
        Ok::<_, StoreError>(())
    });
    set.await.unwrap();
}

/// Has the location answer an item as it is worded now.
pub(super) async fn answer(scene: &mut Scene, item: &str, stance: &str, reason: &str) {
    let item = item.to_owned();
    let found = scene.app.counted(move |at| at.item(&item)).await.unwrap();
    let key = AnswerKey::Item(found.item.id);
    let said = Answer {
        stance: stance.parse().unwrap(),
        reason: Some(reason.to_owned()).filter(|text| !text.is_empty()),
        by: "team".to_owned(),
        until: None,
        wording: Some(found.item.wording),
        due: None,
    };
    let entry = (scene.device).edit("answers/2026", |editor| editor.say(&key, &said));
    scene.device.push(&scene.app, entry).await;
}

const YES: [&str; 4] = ["--stance", "yes", "--reason", "Example: it is in hand"];

#[tokio::test(flavor = "multi_thread")]
async fn a_late_answer_shows_as_late_to_all() {
    let mut scene = Scene::new().await;
    let late = ask(&mut scene, 1, "Example: one form", "2026-01-31").await;
    let open = ask(&mut scene, 2, "Example: a guide", "").await;
    let named = async |scene: &Scene, more: &[&str]| -> Vec<String> {
        let rows = rows(scene, &[&["request", "list"], more].concat()).await;
        let words = rows.iter().map(|row| {
            let of = |key: &str| row[key].to_string();
            format!("{} {} {}", of("request"), of("late"), of("stance"))
        });
        words.collect()
    };
    let first = format!("\"{late}\" true null");
    assert_eq!(
        named(&scene, &[]).await,
        [first.clone(), format!("\"{open}\" false null")]
    );
    assert_eq!(named(&scene, &["--late"]).await, [first]);
    let (_, table, _) = run(&scene.app, &["request", "list"]).await;
    assert!(table.lines().all(|line| line.len() <= 100), "{table}");

    // It was received today, by the hub's clock and not by the device's, which is years behind.
    let today = scene.app.read(|at| Ok(at.zone())).await.unwrap();
    let today = today.day(weft_host::clock::now()).to_string();
    let all = rows(&scene, &["request", "list"]).await;
    assert_eq!(all[1]["received"], today.as_str());

    for request in [&late, &open] {
        ok(
            &scene,
            &[&["request", "answer", request], &YES[..]].concat(),
        )
        .await;
    }
    ok(&scene, &["agenda", "publish"]).await;
    let first = format!("\"{late}\" true \"yes\"");
    assert_eq!(
        named(&scene, &[]).await,
        [first.clone(), format!("\"{open}\" false \"yes\"")],
        "an answer that came late stays late, and one in time is not"
    );
    assert_eq!(named(&scene, &["--late"]).await, [first]);
    // The answer itself says when it was due, so every node sees that it was late.
    let found = scene.app.counted(|at| at.requests()).await.unwrap();
    let requests = found.unshown();
    let day = today.parse().unwrap();
    let is_late: Vec<bool> = (requests.iter())
        .map(|one| one.answers[0].is_late(day))
        .collect();
    assert_eq!(is_late, [true, false]);
    // Other words later change nothing about it.
    let again = ["--stance", "partly", "--reason", "Example: half of it"];
    ok(
        &scene,
        &[&["request", "answer", &open], &again[..]].concat(),
    )
    .await;
    ok(&scene, &["agenda", "publish"]).await;
    let all = rows(&scene, &["request", "list"]).await;
    assert_eq!(
        (&all[1]["late"], &all[1]["stance"]),
        (&false.into(), &"partly".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn to_ask_for_time_is_no_answer_and_another_wording_waits_again() {
    let mut scene = Scene::new().await;
    let late = ask(&mut scene, 1, "Example: one form", "2026-01-31").await;
    let time = ["--stance", "needs_time", "--until", "2027-03-01"];
    let answer = ["request", "answer", &late];
    let why = ["--reason", "Example: the board meets in March"];
    let passed = ["--stance", "needs_time", "--until", "2020-01-01"];
    let (_, _, said) = run(&scene.app, &[&answer[..], &passed, &why].concat()).await;
    assert!(said.contains("that day has passed"), "{said}");
    ok(&scene, &[&answer[..], &time, &why].concat()).await;
    ok(&scene, &["agenda", "publish"]).await;
    let all = rows(&scene, &["request", "list", "--late"]).await;
    assert_eq!(
        (&all[0]["stance"], &all[0]["answered"]),
        (&"needs_time".into(), &Value::Null)
    );
    // It is an answer, though none that settles the request.
    let page = scene.get("/agenda").await.body;
    let late = "Of 1 more we said that we need more time; 1 of them is late.";
    assert!(page.contains(late), "{page}");
    let said = "we need more time until 1 March 2027";
    assert!(page.contains(said), "{page}");
    ok(&scene, &[&answer[..], &YES].concat()).await;
    ok(&scene, &["agenda", "publish"]).await;
    ask(
        &mut scene,
        1,
        "Example: one form for two things",
        "2026-01-31",
    )
    .await;
    let all = rows(&scene, &["request", "list"]).await;
    assert_eq!(
        (&all[0]["stance"], &all[0]["answered"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_days_of_a_new_wording_begin_with_it_and_go_to_all_locations() {
    let mut scene = Scene::new().await;
    let today = scene.app.read(|at| Ok(at.zone())).await.unwrap();
    let today = today.day(weft_host::clock::now()).to_string();
    let said = [
        ("what", "Example: one form"),
        ("description", "Example: four are too many"),
        ("who", "backbone"),
        ("peers", "yes"),
    ];
    let told = async |scene: &Scene| {
        let row = rows(scene, &["request", "list"]).await.remove(0);
        (row["received"].clone(), row["late"].clone())
    };
    put(&mut scene, RecordKind::Opportunity, 1, &said).await;
    backdate(&scene).await;
    let before = told(&scene).await;
    assert_eq!(before, ("2026-01-02".into(), true.into()));
    // The rest of the record changes nothing.
    put(
        &mut scene,
        RecordKind::Opportunity,
        1,
        &[("state", "taken_up")],
    )
    .await;
    assert_eq!(told(&scene).await, before);
    for reworded in [
        [("what", "Example: one form for all")],
        [("description", "")],
        [("needed_by", "2026-01-31")],
        // It is a request from the day on which it asks the national team.
        [("who", "backbone")],
    ] {
        backdate(&scene).await;
        if reworded[0].0 == "who" {
            let council = [("who", "local_government")];
            put(&mut scene, RecordKind::Opportunity, 1, &council).await;
            backdate(&scene).await;
        }
        put(&mut scene, RecordKind::Opportunity, 1, &reworded).await;
        let (received, is_late) = told(&scene).await;
        assert_eq!(received, today.as_str(), "{reworded:?}");
        assert_eq!(is_late, false, "{reworded:?}");
    }
    // Its quote takes the same days to the computers of all locations.
    scene.app.quote_locations().await.unwrap();
    let standing = scene.app.shared.own.standing();
    let quote = standing.agenda().all_said::<Quote>().next().unwrap();
    let dated = quote.settled().unwrap().request.unwrap();
    let row = rows(&scene, &["request", "list"]).await.remove(0);
    assert_eq!(dated.received.to_string(), today);
    assert_eq!(row["due"], dated.due.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_is_served_keeps_its_quotes() {
    let mut scene = Scene::new().await;
    ask(&mut scene, 1, "Example: one form", "").await;
    let quoting = crate::commands::run::keep_quotes(&scene.app);
    let quoted = || {
        let standing = scene.app.shared.own.standing();
        standing.agenda().all_said::<Quote>().next().is_some()
    };
    for _ in 0..1_000 {
        if quoted() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(quoted());
    drop(quoting);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opportunity_for_somebody_else_is_no_request() {
    let mut scene = Scene::new().await;
    let council = [
        ("what", "Example: shade at the pool"),
        ("who", "local_government"),
        ("peers", "yes"),
    ];
    put(&mut scene, RecordKind::Opportunity, 3, &council).await;
    assert!(rows(&scene, &["request", "list"]).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn days_for_an_answer_are_a_setting() {
    let mut scene = Scene::new().await;
    ask(&mut scene, 1, "Example: one form", "").await;
    let due = async |scene: &Scene| rows(scene, &["request", "list"]).await[0]["due"].clone();
    let before = due(&scene).await;
    assert_eq!(ok(&scene, &["network", "answer-days"]).await, "28");
    ok(&scene, &["network", "answer-days", "60"]).await;
    assert_ne!(due(&scene).await, before);
    for bad in ["0", "91"] {
        let (code, _, err) = run(&scene.app, &["network", "answer-days", bad]).await;
        assert_eq!(code, ExitCode::Usage);
        assert!(err.contains("1 to 90 days"), "{err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_comes_from_a_file_and_outcomes_one_by_one() {
    let scene = Scene::new().await;
    for code in ["VAX", "SMOKE"] {
        ok(
            &scene,
            &["outcome", "add", code, "--name", "Example: an outcome"],
        )
        .await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aim.txt");
    std::fs::write(&path, "Example: an aim\nin two lines\n").unwrap();
    let path = path.to_str().unwrap();
    let add = [
        "agenda",
        "add",
        "--type",
        "proposal",
        "--title",
        "Example: aim",
    ];
    let both = ["--outcome", "VAX", "--outcome", "SMOKE", "--text", path];
    let id = ok(&scene, &[&add[..], &both].concat()).await;
    let drafts = scene.app.draft_items().await.unwrap();
    assert_eq!(
        drafts[0].item.text.as_deref(),
        Some("Example: an aim\nin two lines")
    );
    assert_eq!(drafts[0].item.outcomes.len(), 2);
    let none = folder.path().join("none.txt");
    let missing = [&add[..], &["--text", none.to_str().unwrap()]].concat();
    let (code, _, err) = run(&scene.app, &missing).await;
    assert!(code == ExitCode::Usage && err.contains("none.txt"), "{err}");
    std::fs::write(&none, "x".repeat(70_000)).unwrap();
    let (code, _, err) = run(&scene.app, &missing).await;
    assert!(code == ExitCode::Usage && err.contains("64 KiB"), "{err}");
    // None is open, although there is one.
    let (_, _, err) = run(&scene.app, &["agenda", "list", "--open"]).await;
    assert!(err.contains("No item is open"), "{err}");
    ok(&scene, &["agenda", "publish"]).await;
    ok(
        &scene,
        &["agenda", "close", &id, "--reason", "Example: done"],
    )
    .await;
    let (_, _, err) = run(&scene.app, &["agenda", "list", "--open"]).await;
    assert!(
        err.contains("No item is open") && !err.contains("empty"),
        "{err}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn treatment_lists_items_requests_and_days_to_answer_of_each_location() {
    let mut scene = Scene::new().await;
    let add = [
        "agenda",
        "add",
        "--type",
        "question",
        "--title",
        "Example: what is missing?",
    ];
    ok(&scene, &add).await;
    ok(&scene, &["agenda", "publish"]).await;
    let late = ask(&mut scene, 1, "Example: one form", "2026-01-31").await;
    ask(&mut scene, 2, "Example: a guide", "").await;
    ok(&scene, &[&["request", "answer", &late], &YES[..]].concat()).await;
    ok(&scene, &["agenda", "publish"]).await;
    let all = rows(&scene, &["treatment"]).await;
    let names = [
        "code",
        "items",
        "items_answered",
        "requests",
        "requests_waiting",
        "requests_late",
        "days_to_answer",
    ];
    let words = |row: &Value| names.map(|name| row[name].to_string()).join(" ");
    let words: Vec<String> = all.iter().map(words).collect();
    let zone = scene.app.read(|at| Ok(at.zone())).await.unwrap();
    let received: weft_shared::period::Date = "2026-01-02".parse().unwrap();
    let days = received.until(zone.day(weft_host::clock::now())).unwrap();
    let days = days.get_days();
    let asked = format!("\"FN\" 1 0 2 1 1 {days}");
    assert_eq!(words, [asked.as_str(), "\"WT\" 1 0 0 0 0 null"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_device_speaks_for_a_location_before_words_were_compared() {
    let mut scene = Scene::new().await;
    let code = "WT".parse().unwrap();
    scene.device = Device::unconfirmed(&scene.app, &code).await;
    let add = ["agenda", "add", "--type", "proposal", "--title"];
    ok(&scene, &[&add[..], &["Example: one form"]].concat()).await;
    ok(&scene, &["agenda", "publish"]).await;
    let item = rows(&scene, &["agenda", "list"]).await[0]["id"].clone();
    let item = item.as_str().unwrap().to_owned();
    answer(&mut scene, &item, "agree", "").await;
    ask(&mut scene, 1, "Example: a guide", "").await;
    put(
        &mut scene,
        RecordKind::Review,
        2,
        &[
            ("question", "Example: what moved?"),
            ("on", "2026-04-02"),
            ("period", "2026-Q1"),
            ("decided", "Example: go on"),
        ],
    )
    .await;
    let told = async |scene: &Scene| {
        let answers = ok(scene, &["agenda", "show", &item]).await;
        let requests = rows(scene, &["request", "list"]).await.len();
        let reviews = scene.read("/api/v1/reviews").await.body;
        (answers, requests, reviews.contains("Example: what moved?"))
    };
    let shown = async |scene: &Scene| {
        let plan = ok(scene, &["plan", "list", "--location", "WT", "--json"]).await;
        let page = scene.get("/locations/WT").await.body;
        [plan, page].map(|text| text.contains("a guide"))
    };
    assert_eq!(shown(&scene).await, [false; 2]);
    let (answers, requests, is_reviewed) = told(&scene).await;
    assert!(answers.contains("not confirmed yet"), "{answers}");
    assert!(!answers.contains("agree"), "{answers}");
    assert_eq!((requests, is_reviewed), (0, false));
    scene.app.confirm_location(&code).await.unwrap();
    let (answers, requests, is_reviewed) = told(&scene).await;
    assert!(answers.contains("agree"), "{answers}");
    assert_eq!((requests, is_reviewed), (1, true));
    assert_eq!(shown(&scene).await, [true; 2]);
}
