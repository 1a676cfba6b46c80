//! Measures disclosure control: 28.8 million made-up observations, protected and audited.
//!
//! `cargo run --release -p weft-shared --example disclosure -- [LOCATIONS]`; 10,000 locations
//! without a number. There are 12 proportions by quarter over 12 years, each as a total and four
//! complete age groups, with each location's row and the network's. About one row in six is small.
//! Nothing relates two quarters, so two threads take every other one.

use std::{
    io::{self, Write as _, stdout},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use weft_shared::{
    disclosure::{
        Before, Cell, CellKey, Counts, FRR3, Kind, Reason, Relations, Secret, Sum, protect,
    },
    model::{
        indicator::{Protect, Rows},
        number::Number,
        observation::Breakdown,
    },
};

/// The allocator of the programs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const INDICATORS: usize = 12;
const QUARTERS: usize = 48;
const AGES: [&str; 4] = ["0-14", "15-29", "30-64", "65+"];

const THREADS: usize = 2;

/// The numbers of one thread.
#[derive(Default)]
struct Measured {
    observations: usize,
    rows: usize,
    small: usize,
    audited: usize,
    exposed: usize,
    spent: Duration,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a measurement reads the clock and has its own threads"
)]
fn main() -> io::Result<()> {
    let locations = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let locations = locations.unwrap_or(10_000);
    let start = Instant::now();
    let of_threads: Vec<Measured> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|first| scope.spawn(move || measure(first, locations)))
            .collect();
        let threads = threads.into_iter();
        threads.map(|one| one.join().expect("it ends")).collect()
    });
    let sum = |of: fn(&Measured) -> usize| of_threads.iter().map(of).sum::<usize>();
    let slower = of_threads
        .iter()
        .map(|one| one.spent)
        .max()
        .unwrap_or_default();
    writeln!(
        stdout(),
        "{} observations: {} rows, {} small ones withheld, {} more by the audit, {} exposed\n\
         disclosure control took the slower thread {:.1} s; {:.1} s with the making of the \
         figures\n{}",
        sum(|one| one.observations),
        sum(|one| one.rows),
        sum(|one| one.small),
        sum(|one| one.audited),
        sum(|one| one.exposed),
        slower.as_secs_f64(),
        start.elapsed().as_secs_f64(),
        memory()
    )
}

/// The most memory that the program had, as Linux says it.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    peak.unwrap_or("no peak of memory is known here").to_owned()
}

/// Protects every other quarter of each indicator.
#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn measure(first: usize, locations: usize) -> Measured {
    let secret = Secret::new([7; 32]);
    let mut measured = Measured::default();
    for at in (first..INDICATORS * QUARTERS).step_by(THREADS) {
        let (cells, relations) = group(at / QUARTERS, at % QUARTERS, locations);
        let counted = cells.iter().map(|cell| cell.contributions.len());
        measured.observations += counted.sum::<usize>();
        let start = Instant::now();
        let protected = protect(&FRR3, &secret, &cells, &relations, &Before::default());
        measured.spent += start.elapsed();
        measured.rows += protected.rows.len();
        measured.exposed += protected.exposed.len();
        let withheld = protected.withheld.iter();
        let by_audit = withheld.filter(|one| one.reason == Reason::Audit).count();
        measured.audited += by_audit;
        measured.small += protected.withheld.len() - by_audit;
    }
    measured
}

/// One indicator and quarter: the total and its parts.
fn group(indicator: usize, quarter: usize, locations: usize) -> (Vec<Cell>, Relations) {
    let key = |age: Option<&str>| {
        let quarter = format!("{}-Q{}", 2013 + quarter / 4, quarter % 4 + 1);
        CellKey::new(
            format!("SEEN_{indicator}/1").parse().expect("a code"),
            quarter.parse().expect("a quarter"),
            &age.map_or(Breakdown::Total, |age| Breakdown::by("age", age)),
        )
    };
    let ages = || AGES.iter().map(|age| Some(*age));
    let mut cells: Vec<Cell> = [None]
        .into_iter()
        .chain(ages())
        .map(|age| cell(key(age)))
        .collect();
    for location in 0..locations {
        let (code, area) = names(location);
        let mut total = (0, 0);
        for (age, cell) in cells.iter_mut().skip(1).enumerate() {
            let dice = dice(((indicator * QUARTERS + quarter) * locations + location) * 4 + age);
            let most = [12, 60, 400, 900][location % 4];
            let (numerator, rest) = (dice % most, dice / 1_000 % (2 * most));
            total = (total.0 + numerator, total.1 + numerator + rest);
            add(cell, (&code, &area), (numerator, numerator + rest));
        }
        add(&mut cells[0], (&code, &area), total);
    }
    let sum = Sum {
        total: key(None),
        parts: ages().map(key).collect(),
        denominators: true,
        over_time: false,
    };
    let relations = Relations {
        sums: vec![sum],
        ..Relations::default()
    };
    (cells, relations)
}

fn cell(key: CellKey) -> Cell {
    Cell {
        key,
        kind: Kind::Proportion,
        factor: Number::from(100),
        rows: Rows::Locations,
        protect: Protect::Persons,
        contributions: Arc::default(),
    }
}

fn add(cell: &mut Cell, (code, area): (&str, &str), (numerator, denominator): (i64, i64)) {
    let counts = Counts {
        numerator: numerator.into(),
        denominator: Some(denominator.into()),
    };
    let location = code.parse().expect("a code");
    let areas = [(area.parse().expect("a code"), counts)];
    Arc::make_mut(&mut cell.contributions).insert(location, areas.into());
}

/// The codes of a location and of its only area.
fn names(location: usize) -> (String, String) {
    let letters = [location / 676, location / 26 % 26, location % 26];
    let letters = letters
        .iter()
        .map(|at| char::from(b'A' + u8::try_from(*at).unwrap_or(25)));
    let code: String = letters.collect();
    (code.clone(), format!("AREA_{code}"))
}

/// A made-up number that depends on nothing but its place (`SplitMix64`).
fn dice(place: usize) -> i64 {
    let mut z = (place as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    i64::try_from((z ^ z >> 31) >> 2).unwrap_or_default()
}
