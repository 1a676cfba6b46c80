//! Questions to the hub's process about figures. Each answer says how long it took in there.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, Result};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use weft_hub::{
    app::{AppError, AppHandle, AreaWord, Counted},
    figures::{LevelWord, RollupQuery},
};

use crate::{
    hub::codes,
    made_up::{GROUPS, definitions},
};

/// Answers a question of the workload `NAT`; `None` if it is not one.
pub(crate) fn answer(hub: &AppHandle, runtime: &Runtime, line: &str) -> Option<Result<Value>> {
    let (question, subject) = line.split_once(' ').unwrap_or((line, ""));
    let asked = async {
        match question {
            "national" => national(hub).await,
            "series" => {
                let query = RollupQuery {
                    indicator: Some(subject.parse()?),
                    level: Some(LevelWord::Network),
                    ..RollupQuery::default()
                };
                figures(hub, query).await
            }
            "grid" => {
                let code = subject.parse()?;
                timed(hub, move |at| Ok(at.grids(&code)?.unshown().len())).await
            }
            "overview" => timed(hub, |at| Ok(at.overview()?.unshown().lines().len())).await,
            "of" => {
                let query = RollupQuery {
                    location: Some(subject.parse()?),
                    ..RollupQuery::default()
                };
                figures(hub, query).await
            }
            "area" => {
                let areas = vec![
                    AreaWord::parse(&format!("{subject}=Area {subject}")).map_err(Error::msg)?,
                ];
                let name = format!("Location {subject}");
                hub.add_location(subject.parse()?, name, None, areas)
                    .await?;
                Ok(json!({}))
            }
            "behind" => Ok(json!({ "behind": behind(hub).await? })),
            "again" => again(hub).await,
            _ => {
                let number: usize = subject.parse()?;
                let code = codes(number + 1)?.pop().context("no such location")?;
                let begin = Instant::now();
                hub.confirm_location(&code).await?;
                Ok(json!({ "ms": begin.elapsed().as_secs_f64() * 1e3 }))
            }
        }
    };
    let known = [
        "national", "series", "grid", "overview", "of", "area", "behind", "again",
    ];
    (known.contains(&question) || question == "confirm-one").then(|| runtime.block_on(asked))
}

/// The entries that are not in the figures yet.
async fn behind(hub: &AppHandle) -> Result<u64> {
    let (folded, stored) = hub.derived().await?;
    Ok(stored.saturating_sub(folded))
}

/// Derives everything again: when all entries were in the figures, and when it had reported.
async fn again(hub: &AppHandle) -> Result<Value> {
    let begin = Instant::now();
    let rebuilding = tokio::spawn({
        let hub = hub.clone();
        async move { hub.rebuild().await }
    });
    let ms = || begin.elapsed().as_secs_f64() * 1e3;
    let (mut began, mut folded_ms) = (false, None);
    while folded_ms.is_none() && !rebuilding.is_finished() {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let behind = behind(hub).await?;
        began |= behind > 0;
        folded_ms = (began && behind == 0).then(ms);
    }
    rebuilding.await??;
    Ok(json!({ "ms": ms(), "folded_ms": folded_ms.unwrap_or_else(ms) }))
}

/// Imports the made-up definitions; returns their hashes by code.
async fn national(hub: &AppHandle) -> Result<Value> {
    hub.import_definitions(&definitions("month", &GROUPS))
        .await?;
    let all = hub.read(|at| Ok(at.definitions())).await?;
    let hashes: Map<String, Value> = all
        .iter()
        .map(|one| (one.code.to_string(), one.hash().to_string().into()))
        .collect();
    Ok(hashes.into())
}

/// Asks for what a page shows.
async fn timed(
    hub: &AppHandle,
    read: impl FnOnce(&Counted<'_>) -> Result<usize, AppError> + Send + 'static,
) -> Result<Value> {
    let begin = Instant::now();
    let found = match hub.counted(read).await {
        Ok(found) => found,
        Err(refused) => return Ok(json!({ "refused": refused.to_string() })),
    };
    Ok(json!({ "ms": begin.elapsed().as_secs_f64() * 1e3, "found": found }))
}

/// Asks for figures, one after another as the API's files have them. A refusal is an answer, too.
async fn figures(hub: &AppHandle, query: RollupQuery) -> Result<Value> {
    let begin = Instant::now();
    let read = move |at: &Counted<'_>| {
        let (mut count, mut last) = (0_usize, None);
        at.each_figure(&query, |figure| {
            count += 1;
            last = Some(figure);
        })?;
        Ok((count, last))
    };
    let (count, last) = match hub.counted(read).await {
        Ok(found) => found,
        Err(refused) => return Ok(json!({ "refused": refused.to_string() })),
    };
    let ms = begin.elapsed().as_secs_f64() * 1e3;
    let last = last.as_ref().map(|figure| &figure.cell);
    Ok(json!({
        "ms": ms,
        "figures": count,
        "locations": last.map(|cell| cell.n_locations),
        "numerator": last.and_then(|cell| cell.numerator).map(|sum| sum.to_string()),
        "denominator": last.and_then(|cell| cell.denominator).map(|sum| sum.to_string()),
    }))
}
