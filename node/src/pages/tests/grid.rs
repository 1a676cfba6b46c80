//! The entry grid beyond saving: denominators of the period before, and checks while somebody
//! types.

use axum::http::StatusCode;

use super::kit::{Form, Site};
use crate::{
    kit::{Kit, example},
    replica::Replica,
};

/// The name of a field of one month.
fn field(part: &str, month: &str) -> String {
    format!("{part}:VAX_PRIMARY/FAR_NORTH/{month}/age=12%2B")
}

async fn grid(site: &Site, from: &str, to: &str) -> Form {
    let path = format!("/indicators/VAX_PRIMARY/enter?from={from}&to={to}");
    site.form(&path).await
}

async fn version(site: &Site) -> u64 {
    let version = |replica: &mut Replica| replica.version();
    site.node.call(version).await.unwrap()
}

async fn filled() -> Site {
    let site = Site::open().await;
    site.adopt("network").await;
    let mut form = grid(&site, "2022-12", "2022-12").await;
    form.set(&field("n", "2022-12"), "48,000");
    form.set(&field("d", "2022-12"), "60,000");
    site.done(&form).await;
    site
}

#[tokio::test]
async fn denominators_of_the_period_before_are_copied_and_save_nothing_by_themselves() {
    let site = filled().await;
    let before = version(&site).await;
    let mut form = grid(&site, "2023-01", "2023-03").await;
    form.set(&field("d", "2023-02"), "60,500");
    form.set("then", "copy");
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    // The base changed in March 2023.
    let said = "1 denominator is filled in from December 2022. Check it: nothing is saved yet. 1 \
                field stays empty: the base has changed since February 2023.";
    assert!(page.contains(said), "{page}");
    assert_eq!(version(&site).await, before, "nothing is saved");
    let mut form = Form::read(&page);
    let denominators =
        ["2023-01", "2023-02", "2023-03"].map(|month| form.value(&field("d", month)));
    assert_eq!(denominators, ["60000", "60,500", ""]);
    // A month whose figure no one typed is left out; a typed denominator alone is a slip.
    form.set(&field("n", "2023-01"), "48,100");
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{page}");
    form.set(&field("d", "2023-02"), "");
    site.done(&form).await;
    let (_, page) = site.get("/indicators/VAX_PRIMARY").await;
    assert!(
        page.contains("48,100") && page.contains("January 2023"),
        "{page}"
    );
    assert!(
        !page.contains("February 2023") && !page.contains("March 2023"),
        "{page}"
    );
}

/// Yearly figures of everybody: 60,000 people in `period`, and a grid from then on to `to`, into
/// which denominators are copied.
async fn copied(code: &str, period: &str, (from, to): (&str, &str)) -> (String, Form) {
    let site = Site::of(Kit::publishing(example("indicators-prevention.toml"))).await;
    site.adopt_one(code, "network").await;
    let path = format!("/indicators/{code}/enter?total=on");
    let mut form = site
        .form(&format!("{path}&from={period}&to={period}"))
        .await;
    form.set(&format!("n:{code}/FAR_NORTH/{period}/total"), "48,000");
    form.set(&format!("d:{code}/FAR_NORTH/{period}/total"), "60,000");
    site.done(&form).await;
    let mut form = site.form(&format!("{path}&from={from}&to={to}")).await;
    form.set("then", "copy");
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let form = Form::read(&page);
    (page, form)
}

#[tokio::test]
async fn no_denominator_is_copied_over_a_declared_change_of_base() {
    let (page, form) = copied("SMOKING", "2013", ("2017", "2019")).await;
    let years = ["2017", "2018", "2019"];
    let denominators = years.map(|year| form.value(&format!("d:SMOKING/FAR_NORTH/{year}/total")));
    assert_eq!(denominators, ["60000", "", ""]);
    let said = "1 denominator is filled in from 2013. Check it: nothing is saved yet. 1 field \
                stays empty: the base has changed since 2013.";
    assert!(page.contains(said), "{page}");
    // A question that changed has another denominator too.
    let (page, _) = copied("ACTIVE_COMMUTE", "2013", ("2018", "2018")).await;
    assert!(
        page.contains("No denominator was copied. 1 field stays empty"),
        "{page}"
    );
}

#[tokio::test]
async fn no_denominator_is_copied_from_periods_of_another_length() {
    let (page, form) = copied("VOLUNTEERING", "Y2010-2013", ("2014", "2014")).await;
    let denominator = form.value("d:VOLUNTEERING/FAR_NORTH/2014/total");
    assert_eq!(denominator, "");
    assert!(page.contains("No denominator was copied"), "{page}");
}

#[tokio::test]
async fn without_anything_before_the_copy_says_so() {
    let site = Site::open().await;
    site.adopt("network").await;
    let mut form = grid(&site, "2023-01", "2023-03").await;
    form.set("then", "copy");
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("No denominator was copied"), "{page}");
}

#[tokio::test]
async fn what_is_typed_is_checked_like_a_save_and_not_saved() {
    let site = filled().await;
    let before = version(&site).await;
    let mut form = grid(&site, "2023-01", "2023-02").await;
    form.set(&field("n", "2023-01"), "4,801");
    form.set(&field("d", "2023-01"), "60,000");
    form.set(&field("n", "2023-02"), "70,000");
    form.set(&field("d", "2023-02"), "60,000");
    form.set("then", "check");
    let (_, page) = site.post(&form).await;
    assert_eq!(version(&site).await, before, "nothing is saved");
    assert!(page.contains("2 figures changed, 2 to look at."), "{page}");
    assert!(page.contains("about a tenth of"), "{page}");
    assert!(page.contains("above the denominator"), "{page}");
    // The same is asked at save, without scripts.
    form.set("then", "");
    let (status, page) = site.post(&form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("about a tenth of") && page.contains("above the denominator"));
}

#[tokio::test]
async fn no_denominator_is_copied_into_a_figure_that_is_called_a_break() {
    let site = Site::of(Kit::publishing(example("indicators-prevention.toml"))).await;
    site.adopt_one("SMOKING", "network").await;
    let path = "/indicators/SMOKING/enter?total=on&from=2013&to=2016";
    let mut form = site.form(path).await;
    form.set("d:SMOKING/FAR_NORTH/2013/total", "60,000");
    form.set("s:SMOKING/FAR_NORTH/2015/total", "B");
    form.set("then", "copy");
    let (_, page) = site.post(&form).await;
    let form = Form::read(&page);
    let years = ["2014", "2015", "2016"];
    let denominators = years.map(|year| form.value(&format!("d:SMOKING/FAR_NORTH/{year}/total")));
    assert_eq!(denominators, ["60000", "", ""], "{page}");
}
