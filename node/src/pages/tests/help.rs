//! Help, and what the frame of every page counts.

use axum::http::StatusCode;
use weft_shared::model::{Audience, schema::RecordKind};

use super::kit::Site;
use crate::{pages::plan, words::audience_phrase};

#[tokio::test]
async fn help_explains_every_audience_and_its_links_lead_somewhere() {
    let site = Site::open().await;
    let (status, page) = site.get("/help").await;
    assert_eq!(status, StatusCode::OK);
    for audience in Audience::ALL {
        let row = format!("<th scope=\"row\">{}</th>", audience_phrase(*audience));
        assert!(page.contains(&row), "{row}: {page}");
    }
    for words in [
        "Recovery words",
        "Weft 0.",
        "What the hub can see",
        "Whom to ask",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let links = page.split("href=\"/").skip(1);
    let links = links.filter_map(|rest| rest.split_once('"'));
    for (path, _) in links.filter(|(path, _)| !path.starts_with("assets")) {
        let (status, _) = site.get(&format!("/{path}")).await;
        assert_eq!(status, StatusCode::OK, "/{path}");
    }
}

#[tokio::test]
async fn the_navigation_counts_what_waits_and_today_has_what_shifted() {
    let site = Site::open().await;
    let (_, page) = site.get("/").await;
    assert!(!page.contains("waiting to be shared</span>"), "{page}");
    let mut form = site.form(&plan::add_href(RecordKind::Marker)).await;
    form.set("condition", "Example: shops near the school");
    form.set("to", "Example: they sell fruit");
    form.set("audience", "network");
    site.done(&form).await;
    let (_, page) = site.get("/").await;
    let counted = "<span class=\"n\">1<span class=\"vh\"> waiting to be shared</span></span>";
    assert!(page.contains(counted), "{page}");
    assert!(
        page.contains("What shifted") && page.contains("they sell fruit"),
        "{page}"
    );
}
