//! The page of the line of sight, and the locations that it can say nothing about.

use axum::http::StatusCode;

use super::scene;
use crate::sight::SightAsked;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_says_in_its_frame_what_it_cannot_read() {
    let scene = scene().await;
    for (asked, why) in [
        ("sort=gap", "would be a ranking"),
        ("period=zz", "zz"),
        ("as_of=2999-01-01", "2999"),
        ("location=n%20o", "n o"),
    ] {
        let page = scene.get(&format!("/investment?{asked}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{asked}");
        for part in [
            why,
            "href=\"/money\"",
            "<a href=\"/investment\">The page without it</a>",
        ] {
            assert!(page.body.contains(part), "{asked}: {}", page.body);
        }
    }
}

/// A location that has not joined could say nothing: no figure is missing, and no question is put.
#[tokio::test(flavor = "multi_thread")]
async fn a_location_that_has_not_joined_is_asked_nothing() {
    let scene = scene().await;
    let seen = scene
        .app
        .counted(|at| Ok(at.sight(&SightAsked::default())?.unshown()));
    let view = seen.await.unwrap();
    let waits = |code: &str| code == "WT";
    for cell in view.sight.rows.iter().flat_map(|row| &row.cells) {
        let said: Vec<String> = cell
            .needs
            .iter()
            .flat_map(|need| &need.remarks)
            .map(ToString::to_string)
            .collect();
        let absent = said.iter().any(|one| one == "not joined yet");
        let measured = !cell.needs.is_empty();
        assert_eq!(
            absent,
            measured && waits(&cell.column.to_string()),
            "{said:?}"
        );
    }
    assert!(
        view.questions
            .iter()
            .any(|one| one.question.location.as_str() == "FN")
    );
    assert!(
        !view
            .questions
            .iter()
            .any(|one| waits(one.question.location.as_str()))
    );
}
