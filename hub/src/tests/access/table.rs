//! The table of roles and routes, against the router and request by request.

use std::collections::BTreeSet;

use axum::http::StatusCode;

use super::Entrance;
use crate::{
    access::routes::{self, Need},
    serve,
    tests::web::site,
};

/// The paths of a router, as its debug form names them: axum has no other way to ask.
fn paths_of(router: &str) -> BTreeSet<String> {
    let (_, rest) = router.split_once("paths: {").expect("axum names its paths");
    let (paths, _) = rest.split_once('}').map_or((rest, ""), |_| {
        // Paths have braces of their own.
        rest.split_once("}, ")
            .map_or((rest, ""), |(head, _)| (head, ""))
    });
    let quoted = paths.split('"').skip(1).step_by(2);
    quoted
        .filter(|path| path.starts_with('/'))
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_has_each_route_of_the_router_and_no_other() {
    let hub = Entrance::new().await;
    let router = format!("{:?}", serve::national(&hub.app, &site()));
    let served = paths_of(&router);
    let table: BTreeSet<String> = routes::paths().map(str::to_owned).collect();
    assert_eq!(
        table.len(),
        routes::paths().count(),
        "a route is named twice"
    );
    assert!(served.len() > 30, "{served:?} of {router}");
    assert_eq!(
        served, table,
        "a route needs its line in hub/src/access/routes.rs"
    );
}

/// A path that a route matches.
pub(super) fn example(route: &str) -> String {
    let route = route.replace("{code}/{version}", "VAX_PRIMARY/1");
    let route = route.replace("{code}", "FN").replace("{list}", "freq");
    let route = route.replace("{location}", "FN").replace("{secret}", "0");
    let id = "01980000-0000-7000-8000-000000000001";
    let route = route
        .replace("{dataset}", "none")
        .replace("{release}", "2026.1");
    let route = route.replace("{file}", "none.csv");
    let route = route.replace("{number}", "1");
    route.replace("{*path}", "nothing").replace("{id}", id)
}

/// A person of each set of roles, and the session of each.
async fn people(hub: &Entrance) -> Vec<(&'static str, String)> {
    let mut people = Vec::new();
    for roles in ["analyst", "national", "analyst national"] {
        let name = roles.replace(' ', "-");
        let mut person = hub.person(&name, roles).await;
        people.push((roles, hub.sign_in(&mut person).await));
    }
    for roles in ["admin", "analyst admin", "national admin"] {
        let name = roles.replace(' ', "-");
        people.push((roles, hub.with_passkey(&name, roles).await));
    }
    people
}

#[tokio::test(flavor = "multi_thread")]
async fn the_forms_of_people_open_for_admins_alone() {
    let hub = Entrance::new().await;
    let people = people(&hub).await;
    let routes = routes::paths().filter(|path| path.starts_with("/admin/people/"));
    let forms: Vec<String> = routes
        .filter(|path| !path.ends_with("{number}"))
        .map(example)
        .collect();
    assert_eq!(forms.len(), 7, "{forms:?}");
    let before = hub.acts().await.len();
    let form = "words=zoo+zoo+zoo+zoo&national=yes&row=1";
    let is_admin = |roles: &str| roles.contains("admin");
    for path in &forms {
        let stranger = hub.post(path, "", form).await;
        assert_eq!(stranger.status, StatusCode::SEE_OTHER, "{path}");
        for (roles, session) in people.iter().filter(|(roles, _)| !is_admin(roles)) {
            let answer = hub.post(path, session, form).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{roles} {path}");
        }
    }
    assert_eq!(hub.acts().await.len(), before, "no one else did anything");
    for path in &forms {
        for (roles, session) in people.iter().filter(|(roles, _)| is_admin(roles)) {
            let answer = hub.post(path, session, form).await;
            let led_away = answer.header("location").starts_with("/sign-in");
            assert!(!led_away, "{roles} {path}");
            assert_ne!(answer.status, StatusCode::NOT_FOUND, "{roles} {path}");
        }
    }
    assert!(hub.acts().await.len() > before);
}

/// The ends of those routes that only change something: a look at them is no request.
const CHANGES: [&str; 16] = [
    "/account/tokens",
    "/back",
    "/close",
    "/publish",
    "/end",
    "/passkey",
    "/passkeys",
    "/sign-out",
    "/revoke",
    "/unblock",
    "/definitions/file",
    "/seen",
    "/confirm",
    "/roles",
    "/lock",
    "/unlock",
];

#[tokio::test(flavor = "multi_thread")]
async fn each_role_opens_its_routes_and_no_other() {
    let hub = Entrance::new().await;
    let people = people(&hub).await;
    let is_read = |path: &&str| !CHANGES.iter().any(|end| path.ends_with(end));
    for route in routes::paths().filter(is_read) {
        let path = example(route);
        let need = routes::need(route).unwrap();
        let is_open = matches!(need, Need::Open | Need::Local);
        let stranger = hub.get(&path, "").await;
        let is_api = path.starts_with("/api/") || path == "/openapi.json";
        let is_data = path.starts_with("/data");
        let kept_out = match stranger.status {
            StatusCode::UNAUTHORIZED => is_api || is_data,
            StatusCode::SEE_OTHER => !is_api,
            // An address that leads to another one tells nothing.
            StatusCode::PERMANENT_REDIRECT => is_data,
            _ => false,
        };
        assert_eq!(kept_out, !is_open, "{path}: {}", stranger.status);
        for (roles, session) in &people {
            let may = match need {
                Need::Open | Need::Local | Need::Signed | Need::Fresh => true,
                Need::Released | Need::Data => {
                    roles.contains("analyst") || roles.contains("national")
                }
                Need::National | Need::Live | Need::Writer | Need::Maker => {
                    roles.contains("national")
                }
                Need::Admin => roles.contains("admin"),
            };
            let answer = hub.get(&path, session).await;
            // All that is not of releases has the notice.
            if need == Need::Data && is_api && !roles.contains("national") && may {
                let notice = answer.headers.get("weft-notice");
                assert!(notice.is_none(), "{roles} {path}: {}", answer.body);
            }
            // The overview leads others to their account.
            let is_refused = answer.status == StatusCode::NOT_FOUND
                || path == "/" && answer.status == StatusCode::SEE_OTHER;
            let is_nothing = [
                "/api/v1/changes",
                "/api/v1/rollups",
                "/agenda/01",
                "/investment/",
                "/requests/",
                "/admin/devices/",
                "/admin/locations/",
                "/data/",
                "/invite/",
                "/insights/",
                "/locations/",
                "/money/",
                "/indicators/",
                "/releases/",
            ]
            .iter()
            .any(|one| path.starts_with(one));
            if may && !is_nothing && !path.ends_with("/nothing") {
                assert_eq!(
                    answer.status,
                    StatusCode::OK,
                    "{roles} {path}: {}",
                    answer.body
                );
            } else if !may {
                assert!(is_refused, "{roles} {path}: {}", answer.status);
            }
        }
    }
}
