//! `/indicators`: which measure what, one a row, and the same as a file.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::Query,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use weft_host::{
    chart::{Name, Small},
    clock,
    list::{Column, Datum, List},
};
use weft_shared::{id::IndicatorCode, model::indicator::Definition, period::Date, text::counted};

use super::{
    Web, csv,
    drawn::{Said, Series, ends, turns},
    frame::{Frame, PageFailure, html},
    search::{Search, address},
    told::Glance,
    words::{Measure, Pages},
};
use crate::figures::{Figure, Sketch};

#[derive(Template)]
#[template(path = "indicators.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    pages: Pages,
    asked: String,
    lede: String,
}

/// An indicator as a row.
struct Row {
    glance: Glance,
    strip: String,
}

pub(super) async fn page(
    web: Web,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Response, PageFailure> {
    let mut frame = Frame::national(&web, "/indicators");
    let search = Search::of(asked.get("q"));
    let page = asked
        .get("page")
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    let base = address("/indicators", &[("q", search.typed())]);
    let words = search.clone();
    let found = web.app.counted(move |at| {
        let definitions = newest_of_each(at.definitions());
        let all = definitions.len();
        let fitting = definitions.into_iter().filter(|one| fits(one, &words));
        let fitting: Vec<Definition> = fitting.collect();
        let (shown, pages) = pages_of(&fitting, page, (&base, "page"), ROWS_MAX);
        let wanted: Vec<_> = shown.iter().map(|one| (one.code.clone(), None)).collect();
        let today = at.zone().day(clock::now());
        let of = (at.targets_shown(None)?, today);
        let sketches = at.sketches(&wanted, &[])?;
        Ok(sketches.map(|sketches| (sketches, (shown, pages, all, of))))
    });
    let (sketches, (shown, pages, all, (targets, today))) = web
        .app
        .shown(web.reading("/indicators"), found.await?)
        .await?;
    frame.name_sources(&shown, sketches.iter().flat_map(|one| &one.network));
    let rows = shown.iter().map(|definition| {
        let sketch = sketches.iter().find(|one| one.indicator == definition.code);
        Row {
            glance: Glance::of(definition, sketch, (&targets, today)),
            strip: sketch.map(|one| strip(definition, one)).unwrap_or_default(),
        }
    });
    let page = Page {
        rows: rows.collect(),
        lede: match all {
            0 => "The network has no indicators yet. They appear here once the national team \
                  imports their definitions: weft-hub definitions import FILE"
                .to_owned(),
            _ => format!(
                "{} in the order of their codes. The line is the network's.",
                counted(all, "indicator", "indicators")
            ),
        },
        pages,
        asked: search.typed().to_owned(),
        frame,
    };
    html(StatusCode::OK, &page)
}

/// Draws the network's series small.
fn strip(definition: &Definition, sketch: &Sketch) -> String {
    let measure = Measure::of(definition);
    let line = Series::of(&sketch.network, &measure, Said::Nothing).own("");
    let small = Small::over([&line])
        .ticks(ends(&sketch.network))
        .turns(&turns(&sketch.network));
    small.strip(&[&line], Name::Hidden)
}

/// Whether an indicator's name or code has the words that were asked for.
fn fits(definition: &Definition, words: &Search) -> bool {
    let names = [Some(&definition.name), definition.name_mi.as_ref()];
    let names = names.into_iter().flatten().map(String::as_str);
    words.finds(names.chain([definition.code.as_str()]))
}

/// One indicator in the file.
struct Line {
    definition: Definition,
    figure: Option<Figure>,
    glance: Glance,
}

pub(super) async fn csv(web: Web, headers: HeaderMap) -> Result<Response, PageFailure> {
    let found = web.app.counted(|at| {
        let definitions = newest_of_each(at.definitions());
        let wanted: Vec<_> = definitions
            .iter()
            .map(|one| (one.code.clone(), None))
            .collect();
        let today = at.zone().day(clock::now());
        Ok(at
            .sketches(&wanted, &[])?
            .map(|sketches| (sketches, (definitions, today))))
    });
    let reading = web.reading("/indicators.csv");
    let (sketches, (definitions, today)) = web.app.shown(reading, found.await?).await?;
    let lines = lines(definitions, &sketches, today);
    Ok(csv::list("indicators", &INDICATORS, &lines, &headers))
}

fn lines(definitions: Vec<Definition>, sketches: &[Sketch], today: Date) -> Vec<Line> {
    let lines = definitions.into_iter().map(|definition| {
        let sketch = sketches.iter().find(|one| one.indicator == definition.code);
        Line {
            figure: sketch.and_then(Sketch::newest).cloned(),
            glance: Glance::of(&definition, sketch, (&[], today)),
            definition,
        }
    });
    lines.collect()
}

const INDICATORS: List<Line> = List::new(&[
    Column::new("indicator_code", |one: &Line| {
        one.definition.code.as_str().into()
    }),
    Column::new("name", |one: &Line| (&*one.definition.name).into()),
    Column::new("breakdown", |one: &Line| {
        of_figure(one, |figure| figure.cell.key.breakdown.name().into_owned())
    }),
    Column::new("breakdown_value", |one: &Line| {
        of_figure(one, |figure| figure.cell.key.breakdown.value().into_owned())
    }),
    Column::new("period", |one: &Line| {
        of_figure(one, |figure| figure.cell.key.period.to_string())
    }),
    Column::new("value", |one: &Line| {
        let value = one.figure.as_ref().and_then(Figure::headline);
        value.map_or(Datum::Nothing, Datum::text)
    }),
    Column::new("unit_measure", |one: &Line| {
        Datum::text(one.definition.measure())
    }),
    Column::new("compared_with", |one: &Line| {
        let compared = one
            .figure
            .as_ref()
            .and_then(|figure| figure.compared.as_ref());
        compared.map_or(Datum::Nothing, |one| Datum::text(one.before))
    }),
    Column::new("change", |one: &Line| {
        let compared = one
            .figure
            .as_ref()
            .and_then(|figure| figure.compared.as_ref());
        let change = compared.and_then(|one| one.change);
        change.map_or(Datum::Nothing, Datum::text)
    }),
    Column::new("why_not_compared", |one: &Line| match one.glance.moved {
        Some(_) => Datum::Nothing,
        None => one.glance.chip.into(),
    }),
    Column::new("n_areas", |one: &Line| {
        one.figure.as_ref().map(|figure| figure.cell.n_areas).into()
    }),
    Column::new("n_areas_expected", |one: &Line| {
        one.figure
            .as_ref()
            .map(|figure| figure.cell.n_areas_expected)
            .into()
    }),
]);

fn of_figure(line: &Line, text: impl Fn(&Figure) -> String) -> Datum {
    line.figure.as_ref().map(text).into()
}

/// The newest version of each definition, by code.
pub(super) fn newest_of_each(definitions: Vec<Definition>) -> Vec<Definition> {
    let mut newest: BTreeMap<IndicatorCode, Definition> = BTreeMap::new();
    for one in definitions {
        let known = newest.get(&one.code);
        if known.is_none_or(|known| known.version < one.version) {
            newest.insert(one.code.clone(), one);
        }
    }
    newest.into_values().collect()
}

/// The items on page `page`, from 1, of a list of which each page has `most`; and the pages beside
/// it. An address that names no page leads to the last one.
pub(super) fn pages_of<T: Clone>(
    items: &[T],
    page: usize,
    (base, name): (&str, &str),
    most: usize,
) -> (Vec<T>, Pages) {
    let count = items.len().div_ceil(most).max(1);
    let page = page.clamp(1, count);
    let first = (page - 1) * most;
    let shown: Vec<T> = items.iter().skip(first).take(most).cloned().collect();
    let join = if base.contains('?') { '&' } else { '?' };
    let address = |page: usize| format!("{base}{join}{name}={page}");
    let pages = Pages {
        shown: (first + 1, first + shown.len(), items.len()),
        before: (page > 1).then(|| address(page - 1)),
        next: (page < count).then(|| address(page + 1)),
    };
    (shown, pages)
}

/// Indicators on one page.
const ROWS_MAX: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_has_pages_and_a_wrong_number_leads_to_the_last() {
        let items: Vec<u8> = (0..130).collect();
        let (shown, pages) = pages_of(&items, 2, ("/indicators", "page"), 60);
        assert_eq!((shown.first(), shown.len()), (Some(&60), 60));
        assert_eq!(pages.shown, (61, 120, 130));
        assert_eq!(pages.before.as_deref(), Some("/indicators?page=1"));
        assert_eq!(pages.next.as_deref(), Some("/indicators?page=3"));
        let (shown, pages) = pages_of(&items, 99, ("/?q=a", "page"), 60);
        assert_eq!((shown.len(), pages.next), (10, None));
        assert_eq!(pages.before.as_deref(), Some("/?q=a&page=2"));
        let (none, pages) = pages_of::<u8>(&[], 0, ("/", "page"), 60);
        assert!(none.is_empty() && !pages.are_several());
    }
}
