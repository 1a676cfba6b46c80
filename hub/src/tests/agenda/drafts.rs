//! Drafts, and several people who work on them at once.

use super::fields;
use crate::tests::web::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn two_edits_of_one_draft_both_stay() {
    let scene = Scene::new().await;
    let given = [
        ("type", "resource"),
        ("title", "Example: a page"),
        ("text", "Example: what it says"),
    ];
    let id = scene.app.draft_item(None, fields(&given)).await.unwrap();
    for turn in 0..20 {
        let (title, text) = (format!("Example: title {turn}"), format!("text {turn}"));
        let edit = |name, value: &str| {
            let one = fields(&[(name, value)]);
            scene.app.draft_item(Some(id.to_string()), one)
        };
        let (first, second) = tokio::join!(edit("title", &title), edit("text", &text));
        first.unwrap();
        second.unwrap();
        let items = scene.app.draft_items().await.unwrap();
        assert_eq!(items[0].item.title, title);
        assert_eq!(items[0].item.text.as_deref(), Some(text.as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_item_takes_no_other_wording() {
    let scene = Scene::new().await;
    let given = [("type", "resource"), ("title", "Example: a page")];
    let id = scene.app.draft_item(None, fields(&given)).await.unwrap();
    scene.app.publish_agenda().await.unwrap();
    let id = id.to_string();
    let reword = || {
        let other = fields(&[("title", "Example: another")]);
        scene.app.draft_item(Some(id.clone()), other)
    };
    reword().await.unwrap();
    scene.app.close_item(&id, "Example: done").await.unwrap();
    let refused = reword().await.unwrap_err().to_string();
    assert!(
        refused.contains("add an item that replaces it"),
        "{refused}"
    );
    // Nor does a draft from before it was closed go out.
    assert!(scene.app.draft_items().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_has_passed_and_an_item_that_was_replaced_are_refused() {
    let scene = Scene::new().await;
    let draft = |more: &[(&str, &str)]| {
        let given = [("type", "question"), ("title", "Example: a question")];
        scene
            .app
            .draft_item(None, fields(&[&given[..], more].concat()))
    };
    for key in ["answer_by", "closes"] {
        let refused = draft(&[(key, "2020-01-31")]).await.unwrap_err().to_string();
        assert!(refused.contains("that day has passed"), "{refused}");
    }
    let first = draft(&[]).await.unwrap().to_string();
    let second = draft(&[("replaces", &first)]).await.unwrap().to_string();
    let refused = draft(&[("replaces", &first)]).await.unwrap_err();
    let refused = refused.to_string();
    assert!(refused.contains("was replaced by"), "{refused}");
    let circle = fields(&[("replaces", &second)]);
    let refused = scene.app.draft_item(Some(first), circle).await.unwrap_err();
    let refused = refused.to_string();
    assert!(refused.contains("does not replace itself"), "{refused}");
    let review = |more: &[(&str, &str)]| {
        let given = [
            ("question", "Example: what moved?"),
            ("period", "2026-Q1"),
            ("on", "2026-04-02"),
            ("decided", "Example: more"),
        ];
        let review = given.into_iter().chain(more.iter().copied());
        let review: Vec<(&str, &str)> = review.collect();
        scene.app.set_review(None, fields(&review))
    };
    for (key, text, words) in [
        ("next", "2026-04-01", "comes after this one"),
        ("period", "FY2190", "has not begun"),
    ] {
        let refused = review(&[(key, text)]).await.unwrap_err().to_string();
        assert!(refused.contains(words), "{key}: {refused}");
    }
    // The next one may have been held since.
    review(&[("next", "2026-05-01")]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_are_published_once() {
    let scene = Scene::new().await;
    for turn in 0..10 {
        let title = format!("Example: page {turn}");
        let given = [("type", "resource"), ("title", &title)];
        scene.app.draft_item(None, fields(&given)).await.unwrap();
        let (first, second) = tokio::join!(scene.app.publish_agenda(), scene.app.publish_agenda());
        let published = [first, second].into_iter().filter_map(Result::ok);
        let items: Vec<usize> = published.map(|one| one.items).collect();
        assert_eq!(items, [1], "turn {turn}");
    }
}
