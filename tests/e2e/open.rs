//! `weft-node open`: the page in the person's browser, of a node that runs or is started for it.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    network::Network,
    program::{Program, said},
};

/// Maximum time until the browser has its link. It only ends a test that hangs.
const OPENED_TIME_MAX: Duration = Duration::from_secs(60);

#[test]
fn open_starts_what_is_not_running_and_hands_the_browser_a_link_that_works_once() {
    let network = Network::start();
    let browser = Browser::in_folder(&network.path("browser"));
    let node = network.founded("FN", "desk");
    let node = node.with_env("PATH", &browser.path());
    let port = free_port();
    let at = format!("127.0.0.1:{port}");

    let mut started = Started::of(&node, &["open", "--http", &at]);
    let link = browser.link();
    assert!(
        link.starts_with(&format!("http://localhost:{port}/launch/")),
        "{link}"
    );
    let cookie = sign_in(&link).expect("the link works");
    assert_eq!(sign_in(&link), None, "it works once");
    assert_eq!(status(port, "/", &cookie), 200);

    // It runs now: the same command only opens the page.
    let again = node.run(&["open"]).ends_with(0);
    assert_eq!(again.out, "", "no link is printed beside the browser's");
    let second = browser.link();
    assert_ne!(second, link);
    assert!(sign_in(&second).is_some());

    // The session survives a restart of the node, and no other cookie does.
    started.stop();
    let _started = Started::of(&node, &["open", "--http", &at]);
    browser.link();
    assert_eq!(status(port, "/", &cookie), 200);
    assert_eq!(status(port, "/", &format!("{cookie}0")), 401);
}

#[test]
fn without_a_browser_open_prints_the_link() {
    let network = Network::start();
    let nothing = network.path("nothing");
    fs::create_dir(&nothing).expect("a folder can be made");
    let node = network.founded("FN", "desk");
    let running = node.start(&["--http", "127.0.0.1:0"], 1);
    let node = node.with_env("PATH", &nothing.display().to_string());
    let told = node.run(&["open"]).ends_with(0);
    let link = told.out.trim().strip_prefix("pages ").expect("a link");
    assert!(sign_in(link).is_some(), "{link}");
    told.tells(&["no browser could be opened", "works once"]);
    drop(running);
}

#[test]
fn a_taken_port_is_named_with_its_holder_and_no_other_is_used() {
    let network = Network::start();
    let node = network.founded("FN", "desk");
    let running = node.start(&["--http", "127.0.0.1:0"], 1);
    let link = running.line("pages http://localhost:");
    let (port, _) = link.split_once('/').expect("an address with a path");
    let other = network.founded("RT", "other");
    let told = ["weft-node (process", port, "already", "--http"];
    let at = format!("127.0.0.1:{port}");
    for command in ["run", "open"] {
        other
            .run(&[command, "--http", &at])
            .ends_with(1)
            .tells(&told);
    }
    let elsewhere = other.start(&["--http", "127.0.0.1:0"], 1);
    assert!(!elsewhere.line("pages ").contains(port));
}

#[test]
fn without_a_data_directory_open_shows_the_welcome_page() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let browser = Browser::in_folder(&folder.path().join("browser"));
    let node = Program::node(&folder.path().join("none"));
    let node = node.with_env("PATH", &browser.path());
    let port = free_port();
    let mut started = Started::of(&node, &["open", "--http", &format!("127.0.0.1:{port}")]);
    let cookie = sign_in(&browser.link()).expect("the link works");
    assert_eq!(status(port, "/welcome", &cookie), 200);
    // The same command again only opens the page.
    node.run(&["open"]).ends_with(0);
    assert!(sign_in(&browser.link()).is_some());
    started.stop();
}

/// A command that stands for the person's browser and writes down what it was given.
struct Browser {
    folder: PathBuf,
    seen: PathBuf,
}

impl Browser {
    fn in_folder(folder: &Path) -> Self {
        fs::create_dir(folder).expect("a folder can be made");
        let (command, seen) = (folder.join("xdg-open"), folder.join("seen"));
        // Renamed once it is whole, so that no half of it is read.
        let script = format!(
            "#!/bin/sh\nprintf %s \"$1\" > '{0}.new'\n/bin/mv '{0}.new' '{0}'\n",
            seen.display()
        );
        fs::write(&command, script).expect("it can be written");
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&command, mode).expect("its mode can be set");
        let folder = folder.to_owned();
        Self { folder, seen }
    }

    fn path(&self) -> String {
        self.folder.display().to_string()
    }

    /// Waits for the next link.
    fn link(&self) -> String {
        let begun = Instant::now();
        while !self.seen.exists() {
            assert!(begun.elapsed() < OPENED_TIME_MAX, "no browser was opened");
            thread::sleep(Duration::from_millis(5));
        }
        let link = fs::read_to_string(&self.seen).expect("a link");
        fs::remove_file(&self.seen).expect("it can be removed");
        link
    }
}

/// A node that `open` started; killed when this is dropped.
struct Started(Child);

impl Started {
    fn of(node: &Program, arguments: &[&str]) -> Self {
        let mut command = node.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().expect("the program starts"))
    }

    /// Ends it as a system that shuts down does.
    fn stop(&mut self) {
        let id = self.0.id().to_string();
        said(std::process::Command::new("kill").arg(id)).ok();
        assert!(self.0.wait().expect("it ends").success());
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

/// Opens a link. Returns the cookie, as a browser sends it back, if the link still works.
fn sign_in(link: &str) -> Option<String> {
    let rest = link.strip_prefix("http://").expect("a link");
    let (host, path) = rest.split_once('/').expect("an address with a path");
    let answer = get(host, &format!("/{path}"), "");
    let lines = answer.lines();
    let mut set = lines.filter_map(|line| line.strip_prefix("set-cookie: "));
    set.next()?.split(';').next().map(str::to_owned)
}

/// Returns the status of a page.
fn status(port: u16, path: &str, cookie: &str) -> u16 {
    let head = format!("Cookie: {cookie}\r\n");
    let answer = get(&format!("localhost:{port}"), path, &head);
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
    status.unwrap_or_else(|| panic!("no status: {answer}"))
}

fn get(host: &str, path: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(host).expect("the page answers");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{head}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it listens");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    String::from_utf8_lossy(&answer).into_owned()
}
