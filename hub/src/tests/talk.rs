//! Messages that commands print beside their data: lines that fit, addresses, and exit codes.

use std::path::Path;

use expect_test::expect;
use weft_host::output::ExitCode;
use weft_shared::rollup::Level;

use super::{commands::run, web::Scene};
use crate::{app::AppHandle, commands::figures, figures::About, kit, serve};

async fn line(app: &AppHandle, line: &str) -> (ExitCode, String, String) {
    run(app, &line.split(' ').collect::<Vec<_>>()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_said_fits_80_columns() {
    let scene = Scene::new().await;
    let long = Path::new("missing").join("folder").join("definitions.toml");
    for words in [
        "definitions show VAX_PRIMARY",
        "definitions show NOTHING",
        "definitions list",
        &format!("definitions import {}", long.display()),
        "location add FN --name A-location-with-quite-a-long-name-of-its-own-indeed",
        "location confirm WT",
        "location confirm FN --words abandon",
        "invite create FN",
        "invite create XX",
        "invite create WT --expires 30d",
        "invite revoke 7",
        "invite revoke WT",
        "device block 0123456789",
        "device unblock 0123456789",
        "token create --for Aroha --purpose Quarterly-report --days 90",
        "token create Report --days 90",
        "token revoke Report",
        "rollup explain VAX_PRIMARY --period 2023-01",
        "rollup explain VAX_PRIMARY --period 2026-01",
        "rollup --indicator NOTHING",
        "rollup --period 2026-01",
        "admin",
        "status",
        "doctor",
        "rebuild",
        "location add FN --name X --from the-day-on-which-the-areas-of-this-location-changed",
        "location add FN --name-mi X --area A=B --from start --area C=D --json --wide",
        "insight list --audience everybody-that-there-is-in-this-network-and-beyond",
    ] {
        let (_, out, err) = line(&scene.app, words).await;
        let wide = |line: &&str| line.chars().count() > 80 && line.trim().contains(' ');
        let wide: Vec<&str> = out.lines().chain(err.lines()).filter(wide).collect();
        assert!(wide.is_empty(), "{words}: {wide:#?}");
        assert!(!err.contains("os error"), "{words}: {err}");
    }
    let (_, out, _) = line(&scene.app, "definitions show VAX_PRIMARY").await;
    assert!(!out.contains(['[', '{', '"']), "no JSON for people: {out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_nothing_is_wrong_usage() {
    let scene = Scene::new().await;
    for words in [
        "definitions show NOTHING",
        "rollup --indicator NOTHING",
        "rollup explain NOTHING --period 2023-01",
        "rollup explain VAX_PRIMARY --period 2026-01",
        "rollup explain VAX_PRIMARY --period 2023-01 --location XX",
        "plan list --location XX",
        "insight list --location XX",
        "location confirm XX",
        "invite create XX",
        "invite revoke XX",
        "invite revoke 99",
        "device block 0123456789",
        "device unblock 0123456789",
        "token revoke Report",
    ] {
        let (code, out, err) = line(&scene.app, words).await;
        assert_eq!((code, out.as_str()), (ExitCode::Usage, ""), "{words}");
        let next = err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(next.contains("weft-hub "), "{words} says what next: {err}");
    }
}

#[test]
fn a_total_is_called_total() {
    let mut total = kit::cell("NEW", "2023");
    total.key.level = Level::Location("FN".parse().unwrap());
    let mut out = Vec::new();
    figures::write(
        &mut [Ok(total.into())].into_iter(),
        &About::default(),
        &mut out,
    )
    .unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("2023    total      FN "), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_says_whether_and_where_the_hub_runs() {
    let (_dir, app) = kit::hub().await;
    let (_, out, err) = line(&app, "status").await;
    assert!(
        out.contains("\nrunning         no; weft-hub run starts it\n"),
        "{out}"
    );
    assert!(err.contains("Next: weft-hub location add"), "{err}");
    kit::add_location(&app, "FN", &["NORTH"]).await;
    let any = "127.0.0.1:0".parse().unwrap();
    let served = serve::pages(&app, any, any).await.unwrap();
    let listening = serve::listen(&app, any).await.unwrap();
    let sync = listening.at();
    let (_, json, _) = line(&app, "status --json").await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["running"], true);
    assert_eq!(json["sync"], sync.to_string());
    assert_eq!(json["pages"], served.url());
    let administration = json["administration"].as_str().unwrap();
    let (_, out, _) = line(&app, "status").await;
    // The number of entries in the figures may differ between two runs, and what is said of it.
    let out: Vec<&str> = out
        .lines()
        .filter(|line| !line.starts_with("entries") && !line.starts_with("figures"))
        .collect();
    let out = out
        .join("\n")
        .replace(&app.hub().to_string(), "HUB")
        .replace(&sync.to_string(), "SYNC")
        .replace(served.url(), "PAGES")
        .replace(administration, "ADMINISTRATION");
    expect![[r#"
        network         Example: network
        operator        Example: operator
        country         This hub is kept in a country that is not named yet, and its
                        backups in a country that is not named yet.
        time zone       UTC
        hub             HUB
        running         yes
        sync            SYNC
        pages           PAGES
        administration  ADMINISTRATION (weft-hub admin prints a link into it)
        invites carry   127.0.0.1:4433
        sessions        0 open
        last backup     none yet: weft-hub backup schedule --to FOLDER makes one each
                        day

        location  state        devices  last received
        FN        not invited  0        never"#]]
    .assert_eq(&out);
    listening.close().await;
    let (_, json, _) = line(&app, "status --json").await;
    assert!(json.contains("\"running\": false"), "{json}");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_already_is_done() {
    let scene = Scene::new().await;
    let app = &scene.app;
    kit::add_location(app, "XY", &["XY_ONE"]).await;
    assert_eq!(line(app, "invite create XY").await.0, ExitCode::Ok);
    assert_eq!(line(app, "token create Report").await.0, ExitCode::Ok);
    for words in ["invite revoke XY", "token revoke Report"] {
        assert_eq!(line(app, words).await.0, ExitCode::Ok, "{words}");
        let (code, _, err) = line(app, words).await;
        assert_eq!(code, ExitCode::Ok, "{words}");
        assert!(err.contains("was revoked already"), "{words}: {err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_there_is_wrong_usage() {
    let scene = Scene::new().await;
    let (code, _, err) = line(&scene.app, "definitions import nowhere.toml").await;
    assert_eq!(code, ExitCode::Usage, "{err}");
    assert!(err.contains("nowhere.toml cannot be read"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_location_has_its_areas_from_the_start() {
    let scene = Scene::new().await;
    let app = &scene.app;
    let add = "location add XY --name X --area XY_ONE=One";
    let (code, _, err) = line(app, &format!("{add} --from 2024-01-01")).await;
    assert_eq!(code, ExitCode::Usage, "{err}");
    assert!(err.contains("Leave --from out"), "{err}");
    let (_, listed, _) = line(app, "location list").await;
    assert!(!listed.contains("XY"), "{listed}");
    assert_eq!(
        line(app, &format!("{add} --from start")).await.0,
        ExitCode::Ok
    );
    // The areas recorded before were always wrong, so the earliest periods follow too.
    let corrected = "location add XY --name X --area XY_TWO=Two --from start";
    let (code, _, err) = line(app, corrected).await;
    assert_eq!(code, ExitCode::Ok, "{err}");
    let told = err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("Figures of all periods follow"), "{told}");
    assert!(!told.contains("stay as they are"), "{told}");
    // A location that takes over an area did not have it before.
    let taken_over = "location add ZZ --name Z --area XY_TWO=Two";
    assert_eq!(line(app, taken_over).await.0, ExitCode::NeedsAction);
    let given_up = "location add XY --name X --area XY_ONE=One --from 2024-01-01";
    for words in [
        given_up,
        "location add ZZ --name Z",
        &format!("{taken_over} --from 2024-01-01"),
    ] {
        let (code, _, err) = line(app, words).await;
        assert_eq!(code, ExitCode::Ok, "{words}: {err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_said_again_is_changed_in_what_differs() {
    let (_dir, app) = kit::hub().await;
    let add = async |words: &[&str]| {
        let (code, _, err) = run(&app, &[&["location", "add", "PA"], words].concat()).await;
        assert_eq!(code, ExitCode::Ok, "{words:?}: {err}");
        err.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let subjects = async || {
        let rows = app.ledger(100).await.unwrap().into_iter();
        let rows = rows.filter(|row| row.act == "location add");
        rows.map(|row| row.subject).collect::<Vec<_>>()
    };
    add(&["--name", "A one"]).await;
    let same = add(&["--name", "A one"]).await;
    let nothing = "Nothing was changed: PA has these names and areas already.";
    assert!(same.contains(nothing), "{same}");
    assert_eq!(subjects().await, ["PA"]);

    let renamed = add(&["--name", "A two", "--name-mi", "Tahi"]).await;
    for words in [
        "PA was called \"A one\" until now.",
        "PA: the name in te reo Māori is \"Tahi\" now.",
    ] {
        assert!(renamed.contains(words), "{words}: {renamed}");
    }
    assert!(!renamed.contains("belong"), "{renamed}");
    let names = [
        "PA: the name was \"A one\" and is \"A two\"",
        "the name in te reo Māori is \"Tahi\"",
    ]
    .join("; ");
    assert_eq!(subjects().await, [&*names, "PA"]);

    // It is this area already, only under another name.
    let named = add(&["--name", "A two", "--area", "PA=Pa"]).await;
    let words = "PA: the name of PA was \"A two\" and is \"Pa\" now.";
    assert!(named.contains(words), "{named}");
    let renamed = add(&["--name", "A two", "--area", "PA=Paa"]).await;
    let words = "the name of PA was \"Pa\" and is \"Paa\"";
    assert!(renamed.contains(&format!("PA: {words} now.")), "{renamed}");
    assert_eq!(subjects().await[0], format!("PA: {words}"));
    let same = add(&["--name", "A two", "--area", "PA=Paa"]).await;
    assert!(same.contains(nothing), "{same}");
    assert_eq!(subjects().await.len(), 4);
}
