//! The whole surface of the hub's pages and data, walked by each kind of visitor and by strangers:
//! every route of the table, plain and then wrong in many ways.
//!
//! No answer is a fault of the hub's, none shows a community's words or counts to somebody who may
//! not read them, and each refusal says something. `WEFT_WALK` takes another seed than the one that
//! is kept here.

use std::{
    collections::BTreeMap,
    io::Write as _,
    net::Shutdown,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use weft_hub::access::routes;

use super::{
    doors,
    requests::{self, Dice, Request},
    scene::{COUNT, KEPT, SHARED, Scene, Visitor, address, port},
};
use crate::web::{self, Answer};

/// Time for wrong requests: whatever the machine, the test ends.
const WALK_TIME: Duration = Duration::from_secs(30);
/// Wrong requests of one visitor, if there is time for them.
const REQUESTS_MAX: usize = 4_000;
/// Requests with one token: it has 120 a minute.
const TOKEN_REQUESTS: usize = 100;
const SEED: u64 = 12;
/// A count of a location, as pages and files write it.
const COUNT_SHOWN: [&str; 5] = [
    COUNT,
    "73,182,645",
    "73 182 645",
    "73\u{a0}182\u{a0}645",
    "73\u{202f}182\u{202f}645",
];

/// Sends a request. None if the hub hung up without an answer.
pub(super) fn ask(at: &str, request: &Request) -> Option<Answer> {
    let mut wire = web::port(at);
    if request.breaks_off {
        // A hub that has heard enough may hang up before. Without the end of what is sent it would
        // wait for the rest, as it must.
        let _hung_up = wire.write_all(&request.bytes);
        let _hung_up = wire.shutdown(Shutdown::Write);
        return web::send(wire, b"");
    }
    web::send(wire, &request.bytes)
}

/// Judges an answer. Returns what is wrong with it.
fn faults(visitor: &Visitor, request: &Request, answer: Option<&Answer>) -> Vec<String> {
    let Some(answer) = answer else {
        let may = !request.is_whole || request.breaks_off;
        return if may {
            Vec::new()
        } else {
            vec!["no answer".to_owned()]
        };
    };
    let mut faults = Vec::new();
    if answer.status >= 500 {
        faults.push(format!("a fault of the hub's: {}", answer.status));
    }
    let all = format!("{}\n{}", answer.head, answer.body);
    let shown = |words: &str| all.contains(words);
    if shown(KEPT) {
        faults.push("words that a team keeps".to_owned());
    }
    let counts = || COUNT_SHOWN.iter().any(|count| shown(count));
    if !visitor.is_national && (shown(SHARED) || counts()) {
        faults.push("words or counts of a location".to_owned());
    }
    if answer
        .head
        .lines()
        .any(|line| line.to_lowercase().starts_with("set-cookie: x="))
    {
        faults.push("a header that the request wrote".to_owned());
    }
    let leads = answer.header("location").unwrap_or("/");
    if !leads.starts_with('/') || leads.starts_with("//") || leads.starts_with("/\\") {
        faults.push(format!("it leads to {leads}"));
    }
    let is_refusal = (400..500).contains(&answer.status);
    if is_refusal && request.is_whole && request.method != "HEAD" {
        faults.extend(silence(answer));
    }
    faults
}

/// Says if a refusal does not name what is allowed.
fn silence(answer: &Answer) -> Option<String> {
    let needs = |name: &str| {
        let has = answer.header(name).is_some();
        (!has).then(|| format!("{} without {name}", answer.status))
    };
    match answer.status {
        405 => return needs("allow"),
        416 => return needs("content-range"),
        429 => return needs("retry-after"),
        401 => {
            if let Some(fault) = needs("www-authenticate") {
                return Some(fault);
            }
        }
        _ => {}
    }
    let kind = answer.header("content-type").unwrap_or_default();
    if kind != "application/problem+json" {
        let words = answer.body.split_whitespace().count();
        return (words < 4).then(|| format!("{} says: {}", answer.status, answer.body));
    }
    let problem: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let detail = problem["detail"].as_str().unwrap_or_default();
    let allowed = problem["allowed"]
        .as_array()
        .is_some_and(|allowed| !allowed.is_empty());
    let helps = allowed || HELP.iter().any(|word| detail.contains(word));
    (!helps).then(|| format!("{} does not say what is allowed: {detail}", answer.status))
}

/// Words of an error that says what to do.
const HELP: &[&str] = &[
    "such as",
    "/data.json",
    "Begin without one",
    "looks like ",
    "/account",
    "write ",
    "give ",
    "Give ",
    "sign in",
    "Sign in",
    "/openapi.json",
    "token",
    "must ",
    "between",
    "leave it out",
    "ask for",
];

/// One visitor's walk: all plain requests, then wrong ones. Returns how many were answered in which
/// way.
fn walk(
    scene: &Scene,
    visitor: &Visitor,
    seed: u64,
    until: Instant,
) -> (BTreeMap<u16, usize>, Vec<String>) {
    let (at, mut dice) = (address(&scene.network), Dice(seed));
    let routes: Vec<&str> = routes::paths().collect();
    let host = format!("localhost:{}", port(&scene.network));
    let (mut answered, mut found) = (BTreeMap::new(), Vec::new());
    let mut look = |request: &Request| {
        let answer = ask(&at, request);
        for fault in faults(visitor, request, answer.as_ref()) {
            let sent = String::from_utf8_lossy(&request.bytes[..request.bytes.len().min(600)]);
            found.push(format!(
                "{} {}: {fault}\n{sent}",
                visitor.name, request.path
            ));
        }
        *answered
            .entry(answer.map_or(0, |answer| answer.status))
            .or_insert(0) += 1;
    };
    for route in &routes {
        look(&requests::plain(
            route,
            &scene.known(route),
            (&host, &visitor.who),
        ));
    }
    for _ in 0..REQUESTS_MAX {
        if Instant::now() > until {
            break;
        }
        let route = dice.one(&routes);
        // No one ends the session with which they walk.
        if route == "/sign-out" {
            continue;
        }
        look(&requests::wrong(
            &mut dice,
            route,
            &scene.known(route),
            (&host, &visitor.who),
        ));
    }
    (answered, found)
}

/// Walks with tokens, a new one before the pace of the last is used up.
fn walk_with_tokens(
    scene: &Scene,
    (name, is_national): (&'static str, bool),
    seed: u64,
    until: Instant,
) -> (BTreeMap<u16, usize>, Vec<String>) {
    let (at, mut dice) = (address(&scene.network), Dice(seed));
    let routes: Vec<&str> = routes::paths().collect();
    let host = format!("localhost:{}", port(&scene.network));
    let (mut answered, mut found) = (BTreeMap::new(), Vec::new());
    for n in 0_usize.. {
        let named = |n: usize| format!("{name} {n}");
        // A person has a few tokens at most, so the one before this ends.
        if let Some(last) = n.checked_sub(1) {
            let last = named(last);
            scene.network.hub.run(&["token", "revoke", &last]).ok();
        }
        let token = doors::token(&scene.network, (name, is_national), &named(n));
        let visitor = Visitor {
            name,
            who: format!("Authorization: Bearer {token}\r\n"),
            is_national,
            opens: &[],
            closed: &[],
        };
        for asked in 0..TOKEN_REQUESTS {
            let plain = n * TOKEN_REQUESTS + asked;
            if plain >= routes.len() && Instant::now() > until {
                return (answered, found);
            }
            let who = (host.as_str(), visitor.who.as_str());
            let request = match routes.get(plain) {
                Some(route) => requests::plain(route, &scene.known(route), who),
                None => {
                    let route = dice.one(&routes);
                    requests::wrong(&mut dice, route, &scene.known(route), who)
                }
            };
            let answer = ask(&at, &request);
            for fault in faults(&visitor, &request, answer.as_ref()) {
                found.push(format!("{name} {}: {fault}", request.path));
            }
            *answered
                .entry(answer.map_or(0, |answer| answer.status))
                .or_insert(0) += 1;
        }
    }
    (answered, found)
}

#[test]
fn the_whole_surface_takes_anything_from_anybody_and_shows_nothing_it_should_not() {
    let seed = std::env::var("WEFT_WALK").ok();
    let seed = seed.map_or(SEED, |seed| seed.parse().expect("WEFT_WALK is a number"));
    let mut scene = Scene::new();
    doors::check(&scene, "before");
    let until = Instant::now() + WALK_TIME;
    let walked = Mutex::new(Vec::new());
    thread::scope(|all| {
        for (n, visitor) in scene.visitors.iter().enumerate() {
            let (scene, walked) = (&scene, &walked);
            all.spawn(move || {
                let done = walk(scene, visitor, seed + n as u64, until);
                walked
                    .lock()
                    .expect("no walk panics")
                    .push((visitor.name, done));
            });
        }
        for (n, scope) in (100..).zip(doors::SCOPES) {
            let (scene, walked) = (&scene, &walked);
            all.spawn(move || {
                let done = walk_with_tokens(scene, scope, seed + n, until);
                walked.lock().expect("no walk panics").push((scope.0, done));
            });
        }
    });
    let walked = walked.into_inner().expect("no walk panics");
    println!(
        "seed {seed}: {:?}",
        walked
            .iter()
            .map(|(name, (by, _))| (name, by))
            .collect::<Vec<_>>()
    );
    let mut faults = Vec::new();
    let n_routes = routes::paths().count();
    for (name, (answered, found)) in walked {
        let n: usize = answered.values().sum();
        assert!(n > n_routes + 30, "{name} asked {n} times only");
        faults.extend(found);
    }
    let shown = faults.iter().take(20).cloned().collect::<Vec<_>>();
    assert!(
        faults.is_empty(),
        "seed {seed}: {} faults\n{}",
        faults.len(),
        shown.join("\n\n")
    );
    doors::check(&scene, "after");
    let told = scene.network.stop_hub();
    assert!(!told.contains("panicked"), "{told}");
    scene.network.start_hub();
    assert!(
        scene
            .network
            .rollup()
            .iter()
            .any(|row| row["numerator"] == 73_182_645)
    );
}
