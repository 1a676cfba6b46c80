//! Asks a program for pages as a browser does, and tells how long each took.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};

/// A program that serves pages, which ends when this is dropped.
pub(crate) struct Served {
    child: Child,
    /// Host and port, such as `localhost:8080`.
    host: String,
    /// The session, once it is opened; empty if none is needed.
    cookie: String,
    /// Seconds from its start to the line that says it is ready.
    pub(crate) ready: f64,
}

/// An answer: its status, its head and its body as it came over the wire.
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Milliseconds from the first byte asked to the last one read.
    pub(crate) ms: f64,
}

impl Served {
    /// Runs this program by another name on a folder, until it says where its pages are.
    pub(crate) fn start(name: &str, folder: &Path, flags: &[&str]) -> Result<Self> {
        let begin = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .arg0(name)
            .arg("--data-dir")
            .arg(folder)
            .arg("run")
            .args(flags.iter().flat_map(|flag| [flag, "127.0.0.1:0"]))
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(output).lines();
        let address = lines.find_map(|line| {
            let line = line.ok()?;
            Some(line.strip_prefix("pages ")?.trim().to_owned())
        });
        let ready = begin.elapsed().as_secs_f64();
        let mut served = Self {
            child,
            host: String::new(),
            cookie: String::new(),
            ready,
        };
        let address = address.context("it has no pages")?;
        // Later output has a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let rest = address.strip_prefix("http://").context("no address")?;
        let (host, path) = rest.split_once('/').context("no path")?;
        host.clone_into(&mut served.host);
        if !path.is_empty() {
            let answer = served.get(&format!("/{path}"))?;
            let mut lines = answer.head.lines();
            let cookie = lines.find_map(|line| line.strip_prefix("set-cookie: "));
            let cookie = cookie.and_then(|text| text.split(';').next());
            cookie.context("no session")?.clone_into(&mut served.cookie);
        }
        Ok(served)
    }

    /// The id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks for a page, compressed.
    pub(crate) fn get(&self, path: &str) -> Result<Answer> {
        self.send(
            &format!("GET {path} HTTP/1.0\r\nAccept-Encoding: gzip\r\n"),
            "",
        )
    }

    /// Asks for a page that must be there, as it is.
    pub(crate) fn text(&self, path: &str) -> Result<String> {
        let answer = self.send(&format!("GET {path} HTTP/1.0\r\n"), "")?;
        ensure!(answer.is_ok(), "{path}: {}", answer.head);
        Ok(String::from_utf8(answer.body)?)
    }

    /// Sends a form.
    pub(crate) fn post(&self, path: &str, form: &str) -> Result<Answer> {
        let head = format!(
            "POST {path} HTTP/1.0\r\nOrigin: http://{}\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            self.host,
            form.len()
        );
        self.send(&head, form)
    }

    fn send(&self, head: &str, body: &str) -> Result<Answer> {
        let begin = Instant::now();
        let port = self.host.rsplit(':').next().context("no port")?;
        let mut line = TcpStream::connect(("127.0.0.1", port.parse()?))?;
        let cookie = match self.cookie.as_str() {
            "" => String::new(),
            cookie => format!("Cookie: {cookie}\r\n"),
        };
        let text = format!("{head}Host: {}\r\n{cookie}\r\n{body}", self.host);
        line.write_all(text.as_bytes())?;
        let mut answer = Vec::new();
        line.read_to_end(&mut answer)?;
        let ms = begin.elapsed().as_secs_f64() * 1e3;
        let end = answer.windows(4).position(|part| part == b"\r\n\r\n");
        let end = end.context("no end of the head")?;
        let head = String::from_utf8(answer[..end].to_vec())?;
        let body = answer.split_off(end + 4);
        Ok(Answer { head, body, ms })
    }

    /// Milliseconds of each of `times` visits to a page that must be there, after a first one.
    pub(crate) fn visits(&self, path: &str, times: usize) -> Result<(f64, Vec<f64>)> {
        let first = self.get(path)?;
        ensure!(first.is_ok(), "{path}: {}", first.head);
        let visits = (0..times).map(|_| Ok(self.get(path)?.ms));
        Ok((first.ms, visits.collect::<Result<_>>()?))
    }

    /// Bytes over the wire of a page and all its assets.
    pub(crate) fn weight(&self, path: &str) -> Result<usize> {
        let mut bytes = self.get(path)?.body.len();
        for asset in [
            "weft.css",
            "weft.js",
            "weft-sans-latin.woff2",
            "weft-sans-macrons.woff2",
        ] {
            let answer = self.get(&format!("/assets/{asset}"))?;
            ensure!(answer.is_ok(), "{asset}: {}", answer.head);
            bytes += answer.body.len();
        }
        Ok(bytes)
    }
}

impl Answer {
    pub(crate) fn is_ok(&self) -> bool {
        self.status() == "200"
    }

    pub(crate) fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It holds nothing that is needed afterwards.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
