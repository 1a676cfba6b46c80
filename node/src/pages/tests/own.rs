//! Indicators of this location's own, on pages: the form, the list, the values and the curve.

use axum::http::StatusCode;

use super::kit::{Form, Site};

async fn defined(site: &Site) -> Form {
    let mut form = site.form("/indicators/define").await;
    for (name, value) in [
        ("code", "fn_swim"),
        ("name", "Example: children who can swim"),
        ("type", "proportion"),
        ("unit", "children"),
        ("numerator", "children who swam 25 m"),
        ("denominator", "children who were asked"),
        ("period", "month"),
        ("direction", "up"),
        ("audience", "network"),
    ] {
        form.set(name, value);
    }
    form
}

#[tokio::test]
async fn an_indicator_of_our_own_is_defined_filled_and_drawn() {
    let site = Site::open().await;
    let (_, page) = site.get("/indicators").await;
    assert!(page.contains("href=\"/indicators/define\""), "{page}");
    let form = site.form("/indicators/define").await;
    // With nothing filled in, each required field is named, and nothing is saved.
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["code", "name", "type", "unit", "period", "direction"] {
        assert!(
            page.contains(&format!("href=\"#field-{field}\"")),
            "{field}"
        );
    }
    let place = site.done(&defined(&site).await).await;
    assert_eq!(place, "/indicators/FN_SWIM?done=saved");
    let (_, page) = site.get("/indicators").await;
    let (network, own) = page.split_once("id=\"own\"").expect("they have a heading");
    assert!(network.contains("/indicators/VAX_PRIMARY"));
    assert!(!network.contains("FN_SWIM") && own.contains("/indicators/FN_SWIM"));
    let mut grid = site
        .form("/indicators/FN_SWIM/enter?from=2023-01&to=2023-02&total=on")
        .await;
    grid.set("n:FN_SWIM/FAR_NORTH/2023-01/total", "9");
    grid.set("d:FN_SWIM/FAR_NORTH/2023-01/total", "12");
    site.done(&grid).await;
    let (_, page) = site.get("/indicators/FN_SWIM").await;
    assert!(page.contains("our own") && page.contains("75.0"), "{page}");
    assert!(page.contains("<svg"), "it is drawn");
    let (_, file) = site.get("/indicators/FN_SWIM/values.csv").await;
    assert!(
        file.contains("FN_SWIM") && file.contains("FAR_NORTH"),
        "{file}"
    );
}

#[tokio::test]
async fn other_prefixes_and_codes_in_use_are_refused() {
    let site = Site::open().await;
    for (code, why) in [
        ("VAX_PRIMARY", "is not a code of our own"),
        ("WT_SWIM", "is not a code of our own"),
        ("swim lessons", "is not an indicator code"),
    ] {
        let mut form = defined(&site).await;
        form.set("code", code);
        let (status, page) = site.post(&form).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{code}");
        assert!(page.contains(why), "{code}: {page}");
    }
    site.done(&defined(&site).await).await;
    let (status, page) = site.post(&defined(&site).await).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("is defined already"), "{page}");
    // The network's own are not changed here.
    let (status, _) = site.get("/indicators/VAX_PRIMARY/define").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_change_of_meaning_is_a_new_version_with_a_reason() {
    let site = Site::open().await;
    site.done(&defined(&site).await).await;
    let form = site.form("/indicators/FN_SWIM/define").await;
    let place = site.done(&form).await;
    assert_eq!(place, "/indicators/FN_SWIM?done=unchanged");
    let mut form = site.form("/indicators/FN_SWIM/define").await;
    form.set("numerator", "children who swam 50 m");
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("href=\"#field-mapping\""), "{page}");
    form.set("mapping", "break");
    form.set("reason", "Example: the pool is longer");
    site.done(&form).await;
    let (_, page) = site.get("/indicators/FN_SWIM").await;
    assert!(page.contains("Definition: FN_SWIM, version 2"), "{page}");
    // The history names it; its stored keys are no one's words.
    let (_, page) = site.get("/history").await;
    assert!(page.contains("children who can swim, version 2"), "{page}");
    assert!(!page.contains("FN_SWIM/"), "{page}");
}

#[tokio::test]
async fn values_for_this_computer_only_count_on_the_page_which_says_so() {
    let site = Site::open().await;
    let mut form = defined(&site).await;
    form.set("audience", "team");
    site.done(&form).await;
    let mut grid = site
        .form("/indicators/FN_SWIM/enter?from=2023-01&to=2023-02&total=on")
        .await;
    for (month, n) in [("2023-01", "8"), ("2023-02", "9")] {
        grid.set(&format!("n:FN_SWIM/FAR_NORTH/{month}/total"), n);
        grid.set(&format!("d:FN_SWIM/FAR_NORTH/{month}/total"), "12");
    }
    site.done(&grid).await;
    let (_, page) = site.get("/indicators/FN_SWIM").await;
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        page.contains("8.3 points more than in January 2023"),
        "{page}"
    );
    let said = "2 values are for our team only. These figures count them; what others see does \
                not.";
    assert!(page.contains(said), "{page}");
    let mut form = site.form("/plan/outcomes/add").await;
    form.set("name", "Example: children swim");
    form.set("indicators", "FN_SWIM");
    site.done(&form).await;
    let (_, plan) = site.get("/plan").await;
    let said = ", counting values for our team only";
    assert!(plan.contains(said), "{plan}");
}

async fn kept_here(site: &Site) -> usize {
    let kept = site.node.call(|replica: &mut crate::replica::Replica| {
        let rows = replica.observations(|_| true).unwrap();
        rows.iter().filter(|row| row.local).count()
    });
    kept.await.unwrap()
}

/// Saves 9 of 12 for a month.
async fn enter(site: &Site, month: &str) {
    let path = format!("/indicators/FN_SWIM/enter?from={month}&to={month}&total=on");
    let mut grid = site.form(&path).await;
    grid.set(&format!("n:FN_SWIM/FAR_NORTH/{month}/total"), "9");
    grid.set(&format!("d:FN_SWIM/FAR_NORTH/{month}/total"), "12");
    site.done(&grid).await;
}

#[tokio::test]
async fn values_saved_for_fewer_people_are_offered_once_the_audience_is_wider() {
    let site = Site::open().await;
    let mut form = defined(&site).await;
    form.set("audience", "team");
    site.done(&form).await;
    enter(&site, "2023-01").await;
    enter(&site, "2023-02").await;
    let (_, page) = site.get("/indicators/FN_SWIM").await;
    assert!(
        !page.contains("/indicators/FN_SWIM/widen"),
        "nothing is narrower"
    );
    site.adopt_one("FN_SWIM", "network").await;
    let (_, page) = site.get("/indicators/FN_SWIM").await;
    let said = "2 values were saved for our team only (January 2023 to February 2023), before you \
                chose the network. Their figures would go to the network.";
    assert!(page.contains(said), "{page}");
    let shown = Form::to(&page, "/indicators/FN_SWIM/widen");
    assert_eq!(kept_here(&site).await, 2, "nothing travels by itself");
    // A value that the page did not show is not shared with it.
    let mut other = shown.clone();
    other.set("mark", "0");
    site.done(&other).await;
    assert_eq!(kept_here(&site).await, 2);
    let place = site.done(&shown).await;
    assert_eq!(place, "/indicators/FN_SWIM?done=widened");
    assert_eq!(kept_here(&site).await, 0);
    let (_, page) = site.get("/indicators/FN_SWIM").await;
    assert!(!page.contains("/indicators/FN_SWIM/widen"), "{page}");
    assert!(page.contains("75.0"), "{page}");
}

#[tokio::test]
async fn values_of_several_audiences_are_not_all_called_for_this_computer_only() {
    let site = Site::open().await;
    let mut form = defined(&site).await;
    form.set("audience", "team");
    site.done(&form).await;
    for (month, next) in [("2023-01", "network"), ("2023-02", "released")] {
        enter(&site, month).await;
        site.adopt_one("FN_SWIM", next).await;
    }
    let (_, page) = site.get("/indicators/FN_SWIM").await;
    let said = "2 values were saved for fewer people (January 2023 to February 2023), before";
    assert!(page.contains(said), "{page}");
}
