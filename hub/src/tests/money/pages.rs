//! The pages of money: each sum once, both statements where teams differ, and readings recorded.

use axum::http::StatusCode;
use weft_shared::{
    document::Editor,
    model::{Audience, schema::RecordKind},
};

use super::{adding, files::data, hub_of_nine, ok};
use crate::{
    kit::{self, Device},
    tests::{aligned::money, records::id, web::Scene},
};

/// The words of a page, without its markup.
fn words(page: &str) -> String {
    let mut words = String::new();
    let mut inside = false;
    for letter in page.chars() {
        match letter {
            '<' => inside = true,
            '>' => {
                inside = false;
                words.push(' ');
            }
            _ if !inside => words.push(letter),
            _ => {}
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn get(scene: &Scene, path: &str) -> (StatusCode, String) {
    let answer = scene.get(path).await;
    (answer.status, answer.body)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_money_counts_published_funding_once() {
    let scene = Scene::new().await;
    let (status, page) = get(&scene, "/money").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("No team has stated an investment yet"),
        "{page}"
    );
    for code in ["EC", "HV", "IN", "OC", "RT", "SA", "WR"] {
        kit::add_location(&scene.app, code, &[]).await;
    }
    let file = data("hfnz-published-funding.csv");
    ok(&scene.app, &["investment", "import", &file]).await;
    let (status, page) = get(&scene, "/money?period=FY2016").await;
    assert_eq!(status, StatusCode::OK);
    let page = words(&page);
    // Two contracts are for one location each; the rest is shared by nine. Nothing is phased.
    let sums =
        "In force, not divided by year, by location 6,596,420 33,403,580 0 40,000,000 16.5 %";
    assert!(page.replace('\u{a0}', " ").contains(sums), "{page}");
    assert!(
        !page.contains("46,596,420") && !page.contains("Committed in the period"),
        "{page}"
    );
    let (status, page) = get(&scene, "/money?period=soon").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("Error:"), "{page}");
    // An error that repeats what was typed is not turned by it.
    let (_, page) = get(&scene, "/money?period=%E2%80%AEsoon").await;
    assert!(
        page.contains("SOON") && !page.contains('\u{202e}'),
        "{page}"
    );
    let (status, page) = get(&scene, "/money.csv?period=soon").await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{page}");
    let (status, _) = get(&scene, "/money?sort=amount").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    // The lines of the file add up to the total.
    let (_, csv) = get(&scene, "/money.csv?period=FY2016").await;
    let mut reader = csv::Reader::from_reader(csv.trim_start_matches('\u{feff}').as_bytes());
    let headings = reader.headers().unwrap().clone();
    let at = |name: &str| headings.iter().position(|one| one == name).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let counting = rows.iter().filter(|row| &row[at("counts")] == "true");
    let sum: i64 = counting
        .map(|row| row[at("amount")].parse::<i64>().unwrap())
        .sum();
    assert_eq!((rows.len(), sum), (3, 40_000_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_investments_have_pages_and_analysts_get_released_ones() {
    let scene = Scene::new().await;
    for (identifier, audience) in [
        ("EX-1", "network"),
        ("EX-2", "released"),
        ("EX-3", "released"),
    ] {
        ok(
            &scene.app,
            &adding(identifier, "5", &["--audience", audience]),
        )
        .await;
    }
    let first = scene.read("/api/v1/investments?limit=2").await.json();
    let names = |page: &serde_json::Value| -> Vec<String> {
        let rows = page["data"].as_array().unwrap().iter();
        rows.map(|row| row["identifier"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&first), ["EX-1", "EX-2"]);
    let next = first["next"].as_str().unwrap();
    let rest = scene
        .read(&format!("/api/v1/investments?limit=2&cursor={next}"))
        .await;
    assert_eq!(names(&rest.json()), ["EX-3"]);
    assert!(rest.json()["next"].is_null());
    for wrong in [
        "cursor=***",
        "limit=0",
        "as_of=soon",
        "sort=amount",
        "format=xlsx",
    ] {
        let answer = scene.read(&format!("/api/v1/investments?{wrong}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let released = scene
        .app
        .counted(|at| at.released_money())
        .await
        .unwrap()
        .unshown();
    let released = released.0.into_iter();
    let released: Vec<_> = released
        .filter_map(|one| one.investment.identifier)
        .collect();
    assert_eq!(released, ["EX-2", "EX-3"]);
}

/// Another location may give a record the id of ours: it takes no page of ours over.
#[tokio::test(flavor = "multi_thread")]
async fn a_copied_id_takes_no_page_over() {
    let mut scene = Scene::new().await;
    let copier = kit::add_location(&scene.app, "AA", &[]).await;
    let mut copier = Device::found(&scene.app, &copier).await;
    let ours = |title: &'static str| {
        move |editor: &mut Editor<'_>| {
            let fields = money(title, "90000");
            editor.put_record(RecordKind::Investment, &id(7), Audience::Network, &fields)
        }
    };
    let entry = scene.device.edit("money", ours("Example: ours"));
    scene.device.push(&scene.app, entry).await;
    let entry = copier.edit("money", ours("Example: a copy"));
    copier.push(&scene.app, entry).await;
    let (_, page) = get(&scene, "/money?period=FY2027").await;
    for (code, title) in [("FN", "ours"), ("AA", "a copy")] {
        let path = format!("/money/{}?by={code}", id(7));
        assert!(page.contains(&format!("href=\"{path}\"")), "{page}");
        let (status, page) = get(&scene, &path).await;
        assert_eq!(status, StatusCode::OK);
        let page = words(&page);
        assert!(page.contains(&format!("stated by {code}")), "{page}");
        assert!(page.contains(title) && !page.contains("Who else"), "{page}");
    }
    // Without a location it may be either, so it is neither.
    let (status, _) = get(&scene, &format!("/money/{}", id(7))).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_investment_without_end_and_too_large_parts_stop_no_page() {
    let mut scene = Scene::new().await;
    // The national team has it at that location, so a part there is taken off.
    ok(&scene.app, &adding("EX-1", "100", &["--locations", "FN"])).await;
    let mut fields = money("Example: a part", "130");
    fields.insert("part_of".to_owned(), "EX-1".into());
    fields.insert("to".to_owned(), "2999-12-31".into());
    let entry = scene.device.edit("money", |editor| {
        editor.put_record(RecordKind::Investment, &id(7), Audience::Network, &fields)
    });
    scene.device.push(&scene.app, entry).await;
    let (status, page) = get(&scene, "/money?period=FY2027").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let said = "The parts of “Example: fund” are 30 more than it is, and all of them count.";
    assert!(words(&page).contains(said), "{page}");
    // The whole is named by its title, not by its code.
    assert!(words(&page).contains("part of Example: fund"), "{page}");
    let (_, page) = get(&scene, &format!("/money/{}", id(7))).await;
    assert!(words(&page).contains("Part of Example: fund"), "{page}");
}

/// Acceptance 15 on the page: both statements of one contract stand.
#[tokio::test(flavor = "multi_thread")]
async fn a_contract_that_teams_state_differently_shows_both() {
    let mut scene = Scene::new().await;
    ok(
        &scene.app,
        &adding("EX-1", "100000", &["--locations", "FN"]),
    )
    .await;
    let mut fields = money("Example: ours", "90000");
    fields.insert("identifier".to_owned(), "EX-1".into());
    let entry = scene.device.edit("money", |editor| {
        editor.put_record(RecordKind::Investment, &id(7), Audience::Network, &fields)
    });
    scene.device.push(&scene.app, entry).await;
    let (_, page) = get(&scene, "/money?period=FY2027").await;
    let page = words(&page);
    assert!(
        page.contains("100,000 (provisional: 90,000 to 100,000)"),
        "{page}"
    );
    assert!(page.contains("FN says 90,000"), "{page}");
    let (status, page) = get(&scene, &format!("/money/{}", id(7))).await;
    assert_eq!(status, StatusCode::OK);
    let page = words(&page);
    assert!(
        page.contains("stated by FN") && page.contains("Who else states it"),
        "{page}"
    );
    assert!(
        page.contains("the national team says 100,000, which counts"),
        "{page}"
    );
    for path in ["/money/none", "/money/01980000-0000-7000-8000-000000000001"] {
        let (status, _) = get(&scene, path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
    let reads = scene.app.read(|at| at.reads(50)).await.unwrap();
    let of_money = reads.iter().filter(|row| row.subject.starts_with("/money"));
    assert!(
        of_money.clone().count() >= 2,
        "what a location stated is read"
    );
    assert!(of_money.clone().all(|row| row.code == "FN"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_investment_that_two_teams_state_ends_once() {
    let mut scene = Scene::new().await;
    let zone = scene.app.read(|at| Ok(at.zone())).await.unwrap();
    let today = zone.day(weft_host::clock::now());
    let from = today.first_of_month().to_string();
    let to = today.last_of_month().to_string();
    ok(&scene.app, &adding("EX-1", "100", &["--locations", "FN"])).await;
    ok(&scene.app, &["investment", "edit", "EX-1", "--from", &from]).await;
    ok(&scene.app, &["investment", "edit", "EX-1", "--to", &to]).await;
    let mut fields = money("Example: ours", "90");
    for (name, text) in [("identifier", "EX-1"), ("from", &*from), ("to", &*to)] {
        fields.insert(name.to_owned(), text.into());
    }
    let entry = scene.device.edit("money", |editor| {
        editor.put_record(RecordKind::Investment, &id(7), Audience::Network, &fields)
    });
    scene.device.push(&scene.app, entry).await;
    // It ends within a year of today, whichever period is shown.
    for path in ["/money", "/money?period=FY2018"] {
        let (_, page) = get(&scene, path).await;
        assert_eq!(
            page.matches("Ends ").count(),
            2,
            "the heading and one: {page}"
        );
        assert!(
            words(&page).contains("stated by the national team"),
            "{page}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn identifiers_that_differ_by_case_are_named() {
    let (_dir, app) = hub_of_nine().await;
    // Blanks around an identifier make no other one.
    ok(&app, &adding(" EX-1 ", "100", &[])).await;
    let listed = ok(&app, &["investment", "list", "--json"]).await;
    assert!(listed.contains("\"EX-1\""), "{listed}");
    ok(&app, &adding("ex-1", "70", &[])).await;
    let found = ok(&app, &["investment", "check"]).await;
    let found = found.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in ["EX-1", "ex-1", "by capital letters or in width"] {
        assert!(found.contains(words), "{words}: {found}");
    }
}
