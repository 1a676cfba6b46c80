//! The safeguards, request by request, over a real socket.

mod slow;

use axum::routing::{get, post};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::*;
use crate::data_dir::{DataDir, Layout};

struct Pages {
    address: SocketAddr,
    guard: Arc<Guard>,
}

/// An answer: status line and headers in lower case, and the body.
struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let name = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(&name))
    }
}

impl Pages {
    async fn start() -> Self {
        Self::start_at("127.0.0.1:0", None).await
    }

    async fn start_at(address: &str, key: Option<SessionKey>) -> Self {
        let with_key = |guard| key.into_iter().fold(guard, Guard::remembers);
        Self::start_with(address, with_key).await
    }

    async fn start_with(address: &str, change: impl FnOnce(Guard) -> Guard) -> Self {
        let at = bind_loopback(address.parse().unwrap()).await.unwrap();
        let address = at.address();
        let guard = Guard::new(address, &["/healthz", "/api/"], "/today");
        let guard = Arc::new(change(guard.renewed_by("weft-node page")));
        let router = Router::new()
            .route("/today", get(async || "Today"))
            .route("/save", post(async || "saved"))
            .route("/file", post(async |_: axum::body::Bytes| "received"))
            .route("/healthz", get(async || "ok"))
            .route("/api/v1/rollups", get(async || "[]"))
            .route("/api/form", post(async |_: axum::body::Bytes| "read"))
            .route("/fault", get(fault));
        let router = protect(router, &guard);
        tokio::spawn(serve(Place::Port(at), router, std::future::pending()));
        Self { address, guard }
    }

    /// Sends exactly these lines, with `HOST` and `ORIGIN` replaced by our own.
    async fn ask(&self, request: &[&str]) -> Answer {
        let host = self.address.to_string();
        let lines = request
            .join("\r\n")
            .replace("ORIGIN", "http://HOST")
            .replace("HOST", &host);
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let text = format!("{lines}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Answer {
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }

    async fn cookie(&self) -> String {
        let url = self.guard.launch_url();
        let answer = self
            .ask(&[&format!("GET {} HTTP/1.1", path(&url)), "Host: HOST"])
            .await;
        let cookie = answer.header("set-cookie").unwrap();
        format!("Cookie: {}", cookie.split(';').next().unwrap())
    }

    async fn check(&self, request: &[&str], status: u16) -> Answer {
        let answer = self.ask(request).await;
        assert_eq!(answer.status(), status, "{request:?}: {}", answer.body);
        answer
    }
}

async fn fault() -> &'static str {
    panic!("a bug")
}

/// Returns the path of a link, which must name `localhost`.
fn path(url: &str) -> &str {
    let rest = url.strip_prefix("http://localhost:").unwrap();
    &rest[rest.find('/').unwrap()..]
}

const SAVE: &str = "POST /save HTTP/1.1";

#[tokio::test]
async fn only_our_own_host_is_answered() {
    let pages = Pages::start().await;
    let port = pages.address.port();
    let health = "GET /healthz HTTP/1.1";
    pages.check(&[health, "Host: HOST"], 200).await;
    pages
        .check(&[health, &format!("Host: localhost:{port}")], 200)
        .await;
    for wrong in [
        "evil.example",
        "127.0.0.1",
        "localhost",
        "127.0.0.1:1",
        "HOST.evil.example",
    ] {
        pages.check(&[health, &format!("Host: {wrong}")], 421).await;
    }
    pages
        .check(
            &["GET http://evil.example/healthz HTTP/1.1", "Host: HOST"],
            421,
        )
        .await;
}

#[tokio::test]
async fn changes_come_from_our_own_pages_alone() {
    let pages = Pages::start().await;
    let cookie = pages.cookie().await;
    let own_site = "Sec-Fetch-Site: same-origin";
    pages
        .check(
            &[SAVE, "Host: HOST", &cookie, own_site, "Origin: ORIGIN"],
            200,
        )
        .await;
    pages
        .check(&[SAVE, "Host: HOST", &cookie, own_site], 200)
        .await;
    pages
        .check(&[SAVE, "Host: HOST", &cookie, "Origin: ORIGIN"], 200)
        .await;

    let neither = pages.check(&[SAVE, "Host: HOST", &cookie], 403).await;
    assert!(
        neither.body.contains("Nothing was changed"),
        "{}",
        neither.body
    );
    for site in ["cross-site", "same-site", "none", "SAME-ORIGIN"] {
        let site = format!("Sec-Fetch-Site: {site}");
        pages
            .check(&[SAVE, "Host: HOST", &cookie, &site], 403)
            .await;
        pages
            .check(&[SAVE, "Host: HOST", &cookie, &site, "Origin: ORIGIN"], 403)
            .await;
    }
    for origin in [
        "null",
        "http://evil.example",
        "https://HOST",
        "http://127.0.0.1",
    ] {
        let origin = format!("Origin: {origin}");
        pages
            .check(&[SAVE, "Host: HOST", &cookie, &origin], 403)
            .await;
        pages
            .check(&[SAVE, "Host: HOST", &cookie, own_site, &origin], 403)
            .await;
    }
    // Our page under our other name is another origin.
    let localhost = format!("Origin: http://localhost:{}", pages.address.port());
    pages
        .check(&[SAVE, "Host: HOST", &cookie, &localhost], 403)
        .await;
}

#[tokio::test]
async fn the_launch_link_works_once() {
    let pages = Pages::start().await;
    let url = pages.guard.launch_url();
    let path = path(&url);
    let line = format!("GET {path} HTTP/1.1");
    let head = format!("HEAD {path} HTTP/1.1");
    pages.check(&[&head, "Host: HOST"], 405).await;
    let first = pages.check(&[&line, "Host: HOST"], 303).await;
    assert_eq!(first.header("location"), Some("/today"));
    let cookie = first.header("set-cookie").unwrap();
    for flag in ["; httponly", "; samesite=strict", "; path=/"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    assert!(!cookie.contains("domain"), "{cookie}");

    let second = pages.check(&[&line, "Host: HOST"], 401).await;
    assert_eq!(second.header("set-cookie"), None);
    assert!(second.body.contains("weft-node page"), "{}", second.body);
    let cookie = format!("Cookie: {}", cookie.split(';').next().unwrap());
    pages.check(&[&line, "Host: HOST", &cookie], 303).await;
    let today = pages
        .check(&["GET /today HTTP/1.1", "Host: HOST", &cookie], 200)
        .await;
    assert_eq!(today.body, "Today");
    pages
        .check(&["GET /launch/0000 HTTP/1.1", "Host: HOST"], 401)
        .await;
}

#[tokio::test]
async fn without_the_cookie_only_open_paths_answer() {
    let pages = Pages::start().await;
    let get = async |path: &str, status| {
        pages
            .check(&[&format!("GET {path} HTTP/1.1"), "Host: HOST"], status)
            .await
    };
    get("/healthz", 200).await;
    get("/api/v1/rollups", 200).await;
    get("/healthz/deeper", 401).await;
    get("/apiary", 401).await;
    get("/nowhere", 401).await;
    let refused = get("/today", 401).await;
    assert!(refused.body.contains("one-time link"), "{}", refused.body);
    let forged = format!("Cookie: weft-{}=0000", pages.address.port());
    pages
        .check(&["GET /today HTTP/1.1", "Host: HOST", &forged], 401)
        .await;
}

#[tokio::test]
async fn every_answer_carries_the_safeguards() {
    let pages = Pages::start().await;
    let cookie = pages.cookie().await;
    for (path, status) in [("/today", 200), ("/fault", 500), ("/nowhere", 404)] {
        let line = format!("GET {path} HTTP/1.1");
        let answer = pages.check(&[&line, "Host: HOST", &cookie], status).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
        assert_eq!(answer.header("cache-control"), Some("private, no-store"));
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let pages = Pages::start().await;
    let mut stream = TcpStream::connect(pages.address).await.unwrap();
    let text = format!(
        "{SAVE}\r\nHost: {0}\r\nOrigin: http://{0}\r\n{1}\r\nContent-Length: {2}\r\n\r\n",
        pages.address,
        pages.cookie().await,
        limits::PAGE_BODY_BYTES_MAX + 1
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");

    // One that is sent whole is read to its end, so that the browser shows why it was refused.
    let mut stream = TcpStream::connect(pages.address).await.unwrap();
    let text = text.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    stream.write_all(text.as_bytes()).await.unwrap();
    let body = vec![b'x'; limits::PAGE_BODY_BYTES_MAX + 1];
    stream.write_all(&body).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(
        answer.contains("at most 16 MB at once, and this was 17 MB"),
        "{answer}"
    );
}

#[tokio::test]
async fn where_strangers_write_a_form_is_short_and_says_so() {
    let pages = Pages::start_with("127.0.0.1:0", |guard| guard.with_forms(&["/api/"])).await;
    let send = async |length: &str, body: &[u8]| {
        let mut stream = TcpStream::connect(pages.address).await.unwrap();
        let text = format!(
            "POST /api/form HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\n\
             Connection: close\r\n{length}\r\n\r\n",
            pages.address
        );
        stream.write_all(text.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let most = limits::PAGE_FORM_BYTES_MAX;
    let body = vec![b'x'; most + 1];
    let taken = send(&format!("Content-Length: {most}"), &body[..most]).await;
    assert!(taken.starts_with("HTTP/1.1 200"), "{taken}");
    let refused = send(&format!("Content-Length: {}", most + 1), &body).await;
    assert!(refused.starts_with("HTTP/1.1 413"), "{refused}");
    let words = "at most 64 KB at once, and this was 65 KB";
    assert!(refused.contains(words), "{refused}");
    let endless = send("Transfer-Encoding: chunked", b"1\r\nx\r\n").await;
    assert!(endless.starts_with("HTTP/1.1 411"), "{endless}");
}

/// People sign in there, so it has no one-time links, and says nothing of them.
#[tokio::test]
async fn on_the_web_there_is_no_one_time_link() {
    let public = Public {
        host: "hub.example.org.nz".to_owned(),
        proxies: vec!["127.0.0.1".parse().unwrap()],
        local: &[],
    };
    let pages = Pages::start_with("127.0.0.1:0", |guard| guard.behind(public)).await;
    let url = pages.guard.launch_url();
    let ask = async |path: &str| {
        let line = format!("GET {path} HTTP/1.1");
        let by = "X-Forwarded-Proto: https";
        pages.ask(&[&line, "Host: hub.example.org.nz", by]).await
    };
    assert_eq!(ask("/healthz").await.status(), 200);
    let nowhere = ask("/nowhere").await;
    for path in [path(&url), "/launch/x"] {
        let answer = ask(path).await;
        assert_eq!(answer.status(), nowhere.status());
        assert_eq!(answer.body, nowhere.body);
        assert_eq!(answer.header("set-cookie"), None);
    }
}

#[tokio::test]
async fn only_a_few_large_bodies_are_received_at_once() {
    let pages = Pages::start().await;
    let cookie = pages.cookie().await;
    // The head of a large file, as far as the answer to it.
    let begin = async || {
        let mut stream = TcpStream::connect(pages.address).await.unwrap();
        let text = format!(
            "POST /file HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\n{cookie}\r\n\
             Connection: close\r\nExpect: 100-continue\r\nContent-Length: {1}\r\n\r\n",
            pages.address,
            limits::PAGE_LARGE_BODY_BYTES_MIN
        );
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut head = [0; 25];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream
    };
    let finish = async |mut stream: TcpStream| {
        let body = vec![b'x'; usize::try_from(limits::PAGE_LARGE_BODY_BYTES_MIN).unwrap()];
        stream.write_all(&body).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let mut open = Vec::new();
    for _ in 0..limits::PAGE_LARGE_BODIES_MAX {
        open.push(begin().await);
    }
    let refused = finish(begin().await).await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    assert!(refused.contains("4 large files are being received already"));
    // Small ones go on, and so does a large one once there is a place.
    let own = ["Host: HOST", &cookie, "Origin: ORIGIN"];
    pages.check(&[&[SAVE], &own[..]].concat(), 200).await;
    let taken = finish(open.remove(0)).await;
    assert!(taken.ends_with("received"), "{taken}");
    let taken = finish(begin().await).await;
    assert!(taken.ends_with("received"), "{taken}");
}

#[tokio::test]
async fn pages_stay_on_this_computer() {
    let error = bind_loopback("0.0.0.0:0".parse().unwrap())
        .await
        .unwrap_err();
    assert!(matches!(error, PageError::NotLoopback { .. }), "{error}");
}

#[tokio::test]
async fn a_port_that_is_taken_names_its_holder_and_no_other_is_used() {
    let taken = bind_loopback("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let error = bind_loopback(taken.address()).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, PageError::Taken { .. }), "{text}");
    assert!(text.contains("choose another port with --http"), "{text}");
    #[cfg(target_os = "linux")]
    {
        let process = format!("(process {})", std::process::id());
        assert!(text.contains(&process), "{text}");
    }
}

/// A browser tries both addresses of `localhost`: a program at the other one would get the link.
#[tokio::test]
async fn no_other_program_gets_the_other_address_of_localhost() {
    let elsewhere = std::net::TcpListener::bind("[::1]:0").unwrap();
    let port = elsewhere.local_addr().unwrap().port();
    let error = bind_loopback(SocketAddr::from(([127, 0, 0, 1], port)))
        .await
        .unwrap_err();
    assert!(matches!(error, PageError::Taken { .. }), "{error}");

    let pages = Pages::start().await;
    let port = pages.address.port();
    let other = Pages {
        address: format!("[::1]:{port}").parse().unwrap(),
        guard: Arc::clone(&pages.guard),
    };
    let host = format!("Host: localhost:{port}");
    other.check(&["GET /healthz HTTP/1.1", &host], 200).await;
    other.check(&["GET /today HTTP/1.1", &host], 401).await;
    let literal = format!("Host: [::1]:{port}");
    other.check(&["GET /healthz HTTP/1.1", &literal], 421).await;
}

/// The cookie is of the data directory and the port, so a node that starts again knows it.
#[tokio::test]
async fn a_session_outlives_the_program_only_where_its_key_does() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::open(folder.path(), LAYOUT, true).unwrap();
    let key = || SessionKey::of(&dir).unwrap();
    let today = "GET /today HTTP/1.1";
    let before = Pages::start_at("127.0.0.1:0", Some(key())).await;
    let cookie = before.cookie().await;
    before.check(&[today, "Host: HOST", &cookie], 200).await;
    // The same guard, as after a restart at the same port.
    let again = |key: Option<SessionKey>| {
        let guard = Guard::new(before.address, &[], "/today");
        key.into_iter().fold(guard, Guard::remembers)
    };
    let value = cookie.split_once(": ").unwrap().1.parse().unwrap();
    let headers = axum::http::HeaderMap::from_iter([(header::COOKIE, value)]);
    assert!(again(Some(key())).has_cookie(&headers));
    assert!(
        !again(None).has_cookie(&headers),
        "a key of this start alone"
    );
    dir.remove("page.key").unwrap();
    assert!(!again(Some(key())).has_cookie(&headers), "another key");

    let url = before.guard.launch_url();
    let line = format!("GET {} HTTP/1.1", path(&url));
    let opened = before.check(&[&line, "Host: HOST"], 303).await;
    let set = opened.header("set-cookie").unwrap();
    assert!(set.contains("; max-age=2592000"), "{set}");
    let passing = Pages::start().await;
    let url = passing.guard.launch_url();
    let line = format!("GET {} HTTP/1.1", path(&url));
    let opened = passing.check(&[&line, "Host: HOST"], 303).await;
    let set = opened.header("set-cookie").unwrap();
    assert!(!set.contains("max-age"), "{set}");
}

const LAYOUT: Layout = Layout {
    program: "weft-test",
    holds: "test",
    begin: "Begin",
    files: &["a.key"],
    movable: &[],
    version: 1,
};
