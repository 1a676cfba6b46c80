//! Figures as of a moment, and the words that are in no answer about the past.

use std::time::Duration;

use weft_host::clock;
use weft_shared::{
    log::gate::Admission,
    model::{Audience, observation::Statement},
    time::Timestamp,
};

use super::{
    dropped::{drop_above, files, holds, operate, revoke},
    figures::{adopt, definition, observe, statement},
};
use crate::{
    app::AppHandle,
    figures::RollupQuery,
    kit::{self, Device},
    store::{StoreError, rosters},
};

/// All figures as text, now or as of a moment.
async fn rows(app: &AppHandle, as_of: Option<Timestamp>) -> Vec<String> {
    let query = RollupQuery {
        as_of,
        ..RollupQuery::default()
    };
    let figures = app.rollup(query).await.unwrap().unshown().figures;
    figures
        .iter()
        .map(|one| format!("{:?} {}", one.compared, one.cell.row().join(",")))
        .collect()
}

/// Stores an entry at a moment of its own, in a sync of that day.
async fn push(app: &AppHandle, device: &Device, admission: &Admission) {
    std::thread::sleep(Duration::from_millis(3));
    let location = device.location;
    let synced = app.shared.store.write(move |conn| {
        let lix = rosters::lix(conn, &location)?.unwrap();
        rosters::put_synced(conn, lix, clock::now())
    });
    synced.await.unwrap();
    device.push(app, admission.clone()).await;
}

async fn past(app: &AppHandle) -> u64 {
    let count = "SELECT count(*) FROM past_facts";
    let read = app
        .shared
        .store
        .read(|conn| Ok::<_, StoreError>(conn.query_row(count, [], |row| row.get(0))?));
    read.await.unwrap()
}

/// Numbers that look drawn at random, the same in each run.
fn draw(state: &mut u64, most: u64) -> u64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1);
    (*state >> 33) % most
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_as_of_a_moment_are_those_of_a_hub_that_heard_no_more() {
    for mut seed in 1..=4 {
        let (dir, app) = kit::hub().await;
        let hash = definition(&app).await;
        let code = kit::add_location(&app, "FN", &["FAR_NORTH", "SOUTH"]).await;
        let mut first = Device::found(&app, &code).await;
        let mut second = first.second(&app).await;
        let mut log = vec![(0, first.edit("profile", adopt(hash)))];
        for n in 0..24 {
            let area = ["FAR_NORTH", "SOUTH"][draw(&mut seed, 2) as usize];
            let period = ["2023-04", "2023-05"][draw(&mut seed, 2) as usize];
            let edit = observe(area, period, statement(hash, n + 1));
            let year = "observations/2023";
            if draw(&mut seed, 3) == 0 {
                first.learn(year, &second);
            }
            if draw(&mut seed, 3) == 0 {
                second.learn(year, &first);
            }
            match draw(&mut seed, 2) {
                0 => log.push((0, first.edit(year, edit))),
                _ => log.push((1, second.edit(year, edit))),
            }
        }
        // The second device is heard late, so some entries of the first wait for its own.
        let late = |(at, (device, _)): &(usize, &(usize, Admission))| at + 5 * device;
        let mut order: Vec<_> = log.iter().enumerate().collect();
        order.sort_by_key(late);
        let mut heard = Vec::new();
        for (_, (device, admission)) in order {
            push(&app, [&first, &second][*device], admission).await;
            heard.push((clock::now(), rows(&app, None).await));
        }
        assert!(past(&app).await > 0);
        for rebuilt in [false, true] {
            if rebuilt {
                app.rebuild().await.unwrap();
            }
            for (at, expected) in &heard {
                assert_eq!(rows(&app, Some(*at)).await, *expected, "seed {seed} {at}");
            }
        }
        drop(dir);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn withdrawn_words_are_in_no_answer_about_the_past_and_in_no_file() {
    let (dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut admin = Device::found(&app, &code).await;
    let mut member = admin.second(&app).await;
    let entry = admin.edit("profile", adopt(hash));
    push(&app, &admin, &entry).await;
    // The signed entry goes on holding it, packed: as a whole it is in derived state alone.
    let method = "counted at the market; ".repeat(20);
    let told = Statement {
        method: Some(method.clone()),
        ..statement(hash, 10)
    };
    let taken_back = Statement::retraction(hash, Audience::Network);
    let narrowed = Statement {
        audience: Audience::Team,
        ..statement(hash, 12)
    };
    for (period, last) in [("2022-04", taken_back), ("2023-04", narrowed)] {
        let year = format!("observations/{}", &period[..4]);
        for one in [&told, &statement(hash, 11)] {
            let entry = admin.edit(&year, observe("FAR_NORTH", period, one.clone()));
            push(&app, &admin, &entry).await;
        }
        let before = clock::now();
        rows(&app, None).await;
        assert!(past(&app).await > 0 && holds(&files(dir.path()), &method));
        let entry = admin.edit(&year, observe("FAR_NORTH", period, last));
        push(&app, &admin, &entry).await;
        rows(&app, None).await;
        assert_eq!(past(&app).await, 0);
        assert_eq!(rows(&app, Some(before)).await, Vec::<String>::new());
    }
    let end = "observations/2024";
    for n in 1..=2 {
        let edit = observe("FAR_NORTH", "2024-04", statement(hash, n));
        let entry = member.edit(end, edit);
        push(&app, &member, &entry).await;
    }
    let before = clock::now();
    rows(&app, None).await;
    assert_eq!(past(&app).await, 1);
    revoke(&app, &mut admin, &member).await;
    let dropped = drop_above(&member, 0);
    operate(&app, &mut admin, dropped).await.unwrap();
    rows(&app, None).await;
    assert_eq!(past(&app).await, 0);
    assert_eq!(rows(&app, Some(before)).await, Vec::<String>::new());
    // The write-ahead log is emptied once nobody reads.
    for _ in 0..100 {
        if !holds(&files(dir.path()), &method) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the files hold what was taken back");
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_in_past_facts_changes_no_current_figure() {
    let (_dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut device = Device::found(&app, &code).await;
    let entry = device.edit("profile", adopt(hash));
    push(&app, &device, &entry).await;
    let edit = observe("FAR_NORTH", "2023-05", statement(hash, 5));
    let entry = device.edit("observations/2023", edit);
    push(&app, &device, &entry).await;
    let before = rows(&app, None).await;
    let nonsense = app.shared.store.write(|conn| {
        let rows = "INSERT INTO past_facts
            (document, series, period, place, began, n, ended, form, numerator)
            SELECT document, series, period, place, 0, 0, 1000000, 99999, 'x' FROM facts";
        assert!(conn.execute(rows, []).unwrap() > 0);
        Ok::<_, StoreError>(())
    });
    nonsense.await.unwrap();
    assert!(!before.is_empty());
    assert_eq!(rows(&app, None).await, before);
}
