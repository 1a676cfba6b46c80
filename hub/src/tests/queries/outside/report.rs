//! The report: by reader, as of the past, over nothing, and as a page.

use std::collections::{BTreeMap, BTreeSet};

use weft_host::output::ExitCode;
use weft_shared::{
    model::{Audience, schema::RecordKind},
    release::Manifest,
    time::Timestamp,
};

use super::{super::Hub, HIDDEN};
use crate::{
    app::NewTarget,
    kit::{self, Device},
    tests::{
        aligned::fields,
        commands::run,
        money::{adding, ok},
        sight::outcome,
    },
};

impl Hub {
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

fn text<'f>(files: &'f BTreeMap<String, Vec<u8>>, name: &str) -> &'f str {
    std::str::from_utf8(&files[name]).unwrap()
}

/// Each file but the list itself has its checksum there.
fn checksums_hold(files: &BTreeMap<String, Vec<u8>>) {
    for line in text(files, "SHA256SUMS").lines() {
        let (sum, name) = line.split_once("  ").unwrap();
        assert_eq!(sum, Manifest::checksum(&files[name]), "{name}");
    }
    assert_eq!(text(files, "SHA256SUMS").lines().count() + 1, files.len());
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
        checksums_hold(&files);
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

/// The newest figure of the group that leads lacks a location.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_tells_the_newest_figure_that_a_release_shows_and_its_areas() {
    let hub = Hub::new([1, 2, 3, 4]).await;
    let code = kit::add_location(hub.app(), "ZZ", &["ELSE"]).await;
    Device::found(hub.app(), &code).await;
    hub.publish("prevention").await;
    outcome(hub.app(), "VAX", "VAX_PRIMARY").await;
    let aim = NewTarget {
        indicator: "VAX_PRIMARY".parse().unwrap(),
        value: 90.into(),
        period: Some("2026-12".parse().unwrap()),
        breakdown: "age=5-11".to_owned(),
        every_group: false,
        by: None,
        why: "Example: a target to test with".to_owned(),
    };
    hub.app().set_target(aim).await.unwrap();
    let files = hub.report("minister", "shown", &[]).await;
    let html = text(&files, "report-minister-FY2027.html");
    for shown in ["in June 2023", "), 4 of 5 areas", "Areas are missing"] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    for not in ["in no release", "everybody who lives there"] {
        assert!(!html.contains(not), "{not}: {html}");
    }
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
        "none is stated, or none may be told",
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

/// Money that may not be shown yet is named with its day, and counted in nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_says_of_which_money_the_amount_is_withheld_and_until_when() {
    let hub = Hub::outside().await;
    let stub = "investment add --title Example:~stub --funder Example:~ministry --kind cash --from \
                2026-07-01 --to 2027-06-30 --status withheld --until 2027-01-01 --source \
                Example:~letter --note Example:~contract --locations FN --audience released";
    let stub: Vec<String> = stub
        .split_whitespace()
        .map(|one| one.replace('~', " "))
        .collect();
    let stub: Vec<&str> = stub.iter().map(String::as_str).collect();
    ok(hub.app(), &stub).await;
    let files = hub.report("minister", "stub", &[]).await;
    let html = text(&files, "report-minister-FY2027.html");
    let words = "Example: stub: the amount is withheld until 1 January 2027, and in no sum.";
    assert!(html.contains(words), "{html}");
}

/// A report of the past tells what shifted then, also if the status changed again since, and as of
/// a moment.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_tells_the_changes_of_status_of_its_own_period() {
    let mut hub = Hub::outside().await;
    for (day, status) in [
        ("2025-07-02T00:00:00Z", "exploring"),
        ("2025-10-02T00:00:00Z", "testing"),
        ("2026-08-02T00:00:00Z", "scaling"),
    ] {
        hub.devices[0].now = Timestamp::parse_rfc3339(day).unwrap();
        let garden = fields(&[("name", "Example: a garden"), ("status", status)]);
        let of = (RecordKind::Initiative, 41);
        hub.tell(0, of, Audience::Released, &garden).await;
    }
    let moment = weft_host::clock::now().rfc3339();
    for (period, shifted, not) in [
        ("FY2026", "From exploring to testing.", "scaling"),
        ("FY2027", "From testing to scaling.", "exploring"),
    ] {
        for (nth, more) in [&[][..], &["--as-of", &*moment]].into_iter().enumerate() {
            let folder = hub.app().data_dir().path(&format!("{period}-{nth}"));
            let to = folder.to_str().unwrap();
            let line = ["report", "--for", "funder", "--period", period, "--to", to];
            let (code, _, err) = run(hub.app(), &[&line[..], more].concat()).await;
            assert_eq!(code, ExitCode::Ok, "{err}");
            let file = folder.join(format!("report-funder-{period}.html"));
            let html = std::fs::read_to_string(file).unwrap();
            assert!(html.contains(shifted), "{period} {nth}: {html}");
            assert!(!html.contains(not), "{period} {nth}: {html}");
        }
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
