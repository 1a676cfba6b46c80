//! The line of sight at the hub: as a table, a file, a page, and down to the signed entries.

mod missing;
mod page;
mod sums;

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde_json::Value;
use tempfile::TempDir;
use weft_host::output::ExitCode;
use weft_shared::{
    document::EditError,
    model::{
        Audience,
        answer::{Answer, AnswerKey, Stance},
        indicator::Definition,
        observation::{ObservationKey, Status},
        profile::{Adoption, AdoptionStatus},
        record::{FieldValue, Fields},
        schema::RecordKind,
    },
};

use super::{
    aligned::{fields, money, put_line},
    commands::run,
    figures::statement,
    records::id,
    web::Scene,
};
use crate::{
    app::{AppHandle, AreaWord, NewTarget},
    kit::{self, Device},
    sight::{NEEDS, SightAsked},
};

const EXPECTED: &str = include_str!("../../../examples/data/expected-need.csv");
const VACCINATION: &str =
    include_str!("../../../examples/data/nz-vaccination-by-territorial-authority.csv");
const LOCATIONS: &str = include_str!("../../../examples/data/locations.csv");
const DEFINITIONS: [&str; 2] = [
    include_str!("../../../examples/data/indicators.toml"),
    include_str!("../../../examples/data/indicators-prevention.toml"),
];
const CENSUS: &str = "../examples/data/nz-census-prevention.csv";

type Rows = Vec<BTreeMap<&'static str, &'static str>>;

/// The rows of a file without quoted cells.
fn rows(text: &'static str) -> Rows {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let rows = lines.map(|line| names.iter().copied().zip(line.split(',')).collect());
    rows.collect()
}

fn target(indicator: &str, value: i64, period: &str, breakdown: &str) -> NewTarget {
    NewTarget {
        indicator: indicator.parse().unwrap(),
        value: value.into(),
        period: Some(period.parse().unwrap()),
        breakdown: breakdown.to_owned(),
        every_group: false,
        by: None,
        why: "Example: a target to test with".to_owned(),
    }
}

pub(super) async fn outcome(app: &AppHandle, code: &str, headline: &str) {
    let name = format!("Example: {code}");
    let fields = fields(&[("code", code), ("name", &name), ("headline", headline)]);
    app.set_outcome(fields, true).await.unwrap();
}

/// Nine locations that adopted all indicators, each with its device and its areas.
async fn nine(app: &AppHandle, definitions: &[Definition]) -> Vec<(Device, BTreeSet<String>)> {
    let mut all = Vec::new();
    for row in rows(LOCATIONS) {
        let areas = row["area_codes"].split(' ').filter(|code| !code.is_empty());
        let areas: BTreeSet<String> = areas.map(str::to_owned).collect();
        let words = areas.iter();
        let words = words.map(|area| AreaWord::parse(&format!("{area}={area}")).unwrap());
        let code = row["location_code"].parse().unwrap();
        let name = row["name"].to_owned();
        let added = app.add_location(code, name, None, words.collect());
        added.await.unwrap();
        let code = row["location_code"].parse().unwrap();
        let mut device = Device::found(app, &code).await;
        let entry = device.edit("profile", |editor| {
            for definition in definitions {
                let adoption = Adoption {
                    status: AdoptionStatus::Adopted,
                    definition: definition.hash(),
                    audience: Audience::Network,
                    reason: None,
                    releases: None,
                    open: None,
                };
                editor.put_adoption(&definition.code, &adoption)?;
            }
            Ok::<_, EditError>(())
        });
        device.push(app, entry).await;
        all.push((device, areas));
    }
    all
}

/// A figure: its subject, status, numerator and denominator.
type Entered = (ObservationKey, Status, Option<i64>, Option<i64>);

/// Enters the vaccinations of the locations' areas, by year.
async fn vaccinate(app: &AppHandle, one: &mut (Device, BTreeSet<String>), of: &Definition) {
    let mut years: BTreeMap<i16, Vec<Entered>> = BTreeMap::new();
    for row in rows(VACCINATION) {
        let is_wanted = row["indicator_code"] == "VAX_PRIMARY" && row["breakdown_value"] == "12+";
        if !is_wanted || !one.1.contains(row["area_code"]) {
            continue;
        }
        let (area, period) = (row["area_code"], row["period"]);
        let key = format!("VAX_PRIMARY/{area}/{period}/age=12%2B");
        let key: ObservationKey = key.parse().unwrap();
        let status = Some(row["obs_status"]).filter(|word| !word.is_empty());
        let status = status.unwrap_or("A").parse().unwrap();
        let (n, of) = (
            row["numerator"].parse().ok(),
            row["denominator"].parse().ok(),
        );
        let year = years.entry(key.period.reporting_year()).or_default();
        year.push((key, status, n, of));
    }
    let has_none = years.is_empty();
    for area in one.1.iter().filter(|_| has_none) {
        // Auckland's locations say that it was not collected.
        let key = format!("VAX_PRIMARY/{area}/2023-05/age=12%2B")
            .parse()
            .unwrap();
        years
            .entry(2023)
            .or_default()
            .push((key, Status::NotCollected, None, None));
    }
    for (year, stated) in years {
        let entry = one.0.edit(&format!("observations/{year}"), |editor| {
            for (key, status, numerator, denominator) in &stated {
                let said = weft_shared::model::observation::Statement {
                    numerator: numerator.map(Into::into),
                    denominator: denominator.map(Into::into),
                    status: *status,
                    ..statement(of.hash(), 0)
                };
                editor.put_observation(key, &said, None)?;
            }
            Ok::<_, EditError>(())
        });
        one.0.push(app, entry).await;
    }
}

/// Acceptance 3.
#[tokio::test(flavor = "multi_thread")]
async fn the_need_file_is_as_expected_cell_by_cell() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("hub");
    let app = AppHandle::init(&path, kit::options()).await.unwrap();
    for file in DEFINITIONS {
        app.import_definitions(file).await.unwrap();
    }
    let definitions = app.definitions().unwrap();
    let vaccination = definitions
        .iter()
        .find(|one| one.code.as_str() == "VAX_PRIMARY");
    let vaccination = vaccination.unwrap().clone();
    for mut one in nine(&app, &definitions).await {
        vaccinate(&app, &mut one, &vaccination).await;
    }
    let import = ["published", "import", CENSUS, "--publisher", "Stats NZ"];
    let more = ["--licence", "CC BY 4.0", "--as-at", "2019-01-01"];
    let (code, _, err) = run(&app, &[&import[..], &more].concat()).await;
    assert_eq!(code, ExitCode::Ok, "{err}");
    for of in [
        target("SMOKING", 5, "2025", ""),
        target("VAX_PRIMARY", 90, "2023-12", "age=12+"),
    ] {
        app.set_target(of).await.unwrap();
    }
    for (code, headline) in [
        ("SMOKE", "SMOKING"),
        ("VAX", "VAX_PRIMARY"),
        ("VOL", "VOLUNTEERING"),
    ] {
        outcome(&app, code, headline).await;
    }
    let asked = SightAsked {
        period: Some("2023".parse().unwrap()),
        ..SightAsked::default()
    };
    let view = app
        .counted(move |at| at.sight(&asked))
        .await
        .unwrap()
        .unshown();
    let file = String::from_utf8(NEEDS.csv(&view.needs(), false)).unwrap();
    let file: &'static str = file.leak();
    let found = rows(file);
    let mut n = 0;
    for expected in rows(EXPECTED) {
        let key = [
            "location_code",
            "indicator_code",
            "breakdown",
            "breakdown_value",
        ];
        let is = |row: &&BTreeMap<&str, &str>| key.iter().all(|name| row[name] == expected[name]);
        let row = found.iter().find(is);
        let row = row.unwrap_or_else(|| panic!("no row for {expected:?} in {file}"));
        for (name, value) in &expected {
            assert_eq!(row[name], *value, "{name} of {expected:?}");
        }
        n += 1;
    }
    assert_eq!(n, 27);
}

/// Outcomes, a target, a priority and money in the scene of pages.
async fn scene() -> Scene {
    let mut scene = Scene::new().await;
    outcome(&scene.app, "VAX", "VAX_PRIMARY").await;
    let aim = target("VAX_PRIMARY", 90, "2026-12", "age=12+");
    scene.app.set_target(aim).await.unwrap();
    let entry = scene.device.edit("plan", |editor| {
        let shared: Fields = fields(&[
            ("name", "Example: jabs"),
            ("shared", "VAX"),
            ("priority", "yes"),
            ("by", "leadership group"),
        ]);
        editor.put_record(RecordKind::Outcome, &id(11), Audience::Network, &shared)?;
        let own = fields(&[("name", "Example: kai"), ("priority", "yes")]);
        editor.put_record(RecordKind::Outcome, &id(12), Audience::Network, &own)
    });
    scene.device.push(&scene.app, entry).await;
    scene
}

/// Adds an initiative for the location's outcome that is one of the network's, with an action that
/// is overdue and one that is done, and a marker.
async fn work(scene: &mut Scene) {
    let of = FieldValue::Set([id(11).to_string()].into());
    let entry = scene.device.edit("plan", |editor| {
        let mut clinics = fields(&[("name", "Example: clinics"), ("status", "testing")]);
        clinics.insert("outcomes".to_owned(), of.clone());
        editor.put_record(RecordKind::Initiative, &id(13), Audience::Network, &clinics)?;
        let of_clinics = id(13).to_string();
        for (nth, what, state) in [
            (14, "Example: ring", "doing"),
            (15, "Example: sung", "done"),
        ] {
            let said = [("what", what), ("state", state), ("due", "2020-01-01")];
            let mut action = fields(&said);
            action.insert("initiative".to_owned(), of_clinics.as_str().into());
            editor.put_record(RecordKind::Action, &id(nth), Audience::Network, &action)?;
        }
        let mut water = fields(&[("condition", "Example: water"), ("on", "2026-09-01")]);
        water.insert("outcomes".to_owned(), of.clone());
        editor.put_record(RecordKind::Marker, &id(16), Audience::Network, &water)
    });
    scene.device.push(&scene.app, entry).await;
}

async fn sight(app: &AppHandle, arguments: &[&str]) -> Vec<Value> {
    let all = [
        &["line-of-sight", "--period", "FY2027", "--json"],
        arguments,
    ]
    .concat();
    let (code, out, err) = run(app, &all).await;
    assert_eq!(code, ExitCode::Ok, "{err}");
    serde_json::from_str(&out).unwrap()
}

/// Acceptance 4 and 18: one line over three locations is in three cells, and once in the total; an
/// outcome that only a location named has its row.
#[tokio::test(flavor = "multi_thread")]
async fn a_shared_line_is_in_three_cells_and_once_in_the_total() {
    let mut scene = scene().await;
    for code in ["AA", "BB"] {
        kit::add_location(&scene.app, code, &[]).await;
    }
    let entry = scene.device.edit("money", |editor| {
        let mut invested = money("Example contract", "900");
        let all = ["AA", "BB", "FN"].map(str::to_owned);
        invested.insert("locations".to_owned(), FieldValue::Set(all.into()));
        editor.put_record(
            RecordKind::Investment,
            &id(21),
            Audience::Network,
            &invested,
        )?;
        put_line(
            editor,
            &format!("{}/committed/FY2027/AA+BB+FN/VAX", id(21)),
            300,
        )
    });
    scene.device.push(&scene.app, entry).await;
    let rows = sight(&scene.app, &[]).await;
    let shared = |row: &&Value| row["cash_nzd_committed_shared"] == 300;
    let cells: Vec<&Value> = rows
        .iter()
        .filter(shared)
        .map(|row| &row["location_code"])
        .collect();
    assert_eq!(cells, ["AA", "BB", "FN"]);
    assert!(rows.iter().all(|row| row["cash_nzd_committed"].is_null()));
    let (_, text, _) = run(&scene.app, &["line-of-sight", "--period", "FY2027"]).await;
    let sum = "cash NZD, committed: 300 in all = 0 divided + 300 shared.";
    assert!(text.contains(sum), "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    let kai: Vec<&Value> = rows.iter().filter(|row| row["named_by"] == "FN").collect();
    let named: Vec<_> = kai.iter().filter(|row| row["priority"] == "yes").collect();
    assert_eq!(kai[0]["outcome_name"], "Example: kai");
    assert_eq!(named.len(), 1, "FN alone says so: {kai:?}");
    assert_eq!(named[0]["need_reason"], "not measured");
    let last = rows.last().unwrap();
    assert_eq!(
        (&last["outcome"], &last["location_code"]),
        (&"not stated".into(), &"not stated".into())
    );
}

/// Acceptance 9 in part, and 10: the hub has no way to state a priority, and a location's answer
/// stands beside the question, word for word.
#[tokio::test(flavor = "multi_thread")]
async fn the_locations_own_answer_stands_beside_the_question() {
    let mut scene = scene().await;
    let ask = [
        "line-of-sight",
        "--period",
        "FY2027",
        "--outcome",
        "VAX",
        "--location",
        "FN",
    ];
    let (_, text, _) = run(&scene.app, &ask).await;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("Is there money that is not stated here? No answer yet."),
        "{text}"
    );
    let said = "Example: the council pays for it, \"through its own\" programme";
    let entry = scene.device.edit("answers/2026", |editor| {
        let key: AnswerKey = "question/need_no_money/VAX".parse().unwrap();
        let answer = Answer {
            stance: Stance::Explain,
            reason: Some(said.to_owned()),
            by: "leadership group".to_owned(),
            until: None,
            wording: None,
            due: None,
        };
        editor.say(&key, &answer)
    });
    scene.device.push(&scene.app, entry).await;
    let page = scene.read("/investment/VAX?period=FY2027").await.body;
    assert!(page.contains("through its own"), "{page}");
    let file = scene
        .get("/investment/questions.csv?period=FY2027")
        .await
        .body;
    assert!(file.contains("through its own"), "{file}");
    // The hub's record of an outcome has no field for a priority.
    let stated = fields(&[("code", "VAX"), ("priority", "yes")]);
    let refused = scene.app.set_outcome(stated, false).await.unwrap_err();
    assert!(refused.to_string().contains("priority"), "{refused}");
}

/// Acceptance 13.
#[tokio::test(flavor = "multi_thread")]
async fn sorting_by_gap_is_refused_with_why() {
    let scene = scene().await;
    for path in ["/api/v1/sight", "/api/v1/need"] {
        let answer = scene.read(&format!("{path}?sort=gap")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
        let problem = answer.json();
        assert_eq!(problem["parameter"], "sort");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("would be a ranking"), "{detail}");
        let answer = scene
            .read(&format!("{path}?sort=location&period=FY2027"))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        for (wrong, parameter, allowed) in [
            ("outcome=NO", "outcome", "VAX"),
            ("location=QQ", "location", "FN"),
            ("location=n%20o", "location", "FN"),
            ("period=x", "period", "FY2024"),
            ("as_of=2999-01-01", "as_of", "2023-06-01"),
            ("as_of=x", "as_of", "2023-06-01"),
            ("sort=gap", "sort", "location"),
        ] {
            let answer = scene.read(&format!("{path}?{wrong}")).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
            let problem = answer.json();
            assert_eq!(problem["parameter"], parameter);
            let known = problem["allowed"].as_array().unwrap();
            assert!(known.contains(&allowed.into()), "{wrong}: {problem}");
        }
    }
}

/// Every mark of a cell leads to its signed entries: who, on which device, and which entry.
#[tokio::test(flavor = "multi_thread")]
async fn a_cell_is_explained_down_to_the_signed_entries() {
    let mut scene = scene().await;
    let entry = scene.device.edit("money", |editor| {
        let invested = money("Example contract", "900");
        editor.put_record(
            RecordKind::Investment,
            &id(21),
            Audience::Network,
            &invested,
        )?;
        put_line(editor, &format!("{}/spent/FY2027/FN/VAX", id(21)), 40)
    });
    scene.device.push(&scene.app, entry).await;
    work(&mut scene).await;
    let ask = [
        "line-of-sight",
        "explain",
        "--period",
        "FY2027",
        "--outcome",
        "VAX",
        "--location",
        "FN",
        "--json",
    ];
    let (code, out, err) = run(&scene.app, &ask).await;
    assert_eq!(code, ExitCode::Ok, "{err}");
    let rows: Vec<Value> = serde_json::from_str(&out).unwrap();
    // A device and an indicator have their names.
    assert!(!out.contains("by device "), "{out}");
    assert!(out.contains(" by Front desk, entry "), "{out}");
    assert!(out.contains("(VAX_PRIMARY), age=12+: "), "{out}");
    let of = |part: &str| {
        rows.iter()
            .find(|row| row["part"] == part && !row["entry"].is_null())
    };
    for (part, words) in [
        ("priority", "leadership group"),
        ("money", "cash NZD 40 spent"),
    ] {
        let row = of(part).unwrap_or_else(|| panic!("{part} in {out}"));
        assert!(row["what"].as_str().unwrap().contains(words), "{row}");
        assert_eq!(
            (&row["team"], &row["device"]),
            (&"FN".into(), &"Front desk".into())
        );
        assert!(row["at"].is_string());
    }
    // Each record of the work is named with its entry, and nothing that is not counted.
    let signed = rows.iter().filter(|row| !row["entry"].is_null());
    let work = signed.filter(|row| row["part"] == "work");
    let work: Vec<&str> = work.filter_map(|row| row["what"].as_str()).collect();
    assert_eq!(
        work,
        [
            "initiative \"Example: clinics\", testing",
            "action \"Example: ring\", open, overdue since 2020-01-01",
            "marker \"Example: water\", seen on 2026-09-01",
        ]
    );
    let (code, _, err) = run(&scene.app, &["line-of-sight", "explain"]).await;
    assert_eq!(code, ExitCode::Usage);
    assert!(err.contains("--outcome"), "{err}");
}
