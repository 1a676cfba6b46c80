//! `weft-node release verify` on releases of an honest hub, and of hubs that are not: each is the
//! real program, with its store changed between its acts.

use std::{fs, path::PathBuf};

use rusqlite::Connection;
use serde_json::Value;
use weft_shared::release::{Manifest, Proof};

use crate::{
    network::Network,
    program::{Program, Said},
    released::{CODE, DATASET, Places, state},
    releases,
};

/// Far North's figure, in the words of a fault.
const OURS: &str = "VAX_PRIMARY/FAR_NORTH/2022-12/age=12+";

/// A copy of a release's files, as somebody downloads them.
struct Download(PathBuf);

impl Download {
    fn of(network: &Network, id: &str, name: &str) -> Self {
        let to = network.path(name);
        fs::create_dir_all(&to).expect("a folder can be made");
        let from = network.hub.folder.join("releases").join(id);
        for file in fs::read_dir(from).expect("the release is there").flatten() {
            fs::copy(file.path(), to.join(file.file_name())).expect("it can be copied");
        }
        Self(to)
    }

    fn verify(&self, node: &Program, id: &str) -> Said {
        let folder = self.0.to_str().expect("the path is text");
        node.run(&["release", "verify", id, "--from", folder])
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).expect("the release has it")
    }

    /// Writes a file, as it would be if the hub had published it so: the manifest fits it, and
    /// only the chain does not.
    fn publish(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).expect("it can be written");
        let text = String::from_utf8(self.read("manifest.json")).expect("it is text");
        let mut manifest = Manifest::decode(&text).expect("it is a manifest");
        let mut files = manifest.files.iter_mut();
        let file = files.find(|file| file.name == name).expect("it is in it");
        (file.sha256, file.bytes) = (Manifest::checksum(bytes), bytes.len() as u64);
        fs::write(self.0.join("manifest.json"), manifest.encode()).expect("it can be written");
    }
}

/// Checks that a release is refused, with what to do and with these words.
#[track_caller]
fn caught(said: Said, words: &[&str]) {
    let next = ["is not as it should be", "tell the people who run the hub"];
    said.ends_with(1).tells(&[&next[..], words].concat());
}

/// Changes the hub's store while the hub rests.
fn change(network: &mut Network, sql: &str) {
    network.kill_hub();
    let hub = Connection::open(network.hub.folder.join("hub.db")).expect("the store opens");
    hub.execute_batch(sql).expect("it takes it");
    drop(hub);
    network.start_hub();
}

/// A day passes on a computer: what the hub acknowledged so far was noted yesterday.
fn a_day_passes(node: &Program) {
    let note = |sql: &str| {
        let store = Connection::open(node.folder.join("node.db")).expect("the store opens");
        store.execute_batch(sql).expect("it takes it");
    };
    note("DELETE FROM acknowledged_day");
    node.run(&["sync", "--once"]).ok();
    note("UPDATE acknowledged_day SET day = day - 1");
}

/// The rows of the hub's facts that Far North stated of a month, counted from the year 0.
fn facts_of(month: &str) -> String {
    format!(
        "document IN (SELECT document FROM year_documents JOIN codes USING (lix)
            WHERE code = 'FN') AND {month}"
    )
}

fn sync(node: &Program) {
    node.run(&["sync", "--once"]).ok();
}

fn proposed(network: &Network) -> String {
    releases::propose(network, DATASET, &[CODE])
}

fn publish(network: &Network, id: &str) {
    network.hub.run(&["release", "publish", id]).ok();
}

#[test]
fn an_honest_release_is_checked_without_the_hub_and_no_file_of_it_can_be_changed() {
    let mut places = Places::new();
    let far_north = places.nodes[0].clone();
    a_day_passes(&far_north);
    let first = places.publish();
    state(&far_north, ("FAR_NORTH", "2022-12", 51_204), "released");
    sync(&far_north);
    let second = places.publish();
    sync(&far_north);
    places.network.kill_hub();
    let network = &places.network;
    let download = |name: &str| Download::of(network, &first, name);
    let other = Download::of(network, &second, "second");
    other.verify(&far_north, &second).ok();

    // The files that no manifest can name are named.
    let honest = download("honest");
    let zip = "vaccination-2026.1.zip";
    let zip = zip.replace("2026.1", first.rsplit('/').next().expect("a number"));
    let junk = [honest.read(&zip), b"more".to_vec()].concat();
    fs::write(honest.0.join(&zip), junk).expect("it can be written");
    let said = honest.verify(&far_north, &first);
    let said = [said.err.clone(), said.ok()].concat();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "is as it should be, as far as this computer can tell",
        "1 number of ours is counted in",
        "each once, as we stated them",
        "Not checked by this: - The numbers of other locations",
        &zip,
        "vaccination.xlsx",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }

    let changed = download("changed");
    let csv = [changed.read("vaccination.csv"), b"\n".to_vec()].concat();
    fs::write(changed.0.join("vaccination.csv"), csv).expect("it can be written");
    let words = "vaccination.csv is not as its manifest says";
    caught(changed.verify(&far_north, &first), &[words]);

    let sums = download("sums");
    fs::write(sums.0.join("SHA256SUMS"), "").expect("it can be written");
    caught(
        sums.verify(&far_north, &first),
        &["SHA256SUMS does not list"],
    );

    let json = download("json");
    let name = "vaccination-locations.json";
    let text = String::from_utf8(json.read(name)).expect("it is text");
    let denominator = "\"denominator\":60000";
    assert!(text.contains(denominator), "{text}");
    let text = text.replacen(denominator, "\"denominator\":54000", 1);
    json.publish(name, text.as_bytes());
    caught(
        json.verify(&far_north, &first),
        &[
            "vaccination-locations.json says other things than vaccination-locations.csv",
            "denominator is 54000",
        ],
    );

    let parquet = download("parquet");
    let name = "vaccination-locations.parquet";
    parquet.publish(name, &other.read(name));
    let words = "vaccination-locations.parquet says other things than vaccination-locations.csv";
    caught(parquet.verify(&far_north, &first), &[words]);
    parquet.publish(name, b"PAR1");
    let words = "vaccination-locations.parquet is not a table of a release";
    caught(parquet.verify(&far_north, &first), &[words]);
    another_link(&far_north, &honest, &first);
}

/// This computer saw another link of the chain before.
fn another_link(far_north: &Program, honest: &Download, first: &str) {
    let store = Connection::open(far_north.folder.join("node.db")).expect("the store opens");
    let other = "UPDATE release_link SET hash = zeroblob(32) WHERE n = 1";
    assert_eq!(store.execute(other, []).expect("it takes it"), 1);
    drop(store);
    let words = "link 1 is another than the one this computer saw before";
    caught(honest.verify(far_north, first), &[words]);
    far_north
        .run(&["release", "words"])
        .ends_with(1)
        .tells(&[words]);
}

#[test]
fn a_release_that_counts_us_and_does_not_name_us_is_caught() {
    let mut places = Places::new();
    let far_north = places.nodes[0].clone();
    a_day_passes(&far_north);
    let network = &mut places.network;

    // All is counted, and neither the manifest nor a proof says so.
    let id = proposed(network);
    let forget = "UPDATE releases SET plan = json_remove(plan, '$.places.FN')";
    change(network, forget);
    publish(network, &id);
    sync(&far_north);
    let said = Download::of(network, &id, "unnamed").verify(&far_north, &id);
    assert!(!said.out.contains("No number of ours"), "{}", said.out);
    caught(
        said,
        &[
            "neither names our location nor says why",
            "row of FN for VAX_PRIMARY 2022-12 age 12+",
            "the hub sent us no proof",
            OURS,
        ],
    );

    // Nothing is counted, and the reason is a lie.
    let id = proposed(network);
    change(
        network,
        &format!("DELETE FROM facts WHERE {}", facts_of("1")),
    );
    publish(network, &id);
    sync(&far_north);
    let said = Download::of(network, &id, "omitted").verify(&far_north, &id);
    let words = "was left out because it has no released figures in it";
    caught(said, &[OURS, words]);
    // Another location, which is in it, finds nothing wrong.
    let rotorua = &places.nodes[1];
    sync(rotorua);
    let network = &places.network;
    let said = Download::of(network, &id, "honest").verify(rotorua, &id);
    said.ok();

    // A location that took its yes back hears that.
    far_north.run(&["release", "refuse", CODE]).ok();
    sync(&far_north);
    let id = places.publish();
    sync(&far_north);
    let said = Download::of(&places.network, &id, "refused").verify(&far_north, &id);
    let said = said.ok();
    assert!(said.contains("No number of ours was counted"), "{said}");
    assert!(!said.contains("no reason is given"), "{said}");
}

#[test]
fn a_no_that_came_too_late_leaves_the_list_at_what_went_out() {
    let places = Places::new();
    let far_north = &places.nodes[0];
    let id = proposed(&places.network);
    sync(far_north);
    let said = far_north.run(&["release", "refuse", CODE]);
    said.tells(&["holds once the hub has it", "1 entry waits"])
        .ok();
    publish(&places.network, &id);
    for _ in 0..2 {
        sync(far_north);
    }
    let listed = far_north.run(&["release", "list", "--json"]).ok();
    let words = format!("{CODE}: 1 value of yours is counted in it");
    assert!(listed.contains(&words), "{listed}");
}

#[test]
fn the_list_of_changes_since_a_withdrawn_release_is_not_missed() {
    let places = Places::new();
    let far_north = &places.nodes[0];
    let first = places.publish();
    state(far_north, ("FAR_NORTH", "2022-12", 51_204), "released");
    sync(far_north);
    let second = places.publish();
    sync(far_north);
    let download = Download::of(&places.network, &second, "second");
    fs::remove_file(download.0.join("CHANGES.csv")).expect("it is there");
    let zip = second.replace('/', "-") + ".zip";
    fs::remove_file(download.0.join(zip)).expect("it is there");
    let missed = download.verify(far_north, &second);
    caught(missed, &["CHANGES.csv is missing"]);
    let why = "A slip in one count.";
    let why = ["release", "withdraw", &first, "--why", why];
    places.network.hub.run(&why).ok();
    sync(far_north);
    let said = download.verify(far_north, &second);
    let words = format!("it repeats what {first} said, which was withdrawn");
    let right = ["CHANGES.csv is not there, and that is right", &words];
    said.tells(&right).ok();
}

#[test]
fn a_figure_that_is_altered_doubled_or_omitted_is_caught() {
    let mut places = Places::new();
    let far_north = places.nodes[0].clone();
    let earlier = "VAX_PRIMARY/FAR_NORTH/2022-11/age=12+";
    state(&far_north, ("FAR_NORTH", "2022-11", 47_900), "released");
    sync(&far_north);
    a_day_passes(&far_north);
    let network = &mut places.network;
    let verify = |network: &Network, id: &str| {
        sync(&far_north);
        Download::of(network, id, &id.replace('/', "-")).verify(&far_north, id)
    };

    let id = proposed(network);
    let set = |count: u64, was: u64| {
        let facts = facts_of(&format!("numerator = {was}"));
        format!("UPDATE facts SET numerator = {count} WHERE {facts}")
    };
    change(network, &set(40_001, 48_799));
    publish(network, &id);
    let words = format!("{OURS} was counted as 40001 of 60000, and we stated 48799 of 60000");
    caught(verify(network, &id), &[&words]);
    change(network, &set(48_799, 40_001));

    let id = proposed(network);
    publish(network, &id);
    double(network);
    let words = format!("{OURS} was counted twice");
    caught(verify(network, &id), &[&words]);

    let id = proposed(network);
    let facts = facts_of("numerator = 47900");
    change(network, &format!("DELETE FROM facts WHERE {facts}"));
    publish(network, &id);
    let words = format!("{earlier} was left out without a word");
    caught(verify(network, &id), &[&words]);
}

/// The hub sends Far North a proof of the last release with each figure twice.
fn double(network: &mut Network) {
    network.kill_hub();
    let hub = Connection::open(network.hub.folder.join("hub.db")).expect("the store opens");
    let sql = "SELECT release, proof FROM release_proofs WHERE code = 'FN'
               ORDER BY release DESC LIMIT 1";
    let (release, proof): (i64, Vec<u8>) = hub
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("a proof");
    let mut proof = Proof::unpack(&proof).expect("it is a proof");
    proof.counted.extend(proof.counted.clone());
    let sql = "UPDATE release_proofs SET proof = ? WHERE code = 'FN' AND release = ?";
    let put = hub.execute(sql, rusqlite::params![proof.pack(), release]);
    assert_eq!(put.expect("it takes it"), 1);
    drop(hub);
    network.start_hub();
}

/// The hub counts a figure as it was before it acknowledged a correction, and says that it counted
/// up to there: the release is dated back.
#[test]
fn a_release_that_counts_less_than_was_acknowledged_before_it_was_announced_is_caught() {
    let mut places = Places::new();
    let far_north = places.nodes[0].clone();
    let network = &mut places.network;
    let facts = facts_of("1");
    change(
        network,
        &format!("CREATE TABLE was AS SELECT * FROM facts WHERE {facts}"),
    );
    state(&far_north, ("FAR_NORTH", "2022-12", 51_204), "released");
    sync(&far_north);
    // The correction was acknowledged yesterday.
    a_day_passes(&far_north);

    let id = proposed(network);
    network.kill_hub();
    let hub = Connection::open(network.hub.folder.join("hub.db")).expect("the store opens");
    let plan: String = hub
        .query_row("SELECT plan FROM releases", [], |row| row.get(0))
        .expect("a plan");
    let mut plan: Value = serde_json::from_str(&plan).expect("it is JSON");
    let heights = plan["places"]["FN"]["heights"].as_object_mut();
    for height in heights.expect("heights").values_mut() {
        let last = height.as_u64().expect("a number");
        *height = (last - 1).into();
    }
    let put = hub.execute("UPDATE releases SET plan = ?", [plan.to_string()]);
    assert_eq!(put.expect("it takes it"), 1);
    let back = format!(
        "DELETE FROM facts WHERE {facts}; INSERT INTO facts SELECT * FROM was; DROP TABLE was"
    );
    hub.execute_batch(&back).expect("it takes it");
    drop(hub);
    network.start_hub();
    publish(network, &id);
    sync(&far_north);
    let said = Download::of(network, &id, "back").verify(&far_north, &id);
    caught(
        said,
        &["the hub had acknowledged entry", "counted only up to"],
    );
}

/// A shown count stays until the true one has moved by 6, so after a small correction a row shows
/// what it showed before; one that no release explains is a lie.
#[test]
fn a_release_after_a_small_correction_is_no_fault_and_a_row_that_nothing_explains_is() {
    let mut places = Places::new();
    let far_north = places.nodes[0].clone();
    let first = places.publish();
    let mut ids = vec![first];
    for moved in [1, 3, 5] {
        let figure = ("FAR_NORTH", "2022-12", 48_799 + moved);
        state(&far_north, figure, "released");
        sync(&far_north);
        ids.push(places.publish());
    }
    for node in &places.nodes {
        sync(node);
        for id in &ids {
            let name = id.replace('/', "-");
            Download::of(&places.network, id, &name)
                .verify(node, id)
                .ok();
        }
    }

    // The hub rounds another count by 6.
    state(&far_north, ("FAR_NORTH", "2022-12", 51_204), "released");
    sync(&far_north);
    let network = &mut places.network;
    let id = proposed(network);
    let lie = "INSERT OR REPLACE INTO rounded (areas, raw, shown)
               VALUES ('FAR_NORTH', 51204, 51210)";
    change(network, lie);
    publish(network, &id);
    sync(&far_north);
    let said = Download::of(network, &id, "lie").verify(&far_north, &id);
    let words = "shows the numerator 51210, and what was counted of ours adds up to 51204: more \
                 than 2 apart";
    caught(said, &[words]);
}
