//! Published figures: imported, counted as the place's, outranked, removed, explained.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex, mpsc},
};

use serde_json::Value;
use tokio::sync::mpsc::unbounded_channel;
use weft_host::output::ExitCode;

use super::{
    commands::{printed_plan, run},
    web::Scene,
};
use crate::{app::AppHandle, limits::FILES_READ_MAX};

const HEADINGS: &str = "indicator_code,area_code,period,breakdown,breakdown_value,numerator,\
    denominator,obs_status\n";

/// Imports rows of VAX_PRIMARY of the age group 12+. Returns the exit code, and what was said in
/// one line.
pub(super) async fn import(app: &AppHandle, as_at: &str, rows: &[&str]) -> (ExitCode, String) {
    let lines = rows.iter().map(|row| {
        let (place, figures) = row.split_once(' ').unwrap();
        format!("VAX_PRIMARY,{place},age,12+,{figures}")
    });
    import_lines(app, as_at, &lines.collect::<Vec<_>>()).await
}

/// Imports lines of a file, without its headings.
pub(super) async fn import_lines(
    app: &AppHandle,
    as_at: &str,
    lines: &[String],
) -> (ExitCode, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("census.csv");
    fs::write(&path, format!("{HEADINGS}{}\n", lines.join("\n"))).unwrap();
    let path = path.to_str().unwrap();
    let import = [
        "published",
        "import",
        path,
        "--publisher",
        "Stats NZ",
        "--licence",
    ];
    let (code, out, err) = run(
        app,
        &[&import[..], &["CC BY 4.0", "--as-at", as_at]].concat(),
    )
    .await;
    let words = format!("{out} {err}");
    (code, words.split_whitespace().collect::<Vec<_>>().join(" "))
}

async fn said(app: &AppHandle, arguments: &[&str]) -> String {
    let (_, out, err) = run(app, arguments).await;
    let words = format!("{out} {err}");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Numerator and denominator by place, as the rollup of a period has them.
async fn figures(app: &AppHandle, period: &str) -> BTreeMap<String, String> {
    let (_, out, err) = run(
        app,
        &["rollup", "--level", "all", "--period", period, "--json"],
    )
    .await;
    let rows: Vec<Value> = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{err}"));
    let figure = |row: &Value| {
        let place = row["location_code"]
            .as_str()
            .unwrap_or("network")
            .to_owned();
        let figure = format!("{} of {}", row["numerator"], row["denominator"]);
        (place, figure)
    };
    let rows = rows.iter().filter(|row| row["breakdown_value"] == "12+");
    rows.map(figure).collect()
}

/// A heading that does not fit a line of a terminal comes back from the plan that is printed.
#[tokio::test(flavor = "multi_thread")]
async fn the_plan_that_is_printed_is_a_file_as_it_stands() {
    let scene = Scene::new().await;
    let folder = tempfile::tempdir().unwrap();
    let [figures, map] = ["f.csv", "map.toml"].map(|name| folder.path().join(name));
    let heading = format!(
        "People who  completed the course {}",
        "and so on ".repeat(8)
    );
    fs::write(&figures, format!("Place,{heading},People\nNorth,5,9\n")).unwrap();
    let figures = figures.to_str().unwrap();
    let numerator = format!("numerator={heading}");
    let import = [
        "published",
        "import",
        figures,
        "--publisher",
        "Stats NZ",
        "--licence",
        "CC BY 4.0",
        "--as-at",
        "2024-03-06",
    ];
    let said = [
        "--constant",
        "indicator=VAX_PRIMARY",
        "--constant",
        "age=12+",
        "--constant",
        "period=2023-01",
        "--column",
        &numerator,
        "--column",
        "denominator=People",
    ];
    let (code, _, asked) = run(&scene.app, &[&import[..], &said].concat()).await;
    assert_eq!(code, ExitCode::NeedsAction, "{asked}");
    fs::write(&map, printed_plan(&asked)).unwrap();
    let mapped = ["--map", map.to_str().unwrap()];
    let (code, out, err) = run(&scene.app, &[&import[..], &mapped].concat()).await;
    assert_eq!(code, ExitCode::Ok, "{out}{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_figure_counts_and_one_of_a_location_stands_beside_it() {
    let scene = Scene::new().await;
    let app = &scene.app;
    // In January FN said 50 of 100 in the north and 750 of 900 in the south.
    let rows = [
        "NORTH,2023-01 55,110,A",
        "ELSEWHERE,2023-01 7,9,A",
        "SOUTH,2024-01 800,950,A",
    ];
    let (code, words) = import(app, "2024-03-06", &rows).await;
    assert_eq!(code, ExitCode::Ok, "{words}");
    assert!(
        words.contains("Import 1: 3 figures of Stats NZ, as at 6 March 2024"),
        "{words}"
    );
    assert!(words.contains("no sum: ELSEWHERE"), "{words}");
    let january = figures(app, "2023-01").await;
    let both = "805 of 1010".to_owned();
    assert_eq!(
        january["network"], both,
        "the published 55, not 50 and not 105"
    );
    assert_eq!(january["FN"], both);
    // A period of which no location said anything.
    assert_eq!(figures(app, "2024-01").await["FN"], "800 of 950");
    let explain = ["rollup", "explain", "VAX_PRIMARY", "--period", "2023-01"];
    let part = ["--breakdown", "age=12+", "--location", "FN"];
    let text = said(app, &[&explain[..], &part].concat()).await;
    let line = "55 of 110, normal, v1, published by Stats NZ, as at 6 March 2024, CC BY 4.0";
    assert!(text.contains(line), "{text}");
    assert!(
        text.contains("entry 1/"),
        "the hub's own entry is named: {text}"
    );

    // A later publication outranks an earlier one, whichever was imported first.
    import(app, "2024-09-01", &["NORTH,2023-01 60,110,A"]).await;
    import(app, "2023-12-01", &["NORTH,2023-01 50,120,A"]).await;
    assert_eq!(figures(app, "2023-01").await["network"], "810 of 1010");
    let before = app.rebuild().await.unwrap();
    assert_eq!(figures(app, "2023-01").await["network"], "810 of 1010");
    assert_eq!(app.rebuild().await.unwrap(), before);

    // Without any of them, what the location said counts again.
    for number in ["1", "2", "3"] {
        let words = said(app, &["published", "remove", number]).await;
        assert!(words.contains("count nowhere any more"), "{words}");
    }
    assert_eq!(figures(app, "2023-01").await["network"], "800 of 1000");
    assert!(figures(app, "2024-01").await.is_empty());
    let words = said(app, &["published", "remove", "1"]).await;
    assert!(words.contains("there is no import 1"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_a_problem_is_refused_whole() {
    let scene = Scene::new().await;
    let rows = [
        "NORTH,2023-01 55,50,A",
        "NORTH,2023 1,2,A",
        "SOUTH,2023-01 1,x2,A",
        "SOUTH,2023-02 1,2,A",
        "SOUTH,2023-02 1,2,A",
    ];
    let (code, words) = import(&scene.app, "2024-03-06", &rows).await;
    assert_eq!(code, ExitCode::Failed);
    for problem in ["Nothing was imported", "is above", "same as line 5", "x2"] {
        assert!(words.contains(problem), "{problem}: {words}");
    }
    assert!(
        scene
            .app
            .read(|at| Ok(at.sources()))
            .await
            .unwrap()
            .is_empty()
    );
    let again = ["NORTH,2023-01 55,110,A"];
    import(&scene.app, "2024-03-06", &again).await;
    let (code, words) = import(&scene.app, "2024-03-06", &again).await;
    assert_eq!(code, ExitCode::Usage);
    assert!(words.contains("import 1 is of the same file"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_as_its_office_put_it_out_is_read_by_a_plan_of_columns() {
    let scene = Scene::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("uptake.csv");
    let text = "Uptake by place\n\nPlace;Month;Fully vaccinated;People\n\
                Area;Mar-22;\"1,250\";2 500\n";
    fs::write(&file, text).unwrap();
    let line = [
        "published",
        "import",
        file.to_str().unwrap(),
        "--publisher",
        "Example office",
        "--licence",
        "CC BY 4.0",
        "--as-at",
        "2022-04-01",
    ];
    let plan = [
        "--constant",
        "indicator=VAX_PRIMARY",
        "--constant",
        "age=12+",
        "--column",
        "area=Place",
        "--column",
        "numerator=Fully vaccinated",
        "--column",
        "denominator=People",
    ];
    // Both areas of the location have this name.
    let whole = [&line[..], &plan[..], &["--yes"]].concat();
    let words = said(&scene.app, &whole).await;
    assert!(
        words.contains("several areas are called \"Area\""),
        "{words}"
    );
    fs::write(&file, text.replace("\nArea;", "\nNorth;")).unwrap();
    // Without a yes, or with a part that is open, nothing is imported.
    let asked = said(&scene.app, &line).await;
    assert!(asked.contains("What goes where:"), "{asked}");
    assert!(asked.contains("import the file again"), "{asked}");
    let (code, _, _) = run(&scene.app, &whole).await;
    assert_eq!(code, ExitCode::Ok);
    let list = said(&scene.app, &["published", "list", "--json"]).await;
    assert!(list.contains("\"figures\": 1"), "{list}");
}

/// Neither the command nor the test would end if the reading held what an edit waits for.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_read_beside_other_edits_and_again_if_they_matter_to_it() {
    let scene = Scene::new().await;
    let (begun, mut begins) = unbounded_channel();
    let (release, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let app = scene.app.clone();
    let reading = tokio::spawn(async move {
        let read = move |_: &_| {
            begun.send(()).unwrap();
            wait.lock().unwrap().recv().unwrap();
            Ok(())
        };
        app.read_beside(read).await.map(drop)
    });
    begins.recv().await.unwrap();
    let add = ["location", "add", "PA", "--name", "Another place"];
    let (code, _, err) = run(&scene.app, &add).await;
    assert_eq!(code, ExitCode::Ok, "{err}");
    release.send(()).unwrap();
    // The file might be about that place.
    begins.recv().await.unwrap();
    release.send(()).unwrap();
    reading.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_files_are_read_at_once_than_the_limit() {
    let scene = Scene::new().await;
    let (begun, mut begins) = unbounded_channel();
    let (release, wait) = mpsc::channel::<()>();
    let wait = Arc::new(Mutex::new(wait));
    let read = move |app: AppHandle| {
        let (begun, wait) = (begun.clone(), Arc::clone(&wait));
        tokio::spawn(async move {
            let read = move |_: &_| {
                begun.send(()).unwrap();
                wait.lock().unwrap().recv().unwrap();
                Ok(())
            };
            app.read_beside(read).await.map(drop)
        })
    };
    let mut readings: Vec<_> = (0..FILES_READ_MAX)
        .map(|_| read(scene.app.clone()))
        .collect();
    for _ in 0..FILES_READ_MAX {
        begins.recv().await.unwrap();
    }
    let refused = read(scene.app.clone()).await.unwrap().unwrap_err();
    let words = "2 other files are being read now, and that is the most";
    assert!(refused.to_string().contains(words), "{refused}");
    // A caller that is gone leaves its thread at work.
    let gone = readings.pop().unwrap();
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    assert!(read(scene.app.clone()).await.unwrap().is_err());
    for _ in 0..FILES_READ_MAX {
        release.send(()).unwrap();
    }
    for reading in readings {
        reading.await.unwrap().unwrap();
    }
    let app = scene.app.clone();
    release.send(()).unwrap();
    let free = async {
        while let Err(refused) = read(app.clone()).await.unwrap() {
            assert!(refused.to_string().contains(words), "{refused}");
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), free)
        .await
        .unwrap();
}
