//! The pages of locations and of insights.

use axum::http::StatusCode;
use weft_shared::{
    id::LocationCode,
    model::{
        Audience,
        profile::{Adoption, AdoptionStatus},
        record::FieldValue,
        schema::RecordKind,
    },
};

use super::{
    records::{id, put_words},
    web::{HOSTILE, Scene},
};
use crate::kit::{self, Device};

/// Says something with these themes at the scene's location. Returns the id.
async fn say(scene: &mut Scene, (number, audience): (u8, Audience), text: &str, theme: &str) {
    let words = put_words(&scene.app, &scene.device, u64::from(number), text).await;
    let mut fields = words.fields();
    let set = FieldValue::Set([theme.to_owned()].into());
    fields.insert("themes".to_owned(), set);
    fields.insert(
        "heard_on".to_owned(),
        format!("2026-11-0{number}").as_str().into(),
    );
    let entry = scene.device.edit("insights/2026", |editor| {
        editor.put_record(RecordKind::Insight, &id(number), audience, &fields)
    });
    scene.device.push(&scene.app, entry).await;
}

async fn subjects(scene: &Scene) -> Vec<(String, String)> {
    let rows = scene.app.reads(1_000).await.unwrap().into_iter();
    rows.map(|row| (row.code, row.subject)).collect()
}

/// Words on the page of the scene's location.
const SHOWN: [&str; 21] = [
    "<h1>Example: FN</h1>",
    "towards: Example: warm homes · 1 action, 1 overdue",
    "</svg>prototyping</span>",
    "<p>Example: policies",
    "Evidence: Example: minutes",
    "an opportunity · local government could act",
    "for families",
    "90.0\u{a0}% by 2024",
    "its date has passed",
    "“<span\nclass=\"eg\">Example:</span> cold rooms”",
    "housing · heard 1 November 2026",
    "<dt>Insights</dt><dd>1</dd>",
    "March 2023, three years old</td><td class=\"num\"><b>85.0\u{a0}%</b></td>",
    "<td class=\"num\">this location alone</td>",
    "href=\"/coverage?location=FN\"",
    "Last heard from",
    "<b>Named as a priority, decided by Example: the team</b>",
    "<span class=\"words\">“Example: damp”</span>",
    "data-print hidden>Report for print</button>",
    "<a href=\"/locations/FN.csv\">",
    "all have the same time, January 2023 to March 2023.",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_location_has_a_page_of_what_it_shared() {
    let mut scene = Scene::new().await;
    let outcome = [
        ("name", "Example: warm homes"),
        ("population", "families"),
        ("priority", "yes"),
        ("why", "Example: damp"),
        ("by", "Example: the team"),
    ];
    let outcome = scene.record(RecordKind::Outcome, 2, &outcome).await;
    let initiative = [
        ("name", "Example: curtain bank"),
        ("status", "prototyping"),
        ("outcomes", outcome.as_str()),
    ];
    let initiative = scene.record(RecordKind::Initiative, 3, &initiative).await;
    let action = [
        ("what", "Example: find a room"),
        ("due", "2026-01-01"),
        ("initiative", initiative.as_str()),
    ];
    scene.record(RecordKind::Action, 4, &action).await;
    let marker = [
        ("condition", "Example: policies"),
        ("evidence", "Example: minutes"),
    ];
    scene.record(RecordKind::Marker, 5, &marker).await;
    let chance = [
        ("what", "Example: an empty hall"),
        ("who", "local_government"),
    ];
    scene.record(RecordKind::Opportunity, 6, &chance).await;
    let target = [
        ("indicator", "VAX_PRIMARY"),
        ("value", "90"),
        ("period", "2024"),
    ];
    scene.record(RecordKind::Target, 7, &target).await;
    say(
        &mut scene,
        (1, Audience::Network),
        "Example: cold rooms",
        "housing",
    )
    .await;
    say(
        &mut scene,
        (2, Audience::Team),
        "Example: for us alone",
        "housing",
    )
    .await;

    let page = scene.get("/locations/FN").await.body;
    for shown in SHOWN {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(
        !page.contains("for us alone") && !page.contains(HOSTILE),
        "{page}"
    );
    let work = page.find("What it works on").unwrap();
    assert!(
        work < page.find("About the place").unwrap(),
        "its own words come first"
    );
    let row = ("FN".to_owned(), "/locations/FN".to_owned());
    assert_eq!(subjects(&scene).await, [row]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_of_a_location_are_a_file() {
    let scene = Scene::new().await;
    let of_all = scene
        .get("/indicators/VAX_PRIMARY.csv?level=location")
        .await;
    let file = scene.get("/locations/FN.csv").await;
    // No other location reports, and nothing but this indicator.
    assert_eq!(file.body, of_all.body);
    assert!(file.body.contains(",FN,"), "{}", file.body);
    assert!(!file.body.contains(",network,"), "its own level alone");
    let name = file.header("content-disposition");
    assert!(name.contains("\"FN-not-for-publication.csv\""), "{name}");
    let workbook = scene.get("/locations/FN.xlsx").await;
    assert_eq!(workbook.status, StatusCode::OK);
    let read = ("FN".to_owned(), "/locations/FN.csv".to_owned());
    assert!(subjects(&scene).await.contains(&read));
    for (path, status) in [
        ("/locations/FN.csv?page=2", StatusCode::BAD_REQUEST),
        ("/locations/NONE.csv", StatusCode::NOT_FOUND),
        ("/locations/%3Cscript%3E.csv", StatusCode::NOT_FOUND),
    ] {
        let answer = scene.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(!answer.body.contains("<script>"), "{path}");
    }
    let empty = scene.get("/locations/WT.csv").await;
    assert_eq!(
        (empty.status, empty.body.lines().count()),
        (StatusCode::OK, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_beside_others_is_compared_before_rounding() {
    let mut scene = Scene::new().await;
    let other = LocationCode::parse("WT").unwrap();
    let first = std::mem::replace(&mut scene.device, Device::found(&scene.app, &other).await);
    scene.adopt(scene.definition).await;
    scene.observe("WT", "2023-03", Some(300), 1_000).await;
    let page = scene.get("/locations/WT").await.body;
    let row = "<b>30.0\u{a0}%</b></td><td class=\"num\">57.5\u{a0}%</td>\
               <td class=\"num\">−27.5 points</td>";
    assert!(page.contains(row), "{page}");
    assert!(page.contains("<span class=\"chip line\">first figure</span>"));
    assert!(page.contains("one, under its own name"));
    drop(first);
    // A location that declines says why in its own words.
    let adoption = Adoption {
        status: AdoptionStatus::Declined,
        definition: scene.definition,
        audience: Audience::Network,
        reason: Some("Example: others here lead on it".to_owned()),
        releases: None,
        open: None,
    };
    let entry = scene.device.edit("profile", |editor| {
        editor.put_adoption(&"VAX_PRIMARY".parse().unwrap(), &adoption)
    });
    scene.device.push(&scene.app, entry).await;
    let page = scene.get("/locations/WT").await.body;
    assert!(page.contains("“Example: others here lead on it”"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_that_shared_nothing_is_read_of_nothing() {
    let scene = Scene::new().await;
    let page = scene.get("/locations/WT").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body.contains("It has not joined yet."),
        "{}",
        page.body
    );
    for path in [
        "/locations/NONE",
        "/locations/%3Cscript%3E",
        "/insights/FN/1",
        "/insights/XX/1",
    ] {
        let page = scene.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!page.body.contains("<script>"), "{path}");
    }
    let asked = scene.get("/locations/FN?as_of=2024-01-01").await;
    assert_eq!(asked.status, StatusCode::BAD_REQUEST);
    assert_eq!(subjects(&scene).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn locations_are_found_by_name_code_and_area() {
    let scene = Scene::new().await;
    kit::add_location(&scene.app, "OP", &["OPOTIKI"]).await;
    let all = scene.get("/locations").await.body;
    assert!(
        all.contains("3 locations in the order of their codes"),
        "{all}"
    );
    assert!(all.contains("<a class=\"loc\" href=\"/locations/WT\">"));
    assert!(
        all.contains("<td class=\"num\">1</td><td class=\"num\">1</td><td class=\"num\">0</td>")
    );
    let found = scene.get("/locations?q=op%C5%8Dtiki").await.body;
    assert!(found.contains("/locations/OP\"") && !found.contains("/locations/FN\""));
    let none = scene.get("/locations?q=%3Cb%3E").await.body;
    assert!(none.contains("No location has “&#60;b&#62;”"), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn insights_are_found_by_words_theme_indicator_and_location() {
    let mut scene = Scene::new().await;
    let empty = scene.get("/insights").await.body;
    assert!(
        empty.contains("No location has shared an insight yet."),
        "{empty}"
    );
    assert_eq!(subjects(&scene).await, []);

    let outcome = [
        ("name", "Example: warm homes"),
        ("indicators", "VAX_PRIMARY"),
    ];
    let outcome = scene.record(RecordKind::Outcome, 2, &outcome).await;
    let initiative = [("name", "Example: bank"), ("outcomes", outcome.as_str())];
    let initiative = scene.record(RecordKind::Initiative, 3, &initiative).await;
    say(
        &mut scene,
        (1, Audience::Network),
        "Example: kōrero about buses",
        "transport",
    )
    .await;
    say(&mut scene, (2, Audience::Network), HOSTILE, "housing").await;
    say(
        &mut scene,
        (3, Audience::Network),
        &"long words ".repeat(60),
        "housing",
    )
    .await;
    let entry = scene.device.edit("insights/2026", |editor| {
        let initiatives = FieldValue::Set([initiative.clone()].into());
        let fields = [("initiatives".to_owned(), initiatives)].into();
        editor.put_record(RecordKind::Insight, &id(1), Audience::Network, &fields)
    });
    scene.device.push(&scene.app, entry).await;

    let page = scene.get("/insights").await.body;
    assert!(page.contains("3 insights that locations shared"), "{page}");
    assert!(!page.contains("<script>alert"));
    assert!(
        page.contains("<a href=\"/indicators/VAX_PRIMARY\">"),
        "{page}"
    );
    let places = ["long words", "=1+1", "kōrero"].map(|words| page.find(words).unwrap());
    assert!(places.is_sorted(), "newest first");
    assert!(page.contains("words …”") && page.contains("in full"));
    for (asked, found) in [
        ("q=KORERO", "kōrero"),
        ("theme=transport", "kōrero"),
        ("indicator=VAX_PRIMARY", "kōrero"),
        ("location=FN&q=buses", "kōrero"),
    ] {
        let page = scene.get(&format!("/insights?{asked}")).await.body;
        assert!(
            page.contains(found) && page.contains("1 of 3 insights fit."),
            "{asked}: {page}"
        );
    }
    let none = scene.get("/insights?q=nowhere").await.body;
    assert!(none.contains("No insight fits."), "{none}");
    let whole = scene.get(&format!("/insights/FN/{}", id(3))).await.body;
    assert_eq!(whole.matches("long words").count(), 60, "{whole}");
    let mut read = subjects(&scene).await;
    read.sort();
    let row = |subject: String| ("FN".to_owned(), subject);
    let expected = ["/insights".to_owned(), format!("/insights/FN/{}", id(3))].map(row);
    assert_eq!(read, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insight_that_was_taken_back_is_one_line() {
    let mut scene = Scene::new().await;
    say(
        &mut scene,
        (1, Audience::Network),
        "Example: said and unsaid",
        "housing",
    )
    .await;
    let entry = scene.device.edit("insights/2026", |editor| {
        editor.withdraw(RecordKind::Insight, &id(1))
    });
    scene.device.push(&scene.app, entry).await;
    let gone = "An insight from Example: FN was taken back. Its words are gone.";
    let page = scene.get("/insights").await.body;
    assert!(page.contains(gone) && !page.contains("unsaid"), "{page}");
    assert!(!page.contains(">housing"), "nor its theme: {page}");
    assert!(
        !scene
            .get("/insights?theme=housing")
            .await
            .body
            .contains(gone)
    );
    let own = scene.get(&format!("/insights/FN/{}", id(1))).await.body;
    assert!(
        own.contains("It was taken back.") && !own.contains("housing"),
        "{own}"
    );
    let page = scene.get("/locations/FN").await.body;
    assert!(page.contains("<dt>Insights</dt><dd>0</dd>"), "{page}");
}
