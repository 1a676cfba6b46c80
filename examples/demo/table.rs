//! The rollup of one month as a table of at most 80 columns.

use std::collections::BTreeMap;

use weft_hub::figures::Figure;
use weft_shared::id::LocationCode;

/// The columns of figures: indicator, its short name, and age group.
const COLUMNS: [(&str, &str, &str); 4] = [
    ("VAX_PARTIAL", "partial", "12+"),
    ("VAX_PARTIAL", "partial", "5-11"),
    ("VAX_PRIMARY", "primary", "12+"),
    ("VAX_PRIMARY", "primary", "5-11"),
];
const LABEL_WIDTH: usize = 34;
const FIGURE_WIDTH: usize = 11;

/// Formats one line per location and one for the network. A figure is its percentage, marked `*` if
/// an area is missing, or the status that says why there is none.
pub(crate) fn month(figures: &[Figure], period: &str, names: &BTreeMap<String, String>) -> String {
    let figures: Vec<&Figure> = figures
        .iter()
        .filter(|figure| figure.cell.key.period.to_string() == period)
        .collect();
    let mut table = heading();
    for (code, name) in names {
        let short = name.trim_start_matches("Healthy Families ");
        table.push_str(&line(&format!("{code} {short}"), |column| {
            find(&figures, column, Some(code.as_str()))
        }));
    }
    table.push_str(&rule());
    table.push_str(&line("Network", |column| find(&figures, column, None)));
    table
}

fn heading() -> String {
    let row = |cells: [&str; 4]| {
        let cells = cells.map(|cell| format!("{cell:>FIGURE_WIDTH$}")).concat();
        format!("{:LABEL_WIDTH$}{cells}\n", "")
    };
    let names = COLUMNS.map(|(_, name, _)| name);
    let ages = COLUMNS.map(|(_, _, age)| age);
    row(names) + &row(ages) + &rule()
}

fn rule() -> String {
    "-".repeat(LABEL_WIDTH + COLUMNS.len() * FIGURE_WIDTH) + "\n"
}

fn line<'a>(label: &str, figure_of: impl Fn((&str, &str)) -> Option<&'a Figure>) -> String {
    let label: String = label.chars().take(LABEL_WIDTH - 1).collect();
    let mut text = format!("{label:<LABEL_WIDTH$}");
    for (indicator, _, age) in COLUMNS {
        let figure = figure_of((indicator, age)).map_or_else(|| "-".to_owned(), shown);
        text.push_str(&format!("{figure:>FIGURE_WIDTH$}"));
    }
    text.push('\n');
    text
}

fn shown(figure: &Figure) -> String {
    let cell = &figure.cell;
    let Some(value) = cell.value else {
        return format!("({})", cell.status.word());
    };
    let partial = if cell.is_partial() { "*" } else { "" };
    format!("{}%{partial}", value.fixed(1))
}

fn find<'a>(
    figures: &[&'a Figure],
    (indicator, age): (&str, &str),
    location: Option<&str>,
) -> Option<&'a Figure> {
    figures.iter().copied().find(|figure| {
        let key = &figure.cell.key;
        key.indicator.as_str() == indicator
            && key.breakdown.value() == age
            && key.level.location().map(LocationCode::as_str) == location
    })
}
