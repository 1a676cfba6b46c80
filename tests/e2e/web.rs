//! A browser without a window: requests to the hub's pages, and the forms of people who enrol and
//! sign in. It believes nothing: what it sends is what a test says, byte for byte.

use std::{
    collections::BTreeMap,
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use data_encoding::BASE32_NOPAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::program::Program;

pub(crate) const PASSWORD: &str = "kererū over the harbour";
pub(crate) const PURPOSE: &str = "Quarterly report to the ministry";

/// Maximum time for an answer. It only ends a test that hangs.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);

/// A connection that carries one request and its answer.
pub(crate) trait Wire: Read + Write {}

impl<S: Read + Write> Wire for S {}

/// An answer, with its body as it was before it was cut into chunks.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Reads an answer; none if the other end hung up without a word.
    fn read(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let mut answer = Self {
            status,
            head,
            body: String::new(),
        };
        let body = &bytes[end + 4..];
        let body = match answer.header("transfer-encoding") {
            Some("chunked") => joined(body),
            _ => body.to_vec(),
        };
        answer.body = String::from_utf8_lossy(&body).into_owned();
        Some(answer)
    }

    /// Returns a header's first value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1);
        lines.find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Checks the status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.body);
        self
    }
}

/// Joins the chunks of a body. What is no chunk ends it.
fn joined(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(at) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&rest[..at]).ok();
        let size = size.and_then(|size| usize::from_str_radix(size, 16).ok());
        let Some(size @ 1..) = size else { break };
        let Some(chunk) = rest.get(at + 2..at + 2 + size) else {
            break;
        };
        body.extend_from_slice(chunk);
        rest = rest.get(at + 4 + size..).unwrap_or_default();
    }
    body
}

/// Sends bytes, and returns the answer until the other end hangs up; none if there is no answer.
pub(crate) fn send(mut wire: impl Wire, request: &[u8]) -> Option<Answer> {
    // A server that has heard enough may hang up before all is written.
    let _ = wire.write_all(request);
    let _ = wire.flush();
    let (mut bytes, mut piece) = (Vec::new(), [0; 16_384]);
    loop {
        match wire.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => bytes.extend_from_slice(&piece[..n]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    Answer::read(&bytes)
}

/// Connects to a port of this computer.
pub(crate) fn port(at: &str) -> TcpStream {
    let stream = TcpStream::connect(at).expect("it listens");
    let time = Some(ANSWER_TIME_MAX);
    stream.set_read_timeout(time).expect("a stream waits");
    stream.set_write_timeout(time).expect("a stream waits");
    stream
}

/// A browser of one person.
pub(crate) struct Browser<'a> {
    connect: &'a dyn Fn() -> Box<dyn Wire>,
    /// The value of `Host`.
    host: String,
    origin: String,
    /// More lines of each request, such as those that somebody forges.
    pub(crate) more: String,
    cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(connect: &'a dyn Fn() -> Box<dyn Wire>, origin: &str) -> Self {
        let (_, host) = origin.split_once("://").expect("an origin");
        Self {
            connect,
            host: host.to_owned(),
            origin: origin.to_owned(),
            more: String::new(),
            cookies: BTreeMap::new(),
        }
    }

    #[track_caller]
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "", "")
    }

    #[track_caller]
    pub(crate) fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let text = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let form = form.iter();
        let form: Vec<String> = form
            .map(|(name, value)| format!("{}={}", text(name), text(value)))
            .collect();
        let form = form.join("&");
        let head = format!(
            "Origin: {}\r\nSec-Fetch-Site: same-origin\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n",
            self.origin,
            form.len()
        );
        self.ask("POST", path, &head, &form)
    }

    #[track_caller]
    fn ask(&mut self, method: &str, path: &str, head: &str, body: &str) -> Answer {
        let (host, more, cookie) = (&self.host, &self.more, self.cookie());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{cookie}{more}{head}\
             Connection: close\r\n\r\n{body}"
        );
        let answer = send((self.connect)(), request.as_bytes()).expect("an answer");
        for line in answer.head.lines() {
            let Some((name, value)) = line.split_once(": ") else {
                continue;
            };
            if name.eq_ignore_ascii_case("set-cookie") {
                let pair = value.split(';').next().unwrap_or_default();
                let (name, value) = pair.split_once('=').expect("a cookie has a name");
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Returns the line of its cookies; empty if it has none.
    pub(crate) fn cookie(&self) -> String {
        let pairs = self.cookies.iter();
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        match pairs.is_empty() {
            true => String::new(),
            false => format!("Cookie: {}\r\n", pairs.join("; ")),
        }
    }

    /// Returns the names of its cookies.
    pub(crate) fn cookies(&self) -> impl Iterator<Item = &str> {
        self.cookies.keys().map(String::as_str)
    }

    /// Invites a person at the hub, enrols them with a password and an app, and confirms them by
    /// the words that the page shows. Returns the secret of their app.
    #[track_caller]
    pub(crate) fn enrol(&mut self, hub: &Program, name: &str, roles: &[&str]) -> [u8; 20] {
        let mut arguments = vec!["person", "invite", name, "--organisation", "Example: Trust"];
        for role in roles {
            arguments.extend(["--role", role]);
        }
        let link = hub.run(&arguments).ok();
        let path = link
            .strip_prefix(&self.origin)
            .expect("a link to the pages");
        let page = self.get(path).is(200).body;
        let setup = between(&page, "name=\"setup\" value=\"", "\"");
        let typed = between(&page, "<code class=\"secret\">", "<").replace(' ', "");
        let secret = BASE32_NOPAD
            .decode(typed.as_bytes())
            .expect("letters of an app");
        let secret = secret.try_into().expect("160 bits");
        let form = [
            ("password", PASSWORD),
            ("again", PASSWORD),
            ("setup", setup),
            ("code", &code(&secret, 0)),
        ];
        self.post(path, &form).is(303);
        let page = self.get(path).is(200).body;
        let words = between(&page, "<code>", "</code>");
        hub.run(&["person", "confirm", name, "--words", words]).ok();
        secret
    }

    /// Signs a person in, with the next code after that of their enrolment.
    #[track_caller]
    pub(crate) fn sign_in(&mut self, name: &str, secret: &[u8; 20]) {
        let form = [
            ("name", name),
            ("password", PASSWORD),
            ("code", &code(secret, 30)),
            ("purpose", PURPOSE),
        ];
        self.post("/sign-in", &form).is(303);
    }
}

/// Returns the text between two others.
#[track_caller]
pub(crate) fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text.split_once(before).map(|(_, rest)| rest);
    let found = rest.and_then(|rest| rest.split_once(after));
    found.unwrap_or_else(|| panic!("no {before} in {text}")).0
}

/// Returns the code that an app shows so many seconds from now.
pub(crate) fn code(secret: &[u8; 20], later: u64) -> String {
    let totp = totp_rs::Builder::new().with_secret(*secret).build();
    let totp = totp.expect("160 bits are enough");
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("a clock after 1970").as_secs();
    totp.generate(now + later).to_string()
}
