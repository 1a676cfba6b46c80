//! The safeguards, request by request, over a real socket.

use axum::routing::{get, post};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::*;

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
        let listener = bind_loopback("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let guard = Guard::new(address, &["/healthz", "/api/"], "/today");
        let guard = Arc::new(guard.renewed_by("weft-node page"));
        let router = Router::new()
            .route("/today", get(async || "Today"))
            .route("/save", post(async || "saved"))
            .route("/healthz", get(async || "ok"))
            .route("/api/v1/rollups", get(async || "[]"))
            .route("/fault", get(fault));
        let router = protect(router, &guard);
        tokio::spawn(serve(listener, router, std::future::pending()));
        Self { address, guard }
    }

    /// Sends exactly these lines; `HOST` and `ORIGIN` stand for our own.
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
        let path = url
            .strip_prefix(&format!("http://{}", self.address))
            .unwrap();
        let answer = self
            .ask(&[&format!("GET {path} HTTP/1.1"), "Host: HOST"])
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
    let path = url
        .strip_prefix(&format!("http://{}", pages.address))
        .unwrap();
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
        assert_eq!(answer.header("cache-control"), Some("no-store"));
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
}

#[tokio::test]
async fn pages_stay_on_this_computer() {
    let error = bind_loopback("0.0.0.0:0".parse().unwrap())
        .await
        .unwrap_err();
    assert!(matches!(error, PageError::NotLoopback { .. }), "{error}");
    let taken = bind_loopback("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let error = bind_loopback(taken.local_addr().unwrap())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("choose another"), "{error}");
}
