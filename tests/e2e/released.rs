//! Releases of counts that locations stated: what the list of changes says when one takes a count
//! back, and which reads of a release are in whose ledger.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, thread,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use serde_json::Value;

use crate::{network::Network, program::Program, releases};

/// The locations, each with its area and its count of 60,000 people. No two counts, and no sum of
/// two, are within 2 of another.
const PLACES: [(&str, &str, u64); 5] = [
    ("FN", "FAR_NORTH", 48_799),
    ("RT", "ROTORUA", 41_211),
    ("EC", "EAST", 33_107),
    ("WR", "WAIRO", 29_543),
    ("WM", "WAI", 22_621),
];
pub(crate) const DATASET: &str = "vaccination";
pub(crate) const CODE: &str = "VAX_PRIMARY";

/// A network of five locations whose rows are released, and the node of each.
pub(crate) struct Places {
    pub(crate) network: Network,
    pub(crate) nodes: Vec<Program>,
}

impl Places {
    pub(crate) fn new() -> Self {
        let network = Network::start();
        for (code, area, _) in &PLACES[2..] {
            let name = format!("Example: {code}");
            let area = format!("{area}=Example: {area}");
            let line = ["location", "add", code, "--name", &name, "--area", &area];
            network.hub.run(&line).ok();
        }
        let by_location = ["definitions", "set", CODE, "1", "rows=locations"];
        network.hub.run(&by_location).ok();
        let nodes = PLACES.map(|(code, area, count)| {
            let node = network.founded(code, code);
            let adopt = ["indicator", "adopt", CODE, "--audience", "released"];
            node.run(&adopt).ok();
            node.run(&["release", "agree", CODE, "--rows"]).ok();
            state(&node, (area, "2022-12", count), "released");
            node.run(&["sync", "--once"]).ok();
            node
        });
        Self {
            network,
            nodes: nodes.into(),
        }
    }

    pub(crate) fn publish(&self) -> String {
        releases::publish(&self.network, DATASET, &[CODE])
    }

    fn file(&self, release: &str, name: &str) -> String {
        let folder = self.network.hub.folder.join("releases").join(release);
        fs::read_to_string(folder.join(name)).expect("the release has it")
    }

    fn diff(&self, from: &str, to: &str, more: &[&str]) -> String {
        let line = [&["release", "diff", from, to], more].concat();
        self.network.hub.run(&line).ok()
    }

    /// The reads that the hub has, by act and subject: who was read, and how often.
    fn reads(&self) -> BTreeMap<(String, String), BTreeMap<String, u64>> {
        let hub = Connection::open(self.network.hub.folder.join("hub.db"));
        let hub = hub.expect("the store opens");
        let sql = "SELECT act, subject, code, sum(count) FROM reads JOIN codes USING (lix)
                   GROUP BY 1, 2, 3";
        let mut query = hub.prepare(sql).expect("the table is there");
        let rows = query.query_map([], |row| {
            let of: (String, String) = (row.get(0)?, row.get(1)?);
            Ok((of, (row.get(2)?, row.get(3)?)))
        });
        let mut reads: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for row in rows.expect("it reads") {
            let (of, (code, count)) = row.expect("a row");
            reads.entry(of).or_default().insert(code, count);
        }
        reads
    }
}

pub(crate) fn state(node: &Program, (area, period, count): (&str, &str, u64), audience: &str) {
    let count = count.to_string();
    let mut line = vec!["observation", "set", CODE, "--area", area];
    line.extend(["--period", period, "--breakdown", "age=12+"]);
    line.extend(["--numerator", &count, "--denominator", "60000"]);
    node.run(&[&line[..], &["--audience", audience]].concat())
        .ok();
}

/// The whole numbers in a text.
fn numbers(text: &str) -> BTreeSet<u64> {
    let words = text.split(|letter: char| !letter.is_ascii_digit());
    words.filter_map(|word| word.parse().ok()).collect()
}

/// Checks that no number of a text is, or leaves with another one, what is hidden: within 7, which
/// is more than rounding hides.
fn check_hidden(text: &str, hidden: &[u64], what: &str) {
    let all = numbers(text);
    let is = |one: u64| hidden.iter().find(|count| one.abs_diff(**count) <= 7);
    for one in &all {
        assert_eq!(is(*one), None, "{what} says {one}: {text}");
        for other in &all {
            let rest = one.abs_diff(*other);
            assert_eq!(is(rest), None, "{what}: {one} - {other}: {text}");
        }
    }
}

/// The changes of a file by location: the kind, and whether it has figures as they were and now.
fn changes(csv: &str) -> BTreeMap<String, (String, bool, bool)> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let names = reader.headers().expect("names").clone();
    let place = |name: &str| {
        let found = names.iter().position(|one| one == name);
        found.unwrap_or_else(|| panic!("{name} in {names:?}"))
    };
    let (kind, code) = (place("change"), place("location_code"));
    let (before, now) = (place("numerator_before"), place("numerator"));
    let rows = reader.records().map(|row| {
        let row = row.expect("a row");
        let has = |at: usize| !row[at].is_empty();
        let words = (row[kind].to_owned(), has(before), has(now));
        (row[code].to_owned(), words)
    });
    rows.collect()
}

/// One location retracts its count, one narrows its audience, and one takes its yes back; a fourth
/// corrects its own.
#[test]
fn what_was_taken_back_between_two_releases_is_in_no_list_of_changes() {
    let places = Places::new();
    let first = places.publish();
    let table = places.file(&first, "vaccination-locations.csv");
    for (code, _, count) in PLACES {
        let is_shown = numbers(&table).iter().any(|one| one.abs_diff(count) <= 2);
        assert!(is_shown, "{code} is in the first release: {table}");
    }
    let [far_north, rotorua, east, wairo, _] = &places.nodes[..] else {
        panic!("five nodes");
    };
    let mut retract = vec!["observation", "retract", CODE, "--area", "FAR_NORTH"];
    retract.extend(["--period", "2022-12", "--breakdown", "age=12+"]);
    far_north.run(&retract).ok();
    state(rotorua, ("ROTORUA", "2022-12", PLACES[1].2), "network");
    east.run(&["release", "refuse", CODE]).ok();
    state(wairo, ("WAIRO", "2022-12", 30_400), "released");
    for node in &places.nodes {
        node.run(&["sync", "--once"]).ok();
    }
    let second = places.publish();

    let number = first.rsplit('/').next().expect("a number");
    let path = format!("/api/v1/changes?since={number}&format=csv");
    let answer = places.network.get(&path, None);
    let (head, api) = answer.split_once("\r\n\r\n").expect("an answer");
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    let file = places.file(&second, "CHANGES.csv");
    let csv = places.diff(&first, &second, &["--format", "csv"]);
    assert_eq!((&*csv, api), (file.trim_end(), &*file));

    let gone = ("gone".to_owned(), false, false);
    let changed = |before| ("changed".to_owned(), before, true);
    // Of the sum nothing is repeated: less the rows that stay, it would be those that are gone.
    let expected = BTreeMap::from([
        (String::new(), changed(false)),
        ("FN".to_owned(), gone.clone()),
        ("RT".to_owned(), gone.clone()),
        ("EC".to_owned(), gone),
        ("WR".to_owned(), changed(true)),
    ]);
    assert_eq!(changes(&file), expected, "{file}");

    let [one, two, three] = [PLACES[0].2, PLACES[1].2, PLACES[2].2];
    let hidden = [
        one,
        two,
        three,
        one + two,
        one + three,
        two + three,
        one + two + three,
    ];
    let mut all = vec![
        ("CHANGES.csv", file),
        ("the lines", places.diff(&first, &second, &[])),
    ];
    all.push(("the JSON", places.diff(&first, &second, &["--json"])));
    for (what, text) in all {
        // Beside it lies the release, whose rows anybody adds and takes away.
        let beside = places.file(&second, "vaccination-locations.csv");
        let beside = beside + &places.file(&second, "vaccination.csv");
        check_hidden(&(text + &beside), &hidden, what);
    }
}

/// A node that runs checks a release as soon as it is out: no one has to ask for its proof.
#[test]
fn a_running_node_checks_a_release_that_was_just_published() {
    let places = Places::new();
    let node = &places.nodes[0];
    let running = node.start(&["--http", "127.0.0.1:0"], 1);
    node.run(&["sync", "--once"]).ok();
    let id = places.publish();
    let folder = places.network.hub.folder.join("releases").join(&id);
    let from = folder.to_str().expect("a path of text");
    let verify = ["release", "verify", &id, "--from", from];
    let until = Instant::now() + Duration::from_secs(60);
    while node.run(&verify).code != 0 && Instant::now() < until {
        thread::sleep(Duration::from_millis(200));
    }
    node.run(&verify).ok();
    running.stop();
}

/// Addresses that show records, after the release with this number and another: each with the act
/// and the subject in the ledgers of these locations.
fn read_by(
    number: &str,
    second: &str,
) -> Vec<(String, &'static str, String, BTreeMap<String, u64>)> {
    let all: BTreeMap<String, u64> = PLACES.map(|(code, ..)| (code.to_owned(), 1)).into();
    let one = |code: &str| BTreeMap::from([(code.to_owned(), 1)]);
    let file = format!("/data/{second}/vaccination.csv");
    let rows = [
        (
            "/api/v1/rollups?dataset=vaccination",
            "read released rows",
            format!("{second} level=network"),
            all.clone(),
        ),
        (
            "/api/v1/rollups?dataset=vaccination&location=FN&format=csv",
            "read released rows",
            format!("{second} level=location location=FN"),
            one("FN"),
        ),
        (
            "/api/v1/rollups?release=latest&location=RT&labels=mi&limit=1",
            "read released rows",
            format!("{second} level=location location=RT labels=mi"),
            one("RT"),
        ),
        (
            "/api/v1/coverage?dataset=vaccination",
            "read released coverage",
            format!("releases {second}"),
            all.clone(),
        ),
        // The sum of all has changed, and one row.
        (
            &format!("/api/v1/changes?since={number}"),
            "read released rows",
            format!("{second} since={number} level=all"),
            all.clone(),
        ),
        (
            &format!("/api/v1/changes?since={number}&level=location&format=csv"),
            "read released rows",
            format!("{second} since={number} level=location"),
            one("WR"),
        ),
        (
            &file,
            "downloaded",
            format!("{second}/vaccination.csv"),
            all,
        ),
    ];
    let owned = rows.into_iter().map(|(path, act, subject, read)| {
        let path: &str = path;
        (path.to_owned(), act, subject, read)
    });
    owned.collect()
}

/// All locations that contribute are read by what shows their rows or their sum; a list of names is
/// no one's record, and an answer that the reader has already shows nothing.
#[test]
fn each_read_of_a_release_is_a_row_of_each_location_in_its_answer() {
    let places = Places::new();
    let first = places.publish();
    state(&places.nodes[3], ("WAIRO", "2022-12", 30_400), "released");
    places.nodes[3].run(&["sync", "--once"]).ok();
    let second = places.publish();
    assert_eq!(places.reads(), BTreeMap::new(), "a release is no read");

    let number = first.rsplit('/').next().expect("a number");
    let mut expected = BTreeMap::new();
    for (path, act, subject, read) in read_by(number, &second) {
        let answer = places.network.get(&path, None);
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        expected.insert((act.to_owned(), subject), read);
        assert_eq!(places.reads(), expected, "{path}");
    }
    // Names, words and addresses are no records.
    let since = format!("/api/v1/changes?since={number}&location=FN&level=location");
    for path in [
        "/api/v1/indicators?dataset=vaccination",
        "/api/v1/locations?dataset=vaccination",
        "/api/v1/areas?dataset=vaccination",
        "/api/v1/periods?dataset=vaccination",
        "/data.json",
        "/data/vaccination/releases.json",
        "/openapi.json",
        "/api",
        "/data",
        // A filter that leaves nothing shows nothing.
        &since,
    ] {
        let answer = places.network.get(path, None);
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        assert_eq!(places.reads(), expected, "{path}");
    }
    for path in [
        "/api/v1/changes?since=2001.1",
        "/api/v1/rollups?release=2001.1",
    ] {
        let answer = places.network.get(path, None);
        assert!(answer.starts_with("HTTP/1.1 400"), "{path}: {answer}");
    }
    assert_eq!(places.reads(), expected, "a refusal is no read");

    places.diff(&first, &second, &[]);
    let subject = format!("{first} {second}");
    let all = PLACES.map(|(code, ..)| (code.to_owned(), 1)).into();
    expected.insert(("release diff".to_owned(), subject), all);
    assert_eq!(places.reads(), expected, "release diff");
    let refused = places
        .network
        .hub
        .run(&["release", "diff", &first, "vaccination/2001.1"]);
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert_eq!(places.reads(), expected, "a refusal is no read");
    check_nodes(&places, &expected);
}

/// Each location gets its own rows of it.
fn check_nodes(places: &Places, expected: &BTreeMap<(String, String), BTreeMap<String, u64>>) {
    let hub = Connection::open(places.network.hub.folder.join("hub.db"));
    let hub = hub.expect("the store opens");
    // Eleven minutes later.
    let sql = "UPDATE reads SET at_ms = at_ms - 660000";
    hub.execute(sql, []).expect("it takes it");
    for ((code, ..), node) in PLACES.iter().zip(&places.nodes) {
        node.run(&["sync", "--once"]).ok();
        let rows = node.run(&["ledger", "--json"]).json();
        let rows = rows.as_array().expect("rows").iter();
        let text = |row: &Value, name: &str| row[name].as_str().expect("text").to_owned();
        let seen: BTreeSet<_> = rows
            .map(|row| (text(row, "what"), text(row, "about")))
            .collect();
        let of = expected
            .iter()
            .filter(|(_, codes)| codes.contains_key(*code));
        let of: BTreeSet<_> = of.map(|(of, _)| of.clone()).collect();
        assert_eq!(seen, of, "{code}");
    }
}
