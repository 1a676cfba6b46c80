//! The matrix, its questions, and a location's own column.

use expect_test::expect;
use proptest::prelude::*;

use super::*;
use crate::{
    alignment::{
        money::{
            Invested,
            tests::{id, invested, locations},
        },
        need::{Aim, AimOf, Figure},
        questions::questions,
    },
    model::{
        indicator::Direction,
        observation::{Breakdown, Status},
        plan::{ActionState, InitiativeStatus},
    },
};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn network(code: &str, indicator: &str) -> Outcome {
    Outcome {
        of: code.parse().unwrap(),
        owner: Owner::Hub,
        name: format!("Example: {code}"),
        indicators: vec![indicator.parse().unwrap()],
        shared: None,
        priority: None,
    }
}

/// A location's own outcome, named a priority on a day; it may be one of the network's.
fn own(location: &str, name: &str, shared: &str, priority: &str) -> Outcome {
    Outcome {
        of: OutcomeRef::Own(id(name)),
        owner: Owner::Location(location.parse().unwrap()),
        name: name.to_owned(),
        indicators: Vec::new(),
        shared: shared.parse().ok(),
        priority: priority.parse().ok().map(|on| Priority {
            on,
            by: Some("leadership group".to_owned()),
            why: None,
        }),
    }
}

/// The need of an indicator: its value and gap, each of which may be missing.
fn need(indicator: &str, value: Option<i64>, gap: Option<i64>) -> Need {
    Need {
        indicator: indicator.parse().unwrap(),
        part: Breakdown::Total,
        direction: Direction::Up,
        figure: Some(Figure {
            period: "2026".parse().unwrap(),
            n_areas: 1,
            n_areas_expected: 1,
            numerator: None,
            denominator: None,
            value: value.map(Into::into),
            status: Status::Normal,
            status_reason: String::new(),
        }),
        target: gap.map(|_| Aim {
            id: id("AIM"),
            value: 90.into(),
            period: None,
            of: AimOf::Network,
        }),
        gap: gap.map(Into::into),
        change: None,
        remarks: Vec::new(),
    }
}

struct Scene {
    outcomes: Vec<Outcome>,
    needs: BTreeMap<(LocationCode, IndicatorCode), Vec<Need>>,
    initiatives: Vec<Initiative>,
    markers: Vec<Marker>,
    invested: Vec<Invested>,
}

impl Scene {
    fn new(texts: &[&str]) -> Self {
        let gaps = [
            ("FN", Some(8), Some(10)),
            ("IN", Some(8), None),
            ("WT", None, None),
        ];
        let needs = gaps.map(|(code, value, gap)| {
            let key = (code.parse().unwrap(), "VAX_PRIMARY".parse().unwrap());
            (key, vec![need("VAX_PRIMARY", value, gap)])
        });
        Self {
            outcomes: vec![
                network("VAX", "VAX_PRIMARY"),
                network("HOMES", "DAMP"),
                own("FN", "Kai", "", "2026-08-02"),
                own("FN", "Jabs", "VAX", "2026-08-01"),
            ],
            needs: needs.into(),
            initiatives: vec![Initiative {
                id: id("Clinics"),
                name: "Clinics".to_owned(),
                location: "FN".parse().unwrap(),
                outcomes: [OutcomeRef::Own(id("Jabs")), "VAX".parse().unwrap()].into(),
                status: Some(InitiativeStatus::Testing),
                actions: [
                    (Some(ActionState::Doing), Some("2026-12-31")),
                    (None, Some("2027-01-01")),
                    (Some(ActionState::Done), Some("2026-01-01")),
                ]
                .map(|(state, due)| Action {
                    id: id("Ring"),
                    what: "Ring".to_owned(),
                    state,
                    due: due.map(day),
                })
                .into(),
            }],
            markers: ["2026-06-30", "2026-07-01"]
                .map(|on| Marker {
                    id: id(&on.replace('-', "")),
                    condition: "Water".to_owned(),
                    location: "FN".parse().unwrap(),
                    outcomes: [OutcomeRef::Own(id("Kai"))].into(),
                    on: Some(day(on)),
                })
                .into(),
            invested: texts.iter().map(|text| invested(text)).collect(),
        }
    }

    /// Only what one location has: its own records and the hub's.
    fn of_location(&self, code: &LocationCode) -> Self {
        let is_ours = |owner: &Owner| *owner == Owner::Hub || owner.location() == Some(code);
        let ours = |outcome: &&Outcome| is_ours(&outcome.owner);
        let invested = self.invested.iter().filter(|one| is_ours(&one.owner));
        let initiatives = self.initiatives.iter().filter(|one| one.location == *code);
        let markers = self.markers.iter().filter(|one| one.location == *code);
        let mut needs = self.needs.clone();
        needs.retain(|(location, _), _| location == code);
        Self {
            outcomes: self.outcomes.iter().filter(ours).cloned().collect(),
            needs,
            initiatives: initiatives.cloned().collect(),
            markers: markers.cloned().collect(),
            invested: invested.cloned().collect(),
        }
    }

    fn with<T>(&self, run: impl FnOnce(&Given<'_>) -> T) -> T {
        run(&Given {
            period: "FY2027".parse().unwrap(),
            today: day("2027-01-01"),
            locations: &locations(),
            outcomes: &self.outcomes,
            needs: &self.needs,
            initiatives: &self.initiatives,
            markers: &self.markers,
            books: &Books::of(self.invested.clone(), &shared(&self.outcomes)),
        })
    }

    fn asked(&self) -> Vec<String> {
        self.with(|given| {
            let asked = questions(&Sight::of(given), given).into_iter();
            let asked = asked.map(|one| format!("{} {} {}", one.row, one.location, one.asked));
            asked.collect()
        })
    }
}

#[test]
fn rows_are_outcomes_by_code_then_our_own_then_what_is_not_stated() {
    let scene = Scene::new(&[
        "hub A amount=10 at=FN for=GONE",
        "hub B amount=20 at=FN+QQ",
        "FN C amount=30 at=FN for=VAX",
    ]);
    let told = scene.with(|given| {
        let sight = Sight::of(given);
        let columns = sight.columns.iter().map(ToString::to_string);
        let mut lines = vec![columns.collect::<Vec<_>>().join(" | ")];
        for row in &sight.rows {
            let owner = row
                .owner
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            let cells = row.cells.iter().map(|cell| {
                let mut words = Vec::new();
                words.extend(
                    cell.priority
                        .as_ref()
                        .map(|said| format!("priority {}", said.on)),
                );
                let work = &cell.work;
                let n: usize = work.initiatives.values().sum();
                let counts = [n, work.n_open, work.n_overdue, work.n_markers];
                if work != &Work::default() {
                    words.push(format!("{counts:?}"));
                }
                for figures in cell.money.values() {
                    words.push(format!(
                        "{} ({})",
                        figures.divided.in_force.value, figures.shared.in_force.value
                    ));
                }
                words.join(", ")
            });
            let cells = cells.collect::<Vec<_>>().join(" | ");
            lines.push(format!("{} [{owner}]: {cells}", row.name));
        }
        lines.join("\n")
    });
    expect![[r#"
        FN | IN | QQ | WT | not stated
        Example: HOMES [the national team]:  |  |  |  | 
        Example: VAX [the national team]: priority 2026-08-01, [1, 2, 1, 0], 30 (0) |  |  |  | 
        Kai [FN]: priority 2026-08-02, [0, 0, 0, 1] |  |  |  | 
         []: 10 (0) |  |  |  | 
         []: 0 (20) |  | 0 (20) |  | "#]]
    .assert_eq(&told);
}

#[test]
fn an_outcome_with_the_id_of_anothers_moves_nothing_of_its_cells() {
    let text = format!("FN A amount=10 at=FN for={}", id("Kai"));
    let mut scene = Scene::new(&[&text]);
    let column = |scene: &Scene| {
        scene.with(|given| {
            let sight = Sight::of(given);
            let code = "FN".parse().unwrap();
            let rows = sight.column(&code);
            let rows = rows.map(|(row, cell)| (row.head.clone(), row.name.clone(), cell.clone()));
            rows.collect::<Vec<_>>()
        })
    };
    let before = column(&scene);
    let rows = || before.iter().filter(|(_, name, _)| name == "Kai");
    assert!(rows().all(|(_, _, cell)| cell.has_money() && cell.work.n_markers == 1));
    assert_eq!(rows().count(), 1);
    for shared in ["", "VAX"] {
        scene.outcomes.push(own("WT", "Kai", shared, "2026-09-01"));
        assert_eq!(column(&scene), before, "{shared}");
        scene.outcomes.pop();
    }
}

#[test]
fn what_is_in_no_figure_is_listed_in_its_own_years() {
    for status in ["proposed", "withheld"] {
        for (days, is_listed) in [("FY2026..FY2027", true), ("FY2028..FY2030", false)] {
            let text = format!("hub A at=FN for=GONE status={status} days={days}");
            let scene = Scene::new(&[&text]);
            let listed = scene.with(|given| {
                let rows = Sight::of(given).rows.into_iter();
                let cells = rows.flat_map(|row| row.cells);
                let listed = cells.flat_map(|cell| [cell.proposed, cell.withheld].concat());
                listed.count()
            });
            assert_eq!(listed, usize::from(is_listed), "{text}");
        }
    }
}

#[test]
fn the_latest_word_on_a_priority_stands() {
    for day in ["2026-07-01", "2026-09-01"] {
        let mut scene = Scene::new(&[]);
        scene.outcomes.push(own("FN", "Teeth", "VAX", day));
        let said = scene.with(|given| {
            let rows = Sight::of(given).rows.into_iter();
            let mut cells = rows
                .filter(|row| row.head.to_string() == "VAX")
                .flat_map(|row| row.cells);
            cells.find_map(|cell| cell.priority).unwrap()
        });
        assert_eq!(said.on.to_string(), day.max("2026-08-01"));
    }
    // Of two words of one day the same one holds in any order, at the hub and at the node.
    let mut said = ["it is late", "it is cold"].map(|why| {
        let mut one = own("FN", why, "VAX", "2026-08-01");
        one.priority = Some(Priority {
            on: day("2026-08-01"),
            by: None,
            why: Some(why.to_owned()),
        });
        one
    });
    for _ in 0..2 {
        said.reverse();
        let stands = priorities(&said).into_values().next().unwrap();
        assert_eq!(stands.why.as_deref(), Some("it is late"));
    }
}

#[test]
fn the_hub_cannot_state_a_priority() {
    let mut scene = Scene::new(&[]);
    scene.outcomes[0].priority = scene.outcomes[2].priority.clone();
    let stated = scene.with(|given| {
        let sight = Sight::of(given);
        let cells = sight.rows.iter().flat_map(|row| &row.cells);
        cells.filter(|cell| cell.priority.is_some()).count()
    });
    // Far North's own two words.
    assert_eq!(stated, 2);
}

#[test]
fn the_fixed_questions_stand_by_outcome_and_location() {
    let unknown = ["VAX IN no_target", "VAX WT need_unknown"];
    let asked = |texts: &[&str]| {
        let asked = Scene::new(texts).asked();
        assert_eq!(asked[asked.len() - 2..], unknown);
        asked[..asked.len() - 2].join(", ")
    };
    assert_eq!(asked(&[]), "VAX FN need_no_money");
    // A stub is money of which the amount is not known.
    assert_eq!(asked(&["hub A at=FN for=VAX status=withheld"]), "");
    assert_eq!(
        asked(&["hub A amount=9 at=FN for=VAX status=proposed"]),
        "VAX FN need_no_money"
    );
    let soon = "hub A amount=9 at=ALL for=VAX days=FY2027..FY2028";
    assert_eq!(asked(&[soon]), "VAX FN ends_soon");
    let after = "hub B amount=9 at=FN for=VAX days=FY2029..FY2030";
    assert_eq!(asked(&[soon, after]), "");
    let later = "hub A amount=9 at=FN for=VAX days=FY2027..FY2029";
    assert_eq!(asked(&[later]), "");
    assert_eq!(
        asked(&[
            "hub A amount=9 at=FN for=VAX days=FY2027..FY2029 identifier=X",
            "FN B amount=8 at=FN for=VAX days=FY2027..FY2029 identifier=X",
        ]),
        "VAX FN amounts_differ"
    );
}

#[test]
fn a_location_is_asked_of_amounts_only_where_its_own_is_another_than_the_hubs() {
    let asked = |texts: &[&str]| {
        let mut asked = Scene::new(texts).asked();
        asked.retain(|one| one.ends_with("amounts_differ"));
        asked.join(", ")
    };
    let hub = "hub A amount=9 at=FN+WT for=VAX identifier=X";
    let (ours, theirs) = (
        "FN B amount=9 at=FN for=VAX identifier=X",
        "WT C amount=8 at=WT for=VAX identifier=X",
    );
    assert_eq!(asked(&[hub, ours]), "");
    assert_eq!(asked(&[hub, ours, theirs]), "VAX WT amounts_differ");
    // Amounts differ without an outcome, too.
    let [hub, theirs] = [
        "hub A amount=9 at=WT identifier=X",
        "WT C amount=8 at=WT identifier=X",
    ];
    assert_eq!(asked(&[hub, theirs]), "not stated WT amounts_differ");
    assert_eq!(
        asked(&[ours, "WT C amount=8 at=FN+WT for=VAX identifier=X"]),
        ""
    );
}

#[test]
fn money_ends_soon_if_its_last_lines_do_or_it_ends_within_a_year() {
    let asked = |text| {
        let mut asked = Scene::new(&[text]).asked();
        asked.retain(|one| one.ends_with("ends_soon"));
        asked.join(", ")
    };
    let all_in_lines = "hub A amount=9 at=FN for=VAX | committed FY2027 FN VAX 9";
    assert_eq!(asked(all_in_lines), "VAX FN ends_soon");
    assert_eq!(asked("hub A amount=9 at=FN for=VAX days=FY2027..2028"), "");
}

#[test]
fn no_order_is_by_value() {
    for text in ["gap", "-gap", "money", "value", "committed", "priority", ""] {
        let refused = text.parse::<Order>().unwrap_err().to_string();
        assert!(refused.contains("would be a ranking"), "{refused}");
        assert!(refused.ends_with("write outcome or location"), "{refused}");
    }
    assert_eq!("outcome".parse(), Ok(Order::Outcome));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// A location's own column, from the hub's records and its own, is that of the whole, unless
    /// another location's statement of money reaches into it.
    #[test]
    fn our_own_column_is_the_wholes(
        invested in crate::alignment::money::tests::properties::all(true)
    ) {
        let scene = Scene { invested, ..Scene::new(&[]) };
        for code in locations() {
            let whole = scene.with(|given| {
                let sight = Sight::of(given);
                let column: Vec<_> = sight.column(&code).map(|(row, cell)| {
                    (row.head.clone(), row.name.clone(), cell.clone())
                }).collect();
                given.books.beyond(&code).is_empty().then_some(column)
            });
            let Some(whole) = whole else { continue };
            let ours = scene.of_location(&code).with(|given| {
                let sight = Sight::of_location(given, &code);
                sight.column(&code).map(|(row, cell)| {
                    (row.head.clone(), row.name.clone(), cell.clone())
                }).collect::<Vec<_>>()
            });
            prop_assert_eq!(ours, whole);
        }
    }
}

#[test]
fn a_marker_of_the_last_day_is_of_the_period() {
    let mut marker = Scene::new(&[]).markers.remove(0);
    for (on, is_of) in [("2027-06-30", true), ("2027-07-01", false)] {
        marker.on = Some(day(on));
        assert_eq!(marker.is_of("FY2027".parse().unwrap()), is_of, "{on}");
    }
}

/// Each cell names exactly the work that it counts.
#[test]
fn the_work_of_a_cell_is_named_as_it_is_counted() {
    Scene::new(&[]).with(|given| {
        let mut n_named = 0;
        for row in Sight::of(given).rows {
            for cell in &row.cells {
                let Column::Of(code) = &cell.column else {
                    continue;
                };
                let (initiatives, markers) = given.work_of(&row.head, code);
                let counted: usize = cell.work.initiatives.values().sum();
                let open =
                    |one: &&Initiative| one.actions.iter().filter(|one| one.is_open()).count();
                assert_eq!(initiatives.len(), counted, "{}, {code}", row.head);
                assert_eq!(
                    initiatives.iter().map(open).sum::<usize>(),
                    cell.work.n_open
                );
                assert_eq!(markers.len(), cell.work.n_markers, "{}, {code}", row.head);
                n_named += initiatives.len() + markers.len();
            }
        }
        assert_eq!(n_named, 2, "one initiative and one of the two markers");
    });
}

/// An indicator of which one age group alone is published has no total, and its need is known.
#[test]
fn the_need_that_stands_first_is_of_a_part_with_a_value() {
    let of = |part: &str, value| Need {
        part: part.parse().unwrap(),
        ..need("VAX_PRIMARY", value, None)
    };
    let total = |value| need("VAX_PRIMARY", value, None);
    let headline = |needs: &[Need]| {
        let scene = Scene::new(&[]);
        let mut cell = scene.with(Sight::of).rows[0].cells[0].clone();
        cell.needs = needs.to_vec();
        let first = cell.headline().unwrap();
        (first.part.to_string(), first.value().is_some())
    };
    let adults = of("age=12+", Some(85));
    assert_eq!(
        headline(&[total(None), adults.clone()]),
        (adults.part.to_string(), true)
    );
    assert_eq!(
        headline(&[total(Some(80)), adults]),
        (total(None).part.to_string(), true)
    );
    // Without any value it is the total, with its reason; no other indicator replaces it.
    let other = need("DAMP", Some(3), None);
    let none = headline(&[total(None), of("age=12+", None), other]);
    assert_eq!(none, (total(None).part.to_string(), false));
}

#[test]
fn work_beside_a_period_that_has_ended_says_of_which_day_it_is() {
    let said = |today: &str| not_counted("FY2018".parse().unwrap(), today.parse().unwrap());
    assert_eq!(said("2018-06-30"), NOT_COUNTED);
    assert!(
        said("2018-07-01").ends_with("priority and work are as of 1 July 2018, not of the period")
    );
}
