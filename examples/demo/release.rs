//! One release of what the example teams agreed to, and the line with which an analyst reads it.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use weft_hub::{app::Reading, release::NewRelease};

use crate::{
    story::Story,
    voice::{heading, say, show},
};

/// The dataset of the demonstration.
const DATASET: &str = "vaccination";
/// The person who publishes it.
const REVIEWER: &str = "Example: reviewer";

impl Story {
    /// Proposes a release and has a second person publish it. Returns its path below the hub's
    /// pages.
    pub(crate) fn release(&self) -> Result<String> {
        heading("A release for analysts");
        let new = NewRelease {
            dataset: DATASET.parse()?,
            title: Some("Example: vaccination of the nine locations".to_owned()),
            indicators: BTreeSet::from(["VAX_PARTIAL".parse()?, "VAX_PRIMARY".parse()?]),
            periods: None,
            notice_days: 0,
            open: false,
            supersedes: None,
        };
        let hub = &self.hub;
        let published = self.runtime.block_on(async {
            let proposed = hub.propose_release(new, "Example: data lead").await?;
            let reading = Reading::here("release check", &proposed.id.to_string());
            let checked = hub.check_release(&proposed.id, REVIEWER, reading);
            let checked = checked.await?;
            ensure!(checked.stops.is_empty(), "{:?}", checked.stops);
            let published = hub
                .publish_release(&proposed.id, REVIEWER, Some(checked.rows_hash.as_str()))
                .await;
            published.context("the release did not go out")
        })?;
        say(&format!(
            "The teams said yes to releases of their vaccination counts. Release {} has {} rows of \
             the network: counts under 6 are withheld, the others rounded to base 3. An example \
             reviewer published it. Teams of a real network have 14 days before that; here it went \
             out at once (notice_days = 0).",
            published.id, published.rows
        ));
        Ok(format!("data/{}/{DATASET}.csv", published.id))
    }
}

/// Prints the line with which an analyst reads a release.
pub(crate) fn say_line(pages: &str, path: &str) {
    heading("One line for an analyst");
    show(&format!("  curl {pages}{path}"));
    say(&format!(
        "{pages}data/{DATASET} has the line for R, Python, Excel and others."
    ));
}
