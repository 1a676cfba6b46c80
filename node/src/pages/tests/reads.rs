//! Reads of a page: statements are counted as they are decoded, because each is a parse of JSON
//! and a year holds thousands.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tracing::{Event, Metadata, Subscriber, span, subscriber};
use weft_shared::model::{
    Audience,
    observation::{DECODED, ObservationKey, Statement, Status},
};

use super::kit::Site;
use crate::{
    edits::observations::state,
    kit::now,
    replica::{Edit, Replica},
};

/// Counts the statements that are decoded on one thread.
#[derive(Clone, Debug, Default)]
struct Decoded(Arc<AtomicUsize>);

impl Subscriber for Decoded {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == DECODED
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

impl Decoded {
    /// Counts from now on what the node's owner decodes.
    async fn on(site: &Site) -> Self {
        let decoded = Self::default();
        let counter = decoded.clone();
        let set = move |_: &mut Replica| std::mem::forget(subscriber::set_default(counter));
        site.node.call(set).await.unwrap();
        decoded
    }

    /// Returns the number since the last call.
    fn take(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// Values of the years that a grid shows, in other columns than its own.
const OTHERS: usize = 1_500;

/// States values of two years, none of which the grid of VAX_PRIMARY shows.
async fn fill(site: &Site) {
    let stated = site.node.call(|replica: &mut Replica| {
        let row = replica.indicator(&"VAX_PRIMARY".parse().unwrap()).unwrap();
        let definition = row.unwrap().in_use.hash();
        let mut edits = Vec::new();
        for n in 0..OTHERS {
            let (year, month) = (2021 + n % 2, 1 + n % 12);
            let key = format!("VAX_PARTIAL/FAR_NORTH/{year}-{month:02}/age={n}");
            let key: ObservationKey = key.parse().unwrap();
            let statement = Statement {
                value: Some("5".parse().unwrap()),
                ..Statement::without_figure(definition, Status::Normal, Audience::Network)
            };
            let mut edit = Edit::default();
            state(replica, &mut edit, &key, statement, None).unwrap();
            edits.push(edit);
        }
        replica.save(edits, now(1)).unwrap();
    });
    stated.await.unwrap();
}

#[tokio::test]
async fn a_grid_decodes_the_values_that_it_shows_and_no_year() {
    let site = Site::open().await;
    site.adopt("network").await;
    fill(&site).await;
    let decoded = Decoded::on(&site).await;
    let path = "/indicators/VAX_PRIMARY/enter?area=FAR_NORTH&from=2021-01&to=2022-12&total=on";
    let mut form = site.form(path).await;
    assert_eq!(decoded.take(), 0, "its cells have nothing");
    let mut cells = 0;
    for year in [2021, 2022] {
        for month in 1..=12 {
            for part in ["total", "age=5-11", "age=12%2B"] {
                let key = format!("VAX_PRIMARY/FAR_NORTH/{year}-{month:02}/{part}");
                let (numerator, whole) = if part == "total" {
                    (400, 600)
                } else {
                    (200, 300)
                };
                form.set(&format!("n:{key}"), &numerator.to_string());
                form.set(&format!("d:{key}"), &whole.to_string());
                cells += 1;
            }
        }
    }
    let place = site.done(&form).await;
    assert!(place.contains("done=saved"), "{place}");
    let saving = decoded.take();
    assert!(saving <= 4 * cells, "{saving} for {cells} cells");
    // Each cell is read once, and once more to count what contradicts each other.
    site.form(path).await;
    let showing = decoded.take();
    assert!(
        (cells..=2 * cells).contains(&showing),
        "{showing} for {cells} cells"
    );
}

#[tokio::test]
async fn pages_without_values_decode_none() {
    let site = Site::open().await;
    site.adopt("network").await;
    fill(&site).await;
    let decoded = Decoded::on(&site).await;
    for path in [
        "/",
        "/indicators",
        "/plan",
        "/insights",
        "/conflicts",
        "/plan/removed",
    ] {
        site.get(path).await;
        // The list of indicators counts what stands, and decodes only what was taken out.
        assert_eq!(decoded.take(), 0, "{path}");
    }
}
