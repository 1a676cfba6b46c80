//! Releases as analysts read them: over HTTP, with programs that others wrote.

use std::{
    env,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::network::{Network, data};

/// Publishes a release of a dataset, and returns its id.
pub(crate) fn publish(network: &Network, dataset: &str, indicators: &[&str]) -> String {
    let id = propose(network, dataset, indicators);
    network.hub.run(&["release", "publish", &id]).ok();
    id
}

/// Proposes one, without notice, and returns its id.
pub(crate) fn propose(network: &Network, dataset: &str, indicators: &[&str]) -> String {
    let mut line = vec![
        "release",
        "propose",
        dataset,
        "--title",
        "Example: a dataset",
    ];
    line.extend(["--notice-days", "0"]);
    for code in indicators {
        line.extend(["--indicator", code]);
    }
    network.hub.run(&line).ok();
    let list = network.hub.run(&["release", "list", "--json"]).ok();
    let list: Value = serde_json::from_str(&list).expect("it is JSON");
    let last = list.as_array().expect("a list").iter().rev();
    let of = last.filter_map(|one| one["release"].as_str());
    let mut of = of.filter(|id| id.starts_with(&format!("{dataset}/")));
    of.next().expect("it was proposed").to_owned()
}

/// A network of two places with census figures.
pub(crate) fn census() -> Network {
    let network = Network::start();
    for (code, device) in [("FN", "desk"), ("RT", "laptop")] {
        network.founded(code, device);
    }
    let definitions = data("indicators-prevention.toml");
    network
        .hub
        .run(&["definitions", "import", &definitions])
        .ok();
    let figures = data("nz-census-prevention.csv");
    let mut line = vec!["published", "import", &figures, "--publisher", "Stats NZ"];
    line.extend(["--licence", "CC BY 4.0", "--as-at", "2018-03-06", "--yes"]);
    network.hub.run(&line).ok();
    network
}

/// Reads a release with every reader. Returns what they said.
fn read(network: &Network, id: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/readers-python/bin/python");
    assert!(
        python.exists(),
        "pandas and the others are missing: run python3 -m venv target/readers-python, then its \
         pip install -r tests/readers/requirements.txt (tests/all does)"
    );
    let base = network.http.trim_end_matches('/');
    let mut reads = Command::new(python);
    reads.arg(root.join("tests/readers/check.py"));
    reads.arg(format!("{base}/data/{id}"));
    // R is large, so only tests/all --long installs it.
    if with_r() {
        reads.arg("--r");
    }
    let output = reads.output().expect("Python starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{wrong}");
    said
}

/// Whether R reads each release as well.
fn with_r() -> bool {
    env::var_os("WEFT_WITH_R").is_some()
}

#[test]
fn pandas_polars_duckdb_frictionless_and_openpyxl_read_published_figures_alike() {
    let network = census();
    let id = publish(&network, "prevention", &["SMOKING", "ACTIVE_COMMUTE"]);
    let said = read(&network, &id);
    for part in [
        "pandas, prevention.parquet",
        "Polars, prevention-locations.csv",
        "DuckDB, prevention-locations.parquet",
        "json, prevention.json",
        "pandas, prevention-locations.json",
        "openpyxl, prevention.xlsx",
        "frictionless: 3 tables of 5 files",
        "the guide's Python line",
        "the guide's SQL line",
        "the address of the guide's SAS line",
        "sums over locations",
        "Healthy Families Far North",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

/// RFC 9110: 13.1.1 (If-Match), 13.1.5 (If-Range), 14.2 (Range).
#[test]
fn a_file_is_sent_whole_in_part_or_not_at_all_as_its_conditions_say() {
    let network = census();
    let id = publish(&network, "prevention", &["SMOKING"]);
    let path = format!("/data/{id}/prevention.csv");
    let ask = |lines: &str| {
        let answer = network.get_with(&path, lines);
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        let status: u16 = head[9..12].parse().expect("a status");
        (status, head.to_owned(), body.to_owned())
    };
    let (status, head, whole) = ask("");
    assert_eq!(status, 200, "{head}");
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: "));
    let tag = tag.expect("it has a tag").to_owned();
    let part = &whole[..6];
    for (lines, status, body) in [
        ("Range: bytes=0-5", 206, part),
        ("Range: BYTES=0-5", 206, part),
        ("Range: lines=0-5", 200, &whole),
        ("Range: bytes=5-0", 200, &whole),
        ("Range: bytes=0-1,4-5", 200, &whole),
        ("Range: bytes=0-5\r\nIf-Range: TAG", 206, part),
        ("Range: bytes=0-5\r\nIf-Range: W/TAG", 200, &whole),
        ("Range: bytes=0-5\r\nIf-Range: \"another\"", 200, &whole),
        ("If-Range: \"another\"", 200, &whole),
        ("If-Match: TAG", 200, &whole),
        ("If-Match: *", 200, &whole),
        ("If-Match: \"another\", TAG\r\nRange: bytes=0-5", 206, part),
        ("If-None-Match: TAG\r\nRange: bytes=0-5", 304, ""),
    ] {
        let found = ask(&format!("{}\r\n", lines.replace("TAG", &tag)));
        assert_eq!(
            (found.0, found.2.as_str()),
            (status, body),
            "{lines}: {}",
            found.1
        );
    }
    for lines in [
        "If-Match: \"another\"",
        "If-Match: W/TAG",
        "If-Match: \"another\"\r\nIf-None-Match: TAG",
    ] {
        let (status, _, body) = ask(&format!("{}\r\n", lines.replace("TAG", &tag)));
        assert_eq!(status, 412, "{lines}");
        assert!(body.contains("If-Match asks for"), "{body}");
    }
    assert_eq!(ask("Range: bytes=99999999-\r\n").0, 416);
}

#[test]
fn the_differences_of_two_releases_are_lines_json_and_csv() {
    let network = census();
    let first = publish(&network, "prevention", &["SMOKING"]);
    let second = publish(&network, "prevention", &["SMOKING", "ACTIVE_COMMUTE"]);
    let diff = |from: &str, to: &str, more: &[&str]| {
        let line = [&["release", "diff", from, to], more].concat();
        network.hub.run(&line).ok()
    };
    let lines = diff(&first, &second, &[]);
    assert!(lines.contains("added: ACTIVE_COMMUTE 2018"), "{lines}");
    assert!(!lines.contains("SMOKING"), "{lines}");
    let json: Value = serde_json::from_str(&diff(&first, &second, &["--json"])).expect("JSON");
    let json = json.as_array().expect("a list");
    assert!(json.iter().all(|one| one["change"] == "added"), "{json:?}");
    let csv = diff(&second, &first, &["--format", "csv"]);
    let gone = csv.lines().skip(1).filter(|line| line.starts_with("gone,"));
    assert_eq!(gone.count(), json.len(), "{csv}");
    let why = [
        "release",
        "withdraw",
        &first,
        "--why",
        "A slip in one count.",
    ];
    network.hub.run(&why).ok();
    let refused = network.hub.run(&["release", "diff", &first, &second]);
    assert_eq!(refused.code, 3);
}

#[test]
fn readers_find_a_withheld_figure_empty_and_never_zero() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let published = data("nz-vaccination-by-territorial-authority.csv");
    let line = [
        "import",
        "observations",
        &published,
        "--own-areas",
        "--audience",
        "released",
    ];
    desk.run(&line).ok();
    desk.run(&[
        "indicator",
        "adopt",
        "VAX_PRIMARY",
        "--audience",
        "released",
    ])
    .ok();
    desk.run(&["release", "agree", "VAX_PRIMARY"]).ok();
    desk.run(&["sync", "--once"]).ok();
    // One location is no sum, so every row is withheld.
    let id = publish(&network, "vaccination", &["VAX_PRIMARY"]);
    let said = read(&network, &id);
    assert!(said.contains("withheld: 31 rows"), "{said}");
    desk.run(&["sync", "--once"]).ok();
    let list = desk.run(&["release", "list", "--json"]).ok();
    assert!(
        list.contains(&id) && list.contains("31 values of yours are counted in it"),
        "{list}"
    );
    let words = desk.run(&["release", "words"]).ok();
    let verified = network.hub.run(&["release", "verify", &id]).ok();
    assert!(
        verified.contains(words.trim()),
        "{verified} has not {words}"
    );
}

/// A hub that is killed at any moment of a publication has a whole release or none, and the next
/// try makes it whole.
#[test]
fn a_release_whose_publication_is_killed_is_whole_or_not_there() {
    let mut network = census();
    network.kill_hub();
    let (mut whole, mut none) = (0, 0);
    for turn in 0..KILLS {
        let id = propose(&network, "prevention", &["SMOKING"]);
        let mut child = network.hub.command(&["release", "publish", &id]);
        let mut child = child
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        thread::sleep(Duration::from_millis(turn * 30));
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        let verify = ["release", "verify", &id];
        if network.hub.run(&verify).code == 0 {
            whole += 1;
        } else {
            none += 1;
            network.hub.run(&["release", "publish", &id]).ok();
        }
        network.hub.run(&verify).ok();
    }
    assert!(
        none > 0,
        "each of {whole} publications was over before it was killed"
    );
}

const KILLS: u64 = 12;
