//! A model that is simpler than the code: every line of unrelated investments is added to each cell
//! that it names, one by one.

use super::*;

/// The cells of investments without identifiers and parts, by plain loops.
pub(super) fn cells(
    all: &[Invested],
    of: Period,
    locations: &BTreeSet<LocationCode>,
) -> BTreeMap<(Purse, Row, Column), [Number; 6]> {
    let mut cells = BTreeMap::new();
    for one in all {
        let is_listed = matches!(
            one.status,
            InvestmentStatus::Proposed | InvestmentStatus::Withheld
        );
        let is_cancelled = one.status == InvestmentStatus::Cancelled;
        if is_listed || (one.amount.is_none() && !is_cancelled) {
            continue;
        }
        let purse = Purse {
            kind: one.kind,
            currency: one.currency.clone(),
        };
        let mut rest = one.amount.unwrap_or_default();
        let mut add = |at: usize, places: &Places, outcomes: &BTreeSet<OutcomeRef>, sum| {
            let columns: Vec<Column> = match places {
                Places::NotStated => vec![Column::NotStated],
                Places::All => locations.iter().cloned().map(Column::Of).collect(),
                Places::Of(codes) => codes.iter().cloned().map(Column::Of).collect(),
            };
            let rows: Vec<Row> = match outcomes.is_empty() {
                true => vec![Row::NotStated],
                false => outcomes.iter().map(|of| Row::of(&one.owner, of)).collect(),
            };
            let is_one = rows.len() == 1 && columns.len() == 1 && *places != Places::All;
            for row in rows {
                for column in &columns {
                    let key = (purse.clone(), row.clone(), column.clone());
                    let cell: &mut [Number; 6] = cells.entry(key).or_default();
                    cell[if is_one { at } else { at + 3 }] += sum;
                }
            }
        };
        for line in &one.lines {
            let key = &line.key;
            let is_spent = key.what == LineWhat::Spent;
            if is_cancelled && !is_spent {
                continue;
            }
            // Each line of the same words with a longer period that has this one, or that begins
            // before it and has some of its days.
            let around = one.lines.iter().filter(|other| {
                let (at, around) = (key.period, other.key.period);
                let words = |key: &LineKey| (key.what, key.places.clone(), key.outcomes.clone());
                let has_some = around.start() < at.start() && around.end() >= at.start();
                let has_all = around.start() <= at.start() && around.end() >= at.end();
                words(&other.key) == words(key)
                    && (has_some || has_all)
                    && (around.start(), around.end()) != (at.start(), at.end())
            });
            let around: Vec<Period> = around.map(|other| other.key.period).collect();
            let lies = |period: &Period| period.start() >= of.start() && period.end() <= of.end();
            if lies(&key.period) && !around.iter().any(lies) {
                add(
                    usize::from(is_spent),
                    &key.places,
                    &key.outcomes,
                    line.least,
                );
            }
        }
        rest = rest - most_committed(one);
        let in_force = one.from <= of.end() && one.to >= of.start() && !is_cancelled;
        if in_force && rest > Number::ZERO {
            add(2, &one.places, &one.outcomes, rest);
        }
    }
    cells
}

/// The most of committed lines that can count in one period: of all sets without two of the same
/// words that overlap, the one with the largest sum.
fn most_committed(one: &Invested) -> Number {
    let lines = one.lines.iter();
    let lines = lines.filter(|line| line.key.what == LineWhat::Committed);
    let lines: Vec<&LineAmount> = lines.collect();
    let overlap = |a: &LineAmount, b: &LineAmount| {
        let words = |line: &LineAmount| (line.key.places.clone(), line.key.outcomes.clone());
        let (one, other) = (a.key.period, b.key.period);
        words(a) == words(b) && one.start() <= other.end() && one.end() >= other.start()
    };
    let sets = (0..1_u32 << lines.len()).map(|set| {
        let chosen = lines.iter().enumerate();
        let chosen = chosen.filter(|(at, _)| set >> at & 1 == 1);
        let chosen: Vec<&LineAmount> = chosen.map(|(_, line)| *line).collect();
        let apart = chosen
            .iter()
            .enumerate()
            .all(|(at, line)| chosen[..at].iter().all(|other| !overlap(line, other)));
        let sum: Number = chosen.iter().map(|line| line.least).sum();
        apart.then_some(sum)
    });
    sets.flatten().max().unwrap_or_default()
}
