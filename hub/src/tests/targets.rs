//! The network's targets, as commands set, list and remove them.

use weft_host::output::ExitCode;

use super::{commands::run, web::Scene};

/// Runs a command. Returns its exit code and its output in one line.
async fn said(scene: &Scene, arguments: &[&str]) -> (ExitCode, String) {
    let (code, out, err) = run(&scene.app, arguments).await;
    let words = format!("{out} {err}");
    let words: Vec<&str> = words.split_whitespace().collect();
    (code, words.join(" "))
}

const SET: [&str; 5] = ["target", "set", "VAX_PRIMARY", "--period", "2023-12"];
const WHY: [&str; 2] = ["--why", "Example: agreed at the review"];

#[tokio::test(flavor = "multi_thread")]
async fn a_target_is_set_changed_listed_and_removed() {
    let scene = Scene::new().await;
    let set = async |more: &[&str]| said(&scene, &[&SET[..], more, &WHY].concat()).await;
    let (code, words) = set(&["--value", "90", "--every-group"]).await;
    assert_eq!(code, ExitCode::Ok, "{words}");
    let (_, words) = set(&["--value", "90", "--every-group"]).await;
    assert!(words.contains("Nothing was changed"), "{words}");
    let (_, words) = set(&["--value", "95", "--every-group"]).await;
    assert!(words.contains("It was 90% by 2023-12"), "{words}");
    let (_, words) = set(&["--value", "80", "--breakdown", "age=12+"]).await;
    assert!(words.contains("Set a target"), "{words}");
    let (_, out, _) = run(&scene.app, &["target", "list", "--json"]).await;
    let rows: serde_json::Value = serde_json::from_str(&out).unwrap();
    let row = |row: &serde_json::Value| {
        let names = ["value", "period", "breakdown", "every_group", "remarks"];
        names.map(|name| row[name].to_string()).join(" ")
    };
    let rows: Vec<String> = rows.as_array().unwrap().iter().map(row).collect();
    let passed = "its date, December 2023, has passed";
    assert_eq!(
        rows,
        [
            format!(r#""95" "2023-12" null true "{passed}""#),
            format!(r#""80" "2023-12" "age=12+" false "{passed}""#),
        ]
    );
    let (code, words) = said(&scene, &["target", "remove", "VAX_PRIMARY"]).await;
    assert_eq!(code, ExitCode::Ok, "{words}");
    let (code, words) = said(&scene, &["target", "remove", "VAX_PRIMARY"]).await;
    assert_eq!(code, ExitCode::Usage);
    assert!(
        words.contains("VAX_PRIMARY has 80% by 2023-12, age=12+"),
        "{words}"
    );
    let ledger = scene.app.ledger(20).await.unwrap();
    let acts = ledger
        .iter()
        .filter(|row| row.act.starts_with("target"))
        .count();
    assert_eq!(acts, 4, "{ledger:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_is_in_the_table_of_locations() {
    let scene = Scene::new().await;
    let page = scene.get("/indicators/VAX_PRIMARY").await.body;
    assert!(!page.contains("points from target"), "{page}");
    let (code, words) = said(
        &scene,
        &[
            &SET[..],
            &["--value", "90", "--breakdown", "age=12+"],
            &WHY[..],
        ]
        .concat(),
    )
    .await;
    assert_eq!(code, ExitCode::Ok, "{words}");
    let page = scene.get("/indicators/VAX_PRIMARY").await.body;
    let (_, table) = page.split_once("<table class=\"full dots\">").unwrap();
    let (head, rows) = table.split_once("<tbody>").unwrap();
    assert!(head.contains(">target 90.0</text>"), "{head}");
    assert!(head.contains("<th class=\"num\" scope=\"col\">points from target</th>"));
    let (row, total) = rows.split_once("<tr class=\"total\">").unwrap();
    assert!(row.contains("<line class=\"aim\""), "{row}");
    // 85.0 % in March 2023, of the one location and so of the network.
    for row in [row, total] {
        assert!(row.contains("<td class=\"num\">−5.0</td>"), "{row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_of_too_few_people_has_no_distance_from_the_target() {
    let mut scene = Scene::new().await;
    let whole = ["--value", "90", "--breakdown", "age=12+"];
    let (code, words) = said(&scene, &[&SET[..], &whole, &WHY].concat()).await;
    assert_eq!(code, ExitCode::Ok, "{words}");
    scene.observe("SOUTH", "2023-04", Some(72), 90).await;
    scene.observe("NORTH", "2023-04", None, 910).await;
    let page = scene.get("/indicators/VAX_PRIMARY?period=2023-04").await;
    let (_, total) = page.body.split_once("<tr class=\"total\">").unwrap();
    let (total, _) = total.split_once("</tr>").unwrap();
    assert!(total.contains("1 of 2 areas"), "{total}");
    assert!(!total.contains("−10.0"), "{total}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_no_figure_could_reach_is_refused() {
    let scene = Scene::new().await;
    for (more, words) in [
        (["--value", "101"], "101 is above 100, which is all of them"),
        (["--value", "-1"], "-1 is below zero"),
    ] {
        let (code, said) = said(&scene, &[&SET[..], &more, &WHY].concat()).await;
        assert_eq!(code, ExitCode::Usage);
        assert!(said.contains(words), "{said}");
    }
    let part = ["--value", "9", "--breakdown", "colour=red"];
    let (code, words) = said(&scene, &[&SET[..], &part, &["--why", " "]].concat()).await;
    assert_eq!(code, ExitCode::Usage);
    assert!(
        words.contains("colour=red") && words.contains("why: say"),
        "{words}"
    );
    let unknown = ["target", "set", "NOTHING", "--value", "9", "--why", "x"];
    let (_, words) = said(&scene, &unknown).await;
    assert!(words.contains("no indicator NOTHING"), "{words}");
    assert!(
        scene
            .app
            .read(|at| Ok(at.targets()))
            .await
            .unwrap()
            .is_empty()
    );
}
