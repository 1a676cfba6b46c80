//! PAGES: the hub's pages with 100 locations and 60 indicators. W10: the pages of a node whose
//! location has 8,640 observations, 200 actions and 500 insights.

use std::{fmt::Write as _, path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use weft_node::AppHandle;

use crate::{
    figure::{Figure, Target, median, percentile},
    http::Served,
    made_up::{At, GROUPS, INDICATORS, code},
    memory::high_water,
    workloads::{Bench, run},
};

/// Wait after which the hub has added up all facts.
const IDLE: Duration = Duration::from_secs(20);
/// Most milliseconds of a warm page of a node.
const PAGE_MS: f64 = 100.0;
/// Most seconds of a node's start.
const START_S: f64 = 1.0;
/// Most memory of a node that serves pages: 60 MB, in MiB.
const NODE_MIB: f64 = 57.2;
/// Most bytes of a first page with its assets.
const FIRST_BYTES: f64 = 60_000.0;
/// Visits to each page of a kind.
const VISITS: usize = 50;
/// Months of which the node of W10 has observations: of 60 indicators in four groups, 8,640.
const MONTHS: u64 = 36;
const ACTIONS: usize = 200;
const INSIGHTS: usize = 500;

/// Figures, each printed at once because the whole takes long.
#[derive(Default)]
struct Measured(Vec<Figure>);

impl Measured {
    fn add(&mut self, figure: Figure) {
        crate::say(&figure.row());
        self.0.push(figure);
    }
}

impl Bench<'_> {
    /// PAGES: what a national team sees of so many locations, which all sent eight years.
    pub(crate) fn pages(&self, locations: usize) -> Result<Vec<Figure>> {
        let folder = self.whole_network("pages", locations)?;
        let hub = Served::start(
            crate::HUB_PROGRAM,
            &folder,
            &["--listen", "--http", "--admin"],
        )?;
        let of = |name: &str, unit, value: f64| {
            let name = format!("{locations} locations: {name}");
            Figure::new("PAGES", name, unit, vec![value])
        };
        std::thread::sleep(IDLE);
        let mut figures = Measured::default();
        figures.add(of("start to its pages", "s", hub.ready));
        let indicator = |at: u64| format!("/indicators/{}", code(at % INDICATORS));
        let codes = crate::hub::codes(locations)?;
        let location = |at: u64| {
            let at = usize::try_from(at).unwrap_or_default() % codes.len();
            format!("/locations/{}", codes[at])
        };
        let kinds: [(&str, &dyn Fn(u64) -> String); 8] = [
            ("overview", &|_| "/".to_owned()),
            ("overview, other locations", &|at| {
                format!("/?places={}", 2 + at % 9)
            }),
            ("list of indicators", &|_| "/indicators".to_owned()),
            ("an indicator", &indicator),
            ("coverage", &|_| "/coverage".to_owned()),
            ("coverage of an indicator", &|at| {
                format!("/coverage?indicator={}", code(at % INDICATORS))
            }),
            ("list of locations", &|_| "/locations".to_owned()),
            ("a location", &location),
        ];
        for (name, path) in kinds {
            let (first, mut times) = hub.visits(&path(0), 0)?;
            for at in 0..VISITS as u64 {
                times.extend(hub.visits(&path(at), 1)?.1);
            }
            figures.add(of(&format!("{name}, at first"), "ms", first));
            figures.add(of(
                &format!("{name}, p50 of {VISITS}"),
                "ms",
                median(&times),
            ));
            figures.add(of(&format!("{name}, p99"), "ms", percentile(&times, 0.99)));
        }
        figures.add(of(
            "memory of the hub after that",
            "MiB",
            high_water(hub.id())?,
        ));
        let weight = of("overview with its assets", "bytes", count(hub.weight("/")?));
        figures.add(weight.must(Target::AtMost(FIRST_BYTES)));
        Ok(figures.0)
    }

    /// W10: what a team sees of its own node.
    pub(crate) fn node_pages(&self) -> Result<Vec<Figure>> {
        let folder = self.filled_node()?;
        let flags = ["--http"];
        let start = || Served::start(crate::NODE_PROGRAM, &folder, &flags);
        let mut starts = Vec::new();
        for _ in 0..self.runs {
            starts.push(start()?.ready);
        }
        let node = start()?;
        let of = |name: &str, unit, runs| Figure::new("W10", name, unit, runs);
        let starts = of("start to its pages", "s", starts);
        let mut figures = Measured::default();
        figures.add(starts.must(Target::AtMost(START_S)));
        let indicator = format!("/indicators/{}", code(7));
        for path in [
            "/",
            "/plan",
            "/plan?show=due",
            "/indicators",
            &indicator,
            &format!("{indicator}/enter"),
            "/insights",
            "/insights?q=water",
            "/conflicts",
            "/import",
            "/sharing",
            "/report",
            "/history",
            "/settings",
        ] {
            let (first, times) = node.visits(path, VISITS)?;
            let path = path.replace(&code(7), "...");
            figures.add(of(&format!("{path}, at first"), "ms", vec![first]));
            let p50 = of(
                &format!("{path}, p50 of {VISITS}"),
                "ms",
                vec![median(&times)],
            );
            figures.add(p50.must(Target::AtMost(PAGE_MS)));
            let p99 = vec![percentile(&times, 0.99)];
            figures.add(of(&format!("{path}, p99"), "ms", p99));
        }
        let saved = (0..20).map(|turn| save(&node, &indicator, turn));
        let saved = saved.collect::<Result<Vec<f64>>>()?;
        let name = "saving one value in the grid, p50 of 20";
        figures.add(of(name, "ms", vec![median(&saved)]).must(Target::AtMost(PAGE_MS)));
        let p99 = vec![percentile(&saved, 0.99)];
        figures.add(of("saving one value in the grid, p99", "ms", p99));
        let memory = of(
            "memory of the node after that",
            "MiB",
            vec![high_water(node.id())?],
        );
        figures.add(memory.must(Target::AtMost(NODE_MIB)));
        Ok(figures.0)
    }

    /// Makes the folder of a node with all of it, shared with its hub.
    fn filled_node(&self) -> Result<std::path::PathBuf> {
        let mut hub = self.hub("w10", 0, 1)?;
        hub.ask("national")?;
        hub.ask("area AAA")?;
        let folder = self.folder.join("w10-node");
        let node = self.node(&folder, &hub.invites[0])?;
        hub.confirm()?;
        node.exchange()?;
        for indicator in 0..INDICATORS {
            let code = code(indicator);
            run(
                &node,
                &["indicator", "adopt", &code, "--audience", "network"],
            )?;
        }
        import(&node, &self.folder.join("w10.csv"))?;
        write_plan(&node)?;
        for insight in 0..INSIGHTS {
            let text = format!("Example {insight}: people said that the water comes first here.");
            let add = ["insight", "add", "--text", &text, "--audience", "network"];
            let consent = ["--consent", "network", "--attribution", "none"];
            run(&node, &[&add[..], &consent].concat())?;
        }
        node.exchange()?;
        self.runtime.block_on(node.close());
        Ok(folder)
    }
}

/// Imports 8,640 observations from a file.
fn import(node: &AppHandle, file: &Path) -> Result<()> {
    let mut text = String::from(
        "area_code,indicator_code,breakdown,breakdown_value,period,numerator,denominator\n",
    );
    for indicator in 0..INDICATORS {
        for period in 0..MONTHS {
            for (group, name) in (0..).zip(GROUPS) {
                let at = At {
                    location: 0,
                    indicator,
                    period: 0,
                    group,
                };
                // A population that hardly moves, so that no figure is asked about.
                let (_, denominator) = at.counts();
                let numerator = denominator / 2 + period.cast_signed() % 5;
                let (year, month) = (2023 + period / 12, period % 12 + 1);
                let code = code(indicator);
                // Text grows in memory.
                let _grows = writeln!(
                    text,
                    "AAA,{code},age,{name},{year}-{month:02},{numerator},{denominator}"
                );
            }
        }
    }
    std::fs::write(file, text)?;
    let file = file.to_str().context("the path is no UTF-8")?;
    let told = run(node, &["import", "observations", file, "--yes"])?;
    ensure!(told.contains("8640") || told.contains("8,640"), "{told}");
    Ok(())
}

/// Writes five outcomes, ten initiatives and 200 actions.
fn write_plan(node: &AppHandle) -> Result<()> {
    let add = |kind: &str, rest: &[&str]| -> Result<String> {
        let line = [&[kind, "add", "--audience", "network"], rest].concat();
        let told = run(node, &line)?;
        let id = told.split_whitespace().find(|word| word.len() == 36);
        Ok(id.context(told.clone())?.to_owned())
    };
    let mut initiatives = Vec::new();
    for outcome in 0..5 {
        let name = format!("Example: outcome {outcome}");
        let indicators = code(outcome);
        let outcome = add("outcome", &["--name", &name, "--indicators", &indicators])?;
        for number in 0..2 {
            let name = format!("Example: initiative {number} of it");
            let more = ["--status", "testing", "--outcomes", &outcome];
            initiatives.push(add(
                "initiative",
                &[&["--name", &name], &more[..]].concat(),
            )?);
        }
    }
    for action in 0..ACTIONS {
        let what = format!("Example: action {action}");
        let initiative = &initiatives[action % initiatives.len()];
        let due = format!("2027-{:02}-15", action % 12 + 1);
        add(
            "action",
            &["--what", &what, "--due", &due, "--initiative", initiative],
        )?;
    }
    Ok(())
}

/// Saves one value in the grid of an indicator as a browser does. Returns its milliseconds, the
/// answer's page not included.
fn save(node: &Served, indicator: &str, turn: usize) -> Result<f64> {
    let path = format!("{indicator}/enter?from=2025-12&to=2025-12");
    let page = node.text(&path)?;
    let (_, form) = page
        .split_once("<form method=\"post\" action=\"/indicators/")
        .context("no grid")?;
    let (form, _) = form.split_once("</form>").context("the form has no end")?;
    let form = form.replace('\n', " ");
    let mut sent = Vec::new();
    let mut is_changed = false;
    for tag in form.split("<input").skip(1) {
        let (tag, _) = tag.split_once('>').context("a tag has no end")?;
        let (Some(name), value) = (attribute(tag, "name"), attribute(tag, "value")) else {
            continue;
        };
        let mut value = value.unwrap_or_default();
        if name.starts_with("n:") && !is_changed {
            let number: usize = value.parse().context("no number")?;
            value = (number - turn % 2 + (turn + 1) % 2).to_string();
            is_changed = true;
        }
        sent.push(format!("{}={}", encoded(&name), encoded(&value)));
    }
    let kinds = form.split("<select").skip(1);
    let kinds = kinds.filter_map(|tag| attribute(tag, "name"));
    sent.extend(kinds.map(|name| format!("{}=", encoded(&name))));
    ensure!(is_changed, "the grid has no field for a number: {form}");
    let answer = node.post(&format!("{indicator}/enter"), &sent.join("&"))?;
    let said = String::from_utf8_lossy(&answer.body);
    ensure!(answer.status() == "303", "{}\n{said}", answer.head);
    Ok(answer.ms)
}

/// The value of an attribute within a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, from) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = from.split_once('"')?;
    let plain = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
    ];
    let plain = plain
        .iter()
        .fold(value.to_owned(), |text, (from, to)| text.replace(from, to));
    Some(plain.replace("&amp;", "&"))
}

/// A text as forms send it.
fn encoded(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    });
    bytes.collect()
}

#[expect(clippy::cast_precision_loss, reason = "some thousand bytes")]
const fn count(number: usize) -> f64 {
    number as f64
}
