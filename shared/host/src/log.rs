//! The programs' logs, for the people who operate them.

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};
use weft_shared::document::is_panic_expected;

use crate::output::is_terminal;

/// Log levels by part of the program, such as `info` or `weft_node=debug`.
const VARIABLE: &str = "WEFT_LOG";
/// The default level: only what someone should look at.
const QUIET: LevelFilter = LevelFilter::WARN;

/// Starts to write the log to stderr. Omits panics that are caught while documents take in foreign
/// changes. Works once per process; later calls change nothing.
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
