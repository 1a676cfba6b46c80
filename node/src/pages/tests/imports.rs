//! A page in the middle of an import: it is served between two steps, and shows nothing of the file
//! before all of it is saved.

use std::cell::{Cell, RefCell};

use tokio::runtime::Runtime;
use weft_host::failure::Failure;
use weft_shared::model::{
    Audience,
    observation::{ObservationKey, Statement},
};

use super::kit::Site;
use crate::{
    edits::{
        import::{Calls, File, import},
        observations::state,
    },
    import::Options,
    kit::now,
    limits::{IMPORT_ROWS_PER_ENTRY, IMPORT_TRIES_MAX},
    replica::{Edit, Replica},
};

/// A node that somebody visits after each step of an import.
struct Visited<'a, V: FnMut(&Site, usize)> {
    site: &'a Site,
    steps: Cell<usize>,
    visit: RefCell<V>,
}

impl<V: FnMut(&Site, usize)> Calls for Visited<'_, V> {
    fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Replica) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let done = self.site.node.read(work);
        self.steps.set(self.steps.get() + 1);
        (self.visit.borrow_mut())(self.site, self.steps.get());
        done
    }
}

const YEARS: std::ops::Range<i32> = 2018..2022;
/// Rows of each year: more than two entries hold.
const ROWS: usize = 2 * IMPORT_ROWS_PER_ENTRY + 1;
const PAGE: &str = "/indicators/HEAT_MAIN";

/// A file of values of HEAT_MAIN, each in a column of its own.
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
        now: now(9),
    }
}

/// Opens a node that takes part in HEAT_MAIN, and imports the file while `visit` is called after
/// each step. Returns the number of steps, and of values afterwards.
fn imported(visit: impl FnMut(&Site, usize)) -> (usize, usize) {
    let runtime = Runtime::new().unwrap();
    let site = runtime.block_on(async {
        let site = Site::open().await;
        site.adopt_one("HEAT_MAIN", "network").await;
        site
    });
    let visited = Visited {
        site: &site,
        steps: Cell::new(0),
        visit: RefCell::new(visit),
    };
    let plan = import(&visited, &file(), |_| true).unwrap();
    assert_eq!(plan.changes.len(), YEARS.len() * ROWS);
    let values = site
        .node
        .read(|replica| replica.observation_keys().unwrap().len());
    (visited.steps.get(), values.unwrap())
}

/// Saves a value of another indicator.
fn meddle(site: &Site, n: usize) {
    let saved = site.node.read(move |replica: &mut Replica| {
        let definition = replica.indicators().unwrap()[0].in_use.hash();
        let key = format!("VAX_PRIMARY/FAR_NORTH/{}-01/total", 2000 + n);
        let key: ObservationKey = key.parse().unwrap();
        let mut edit = Edit::default();
        let statement = Statement::retraction(definition, Audience::Network);
        state(replica, &mut edit, &key, statement, None).unwrap();
        replica.save(vec![edit], now(10)).map(|saved| saved.changed)
    });
    assert!(saved.unwrap().unwrap());
}

#[test]
fn pages_are_served_between_the_steps_of_an_import() {
    let runtime = Runtime::new().unwrap();
    let mut shown = Vec::new();
    let (steps, values) = imported(|site, _| {
        let (status, page) = runtime.block_on(site.get(PAGE));
        assert!(status.is_success(), "{page}");
        shown.push(page.matches("<td").count());
    });
    // Each entry is a step of its own.
    assert!(steps > YEARS.len() * 3, "{steps}");
    assert_eq!(values, YEARS.len() * ROWS);
    let last = shown.pop().unwrap();
    assert!(last >= values, "{last} cells");
    assert!(shown.iter().all(|cells| *cells == 0), "{shown:?}");
}

#[test]
fn an_import_begins_again_if_something_changes_meanwhile() {
    let mut meddled = false;
    let (steps, values) = imported(|site, steps| {
        if steps == 7 {
            meddle(site, steps);
            meddled = true;
        }
    });
    assert!(meddled);
    assert!(steps > 7 + YEARS.len() * 3, "{steps}");
    assert_eq!(values, YEARS.len() * ROWS + 1);
}

#[test]
fn an_import_ends_however_often_something_changes() {
    let mut visits = 0;
    let (steps, values) = imported(|site, steps| {
        meddle(site, steps);
        visits = steps;
    });
    // The last try is a step of its own.
    assert!(
        steps > IMPORT_TRIES_MAX && steps < YEARS.len() * 3,
        "{steps}"
    );
    assert_eq!(values, YEARS.len() * ROWS + visits);
}
