//! Backups of both programs: made while they run, checked, and restored with one command.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use crate::{
    network::{Network, set},
    program::Program,
};

/// Maximum time until a backup that is due is there. It only ends a test that hangs.
const DUE_TIME_MAX: Duration = Duration::from_secs(120);

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is text")
}

/// Makes a folder beside the network's, as that of another disk.
fn disk(network: &Network) -> PathBuf {
    let disk = network.path("disk");
    fs::create_dir_all(&disk).expect("a folder can be made");
    disk
}

/// Makes a backup with words that exist, and checks it. Returns its file.
fn backed_up(program: &Program, disk: &Path, words: &Path) -> String {
    let made = program.run(&[
        "backup",
        "create",
        "--to",
        text(disk),
        "--words-file",
        text(words),
    ]);
    let made = made.tells(&["made, and read again"]).ok();
    let file = made
        .strip_prefix("backup ")
        .expect("the file is named")
        .to_owned();
    let verify = ["backup", "verify", &file, "--words-file", text(words)];
    program.run(&verify).tells(&["the backup is whole"]).ok();
    file
}

/// Loses a program's folder, and restores it elsewhere.
fn restored(program: &Program, (file, words): (&str, &Path), to: &Path) -> Program {
    fs::remove_dir_all(&program.folder).expect("the folder is there");
    let back = program.clone().at(to);
    let restore = ["backup", "restore", file, "--words-file", text(words)];
    back.run(&restore).tells(&["restored into"]).ok();
    // A directory in use is never overwritten.
    back.run(&restore)
        .ends_with(2)
        .tells(&["nothing was restored"]);
    back
}

/// The fingerprint of all documents, and what is for the team alone.
fn content(node: &Program) -> (String, String) {
    let plan = ["initiative", "list", "--json"];
    (
        node.run(&["rebuild"]).ok(),
        node.run(&plan).json().to_string(),
    )
}

#[test]
fn a_lost_computer_comes_back_from_its_backup() {
    let network = Network::start();
    let (disk, words) = (disk(&network), network.path("FN.words"));
    let desk = network.founded("FN", "desk");
    desk.run(&set("2022-01", "1000")).ok();
    let add = [
        "initiative",
        "add",
        "--name",
        "Example: for us alone",
        "--audience",
        "team",
    ];
    desk.run(&add).ok();
    desk.run(&["sync", "--once"]).ok();
    let before = content(&desk);
    let running = desk.start(&["--http", "127.0.0.1:0"], 1);
    let file = backed_up(&desk, &disk, &words);
    let status = desk.run(&["status"]).ok();
    assert!(status.contains(&file), "{status}");
    running.kill();
    let sealed = fs::read(&file).expect("the backup is there");
    let secret = b"Example: for us alone";
    assert!(!sealed.windows(secret.len()).any(|part| part == secret));
    let back = restored(&desk, (&file, &words), &network.path("new computer"));
    assert_eq!(content(&back), before);
    // It goes on as the same device, because nothing was shared since.
    back.run(&set("2022-02", "1001")).ok();
    back.run(&["sync", "--once"]).ok();
    assert!(
        network
            .rollup()
            .iter()
            .any(|row| row["period"] == "2022-02")
    );
    back.run(&["verify"]).ok();
}

/// No log may have two entries of one number, so such a computer stops and says how it goes on.
#[test]
fn a_computer_that_shared_more_than_its_backup_has_stops_and_says_how_to_go_on() {
    let network = Network::start();
    let (disk, words) = (disk(&network), network.path("FN.words"));
    let desk = network.founded("FN", "desk");
    desk.run(&set("2022-01", "1000")).ok();
    let file = backed_up(&desk, &disk, &words);
    desk.run(&set("2022-02", "1001")).ok();
    desk.run(&["sync", "--once"]).ok();
    let back = restored(&desk, (&file, &words), &network.path("new computer"));
    back.run(&["sync", "--once"]).ends_with(21).tells(&[
        "restored from a backup",
        "nothing is lost",
        "device invite",
    ]);
    let saved = set("2022-03", "1002");
    back.run(&saved)
        .ends_with(3)
        .tells(&["takes no more changes"]);
}

/// The restored hub takes a new log device, so nodes take what it writes, and it receives again
/// what locations wrote since.
#[test]
fn a_hub_restored_from_its_backup_goes_on_with_its_nodes() {
    let mut network = Network::start();
    let disk = disk(&network);
    let words = network.path("hub.words");
    fs::copy(network.hub.folder.join("root.words"), &words).expect("the words are there");
    let desk = network.founded("FN", "desk");
    desk.run(&set("2022-01", "1000")).ok();
    desk.run(&["sync", "--once"]).ok();
    let made = network
        .hub
        .run(&["backup", "create", "--to", text(&disk)])
        .ok();
    let file = made
        .strip_prefix("backup ")
        .expect("the file is named")
        .to_owned();
    // Both write on after the backup.
    desk.run(&set("2022-02", "1001")).ok();
    let zone = |name: &'static str| ["network", "time-zone", name];
    network.hub.run(&zone("Pacific/Chatham")).ok();
    desk.run(&["sync", "--once"]).ok();
    network.kill_hub();
    let folder = network.path("new hub");
    let hub = restored(&network.hub, (&file, &words), &folder);
    network.hub = hub;
    network.start_hub();
    desk.run(&["sync", "--once"]).ok();
    // The hub's own words of later come back from the node.
    let zone_of_hub = network.hub.run(&["network", "time-zone"]).ok();
    assert!(zone_of_hub.contains("Pacific/Chatham"), "{zone_of_hub}");
    assert!(
        network
            .rollup()
            .iter()
            .any(|row| row["period"] == "2022-02")
    );
    network.hub.run(&zone("Pacific/Auckland")).ok();
    desk.run(&set("2022-03", "1002")).ok();
    desk.run(&["sync", "--once"]).ok();
    let status = desk.run(&["status", "--json"]).json();
    assert_eq!(status["time_zone"], "Pacific/Auckland");
    assert!(
        network
            .rollup()
            .iter()
            .any(|row| row["period"] == "2022-03")
    );
    desk.run(&["verify"]).ok();
    // Everything is at the hub that a further device gets.
    let colleague = network.further(&desk, "field");
    let list = colleague
        .run(&["observation", "list", "--json"])
        .json()
        .to_string();
    assert!(
        ["2022-01", "2022-02", "2022-03"]
            .iter()
            .all(|one| list.contains(one)),
        "{list}"
    );
    network.hub.run(&["doctor"]);
}

/// Without the root no one can name the new log device.
#[test]
fn a_hub_is_not_restored_without_the_words_of_its_root() {
    let mut network = Network::start();
    let disk = disk(&network);
    let root = network.path("paper");
    // As the guide says: on paper, and not on the hub's disk.
    fs::rename(network.hub.folder.join("root.words"), &root).expect("the words are there");
    let own = network.path("own.words");
    let create = [
        "backup",
        "create",
        "--to",
        text(&disk),
        "--new-words-file",
        text(&own),
    ];
    let made = network.hub.run(&create).ok();
    let file = made
        .strip_prefix("backup ")
        .expect("the file is named")
        .to_owned();
    network.kill_hub();
    let folder = network.path("new hub");
    let hub = network.hub.clone().at(&folder);
    let restore = ["backup", "restore", &file, "--words-file", text(&own)];
    hub.run(&restore)
        .ends_with(3)
        .tells(&["nothing was restored", "--root-words-file"]);
    assert!(!folder.exists());
    hub.run(&[&restore[..], &["--root-words-file", text(&root)]].concat())
        .tells(&["new log device"])
        .ok();
    hub.run(&["status"]).ok();
}

#[test]
fn backups_are_made_by_themselves_while_a_program_runs() {
    let mut network = Network::start();
    let disk = disk(&network);
    let desk = network.founded("FN", "desk");
    let words = network.path("new.words");
    let schedule = [
        "backup",
        "schedule",
        "--to",
        text(&disk),
        "--new-words-file",
        text(&words),
    ];
    desk.run(&[&schedule[..], &["--keep", "2"]].concat())
        .tells(&["24 new words", "each day to"])
        .ok();
    network
        .hub
        .run(&["backup", "schedule", "--to", text(&disk)])
        .ok();
    // A program looks at its start, and then each minute.
    network.kill_hub();
    network.start_hub();
    let running = desk.start(&["--http", "127.0.0.1:0"], 1);
    let begin = Instant::now();
    let made = |program: &str| -> Vec<PathBuf> {
        let inside = fs::read_dir(&disk).expect("the folder is there");
        let files = inside.map(|one| one.expect("the folder can be read").path());
        let own = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(program) && name.ends_with(".weft-backup")
        };
        files.filter(own).collect()
    };
    while made("weft-node-fn-").is_empty() || made("weft-hub-").is_empty() {
        assert!(begin.elapsed() < DUE_TIME_MAX, "no backup was made");
        thread::sleep(Duration::from_millis(50));
    }
    let file = made("weft-node-fn-").remove(0);
    let verify = [
        "backup",
        "verify",
        text(&file),
        "--words-file",
        text(&words),
    ];
    desk.run(&verify).ok();
    running.stop();
    let off = ["backup", "schedule", "--off"];
    desk.run(&off).ok();
    let status = desk.run(&["status", "--json"]).json();
    assert!(status["backup"]["last"]["file"].is_string(), "{status}");
    assert!(status["backup"]["schedule"].is_null(), "{status}");
}

/// A file with the name of a backup is one.
#[test]
fn a_backup_that_is_killed_is_none() {
    let network = Network::start();
    let (disk, words) = (disk(&network), network.path("FN.words"));
    let desk = network.founded("FN", "desk");
    desk.run(&set("2022-01", "1000")).ok();
    for ms in [20, 40, 60, 80, 100, 150, 200, 300] {
        let create = [
            "backup",
            "create",
            "--to",
            text(&disk),
            "--words-file",
            text(&words),
        ];
        let mut command = desk.command(&create);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program starts");
        thread::sleep(Duration::from_millis(ms));
        // It may have ended before.
        let _ = child.kill();
        child.wait().expect("the program ends");
    }
    for file in fs::read_dir(&disk).expect("the folder is there") {
        let file = file.expect("the folder can be read").path();
        if file.extension().is_some_and(|end| end == "weft-backup") {
            let verify = [
                "backup",
                "verify",
                text(&file),
                "--words-file",
                text(&words),
            ];
            desk.run(&verify).ok();
        }
    }
    // Nothing of it hinders the next one.
    thread::sleep(Duration::from_secs(1));
    backed_up(&desk, &disk, &words);
    assert!(!desk.folder.join("backup.tmp").exists());
}

/// Settings that cannot be read hide nothing else.
#[test]
fn damaged_settings_of_backups_are_named_and_hide_nothing_else() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    for (program, label) in [(&desk, "device"), (&network.hub, "operator")] {
        fs::write(program.folder.join("backup.json"), "{").expect("the folder is there");
        let status = program.run(&["status"]).ok();
        assert!(status.contains(label), "{status}");
        let words = status.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("backups' settings are lost"), "{status}");
        assert!(program.run(&["status", "--json"]).json()["backup"].is_null());
        let schedule = ["backup", "schedule"];
        program.run(&schedule).ends_with(1).tells(&["remove it"]);
    }
}
