//! Questions that a file leaves open: signs, unread columns, rows about the same observation.

use proptest::prelude::*;

use super::*;

/// Runs a file with these answers: the options of the command, such as `--sign x=M`.
fn answered(file: &str, answers: &str) -> Result<Plan, Refused> {
    let mut options = Options::default();
    for answer in answers.split(" --").filter(|one| !one.is_empty()) {
        let answer = answer.trim_start_matches("--");
        let (option, value) = answer.split_once(' ').unwrap_or((answer, ""));
        match option {
            "sign" => options.answers.signs.push(value.parse().unwrap()),
            "ignore" => options.answers.ignored.push(value.to_owned()),
            "only" => options.answers.only.push(value.parse().unwrap()),
            "add-up" => options.answers.added_up.push(value.to_owned()),
            "skip-invalid" => options.skip_invalid = true,
            "own-areas" => options.own_areas = true,
            other => panic!("no option {other}"),
        }
    }
    run(file.as_bytes(), &BTreeMap::new(), options, None)
}

/// Returns the statement from a file of one row with this figure, or the refusal.
fn figure(figure: &str, status: &str, answers: &str) -> Result<Statement, Refused> {
    let row = format!("WAIROA,VAX_PRIMARY,age,12+,2023-05,{figure},6896,{status},\n");
    let plan = answered(&format!("{HEADER}{row}"), answers)?;
    Ok(plan.changes[0].statement.clone())
}

#[test]
fn a_sign_that_hides_a_figure_is_suppressed_and_kept() {
    for sign in ["..C", "S", "c", "np", "<5", "Masked", "[c]*", ">95%"] {
        for status in ["", "Q"] {
            let statement = figure(sign, status, "").unwrap();
            assert_eq!(statement.status.word(), "Q", "{sign}");
            assert_eq!(statement.sign.as_deref(), Some(sign));
            assert_eq!((statement.numerator, statement.method), (None, None));
        }
        assert!(figure(sign, "A", "").is_err(), "{sign}");
        assert!(figure(sign, "O", "").is_err(), "{sign}");
    }
    let long = "suppressed because the numbers are small";
    let kept = figure(long, "", "").unwrap().sign.unwrap();
    assert!(
        kept.starts_with("suppressed because") && kept.len() <= 32,
        "{kept}"
    );
}

#[test]
fn a_sign_of_several_meanings_is_asked_about() {
    for sign in ["x", "-", "..", "–", ":", "*", "z", "nil", "(D)"] {
        for (status, answers) in [("", ""), ("A", ""), ("P", "")] {
            let refused = figure(sign, status, answers).unwrap_err();
            assert!(refused.only_asks(), "{sign} {refused}");
            assert!(
                refused.to_string().contains(&format!("'{sign}=Q'")),
                "{refused}"
            );
        }
        // The row's status gives the meaning.
        let said = figure(sign, "M", "").unwrap();
        assert_eq!(
            (said.status.word(), said.sign.as_deref()),
            ("M", Some(sign))
        );
        for (meaning, status) in [("Q", "Q"), ("o", "O"), ("L", "L"), ("M", "M"), ("0", "A")] {
            let said = figure(sign, "", &format!("--sign {sign}={meaning}")).unwrap();
            assert_eq!(said.status.word(), status, "{sign}");
            assert_eq!(said.numerator, (meaning == "0").then(|| 0.into()));
        }
    }
    // A person's answer overrides the usual meaning of a sign.
    let said = figure("S", "", "--sign s=L").unwrap();
    assert_eq!((said.status.word(), said.sign.as_deref()), ("L", Some("S")));
    let said = figure("1-4", "", "--sign 1-4=Q").unwrap();
    assert_eq!(
        (said.status.word(), said.sign.as_deref()),
        ("Q", Some("1-4"))
    );
    for wrong in ["x", "x=A", "x=", "=Q", "5=Q"] {
        assert!(wrong.parse::<SignMeans>().is_err(), "{wrong}");
    }
}

#[test]
fn an_unknown_word_is_refused_and_never_advised_to_be_missing() {
    for word in ["many", "unmasked", "not suppressed", "1-4", "12*"] {
        let refused = figure(word, "", "").unwrap_err();
        assert!(!refused.only_asks(), "{word}");
        assert!(!refused.to_string().contains("leave it empty"), "{refused}");
    }
    let refused = figure("many", "", "").unwrap_err().to_string();
    assert!(refused.contains("--sign 'many=Q'"), "{refused}");
}

#[test]
fn a_sign_has_a_column_of_its_own_too() {
    let file = "indicator_code,area_code,breakdown,breakdown_value,period,numerator,denominator,\
                obs_status,sign\n\
                VAX_PRIMARY,WAIROA,age,12+,2023-01,,9,Q,..C\n\
                VAX_PRIMARY,WAIROA,age,12+,2023-02,,9,M,S\n\
                VAX_PRIMARY,WAIROA,age,12+,2023-03,,9,,np\n\
                VAX_PRIMARY,WAIROA,age,12+,2023-04,5,9,A,\n";
    let plan = answered(file, "").unwrap();
    let said = plan.changes.iter().map(|one| {
        let sign = one.statement.sign.as_deref().unwrap_or("-");
        format!("{} {sign}", one.statement.status)
    });
    assert_eq!(said.collect::<Vec<_>>(), ["Q ..C", "M S", "Q np", "A -"]);
}

const SHORT: &str = "indicator_code,area_code,period,numerator,denominator,breakdown,\
                     breakdown_value";

/// A file of rows with these further columns.
fn with_columns(names: &str, rows: &[(&str, &str)]) -> String {
    let rows = rows
        .iter()
        .map(|(figures, more)| format!("VAX_PRIMARY,WAIROA,2023-05,{figures},age,12+,{more}\n"));
    format!("{SHORT},{names}\n{}", rows.collect::<String>())
}

#[test]
fn of_rows_that_contradict_each_other_none_is_taken() {
    let rows = [("1,10", "page"), ("2,10", "page"), ("1,10", "page")];
    let file = with_columns("url", &rows)
        + "<<<<<<< HEAD\n\
           VAX_PRIMARY,GISBORNE,2023-05,3,10,age,12+,page\n\
           VAX_PRIMARY,GISBORNE,2023-06,3,10,age,12+,page\n\
           VAX_PRIMARY,GISBORNE,2023-06,30,10,age,12+,page\n";
    let plan = answered(&file, "--skip-invalid").unwrap();
    let taken: Vec<_> = plan.changes.iter().map(|one| one.line).collect();
    assert_eq!(taken, [6]);
    expect![[r#"
        Columns that mean nothing here were ignored: url.
        Left out, because of problems:
        lines 2-4: VAX_PRIMARY/WAIROA/2023-05/age=12+ stands here with other figures:
                keep one of these rows
        line 5: 1 field instead of 8: leave a field empty, but keep its comma
        line 7: VAX_PRIMARY/GISBORNE/2023-06/age=12+ stands on line 8 too, which
                cannot be used: mend both, or take one out
        line 8: the numerator 30 is above the denominator 10, and VAX_PRIMARY is a
                proportion: check both, they may be swapped
    "#]]
    .assert_eq(&wrapped(&plan.to_string()));
    assert!(answered(&file, "").is_err());
}

#[test]
fn rows_that_a_column_tells_apart_are_added_up_or_chosen() {
    let file = with_columns("sex", &[("30,100", "women"), ("20,90", "men")]);
    for options in ["", "--skip-invalid"] {
        let result = answered(&file, options);
        let (taken, said) = match result {
            Ok(plan) => (plan.changes.len(), plan.to_string()),
            Err(refused) => {
                assert!(refused.only_asks(), "{refused}");
                (0, refused.to_string())
            }
        };
        assert_eq!(taken, 0);
        assert!(said.contains("lines 2-3"), "{said}");
        assert!(
            said.contains("--add-up sex") && said.contains("--only sex=men"),
            "{said}"
        );
    }
    let sum = answered(&file, "--add-up sex").unwrap();
    let statement = &sum.changes[0].statement;
    assert_eq!(
        (statement.numerator, statement.denominator),
        (Some(50.into()), Some(190.into()))
    );
    assert!(
        sum.to_string()
            .contains("30 of 100, normal and 20 of 90, normal"),
        "{sum}"
    );
    let all = [("30,100", "women"), ("20,90", "men"), ("50,190", "all")];
    let refused = answered(&with_columns("sex", &all), "--add-up sex").unwrap_err();
    let said = refused.to_string();
    assert!(
        said.contains("one of the rows is the sum of the others"),
        "{said}"
    );
    let one = answered(&file, "--only sex=MEN").unwrap();
    assert_eq!(one.changes[0].statement.numerator, Some(20.into()));
    assert_eq!(one.not_asked_for, 1);
    // Without the column the rows contradict each other.
    let refused = answered(&file, "--ignore sex").unwrap_err();
    assert!(!refused.only_asks(), "{refused}");
    assert!(
        answered(&file, "--ignore ses")
            .unwrap_err()
            .to_string()
            .contains("ses is not a column")
    );
}

#[test]
fn a_column_with_an_apostrophe_is_named_as_a_shell_takes_it() {
    let rows = [("30,100", "girls"), ("20,90", "boys")];
    let refused = answered(&with_columns("girls' or boys'", &rows), "").unwrap_err();
    let said = refused.to_string();
    assert!(said.contains(r"--add-up 'girls'\'' or boys'\'''"), "{said}");
}

#[test]
fn other_figures_tell_no_rows_apart() {
    let rows = [("30,100", "5-11,\"1,234\",51%"), ("20,90", "12+,NA,>95%")];
    let file = with_columns("Age,Boosters,Uptake", &rows).replace(",age,12+,", ",,,");
    let refused = answered(&file, "").unwrap_err().to_string();
    assert!(
        refused.contains("differ in the column Age, not read"),
        "{refused}"
    );
    let sum = answered(&file, "--add-up Age").unwrap();
    assert_eq!(sum.changes[0].statement.numerator, Some(50.into()));
    // They do if nothing else differs.
    let rows = [("30,100", "7"), ("30,100", "8")];
    let refused = answered(&with_columns("Boosters", &rows), "").unwrap_err();
    assert!(refused.to_string().contains("column Boosters"), "{refused}");
    assert!(refused.only_asks());
}

#[test]
fn a_sum_is_only_made_of_figures() {
    for (rows, why) in [
        (
            [("30,100", "a,women"), ("S,90", "a,men")],
            "different statuses",
        ),
        (
            [("30,100", "a,women"), ("20,90", "b,women")],
            "keep one of these rows",
        ),
    ] {
        let file = with_columns("url,sex", &rows);
        let refused = answered(&file, "--add-up sex --ignore url")
            .unwrap_err()
            .to_string();
        assert!(refused.contains(why), "{refused}");
    }
}

#[test]
fn a_column_that_may_change_the_meaning_is_asked_about() {
    for (name, value) in [
        ("deleted", "true"),
        ("isDeleted", "Y"),
        ("Withdrawn?", "yes"),
        ("flag", "P"),
        ("OBS_CONF", "C"),
        ("status", "P"),
        ("footnotes", "1"),
        ("UNIT_MULT", "3"),
        ("Quality", "poor"),
        ("whatever", "e"),
        ("whatever", "†"),
        ("sex", "women"),
        ("Age group", "5-11"),
    ] {
        let file = with_columns(name, &[("1,10", value)]);
        let total = file.replace(",age,12+,", ",,,");
        let refused = answered(&total, "").expect_err(name);
        assert!(refused.only_asks(), "{name} {refused}");
        assert!(
            refused.to_string().contains(&format!("the column {name}")),
            "{refused}"
        );
        let taken = answered(&total, &format!("--ignore {name}")).unwrap();
        assert_eq!(taken.changes.len(), 1, "{name}");
        let left_out = answered(&total, "--skip-invalid").unwrap();
        assert_eq!((left_out.changes.len(), left_out.invalid.len()), (0, 1));
    }
    for (name, value) in [
        ("deleted", "false"),
        ("deleted", ""),
        ("flag", ""),
        ("status", "A"),
        ("UNIT_MULT", "0"),
        ("unit", "people"),
        ("source", "Example"),
        ("url", "https://example.org/"),
        ("device", "Front desk"),
        ("contested", "false"),
        ("at", "2024-01-01"),
    ] {
        let file = with_columns(name, &[("1,10", value)]);
        let plan = answered(&file, "").expect(name);
        assert_eq!(plan.changes.len(), 1, "{name}");
    }
}

#[test]
fn figures_in_a_column_that_is_not_read_are_no_missing_figures() {
    let file = "indicator_code,area_code,period,breakdown,breakdown_value,OBS_STATUS,OBS_VALUE\n\
                VAX_PRIMARY,WAIROA,2023-05,age,12+,,12\n";
    let refused = answered(file, "").unwrap_err();
    assert!(refused.only_asks(), "{refused}");
    assert!(
        refused.to_string().contains("column OBS_VALUE"),
        "{refused}"
    );
    for file in [
        file.replace("12+,,", "12+,A,"),
        file.replace("OBS_STATUS", "conf"),
    ] {
        let refused = answered(&file, "").unwrap_err().to_string();
        assert!(refused.contains("OBS_VALUE"), "{refused}");
    }
}

#[test]
fn a_row_of_ours_is_ours_whatever_names_it() {
    let header = "location_code,area_code,area_name,indicator_code,breakdown,breakdown_value,\
                  period,numerator,denominator\n";
    for names in [
        "EC,WAIROA,",
        ",Wairoa,",
        ",wai\u{200b}roa,Wairoa",
        ",\u{feff}WAIROA\u{a0},",
        ",ＷＡＩＲＯＡ,",
        ",WĀIROA,",
        ",Wairoa¹,",
        ",Wairoa (a),",
        ",,Wairoa",
        "Example,WAIROA,",
        "E\u{200d}C,WAIROA,",
    ] {
        let file = format!("{header}{names},VAX_PRIMARY,age,12+,2023-05,1,2\n");
        let plan = answered(&file, "--own-areas").unwrap();
        assert_eq!(plan.changes.len(), 1, "{names} {plan}");
        assert_eq!(plan.changes[0].key.area.as_str(), "WAIROA");
    }
    // Other codes remain foreign, but a name of ours beside them is reported.
    for (names, words) in [
        (",001,Wairoa", "is that of WAIROA"),
        (",GISBORNE,Wairoa", "its name is that of WAIROA"),
    ] {
        let file = format!("{header}{names},VAX_PRIMARY,age,12+,2023-05,1,2\n");
        let said = match answered(&file, "--own-areas") {
            Ok(plan) => plan.to_string(),
            Err(refused) => refused.to_string(),
        };
        assert!(
            said.split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .contains(words),
            "{said}"
        );
    }
}

/// The kinds of open questions about a file, each with its first row in words.
fn asked(plan: &Plan, given: &[&str]) -> Vec<(&'static str, String)> {
    let answers = question::Answers::of(given.iter().copied()).unwrap();
    let open = plan.questions.open(&answers).into_iter();
    open.map(|one| (one.kind.word(), one.rows[0].words.clone()))
        .collect()
}

#[test]
fn a_value_beside_its_parts_has_to_be_what_they_give() {
    let file = |figures: &str| {
        format!(
            "indicator_code,area_code,period,breakdown,breakdown_value,numerator,denominator,\
             value\n\
             VAX_PRIMARY,WAIROA,2023-05,age,12+,{figures}\n"
        )
    };
    for (figures, words) in [
        ("1,3,33.3", None),
        ("1,3,33", None),
        ("2,3,66.6", None),
        ("2,3,66.7", None),
        ("2,3,67", None),
        ("2,3,67.5", Some("the value is 67.5, and 2 of 3 give 66.7")),
        (
            "2,3,0.667",
            Some("the value is 0.667, and 2 of 3 give 66.667"),
        ),
        ("5,1000,80", Some("the value is 80, and 5 of 1000 give 0.5")),
        ("5,1000,", None),
    ] {
        let plan = answered(&file(figures), "").unwrap();
        let expected: Vec<_> = words
            .map(|words| ("parts", words.to_owned()))
            .into_iter()
            .collect();
        assert_eq!(asked(&plan, &[]), expected, "{figures}");
        assert_eq!(asked(&plan, &["parts"]), []);
        assert_eq!(plan.changes[0].statement.value, None);
    }
}

#[test]
fn an_older_file_or_a_blank_over_a_figure_is_asked_about() {
    let row = |figures: &str, as_at: &str| {
        format!("{HEADER}WAIROA,VAX_PRIMARY,age,12+,2023-05,{figures},,{as_at}\n")
    };
    let may = run(
        row("70,100", "2024-05-03").as_bytes(),
        &BTreeMap::new(),
        OWN,
        None,
    )
    .unwrap();
    let existing = carried_out(&may);
    let over = |figures: &str, as_at: &str, options: Options| {
        run(row(figures, as_at).as_bytes(), &existing, options, None).unwrap()
    };
    let words = "as at 2024-02-01, 92 days before what stands";
    let february = over("65,98", "2024-02-01", REPLACE);
    assert_eq!(asked(&february, &[]), [("outdated", words.to_owned())]);
    assert_eq!(asked(&february, &["outdated"]), []);
    let kept = over("65,98", "2024-02-01", OWN);
    assert_eq!((asked(&kept, &[]), kept.conflicts.len()), (Vec::new(), 1));
    let told = kept.to_string();
    assert!(told.contains(words), "{told}");
    assert_eq!(asked(&over("71,100", "2024-06-07", REPLACE), &[]), []);
    assert_eq!(asked(&over("71,100", "", REPLACE), &[]), []);
    let blank = over(",100", "2024-06-07", REPLACE);
    let words = "70 of 100, normal; the file says missing";
    assert_eq!(asked(&blank, &[]), [("blank", words.to_owned())]);
    let hidden = over("<5,100", "2024-06-07", REPLACE);
    let words = "70 of 100, normal; the file says suppressed, published as <5";
    assert_eq!(asked(&hidden, &[]), [("blank", words.to_owned())]);
    assert_eq!(asked(&over(",100", "2024-06-07", OWN), &[]), []);
}

proptest! {
    #[test]
    fn what_nobody_sees_makes_no_row_foreign(
        at in 0_usize..6,
        unseen in prop::sample::select(&['\u{200b}', '\u{feff}', '\u{ad}', '\u{2060}'][..]),
        column in 0_usize..5,
    ) {
        let mut fields = ["EC", "VAX_PRIMARY", "WAIROA", "2023-05", "12+"].map(str::to_owned);
        let field = &mut fields[column];
        field.insert(at.min(field.len()), unseen);
        let [location, code, area, period, value] = fields;
        let file = format!(
            "location_code,indicator_code,area_code,period,breakdown,breakdown_value,numerator,\
             denominator\n{location},{code},{area},{period},age,{value},1,2\n"
        );
        let plan = answered(&file, "--own-areas").unwrap();
        prop_assert_eq!(plan.changes.len(), 1);
        let key = plan.changes[0].key.typed();
        prop_assert_eq!(key, "VAX_PRIMARY/WAIROA/2023-05/age=12+");
    }

    /// Marks of any kind, in a column of any name, raise a question or say that a row is nothing
    /// special.
    #[test]
    fn marks_are_never_passed_over(
        name in "[a-z]{4,9}",
        mark in "[a-zA-Z†*#]{1,2}",
    ) {
        prop_assume!(!["n", "f", "no", "a"].contains(&mark.to_lowercase().as_str()));
        prop_assume!(!["note", "sign", "value", "period", "method"].contains(&name.as_str()));
        let file = with_columns(&name, &[("1,10", &mark)]);
        let refused = answered(&file, "").expect_err(&mark);
        prop_assert!(refused.only_asks());
    }
}
