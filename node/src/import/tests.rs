//! Good and bad files, and the changes they would make.

use expect_test::{Expect, expect};
use weft_shared::model::{indicator::definitions_from_toml, number::Number, profile::Area};

use super::*;
use weft_tables::limits::{FILE_BYTES_MAX, ROWS_MAX};

mod open;
mod quotes;
mod reading;
mod signs;

const DEFINITIONS: &str = include_str!("../../../examples/data/indicators.toml");
const VACCINATION: &[u8] =
    include_bytes!("../../../examples/data/nz-vaccination-by-territorial-authority.csv");
const HEADER: &str = "area_code,indicator_code,breakdown,breakdown_value,period,numerator,\
                      denominator,obs_status,as_at\n";

fn place(areas: &[&str]) -> Place {
    let area = |code: &&str| Area {
        code: code.parse().unwrap(),
        name: (*code).to_owned(),
        from: None,
        to: None,
    };
    Place {
        name: "Example".to_owned(),
        name_mi: None,
        areas: areas.iter().map(area).collect(),
        aliases: Vec::new(),
        areas_changed: None,
        location_id: None,
        confirmed_at: None,
    }
}

/// Runs a plan for a location with the areas `GISBORNE` and `WAIROA`.
fn run(
    bytes: &[u8],
    existing: &BTreeMap<ObservationKey, Vec<Statement>>,
    options: Options,
    audience: Option<Audience>,
) -> Result<Plan, Refused> {
    let definitions = definitions_from_toml(DEFINITIONS).unwrap();
    let adopted =
        |one: &Definition| (one.code.as_str() != "HEAT_MAIN").then_some(Audience::Network);
    let indicators = definitions
        .iter()
        .map(|one| (one.code.clone(), Indicator::new(one, adopted(one))));
    let context = Context {
        code: &"EC".parse().unwrap(),
        place: &place(&["GISBORNE", "WAIROA"]),
        indicators: indicators.collect(),
        existing,
        notes: &BTreeMap::new(),
        remembered: &BTreeMap::new(),
        audience,
        today: "2026-11-22".parse().unwrap(),
    };
    plan(bytes, &context, &options)
}

fn shown(result: &Result<Plan, Refused>) -> String {
    let plan = match result {
        Ok(plan) => plan,
        Err(refused) => return wrapped(&refused.to_string()),
    };
    let mut text = wrapped(&plan.to_string());
    for Change {
        line,
        key,
        statement,
        ..
    } in &plan.changes
    {
        let number = |number: Option<Number>| {
            number.map_or_else(|| "-".to_owned(), |number| number.to_string())
        };
        text.push_str(&format!(
            "{line}: {key} {}/{} {} {} {}\n    {}\n",
            number(statement.numerator),
            number(statement.denominator),
            number(statement.value),
            statement.status,
            statement.audience,
            statement.method.as_deref().unwrap_or("-"),
        ));
    }
    text
}

/// Wraps long lines, so that messages are readable here.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut length = 0;
        for word in line.split(' ') {
            if length + word.chars().count() > 76 {
                out.push_str("\n       ");
                length = 7;
            }
            let blank = if length == 0 { "" } else { " " };
            out.push_str(blank);
            out.push_str(word);
            length += word.chars().count() + blank.len();
        }
        out.push('\n');
    }
    out
}

fn check_file(bytes: &[u8], options: Options, expected: &Expect) {
    expected.assert_eq(&shown(&run(bytes, &BTreeMap::new(), options, None)));
}

fn check(rows: &str, expected: &Expect) {
    check_file(
        format!("{HEADER}{rows}").as_bytes(),
        Options::default(),
        expected,
    );
}

const NONE: Answers = Answers {
    signs: Vec::new(),
    ignored: Vec::new(),
    only: Vec::new(),
    added_up: Vec::new(),
};
const COLUMNS: Columns = Columns {
    given: weft_tables::ColumnPlan::NONE,
    sheet: None,
    confirmed: false,
    shown: false,
    confirms_layouts: false,
};
const OWN: Options = Options {
    own_areas: true,
    skip_invalid: false,
    replace: false,
    columns: COLUMNS,
    answers: NONE,
    confirm: question::Answers::NONE,
    shown: BTreeSet::new(),
};
const SKIP: Options = Options {
    own_areas: false,
    skip_invalid: true,
    replace: false,
    columns: COLUMNS,
    answers: NONE,
    confirm: question::Answers::NONE,
    shown: BTreeSet::new(),
};
const REPLACE: Options = Options {
    own_areas: true,
    skip_invalid: false,
    replace: true,
    columns: COLUMNS,
    answers: NONE,
    confirm: question::Answers::NONE,
    shown: BTreeSet::new(),
};

#[test]
fn files_beyond_the_limits_are_refused() {
    let large = vec![b'x'; FILE_BYTES_MAX + 1];
    let refused = run(&large, &BTreeMap::new(), SKIP, None).unwrap_err();
    assert!(refused.to_string().contains("64 MiB"));
    let long = format!(
        "{HEADER}{}",
        "WAIROA,VAX_PRIMARY,,,2023-05,1,2,A,\n".repeat(ROWS_MAX + 1)
    );
    let refused = run(long.as_bytes(), &BTreeMap::new(), SKIP, None).unwrap_err();
    assert_eq!(refused.problems[0].line, ROWS_MAX as u64 + 2);
}

#[test]
fn the_published_file_gives_our_own_rows() {
    let refused = run(VACCINATION, &BTreeMap::new(), Options::default(), None).unwrap_err();
    assert_eq!(refused.problems.len(), 4288 - 128);
    let plan = run(VACCINATION, &BTreeMap::new(), OWN, None).unwrap();
    assert_eq!((plan.rows, plan.changes.len()), (4288, 128));
    assert_eq!(
        (plan.left_out.len(), plan.unchanged, plan.invalid.len()),
        (4160, 0, 0)
    );
    assert!(plan.ignored_columns.is_empty());
    let zero = "VAX_PRIMARY/WAIROA/2022-02/age=5-11".parse().unwrap();
    let zero = plan
        .changes
        .iter()
        .find(|change| change.key == zero)
        .unwrap();
    assert_eq!(zero.statement.numerator, Some(0.into()));
    assert_eq!(zero.statement.status.word(), "A");
    assert_eq!(zero.statement.method.as_deref(), Some("as at 2022-02-23"));
}

/// The current statements once `plan` is carried out.
fn carried_out(plan: &Plan) -> BTreeMap<ObservationKey, Vec<Statement>> {
    let stated = |change: &Change| (change.key.clone(), vec![change.statement.clone()]);
    plan.changes.iter().map(stated).collect()
}

#[test]
fn the_same_file_twice_changes_nothing() {
    let mut existing = carried_out(&run(VACCINATION, &BTreeMap::new(), OWN, None).unwrap());
    let again = run(VACCINATION, &existing, OWN, None).unwrap();
    assert_eq!((again.changes.len(), again.unchanged), (0, 128));
    // A person corrects one value, and chooses another audience for a second one.
    let mut statements = existing.values_mut();
    let corrected = &mut statements.next().unwrap()[0];
    corrected.numerator = Some(7.into());
    statements.next().unwrap()[0].audience = Audience::Released;
    let third = run(VACCINATION, &existing, OWN, None).unwrap();
    assert_eq!(
        (third.changes.len(), third.conflicts.len(), third.unchanged),
        (0, 1, 127)
    );
    expect![[r#"
        Left out, though these rows name this location; look for slips:
        lines 2114-2177: OPOTIKI is not an area of EC
        Left out, areas that are not ours: ASHBURTON, AUCKLAND, BULLER, CARTERTON,
                CENTRAL_HAWKES_BAY, CENTRAL_OTAGO, CHATHAM_ISLANDS, CLUTHA and 47
                more: --json lists all.
        Kept, because other values stand there already (--replace takes the file's):
        line 706: VAX_PARTIAL/GISBORNE/2021-12/age=12+ stays at 7 of 40638, normal;
                the file says 37447 of 40638, normal
    "#]]
    .assert_eq(&shown(&Ok(third)));
    let replaced = run(VACCINATION, &existing, REPLACE, None).unwrap();
    assert_eq!((replaced.changes.len(), replaced.conflicts.len()), (1, 0));
    assert_eq!(replaced.changes[0].standing[0].numerator, Some(7.into()));
    // A requested audience changes existing values.
    let wider = run(VACCINATION, &existing, OWN, Some(Audience::Released)).unwrap();
    assert_eq!((wider.conflicts.len(), wider.unchanged), (127, 1));
}

#[test]
fn contested_values_are_settled_by_replacing_only() {
    let mut existing = carried_out(&run(VACCINATION, &BTreeMap::new(), OWN, None).unwrap());
    let first = existing.values_mut().next().unwrap();
    let mut other = first[0].clone();
    other.numerator = Some(7.into());
    first.push(other);
    assert_eq!(
        run(VACCINATION, &existing, OWN, None)
            .unwrap()
            .conflicts
            .len(),
        1
    );
    assert_eq!(
        run(VACCINATION, &existing, REPLACE, None)
            .unwrap()
            .changes
            .len(),
        1
    );
}

#[test]
fn an_indicator_nobody_adopted_needs_an_audience() {
    let file = format!("{HEADER}WAIROA,HEAT_MAIN,heating,Wood burner,2018,1,2,A,\n");
    let team = run(
        file.as_bytes(),
        &BTreeMap::new(),
        SKIP,
        Some(Audience::Team),
    )
    .unwrap();
    assert_eq!(team.changes[0].statement.audience, Audience::Team);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        rows in proptest::collection::vec("[\"\\r\\n,A-Z0-9+<. ā-]{0,60}", 0..6),
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..20),
    ) {
        let mut file = format!("{HEADER}{}", rows.join("\n")).into_bytes();
        let _ = run(&file, &BTreeMap::new(), SKIP, None);
        file.extend(bytes);
        if let Err(refused) = run(&file, &BTreeMap::new(), SKIP, None) {
            proptest::prop_assert!(!refused.problems.is_empty());
        }
    }
}
