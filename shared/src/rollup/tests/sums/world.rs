//! Networks, statements about them, and a store that keeps these as sums.

use std::sync::Arc;

use proptest::{prelude::*, sample::select};

use super::super::*;
use crate::{
    id::AreaCode,
    model::{
        indicator::{Adjustment, BaseChange, IndicatorType, Mapping, RollupRule, Settings},
        number::Number,
        observation::Breakdown,
    },
    period::{Frequency, Period},
    rollup::{
        AmountKind, CellKey, Expected, Level, Parts, PlaceSet, Slice, Sum, Summed, cell_of_sums,
        cells, labels,
    },
    validation::question::{ANOTHER_BASE, GROWTH},
};

const CODES: [&str; 5] = ["AA", "BB", "CC", "DD", "EE"];
const KINDS: [&str; 6] = ["proportion", "rate", "mean", "count", "index", "ordinal"];
const SPELLINGS: [&str; 3] = ["12+", "１２+", "5-11"];

/// Three versions of an indicator, of which the last may be of another kind.
#[derive(Clone, Debug)]
struct Versions {
    kinds: (&'static str, &'static str),
    mappings: [&'static str; 2],
    is_yearly: bool,
    is_never_added: bool,
    is_adjusted: bool,
    base_from: Option<usize>,
}

fn versions() -> impl Strategy<Value = Versions> {
    // Mostly the ordinary ones, so that most cells are sums.
    let kind = || prop_oneof![2 => Just(KINDS[0]), 3 => select(&KINDS[..])];
    let mapping = || select(vec!["exact", "exact", "approximate", "break", ""]);
    let rarely = || prop::bool::weighted(0.1);
    let kinds = (kind(), kind(), prop::bool::weighted(0.8));
    let kinds = kinds.prop_map(|(one, other, same)| (one, if same { one } else { other }));
    let base_from = prop::option::weighted(0.2, 0_usize..3);
    let rest = (any::<bool>(), rarely(), rarely(), base_from);
    (kinds, mapping(), mapping(), rest).prop_map(|(kinds, first, second, rest)| Versions {
        kinds,
        mappings: [first, second],
        is_yearly: rest.0,
        is_never_added: rest.1,
        is_adjusted: rest.2,
        base_from: rest.3,
    })
}

impl Versions {
    fn definitions(&self) -> Vec<Definition> {
        let base = definitions().remove(0);
        let version = |version: u32, kind: &str, mapping: &str| Definition {
            version,
            kind: kind.parse::<IndicatorType>().unwrap(),
            period: [Frequency::Month, Frequency::Year][usize::from(self.is_yearly)],
            rollup: [RollupRule::Sum, RollupRule::None][usize::from(self.is_never_added)],
            adjustment: match self.is_adjusted && version == 2 {
                true => Adjustment::AgeStandardised,
                false => Adjustment::None,
            },
            from: mapping.parse().ok().map(|kind| Mapping {
                version: version - 1,
                kind,
                reason: format!("Reason {version}"),
            }),
            ..base.clone()
        };
        vec![
            version(1, self.kinds.0, ""),
            version(2, self.kinds.0, self.mappings[0]),
            version(3, self.kinds.1, self.mappings[1]),
        ]
    }

    fn period(&self, at: usize) -> Period {
        let texts = match self.is_yearly {
            true => ["2021", "2022", "Y2020-2022"],
            false => ["2023-04", "2023-05", "2023-06"],
        };
        texts[at].parse().unwrap()
    }
}

/// A location as a network knows it: whether it counts, what it decided, and when it synced.
type Known = (bool, &'static str, Option<&'static str>);

fn network_of(known: &[Known], is_one_each: bool, versions: &Versions) -> Network {
    let definitions = versions.definitions();
    let adopted = [&definitions[0]];
    let areas: [&[(&str, &str)]; 5] = match is_one_each {
        true => [
            &[("ONE", "One")],
            &[("TWO", "Two")],
            &[],
            &[("FOUR", "Four")],
            &[],
        ],
        false => [
            &[("ONE", "One"), ("MOVED", "Moved")],
            &[("TWO", "Two"), ("MOVED", "Moved"), ("TRE", "Three")],
            &[],
            &[("FOUR", "Four")],
            &[("LATER", "Later"), ("FIVE", "Five")],
        ],
    };
    let members = CODES.iter().zip(areas).zip(known);
    let members = members.map(|((code, areas), (counts, decision, synced))| {
        let mut member = member(code, code, areas, &adopted);
        // MOVED goes from AA to BB, and LATER comes, after the first period.
        for area in &mut member.place.areas {
            let last = versions.period(0).end();
            match (*code, area.code.as_str()) {
                ("AA", "MOVED") => area.to = Some(last),
                ("BB", "MOVED") | (_, "LATER") => area.from = last.tomorrow().ok(),
                _ => {}
            }
        }
        match *decision {
            "declined" => decline(&mut member, "VAX_PRIMARY", "Too few"),
            "" => member.adoptions.clear(),
            _ => {}
        }
        if !counts {
            member.place.confirmed_at = None;
        }
        member.synced = synced.and_then(|day| day.parse().ok());
        member
    });
    let members: Vec<_> = members.collect();
    let network = Network::new(members, definitions.clone());
    let settings = versions.base_from.map(|at| Settings {
        base_from: vec![BaseChange {
            period: versions.period(at),
            reason: "Rebased".to_owned(),
        }],
        ..Settings::default()
    });
    network.with_settings(
        &settings
            .map(|one| (definitions[0].key(), one))
            .into_iter()
            .collect(),
    )
}

/// A statement: its version (the fourth is unknown), numbers, status, mark and time.
#[derive(Clone, Debug)]
pub(super) struct Said {
    version: usize,
    figure: (usize, i64, i64),
    status: &'static str,
    mark: Option<&'static str>,
    is_survey: bool,
    at: Option<i64>,
}

pub(super) fn said() -> impl Strategy<Value = Said> {
    let version = prop_oneof![8 => 0_usize..3, 1 => Just(3)];
    let form = prop_oneof![6 => Just(0_usize), 3 => 1_usize..6];
    let more = prop_oneof![8 => 0_i64..60, 1 => -40_i64..0];
    let status = select(vec!["A", "A", "A", "A", "E", "P", "B", "L", "Q", "M", "O"]);
    let mark = prop::option::weighted(0.1, select(vec![GROWTH, ANOTHER_BASE, "beside-50"]));
    let at = prop::option::weighted(0.9, 0_i64..5);
    let figure = (form, 0_i64..40, more);
    let survey = prop::bool::weighted(0.1);
    (version, figure, status, mark, survey, at).prop_map(
        |(version, figure, status, mark, is_survey, at)| Said {
            version,
            figure,
            status,
            mark,
            is_survey,
            at,
        },
    )
}

impl Said {
    pub(super) fn stated(&self, definitions: &[Definition]) -> Stated {
        let (form, numerator, more) = self.figure;
        let (one, all) = (numerator, numerator + more);
        let figure = match (
            Status::is_without_figure(self.status.parse().unwrap()),
            form,
        ) {
            (true, 0 | 1) => String::new(),
            (true, _) => format!("/{all}"),
            (false, 0) => format!("{one}/{all}"),
            (false, 1) => format!("{one}"),
            (false, 2) => format!("={one}"),
            (false, 3) => format!("={one}.5"),
            (false, 4) => format!("/{all}"),
            (false, _) => String::new(),
        };
        let unknown = Definition {
            name: "Unknown".to_owned(),
            ..definitions[0].clone()
        };
        let definition = definitions.get(self.version).unwrap_or(&unknown);
        let mut statement = statement(definition, &figure, self.status);
        if form == 5 {
            statement.value = Some(Number::from(one));
            statement.denominator = Some(Number::from(all));
        }
        if self.is_survey {
            (statement.lower, statement.upper) = (Some(1.into()), Some(90.into()));
        }
        statement.confirmed.extend(self.mark.map(str::to_owned));
        Stated {
            statement,
            device: None,
            at: self.at.map(|minute| Timestamp::from_ms(60_000 * minute)),
            entry: None,
            published: None,
        }
    }
}

/// Everything that a cell may depend on, and how a store may keep it.
#[derive(Clone, Debug)]
pub(super) struct World {
    versions: Versions,
    known: Vec<Known>,
    is_one_each: bool,
    /// Location, area, period, spelling and statements.
    facts: Vec<(usize, &'static str, usize, usize, Vec<Said>)>,
    /// The locations that are not in sums yet.
    late: [bool; 5],
    /// Whether a place has come since [`Expected`] was made, by its number.
    is_new: Vec<bool>,
}

pub(super) fn world() -> impl Strategy<Value = World> {
    let decision = select(vec!["adopted", "adopted", "declined", ""]);
    let synced = prop::option::of(select(vec!["2022-06-30", "2023-05-15", "2026-11-21"]));
    let known = (prop::bool::weighted(0.8), decision, synced);
    let areas = vec![
        "ONE",
        "MOVED",
        "TWO",
        "TRE",
        "CC",
        "FOUR",
        "LATER",
        "FIVE",
        "EE",
        "ELSEWHERE",
    ];
    let several = prop::collection::vec(said(), 2..4);
    let said = prop_oneof![9 => said().prop_map(|one| vec![one]), 1 => several];
    let spelling = prop_oneof![8 => Just(0_usize), 2 => 1_usize..3];
    let fact = (0_usize..5, select(areas), 0_usize..3, spelling, said);
    (
        versions(),
        prop::collection::vec(known, 5),
        prop::bool::weighted(0.3),
        prop::collection::vec(fact, 1..60),
        prop::array::uniform5(prop::bool::weighted(0.15)),
        prop::collection::vec(prop::bool::weighted(0.1), 60),
    )
        .prop_map(
            |(versions, known, is_one_each, facts, late, is_new)| World {
                versions,
                known,
                is_one_each,
                facts,
                late,
                is_new,
            },
        )
}

/// A store of facts with its sums, as a hub keeps them.
pub(super) struct Store {
    pub(super) facts: Vec<Fact>,
    places: BTreeMap<(LocationId, AreaCode), u32>,
    late: Vec<LocationId>,
    pub(super) expected: Expected,
    /// It knows the definitions, and no location.
    folding: Network,
}

impl World {
    pub(super) fn store(&self) -> Store {
        let definitions = self.versions.definitions();
        let mut facts = BTreeMap::new();
        let mut places = BTreeMap::new();
        for (location, area, period, spelling, said) in &self.facts {
            let code = LocationCode::parse(CODES[*location]).unwrap();
            let key = ObservationKey {
                indicator: definitions[0].code.clone(),
                area: area.parse().unwrap(),
                period: self.versions.period(*period),
                breakdown: Breakdown::by("age", SPELLINGS[*spelling]),
            };
            let next = u32::try_from(places.len()).unwrap();
            // Several blocks, in an order that has nothing to do with codes.
            let place = (location_id(&code), key.area.clone());
            places.entry(place).or_insert(next * 97 % 1_009);
            let stated = said.iter().map(|one| one.stated(&definitions)).collect();
            let mut fact = fact(&code, key, Vec::new());
            fact.stated = stated;
            facts.insert((fact.location, fact.key.clone()), fact);
        }
        let network = network_of(&self.known, self.is_one_each, &self.versions);
        let known = places
            .iter()
            .zip(&self.is_new)
            .filter(|(_, is_new)| !**is_new);
        let known = known.map(|(((location, area), place), _)| (*place, *location, area.clone()));
        let late = CODES.iter().zip(self.late).filter(|(_, late)| *late);
        Store {
            expected: Expected::new(Arc::new(network), known),
            late: late
                .map(|(code, _)| location_id(&LocationCode::parse(code).unwrap()))
                .collect(),
            facts: facts.into_values().collect(),
            places,
            folding: Network::new([], definitions),
        }
    }
}

impl Store {
    fn place(&self, fact: &Fact) -> u32 {
        self.places[&(fact.location, fact.key.area.clone())]
    }

    /// All sums of these facts as they are kept, two for each form, and the odd places.
    fn sums(&self, facts: &[Fact]) -> (Vec<Sum>, PlaceSet) {
        let (mut sums, mut odd): (Vec<Sum>, _) = (Vec::new(), PlaceSet::default());
        for fact in facts
            .iter()
            .filter(|fact| !self.late.contains(&fact.location))
        {
            let kind = AmountKind::of(&fact.key, &fact.stated, &self.folding);
            let place = self.place(fact);
            let several = facts
                .iter()
                .filter(|other| self.place(other) == place)
                .count()
                > 1;
            if several || kind == AmountKind::Odd {
                odd.insert(place);
                continue;
            }
            let Stated { statement, at, .. } = &fact.stated[0];
            let mut sum = Sum::new(statement.definition, statement.status, kind);
            sum.add(place, statement, *at);
            let like = |one: &&mut Sum| {
                (one.definition, one.status, one.amount) == (sum.definition, sum.status, sum.amount)
                    && one.places.iter().all(|other| other % 2 == place % 2)
            };
            match sums.iter_mut().find(like) {
                Some(sum) => sum.add(place, statement, *at),
                None => sums.push(sum),
            }
        }
        (sums, odd)
    }

    /// The parts that a reader hands over for a slice, with `more` places looked at one by one.
    pub(super) fn parts(&self, slice: &Slice, facts: &[Fact], more: &PlaceSet) -> Parts {
        let (mut sums, odd) = self.sums(facts);
        let expected = self.expected.places(slice.period.end());
        let late = facts
            .iter()
            .filter(|fact| self.late.contains(&fact.location));
        let late: PlaceSet = late.map(|fact| self.place(fact)).collect();
        let mut listed = odd.union(&late).union(more);
        for sum in &mut sums {
            let out = sum.places.minus(&expected.minus(&listed));
            listed = listed.union(&out);
            for fact in facts.iter().filter(|fact| out.contains(self.place(fact))) {
                let Stated { statement, at, .. } = &fact.stated[0];
                sum.subtract(self.place(fact), statement, *at);
            }
            let left = facts
                .iter()
                .filter(|fact| sum.places.contains(self.place(fact)));
            if sum.latest.is_none() {
                sum.latest = left.filter_map(|fact| fact.stated[0].at).max();
            }
        }
        let listed = facts
            .iter()
            .filter(|fact| listed.contains(self.place(fact)));
        Parts {
            slice: slice.clone(),
            sums,
            listed: listed.cloned().collect(),
        }
    }

    pub(super) fn slices(&self) -> Vec<(Slice, Vec<Fact>)> {
        let slices = labels::slices(&self.facts, self.expected.network()).into_iter();
        slices
            .map(|(slice, facts)| (slice, facts.into_iter().cloned().collect()))
            .collect()
    }

    /// The cells of the network by series, from facts and from sums.
    pub(super) fn cells(&self) -> BTreeMap<(CellKey, Period), (Option<Cell>, Option<Summed>)> {
        let network = self.expected.network();
        let cells = self.slices().into_iter().map(|(slice, facts)| {
            let key = slice.at(Level::Network);
            let of_facts = cells(&slice, &facts, network);
            let of_facts = of_facts.into_iter().find(|cell| cell.key == key);
            let parts = self.parts(&slice, &facts, &PlaceSet::default());
            let of_sums = cell_of_sums(&slice, &parts.sums, &parts.listed, &self.expected);
            let first = self.facts[0].key.period;
            (
                (
                    CellKey {
                        period: first,
                        ..key
                    },
                    slice.period,
                ),
                (of_facts, of_sums),
            )
        });
        cells.collect()
    }
}
