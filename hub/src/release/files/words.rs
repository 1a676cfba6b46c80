//! The words of a release about itself: what it is, how it may be used, and how to read it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use weft_shared::{
    model::{observation::Breakdown, release::ReleaseId},
    release::{Head, KeptRow, Meaning},
    text::{counted, listed},
    time::Timestamp,
};

use super::Content;

/// A heading and its text.
pub(crate) type Fact = (&'static str, String);

/// The facts that a release states in words.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Words {
    /// The dataset's title.
    pub(crate) title: String,
    /// The network's name.
    pub(crate) network: String,
    /// The legal person that runs the hub.
    pub(crate) operator: String,
    /// The day of publication, in the network's time zone, in words.
    pub(crate) day: String,
    /// The notice that teams had, in a sentence.
    pub(crate) notice: String,
    /// The sources and licences of the figures, each once.
    pub(crate) credits: BTreeSet<Credit>,
    /// The meaning of each indicator, by code and version.
    #[serde(default)]
    pub(crate) meanings: Vec<Meaning>,
    /// The release that this one corrects, and why.
    pub(crate) supersedes: Option<String>,
    /// The sums that are shown as an earlier release showed them.
    #[serde(default)]
    pub(crate) kept: Vec<KeptRow>,
}

/// A source of figures, with the licence under which it may be used.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct Credit {
    pub(crate) source: String,
    pub(crate) licence: String,
}

impl Words {
    /// The facts of the sheet "About", with the numbers of rows of the network and of locations.
    pub(super) fn facts(&self, head: &Head, rows: (usize, usize)) -> Vec<Fact> {
        let mut facts = vec![
            ("Dataset", format!("{} ({})", self.title, head.dataset)),
            (
                "Release",
                format!("{}, published on {}", head.number, self.day),
            ),
            ("Notice", self.notice.clone()),
            ("Network", self.network.clone()),
            ("Hub run by", self.operator.clone()),
            ("Rows", row_counts(rows)),
            ("Protection", PROTECTION.to_owned()),
            ("Sums", SUMS.to_owned()),
            (
                "Empty cells",
                "A field that does not apply is empty, and never zero.".to_owned(),
            ),
            ("Cite as", self.citation(head)),
        ];
        facts.extend(
            self.supersedes
                .iter()
                .map(|which| ("Corrects", which.clone())),
        );
        facts.extend(self.kept().into_iter().map(|line| ("Kept", line)));
        facts.extend(self.credits.iter().map(|one| ("Source", one.line())));
        let broken = self.meanings.iter().filter(|one| !one.breaks.is_empty());
        facts.extend(broken.map(|one| ("Break", format!("{}: {}", one.name, one.breaks))));
        facts
    }

    /// The sums that are kept as they were, by indicator and earlier release.
    fn kept(&self) -> Vec<String> {
        let mut sums: BTreeMap<(&str, &ReleaseId), Vec<String>> = BTreeMap::new();
        for KeptRow { release, row } in &self.kept {
            let part = Breakdown::from_columns(&row.breakdown, &row.breakdown_value);
            let part = part.ok().and_then(|part| part.words());
            let part = part.map_or_else(String::new, |words| format!(" {words}"));
            let of = sums.entry((&row.indicator_name, release)).or_default();
            of.push(format!("{}{part}", row.period));
        }
        let lines = sums.into_iter().map(|((name, release), sums)| {
            let sums = listed(&sums, KEPT_LISTED_MAX);
            format!("{name}, {sums}: as in {release}. {KEPT}")
        });
        lines.collect()
    }

    /// The line to cite.
    pub(crate) fn citation(&self, head: &Head) -> String {
        let sources: Vec<&str> = self.credits.iter().map(|one| one.source.as_str()).collect();
        let sources = match sources.is_empty() {
            true => String::new(),
            false => format!(" Source: {}.", sources.join("; ")),
        };
        format!(
            "{}, {}, release {}, {}.{sources}",
            self.network, self.title, head.number, self.day
        )
    }

    pub(super) fn readme(&self, content: &Content) -> String {
        let mut text = format!("{}\n\n", self.title);
        for (name, fact) in content.facts(content.counts()) {
            text.push_str(&format!("{name}: {fact}\n"));
        }
        text.push_str(FILES);
        text
    }

    pub(super) fn licence(&self) -> String {
        let mut text = String::from(LICENCE);
        for credit in &self.credits {
            text.push_str(&format!("\n{}\n", credit.line()));
        }
        text
    }

    pub(super) fn licences(&self) -> Vec<Value> {
        let names: BTreeSet<&str> = self
            .credits
            .iter()
            .map(|one| one.licence.as_str())
            .collect();
        let names = names.into_iter().filter(|name| !name.is_empty());
        names
            .map(|name| json!({ "title": name, "name": name }))
            .collect()
    }

    pub(super) fn sources(&self) -> Vec<Value> {
        let sources = self.credits.iter();
        sources.map(|one| json!({ "title": one.source })).collect()
    }
}

fn row_counts((network, locations): (usize, usize)) -> String {
    let network = counted(network as u64, "row", "rows");
    match locations {
        0 => format!("{network} of the network"),
        more => format!(
            "{network} of the network, and {} of locations in a table of their own",
            counted(more as u64, "row", "rows")
        ),
    }
}

impl Credit {
    fn line(&self) -> String {
        match self.licence.is_empty() {
            true => self.source.clone(),
            false => format!("{} ({})", self.source, self.licence),
        }
    }
}

/// A moment for the files of an archive, in UTC.
pub(super) fn moment(at: Timestamp) -> zip::DateTime {
    let text = at.rfc3339();
    let part = |from: usize, to: usize| {
        let part = text.get(from..to).and_then(|part| part.parse::<u16>().ok());
        part.unwrap_or_default()
    };
    let small = |from, to| u8::try_from(part(from, to)).unwrap_or_default();
    let moment = zip::DateTime::from_date_and_time(
        part(0, 4),
        small(5, 7),
        small(8, 10),
        small(11, 13),
        small(14, 16),
        small(17, 19),
    );
    moment.unwrap_or_default()
}

/// Maximum number of kept sums that one line names; the list of changes has all of them.
const KEPT_LISTED_MAX: usize = 12;
const KEPT: &str = "Too few locations joined or left since to show another sum.";
const PROTECTION: &str = "Counts are rounded to base 3. Counts under 6 are withheld, and so are \
    sums of too few locations, sums of which one location has too much, and what would reveal a \
    withheld count: it may be any of at least five, zero included. DISCLOSURE.md in the source of \
    Weft has each rule. A shown \
    count may lag the true one by up to 5 from one release to the next. The method (frr3) is \
    Weft's own. It uses the rounding base and the threshold of Stats NZ, and Stats NZ has not \
    reviewed or endorsed it.";
const SUMS: &str = "Each file has one level, so a sum over its rows counts no place twice. Totals \
    are rows of their own: do not add the parts of a breakdown to its total. Rows are rounded one \
    by one, so they may add up to a little more or less than the network's own row. Never average \
    values: add numerators and denominators, and divide.";
const FILES: &str = "\nFiles: the tables are the same in CSV, Parquet, JSON and XLSX. \
    indicators.csv says what each indicator counts, and what of it is not comparable; \
    dictionary.csv says what each column means; datapackage.json says it to programs; CHANGES.csv \
    lists each cell that differs from the release before, and each sum that is kept from an \
    earlier one (kept_from); manifest.json says what went in; SHA256SUMS has the checksums \
    (sha256sum --check SHA256SUMS). In Excel open the XLSX: it has the number of the release as \
    text, and Excel takes 2026.10 in a CSV for 2026.1.\n";
const LICENCE: &str = "The figures in this release come from the sources below. Each stays under \
    its own licence, with its own attribution; a share-alike licence holds for this release too.\n";
