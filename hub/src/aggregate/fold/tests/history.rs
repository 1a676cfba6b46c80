//! History is a function of the entries and of their order: not of bites, and not of what came
//! later.

use std::{fs, path::Path, time::Duration};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use weft_host::clock;
use weft_shared::{
    id::DefinitionHash,
    log::gate::Admission,
    model::{
        Audience,
        observation::{Statement, Status},
    },
    time::Timestamp,
};
use weft_store::Open;

use super::{Aggregator, adopts};
use crate::{
    aggregate::straight::Straights,
    app::{AppHandle, Moment},
    figures::{LevelWord, RollupQuery},
    kit::{self, Device},
    store::{Store, rosters},
};

/// A hub that is closed, and two devices of its one location.
struct Base {
    dir: TempDir,
    definition: DefinitionHash,
    devices: [Device; 2],
}

/// One entry of a device.
#[derive(Clone, Debug)]
struct Act {
    device: usize,
    area: usize,
    period: usize,
    /// Whether it has heard before what the other device said.
    learns: bool,
    says: Says,
}

#[derive(Clone, Copy, Debug)]
enum Says {
    Figure,
    Retracts,
    ToTheTeam,
}

fn acts(says: impl Strategy<Value = Says>) -> impl Strategy<Value = Vec<Act>> {
    let act = (0..2_usize, 0..2_usize, 0..2_usize, any::<bool>(), says);
    let act = act.prop_map(|(device, area, period, learns, says)| Act {
        device,
        area,
        period,
        learns,
        says,
    });
    prop::collection::vec(act, 1..20)
}

impl Base {
    async fn new() -> Self {
        let (dir, app) = kit::hub().await;
        let definition = app.definitions().unwrap()[0].hash();
        let code = kit::add_location(&app, "FN", &["FAR_NORTH", "SOUTH"]).await;
        let mut first = Device::found(&app, &code).await;
        let second = first.second(&app).await;
        let adopted = adopts(&mut first, definition);
        first.push(&app, adopted).await;
        rows(&app, None).await;
        drop(app);
        let path = dir.path().join("hub");
        // The writer's thread closes the store, and removes the files beside it.
        for _ in 0..500 {
            if !path.join("hub.db-wal").exists() && !path.join("hub.db-shm").exists() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Self {
            dir,
            definition,
            devices: [first, second],
        }
    }

    /// Another hub of the same state.
    async fn copy(&self) -> (TempDir, AppHandle) {
        let dir = TempDir::new().unwrap();
        fs::create_dir(dir.path().join("hub")).unwrap();
        for file in fs::read_dir(self.dir.path().join("hub")).unwrap() {
            let file = file.unwrap();
            let to = dir.path().join("hub").join(file.file_name());
            if file.file_type().unwrap().is_file() {
                fs::copy(file.path(), to).unwrap();
            }
        }
        let app = kit::reopen(dir.path()).await;
        (dir, app)
    }

    /// The entries in the order in which the hub hears them: those of the second device late, so
    /// that some of the first's wait for them.
    fn entries(&self, acts: &[Act]) -> Vec<(usize, Admission)> {
        let mut devices = self.devices.clone();
        let mut entries = Vec::new();
        for (n, act) in acts.iter().enumerate() {
            if act.learns {
                let other = devices[1 - act.device].clone();
                devices[act.device].learn(YEAR, &other);
            }
            let statement = self.statement(n, act.says);
            let area = ["FAR_NORTH", "SOUTH"][act.area];
            let key = format!("VAX_PRIMARY/{area}/2023-0{}/age=12%2B", act.period + 4);
            // Each entry has a change, also one that takes back what was taken back before.
            let beside = "VAX_PRIMARY/SOUTH/2023-06/age=12%2B".parse().unwrap();
            let figure = self.statement(n, Says::Figure);
            let entry = devices[act.device].edit(YEAR, |editor| {
                editor.put_observation(&key.parse().unwrap(), &statement, None)?;
                editor.put_observation(&beside, &figure, None)
            });
            entries.push((n + 5 * act.device, (act.device, entry)));
        }
        entries.sort_by_key(|(at, _)| *at);
        entries.into_iter().map(|(_, entry)| entry).collect()
    }

    fn statement(&self, n: usize, says: Says) -> Statement {
        let told = |audience| Statement {
            numerator: Some(i64::try_from(n).unwrap().into()),
            denominator: Some(100.into()),
            ..Statement::without_figure(self.definition, Status::Normal, audience)
        };
        match says {
            Says::Figure => told(Audience::Network),
            Says::ToTheTeam => told(Audience::Team),
            Says::Retracts => Statement::retraction(self.definition, Audience::Network),
        }
    }

    async fn hear(&self, app: &AppHandle, (device, entry): &(usize, Admission)) {
        // No two entries are of the same millisecond.
        tokio::time::sleep(Duration::from_millis(2)).await;
        let location = self.devices[*device].location;
        let synced = app.shared.store.write(move |conn| {
            let lix = rosters::lix(conn, &location)?.unwrap();
            rosters::put_synced(conn, lix, clock::now())
        });
        synced.await.unwrap();
        self.devices[*device].push(app, entry.clone()).await;
    }
}

/// All figures as text, now or as of a moment; then those of each level again, which are read in
/// other ways.
async fn rows(app: &AppHandle, at: Option<Timestamp>) -> Vec<String> {
    let read = app.counted(move |now| {
        let past = at.map(|at| now.as_of(Moment::At(at))).transpose()?;
        let at = past.as_ref().unwrap_or(now);
        let all = RollupQuery::default();
        let of_network = RollupQuery {
            level: Some(LevelWord::Network),
            ..all.clone()
        };
        let of_location = RollupQuery {
            location: Some("FN".parse().unwrap()),
            ..all.clone()
        };
        let mut figures = Vec::new();
        for query in [all, of_network, of_location] {
            // The network may not have known the location then.
            if let Ok(found) = at.rollup(&query) {
                figures.extend(found.unshown().figures);
            }
        }
        Ok(figures)
    });
    let figures = read.await.unwrap().into_iter();
    let text = figures.map(|one| format!("{:?} {}", one.compared, one.cell.row().join(",")));
    text.collect()
}

/// Everything that stands and stood, by names instead of the numbers of a derivation.
fn history(path: &Path) -> Vec<String> {
    let conn = Connection::open(path).unwrap();
    let sql = "SELECT concat_ws(' ', began, ended, entry, at_s, period, breakdown, area, status,
                                numerator, denominator)
               FROM (SELECT document, series, period, place, form, entry, at_s, numerator,
                            denominator, coalesce(began, entry) AS began, NULL AS ended FROM facts
                     UNION ALL
                     SELECT document, series, period, place, form, began - waited, at_s, numerator,
                            denominator, began, ended FROM past_facts)
               JOIN series USING (series) JOIN places USING (place) JOIN forms USING (form)
               ORDER BY 1";
    let mut query = conn.prepare(sql).unwrap();
    let rows = query.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn run<S: Strategy>(acts: S, test: impl Fn(S::Value)) {
    let config = Config {
        cases: 8,
        failure_persistence: None,
        ..Config::default()
    };
    let ran = TestRunner::new(config).run(&acts, |acts| {
        test(acts);
        Ok(())
    });
    ran.unwrap();
}

#[test]
fn figures_as_of_a_moment_are_those_of_a_hub_that_heard_no_more() {
    let runtime = Runtime::new().unwrap();
    let base = runtime.block_on(Base::new());
    let says = prop_oneof![3 => Just(Says::Figure), 1 => Just(Says::Retracts)];
    run(acts(says), |acts| {
        runtime.block_on(async {
            let entries = base.entries(&acts);
            let ((_one, first), (_other, second)) = (base.copy().await, base.copy().await);
            let mut heard = vec![clock::now()];
            for entry in &entries {
                base.hear(&first, entry).await;
                heard.push(clock::now());
            }
            let mut told = Vec::new();
            for at in &heard {
                told.push(rows(&first, Some(*at)).await);
            }
            first.rebuild().await.unwrap();
            for (known, at) in heard.iter().enumerate() {
                if let Some(last) = known.checked_sub(1) {
                    base.hear(&second, &entries[last]).await;
                }
                let expected = rows(&second, None).await;
                assert_eq!(told[known], expected, "{known} entries");
                assert_eq!(rows(&first, Some(*at)).await, expected, "{known}, rebuilt");
            }
        });
    });
}

#[test]
fn history_does_not_depend_on_bites() {
    let runtime = Runtime::new().unwrap();
    let base = runtime.block_on(Base::new());
    let says = prop_oneof![
        8 => Just(Says::Figure),
        1 => Just(Says::Retracts),
        1 => Just(Says::ToTheTeam),
    ];
    run(acts(says), |acts| {
        let (dir, app) = runtime.block_on(base.copy());
        let path = dir.path().join("hub/hub.db");
        runtime.block_on(async {
            for entry in base.entries(&acts) {
                base.hear(&app, &entry).await;
            }
            rows(&app, None).await;
        });
        let incremental = history(&path);
        drop(app);
        let store = Store::open(&path, Open::Existing).unwrap();
        let mut folder = Aggregator::open(&store).unwrap();
        for (entries_max, straights, forgets) in [
            (1, 1 << 20, false),
            (1, 1 << 20, true),
            (1, 0, false),
            (3, 1, false),
            (4_096, 1 << 20, false),
            (4_096, 0, false),
        ] {
            folder.entries_max = entries_max;
            folder.straights = Straights::new(straights);
            folder.clear().unwrap();
            while folder.fold().unwrap() > 0 {
                if forgets {
                    // As if it had started again: its documents are read from the store.
                    folder.read_back().unwrap();
                }
            }
            let how = (entries_max, straights, forgets);
            assert_eq!(history(&path), incremental, "{how:?}");
        }
    });
}

const YEAR: &str = "observations/2023";
