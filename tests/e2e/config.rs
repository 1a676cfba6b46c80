//! Sources of settings: flag before environment before file before default.

use std::{fs, path::Path};

use crate::{
    network::Network,
    program::{Program, said},
};

fn write(folder: &Path, text: &str) {
    fs::write(folder.join("config.toml"), text).expect("it can be written");
}

/// On Linux every address in 127.0.0.0/8 is this computer, so none is taken.
#[cfg(target_os = "linux")]
#[test]
fn addresses_come_from_flag_environment_and_file() {
    let mut network = Network::start();
    let node = network.founded("FN", "desk");
    network.kill_hub();
    let page = |program: &Program, flags: &[&str]| {
        let running = program.start(flags, 1);
        running.line("pages http://").to_owned()
    };
    let at = |line: &str, host: &str| assert!(line.starts_with(&format!("{host}:")), "{line}");
    // The default is a fixed port, which only one test on a computer could have.
    write(&node.folder, "http = \"127.0.0.2:0\"\n");
    at(&page(&node, &[]), "127.0.0.2");
    let environment = node.with_env("WEFT_HTTP", "127.0.0.3:0");
    at(&page(&environment, &[]), "127.0.0.3");
    at(&page(&environment, &["--http", "127.0.0.4:0"]), "127.0.0.4");

    let hub = network.hub.clone();
    let both = |program: &Program, flags: &[&str]| {
        let running = program.start(flags, 2);
        let pages = running.line("pages http://").to_owned();
        (running.line("sync ").to_owned(), pages)
    };
    write(
        &hub.folder,
        "listen = \"127.0.0.2:0\"\nhttp = \"127.0.0.2:0\"\n",
    );
    let (sync, pages) = both(&hub, &[]);
    at(&sync, "127.0.0.2");
    at(&pages, "127.0.0.2");
    let environment = hub
        .with_env("WEFT_LISTEN", "127.0.0.3:0")
        .with_env("WEFT_HTTP", "127.0.0.3:0");
    let (sync, pages) = both(&environment, &[]);
    at(&sync, "127.0.0.3");
    at(&pages, "127.0.0.3");
    let flags = ["--listen", "127.0.0.4:0", "--http", "127.0.0.4:0"];
    let (sync, pages) = both(&environment, &flags);
    at(&sync, "127.0.0.4");
    at(&pages, "127.0.0.4");
}

#[test]
fn the_data_directory_comes_from_flag_environment_file_and_default() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| folder.path().join(name);
    let text = |name: &str| path(name).to_str().expect("the path is text").to_owned();
    let file = text("settings.toml");
    fs::write(&file, format!("data-dir = \"{}\"\n", text("by-file"))).expect("it can be written");
    for program in [Program::node(&path("x")), Program::hub(&path("x"))] {
        // Nothing is there, and the message names the place that was checked.
        let program = program
            .with_env("HOME", &text("home"))
            .with_env("XDG_DATA_HOME", "");
        let looks_at = |program: &Program, flags: &[&str], name: &str| {
            let words = [&["status"], flags].concat();
            let said = said(&mut program.bare(&words)).ends_with(10);
            assert!(said.err.contains(&text(name)), "{name}: {}", said.err);
        };
        looks_at(&program, &[], "home");
        looks_at(&program, &["--config", &file], "by-file");
        let environment = program
            .clone()
            .with_env("WEFT_DATA_DIR", &text("by-environment"));
        looks_at(&environment, &["--config", &file], "by-environment");
        let flag = text("by-flag");
        looks_at(
            &environment,
            &["--config", &file, "--data-dir", &flag],
            "by-flag",
        );
        let named = program.clone().with_env("WEFT_CONFIG", &file);
        looks_at(&named, &[], "by-file");
    }
}

#[test]
fn what_a_file_says_wrongly_is_named_with_its_line() {
    let mut network = Network::start();
    let node = network.founded("FN", "desk");
    network.kill_hub();
    for program in [&network.hub, &node] {
        for (file, told) in [
            (
                "# ours\nhttp = \"127.0.0.1:0\"\nlisten_on = 1\n",
                ["line 3", "`listen_on`", "known keys"],
            ),
            ("http = [\"127.0.0.1:0\"]\n", ["line 1", "`http`", "text"]),
            (
                "http = \"127.0.0.1:0\"\nhttp = \n",
                ["line 2", "config.toml", "key = \"value\""],
            ),
        ] {
            write(&program.folder, file);
            for command in ["status", "run"] {
                program.run(&[command]).ends_with(2).tells(&told);
            }
        }
        write(&program.folder, "http = \"nowhere\"\n");
        program
            .run(&["run"])
            .ends_with(2)
            .tells(&["nowhere", "config.toml", "`http`"]);
        let environment = program.clone().with_env("WEFT_HTTP", "elsewhere");
        environment.run(&["run"]).ends_with(2).tells(&["elsewhere"]);
        fs::remove_file(program.folder.join("config.toml")).expect("it is there");
        let none = ["status", "--config", "/nowhere/config.toml"];
        program
            .run(&none)
            .ends_with(2)
            .tells(&["/nowhere/config.toml", "--config"]);
        program.run(&["status"]).ok();
    }
}

#[test]
fn pages_for_other_computers_are_wrong_usage() {
    let mut network = Network::start();
    let node = network.founded("FN", "desk");
    network.kill_hub();
    for program in [&network.hub, &node] {
        program
            .run(&["run", "--http", "0.0.0.0:0"])
            .ends_with(2)
            .tells(&["0.0.0.0:0", "no loopback address", "127.0.0.1"]);
    }
}
