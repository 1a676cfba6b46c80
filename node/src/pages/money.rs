//! Money: our investments with their lines, and what the national team states about us.

mod parts;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::Router;
use weft_shared::{
    alignment::money::Owner,
    id::{LocationCode, RecordId},
    model::{
        investment::{INVESTMENTS_MAX, Investment},
        line::{LINE_FIELDS, LineKey},
        outcome::joined,
        places::Places,
        record::{FieldProblem, Fields},
        schema::RecordKind,
    },
    period::day_words,
    text::{sentence, site},
};

use self::parts::{Rests, Stated, excess_of, is_part, names_in, names_of};
use super::{
    Answered, Fault, Pages, Reply, Visit, done,
    form::{FieldView, Sent, field_id},
    plan,
    shell::{ErrorLink, Section, Shell},
    shows, takes,
};
use crate::{
    edits::investment,
    replica::Edit,
    view::{Choices, LineRow, RecordRow, StatedInvestment},
};

/// The pages of money and of reviews, which need no network.
pub(super) fn routes() -> Router<Pages> {
    let ask = shows(|visit, id: String, _| visit.ask_line(&id));
    let add = takes(|visit, id: String, sent| visit.add_line(&id, sent));
    let back = takes(|visit, id: String, sent| visit.take_back_line(&id, sent));
    Router::new()
        .route("/money", shows(|visit, (), asked| visit.money(asked)))
        .route("/money/{id}/line", ask.merge(add))
        .route("/money/{id}/line/back", back)
        .route("/reviews", shows(|visit, (), asked| visit.reviews(asked)))
}

#[derive(Template)]
#[template(path = "money.html")]
struct MoneyPage {
    shell: Shell,
    add: String,
    ours: Vec<InvestmentView>,
    theirs: Vec<InvestmentView>,
    /// The page of the list of the national team's statements, and the number of pages.
    page: usize,
    pages: usize,
}

/// Investments by their identifiers, by which two teams state the same contract.
type Own = BTreeMap<String, Investment>;

/// The national team's statements about our money.
#[derive(Default)]
struct Theirs {
    /// Those of one page of the list, each with our statement of the same contract.
    shown: Vec<(StatedInvestment, Option<Investment>)>,
    page: usize,
    count: usize,
    /// Those of contracts that we state too, whichever page they are on.
    same: Own,
    /// Those that are a whole or a part of ours, or a part of the same.
    kin: Vec<Investment>,
    /// All from which rests are counted.
    stated: Stated,
    /// The titles of all, by their ids and identifiers.
    titles: BTreeMap<String, String>,
}

#[derive(Template)]
#[template(path = "money-line.html")]
struct LinePage {
    shell: Shell,
    title: String,
    action: String,
    fields: Vec<FieldView>,
}

/// An investment as the page shows it.
struct InvestmentView {
    href: Option<String>,
    line: String,
    back: String,
    title: String,
    amount: String,
    status: &'static str,
    details: String,
    /// The name of the whole of a part: the title if it is known, or else as the part names it.
    whole: Option<String>,
    /// The source in words, and its address if it is one.
    source: (String, Option<String>),
    local: bool,
    lines: Vec<LineView>,
    /// The rest that no line divides by year, if it counts.
    rest: Option<String>,
    /// Things to put right: another statement of the same contract says something else, or parts
    /// are more than their whole.
    warnings: Vec<String>,
}

/// A line as the page shows it.
struct LineView {
    /// Its key, to take it back.
    key: String,
    what: &'static str,
    period: String,
    places: String,
    outcomes: String,
    amount: String,
    contested: bool,
}

impl LineView {
    fn new(key: &LineKey, amount: String, contested: bool) -> Self {
        let or = |text: String| match text.is_empty() {
            true => "not stated".to_owned(),
            false => text,
        };
        Self {
            what: key.what.label(),
            period: key.period.to_string(),
            places: or(key.places.to_string()),
            outcomes: or(joined(&key.outcomes)),
            amount,
            contested,
            key: key.to_string(),
        }
    }
}

fn view(investment: &Investment, lines: Vec<LineView>) -> InvestmentView {
    let recipient = investment.recipient.0.clone();
    let from_to = format!(
        "{} to {}",
        day_words(investment.from),
        day_words(investment.to)
    );
    let details = [
        parts::together(&investment.places),
        Some(format!("from {}", investment.funder.0)),
        recipient.map(|recipient| format!("to {recipient}")),
        Some(from_to),
        investment.identifier.clone(),
    ];
    InvestmentView {
        href: None,
        line: String::new(),
        back: String::new(),
        title: investment.title.clone(),
        amount: amount_of(investment),
        status: investment.status.label(),
        details: details
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · "),
        whole: investment.part_of.clone(),
        source: source_of(&investment.source),
        local: false,
        lines,
        rest: None,
        warnings: Vec::new(),
    }
}

/// The title of an investment by each name that a part of it may have for it.
fn titled(one: &Investment) -> impl Iterator<Item = (String, String)> {
    let names = [Some(one.id.to_string()), one.identifier.clone()];
    let names = names.into_iter().flatten();
    names.map(|name| (name, one.title.clone()))
}

impl InvestmentView {
    /// Names what it is a part of by the title.
    fn naming(mut self, titles: &BTreeMap<String, String>) -> Self {
        let title = self.whole.as_ref().and_then(|name| titles.get(name.trim()));
        self.whole = title.cloned().or(self.whole);
        self
    }
}

/// A source in words, and its address if it is one.
fn source_of(source: &str) -> (String, Option<String>) {
    match site(source) {
        Some(site) => (site.to_owned(), Some(source.to_owned())),
        None => (source.to_owned(), None),
    }
}

fn amount_of(investment: &Investment) -> String {
    match investment.amount {
        Some(amount) => format!(
            "{} {} {} ({})",
            investment.currency,
            amount.grouped(),
            investment.kind.label(),
            investment.gst.label()
        ),
        None => format!("no amount is stated ({})", investment.status.label()),
    }
}

/// Statements of the national team on one page: ten thousand would be thirteen megabytes.
const LISTED_MAX: usize = 100;

/// Whether a statement of the national team names this location.
fn is_about(stated: &StatedInvestment, code: &LocationCode) -> bool {
    let names = |places: &Places| places.include(code);
    names(&stated.investment.places) || stated.lines.iter().any(|line| names(&line.key.places))
}

impl Visit<'_> {
    pub(super) fn money(&mut self, asked: &Sent) -> Answered {
        let (mut rows, mut own) = (Vec::new(), BTreeMap::new());
        for row in self.replica.records(RecordKind::Investment)? {
            let lines = self.replica.lines_of(&row)?;
            let investment = Investment::read(&row.record);
            if let Some((one, name)) = investment
                .as_ref()
                .and_then(|one| Some((one, one.identifier.as_ref()?)))
            {
                own.entry(name.clone()).or_insert_with(|| one.clone());
            }
            rows.push((row, lines, investment));
        }
        let page = asked
            .first("page")
            .parse()
            .unwrap_or(1)
            .clamp(1, INVESTMENTS_MAX);
        let stated: Vec<&Investment> = rows.iter().filter_map(|row| row.2.as_ref()).collect();
        let mut theirs = self.theirs(&own, &names_of(&stated), page)?;
        let titles = stated.iter().flat_map(|one| titled(one));
        theirs.titles.extend(titles);
        let all: Vec<&Investment> = stated.into_iter().chain(&theirs.kin).collect();
        // A computer that works alone has no code, and needs one to say whose money it is.
        let code = self.replica.code();
        if let Some(code) = &code {
            for (row, lines, one) in &rows {
                if let Some(one) = one {
                    theirs.stated.ours(code, (one, lines), row.is_sealed());
                }
            }
        }
        for (one, _) in &theirs.shown {
            theirs.stated.hub(one, true);
        }
        let rests = theirs.stated.count();
        let owner = code.map(Owner::Location);
        let ours = rows.iter().map(|(row, lines, investment)| {
            let Some(one) = investment else {
                return unreadable(row);
            };
            let mut view = our_view(row, one, (lines, &theirs.same), &all);
            if let Some(owner) = &owner {
                view.rest = rests.of(owner, one, row.is_sealed());
                let key = (owner.clone(), one.id);
                let problems = rests.problems(&key, row.is_sealed(), &theirs.titles);
                view.warnings.extend(problems);
            }
            view
        });
        let shown = theirs.shown.iter();
        let shown = shown.map(|(stated, ours)| their_view(stated, ours.as_ref(), &rests));
        let named = |one: InvestmentView| one.naming(&theirs.titles);
        let shell = self.shell(Section::Money, "Money")?;
        let page = MoneyPage {
            shell: shell.after(done(asked)),
            add: plan::add_href(RecordKind::Investment),
            ours: ours.map(named).collect(),
            page: theirs.page,
            pages: theirs.count.div_ceil(LISTED_MAX).max(1),
            theirs: shown.map(named).collect(),
        };
        Reply::page(false, &page)
    }

    /// The statements of the national team that are about this location, or of a contract that it
    /// states too: those of one page of the list.
    /// Those that are a whole or a part of ours are kept apart.
    fn theirs(
        &mut self,
        own: &Own,
        names: &BTreeSet<String>,
        page: usize,
    ) -> Result<Theirs, Fault> {
        let mut theirs = Theirs {
            page,
            ..Theirs::default()
        };
        if self.replica.is_alone() {
            return Ok(theirs);
        }
        let code = self.replica.code();
        // Of a page after the last one the last is shown.
        let mut last = Vec::new();
        self.replica.each_of_hub(|stated| {
            theirs.titles.extend(titled(&stated.investment));
            let ours = stated.investment.identifier.as_ref();
            let ours = ours.and_then(|name| own.get(name));
            let is_kin = names_in(&stated.investment).any(|name| names.contains(&name));
            if is_kin {
                theirs.kin.push(stated.investment.clone());
            }
            if is_kin || stated.investment.part_of.is_some() {
                theirs.stated.hub(&stated, ours.is_some());
            }
            let is_about = code.as_ref().is_some_and(|code| is_about(&stated, code));
            if !is_about && ours.is_none() {
                return;
            }
            if theirs.count < page * LISTED_MAX {
                if theirs.count.is_multiple_of(LISTED_MAX) {
                    last.clear();
                }
                last.push((stated.clone(), ours.cloned()));
            }
            theirs.count += 1;
            if let (Some(_), Some(name)) = (ours, stated.investment.identifier.clone()) {
                theirs.same.entry(name).or_insert(stated.investment);
            }
        })?;
        theirs.page = theirs.page.min(theirs.count.div_ceil(LISTED_MAX).max(1));
        theirs.shown = last;
        Ok(theirs)
    }

    /// Shows the empty form for a line.
    pub(super) fn ask_line(&mut self, id: &str) -> Answered {
        let row = self.investment(id)?;
        let choices = Choices::read(self.replica, RecordKind::Investment)?;
        let begun = Sent::of_line(&row.record);
        let fields = LINE_FIELDS.iter();
        let fields = fields.map(|field| FieldView::sent(field, &begun, None, &choices));
        let fields = fields.collect();
        self.line_page(&row, fields, &[])
    }

    /// Saves a line, or shows the form again with every problem.
    pub(super) fn add_line(&mut self, id: &str, sent: &Sent) -> Answered {
        let row = self.investment(id)?;
        let given = LINE_FIELDS.iter();
        let given: Fields = given
            .map(|field| (field.key.to_owned(), sent.value(field)))
            .collect();
        let now = self.calendar.now();
        if let Err(problems) = investment::judged(self.replica, &row, &given, now)? {
            let choices = Choices::read(self.replica, RecordKind::Investment)?;
            let fields = LINE_FIELDS.iter().map(|field| {
                let problem = problems.iter().find(|one| one.field == field.key);
                let error = problem.map(|one| sentence(&one.message));
                FieldView::sent(field, sent, error, &choices)
            });
            let fields = fields.collect();
            return self.line_page(&row, fields, &problems);
        }
        let mut edit = Edit::default();
        let heard = investment::line(self.replica, &mut edit, &row, &given, now)?;
        let saved = self.save(vec![edit])?;
        Ok(Reply::see("/money", saved, parts::done(&heard)))
    }

    /// Takes a line back.
    pub(super) fn take_back_line(&mut self, id: &str, sent: &Sent) -> Answered {
        let row = self.investment(id)?;
        let key: LineKey = sent.first("key").parse().map_err(|_| Fault::NotFound)?;
        let mut edit = Edit::default();
        investment::take_back(self.replica, &mut edit, &row, &key.to_fields())?;
        let saved = self.save(vec![edit])?;
        Ok(Reply::see("/money", saved, "linetakenback"))
    }

    fn investment(&mut self, id: &str) -> Result<RecordRow, Fault> {
        let id: RecordId = id.parse().map_err(|_| Fault::NotFound)?;
        let row = self.replica.record(RecordKind::Investment, &id)?;
        row.ok_or(Fault::NotFound)
    }

    fn line_page(
        &mut self,
        row: &RecordRow,
        fields: Vec<FieldView>,
        problems: &[FieldProblem],
    ) -> Answered {
        let mut shell = self.shell(Section::Money, "Add a line")?;
        let link = |problem: &FieldProblem| {
            let field = LINE_FIELDS.iter().find(|field| field.key == problem.field);
            ErrorLink {
                id: field_id(&problem.field),
                text: format!("{}: {}", field.map_or("", |one| one.label), problem.message),
            }
        };
        if !problems.is_empty() {
            shell.refuse(problems.iter().map(link).collect());
        }
        let page = LinePage {
            shell,
            title: row.title(),
            action: format!("/money/{}/line", row.record.id),
            fields,
        };
        Reply::page(!problems.is_empty(), &page)
    }
}

fn our_view(
    row: &RecordRow,
    investment: &Investment,
    (lines, hubs): (&[LineRow], &Own),
    all: &[&Investment],
) -> InvestmentView {
    let id = row.record.id;
    let lines = lines.iter();
    let lines = lines.map(|one| LineView::new(&one.key, one.line.amount.grouped(), one.contested));
    let other = investment.identifier.as_ref();
    let other = other.and_then(|name| hubs.get(name));
    let differs = other.filter(|one| amount_of(one) != amount_of(investment));
    let differs = differs.map(|one| {
        format!(
            "The national team states {} for the same contract. Both amounts are kept until you \
             agree on one.",
            amount_of(one)
        )
    });
    let excess = all
        .iter()
        .filter(|whole| whole.id == investment.id || is_part(investment, whole));
    let excess = excess.filter_map(|whole| excess_of(whole, all));
    InvestmentView {
        warnings: differs.into_iter().chain(excess).collect(),
        href: Some(plan::href(RecordKind::Investment, &id)),
        line: format!("/money/{id}/line"),
        back: format!("/money/{id}/line/back"),
        local: row.is_sealed(),
        ..view(investment, lines.collect())
    }
}

fn their_view(
    stated: &StatedInvestment,
    ours: Option<&Investment>,
    rests: &Rests,
) -> InvestmentView {
    let lines = stated.lines.iter().map(|one| {
        let amount = match one.is_contested() {
            true => format!("{} to {}", one.least.grouped(), one.most.grouped()),
            false => one.least.grouped(),
        };
        LineView::new(&one.key, amount, one.is_contested())
    });
    let differs = ours.filter(|one| amount_of(one) != amount_of(&stated.investment));
    let investment = &stated.investment;
    InvestmentView {
        rest: rests.of(&Owner::Hub, investment, false),
        warnings: differs
            .map(|one| {
                format!(
                    "We state {} for the same contract. Both amounts are kept until we agree on \
                     one.",
                    amount_of(one)
                )
            })
            .into_iter()
            .collect(),
        ..view(&stated.investment, lines.collect())
    }
}

/// A record with a field that cannot be read.
fn unreadable(row: &RecordRow) -> InvestmentView {
    InvestmentView {
        href: Some(plan::href(RecordKind::Investment, &row.record.id)),
        line: String::new(),
        back: String::new(),
        title: row.title(),
        amount: "a field of it cannot be read: open it, and fill in what it must have".to_owned(),
        status: "",
        details: String::new(),
        whole: None,
        source: (String::new(), None),
        local: row.is_sealed(),
        lines: Vec::new(),
        rest: None,
        warnings: Vec::new(),
    }
}
