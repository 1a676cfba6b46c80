//! Our column of the line of sight, as the national team sees it, with its questions to answer.

use askama::Template;
use weft_shared::{
    alignment::{need::Need, sight::not_counted},
    model::{
        answer::{ANSWER, Answer, AnswerKey, Answered as Subject, answer},
        record::FieldProblem,
    },
    period::Period,
    text::{BadText, capital, sentence},
};

use super::{
    Answered, Fault, Reply, Visit,
    agenda::{EXPLAIN, TEAM, answer_links, answer_of},
    done,
    form::{FieldView, Sent},
    moment::day,
    shell::{Section, Shell},
};
use crate::{
    edits::agenda,
    replica::Edit,
    view::{Choices, OutcomeRow, QuestionRow, sight::OurSight},
    words::{answer_line, sight},
};

#[derive(Template)]
#[template(path = "sight.html")]
struct SightPage {
    shell: Shell,
    code: String,
    /// The period as it is typed, and in words.
    period: String,
    period_words: String,
    today: String,
    wrong: Option<String>,
    rows: Vec<RowView>,
    not_here: String,
    not_counted: String,
}

/// One outcome.
struct RowView {
    id: String,
    heading: String,
    stated: bool,
    needs: Vec<NeedView>,
    priority: String,
    why: Option<String>,
    work: String,
    money: Vec<String>,
    questions: Vec<QuestionView>,
    others: Vec<String>,
}

/// The need that one indicator shows.
struct NeedView {
    name: String,
    href: String,
    figure: String,
    /// The target, the distance to it, the change, and remarks, as far as there are any.
    facts: Vec<String>,
}

struct QuestionView {
    name: String,
    text: &'static str,
    said: Vec<String>,
    href: String,
}

#[derive(Template)]
#[template(path = "sight-answer.html")]
struct AnswerPage {
    shell: Shell,
    outcome: String,
    text: &'static str,
    said: Vec<String>,
    action: String,
    /// The period that asks.
    period: String,
    /// Whether it is asked: what is not, takes no answer.
    asked: bool,
    fields: Vec<FieldView>,
}

impl NeedView {
    fn new(need: &Need, column: &OurSight) -> Self {
        let of = column.definitions.get(&need.indicator);
        Self {
            name: sight::named(need, of),
            href: format!("/indicators/{}", need.indicator),
            figure: capital(&sight::figure(need, of)),
            facts: [
                sight::target(need, of, column.today).map(|target| format!("Target: {target}")),
                sight::gap(need, of).map(|gap| capital(&gap)),
                sight::change(need, of).map(|change| capital(&change)),
                Some(capital(&sight::remarks(need))).filter(|text| !text.is_empty()),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }
}

impl QuestionView {
    fn new(row: &QuestionRow, period: Period) -> Self {
        Self {
            name: capital(row.asked.label()),
            text: row.asked.question(),
            said: row.answers.iter().map(answer_line).collect(),
            href: format!("/sight/{}?period={period}", row.name()),
        }
    }
}

impl RowView {
    fn new(at: usize, row: &OutcomeRow, column: &OurSight) -> Self {
        let priority = row.cell.priority.as_ref();
        let others = row.others.iter();
        Self {
            id: format!("outcome-{at}"),
            heading: row.heading(),
            stated: row.head != weft_shared::alignment::money::Row::NotStated,
            needs: row
                .cell
                .needs
                .iter()
                .map(|need| NeedView::new(need, column))
                .collect(),
            priority: capital(&sight::priority(priority)),
            why: priority.and_then(|said| said.why.clone()),
            work: capital(&sight::work(&row.cell.work)),
            money: row.money_lines().iter().map(|line| capital(line)).collect(),
            questions: row
                .questions
                .iter()
                .map(|one| QuestionView::new(one, column.period))
                .collect(),
            others: others
                .map(|one| format!("{}: {} ({})", one.name, one.quote.title, one.kind.label()))
                .collect(),
        }
    }
}

impl Visit<'_> {
    pub(super) fn sight(&mut self, asked: &Sent) -> Answered {
        let today = self.calendar.today();
        let (period, wrong) = match self.period_of(asked) {
            Ok(period) => (period, None),
            Err(wrong) => (Period::fiscal_year(today), Some(wrong)),
        };
        let column = self.replica.sight(period, self.calendar.now())?;
        let rows = column.rows.iter().enumerate();
        let rows = rows
            .map(|(at, row)| RowView::new(at, row, &column))
            .collect();
        let shell = self.shell(Section::Sight, "Line of sight")?;
        let page = SightPage {
            shell: shell.after(done(asked)),
            code: column.code.to_string(),
            period: period.to_string(),
            period_words: period.words(),
            today: day(&today.to_string()),
            wrong,
            rows,
            not_here: column.not_here(),
            not_counted: capital(&not_counted(period, today)),
        };
        Reply::page(false, &page)
    }

    /// The period of a query or a form; the present fiscal year if it has none.
    fn period_of(&self, sent: &Sent) -> Result<Period, String> {
        match sent.first("period").trim() {
            "" => Ok(Period::fiscal_year(self.calendar.today())),
            typed => {
                let period = typed.parse();
                period.map_err(|error: BadText| sentence(&error.to_string()))
            }
        }
    }

    /// Shows one question with the form to answer it.
    pub(super) fn ask_question(&mut self, asked: &str, outcome: &str, query: &Sent) -> Answered {
        let period = self.period_of(query).map_err(|_| Fault::NotFound)?;
        let key = key_of(asked, outcome)?;
        let answers = self.replica.answers_to(&key)?;
        let only = match answers.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        let choices = Choices::default();
        let fields = question_fields().map(|field| {
            let text = match field.key {
                "reason" => only.and_then(|one| one.reason.clone()).unwrap_or_default(),
                _ => only.map_or_else(|| TEAM.to_owned(), |one| one.by.clone()),
            };
            FieldView::typed(field, &text, None, &choices).needed("")
        });
        let fields = fields.collect();
        self.question_page((&key, period), fields, &[])
    }

    /// Saves an answer to a question, or shows the form again with every problem.
    pub(super) fn answer_question(&mut self, asked: &str, outcome: &str, sent: &Sent) -> Answered {
        let key = key_of(asked, outcome)?;
        let period = self.period_of(sent).map_err(|_| Fault::NotFound)?;
        let mut fields = answer_of(sent);
        fields.insert("stance".to_owned(), EXPLAIN.word().into());
        if let Err(problems) = answer(&fields, Subject::Asked, None) {
            let choices = Choices::default();
            let fields = question_fields().map(|field| {
                let problem = problems.iter().find(|one| one.field == field.key);
                let error = problem.map(|one| sentence(&one.message));
                FieldView::typed(field, sent.first(field.key), error, &choices).needed("")
            });
            let fields = fields.collect();
            return self.question_page((&key, period), fields, &problems);
        }
        let mut edit = Edit::default();
        let now = self.calendar.now();
        let of = (key, period);
        let (before, _) = agenda::answer_question(self.replica, &mut edit, of, &fields, now)?;
        let saved = self.save(vec![edit])?;
        Ok(Reply::see("/sight", saved, answered(&before)))
    }

    fn question_page(
        &mut self,
        (key, period): (&AnswerKey, Period),
        fields: Vec<FieldView>,
        problems: &[FieldProblem],
    ) -> Answered {
        let AnswerKey::Question(asked, outcome) = key else {
            return Err(Fault::NotFound);
        };
        let code = self.replica.membership()?.code.clone();
        let outcome = match outcome {
            Some(outcome) => {
                let outcomes = self.replica.outcomes_shared(&code)?;
                let known = outcomes.into_iter().find(|one| one.of == *outcome);
                known.ok_or(Fault::NotFound)?.name
            }
            None => "Outcome not stated".to_owned(),
        };
        let column = self.replica.sight(period, self.calendar.now())?;
        let is_asked = column.questions().any(|one| one.key == *key);
        let mut shell = self.shell(Section::Sight, &capital(asked.label()))?;
        if !problems.is_empty() {
            shell.refuse(answer_links(problems));
        }
        let answers = self.replica.answers_to(key)?;
        let page = AnswerPage {
            shell,
            outcome,
            text: asked.question(),
            said: answers.iter().map(answer_line).collect(),
            action: format!("/sight/{}", key.question_name().unwrap_or_default()),
            period: period.to_string(),
            asked: is_asked,
            fields,
        };
        Reply::page(!problems.is_empty(), &page)
    }
}

/// The message after an answer, with those of which it takes the place.
pub(super) const fn answered(before: &[Answer]) -> &'static str {
    match before {
        [] => "answered",
        _ => "answeredagain",
    }
}

/// The fields of an explanation.
fn question_fields() -> impl Iterator<Item = &'static weft_shared::model::schema::FieldSpec> {
    let keys = ["reason", "by"];
    ANSWER.iter().filter(move |field| keys.contains(&field.key))
}

fn key_of(asked: &str, outcome: &str) -> Result<AnswerKey, Fault> {
    AnswerKey::question(&format!("{asked}/{outcome}")).ok_or(Fault::NotFound)
}
