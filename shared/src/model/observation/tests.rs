//! Keys and statements have one spelling each, but typed variants are parsed too.

use proptest::prelude::*;

use super::*;

fn key(text: &str) -> ObservationKey {
    text.parse().unwrap()
}

#[test]
fn keys_read_back_and_have_one_spelling() {
    for text in [
        "VAX_PRIMARY/FAR_NORTH/2023-05/age=12%2B",
        "HEAT_MAIN/NTL/2018/heating=No%20heating%20used",
        "HEAT_MAIN/NTL/FY2024/total",
        "HEAT_MAIN/NTL/2024-W05/m%C4%81ori%3D%2F=%C5%8D",
    ] {
        assert_eq!(key(text).to_string(), text);
    }
    for text in [
        "",
        "VAX_PRIMARY",
        "vax_primary/FAR_NORTH/2023-05/total",
        "A1/AB/2023-5/total",
        "A1/AB/2023/age=12+",
        "A1/AB/2023/age",
        "A1/AB/2023/total/x",
        "A1/AB/2023/=5",
        "A1/AB/2023/age=%FF",
    ] {
        assert!(text.parse::<ObservationKey>().is_err(), "{text}");
    }
}

#[test]
fn a_statement_has_one_text() {
    let statement = Statement {
        definition: DefinitionHash::new([7; 32]),
        numerator: Some(Number::from(51_324)),
        denominator: Some("59649.5".parse().unwrap()),
        value: None,
        status: Status::Normal,
        lower: Some("80.1".parse().unwrap()),
        upper: Some(Number::from(90)),
        method: Some("as at 2023-05-31".to_owned()),
        audience: Audience::Network,
        confirmed: ["tenfold", "jump"].map(str::to_owned).into(),
        sign: Some("..C".to_owned()),
    };
    let text = statement.encode();
    expect_test::expect![[r#"
            {"audience":"network",
            "confirmed":["jump",
            "tenfold"],
            "definition":"0707070707070707070707070707070707070707070707070707070707070707",
            "denominator":59649.5,
            "lower":80.1,
            "method":"as at 2023-05-31",
            "numerator":51324,
            "sign":"..C",
            "status":"A",
            "upper":90}"#]]
    .assert_eq(&text.replace(
        ",\"", ",
\"",
    ));
    assert_eq!(Statement::decode(&text), Ok(statement));
    for (from, to) in [
        ("[\"jump\",\"tenfold\"]", "[\"tenfold\",\"jump\"]"),
        ("[\"jump\",\"tenfold\"]", "[]"),
        ("..C", "123456789012345678901234567890123"),
        (":51324", ":51324.0"),
        (":51324", ": 51324"),
        (":51324", ":5.1324e4"),
        ("\"A\"", "\"\\u0041\""),
        (",\"status\"", ",\"new\":1,\"status\""),
        ("\"A\"", "\"A\",\"status\":\"A\""),
        ("\"A\"", "\"Z\""),
        (":51324", ":\"51324\""),
    ] {
        assert!(
            Statement::decode(&text.replacen(from, to, 1)).is_err(),
            "{to}"
        );
    }
}

#[test]
fn a_comma_begins_another_part_only_before_a_declared_name() {
    let typed = |text| Breakdown::from_typed(text, ["age", "sex", "tenure"]).map(|one| one.key());
    for (text, expected) in [
        ("sex=female, age=5-11", "age=5-11,sex=female"),
        ("tenure=Rented, public", "tenure=Rented%2C%20public"),
        (
            "tenure=Rented, public, age=12+",
            "age=12%2B,tenure=Rented%2C%20public",
        ),
        ("tenure=a,b=c", "tenure=a%2Cb%3Dc"),
        ("total", "total"),
    ] {
        assert_eq!(typed(text).as_deref(), Ok(expected), "{text}");
    }
    for text in ["age", "age=1,age=2", "=5", "age=", "age=5-11,sex="] {
        assert!(typed(text).is_err(), "{text}");
    }
    for text in ["sex=f,age=1", "age=1,age=2", "age=1,sex", "age=12+"] {
        assert!(Breakdown::from_key(text).is_err(), "{text}");
    }
    assert!(Breakdown::from_columns("age,sex", "5-11").is_err());
}

#[test]
fn a_key_is_printed_as_people_write_it_and_copied_as_one_word() {
    for (text, typed, word) in [
        (
            "XX_ONE/FN/2023/age=12%2B",
            "XX_ONE/FN/2023/age=12+",
            "XX_ONE/FN/2023/age=12+",
        ),
        (
            "XX_ONE/FN/2023/iwi=Ng%C4%81puhi",
            "XX_ONE/FN/2023/iwi=Ngāpuhi",
            "XX_ONE/FN/2023/iwi=Ngāpuhi",
        ),
        (
            "XX_ONE/FN/2023/heating=No%20heating",
            "XX_ONE/FN/2023/heating=No heating",
            "XX_ONE/FN/2023/heating=No%20heating",
        ),
        (
            "XX_ONE/FN/2023/a=%24%28id%29",
            "XX_ONE/FN/2023/a=$(id)",
            "XX_ONE/FN/2023/a=%24%28id%29",
        ),
    ] {
        let key: ObservationKey = text.parse().unwrap();
        assert_eq!((key.typed().as_str(), key.word().as_str()), (typed, word));
    }
}

proptest! {
    #[test]
    fn any_number_survives(mantissa in -999_999_999_999_999_i64..=999_999_999_999_999,
                           scale in 0_usize..=9) {
        let digits = format!("{:0>width$}", mantissa.unsigned_abs(), width = scale + 1);
        let (whole, part) = digits.split_at(digits.len() - scale);
        let sign = if mantissa < 0 { "-" } else { "" };
        let text = if scale == 0 { format!("{sign}{whole}") }
                   else { format!("{sign}{whole}.{part}") };
        let number: Number = text.parse().unwrap();
        let statement = Statement {
            value: Some(number),
            ..Statement::without_figure(
                DefinitionHash::new([0; 32]), Status::Estimated, Audience::Team)
        };
        prop_assert_eq!(Statement::decode(&statement.encode()), Ok(statement));
    }

    #[test]
    fn a_breakdown_is_read_back_from_each_of_its_spellings(
        parts in prop::collection::btree_map("\\PC{1,20}", "\\PC{0,20}", 1..=BREAKDOWN_PARTS_MAX),
    ) {
        let breakdown = Breakdown::crossed(parts.clone()).unwrap();
        let key = ObservationKey {
            indicator: "VAX_PRIMARY".parse().unwrap(),
            area: "FAR_NORTH".parse().unwrap(),
            period: "2023-05".parse().unwrap(),
            breakdown: breakdown.clone(),
        };
        prop_assert_eq!(Breakdown::from_key(&breakdown.key()), Ok(breakdown.clone()));
        prop_assert_eq!(ObservationKey::from_typed(&key.typed()), Ok(key.clone()));
        prop_assert_eq!(key.to_string().parse(), Ok(key));
        // Columns of files are trimmed, and a single name with a comma means several names.
        let plain = |text: &String| text.trim() == text && !text.contains('%');
        if parts.iter().all(|(name, value)| plain(name) && plain(value) && !name.contains(',')) {
            let (name, value) = (breakdown.name(), breakdown.value());
            prop_assert_eq!(Breakdown::from_columns(&name, &value), Ok(breakdown.clone()));
        }
    }

    #[test]
    fn a_key_as_people_read_it_is_read_back(name in "\\PC{1,20}", value in "\\PC{0,20}") {
        let key = ObservationKey {
            indicator: "VAX_PRIMARY".parse().unwrap(),
            area: "FAR_NORTH".parse().unwrap(),
            period: "2023-05".parse().unwrap(),
            breakdown: Breakdown::by(&name, &value),
        };
        prop_assert_eq!(ObservationKey::from_typed(&key.typed()), Ok(key.clone()));
        prop_assert_eq!(ObservationKey::from_typed(&key.to_string()), Ok(key));
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,80}") {
        if let Ok(statement) = Statement::decode(&text) {
            prop_assert_eq!(statement.encode(), text.clone());
        }
        if let Ok(key) = text.parse::<ObservationKey>() {
            prop_assert_eq!(key.to_string(), text);
        }
    }
}
