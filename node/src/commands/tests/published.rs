//! Files as offices publish them, from the command line: columns that are proposed and confirmed,
//! figures that equal the file's own, and an import that is taken back.

use std::collections::BTreeMap;

use expect_test::expect;
use serde_json::Value;
use weft_shared::model::number::Number;

use super::desk::Desk;
use crate::kit::Kit;

const DEFINITIONS: &str = include_str!("../../../../shared/tables/tests/published/indicators.toml");
const UPTAKE: &str = include_str!("../../../../shared/tables/tests/published/moh-tla-uptake.csv");
const DEATHS: &str =
    include_str!("../../../../shared/tables/tests/published/moh-weekly-deaths.csv");
const VALUE_SET: &str =
    include_str!("../../../../shared/tables/tests/published/dhis2-dataValueSet.csv");

/// A desk that has adopted the indicators of the published files.
fn desk() -> Desk {
    let desk = Desk::of(Kit::publishing(DEFINITIONS.to_owned()));
    for code in ["PARTIAL", "PRIMARY", "DEATHS", "MALARIA"] {
        let answer = desk.run(&format!("indicator adopt {code} --audience network"));
        assert_eq!(answer.code, 0, "{}", answer.err);
    }
    desk
}

/// The figures that stand, by their ids: numerator and denominator.
fn figures(desk: &Desk) -> BTreeMap<String, (Option<Number>, Option<Number>)> {
    let rows: Vec<Value> = serde_json::from_str(&desk.run("observation list --json").out).unwrap();
    let number = |row: &Value, name: &str| row[name].to_string().parse::<Number>().ok();
    let rows = rows
        .iter()
        .filter(|row| row["retracted"] != Value::Bool(true));
    rows.map(|row| {
        let id = row["id"].as_str().unwrap().to_owned();
        (id, (number(row, "numerator"), number(row, "denominator")))
    })
    .collect()
}

#[test]
fn columns_that_are_guessed_are_shown_and_taken_after_a_yes() {
    let desk = desk();
    desk.file("uptake.csv", UPTAKE);
    let import = "import observations uptake.csv --own-areas --constant period=2023-05";
    let asked = desk.run(import);
    assert_eq!(asked.code, 3);
    expect![[r#"
        Nothing was imported.
        What goes where:
          Age is the part "age".
          Territorial Authority is the area.
          At least partially vaccinated is the numerator, Population is the
            denominator of indicator PARTIAL.
          Completed primary course is the numerator, Population is the denominator of
            indicator PRIMARY.
          In every row, the period is 2023-05.
          Not read: Eligible for booster 1 (such as 25,734), Booster 1 recieved (such
            as 18,474), Eligible for booster 2 (such as 16,539), Booster 2 recieved
            (such as 6,199), Partially vaccinated uptake (such as 93%), Completed
            primary course uptake (such as 91%), Booster 1 uptake (such as 72%), Booster
            2 uptake (such as 37%).
        The file has 136 rows.
    "#]]
    .assert_eq(asked.err.split("As a file for --map").next().unwrap());
    // The plan that is printed is a file as it stands, and the last words say what to do.
    let (_, map) = asked.err.split_once("known so far is:\n").unwrap();
    let (map, after) = map.split_at(map.find("If that").unwrap());
    desk.file("map.toml", map);
    let again = desk.run("import observations uptake.csv --own-areas --dry-run --map map.toml");
    assert_eq!(again.code, 0, "{}{}", again.out, again.err);
    expect![[r#"
        If that is right, import the file again with --yes. If not, say which column is
        what with --column, --constant or --map FILE.
    "#]]
    .assert_eq(after);
    assert!(figures(&desk).is_empty());
    let taken = desk.run(&format!("{import} --yes"));
    assert_eq!(taken.code, 0, "{}{}", taken.out, taken.err);
    let expected: BTreeMap<_, _> = [
        ("PARTIAL/FAR_NORTH/2023-05/age=12%2B", 50_439, 60_463),
        ("PARTIAL/FAR_NORTH/2023-05/age=5-11", 1_705, 7_118),
        ("PRIMARY/FAR_NORTH/2023-05/age=12%2B", 48_799, 60_463),
        ("PRIMARY/FAR_NORTH/2023-05/age=5-11", 734, 7_118),
    ]
    .map(|(id, of, all): (&str, i64, i64)| (id.to_owned(), (Some(of.into()), Some(all.into()))))
    .into();
    assert_eq!(figures(&desk), expected);
    // The next file of that shape needs its period alone.
    let again = desk.run("import observations uptake.csv --own-areas --constant period=2023-06");
    assert_eq!(again.code, 0, "{}{}", again.out, again.err);
    assert_eq!(figures(&desk).len(), 8);
}

#[test]
fn a_terminal_asks_before_guessed_columns_are_taken() {
    let desk = desk();
    desk.file("deaths.csv", DEATHS);
    let import = "import observations deaths.csv";
    let refused = desk.answered(import, &["no"]);
    assert_eq!(
        (refused.code, figures(&desk).len()),
        (3, 0),
        "{}",
        refused.err
    );
    let taken = desk.answered(import, &["yes"; 6]);
    assert_eq!(taken.code, 0, "{}{}", taken.out, taken.err);
    let all = figures(&desk);
    let sum: Number = all.values().filter_map(|(of, _)| *of).sum();
    let zeros = all.values().filter(|(of, _)| *of == Some(Number::ZERO));
    assert_eq!((all.len(), zeros.count(), sum), (295, 92, 4_803.into()));
    assert!(
        taken.err.contains("\"2020-02-23\" was read as 2020-W08"),
        "{}",
        taken.err
    );
}

#[test]
fn an_export_of_dhis2_needs_no_more_than_its_parts() {
    let desk = desk();
    desk.file("set.csv", VALUE_SET);
    desk.file(
        "map.toml",
        "[values.part]\nF_Under5 = \"age=Under 5,sex=Female\"\n\
         M_Under5 = \"age=Under 5,sex=Male\"\n",
    );
    let asked = desk.run("import observations set.csv");
    assert!(
        asked.code == 1 && asked.err.contains("[values.part]"),
        "{}",
        asked.err
    );
    let taken = desk.run("import observations set.csv --map map.toml");
    assert_eq!(taken.code, 0, "{}{}", taken.out, taken.err);
    let expected =
        ["Female", "Male"].map(|sex| format!("MALARIA/FAR_NORTH/2020-01/age=Under%205,sex={sex}"));
    assert_eq!(figures(&desk).into_keys().collect::<Vec<_>>(), expected);
}

const OWN: &str = "indicator_code,area_code,period,numerator\n";

#[test]
fn one_undo_takes_a_whole_import_back() {
    let desk = desk();
    desk.file("first.csv", &format!("{OWN}DEATHS,FAR_NORTH,2022-W01,1\n"));
    desk.file(
        "second.csv",
        &format!("{OWN}DEATHS,FAR_NORTH,2022-W01,2\nDEATHS,FAR_NORTH,2022-W02,3\n"),
    );
    assert_eq!(desk.run("import observations first.csv").code, 0);
    let before = figures(&desk);
    let taken = desk.run("import observations second.csv --replace --confirm jump");
    assert_eq!(taken.code, 0, "{}{}", taken.out, taken.err);
    assert_eq!(figures(&desk).len(), 2);
    let undone = desk.run("import undo");
    assert_eq!(undone.code, 0, "{}", undone.err);
    expect![[r#"
        The import of second.csv is taken back: 1 value is taken out, and 1 value stands again as before. All of it stays in the history.
    "#]]
    .assert_eq(&undone.out);
    assert_eq!(figures(&desk), before);
    let history = desk.run("history --record observations/DEATHS/FAR_NORTH/2022-W02/total");
    assert!(history.out.contains("taken back"), "{}", history.out);
    // The import before it can be taken back too, and each only once.
    assert_eq!(desk.run("import undo 2").code, 3);
    assert_eq!(desk.run("import undo").code, 0);
    assert!(figures(&desk).is_empty());
    assert_eq!(desk.run("import undo").code, 3);
    let listed: Vec<Value> = serde_json::from_str(&desk.run("import list --json").out).unwrap();
    let names: Vec<_> = listed
        .iter()
        .map(|one| one["file"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["second.csv", "first.csv"]);
    assert!(listed.iter().all(|one| one["undone"].is_string()));
}

#[test]
fn a_value_that_someone_has_changed_since_is_never_undone() {
    let desk = desk();
    desk.file(
        "file.csv",
        &format!("{OWN}DEATHS,FAR_NORTH,2022-W01,2\nDEATHS,FAR_NORTH,2022-W02,3\n"),
    );
    assert_eq!(desk.run("import observations file.csv").code, 0);
    let set = "observation set DEATHS --area FAR_NORTH --period 2022-W01 --numerator 4";
    let set = desk.run(set);
    assert_eq!(set.code, 0, "{}", set.err);
    let refused = desk.run("import undo");
    assert_eq!((refused.code, figures(&desk).len()), (3, 2));
    let words = refused.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("someone has changed values of file.csv since")
            && words.contains("the import said 2, normal, and 4, normal stands"),
        "{words}"
    );
    let rest = desk.run("import undo --keep-changed");
    assert_eq!(rest.code, 0, "{}", rest.err);
    let left: Vec<_> = figures(&desk).into_iter().collect();
    assert_eq!(
        left,
        [(
            "DEATHS/FAR_NORTH/2022-W01/total".to_owned(),
            (Some(4.into()), None)
        )]
    );
}

#[test]
fn a_value_that_was_for_the_team_alone_goes_back_to_the_team() {
    let desk = desk();
    let audience = |desk: &Desk| {
        let rows = desk.run("observation list --json").out;
        let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
        rows[0]["audience"].as_str().unwrap().to_owned()
    };
    let set = "observation set DEATHS --area FAR_NORTH --period 2022-W01 --numerator 4";
    let set = desk.run(&format!("{set} --audience team"));
    assert_eq!(
        (set.code, audience(&desk).as_str()),
        (0, "team"),
        "{}",
        set.err
    );
    desk.file("file.csv", &format!("{OWN}DEATHS,FAR_NORTH,2022-W01,5\n"));
    let import = "import observations file.csv --replace --yes --audience network";
    let import = desk.run(import);
    assert_eq!(
        (import.code, audience(&desk).as_str()),
        (0, "network"),
        "{}",
        import.err
    );
    let undone = desk.run("import undo");
    assert_eq!(undone.code, 0, "{}", undone.err);
    assert_eq!(audience(&desk), "team");
    assert_eq!(
        figures(&desk).into_values().next(),
        Some((Some(4.into()), None))
    );
}
