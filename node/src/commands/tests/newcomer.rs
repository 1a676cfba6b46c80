//! The first commands of somebody new to a node, and their answers.

use expect_test::expect;

use super::desk::{Desk, check};

/// A node that takes part in both indicators of vaccination.
fn desk() -> Desk {
    let desk = Desk::new();
    for code in ["VAX_PRIMARY", "VAX_PARTIAL"] {
        desk.run(&format!("indicator adopt {code} --audience network"));
    }
    desk
}

const SET: &str = "observation set VAX_PRIMARY --area FAR_NORTH --period 2023-10";

#[test]
fn a_total_below_one_of_its_parts_is_asked_about() {
    let desk = desk();
    let part = format!("{SET} --breakdown age=12+ --numerator 48000 --denominator 60000");
    assert_eq!(desk.run(&part).code, 0);
    let total = format!("{SET} --numerator 300 --denominator 400");
    let asked = desk.run(&total);
    assert_eq!(asked.code, 3, "{}", asked.err);
    let told = asked.err.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "A whole is smaller than one of its parts",
        "numerator 300, and 48000 in its part age=12+",
        "--confirm whole",
    ] {
        assert!(told.contains(words), "{told}");
    }
    assert_eq!(
        desk.run("observation list --json")
            .out
            .matches("\"id\"")
            .count(),
        1
    );
    assert_eq!(desk.run(&format!("{total} --confirm whole")).code, 0);
    // The same again, or a total that fits, is no question.
    assert_eq!(desk.run(&total).code, 0);
    let fits = format!("{SET} --numerator 49000 --denominator 61000 --confirm tenfold");
    assert_eq!(desk.run(&fits).code, 0);
    // A part that is larger than its total is asked about too.
    let part = format!("{SET} --breakdown age=5-11 --numerator 52000 --denominator 61500");
    let asked = desk.run(&part);
    assert_eq!(asked.code, 3, "{}", asked.err);
    let told = asked.err.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = "numerator 52000, and 49000 in the whole, total";
    assert!(told.contains(words), "{told}");
}

#[test]
fn a_file_with_a_total_below_its_parts_is_held_up() {
    let desk = desk();
    desk.file(
        "whole.csv",
        "area_code,indicator_code,breakdown,breakdown_value,period,numerator,denominator\n\
         FAR_NORTH,VAX_PRIMARY,age,12+,2023-10,48000,60000\n\
         FAR_NORTH,VAX_PRIMARY,,,2023-10,300,400\n",
    );
    let asked = desk.run("import observations whole.csv");
    assert_eq!(asked.code, 3, "{}", asked.err);
    assert!(asked.err.contains("line 3: "), "{}", asked.err);
    let taken = desk.run("import observations whole.csv --confirm whole");
    assert_eq!(taken.code, 0, "{}", taken.err);
    assert_eq!(desk.run("import observations whole.csv").code, 0);
}

#[test]
fn words_of_an_insight_are_not_deleted_unasked() {
    let desk = Desk::new();
    let add = "insight add --text Example:~it~is~dark --audience network --consent network \
               --attribution none";
    let id = desk.run(add).out.trim().to_owned();
    let withdraw = format!("insight withdraw {id}");
    let unasked = desk.run(&withdraw);
    assert_eq!(unasked.code, 3, "{}", unasked.err);
    assert!(unasked.err.contains("--yes"), "{}", unasked.err);
    let no = desk.answered(&withdraw, &["no"]);
    assert_eq!(no.code, 3, "{}", no.err);
    assert!(no.err.contains("Nothing was withdrawn"), "{}", no.err);
    assert!(
        desk.run(&format!("insight show {id}"))
            .out
            .contains("it is dark")
    );
    let yes = desk.answered(&withdraw, &["yes"]);
    assert_eq!(yes.code, 0, "{}", yes.err);
    let shown = desk.run(&format!("insight show {id}")).out;
    assert!(
        shown.contains("taken back by the person who said it"),
        "{shown}"
    );
    let removed = desk.run(&format!("insight remove {id}"));
    assert!(
        removed.err.contains("weft-node insight withdraw"),
        "{}",
        removed.err
    );
}

#[test]
fn an_area_of_ours_that_is_misspelt_is_not_left_out() {
    let desk = desk();
    let file = |name: &str, areas: &[&str]| {
        let rows = areas
            .iter()
            .map(|area| format!("{area},VAX_PRIMARY,age,12+,2023-10,1,2\n"));
        let heading = "area_code,indicator_code,breakdown,breakdown_value,period,numerator,\
                       denominator\n";
        desk.file(name, &format!("{heading}{}", rows.collect::<String>()));
    };
    file("mix.csv", &["FAR_NORTH", "FARNORTH", "ASHBURTON"]);
    for options in ["", " --own-areas"] {
        let refused = desk.run(&format!("import observations mix.csv{options}"));
        assert_eq!(refused.code, 1, "{}", refused.err);
        let words = "FARNORTH is not an area of FN: did you mean FAR_NORTH?";
        assert!(refused.err.contains(words), "{}", refused.err);
    }
    file(
        "others.csv",
        &["FAR_NORTH", "ASHBURTON", "GREY", "ASHBURTON"],
    );
    let taken = desk.run("import observations others.csv --own-areas");
    assert_eq!(taken.code, 0, "{}", taken.err);
    let words = "Left out, areas that are not ours: ASHBURTON, GREY.";
    assert!(taken.err.contains(words), "{}{}", taken.out, taken.err);
}

#[test]
fn all_that_is_wrong_with_a_row_is_said_at_once() {
    let desk = desk();
    desk.file(
        "wrong.csv",
        "area_code,indicator_code,breakdown,breakdown_value,period,numerator,denominator\n\
         FARNORTH,VAX_PRIMERY,age,12-plus,2023/06,-5,70.5\n",
    );
    let refused = desk.run("import observations wrong.csv");
    let told = refused.err.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "did you mean FAR_NORTH?",
        "no indicator VAX_PRIMERY: did you mean VAX_PRIMARY?",
        "no breakdown age=12-plus",
        "\"2023/06\" is not a period",
        "-5 is below zero",
        "70.5 is a fraction",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn questions_about_columns_are_asked_at_once() {
    let desk = desk();
    desk.file(
        "two.csv",
        "area_code,indicator_code,age,sex,period,numerator,denominator\n\
         FAR_NORTH,VAX_PRIMARY,12+,female,2023-10,1,2\n\
         FAR_NORTH,VAX_PRIMARY,12+,male,2023-10,1,3\n",
    );
    let asked = desk.run("import observations two.csv");
    let told = asked.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("--add-up sex"), "{told}");
    assert!(told.contains("the column age is not read"), "{told}");
    assert!(!told.contains("were ignored"), "{told}");
}

#[test]
fn numbers_and_parts_are_read_as_people_type_them() {
    check(
        "indicator adopt VAX_PRIMARY --audience network
         SET 2023-05 --breakdown age=12+ --numerator 48~950 --denominator 60~463
         SET 2023-06 --breakdown age=12+ --numerator 48~95 --denominator 60463
         SET 2023-06 --breakdown age=12+ --numerator <5 --denominator 60463
         SET 2023-06 --breakdown age=12+ --breakdown sex=female --numerator 5 --denominator 6
         SET 2023-07 --breakdown age=12+ --value 80
         observation list",
        expect![[r##"
            # Adopted VAX_PRIMARY v1. New values go to the network and its national team,
            # unless one has its own audience.
            VAX_PRIMARY/FAR_NORTH/2023-05/age=12+
            # Saved as 48950 of 60463 (81.0%), normal.
            # Saved on this computer; 2 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            # --numerator: "48 95" is not a number: write digits with a point for decimals,
            # such as 1311 or 24.5.
            exit 2
            # --numerator: "<5" hides a figure: leave the number out, and choose status Q
            # (suppressed).
            exit 2
            # A value has one --breakdown. Nothing was saved. Several names are written in
            # one, if the definition crosses them: --breakdown age=12+,sex=female. VAX_PRIMARY
            # has age=12+, age=5-11, and crosses none of them.
            exit 2
            VAX_PRIMARY/FAR_NORTH/2023-07/age=12+
            # Saved as 80%, normal.
            # A value alone cannot be added up, and VAX_PRIMARY is a proportion: this one
            # counts in no figure of the network until numerator and denominator are given.
            # Saved on this computer; 3 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            id                                     figure          status  audience
            VAX_PRIMARY/FAR_NORTH/2023-05/age=12+  48950 of 60463  A       network
            VAX_PRIMARY/FAR_NORTH/2023-07/age=12+  80%             A       network
        "##]],
    );
}

#[test]
fn answers_come_with_the_command_that_gives_them() {
    let desk = desk();
    let set = |period: &str, denominator: &str| {
        desk.run(&format!(
            "observation set VAX_PRIMARY --breakdown age=12+ --area FAR_NORTH --period {period} \
             --numerator 46000 --denominator {denominator}"
        ))
    };
    set("2022-06", "59649");
    let told = set("2022-05", "56393").err;
    for answer in ["growth", "base"] {
        let command = format!("--numerator 46000 --denominator 59649 --confirm {answer}\n");
        assert!(told.contains(&command), "{told}");
    }
}
