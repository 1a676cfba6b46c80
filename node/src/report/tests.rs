//! A report says to each reader what it may see, in that reader's order, and counts work against
//! plan.

use std::fs;

use weft_shared::{
    id::RecordId,
    model::{
        Audience,
        plan::ActionState,
        record::Fields,
        schema::{DocKind, RecordKind},
    },
    period::Date,
};

use super::{
    Action, Content, Initiative, Part, Reader, Report, Span, file, make, read, read::targets,
};
use crate::{
    edits::records,
    export::File,
    kit::{Kit, now},
    replica::{Edit, Replica},
};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn span(text: &str) -> Span {
    Span::parse(text, day("2026-11-27")).unwrap()
}

/// The page of a report for `reader`.
fn html(report: &Report, reader: Reader) -> String {
    let files = file::files(report, reader, &span("FY2026")).unwrap();
    let page = files.last().unwrap();
    assert_eq!(page.path, format!("report-{reader}-FY2026.html"));
    String::from_utf8(page.bytes.clone()).unwrap()
}

fn headings(report: &Report) -> Vec<&'static str> {
    report.sections.iter().map(|one| one.heading).collect()
}

fn add(
    replica: &mut Replica,
    kind: RecordKind,
    n: u8,
    audience: Audience,
    pairs: &[(&str, &str)],
) -> RecordId {
    let id = RecordId::from_parts(now(1), [n; 10]);
    let mut edit = Edit::default();
    let fields = pairs.iter().filter(|(key, _)| *key != "text");
    let fields = fields.map(|(key, text)| ((*key).to_owned(), (*text).into()));
    let mut fields: Fields = fields.collect();
    if let Some((_, text)) = pairs.iter().find(|(key, _)| *key == "text") {
        fields.extend(records::say(&mut edit, text).unwrap());
    }
    records::add(
        replica,
        &mut edit,
        kind,
        id,
        audience,
        fields,
        now(i64::from(n)),
    )
    .unwrap();
    replica.save(vec![edit], now(i64::from(n))).unwrap();
    id
}

/// Insights of every audience, the widest of which was withdrawn, and a private action.
fn filled(kit: &Kit) -> Replica {
    let mut replica = kit.open(1);
    for (n, audience) in (10..).zip(Audience::ALL) {
        let text = format!("Example: heard by {}", audience.word());
        let fields = [
            ("text", text.as_str()),
            ("heard_on", "2025-11-03"),
            ("consent", audience.word()),
            ("attribution", "none"),
        ];
        add(&mut replica, RecordKind::Insight, n, *audience, &fields);
    }
    let fields = [
        ("text", "Example: taken back"),
        ("heard_on", "2025-11-04"),
        ("consent", "released"),
        ("attribution", "none"),
    ];
    let id = add(
        &mut replica,
        RecordKind::Insight,
        20,
        Audience::Released,
        &fields,
    );
    let row = replica.record(RecordKind::Insight, &id).unwrap().unwrap();
    let (edit, _) = records::withdraw(&mut replica, &row).unwrap();
    replica.save(vec![edit], now(21)).unwrap();
    let fields = [("what", "Example: private"), ("due", "2025-11-03")];
    add(
        &mut replica,
        RecordKind::Action,
        30,
        Audience::Team,
        &fields,
    );
    let fields = [
        ("what", "Example: shown"),
        ("due", "2025-11-03"),
        ("state", "done"),
    ];
    add(
        &mut replica,
        RecordKind::Action,
        31,
        Audience::Released,
        &fields,
    );
    replica
}

#[test]
fn each_reader_sees_only_what_may_travel_that_far() {
    let kit = Kit::new();
    let mut replica = filled(&kit);
    for (reader, heard, hidden) in [
        (Reader::Board, ["network", "released"].as_slice(), 2),
        (Reader::Funder, &["released"], 3),
        (Reader::Community, &["released"], 3),
    ] {
        let span = span("FY2026");
        let content = read(&mut replica, reader, &span, now(50)).unwrap();
        assert_eq!(content.left_out.count(), hidden, "{reader}");
        let html = html(&make(content, reader, &span, day("2026-11-27")), reader);
        for audience in Audience::WORDS {
            let said = html.contains(&format!("Example: heard by {audience}"));
            assert_eq!(
                said,
                heard.contains(audience),
                "{reader} {audience}: {html}"
            );
        }
        for hidden in ["taken back", "Example: private"] {
            assert!(!html.contains(hidden), "{reader}: {html}");
        }
        let other = Span::parse("2024", day("2026-11-27")).unwrap();
        let content = read(&mut replica, reader, &other, now(50)).unwrap();
        assert!(content.insights.is_empty() && content.actions.is_empty());
    }
}

/// The lines that a report draws are told to its reader, so a target is held back as words are.
#[test]
fn a_target_for_the_team_is_drawn_for_no_reader() {
    let kit = Kit::new();
    let mut replica = kit.open(1);
    let code = "VAX_PRIMARY".parse().unwrap();
    let mut edit = Edit::default();
    for (n, audience, value, kind) in [
        (40, Audience::Team, "70", DocKind::Team),
        (41, Audience::Released, "80", DocKind::Plan(1)),
    ] {
        let fields = [
            ("indicator", "VAX_PRIMARY"),
            ("value", value),
            ("period", "2026-05"),
            ("groups", "every"),
            ("why", "Example: agreed"),
        ];
        let fields: Fields = fields
            .map(|(key, text)| (key.to_owned(), text.into()))
            .into();
        let id = RecordId::from_parts(now(1), [n; 10]);
        edit.on(kind, move |editor| {
            editor.put_record(RecordKind::Target, &id, audience, &fields)
        });
    }
    replica.save(vec![edit], now(40)).unwrap();
    assert_eq!(replica.targets(Some(&code), now(50)).unwrap().len(), 2);
    for reader in [Reader::Board, Reader::Funder, Reader::Community] {
        let seen = targets(&mut replica, &code, reader, now(50)).unwrap();
        let values: Vec<_> = seen
            .iter()
            .map(|one| one.target.value.to_string())
            .collect();
        assert_eq!(values, ["80"], "{reader}");
    }
}

fn content() -> Content {
    let action = |what: &str, due: &str, state, of: &str| Action {
        what: what.to_owned(),
        owner: Some("Example: coordinator".to_owned()),
        due: Some(day(due)),
        state,
        initiative: (!of.is_empty()).then(|| (of.to_owned(), "Example: walks".to_owned())),
    };
    Content {
        place: "Far North".to_owned(),
        network: "Example network".to_owned(),
        initiatives: vec![Initiative {
            id: "walks".to_owned(),
            title: "Example: walks".to_owned(),
            status: "testing".to_owned(),
            moves: vec![(
                day("2026-09-01"),
                "exploring".to_owned(),
                "testing".to_owned(),
            )],
            ..Initiative::default()
        }],
        actions: vec![
            action(
                "Example: done",
                "2026-08-01",
                Some(ActionState::Done),
                "walks",
            ),
            action(
                "Example: late",
                "2026-10-01",
                Some(ActionState::Doing),
                "walks",
            ),
            action(
                "Example: dropped",
                "2026-10-01",
                Some(ActionState::Dropped),
                "walks",
            ),
            action("Example: to come", "2027-01-01", None, ""),
        ],
        insights: vec![super::Heard {
            words: "Example: <b>heard</b>".to_owned(),
            meta: "3 November 2026".to_owned(),
            on: day("2026-11-03"),
        }],
        ..Content::default()
    }
}

#[test]
fn the_funder_reads_work_first_the_board_what_is_late_the_community_what_was_heard() {
    let made = |reader| make(content(), reader, &span("FY2027"), day("2026-11-27"));
    let funder = made(Reader::Funder);
    let order = ["What we planned and did", "What shifted", "What we heard"];
    assert_eq!(headings(&funder), order);
    let Part::Work(rows) = &funder.sections[0].part else {
        panic!("work comes first")
    };
    let counts: Vec<_> = rows
        .iter()
        .map(|row| (row.planned, row.done, row.late))
        .collect();
    assert_eq!(counts, [(3, 1, 1), (1, 0, 0)]);
    let sum = "4 actions were planned: 1 done, 1 late, 2 still to come or given up.";
    assert_eq!(funder.sections[0].lede, sum);
    assert_eq!(funder.period, "The year to June 2027, so far");
    let board = made(Reader::Board);
    assert_eq!(headings(&board)[..2], ["What needs the board", order[0]]);
    let community = made(Reader::Community);
    let order = ["What you told us", "What we are doing", "What shifted"];
    assert_eq!(headings(&community), order);
    let community = html(&community, Reader::Community);
    assert!(
        !community.contains("coordinator") && !community.contains("Late"),
        "{community}"
    );
    assert!(community.contains("We are testing it."), "{community}");
    assert!(
        community.contains("&#60;b&#62;heard"),
        "words are never markup: {community}"
    );
    assert!(html(&board, Reader::Board).contains("Example: coordinator"));
}

#[test]
fn a_file_stands_alone_and_says_what_it_leaves_out() {
    let mut long = content();
    long.insights = vec![long.insights[0].clone(); 13];
    let report = make(long, Reader::Funder, &span("2026"), day("2026-11-27"));
    let html = html(&report, Reader::Funder);
    assert!(
        html.contains("9 more are not in this report, for its length."),
        "{html}"
    );
    for needs in ["<script", "<link", "http://", "https://", "<svg"] {
        assert!(!html.contains(needs), "{needs}: {html}");
    }
    assert!(html.contains("<h1>") && html.contains("<h2 ") && html.contains("<th scope=\"col\""));
    assert_eq!(
        file::name(Reader::Board, &span("2026-01..2026-06")),
        "report-board-2026-01-to-2026-06"
    );
}

#[test]
fn a_report_is_written_whole_and_over_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let report = make(content(), Reader::Funder, &span("2026"), day("2026-11-27"));
    let mut files = file::files(&report, Reader::Funder, &span("2026")).unwrap();
    files.insert(
        0,
        File {
            path: "report-funder-2026_files/chart-1.png".to_owned(),
            bytes: b"a picture".to_vec(),
        },
    );
    let new = folder.path().join("new/deep");
    let page = file::write(&new, &files).unwrap();
    assert_eq!(page, new.join("report-funder-2026.html"));
    let picture = new.join(&files[0].path);
    assert_eq!(fs::read(&picture).unwrap(), b"a picture");
    fs::write(&page, "a person's own words").unwrap();
    let refused = file::write(&new, &files).unwrap_err().to_string();
    assert!(refused.contains("is there already"), "{refused}");
    fs::remove_file(&picture).unwrap();
    file::write(&new, &files).unwrap_err();
    assert_eq!(fs::read(&page).unwrap(), b"a person's own words");
    assert!(!picture.exists(), "nothing was written beside it");
    // A file where the folder of the pictures must be.
    fs::remove_file(&page).unwrap();
    fs::remove_dir(picture.parent().unwrap()).unwrap();
    fs::write(picture.parent().unwrap(), "").unwrap();
    let refused = file::write(&new, &files).unwrap_err().to_string();
    assert!(refused.contains("could not be written"), "{refused}");
    assert!(!page.exists());
}
