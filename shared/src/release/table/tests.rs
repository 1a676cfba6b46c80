//! The hub's word for its rows is compared with the files, and the files with what we stated.

mod figures;
mod kept;
mod places;
mod words;

use super::*;
use crate::{
    id::{DeviceIndex, IndicatorCode, LocationId, RosterHash},
    model::{
        Audience,
        indicator::{
            Accountability, Adjustment, Class, Definition, Direction, IndicatorType, Mapping,
            MappingKind, OverTime, RollupRule, Rows, Settings, Versions,
        },
        observation::{Statement, Status},
        profile::{Area, Place},
        release::{Notice, ReleaseState},
    },
    period::{Date, Frequency},
    release::{Agreed, Counted, Earlier, Heights, Salt, row::gap_words},
    time::Timestamp,
};

fn head() -> Head {
    Head {
        dataset: "prevention".parse().unwrap(),
        number: "2026.1".parse().unwrap(),
        at: Timestamp::from_ms(0),
    }
}

pub(in super::super) fn row(location: Option<&str>, numerator: i64, locations: u32) -> ReleaseRow {
    ReleaseRow {
        level: location.map_or("network", |_| "location").to_owned(),
        indicator_code: "SMOKING".to_owned(),
        indicator_name: "Smoking".to_owned(),
        indicator_name_mi: None,
        definition_version: Some(1),
        location_code: location.map(str::to_owned),
        location_name: location.map(|code| {
            let of = code.parse().ok().and_then(|code| places().remove(&code));
            let place = of.into_iter().flatten().next();
            place.map(|place| place.name).unwrap_or_default()
        }),
        area_code: None,
        area_name: None,
        freq: "year".to_owned(),
        period: "2018".to_owned(),
        period_start: "2018-01-01".to_owned(),
        period_end: "2018-12-31".to_owned(),
        breakdown: String::new(),
        breakdown_value: String::new(),
        value: None,
        unit: "percent".to_owned(),
        numerator: Some(Number::from(numerator)),
        denominator: Some(Number::from(900 * i64::from(locations))),
        obs_status: "A".to_owned(),
        conf_status: "F".to_owned(),
        status_reason: None,
        n_locations: Some(locations),
        n_expected: location.map_or(2, |_| 1),
        n_areas: Some(locations),
        n_areas_expected: location.map_or(2, |_| 1),
        base_changed: false,
        lower: None,
        upper: None,
    }
}

/// The network's row, ours and another's.
fn rows() -> [ReleaseRow; 3] {
    [
        row(None, 501, 2),
        row(Some("FN"), 300, 1),
        row(Some("IC"), 201, 1),
    ]
}

pub(in super::super) fn tables(rows: &[ReleaseRow]) -> Tables {
    let mut tables = Tables::new(head(), 2);
    for row in rows {
        assert!(tables.add(Line::of(&valued(row), &head()).0));
    }
    tables
}

/// The locations that rows are of, each with an area to the north and one to the south.
pub(in super::super) fn places() -> BTreeMap<LocationCode, Vec<Place>> {
    let all = [("FN", "Far North"), ("IC", "Invercargill")];
    let places = all.map(|(code, name)| {
        let area = |side: &str| Area {
            code: format!("{code}_{side}").parse().unwrap(),
            name: format!("{name}, {side}"),
            from: None,
            to: None,
        };
        let areas = vec![area("NORTH"), area("SOUTH")];
        (code.parse().unwrap(), vec![place(name, areas)])
    });
    places.into()
}

fn place(name: &str, areas: Vec<Area>) -> Place {
    Place {
        name: name.to_owned(),
        name_mi: None,
        areas,
        aliases: Vec::new(),
        areas_changed: None,
        location_id: None,
        confirmed_at: None,
    }
}

/// Moves a row to another year.
fn in_year(row: &mut ReleaseRow, year: &str) {
    row.period = year.to_owned();
    row.period_start = format!("{year}-01-01");
    row.period_end = format!("{year}-12-31");
}

/// The row with the value that its counts give, if the test gave it none.
fn valued(row: &ReleaseRow) -> ReleaseRow {
    let mut row = row.clone();
    let counts = row.numerator.zip(row.denominator);
    let ratio = |(numerator, denominator): (Number, Number)| {
        numerator.ratio(denominator, Number::from(100), 6)
    };
    row.value = row.value.or_else(|| ratio(counts?));
    if row.conf_status == "C" {
        row.obs_status = "Q".to_owned();
        row.status_reason = Some("withheld".to_owned());
    }
    let gap = gap_words(row.state());
    row.status_reason = row.status_reason.or(gap);
    row
}

/// The hub says that it counted 301 of 900, and showed us these rows.
fn proof(shown: &[ReleaseRow]) -> Proof {
    Proof {
        release: "prevention/2026.1".parse().unwrap(),
        code: "FN".parse().unwrap(),
        roster: RosterHash::new([2; 32]),
        heights: Heights::new(),
        salt: Salt::new([5; 32]),
        counted: vec![Counted {
            key: "SMOKING/FAR_NORTH/2018/total".parse().unwrap(),
            definition: definition(IndicatorType::Proportion).hash(),
            entry: (DeviceIndex(1), 4),
            numerator: Some(Number::from(301)),
            denominator: Some(Number::from(900)),
            value: None,
        }],
        left_out: Vec::new(),
        rows: Some(shown.iter().map(valued).collect()),
        kept: Vec::new(),
    }
}

fn said(files: &[ReleaseRow], shown: &[ReleaseRow]) -> Vec<String> {
    said_with(files, shown, |_| {})
}

/// All that this location knows, as the check needs it.
struct Knows {
    by_location: BTreeSet<IndicatorCode>,
    published: BTreeSet<SliceName>,
    versions: BTreeMap<IndicatorCode, Versions>,
    stated: BTreeMap<ObservationKey, Statement>,
    earlier: Earlier,
    agreed: Agreed,
    base_changes: BTreeMap<IndicatorCode, BTreeSet<Date>>,
    places: BTreeMap<LocationCode, Vec<Place>>,
}

impl Default for Knows {
    fn default() -> Self {
        Self {
            by_location: BTreeSet::new(),
            published: BTreeSet::new(),
            versions: versions(IndicatorType::Proportion, Settings::default()),
            stated: BTreeMap::new(),
            earlier: Earlier::default(),
            base_changes: BTreeMap::new(),
            places: places(),
            agreed: Agreed {
                rows: true,
                open: false,
            },
        }
    }
}

fn said_with(
    files: &[ReleaseRow],
    shown: &[ReleaseRow],
    knows: impl Fn(&mut Knows),
) -> Vec<String> {
    let faults = found(&tables(files), &proof(shown), knows);
    faults.iter().map(Fault::to_string).collect()
}

fn found(tables: &Tables, proof: &Proof, knows: impl Fn(&mut Knows)) -> Vec<Fault> {
    let mut known = Knows::default();
    knows(&mut known);
    let own = Own {
        location: LocationId::new([1; LocationId::LEN]),
        code: &"FN".parse().unwrap(),
        places: &known.places,
        base_changes: &known.base_changes,
        acknowledged: &Heights::new(),
        stated: &known.stated,
        periods: None,
        by_location: &known.by_location,
        owed: &BTreeSet::new(),
        published: &known.published,
        versions: &known.versions,
        earlier: &known.earlier,
        agreed: &[("SMOKING".parse().unwrap(), known.agreed)].into(),
        is_open: false,
    };
    tables.check(proof, &own)
}

#[test]
fn rows_that_the_hub_showed_as_the_files_have_them_have_no_fault() {
    assert_eq!(said(&rows(), &rows()[..2]), [""; 0]);
    let mut unsent = proof(&[]);
    unsent.rows = None;
    assert_eq!(found(&tables(&rows()), &unsent, |_| {}), []);
}

#[test]
fn a_row_that_is_altered_in_the_proof_is_caught() {
    let files = rows();
    let mut shown = rows()[..2].to_vec();
    shown[1].numerator = Some(Number::from(302));
    let us = "row of FN for SMOKING 2018";
    assert_eq!(
        said(&files, &shown),
        [format!(
            "the {us} is another in the files than the hub showed us"
        )]
    );
    assert_eq!(
        said(&files, &files[..1]),
        [format!(
            "the files have the {us}, and the hub did not show it to us"
        )]
    );
    assert_eq!(
        said(&files[..1], &files[..2]),
        [format!(
            "the hub showed us the {us}, and the files do not have it"
        )]
    );
    let twice = [&files[..], &files[1..2]].concat();
    assert_eq!(
        said(&twice, &files[..2]),
        [format!("the files have the {us} twice")]
    );
}

#[test]
fn a_counted_number_without_its_row_is_caught_even_if_no_rows_were_sent() {
    let by_location = |knows: &mut Knows| {
        knows.by_location = ["SMOKING".parse().unwrap()].into();
    };
    let missing = Fault::RowMissing("SMOKING/FAR_NORTH/2018/total".parse().unwrap());
    let mut unsent = proof(&[]);
    unsent.rows = None;
    let files = rows();
    let others = [files[0].clone(), files[2].clone()];
    let said = found(&tables(&others), &unsent, by_location);
    assert!(said.contains(&missing), "{said:?}");
    assert_eq!(found(&tables(&files), &unsent, by_location), []);
    // A sum alone has no row of ours.
    assert_eq!(found(&tables(&others), &unsent, |_| {}), []);
}

#[test]
fn a_figure_in_a_row_of_ours_is_of_our_numbers_or_an_office_published_it() {
    let mut files = rows();
    in_year(&mut files[1], "2013");
    let said = said_with(&files, &files[..2], |_| {});
    let words = "the files have the row of FN for SMOKING 2013 with a figure: the hub sent us no \
                 proof of what it counted there";
    assert!(said[0].starts_with(words), "{said:?}");
    let published = |knows: &mut Knows| {
        let key = "SMOKING/FAR_NORTH/2013/total".parse().unwrap();
        knows.published = [SliceName::of(&key)].into();
    };
    assert_eq!(said_with(&files, &files[..2], published), [""; 0]);
}

/// The network shows one spelling of a part, and ours may be another.
#[test]
fn our_row_is_found_in_any_spelling_of_its_part() {
    let mut files = rows();
    (files[1].breakdown, files[1].breakdown_value) = ("Age".to_owned(), "65 Plus".to_owned());
    let mut ours = proof(&files[..2]);
    ours.counted[0].key = "SMOKING/FAR_NORTH/2018/age=65%20plus".parse().unwrap();
    assert_eq!(found(&tables(&files), &ours, |_| {}), []);
    files[1].numerator = Some(Number::from(310));
    ours.rows = None;
    let said = found(&tables(&files), &ours, |_| {});
    assert!(matches!(said[..], [Fault::RowOff { .. }]), "{said:?}");
}

#[test]
fn a_row_of_ours_that_is_off_by_three_is_caught() {
    let mut files = rows();
    files[1].numerator = Some(Number::from(304));
    let first = said(&files, &files[..2]);
    let words = "the row of FN for SMOKING 2018 shows the numerator 304, and what was counted of \
                 ours adds up to 301: more than 2 apart, and no count of ours in an earlier \
                 release explains it";
    assert_eq!(first, [words]);
    files[1].numerator = Some(Number::from(300));
    files[1].denominator = Some(Number::from(903));
    let of = said(&files, &files[..2]);
    assert!(of[0].contains("the denominator 903"), "{of:?}");
}

#[test]
fn a_network_row_that_is_off_from_its_rows_is_caught() {
    let mut files = rows();
    files[0].numerator = Some(Number::from(507));
    assert_eq!(said(&files, &files[..2]), [""; 0]);
    files[0].numerator = Some(Number::from(508));
    let words = "the row of the network for SMOKING 2018 shows the numerator 508, and its 2 rows \
                 of locations add up to 501: more than 6 apart";
    assert_eq!(said(&files, &files[..2]), [words]);
    // If a row of a location is withheld, the sum is not known.
    files[2].numerator = None;
    assert_eq!(said(&files, &files[..2]), [""; 0]);
}

/// An earlier release was announced with these periods.
fn notice(periods: Option<&str>) -> Notice {
    Notice {
        title: "Prevention".to_owned(),
        indicators: [("SMOKING".parse().unwrap(), Rows::Locations)].into(),
        periods: periods.map(str::to_owned),
        proposed: Date::constant(2025, 1, 1),
        due: Date::constant(2025, 1, 15),
        open: false,
        state: ReleaseState::Published,
    }
}

/// The proof of an earlier release, which counted this of us.
fn counted_before(numerator: i64) -> Proof {
    let mut before = proof(&[]);
    before.counted[0].numerator = Some(Number::from(numerator));
    before
}

fn faults_of(shown: i64, knows: impl Fn(&mut Knows)) -> usize {
    let mut files = rows();
    files[1].numerator = Some(Number::from(shown));
    // The sum is of the rows as they are.
    files[0].numerator = Some(Number::from(shown + 201));
    said_with(&files, &files[..2], knows).len()
}

/// We stated 305 before, and 301 now: until that has moved by 6, the release may show what it
/// showed of 305.
#[test]
fn a_row_that_is_kept_from_an_earlier_release_is_no_fault() {
    let knows = |before: i64| {
        move |knows: &mut Knows| {
            knows
                .earlier
                .add(Some(&notice(None)), Some(&counted_before(before)));
        }
    };
    for shown in [299, 303, 304, 307] {
        assert_eq!(faults_of(shown, knows(305)), 0, "{shown}");
    }
    for shown in [298, 308] {
        assert_eq!(faults_of(shown, knows(305)), 1, "{shown}");
    }
    assert_eq!(faults_of(307, knows(306)), 0);
    assert_eq!(
        faults_of(307, knows(307)),
        1,
        "6 away is shown as it is now"
    );
    // In a release of other figures nothing of it was shown.
    assert_eq!(faults_of(304, |_| {}), 1);
}

/// A computer that has no proof of an earlier release cannot know what that showed.
#[test]
fn a_row_may_lag_by_seven_if_an_earlier_release_is_unknown() {
    let unknown: [fn(&mut Knows); 3] = [
        |knows| knows.earlier.add(None, None),
        |knows| knows.earlier.add(Some(&notice(None)), None),
        |knows| knows.earlier.add(Some(&notice(Some("2017..2018"))), None),
    ];
    for knows in unknown {
        assert_eq!(faults_of(308, knows), 0);
        assert_eq!(faults_of(294, knows), 0);
        assert_eq!(faults_of(309, knows), 1);
        assert_eq!(faults_of(293, knows), 1);
    }
    let other = |knows: &mut Knows| {
        knows.earlier.add(Some(&notice(Some("2015..2017"))), None);
    };
    assert_eq!(faults_of(304, other), 1, "a release of other periods");
}

/// A cumulative count is kept from one period to the next, in one release too.
#[test]
fn a_cumulative_row_that_is_kept_from_the_period_before_is_no_fault() {
    let cumulative = |knows: &mut Knows| {
        let settings = Settings {
            over_time: Some(OverTime::Cumulative),
            ..Settings::default()
        };
        knows.versions = versions(IndicatorType::Proportion, settings);
    };
    let plain = |_: &mut Knows| {};
    let mut files = rows().to_vec();
    let mut before = files[1].clone();
    before.period = "2017".to_owned();
    before.numerator = Some(Number::from(297));
    files.push(before);
    files[1].numerator = Some(Number::from(297));
    files[0].numerator = Some(Number::from(515));
    let mut ours = proof(&files[..2]);
    ours.rows = None;
    let mut earlier = ours.counted[0].clone();
    earlier.key = "SMOKING/FAR_NORTH/2017/total".parse().unwrap();
    earlier.numerator = Some(Number::from(298));
    ours.counted.push(earlier);
    let offs = |knows: fn(&mut Knows)| {
        let found = found(&tables(&files), &ours, knows);
        let off = |fault: &&Fault| matches!(fault, Fault::RowOff { .. } | Fault::SumOff { .. });
        found.iter().filter(off).count()
    };
    assert_eq!(offs(cumulative), 0);
    assert_eq!(offs(plain), 2, "neither the row nor the sum is explained");
}

/// Each row may be kept, and the sum as well.
#[test]
fn a_sum_of_rows_that_may_be_kept_is_off_by_seven_for_each() {
    let mut files = rows();
    let knows = |knows: &mut Knows| {
        knows
            .earlier
            .add(Some(&notice(None)), Some(&counted_before(301)));
    };
    files[0].numerator = Some(Number::from(501 + 21));
    assert_eq!(said_with(&files, &files[..2], knows), [""; 0]);
    files[0].numerator = Some(Number::from(501 + 22));
    let said = said_with(&files, &files[..2], knows);
    assert!(said[0].ends_with("more than 21 apart"), "{said:?}");
}

/// The only version of the indicator's definition.
fn definition(kind: IndicatorType) -> Definition {
    Definition {
        code: "SMOKING".parse().unwrap(),
        version: 1,
        name: "Smoking".to_owned(),
        name_mi: None,
        kind,
        unit: "people".to_owned(),
        numerator: None,
        denominator: kind.is_ratio().then(|| "people".to_owned()),
        factor: Number::from(100),
        direction: Direction::Down,
        period: Frequency::Year,
        accountability: Accountability::Population,
        class: Class::BetterOff,
        rollup: RollupRule::Sum,
        person_level: true,
        source: None,
        licence: None,
        breakdowns: BTreeMap::new(),
        crossed: BTreeSet::new(),
        adjustment: Adjustment::None,
        from: None,
    }
}

fn versions(kind: IndicatorType, settings: Settings) -> BTreeMap<IndicatorCode, Versions> {
    let definition = definition(kind);
    let settings = [(definition.key(), settings)].into();
    Versions::by_code([definition], &settings)
}
