//! People outside the network: an analyst's need and money, and the report to a minister, to funders
//! and to communities. None of them gets a word that its team did not release.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::output::ExitCode;
use weft_shared::{
    document::EditError,
    model::{Audience, record::Fields, schema::RecordKind},
    release::Manifest,
};

use super::Hub;
use crate::{
    app::NewTarget,
    tests::{
        aligned::{fields, money},
        commands::run,
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
        let on = ("on", "2026-09-01");
        for (number, kind, audience, pairs) in [
            (
                11,
                RecordKind::Marker,
                shown,
                [("condition", "Example: shown shift"), on],
            ),
            (
                12,
                RecordKind::Marker,
                hidden,
                [("condition", "Example: hidden shift"), on],
            ),
            (
                13,
                RecordKind::Opportunity,
                shown,
                [
                    ("what", "Example: ask a ministry"),
                    ("who", "central_government"),
                ],
            ),
            (
                14,
                RecordKind::Opportunity,
                shown,
                [("what", "Example: ask people"), ("who", "community")],
            ),
            (
                15,
                RecordKind::Opportunity,
                hidden,
                [
                    ("what", "Example: hidden ask"),
                    ("who", "central_government"),
                ],
            ),
            (
                16,
                RecordKind::Outcome,
                shown,
                [("name", "Example: kai"), ("priority", "yes")],
            ),
            (
                17,
                RecordKind::Outcome,
                hidden,
                [("name", "Example: hidden aim"), ("why", "so")],
            ),
        ] {
            self.tell(1, (kind, number), audience, &fields(&pairs))
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

    /// Writes a report, and returns its files.
    async fn report(&self, reader: &str, to: &str, more: &[&str]) -> BTreeMap<String, Vec<u8>> {
        let folder = self.app().data_dir().path(to);
        let path = folder.to_str().unwrap();
        let line = [
            "report", "--for", reader, "--period", "FY2027", "--to", path,
        ];
        let (code, _, err) = run(self.app(), &[&line[..], more].concat()).await;
        assert_eq!(code, ExitCode::Ok, "{err}");
        let mut files = BTreeMap::new();
        for sub in [
            folder.clone(),
            folder.join(format!("report-{reader}-FY2027_files")),
        ] {
            for file in sub.read_dir().into_iter().flatten() {
                let file = file.unwrap();
                if file.file_type().unwrap().is_file() {
                    let path = file.path();
                    let name = path.strip_prefix(&folder).unwrap().to_str().unwrap();
                    files.insert(name.to_owned(), std::fs::read(&path).unwrap());
                }
            }
        }
        files
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

fn text<'f>(files: &'f BTreeMap<String, Vec<u8>>, name: &str) -> &'f str {
    std::str::from_utf8(&files[name]).unwrap()
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

/// Acceptance of the report: its readers differ, its data are those of the data interface, its
/// checksums hold, and nothing is in it that its team did not release.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_tells_each_reader_what_was_released_and_nothing_else() {
    let hub = Hub::outside().await;
    for (reader, first, asked, other) in [
        (
            "minister",
            "What we aim for",
            "Example: ask a ministry",
            "Example: ask people",
        ),
        (
            "funder",
            "What we aim for",
            "No location has released",
            "Example: ask people",
        ),
        (
            "community",
            "What shifted",
            "Example: ask people",
            "Example: ask a ministry",
        ),
    ] {
        let files = hub.report(reader, reader, &[]).await;
        let html = text(&files, &format!("report-{reader}-FY2027.html"));
        let headings: Vec<&str> = html
            .match_indices("<h2")
            .map(|(at, _)| &html[at..])
            .collect();
        assert_eq!(headings.len(), 6, "{html}");
        assert!(
            headings[0].split('<').nth(1).unwrap().ends_with(first),
            "{html}"
        );
        assert!(headings[5].contains("What is missing"), "{html}");
        for shown in [
            "<h1>",
            "<h3",
            "Example: shown shift",
            "Example: kai",
            "100,000",
            "<table",
        ] {
            assert!(html.contains(shown), "{reader} {shown}: {html}");
        }
        assert!(html.contains(asked), "{reader} {asked}: {html}");
        assert!(!html.contains(other), "{reader} {other}: {html}");
        for (name, bytes) in &files {
            let text = String::from_utf8_lossy(bytes);
            for hidden in HIDDEN {
                assert!(!text.contains(hidden), "{reader} {name} {hidden}: {text}");
            }
        }
        for line in text(&files, "SHA256SUMS").lines() {
            let (sum, name) = line.split_once("  ").unwrap();
            assert_eq!(sum, Manifest::checksum(&files[name]), "{name}");
        }
        assert_eq!(text(&files, "SHA256SUMS").lines().count() + 1, files.len());
        for (name, path) in [
            ("need.csv", "/api/v1/need?period=FY2027&format=csv"),
            ("money.csv", "/api/v1/money?period=FY2027&format=csv"),
            ("investments.csv", "/api/v1/investments?format=csv"),
        ] {
            assert_eq!(hub.get(path).await.body, text(&files, name), "{name}");
            assert!(text(&files, name).lines().count() > 1, "{name}");
        }
        assert_eq!(files, hub.report(reader, &format!("{reader}-2"), &[]).await);
    }
    let reads = hub.app().read(|at| at.reads(50)).await.unwrap();
    let of = reads
        .iter()
        .filter(|row| row.act == "report" && row.subject == "minister FY2027");
    assert_eq!(of.map(|row| &row.code).collect::<BTreeSet<_>>().len(), 4);
}

/// A word that was released once, and is for the network alone now, is in no report of the past.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_as_of_the_past_is_the_same_for_ever_without_words_taken_back() {
    let mut hub = Hub::outside().await;
    let moment = weft_host::clock::now().rfc3339();
    let as_of = ["--as-of", &*moment];
    let page = "report-minister-FY2027.html";
    let before = hub.report("minister", "then", &as_of).await;
    assert!(text(&before, page).contains("Example: shown shift"));
    hub.state(0, ("VAX_FIRST", "2023-06", "total"), 500).await;
    hub.publish("prevention").await;
    let added = adding("LATER-1", "5", &["--audience", "released"]);
    ok(hub.app(), &added).await;
    assert_eq!(before, hub.report("minister", "again", &as_of).await);
    let now = hub.report("minister", "now", &[]).await;
    assert!(text(&now, "investments.csv").contains("LATER-1"));
    assert!(text(&now, "need.csv").contains(",2026.2,"));
    let narrower = fields(&[("condition", "Example: shown shift"), ("on", "2026-09-01")]);
    hub.tell(1, (RecordKind::Marker, 11), Audience::Network, &narrower)
        .await;
    let after = hub.report("minister", "after", &as_of).await;
    assert!(!text(&after, page).contains("Example: shown shift"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_written_whole_over_nothing_and_each_wrong_option_is_named() {
    let hub = Hub::new([1, 2, 3, 4]).await;
    // A hub without outcomes, money and releases has a report that says so.
    let files = hub.report("funder", "empty", &[]).await;
    let html = text(&files, "report-funder-FY2027.html");
    for missing in [
        "has named no outcome yet",
        "No release has gone out yet",
        "0 of 4 locations",
    ] {
        assert!(html.contains(missing), "{missing}: {html}");
    }
    let there = hub.app().data_dir().path("empty");
    let there = there.to_str().unwrap();
    let never = hub.app().data_dir().path("never");
    let to = never.to_str().unwrap();
    for (reader, period, to, more, why) in [
        ("funder", "FY2027", there, &[][..], "holds files already"),
        ("queen", "FY2027", to, &[], "minister, funder or community"),
        ("funder", "soon", to, &[], "is not a period"),
        ("funder", "FY2050", to, &[], "begins on 1 July 2049"),
        (
            "funder",
            "FY2027",
            to,
            &["--as-of", "soon"],
            "is not a moment",
        ),
        (
            "funder",
            "FY2027",
            to,
            &["--as-of", "2999-01-01"],
            "is in the future",
        ),
    ] {
        let line = ["report", "--for", reader, "--period", period, "--to", to];
        let (code, out, err) = run(hub.app(), &[&line[..], more].concat()).await;
        assert_eq!(code, ExitCode::Usage, "{why}: {out}{err}");
        let flat = err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(why), "{why}: {err}");
        assert!(!never.exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_report_shows_it_and_gives_its_files() {
    let hub = Hub::outside().await;
    let mut person = hub.entrance.person("nat", "national").await;
    let national = hub.entrance.sign_in(&mut person).await;
    let page = hub
        .entrance
        .get("/report?for=funder&period=fy2027", &national)
        .await;
    assert_eq!(page.status, 200, "{}", page.body);
    for shown in [
        "Report to our funders",
        "/report.zip?for=funder&#38;period=FY2027",
        "not in it",
    ] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    for hidden in HIDDEN {
        assert!(!page.body.contains(hidden), "{hidden}");
    }
    let zip = hub
        .entrance
        .get("/report.zip?for=funder&period=FY2027", &national)
        .await;
    assert_eq!(zip.status, 200);
    assert_eq!(zip.headers["content-type"], "application/zip");
    for (query, status) in [
        ("for=queen", 422),
        ("period=soon", 422),
        ("period=FY2050", 422),
        ("sort=gap", 400),
        ("as_of=2999-01-01", 400),
    ] {
        let answer = hub
            .entrance
            .get(&format!("/report?{query}"), &national)
            .await;
        assert_eq!(answer.status.as_u16(), status, "{query}");
        let answer = hub
            .entrance
            .get(&format!("/report.zip?{query}"), &national)
            .await;
        assert_eq!(answer.status.as_u16(), 400, "{query}");
    }
    assert_eq!(
        hub.get("/report").await.status,
        404,
        "an analyst has no page of the national team"
    );
}
