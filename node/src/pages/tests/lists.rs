//! The plan as a document, the list of insights, and what Today asks for.

use axum::http::StatusCode;
use weft_host::clock;
use weft_shared::model::schema::RecordKind;

use super::kit::Site;
use crate::{pages::plan, replica::Replica};

/// Adds a record with these fields, and returns its id.
async fn add(site: &Site, kind: RecordKind, fields: &[(&str, &str)]) -> String {
    let mut form = site.form(&plan::add_href(kind)).await;
    for (name, value) in fields {
        form.set(name, value);
    }
    site.done(&form).await;
    form.value("id")
}

/// Returns a day as a form takes it, so many days from today.
async fn in_days(site: &Site, days: i64) -> String {
    let today = |replica: &mut Replica| replica.zone().day(clock::now());
    let today = site.node.call(today).await.unwrap();
    let day = today.checked_add(jiff::Span::new().days(days)).unwrap();
    day.to_string()
}

/// Whether these texts stand on the page in this order.
fn in_order(page: &str, texts: &[&str]) -> bool {
    let mut rest = page;
    texts.iter().all(|text| match rest.split_once(text) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[tokio::test]
async fn the_plan_is_a_document_and_loses_nobodys_work() {
    let site = Site::open().await;
    let fields = [
        ("name", "Example: more whānau are well"),
        ("indicators", "VAX_PRIMARY"),
    ];
    let outcome = add(&site, RecordKind::Outcome, &fields).await;
    let partner = add(&site, RecordKind::Partner, &[("name", "Example: school")]).await;
    let fields = [
        ("name", "Example: Māra kai"),
        ("status", "testing"),
        ("outcomes", outcome.as_str()),
        ("partners", partner.as_str()),
    ];
    let garden = add(&site, RecordKind::Initiative, &fields).await;
    let alone = [("name", "Example: Walks"), ("status", "exploring")];
    add(&site, RecordKind::Initiative, &alone).await;
    let late = in_days(&site, -2).await;
    let fields = [
        ("what", "Example: ask the board"),
        ("owner", "Example: coordinator"),
        ("due", late.as_str()),
        ("initiative", garden.as_str()),
    ];
    add(&site, RecordKind::Action, &fields).await;
    add(
        &site,
        RecordKind::Action,
        &[("what", "Example: ring the hall")],
    )
    .await;
    let (_, page) = site.get("/plan").await;
    let parts = [
        "1 outcome, 2 initiatives, 2 actions: 1 late, 0 due in the next 14 days.",
        "</span> more whānau are well",
        "href=\"/indicators/VAX_PRIMARY\"",
        "</span> Māra kai",
        "testing",
        "with Example: school",
        "</span> ask the board",
        "Example: coordinator",
        ", late",
        "Initiatives without an",
        "</span> Walks",
        "Actions without an initiative",
        "</span> ring the hall",
        "1 partner",
        "What was removed",
    ];
    assert!(in_order(&page, &parts), "{page}");
    // Each filter is in the address, and keeps what a found one belongs to.
    let cases = [
        ("show=due", "ask the board", "ring the hall"),
        ("status=testing", "Māra kai", "</span> Walks"),
        ("q=mara", "ask the board", "</span> Walks"),
        ("q=RING+the", "ring the hall", "ask the board"),
        ("q=whanau", "Māra kai", "ring the hall"),
        (&format!("outcome={outcome}"), "Māra kai", "</span> Walks"),
    ];
    for (query, with, without) in cases {
        let (status, page) = site.get(&format!("/plan?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{query}");
        assert!(page.contains(with), "{query}: {page}");
        assert!(!page.contains(without), "{query}: {page}");
    }
    let (_, page) = site.get("/plan?q=nothing+like+it").await;
    assert!(page.contains("Nothing in the plan fits this"), "{page}");
    let (_, page) = site.get("/plan?kind=partners").await;
    assert!(page.contains("</span> school"), "{page}");
}

#[tokio::test]
async fn an_outcome_says_its_priority_its_figures_and_whose_targets_they_are() {
    let site = Site::open().await;
    site.adopt("network").await;
    let mut grid = site
        .form("/indicators/VAX_PRIMARY/enter?from=2023-01&to=2023-02&total=on")
        .await;
    grid.set("n:VAX_PRIMARY/FAR_NORTH/2023-01/total", "9,000");
    grid.set("d:VAX_PRIMARY/FAR_NORTH/2023-01/total", "12,000");
    site.done(&grid).await;
    let fields = [
        ("name", "Example: more whānau are well"),
        ("indicators", "VAX_PRIMARY"),
        ("priority", "yes"),
        ("why", "Example: our hui asked for it"),
        ("by", "Example: leadership group"),
    ];
    add(&site, RecordKind::Outcome, &fields).await;
    let named = [("name", "Example: not named"), ("why", "unsaid")];
    add(&site, RecordKind::Outcome, &named).await;
    for (value, area) in [("90", "FAR_NORTH"), ("80", "")] {
        let fields = [
            ("indicator", "VAX_PRIMARY"),
            ("value", value),
            ("period", "2023-12"),
            ("area", area),
        ];
        add(&site, RecordKind::Target, &fields).await;
    }
    let (_, page) = site.get("/plan").await;
    let page: Vec<&str> = page.split_whitespace().collect();
    let page = page.join(" ");
    let parts = [
        "75.0 %",
        "80 % by December 2023 (our own; its date, December 2023, has passed)",
        "90 % by December 2023 for Far North District (our own; its",
        "<b>Named as a priority</b> “Example: our hui asked for it”",
        "decided by Example: leadership group, ",
        "<div class=\"sparkbox\"><svg",
        "</span> not named",
    ];
    for part in parts {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(page.matches("Named as a priority").count(), 1);
    assert!(
        !page.contains("unsaid") && !page.contains("FAR_NORTH"),
        "{page}"
    );
    // Nothing is said of an outcome that is no priority.
    for word in ["not a priority", "no priority", "Not now"] {
        assert!(!page.contains(word), "{word}");
    }
    let (_, page) = site.get("/plan?kind=targets").await;
    assert!(page.contains("Completed primary course"), "{page}");
    assert!(page.contains("for Far North District"), "{page}");
    let (_, page) = site.get("/indicators/VAX_PRIMARY").await;
    let own = "Our own: 90\u{a0}% by December 2023 for Far North District";
    assert!(page.contains(own), "{page}");
    // A filter of actions keeps what was searched for.
    let (_, page) = site.get("/plan?q=hui&status=testing").await;
    let kept = "/plan?show=due&#38;status=testing&#38;q=hui";
    assert!(page.contains(kept), "{page}");
    let (_, page) = site.get("/plan?q=hui").await;
    assert!(page.contains("more whānau are well"), "{page}");
}

#[tokio::test]
async fn insights_are_found_by_words_theme_and_indicator() {
    let site = Site::open().await;
    let fields = [("name", "Example: well"), ("indicators", "VAX_PRIMARY")];
    let outcome = add(&site, RecordKind::Outcome, &fields).await;
    let fields = [("name", "Example: van"), ("outcomes", outcome.as_str())];
    let van = add(&site, RecordKind::Initiative, &fields).await;
    let fields = [
        ("text", "Example: the van comes to the māra"),
        ("themes", "transport; seasonal work"),
        ("heard_on", "2026-11-03"),
        ("initiatives", van.as_str()),
    ];
    add(&site, RecordKind::Insight, &fields).await;
    let fields = [("text", "Example: evenings suit us"), ("themes", "time")];
    add(&site, RecordKind::Insight, &fields).await;
    let (_, page) = site.get("/insights").await;
    let newest_first = [
        "</span> evenings suit us",
        "</span> the van comes",
        "heard 3 November 2026",
    ];
    assert!(in_order(&page, &newest_first), "{page}");
    for query in ["q=mara", "theme=transport", "indicator=VAX_PRIMARY"] {
        let (_, page) = site.get(&format!("/insights?{query}")).await;
        assert!(page.contains("the van comes"), "{query}: {page}");
        assert!(!page.contains("evenings suit us"), "{query}: {page}");
    }
    for text in 0..31 {
        let text = format!("Example: number {text} of many");
        add(&site, RecordKind::Insight, &[("text", &text)]).await;
    }
    let (_, page) = site.get("/insights?q=many").await;
    assert!(
        page.contains("href=\"/insights?q=many&#38;page=2\""),
        "{page}"
    );
    assert!(!page.contains("number 0 of many"), "{page}");
    let (_, page) = site.get("/insights?q=many&page=2").await;
    assert!(page.contains("number 0 of many"), "{page}");
    let (status, _) = site.get("/insights?page=900").await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn today_asks_for_what_is_due_and_what_is_to_be_decided() {
    let site = Site::open().await;
    let (late, soon) = (in_days(&site, -2).await, in_days(&site, 1).await);
    let fields = [("what", "Example: ask the league"), ("due", late.as_str())];
    add(&site, RecordKind::Action, &fields).await;
    let fields = [("what", "Example: book the hall"), ("due", soon.as_str())];
    add(&site, RecordKind::Action, &fields).await;
    let far = in_days(&site, 40).await;
    let fields = [("what", "Example: far away"), ("due", far.as_str())];
    add(&site, RecordKind::Action, &fields).await;
    let (_, page) = site.get("/").await;
    let tasks = [
        "2 days late",
        "ask the league",
        "due tomorrow",
        "book the hall",
        "to decide",
        "take part in",
    ];
    assert!(in_order(&page, &tasks), "{page}");
    assert!(!page.contains("far away"), "{page}");
    let number = "<span class=\"n due\">1<span class=\"vh\"> late</span>";
    assert!(page.contains(number), "{page}");
    assert!(page.contains("data-events=\"/events\""), "{page}");
}

#[tokio::test]
async fn what_stays_here_is_counted_as_it_is_listed() {
    let site = Site::open().await;
    site.adopt("team").await;
    let fields = [("name", "Example: well"), ("audience", "team")];
    add(&site, RecordKind::Outcome, &fields).await;
    let (_, page) = site.get("/sharing").await;
    let (_, stays) = page.split_once("id=\"stays\"").unwrap();
    let (stays, _) = stays.split_once("id=\"waits\"").unwrap();
    assert!(stays.contains("<p class=\"big\">2 "), "{stays}");
    for kind in ["decisions about indicators: 1", "outcomes: 1"] {
        assert!(stays.contains(kind), "{kind}: {stays}");
    }
}

#[tokio::test]
async fn an_outcome_chooses_its_indicators_and_insights_offer_those_they_are_about() {
    let site = Site::open().await;
    let (_, page) = site.get(&plan::add_href(RecordKind::Outcome)).await;
    let choice = "type=\"checkbox\" name=\"indicators\" value=\"VAX_PRIMARY\"";
    assert!(page.contains(choice), "{page}");
    let mut ids = Vec::new();
    for code in ["VAX_PRIMARY", "HEAT_MAIN"] {
        let outcome = [("name", code), ("indicators", code)];
        let outcome = add(&site, RecordKind::Outcome, &outcome).await;
        let work = [
            ("name", code),
            ("status", "testing"),
            ("outcomes", &outcome),
        ];
        ids.push(add(&site, RecordKind::Initiative, &work).await);
    }
    let told = [
        ("text", "Example: warm"),
        ("initiatives", &ids[0]),
        ("audience", "team"),
    ];
    add(&site, RecordKind::Insight, &told).await;
    let (_, page) = site.get("/insights").await;
    assert!(page.contains("<option value=\"VAX_PRIMARY\""), "{page}");
    assert!(!page.contains("<option value=\"HEAT_MAIN\""), "{page}");
    // Consent may stay empty here alone, and the label says so.
    let (_, page) = site.get("/insights/add").await;
    let needed = "(needed unless it is for our team only)";
    assert_eq!(page.matches(needed).count(), 2, "{page}");
}
