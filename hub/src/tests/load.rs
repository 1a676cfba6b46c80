//! Rough figures for whoever changes ingest; run the ignored tests with `--nocapture`.

use std::time::Instant;

use super::wire::{Heard, connect, listening};
use crate::kit::{self, Device};
use weft_shared::{log::gate::Admission, model::schema::Container};

async fn push(devices_count: usize, entries: usize, each: usize) {
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut first = Device::found(&app, &code).await;
    let mut devices = Vec::new();
    for _ in 1..devices_count {
        devices.push(first.second(&app).await);
    }
    devices.insert(0, first);
    let mut logs: Vec<Vec<Admission>> = Vec::new();
    for device in &mut devices {
        let mut log = Vec::new();
        for n in 0..entries {
            let document = format!("observations/{}", 2000 + n % 10);
            log.push(device.edit(&document, |editor| {
                editor.put_text(Container::Notes, "note", &n.to_string())
            }));
        }
        logs.push(log);
    }
    let started = Instant::now();
    let mut lines: Vec<_> = devices
        .iter()
        .zip(&logs)
        .map(|(device, log)| connect(&app, &address, device, log, each))
        .collect();
    for line in &mut lines {
        let all = entries as u64;
        line.until(|heard| {
            matches!(heard, Heard::Acknowledged(dseq) if *dseq == all).then_some(())
        })
        .await;
    }
    let elapsed = started.elapsed();
    let total = devices_count * entries;
    let rate = total as f64 / elapsed.as_secs_f64();
    println!("{total} entries, {each} in a batch: {elapsed:?}, {rate:.0}/s acknowledged");
    let status = app.status().await.unwrap();
    let behind = status.entries - status.derived_through;
    let started = Instant::now();
    app.rollup(crate::app::RollupQuery::default())
        .await
        .unwrap();
    println!(
        "{behind} not folded yet; folded after {:?}",
        started.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long and asserts nothing"]
async fn load_one_by_one() {
    push(10, 1_000, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long and asserts nothing"]
async fn load_in_batches() {
    push(10, 1_000, 1_000).await;
}
