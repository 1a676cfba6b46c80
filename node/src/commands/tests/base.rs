//! Answers about denominators that moved. Each belongs to the two counts that it was given for.

use weft_host::clock;
use weft_shared::model::schema::DocKind;

use super::desk::Desk;
use crate::replica::Edit;

const SET: &str = "observation set VAX_PRIMARY --breakdown age=12+ --area FAR_NORTH --period";
const ASKED: &str = "moved by more than 2% a year";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.run("indicator adopt VAX_PRIMARY --audience network");
    desk
}

/// Saves `period numerator/denominator` with more options, and returns the output.
fn set(desk: &Desk, figure: &str) -> String {
    let answer = desk.run(&line(figure));
    assert_eq!(answer.code, 0, "{figure}: {}", answer.err);
    // On one line.
    answer.err.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn line(figure: &str) -> String {
    let (period, rest) = figure.split_once(' ').unwrap();
    let (counts, options) = rest.split_once(' ').unwrap_or((rest, ""));
    let (numerator, denominator) = counts.split_once('/').unwrap();
    let line = format!("{SET} {period} --numerator {numerator} --denominator {denominator}");
    format!("{line} {options}").trim_end().to_owned()
}

#[test]
fn an_answer_given_beforehand_is_about_the_figure_that_it_comes_with() {
    let desk = desk();
    set(&desk, "2022-05 46000/56393");
    set(&desk, "2022-07 46000/69000 --confirm growth");
    assert_eq!(desk.marks("2022-07"), ["beside-56393", "growth"]);
    // July is now beside another count, and there was no question about that.
    let told = set(&desk, "2022-06 46000/62000 --confirm base");
    assert_eq!(desk.marks("2022-06"), ["base", "beside-56393"]);
    assert_eq!(desk.marks("2022-07"), ["beside-56393", "growth"]);
    let row = "VAX_PRIMARY/FAR_NORTH/2022-07/age=12+: denominator 69000, beside 62000 in";
    assert!(told.contains(row), "{told}");
    assert!(!told.contains("2022-06/age=12+: denominator"), "{told}");
    let command = "weft-node observation set VAX_PRIMARY --area FAR_NORTH --period 2022-07 \
                   --breakdown age=12+ --numerator 46000 --denominator 69000";
    assert!(told.contains(command), "{told}");
    set(&desk, "2022-07 46000/69000 --confirm growth");
    assert_eq!(desk.marks("2022-07"), ["beside-62000", "growth"]);
    assert!(!set(&desk, "2022-06 46001/62000").contains(ASKED));
}

#[test]
fn an_answer_at_the_terminal_is_about_all_that_was_shown() {
    let desk = desk();
    set(&desk, "2022-05 46000/56393");
    set(&desk, "2022-07 46000/69000");
    let told = desk.answered(&line("2022-06 46000/62000"), &["growth"]);
    assert_eq!(told.code, 0, "{}", told.err);
    assert_eq!(desk.marks("2022-06"), ["beside-56393", "growth"]);
    assert_eq!(desk.marks("2022-07"), ["beside-62000", "growth"]);
}

#[test]
fn an_answer_holds_while_its_counts_stay_as_they_are() {
    for (word, marks) in [
        ("growth", ["beside-56393", "growth"]),
        ("base", ["base", "beside-56393"]),
    ] {
        let desk = desk();
        set(&desk, "2022-05 46000/56393");
        let told = set(&desk, &format!("2022-06 46100/59649 --confirm {word}"));
        assert_eq!(told.contains("base changed"), word == "base", "{told}");
        // A new numerator, a note and a numerator of the month before leave both counts alone.
        for again in [
            "2022-06 46200/59649",
            "2022-06 46200/59649 --note counted",
            "2022-05 46050/56393",
            "2022-06 46300/59649 --method counted",
        ] {
            let told = set(&desk, again);
            assert!(!told.contains(ASKED), "{word}, {again}: {told}");
            assert_eq!(desk.marks("2022-06"), marks, "{word}, {again}");
            let list = desk.run("observation list").out;
            let status = if word == "base" { "  B  " } else { "  A  " };
            let line = list.lines().find(|line| line.contains("2022-06")).unwrap();
            assert!(line.contains(status), "{list}");
        }
        // A new denominator, on either side, is a new question.
        assert!(set(&desk, "2022-06 46300/59650").contains(ASKED), "{word}");
        assert_eq!(desk.marks("2022-06"), [""; 0], "{word}");
        set(&desk, &format!("2022-06 46300/59650 --confirm {word}"));
        assert!(set(&desk, "2022-05 46050/56394").contains(ASKED), "{word}");
        assert!(set(&desk, "2022-06 46300/59650").contains("Nothing was changed"));
        let told = set(&desk, "2022-06 46301/59650");
        assert!(told.contains(ASKED), "{word}: {told}");
    }
}

#[test]
fn another_answer_takes_the_place_of_one_that_holds() {
    let desk = desk();
    set(&desk, "2022-05 46000/56393");
    set(&desk, "2022-06 46100/59649 --confirm base");
    let told = set(&desk, "2022-06 46100/59649 --confirm growth");
    assert!(told.contains("(77.3%), normal."), "{told}");
    assert_eq!(desk.marks("2022-06"), ["beside-56393", "growth"]);
    set(&desk, "2022-06 46100/59649 --confirm base");
    assert_eq!(desk.marks("2022-06"), ["base", "beside-56393"]);
}

#[test]
fn a_figure_that_was_found_right_is_not_asked_about_again() {
    let desk = desk();
    set(&desk, "2023-04 48799/60463");
    set(&desk, "2023-05 4895/60463 --confirm tenfold");
    // Neither numerator changes.
    set(&desk, "2023-05 4895/60464");
    assert_eq!(desk.marks("2023-05"), ["tenfold"]);
    set(&desk, "2023-04 48799/60462");
    set(&desk, "2023-06 4899/60463");
    for other in ["2023-05 4896/60463", "2023-04 48800/60463"] {
        assert_eq!(desk.run(&line(other)).code, 3, "{other}");
    }
}

#[test]
fn a_status_that_nobody_chose_takes_no_stated_base_back() {
    let desk = desk();
    set(&desk, "2022-05 46000/56393");
    set(&desk, "2022-06 46100/56394 --status B");
    let unchanged = set(&desk, "2022-06 46100/56394");
    assert!(unchanged.contains("Nothing was changed"), "{unchanged}");
    let status = || {
        let list = desk.run("observation list").out;
        let line = list.lines().find(|line| line.contains("2022-06"));
        let line = line.unwrap().to_owned();
        (line.contains("  B  "), line.contains("  A  "))
    };
    for again in ["46200/56394", "46200/60000", "46200/60000 --method counted"] {
        let told = set(&desk, &format!("2022-06 {again}"));
        assert!(told.contains("base changed"), "{told}");
        assert!(told.contains("--status A takes it back"), "{told}");
        assert!(!told.contains(ASKED), "{told}");
        assert_eq!(status(), (true, false), "{again}");
    }
    let told = set(&desk, "2022-06 46200/60000 --confirm growth");
    assert!(!told.contains("stated before"), "{told}");
    assert_eq!((status(), desk.marks("2022-06").len()), ((false, true), 2));
    set(&desk, "2022-06 46200/60000 --status B");
    set(&desk, "2022-06 46200/60000 --status A");
    assert_eq!(status(), (false, true));
}

const HEADER: &str = "indicator_code,area_code,period,breakdown,breakdown_value,numerator,\
                      denominator";
const JUNE: &str = "VAX_PRIMARY,FAR_NORTH,2022-06,age,12+,46000,62000";

/// May and July exist, and July was asked about beside May. A file has June.
fn before_june() -> Desk {
    let desk = desk();
    set(&desk, "2022-05 46000/56393");
    set(&desk, "2022-07 46000/69000 --confirm growth");
    desk.file("june.csv", &format!("{HEADER}\n{JUNE}\n"));
    desk
}

#[test]
fn an_answer_given_beforehand_is_about_the_rows_of_the_file() {
    let command = "weft-node observation set VAX_PRIMARY --area FAR_NORTH --period 2022-07 \
                   --breakdown age=12+ --numerator 46000 --denominator 69000";
    for (options, june) in [("", 0), (" --confirm base", 2)] {
        let desk = before_june();
        let told = desk.run(&format!("import observations june.csv{options}"));
        assert_eq!(told.code, 0, "{}", told.err);
        let told = told.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(desk.marks("2022-06").len(), june, "{told}");
        assert_eq!(desk.marks("2022-07"), ["beside-56393", "growth"]);
        let row = "2022-07/age=12+: denominator 69000, beside 62000 in 2022-06";
        assert_eq!(told.matches(row).count(), 1, "{told}");
        assert!(told.contains(command), "{told}");
        assert_eq!(
            told.contains("2022-06/age=12+: denominator"),
            june == 0,
            "{told}"
        );
        set(&desk, "2022-07 46000/69000 --confirm base");
        assert_eq!(desk.marks("2022-07"), ["base", "beside-62000"]);
    }
    let desk = before_june();
    let told = desk.run("import observations june.csv --confirm base --json");
    let told: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    let questions = told["questions"].as_array().unwrap();
    assert_eq!(questions.len(), 1, "{told}");
    let id = questions[0]["rows"][0]["id"].as_str().unwrap();
    assert!(id.contains("2022-07"), "{told}");
}

#[test]
fn an_answer_about_a_file_at_the_terminal_is_about_all_that_was_shown() {
    let desk = before_june();
    let told = desk.answered("import observations june.csv", &["growth"]);
    assert_eq!(told.code, 0, "{}", told.err);
    assert_eq!(desk.marks("2022-06"), ["beside-56393", "growth"]);
    assert_eq!(desk.marks("2022-07"), ["beside-62000", "growth"]);
    // If an existing figure is also a row of the file, it is answered with the file.
    let desk = before_june();
    let july = "VAX_PRIMARY,FAR_NORTH,2022-07,age,12+,46000,69000";
    desk.file("both.csv", &format!("{HEADER}\n{JUNE}\n{july}\n"));
    let told = desk.run("import observations both.csv --confirm growth");
    assert_eq!(told.code, 0, "{}", told.err);
    assert_eq!(desk.marks("2022-06"), ["beside-56393", "growth"]);
    assert_eq!(desk.marks("2022-07"), ["beside-62000", "growth"]);
}

/// Says something else of the figure of a period in the second part of its year.
fn contest(desk: &Desk, period: &str, denominator: i64) {
    let period = period.parse().unwrap();
    desk.with(move |replica| {
        let rows = replica.observations(|key| key.period == period).unwrap();
        let (key, mut statement) = (rows[0].key.clone(), rows[0].stated[0].statement.clone());
        statement.denominator = Some(denominator.into());
        let mut edit = Edit::default();
        edit.on(DocKind::Observations(2022, 2), move |editor| {
            editor.put_observation(&key, &statement, None)
        });
        replica.save(vec![edit], clock::now()).unwrap();
    });
}

#[test]
fn a_contested_figure_is_asked_about_with_each_of_its_answers() {
    let row = "VAX_PRIMARY/FAR_NORTH/2022-04/age=12+: denominator 69000 or 69100, beside 56393 in";
    let settle = "That figure is contested. Settle it first";
    let desk = desk();
    set(&desk, "2022-04 46000/69000");
    contest(&desk, "2022-04", 69_100);
    let told = set(&desk, "2022-03 46000/56393 --confirm growth");
    assert!(told.contains(row) && told.contains(settle), "{told}");
    assert_eq!(
        desk.marks("2022-04"),
        [""; 0],
        "no one settled it by the way"
    );
    // The next figure is compared with both.
    let told = set(&desk, "2022-05 46000/76000");
    assert!(
        told.contains("denominator 76000, beside 69000 or 69100 in 2022-04"),
        "{told}"
    );

    let desk = self::desk();
    set(&desk, "2022-04 46000/69000");
    contest(&desk, "2022-04", 69_100);
    desk.file(
        "may.csv",
        "indicator_code,area_code,period,breakdown,breakdown_value,numerator,denominator\n\
         VAX_PRIMARY,FAR_NORTH,2022-03,age,12+,46000,56393\n",
    );
    let told = desk.run("import observations may.csv --confirm growth");
    assert_eq!(told.code, 0, "{}", told.err);
    let words: Vec<_> = told.err.split_whitespace().collect();
    let words = words.join(" ");
    assert!(words.contains(row) && words.contains(settle), "{words}");
    assert_eq!(desk.marks("2022-04"), [""; 0]);
}

#[test]
fn an_import_that_is_taken_back_takes_its_answers_about_other_figures_along() {
    let desk = desk();
    set(&desk, "2022-05 46000/56393");
    set(&desk, "2022-07 46000/69000 --confirm growth");
    assert_eq!(desk.marks("2022-07"), ["beside-56393", "growth"]);
    let before = desk.run("observation list --json").out;
    desk.file(
        "june.csv",
        "indicator_code,area_code,breakdown,breakdown_value,period,numerator,denominator\n\
         VAX_PRIMARY,FAR_NORTH,age,12+,2022-06,46000,62000\n",
    );
    let told = desk.answered("import observations june.csv", &["base"]);
    assert_eq!(told.code, 0, "{}", told.err);
    assert_eq!(desk.marks("2022-07"), ["base", "beside-62000"]);
    let undone = desk.run("import undo");
    assert_eq!(undone.code, 0, "{}", undone.err);
    assert_eq!(desk.marks("2022-07"), ["beside-56393", "growth"]);
    let without_june = |list: &str| {
        let rows: Vec<serde_json::Value> = serde_json::from_str(list).unwrap();
        let rows = rows.into_iter().filter(|row| row["period"] != "2022-06");
        rows.map(|row| (row["id"].clone(), row["obs_status"].clone()))
            .collect::<Vec<_>>()
    };
    let after = desk.run("observation list --json").out;
    assert_eq!(without_june(&after), without_june(&before));
}
