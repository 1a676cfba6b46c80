//! A network with words and counts to find, and the people and programs that ask for them.

use rusqlite::params;
use weft_shared::id::sha256;

use crate::{
    network::{Network, data, set},
    releases,
    web::{self, Browser, Wire},
};

/// A dataset with a release that everybody who has signed in may read.
const DATASET: &str = "prevention";
/// Words of a record that its location shares with the network, and of one that it keeps.
pub(super) const SHARED: &str = "Zzyzx shared";
pub(super) const KEPT: &str = "Qwghlm kept";
/// A count of that location.
pub(super) const COUNT: &str = "73182645";

/// Somebody who asks.
pub(super) struct Visitor {
    pub(super) name: &'static str,
    /// The lines of each request that say who they are.
    pub(super) who: String,
    /// Whether they may read what locations share with the network.
    pub(super) is_national: bool,
    /// Paths that they may open.
    pub(super) opens: &'static [&'static str],
    /// Paths that they must not.
    pub(super) closed: &'static [&'static str],
}

/// A network with words and counts to find, and the people who may read some of them.
pub(super) struct Scene {
    pub(super) network: Network,
    pub(super) visitors: Vec<Visitor>,
    /// Values of a route that exist.
    known: Vec<(&'static str, String)>,
}

impl Scene {
    pub(super) fn new() -> Self {
        let mut network = Network::start();
        let insight = fill(&network);
        let mut visitors = people(&network);
        let other = somebody(&network);
        network.kill_hub();
        let admin = admin(&network);
        network.start_hub();
        visitors.push(Visitor {
            name: "admin",
            who: format!("Cookie: weft-{}={admin}\r\n", port(&network)),
            is_national: false,
            opens: &[
                "/account",
                "/admin",
                "/admin/devices",
                "/admin/health",
                "/admin/invites",
                "/admin/ledger",
                "/admin/ledger.csv",
                "/admin/people",
                "/admin/tokens",
            ],
            closed: &[
                "/indicators",
                "/insights",
                "/coverage",
                "/admin/definitions",
            ],
        });
        let stranger = Visitor {
            name: "stranger",
            who: String::new(),
            is_national: false,
            opens: &["/sign-in", "/healthz", "/assets/weft.css"],
            closed: &["/account", "/indicators", "/openapi.json", "/insights.csv"],
        };
        visitors.push(stranger);
        // Cookies belong to a port, and the hub has another since it started again.
        let port = port(&network);
        for visitor in &mut visitors {
            if let Some((_, value)) = visitor.who.split_once('=') {
                visitor.who = format!("Cookie: weft-{port}={value}");
            }
        }
        let known = [
            ("code", "FN"),
            ("list", "freq"),
            ("location", "FN"),
            ("id", &insight),
            ("secret", "0123456789abcdef0123456789abcdef"),
            ("dataset", DATASET),
            ("release", "2026.1"),
            ("file", "prevention.csv"),
            ("number", &other),
            ("version", "1"),
            ("*path", "v1/nothing"),
        ];
        let known = known.map(|(name, value)| (name, value.to_owned()));
        Self {
            network,
            visitors,
            known: known.to_vec(),
        }
    }

    pub(super) fn known(&self, route: &str) -> Vec<(&str, &str)> {
        let known = self.known.iter();
        let of_indicators = ["/indicators", "/admin/definitions"];
        let is_indicator = of_indicators.iter().any(|one| route.starts_with(one));
        let code = if is_indicator { "VAX_PRIMARY" } else { "FN" };
        let value = |name: &str, value| if name == "code" { code } else { value };
        known.map(|(name, one)| (*name, value(name, one))).collect()
    }
}

/// Writes a count and two insights at a location. Returns the id of the shared one.
fn fill(network: &Network) -> String {
    let node = network.founded("FN", "desk");
    let mut count = set("2022-12", COUNT).map(str::to_owned);
    count[12] = "90000001".to_owned();
    node.run(&count.each_ref().map(String::as_str)).ok();
    let mut ids = Vec::new();
    for (words, audience) in [(SHARED, "network"), (KEPT, "team")] {
        let mut add = vec!["insight", "add", "--text", words];
        add.extend(["--consent", audience, "--audience", audience]);
        add.extend(["--attribution", "none"]);
        ids.push(node.run(&add).ok());
        let add = ["initiative", "add", "--name", words, "--audience", audience];
        node.run(&add).ok();
    }
    node.run(&["sync", "--once"]).ok();
    let indicators = data("indicators-prevention.toml");
    network
        .hub
        .run(&["definitions", "import", &indicators])
        .ok();
    let figures = data("nz-census-prevention.csv");
    let mut line = vec!["published", "import", &figures, "--publisher", "Stats NZ"];
    line.extend(["--licence", "CC BY 4.0", "--as-at", "2018-03-06", "--yes"]);
    network.hub.run(&line).ok();
    releases::publish(network, DATASET, &["SMOKING"]);
    // The figure is there before anybody looks for it.
    assert!(
        network
            .rollup()
            .iter()
            .any(|row| row["numerator"] == 73_182_645)
    );
    ids.swap_remove(0)
}

/// Enrols and signs in the people who need no passkey.
fn people(network: &Network) -> Vec<Visitor> {
    let origin = network.http.trim_end_matches('/').to_owned();
    let connect = || {
        let wire: Box<dyn Wire> = Box::new(web::port(&address(network)));
        wire
    };
    let sign_in = |name: &str, roles: &[&str]| {
        let mut browser = Browser::new(&connect, &origin);
        let secret = browser.enrol(&network.hub, name, roles);
        browser.sign_in(name, &secret);
        // Of both cookies, the one of the browser that enrolled says nothing here.
        let cookies = browser.cookie();
        let pairs = cookies
            .trim_start_matches("Cookie: ")
            .trim_end()
            .split("; ");
        let mut session = pairs.filter(|pair| !pair.contains("-waits="));
        format!("Cookie: {}\r\n", session.next().expect("a session"))
    };
    vec![
        Visitor {
            name: "analyst",
            who: sign_in("Walking Analyst", &["analyst"]),
            is_national: false,
            opens: &[
                "/account",
                "/api",
                "/api/v1/rollups",
                "/data",
                "/data.json",
                "/openapi.json",
            ],
            closed: &["/indicators", "/insights", "/insights.csv"],
        },
        Visitor {
            name: "national",
            who: sign_in("Walking National", &["national"]),
            is_national: true,
            opens: &[
                "/",
                "/indicators/VAX_PRIMARY",
                "/insights",
                "/api/v1/rollups",
                "/account",
                "/data.json",
            ],
            closed: &["/metrics/x", "/nowhere"],
        },
    ]
}

/// Invites somebody who does not walk, so that an admin may do anything to them. Returns their
/// number.
fn somebody(network: &Network) -> String {
    let name = "Somebody Else";
    let mut invite = vec!["person", "invite", name, "--organisation", "Example: Trust"];
    invite.extend(["--role", "analyst"]);
    network.hub.run(&invite).ok();
    let store = rusqlite::Connection::open(network.hub.folder.join("hub.db"));
    let store = store.expect("the hub's store");
    let sql = "SELECT person FROM people WHERE name = ?1";
    let number = store.query_row(sql, [name], |row| row.get::<_, i64>(0));
    number.expect("they are in it").to_string()
}

/// Enrols an admin with a passkey and signs them in, as the store of a stopped hub has it: only a
/// browser makes passkeys. Returns the cookie.
fn admin(network: &Network) -> String {
    let name = "Walking Admin";
    let invite = [
        "person",
        "invite",
        name,
        "--organisation",
        "Example: Trust",
        "--role",
        "admin",
    ];
    network.hub.run(&invite).ok();
    let cookie = "0123456789abcdef".repeat(4);
    let hash = sha256("weft/access/1", &[b"cookie", b"/", cookie.as_bytes()]);
    let store = rusqlite::Connection::open(network.hub.folder.join("hub.db"));
    let store = store.expect("the hub's store");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = i64::try_from(now.expect("after 1970").as_millis()).expect("a date of today");
    let write = |sql: &str, row: &[&dyn rusqlite::ToSql]| {
        assert_eq!(store.execute(sql, row).expect("a row"), 1, "{sql}");
    };
    write(
        "UPDATE people SET enrolled_ms = ?1, confirmed_ms = ?1 WHERE name = ?2",
        params![now, name],
    );
    write(
        "INSERT INTO credentials (person, kind, label, key, secret, created_ms)
         SELECT person, 'passkey', 'passkey', x'01', x'01', ?1 FROM people WHERE name = ?2",
        params![now, name],
    );
    write(
        "INSERT INTO sessions (secret_hash, person, credential, purpose, began_ms, used_ms)
         SELECT ?1, person, credential, 'Looking after people', ?2, ?2 FROM credentials
         WHERE kind = 'passkey'",
        params![hash, now],
    );
    cookie
}

pub(super) fn address(network: &Network) -> String {
    let address = network.http.trim_start_matches("http://");
    address.trim_end_matches('/').to_owned()
}

pub(super) fn port(network: &Network) -> String {
    let address = address(network);
    address.rsplit(':').next().expect("a port").to_owned()
}
