//! Requests that no browser sends: one of a route of the hub's table, and then wrong in one or
//! more ways. The same seed makes the same requests.

use std::fmt::Write as _;

/// A sequence of numbers that follows from its seed (SplitMix64, Steele et al. 2014).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let end = u64::try_from(end).expect("a short list");
        usize::try_from((z ^ (z >> 31)) % end).expect("it is below a short list's end")
    }

    pub(super) fn one<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    fn is(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }
}

/// A request, byte for byte.
pub(super) struct Request {
    pub(super) bytes: Vec<u8>,
    pub(super) method: &'static str,
    pub(super) path: String,
    /// Whether its head keeps the rules of HTTP, so that an answer must come.
    pub(super) is_whole: bool,
    /// Whether it ends before the body that it announces.
    pub(super) breaks_off: bool,
}

/// The request of a browser for a route, with values that exist where it takes any.
pub(super) fn plain(route: &str, known: &[(&str, &str)], (host, who): (&str, &str)) -> Request {
    let path = known.iter().fold(route.to_owned(), |path, (name, value)| {
        path.replace(&format!("{{{name}}}"), value)
    });
    let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{who}{CLOSE}");
    Request {
        bytes: head.into_bytes(),
        method: "GET",
        path,
        is_whole: true,
        breaks_off: false,
    }
}

/// A request for a route that is wrong in some ways.
pub(super) fn wrong(
    dice: &mut Dice,
    route: &str,
    known: &[(&str, &str)],
    (host, who): (&str, &str),
) -> Request {
    let method = if dice.is(2) { "GET" } else { dice.one(METHODS) };
    let mut path = filled(dice, route, known);
    if dice.is(2) {
        path.push_str(&query(dice));
    }
    let mut head = format!("{method} {path} HTTP/1.1\r\n");
    let mut is_whole = true;
    match dice.below(24) {
        0 => write!(head, "Host: {}\r\n", dice.one(HOSTS)).expect("a text takes it"),
        1 => {
            write!(head, "Host: {host}\r\nHost: {host}\r\n").expect("a text takes it");
        }
        _ => write!(head, "Host: {host}\r\n").expect("a text takes it"),
    }
    if !dice.is(8) {
        head.push_str(who);
    }
    if dice.is(2) || method == "POST" && !dice.is(6) {
        let origin = format!("Origin: http://{host}\r\nSec-Fetch-Site: same-origin\r\n");
        head.push_str(&origin);
    }
    for _ in 0..dice.below(4) {
        head.push_str(dice.one(HEADERS));
        head.push_str("\r\n");
    }
    if dice.is(40) {
        let name = "X-Long: ";
        let length = [1_000, 20_000, 500_000][dice.below(3)];
        write!(head, "{name}{}\r\n", "a".repeat(length)).expect("a text takes it");
        is_whole = length < 20_000;
    }
    if dice.is(40) {
        for n in 0..150 {
            write!(head, "X-Many-{n}: 1\r\n").expect("a text takes it");
        }
        is_whole = false;
    }
    let mut bytes = head.into_bytes();
    if dice.is(40) {
        bytes.extend_from_slice(dice.one(BROKEN));
        is_whole = false;
    }
    let breaks_off = add_body(dice, method, &mut bytes);
    Request {
        bytes,
        method,
        path,
        is_whole,
        breaks_off,
    }
}

/// Fills a route with values that exist, and with others.
fn filled(dice: &mut Dice, route: &str, known: &[(&str, &str)]) -> String {
    let segments = route.split('/').map(|segment| {
        let name = segment
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'));
        let Some(name) = name else {
            return segment.to_owned();
        };
        let value = known.iter().find(|(known, _)| *known == name);
        match value {
            Some((_, value)) if !dice.is(3) => (*value).to_owned(),
            Some(_) | None => long(dice.one(SEGMENTS)),
        }
    });
    let segments: Vec<String> = segments.collect();
    let mut path = segments.join("/");
    if dice.is(20) {
        path.push_str(dice.one(&["/", "//", "/..", ";a=b", "%2f", ".php", "%20", "/%2e%2e/"]));
    }
    path
}

fn query(dice: &mut Dice) -> String {
    let mut query = String::from("?");
    for n in 0..=dice.below(4) {
        if n > 0 {
            query.push('&');
        }
        query.push_str(dice.one(PARAMETERS));
        if !dice.is(10) {
            query.push('=');
            query.push_str(&long(dice.one(VALUES)));
        }
    }
    query
}

/// A word for a length becomes as many letters.
fn long(text: &str) -> String {
    match text {
        "LONG" => "a".repeat(3_000),
        "LONG-NUMBER" => "9".repeat(400),
        text => text.to_owned(),
    }
}

/// Adds a body with its headers. Returns whether it is shorter than they say.
fn add_body(dice: &mut Dice, method: &str, bytes: &mut Vec<u8>) -> bool {
    bytes.extend_from_slice(b"Connection: close\r\n");
    if matches!(method, "GET" | "HEAD" | "OPTIONS") && !dice.is(10) {
        bytes.extend_from_slice(b"\r\n");
        return false;
    }
    let kind = dice.one(KINDS);
    bytes.extend_from_slice(format!("Content-Type: {kind}\r\n").as_bytes());
    let body = match dice.below(12) {
        0 => vec![b'a'; 300_000],
        1 => b"a=1&".repeat(20_000),
        2 => vec![0; 50],
        _ => dice.one(BODIES).to_vec(),
    };
    if dice.is(8) {
        bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
        let chunk = dice.one(CHUNKS);
        bytes.extend_from_slice(chunk);
        return !chunk.ends_with(b"0\r\n\r\n");
    }
    let says = body.len() + if dice.is(12) { 7 } else { 0 };
    bytes.extend_from_slice(format!("Content-Length: {says}\r\n\r\n").as_bytes());
    bytes.extend_from_slice(&body);
    says > body.len()
}

const CLOSE: &str = "Connection: close\r\n\r\n";

const METHODS: &[&str] = &[
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get",
];

const HOSTS: &[&str] = &[
    "evil.example",
    "localhost",
    "127.0.0.1",
    "",
    "localhost:99999",
    "a b",
];

const SEGMENTS: &[&str] = &[
    "",
    "0",
    "-1",
    "..",
    ".",
    "%2e%2e%2f%2e%2e%2fhub.db",
    "%00",
    "%FF",
    "%",
    "%zz",
    "LONG",
    "LONG-NUMBER",
    "%F0%9F%8C%8A",
    "a%CC%84",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "%27%20OR%201=1%20--",
    "RT",
    "fn",
    "FN%2F..",
    "2026.1",
    "2026.99999999999999999999",
    "manifest.json",
    "latest",
    "%5C..%5C",
    "NaN",
    "a%0d%0aSet-Cookie:%20x=1",
    "releases.json",
    "00000000-0000-0000-0000-000000000000",
    "weft_0",
    "%E2%80%AE",
    "{code}",
    "*",
];

const PARAMETERS: &[&str] = &[
    "q",
    "page",
    "places",
    "plan",
    "theme",
    "indicator",
    "location",
    "until",
    "as_of",
    "next",
    "again",
    "period",
    "breakdown",
    "level",
    "format",
    "limit",
    "cursor",
    "release",
    "token",
    "access_token",
    "user",
    "number",
    "",
    "%00",
    "%FF",
    "a%5B%5D",
    "Q",
    "constructor",
    "LONG",
];

const VALUES: &[&str] = &[
    "",
    "0",
    "1",
    "-1",
    "2",
    "999999999999999999999",
    "1e309",
    "NaN",
    "LONG",
    "LONG-NUMBER",
    "%00",
    "%FF",
    "%",
    "%zz",
    "%0d%0aSet-Cookie:%20x=1",
    "%3Cscript%3E",
    "//evil.example",
    "/%5Cevil",
    "VAX_PRIMARY",
    "vax_primary",
    "FN",
    "XX",
    "all",
    "network",
    "location",
    "area",
    "csv",
    "json",
    "xlsx",
    "xml",
    "2023",
    "2023-13",
    "2022-12",
    "FY2023",
    "2023-01-01",
    "9999-12-31",
    "0000-01-01",
    "2023-01-01T00:00:00Z",
    "-271821-04-20",
    "age%3D12%2B",
    "age%3D",
    "%3D",
    "age%3D12%2B%2Cage%3D5",
    "eyJ9",
    "AAAA",
    "AAAA.BBBB",
    "%F0%9F%8C%8A",
    "1%20OR%201=1",
];

/// Without `Accept-Encoding`: words must be found in what comes back.
const HEADERS: &[&str] = &[
    "Accept: text/csv",
    "Accept: application/json;q=banana",
    "Accept: */*;q=0",
    "Accept:",
    "Accept: application/xml",
    "Accept-Language: mi-NZ;q=x",
    "If-None-Match: *",
    "If-None-Match: W/\"",
    "If-Match: *",
    "If-None-Match: \"a\", \"b\"",
    "If-Modified-Since: yesterday",
    "If-Range: \"x\"",
    "Range: bytes=0-0",
    "Range: bytes=-1",
    "Range: bytes=9-1",
    "Range: bytes=0-,1-,2-",
    "Range: bytes=99999999999999999999-",
    "Range: lines=1-2",
    "Authorization: Bearer",
    "Authorization: Bearer weft_0",
    "Authorization: Basic Og==",
    "Authorization: Basic ====",
    "Authorization: Basic d3Jvbmc6d3Jvbmc=",
    "Authorization: Negotiate abc",
    "Authorization: ",
    "Authorization: Bearer \u{101}",
    "Cookie: weft=1; weft=2",
    "Cookie: ;;;=;=",
    "Cookie: \u{101}",
    "Origin: null",
    "Origin: https://evil.example",
    "Sec-Fetch-Site: cross-site",
    "Referer: https://evil.example/",
    "X-Forwarded-For: 198.51.100.1",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: evil.example",
    "Forwarded: for=\"[::1]\"",
    "X-HTTP-Method-Override: DELETE",
    "X-Original-URL: /admin",
    "Remote-User: admin",
    "X-Forwarded-User: admin",
    "Upgrade: websocket",
    "Expect: 200-ok",
    "TE: trailers",
    "Content-Encoding: gzip",
    "Max-Forwards: 0",
    "Date: yesterday",
    "Purpose: prefetch",
    "Content-Range: bytes 0-1/2",
];

/// Lines that are no headers.
const BROKEN: &[&[u8]] = &[
    b"no colon\r\n",
    b" folded: 1\r\n",
    b"a\0b: 1\r\n",
    b"a: \x00\r\n",
    b"a: \x07\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"a: b\rc: d\r\n",
    b"\xff\xfe: 1\r\n",
    b"Content-Length: 5\r\nContent-Length: 6\r\n",
    b"Content-Length: -1\r\n",
    b"Content-Length: 99999999999999999999999\r\n",
    b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
];

const KINDS: &[&str] = &[
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/json",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "text/plain",
    "text/html; charset=\u{101}",
    "",
];

const BODIES: &[&[u8]] = &[
    b"",
    b"=",
    b"&&&&",
    b"number=",
    b"number=999999999",
    b"number=-1&number=x",
    b"number=9223372036854775808",
    b"ceremony=AAAA&answer={}&purpose=a+purpose+of+this&next=//evil.example",
    b"ceremony=&answer=%00",
    b"name=%FF&password=%&code=%zz&purpose=too+short",
    b"password=a&again=b&code=1&setup=x",
    b"name=a&name=b&name=c",
    b"\xff\xfe\x00\x01",
    b"{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]",
    b"null",
    b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../a\"\r\n\r\na\r\n--x--",
    b"--x\r\n\r\n",
];

const CHUNKS: &[&[u8]] = &[
    b"0\r\n\r\n",
    b"3\r\na=1\r\n0\r\n\r\n",
    b"3\r\na=1\r\n",
    b"zz\r\na=1\r\n",
    b"ffffffffffffffffff\r\na\r\n",
    b"-1\r\n",
];
