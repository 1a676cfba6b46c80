//! The agenda of the national team: what waits for our answer, what we said, and our requests.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use weft_shared::{
    id::{LocationCode, RecordId},
    model::{
        answer::{ANSWER, Stance},
        item::{ItemState, ItemType},
        record::{FieldProblem, FieldValue, Fields},
        schema::RecordKind,
    },
    text::sentence,
};

use super::{
    Answered, Fault, Pages, Reply, Visit, done,
    form::{FieldView, Sent, field_id},
    moment::day,
    plan,
    shell::{ErrorLink, Section, Shell},
    shows, takes,
};
use crate::{
    edits::agenda,
    replica::Edit,
    view::{Choices, ItemRow, QuoteRow, RequestRow},
};

/// The fields of an answer by a location: only the hub takes more time.
fn answer_fields() -> impl Iterator<Item = &'static weft_shared::model::schema::FieldSpec> {
    ANSWER.iter().filter(|field| field.key != "until")
}

/// A field of an answer to an item: the answers that it can have, and which of them needs a reason.
fn answer_view(view: FieldView, kind: ItemType) -> FieldView {
    let view = view.only(kind.stances().iter().map(|one| one.word()));
    match (view.key, kind) {
        ("reason", ItemType::Proposal) => view.needed("(needed unless you agree)"),
        ("reason", ItemType::Resource) => view.needed("(needed unless you use it)"),
        ("reason", ItemType::Opportunity) => view.needed("(needed unless you want it)"),
        ("reason", ItemType::Question) => view.needed(""),
        _ => view,
    }
}

/// The role of those who answer, if none is given.
pub(super) const TEAM: &str = "team";

/// The pages of the agenda and of the line of sight.
pub(super) fn routes() -> Router<Pages> {
    let show = shows(|visit, id: String, asked| visit.agenda_item(&id, asked));
    let answer = takes(|visit, id: String, sent| visit.answer_item(&id, sent));
    let ask =
        shows(|visit, (asked, of): (String, String), query| visit.ask_question(&asked, &of, query));
    let explain = takes(|visit, (asked, of): (String, String), sent| {
        visit.answer_question(&asked, &of, sent)
    });
    Router::new()
        .route("/agenda", shows(|visit, (), asked| visit.agenda(asked)))
        .route("/agenda/{id}", show.merge(answer))
        .route("/sight", shows(|visit, (), asked| visit.sight(asked)))
        .route("/sight/{asked}/{outcome}", ask.merge(explain))
}

#[derive(Template)]
#[template(path = "agenda.html")]
struct AgendaPage {
    shell: Shell,
    waiting: Vec<ItemView>,
    answered: Vec<ItemView>,
    closed: Vec<ItemView>,
    requests: Vec<RequestView>,
    theirs: Vec<RequestView>,
    ask: String,
    others: Vec<Others>,
    digest: String,
}

#[derive(Template)]
#[template(path = "agenda-item.html")]
struct ItemPage {
    shell: Shell,
    item: ItemView,
    fields: Vec<FieldView>,
}

/// An item as pages show it.
pub(super) struct ItemView {
    href: String,
    kind: &'static str,
    title: String,
    text: Option<String>,
    link: Option<String>,
    outcomes: String,
    answer_by: Option<String>,
    closes: Option<String>,
    closed: Option<String>,
    state: &'static str,
    open: bool,
    answer: String,
    /// Each of our answers in full.
    said: Vec<String>,
    contested: bool,
    /// The wording that our answer is to, if it is an earlier one.
    earlier: Option<EarlierView>,
}

/// An earlier wording as a page shows it.
struct EarlierView {
    changed: String,
    title: String,
    text: Option<String>,
}

impl ItemView {
    fn new(row: &ItemRow) -> Self {
        let item = &row.item;
        let outcomes: Vec<String> = item.outcomes.iter().map(ToString::to_string).collect();
        let date = |date: Option<weft_shared::period::Date>| date.map(|one| day(&one.to_string()));
        Self {
            href: format!("/agenda/{}", item.id),
            kind: item.kind.label(),
            title: item.title.clone(),
            text: item.text.clone(),
            link: item.link.clone(),
            outcomes: outcomes.join(", "),
            answer_by: date(item.answer_by),
            closes: date(item.closes),
            closed: item.closed.clone(),
            state: row.state.label(),
            open: row.state == ItemState::Open,
            answer: row.answer_words(),
            said: row.said(),
            earlier: row.earlier.as_ref().map(|was| EarlierView {
                changed: day(&was.changed.to_string()),
                title: was.title.clone(),
                text: was.text.clone(),
            }),
            contested: row.answers.len() > 1,
        }
    }
}

/// A request as the page shows it.
struct RequestView {
    /// The page of one of ours.
    href: Option<String>,
    /// The location that asks, if it is another one.
    name: Option<String>,
    what: String,
    due: String,
    is_late: bool,
    answer: String,
    local: bool,
}

impl RequestView {
    fn new(row: RequestRow, own: Option<&LocationCode>) -> Self {
        let is_ours = Some(&row.location) == own;
        Self {
            href: is_ours.then(|| plan::href(RecordKind::Opportunity, &row.id)),
            due: sentence(&row.due_words()),
            is_late: row.is_late,
            answer: row.answer_words(),
            name: Some(row.name).filter(|_| !is_ours),
            what: row.what,
            local: row.local,
        }
    }
}

/// The records that one location lets the others see.
struct Others {
    name: String,
    titles: Vec<(String, &'static str)>,
}

fn others(quotes: Vec<QuoteRow>) -> Vec<Others> {
    let mut by_name: BTreeMap<String, Vec<(String, &'static str)>> = BTreeMap::new();
    for one in quotes {
        let titles = by_name.entry(one.name).or_default();
        titles.push((one.quote.title, one.kind.label()));
    }
    let others = by_name.into_iter();
    others
        .map(|(name, titles)| Others { name, titles })
        .collect()
}

impl Visit<'_> {
    pub(super) fn agenda(&mut self, asked: &Sent) -> Answered {
        let shell = self.shell(Section::Agenda, "Agenda")?;
        let today = self.calendar.today();
        let (mut waiting, mut answered, mut closed) = (Vec::new(), Vec::new(), Vec::new());
        for row in self.replica.agenda(today)? {
            let list = match (row.is_waiting(), row.state) {
                (true, _) => &mut waiting,
                (false, ItemState::Open) => &mut answered,
                (false, ItemState::Closed | ItemState::Replaced) => &mut closed,
            };
            list.push(ItemView::new(&row));
        }
        let own = self.replica.code();
        let mut quotes = self.replica.quotes()?;
        quotes.retain(|one| Some(&one.location) != own.as_ref());
        let requests = self.replica.requests(today)?.into_iter();
        let (requests, theirs) = requests
            .map(|row| RequestView::new(row, own.as_ref()))
            .partition(|view| view.name.is_none());
        let page = AgendaPage {
            waiting,
            answered,
            closed,
            requests,
            theirs,
            ask: plan::add_href(RecordKind::Opportunity),
            others: others(quotes),
            digest: self.replica.agenda_digest()?,
            shell: shell.after(done(asked)),
        };
        Reply::page(false, &page)
    }

    /// Shows one item with the form to answer it.
    pub(super) fn agenda_item(&mut self, id: &str, asked: &Sent) -> Answered {
        let row = self.item(id)?;
        let answer = row.answer();
        let choices = Choices::default();
        let fields = answer_fields().map(|field| {
            let text = match field.key {
                "stance" => answer.map_or(String::new(), |one| one.stance.word().to_owned()),
                "reason" => answer
                    .and_then(|one| one.reason.clone())
                    .unwrap_or_default(),
                _ => answer.map_or_else(|| TEAM.to_owned(), |one| one.by.clone()),
            };
            let view = FieldView::typed(field, &text, None, &choices);
            answer_view(view, row.item.kind)
        });
        let fields = fields.collect();
        let shell = self.shell(Section::Agenda, &row.item.title)?;
        let page = ItemPage {
            shell: shell.after(done(asked)),
            item: ItemView::new(&row),
            fields,
        };
        Reply::page(false, &page)
    }

    /// Saves an answer, or shows the form again with every problem.
    pub(super) fn answer_item(&mut self, id: &str, sent: &Sent) -> Answered {
        let row = self.item(id)?;
        let fields = answer_of(sent);
        let wording = Some(row.item.wording);
        let answered = weft_shared::model::answer::Answered::Item(row.item.kind);
        let read = weft_shared::model::answer::answer(&fields, answered, wording);
        if let Err(problems) = read {
            return self.answer_again(&row, sent, &problems);
        }
        let mut edit = Edit::default();
        let now = self.calendar.now();
        let before = agenda::answer_item(self.replica, &mut edit, &row, &fields, now)?;
        let saved = self.save(vec![edit])?;
        Ok(Reply::see(
            "/agenda",
            saved,
            super::sight::answered(&before),
        ))
    }

    fn answer_again(&mut self, row: &ItemRow, sent: &Sent, problems: &[FieldProblem]) -> Answered {
        let choices = Choices::default();
        let fields = answer_fields().map(|field| {
            let problem = problems.iter().find(|one| one.field == field.key);
            let error = problem.map(|one| sentence(&one.message));
            let view = FieldView::typed(field, sent.first(field.key), error, &choices);
            answer_view(view, row.item.kind)
        });
        let fields = fields.collect();
        let mut shell = self.shell(Section::Agenda, &row.item.title)?;
        shell.refuse(answer_links(problems));
        let item = ItemView::new(row);
        Reply::page(
            true,
            &ItemPage {
                shell,
                item,
                fields,
            },
        )
    }

    fn item(&mut self, id: &str) -> Result<ItemRow, Fault> {
        let id: RecordId = id.parse().map_err(|_| Fault::NotFound)?;
        let rows = self.replica.agenda(self.calendar.today())?;
        let row = rows.into_iter().find(|row| row.item.id == id);
        row.ok_or(Fault::NotFound)
    }
}

/// The fields of an answer as they were sent.
pub(super) fn answer_of(sent: &Sent) -> Fields {
    let fields = answer_fields().map(|field| {
        let text = FieldValue::Text(sent.first(field.key).to_owned());
        (field.key.to_owned(), text)
    });
    fields.collect()
}

/// The lines of the error summary.
pub(super) fn answer_links(problems: &[FieldProblem]) -> Vec<ErrorLink> {
    let link = |problem: &FieldProblem| {
        let field = ANSWER.iter().find(|field| field.key == problem.field);
        ErrorLink {
            id: field_id(&problem.field),
            text: format!(
                "{}: {}",
                field.map_or("", |field| field.label),
                problem.message
            ),
        }
    };
    problems.iter().map(link).collect()
}

/// The only position that an answer to a question of the line of sight takes.
pub(super) const EXPLAIN: Stance = Stance::Explain;
