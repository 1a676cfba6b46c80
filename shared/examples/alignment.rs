//! Measures the line of sight: made-up investments with their lines, read, counted and explained.
//!
//! `cargo run --release -p weft-shared --example alignment -- [INVESTMENTS]`; 10,000 investments
//! with ten lines each without a number. Half are the hub's, half those of twelve locations; one in
//! five is stated by both, one in four is a part of another, and one line in three is for several
//! locations or outcomes.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write as _, stdout},
    time::Instant,
};

use weft_shared::{
    alignment::{
        money::{Books, Column, Invested, LineAmount, Owner, Row},
        sight::{Given, Outcome, Sight},
    },
    id::{LocationCode, RecordId},
    model::{
        investment::{Gst, InvestmentKind, InvestmentStatus},
        line::{LineKey, LineWhat},
        number::Number,
        outcome::OutcomeRef,
        places::Places,
    },
    period::Period,
    time::Timestamp,
};

const LOCATIONS: usize = 12;
const OUTCOMES: usize = 20;
const LINES: usize = 10;

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn main() -> io::Result<()> {
    let investments = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let investments: usize = investments.unwrap_or(10_000);
    let invested: Vec<Invested> = (0..investments).map(investment).collect();
    let n_lines: usize = invested.iter().map(|one| one.lines.len()).sum();
    let locations: BTreeSet<LocationCode> = (0..LOCATIONS).map(location).collect();
    let outcomes: Vec<Outcome> = (0..OUTCOMES).map(named).collect();
    let period: Period = "FY2027".parse().expect("a period");

    let start = Instant::now();
    let books = Books::of(invested, &BTreeMap::new());
    let read = start.elapsed();

    let start = Instant::now();
    let sight = Sight::of(&Given {
        period,
        today: period.end(),
        locations: &locations,
        outcomes: &outcomes,
        needs: &BTreeMap::new(),
        initiatives: &[],
        markers: &[],
        books: &books,
    });
    let matrix = start.elapsed();

    let start = Instant::now();
    let row = Row::of(&Owner::Hub, &outcome(7));
    let explained = books.explain(period, &row, &Column::Of(location(5)));
    let one = start.elapsed();
    let line = explained
        .contributions
        .iter()
        .find(|one| one.line.is_some());
    let (owner, line) = line
        .and_then(|one| Some((&one.owner, one.line.as_ref()?)))
        .expect("a cell has lines");

    let start = Instant::now();
    let stated = books.line(owner, line).expect("the line is in the books");
    let by_key = start.elapsed();

    writeln!(
        stdout(),
        "{investments} investments with {n_lines} lines: read in {:.3} s, {} rows by {} columns in \
         {:.3} s\none cell with its {} lines in {:.1} ms, one line of {} by its key in {:.3} ms",
        read.as_secs_f64(),
        sight.rows.len(),
        sight.columns.len(),
        matrix.as_secs_f64(),
        explained.contributions.len(),
        1e3 * one.as_secs_f64(),
        stated.least,
        1e3 * by_key.as_secs_f64(),
    )
}

fn investment(number: usize) -> Invested {
    let of_hub = number.is_multiple_of(2);
    let owner = match of_hub {
        true => Owner::Hub,
        false => Owner::Location(location(number / 2 % LOCATIONS)),
    };
    // Two that follow each other have one identifier, if they are stated twice.
    let contract = if number % 10 < 2 {
        number - number % 10
    } else {
        number
    };
    let id = record(number);
    let line = |nth: usize| line(id, number, nth);
    Invested {
        owner,
        id,
        identifier: Some(format!("C-{contract}")),
        funder: format!("Fund {}", number % 40),
        recipient: Some(format!("Team {}", number % 400)),
        kind: InvestmentKind::Cash,
        currency: "NZD".parse().expect("a currency"),
        gst: Gst::Excluded,
        status: InvestmentStatus::Committed,
        amount: Some(Number::from(100_000 + dice(number) % 900_000)),
        from: "2025-07-01".parse().expect("a day"),
        to: "2029-06-30".parse().expect("a day"),
        places: places(dice(number)),
        outcomes: outcomes(dice(number + 1)),
        part_of: (number % 4 == 3).then(|| format!("C-{}", number - 1)),
        until: None,
        lines: (0..LINES).map(line).collect(),
    }
}

fn line(investment: RecordId, number: usize, nth: usize) -> LineAmount {
    let dice = dice(number * LINES + nth);
    let what = if dice % 2 == 0 {
        LineWhat::Committed
    } else {
        LineWhat::Spent
    };
    let year = 2026 + nth % 4;
    let key = LineKey {
        investment,
        what,
        period: format!("FY{year}").parse().expect("a period"),
        places: places(dice / 7),
        outcomes: outcomes(dice / 11).into(),
    };
    let amount = Number::from(1 + dice % 9_000);
    LineAmount {
        key,
        least: amount,
        most: amount,
    }
}

fn places(dice: i64) -> Places {
    let at = |dice: i64| location(usize::try_from(dice).unwrap_or_default() % LOCATIONS);
    match dice % 12 {
        0 => Places::NotStated,
        1 => Places::All,
        2 | 3 => Places::of([at(dice), at(dice / 3), at(dice / 5)]),
        _ => Places::of([at(dice)]),
    }
}

fn outcomes(dice: i64) -> BTreeSet<OutcomeRef> {
    let of = |dice: i64| outcome(usize::try_from(dice).unwrap_or_default() % OUTCOMES);
    match dice % 10 {
        0 => BTreeSet::new(),
        1 | 2 => [of(dice), of(dice / 3)].into(),
        _ => [of(dice)].into(),
    }
}

fn location(number: usize) -> LocationCode {
    let letter = char::from(b'A' + u8::try_from(number % 26).unwrap_or_default());
    format!("L{letter}").parse().expect("a code")
}

fn outcome(number: usize) -> OutcomeRef {
    format!("OUTCOME_{number}").parse().expect("a code")
}

fn named(number: usize) -> Outcome {
    Outcome {
        of: outcome(number),
        owner: Owner::Hub,
        name: format!("Example {number}"),
        indicators: Vec::new(),
        shared: None,
        priority: None,
    }
}

fn record(number: usize) -> RecordId {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&(number as u64).to_be_bytes());
    RecordId::from_parts(Timestamp::from_ms(1_795_000_000_000), random)
}

/// A made-up number that depends on nothing but its place (`SplitMix64`).
fn dice(place: usize) -> i64 {
    let mut z = (place as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    i64::try_from((z ^ z >> 31) >> 2).unwrap_or_default()
}
