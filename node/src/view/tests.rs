//! The hub's words on the network's aims, of calendars and of published figures, read without a
//! connection.

use weft_shared::{
    document::{EditError, Editor},
    id::{DefinitionHash, RecordId},
    model::{
        Audience,
        number::Number,
        observation::{ObservationKey, Statement, Status},
        profile::{Adoption, AdoptionStatus},
        record::Fields,
        schema::{Container, DocKind, RecordKind},
        source::Source,
    },
    period::Period,
    time::Timestamp,
};

use super::{Whose, which};
use crate::{
    kit::{self, Kit},
    replica::{Edit, Replica},
};

/// Walks, reported monthly from August 2025 and due within ten days.
const DEFINITIONS: &str = r#"
[[indicator]]
code = "WALKS"
version = 1
name = "Example: walks"
type = "count"
unit = "walks"
direction = "up"
period = "month"
accountability = "performance"
class = "how_much"
rollup = "sum"
person_level = false
due_days = 10
reported_from = "2025-08"
[indicator.breakdowns]
age = ["5-11", "12+"]
"#;

fn kit() -> Kit {
    Kit::publishing(DEFINITIONS.to_owned())
}

fn hash(replica: &mut Replica) -> DefinitionHash {
    replica.indicators().unwrap()[0].definition.hash()
}

fn statement(definition: DefinitionHash, numerator: i64) -> Statement {
    Statement {
        numerator: Some(Number::from(numerator)),
        ..Statement::without_figure(definition, Status::Normal, Audience::Network)
    }
}

fn target(editor: &mut Editor<'_>, period: &str, value: &str) -> Result<(), EditError> {
    let mut seed = [0; 10];
    seed[..4].copy_from_slice(&period.as_bytes()[..4]);
    let id = RecordId::from_parts(Timestamp::from_ms(1), seed);
    let fields = [
        ("indicator", "WALKS"),
        ("value", value),
        ("period", period),
        ("groups", "every"),
        ("why", "Example: agreed"),
    ];
    let fields = fields.map(|(key, text)| (key.to_owned(), text.into()));
    editor.put_record(
        RecordKind::Target,
        &id,
        Audience::Released,
        &Fields::from(fields),
    )
}

#[test]
fn the_networks_target_stands_beside_our_own_and_says_that_its_date_has_passed() {
    let mut kit = kit();
    kit.more = vec![(DocKind::Agenda, |editor| {
        target(editor, "2024", "900")?;
        target(editor, "2026", "1000")
    })];
    let mut replica = kit.open_published();
    let mut edit = Edit::default();
    edit.on(DocKind::Plan(1), |editor| target(editor, "2027", "700"));
    replica.save(vec![edit], kit::now(0)).unwrap();
    // It is October 2025.
    let code = "WALKS".parse().unwrap();
    let rows = replica.targets(Some(&code), kit::now(0)).unwrap();
    let lines: Vec<String> = rows.iter().map(|row| row.line()).collect();
    let groups = "it is meant for every group, and only the total is here";
    assert_eq!(
        lines,
        [
            format!("900 walks by 2024 (the network's); its date, 2024, has passed; {groups}"),
            format!("1000 walks by 2026 (the network's); {groups}"),
            format!("700 walks by 2027 (our own); {groups}"),
        ]
    );
    assert_eq!(rows[2].whose, Whose::Own);
    let definition = hash(&mut replica);
    let mut edit = Edit::default();
    edit.on(DocKind::Observations(2025, 1), move |editor| {
        let key = "WALKS/FAR_NORTH/2025-09/age=12%2B".parse().unwrap();
        editor.put_observation(&key, &statement(definition, 9), None)
    });
    replica.save(vec![edit], kit::now(1)).unwrap();
    let rows = replica.targets(Some(&code), kit::now(1)).unwrap();
    assert!(rows[1].remarks.is_empty(), "{:?}", rows[1].remarks);
}

fn adopt(replica: &mut Replica) {
    let adoption = Adoption {
        status: AdoptionStatus::Adopted,
        definition: hash(replica),
        audience: Audience::Network,
        reason: None,
        releases: None,
        open: None,
    };
    let mut edit = Edit::default();
    edit.on(DocKind::Profile, move |editor| {
        editor.put_adoption(&"WALKS".parse().unwrap(), &adoption)
    });
    replica.save(vec![edit], kit::now(1)).unwrap();
}

#[test]
fn periods_with_a_gap_go_from_none_to_none() {
    for (periods, named) in [
        (&["2022-01"][..], "2022-01"),
        (&["2022-01", "2023-01"], "2022-01 and 2023-01"),
        (
            &["2022-01", "2022-02", "2022-03"],
            "from 2022-01 to 2022-03",
        ),
        (
            &["2022-01", "2022-02", "2022-04"],
            "between 2022-01 and 2022-04",
        ),
    ] {
        let periods: Vec<Period> = periods.iter().map(|one| one.parse().unwrap()).collect();
        assert_eq!(which(&periods, |one| one.to_string()), named);
    }
}

#[test]
fn a_location_is_late_with_what_it_adopted_and_did_not_enter() {
    let mut replica = kit().open_published();
    // 9 October 2025: August was due on 10 September, September is due tomorrow.
    let now = kit::now(0);
    assert_eq!(now.rfc3339(), "2025-10-09T08:53:20.000Z");
    assert!(replica.due(now).unwrap().is_empty(), "it adopted nothing");
    adopt(&mut replica);
    let due = replica.due(now).unwrap();
    let due: Vec<(String, bool)> = due
        .iter()
        .map(|row| (row.due.period.to_string(), row.is_late))
        .collect();
    assert_eq!(
        due,
        [("2025-08".to_owned(), true), ("2025-09".to_owned(), false)]
    );
    let late = replica.late(now).unwrap();
    assert_eq!(
        late[0].words(),
        "Example: walks (WALKS): 2025-08, late since 2025-09-11"
    );
    let definition = hash(&mut replica);
    let mut put = |statement: Statement| {
        let mut edit = Edit::default();
        edit.on(DocKind::Observations(2025, 1), move |editor| {
            let key = "WALKS/FAR_NORTH/2025-08/total".parse().unwrap();
            editor.put_observation(&key, &statement, None)
        });
        replica.save(vec![edit], kit::now(2)).unwrap();
        replica.late(now).unwrap().len()
    };
    assert_eq!(put(statement(definition, 9)), 0);
    let taken_back = Statement::retraction(definition, Audience::Network);
    assert_eq!(put(taken_back), 1, "what was taken back is missing again");
    let none = Statement::without_figure(definition, Status::NotCollected, Audience::Network);
    assert_eq!(put(none), 0, "that none was collected is an answer");
}

fn source(as_at: &str, removed: bool) -> String {
    let source = Source {
        publisher: "Stats NZ".to_owned(),
        licence: "CC BY 4.0".to_owned(),
        as_at: as_at.parse().unwrap(),
        file: "census.csv".to_owned(),
        figures: 2,
        indicators: ["WALKS".parse().unwrap()].into(),
        removed: removed.then(|| "2025-01-01".parse().unwrap()),
    };
    source.encode()
}

fn publish(editor: &mut Editor<'_>, figures: &[(&str, i64)]) -> Result<(), EditError> {
    figures.iter().try_for_each(|(key, numerator)| {
        let key: ObservationKey = key.parse().unwrap();
        let said = statement(DefinitionHash::new([1; 32]), *numerator);
        editor.put_observation(&key, &said, None)
    })
}

#[test]
fn published_figures_are_the_places_and_no_location_is_late_with_them() {
    let mut kit = kit();
    kit.more = vec![
        (DocKind::Sources, |editor| {
            editor.put_text(Container::Sources, "1", &source("2024-03-06", false))?;
            editor.put_text(Container::Sources, "2", &source("2023-03-06", false))?;
            editor.put_text(Container::Sources, "3", &source("2025-03-06", true))
        }),
        (DocKind::Published(1, 2025, 1), |editor| {
            publish(
                editor,
                &[
                    ("WALKS/FAR_NORTH/2025-08/total", 12),
                    ("WALKS/FAR_NORTH_2/2025-08/total", 99),
                    ("WALKS/ELSEWHERE/2025-08/total", 98),
                ],
            )
        }),
        (DocKind::Published(2, 2025, 1), |editor| {
            publish(
                editor,
                &[
                    ("WALKS/FAR_NORTH/2025-07/total", 11),
                    ("WALKS/FAR_NORTH/2025-08/total", 10),
                ],
            )
        }),
        (DocKind::Published(3, 2025, 1), |editor| {
            publish(editor, &[("WALKS/FAR_NORTH/2025-08/total", 1)])
        }),
    ];
    let mut replica = kit.open_published();
    adopt(&mut replica);
    let rows = replica.published(&"WALKS".parse().unwrap()).unwrap();
    let lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let numerator = row.statement.numerator.unwrap();
            format!("{} {numerator} {}", row.key, row.source.as_at)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "WALKS/FAR_NORTH/2025-07/total 11 2023-03-06",
            "WALKS/FAR_NORTH/2025-08/total 12 2024-03-06",
        ],
        "our area's alone, of the latest day, and nothing of what was removed"
    );
    assert!(replica.due(kit::now(0)).unwrap().is_empty());
}
