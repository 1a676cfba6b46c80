//! Inputs that change between a proposal and its publication, and a clock that steps back.

use std::fs;

use weft_shared::model::{Audience, observation::Statement};

use super::{super::figures::statement, Scene, checking, refused};
use crate::{release::NewRelease, store::StoreError};

/// Checks that a proposal does not go out, and that the reviewer and who publishes read why.
async fn check_stopped(scene: &Scene, words: &str) {
    let releases = scene.app.read(|at| Ok(at.releases())).await;
    let id = releases.unwrap().unwrap().pop().unwrap().row.id;
    let checked = scene
        .app
        .check_release(&id, "operator", checking())
        .await
        .unwrap();
    assert_eq!(checked.changed, [words]);
    let said = refused(scene.app.publish_release(&id, "operator", None).await);
    let stops: Vec<String> = checked.stops.iter().map(ToString::to_string).collect();
    assert_eq!(stops, [said.as_str()]);
    let page = checked.stops[0].page();
    assert!(
        !page.contains("weft-hub") && page.contains("button"),
        "{page}"
    );
    let next = format!(
        "1 input changed since it was proposed: {words}. Drop it and propose it again: weft-hub \
         release drop {id}, then weft-hub release propose vaccination"
    );
    assert_eq!(said, next);
    assert!(!scene.folder(&id).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_team_changed_after_a_proposal_stops_it() {
    let mut scene = Scene::new().await;
    scene.propose().await;
    let narrowed = Statement {
        audience: Audience::Network,
        ..statement(scene.hash, 314)
    };
    scene.say(2, "2023-05", narrowed).await;
    check_stopped(
        &scene,
        "VAX_PRIMARY 2023-05, age 12+: RT ROTO is not released any more",
    )
    .await;

    scene.state(2, "2023-05", 314).await;
    let id = scene.propose().await;
    let back = Statement::retraction(scene.hash, Audience::Released);
    scene.say(2, "2023-05", back).await;
    check_stopped(
        &scene,
        "VAX_PRIMARY 2023-05, age 12+: RT ROTO was taken back",
    )
    .await;
    // It is as it was: it may go out.
    scene.state(2, "2023-05", 314).await;
    scene
        .app
        .publish_release(&id, "operator", None)
        .await
        .unwrap();
    assert_eq!(scene.csv(&id)[0][4], "4");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_that_was_corrected_after_a_proposal_becomes_no_headline() {
    let mut scene = Scene::new().await;
    let id = scene.propose().await;
    scene.state(1, "2023-05", 900).await;
    check_stopped(
        &scene,
        "VAX_PRIMARY 2023-05, age 12+: FN NORTH was corrected",
    )
    .await;
    scene.app.drop_release(&id, "operator").await.unwrap();
    // The line that the refusal gives is enough: title and indicators are those of before.
    let again = NewRelease {
        title: None,
        indicators: Default::default(),
        ..scene.new_release()
    };
    let id = scene
        .app
        .propose_release(again, "operator")
        .await
        .unwrap()
        .id;
    // A figure that is new since is in no frozen input, and stops nothing.
    scene.state(1, "2023-06", 50).await;
    scene
        .app
        .publish_release(&id, "operator", None)
        .await
        .unwrap();
    let rows = scene.csv(&id);
    assert_eq!(rows.len(), 1);
    // 300 + 900 + 314 + 321.
    assert!(
        (rows[0][1].parse::<i64>().unwrap() - 1_835).abs() <= 2,
        "{rows:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn releases_follow_each_other_in_the_order_of_the_chain_and_not_of_a_clock() {
    let mut scene = Scene::new().await;
    let first = scene.publish().await;
    // The clock was a year ahead then.
    let ahead = |sql: &'static str| {
        scene.app.shared.store.write(move |tx| {
            tx.execute(sql, [])?;
            Ok::<_, StoreError>(())
        })
    };
    ahead("UPDATE releases SET published_ms = published_ms + 31536000000, year = year + 1")
        .await
        .unwrap();
    let mut ahead_id = first.clone();
    ahead_id.number.year += 1;
    fs::rename(scene.folder(&first), scene.folder(&ahead_id)).unwrap();
    for at in 0..4 {
        scene
            .state(at, "2023-05", 200 + 7 * i64::try_from(at).unwrap())
            .await;
    }
    let second = scene.publish().await;
    assert!(second.number < ahead_id.number, "{second}");

    for path in [
        "/data/vaccination/latest",
        "/data/vaccination/latest/vaccination.csv",
    ] {
        let to = scene.get(path, &[]).await.1;
        let to = to.get("location").unwrap().to_str().unwrap();
        assert!(to.starts_with(&format!("/data/{second}/")), "{to}");
    }
    for path in ["/data", "/data/vaccination"] {
        let page = String::from_utf8(scene.get(path, &[]).await.2).unwrap();
        assert!(page.contains(&second.number.to_string()), "{path}: {page}");
    }
    let changes = |id| fs::read_to_string(scene.folder(id).join("CHANGES.csv")).unwrap();
    let first_shown = scene.csv(&ahead_id)[0][1].clone();
    let changed = changes(&second);
    assert!(changed.contains(&format!(",{first_shown},")), "{changed}");

    // The third is like the second, so nothing differs from the release before it; and disclosure
    // control keeps what was shown last.
    let third = scene.publish().await;
    assert_eq!(changes(&third).lines().count(), 1, "{}", changes(&third));
    assert_eq!(scene.csv(&third), scene.csv(&second));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_was_changed_after_a_proposal_stops_it() {
    let scene = Scene::new().await;
    let id = scene.propose().await;
    let code = "VAX_PRIMARY".parse().unwrap();
    let set = async |setting: &str| {
        let given = [setting.to_owned()];
        let set = scene.app.set_definition(&code, 1, &given);
        set.await.unwrap();
    };
    for (setting, name) in [
        ("protect=none", "protect"),
        ("complete=age", "complete"),
        ("over_time=cumulative", "over_time"),
        ("rows=locations", "rows"),
    ] {
        set(setting).await;
        let words = format!("VAX_PRIMARY version 1: its setting {name} was changed");
        check_stopped(&scene, &words).await;
        set(&format!("{name}=")).await;
    }
    // The day on which a figure is due is in no release.
    set("due_days=30").await;
    scene
        .app
        .publish_release(&id, "operator", None)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_that_proposes_again_has_the_periods_of_the_proposal() {
    let mut scene = Scene::new().await;
    let new = NewRelease {
        periods: Some("2023-05..2023-06".parse().unwrap()),
        ..scene.new_release()
    };
    let id = scene.app.propose_release(new, "operator").await.unwrap().id;
    scene.state(1, "2023-05", 900).await;
    let said = refused(scene.app.publish_release(&id, "operator", None).await);
    let line = "weft-hub release propose vaccination --period 2023-05..2023-06";
    assert!(said.ends_with(line), "{said}");
}
