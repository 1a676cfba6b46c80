//! `/learning` and `/partners`: markers of system change, reviews, and ties over time; and the form
//! of a review.

use askama::Template;
use axum::{
    Form,
    extract::Query,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use weft_shared::{
    id::LocationCode,
    model::{
        record::Fields,
        schema::{FieldSpec, Owner, RecordKind},
    },
    period::{Date, Period, day_words},
    text::{capital, counted},
};

use super::{
    Web,
    agenda::{
        Places, may_write, place_of, places,
        write::{FormPage, see},
    },
    asked::Asked,
    csv,
    form::{self, Choices, FieldForm, Sent},
    frame::{Frame, PageFailure, html},
    indicators::pages_of,
    words::Pages,
};
use crate::app::{
    MARKER_ROWS, MarkerView, PARTNER_ROWS, PartnerView, REVIEW_ROWS, ReviewView, TIE_ROWS, TieView,
};

#[derive(Template)]
#[template(path = "learning.html")]
struct Page {
    frame: Frame,
    lede: String,
    may_write: bool,
    markers: Vec<Learnt>,
    marker_pages: Pages,
    reviews: Vec<Learnt>,
    pages: Pages,
}

#[derive(Template)]
#[template(path = "partners.html")]
struct PartnersPage {
    frame: Frame,
    lede: String,
    lines: Vec<Partner>,
    pages: Pages,
}

/// A marker or a review as pages show it.
#[derive(Clone, Debug)]
pub(super) struct Learnt {
    pub(super) place: String,
    pub(super) title: String,
    pub(super) when: String,
    pub(super) facts: Vec<(&'static str, String)>,
}

struct Partner {
    name: String,
    identifier: String,
    kind: String,
    place: String,
    ties: Vec<String>,
}

impl Learnt {
    /// A review with what moved, the story, what works, and what was decided.
    pub(super) fn of_review(review: &ReviewView, places: &Places) -> Self {
        let text = |key: &str| review.text(key).to_owned();
        let next = review.text("next").parse::<Date>().ok();
        let period = review.text("period");
        let period = period
            .parse::<Period>()
            .map_or_else(|_| period.to_owned(), Period::words);
        let when = match review.on() {
            Some(on) => format!("held on {}; it looked back on {period}", day_words(on)),
            None => format!("it looked back on {period}"),
        };
        let facts = [
            ("What moved, and why", text("story")),
            ("What works", text("works")),
            ("Decided", text("decided")),
            ("Indicator", text("indicator")),
            ("Outcomes", review.outcomes.join("; ")),
            ("Partners", review.partners.join("; ")),
            ("Took part", review.took_part.join("; ")),
            ("Next review", next.map_or_else(String::new, day_words)),
        ];
        Self {
            place: whose(review, places),
            title: text("question"),
            when,
            facts: said(facts),
        }
    }

    fn of_marker(marker: &MarkerView, places: &Places) -> Self {
        let record = &marker.record;
        let text = |key: &str| record.text(key).to_owned();
        let evidence = match record.text("evidence") {
            "" => "none is named".to_owned(),
            text => text.to_owned(),
        };
        let facts = [
            ("Was", text("from")),
            ("Is now", text("to")),
            ("Evidence", evidence),
            ("Brings nearer", marker.outcomes.join("; ")),
            ("Helped by", marker.initiatives.join("; ")),
        ];
        let on = record.text("on").parse::<Date>().ok();
        Self {
            place: named(&record.location, places),
            title: record.title.clone(),
            when: on.map_or_else(|| "day not stated".to_owned(), day_words),
            facts: said(facts),
        }
    }
}

/// Whose review it is.
pub(super) fn whose(review: &ReviewView, places: &Places) -> String {
    let of = review.location.as_ref();
    of.map_or_else(|| "National team".to_owned(), |code| place_of(places, code))
}

fn named(location: &str, places: &Places) -> String {
    let code = location.parse::<LocationCode>();
    code.map_or_else(|_| location.to_owned(), |code| place_of(places, &code))
}

fn said<const N: usize>(facts: [(&'static str, String); N]) -> Vec<(&'static str, String)> {
    let facts = facts.into_iter();
    facts.filter(|(_, text)| !text.is_empty()).collect()
}

pub(super) async fn page(web: Web, Query(asked): Query<Asked>) -> Result<Response, PageFailure> {
    let number = |name: &str| {
        let number = asked.get(name).and_then(|text| text.parse().ok());
        number.unwrap_or(1)
    };
    let (page, of_markers) = (number("page"), number("markers"));
    let found = web.app.counted(move |at| {
        let places = places(at);
        Ok(at.learnt()?.map(|mut all| {
            let counts = (all.markers.len(), all.reviews.len());
            let path = "/learning";
            let (markers, of_markers) =
                pages_of(&all.markers, of_markers, (path, "markers"), LINES_MAX);
            let (reviews, pages) = pages_of(&all.reviews, page, (path, "page"), LINES_MAX);
            (all.markers, all.reviews) = (markers, reviews);
            all.partners.clear();
            (all, (places, counts, of_markers, pages))
        }))
    });
    let reading = web.reading("/learning");
    let found = found.await?;
    let (all, (places, counts, marker_pages, pages)) = web.app.shown(reading, found).await?;
    let lede = format!(
        "{} of system change and {}, the latest first.",
        counted(counts.0, "marker", "markers"),
        counted(counts.1, "review", "reviews")
    );
    let page = Page {
        frame: Frame::national(&web, "/agenda"),
        lede,
        may_write: may_write(&web),
        markers: all
            .markers
            .iter()
            .map(|one| Learnt::of_marker(one, &places))
            .collect(),
        marker_pages,
        reviews: all
            .reviews
            .iter()
            .map(|one| Learnt::of_review(one, &places))
            .collect(),
        pages,
    };
    html(StatusCode::OK, &page)
}

pub(super) async fn partners(
    web: Web,
    Query(asked): Query<Asked>,
) -> Result<Response, PageFailure> {
    let page = asked.get("page").and_then(|text| text.parse().ok());
    let found = web.app.counted(move |at| {
        let places = places(at);
        Ok(at.learnt()?.map(|all| {
            let mut all = all.only_partners();
            let count = all.partners.len();
            let at = ("/partners", "page");
            let (shown, pages) = pages_of(&all.partners, page.unwrap_or(1), at, PARTNERS_MAX);
            all.partners = shown;
            (all, (places, count, pages))
        }))
    });
    let reading = web.reading("/partners");
    let found = found.await?;
    let (all, (places, count, pages)) = web.app.shown(reading, found).await?;
    let lede = match count {
        0 => "No location has shared a partner yet. Who works with whom, and since when, appears \
              here."
            .to_owned(),
        count => format!(
            "{} that locations shared, by name, each with the ties that were stated, the latest \
             last.",
            counted(count, "partner", "partners")
        ),
    };
    let lines = all.partners.iter().map(|one| Partner::of(one, &places));
    let page = PartnersPage {
        frame: Frame::national(&web, "/agenda"),
        lede,
        lines: lines.collect(),
        pages,
    };
    html(StatusCode::OK, &page)
}

impl Partner {
    fn of(view: &PartnerView, places: &Places) -> Self {
        let record = &view.record;
        let tie = |tie: &TieView| {
            let when = match tie.on() {
                Some(on) => format!("since {}", day_words(on)),
                None => "day not stated".to_owned(),
            };
            let note = match tie.record.text("note") {
                "" => String::new(),
                note => format!(" – {note}"),
            };
            format!("{}, {when}{note}", capital(tie.words()))
        };
        Self {
            name: record.title.clone(),
            identifier: record.text("identifier").to_owned(),
            kind: match view.kind() {
                "" => "not stated".to_owned(),
                kind => kind.to_owned(),
            },
            place: named(&record.location, places),
            ties: view.ties.iter().map(tie).collect(),
        }
    }
}

fn review_fields() -> impl Iterator<Item = &'static FieldSpec> {
    RecordKind::Review.fields_of(Owner::Hub)
}

async fn choices(web: &Web) -> Result<Choices, PageFailure> {
    let found = web.app.counted(|at| Ok((at.outcomes(), at.definitions())));
    let (outcomes, definitions) = found.await?;
    let outcomes = outcomes.iter();
    let outcomes =
        outcomes.map(|one| (one.code.to_string(), format!("{} ({})", one.name, one.code)));
    let newest = super::indicators::newest_of_each(definitions);
    let indicators = newest.iter();
    let indicators =
        indicators.map(|one| (one.code.to_string(), format!("{} ({})", one.name, one.code)));
    Ok(Choices::from([
        ("outcomes", outcomes.collect()),
        ("indicator", indicators.collect()),
    ]))
}

fn review_page(web: &Web, form: FieldForm) -> Result<Response, PageFailure> {
    let page = FormPage {
        frame: Frame::national(web, "/agenda"),
        title: "Add a review".to_owned(),
        lede: "What moved, the story behind it, what works, and what was decided. It goes to all \
               locations. Name roles and organisations, no people."
            .to_owned(),
        back: ("/learning", "Learning"),
        about: Vec::new(),
        action: "/learning/new".to_owned(),
        button: "Add the review",
        form,
    };
    page.answer()
}

pub(super) async fn new(web: Web) -> Result<Response, PageFailure> {
    let form = FieldForm::of(review_fields(), &Fields::new(), &choices(&web).await?);
    review_page(&web, form)
}

pub(super) async fn add(web: Web, Form(sent): Form<Sent>) -> Result<Response, PageFailure> {
    let fields = form::read(review_fields(), &sent);
    match web.app.set_review(None, form::said(fields.clone())).await {
        Ok(_) => Ok(see("/learning#reviews")),
        Err(error) => {
            let problems = form::mendable(error)?;
            let mut form = FieldForm::of(review_fields(), &fields, &choices(&web).await?);
            form.refused(&problems);
            review_page(&web, form)
        }
    }
}

macro_rules! file {
    ($name:ident, $only:ident, $path:literal, $word:literal, $list:expr, $rows:expr) => {
        pub(super) async fn $name(web: Web, headers: HeaderMap) -> Result<Response, PageFailure> {
            let found = web.app.counted(|at| at.learnt()).await?;
            let found = found.map(|all| all.$only());
            let all = web.app.shown(web.reading($path), found).await?;
            Ok(csv::list($word, &$list, &$rows(all), &headers))
        }
    };
}

type All = crate::app::Learnt;

file!(
    markers_csv,
    only_markers,
    "/markers.csv",
    "markers",
    MARKER_ROWS,
    |all: All| all.markers
);
file!(
    reviews_csv,
    only_reviews,
    "/reviews.csv",
    "reviews",
    REVIEW_ROWS,
    |all: All| all.reviews
);
file!(
    partners_csv,
    only_partners,
    "/partners.csv",
    "partners",
    PARTNER_ROWS,
    |all: All| { all.partners }
);
file!(
    ties_csv,
    only_partners,
    "/ties.csv",
    "ties",
    TIE_ROWS,
    |all: All| {
        let ties = all.partners.into_iter().flat_map(|one| one.ties);
        ties.collect::<Vec<TieView>>()
    }
);

/// Markers and reviews on one page.
const LINES_MAX: usize = 20;
/// Partners on one page.
const PARTNERS_MAX: usize = 60;
