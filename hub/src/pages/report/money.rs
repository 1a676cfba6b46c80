//! Money in a report: the sums of the period, each line once, and the investments behind them.

use std::collections::BTreeSet;

use weft_shared::{
    alignment::money::Owner,
    model::{
        investment::{Investment, InvestmentStatus},
        places::Places,
        spelling::folded_name,
    },
    period::day_words,
};

use super::{
    Reader,
    make::team,
    read::Content,
    section::{Column, Item, Part, Section, Table},
};
use crate::pages::{
    agenda::place_of,
    money::{amount, by_title, ending, once, purse_shown},
};

/// Investments in a table, and in a list.
const ROWS_MAX: usize = 10;
const LINES_MAX: usize = 5;

/// The section of money. Each kind and currency is apart.
pub(super) fn money(content: &Content, reader: Reader) -> Section {
    let heading = match reader {
        Reader::Minister | Reader::Funder => "The money",
        Reader::Community => "Whose money it is",
    };
    let mut section = Section::new("money", heading);
    let in_force = in_force(content);
    if in_force.is_empty() {
        section.words(
            "This report has no investment of this period: none is stated, or none may be told \
             outside the network.",
        );
        return section;
    }
    section.words(
        "Each line is in a total once. What is for several places or outcomes is never split \
         among them.",
    );
    for (purse, pot) in &content.sight.sight.money.pots {
        let shown = purse_shown(purse, pot);
        if shown.sums.is_empty() {
            continue;
        }
        let rows = shown
            .sums
            .into_iter()
            .map(|sum| vec![sum.what, sum.one, sum.several, sum.not_stated, sum.total]);
        section.parts.push(Part::Table(Table {
            caption: shown.name,
            columns: SUMS,
            rows: rows.collect(),
        }));
        shown.notes.into_iter().for_each(|note| section.small(note));
    }
    let rows = in_force.iter().map(|one| {
        vec![
            one.title.clone(),
            format!("{}, {}", one.funder.0, recipient(one)),
            places(content, &one.places),
            day_words(one.to),
            amount(one),
        ]
    });
    let table = Table {
        caption: "Investments of the period".to_owned(),
        columns: INVESTMENTS,
        rows: rows.collect(),
    };
    section.table(table, (ROWS_MAX, "investments.csv"));
    section
}

/// Investments in force on a day of the period, in the order of their titles, each once.
fn in_force(content: &Content) -> Vec<&Investment> {
    let period = content.period;
    let mut of_period: Vec<&Investment> = (content.investments.0.iter())
        .filter(|one| one.owner == Owner::Hub || !is_twin(content, &one.investment))
        .map(|one| &one.investment)
        .filter(|one| {
            let stands = [InvestmentStatus::Committed, InvestmentStatus::Ended];
            stands.contains(&one.status) && one.from <= period.end() && one.to >= period.start()
        })
        .collect();
    of_period.sort_by_cached_key(|one| (folded_name(&one.title), one.id));
    of_period
}

/// Whether the national team states the same investment.
fn is_twin(content: &Content, one: &Investment) -> bool {
    let hub = content
        .investments
        .0
        .iter()
        .filter(|of| of.owner == Owner::Hub);
    let known: BTreeSet<&String> = hub
        .filter_map(|of| of.investment.identifier.as_ref())
        .collect();
    one.identifier
        .as_ref()
        .is_some_and(|identifier| known.contains(identifier))
}

/// Adds the money that ends within a year, and what is proposed.
pub(super) fn asked_money(content: &Content, section: &mut Section) {
    let aligned = &content.sight.aligned;
    let all = once(aligned, &by_title(aligned));
    let item = |(owner, one): &(&Owner, &Investment), when: String| Item {
        what: one.title.clone(),
        lines: vec![format!("{} · {} · {when}", amount(one), one.funder.0)],
        meta: format!("Stated by {}", team(content, owner)),
    };
    let ends = ending(&all, content.today);
    if !ends.is_empty() {
        let heading = "Money that ends within a year".to_owned();
        section.parts.push(Part::Heading(heading));
        let ends = ends
            .iter()
            .map(|one| item(one, format!("ends {}", day_words(one.1.to))));
        section.list(ends.collect(), (LINES_MAX, "investments.csv"));
    }
    let proposed = all
        .iter()
        .filter(|(_, one)| one.status == InvestmentStatus::Proposed);
    let proposed = proposed.map(|one| {
        let days = format!("{} to {}", day_words(one.1.from), day_words(one.1.to));
        item(one, days)
    });
    let proposed: Vec<Item> = proposed.collect();
    if !proposed.is_empty() {
        section
            .parts
            .push(Part::Heading("Proposed, and in no sum".to_owned()));
        section.list(proposed, (LINES_MAX, "investments.csv"));
    }
}

fn recipient(one: &Investment) -> String {
    match &one.recipient.0 {
        Some(name) => format!("to {name}"),
        None => "recipient not stated".to_owned(),
    }
}

fn places(content: &Content, places: &Places) -> String {
    match places {
        Places::NotStated => "not stated".to_owned(),
        Places::All => "all locations".to_owned(),
        Places::Of(codes) if codes.len() > PLACES_MAX => format!("{} locations", codes.len()),
        Places::Of(codes) => {
            let names = codes.iter().map(|code| place_of(&content.names, code));
            names.collect::<Vec<_>>().join(", ")
        }
    }
}

/// Locations that a cell names; more are counted.
const PLACES_MAX: usize = 3;
const SUMS: &[Column] = &[
    ("Sum", false, 44),
    ("For one", true, 14),
    ("For several", true, 14),
    ("Not stated", true, 14),
    ("Total", true, 14),
];
const INVESTMENTS: &[Column] = &[
    ("Investment", false, 30),
    ("Funder and recipient", false, 24),
    ("For", false, 16),
    ("Ends", false, 14),
    ("Amount", true, 16),
];
