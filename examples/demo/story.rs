//! The steps of the demonstration, in order.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context as _, Result, anyhow, ensure};
use indicatif::ProgressBar;
use tokio::runtime::Handle;
use weft_hub::{
    app::{
        AppHandle as Hub, AreaWord, Confirmation, InitOptions, NewPublished, NewTarget,
        PublishedColumns, Tile,
    },
    figures::RollupQuery,
    serve::{self, Listening},
};
use weft_shared::{id::LocationCode, text::grouped, time::Zone};

use crate::{
    examples,
    published::{self, Comparison, Place, compare, data_file, places, plain_sums},
    team::Device,
    voice::{bar, heading, say, show},
};

/// The location whose node stays up, and whose two laptops disagree.
pub(crate) const HOST: &str = "FN";
const OPERATOR: &str = "Example operator (no legal person)";
const INDICATORS: [&str; 2] = ["VAX_PARTIAL", "VAX_PRIMARY"];
const DIFFERENCES_SHOWN_MAX: usize = 12;
const INVITE_LIFE_MS: i64 = 60 * 60 * 1_000;

/// The network and its folder.
pub(crate) struct Story {
    pub(crate) folder: PathBuf,
    pub(crate) runtime: Handle,
    pub(crate) hub: Hub,
    pub(crate) zone: Zone,
    /// Accepts the devices.
    pub(crate) listening: Listening,
    pub(crate) places: Vec<Place>,
    /// The first device of each team.
    pub(crate) devices: BTreeMap<String, Device>,
    /// The second device of Far North.
    pub(crate) field: Option<Device>,
}

impl Story {
    /// Starts the hub with its definitions, locations, published figures and target.
    pub(crate) fn begin(folder: &Path, runtime: &Handle) -> Result<Self> {
        heading("A hub, and figures that offices published");
        let zone = Zone::parse("Pacific/Auckland")?;
        let options = InitOptions {
            network: "Example network".to_owned(),
            operator: OPERATOR.to_owned(),
            public_address: None,
            time_zone: Some(zone.clone()),
        };
        let hub = runtime.block_on(Hub::init(&folder.join("hub"), options))?;
        let any = "127.0.0.1:0".parse()?;
        let listening = runtime.block_on(serve::listen(&hub, any))?;
        let places = places()?;
        runtime.block_on(define(&hub, &places))?;
        runtime.block_on(arrange(&hub))?;
        let census = runtime.block_on(publish(&hub))?;
        say(&format!(
            "The hub expects {} locations. It holds {} census figures of Stats NZ (CC BY \
             4.0) and the Smokefree goal as the network's target. The vaccination counts that \
             the teams import are the Ministry of Health's (nz-covid-data, CC BY-SA 4.0). No local \
             team entered, checked or endorsed any of them. All else is marked as an example.",
            places.len(),
            grouped(&census.to_string())
        ));
        Ok(Self {
            folder: folder.to_owned(),
            runtime: runtime.clone(),
            hub,
            zone,
            listening,
            places,
            devices: BTreeMap::new(),
            field: None,
        })
    }

    /// Sets up every team at once: each joins, is confirmed by its words, imports and writes.
    pub(crate) fn set_up_the_teams(&mut self) -> Result<()> {
        heading("Nine example teams join, import and write");
        let bar = bar(self.places.len());
        let (this, shown) = (&*self, &bar);
        let teams: Vec<Result<Team>> = thread::scope(|scope| {
            let begin = |place| scope.spawn(move || this.set_up(place, shown));
            let running: Vec<_> = this.places.iter().map(begin).collect();
            let ended = running.into_iter().map(|team| {
                let team = team.join();
                team.unwrap_or_else(|_| Err(anyhow!("setting up a team panicked")))
            });
            ended.collect()
        });
        bar.finish_and_clear();
        let mut asked = Vec::new();
        for (place, team) in self.places.iter().zip(teams) {
            let team = team.with_context(|| place.name.clone())?;
            asked.extend(team.asked);
            self.devices.insert(place.code.clone(), team.device);
        }
        let [row] = &asked[..] else {
            anyhow::bail!("not one figure was asked about, but {}", asked.len());
        };
        ensure!(
            row.contains("CHRISTCHURCH"),
            "it is not Christchurch's: {row}"
        );
        say(
            "Each was confirmed by four words that both ends showed. Weft asked Christchurch's \
             team about one figure before it saved it: the month before was less than a tenth. \
             The file is right there, so the team confirmed it.",
        );
        Ok(())
    }

    fn set_up(&self, place: &Place, bar: &ProgressBar) -> Result<Team> {
        let device = self.join(place)?;
        for code in INDICATORS {
            device.run(&["indicator", "adopt", code, "--audience", "released"])?;
            device.run(&["release", "agree", code])?;
        }
        let file = if published::has_vaccinations(place)? {
            published::vaccination_file()
        } else {
            let file = self
                .folder
                .join(format!("not-collected-{}.csv", place.code));
            fs::write(&file, self.not_collected_rows(place)?)?;
            file
        };
        let asked = device.import(file.to_str().context("the path is no UTF-8")?)?;
        examples::write(&device, &place.code, &self.zone)?;
        if place.code == HOST {
            examples::write_more(&device, &self.zone)?;
        }
        device.node.exchange()?;
        bar.inc(1);
        Ok(Team { device, asked })
    }

    /// Joins with the founding invite. The hub confirms the location once both show the same words.
    fn join(&self, place: &Place) -> Result<Device> {
        let code = LocationCode::parse(&place.code)?;
        let invite = self.hub.create_invite(&code, INVITE_LIFE_MS);
        let invite = self.runtime.block_on(invite)?;
        let folder = self.folder.join(format!("node-{code}"));
        let (device, theirs) = Device::join(&folder, &invite, "Front desk laptop", &self.runtime)?;
        let asked = code.clone();
        let ours = self.hub.read(move |at| at.confirmation(&asked));
        let Confirmation::Waiting { words: ours } = self.runtime.block_on(ours)? else {
            anyhow::bail!("{code} does not wait for its confirmation");
        };
        ensure!(ours == theirs.to_string(), "{code}: the words differ");
        self.runtime.block_on(self.hub.confirm_location(&code))?;
        device.node.exchange()?;
        Ok(device)
    }

    /// Returns rows that say "not collected" for every area of a location that the vaccination file
    /// does not know.
    fn not_collected_rows(&self, place: &Place) -> Result<String> {
        let mut rows =
            "indicator_code,area_code,period,breakdown,breakdown_value,obs_status\n".to_owned();
        for (indicator, period, age, level) in
            published::vaccination_sums(&self.places)?.into_keys()
        {
            if level.is_some() {
                continue;
            }
            for (area, _) in &place.areas {
                writeln!(rows, "{indicator},{area},{period},age,{age},L")?;
            }
        }
        Ok(rows)
    }

    /// Compares every cell with plain sums of the files. Returns whether all are equal; a figure
    /// that waits to be settled is named apart.
    pub(crate) fn compare_everything(&self, contested: bool) -> Result<bool> {
        heading("Every figure against plain sums of the files");
        let answer = self
            .runtime
            .block_on(self.hub.counted(|at| at.rollup(&RollupQuery::default())))?
            .unshown();
        let sums = plain_sums(&self.places)?;
        let Comparison {
            network,
            location,
            equal,
            different,
        } = compare(&answer.figures, &sums);
        let (waiting, wrong): (Vec<_>, Vec<_>) = different
            .into_iter()
            .partition(|(name, _)| contested && published::is_contested(name));
        for (_, words) in wrong.iter().take(DIFFERENCES_SHOWN_MAX) {
            show(words);
        }
        let cells = network + location;
        say(&format!(
            "{equal} of {cells} cells equal ({network} network cells, {location} location cells)."
        ));
        if !waiting.is_empty() {
            say(&format!(
                "The other {} hold the contested figure, and wait for you to settle it.",
                waiting.len()
            ));
        }
        Ok(cells > 0 && wrong.is_empty() && equal + waiting.len() == cells)
    }

    /// Closes everything in order.
    pub(crate) fn end(self) {
        self.close_devices();
        self.runtime.block_on(self.listening.close());
    }

    /// Closes every open node.
    pub(crate) fn close_devices(&self) {
        for device in self.devices.values().chain(&self.field) {
            self.runtime.block_on(device.node.close());
        }
    }
}

/// A team that has been set up.
struct Team {
    device: Device,
    /// The figures about which Weft asked before it saved them.
    asked: Vec<String>,
}

/// Imports the definitions, and adds the locations with their areas.
async fn define(hub: &Hub, places: &[Place]) -> Result<()> {
    let prevention = fs::read_to_string(data_file(published::PREVENTION_INDICATORS))?;
    for definitions in [published::vaccination_definitions()?, prevention] {
        hub.import_definitions(&definitions).await?;
    }
    for place in places {
        let areas = place
            .areas
            .iter()
            .map(|(code, name)| AreaWord::parse(&format!("{code}={name}")))
            .collect::<Result<_, String>>()
            .map_err(anyhow::Error::msg)?;
        let code = LocationCode::parse(&place.code)?;
        hub.add_location(code, place.name.clone(), None, areas)
            .await?;
    }
    Ok(())
}

/// Says which indicators the overview shows first, and where each location is on its map.
async fn arrange(hub: &Hub) -> Result<()> {
    let headline = HEADLINE.iter().map(|code| code.parse());
    hub.set_headline(headline.collect::<Result<_, _>>()?)
        .await?;
    let tiles = MAP.iter().map(|tile| Tile::parse(tile));
    let tiles = tiles.collect::<Result<_, String>>();
    hub.set_tiles(tiles.map_err(anyhow::Error::msg)?).await?;
    Ok(())
}

/// Indicators that the overview shows first.
const HEADLINE: [&str; 5] = [
    "SMOKING",
    "ACTIVE_COMMUTE",
    "DAMP_HOME",
    "VOLUNTEERING",
    "VAX_PRIMARY",
];

/// The row and the column of each location, roughly as on a map.
const MAP: [&str; 9] = [
    "FN=1,2", "WT=2,2", "SA=2,3", "RT=3,3", "EC=3,4", "WR=4,2", "HV=5,3", "OC=6,2", "IN=7,1",
];

/// Imports the census figures and sets the network's target. Returns the number of figures.
async fn publish(hub: &Hub) -> Result<u32> {
    let census = NewPublished {
        file: published::PREVENTION.to_owned(),
        bytes: fs::read(data_file(published::PREVENTION))?,
        publisher: "Stats NZ".to_owned(),
        licence: "CC BY 4.0".to_owned(),
        as_at: "2018-03-06".parse()?,
        columns: PublishedColumns::default(),
    };
    let census = hub.import_published(census).await?;
    let goal = NewTarget {
        indicator: "SMOKING".parse()?,
        value: 5.into(),
        period: Some("2025".parse()?),
        breakdown: String::new(),
        every_group: true,
        by: None,
        why: "Smokefree Aotearoa 2025: fewer than 5 percent smoke daily, in every population group"
            .to_owned(),
    };
    hub.set_target(goal).await?;
    Ok(census.source.figures)
}
