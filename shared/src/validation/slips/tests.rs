//! Slips that people make, figures that only look like slips, and the published figures.

mod base;
mod contested;
mod whole;

use std::collections::BTreeSet;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::{
    model::{Audience, indicator::definitions_from_toml},
    validation::question::Answers,
};

const DEFINITIONS: &str = include_str!("../../../../examples/data/indicators.toml");
const VACCINATION: &str =
    include_str!("../../../../examples/data/nz-vaccination-by-territorial-authority.csv");

type Stated = BTreeMap<ObservationKey, Vec<Statement>>;

fn definitions() -> Vec<Definition> {
    definitions_from_toml(DEFINITIONS).unwrap()
}

/// A definition of the example with another type.
fn of_kind(kind: &str) -> Definition {
    Definition {
        kind: kind.parse().unwrap(),
        ..definitions().remove(0)
    }
}

fn statement(definition: &Definition, figures: [Option<&str>; 3]) -> Statement {
    let [numerator, denominator, value] = figures.map(|text| text?.parse().ok());
    let none = numerator.or(value).is_none();
    let status = if none {
        Status::Suppressed
    } else {
        Status::Normal
    };
    Statement {
        numerator,
        denominator,
        value,
        ..Statement::without_figure(definition.hash(), status, Audience::Network)
    }
}

/// The questions if `stands` is current and `comes` is about to be saved.
fn asked(
    definition: &Definition,
    base_from: &[Period],
    stands: &Stated,
    comes: &Stated,
) -> Questions {
    let mut series = Series::default();
    for (key, stated) in stands {
        series.stands(key, stated);
    }
    for (line, (key, stated)) in (2..).zip(comes) {
        series.comes(key, &stated[0], Some(line));
    }
    let terms = Terms {
        definition,
        base_from,
    };
    series.questions(&BTreeMap::from([(definition.code.clone(), terms)]))
}

/// Parses lines such as `+ NN/2022-01 64/16095`: `+` if about to be saved, `v` before a value.
fn read(script: &str, definition: &Definition) -> (Stated, Stated) {
    let (mut stands, mut comes) = (Stated::new(), Stated::new());
    for line in script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let (new, line) = line
            .strip_prefix("+ ")
            .map_or((false, line), |line| (true, line));
        let (key, figure) = line.split_once(' ').unwrap();
        let key = format!("{}/{key}/total", definition.code).parse().unwrap();
        let figures = match (figure.strip_prefix('v'), figure.split_once('/')) {
            (Some(value), _) => [None, None, Some(value)],
            (None, Some((numerator, denominator))) => [Some(numerator), Some(denominator), None],
            (None, None) => [Some(figure), None, None],
        };
        let stated = statement(definition, figures);
        let to = if new { &mut comes } else { &mut stands };
        to.entry(key).or_default().push(stated);
    }
    (stands, comes)
}

fn check(kind: &str, script: &str, expected: &Expect) {
    let definition = of_kind(kind);
    let (stands, comes) = read(script, &definition);
    let questions = asked(&definition, &[], &stands, &comes);
    let mut out = String::new();
    for question in questions.open(&Answers::NONE) {
        for row in question.rows {
            let key = row.key.to_string().replace("VAX_PRIMARY/", "");
            out.push_str(&format!("{} {key}: {}\n", question.kind, row.words));
        }
    }
    expected.assert_eq(&out);
}

#[test]
fn a_digit_too_few_is_asked_about() {
    check(
        "proportion",
        "
        NN/2022-11 48799/60463
        + NN/2022-12 4895/60463
        NN/2023-01 48990/60463
    ",
        &expect![[r#"
            tenfold NN/2022-12/total: numerator 4895, about a tenth of 48799 in 2022-11 and 48990 in 2023-01: did you mean 48950?
        "#]],
    );
    check(
        "count",
        "
        + NN/2022-11 1250
        + NN/2022-12 v12510
        + NN/2023-01 1260
        + NN/2023-02 125
    ",
        &expect![[r#"
            tenfold NN/2022-12/total: count 12510, about ten times 1250 in 2022-11 and 1260 in 2023-01: did you mean 1251?
            tenfold NN/2023-02/total: count 125, about a tenth of 1260 in 2023-01: did you mean 1250?
        "#]],
    );
    check(
        "rate",
        "
        NN/2022-11 48/60463
        + NN/2022-12 49/604630
    ",
        &expect![[r#"
            tenfold NN/2022-12/total: denominator 604630, about ten times 60463 in 2022-11: did you mean 60463?
        "#]],
    );
}

#[test]
fn what_is_saved_before_or_after_is_held_against_it_too() {
    check(
        "count",
        "
        + NN/2022-11 125
        NN/2022-12 1250
        NN/2023-01 12
    ",
        &expect![[r#"
            tenfold NN/2022-11/total: count 125, about a tenth of 1250 in 2022-12: did you mean 1250?
        "#]],
    );
    // A month without a figure does not hide a slip.
    check(
        "proportion",
        "
        NN/2022-11 48799/60463
        NN/2022-12 -/60463
        + NN/2023-01 4899/60463
    ",
        &expect![[r#"
            tenfold NN/2023-01/total: numerator 4899, about a tenth of 48799 in 2022-11: did you mean 48990?
        "#]],
    );
}

#[test]
fn small_counts_move_tenfold_by_chance() {
    check(
        "count",
        "
        + NN/2022-11 20
        + NN/2022-12 200
        + NN/2023-01 21
    ",
        &expect![[r#"
            tenfold NN/2023-01/total: count 21, about a tenth of 200 in 2022-12: did you mean 210?
        "#]],
    );
    // A score is not a count, so small ones do not move by chance.
    check(
        "index",
        "
        NN/2022-11 v7.1
        + NN/2022-12 v71
    ",
        &expect![[r#"
            tenfold NN/2022-12/total: value 71, about ten times 7.1 in 2022-11: did you mean 7.1?
        "#]],
    );
}

#[test]
fn a_share_that_jumps_is_asked_about() {
    check(
        "proportion",
        "
        NN/2022-11 30/100
        + NN/2022-12 55/100
        + NN/2023-01 79/100
        + NN/2023-02 v50
    ",
        &expect![[r#"
        jump NN/2022-12/total: share 55.0%, beside 30.0% in 2022-11
        jump NN/2023-02/total: share 50.0%, beside 79.0% in 2023-01
    "#]],
    );
    // A share may move within twenty years.
    check(
        "proportion",
        "
        NN/2001-01 30/100
        + NN/2022-12 55/100
    ",
        &expect![""],
    );
    // A share may move if nothing was measured in between.
    check(
        "proportion",
        "
        NN/2022-11 30/100
        NN/2022-12 -/100
        + NN/2023-01 79/100
    ",
        &expect![""],
    );
}

#[test]
fn numbers_that_stand_for_no_figure_are_asked_about() {
    check(
        "index",
        "
        + NN/2023-01 v7.1
        + SS/2023-01 v-999
        + WW/2023-01 v-9
        + XX/2023-01 v9999
    ",
        &expect![[r#"
        sentinel SS/2023-01/total: value -999
        sentinel WW/2023-01/total: value -9
        sentinel XX/2023-01/total: value 9999
    "#]],
    );
    // The neighbours decide; if there are none, a question is asked.
    check(
        "count",
        "
        NN/2022-11 1002
        + NN/2022-12 999
        + NN/2023-01 998
        + SS/2022-12 777
        + WW/2022-12 99999
    ",
        &expect![[r#"
        sentinel WW/2022-12/total: count 99999
    "#]],
    );
    check(
        "mean",
        "
        + NN/2022-11 v-8.5
        + NN/2022-12 v-9
    ",
        &expect![""],
    );
    check(
        "count",
        "
        + NN/2022-11 999
        + NN/2022-12 999
    ",
        &expect![[r#"
        sentinel NN/2022-11/total: count 999
        sentinel NN/2022-12/total: count 999
    "#]],
    );
}

#[test]
fn a_denominator_that_moves_is_asked_about_until_somebody_says_why() {
    let definition = of_kind("proportion");
    let (stands, mut comes) = read(
        "
        NN/2022-07 45000/56393
        + NN/2022-08 45100/59649
        + NN/2023-08 45200/60840
        + NN/2023-09 45200/60850
        ",
        &definition,
    );
    let rows = |comes: &Stated, from: &[&str]| {
        let from: Vec<Period> = from.iter().map(|text| text.parse().unwrap()).collect();
        let questions = asked(&definition, &from, &stands, comes).open(&Answers::NONE);
        let rows = questions.into_iter().flat_map(|question| question.rows);
        rows.map(|row| format!("{} {}", row.key.period, row.words))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        rows(&comes, &[]),
        ["2022-08 denominator 59649, beside 56393 in 2022-07"]
    );
    assert!(rows(&comes, &["2022-08"]).is_empty());
    assert_eq!(rows(&comes, &["2022-07", "2022-09"]).len(), 1);
    let key: ObservationKey = "VAX_PRIMARY/NN/2022-08/total".parse().unwrap();
    let stated = comes.get_mut(&key).unwrap();
    stated[0].confirmed = BTreeSet::from(["growth".to_owned()]);
    assert!(rows(&comes, &[]).is_empty());
    let stated = comes.get_mut(&key).unwrap();
    stated[0].confirmed.clear();
    stated[0].status = Status::Break;
    assert!(rows(&comes, &[]).is_empty());
}

/// The published file as statements, all of them or those of the network's locations.
fn published(ours: bool) -> BTreeMap<IndicatorCode, Stated> {
    let definitions = definitions();
    let mut published = BTreeMap::<_, Stated>::new();
    for line in VACCINATION.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [
            location,
            area,
            _,
            code,
            name,
            value,
            period,
            _,
            numerator,
            denominator,
            _,
        ] = fields[..]
        else {
            panic!("{line}");
        };
        if ours && location.is_empty() {
            continue;
        }
        let definition = definitions.iter().find(|one| one.code.as_str() == code);
        let definition = definition.unwrap();
        let key = ObservationKey {
            indicator: definition.code.clone(),
            area: area.parse().unwrap(),
            period: period.parse().unwrap(),
            breakdown: Breakdown::by(name, value),
        };
        let stated = statement(definition, [Some(numerator), Some(denominator), None]);
        let of = published.entry(definition.code.clone()).or_default();
        of.insert(key, vec![stated]);
    }
    published
}

/// The questions that block a file, and the number of rows in each.
fn held_up(published: &BTreeMap<IndicatorCode, Stated>) -> (Vec<Row>, BTreeMap<Kind, usize>) {
    let definitions = definitions();
    let (mut rows, mut counts) = (Vec::new(), BTreeMap::new());
    for (code, comes) in published {
        let definition = definitions.iter().find(|one| one.code == *code).unwrap();
        let questions = asked(definition, &[], &Stated::new(), comes);
        for question in questions.open(&Answers::NONE) {
            if question.kind.holds_up() {
                *counts.entry(question.kind).or_default() += question.rows.len();
                rows.extend(question.rows);
            }
        }
    }
    (rows, counts)
}

#[test]
fn the_published_file_has_eleven_jumps_and_ten_of_them_in_one_month() {
    let (rows, counts) = held_up(&published(false));
    assert_eq!(
        counts,
        BTreeMap::from([(Kind::Tenfold, 10), (Kind::Jump, 1)])
    );
    let month = |row: &&Row| {
        row.key.period.to_string() == "2022-03" && row.key.breakdown.to_string() == "age=5-11"
    };
    assert_eq!(rows.iter().filter(month).count(), 10);
}

#[test]
fn the_nine_locations_have_one_and_it_is_christchurch_s() {
    let (rows, counts) = held_up(&published(true));
    assert_eq!(counts, BTreeMap::from([(Kind::Tenfold, 1)]));
    assert_eq!(
        rows[0].key.to_string(),
        "VAX_PRIMARY/CHRISTCHURCH/2022-03/age=5-11"
    );
    assert_eq!(
        rows[0].words,
        "numerator 5850, more than ten times 64 in 2022-02"
    );
}

proptest! {
    /// A digit that is lost or doubled in a series that moves as populations do leads to a
    /// question, and nothing else does.
    #[test]
    fn a_slip_of_one_digit_in_a_quiet_series_is_the_only_question(
        first in 2_000_i64..1_000_000,
        steps in prop::collection::vec(-5_i64..=5, 2..12),
        slip in any::<prop::sample::Index>(),
        more: bool,
    ) {
        let definition = of_kind("count");
        let mut figures = vec![first];
        for step in &steps {
            let last = figures[figures.len() - 1];
            figures.push(last + last * step / 100);
        }
        let at = slip.index(figures.len());
        figures[at] = if more { figures[at] * 10 + 1 } else { figures[at] / 10 };
        prop_assume!(figures.iter().all(|one| !is_made_up(Number::from(*one))));
        let mut comes = Stated::new();
        for (month, figure) in (1..).zip(&figures) {
            let (year, month) = (2020 + month / 12, month % 12 + 1);
            let key = format!("VAX_PRIMARY/NN/{year}-{month:02}/total").parse().unwrap();
            let figure = figure.to_string();
            comes.insert(key, vec![statement(&definition, [Some(&figure), None, None])]);
        }
        let open = asked(&definition, &[], &Stated::new(), &comes).open(&Answers::NONE);
        prop_assert_eq!(open.len(), 1);
        prop_assert_eq!((open[0].kind, open[0].rows.len()), (Kind::Tenfold, 1));
        // At either end it is uncertain which of the two is wrong: the later one is asked about.
        let place = comes.keys().position(|key| *key == open[0].rows[0].key).unwrap();
        prop_assert_eq!(place, at.max(1));
    }

    /// Numbers that stand for "no figure" are generated, not listed: any of them far from a series.
    #[test]
    fn a_number_that_stands_for_no_figure_is_asked_about(
        digit in 6_u8..=9,
        length in 3_usize..=9,
        below: bool,
        score in 1_i64..30,
    ) {
        let definition = of_kind("index");
        let number = digit.to_string().repeat(length);
        let number = format!("{}{number}", if below { "-" } else { "" });
        let key = |area: &str, year: i32| {
            format!("VAX_PRIMARY/{area}/{year}-01/total").parse::<ObservationKey>().unwrap()
        };
        let one = |figure: &str| vec![statement(&definition, [None, None, Some(figure)])];
        let comes = Stated::from([
            (key("NN", 2020), one(&score.to_string())),
            (key("NN", 2021), one(&number)),
            (key("SS", 2021), one(&number)),
        ]);
        let open = asked(&definition, &[], &Stated::new(), &comes).open(&Answers::NONE);
        let sentinels = open.iter().find(|one| one.kind == Kind::Sentinel).unwrap();
        prop_assert_eq!(sentinels.rows.len(), 2);
    }
}
