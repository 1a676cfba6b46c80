//! The link in the middle of a large import: what waits is acknowledged before the file is saved.

use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Instant,
};

use weft_shared::model::{
    Audience,
    profile::{Adoption, AdoptionStatus},
    schema::DocKind,
};

use super::{
    refusals::{Hub, Scene},
    *,
};
use crate::{
    edits::import::{Calls, File, import},
    import::Options,
    kit,
    limits::IMPORT_ROWS_PER_ENTRY,
    replica::{Edit, Replica},
};

/// Years of the file, and rows of each: an entry more than one holds.
const YEARS: std::ops::Range<i32> = 2018..2022;
const ROWS: usize = IMPORT_ROWS_PER_ENTRY + 1;
/// A step in the middle of the import.
const MIDDLE: usize = 5;

/// Calls of an import. After a step in the middle the hub says what it has stored, and the
/// import goes on once the node knows.
struct Held<'a> {
    scene: &'a Scene,
    released: &'a AtomicBool,
    steps: Cell<usize>,
}

impl Calls for Held<'_> {
    fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Replica) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let done = self.scene.node.read(work);
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() == MIDDLE {
            self.released.store(true, Ordering::Release);
            let until = Instant::now().checked_add(SOON).unwrap();
            while waiting(self.scene).0 > 0 && Instant::now() < until {
                std::thread::yield_now();
            }
            assert_eq!(
                waiting(self.scene),
                (0, 0),
                "acknowledged, and nothing of the file saved"
            );
        }
        done
    }
}

/// Returns the number of entries that wait for the hub, and the number of values here.
fn waiting(scene: &Scene) -> (u64, usize) {
    let read = scene.node.read(|replica| {
        let values = replica.observation_keys().unwrap().len();
        (replica.brief().unwrap().waiting, values)
    });
    read.unwrap()
}

fn adopt(replica: &mut Replica) -> Edit {
    let code = "HEAT_MAIN".parse().unwrap();
    let adoption = Adoption {
        status: AdoptionStatus::Adopted,
        definition: replica.indicator(&code).unwrap().unwrap().in_use.hash(),
        audience: Audience::Network,
        reason: None,
        releases: None,
        open: None,
    };
    let mut edit = Edit::default();
    edit.on(DocKind::Profile, move |editor| {
        editor.put_adoption(&code, &adoption)
    });
    edit
}

fn file() -> File {
    let heading = "indicator_code,area_code,breakdown,breakdown_value,period,numerator,\
                   denominator,audience\n";
    let rows = YEARS.flat_map(|year| {
        (0..ROWS)
            .map(move |n| format!("HEAT_MAIN,FAR_NORTH,heating,fire {n},{year},5,10,network\n"))
    });
    let text: String = [heading.to_owned()].into_iter().chain(rows).collect();
    File {
        name: "figures.csv".to_owned(),
        bytes: text.into_bytes().into(),
        audience: None,
        options: Options::default(),
        now: kit::now(9),
    }
}

#[test]
fn entries_are_acknowledged_between_the_steps_of_an_import() {
    let (released, judged) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let scene = Scene::new(|hub| {
        let (says, judged) = (Arc::clone(&released), Arc::clone(&judged));
        Hub::Serving(hub.that_waits(says, judged))
    });
    scene.save(adopt);
    scene.runtime.block_on(scene.node.live(true));
    while judged.load(Ordering::Acquire) == 0 {
        std::thread::yield_now();
    }
    assert!(waiting(&scene).0 > 0);
    let held = Held {
        scene: &scene,
        released: &released,
        steps: Cell::new(0),
    };
    let plan = import(&held, &file(), |_| true).unwrap();
    assert_eq!(plan.changes.len(), YEARS.len() * ROWS);
    assert!(held.steps.get() > MIDDLE, "the import was one step");
    assert!(waiting(&scene).1 > 0);
    assert_eq!(
        scene.calls.load(Ordering::Acquire),
        1,
        "one session all along"
    );
    scene.runtime.block_on(scene.node.close());
}
