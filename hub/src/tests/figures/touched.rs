//! A change writes its own rows, and a change of the network none.

use weft_shared::{model::observation::Status, time::Timestamp};

use super::{sums::settled, *};
use crate::{
    aggregate::reader::Reader,
    app::{AreaWord, Said},
    figures::LevelWord,
    kit::THEN,
    store::StoreError,
};

const WATCHED: [&str; 6] = [
    "facts",
    "sums",
    "series",
    "slices",
    "places",
    "year_documents",
];

/// From now on the writer counts the rows that it writes into these tables.
async fn watch(app: &AppHandle) {
    let watched = app.shared.store.write(|conn| {
        conn.execute_batch("CREATE TEMP TABLE touched (name TEXT NOT NULL)")?;
        for name in WATCHED {
            for what in ["INSERT", "UPDATE", "DELETE"] {
                conn.execute_batch(&format!(
                    "CREATE TEMP TRIGGER {name}_{what} AFTER {what} ON main.{name}
                     BEGIN INSERT INTO touched VALUES ('{name}'); END"
                ))?;
            }
        }
        Ok::<_, StoreError>(())
    });
    watched.await.unwrap();
}

/// The number of rows written since the last call, by table, once all is in the sums.
async fn touched(app: &AppHandle) -> BTreeMap<String, usize> {
    app.rollup(RollupQuery::default()).await.unwrap().unshown();
    settled(app).await;
    let rows = app.shared.store.write(|conn| {
        let mut query = conn.prepare("SELECT name FROM touched")?;
        let names: Vec<String> = query
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        conn.execute("DELETE FROM touched", [])?;
        Ok::<_, StoreError>(names)
    });
    let mut counts = BTreeMap::new();
    for name in rows.await.unwrap() {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

/// The slices whose sums do not give the figure that their facts do.
async fn differing(app: &AppHandle) -> Vec<String> {
    let read = app.counted(|at| Ok(Reader::new(at.conn, &at.network)?.differing(100)?));
    read.await.unwrap().0
}

async fn put(app: &AppHandle, name: &str, areas: &[&str], since: &str) {
    let areas = areas.iter();
    let areas = areas.map(|area| AreaWord::parse(&format!("{area}=Area")).unwrap());
    let said = Said {
        code: "FN".parse().unwrap(),
        name: name.to_owned(),
        name_mi: None,
        areas: areas.collect(),
        aliases: Vec::new(),
        since: Some(since.parse().unwrap()),
        ends: false,
    };
    let plan = app.plan_location(said).unwrap();
    app.put_location(plan).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_writes_its_own_rows_and_the_network_none() {
    let (_dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH", "SOUTH"]).await;
    let mut device = Device::found(&app, &code).await;
    let waits = kit::add_location(&app, "WK", &[]).await;
    let _waits = Device::unconfirmed(&app, &waits).await;
    for (area, month) in [
        ("FAR_NORTH", "2023-05"),
        ("SOUTH", "2023-05"),
        ("FAR_NORTH", "2023-06"),
    ] {
        let entry = device.edit(
            "observations/2023",
            observe(area, month, statement(hash, 5)),
        );
        device.push(&app, entry).await;
    }
    app.rollup(RollupQuery::default()).await.unwrap().unshown();
    settled(&app).await;
    watch(&app).await;
    let estimated = Statement {
        status: Status::Estimated,
        ..statement(hash, 6)
    };
    for (one, sums) in [(statement(hash, 7), 1), (estimated, 2)] {
        let entry = device.edit("observations/2023", observe("SOUTH", "2023-05", one));
        device.push(&app, entry).await;
        // The row of the fact is taken away and put.
        let counts = touched(&app).await;
        let of = |name: &str| counts.get(name).copied();
        assert_eq!(
            (of("facts"), of("sums")),
            (Some(2), Some(sums)),
            "{counts:?}"
        );
        assert!(counts.values().sum::<usize>() <= 4, "{counts:?}");
    }
    let before = values(&app).await;
    let nothing = BTreeMap::new();
    put(
        &app,
        "Example: renamed",
        &["FAR_NORTH", "SOUTH"],
        "2020-01-01",
    )
    .await;
    assert_eq!(touched(&app).await, nothing);
    put(&app, "Example: renamed", &["FAR_NORTH"], "2023-05-02").await;
    assert_eq!(touched(&app).await, nothing);
    assert_ne!(values(&app).await, before, "an area has ended");
    // Its statement is in a sum still, and is taken out when that is read.
    assert_eq!(differing(&app).await, [""; 0]);
    app.confirm_location(&waits).await.unwrap();
    assert_eq!(touched(&app).await, nothing);
    let second = kit::DEFINITIONS.replace("version = 1", "version = 2");
    let mapping = "[indicator.from]\nversion = 1\nmapping = \"exact\"\nreason = \"Same\"\n";
    let second = format!("{second}{mapping}");
    app.import_definitions(&second).await.unwrap();
    assert_eq!(touched(&app).await, nothing);
}

/// When the latest statement of the network's figure was made, which is read from sums.
async fn updated_at(app: &AppHandle) -> Option<Timestamp> {
    let of_network = RollupQuery {
        level: Some(LevelWord::Network),
        ..RollupQuery::default()
    };
    let figures = app.rollup(of_network).await.unwrap().unshown().figures;
    assert_eq!(figures.len(), 1);
    figures[0].cell.updated_at
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_is_not_as_new_as_what_an_area_that_ended_said() {
    let (_dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH", "SOUTH"]).await;
    let mut device = Device::found(&app, &code).await;
    let day_after = THEN.plus_ms(86_400_000);
    for (area, now) in [("FAR_NORTH", THEN), ("SOUTH", day_after)] {
        device.now = now;
        let edit = observe(area, "2023-05", statement(hash, 5));
        let entry = device.edit("observations/2023", edit);
        device.push(&app, entry).await;
    }
    assert_eq!(updated_at(&app).await, Some(day_after));
    assert_eq!(settled(&app).await, 1);
    assert_eq!(updated_at(&app).await, Some(day_after));
    put(&app, "Example: FN", &["FAR_NORTH"], "2023-05-02").await;
    assert_eq!(updated_at(&app).await, Some(THEN));
    assert_eq!(differing(&app).await, [""; 0]);
}
