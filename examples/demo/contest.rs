//! Two devices of one team enter different values for one figure, offline; a person settles it.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use weft_shared::text::grouped;

use crate::{
    examples::{add_insight, day},
    published,
    story::{HOST, Story},
    team::Device,
    voice::{heading, say, show},
};

const CONTESTED: [&str; 8] = [
    "VAX_PRIMARY",
    "--area",
    "FAR_NORTH",
    "--period",
    published::CONTESTED_PERIOD,
    "--breakdown",
    "age=12+",
    "--denominator",
];

impl Story {
    /// Two devices of Far North work offline, then come back.
    pub(crate) fn contest(&mut self) -> Result<()> {
        heading("Two laptops of one team work offline, and come back");
        let desk = &self.devices[HOST];
        let invite = desk.run(&["device", "invite", "--role", "member"])?;
        let folder = self.folder.join(format!("node-{HOST}-field"));
        let (field, _) = Device::join(&folder, &invite, "Field laptop", &self.runtime)?;
        desk.node.exchange()?;
        let (numerator, denominator) = published::contested_figure(&self.places)?;
        let other = (numerator + 120).to_string();
        let (numerator, denominator) = (numerator.to_string(), denominator.to_string());
        for (device, name, value) in [
            (desk, "Example: evening market stall", &numerator),
            (&field, "Example: rides to the clinic", &other),
        ] {
            device.add("initiative", &[("name", name), ("status", "exploring")])?;
            // With a note, even an unchanged figure is stated again.
            let note = "Example: read off the source again";
            let figures = [denominator.as_str(), "--numerator", value, "--note", note];
            device.run(&[&["observation", "set"], &CONTESTED[..], &figures].concat())?;
        }
        let heard = "Example: evenings suit families better than mornings.";
        add_insight(&field, heard, "opening hours", &day(&self.zone, -1))?;
        // The front desk syncs twice, the second time to fetch what the field laptop brought.
        for device in [desk, &field, desk] {
            device.node.exchange()?;
        }
        for list in ["initiative", "action", "insight", "observation"] {
            let lists = [desk, &field].map(|device| device.read(&[list, "list"]));
            let [here, there] = lists;
            let (here, there) = (without_team(here?), without_team(there?));
            ensure!(here == there, "the two laptops list {list} differently");
        }
        self.field = Some(field);
        say(&format!(
            "Far North's front desk laptop invited a field laptop, and both worked offline. Each \
             entered how many people aged 12 and over had completed the primary course by December \
             2022: {} and {}. Back online, both hold the same plan, insights and \
             figures, and both values: neither was overwritten.",
            grouped(&numerator),
            grouped(&other)
        ));
        Ok(())
    }

    /// Settles the contested figure on the published value.
    pub(crate) fn settle(&self) -> Result<()> {
        heading("A person settles the contested figure");
        let desk = &self.devices[HOST];
        let field = self.field.as_ref().context("no field laptop")?;
        let conflicts = desk.read(&["conflicts"])?;
        let conflict = conflicts
            .as_array()
            .and_then(|conflicts| conflicts.first())
            .context("nothing is contested")?;
        let (published, _) = published::contested_figure(&self.places)?;
        let mut choice = None;
        for value in conflict["values"].as_array().context("no values")? {
            let numerator = value["value"]["numerator"].to_string();
            let numerator = numerator.trim_matches('"');
            let device = value["device"].as_str().unwrap_or("unknown device");
            let people = grouped(numerator);
            show(&format!("  {}  {people} people, {device}", value["n"]));
            if numerator == published.to_string() {
                choice = Some(value["n"].to_string());
            }
        }
        let id = conflict["id"].as_str().context("no id")?;
        let choice = choice.context("the published value is none of the two")?;
        desk.run(&["conflicts", "settle", id, "--choose", &choice])?;
        for device in [desk, field] {
            device.node.exchange()?;
            let left = device.read(&["conflicts"])?;
            ensure!(left == Value::Array(Vec::new()), "still contested: {left}");
        }
        say(&format!(
            "Settled on the published value, {}. The other stays in the history.",
            grouped(&published.to_string())
        ));
        Ok(())
    }
}

/// Returns the records that travel: what is for the team stays on its computer.
fn without_team(list: Value) -> Vec<Value> {
    let Value::Array(rows) = list else {
        return vec![list];
    };
    let rows = rows.into_iter();
    rows.filter(|row| row["audience"] != "team").collect()
}
