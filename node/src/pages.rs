//! The node's pages, for the people at this computer alone: plain forms that work without scripts.
//!
//! A page is read in one go on the owner's thread, so that it shows a single moment. A form is
//! judged and saved there in one go too. Reading changes nothing.
//!
//! **Boundary:** pages talk to the [`AppHandle`] and to nothing below it.

mod audience;
mod conflicts;
mod form;
mod grid;
mod indicators;
mod insights;
mod moment;
mod plan;
mod record;
mod removed;
mod said;
mod sharing;
mod shell;
#[cfg(test)]
mod tests;
mod today;

use askama::Template;
use axum::{
    Form, Router,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use weft_host::{assets, clock, failure::Failure};
use weft_store::StoreError;

use self::{
    form::Sent,
    moment::Calendar,
    said::Said,
    shell::{Section, Shell},
};
use crate::{
    app::AppHandle,
    link::Status,
    replica::{DocumentError, Edit, Replica, SaveError, Saved},
    words::{audience_phrase, figure},
};

/// The pages of `node`. The server adds the safeguards around them.
pub(crate) fn router(node: AppHandle) -> Router {
    let code = |rest: &str| format!("/indicators/{{code}}{rest}");
    Router::new()
        .route("/", get(today::show))
        .route("/news/read", post(today::read))
        .route("/indicators", get(indicators::list))
        .route(&code(""), get(indicators::show))
        .route(&code("/values.csv"), get(indicators::csv))
        .route(&code("/base"), post(indicators::series::answer))
        .route(
            &code("/decide"),
            get(indicators::ask).post(indicators::decide),
        )
        .route(&code("/enter"), get(grid::show).post(grid::save))
        .route("/plan", get(plan::overview))
        .route("/plan/{kind}/add", get(plan::ask).post(plan::add))
        .route("/plan/removed", get(removed::list))
        .route("/plan/{kind}/{id}/restore", post(removed::restore))
        .route("/plan/{kind}/{id}", get(plan::show).post(plan::save))
        .route(
            "/plan/{kind}/{id}/remove",
            get(plan::ask_remove).post(plan::remove),
        )
        .route("/insights", get(insights::list))
        .route("/insights/add", get(insights::ask).post(insights::add))
        .route("/insights/{id}", get(insights::show).post(insights::save))
        .route(
            "/insights/{id}/withdraw",
            get(insights::ask_withdraw).post(insights::withdraw),
        )
        .route("/conflicts", get(conflicts::list))
        .route("/conflicts/settle", post(conflicts::settle))
        .route("/sharing", get(sharing::show))
        .route("/sharing/now", post(sharing::share))
        .fallback(|| async { Fault::NotFound })
        .with_state(Pages {
            node,
            said: Said::default(),
        })
        .merge(assets::stylesheet())
}

/// The state that every page needs.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    node: AppHandle,
    said: Said,
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
                (status, kind, html).into_response()
            }
            Self::See(place) => {
                (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
            }
            Self::Csv { name, bytes } => {
                let headers = [
                    (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
                    (
                        header::CONTENT_DISPOSITION,
                        format!("attachment; filename=\"{name}.csv\""),
                    ),
                ];
                (headers, bytes).into_response()
            }
        }
    }
}

/// The reason why there is no page.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Nothing is at that address, or not any more.
    NotFound,
    /// The request failed; the failure says what to do.
    Failed(Failure),
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Failed(Failure::from(error))
    }
}

impl From<DocumentError> for Fault {
    fn from(error: DocumentError) -> Self {
        Self::Failed(Failure::from(error))
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
            Self::Failed(failure) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "That did not work",
                failure.to_string(),
            ),
        };
        let page = FaultPage { title, text };
        let html = page.render().unwrap_or_else(|_| page.title.to_owned());
        Reply::Page(status, html).into_response()
    }
}

/// The query parameters of an address.
type Asked = Query<Vec<(String, String)>>;

/// The fields of a form.
type Filled = Form<Vec<(String, String)>>;

/// The result of a request.
type Answered = Result<Reply, Fault>;

/// The word in the address for what was just done, if it has one.
fn done(asked: &Sent) -> Option<&str> {
    Some(asked.first("done")).filter(|word| !word.is_empty())
}

/// The state that handlers take.
type Here = State<Pages>;
