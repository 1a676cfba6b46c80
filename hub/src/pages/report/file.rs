//! A report as files: a page of HTML, which prints on A4 and opens in a word processor with its
//! headings, tables and pictures, and the data that it was made of, one grain a file.

use askama::Template;
use weft_host::list::{Column, Datum, List};
use weft_shared::time::Timestamp;

use super::{
    Wanted,
    make::make,
    read::Content,
    section::{Part, Report},
};
use crate::{
    app::{MARKER_ROWS, MONEY, REVIEW_ROWS, STATED, SharedRecord},
    pages::frame::PageFailure,
    release::{File, ReleaseError, archive, sums},
    sight::need_csv,
};

#[derive(Template)]
#[template(path = "report_file.html")]
struct FilePage<'a> {
    report: &'a Report,
    pictures: Option<&'a str>,
}

/// Makes the files, the list of their checksums last. The same content makes the same bytes.
///
/// # Errors
/// If the template cannot be filled in, which is a fault of Weft.
pub(crate) fn files(content: &Content, wanted: &Wanted) -> Result<Vec<File>, PageFailure> {
    let (report, name) = (make(content, wanted), wanted.name());
    let folder = format!("{name}_files");
    let page = FilePage {
        report: &report,
        pictures: Some(&folder),
    };
    let html = page.render();
    let html = html.map_err(|error| PageFailure::Page(error.to_string()))?;
    let file = |name: String, bytes: Vec<u8>| File { name, bytes };
    let data = [
        ("need.csv", need_csv(&content.needs.rows)),
        ("money.csv", MONEY.csv(&content.lines.0, false)),
        ("investments.csv", STATED.csv(&content.investments.0, false)),
        (
            "markers.csv",
            MARKER_ROWS.csv(&content.learnt.markers, false),
        ),
        (
            "reviews.csv",
            REVIEW_ROWS.csv(&content.learnt.reviews, false),
        ),
        ("opportunities.csv", OPPORTUNITIES.csv(&content.asks, false)),
    ];
    let mut files = vec![file(format!("{name}.html"), html.into_bytes())];
    files.extend(report.charts().map(|chart| {
        let name = format!("{folder}/chart-{}.png", chart.number);
        file(name, chart.png())
    }));
    files.extend(data.map(|(name, bytes)| file(name.to_owned(), bytes)));
    files.push(file(
        "README.txt".to_owned(),
        readme(content, &report, &name),
    ));
    files.push(sums(&files));
    Ok(files)
}

/// Packs the files into one archive, in a folder of its own.
///
/// # Errors
/// If a file cannot be packed, which no file of a report should be.
pub(crate) fn zipped(
    files: &[File],
    content: &Content,
    wanted: &Wanted,
) -> Result<Vec<u8>, ReleaseError> {
    // The day as of which it is, so that the same content makes the same bytes.
    let day = Timestamp::parse_rfc3339(&format!("{}T00:00:00Z", content.today));
    let at = content
        .moment
        .or_else(|| day.ok())
        .unwrap_or(Timestamp::from_ms(0));
    archive(files, (&wanted.name(), at))
}

fn readme(content: &Content, report: &Report, name: &str) -> Vec<u8> {
    let mut text = format!("{}\n{}\n{}\n\n", report.title, report.period, report.made);
    text.push_str(&format!(
        "{name}.html is the report. It prints on A4, and opens in a word processor: keep the \
         folder with its pictures beside it.\n\n"
    ));
    for (file, grain, api) in FILES {
        text.push_str(&format!(
            "{file}: {grain}.{}\n",
            match api {
                "" => String::new(),
                api => format!(" The same bytes as {api}, for analysts."),
            }
        ));
    }
    text.push_str(REACH);
    for release in content.told() {
        let cited = release.content.words.citation(&release.content.head);
        text.push_str(&format!("Source: {cited}\n"));
    }
    text.into_bytes()
}

/// The files of data: a row of each, and the address of the same in the data interface.
const FILES: [(&str, &str, &str); 6] = [
    (
        "need.csv",
        "a row for each release, outcome, location and indicator, and each part of the population \
         with a target; the network has rows of its own",
        "/api/v1/need?period=PERIOD&format=csv",
    ),
    (
        "money.csv",
        "a row for each line of an investment in the period, and for each rest that no line \
         divides; those that count add up to the totals",
        "/api/v1/money?period=PERIOD&format=csv",
    ),
    (
        "investments.csv",
        "a row for each investment and each team that states it",
        "/api/v1/investments?format=csv",
    ),
    (
        "markers.csv",
        "a row for each marker of system change in the period",
        "",
    ),
    (
        "reviews.csv",
        "a row for each learning review of a location in the period",
        "",
    ),
    (
        "opportunities.csv",
        "a row for each open opportunity that this reader could act on",
        "",
    ),
];
const REACH: &str = "
Empty means that something does not apply or is not stated, never zero. SHA256SUMS has the checksum
of each file: sha256sum --check SHA256SUMS.

Figures are those of releases: counts are rounded, and small ones withheld. Everything else is what
its team gave the audience \"released\", beside the outcomes and targets of the network. What
is for the network alone is not here.

";

/// Opportunities of locations, a row each.
const OPPORTUNITIES: List<SharedRecord> = List::new(&[
    Column::new("location_code", |one: &SharedRecord| {
        (&*one.location).into()
    }),
    Column::new("opportunity", |one: &SharedRecord| (&*one.id).into()),
    Column::new("what", |one: &SharedRecord| text(one, "what")),
    Column::new("description", |one: &SharedRecord| text(one, "description")),
    Column::new("who", |one: &SharedRecord| text(one, "who")),
    Column::new("needed_by", |one: &SharedRecord| text(one, "needed_by")),
    Column::new("state", |one: &SharedRecord| text(one, "state")),
]);

fn text(record: &SharedRecord, key: &str) -> Datum {
    Some(record.text(key))
        .filter(|text| !text.is_empty())
        .into()
}
