//! Values that files give, and messages about files that cannot be read.

use super::*;

#[test]
fn figures_become_statements() {
    check(
        "GISBORNE,VAX_PRIMARY,age,12+,2023-05,36878,42902,A,2023-05-03
GISBORNE,VAX_PRIMARY,age,5-11,2023-05,\"1,311\",\"5,357\",,2023-05-03
WAIROA,VAX_PRIMARY,,,2023-05,15,22,P,
WAIROA,VAX_PRIMARY,age,12+,2023-05,<5,6896,,2023-05-03
WAIROA,VAX_PRIMARY,age,5-11,2023-05,< 5,<20,Q,
GISBORNE,VAX_PARTIAL,age,12+,2023-05,NA,42902,,
GISBORNE,VAX_PARTIAL,age,5-11,2023-05,,5357,Q,
WAIROA,VAX_PARTIAL,age,12+,2023-05,n/a,,l,
WAIROA,VAX_PARTIAL,age,5-11,2023-05,,,,
",
        &expect![[r#"
            Taken as they are:
            line 4: no breakdown: taken as the total of VAX_PRIMARY, which is reported in
                    parts
            line 5: published as <5 and no obs_status: taken as Q, suppressed
            line 7: published as NA and no obs_status: taken as O, missing
            line 10: no figure and no obs_status: taken as O, missing; write Q in
                    obs_status where the publisher hides the figure
            2: VAX_PRIMARY/GISBORNE/2023-05/age=12%2B 36878/42902 - A network
                as at 2023-05-03
            3: VAX_PRIMARY/GISBORNE/2023-05/age=5-11 1311/5357 - A network
                as at 2023-05-03
            4: VAX_PRIMARY/WAIROA/2023-05/total 15/22 - P network
                -
            5: VAX_PRIMARY/WAIROA/2023-05/age=12%2B -/6896 - Q network
                as at 2023-05-03
            6: VAX_PRIMARY/WAIROA/2023-05/age=5-11 -/- - Q network
                denominator published as <20
            7: VAX_PARTIAL/GISBORNE/2023-05/age=12%2B -/42902 - O network
                -
            8: VAX_PARTIAL/GISBORNE/2023-05/age=5-11 -/5357 - Q network
                -
            9: VAX_PARTIAL/WAIROA/2023-05/age=12%2B -/- - L network
                -
            10: VAX_PARTIAL/WAIROA/2023-05/age=5-11 -/- - O network
                -
        "#]],
    );
}

#[test]
fn how_the_file_is_written_does_not_matter() {
    let plain = format!("{HEADER}GISBORNE,VAX_PRIMARY,age,12+,2023-05,1,2,A,ā\n");
    let result = run(plain.as_bytes(), &BTreeMap::new(), Options::default(), None);
    assert_eq!(result.as_ref().unwrap().changes.len(), 1);
    for other in [
        format!("\u{feff}{plain}"),
        plain.replace('\n', "\r\n"),
        plain.replace('\n', "\r"),
        plain.trim_end().to_owned(),
        plain.replace(",A,ā", ",A,\"a\u{304}\""),
        plain.replace("GISBORNE,", " gisborne ,"),
        plain.replace("area_code,", "\"Area_Code\" ,"),
        format!("{plain},,,,,,,,\n\n"),
    ] {
        let other = run(other.as_bytes(), &BTreeMap::new(), Options::default(), None);
        assert_eq!(other, result);
    }
    let moved = "as_at,obs_status,denominator,numerator,period,breakdown_value,breakdown,\
                 indicator_code,area_code,location_code,area_name\n\
                 ā,A,2,1,2023-05,12+,age,VAX_PRIMARY,GISBORNE,EC,\"Gisborne, District\"\n";
    let moved = run(moved.as_bytes(), &BTreeMap::new(), Options::default(), None);
    assert_eq!(moved, result);
}

#[test]
fn other_columns_are_named_and_ignored() {
    let file = "area_code,Source,indicator_code,period,numerator,,denominator,comment\n\
                WAIROA,Example,VAX_PRIMARY,2023-05,1,,2,\n";
    check_file(
        file.as_bytes(),
        Options::default(),
        &expect![[r#"
            Columns that mean nothing here were ignored: Source, column 6 without a name,
                    comment.
            Taken as they are:
            line 2: no breakdown: taken as the total of VAX_PRIMARY, which is reported in
                    parts
            2: VAX_PRIMARY/WAIROA/2023-05/total 1/2 - A network
                -
        "#]],
    );
}

/// Every row has a problem except the one on line 18.
const BAD_ROWS: &str = "\
GISBORNE,VAX_PRIMARY,age,12+,2023-05,42902,36878,A,
GISBORNE,VAX_SECOND,age,12+,2023-05,1,2,A,
GISBORNE,VAX_PRIMARY,age,13+,2023,1,2,A,

GISBORNE,VAX_PRIMARY,age,12+,2023-13,1,2,Z,
GISBORNE,VAX_PRIMARY,age,12+,2023-04,1,311,5,357,A,
GISBORNE,VAX_PRIMARY,age,12+
GISBORNE,VAX_PRIMARY,age,,2023-03,\"1,31\",\"5,5\",A,
GISBORNE,VAX_PRIMARY,\"age
of people\",12+,2023-02,-1,x,A,
,HEAT_MAIN,heating,Wood burner,2018,1,2,A,
WAIROA,HEAT_MAIN,heating,Wood burner,2018,1,2,A,
WAIROA,VAX_PRIMARY,age,5-11,2023-05,<5,899,A,
WAIROA,VAX_PRIMARY,age,12+,2023-05,1,,A,
WAIROA,VAX_PRIMARY,age,12+,2023-04,1,2,Q,
WAIROA,VAX_PRIMARY,age,12+,2023-03,,2,A,
WAIROA,VAX_PRIMARY,age,12+,2023-02,1,2,A,
WAIROA,VAX_PRIMARY,age,12+,2023-02,1,3,A,
WAIROA,VAX_PRIMARY,age,12+,2023-01,..,3,A,
01,VAX_PRIMARY,age,12+,2023-05,1,2,A,
ROTORUA,VAX_PRIMARY,age,12+,2023-05,1,2,A,
ROTORUA,VAX_PRIMARY,age,12+,2023-04,1,2,A,
";

#[test]
fn every_problem_is_listed_with_its_line() {
    check(
        BAD_ROWS,
        &expect![[r#"
            Nothing was imported.
            line 2: the numerator 42902 is above the denominator 36878, and VAX_PRIMARY
                    is a proportion: check both, they may be swapped
            line 3: there is no indicator VAX_SECOND: weft-node indicator list shows the
                    3 that there are
            line 4: VAX_PRIMARY is reported by month, and 2023 is a year: write a month
                    as 2024-03
            line 4: VAX_PRIMARY has no breakdown age=13+: it has age=12+, age=5-11
            line 6: "2023-13" is not a period: write a year as 2023, a fiscal year as
                    FY2024, a quarter as 2024-Q1, a month as 2024-03, a week as 2024-W05
                    or pooled years as Y2017-2020
            line 6: "Z" is not a status; there are A normal, B base changed, D definition
                    differs, E estimated, L not collected, M cannot exist, O missing, P
                    provisional, Q suppressed
            line 7: 11 fields instead of 9: a comma within a field, such as 1,311, needs
                    quotes around the field
            line 8: 4 fields instead of 9: leave a field empty, but keep its comma
            line 9: breakdown "age" and breakdown_value "" name no part of the
                    population: give both, such as age and 12+, or none
            line 9: numerator: "1,31" is not a number: a comma may only stand between
                    thousands, as in "56,393", and decimals follow a point
            line 9: denominator: "5,5" is not a number: a comma may only stand between
                    thousands, as in "56,393", and decimals follow a point
            line 10: breakdown "age of people" and breakdown_value "12+" name no part of
                    the population: give both, such as age and 12+, or none
            line 10: denominator: "x" means another thing with each publisher:
                    suppressed, missing, cannot exist or nil. Look it up where the file
                    is from, and say it with --sign 'x=Q', 'x=O', 'x=M' or 'x=0'
            line 12: area_code is empty
            lines 12-13: HEAT_MAIN is not adopted, so no one chose who may see its
                    figures: `weft-node indicator adopt HEAT_MAIN --audience network`, or
                    import with --audience
            line 14: <5 hides a figure, which is status Q, and the row has status A:
                    write Q, or leave the status empty
            line 15: VAX_PRIMARY is a proportion: it needs numerator and denominator, and
                    the denominator is missing
            line 16: status Q (suppressed) says that there is no figure, and 1 is given:
                    leave the number out, or choose status A (normal)
            line 17: no figure is given, and status A (normal) says that there is one:
                    give it, or say why it is missing (L: not collected, M: cannot exist,
                    O: missing, Q: suppressed)
            lines 18-19: VAX_PRIMARY/WAIROA/2023-02/age=12+ stands here with other
                    figures: keep one of these rows
            line 20: numerator: ".." means another thing with each publisher: suppressed,
                    missing, cannot exist or nil. Look it up where the file is from, and
                    say it with --sign '..=Q', '..=O', '..=M' or '..=0'
            lines 21-23: rows of areas that are not ours (01, ROTORUA)
            Mend the file, and say what the file leaves open, and adopt what is not
                    adopted, and import it with --own-areas, which takes just our own
                    rows.
        "#]],
    );
}

#[test]
fn rows_with_problems_are_left_out_on_request() {
    let file = format!(
        "{HEADER}WAIROA,VAX_PRIMARY,age,12+,2023-02,1,2,A,
WAIROA,VAX_PRIMARY,age,12+,2023-03,3,2,A,
WAIROA,VAX_PRIMARY,age,12+,2023-04,1,2
WAIROA,VAX_PRIMARY,age,12+,2023-02,1,2,A,
ROTORUA,VAX_PRIMARY,age,12+,2023-02,1,2,A,
WAIROA,VAX_PRIMARY,age,12+,2023-05,1,2,\"A\",
"
    );
    check_file(
        file.as_bytes(),
        SKIP,
        &expect![[r#"
            Left out, because of problems:
            line 3: the numerator 3 is above the denominator 2, and VAX_PRIMARY is a
                    proportion: check both, they may be swapped
            line 4: 7 fields instead of 9: leave a field empty, but keep its comma
            line 6: ROTORUA is not an area of EC
            2: VAX_PRIMARY/WAIROA/2023-02/age=12%2B 1/2 - A network
                -
            7: VAX_PRIMARY/WAIROA/2023-05/age=12%2B 1/2 - A network
                -
        "#]],
    );
}

/// Files that are not CSV, or have other columns.
fn other_files() -> Vec<Vec<u8>> {
    let semicolons = "area_code;indicator_code;period;numerator\nWAIROA;VAX_PRIMARY;2023-05;1\n";
    let utf16 = "area_code".encode_utf16().flat_map(u16::to_le_bytes);
    vec![
        b"".to_vec(),
        b"\n\n".to_vec(),
        semicolons.as_bytes().to_vec(),
        semicolons.replace(';', "\t").into_bytes(),
        b"name,figure\nx,1\n".to_vec(),
        b"area_code,indicator_code,period,breakdown\n".to_vec(),
        b"area_code,indicator_code,period,period,numerator\n".to_vec(),
        b"area_code,indicator_code,period,\"numerator\nWAIROA,VAX_PRIMARY,2023-05,1\n".to_vec(),
        b"area_code,indicator_code,period,numerator\nWAIROA,VAX_PRIMARY,2023-05,\"1\n\n".to_vec(),
        b"PK\x03\x04...".to_vec(),
        b"{\"dataValues\":[\n{\"value\":\"1\"}]}".to_vec(),
        b"\n<html>\n".to_vec(),
        utf16.collect(),
        b"\xFF\xFEa\0".to_vec(),
        b"area_code,area_name\r\nWAIROA,Wairoa\r\nOPOTIKI,\xD4p\xF4tiki\r\n".to_vec(),
    ]
}

#[test]
fn files_of_other_kinds_are_named() {
    // The first lines say what it is.
    let shown = |file: Vec<u8>| {
        let shown = shown(&run(&file, &BTreeMap::new(), SKIP, None));
        shown.split_inclusive('\n').take(3).collect()
    };
    let shown: Vec<String> = other_files().into_iter().map(shown).collect();
    expect![[r#"
        Nothing was imported.
        line 1: the file is empty: its first line names the columns
        Mend the file, and import it again.
        Nothing was imported.
        line 1: the file is empty: its first line names the columns
        Mend the file, and import it again.
        Left out, because of problems:
        line 2: VAX_PRIMARY is a proportion: it needs numerator and denominator, and
                the denominator is missing
        Left out, because of problems:
        line 2: VAX_PRIMARY is a proportion: it needs numerator and denominator, and
                the denominator is missing
        Nothing was imported.
        What goes where:
        Not read: name (such as x), figure (such as 1).
        Nothing was imported.
        What goes where:
        area_code is the area.
        Nothing was imported.
        line 1: two columns are called period: keep one
        Mend the file, and import it again.
        Nothing was imported.
        line 1: a quote is opened here and never closed, so the rows after it would
                be lost: close it where it belongs, or take it out
        Nothing was imported.
        line 2: a quote is opened here and never closed, so the rows after it would
                be lost: close it where it belongs, or take it out
        Nothing was imported.
        line 1: this is a workbook that cannot be read (invalid Zip archive: Could
                not find EOCD): save it as .xlsx again
        Nothing was imported.
        What goes where:
        value is the figure.
        Nothing was imported.
        line 1: this is XML or a web page that cannot be read (the root node was
                opened but never closed): get the same figures as CSV or XLSX
        Nothing was imported.
        What goes where:
        area_code is the area.
        Nothing was imported.
        What goes where:
        Not read: a.
        Nothing was imported.
        The file is not UTF-8, first on line 3, and was read as Windows-1252
                ("ANSI"), which has no macrons: look at names with accents.
    "#]]
    .assert_eq(&shown.join(""));
}

#[test]
fn what_a_row_leaves_open_is_said() {
    let file = "area_code,indicator_code,breakdown,breakdown_value,period,numerator,denominator,\
                value\n\
                WAIROA,VAX_PRIMARY,age,12+,2023-04,,,80.7\n\
                WAIROA,VAX_PRIMARY,age,12+,2023-05,,,\n\
                WAIROA,VAX_PRIMARY,,,2023-05,1,2,\n";
    check_file(
        file.as_bytes(),
        Options::default(),
        &expect![[r#"
            Taken as they are:
            line 2: a value alone: VAX_PRIMARY is a proportion, so these rows count in no
                    figure of the network; give the parts where you have them
            line 3: no figure and no obs_status: taken as O, missing; write Q in
                    obs_status where the publisher hides the figure
            line 4: no breakdown: taken as the total of VAX_PRIMARY, which is reported in
                    parts
            2: VAX_PRIMARY/WAIROA/2023-04/age=12%2B -/- 80.7 A network
                -
            3: VAX_PRIMARY/WAIROA/2023-05/age=12%2B -/- - O network
                -
            4: VAX_PRIMARY/WAIROA/2023-05/total 1/2 - A network
                -
        "#]],
    );
    check(
        "WAIROA,VAX_PRIMARY,age,12+,2026-11,1,2,A,\nWAIROA,VAX_PRIMARY,age,12+,2026-12,1,2,A,\n",
        &expect![[r#"
            Nothing was imported.
            line 3: 2026-12 has not begun: it starts on 2026-12-01, and today is no later
                    than 2026-11-22; check the period, and this computer's clock
            Mend the file, and import it again; or leave out the 1 row with problems, of
                    2, with --skip-invalid.
        "#]],
    );
}

#[test]
fn a_file_of_other_areas_is_one_complaint() {
    let refused = run(VACCINATION, &BTreeMap::new(), Options::default(), None).unwrap_err();
    expect![[r#"
        Nothing was imported.
        lines 2-449, 514-641, 770-1217, 1282-1537, 1602-2113, 2178-2433, 2626-3393,
                3458-3713 and 448 more: rows of areas that are not ours (ASHBURTON,
                AUCKLAND, BULLER and 52 more)
        lines 450-513: the location is OC, and this computer belongs to EC
        lines 642-705: the location is FN, and this computer belongs to EC
        lines 1218-1281: the location is IN, and this computer belongs to EC
        lines 1538-1601, 3394-3457: the location is HV, and this computer belongs to
                EC
        lines 2114-2177: OPOTIKI is not an area of EC
        lines 2434-2497, 2562-2625, 4162-4225: the location is WR, and this computer
                belongs to EC
        lines 2498-2561: the location is RT, and this computer belongs to EC
        Mend the file, and import it with --own-areas, which takes just our own rows;
                or leave out the 4160 rows with problems, of 4288, with
                --skip-invalid.
    "#]]
    .assert_eq(&wrapped(&refused.to_string()));
    let rows = (1..=30).map(|n| format!("WAIROA,VAX_PRIMARY,age,12+,2023-01,{n},0,A,\n"));
    let refused = run(
        format!("{HEADER}{}", rows.collect::<String>()).as_bytes(),
        &BTreeMap::new(),
        Options::default(),
        None,
    );
    let text = shown(&refused);
    assert!(text.lines().count() < 60, "{text}");
    assert_eq!(refused.unwrap_err().problems.len(), 30);
}

#[test]
fn a_row_of_another_location_is_not_blamed_on_its_area() {
    let rows = "location_code,indicator_code,area_code,period,numerator,denominator\n\
                WT,VAX_PRIMARY,WAIROA,2023-01,1,2\n\
                WT,VAX_PRIMARY,HASTINGS_\u{1b}[2J,2023-01,1,2\n";
    let refused = run(rows.as_bytes(), &BTreeMap::new(), Options::default(), None);
    let text = shown(&refused);
    expect![[r#"
        Nothing was imported.
        lines 2-3: the location is WT, and this computer belongs to EC
        Import it with --own-areas, which takes just our own rows. Nothing in the
                file has to be mended.
    "#]]
    .assert_eq(&text);
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn a_slip_in_a_row_of_ours_is_never_left_out_in_silence() {
    let rows = "location_code,indicator_code,area_code,period,numerator,denominator\n\
                EC,VAX_PRIMARY,WĀIROA,2023-01,1,2\n\
                EC,WAIROA,VAX_PRIMARY,2023-02,1,2\n\
                WT,VAX_PRIMARY,HASTINGS,2023-01,1,2\n";
    let options = Options {
        own_areas: true,
        ..Options::default()
    };
    let plan = run(rows.as_bytes(), &BTreeMap::new(), options, None).unwrap();
    expect![[r#"
        Left out, though these rows name this location; look for slips:
        line 3: VAX_PRIMARY is not an area of EC
        Taken as they are:
        line 2: no breakdown: taken as the total of VAX_PRIMARY, which is reported in
                parts
        line 2: "WĀIROA" was read as WAIROA, the area of that name
    "#]]
    .assert_eq(&wrapped(&plan.to_string()));
    let refused = run(rows.as_bytes(), &BTreeMap::new(), Options::default(), None);
    expect![[r#"
        Nothing was imported.
        line 3: VAX_PRIMARY is not an area of EC
        line 4: the location is WT, and this computer belongs to EC
        Mend the file, and import it with --own-areas, which takes just our own rows;
                or leave out the 2 rows with problems, of 3, with --skip-invalid.
    "#]]
    .assert_eq(&shown(&refused));
}
