//! The vectors of profile `frr3`, which came with its specification.

use std::collections::BTreeMap;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde_json::Value;

use super::kit::{count, key, proportion, release, row, secret, unnamed};
use crate::{
    disclosure::{
        Areas, Before, Cell, FRR3, Kind, Last, Secret,
        audit::{System, bounds},
        rounding::{Coins, round},
        rows::RawCounts,
        rules::{contributors, may_differ, small},
        value::value,
    },
    model::{indicator::Rows, number::Number},
};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../tests/vectors/disclosure.json")).unwrap()
}

fn list<'a>(vectors: &'a Value, section: &str) -> &'a [Value] {
    let list = vectors[section].as_array().unwrap();
    assert!(!list.is_empty(), "{section}");
    list
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn areas(value: &Value) -> Areas {
    Areas::new(value.as_array().unwrap().iter().map(text))
}

#[test]
fn the_profile_has_the_numbers_of_the_vectors() {
    let vectors = vectors();
    let profile = &vectors["profile"];
    assert_eq!(text(&profile["name"]), FRR3.name);
    for (name, ours) in [
        ("base", FRR3.base),
        ("count_min", FRR3.count_min),
        ("mean_denominator_min", FRR3.mean_denominator_min),
        ("contributors_min", FRR3.contributors_min as u64),
        ("p_percent", FRR3.p_percent),
        ("revision_min", FRR3.revision_min),
        ("candidates_min", FRR3.candidates_min),
        ("value_decimals", FRR3.value_decimals.into()),
    ] {
        assert_eq!(number(&profile[name]), ours, "{name}");
    }
}

#[test]
fn the_commitment_is_that_of_the_vectors() {
    let vectors = vectors();
    let secret = HEXLOWER_PERMISSIVE.decode(text(&vectors["secret_hex"]).as_bytes());
    let secret = Secret::new(secret.unwrap().try_into().unwrap());
    let commitment = HEXLOWER.encode(&secret.commitment());
    assert_eq!(commitment, text(&vectors["secret_commitment"]));
    assert_eq!(format!("{secret:?}"), "Secret");
}

#[test]
fn counts_are_rounded_as_in_the_vectors() {
    for vector in list(&vectors(), "round") {
        let (areas, raw) = (areas(&vector["areas"]), number(&vector["raw"]));
        let coin = u64::from_str_radix(text(&vector["hmac_first_8_bytes"]), 16).unwrap();
        assert_eq!(Coins::new(&secret()).coin(&areas, raw), coin, "{vector}");
        assert_eq!(
            Value::from(coin.is_multiple_of(3)),
            vector["far"],
            "{vector}"
        );
        let shown = round(&FRR3, &Coins::new(&secret()), &areas, raw);
        assert_eq!(shown, number(&vector["shown"]), "{vector}");
    }
}

#[test]
fn a_third_of_the_counts_is_rounded_to_the_farther_multiple() {
    let vectors = vectors();
    let distribution = &vectors["round_distribution"];
    let areas = areas(&distribution["areas"]);
    let counts = (1..3_000).filter(|raw| raw % 3 != 0);
    assert_eq!(counts.clone().count(), 2_000);
    let far = counts.filter(|raw| {
        let shown = round(&FRR3, &Coins::new(&secret()), &areas, *raw);
        shown.abs_diff(*raw) == 2
    });
    assert_eq!(far.count() as u64, number(&distribution["far_exactly"]));
}

#[test]
fn small_counts_and_complements_are_withheld() {
    for vector in list(&vectors(), "count_rule") {
        let kind = match text(&vector["type"]) {
            "count" => Kind::Count,
            "proportion" => Kind::Proportion,
            "rate" => Kind::Rate,
            "mean" => Kind::Mean,
            other => panic!("{other}"),
        };
        let counts = RawCounts {
            numerator: (kind != Kind::Mean).then(|| number(&vector["numerator"])),
            denominator: vector["denominator"].as_u64(),
        };
        let passes = small(&FRR3, kind, counts).is_none();
        assert_eq!(Value::from(passes), vector["passes"], "{vector}");
    }
}

#[test]
fn values_are_derived_from_shown_counts() {
    for vector in list(&vectors(), "derived") {
        let factor = Number::from(vector["factor"].as_i64().unwrap());
        let shown = (
            Some(number(&vector["shown_numerator"])),
            Some(number(&vector["shown_denominator"])),
        );
        let value = value(&FRR3, (Kind::Proportion, factor), Number::ZERO, shown).unwrap();
        assert_eq!(value.to_string(), text(&vector["value"]), "{vector}");
    }
}

/// A count by locations of one area each.
fn cell(figures: &Value, rows: &str) -> Cell {
    let figures = figures.as_object().unwrap().iter();
    let figures: Vec<String> = figures
        .map(|(code, count)| format!("{code}:{count}"))
        .collect();
    Cell {
        rows: rows.parse().unwrap(),
        ..count(key("SEEN 2023"), &figures.join(" "))
    }
}

#[test]
fn sums_have_enough_contributors() {
    for vector in list(&vectors(), "contributor_rule") {
        let cell = cell(&vector["contributions"], text(&vector["rows"]));
        let named = cell.rows == Rows::Locations;
        let sum = named || contributors(&FRR3, &cell);
        assert_eq!(Value::from(sum), vector["sum"], "{vector}");
        let protected = release(std::slice::from_ref(&cell), &mut Before::default());
        let (sums, rows): (Vec<_>, Vec<_>) = protected
            .rows
            .iter()
            .partition(|row| row.level.location().is_none());
        assert_eq!(sums[0].withheld, !sum, "{vector}");
        for row in rows {
            assert_eq!(
                Value::from(!row.withheld),
                vector["location_rows"],
                "{vector}"
            );
        }
    }
}

#[test]
fn few_that_join_or_leave_change_no_sum() {
    for vector in list(&vectors(), "joining_and_leaving") {
        let released = cell(&vector["released"], text(&vector["rows"]));
        let now = cell(&vector["now"], text(&vector["rows"]));
        let kept = text(&vector["network_row"]) == "kept";
        assert_eq!(may_differ(&FRR3, &now, &released), !kept, "{vector}");
        let mut before = Before::default();
        let first = release(std::slice::from_ref(&released), &mut before);
        let second = release(std::slice::from_ref(&now), &mut before);
        let same = row(&first, &now.key, "") == row(&second, &now.key, "");
        let moved = released.contributions != now.contributions;
        assert_eq!(same, kept || !moved, "{vector}");
    }
}

#[test]
fn a_shown_count_stays_until_the_count_has_moved_by_six() {
    for vector in list(&vectors(), "revision_rule") {
        let area = text(&vector["areas"][0]);
        let mut before = Before::default();
        for release_of in vector["releases"].as_array().unwrap() {
            let raw = number(&release_of["raw"]);
            let cell = count(key("SEEN 2023"), &format!("FN.{area}:{raw}"));
            let released = release(std::slice::from_ref(&cell), &mut before);
            let shown = row(&released, &cell.key, "FN").numerator;
            assert_eq!(shown, release_of["shown"].as_u64(), "{vector}");
        }
    }
}

/// The areas of the locations with a figure in the ministry's file: those that it masked have none.
fn with_areas(location: &str, period: &str) -> &'static [&'static str] {
    match (location, period) {
        ("EC", "2022-02") => &["GISBORNE", "WAIROA"],
        ("EC", _) => &["OPOTIKI", "GISBORNE", "WAIROA"],
        ("FN", _) => &["FAR_NORTH"],
        ("HV", _) => &["LOWER_HUTT", "UPPER_HUTT"],
        ("IN", _) => &["INVERCARGILL"],
        ("OC", _) => &["CHRISTCHURCH"],
        ("RT", _) => &["ROTORUA"],
        ("WR", _) => &["WHANGANUI", "RANGITIKEI", "RUAPEHU"],
        (other, _) => panic!("{other}"),
    }
}

#[test]
fn slices_are_protected_as_in_the_vectors() {
    for vector in list(&vectors(), "slices") {
        let period = text(&vector["period"]);
        let raw = vector["raw"].as_object().unwrap().iter();
        let agreed = vector["agreed"].as_array();
        let raw =
            raw.filter(|(code, _)| agreed.is_none_or(|all| all.contains(&code.as_str().into())));
        let figures = raw.flat_map(|(code, counts)| {
            let (first, rest) = with_areas(code, period).split_first().unwrap();
            let whole = format!("{code}.{first}:{}/{}", counts[0], counts[1]);
            let rest = rest.iter().map(move |area| format!("{code}.{area}:0/0"));
            [whole].into_iter().chain(rest)
        });
        let figures: Vec<String> = figures.collect();
        let breakdown = text(&vector["breakdown"]);
        let cell = proportion(
            key(&format!("VAX_PRIMARY {period} age={breakdown}")),
            &figures.join(" "),
        );
        let cell = match text(&vector["setting"]) {
            "network" => unnamed(cell),
            _ => cell,
        };
        let protected = release(std::slice::from_ref(&cell), &mut Before::default());
        let rows = list(vector, "rows");
        assert_eq!(rows.len(), protected.rows.len(), "{vector}");
        for (row, expected) in protected.rows.iter().zip(rows) {
            let name = row.level.location().map_or("network", |code| code.as_str());
            assert_eq!(name, text(&expected["row"]));
            let count = |count: &str| expected[count].as_u64();
            assert_eq!(row.numerator, count("numerator"), "{expected}");
            assert_eq!(row.denominator, count("denominator"), "{expected}");
            let value = row.value.map(|value| value.to_string());
            assert_eq!(value.as_deref(), expected["value"].as_str(), "{expected}");
            assert_eq!(row.withheld, text(&expected["obs_status"]) == "Q");
            assert_eq!(row.withheld, text(&expected["conf_status"]) == "C");
        }
    }
}

#[test]
fn the_audit_finds_the_targets_of_the_vectors() {
    for vector in list(&vectors(), "audit") {
        let cells = vector["cells"].as_object().unwrap();
        let mut system = System::default();
        let atoms = cells.iter().map(|(name, count)| {
            let atom = system.atom(count.as_i64().unwrap());
            (name.as_str(), atom)
        });
        let atoms: BTreeMap<&str, u32> = atoms.collect();
        let rows = vector["rows"].as_object().unwrap();
        let of = |row: &Value| -> Vec<u32> {
            let cells = row["cells"].as_array().unwrap().iter();
            cells.map(|cell| atoms[text(cell)]).collect()
        };
        for row in rows.values().filter(|row| !row["shown"].is_null()) {
            let (set, shown) = (of(row), number(&row["shown"]));
            let raw = u64::try_from(system.sum(&set)).unwrap();
            let bounds = bounds(&FRR3, Last { raw, shown }, system.sum(&set));
            system.constrain([&set, &[]], bounds);
        }
        system.link();
        for target in list(vector, "targets") {
            let set = of(&rows[text(&target["row"])]);
            let candidates = number(&target["candidates"]);
            let passes = system.is_safe(&set, FRR3.candidates_min);
            assert_eq!(Value::from(passes), target["passes"], "{vector}");
            assert!(system.is_safe(&set, candidates.min(9)), "{vector}");
            assert!(!system.is_safe(&set, candidates + 1), "{vector}");
        }
    }
}
