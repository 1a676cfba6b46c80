//! Checks for monitors: whether the program runs, whether it can answer, and how much it has done.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicI64, AtomicU64},
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use super::Api;
use crate::app::Why;

/// Reports that the program runs, without checking anything else.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Reports whether the store answers.
pub(super) async fn ready(State(api): State<Api>) -> Response {
    match api.app.read(|_| Ok(())).await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                format!("not ready: {error}\n"),
            )
                .into_response()
        }
    }
}

/// Returns numbers about the program, none about people.
pub(super) async fn metrics(State(api): State<Api>) -> Response {
    let counts = match api.app.read(|at| at.counts()).await {
        Ok(counts) => counts,
        Err(error) => {
            return (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response();
        }
    };
    let metrics = &api.metrics;
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    metrics.entries.set(whole(counts.entries));
    metrics.waiting.set(whole(counts.behind.entries));
    metrics.documents.set(whole(counts.behind.documents));
    let why = counts.behind.why.as_ref().map(Why::words);
    for words in Why::WORDS {
        let labels = WhyLabels { why: words };
        let is_so = i64::from(why == Some(words));
        metrics.behind.get_or_create(&labels).set(is_so);
    }
    metrics.held.set(whole(counts.held));
    metrics.quarantined.set(whole(counts.quarantined));
    let sessions = u64::try_from(counts.sessions).unwrap_or(u64::MAX);
    metrics.sessions.set(whole(sessions));
    let locations = u64::try_from(counts.locations).unwrap_or(u64::MAX);
    metrics.locations.set(whole(locations));
    let mut text = String::new();
    if encode(&mut text, &metrics.registry).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    ([(header::CONTENT_TYPE, METRICS_TYPE)], text).into_response()
}

/// Counts every answer by route and status, never by who asked.
pub(super) async fn count(State(api): State<Api>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let route = path.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let begun = Instant::now();
    let response = next.run(request).await;
    let mut status = String::new();
    write!(status, "{}xx", response.status().as_u16() / 100).ok();
    let labels = AnswerLabels { route, status };
    api.metrics.answers.get_or_create(&labels).inc();
    api.metrics.seconds.observe(begun.elapsed().as_secs_f64());
    response
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct AnswerLabels {
    route: String,
    status: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct WhyLabels {
    why: &'static str,
}

/// The numbers that `/metrics` returns.
pub(super) struct Metrics {
    registry: Registry,
    answers: Family<AnswerLabels, Counter<u64, AtomicU64>>,
    seconds: Histogram,
    entries: Gauge<i64, AtomicI64>,
    waiting: Gauge<i64, AtomicI64>,
    documents: Gauge<i64, AtomicI64>,
    behind: Family<WhyLabels, Gauge<i64, AtomicI64>>,
    held: Gauge<i64, AtomicI64>,
    quarantined: Gauge<i64, AtomicI64>,
    sessions: Gauge<i64, AtomicI64>,
    locations: Gauge<i64, AtomicI64>,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("weft_hub"),
            answers: Family::default(),
            seconds: Histogram::new(SECONDS),
            entries: Gauge::default(),
            waiting: Gauge::default(),
            documents: Gauge::default(),
            behind: Family::default(),
            held: Gauge::default(),
            quarantined: Gauge::default(),
            sessions: Gauge::default(),
            locations: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        let answers = metrics.answers.clone();
        registry.register("http_answers", "Answers of the data interface", answers);
        let seconds = metrics.seconds.clone();
        registry.register("http_seconds", "Time from request to answer", seconds);
        let behind = metrics.behind.clone();
        registry.register(
            "figures_behind",
            "1 where figures are behind, and why",
            behind,
        );
        let gauges = [
            (
                "entries",
                "Entries stored and acknowledged",
                &metrics.entries,
            ),
            (
                "entries_waiting",
                "Entries that are not in the figures yet",
                &metrics.waiting,
            ),
            (
                "documents_waiting",
                "Documents to be made again",
                &metrics.documents,
            ),
            (
                "entries_held",
                "Entries that wait for others",
                &metrics.held,
            ),
            (
                "entries_quarantined",
                "Entries that no document takes",
                &metrics.quarantined,
            ),
            ("sessions", "Sessions with nodes", &metrics.sessions),
            ("locations", "Locations of the network", &metrics.locations),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
        metrics
    }
}

const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const SECONDS: [f64; 8] = [0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 5.0, 10.0];
