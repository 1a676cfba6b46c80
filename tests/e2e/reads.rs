//! The ledger of who read a location, from the hub to the location, with the built programs.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use rusqlite::Connection;
use serde_json::Value;

use crate::network::{Network, set};

/// Opens the location's page until the hub is gone; counts the answers whose first byte came.
fn read_until(address: &str, over: &AtomicBool, answers: &AtomicU64) {
    let host = address.trim_start_matches("http://").trim_end_matches('/');
    for n in 0_u64.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let path = ["/locations/FN", "/indicators/VAX_PRIMARY"][usize::from(n % 2 == 1)];
        let Ok(mut stream) = TcpStream::connect(host) else {
            return;
        };
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        if stream.write_all(request.as_bytes()).is_err() {
            return;
        }
        let mut head = [0; 12];
        if stream.read_exact(&mut head).is_ok() && &head == b"HTTP/1.1 200" {
            answers.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The rows of the hub's ledger, oldest first: number, act, subject, count.
fn hub_rows(network: &Network) -> Vec<(u64, String, String, u64)> {
    let hub = Connection::open(network.hub.folder.join("hub.db")).expect("the store opens");
    let sql = "SELECT n, act, subject, count FROM reads JOIN codes USING (lix)
               WHERE code = 'FN' ORDER BY n";
    let mut query = hub.prepare(sql).expect("the table is there");
    let rows = query.query_map([], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    });
    rows.expect("it reads")
        .collect::<Result<_, _>>()
        .expect("rows")
}

fn own_rows(ledger: &Value) -> Vec<(u64, String, String, u64)> {
    let text = |row: &Value, name: &str| row[name].as_str().expect("text").to_owned();
    let number = |row: &Value, name: &str| row[name].as_u64().expect("a number");
    let rows = ledger.as_array().expect("a list").iter().rev();
    let rows = rows.map(|row| {
        let (n, times) = (number(row, "number"), number(row, "times"));
        (n, text(row, "what"), text(row, "about"), times)
    });
    rows.collect()
}

#[test]
fn each_answer_is_in_the_locations_ledger_though_the_hub_is_killed() {
    let mut network = Network::start();
    let node = network.founded("FN", "desk");
    node.run(&set("2022-12", "49461")).ok();
    node.run(&["sync", "--once"]).ok();
    assert_eq!(own_rows(&node.run(&["ledger", "--json"]).json()), []);

    let (over, answers) = (AtomicBool::new(false), AtomicU64::new(0));
    for _ in 0..3 {
        let address = network.http.clone();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| read_until(&address, &over, &answers));
            }
            thread::sleep(Duration::from_millis(700));
            network.kill_hub();
            over.store(true, Ordering::Relaxed);
        });
        over.store(false, Ordering::Relaxed);
        network.start_hub();
    }
    let answers = answers.load(Ordering::Relaxed);
    assert!(answers > 20, "{answers} answers");
    network.kill_hub();
    let written = hub_rows(&network);
    let counted: u64 = written.iter().map(|(.., count)| count).sum();
    assert!(counted >= answers, "{counted} reads for {answers} answers");

    // Eleven minutes later.
    let hub = Connection::open(network.hub.folder.join("hub.db")).expect("the store opens");
    let sql = "UPDATE reads SET at_ms = at_ms - 660000";
    hub.execute(sql, []).expect("it takes it");
    drop(hub);
    network.start_hub();
    node.run(&["sync", "--once"]).ok();
    assert_eq!(own_rows(&node.run(&["ledger", "--json"]).json()), written);

    // A hub that forgets a read is found out.
    network.kill_hub();
    let hub = Connection::open(network.hub.folder.join("hub.db")).expect("the store opens");
    let sql = "UPDATE reads SET count = count - 1, prev = NULL";
    hub.execute(sql, []).expect("it takes it");
    drop(hub);
    network.start_hub();
    node.run(&["sync", "--once"]).ok();
    node.run(&["ledger"])
        .ends_with(3)
        .tells(&["does not go on", "Ask the national team"]);
    let found = node.run(&["doctor"]).ends_with(3).out;
    let found = found.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(found.contains("weft-node ledger shows"), "{found}");
    let still = node.run(&["ledger", "--json"]).ends_with(3);
    let still = serde_json::from_str(&still.out).expect("rows");
    assert_eq!(own_rows(&still), written, "what was checked stays");
    // A person accepts it with a reason, and the ledger goes on from what the hub has.
    node.run(&["ledger", "--accept", "fine"]).ends_with(2);
    let reason = "Example: the operator restored a backup, and said so by phone";
    node.run(&["ledger", "--accept", reason]).ok();
    node.run(&["ledger", "--accept", reason])
        .ends_with(3)
        .tells(&["There is no alarm"]);
    node.run(&["sync", "--once"]).ok();
    let all = node.run(&["ledger", "--json"]).json();
    let all = all.as_array().expect("rows");
    let (gone, there): (Vec<Value>, Vec<Value>) = all
        .iter()
        .cloned()
        .partition(|row| row["gone_at_hub"] == true);
    assert_eq!(own_rows(&gone.into()), written, "they stay, marked");
    assert_eq!(own_rows(&there.into()), hub_rows(&network));
    let heard = node.run(&["ledger"]);
    heard.tells(&["accepted", reason, "does not go on"]);
    node.run(&["doctor"]).ok();
}

/// Requests that were sent, and those whose answer came, by the subject of their row.
#[derive(Default)]
struct Asked(Mutex<BTreeMap<String, (u64, u64)>>);

impl Asked {
    /// Sends a request, and waits for the first line of its answer.
    fn ask(&self, address: &str, (path, subject): (&str, &str), token: &str) {
        let count = |answered: u64| {
            let mut all = self.0.lock().expect("no reader panics");
            let one = all.entry(subject.to_owned()).or_default();
            (one.0, one.1) = (one.0 + 1 - answered, one.1 + answered);
        };
        let host = address.trim_start_matches("http://").trim_end_matches('/');
        let Ok(mut stream) = TcpStream::connect(host) else {
            return;
        };
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
             Connection: close\r\n\r\n"
        );
        count(0);
        let mut head = [0; 12];
        let sent = stream.write_all(request.as_bytes());
        if sent.is_ok() && stream.read_exact(&mut head).is_ok() && &head == b"HTTP/1.1 200" {
            count(1);
        }
    }

    /// Checks the hub's rows against it: each answer has its row, and no row is of nothing.
    fn check(&self, rows: &[(u64, String, String, u64)], is_exact: bool) {
        let mut counted: BTreeMap<&str, u64> = BTreeMap::new();
        for (_, _, subject, count) in rows {
            *counted.entry(subject).or_default() += count;
        }
        let asked = self.0.lock().expect("no reader panics");
        for (subject, (sent, answered)) in &*asked {
            let found = counted.remove(&**subject).unwrap_or_default();
            // A request was sent once for each that was answered.
            let fits = *answered <= found && found <= *sent;
            assert!(
                fits,
                "{subject}: {found} rows for {answered} answers of {sent}"
            );
            assert!(
                !is_exact || found == *answered,
                "{subject}: {found}, {answered}"
            );
        }
        assert!(counted.is_empty(), "rows of nothing: {counted:?}");
    }

    fn answers(&self) -> u64 {
        let asked = self.0.lock().expect("no reader panics");
        asked.values().map(|(_, answered)| answered).sum()
    }
}

/// The requests of a reader, which end with the hub: pages, files, and live figures, each of these
/// with an address that was never used before.
fn load(asked: &Asked, (address, token): (&str, &str), next: &AtomicU64, over: &dyn Fn() -> bool) {
    while !over() {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let live = format!("level=location limit={}", n % 1_000 + 1);
        let (path, subject) = match n % 4 {
            0 => ("/locations/FN".to_owned(), "/locations/FN"),
            1 => ("/locations/FN.csv".to_owned(), "/locations/FN.csv"),
            2 => (
                "/indicators/VAX_PRIMARY".to_owned(),
                "/indicators/VAX_PRIMARY",
            ),
            _ => {
                let query = live.replace(' ', "&");
                (format!("/api/v1/rollups?{query}"), &*live)
            }
        };
        asked.ask(address, (&path, subject), token);
    }
}

#[test]
fn under_load_each_answer_is_a_row_exactly_once_though_the_hub_is_killed() {
    let mut network = Network::start();
    let node = network.founded("FN", "desk");
    node.run(&set("2022-12", "49461")).ok();
    node.run(&["sync", "--once"]).ok();
    let token = network.hub.run(&["token", "create", "reader"]).ok();
    let (asked, next, token) = (Asked::default(), AtomicU64::new(0), token.trim());

    // As long as the hub runs, it is one to one.
    thread::scope(|scope| {
        for _ in 0..READERS {
            let end = || next.load(Ordering::Relaxed) >= REQUESTS;
            let (asked, next, address) = (&asked, &next, &network.http);
            scope.spawn(move || load(asked, (address, token), next, &end));
        }
    });
    assert!(asked.answers() > REQUESTS / 2, "most were answered");
    asked.check(&hub_rows(&network), true);

    let before = asked.answers();
    let over = AtomicBool::new(false);
    for turn in 0..KILLS {
        let address = network.http.clone();
        thread::scope(|scope| {
            for _ in 0..READERS {
                let (asked, next, address) = (&asked, &next, &address);
                let end = || over.load(Ordering::Relaxed);
                scope.spawn(move || load(asked, (address, token), next, &end));
            }
            thread::sleep(Duration::from_millis(300 + 130 * turn));
            network.kill_hub();
            over.store(true, Ordering::Relaxed);
        });
        over.store(false, Ordering::Relaxed);
        network.start_hub();
    }
    assert!(asked.answers() > before, "some were answered before a kill");
    network.kill_hub();
    let written = hub_rows(&network);
    asked.check(&written, false);

    let hub = Connection::open(network.hub.folder.join("hub.db")).expect("the store opens");
    let sql = "UPDATE reads SET at_ms = at_ms - 660000";
    hub.execute(sql, []).expect("it takes it");
    drop(hub);
    network.start_hub();
    node.run(&["sync", "--once"]).ok();
    assert_eq!(own_rows(&node.run(&["ledger", "--json"]).json()), written);
}

const READERS: usize = 6;
/// Requests before the first kill. Fewer than there are live addresses.
const REQUESTS: u64 = 240;
const KILLS: u64 = 4;
