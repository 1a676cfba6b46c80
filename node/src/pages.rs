//! The node's pages, for the people at this computer alone: plain forms that work without scripts.
//!
//! A page is read in one go on the owner's thread, so that it shows a single moment. A form is
//! judged and saved there in one go too. Reading changes nothing.
//!
//! **Boundary:** pages talk to the [`AppHandle`] and to nothing below it.

mod agenda;
mod audience;
mod backups;
mod conflicts;
mod controls;
mod define;
mod form;
mod goal;
mod grid;
mod help;
mod history;
mod import;
mod indicators;
mod insights;
mod moment;
mod money;
mod plan;
mod record;
mod removed;
mod report;
mod reviews;
mod said;
mod seen;
mod settings;
mod sharing;
mod shell;
mod sight;
#[cfg(test)]
mod tests;
mod today;
mod welcome;

use askama::Template;
use axum::{
    Form, Router,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, any, get, post},
};
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use weft_host::{assets, clock, failure::Failure, page::Listeners, task};
use weft_shared::model::label::straight;
use weft_store::StoreError;

pub(crate) use self::welcome::{Welcome, router as welcome};
use self::{
    form::Sent,
    import::Drafts,
    moment::Calendar,
    plan::of_plan,
    said::Said,
    shell::{Section, Shell},
};
use crate::{
    app::AppHandle,
    link::Status,
    replica::{Alone, DocumentError, Edit, Replica, SaveError, Saved},
    words::{audience_phrase, figure},
};

/// The pages of `node`. The server adds the safeguards around them.
pub(crate) fn router(node: AppHandle) -> Router {
    Router::new()
        .route("/", shows(|visit, (), asked| visit.today(asked)))
        .route("/news/read", takes(|visit, (), sent| visit.read_news(sent)))
        .route("/seen", takes(|visit, (), sent| visit.see_changes(sent)))
        .merge(plan_routes())
        .merge(insights::routes())
        .merge(money::routes())
        .merge(settings::routes())
        .merge(backups::routes())
        .route(
            "/conflicts",
            shows(|visit, (), asked| visit.conflict_list(asked)),
        )
        .route(
            "/conflicts/settle",
            takes(|visit, (), sent| visit.settle(sent)),
        )
        .route("/history", shows(|visit, (), asked| visit.history(asked)))
        .route(
            "/history/back",
            takes(|visit, (), sent| visit.bring_back(sent)),
        )
        .route("/help", shows(|visit, (), _| visit.help()))
        .route("/events", get(listen))
        // The page of a computer that has yet to join.
        .route("/welcome", get(|| async { Reply::See("/".to_owned()) }))
        .merge(match node.is_alone() {
            true => later_routes(),
            false => network_routes(),
        })
        .fallback(|| async { Fault::NotFound })
        .with_state(Pages {
            node,
            said: Said::default(),
            listeners: Listeners::default(),
            drafts: Drafts::default(),
        })
        .merge(assets::routes())
}

/// The pages about what only a network has.
fn network_routes() -> Router<Pages> {
    Router::new()
        .merge(indicator_routes())
        .merge(agenda::routes())
        .merge(import::routes())
        .route("/report", shows(|visit, (), asked| visit.report(asked)))
        .route(
            "/report/file",
            shows(|visit, (), asked| visit.report_file(asked)),
        )
        .merge(sharing::routes())
}

/// Their addresses while this computer works alone.
fn later_routes() -> Router<Pages> {
    let mut routes = Router::new();
    for page in [
        "/indicators",
        "/agenda",
        "/sight",
        "/import",
        "/report",
        "/sharing",
    ] {
        let below = format!("{page}/{{*rest}}");
        routes = routes
            .route(page, any(|| async { Fault::Alone }))
            .route(&below, any(|| async { Fault::Alone }));
    }
    routes
}

fn indicator_routes() -> Router<Pages> {
    let decide = shows(|visit, code: String, _| visit.ask_decision(&code));
    let enter = shows(|visit, code: String, asked| visit.show_grid(&code, asked));
    let define = shows(|visit, (), _| visit.ask_definition());
    let redefine = shows(|visit, code: String, _| visit.ask_redefinition(&code));
    let at = |rest: &str| format!("/indicators/{{code}}{rest}");
    Router::new()
        .route(
            "/indicators/define",
            define.merge(takes(|visit, (), sent| visit.take_definition(sent))),
        )
        .route(
            &at("/define"),
            redefine.merge(takes(|visit, code: String, sent| {
                visit.take_redefinition(&code, sent)
            })),
        )
        .route(
            "/indicators",
            shows(|visit, (), asked| visit.indicator_list(asked)),
        )
        .route(
            &at(""),
            shows(|visit, code: String, asked| visit.indicator_page(&code, asked)),
        )
        .route(
            &at("/values.csv"),
            shows(|visit, code: String, _| visit.values_csv(&code)),
        )
        .route(
            &at("/base"),
            takes(|visit, code: String, sent| visit.answer_base(&code, sent)),
        )
        .route(
            &at("/widen"),
            takes(|visit, code: String, sent| visit.widen(&code, sent)),
        )
        .route(
            &at("/decide"),
            decide.merge(takes(|visit, code: String, sent| visit.decide(&code, sent))),
        )
        .route(
            &at("/enter"),
            enter.merge(takes(|visit, code: String, sent| {
                visit.take_grid(&code, sent)
            })),
        )
}

/// A kind of record, and the id of one, in an address.
type OfKind = (String, String);

fn plan_routes() -> Router<Pages> {
    let ask = shows(|visit, kind: String, _| visit.ask_record(of_plan(&kind)?));
    let add = takes(|visit, kind: String, sent| visit.add_record(of_plan(&kind)?, sent));
    let show =
        shows(|visit, (kind, id): OfKind, asked| visit.show_record(of_plan(&kind)?, &id, asked));
    let save =
        takes(|visit, (kind, id): OfKind, sent| visit.save_record(of_plan(&kind)?, &id, sent));
    let ask_remove = shows(|visit, (kind, id): OfKind, _| visit.ask_removal(of_plan(&kind)?, &id));
    let remove = takes(|visit, (kind, id): OfKind, _| visit.remove_record(of_plan(&kind)?, &id));
    let restore = takes(|visit, (kind, id): OfKind, _| visit.restore(&kind, &id));
    Router::new()
        .route("/plan", shows(|visit, (), asked| visit.plan(asked)))
        .route("/plan/{kind}/add", ask.merge(add))
        .route(
            "/plan/removed",
            shows(|visit, (), asked| visit.removed(asked)),
        )
        .route("/plan/{kind}/{id}/restore", restore)
        .route("/plan/{kind}/{id}", show.merge(save))
        .route("/plan/{kind}/{id}/remove", ask_remove.merge(remove))
}

/// A page that `work` makes from the parts of its address and its query.
fn shows<P: DeserializeOwned + Send + 'static>(
    work: fn(&mut Visit<'_>, P, &Sent) -> Answered,
) -> MethodRouter<Pages> {
    get(
        move |State(pages): Here, Path(path): Path<P>, Query(asked): Query<Pairs>| async move {
            pages
                .visit(move |visit| work(visit, path, &Sent(asked)))
                .await
        },
    )
}

/// A form that `work` judges and saves.
fn takes<P: DeserializeOwned + Send + 'static>(
    work: fn(&mut Visit<'_>, P, &Sent) -> Answered,
) -> MethodRouter<Pages> {
    post(
        move |State(pages): Here, Path(path): Path<P>, Form(sent): Form<Pairs>| async move {
            pages
                .visit(move |visit| work(visit, path, &Sent(sent)))
                .await
        },
    )
}

/// The state that handlers take.
type Here = State<Pages>;

/// Names and values, of a query or of a form.
type Pairs = Vec<(String, String)>;

/// The state that every page needs.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    node: AppHandle,
    said: Said,
    listeners: Listeners,
    drafts: Drafts,
}

/// Tells an open page of every change here, by a colleague or by the hub, until the page ends.
async fn listen(State(pages): Here) -> Response {
    let mut versions = pages.node.versions();
    let (sender, changes) = watch::channel(*versions.borrow_and_update());
    let node = pages.node.clone();
    drop(task::spawn(async move {
        loop {
            tokio::select! {
                moved = versions.changed() => if moved.is_err() {
                    return;
                },
                () = node.pages_end() => return,
                () = sender.closed() => return,
            }
            sender.send_replace(*versions.borrow_and_update());
        }
    }));
    pages.listeners.listen(changes)
}

impl Pages {
    /// Makes a reply from the node's current state, on its owner's thread.
    async fn visit(
        &self,
        work: impl FnOnce(&mut Visit<'_>) -> Result<Reply, Fault> + Send + 'static,
    ) -> Result<Reply, Fault> {
        let link = self.node.link().status();
        let said = self.said.clone();
        let answer = self.node.call(move |replica| {
            let calendar = Calendar::new(replica.zone(), clock::now());
            let mut visit = Visit {
                replica,
                link,
                calendar,
                said,
            };
            work(&mut visit)
        });
        answer.await.map_err(Fault::from)?
    }
}

/// One request, on the owner's thread.
pub(crate) struct Visit<'a> {
    replica: &'a mut Replica,
    link: Status,
    calendar: Calendar,
    said: Said,
}

impl Visit<'_> {
    /// Returns the frame of a page.
    fn shell(&mut self, section: Section, title: &str) -> Result<Shell, Fault> {
        Ok(Shell::read(
            self.replica,
            &self.link,
            &self.calendar,
            section,
            title,
        )?)
    }

    /// Saves edits, all of them or none.
    fn save(&mut self, edits: Vec<Edit>) -> Result<Saved, Fault> {
        Ok(self.replica.save(edits, self.calendar.now())?)
    }
}

/// The reply to a request.
pub(crate) enum Reply {
    Page(StatusCode, String),
    /// A redirect to another page, after something was done.
    See(String),
    /// A file to download.
    Csv {
        name: String,
        bytes: Vec<u8>,
    },
    /// An archive to download.
    Zip {
        name: String,
        bytes: Vec<u8>,
    },
}

impl Reply {
    /// A page; with the status for unprocessable content if a form had an error.
    fn page(shell_error: bool, template: &impl Template) -> Result<Self, Fault> {
        let status = if shell_error {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        let html = template.render().map_err(|error| {
            tracing::error!(%error, "a page could not be made");
            Fault::Failed(Failure::failed(
                "This page could not be made; that is a fault of Weft.",
            ))
        })?;
        Ok(Self::Page(status, html))
    }

    /// A redirect to `path`, which then confirms what was done.
    fn see(path: &str, saved: Saved, done: &str) -> Self {
        let done = if saved.changed { done } else { "unchanged" };
        Self::See(format!("{path}?done={done}"))
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        match self {
            Self::Page(status, html) => {
                let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
                (status, kind, straight(html)).into_response()
            }
            Self::See(place) => {
                (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
            }
            Self::Csv { name, bytes } => {
                attached("text/csv; charset=utf-8", &format!("{name}.csv"), bytes)
            }
            Self::Zip { name, bytes } => attached("application/zip", &format!("{name}.zip"), bytes),
        }
    }
}

/// A file to download.
fn attached(kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let attachment = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, attachment),
    ];
    (headers, bytes).into_response()
}

/// The reason why there is no page.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Nothing is at that address, or not any more.
    NotFound,
    /// The page needs a network, and this computer works alone.
    Alone,
    /// A file that was chosen for an import waits no more.
    Expired,
    /// The request failed; the failure says what to do.
    Failed(Failure),
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Alone> for Fault {
    fn from(_: Alone) -> Self {
        Self::Alone
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Failed(Failure::from(error))
    }
}

impl From<DocumentError> for Fault {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::Alone(Alone) => Self::Alone,
            error => Self::Failed(Failure::from(error)),
        }
    }
}

impl From<SaveError> for Fault {
    fn from(error: SaveError) -> Self {
        Self::Failed(Failure::from(error))
    }
}

#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage {
    title: &'static str,
    text: String,
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (status, title, text) = match self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "Nothing is here",
                "This address leads nowhere: what was here may have been removed, here or on a \
                 colleague's computer. Nothing was changed."
                    .to_owned(),
            ),
            Self::Alone => (
                StatusCode::NOT_FOUND,
                "This computer works alone",
                format!("{Alone}."),
            ),
            Self::Expired => (
                StatusCode::GONE,
                "Choose the file again",
                "A chosen file waits here for an hour, and until Weft ends or four others were \
                 chosen. Nothing of this one was saved. Choose it again under Import."
                    .to_owned(),
            ),
            Self::Failed(failure) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "That did not work",
                controls::page_words(&failure.to_string()),
            ),
        };
        let page = FaultPage { title, text };
        let html = page.render().unwrap_or_else(|_| page.title.to_owned());
        Reply::Page(status, html).into_response()
    }
}

/// The result of a request.
type Answered = Result<Reply, Fault>;

/// The word in the address for what was just done, if it has one.
fn done(asked: &Sent) -> Option<&str> {
    Some(asked.first("done")).filter(|word| !word.is_empty())
}
