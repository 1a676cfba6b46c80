//! Random networks and releases, each judged by the attacker. The networks are the same in each run
//! unless `WEFT_NETWORKS` says how many are tried.

use std::{cell::Cell as Tally, collections::BTreeMap};

use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{Config, RngSeed, TestRunner},
};

use super::{
    attacker::{ATOMS_MAX, narrow},
    kit::key,
};
use crate::{
    disclosure::{
        Before, Cell, Contributions, Counts, FRR3, Kind, Profile, Protected, Reason, Relations,
        Secret, Sum, protect,
    },
    model::{
        indicator::{Protect, Rows},
        number::Number,
    },
};

/// The figures of a network: small numbers, and zeros after the last one.
#[derive(Clone, Debug)]
struct Dice(std::vec::IntoIter<u8>);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.0.next().unwrap_or(0)) % limit
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
#[derive(Clone, Debug)]
struct World {
    secret: u64,
    kind: Kind,
    rows: Rows,
    ages: usize,
    sexes: usize,
    /// The sexes are shown for each age too.
    crossed: bool,
    months: usize,
    cumulative: bool,
    part: bool,
    /// Locations in the first release.
    locations: usize,
    /// For each later release, the locations that join.
    joining: Vec<usize>,
    figures: Vec<u8>,
}

fn world() -> impl Strategy<Value = World> {
    let kinds = select(vec![Kind::Count, Kind::Proportion, Kind::Rate]);
    let rows = select(vec![Rows::Locations, Rows::Locations, Rows::Network]);
    let shape = (1..4_usize, select(vec![1_usize, 1, 2]), any::<bool>());
    let time = (select(vec![1_usize, 1, 3]), prop::bool::weighted(0.3));
    let network = (1..5_usize, vec(0..4_usize, 0..3));
    let figures = vec(any::<u8>(), 0..800);
    let part = prop::bool::weighted(0.3);
    let all = (
        any::<u64>(),
        kinds,
        rows,
        shape,
        time,
        part,
        network,
        figures,
    );
    all.prop_map(
        |(secret, kind, rows, shape, time, part, network, figures)| World {
            secret,
            kind,
            rows,
            ages: shape.0,
            sexes: shape.1,
            crossed: shape.2,
            months: time.0,
            cumulative: time.1,
            part,
            locations: network.0,
            joining: network.1,
            figures,
        },
    )
}

const LOCATIONS: [&str; 6] = ["EC", "FN", "HV", "IN", "OC", "RT"];

impl World {
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
            contributions: contributions.into(),
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
                            over_time: parts.iter().any(|part| part[0] != total[0]),
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

/// All releases of a network, and what came of them.
struct Released {
    /// All that was shown before the last one.
    before: Before,
    relations: Relations,
    /// The last release.
    last: Protected,
    shown: usize,
    audited: usize,
    exposed: usize,
}

impl Released {
    fn all(&self) -> Before {
        let mut all = self.before.clone();
        all.add(self.last.clone());
        all
    }
}

fn releases(profile: &Profile, world: &World) -> Released {
    let mut dice = Dice(world.figures.clone().into_iter());
    let mut released = Released {
        before: Before::default(),
        relations: world.relations(),
        last: Protected::default(),
        shown: 0,
        audited: 0,
        exposed: 0,
    };
    let mut locations = world.locations;
    let places = World::places(&mut dice, locations);
    let mut truth = world.truth(&mut dice, &places);
    for joining in [0].iter().chain(&world.joining) {
        let more = (locations + joining).min(LOCATIONS.len());
        for place in World::places(&mut dice, more) {
            let mut joined = LOCATIONS.iter().skip(locations);
            if joined.any(|code| *code == place.0) {
                truth.extend(world.truth(&mut dice, std::slice::from_ref(&place)));
            }
        }
        locations = more;
        released.before.add(std::mem::take(&mut released.last));
        let cells = world.cells(&truth);
        let (relations, before) = (&released.relations, &released.before);
        released.last = protect(profile, &secret_of(world), &cells, relations, before);
        let audited = released.last.withheld.iter();
        released.audited += audited.filter(|one| one.reason == Reason::Audit).count();
        released.shown += released
            .last
            .rows
            .iter()
            .filter(|row| !row.withheld)
            .count();
        released.exposed += released.last.exposed.len();
        for counts in truth.values_mut() {
            match dice.below(6) {
                1 => counts.0 = dice.count(),
                2 => counts.0 += 1,
                _ => {}
            }
        }
    }
    released
}

fn secret_of(world: &World) -> Secret {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&world.secret.to_be_bytes());
    Secret::new(bytes)
}

/// Atoms of a component in tests that attack often.
const SMALL: usize = 150;

/// A profile whose audit finds nothing.
const UNAUDITED: Profile = Profile {
    candidates_min: 1,
    ..FRR3
};

/// Tries random networks: so many, or as many as `WEFT_NETWORKS` says.
fn each_world(networks: u32, test: impl Fn(World) -> Result<(), TestCaseError>) {
    let asked = std::env::var("WEFT_NETWORKS").ok();
    let asked = asked.map(|text| text.parse().expect("WEFT_NETWORKS is a number"));
    let config = Config {
        cases: asked.unwrap_or(networks),
        rng_seed: RngSeed::Fixed(12),
        failure_persistence: None,
        ..Config::default()
    };
    if let Err(error) = TestRunner::new(config).run(&world(), test) {
        panic!("{error}");
    }
}

#[test]
fn no_attacker_narrows_a_hidden_count_to_fewer_than_five() {
    let (networks, hidden, unjudged) = (Tally::new(0), Tally::new(0), Tally::new(0));
    let (shown, audited, exposed) = (Tally::new(0), Tally::new(0), Tally::new(0));
    each_world(40, |world| {
        let released = releases(&FRR3, &world);
        shown.set(shown.get() + released.shown);
        audited.set(audited.get() + released.audited);
        exposed.set(exposed.get() + usize::from(released.exposed > 0));
        let found = narrow(&released.all(), &released.relations, ATOMS_MAX);
        networks.set(networks.get() + 1);
        hidden.set(hidden.get() + found.hidden);
        unjudged.set(unjudged.get() + found.unjudged);
        prop_assert!(found.narrow.is_empty(), "{:#?}", found.narrow);
        Ok(())
    });
    let (networks, hidden, unjudged) = (networks.get(), hidden.get(), unjudged.get());
    let (shown, audited, exposed) = (shown.get(), audited.get(), exposed.get());
    let said = format!(
        "{networks} networks: {hidden} hidden counts judged, {unjudged} in too large components; \
         {shown} rows shown, {audited} withheld \
         by the audit, {exposed} networks with an exposed row"
    );
    println!("{said}");
    assert!(hidden > 1_000 && unjudged < hidden, "{said}");
    assert!(audited < shown, "{said}");
    assert!(exposed * 5 < networks, "{said}");
}

#[test]
fn without_the_audit_the_attacker_wins() {
    let lost = Tally::new(0);
    each_world(60, |world| {
        let released = releases(&UNAUDITED, &world);
        let found = narrow(&released.all(), &released.relations, SMALL);
        lost.set(lost.get() + usize::from(!found.narrow.is_empty()));
        Ok(())
    });
    assert!(lost.get() > 2, "{}", lost.get());
}
