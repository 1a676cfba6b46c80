//! Paper: a report of an indicator or of a plan is one A4 page that begins with its title, date,
//! place and source; nothing is cut.

use std::process::Command;

use crate::{
    browser::{Browser, Colours},
    demo::Demo,
    network::picture_path,
};

/// Words outside of this distance from the edge of the paper, in points, may not be printed: 4 mm.
const EDGE: f64 = 11.0;

/// A word on paper: its left, top, right and bottom in points.
struct Word {
    sheet: usize,
    place: [f64; 4],
    text: String,
}

/// A printed page.
struct Paper {
    /// Width and height of each sheet, in points.
    sheets: Vec<[f64; 2]>,
    words: Vec<Word>,
}

impl Paper {
    /// Prints the open page, and keeps the file for people.
    async fn print(browser: &Browser, name: &str) -> Self {
        let file = picture_path(&format!("paper-{name}.pdf"));
        std::fs::write(&file, browser.print().await).expect("target/ can be written");
        let mut told = Command::new("pdftotext");
        let told = told.arg("-bbox").arg(file).arg("-").output();
        let told = told.expect("poppler-utils has pdftotext");
        let told = String::from_utf8(told.stdout).expect("it writes UTF-8");
        let mut paper = Self {
            sheets: Vec::new(),
            words: Vec::new(),
        };
        for line in told.lines().map(str::trim_start) {
            if line.starts_with("<page ") {
                let sheet = ["width", "height"].map(|name| number(line, name));
                paper.sheets.push(sheet);
            } else if line.starts_with("<word ") {
                let (_, rest) = line.split_once('>').expect("a tag ends");
                let text = rest.trim_end_matches("</word>");
                let text = text.replace("&lt;", "<").replace("&gt;", ">");
                paper.words.push(Word {
                    sheet: paper.sheets.len() - 1,
                    place: ["xMin", "yMin", "xMax", "yMax"].map(|name| number(line, name)),
                    text: text.replace("&quot;", "\"").replace("&amp;", "&"),
                });
            }
        }
        paper
    }

    /// The words of a sheet, or of all.
    fn text(&self, sheet: Option<usize>) -> String {
        let words = self.words.iter();
        let words = words.filter(|word| sheet.is_none_or(|sheet| word.sheet == sheet));
        words
            .map(|word| word.text.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Names every word that does not lie on its sheet.
    fn cut(&self) -> Vec<&str> {
        let cut = self.words.iter().filter(|word| {
            let [width, height] = self.sheets[word.sheet];
            let [left, top, right, bottom] = word.place;
            left < EDGE || top < EDGE || right > width - EDGE || bottom > height - EDGE
        });
        cut.map(|word| word.text.as_str()).collect()
    }
}

/// A number in an attribute of a line of `pdftotext`.
fn number(line: &str, name: &str) -> f64 {
    let (_, from) = line.split_once(&format!("{name}=\"")).expect("it has it");
    let (number, _) = from.split_once('"').expect("it has an end");
    number.parse().expect("it is a number")
}

/// Prints a page, and says what is wrong with its paper.
async fn faults(
    browser: &Browser,
    (site, path): (&str, &str),
    most: usize,
    first: &[&str],
) -> Vec<String> {
    browser.open(&format!("{site}{path}")).await;
    let whole = browser.run(WORDS).await;
    let port = site.rsplit(':').next().unwrap_or_default();
    let name = format!("{port}{}", path.replace('/', "_"));
    let paper = Paper::print(browser, &name).await;
    let mut wrong = Vec::new();
    let sheets = paper.sheets.len();
    if !(1..=most).contains(&sheets) {
        wrong.push(format!("{path} prints on {sheets} sheets, not {most}"));
    }
    let a4 = |sheet: &[f64; 2]| (sheet[0] - 595.0).abs() < 1.0 && (sheet[1] - 842.0).abs() < 1.0;
    if !paper.sheets.iter().all(a4) {
        wrong.push(format!("{path} prints on {:?}, not on A4", paper.sheets));
    }
    let head = paper.text(Some(0));
    for words in first {
        if !head.contains(words) {
            wrong.push(format!("{path}: the first sheet lacks \"{words}\": {head}"));
        }
    }
    let cut = paper.cut();
    if !cut.is_empty() {
        wrong.push(format!("{path}: off the paper: {cut:?}"));
    }
    // A line may end within a word, after a hyphen.
    let printed = paper.text(None).replace(' ', "");
    let whole = whole.as_array().expect("a list of texts").iter();
    let whole = whole.filter_map(serde_json::Value::as_str);
    let lost: Vec<&str> = whole
        .flat_map(|text| text.split(|c: char| c.is_whitespace() || c == '-'))
        .filter(|word| !printed.contains(word))
        .collect();
    if !lost.is_empty() {
        wrong.push(format!("{path}: not on paper: {lost:?}"));
    }
    wrong
}

#[tokio::test]
async fn reports_are_one_page_with_title_date_place_and_source() {
    let demo = Demo::start();
    let browser = Browser::coloured(Colours::Dark).await;
    browser.open(&demo.team).await;
    let team = crate::looks::origin(&browser.url().await);
    let printed = "Example team: Far North · printed ";
    let mut wrong = Vec::new();
    for (path, title, source) in [
        ("/plan", "Plan", "from its records in Example network"),
        (
            "/indicators/VAX_PRIMARY",
            "Completed primary course",
            "source: Ministry of Health NZ",
        ),
        (
            "/indicators/SMOKING",
            "Regular smokers",
            "source: Stats NZ, New Zealand census",
        ),
    ] {
        wrong.extend(faults(&browser, (&team, path), 1, &[title, printed, source]).await);
    }
    browser.open(&demo.hub).await;
    let hub = crate::looks::origin(&browser.url().await);
    let printed = "Example network, National team · printed ";
    let (says, census) = (
        "source, as the definitions say: ",
        "Stats NZ, New Zealand census",
    );
    for (path, title, most) in [
        ("/indicators/SMOKING", "Regular smokers", 1),
        (
            "/indicators/VOLUNTEERING",
            "Volunteer for an organisation",
            1,
        ),
        (
            "/indicators/ACTIVE_COMMUTE",
            "Walk, jog or cycle to work",
            1,
        ),
        ("/locations/FN", "Example team: Far North", 2),
        ("/", "National overview", 4),
    ] {
        wrong.extend(
            faults(
                &browser,
                (&hub, path),
                most,
                &[title, printed, says, census],
            )
            .await,
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The texts of the page that belong on paper.
const WORDS: &str = "
    const off = '.unprinted, .tools, .filter, .filters, .under, .vh, .head .eyebrow, nav, button, \
        .btn, .skip, .side, option, .axis';
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    for (let node; (node = walker.nextNode());) {
        const text = node.textContent.trim();
        if (text && !node.parentElement.closest(off + ', script, style')) texts.push(text);
    }
    arguments[arguments.length - 1](texts);
";
