//! Queries of releases: what an analyst gets is rows of the files, and nothing else.

mod lists;
mod outside;
mod past;
mod slow;
mod strict;

use std::{collections::BTreeSet, fs, io::Cursor};

use axum::{
    body::{Bytes, to_bytes},
    http::{HeaderMap, Method, StatusCode},
};
use calamine::{Reader as _, Xlsx};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::Value;
use weft_shared::{
    document::Editor,
    id::DefinitionHash,
    model::{
        Audience,
        indicator::Rows,
        number::Number,
        observation::Statement,
        profile::{Adoption, AdoptionStatus},
        release::ReleaseId,
    },
};

use super::{
    access::Entrance,
    figures::statement,
    web::{Answer, ask, response},
};
use crate::{
    app::AppHandle,
    kit::{self, Device},
    release::NewRelease,
};

/// A second indicator, whose releases have a row for each location.
const FIRST_DOSE: &str = r#"
[[indicator]]
code = "VAX_FIRST"
version = 1
name = "First dose"
name_mi = "Example, with ā"
type = "proportion"
unit = "people"
numerator = "People vaccinated"
denominator = "People"
factor = 100
direction = "up"
period = "month"
accountability = "population"
class = "better_off"
rollup = "sum"
person_level = true
source = "Example"
[indicator.breakdowns]
age = ["12+", "5-11"]
"#;

const CODES: [(&str, &str); 4] = [
    ("EC", "EAST"),
    ("FN", "NORTH"),
    ("RT", "ROTO"),
    ("WR", "WAIRO"),
];

/// A hub with a release, and an analyst who has signed in.
struct Hub {
    entrance: Entrance,
    cookie: String,
    devices: Vec<Device>,
    hashes: [DefinitionHash; 2],
}

impl Hub {
    /// Four locations. The counts `small` are all that differ between two hubs, and too small to be
    /// shown.
    async fn new(small: [i64; 4]) -> Self {
        let (dir, app) = kit::hub().await;
        app.import_definitions(FIRST_DOSE).await.unwrap();
        let by_location = ["rows=locations".to_owned()];
        let code = "VAX_FIRST".parse().unwrap();
        app.set_definition(&code, 1, &by_location).await.unwrap();
        let hash = |code: &str| {
            let all = app.definitions().unwrap();
            let one = all.iter().find(|one| one.code.as_str() == code);
            one.unwrap().hash()
        };
        let hashes = [hash("VAX_PRIMARY"), hash("VAX_FIRST")];
        let mut devices = Vec::new();
        for (code, area) in CODES {
            let code = kit::add_location(&app, code, &[area]).await;
            devices.push(Device::found(&app, &code).await);
        }
        let entrance = Entrance::of(dir, app);
        let mut person = entrance.person("ana", "analyst").await;
        let cookie = entrance.sign_in(&mut person).await;
        let mut hub = Self {
            entrance,
            cookie,
            devices,
            hashes,
        };
        hub.fill(small).await;
        hub
    }

    fn app(&self) -> &AppHandle {
        &self.entrance.app
    }

    async fn fill(&mut self, small: [i64; 4]) {
        for (at, small) in small.into_iter().enumerate() {
            self.agree(at).await;
            let more = 7 * i64::try_from(at).unwrap();
            for (code, period, group, numerator) in [
                ("VAX_PRIMARY", "2023-05", "age=12%2B", 300 + more),
                ("VAX_PRIMARY", "2023-05", "age=5-11", 120 + more),
                ("VAX_PRIMARY", "2023-06", "age=12%2B", 310 + more),
                ("VAX_PRIMARY", "2023-06", "age=5-11", small),
                ("VAX_FIRST", "2023-05", "total", 400 + more),
                ("VAX_FIRST", "2023-06", "total", 420 + more),
                ("VAX_FIRST", "2023-06", "age=5-11", small),
            ] {
                self.state(at, (code, period, group), numerator).await;
            }
        }
    }

    async fn agree(&mut self, at: usize) {
        for (code, definition, rows) in [
            ("VAX_PRIMARY", self.hashes[0], Rows::Network),
            ("VAX_FIRST", self.hashes[1], Rows::Locations),
        ] {
            let adoption = Adoption {
                status: AdoptionStatus::Adopted,
                definition,
                audience: Audience::Released,
                reason: None,
                releases: Some(rows),
                open: None,
            };
            let code = code.parse().unwrap();
            let put = |editor: &mut Editor<'_>| editor.put_adoption(&code, &adoption);
            let entry = self.devices[at].edit("profile", put);
            self.devices[at].push(&self.entrance.app, entry).await;
        }
    }

    async fn state(&mut self, at: usize, of: (&str, &str, &str), numerator: i64) {
        let statement = Statement {
            denominator: Some(Number::from(1_000)),
            audience: Audience::Released,
            ..statement(self.hash(of.0), numerator)
        };
        self.say(at, of, statement).await;
    }

    fn hash(&self, code: &str) -> DefinitionHash {
        self.hashes[usize::from(code == "VAX_FIRST")]
    }

    async fn say(&mut self, at: usize, of: (&str, &str, &str), statement: Statement) {
        let (code, period, group) = of;
        let key = format!("{code}/{}/{period}/{group}", CODES[at].1);
        let key = key.parse().unwrap();
        let put = |editor: &mut Editor<'_>| editor.put_observation(&key, &statement, None);
        let entry = self.devices[at].edit("observations/2023", put);
        self.devices[at].push(&self.entrance.app, entry).await;
    }

    async fn propose(&self, dataset: &str, codes: &[&str]) -> ReleaseId {
        let new = NewRelease {
            dataset: dataset.parse().unwrap(),
            title: Some("Vaccination".to_owned()),
            indicators: codes.iter().map(|code| code.parse().unwrap()).collect(),
            periods: None,
            notice_days: 0,
            open: false,
            supersedes: None,
        };
        let proposed = self.app().propose_release(new, "operator").await;
        proposed.unwrap().id
    }

    async fn publish(&self, dataset: &str) -> ReleaseId {
        let id = self.propose(dataset, &["VAX_PRIMARY", "VAX_FIRST"]).await;
        self.app()
            .publish_release(&id, "operator", None)
            .await
            .unwrap();
        id
    }

    /// Asks as the analyst.
    async fn get(&self, path: &str) -> Answer {
        self.entrance.get(path, &self.cookie).await
    }

    async fn bytes(&self, path: &str) -> (HeaderMap, Bytes) {
        let headers = [("cookie", self.cookie.as_str())];
        let answer = response(&self.entrance.router, path, &headers).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let headers = answer.headers().clone();
        (
            headers,
            to_bytes(answer.into_body(), 1 << 24).await.unwrap(),
        )
    }

    fn file(&self, id: &ReleaseId, name: &str) -> Vec<u8> {
        let folder = self.app().data_dir().path("releases");
        let folder = folder.join(id.dataset.as_str()).join(id.number.to_string());
        fs::read(folder.join(name)).unwrap()
    }

    /// The lines of a table of a release, the names of its columns first.
    fn lines(&self, id: &ReleaseId, level: &str) -> Vec<String> {
        let name = match level {
            "network" => format!("{}.csv", id.dataset),
            _ => format!("{}-locations.csv", id.dataset),
        };
        let text = String::from_utf8(self.file(id, &name)).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

/// A filter, and what the lines that it takes have in them.
const FILTERS: [(&str, &str, &[&str]); 13] = [
    ("", "network", &[]),
    ("level=network", "network", &[]),
    ("indicator=VAX_FIRST", "network", &[",VAX_FIRST,"]),
    ("indicator=&level=location", "location", &[]),
    ("location=FN", "location", &[",FN,"]),
    (
        "location=FN&level=location&period=2023-06",
        "location",
        &[",FN,", ",2023-06,"],
    ),
    ("period=2023-05..2023-06", "network", &[]),
    ("period=2023-06", "network", &[",2023-06,"]),
    ("breakdown=age=12%2B", "network", &[",age,12+,"]),
    ("breakdown=age=12+", "network", &[",age,12+,"]),
    (
        "breakdown=age=5-11&level=location",
        "location",
        &[",age,5-11,"],
    ),
    (
        "breakdown=total&indicator=VAX_PRIMARY",
        "network",
        &["no such line"],
    ),
    ("labels=en&release=latest", "network", &[]),
];

/// The numbers of the lines that have all these texts in them.
fn taken(lines: &[String], texts: &[&str]) -> Vec<usize> {
    let takes = |line: &String| texts.iter().all(|text| line.contains(text));
    let rows = lines.iter().skip(1).enumerate();
    rows.filter(|(_, line)| takes(line))
        .map(|(at, _)| at)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_gives_the_rows_of_the_files_in_each_format() {
    let hub = Hub::new([1, 2, 0, 1]).await;
    let id = hub.publish("vaccination").await;
    for (filter, level, texts) in FILTERS {
        let lines = hub.lines(&id, level);
        let taken = taken(&lines, texts);
        assert_eq!(
            texts.contains(&"no such line"),
            taken.is_empty(),
            "{filter}"
        );
        let path = format!("/api/v1/rollups?{filter}");
        let (headers, csv) = hub.bytes(&format!("{path}&format=csv")).await;
        let mut expected = vec![lines[0].clone()];
        expected.extend(taken.iter().map(|at| lines[at + 1].clone()));
        assert_eq!(csv, format!("{}\n", expected.join("\n")), "{filter}");
        assert!(headers.get("weft-notice").is_none());
        let link = format!("</data/{id}/dictionary.csv>; rel=\"describedby\"");
        assert_eq!(headers.get("link").unwrap(), &link);
        let table = table(&expected);
        let json = hub.get(&format!("{path}&format=json")).await.json();
        assert_eq!(json_table(&json), table, "{filter}");
        let (_, bytes) = hub.bytes(&format!("{path}&format=parquet")).await;
        let name = match level {
            "network" => "vaccination.parquet",
            _ => "vaccination-locations.parquet",
        };
        let whole = parquet_rows(hub.file(&id, name).into());
        let some: Vec<_> = taken.iter().map(|at| whole[*at].clone()).collect();
        assert_eq!(parquet_rows(bytes), some, "{filter}");
        let (_, bytes) = hub.bytes(&format!("{path}&format=xlsx")).await;
        let sheet = if level == "network" {
            "Network"
        } else {
            "Locations"
        };
        let whole = sheet_rows(hub.file(&id, "vaccination.xlsx").into(), sheet);
        let mut some = vec![whole[0].clone()];
        some.extend(taken.iter().map(|at| whole[at + 1].clone()));
        // A program that names no sheet reads the first one.
        let names = Xlsx::new(Cursor::new(bytes.clone())).unwrap().sheet_names();
        if some.len() > 1 {
            assert_eq!(names[..2], [sheet, "About"], "{filter}");
        }
        if names.iter().any(|name| name == sheet) {
            assert_eq!(sheet_rows(bytes, sheet), some, "{filter}");
        }
    }
    let book = Xlsx::new(Cursor::new(hub.file(&id, "vaccination.xlsx"))).unwrap();
    let names = ["Network", "About", "Locations", "Indicators", "Dictionary"];
    assert_eq!(book.sheet_names(), names);
    let json = hub.bytes("/api/v1/rollups?format=json").await.1;
    assert_eq!(json, hub.file(&id, "vaccination.json"));
    let both = hub.bytes("/api/v1/rollups?level=all&format=csv").await.1;
    let mut all = hub.lines(&id, "network");
    all.extend(hub.lines(&id, "location").into_iter().skip(1));
    assert_eq!(both, format!("{}\n", all.join("\n")));
}

fn table(lines: &[String]) -> Vec<Vec<String>> {
    let text = lines.join("\n");
    let reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let records = reader.into_records();
    records
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

fn json_table(json: &Value) -> Vec<Vec<String>> {
    let names: Vec<String> = weft_shared::release::COLUMNS
        .iter()
        .map(|column| column.name.to_owned())
        .collect();
    let rows = json["data"].as_array().unwrap().iter();
    let rows = rows.map(|row| {
        let row = row.as_object().unwrap();
        assert!(row.keys().eq(names.iter()));
        let text = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        row.values().map(text).collect()
    });
    std::iter::once(names.clone()).chain(rows).collect()
}

fn parquet_rows(bytes: Bytes) -> Vec<String> {
    let reader = SerializedFileReader::new(bytes).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| row.unwrap().to_string()).collect()
}

fn sheet_rows(bytes: Bytes, sheet: &str) -> Vec<Vec<String>> {
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    let range = book.worksheet_range(sheet).unwrap();
    range
        .rows()
        .map(|row| row.iter().map(ToString::to_string).collect())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_in_te_reo_change_the_name_alone() {
    let hub = Hub::new([1, 2, 0, 1]).await;
    hub.publish("vaccination").await;
    let lines = |bytes: Bytes| String::from_utf8(bytes.to_vec()).unwrap();
    let en = lines(hub.bytes("/api/v1/rollups?format=csv").await.1);
    let mi = lines(hub.bytes("/api/v1/rollups?format=csv&labels=mi").await.1);
    assert!(en.contains(",First dose,"), "{en}");
    assert_eq!(mi.matches("First dose").count(), 0);
    // A name without one in te reo stays as it is.
    assert!(mi.contains(",Completed primary course,"));
    let named = "\"Example, with ā\",\"Example, with ā\"";
    assert!(mi.contains(named), "{mi}");
    assert_eq!(mi.replace(named, "First dose,\"Example, with ā\""), en);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_release_hold_although_a_newer_one_goes_out() {
    let mut hub = Hub::new([1, 2, 0, 1]).await;
    let id = hub.publish("vaccination").await;
    let whole = hub.get("/api/v1/rollups?level=all").await.json();
    let path = "/api/v1/rollups?level=all&limit=3";
    let first = hub.get(path).await.json();
    let number = id.number.to_string();
    assert_eq!(first["data"][0]["release"], *number);
    for at in 0..4 {
        let of = ("VAX_PRIMARY", "2023-05", "age=12%2B");
        hub.state(at, of, 600).await;
    }
    hub.publish("vaccination").await;
    let mut rows = first["data"].as_array().unwrap().clone();
    let mut next = first["next"].as_str().map(str::to_owned);
    while let Some(cursor) = next {
        let page = hub.get(&format!("{path}&cursor={cursor}")).await.json();
        assert_eq!(page["data"][0]["release"], *number);
        rows.extend(page["data"].as_array().unwrap().clone());
        next = page["next"].as_str().map(str::to_owned);
        assert!(rows.len() < 100);
    }
    assert_eq!(rows, *whole["data"].as_array().unwrap());
    let newer = hub.get("/api/v1/rollups?level=all").await.json();
    assert_ne!(newer["data"], whole["data"]);

    let cursor = first["next"].as_str().unwrap();
    for other in [
        format!("level=network&limit=3&cursor={cursor}"),
        format!("level=all&release=2026.99&cursor={cursor}"),
        format!("level=all&dataset=other&cursor={cursor}"),
        format!("level=all&cursor={cursor}A"),
        "level=all&cursor=x".to_owned(),
    ] {
        let answer = hub.get(&format!("/api/v1/rollups?{other}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{other}");
        assert_eq!(answer.json()["parameter"], "cursor", "{other}");
    }
    hub.app()
        .withdraw_release(&id, "A slip in one count.", "operator")
        .await
        .unwrap();
    let gone = hub.get(&format!("{path}&cursor={cursor}")).await;
    assert_eq!(gone.status, StatusCode::GONE, "{}", gone.body);
    assert!(gone.body.contains("A slip in one count."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_holds_for_the_same_rows_and_a_look_at_it_reads_nothing() {
    let hub = Hub::new([1, 2, 0, 1]).await;
    hub.publish("vaccination").await;
    let mut tags = BTreeSet::new();
    for format in ["csv", "json", "parquet", "xlsx"] {
        for filter in ["", "&indicator=VAX_FIRST", "&labels=mi"] {
            let path = format!("/api/v1/rollups?format={format}{filter}");
            let (headers, bytes) = hub.bytes(&path).await;
            let tag = headers.get("etag").unwrap().to_str().unwrap().to_owned();
            assert!(tag.starts_with('"'), "strong: {tag}");
            let (again, same) = hub.bytes(&path).await;
            assert_eq!((&bytes, &headers), (&same, &again), "{path}");
            let asked = [("cookie", &*hub.cookie), ("if-none-match", &*tag)];
            let router = &hub.entrance.router;
            let known = ask(router, Method::GET, &path, &asked, "").await;
            assert_eq!(known.status, StatusCode::NOT_MODIFIED);
            assert_eq!(known.header("etag"), tag);
            let head = ask(router, Method::HEAD, &path, &asked[..1], "").await;
            assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
            assert_eq!(head.header("etag"), tag);
            assert!(tags.insert(tag), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_in_the_ledger_of_each_location_in_its_answer() {
    let hub = Hub::new([1, 2, 0, 1]).await;
    let id = hub.publish("vaccination").await;
    let codes = async |path: &str, act: &str, subject: &str| {
        hub.get(path).await;
        let reads = hub.app().read(|at| at.reads(1_000)).await.unwrap();
        let of = reads
            .into_iter()
            .filter(|row| row.act == act && row.subject == subject);
        let of = of.inspect(|row| {
            assert_eq!(
                (row.reader.as_str(), row.purpose.as_str()),
                ("reader 1", "Quarterly report")
            );
        });
        of.map(|row| row.code).collect::<BTreeSet<_>>()
    };
    let act = "read released rows";
    let all = BTreeSet::from(CODES.map(|(code, _)| code.to_owned()));
    let one = BTreeSet::from(["FN".to_owned()]);
    let subject = format!("{id} level=network");
    assert_eq!(codes("/api/v1/rollups", act, &subject).await, all);
    let path = "/api/v1/rollups?location=FN&format=csv";
    let subject = format!("{id} level=location location=FN");
    assert_eq!(codes(path, act, &subject).await, one);
    let none = "/api/v1/rollups?breakdown=total&indicator=VAX_PRIMARY";
    let subject = format!("{id} level=network indicator=VAX_PRIMARY breakdown=total");
    assert!(codes(none, act, &subject).await.is_empty());
    let act = "read released coverage";
    let subject = format!("releases {id}");
    assert_eq!(codes("/api/v1/coverage", act, &subject).await, all);
}
