//! The forms of the agenda: a new item, another wording, publication and closing. Each is a POST
//! followed by a page that can be reloaded.

use askama::Template;
use axum::{
    Form,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use weft_shared::model::{
    record::Fields,
    schema::{FieldSpec, Owner, RecordKind},
};

use super::nothing;
use crate::{
    app::AppError,
    pages::{
        Web,
        form::{self, Choices, FieldForm, Sent},
        frame::{Frame, PageFailure, PageLink, html},
    },
};

/// A page with one form.
#[derive(Template)]
#[template(path = "agenda-form.html")]
pub(in crate::pages) struct FormPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) title: String,
    pub(in crate::pages) lede: String,
    /// The page to go back to, and its name.
    pub(in crate::pages) back: (&'static str, &'static str),
    /// The subject of the form, in pairs.
    pub(in crate::pages) about: Vec<(&'static str, String)>,
    pub(in crate::pages) action: String,
    pub(in crate::pages) button: &'static str,
    pub(in crate::pages) form: FieldForm,
}

impl FormPage {
    /// Answers with it: 422 if something is wrong with what was sent.
    pub(in crate::pages) fn answer(self) -> Result<Response, PageFailure> {
        let status = match self.form.problems.is_empty() {
            true => StatusCode::OK,
            false => StatusCode::UNPROCESSABLE_ENTITY,
        };
        html(status, &self)
    }
}

/// Shows a page by a request of its own, so that reloading sends no form again.
pub(in crate::pages) fn see(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response()
}

fn item_fields() -> impl Iterator<Item = &'static FieldSpec> {
    let fields = RecordKind::Item.fields_of(Owner::Hub);
    fields.filter(|field| field.key != "closed")
}

fn closing_fields() -> impl Iterator<Item = &'static FieldSpec> {
    let fields = RecordKind::Item.fields_of(Owner::Hub);
    fields.filter(|field| field.key == "closed")
}

/// The form that closes an item.
pub(super) fn closing(filled: &Fields) -> FieldForm {
    FieldForm::of(closing_fields(), filled, &Choices::new()).requiring("closed")
}

/// The choices in the fields of an item.
async fn choices(web: &Web) -> Result<Choices, PageFailure> {
    let found = web.app.counted(|at| Ok((at.outcomes(), at.items()?)));
    let (outcomes, items) = found.await?;
    let outcomes = outcomes.iter();
    let outcomes =
        outcomes.map(|one| (one.code.to_string(), format!("{} ({})", one.name, one.code)));
    let items = items.iter().filter(|view| view.word() == "open");
    let items = items.map(|view| (view.item.id.to_string(), view.item.title.clone()));
    Ok(Choices::from([
        ("outcomes", outcomes.collect()),
        ("replaces", items.collect()),
    ]))
}

/// The form of an item: a new one, or another wording of the one at `page`.
fn item_page(web: &Web, of: Option<&str>, form: FieldForm) -> Result<Response, PageFailure> {
    let page = FormPage {
        frame: Frame::national(web, "/agenda"),
        title: match of {
            None => "Add an item".to_owned(),
            Some(_) => "Reword an item".to_owned(),
        },
        lede: match of {
            None => {
                "It is a draft first, which no location sees. All drafts are published \
                     together, to all locations at once."
            }
            Some(_) => {
                "It is a draft until the agenda is published. Answers to the wording \
                        before are then shown as such, and count as none."
            }
        }
        .to_owned(),
        back: ("/agenda", "Agenda"),
        about: Vec::new(),
        action: match of {
            None => "/agenda/new".to_owned(),
            Some(id) => format!("/agenda/{id}/edit"),
        },
        button: "Put it in draft",
        form,
    };
    page.answer()
}

pub(in crate::pages) async fn new(web: Web) -> Result<Response, PageFailure> {
    let choices = choices(&web).await?;
    let form = FieldForm::of(item_fields(), &Fields::new(), &choices);
    item_page(&web, None, form)
}

pub(in crate::pages) async fn add(
    web: Web,
    Form(sent): Form<Sent>,
) -> Result<Response, PageFailure> {
    let fields = form::read(item_fields(), &sent);
    match web.app.draft_item(None, form::said(fields.clone())).await {
        Ok(_) => Ok(see("/agenda#drafts")),
        Err(error) => {
            let problems = form::mendable(error)?;
            let mut form = FieldForm::of(item_fields(), &fields, &choices(&web).await?);
            form.refused(&problems);
            item_page(&web, None, form)
        }
    }
}

pub(in crate::pages) async fn edit(
    web: Web,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let Ok((id, filled)) = web.app.item_fields(&id).await else {
        return nothing(Frame::national(&web, "/agenda"));
    };
    let form = FieldForm::of(item_fields(), &filled, &choices(&web).await?);
    item_page(&web, Some(&id.to_string()), form)
}

pub(in crate::pages) async fn reword(
    web: Web,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, PageFailure> {
    let Ok((id, _)) = web.app.item_fields(&id).await else {
        return nothing(Frame::national(&web, "/agenda"));
    };
    let (id, fields) = (id.to_string(), form::read(item_fields(), &sent));
    match web.app.draft_item(Some(id.clone()), fields.clone()).await {
        Ok(_) => Ok(see("/agenda#drafts")),
        Err(error) => {
            let problems = form::mendable(error)?;
            let mut form = FieldForm::of(item_fields(), &fields, &choices(&web).await?);
            form.refused(&problems);
            item_page(&web, Some(&id), form)
        }
    }
}

pub(in crate::pages) async fn publish(web: Web) -> Result<Response, PageFailure> {
    match web.app.publish_agenda().await {
        Ok(_) => Ok(see("/agenda")),
        Err(AppError::AgendaRefused(problems)) => {
            let links = vec![PageLink::new("/agenda", "The agenda")];
            let text = format!("{}.", problems.join("; "));
            let frame = Frame::national(&web, "/agenda");
            let heading = "Nothing was published";
            frame.message(StatusCode::UNPROCESSABLE_ENTITY, heading, &text, links)
        }
        Err(error) => Err(error.into()),
    }
}

pub(in crate::pages) async fn close(
    web: Web,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, PageFailure> {
    let fields = form::read(closing_fields(), &sent);
    let reason = fields.get("closed").and_then(|value| value.text());
    match web.app.close_item(&id, reason.unwrap_or_default()).await {
        Ok(item) => Ok(see(&format!("/agenda/{}", item.id))),
        Err(error) => {
            let mut form = closing(&fields);
            let problems = form::mendable(error)?;
            let problems: Vec<String> = problems
                .iter()
                .map(|one| one.replacen("reason: ", "closed: ", 1))
                .collect();
            form.refused(&problems);
            super::show(&web, id, form).await
        }
    }
}
