//! Files in the forms and encodings that offices use, and files that were not meant to be read.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use weft_shared::{
    model::indicator::{Definition, definitions_from_toml},
    period::Date,
};
use weft_tables::{ColumnPlan, Fault, Known, Proposal, Sheet, Table, propose};
use zip::{ZipWriter, write::SimpleFileOptions};

fn definitions() -> Vec<Definition> {
    definitions_from_toml(include_str!("published/indicators.toml")).unwrap()
}

fn known(definitions: &[Definition]) -> Known<'_> {
    let areas = ["ŌPŌTIKI", "Ōpōtiki District", "001", "NORTH", "SOUTH"];
    let areas = areas.map(str::to_owned);
    Known::new(definitions, areas, None, Date::constant(2026, 11, 27))
}

fn read(bytes: &[u8], sheet: Option<&str>, plan: &str) -> Result<(Proposal, Table), Vec<Fault>> {
    let definitions = definitions();
    let known = known(&definitions);
    let sheet = Sheet::read(bytes, sheet, &known)?;
    let plan = ColumnPlan::from_toml(plan).unwrap();
    let proposal = propose(&sheet, &known, &plan).map_err(|wrong| {
        let faults = wrong.into_iter();
        faults
            .map(|message| Fault { line: 1, message })
            .collect::<Vec<_>>()
    })?;
    let table = sheet.table(&known, &proposal)?;
    Ok((proposal, table))
}

/// The rows as text, with their lines.
fn rows(bytes: &[u8], plan: &str) -> Vec<String> {
    let (_, table) = read(bytes, None, plan).unwrap();
    shown(&table)
}

fn shown(table: &Table) -> Vec<String> {
    let rows = table.rows.iter().map(|row| {
        let cells: Vec<&str> = row.cells.iter().collect();
        format!("{}: {}", row.line, cells.join(" "))
    });
    rows.collect()
}

const FILE: &str = "area_code,indicator_code,period,numerator\n\
                    Ōpōtiki District,DEATHS,2022-W09,12\nNORTH,DEATHS,2022-W10,13\n";
const READ: [&str; 2] = [
    "2: DEATHS Ōpōtiki District 2022-W09 12",
    "3: DEATHS NORTH 2022-W10 13",
];

#[test]
fn every_encoding_and_separator_says_the_same() {
    let utf_16 = |unit: fn(u16) -> [u8; 2]| FILE.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    let marked = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
    let files = [
        FILE.as_bytes().to_vec(),
        marked(b"\xEF\xBB\xBF", FILE.as_bytes().to_vec()),
        marked(b"\xFF\xFE", utf_16(u16::to_le_bytes)),
        marked(b"\xFE\xFF", utf_16(u16::to_be_bytes)),
        utf_16(u16::to_le_bytes),
        FILE.replace(',', ";").into_bytes(),
        FILE.replace(',', "\t").into_bytes(),
        FILE.replace('\n', "\r\n").into_bytes(),
        FILE.replace('\n', "\r").into_bytes(),
        FILE.replace(',', "|").into_bytes(),
    ];
    for file in &files {
        assert_eq!(rows(file, ""), READ);
    }
    let said = format!("sep=;\n{}", FILE.replace(',', ";"));
    let below: Vec<String> = READ
        .iter()
        .map(|row| format!("{}{}", row[..1].parse::<u8>().unwrap() + 1, &row[1..]))
        .collect();
    assert_eq!(rows(said.as_bytes(), ""), below);
}

#[test]
fn windows_1252_is_read_and_said() {
    let file = b"area_code,indicator_code,period,numerator\nCaf\xE9,DEATHS,2022-W09,1\n";
    let (_, table) = read(file, None, "").unwrap();
    assert_eq!(shown(&table), ["2: DEATHS Café 2022-W09 1"]);
    assert!(table.notes[0].contains("Windows-1252"), "{:?}", table.notes);
    // A byte that stands for nothing there is no text of it.
    let file = b"area_code,indicator_code,period,numerator\nCaf\x81,DEATHS,2022-W09,1\n";
    let faults = read(file, None, "").unwrap_err();
    assert!(faults[0].line == 2 && faults[0].message.contains("neither UTF-8"));
}

#[test]
fn a_decimal_comma_does_not_separate_fields() {
    let file =
        "area_code;indicator_code;period;value\nNORTH;PRICES;2022;1,5\nSOUTH;PRICES;2022;2,5\n";
    assert_eq!(
        rows(file.as_bytes(), ""),
        ["2: PRICES NORTH 2022 1,5", "3: PRICES SOUTH 2022 2,5"]
    );
}

#[test]
fn wide_tables_are_unfolded() {
    let by_period = "Change of consumer prices\nPlace,2020,2021,2022\nNORTH,1.5,2.5,\nSOUTH,1,2,3\n\
                     Source: an example\n";
    let (proposal, table) = read(
        by_period.as_bytes(),
        None,
        "constants.indicator = \"PRICES\"",
    )
    .unwrap();
    assert!(proposal.guessed);
    let expected = [
        "3: PRICES NORTH 2020  1.5",
        "3: PRICES NORTH 2021  2.5",
        "4: PRICES SOUTH 2020  1",
        "4: PRICES SOUTH 2021  2",
        "4: PRICES SOUTH 2022  3",
    ];
    assert_eq!(shown(&table), expected);
    let notes = table.notes.join("\n");
    assert!(
        notes.contains("1 empty cell left out") && notes.contains("line 5 \"Source"),
        "{notes}"
    );

    let by_part = "Place,Female,Male,Total\nNORTH,1,2,3\n";
    let plan = "[constants]\nindicator = \"MALARIA\"\nperiod = \"2022-03\"";
    let (_, table) = read(by_part.as_bytes(), None, plan).unwrap();
    let expected = [
        "2: MALARIA NORTH 2022-03 sex Female 1 ",
        "2: MALARIA NORTH 2022-03 sex Male 2 ",
        "2: MALARIA NORTH 2022-03   3 ",
    ];
    assert_eq!(shown(&table), expected);
}

#[test]
fn sdmx_of_later_versions_and_with_labels() {
    let file = "STRUCTURE,STRUCTURE_ID,ACTION,REF_AREA: Reference area,MEASURE,TIME_PERIOD,\
                OBS_VALUE,UNIT_MULT\n\
                dataflow,X:Y(1.0),I,NORTH: Northland,DEATHS,2022-W09,1.5,3\n\
                dataflow,X:Y(1.0),D,SOUTH: Southland,DEATHS,2022-W09,1,0\n";
    let (proposal, table) = read(file.as_bytes(), None, "").unwrap();
    assert!(!proposal.guessed);
    assert_eq!(shown(&table), ["2: DEATHS NORTH 2022-W09 1500 "]);
    let notes = table.notes.join("\n");
    assert!(
        notes.contains("left out: line 3") && notes.contains("read as 1500"),
        "{notes}"
    );
}

#[test]
fn grants_are_added_up_by_the_year_of_their_award() {
    let grants = "Identifier,Title,Amount Awarded,Award Date,Beneficiary Location:Name\n\
                  a-1,Pool,\"1,000\",2022-03-15,NORTH\na-2,Hall,500,2022-05-01,NORTH\n";
    let plan = "constants.indicator = \"VA_STUDENTS\"";
    let (proposal, table) = read(grants.as_bytes(), None, plan).unwrap();
    assert!(!proposal.guessed);
    assert_eq!(table.add_up, ["Identifier"]);
    assert_eq!(shown(&table)[0], "2: VA_STUDENTS NORTH 2022 1,000 a-1 Pool");
}

#[test]
fn what_a_percentage_can_be_is_the_value_of_a_share() {
    let file = "area_code,indicator_code,period,numerator,denominator,value\n\
                NORTH,PRIMARY,2022-03,1,2,50%\nNORTH,PRIMARY,2022-04,50%,2,\n";
    let (_, table) = read(file.as_bytes(), None, "").unwrap();
    assert_eq!(shown(&table)[0], "2: PRIMARY NORTH 2022-03 1 2 50");
    assert!(table.rows[1].problems[0].contains("is a percentage"));
}

#[test]
fn a_plan_that_does_not_fit_is_refused_in_words() {
    let plan =
        "[columns]\narea = \"Town\"\ncolour = \"Colour\"\n[constants]\ndates = \"backwards\"";
    let faults = read(b"Place,Count\nNORTH,1\n", None, plan).unwrap_err();
    let words: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
    expect_test::expect![[r#"
        the file has no column "Town"; it has Place, Count
        the file has no column "Colour"; it has Place, Count
        "colour" is nothing that a column can be: write indicator, area, period, numerator, denominator, value, status, part, or a breakdown of the indicator
        dates is one of day first, month first, within"#]]
    .assert_eq(&words.join("\n"));
}

/// A workbook with sheets of raw rows, written by hand.
fn workbook(sheets: &[(&str, &str)]) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let mut names = String::new();
    let mut targets = String::new();
    for (at, (name, _)) in sheets.iter().enumerate() {
        names += &format!(
            "<sheet name=\"{name}\" sheetId=\"{0}\" r:id=\"r{0}\"/>",
            at + 1
        );
        targets += &format!(
            "<Relationship Id=\"r{0}\" Type=\"{relations}/worksheet\" \
             Target=\"worksheets/s{0}.xml\"/>",
            at + 1
        );
    }
    let styles = format!(
        "<styleSheet xmlns=\"{main}\"><numFmts count=\"1\"><numFmt numFmtId=\"164\" \
         formatCode=\"mmm\\-yy\"/></numFmts><fonts count=\"1\"><font/></fonts><fills count=\"1\">\
         <fill/></fills><borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf/>\
         </cellStyleXfs><cellXfs count=\"4\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/>\
         <xf numFmtId=\"164\"/><xf numFmtId=\"9\"/></cellXfs></styleSheet>"
    );
    let mut parts = vec![
        (
            "[Content_Types].xml".to_owned(),
            format!("<Types xmlns=\"{package}/content-types\"/>"),
        ),
        (
            "_rels/.rels".to_owned(),
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r\" \
                 Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml".to_owned(),
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets>{names}</sheets>\
                 </workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels".to_owned(),
            format!(
                "<Relationships xmlns=\"{package}/relationships\">{targets}<Relationship Id=\"s\" \
                 Type=\"{relations}/styles\" Target=\"styles.xml\"/></Relationships>"
            ),
        ),
        ("xl/styles.xml".to_owned(), styles),
    ];
    for (at, (_, rows)) in sheets.iter().enumerate() {
        parts.push((
            format!("xl/worksheets/s{}.xml", at + 1),
            format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>"),
        ));
    }
    packed(parts)
}

fn packed(parts: Vec<(String, String)>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A row of a sheet: texts, and numbers with a style after a colon.
fn row(number: u32, cells: &[&str]) -> String {
    let cells = cells.iter().enumerate().map(|(at, cell)| {
        let place = format!("{}{number}", char::from(b'A' + u8::try_from(at).unwrap()));
        match cell
            .split_once(':')
            .and_then(|(number, style)| Some((number, style.parse::<u8>().ok()?)))
        {
            Some((number, style)) => format!("<c r=\"{place}\" s=\"{style}\"><v>{number}</v></c>"),
            None if cell.is_empty() => String::new(),
            None => format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>"),
        }
    });
    format!("<row r=\"{number}\">{}</row>", cells.collect::<String>())
}

#[test]
fn a_workbook_is_read_as_it_shows_its_cells() {
    let table = [
        row(1, &["Uptake by place"]),
        row(
            3,
            &[
                "Place",
                "Month",
                "Completed primary course",
                "Population",
                "Share",
            ],
        ),
        // 44635 is 15 March 2022, shown as Mar-22; 44651 is 31 March, shown with its day.
        row(
            4,
            &["NORTH", "44635:2", "0.30000000000000004:0", "2:0", "0.15:3"],
        ),
        row(5, &["SOUTH", "44651:1", "3:0", "4:0", "0.75:3"]),
        row(7, &["Note: provisional"]),
    ]
    .concat();
    let plan = "columns.value = \"Share\"\ncolumns.numerator = \"Completed primary course\"\n\
                columns.denominator = \"Population\"\nconstants.indicator = \"PRIMARY\"";
    let book = workbook(&[("Data", &table), ("Empty", "")]);
    let (_, read_as) = read(&book, None, plan).unwrap();
    let expected = [
        "4: PRIMARY NORTH 2022-03 0.3 2 15",
        "5: PRIMARY SOUTH 2022-03 3 4 75",
    ];
    assert_eq!(shown(&read_as), expected);
    assert!(
        read_as
            .notes
            .iter()
            .any(|note| note.contains("line 7 \"Note: provisional\""))
    );

    let two = workbook(&[("Notes", &row(1, &["a", "b"])), ("Data", &table)]);
    let faults = read(&two, None, plan).unwrap_err();
    assert!(
        faults[0].message.contains("several sheets (Notes, Data)"),
        "{faults:?}"
    );
    let (_, named) = read(&two, Some("data"), plan).unwrap();
    assert_eq!(shown(&named), expected);
    let faults = read(&two, Some("Other"), plan).unwrap_err();
    assert!(
        faults[0].message.contains("no sheet called Other"),
        "{faults:?}"
    );
}

fn ods(table: &str) -> Vec<u8> {
    let urn = "urn:oasis:names:tc:opendocument:xmlns";
    let content = format!(
        "<office:document-content xmlns:office=\"{urn}:office:1.0\" \
         xmlns:table=\"{urn}:table:1.0\" \
         xmlns:text=\"{urn}:text:1.0\"><office:body><office:spreadsheet>{table}\
         </office:spreadsheet></office:body></office:document-content>"
    );
    packed(vec![
        (
            "mimetype".to_owned(),
            "application/vnd.oasis.opendocument.spreadsheet".to_owned(),
        ),
        ("content.xml".to_owned(), content),
    ])
}

#[test]
fn an_open_document_is_read_as_it_shows_its_cells() {
    let text = |text: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p>\
             </table:table-cell>"
        )
    };
    let number = |kind: &str, value: &str| {
        format!(
            "<table:table-cell office:value-type=\"{kind}\" office:value=\"{value}\">\
             <text:p>~</text:p></table:table-cell>"
        )
    };
    let date = "<table:table-cell office:value-type=\"date\" office:date-value=\"2022-03-31\"/>";
    let row = |cells: &[String]| format!("<table:table-row>{}</table:table-row>", cells.concat());
    let table = [
        "<table:table table:name=\"Data\"><table:table-row table:number-rows-repeated=\"2\">\
         <table:table-cell/></table:table-row>"
            .to_owned(),
        row(&["Place", "Month", "Share"].map(text)),
        row(&[text("NORTH"), date.to_owned(), number("percentage", "0.15")]),
        "<table:table-row table:number-rows-repeated=\"1048570\"><table:table-cell \
         table:number-columns-repeated=\"16384\"/></table:table-row></table:table>"
            .to_owned(),
    ]
    .concat();
    let plan = "columns.value = \"Share\"\nconstants.indicator = \"PRIMARY\"";
    let (_, read_as) = read(&ods(&table), None, plan).unwrap();
    assert_eq!(shown(&read_as), ["4: PRIMARY NORTH 2022-03 15"]);
}

#[test]
fn a_workbook_that_swells_is_refused() {
    let sparse = "<row r=\"1\"><c r=\"XFD1\"><v>1</v></c></row><row r=\"1048576\">\
        <c r=\"XFD1048576\"><v>1</v></c></row>";
    let faults = read(&workbook(&[("Data", sparse)]), None, "").unwrap_err();
    assert!(faults[0].message.contains("columns"), "{faults:?}");
    let cell = "<table:table-cell table:number-columns-repeated=\"900\"><text:p>1</text:p>\
        </table:table-cell>";
    let swells = format!(
        "<table:table table:name=\"A\"><table:table-row \
         table:number-rows-repeated=\"500000\">{cell}</table:table-row></table:table>"
    );
    let faults = read(&ods(&swells), None, "").unwrap_err();
    assert!(faults[0].message.contains("cells"), "{faults:?}");
    // Three hundred mebibytes of blanks, packed small.
    let bomb = packed(vec![("content.xml".to_owned(), " ".repeat(300 << 20))]);
    assert!(bomb.len() < 1 << 20);
    let faults = read(&bomb, None, "").unwrap_err();
    assert!(
        faults[0].message.contains("unpacks to more than 128 MiB"),
        "{faults:?}"
    );
}

#[test]
fn what_is_no_table_is_named() {
    for (file, words) in [
        (&b""[..], "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"{\"a\":1}", "no dataValueSet"),
        (b"{\"a\":", "no JSON"),
        (b"<html><body>", "XML or a web page"),
        (b"<html/>", "no ADX"),
        (b"PK\x03\x04...", "cannot be read"),
        (b"\xD0\xCF\x11\xE0\xA1", "old kind"),
        (b"a\0b", "not text"),
    ] {
        let faults = read(file, None, "").unwrap_err();
        assert!(faults[0].message.contains(words), "{words}: {faults:?}");
    }
    let deep = format!("<adx>{}", "<a>".repeat(200_000));
    assert!(read(deep.as_bytes(), None, "").is_err());
    let deep = "[".repeat(200_000);
    assert!(read(deep.as_bytes(), None, "").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Any bytes are read, or refused in words.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Err(faults) = read(&bytes, None, "") {
            prop_assert!(faults.iter().all(|fault| !fault.message.is_empty()));
        }
    }

    /// So are files that are nearly right: a published one with some bytes changed.
    #[test]
    fn a_damaged_file_is_read_or_refused(
        which in 0_usize..4,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let files: [&[u8]; 4] = [
            include_bytes!("published/oecd-g20-prices.csv"),
            include_bytes!("published/dhis2-dataValueSet.json"),
            include_bytes!("published/dhis2-adx.xml"),
            include_bytes!("published/dhis2-dataValueSet.csv"),
        ];
        let mut bytes = files[which].to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok((_, table)) = read(&bytes, None, "") {
            for row in &table.rows {
                prop_assert_eq!(row.cells.len(), table.columns.len());
            }
        }
    }

    /// A workbook with damage anywhere in it is read or refused.
    #[test]
    fn a_damaged_workbook_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = workbook(&[("Data", &row(1, &["Place", "1:0"]))]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = read(&bytes, None, "");
    }
}
