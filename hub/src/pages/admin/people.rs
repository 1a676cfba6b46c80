//! People: inviting them, confirming them by words, and what they may do.

use askama::Template;
use axum::{Form, extract::Path, response::Response};
use serde::Deserialize;
use weft_host::clock;
use weft_shared::text::capital;

use super::{
    Said, Sure, mendable, missing,
    table::{Act, Table},
};
use crate::{
    access::roles::{Role, Roles},
    app::{AppError, Invitation, PEOPLE, PersonView, Unseen},
    pages::{
        Web,
        frame::{Frame, PageFailure, html},
        words::minute,
    },
};

#[derive(Template)]
#[template(path = "admin/people.html")]
struct People {
    frame: Frame,
    title: String,
    said: Said,
    table: Table,
    form: NewPerson,
    resets: Vec<String>,
    /// The last reset that is shown, for an admin who says that they saw it.
    seen: Option<i64>,
}

/// The form that invites a person.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct NewPerson {
    #[serde(default)]
    name: String,
    #[serde(default)]
    organisation: String,
    #[serde(flatten)]
    roles: Chosen,
    named: Option<String>,
}

/// Roles that were ticked.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Chosen {
    analyst: Option<String>,
    national: Option<String>,
    admin: Option<String>,
}

impl Chosen {
    fn of(roles: Roles) -> Self {
        let has = |role| roles.has(role).then(String::new);
        Self {
            analyst: has(Role::Analyst),
            national: has(Role::National),
            admin: has(Role::Admin),
        }
    }

    fn roles(&self) -> Roles {
        let all = Role::ALL.into_iter();
        all.filter(|role| self.has(*role)).collect()
    }

    const fn has(&self, role: Role) -> bool {
        match role {
            Role::Analyst => self.analyst.is_some(),
            Role::National => self.national.is_some(),
            Role::Admin => self.admin.is_some(),
        }
    }

    /// Every role, what it may do, and whether it is ticked.
    fn ticks(&self) -> [(Role, &'static str, bool); 3] {
        Role::ALL.map(|role| {
            let may = match role {
                Role::Analyst => "reads releases",
                Role::National => "reads what locations shared with the network",
                Role::Admin => "looks after people, locations and devices, with a passkey",
            };
            (role, may, self.has(role))
        })
    }
}

pub(super) async fn list(web: Web) -> Result<Response, PageFailure> {
    show(&web, Said::default(), NewPerson::default()).await
}

async fn show(web: &Web, said: Said, form: NewPerson) -> Result<Response, PageFailure> {
    let found = web
        .app
        .read(|at| Ok((at.people()?, at.unseen_resets()?, at.zone())));
    let (people, resets, zone) = found.await?;
    let is_unseen_by = |name: &str| {
        let mut seen = resets
            .iter()
            .filter(|(_, admins)| admins.iter().any(|one| one == name));
        seen.next_back().map(|(reset, _)| reset.row)
    };
    let page = People {
        frame: Frame::administration(web, "/people"),
        title: said.title("People"),
        table: Table::of(
            ("Table of people", "People by name"),
            &PEOPLE,
            &people,
            &zone,
            Some(&|one: &PersonView| {
                vec![Act::Link {
                    path: format!("/people/{}", one.row.number),
                    label: format!("Look after {}", one.row.name),
                }]
            }),
        ),
        seen: web.visitor.signed().and_then(|one| is_unseen_by(&one.name)),
        resets: resets.iter().map(|one| unseen(one, &zone)).collect(),
        form,
        said,
    };
    html(page.said.status(), &page)
}

/// Says a reset and who has not seen it.
fn unseen((reset, admins): &Unseen, zone: &weft_shared::time::Zone) -> String {
    format!(
        "{} Not seen yet by {}.",
        reset.words(zone),
        admins.join(", ")
    )
}

pub(super) async fn invite(web: Web, Form(form): Form<NewPerson>) -> Result<Response, PageFailure> {
    let invitation = Invitation {
        name: form.name.clone(),
        organisation: form.organisation.clone(),
        roles: form.roles.roles(),
        named: form.named.is_some(),
    };
    match web.app.invite_person(invitation).await {
        Ok(link) => {
            let done = format!(
                "{} is invited. Give them this link, which works once and for 72 hours; it is \
                 shown this once:",
                form.name
            );
            show(&web, Said::secret(done, link), NewPerson::default()).await
        }
        Err(error) => show(&web, mendable(error, "name")?, form).await,
    }
}

/// A form that says up to which row resets were seen.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Seen {
    #[serde(default)]
    row: String,
}

pub(super) async fn saw(web: Web, Form(seen): Form<Seen>) -> Result<Response, PageFailure> {
    if let (Some(signed), Ok(row)) = (web.visitor.signed(), seen.row.parse()) {
        web.app.saw_resets(signed, row).await?;
    }
    Ok(web.see("/people"))
}

#[derive(Template)]
#[template(path = "admin/person.html")]
struct Person {
    frame: Frame,
    title: String,
    said: Said,
    one: PersonView,
    facts: Vec<(String, String)>,
    credentials: Vec<String>,
    chosen: Chosen,
}

impl Person {
    /// Whether they wait for somebody to compare their words.
    fn waits(&self) -> bool {
        self.one.row.state() == "to confirm"
    }

    fn has_left(&self) -> bool {
        self.one.row.ended.is_some()
    }
}

pub(super) async fn one(web: Web, Path(number): Path<String>) -> Result<Response, PageFailure> {
    match find(&web, &number).await? {
        Some(one) => look(&web, one, Said::default()),
        None => no_such_person(&web),
    }
}

async fn find(web: &Web, number: &str) -> Result<Option<PersonView>, AppError> {
    let Ok(number) = number.parse() else {
        return Ok(None);
    };
    web.app.read(move |at| at.person(number)).await
}

fn no_such_person(web: &Web) -> Result<Response, PageFailure> {
    let links = [("/people", "People")];
    missing(
        web,
        "There is no such person",
        "The address may be mistyped.",
        &links,
    )
}

fn look(web: &Web, one: PersonView, said: Said) -> Result<Response, PageFailure> {
    let zone = web.app.shared.own.standing().zone();
    // The list of all people has no room for every column.
    let facts = PEOPLE
        .at(weft_host::list::DATA)
        .filter(|column| !column.is_header);
    let facts = facts.map(|column| (capital(column.heading), column.on_page(&one, &zone)));
    let facts = facts.filter(|(_, fact)| !fact.is_empty());
    let dead = one.needs_passkey().then(|| {
        let fact = "opens nothing yet: they sign in with a password, and it needs a passkey. Make \
                    a link with which they begin again";
        ("the role admin".to_owned(), fact.to_owned())
    });
    let now = clock::now();
    let credentials = one.credentials.iter().map(|credential| {
        let used = credential.used.map_or_else(
            || "not used yet".to_owned(),
            |at| format!("used {}", minute(at, &zone)),
        );
        let locked = match credential.locked_until {
            Some(until) if now < until => ", locked after wrong attempts",
            _ => "",
        };
        format!(
            "{}: made {}, {used}{locked}",
            credential.label,
            minute(credential.created, &zone)
        )
    });
    let page = Person {
        frame: Frame::administration(web, "/people"),
        title: said.title(&one.row.name),
        facts: facts.chain(dead).collect(),
        credentials: credentials.collect(),
        chosen: Chosen::of(one.row.roles),
        one,
        said,
    };
    html(page.said.status(), &page)
}

/// Shows the person after an act: what was done, or why it was not.
async fn after(
    web: &Web,
    number: &str,
    (done, field): (Result<(), AppError>, &'static str),
) -> Result<Response, PageFailure> {
    let said = match done {
        Ok(()) => return Ok(web.see(&format!("/people/{number}"))),
        Err(error) => mendable(error, field)?,
    };
    match find(web, number).await? {
        Some(one) => look(web, one, said),
        None => no_such_person(web),
    }
}

/// The words that a person reads out.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Heard {
    #[serde(default)]
    words: String,
}

pub(super) async fn confirm(
    web: Web,
    Path(number): Path<String>,
    Form(heard): Form<Heard>,
) -> Result<Response, PageFailure> {
    let Some(one) = find(&web, &number).await? else {
        return no_such_person(&web);
    };
    let done = web
        .app
        .confirm_person(&one.row.name, Some(&heard.words))
        .await;
    after(&web, &number, (done, "words")).await
}

pub(super) async fn set_roles(
    web: Web,
    Path(number): Path<String>,
    Form(chosen): Form<Chosen>,
) -> Result<Response, PageFailure> {
    let Some(one) = find(&web, &number).await? else {
        return no_such_person(&web);
    };
    let done = web.app.set_roles(&one.row.name, chosen.roles()).await;
    after(&web, &number, (done, "roles")).await
}

pub(super) async fn lock(web: Web, path: Path<String>) -> Result<Response, PageFailure> {
    set_locked(&web, path, true).await
}

pub(super) async fn unlock(web: Web, path: Path<String>) -> Result<Response, PageFailure> {
    set_locked(&web, path, false).await
}

async fn set_locked(
    web: &Web,
    Path(number): Path<String>,
    locked: bool,
) -> Result<Response, PageFailure> {
    let Some(one) = find(web, &number).await? else {
        return no_such_person(web);
    };
    let done = web.app.lock_person(&one.row.name, locked).await;
    after(web, &number, (done, "lock")).await
}

pub(super) async fn ask_reset(
    web: Web,
    Path(number): Path<String>,
) -> Result<Response, PageFailure> {
    let sure = |one: &PersonView| {
        let name = &one.row.name;
        Sure {
            heading: format!("Make a link with which {name} begins again?"),
            warn: None,
            text: "It signs them out everywhere and works once, for an hour, or for 72 hours if \
                   they never enrolled. What they sign in with now ends once they use it, and so \
                   do their tokens: programs that read with one need a new one. Then they wait \
                   until somebody compares their four words. Every admin hears of it."
                .to_owned(),
            button: "Make the link".to_owned(),
            path: format!("/people/{number}/reset"),
            back: format!("/people/{number}"),
        }
    };
    ask(&web, &number, sure).await
}

pub(super) async fn ask_end(web: Web, Path(number): Path<String>) -> Result<Response, PageFailure> {
    let sure = |one: &PersonView| {
        let name = &one.row.name;
        Sure {
            heading: format!("End the part of {name} in this hub?"),
            warn: Some("This cannot be undone. If they come back, they need another name.".into()),
            text:
                "Nothing of theirs opens anything any more: sessions, passkeys, passwords, links \
                   and tokens end now. Their name stays in the ledger."
                    .to_owned(),
            button: format!("End the part of {name}"),
            path: format!("/people/{number}/end"),
            back: format!("/people/{number}"),
        }
    };
    ask(&web, &number, sure).await
}

/// Asks before what cannot be undone.
async fn ask(
    web: &Web,
    number: &str,
    sure: impl FnOnce(&PersonView) -> Sure,
) -> Result<Response, PageFailure> {
    match find(web, number).await? {
        Some(one) if one.row.ended.is_none() => sure(&one).page(web, "/people"),
        Some(one) => {
            let text = format!("{} has left already.", one.row.name);
            let path = format!("/people/{number}");
            missing(
                web,
                "There is nothing to do",
                &text,
                &[(&path, &one.row.name)],
            )
        }
        None => no_such_person(web),
    }
}

pub(super) async fn reset(web: Web, Path(number): Path<String>) -> Result<Response, PageFailure> {
    let Some(one) = find(&web, &number).await? else {
        return no_such_person(&web);
    };
    let name = one.row.name.clone();
    let said = match web.app.reset_person(&name).await {
        Ok(link) => {
            let done = format!("Give {name} this link; it is shown this once:");
            Said::secret(done, link)
        }
        Err(error) => mendable(error, "reset")?,
    };
    match find(&web, &number).await? {
        Some(one) => look(&web, one, said),
        None => no_such_person(&web),
    }
}

pub(super) async fn end(web: Web, Path(number): Path<String>) -> Result<Response, PageFailure> {
    let Some(one) = find(&web, &number).await? else {
        return no_such_person(&web);
    };
    let done = web.app.end_person(&one.row.name).await;
    after(&web, &number, (done, "end")).await
}
