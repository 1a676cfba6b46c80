//! The pages on which admins look after people.

use std::sync::mpsc::Sender;

use axum::http::StatusCode;
use tokio::task::JoinHandle;
use weft_host::{clock, output::ExitCode};
use weft_shared::model::reader::ReaderRole;

use super::{Entrance, between};
use crate::{access::visitor::HERE, app::PersonRow, store::StoreError, tests::commands::run};

/// Time in which an act comes as far as the store that is busy.
async fn pause() {
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
}

impl Entrance {
    /// Keeps the store busy until the answer's first half is used.
    async fn busy(&self) -> (Sender<()>, JoinHandle<()>) {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let store = self.app.shared.store.clone();
        let busy = tokio::spawn(async move {
            let wait = store.write(move |_| {
                held.recv().unwrap();
                Ok::<_, StoreError>(())
            });
            wait.await.unwrap();
        });
        pause().await;
        (release, busy)
    }

    async fn row(&self, name: &str) -> PersonRow {
        let people = self.app.read(|at| at.people()).await.unwrap();
        let mut people = people.into_iter().map(|one| one.row);
        people.find(|row| row.name == name).unwrap()
    }

    /// The page of a person.
    async fn page_of(&self, name: &str) -> String {
        format!("/admin/people/{}", self.row(name).await.number)
    }
}

/// The link on a page, from its path on.
fn link(body: &str) -> String {
    let link = between(body, "<code class=\"secret\">", "<");
    link.split_once("8433").unwrap().1.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_invites_confirms_and_changes_a_person() {
    let hub = Entrance::new().await;
    let admin = hub.with_passkey("Aroha", "admin").await;
    let form = "name=N%C4%ABkau&organisation=Example&national=yes";
    let invited = hub.post("/admin/people", &admin, form).await;
    let path = link(&invited.body);
    assert!(!hub.get("/admin/people", &admin).await.body.contains(&path));
    let (mut person, browser) = hub.enrol("N%C4%ABkau", &path).await;
    let words = between(&hub.get(&path, &browser).await.body, "<code>", "</code>").to_owned();
    let page = hub.page_of("Nīkau").await;
    let shown = hub.get(&page, &admin).await.body;
    assert!(
        shown.contains("to confirm") && !shown.contains(&words),
        "{shown}"
    );
    let confirm = format!("{page}/confirm");
    for wrong in ["words=", "words=zoo+zoo+zoo+zoo", "words=hello"] {
        let answer = hub.post(&confirm, &admin, wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let heard = format!("words={}", words.replace(' ', "+"));
    let answer = hub.post(&confirm, &admin, &heard).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    // A confirmation is spent once it was used.
    let again = hub.post(&confirm, &admin, &heard).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        again.body.contains("was confirmed before"),
        "{}",
        again.body
    );
    let session = hub.sign_in(&mut person).await;
    assert_eq!(
        hub.get("/indicators", &session).await.status,
        StatusCode::OK
    );
    let shown = hub.get("/admin/people", &admin).await.body;
    assert!(shown.contains("password and code"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_roles_is_locked_and_leaves() {
    let hub = Entrance::new().await;
    let admin = hub.with_passkey("Aroha", "admin").await;
    let mut person = hub.person("Nikau", "national").await;
    let session = hub.sign_in(&mut person).await;
    let page = hub.page_of("Nikau").await;
    let roles = format!("{page}/roles");
    let none = hub.post(&roles, &admin, "").await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    let changed = hub.post(&roles, &admin, "analyst=yes").await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER);
    // A session of before is over.
    let ended = hub.get("/data", &session).await;
    assert_eq!(ended.status, StatusCode::SEE_OTHER);
    assert_eq!(hub.row("Nikau").await.roles.to_string(), "analyst");
    for (act, state) in [("lock", "locked"), ("unlock", "in"), ("end", "left")] {
        let answer = hub.post(&format!("{page}/{act}"), &admin, "").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{act}");
        assert_eq!(hub.row("Nikau").await.state(), state);
    }
    for act in ["end", "lock", "reset", "confirm", "roles"] {
        let answer = hub
            .post(
                &format!("{page}/{act}"),
                &admin,
                "analyst=yes&words=zoo+zoo+zoo+zoo",
            )
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{act}");
        assert!(answer.body.contains("has left"), "{act}: {}", answer.body);
    }
    assert_eq!(
        hub.get(&format!("{page}/end"), &admin).await.status,
        StatusCode::NOT_FOUND
    );
    for nothing in [
        "/admin/people/99",
        "/admin/people/x",
        "/admin/people/99/end",
    ] {
        assert_eq!(hub.get(nothing, &admin).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_that_cannot_be_is_refused_in_words() {
    let hub = Entrance::new().await;
    let admin = hub.with_passkey("Aroha", "admin").await;
    for (form, words) in [
        ("name=Nikau&organisation=Example", "needs a role"),
        ("name=&organisation=Example&analyst=yes", "name"),
        (
            "name=Aroha&organisation=Example&analyst=yes",
            "there is a person named",
        ),
        (
            "name=THE+hub%27s+own+computer&organisation=E&analyst=yes",
            "those who are no person",
        ),
        (
            "name=Token+x&organisation=E&analyst=yes",
            "those who are no person",
        ),
        (
            "name=READER++7&organisation=E&analyst=yes",
            "those who are no person",
        ),
        (
            "name=Reader-7&organisation=E&analyst=yes",
            "those who are no person",
        ),
    ] {
        let answer = hub.post("/admin/people", &admin, form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        let told = answer.body.to_lowercase();
        assert!(
            told.contains(&words.to_lowercase()),
            "{form}: {}",
            answer.body
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_admin_stays() {
    let hub = Entrance::new().await;
    let admin = hub.with_passkey("Aroha", "admin").await;
    let page = hub.page_of("Aroha").await;
    for (act, form) in [("lock", ""), ("end", ""), ("roles", "analyst=yes")] {
        let answer = hub.post(&format!("{page}/{act}"), &admin, form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{act}");
        assert!(
            answer.body.contains("is the only admin"),
            "{act}: {}",
            answer.body
        );
    }
    assert_eq!(hub.get("/admin", &admin).await.status, StatusCode::OK);
    hub.with_passkey("Hēmi", "admin").await;
    let answer = hub.post(&format!("{page}/lock"), &admin, "").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(
        hub.get("/admin", &admin).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_without_a_passkey_is_no_admin_and_hears_how_to_become_one() {
    let hub = Entrance::new().await;
    hub.with_passkey("Aroha", "admin").await;
    hub.person("Pat Doe", "national").await;
    let line = ["person", "roles", "Pat Doe", "--role", "national"];
    let line = [&line[..], &["--role", "admin"]].concat();
    let (code, _, told) = run(&hub.app, &line).await;
    assert_eq!(code, ExitCode::Ok, "{told}");
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "Pat Doe has the roles national and admin now",
        "it needs a passkey",
        "Next: weft-hub person reset 'Pat Doe'",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    // Their role opens nothing, so the one who has a passkey is the last.
    let analyst = "analyst".parse().unwrap();
    for refused in [
        hub.app.lock_person("Aroha", true).await,
        hub.app.set_roles("Aroha", analyst).await,
        hub.app.end_person("Aroha").await,
    ] {
        let words = refused.unwrap_err().to_string();
        assert!(
            words.contains("the only admin who has a passkey"),
            "{words}"
        );
    }
    hub.app.lock_person("Pat Doe", true).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_says_that_tokens_end_with_it() {
    let hub = Entrance::new().await;
    hub.person("Aroha", "national").await;
    let (_, link, told) = run(&hub.app, &["person", "reset", "Aroha"]).await;
    assert!(link.starts_with("http"), "{link}");
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("and so do their tokens"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_admin_hears_of_a_reset_until_they_have_seen_it() {
    let hub = Entrance::new().await;
    let one = hub.with_passkey("Aroha", "admin").await;
    let other = hub.with_passkey("Hēmi", "admin national").await;
    let mut reader = hub.person("Nikau", "national").await;
    let session = hub.sign_in(&mut reader).await;
    let page = hub.page_of("Nikau").await;
    let asked = hub.get(&format!("{page}/reset"), &one).await;
    assert!(
        asked.body.contains("Every admin hears of it."),
        "{}",
        asked.body
    );
    let reset = hub.post(&format!("{page}/reset"), &one, "").await;
    assert_eq!(reset.status, StatusCode::OK, "{}", reset.body);
    let path = link(&reset.body);
    assert_eq!(hub.get(&path, "").await.status, StatusCode::OK);
    let over = hub.get("/indicators", &session).await;
    assert_eq!(over.status, StatusCode::SEE_OTHER);
    let told = "Aroha made a link with which Nikau begins again";
    for (session, path) in [
        (&one, "/admin"),
        (&one, "/account"),
        (&other, "/indicators"),
        (&other, "/admin/people"),
    ] {
        let body = hub.get(path, session).await.body;
        assert!(body.contains(told), "{path}: {body}");
    }
    let (_, _, listed) = run(&hub.app, &["person", "list"]).await;
    let listed = listed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(listed.contains("Not seen yet by Aroha, Hēmi"), "{listed}");

    let body = hub.get("/admin/people", &other).await.body;
    let row: i64 = between(&body, "name=\"row\" value=\"", "\"")
        .parse()
        .unwrap();
    // A reset that came after the page was shown stays, and so does one that was not there.
    hub.app.reset_person("Nikau").await.unwrap();
    let later = format!("{HERE} made a link with which Nikau");
    for bad in ["row=", "row=x", "row=0", "row=-1"] {
        hub.post("/admin/people/seen", &other, bad).await;
        let body = hub.get("/account", &other).await.body;
        assert!(body.contains(told), "{bad}");
    }
    hub.post("/admin/people/seen", &other, &format!("row={row}"))
        .await;
    let body = hub.get("/account", &other).await.body.replace("&#39;", "'");
    assert!(!body.contains(told) && body.contains(&later), "{body}");
    hub.post("/admin/people/seen", &other, "row=9223372036854775807")
        .await;
    assert!(
        !hub.get("/account", &other)
            .await
            .body
            .contains("begins again")
    );
    assert!(hub.get("/account", &one).await.body.contains(told));
    // After all there is today, the admin hears of the next.
    hub.app.reset_person("Nikau").await.unwrap();
    let again = hub.get("/account", &other).await;
    assert!(again.body.contains("begins again"));
    // One who came later hears nothing of what was before them.
    let new = hub.with_passkey("Mere", "admin").await;
    assert!(
        !hub.get("/account", &new)
            .await
            .body
            .contains("begins again")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_admin_hears_of_a_new_admin_and_of_no_first_link() {
    let hub = Entrance::new().await;
    let one = hub.with_passkey("Aroha", "admin").await;
    hub.person("Nikau", "national").await;
    let form = "name=Mere&organisation=Example&admin=yes";
    hub.post("/admin/people", &one, form).await;
    let page = hub.page_of("Nikau").await;
    let raise = "national=yes&admin=yes";
    hub.post(&format!("{page}/roles"), &one, raise).await;
    let body = hub.get("/account", &one).await.body;
    for words in ["Aroha made Mere an admin.", "Aroha made Nikau an admin."] {
        assert!(body.contains(words), "{words}: {body}");
    }
    // The same role once more makes no one an admin, and less of them neither.
    let count = async || {
        let acts = hub.acts().await;
        let new = acts.iter().filter(|(_, act, _)| act == "person admin");
        new.count()
    };
    let before = count().await;
    hub.post(&format!("{page}/roles"), &one, "admin=yes").await;
    hub.post(&format!("{page}/roles"), &one, "analyst=yes")
        .await;
    assert_eq!(count().await, before);
    // Mere never enrolled: another link is her first.
    let page = hub.page_of("Mere").await;
    let link = hub.post(&format!("{page}/reset"), &one, "").await;
    assert_eq!(link.status, StatusCode::OK);
    let page = hub.get("/admin/people", &one).await.body;
    assert!(!page.contains("begins again"), "{page}");
    let row = between(&page, "name=\"row\" value=\"", "\"");
    hub.post("/admin/people/seen", &one, &format!("row={row}"))
        .await;
    let body = hub.get("/account", &one).await.body;
    assert!(!body.contains("Aroha made"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_acts_that_were_shown_are_marked_as_seen() {
    let hub = Entrance::new().await;
    let one = hub.with_passkey("Aroha", "admin").await;
    hub.person("Nikau", "national").await;
    for _ in 0..25 {
        hub.app.reset_person("Nikau").await.unwrap();
    }
    let told = "made a link with which Nikau begins again";
    let count = async || hub.get("/account", &one).await.body.matches(told).count();
    let body = hub.get("/account", &one).await.body;
    assert_eq!(body.matches(told).count(), 20);
    assert!(body.contains("5 later acts wait"), "{body}");
    let page = hub.get("/admin/people", &one).await.body;
    let row = between(&page, "name=\"row\" value=\"", "\"");
    hub.post("/admin/people/seen", &one, &format!("row={row}"))
        .await;
    assert_eq!(count().await, 5);
    // Not even a row that is far beyond all marks what no page showed.
    for _ in 0..20 {
        hub.app.reset_person("Nikau").await.unwrap();
    }
    hub.post("/admin/people/seen", &one, "row=9223372036854775807")
        .await;
    assert_eq!(count().await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_admin_hears_that_an_admin_was_unlocked() {
    let hub = Entrance::new().await;
    let one = hub.with_passkey("Aroha", "admin").await;
    hub.with_passkey("Mere", "admin").await;
    hub.person("Nikau", "national").await;
    let told = "unlocked Mere, an admin.";
    for (name, acts) in [("Nikau", ["lock", "unlock"]), ("Mere", ["unlock", "lock"])] {
        let page = hub.page_of(name).await;
        for act in acts {
            hub.post(&format!("{page}/{act}"), &one, "").await;
        }
        // Nikau is no admin, and Mere was not locked before.
        let body = hub.get("/account", &one).await.body;
        assert!(!body.contains("unlocked"), "{name}: {body}");
    }
    hub.app.lock_person("Mere", false).await.unwrap();
    let body = hub.get("/account", &one).await.body;
    assert!(body.contains(told), "{body}");
    let (_, _, listed) = run(&hub.app, &["person", "list"]).await;
    let listed = listed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        listed.contains(&format!("{told} Not seen yet by Aroha.")),
        "{listed}"
    );
}

#[tokio::test]
async fn one_who_began_again_and_left_may_read_no_more_on_any_node() {
    clock::simulate(clock::now());
    let hub = Entrance::new().await;
    hub.person("Aroha", "national").await;
    let one = async || {
        let readers = hub.app.read(|at| Ok(at.readers())).await.unwrap();
        readers.into_values().next().unwrap()
    };
    let link = hub.app.reset_person("Aroha").await.unwrap();
    hub.enrol("Aroha", link.split_once("8433").unwrap().1).await;
    assert_eq!(hub.row("Aroha").await.confirmed, None);
    hub.app.lock_person("Aroha", true).await.unwrap();
    assert!(!one().await.may_read(clock::now()));
    hub.app.lock_person("Aroha", false).await.unwrap();
    let analyst = "analyst".parse().unwrap();
    hub.app.set_roles("Aroha", analyst).await.unwrap();
    assert_eq!(one().await.roles.len(), 1);
    hub.app.end_person("Aroha").await.unwrap();
    assert!(!one().await.may_read(clock::now()));
    assert_eq!(run(&hub.app, &["person", "list"]).await.0, ExitCode::Ok);
}

/// Two admins at once: what each saw is not so any more once the other is done.
#[tokio::test(flavor = "multi_thread")]
async fn no_node_keeps_roles_that_a_person_has_no_more() {
    let hub = Entrance::new().await;
    let path = hub.invite("Aroha", "analyst").await;
    hub.enrol("Aroha", &path).await;
    // Both look before either writes.
    let (release, busy) = hub.busy().await;
    let (one, two) = (hub.app.clone(), hub.app.clone());
    let confirm = tokio::spawn(async move { one.confirm_person("Aroha", None).await });
    pause().await;
    let national = "national".parse().unwrap();
    let roles = tokio::spawn(async move { two.set_roles("Aroha", national).await });
    pause().await;
    release.send(()).unwrap();
    busy.await.unwrap();
    confirm.await.unwrap().unwrap();
    let words = roles.await.unwrap().unwrap_err().to_string();
    assert!(words.contains("meanwhile"), "{words}");
    // Nothing happened, and the same again does.
    assert_eq!(hub.row("Aroha").await.roles, "analyst".parse().unwrap());
    hub.app.set_roles("Aroha", national).await.unwrap();
    let readers = hub.app.read(|at| Ok(at.readers())).await.unwrap();
    let roles = readers.into_values().next().unwrap().roles;
    assert_eq!(
        roles.into_iter().collect::<Vec<_>>(),
        [ReaderRole::National]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_node_takes_one_who_was_locked_meanwhile_for_a_reader() {
    let hub = Entrance::new().await;
    hub.person("Aroha", "national").await;
    hub.person("Mere", "national").await;
    let (release, busy) = hub.busy().await;
    let (one, two) = (hub.app.clone(), hub.app.clone());
    let lock = tokio::spawn(async move { one.lock_person("Aroha", true).await });
    pause().await;
    let analyst = "analyst".parse().unwrap();
    let roles = tokio::spawn(async move { two.set_roles("Aroha", analyst).await });
    pause().await;
    release.send(()).unwrap();
    busy.await.unwrap();
    lock.await.unwrap().unwrap();
    roles.await.unwrap().unwrap_err();
    let readers = hub.app.read(|at| Ok(at.readers())).await.unwrap();
    assert!(!readers.values().next().unwrap().may_read(clock::now()));
}
