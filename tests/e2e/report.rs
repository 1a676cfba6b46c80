//! The report of a period: written over nothing, with words as far as consent goes, and whole in a
//! word processor.

use std::{fs, path::Path, process::Command};

use crate::{
    network::{Network, data},
    program::Program,
    releases::{census, publish},
};

const PAGE: &str = "report-funder-FY2023.html";
/// Width between the margins of an A4 page, in inches, with a millimetre to spare.
const INCHES_MAX: f64 = 6.74;

#[test]
fn a_word_processor_shows_the_headings_tables_and_pictures_of_a_report() {
    let network = Network::start();
    let node = filled(&network);
    let reports = network.path("reports");
    write(&node, "funder", "FY2023", &reports).ok();
    let html = fs::read_to_string(reports.join(PAGE)).expect("the page is there");
    let image = "<img src=\"report-funder-FY2023_files/chart-1.png\" width=\"420\"";
    assert!(html.contains(image), "{html}");
    assert!(html.contains("alt=\"Completed primary course: "), "{html}");
    let pdf = pdf_of(&network, &reports.join(PAGE));
    let text = tool("pdftotext", &["-layout", &pdf, "-"]);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for heading in [
        "Report to our funder",
        "What we planned and did",
        "What shifted",
        "About the place",
        "What we heard",
    ] {
        assert!(lines.contains(&heading), "{heading}: {text}");
    }
    // Rows of tables: an initiative with its counts, and the newest figure with its parts.
    for row in [
        &["Example: Māra kai", "not stated", "2", "1", "1"][..],
        &["May 2023", "10.3 %", "734", "7,118"],
    ] {
        let is_row = |line: &&str| {
            let mut rest = *line;
            row.iter().all(|cell| match rest.split_once(cell) {
                Some((_, after)) => {
                    rest = after;
                    true
                }
                None => false,
            })
        };
        assert!(lines.iter().any(is_row), "{row:?}: {text}");
    }
    // The first words and the last of the longest paragraph.
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in ["Example: begun with 40 gardens", "and ended with 90."] {
        assert!(flat.contains(words), "{words}: {text}");
    }
    let info = tool("pdfinfo", &[&pdf]);
    let said = |name: &str| {
        let found = info.lines().find_map(|line| line.strip_prefix(name));
        found.expect("pdfinfo says it").trim().to_owned()
    };
    assert!(["2", "3", "4"].contains(&&*said("Pages:")), "{info}");
    assert!(said("Page size:").contains("(A4)"), "{info}");
    let images = tool("pdfimages", &["-list", &pdf]);
    let pictures: Vec<Vec<&str>> = images
        .lines()
        .skip(2)
        .map(|line| line.split_whitespace().collect())
        .filter(|row: &Vec<&str>| row[2] == "image")
        .collect();
    assert_eq!(pictures.len(), 2, "one for each measure: {images}");
    for row in pictures {
        let number = |at: usize| row[at].parse::<f64>().expect("a number");
        assert_eq!((number(3), number(4)), (1280.0, 752.0), "{images}");
        let inches = number(3) / number(12);
        assert!((4.3..INCHES_MAX).contains(&inches), "{inches}: {images}");
    }
}

#[test]
fn a_report_has_no_words_without_consent_and_is_written_over_nothing() {
    let network = Network::start();
    let node = filled(&network);
    let reports = network.path("reports");
    let said = write(&node, "funder", "FY2023", &reports);
    let left_out = "its audience does not reach your funder";
    said.ends_with(0).tells(&["wrote", PAGE, left_out]);
    let page = reports.join(PAGE);
    let html = fs::read_to_string(&page).expect("the page is there");
    assert!(html.contains("Example: agreed for releases"), "{html}");
    for without in ["Example: agreed for the network", "Example: not agreed"] {
        assert!(!html.contains(without), "{without}: {html}");
    }
    // The same words again for those who may see them.
    write(&node, "board", "FY2023", &reports).ok();
    let board = fs::read_to_string(reports.join("report-board-FY2023.html"));
    let board = board.expect("the page is there");
    assert!(board.contains("Example: agreed for the network"), "{board}");
    assert!(!board.contains("Example: not agreed"), "{board}");
    fs::write(&page, "a person's own words").expect("it can be written");
    write(&node, "funder", "FY2023", &reports)
        .ends_with(2)
        .tells(&["is there already", "nothing was written"]);
    assert_eq!(
        fs::read_to_string(&page).expect("it is still there"),
        "a person's own words"
    );
    for period in ["last year", "2023-13", "FY", "2024..2023"] {
        write(&node, "funder", period, &network.path("never"))
            .ends_with(2)
            .tells(&["period", "nothing was written"]);
    }
    write(&node, "neighbour", "FY2023", &network.path("never"))
        .ends_with(2)
        .tells(&["neighbour", "funder, board, community"]);
    assert!(!network.path("never").exists());
}

/// The national team's report of published figures, released words and money: two to four A4 pages
/// for each reader, with headings, tables and a picture of each chart.
#[test]
fn a_word_processor_shows_the_report_of_the_national_team_on_two_to_four_pages() {
    let network = census();
    publish(&network, "prevention", &["SMOKING", "ACTIVE_COMMUTE"]);
    lead(&network);
    for reader in ["minister", "funder", "community"] {
        let folder = network.path(reader);
        let to = folder.to_str().expect("the path is text");
        let line = ["report", "--for", reader, "--period", "FY2027", "--to", to];
        let said = network.hub.run(&line).ok();
        assert!(said.contains("is the report"), "{said}");
        let page = format!("report-{reader}-FY2027.html");
        let pdf = pdf_of(&network, &folder.join(&page));
        let text = tool("pdftotext", &["-layout", &pdf, "-"]);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for heading in [
            "What we aim for",
            "What shifted",
            "About the place",
            "What is missing",
        ] {
            assert!(lines.contains(&heading), "{reader} {heading}: {text}");
        }
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in [
            "Example: no one smokes",
            "Example: shops open",
            "years old",
            "100,000",
        ] {
            assert!(flat.contains(words), "{reader} {words}: {text}");
        }
        let info = tool("pdfinfo", &[&pdf]);
        let pages = info.lines().find_map(|line| line.strip_prefix("Pages:"));
        let pages = pages.expect("pdfinfo says it").trim();
        assert!(["2", "3", "4"].contains(&pages), "{reader}: {info}");
        assert!(info.contains("(A4)"), "{info}");
        let images = tool("pdfimages", &["-list", &pdf]);
        let html = fs::read_to_string(folder.join(&page)).expect("the page is there");
        let charts = html.matches("<img ").count();
        assert!(charts > 0, "{reader}: {html}");
        let rows = images.lines().map(|line| line.split_whitespace().nth(2));
        let shown = rows.filter(|kind| *kind == Some("image")).count();
        assert_eq!(shown, charts, "{reader}: {images}{html}");
        let done = Command::new("sha256sum")
            .args(["--check", "--quiet", "SHA256SUMS"])
            .current_dir(&folder)
            .status();
        assert!(done.expect("sha256sum starts").success(), "{reader}");
    }
}

/// Outcomes and money of the national team, and released words of a location.
fn lead(network: &Network) {
    let hub = &network.hub;
    for [code, name, headline] in [
        ["SMOKEFREE", "Example: no one smokes", "SMOKING"],
        ["MOVE", "Example: people move", "ACTIVE_COMMUTE"],
    ] {
        let line = [
            "outcome",
            "add",
            code,
            "--name",
            name,
            "--headline",
            headline,
        ];
        hub.run(&line).ok();
    }
    let aim = [
        "target", "set", "SMOKING", "--value", "5", "--period", "2028",
    ];
    hub.run(&[&aim[..], &["--why", "Example: the goal"]].concat())
        .ok();
    for number in ["1", "2", "3"] {
        let title = format!("Example: fund {number}");
        let mut line = vec!["investment", "add", "--title", &title, "--amount", "100000"];
        line.extend(["--funder", "Example: ministry", "--kind", "cash"]);
        line.extend(["--from", "2026-07-01", "--to", "2027-06-30"]);
        line.extend(["--status", "committed", "--source", "Example: Budget"]);
        line.extend(["--locations", "FN", "--audience", "released"]);
        hub.run(&line).ok();
    }
    let node = network.node("desk");
    let released = ["--audience", "released"];
    let shift = [
        "marker",
        "add",
        "--condition",
        "Example: shops open",
        "--on",
        "2026-09-01",
    ];
    node.run(&[&shift[..], &released].concat()).ok();
    let ask = [
        "opportunity",
        "add",
        "--what",
        "Example: one rule",
        "--who",
        "central_government",
    ];
    node.run(&[&ask[..], &released].concat()).ok();
    node.run(&["sync", "--once"]).ok();
}

fn write(node: &Program, reader: &str, period: &str, to: &Path) -> crate::program::Said {
    let to = to.to_str().expect("the path is text");
    node.run(&["report", "--for", reader, "--period", period, "--to", to])
}

/// A node with figures of two indicators, work, something that shifted, and insights with
/// different consent.
fn filled(network: &Network) -> Program {
    let node = network.founded("FN", "desk");
    for code in ["VAX_PRIMARY", "VAX_PARTIAL"] {
        node.run(&["indicator", "adopt", code, "--audience", "released"])
            .ok();
    }
    let published = data("nz-vaccination-by-territorial-authority.csv");
    node.run(&["import", "observations", &published, "--own-areas"])
        .ok();
    let add = |kind: &str, fields: &[&str]| {
        let audience = ["--audience", "released"];
        node.run(&[&[kind, "add"], fields, &audience].concat()).ok()
    };
    let id = add(
        "initiative",
        &["--name", "Example: Māra kai", "--started", "2022-07-15"],
    );
    for (what, due, state) in [
        ("dig", "2022-09-01", "done"),
        ("plant", "2022-10-01", "doing"),
    ] {
        let what = format!("Example: {what}");
        let fields = ["--what", &what, "--due", due, "--state", state];
        add("action", &[&fields[..], &["--initiative", &id]].concat());
    }
    let long = "as neighbours showed each other what grows and where, ".repeat(2);
    let evidence = format!("Example: begun with 40 gardens, {long}and ended with 90.");
    let marker = [
        "--condition",
        "Example: food grows",
        "--evidence",
        &evidence,
    ];
    add("marker", &[&marker[..], &["--on", "2023-02-01"]].concat());
    for (words, consent) in [
        ("Example: agreed for releases", "released"),
        ("Example: agreed for the network", "network"),
        ("Example: not agreed", "team"),
    ] {
        let fields = [
            "insight",
            "add",
            "--text",
            words,
            "--heard-on",
            "2022-11-03",
        ];
        let consent = [
            "--consent",
            consent,
            "--attribution",
            "none",
            "--audience",
            consent,
        ];
        node.run(&[&fields[..], &consent].concat()).ok();
    }
    node
}

/// Prints a page with LibreOffice, and returns the path of the file.
fn pdf_of(network: &Network, page: &Path) -> String {
    let profile = format!(
        "-env:UserInstallation=file://{}",
        network.path("office").display()
    );
    let folder = network.path("pdf");
    let folder = folder.to_str().expect("the path is text");
    let page = page.to_str().expect("the path is text");
    let office = [
        "--headless",
        // As a document; without it, as a web page, whose first page stays empty in print.
        "--infilter=HTML (StarWriter)",
        &profile,
        "--convert-to",
        "pdf",
        "--outdir",
        folder,
        page,
    ];
    tool("libreoffice", &office);
    let name = Path::new(page).file_name().expect("a page has a name");
    let pdf = Path::new(folder).join(name).with_extension("pdf");
    assert!(pdf.exists(), "LibreOffice opened the page");
    pdf.to_str().expect("the path is text").to_owned()
}

fn tool(name: &str, arguments: &[&str]) -> String {
    let done = Command::new(name).args(arguments).output();
    let done = done.unwrap_or_else(|error| panic!("tests/all installs {name}: {error}"));
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{name}: {text}{errors}");
    text
}
