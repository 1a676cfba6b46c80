//! The history page: changes in words, a search, and values that come back or go out again.

use axum::http::StatusCode;
use weft_shared::model::schema::RecordKind;

use super::kit::{Form, Site};
use crate::pages::plan;

const GRID: &str = "/indicators/VAX_PRIMARY/enter?from=2023-04&to=2023-05";
const APRIL: &str = "VAX_PRIMARY/FAR_NORTH/2023-04/age=12%2B";

async fn enter(site: &Site, numerator: &str) {
    let mut form = site.form(GRID).await;
    form.set(&format!("n:{APRIL}"), numerator);
    form.set(&format!("d:{APRIL}"), "60,463");
    site.done(&form).await;
}

/// The form of the first button on the page with this text, after `after`.
fn button(page: &str, after: &str, text: &str) -> Form {
    let (_, rest) = page.split_once(after).expect("the page has it");
    let forms = rest.split("<form method=\"post\"").skip(1);
    let form = forms
        .filter_map(|form| form.split_once("</form>"))
        .find(|(form, _)| form.contains(text));
    let (form, _) = form.unwrap_or_else(|| panic!("no button {text} on {page}"));
    Form::read(&format!("<form method=\"post\"{form}</form>"))
}

#[tokio::test]
async fn a_value_of_the_wrong_month_is_taken_out_and_can_come_back() {
    let site = Site::open().await;
    site.adopt("network").await;
    enter(&site, "48,866").await;
    let (_, page) = site.get("/history").await;
    let title = "Far North District, April 2023, age 12+";
    assert!(page.contains(title), "{page}");
    for kind in ["<li><p>Value: ", ">Values and their notes</option>"] {
        assert!(page.contains(kind), "{kind}: {page}");
    }
    let place = site.done(&button(&page, title, "Take it out")).await;
    let (_, page) = site.get(&place).await;
    assert!(
        page.contains("Taken out of the lists and figures."),
        "{page}"
    );
    assert!(page.contains("taken out"), "{page}");
    assert!(!page.contains("taken back"), "{page}");
    assert!(page.contains("48,866 of 60,463"), "it stays here: {page}");
    for path in ["/indicators/VAX_PRIMARY", "/indicators", GRID] {
        let (_, page) = site.get(path).await;
        assert!(!page.contains("48,866"), "{path}: {page}");
    }
    let (_, list) = site.get("/indicators").await;
    assert!(!list.contains("April 2023"), "{list}");
    let (_, row) = list.split_once("/indicators/VAX_PRIMARY\"").unwrap();
    let counted = row.split_once("<td class=\"num\">").unwrap().1;
    assert!(counted.starts_with("0<"), "it counts no more: {counted}");
    let (_, one) = site.get("/indicators/VAX_PRIMARY").await;
    assert!(!one.contains("April 2023"), "{one}");
    let place = site
        .done(&button(&page, "48,866 of", "Bring this back"))
        .await;
    assert!(place.ends_with("done=broughtback"), "{place}");
    let (_, one) = site.get("/indicators/VAX_PRIMARY").await;
    assert!(one.contains("48,866 of 60,463"), "{one}");
    // The same button a second time finds that the value moved on.
    let (status, page) = site
        .post(&button(&page, "48,866 of", "Bring this back"))
        .await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(page.contains("nothing was changed now"), "{page}");
}

#[tokio::test]
async fn a_correction_is_undone_to_what_stood_before() {
    let site = Site::open().await;
    site.adopt("network").await;
    enter(&site, "48,866").await;
    enter(&site, "48,870").await;
    let (_, page) = site.get("/history?kind=values").await;
    assert!(page.contains("instead of 48,866 of 60,463"), "{page}");
    let place = site.done(&button(&page, "<h2", "Undo: put back")).await;
    assert!(place.starts_with("/history?kind=values&page=1&") || place.contains("kind=values"));
    assert!(place.ends_with("done=undone"), "{place}");
    let (_, one) = site.get("/indicators/VAX_PRIMARY").await;
    assert!(one.contains("48,866 of 60,463"), "{one}");
}

#[tokio::test]
async fn an_earlier_wording_of_a_plan_comes_back() {
    let site = Site::open().await;
    let mut form = site.form(&plan::add_href(RecordKind::Initiative)).await;
    form.set("name", "Example: Māra kai");
    form.set("description", "Example: the first wording");
    form.set("status", "exploring");
    site.done(&form).await;
    let id = form.value("id");
    let path = format!("/plan/initiatives/{id}");
    let mut form = site.form(&path).await;
    form.set("description", "Example: the second wording");
    form.set("status", "testing");
    site.done(&form).await;
    let (_, record) = site.get(&path).await;
    assert!(record.contains("href=\"/history?record="), "{record}");
    let (_, page) = site.get(&format!("/history?record={id}")).await;
    let words = "Example: the second wording<span class=\"quiet\">, instead of Example: the first \
                 wording</span>";
    assert!(page.contains(words), "{page}");
    assert!(page.contains("was added"), "{page}");
    site.done(&button(&page, "What it said", "the first wording\""))
        .await;
    let (_, record) = site.get(&path).await;
    assert!(record.contains("Example: the first wording"), "{record}");
    let (_, plan) = site.get("/plan").await;
    assert!(plan.contains("testing"), "the rest stays as it is: {plan}");
}

#[tokio::test]
async fn changes_are_found_by_name_and_by_kind_and_the_list_has_pages() {
    let site = Site::open().await;
    site.adopt("network").await;
    enter(&site, "48,866").await;
    for number in 0..22 {
        let mut form = site.form(&plan::add_href(RecordKind::Partner)).await;
        form.set("name", &format!("Example: partner {number}"));
        site.done(&form).await;
    }
    let (_, page) = site.get("/history").await;
    assert!(
        page.contains("partner 21") && !page.contains("partner 1<"),
        "{page}"
    );
    assert!(page.contains("href=\"/history?page=2\">older"), "{page}");
    let (_, page) = site.get("/history?page=2").await;
    assert!(
        page.contains("April 2023") && !page.contains(">older"),
        "{page}"
    );
    let (_, page) = site.get("/history?kind=values").await;
    assert!(
        page.contains("April 2023") && !page.contains("</span> partner"),
        "{page}"
    );
    for words in ["PARTNER+7", "vax_primary", "april+2023", "far+north"] {
        let (_, page) = site.get(&format!("/history?q={words}")).await;
        assert!(!page.contains("partner 8"), "{words}: {page}");
        let found = page.contains("partner 7") || page.contains("April 2023");
        assert!(found, "{words}: {page}");
    }
    let (_, page) = site.get("/history?q=no+such+thing").await;
    assert!(page.contains("No change fits this."), "{page}");
    let (status, _) = site
        .get("/history?page=99999999999&kind=x&save=1-x&record=%2F")
        .await;
    assert_eq!(status, StatusCode::OK);
}
