//! The differences between releases: shown figures alone, and none that is gone.

use weft_shared::model::{indicator::Rows, release::ReleaseId};

use super::{CODES, Scene, refused};
use crate::{
    app::OfLocations as _,
    release::{Differences, NewRelease, differences},
};

impl Scene {
    async fn differences(&self, from: &ReleaseId, to: &ReleaseId) -> Differences {
        let (from, to) = (from.clone(), to.clone());
        let found = self
            .app
            .read(move |at| Ok(at.release_differences(&from, &to)));
        found.await.unwrap().unwrap().unshown()
    }

    async fn all_state(&mut self, period: &str, numerator: i64) {
        for at in 0..CODES.len() {
            self.state(at, period, numerator).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_are_of_shown_figures_and_repeat_none_that_is_withheld_or_gone() {
    let mut scene = Scene::new().await;
    for (period, numerator) in [("2023-06", 300), ("2023-07", 450)] {
        scene.all_state(period, numerator).await;
    }
    let first = scene.publish().await;
    scene.all_state("2023-05", 600).await;
    scene.all_state("2023-06", 1).await;
    let new = NewRelease {
        periods: Some("2023-04..2023-06".parse().unwrap()),
        ..scene.new_release()
    };
    scene.all_state("2023-04", 750).await;
    let second = scene.app.propose_release(new, "operator").await;
    let second = second.unwrap().id;
    scene
        .app
        .publish_release(&second, "operator", None)
        .await
        .unwrap();

    let found = scene.differences(&first, &second).await;
    let kinds: Vec<String> = found
        .lines()
        .iter()
        .map(|line| line.chars().take_while(|letter| *letter != ':').collect())
        .collect();
    assert_eq!(kinds, ["added", "changed", "withheld", "gone"]);
    let [added, changed, withheld, gone] = found.lines().try_into().unwrap();
    // Multiples of three are shown as they are.
    for (line, part) in [(&added, ": 7"), (&added, "(3000 of "), (&changed, " -> ")] {
        assert!(line.contains(part), "{part} in {line}");
    }
    assert!(changed.contains(" percent (2400 of "), "{changed}");
    assert_eq!(withheld, "withheld: VAX_PRIMARY 2023-06 age 12+");
    assert_eq!(gone, "gone: VAX_PRIMARY 2023-07 age 12+");
    let csv = String::from_utf8(found.csv().unwrap()).unwrap();
    // 4 x 300 and 4 x 450 are withheld and gone.
    for count in ["1200", "1199", "1201", "1800", "1799", "1801"] {
        assert!(!csv.contains(&format!(",{count},")), "{count} in {csv}");
    }
    let json = found.json();
    assert_eq!(json[2]["change"], "withheld");
    assert_eq!(json[2]["value_before"], serde_json::Value::Null);
    assert_eq!(json[1]["obs_status_before"], "A");
    // Backwards as well.
    let back = scene.differences(&second, &first).await;
    assert_eq!(
        back.counts(),
        [
            ("added", 1),
            ("changed", 2),
            ("withheld", 0),
            ("gone", 1),
            ("kept", 0)
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_published_releases_of_one_dataset_are_compared() {
    let scene = Scene::new().await;
    let first = scene.publish().await;
    let second = scene.publish().await;
    let mut new = scene.new_release();
    new.dataset = "other".parse().unwrap();
    let other = scene.app.propose_release(new, "operator").await.unwrap().id;
    let ask = async |from: &ReleaseId, to: &ReleaseId| {
        let (from, to) = (from.clone(), to.clone());
        let found = scene
            .app
            .read(move |at| Ok(at.release_differences(&from, &to).map(|_| ())));
        refused(found.await.unwrap())
    };
    let words = ask(&first, &other).await;
    assert!(
        words.contains("is announced, so it cannot be compared"),
        "{words}"
    );
    scene
        .app
        .publish_release(&other, "operator", None)
        .await
        .unwrap();
    let words = ask(&first, &other).await;
    assert!(words.contains("are of two datasets"), "{words}");
    let why = "A slip in one count.";
    scene
        .app
        .withdraw_release(&first, why, "operator")
        .await
        .unwrap();
    for (from, to) in [(&first, &second), (&second, &first)] {
        let words = ask(from, to).await;
        assert!(
            words.contains("its figures are not repeated: A slip"),
            "{words}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_versions_taken_back_or_corrected_are_not_repeated() {
    let scene = Scene::new().await;
    let id = scene.publish().await;
    let found = scene.app.read(move |at| {
        let view = at.release(&id).unwrap();
        Ok(at.release_content(&view))
    });
    let before = found.await.unwrap().unwrap().network;
    let mut now = before.clone();
    now[0].definition_version = Some(2);
    let kinds = differences(&before, (&now, &[]), false);
    let kinds: Vec<&str> = kinds.iter().map(|one| one.kind.word()).collect();
    assert_eq!(kinds, ["added", "gone"]);

    // The row of a figure that was taken back repeats nothing of it.
    let mut back = before.clone();
    back[0].value = None;
    back[0].numerator = None;
    let gone = differences(&before, (&back, &[]), false);
    assert_eq!(gone[0].kind.word(), "gone");
    assert!(gone[0].before.is_none());
    // Nor is a figure repeated that was corrected.
    let mut other = before.clone();
    other[0].obs_status = "P".to_owned();
    assert!(
        differences(&before, (&other, &[]), false)[0]
            .before
            .is_some()
    );
    assert!(
        differences(&before, (&other, &[]), true)[0]
            .before
            .is_none()
    );
}

/// A sum less the rows that stay is the row that is gone.
#[tokio::test(flavor = "multi_thread")]
async fn no_sum_is_repeated_that_held_a_figure_that_is_gone() {
    let scene = Scene::new().await;
    let id = scene.publish().await;
    let found = scene.app.read(move |at| {
        let view = at.release(&id).unwrap();
        Ok(at.release_content(&view))
    });
    let [sum] = found.await.unwrap().unwrap().network.try_into().unwrap();
    let of = |code: &str, breakdown: &str, is_shown: bool, numerator: i64| {
        let mut row = sum.clone();
        if !code.is_empty() {
            row.location_code = Some(code.to_owned());
            row.level = "location".to_owned();
        }
        row.breakdown_value = breakdown.to_owned();
        row.value = row.value.filter(|_| is_shown);
        row.numerator = is_shown.then_some(numerator.into());
        row
    };
    let at = |period: &str, mut row: weft_shared::release::ReleaseRow| {
        row.period = period.to_owned();
        row
    };
    let release = |fn_shown: bool, more: i64| {
        vec![
            of("", "12+", true, 1_200 + more),
            of("", "total", true, 2_400 + more),
            at("2023-06", of("", "12+", true, 1_500 + more)),
            of("EC", "12+", true, 300 + more),
            of("FN", "12+", fn_shown, 300),
            of("FN", "total", true, 600 + more),
        ]
    };
    let repeated = |now: bool| {
        let found = differences(&release(true, 0), (&release(now, 30), &[]), false);
        let found = found.iter().filter(|one| one.before.is_some());
        let of = found.map(|one| {
            let row = &one.row;
            let code = row.location_code.as_deref().unwrap_or("all");
            format!("{code} {} {}", row.period, row.breakdown_value)
        });
        of.collect::<Vec<_>>()
    };
    let other = ["all 2023-06 12+", "EC 2023-05 12+"];
    assert_eq!(repeated(false), other);
    assert_eq!(
        repeated(true),
        [
            "all 2023-05 12+",
            "all 2023-05 total",
            other[0],
            other[1],
            "FN 2023-05 total"
        ]
    );
}

/// Differences tell of the figures of those in either release.
#[tokio::test(flavor = "multi_thread")]
async fn differences_are_in_the_ledgers_of_all_who_are_in_one_of_the_releases() {
    let mut scene = Scene::new().await;
    scene.all_state("2023-06", 450).await;
    let publish = async |scene: &Scene, period: &str| {
        let new = NewRelease {
            periods: Some(period.parse().unwrap()),
            ..scene.new_release()
        };
        let id = scene.app.propose_release(new, "operator").await.unwrap().id;
        let published = scene.app.publish_release(&id, "operator", None).await;
        published.unwrap();
        id
    };
    scene.agree(0, None).await;
    let first = publish(&scene, "2023-05..2023-05").await;
    scene.agree(0, Some(Rows::Network)).await;
    scene.agree(3, None).await;
    let second = publish(&scene, "2023-06..2023-06").await;
    let (from, to) = (first.clone(), second.clone());
    let found = scene
        .app
        .read(move |at| Ok(at.release_differences(&from, &to)));
    let found = found.await.unwrap().unwrap().unshown();
    let codes = CODES.map(|(code, _)| code.parse().unwrap());
    assert_eq!(found.locations(), codes.into());
}
