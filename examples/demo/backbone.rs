//! The work of the national team: its outcomes, the money that was published, and what it puts to
//! all locations.

use std::fs;

use anyhow::Result;
use weft_hub::app::{AppHandle as Hub, NewMoney, NewTarget};
use weft_shared::model::record::{FieldValue, Fields};

use crate::{
    published::data_file,
    story::Story,
    voice::{heading, say},
};

/// The money that was published about the model case.
const FUNDING: &str = "hfnz-published-funding.csv";

/// Code, name and headline indicator of each outcome.
pub(crate) const OUTCOMES: [[&str; 3]; 4] = [
    [
        "MOVE",
        "Example: people are active every day",
        "ACTIVE_COMMUTE",
    ],
    ["SMOKEFREE", "Example: no one smokes", "SMOKING"],
    ["VAX", "Example: people are protected", "VAX_PRIMARY"],
    ["WARM", "Example: homes are warm and dry", "DAMP_HOME"],
];

/// The items of the agenda, each as pairs of a field and its text.
const ITEMS: [&[(&str, &str)]; 2] = [
    &[
        ("type", "proposal"),
        ("title", "Example: one smokefree rule for sports grounds"),
        (
            "text",
            "Example: each location asks its councils for the same rule.",
        ),
        ("outcomes", "SMOKEFREE"),
    ],
    &[
        ("type", "question"),
        ("title", "Example: what keeps homes damp where you are?"),
        ("outcomes", "WARM"),
    ],
];

impl Story {
    /// Adds outcomes, imports the published money and publishes the agenda.
    pub(crate) fn lead(&self) -> Result<()> {
        heading("What the national team leads with");
        let funding = self.runtime.block_on(lead(&self.hub))?;
        say(&format!(
            "The hub has {} outcomes, the {funding} published amounts of Healthy Families NZ \
             (2014 to 2018: 40,000,000 dollars, each counted once), and an agenda with a proposal \
             and a question. No location answered, and no money is divided by outcome: the pages \
             say \"no answer yet\" and \"not stated\".",
            OUTCOMES.len()
        ));
        Ok(())
    }
}

async fn lead(hub: &Hub) -> Result<usize> {
    for [code, name, headline] in OUTCOMES {
        let pairs = [("code", code), ("name", name), ("headline", headline)];
        hub.set_outcome(fields(&pairs), true).await?;
    }
    let protected = NewTarget {
        indicator: "VAX_PRIMARY".parse()?,
        value: 90.into(),
        period: Some("2023-12".parse()?),
        breakdown: "age=12+".to_owned(),
        every_group: false,
        by: None,
        why: "Example: nine in ten of those aged 12 and older".to_owned(),
    };
    hub.set_target(protected).await?;
    let funding = NewMoney {
        file: FUNDING.to_owned(),
        bytes: fs::read(data_file(FUNDING))?,
        given: Default::default(),
        sheet: None,
        confirmed: false,
        dry_run: false,
    };
    let imported = hub.import_money(funding).await?;
    for item in ITEMS {
        hub.draft_item(None, fields(item)).await?;
    }
    hub.publish_agenda().await?;
    Ok(imported.added)
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    let value = |key: &str, text: &str| match key {
        "outcomes" => FieldValue::Set([text.to_owned()].into()),
        _ => FieldValue::from(text),
    };
    let pairs = pairs.iter();
    pairs
        .map(|(key, text)| ((*key).to_owned(), value(key, text)))
        .collect()
}
