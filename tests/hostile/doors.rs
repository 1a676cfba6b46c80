//! The doors of the pages and the data interface: who opens which, written down a second time,
//! apart from the table of the hub, and held against what it answers to each person and to a token
//! of each scope.

use std::{thread, time::Duration};

use weft_hub::access::routes;

use super::{
    requests,
    scene::{SHARED, Scene, Visitor, address, port},
    surface::ask,
};
use crate::{network::Network, web::Answer};

/// The scopes of tokens, each with whether it reads what locations share with the network.
pub(super) const SCOPES: [(&str, bool); 2] = [("releases", false), ("live", true)];

/// Everybody who asks.
const ALL: &[&str] = &[
    "stranger", "analyst", "national", "admin", "releases", "live",
];
const SIGNED: &[&str] = &["analyst", "national", "admin"];
const READERS: &[&str] = &["analyst", "national", "releases", "live"];

/// The beginning of a path, and who opens what is there. The first that fits counts.
const DOORS: &[(&str, &[&str])] = &[
    ("/sign-in", ALL),
    ("/invite/", ALL),
    ("/assets/", ALL),
    // A monitor asks on the hub's own computer, where this hub is.
    ("/healthz", ALL),
    ("/readyz", ALL),
    ("/metrics", ALL),
    ("/account", SIGNED),
    ("/sign-out", SIGNED),
    ("/admin/definitions", &["national"]),
    ("/admin", &["admin"]),
    ("/data", READERS),
    // The line of sight has money and words of communities beside the figures.
    ("/api/v1/sight", &["national", "live"]),
    ("/api/v1/agenda", &["national", "live"]),
    ("/api/v1/answers", &["national", "live"]),
    ("/api/v1/requests", &["national", "live"]),
    ("/api/v1/markers", &["national", "live"]),
    ("/api/v1/reviews", &["national", "live"]),
    ("/api/v1/partners", &["national", "live"]),
    ("/api/v1/ties", &["national", "live"]),
    ("/api", READERS),
    ("/openapi.json", READERS),
    ("/", &["national"]),
];

/// Routes where nothing is at the address that is asked for.
const NOTHING: [&str; 10] = [
    "/agenda/{id}",
    "/agenda/{id}/edit",
    "/requests/{location}/{id}",
    "/investment/{outcome}",
    "/api/{*path}",
    "/invite/{secret}",
    "/invite/{secret}/passkey",
    "/money/{id}",
    "/money/{id}/edit",
    "/money/{id}/line",
];
/// The page of an act that was done already, or is about something that is not there. Who may not
/// open it gets another one.
const DONE: &str = "There is nothing to ";
/// Routes of the data interface that say the same to each reader: they are of releases alone.
const SAME: [&str; 2] = ["/api/v1/changes", "/api/v1/coverage"];
/// The mark of figures of today.
const NOTICE: &str = "weft-notice";

fn may(who: &str, route: &str) -> bool {
    let door = DOORS.iter().find(|(begins, _)| route.starts_with(begins));
    door.is_some_and(|(_, whose)| whose.contains(&who))
}

/// A token of a scope, for somebody whose roles allow it.
pub(super) fn token(network: &Network, (scope, is_national): (&str, bool), name: &str) -> String {
    let person = match is_national {
        true => "Walking National",
        false => "Walking Analyst",
    };
    let purpose = "Example: a walk";
    let mut line = vec!["token", "create", name, "--for", person];
    line.extend(["--purpose", purpose, "--days", "1", "--scope", scope]);
    network.hub.run(&line).ok()
}

/// Each visitor, and a token of each scope, opens what is theirs and nothing else. `when` is in the
/// names of the tokens, which are used once.
pub(super) fn check(scene: &Scene, when: &str) {
    for visitor in &scene.visitors {
        check_one(scene, visitor);
    }
    for scope in SCOPES {
        let name = format!("{} {when} the walk", scope.0);
        let token = token(&scene.network, scope, &name);
        let visitor = Visitor {
            name: scope.0,
            who: format!("Authorization: Bearer {token}\r\n"),
            is_national: scope.1,
            opens: &[
                "/api",
                "/api/v1/rollups",
                "/data",
                "/data.json",
                "/openapi.json",
            ],
            closed: &["/", "/account", "/admin", "/insights.csv", "/nowhere"],
        };
        check_one(scene, &visitor);
        scene.network.hub.run(&["token", "revoke", &name]).ok();
    }
}

fn check_one(scene: &Scene, visitor: &Visitor) {
    let name = visitor.name;
    let answer = |path: &str, known: &[(&str, &str)]| {
        let host = format!("localhost:{}", port(&scene.network));
        let request = requests::plain(path, known, (&host, &visitor.who));
        // Files that the hostile client left on a busy machine may still count against the pace.
        for _ in 0..PATIENCE_S {
            let answer = ask(&address(&scene.network), &request).expect("an answer");
            if answer.status != 429 {
                return answer;
            }
            assert!(answer.header("retry-after").is_some(), "{name} {path}");
            thread::sleep(Duration::from_secs(1));
        }
        panic!("{name} {path}: too many requests for {PATIENCE_S} s");
    };
    for path in visitor.opens {
        assert_eq!(answer(path, &[]).status, 200, "{name} {path}");
    }
    for path in visitor.closed {
        let status = answer(path, &[]).status;
        assert!([303, 401, 404].contains(&status), "{name} {path}: {status}");
    }
    let signed = SIGNED.contains(&name);
    for route in routes::paths() {
        let answer = answer(route, &scene.known(route));
        let said = format!("{name} {route}: {} {}", answer.status, answer.body);
        match may(name, route) {
            true => assert!(is_open(route, &answer), "{said}"),
            false => assert!(is_closed(route, &answer, signed), "{said}"),
        }
        // There is something to find for those who may not see it.
        if route == "/insights/{location}/{id}" && visitor.is_national && may(name, route) {
            assert!(answer.body.contains(SHARED), "{said}");
        }
        // Pages of the national team have the mark as well.
        if route.starts_with("/api/v1/") && may(name, route) {
            let is_live = answer.header(NOTICE).is_some();
            let expected = visitor.is_national && !SAME.contains(&route);
            assert_eq!(is_live, expected, "figures of today: {said}");
        }
    }
}

/// Whether a route was opened: it answers, leads on, or says that it takes forms.
fn is_open(route: &str, answer: &Answer) -> bool {
    let leads = answer.header("location").unwrap_or_default();
    match answer.status {
        200 | 405 => true,
        302 | 307 | 308 => !leads.starts_with("/sign-in"),
        404 => NOTHING.contains(&route) || answer.body.contains(DONE),
        // It asks since when.
        400 => route == "/api/v1/changes",
        _ => false,
    }
}

/// Whether a route was kept shut as it should be: a stranger or a program is asked who they are,
/// and for somebody who has signed in nothing is there.
fn is_closed(route: &str, answer: &Answer, signed: bool) -> bool {
    let leads = answer.header("location").unwrap_or_default();
    let is_api = route.starts_with("/api/") || route == "/openapi.json";
    match (answer.status, signed) {
        // The overview is the front page, and an account that of a person.
        (303, true) => route == "/" && leads == "/account",
        (404, true) => !answer.body.contains(DONE),
        // The answer tells a token of releases where those are, and what it lacks.
        (403 | 404, false) => {
            route.starts_with("/api/v1/") && answer.body.contains("/api/v1/rollups")
        }
        (303, false) => !is_api && leads.starts_with("/sign-in?next="),
        (401, false) => is_api || route.starts_with("/data"),
        // An address that leads to another one tells nothing.
        (308, false) => ["/data/", "/data/{dataset}/{release}"].contains(&route),
        _ => false,
    }
}

/// Longest time that one answer is waited for, in seconds; a token refills in one minute.
const PATIENCE_S: u32 = 90;
