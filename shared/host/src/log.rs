//! What the programs write down about themselves, for whoever operates them.

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};
use weft_shared::document::is_panic_expected;

use crate::output::is_terminal;

/// Which parts of the program write how much, such as `info` or `weft_node=debug`.
const VARIABLE: &str = "WEFT_LOG";
/// Without it, only what somebody should look at.
const QUIET: LevelFilter = LevelFilter::WARN;

/// Begins to write the log to stderr, and keeps it free of the panics that are caught where
/// documents take in foreign changes. Once a process; later calls change nothing.
pub fn start() {
    let asked = std::env::var(VARIABLE);
    let wanted = asked.ok().and_then(|text| text.parse::<Targets>().ok());
    let filter = wanted.unwrap_or_else(|| Targets::new().with_default(QUIET));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(is_terminal())
        .with_target(false);
    let log = tracing_subscriber::registry().with(lines).with(filter);
    if log.try_init().is_err() {
        return;
    }
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !is_panic_expected() {
            report(panic);
        }
    }));
}
