//! `/api`: the guide for analysts, which is a part of `hub/ANALYSTS.md`, with the address of this
//! hub and one of its datasets in each line.

use std::{collections::BTreeSet, sync::Arc};

use askama::Template;
use axum::{
    Router,
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::get,
};
use weft_shared::model::release::{ReleaseId, ReleaseState};

use super::{
    Web,
    data::{failure, frame, origin},
    frame::{Frame, PageFailure, html},
};
use crate::{
    access::site::Site,
    app::{AppHandle, Snapshot},
    release::ReleaseError,
};

/// Returns the route of the guide.
pub(crate) fn routes(app: &AppHandle, site: &Arc<Site>) -> Router {
    let web = Web::new(app, site);
    Router::new().route("/api", get(guide)).with_state(web)
}

#[derive(Template)]
#[template(path = "guide.html")]
struct Guide {
    frame: Frame,
    blocks: Vec<Block>,
}

/// A part of the guide.
#[derive(Debug, PartialEq, Eq)]
enum Block {
    Heading(String),
    Text(Vec<Span>),
    Table(Table),
}

/// A table: its place among the tables, its headings, and the cells of each row.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    number: usize,
    head: Vec<Vec<Span>>,
    rows: Vec<Vec<Vec<Span>>>,
}

/// Words, or something that people type.
#[derive(Debug, PartialEq, Eq)]
struct Span {
    text: String,
    typed: bool,
}

async fn guide(web: Web, headers: HeaderMap) -> Result<Response, PageFailure> {
    let newest = web.app.read(|at| Ok(newest(at))).await?.map_err(failure)?;
    let mut text = GUIDE.replace("http://localhost:8433", &origin(&headers));
    if let Some((id, code)) = newest {
        if let Some(code) = code {
            text = text.replace("SMOKING", &code);
        }
        text = text.replace("2026.1", &id.number.to_string());
        text = text.replace("prevention", id.dataset.as_str());
    }
    let page = Guide {
        frame: frame(&web),
        blocks: blocks(&text),
    };
    html(StatusCode::OK, &page)
}

/// The last release of the chain that stands, and its first indicator that has a row in it: a line
/// that people copy must find something.
fn newest(at: &Snapshot<'_>) -> Result<Option<(ReleaseId, Option<String>)>, ReleaseError> {
    let all = at.releases()?.into_iter();
    let standing = all.filter(|one| one.row.state == ReleaseState::Published);
    let Some(newest) = standing.max_by_key(|one| one.row.link) else {
        return Ok(None);
    };
    let kept = at.release_rows(&newest)?;
    let rows = kept.network.iter().chain(&kept.locations);
    let with: BTreeSet<&str> = rows.map(|row| row.indicator_code.as_str()).collect();
    let code = newest
        .indicators
        .iter()
        .find(|code| with.contains(code.as_str()));
    Ok(Some((newest.row.id.clone(), code.map(ToString::to_string))))
}

/// Reads the part of the guide that is for analysts: headings, paragraphs and tables.
fn blocks(text: &str) -> Vec<Block> {
    let mut parts = text.split("\n# ");
    let analysts = parts.next().unwrap_or_default();
    let pieces = analysts.split("\n\n").map(str::trim);
    let pieces = pieces.filter(|piece| !piece.is_empty() && !piece.starts_with("# "));
    let block = |piece: &str| match (piece.strip_prefix("## "), piece.starts_with('|')) {
        (Some(heading), _) => Block::Heading(heading.to_owned()),
        (None, true) => Block::Table(table(piece)),
        (None, false) => Block::Text(spans(&piece.replace('\n', " "))),
    };
    let mut blocks: Vec<_> = pieces.map(block).collect();
    let tables = blocks.iter_mut().filter_map(|block| match block {
        Block::Table(table) => Some(table),
        Block::Heading(_) | Block::Text(_) => None,
    });
    for (number, table) in (1..).zip(tables) {
        table.number = number;
    }
    blocks
}

fn table(piece: &str) -> Table {
    let mut lines = piece.lines().map(|line| {
        let cells = line.trim_matches('|').split(" | ");
        cells.map(|cell| spans(cell.trim())).collect()
    });
    let head = lines.next().unwrap_or_default();
    // The second line only divides the two.
    let rows = lines.skip(1).collect();
    Table {
        number: 0,
        head,
        rows,
    }
}

fn spans(text: &str) -> Vec<Span> {
    let parts = text.split('`').enumerate();
    let parts = parts.filter(|(_, part)| !part.is_empty());
    let spans = parts.map(|(at, part)| Span {
        text: part.replace("**", ""),
        typed: at % 2 == 1,
    });
    spans.collect()
}

const GUIDE: &str = include_str!("../../ANALYSTS.md");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_has_a_line_for_each_program_twice() {
        let blocks = blocks(GUIDE);
        let tables = blocks.iter().filter_map(|block| match block {
            Block::Table(table) => Some(table),
            Block::Heading(_) | Block::Text(_) => None,
        });
        let programs = ["R", "Python", "Excel", "Power BI", "SQL (DuckDB)", "SAS"];
        let programs = programs.map(spans);
        let of_programs = tables.filter(|table| {
            let names: Vec<_> = table.rows.iter().map(|row| &row[0]).collect();
            assert!(table.rows.iter().all(|row| row.len() == table.head.len()));
            names == programs.iter().collect::<Vec<_>>()
        });
        assert_eq!(of_programs.count(), 2);
        let live = |block: &Block| format!("{block:?}").contains("weft-hub rollup");
        assert!(
            !blocks.iter().any(live),
            "live figures are not for analysts"
        );
    }
}
