//! The hub behind Debian's Caddy, with the very lines that the guide for operators shows: TLS of
//! Caddy's own authority, on this computer alone, and nothing is installed anywhere.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tempfile::TempDir;
use tokio::net::TcpSocket;

use crate::{
    program::{Program, Running},
    web::{self, Answer, Browser, Wire, between},
};

/// Maximum time until Caddy answers. It only ends a test that hangs.
const READY_TIME_MAX: Duration = Duration::from_secs(60);
const HOST: &str = "hub.example.org.nz";
const ORIGIN: &str = "https://hub.example.org.nz";
/// The address of a client, which is no proxy of the hub.
const CLIENT: &str = "127.0.0.2:0";

/// Returns the block of the guide's section about other computers that has these words in it.
fn block(words: &str) -> String {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("hub/OPERATING.md");
    let guide = fs::read_to_string(guide).expect("the guide");
    let section = between(&guide, "\n## Other computers\n", "\n## ");
    let blocks = section.split("```\n").skip(1).step_by(2);
    let mut found = blocks.filter(|block| block.contains(words));
    let block = found
        .next()
        .unwrap_or_else(|| panic!("no block with {words}"));
    assert!(found.next().is_none(), "two blocks with {words}");
    block.to_owned()
}

/// A hub with the settings that the guide shows.
struct Hub {
    folder: TempDir,
    program: Program,
}

impl Hub {
    fn new(settings: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let program = Program::hub(&folder.path().join("hub"));
        let init = [
            "init",
            "--network",
            "Example",
            "--operator",
            "Example operator",
        ];
        program.run(&init).ok();
        let config = program.folder.join("config.toml");
        let mut text = fs::read_to_string(&config).unwrap_or_default();
        text.push_str(settings);
        fs::write(config, text).expect("it can be written");
        Self { folder, program }
    }

    fn start(&self, port: u16) -> Running {
        let http = format!("127.0.0.1:{port}");
        let running = self
            .program
            .start(&["--listen", "127.0.0.1:0", "--http", &http], 2);
        assert_eq!(running.line("pages "), format!("{ORIGIN}/"));
        running
    }
}

/// A Caddy that serves a block; killed when this is dropped.
struct Caddy {
    child: Child,
    https: u16,
    http: u16,
    config: Arc<ClientConfig>,
}

impl Caddy {
    /// Starts it in `folder`, at free ports.
    fn start(folder: &Path, block: &str) -> Self {
        let (https, http) = (free_port(), free_port());
        let store = folder.join("caddy");
        let settings = format!(
            "{{\n\tadmin off\n\thttps_port {https}\n\thttp_port {http}\n\tdefault_bind 127.0.0.1\n\
             \tlocal_certs\n\tskip_install_trust\n\tstorage file_system {}\n}}\n{block}",
            store.display()
        );
        let file = folder.join("Caddyfile");
        fs::write(&file, settings).expect("it can be written");
        let log = fs::File::create(folder.join("caddy.log")).expect("it can be made");
        let mut command = Command::new("caddy");
        command
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(&file)
            .env("HOME", folder)
            .env("XDG_DATA_HOME", folder)
            .env("XDG_CONFIG_HOME", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let child = command.spawn();
        let child = child.expect("Caddy starts; tests/all installs Debian's package caddy");
        let mut caddy = Self {
            child,
            https,
            http,
            config: Arc::new(trusting(RootCertStore::empty())),
        };
        caddy.trust(&store.join("pki/authorities/local/root.crt"));
        let log = folder.join("caddy.log");
        caddy.until(&log, |caddy| {
            if TcpStream::connect(("127.0.0.1", caddy.https)).is_err() {
                return false;
            }
            let wire = caddy.wire(HOST);
            web::send(
                wire,
                format!("GET /healthz HTTP/1.1\r\nHost: {HOST}\r\n{CLOSE}").as_bytes(),
            )
            .is_some()
        });
        caddy
    }

    /// Trusts the authority that Caddy made for itself, once it has.
    fn trust(&mut self, root: &Path) {
        let log = root.to_owned();
        self.until(&log, |_| root.exists());
        let root = CertificateDer::from_pem_file(root).expect("a certificate");
        let mut roots = RootCertStore::empty();
        roots.add(root).expect("an authority");
        self.config = Arc::new(trusting(roots));
    }

    fn until(&mut self, log: &Path, is_done: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !is_done(self) {
            let ended = self.child.try_wait().expect("it can be waited for");
            let late = begin.elapsed() > READY_TIME_MAX;
            let said = || fs::read_to_string(log).unwrap_or_default();
            assert!(
                ended.is_none() && !late,
                "Caddy did not get ready: {}",
                said()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Connects from the client's address, with TLS for this name.
    fn wire(&self, name: &str) -> Box<dyn Wire> {
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let tls = ClientConnection::new(Arc::clone(&self.config), name).expect("a client");
        Box::new(StreamOwned::new(tls, from_client(self.https)))
    }
}

impl Drop for Caddy {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const CLOSE: &str = "Connection: close\r\n\r\n";

fn trusting(roots: RootCertStore) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.expect("the provider has TLS 1.3");
    builder.with_root_certificates(roots).with_no_client_auth()
}

/// Connects to a port of this computer from the client's address.
fn from_client(port: u16) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build();
    let stream = runtime.expect("a runtime").block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.bind(CLIENT.parse().expect("an address"))?;
        let to = std::net::SocketAddr::from(([127, 0, 0, 1], port));
        socket.connect(to).await?.into_std()
    });
    let stream = stream.expect("it listens");
    stream.set_nonblocking(false).expect("a stream waits");
    let most = Some(READY_TIME_MAX);
    stream.set_read_timeout(most).expect("a stream waits");
    stream
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

/// Asks the hub itself, without the proxy.
fn direct(port: u16, host: &str, more: &str) -> Answer {
    let request = format!("GET /sign-in HTTP/1.1\r\nHost: {host}\r\n{more}{CLOSE}");
    let wire = web::port(&format!("127.0.0.1:{port}"));
    web::send(wire, request.as_bytes()).expect("an answer")
}

/// Lines that name a user, an address, a host or a way, as anybody may write them.
const FORGED: &str = "X-Forwarded-For: 198.51.100.9\r\nX-Forwarded-Proto: http\r\n\
    X-Forwarded-Host: evil.example\r\nForwarded: for=198.51.100.9;proto=http;host=evil.example\r\n\
    X-Real-IP: 198.51.100.9\r\nRemote-User: Aroha\r\nX-Remote-User: Aroha\r\n\
    X-Forwarded-User: Aroha\r\nX-Auth-Request-User: Aroha\r\nX-Webauth-User: Aroha\r\n";

#[test]
fn through_caddy_a_person_signs_in_and_forged_headers_do_nothing() {
    let hub = Hub::new(&block("proxies = "));
    let port = free_port();
    let running = hub.start(port);
    let lines = block("reverse_proxy 127.0.0.1:8433");
    let lines = lines.replace("127.0.0.1:8433", &format!("127.0.0.1:{port}"));
    let caddy = Caddy::start(hub.folder.path(), &lines);
    let connect = || caddy.wire(HOST);
    let mut aroha = Browser::new(&connect, ORIGIN);
    aroha.more = FORGED.to_owned();

    // A header that names a user is no sign-in.
    let stranger = aroha.get("/indicators").is(303);
    assert!(
        stranger
            .header("location")
            .expect("a place")
            .starts_with("/sign-in?next=")
    );
    aroha.get("/api/v1/rollups").is(401);
    // With the address and the way of the client forged, all of it works.
    let secret = aroha.enrol(&hub.program, "Aroha", &["analyst", "national"]);
    aroha.sign_in("Aroha", &secret);
    assert!(aroha.cookies().all(|name| name.starts_with("__Host-weft")));
    let page = aroha.get("/indicators").is(200);
    assert!(page.body.contains("Aroha"), "{}", page.body);
    assert_eq!(page.header("cache-control"), Some("private, no-store"));
    for path in ["/", "/account", "/data", "/data.json", "/openapi.json"] {
        aroha.get(path).is(200);
    }
    aroha.get("/api/v1/rollups?level=all&format=csv").is(200);
    // Those of this computer alone stay there, whatever is forwarded.
    aroha.get("/metrics").is(404);
    aroha.get("/readyz").is(404);
    assert_eq!(
        addresses(&hub),
        ["127.0.0.2"],
        "what the client wrote counts for nothing"
    );

    other_hosts_and_ways(&caddy, port);
    forged_addresses_have_one_pace(&caddy);
    drop(running);
}

/// The addresses that the hub noted beside acts.
fn addresses(hub: &Hub) -> Vec<String> {
    let store = rusqlite::Connection::open(hub.program.folder.join("hub.db"));
    let store = store.expect("the hub's store");
    let sql = "SELECT DISTINCT address FROM addresses ORDER BY address";
    let mut found = store.prepare(sql).expect("the table");
    let rows = found.query_map([], |row| row.get(0)).expect("rows");
    rows.map(|row| row.expect("a text")).collect()
}

fn other_hosts_and_ways(caddy: &Caddy, port: u16) {
    let https = "X-Forwarded-Proto: https\r\n";
    direct(port, HOST, https).is(200);
    let refused = direct(port, HOST, "X-Forwarded-Proto: http\r\n").is(403);
    assert!(
        refused.body.contains("X-Forwarded-Proto: https"),
        "{}",
        refused.body
    );
    direct(port, HOST, "").is(403);
    for other in [
        "evil.example",
        &format!("127.0.0.1:{port}"),
        "localhost",
        "",
    ] {
        let refused = direct(port, other, https).is(421);
        assert!(refused.body.contains(ORIGIN), "{}", refused.body);
    }
    // Caddy passes on the host of its block alone.
    let request = format!("GET /sign-in HTTP/1.1\r\nHost: evil.example\r\n{CLOSE}");
    let other = web::send(caddy.wire(HOST), request.as_bytes()).expect("an answer");
    assert!(!other.body.contains("Sign in"), "{}", other.body);
    // Without TLS there is only the way to it.
    let request = format!("GET /sign-in HTTP/1.1\r\nHost: {HOST}\r\n{CLOSE}");
    let plain = web::send(from_client(caddy.http), request.as_bytes()).expect("an answer");
    let plain = plain.is(308);
    assert!(
        plain
            .header("location")
            .expect("a place")
            .starts_with(ORIGIN)
    );
}

/// Another address in each attempt, as its client says, and yet it is one client.
fn forged_addresses_have_one_pace(caddy: &Caddy) {
    let connect = || caddy.wire(HOST);
    let mut stranger = Browser::new(&connect, ORIGIN);
    let form = [
        ("purpose", web::PURPOSE),
        ("ceremony", "AAAA"),
        ("answer", "{}"),
    ];
    let mut tries = (0..40).map(|n| {
        stranger.more = format!("X-Forwarded-For: 198.51.100.{n}\r\n");
        stranger.post("/sign-in/passkey", &form)
    });
    let late = tries
        .find(|answer| answer.status == 429)
        .expect("the pace of one address");
    assert_eq!(late.header("retry-after"), Some("60"));
}

/// The lines of the guide for a Unix socket, with the socket in a folder of the test.
fn socket(folder: &Path) -> (String, String, PathBuf) {
    let path = folder.join("web.sock");
    let shown = "/run/weft-hub/web.sock";
    let lines = ["unix:/run", "reverse_proxy unix/"].map(|words| {
        let block = block(words);
        assert!(block.contains(shown), "{block}");
        block.replace(shown, &path.display().to_string())
    });
    let [settings, caddy] = lines;
    (settings, caddy, path)
}

#[test]
fn at_a_unix_socket_caddy_asks_and_no_port_is_open() {
    let place = tempfile::tempdir().expect("a folder can be made");
    let (settings, lines, path) = socket(place.path());
    let hub = Hub::new(&settings);
    let port = free_port();
    let running = hub.start(port);
    assert!(
        TcpStream::connect(("127.0.0.1", port)).is_err(),
        "the port is free"
    );
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(&path).expect("the socket").permissions(),
    );
    assert_eq!(mode & 0o777, 0o660);
    let caddy = Caddy::start(place.path(), &lines);
    let connect = || caddy.wire(HOST);
    let mut browser = Browser::new(&connect, ORIGIN);
    browser.more = FORGED.to_owned();
    assert!(
        browser
            .get("/sign-in")
            .is(200)
            .body
            .contains("Why are you signing in?")
    );
    browser.get("/metrics").is(404);
    // A monitor of this computer asks at the socket itself; all others come by https.
    let ask = |host: &str, target: &str| {
        let wire = std::os::unix::net::UnixStream::connect(&path).expect("the socket");
        let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n{CLOSE}");
        web::send(wire, request.as_bytes()).expect("an answer")
    };
    ask("localhost", "/readyz").is(200);
    ask("localhost", "/sign-in").is(421);
    ask(HOST, "/sign-in").is(403);

    // A second hub does not take its place, and says why.
    let second = Hub::new(&settings);
    let run = ["run", "--listen", "127.0.0.1:0"];
    let told = ["another program listens", "web.sock", "choose another path"];
    second.program.run(&run).ends_with(1).tells(&told);
    assert!(browser.get("/sign-in").is(200).body.contains("Sign in"));

    // A hub that was killed leaves its socket, and the next one takes its place.
    running.kill();
    assert!(path.exists());
    browser.get("/sign-in").is(502);
    let running = hub.start(port);
    browser.get("/sign-in").is(200);
    running.stop();
    assert!(!path.exists(), "a hub that stops takes its socket with it");
}

#[test]
fn a_socket_that_cannot_be_is_refused_with_its_reason() {
    let place = tempfile::tempdir().expect("a folder can be made");
    let (settings, _, path) = socket(place.path());
    let shown = path.display().to_string();
    let run = ["run", "--listen", "127.0.0.1:0"];
    let long = format!("{shown}{}", "x".repeat(120));
    for (settings, code, words) in [
        (settings.replace(&shown, &long), 2, "at most 99 bytes"),
        (
            settings.replace(&shown, "web.sock"),
            2,
            "the whole path of a socket",
        ),
        (
            settings.replace(&shown, "/nowhere/at/all.sock"),
            1,
            "its folder must be there",
        ),
        (
            settings.replace("public_url", "# public_url"),
            2,
            "set public_url",
        ),
    ] {
        let hub = Hub::new(&settings);
        hub.program.run(&run).ends_with(code).tells(&[words]);
    }
    fs::write(&path, "kept").expect("it can be written");
    let hub = Hub::new(&settings);
    hub.program
        .run(&run)
        .ends_with(1)
        .tells(&["is no socket", "move it away"]);
    assert_eq!(fs::read_to_string(&path).expect("it is there"), "kept");
}
