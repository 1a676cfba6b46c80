//! Small files that would take much memory or time are refused in words, before they do.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

use std::io::{Cursor, Write as _};

use weft_shared::{model::indicator::definitions_from_toml, period::Date};
use weft_tables::{ColumnPlan, Fault, Known, Sheet, Table, propose};
use zip::{ZipWriter, write::SimpleFileOptions};

fn read(bytes: &[u8], plan: &str) -> Result<Table, Vec<Fault>> {
    let definitions = definitions_from_toml(include_str!("published/indicators.toml")).unwrap();
    let areas = ["NORTH".to_owned()];
    let known = Known::new(&definitions, areas, None, Date::constant(2026, 11, 27));
    let sheet = Sheet::read(bytes, None, &known)?;
    let plan = ColumnPlan::from_toml(plan).unwrap();
    let proposal = propose(&sheet, &known, &plan).unwrap();
    sheet.table(&known, &proposal)
}

/// The line of the only fault for which a file is refused, whose message has some words.
#[track_caller]
fn refused(bytes: &[u8], words: &str) -> u64 {
    let faults = read(bytes, "").unwrap_err();
    let [fault] = faults.as_slice() else {
        panic!("{faults:?}");
    };
    assert!(fault.message.contains(words), "{words}: {fault:?}");
    fault.line
}

/// A text that fits a cell, and 3,000 of which do not fit the memory of a file.
fn long() -> String {
    "A".repeat(30_000)
}

/// A text that fits no cell.
fn longer() -> String {
    "A".repeat(32_768)
}

fn packed(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook of raw sheets in XML, each with the path of its part, and further parts.
fn workbook(sheets: &[&str], parts: &[(&str, &str)]) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let relations = |all: &str| format!("<Relationships xmlns=\"{package}\">{all}</Relationships>");
    let (mut names, mut targets) = (String::new(), String::new());
    for (at, path) in sheets.iter().enumerate() {
        names += &format!("<sheet name=\"S{at}\" sheetId=\"{at}\" r:id=\"r{at}\"/>");
        targets +=
            &format!("<Relationship Id=\"r{at}\" Type=\"{kinds}/worksheet\" Target=\"{path}\"/>");
    }
    let book = format!(
        "<workbook xmlns=\"{main}\" xmlns:r=\"{kinds}\"><sheets>{names}</sheets></workbook>"
    );
    let root = format!(
        "<Relationship Id=\"r\" Type=\"{kinds}/officeDocument\" Target=\"xl/workbook.xml\"/>"
    );
    let (root, targets) = (relations(&root), relations(&targets));
    let mut all = vec![
        ("_rels/.rels", root.as_str()),
        ("xl/workbook.xml", &book),
        ("xl/_rels/workbook.xml.rels", &targets),
    ];
    all.extend(parts);
    packed(&all)
}

fn sheet(rows: &str) -> String {
    format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")
}

const PART: &str = "xl/worksheets/s.xml";
const PATH: &str = "worksheets/s.xml";

fn ods(table: &str) -> Vec<u8> {
    let urn = "urn:oasis:names:tc:opendocument:xmlns";
    let content = format!(
        "<o:document-content xmlns:o=\"{urn}:office:1.0\" xmlns:t=\"{urn}:table:1.0\" \
         xmlns:x=\"{urn}:text:1.0\"><o:body><o:spreadsheet>{table}</o:spreadsheet></o:body>\
         </o:document-content>"
    );
    packed(&[("content.xml", &content)])
}

#[test]
fn an_attribute_of_all_values_is_not_copied_without_end() {
    let json = |text: &str| {
        let values = vec!["{}"; 3_000].join(",\n");
        format!("{{\"x\":\"{text}\",\"dataValues\":[\n{values}]}}")
    };
    let line = refused(json(&long()).as_bytes(), "more than 64 MiB");
    assert_eq!(line, 1 + (64 << 20) / 30_000 + 1);
    refused(json(&longer()).as_bytes(), "more than 32767 characters");
    let adx = |text: &str| {
        let values = "<dataValue/>\n".repeat(3_000);
        format!("<adx><group x=\"{text}\">\n{values}</group></adx>")
    };
    let line = refused(adx(&long()).as_bytes(), "more than 64 MiB");
    assert_eq!(line, 1 + (64 << 20) / 30_000 + 1);
    refused(adx(&longer()).as_bytes(), "more than 32767 characters");
}

#[test]
fn rows_of_an_export_that_become_wide_are_counted_before_they_do() {
    let names: Vec<String> = (0..1_000).map(|at| format!("\"n{at}\":1")).collect();
    let values = vec!["{}"; 8_000].join(",");
    let json = format!("{{\"dataValues\":[{values},{{{}}}]}}", names.join(","));
    refused(json.as_bytes(), "8000000 cells");
    let commas = format!("{{\"dataValues\":[{}0]}}", "0,".repeat(8_000_001));
    refused(commas.as_bytes(), "8000000 cells");
}

#[test]
fn a_text_that_many_cells_of_a_workbook_share_is_not_copied_without_end() {
    let rows = |count: u32| -> String {
        let row = |at: u32| format!("<row r=\"{at}\"><c r=\"A{at}\" t=\"s\"><v>0</v></c></row>");
        (1..=count).map(row).collect()
    };
    let book = |rows: &str, text: &str| {
        let texts = format!("<sst><si><t>{text}</t></si></sst>");
        workbook(
            &[PATH],
            &[(PART, &sheet(rows)), ("xl/sharedStrings.xml", &texts)],
        )
    };
    refused(
        &book(&rows(3_000), &long()),
        "row 2237: the texts of all cells",
    );
    refused(
        &book(&rows(1), &longer()),
        "row 1: a cell has more than 32767",
    );
}

#[test]
fn a_row_that_an_open_document_repeats_is_not_copied_without_end() {
    let table = |times: u32, text: &str| {
        format!(
            "<t:table t:name=\"S\"><t:table-row t:number-rows-repeated=\"{times}\"><t:table-cell>\
             <x:p>{text}</x:p></t:table-cell></t:table-row></t:table>"
        )
    };
    refused(
        &ods(&table(3_000, &long())),
        "row 2237: the texts of all cells",
    );
    refused(
        &ods(&table(1, &longer())),
        "row 1: a cell has more than 32767",
    );
}

#[test]
fn figures_beside_one_long_text_are_not_copied_without_end() {
    let years = (1926..2026).map(|year| year.to_string());
    let header: Vec<String> = std::iter::once("Place".to_owned()).chain(years).collect();
    let row = long() + &",1".repeat(100);
    let file = format!("{}\n{}", header.join(","), format!("{row}\n").repeat(60));
    let Err(faults) = read(file.as_bytes(), "constants.indicator = \"PRICES\"") else {
        panic!("it was copied");
    };
    let message = &faults[0].message;
    assert!(message.contains("more than 128 MiB"), "{faults:?}");
    // 44 rows of 100 times 30,000 bytes fit.
    assert_eq!(faults[0].line, 46);
}

#[test]
fn a_field_that_no_cell_could_hold_is_a_problem_of_its_row() {
    let file = format!(
        "indicator,area,period,value\nPRICES,{},2022,1\nPRICES,NORTH,2022,1\n",
        longer()
    );
    let table = read(file.as_bytes(), "").unwrap();
    let problem = &table.problems[0];
    assert_eq!((problem.line, table.rows.len()), (2, 1));
    assert!(problem.message.contains("32767 characters"), "{problem:?}");
    let header = format!(
        "indicator,area,period,value,{}\nPRICES,NORTH,2022,1,\n",
        longer()
    );
    assert_eq!(refused(header.as_bytes(), "32767 characters"), 1);
}

#[test]
fn short_markup_that_becomes_long_lists_is_refused() {
    let rows = sheet("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>");
    let with = |name, text: &str| workbook(&[PATH], &[(PART, &rows), (name, text)]);
    let (styles, texts) = ("xl/styles.xml", "xl/sharedStrings.xml");
    let formats = format!("<a><cellXfs>{}</cellXfs></a>", "<xf/>".repeat(100_001));
    refused(&with(styles, &formats), "100000 elements <xf>");
    let prefixed = formats.replace("xf", "x:xf");
    refused(&with(styles, &prefixed), "100000 elements <xf>");
    let empty = format!("<sst>{}</sst>", "<si/>".repeat(2_000_001));
    refused(&with(texts, &empty), "2000000 elements <si>");
    let blanks = |mebibytes: usize| format!("<a>{}</a>", " ".repeat(mebibytes << 20));
    refused(&with(styles, &blanks(8)), "more than 8 MiB");
    refused(&with("xl/Styles.XML", &blanks(8)), "more than 8 MiB");
    refused(&with(texts, &blanks(32)), "more than 32 MiB");
    let font = format!(
        "<a><fonts><font><name val=\"{}\"/></font></fonts></a>",
        long()
    );
    refused(&with(styles, &font), "2048 bytes");
}

#[test]
fn elements_within_elements_and_with_many_attributes_are_refused() {
    let nested = |count| "<t:table>".repeat(count) + &"</t:table>".repeat(count);
    refused(&ods(&nested(60_000)), "more than 64 elements");
    refused(&ods(&nested(62)), "more than 64 elements");
    // The file of 61 has no rows, and that is its only fault.
    refused(&ods(&nested(61)), "the file is empty");
    let attributes = |count: usize| -> String {
        let all = (0..count).map(|at| format!(" a{at}=\"<a b=>\""));
        all.collect::<String>().replace('<', "&lt;")
    };
    let adx = |count| format!("\n<adx{}/>", attributes(count));
    let line = refused(adx(300_000).as_bytes(), "more than 256 attributes");
    assert_eq!(line, 2);
    refused(adx(257).as_bytes(), "more than 256 attributes");
    refused(adx(256).as_bytes(), "the file is empty");
    let cell = format!(
        "<row r=\"1\"><c r=\"A1\"{}><v>1</v></c></row>",
        attributes(256)
    );
    refused(
        &workbook(&[PATH], &[(PART, &sheet(&cell))]),
        "256 attributes",
    );
    // The mere beginning of a comment hides nothing, and a comment counts for nothing.
    for hides in [
        "<!-->",
        "<?>",
        "<?x ?>",
        "<!-- <a><a> -->",
        "<![CDATA[<a>]]>",
    ] {
        let deep = format!("<adx>{hides}{}", "<a>".repeat(64));
        refused(deep.as_bytes(), "more than 64 elements");
    }
    let comments = format!(
        "<adx>{}</adx>",
        "<!-- <a> --><![CDATA[<a>]]><?x <a>?>".repeat(99)
    );
    refused(comments.as_bytes(), "the file is empty");
}

#[test]
fn a_sheet_that_is_named_again_and_again_is_read_a_few_times_only() {
    let rows = sheet("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>");
    // Stored bytes that pack badly, so that each reading of them counts.
    let noise: String = (0..400_000_u32)
        .map(|at| {
            char::from(b'a' + u8::try_from(at.wrapping_mul(2_654_435_761) >> 24).unwrap() % 26)
        })
        .collect();
    let rows = rows.replace("<sheetData>", &format!("<!--{noise}--><sheetData>"));
    let often = vec![PATH; 2_000];
    refused(
        &workbook(&often, &[(PART, &rows)]),
        "the same parts too often",
    );
}

#[test]
fn a_picture_is_no_markup_and_markup_after_other_bytes_is_no_sheet() {
    let text = |cell: &str, text: &str| {
        format!("<c r=\"{cell}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
    };
    let names = [
        ("A1", "indicator"),
        ("B1", "area"),
        ("C1", "period"),
        ("D1", "value"),
    ];
    let header: String = names.iter().map(|(at, name)| text(at, name)).collect();
    let rows = sheet(&format!(
        "<row r=\"1\">{header}</row><row r=\"2\">{}{}{}<c r=\"D2\"><v>7</v></c></row>",
        text("A2", "PRICES"),
        text("B2", "NORTH"),
        text("C2", "2022")
    ));
    let picture = "\u{1}PNG".to_owned() + &"<a ".repeat(500) + &"<b>".repeat(500);
    let book = workbook(&[PATH], &[(PART, &rows), ("xl/media/a.png", &picture)]);
    assert_eq!(read(&book, "").unwrap().rows.len(), 1);
    let hidden = format!("x{rows}");
    refused(&workbook(&[PATH], &[(PART, &hidden)]), "cannot be read");
}
