//! Reads of a page: one state of the store each, and no more of it than the page shows.

use std::{
    sync::{
        Arc, Barrier, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use axum::http::StatusCode;
use tokio::runtime::Runtime;
use tracing::{Event, Metadata, Subscriber, span, subscriber};
use weft_host::random::random_bytes;
use weft_shared::{
    id::RecordId,
    model::{Audience, record::Fields, schema::RecordKind},
};
use weft_store::READ;

use super::{administration::Desk, web::Scene};
use crate::{
    app::AppHandle,
    kit::{self, Device, THEN},
    limits::READERS,
    store::StoreError,
};

/// Counts the reads of the store that the test's own thread begins.
#[derive(Clone, Debug, Default)]
struct Reads(Arc<AtomicUsize>);

impl Subscriber for Reads {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == READ
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

const NATIONAL: [&str; 17] = [
    "/",
    "/locations.csv",
    "/initiatives.csv",
    "/insights.csv",
    "/indicators/VAX_PRIMARY",
    "/indicators/VAX_PRIMARY.csv",
    "/indicators/NOTHING",
    "/indicators/NOTHING.csv",
    "/indicators/VAX_PRIMARY.xlsx",
    "/locations",
    "/locations/FN",
    "/insights",
    "/insights/FN/1",
    "/coverage",
    "/coverage.csv",
    "/definitions",
    "/definitions.csv",
];
const PROBES: [&str; 2] = ["/readyz", "/metrics"];
const LISTS: [&str; 7] = [
    "/api/v1/rollups?level=all",
    "/api/v1/rollups?level=all&breakdown=age%3D12%2B",
    "/api/v1/indicators",
    "/api/v1/locations",
    "/api/v1/areas",
    "/api/v1/periods",
    "/api/v1/codes/audience",
];
const ADMINISTRATION: [&str; 5] = ["/", "/invites", "/devices", "/tokens", "/ledger"];

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_made_from_one_read() {
    let scene = Scene::new().await;
    let desk = Desk::new().await;
    let code = kit::add_location(&desk.app, "FN", &[]).await;
    let device = Device::unconfirmed(&desk.app, &code).await;
    // Everything is in the figures.
    scene.app.dump().await.unwrap();
    let token = scene.app.create_token("reads").await.unwrap();
    let bearer = format!("Bearer {token}");
    let reads = Reads::default();
    let _counted = subscriber::set_default(reads.clone());
    let taken = || reads.0.swap(0, Ordering::Relaxed);
    for path in NATIONAL.into_iter().chain(PROBES) {
        scene.get(path).await;
        assert_eq!(taken(), 1, "{path}");
    }
    for path in ["/nothing", "/healthz", "/openapi.json"] {
        scene.get(path).await;
        assert_eq!(taken(), 0, "{path}");
    }
    for path in LISTS {
        let answer = scene.ask(path, &bearer).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        // One more looks the token up.
        let own = usize::from(!path.contains("/codes/"));
        assert_eq!(taken(), 1 + own, "{path}");
    }
    let ask = format!("/devices/{}/block", device.key.id());
    let pages = [ask.as_str(), "/locations/FN/confirm"];
    for path in ADMINISTRATION.into_iter().chain(pages) {
        let page = desk.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert_eq!(taken(), 1, "{path}");
    }
}

/// A change in the middle of a read, once that has taken so many steps.
struct Meddling {
    at: usize,
    act: Box<dyn FnOnce() + Send>,
}

/// Counts the steps that SQLite takes on the connections that read: each is a row or less.
#[derive(Clone, Default)]
struct Steps {
    taken: Arc<AtomicUsize>,
    meddling: Arc<Mutex<Option<Meddling>>>,
}

impl Steps {
    /// Counts from now on.
    async fn of(app: &AppHandle) -> Self {
        let (steps, all) = (Self::default(), Arc::new(Barrier::new(READERS)));
        let mut set = Vec::new();
        for _ in 0..READERS {
            let (steps, all, store) = (steps.clone(), Arc::clone(&all), app.shared.store.clone());
            set.push(tokio::spawn(async move {
                let read = store.read(move |conn| {
                    // So each of them has a connection of its own.
                    all.wait();
                    Ok::<_, StoreError>(conn.progress_handler(1, Some(move || steps.step()))?)
                });
                read.await
            }));
        }
        for set in set {
            set.await.unwrap().unwrap();
        }
        steps
    }

    /// Counts one; the answer is whether to stop.
    fn step(&self) -> bool {
        let taken = self.taken.fetch_add(1, Ordering::Relaxed);
        let mut meddling = self.meddling.lock().unwrap();
        let due = meddling.take_if(|meddling| meddling.at <= taken);
        drop(meddling);
        if let Some(due) = due {
            (due.act)();
        }
        false
    }

    /// Returns the number since the last call.
    fn take(&self) -> usize {
        self.taken.swap(0, Ordering::Relaxed)
    }

    /// Returns a page and the steps that it takes by itself: what still runs after the last change
    /// reads too, and what a page keeps for the next one it reads once. Without both, a change
    /// could be due at a step that no page reaches.
    async fn alone(&self, page: &impl AsyncFn() -> String) -> (String, usize) {
        self.take();
        let mut last = (page().await, self.take());
        loop {
            let next = (page().await, self.take());
            if next == last {
                return next;
            }
            last = next;
        }
    }

    /// Holds that a page shows what is before a change or what is after it, although it happens
    /// while the page is made.
    async fn shows_one_state(
        &self,
        moment: usize,
        page: impl AsyncFn() -> String,
        change: impl FnOnce() + Send + 'static,
    ) {
        let mut act: Box<dyn FnOnce() + Send> =
            Box::new(move || thread::spawn(change).join().unwrap());
        let (before, during) = loop {
            let (before, steps) = self.alone(&page).await;
            let at = steps * moment / MOMENTS;
            *self.meddling.lock().unwrap() = Some(Meddling { at, act });
            let during = page().await;
            match self.meddling.lock().unwrap().take() {
                None => break (before, during),
                // At the turn of a minute a page can take fewer steps than it did.
                Some(missed) => act = missed.act,
            }
        };
        let after = page().await;
        assert_ne!(before, after);
        let whole = during == before || during == after;
        assert!(
            whole,
            "moment {moment}: {during}\nbefore: {before}\nafter: {after}"
        );
    }
}

/// Adds locations that have joined and are not confirmed, with a figure each.
async fn join(scene: &mut Scene, codes: &[String]) {
    let (founder, definition) = (scene.device.clone(), scene.definition);
    for code in codes {
        let code = kit::add_location(&scene.app, code, &[&format!("{code}_AREA")]).await;
        scene.device = Device::unconfirmed(&scene.app, &code).await;
        scene.adopt(definition).await;
        scene
            .observe(&format!("{code}_AREA"), "2023-01", Some(40), 80)
            .await;
    }
    scene.device = founder;
}

fn codes(from: usize, to: usize) -> Vec<String> {
    let letter = |n: usize| char::from(b'A' + u8::try_from(n % 26).unwrap());
    (from..to)
        .map(|n| format!("L{}{}", letter(n / 26), letter(n)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_shows_no_location_reads_none() {
    let mut scene = Scene::new().await;
    let token = scene.app.create_token("steps").await.unwrap();
    let bearer = format!("Bearer {token}");
    let steps = Steps::of(&scene.app).await;
    let mut before = Vec::new();
    for last in [2, 12] {
        join(&mut scene, &codes(if last == 2 { 0 } else { 2 }, last)).await;
        scene.app.dump().await.unwrap();
        // The first use of a token is written, and its statement prepared.
        scene.ask("/api/v1/periods", &bearer).await;
        let mut counted = Vec::new();
        for path in ["/readyz", "/metrics", "/api/v1/indicators", "/api/v1/areas"] {
            steps.take();
            let answer = scene.ask(path, &bearer).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            counted.push((path, steps.take()));
        }
        if last == 2 {
            before = counted;
        } else {
            assert_eq!(counted, before);
        }
    }
}

/// Moments of a page at which the network changes.
const MOMENTS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_shows_one_state_whenever_it_changes() {
    let mut scene = Scene::new().await;
    let token = scene.app.create_token("states").await.unwrap();
    let bearer = format!("Bearer {token}");
    let paths = [
        "/",
        "/coverage",
        "/locations.csv",
        "/api/v1/rollups?level=all",
    ];
    let all = codes(0, MOMENTS * paths.len());
    join(&mut scene, &all).await;
    scene.app.dump().await.unwrap();
    let steps = Steps::of(&scene.app).await;
    let founder = Arc::new(Mutex::new(scene.device.clone()));
    let mut waiting = all.iter();
    for path in paths {
        for moment in 0..MOMENTS {
            let (app, code) = (scene.app.clone(), waiting.next().unwrap().parse().unwrap());
            let founder = Arc::clone(&founder);
            // Figures, initiatives and locations differ, so that no two statements of a page see
            // the change in different ways unnoticed.
            let confirm = move || {
                let mut founder = founder.lock().unwrap();
                let runtime = Runtime::new().unwrap();
                runtime.block_on(app.confirm_location(&code)).unwrap();
                let plan = founder.edit("plan", |editor| {
                    let fields = Fields::from([("name".to_owned(), code.as_str().into())]);
                    let id = RecordId::from_parts(THEN, random_bytes());
                    editor.put_record(RecordKind::Initiative, &id, Audience::Network, &fields)
                });
                runtime.block_on(founder.push(&app, plan));
                runtime.block_on(app.counted(|_| Ok(()))).unwrap();
            };
            let page = async || scene.ask(path, &bearer).await.body;
            steps.shows_one_state(moment, page, confirm).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_the_devices_of_one_state() {
    let desk = Desk::new().await;
    let code = kit::add_location(&desk.app, "FN", &[]).await;
    let device = Device::found(&desk.app, &code).await;
    let device = Arc::new(Mutex::new(device));
    let steps = Steps::of(&desk.app).await;
    for path in ["/", "/devices"] {
        for moment in 0..MOMENTS {
            let (app, device) = (desk.app.clone(), Arc::clone(&device));
            // The list of blocked devices is not in the roster: a newer roster would show the
            // device as live, which it never was.
            let add = move || {
                let runtime = Runtime::new().unwrap();
                let added = runtime.block_on(device.lock().unwrap().second(&app));
                runtime.block_on(app.block_device(added.key.id())).unwrap();
            };
            let page = async || desk.get(path).await.body;
            steps.shows_one_state(moment, page, add).await;
        }
    }
}
