//! The forms of money: a new investment or a part of one, its fields, and its lines. Each is a POST
//! followed by a page that can be reloaded.

use axum::{
    Form,
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use weft_shared::{
    id::RecordId,
    model::{
        Audience,
        line::{LINE_FIELDS, LineKey},
        places::ALL,
        record::{FieldValue, Fields},
        schema::{AUDIENCE, FieldSpec, HUB_AUDIENCE, Owner, RecordKind},
    },
};

use super::{amount, one::REPLACED};
use crate::{
    app::InvestmentView,
    pages::{
        Web,
        agenda::{
            places as names_of,
            write::{FormPage, see},
        },
        asked::Asked,
        form::{self, Choices, FieldForm, Sent},
        frame::{Frame, PageFailure, PageLink},
    },
};

/// The field of a form with the mark of what it showed.
const SEEN: &str = "seen";
/// The fields that a part takes from its whole as a first suggestion.
const OF_WHOLE: [&str; 8] = [
    "funder",
    "funder_id",
    "kind",
    "currency",
    "gst",
    "from",
    "to",
    "outcomes",
];

fn fields() -> impl Iterator<Item = &'static FieldSpec> {
    let fields = RecordKind::Investment.fields_of(Owner::Hub);
    fields.chain([HUB_AUDIENCE])
}

/// The locations and outcomes that the fields of these names offer.
async fn choices(web: &Web, (places, outcomes): (&'static str, &'static str)) -> Choices {
    let found = web.app.counted(|at| Ok((names_of(at), at.outcomes())));
    let Ok((names, found)) = found.await else {
        return Choices::new();
    };
    let all = (ALL.to_owned(), "All locations".to_owned());
    let names = names.into_iter();
    let names = names.map(|(code, name)| (code.to_string(), format!("{name} ({code})")));
    let found = found.iter();
    let found = found.map(|one| (one.code.to_string(), format!("{} ({})", one.name, one.code)));
    Choices::from([
        (places, [all].into_iter().chain(names).collect()),
        (outcomes, found.collect()),
    ])
}

/// The choices of an investment's form.
const OF_INVESTMENT: (&str, &str) = ("locations", "outcomes");
/// The choices of a line's form.
const OF_LINE: (&str, &str) = ("location", "outcome");

/// The fields that came back, and the audience.
fn read(sent: &Sent) -> (Fields, Fields) {
    let fields = form::read(fields(), sent);
    let mut said = fields.clone();
    said.remove(AUDIENCE);
    (fields, said)
}

/// The audience that a form names, if it names one.
fn audience(fields: &Fields) -> Result<Option<Audience>, Vec<String>> {
    let text = fields.get(AUDIENCE).and_then(FieldValue::text);
    let text = text.filter(|text| !text.is_empty());
    let read = text.map(|text| HUB_AUDIENCE.check_text(text)).transpose();
    let read = read.map_err(|why| vec![format!("{AUDIENCE}: {why}")])?;
    Ok(read.and_then(|word| word.parse().ok()))
}

/// The hub's own investment at an address; none if there is none, or a location states it.
async fn own(web: &Web, id: &str) -> Result<Option<InvestmentView>, PageFailure> {
    let Ok(id) = id.parse::<RecordId>() else {
        return Ok(None);
    };
    let found = web.app.counted(move |at| Ok(at.investments()?.0));
    let mut found = found.await?.into_iter();
    Ok(found.find(|one| one.investment.id == id))
}

fn nothing(web: &Web) -> Result<Response, PageFailure> {
    Frame::national(web, "/money").message(
        StatusCode::NOT_FOUND,
        "There is no such investment of ours",
        "The national team changes what it states itself. What a location states, the location \
         changes.",
        vec![PageLink::new("/money", "Money")],
    )
}

fn filled_of(view: &InvestmentView) -> Fields {
    let mut filled = view.fields.clone();
    filled.insert(AUDIENCE.to_owned(), view.audience.word().into());
    filled
}

fn add_page(web: &Web, form: FieldForm) -> Result<Response, PageFailure> {
    let page = FormPage {
        frame: Frame::national(web, "/money"),
        title: "Add an investment".to_owned(),
        lede:
            "Who gives what to whom, from when to when and for what. Every location sees it. The \
               amount of a part is taken off its whole, so that money is counted once."
                .to_owned(),
        back: ("/money", "Money"),
        about: Vec::new(),
        action: "/money/new".to_owned(),
        button: "Add the investment",
        form,
    };
    page.answer()
}

pub(in crate::pages) async fn new(
    web: Web,
    Query(asked): Query<Asked>,
) -> Result<Response, PageFailure> {
    let mut filled = Fields::from([(AUDIENCE.to_owned(), Audience::Network.word().into())]);
    if let Some(named) = asked.get("part_of") {
        filled.insert("part_of".to_owned(), named.as_str().into());
        let named = named.clone();
        if let Ok(whole) = web.app.counted(move |at| at.investment(&named)).await {
            let taken = whole.fields.into_iter();
            filled.extend(taken.filter(|(key, _)| OF_WHOLE.contains(&key.as_str())));
        }
    }
    let choices = choices(&web, OF_INVESTMENT).await;
    add_page(&web, FieldForm::of(fields(), &filled, &choices))
}

pub(in crate::pages) async fn add(
    web: Web,
    Form(sent): Form<Sent>,
) -> Result<Response, PageFailure> {
    let (filled, said) = read(&sent);
    let problems = match audience(&filled) {
        Ok(audience) => match web.app.add_investment(form::said(said), audience).await {
            Ok(id) => return Ok(see(&format!("/money/{id}"))),
            Err(error) => form::mendable(error)?,
        },
        Err(problems) => problems,
    };
    let choices = choices(&web, OF_INVESTMENT).await;
    let mut form = FieldForm::of(fields(), &filled, &choices);
    form.refused(&problems);
    add_page(&web, form)
}

/// The form of an investment; `about` is what it says now, if that is not what was typed.
fn edit_page(
    web: &Web,
    view: &InvestmentView,
    about: Vec<(&'static str, String)>,
    mut form: FieldForm,
) -> Result<Response, PageFailure> {
    form.seen = Some(view.mark.clone());
    let page = FormPage {
        frame: Frame::national(web, "/money"),
        title: format!("Change {}", view.investment.title),
        lede: "Every location sees the change, and what it said before stays in the history. An \
               investment that was paid out or ran out has ended; one that was called off is \
               cancelled, and what was spent of it stays."
            .to_owned(),
        back: ("/money", "Money"),
        about,
        action: format!("/money/{}/edit", view.investment.id),
        button: "Save",
        form,
    };
    page.answer()
}

pub(in crate::pages) async fn edit(
    web: Web,
    Path(id): Path<String>,
) -> Result<Response, PageFailure> {
    let Some(view) = own(&web, &id).await? else {
        return nothing(&web);
    };
    let choices = choices(&web, OF_INVESTMENT).await;
    let form = FieldForm::of(fields(), &filled_of(&view), &choices);
    edit_page(&web, &view, Vec::new(), form)
}

pub(in crate::pages) async fn change(
    web: Web,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, PageFailure> {
    if own(&web, &id).await?.is_none() {
        return nothing(&web);
    }
    let (filled, said) = read(&sent);
    let seen = sent.iter().find(|(name, _)| name == SEEN);
    let seen = seen.map(|(_, mark)| mark.clone()).unwrap_or_default();
    let problems = match audience(&filled) {
        Ok(audience) => {
            let done = web
                .app
                .edit_investment(&id, said, audience, Some(seen.clone()));
            match done.await {
                Ok(_) => return Ok(see(&format!("/money/{id}"))),
                Err(error) => form::mendable(error)?,
            }
        }
        Err(problems) => problems,
    };
    let Some(now) = own(&web, &id).await? else {
        return nothing(&web);
    };
    let about = match now.mark == seen {
        true => Vec::new(),
        false => differences(&filled_of(&now), &filled),
    };
    let choices = choices(&web, OF_INVESTMENT).await;
    let mut form = FieldForm::of(fields(), &filled, &choices);
    form.refused(&problems);
    edit_page(&web, &now, about, form)
}

/// The words of now in fields of which somebody typed others.
fn differences(now: &Fields, typed: &Fields) -> Vec<(&'static str, String)> {
    let text = |fields: &Fields, key: &str| match fields.get(key) {
        Some(FieldValue::Text(text)) => text.clone(),
        Some(FieldValue::Set(members)) => {
            let members: Vec<&str> = members.iter().map(String::as_str).collect();
            members.join(", ")
        }
        None => String::new(),
    };
    let differ = fields().filter(|spec| text(now, spec.key) != text(typed, spec.key));
    let shown = differ.map(|spec| match text(now, spec.key) {
        empty if empty.is_empty() => (spec.label, "nothing".to_owned()),
        text => (spec.label, text),
    });
    shown.collect()
}

fn line_page(web: &Web, view: &InvestmentView, form: FieldForm) -> Result<Response, PageFailure> {
    let page = FormPage {
        frame: Frame::national(web, "/money"),
        title: format!("Divide {}", view.investment.title),
        lede: "A line says what was committed or spent in a period, where and for which outcomes. \
               One for the same period, locations and outcomes takes the place of the one before. \
               What no line divides is never spread over years."
            .to_owned(),
        back: ("/money", "Money"),
        about: vec![("Whole amount", amount(&view.investment))],
        action: format!("/money/{}/line", view.investment.id),
        button: "State the line",
        form,
    };
    page.answer()
}

pub(in crate::pages) async fn line(
    web: Web,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageFailure> {
    let Some(view) = own(&web, &id).await? else {
        return nothing(&web);
    };
    let stated = asked
        .get("line")
        .and_then(|text| text.parse::<LineKey>().ok());
    let stated = stated.and_then(|key| view.lines.iter().find(|(one, _)| *one == key));
    let filled = stated.map(|(key, line)| line.to_fields(key));
    let choices = choices(&web, OF_LINE).await;
    let filled = filled.unwrap_or_else(|| view.investment.to_line_fields());
    let form = FieldForm::of(LINE_FIELDS, &filled, &choices);
    line_page(&web, &view, form)
}

pub(in crate::pages) async fn state(
    web: Web,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, PageFailure> {
    let Some(view) = own(&web, &id).await? else {
        return nothing(&web);
    };
    let fields = form::read(LINE_FIELDS, &sent);
    match web.app.state_line(&id, form::said(fields.clone())).await {
        Ok((heard, _)) if heard.replaced.is_empty() => Ok(see(&format!("/money/{id}#lines"))),
        Ok(_) => Ok(see(&format!("/money/{id}?done={REPLACED}#lines"))),
        Err(error) => {
            let problems = form::mendable(error)?;
            let mut form = FieldForm::of(LINE_FIELDS, &fields, &choices(&web, OF_LINE).await);
            form.refused(&problems);
            line_page(&web, &view, form)
        }
    }
}

pub(in crate::pages) async fn take_back(
    web: Web,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, PageFailure> {
    let key = sent.iter().find(|(name, _)| name == "line");
    let key = key.and_then(|(_, text)| text.parse::<LineKey>().ok());
    let (Some(key), Some(_)) = (key, own(&web, &id).await?) else {
        return nothing(&web);
    };
    match web.app.take_line_back(&id, key.to_fields()).await {
        Ok(()) => Ok(see(&format!("/money/{id}#lines"))),
        // Somebody else took it back meanwhile.
        Err(error) => {
            form::mendable(error)?;
            Ok(see(&format!("/money/{id}#lines")))
        }
    }
}
