//! Tests of the administration: who gets in, and what its forms do.

use std::sync::Arc;

use axum::{
    Router,
    http::{Method, StatusCode},
};
use tempfile::TempDir;
use weft_host::{
    output::ExitCode,
    page::{self, Guard},
};
use weft_shared::{id::LocationCode, period::day_words, time::DAY_MS};

use super::{
    commands::run,
    web::{Answer, HOST, ask, ask_with},
};
use crate::{
    app::{AppError, AppHandle, AreaWord, Confirmation, HUB, LocationState, Said},
    kit::{self, Device},
    pages::admin,
};

pub(super) struct Desk {
    pub(super) app: AppHandle,
    router: Router,
    cookie: String,
    guard: Arc<Guard>,
    _dir: TempDir,
}

impl Desk {
    pub(super) async fn new() -> Self {
        let (dir, app) = kit::hub().await;
        let guard = Arc::new(Guard::new(HOST.parse().unwrap(), admin::OPEN, "/"));
        let router = page::protect(admin::routes(&app), &guard);
        let mut desk = Self {
            app,
            router,
            cookie: String::new(),
            guard,
            _dir: dir,
        };
        let link = desk.guard.launch_url();
        let opened = desk
            .get(link.strip_prefix("http://localhost:8433").unwrap())
            .await;
        assert_eq!(opened.status, StatusCode::SEE_OTHER);
        desk.cookie = opened
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        desk
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        ask(
            &self.router,
            Method::GET,
            path,
            &[("cookie", &self.cookie)],
            "",
        )
        .await
    }

    pub(super) async fn post(&self, path: &str, form: &str) -> Answer {
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("origin", "http://127.0.0.1:8433"),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        ask(&self.router, Method::POST, path, &headers, form).await
    }

    /// Sends a file as a form does that has a field for one.
    pub(super) async fn upload(&self, path: &str, (name, bytes): (&str, &[u8])) -> Answer {
        let head = format!(
            "--weft\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let body = [head.as_bytes(), bytes, b"\r\n--weft--\r\n"].concat();
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("origin", "http://127.0.0.1:8433"),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "multipart/form-data; boundary=weft"),
        ];
        ask_with(&self.router, Method::POST, path, &headers, body).await
    }
}

const PAGES: [&str; 9] = [
    "/",
    "/people",
    "/invites",
    "/devices",
    "/tokens",
    "/definitions",
    "/definitions/VAX_PRIMARY/1",
    "/ledger",
    "/health",
];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_without_the_link() {
    let desk = Desk::new().await;
    for path in PAGES {
        let stranger = ask(&desk.router, Method::GET, path, &[], "").await;
        assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "{path}");
        let page = desk.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let inputs = page.body.matches("<input type=\"text\"").count();
        let fields = inputs + page.body.matches("<select").count();
        let fields = fields + page.body.matches("<textarea").count();
        let fields = fields + page.body.matches(" type=\"file\"").count();
        assert_eq!(page.body.matches("<label for=").count(), fields, "{path}");
        assert!(!page.body.contains("style="), "{path}");
        let asked = desk.get(&format!("{path}?colour=red")).await;
        assert_eq!(asked.status, StatusCode::BAD_REQUEST, "{path}");
        let why = "There is no parameter &#34;colour&#34; here. This page has no parameters.";
        assert!(asked.body.contains(why), "{}", asked.body);
    }
    let foreign = [
        ("cookie", desk.cookie.as_str()),
        ("origin", "https://evil.example"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let answer = ask(&desk.router, Method::POST, "/tokens", &foreign, "name=x").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(desk.app.tokens().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_is_added_invited_and_confirmed_by_words_heard() {
    let desk = Desk::new().await;
    for (form, about) in [
        ("code=f1&name=x", "code"),
        ("code=FN&name=", "name"),
        ("code=FN&name=x&areas=NORTH", "areas"),
    ] {
        let answer = desk.post("/", form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(answer.body.contains("<title>Error: Locations"), "{form}");
        assert!(
            answer.body.contains(&format!("<a href=\"#{about}\">")),
            "{form}"
        );
        assert!(
            answer.body.contains(&format!("id=\"{about}-error\"")),
            "{form}"
        );
    }
    assert!(desk.app.locations().await.unwrap().is_empty());
    let form = "code=FN&name=Far+North&name_mi=Te+Tai+Tokerau&areas=NORTH%3DNorth%0D%0A";
    assert_eq!(desk.post("/", form).await.status, StatusCode::SEE_OTHER);
    let page = desk.get("/").await.body;
    assert!(page.contains("<td lang=\"mi\">Te Tai Tokerau</td>"));
    assert!(
        page.contains("<td>North</td>"),
        "the name, not its code: {page}"
    );
    let again = desk.post("/", form).await;
    assert!(again.body.contains("There is a location FN already."));
    let invited = desk.post("/invites", "code=FN&days=2").await.body;
    assert!(invited.contains("<code class=\"secret\">weft://127.0.0.1:4433/#"));
    assert!(!desk.get("/invites").await.body.contains("weft://"));
    assert_eq!(
        desk.post("/invites/revoke", "number=1").await.status,
        StatusCode::SEE_OTHER
    );
    assert!(desk.get("/invites").await.body.contains("revoked"));

    let code = LocationCode::parse("FN").unwrap();
    assert_eq!(
        desk.get("/locations/FN/confirm").await.status,
        StatusCode::NOT_FOUND
    );
    Device::unconfirmed(&desk.app, &code).await;
    let Confirmation::Waiting { words } = desk.app.confirmation(&code).await.unwrap() else {
        panic!("it waits to be confirmed");
    };
    let page = desk.get("/locations/FN/confirm").await.body;
    assert!(
        !page.contains(&words),
        "a person who types them has heard them"
    );
    for wrong in [
        "words=abandon+abandon+abandon+abandon",
        "words=hello",
        "words=",
    ] {
        let answer = desk.post("/locations/FN/confirm", wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let state = async || desk.app.locations().await.unwrap()[0].state;
    assert_eq!(state().await, LocationState::Unconfirmed);
    let heard = format!("words={}", words.to_uppercase().replace(' ', "++"));
    let answer = desk.post("/locations/FN/confirm", &heard).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!(state().await, LocationState::Confirmed);
}

/// The page's answer to a form has the words that the command prints.
async fn alike(desk: &Desk, line: &[&str], path: &str, form: &str) {
    let (code, _, told) = run(&desk.app, line).await;
    assert_ne!(code, ExitCode::Ok, "{line:?}: {told}");
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    let answer = desk.post(path, form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
    let page = answer.body.replace("&#34;", "\"").replace("&#39;", "'");
    let told = told.trim_start_matches("weft-hub: ");
    assert!(!told.is_empty() && page.contains(told), "{told}\n{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_refused_in_the_same_words_by_the_command_and_the_page() {
    let desk = Desk::new().await;
    let code = kit::add_location(&desk.app, "FN", &["NORTH"]).await;
    for number in ["99", "x"] {
        let form = format!("number={number}");
        let line = ["invite", "revoke", number];
        alike(&desk, &line, "/invites/revoke", &form).await;
    }
    let line = ["location", "add", "OC", "--name", "x", "--area", "NORTH=x"];
    alike(&desk, &line, "/", "code=OC&name=x&areas=NORTH%3Dx").await;
    let path = "/locations/FN/confirm";
    let (_, _, told) = run(&desk.app, &["location", "confirm", "FN"]).await;
    assert!(told.contains("No device has joined as FN yet"), "{told}");
    let page = desk.get(path).await.body;
    assert!(page.contains("No device has joined as FN yet"), "{page}");
    Device::unconfirmed(&desk.app, &code).await;
    for _ in ["unconfirmed", "confirmed"] {
        for words in ["zoo zoo zoo zoo", "zoo zoo", ""] {
            let form = format!("words={}", words.replace(' ', "+"));
            let line = ["location", "confirm", "FN", "--words", words];
            alike(&desk, &line, path, &form).await;
        }
        desk.app.confirm_location(&code).await.unwrap();
    }
    assert_eq!(desk.get(path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_add_one_code_at_once_one_is_told_that_it_is_taken() {
    let desk = Desk::new().await;
    let (one, other) = tokio::join!(
        desk.post("/", "code=FN&name=Example%3A+one"),
        desk.post("/", "code=FN&name=Example%3A+other"),
    );
    let mut answers = [one, other];
    answers.sort_by_key(|answer| answer.status);
    let [added, told] = answers;
    assert_eq!(added.status, StatusCode::SEE_OTHER);
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told.body.contains("There is a location FN already."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_revoked_by_its_name_however_a_keyboard_writes_it() {
    let desk = Desk::new().await;
    for name in ["Te Ha\u{304}pai one", "Te H\u{101}pai two"] {
        desk.app.create_token(name).await.unwrap();
    }
    let typed = "  Te Ha\u{304}pai one ";
    let (code, _, told) = run(&desk.app, &["token", "revoke", typed]).await;
    assert_eq!(code, ExitCode::Ok, "{told}");
    let (_, _, told) = run(&desk.app, &["token", "revoke", typed]).await;
    assert!(told.contains("was revoked already"), "{told}");
    let form = "name=Te+Ha%CC%84pai+two";
    let revoked = desk.post("/tokens/revoke", form).await;
    assert_eq!(revoked.status, StatusCode::SEE_OTHER);
    let live = desk.app.tokens().await.unwrap().into_iter();
    assert_eq!(live.filter(|token| token.revoked.is_none()).count(), 0);
    let again = desk.app.create_token(typed).await.unwrap_err().to_string();
    assert!(again.contains("a revoked token had the name"), "{again}");
    assert!(again.contains("names are not used again"), "{again}");
    desk.app.create_token("live").await.unwrap();
    let again = desk.app.create_token("live").await.unwrap_err().to_string();
    assert!(again.contains("exists; revoke it"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_listed_without_their_secrets_and_devices_are_blocked_on_purpose() {
    let desk = Desk::new().await;
    let secret = desk.app.create_token("<b>dashboard").await.unwrap();
    assert!(desk.app.check_token(&secret).await);
    let listed = desk.get("/tokens").await.body;
    assert!(listed.contains("&#60;b&#62;dashboard") && !listed.contains("<b>dash"));
    assert!(!listed.contains(&secret));
    let revoked = desk.post("/tokens/revoke", "name=%3Cb%3Edashboard").await;
    assert_eq!(revoked.status, StatusCode::SEE_OTHER);
    assert!(!desk.app.check_token(&secret).await);
    let unknown = desk.post("/tokens/revoke", "name=other").await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);

    let code = kit::add_location(&desk.app, "FN", &[]).await;
    let device = Device::found(&desk.app, &code).await;
    let path = format!("/devices/{}/block", device.key.id());
    let asked = desk.get(&path).await;
    assert_eq!(asked.status, StatusCode::OK);
    assert!(desk.get("/devices").await.body.contains("live"));
    assert_eq!(desk.post(&path, "").await.status, StatusCode::SEE_OTHER);
    assert!(desk.get("/devices").await.body.contains("blocked"));
    assert_eq!(desk.post(&path, "").await.status, StatusCode::NOT_FOUND);
    assert!(desk.get("/ledger").await.body.contains("device block"));
}

#[tokio::test(flavor = "multi_thread")]
async fn blocking_an_only_device_says_what_it_means_and_has_a_way_back() {
    let desk = Desk::new().await;
    let code = kit::add_location(&desk.app, "FN", &[]).await;
    let device = Device::found(&desk.app, &code).await;
    let id = device.key.id().to_string();
    let path = format!("/devices/{id}/block");
    let asked = desk.get(&path).await.body;
    assert!(asked.contains("the only device of FN"), "{asked}");
    let (code, _, told) = run(&desk.app, &["device", "block", &id]).await;
    assert_eq!(code, ExitCode::Ok);
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "is the only device of FN that the hub serves",
        "FN can share nothing",
        "To serve it again: weft-hub device unblock",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let (_, _, again) = run(&desk.app, &["device", "block", &id]).await;
    assert!(again.contains("is blocked already"), "{again}");
    let (_, status, _) = run(&desk.app, &["status"]).await;
    assert!(status.contains("confirmed  1, blocked"), "{status}");
    let page = desk.get("/").await.body;
    assert!(page.contains("<td>1, blocked</td>"), "{page}");
    let devices = desk.get("/devices").await.body;
    let back = format!("/devices/{id}/unblock");
    assert!(devices.contains(&back), "{devices}");

    assert_eq!(desk.post(&back, "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(desk.post(&back, "").await.status, StatusCode::NOT_FOUND);
    let location = async || desk.app.locations().await.unwrap().remove(0);
    assert_eq!(location().await.blocked, 0);
    desk.app.block_device(device.key.id()).await.unwrap();
    assert_eq!(location().await.blocked, 1);
    let (code, _, told) = run(&desk.app, &["device", "unblock", &id[..16]]).await;
    assert_eq!(code, ExitCode::Ok);
    assert!(told.contains("is served again"), "{told}");
    let (_, _, told) = run(&desk.app, &["device", "unblock", &id]).await;
    assert!(told.contains("is not blocked"), "{told}");
    let ledger = desk.app.ledger(100).await.unwrap();
    let acts = |act: &str| ledger.iter().filter(|row| row.act == act).count();
    assert_eq!((acts("device block"), acts("device unblock")), (2, 2));
    let subject = format!("FN: Front desk ({})", &id[..16]);
    let of_device = ledger.iter().filter(|row| row.act.starts_with("device"));
    assert!(of_device.into_iter().all(|row| row.subject == subject));
    let own = desk.app.devices().await.unwrap();
    let own = own.iter().find(|one| one.location == HUB).unwrap().id;
    let (code, _, told) = run(&desk.app, &["device", "block", &own.to_string()]).await;
    assert_eq!(code, ExitCode::Usage, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_reads_the_same_on_the_page_and_in_the_list() {
    let desk = Desk::new().await;
    let code = kit::add_location(&desk.app, "FN", &[]).await;
    desk.app.create_invite(&code, 60_000).await.unwrap();
    Device::found(&desk.app, &code).await;
    let (_, list, _) = run(&desk.app, &["invite", "list", "--json"]).await;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let states: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["state"])
        .collect();
    assert_eq!(states, ["not needed", "used"]);
    let page = desk.get("/invites").await.body;
    for state in ["<td>not needed</td>", "<td>used</td>"] {
        assert!(page.contains(state), "{state}: {page}");
    }
    assert!(!page.contains("Revoke invite"), "{page}");
    let zone = desk.app.read(|at| Ok(at.zone())).await.unwrap();
    let made = desk.app.invites().await.unwrap()[0].created;
    let (day, time) = (day_words(zone.day(made)), zone.time_of_day(made));
    assert!(
        page.contains(&format!("<td class=\"nowrap\">{day}, {time}</td>")),
        "{page}"
    );
    kit::add_location(&desk.app, "OC", &[]).await;
    // A location that has joined is offered a way back, and one that has not is not.
    let way = desk.post("/invites", "code=FN&days=2&way_back=yes").await;
    assert!(way.body.contains("Way back for FN"), "{}", way.body);
    assert!(
        way.body.contains("<code class=\"secret\">weft://"),
        "{}",
        way.body
    );
    assert!(way.body.contains("<td>open</td>"), "{}", way.body);
    let none = desk.post("/invites", "code=OC&days=2&way_back=yes").await;
    assert!(
        none.body.contains("No device has joined as OC"),
        "{}",
        none.body
    );
    for (time, days) in [(&["--days", "3"], 3), (&["--expires", "2d"], 2)] {
        let line = [&["invite", "create", "OC"][..], time].concat();
        assert_eq!(run(&desk.app, &line).await.0, ExitCode::Ok);
        let made = desk.app.invites().await.unwrap().pop().unwrap();
        assert_eq!(made.expires.since_ms(made.created), days * DAY_MS);
    }
}

#[tokio::test]
async fn a_plan_that_the_network_has_overtaken_changes_nothing() {
    let (_dir, app) = kit::hub().await;
    kit::add_location(&app, "AA", &["NORTH"]).await;
    kit::add_location(&app, "BB", &["EAST"]).await;
    let said = |code: &str, areas: &[&str]| Said {
        code: code.parse().unwrap(),
        name: format!("Example: {code}"),
        name_mi: None,
        areas: areas
            .iter()
            .map(|area| AreaWord::parse(&format!("{area}=Area")).unwrap())
            .collect(),
        aliases: Vec::new(),
        since: Some("2024-01-01".parse().unwrap()),
        ends: false,
    };
    let first = app.plan_location(said("AA", &["NORTH", "WEST"]));
    let other = app.plan_location(said("BB", &["EAST", "WEST"]));
    let again = app.plan_location(said("AA", &["NORTH", "SOUTH"]));
    app.put_location(other.unwrap()).await.unwrap();
    let taken = app.put_location(first.unwrap()).await;
    assert!(
        matches!(taken, Err(AppError::AreaTaken { .. })),
        "{taken:?}"
    );
    let (one, two) = (again.as_ref().unwrap().clone(), again.unwrap());
    app.put_location(one).await.unwrap();
    let moved = app.put_location(two).await;
    assert!(
        matches!(moved, Err(AppError::NetworkMoved { .. })),
        "{moved:?}"
    );
    // A location without areas is an area under its own code.
    kit::add_location(&app, "CC", &["ZZ"]).await;
    let bare = Said {
        aliases: Vec::new(),
        since: None,
        ends: false,
        ..said("ZZ", &[])
    };
    let taken = app.plan_location(bare);
    assert!(
        matches!(taken, Err(AppError::AreaTaken { .. })),
        "{taken:?}"
    );
    let places = app.locations().await.unwrap();
    let areas: Vec<String> = places
        .iter()
        .map(|place| {
            place
                .areas
                .iter()
                .map(|area| area.code.to_string())
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert_eq!(areas, ["NORTH SOUTH", "EAST WEST", "ZZ"]);
}
