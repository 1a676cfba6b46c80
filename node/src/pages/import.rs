//! Import: a file is chosen, its columns are checked, and what it would change is shown before
//! anything is saved. Each import can be taken back.

mod columns;
mod draft;
mod preview;

use askama::Template;
use axum::{
    Router,
    extract::{Form, Multipart, Path, Query, State},
    routing::{get, post},
};
use weft_host::{clock, failure::Failure, upload};
use weft_shared::{
    model::profile::Area,
    text::{capital, counted, sentence},
    validation::question::{Answers, Kind, Row},
};

pub(super) use self::draft::Drafts;
use self::{
    columns::{ColumnView, ConstantView},
    draft::{Choices, Draft},
};
use super::{
    Answered, Fault, Here, Pages, Pairs, Reply, Visit,
    controls::page_words,
    form::Sent,
    moment::Moment,
    shell::{ErrorLink, Section, Shell},
};
use crate::{
    edits::import::{
        File, ImportError, import,
        undo::{Undone, imports, undo},
    },
    import::{Asked, Plan, Refused},
};

/// The addresses of the page. A file has one of its own as long as it waits.
pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/import", get(show).post(take))
        .route("/import/undo", post(take_back))
        .route("/import/{id}", get(check))
        .route("/import/{id}/problems", get(problems))
        .route("/import/{id}/columns", post(lay))
        .route("/import/{id}/choices", post(choose))
        .route("/import/{id}/save", post(save))
        .route("/import/{id}/drop", post(forget))
}

async fn show(State(pages): Here, Query(asked): Query<Pairs>) -> Answered {
    let asked = Sent(asked);
    pages
        .visit(move |visit| visit.import_page(&asked, Vec::new(), None))
        .await
}

/// Takes a file. It waits in memory until what it would change was shown and confirmed.
async fn take(State(pages): Here, parts: Multipart) -> Answered {
    match upload::received(parts).await {
        Ok((name, bytes)) => {
            let id = pages.drafts.keep(&name, bytes, clock::now());
            Ok(Reply::See(format!("/import/{id}")))
        }
        Err(text) => pages.again("file", text).await,
    }
}

async fn check(State(pages): Here, Path(id): Path<String>, Query(asked): Query<Pairs>) -> Answered {
    let asked = Sent(asked);
    let mut draft = pages.draft(&id)?;
    draft.columns.shown |= !asked.first("columns").is_empty();
    pages.step(draft, Answers::NONE, Vec::new()).await
}

async fn problems(State(pages): Here, Path(id): Path<String>) -> Answered {
    let draft = pages.draft(&id)?;
    let planned = pages
        .planned(&draft, Answers::NONE, Vec::new(), |_| false)
        .await?;
    let plan = planned.or_else(|error| match error {
        ImportError::Refused(refused) => Ok(refused.plan()),
        error => Err(Failure::from(error)),
    })?;
    Ok(Reply::Csv {
        name: "problems".to_owned(),
        bytes: preview::problems_csv(&plan),
    })
}

/// Takes the columns as a person corrected them.
async fn lay(State(pages): Here, Path(id): Path<String>, Form(sent): Form<Pairs>) -> Answered {
    let mut draft = pages.draft(&id)?;
    let mut asks = draft.clone();
    asks.columns.shown = true;
    let planned = pages
        .planned(&asks, Answers::NONE, Vec::new(), |_| false)
        .await?;
    let Err(ImportError::Refused(Refused {
        asked: Some(asked), ..
    })) = planned
    else {
        return Ok(Reply::See(at(&id)));
    };
    match columns::read(&Sent(sent), &asked.proposal, &draft.columns) {
        Ok(columns) => {
            draft.columns = columns;
            pages.drafts.put(draft, clock::now());
            Ok(Reply::See(at(&id)))
        }
        Err((id, text)) => {
            let errors = vec![ErrorLink { id, text }];
            pages
                .visit(move |visit| visit.columns_page(&asks, &asked, errors))
                .await
        }
    }
}

async fn choose(State(pages): Here, Path(id): Path<String>, Form(sent): Form<Pairs>) -> Answered {
    let mut draft = pages.draft(&id)?;
    let choices = Choices::of(&Sent(sent));
    if let Err((field, why)) = choices.answers() {
        let text = page_words(&sentence(&why));
        let id = field.to_owned();
        return pages
            .step(draft, Answers::NONE, vec![ErrorLink { id, text }])
            .await;
    }
    draft.choices = choices;
    pages.drafts.put(draft, clock::now());
    Ok(Reply::See(at(&id)))
}

/// Imports the file, if it still changes what the page showed and each question is answered.
async fn save(State(pages): Here, Path(id): Path<String>, Form(sent): Form<Pairs>) -> Answered {
    let draft = pages.draft(&id)?;
    let sent = Sent(sent);
    let answers = answers(&sent);
    let shown = pages
        .planned(&draft, answers.clone(), Vec::new(), |_| false)
        .await?;
    let Ok(shown) = shown else {
        return pages.step(draft, answers, Vec::new()).await;
    };
    let mark = sent.first("mark").to_owned();
    let wrong = if mark == preview::mark(&shown) {
        unanswered(&shown, &answers)
    } else {
        let text = "Something here changed meanwhile, and the file would now do something else. \
                    Look at it again.";
        vec![ErrorLink {
            id: "preview".to_owned(),
            text: text.to_owned(),
        }]
    };
    if !wrong.is_empty() {
        return pages.step(draft, answers, wrong).await;
    }
    let rows: Vec<Row> = shown
        .questions
        .open(&Answers::NONE)
        .into_iter()
        .flat_map(|one| one.rows)
        .collect();
    let given = answers.clone();
    let may_save =
        move |plan: &Plan| preview::mark(plan) == mark && unanswered(plan, &given).is_empty();
    let done = may_save.clone();
    let saved = pages
        .planned(&draft, answers.clone(), rows, may_save)
        .await?;
    let plan = saved.map_err(Failure::from)?;
    if !done(&plan) {
        return pages.step(draft, answers, Vec::new()).await;
    }
    pages.drafts.forget(&id, clock::now());
    let values = counted(plan.changes.len(), "value was", "values were");
    let details = vec![format!("{}: {values} imported.", draft.name)];
    let number = pages.said.keep(details);
    Ok(Reply::See(format!("/import?done=imported&said={number}")))
}

async fn forget(State(pages): Here, Path(id): Path<String>) -> Answered {
    pages.drafts.forget(&id, clock::now());
    Ok(Reply::See("/import".to_owned()))
}

/// Takes an import back.
async fn take_back(State(pages): Here, Form(sent): Form<Pairs>) -> Answered {
    let sent = Sent(sent);
    let number: Option<i64> = sent.first("number").parse().ok();
    let Some(number) = number else {
        return Err(Fault::NotFound);
    };
    let keep = !sent.first("keep").is_empty();
    let node = pages.node.clone();
    let work = move || undo(&node, Some(number), keep, clock::now());
    match tokio::task::spawn_blocking(work).await.map_err(broke_off)? {
        Ok(Undone {
            file,
            taken_out,
            restored,
            kept,
        }) => {
            let out = counted(taken_out, "value is", "values are");
            let again = counted(restored, "value stands", "values stand");
            let mut details = vec![format!(
                "{file}: {out} taken out, and {again} again as before."
            )];
            details.extend(kept.iter().map(|one| format!("Left as it is now: {one}.")));
            let said = pages.said.keep(details);
            Ok(Reply::See(format!("/import?done=takenback&said={said}")))
        }
        Err(error) => {
            let text = Failure::from(error).to_string();
            let (text, changed) = match text.split_once(" To leave those as they are now") {
                Some((why, _)) => (why.to_owned(), Some(number)),
                None => (page_words(&text), None),
            };
            let errors = vec![ErrorLink {
                id: format!("import-{number}"),
                text,
            }];
            let nothing = Sent::default();
            pages
                .visit(move |visit| visit.import_page(&nothing, errors, changed))
                .await
        }
    }
}

impl Pages {
    /// Returns a file that still waits.
    fn draft(&self, id: &str) -> Result<Draft, Fault> {
        self.drafts.get(id, clock::now()).ok_or(Fault::Expired)
    }

    /// Plans the changes of a file beside the owner's thread, and saves them if `may_save`.
    async fn planned(
        &self,
        draft: &Draft,
        answers: Answers,
        shown: Vec<Row>,
        may_save: impl Fn(&Plan) -> bool + Send + 'static,
    ) -> Result<Result<Plan, ImportError>, Fault> {
        let node = self.node.clone();
        let file: File = draft.file(answers, shown, clock::now());
        let alone = self.drafts.alone().await;
        let work = tokio::task::spawn_blocking(move || {
            let done = import(&node, &file, may_save);
            // An asker who has left must not let another reading begin before this one has ended.
            drop(alone);
            done
        });
        work.await.map_err(broke_off)
    }

    /// Shows the next step of a file: its columns, or what it would change.
    async fn step(&self, draft: Draft, answers: Answers, errors: Vec<ErrorLink>) -> Answered {
        let planned = self
            .planned(&draft, answers.clone(), Vec::new(), |_| false)
            .await?;
        self.visit(move |visit| match planned {
            Ok(plan) => {
                let mut shell = visit.shell(Section::Import, "Check the file")?;
                shell.refuse(errors);
                let refused = shell.error && !shell.errors.is_empty();
                shell.error = refused;
                let page = visit.check_page(shell, &draft, &plan, &answers)?;
                Reply::page(refused, &page)
            }
            Err(ImportError::Refused(Refused {
                asked: Some(asked), ..
            })) => visit.columns_page(&draft, &asked, errors),
            Err(ImportError::Refused(refused)) => visit.unreadable_page(&draft, &refused, errors),
            Err(error) => {
                let text = page_words(&Failure::from(error).to_string());
                let id = "file".to_owned();
                visit.import_page(&Sent::default(), vec![ErrorLink { id, text }], None)
            }
        })
        .await
    }

    /// Shows the first page again, with an error at a field.
    async fn again(&self, field: &str, text: String) -> Answered {
        let id = field.to_owned();
        let errors = vec![ErrorLink { id, text }];
        self.visit(move |visit| visit.import_page(&Sent::default(), errors, None))
            .await
    }
}

fn at(id: &str) -> String {
    format!("/import/{id}")
}

fn broke_off(_: tokio::task::JoinError) -> Fault {
    Fault::Failed(Failure::failed(
        "The import broke off, by a fault of Weft. The list of imports shows whether it was saved.",
    ))
}

/// Reads the answers to questions. A form cannot send two to one question.
fn answers(sent: &Sent) -> Answers {
    let mut answers = Answers::default();
    for kind in Kind::ALL {
        let word = sent.first(&preview::field_of(*kind));
        if kind.answers().iter().any(|answer| answer.word == word) {
            let _first_counts = answers.give(word);
        }
    }
    answers
}

/// Returns the questions that hold the file up.
fn unanswered(plan: &Plan, answers: &Answers) -> Vec<ErrorLink> {
    let open = plan.questions.open(answers).into_iter();
    let open = open.filter(|one| one.kind.holds_up());
    let open = open.filter(|one| one.rows.iter().any(|row| row.line.is_some()));
    open.map(|one| ErrorLink {
        id: preview::field_of(one.kind),
        text: one.ask().to_owned(),
    })
    .collect()
}

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    shell: Shell,
    megabytes: usize,
    imports: Vec<ImportView>,
}

struct ImportView {
    number: i64,
    file: String,
    values: String,
    at: Moment,
    undone: Option<Moment>,
    /// Whether some of its values were changed since, so that only the rest can be taken back.
    changed: bool,
}

#[derive(Template)]
#[template(path = "import-columns.html")]
struct ColumnsPage {
    shell: Shell,
    id: String,
    name: String,
    rows: String,
    notes: Vec<String>,
    columns: Vec<ColumnView>,
    constants: Vec<ConstantView>,
    lacks_figures: bool,
}

#[derive(Template)]
#[template(path = "import-unreadable.html")]
struct UnreadablePage {
    shell: Shell,
    id: String,
    name: String,
    problems: Vec<String>,
    choices: Choices,
}

impl Visit<'_> {
    fn import_page(
        &mut self,
        asked: &Sent,
        errors: Vec<ErrorLink>,
        changed: Option<i64>,
    ) -> Answered {
        let shell = self.shell(Section::Import, "Import")?;
        let mut shell = shell.after(super::done(asked));
        shell.told = self.said.of(asked.first("said"));
        let refused = !errors.is_empty();
        if refused {
            shell.refuse(errors);
        }
        let all = imports(self.replica).map_err(Failure::from)?;
        let moment = |at| self.calendar.moment(at);
        let imports = all.into_iter().map(|one| ImportView {
            number: one.number,
            file: one.file,
            values: counted(one.values, "value", "values"),
            at: moment(one.at),
            undone: one.undone.map(moment),
            changed: changed == Some(one.number),
        });
        let page = ImportPage {
            shell,
            megabytes: weft_host::limits::PAGE_BODY_BYTES_MAX >> 20,
            imports: imports.collect(),
        };
        Reply::page(refused, &page)
    }

    /// Shows which column is what, to be corrected and confirmed.
    fn columns_page(&mut self, draft: &Draft, asked: &Asked, errors: Vec<ErrorLink>) -> Answered {
        let mut shell = self.shell(Section::Import, "Check what goes where")?;
        let refused = !errors.is_empty();
        if refused {
            shell.refuse(errors);
        }
        let indicators = self.replica.indicators()?;
        let areas: Vec<Area> = self
            .replica
            .place()?
            .map_or_else(Vec::new, |place| place.areas);
        let plan = &asked.proposal.plan;
        let constants = columns::constants(plan, &indicators, &areas);
        let page = ColumnsPage {
            shell,
            id: draft.id.clone(),
            name: draft.name.clone(),
            rows: counted(asked.rows, "row", "rows"),
            notes: asked.notes.iter().map(|note| capital(note)).collect(),
            columns: columns::columns(&asked.proposal, &indicators),
            lacks_figures: !plan.has_figures(),
            constants,
        };
        Reply::page(refused, &page)
    }

    /// Shows why nothing of a file can be read.
    fn unreadable_page(
        &mut self,
        draft: &Draft,
        refused: &Refused,
        errors: Vec<ErrorLink>,
    ) -> Answered {
        let mut shell = self.shell(Section::Import, "This file cannot be read")?;
        shell.error = true;
        shell.errors = errors;
        let problems = refused.problems.iter().take(PROBLEMS_MAX).map(|one| {
            let words = page_words(&sentence(&one.message));
            match one.line {
                0 => words,
                line => format!("Row {line}: {words}"),
            }
        });
        let page = UnreadablePage {
            shell,
            id: draft.id.clone(),
            name: draft.name.clone(),
            problems: problems.collect(),
            choices: draft.choices.clone(),
        };
        Reply::page(true, &page)
    }
}

/// Maximum number of problems of a file that cannot be read at all.
const PROBLEMS_MAX: usize = 60;
