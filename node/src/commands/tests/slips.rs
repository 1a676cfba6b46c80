//! Questions about figures that may be slips, at the command line: without a terminal, and at one.

use expect_test::expect;

use super::desk::{Desk, check};

const SET: &str = "observation set VAX_PRIMARY --breakdown age=12+ --area FAR_NORTH --period";

#[test]
fn a_digit_too_few_is_not_saved_unless_somebody_confirms_it() {
    check(
        "indicator adopt VAX_PRIMARY --audience network
         SET 2023-04 --breakdown age=12+ --numerator 48,799 --denominator 60463
         SET 2023-05 --breakdown age=12+ --numerator 4,895 --denominator 60463
         observation list
         SET 2023-05 --breakdown age=12+ --numerator 4,895 --denominator 60463 --confirm tenfold
         SET 2023-05 --breakdown age=12+ --numerator 4,895 --denominator 60463
         SET 2023-05 --breakdown age=12+ --numerator 4,895 --denominator 60463 --confirm yes",
        expect![[r##"
            # Adopted VAX_PRIMARY v1. New values go to the network and its national team,
            # unless one has its own audience.
            VAX_PRIMARY/FAR_NORTH/2023-04/age=12+
            # Saved as 48799 of 60463 (80.7%), normal.
            # Saved on this computer; 2 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            # Nothing was saved, because something is to be answered first.
            # This figure is far from the one beside it. Is it right?
            #   VAX_PRIMARY/FAR_NORTH/2023-05/age=12+: numerator 4895, about a tenth of
            #     48799 in 2023-04: did you mean 48950?
            #   --confirm tenfold: the figure is right
            # Mend what is wrong. If it is right as it stands, say so with the same command:
            #   weft-node observation set VAX_PRIMARY --area FAR_NORTH --period 2023-05 --breakdown age=12+ --numerator 4,895 --denominator 60463 --confirm tenfold
            exit 3
            id                                     figure          status  audience
            VAX_PRIMARY/FAR_NORTH/2023-04/age=12+  48799 of 60463  A       network
            VAX_PRIMARY/FAR_NORTH/2023-05/age=12+
            # Saved as 4895 of 60463 (8.1%), normal.
            # Saved on this computer; 3 entries wait: weft-node sync --once shares now,
            # weft-node run keeps sharing.
            VAX_PRIMARY/FAR_NORTH/2023-05/age=12+
            # That is what stood there already: 4895 of 60463 (8.1%), normal. Nothing was
            # changed.
            # "yes" answers no question: there are tenfold, jump, sentinel, thousands,
            # decimals, growth, base, outdated, blank, parts, whole.
            exit 2
        "##]],
    );
}

#[test]
fn the_mark_of_an_answer_is_kept_with_the_figure() {
    let desk = Desk::new();
    desk.run("indicator adopt VAX_PRIMARY --audience network");
    desk.run(&format!(
        "{SET} 2023-04 --numerator 48799 --denominator 60463"
    ));
    let may = format!("{SET} 2023-05 --numerator 4895 --denominator 60463");
    assert_eq!(desk.run(&may).code, 3);
    assert_eq!(
        desk.run(&format!("{may} --confirm tenfold --confirm jump"))
            .code,
        0
    );
    assert_eq!(desk.marks("2023-05"), ["tenfold"]);
    // The same figure again removes no mark.
    assert_eq!(desk.run(&may).code, 0);
    assert_eq!(desk.marks("2023-05"), ["tenfold"]);
}

#[test]
fn a_denominator_that_moved_is_saved_and_asked_about() {
    let desk = Desk::new();
    desk.run("indicator adopt VAX_PRIMARY --audience network");
    desk.run(&format!(
        "{SET} 2022-05 --numerator 46000 --denominator 56393"
    ));
    let june = format!("{SET} 2022-06 --numerator 46100 --denominator 59649");
    let saved = desk.run(&june);
    assert_eq!(saved.code, 0, "{}", saved.err);
    assert!(
        saved.err.contains("moved by more than 2% a year"),
        "{}",
        saved.err
    );
    assert!(saved.err.contains("--confirm growth: "), "{}", saved.err);
    // The answer may come later, with the same figure.
    let answered = desk.run(&format!("{june} --confirm base"));
    assert!(answered.err.contains("base changed"), "{}", answered.err);
    assert_eq!(desk.marks("2022-06"), ["base", "beside-56393"]);
    let again = desk.run(&june);
    let again = again.err.replace('\n', " ");
    assert!(again.contains("Nothing was changed"), "{again}");
}

#[test]
fn at_a_terminal_somebody_is_asked_once_for_each_kind() {
    let desk = Desk::new();
    desk.run("indicator adopt VAX_PRIMARY --audience network");
    desk.run(&format!(
        "{SET} 2023-04 --numerator 48799 --denominator 60463"
    ));
    let slip = format!("{SET} 2023-05 --numerator 4895 --denominator 70463");
    let no = desk.answered(&slip, &["", "no"]);
    assert_eq!(no.code, 3, "{}", no.err);
    assert!(
        no.err
            .ends_with("Mend the figure, and give the command again.\n"),
        "{}",
        no.err
    );
    let yes = desk.answered(&slip, &["yes"]);
    assert_eq!(yes.code, 0, "{}", yes.err);
    assert_eq!(desk.marks("2023-05"), ["tenfold"]);
    // The Enter key leaves a question open, if it may stay open.
    let later = desk.answered(
        &format!("{SET} 2023-06 --numerator 4899 --denominator 80463"),
        &[""],
    );
    assert_eq!(later.code, 0, "{}", later.err);
    let choice = format!("{SET} 2023-07 --numerator 4999 --denominator 90463");
    let choice = desk.answered(&choice, &["growth"]);
    assert_eq!(choice.code, 0, "{}", choice.err);
    assert_eq!(desk.marks("2023-07"), ["beside-80463", "growth"]);
}

#[test]
fn a_file_is_held_up_with_its_rows_and_taken_with_an_answer() {
    let desk = Desk::new();
    desk.run("indicator adopt VAX_PRIMARY --audience network");
    let rows = [
        ("2023-01", 48_700),
        ("2023-02", 4_871),
        ("2023-03", 48_720),
        ("2023-04", 487),
    ];
    let mut file = "area_code,indicator_code,breakdown,breakdown_value,period,numerator,\
                    denominator\n"
        .to_owned();
    for (period, numerator) in rows {
        file.push_str(&format!(
            "FAR_NORTH,VAX_PRIMARY,age,12+,{period},{numerator},60463\n"
        ));
    }
    let at = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(at.path(), file).unwrap();
    let path = at.path().to_str().unwrap();
    let import = format!("import observations {path}");
    for option in ["", " --dry-run"] {
        let asked = desk.run(&format!("{import}{option}"));
        assert_eq!(asked.code, 3, "{}", asked.err);
        let question = "These figures are far from those beside them.";
        assert!(asked.err.contains(question), "{}", asked.err);
        let row =
            "  line 3: VAX_PRIMARY/FAR_NORTH/2023-02/age=12+: numerator 4871, about a tenth\n";
        assert!(asked.err.contains(row), "{}", asked.err);
        assert!(asked.err.contains("  line 5: "), "{}", asked.err);
    }
    let asked = desk.run(&import);
    let again = format!("  weft-node import observations {path} --confirm tenfold\n");
    assert!(asked.err.ends_with(&again), "{}", asked.err);
    assert_eq!(desk.run("observation list --json").out, "[]\n");
    let json: serde_json::Value =
        serde_json::from_str(&desk.run(&format!("{import} --json")).out).unwrap();
    assert_eq!(json["saved"], false);
    assert_eq!(json["questions"][0]["kind"], "tenfold");
    assert_eq!(json["questions"][0]["answers"][0]["word"], "tenfold");
    assert_eq!(json["questions"][0]["rows"][1]["line"], 5);
    let taken = desk.run(&format!("{import} --confirm tenfold"));
    assert_eq!(taken.code, 0, "{}", taken.err);
    assert_eq!(desk.marks("2023-02"), ["tenfold"]);
    assert_eq!(desk.marks("2023-03"), [""; 0]);
    let again = desk.run(&import);
    assert!(
        again.out.contains("0 changed, 4 unchanged"),
        "{}",
        again.out
    );
}
