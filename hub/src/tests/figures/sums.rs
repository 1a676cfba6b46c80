//! The network's figures are kept as sums, and are those of the facts whatever happens.

use std::{sync::mpsc::channel, time::Duration};

use weft_shared::{identity::Operation, model::observation::Breakdown};

use super::*;
use crate::{
    app::{AppError, AreaWord, Counted, Said},
    figures::{Figure, LevelWord},
    store::{StoreError, derived::years, rosters},
    tests::dropped,
};

/// Numbers that look random, the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % sides
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.roll(of.len() as u64)).unwrap()]
    }

    fn statement(&mut self, definitions: &[DefinitionHash]) -> Statement {
        let definition = self.one(definitions);
        let none = |status| Statement::without_figure(definition, status, Audience::Network);
        let usual = statement(definition, i64::try_from(self.roll(100)).unwrap());
        let one = match self.roll(12) {
            0 => none(Status::Suppressed),
            1 => none(Status::Missing),
            2 => Statement {
                audience: Audience::Team,
                ..usual
            },
            3 => Statement {
                confirmed: ["growth".to_owned()].into(),
                denominator: Some(Number::from(130)),
                ..usual
            },
            // More than all.
            4 => Statement {
                numerator: Some(Number::from(101)),
                ..usual
            },
            _ => usual,
        };
        // No two are the same, so that each is a change.
        let method = Some(format!("Way {}", self.roll(1 << 30)));
        Statement { method, ..one }
    }
}

/// All figures of the network as they are read alone, which is from sums, and beside the others.
async fn figures_of_network(app: &AppHandle) -> [Vec<Figure>; 2] {
    let alone = RollupQuery {
        level: Some(LevelWord::Network),
        ..RollupQuery::default()
    };
    let alone = app.rollup(alone).await.unwrap().unshown().figures;
    let all = app.rollup(RollupQuery::default()).await.unwrap().unshown();
    let mut beside = all.figures;
    beside.retain(|figure| figure.location().is_empty());
    [alone, beside].map(|mut figures| {
        for figure in &mut figures {
            figure.cell.bases.clear();
        }
        figures
    })
}

async fn check(app: &AppHandle, when: &str) -> usize {
    let [alone, beside] = figures_of_network(app).await;
    assert_eq!(format!("{alone:#?}"), format!("{beside:#?}"), "{when}");
    let doctor = app.doctor().await.unwrap();
    let sums = doctor.iter().find(|one| one.check == "sums").unwrap();
    assert!(sums.ok, "{when}: {}", sums.finding);
    summary::check(app, when).await;
    alone.len()
}

/// Waits until every document of a location that counts is in the sums. Returns how many there are.
pub(in crate::tests) async fn settled(app: &AppHandle) -> usize {
    for _ in 0..500 {
        let network = app.shared.aggregate.progress().network;
        let count = app.shared.store.read(move |conn| {
            let mut late = 0;
            for one in years::documents(conn, None)?
                .iter()
                .filter(|one| !one.summed)
            {
                let location = rosters::location_id(conn, one.lix)?;
                late += usize::from(network.expected_member(&location).is_some());
            }
            let all = years::documents(conn, None)?;
            let summed = all.iter().filter(|one| one.summed).count();
            Ok::<_, StoreError>((late, summed))
        });
        match count.await.unwrap() {
            (0, summed) => return summed,
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    panic!("the sums are not made");
}

const AREAS: [(&str, &[&str]); 4] = [
    ("AA", &["NORTH", "EAST"]),
    ("BB", &["SOUTH"]),
    ("CC", &[]),
    ("DD", &["WEST"]),
];

async fn say(app: &AppHandle, device: &mut Device, areas: &[&str], dice: &mut Dice) {
    let hashes: Vec<_> = app
        .definitions()
        .unwrap()
        .iter()
        .map(|one| one.hash())
        .collect();
    let year = dice.one(&["2022", "2023"]);
    // Some years go on in a second document.
    let name = match dice.roll(4) {
        0 => format!("observations/{year}/2"),
        _ => format!("observations/{year}"),
    };
    let mut said = BTreeMap::new();
    for _ in 0..=dice.roll(3) {
        let area = dice.one(areas);
        let month = dice.one(&["-04", "-05", "-06"]);
        let key = ObservationKey {
            indicator: "VAX_PRIMARY".parse().unwrap(),
            area: area.parse().unwrap(),
            period: format!("{year}{month}").parse().unwrap(),
            breakdown: Breakdown::by("age", dice.one(&["12+", "12+", "5-11", "１２+"])),
        };
        said.insert(key.to_string(), (key, dice.statement(&hashes)));
    }
    let entry = device.edit(&name, |editor| {
        let mut said = said.values();
        said.try_for_each(|(key, statement)| editor.put_observation(key, statement, None))
    });
    device.push(app, entry).await;
}

/// Gives EAST to BB in June.
async fn move_areas(app: &AppHandle) {
    for (code, areas) in [("AA", &["NORTH"][..]), ("BB", &["SOUTH", "EAST"][..])] {
        let areas = areas
            .iter()
            .map(|area| AreaWord::parse(&format!("{area}=Area")).unwrap());
        let said = Said {
            code: code.parse().unwrap(),
            name: format!("Example: {code}"),
            name_mi: None,
            areas: areas.collect(),
            aliases: Vec::new(),
            since: Some("2023-06-01".parse().unwrap()),
            ends: false,
        };
        let plan = app.plan_location(said).unwrap();
        app.put_location(plan).await.unwrap();
    }
}

async fn happens(app: &AppHandle, seed: u64, devices: &mut [Device]) {
    let mut dice = Dice(seed);
    for round in 0..24 {
        let at = usize::try_from(dice.roll(4)).unwrap();
        let areas = match AREAS[at].1 {
            [] => &["CC"][..],
            areas => areas,
        };
        if dice.roll(8) == 0 {
            // Beside one that it does not know.
            let mut beside = devices[at].second(app).await;
            say(app, &mut beside, areas, &mut dice).await;
        } else {
            say(app, &mut devices[at], areas, &mut dice).await;
        }
        match round {
            8 => {
                let second = kit::DEFINITIONS.replace("version = 1", "version = 2");
                let second = format!(
                    "{second}[indicator.from]\nversion = 1\nmapping = \"exact\"\n\
                     reason = \"The same\"\n"
                );
                app.import_definitions(&second).await.unwrap();
            }
            12 => app.confirm_location(&"DD".parse().unwrap()).await.unwrap(),
            16 => move_areas(app).await,
            _ => {}
        }
        check(app, &format!("seed {seed}, round {round}")).await;
        if round == 10 {
            settled(app).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_are_the_figures_of_facts_whatever_happens() {
    for seed in [3, 59] {
        let (dir, app) = kit::hub().await;
        let hash = definition(&app).await;
        let mut devices = Vec::new();
        for (code, areas) in AREAS {
            let location = kit::add_location(&app, code, areas).await;
            let mut device = match code {
                "DD" => Device::unconfirmed(&app, &location).await,
                _ => Device::found(&app, &location).await,
            };
            let entry = device.edit("profile", adopt(hash));
            device.push(&app, entry).await;
            devices.push(device);
        }
        happens(&app, seed, &mut devices).await;
        let summed = settled(&app).await;
        let count = check(&app, "settled").await;
        assert!(summed >= 4 && count >= 6, "{summed} {count}");
        drop(app);
        let app = kit::reopen(dir.path()).await;
        assert_eq!(check(&app, "after a restart").await, count);
        app.rebuild().await.unwrap();
        assert_eq!(check(&app, "after a rebuild").await, count);
        settled(&app).await;
        assert_eq!(check(&app, "settled after a rebuild").await, count);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_is_in_no_sum() {
    let (_dir, app, _) = crate::tests::wire::listening().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut admin = Device::found(&app, &code).await;
    let mut member = admin.second(&app).await;
    for (month, numerator) in [("2023-04", 1), ("2023-05", 2), ("2023-06", 3)] {
        let edit = observe("FAR_NORTH", month, statement(hash, numerator));
        let entry = member.edit("observations/2023", edit);
        member.push(&app, entry).await;
    }
    assert_eq!(check(&app, "said").await, 3);
    assert_eq!(settled(&app).await, 1);
    let (dix, height) = (member.dix, member.height());
    let (dseq, hash) = (height.dseq, height.hash);
    let revoke = Operation::RevokeDevice { dix, dseq, hash };
    dropped::operate(&app, &mut admin, revoke).await.unwrap();
    let void = Operation::Void {
        dix,
        first: 2,
        last: dseq,
        hash,
    };
    dropped::operate(&app, &mut admin, void).await.unwrap();
    assert_eq!(check(&app, "dropped").await, 1);
    assert_eq!(settled(&app).await, 1);
    assert_eq!(check(&app, "settled again").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_keeps_its_state_and_holds_up_nobody() {
    let (_dir, app) = kit::hub().await;
    let hash = definition(&app).await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut device = Device::found(&app, &code).await;
    let mut say = |numerator| {
        let edit = observe("FAR_NORTH", "2023-05", statement(hash, numerator));
        device.edit("observations/2023", edit)
    };
    let (first, second) = (say(5), say(6));
    device.push(&app, first).await;
    let numerator = |at: &Counted<'_>| {
        let of_network = RollupQuery {
            level: Some(LevelWord::Network),
            ..RollupQuery::default()
        };
        let figures = at.rollup(&of_network)?.unshown().figures;
        Ok::<_, AppError>(figures[0].cell.numerator.unwrap().to_string())
    };
    let (told, holds) = channel();
    let (go, wait) = channel();
    let held = tokio::spawn({
        let app = app.clone();
        async move {
            let read = app.counted(move |at| {
                let before = numerator(at)?;
                told.send(()).unwrap();
                wait.recv().unwrap();
                Ok((before, numerator(at)?))
            });
            read.await.unwrap()
        }
    });
    let holds = tokio::task::spawn_blocking(move || holds.recv().unwrap());
    holds.await.unwrap();
    device.push(&app, second).await;
    assert_eq!(app.counted(numerator).await.unwrap(), "6");
    assert_eq!(settled(&app).await, 1);
    go.send(()).unwrap();
    assert_eq!(held.await.unwrap(), ("5".to_owned(), "5".to_owned()));
}
