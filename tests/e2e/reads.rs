//! The ledger of who read a location, from the hub to the location, with the built programs.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
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
    let still = node.run(&["ledger", "--json"]).ends_with(3);
    let still = serde_json::from_str(&still.out).expect("rows");
    assert_eq!(own_rows(&still), written, "what was checked stays");
}
