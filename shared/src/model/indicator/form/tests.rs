//! Definitions are parsed completely, or every problem is reported with its line.

use expect_test::{Expect, expect};

use super::*;
use crate::model::{indicator::MappingKind, observation::Breakdown};

const VERSION_2: &str = r#"# A comment.
[[indicator]]
code = "VAX_PRIMARY"
version = 2
name = "Completed primary course"
type = "proportion"
unit = "people"
numerator = "People who completed"
denominator = "Health service users"
factor = 100
direction = "up"
period = "month"
accountability = "population"
class = "better_off"
rollup = "sum"
person_level = true
source = "Ministry of Health NZ, nz-covid-data"
[indicator.breakdowns]
age = ["12+", "5-11"]
[indicator.from]
version = 1
mapping = "approximate"
reason = "The publisher rebased its population"
"#;

fn check(text: &str, expected: &Expect) {
    let problems = definitions_from_toml(text).unwrap_err();
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    expected.assert_eq(
        &lines
            .join("\n")
            .replace(": ", ":\n  ")
            .replace(", ", ",\n  "),
    );
}

#[test]
fn a_definition_is_read_and_pinned() {
    let definitions = definitions_from_toml(VERSION_2).unwrap();
    let definition = &definitions[0];
    expect![[r#"
            {"accountability":"population",
            "breakdowns":{"age":["12+",
            "5-11"]},
            "class":"better_off",
            "code":"VAX_PRIMARY",
            "denominator":"Health service users",
            "direction":"up",
            "factor":100,
            "from":{"mapping":"approximate",
            "reason":"The publisher rebased its population",
            "version":1},
            "name":"Completed primary course",
            "numerator":"People who completed",
            "period":"month",
            "person_level":true,
            "rollup":"sum",
            "source":"Ministry of Health NZ, nz-covid-data",
            "type":"proportion",
            "unit":"people",
            "version":2}"#]]
    .assert_eq(&definition.encode().replace(
        ",\"", ",
\"",
    ));
    assert_eq!(
        Definition::decode(&definition.encode()).as_ref(),
        Ok(definition)
    );
    assert_eq!(
        definition.from.as_ref().unwrap().kind,
        MappingKind::Approximate
    );
    assert!(definition.allows(&Breakdown::by("age", "12+")));
    assert!(!definition.allows(&Breakdown::by("age", "all")));
    assert!(!definition.allows(&Breakdown::from_key("age=12%2B,sex=female").unwrap()));
    expect!["69882952a95793c903e7b37c301dbedc581a7a42b3f33dc8b869b0c4efdcab03"]
        .assert_eq(&definition.hash().to_string());
    let changed = definitions_from_toml(&VERSION_2.replace("100", "1000")).unwrap();
    assert_ne!(changed[0].hash(), definition.hash());
}

#[test]
fn breakdowns_are_crossed_only_as_a_definition_lists_them() {
    let crossed = |sets: &str| {
        let sexes = "[indicator.breakdowns]\nsex = [\"female\", \"male\"]";
        let text = VERSION_2.replace("[indicator.breakdowns]", sexes);
        let more = format!("crossed = {sets}\nadjustment = \"age_standardised\"\nperson_level");
        definitions_from_toml(&text.replace("person_level", &more))
    };
    let read = crossed(r#"[["sex", "age"]]"#).unwrap();
    let definition = &read[0];
    assert_eq!(
        Definition::decode(&definition.encode()).as_ref(),
        Ok(definition)
    );
    let allows = |key| definition.allows(&Breakdown::from_key(key).unwrap());
    assert!(allows("age=12%2B,sex=female") && allows("sex=male") && allows("total"));
    assert!(!allows("age=12%2B,sex=other") && !allows("age=12%2B,tenure=owned"));
    for (sets, words) in [
        (r#"[["age"]]"#, "2 to 4 breakdowns"),
        (r#"[["age", "iwi"]]"#, "\"iwi\", which is not in breakdowns"),
        (r#"["age", "sex"]"#, "a list of lists"),
    ] {
        let problems = crossed(sets).unwrap_err();
        let all: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert!(all.join("\n").contains(words), "{sets}: {all:?}");
    }
}

#[test]
fn all_problems_are_reported_at_once_with_their_lines() {
    let text = VERSION_2
        .replace("VAX_PRIMARY", "vax primary")
        .replace("unit =", "units =")
        .replace("factor = 100", "factor = \"100\"")
        .replace("\"month\"", "\"monthly\"")
        .replace("true", "\"yes\"")
        .replace("version = 1", "version = 2");
    check(
        &text,
        &expect![[r#"
                line 2:
                  "unit" is missing
                line 3:
                  code:
                  "vax primary" is not an indicator code:
                  it begins with a letter and has 2 to 40 letters,
                  digits and underscores,
                  such as VAX_PRIMARY
                line 7:
                  unknown key "units"
                line 10:
                  "factor" should be a number such as 100
                line 12:
                  period:
                  "monthly" is not a period type:
                  write year,
                  fiscal_year,
                  quarter,
                  month or week
                line 16:
                  "person_level" should be true or false
                line 20:
                  "from" should name a version before 2,
                  not 2"#]],
    );
    check(
        "",
        &expect![[r#"
            line 1:
              the file has no [[indicator]]"#]],
    );
    let torn = definitions_from_toml("[[indicator]]\ncode = \n[indicators]\n").unwrap_err();
    assert!(
        torn.iter()
            .any(|problem| problem.message.contains("unknown key"))
    );
    assert!(
        torn.iter()
            .any(|problem| problem.message.contains("must be quoted"))
    );
    check(
        &format!("{VERSION_2}{VERSION_2}"),
        &expect![[r#"
                line 25:
                  VAX_PRIMARY/2 stands here twice"#]],
    );
}

#[test]
fn settings_stand_beside_a_definition_and_outside_its_hash() {
    let plain = definitions_from_toml(VERSION_2).unwrap();
    let set = VERSION_2.replace(
        "factor = 100\n",
        "factor = 100\nvalid_from = \"2022-08\"\ndue_days = 30\ncomplete = [\"age\"]\n\
         base_from = [{ period = \"2022-08\", reason = \"rebased: again\" }]\n",
    );
    let read = file_from_toml(&set).unwrap();
    assert_eq!(read[0].definition, plain[0]);
    let settings = read[0].settings.iter();
    let settings: Vec<_> = settings
        .map(|one| format!("{}={}", one.key, one.text))
        .collect();
    assert_eq!(
        settings,
        [
            "VAX_PRIMARY/2/valid_from=2022-08",
            "VAX_PRIMARY/2/base_from/2022-08=rebased: again",
            "VAX_PRIMARY/2/due_days=30",
            "VAX_PRIMARY/2/complete=age",
        ]
    );
    let wrong = VERSION_2.replace(
        "factor = 100\n",
        "factor = 100\nvalid_from = 2022\nrows = \"all\"\ncomplete = [\"sex\"]\n\
         base_from = [\"2022-08\"]\ndue_days = \"30\"\n",
    );
    check(
        &wrong,
        &expect![[r#"
            line 11:
              "valid_from" should be text in quotes
            line 12:
              rows cannot be "all":
              write network or locations
            line 13:
              complete cannot be "sex":
              its breakdowns are age
            line 14:
              "base_from" should be a list such as [{ period = "2018",
              reason = "rebased" }]
            line 15:
              "due_days" should be a whole number such as 30"#]],
    );
}
