//! The pages as a browser without scripts sees them: tests read forms from the page, change them,
//! and send them back.

mod alignment;
mod files;
mod grid;
mod help;
mod history;
mod imports;
mod kit;
mod lists;
mod news;
mod own;
mod reads;
mod report;
mod series;
mod settings;
mod sharing;

use axum::http::StatusCode;
use weft_shared::model::schema::{Owner, RecordKind};

use self::kit::{Form, Site};
use super::plan;
use crate::replica::Replica;

/// The kinds of records that a location has.
fn ours() -> impl Iterator<Item = RecordKind> {
    let kinds = RecordKind::ALL.iter().copied();
    kinds.filter(|kind| kind.is_of(Owner::Location))
}

#[tokio::test]
async fn every_page_opens_and_reading_changes_nothing() {
    let site = Site::open().await;
    site.adopt("network").await;
    let before = site
        .node
        .call(|replica: &mut Replica| replica.version())
        .await
        .unwrap();
    let adds = ours().map(plan::add_href);
    let pages = [
        "/",
        "/indicators",
        "/indicators/VAX_PRIMARY",
        "/indicators/VAX_PRIMARY/values.csv",
        "/indicators/VAX_PRIMARY/decide",
        "/indicators/VAX_PRIMARY/enter",
        "/indicators/VAX_PRIMARY/enter?from=2022-12&to=2023-05&total=on",
        "/plan",
        "/insights",
        "/agenda",
        "/sight",
        "/sight?period=2023",
        "/money",
        "/reviews",
        "/conflicts",
        "/import",
        "/sharing",
        "/settings",
        "/settings/devices/2/revoke",
        "/history",
        "/report",
        "/report?for=community&period=2020..2026",
    ];
    for path in pages.into_iter().map(str::to_owned).chain(adds) {
        let (status, page) = site.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {page}");
        let whole = page.contains("<main id=\"main\">") && page.ends_with("</html>");
        assert!(whole || path.ends_with(".csv"), "{path}");
        let scripts: Vec<_> = page.matches("<script").collect();
        let ours = page.contains("<script src=\"/assets/weft.js\" defer></script>");
        assert!(
            scripts.len() == 1 && ours || path.ends_with(".csv"),
            "{path}"
        );
    }
    let after = site
        .node
        .call(|replica: &mut Replica| replica.version())
        .await
        .unwrap();
    assert_eq!(before, after);
    for path in [
        "/nothing",
        "/indicators/NONE",
        "/plan/cats/add",
        "/insights/1",
        "/agenda/1",
        "/money/1/line",
        "/sight/no_target/NONE",
        "/sight/cats/VAX",
    ] {
        assert_eq!(site.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn records_of_every_kind_are_added_changed_and_removed() {
    let site = Site::open().await;
    for kind in ours() {
        let mut form = site.form(&plan::add_href(kind)).await;
        // With nothing filled in, each required field shows an error, and nothing is saved.
        let (status, page) = site.post(&form).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{kind}");
        assert!(page.contains("<title>Error: "), "{kind}");
        for field in kind.fields_of(Owner::Location) {
            if field.required {
                let mark = format!("href=\"#field-{}\"", field.key);
                assert!(page.contains(&mark), "{kind}");
            }
            // An investment that is not withheld has an amount.
            if field.required || field.key == "amount" {
                form.set(field.key, &site.value(field).await);
            }
        }
        let place = site.done(&form).await;
        // A form sent twice adds one record.
        assert_eq!(site.done(&form).await, place);
        let path = place.split('?').next().unwrap().to_owned();
        let verb = if kind == RecordKind::Insight {
            "withdraw"
        } else {
            "remove"
        };
        let last = kind
            .fields_of(Owner::Location)
            .filter(|field| !field.is_set())
            .last()
            .unwrap();
        let mut form = site.form(&path).await;
        form.set(last.key, &site.value(last).await);
        assert!(site.done(&form).await.starts_with(&path), "{kind}");
        let form = site.form(&format!("{path}/{verb}")).await;
        site.done(&form).await;
        if kind == RecordKind::Insight {
            continue;
        }
        // Its page and the list of removed records both offer to restore it.
        let (_, page) = site.get("/plan/removed").await;
        assert!(page.contains(&format!("{path}/restore")), "{kind}: {page}");
        let form = site.form(&path).await;
        let place = site.done(&form).await;
        assert_eq!(place, format!("{path}?done=restored"));
        let (_, page) = site.get(&place).await;
        assert!(page.contains("Put back into the lists"), "{kind}: {page}");
    }
    let (_, page) = site.get("/plan/removed").await;
    assert!(page.contains("Nothing was removed"), "{page}");
    let (_, page) = site.get("/insights").await;
    assert!(page.contains("Withdrawn"), "{page}");
}

/// A changed field is held against those that stay.
#[tokio::test]
async fn a_change_that_does_not_fit_the_rest_shows_the_form_again() {
    let site = Site::open().await;
    let kind = RecordKind::Review;
    let mut form = site.form(&plan::add_href(kind)).await;
    let fields = kind.fields_of(Owner::Location);
    for field in fields.filter(|field| field.required || field.key == "next") {
        form.set(field.key, &site.value(field).await);
    }
    let path = site.done(&form).await.split('?').next().unwrap().to_owned();
    let mut form = site.form(&path).await;
    let held = form.value("on");
    form.set("next", &held);
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{page}");
    let error = "<a href=\"#field-next\">";
    assert!(
        page.contains(error) && page.contains("comes after this one"),
        "{page}"
    );
    assert_ne!(site.form(&path).await.value("next"), held);
}

#[tokio::test]
async fn two_forms_never_overwrite_each_others_fields() {
    let site = Site::open().await;
    let mut form = site.form("/plan/initiatives/add").await;
    form.set("name", "Example: Māra kai");
    let path = site.done(&form).await.split('?').next().unwrap().to_owned();
    let (mut mine, mut theirs) = (site.form(&path).await, site.form(&path).await);
    theirs.set("name", "Example: Māra kai in schools");
    site.done(&theirs).await;
    mine.set("setting", "marae");
    site.done(&mine).await;
    let now = site.form(&path).await;
    assert_eq!(now.value("name"), "Example: Māra kai in schools");
    assert_eq!(now.value("setting"), "marae");
    // If both changed the same field, their value is shown before mine replaces it.
    mine.set("name", "Example: Gardens");
    let (status, page) = site.post(&mine).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.contains("it now says: Example: Māra kai in schools."),
        "{page}"
    );
    assert_eq!(
        site.form(&path).await.value("name"),
        "Example: Māra kai in schools"
    );
    let again = Form::read(&page);
    assert_eq!(again.value("name"), "Example: Gardens");
    site.done(&again).await;
    assert_eq!(site.form(&path).await.value("name"), "Example: Gardens");
}

#[tokio::test]
async fn an_insight_travels_only_as_far_as_its_teller_agreed() {
    let site = Site::open().await;
    let mut form = site.form("/insights/add").await;
    form.set("text", "Example: The garden is where we meet.");
    form.set("audience", "released");
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("href=\"#field-consent\"") && page.contains("#field-attribution"));
    form.set("consent", "network");
    form.set("attribution", "none");
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("and no further"), "{page}");
    form.set("audience", "network");
    let path = site.done(&form).await.split('?').next().unwrap().to_owned();
    assert!(
        site.get(&path)
            .await
            .1
            .contains("The garden is where we meet.")
    );
    let form = site.form(&format!("{path}/withdraw")).await;
    assert!(site.done(&form).await.ends_with("done=withdrawn"));
    assert!(
        !site
            .get("/insights")
            .await
            .1
            .contains("The garden is where we meet.")
    );
}

#[tokio::test]
async fn a_grid_is_saved_whole_or_not_at_all() {
    let site = Site::open().await;
    site.adopt("network").await;
    let path = "/indicators/VAX_PRIMARY/enter?from=2023-04&to=2023-05";
    let key = |month: &str| format!("VAX_PRIMARY/FAR_NORTH/{month}/age=12%2B");
    let (april, may) = (key("2023-04"), key("2023-05"));
    let mut form = site.form(path).await;
    form.set(&format!("n:{april}"), "48,866");
    form.set(&format!("d:{april}"), "60,464");
    form.set(&format!("n:{may}"), "48799");
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.contains("href=\"#cell-1-0-n\">May 2023, age 12+: "),
        "{page}"
    );
    assert!(
        !site
            .get("/indicators/VAX_PRIMARY")
            .await
            .1
            .contains("48,866")
    );
    let mut form = Form::read(&page);
    form.set(&format!("d:{may}"), "60463");
    let place = site.done(&form).await;
    let grid = path.replace('?', "?area=FAR_NORTH&");
    assert!(place.starts_with(&format!("{grid}&done=saved&said=")));
    // The saved values are repeated, so that a typing slip shows.
    let (_, page) = site.get(&place).await;
    let said = "<li>April 2023, age 12+: 48,866 of 60,464 (80.8\u{a0}%).</li>";
    assert!(page.contains(said), "{page}");
    let mut form = Form::read(&page);
    form.set(&format!("n:{may}"), "48.850");
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("48.85 is a fraction"), "{page}");
    let mut form = Form::read(&page);
    form.set(&format!("n:{may}"), "48,798");
    let (_, page) = site.get(&site.done(&form).await).await;
    let said = "May 2023, age 12+: 48,798 of 60,463 (80.7\u{a0}%). It replaces 48,799 of 60,463 \
                (80.7\u{a0}%), from ";
    assert!(page.contains(said), "{page}");
    let (_, page) = site.get("/indicators/VAX_PRIMARY").await;
    assert!(page.contains("48,866 of 60,464 (80.8\u{a0}%)"), "{page}");
    let (_, csv) = site.get("/indicators/VAX_PRIMARY/values.csv").await;
    assert!(
        csv.contains("FN,FAR_NORTH,VAX_PRIMARY,age,12+,2023-05,48798,60463,,,,A,,,1,"),
        "{csv}"
    );
    // An unchanged form saves nothing, and clearing a value does not retract it.
    let mut form = site.form(path).await;
    assert!(site.done(&form).await.ends_with("done=unchanged"));
    form.set(&format!("n:{may}"), "");
    form.set(&format!("d:{may}"), "");
    let (_, page) = site.post(&form).await;
    assert!(page.contains("what was said cannot be unsaid"), "{page}");
    form.set(&format!("s:{may}"), "O");
    site.done(&form).await;
    assert!(
        site.get("/indicators/VAX_PRIMARY")
            .await
            .1
            .contains("missing")
    );
}

#[tokio::test]
async fn a_grid_asks_beside_the_cell_and_saves_nothing_until_somebody_answers() {
    let site = Site::open().await;
    site.adopt("network").await;
    let path = "/indicators/VAX_PRIMARY/enter?from=2023-04&to=2023-05";
    let key = |month: &str| format!("VAX_PRIMARY/FAR_NORTH/{month}/age=12%2B");
    let (april, may) = (key("2023-04"), key("2023-05"));
    let mut form = site.form(path).await;
    form.set(&format!("n:{april}"), "48,799");
    form.set(&format!("d:{april}"), "60,463");
    form.set(&format!("n:{may}"), "4,895");
    form.set(&format!("d:{may}"), "66,000");
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let tenfold = format!("confirm:tenfold:{may}");
    let base = format!("confirm:base:{may}");
    let words = "<p>Numerator 4895, about a tenth of 48799 in 2023-04: did you mean 48950?</p>";
    assert!(page.contains(words), "{page}");
    assert!(page.contains("<label><input\ntype=\"checkbox\""), "{page}");
    assert!(
        !page.contains(&base),
        "one figure is asked about once: {page}"
    );
    let ticked = |page: &str, name: &str, word: &str| {
        let at = page.find(&format!("name=\"{name}\"\nvalue=\"{word}/"));
        let (_, value) = page[at.unwrap()..].split_once("value=\"").unwrap();
        value.split_once('"').unwrap().0.to_owned()
    };
    let answer = ticked(&page, &tenfold, "tenfold");
    let (_, values) = site.get("/indicators/VAX_PRIMARY").await;
    assert!(!values.contains("48,799"), "{values}");
    // Without an answer the page asks again. An answer counts only for the figure it was given for.
    assert_eq!(
        site.post(&Form::read(&page)).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let mut other = Form::read(&page);
    other.set(&tenfold, &answer);
    other.set(&format!("n:{may}"), "4,890");
    assert_eq!(site.post(&other).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let mut form = Form::read(&page);
    form.set(&tenfold, &answer);
    site.done(&form).await;
    let (_, values) = site.get("/indicators/VAX_PRIMARY").await;
    assert!(values.contains("4,895 of 66,000"), "{values}");
    // If a question may stay open, it can be left open or answered.
    for (figure, word, shown) in [
        ("48,950", "open", "48,950 of 66,000 (74.2\u{a0}%)"),
        ("48,951", "base", "base changed"),
    ] {
        let mut form = site.form(path).await;
        form.set(&format!("n:{may}"), figure);
        let (_, page) = site.post(&form).await;
        assert!(page.contains("type=\"radio\""), "{page}");
        let mut form = Form::read(&page);
        form.set(&base, &ticked(&page, &base, word));
        site.done(&form).await;
        let (_, values) = site.get("/indicators/VAX_PRIMARY").await;
        assert!(values.contains(shown), "{values}");
    }
}

#[tokio::test]
async fn a_target_is_held_against_what_there_is() {
    let site = Site::open().await;
    let mut form = site.form("/plan/targets/add").await;
    form.set("indicator", "VAX_PRIMARY");
    form.set("value", "90");
    form.set("breakdown", "age=13+");
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.contains("VAX_PRIMARY has no breakdown age=13+"),
        "{page}"
    );
    let mut form = Form::read(&page);
    form.set("breakdown", "age=12+");
    form.set("area", "ROTORUA");
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("is not an area of this location"), "{page}");
    let mut form = Form::read(&page);
    form.set("area", "FAR_NORTH");
    assert!(site.done(&form).await.ends_with("done=added"));
}

#[tokio::test]
async fn declining_asks_for_the_reason() {
    let site = Site::open().await;
    let mut form = site.form("/indicators/VAX_PRIMARY/decide").await;
    form.set("status", "declined");
    form.set("audience", "network");
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("Say in a sentence why not."), "{page}");
    form.set("reason", "Example: others here measure it");
    site.done(&form).await;
    let (_, page) = site.get("/indicators/VAX_PRIMARY").await;
    assert!(page.contains("Example: others here measure it"), "{page}");
    // A location that does not take part has nothing to enter.
    let (status, place) = site.get("/indicators/VAX_PRIMARY/enter").await;
    assert_eq!(
        (status, &*place),
        (StatusCode::SEE_OTHER, "/indicators/VAX_PRIMARY")
    );
}
