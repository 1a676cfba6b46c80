//! Random networks and releases, each judged by the attacker. A seed makes one of them.

use std::collections::BTreeMap;

use super::{attacker::narrow, kit::key};
use crate::{
    disclosure::{
        Before, Cell, Contributions, Counts, FRR3, Kind, Profile, Reason, Relations, Secret, Sum,
        protect,
    },
    model::{
        indicator::{Protect, Rows},
        number::Number,
    },
};

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap();
        usize::try_from(self.next() % limit).unwrap()
    }

    /// A count: often small, sometimes zero.
    fn count(&mut self) -> i64 {
        let most = [2, 6, 12, 40][self.below(4)];
        i64::try_from(self.below(most)).unwrap()
    }
}

/// The true counts of the finest cells: by place, period, age and sex.
type Truth = BTreeMap<(String, String, usize, usize, usize), (i64, i64)>;

/// A network, its definitions, and its figures at each release.
#[derive(Debug)]
struct World {
    kind: Kind,
    rows: Rows,
    ages: usize,
    sexes: usize,
    /// The sexes are shown for each age too.
    crossed: bool,
    months: usize,
    cumulative: bool,
    part: bool,
}

const LOCATIONS: [&str; 6] = ["EC", "FN", "HV", "IN", "OC", "RT"];

impl World {
    fn new(dice: &mut Dice) -> Self {
        Self {
            kind: [Kind::Count, Kind::Proportion, Kind::Rate][dice.below(3)],
            rows: [Rows::Locations, Rows::Locations, Rows::Network][dice.below(3)],
            ages: 1 + dice.below(3),
            sexes: 1 + dice.below(3) / 2,
            crossed: dice.below(2) == 0,
            months: [1, 1, 3][dice.below(3)],
            cumulative: dice.below(3) == 0,
            part: dice.below(3) == 0,
        }
    }

    fn places(dice: &mut Dice, locations: usize) -> Vec<(String, String)> {
        let chosen = LOCATIONS.iter().take(locations);
        let areas = chosen.flat_map(|code| {
            let areas = 1 + dice.below(4) / 3;
            (0..areas).map(move |area| ((*code).to_owned(), format!("{code}{area}")))
        });
        areas.collect()
    }

    fn truth(&self, dice: &mut Dice, places: &[(String, String)]) -> Truth {
        let mut truth = Truth::new();
        for (location, area) in places {
            for month in 0..self.months {
                for age in 0..self.ages {
                    for sex in 0..self.sexes {
                        let key = (location.clone(), area.clone(), month, age, sex);
                        truth.insert(key, (dice.count(), dice.count()));
                    }
                }
            }
        }
        truth
    }

    /// One cell: the sum over months, ages and sexes that are `None`.
    fn cell(&self, truth: &Truth, code: &str, of: [Option<usize>; 3]) -> Cell {
        let period = match of[0] {
            Some(month) => format!("2023-{:02}", month + 1),
            None => "2023-Q1".to_owned(),
        };
        let names = [("age", of[1]), ("sex", of[2])];
        let named = names
            .iter()
            .filter_map(|(name, at)| Some(format!("{name}={}", (*at)?)));
        let named: Vec<String> = named.collect();
        let key = key(&format!("{code} {period} {}", named.join(",")));
        let mut contributions = Contributions::new();
        for ((location, area, month, age, sex), (more, rest)) in truth {
            let is_in = |one: Option<usize>, at: usize| one.is_none_or(|one| one == at);
            let in_month = match of[0] {
                Some(one) if self.cumulative => *month <= one,
                one => is_in(one, *month),
            };
            if !in_month || !is_in(of[1], *age) || !is_in(of[2], *sex) {
                continue;
            }
            let areas = contributions.entry(location.parse().unwrap()).or_default();
            let zero = Counts {
                numerator: Number::ZERO,
                denominator: (self.kind != Kind::Count).then_some(Number::ZERO),
            };
            let counts: &mut Counts = areas.entry(area.parse().unwrap()).or_insert(zero);
            // Some of those who were seen were heard.
            let numerator = if code == "SEEN" { *more } else { more / 2 };
            counts.numerator += numerator.into();
            if let Some(denominator) = &mut counts.denominator {
                *denominator += match self.kind {
                    Kind::Proportion => (more + rest).into(),
                    Kind::Count | Kind::Rate | Kind::Mean => (*rest).into(),
                };
            }
        }
        Cell {
            key,
            kind: self.kind,
            factor: Number::from(100),
            rows: self.rows,
            protect: Protect::Persons,
            contributions,
        }
    }

    fn breakdowns(&self) -> Vec<[Option<usize>; 2]> {
        let mut all = vec![[None, None]];
        if self.ages > 1 {
            all.extend((0..self.ages).map(|age| [Some(age), None]));
        }
        if self.sexes > 1 {
            all.extend((0..self.sexes).map(|sex| [None, Some(sex)]));
        }
        if self.crossed && self.ages > 1 && self.sexes > 1 {
            let both = (0..self.ages).flat_map(|age| (0..self.sexes).map(move |sex| (age, sex)));
            all.extend(both.map(|(age, sex)| [Some(age), Some(sex)]));
        }
        all
    }

    fn periods(&self) -> Vec<Option<usize>> {
        let mut periods: Vec<Option<usize>> = (0..self.months).map(Some).collect();
        if self.months > 1 && !self.cumulative {
            periods.push(None);
        }
        periods
    }

    fn codes(&self) -> &'static [&'static str] {
        if self.part {
            &["SEEN", "HEARD"]
        } else {
            &["SEEN"]
        }
    }

    fn cells(&self, truth: &Truth) -> Vec<Cell> {
        let mut cells = Vec::new();
        for code in self.codes() {
            for month in self.periods() {
                let of = self.breakdowns().into_iter();
                cells.extend(of.map(|[age, sex]| self.cell(truth, code, [month, age, sex])));
            }
        }
        cells
    }

    fn relations(&self) -> Relations {
        let none = Truth::new();
        let key = |code: &str, of| self.cell(&none, code, of).key;
        let mut relations = Relations::default();
        for code in self.codes() {
            for [age, sex] in self.breakdowns() {
                for month in self.periods() {
                    let total = [month, age, sex];
                    for parts in self.parts(total) {
                        relations.sums.push(Sum {
                            total: key(code, total),
                            parts: parts.into_iter().map(|part| key(code, part)).collect(),
                            denominators: true,
                        });
                    }
                    if *code == "HEARD" {
                        relations
                            .part_of
                            .push((key("HEARD", total), key("SEEN", total)));
                    }
                }
                for month in 1..self.months * usize::from(self.cumulative) {
                    let (one, two) = ([Some(month - 1), age, sex], [Some(month), age, sex]);
                    relations.cumulative.push((key(code, one), key(code, two)));
                }
            }
        }
        relations
    }

    /// The complete ways to divide a total.
    fn parts(&self, [month, age, sex]: [Option<usize>; 3]) -> Vec<Vec<[Option<usize>; 3]>> {
        let mut ways = Vec::new();
        let alone = self.crossed || sex.is_none();
        if age.is_none() && self.ages > 1 && alone {
            ways.push((0..self.ages).map(|age| [month, Some(age), sex]).collect());
        }
        let alone = self.crossed || age.is_none();
        if sex.is_none() && self.sexes > 1 && alone {
            ways.push((0..self.sexes).map(|sex| [month, age, Some(sex)]).collect());
        }
        if month.is_none() {
            ways.push(
                (0..self.months)
                    .map(|month| [Some(month), age, sex])
                    .collect(),
            );
        }
        ways
    }
}

/// All releases of a seed, and what came of them.
struct Released {
    before: Before,
    relations: Relations,
    shown: usize,
    audited: usize,
    exposed: usize,
}

fn releases(profile: &Profile, seed: u64) -> Released {
    let mut dice = Dice(seed);
    let world = World::new(&mut dice);
    let mut released = Released {
        before: Before::default(),
        relations: world.relations(),
        shown: 0,
        audited: 0,
        exposed: 0,
    };
    let mut locations = 1 + dice.below(4);
    let places = World::places(&mut dice, locations);
    let mut truth = world.truth(&mut dice, &places);
    for _ in 0..1 + dice.below(3) {
        let cells = world.cells(&truth);
        let (relations, before) = (&released.relations, &released.before);
        let protected = protect(profile, &secret_of(seed), &cells, relations, before);
        let audited = protected.withheld.iter();
        released.audited += audited.filter(|one| one.reason == Reason::Audit).count();
        released.shown += protected.rows.iter().filter(|row| !row.withheld).count();
        released.exposed += protected.exposed.len();
        released.before.add(protected);
        for counts in truth.values_mut() {
            match dice.below(6) {
                0 => counts.0 = dice.count(),
                1 => counts.0 += 1,
                _ => {}
            }
        }
        let more = (locations + dice.below(4)).min(6);
        for place in World::places(&mut dice, more) {
            let mut joined = LOCATIONS.iter().skip(locations);
            if joined.any(|code| *code == place.0) {
                truth.extend(world.truth(&mut dice, std::slice::from_ref(&place)));
            }
        }
        locations = more;
    }
    released
}

fn secret_of(seed: u64) -> Secret {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    Secret::new(bytes)
}

/// Seeds that are judged in each run.
const SEEDS: u64 = 60;

#[test]
fn no_attacker_narrows_a_hidden_count_to_fewer_than_five() {
    let (mut hidden, mut shown, mut audited, mut exposed) = (0, 0, 0, 0);
    for seed in 0..SEEDS {
        let released = releases(&FRR3, seed);
        let (count, narrow) = narrow(&released.before, &released.relations);
        assert!(narrow.is_empty(), "seed {seed}: {narrow:#?}");
        hidden += count;
        shown += released.shown;
        audited += released.audited;
        exposed += usize::from(released.exposed > 0);
    }
    assert!(hidden > 1_500, "{hidden}");
    assert!(
        audited < shown,
        "{audited} rows were withheld, {shown} shown"
    );
    assert!(exposed < 5, "{exposed}");
}

#[test]
fn without_the_audit_the_attacker_wins() {
    let profile = Profile {
        candidates_min: 1,
        ..FRR3
    };
    let lost = (0..SEEDS / 2).filter(|seed| {
        let released = releases(&profile, *seed);
        !narrow(&released.before, &released.relations).1.is_empty()
    });
    let lost = lost.count();
    assert!(lost > 3, "{lost}");
}
