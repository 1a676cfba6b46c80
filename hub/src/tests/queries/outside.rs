//! People outside the network: an analyst's need and money, and the report to a minister, to
//! funders and to communities. None of them gets a word that its team did not release.

mod report;

use std::collections::BTreeSet;

use weft_shared::{
    document::EditError,
    model::{Audience, record::Fields, schema::RecordKind},
};

use super::Hub;
use crate::{
    app::NewTarget,
    tests::{
        aligned::{fields, money},
        money::{adding, ok},
        records::id,
        sight::outcome,
    },
};

/// Words of locations and of the national team that are for the network alone.
const HIDDEN: [&str; 6] = [
    "Example: hidden shift",
    "Example: hidden ask",
    "Example: hidden aim",
    "Example: hidden money",
    "Example: hidden review",
    "HIDDEN-1",
];

/// A field and its text.
type Pair = (&'static str, &'static str);

/// Records of a location: number, kind, audience and fields.
const RECORDS: &[(u8, RecordKind, Audience, &[Pair])] = {
    const SHOWN: Audience = Audience::Released;
    const HIDDEN: Audience = Audience::Network;
    const ON: Pair = ("on", "2026-09-01");
    const MINISTRY: Pair = ("who", "central_government");
    const PEOPLE: Pair = ("who", "community");
    use RecordKind::{Marker, Opportunity, Outcome};
    &[
        (
            11,
            Marker,
            SHOWN,
            &[("condition", "Example: shown shift"), ON],
        ),
        (
            12,
            Marker,
            HIDDEN,
            &[("condition", "Example: hidden shift"), ON],
        ),
        (
            13,
            Opportunity,
            SHOWN,
            &[("what", "Example: ask a ministry"), MINISTRY],
        ),
        (
            14,
            Opportunity,
            SHOWN,
            &[("what", "Example: ask people"), PEOPLE],
        ),
        (
            15,
            Opportunity,
            HIDDEN,
            &[("what", "Example: hidden ask"), MINISTRY],
        ),
        (
            16,
            Outcome,
            SHOWN,
            &[("name", "Example: kai"), ("priority", "yes")],
        ),
        (17, Outcome, HIDDEN, &[("name", "Example: hidden aim")]),
    ]
};

impl Hub {
    /// A hub with a release, two outcomes, and records of two audiences.
    async fn outside() -> Self {
        let mut hub = Self::new([1, 2, 3, 4]).await;
        hub.publish("prevention").await;
        outcome(hub.app(), "VAX", "VAX_PRIMARY").await;
        outcome(hub.app(), "FIRST", "VAX_FIRST").await;
        let aim = NewTarget {
            indicator: "VAX_PRIMARY".parse().unwrap(),
            value: 90.into(),
            period: Some("2026-12".parse().unwrap()),
            breakdown: "age=12+".to_owned(),
            every_group: false,
            by: None,
            why: "Example: a target to test with".to_owned(),
        };
        hub.app().set_target(aim).await.unwrap();
        hub.tell(
            0,
            (RecordKind::Target, 1),
            Audience::Released,
            &aim_of("77"),
        )
        .await;
        hub.tell(1, (RecordKind::Target, 2), Audience::Network, &aim_of("99"))
            .await;
        hub.records().await;
        for (identifier, audience) in [("HIDDEN-1", "network"), ("SHOWN-1", "released")] {
            let more = ["--audience", audience, "--locations", "FN"];
            ok(hub.app(), &adding(identifier, "100000", &more)).await;
        }
        hub
    }

    async fn records(&mut self) {
        let (shown, hidden) = (Audience::Released, Audience::Network);
        for (number, kind, audience, pairs) in RECORDS {
            self.tell(1, (*kind, *number), *audience, &fields(pairs))
                .await;
        }
        let review = fields(&[
            ("question", "Example: hidden review"),
            ("period", "2026-Q3"),
            ("on", "2026-10-01"),
            ("decided", "Example: to go on"),
        ]);
        self.tell(1, (RecordKind::Review, 18), hidden, &review)
            .await;
        let (given, kept) = (
            money("Example: shown money", "90000"),
            money("Example: hidden money", "7"),
        );
        for (number, audience, fields) in [(21, shown, given), (22, hidden, kept)] {
            let put = |editor: &mut weft_shared::document::Editor<'_>| {
                editor.put_record(RecordKind::Investment, &id(number), audience, &fields)
            };
            let entry = self.devices[1].edit("money", put);
            self.devices[1].push(&self.entrance.app, entry).await;
        }
    }

    async fn tell(
        &mut self,
        at: usize,
        (kind, number): (RecordKind, u8),
        audience: Audience,
        fields: &Fields,
    ) {
        let name = match kind {
            RecordKind::Review => "answers/2026",
            _ => "plan",
        };
        let entry = self.devices[at].edit(name, |editor| {
            editor.put_record(kind, &id(number), audience, fields)?;
            Ok::<_, EditError>(())
        });
        self.devices[at].push(&self.entrance.app, entry).await;
    }
}

fn aim_of(value: &str) -> Fields {
    fields(&[
        ("indicator", "VAX_FIRST"),
        ("value", value),
        ("period", "2026-12"),
        ("by", "Example: the team"),
        ("why", "Example: hoped for"),
    ])
}

/// The analyst's need is made of the rows of releases, and names no target that is not released.
#[tokio::test(flavor = "multi_thread")]
async fn an_analyst_gets_need_by_the_figures_of_releases() {
    let hub = Hub::outside().await;
    let answer = hub.get("/api/v1/need?period=FY2027").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.headers.get("weft-notice").is_none());
    let rows = answer.json()["data"].as_array().unwrap().clone();
    let of = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap_or("").to_owned();
    let told: Vec<String> = rows
        .iter()
        .map(|row| {
            let keys = [
                "outcome",
                "level",
                "location_code",
                "indicator_code",
                "breakdown_value",
            ];
            let words: Vec<String> = keys.iter().map(|key| of(row, key)).collect();
            format!(
                "{} {} {}",
                words.join(" ").trim(),
                row["value"],
                row["target"]
            )
        })
        .collect();
    for row in &rows {
        assert_eq!(
            (of(row, "dataset"), of(row, "release")),
            ("prevention".into(), "2026.1".into())
        );
    }
    // A location has a row of its own only where the release has one.
    let locations: BTreeSet<String> = rows.iter().map(|row| of(row, "location_code")).collect();
    assert_eq!(locations.len(), 5, "{told:?}");
    let primary = rows
        .iter()
        .filter(|row| row["indicator_code"] == "VAX_PRIMARY");
    assert!(
        primary.clone().all(|row| row["level"] == "network"),
        "{told:?}"
    );
    assert!(primary.clone().any(|row| row["target"] == 90), "{told:?}");
    let target = |code: &str| {
        let mut rows = rows.iter();
        rows.find(|row| row["location_code"] == code).unwrap()["target"].clone()
    };
    assert_eq!(target("EC"), 77, "{told:?}");
    assert!(
        target("FN").is_null(),
        "a target for the network alone is in no answer: {told:?}"
    );
    // Each value is one of the release.
    for row in rows.iter().filter(|row| !row["value"].is_null()) {
        let location = match of(row, "location_code") {
            code if code.is_empty() => "level=network".to_owned(),
            code => format!("level=location&location={code}"),
        };
        let (code, period) = (of(row, "indicator_code"), of(row, "period"));
        let path = format!("/api/v1/rollups?indicator={code}&period={period}&{location}");
        let released = hub.get(&path).await.json();
        let mut released = released["data"].as_array().unwrap().iter();
        let same = released.any(|one| {
            one["value"] == row["value"]
                && one["numerator"] == row["numerator"]
                && of(one, "breakdown_value") == of(row, "breakdown_value")
        });
        assert!(same, "{row}");
    }
    let reads = hub.app().read(|at| at.reads(50)).await.unwrap();
    let codes = reads.iter().filter(|row| row.act == "read need");
    assert_eq!(codes.map(|row| &row.code).collect::<BTreeSet<_>>().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_question_about_released_need_names_its_parameter() {
    let hub = Hub::outside().await;
    for (wrong, parameter) in [
        ("sort=gap", "sort"),
        ("outcome=NO", "outcome"),
        ("location=QQ", "location"),
        ("period=x", "period"),
        ("as_of=2999-01-01", "as_of"),
        ("as_of=soon", "as_of"),
        ("release=2020.1", "release"),
        ("dataset=none", "dataset"),
        ("format=xlsx", "format"),
        ("level=network", "level"),
    ] {
        let answer = hub.get(&format!("/api/v1/need?{wrong}")).await;
        assert_eq!(answer.status, 400, "{wrong}: {}", answer.body);
        assert_eq!(answer.json()["parameter"], parameter, "{wrong}");
    }
    for (wrong, parameter) in [
        ("period=x", "period"),
        ("as_of=soon", "as_of"),
        ("limit=1", "limit"),
    ] {
        let answer = hub.get(&format!("/api/v1/money?{wrong}")).await;
        assert_eq!(answer.status, 400, "{wrong}: {}", answer.body);
        assert_eq!(answer.json()["parameter"], parameter, "{wrong}");
    }
    // Before anything went out there is nothing to say, and that is no mistake.
    let none = Hub::new([1, 2, 3, 4]).await;
    let answer = none.get("/api/v1/need").await;
    assert_eq!(
        (
            answer.status.as_u16(),
            answer.json()["data"].as_array().unwrap().len()
        ),
        (200, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analyst_gets_the_lines_of_released_investments_alone() {
    let hub = Hub::outside().await;
    for path in [
        "/api/v1/money?period=FY2027&format=csv",
        "/api/v1/investments?format=csv",
    ] {
        let body = hub.get(path).await.body;
        assert!(
            body.contains("SHOWN-1") && body.contains("Example: shown money"),
            "{body}"
        );
        assert!(
            HIDDEN.iter().all(|hidden| !body.contains(hidden)),
            "{path}: {body}"
        );
        assert_eq!(body.lines().count(), 3, "{body}");
    }
    let mut person = hub.entrance.person("nat", "national").await;
    let national = hub.entrance.sign_in(&mut person).await;
    let live = hub
        .entrance
        .get("/api/v1/money?period=FY2027&limit=3", &national)
        .await;
    let first = live.json();
    assert_eq!(first["data"].as_array().unwrap().len(), 3);
    let next = first["next"].as_str().unwrap();
    let path = format!("/api/v1/money?period=FY2027&limit=3&cursor={next}");
    let rest = hub.entrance.get(&path, &national).await.json();
    assert_eq!(rest["data"].as_array().unwrap().len(), 1);
    assert!(rest["next"].is_null());
    // The rows that count add up to the total of the period.
    let rows = [&first, &rest]
        .into_iter()
        .flat_map(|page| page["data"].as_array().unwrap());
    let sum: i64 = rows
        .filter(|row| row["counts"] == true)
        .map(|row| row["amount"].as_i64().unwrap())
        .sum();
    assert_eq!(sum, 290_007);
}
