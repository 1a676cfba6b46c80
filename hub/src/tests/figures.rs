//! From entries to figures: the same in any order, after a restart, and after a rebuild.

mod moved;
mod summary;
pub(super) mod sums;
mod touched;

use std::collections::BTreeMap;

use weft_shared::{
    document::{EditError, Editor},
    id::{DefinitionHash, LocationCode},
    log::gate::Admission,
    model::{
        Audience,
        number::Number,
        observation::{ObservationKey, Statement, Status},
        profile::{Adoption, AdoptionStatus},
        schema::Container,
    },
};

use crate::{
    app::AppHandle,
    figures::RollupQuery,
    kit::{self, Device},
    store::entries::Appended,
};

pub(super) fn key(area: &str, period: &str) -> ObservationKey {
    format!("VAX_PRIMARY/{area}/{period}/age=12%2B")
        .parse()
        .unwrap()
}

pub(super) fn statement(definition: DefinitionHash, numerator: i64) -> Statement {
    Statement {
        definition,
        numerator: Some(Number::from(numerator)),
        denominator: Some(Number::from(100)),
        value: None,
        status: Status::Normal,
        method: None,
        audience: Audience::Network,
        lower: None,
        upper: None,
        confirmed: Default::default(),
        sign: None,
    }
}

pub(super) async fn definition(app: &AppHandle) -> DefinitionHash {
    app.definitions().unwrap()[0].hash()
}

pub(super) fn adopt(
    definition: DefinitionHash,
) -> impl FnOnce(&mut Editor<'_>) -> Result<(), EditError> {
    move |editor| {
        let adoption = Adoption {
            status: AdoptionStatus::Adopted,
            definition,
            audience: Audience::Network,
            reason: None,
            releases: None,
            open: None,
        };
        editor.put_adoption(&"VAX_PRIMARY".parse().unwrap(), &adoption)
    }
}

pub(super) fn observe(
    area: &str,
    period: &str,
    statement: Statement,
) -> impl FnOnce(&mut Editor<'_>) -> Result<(), EditError> {
    let key = key(area, period);
    move |editor| editor.put_observation(&key, &statement, None)
}

async fn values(app: &AppHandle) -> BTreeMap<String, String> {
    let answer = app.rollup(RollupQuery::default()).await.unwrap().unshown();
    let figures = answer.figures.iter();
    let figures = figures.map(|figure| {
        let (cell, place) = (&figure.cell, figure.location());
        let name = format!("{} {place}", cell.key.period);
        let number = |number: Option<Number>| number.map_or_else(String::new, |n| n.to_string());
        let value = format!(
            "{} {}/{} {}",
            number(cell.value),
            number(cell.numerator),
            number(cell.denominator),
            cell.status.word()
        );
        (name, value)
    });
    figures.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_counts_every_entry_acknowledged_before_it_was_asked() {
    let (dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut device = Device::found(&app, &code).await;
    let entry = device.edit("profile", adopt(hash));
    device.push(&app, entry).await;
    for n in 1..=30 {
        let entry = device.edit(
            "observations/2023",
            observe("FAR_NORTH", "2023-05", statement(hash, n)),
        );
        assert!(matches!(device.push(&app, entry).await, Appended::To(_)));
        let expected = format!("{n} {n}/100 A");
        assert_eq!(values(&app).await["2023-05 FN"], expected);
        assert_eq!(values(&app).await["2023-05 "], expected);
    }
    drop(app);
    let app = kit::reopen(dir.path()).await;
    assert_eq!(values(&app).await["2023-05 FN"], "30 30/100 A");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unconfirmed_location_counts_nowhere() {
    let (_dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut device = Device::unconfirmed(&app, &code).await;
    let entry = device.edit("profile", adopt(hash));
    device.push(&app, entry).await;
    let entry = device.edit(
        "observations/2023",
        observe("FAR_NORTH", "2023-05", statement(hash, 60)),
    );
    device.push(&app, entry).await;
    assert_eq!(values(&app).await, BTreeMap::new());
    app.confirm_location(&code).await.unwrap();
    assert_eq!(values(&app).await["2023-05 "], "60 60/100 A");
}

/// Two locations, one with two devices that contradict each other.
async fn entries(app: &AppHandle) -> Vec<(Device, Vec<Admission>)> {
    let hash = definition(app).await;
    let far_north = kit::add_location(app, "FN", &["FAR_NORTH"]).await;
    let hutt = kit::add_location(app, "HV", &["LOWER_HUTT", "UPPER_HUTT"]).await;
    let mut first = Device::found(app, &far_north).await;
    let mut second = first.second(app).await;
    let mut third = Device::found(app, &hutt).await;
    let mut of_first = vec![first.edit("profile", adopt(hash))];
    for month in 1..=9 {
        let period = format!("2022-0{month}");
        let edit = observe("FAR_NORTH", &period, statement(hash, 10 + month));
        of_first.push(first.edit("observations/2022", edit));
    }
    second.learn("observations/2022", &first);
    let edit = observe("FAR_NORTH", "2022-09", statement(hash, 70));
    let of_second = vec![second.edit("observations/2022", edit)];
    let edit = observe("FAR_NORTH", "2022-09", statement(hash, 71));
    of_first.push(first.edit("observations/2022", edit));
    let mut of_third = vec![third.edit("profile", adopt(hash))];
    for area in ["LOWER_HUTT", "UPPER_HUTT"] {
        let edit = observe(area, "2022-09", statement(hash, 50));
        of_third.push(third.edit("observations/2022", edit));
    }
    vec![(first, of_first), (second, of_second), (third, of_third)]
}

#[tokio::test(flavor = "multi_thread")]
async fn arrival_restart_and_rebuild_leave_no_trace() {
    let (dir, app) = kit::hub().await;
    let logs = entries(&app).await;
    // The second device's entry builds on the first's, so it is held until those arrive.
    let mut held = Vec::new();
    for (device, log) in logs.iter().rev() {
        for admission in log {
            device.push(&app, admission.clone()).await;
        }
        app.rollup(RollupQuery::default()).await.unwrap().unshown();
        held.push(app.status().await.unwrap().held);
    }
    assert_eq!(held, [0, 1, 0]);
    let contested = values(&app).await;
    assert_eq!(
        contested["2022-09 FN"], " /100 P",
        "contested: an interval, no value"
    );
    assert_eq!(contested["2022-08 "], "18 18/100 A");
    let before = app.dump().await.unwrap();
    assert!(before.keys().any(|key| key.starts_with("document")));

    let report = app.rebuild().await.unwrap();
    assert_eq!(report.facts, 11);
    let rebuilt = app.dump().await.unwrap();
    assert_same(&before, &rebuilt);

    drop(app);
    let app = kit::reopen(dir.path()).await;
    assert_same(&before, &app.dump().await.unwrap());
    assert_eq!(app.status().await.unwrap().held, 0);
    assert!(app.doctor().await.unwrap().iter().all(|finding| finding.ok));
}

/// The last entry is damaged on disk, but no figure waits for it.
#[tokio::test]
async fn an_entry_that_cannot_be_read_holds_up_no_figure() {
    let (dir, app) = kit::hub().await;
    for (device, log) in &entries(&app).await {
        for admission in log {
            device.push(&app, admission.clone()).await;
        }
    }
    let figures = values(&app).await;
    drop(app);
    let store = rusqlite::Connection::open(dir.path().join("hub/hub.db")).unwrap();
    let damage = "UPDATE entries SET header = x'00'
                  WHERE hub_seq = (SELECT max(hub_seq) FROM entries)";
    assert_eq!(store.execute(damage, []).unwrap(), 1);
    // Another version derived this, so everything is derived again, as far as it can be read.
    let other = "UPDATE meta SET value = x'30' WHERE key = 'derived_version'";
    store.execute(other, []).unwrap();
    drop(store);
    let app = kit::reopen(dir.path()).await;
    let readable = values(&app).await;
    assert!(!readable.is_empty() && readable.len() <= figures.len());
}

fn assert_same(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) {
    let keys: Vec<_> = one.keys().collect();
    assert_eq!(keys, other.keys().collect::<Vec<_>>());
    for (key, text) in one {
        assert_eq!(text, &other[key], "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_names_the_entries_it_came_from() {
    let (_dir, app) = kit::hub().await;
    for (device, log) in entries(&app).await {
        for admission in log {
            device.push(&app, admission).await;
        }
    }
    let explanation = app.explain(
        "VAX_PRIMARY".parse().unwrap(),
        "2022-08".parse().unwrap(),
        "age=12+".parse().unwrap(),
        Some(LocationCode::parse("FN").unwrap()),
    );
    let explanation = explanation.await.unwrap().unshown().json();
    let statement = &explanation["areas"][0]["statements"][0];
    let entry = statement["entry"].as_str().unwrap();
    assert!(entry.ends_with("/1/9"), "{entry}");
    assert_eq!(statement["numerator"], 18);
}

/// Returns the dump of the network's figures and facts, without the documents.
async fn figures(app: &AppHandle) -> BTreeMap<String, String> {
    let dump = app.dump().await.unwrap().into_iter();
    dump.filter(|(key, _)| !key.starts_with("document"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_document_of_another_year_is_no_observation() {
    let mut all = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]] {
        let (_dir, app) = kit::hub().await;
        let hash = definition(&app).await;
        let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
        let mut device = Device::found(&app, &code).await;
        let entry = device.edit("profile", adopt(hash));
        device.push(&app, entry).await;
        for at in order {
            let (document, numerator) = [
                ("observations/2023", 60),
                ("observations/1999", 90),
                ("observations/2024", 10),
            ][at];
            let stray = statement(hash, numerator).encode();
            let entry = device.edit(document, move |editor| {
                let key = key("FAR_NORTH", "2023-05").to_string();
                editor.put_text(Container::Observations, &key, &stray)
            });
            device.push(&app, entry).await;
            app.rollup(RollupQuery::default()).await.unwrap().unshown();
        }
        assert_eq!(values(&app).await["2023-05 "], "60 60/100 A", "{order:?}");
        let before = figures(&app).await;
        app.rebuild().await.unwrap();
        assert_same(&before, &figures(&app).await);
        all.push(values(&app).await);
    }
    all.dedup();
    assert_eq!(all.len(), 1);
}

/// An indicator with open kinds: every location spells them as it likes.
const OPEN: &str = "\
[[indicator]]
code = \"HEATING\"
version = 1
name = \"Main heating\"
type = \"proportion\"
unit = \"dwellings\"
numerator = \"Dwellings heated so\"
denominator = \"Dwellings\"
factor = 100
direction = \"up\"
period = \"year\"
accountability = \"population\"
class = \"better_off\"
rollup = \"sum\"
person_level = false
source = \"Example\"

[indicator.breakdowns]
kind = [\"*\"]
";

/// Two locations that spell one kind in three ways, with statements about two years.
async fn spelled(app: &AppHandle) -> Vec<(Device, Vec<Admission>)> {
    app.import_definitions(OPEN).await.unwrap();
    let definitions = app.definitions().unwrap();
    let mut heating = definitions
        .iter()
        .filter(|one| one.code.as_str() == "HEATING");
    let hash = heating.next().unwrap().hash();
    let mut logs = Vec::new();
    for (code, area, kinds) in [
        (
            "AA",
            "NORTH",
            [("2022", "Heat pump"), ("2023", "Heat pump")],
        ),
        ("BB", "EAST", [("2022", "heat pump"), ("2023", "Heat Pump")]),
    ] {
        let code = kit::add_location(app, code, &[area]).await;
        let mut device = Device::found(app, &code).await;
        let mut log = Vec::new();
        for (year, kind) in kinds {
            let key = format!("HEATING/{area}/{year}/kind={}", kind.replace(' ', "%20"));
            let key: ObservationKey = key.parse().unwrap();
            let statement = statement(hash, 40);
            log.push(device.edit(&format!("observations/{year}"), move |editor| {
                editor.put_observation(&key, &statement, None)
            }));
        }
        logs.push((device, log));
    }
    logs
}

#[tokio::test(flavor = "multi_thread")]
async fn spellings_of_one_label_are_one_figure_in_any_order() {
    for turned in [false, true] {
        let (_dir, app) = kit::hub().await;
        let mut logs = spelled(&app).await;
        if turned {
            logs.reverse();
        }
        for (device, log) in logs {
            for entry in log {
                device.push(&app, entry).await;
                app.rollup(RollupQuery::default()).await.unwrap().unshown();
            }
        }
        for year in ["2022", "2023"] {
            let figure = &values(&app).await[&format!("{year} ")];
            assert_eq!(figure, "40 80/200 A", "{year}");
        }
        let before = figures(&app).await;
        let shown = before.keys().filter(|key| key.starts_with("figure"));
        let other: Vec<_> = shown.filter(|key| !key.contains("Heat%20Pump")).collect();
        assert!(
            other.is_empty(),
            "one spelling for the whole series: {other:?}"
        );
        app.rebuild().await.unwrap();
        assert_same(&before, &figures(&app).await);
        let (code, year) = ("HEATING".parse().unwrap(), "2022".parse().unwrap());
        let typed = "kind=HEAT PUMP".parse().unwrap();
        let explanation = app.explain(code, year, typed, None).await;
        assert_eq!(explanation.unwrap().unshown().lines.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_two_parts_of_a_year_is_contested_or_one_in_any_order() {
    let mut all = Vec::new();
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let (_dir, app) = kit::hub().await;
        let hash = definition(&app).await;
        let code = kit::add_location(&app, "FN", &["FAR_NORTH", "SOUTH"]).await;
        let mut device = Device::found(&app, &code).await;
        let entry = device.edit("profile", adopt(hash));
        device.push(&app, entry).await;
        for at in order {
            let (document, area, numerator) = [
                ("observations/2023", "FAR_NORTH", 60),
                ("observations/2023/2", "FAR_NORTH", 61),
                ("observations/2023", "SOUTH", 10),
                ("observations/2023/2", "SOUTH", 10),
            ][at];
            let entry = device.edit(
                document,
                observe(area, "2023-05", statement(hash, numerator)),
            );
            device.push(&app, entry).await;
            app.rollup(RollupQuery::default()).await.unwrap().unshown();
        }
        let asked = || app.rollup(RollupQuery::default());
        let contested = asked().await.unwrap().unshown().figures[0].cell.n_contested;
        assert_eq!(contested, 1, "{order:?}");
        let before = figures(&app).await;
        app.rebuild().await.unwrap();
        assert_same(&before, &figures(&app).await);
        let (vax, month) = ("VAX_PRIMARY".parse().unwrap(), "2023-05".parse().unwrap());
        let part = "age=12+".parse().unwrap();
        let explained = app.explain(vax, month, part, None).await.unwrap();
        let explained = explained.unshown();
        let stated = explained.lines.iter().flat_map(|line| &line.sources);
        let entries: Vec<_> = stated.map(|one| one.stated.entry.is_some()).collect();
        assert_eq!(entries, [true; 3], "two stand side by side, two are one");
        // Once both documents settle it, it is one figure again.
        for document in ["observations/2023", "observations/2023/2"] {
            let edit = observe("FAR_NORTH", "2023-05", statement(hash, 62));
            let entry = device.edit(document, edit);
            device.push(&app, entry).await;
        }
        assert_eq!(values(&app).await["2023-05 "], "36 72/200 A");
        all.push(values(&app).await);
    }
    all.dedup();
    assert_eq!(all.len(), 1);
}
