//! Drafts of definitions: what they make, and the faults that they name.

use super::*;
use crate::model::indicator::{DefinitionKey, file_from_toml};

fn code() -> crate::id::IndicatorCode {
    "FN_SWIM".parse().unwrap()
}

fn texts(pairs: &[(&str, &str)]) -> Texts {
    let pairs = pairs.iter();
    pairs
        .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()))
        .collect()
}

fn lessons() -> Texts {
    texts(&[
        ("name", "Example: children who can swim"),
        ("type", "proportion"),
        ("unit", "children"),
        ("numerator", "children who swam 25 m"),
        ("denominator", "children who were asked"),
        ("period", "quarter"),
        ("direction", "up"),
        ("breakdowns", "age: 5-7, 8-12\nsex: *"),
        ("crossed", "sex, age"),
        ("due_days", "30"),
    ])
}

fn of(definition: &Definition) -> Versions {
    let settings: BTreeMap<DefinitionKey, Settings> = BTreeMap::new();
    let all = Versions::by_code([definition.clone()], &settings);
    all.into_values().next().unwrap()
}

fn fields(texts: &Texts, versions: Option<&Versions>) -> Vec<String> {
    let problems = Definition::from_draft(&code(), texts, versions).unwrap_err();
    problems.into_iter().map(|one| one.field).collect()
}

#[test]
fn a_draft_is_the_definition_that_a_file_gives() {
    let drafted = Definition::from_draft(&code(), &lessons(), None).unwrap();
    let file = r#"
        [[indicator]]
        code = "FN_SWIM"
        version = 1
        name = "Example: children who can swim"
        type = "proportion"
        unit = "children"
        numerator = "children who swam 25 m"
        denominator = "children who were asked"
        factor = 100
        direction = "up"
        period = "quarter"
        accountability = "performance"
        class = "how_much"
        rollup = "sum"
        person_level = true
        crossed = [["age", "sex"]]
        [indicator.breakdowns]
        age = ["5-7", "8-12"]
        sex = ["*"]
    "#;
    let read = file_from_toml(file).unwrap();
    assert_eq!(drafted.definition, read[0].definition);
    let due: Vec<&str> = drafted
        .settings
        .iter()
        .filter(|one| one.key.setting == Setting::DueDays)
        .map(|one| one.text.as_str())
        .collect();
    assert_eq!(due, ["30"]);
}

#[test]
fn what_is_shown_again_says_the_same() {
    let drafted = Definition::from_draft(&code(), &lessons(), None).unwrap();
    let again = drafted.definition.to_draft(&Settings::default());
    let versions = of(&drafted.definition);
    let again = Definition::from_draft(&code(), &again, Some(&versions)).unwrap();
    assert_eq!(again.definition, drafted.definition);
}

#[test]
fn other_content_is_a_new_version_that_says_why() {
    let first = Definition::from_draft(&code(), &lessons(), None).unwrap();
    let versions = of(&first.definition);
    let mut other = lessons();
    other.extend(texts(&[("numerator", "children who swam 50 m")]));
    assert_eq!(fields(&other, Some(&versions)), ["mapping", "reason"]);
    other.extend(texts(&[("mapping", "break"), ("reason", "Twice as far")]));
    let second = Definition::from_draft(&code(), &other, Some(&versions)).unwrap();
    assert_eq!(second.definition.version, 2);
    let from = second.definition.from.unwrap();
    assert_eq!((from.version, from.kind), (1, MappingKind::Break));
    // A setting alone makes no version.
    let mut later = lessons();
    later.extend(texts(&[("due_days", "60")]));
    let same = Definition::from_draft(&code(), &later, Some(&versions)).unwrap();
    assert_eq!(same.definition, first.definition);
}

#[test]
fn every_fault_is_named_at_its_field() {
    let missing = fields(&Texts::new(), None);
    let required = DRAFT.iter().filter(|spec| spec.required);
    let required: Vec<&str> = required.map(|spec| spec.key).collect();
    let all = required
        .iter()
        .all(|key| missing.iter().any(|one| one == key));
    assert!(all, "{missing:?}");
    let long = "x".repeat(LINE_BYTES_MAX + 1);
    let cases = [
        ("type", "percentage", "type"),
        ("denominator", "", "denominator"),
        ("factor", "0", "factor"),
        ("factor", "many", "factor"),
        ("period", "day", "period"),
        ("breakdowns", "age", "breakdowns"),
        ("breakdowns", "a=b: 1", "breakdowns"),
        ("breakdowns", "age: 1\nage: 2\nsex: *", "breakdowns"),
        ("crossed", "age, iwi", "crossed"),
        ("crossed", "age", "crossed"),
        ("person_level", "maybe", "person_level"),
        ("due_days", "soon", "due_days"),
        ("valid_from", "2024-03", "valid_from"),
        ("name", &long, "name"),
    ];
    for (key, text, field) in cases {
        let mut one = lessons();
        one.extend(texts(&[(key, text)]));
        assert_eq!(fields(&one, None), [field], "{key}: {text}");
    }
    // Fields that fit one kind of figure and not another.
    let cases = [
        ("count", "denominator"),
        ("rate", "factor"),
        ("index", "rollup"),
    ];
    for (kind, field) in cases {
        let mut one = lessons();
        one.extend(texts(&[("type", kind), ("rollup", "sum")]));
        let found = fields(&one, None);
        assert!(found.contains(&field.to_owned()), "{kind}: {found:?}");
    }
}
