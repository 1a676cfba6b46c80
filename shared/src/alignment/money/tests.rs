//! Money counted once, by scripts, by published figures and by properties.

mod apart;
mod held;
mod merged;
mod model;
mod parts;
pub(crate) mod properties;
mod published;
mod rules;
mod spent;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::{
    model::{
        line::LineWhat,
        outcome::{joined, split},
    },
    period::Period,
    time::Timestamp,
};

/// A record's id, made of a name of at most ten bytes.
pub(crate) fn id(name: &str) -> RecordId {
    let mut bytes = [0; 10];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    RecordId::from_parts(Timestamp::from_ms(1), bytes)
}

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

/// Parses an investment and its lines: `hub A amount=100 at=FN+WT for=VAX | committed FY2027 FN VAX
/// 60`. Its other words are `days=FROM..TO` in periods, `identifier`, `part_of`, `status`, `kind`,
/// `currency`, `gst`, `funder` and `to`, the recipient; a line may have `least..most`, and `-` for
/// what is not stated.
pub(crate) fn invested(text: &str) -> Invested {
    let mut parts = text.split(" | ");
    let words: Vec<&str> = parts.next().unwrap().split(' ').collect();
    let said = |name: &str| {
        let mut pairs = words.iter().filter_map(|word| word.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let owner = match words[0] {
        "hub" => Owner::Hub,
        code => Owner::Location(code.parse().unwrap()),
    };
    let days = said("days").unwrap_or("FY2027..FY2027");
    let (from, to) = days.split_once("..").unwrap();
    let own = words[1];
    Invested {
        owner,
        id: id(own),
        identifier: said("identifier").map(str::to_owned),
        funder: said("funder").unwrap_or("Example fund").to_owned(),
        recipient: said("to").map(str::to_owned),
        kind: said("kind").unwrap_or("cash").parse().unwrap(),
        currency: said("currency").unwrap_or("NZD").parse().unwrap(),
        gst: said("gst").unwrap_or("excluded").parse().unwrap(),
        status: said("status").unwrap_or("committed").parse().unwrap(),
        amount: said("amount").map(|text| text.parse().unwrap()),
        from: period(from).start(),
        to: period(to).end(),
        places: said("at").unwrap_or_default().parse().unwrap(),
        outcomes: split(said("for").unwrap_or_default()).unwrap(),
        part_of: said("part_of").map(str::to_owned),
        until: None,
        lines: parts.map(|line| line_of(own, line)).collect(),
    }
}

fn line_of(own: &str, text: &str) -> LineAmount {
    let words: Vec<&str> = text.split(' ').collect();
    let stated = |at: usize| {
        Some(words[at])
            .filter(|word| *word != "-")
            .unwrap_or_default()
    };
    let key = LineKey {
        investment: id(own),
        what: words[0].parse().unwrap(),
        period: period(words[1]),
        places: stated(2).parse().unwrap(),
        outcomes: split(stated(3)).unwrap().into(),
    };
    let (least, most) = words[4].split_once("..").unwrap_or((words[4], words[4]));
    let amounts = [least, most].map(|amount| amount.parse().unwrap());
    LineAmount::of(key, amounts).unwrap()
}

fn books(texts: &[&str]) -> Books {
    Books::of(texts.iter().map(|text| invested(text)), &BTreeMap::new())
}

/// The locations of these scripts.
pub(crate) fn locations() -> BTreeSet<LocationCode> {
    let codes = ["FN", "IN", "WT"];
    codes.iter().map(|code| code.parse().unwrap()).collect()
}

/// The money of a period in lines: each purse with its total, then by outcome and location. A sum
/// in brackets is shared; one that is provisional has its range.
fn told(texts: &[&str], of: &str) -> String {
    let money = books(texts).count(period(of), &locations());
    let mut lines = Vec::new();
    for (purse, pot) in &money.pots {
        lines.push(format!("{purse}: {}", sums(&pot.total, &pot.cells.shared)));
        for ((row, column), figures) in &pot.cells.of {
            let sums = sums(&figures.divided, &figures.shared);
            lines.push(format!("{row}, {column}: {sums}"));
        }
    }
    lines.join("\n")
}

fn sums(all: &Totals, shared: &Totals) -> String {
    let mut words = Vec::new();
    for measure in Measure::ALL {
        for (range, is_shared) in [(all.get(measure), false), (shared.get(measure), true)] {
            let text = match range.is_provisional() {
                true => format!("{} P {}..{}", range.value, range.low, range.high),
                false => range.value.to_string(),
            };
            match is_shared {
                _ if range.is_zero() => {}
                true => words.push(format!("({} {text})", measure.word())),
                false => words.push(format!("{} {text}", measure.word())),
            }
        }
    }
    if all.gst.is_mixed() || shared.gst.is_mixed() {
        words.push("mixed GST".to_owned());
    }
    match all.n_partly + shared.n_partly {
        0 => {}
        n => words.push(format!("{n} partly")),
    }
    words.join(", ")
}

fn problems(texts: &[&str]) -> Vec<String> {
    let books = books(texts);
    let problems = books.problems().map(|problem| {
        let named = problem.investments();
        let named = named.iter().map(name_of).collect::<Vec<_>>();
        let text = problem.to_string();
        let text = text
            .replace(&id("A").to_string(), "A")
            .replace(&id("B").to_string(), "B");
        format!("{}: {text}", named.join(" "))
    });
    problems.collect()
}

/// The name of which [`id`] made an id.
fn name_of((_, one): &InvestmentKey) -> String {
    let names = ["A", "B", "C", "D", "E", "F"];
    let name = names.iter().find(|name| id(name) == *one);
    name.map_or_else(|| one.to_string(), |name| (*name).to_owned())
}
