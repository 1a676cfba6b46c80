//! The steps of the demonstration, in order.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::runtime::Handle;
use weft_hub::{
    app::{AppHandle as Hub, AreaWord, Confirmation, InitOptions},
    figures::RollupQuery,
    serve::{self, Listening, Pages},
};
use weft_shared::{
    id::LocationCode,
    time::{Timestamp, Zone},
};

use crate::{
    published::{self, Place, compare, data_file, places, plain_sums, vaccination_file},
    table,
    team::Device,
    voice::{bar, heading, say, show},
};

const OPERATOR: &str = "Demonstration operator (no legal person)";
const INDICATORS: [&str; 2] = ["VAX_PARTIAL", "VAX_PRIMARY"];
const MONTH: &str = "2023-05";
const CONTESTED: [&str; 8] = [
    "VAX_PRIMARY",
    "--area",
    "FAR_NORTH",
    "--period",
    "2022-12",
    "--breakdown",
    "age=12+",
    "--denominator",
];
const DIFFERENCES_SHOWN_MAX: usize = 12;
const INVITE_LIFE_MS: i64 = 60 * 60 * 1_000;

/// The network and its folder.
pub(crate) struct Story {
    folder: PathBuf,
    runtime: Handle,
    hub: Hub,
    /// Accepts the devices.
    listening: Listening,
    places: Vec<Place>,
    devices: BTreeMap<String, Device>,
    /// The hub's pages, once they are served.
    pages: Option<Pages>,
    /// The second device of Far North.
    field: Option<Device>,
}

impl Story {
    /// Starts the hub with its indicator definitions and its nine locations.
    pub(crate) fn begin(folder: &Path, runtime: &Handle) -> Result<Self> {
        heading("A hub and nine locations");
        say(
            "The figures are the Ministry of Health's published vaccination counts (nz-covid-data, \
             CC BY-SA 4.0). No location team entered or endorsed them; Healthy Families NZ and \
             Health New Zealand have not checked them. Whatever else you read here is an example.",
        );
        let options = InitOptions {
            network: "Healthy Families NZ".to_owned(),
            operator: OPERATOR.to_owned(),
            public_address: None,
            time_zone: Some(Zone::parse("Pacific/Auckland")?),
        };
        let hub = runtime.block_on(Hub::init(&folder.join("hub"), options))?;
        let any = "127.0.0.1:0".parse()?;
        let listening = runtime.block_on(serve::listen(&hub, any))?;
        let definitions = fs::read_to_string(data_file(published::INDICATORS))?;
        let report = runtime.block_on(hub.import_definitions(&definitions))?;
        let places = places()?;
        for place in &places {
            let areas = place
                .areas
                .iter()
                .map(|(code, name)| AreaWord::parse(&format!("{code}={name}")))
                .collect::<Result<_, String>>()
                .map_err(anyhow::Error::msg)?;
            let code = LocationCode::parse(&place.code)?;
            runtime.block_on(hub.add_location(code, place.name.clone(), None, areas))?;
        }
        say(&format!(
            "The hub listens for QUIC at {}. It defines {} indicators and expects {} \
             locations.",
            listening.at(),
            report.added.len(),
            places.len()
        ));
        Ok(Self {
            folder: folder.to_owned(),
            runtime: runtime.clone(),
            hub,
            listening,
            places,
            devices: BTreeMap::new(),
            pages: None,
            field: None,
        })
    }

    /// Joins every location with its founding invite, and confirms it by its words.
    pub(crate) fn join_the_teams(&mut self) -> Result<()> {
        heading("Each team joins, and is confirmed by four words");
        let bar = bar(self.places.len());
        let mut words = String::new();
        for place in &self.places {
            bar.set_message(place.code.clone());
            let code = LocationCode::parse(&place.code)?;
            let invite = self
                .runtime
                .block_on(self.hub.create_invite(&code, INVITE_LIFE_MS))?;
            let folder = self.folder.join(format!("node-{}", place.code));
            let (device, theirs) =
                Device::join(&folder, &invite, "Front desk laptop", &self.runtime)?;
            let asked = code.clone();
            let ours = self.hub.read(move |at| at.confirmation(&asked));
            let ours = self.runtime.block_on(ours)?;
            let Confirmation::Waiting { words: ours } = ours else {
                anyhow::bail!("{code} does not wait for its confirmation");
            };
            ensure!(ours == theirs.to_string(), "{code}: the words differ");
            self.runtime.block_on(self.hub.confirm_location(&code))?;
            writeln!(words, "  {}  {ours}", place.code)?;
            self.devices.insert(place.code.clone(), device);
            bar.inc(1);
        }
        bar.finish_and_clear();
        show(&words);
        say("Both ends showed the same words each time, as they would be read out by phone.");
        Ok(())
    }

    /// Adopts the definitions at every location, and imports its own areas' figures.
    pub(crate) fn import_the_figures(&self) -> Result<()> {
        heading("Each team adopts the indicators and imports its own areas' figures");
        let bar = bar(self.places.len());
        let not_collected = self.folder.join("not-collected.csv");
        let mut asked = Vec::new();
        for place in &self.places {
            bar.set_message(place.code.clone());
            let device = &self.devices[&place.code];
            device.node.exchange()?;
            for code in INDICATORS {
                device.run(&["indicator", "adopt", code, "--audience", "network"])?;
            }
            let file = if place.areas.is_empty() {
                fs::write(&not_collected, not_collected_rows(&place.code)?)?;
                not_collected.clone()
            } else {
                vaccination_file()
            };
            let file = file.to_str().context("the path is no UTF-8")?;
            let odd = device.import(file)?;
            asked.extend(
                odd.into_iter()
                    .map(|row| format!("  {}  {row}", place.code)),
            );
            device.node.exchange()?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        say(
            "Seven locations have published figures. The two Auckland locations are parts of one \
             authority, so no published figure is theirs: they recorded \"not collected\" (L).",
        );
        say(
            "Before it saved them, Weft asked about figures that may be slips, ten times or a \
             tenth of the month before:",
        );
        asked.iter().for_each(|row| show(row));
        say("The file is right there, so Christchurch's team confirmed it.");
        let [row] = &asked[..] else {
            anyhow::bail!("not one figure was asked about, but {}", asked.len());
        };
        ensure!(
            row.contains("CHRISTCHURCH"),
            "it is not Christchurch's: {row}"
        );
        Ok(())
    }

    /// Writes some plan entries and insights, marked as examples.
    pub(crate) fn write_examples(&self) -> Result<()> {
        heading("A few examples of plan and insight");
        for (code, name, status) in [
            (
                "FN",
                "Example: shade and water at the playground",
                "testing",
            ),
            (
                "RT",
                "Example: kai gardens beside the school",
                "prototyping",
            ),
            ("IN", "Example: walking bus", "exploring"),
        ] {
            let device = &self.devices[code];
            let id = device.run(&[
                "initiative",
                "add",
                "--name",
                name,
                "--status",
                status,
                "--audience",
                "network",
            ])?;
            let id = id.lines().last().unwrap_or_default();
            device.run(&[
                "action",
                "add",
                "--what",
                "Example: meet the people who would use it",
                "--initiative",
                id,
                "--audience",
                "network",
            ])?;
            add_insight(device, "Example: people would come if there were shade.")?;
            device.node.exchange()?;
        }
        say(
            "Far North, Rotorua and Invercargill each entered an initiative, an action and an \
             insight and shared them with the national team. Each text begins with \"Example:\".",
        );
        Ok(())
    }

    /// Two devices of Far North work offline, then come back.
    pub(crate) fn go_offline_and_come_back(&mut self) -> Result<()> {
        heading("Two devices go offline, and both go on working");
        let desk = &self.devices["FN"];
        let invite = desk.run(&["device", "invite", "--role", "member"])?;
        let folder = self.folder.join("node-FN-field");
        let (field, _) = Device::join(&folder, &invite, "Field laptop", &self.runtime)?;
        desk.node.exchange()?;
        say(
            "Far North's front desk laptop invites a field laptop: the hub did not add it, and \
             could not. Now both lose their line.",
        );
        let (numerator, denominator) = published::contested_figure()?;
        let other = (numerator + 120).to_string();
        let (numerator, denominator) = (numerator.to_string(), denominator.to_string());
        for (device, name, value) in [
            (desk, "Example: evening market stall", &numerator),
            (&field, "Example: rides to the clinic", &other),
        ] {
            device.run(&["initiative", "add", "--name", name, "--audience", "network"])?;
            add_insight(
                device,
                "Example: evenings suit whānau better than mornings.",
            )?;
            // With a note, even an unchanged figure is stated again.
            let note = "Example: read off the source again";
            let figures = [denominator.as_str(), "--numerator", value, "--note", note];
            device.run(&[&["observation", "set"], &CONTESTED[..], &figures].concat())?;
        }
        let waiting = |device: &Device| -> Result<String> {
            Ok(device.read(&["status"])?["waiting"].to_string())
        };
        say(&format!(
            "Waiting to be shared: {} entries at the front desk, {} in the field. Both set \
             FAR_NORTH VAX_PRIMARY 12+ 2022-12, to {numerator} and to {other}.",
            waiting(desk)?,
            waiting(&field)?
        ));
        // The front desk syncs twice, the second time to fetch what the field laptop brought.
        for device in [desk, &field, desk] {
            device.node.exchange()?;
        }
        self.field = Some(field);
        self.say_converged()
    }

    fn say_converged(&self) -> Result<()> {
        let (desk, field) = (&self.devices["FN"], self.field()?);
        for list in ["initiative", "action", "insight", "observation"] {
            let (here, there) = (desk.read(&[list, "list"])?, field.read(&[list, "list"])?);
            ensure!(here == there, "the two devices list {list} differently");
        }
        say(
            "They come back. Both devices now hold the same plan, insights and observations, word \
             for word; neither overwrote the other.",
        );
        Ok(())
    }

    /// Shows both values of the contested observation, and settles it.
    pub(crate) fn settle(&self) -> Result<()> {
        heading("One observation is contested, and a person settles it");
        let (desk, field) = (&self.devices["FN"], self.field()?);
        let zone = self.runtime.block_on(self.hub.read(|at| Ok(at.zone())))?;
        let conflicts = desk.read(&["conflicts"])?;
        let conflict = conflicts
            .as_array()
            .and_then(|conflicts| conflicts.first())
            .context("nothing is contested")?;
        let (published, _) = published::contested_figure()?;
        let mut choice = None;
        for value in conflict["values"].as_array().context("no values")? {
            let numerator = &value["value"]["numerator"];
            let at = value["at"].as_str();
            let at = at.and_then(|at| Timestamp::parse_rfc3339(at).ok());
            show(&format!(
                "  {}  numerator {numerator}, {}, {}",
                value["n"],
                value["device"].as_str().unwrap_or("unknown device"),
                at.map_or_else(|| "an unknown time".to_owned(), |at| zone.minute(at)),
            ));
            if is_number(numerator, published) {
                choice = Some(value["n"].to_string());
            }
        }
        let id = conflict["id"].as_str().context("no id")?;
        let choice = choice.context("the published value is none of the two")?;
        desk.run(&["conflicts", "settle", id, "--choose", &choice])?;
        for device in [desk, field] {
            device.node.exchange()?;
            ensure!(
                device.read(&["conflicts"])? == Value::Array(Vec::new()),
                "still contested"
            );
        }
        say(&format!(
            "Settled on the published value, {published}. The other stays in history."
        ));
        Ok(())
    }

    /// Prints one month in full. Returns whether there was any figure.
    pub(crate) fn show_the_month(&self) -> Result<bool> {
        heading(&format!("{MONTH}, in percent of the age group"));
        let answer = self
            .runtime
            .block_on(self.hub.counted(|at| at.rollup(&RollupQuery::default())))?
            .unshown();
        let names = self
            .places
            .iter()
            .map(|place| (place.code.clone(), place.name.clone()));
        show(&table::month(&answer.figures, MONTH, &names.collect()));
        say(
            "* partial: an area is missing from the figure. (Q) masked by the publisher, (L) not \
             collected, (O) missing. Numerators and denominators are summed; percentages are never \
             averaged. Not disclosure-controlled, not for publication.",
        );
        Ok(!answer.figures.is_empty())
    }

    /// Compares every cell with plain sums of the file. Returns whether all are equal.
    pub(crate) fn compare_everything(&self) -> Result<bool> {
        heading("Every cell against plain sums of the file");
        let answer = self
            .runtime
            .block_on(self.hub.counted(|at| at.rollup(&RollupQuery::default())))?
            .unshown();
        let comparison = compare(&answer.figures, &plain_sums()?);
        for different in comparison.different.iter().take(DIFFERENCES_SHOWN_MAX) {
            show(different);
        }
        let cells = comparison.network + comparison.location;
        say(&format!(
            "{} of {cells} cells equal ({} network cells, {} location cells).",
            comparison.equal, comparison.network, comparison.location
        ));
        Ok(cells > 0 && comparison.equal == cells)
    }

    /// Prints the addresses of the pages while the demonstration stays up.
    pub(crate) fn open_the_pages(&mut self) -> Result<()> {
        heading("The pages");
        show(&format!("  data in {}", self.folder.display()));
        let any = "127.0.0.1:0".parse()?;
        let pages = self.runtime.block_on(serve::pages(&self.hub, any, any))?;
        show(&format!("  {}  the national overview", pages.url()));
        if let Some(link) = self.hub.administration_link() {
            show(&format!("  {link}"));
            show("    the hub's administration; this link opens once");
        }
        self.pages = Some(pages);
        say("Open them in a browser on this computer. Ctrl-C ends the demonstration.");
        Ok(())
    }

    /// Closes everything in order.
    pub(crate) fn end(self) {
        for device in self.devices.into_values().chain(self.field) {
            self.runtime.block_on(device.node.close());
        }
        if let Some(pages) = self.pages {
            self.runtime.block_on(pages.stop());
        }
        self.runtime.block_on(self.listening.close());
    }

    fn field(&self) -> Result<&Device> {
        self.field
            .as_ref()
            .context("the field laptop has not joined")
    }
}

fn add_insight(device: &Device, text: &str) -> Result<()> {
    device.run(&[
        "insight",
        "add",
        "--text",
        text,
        "--audience",
        "network",
        "--consent",
        "network",
        "--attribution",
        "none",
    ])?;
    Ok(())
}

fn is_number(value: &Value, number: i64) -> bool {
    value.to_string().trim_matches('"') == number.to_string()
}

/// Returns rows that say "not collected" for a location without areas of its own, for every cell of
/// the published file.
fn not_collected_rows(location: &str) -> Result<String> {
    let mut rows =
        "indicator_code,area_code,period,breakdown,breakdown_value,obs_status\n".to_owned();
    for (indicator, period, age, level) in plain_sums()?.into_keys() {
        if level.is_none() {
            writeln!(rows, "{indicator},{location},{period},age,{age},L")?;
        }
    }
    Ok(rows)
}
