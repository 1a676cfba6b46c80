//! Figures as of a moment, and the words that are in no answer about the past.

use std::{path::Path, time::Duration};

use axum::http::StatusCode;
use weft_host::{clock, output::ExitCode};
use weft_shared::{
    log::gate::Admission,
    model::{Audience, observation::Statement},
    time::Timestamp,
};

use super::{
    commands::run,
    dropped::{drop_above, files, holds, operate, revoke},
    figures::{adopt, definition, observe, statement},
    web::Scene,
};
use crate::{
    app::{AppError, AppHandle, Moment},
    figures::RollupQuery,
    kit::{self, Device},
    store::{
        StoreError,
        entries::{self, Appended},
        rosters,
    },
};

/// All figures as text, now or as of a moment.
async fn rows(app: &AppHandle, as_of: Option<Moment>) -> Result<Vec<String>, AppError> {
    let read = app.counted(move |now| {
        let past = as_of.map(|moment| now.as_of(moment)).transpose()?;
        let at = past.as_ref().unwrap_or(now);
        Ok(at.rollup(&RollupQuery::default())?.unshown().figures)
    });
    let figures = read.await?.into_iter();
    Ok(figures.map(|one| one.cell.row().join(",")).collect())
}

/// Stores an entry at a moment of its own.
async fn push(app: &AppHandle, device: &Device, admission: &Admission) {
    tokio::time::sleep(Duration::from_millis(2)).await;
    device.push(app, admission.clone()).await;
}

/// Stores an entry when the clock says so.
async fn push_at(app: &AppHandle, device: &Device, admission: Admission, now: Timestamp) {
    let (location, dix) = (device.location, device.dix);
    let (height, wakes) = (admission.height(), app.shared.wakes());
    let stored = app.shared.store.write(move |conn| {
        let lix = rosters::lix(conn, &location)?.unwrap();
        wakes.stored(conn, (location, dix), height, None);
        entries::append(conn, lix, dix, &admission, now)
    });
    assert!(matches!(stored.await.unwrap(), Appended::To(_)));
}

/// A file of the past without its last column, which says in each row as of when.
fn without_moment(file: &str) -> String {
    let lines = file.lines().enumerate().map(|(at, line)| {
        let (rest, moment) = line.rsplit_once(',').unwrap();
        match at {
            0 => assert_eq!(moment, "as_of"),
            _ => assert!(moment.starts_with("20") && moment.ends_with('Z'), "{line}"),
        }
        format!("{rest}\n")
    });
    lines.collect()
}

async fn past(app: &AppHandle) -> u64 {
    let count = "SELECT count(*) FROM past_facts";
    let read = app
        .shared
        .store
        .read(|conn| Ok::<_, StoreError>(conn.query_row(count, [], |row| row.get(0))?));
    read.await.unwrap()
}

/// Fails unless words are soon in no file: the write-ahead log is emptied once no one reads.
async fn assert_gone(dir: &Path, words: &str) {
    for _ in 0..100 {
        if !holds(&files(dir), words) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the files hold what was taken back");
}

#[tokio::test(flavor = "multi_thread")]
async fn withdrawn_words_are_in_no_answer_about_the_past_and_in_no_file() {
    let (dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut admin = Device::found(&app, &code).await;
    let mut member = admin.second(&app).await;
    let entry = admin.edit("profile", adopt(hash));
    push(&app, &admin, &entry).await;
    // The signed entry goes on holding it, packed: as a whole it is in derived state alone.
    let method = "counted at the market; ".repeat(20);
    let told = Statement {
        method: Some(method.clone()),
        ..statement(hash, 10)
    };
    let narrowed = Statement {
        audience: Audience::Team,
        ..statement(hash, 12)
    };
    for (marks, period, last) in [(1, "2022-04", narrowed.clone()), (2, "2023-04", narrowed)] {
        let year = format!("observations/{}", &period[..4]);
        for one in [&told, &statement(hash, 11)] {
            let entry = admin.edit(&year, observe("FAR_NORTH", period, one.clone()));
            push(&app, &admin, &entry).await;
        }
        let before = clock::now();
        rows(&app, None).await.unwrap();
        assert!(past(&app).await >= marks && holds(&files(dir.path()), &method));
        let entry = admin.edit(&year, observe("FAR_NORTH", period, last));
        push(&app, &admin, &entry).await;
        rows(&app, None).await.unwrap();
        assert_eq!(past(&app).await, marks, "one mark stands for all");
        assert_eq!(rows(&app, Some(Moment::At(before))).await.unwrap(), [""; 0]);
    }
    let end = "observations/2024";
    for n in 1..=2 {
        let edit = observe("FAR_NORTH", "2024-04", statement(hash, n));
        let entry = member.edit(end, edit);
        push(&app, &member, &entry).await;
    }
    let before = clock::now();
    rows(&app, None).await.unwrap();
    assert_eq!(past(&app).await, 3);
    revoke(&app, &mut admin, &member).await;
    let dropped = drop_above(&member, 0);
    operate(&app, &mut admin, dropped).await.unwrap();
    rows(&app, None).await.unwrap();
    assert_eq!(past(&app).await, 2);
    assert_eq!(rows(&app, Some(Moment::At(before))).await.unwrap(), [""; 0]);
    assert_gone(dir.path(), &method).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retracted_value_counts_until_it_was_retracted() {
    let (_dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut device = Device::found(&app, &code).await;
    let entry = device.edit("profile", adopt(hash));
    push(&app, &device, &entry).await;
    let mut told = Vec::new();
    let retracted = Statement::retraction(hash, Audience::Network);
    for one in [statement(hash, 10), retracted, statement(hash, 12)] {
        let edit = observe("FAR_NORTH", "2023-05", one);
        let entry = device.edit("observations/2023", edit);
        push(&app, &device, &entry).await;
        let now = rows(&app, None).await.unwrap();
        told.push((clock::now(), now));
    }
    assert!(told[0].1[0].contains(",10,"), "{told:?}");
    assert_eq!(
        told[1].1, [""; 0],
        "a slice that no one reports has no rows"
    );
    for (at, then) in told {
        assert_eq!(rows(&app, Some(Moment::At(at))).await.unwrap(), then);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_longer_shared_or_was_dropped_says_so_in_the_past() {
    let (_dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let other = kit::add_location(&app, "KA", &["KAIPARA"]).await;
    let mut admin = Device::found(&app, &code).await;
    let mut member = admin.second(&app).await;
    let mut other = Device::found(&app, &other).await;
    for device in [&mut admin, &mut other] {
        let entry = device.edit("profile", adopt(hash));
        push(&app, device, &entry).await;
    }
    let year = "observations/2023";
    let stays = other.edit(year, observe("KAIPARA", "2023-05", statement(hash, 7)));
    push(&app, &other, &stays).await;
    let dropped = other.edit(year, observe("KAIPARA", "2023-06", statement(hash, 8)));
    push(&app, &other, &dropped).await;
    for period in ["2023-05", "2023-06"] {
        let edit = observe("FAR_NORTH", period, statement(hash, 10));
        let device = if period == "2023-05" {
            &mut admin
        } else {
            &mut member
        };
        let entry = device.edit(year, edit);
        push(&app, device, &entry).await;
    }
    let before = Some(Moment::At(clock::now()));
    let narrowed = Statement {
        audience: Audience::Team,
        ..statement(hash, 10)
    };
    let entry = admin.edit(year, observe("FAR_NORTH", "2023-05", narrowed));
    push(&app, &admin, &entry).await;
    revoke(&app, &mut admin, &member).await;
    let drops = drop_above(&member, 0);
    operate(&app, &mut admin, drops).await.unwrap();
    let now = rows(&app, None).await.unwrap().join("\n");
    assert!(
        !now.contains("no longer shared") && !now.contains("dropped since"),
        "{now}"
    );
    let then = rows(&app, before).await.unwrap();
    let of = |period: &str| {
        let mut rows = then.iter();
        let found = rows.find(|row| row.contains("network") && row.contains(period));
        found
            .unwrap_or_else(|| panic!("{period}: {then:?}"))
            .clone()
    };
    assert!(of("2023-05").contains("no longer shared: FN"), "{then:?}");
    assert!(
        of("2023-06").contains("not reported, or dropped since: FN"),
        "{then:?}"
    );
    let today = Some(Moment::At(clock::now()));
    let today = rows(&app, today).await.unwrap().join("\n");
    assert!(
        !today.contains("no longer") && !today.contains("dropped"),
        "{today}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_are_withdrawn_before_they_ever_changed_leave_the_files() {
    let (dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut device = Device::found(&app, &code).await;
    let method = "counted at the market; ".repeat(20);
    let told = Statement {
        method: Some(method.clone()),
        ..statement(hash, 10)
    };
    let narrowed = Statement {
        audience: Audience::Team,
        ..statement(hash, 12)
    };
    let [first, last] = [told, narrowed].map(|one| {
        let edit = observe("FAR_NORTH", "2022-04", one);
        device.edit("observations/2022", edit)
    });
    push(&app, &device, &first).await;
    rows(&app, None).await.unwrap();
    assert!(past(&app).await == 0 && holds(&files(dir.path()), &method));
    push(&app, &device, &last).await;
    rows(&app, None).await.unwrap();
    assert_gone(dir.path(), &method).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_of_the_past_names_the_entry_that_had_waited_for_another() {
    let (_dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut first = Device::found(&app, &code).await;
    let mut second = first.second(&app).await;
    let year = "observations/2023";
    let say = |n| observe("FAR_NORTH", "2023-05", statement(hash, n));
    let one = first.edit(year, say(1));
    second.learn(year, &first);
    let two = second.edit(year, say(2));
    // The hub receives the second before what it builds on.
    push(&app, &second, &two).await;
    push(&app, &first, &one).await;
    rows(&app, None).await.unwrap();
    let before = Moment::At(clock::now());
    first.learn(year, &second);
    let three = first.edit(year, say(3));
    push(&app, &first, &three).await;
    let mut entries = Vec::new();
    for moment in [Some(before), None] {
        let read = app.counted(move |now| {
            let past = moment.map(|moment| now.as_of(moment)).transpose()?;
            let at = past.as_ref().unwrap_or(now);
            let (code, month) = ("VAX_PRIMARY".parse().unwrap(), "2023-05".parse().unwrap());
            let found = at.explain(code, month, "age=12+".parse().unwrap(), None)?;
            Ok(found.unshown().json())
        });
        let json = read.await.unwrap();
        let stated = &json["areas"][0]["statements"][0];
        let entry = stated["entry"].as_str().unwrap().rsplitn(3, '/');
        let place: Vec<_> = entry.take(2).map(str::to_owned).collect();
        entries.push((stated["numerator"].as_i64().unwrap(), place.join(" of ")));
    }
    let [two, three] = [(2, "1 of 2"), (3, "2 of 1")].map(|(n, place)| (n, place.to_owned()));
    assert_eq!(entries, [two, three]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_in_past_facts_changes_no_current_figure() {
    let (_dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut device = Device::found(&app, &code).await;
    let entry = device.edit("profile", adopt(hash));
    push(&app, &device, &entry).await;
    let edit = observe("FAR_NORTH", "2023-05", statement(hash, 5));
    let entry = device.edit("observations/2023", edit);
    push(&app, &device, &entry).await;
    let before = rows(&app, None).await.unwrap();
    let nonsense = app.shared.store.write(|conn| {
        let rows = "INSERT INTO past_facts
            (document, series, period, place, began, n, ended, form, numerator)
            SELECT document, series, period, place, 0, 0, 1000000, 99999, 'x' FROM facts";
        assert!(conn.execute(rows, []).unwrap() > 0);
        Ok::<_, StoreError>(())
    });
    nonsense.await.unwrap();
    assert!(!before.is_empty());
    assert_eq!(rows(&app, None).await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_steps_back_changes_no_order() {
    let (_dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut device = Device::found(&app, &code).await;
    let entry = device.edit("profile", adopt(hash));
    push(&app, &device, &entry).await;
    let now = clock::now();
    // The clock was ten minutes ahead, then ten behind, and then right.
    let mut said = Vec::new();
    for (n, minutes) in [(1, 10), (2, -10), (3, 0)] {
        let edit = observe("FAR_NORTH", "2023-05", statement(hash, n));
        let entry = device.edit("observations/2023", edit);
        push_at(&app, &device, entry, now.plus_ms(minutes * 60_000)).await;
        said = rows(&app, None).await.unwrap();
    }
    let at = |minutes: i64| Some(Moment::At(now.plus_ms(minutes * 60_000)));
    assert_eq!(rows(&app, at(0)).await.unwrap(), [""; 0], "none had come");
    assert_eq!(rows(&app, at(10)).await.unwrap(), said, "all had");
    assert!(said[0].contains(",3,"), "{said:?}");
    let error = rows(&app, at(11)).await.unwrap_err();
    assert!(error.to_string().contains("is in the future"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_before_the_hub_or_after_now_is_refused_in_words() {
    let scene = Scene::new().await;
    let (_, now, _) = run(&scene.app, &["rollup", "--level", "all", "--format", "csv"]).await;
    let today = clock::now();
    let zone = scene.app.network_context().await.unwrap();
    let today = zone.zone().day(today).to_string();
    let (code, then, words) = run(
        &scene.app,
        &[
            "rollup", "--level", "all", "--format", "csv", "--as-of", &today,
        ],
    )
    .await;
    assert_eq!(
        (code, without_moment(&then)),
        (ExitCode::Ok, now.clone()),
        "{words}"
    );
    assert!(words.starts_with("Figures as of "), "{words}");
    for (moment, says) in [
        (
            "2001-01-01",
            "had received nothing by 2001-01-01: its first entry came at",
        ),
        ("2999-01-01T00:00:00Z", "is in the future"),
        ("9999-12-31", "is in the future"),
        ("", "\"\" is not a moment"),
        (
            "yesterday",
            "\"yesterday\" is not a moment: write a day, such as 2023-06-01",
        ),
    ] {
        let (code, out, words) =
            run(&scene.app, &["rollup", "--level", "all", "--as-of", moment]).await;
        assert_eq!((code, out.as_str()), (ExitCode::Usage, ""), "{words}");
        let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(line.contains(says), "{line}");
        let path = format!("/api/v1/rollups?level=all&as_of={moment}");
        let problem = scene.read(&path).await;
        assert_eq!(problem.status, StatusCode::BAD_REQUEST);
        let json = problem.json();
        assert_eq!(json["parameter"], "as_of");
        assert!(json["detail"].as_str().unwrap().contains(says), "{json}");
    }
    let answer = scene
        .read(&format!(
            "/api/v1/rollups?level=all&format=csv&as_of={today}"
        ))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.header("weft-as-of").starts_with("20"));
    let current = scene.read("/api/v1/rollups?level=all&format=csv").await;
    assert_eq!(without_moment(&answer.body), current.body);
    assert!(!current.headers.contains_key("weft-as-of"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_shows_the_past_and_says_so_or_refuses_in_words() {
    let mut scene = Scene::new().await;
    scene.observe("NORTH", "2023-05", Some(71), 100).await;
    let then = clock::now().rfc3339();
    tokio::time::sleep(Duration::from_millis(2)).await;
    scene.observe("NORTH", "2023-05", Some(72), 100).await;
    for path in ["/indicators/VAX_PRIMARY", "/coverage"] {
        let now = scene.read(path).await.body;
        assert!(!now.contains("Figures as of"), "{now}");
        let page = scene.read(&format!("{path}?as_of={then}")).await;
        assert_eq!(page.status, StatusCode::OK);
        let page = page.body;
        let says = page.find("Figures as of 20").expect("it says so");
        assert!(says < page.find("<h1>").unwrap(), "at the top");
        assert!(page.contains("name=\"as_of\""), "{page}");
        let wrong = scene.read(&format!("{path}?as_of=yesterday")).await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
        assert!(wrong.body.contains("is not a moment: write a day"));
    }
    let figures = |csv: &str| csv.matches(",71,100,").count();
    let path = "/indicators/VAX_PRIMARY.csv";
    let now = scene.read(path).await.body;
    let csv = scene.read(&format!("{path}?as_of={then}")).await.body;
    assert!(figures(&csv) > 0 && figures(&now) == 0, "{csv}");
    assert!(csv.lines().next().unwrap().ends_with(",as_of"), "{csv}");
    assert!(csv.lines().nth(1).unwrap().ends_with(&then), "{csv}");
    for path in ["/", "/definitions", "/locations.csv", "/insights.csv"] {
        let page = scene.read(&format!("{path}?as_of=2023-06-30")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(page.body.contains("It shows the present alone"), "{path}");
    }
    for path in [
        "/?x=1",
        "/coverage?x=1",
        "/indicators/VAX_PRIMARY?perod=2023",
    ] {
        let page = scene.read(path).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(page.body.contains("There is no parameter"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_the_past_are_of_one_moment() {
    let mut scene = Scene::new().await;
    scene.observe("NORTH", "2023-05", Some(71), 100).await;
    scene.observe("NORTH", "2023-06", Some(72), 100).await;
    let zone = scene.app.network_context().await.unwrap();
    let today = zone.zone().day(clock::now()).to_string();
    let path = format!("/api/v1/rollups?level=all&limit=1&as_of={today}");
    let first = scene.read(&path).await.json();
    let next = first["next"].as_str().unwrap().to_owned();
    let moment = first["data"][0]["as_of"].as_str().unwrap().to_owned();
    scene.observe("NORTH", "2023-06", Some(99), 100).await;
    let (mut cursor, mut seen) = (Some(next.clone()), String::new());
    while let Some(next) = cursor {
        let page = scene.read(&format!("{path}&cursor={next}")).await.json();
        assert_eq!(page["data"][0]["as_of"], *moment);
        seen += &page["data"].to_string();
        cursor = page["next"].as_str().map(str::to_owned);
    }
    assert!(
        seen.contains("\"numerator\":72") && !seen.contains("\"numerator\":99"),
        "{seen}"
    );
    let without = scene
        .read(&format!("/api/v1/rollups?level=all&limit=1&cursor={next}"))
        .await;
    assert_eq!(without.status, StatusCode::BAD_REQUEST);
}
